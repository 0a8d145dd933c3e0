//! The vocabulary of the contract as plain enums, each held against it by a test.

use platform::term;

term! {
    /// How a complaint reached the police.
    pub enum Channel: "mahila.intake.v1.Channel" {
        /// She came to the station.
        WalkIn = 1,
        /// She phoned the station.
        Phone = 2,
        /// Emergency call to 112.
        Emergency112 = 3,
        /// Women Power Line 1090.
        WomenPowerLine1090 = 4,
        /// Women's helpline 181.
        WomenHelpline181 = 5,
        /// Childline 1098.
        Childline1098 = 6,
        /// Cyber helpline 1930.
        Cyber1930 = 7,
        /// Chief minister's helpline 1076.
        Cm1076 = 8,
        /// The UPCOP app.
        Upcop = 9,
        /// Jansunwai, the grievance portal.
        Igrs = 10,
        /// Pink booth.
        PinkBooth = 11,
        /// Women's beat.
        Beat = 12,
        /// An awareness event.
        Campaign = 13,
        /// A partner organisation, with her consent.
        Ngo = 14,
        /// By post.
        Post = 15,
        /// From a court.
        Court = 16,
    }
}

term! {
    /// What it is about. Critical ones are marked in the comments: triage within 30 minutes.
    pub enum Category: "mahila.intake.v1.Category" {
        /// Domestic violence.
        DomesticViolence = 1,
        /// Dowry harassment.
        Dowry = 2,
        /// Stalking (BNS 78).
        Stalking = 3,
        /// Eve-teasing, as the police of the state call it (BNS 75, 79).
        EveTeasing = 4,
        /// Rape or sexual assault (BNS 64 to 71). Critical.
        SexualAssault = 5,
        /// Sexual offence against a child. Critical.
        Pocso = 6,
        /// Harassment online.
        CyberHarassment = 7,
        /// Obscene calls.
        ObsceneCalls = 8,
        /// Abduction. Critical.
        Abduction = 9,
        /// Trafficking. Critical.
        Trafficking = 10,
        /// Acid attack (BNS 124). Critical.
        AcidAttack = 11,
        /// Harassment at work.
        Workplace = 12,
        /// A couple that left home.
        Elopement = 13,
        /// Dispute in the family without violence.
        FamilyDispute = 14,
        /// Dispute over property.
        Property = 15,
        /// Child marriage.
        ChildMarriage = 16,
        /// Missing person.
        Missing = 17,
        /// Conduct of the police. Goes past the station.
        PoliceConduct = 18,
        /// Anything else.
        Other = 19,
    }
}

term! {
    /// How great the danger is.
    pub enum Risk: "mahila.intake.v1.Risk" {
        /// Low.
        Low = 1,
        /// Medium.
        Medium = 2,
        /// High.
        High = 3,
        /// Imminent: tell the caller to dial 112 and act at once.
        Imminent = 4,
    }
}

term! {
    /// Where the handling of a complaint stands: ours, beside the investigation of the case.
    pub enum HandlingState: "mahila.intake.v1.HandlingState" {
        /// Recorded.
        Received = 1,
        /// A receipt was offered.
        Acknowledged = 2,
        /// Category, risk and law are settled.
        Triaged = 3,
        /// Something was done for her; she has not yet been asked.
        ActionTaken = 4,
        /// She was asked in private by a woman from outside the station and is not satisfied.
        Reopened = 5,
        /// Final outcome, and she was asked.
        Disposed = 6,
    }
}

term! {
    /// Where the investigation of the case stands. An FIR is not by itself the end of handling.
    pub enum CaseState: "mahila.intake.v1.CaseState" {
        /// Nothing recorded in law yet.
        None = 1,
        /// Non-cognizable report (BNSS 174).
        NonCognizable = 2,
        /// Preliminary enquiry (BNSS 173(3)).
        PreliminaryEnquiry = 3,
        /// First information report of another station's place (BNSS 173(1)).
        ZeroFir = 4,
        /// First information report.
        Fir = 5,
        /// Charge sheet or final report filed (BNSS 193(3)).
        FinalReport = 6,
    }
}

term! {
    /// A step in law, by its number elsewhere: the suite records, it never issues.
    pub enum LegalActionKind: "mahila.intake.v1.LegalActionKind" {
        /// General diary entry.
        GdEntry = 1,
        /// First information report.
        Fir = 2,
        /// Zero FIR.
        ZeroFir = 3,
        /// Non-cognizable report.
        NonCognizableReport = 4,
        /// Preliminary enquiry begun, with the superior's permission.
        PreliminaryEnquiry = 5,
        /// Preventive action.
        Preventive = 6,
        /// Medical examination (BNSS 184).
        MedicalExamination = 7,
        /// Report to the Child Welfare Committee and the Special Court (POCSO 19(6)).
        ChildWelfareReport = 8,
        /// Charge sheet or final report, with its number.
        FinalReport = 9,
        /// A copy of the FIR given to her, free (BNSS 173(2)).
        FirCopyGiven = 10,
    }
}

term! {
    /// Something done for her that is not a step in law.
    pub enum ActionKind: "mahila.intake.v1.ActionKind" {
        /// She was met or phoned, by her safe-contact rules.
        Contacted = 1,
        /// An officer went to the place.
        SiteVisit = 2,
        /// Individual counselling; joint mediation of domestic violence is not offered.
        Counselled = 3,
        /// Referred, with her consent.
        Referred = 4,
        /// The other side was warned or bound over.
        RespondentWarned = 5,
        /// She was brought to safety.
        MovedToSafety = 6,
        /// Her rights were explained (Domestic Violence Act s.5).
        RightsExplained = 7,
    }
}

