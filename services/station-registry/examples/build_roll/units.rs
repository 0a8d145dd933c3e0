//! The units above the stations, one row per version.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Result,
    source::{District, Name, Source},
    table,
};

/// The day from which everything is valid whose beginning does not matter here.
pub const BEGINNING: &str = "2000-01-01";

const HEADER: [&str; 8] = ["unit", "kind", "name_en", "name_hi", "parent", "valid_from", "valid_to", "lgd_code"];
const STATE: &str = "up";
/// Uttar Pradesh in the Local Government Directory.
const STATE_LGD: &str = "9";

/// The districts under a commissioner and since when.
const COMMISSIONERATES: [(u16, &str); 7] = [
    (118, "2022-11-26"),
    (120, "2022-11-26"),
    (144, "2020-01-13"),
    (145, "2022-11-26"),
    (157, "2021-03-26"),
    (162, "2020-01-13"),
    (187, "2021-03-26"),
];

/// The Hindi names of seats of zones and ranges that are no district's name.
const OTHER_SEATS: [(&str, &str); 2] = [("Devipatan", "देवीपाटन"), ("Kanpur", "कानपुर")];

/// A circle of a district.
pub struct Circle {
    pub unit: String,
    pub name: Name,
    pub district: u16,
}

type Row = [String; 8];

/// The bytes of `units.csv`.
pub fn to_csv(source: &Source, circles: &[Circle]) -> Result<Vec<u8>> {
    let mut rows = vec![row(STATE, "STATE", "Uttar Pradesh", "उत्तर प्रदेश", "", [BEGINNING, ""], STATE_LGD)];
    rows.extend(zones_and_ranges(&source.districts)?);
    rows.extend(commissionerates(&source.districts)?);
    rows.extend(source.districts.iter().flat_map(district));
    rows.extend(circles.iter().map(circle));
    table::write(HEADER, &rows)
}

fn row(unit: &str, kind: &str, en: &str, hi: &str, parent: &str, valid: [&str; 2], lgd: &str) -> Row {
    [unit, kind, en, hi, parent, valid[0], valid[1], lgd].map(str::to_owned)
}

/// A name as the tail of a unit's id.
fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// The unit id of a district.
pub fn district_unit(lgd: u16) -> String {
    format!("district-{lgd}")
}

fn zones_and_ranges(districts: &[District]) -> Result<Vec<Row>> {
    let ranges: BTreeMap<&str, &str> = districts.iter().map(|d| (d.range.as_str(), d.zone.as_str())).collect();
    let zones: BTreeSet<&str> = ranges.values().copied().collect();
    let mut rows = Vec::new();
    for zone in zones {
        let (en, hi) = (format!("{zone} zone"), format!("{} जोन", seat_hi(districts, zone)?));
        rows.push(row(&format!("zone-{}", slug(zone)), "ZONE", &en, &hi, STATE, [BEGINNING, ""], ""));
    }
    for (range, zone) in ranges {
        let (en, hi) = (format!("{range} range"), format!("{} परिक्षेत्र", seat_hi(districts, range)?));
        let parent = format!("zone-{}", slug(zone));
        rows.push(row(&format!("range-{}", slug(range)), "RANGE", &en, &hi, &parent, [BEGINNING, ""], ""));
    }
    Ok(rows)
}

/// The Hindi name of the seat of a zone or range.
fn seat_hi<'a>(districts: &'a [District], seat: &str) -> Result<&'a str> {
    let district = districts.iter().find(|d| d.name.en == seat).map(|d| d.name.hi.as_str());
    let other = || OTHER_SEATS.iter().find(|(en, _)| *en == seat).map(|&(_, hi)| hi);
    district.or_else(other).ok_or_else(|| format!("no Hindi name for {seat}").into())
}

fn commissionerates(districts: &[District]) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for district in districts.iter().filter(|d| d.commissionerate) {
        let since = since(district).ok_or_else(|| format!("no founding date for {}", district.name.en))?;
        let en = format!("{} commissionerate", district.name.en);
        let hi = format!("{} पुलिस आयुक्तालय", district.name.hi);
        rows.push(row(&commissionerate_unit(district), "COMMISSIONERATE", &en, &hi, STATE, [since, ""], ""));
    }
    Ok(rows)
}

fn since(district: &District) -> Option<&'static str> {
    COMMISSIONERATES.iter().find(|(lgd, _)| *lgd == district.lgd).map(|&(_, date)| date)
}

fn commissionerate_unit(district: &District) -> String {
    format!("commissionerate-{}", slug(&district.name.en))
}

/// A district under its range and, from the day it has one, under its commissionerate.
fn district(district: &District) -> Vec<Row> {
    let (unit, lgd) = (district_unit(district.lgd), district.lgd.to_string());
    let range = format!("range-{}", slug(&district.range));
    let version =
        |parent: &str, valid| row(&unit, "DISTRICT", &district.name.en, &district.name.hi, parent, valid, &lgd);
    match since(district) {
        None => vec![version(&range, [BEGINNING, ""])],
        Some(day) => vec![version(&range, [BEGINNING, day]), version(&commissionerate_unit(district), [day, ""])],
    }
}

fn circle(circle: &Circle) -> Row {
    let (en, hi) = (format!("{} circle", circle.name.en), format!("{} सर्किल", circle.name.hi));
    row(&circle.unit, "CIRCLE", &en, &hi, &district_unit(circle.district), [BEGINNING, ""], "")
}
