//! When an event happened, from what the device says and when it reached us.
//!
//! Here are the rules for one event whose clock error is known; [`crate::clocks`] finds the error.
//! Source: collect.md 2.4.

use gyre_base::{DAY_MS, MINUTE_MS, Timestamp};
use gyre_model::{Event, TimeQuality};
use serde_json::Value;

use crate::uuid;

/// A device clock this near to ours is right: transit accounts for the rest. The order within the device is kept.
pub(crate) const ERROR_MS_MIN: i64 = MINUTE_MS;
/// What a device's very first upload must show before its clock is called wrong: a slow upload shows the same, less.
pub(crate) const FIRST_ERROR_MS_MIN: i64 = 10 * MINUTE_MS;
/// An event this much older than its arrival is marked `late`, unless it is an import of history.
const LATE_MS: i64 = 365 * DAY_MS;

/// How the times of devices are derived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeMode {
    /// By the device's least error over its last uploads, see [`crate::DeviceClocks`].
    #[default]
    Robust,
    /// As Segment does: moved by arrival minus sending, whatever that is.
    ExactSegment,
    /// As Amplitude does: moved by arrival minus sending from a minute on.
    ExactAmplitude,
}

impl TimeMode {
    /// The mode of a name in the settings: `robust`, `exact_segment` or `exact_amplitude`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "robust" => Some(Self::Robust),
            "exact_segment" => Some(Self::ExactSegment),
            "exact_amplitude" => Some(Self::ExactAmplitude),
            _ => None,
        }
    }
}

/// Sending to arrival, where the sending is known: the clock's error and the time on the way.
pub(crate) fn delay_ms(event: &Event) -> Option<i64> {
    Some(event.received_at.since(event.sent_at?))
}

/// The first reading of an event's time, before anything is known of its clock.
pub(crate) fn first_reading(
    client: Option<Timestamp>,
    received: Timestamp,
    if_known: TimeQuality,
) -> (Timestamp, TimeQuality) {
    match client {
        Some(client) => (client.min(received), if_known),
        None => (received, TimeQuality::Arrival),
    }
}

/// Moves an event by its clock's error if that is one; never past its arrival.
pub(crate) fn settle(event: &mut Event, error_ms: i64, error_ms_min: i64) {
    let Some(client) = event.client_time else {
        return;
    };
    let is_wrong = error_ms.saturating_abs() >= error_ms_min;
    let moved = client.plus_ms(if is_wrong { error_ms } else { 0 });
    event.time = moved.min(event.received_at);
    event.time_quality = if moved.ms() <= 0 {
        event.time = event.received_at;
        TimeQuality::Arrival
    } else if is_wrong {
        TimeQuality::Corrected
    } else {
        TimeQuality::Device
    };
    if is_wrong {
        let error = Value::from(error_ms);
        event.context.insert("clock_error_ms".to_owned(), error);
    }
}

/// Settles an event by one of the formulas of others, which know nothing but its own request.
pub(crate) fn settle_as(event: &mut Event, mode: TimeMode) {
    let error_ms = delay_ms(event).unwrap_or(0);
    match mode {
        TimeMode::Robust | TimeMode::ExactAmplitude => settle(event, error_ms, ERROR_MS_MIN),
        TimeMode::ExactSegment => settle(event, error_ms, 1),
    }
}

/// Marks what is far behind its arrival, by its settled time.
pub(crate) fn mark_if_late(event: &mut Event) {
    let age_ms = event.received_at.since(event.time);
    if age_ms > LATE_MS && event.time_quality != TimeQuality::History {
        event.context.insert("late".to_owned(), Value::Bool(true));
    }
}

/// An id is made within this of its event, on one device.
const ID_DIFFERENCE_MS_MAX: i64 = 1_000;

/// Marks what has a second opinion of its time in its id.
pub(crate) fn compare_with_id(event: &mut Event) {
    let id = event.insert_id.as_deref().and_then(uuid::time);
    if let (Some(id), Some(client)) = (id, event.client_time)
        && id.since(client).saturating_abs() > ID_DIFFERENCE_MS_MAX
    {
        let difference = Value::from(id.since(client));
        let key = "id_time_difference_ms".to_owned();
        event.context.insert(key, difference);
    }
}

