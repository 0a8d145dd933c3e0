//! What the journals of the other services say, in their own words.

use chrono::NaiveDate;
use mahila_proto::campaign::v1 as campaign;
use mahila_proto::intake::v1 as intake;
use mahila_proto::registry::v1 as registry;
use mahila_proto::review::v1 as review;
use mahila_proto::r#type::v1::LocalizedText;
use platform::fields::date;
use platform::journal::Draft;
use prost::Message;

pub fn october(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 10, number).unwrap()
}

fn draft(kind: &'static str, subject: &str, message: &impl Message) -> Draft {
    Draft { kind, subject: subject.to_owned(), payload: message.encode_to_vec() }
}

fn text(id: &str) -> LocalizedText {
    LocalizedText { en: format!("Place {id}"), hi: format!("स्थान {id}") }
}

pub fn unit(id: &str, kind: registry::UnitKind, parent: &str) -> Draft {
    let unit = registry::Unit {
        name: format!("units/{id}"),
        kind: kind.into(),
        display_name: Some(text(id)),
        parent: if parent.is_empty() { String::new() } else { format!("units/{parent}") },
        valid_from: Some(date(october(1))),
        ..registry::Unit::default()
    };
    draft("registry.unit.changed", id, &registry::UnitChanged { versions: vec![unit] })
}

pub fn station(id: &str, kind: registry::StationType, parent: &str, district: &str) -> Draft {
    let station = registry::Station {
        name: format!("stations/{id}"),
        r#type: kind.into(),
        display_name: Some(text(id)),
        parent: format!("units/{parent}"),
        district: format!("units/{district}"),
        seq: 1,
        valid_from: Some(date(october(1))),
        synthetic: true,
        ..registry::Station::default()
    };
    draft("registry.station.changed", id, &registry::StationChanged { station: Some(station) })
}

/// Two districts of one range, one district of a commissionerate, stations of each, one of the railway police.
pub fn roll() -> Vec<Draft> {
    use registry::{StationType, UnitKind};
    vec![
        unit("up", UnitKind::State, ""),
        unit("zone-agra", UnitKind::Zone, "up"),
        unit("range-agra", UnitKind::Range, "zone-agra"),
        unit("commissionerate-lucknow", UnitKind::Commissionerate, "up"),
        unit("district-118", UnitKind::District, "range-agra"),
        unit("district-143", UnitKind::District, "range-agra"),
        unit("district-162", UnitKind::District, "commissionerate-lucknow"),
        unit("circle-118-01", UnitKind::Circle, "district-118"),
        station("ps-118-001", StationType::Regular, "circle-118-01", "district-118"),
        station("ps-118-002", StationType::Mahila, "district-118", "district-118"),
        station("ps-118-003", StationType::Grp, "district-118", "district-118"),
        station("ps-143-001", StationType::Regular, "district-143", "district-143"),
        station("ps-162-001", StationType::Regular, "district-162", "district-162"),
    ]
}

pub fn desk(station: &str, day: NaiveDate) -> Draft {
    let desk = registry::Desk {
        name: format!("stations/{station}/desk"),
        opened_on: Some(date(day)),
        ..registry::Desk::default()
    };
    draft("registry.desk.opened", station, &registry::DeskOpened { desk: Some(desk) })
}

pub fn desk_day(station: &str, day: NaiveDate, status: registry::DeskDayStatus) -> Draft {
    let there = i32::from(status != registry::DeskDayStatus::Silent);
    let desk_day = registry::DeskDay {
        name: format!("stations/{station}/desk/days/{day}"),
        station: format!("stations/{station}"),
        day: Some(date(day)),
        status: status.into(),
        check_ins_expected: 4,
        check_ins: 4 * there,
        service_minutes: 720,
        two_women_minutes: 700 * there,
        ..registry::DeskDay::default()
    };
    draft("registry.desk_day.closed", station, &registry::DeskDayClosed { desk_day: Some(desk_day) })
}

pub fn visit(station: &str, day: NaiveDate, outcome: intake::VisitOutcome) -> Draft {
    let visit = intake::VisitRecorded {
        station: format!("stations/{station}"),
        day: Some(date(day)),
        outcome: outcome.into(),
        wait_minutes: None,
    };
    draft("intake.visit.recorded", "visit", &visit)
}

