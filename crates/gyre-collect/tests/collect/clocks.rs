//! Times of devices whose clocks, uploads and retries are not what they should be: collect.md 2.4, vectors (a) to (e).

use gyre_base::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use gyre_collect::{DeviceClocks, Envelope, Hints, ReadConfig, Reader, TimeMode};
use gyre_model::{Event, TimeQuality};
use serde_json::{Value, json};

use crate::support::envelope;

/// 2026-11-21T10:00:00Z, by a right clock.
const TEN: Timestamp = Timestamp(1_795_255_200_000);

/// A workspace's reader and what it knows.
#[derive(Default)]
struct World {
    reader: Reader,
    clocks: DeviceClocks,
}

/// One upload: when it arrives and is sent, and its events, in milliseconds from ten o'clock.
struct Sent<'a> {
    device: &'a str,
    arrives: i64,
    sends: i64,
    attempt: u32,
    /// (the client's time, its counter)
    events: &'a [(i64, i64)],
}

impl World {
    fn read(&mut self, it: &Sent<'_>) -> Vec<Event> {
        let events: Vec<Value> = it
            .events
            .iter()
            .map(|(time, seq)| {
                let time = TEN.plus_ms(*time).ms();
                json!({"event_type": "A", "device_id": it.device, "user_id": "u", "time": time, "event_id": seq})
            })
            .collect();
        let body = json!({"events": events, "client_upload_time": TEN.plus_ms(it.sends).ms()});
        let envelope = Envelope {
            received_at: TEN.plus_ms(it.arrives),
            hints: Hints {
                attempt: it.attempt,
                ..Hints::default()
            },
            ..envelope("amplitude", "httpapi", &body)
        };
        let parsed = self.reader.parse(&envelope);
        let events = self.reader.settle(parsed, &mut self.clocks);
        events.into_iter().map(Result::unwrap).collect()
    }

