//! Sessions: the worked examples, and a slow count straight from the definition.

use gyre_base::Timestamp;
use gyre_model::{Event, EventKind};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cells::check;
use crate::facts::{DAY, Fact, Known, RANGE, days, drafts};
use crate::world::{Asker, World, values};

fn at(text: &str) -> i64 {
    Timestamp::parse(&format!("2026-03-02T{text}Z"))
        .unwrap()
        .ms()
}

fn visits(times: &[&str]) -> Asker {
    let mut world = World::new("UTC");
    for time in times {
        world.add("@d u", "A", at(time), json!({}));
    }
    world.ask("2026-04-01")
}

fn ask(measure: &str) -> Value {
    json!({"kind": "sessions", "range": {"from": "2026-03-02", "to": "2026-03-03"}, "measure": measure})
}

fn total(asker: &Asker, measure: &str) -> Value {
    asker.answer(&ask(measure)).result["series"][0]["total"]["value"].clone()
}

#[test]
fn s1_two_sessions_of_ten_and_thirty_five_minutes() {
    let asker = visits(&["13:00:00", "13:10:00", "13:50:00", "14:10:00", "14:25:00"]);
    assert_eq!(total(&asker, "count"), 2);
    assert_eq!(total(&asker, "length"), 22.5 * 60.0);
    assert_eq!(total(&asker, "events_per"), 2.5);
    assert_eq!(total(&asker, "bounce_rate"), 0);
    assert_eq!(total(&asker, "per_person"), 2);
    check(&asker, &ask("count"), false);
}

#[test]
fn s2_midnight_does_not_cut() {
    let mut world = World::new("UTC");
    for minutes in [-30, -10, 5, 10] {
        world.add("u", "A", at("00:00:00") + DAY + minutes * 60_000, json!({}));
    }
    let asker = world.ask("2026-04-01");
    assert_eq!(total(&asker, "length"), 40 * 60);
    let result = asker.answer(&ask("count")).result;
    assert_eq!(json!(values(&result["series"][0]["points"])), json!([1, 0]));
}

#[test]
fn s3_the_gap_is_half_an_hour_to_the_millisecond() {
    assert_eq!(total(&visits(&["13:00:00", "13:30:00"]), "count"), 2);
    assert_eq!(total(&visits(&["13:00:00", "13:29:59.999"]), "count"), 1);
    assert_eq!(total(&visits(&["13:00:00", "13:30:00"]), "bounce_rate"), 1);
}

#[test]
fn a_day_of_activity_without_a_gap_is_cut() {
    let mut world = World::new("UTC");
    for i in 0..=96 {
        world.add("u", "A", at("00:00:00") + i * 15 * 60_000, json!({}));
    }
    assert_eq!(total(&world.ask("2026-04-01"), "count"), 2);
}

#[test]
fn the_clients_session_is_one_per_person_device_and_id() {
    let mut world = World::new("UTC");
    let mut add = |device: &str, time: &str, session: Option<i64>| {
        let mut event = Event::new(EventKind::Track, "A", Timestamp(at(time)));
        event.user_id = Some("u".to_owned());
        event.device_id = Some(device.to_owned());
        event.session_id = session;
        world.apply(&event);
    };
    add("d1", "10:00:00", Some(7));
    add("d1", "12:00:00", Some(7)); // the client says so, whatever the gap
    add("d1", "12:01:00", Some(-1)); // out of session
    add("d1", "12:02:00", None);
    add("d2", "10:00:00", Some(7));
    let asker = world.ask("2026-04-01");
    assert_eq!(total(&asker, "count"), 3);
    assert_eq!(
        total(&asker, "events_per"),
        json!(4.0 / 3.0)
            .as_f64()
            .map(|it| (it * 1e6).round() / 1e6)
            .unwrap()
    );
}

