//! One revision of one call, as a control room tells it. Without identity: that is sealed beside it.

use chrono::{DateTime, Duration, Utc};
use platform::fields::Fields;
use platform::refusal::Refusal;

use super::place::Place;
use crate::terms::{Category, Channel};

/// How long after it was picked up a call may first be told: a line that was down for a week is repaired by then.
const TOLD_WITHIN: Duration = Duration::days(7);

/// How far a control room's clock may be ahead of ours.
const SKEW: Duration = Duration::minutes(5);

/// Characters of an event's or incident's id.
const ID_MOST: usize = 64;

/// A control room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The emergency number.
    Emergency112,
    /// Women Power Line.
    WomenPowerLine1090,
    /// Women's helpline.
    WomenHelpline181,
    /// Childline.
    Childline1098,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Emergency112, Self::WomenPowerLine1090, Self::WomenHelpline181, Self::Childline1098];

    /// The number one dials, which is its name.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::Emergency112 => "112",
            Self::WomenPowerLine1090 => "1090",
            Self::WomenHelpline181 => "181",
            Self::Childline1098 => "1098",
        }
    }

    /// The control room of a number.
    #[must_use]
    pub fn of(number: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.number() == number)
    }

    /// Whether this principal is the machine of this control room: `systems/112`, or one of several, `systems/112-lucknow`.
    /// Another's machine must not add to its calls, nor revise them.
    #[must_use]
    pub fn is_told_by(self, principal: &str) -> bool {
        let rest = principal.strip_prefix("systems/").and_then(|system| system.strip_prefix(self.number()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    /// How a complaint came that such a call became.
    #[must_use]
    pub const fn channel(self) -> Channel {
        match self {
            Self::Emergency112 => Channel::Emergency112,
            Self::WomenPowerLine1090 => Channel::WomenPowerLine1090,
            Self::WomenHelpline181 => Channel::WomenHelpline181,
            Self::Childline1098 => Channel::Childline1098,
        }
    }
}

/// The event by which every revision of a call is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The control room.
    pub source: Source,
    /// Its id of the event.
    pub event: String,
}

/// The instants of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The phone was picked up.
    pub received: DateTime<Utc>,
    /// A vehicle was sent.
    pub dispatched: Option<DateTime<Utc>>,
    /// It arrived.
    pub arrived: Option<DateTime<Utc>>,
    /// The event was closed.
    pub closed: Option<DateTime<Utc>>,
}

impl Times {
    /// What stands against these times at `now`; `first`: it is the first word of the call, which must not come late. A later
    /// revision may: events are closed when they are closed.
    ///
    /// # Errors
    /// `INVALID_FIELDS`: an instant in the future by more than five minutes, before the phone was picked up, or a first word
    /// more than 7 days old.
    pub fn check(&self, first: bool, now: DateTime<Utc>) -> Result<(), Refusal> {
        let mut fields = Fields::new();
        let told = [
            ("received_at", Some(self.received)),
            ("dispatched_at", self.dispatched),
            ("arrived_at", self.arrived),
            ("closed_at", self.closed),
        ];
        for (field, instant) in told.into_iter().filter_map(|(field, instant)| Some((field, instant?))) {
            if instant > now + SKEW {
                fields.wrong(field, "lies in the future", "भविष्य का समय है");
            } else if instant < self.received {
                fields.wrong(field, "is before received_at", "received_at से पहले है");
            }
        }
        if first && now - self.received > TOLD_WITHIN {
            fields.wrong("received_at", "is more than 7 days ago", "7 दिन से अधिक पुराना है");
        }
        fields.finish()
    }

    /// The same, with a clock that was ahead of ours set back to ours.
    #[must_use]
    pub fn until(self, now: DateTime<Utc>) -> Self {
        Self {
            received: self.received.min(now),
            dispatched: self.dispatched.map(|instant| instant.min(now)),
            arrived: self.arrived.map(|instant| instant.min(now)),
            closed: self.closed.map(|instant| instant.min(now)),
        }
    }
}

