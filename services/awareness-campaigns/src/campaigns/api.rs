//! Campaigns on the wire.

use mahila_proto::campaign::v1 as wire;
use mahila_proto::r#type::v1::LocalizedText;
use platform::Refusal;
use platform::call::Call;
use platform::fields::{Fields, date};
use platform::page::Page;
use platform::service::Base;
use tonic::{Request, Response};
use uuid::Uuid;

use super::campaign::{Campaign, Goals};
use super::store::{self, CreateCampaign};
use crate::api::{Answer, body, page, today, viewer};
use crate::phases;
use crate::words::title;

/// A goal at most: more is a slip of the pen.
const MOST: i32 = 100_000_000;

/// Goals for the wire.
pub(crate) fn goals_to_wire(goals: Goals) -> wire::Goals {
    wire::Goals { events: goals.events, women_reached: goals.women_reached, places_covered: goals.places_covered }
}

/// A campaign for the wire.
fn to_wire(campaign: &Campaign) -> wire::Campaign {
    wire::Campaign {
        name: format!("campaigns/{}", campaign.id),
        phase: format!("phases/{}", campaign.phase),
        theme: Some(LocalizedText { en: campaign.theme_en.clone(), hi: campaign.theme_hi.clone() }),
        goals: Some(goals_to_wire(campaign.goals)),
        unit: format!("units/{}", campaign.unit),
        from: Some(date(campaign.from)),
        to: Some(date(campaign.to)),
        etag: campaign.etag(),
    }
}

fn goals(fields: &mut Fields, told: Option<&wire::Goals>) -> Goals {
    let Some(told) = told else {
        fields.wrong("goals", "is required", "आवश्यक है");
        return Goals::default();
    };
    fields.nested("goals", |fields| Goals {
        events: fields.within("events", told.events, 0, MOST),
        women_reached: fields.within("women_reached", told.women_reached, 0, MOST),
        places_covered: fields.within("places_covered", told.places_covered, 0, MOST),
    })
}

fn parse(fields: &mut Fields, told: &wire::Campaign) -> Campaign {
    let theme = body(told.theme.as_ref());
    Campaign {
        id: Uuid::new_v4(),
        phase: fields.name("phase", &told.phase, "phases"),
        theme_en: title(fields, "theme.en", &theme.en),
        theme_hi: title(fields, "theme.hi", &theme.hi),
        goals: goals(fields, told.goals.as_ref()),
        unit: fields.name("unit", &told.unit, "units"),
        from: fields.day("from", told.from.as_ref()),
        to: fields.day("to", told.to.as_ref()),
        version: 1,
    }
}

/// A campaign begins.
pub(crate) async fn create(base: &Base, request: Request<wire::CreateCampaignRequest>) -> Answer<wire::Campaign> {
    let call = Call::of(&request)?;
    let scope = base.scope(&call);
    let message = request.into_inner();
    let mut fields = Fields::new();
    let request_id = fields.request_id(&message.request_id);
    let told = body(message.campaign.as_ref());
    let campaign = fields.nested("campaign", |fields| parse(fields, &told));
    fields.finish()?;

    scope.need_unit(&campaign.unit)?;
    if base.directory.tree().unit(&campaign.unit, today(base)).is_none() {
        return Err(Refusal::not_found(format!("units/{}", campaign.unit)).into());
    }
    let campaign = base.writer.submit(&call, request_id, &message, CreateCampaign { campaign }).await?;
    Ok(Response::new(to_wire(&campaign)))
}

/// One campaign.
pub(crate) async fn get(base: &Base, request: Request<wire::GetCampaignRequest>) -> Answer<wire::Campaign> {
    let call = Call::of(&request)?;
    let mut fields = Fields::new();
    let id = fields.uuid_name("name", &request.get_ref().name, "campaigns");
    fields.finish()?;
    let campaign = store::read(&base.db, &viewer(base, &call), id).await?;
    Ok(Response::new(to_wire(&campaign)))
}

/// A page of campaigns, and the phases.
pub(crate) async fn list(
    base: &Base,
    request: Request<wire::ListCampaignsRequest>,
) -> Answer<wire::ListCampaignsResponse> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let bound = wire::ListCampaignsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let page: Page<i64> = page(&mut fields, message.page_size, &message.page_token, &bound);
    let phase = fields.optional_name("phase", &message.phase, "phases");
    fields.finish()?;

    let units = viewer(base, &call).units(&base.directory.tree(), today(base));
    let mut rows = store::list(&base.db, units.as_deref(), phase.as_deref(), page.after, page.limit()).await?;
    let next_page_token = page.cut(&mut rows, |(ord, _)| *ord);
    let phases = phases::store::all(&base.db).await?;
    Ok(Response::new(wire::ListCampaignsResponse {
        campaigns: rows.iter().map(|(_, campaign)| to_wire(campaign)).collect(),
        next_page_token,
        phases: phases.iter().map(phases::api::to_wire).collect(),
    }))
}
