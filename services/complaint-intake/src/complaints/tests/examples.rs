//! The rules by example.

use chrono::Duration;
use platform::terms::Term as _;

use super::{decision, noon, registered, told};
use crate::complaints::complaint::Change;
use crate::complaints::event::What;
use crate::complaints::feedback::{Asker, Told};
use crate::complaints::register::NewComplaint;
use crate::complaints::steps::Triage;
use crate::terms::{ActionKind, Category, Channel, ClockCode, DecisionKind, HandlingState, LegalActionKind, Risk};

#[test]
fn a_child_is_whoever_is_not_known_to_be_of_age_where_the_law_asks() {
    for (category, known, child) in [
        (Category::Pocso, None, true),
        (Category::Pocso, Some(false), true),
        (Category::SexualAssault, None, true),
        (Category::SexualAssault, Some(false), false),
        (Category::EveTeasing, None, false),
        (Category::EveTeasing, Some(true), true),
        (Category::Property, Some(true), true),
    ] {
        let complaint =
            NewComplaint { child: known, ..told(category) }.register("R".into(), None, "posts/d", noon()).complaint;
        assert_eq!(complaint.child, child, "{category:?} {known:?}");
        let report = complaint.clocks.of(ClockCode::ChildReport).is_some();
        assert_eq!(report, child && category != Category::Property, "POCSO knows no offence against property");
    }
}

#[test]
fn critical_ones_are_triaged_in_half_an_hour_and_only_rape_asks_for_a_doctor() {
    for category in Category::ALL {
        let complaint = registered(*category);
        let triage = complaint.clocks.of(ClockCode::Triage).unwrap();
        let minutes = (triage.due_at - triage.started_at).num_minutes();
        assert_eq!(minutes, if category.is_critical() { 30 } else { 240 }, "{}", category.name());
        let medical = complaint.clocks.of(ClockCode::Medical).is_some();
        assert_eq!(medical, *category == Category::SexualAssault, "{}", category.name());
    }
    let imminent = NewComplaint { risk: Some(Risk::Imminent), ..told(Category::Dowry) };
    let complaint = imminent.register("R".into(), None, "posts/d", noon()).complaint;
    let triage = complaint.clocks.of(ClockCode::Triage).unwrap();
    assert_eq!((triage.due_at - triage.started_at).num_minutes(), 30);
}

#[test]
fn a_preliminary_enquiry_runs_fourteen_days_from_receipt_whenever_it_was_permitted() {
    let complaint = registered(Category::Dowry);
    let later = noon() + Duration::days(5);
    let enquiry = complaint.legal_action(LegalActionKind::PreliminaryEnquiry, None, later).unwrap().complaint;
    let clock = enquiry.clocks.of(ClockCode::PreliminaryEnquiry).unwrap();
    assert_eq!(clock.started_at, noon());
    assert_eq!(platform::clock::ist_day(clock.due_at).to_string(), "2020-11-06");
    let fir = enquiry.legal_action(LegalActionKind::Fir, None, later).unwrap().complaint;
    assert!(!fir.clocks.of(ClockCode::PreliminaryEnquiry).unwrap().runs());
}

#[test]
fn the_copy_of_the_fir_is_due_from_the_day_of_the_fir_not_from_its_record() {
    let complaint = registered(Category::Dowry);
    let later = noon() + Duration::days(3);
    let day = platform::clock::ist_day(noon() + Duration::days(1));
    let fir = complaint.legal_action(LegalActionKind::Fir, Some(day), later).unwrap().complaint;
    let copy = fir.clocks.of(ClockCode::FirCopy).unwrap();
    assert_eq!(platform::clock::ist_day(copy.due_at), day);
    assert!(copy.breach_at < later, "it is late already");
    let given = fir.legal_action(LegalActionKind::FirCopyGiven, None, later).unwrap();
    assert!(given.complaint.clocks.of(ClockCode::FirCopy).unwrap().breached);
    assert!(given.events.iter().any(|event| matches!(&event.what, What::Breached(b) if b.code == ClockCode::FirCopy)));
}

