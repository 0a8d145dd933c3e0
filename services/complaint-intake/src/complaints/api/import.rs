//! Taking in a paper register: the only method that may backdate.

use std::collections::HashSet;

use mahila_proto::intake::v1 as wire;
use platform::Refusal;
use platform::call::Call;
use platform::clock::ist_day;
use platform::fields::Fields;
use platform::write::read_refusal;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::register::{NARRATIVE, recorded_at};
use crate::Intake;
use crate::complaints::register::{NewComplaint, RecordedAt, RegisterLine};
use crate::complaints::store::{ImportRegister, taken_in};
use crate::terms::{Category, Channel};
use crate::vault::{Identity, SafeContact, api as identity};

/// Rows of one call at most.
const ROWS: usize = 200;

/// A row that can be taken in.
struct Row {
    line: RegisterLine,
    category: Category,
    identity: Identity,
}

fn parse_rows(fields: &mut Fields, rows: &[wire::RegisterRow], today: chrono::NaiveDate) -> Vec<Row> {
    fields.some_of("rows", rows, ROWS);
    let mut numbers = HashSet::new();
    let mut parsed = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().take(ROWS).enumerate() {
        let row = fields.nested(&format!("rows[{place}]"), |fields| {
            let register_no = fields.required_text("register_no", &row.register_no, 32);
            if !register_no.is_empty() && !numbers.insert(register_no.clone()) {
                fields.wrong("register_no", "stands in an earlier row as well", "पिछली पंक्ति में भी है");
            }
            let day = fields.day("received_on", row.received_on.as_ref());
            if day >= today {
                fields.wrong("received_on", "must lie before today", "आज से पहले का होना चाहिए");
            }
            let category = fields.term("category", row.category);
            let identity = Identity {
                persons: identity::persons(fields, "persons", &row.persons),
                // A paper register does not say; until she does, nobody rings.
                safe_contact: SafeContact::never(),
                narrative: identity::narrative(fields, "narrative", &row.narrative, NARRATIVE),
            };
            Some(Row { line: RegisterLine { register_no, day }, category: category?, identity })
        });
        parsed.extend(row);
    }
    parsed
}

fn line(intake: &Intake, at: &RecordedAt, row: &Row) -> NewComplaint {
    let id = Uuid::new_v4();
    NewComplaint {
        id,
        at: at.clone(),
        channel: Channel::WalkIn,
        category: row.category,
        risk: None,
        conflict_with_station: false,
        contact_mode: row.identity.safe_contact.mode,
        needs_support: false,
        child: row.identity.is_child(),
        // Who once wrote the register is not known: nobody says a woman did.
        by_woman: false,
        visit: None,
        told_at: None,
        line: Some(row.line.clone()),
        campaign_event: None,
        sealed: intake.vault.seal(id, &row.identity),
    }
}

/// Takes in lines of a paper register.
pub(crate) async fn import(
    intake: &Intake,
    request: Request<wire::ImportRegisterRequest>,
) -> Result<Response<wire::ImportRegisterResponse>, Status> {
    let call = Call::of(&request)?;
    let scope = intake.base.scope(&call);
    let message = request.into_inner();
    let now = intake.base.clock.now();

    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let station = fields.name("station", &message.station, "stations");
    let rows = parse_rows(&mut fields, &message.rows, ist_day(now));
    fields.finish()?;

    scope.need_station(&station)?;
    let at = recorded_at(&intake.base.directory.tree(), &station, now)?;
    if message.validate_only {
        check(intake, &station, &rows).await?;
        return Ok(Response::new(wire::ImportRegisterResponse::default()));
    }
    let lines = rows.iter().map(|row| line(intake, &at, row)).collect();
    let taken = intake.base.writer.submit(&call, request_id, &message, ImportRegister { lines }).await?;
    let complaints = taken.into_iter().map(|id| format!("complaints/{id}")).collect();
    Ok(Response::new(wire::ImportRegisterResponse { complaints }))
}

/// What a dry run finds beyond the fields: lines that were taken in before, each with its row.
async fn check(intake: &Intake, station: &str, rows: &[Row]) -> Result<(), Refusal> {
    let numbers: Vec<String> = rows.iter().map(|row| row.line.register_no.clone()).collect();
    let taken = taken_in(&intake.base.db, station, &numbers).await.map_err(|error| read_refusal(&error))?;
    let mut fields = Fields::new();
    for (place, number) in numbers.iter().enumerate() {
        if taken.contains(number) {
            fields.wrong(&format!("rows[{place}].register_no"), "was taken in before", "पहले दर्ज हो चुका है");
        }
    }
    fields.finish()
}
