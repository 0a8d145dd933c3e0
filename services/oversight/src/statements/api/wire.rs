//! A statement as protobuf.

use mahila_proto::oversight::v1 as wire;
use mahila_proto::r#type::v1::LocalizedText;
use platform::directory::Name;
use platform::fields::date;
use platform::terms::Term as _;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use crate::statements::completeness::MissedReviews;
use crate::statements::render::Freshness;
use crate::statements::silence::Silent;
use crate::statements::statement::{Shown, Stated, Statement, UnitFigures, rest_name};

/// What is stated: the same whenever it is asked for.
pub(crate) fn content(statement: &Statement, simulated: bool) -> wire::Statement {
    let complete = statement.completeness;
    wire::Statement {
        from: Some(date(statement.period.from)),
        to: Some(date(statement.period.to)),
        previous_from: statement.before.map(|before| date(before.from)),
        previous_to: statement.before.map(|before| date(before.to)),
        whole: Some(unit_to_wire(&statement.whole)),
        rows: statement.rows.iter().map(unit_to_wire).collect(),
        silent: statement.silent.iter().map(silent_to_wire).collect(),
        missed_reviews: statement.missed_reviews.iter().map(missed_to_wire).collect(),
        completeness: Some(wire::Completeness {
            units_expected: complete.units.expected,
            units_reported: complete.units.actual,
            units_on_time: complete.units.on_time,
            desk_days_expected: complete.desk_days.expected,
            desk_days_reported: complete.desk_days.actual,
            desk_days_on_time: complete.desk_days.on_time,
            review_cycles_expected: complete.cycles.expected,
            review_cycles_reported: complete.cycles.actual,
            review_cycles_on_time: complete.cycles.on_time,
        }),
        simulated,
        public_copy: statement.public_copy,
        ..wire::Statement::default()
    }
}

/// SHA-256 of what is stated.
pub(crate) fn digest(content: &wire::Statement) -> [u8; 32] {
    Sha256::digest(content.encode_to_vec()).into()
}

/// A number, and whether it is hidden.
fn told(shown: Shown) -> (i64, bool) {
    match shown {
        Shown::Number(n) => (n, false),
        Shown::Hidden => (0, true),
    }
}

fn figure_to_wire(stated: &Stated) -> wire::Figure {
    let slot = stated.slot;
    let ((value, suppressed), (previous, previous_suppressed)) = (told(stated.now), told(stated.before));
    wire::Figure {
        measure: slot.measure.number().into(),
        breakdown: slot.breakdown.map_or(0, |breakdown| breakdown.number().into()),
        key: slot.key_label().map(|key| key.name.to_owned()).unwrap_or_default(),
        value,
        suppressed,
        previous,
        previous_suppressed,
    }
}

pub(crate) fn unit_to_wire(row: &UnitFigures) -> wire::UnitFigures {
    let (unit, kind, name) = match &row.unit {
        Some(unit) => (format!("units/{}", unit.id), unit.kind.number().into(), unit.name.clone()),
        None => (String::new(), 0, rest_name()),
    };
    let figures = row.figures.iter().map(figure_to_wire).collect();
    wire::UnitFigures { unit, kind, display_name: Some(text(&name)), synthetic: row.synthetic, figures }
}

/// A name for people.
pub(crate) fn text(name: &Name) -> LocalizedText {
    LocalizedText::from(name)
}

pub(super) fn silent_to_wire(silent: &Silent) -> wire::SilentUnit {
    wire::SilentUnit {
        station: format!("stations/{}", silent.station),
        display_name: Some(text(&silent.name)),
        days: i32::try_from(silent.days).unwrap_or(i32::MAX),
        no_desk: silent.no_desk,
        district_display_name: Some(text(&silent.district)),
    }
}

fn missed_to_wire(missed: &MissedReviews) -> wire::MissedReviews {
    wire::MissedReviews {
        unit: format!("units/{}", missed.unit.id),
        display_name: Some(text(&missed.unit.name)),
        district_display_name: Some(text(&missed.district)),
        cycles: i32::try_from(missed.cycles).unwrap_or(i32::MAX),
    }
}

pub(super) fn freshness_to_wire(freshness: &Freshness) -> wire::Freshness {
    wire::Freshness {
        source: freshness.source.to_owned(),
        applied: freshness.applied,
        head: freshness.head,
        seconds_since_heard: freshness.seconds.unwrap_or(-1),
        not_followed: !freshness.followed,
    }
}
