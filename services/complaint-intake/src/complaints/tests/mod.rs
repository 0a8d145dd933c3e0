//! The rules: by example, and against a model.

mod examples;
mod model;

use chrono::{DateTime, TimeZone as _, Utc};
use uuid::Uuid;

use super::complaint::Complaint;
use super::register::{NewComplaint, RecordedAt};
use crate::directions::Decision;
use crate::terms::{Category, Channel, ContactMode, DecisionKind, ReviewLevel};
use crate::vault::Sealed;

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2020, 10, 23, 6, 30, 0).unwrap()
}

fn told(category: Category) -> NewComplaint {
    NewComplaint {
        id: Uuid::from_u128(7),
        at: RecordedAt { station: "ps-157-001".into(), district: "district-157".into(), lgd_code: 157, seq: 1 },
        channel: Channel::WalkIn,
        category,
        risk: None,
        conflict_with_station: false,
        contact_mode: ContactMode::Never,
        needs_support: false,
        child: None,
        by_woman: true,
        visit: None,
        told_at: None,
        line: None,
        campaign_event: None,
        sealed: Sealed {
            subject: Uuid::from_u128(7),
            wrapped: vec![],
            persons: vec![],
            narrative: None,
            safe_contact: None,
        },
    }
}

fn registered(category: Category) -> Complaint {
    told(category).register("WHD".into(), None, "posts/desk", noon()).complaint
}

fn decision(id: u128, kind: DecisionKind, now: DateTime<Utc>) -> Decision {
    let day = platform::clock::ist_day(now);
    Decision { id: Uuid::from_u128(id), complaint: Uuid::from_u128(7), kind, level: ReviewLevel::Circle, day }
}
