//! A campaign, and which events belong in it.

use chrono::{DateTime, Days, NaiveDate, Utc};
use platform::Refusal;
use platform::clock::ist_day;
use platform::fields::Fields;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::phases::Phase;

/// Days between a campaign's first and its last at most.
const LONGEST: u64 = 366;

/// What it wants to reach; 0: no goal of that sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Goals {
    /// Verified events.
    pub events: i32,
    /// Women and girls at verified events.
    pub women_reached: i32,
    /// Places with a verified event.
    pub places_covered: i32,
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Campaign {
    /// A random UUID.
    pub id: Uuid,
    /// The phase it belongs to.
    pub phase: String,
    /// What it is about, English.
    pub theme_en: String,
    /// What it is about, Hindi.
    pub theme_hi: String,
    /// What it wants to reach.
    pub goals: Goals,
    /// Its events are held at stations of this unit.
    pub unit: String,
    /// First IST day.
    pub from: NaiveDate,
    /// Last IST day.
    pub to: NaiveDate,
    /// From 1; one more with every change.
    pub version: i64,
}

impl Campaign {
    /// Changes with every change.
    pub(crate) fn etag(&self) -> String {
        self.version.to_string()
    }

    /// Whether it may begin on `today`, under its phase.
    ///
    /// # Errors
    /// `INVALID_FIELDS` with every day that is wrong.
    pub(crate) fn check(&self, phase: &Phase, today: NaiveDate) -> Result<(), Refusal> {
        let mut fields = Fields::new();
        fields.nested("campaign", |fields| {
            if self.to < self.from {
                fields.wrong("to", "is before from", "from से पहले है");
            } else if self.to < today {
                fields.wrong("to", "has passed", "बीत चुका है");
            } else if self.from.checked_add_days(Days::new(LONGEST)).is_some_and(|last| self.to > last) {
                fields.wrong("to", "is more than 366 days after from", "from से 366 दिन से अधिक बाद है");
            }
            phase.check(fields, self.from, self.to);
        });
        fields.finish()
    }

    /// Whether an event that begins and ends then lies in it.
    ///
    /// # Errors
    /// `INVALID_FIELDS` with `event.starts_at`, `event.ends_at`.
    pub(crate) fn need_within(&self, starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> Result<(), Refusal> {
        let mut fields = Fields::new();
        for (field, at) in [("event.starts_at", starts_at), ("event.ends_at", ends_at)] {
            if !(self.from..=self.to).contains(&ist_day(at)) {
                fields.wrong(field, "is outside the days of the campaign", "अभियान की अवधि से बाहर है");
            }
        }
        fields.finish()
    }
}

#[cfg(test)]
mod tests {
    use platform::directory::Name;

    use super::*;
    use crate::samples::{at, day};

    fn campaign(from: &str, to: &str) -> Campaign {
        Campaign {
            id: Uuid::nil(),
            phase: "mission-shakti-1".into(),
            theme_en: "Safety".into(),
            theme_hi: "सुरक्षा".into(),
            goals: Goals::default(),
            unit: "up".into(),
            from: day(from),
            to: day(to),
            version: 1,
        }
    }

    fn wrong(result: Result<(), Refusal>) -> Vec<String> {
        let violations = result.err().map(|refusal| refusal.violations().to_vec()).unwrap_or_default();
        violations.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn its_days_are_in_order_not_over_and_of_its_phase() {
        let phase = Phase {
            id: "mission-shakti-1".into(),
            name: Name::default(),
            from: Some(day("2020-10-17")),
            to: Some(day("2021-04-14")),
        };
        let today = day("2020-10-24");
        for (from, to, fields) in [
            ("2020-10-17", "2021-04-14", vec![]),
            ("2020-10-24", "2020-10-24", vec![]),
            ("2020-10-30", "2020-10-29", vec!["campaign.to"]),
            ("2020-10-17", "2020-10-23", vec!["campaign.to"]),
            ("2020-10-16", "2021-04-15", vec!["campaign.from", "campaign.to"]),
            ("2020-10-16", "2022-10-17", vec!["campaign.to", "campaign.from", "campaign.to"]),
        ] {
            assert_eq!(wrong(campaign(from, to).check(&phase, today)), fields, "{from} {to}");
        }
    }

    #[test]
    fn an_event_lies_in_it_by_the_days_of_india() {
        let campaign = campaign("2020-10-24", "2020-10-31");
        assert!(campaign.need_within(at("2020-10-24 00:00"), at("2020-10-31 23:59")).is_ok());
        let outside = campaign.need_within(at("2020-10-23 23:59"), at("2020-11-01 00:00"));
        assert_eq!(wrong(outside), ["event.starts_at", "event.ends_at"]);
    }
}