/// A keyed digest of the caller's phone: the same for the same phone, and of no use without the key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallerIndex(pub [u8; 32]);

impl std::fmt::Debug for CallerIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallerIndex(…)")
    }
}

/// One revision of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Report {
    /// Which call.
    pub key: Key,
    /// From 1.
    pub revision: i32,
    /// What several calls may be about; its own event when it is about nothing else.
    pub incident: String,
    /// When.
    pub times: Times,
    /// Where.
    pub place: Place,
    /// There is a desk, or a district's queue, to record a complaint at.
    pub has_desk: bool,
    /// What about.
    pub category: Category,
    /// She may be rung back.
    pub safe_to_call_back: bool,
    /// Nothing was said.
    pub silent: bool,
    /// She asks for a complaint, or a cognizable offence was disclosed (BNSS 173: then it does not depend on her asking).
    pub wants_complaint: bool,
    /// Who called; `None`: not known.
    pub caller: Option<CallerIndex>,
}

/// Reads an event's or incident's id: A-Z, a-z, 0-9 and '-', at most 64.
pub fn read_id(fields: &mut Fields, field: &str, id: &str) -> String {
    let fits = id.len() <= ID_MOST && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !fits {
        let en = format!("must be A-Z, a-z, 0-9 and '-', at most {ID_MOST}");
        let hi = format!("केवल A-Z, a-z, 0-9 और '-', अधिकतम {ID_MOST} अक्षर");
        fields.wrong(field, en, hi);
    }
    if fits { id.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use platform::clock::minute_of;

    fn now() -> DateTime<Utc> {
        minute_of(NaiveDate::from_ymd_opt(2020, 10, 20).unwrap(), 720)
    }

    fn wrong(received: i64, closed: Option<i64>, first: bool) -> Vec<String> {
        let ago = |minutes: i64| now() - Duration::minutes(minutes);
        let times = Times { received: ago(received), dispatched: None, arrived: None, closed: closed.map(ago) };
        let check = times.check(first, now());
        check
            .err()
            .map(|refusal| refusal.violations().iter().map(|violation| violation.field.clone()).collect())
            .unwrap_or_default()
    }

    #[test]
    fn times_are_possible_and_a_first_word_is_not_late() {
        let week = 7 * 24 * 60;
        for (received, closed, first, expected) in [
            (10, Some(0), true, vec![]),
            (-5, None, true, vec![]),
            (-6, None, true, vec!["received_at"]),
            (week, None, true, vec![]),
            (week + 1, None, true, vec!["received_at"]),
            (week + 1, Some(0), false, vec![]),
            (10, Some(11), true, vec!["closed_at"]),
            (10, Some(-6), true, vec!["closed_at"]),
            (week + 1, Some(-6), true, vec!["closed_at", "received_at"]),
        ] {
            assert_eq!(wrong(received, closed, first), expected, "{received} {closed:?} {first}");
        }
    }

    #[test]
    fn a_clock_that_is_ahead_is_set_back() {
        let times = Times { received: now() + SKEW, dispatched: None, arrived: None, closed: Some(now() - SKEW) };
        assert_eq!(times.until(now()), Times { received: now(), closed: Some(now() - SKEW), ..times });
    }

    #[test]
    fn ids_have_their_letters() {
        let mut fields = Fields::new();
        assert_eq!(read_id(&mut fields, "event_id", "P20-1a"), "P20-1a");
        assert_eq!(read_id(&mut fields, "event_id", &"a".repeat(64)), "a".repeat(64));
        assert!(fields.clean());
        for bad in ["a b", "a/b", "घटना", "a_b", &"a".repeat(65)] {
            assert_eq!(read_id(&mut fields, "event_id", bad), "");
        }
        assert_eq!(fields.into_violations().len(), 5);
    }

    #[test]
    fn control_rooms_are_known_by_their_numbers() {
        for source in Source::ALL {
            assert_eq!(Source::of(source.number()), Some(source));
        }
        assert_eq!(Source::of("100"), None);
    }
}
