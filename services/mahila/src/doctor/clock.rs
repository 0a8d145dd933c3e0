//! Clocks: of this machine, the databases, the peers and the issuer. Limits of days are counted here, tokens are good until an
//! instant, and whoever is ahead by more than the leeway refuses good ones.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join;
use platform::clock::ist_day;
use platform::settings::{ClockMode, Service};
use sqlx::PgPool;

use super::finding::{Check, Finding};
use super::patient::Patient;
use super::store;
use super::text::text;

const LOOK: TimeDelta = TimeDelta::seconds(1);
const MEND: TimeDelta = TimeDelta::seconds(5);

/// By how much another clock is ahead of ours (negative: behind), at least: it said an instant between two that it may have been
/// there, while here it was between asking and hearing.
fn ahead(asked: DateTime<Utc>, heard: DateTime<Utc>, there: (DateTime<Utc>, DateTime<Utc>)) -> TimeDelta {
    if there.0 > heard {
        there.0 - heard
    } else if there.1 < asked {
        there.1 - asked
    } else {
        TimeDelta::zero()
    }
}

fn judge(check: &Check, ahead: TimeDelta, leeway: Option<u64>) -> Finding {
    let (tenths, is_ahead) = (ahead.abs().num_milliseconds() / 100, ahead > TimeDelta::zero());
    let seconds = format!("{}.{}", tenths / 10, tenths % 10);
    let found = match (ahead.is_zero(), is_ahead) {
        (true, _) => text!("the same time as here", "यहाँ के समय के समान"),
        (_, true) => text!("{seconds} s ahead of this machine", "इस मशीन से {seconds} सेकंड आगे"),
        (_, false) => text!("{seconds} s behind this machine", "इस मशीन से {seconds} सेकंड पीछे"),
    };
    let leeway = leeway.map_or("-".to_owned(), |leeway| leeway.to_string());
    let mend = text!(
        "set both clocks by NTP (chronyc tracking shows it); tokens are refused beyond {leeway} s (auth.leeway_seconds), and days \
         begin at midnight IST",
        "दोनों घड़ियाँ NTP से मिलाएँ (chronyc tracking देखें); {leeway} सेकंड (auth.leeway_seconds) से अधिक पर token अस्वीकार होते हैं, \
         और दिन IST की आधी रात से शुरू होता है",
    );
    let finding = match ahead.abs() {
        skew if skew > MEND => check.mend(found, mend),
        skew if skew > LOOK => check.look(found, mend),
        _ => check.ok(found),
    };
    finding.number("ahead_ms", ahead.num_milliseconds())
}

fn leeway(patient: &Patient) -> Option<u64> {
    patient.settings.auth.as_ref().map(|auth| auth.leeway.as_secs())
}

/// A clock that told an instant to the second, as the `Date` of an answer does.
pub(super) fn of_answer(
    patient: &Patient,
    check: &Check,
    asked: DateTime<Utc>,
    heard: DateTime<Utc>,
    date: DateTime<Utc>,
) -> Finding {
    let there = (date, date + TimeDelta::seconds(1));
    judge(check, ahead(asked, heard, there), leeway(patient))
}

/// The `Date` of an answer of gRPC, which is one of HTTP.
pub(super) fn date(metadata: &tonic::metadata::MetadataMap) -> Option<DateTime<Utc>> {
    let date = metadata.get("date")?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}

