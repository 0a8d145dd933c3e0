//! States that the rules of counting look at. All other words of the journals are counted by their numbers, and read out by
//! the contract's labels.

platform::term! {
    /// What became of a desk on one day.
    pub enum DeskDayStatus: "mahila.registry.v1.DeskDayStatus" {
        /// The day is not over.
        Expected = 1,
        /// Two women were there through the hours.
        Compliant = 2,
        /// Not two women through the hours.
        Understaffed = 3,
        /// No roster was published.
        Unrostered = 4,
        /// Rostered, nobody checked in.
        Absent = 5,
        /// Not a sign of life that day.
        Silent = 6,
    }
}

platform::term! {
    /// Where the handling of a complaint stands.
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
    /// Where a review cycle stands.
    pub enum CycleState: "mahila.review.v1.CycleState" {
        /// Expected.
        Planned = 1,
        /// The docket is frozen.
        Open = 2,
        /// A sitting was convened.
        InSession = 3,
        /// Every item was reviewed or deferred.
        Completed = 4,
        /// Some items were not reached.
        Partial = 5,
        /// No sitting was held.
        Missed = 6,
    }
}

platform::term! {
    /// Where an action item stands.
    pub enum ActionItemState: "mahila.review.v1.ActionItemState" {
        /// Owed.
        Open = 1,
        /// The owner says that it is done.
        Claimed = 2,
        /// Another found it done.
        Verified = 3,
        /// Another found it not done.
        Rejected = 4,
    }
}

platform::term! {
    /// Where an awareness event stands.
    pub enum EventState: "mahila.campaign.v1.EventState" {
        /// Planned by its organiser.
        Proposed = 1,
        /// It may be held.
        Approved = 2,
        /// Its organiser says that it was held.
        Reported = 3,
        /// Another found it held.
        Verified = 4,
        /// The claim was found wrong or unproven.
        Disputed = 5,
        /// Not reported in time.
        Lapsed = 6,
        /// Called off.
        Cancelled = 7,
        /// Not approved.
        Rejected = 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_those_of_the_contract() {
        platform::terms::check::<DeskDayStatus>().unwrap();
        platform::terms::check::<HandlingState>().unwrap();
        platform::terms::check::<CycleState>().unwrap();
        platform::terms::check::<ActionItemState>().unwrap();
        platform::terms::check::<EventState>().unwrap();
    }
}
