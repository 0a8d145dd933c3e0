//! The words of intake that figures are broken down by. They are counted by their numbers; the names are for reading out.

platform::term! {
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
        /// Jansunwai.
        Igrs = 10,
        /// Pink booth.
        PinkBooth = 11,
        /// Women's beat.
        Beat = 12,
        /// An awareness event.
        Campaign = 13,
        /// A partner organisation.
        Ngo = 14,
        /// By post.
        Post = 15,
        /// From a court.
        Court = 16,
    }
}

platform::term! {
    /// What it is about.
    pub enum Category: "mahila.intake.v1.Category" {
        /// Domestic violence.
        DomesticViolence = 1,
        /// Dowry harassment.
        Dowry = 2,
        /// Stalking.
        Stalking = 3,
        /// Eve-teasing.
        EveTeasing = 4,
        /// Rape or sexual assault.
        SexualAssault = 5,
        /// Sexual offence against a child.
        Pocso = 6,
        /// Harassment online.
        CyberHarassment = 7,
        /// Obscene calls.
        ObsceneCalls = 8,
        /// Abduction.
        Abduction = 9,
        /// Trafficking.
        Trafficking = 10,
        /// Acid attack.
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
        /// Conduct of the police.
        PoliceConduct = 18,
        /// Anything else.
        Other = 19,
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
    /// Something done for her that is not a step in law.
    pub enum ActionKind: "mahila.intake.v1.ActionKind" {
        /// She was met or phoned.
        Contacted = 1,
        /// An officer went to the place.
        SiteVisit = 2,
        /// Individual counselling.
        Counselled = 3,
        /// Referred, with her consent.
        Referred = 4,
        /// The other side was warned.
        RespondentWarned = 5,
        /// She was brought to safety.
        MovedToSafety = 6,
        /// Her rights were explained.
        RightsExplained = 7,
    }
}

platform::term! {
    /// A step in law.
    pub enum LegalActionKind: "mahila.intake.v1.LegalActionKind" {
        /// General diary entry.
        GdEntry = 1,
        /// First information report.
        Fir = 2,
        /// Zero FIR.
        ZeroFir = 3,
        /// Non-cognizable report.
        NonCognizableReport = 4,
        /// Preliminary enquiry begun.
        PreliminaryEnquiry = 5,
        /// Preventive action.
        Preventive = 6,
        /// Medical examination.
        MedicalExamination = 7,
        /// Report to the Child Welfare Committee.
        ChildWelfareReport = 8,
        /// Charge sheet or final report.
        FinalReport = 9,
        /// A copy of the FIR given to her.
        FirCopyGiven = 10,
    }
}

platform::term! {
    /// A limit that runs.
    pub enum ClockCode: "mahila.intake.v1.ClockCode" {
        /// Receipt offered.
        Acknowledge = 1,
        /// Triage.
        Triage = 2,
        /// First contact.
        FirstAction = 3,
        /// The whole, without an FIR.
        Resolve = 4,
        /// Medical examination.
        Medical = 5,
        /// Report to the Child Welfare Committee.
        ChildReport = 6,
        /// Preliminary enquiry.
        PreliminaryEnquiry = 7,
        /// Investigation.
        Investigation = 8,
        /// Tell her of the progress.
        Progress = 9,
        /// Free copy of the FIR.
        FirCopy = 10,
        /// Ask her, in private.
        Feedback = 11,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_those_of_the_contract() {
        platform::terms::check::<Channel>().unwrap();
        platform::terms::check::<Category>().unwrap();
        platform::terms::check::<HandlingState>().unwrap();
        platform::terms::check::<ActionKind>().unwrap();
        platform::terms::check::<LegalActionKind>().unwrap();
        platform::terms::check::<ClockCode>().unwrap();
    }
}