/// Sessions from the words of the definition: the kept events of each, in order.
fn sessions(known: &Known, keep: fn(&Fact) -> bool) -> Vec<Vec<&Fact>> {
    let mut out = Vec::new();
    for person in &known.people {
        let mut own: Vec<(u32, Option<i64>, Vec<&Fact>)> = Vec::new();
        for fact in known.of(*person).into_iter().filter(|it| it.is_active()) {
            let id = fact.event.session_id;
            if id == Some(-1) {
                continue;
            }
            let same = own
                .iter_mut()
                .rev()
                .find(|it| it.0 == fact.device && it.1 == id);
            let fits = |it: &Vec<&Fact>| {
                let (first, last) = (it[0].time(), it[it.len() - 1].time());
                id.is_some() || fact.time() - last < 1_800_000 && fact.time() - first < DAY
            };
            match same {
                Some((_, _, events)) if fits(events) => events.push(fact),
                _ => own.push((fact.device, id, vec![fact])),
            }
        }
        for (_, _, mut events) in own {
            events.retain(|it| keep(it));
            if events
                .first()
                .is_some_and(|it| known.is_in_range(it.time()))
            {
                out.push(events);
            }
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn sessions_are_their_definition(drafts in drafts(60), has_filter in any::<bool>()) {
        let known = Known::new(&drafts, "2026-03-14T10:00:00Z");
        let filter = json!({"property": "event.v", "op": "set"});
        let keep: fn(&Fact) -> bool = if has_filter { |it| it.event.properties.contains_key("v") } else { |_| true };
        let all = sessions(&known, keep);
        let (from, to) = days();
        for measure in ["count", "length", "per_person", "bounce_rate", "events_per"] {
            let mut query = json!({"kind": "sessions", "range": {"from": RANGE.0, "to": RANGE.1}, "measure": measure});
            if has_filter {
                query["where"] = filter.clone();
            }
            let series = known.asker.answer(&query).result["series"][0].clone();
            let mut cells = vec![(series["total"].clone(), (from, to))];
            for (i, cell) in series["points"].as_array().unwrap().iter().enumerate() {
                let day = gyre_base::calendar::plus_days(from, i as i64);
                cells.push((cell.clone(), (day, day)));
            }
            for (cell, (from, to)) in cells {
                let own: Vec<&Vec<&Fact>> = all
                    .iter()
                    .filter(|it| (from..=to).contains(&known.date(it[0].time())))
                    .collect();
                let mut people: Vec<u32> = own.iter().map(|it| it[0].person).collect();
                people.sort_unstable();
                people.dedup();
                let n = own.len() as f64;
                let length = |it: &&Vec<&Fact>| (it[it.len() - 1].time() - it[0].time()) as f64 / 1_000.0;
                let expected = match measure {
                    "count" => Some(n),
                    _ if own.is_empty() => None,
                    "length" => Some(own.iter().map(length).sum::<f64>() / n),
                    "per_person" => Some(n / people.len() as f64),
                    "bounce_rate" => Some(own.iter().filter(|it| it.len() == 1).count() as f64 / n),
                    _ => Some(own.iter().map(|it| it.len()).sum::<usize>() as f64 / n),
                };
                match (cell["value"].as_f64(), expected) {
                    (Some(found), Some(expected)) => prop_assert!((found - expected).abs() < 2e-6, "{query} {found} {expected}"),
                    (found, expected) => prop_assert_eq!(found, expected, "{}", query),
                }
                let listed = known.asker.list(&query, cell["cell"].as_str().unwrap());
                prop_assert_eq!(listed.units, own.len() as u64);
                let mut found: Vec<u32> = listed.people.iter().map(|it| it.0).collect();
                found.sort_unstable();
                prop_assert_eq!(found, people);
            }
        }
        let grouped = json!({"kind": "sessions", "range": {"from": RANGE.0, "to": RANGE.1}, "measure": "count",
            "group_by": ["event.v"], "limit": 2, "segments": [{"name": "b", "people": {"did": {"event": "B"}}}]});
        check(&known.asker, &grouped, false);
    }
}
