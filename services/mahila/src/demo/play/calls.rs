//! The 112 control room: its reports, in the order in which it would send them, each answered.

use std::time::Duration as Patience;

use chrono::{DateTime, Duration, Utc};
use mahila_proto::auth::v1::Role;
use mahila_proto::intake::v1::{
    CallLocation, CallOutcome, CallReport, Category, IngestCallsRequest, IngestCallsResponse, Person, PersonRole,
};
use platform::client::retry_after;
use platform::fields::timestamp;

use super::lines::{Lines, refused, request};
use crate::demo::DemoError;
use crate::demo::plan::Plan;
use crate::demo::plan::calls::{Call, Place};
use crate::demo::plan::draw::Draw;
use crate::demo::plan::people::Woman;
use crate::demo::tally;

/// A stream that breaks is begun again so often with what was not answered.
const TRIES: u32 = 16;

/// A report to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    /// The call's place in the plan.
    pub(crate) call: usize,
    /// When the control room sends it.
    sent_at: DateTime<Utc>,
    revision: i32,
}

/// The reports of every stop of the agenda.
pub(crate) fn reports(plan: &Plan) -> Vec<Vec<Report>> {
    let mut stops = vec![Vec::new(); plan.agenda.stops().len()];
    let mut send = |call: usize, revision: i32, sent_at: DateTime<Utc>| {
        if let Some(stop) = plan.agenda.at_or_after(sent_at) {
            stops[stop].push(Report { call, sent_at, revision });
        }
    };
    for (index, call) in plan.calls.iter().enumerate() {
        send(index, 1, call.received_at);
        if call.sent_twice {
            send(index, 1, call.received_at + Duration::seconds(20));
        }
        if call.revised {
            send(index, 2, call.closed_at);
        }
        if call.comes_late {
            send(index, 1, call.closed_at + Duration::seconds(30));
        }
    }
    for reports in &mut stops {
        reports.sort_by_key(|report| (report.sent_at, report.call, report.revision));
    }
    stops
}

impl Report {
    fn to_wire(&self, plan: &Plan) -> CallReport {
        let call = &plan.calls[self.call];
        let mut draw = Draw::of("report", &[self.call as u64]);
        let first = self.revision == 1;
        let (category, place) = if first { call.first_said } else { (call.category, call.place) };
        let silent = call.caller.is_none() && draw.per_mille(300);
        let narrative = match call.caller {
            Some(woman) if !silent => woman.narrative(call.category),
            _ => String::new(),
        };
        CallReport {
            source: "112".to_owned(),
            event_id: call.event_id.clone(),
            revision: self.revision,
            incident_id: call.incident_id.clone(),
            received_at: Some(timestamp(call.received_at)),
            dispatched_at: (!first).then(|| timestamp(call.received_at + Duration::minutes(3))),
            arrived_at: (!first).then(|| timestamp(call.received_at + Duration::minutes(14))),
            closed_at: (!first).then(|| timestamp(call.closed_at)),
            location: Some(location(plan, place)),
            category: category.into(),
            caller: call.caller.map(|woman| caller(call, woman, &mut draw)),
            victim: call.victim.map(|woman| Person {
                role: PersonRole::Victim.into(),
                name: woman.name(),
                ..Person::default()
            }),
            safe_to_call_back: draw.per_mille(600),
            silent,
            asks_for_complaint: call.asks && !(first && call.asks_later),
            cognizable: call.cognizable,
            narrative,
        }
    }
}

fn caller(call: &Call, woman: Woman, draw: &mut Draw) -> Person {
    let role = if call.victim.is_some() { PersonRole::Informant } else { PersonRole::Complainant };
    Person {
        role: role.into(),
        name: if draw.per_mille(700) { woman.name() } else { String::new() },
        phone: woman.phone(),
        address: if draw.per_mille(400) { woman.address() } else { String::new() },
        age_years: None,
    }
}

fn location(plan: &Plan, place: Place) -> CallLocation {
    let desks = &plan.roll.desks;
    match place {
        Place::Station(desk) => {
            CallLocation { station: format!("stations/{}", desks[desk].id), ..CallLocation::default() }
        }
        Place::Point { near, north, east, accuracy } => CallLocation {
            latitude: Some(desks[near].latitude + north),
            longitude: Some(desks[near].longitude + east),
            accuracy_m: accuracy,
            ..CallLocation::default()
        },
        Place::District(desk) => {
            CallLocation { district: format!("units/{}", desks[desk].district), ..CallLocation::default() }
        }
        Place::Unknown => CallLocation::default(),
    }
}

