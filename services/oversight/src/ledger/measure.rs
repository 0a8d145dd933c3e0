//! What is counted, by what it is broken down, and what each value is called. The definitions stand in the contract.

use platform::terms::Term;

use super::vocabulary::{ActionKind, Category, Channel, ClockCode, HandlingState, LegalActionKind};

platform::term! {
    /// What is counted, in the read-out order.
    pub enum Measure: "mahila.oversight.v1.Measure" {
        /// Desk-days without a sign of life.
        DeskDaysSilent = 1,
        /// Desk-days without a roster.
        DeskDaysUnrostered = 2,
        /// Rostered desk-days on which nobody came.
        DeskDaysAbsent = 3,
        /// Desk-days without two women through the hours.
        DeskDaysUnderstaffed = 4,
        /// Desk-days complete.
        DeskDaysCompliant = 5,
        /// Stations that should have a desk.
        DesksExpected = 6,
        /// Of those, stations with an open desk.
        DesksOpen = 7,
        /// Desk-days of open desks.
        DeskDaysExpected = 8,
        /// Check-ins that the rosters expected.
        CheckInsExpected = 9,
        /// Check-ins made.
        CheckIns = 10,
        /// Minutes of service of open desks.
        ServiceMinutes = 11,
        /// Minutes with two checked-in women.
        TwoWomenMinutes = 12,
        /// Everyone who came.
        Visits = 13,
        /// Of those, left unserved.
        VisitsLeftUnserved = 14,
        /// Call events, revisions not counted.
        Calls = 15,
        /// Different callers in the period.
        Callers = 16,
        /// Incidents, counted with their first call.
        Incidents = 17,
        /// Of the calls, those without a placeable location.
        CallsUnplaced = 18,
        /// Complaints, one a receipt, without imported ones.
        Complaints = 19,
        /// Complaints taken in from paper registers.
        ComplaintsImported = 20,
        /// Complaints recorded by a woman officer.
        ComplaintsRecordedByWoman = 21,
        /// Receipts offered.
        Acknowledged = 22,
        /// Of those, within 30 minutes.
        AcknowledgedInTime = 23,
        /// Complaints triaged, each once.
        Triaged = 24,
        /// Complaints given to an officer for the first time.
        Assigned = 25,
        /// Complaints with a first action.
        FirstActions = 26,
        /// Actions.
        Actions = 27,
        /// Steps in law.
        LegalActions = 28,
        /// Limits breached.
        ClocksBreached = 29,
        /// Final outcomes.
        Disposed = 30,
        /// Final outcomes that she confirmed.
        Verified = 31,
    }
}

platform::term! {
    /// By what a measure is broken down.
    pub enum Breakdown: "mahila.oversight.v1.Breakdown" {
        /// By channel.
        Channel = 1,
        /// By category.
        Category = 2,
        /// By handling state at the end of the period.
        State = 3,
        /// By kind of action, step or limit.
        Kind = 4,
    }
}

impl Measure {
    /// Whether it is learnt from the registry; the others come from intake.
    #[must_use]
    pub fn is_of_desks(self) -> bool {
        self <= Self::TwoWomenMinutes
    }
}

/// One figure's place: what is counted, by what, and which value. Ordered as statements are read out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot {
    /// What is counted.
    pub measure: Measure,
    /// By what; `None`: the whole.
    pub breakdown: Option<Breakdown>,
    /// Number of the value; 0 for the whole, and where the journal named none.
    pub key: i16,
}

/// What one value of a breakdown is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyLabel {
    /// The contract's name.
    pub name: &'static str,
    /// English.
    pub en: &'static str,
    /// Hindi.
    pub hi: &'static str,
}

/// For numbers that this release has no word for: a newer intake may send them, and they are counted all the same.
const UNKNOWN: KeyLabel = KeyLabel { name: "", en: "Not named", hi: "अनामित" };

impl Slot {
    /// The whole of a measure.
    pub const fn whole(measure: Measure) -> Self {
        Self { measure, breakdown: None, key: 0 }
    }

    /// One value of a breakdown.
    pub const fn by(measure: Measure, breakdown: Breakdown, key: i16) -> Self {
        Self { measure, breakdown: Some(breakdown), key }
    }

    /// What its value is called; `None` for the whole.
    pub fn key_label(self) -> Option<KeyLabel> {
        Some(match (self.breakdown?, self.measure) {
            (Breakdown::Channel, _) => label::<Channel>(self.key),
            (Breakdown::Category, _) => label::<Category>(self.key),
            (Breakdown::State, _) => label::<HandlingState>(self.key),
            (Breakdown::Kind, Measure::Actions) => label::<ActionKind>(self.key),
            (Breakdown::Kind, Measure::LegalActions) => label::<LegalActionKind>(self.key),
            (Breakdown::Kind, Measure::ClocksBreached) => label::<ClockCode>(self.key),
            (Breakdown::Kind, _) => UNKNOWN,
        })
    }
}

fn label<T: Term>(key: i16) -> KeyLabel {
    T::from_number(key.into()).map_or(UNKNOWN, |term| {
        let (en, hi) = term.label();
        KeyLabel { name: term.name(), en, hi }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_those_of_the_contract() {
        platform::terms::check::<Measure>().unwrap();
        platform::terms::check::<Breakdown>().unwrap();
    }

    #[test]
    fn slots_come_in_the_read_out_order() {
        let silent = Slot::whole(Measure::DeskDaysSilent);
        let complaints = Slot::whole(Measure::Complaints);
        let by_channel = Slot::by(Measure::Complaints, Breakdown::Channel, 16);
        let by_state = Slot::by(Measure::Complaints, Breakdown::State, 1);
        let disposed = Slot::whole(Measure::Disposed);
        let mut slots = vec![disposed, by_state, silent, by_channel, complaints];
        slots.sort();
        assert_eq!(slots, [silent, complaints, by_channel, by_state, disposed]);
    }

    #[test]
    fn a_value_is_named_and_an_unknown_one_says_so() {
        let fir = Slot::by(Measure::LegalActions, Breakdown::Kind, 2).key_label().unwrap();
        assert_eq!((fir.name, fir.hi), ("LEGAL_ACTION_KIND_FIR", "प्राथमिकी"));
        assert_eq!(Slot::by(Measure::Actions, Breakdown::Kind, 99).key_label(), Some(UNKNOWN));
        assert_eq!(Slot::whole(Measure::Calls).key_label(), None);
    }
}
