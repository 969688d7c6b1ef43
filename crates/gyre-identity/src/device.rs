//! Which user a device belonged to, by event time.
//!
//! Rule `last_user` (collect.md 3.2 and 3.3 B, as Amplitude): an anonymous event belongs to the last user seen
//! on the device until then, or to the first one if it came before any.

use serde::{Deserialize, Serialize};

/// A stretch of time in which evidence names one user, from its first to its last evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    start: i64,
    end: i64,
    user: u32,
}

/// Evidence of users on one device, as disjoint runs in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRuns {
    runs: Vec<Run>,
}

impl DeviceRuns {
    /// Adds "`user` was here at `time`"; true if anything changed.
    pub fn add(&mut self, time: i64, user: u32) -> bool {
        let at = self.runs.partition_point(|it| it.start <= time);
        if let Some(before) = at.checked_sub(1) {
            let run = self.runs[before];
            if time <= run.end {
                return self.add_inside(before, run, time, user);
            }
            if run.user == user {
                self.runs[before].end = time;
                self.join(before);
                return true;
            }
        }
        if let Some(after) = self.runs.get_mut(at)
            && after.user == user
        {
            after.start = time;
            return true;
        }
        self.runs.insert(
            at,
            Run {
                start: time,
                end: time,
                user,
            },
        );
        true
    }

    /// Another user in the middle of a run splits it: what is known of the rest is its last evidence.
    fn add_inside(&mut self, place: usize, run: Run, time: i64, user: u32) -> bool {
        if run.user == user {
            return false;
        }
        let middle = Run {
            start: time,
            end: time,
            user,
        };
        if time == run.start && time == run.end {
            // two users in one millisecond: the smaller node comes first, whatever the order of arrival
            let place = if user < run.user { place } else { place + 1 };
            self.runs.insert(place, middle);
            return true;
        }
        let first = Run {
            start: run.start,
            end: run.start,
            user: run.user,
        };
        let last = Run {
            start: run.end,
            end: run.end,
            user: run.user,
        };
        let mut parts = Vec::with_capacity(3);
        parts.push(first);
        parts.push(middle);
        if time < run.end {
            parts.push(last);
        }
        self.runs.splice(place..=place, parts);
        true
    }

    fn join(&mut self, place: usize) {
        if let Some(next) = self.runs.get(place + 1).copied()
            && next.user == self.runs[place].user
        {
            self.runs[place].end = next.end;
            self.runs.remove(place + 1);
        }
    }

    /// The user an anonymous event at `time` belongs to; `None` if no user was ever seen.
    pub fn user_at(&self, time: i64) -> Option<u32> {
        let after = self.runs.partition_point(|it| it.start <= time);
        self.runs.get(after.saturating_sub(1)).map(|it| it.user)
    }

    /// The only user ever seen, if there is exactly one.
    pub fn only_user(&self) -> Option<u32> {
        let first = self.runs.first()?.user;
        self.runs.iter().all(|it| it.user == first).then_some(first)
    }

    /// Every user ever seen.
    pub fn users(&self) -> impl Iterator<Item = u32> {
        self.runs.iter().map(|it| it.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(evidence: &[(i64, u32)]) -> DeviceRuns {
        let mut runs = DeviceRuns::default();
        for (time, user) in evidence {
            runs.add(*time, *user);
        }
        runs
    }

    #[test]
    fn anonymous_events_belong_to_the_last_user_or_to_the_first() {
        let tablet = runs(&[(2, 7), (4, 8)]);
        for (time, user) in [(1, 7), (2, 7), (3, 7), (4, 8), (9, 8)] {
            assert_eq!(tablet.user_at(time), Some(user), "at {time}");
        }
        assert_eq!(tablet.only_user(), None);
        assert_eq!(DeviceRuns::default().user_at(1), None);
    }

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let evidence = [(1, 7), (3, 7), (5, 8), (6, 8), (9, 7)];
        let expected = runs(&evidence);
        let mut order: Vec<usize> = (0..evidence.len()).collect();
        for round in 0..120 {
            // every permutation of five, by the factorial number system
            let mut left: Vec<usize> = (0..evidence.len()).collect();
            let mut code = round;
            for (i, place) in order.iter_mut().enumerate() {
                let radix = evidence.len() - i;
                *place = left.remove(code % radix);
                code /= radix;
            }
            let shuffled: Vec<(i64, u32)> = order.iter().map(|it| evidence[*it]).collect();
            let got = runs(&shuffled);
            for time in 0..11 {
                assert_eq!(
                    got.user_at(time),
                    expected.user_at(time),
                    "{shuffled:?} at {time}"
                );
            }
        }
    }
}
