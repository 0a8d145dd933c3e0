//! Events counted in the database.

use platform::Refusal;
use platform::write::read_refusal;
use sqlx::PgPool;
use uuid::Uuid;

use super::figures::Figures;

/// Events of a campaign at stations, counted by a key. States: PROPOSED 1, APPROVED 2, REPORTED 3, VERIFIED 4, DISPUTED
/// 5, LAPSED 6; what was rejected or called off counts nowhere.
macro_rules! count {
    ($key:tt, $then:tt, $campaign:expr, $stations:expr $(, $more:expr)*) => {
        sqlx::query_as!(
            Row,
            "SELECT " + $key + r#",
                    count(*) FILTER (WHERE state = 1) AS "proposed!", count(*) FILTER (WHERE state > 1) AS "planned!",
                    count(*) FILTER (WHERE state = 3) AS "claimed!", count(*) FILTER (WHERE state = 4) AS "verified!",
                    count(*) FILTER (WHERE state = 5) AS "disputed!", count(*) FILTER (WHERE state = 6) AS "lapsed!",
                    coalesce(sum(found[1]), 0) AS "women!", coalesce(sum(found[2]), 0) AS "girls!",
                    count(DISTINCT place_code) FILTER (WHERE place_code <> '' AND state > 1) AS "places_planned!",
                    count(DISTINCT place_code) FILTER (WHERE place_code <> '' AND state = 4) AS "places_covered!"
             FROM campaigns.events
             WHERE state < 7 AND campaign = $1 AND station = ANY($2) "# + $then,
            $campaign,
            $stations
            $(, $more)*
        )
    };
}

struct Row {
    station: String,
    place_code: String,
    proposed: i64,
    planned: i64,
    claimed: i64,
    verified: i64,
    disputed: i64,
    lapsed: i64,
    women: i64,
    girls: i64,
    places_planned: i64,
    places_covered: i64,
}

impl Row {
    fn figures(&self) -> Figures {
        Figures {
            proposed: self.proposed,
            planned: self.planned,
            claimed: self.claimed,
            verified: self.verified,
            disputed: self.disputed,
            lapsed: self.lapsed,
            women: self.women,
            girls: self.girls,
            places_planned: self.places_planned,
            places_covered: self.places_covered,
        }
    }
}

/// The events of a campaign by station.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(super) async fn by_station(
    db: &PgPool,
    campaign: Uuid,
    stations: &[String],
) -> Result<Vec<(String, Figures)>, Refusal> {
    let rows = count!(r#"station, '' AS "place_code!""#, "GROUP BY station ORDER BY station", campaign, stations)
        .fetch_all(db)
        .await
        .map_err(|error| read_refusal(&error))?;
    Ok(rows.into_iter().map(|row| (row.station.clone(), row.figures())).collect())
}

/// A place and its station, by which places are listed.
pub(super) type Place = (String, String);

/// The events of a campaign by place, after one.
///
/// # Errors
/// `DATABASE_AWAY`, `INTERNAL`.
pub(super) async fn by_place(
    db: &PgPool,
    campaign: Uuid,
    stations: &[String],
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<(Place, Figures)>, Refusal> {
    let (code, station) = after.unzip();
    let rows = count!(
        "station, place_code",
        "AND place_code <> '' AND ($3::text IS NULL OR (place_code, station) > ($3, $4))
         GROUP BY place_code, station ORDER BY place_code, station LIMIT $5",
        campaign,
        stations,
        code,
        station,
        limit
    )
    .fetch_all(db)
    .await
    .map_err(|error| read_refusal(&error))?;
    Ok(rows.into_iter().map(|row| ((row.place_code.clone(), row.station.clone()), row.figures())).collect())
}
