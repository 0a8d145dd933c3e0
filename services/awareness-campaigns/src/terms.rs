//! The vocabulary of the contract as plain enums, each held against it by a test.

use platform::term;

term! {
    /// What kind of event it is.
    pub enum EventKind: "mahila.campaign.v1.EventKind" {
        /// In a school.
        School = 1,
        /// In a college.
        College = 2,
        /// In a village council.
        GramPanchayat = 3,
        /// In a town ward.
        Ward = 4,
        /// In a market.
        Market = 5,
        /// At a place of work.
        Workplace = 6,
        /// A rally.
        Rally = 7,
        /// Training in self-defence.
        SelfDefence = 8,
        /// Safety online.
        CyberSafety = 9,
        /// Legal aid camp.
        LegalAidCamp = 10,
        /// Women's meeting in a village.
        Chaupal = 11,
        /// In the media.
        Media = 12,
    }
}

term! {
    /// Where an event stands. Only a verified event counts as held.
    pub enum EventState: "mahila.campaign.v1.EventState" {
        /// Planned by its organiser.
        Proposed = 1,
        /// The circle officer or superintendent agreed; it may be held.
        Approved = 2,
        /// Its organiser says that it was held: claimed, not counted as held.
        Reported = 3,
        /// Another than the reporter and the partner found it held, with two kinds of evidence.
        Verified = 4,
        /// Whoever checked it found the claim wrong or unproven.
        Disputed = 5,
        /// Not reported within 72 hours of its end: not held.
        Lapsed = 6,
        /// Called off before it was held, with a reason.
        Cancelled = 7,
        /// Not approved, with a reason.
        Rejected = 8,
    }
}

term! {
    /// What proves an event.
    pub enum EvidenceKind: "mahila.campaign.v1.EvidenceKind" {
        /// Taken in the app with the nonce of the day.
        Photo = 1,
        /// A location fix on the spot.
        Geo = 2,
        /// The signed attendance register.
        RegisterScan = 3,
        /// The partner attests.
        PartnerAttest = 4,
        /// The head of the venue attests (school head, village head).
        VenueHeadAttest = 5,
        /// Attendance scanned by the host.
        HostScan = 6,
    }
}

term! {
    /// Whether a partner may work with us.
    pub enum VettingState: "mahila.campaign.v1.VettingState" {
        /// Not yet looked at.
        Pending = 1,
        /// Looked at and accepted.
        Vetted = 2,
        /// May not be given new events.
        Suspended = 3,
    }
}

term! {
    /// What looks odd about a report. A signal is no verdict: whoever verifies sees it.
    pub enum Signal: "mahila.campaign.v1.Signal" {
        /// The same photograph stands under another event.
        PhotoRepeated = 1,
        /// The photograph was taken before the event began.
        PhotoTooOld = 2,
        /// The location fix is more than two kilometres from the place.
        FarFromVenue = 3,
        /// Another event stands at the same place within the hour.
        SamePlaceAndHour = 4,
        /// More than one and a half times the capacity.
        OverCapacity = 5,
        /// The device said that its location was made up.
        MockLocation = 6,
    }
}

term! {
    /// Why an event is not approved. A closed list, as are the two below: words about people have no place here.
    pub enum RejectionReason: "mahila.campaign.v1.RejectionReason" {
        /// It says too little to be decided.
        Incomplete = 1,
        /// Another event stands at that place or time.
        Clash = 2,
        /// Women cannot come there safely, or not all can.
        VenueUnsuitable = 3,
        /// It does not serve the campaign.
        NotOfTheCampaign = 4,
        /// Law and order do not allow it then.
        LawAndOrder = 5,
    }
}

term! {
    /// Why an event is called off.
    pub enum CancellationReason: "mahila.campaign.v1.CancellationReason" {
        /// Weather.
        Weather = 1,
        /// The place is not to be had.
        VenueUnavailable = 2,
        /// The organiser or the partner cannot hold it.
        OrganiserUnavailable = 3,
        /// Law and order.
        LawAndOrder = 4,
        /// Gatherings are forbidden: an epidemic, an election.
        GatheringsForbidden = 5,
        /// It is planned anew, as another event.
        Replanned = 6,
    }
}

term! {
    /// Why a claim is not believed.
    pub enum DisputeReason: "mahila.campaign.v1.DisputeReason" {
        /// It was not held.
        NotHeld = 1,
        /// Far fewer came than claimed.
        CountsWrong = 2,
        /// It is not proven.
        NotProven = 3,
        /// What is shown is of another event, place or day.
        EvidenceOfAnother = 4,
        /// The same event was reported twice.
        Doubled = 5,
    }
}

term! {
    /// What a partner organisation is.
    pub enum PartnerKind: "mahila.campaign.v1.PartnerKind" {
        /// Non-governmental organisation.
        Ngo = 1,
        /// Women's self-help group or a federation of them.
        SelfHelpGroup = 2,
        /// Legal services authority.
        LegalServices = 3,
        /// School, college or university.
        Education = 4,
        /// A department of the government.
        Department = 5,
        /// A company.
        Company = 6,
    }
}

term! {
    /// Why a partner is suspended. A closed list: words about people have no place here.
    pub enum SuspensionReason: "mahila.campaign.v1.SuspensionReason" {
        /// Its agreement ran out or was ended.
        AgreementEnded = 1,
        /// It reported what was not so.
        FalseReports = 2,
        /// Its conduct towards women is being looked into.
        Conduct = 3,
        /// Its registration is not valid.
        RegistrationInvalid = 4,
        /// It asked for it.
        OwnWish = 5,
    }
}

/// A stored number's term.
///
/// # Errors
/// The number, where this release does not know it.
pub(crate) fn of_number<T: platform::terms::Term>(number: i16) -> Result<T, UnknownTerm> {
    T::from_number(number.into()).ok_or(UnknownTerm(T::CONTRACT, number))
}

/// A number that this release does not know: written by a newer one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownTerm(&'static str, i16);

impl std::fmt::Display for UnknownTerm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is no value of {} here", self.1, self.0)
    }
}

impl std::error::Error for UnknownTerm {}

#[cfg(test)]
mod tests {
    use platform::terms::check;

    use super::*;

    #[test]
    fn terms_are_those_of_the_contract() {
        for held in [
            check::<EventKind>(),
            check::<EventState>(),
            check::<EvidenceKind>(),
            check::<VettingState>(),
            check::<Signal>(),
            check::<RejectionReason>(),
            check::<CancellationReason>(),
            check::<DisputeReason>(),
            check::<PartnerKind>(),
            check::<SuspensionReason>(),
        ] {
            assert_eq!(held, Ok(()));
        }
    }
}