/// Sends the reports of a stop on one stream; answers come in their order.
pub(crate) async fn send(lines: &Lines, plan: &Plan, reports: &[Report]) -> Result<Vec<tally::Call>, DemoError> {
    let token = lines.token(Role::ControlRoom, "up");
    let mut told: Vec<tally::Call> = Vec::with_capacity(reports.len());
    let mut tries = 0;
    while told.len() < reports.len() {
        let rest: Vec<CallReport> = reports[told.len()..].iter().map(|report| report.to_wire(plan)).collect();
        let outbound = rest.clone().into_iter().map(|report| IngestCallsRequest { report: Some(report) });
        let mut rest = rest.into_iter();
        let stream = lines.intake().ingest_calls(request(tokio_stream::iter(outbound), &token)).await;
        let broken = match stream {
            Err(status) => status,
            Ok(stream) => {
                let mut inbound = stream.into_inner();
                loop {
                    match inbound.message().await {
                        Ok(Some(answer)) => {
                            let report = rest.next().ok_or(DemoError::Answer("IngestCalls"))?;
                            told.push(answered(report, answer)?);
                        }
                        Ok(None) if told.len() == reports.len() => return Ok(told),
                        Ok(None) => break tonic::Status::unavailable("the stream ended early"),
                        Err(status) => break status,
                    }
                }
            }
        };
        tries += 1;
        match retry_after(&broken, tries).filter(|_| tries < TRIES) {
            Some(wait) => tokio::time::sleep(wait.max(Patience::from_millis(50))).await,
            None => return Err(refused("IngestCalls", &broken)),
        }
    }
    Ok(told)
}

fn answered(report: CallReport, answer: IngestCallsResponse) -> Result<tally::Call, DemoError> {
    let same = (&report.event_id, report.revision) == (&answer.event_id, answer.revision);
    let outcome = answer.outcome();
    if !same || matches!(outcome, CallOutcome::Refused | CallOutcome::Unspecified) {
        return Err(DemoError::Answer("IngestCalls"));
    }
    let instant = report.received_at.and_then(|at| DateTime::from_timestamp(at.seconds, 0));
    let id = |name: &str, collection: &str| name.strip_prefix(collection).unwrap_or_default().to_owned();
    Ok(tally::Call {
        category: Category::try_from(report.category).unwrap_or_default(),
        event_id: report.event_id,
        revision: report.revision,
        received_at: instant.unwrap_or_default(),
        incident_id: report.incident_id,
        phone: report.caller.map(|caller| caller.phone).filter(|phone| !phone.is_empty()),
        outcome,
        station: id(&answer.station, "stations/"),
        district: id(&answer.district, "units/"),
        complaint: answer.complaint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::plan::agenda::What;

    fn plan() -> Plan {
        let (units, stations) = (
            include_bytes!("../../../../station-registry/data/units.csv"),
            include_bytes!("../../../../station-registry/data/stations.csv"),
        );
        Plan::new(units, stations).unwrap()
    }

    #[test]
    fn every_call_is_reported_once_and_again_where_the_plan_says() {
        let plan = plan();
        let stops = reports(&plan);
        let all: Vec<&Report> = stops.iter().flatten().collect();
        let again = |of: fn(&Call) -> bool| plan.calls.iter().filter(|call| of(call)).count();
        let expected =
            4_679 + again(|call| call.sent_twice) + again(|call| call.revised) + again(|call| call.comes_late);
        assert_eq!(all.len(), expected);
        for (stop, reports) in plan.agenda.stops().iter().zip(&stops) {
            assert!(reports.is_empty() || stop.what == What::Calls, "{stop:?}");
            assert!(reports.iter().all(|report| plan.calls[report.call].received_at <= stop.at));
        }
    }

    #[test]
    fn the_last_word_on_a_call_is_right() {
        let plan = plan();
        let corrected = (0..plan.calls.len()).find(|n| plan.calls[*n].first_said.0 != plan.calls[*n].category).unwrap();
        let word = |revision| Report { call: corrected, sent_at: DateTime::default(), revision }.to_wire(&plan);
        assert_eq!(word(1).category(), Category::FamilyDispute);
        assert_eq!(word(2).category(), plan.calls[corrected].category);
        assert!(word(1).closed_at.is_none() && word(2).closed_at.is_some());
    }
}
