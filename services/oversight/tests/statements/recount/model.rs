//! Counts entries again, one figure after the other, by the definitions in the contract. Slow and plain.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use mahila_proto::google::r#type::Date;
use mahila_proto::oversight::v1::{Breakdown, Measure};
use mahila_proto::{campaign::v1 as campaign, intake::v1 as intake, registry::v1 as registry, review::v1 as review};
use platform::feed::Entry;
use prost::Message;

pub type Slot = (Measure, Breakdown, String);
/// Figures that are not 0.
pub type Figures = BTreeMap<Slot, i64>;
/// By place.
pub type Places = BTreeMap<String, Figures>;

#[derive(Debug, Clone, Copy)]
pub struct Period {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl Period {
    pub fn before(self) -> Self {
        let days = chrono::TimeDelta::days((self.to - self.from).num_days() + 1);
        Self { from: self.from - days, to: self.to - days }
    }

    fn has(self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }
}

fn day(date: Option<&Date>) -> NaiveDate {
    platform::fields::day_of(date).expect("every entry of this world has a day")
}

/// The id of the place that counts: the station, or where there is none the district.
fn at(station: &str, district: &str) -> String {
    let name = if station.is_empty() { district } else { station };
    name.split('/').nth(1).expect("a name").to_owned()
}

fn of_complaint(place: Option<&intake::ComplaintPlace>) -> String {
    let place = place.expect("a place");
    at(&place.station, &place.district)
}

struct Counting {
    period: Period,
    places: Places,
}

impl Counting {
    fn add(&mut self, place: &str, measure: Measure, breakdown: Breakdown, key: &str, n: i64) {
        let slot = (measure, breakdown, key.to_owned());
        *self.places.entry(place.to_owned()).or_default().entry(slot).or_default() += n;
    }

    fn whole(&mut self, place: &str, measure: Measure, n: i64) {
        self.add(place, measure, Breakdown::Unspecified, "", n);
    }

    fn one(&mut self, place: &str, measure: Measure, counts: bool) {
        self.whole(place, measure, i64::from(counts));
    }

    fn with_kind(&mut self, place: &str, measure: Measure, kind: &str) {
        self.whole(place, measure, 1);
        self.add(place, measure, Breakdown::Kind, kind, 1);
    }
}

fn of_kind<M: Message + Default>(entries: &[Entry], kind: &str) -> Vec<M> {
    of_subject(entries, kind).into_iter().map(|(_, message)| message).collect()
}

fn of_subject<M: Message + Default>(entries: &[Entry], kind: &str) -> Vec<(String, M)> {
    entries
        .iter()
        .filter(|entry| entry.kind == kind)
        .map(|entry| (entry.subject.clone(), M::decode(&entry.payload[..]).expect("its message")))
        .collect()
}

/// What the journals say of a period, by place.
pub fn recount(journals: &[Vec<Entry>; 4], period: Period) -> Places {
    let mut counting = Counting { period, places: Places::new() };
    counting.desks(&journals[0]);
    counting.visits_and_calls(&journals[1]);
    counting.complaints(&journals[1]);
    counting.deeds(&journals[1]);
    counting.reviews(&journals[2]);
    counting.campaigns(&journals[3]);
    counting.places
}

impl Counting {
    fn desks(&mut self, entries: &[Entry]) {
        for station in ["ps-118-001", "ps-118-002", "ps-143-001", "ps-162-001"] {
            self.whole(station, Measure::DesksExpected, 1);
        }
        for (station, told) in of_subject::<registry::DeskOpened>(entries, "registry.desk.opened") {
            let opened = day(told.desk.expect("a desk").opened_on.as_ref());
            self.one(&station, Measure::DesksOpen, opened <= self.period.to);
        }
        for (station, told) in of_subject::<registry::DeskDayClosed>(entries, "registry.desk_day.closed") {
            let told = told.desk_day.expect("a desk-day");
            if !self.period.has(day(told.day.as_ref())) {
                continue;
            }
            match told.status() {
                registry::DeskDayStatus::Silent => self.whole(&station, Measure::DeskDaysSilent, 1),
                registry::DeskDayStatus::Unrostered => self.whole(&station, Measure::DeskDaysUnrostered, 1),
                registry::DeskDayStatus::Absent => self.whole(&station, Measure::DeskDaysAbsent, 1),
                registry::DeskDayStatus::Understaffed => self.whole(&station, Measure::DeskDaysUnderstaffed, 1),
                registry::DeskDayStatus::Compliant => self.whole(&station, Measure::DeskDaysCompliant, 1),
                _ => {}
            }
            self.whole(&station, Measure::DeskDaysExpected, 1);
            self.whole(&station, Measure::CheckInsExpected, told.check_ins_expected.into());
            self.whole(&station, Measure::CheckIns, told.check_ins.into());
            self.whole(&station, Measure::ServiceMinutes, told.service_minutes.into());
            self.whole(&station, Measure::TwoWomenMinutes, told.two_women_minutes.into());
        }
    }