/// A call at a station (or, empty, in a district's queue).
pub fn call(
    station: &str,
    district: &str,
    day: NaiveDate,
    category: intake::Category,
    days_since: Option<i32>,
) -> Draft {
    let call = intake::CallRecorded {
        source: "112".to_owned(),
        station: at_station(station),
        district: format!("units/{district}"),
        day: Some(date(day)),
        category: category.into(),
        days_since_caller_called: days_since,
        opens_incident: true,
        ..intake::CallRecorded::default()
    };
    draft("intake.call.recorded", "call", &call)
}

fn at_station(station: &str) -> String {
    if station.is_empty() { String::new() } else { format!("stations/{station}") }
}

/// A revision that places a call of a district's queue.
pub fn placed(station: &str, district: &str, day: NaiveDate, category: intake::Category) -> Draft {
    let was =
        intake::CallPlace { station: String::new(), district: format!("units/{district}"), category: category.into() };
    let call = intake::CallRecorded {
        station: at_station(station),
        district: format!("units/{district}"),
        day: Some(date(day)),
        category: category.into(),
        opens_incident: true,
        revision: true,
        was: Some(was),
        ..intake::CallRecorded::default()
    };
    draft("intake.call.recorded", "call", &call)
}

/// A complaint, as its entries name it.
#[derive(Clone, Copy)]
pub struct Complaint {
    pub station: &'static str,
    pub district: &'static str,
    pub day: u32,
    pub category: intake::Category,
    pub imported: bool,
}

impl Complaint {
    fn place(self) -> intake::ComplaintPlace {
        intake::ComplaintPlace {
            station: at_station(self.station),
            district: format!("units/{}", self.district),
            registered_day: Some(date(october(self.day))),
            imported: self.imported,
            statutory_due_day: None,
        }
    }

    pub fn registered(self) -> Draft {
        let told = intake::ComplaintRegistered {
            station: at_station(self.station),
            district: format!("units/{}", self.district),
            day: Some(date(october(self.day))),
            channel: intake::Channel::WalkIn.into(),
            category: self.category.into(),
            risk: intake::Risk::Medium.into(),
            imported: self.imported,
            recorded_by_woman: true,
            handling_state: intake::HandlingState::Received.into(),
            statutory_due_day: None,
        };
        draft("intake.complaint.registered", "complaint", &told)
    }

    pub fn moved(self, from: intake::HandlingState, to: intake::HandlingState, day: NaiveDate) -> Draft {
        let told = intake::ComplaintMoved {
            place: Some(self.place()),
            from: from.into(),
            to: to.into(),
            day: Some(date(day)),
            ..intake::ComplaintMoved::default()
        };
        draft("intake.complaint.moved", "complaint", &told)
    }

    pub fn triaged(self, category: intake::Category, day: NaiveDate) -> Draft {
        let told = intake::ComplaintTriaged {
            place: Some(self.place()),
            was: self.category.into(),
            category: category.into(),
            day: Some(date(day)),
            ..intake::ComplaintTriaged::default()
        };
        draft("intake.complaint.triaged", "complaint", &told)
    }

    pub fn acknowledged(self, in_time: bool, day: NaiveDate) -> Draft {
        let told = intake::ComplaintAcknowledged {
            place: Some(self.place()),
            receipt_taken: true,
            in_time,
            day: Some(date(day)),
        };
        draft("intake.complaint.acknowledged", "complaint", &told)
    }

    /// Reached in private.
    pub fn asked(self, satisfied: bool, day: NaiveDate) -> Draft {
        let told =
            intake::FeedbackRecorded { place: Some(self.place()), reached: true, satisfied, day: Some(date(day)) };
        draft("intake.feedback.recorded", "complaint", &told)
    }

    pub fn breached_medical(self, day: NaiveDate) -> Draft {
        let code = intake::ClockCode::Medical.into();
        let told = intake::ClockBreached { place: Some(self.place()), code, day: Some(date(day)) };
        draft("intake.clock.breached", "complaint", &told)
    }

    pub fn fir(self, day: NaiveDate) -> Draft {
        let kind = intake::LegalActionKind::Fir.into();
        let told = intake::LegalActionRecorded { place: Some(self.place()), kind, day: Some(date(day)) };
        draft("intake.legal_action.recorded", "complaint", &told)
    }
}

/// A unit's review cycle, as its entries name it.
#[derive(Clone, Copy)]
pub struct Cycle {
    pub unit: &'static str,
    pub level: review::ReviewLevel,
    pub from: u32,
    pub to: u32,
}

impl Cycle {
    pub fn place(self) -> review::ReviewPlace {
        review::ReviewPlace {
            unit: format!("units/{}", self.unit),
            level: self.level.into(),
            cycle: format!("reviewCycles/{}", self.unit),
            from: Some(date(october(self.from))),
            to: Some(date(october(self.to))),
        }
    }

