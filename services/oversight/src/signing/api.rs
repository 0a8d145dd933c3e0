//! Signing, and reading what was signed.

use std::collections::BTreeMap;

use mahila_proto::auth::v1::Role;
use mahila_proto::oversight::v1 as wire;
use platform::call::Call;
use platform::fields::{Fields, timestamp};
use platform::journal::{Audience, Event, Kind};
use platform::page::Page;
use platform::refusal::Refusal;
use platform::write::read_refusal;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::name::Subject;
use super::snapshot::{NONE_BEFORE, Snapshot, changes};
use super::store::{self, Listed, Sign, Signed};
use crate::Oversight;
use crate::statements::api::{Ask, Raw, content, digest, own_unit};
use crate::statements::store::covers;

/// Journal kind: a statement was signed.
pub(crate) const STATEMENT_SIGNED: Kind = Kind { name: "oversight.statement.signed", audience: Audience::Suite };

/// Rows of a page, unless the caller says otherwise; and at most.
const USUAL: usize = 50;
const MOST: usize = 200;

impl Event for Signed {
    fn kind(&self) -> Kind {
        STATEMENT_SIGNED
    }

    fn subject(&self) -> String {
        self.name.clone()
    }

    fn payload(&self) -> Vec<u8> {
        wire::StatementSigned { name: self.name.clone(), sha256: self.sha256.clone() }.encode_to_vec()
    }
}

/// Signs the statement of a period as it is now.
pub(crate) async fn sign_statement(
    oversight: &Oversight,
    request: Request<wire::SignStatementRequest>,
) -> Result<Response<wire::SignedStatement>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let raw = Raw {
        from: message.from.as_ref(),
        to: message.to.as_ref(),
        unit: &message.unit,
        level: message.level,
        public_copy: false,
        last_week: false,
    };
    let ask = Ask::parse(oversight, &call, &mut fields, raw);
    if !matches!(message.content_sha256.len(), 0 | 32) {
        fields.wrong("content_sha256", "must be 32 bytes", "32 बाइट होना चाहिए");
    }
    fields.finish()?;
    let ask = ask.settle()?;
    let statement = content(&ask.state(oversight).await?, oversight.base.settings.simulated);
    // What cannot be read again in one answer is not signed; an eighth is left for what differs from the version before.
    if statement.encoded_len() > oversight.limit / 8 * 7 {
        return Err(Refusal::too_large(oversight.limit).into());
    }

    let subject = Subject::of(&ask.root.id, ask.period, ask.level);
    let sign = Sign {
        subject: subject.clone(),
        content_sha256: digest(&statement),
        content: statement.encode_to_vec(),
        read: (!message.content_sha256.is_empty()).then(|| message.content_sha256.clone()),
        role: role_of(&call),
        scope: ask.scope.clone(),
    };
    let signed = oversight.base.writer.submit(&call, request_id, &message, sign).await?;
    let found = store::read(&oversight.base.db, &ask.scope, &subject, Some(signed.version)).await;
    let found = found.map_err(|error| read_refusal(&error))?.ok_or_else(Refusal::internal)?;
    Ok(Response::new(answer(oversight, &found.0, found.1.as_ref())?))
}

/// The highest role that may sign.
fn role_of(call: &Call) -> i16 {
    let signing = [Role::Headquarters, Role::RangeHead, Role::DistrictHead];
    let role = signing.into_iter().find(|role| call.caller.is(*role)).unwrap_or_default();
    i16::try_from(i32::from(role)).unwrap_or_default()
}

/// A signed statement.
pub(crate) async fn get_signed_statement(
    oversight: &Oversight,
    request: Request<wire::GetSignedStatementRequest>,
) -> Result<Response<wire::SignedStatement>, Status> {
    let call = Call::of(&request)?;
    let name = request.into_inner().name;
    let mut fields = Fields::new();
    let subject = Subject::parse(&name);
    match (&subject, name.is_empty()) {
        (_, true) => fields.wrong("name", "is required", "आवश्यक है"),
        (None, _) => fields.wrong(
            "name",
            "must be units/{unit}/statements/{from}.{to}.{level}, with /versions/{version} or without",
            "units/{unit}/statements/{from}.{to}.{level} होना चाहिए, /versions/{version} सहित या बिना",
        ),
        _ => {}
    }
    fields.finish()?;
    let (subject, version) = subject.ok_or_else(Refusal::internal)?;
    let scope = oversight.base.scope(&call);
    if !covers(&scope, &subject.unit) {
        return Err(Refusal::out_of_scope().into());
    }
    let found = store::read(&oversight.base.db, &scope, &subject, version).await;
    let found = found.map_err(|error| read_refusal(&error))?.ok_or_else(|| Refusal::not_found(name))?;
    Ok(Response::new(answer(oversight, &found.0, found.1.as_ref())?))
}

