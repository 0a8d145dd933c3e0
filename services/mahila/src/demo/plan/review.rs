//! What becomes of every docket: when it is sat over, what is decided about each case by its number, and what becomes of what
//! a decision owes. Which complaint has which number is drawn by the service from a seed that nobody knows beforehand; so
//! nothing here asks which one it is, and every figure is the same on every run all the same.

use mahila_proto::review::v1::{DecisionKind, DeferralReason, ReviewLevel};

use super::agenda::{DISTRICTS_SIT, LAST, QUOTA, SITTING_DAYS, STATE_SITS, Sitters};
use super::draw::Draw;
use super::register::few;
use super::roll::Roll;

/// Of stations, one in so many misses its cycle: 16 of 1,535.
const MISSES: (usize, usize) = (97, 13);
/// One in so many does not reach the end of its docket.
const STOPS_EARLY: (usize, usize) = (13, 6);
/// Desks that decide fifteen cases within a minute.
pub const HURRIED: [usize; 2] = [311, 977];
/// The desk that decides fifteen times to go on as before: reviewed 15, acted upon none.
pub const ALL_CONTINUE: usize = 640;

/// A docket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Docket {
    /// The station or unit: `ps-162-001`, `district-162`, `up`.
    pub unit: String,
    /// Who sits over it.
    pub who: Sitters,
    /// The day on which they do; `None`: the cycle is missed, or there is nothing to sit over.
    pub day: Option<u32>,
    /// All cases are taken in one part of the sitting.
    pub hurried: bool,
    /// What becomes of each case, by its number from 1: `min(quota, eligible)` of them.
    pub items: Vec<Item>,
}

/// What becomes of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// It is decided.
    Decided(DecisionKind, Option<Owed>),
    /// It is put off.
    PutOff(DeferralReason),
    /// It is not reached.
    NotReached,
}

/// What a decision owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    /// The house officer owes it; otherwise the desk officer, or with districts and the state another post.
    pub by_chair: bool,
    /// The day of October that the chair names; `None`: the policy's days.
    pub due: Option<u32>,
    /// The day of October on which its owner says that it is done; `None`: never in this week.
    pub claimed: Option<u32>,
    /// The next day somebody looks, and finds it done or not; `None`: nobody looks.
    pub found_done: Option<bool>,
}

impl Docket {
    /// Its level.
    #[must_use]
    pub fn level(&self) -> ReviewLevel {
        match self.who {
            Sitters::Stations => ReviewLevel::Station,
            Sitters::Districts => ReviewLevel::District,
            Sitters::State => ReviewLevel::State,
        }
    }

    /// Whether it is sat over that day.
    #[must_use]
    pub fn sits(&self, who: Sitters, day: u32) -> bool {
        self.who == who && self.day == Some(day)
    }

    /// The cases, from 1, that are taken in a part of the sitting: one in each from 1 on, or all of them in the middle.
    #[must_use]
    pub fn taken(&self, part: u32) -> Vec<(i32, Item)> {
        let reached = (1_i32..).zip(&self.items).filter(|(_, item)| **item != Item::NotReached);
        let part = i32::try_from(part).unwrap_or_default();
        let of_part = |number: i32| if self.hurried { part == MIDDLE } else { number == part };
        reached.filter(|(number, _)| of_part(*number)).map(|(number, item)| (number, *item)).collect()
    }

    /// Actions owed: number of the case, and what becomes of it.
    pub fn owed(&self) -> impl Iterator<Item = (i32, Owed)> {
        let sat = self.day.is_some();
        (1_i32..).zip(&self.items).filter_map(move |(number, item)| match item {
            Item::Decided(_, Some(owed)) if sat => Some((number, *owed)),
            _ => None,
        })
    }
}

/// The part in which the hurried take everything.
const MIDDLE: i32 = 8;