#[test]
fn a_decision_to_reopen_reopens_what_had_come_to_an_outcome_and_what_was_answered_is_asked_again() {
    let triage = Triage { category: Category::FamilyDispute, risk: Risk::Low, law_sections: vec![], child: false };
    let triaged = registered(Category::FamilyDispute).triage(&triage, noon()).unwrap().complaint;
    let acted = triaged.act(ActionKind::SiteVisit, true, noon()).unwrap().complaint;
    let told = Told { reached: true, in_private: true, satisfied: true };
    let asker = Asker { woman: true, of_station: false, acted: false };
    let disposed = acted.feedback(told, &asker, noon()).unwrap().complaint;
    assert_eq!((disposed.handling, disposed.due()), (HandlingState::Disposed, None));

    let later = noon() + Duration::days(30);
    let change = disposed.direct(&decision(1, DecisionKind::Reopen, later), later).unwrap();
    let kinds: Vec<bool> = change.events.iter().map(|event| matches!(event.what, What::Directed { .. })).collect();
    assert!(kinds[0] && kinds.iter().filter(|directed| **directed).count() == 1);
    assert!(matches!(change.events[0].what, What::Directed { kind: DecisionKind::Reopen, changed_state: true }));
    assert!(matches!(
        change.events[1].what,
        What::Moved { from: HandlingState::Disposed, to: HandlingState::Reopened, .. }
    ));
    let reopened = change.complaint;
    assert!(!reopened.satisfied);
    let resolve = reopened.clocks.of(ClockCode::Resolve).unwrap();
    assert!(resolve.runs() && resolve.breach_at < later, "its limit goes on as if it had never stopped");

    let acted = reopened.act(ActionKind::MovedToSafety, true, later).unwrap().complaint;
    assert_eq!(acted.handling, HandlingState::ActionTaken);
    assert!(acted.directions[0].followed && acted.clocks.of(ClockCode::Feedback).unwrap().runs(), "she is asked again");

    let in_work = registered(Category::FamilyDispute);
    let change = in_work.direct(&decision(2, DecisionKind::Reopen, noon()), noon()).unwrap();
    assert_eq!(change.complaint.handling, HandlingState::Received, "what is in work goes on");
    assert!(
        matches!(change.events[..], [ref event] if matches!(event.what, What::Directed { changed_state: false, .. }))
    );
    assert_eq!(in_work.direct(&decision(3, DecisionKind::Continue, noon()), noon()), None);
}

#[test]
fn who_recorded_it_is_told_again_at_triage_whoever_met_her_since() {
    let by_a_man = NewComplaint { by_woman: false, channel: Channel::Phone, ..told(Category::Other) };
    let complaint = by_a_man.register("R".into(), None, "posts/d", noon()).complaint;
    let met = complaint.act(ActionKind::SiteVisit, true, noon()).unwrap().complaint;
    assert!(met.heard_by_woman && !met.recorded_by_woman);
    let triage = Triage { category: Category::PoliceConduct, risk: Risk::Low, law_sections: vec![], child: false };
    let change = met.triage(&triage, noon()).unwrap();
    let What::Triaged { counted_before: Some(before), .. } = &change.events[0].what else { panic!("{change:?}") };
    assert_eq!((before.place.station.as_str(), before.recorded_by_woman), ("ps-157-001", false));
    assert_eq!((before.channel, before.handling), (Channel::Phone, HandlingState::Received));
    assert_eq!(change.events[0].place.station, "");
}

#[test]
fn the_statutory_day_told_is_of_the_earliest_that_runs_also_when_it_passed() {
    let day = |text: &str| Some(text.parse::<chrono::NaiveDate>().unwrap());
    let told_of = |change: &Change| change.events[0].place.statutory_due;
    let plain = told(Category::Dowry).register("R".into(), None, "posts/d", noon());
    assert_eq!(told_of(&plain), None, "what we set ourselves is not the law's");
    let registered = told(Category::SexualAssault).register("R".into(), None, "posts/d", noon());
    assert_eq!(told_of(&registered), day("2020-10-24"), "the doctor, in a day");
    let late = noon() + Duration::days(9);
    let still = registered.complaint.act(ActionKind::SiteVisit, true, late).unwrap();
    assert_eq!(told_of(&still), day("2020-10-24"), "it passed, and runs");
    let doctor = still.complaint.legal_action(LegalActionKind::MedicalExamination, None, late).unwrap();
    let report = doctor.complaint.legal_action(LegalActionKind::ChildWelfareReport, None, late).unwrap();
    assert_eq!(told_of(&report), None, "all of them are met");
    let fir = report.complaint.legal_action(LegalActionKind::Fir, None, late).unwrap();
    assert_eq!(told_of(&fir), day("2020-11-01"), "the copy of the FIR, forthwith");
    let copy = fir.complaint.legal_action(LegalActionKind::FirCopyGiven, None, late).unwrap();
    assert_eq!(told_of(&copy), day("2020-12-23"), "the investigation, in two months");
}
