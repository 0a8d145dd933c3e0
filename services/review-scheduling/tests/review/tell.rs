//! What intake's journal says of complaints, in its own words.

use chrono::NaiveDate;
use mahila_proto::intake::v1 as wire;
use platform::fields::date;
use platform::journal::Draft;
use prost::Message;
use uuid::Uuid;

pub fn october(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 10, day).expect("a day of October")
}

/// A complaint, as its entries name it.
#[derive(Debug, Clone)]
pub struct Case {
    pub id: Uuid,
    pub station: String,
    pub district: String,
    pub registered: NaiveDate,
    /// The earliest running statutory limit, as of the next entry.
    pub due: Option<NaiveDate>,
}

impl Case {
    /// Recorded at a station of a district on a day.
    pub fn at(station: &str, registered: NaiveDate) -> Self {
        let district = format!("district-{}", station.split('-').nth(1).unwrap_or_default());
        Self { id: Uuid::new_v4(), station: station.into(), district, registered, due: None }
    }

    pub fn name(&self) -> String {
        format!("complaints/{}", self.id)
    }

    fn station_name(&self) -> String {
        if self.station.is_empty() { String::new() } else { format!("stations/{}", self.station) }
    }

    fn place(&self) -> wire::ComplaintPlace {
        wire::ComplaintPlace {
            station: self.station_name(),
            district: format!("units/{}", self.district),
            registered_day: Some(date(self.registered)),
            imported: false,
            statutory_due_day: self.due.map(date),
        }
    }

    fn draft(&self, kind: &'static str, message: &impl Message) -> Draft {
        Draft { kind, subject: self.id.to_string(), payload: message.encode_to_vec() }
    }

    pub fn registered(&self) -> Draft {
        self.registered_with(wire::Risk::Medium)
    }

    pub fn registered_with(&self, risk: wire::Risk) -> Draft {
        let told = wire::ComplaintRegistered {
            station: self.station_name(),
            district: format!("units/{}", self.district),
            day: Some(date(self.registered)),
            channel: wire::Channel::WalkIn.into(),
            category: wire::Category::DomesticViolence.into(),
            risk: risk.into(),
            handling_state: wire::HandlingState::Received.into(),
            statutory_due_day: self.due.map(date),
            ..wire::ComplaintRegistered::default()
        };
        self.draft("intake.complaint.registered", &told)
    }

    pub fn moved(&self, to: wire::HandlingState) -> Draft {
        let told = wire::ComplaintMoved { place: Some(self.place()), to: to.into(), ..wire::ComplaintMoved::default() };
        self.draft("intake.complaint.moved", &told)
    }

    pub fn closed(&self, day: NaiveDate) -> Draft {
        let to = wire::HandlingState::Disposed.into();
        let (place, day) = (Some(self.place()), Some(date(day)));
        self.draft(
            "intake.complaint.moved",
            &wire::ComplaintMoved { place, to, day, ..wire::ComplaintMoved::default() },
        )
    }

    pub fn breached(&self, code: wire::ClockCode, day: NaiveDate) -> Draft {
        let told = wire::ClockBreached { place: Some(self.place()), code: code.into(), day: Some(date(day)) };
        self.draft("intake.clock.breached", &told)
    }

    pub fn asked(&self, satisfied: bool) -> Draft {
        let told = wire::FeedbackRecorded {
            place: Some(self.place()),
            reached: true,
            satisfied,
            ..wire::FeedbackRecorded::default()
        };
        self.draft("intake.feedback.recorded", &told)
    }

    /// Triage finds that the station is a party to it: from now on it is hidden from it.
    pub fn hidden(&mut self) -> Draft {
        let before = self.place();
        self.station.clear();
        let told = wire::ComplaintTriaged {
            place: Some(self.place()),
            risk: wire::Risk::Medium.into(),
            counted_before: Some(before),
            ..wire::ComplaintTriaged::default()
        };
        self.draft("intake.complaint.triaged", &told)
    }
}

/// So many cases of a station, recorded on the first days of October.
pub fn cases(station: &str, count: usize) -> Vec<Case> {
    (0..count).map(|number| Case::at(station, october(1 + u32::try_from(number % 20).unwrap_or_default()))).collect()
}
