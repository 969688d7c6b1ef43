//! What was seen of users on one device.
//!
//! Of each user and each hour the first and the last instant are kept, so that evidence is a set that grows the same
//! whatever the order of arrival. The hours of a device are bounded: beyond the bound those of one user that lie
//! closest together become one stretch, which can only matter to evidence of another user that arrives later still
//! and falls inside of it.

use crate::NO_NODE;
use crate::paged::Paged;

const HOUR_MS: i64 = 3_600_000;
/// Stretches of a device on which one user was seen: 128 bytes.
const ONE_USER_MAX: usize = 8;
/// Stretches of a device that several users share: 4 KiB.
const STRETCHES_MAX: usize = 256;

/// A stretch of time at whose ends a user was seen; [`NO_NODE`] for a device that was reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) start: i64,
    len_ms: u32,
    pub(crate) user: u32,
}

impl Stretch {
    fn at(time: i64, user: u32) -> Self {
        Self {
            start: time,
            len_ms: 0,
            user,
        }
    }

    pub(crate) fn end(&self) -> i64 {
        self.start.saturating_add(i64::from(self.len_ms))
    }

    /// Whether the instant belongs to what this stretch says of its user.
    fn takes(&self, time: i64) -> bool {
        let hour = |it: i64| it.div_euclid(HOUR_MS);
        let is_within = self.start <= time && time <= self.end();
        is_within || hour(self.start) == hour(time) || hour(self.end()) == hour(time)
    }

    /// The stretch from the first to the last of both; `None` where that is over 49 days.
    fn joined(&self, start: i64, end: i64) -> Option<Self> {
        let start = start.min(self.start);
        let len_ms = u32::try_from(end.max(self.end()).checked_sub(start)?).ok()?;
        let user = self.user;
        Some(Self {
            start,
            len_ms,
            user,
        })
    }
}

/// Evidence of every device, by node.
#[derive(Debug, Default)]
pub(crate) struct EvidenceTable {
    of_node: Paged<Box<[Stretch]>>,
}

impl EvidenceTable {
    /// Makes room for one more node.
    pub(crate) fn push(&mut self) {
        self.of_node.push(Box::default());
    }

    /// Stretches of a device in order of (start, user).
    pub(crate) fn get(&self, device: u32) -> &[Stretch] {
        self.of_node.get(device).map_or(&[], |it| it)
    }

    /// Whether the user was ever seen on the device.
    pub(crate) fn has(&self, device: u32, user: u32) -> bool {
        self.get(device).iter().any(|it| it.user == user)
    }

    /// First instant at which the user was seen on the device.
    pub(crate) fn first(&self, device: u32, user: u32) -> Option<i64> {
        let mut own = self.get(device).iter().filter(|it| it.user == user);
        own.next().map(|it| it.start)
    }

    /// Adds "`user` was here at `time`"; true if that says anything new.
    pub(crate) fn add(&mut self, device: u32, time: i64, user: u32) -> bool {
        let Some(kept) = self.of_node.get_mut(device) else {
            return false;
        };
        let mine = kept.iter().position(|it| it.user == user && it.takes(time));
        let grown = mine.and_then(|place| Some((place, kept[place].joined(time, time)?)));
        if grown.is_some_and(|(place, it)| it == kept[place]) {
            return false;
        }
        let mut stretches = std::mem::take(kept).into_vec();
        if let Some((place, _)) = grown {
            stretches.remove(place);
        }
        let new = grown.map_or(Stretch::at(time, user), |it| it.1);
        insert(&mut stretches, new);
        bound(&mut stretches);
        *kept = stretches.into_boxed_slice();
        true
    }

    /// Takes out all that was seen of a user on a device.
    pub(crate) fn remove(&mut self, device: u32, user: u32) -> Vec<Stretch> {
        let Some(kept) = self.of_node.get_mut(device) else {
            return Vec::new();
        };
        let all = std::mem::take(kept).into_vec();
        let (gone, left): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| it.user == user);
        *kept = left.into_boxed_slice();
        gone
    }

    /// Bytes of memory held.
    pub(crate) fn bytes_held(&self) -> usize {
        let stretches: usize = self.of_node.iter().map(|it| it.len()).sum();
        self.of_node.bytes() + stretches * size_of::<Stretch>()
    }
}

fn insert(stretches: &mut Vec<Stretch>, new: Stretch) {
    let at = stretches.partition_point(|it| (it.start, it.user) < (new.start, new.user));
    stretches.reserve_exact(1);
    stretches.insert(at, new);
}

fn bound(stretches: &mut Vec<Stretch>) {
    let first = stretches[0].user;
    let is_of_one = stretches.iter().all(|it| it.user == first);
    let count_max = if is_of_one {
        ONE_USER_MAX
    } else {
        STRETCHES_MAX
    };
    while stretches.len() > count_max {
        let neighbours = stretches.windows(2).enumerate();
        let joined = neighbours
            .filter(|(_, it)| it[0].user == it[1].user)
            .filter_map(|(place, it)| {
                let gap = it[1].start.saturating_sub(it[0].end());
                Some((gap, place, it[0].joined(it[1].start, it[1].end())?))
            })
            .min_by_key(|it| (it.0, it.1));
        match joined {
            Some((_, place, it)) => {
                stretches[place] = it;
                stretches.remove(place + 1);
            }
            // a device that changes hands all the time: the oldest but one is forgotten
            None => {
                stretches.remove(1);
            }
        }
    }
}

/// Whether a device is reset rather than used.
pub(crate) fn is_reset(stretch: &Stretch) -> bool {
    stretch.user == NO_NODE
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(evidence: &[(i64, u32)]) -> EvidenceTable {
        let mut table = EvidenceTable::default();
        table.push();
        for (time, user) in evidence {
            table.add(0, *time, *user);
        }
        table
    }

    #[test]
    fn a_user_is_kept_by_the_hour_and_a_repeat_says_nothing() {
        let mut table = table(&[(10, 7), (30, 7), (20, 7)]);
        assert_eq!(table.get(0).len(), 1);
        assert_eq!((table.get(0)[0].start, table.get(0)[0].end()), (10, 30));
        assert!(!table.add(0, 20, 7), "within what is known");
        assert!(table.add(0, 2 * HOUR_MS, 7), "another hour");
        assert_eq!(table.first(0, 7), Some(10));
        assert_eq!(table.remove(0, 7).len(), 2);
        assert!(!table.has(0, 7));
    }

    #[test]
    fn what_is_kept_of_a_device_is_bounded() {
        let hours: Vec<(i64, u32)> = (0..100).map(|it| (it * 2 * HOUR_MS, 7)).collect();
        let one = table(&hours);
        assert_eq!(one.get(0).len(), ONE_USER_MAX);
        let ends = (one.first(0, 7), one.get(0).last().map(Stretch::end));
        assert_eq!(ends, (Some(0), Some(99 * 2 * HOUR_MS)));
        let kiosk: Vec<(i64, u32)> = (0..1_000).map(|it| (it * HOUR_MS, it as u32)).collect();
        assert_eq!(table(&kiosk).get(0).len(), STRETCHES_MAX);
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(
            evidence in prop::collection::vec((0..8 * HOUR_MS, 0..3_u32), 0..30), cut in 0..30_usize,
        ) {
            let mut turned = evidence.clone();
            turned.reverse();
            turned.rotate_left(cut.min(evidence.len()));
            let (first, second) = (table(&evidence), table(&turned));
            prop_assert_eq!(first.get(0), second.get(0));
        }
    }
}
