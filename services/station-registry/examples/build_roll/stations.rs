//! The stations and the circles above them.

use std::collections::BTreeMap;

use crate::{
    Result, allotment, places,
    source::{District, LUCKNOW, Name, Position, Source},
    table,
    units::{BEGINNING, Circle, district_unit},
};

const HEADER: [&str; 14] = [
    "station",
    "seq",
    "type",
    "name_en",
    "name_hi",
    "parent",
    "district",
    "pincode",
    "lat",
    "lon",
    "valid_from",
    "valid_to",
    "synthetic",
    "source",
];
/// About how many stations a made-up circle has.
const CIRCLE_SIZE: usize = 5;

/// Where a station comes from; only what the press named is real.
#[derive(Clone, Copy)]
enum Origin {
    Press,
    PostOffice,
    Mahila,
    Railway,
}

impl Origin {
    fn source(self) -> &'static str {
        match self {
            Self::Press => "press-2022",
            Self::PostOffice => "synthetic:post-office",
            Self::Mahila => "synthetic:mahila",
            Self::Railway => "synthetic:grp",
        }
    }

    fn synthetic(self) -> &'static str {
        match self {
            Self::Press => "no",
            Self::PostOffice | Self::Mahila | Self::Railway => "yes",
        }
    }
}

/// A station before it has its number and its circle.
struct Draft {
    kind: &'static str,
    name: Name,
    pincode: String,
    position: Position,
    origin: Origin,
}

/// A station of the roll.
pub struct Station {
    district: u16,
    seq: usize,
    circle: String,
    draft: Draft,
}

/// The stations in order, railway stations last, and the circles they stand in.
pub struct Roll {
    pub stations: Vec<Station>,
    pub circles: Vec<Circle>,
}

/// Builds the whole roll.
pub fn build(source: &Source) -> Result<Roll> {
    let counts = allotment::stations(source);
    let with_railway = allotment::railway_districts(source);
    let mut roll = Roll { stations: Vec::new(), circles: Vec::new() };
    let mut railway = Vec::new();
    for district in &source.districts {
        let total = usize::try_from(counts[&district.lgd])?;
        add_district(&mut roll, district, drafts(source, district, total)?);
        if with_railway.contains(&district.lgd) {
            let draft = at_the_seat(source, district, "GRP", Origin::Railway)?;
            railway.push(Station {
                district: district.lgd,
                seq: total + 1,
                circle: circle_unit(district.lgd, 1),
                draft,
            });
        }
    }
    roll.stations.extend(railway);
    Ok(roll)
}

fn circle_unit(lgd: u16, number: usize) -> String {
    format!("circle-{lgd}-{number:02}")
}

/// Numbers the stations of a district, circle by circle.
fn add_district(roll: &mut Roll, district: &District, circles: Vec<(Name, Vec<Draft>)>) {
    let mut seq = 0;
    for (index, (name, drafts)) in circles.into_iter().enumerate() {
        let unit = circle_unit(district.lgd, index + 1);
        for draft in drafts {
            seq += 1;
            roll.stations.push(Station { district: district.lgd, seq, circle: unit.clone(), draft });
        }
        roll.circles.push(Circle { unit, name, district: district.lgd });
    }
}

/// The circles of a district with their stations: the real ones first, then made-up ones.
fn drafts(source: &Source, district: &District, total: usize) -> Result<Vec<(Name, Vec<Draft>)>> {
    let mut circles = if district.lgd == LUCKNOW { real_circles(source) } else { Vec::new() };
    let real: usize = circles.iter().map(|(_, drafts)| drafts.len()).sum();
    let mahila_is_real = real > 0;
    let wanted = total - real - usize::from(!mahila_is_real);
    let taken: Vec<&str> = circles.iter().flat_map(|(_, drafts)| drafts).map(|draft| draft.name.en.as_str()).collect();
    let places = places::choose(source, district, &taken, wanted);
    let synthetic = places
        .into_iter()
        .map(|place| Draft {
            kind: "REGULAR",
            name: Name { hi: source.lexicon.devanagari(&place.name), en: place.name },
            pincode: place.pincode,
            position: place.position,
            origin: Origin::PostOffice,
        })
        .collect();
    circles.extend(made_up_circles(synthetic));
    if !mahila_is_real {
        circles[0].1.push(at_the_seat(source, district, "MAHILA", Origin::Mahila)?);
    }
    Ok(circles)
}

/// The circles of Lucknow that the press named, in the order of the source.
fn real_circles(source: &Source) -> Vec<(Name, Vec<Draft>)> {
    let mut circles: Vec<(Name, Vec<Draft>)> = Vec::new();
    for station in &source.lucknow {
        if circles.last().is_none_or(|(name, _)| name.en != station.circle.en) {
            circles.push((station.circle.clone(), Vec::new()));
        }
        if let Some((_, drafts)) = circles.last_mut() {
            drafts.push(Draft {
                kind: if station.mahila { "MAHILA" } else { "REGULAR" },
                name: station.name.clone(),
                pincode: station.pincode.clone(),
                position: station.position.clone(),
                origin: Origin::Press,
            });
        }
    }
    circles
}

/// Splits stations into circles of nearly equal size, each called after its first station.
fn made_up_circles(drafts: Vec<Draft>) -> Vec<(Name, Vec<Draft>)> {
    let total = drafts.len();
    let count = (total + CIRCLE_SIZE / 2) / CIRCLE_SIZE;
    let mut circles: BTreeMap<usize, (Name, Vec<Draft>)> = BTreeMap::new();
    for (index, draft) in drafts.into_iter().enumerate() {
        let (_, members) = circles.entry(index * count / total).or_insert_with(|| (draft.name.clone(), Vec::new()));
        members.push(draft);
    }
    circles.into_values().collect()
}

/// A made-up station called after its district and standing at the district's seat.
fn at_the_seat(source: &Source, district: &District, kind: &'static str, origin: Origin) -> Result<Draft> {
    let Name { en, hi } = &district.name;
    let name = match origin {
        Origin::Railway => Name { en: format!("GRP {en}"), hi: format!("जीआरपी {hi}") },
        _ => Name { en: format!("Mahila Thana {en}"), hi: format!("महिला थाना {hi}") },
    };
    Ok(Draft {
        kind,
        name,
        pincode: places::seat_pincode(district, source.offices(district.lgd))?,
        position: district.seat.clone(),
        origin,
    })
}

/// The bytes of `stations.csv`.
pub fn to_csv(stations: &[Station]) -> Result<Vec<u8>> {
    let rows: Vec<[String; 14]> = stations.iter().map(row).collect();
    table::write(HEADER, &rows)
}

fn row(station: &Station) -> [String; 14] {
    let Station { district, seq, circle, draft } = station;
    [
        format!("ps-{district}-{seq:03}"),
        seq.to_string(),
        draft.kind.to_owned(),
        draft.name.en.clone(),
        draft.name.hi.clone(),
        circle.clone(),
        district_unit(*district),
        draft.pincode.clone(),
        draft.position.lat.clone(),
        draft.position.lon.clone(),
        BEGINNING.to_owned(),
        String::new(),
        draft.origin.synthetic().to_owned(),
        draft.origin.source().to_owned(),
    ]
}
