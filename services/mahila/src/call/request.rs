//! JSON as people write it, made into a message: short words for enums, days as `2020-10-23`, instants in Indian time, names
//! of fields in any spelling. Every mistake is told with its path, and what was written there is not repeated.

use anyhow::bail;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

use super::words::{full_name, read_day, read_instant, short_name};

/// The message of some JSON.
pub(super) fn message(descriptor: &MessageDescriptor, json: Value) -> anyhow::Result<DynamicMessage> {
    let mut wrong = Vec::new();
    let canonical = object(descriptor, json, "", &mut wrong);
    if !wrong.is_empty() {
        bail!("the request cannot be made:\n  {}", wrong.join("\n  "));
    }
    DynamicMessage::deserialize(descriptor.clone(), canonical)
        .map_err(|_| anyhow::anyhow!("the request cannot be made: a number does not fit its field"))
}

/// Gives a request without `request_id` a new one, and says which it has.
pub(super) fn request_id(descriptor: &MessageDescriptor, json: &mut Map<String, Value>) -> Option<String> {
    descriptor.get_field_by_name("request_id")?;
    let given = ["request_id", "requestId", "request-id"].iter().find_map(|name| json.get(*name)?.as_str());
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return Some(given.to_owned());
    }
    let new = uuid::Uuid::new_v4().to_string();
    json.insert("request_id".to_owned(), Value::String(new.clone()));
    Some(new)
}

fn object(descriptor: &MessageDescriptor, json: Value, path: &str, wrong: &mut Vec<String>) -> Value {
    let Value::Object(given) = json else {
        wrong.push(format!("{}: must be an object {{…}}", named(path)));
        return Value::Null;
    };
    let mut canonical = Map::new();
    for (name, value) in given {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let Some(field) = field(descriptor, &name) else {
            let known: Vec<String> = descriptor.fields().map(|field| field.name().to_owned()).collect();
            wrong.push(format!("{path}: there is no such field; there are {}", known.join(", ")));
            continue;
        };
        canonical.insert(field.json_name().to_owned(), values(&field, value, &path, wrong));
    }
    Value::Object(canonical)
}

fn field(descriptor: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    let snake = name.replace('-', "_");
    descriptor.fields().find(|field| field.name() == snake || field.json_name() == name)
}

fn values(field: &FieldDescriptor, json: Value, path: &str, wrong: &mut Vec<String>) -> Value {
    if !field.is_list() {
        return value(&field.kind(), json, path, wrong);
    }
    let Value::Array(items) = json else {
        wrong.push(format!("{path}: must be a list […]"));
        return Value::Null;
    };
    let items = items.into_iter().enumerate();
    items.map(|(index, item)| value(&field.kind(), item, &format!("{path}[{index}]"), wrong)).collect()
}

fn value(kind: &Kind, json: Value, path: &str, wrong: &mut Vec<String>) -> Value {
    match (kind, json) {
        (_, Value::Null) => Value::Null,
        (Kind::Enum(kind), Value::String(typed)) => full_name(kind, &typed).map_or_else(
            || {
                let known: Vec<String> = kind
                    .values()
                    .filter(|value| value.number() != 0)
                    .map(|value| short_name(kind, value.name()))
                    .collect();
                wrong.push(format!("{path}: choose one of {}", known.join(", ")));
                Value::Null
            },
            Value::String,
        ),
        (Kind::Message(message), json) => match (message.full_name(), json) {
            ("google.type.Date", Value::String(typed)) => read_day(&typed).unwrap_or_else(|| {
                wrong.push(format!("{path}: write a day as 2020-10-23"));
                Value::Null
            }),
            ("google.protobuf.Timestamp", Value::String(typed)) => read_instant(&typed).map_or_else(
                || {
                    wrong.push(format!("{path}: write a time as `2020-10-23 09:15` (Indian) or 2020-10-23T03:45:00Z"));
                    Value::Null
                },
                Value::String,
            ),
            (_, json) => object(message, json, path, wrong),
        },
        (Kind::Bool, json @ Value::Bool(_)) | (Kind::String | Kind::Bytes, json @ Value::String(_)) => json,
        (Kind::Bool, _) => told(path, "must be true or false", wrong),
        (Kind::String, _) => told(path, "must be a text", wrong),
        (Kind::Bytes, _) => told(path, "must be a text in base64", wrong),
        (_, json @ (Value::Number(_) | Value::String(_))) => json,
        _ => told(path, "must be a number", wrong),
    }
}

fn told(path: &str, what: &str, wrong: &mut Vec<String>) -> Value {
    wrong.push(format!("{path}: {what}"));
    Value::Null
}

fn named(path: &str) -> &str {
    if path.is_empty() { "the request" } else { path }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::contract::pool;
    use super::*;

    fn register() -> MessageDescriptor {
        pool().get_message_by_name("mahila.intake.v1.RegisterComplaintRequest").unwrap()
    }

    #[test]
    fn people_write_short_words_days_and_indian_times() {
        let made = message(
            &register(),
            json!({
                "station": "stations/ps-162-001",
                "category": "domestic-violence",
                "safe-contact": { "mode": "never" },
                "capturedAt": "2020-10-23 09:15",
                "persons": [{ "role": "victim", "age_years": 17 }],
            }),
        );
        let json = serde_json::to_value(made.unwrap()).unwrap();
        assert_eq!(json["category"], "CATEGORY_DOMESTIC_VIOLENCE");
        assert_eq!(json["safeContact"]["mode"], "CONTACT_MODE_NEVER");
        assert_eq!(json["capturedAt"], "2020-10-23T03:45:00Z");
        assert_eq!(json["persons"][0]["ageYears"], 17);
    }

    #[test]
    fn every_mistake_is_told_and_nothing_is_repeated() {
        let error = message(
            &register(),
            json!({
                "category": "Asha Devi",
                "narrative": 7,
                "persons": { "name": "Asha Devi" },
                "captured_at": "Asha Devi",
                "phone": "9999900000",
                "needs_support": "yes",
            }),
        );
        let text = error.unwrap_err().to_string();
        for told in [
            "category: choose one of domestic-violence",
            "narrative:",
            "persons:",
            "captured_at:",
            "phone: there is no such field",
            "needs_support:",
        ] {
            assert!(text.contains(told), "{told} in {text}");
        }
        assert!(!text.contains("Asha") && !text.contains("99999"), "{text}");
    }

    #[test]
    fn a_number_that_does_not_fit_is_not_repeated_either() {
        let list = pool().get_message_by_name("mahila.registry.v1.ListUnitsRequest").unwrap();
        let error = message(&list, json!({ "page_size": 99_999_999_999_i64 })).unwrap_err().to_string();
        assert!(error.contains("does not fit") && !error.contains("9999"), "{error}");
    }

    #[test]
    fn a_request_gets_an_id_once() {
        let mut json = Map::new();
        let new = request_id(&register(), &mut json).unwrap();
        assert_eq!(new.len(), 36);
        assert_eq!(request_id(&register(), &mut json), Some(new));
        let track = pool().get_message_by_name("mahila.intake.v1.TrackComplaintRequest").unwrap();
        assert_eq!(request_id(&track, &mut Map::new()), None);
    }
}
