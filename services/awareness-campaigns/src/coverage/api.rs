//! Coverage on the wire.

use mahila_proto::campaign::v1 as wire;
use mahila_proto::r#type::v1::LocalizedText;
use platform::call::Call;
use platform::directory::UnitKind;
use platform::fields::{Fields, timestamp};
use platform::page::Page;
use platform::service::Base;
use platform::terms::Term as _;
use platform::{Refusal, Scope};
use tonic::{Request, Response};

use super::figures::{Figures, Shares, Unit, roll_up};
use super::store::{self, Place};
use crate::api::{Answer, page, today, viewer};
use crate::campaigns;
use crate::campaigns::api::goals_to_wire;

fn figures_to_wire(figures: &Figures) -> wire::CoverageFigures {
    wire::CoverageFigures {
        proposed: figures.proposed,
        planned: figures.planned,
        claimed: figures.claimed,
        verified: figures.verified,
        disputed: figures.disputed,
        lapsed: figures.lapsed,
        women: figures.women,
        girls: figures.girls,
        places_planned: figures.places_planned,
        places_covered: figures.places_covered,
    }
}

fn unit_to_wire(unit: &Unit) -> wire::UnitCoverage {
    wire::UnitCoverage {
        unit: if unit.id.is_empty() { String::new() } else { format!("units/{}", unit.id) },
        kind: unit.kind.map_or(0, |kind| kind.number().into()),
        display_name: Some(LocalizedText::from(&unit.name)),
        figures: Some(figures_to_wire(&unit.figures)),
    }
}

fn shares_to_wire(shares: Shares) -> wire::GoalShares {
    wire::GoalShares { events_per_mille: shares.events, women_per_mille: shares.women, places_per_mille: shares.places }
}

fn place_to_wire(((place_code, station), figures): &(Place, Figures)) -> wire::PlaceCoverage {
    wire::PlaceCoverage {
        place_code: place_code.clone(),
        station: format!("stations/{station}"),
        figures: Some(figures_to_wire(figures)),
    }
}

/// The unit asked for, or the only one of the caller's.
fn root_of(fields: &mut Fields, name: &str, scope: &Scope) -> Option<String> {
    let named = fields.optional_name("unit", name, "units");
    if name.is_empty() && scope.roots().len() > 1 {
        fields.wrong("unit", "name one of your units", "अपनी इकाइयों में से एक बताएँ");
    }
    named.or_else(|| scope.roots().first().cloned())
}

/// What a campaign came to.
pub(crate) async fn get(base: &Base, request: Request<wire::GetCoverageRequest>) -> Answer<wire::GetCoverageResponse> {
    let call = Call::of(&request)?;
    let viewer = viewer(base, &call);
    let message = request.into_inner();
    let (tree, day) = (base.directory.tree(), today(base));
    let mut fields = Fields::new();
    let campaign = fields.uuid_name("campaign", &message.campaign, "campaigns");
    let root = root_of(&mut fields, &message.unit, &viewer.scope);
    let level: Option<UnitKind> = fields.optional_term("level", message.level);
    let bound = wire::GetCoverageRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let page: Page<Place> = page(&mut fields, message.page_size, &message.page_token, &bound);
    // Only of a unit in sight can be said what lies below it.
    let seen = root.as_ref().filter(|root| viewer.scope.covers_unit(root) || viewer.scope.covers_station(root));
    let whole = seen.and_then(|root| Unit::find(&tree, root, day));
    if whole.as_ref().is_some_and(|whole| level.is_some() && level <= whole.kind) {
        fields.wrong("level", "must lie below the unit", "इकाई से नीचे का स्तर होना चाहिए");
    }
    fields.finish()?;

    let root = root.ok_or_else(Refusal::out_of_scope)?;
    let within = viewer.scope.narrow(&root, &tree, day)?.stations().unwrap_or_default();
    let whole = whole.ok_or_else(Refusal::out_of_scope)?;
    let campaign = campaigns::store::read(&base.db, &viewer, campaign).await?;
    let stations = store::by_station(&base.db, campaign.id, &within).await?;
    let mut places = store::by_place(&base.db, campaign.id, &within, page.after.clone(), page.limit()).await?;
    let next_page_token = page.cut(&mut places, |(place, _)| place.clone());
    let (whole, rows) = roll_up(whole, level, &stations, &tree, day);
    Ok(Response::new(wire::GetCoverageResponse {
        shares: Some(shares_to_wire(Shares::of(&whole.figures, campaign.goals))),
        whole: Some(unit_to_wire(&whole)),
        rows: rows.iter().map(unit_to_wire).collect(),
        places: places.iter().map(place_to_wire).collect(),
        next_page_token,
        goals: Some(goals_to_wire(campaign.goals)),
        as_of: Some(timestamp(base.clock.now())),
    }))
}