    fn visits_and_calls(&mut self, entries: &[Entry]) {
        for visit in of_kind::<intake::VisitRecorded>(entries, "intake.visit.recorded") {
            if self.period.has(day(visit.day.as_ref())) {
                let station = at(&visit.station, "");
                self.whole(&station, Measure::Visits, 1);
                let unserved = visit.outcome() == intake::VisitOutcome::LeftUnserved;
                self.one(&station, Measure::VisitsLeftUnserved, unserved);
            }
        }
        let calls = of_subject::<intake::CallRecorded>(entries, "intake.call.recorded");
        // The last word on each.
        for (_, call) in calls.into_iter().collect::<BTreeMap<_, _>>() {
            let on = day(call.day.as_ref());
            if !self.period.has(on) {
                continue;
            }
            let place = at(&call.station, &call.district);
            self.whole(&place, Measure::Calls, 1);
            self.add(&place, Measure::Calls, Breakdown::Category, call.category().as_str_name(), 1);
            self.one(&place, Measure::CallsUnplaced, call.station.is_empty());
            self.one(&place, Measure::Incidents, call.opens_incident);
            let first_in_period = call
                .days_since_caller_called
                .is_none_or(|days| days > 0 && on - chrono::TimeDelta::days(days.into()) < self.period.from);
            self.one(&place, Measure::Callers, first_in_period);
        }
    }

    /// Complaints recorded in the period, as they stood at its end.
    fn complaints(&mut self, entries: &[Entry]) {
        let moves = of_subject::<intake::ComplaintMoved>(entries, "intake.complaint.moved");
        let triages = of_subject::<intake::ComplaintTriaged>(entries, "intake.complaint.triaged");
        let told = entries.iter().filter(|entry| entry.kind == "intake.complaint.registered");
        for entry in told {
            let complaint = intake::ComplaintRegistered::decode(&entry.payload[..]).expect("its message");
            let first = at(&complaint.station, &complaint.district);
            if complaint.imported {
                self.one(&first, Measure::ComplaintsImported, self.period.has(entry.day));
                continue;
            }
            if !self.period.has(day(complaint.day.as_ref())) {
                continue;
            }
            let by_then = |on: Option<&Date>| day(on) <= self.period.to;
            let mine = |subject: &String| *subject == entry.subject;
            let state = moves.iter().rfind(|(of, moved)| mine(of) && by_then(moved.day.as_ref()));
            let state = state.map_or(complaint.handling_state(), |(_, moved)| moved.to());
            let triaged = triages.iter().rfind(|(of, triage)| mine(of) && by_then(triage.day.as_ref()));
            let category = triaged.map_or(complaint.category(), |(_, triage)| triage.category());
            let place = triaged.map_or(first, |(_, triage)| of_complaint(triage.place.as_ref()));
            self.whole(&place, Measure::Complaints, 1);
            for (breakdown, key) in [
                (Breakdown::Channel, complaint.channel().as_str_name()),
                (Breakdown::Category, category.as_str_name()),
                (Breakdown::State, state.as_str_name()),
            ] {
                self.add(&place, Measure::Complaints, breakdown, key, 1);
            }
            self.one(&place, Measure::ComplaintsRecordedByWoman, complaint.recorded_by_woman);
        }
    }

