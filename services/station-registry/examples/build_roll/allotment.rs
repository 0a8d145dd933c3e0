//! How many stations each district has.

use std::collections::BTreeMap;

use crate::source::{OfficeKind, Source};

/// The stations on the roll of 23 October 2020, railway stations apart.
pub const ROLL: u32 = 1_535;
/// The railway stations (GRP) that make the also-quoted 1,584 of it.
pub const RAILWAY: usize = 49;
/// The districts whose count was published: Lucknow (52 with its second women's station, which
/// the roll leaves out) and Kanpur Nagar.
const PUBLISHED: [(u16, u32); 2] = [(162, 51), (157, 42)];
/// What every other district has before the rest is shared out.
const BASE: u32 = 12;

/// The number of stations of each district, by LGD code. They sum to [`ROLL`].
pub fn stations(source: &Source) -> BTreeMap<u16, u32> {
    let mut counts: BTreeMap<u16, u32> = PUBLISHED.into();
    let open: Vec<u16> = source.districts.iter().map(|d| d.lgd).filter(|lgd| !counts.contains_key(lgd)).collect();
    let weights: Vec<u32> = open.iter().map(|&lgd| weight(source, lgd)).collect();
    let given = counts.values().sum::<u32>() + open.iter().map(|_| BASE).sum::<u32>();
    let shares = largest_remainder(ROLL - given, &weights);
    counts.extend(open.into_iter().zip(shares).map(|(lgd, share)| (lgd, BASE + share)));
    counts
}

/// The districts with a railway station: those with the most head and sub post offices.
pub fn railway_districts(source: &Source) -> Vec<u16> {
    let mut ranked: Vec<u16> = source.districts.iter().map(|d| d.lgd).collect();
    ranked.sort_by_key(|&lgd| (u32::MAX - weight(source, lgd), lgd));
    ranked.truncate(RAILWAY);
    ranked.sort_unstable();
    ranked
}

/// The head and sub post offices of a district: the nearest to its size that the sources have.
fn weight(source: &Source, lgd: u16) -> u32 {
    source.offices(lgd).iter().filter(|office| office.kind != OfficeKind::Branch).map(|_| 1).sum()
}

/// Shares out a total in proportion to weights; ties go to the earlier.
fn largest_remainder(total: u32, weights: &[u32]) -> Vec<u32> {
    let sum: u32 = weights.iter().sum();
    let mut shares: Vec<u32> = weights.iter().map(|weight| total * weight / sum).collect();
    let left = total - shares.iter().sum::<u32>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&index| (sum - total * weights[index] % sum, index));
    for index in order.into_iter().zip(0..left).map(|(index, _)| index) {
        shares[index] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::largest_remainder;

    #[test]
    fn shares_sum_to_the_total_and_ties_go_to_the_earlier() {
        assert_eq!(largest_remainder(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(largest_remainder(7, &[5, 3, 2]), [4, 2, 1]);
        assert_eq!(largest_remainder(0, &[5, 3]), [0, 0]);
    }
}
