//! The rules of events, case by case; and the whole machine against a model ([`model`]).

mod model;

use chrono::{DateTime, Duration, Utc};
use platform::Refusal;
use uuid::Uuid;

use super::event::{Claim, Dossier, Event, Move, Reached, Venue};
use super::plan::Proposal;
use super::steps::Decision;
use super::verify::{Grounds, Verdict};
use crate::campaigns::{Campaign, Goals};
use crate::evidence::{Exhibit, Shown};
use crate::partners::Partner;
use crate::samples::{at, day};
use crate::terms::{CancellationReason, DisputeReason, EventKind, EventState, EvidenceKind, VettingState};
use crate::viewer::principal_of;

const SHO: &str = "posts/sho";
const CO: &str = "posts/co";
const SSP: &str = "posts/ssp";

/// Planned for Saturday, eleven to one.
fn starts() -> DateTime<Utc> {
    at("2020-10-24 11:00")
}

fn ends() -> DateTime<Utc> {
    at("2020-10-24 13:00")
}

fn partner() -> Partner {
    Partner { vetting: VettingState::Vetted, ..crate::partners::tests::registered() }
}

fn campaign() -> Campaign {
    Campaign {
        id: Uuid::from_u128(1),
        phase: "mission-shakti-1".into(),
        theme_en: "Safety".into(),
        theme_hi: "सुरक्षा".into(),
        goals: Goals::default(),
        unit: "up".into(),
        from: day("2020-10-17"),
        to: day("2020-10-31"),
        version: 1,
    }
}

fn proposal(kind: EventKind, with: Option<&Partner>) -> Proposal {
    Proposal {
        id: Uuid::from_u128(2),
        title: "महिला चौपाल".into(),
        kind,
        station: "ps-157-001".into(),
        district: "district-157".into(),
        venue: Venue {
            display_name: "Panchayat Bhawan".into(),
            place_code: "123456".into(),
            location: None,
            capacity: 100,
        },
        partner: with.map(|partner| partner.id),
        starts_at: starts(),
        ends_at: ends(),
    }
}

fn proposed(with: Option<&Partner>) -> Event {
    proposal(EventKind::Chaupal, with).propose(&campaign(), with, SHO, at("2020-10-23 10:00")).unwrap().event
}

fn approved(with: Option<&Partner>) -> Event {
    proposed(with).decide(Decision::Approved, with, CO, at("2020-10-23 12:00")).unwrap().event
}

fn women(women: i32) -> Reached {
    Reached { women, ..Reached::default() }
}

fn claim(reached: Reached) -> Claim {
    Claim { started_at: starts(), ended_at: ends(), reached, leads: 0 }
}

fn reported(with: Option<&Partner>) -> Event {
    approved(with).report(claim(women(40)), SHO, at("2020-10-24 18:00")).unwrap().event
}

fn shown(event: &Event, kind: EvidenceKind) -> Shown {
    Shown {
        kind,
        sha256: Some([7; 32]),
        captured_at: starts(),
        geo: None,
        nonce: if kind == EvidenceKind::Photo { event.nonce() } else { String::new() },
    }
}

fn exhibits(event: &Event, kinds: &[EvidenceKind], by: &str) -> Vec<Exhibit> {
    let keep = |kind: &EvidenceKind| Exhibit { evidence: shown(event, *kind).keep(by, ends()), repeated: false };
    kinds.iter().map(keep).collect()
}

fn proof(event: &Event) -> Vec<Exhibit> {
    exhibits(event, &[EvidenceKind::Photo, EvidenceKind::RegisterScan], SHO)
}

fn reason<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    result.unwrap_err().reason()
}

fn wrong<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Vec<String> {
    result.unwrap_err().violations().iter().map(|violation| violation.field.clone()).collect()
}

#[test]
fn an_event_goes_its_whole_way_and_the_journal_is_told_each_move() {
    let now = at("2020-10-24 20:00");
    let new = proposal(EventKind::Chaupal, None).propose(&campaign(), None, SHO, at("2020-10-23 10:00")).unwrap();
    assert_eq!((new.moved.from, new.moved.to, new.moved.reached), (None, EventState::Proposed, None));
    let reported = approved(None).report(claim(women(40)), SHO, now).unwrap();
    assert_eq!(reported.moved.reached, Some(women(40)));
    let exhibits = proof(&reported.event);
    let grounds = Grounds { exhibits: &exhibits, held_already: None };
    let Move { event, moved } = reported.event.verify(Verdict::Held(women(35)), grounds, SSP, now).unwrap();
    assert_eq!((event.state, event.found, event.version), (EventState::Verified, Some(women(35)), 4));
    assert_eq!((moved.from, moved.to), (Some(EventState::Reported), EventState::Verified));
    assert_eq!((moved.reached, moved.day), (Some(women(35)), day("2020-10-24")));
    assert_eq!(moved.counted.planned_day, day("2020-10-24"));
}

