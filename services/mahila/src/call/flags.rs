//! The command of a method: a flag for each field of its request, made from the contract.
//!
//! A message inside the request is `--safe-contact.mode never`; a list of messages takes a JSON object each time the flag is
//! given. What is read from the command line becomes JSON, which [`super::request`] turns into the message.

use std::path::Path;

use anyhow::anyhow;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

use super::contract::{comment, kebab, pool};
use super::words::short_name;

/// The heading of what the server asks for.
const REQUIRED: &str = "Required fields";

/// Messages inside messages inside the request; the contract has no deeper one.
const DEPTH: usize = 4;

/// Adds a flag for each field; one that has the name of an option is `--field-NAME`.
pub(super) fn add(mut command: Command, request: &MessageDescriptor, options: &Command) -> Command {
    let mut flags = flags(request, "", 0);
    flags.sort_by_key(|flag| flag.heading != REQUIRED);
    for flag in flags {
        let mut arg = flag.arg();
        let taken = options.get_arguments().any(|option| option.get_long() == Some(&flag.long()));
        if taken || flag.long() == "help" {
            arg = arg.long(format!("field-{}", flag.long()));
        }
        command = command.arg(arg);
    }
    command
}

/// The JSON of the request that the flags give; empty when none was given.
pub(super) fn read(matches: &ArgMatches, request: &MessageDescriptor) -> Map<String, Value> {
    let mut json = Map::new();
    for flag in flags(request, "", 0) {
        let Some(values) = matches.get_many::<Value>(&flag.path) else { continue };
        let values: Vec<Value> = values.cloned().collect();
        let value = match values.as_slice() {
            _ if flag.field.is_list() => Value::Array(values),
            [value] => value.clone(),
            _ => continue,
        };
        put(&mut json, &flag.path, value);
    }
    json
}

