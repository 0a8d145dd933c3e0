//! What is kept of a signed statement, the hash that holds it, and what differs between two of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::name::Subject;

/// The hash before the first version.
pub(crate) const NONE_BEFORE: [u8; 32] = [0; 32];

/// A signed statement as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// Which statement.
    pub subject: Subject,
    /// Which version of it, from 1.
    pub version: i32,
    /// What it says, encoded.
    pub content: Vec<u8>,
    /// SHA-256 of that.
    pub content_sha256: Vec<u8>,
    /// `posts/{post}`.
    pub signed_by: String,
    /// Number of the role.
    pub role: i16,
    /// When.
    pub signed_at: DateTime<Utc>,
    /// See [`Snapshot::hash`].
    pub sha256: Vec<u8>,
}

impl Snapshot {
    /// SHA-256 over the hash of the version before, and every field with its length in front.
    pub fn hash(&self, before: &[u8]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let (name, at) = (self.subject.name(self.version), self.signed_at.timestamp_micros().to_be_bytes());
        let role = self.role.to_be_bytes();
        for field in [before, name.as_bytes(), &self.content, self.signed_by.as_bytes(), &role, &at] {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field);
        }
        hasher.finalize().into()
    }

    /// Whether it is as it was signed.
    pub fn holds(&self, before: &[u8]) -> bool {
        let content: [u8; 32] = Sha256::digest(&self.content).into();
        self.content_sha256 == content && self.sha256 == self.hash(before)
    }
}

/// What differs, in the order of the keys: before, and after; what is not there is 0.
pub(crate) fn changes<K: Ord + Clone>(before: &BTreeMap<K, i64>, after: &BTreeMap<K, i64>) -> Vec<(K, i64, i64)> {
    let keys: BTreeSet<&K> = before.keys().chain(after.keys()).collect();
    let value = |of: &BTreeMap<K, i64>, key: &K| of.get(key).copied().unwrap_or_default();
    keys.into_iter()
        .map(|key| (key.clone(), value(before, key), value(after, key)))
        .filter(|(_, before, after)| before != after)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statements::Period;

    fn snapshot() -> Snapshot {
        let day = |text: &str| text.parse().unwrap();
        let period = Period { from: day("2020-10-24"), to: day("2020-10-30") };
        let content = b"forty-two".to_vec();
        let mut snapshot = Snapshot {
            subject: Subject::of("up", period, None),
            version: 2,
            content_sha256: Sha256::digest(&content).to_vec(),
            content,
            signed_by: "posts/dgp".into(),
            role: 6,
            signed_at: DateTime::from_timestamp(1_604_000_000, 0).unwrap(),
            sha256: Vec::new(),
        };
        snapshot.sha256 = snapshot.hash(&NONE_BEFORE).to_vec();
        snapshot
    }

    #[test]
    fn every_bit_of_it_and_of_the_version_before_counts() {
        let good = snapshot();
        assert!(good.holds(&NONE_BEFORE));
        for bit in 0..good.content.len() * 8 {
            let mut bad = good.clone();
            bad.content[bit / 8] ^= 1 << (bit % 8);
            assert!(!bad.holds(&NONE_BEFORE), "bit {bit}");
        }
        let bad = [
            Snapshot { version: 1, ..good.clone() },
            Snapshot { signed_by: "posts/dgq".into(), ..good.clone() },
            Snapshot { role: 5, ..good.clone() },
            Snapshot { signed_at: good.signed_at + chrono::TimeDelta::microseconds(1), ..good.clone() },
            Snapshot { subject: Subject { unit: "uq".into(), ..good.subject.clone() }, ..good.clone() },
            Snapshot { sha256: vec![0; 32], ..good.clone() },
            Snapshot { content_sha256: vec![0; 32], ..good.clone() },
        ];
        assert!(bad.iter().all(|bad| !bad.holds(&NONE_BEFORE)));
        assert!(!good.holds(&[1; 32]), "another version came before");
    }

    #[test]
    fn what_differs_is_told_and_what_does_not_is_not() {
        let before = BTreeMap::from([("a", 1), ("b", 2), ("c", 3)]);
        let after = BTreeMap::from([("a", 1), ("b", 5), ("d", 4)]);
        assert_eq!(changes(&before, &after), [("b", 2, 5), ("c", 3, 0), ("d", 0, 4)]);
        assert!(changes(&after, &after).is_empty());
    }
}
