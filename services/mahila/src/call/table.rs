//! Answers for people: a list as a table, a single thing as its fields below each other, a tree as an outline.

use std::fmt::Write as _;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, Value};
use unicode_width::UnicodeWidthStr as _;

use super::contract::kebab;
use super::flags::is_value;
use super::words::{Language, in_one_line, text};

/// A cell is cut to so many columns; `--output json` cuts nothing.
const CELL: usize = 48;

/// Messages inside a row that get columns of their own: an item and its clock, no deeper.
const DEPTH: usize = 2;

/// An answer, ready to print.
#[must_use]
pub fn answer(message: &DynamicMessage, language: Language) -> String {
    if let Some(written) = message.get_field_by_name("rendered").as_deref().and_then(Value::as_str)
        && !written.is_empty()
    {
        return written.to_owned();
    }
    let mut out = String::new();
    if is_tree(message) {
        outline(message, 0, language, &mut out);
    } else {
        thing(message, 0, language, &mut out);
    }
    if let Some(token) = message.get_field_by_name("next_page_token").as_deref().and_then(Value::as_str)
        && !token.is_empty()
    {
        let _ = writeln!(out, "more: --page-token {token}");
    }
    if out.is_empty() { "nothing\n".to_owned() } else { out }
}

/// Rows below a header, aligned; columns in which nothing stands are left out.
#[must_use]
pub fn rows(header: &[String], rows: &[Vec<String>]) -> String {
    let used: Vec<usize> = (0..header.len()).filter(|column| rows.iter().any(|row| !row[*column].is_empty())).collect();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| used.iter().map(|column| cut(&row[*column])).collect()).collect();
    let header: Vec<String> = used.iter().map(|column| header[*column].to_uppercase()).collect();
    let widths: Vec<usize> = (0..used.len())
        .map(|column| rows.iter().chain([&header]).map(|row| row[column].width()).max().unwrap_or_default())
        .collect();
    let mut out = String::new();
    for row in [&header].into_iter().chain(&rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell}{}  ", " ".repeat(width - cell.width()));
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn cut(cell: &str) -> String {
    let line = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.width() <= CELL {
        return line;
    }
    let mut short = String::new();
    for letter in line.chars() {
        short.push(letter);
        if short.width() >= CELL {
            short.pop();
            break;
        }
    }
    short + "…"
}

/// A field with its name for people; messages inside are opened up to `DEPTH`.
fn cells(message: &DynamicMessage, prefix: &str, depth: usize, language: Language) -> Vec<(String, String)> {
    let mut cells = Vec::new();
    for field in message.descriptor().fields() {
        let name = format!("{prefix}{}", kebab(field.name()).replace('-', " "));
        let set = !field.supports_presence() || message.has_field(&field);
        let value = message.get_field(&field);
        match (field.kind(), &*value) {
            (Kind::Message(kind), Value::Message(inner)) if depth + 1 < DEPTH && opens(&kind) => {
                // The same columns in every row, also where nothing is set.
                cells.extend(self::cells(inner, &format!("{name}/"), depth + 1, language));
            }
            (kind, value) => {
                cells.push((name, if set { shown(&field, value, &kind, language) } else { String::new() }));
            }
        }
    }
    cells
}

fn opens(kind: &prost_reflect::MessageDescriptor) -> bool {
    !is_value(kind) && kind.full_name() != "mahila.type.v1.LocalizedText"
}

fn shown(field: &FieldDescriptor, value: &Value, kind: &Kind, language: Language) -> String {
    if field.supports_presence() || field.is_list() || !value.is_default(kind) {
        text(value, kind, language)
    } else {
        String::new()
    }
}

fn table(list: &[Value], language: Language) -> String {
    let rows: Vec<Vec<(String, String)>> =
        list.iter().filter_map(Value::as_message).map(|message| cells(message, "", 0, language)).collect();
    let Some(first) = rows.first() else { return String::new() };
    let kept: Vec<usize> = (0..first.len()).filter(|column| !first[*column].0.ends_with("etag")).collect();
    let names: Vec<&str> = kept.iter().map(|column| first[*column].0.as_str()).collect();
    let header: Vec<String> = names.iter().map(|name| short(name, &names)).collect();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| kept.iter().map(|column| row[*column].1.clone()).collect()).collect();
    self::rows(&header, &rows)
}

/// The name of a column without that of the message around it, when no other column has the same: `receipt no`, not
/// `complaint/receipt no`.
fn short(name: &str, all: &[&str]) -> String {
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    if all.iter().filter(|other| last(other) == last(name)).count() == 1 { last(name) } else { name.replace('/', " ") }
}

/// The fields of a thing below each other; what is inside stands further to the right.
fn thing(message: &DynamicMessage, indent: usize, language: Language, out: &mut String) {
    let fields: Vec<FieldDescriptor> = message
        .descriptor()
        .fields()
        .filter(|field| message.has_field(field) && field.name() != "next_page_token")
        .collect();
    let names: Vec<String> = fields.iter().map(|field| kebab(field.name()).replace('-', " ")).collect();
    let width = names.iter().map(|name| name.width()).max().unwrap_or_default();
    let margin = " ".repeat(indent);
    for (field, name) in fields.iter().zip(&names) {
        let value = message.get_field(field);
        match (&*value, field.kind()) {
            (Value::List(list), Kind::Message(kind)) if opens(&kind) => {
                // A table that is all there is needs no name.
                let inner = if fields.len() == 1 && indent == 0 { String::new() } else { format!("{margin}{name}\n") };
                let table = table(list, language);
                let indented: String = table
                    .lines()
                    .map(|line| if inner.is_empty() { format!("{line}\n") } else { format!("{margin}  {line}\n") })
                    .collect();
                out.push_str(&inner);
                out.push_str(&indented);
            }
            (Value::Message(inner), _) if in_one_line(inner, language).is_none() => {
                let _ = writeln!(out, "{margin}{name}");
                thing(inner, indent + 2, language, out);
            }
            (value, kind) => {
                let text = text(value, &kind, language);
                let gap = " ".repeat(width - name.width());
                let mut lines = text.lines();
                let _ = writeln!(out, "{margin}{name}{gap}  {}", lines.next().unwrap_or_default());
                for line in lines {
                    let _ = writeln!(out, "{margin}{}  {line}", " ".repeat(width));
                }
            }
        }
    }
}

