//! Statements over gRPC. A statement is asked for, read and put together; nothing here decides a figure.

mod ask;
mod wire;

use mahila_proto::oversight::v1 as wired;
use platform::call::Call;
use platform::fields::Fields;
use platform::locale::Language;
use platform::page::Page;
use platform::refusal::Refusal;
use platform::write::read_refusal;
use prost::Message as _;
use tonic::{Request, Response, Status};

pub(crate) use ask::{Ask, Raw, own_unit};
pub(crate) use wire::{content, digest, text, unit_to_wire};

use super::render::{self, Frame, Freshness};
use super::silence::{self, Rank, Silent};
use super::statement::Statement;
use super::store;
use crate::Oversight;

/// Rows of a page at most: more units than a state has.
const ROWS: usize = 5000;
/// Silent units of a page, unless the caller says otherwise; and at most.
const USUAL: usize = 50;
const MOST: usize = 1000;

/// How a statement is written out.
#[derive(Debug, Clone, Copy)]
struct Writing {
    format: wired::Format,
    language: Language,
}

impl Writing {
    fn parse(fields: &mut Fields, format: i32, language: i32) -> Self {
        let format = wired::Format::try_from(format).unwrap_or_else(|_| {
            fields.wrong("format", "is not a value this release knows", "यह मान ज्ञात नहीं है");
            wired::Format::Unspecified
        });
        let language = match wired::Language::try_from(language) {
            Ok(wired::Language::English) => Language::En,
            Ok(wired::Language::Unspecified | wired::Language::Hindi) => Language::Hi,
            Err(_) => {
                fields.wrong("language", "is not a value this release knows", "यह मान ज्ञात नहीं है");
                Language::Hi
            }
        };
        Self { format, language }
    }
}

/// States what is asked for.
pub(crate) async fn get_statement(
    oversight: &Oversight,
    request: Request<wired::GetStatementRequest>,
) -> Result<Response<wired::Statement>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::new();
    let raw = Raw {
        from: request.from.as_ref(),
        to: request.to.as_ref(),
        unit: &request.unit,
        level: request.level,
        public_copy: request.public_copy,
        last_week: false,
    };
    let ask = Ask::parse(oversight, &call, &mut fields, raw);
    let writing = Writing::parse(&mut fields, request.format, request.language);
    let bound = wired::GetStatementRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page: Page<usize> = Page::parse(&mut fields, request.page_size, &request.page_token, &bound, ROWS, ROWS);
    fields.finish()?;
    let statement = ask.settle()?.state(oversight).await?;
    Ok(Response::new(answer(oversight, statement, writing, &page)?))
}

/// A page of a statement: as many rows as are wished for and fit.
fn answer(
    oversight: &Oversight,
    mut statement: Statement,
    writing: Writing,
    page: &Page<usize>,
) -> Result<wired::Statement, Refusal> {
    let simulated = oversight.base.settings.simulated;
    let mut answer = content(&statement, simulated);
    answer.content_sha256 = digest(&answer).to_vec();
    let begin = page.after.unwrap_or(0).min(statement.rows.len());
    answer.rows.drain(..begin);
    statement.rows.drain(..begin);

    // What is not rows comes first; a quarter is left for names and for the freshness.
    let (rows, all) = (std::mem::take(&mut answer.rows), std::mem::take(&mut statement.rows));
    let mut room = (oversight.limit / 4 * 3).saturating_sub(answer.encoded_len());
    for (wired, row) in rows.into_iter().zip(&all).take(page.size) {
        let frame = Frame { statement: &statement, simulated };
        let written = match writing.format {
            wired::Format::Unspecified => 0,
            wired::Format::Text => render::text_row(frame, row, writing.language).len(),
            wired::Format::Csv => render::csv_row(row).len(),
        };
        let size = wired.encoded_len() + written + 8;
        if size > room {
            break;
        }
        room -= size;
        answer.rows.push(wired);
    }
    if answer.rows.is_empty() && !all.is_empty() {
        return Err(Refusal::too_large(oversight.limit));
    }
    if answer.rows.len() < all.len() {
        answer.next_page_token = page.token(&(begin + answer.rows.len()));
    }
    statement.rows = all.into_iter().take(answer.rows.len()).collect();

    let frame = Frame { statement: &statement, simulated };
    let fresh = freshness(oversight);
    match writing.format {
        wired::Format::Unspecified => {}
        wired::Format::Text => {
            answer.rendered = render::text(frame, writing.language);
            answer.rendered_freshness = render::freshness(frame, &fresh, writing.language);
        }
        wired::Format::Csv => answer.rendered = render::csv(&statement, begin == 0),
    }
    answer.freshness = fresh.iter().map(wire::freshness_to_wire).collect();
    if answer.encoded_len() > oversight.limit { Err(Refusal::too_large(oversight.limit)) } else { Ok(answer) }
}

fn freshness(oversight: &Oversight) -> Vec<Freshness> {
    let fresh = |followed: &crate::Followed| match &followed.progress {
        None => Freshness { source: followed.source, followed: false, applied: 0, head: 0, seconds: None },
        Some(progress) => Freshness {
            source: followed.source,
            followed: true,
            applied: progress.applied(),
            head: progress.head(),
            seconds: progress.silence().map(|silence| i64::try_from(silence.as_secs()).unwrap_or(i64::MAX)),
        },
    };
    oversight.sources.iter().map(fresh).collect()
}

/// Lists who is silent.
pub(crate) async fn list_silent_units(
    oversight: &Oversight,
    request: Request<wired::ListSilentUnitsRequest>,
) -> Result<Response<wired::ListSilentUnitsResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let scope = oversight.base.scope(&call);
    let tree = oversight.base.directory.tree();
    let mut fields = Fields::new();
    let period = ask::closed_period(oversight, &mut fields, request.from.as_ref(), request.to.as_ref());
    let unit = fields.optional_name("unit", &request.unit, "units");
    let binding = wired::ListSilentUnitsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let page: Page<Rank> = Page::parse(&mut fields, request.page_size, &request.page_token, &binding, USUAL, MOST);
    fields.finish()?;
    match &unit {
        Some(unit) => drop(ask::covered(unit, &scope, &tree, period.to)?),
        None if scope.roots().is_empty() => return Err(Refusal::out_of_scope().into()),
        None => {}
    }

    let heard = store::silence(&oversight.base.db, &scope, period).await.map_err(|error| read_refusal(&error))?;
    let within = |station: &str| unit.as_ref().is_none_or(|unit| tree.is_within(station, unit, period.to));
    let stations = tree.stations().filter(|station| scope.covers_station(&station.id) && within(&station.id));
    let mut silent = silence::silent(&tree, stations, &heard, period, false);
    silent.retain(|silent| page.after.as_ref().is_none_or(|after| silent.rank() > *after));
    let next_page_token = page.cut(&mut silent, Silent::rank);
    let units = silent.iter().map(wire::silent_to_wire).collect();
    Ok(Response::new(wired::ListSilentUnitsResponse { units, next_page_token }))
}
