//! The index over gRPC.

use chrono::Days;
use mahila_proto::oversight::v1 as wire;
use platform::call::Call;
use platform::fields::{Fields, date};
use platform::refusal::Refusal;
use platform::terms::Term as _;
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::flags::INTAKE_DAYS;
use super::mean::{Basis, Scored, TestScore, index};
use super::rules;
use crate::Oversight;
use crate::ledger::{Grain, Measure};
use crate::statements::api::{Ask, Raw, text};
use crate::statements::store::covers;
use crate::statements::{Hidden, Period};

/// Scores what is asked for: the unit, and its rows by name.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn scored(oversight: &Oversight, ask: &Ask) -> Result<(Scored, Vec<Scored>), Refusal> {
    let read = ask.read(oversight, Grain::Place, None, &rules::measures()).await?;
    let to = ask.period.to;
    let days = Period { from: to.checked_sub_days(Days::new(INTAKE_DAYS - 1)).unwrap_or(to), to };
    // The flag compares a station with its district, also for who sees the station alone.
    let intake = ask.of_the_state(days).read(oversight, Grain::Place, None, &[Measure::Complaints]).await?;
    let cut = ask.cut();
    let hidden = ask.public_copy.then(|| Hidden::of(&ask.tree, to, &read.sums));
    let basis = Basis { sums: &read.sums, intake: &intake.sums, heard: &read.heard, hidden: hidden.as_ref() };
    Ok(index(&cut, &ask.root, basis, |place| covers(&ask.scope, place)))
}

/// The index of a unit and of those below it.
pub(crate) async fn get_index(
    oversight: &Oversight,
    request: Request<wire::GetIndexRequest>,
) -> Result<Response<wire::Index>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::new();
    let raw = Raw {
        from: request.from.as_ref(),
        to: request.to.as_ref(),
        unit: &request.unit,
        level: request.level,
        public_copy: false,
        last_week: true,
    };
    let ask = Ask::parse(oversight, &call, &mut fields, raw);
    fields.finish()?;
    let ask = ask.settle()?;
    let (whole, rows) = scored(oversight, &ask).await?;
    let answer = wire::Index {
        from: Some(date(ask.period.from)),
        to: Some(date(ask.period.to)),
        whole: Some(scored_to_wire(&whole)),
        rows: rows.iter().map(scored_to_wire).collect(),
        simulated: oversight.base.settings.simulated,
        public_copy: ask.public_copy,
    };
    if answer.encoded_len() > oversight.limit {
        return Err(Refusal::too_large(oversight.limit).into());
    }
    Ok(Response::new(answer))
}

/// A number that the contract has 32 bits for.
fn small(n: i64) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn scored_to_wire(scored: &Scored) -> wire::IndexScore {
    wire::IndexScore {
        unit: format!("units/{}", scored.unit.id),
        kind: scored.unit.kind.number().into(),
        display_name: Some(text(&scored.unit.name)),
        synthetic: scored.synthetic,
        stations: scored.stations,
        hundredths: scored.hundredths.map_or(0, small),
        suppressed: scored.hundredths.is_none(),
        tests: scored.tests.iter().map(test_to_wire).collect(),
        flags: scored
            .flags
            .iter()
            .map(|(flag, stations)| wire::FlagCount { flag: flag.number().into(), stations: *stations })
            .collect(),
    }
}

fn test_to_wire(test: &TestScore) -> wire::TestScore {
    let measures = |measures: &[Measure]| measures.iter().map(|measure| measure.number().into()).collect();
    let shown = |n: i64| if test.hidden { 0 } else { n };
    wire::TestScore {
        test: test.score.test.number().into(),
        weight: small(test.weight),
        hundredths: small(shown(test.score.hundredths)),
        numerator: shown(test.score.numerator),
        denominator: shown(test.score.denominator),
        numerator_measures: measures(&test.numerator),
        denominator_measures: measures(&test.denominator),
        suppressed: test.hidden,
    }
}