/// Signed statements of a unit.
pub(crate) async fn list_signed_statements(
    oversight: &Oversight,
    request: Request<wire::ListSignedStatementsRequest>,
) -> Result<Response<wire::ListSignedStatementsResponse>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let scope = oversight.base.scope(&call);
    let mut fields = Fields::new();
    let unit = own_unit(&mut fields, &message.unit, &scope);
    let bound = wire::ListSignedStatementsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let page: Page<i64> = Page::parse(&mut fields, message.page_size, &message.page_token, &bound, USUAL, MOST);
    fields.finish()?;
    let unit = unit.ok_or_else(Refusal::out_of_scope)?;
    if !covers(&scope, &unit) {
        return Err(Refusal::out_of_scope().into());
    }
    let tree = oversight.base.directory.tree();
    // One that is no more may have been signed for.
    if tree.versions(&unit).is_empty() && tree.station(&unit).is_none() {
        return Err(Refusal::not_found(format!("units/{unit}")).into());
    }
    let listed = store::list(&oversight.base.db, &scope, &unit, page.after, page.limit()).await;
    let mut listed = listed.map_err(|error| read_refusal(&error))?;
    let next_page_token = page.cut(&mut listed, |listed| listed.ord);
    let statements = listed.iter().map(in_list).collect();
    Ok(Response::new(wire::ListSignedStatementsResponse { statements, next_page_token }))
}

fn head(snapshot: &Snapshot) -> wire::SignedStatement {
    wire::SignedStatement {
        name: snapshot.subject.name(snapshot.version),
        version: snapshot.version,
        signed_by: snapshot.signed_by.clone(),
        role: snapshot.role.into(),
        signed_at: Some(timestamp(snapshot.signed_at)),
        sha256: snapshot.sha256.clone(),
        content_sha256: snapshot.content_sha256.clone(),
        ..wire::SignedStatement::default()
    }
}

fn in_list(listed: &Listed) -> wire::SignedStatement {
    let before = listed.before.as_deref().unwrap_or(&NONE_BEFORE);
    wire::SignedStatement { damaged: !listed.snapshot.holds(before), ..head(&listed.snapshot) }
}

/// A signed statement whose hash holds, with what differs from the version before.
fn answer(
    oversight: &Oversight,
    snapshot: &Snapshot,
    before: Option<&Snapshot>,
) -> Result<wire::SignedStatement, Refusal> {
    let name = snapshot.subject.name(snapshot.version);
    let hash_before = before.map_or(&NONE_BEFORE[..], |before| &before.sha256);
    let decode = |snapshot: &Snapshot| wire::Statement::decode(&snapshot.content[..]).ok();
    let statement = snapshot.holds(hash_before).then(|| decode(snapshot)).flatten();
    let Some(mut statement) = statement else {
        tracing::error!(statement = name, "a signed statement is not as it was signed");
        return Err(Refusal::snapshot_damaged(name));
    };
    let changes = before.and_then(decode).map(|before| changed(&before, &statement)).unwrap_or_default();
    statement.content_sha256.clone_from(&snapshot.content_sha256);
    let answer = wire::SignedStatement { statement: Some(statement), changes, ..head(snapshot) };
    if answer.encoded_len() > oversight.limit { Err(Refusal::too_large(oversight.limit)) } else { Ok(answer) }
}

/// A figure's place in a statement: which row (the whole first), unit, measure, breakdown, key.
type Place = (bool, String, i32, i32, String);

fn figures(statement: &wire::Statement) -> BTreeMap<Place, i64> {
    let of_unit = |unit: &wire::UnitFigures, is_row: bool| {
        let name = unit.unit.clone();
        let place =
            move |figure: &wire::Figure| (is_row, name.clone(), figure.measure, figure.breakdown, figure.key.clone());
        unit.figures.iter().map(|figure| (place(figure), figure.value)).collect::<Vec<_>>()
    };
    let whole = statement.whole.iter().flat_map(|unit| of_unit(unit, false));
    whole.chain(statement.rows.iter().flat_map(|unit| of_unit(unit, true))).collect()
}

fn changed(before: &wire::Statement, after: &wire::Statement) -> Vec<wire::FigureChange> {
    changes(&figures(before), &figures(after))
        .into_iter()
        .map(|((_, unit, measure, breakdown, key), before, after)| wire::FigureChange {
            unit,
            measure,
            breakdown,
            key,
            before,
            after,
        })
        .collect()
}