    pub fn planned(self) -> Draft {
        let told = review::CyclePlanned { place: Some(self.place()), ..review::CyclePlanned::default() };
        draft("review.cycle.planned", self.unit, &told)
    }

    pub fn opened(self, strata: &[(review::Stratum, i32)], reason: review::ShortfallReason) -> Draft {
        let counts =
            strata.iter().map(|(stratum, items)| review::StratumCount { stratum: (*stratum).into(), items: *items });
        let selected = strata.iter().map(|(_, items)| items).sum();
        let told = review::CycleOpened {
            place: Some(self.place()),
            eligible: selected,
            quota: 15,
            selected,
            strata: counts.collect(),
            shortfall_reason: reason.into(),
            day: Some(date(october(self.from))),
            ..review::CycleOpened::default()
        };
        draft("review.cycle.opened", self.unit, &told)
    }

    pub fn closed(self, state: review::CycleState, not_reached: i32, day: u32) -> Draft {
        let told = review::CycleClosed {
            place: Some(self.place()),
            state: state.into(),
            not_reached,
            day: Some(date(october(day))),
            ..review::CycleClosed::default()
        };
        draft("review.cycle.closed", self.unit, &told)
    }

    pub fn sitting(self, most_decisions_in_a_minute: i32, day: u32) -> Draft {
        let told = review::SittingHeld {
            place: Some(self.place()),
            most_decisions_in_a_minute,
            day: Some(date(october(day))),
            ..review::SittingHeld::default()
        };
        draft("review.sitting.held", self.unit, &told)
    }

    pub fn decided(self, kind: review::DecisionKind, day: u32) -> Draft {
        let told = review::DecisionRecorded {
            place: Some(self.place()),
            kind: kind.into(),
            stratum: review::Stratum::Oldest.into(),
            day: Some(date(october(day))),
            ..review::DecisionRecorded::default()
        };
        draft("review.decision.recorded", "complaint", &told)
    }

    pub fn deferred(self, day: u32) -> Draft {
        let told =
            review::ItemDeferred { place: Some(self.place()), time: 1, goes_up: false, day: Some(date(october(day))) };
        draft("review.item.deferred", "complaint", &told)
    }

    pub fn item(self, from: review::ActionItemState, to: review::ActionItemState, in_time: bool, day: u32) -> Draft {
        let told = review::ActionItemMoved {
            place: Some(self.place()),
            from: from.into(),
            to: to.into(),
            in_time,
            day: Some(date(october(day))),
        };
        draft("review.action_item.moved", "item", &told)
    }

    pub fn overdue(self, day: u32) -> Draft {
        let told = review::ActionItemOverdue { place: Some(self.place()), day: Some(date(october(day))) };
        draft("review.action_item.overdue", "item", &told)
    }
}

/// An awareness event, as its entries name it.
#[derive(Clone, Copy)]
pub struct Event {
    pub station: &'static str,
    pub district: &'static str,
    pub code: &'static str,
    pub kind: campaign::EventKind,
    pub planned: u32,
}

impl Event {
    pub fn moved(self, to: campaign::EventState, women: i32, girls: i32, day: u32) -> Draft {
        let place = campaign::EventPlace {
            station: at_station(self.station),
            district: format!("units/{}", self.district),
            place_code: self.code.to_owned(),
            kind: self.kind.into(),
            planned_day: Some(date(october(self.planned))),
            with_partner: false,
        };
        let told = campaign::EventMoved {
            place: Some(place),
            from: campaign::EventState::Unspecified.into(),
            to: to.into(),
            reached: Some(campaign::Reached { women, girls, men: 3, others: 0 }),
            day: Some(date(october(day))),
        };
        draft("campaign.event.moved", "event", &told)
    }
}

/// A desk-day of two women who were there one after the other.
pub fn two_apart(station: &str, day: NaiveDate) -> Draft {
    let desk_day = registry::DeskDay {
        name: format!("stations/{station}/desk/days/{day}"),
        station: format!("stations/{station}"),
        day: Some(date(day)),
        status: registry::DeskDayStatus::Understaffed.into(),
        check_ins_expected: 2,
        check_ins: 2,
        service_minutes: 720,
        two_women_minutes: 0,
        ..registry::DeskDay::default()
    };
    draft("registry.desk_day.closed", station, &registry::DeskDayClosed { desk_day: Some(desk_day) })
}