#[cfg(test)]
mod tests {
    use gyre_model::EventKind;

    use super::*;

    const HOUR: i64 = 60 * MINUTE_MS;
    const NOW: Timestamp = Timestamp(1_795_290_523_891);

    fn event(client_ms: i64, sent_ms: i64) -> Event {
        let mut event = Event::new(EventKind::Track, "A", NOW);
        event.client_time = Some(NOW.plus_ms(client_ms));
        event.sent_at = Some(NOW.plus_ms(sent_ms));
        event
    }

    #[track_caller]
    fn check(mode: TimeMode, client_ms: i64, sent_ms: i64, expected_ms: i64) {
        let mut event = event(client_ms, sent_ms);
        settle_as(&mut event, mode);
        assert_eq!(event.time.since(NOW), expected_ms, "{mode:?}");
    }

    #[test]
    fn the_formulas_of_others_are_what_they_say() {
        // sent half a second ago by a right clock: Segment takes the way off as well
        check(TimeMode::ExactSegment, -5_000, -500, -4_500);
        check(TimeMode::ExactAmplitude, -5_000, -500, -5_000);
        // a clock that is two hours fast
        check(TimeMode::ExactSegment, 2 * HOUR - 3_000, 2 * HOUR, -3_000);
        check(TimeMode::ExactAmplitude, 2 * HOUR - 3_000, 2 * HOUR, -3_000);
        // ten minutes of outage with a frozen sending time: both are ten minutes wrong
        check(TimeMode::ExactSegment, -601_000, -600_000, -1_000);
        check(TimeMode::ExactAmplitude, -601_000, -600_000, -1_000);
        for (name, mode) in [
            ("robust", TimeMode::Robust),
            ("exact_segment", TimeMode::ExactSegment),
            ("exact_amplitude", TimeMode::ExactAmplitude),
        ] {
            assert_eq!(TimeMode::named(name), Some(mode));
        }
        assert_eq!(TimeMode::named("segment"), None);
    }

    #[test]
    fn no_event_is_later_than_its_arrival() {
        let mut event = event(HOUR, -500);
        settle(&mut event, 0, ERROR_MS_MIN);
        assert_eq!((event.time, event.time_quality), (NOW, TimeQuality::Device));
        event.client_time = Some(Timestamp(5));
        settle(&mut event, -HOUR, ERROR_MS_MIN);
        assert_eq!(
            (event.time, event.time_quality),
            (NOW, TimeQuality::Arrival)
        );
    }

    #[test]
    fn what_is_over_a_year_old_is_late_unless_it_is_history() {
        let late = |age_ms: i64, quality: TimeQuality| {
            let mut event = event(-age_ms, -500);
            event.time = NOW.plus_ms(-age_ms);
            event.time_quality = quality;
            mark_if_late(&mut event);
            event.context.contains_key("late")
        };
        assert!(late(LATE_MS + 1, TimeQuality::Exact));
        assert!(!late(LATE_MS, TimeQuality::Device));
        assert!(!late(LATE_MS + 1, TimeQuality::History));
    }

    #[test]
    fn an_id_with_a_time_of_its_own_is_compared() {
        let difference = |insert_id: &str| {
            let mut event = event(-5_000, -500);
            event.insert_id = Some(insert_id.to_owned());
            compare_with_id(&mut event);
            event.context.get("id_time_difference_ms").cloned()
        };
        // 1_795_290_523_891 is 0x1a20_0a23_0cf3
        let ms = format!("{:012x}", NOW.ms());
        let uuid =
            |version: char| format!("{}-{}-{version}abc-8abc-0123456789ab", &ms[..8], &ms[8..]);
        assert_eq!(difference(&uuid('7')), Some(Value::from(5_000)));
        assert_eq!(difference(&uuid('4')), None);
        assert_eq!(difference("not-a-uuid-but-thirty-six-characters"), None);
        assert_eq!(difference("i1"), None);
    }
}