    /// The events' times, in milliseconds from ten o'clock.
    #[track_caller]
    fn check(&mut self, it: &Sent<'_>, expected: &[i64]) {
        let found: Vec<i64> = self.read(it).iter().map(|it| it.time.since(TEN)).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn a_a_clock_two_hours_fast_is_moved_back_by_its_least_error() {
    let mut world = World::default();
    let fast = 2 * HOUR_MS;
    let upload = |world: &mut World, at: i64, transit: i64, expected: &[i64]| {
        let it = Sent {
            device: "d",
            arrives: at + transit,
            sends: at + fast,
            attempt: 0,
            events: &[(at + fast - 3_000, 0), (at + fast - 1_000, 1)],
        };
        world.check(&it, expected);
    };
    // what is left is the least time on the way: 300 ms, then 200 ms
    upload(&mut world, 0, 300, &[-2_700, -700]);
    upload(&mut world, 10_000, 1_500, &[7_300, 9_300]);
    upload(&mut world, 20_000, 200, &[17_200, 19_200]);
    let event = &world.read(&Sent {
        device: "d",
        arrives: 30_200,
        sends: 30_000 + fast,
        attempt: 0,
        events: &[(29_000 + fast, 0)],
    })[0];
    assert_eq!(event.time_quality, TimeQuality::Corrected);
    assert_eq!(event.context["clock_error_ms"], 200 - fast);
    assert_eq!(
        event.client_time,
        Some(TEN.plus_ms(29_000 + fast)),
        "all raw times are kept"
    );
    assert_eq!(event.sent_at, Some(TEN.plus_ms(30_000 + fast)));
}

#[test]
fn b_a_retry_with_its_first_sending_time_is_not_a_slow_clock() {
    let frozen = |attempt: u32, arrives: i64| Sent {
        device: "d",
        arrives,
        sends: 0,
        attempt,
        events: &[(-SECOND_MS, 7)],
    };
    let outage = 10 * MINUTE_MS;
    // the device is new, and says nothing of retries
    World::default().check(&frozen(0, outage), &[-SECOND_MS]);
    // it is new, and says that it tried before
    World::default().check(&frozen(2, 3 * outage), &[-SECOND_MS]);
    // it is known, and says nothing
    let mut world = World::default();
    world.check(
        &Sent {
            device: "d",
            arrives: -MINUTE_MS,
            sends: -MINUTE_MS - 250,
            attempt: 0,
            events: &[(-MINUTE_MS - 300, 6)],
        },
        &[-MINUTE_MS - 300],
    );
    world.check(&frozen(0, 3 * outage), &[-SECOND_MS]);
    // retries alone are no beginning
    let mut world = World::default();
    world.check(&frozen(1, 3 * outage), &[-SECOND_MS]);
    world.check(&frozen(2, 4 * outage), &[-SECOND_MS]);
}

#[test]
fn c_three_days_offline_keep_their_times() {
    let mut world = World::default();
    let it = Sent {
        device: "d",
        arrives: 400,
        sends: 0,
        attempt: 0,
        events: &[(-3 * DAY_MS, 0), (-2 * DAY_MS, 1), (-5_000, 2)],
    };
    world.check(&it, &[-3 * DAY_MS, -2 * DAY_MS, -5_000]);
    let events = world.read(&it);
    assert!(
        events
            .iter()
            .all(|it| it.time_quality == TimeQuality::Device)
    );
    assert!(events.iter().all(|it| !it.context.contains_key("late")));
}

#[test]
fn d_two_devices_of_one_user_have_a_clock_each() {
    let mut world = World::default();
    let slow = -HOUR_MS;
    let mut on = |device: &str, at: i64, error: i64, expected: i64| {
        let events = [(at + error - 1_000, 0)];
        let it = Sent {
            device,
            arrives: at + 100,
            sends: at + error,
            attempt: 0,
            events: &events,
        };
        world.check(&it, &[expected]);
    };
    on("phone", 0, slow, -900);
    on("laptop", 2_000, 0, 1_000);
    on("phone", 4_000, slow, 3_100);
    on("laptop", 6_000, 0, 5_000);
}

#[test]
fn e_a_clock_set_back_in_a_session_keeps_the_order_of_its_batch() {
    let back = -HOUR_MS;
    let events = [
        (0, 10),
        (5_000, 11),
        // the clock is set back by an hour
        (10_000 + back, 12),
        (15_000 + back, 13),
    ];
    let sent = 20_000 + back;
    let it = |events| Sent {
        device: "d",
        arrives: 20_200,
        sends: sent,
        attempt: 0,
        events,
    };
    // from right to slow: what came after is moved by the hour, what came before is no later than that
    World::default().check(&it(&events), &[10_200, 10_200, 10_200, 15_200]);
    // whatever order they stand in
    let shuffled = [events[2], events[0], events[3], events[1]];
    World::default().check(&it(&shuffled), &[10_200, 10_200, 15_200, 10_200]);
    // from an hour fast to right: what the device showed before is forgotten
    let mut world = World::default();
    world.check(
        &Sent {
            device: "d",
            arrives: -60_000,
            sends: -60_200 - back,
            attempt: 0,
            events: &[(-61_000 - back, 9)],
        },
        &[-60_800],
    );
    let fast = [(-back, 10), (5_000 - back, 11), (10_000, 12), (15_000, 13)];
    let it = Sent {
        sends: 20_000,
        ..it(&fast)
    };
    world.check(&it, &[10_000, 10_000, 10_000, 15_000]);
}

#[test]
fn an_event_whose_time_the_user_chose_is_left_alone() {
    // the second event is told to be of yesterday: its place among the others says nothing of the clock
    let it = Sent {
        device: "d",
        arrives: 300,
        sends: 0,
        attempt: 0,
        events: &[(-2_000, 1), (-DAY_MS, 2), (-1_000, 3)],
    };
    World::default().check(&it, &[-2_000, -DAY_MS, -1_000]);
}

#[test]
fn twenty_uploads_and_seven_days_are_what_counts() {
    let upload = |world: &mut World, at: i64, error: i64| {
        let it = Sent {
            device: "d",
            arrives: at,
            sends: at + error,
            attempt: 0,
            events: &[(at + error, 0)],
        };
        world.read(&it)[0].time.since(TEN) - at
    };
    // five minutes slow, where one upload was quick and the others took a minute more
    let mut world = World::default();
    let slow = -5 * MINUTE_MS;
    assert_eq!(
        upload(&mut world, 0, slow),
        slow,
        "one upload says too little"
    );
    assert_eq!(upload(&mut world, 1_000, slow - MINUTE_MS), -MINUTE_MS);
    for at in 2..20 {
        assert_eq!(
            upload(&mut world, at * 1_000, slow - MINUTE_MS),
            -MINUTE_MS,
            "{at}"
        );
    }
    assert_eq!(
        upload(&mut world, 20_000, slow - MINUTE_MS),
        0,
        "the quick one is the 21st from the end"
    );
    assert_eq!(upload(&mut world, 21_000, slow), 0);
    let later = 21_000 + 7 * DAY_MS + 1;
    assert_eq!(
        upload(&mut world, later, slow),
        slow,
        "all is older than seven days"
    );
}

#[test]
fn what_is_known_of_clocks_survives_a_restart() {
    let fast = 2 * HOUR_MS;
    let events = [(fast, 0)];
    let upload = |at: i64, transit: i64| Sent {
        device: "d",
        arrives: at + transit,
        sends: at + fast,
        attempt: 0,
        events: &events,
    };
    let mut first = World::default();
    first.read(&upload(0, 200));
    let states = first.clocks.take_changed();
    assert_eq!(states.len(), 1);
    assert!(first.clocks.take_changed().is_empty());
    first.clocks.restore_changed(&states);
    assert_eq!(first.clocks.take_changed(), states);
    let text = serde_json::to_string(&states).unwrap();
    let mut second = World::default();
    second.clocks.load(serde_json::from_str(&text).unwrap());
    second.check(&upload(9_000, 2_000), &[200]);
}

#[test]
fn the_formulas_of_others_can_be_had() {
    for (mode, expected) in [
        (TimeMode::ExactSegment, -700),
        (TimeMode::ExactAmplitude, -1_000),
    ] {
        let mut world = World {
            reader: Reader::new(ReadConfig {
                time_mode: mode,
                ..ReadConfig::default()
            }),
            ..World::default()
        };
        let it = Sent {
            device: "d",
            arrives: 300,
            sends: 0,
            attempt: 0,
            events: &[(-1_000, 0)],
        };
        world.check(&it, &[expected]);
    }
}
