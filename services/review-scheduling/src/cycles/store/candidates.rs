//! What cycles select from: one scan of the pool for however many of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use platform::directory::Tree;
use platform::terms::Term as _;
use platform::write::Tx;
use uuid::Uuid;

use crate::docket::{Candidate, worst};
use crate::levels::{Catchment, comes_up_at};
use crate::policies::in_force;
use crate::policies::store as policies;
use crate::pool::store::{Fault, unknown};
use crate::terms::{CarriedReason, HandlingState, ReviewLevel, Risk};

/// What carries a case to this level, and how often it was put off here before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carried {
    /// From where: this level, or one below.
    pub from: ReviewLevel,
    reason: CarriedReason,
    /// So often it was put off.
    pub deferrals: i32,
}

/// What is known of a case, for every cycle that may select it.
#[derive(Debug)]
pub(super) struct Known {
    /// What does not depend on the cycle.
    facts: Candidate,
    /// No station may review it, and this is the lowest level that does.
    no_station: bool,
    /// The unit below in which it lies: a station, or a district; empty where there is none.
    below: String,
    reviewed_on: Option<NaiveDate>,
    owed_since: Option<NaiveDate>,
    /// What carries it here; mostly nothing.
    pub carried: Vec<Carried>,
}

impl Known {
    /// Whether it is this complaint.
    pub(super) fn is(&self, complaint: Uuid) -> bool {
        self.facts.complaint == complaint
    }

    /// The case as a candidate of a cycle that begins on `from`.
    pub(super) fn candidate(&self, from: NaiveDate, min_gap_days: i32) -> Candidate {
        let gap = Days::new(u64::try_from(min_gap_days).unwrap_or_default());
        let reviewed_lately = min_gap_days > 0 && self.reviewed_on.is_some_and(|day| day + gap > from);
        // Nobody below can review it: so here it comes first, until it was reviewed.
        let by_itself = self.no_station && !self.facts.closed && !reviewed_lately;
        Candidate {
            action_overdue: self.owed_since.is_some_and(|due| due < from),
            reviewed_lately,
            carried: self
                .carried
                .first()
                .map(|carried| carried.reason)
                .or(by_itself.then_some(CarriedReason::NoStation)),
            ..self.facts
        }
    }
}

/// Everything that units of a level look at, by unit.
pub(super) struct Gathered(HashMap<String, Vec<Known>>);

impl Gathered {
    /// What a unit looks at.
    pub(super) fn of(&self, unit: &str) -> &[Known] {
        self.0.get(unit).map_or(&[], Vec::as_slice)
    }
}

