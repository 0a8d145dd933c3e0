//! What is counted, by what it is broken down, and what each value is called. The definitions stand in the contract.

use platform::terms::{Label, label};

platform::term! {
    /// What is counted. Numbers stand in the read-out order.
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
        /// Attempts to ask her in private.
        FeedbackAttempts = 32,
        /// Of those, she was reached.
        FeedbackReached = 33,
        /// Of those, she is satisfied.
        FeedbackSatisfied = 34,
        /// Complaints opened again.
        Reopened = 35,
        /// Review cycles that began.
        ReviewCyclesExpected = 36,
        /// Review cycles that ended without a sitting.
        ReviewCyclesMissed = 37,
        /// Review cycles that were held and closed.
        ReviewCyclesHeld = 38,
        /// Of those, with every item dealt with.
        ReviewCyclesCompleted = 39,
        /// Of those, with items not reached.
        ReviewCyclesPartial = 40,
        /// Dockets below the quota.
        ReviewShortfalls = 41,
        /// Sittings held.
        ReviewSittingsHeld = 42,
        /// Of those, with fifteen decisions within a minute.
        ReviewSittingsHurried = 43,
        /// Cases on dockets.
        ReviewItemsSelected = 44,
        /// Cases with a decision.
        ReviewItemsReviewed = 45,
        /// Action items that another found done.
        ActedUpon = 46,
        /// Cases put off.
        ReviewItemsDeferred = 47,
        /// Cases not reached.
        ReviewItemsNotReached = 48,
        /// Decisions that took effect on the complaint.
        DirectionsTaken = 49,
        /// Action items that decisions made.
        ActionItemsMade = 50,
        /// Action items said to be done.
        ActionItemsClaimed = 51,
        /// Of those acted upon, by their due day.
        ActionItemsVerifiedInTime = 52,
        /// Action items whose due day passed.
        ActionItemsOverdue = 53,
        /// Events that were approved, on the day they were planned for.
        CampaignEventsPlanned = 54,
        /// Events said to be held.
        CampaignEventsClaimed = 55,
        /// Events found held.
        CampaignEventsVerified = 56,
        /// Events whose claim was found wrong.
        CampaignEventsDisputed = 57,
        /// Events not reported in time.
        CampaignEventsLapsed = 58,
        /// Events called off.
        CampaignEventsCancelled = 59,
        /// Women at verified events.
        WomenReached = 60,
        /// Girls at verified events.
        GirlsReached = 61,
        /// Different places with a verified event.
        PlacesCovered = 62,
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
        /// By kind of action, step, limit, decision or event.
        Kind = 4,
        /// By why a case is on the docket.
        Stratum = 5,
        /// By why a docket is short.
        Reason = 6,
        /// By the level that holds the review.
        Level = 7,
    }
}

/// Whose journal tells of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The registry's.
    Registry,
    /// Intake's.
    Intake,
    /// Review scheduling's.
    Review,
    /// Awareness campaigns'.
    Campaigns,
}

impl Measure {
    /// Whose journal tells of it.
    pub(crate) fn source(self) -> Source {
        match self {
            Self::DirectionsTaken => Source::Intake,
            _ if self <= Self::TwoWomenMinutes => Source::Registry,
            _ if self <= Self::Reopened => Source::Intake,
            _ if self <= Self::ActionItemsOverdue => Source::Review,
            _ => Source::Campaigns,
        }
    }

