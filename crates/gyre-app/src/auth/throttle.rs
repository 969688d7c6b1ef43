//! Throttle: attempts to sign in, per address and client.

use std::collections::HashMap;
use std::net::IpAddr;

use gyre_base::{MINUTE_MS, Timestamp};

/// Attempts without success before a client has to wait.
const ATTEMPTS_MAX: u32 = 5;
/// For how long they count.
const WINDOW_MS: i64 = 15 * MINUTE_MS;
/// Most pairs remembered: 10,000 of some 100 bytes are 1 MB.
const PAIRS_MAX: usize = 10_000;

/// Recent attempts.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    pairs: HashMap<(String, Option<IpAddr>), Attempts>,
}

#[derive(Clone, Copy, Debug)]
struct Attempts {
    count: u32,
    first: Timestamp,
}

impl Throttle {
    /// Counts an attempt; an error says how many milliseconds to wait.
    pub(super) fn attempt(
        &mut self,
        email: &str,
        ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), i64> {
        let is_recent = |it: &Attempts| now.since(it.first) < WINDOW_MS;
        let pair = (email.to_owned(), ip);
        if !self.pairs.contains_key(&pair) && self.pairs.len() >= PAIRS_MAX {
            self.pairs.retain(|_, it| is_recent(it));
            if self.pairs.len() >= PAIRS_MAX {
                self.drop_oldest();
            }
        }
        let attempts = self.pairs.entry(pair).or_insert(Attempts {
            count: 0,
            first: now,
        });
        if !is_recent(attempts) {
            *attempts = Attempts {
                count: 0,
                first: now,
            };
        }
        if attempts.count >= ATTEMPTS_MAX {
            return Err(WINDOW_MS - now.since(attempts.first));
        }
        attempts.count += 1;
        Ok(())
    }

    /// Forgets the attempts of a pair that has succeeded.
    pub(super) fn forget(&mut self, email: &str, ip: Option<IpAddr>) {
        self.pairs.remove(&(email.to_owned(), ip));
    }

    fn drop_oldest(&mut self) {
        let oldest = self.pairs.iter().min_by_key(|(_, it)| it.first);
        if let Some(pair) = oldest.map(|(pair, _)| pair.clone()) {
            self.pairs.remove(&pair);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_attempt_waits_until_the_window_is_over() {
        let mut throttle = Throttle::default();
        for i in 0..5 {
            assert_eq!(throttle.attempt("a", None, Timestamp(i)), Ok(()));
        }
        assert_eq!(
            throttle.attempt("a", None, Timestamp(60_000)),
            Err(WINDOW_MS - 60_000)
        );
        assert_eq!(
            throttle.attempt("b", None, Timestamp(60_000)),
            Ok(()),
            "another address"
        );
        let ip = Some(IpAddr::from([127, 0, 0, 1]));
        assert_eq!(
            throttle.attempt("a", ip, Timestamp(60_000)),
            Ok(()),
            "another client"
        );
        assert_eq!(throttle.attempt("a", None, Timestamp(WINDOW_MS)), Ok(()));
    }

    #[test]
    fn success_forgets_failures() {
        let mut throttle = Throttle::default();
        for _ in 0..20 {
            assert_eq!(throttle.attempt("a", None, Timestamp(0)), Ok(()));
            throttle.forget("a", None);
        }
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let mut throttle = Throttle::default();
        for i in 0..PAIRS_MAX + 10 {
            let _ = throttle.attempt(&i.to_string(), None, Timestamp(i as i64));
        }
        assert_eq!(throttle.pairs.len(), PAIRS_MAX);
        assert!(!throttle.pairs.contains_key(&("0".to_owned(), None)));
    }
}
