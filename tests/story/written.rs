//! The statement as it is written out says what its message says.

use mahila_proto::oversight::v1::{Breakdown, Language, Statement};

/// The CSV has every figure of the message once.
pub fn csv_holds(statement: &Statement) {
    let mut rows = csv::Reader::from_reader(statement.rendered.as_bytes());
    let columns = rows.headers().expect("a header").clone();
    let column = |name: &str| {
        columns.iter().position(|column| column == name).unwrap_or_else(|| panic!("no column {name} in {columns:?}"))
    };
    let (unit, measure, key, value) = (column("unit"), column("measure"), column("key"), column("value"));
    let mut written: Vec<(String, String, String, String)> = rows
        .records()
        .map(|row| {
            let row = row.expect("CSV");
            (row[unit].to_owned(), row[measure].to_owned(), row[key].to_owned(), row[value].to_owned())
        })
        .collect();
    let mut stated: Vec<(String, String, String, String)> = statement
        .whole
        .iter()
        .chain(&statement.rows)
        .flat_map(|unit| {
            unit.figures.iter().map(|figure| {
                let measure = figure.measure().as_str_name().to_owned();
                (unit.unit.clone(), measure, figure.key.clone(), figure.value.to_string())
            })
        })
        .collect();
    written.sort();
    stated.sort();
    assert_eq!(written.len(), stated.len());
    assert_eq!(written, stated);
}

/// The text has every whole of the whole, by its name and grouped as in India.
pub fn text_holds(statement: &Statement, language: Language) {
    let whole = statement.whole.as_ref().expect("the whole");
    for figure in whole.figures.iter().filter(|figure| figure.breakdown() == Breakdown::Unspecified) {
        let label = mahila_proto::label("mahila.oversight.v1.Measure", figure.measure).expect("a label");
        let label = if language == Language::Hindi { label.hi } else { label.en };
        let number = grouped(figure.value);
        let said = statement.rendered.lines().any(|line| line.contains(label) && numbers(line).contains(&number));
        assert!(said, "{label}: {number} is not in the text:\n{}", statement.rendered);
    }
    let mark = if language == Language::Hindi { "अनुकरण" } else { "SIMULATED" };
    assert!(
        statement.rendered.to_uppercase().contains(mark) || statement.rendered.contains("SIMULATED"),
        "it is marked"
    );
}

/// 12345678 as 1,23,45,678.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let (head, tail) = digits.split_at(digits.len().saturating_sub(3));
    let mut groups: Vec<String> = Vec::new();
    let mut rest = head;
    while rest.len() > 2 {
        let (more, two) = rest.split_at(rest.len() - 2);
        groups.insert(0, two.to_owned());
        rest = more;
    }
    if !rest.is_empty() {
        groups.insert(0, rest.to_owned());
    }
    groups.push(tail.to_owned());
    groups.join(",")
}

/// The numbers of a line, in the digits of either script.
fn numbers(line: &str) -> Vec<String> {
    let ascii: String = line
        .chars()
        .map(|c| match c {
            '०'..='९' => char::from(b'0' + u8::try_from(u32::from(c) - u32::from('०')).expect("a digit")),
            other => other,
        })
        .collect();
    ascii
        .split(|c: char| !c.is_ascii_digit() && c != ',')
        .map(|number| number.trim_matches(',').to_owned())
        .filter(|number| !number.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_as_in_india() {
        for (number, text) in [(0, "0"), (999, "999"), (4_679, "4,679"), (36_840, "36,840"), (6_631_200, "66,31,200")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(numbers("कॉल ४,६७९, 12"), ["4,679", "12"]);
    }
}
