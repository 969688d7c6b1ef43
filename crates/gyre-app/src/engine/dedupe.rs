//! Repeats: an event whose insert id was seen in the last seven days is dropped.
//!
//! Source: collect.md 2.5. The key is a 128-bit hash of the insert id alone; keys are committed with the events.

use std::hash::Hasher;

use gyre_base::{DAY_MS, Timestamp};
use rustc_hash::FxHashMap;
use siphasher::sip128::{Hasher128, SipHasher13};

/// Days for which a repeat is recognised, exactly.
const WINDOW_DAYS: i64 = 7;

/// Insert keys of the last days.
#[derive(Debug, Default)]
pub(crate) struct Dedupe {
    days: FxHashMap<u128, u32>,
    new: Vec<(u128, u32)>,
}

impl Dedupe {
    /// Whether the id is new; if so it is remembered.
    pub(crate) fn insert(&mut self, insert_id: &str, received_at: Timestamp) -> bool {
        let key = key_of(insert_id);
        let day = day_of(received_at);
        match self.days.get_mut(&key) {
            Some(seen) if i64::from(day) - i64::from(*seen) <= WINDOW_DAYS => false,
            Some(seen) => {
                *seen = day; // a repeat after the window is a new event
                self.new.push((key, day));
                true
            }
            None => {
                self.days.insert(key, day);
                self.new.push((key, day));
                true
            }
        }
    }

    /// Whether an event with this id counts already; nothing is remembered.
    pub(crate) fn has(&self, insert_id: &str, received_at: Timestamp) -> bool {
        let seen = self.days.get(&key_of(insert_id));
        let day = i64::from(day_of(received_at));
        seen.is_some_and(|seen| day - i64::from(*seen) <= WINDOW_DAYS)
    }

    /// Keys added since the last call.
    pub(crate) fn take_new(&mut self) -> Vec<(u128, u32)> {
        std::mem::take(&mut self.new)
    }

    /// Puts keys back that could not be committed.
    pub(crate) fn restore(&mut self, mut keys: Vec<(u128, u32)>) {
        keys.append(&mut self.new);
        self.new = keys;
    }

    /// Loads committed keys, those of past windows left out.
    pub(crate) fn load(&mut self, keys: Vec<(u128, u32)>, now: Timestamp) {
        let oldest = i64::from(day_of(now)) - WINDOW_DAYS;
        self.days.extend(
            keys.into_iter()
                .filter(|(_, day)| i64::from(*day) >= oldest),
        );
    }

    /// Forgets keys of past windows.
    pub(crate) fn prune(&mut self, now: Timestamp) {
        let oldest = i64::from(day_of(now)) - WINDOW_DAYS;
        self.days.retain(|_, day| i64::from(*day) >= oldest);
    }
}

fn key_of(insert_id: &str) -> u128 {
    let mut hasher = SipHasher13::new();
    hasher.write(insert_id.as_bytes());
    hasher.finish128().as_u128()
}

fn day_of(at: Timestamp) -> u32 {
    u32::try_from(at.ms() / DAY_MS).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_within_seven_days_is_dropped_across_a_restart() {
        let at = |days: i64| Timestamp(days * DAY_MS + 5);
        let mut dedupe = Dedupe::default();
        assert!(dedupe.insert("a", at(100)));
        assert!(!dedupe.insert("a", at(107)));
        let keys = dedupe.take_new();
        let mut loaded = Dedupe::default();
        loaded.load(keys, at(107));
        assert!(!loaded.insert("a", at(107)));
        assert!(loaded.insert("b", at(107)));
        loaded.prune(at(108));
        assert!(loaded.insert("a", at(108)), "the window is over");
    }
}
