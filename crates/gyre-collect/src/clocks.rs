//! How wrong the clocks of devices are, from what they said at their last uploads.
//!
//! Arrival minus sending is the clock's error plus the time on the way, and the time on the way is never negative:
//! transit, a retry that kept its sending time, a laptop that slept only make it larger. So the least of the last
//! uploads is the best that is known of the error. Source: collect.md 2.4.
//!
//! One request cannot tell a slow clock from a late retry, so this is state of the reader of the log, a function of
//! the records before: [`DeviceClocks`] is fed in the log's order, committed with the position, and a replay from
//! the start ends with the same. A reader that starts empty uses what a first upload tells.

use std::hash::Hasher;

use gyre_base::{DAY_MS, Timestamp};
use gyre_model::event::Rejection;
use gyre_model::{Event, TimeQuality};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use crate::event_time::{
    ERROR_MS_MIN, FIRST_ERROR_MS_MIN, TimeMode, delay_ms, first_reading, settle, settle_as,
};

/// Uploads that the least is taken of.
const UPLOADS_MAX: u64 = 20;
/// Uploads older than this say nothing of the clock now.
const UPLOAD_AGE_MS_MAX: i64 = 7 * DAY_MS;
/// Devices remembered: at some 150 bytes each 30 MB. The ones seen longest ago go first and begin anew.
const DEVICES_MAX: usize = 200_000;

/// An upload that no later one has undercut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Low {
    /// Its number among the device's uploads.
    upload: u64,
    received_at: Timestamp,
    delay_ms: i64,
}

/// What is known of one device's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceClock {
    uploads: u64,
    /// Delays rise from front to back, so that the first is the least of the window.
    lows: Vec<Low>,
}

impl DeviceClock {
    fn least_ms(&self) -> Option<i64> {
        self.lows.first().map(|it| it.delay_ms)
    }

    fn last_received_at(&self) -> Timestamp {
        self.lows.last().map_or(Timestamp::MIN, |it| it.received_at)
    }

    fn observe(&mut self, received_at: Timestamp, delay_ms: i64) {
        self.uploads += 1;
        self.lows.retain(|it| it.delay_ms < delay_ms);
        self.lows.push(Low {
            upload: self.uploads,
            received_at,
            delay_ms,
        });
        let oldest = self.uploads.saturating_sub(UPLOADS_MAX);
        self.lows.retain(|it| it.upload > oldest);
    }

    fn forget_before(&mut self, instant: Timestamp) {
        self.lows.retain(|it| it.received_at >= instant);
    }
}

/// What is known of the clocks of a workspace's devices.
#[derive(Debug, Default)]
pub struct DeviceClocks {
    devices: FxHashMap<u64, DeviceClock>,
    changed: FxHashSet<u64>,
}

/// What one request says of one device.
struct Upload {
    received_at: Timestamp,
    /// Least delay of its events; `None` if they do not tell when they were sent.
    delay_ms: Option<i64>,
    /// Whether an event was stamped later than it was sent: the clock was set back between the two.
    is_set_back: bool,
}

impl Upload {
    fn of<'a>(events: impl Iterator<Item = &'a Event>) -> Self {
        let mut it = Self {
            received_at: Timestamp::MIN,
            delay_ms: None,
            is_set_back: false,
        };
        for event in events {
            it.received_at = event.received_at;
            let delay = delay_ms(event);
            it.delay_ms = it.delay_ms.min(delay).or(it.delay_ms).or(delay);
            it.is_set_back |= is_before_set_back(event);
        }
        it
    }
}

/// Whether the clock that stamped this event was set back before it was sent.
fn is_before_set_back(event: &Event) -> bool {
    let times = event.client_time.zip(event.sent_at);
    times.is_some_and(|(client, sent)| client.since(sent) >= ERROR_MS_MIN)
}

impl DeviceClocks {
    /// Settles the times of one request's events, and learns from it.
    ///
    /// `is_retry`: the sender says that it sent the same before, so that its sending time may be of then.
    pub(crate) fn settle(
        &mut self,
        events: &mut [Result<Event, Rejection>],
        is_retry: bool,
        mode: TimeMode,
    ) {
        let mut by_device: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
        for (idx, event) in events.iter_mut().enumerate() {
            let Ok(event) = event else { continue };
            match (event.time_quality, mode, &event.device_id) {
                (TimeQuality::Exact, TimeMode::ExactSegment, _)
                | (TimeQuality::Device, TimeMode::ExactSegment | TimeMode::ExactAmplitude, _) => {
                    settle_as(event, mode);
                }
                (TimeQuality::Device, TimeMode::Robust, Some(device)) => {
                    by_device.entry(key_of(device)).or_default().push(idx);
                }
                (TimeQuality::Device, TimeMode::Robust, None) => {
                    settle(
                        event,
                        first_error_ms(delay_ms(event), is_retry),
                        ERROR_MS_MIN,
                    );
                }
                _ => {}
            }
        }
        for (device, mut places) in by_device {
            let of_device = places.iter().filter_map(|at| events[*at].as_ref().ok());
            let upload = Upload::of(of_device);
            let error_ms = self.error_ms(device, &upload, is_retry);
            for at in &places {
                if let Ok(event) = &mut events[*at] {
                    settle(event, error_ms, ERROR_MS_MIN);
                }
            }
            if upload.is_set_back {
                places.sort_by_key(|at| events[*at].as_ref().map_or(0, |it| it.client_seq));
                keep_order(events, &places);
            }
        }
    }

