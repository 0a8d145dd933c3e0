//! The statement as CSV (RFC 4180), a row a unit and figure; the unit asked for first. Names in both languages.

use platform::terms::Term as _;

use super::super::statement::{Statement, UnitFigures, rest_name};
use super::number;

const HEADER: &str =
    "unit,kind,name_en,name_hi,synthetic,measure,measure_en,measure_hi,breakdown,key,value,previous\r\n";

/// Writes it out. Numbers are plain digits; a hidden figure is `*`; the rest has no unit. A page that is not the first goes on
/// with its rows, without the first line and the unit asked for.
pub(crate) fn csv(statement: &Statement, first_page: bool) -> String {
    let head = first_page.then_some(&statement.whole);
    let mut out = if first_page { HEADER.to_owned() } else { String::new() };
    head.into_iter().chain(&statement.rows).for_each(|row| out.push_str(&csv_row(row)));
    out
}

/// The lines of a unit.
pub(crate) fn csv_row(row: &UnitFigures) -> String {
    let (id, kind, name) = match &row.unit {
        Some(unit) => (format!("units/{}", unit.id), unit.kind.name(), unit.name.clone()),
        None => (String::new(), "", rest_name()),
    };
    let synthetic = if row.synthetic { "yes" } else { "no" };
    let of_unit = [quoted(&id), quoted(kind), quoted(&name.en), quoted(&name.hi), synthetic.to_owned()].join(",");
    let mut out = String::new();
    for stated in &row.figures {
        let slot = stated.slot;
        let (en, hi) = slot.measure.label();
        let breakdown = slot.breakdown.map(platform::terms::Term::name).unwrap_or_default();
        let key = slot.key_label().map(|key| key.name).unwrap_or_default();
        let [value, previous] = [stated.now, stated.before].map(|shown| number(shown, |n| n.to_string()));
        let figure = [slot.measure.name(), en, hi, breakdown, key, &value, &previous].map(quoted).join(",");
        out.extend([&of_unit, ",", &figure, "\r\n"]);
    }
    out
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_row_is_quoted() {
        assert_eq!(quoted("Agra"), "Agra");
        assert_eq!(quoted("Agra, old \"city\""), "\"Agra, old \"\"city\"\"\"");
    }
}
