//! The one place where a refusal becomes a gRPC status: code, exactly one `ErrorInfo`, every violation with its path, the
//! text in Hindi and English, and when to try again (AIP-193).

use std::collections::HashMap;

use mahila_proto::r#type::v1::Reason;
use mahila_proto::{REASONS, ReasonDoc};
use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

use crate::refusal::Refusal;

/// `ErrorInfo.domain` of every error of the suite.
pub const DOMAIN: &str = "mahila.up.gov.in";

/// The gRPC code under which a reason arrives.
#[must_use]
pub fn code(reason: Reason) -> Code {
    match reason {
        Reason::InvalidFields | Reason::ImportRefused => Code::InvalidArgument,
        Reason::TokenInvalid | Reason::CertificateRequired => Code::Unauthenticated,
        Reason::PermissionMissing
        | Reason::OutOfScope
        | Reason::PurposeRequired
        | Reason::SamePerson
        | Reason::Recused => Code::PermissionDenied,
        Reason::NotFound => Code::NotFound,
        Reason::AlreadyExists | Reason::RequestIdReused => Code::AlreadyExists,
        Reason::StateForbids
        | Reason::StationUnknown
        | Reason::NotRostered
        | Reason::ClockRefused
        | Reason::EvidenceMissing
        | Reason::HeldAlready
        | Reason::PartnerNotVetted
        | Reason::TooLate => Code::FailedPrecondition,
        Reason::EtagMismatch => Code::Aborted,
        Reason::Busy | Reason::TooLarge | Reason::SlowReader => Code::ResourceExhausted,
        Reason::Deadline => Code::DeadlineExceeded,
        Reason::DatabaseAway | Reason::Stopping => Code::Unavailable,
        Reason::EpochChanged => Code::OutOfRange,
        Reason::UnknownMethod => Code::Unimplemented,
        Reason::SnapshotDamaged => Code::DataLoss,
        Reason::Internal | Reason::Unspecified => Code::Internal,
    }
}

fn doc(reason: Reason) -> &'static ReasonDoc {
    let index = usize::try_from(reason as i32 - 1).unwrap_or(Reason::Internal as usize - 1);
    &REASONS[index]
}

fn fill(text: &str, metadata: &[(&'static str, String)]) -> String {
    metadata.iter().fold(text.to_owned(), |text, (key, value)| text.replace(&format!("{{{key}}}"), value))
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let doc = doc(refusal.reason);
        let english = fill(doc.en, &refusal.metadata);
        let hindi = fill(doc.hi, &refusal.metadata);

        let mut details = ErrorDetails::new();
        let metadata: HashMap<String, String> =
            refusal.metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        details.set_error_info(doc.name, DOMAIN, metadata);
        if !refusal.violations.is_empty() {
            details.set_bad_request(
                refusal
                    .violations
                    .iter()
                    .map(|violation| FieldViolation {
                        field: violation.field.clone(),
                        description: format!("{} / {}", violation.en, violation.hi),
                        ..FieldViolation::default()
                    })
                    .collect::<Vec<_>>(),
            );
        }
        if let Some(after) = refusal.retry_after {
            details.set_retry_info(Some(after));
        }
        // Two LocalizedMessages: ErrorDetails holds one, so the second goes in beside it.
        details.set_localized_message("hi-IN", hindi);
        let status = Status::with_error_details(code(refusal.reason), english.clone(), details);
        with_english(&status, english)
    }
}

/// Adds the English `LocalizedMessage` to the details of a status.
fn with_english(status: &Status, english: String) -> Status {
    let Ok(mut rpc) = tonic_types::pb::Status::decode(status.details()) else { return status.clone() };
    let message = tonic_types::pb::LocalizedMessage { locale: "en-IN".to_owned(), message: english };
    rpc.details.push(prost_types::Any {
        type_url: "type.googleapis.com/google.rpc.LocalizedMessage".to_owned(),
        value: message.encode_to_vec(),
    });
    Status::with_details(status.code(), status.message(), rpc.encode_to_vec().into())
}

/// The `google.rpc.Status` of a refusal, for answers that carry one beside others (a refused call in a stream).
#[must_use]
pub fn rpc_status(refusal: Refusal) -> tonic_types::Status {
    let status = Status::from(refusal);
    tonic_types::Status::decode(status.details()).unwrap_or_default()
}

/// The reason that a status of the suite carries; `None` when it is from elsewhere.
#[must_use]
pub fn reason_of(status: &Status) -> Option<String> {
    let info = status.get_details_error_info()?;
    (info.domain == DOMAIN).then_some(info.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Violation;

    #[test]
    fn a_status_says_everything_once() {
        let violation = |field: &str| Violation {
            field: field.into(), en: "is required".into(), hi: "आवश्यक है".into()
        };
        let status = Status::from(Refusal::invalid(vec![violation("station"), violation("safe_contact.mode")]));
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(reason_of(&status).as_deref(), Some("INVALID_FIELDS"));
        assert_eq!(status.message(), "2 field(s) need attention.");
        let bad = status.get_details_bad_request().unwrap();
        assert_eq!(bad.field_violations.len(), 2);
        assert!(bad.field_violations[1].description.contains("आवश्यक"));
        let rpc = tonic_types::pb::Status::decode(status.details()).unwrap();
        let locales: Vec<String> = rpc
            .details
            .iter()
            .filter(|any| any.type_url.ends_with("LocalizedMessage"))
            .map(|any| tonic_types::pb::LocalizedMessage::decode(any.value.as_slice()).unwrap().locale)
            .collect();
        assert_eq!(locales, ["hi-IN", "en-IN"]);
    }

    #[test]
    fn busy_says_when_to_come_back() {
        let status = Status::from(Refusal::busy(std::time::Duration::from_millis(50)));
        assert_eq!(status.get_details_retry_info().unwrap().retry_delay, Some(std::time::Duration::from_millis(50)));
    }

    #[test]
    fn every_reason_has_its_own_place_in_the_table() {
        for doc in REASONS {
            let reason = Reason::try_from(doc.number).unwrap();
            assert_eq!(super::doc(reason).name, reason.as_str_name().trim_start_matches("REASON_"));
        }
    }
}
