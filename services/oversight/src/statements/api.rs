//! Statements over gRPC. A statement is read and put together; nothing here decides a figure.

use chrono::NaiveDate;
use mahila_proto::oversight::v1 as wire;
use mahila_proto::oversight::v1::oversight_service_server::OversightService;
use mahila_proto::r#type::v1::LocalizedText;
use platform::Scope;
use platform::call::Call;
use platform::clock::ist_day;
use platform::directory::{Tree, UnitKind};
use platform::feed::Progress;
use platform::fields::{Fields, date};
use platform::locale::Language;
use platform::page::Page;
use platform::refusal::Refusal;
use platform::service::Base;
use platform::terms::Term as _;
use platform::write::read_refusal;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::cut::{Cut, Node};
use super::period::Period;
use super::render::{self, Frame, Freshness};
use super::silence::{self, Rank, Silent};
use super::statement::{self, Shown, Statement, UnitFigures, rest_name};
use super::store::{self, Places, covers};

/// Serves statements.
#[derive(Debug)]
pub(crate) struct Statements {
    base: Base,
    sources: Vec<Progress>,
    /// Bytes of an answer, at most.
    limit: usize,
}

/// What is asked for, parsed.
struct Asked {
    period: Period,
    unit: Option<String>,
    level: Option<UnitKind>,
    public_copy: bool,
    format: wire::Format,
    language: Language,
}

impl Statements {
    pub fn new(base: Base, sources: Vec<Progress>, limit: usize) -> Self {
        Self { base, sources, limit }
    }

    fn period(&self, fields: &mut Fields, from: Option<&Day>, to: Option<&Day>) -> Period {
        let given = from.is_some() && to.is_some();
        let clean = fields.clean();
        let (from, to) = (fields.day("from", from), fields.day("to", to));
        // Of a day that is no day nothing more can be said.
        if given && (!clean || fields.clean()) {
            return Period::closed(fields, from, to, ist_day(self.base.clock.now()));
        }
        Period { from, to }
    }

    fn freshness(&self) -> Vec<Freshness> {
        let seconds = |progress: &Progress| {
            progress.silence().map(|silence| i64::try_from(silence.as_secs()).unwrap_or(i64::MAX))
        };
        self.sources
            .iter()
            .map(|progress| Freshness {
                source: progress.source(),
                applied: progress.applied(),
                head: progress.head(),
                seconds: seconds(progress),
            })
            .collect()
    }

    fn answer(&self, statement: &Statement, asked: &Asked) -> Result<wire::Statement, Refusal> {
        let freshness = self.freshness();
        let simulated = self.base.settings.simulated;
        let frame = Frame { statement, freshness: &freshness, simulated };
        let rendered = match asked.format {
            wire::Format::Unspecified => String::new(),
            wire::Format::Text => render::text(frame, asked.language),
            wire::Format::Csv => render::csv(statement),
        };
        let answer = wire::Statement {
            from: Some(date(statement.period.from)),
            to: Some(date(statement.period.to)),
            whole: Some(unit_to_wire(&statement.whole)),
            rows: statement.rows.iter().map(unit_to_wire).collect(),
            silent: statement.silent.iter().map(silent_to_wire).collect(),
            freshness: freshness.iter().map(freshness_to_wire).collect(),
            simulated,
            public_copy: statement.public_copy,
            rendered,
        };
        if answer.encoded_len() > self.limit { Err(Refusal::too_large(self.limit)) } else { Ok(answer) }
    }
}

type Day = mahila_proto::google::r#type::Date;

/// The unit asked for, or the only root of the caller's scope. `None`: the caller must say which.
fn root_of(unit: Option<&String>, scope: &Scope) -> Option<String> {
    unit.cloned().or_else(|| match scope.roots().len() {
        1 => scope.roots().first().cloned(),
        _ => None,
    })
}

/// The unit as it is on a day, if the caller may see it.
fn covered(root: &str, scope: &Scope, tree: &Tree, day: NaiveDate) -> Result<Node, Refusal> {
    if !covers(scope, root) {
        return Err(Refusal::out_of_scope());
    }
    let cut = Cut { tree, day, root, level: None, deepest: UnitKind::Station };
    cut.node(root).ok_or_else(|| Refusal::not_found(format!("units/{root}")))
}

fn asked(server: &Statements, request: &wire::GetStatementRequest, call: &Call, fields: &mut Fields) -> Asked {
    let public_copy = request.public_copy || call.caller.is_outside();
    let level = fields.optional_term::<UnitKind>("level", request.level);
    if public_copy && level.is_some_and(|level| level > UnitKind::District) {
        fields.wrong(
            "level",
            "must not lie below the district in a public copy",
            "सार्वजनिक प्रति में जनपद से नीचे नहीं हो सकता",
        );
    }
    let format = wire::Format::try_from(request.format).unwrap_or_else(|_| {
        fields.wrong("format", "is not a value this release knows", "यह मान ज्ञात नहीं है");
        wire::Format::Unspecified
    });
    let language = match wire::Language::try_from(request.language) {
        Ok(wire::Language::English) => Language::En,
        Ok(wire::Language::Unspecified | wire::Language::Hindi) => Language::Hi,
        Err(_) => {
            fields.wrong("language", "is not a value this release knows", "यह मान ज्ञात नहीं है");
            Language::Hi
        }
    };
    let period = server.period(fields, request.from.as_ref(), request.to.as_ref());
    let unit = fields.optional_name("unit", &request.unit, "units");
    Asked { period, unit, level, public_copy, format, language }
}

