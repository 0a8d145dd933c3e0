//! What the journals of the registry and of intake say, in their own words.

use chrono::NaiveDate;
use mahila_proto::intake::v1 as intake;
use mahila_proto::registry::v1 as registry;
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

    pub fn fir(self, day: NaiveDate) -> Draft {
        let kind = intake::LegalActionKind::Fir.into();
        let told = intake::LegalActionRecorded { place: Some(self.place()), kind, day: Some(date(day)) };
        draft("intake.legal_action.recorded", "complaint", &told)
    }
}
