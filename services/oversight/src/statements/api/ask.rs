//! What every method asks for: days, a unit, a level below it, and for whom. Parsed with all violations at once; scope is
//! settled after that.

use std::sync::Arc;

use chrono::NaiveDate;
use platform::Scope;
use platform::call::Call;
use platform::clock::ist_day;
use platform::directory::{Tree, UnitKind};
use platform::fields::Fields;
use platform::refusal::Refusal;
use platform::write::read_refusal;

use crate::Oversight;
use crate::ledger::{Grain, Measure};
use crate::statements::cut::{Cut, Node};
use crate::statements::period::Period;
use crate::statements::statement::{Read, Statement, statement};
use crate::statements::store::{self, Places, Wanted, covers};

type Day = mahila_proto::google::r#type::Date;

/// As it was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub from: Option<&'a Day>,
    pub to: Option<&'a Day>,
    pub unit: &'a str,
    pub level: i32,
    pub public_copy: bool,
    /// Without both days it is the last whole week.
    pub last_week: bool,
}

/// Parsed, but for the scope.
#[derive(Debug)]
pub(crate) struct Asking {
    ask: Option<Ask>,
    refusal: Option<Refusal>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub period: Period,
    pub root: Node,
    pub level: Option<UnitKind>,
    /// Small cells are to be hidden.
    pub public_copy: bool,
    pub scope: Scope,
    pub tree: Arc<Tree>,
}

/// Days that are over.
pub(crate) fn closed_period(
    oversight: &Oversight,
    fields: &mut Fields,
    from: Option<&Day>,
    to: Option<&Day>,
) -> Period {
    let given = from.is_some() && to.is_some();
    let clean = fields.clean();
    let (from, to) = (fields.day("from", from), fields.day("to", to));
    // Of a day that is no day nothing more can be said.
    if given && (!clean || fields.clean()) {
        return Period::closed(fields, from, to, ist_day(oversight.base.clock.now()));
    }
    Period { from, to }
}

/// The unit asked for, or the only root of the caller's scope. `None`: the caller must say which.
fn root_of(unit: Option<&String>, scope: &Scope) -> Option<String> {
    unit.cloned().or_else(|| match scope.roots().len() {
        1 => scope.roots().first().cloned(),
        _ => None,
    })
}

/// The unit asked for, or the only root of the caller's scope, where nothing else is asked.
pub(crate) fn own_unit(fields: &mut Fields, unit: &str, scope: &Scope) -> Option<String> {
    let clean = fields.clean();
    let unit = fields.optional_name("unit", unit, "units");
    let root = root_of(unit.as_ref(), scope);
    if root.is_none() && clean == fields.clean() && !scope.roots().is_empty() {
        name_one(fields);
    }
    root
}

fn name_one(fields: &mut Fields) {
    fields.wrong("unit", "name one of your units", "अपनी इकाइयों में से एक बताएँ");
}

/// A unit or station as it is on a day.
pub(crate) fn node(tree: &Tree, id: &str, day: NaiveDate) -> Option<Node> {
    Cut { tree, day, root: id, level: None, deepest: UnitKind::Station }.node(id)
}

/// The unit as it is on a day, if the caller may see it.
pub(crate) fn covered(root: &str, scope: &Scope, tree: &Tree, day: NaiveDate) -> Result<Node, Refusal> {
    if !covers(scope, root) {
        return Err(Refusal::out_of_scope());
    }
    node(tree, root, day).ok_or_else(|| Refusal::not_found(format!("units/{root}")))
}