/// All dockets: of the stations, the districts, the state.
#[must_use]
pub fn dockets(roll: &Roll) -> Vec<Docket> {
    let stations = (0..roll.desks.len()).map(|desk| station(desk, &roll.desks[desk].id));
    let districts = roll.districts().into_iter().enumerate().map(|(number, unit)| district(number, unit));
    stations.chain(districts).chain([state()]).collect()
}

fn station(desk: usize, unit: &str) -> Docket {
    let mut draw = Draw::of("docket", &[desk as u64]);
    let size = few(desk).map_or(QUOTA, |few| u32::try_from(few).unwrap_or_default());
    let missed = desk % MISSES.0 == MISSES.1;
    let day = (!missed && size > 0).then(|| draw.pick(&SITTING_DAYS));
    let hurried = HURRIED.contains(&desk);
    let plain = hurried || desk == ALL_CONTINUE || few(desk).is_some();
    let reached = if desk % STOPS_EARLY.0 == STOPS_EARLY.1 && !plain { size - 1 - draw.number(6) } else { size };
    let items = (0..size).map(|place| match day {
        Some(_) if desk == ALL_CONTINUE => Item::Decided(DecisionKind::Continue, None),
        // The one complaint of these was closed meanwhile, and is opened again.
        Some(day) if size == 1 => Item::Decided(DecisionKind::Reopen, Some(owed(day, &mut draw))),
        Some(_) if place >= reached => Item::NotReached,
        Some(_) if !plain && draw.per_mille(45) => Item::PutOff(put_off(&mut draw)),
        Some(day) => decided(Sitters::Stations, day, &mut draw),
        None => Item::NotReached,
    });
    let items = items.collect();
    Docket { unit: unit.to_owned(), who: Sitters::Stations, day, hurried, items }
}

fn district(number: usize, unit: &str) -> Docket {
    let mut draw = Draw::of("district-docket", &[number as u64]);
    // Three of 75 have to break off.
    let reached = if number % 25 == 7 { QUOTA - 3 } else { QUOTA };
    let items = (0..QUOTA).map(|place| match place {
        late if late >= reached => Item::NotReached,
        _ if draw.per_mille(60) => Item::PutOff(put_off(&mut draw)),
        _ => decided(Sitters::Districts, DISTRICTS_SIT, &mut draw),
    });
    let items = items.collect();
    Docket { unit: unit.to_owned(), who: Sitters::Districts, day: Some(DISTRICTS_SIT), hurried: false, items }
}

fn state() -> Docket {
    let mut draw = Draw::of("state-docket", &[]);
    let items = (0..QUOTA).map(|_| decided(Sitters::State, STATE_SITS, &mut draw)).collect();
    Docket { unit: "up".to_owned(), who: Sitters::State, day: Some(STATE_SITS), hurried: false, items }
}

fn put_off(draw: &mut Draw) -> DeferralReason {
    draw.weighted(&[
        (DeferralReason::ReportAwaited, 40),
        (DeferralReason::OfficerAbsent, 25),
        (DeferralReason::MedicalAwaited, 15),
        (DeferralReason::BeforeCourt, 12),
        (DeferralReason::SheAsked, 8),
    ])
}

fn decided(who: Sitters, day: u32, draw: &mut Draw) -> Item {
    let kind = draw.weighted(&[
        // The higher the table, the less it lets things go on.
        (DecisionKind::Continue, if who == Sitters::Stations { 46 } else { 22 }),
        (DecisionKind::OutcomeSound, if who == Sitters::Stations { 10 } else { 4 }),
        (DecisionKind::Expedite, 20),
        (DecisionKind::ChangeOfficer, 7),
        (DecisionKind::Counsel, 6),
        (DecisionKind::Refer, 5),
        (DecisionKind::RegisterFir, 4),
        (DecisionKind::DisciplineEnquiry, 2),
    ]);
    let owes = !matches!(kind, DecisionKind::Continue | DecisionKind::OutcomeSound);
    Item::Decided(kind, owes.then(|| owed(day, draw)))
}

