//! Partners on the wire.

use mahila_proto::campaign::v1 as wire;
use mahila_proto::campaign::v1::vet_partner_request::Decision;
use platform::Refusal;
use platform::call::Call;
use platform::fields::{Fields, date};
use platform::page::Page;
use platform::service::Base;
use platform::terms::Term as _;
use tonic::{Request, Response};
use uuid::Uuid;

use super::partner::{NewPartner, Partner, Vetting};
use super::store::{self, RegisterPartner, VetPartner};
use crate::api::{Answer, body, chosen, page, terms, today, viewer};
use crate::terms::PartnerKind;
use crate::words::title;

/// Characters of a number of registration at most.
const NUMBER: usize = 40;

/// A partner for the wire.
fn to_wire(partner: &Partner) -> wire::Partner {
    wire::Partner {
        name: format!("partners/{}", partner.id),
        display_name: partner.display_name.clone(),
        kind: partner.kind.number().into(),
        registration_no: partner.registration_no.clone(),
        mou_valid_to: Some(date(partner.mou_valid_to)),
        unit: format!("units/{}", partner.unit),
        vetting_state: partner.vetting.number().into(),
        suspension_reason: partner.suspension.map_or(0, |reason| reason.number().into()),
        registered_by: partner.registered_by.clone(),
        vetted_by: partner.vetted_by.clone().unwrap_or_default(),
        etag: partner.etag(),
    }
}

/// A partner as it is told; `None` with a violation.
fn parse(fields: &mut Fields, told: &wire::Partner) -> Option<NewPartner> {
    let display_name = title(fields, "display_name", &told.display_name);
    let kind: Option<PartnerKind> = fields.term("kind", told.kind);
    let registration_no = registration_no(fields, &told.registration_no);
    let mou_valid_to = fields.day("mou_valid_to", told.mou_valid_to.as_ref());
    let unit = fields.name("unit", &told.unit, "units");
    Some(NewPartner { id: Uuid::new_v4(), display_name, kind: kind?, registration_no, mou_valid_to, unit })
}

/// A number as registers write it. No words: a name has no place in it.
fn registration_no(fields: &mut Fields, told: &str) -> String {
    let number = fields.required_text("registration_no", told, NUMBER);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '.');
    let is_number = number.chars().all(fits) && number.contains(|c: char| c.is_ascii_digit());
    if !number.is_empty() && !is_number {
        fields.wrong(
            "registration_no",
            "must have a digit, and nothing but letters, digits and / - .",
            "कम से कम एक अंक, और केवल अक्षर, अंक तथा / - . होने चाहिए",
        );
    }
    number
}

/// A partner asks to work with us.
pub(crate) async fn register(base: &Base, request: Request<wire::RegisterPartnerRequest>) -> Answer<wire::Partner> {
    let call = Call::of(&request)?;
    let scope = base.scope(&call);
    let message = request.into_inner();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let told = body(message.partner.as_ref());
    let new = fields.nested("partner", |fields| parse(fields, &told));
    fields.finish()?;
    let new = new.ok_or_else(Refusal::internal)?;

    scope.need_unit(&new.unit)?;
    if base.directory.tree().unit(&new.unit, today(base)).is_none() {
        return Err(Refusal::not_found(format!("units/{}", new.unit)).into());
    }
    let partner = base.writer.submit(&call, request_id, &message, RegisterPartner { new }).await?;
    Ok(Response::new(to_wire(&partner)))
}

/// Somebody looked at a partner.
pub(crate) async fn vet(base: &Base, request: Request<wire::VetPartnerRequest>) -> Answer<wire::Partner> {
    let call = Call::of(&request)?;
    let viewer = viewer(base, &call);
    let message = request.into_inner();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let partner = fields.uuid_name("name", &message.name, "partners");
    let etag = fields.text("etag", &message.etag, 32);
    let vetting = match chosen(&mut fields, "decision", message.decision.as_ref()) {
        Some(Decision::Vetted(vetted)) => {
            let mou_valid_to = fields.optional_day("vetted.mou_valid_to", vetted.mou_valid_to.as_ref());
            Some(Vetting::Vetted { mou_valid_to })
        }
        Some(Decision::Suspended(reason)) => fields.term("suspended", *reason).map(Vetting::Suspended),
        None => None,
    };
    fields.finish()?;
    let vetting = vetting.ok_or_else(Refusal::internal)?;

    let command = VetPartner { partner, viewer, etag, vetting };
    let partner = base.writer.submit(&call, request_id, &message, command).await?;
    Ok(Response::new(to_wire(&partner)))
}

/// A page of partners.
pub(crate) async fn list(
    base: &Base,
    request: Request<wire::ListPartnersRequest>,
) -> Answer<wire::ListPartnersResponse> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let bound = wire::ListPartnersRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let page: Page<i64> = page(&mut fields, message.page_size, &message.page_token, &bound);
    let states = terms(&mut fields, "vetting_states", &message.vetting_states);
    fields.finish()?;

    let units = viewer(base, &call).units(&base.directory.tree(), today(base));
    let mut rows = store::list(&base.db, units.as_deref(), &states, page.after, page.limit()).await?;
    let next_page_token = page.cut(&mut rows, |(ord, _)| *ord);
    let partners = rows.iter().map(|(_, partner)| to_wire(partner)).collect();
    Ok(Response::new(wire::ListPartnersResponse { partners, next_page_token }))
}
