//! Values as people read and write them: days, instants in Indian time, words of an enum in their language.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};
use clap::ValueEnum;
use platform::clock::ist;
use prost_reflect::{DynamicMessage, EnumDescriptor, Kind, ReflectMessage as _, Value};

/// Bytes of a SHA-256.
const DIGEST: usize = 32;

/// In which language people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// English.
    En,
    /// Hindi.
    Hi,
}

/// `domestic-violence` for `CATEGORY_DOMESTIC_VIOLENCE` of `Category`.
pub(super) fn short_name(kind: &EnumDescriptor, name: &str) -> String {
    // The first value is `<PREFIX>UNSPECIFIED` in every enum of the contract (buf lint).
    let prefix = kind.get_value(0).map_or(String::new(), |zero| zero.name().trim_end_matches("UNSPECIFIED").to_owned());
    name.strip_prefix(&prefix).unwrap_or(name).to_ascii_lowercase().replace('_', "-")
}

/// The full name of a value that was typed short or full; `None`: there is no such value.
pub(super) fn full_name(kind: &EnumDescriptor, typed: &str) -> Option<String> {
    let wanted = typed.to_ascii_lowercase().replace('_', "-");
    let found = kind.values().find(|value| value.name() == typed || short_name(kind, value.name()) == wanted)?;
    Some(found.name().to_owned())
}

/// What a person reads for a value of an enum.
pub(super) fn word(kind: &EnumDescriptor, number: i32, language: Language) -> String {
    if number == 0 {
        return String::new();
    }
    match (mahila_proto::label(kind.full_name(), number), language) {
        (Some(label), Language::Hi) => label.hi.to_owned(),
        (Some(label), Language::En) => label.en.to_owned(),
        (None, _) => kind.get_value(number).map_or_else(|| number.to_string(), |value| short_name(kind, value.name())),
    }
}

/// A value in one line; empty when it says nothing.
pub(super) fn text(value: &Value, kind: &Kind, language: Language) -> String {
    match (value, kind) {
        (Value::Bool(true), _) => "yes".to_owned(),
        (Value::EnumNumber(number), Kind::Enum(kind)) => word(kind, *number, language),
        (Value::String(text), _) => text.clone(),
        // A digest or a seed is there to be compared; whatever is longer is not for the eye.
        (Value::Bytes(bytes), _) if bytes.len() <= DIGEST => {
            bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
        }
        (Value::Bytes(bytes), _) => format!("({} bytes)", bytes.len()),
        (Value::I32(number), _) => number.to_string(),
        (Value::I64(number), _) => number.to_string(),
        (Value::U32(number), _) => number.to_string(),
        (Value::U64(number), _) => number.to_string(),
        (Value::F32(number), _) => number.to_string(),
        (Value::F64(number), _) => number.to_string(),
        (Value::Message(message), _) => in_one_line(message, language).unwrap_or_else(|| "…".to_owned()),
        (Value::List(list), _) => {
            let items: Vec<String> = list.iter().map(|item| text(item, kind, language)).collect();
            if items.iter().any(|item| item == "…") { format!("({})", items.len()) } else { items.join(", ") }
        }
        _ => String::new(),
    }
}

/// Messages that are one value to a person.
pub(super) fn in_one_line(message: &DynamicMessage, language: Language) -> Option<String> {
    let number = |name: &str| match message.get_field_by_name(name).as_deref() {
        Some(Value::I32(number)) => i64::from(*number),
        Some(Value::I64(number)) => *number,
        _ => 0,
    };
    match message.descriptor().full_name() {
        "google.type.Date" => Some(format!("{:04}-{:02}-{:02}", number("year"), number("month"), number("day"))),
        "google.protobuf.Timestamp" => {
            let nanos = u32::try_from(number("nanos")).unwrap_or_default();
            DateTime::from_timestamp(number("seconds"), nanos).map(instant)
        }
        "mahila.type.v1.LocalizedText" => {
            let name = if language == Language::Hi { "hi" } else { "en" };
            message.get_field_by_name(name)?.as_str().map(str::to_owned)
        }
        _ => None,
    }
}

fn instant(instant: DateTime<Utc>) -> String {
    let local = instant.with_timezone(&ist());
    if local.timestamp() % 60 == 0 {
        local.format("%Y-%m-%d %H:%M").to_string()
    } else {
        local.format("%Y-%m-%d %H:%M:%S").to_string()
    }
}

/// A day that was typed, as JSON has it.
pub(super) fn read_day(typed: &str) -> Option<serde_json::Value> {
    use chrono::Datelike as _;
    let day: NaiveDate = typed.parse().ok()?;
    Some(serde_json::json!({ "year": day.year(), "month": day.month(), "day": day.day() }))
}

/// An instant that was typed, in RFC 3339: with its offset, or in Indian time without one.
pub(super) fn read_instant(typed: &str) -> Option<String> {
    let instant = DateTime::parse_from_rfc3339(typed).map(|instant| instant.to_utc()).ok().or_else(|| {
        let local = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(typed, format).ok())
            .or_else(|| Some(typed.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN)))?;
        Some(local.and_local_timezone(ist()).single()?.to_utc())
    })?;
    Some(instant.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

#[cfg(test)]
mod tests {
    use super::super::contract::pool;
    use super::*;

    #[test]
    fn enum_values_are_short_to_type_and_labelled_to_read() {
        let category = pool().get_enum_by_name("mahila.intake.v1.Category").unwrap();
        assert_eq!(short_name(&category, "CATEGORY_DOMESTIC_VIOLENCE"), "domestic-violence");
        for typed in ["domestic-violence", "domestic_violence", "CATEGORY_DOMESTIC_VIOLENCE"] {
            assert_eq!(full_name(&category, typed).as_deref(), Some("CATEGORY_DOMESTIC_VIOLENCE"));
        }
        assert_eq!(full_name(&category, "noise"), None);
        assert_eq!(word(&category, 1, Language::Hi), "घरेलू हिंसा");
        assert_eq!(word(&category, 0, Language::En), "");
    }

    #[test]
    fn times_without_an_offset_are_indian() {
        assert_eq!(read_instant("2020-10-23 09:15").as_deref(), Some("2020-10-23T03:45:00Z"));
        assert_eq!(read_instant("2020-10-23T09:15:30+00:00").as_deref(), Some("2020-10-23T09:15:30Z"));
        assert_eq!(read_instant("2020-10-17").as_deref(), Some("2020-10-16T18:30:00Z"));
        assert_eq!(read_instant("yesterday"), None);
        assert_eq!(instant(DateTime::from_timestamp(1_603_424_700, 0).unwrap()), "2020-10-23 09:15");
    }

    #[test]
    fn days_are_checked() {
        assert_eq!(read_day("2020-10-23").unwrap()["day"], 23);
        assert_eq!(read_day("2020-02-30"), None);
    }
}
