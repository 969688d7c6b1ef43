//! Counts of the last days, UTC.

use serde::{Deserialize, Serialize};

/// Days that are kept.
pub const VOLUME_DAYS: usize = 14;

/// Counts by day, the newest [`VOLUME_DAYS`] of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Days {
    newest: i32,
    /// Place of a day is its number modulo the length.
    counts: [u32; VOLUME_DAYS],
}

impl Days {
    /// Counts one on a day; days before the kept ones are not counted.
    pub(super) fn add(&mut self, day: i32) {
        if day > self.newest {
            let gone = i64::from(day) - i64::from(self.newest);
            if gone >= VOLUME_DAYS as i64 {
                self.counts = [0; VOLUME_DAYS];
            } else {
                for it in self.newest + 1..=day {
                    self.counts[place(it)] = 0;
                }
            }
            self.newest = day;
        }
        if i64::from(self.newest) - i64::from(day) < VOLUME_DAYS as i64 {
            let count = &mut self.counts[place(day)];
            *count = count.saturating_add(1);
        }
    }

    /// Count of a day; 0 if it is not kept.
    pub(super) fn on(&self, day: i32) -> u64 {
        let age = i64::from(self.newest) - i64::from(day);
        if (0..VOLUME_DAYS as i64).contains(&age) {
            u64::from(self.counts[place(day)])
        } else {
            0
        }
    }

    /// The days up to `today`, the oldest first.
    pub(super) fn until(&self, today: i32) -> Vec<u64> {
        let first = today.saturating_sub(VOLUME_DAYS as i32 - 1);
        (first..=today).map(|it| self.on(it)).collect()
    }

    /// Sum of the kept days from `day` on.
    pub(super) fn since(&self, day: i32) -> u64 {
        let first = self.newest.saturating_sub(VOLUME_DAYS as i32 - 1);
        (first.max(day)..=self.newest).map(|it| self.on(it)).sum()
    }
}

fn place(day: i32) -> usize {
    day.rem_euclid(VOLUME_DAYS as i32) as usize
}
