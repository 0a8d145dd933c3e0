//! The rules of the house, held by reading the source: where SQL may stand, where protobuf may stand, what is pure, and
//! which way rooms may look at each other. See ARCHITECTURE.md, "Rooms".

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A Rust file of a service, by its place in the service's `src`.
struct Source {
    service: String,
    /// `complaints/store.rs`, `lib.rs`.
    path: String,
    text: String,
}

impl Source {
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The folders and file stem above and of the file: a big `store.rs` may be a folder `store/`.
    fn is_in(&self, part: &str) -> bool {
        self.path.split('/').any(|piece| piece.strip_suffix(".rs").unwrap_or(piece) == part)
    }

    /// The room it lies in; `None` for files of the service itself.
    fn room(&self) -> Option<&str> {
        self.path.split_once('/').map(|(room, _)| room)
    }

    /// Code lines, comments left out, tests at the foot left out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = self.text.find("#[cfg(test)]").unwrap_or(self.text.len());
        self.text[..end].lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn place(&self, line: usize) -> String {
        format!("services/{}/src/{}:{}", self.service, self.path, line + 1)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the repository").to_owned()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository").flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !["target", ".git", ".dev", ".sqlx", "node_modules"]
                .contains(&entry.file_name().to_string_lossy().as_ref())
            {
                walk(&path, files);
            }
        } else {
            files.push(path);
        }
    }
}

/// The services: everything in `services/` but the shelf and the binary.
fn sources() -> Vec<Source> {
    let services = root().join("services");
    let mut sources = Vec::new();
    for entry in fs::read_dir(&services).expect("services/").flatten() {
        let service = entry.file_name().to_string_lossy().into_owned();
        if service == "platform" || service == "mahila" {
            continue;
        }
        let src = entry.path().join("src");
        let mut files = Vec::new();
        walk(&src, &mut files);
        for file in files.into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs")) {
            let path = file.strip_prefix(&src).expect("below src").to_string_lossy().into_owned();
            // A room's tests may use whatever they test.
            if path.split('/').any(|piece| piece == "tests.rs" || piece == "tests") {
                continue;
            }
            sources.push(Source { service: service.clone(), path, text: fs::read_to_string(&file).expect("readable") });
        }
    }
    assert!(sources.len() > 30, "the services are found");
    sources
}

fn lines_with(sources: &[Source], words: &[&str], may: impl Fn(&Source) -> bool) -> Vec<String> {
    sources
        .iter()
        .filter(|source| !may(source))
        .flat_map(|source| {
            source
                .code()
                .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
                .map(|(line, text)| format!("{}: {}", source.place(line), text.trim()))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn sql_stands_in_stores_alone() {
    let found = lines_with(&sources(), &["sqlx::", "sqlx!", "PgPool"], |source| {
        source.is_in("store") || source.path == "lib.rs"
    });
    none(&found, "SQL outside store.rs (lib.rs wires)");
}

#[test]
fn protobuf_and_tonic_stand_in_apis_and_followers_alone() {
    let words = ["tonic::", "prost::", "prost_types::", "mahila_proto::"];
    let found = lines_with(&sources(), &words, |source| {
        source.is_in("api") || source.is_in("follow") || source.path == "lib.rs"
    });
    none(&found, "protobuf or tonic outside api.rs and follow.rs");
}

#[test]
fn rules_take_time_and_randomness_as_arguments() {
    let found =
        lines_with(&sources(), &["Utc::now", "SystemTime::now", "Instant::now", "getrandom", "rand::"], |source| {
            source.is_in("api") || source.is_in("store") || source.is_in("task") || source.path == "lib.rs"
        });
    none(&found, "ambient time or randomness in a rule");
    let ids = lines_with(&sources(), &["Uuid::new_v4"], |source| {
        source.is_in("api") || source.is_in("store") || source.is_in("task")
    });
    none(&ids, "random ids in a rule");
}

#[test]
fn time_ordered_ids_are_used_nowhere() {
    // Version 7 tells the minute in which a woman came.
    none(&lines_with(&sources(), &["now_v7", "new_v7", "Ulid"], |_| false), "an id that tells the minute");
}

#[test]
fn rooms_never_look_at_each_other_in_a_circle() {
    let mut arrows: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let sources = sources();
    for source in &sources {
        let Some(room) = source.room() else { continue };
        // What an api answers with may come from another room's api; rules and stores hold the order.
        if source.is_in("api") {
            continue;
        }
        for (_, line) in source.code() {
            let Some(rest) = line.split("crate::").nth(1) else { continue };
            let other: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            let is_room = sources.iter().any(|file| file.service == source.service && file.room() == Some(&other));
            if is_room && other != room {
                arrows.entry((source.service.clone(), room.to_owned())).or_default().insert(other);
            }
        }
    }
    for (service, room) in arrows.keys() {
        let mut seen = BTreeSet::new();
        let mut at = vec![room.clone()];
        while let Some(next) = at.pop() {
            for other in arrows.get(&(service.clone(), next)).into_iter().flatten() {
                assert_ne!(other, room, "{service}: {room} looks at itself through other rooms");
                if seen.insert(other.clone()) {
                    at.push(other.clone());
                }
            }
        }
    }
}

#[test]
fn every_room_says_what_it_is() {
    let without: Vec<String> = sources()
        .iter()
        .filter(|source| source.name() == "mod.rs" || source.name() == "lib.rs")
        .filter(|source| !source.text.starts_with("//!"))
        .map(|source| source.place(0))
        .collect();
    none(&without, "a room without its paragraph");
}

#[test]
fn nothing_in_the_repository_points_outside_it() {
    let root = root();
    let mut files = Vec::new();
    walk(&root, &mut files);
    // Split, so that this file does not find itself.
    let forbidden = [
        concat!("../", "shared"),
        concat!("/work", "/"),
        concat!("/ro", "ot/"),
        concat!("TO", "DO"),
        concat!("to", "do!("),
    ];
    let mut found = Vec::new();
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for (line, content) in text.lines().enumerate() {
            if forbidden.iter().any(|word| content.contains(word)) {
                found.push(format!(
                    "{}:{}: {}",
                    file.strip_prefix(&root).expect("below").display(),
                    line + 1,
                    content.trim()
                ));
            }
        }
    }
    none(&found, "a path of some machine, or work left undone");
}
