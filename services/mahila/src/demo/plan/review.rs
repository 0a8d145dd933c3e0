//! What becomes of every docket: when it is sat over, what is decided about each case by its number, and what becomes of what
//! a decision owes. Which complaint has which number is drawn by the service from a seed that nobody knows beforehand; so
//! nothing here asks which one it is, and every figure is the same on every run all the same.

use mahila_proto::review::v1::{DecisionKind, DeferralReason, ReviewLevel};

use super::agenda::{
    DISTRICT_CYCLE, DISTRICTS_SIT, FIRST_CYCLE, LAST, QUOTA, SITTING_DAYS, STATE_SITS, Sitters, ZONES_SIT,
};
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
/// Desks where one of nine complaints on paper turns out to be against the station itself, and the part of the sitting
/// in which it does: before anybody sits, and while they sit. Both sit on the first day, before anybody above could
/// have decided about it.
pub const RECUSED: [(usize, u32); 2] = [(133, 0), (389, 5)];
/// Zones, by their place in the roll, that put the same case off in each of their three sittings: twice to the next,
/// then up.
pub const PUT_OFF_THRICE: [usize; 2] = [1, 5];
/// The number that it has on their first docket. On the next ones it comes first: nothing else is carried there.
const FIRST_PUT_OFF: u32 = 4;

/// A docket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Docket {
    /// The station or unit: `ps-162-001`, `district-162`, `up`.
    pub unit: String,
    /// Who sits over it.
    pub who: Sitters,
    /// The day of October on which its cycle begins.
    pub begins: u32,
    /// The day on which they do; `None`: the cycle is missed, or there is nothing to sit over.
    pub day: Option<u32>,
    /// All cases are taken in one part of the sitting.
    pub hurried: bool,
    /// The part of the sitting in which one of its cases turns out to be against the station; `None`: none does.
    pub recused: Option<u32>,
    /// What becomes of each case, by its number from 1: `min(quota, eligible)` of them. Where one is recused, it is the
    /// last here, and the others are numbered without it.
    pub items: Vec<Item>,
}