/// Gathers what these units of a level look at on a day; `since`: reviews before it no longer matter.
pub(super) async fn gather(
    tx: &mut Tx,
    tree: &Tree,
    level: ReviewLevel,
    units: &[String],
    day: NaiveDate,
    since: NaiveDate,
) -> Result<Gathered, Fault> {
    let catchment = Catchment::of(tree, level, units, day);
    let keys = |places: &BTreeMap<String, String>| -> Vec<String> { places.keys().cloned().collect() };
    let (stations, districts) = match &catchment {
        Catchment::Stations(places) => (Some(keys(places)), None),
        Catchment::Districts(places) => (None, Some(keys(places))),
        Catchment::All(_) => (None, None),
    };
    let mut carried = carried(tx, level).await?;
    let reviewing = reviewing(tx, day).await?;
    let rows = sqlx::query!(
        r#"SELECT p.complaint AS "complaint!", p.station AS "station!", p.district AS "district!",
                  p.registered_day AS "registered_day!", p.handling_state AS "handling_state!", p.risk AS "risk?",
                  p.reopened AS "reopened!", p.breached_day AS "breached_day?", p.due_day AS "due_day?", reviewed.last AS "reviewed_on?", owed.due AS "owed_since?"
           FROM review.pool p
           LEFT JOIN (
               SELECT i.complaint, max(i.taken_on) AS last
               FROM review.items i JOIN review.cycles c ON c.id = i.cycle
               WHERE i.state = 2 AND i.taken_on >= $2 AND c.level = $1 GROUP BY i.complaint
           ) reviewed USING (complaint)
           LEFT JOIN (
               SELECT complaint, min(due_day) AS due FROM review.action_items WHERE state <> 3 GROUP BY complaint
           ) owed USING (complaint)
           WHERE ($3::text[] IS NULL OR p.station = ANY($3)) AND ($4::text[] IS NULL OR p.district = ANY($4))"#,
        level.number(),
        since,
        stations.as_deref() as Option<&[String]>,
        districts.as_deref() as Option<&[String]>
    )
    .fetch_all(tx)
    .await?;
    let mut gathered: HashMap<String, Vec<Known>> = HashMap::new();
    for row in rows {
        let Some(unit) = catchment.unit(&row.station, &row.district) else { continue };
        let comes_up = |from| comes_up_at(tree, &reviewing, from, &row.station, &row.district, day) == Some(level);
        let mut here = carried.remove(&row.complaint).unwrap_or_default();
        here.retain(|carried| comes_up(carried.from));
        let facts = Candidate {
            complaint: row.complaint,
            registered_day: row.registered_day,
            due_day: row.due_day,
            breached_day: row.breached_day,
            closed: row.handling_state == HandlingState::Disposed.number(),
            action_overdue: false,
            reopened: row.reopened,
            high_risk: row.risk.is_some_and(|risk| risk >= Risk::High.number()),
            reviewed_lately: false,
            worst_below: false,
            carried: None,
        };
        let known = Known {
            facts,
            no_station: row.station.is_empty() && comes_up(ReviewLevel::Station),
            reviewed_on: row.reviewed_on,
            owed_since: row.owed_since,
            carried: here,
            below: if level <= ReviewLevel::District { row.station } else { row.district },
        };
        if let Some(known_of_unit) = gathered.get_mut(unit) {
            known_of_unit.push(known);
        } else {
            gathered.insert(unit.clone(), vec![known]);
        }
    }
    if level > ReviewLevel::Station {
        for known in gathered.values_mut() {
            mark_worst(known, day);
        }
    }
    Ok(Gathered(gathered))
}

/// Says of each case of a unit whether it lies in one of the worst units below.
fn mark_worst(known: &mut [Known], day: NaiveDate) {
    let late = |case: &Known| case.facts.breached_day.is_some() || case.owed_since.is_some_and(|due| due < day);
    let open = known.iter().filter(|case| !case.facts.closed);
    let worst = worst(open.map(|case| (case.below.as_str(), late(case))));
    for case in known {
        case.facts.worst_below = worst.contains(&case.below);
    }
}

/// What is carried to this level or from below, by complaint.
async fn carried(tx: &mut Tx, level: ReviewLevel) -> Result<HashMap<Uuid, Vec<Carried>>, Fault> {
    let rows = sqlx::query!(
        "SELECT complaint, level, reason, deferrals FROM review.carried WHERE level <= $1 ORDER BY level DESC",
        level.number()
    )
    .fetch_all(tx)
    .await?;
    let mut carried: HashMap<Uuid, Vec<Carried>> = HashMap::new();
    for row in rows {
        let from = ReviewLevel::from_number(row.level.into()).ok_or_else(|| unknown("level"))?;
        let reason = CarriedReason::from_number(row.reason.into()).ok_or_else(|| unknown("reason"))?;
        carried.entry(row.complaint).or_default().push(Carried { from, reason, deferrals: row.deferrals });
    }
    Ok(carried)
}

/// The levels that review at all on a day.
async fn reviewing(tx: &mut Tx, day: NaiveDate) -> Result<Vec<ReviewLevel>, Fault> {
    let policies = policies::all(tx).await?;
    let levels: BTreeSet<ReviewLevel> = policies.iter().map(|policy| policy.level).collect();
    Ok(levels.into_iter().filter(|level| in_force(&policies, *level, day).is_some()).collect())
}

/// What was carried is carried no more once it stands on a docket: pairs of complaint and level.
pub(super) async fn put_down(tx: &mut Tx, complaints: &[Uuid], levels: &[i16]) -> Result<(), Fault> {
    sqlx::query!(
        "DELETE FROM review.carried c USING unnest($1::uuid[], $2::smallint[]) AS down (complaint, level)
         WHERE c.complaint = down.complaint AND c.level = down.level",
        complaints,
        levels
    )
    .execute(tx)
    .await
    .map(|_| ())
}
