//! How long a closed case is looked at.
//!
//! Three strata draw on the closed: the lot, which is drawn from all, so that closing a case is no way past a review;
//! and what is carried, or owed, from a docket on which it stood. The lot draws on it for eight weeks: its places are
//! as many however long that is, so that twice the weeks would find hardly more. What then is neither carried nor owed
//! no stratum draws again, and it leaves; so the pool holds what is open and eight weeks of what was closed, however
//! many years pass.
//!
//! Nothing that was selected needs it: what a docket was selected from is frozen with it. But what turned out to be
//! against its station stays, few in a thousand: it keeps the station's old dockets from showing it.

use chrono::{Days, NaiveDate};

/// The lot draws on a closed case for so many days after it was closed.
const DRAWN_FOR: Days = Days::new(56);

/// What was closed before this day is drawn by lot no more.
pub(super) fn drawn_from(today: NaiveDate) -> NaiveDate {
    today - DRAWN_FOR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_weekly_dockets_may_draw_a_case_after_it_was_closed() {
        let closed = NaiveDate::from_ymd_opt(2020, 10, 23).unwrap();
        let may = |weeks: u64| closed >= drawn_from(closed + Days::new(7 * weeks));
        assert_eq!([1, 8, 9].map(may), [true, true, false]);
    }
}