    /// The error of a device's clock, in view of an upload that has just come in.
    fn error_ms(&mut self, device: u64, upload: &Upload, is_retry: bool) -> i64 {
        let now = upload.received_at;
        let known = self.devices.get_mut(&device);
        let known_ms = known.and_then(|it| {
            it.forget_before(now.plus_ms(-UPLOAD_AGE_MS_MAX));
            it.least_ms()
        });
        // what the clock showed before it was set back is over
        let known_ms = known_ms.filter(|_| !upload.is_set_back);
        let Some(delay_ms) = upload.delay_ms else {
            return known_ms.unwrap_or(0);
        };
        let Some(known_ms) = known_ms else {
            // a retry tells only how large the error is at most: no beginning
            if !is_retry {
                let mut clock = DeviceClock::default();
                clock.observe(now, delay_ms);
                self.insert(device, clock);
            }
            return first_error_ms(Some(delay_ms), is_retry);
        };
        if (!is_retry || delay_ms < known_ms)
            && let Some(clock) = self.devices.get_mut(&device)
        {
            clock.observe(now, delay_ms);
            self.changed.insert(device);
            return clock.least_ms().unwrap_or(known_ms);
        }
        known_ms
    }

    fn insert(&mut self, device: u64, clock: DeviceClock) {
        if self.devices.len() >= DEVICES_MAX && !self.devices.contains_key(&device) {
            self.make_room();
        }
        self.devices.insert(device, clock);
        self.changed.insert(device);
    }

    /// Forgets the quarter of the devices that was seen longest ago.
    fn make_room(&mut self) {
        let seen = self.devices.values().map(DeviceClock::last_received_at);
        let mut seen: Vec<Timestamp> = seen.collect();
        let quarter = seen.len() / 4;
        let (_, limit, _) = seen.select_nth_unstable(quarter);
        let limit = *limit;
        let mut left = quarter + 1;
        self.devices.retain(|_, it| {
            let is_old = it.last_received_at() <= limit && left > 0;
            left -= usize::from(is_old);
            !is_old
        });
    }

    /// What changed since the last call, for the caller to commit.
    pub fn take_changed(&mut self) -> Vec<(u64, DeviceClock)> {
        let changed = self.changed.drain();
        let devices = &self.devices;
        let mut states: Vec<_> = changed
            .filter_map(|it| Some((it, devices.get(&it)?.clone())))
            .collect();
        states.sort_unstable_by_key(|it| it.0);
        states
    }

    /// Remembers as changed what could not be committed.
    pub fn restore_changed(&mut self, changed: &[(u64, DeviceClock)]) {
        self.changed.extend(changed.iter().map(|it| it.0));
    }

    /// Loads what was committed, later states over earlier ones.
    pub fn load(&mut self, states: Vec<(u64, DeviceClock)>) {
        for (device, clock) in states {
            self.insert(device, clock);
        }
        self.changed.clear();
    }
}

/// What one upload alone says of the clock: nothing, unless it is far off and was sent for the first time.
fn first_error_ms(delay_ms: Option<i64>, is_retry: bool) -> i64 {
    delay_ms
        .filter(|it| it.saturating_abs() > FIRST_ERROR_MS_MIN && !is_retry)
        .unwrap_or(0)
}

/// Puts what was stamped before the clock was set back no later than what the device did next.
///
/// Such an event bears the time of a clock that no upload tells of; its place among the others is known all the same.
fn keep_order(events: &mut [Result<Event, Rejection>], in_order: &[usize]) {
    let mut next: Option<Timestamp> = None;
    for at in in_order.iter().rev() {
        let Ok(event) = &mut events[*at] else {
            continue;
        };
        if is_before_set_back(event) {
            (event.time, event.time_quality) = match next {
                Some(next) => (event.time.min(next), TimeQuality::Corrected),
                None => first_reading(None, event.received_at, TimeQuality::Arrival),
            };
        }
        next = Some(event.time);
    }
}

fn key_of(device_id: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(device_id.as_bytes());
    hasher.finish()
}
