//! The source files, as typed rows.

use std::{collections::BTreeMap, path::Path};

use crate::{
    Result,
    places::{self, NoPlaces},
    table,
    transliterate::Lexicon,
};

/// The LGD code of Lucknow, the one district with real stations.
pub const LUCKNOW: u16 = 162;

/// Further than this from the seat of its district, an office's coordinates are not believed.
const NEAR_KM: f64 = 75.0;

/// A name in both languages.
#[derive(Clone)]
pub struct Name {
    pub en: String,
    pub hi: String,
}

/// A position, as text so that what was published is copied to the digit.
#[derive(Clone)]
pub struct Position {
    pub lat: String,
    pub lon: String,
}

/// A district with its place in the hierarchy.
pub struct District {
    pub lgd: u16,
    pub name: Name,
    pub zone: String,
    pub range: String,
    pub commissionerate: bool,
    pub seat: Position,
}

/// What kind of office it is; the order is the order of preference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OfficeKind {
    Head,
    Sub,
    Branch,
}

/// A post office: a real place with a pincode.
pub struct Office {
    pub name: String,
    pub kind: OfficeKind,
    pub pincode: String,
    pub position: Position,
    /// Whether the published coordinates lie near the seat of the district.
    pub near: bool,
    /// Whether they are also given to more than a hundredth of a degree.
    pub exact: bool,
}

/// A real station of Lucknow.
pub struct RealStation {
    pub circle: Name,
    pub name: Name,
    pub mahila: bool,
    pub pincode: String,
    pub position: Position,
}

/// All that the roll is made from.
pub struct Source {
    pub districts: Vec<District>,
    offices: BTreeMap<u16, Vec<Office>>,
    pub lucknow: Vec<RealStation>,
    pub no_places: NoPlaces,
    pub lexicon: Lexicon,
}

impl Source {
    /// Reads the directory `data/source`.
    pub fn read(dir: &Path) -> Result<Self> {
        let districts = read_districts(dir)?;
        let offices = read_offices(dir, &districts)?;
        let lucknow = read_lucknow(dir, &offices[&LUCKNOW])?;
        let no_places = NoPlaces::read(&dir.join("no_places.csv"))?;
        let lexicon = Lexicon::read(&dir.join("place_words.csv"))?;
        Ok(Self { districts, offices, lucknow, no_places, lexicon })
    }

    /// The post offices of a district.
    pub fn offices(&self, lgd: u16) -> &[Office] {
        self.offices.get(&lgd).map_or(&[], Vec::as_slice)
    }
}

fn read_districts(dir: &Path) -> Result<Vec<District>> {
    let seats: BTreeMap<String, Position> = table::read(&dir.join("district_seats.csv"), ["lgd_code", "lat", "lon"])?
        .into_iter()
        .map(|[lgd, lat, lon]| (lgd, Position { lat, lon }))
        .collect();
    let columns = ["lgd_code", "name_en", "name_hi", "police_zone", "police_range", "commissionerate"];
    let rows = table::read(&dir.join("up_districts.csv"), columns)?;
    rows.into_iter()
        .map(|[lgd, en, hi, zone, range, commissionerate]| {
            let seat = seats.get(&lgd).ok_or_else(|| format!("district {lgd} has no seat"))?;
            Ok(District {
                lgd: lgd.parse()?,
                name: Name { en, hi },
                zone,
                range,
                commissionerate: commissionerate == "yes",
                seat: seat.clone(),
            })
        })
        .collect()
}

fn read_offices(dir: &Path, districts: &[District]) -> Result<BTreeMap<u16, Vec<Office>>> {
    let seats: BTreeMap<u16, &Position> = districts.iter().map(|d| (d.lgd, &d.seat)).collect();
    let columns = ["pincode", "office", "kind", "lgd_code", "lat", "lon"];
    let mut offices: BTreeMap<u16, Vec<Office>> = BTreeMap::new();
    for [pincode, name, kind, lgd, lat, lon] in table::read(&dir.join("post_offices.csv"), columns)? {
        let lgd = lgd.parse()?;
        let seat = seats.get(&lgd).ok_or_else(|| format!("office {name} in unknown district {lgd}"))?;
        let position = Position { lat, lon };
        let near = places::distance_km(seat, &position)? <= NEAR_KM;
        let exact = near && !(position.lat.ends_with("000") && position.lon.ends_with("000"));
        let kind = match kind.as_str() {
            "head" => OfficeKind::Head,
            "sub" => OfficeKind::Sub,
            "branch" => OfficeKind::Branch,
            other => return Err(format!("office {name} of unknown kind {other}").into()),
        };
        offices.entry(lgd).or_default().push(Office { name, kind, pincode, position, near, exact });
    }
    Ok(offices)
}

fn read_lucknow(dir: &Path, offices: &[Office]) -> Result<Vec<RealStation>> {
    let nearest: BTreeMap<String, (String, String)> =
        table::read(&dir.join("lucknow_positions.csv"), ["station_en", "office", "pincode"])?
            .into_iter()
            .map(|[station, office, pincode]| (station, (office, pincode)))
            .collect();
    let columns = ["circle_en", "circle_hi", "station_en", "station_hi", "station_type"];
    let rows = table::read(&dir.join("lucknow_stations.csv"), columns)?;
    rows.into_iter()
        .map(|[circle_en, circle_hi, en, hi, kind]| {
            let office = nearest
                .get(&en)
                .and_then(|(name, pincode)| offices.iter().find(|o| o.name == *name && o.pincode == *pincode))
                .ok_or_else(|| format!("station {en} has no position"))?;
            Ok(RealStation {
                circle: Name { en: circle_en, hi: circle_hi },
                name: Name { en, hi },
                mahila: kind == "mahila_thana",
                pincode: office.pincode.clone(),
                position: office.position.clone(),
            })
        })
        .collect()
}