    /// Whether a small figure of it may name a woman: what counts women, their calls and their cases. What desks, sittings and
    /// public events did is nobody's secret.
    pub(crate) fn counts_women(self) -> bool {
        match self.source() {
            Source::Registry | Source::Campaigns => false,
            Source::Intake => true,
            Source::Review => self >= Self::ReviewItemsSelected,
        }
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

/// For numbers that this release has no word for: a newer journal may send them, and they are counted all the same.
const UNKNOWN: Label = Label { name: "", en: "Not named", hi: "अनामित" };

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
    pub fn key_label(self) -> Option<Label> {
        let contract = self.contract(self.breakdown?);
        Some(contract.and_then(|contract| label(contract, self.key.into())).unwrap_or(UNKNOWN))
    }

    /// The contract's enum of its values.
    fn contract(self, breakdown: Breakdown) -> Option<&'static str> {
        Some(match (breakdown, self.measure) {
            (Breakdown::Channel, _) => "mahila.intake.v1.Channel",
            (Breakdown::Category, _) => "mahila.intake.v1.Category",
            (Breakdown::State, _) => "mahila.intake.v1.HandlingState",
            (Breakdown::Kind, Measure::Actions) => "mahila.intake.v1.ActionKind",
            (Breakdown::Kind, Measure::LegalActions) => "mahila.intake.v1.LegalActionKind",
            (Breakdown::Kind, Measure::ClocksBreached) => "mahila.intake.v1.ClockCode",
            (Breakdown::Kind, Measure::ReviewItemsReviewed | Measure::DirectionsTaken) => {
                "mahila.review.v1.DecisionKind"
            }
            (Breakdown::Kind, measure) if measure.source() == Source::Campaigns => "mahila.campaign.v1.EventKind",
            (Breakdown::Kind, _) => return None,
            (Breakdown::Stratum, _) => "mahila.review.v1.Stratum",
            (Breakdown::Reason, _) => "mahila.review.v1.ShortfallReason",
            (Breakdown::Level, _) => "mahila.review.v1.ReviewLevel",
        })
    }
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
        let reviewed = Slot::whole(Measure::ReviewItemsReviewed);
        let decisions = Slot::by(Measure::ReviewItemsReviewed, Breakdown::Kind, 1);
        let acted_upon = Slot::whole(Measure::ActedUpon);
        let events = Slot::whole(Measure::CampaignEventsVerified);
        let mut slots =
            vec![events, acted_upon, disposed, by_state, decisions, silent, by_channel, reviewed, complaints];
        slots.sort();
        assert_eq!(
            slots,
            [silent, complaints, by_channel, by_state, disposed, reviewed, decisions, acted_upon, events]
        );
    }

    #[test]
    fn every_breakdown_has_words_and_an_unknown_value_says_so() {
        for (slot, name) in [
            (Slot::by(Measure::LegalActions, Breakdown::Kind, 2), "LEGAL_ACTION_KIND_FIR"),
            (Slot::by(Measure::Actions, Breakdown::Kind, 4), "ACTION_KIND_REFERRED"),
            (Slot::by(Measure::ClocksBreached, Breakdown::Kind, 5), "CLOCK_CODE_MEDICAL"),
            (Slot::by(Measure::Complaints, Breakdown::Channel, 13), "CHANNEL_CAMPAIGN"),
            (Slot::by(Measure::Calls, Breakdown::Category, 4), "CATEGORY_EVE_TEASING"),
            (Slot::by(Measure::Complaints, Breakdown::State, 6), "HANDLING_STATE_DISPOSED"),
            (Slot::by(Measure::ReviewItemsReviewed, Breakdown::Kind, 1), "DECISION_KIND_CONTINUE"),
            (Slot::by(Measure::DirectionsTaken, Breakdown::Kind, 8), "DECISION_KIND_REOPEN"),
            (Slot::by(Measure::ReviewItemsSelected, Breakdown::Stratum, 6), "STRATUM_RANDOM"),
            (Slot::by(Measure::ReviewShortfalls, Breakdown::Reason, 2), "SHORTFALL_REASON_NO_CASES"),
            (Slot::by(Measure::ReviewCyclesHeld, Breakdown::Level, 6), "REVIEW_LEVEL_STATE"),
            (Slot::by(Measure::CampaignEventsVerified, Breakdown::Kind, 11), "EVENT_KIND_CHAUPAL"),
        ] {
            assert_eq!(slot.key_label().map(|label| label.name), Some(name));
        }
        assert_eq!(Slot::by(Measure::LegalActions, Breakdown::Kind, 2).key_label().unwrap().hi, "प्राथमिकी");
        assert_eq!(Slot::by(Measure::Actions, Breakdown::Kind, 99).key_label(), Some(UNKNOWN));
        assert_eq!(Slot::by(Measure::Visits, Breakdown::Kind, 1).key_label(), Some(UNKNOWN));
        assert_eq!(Slot::whole(Measure::Calls).key_label(), None);
    }

    #[test]
    fn what_may_name_a_woman_is_known_of_every_measure() {
        let open: Vec<Measure> =
            platform::terms::Term::ALL.iter().copied().filter(|m: &Measure| !m.counts_women()).collect();
        assert!(open.contains(&Measure::ReviewSittingsHurried) && open.contains(&Measure::PlacesCovered));
        for women in [
            Measure::Visits,
            Measure::Reopened,
            Measure::ReviewItemsSelected,
            Measure::DirectionsTaken,
            Measure::ActionItemsOverdue,
        ] {
            assert!(!open.contains(&women), "{women:?}");
        }
        assert_eq!(open.len(), 29);
    }
}
