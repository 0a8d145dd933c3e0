//! One visit: when she came, when she was served, what it came to.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use platform::clock::ist_day;
use platform::fields::Fields;
use platform::refusal::Refusal;
use uuid::Uuid;

use crate::terms::VisitOutcome;

/// How long ago she may have come: a desk whose line was down enters it within a day, not by memory a week later.
const ENTERED_WITHIN: Duration = Duration::hours(24);

/// What the desk told, each instant only as far as it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// What it came to.
    pub outcome: VisitOutcome,
    /// When she came; `None`: now.
    pub arrived_at: Option<DateTime<Utc>>,
    /// When she was served; `None`: now, or never if she left.
    pub served_at: Option<DateTime<Utc>>,
}

/// A visit as it stands. Without identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Tells nothing.
    pub id: Uuid,
    /// The station.
    pub station: String,
    /// When she came.
    pub arrived_at: DateTime<Utc>,
    /// When she was served; `None` exactly when she left unserved.
    pub served_at: Option<DateTime<Utc>>,
    /// What it came to.
    pub outcome: VisitOutcome,
}

impl Visit {
    /// A visit of what was told at `now`.
    ///
    /// # Errors
    /// `INVALID_FIELDS`: she came more than 24 hours ago or in the future; was served before she came or in the future; was
    /// served although she left unserved.
    pub fn record(id: Uuid, station: String, told: Told, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let mut fields = Fields::new();
        let arrived_at = told.arrived_at.unwrap_or(now);
        if arrived_at > now {
            fields.wrong("arrived_at", "lies in the future", "भविष्य का समय है");
        } else if now - arrived_at > ENTERED_WITHIN {
            fields.wrong("arrived_at", "is more than 24 hours ago", "24 घंटे से अधिक पुराना है");
        }
        let served_at = match (told.outcome, told.served_at) {
            (VisitOutcome::LeftUnserved, None) => None,
            (VisitOutcome::LeftUnserved, Some(_)) => {
                fields.wrong(
                    "served_at",
                    "must be absent when she left unserved",
                    "बिना सुनवाई लौटने पर रिक्त होना चाहिए",
                );
                None
            }
            (_, served_at) => Some(served_at.unwrap_or(now)),
        };
        if let Some(served_at) = served_at {
            if served_at > now {
                fields.wrong("served_at", "lies in the future", "भविष्य का समय है");
            } else if served_at < arrived_at && arrived_at <= now {
                fields.wrong("served_at", "is before arrived_at (absent: now)", "arrived_at (रिक्त: अभी) से पहले है");
            }
        }
        fields.finish()?;
        Ok(Self { id, station, arrived_at, served_at, outcome: told.outcome })
    }

    /// The IST day she came: where the visit is counted.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        ist_day(self.arrived_at)
    }

    /// Whole minutes she waited; `None` when she was not served.
    #[must_use]
    pub fn waited_minutes(&self) -> Option<i32> {
        let waited = self.served_at? - self.arrived_at;
        i32::try_from(waited.num_minutes()).ok()
    }
}

/// What the journal is told: a visit was recorded.
#[derive(Debug)]
pub struct Recorded(pub Visit);

#[cfg(test)]
mod tests {
    use super::*;
    use platform::clock::minute_of;

    fn now() -> DateTime<Utc> {
        minute_of(NaiveDate::from_ymd_opt(2020, 10, 24).unwrap(), 600)
    }

    fn told(outcome: VisitOutcome, arrived: Option<i64>, served: Option<i64>) -> Result<Visit, Refusal> {
        let ago = |minutes: i64| now() - Duration::minutes(minutes);
        let told = Told { outcome, arrived_at: arrived.map(ago), served_at: served.map(ago) };
        Visit::record(Uuid::nil(), "ps-157-001".into(), told, now())
    }

    #[test]
    fn what_is_not_told_is_now_and_she_who_left_was_not_served() {
        let visit = told(VisitOutcome::Information, None, None).unwrap();
        assert_eq!((visit.arrived_at, visit.served_at, visit.waited_minutes()), (now(), Some(now()), Some(0)));
        let visit = told(VisitOutcome::Complaint, Some(45), Some(5)).unwrap();
        assert_eq!(visit.waited_minutes(), Some(40));
        let visit = told(VisitOutcome::LeftUnserved, Some(90), None).unwrap();
        assert_eq!((visit.served_at, visit.waited_minutes()), (None, None));
    }

    #[test]
    fn impossible_times_are_refused_field_by_field() {
        let day = 24 * 60;
        for (outcome, arrived, served, wrong) in [
            (VisitOutcome::Complaint, Some(-1), None, vec!["arrived_at"]),
            (VisitOutcome::Complaint, Some(day + 1), None, vec!["arrived_at"]),
            (VisitOutcome::Complaint, Some(10), Some(11), vec!["served_at"]),
            (VisitOutcome::Complaint, None, Some(3), vec!["served_at"]),
            (VisitOutcome::Complaint, Some(10), Some(-1), vec!["served_at"]),
            (VisitOutcome::LeftUnserved, Some(10), Some(5), vec!["served_at"]),
            (VisitOutcome::LeftUnserved, Some(-1), Some(5), vec!["arrived_at", "served_at"]),
        ] {
            let refusal = told(outcome, arrived, served).unwrap_err();
            let fields: Vec<_> = refusal.violations().iter().map(|violation| violation.field.as_str()).collect();
            assert_eq!(fields, wrong, "{outcome:?} {arrived:?} {served:?}");
        }
        assert!(told(VisitOutcome::Complaint, Some(day), Some(day)).is_ok(), "exactly a day ago will do");
    }

    #[test]
    fn a_visit_counts_on_the_ist_day_she_came() {
        // 00:10 IST of the 24th is still the 23rd in UTC.
        let visit = told(VisitOutcome::Referred, Some(590), Some(0)).unwrap();
        assert_eq!(visit.day(), NaiveDate::from_ymd_opt(2020, 10, 24).unwrap());
        let visit = told(VisitOutcome::Referred, Some(601), Some(0)).unwrap();
        assert_eq!(visit.day(), NaiveDate::from_ymd_opt(2020, 10, 23).unwrap());
    }
}