#[test]
fn whoever_proposed_it_cannot_decide_on_it() {
    let now = at("2020-10-23 12:00");
    assert_eq!(reason(proposed(None).decide(Decision::Approved, None, SHO, now)), "SAME_PERSON");
}

#[test]
fn an_event_with_an_unfit_partner_is_neither_proposed_nor_approved() {
    let fit = partner();
    let now = at("2020-10-23 12:00");
    for unfit in [
        Partner { vetting: VettingState::Pending, ..fit.clone() },
        Partner { vetting: VettingState::Suspended, ..fit.clone() },
        Partner { mou_valid_to: day("2020-10-23"), ..fit.clone() },
    ] {
        let refused = proposal(EventKind::Chaupal, Some(&unfit)).propose(&campaign(), Some(&unfit), SHO, now);
        assert_eq!(reason(refused), "PARTNER_NOT_VETTED");
        // Fit when it was proposed, and no more.
        let refused = proposed(Some(&fit)).decide(Decision::Approved, Some(&unfit), CO, now);
        assert_eq!(reason(refused), "PARTNER_NOT_VETTED");
    }
}

#[test]
fn an_approval_is_for_a_day_and_a_claim_of_what_was() {
    let now = at("2020-10-25 09:00");
    let on = |starts: &str, ends: &str, leads| {
        let claim = Claim { started_at: at(starts), ended_at: at(ends), reached: women(40), leads };
        approved(None).report(claim, SHO, now)
    };
    assert!(on("2020-10-24 00:00", "2020-10-24 23:00", 40).is_ok());
    assert_eq!(wrong(on("2020-10-25 08:00", "2020-10-25 08:30", 0)), ["started_at"]);
    assert_eq!(wrong(on("2020-10-24 11:00", "2020-10-24 11:00", 41)), ["ended_at", "leads"]);
    assert_eq!(wrong(on("2020-10-25 09:01", "2020-10-25 09:30", 0)), ["started_at", "started_at", "ended_at"]);
}

#[test]
fn what_is_not_reported_within_72_hours_lapsed_whether_or_not_anybody_swept() {
    let event = approved(None);
    let last = ends() + Duration::hours(72);
    let after = last + Duration::microseconds(1);
    assert!(event.report(claim(women(1)), SHO, last).is_ok(), "the last instant counts");
    assert_eq!(event.lapse(last), None);
    let late = event.report(claim(women(1)), SHO, after).unwrap_err();
    assert_eq!(late.reason(), "STATE_FORBIDS");
    let lapsed = event.lapse(at("2020-11-05 10:00")).unwrap();
    assert_eq!(lapsed.event.state, EventState::Lapsed);
    assert_eq!(lapsed.moved.day, day("2020-10-27"), "told for the day on which it lapsed");
    assert_eq!(lapsed.event.lapse(at("2020-11-05 10:00")), None, "once");
}

#[test]
fn what_should_be_over_cannot_be_called_off() {
    let event = approved(None);
    let reason_of =
        |now| event.cancel(CancellationReason::Weather, now).map(|_| ()).map_err(|refusal| refusal.reason());
    assert_eq!(reason_of(ends()), Ok(()));
    assert_eq!(reason_of(ends() + Duration::microseconds(1)), Err("TOO_LATE"));
    assert_eq!(reason(proposed(None).decide(Decision::Approved, None, CO, ends() + Duration::hours(1))), "TOO_LATE");
}

#[test]
fn a_photograph_bears_the_nonce_of_its_event_and_only_the_partner_attests_for_it() {
    let partner = partner();
    let (with, without) = (approved(Some(&partner)), approved(None));
    let foreign = Shown { nonce: "00000000".into(), ..shown(&with, EvidenceKind::Photo) };
    assert_eq!(wrong(with.attach(&foreign, 0, SHO, ends())), ["evidence.nonce"]);
    assert!(with.attach(&shown(&with, EvidenceKind::Photo), 0, SHO, ends()).is_ok());
    let attest = shown(&with, EvidenceKind::PartnerAttest);
    assert!(with.attach(&attest, 0, &principal_of(partner.id), ends()).is_ok());
    assert_eq!(wrong(with.attach(&attest, 0, SHO, ends())), ["evidence.kind"]);
    assert_eq!(wrong(without.attach(&attest, 0, &principal_of(partner.id), ends())), ["evidence.kind"]);
    assert_eq!(wrong(with.attach(&attest, 20, &principal_of(partner.id), ends())), ["evidence"]);
}

