//! A complaint as the pool knows it, and how it comes to know.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::terms::{HandlingState, Risk};

/// Where intake counts a complaint, as every entry about it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    /// The station; empty: hidden from it, or in the district's queue.
    pub station: String,
    /// The district's unit.
    pub district: String,
    /// The IST day it was recorded.
    pub registered_day: NaiveDate,
    /// From a paper register.
    pub imported: bool,
    /// The IST day on which the earliest of its running statutory limits falls due.
    pub due_day: Option<NaiveDate>,
}

/// What an entry of intake's tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// It was recorded.
    Registered {
        /// The state it begins in.
        handling: HandlingState,
        /// The danger, where assessed.
        risk: Option<Risk>,
    },
    /// Its state changed.
    Moved {
        /// To.
        to: HandlingState,
        /// On this IST day.
        day: NaiveDate,
    },
    /// Category, risk and law were settled.
    Triaged {
        /// The danger.
        risk: Option<Risk>,
        /// A conflict with this station was found: it is hidden from it from now on.
        hidden_from: Option<String>,
    },
    /// She was asked.
    Asked {
        /// Alone, and she said whether she is satisfied; `None`: she was not reached.
        satisfied: Option<bool>,
    },
    /// A statutory limit passed.
    Breached {
        /// The day it was due.
        day: NaiveDate,
    },
    /// Something else; where it stands and what runs may have changed with it.
    Other,
}

/// An entry of intake's about a complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// Which.
    pub complaint: Uuid,
    /// Where it is counted, after this.
    pub placed: Placed,
    /// What.
    pub what: What,
}

/// A complaint, without identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Case {
    /// Which.
    pub complaint: Uuid,
    /// Where.
    pub placed: Placed,
    /// The station that turned out to be a party to it; empty: none, or never told.
    pub hidden_from: String,
    /// Where handling stands.
    pub handling: HandlingState,
    /// The danger.
    pub risk: Option<Risk>,
    /// Closed: the IST day; `None` as long as it is not, or where nobody wrote it down.
    pub closed_day: Option<NaiveDate>,
    /// Reopened, or she said that she is not satisfied; until she says that she is.
    pub reopened: bool,
    /// The first statutory limit that passed.
    pub breached_day: Option<NaiveDate>,
}

impl Case {
    /// What is known of a complaint from the first word of it. Where that does not tell of its registration, it was
    /// closed so long ago that it left the pool: closed it is until it is told otherwise.
    pub(crate) fn of(told: &Told) -> Self {
        let mut case = Self {
            complaint: told.complaint,
            placed: told.placed.clone(),
            hidden_from: String::new(),
            handling: HandlingState::Disposed,
            risk: None,
            closed_day: None,
            reopened: false,
            breached_day: None,
        };
        case.learn(told);
        case
    }

    /// Takes in an entry. Entries come in the order in which they were written.
    pub(crate) fn learn(&mut self, told: &Told) {
        self.placed.clone_from(&told.placed);
        match &told.what {
            What::Registered { handling, risk } => {
                self.handling = *handling;
                self.risk = *risk;
            }
            What::Moved { to, day } => {
                self.handling = *to;
                self.closed_day = (*to == HandlingState::Disposed).then_some(*day);
                self.reopened |= *to == HandlingState::Reopened;
            }
            What::Triaged { risk, hidden_from } => {
                self.risk = *risk;
                if let Some(station) = hidden_from {
                    self.hidden_from.clone_from(station);
                }
            }
            What::Asked { satisfied } => {
                if let Some(satisfied) = satisfied {
                    self.reopened = !satisfied;
                }
            }
            What::Breached { day } => {
                self.breached_day = Some(self.breached_day.map_or(*day, |before| before.min(*day)));
            }
            What::Other => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn october(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 10, day).unwrap()
    }

    fn told(station: &str, what: What) -> Told {
        let placed = Placed {
            station: station.into(),
            district: "district-157".into(),
            registered_day: october(20),
            imported: false,
            due_day: None,
        };
        Told { complaint: Uuid::nil(), placed, what }
    }

    fn learnt(what: impl IntoIterator<Item = What>) -> Case {
        let begun = What::Registered { handling: HandlingState::Received, risk: Some(Risk::High) };
        let mut case = Case::of(&told("ps-157-001", begun));
        for what in what {
            case.learn(&told("ps-157-001", what));
        }
        case
    }

    fn moved(to: HandlingState, day: u32) -> What {
        What::Moved { to, day: october(day) }
    }

    #[test]
    fn it_is_closed_on_the_day_it_was_last_closed() {
        let closed = |what: Vec<What>| learnt(what).closed_day;
        let disposed = |day| moved(HandlingState::Disposed, day);
        assert_eq!(closed(vec![]), None);
        assert_eq!(closed(vec![disposed(22), What::Other]), Some(october(22)));
        assert_eq!(closed(vec![disposed(22), moved(HandlingState::Reopened, 23)]), None);
        assert_eq!(closed(vec![disposed(22), moved(HandlingState::Reopened, 23), disposed(29)]), Some(october(29)));
    }

    #[test]
    fn what_comes_back_without_its_registration_was_closed() {
        let back = |what| Case::of(&told("ps-157-001", what));
        let asked = back(What::Asked { satisfied: Some(true) });
        assert_eq!((asked.handling, asked.closed_day), (HandlingState::Disposed, None));
        let reopened = back(moved(HandlingState::Reopened, 25));
        assert_eq!((reopened.handling, reopened.reopened), (HandlingState::Reopened, true));
    }

    #[test]
    fn only_her_own_word_ends_that_she_was_not_satisfied() {
        let reopened = |what: Vec<What>| learnt(what).reopened;
        assert!(!reopened(vec![What::Asked { satisfied: None }]));
        assert!(reopened(vec![What::Asked { satisfied: Some(false) }, What::Asked { satisfied: None }]));
        assert!(reopened(vec![moved(HandlingState::Reopened, 22), moved(HandlingState::ActionTaken, 23)]));
        assert!(!reopened(vec![moved(HandlingState::Reopened, 22), What::Asked { satisfied: Some(true) }]));
    }

    #[test]
    fn the_first_breach_stays_and_a_conflict_is_kept_with_its_station() {
        let case = learnt([What::Breached { day: october(25) }, What::Breached { day: october(22) }]);
        assert_eq!(case.breached_day, Some(october(22)));
        let mut case = learnt([]);
        case.learn(&told("", What::Triaged { risk: None, hidden_from: Some("ps-157-001".into()) }));
        case.learn(&told("", What::Other));
        assert_eq!((case.placed.station.as_str(), case.hidden_from.as_str()), ("", "ps-157-001"));
        assert_eq!(case.risk, None);
    }
}