/// What becomes of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// It is decided.
    Decided(DecisionKind, Option<Owed>),
    /// It is put off.
    PutOff(DeferralReason),
    /// It is against the station: nobody there decides it, and it goes up.
    Recused,
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
            Sitters::Zones => ReviewLevel::Zone,
            Sitters::State => ReviewLevel::State,
        }
    }

    /// What it is called in the replay: a zone has several.
    #[must_use]
    pub fn name(&self) -> String {
        name(&self.unit, self.begins)
    }

    /// Whether it is sat over that day.
    #[must_use]
    pub fn sits(&self, who: Sitters, day: u32) -> bool {
        self.who == who && self.day == Some(day)
    }

    /// The cases, from 1, that are taken in a part of the sitting: one in each from 1 on, or all of them in the middle.
    #[must_use]
    pub fn taken(&self, part: u32) -> Vec<(i32, Item)> {
        let taken = |item: &Item| !matches!(item, Item::NotReached | Item::Recused);
        let reached = (1_i32..).zip(&self.items).filter(|(_, item)| taken(item));
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

/// What the docket of a unit whose cycle begins on a day is called in the replay.
#[must_use]
pub fn name(unit: &str, begins: u32) -> String {
    format!("{unit}/{begins}")
}

/// The part in which the hurried take everything.
const MIDDLE: i32 = 8;

/// All dockets: of the stations, the zones, the districts, the state.
#[must_use]
pub fn dockets(roll: &Roll) -> Vec<Docket> {
    let stations = (0..roll.desks.len()).map(|desk| station(desk, &roll.desks[desk].id));
    let districts = roll.districts().into_iter().enumerate().map(|(number, unit)| district(number, unit));
    let zones = roll.zones.iter().enumerate().flat_map(|(number, unit)| ZONES_SIT.map(|day| zone(number, unit, day)));
    stations.chain(zones).chain(districts).chain([state()]).collect()
}

fn station(desk: usize, unit: &str) -> Docket {
    let mut draw = Draw::of("docket", &[desk as u64]);
    let size = few(desk).map_or(QUOTA, |few| u32::try_from(few).unwrap_or_default());
    let missed = desk % MISSES.0 == MISSES.1;
    let recused = RECUSED.iter().find(|(of, _)| *of == desk).map(|(_, part)| *part);
    let day = (!missed && size > 0).then(|| draw.pick(&SITTING_DAYS));
    let day = recused.map_or(day, |_| Some(SITTING_DAYS[0]));
    let hurried = HURRIED.contains(&desk);
    let plain = hurried || desk == ALL_CONTINUE || few(desk).is_some();
    let reached = if desk % STOPS_EARLY.0 == STOPS_EARLY.1 && !plain { size - 1 - draw.number(6) } else { size };
    let items = (0..size).map(|place| match day {
        Some(_) if recused.is_some() && place + 1 == size => Item::Recused,
        // Of those with a recused case nothing is owed: it would be known by a number that nobody knows before.
        Some(_) if desk == ALL_CONTINUE || recused.is_some() => Item::Decided(DecisionKind::Continue, None),
        // The one complaint of these was closed meanwhile, and is opened again.
        Some(day) if size == 1 => Item::Decided(DecisionKind::Reopen, Some(owed(day, &mut draw))),
        Some(_) if place >= reached => Item::NotReached,
        Some(_) if !plain && draw.per_mille(45) => Item::PutOff(put_off(&mut draw)),
        Some(day) => decided(Sitters::Stations, day, &mut draw),
        None => Item::NotReached,
    });
    let items = items.collect();
    Docket { unit: unit.to_owned(), who: Sitters::Stations, begins: FIRST_CYCLE, day, hurried, recused, items }
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
    above(Sitters::Districts, unit, DISTRICT_CYCLE, DISTRICTS_SIT, items)
}

fn zone(number: usize, unit: &str, day: u32) -> Docket {
    let mut draw = Draw::of("zone-docket", &[number as u64, day.into()]);
    let first = if day == ZONES_SIT[0] { FIRST_PUT_OFF } else { 1 };
    let put_off = PUT_OFF_THRICE.contains(&number).then_some(first);
    let items = (1..=QUOTA).map(|number| match put_off {
        Some(put_off) if put_off == number => Item::PutOff(DeferralReason::OfficerAbsent),
        _ => decided(Sitters::Zones, day, &mut draw),
    });
    let items = items.collect();
    above(Sitters::Zones, unit, day, day, items)
}

fn state() -> Docket {
    let mut draw = Draw::of("state-docket", &[]);
    let items = (0..QUOTA).map(|_| decided(Sitters::State, STATE_SITS, &mut draw)).collect();
    above(Sitters::State, "up", STATE_SITS, STATE_SITS, items)
}

fn above(who: Sitters, unit: &str, begins: u32, day: u32, items: Vec<Item>) -> Docket {
    Docket { unit: unit.to_owned(), who, begins, day: Some(day), hurried: false, recused: None, items }
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
        assert_eq!(all.len(), 1_535 + 8 * 3 + 75 + 1);
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
                    Item::Recused => {}
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
    fn a_case_against_its_station_is_one_of_nine_and_is_found_on_the_first_day() {
        let stations = stations();
        let recused: Vec<usize> = (0..stations.len()).filter(|desk| stations[*desk].recused.is_some()).collect();
        assert_eq!(recused, RECUSED.map(|(desk, _)| desk));
        for (desk, _) in RECUSED {
            let docket = &stations[desk];
            assert_eq!((docket.day, docket.items.len(), few(desk)), (Some(SITTING_DAYS[0]), 9, Some(9)));
            assert_eq!(docket.items.iter().position(|item| *item == Item::Recused), Some(8));
            assert_eq!((1..=15).map(|part| docket.taken(part).len()).sum::<usize>(), 8);
            assert_eq!(docket.owed().count(), 0);
        }
    }

    #[test]
    fn two_zones_put_a_case_off_each_time_and_the_others_none() {
        let dockets = dockets(&roll());
        let zones: Vec<&Docket> = dockets.iter().filter(|docket| docket.who == Sitters::Zones).collect();
        let put_off = |docket: &Docket| docket.items.iter().position(|item| matches!(item, Item::PutOff(_)));
        for (number, of_zone) in zones.chunks(ZONES_SIT.len()).enumerate() {
            assert_eq!(of_zone.iter().map(|docket| docket.begins).collect::<Vec<_>>(), ZONES_SIT);
            let at: Vec<_> = of_zone.iter().map(|docket| put_off(docket)).collect();
            let thrice = PUT_OFF_THRICE.contains(&number);
            assert_eq!(at, if thrice { [Some(3), Some(0), Some(0)] } else { [None; 3] });
        }
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
