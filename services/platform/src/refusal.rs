//! A refusal: why a call was not done, in words for people and for programs. Rules and stores return it; only `status`
//! turns it into gRPC. It never carries a name, a phone, an address or a narrative: metadata is ids, states and limits.

use std::time::Duration;

use mahila_proto::r#type::v1::Reason;
use serde::{Deserialize, Serialize};

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub(crate) reason: Reason,
    pub(crate) metadata: Vec<(&'static str, String)>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) retry_after: Option<Duration>,
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Path in the request: `safe_contact.from_minute`, `rows[3].received_on`.
    pub field: String,
    /// What is wrong, English. Never repeats what was sent.
    pub en: String,
    /// What is wrong, Hindi.
    pub hi: String,
}

impl Refusal {
    fn new(reason: Reason) -> Self {
        Self { reason, metadata: Vec::new(), violations: Vec::new(), retry_after: None }
    }

    fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.metadata.push((key, value.into()));
        self
    }

    fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// The reason's name, as on the wire: `STATE_FORBIDS`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.reason.as_str_name().trim_start_matches("REASON_")
    }

    /// The fields that are wrong.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Fields are wrong: all of them at once.
    #[must_use]
    pub fn invalid(violations: Vec<Violation>) -> Self {
        let count = violations.len().to_string();
        Self { violations, ..Self::new(Reason::InvalidFields).with("count", count) }
    }

    /// Missing, malformed, expired or foreign token.
    #[must_use]
    pub fn token_invalid() -> Self {
        Self::new(Reason::TokenInvalid)
    }

    /// The connection shows no certificate, and this is for services alone.
    #[must_use]
    pub fn certificate_required() -> Self {
        Self::new(Reason::CertificateRequired)
    }

    /// The caller's roles do not carry it.
    #[must_use]
    pub fn permission_missing(permission: &str) -> Self {
        Self::new(Reason::PermissionMissing).with("permission", permission)
    }

    /// Outside the caller's units, or not there: the same answer.
    #[must_use]
    pub fn out_of_scope() -> Self {
        Self::new(Reason::OutOfScope)
    }

    /// No lawful purpose was named.
    #[must_use]
    pub fn purpose_required() -> Self {
        Self::new(Reason::PurposeRequired)
    }

    /// Not there, inside the caller's scope. `resource` is its name: `stations/ps-157-001`.
    #[must_use]
    pub fn not_found(resource: impl Into<String>) -> Self {
        Self::new(Reason::NotFound).with("resource", resource)
    }

    /// There already.
    #[must_use]
    pub fn already_exists(resource: impl Into<String>) -> Self {
        Self::new(Reason::AlreadyExists).with("resource", resource)
    }

    /// Not in this state. `state` is the contract's name of the state.
    #[must_use]
    pub fn state_forbids(state: impl Into<String>) -> Self {
        Self::new(Reason::StateForbids).with("state", state)
    }

    /// Somebody was faster.
    #[must_use]
    pub fn etag_mismatch(sent: impl Into<String>, stored: impl Into<String>) -> Self {
        Self::new(Reason::EtagMismatch).with("sent", sent).with("stored", stored)
    }

    /// The same `request_id` with other content.
    #[must_use]
    pub fn request_id_reused() -> Self {
        Self::new(Reason::RequestIdReused)
    }

    /// The queue is full.
    #[must_use]
    pub fn busy(after: Duration) -> Self {
        Self::new(Reason::Busy).retry_after(after)
    }

    /// Time ran out.
    #[must_use]
    pub fn deadline() -> Self {
        Self::new(Reason::Deadline)
    }

    /// The database does not answer.
    #[must_use]
    pub fn database_away() -> Self {
        Self::new(Reason::DatabaseAway).retry_after(Duration::from_secs(1))
    }

    /// A fault of ours. The cause goes to the log, where it happens, not here.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(Reason::Internal)
    }

    /// The feed has another epoch.
    #[must_use]
    pub fn epoch_changed(epoch: impl Into<String>) -> Self {
        Self::new(Reason::EpochChanged).with("epoch", epoch)
    }

    /// The one who acted may not check.
    #[must_use]
    pub fn same_person() -> Self {
        Self::new(Reason::SamePerson)
    }

    /// A party to a case may not decide it.
    #[must_use]
    pub fn recused() -> Self {
        Self::new(Reason::Recused)
    }

    /// The station is not known here.
    #[must_use]
    pub fn station_unknown(station: &str) -> Self {
        Self::new(Reason::StationUnknown).with("station", format!("stations/{station}"))
    }

    /// Not on the roster.
    #[must_use]
    pub fn not_rostered() -> Self {
        Self::new(Reason::NotRostered)
    }

    /// The replay clock cannot go there.
    #[must_use]
    pub fn clock_refused(instant: impl Into<String>) -> Self {
        Self::new(Reason::ClockRefused).with("instant", instant)
    }

    /// Too large; `limit` in bytes.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        Self::new(Reason::TooLarge).with("limit", limit.to_string())
    }

    /// The service is stopping.
    #[must_use]
    pub fn stopping() -> Self {
        Self::new(Reason::Stopping).retry_after(Duration::from_millis(200))
    }

    /// The reader was too slow.
    #[must_use]
    pub fn slow_reader() -> Self {
        Self::new(Reason::SlowReader)
    }

    /// Not served here.
    #[must_use]
    pub fn unknown_method() -> Self {
        Self::new(Reason::UnknownMethod)
    }

    /// Two kinds of evidence are needed.
    #[must_use]
    pub fn evidence_missing() -> Self {
        Self::new(Reason::EvidenceMissing)
    }

    /// `event` is verified at the same place and hour.
    #[must_use]
    pub fn held_already(event: impl Into<String>) -> Self {
        Self::new(Reason::HeldAlready).with("resource", event)
    }

    /// The partner may not be given events.
    #[must_use]
    pub fn partner_not_vetted() -> Self {
        Self::new(Reason::PartnerNotVetted)
    }

    /// What is stored is not what was signed.
    #[must_use]
    pub fn snapshot_damaged(resource: impl Into<String>) -> Self {
        Self::new(Reason::SnapshotDamaged).with("resource", resource)
    }

    /// It could be done until then (RFC 3339).
    #[must_use]
    pub fn too_late(until: impl Into<String>) -> Self {
        Self::new(Reason::TooLate).with("until", until)
    }

    /// Rows of an import cannot be taken. At most the first 50 travel; a dry run lists all.
    #[must_use]
    pub fn import_refused(mut violations: Vec<Violation>) -> Self {
        let count = violations.len().to_string();
        violations.truncate(50);
        Self { violations, ..Self::new(Reason::ImportRefused).with("count", count) }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.reason())?;
        for violation in &self.violations {
            write!(f, "; {}: {}", violation.field, violation.en)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
