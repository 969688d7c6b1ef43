//! The ledger against plain counting, within its bounds, written and read back.

#![expect(
    clippy::needless_pass_by_value,
    reason = "literals read better without a borrow"
)]

use std::collections::{BTreeMap, BTreeSet};

use gyre_base::DAY_MS;
use gyre_model::plan::{InForce, Plan};
use gyre_model::{Doc, EventKind, TimeQuality};
use proptest::prelude::*;

use super::*;

const NOW: i64 = 20_000 * DAY_MS + 5_000;

fn event(name: &str, properties: Value) -> Event {
    let mut event = Event::new(EventKind::Track, name, Timestamp(NOW));
    event.properties = properties.as_object().unwrap().clone();
    event
}

fn stored(ledger: &Ledger) -> Ledger {
    serde_json::from_slice(&serde_json::to_vec(ledger).unwrap()).unwrap()
}

#[track_caller]
fn property(ledger: &Ledger, event: Option<&str>, name: &str) -> PropertySummary {
    let list = ledger.statistics.properties(event);
    list.into_iter().find(|it| it.name == name).unwrap()
}

#[test]
fn types_nulls_and_samples_are_counted() {
    let mut ledger = Ledger::default();
    for value in [
        json!(1),
        json!(1.5),
        json!("a"),
        json!("a"),
        json!(null),
        json!([1]),
        json!({"x": 1}),
    ] {
        ledger.take(&event("view", json!({"v": value, "w": true})), "events");
    }
    ledger.take(&event("view", json!({})), "events");
    let found = property(&ledger, Some("view"), "v");
    assert_eq!(found.types, [1, 0, 1, 1, 2, 1, 1]);
    assert_eq!(found.events, 8);
    assert!(
        (found.null_rate() - 0.25).abs() < 1e-9,
        "{}",
        found.null_rate()
    );
    assert_eq!((found.distinct, &found.samples[0]), (3, &json!("a")));
    assert_eq!(property(&ledger, Some("view"), "w").types[1], 7);
    assert!(ledger.statistics.properties(Some("other")).is_empty());
}

