//! Units and stations as a tree that changes by date. The registry builds it from its own tables; every other service keeps
//! a copy that it fills from the registry's journal (intake works while the registry is down). Held in memory, swapped whole
//! when it changes; reads never wait.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::NaiveDate;
use mahila_proto::registry::v1 as wire;
use prost::Message as _;
use sqlx::PgPool;

use crate::feed::{ApplyError, Entry, Projection};
use crate::fields::{date, day_of};
use crate::journal::Draft;
use crate::terms::Term;
use crate::write::{By, Tx};

crate::term! {
    /// What a unit is.
    pub enum UnitKind: "mahila.registry.v1.UnitKind" {
        /// The state.
        State = 1,
        /// Zone of the state.
        Zone = 2,
        /// Range.
        Range = 3,
        /// Police commissionerate; answers to the state.
        Commissionerate = 4,
        /// District.
        District = 5,
        /// A commissionerate's own zone.
        CommissionerateZone = 6,
        /// Circle.
        Circle = 7,
        /// Police station.
        Station = 8,
    }
}

crate::term! {
    /// What a station is.
    pub enum StationType: "mahila.registry.v1.StationType" {
        /// Thana or kotwali.
        Regular = 1,
        /// Women's station.
        Mahila = 2,
        /// Railway police: apart, never among the 1,535.
        Grp = 3,
        /// Cyber crime station.
        Cyber = 4,
        /// Any other.
        Other = 5,
    }
}

impl StationType {
    /// Whether the order of October 2020 gives it a desk: regular and women's stations.
    #[must_use]
    pub fn has_desk(self) -> bool {
        matches!(self, Self::Regular | Self::Mahila)
    }
}

/// A name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// English.
    pub en: String,
    /// Hindi.
    pub hi: String,
}

impl From<&Name> for mahila_proto::r#type::v1::LocalizedText {
    fn from(name: &Name) -> Self {
        Self { en: name.en.clone(), hi: name.hi.clone() }
    }
}

/// A unit over a span of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitVersion {
    /// RFC 1034 label.
    pub id: String,
    /// What it is.
    pub kind: UnitKind,
    /// Its name.
    pub name: Name,
    /// The unit above it; `None` for the state.
    pub parent: Option<String>,
    /// First day.
    pub from: NaiveDate,
    /// First day on which this version no longer holds.
    pub to: Option<NaiveDate>,
    /// LGD code of a district; 0 otherwise.
    pub lgd_code: i32,
}

/// A station.
#[derive(Debug, Clone, PartialEq)]
pub struct Station {
    /// RFC 1034 label.
    pub id: String,
    /// What it is.
    pub kind: StationType,
    /// Its name.
    pub name: Name,
    /// The unit above it, a circle or district.
    pub parent: String,
    /// Its district's unit.
    pub district: String,
    /// Its number in the district.
    pub seq: i32,
    /// Six digits, or empty.
    pub pincode: String,
    /// Degrees north; 0 with longitude 0: unknown.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// First day.
    pub from: NaiveDate,
    /// First day on which it is no more.
    pub to: Option<NaiveDate>,
    /// Made up for demonstration.
    pub synthetic: bool,
    /// Where the row comes from.
    pub source: String,
}

fn holds(from: NaiveDate, to: Option<NaiveDate>, day: NaiveDate) -> bool {
    from <= day && to.is_none_or(|to| day < to)
}

impl Station {
    /// Whether it exists on a day.
    #[must_use]
    pub fn exists_on(&self, day: NaiveDate) -> bool {
        holds(self.from, self.to, day)
    }
}

/// All units and stations.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Tree {
    units: BTreeMap<String, Vec<UnitVersion>>,
    stations: BTreeMap<String, Arc<Station>>,
}

impl Tree {
    /// A tree of these versions and stations.
    #[must_use]
    pub fn new(versions: Vec<UnitVersion>, stations: Vec<Station>) -> Self {
        let mut units: BTreeMap<String, Vec<UnitVersion>> = BTreeMap::new();
        for version in versions {
            units.entry(version.id.clone()).or_default().push(version);
        }
        for versions in units.values_mut() {
            versions.sort_by_key(|version| version.from);
        }
        Self { units, stations: stations.into_iter().map(|station| (station.id.clone(), Arc::new(station))).collect() }
    }