term! {
    /// What a visit came to.
    pub enum VisitOutcome: "mahila.intake.v1.VisitOutcome" {
        /// A complaint was, or is being, recorded.
        Complaint = 1,
        /// She was told what she asked.
        Information = 2,
        /// She was sent to another service.
        Referred = 3,
        /// She left without being served.
        LeftUnserved = 4,
    }
}

term! {
    /// Who a person is in a complaint.
    pub enum PersonRole: "mahila.intake.v1.PersonRole" {
        /// She who complains.
        Complainant = 1,
        /// She to whom it happened, where another complains.
        Victim = 2,
        /// Another who tells of it; sees "received" and no more.
        Informant = 3,
        /// Complained against.
        Respondent = 4,
        /// Witness.
        Witness = 5,
    }
}

term! {
    /// Whether and how she may be reached. A phone that rings at the wrong hour can get somebody hurt.
    pub enum ContactMode: "mahila.intake.v1.ContactMode" {
        /// Never; she comes or calls herself.
        Never = 1,
        /// By voice, within the hours, with the words agreed.
        Call = 2,
        /// Through a person she trusts.
        ThroughTrusted = 3,
        /// In person, discreetly, by a woman officer out of uniform.
        InPerson = 4,
    }
}

term! {
    /// A limit that runs. Statutory ones never pause and never start again.
    pub enum ClockCode: "mahila.intake.v1.ClockCode" {
        /// Receipt offered: 30 minutes. Service target.
        Acknowledge = 1,
        /// Triage: 4 hours, critical ones 30 minutes. Service target.
        Triage = 2,
        /// First contact by the officer assigned: 24 hours. Service target.
        FirstAction = 3,
        /// The whole, without an FIR: 21 days (the figure of CPGRAMS 2024). Service target.
        Resolve = 4,
        /// Medical examination: 24 hours from the first information (BNSS 184; rape and attempt).
        Medical = 5,
        /// Report to the Child Welfare Committee and Special Court: 24 hours (POCSO 19(6)).
        ChildReport = 6,
        /// Preliminary enquiry: 14 days from receipt (BNSS 173(3), the stricter reading).
        PreliminaryEnquiry = 7,
        /// Investigation: 2 calendar months from the information being recorded (BNSS 193(2)).
        Investigation = 8,
        /// Tell her of the progress: 90 days (BNSS 193(3)(ii)).
        Progress = 9,
        /// Free copy of the FIR, forthwith (BNSS 173(2)): due at once.
        FirCopy = 10,
        /// Ask her, in private: 3 days from the action. Service target.
        Feedback = 11,
    }
}

term! {
    /// What became of a report.
    pub enum CallOutcome: "mahila.intake.v1.CallOutcome" {
        /// First word of this call.
        New = 1,
        /// A later revision: updated.
        Revised = 2,
        /// The same again: nothing changed.
        Repeated = 3,
        /// Older than what is held: nothing changed.
        OutOfDate = 4,
        /// Not taken: `error` says why.
        Refused = 5,
    }
}

term! {
    /// Lawful purposes for which identity may be read (BNS 72, POCSO 23; DPDP Rules 2025 r.6 asks for the log).
    pub enum Purpose: "mahila.type.v1.Purpose" {
        /// To investigate the complaint.
        Investigation = 1,
        /// To reach her, by her safe-contact rules.
        Contact = 2,
        /// To take her to a doctor (BNSS 184).
        Medical = 3,
        /// To refer her with her consent.
        Referral = 4,
        /// To answer a court's order.
        CourtOrder = 5,
        /// Her own request to see or correct what is held about her.
        SubjectRequest = 6,
    }
}

term! {
    /// What a review decided about a complaint.
    pub enum DecisionKind: "mahila.review.v1.DecisionKind" {
        /// Go on as before: no direction.
        Continue = 1,
        /// Register an FIR.
        RegisterFir = 2,
        /// Give it to another officer.
        ChangeOfficer = 3,
        /// Go faster.
        Expedite = 4,
        /// Refer her, with her consent.
        Refer = 5,
        /// Offer individual counselling, with her consent.
        Counsel = 6,
        /// The outcome stands.
        OutcomeSound = 7,
        /// Open it again.
        Reopen = 8,
        /// An enquiry into an officer's conduct.
        DisciplineEnquiry = 9,
    }
}

term! {
    /// At which level a review was held.
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

#[cfg(test)]
mod tests {
    use platform::terms::check;

    use super::*;

    #[test]
    fn terms_are_those_of_the_contract() {
        for held in [
            check::<Channel>(),
            check::<Category>(),
            check::<Risk>(),
            check::<HandlingState>(),
            check::<CaseState>(),
            check::<LegalActionKind>(),
            check::<ActionKind>(),
            check::<VisitOutcome>(),
            check::<PersonRole>(),
            check::<ContactMode>(),
            check::<ClockCode>(),
            check::<CallOutcome>(),
            check::<Purpose>(),
            check::<DecisionKind>(),
            check::<ReviewLevel>(),
        ] {
            assert_eq!(held, Ok(()));
        }
    }
}