#[test]
fn nobody_with_a_part_in_an_event_checks_it() {
    let partner = partner();
    let event = reported(Some(&partner));
    let by_co = exhibits(&event, &[EvidenceKind::RegisterScan, EvidenceKind::VenueHeadAttest], CO);
    let check = |by: &str, verdict| {
        let grounds = Grounds { exhibits: &by_co, held_already: None };
        event.verify(verdict, grounds, by, ends()).map(|_| ()).map_err(|refusal| refusal.reason())
    };
    for verdict in [Verdict::Held(women(1)), Verdict::Disputed(DisputeReason::NotHeld)] {
        assert_eq!(check(SHO, verdict), Err("SAME_PERSON"), "organised and reported it");
        assert_eq!(check(CO, verdict), Err("SAME_PERSON"), "attached to it");
        assert_eq!(check(&principal_of(partner.id), verdict), Err("SAME_PERSON"), "is of the partner");
        assert_eq!(check(SSP, verdict), Ok(()));
    }
    let by_partner = approved(Some(&partner)).report(claim(women(1)), SSP, ends()).unwrap().event;
    let grounds = Grounds { exhibits: &by_co, held_already: None };
    assert_eq!(reason(by_partner.verify(Verdict::Held(women(1)), grounds, SSP, ends())), "SAME_PERSON", "reported it");
}

#[test]
fn two_kinds_of_evidence_make_an_event_and_two_of_one_kind_do_not() {
    use EvidenceKind::{Geo, Photo, RegisterScan};

    let event = reported(None);
    for (kinds, enough) in [
        (&[][..], false),
        (&[Photo][..], false),
        (&[Photo, Photo, Photo][..], false),
        (&[Photo, Geo][..], true),
        (&[Photo, Photo, RegisterScan][..], true),
    ] {
        let exhibits = exhibits(&event, kinds, SHO);
        let grounds = Grounds { exhibits: &exhibits, held_already: None };
        assert_eq!(event.verify(Verdict::Held(women(1)), grounds, SSP, ends()).is_ok(), enough, "{kinds:?}");
        assert!(event.verify(Verdict::Disputed(DisputeReason::NotProven), grounds, SSP, ends()).is_ok());
    }
}

#[test]
fn an_event_that_is_held_already_or_that_nobody_came_to_is_not_verified() {
    let event = reported(None);
    let exhibits = proof(&event);
    let twice = Grounds { exhibits: &exhibits, held_already: Some("campaigns/a/events/b") };
    assert_eq!(reason(event.verify(Verdict::Held(women(1)), twice, SSP, ends())), "HELD_ALREADY");
    assert!(event.verify(Verdict::Disputed(DisputeReason::Doubled), twice, SSP, ends()).is_ok());
    let grounds = Grounds { held_already: None, ..twice };
    assert_eq!(wrong(event.verify(Verdict::Held(women(0)), grounds, SSP, ends())), ["verified"]);
    let broadcast = Event { kind: EventKind::Media, ..event };
    assert!(broadcast.verify(Verdict::Held(women(0)), grounds, SSP, ends()).is_ok(), "nobody comes to the radio");
}

#[test]
fn an_hour_is_one_of_indias_clock() {
    let began = |text: &str| Event { claim: Some(Claim { started_at: at(text), ..claim(women(1)) }), ..reported(None) };
    assert_eq!(began("2020-10-24 11:59").hour(), at("2020-10-24 11:00"));
    assert_eq!(began("2020-10-24 12:00").hour(), at("2020-10-24 12:00"));
    assert_eq!(approved(None).hour(), starts());
}

#[test]
fn signals_go_by_what_was_claimed() {
    let event = approved(None).report(claim(women(151)), SHO, ends()).unwrap().event;
    let signals = Dossier { event, exhibits: Vec::new(), crowded: true }.signals();
    assert_eq!(signals, [crate::terms::Signal::SamePlaceAndHour, crate::terms::Signal::OverCapacity]);
}
