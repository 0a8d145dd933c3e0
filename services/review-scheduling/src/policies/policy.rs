//! How a level reviews, and when its cycles are.

use chrono::{Days, NaiveDate};
use platform::Refusal;
use platform::fields::Fields;
use serde::{Deserialize, Serialize};

use crate::terms::ReviewLevel;

/// How a level reviews, from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Policy {
    /// Of which level.
    pub level: ReviewLevel,
    /// The first day of its first cycle, and of the rhythm from there.
    pub valid_from: NaiveDate,
    /// A cycle begins every so many days.
    pub every_days: i32,
    /// And lasts so many whole IST days; at most `every_days`, so that cycles of one rhythm never overlap.
    pub lasts_days: i32,
    /// Cases on a docket.
    pub quota: i32,
    /// Places of the quota drawn by lot from all.
    pub random_minimum: i32,
    /// So often a case may be put off to the next cycle; the next time it goes up.
    pub max_deferrals: i32,
    /// Persons who sit besides the chair.
    pub quorum: i32,
    /// A case reviewed within so many days stands back.
    pub min_gap_days: i32,
    /// Days from a decision to the due day of its action.
    pub action_days: i32,
}

/// What the journal is told: how a level reviews was set.
#[derive(Debug)]
pub(crate) struct PolicyPut(pub Policy);

/// The whole IST days of a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Period {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
    /// The first of the cycle after it.
    pub next: NaiveDate,
}

/// A day so many days later. Days of this suite lie between 1900 and 2200.
pub(crate) fn days_after(day: NaiveDate, days: i32) -> NaiveDate {
    day + Days::new(u64::try_from(days).unwrap_or_default())
}

impl Policy {
    /// Its periods that begin no later than a day, from the first that is not over on `from` on; `until`: the first day of the
    /// policy after it.
    pub(crate) fn periods(
        &self,
        from: NaiveDate,
        begins_by: NaiveDate,
        until: Option<NaiveDate>,
    ) -> impl Iterator<Item = Period> + use<> {
        let (every, lasts) = (self.every_days.max(1), self.lasts_days.max(1));
        let passed = (from - self.valid_from).num_days();
        let skipped = i32::try_from(passed.max(0)).unwrap_or(i32::MAX) / every;
        let first = days_after(self.valid_from, skipped * every);
        std::iter::successors(Some(first), move |begin| Some(days_after(*begin, every)))
            .take_while(move |begin| *begin <= begins_by && until.is_none_or(|until| *begin < until))
            .map(move |begin| Period {
                from: begin,
                to: days_after(begin, lasts - 1),
                next: until.map_or(days_after(begin, every), |until| until.min(days_after(begin, every))),
            })
            .filter(move |period| period.to >= from)
    }

    /// Whether it may be put on a day: its first day is no earlier than today, and than every cycle of the level that is
    /// planned already, since what is expected is never taken back.
    ///
    /// # Errors
    /// `INVALID_FIELDS`.
    pub(crate) fn may_be_put(&self, today: NaiveDate, last_planned: Option<NaiveDate>) -> Result<(), Refusal> {
        let mut fields = Fields::new();
        if self.valid_from < today {
            fields.wrong("policy.valid_from", "lies in the past", "बीता हुआ दिनांक है");
        }
        if let Some(planned) = last_planned.filter(|planned| self.valid_from <= *planned) {
            fields.wrong(
                "policy.valid_from",
                format!("must be after {planned}, on which a cycle is planned"),
                format!("{planned} के बाद होना चाहिए, उस दिन चक्र नियोजित है"),
            );
        }
        fields.finish()
    }
}

/// The policy of a level on a day.
pub(crate) fn in_force(policies: &[Policy], level: ReviewLevel, day: NaiveDate) -> Option<&Policy> {
    policies
        .iter()
        .filter(|policy| policy.level == level && policy.valid_from <= day)
        .max_by_key(|policy| policy.valid_from)
}

/// The first day of the policy after one.
pub(crate) fn superseded_on(policies: &[Policy], policy: &Policy) -> Option<NaiveDate> {
    let later = |other: &&Policy| other.level == policy.level && other.valid_from > policy.valid_from;
    policies.iter().filter(later).map(|other| other.valid_from).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn october(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 10, day).unwrap()
    }

    pub(crate) fn weekly(valid_from: NaiveDate) -> Policy {
        Policy {
            level: ReviewLevel::Station,
            valid_from,
            every_days: 7,
            lasts_days: 7,
            quota: 15,
            random_minimum: 2,
            max_deferrals: 2,
            quorum: 2,
            min_gap_days: 28,
            action_days: 7,
        }
    }

    #[test]
    fn the_first_cycle_is_the_24th_to_the_30th_and_they_follow_without_a_gap() {
        let policy = weekly(october(24));
        let periods: Vec<_> = policy.periods(october(23), october(31), None).collect();
        assert_eq!(
            periods,
            [
                Period { from: october(24), to: october(30), next: october(31) },
                Period { from: october(31), to: days_after(october(31), 6), next: days_after(october(31), 7) },
            ]
        );
        assert_eq!(policy.periods(october(23), october(23), None).count(), 0);
        let later: Vec<_> = policy.periods(october(30), october(30), None).map(|period| period.from).collect();
        assert_eq!(later, [october(24)], "still under way on its last day");
        assert_eq!(policy.periods(october(31), october(31), None).next().map(|period| period.from), Some(october(31)));
    }

    #[test]
    fn a_later_policy_ends_the_rhythm_of_the_one_before() {
        let policies = [weekly(october(24)), Policy { every_days: 1, lasts_days: 1, ..weekly(october(28)) }];
        assert_eq!(superseded_on(&policies, &policies[0]), Some(october(28)));
        assert_eq!(superseded_on(&policies, &policies[1]), None);
        let first: Vec<_> = policies[0].periods(october(24), october(31), Some(october(28))).collect();
        assert_eq!(first.len(), 1);
        assert_eq!(
            (first[0].to, first[0].next),
            (october(30), october(28)),
            "it keeps its days; the next comes sooner"
        );
        let on = |day| in_force(&policies, ReviewLevel::Station, october(day)).map(|policy| policy.valid_from);
        assert_eq!([on(23), on(24), on(27), on(28)], [None, Some(october(24)), Some(october(24)), Some(october(28))]);
    }

    #[test]
    fn what_is_planned_is_not_taken_back() {
        let policy = weekly(october(24));
        assert!(
            policy.may_be_put(october(24), None).is_ok() && policy.may_be_put(october(20), Some(october(23))).is_ok()
        );
        for (today, planned, count) in
            [(october(25), None, 1), (october(23), Some(october(24)), 1), (october(26), Some(october(31)), 2)]
        {
            assert_eq!(policy.may_be_put(today, planned).unwrap_err().violations().len(), count);
        }
    }
}
