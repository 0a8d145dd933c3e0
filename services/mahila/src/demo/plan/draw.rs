//! Chance without chance: a number drawn for a thing is a pure function of what the thing is, so that every figure of the
//! replay is the same on every run, whatever is drawn before it and in whatever order.

/// "mahila" in ASCII. Another seed is another replay.
const SEED: u64 = 0x6d61_6869_6c61;

/// The odd constant of splitmix64 (Steele, Lea, Flood 2014).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sequence of numbers that belongs to one thing.
#[derive(Debug, Clone)]
pub struct Draw(u64);

impl Draw {
    /// The sequence of a thing: what it is, and its numbers.
    #[must_use]
    pub fn of(what: &str, numbers: &[u64]) -> Self {
        let named = what.bytes().fold(SEED, |state, byte| mix(state ^ u64::from(byte)));
        Self(numbers.iter().fold(named, |state, number| mix(state.wrapping_add(GOLDEN) ^ number)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number from 0 to below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        // Multiply and shift: even enough for a story, and without a loop.
        let product = u128::from(self.next()) * end as u128;
        usize::try_from(product >> 64).unwrap_or_default()
    }

    /// The same for small numbers that are no places in a list.
    pub fn number(&mut self, end: u32) -> u32 {
        u32::try_from((u64::from(end) * (self.next() >> 32)) >> 32).unwrap_or_default()
    }

    /// A number from `least` to `most`, both included.
    pub fn between(&mut self, least: i32, most: i32) -> i32 {
        let width = usize::try_from(most - least + 1).unwrap_or_default();
        least + i32::try_from(self.below(width)).unwrap_or_default()
    }

    /// True in `share` of a thousand cases.
    pub fn per_mille(&mut self, share: usize) -> bool {
        self.below(1000) < share
    }

    /// One of these.
    ///
    /// # Panics
    /// On nothing to choose from.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// One of these, by weight.
    ///
    /// # Panics
    /// On nothing to choose from.
    pub fn weighted<T: Copy>(&mut self, list: &[(T, usize)]) -> T {
        let mut rest = self.below(list.iter().map(|(_, weight)| weight).sum());
        for (value, weight) in list {
            match rest.checked_sub(*weight) {
                Some(left) => rest = left,
                None => return *value,
            }
        }
        list[list.len() - 1].0
    }

    /// A UUID of version 4 by its form; the same again for the same thing, which makes a repeated request a repeat.
    pub fn uuid(&mut self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
    }
}

/// The finalizer of splitmix64.
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_draws_the_same_and_another_thing_another() {
        let drawn = |what, numbers: &[u64]| Draw::of(what, numbers).uuid();
        assert_eq!(drawn("visit", &[1, 2]), drawn("visit", &[1, 2]));
        assert_ne!(drawn("visit", &[1, 2]), drawn("visit", &[2, 1]));
        assert_ne!(drawn("visit", &[1]), drawn("calls", &[1]));
        assert_ne!(drawn("visit", &[]), drawn("visit", &[0]));
    }

    #[test]
    fn shares_come_out_as_asked() {
        let hits = (0..100_000).filter(|n| Draw::of("share", &[*n]).per_mille(120)).count();
        assert!((11_600..12_400).contains(&hits), "{hits}");
        let mut seen = [0_usize; 3];
        for n in 0..60_000 {
            seen[Draw::of("weights", &[n]).weighted(&[(0_usize, 1), (1, 2), (2, 3)])] += 1;
        }
        assert!((9_500..10_500).contains(&seen[0]) && (29_000..31_000).contains(&seen[2]), "{seen:?}");
        assert!((0..1000).all(|n| (-3..=4).contains(&Draw::of("range", &[n]).between(-3, 4))));
    }
}