    /// What was done, on its day, where the complaint was counted then.
    fn deeds(&mut self, entries: &[Entry]) {
        use intake::HandlingState::{Acknowledged, Disposed, Received, Reopened, Triaged};
        let period = self.period;
        let within = |on: &Option<Date>| period.has(day(on.as_ref()));
        for told in of_kind::<intake::ComplaintMoved>(entries, "intake.complaint.moved") {
            let (place, begun_here) = (of_complaint(told.place.as_ref()), !told.place.as_ref().unwrap().imported);
            if within(&told.day) && told.from != told.to {
                let first_triage = matches!(told.from(), Received | Acknowledged) && told.to() == Triaged;
                self.one(&place, Measure::Triaged, first_triage && begun_here);
                self.one(&place, Measure::Reopened, told.to() == Reopened);
                self.one(&place, Measure::Disposed, told.to() == Disposed);
                self.one(&place, Measure::Verified, told.to() == Disposed);
            }
        }
        for told in of_kind::<intake::ComplaintAssigned>(entries, "intake.complaint.assigned") {
            let begun_here = !told.place.as_ref().unwrap().imported;
            self.one(
                &of_complaint(told.place.as_ref()),
                Measure::Assigned,
                within(&told.day) && told.first && begun_here,
            );
        }
        for told in of_kind::<intake::ComplaintAcknowledged>(entries, "intake.complaint.acknowledged") {
            let (place, counts) = (of_complaint(told.place.as_ref()), !told.place.as_ref().unwrap().imported);
            self.one(&place, Measure::Acknowledged, counts && within(&told.day));
            self.one(&place, Measure::AcknowledgedInTime, counts && within(&told.day) && told.in_time);
        }
        for told in of_kind::<intake::ActionRecorded>(entries, "intake.action.recorded") {
            if within(&told.day) {
                let place = of_complaint(told.place.as_ref());
                self.with_kind(&place, Measure::Actions, told.kind().as_str_name());
                self.one(&place, Measure::FirstActions, told.first && !told.place.as_ref().unwrap().imported);
            }
        }
        for told in of_kind::<intake::LegalActionRecorded>(entries, "intake.legal_action.recorded") {
            if within(&told.day) {
                let place = of_complaint(told.place.as_ref());
                self.with_kind(&place, Measure::LegalActions, told.kind().as_str_name());
            }
        }
        for told in of_kind::<intake::ClockBreached>(entries, "intake.clock.breached") {
            if within(&told.day) && !told.place.as_ref().unwrap().imported {
                let place = of_complaint(told.place.as_ref());
                self.with_kind(&place, Measure::ClocksBreached, told.code().as_str_name());
            }
        }
        for told in of_kind::<intake::FeedbackRecorded>(entries, "intake.feedback.recorded") {
            if within(&told.day) {
                let place = of_complaint(told.place.as_ref());
                self.whole(&place, Measure::FeedbackAttempts, 1);
                self.one(&place, Measure::FeedbackReached, told.reached);
                self.one(&place, Measure::FeedbackSatisfied, told.satisfied);
            }
        }
        for told in of_kind::<intake::DirectionTaken>(entries, "intake.direction.taken") {
            if within(&told.day) {
                let place = of_complaint(told.place.as_ref());
                self.with_kind(&place, Measure::DirectionsTaken, told.kind().as_str_name());
            }
        }
    }

    fn on_level(&mut self, place: &review::ReviewPlace, measure: Measure, n: i64) {
        let unit = at(&place.unit, "");
        self.whole(&unit, measure, n);
        self.add(&unit, measure, Breakdown::Level, place.level().as_str_name(), n);
    }

