//! What was wrong with the settings, said so that the reader can mend it without reading code.

use std::fmt;

use config::ConfigError;
use serde_json::Value;

/// One thing wrong, under the key it is wrong with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key with dots, e.g. `server.listen`; empty when a whole file is meant.
    pub key: String,
    /// What is wrong, to be read after the key.
    pub wrong: String,
    /// What to do about it.
    pub mend: String,
}

impl Problem {
    pub(super) fn new(key: impl Into<String>, wrong: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { key: key.into(), wrong: wrong.into(), mend: mend.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(f, "{}", self.wrong)?;
        } else {
            write!(f, "{} ({}) {}", self.key, variable(&self.key), self.wrong)?;
        }
        write!(f, "; to mend it: {}", self.mend)
    }
}

/// The settings cannot be used. Holds every problem that was found, not just the first; secrets are not among the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    problems: Vec<Problem>,
}

impl SettingsError {
    /// All problems, in the order of the sections.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub(super) fn one(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }

    pub(super) fn all(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// An error when there is something in `problems`.
    pub(super) fn unless_none(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    /// The error of the `config` crate, with the key found wherever that crate happens to keep it, and with what the
    /// schema says about the key.
    pub(super) fn of_source(error: &ConfigError, schema: &Value) -> Self {
        let (key, wrong) = split(error);
        if let Some(unknown) = between_backticks(&wrong, "unknown field") {
            let key = join(&key, unknown);
            return Self::one(unknown_key(&key, schema));
        }
        let found = look_up(schema, &key);
        let mend = match found {
            Some(found) => match (choices(found), description(found)) {
                (Some(choices), _) => format!("choose one of {choices}"),
                (None, Some(text)) => format!("give what this key is for: {text}"),
                (None, None) => "see `mahila config schema`".to_owned(),
            },
            None => "see `mahila config schema` for the keys there are".to_owned(),
        };
        Self::one(Problem::new(key, wrong, mend))
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [problem] => write!(f, "the settings cannot be used: {problem}"),
            problems => {
                write!(f, "the settings cannot be used, for {} reasons:", problems.len())?;
                for problem in problems {
                    write!(f, "\n  - {problem}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for SettingsError {}

/// The environment variable that sets a key.
fn variable(key: &str) -> String {
    format!("{}__{}", super::PREFIX, key.to_uppercase().replace('.', "__"))
}

/// The key and what is wrong with it.
fn split(error: &ConfigError) -> (String, String) {
    match error {
        ConfigError::NotFound(key) => (key.clone(), "is missing".to_owned()),
        ConfigError::At { error, key, .. } => {
            let (inner, wrong) = split(error);
            let key = key.as_deref().unwrap_or_default();
            (join(key, &inner), wrong)
        }
        ConfigError::Type { unexpected, expected, key, .. } => {
            (key.clone().unwrap_or_default(), format!("is wrong: found {unexpected}, expected {expected}"))
        }
        // "enum ClockMode does not have variant constructor x": the reader knows neither word.
        ConfigError::Message(text) => match text.rsplit_once("does not have variant constructor ") {
            Some((_, found)) => (String::new(), format!("is wrong: there is no choice `{found}`")),
            None => (String::new(), format!("is wrong: {text}")),
        },
        ConfigError::FileParse { cause, .. } => (String::new(), without_excerpt(&cause.to_string())),
        other => (String::new(), other.to_string()),
    }
}

/// A parser shows the line it stumbled over, and that line may hold a password.
fn without_excerpt(text: &str) -> String {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('|') && !line.starts_with(|c: char| c.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(": ")
}

fn join(outer: &str, inner: &str) -> String {
    match (outer.is_empty(), inner.is_empty()) {
        (_, true) => outer.to_owned(),
        (true, false) => inner.to_owned(),
        (false, false) => format!("{outer}.{inner}"),
    }
}

fn between_backticks<'a>(text: &'a str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(after)? + after.len()..];
    let rest = &rest[rest.find('`')? + 1..];
    Some(&rest[..rest.find('`')?])
}

fn unknown_key(key: &str, schema: &Value) -> Problem {
    let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
    let known: Vec<&str> = look_up(schema, section)
        .and_then(properties)
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default();
    let near = known.iter().map(|known| (distance(name, known), *known)).filter(|(distance, _)| *distance <= 3).min();
    let mend = match near {
        Some((_, near)) => format!("did you mean `{}`?", join(section, near)),
        None => format!("remove it; there are {}", known.join(", ")),
    };
    Problem::new(key, "is not a setting", mend)
}

/// The part of the schema that describes a key.
fn look_up<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    key.split('.').filter(|name| !name.is_empty()).try_fold(schema, |at, name| properties(at)?.get(name))
}

/// The keys of a section, also of one that may be absent (`anyOf` with null).
fn properties(schema: &Value) -> Option<&serde_json::Map<String, Value>> {
    schema
        .get("properties")
        .or_else(|| schema.get("anyOf")?.as_array()?.iter().find_map(|one| one.get("properties")))?
        .as_object()
}

fn description(schema: &Value) -> Option<&str> {
    schema.get("description")?.as_str()?.split("\n\n").next()
}

fn choices(schema: &Value) -> Option<String> {
    let consts = schema.get("oneOf")?.as_array()?;
    let names: Vec<_> = consts.iter().filter_map(|one| one.get("const")?.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Levenshtein's distance, for "did you mean".
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("lisen", "listen"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn a_parser_does_not_quote_the_line() {
        let error = toml_error("[peers]\ntoken = \"s3cret\nx = 1\n");
        assert!(!error.contains("s3cret"), "{error}");
        assert!(error.contains("line 2"), "{error}");
    }

    fn toml_error(text: &str) -> String {
        let error = config::Config::builder()
            .add_source(config::File::from_str(text, config::FileFormat::Toml))
            .build()
            .unwrap_err();
        SettingsError::of_source(&error, &Value::Null).to_string()
    }
}