    /// Nothing is known yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.units.is_empty() && self.stations.is_empty()
    }

    /// A unit as it is on a day.
    #[must_use]
    pub fn unit(&self, id: &str, day: NaiveDate) -> Option<&UnitVersion> {
        self.units.get(id)?.iter().find(|version| holds(version.from, version.to, day))
    }

    /// All versions of a unit, by first day.
    #[must_use]
    pub fn versions(&self, id: &str) -> &[UnitVersion] {
        self.units.get(id).map_or(&[], Vec::as_slice)
    }

    /// Units as they are on a day, by id.
    pub fn units(&self, day: NaiveDate) -> impl Iterator<Item = &UnitVersion> {
        self.units.values().filter_map(move |versions| versions.iter().find(|v| holds(v.from, v.to, day)))
    }

    /// A station, whether or not it still exists.
    #[must_use]
    pub fn station(&self, id: &str) -> Option<&Arc<Station>> {
        self.stations.get(id)
    }

    /// All stations, by id.
    pub fn stations(&self) -> impl Iterator<Item = &Arc<Station>> {
        self.stations.values()
    }

    /// The units above a unit on a day, nearest first, itself left out. Ends at a hole in the tree.
    #[must_use]
    pub fn above<'a>(&'a self, unit: &str, day: NaiveDate) -> Vec<&'a UnitVersion> {
        let mut above = Vec::new();
        let mut at = self.unit(unit, day).and_then(|unit| unit.parent.as_deref());
        while let Some(unit) = at.and_then(|id| self.unit(id, day)) {
            above.push(unit);
            // The importer refuses circles; this bounds the walk all the same.
            if above.len() > 16 {
                break;
            }
            at = unit.parent.as_deref();
        }
        above
    }

    /// The units above a station on a day, nearest first.
    #[must_use]
    pub fn above_station<'a>(&'a self, station: &str, day: NaiveDate) -> Vec<&'a UnitVersion> {
        let Some(parent) = self.station(station).and_then(|station| self.unit(&station.parent, day)) else {
            return Vec::new();
        };
        let mut above = vec![parent];
        above.extend(self.above(&parent.id, day));
        above
    }

    /// Whether `unit` is `ancestor` or lies below it on a day. A station's id counts as a unit.
    #[must_use]
    pub fn is_within(&self, unit: &str, ancestor: &str, day: NaiveDate) -> bool {
        if unit == ancestor {
            return true;
        }
        let above =
            if self.stations.contains_key(unit) { self.above_station(unit, day) } else { self.above(unit, day) };
        above.iter().any(|unit| unit.id == ancestor)
    }

    /// The unit of a kind that a unit is, or lies below, on a day.
    #[must_use]
    pub fn of_kind<'a>(&'a self, unit: &str, kind: UnitKind, day: NaiveDate) -> Option<&'a UnitVersion> {
        self.unit(unit, day).filter(|unit| unit.kind == kind).or_else(|| {
            let above =
                if self.stations.contains_key(unit) { self.above_station(unit, day) } else { self.above(unit, day) };
            above.into_iter().find(|unit| unit.kind == kind)
        })
    }
}

/// The tree as it is now, for everyone in the process.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<ArcSwap<Tree>>);

impl Directory {
    /// Nothing known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tree as it is now.
    #[must_use]
    pub fn tree(&self) -> Arc<Tree> {
        self.0.load_full()
    }

    /// From now on, this one.
    pub fn swap(&self, tree: Tree) {
        self.0.store(Arc::new(tree));
    }

    /// Reads the copy that this service keeps.
    ///
    /// # Errors
    /// The database does not answer, or holds what this release does not know.
    pub async fn load(&self, db: &PgPool) -> Result<(), sqlx::Error> {
        let units = sqlx::query!(
            "SELECT id, valid_from, valid_to, kind, name_en, name_hi, parent, lgd_code FROM platform.directory_units"
        )
        .fetch_all(db)
        .await?
        .into_iter()
        .filter_map(|row| {
            Some(UnitVersion {
                kind: UnitKind::from_number(row.kind.into())?,
                id: row.id,
                name: Name { en: row.name_en, hi: row.name_hi },
                parent: row.parent,
                from: row.valid_from,
                to: row.valid_to,
                lgd_code: row.lgd_code,
            })
        })
        .collect();
        let stations = sqlx::query!(
            "SELECT id, seq, kind, name_en, name_hi, parent, district, pincode, latitude, longitude, valid_from, valid_to, synthetic, source
             FROM platform.directory_stations"
        )
        .fetch_all(db)
        .await?
        .into_iter()
        .filter_map(|row| {
            Some(Station {
                kind: StationType::from_number(row.kind.into())?,
                id: row.id,
                name: Name { en: row.name_en, hi: row.name_hi },
                parent: row.parent,
                district: row.district,
                seq: row.seq,
                pincode: row.pincode,
                latitude: row.latitude,
                longitude: row.longitude,
                from: row.valid_from,
                to: row.valid_to,
                synthetic: row.synthetic,
                source: row.source,
            })
        })
        .collect();
        self.swap(Tree::new(units, stations));
        Ok(())
    }
}

