//! Running a selection again from what was published of it.

use uuid::Uuid;

use super::candidate::{Candidate, Rules};
use super::digest::{candidates_sha256, docket_sha256, records};
use super::seed::Seed;
use super::select::{Item, select};

/// What running it again came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The seed has the digest that was published before the cycle opened.
    pub seed_holds: bool,
    /// Docket, rules and candidates have the digest that was published when it opened.
    pub docket_holds: bool,
    /// The selection gives this docket and no other.
    pub selection_holds: bool,
}

impl Verdict {
    /// All of it holds.
    #[must_use]
    pub fn holds(self) -> bool {
        self.seed_holds && self.docket_holds && self.selection_holds
    }
}

/// Runs the selection of a cycle again. The digests are those that its journal entries published
/// (`review.cycle.planned`, `review.cycle.opened`); everything else is what is told of it now.
#[must_use]
pub fn verify(
    cycle: Uuid,
    published: (&[u8], &[u8]),
    seed: &Seed,
    rules: &Rules,
    candidates: &[Candidate],
    items: &[Item],
) -> Verdict {
    let (seed_sha256, docket) = published;
    let told = |item: &Item| (item.complaint, item.stratum, item.carried);
    Verdict {
        seed_holds: seed.sha256() == seed_sha256,
        docket_holds: docket_sha256(cycle, rules, &candidates_sha256(&records(candidates)), items) == docket,
        selection_holds: select(seed, cycle, rules, candidates).items.iter().map(told).eq(items.iter().map(told)),
    }
}
