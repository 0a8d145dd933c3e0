//! A statement, written out: to be read aloud ([`text`]), or a row a figure ([`csv`]).

mod csv;
mod text;
mod words;

use platform::locale::Language;

use super::statement::{Shown, Statement};

pub(crate) use csv::{csv, csv_row};
pub(crate) use text::{freshness, text, text_row};

/// What stands in the place of a hidden figure. The same for a small one and for one that is hidden for another's sake: to
/// tell them apart would tell more than the statement may.
pub(crate) const HIDDEN: &str = "*";

/// How fresh a source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Freshness {
    /// The service.
    pub source: &'static str,
    /// It is followed at all.
    pub followed: bool,
    /// Entries of its journal that are counted.
    pub applied: i64,
    /// Its newest entry when last heard from.
    pub head: i64,
    /// Whole seconds since it was last heard from; `None`: never.
    pub seconds: Option<i64>,
}

/// What a statement is written out with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// The figures come from a replay.
    pub simulated: bool,
}

fn choose<'a>(language: Language, en: &'a str, hi: &'a str) -> &'a str {
    match language {
        Language::En => en,
        Language::Hi => hi,
    }
}

fn number(shown: Shown, write: impl Fn(i64) -> String) -> String {
    match shown {
        Shown::Number(n) => write(n),
        Shown::Hidden => HIDDEN.to_owned(),
    }
}