impl Ask {
    /// Parses it.
    pub fn parse(oversight: &Oversight, call: &Call, fields: &mut Fields, raw: Raw<'_>) -> Asking {
        let outside = call.caller.is_outside();
        let public_copy = raw.public_copy || outside;
        let level = fields.optional_term::<UnitKind>("level", raw.level);
        if public_copy && level.is_some_and(|level| level > UnitKind::District) {
            fields.wrong(
                "level",
                "must not lie below the district in a public copy",
                "सार्वजनिक प्रति में जनपद से नीचे नहीं हो सकता",
            );
        }
        let clean = fields.clean();
        let period = if raw.last_week && raw.from.is_none() && raw.to.is_none() {
            Period::last_week(ist_day(oversight.base.clock.now()))
        } else {
            closed_period(oversight, fields, raw.from, raw.to)
        };
        if outside && (!clean || fields.clean()) && raw.from.is_some() && raw.to.is_some() {
            period.for_outside(fields);
        }
        let unit = fields.optional_name("unit", raw.unit, "units");

        let (scope, tree) = (oversight.base.scope(call), oversight.base.directory.tree());
        match root_of(unit.as_ref(), &scope).map(|root| covered(&root, &scope, &tree, period.to)) {
            Some(Ok(root)) => {
                check_level(fields, &root, level, public_copy);
                Asking { ask: Some(Self { period, root, level, public_copy, scope, tree }), refusal: None }
            }
            Some(Err(refusal)) => Asking { ask: None, refusal: Some(refusal) },
            None => {
                if !scope.roots().is_empty() {
                    name_one(fields);
                }
                Asking { ask: None, refusal: None }
            }
        }
    }

    /// The same of other days, with units and scope as they are now.
    ///
    /// # Errors
    /// `OUT_OF_SCOPE`, `NOT_FOUND`.
    pub fn again(&self, oversight: &Oversight, call: &Call, period: Period) -> Result<Self, Refusal> {
        let (scope, tree) = (oversight.base.scope(call), oversight.base.directory.tree());
        let root = covered(&self.root.id, &scope, &tree, period.to)?;
        Ok(Self { period, root, level: self.level, public_copy: self.public_copy, scope, tree })
    }

    /// Days of the whole state, for comparing: read as the service itself, never shown.
    pub fn of_the_state(&self, period: Period) -> Self {
        Self { period, public_copy: true, scope: Scope::service(), ..self.clone() }
    }

    /// The cut that it is.
    pub fn cut(&self) -> Cut<'_> {
        let deepest = if self.public_copy { UnitKind::District } else { UnitKind::Station };
        Cut { tree: &self.tree, day: self.period.to, root: &self.root.id, level: self.level, deepest }
    }

    /// Reads what a statement of it is made of. What is hidden is decided by the figures of the whole state; what is shown
    /// stays within the scope.
    pub async fn read(
        &self,
        oversight: &Oversight,
        grain: Grain,
        before: Option<Period>,
        measures: &[Measure],
    ) -> Result<Read, Refusal> {
        let reader = if self.public_copy { Scope::service() } else { self.scope.clone() };
        let all = self.public_copy || self.cut().is_state();
        let within = |grain| Places::within(&reader, if all { None } else { Some(self.cut().places(grain)) });
        let (places, reporting) = (within(grain), within(Grain::Place));
        let wanted = Wanted { places: &places, grain, reporting: &reporting, period: self.period, before, measures };
        store::read(&oversight.base.db, wanted).await.map_err(|error| read_refusal(&error))
    }

    /// States it.
    pub async fn state(&self, oversight: &Oversight) -> Result<Statement, Refusal> {
        let cut = self.cut();
        let read = self.read(oversight, cut.grain(), Some(self.period.before()), &[]).await?;
        let covers = |place: &str| covers(&self.scope, place);
        Ok(statement(&cut, self.period, self.root.clone(), &read, covers, self.public_copy))
    }
}

impl Asking {
    /// Settles the scope, after every field was found right.
    ///
    /// # Errors
    /// `OUT_OF_SCOPE`, `NOT_FOUND`.
    pub fn settle(self) -> Result<Ask, Refusal> {
        self.ask.ok_or_else(|| self.refusal.unwrap_or_else(Refusal::out_of_scope))
    }
}

/// What is wrong with a level below this unit.
fn check_level(fields: &mut Fields, root: &Node, level: Option<UnitKind>, public_copy: bool) {
    if level.is_some_and(|level| level <= root.kind) {
        fields.wrong("level", "must lie below the unit", "इकाई से नीचे का स्तर होना चाहिए");
    }
    if public_copy && root.kind > UnitKind::District {
        fields.wrong(
            "unit",
            "must not lie below the district in a public copy",
            "सार्वजनिक प्रति में जनपद से नीचे नहीं हो सकती",
        );
    }
}
