//! The contract of the suite: messages, clients and servers generated from `proto/mahila`, and the tables that its options
//! amount to. No logic lives here; this is the only crate with a build script.

#[expect(
    missing_docs,
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::doc_overindented_list_items,
    reason = "generated from the contract, which buf lints"
)]
mod contract {
    include!(concat!(env!("OUT_DIR"), "/contract.rs"));
}

pub use contract::google;
pub use contract::mahila::{auth, campaign, dev, feed, intake, oversight, registry, review, r#type};

/// All files of the contract with comments and options, and the details of errors: a serialized `google.protobuf.FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));

/// A method and the rule it declares.
#[derive(Debug, Clone, Copy)]
pub struct Method {
    /// Full name of its service: `mahila.intake.v1.IntakeService`.
    pub service: &'static str,
    /// Its name: `RegisterComplaint`.
    pub name: &'static str,
    /// The HTTP/2 path: `/mahila.intake.v1.IntakeService/RegisterComplaint`.
    pub path: &'static str,
    /// The caller sends many messages.
    pub client_streaming: bool,
    /// The server sends many messages.
    pub server_streaming: bool,
    /// `None`: nobody declared one, and the server that mounts it refuses to start.
    pub rule: Option<Rule>,
}

/// Who may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// As written in logs and errors: `intake.complaints.register`.
    pub permission: &'static str,
    /// Numbers of `mahila.auth.v1.Role`; any suffices.
    pub roles: &'static [i32],
    /// The request must name a lawful purpose.
    pub purpose: bool,
    /// No token is asked.
    pub open: bool,
}

/// The labels of one enum.
#[derive(Debug, Clone, Copy)]
pub struct EnumLabels {
    /// Full name: `mahila.intake.v1.Category`.
    pub name: &'static str,
    /// In the order of the contract, UNSPECIFIED left out.
    pub values: &'static [ValueLabel],
}

/// What a person reads for one value.
#[derive(Debug, Clone, Copy)]
pub struct ValueLabel {
    /// `CATEGORY_DOMESTIC_VIOLENCE`.
    pub name: &'static str,
    /// Its number on the wire.
    pub number: i32,
    /// English.
    pub en: &'static str,
    /// Hindi.
    pub hi: &'static str,
}

/// What a reason means.
#[derive(Debug, Clone, Copy)]
pub struct ReasonDoc {
    /// As in `ErrorInfo.reason`: `INVALID_FIELDS`.
    pub name: &'static str,
    /// Its number in `mahila.type.v1.Reason`.
    pub number: i32,
    /// English, with `{key}` places.
    pub en: &'static str,
    /// Hindi, with `{key}` places.
    pub hi: &'static str,
    /// Number of `mahila.type.v1.Retry`.
    pub retry: i32,
}

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// The label of a value; `None` for UNSPECIFIED and for numbers this release does not know.
#[must_use]
pub fn label(enum_name: &str, number: i32) -> Option<&'static ValueLabel> {
    LABELS.iter().find(|kind| kind.name == enum_name)?.values.iter().find(|value| value.number == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_declares_a_rule() {
        let without: Vec<_> = METHODS.iter().filter(|method| method.rule.is_none()).map(|method| method.path).collect();
        assert!(without.is_empty(), "{without:?}");
        assert!(METHODS.len() >= 35, "{}", METHODS.len());
    }

    #[test]
    fn a_rule_names_roles_or_is_open_never_both() {
        for method in METHODS {
            let rule = method.rule.unwrap();
            assert_eq!(rule.roles.is_empty(), rule.open, "{}", method.path);
            assert!(!rule.permission.is_empty(), "{}", method.path);
        }
    }

    #[test]
    fn labels_are_in_both_languages() {
        for kind in LABELS {
            for value in kind.values {
                assert!(value.en.is_ascii() && !value.en.is_empty(), "{}", value.name);
                assert!(value.hi.chars().any(|c| ('\u{900}'..='\u{97f}').contains(&c)), "{}", value.name);
            }
        }
        assert_eq!(label("mahila.intake.v1.Category", 1).unwrap().hi, "घरेलू हिंसा");
    }

    #[test]
    fn reasons_are_dense_from_one() {
        for (index, reason) in REASONS.iter().enumerate() {
            assert_eq!(usize::try_from(reason.number).unwrap(), index + 1);
        }
    }
}