/// A message that holds others of its own kind.
fn is_tree(message: &DynamicMessage) -> bool {
    branches(message).is_some()
}

fn branches(message: &DynamicMessage) -> Option<FieldDescriptor> {
    message.descriptor().fields().find(|field| match field.kind() {
        Kind::Message(kind) => field.is_list() && kind == message.descriptor(),
        _ => false,
    })
}

fn outline(message: &DynamicMessage, indent: usize, language: Language, out: &mut String) {
    let branches = branches(message);
    let here = cells(message, "", 0, language);
    let branch = branches.as_ref().map(|field| kebab(field.name()).replace('-', " "));
    let line: Vec<String> = here
        .into_iter()
        .filter(|(name, cell)| Some(name) != branch.as_ref() && !cell.is_empty())
        .map(|(_, cell)| cell)
        .collect();
    let _ = writeln!(out, "{}{}", " ".repeat(indent), line.join("  "));
    if let Some(field) = branches
        && let Value::List(list) = &*message.get_field(&field)
    {
        for inner in list.iter().filter_map(Value::as_message) {
            outline(inner, indent + 2, language, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::contract::pool;
    use super::super::request;
    use super::*;

    fn made(name: &str, json: serde_json::Value) -> DynamicMessage {
        request::message(&pool().get_message_by_name(name).unwrap(), json).unwrap()
    }

    #[test]
    fn a_list_is_a_table_in_the_language_asked_for() {
        let list = made(
            "mahila.registry.v1.ListUnitsResponse",
            json!({
                "units": [
                    { "name": "units/up", "kind": "state", "display_name": { "en": "Uttar Pradesh", "hi": "उत्तर प्रदेश" }, "valid_from": "2000-01-01" },
                    { "name": "units/zone-agra", "kind": "zone", "display_name": { "en": "Agra zone", "hi": "आगरा जोन" }, "parent": "units/up" },
                ],
                "next_page_token": "abc",
            }),
        );
        let english = answer(&list, Language::En);
        assert_eq!(
            english,
            "NAME             KIND   DISPLAY NAME   PARENT    VALID FROM\n\
             units/up         State  Uttar Pradesh            2000-01-01\n\
             units/zone-agra  Zone   Agra zone      units/up\n\
             more: --page-token abc\n"
        );
        assert!(answer(&list, Language::Hi).contains("उत्तर प्रदेश"));
    }

    #[test]
    fn a_thing_is_its_fields() {
        let complaint = made(
            "mahila.intake.v1.Complaint",
            json!({
                "name": "complaints/1",
                "category": "domestic-violence",
                "received_at": "2020-10-23 09:15",
                "clocks": [{ "code": "acknowledge", "due_at": "2020-10-23 09:45", "breached": true }],
            }),
        );
        let text = answer(&complaint, Language::En);
        assert!(text.starts_with("name         complaints/1\ncategory     Domestic violence\nreceived at  2020-10-23 09:15\nclocks\n  CODE"), "{text}");
        assert!(text.contains("2020-10-23 09:45  ") && text.contains("yes"), "{text}");
    }

    #[test]
    fn a_digest_is_there_to_be_compared() {
        let json = json!({ "name": "reviewCycles/1", "seed_sha256": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" });
        let text = answer(&made("mahila.review.v1.ReviewCycle", json), Language::En);
        let digest = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        assert_eq!(text, format!("name         reviewCycles/1\nseed sha256  {digest}\n"));
    }

    #[test]
    fn a_row_with_a_message_inside_has_columns_for_both() {
        let work = made(
            "mahila.intake.v1.ListMyWorkResponse",
            json!({ "items": [{
                "complaint": { "name": "complaints/1", "category": "stalking", "etag": "7" },
                "next": { "code": "triage", "due_at": "2020-10-23 13:15" },
            }] }),
        );
        assert_eq!(
            answer(&work, Language::En),
            "NAME          CATEGORY  CODE    DUE AT\ncomplaints/1  Stalking  Triage  2020-10-23 13:15\n"
        );
    }

    #[test]
    fn a_tree_is_an_outline() {
        let tree = made(
            "mahila.registry.v1.UnitTree",
            json!({
                "unit": { "name": "units/up", "kind": "state" },
                "children": [{ "unit": { "name": "units/zone-agra", "kind": "zone" } }],
            }),
        );
        assert_eq!(answer(&tree, Language::En), "units/up  State\n  units/zone-agra  Zone\n");
    }

    #[test]
    fn nothing_is_said() {
        assert_eq!(answer(&made("mahila.registry.v1.ListUnitsResponse", json!({})), Language::En), "nothing\n");
    }

    #[test]
    fn a_long_cell_is_cut() {
        assert_eq!(cut(&"x".repeat(60)).width(), CELL);
        assert_eq!(cut("two\nlines"), "two lines");
    }
}
