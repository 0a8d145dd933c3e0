//! Proposing an event.

use chrono::{DateTime, Duration, Utc};
use platform::Refusal;
use platform::clock::ist_day;
use platform::fields::Fields;
use uuid::Uuid;

use super::event::{Event, Move, Venue};
use crate::campaigns::Campaign;
use crate::partners::Partner;
use crate::terms::{EventKind, EventState};

/// How long an event lasts at most.
pub(super) const LONGEST: Duration = Duration::hours(24);
/// How far ahead one is planned at most.
const AHEAD: Duration = Duration::days(366);

/// An event as it is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proposal {
    /// Drawn before.
    pub id: Uuid,
    /// What it is called.
    pub title: String,
    /// What kind.
    pub kind: EventKind,
    /// The station that answers for it; the caller's scope covers it.
    pub station: String,
    /// The station's district.
    pub district: String,
    /// Where it is held.
    pub venue: Venue,
    /// The partner it is held with.
    pub partner: Option<Uuid>,
    /// Planned beginning.
    pub starts_at: DateTime<Utc>,
    /// Planned end.
    pub ends_at: DateTime<Utc>,
}

/// What is wrong with the times of a plan, whenever it is read.
pub(crate) fn check_times(fields: &mut Fields, starts_at: DateTime<Utc>, ends_at: DateTime<Utc>, now: DateTime<Utc>) {
    if starts_at - now > AHEAD {
        fields.wrong("starts_at", "is more than 366 days ahead", "366 दिन से अधिक आगे है");
    }
    check_length(fields, "ends_at", starts_at, ends_at);
}

/// What is wrong with its beginning at `now`. What was held without a word before is not proposed afterwards: it would
/// be its own approval.
pub(crate) fn check_ahead(fields: &mut Fields, starts_at: DateTime<Utc>, now: DateTime<Utc>) {
    if starts_at < now {
        fields.wrong("starts_at", "lies in the past", "बीता हुआ समय है");
    }
}

/// What is wrong with an end.
pub(super) fn check_length(fields: &mut Fields, field: &str, start: DateTime<Utc>, end: DateTime<Utc>) {
    if end <= start {
        fields.wrong(field, "is not after the beginning", "आरंभ के बाद नहीं है");
    } else if end - start > LONGEST {
        fields.wrong(field, "is more than 24 hours after the beginning", "आरंभ से 24 घंटे से अधिक बाद है");
    }
}

/// What is wrong with a place of that kind of event: rallies and media need none.
pub(crate) fn check_place(fields: &mut Fields, kind: Option<EventKind>, place_code: &str) {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if place_code.is_empty() {
        if kind.is_some_and(|kind| !matches!(kind, EventKind::Rally | EventKind::Media)) {
            fields.wrong("place_code", "is required but for rallies and media", "रैली व मीडिया के अतिरिक्त आवश्यक है");
        }
    } else if place_code.len() > 32 || !place_code.chars().all(fits) {
        fields.wrong(
            "place_code",
            "must be A-Z, a-z, 0-9 and '-', at most 32 characters",
            "A-Z, a-z, 0-9 और '-' (अधिकतम 32 अक्षर) होना चाहिए",
        );
    }
}

impl Proposal {
    /// The event, to be approved by another. `partner` is the one it names.
    ///
    /// # Errors
    /// `INVALID_FIELDS` when it lies outside the campaign's days or has begun meanwhile, `PARTNER_NOT_VETTED`.
    pub(crate) fn propose(
        self,
        campaign: &Campaign,
        partner: Option<&Partner>,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Move, Refusal> {
        campaign.need_within(self.starts_at, self.ends_at)?;
        let mut fields = Fields::new();
        fields.nested("event", |fields| {
            check_ahead(fields, self.starts_at, now);
            check_times(fields, self.starts_at, self.ends_at, now);
        });
        fields.finish()?;
        if let Some(partner) = partner {
            partner.need_fit_on(ist_day(self.starts_at))?;
        }
        let event = Event {
            id: self.id,
            campaign: campaign.id,
            title: self.title,
            kind: self.kind,
            station: self.station,
            district: self.district,
            venue: self.venue,
            partner: self.partner,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            state: EventState::Proposed,
            ending: None,
            created_by: by.to_owned(),
            decided_by: None,
            reported_by: None,
            claim: None,
            verified_by: None,
            found: None,
            version: 1,
        };
        Ok(event.moved(None, None, ist_day(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::at;

    #[test]
    fn a_plan_lies_ahead_and_ends_the_same_day_long() {
        let now = at("2020-10-24 10:00");
        for (starts, ends, wrong) in [
            ("2020-10-24 10:00", "2020-10-24 11:00", vec![]),
            ("2020-10-24 09:59", "2020-10-24 11:00", vec!["starts_at"]),
            ("2020-10-24 09:59", "2020-10-24 09:59", vec!["starts_at", "ends_at"]),
            ("2020-10-25 10:00", "2020-10-26 10:00", vec![]),
            ("2020-10-25 10:00", "2020-10-26 10:01", vec!["ends_at"]),
            ("2021-10-25 10:00", "2021-10-25 11:00", vec![]),
            ("2021-10-25 10:01", "2021-10-25 11:00", vec!["starts_at"]),
        ] {
            let mut fields = Fields::new();
            check_ahead(&mut fields, at(starts), now);
            check_times(&mut fields, at(starts), at(ends), now);
            let paths: Vec<_> = fields.into_violations().into_iter().map(|violation| violation.field).collect();
            assert_eq!(paths, wrong, "{starts} {ends}");
        }
    }

    #[test]
    fn only_what_has_no_place_goes_without_a_code() {
        for (kind, code, good) in [
            (EventKind::Chaupal, "123456", true),
            (EventKind::School, "09-0123-A", true),
            (EventKind::Chaupal, "", false),
            (EventKind::Rally, "", true),
            (EventKind::Media, "", true),
            (EventKind::Ward, "Ward No 12", false),
            (EventKind::Ward, "वार्ड-12", false),
            (EventKind::Ward, &"1".repeat(33), false),
        ] {
            let mut fields = Fields::new();
            check_place(&mut fields, Some(kind), code);
            assert_eq!(fields.clean(), good, "{kind:?} {code}");
        }
    }
}