/// The name of the registry on the feed.
pub const REGISTRY: &str = "station-registry";
/// Journal kind: a unit's versions.
pub const UNIT_CHANGED: &str = "registry.unit.changed";
/// Journal kind: a station.
pub const STATION_CHANGED: &str = "registry.station.changed";

/// Keeps the copy of the directory. Another projection of the registry's journal (oversight's) holds one and passes on.
#[derive(Debug, Clone)]
pub struct DirectoryCopy {
    directory: Directory,
    db: PgPool,
}

impl DirectoryCopy {
    /// A copy in `db`, shown in `directory`.
    #[must_use]
    pub fn new(directory: Directory, db: PgPool) -> Self {
        Self { directory, db }
    }
}

impl Projection for DirectoryCopy {
    fn source(&self) -> &'static str {
        REGISTRY
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[UNIT_CHANGED, STATION_CHANGED]
    }

    async fn apply(&self, tx: &mut Tx, _by: &By, entries: &[Entry]) -> Result<Vec<Draft>, ApplyError> {
        // The last word on a unit or station within the batch is the one that counts.
        let mut units: HashMap<String, Vec<wire::Unit>> = HashMap::new();
        let mut stations: HashMap<String, wire::Station> = HashMap::new();
        for entry in entries {
            match entry.kind.as_str() {
                UNIT_CHANGED => {
                    units.insert(entry.subject.clone(), wire::UnitChanged::decode(&entry.payload[..])?.versions);
                }
                STATION_CHANGED => {
                    if let Some(station) = wire::StationChanged::decode(&entry.payload[..])?.station {
                        stations.insert(entry.subject.clone(), station);
                    }
                }
                _ => {}
            }
        }
        keep_units(tx, units.into_values().flatten().collect()).await?;
        keep_stations(tx, stations.into_values().collect()).await?;
        Ok(Vec::new())
    }

    async fn reset(&self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        sqlx::query!("DELETE FROM platform.directory_units").execute(&mut *tx).await?;
        sqlx::query!("DELETE FROM platform.directory_stations").execute(tx).await?;
        Ok(())
    }

    async fn committed(&self) -> Result<(), sqlx::Error> {
        self.directory.load(&self.db).await
    }
}

fn id_of(name: &str) -> String {
    name.split_once('/').map_or(name, |(_, id)| id).to_owned()
}

