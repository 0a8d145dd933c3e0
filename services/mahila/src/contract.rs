//! `mahila contract …`: what a client in any language is made from. Neither asks a server.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use mahila_proto::r#type::v1::{Reason, Retry};
use mahila_proto::{REASONS, ReasonDoc};
use platform::client::advice;
use platform::status::{DOMAIN, code};
use serde_json::{Value, json};
use tonic::{Code, Status};

use crate::Done;

/// `mahila contract …`
#[derive(Debug, Subcommand)]
pub(crate) enum Contract {
    /// Write the descriptor set to standard output: every file of the contract, compiled, with its options and comments.
    Descriptors,
    /// Write the reasons for which a call is refused, and for each whether to send again.
    Reasons {
        /// How they are written.
        #[arg(long, short, value_enum, default_value = "text")]
        output: Output,
    },
}

/// How a table is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Output {
    /// For people, in Markdown.
    Text,
    /// For programs.
    Json,
}

impl Contract {
    pub(crate) fn run(&self) -> Done {
        let written = match self {
            Self::Descriptors => mahila_proto::DESCRIPTORS.to_owned(),
            Self::Reasons { output: Output::Text } => markdown().into_bytes(),
            Self::Reasons { output: Output::Json } => format!("{:#}\n", table()).into_bytes(),
        };
        std::io::stdout().lock().write_all(&written)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Every gRPC code but OK, by number and name.
const CODES: [(Code, &str); 16] = [
    (Code::Cancelled, "CANCELLED"),
    (Code::Unknown, "UNKNOWN"),
    (Code::InvalidArgument, "INVALID_ARGUMENT"),
    (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
    (Code::NotFound, "NOT_FOUND"),
    (Code::AlreadyExists, "ALREADY_EXISTS"),
    (Code::PermissionDenied, "PERMISSION_DENIED"),
    (Code::ResourceExhausted, "RESOURCE_EXHAUSTED"),
    (Code::FailedPrecondition, "FAILED_PRECONDITION"),
    (Code::Aborted, "ABORTED"),
    (Code::OutOfRange, "OUT_OF_RANGE"),
    (Code::Unimplemented, "UNIMPLEMENTED"),
    (Code::Internal, "INTERNAL"),
    (Code::Unavailable, "UNAVAILABLE"),
    (Code::DataLoss, "DATA_LOSS"),
    (Code::Unauthenticated, "UNAUTHENTICATED"),
];

fn code_name(wanted: Code) -> &'static str {
    CODES.iter().find(|(code, _)| *code == wanted).map_or("OK", |(_, name)| name)
}

fn code_of(doc: &ReasonDoc) -> &'static str {
    code_name(code(Reason::try_from(doc.number).unwrap_or_default()))
}

fn retry_of(doc: &ReasonDoc) -> &'static str {
    Retry::try_from(doc.retry).unwrap_or_default().as_str_name()
}

/// How it arrives when nobody refused anything.
fn broken(code: Code) -> Status {
    Status::new(code, "")
}

/// Details there are (a `google.rpc.Status`), and no reason that this release knows.
fn of_a_later_release(code: Code) -> Status {
    let details = tonic_types::pb::Status { code: code.into(), ..Default::default() };
    Status::with_details(code, "", prost::Message::encode_to_vec(&details).into())
}

fn table() -> Value {
    let reasons: Vec<Value> = REASONS
        .iter()
        .map(|doc| {
            json!({
                "reason": doc.name,
                "number": doc.number,
                "code": code_of(doc),
                "retry": retry_of(doc),
                "text": { "en": doc.en, "hi": doc.hi },
            })
        })
        .collect();
    let codes: Vec<Value> = CODES
        .into_iter()
        .map(|(code, name)| {
            json!({
                "code": name,
                "without_details": advice(&broken(code)).as_str_name(),
                "with_unknown_reason": advice(&of_a_later_release(code)).as_str_name(),
            })
        })
        .collect();
    json!({ "domain": DOMAIN, "reasons": reasons, "codes": codes })
}

fn markdown() -> String {
    let named = |holds: &dyn Fn(Code) -> bool| {
        let names: Vec<String> =
            CODES.into_iter().filter(|(code, _)| holds(*code)).map(|(_, name)| format!("`{name}`")).collect();
        names.join(", ")
    };
    let broken = named(&|code| advice(&broken(code)) == Retry::Same);
    let unknown = named(&|code| advice(&of_a_later_release(code)) == Retry::Same);
    let mut text = format!(
        "# Why a call is refused, and whether to send it again\n\n\
         Every refusal carries one `google.rpc.ErrorInfo` with the domain `{DOMAIN}` and one of these reasons; the table is\n\
         written by `mahila contract reasons` from `mahila/type/v1/reason.proto`, and `VocabularyService/GetVocabulary` serves it.\n\n\
         * `RETRY_NEVER`: the same gives the same answer. Mend the request.\n\
         * `RETRY_SAME`: send the same bytes with the same `request_id`, after the delay of `google.rpc.RetryInfo` or with backoff,\n  \
           whichever is longer. What was done already is not done again.\n\
         * `RETRY_AFTER_READ`: read again, decide again, send a new request with a new `request_id`.\n\n\
         Where there are no details at all nobody refused anything, the connection broke or time ran out: as `RETRY_SAME` with\n\
         {broken}. A reason that is not in this\n\
         table is of a later release: as `RETRY_SAME` with {unknown}. Everything else as `RETRY_NEVER`.\n\n\
         | reason | code | retry | English | हिन्दी |\n|---|---|---|---|---|\n"
    );
    for doc in REASONS {
        let _ =
            writeln!(text, "| `{}` | `{}` | `{}` | {} | {} |", doc.name, code_of(doc), retry_of(doc), doc.en, doc.hi);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_the_repository_is_the_one_of_the_contract() {
        let kept = include_str!("../../../proto/REASONS.md");
        assert!(kept == markdown(), "to mend it: mahila contract reasons > proto/REASONS.md");
    }

    #[test]
    fn every_reason_and_every_code_says_whether_to_send_again() {
        let table = table();
        let advices = ["RETRY_NEVER", "RETRY_SAME", "RETRY_AFTER_READ"];
        let said = |row: &Value, key: &str| advices.contains(&row[key].as_str().unwrap());
        let reasons = table["reasons"].as_array().unwrap();
        assert_eq!(reasons.len(), REASONS.len());
        assert!(reasons.iter().all(|row| said(row, "retry") && row["code"] != "OK"), "{table:#}");
        let codes = table["codes"].as_array().unwrap();
        assert_eq!(codes.len(), 16);
        assert!(codes.iter().all(|row| said(row, "without_details") && said(row, "with_unknown_reason")), "{table:#}");
    }
}
