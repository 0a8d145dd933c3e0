//! Which post offices stand for a place, what the place is called, and which are chosen.

use std::{collections::BTreeSet, path::Path};

use crate::{
    Result,
    source::{District, Office, OfficeKind, Position, Source},
    table,
};

/// A place on which a synthetic station can stand.
#[derive(Clone)]
pub struct Place {
    pub name: String,
    pub pincode: String,
    pub position: Position,
    tier: u8,
}

/// Short words that may stand in a name.
const PARTICLES: &[&str] = &["ka", "ki", "ke", "ji", "ud", "ul", "pt", "ba"];

/// What a place is not called after.
pub struct NoPlaces {
    /// Words that tell an institution, a compound or a street.
    words: BTreeSet<String>,
    /// Whole names that are abbreviations or misprints.
    names: BTreeSet<String>,
}

impl NoPlaces {
    /// Reads the table of such words and names.
    pub fn read(path: &Path) -> Result<Self> {
        let mut no_places = Self { words: BTreeSet::new(), names: BTreeSet::new() };
        for [text, kind] in table::read(path, ["text", "kind"])? {
            match kind.as_str() {
                "word" => no_places.words.insert(text),
                "name" => no_places.names.insert(text),
                other => return Err(format!("{text} is of unknown kind {other}").into()),
            };
        }
        Ok(no_places)
    }

    fn has(&self, name: &str) -> bool {
        let lower = name.to_lowercase();
        self.names.contains(&lower) || lower.split(' ').any(|word| self.words.contains(word))
    }
}

/// The name of the place after which an office is called, if it is called after one.
pub fn place_name(office: &str, no_places: &NoPlaces) -> Option<String> {
    let words: Vec<&str> =
        office.split_whitespace().take_while(|word| !matches!(*word, "SO" | "S.O" | "HO" | "H.O")).collect();
    let shouted = words.iter().all(|word| !word.contains(char::is_lowercase));
    let cased: Option<Vec<String>> = words.iter().map(|word| cased(word, shouted)).collect();
    let name = joined(&cased?);
    ((3..=24).contains(&name.len()) && !no_places.has(&name)).then_some(name)
}

/// A word with one capital; none if it is no word but a number or an abbreviation.
fn cased(word: &str, shouted: bool) -> Option<String> {
    let lower = word.to_lowercase();
    let letters = word.chars().all(|c| c.is_ascii_alphabetic());
    let inner_capital = !shouted && word.chars().skip(1).any(char::is_uppercase);
    let short = lower.len() < 3 && !PARTICLES.contains(&lower.as_str());
    let spoken = lower.contains(['a', 'e', 'i', 'o', 'u']);
    if !letters || inner_capital || short || !spoken {
        return None;
    }
    let (first, rest) = lower.split_at(1);
    Some(first.to_uppercase() + rest)
}

/// The words as one name; a loose "Pur" belongs to the word before it.
fn joined(words: &[String]) -> String {
    let mut name = String::new();
    for word in words {
        match word.as_str() {
            "Pur" if !name.is_empty() => name.push_str("pur"),
            _ if name.is_empty() => name.push_str(word),
            _ => {
                name.push(' ');
                name.push_str(word);
            }
        }
    }
    name
}

/// What two spellings of one name have in common.
pub fn key(name: &str) -> String {
    let mut key = String::new();
    for letter in name.to_lowercase().chars().filter(char::is_ascii_alphabetic) {
        if !key.ends_with(letter) {
            key.push(letter);
        }
    }
    key
}

/// Chooses so many places of a district, in the order of their pincodes.
///
/// Head and sub offices come before branch offices, both before offices whose coordinates are far;
/// from the tier that has more than is wanted an even sample over the pincodes is taken. If there
/// are too few, the places serve again and are numbered.
pub fn choose(source: &Source, district: &District, taken: &[&str], wanted: usize) -> Vec<Place> {
    let candidates = candidates(source, district, taken);
    let mut chosen: Vec<Place> = Vec::new();
    for tier in 0..=3 {
        let of_tier: Vec<&Place> = candidates.iter().filter(|place| place.tier == tier).collect();
        let missing = wanted - chosen.len();
        let take = missing.min(of_tier.len());
        chosen.extend((0..take).map(|index| of_tier[index * of_tier.len() / take].clone()));
    }
    for index in 0..wanted - chosen.len() {
        let round = index / candidates.len() + 2;
        let mut again = candidates[index % candidates.len()].clone();
        again.name = format!("{} {round}", again.name);
        chosen.push(again);
    }
    chosen.sort_by(|a, b| (&a.pincode, &a.name).cmp(&(&b.pincode, &b.name)));
    chosen
}

