//! When an event happened, from what the device says and when it reached us.

use gyre_base::{DAY_MS, MINUTE_MS, Timestamp};

/// A device clock this near to ours is right: transit and retries account for the rest.
const SKEW_MS_MIN: i64 = 10 * MINUTE_MS;
/// An event this far ahead of its arrival has no time of its own.
const AHEAD_MS_MAX: i64 = DAY_MS;

/// Instants of one event, all optional but the last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// The device's: when it happened.
    pub(crate) client: Option<Timestamp>,
    /// The device's: when it was sent.
    pub(crate) upload: Option<Timestamp>,
    /// Ours: when it arrived.
    pub(crate) received: Timestamp,
    /// Whether the client's clock is to be believed: a server's, or an import of history.
    pub(crate) is_exact: bool,
}

impl Times {
    /// The event's time.
    ///
    /// The client's time stands for exact sources, without an upload time, and where sending and arriving are
    /// less than ten minutes apart; so neither transit nor a retry with a frozen upload time reorders a device's
    /// events. Otherwise the clock is wrong, and the time is moved by as much. More than a day ahead of
    /// arrival, or no time at all: the time of arrival.
    pub(crate) fn event(self) -> Timestamp {
        let Some(client) = self.client else {
            return self.received;
        };
        let skew_ms = self.upload.map_or(0, |it| self.received.since(it));
        let is_right = self.is_exact || skew_ms.abs() < SKEW_MS_MIN;
        let event = client.plus_ms(if is_right { 0 } else { skew_ms });
        if event > self.received.plus_ms(AHEAD_MS_MAX) || event.ms() <= 0 {
            return self.received;
        }
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = MINUTE_MS;
    const HOUR: i64 = 60 * MINUTE;

    /// Minutes from the arrival.
    #[track_caller]
    fn check(client: Option<i64>, upload: Option<i64>, is_exact: bool, expected_ms: i64) {
        let received = Timestamp(1_795_290_523_891);
        let times = Times {
            client: client.map(|it| received.plus_ms(it)),
            upload: upload.map(|it| received.plus_ms(it)),
            received,
            is_exact,
        };
        assert_eq!(times.event().since(received), expected_ms);
    }

    #[test]
    fn a_right_clock_is_believed_whatever_the_transit() {
        check(Some(-5_000), Some(-300), false, -5_000);
        check(Some(-12 * MINUTE), Some(-9 * MINUTE), false, -12 * MINUTE);
        check(Some(-72 * HOUR), Some(-1_000), false, -72 * HOUR);
    }

    #[test]
    fn a_wrong_clock_is_moved_by_its_error() {
        check(Some(2 * HOUR - 3_000), Some(2 * HOUR), false, -3_000);
        check(Some(-26 * HOUR), Some(-25 * HOUR), false, -HOUR);
    }

    #[test]
    fn servers_and_imports_are_exact() {
        check(Some(-26 * HOUR), Some(-25 * HOUR), true, -26 * HOUR);
        check(Some(-9_000 * HOUR), None, true, -9_000 * HOUR);
    }

    #[test]
    fn without_an_upload_time_the_client_is_believed() {
        check(Some(-26 * HOUR), None, false, -26 * HOUR);
        check(Some(3 * HOUR), None, false, 3 * HOUR);
    }

    #[test]
    fn the_far_future_and_no_time_are_the_arrival() {
        check(Some(25 * HOUR), None, false, 0);
        check(Some(25 * HOUR), None, true, 0);
        check(None, Some(-HOUR), false, 0);
    }
}
