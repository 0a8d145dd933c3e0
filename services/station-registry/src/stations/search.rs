//! Search by name. Words are compared folded (`platform::locale::fold`): nukta, chandrabindu, half nasals and case make no
//! difference. Folded once, when the roll is read; a search walks some 1,600 short texts, which takes less than a
//! question to an index in a database would.

use platform::directory::{Station, Tree};
use platform::locale::fold;

/// The folded names of all stations.
#[derive(Debug, Default)]
pub struct Names(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    station: String,
    en: String,
    hi: String,
}

/// How well a name fits; the least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Whole,
    Beginning,
    Words,
    Somewhere,
}

/// The words of a text as they are compared. Punctuation on a keyboard parts words; that of Devanagari belongs to them.
fn key(text: &str) -> String {
    fold(&text.replace(|letter: char| letter.is_ascii_punctuation(), " "))
}

impl Names {
    /// The names of a tree's stations.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        let entry = |station: &Station| Entry {
            station: station.id.clone(),
            en: key(&station.name.en),
            hi: key(&station.name.hi),
        };
        Self(tree.stations().map(|station| entry(station)).collect())
    }

    /// Stations whose Hindi or English name holds every word of the query, best first, at most `most` of those that `keep`
    /// lets through. Nothing when the query has no word.
    #[must_use]
    pub fn find(&self, query: &str, most: usize, keep: impl Fn(&str) -> bool) -> Vec<&str> {
        let query = key(query);
        if query.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(Fit, usize, &str)> = self
            .0
            .iter()
            .filter_map(|entry| {
                let best = [&entry.en, &entry.hi]
                    .into_iter()
                    .filter_map(|name| Some((fit(name, &query)?, name.len())))
                    .min()?;
                keep(&entry.station).then_some((best.0, best.1, entry.station.as_str()))
            })
            .collect();
        // Of equals the shorter name, then the id: the same order every time.
        found.sort_unstable();
        found.truncate(most);
        found.into_iter().map(|(_, _, station)| station).collect()
    }
}

fn fit(name: &str, query: &str) -> Option<Fit> {
    if name == query {
        return Some(Fit::Whole);
    }
    if name.starts_with(query) {
        return Some(Fit::Beginning);
    }
    let mut words = query.split(' ');
    if !words.clone().all(|word| name.contains(word)) {
        return None;
    }
    let begins = words.all(|word| name.split(' ').any(|of_name| of_name.starts_with(word)));
    Some(if begins { Fit::Words } else { Fit::Somewhere })
}

#[cfg(test)]
mod tests {
    use platform::directory::Name;

    use super::*;
    use crate::stations::samples::station;

    fn names(list: &[(&str, &str, &str)]) -> Names {
        let stations = list.iter().enumerate().map(|(at, (id, en, hi))| Station {
            name: Name { en: (*en).into(), hi: (*hi).into() },
            ..station(id, "district-133", i32::try_from(at).unwrap() + 1, "2000-01-01", None)
        });
        Names::of(&Tree::new(Vec::new(), stations.collect()))
    }

    fn budaun() -> Names {
        names(&[
            ("ps-1", "Budaun City", "बदायूं सिटी"),
            ("ps-2", "Budaun", "बदायूं"),
            ("ps-3", "Mahila Thana Budaun", "महिला थाना बदायूं"),
            ("ps-4", "Sadar Bazar", "सदर बाज़ार"),
            ("ps-5", "Old Budaunpur", "पुराना बदायूंपुर"),
        ])
    }

    #[test]
    fn whole_names_come_first_then_beginnings_then_the_rest() {
        let names = budaun();
        for query in ["बदायूँ", "बदायूं", "BUDAUN", " budaun ", "budaun,"] {
            assert_eq!(names.find(query, 10, |_| true), ["ps-2", "ps-1", "ps-5", "ps-3"], "{query}");
        }
        assert_eq!(names.find("audaunp", 10, |_| true), Vec::<&str>::new());
        assert_eq!(names.find("udaunp", 10, |_| true), ["ps-5"]);
    }

    #[test]
    fn every_word_must_be_in_one_of_the_names() {
        let names = budaun();
        assert_eq!(names.find("thana budaun", 10, |_| true), ["ps-3"]);
        assert_eq!(names.find("बाजार सदर", 10, |_| true), ["ps-4"], "without its nukta, words turned round");
        assert_eq!(names.find("sadar बाज़ार", 10, |_| true), Vec::<&str>::new(), "half of either name");
        assert_eq!(names.find(" ,-", 10, |_| true), Vec::<&str>::new());
    }

    #[test]
    fn what_is_out_of_sight_takes_no_place() {
        let names = budaun();
        assert_eq!(names.find("budaun", 1, |id| id != "ps-2"), ["ps-1"]);
    }
}
