//! The words of review, and the two of intake's that it has to understand.

use platform::directory::UnitKind;

platform::term! {
    /// At which level cases are reviewed. The order is that of rank.
    pub enum ReviewLevel: "mahila.review.v1.ReviewLevel" {
        /// The station house officer chairs.
        Station = 1,
        /// The circle officer chairs.
        Circle = 2,
        /// The head of the district or commissionerate chairs.
        District = 3,
        /// The range head chairs.
        Range = 4,
        /// The zone head chairs.
        Zone = 5,
        /// The head of police chairs.
        State = 6,
    }
}

impl ReviewLevel {
    /// What a unit of this level is.
    #[must_use]
    pub fn unit_kind(self) -> UnitKind {
        match self {
            Self::Station => UnitKind::Station,
            Self::Circle => UnitKind::Circle,
            Self::District => UnitKind::District,
            Self::Range => UnitKind::Range,
            Self::Zone => UnitKind::Zone,
            Self::State => UnitKind::State,
        }
    }

    /// Where a case goes that this level may not, or did not, decide: past the circle, which is a station's neighbour, to the
    /// district, and from there a level at a time. Nobody is above the state.
    #[must_use]
    pub fn above(self) -> Self {
        match self {
            Self::Station | Self::Circle => Self::District,
            Self::District => Self::Range,
            Self::Range => Self::Zone,
            Self::Zone | Self::State => Self::State,
        }
    }

    /// As resource names write it: `station`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Station => "station",
            Self::Circle => "circle",
            Self::District => "district",
            Self::Range => "range",
            Self::Zone => "zone",
            Self::State => "state",
        }
    }
}

platform::term! {
    /// Where a cycle stands.
    pub enum CycleState: "mahila.review.v1.CycleState" {
        /// Expected; nothing is selected.
        Planned = 1,
        /// The docket is frozen.
        Open = 2,
        /// A sitting was convened.
        InSession = 3,
        /// Everything was reviewed, or deferred within the rules.
        Completed = 4,
        /// Over; some items were not reached.
        Partial = 5,
        /// Over; no sitting was held.
        Missed = 6,
    }
}

impl CycleState {
    /// Nothing more happens in it.
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Completed | Self::Partial | Self::Missed)
    }

    /// Its docket is there to be worked on.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::InSession)
    }
}

platform::term! {
    /// Why a complaint is on the docket.
    pub enum Stratum: "mahila.review.v1.Stratum" {
        /// A statutory limit was breached, or falls due before the next cycle.
        Clock = 1,
        /// An action item of an earlier review is overdue.
        ActionOverdue = 2,
        /// Reopened, or she is not satisfied.
        Reopened = 3,
        /// High or imminent danger.
        HighRisk = 4,
        /// The longest open.
        Oldest = 5,
        /// Drawn by lot from all.
        Random = 6,
        /// Carried over.
        Carried = 7,
        /// Late, and its unit below has one of the worst figures.
        WorstBelow = 8,
    }
}

platform::term! {
    /// Why a docket holds fewer cases than the quota.
    pub enum ShortfallReason: "mahila.review.v1.ShortfallReason" {
        /// Fewer were eligible.
        FewCases = 1,
        /// None was.
        NoCases = 2,
    }
}

platform::term! {
    /// Why a complaint is carried to a docket.
    pub enum CarriedReason: "mahila.review.v1.CarriedReason" {
        /// The cycle before ended without it.
        NotReached = 1,
        /// It was put off to this one.
        Deferred = 2,
        /// It was put off too often below.
        SentUp = 3,
        /// No station may decide it: its own is a party to it, or it waits in the district's queue.
        NoStation = 4,
    }
}

platform::term! {
    /// Where an item of the docket stands.
    pub enum ItemState: "mahila.review.v1.ItemState" {
        /// On the docket.
        Listed = 1,
        /// Decided.
        Reviewed = 2,
        /// Put off.
        Deferred = 3,
        /// The cycle ended before it was called.
        NotReached = 4,
    }
}