fn put(json: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            json.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = json.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

struct Flag {
    /// `safe_contact.mode`.
    path: String,
    field: FieldDescriptor,
    /// Of a message inside the request: its flags stand together.
    heading: &'static str,
}

fn flags(message: &MessageDescriptor, prefix: &str, depth: usize) -> Vec<Flag> {
    let mut found = Vec::new();
    for field in message.fields() {
        let path = format!("{prefix}{}", field.name());
        match field.kind() {
            Kind::Message(inner) if !field.is_list() && !is_value(&inner) && depth < DEPTH => {
                found.extend(flags(&inner, &format!("{path}."), depth + 1));
            }
            _ => {
                let heading =
                    if is_required(&field) && depth == 0 && path != "request_id" { REQUIRED } else { "Fields" };
                found.push(Flag { path, field, heading });
            }
        }
    }
    found
}

/// Messages that are written as one value.
pub(super) fn is_value(message: &MessageDescriptor) -> bool {
    matches!(message.full_name(), "google.protobuf.Timestamp" | "google.type.Date")
}

fn is_required(field: &FieldDescriptor) -> bool {
    let Some(behavior) = pool().get_extension_by_name("google.api.field_behavior") else { return false };
    let options = field.options();
    let behaviors = options.get_extension(&behavior);
    // google.api.FieldBehavior.REQUIRED
    behaviors.as_list().is_some_and(|list| list.iter().any(|value| value.as_enum_number() == Some(2)))
}

impl Flag {
    fn long(&self) -> String {
        self.path.split('.').map(kebab).collect::<Vec<_>>().join(".")
    }

    fn arg(&self) -> Arg {
        let (name, parser) = kind(&self.field);
        let mut help =
            comment(&self.field.parent_message().parent_file(), self.field.path()).unwrap_or_default().to_owned();
        if self.path == "request_id" {
            help.push_str(" Default: a new one.");
        }
        let arg = Arg::new(self.path.clone()).long(self.long()).value_name(name).value_parser(parser).help(help);
        let arg = arg.help_heading(self.heading).action(ArgAction::Set).allow_hyphen_values(true);
        match self.field.kind() {
            Kind::Bool => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
            Kind::Enum(_) if self.field.is_list() => arg.action(ArgAction::Append).value_delimiter(','),
            _ if self.field.is_list() => arg.action(ArgAction::Append),
            _ => arg,
        }
    }
}

/// What a flag's value is called, and how it is read.
fn kind(field: &FieldDescriptor) -> (&'static str, ValueParser) {
    match field.kind() {
        Kind::Bool => {
            ("BOOL", PossibleValuesParser::new(["true", "false"]).map(|text| Value::Bool(text == "true")).into())
        }
        Kind::Enum(kind) => ("WORD", words(&kind)),
        Kind::String => ("TEXT", ValueParser::new(|text: &str| text_or_file(text).map(Value::String))),
        Kind::Bytes => ("@FILE", ValueParser::new(bytes)),
        Kind::Double | Kind::Float => ("NUMBER", ValueParser::new(decimal)),
        Kind::Message(message) => match message.full_name() {
            "google.type.Date" => ("YYYY-MM-DD", ValueParser::new(as_text)),
            "google.protobuf.Timestamp" => ("TIME", ValueParser::new(as_text)),
            _ => ("JSON", ValueParser::new(|text: &str| json(text).map_err(|error| format!("{error:#}")))),
        },
        _ => ("NUMBER", ValueParser::new(whole)),
    }
}

fn words(kind: &EnumDescriptor) -> ValueParser {
    let values = kind.values().filter(|value| value.number() != 0).map(|value| {
        let short = short_name(kind, value.name());
        let label = mahila_proto::label(kind.full_name(), value.number());
        let comment = comment(&kind.parent_file(), value.path()).unwrap_or_default();
        let help = label.map_or_else(|| comment.to_owned(), |label| format!("{} / {}", label.en, label.hi));
        PossibleValue::new(short.clone()).alias(short.replace('-', "_")).alias(value.name().to_owned()).help(help)
    });
    // The request takes short names as well as long ones.
    PossibleValuesParser::new(values.collect::<Vec<_>>()).map(Value::String).into()
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of a value parser")]
fn as_text(text: &str) -> Result<Value, String> {
    Ok(Value::String(text.to_owned()))
}

fn whole(text: &str) -> Result<Value, String> {
    text.parse::<i64>().map(Value::from).map_err(|_| "not a whole number".to_owned())
}

fn decimal(text: &str) -> Result<Value, String> {
    text.parse::<f64>().map(Value::from).map_err(|_| "not a number".to_owned())
}

/// `@FILE` is what the file holds, `@-` standard input, `@@…` a text that begins with `@`. So a narrative need not stand
/// where every process of the machine can read it.
fn text_or_file(text: &str) -> Result<String, String> {
    match text.strip_prefix('@') {
        None => Ok(text.to_owned()),
        Some(escaped) if escaped.starts_with('@') => Ok(escaped.to_owned()),
        Some(path) => String::from_utf8(file(path)?).map_err(|_| format!("{path} is not UTF-8")),
    }
}

fn bytes(text: &str) -> Result<Value, String> {
    use base64::Engine as _;
    let path = text.strip_prefix('@').ok_or("write @FILE, or @- for standard input")?;
    Ok(Value::String(base64::engine::general_purpose::STANDARD.encode(file(path)?)))
}

fn file(path: &str) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    if path == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| format!("standard input: {error}"))?;
        return Ok(bytes);
    }
    std::fs::read(Path::new(path)).map_err(|error| format!("{path} cannot be read: {error}"))
}

/// JSON on the command line, or in a file.
pub(super) fn json(text: &str) -> anyhow::Result<Value> {
    if text.starts_with('@') {
        json_text(&text_or_file(text).map_err(|error| anyhow!(error))?)
    } else {
        json_text(text)
    }
}

/// JSON. Where it is wrong is told, what stands there is not.
pub(super) fn json_text(text: &str) -> anyhow::Result<Value> {
    serde_json::from_str(text).map_err(|error| anyhow!("not JSON: line {}, column {}", error.line(), error.column()))
}
