//! The statement as CSV (RFC 4180), a row a unit and figure; the unit asked for first. Names in both languages.

use platform::terms::Term as _;

use super::super::statement::{Statement, UnitFigures};
use super::number;

const HEADER: &str = "unit,kind,name_en,name_hi,synthetic,measure,measure_en,measure_hi,breakdown,key,value";

/// Writes it out. Numbers are plain digits; a hidden figure is `*`; the rest has no unit.
pub(crate) fn csv(statement: &Statement) -> String {
    let mut out = String::from(HEADER);
    out.push_str("\r\n");
    for row in std::iter::once(&statement.whole).chain(&statement.rows) {
        unit(&mut out, row);
    }
    out
}

fn unit(out: &mut String, row: &UnitFigures) {
    let (id, kind, name) = match &row.unit {
        Some(unit) => (format!("units/{}", unit.id), unit.kind.name(), unit.name.clone()),
        None => (String::new(), "", super::super::statement::rest_name()),
    };
    let synthetic = if row.synthetic { "yes" } else { "no" };
    let of_unit = [quoted(&id), quoted(kind), quoted(&name.en), quoted(&name.hi), synthetic.to_owned()].join(",");
    for (slot, shown) in &row.figures {
        let (en, hi) = slot.measure.label();
        let breakdown = slot.breakdown.map(platform::terms::Term::name).unwrap_or_default();
        let key = slot.key_label().map(|key| key.name).unwrap_or_default();
        let value = number(*shown, |n| n.to_string());
        let figure = [slot.measure.name(), en, hi, breakdown, key, &value].map(quoted).join(",");
        out.push_str(&of_unit);
        out.push(',');
        out.push_str(&figure);
        out.push_str("\r\n");
    }
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
