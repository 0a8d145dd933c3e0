//! Units on the wire: answered from the snapshot alone, under the caller's scope.

use chrono::NaiveDate;
use mahila_proto::google::r#type::Date;
use mahila_proto::registry::v1 as wire;
use platform::call::Call;
use platform::clock::ist_day;
use platform::directory::{UNIT_CHANGED, UnitKind, UnitVersion, unit_to_wire};
use platform::fields::Fields;
use platform::journal::{Audience, Event, Kind};
use platform::limits::{PAGE_SIZE, PAGE_SIZE_MAX};
use platform::page::Page;
use platform::service::Base;
use platform::{Refusal, Scope};
use prost::Message as _;

use super::tree::{self, Branch};

/// Journal kind: all versions of a unit as they stand now.
pub const CHANGED: Kind = Kind { name: UNIT_CHANGED, audience: Audience::Suite };

/// A unit is not what it was: all its versions, by first day.
#[derive(Debug, Clone, Copy)]
pub struct UnitChanged<'a>(pub &'a [UnitVersion]);

impl Event for UnitChanged<'_> {
    fn kind(&self) -> Kind {
        CHANGED
    }

    fn subject(&self) -> String {
        self.0.first().map(|unit| unit.id.clone()).unwrap_or_default()
    }

    fn payload(&self) -> Vec<u8> {
        wire::UnitChanged { versions: self.0.iter().map(unit_to_wire).collect() }.encode_to_vec()
    }
}

/// The day that a read asks for: today when it names none.
pub fn day_asked(fields: &mut Fields, base: &Base, as_of: Option<&Date>) -> NaiveDate {
    fields.optional_day("as_of", as_of).unwrap_or_else(|| ist_day(base.clock.now()))
}

/// `GetUnit`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE`, `NOT_FOUND` on that day.
pub fn get(base: &Base, call: &Call, asked: &wire::GetUnitRequest) -> Result<wire::Unit, Refusal> {
    let mut fields = Fields::new();
    let id = fields.name("name", &asked.name, "units");
    let day = day_asked(&mut fields, base, asked.as_of.as_ref());
    fields.finish()?;
    need(&base.scope(call), &id)?;
    let unit = tree::find(&base.directory.tree(), &id, day).ok_or_else(|| Refusal::not_found(format!("units/{id}")))?;
    Ok(unit_to_wire(&unit))
}

/// `ListUnits`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE` and `NOT_FOUND` of `parent`.
pub fn list(base: &Base, call: &Call, asked: wire::ListUnitsRequest) -> Result<wire::ListUnitsResponse, Refusal> {
    let mut fields = Fields::new();
    let parent = fields.optional_name("parent", &asked.parent, "units");
    let kind = fields.optional_term::<UnitKind>("kind", asked.kind);
    let day = day_asked(&mut fields, base, asked.as_of.as_ref());
    let (size, token) = (asked.page_size, asked.page_token.clone());
    let rest = wire::ListUnitsRequest { page_size: 0, page_token: String::new(), ..asked };
    let page = page(&mut fields, size, &token, &rest);
    fields.finish()?;

    let tree = base.directory.tree();
    let mut scope = base.scope(call);
    if let Some(parent) = parent {
        scope = scope.narrow(&parent, &tree, day)?;
    }
    let after = |id: &str| page.after.as_deref().is_none_or(|after| id > after);
    let mut units: Vec<UnitVersion> = if kind == Some(UnitKind::Station) {
        tree.stations()
            .filter(|station| after(&station.id) && station.exists_on(day) && scope.covers_station(&station.id))
            .take(page.size + 1)
            .map(|station| tree::unit_of(station))
            .collect()
    } else {
        tree.units(day)
            .filter(|unit| after(&unit.id) && kind.is_none_or(|kind| unit.kind == kind) && covers(&scope, &unit.id))
            .take(page.size + 1)
            .cloned()
            .collect()
    };
    let next_page_token = page.cut(&mut units, |unit| unit.id.clone());
    Ok(wire::ListUnitsResponse { units: units.iter().map(unit_to_wire).collect(), next_page_token })
}

/// `GetTree`.
///
/// # Errors
/// `INVALID_FIELDS`, `OUT_OF_SCOPE`, `NOT_FOUND` on that day.
pub fn tree(base: &Base, call: &Call, asked: &wire::GetTreeRequest) -> Result<wire::UnitTree, Refusal> {
    let mut fields = Fields::new();
    let root = fields.optional_name("root", &asked.root, "units");
    let day = day_asked(&mut fields, base, asked.as_of.as_ref());
    fields.finish()?;
    let tree = base.directory.tree();
    let scope = base.scope(call);
    let root = match root {
        Some(root) => root,
        // Only who may see the whole state is told whether there is one.
        None if scope.stations().is_some() => return Err(Refusal::out_of_scope()),
        None => tree::state(&tree, day).map(|unit| unit.id.clone()).ok_or_else(|| Refusal::not_found("units/up"))?,
    };
    need(&scope, &root)?;
    let branch = tree::branch(&tree, &root, day, asked.stations);
    branch.map(to_wire).ok_or_else(|| Refusal::not_found(format!("units/{root}")))
}

fn to_wire(branch: Branch) -> wire::UnitTree {
    wire::UnitTree {
        unit: Some(unit_to_wire(&branch.unit)),
        children: branch.children.into_iter().map(to_wire).collect(),
    }
}

/// A station's unit counts as its station.
fn covers(scope: &Scope, id: &str) -> bool {
    scope.covers_unit(id) || scope.covers_station(id)
}

fn need(scope: &Scope, id: &str) -> Result<(), Refusal> {
    if covers(scope, id) { Ok(()) } else { Err(Refusal::out_of_scope()) }
}

/// A page as every list of the registry has it. `rest` is the request without its page.
pub fn page<K: serde::Serialize + serde::de::DeserializeOwned>(
    fields: &mut Fields,
    size: i32,
    token: &str,
    rest: &impl prost::Message,
) -> Page<K> {
    Page::parse(fields, size, token, rest, PAGE_SIZE as usize, PAGE_SIZE_MAX as usize)
}