platform::term! {
    /// Why a case was put off.
    pub enum DeferralReason: "mahila.review.v1.DeferralReason" {
        /// The officer who handles it is not there.
        OfficerAbsent = 1,
        /// A report or a record is awaited.
        ReportAwaited = 2,
        /// The medical report is awaited.
        MedicalAwaited = 3,
        /// A court has it before it.
        BeforeCourt = 4,
        /// She asked for time.
        SheAsked = 5,
        /// Nobody who sits may decide it.
        Recused = 6,
    }
}

platform::term! {
    /// What was decided about a case.
    pub enum DecisionKind: "mahila.review.v1.DecisionKind" {
        /// Go on as before.
        Continue = 1,
        /// Register an FIR.
        RegisterFir = 2,
        /// Give it to another officer.
        ChangeOfficer = 3,
        /// Go faster.
        Expedite = 4,
        /// Refer her.
        Refer = 5,
        /// Offer individual counselling.
        Counsel = 6,
        /// The outcome stands.
        OutcomeSound = 7,
        /// Open it again.
        Reopen = 8,
        /// An enquiry into an officer's conduct.
        DisciplineEnquiry = 9,
    }
}

impl DecisionKind {
    /// Somebody must do something, which another verifies.
    #[must_use]
    pub fn owes_action(self) -> bool {
        !matches!(self, Self::Continue | Self::OutcomeSound)
    }
}

platform::term! {
    /// Where an action item stands.
    pub enum ActionItemState: "mahila.review.v1.ActionItemState" {
        /// Owed.
        Open = 1,
        /// Said to be done.
        Claimed = 2,
        /// Another found it done.
        Verified = 3,
        /// Another found it not done: owed again.
        Rejected = 4,
    }
}

platform::term! {
    /// Where a sitting stands.
    pub enum SittingState: "mahila.review.v1.SittingState" {
        /// Chair and quorum are there.
        Convened = 1,
        /// A second person signed the minutes.
        Signed = 2,
        /// Its cycle closed before anybody signed.
        NotHeld = 3,
    }
}

platform::term! {
    /// Where the handling of a complaint stands, as intake tells it.
    pub enum HandlingState: "mahila.intake.v1.HandlingState" {
        /// Recorded.
        Received = 1,
        /// A receipt was offered.
        Acknowledged = 2,
        /// Category, risk and law are settled.
        Triaged = 3,
        /// Something was done for her.
        ActionTaken = 4,
        /// She is not satisfied.
        Reopened = 5,
        /// Final outcome, and she was asked.
        Disposed = 6,
    }
}

platform::term! {
    /// The danger, as intake tells it.
    pub enum Risk: "mahila.intake.v1.Risk" {
        /// Low.
        Low = 1,
        /// Medium.
        Medium = 2,
        /// High.
        High = 3,
        /// Imminent.
        Imminent = 4,
    }
}

#[cfg(test)]
mod tests {
    use platform::terms::check;

    use super::*;

    #[test]
    fn words_are_those_of_the_contract() {
        let all = [
            check::<ReviewLevel>(),
            check::<CycleState>(),
            check::<Stratum>(),
            check::<ShortfallReason>(),
            check::<CarriedReason>(),
            check::<ItemState>(),
            check::<DeferralReason>(),
            check::<DecisionKind>(),
            check::<ActionItemState>(),
            check::<SittingState>(),
            check::<HandlingState>(),
            check::<Risk>(),
        ];
        assert_eq!(all.into_iter().collect::<Result<Vec<()>, _>>().map(|_| ()), Ok(()));
    }

    #[test]
    fn what_a_station_may_not_decide_goes_past_the_circle() {
        use ReviewLevel::{Circle, District, Range, State, Station, Zone};
        let above = [Station, Circle, District, Range, Zone, State].map(ReviewLevel::above);
        assert_eq!(above, [District, District, Range, Zone, State, State]);
    }
}