#[test]
fn volumes_are_of_the_last_days_only() {
    let mut ledger = Ledger::default();
    for ago in [0, 0, 1, 13, 14, 400] {
        let mut it = event("view", json!({}));
        it.time = Timestamp(NOW - ago * DAY_MS);
        ledger.take(&it, "events");
    }
    let summary = &ledger.statistics.events(Timestamp(NOW))[0];
    assert_eq!(summary.count, 6);
    assert_eq!(summary.volume, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    let later = &ledger.statistics.events(Timestamp(NOW + 13 * DAY_MS))[0];
    assert_eq!(later.volume[0], 2);
    assert_eq!(later.volume.iter().sum::<u64>(), 2);
}

#[test]
fn frequent_values_stay_among_many_rare_ones() {
    let mut ledger = Ledger::default();
    for i in 0..20_000 {
        let value = if i % 3 == 0 {
            "often".to_owned()
        } else {
            format!("rare {i}")
        };
        ledger.take(&event("view", json!({"v": value})), "events");
    }
    let found = property(&ledger, None, "v");
    assert_eq!(found.samples[0], json!("often"));
    let error = (found.distinct as f64 / 13_334.0 - 1.0).abs();
    assert!(error < 0.2, "{} is far from 13,334", found.distinct);
}

#[test]
fn everything_is_bounded_and_says_so() {
    let mut ledger = Ledger::default();
    for i in 0..2_100 {
        ledger.take(
            &event(&format!("event {i}"), json!({"v": "x".repeat(10_000)})),
            "events",
        );
    }
    assert_eq!(ledger.statistics.events(Timestamp(NOW)).len(), 2_000);
    let warned: u64 = ledger.warnings.since(None).iter().map(|it| it.count).sum();
    assert_eq!(warned, 100);
    assert!(
        ledger
            .warnings
            .since(None)
            .iter()
            .all(|it| it.code == WarningCode::NotInferred)
    );
    let sample = property(&ledger, None, "v").samples[0].to_string();
    assert!(sample.len() <= SAMPLE_BYTES_MAX + 2, "{}", sample.len());

    let mut ledger = Ledger::default();
    for i in 0..30 {
        let many: serde_json::Map<String, Value> =
            (0..1_000).map(|it| (format!("p{it}"), json!(1))).collect();
        ledger.take(&event(&format!("event {i}"), Value::Object(many)), "events");
    }
    let pairs: usize = (0..30)
        .map(|i| {
            ledger
                .statistics
                .properties(Some(&format!("event {i}")))
                .len()
        })
        .sum();
    assert_eq!(pairs, 20_000);
    let mut ledger = Ledger::default();
    for i in 0..1_100 {
        let mut it = event(&format!("event {i}"), json!({}));
        it.time_quality = TimeQuality::Corrected;
        ledger.take(&it, "events");
    }
    let warnings = ledger.warnings.since(None);
    assert!(warnings.len() <= 1_001, "{}", warnings.len());
    assert_eq!(
        warnings.iter().map(|it| it.count).sum::<u64>(),
        1_100,
        "none is lost"
    );
}

#[test]
fn marks_of_reading_become_warnings() {
    let mut ledger = Ledger::default();
    let mut it = event("view", json!({}));
    it.user_id = Some("u1".to_owned());
    it.time_quality = TimeQuality::Corrected;
    it.context
        .insert("clock_error_ms".to_owned(), json!(-7_200_000));
    it.context.insert("late".to_owned(), json!(true));
    it.context
        .insert("junk_user_id".to_owned(), json!("undefined"));
    ledger.take(&it, "amplitude");
    it.received_at = Timestamp(NOW + 20 * DAY_MS);
    it.context.shift_remove("late");
    ledger.take(&it, "amplitude");
    let all = ledger.warnings.since(None);
    let counts: BTreeMap<&str, u64> = all.iter().map(|it| (it.code.name(), it.count)).collect();
    assert_eq!(
        counts,
        BTreeMap::from([("clock-fixed", 2), ("late", 1), ("id-blocked", 2)])
    );
    let clock = all
        .iter()
        .find(|it| it.code == WarningCode::ClockFixed)
        .unwrap();
    assert!(clock.detail.contains("-7200 s"), "{}", clock.detail);
    assert_eq!(
        (&clock.sample["user_id"], clock.dialect.as_str()),
        (&json!("u1"), "amplitude")
    );
    let newer = ledger.warnings.since(Some(Timestamp(NOW + DAY_MS)));
    let newer: Vec<(&str, u64)> = newer.iter().map(|it| (it.code.name(), it.count)).collect();
    assert_eq!(newer.len(), 2);
    assert!(newer.iter().all(|it| it.1 == 1), "{newer:?}");
}

#[test]
fn violations_say_what_was_wrong_and_what_would_be_blocked() {
    let plan = json!({"mode": "shadow", "default_action": "block", "events": [
        {"name": "order", "schema": {"properties": {"total": {"type": "number"}}}}]});
    let plan = InForce::new(1, Plan::read(&Doc::root(&plan)).unwrap()).unwrap();
    let mut ledger = Ledger::default();
    for total in [json!("5"), json!(5), json!([1])] {
        let mut it = event("order", json!({"total": total}));
        let before = it.clone();
        let judgement = plan.judge(&mut it);
        ledger.violations.note(&before, &judgement, it.received_at);
    }
    let (kinds, blocked) = stored(&ledger).violations.since(Some(Timestamp(NOW)));
    assert_eq!(kinds.len(), 1);
    let kind = &kinds[0];
    assert_eq!(
        (kind.property.as_str(), kind.rule.as_str(), kind.count),
        ("total", "type", 2)
    );
    assert_eq!(
        (&kind.sample, kind.treatment),
        (&json!("5"), Treatment::Flagged)
    );
    assert_eq!((blocked[0].would_block, blocked[0].blocked), (2, 0));
    assert!(
        ledger
            .violations
            .since(Some(Timestamp(NOW + DAY_MS)))
            .0
            .is_empty()
    );
}

proptest! {
    /// Against plain counting, wherever the ledger is written and read back on the way.
    #[test]
    fn counts_are_those_of_a_plain_model(
        events in prop::collection::vec((0usize..3, prop::collection::vec((0usize..5, 0usize..6), 0..6)), 1..60),
        stops in prop::collection::btree_set(0usize..60, 0..4),
    ) {
        let values = [json!(null), json!(true), json!(7), json!(2.5), json!("x"), json!([1])];
        let mut ledger = Ledger::default();
        let mut counts: BTreeMap<(usize, usize), [u64; 7]> = BTreeMap::new();
        let mut distinct: BTreeMap<(usize, usize), BTreeSet<usize>> = BTreeMap::new();
        for (i, (name, properties)) in events.iter().enumerate() {
            let last: BTreeMap<usize, usize> = properties.iter().copied().collect();
            let mut map = serde_json::Map::new();
            for (key, value) in properties {
                map.insert(format!("p{key}"), values[*value].clone());
            }
            for (key, value) in last {
                let kind = [0, 1, 2, 3, 4, 5][value];
                counts.entry((*name, key)).or_default()[kind] += 1;
                let seen = distinct.entry((*name, key)).or_default();
                if (1..5).contains(&value) {
                    seen.insert(value);
                }
            }
            ledger.take(&event(&format!("e{name}"), Value::Object(map)), "events");
            if stops.contains(&i) {
                ledger = stored(&ledger);
            }
        }
        for ((name, key), types) in &counts {
            let found = property(&ledger, Some(&format!("e{name}")), &format!("p{key}"));
            prop_assert_eq!(&found.types, types);
            prop_assert_eq!(found.distinct, distinct[&(*name, *key)].len() as u64);
        }
        for key in 0..5 {
            let total: u64 = counts.iter().filter(|(it, _)| it.1 == key).flat_map(|it| it.1).sum();
            let joined = ledger.statistics.properties(None);
            let joined = joined.iter().find(|it| it.name == format!("p{key}"));
            prop_assert_eq!(joined.map_or(0, |it| it.types.iter().sum::<u64>()), total);
        }
    }
}