/// What is wrong with a level below this unit.
fn check_level(fields: &mut Fields, root: &Node, asked: &Asked) {
    if asked.level.is_some_and(|level| level <= root.kind) {
        fields.wrong("level", "must lie below the unit", "इकाई से नीचे का स्तर होना चाहिए");
    }
    if asked.public_copy && root.kind > UnitKind::District {
        fields.wrong(
            "unit",
            "must not lie below the district in a public copy",
            "सार्वजनिक प्रति में जनपद से नीचे नहीं हो सकती",
        );
    }
}

fn name_one(fields: &mut Fields) {
    fields.wrong("unit", "name one of your units", "अपनी इकाइयों में से एक बताएँ");
}

#[tonic::async_trait]
impl OversightService for Statements {
    async fn get_statement(
        &self,
        request: Request<wire::GetStatementRequest>,
    ) -> Result<Response<wire::Statement>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let scope = self.base.scope(&call);
        let tree = self.base.directory.tree();
        let mut fields = Fields::new();
        let asked = asked(self, &request, &call, &mut fields);
        let period = asked.period;
        let root = root_of(asked.unit.as_ref(), &scope).map(|root| covered(&root, &scope, &tree, period.to));
        match &root {
            Some(Ok(root)) => check_level(&mut fields, root, &asked),
            None if !scope.roots().is_empty() => name_one(&mut fields),
            _ => {}
        }
        fields.finish()?;
        let root = root.unwrap_or_else(|| Err(Refusal::out_of_scope()))?;

        let deepest = if asked.public_copy { UnitKind::District } else { UnitKind::Station };
        let cut = Cut { tree: &tree, day: period.to, root: &root.id, level: asked.level, deepest };
        // What is hidden is decided by the figures of the whole state; what is shown stays within the scope.
        let reader = if asked.public_copy { Scope::service() } else { scope.clone() };
        let places = if asked.public_copy || cut.is_state() { None } else { Some(cut.places()) };
        let places = Places::within(&reader, places);
        let read = store::read(&self.base.db, &reader, &places, cut.grain(), period)
            .await
            .map_err(|error| read_refusal(&error))?;
        let statement =
            statement::statement(&cut, period, root.clone(), &read, |place| covers(&scope, place), asked.public_copy);
        Ok(Response::new(self.answer(&statement, &asked)?))
    }

    async fn list_silent_units(
        &self,
        request: Request<wire::ListSilentUnitsRequest>,
    ) -> Result<Response<wire::ListSilentUnitsResponse>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        let scope = self.base.scope(&call);
        let tree = self.base.directory.tree();
        let mut fields = Fields::new();
        let period = self.period(&mut fields, request.from.as_ref(), request.to.as_ref());
        let unit = fields.optional_name("unit", &request.unit, "units");
        let binding = wire::ListSilentUnitsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let page: Page<Rank> = Page::parse(&mut fields, request.page_size, &request.page_token, &binding, USUAL, MOST);
        fields.finish()?;
        if let Some(unit) = &unit {
            covered(unit, &scope, &tree, period.to)?;
        }

        let heard = store::silence(&self.base.db, &scope, period).await.map_err(|error| read_refusal(&error))?;
        let within = |station: &str| unit.as_ref().is_none_or(|unit| tree.is_within(station, unit, period.to));
        let stations = tree.stations().filter(|station| scope.covers_station(&station.id) && within(&station.id));
        let mut silent = silence::silent(&tree, stations, &heard, period, false);
        silent.retain(|silent| page.after.as_ref().is_none_or(|after| silent.rank() > *after));
        let next_page_token = page.cut(&mut silent, Silent::rank);
        let units = silent.iter().map(silent_to_wire).collect();
        Ok(Response::new(wire::ListSilentUnitsResponse { units, next_page_token }))
    }
}

/// Rows of a page, unless the caller says otherwise; and at most.
const USUAL: usize = 50;
const MOST: usize = 1000;

fn unit_to_wire(row: &UnitFigures) -> wire::UnitFigures {
    let (unit, kind, name) = match &row.unit {
        Some(unit) => (format!("units/{}", unit.id), unit.kind.number().into(), unit.name.clone()),
        None => (String::new(), 0, rest_name()),
    };
    let figures = row
        .figures
        .iter()
        .map(|(slot, shown)| wire::Figure {
            measure: slot.measure.number().into(),
            breakdown: slot.breakdown.map_or(0, |breakdown| breakdown.number().into()),
            key: slot.key_label().map(|key| key.name.to_owned()).unwrap_or_default(),
            value: match shown {
                Shown::Number(n) => *n,
                Shown::Hidden => 0,
            },
            suppressed: *shown == Shown::Hidden,
        })
        .collect();
    wire::UnitFigures { unit, kind, display_name: Some(LocalizedText::from(&name)), synthetic: row.synthetic, figures }
}

fn silent_to_wire(silent: &Silent) -> wire::SilentUnit {
    wire::SilentUnit {
        station: format!("stations/{}", silent.station),
        display_name: Some(LocalizedText::from(&silent.name)),
        days: i32::try_from(silent.days).unwrap_or(i32::MAX),
        no_desk: silent.no_desk,
        district_display_name: Some(LocalizedText::from(&silent.district)),
    }
}

fn freshness_to_wire(freshness: &Freshness) -> wire::Freshness {
    wire::Freshness {
        source: freshness.source.to_owned(),
        applied: freshness.applied,
        head: freshness.head,
        seconds_since_heard: freshness.seconds.unwrap_or(-1),
    }
}