/// About half of what is owed in the week is said to be done, most of that is looked at, and some of it was not done.
fn owed(day: u32, draw: &mut Draw) -> Owed {
    let due = draw.per_mille(450).then(|| day + 1 + draw.number(3)).filter(|due| *due <= LAST);
    let claimed = draw.per_mille(620).then(|| day + 1 + draw.number(2)).filter(|claimed| *claimed <= LAST);
    let looked = claimed.is_some_and(|claimed| claimed < LAST) && draw.per_mille(850);
    let found_done = looked.then(|| !draw.per_mille(80));
    Owed { by_chair: draw.per_mille(350), due, claimed, found_done }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::roll::tests::roll;
    use super::*;

    fn stations() -> Vec<Docket> {
        dockets(&roll()).into_iter().filter(|docket| docket.who == Sitters::Stations).collect()
    }

    #[test]
    fn dockets_hold_15_cases_wherever_15_are_eligible() {
        let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
        for docket in stations() {
            *sizes.entry(docket.items.len()).or_default() += 1;
        }
        assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [(0, 3), (1, 3), (9, 6), (15, 1_523)]);
        let all = dockets(&roll());
        assert_eq!(all.len(), 1_535 + 75 + 1);
        assert!(all[1_535..].iter().all(|docket| docket.items.len() == 15 && docket.day.is_some()));
    }

    #[test]
    fn sixteen_stations_miss_their_cycle_and_the_others_sit_in_the_week() {
        let stations = stations();
        let missed = stations.iter().filter(|docket| docket.day.is_none() && !docket.items.is_empty()).count();
        assert_eq!(missed, 16);
        for day in SITTING_DAYS {
            let sit = stations.iter().filter(|docket| docket.sits(Sitters::Stations, day)).count();
            assert!((250..360).contains(&sit), "{day}: {sit}");
        }
    }

    #[test]
    fn fewer_are_reviewed_than_selected_and_fewer_acted_upon_than_reviewed() {
        let (mut decided, mut put_off, mut left, mut owed, mut claimed, mut done, mut undone) = (0, 0, 0, 0, 0, 0, 0);
        for docket in stations().iter().filter(|docket| docket.day.is_some()) {
            for item in &docket.items {
                match item {
                    Item::Decided(_, owes) => {
                        decided += 1;
                        owed += usize::from(owes.is_some());
                        claimed += usize::from(owes.is_some_and(|owes| owes.claimed.is_some()));
                        done += usize::from(owes.is_some_and(|owes| owes.found_done == Some(true)));
                        undone += usize::from(owes.is_some_and(|owes| owes.found_done == Some(false)));
                    }
                    Item::PutOff(_) => put_off += 1,
                    Item::NotReached => left += 1,
                }
            }
        }
        assert!((20_500..22_400).contains(&decided), "{decided}");
        assert!((700..1_200).contains(&put_off) && (250..700).contains(&left), "{put_off} {left}");
        assert!(
            owed < decided / 2 && claimed < owed && done < claimed && undone > 50,
            "{owed} {claimed} {done} {undone}"
        );
    }

    #[test]
    fn the_hurried_take_all_at_once_and_the_others_one_by_one() {
        let stations = stations();
        for desk in HURRIED {
            assert_eq!(stations[desk].taken(8).len(), 15);
            assert!(stations[desk].taken(1).is_empty());
        }
        assert_eq!((1..=15).map(|part| stations[0].taken(part).len()).max(), Some(1));
        let all = &stations[ALL_CONTINUE];
        assert!(all.items.iter().all(|item| *item == Item::Decided(DecisionKind::Continue, None)));
        assert_eq!((all.items.len(), all.owed().count()), (15, 0));
    }

    #[test]
    fn what_is_owed_is_claimed_before_anybody_looks() {
        for docket in dockets(&roll()) {
            let Some(day) = docket.day else { continue };
            for (_, owed) in docket.owed() {
                assert!(owed.due.is_none_or(|due| due > day) && owed.claimed.is_none_or(|claimed| claimed > day));
                assert!(owed.found_done.is_none() || owed.claimed.is_some_and(|claimed| claimed < LAST));
            }
        }
    }
}
