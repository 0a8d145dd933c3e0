//! A sitting: who sits, how fast.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use platform::Refusal;
use platform::fields::Fields;
use platform::terms::Term as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::terms::SittingState;

/// A sitting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sitting {
    /// Which.
    pub id: Uuid,
    /// Of which cycle.
    pub cycle: Uuid,
    /// Who chairs: a principal.
    pub chair: String,
    /// Who else sits.
    pub quorum: Vec<String>,
    /// Where it stands.
    pub state: SittingState,
    /// When it was convened.
    pub convened_at: DateTime<Utc>,
    /// Who signed the minutes, and when.
    pub signed: Option<(String, DateTime<Utc>)>,
    /// Items decided in it.
    pub decided: i32,
    /// Items put off in it.
    pub deferred: i32,
    /// How fast, from the signature on.
    pub pace: Pace,
    /// Of the minutes, from the signature on.
    pub minutes_sha256: Option<Vec<u8>>,
}

/// How fast a sitting decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// Whole seconds from the first decision to the last.
    pub within_seconds: i64,
    /// Most decisions within any one minute.
    pub most_in_a_minute: i32,
}

impl Pace {
    /// That of decisions at these instants.
    pub(crate) fn of(decided_at: &[DateTime<Utc>]) -> Self {
        let mut at = decided_at.to_vec();
        at.sort_unstable();
        let Some((first, last)) = at.first().zip(at.last()) else { return Self::default() };
        let within =
            |begin: usize| at[begin..].iter().take_while(|later| **later - at[begin] < Duration::minutes(1)).count();
        let most = (0..at.len()).map(within).max().unwrap_or_default();
        Self {
            within_seconds: (*last - *first).num_seconds(),
            most_in_a_minute: i32::try_from(most).unwrap_or(i32::MAX),
        }
    }
}

/// Whether those named are a quorum: each once, none of them the chair, as many as the policy asks.
///
/// # Errors
/// `INVALID_FIELDS`, all of them at once.
pub(crate) fn need_quorum(named: &[String], chair: &str, least: i32) -> Result<(), Refusal> {
    let mut fields = Fields::new();
    let mut seen = BTreeSet::new();
    for (place, principal) in named.iter().enumerate() {
        let field = format!("quorum[{place}]");
        if principal == chair {
            fields.wrong(&field, "is the chair", "अध्यक्ष स्वयं है");
        } else if !seen.insert(principal) {
            fields.wrong(&field, "is named twice", "दो बार नामित है");
        }
    }
    if i32::try_from(seen.len()).unwrap_or(i32::MAX) < least {
        fields.wrong(
            "quorum",
            format!("must be {least} besides the chair at least"),
            format!("अध्यक्ष के अतिरिक्त कम से कम {least} होने चाहिए"),
        );
    }
    fields.finish()
}

impl Sitting {
    /// Whether a principal may take a case in it.
    ///
    /// # Errors
    /// `STATE_FORBIDS`: it is over. `PERMISSION_MISSING`: another chairs it.
    pub(crate) fn need_chair(&self, principal: &str) -> Result<(), Refusal> {
        if self.state != SittingState::Convened {
            return Err(Refusal::state_forbids(self.state.name()));
        }
        if self.chair == principal { Ok(()) } else { Err(Refusal::permission_missing("review.sittings.chair")) }
    }

    /// Whether a principal may sign its minutes: a second person who sat in it, once something was taken.
    ///
    /// # Errors
    /// `STATE_FORBIDS`: it is over, or nothing was taken. `SAME_PERSON`: the chair. `PERMISSION_MISSING`: did not sit in it.
    pub(crate) fn need_second(&self, principal: &str) -> Result<(), Refusal> {
        if self.chair == principal {
            return Err(Refusal::same_person());
        }
        if !self.quorum.iter().any(|member| member == principal) {
            return Err(Refusal::permission_missing("review.minutes.sign"));
        }
        if self.state != SittingState::Convened || self.decided + self.deferred == 0 {
            return Err(Refusal::state_forbids(self.state.name()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::clock::day_begins;

    fn at(seconds: i64) -> DateTime<Utc> {
        day_begins(chrono::NaiveDate::from_ymd_opt(2020, 10, 26).unwrap()) + Duration::seconds(seconds)
    }

    #[test]
    fn fifteen_in_a_minute_are_seen_wherever_the_minute_begins() {
        assert_eq!(Pace::of(&[]), Pace::default());
        let rushed: Vec<_> = (0..15).map(|n| at(1_000 + n * 4)).collect();
        assert_eq!(Pace::of(&rushed), Pace { within_seconds: 56, most_in_a_minute: 15 });
        let calm: Vec<_> = (0..15).rev().map(|n| at(n * 600)).collect();
        assert_eq!(Pace::of(&calm), Pace { within_seconds: 8_400, most_in_a_minute: 1 });
        // Two at the end of one minute and two at the beginning of the next lie in one minute all the same.
        assert_eq!(Pace::of(&[at(0), at(50), at(55), at(65), at(70)]).most_in_a_minute, 4);
        assert_eq!(Pace::of(&[at(0), at(60)]).most_in_a_minute, 1, "a minute later is another minute");
    }

    #[test]
    fn a_quorum_is_several_persons() {
        let named = |names: &[&str]| -> Vec<String> { names.iter().map(|name| format!("posts/{name}")).collect() };
        assert!(need_quorum(&named(&["si", "desk"]), "posts/sho", 2).is_ok());
        let wrong = need_quorum(&named(&["si", "si", "sho"]), "posts/sho", 2).unwrap_err();
        let fields: Vec<_> = wrong.violations().iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["quorum[1]", "quorum[2]", "quorum"]);
    }

    #[test]
    fn minutes_are_signed_by_a_second_person_who_sat() {
        let sitting = Sitting {
            id: Uuid::nil(),
            cycle: Uuid::nil(),
            chair: "posts/sho".into(),
            quorum: vec!["posts/desk".into()],
            state: SittingState::Convened,
            convened_at: at(0),
            signed: None,
            decided: 1,
            deferred: 0,
            pace: Pace::default(),
            minutes_sha256: None,
        };
        assert!(sitting.need_second("posts/desk").is_ok());
        let reason = |sitting: &Sitting, who: &str| sitting.need_second(who).unwrap_err().reason();
        assert_eq!(reason(&sitting, "posts/sho"), "SAME_PERSON");
        assert_eq!(reason(&sitting, "posts/other"), "PERMISSION_MISSING");
        assert_eq!(reason(&Sitting { decided: 0, ..sitting.clone() }, "posts/desk"), "STATE_FORBIDS");
        assert_eq!(reason(&Sitting { state: SittingState::Signed, ..sitting.clone() }, "posts/desk"), "STATE_FORBIDS");
        assert_eq!(sitting.need_chair("posts/other").unwrap_err().reason(), "PERMISSION_MISSING");
    }
}
