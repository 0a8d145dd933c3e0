//! Ranks over gRPC.

use mahila_proto::oversight::v1 as wire;
use platform::call::Call;
use platform::fields::{Fields, date};
use platform::refusal::Refusal;
use tonic::{Request, Response, Status};

use super::metrics::Metric;
use super::rank::{Candidate, End, Ranking, rank};
use crate::Oversight;
use crate::index;
use crate::statements::Node;
use crate::statements::api::{Ask, Raw, text};

/// Units in a list, unless the caller says otherwise; and at most.
const USUAL: usize = 10;
const MOST: usize = 2000;
/// The smallest denominator, unless the caller says otherwise; and the largest floor.
const FLOOR: i64 = 5;
const HIGHEST_FLOOR: i64 = 1_000_000;
/// Hundredths of a point that an index can have.
const FULL: i64 = 10_000;

/// What is asked for beside days and unit.
struct Wish {
    metric: Option<Metric>,
    end: End,
    limit: usize,
    floor: i64,
}

impl Wish {
    fn parse(fields: &mut Fields, request: &wire::RankUnitsRequest) -> Self {
        let metric = fields.term::<Metric>("metric", request.metric);
        if request.level == 0 {
            fields.wrong("level", "is required", "आवश्यक है");
        }
        let end = match wire::RankEnd::try_from(request.end) {
            Ok(wire::RankEnd::Best) => End::Best,
            Ok(wire::RankEnd::Worst | wire::RankEnd::Unspecified) => End::Worst,
            Err(_) => {
                fields.wrong("end", "is not a value this release knows", "यह मान ज्ञात नहीं है");
                End::Worst
            }
        };
        let limit = match usize::try_from(request.limit) {
            Ok(0) => USUAL,
            Ok(limit) if limit <= MOST => limit,
            _ => {
                fields.wrong("limit", format!("must be 0 to {MOST}"), format!("0 से {MOST} होना चाहिए"));
                USUAL
            }
        };
        let floor = match request.floor {
            0 => FLOOR,
            floor @ 1..=HIGHEST_FLOOR => floor,
            _ => {
                fields.wrong(
                    "floor",
                    format!("must be 0 to {HIGHEST_FLOOR}"),
                    format!("0 से {HIGHEST_FLOOR} होना चाहिए"),
                );
                FLOOR
            }
        };
        Self { metric, end, limit, floor }
    }
}

/// Units with their rates, and those whose rate is hidden.
async fn rated(oversight: &Oversight, ask: &Ask, metric: Metric) -> Result<(Vec<Candidate>, Vec<Node>), Refusal> {
    let mut hidden = Vec::new();
    let mut candidates = Vec::new();
    let mut offer = |unit: Node, rate: Option<(i64, i64)>| match rate {
        Some((numerator, denominator)) => candidates.push(Candidate { unit, numerator, denominator }),
        None => hidden.push(unit),
    };
    if let Some(rate) = metric.rate() {
        for row in ask.state(oversight).await?.rows {
            let of_row = rate.of(&row);
            if let Some(unit) = row.unit {
                offer(unit, of_row);
            }
        }
    } else {
        for row in index::scored(oversight, ask).await?.1 {
            offer(row.unit, row.hundredths.map(|hundredths| (hundredths, FULL)));
        }
    }
    Ok((candidates, hidden))
}

/// Units by a rate.
pub(crate) async fn rank_units(
    oversight: &Oversight,
    request: Request<wire::RankUnitsRequest>,
) -> Result<Response<wire::RankUnitsResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut fields = Fields::new();
    let wish = Wish::parse(&mut fields, &request);
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
    let (ask, metric) = (ask.settle()?, wish.metric.ok_or_else(Refusal::internal)?);
    let (candidates, hidden) = rated(oversight, &ask, metric).await?;
    let Ranking { ranked, below_floor } = rank(candidates, wish.floor, metric.higher_is_better(), wish.end);
    let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let total = number(ranked.len());
    let to_wire = |rank: usize, unit: &Node, numerator, denominator| wire::Ranked {
        rank: number(rank),
        unit: format!("units/{}", unit.id),
        display_name: Some(text(&unit.name)),
        numerator,
        denominator,
    };
    let of_candidate = |rank, unit: &Candidate| to_wire(rank, &unit.unit, unit.numerator, unit.denominator);
    Ok(Response::new(wire::RankUnitsResponse {
        units: ranked.iter().take(wish.limit).map(|(rank, unit)| of_candidate(*rank, unit)).collect(),
        below_floor: below_floor.iter().map(|unit| of_candidate(0, unit)).collect(),
        suppressed: hidden.iter().map(|unit| to_wire(0, unit, 0, 0)).collect(),
        from: Some(date(ask.period.from)),
        to: Some(date(ask.period.to)),
        total,
    }))
}
