//! Whose a device was, by event time: evidence made into a table that a query looks up.
//!
//! Rule `last_user` (collect.md 3.2 and 3.3 B, as Amplitude): an anonymous event belongs to the last user seen on the
//! device until then, or to the first one if it came before any. Rule `until_reset` (as PostHog, whose libraries
//! change the id): a reset begins the device anew, so that what follows belongs to whoever signs in next, and to
//! nobody known while nobody does.

use crate::NO_NODE;
use crate::evidence::{Stretch, is_reset};
use crate::rules::DeviceRule;

/// Who a device belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owners {
    /// No user was seen.
    Nobody,
    /// This user, always.
    One(u32),
    /// It depends on the time.
    Several(DeviceRuns),
}

/// Users of one device, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeviceRuns {
    /// (from this instant on, user), ascending; [`NO_NODE`] is the device itself.
    turns: Box<[(i64, u32)]>,
    /// The person that the device is where it is nobody's, with its flag.
    own: u32,
}

impl Owners {
    /// Reads evidence; `own` is the person that the device is by itself.
    pub(crate) fn of(stretches: impl Iterator<Item = Stretch>, rule: DeviceRule, own: u32) -> Self {
        let mut points: Vec<(i64, u32)> = stretches
            .filter(|it| rule == DeviceRule::UntilReset || !is_reset(it))
            .flat_map(|it| [(it.start, it.user), (it.end(), it.user)])
            .collect();
        points.sort_unstable();
        points.dedup();
        // a user's turn begins once; each reset ends one
        points.dedup_by(|next, it| next.1 == it.1 && it.1 != NO_NODE);
        let Some(first) = points.first().copied() else {
            return Self::Nobody;
        };
        let mut turns = vec![(i64::MIN, first.1)];
        for (place, (time, user)) in points.iter().enumerate() {
            // after a reset the next one to sign in
            let next = points.get(place + 1).map(|it| it.1);
            let user = if *user == NO_NODE {
                next.unwrap_or(NO_NODE)
            } else {
                *user
            };
            if turns.last().is_none_or(|it| it.1 != user) {
                turns.push((*time, user));
            }
        }
        match turns.as_slice() {
            [(_, NO_NODE)] => Self::Nobody,
            [(_, user)] => Self::One(*user),
            _ => Self::Several(DeviceRuns {
                turns: turns.into_boxed_slice(),
                own,
            }),
        }
    }
}

impl DeviceRuns {
    /// The user an anonymous event at `time` belongs to; `None` if it is nobody's.
    pub(crate) fn user_at(&self, time: i64) -> Option<u32> {
        let after = self.turns.partition_point(|it| it.0 <= time);
        let turn = self.turns.get(after.saturating_sub(1));
        turn.map(|it| it.1).filter(|it| *it != NO_NODE)
    }

    /// The person that the device is where it is nobody's, with its flag.
    pub(crate) fn own(&self) -> u32 {
        self.own
    }

    /// Whether the device is at times nobody's.
    pub(crate) fn has_own(&self) -> bool {
        self.turns.iter().any(|it| it.1 == NO_NODE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::EvidenceTable;

    fn owners(evidence: &[(i64, u32)], rule: DeviceRule) -> Owners {
        let mut table = EvidenceTable::default();
        table.push();
        for (time, user) in evidence {
            table.add(0, *time, *user);
        }
        Owners::of(table.get(0).iter().copied(), rule, 0)
    }

    #[track_caller]
    fn check(evidence: &[(i64, u32)], rule: DeviceRule, expected: &[(i64, Option<u32>)]) {
        let Owners::Several(runs) = owners(evidence, rule) else {
            panic!("{evidence:?} are several");
        };
        for (time, user) in expected {
            assert_eq!(runs.user_at(*time), *user, "{evidence:?} at {time}");
        }
    }

    #[test]
    fn anonymous_events_belong_to_the_last_user_or_to_the_first() {
        let expected = [(1, 7), (2, 7), (3, 7), (4, 8), (9, 8)].map(|it| (it.0, Some(it.1)));
        check(&[(2, 7), (4, 8)], DeviceRule::LastUser, &expected);
        assert_eq!(owners(&[], DeviceRule::LastUser), Owners::Nobody);
        let one = [(2, 7), (5, NO_NODE), (9, 7)];
        assert_eq!(owners(&one, DeviceRule::LastUser), Owners::One(7));
    }

    #[test]
    fn a_reset_begins_the_device_anew() {
        let evidence = [(2, 7), (5, NO_NODE), (8, 9), (11, NO_NODE)];
        let expected = [
            (1, Some(7)),
            (4, Some(7)),
            (5, Some(9)),
            (9, Some(9)),
            (11, None),
        ];
        check(&evidence, DeviceRule::UntilReset, &expected);
        let same = [(2, 7), (5, NO_NODE), (9, 7)];
        assert_eq!(owners(&same, DeviceRule::UntilReset), Owners::One(7));
        assert_eq!(
            owners(&[(5, NO_NODE)], DeviceRule::UntilReset),
            Owners::Nobody
        );
        check(
            &[(5, NO_NODE), (8, 9)],
            DeviceRule::UntilReset,
            &[(3, None), (6, Some(9))],
        );
    }

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let evidence = [(1, 7), (3, 7), (5, 8), (6, 8), (9, 7)];
        let expected = owners(&evidence, DeviceRule::LastUser);
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
            let got = owners(&shuffled, DeviceRule::LastUser);
            assert_eq!(got, expected, "{shuffled:?}");
        }
    }
}
