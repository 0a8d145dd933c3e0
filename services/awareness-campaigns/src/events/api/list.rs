//! Lists of events on the wire.

use mahila_proto::campaign::v1 as wire;
use platform::call::Call;
use platform::fields::Fields;
use platform::page::Page;
use platform::service::Base;
use tonic::{Request, Response};
use uuid::Uuid;

use super::to_wire;
use crate::api::{Answer, event_name, page, terms, today, viewer};
use crate::campaigns;
use crate::events::store::{self, Filter, Place};

/// Events that may be named at once.
const NAMES: usize = 100;

/// A campaign, or all of them: `campaigns/-` (AIP-159).
fn parent(fields: &mut Fields, name: &str) -> Option<Uuid> {
    (name != "campaigns/-").then(|| fields.uuid_name("parent", name, "campaigns"))
}

/// The id of a station or unit; `None`: everything in the scope.
fn place(fields: &mut Fields, name: &str) -> Option<String> {
    if name.starts_with("units/") {
        return fields.optional_name("place", name, "units");
    }
    if name.is_empty() || name.starts_with("stations/") {
        return fields.optional_name("place", name, "stations");
    }
    fields.wrong("place", "must be stations/ or units/ and an id", "stations/ या units/ और पहचान होना चाहिए");
    None
}

fn filter(fields: &mut Fields, told: &wire::ListEventsRequest) -> Filter {
    fields.at_most("names", &told.names, NAMES);
    let names = told.names.iter().take(NAMES).enumerate();
    let filter = Filter {
        campaign: parent(fields, &told.parent),
        ids: names.map(|(place, name)| event_name(fields, &format!("names[{place}]"), name).1).collect(),
        states: terms(fields, "states", &told.states),
        kinds: terms(fields, "kinds", &told.kinds),
        from: fields.optional_day("from", told.from.as_ref()),
        to: fields.optional_day("to", told.to.as_ref()),
    };
    if filter.from.zip(filter.to).is_some_and(|(from, to)| to < from) {
        fields.wrong("to", "is before from", "from से पहले है");
    }
    filter
}

/// A page of events.
pub(crate) async fn list(base: &Base, request: Request<wire::ListEventsRequest>) -> Answer<wire::ListEventsResponse> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let bound = wire::ListEventsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let page: Page<Place> = page(&mut fields, message.page_size, &message.page_token, &bound);
    let filter = filter(&mut fields, &message);
    let place = place(&mut fields, &message.place);
    let mut viewer = viewer(base, &call);
    if viewer.partner.is_some() && place.is_some() {
        fields.wrong("place", "is not for partners", "सहयोगी संस्थाओं हेतु नहीं है");
    }
    fields.finish()?;

    // Whether a campaign out of sight exists is not told; a partner is told of none, and sees its own events in it.
    if let Some(campaign) = filter.campaign.filter(|_| viewer.partner.is_none()) {
        campaigns::store::read(&base.db, &viewer, campaign).await?;
    }
    if let Some(place) = &place {
        viewer.scope = viewer.scope.narrow(place, &base.directory.tree(), today(base))?;
    }
    let mut dossiers = store::list(&base.db, &viewer, &filter, page.after, page.limit()).await?;
    let next_page_token = page.cut(&mut dossiers, |dossier| (dossier.event.starts_at, dossier.event.id));
    let events = dossiers.iter().map(|dossier| to_wire(dossier, &call)).collect();
    Ok(Response::new(wire::ListEventsResponse { events, next_page_token }))
}
