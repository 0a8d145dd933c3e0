//! The minutes of a sitting, as text: what a second person signs, and what their digest is over.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use platform::terms::Term as _;
use sha2::{Digest as _, Sha256};

use super::sitting::Sitting;
use crate::cycles::{DocketItem, Taken};

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The minutes: a line for who and when, one for each case that was taken, by number, and the signature.
pub(crate) fn text(sitting: &Sitting, taken: &[&DocketItem], signed_by: &str, signed_at: DateTime<Utc>) -> String {
    let mut quorum: Vec<&str> = sitting.quorum.iter().map(String::as_str).collect();
    quorum.sort_unstable();
    let mut text = format!(
        "mahila-minutes/1\nsitting {}\ncycle {}\nchair {}\nquorum {}\nconvened {}\n",
        sitting.id,
        sitting.cycle,
        sitting.chair,
        quorum.join(" "),
        instant(sitting.convened_at)
    );
    let mut taken: Vec<&&DocketItem> = taken.iter().collect();
    taken.sort_unstable_by_key(|item| item.number);
    for item in taken {
        let at = item.in_sitting.map(|(_, at)| instant(at)).unwrap_or_default();
        let what = match item.taken {
            Taken::Reviewed { decision, kind } => format!("{} {decision}", kind.name()),
            Taken::Deferred { reason, goes_up } => {
                format!("{}{}", reason.name(), if goes_up { " UP" } else { "" })
            }
            Taken::Listed | Taken::NotReached => continue,
        };
        let _ = writeln!(text, "{} {} {what} {at}", item.number, item.complaint);
    }
    let _ = writeln!(text, "signed {signed_by} {}", instant(signed_at));
    text
}

/// Their digest.
pub(crate) fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use platform::clock::minute_of;
    use uuid::Uuid;

    use super::*;
    use crate::sittings::sitting::Pace;
    use crate::terms::{DecisionKind, DeferralReason, SittingState, Stratum};

    #[test]
    fn the_minutes_read_like_minutes_and_every_word_counts() {
        let day = NaiveDate::from_ymd_opt(2020, 10, 26).unwrap();
        let sitting = Sitting {
            id: Uuid::from_u128(1),
            cycle: Uuid::from_u128(2),
            chair: "posts/sho".into(),
            quorum: vec!["posts/si".into(), "posts/desk".into()],
            state: SittingState::Convened,
            convened_at: minute_of(day, 660),
            signed: None,
            decided: 1,
            deferred: 1,
            pace: Pace::default(),
            minutes_sha256: None,
        };
        let item = |number: i32, taken| DocketItem {
            cycle: sitting.cycle,
            number,
            complaint: Uuid::from_u128(100 + u128::from(number.unsigned_abs())),
            stratum: Stratum::Oldest,
            carried: None,
            day,
            deferrals: 0,
            taken,
            in_sitting: Some((sitting.id, minute_of(day, 670 + number))),
        };
        let decided = item(1, Taken::Reviewed { decision: Uuid::from_u128(9), kind: DecisionKind::Expedite });
        let deferred = item(2, Taken::Deferred { reason: DeferralReason::SheAsked, goes_up: true });
        let minutes = text(&sitting, &[&deferred, &decided], "posts/desk", minute_of(day, 700));
        assert_eq!(
            minutes,
            "mahila-minutes/1\nsitting 00000000-0000-0000-0000-000000000001\ncycle 00000000-0000-0000-0000-000000000002\n\
             chair posts/sho\nquorum posts/desk posts/si\nconvened 2020-10-26T05:30:00.000000Z\n\
             1 00000000-0000-0000-0000-000000000065 DECISION_KIND_EXPEDITE 00000000-0000-0000-0000-000000000009 \
             2020-10-26T05:41:00.000000Z\n\
             2 00000000-0000-0000-0000-000000000066 DEFERRAL_REASON_SHE_ASKED UP 2020-10-26T05:42:00.000000Z\n\
             signed posts/desk 2020-10-26T06:10:00.000000Z\n"
        );
        let other = item(1, Taken::Reviewed { decision: Uuid::from_u128(9), kind: DecisionKind::Continue });
        let altered = text(&sitting, &[&deferred, &other], "posts/desk", minute_of(day, 700));
        assert_ne!(sha256(&minutes), sha256(&altered));
    }
}