async fn keep_units(tx: &mut Tx, versions: Vec<wire::Unit>) -> Result<(), sqlx::Error> {
    if versions.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = versions.iter().map(|unit| id_of(&unit.name)).collect();
    sqlx::query!("DELETE FROM platform.directory_units WHERE id = ANY($1)", &ids).execute(&mut *tx).await?;
    let name = |pick: fn(&mahila_proto::r#type::v1::LocalizedText) -> String| -> Vec<String> {
        versions.iter().map(|unit| unit.display_name.as_ref().map(pick).unwrap_or_default()).collect()
    };
    let kinds: Vec<i16> = versions.iter().map(|unit| i16::try_from(unit.kind).unwrap_or_default()).collect();
    let parents: Vec<Option<String>> =
        versions.iter().map(|unit| (!unit.parent.is_empty()).then(|| id_of(&unit.parent))).collect();
    let from: Vec<NaiveDate> =
        versions.iter().map(|unit| day_of(unit.valid_from.as_ref()).unwrap_or_default()).collect();
    let to: Vec<Option<NaiveDate>> = versions.iter().map(|unit| day_of(unit.valid_to.as_ref())).collect();
    let codes: Vec<i32> = versions.iter().map(|unit| unit.lgd_code).collect();
    sqlx::query!(
        "INSERT INTO platform.directory_units (id, valid_from, valid_to, kind, name_en, name_hi, parent, lgd_code)
         SELECT * FROM unnest($1::text[], $2::date[], $3::date[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::int[])",
        &ids,
        &from,
        &to as &[Option<NaiveDate>],
        &kinds,
        &name(|text| text.en.clone()),
        &name(|text| text.hi.clone()),
        &parents as &[Option<String>],
        &codes
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn keep_stations(tx: &mut Tx, stations: Vec<wire::Station>) -> Result<(), sqlx::Error> {
    if stations.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = stations.iter().map(|station| id_of(&station.name)).collect();
    sqlx::query!("DELETE FROM platform.directory_stations WHERE id = ANY($1)", &ids).execute(&mut *tx).await?;
    let column = |pick: fn(&wire::Station) -> String| -> Vec<String> { stations.iter().map(pick).collect() };
    let seqs: Vec<i32> = stations.iter().map(|station| station.seq).collect();
    let kinds: Vec<i16> = stations.iter().map(|station| i16::try_from(station.r#type).unwrap_or_default()).collect();
    let latitudes: Vec<f64> = stations.iter().map(|station| station.latitude).collect();
    let longitudes: Vec<f64> = stations.iter().map(|station| station.longitude).collect();
    let from: Vec<NaiveDate> = stations.iter().map(|s| day_of(s.valid_from.as_ref()).unwrap_or_default()).collect();
    let to: Vec<Option<NaiveDate>> = stations.iter().map(|station| day_of(station.valid_to.as_ref())).collect();
    let synthetic: Vec<bool> = stations.iter().map(|station| station.synthetic).collect();
    sqlx::query!(
        "INSERT INTO platform.directory_stations
             (id, seq, kind, name_en, name_hi, parent, district, pincode, latitude, longitude, valid_from, valid_to, synthetic, source)
         SELECT * FROM unnest($1::text[], $2::int[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                              $9::float8[], $10::float8[], $11::date[], $12::date[], $13::bool[], $14::text[])",
        &ids,
        &seqs,
        &kinds,
        &column(|station| station.display_name.as_ref().map(|text| text.en.clone()).unwrap_or_default()),
        &column(|station| station.display_name.as_ref().map(|text| text.hi.clone()).unwrap_or_default()),
        &column(|station| id_of(&station.parent)),
        &column(|station| id_of(&station.district)),
        &column(|station| station.pincode.clone()),
        &latitudes,
        &longitudes,
        &from,
        &to as &[Option<NaiveDate>],
        &synthetic,
        &column(|station| station.source.clone())
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A unit for the wire.
#[must_use]
pub fn unit_to_wire(unit: &UnitVersion) -> wire::Unit {
    wire::Unit {
        name: format!("units/{}", unit.id),
        kind: unit.kind.number().into(),
        display_name: Some((&unit.name).into()),
        parent: unit.parent.as_ref().map(|parent| format!("units/{parent}")).unwrap_or_default(),
        valid_from: Some(date(unit.from)),
        valid_to: unit.to.map(date),
        lgd_code: unit.lgd_code,
    }
}

/// A station for the wire.
#[must_use]
pub fn station_to_wire(station: &Station) -> wire::Station {
    wire::Station {
        name: format!("stations/{}", station.id),
        r#type: station.kind.number().into(),
        display_name: Some((&station.name).into()),
        parent: format!("units/{}", station.parent),
        district: format!("units/{}", station.district),
        seq: station.seq,
        pincode: station.pincode.clone(),
        latitude: station.latitude,
        longitude: station.longitude,
        valid_from: Some(date(station.from)),
        valid_to: station.to.map(date),
        synthetic: station.synthetic,
        source: station.source.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn unit(id: &str, kind: UnitKind, parent: Option<&str>, from: &str, to: Option<&str>) -> UnitVersion {
        UnitVersion {
            id: id.into(),
            kind,
            name: Name::default(),
            parent: parent.map(str::to_owned),
            from: day(from),
            to: to.map(day),
            lgd_code: 0,
        }
    }

    fn agra() -> Tree {
        Tree::new(
            vec![
                unit("up", UnitKind::State, None, "2000-01-01", None),
                unit("range-agra", UnitKind::Range, Some("up"), "2000-01-01", None),
                unit("commissionerate-agra", UnitKind::Commissionerate, Some("up"), "2022-11-26", None),
                unit("district-118", UnitKind::District, Some("range-agra"), "2000-01-01", Some("2022-11-26")),
                unit("district-118", UnitKind::District, Some("commissionerate-agra"), "2022-11-26", None),
            ],
            vec![Station {
                id: "ps-118-001".into(),
                kind: StationType::Regular,
                name: Name::default(),
                parent: "district-118".into(),
                district: "district-118".into(),
                seq: 1,
                pincode: String::new(),
                latitude: 0.0,
                longitude: 0.0,
                from: day("2000-01-01"),
                to: None,
                synthetic: true,
                source: String::new(),
            }],
        )
    }

    #[test]
    fn terms_are_those_of_the_contract() {
        crate::terms::check::<UnitKind>().unwrap();
        crate::terms::check::<StationType>().unwrap();
    }

    #[test]
    fn october_uses_the_old_tree_and_december_the_new() {
        let tree = agra();
        assert!(tree.is_within("ps-118-001", "range-agra", day("2020-10-23")));
        assert!(!tree.is_within("ps-118-001", "range-agra", day("2022-12-01")));
        assert!(tree.is_within("ps-118-001", "commissionerate-agra", day("2022-12-01")));
        assert!(tree.is_within("ps-118-001", "up", day("2022-12-01")));
        assert_eq!(tree.of_kind("ps-118-001", UnitKind::Commissionerate, day("2020-10-23")), None);
    }
}