    fn reviews(&mut self, entries: &[Entry]) {
        use review::CycleState::{Completed, Missed, Partial};
        let period = self.period;
        let within = |on: &Option<Date>| period.has(day(on.as_ref()));
        for told in of_kind::<review::CyclePlanned>(entries, "review.cycle.planned") {
            let place = told.place.unwrap();
            if within(&place.from) {
                self.on_level(&place, Measure::ReviewCyclesExpected, 1);
            }
        }
        for told in of_kind::<review::CycleOpened>(entries, "review.cycle.opened") {
            if !within(&told.day) {
                continue;
            }
            let (place, reason) = (told.place.clone().unwrap(), told.shortfall_reason());
            let unit = at(&place.unit, "");
            self.on_level(&place, Measure::ReviewItemsSelected, told.selected.into());
            for stratum in &told.strata {
                let key = stratum.stratum().as_str_name();
                self.add(&unit, Measure::ReviewItemsSelected, Breakdown::Stratum, key, stratum.items.into());
            }
            if reason != review::ShortfallReason::Unspecified {
                self.whole(&unit, Measure::ReviewShortfalls, 1);
                self.add(&unit, Measure::ReviewShortfalls, Breakdown::Reason, reason.as_str_name(), 1);
            }
        }
        for told in of_kind::<review::CycleClosed>(entries, "review.cycle.closed") {
            let (place, state) = (told.place.clone().unwrap(), told.state());
            if !period.has(day(told.day.as_ref()).min(day(place.to.as_ref()))) {
                continue;
            }
            for (measure, counts) in [
                (Measure::ReviewCyclesMissed, state == Missed),
                (Measure::ReviewCyclesHeld, state != Missed),
                (Measure::ReviewCyclesCompleted, state == Completed),
                (Measure::ReviewCyclesPartial, state == Partial),
            ] {
                if counts {
                    self.on_level(&place, measure, 1);
                }
            }
            self.whole(&at(&place.unit, ""), Measure::ReviewItemsNotReached, told.not_reached.into());
        }
        for told in of_kind::<review::SittingHeld>(entries, "review.sitting.held") {
            let unit = at(&told.place.as_ref().unwrap().unit, "");
            self.one(&unit, Measure::ReviewSittingsHeld, within(&told.day));
            let hurried = told.most_decisions_in_a_minute >= 15;
            self.one(&unit, Measure::ReviewSittingsHurried, within(&told.day) && hurried);
        }
        for told in of_kind::<review::DecisionRecorded>(entries, "review.decision.recorded") {
            if within(&told.day) {
                let place = told.place.clone().unwrap();
                self.on_level(&place, Measure::ReviewItemsReviewed, 1);
                let kind = told.kind().as_str_name();
                self.add(&at(&place.unit, ""), Measure::ReviewItemsReviewed, Breakdown::Kind, kind, 1);
            }
        }
        self.items(entries);
    }

    fn items(&mut self, entries: &[Entry]) {
        use review::ActionItemState::{Claimed, Unspecified, Verified};
        let period = self.period;
        let within = |on: &Option<Date>| period.has(day(on.as_ref()));
        for told in of_kind::<review::ItemDeferred>(entries, "review.item.deferred") {
            let unit = at(&told.place.as_ref().unwrap().unit, "");
            self.one(&unit, Measure::ReviewItemsDeferred, within(&told.day));
        }
        for told in of_kind::<review::ActionItemMoved>(entries, "review.action_item.moved") {
            let (unit, counts) = (at(&told.place.as_ref().unwrap().unit, ""), within(&told.day));
            self.one(&unit, Measure::ActionItemsMade, counts && told.from() == Unspecified);
            self.one(&unit, Measure::ActionItemsClaimed, counts && told.to() == Claimed);
            self.one(&unit, Measure::ActedUpon, counts && told.to() == Verified);
            self.one(&unit, Measure::ActionItemsVerifiedInTime, counts && told.to() == Verified && told.in_time);
        }
        for told in of_kind::<review::ActionItemOverdue>(entries, "review.action_item.overdue") {
            let unit = at(&told.place.as_ref().unwrap().unit, "");
            self.one(&unit, Measure::ActionItemsOverdue, within(&told.day));
        }
    }