/// The database's clock, and that it knows India's days.
pub(super) async fn of_database(patient: &Patient, service: Service, db: &PgPool) -> Vec<Finding> {
    let (clock, day) = (Check::of("clock.database", service), Check::of("clock.day", service));
    let skew = clock.asked(patient.patience, async {
        // A connection first: the time to get one is not the time that the question takes.
        let mut best: Option<TimeDelta> = None;
        for _ in 0..3 {
            let asked = patient.clock.now();
            let there = store::now(db).await?;
            let seen = ahead(asked, patient.clock.now(), (there, there));
            if best.is_none_or(|best| seen.abs() > best.abs()) {
                best = Some(seen);
            }
        }
        Ok(judge(&clock, best.unwrap_or_default(), leeway(patient)))
    });
    let days = day.asked(patient.patience, async {
        let now = patient.clock.now();
        let (here, there) = (ist_day(now), store::day(db, now).await?);
        Ok(if here == there {
            day.ok(text!("it is {here} in India, there as here", "भारत में {here} है, वहाँ भी और यहाँ भी"))
        } else {
            day.mend(
                text!(
                    "it is {here} in India by this machine, {there} by the database",
                    "इस मशीन से भारत में {here} है, डेटाबेस से {there}"
                ),
                text!(
                    "update the time zones of PostgreSQL's machine (tzdata)",
                    "PostgreSQL की मशीन के time zone (tzdata) अद्यतन करें"
                ),
            )
        })
    });
    let (skew, days) = join(skew, days).await;
    let mut findings = vec![skew, days];
    if patient.settings.clock.mode == ClockMode::Replay {
        let mode = Check::of("clock.mode", service);
        findings.push(if patient.settings.simulated {
            mode.ok(text!("a replay's, which stands until it is moved", "replay की घड़ी, जो आगे बढ़ाने तक रुकी रहती है"))
        } else {
            mode.mend(
                text!("a replay's clock in a real deployment", "वास्तविक व्यवस्था में replay की घड़ी"),
                text!("set clock.mode to system", "clock.mode को system करें"),
            )
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use platform::clock::{Clock as _, ReplayClock, SystemClock};
    use platform::postgres::testing::test_database;

    use super::super::finding::State;
    use super::super::tests::patient;
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_603_424_700 + seconds, 0).unwrap()
    }

    #[test]
    fn what_may_have_been_the_same_moment_is_no_skew() {
        assert_eq!(ahead(at(0), at(2), (at(1), at(1))), TimeDelta::zero());
        assert_eq!(ahead(at(0), at(1), (at(0) - TimeDelta::milliseconds(900), at(0))), TimeDelta::zero());
        assert_eq!(ahead(at(0), at(1), (at(4), at(5))), TimeDelta::seconds(3));
        assert_eq!(ahead(at(0), at(1), (at(-9), at(-8))), TimeDelta::seconds(-8));
    }

    #[test]
    fn a_second_is_looked_at_and_five_are_mended() {
        let judge = |milliseconds| {
            super::judge(&Check::of("clock.issuer", ""), TimeDelta::milliseconds(milliseconds), Some(30))
        };
        assert_eq!(judge(1000).state, State::Ok);
        assert_eq!(judge(1001).state, State::Look);
        assert_eq!(judge(-5000).state, State::Look);
        let finding = judge(-5100);
        assert_eq!((finding.state, finding.found.en.as_str()), (State::Mend, "5.1 s behind this machine"));
        assert_eq!(finding.numbers["ahead_ms"], -5100);
        assert!(finding.mend.unwrap().en.contains("beyond 30 s"));
    }

    #[test]
    fn the_date_of_an_answer_is_read() {
        let mut metadata = tonic::metadata::MetadataMap::new();
        assert_eq!(date(&metadata), None);
        metadata.insert("date", "Fri, 23 Oct 2020 03:45:00 GMT".parse().unwrap());
        assert_eq!(date(&metadata), Some(at(0)));
    }

    #[tokio::test]
    async fn a_machine_that_is_ahead_of_its_database_is_told() {
        let database = test_database(&complaint_intake::MIGRATOR).await;
        let mut patient = patient();
        let findings = of_database(&patient, Service::Intake, &database.pool).await;
        assert!(findings.iter().all(|finding| finding.state == State::Ok), "{findings:?}");
        // An hour, so that no pause of a busy machine makes up for it.
        patient.clock = Arc::new(ReplayClock::new(SystemClock.now() + TimeDelta::hours(1)));
        let findings = of_database(&patient, Service::Intake, &database.pool).await;
        assert_eq!((findings[0].check, findings[0].state), ("clock.database", State::Mend));
        assert!(findings[0].found.en.ends_with("s behind this machine"), "{findings:?}");
        assert_eq!((findings[1].check, findings[1].state), ("clock.day", State::Ok));
    }
}
