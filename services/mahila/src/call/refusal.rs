//! A refused call, told so that the caller can mend it: reason, both languages, every violation with its path, and whether
//! to send again.

use std::fmt::Write as _;

use mahila_proto::REASONS;
use mahila_proto::r#type::v1::Retry;
use platform::client::{is_untrusted, no_answer};
use prost::Message as _;
use serde_json::json;
use tonic::Status;
use tonic_types::StatusExt as _;

use super::words::Language;

/// What a script needs to know of it.
#[must_use]
pub(super) fn exit_code(status: &Status) -> u8 {
    10_u8.saturating_add(u8::try_from(status.code() as i32).unwrap_or(u8::MAX))
}

/// The refusal for people. `repeat` is the request's id, for whoever may send the same again.
pub(super) fn sentence(status: &Status, address: &str, repeat: Option<&str>, language: Language) -> String {
    let Some(info) = status.get_details_error_info() else {
        return from_elsewhere(status, address);
    };
    let (english, hindi) = words(status);
    let (first, second) = if language == Language::Hi { (hindi, english) } else { (english, hindi) };
    let mut out = format!("{}: {first}\n", info.reason);
    if !second.is_empty() && second != first {
        let _ = writeln!(out, "  {second}");
    }
    let mut details: Vec<_> = info.metadata.iter().collect();
    details.sort();
    for (key, value) in details {
        let _ = writeln!(out, "  {key} = {value}");
    }
    let violations = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    let width = violations.iter().map(|violation| violation.field.len()).max().unwrap_or_default();
    for violation in violations {
        let _ = writeln!(out, "  {:width$}  {}", violation.field, violation.description);
    }
    out.push_str(&advice(status, &info.reason, repeat));
    out
}

/// The refusal for programs, on one line.
pub(super) fn json(status: &Status) -> String {
    let (english, hindi) = words(status);
    let info = status.get_details_error_info();
    let violations: Vec<_> = status
        .get_details_bad_request()
        .map(|bad| bad.field_violations)
        .unwrap_or_default()
        .into_iter()
        .map(|violation| json!({ "field": violation.field, "description": violation.description }))
        .collect();
    json!({
        "code": i32::from(status.code()),
        "reason": info.as_ref().map(|info| info.reason.clone()),
        "metadata": info.map(|info| info.metadata),
        "message": { "en": english, "hi": hindi },
        "violations": violations,
        "retryAfterMs": after(status).map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
    })
    .to_string()
}

/// Not an error of the suite: nobody there, or somebody else.
fn from_elsewhere(status: &Status, address: &str) -> String {
    let cause = no_answer(status);
    if is_untrusted(status) {
        return format!(
            "{address} is not trusted ({cause}); to mend it: name the authority of its certificate with --ca or MAHILA_CA, \
             and the server by a name that stands in the certificate\n"
        );
    }
    // How a server says in the handshake that it wants a certificate, or another one.
    if cause.contains("received fatal alert") {
        return format!(
            "{address} turned the connection away ({cause}); to mend it: show a certificate that it lets in with --cert \
             and --key, or MAHILA_CERT and MAHILA_KEY\n"
        );
    }
    match status.code() {
        tonic::Code::Unavailable => format!(
            "no answer from {address} ({cause}); to mend it: run `mahila up`, or name the server with --address or \
             MAHILA_ADDRESS\n"
        ),
        code => format!("{code:?} from {address}: {cause}\n"),
    }
}

/// The message in English and in Hindi.
fn words(status: &Status) -> (String, String) {
    let rpc = tonic_types::pb::Status::decode(status.details()).unwrap_or_default();
    let (mut english, mut hindi) = (status.message().to_owned(), String::new());
    for detail in rpc.details.iter().filter(|any| any.type_url.ends_with("google.rpc.LocalizedMessage")) {
        let Ok(message) = tonic_types::pb::LocalizedMessage::decode(detail.value.as_slice()) else { continue };
        if message.locale.starts_with("hi") {
            hindi = message.message;
        } else {
            english = message.message;
        }
    }
    (english, hindi)
}

fn after(status: &Status) -> Option<std::time::Duration> {
    status.get_details_retry_info()?.retry_delay
}

fn advice(status: &Status, reason: &str, repeat: Option<&str>) -> String {
    let retry = REASONS.iter().find(|known| known.name == reason).and_then(|known| Retry::try_from(known.retry).ok());
    match retry {
        Some(Retry::Same) => {
            let wait = after(status)
                .map_or("with growing pauses".to_owned(), |after| format!("after {} ms", after.as_millis()));
            let same = repeat.map(|id| format!(", with --request-id {id}")).unwrap_or_default();
            format!("  send the same again {wait}{same}\n")
        }
        Some(Retry::AfterRead) => "  read it again, decide again, send a new request\n".to_owned(),
        Some(Retry::Never) => "  sending the same again gives the same answer\n".to_owned(),
        Some(Retry::Unspecified) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use platform::{Refusal, Violation};

    use super::*;

    #[test]
    fn every_violation_is_told_in_both_languages() {
        let violation = |field: &str| Violation {
            field: field.into(), en: "is required".into(), hi: "आवश्यक है".into()
        };
        let status: Status = Refusal::invalid(vec![violation("station"), violation("safe_contact.mode")]).into();
        let text = sentence(&status, "http://x", None, Language::En);
        assert!(text.starts_with("INVALID_FIELDS: 2 field(s) need attention.\n  2 प्रविष्टियों"), "{text}");
        assert!(
            text.contains("  station            is required / आवश्यक है\n  safe_contact.mode  is required"),
            "{text}"
        );
        assert!(text.ends_with("gives the same answer\n"), "{text}");
        assert!(sentence(&status, "http://x", None, Language::Hi).starts_with("INVALID_FIELDS: 2 प्रविष्टियों"));
        assert_eq!(exit_code(&status), 13);
        let json: serde_json::Value = serde_json::from_str(&super::json(&status)).unwrap();
        assert_eq!(json["violations"][1]["field"], "safe_contact.mode");
    }

    #[test]
    fn who_may_send_again_is_told_when_and_how() {
        let status: Status = Refusal::busy(std::time::Duration::from_millis(50)).into();
        let text = sentence(&status, "http://x", Some("7"), Language::En);
        assert!(text.contains("send the same again after 50 ms, with --request-id 7"), "{text}");
    }

    #[test]
    fn nobody_there_is_told_with_what_to_do() {
        let text = sentence(&Status::unavailable("tcp connect error"), "http://127.0.0.1:1", None, Language::En);
        assert!(text.contains("no answer from http://127.0.0.1:1") && text.contains("mahila up"), "{text}");
    }
}