    fn campaigns(&mut self, entries: &[Entry]) {
        use campaign::EventState::{Approved, Cancelled, Disputed, Lapsed, Reported, Verified};
        let mut verified = Vec::new();
        for told in of_kind::<campaign::EventMoved>(entries, "campaign.event.moved") {
            let (place, on) = (told.place.clone().unwrap(), day(told.day.as_ref()));
            let (unit, kind) = (at(&place.station, &place.district), place.kind().as_str_name());
            if told.to() == Approved && self.period.has(on.max(day(place.planned_day.as_ref()))) {
                self.with_kind(&unit, Measure::CampaignEventsPlanned, kind);
            }
            if !self.period.has(on) {
                continue;
            }
            match told.to() {
                Reported => self.with_kind(&unit, Measure::CampaignEventsClaimed, kind),
                Verified => {
                    self.with_kind(&unit, Measure::CampaignEventsVerified, kind);
                    let reached = told.reached.unwrap();
                    self.whole(&unit, Measure::WomenReached, reached.women.into());
                    self.whole(&unit, Measure::GirlsReached, reached.girls.into());
                    verified.push((on, place.place_code, unit));
                }
                Disputed => self.whole(&unit, Measure::CampaignEventsDisputed, 1),
                Lapsed => self.whole(&unit, Measure::CampaignEventsLapsed, 1),
                Cancelled => self.whole(&unit, Measure::CampaignEventsCancelled, 1),
                _ => {}
            }
        }
        // Each place once, at the unit of the first event in the period; of a day the one told first.
        verified.sort_by_key(|(on, ..)| *on);
        let mut covered = BTreeSet::new();
        for (_, code, unit) in verified {
            if !code.is_empty() && covered.insert(code) {
                self.whole(&unit, Measure::PlacesCovered, 1);
            }
        }
    }
}

/// What lies above each place of the small roll, itself first, with the number of its kind; the state left out.
fn chain(place: &str) -> Vec<(&'static str, usize)> {
    const AGRA: [(&str, usize); 3] = [("district-118", 5), ("range-agra", 3), ("zone-agra", 2)];
    const MATHURA: [(&str, usize); 3] = [("district-143", 5), ("range-agra", 3), ("zone-agra", 2)];
    const LUCKNOW: [(&str, usize); 2] = [("district-162", 5), ("commissionerate-lucknow", 4)];
    let below = |station: &'static str, above: &[(&'static str, usize)]| [&[(station, 8)], above].concat();
    match place {
        "ps-118-001" => [&[("ps-118-001", 8), ("circle-118-01", 7)], &AGRA[..]].concat(),
        "circle-118-01" => [&[("circle-118-01", 7)], &AGRA[..]].concat(),
        "ps-118-002" => below("ps-118-002", &AGRA),
        "ps-118-003" => below("ps-118-003", &AGRA),
        "ps-143-001" => below("ps-143-001", &MATHURA),
        "ps-162-001" => below("ps-162-001", &LUCKNOW),
        "district-118" => AGRA.to_vec(),
        "district-143" => MATHURA.to_vec(),
        "district-162" => LUCKNOW.to_vec(),
        "range-agra" => AGRA[1..].to_vec(),
        "zone-agra" => AGRA[2..].to_vec(),
        "up" => Vec::new(),
        other => panic!("{other} is not of this world"),
    }
}

/// The state's figures, and those of each row by the level of a number; the rest under the empty name.
pub fn by_level(places: &Places, level: usize) -> (Figures, BTreeMap<String, Figures>) {
    let (mut all, mut rows) = (Figures::new(), BTreeMap::<String, Figures>::new());
    for (place, figures) in places {
        let chain = chain(place);
        let of_level = chain.iter().find(|(_, kind)| *kind == level);
        // Where there is none of that level, the highest below it stands beside the others.
        let row = of_level.or_else(|| chain.iter().rfind(|(_, kind)| *kind > level)).map_or("", |(unit, _)| unit);
        for (slot, n) in figures {
            *all.entry(slot.clone()).or_default() += n;
            *rows.entry(row.to_owned()).or_default().entry(slot.clone()).or_default() += n;
        }
    }
    all.retain(|_, n| *n != 0);
    for figures in rows.values_mut() {
        figures.retain(|_, n| *n != 0);
    }
    rows.retain(|_, figures| !figures.is_empty());
    (all, rows)
}
