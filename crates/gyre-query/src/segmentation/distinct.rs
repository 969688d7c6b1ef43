//! Distinct people of buckets, windows and the range, from keys of who did it when.

use super::{BUCKET_BITS, PERSON_BITS, Reach, TOTAL_BUCKET};

const BUCKET_MASK: u64 = (1 << BUCKET_BITS) - 1;
const PERSON_MASK: u64 = (1 << PERSON_BITS) - 1;

/// How the people of one series are counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting {
    /// Buckets, those before the range included.
    pub(super) buckets: usize,
    /// How many are before the range.
    pub(super) before: usize,
    pub(super) reach: Reach,
    pub(super) has_frequency: bool,
}

impl Counting {
    /// Empties `keys` (group, bucket, person) into `put` (group, bucket, people, events of each).
    ///
    /// A person's keys are all there. With the frequency there is a key per event, otherwise repeats do not matter.
    pub(super) fn count(
        &self,
        keys: &mut Vec<u64>,
        mut put: impl FnMut(u32, u32, u64, Option<u64>),
    ) {
        keys.sort_unstable();
        if self.has_frequency {
            self.count_runs(keys, &mut put, |key| {
                ((key >> PERSON_BITS) & BUCKET_MASK) as u32
            });
        } else {
            keys.dedup();
            match self.reach {
                Reach::Bucket => {
                    for key in &*keys {
                        let bucket = ((key >> PERSON_BITS) & BUCKET_MASK) as u32;
                        put(group_of(*key), bucket, 1, None);
                    }
                }
                Reach::Window(buckets) => self.count_windows(keys, buckets, &mut put),
                Reach::FromStart => self.count_windows(keys, self.buckets, &mut put),
            }
        }
        // the range's total: the same people without their buckets
        let before = self.before as u64;
        keys.retain(|it| (it >> PERSON_BITS) & BUCKET_MASK >= before);
        for key in &mut *keys {
            *key &= !(BUCKET_MASK << PERSON_BITS);
        }
        keys.sort_unstable();
        if self.has_frequency {
            self.count_runs(keys, &mut put, |_| TOTAL_BUCKET);
        } else {
            keys.dedup();
            for key in &*keys {
                put(group_of(*key), TOTAL_BUCKET, 1, None);
            }
        }
        keys.clear();
    }

    /// Equal keys are the events of one person.
    fn count_runs(
        &self,
        keys: &[u64],
        put: &mut impl FnMut(u32, u32, u64, Option<u64>),
        bucket: impl Fn(u64) -> u32,
    ) {
        debug_assert!(self.has_frequency);
        for run in keys.chunk_by(|a, b| a == b) {
            put(group_of(run[0]), bucket(run[0]), 1, Some(run.len() as u64));
        }
    }

    /// A person is in the window of their bucket and of those after it, so many in all.
    fn count_windows(
        &self,
        keys: &mut [u64],
        buckets: usize,
        put: &mut impl FnMut(u32, u32, u64, Option<u64>),
    ) {
        // group, person, bucket
        for key in &mut *keys {
            let (person, bucket) = (*key & PERSON_MASK, (*key >> PERSON_BITS) & BUCKET_MASK);
            *key = u64::from(group_of(*key)) << (PERSON_BITS + BUCKET_BITS)
                | person << BUCKET_BITS
                | bucket;
        }
        keys.sort_unstable();
        // entered minus left, by bucket
        let mut change = vec![0_i64; self.buckets + 1];
        for group in keys.chunk_by(|a, b| group_of(*a) == group_of(*b)) {
            change.fill(0);
            for person in group.chunk_by(|a, b| a >> BUCKET_BITS == b >> BUCKET_BITS) {
                let mut covered = 0;
                for key in person {
                    let bucket = (key & BUCKET_MASK) as usize;
                    if self.reach == Reach::FromStart && bucket < self.before {
                        continue;
                    }
                    let end = (bucket + buckets).min(self.buckets);
                    let start = bucket.max(covered);
                    if start < end {
                        change[start] += 1;
                        change[end] -= 1;
                        covered = end;
                    }
                }
            }
            let mut people = 0;
            for (bucket, change) in change[..self.buckets].iter().enumerate() {
                people += change;
                if people > 0 {
                    put(group_of(group[0]), bucket as u32, people as u64, None);
                }
            }
        }
        // as they were
        for key in &mut *keys {
            let (person, bucket) = ((*key >> BUCKET_BITS) & PERSON_MASK, *key & BUCKET_MASK);
            *key = u64::from(group_of(*key)) << (PERSON_BITS + BUCKET_BITS)
                | bucket << PERSON_BITS
                | person;
        }
    }
}

fn group_of(key: u64) -> u32 {
    (key >> (PERSON_BITS + BUCKET_BITS)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn people_are_distinct_over_their_windows(
            rows in prop::collection::vec((0..2_u64, 0..6_usize, 0..4_u64), 0..40), before in 0..3_usize,
            reach in prop_oneof![
                Just(Reach::Bucket), (1..4_usize).prop_map(Reach::Window), Just(Reach::FromStart),
            ],
        ) {
            let counting = Counting { buckets: 6, before, reach, has_frequency: false };
            let key = |(group, bucket, person): &(u64, usize, u64)| {
                group << (PERSON_BITS + BUCKET_BITS) | (*bucket as u64) << PERSON_BITS | person
            };
            let mut keys: Vec<u64> = rows.iter().map(key).collect();
            let mut counted: BTreeMap<(u32, u32), u64> = BTreeMap::new();
            counting.count(&mut keys, |group, bucket, people, _| {
                *counted.entry((group, bucket)).or_default() += people;
            });
            for group in 0..2 {
                let within = |first: usize, last: usize| {
                    let rows = rows.iter().filter(|it| it.0 == group && it.1 >= first && it.1 <= last);
                    rows.map(|it| it.2).collect::<BTreeSet<_>>().len() as u64
                };
                for bucket in 0..6_usize {
                    let first = match reach {
                        Reach::Bucket => bucket,
                        Reach::Window(n) => (bucket + 1).saturating_sub(n),
                        Reach::FromStart => before,
                    };
                    let expected = within(first, bucket);
                    let found = counted.get(&(group as u32, bucket as u32)).copied().unwrap_or(0);
                    prop_assert_eq!(found, expected, "bucket {}", bucket);
                }
                let total = counted.get(&(group as u32, TOTAL_BUCKET)).copied().unwrap_or(0);
                prop_assert_eq!(total, within(before, 6));
            }
        }
    }
}