/// The distinct places of a district in the order of their pincodes.
fn candidates(source: &Source, district: &District, taken: &[&str]) -> Vec<Place> {
    let mut known: BTreeSet<String> = taken.iter().map(|name| key(name)).collect();
    let offices = source.offices(district.lgd).iter();
    let mut places: Vec<Place> = offices.filter_map(|office| place(source, district, office)).collect();
    places.sort_by(|a, b| (a.tier, &a.pincode, &a.name).cmp(&(b.tier, &b.pincode, &b.name)));
    places.retain(|place| known.insert(key(&place.name)));
    places.sort_by(|a, b| (&a.pincode, &a.name).cmp(&(&b.pincode, &b.name)));
    places
}

fn place(source: &Source, district: &District, office: &Office) -> Option<Place> {
    let tier = match (office.kind != OfficeKind::Branch, office.near) {
        (true, true) => 0,
        (false, true) => 1,
        (true, false) => 2,
        (false, false) => 3,
    };
    Some(Place {
        name: place_name(&office.name, &source.no_places)?,
        pincode: office.pincode.clone(),
        position: position(source, district, office).clone(),
        tier,
    })
}

/// The coordinates of an office or, where they are not exact, of the first office of its pincode
/// that has exact ones, or else of the seat of the district.
fn position<'a>(source: &'a Source, district: &'a District, office: &'a Office) -> &'a Position {
    if office.exact {
        return &office.position;
    }
    let mut neighbours = source.offices(district.lgd).iter();
    neighbours
        .find(|other| other.exact && other.pincode == office.pincode)
        .map_or(&district.seat, |neighbour| &neighbour.position)
}

/// The pincode of the office nearest to the seat of the district.
pub fn seat_pincode(district: &District, offices: &[Office]) -> Result<String> {
    let mut nearest: Option<(f64, &Office)> = None;
    for office in offices {
        let distance = distance_km(&district.seat, &office.position)?;
        if nearest.is_none_or(|(least, _)| distance < least) {
            nearest = Some((distance, office));
        }
    }
    let (_, office) = nearest.ok_or_else(|| format!("no office in {}", district.name.en))?;
    Ok(office.pincode.clone())
}

/// The distance of two positions, good enough within a state.
pub fn distance_km(a: &Position, b: &Position) -> Result<f64> {
    const KM_PER_DEGREE: f64 = 111.2;
    const LON_TO_LAT: f64 = 0.89; // the cosine of 27 degrees north
    let north = a.lat.parse::<f64>()? - b.lat.parse::<f64>()?;
    let east = (a.lon.parse::<f64>()? - b.lon.parse::<f64>()?) * LON_TO_LAT;
    Ok((north * north + east * east).sqrt() * KM_PER_DEGREE)
}

#[cfg(test)]
mod tests {
    use super::{NoPlaces, key, place_name};

    fn name_of(office: &str) -> Option<String> {
        let words = ["college".to_owned(), "pac".to_owned(), "station".to_owned(), "rs".to_owned()];
        let no_places = NoPlaces { words: words.into(), names: ["cat".to_owned()].into() };
        place_name(office, &no_places)
    }

    #[test]
    fn names_are_cleaned() {
        assert_eq!(name_of("Mohaddipur S.O Gorakhpur").as_deref(), Some("Mohaddipur"));
        assert_eq!(name_of("SARAI KHWAJA").as_deref(), Some("Sarai Khwaja"));
        assert_eq!(name_of("Jaita Pur").as_deref(), Some("Jaitapur"));
        assert_eq!(name_of("Rudra pur shivnath").as_deref(), Some("Rudrapur Shivnath"));
    }

    #[test]
    fn institutions_and_abbreviations_are_no_places() {
        for office in ["15 Bn PAC", "R A College", "SGMandi", "Sec41 Noida", "A.P.Station", "Budaun RS", "CAT"] {
            assert_eq!(name_of(office), None, "{office}");
        }
    }

    #[test]
    fn spellings_share_a_key() {
        assert_eq!(key("Saadatganj"), key("Sadatganj"));
        assert_eq!(key("Gomti Nagar"), key("Gomtinagar"));
    }
}
