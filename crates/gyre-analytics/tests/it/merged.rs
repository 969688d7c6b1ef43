//! Merges and their undoing change no event: every chart answers as if the events had named the final person all along.

use gyre_base::Timestamp;
use gyre_model::{Event, EventKind};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{Asker, World};

/// 2026-03-01T00:00:00Z.
const START: i64 = 1_772_323_200_000;
const HOUR: i64 = 3_600_000;
const RANGE: (&str, &str) = ("2026-03-02", "2026-03-08");

/// (who, name, hours, value)
type Draft = (u8, u8, u8, u8);
/// (into, from, whether it is undone)
type Link = (u8, u8, bool);

fn events(drafts: &[Draft]) -> Vec<Event> {
    let numbered = drafts.iter().enumerate();
    numbered
        .map(|(i, (who, name, hours, value))| {
            let (user, device) = [
                (Some("u0"), None),
                (Some("u0"), Some("d0")),
                (None, Some("d0")),
                (Some("u1"), Some("d1")),
                (None, Some("d1")),
                (Some("u2"), Some("d0")),
                (Some("u3"), None),
                (None, Some("d2")),
            ][usize::from(who % 8)];
            // each at an instant of its own, so that who is numbered first decides nothing
            let time = START + i64::from(*hours) * HOUR + i as i64;
            let name = ["A", "B", "C"][usize::from(name % 3)];
            let mut event = Event::new(EventKind::Track, name, Timestamp(time));
            event.user_id = user.map(str::to_owned);
            event.device_id = device.map(str::to_owned);
            event.insert_id = Some(format!("i{i:04}"));
            let properties = match value % 4 {
                0 => json!({}),
                1 => json!({"v": ["x", "y"], "n": 3}),
                2 => json!({"v": "x", "n": 2}),
                _ => json!({"v": "z", "n": 0.5}),
            };
            event.properties = properties.as_object().cloned().unwrap();
            event
        })
        .collect()
}

fn request(kind: EventKind, id: &str) -> Event {
    let mut event = Event::new(kind, "$request", Timestamp(START));
    event.insert_id = Some(id.to_owned());
    event
}

/// People far from each other: nobody's identifiers lie in one bucket.
fn spread() -> World {
    let mut world = World::new("Asia/Seoul");
    for (i, id) in ["@d0", "u0", "@d1", "u1", "u2", "u3"].iter().enumerate() {
        world.add(id, "start", START - HOUR + i as i64, json!({}));
        world.fill_more(2_100);
    }
    world
}

/// Merges before, amid and after the events; some are undone.
fn merged(events: &[Event], links: &[Link]) -> World {
    let mut world = spread();
    let mut made = Vec::new();
    for (i, event) in events.iter().enumerate() {
        world.apply(event);
        if i % 5 == 4 {
            world.flush();
        }
        if let Some((into, from, is_undone)) = links.get(i) {
            let (into, from) = (into % 4, from % 4);
            let id = format!("m{i}");
            let mut merge = request(EventKind::Merge, &id);
            merge.user_id = Some(format!("u{into}"));
            merge.previous_id = Some(format!("u{from}"));
            if into != from {
                world.request(&merge);
                made.push((id, *is_undone));
            }
        }
    }
    for (id, is_undone) in made {
        let link = world.people().link_by_event(&id).filter(|_| is_undone);
        if let Some(link) = link {
            let mut undo = request(EventKind::Unmerge, "undo");
            undo.properties
                .insert("link".into(), json!(link.to_string()));
            world.request(&undo);
        }
    }
    world
}

/// The same events by the people they turned out to be of.
fn named(asker: &Asker) -> World {
    let mut world = World::new("Asia/Seoul");
    let map = &asker.ctx.snapshot.map;
    let people = asker.ctx.snapshot.people.read();
    for (node, device, event) in &asker.applied {
        let person = map.person(*node, event.time.ms());
        let (_, name) = people.nodes().get(person).unwrap();
        let mut event = event.clone();
        let device = people.nodes().get(*device).map(|it| it.1);
        event.device_id = device.map(|it| format!("{it} of {name}"));
        event.user_id = Some(name.into_owned());
        world.apply(&event);
    }
    world
}

/// An answer without the names of its cells, which say which version it was given from.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let fields = map.iter().filter(|it| it.0 != "cell");
            Value::Object(fields.map(|(key, it)| (key.clone(), plain(it))).collect())
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

fn queries() -> Vec<Value> {
    let range = json!({"from": RANGE.0, "to": RANGE.1});
    let mut queries = vec![
        json!({"kind": "funnel", "range": range, "steps": [{"event": "A"}, {"event": "B"}, {"event": "C"}],
            "window": {"n": 2, "unit": "day"}, "group_by": ["event.v"]}),
        json!({"kind": "retention", "range": range, "intervals": 4, "start": {"event": "A"}, "back": {"any_event": true}}),
        json!({"kind": "lifecycle", "range": range, "interval": "day", "select": {"any_event": true}}),
        json!({"kind": "stickiness", "range": range, "select": {"event": "A"}, "period": "week"}),
        json!({"kind": "usage_interval", "range": range, "select": {"any_event": true}}),
        json!({"kind": "sessions", "range": range, "measure": "count"}),
        json!({"kind": "paths", "range": range, "anchor": {"start": {"event": "A"}}}),
    ];
    for measure in [json!("people"), json!("events"), json!("per_person")] {
        for group_by in [json!([]), json!(["event.v"])] {
            queries.push(json!({"kind": "segmentation", "range": range, "interval": "day", "group_by": group_by,
                "series": [{"select": {"event": "A"}, "measure": measure},
                    {"select": {"any_event": true}, "measure": measure}]}));
        }
    }
    queries
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_chart_answers_as_if_the_events_had_named_the_final_person(
        drafts in prop::collection::vec((any::<u8>(), any::<u8>(), 0..190_u8, any::<u8>()), 5..60),
        links in prop::collection::vec((any::<u8>(), any::<u8>(), any::<bool>()), 0..6),
    ) {
        let asker = merged(&events(&drafts), &links).ask("2026-03-20");
        let oracle = named(&asker).ask("2026-03-20");
        for query in queries() {
            let (answer, expected) = (asker.answer(&query), oracle.answer(&query));
            prop_assert_eq!(plain(&answer.result), plain(&expected.result), "{}", query);
        }
        for audience in [json!({"did": {"event": "B"}}), json!({"did_not": {"event": "C"}})] {
            let mut found = asker.audience(&audience);
            found.retain(|it| !it.starts_with("filler"));
            prop_assert_eq!(found, oracle.audience(&audience), "{}", audience);
        }
    }
}

#[test]
fn a_pinned_version_of_the_people_repeats_yesterdays_number() {
    let mut world = spread();
    let at = |hours: i64| START + 48 * HOUR + hours * HOUR;
    world.add("u1", "view", at(1), json!({}));
    world.add("u1", "purchase", at(2), json!({}));
    world.add("@d7", "purchase", at(3), json!({}));
    world.add("u2", "view", at(1), json!({}));
    let yesterday = world.people().link_seq();
    // the purchases of the device turn out to be hers
    world.add("@d7 u2", "login", at(4), json!({}));
    let asker = world.ask("2026-03-20");
    let funnel = |version: Option<u64>| {
        let mut query = json!({"kind": "funnel", "range": {"from": RANGE.0, "to": RANGE.1},
            "steps": [{"event": "view"}, {"event": "purchase"}]});
        if let Some(version) = version {
            query["people_version"] = json!(version);
        }
        query
    };
    let converted = |asker: &Asker, query: &Value| {
        let answer = asker.answer(query);
        answer.result["rows"][0]["steps"][1]["reached"]["value"].clone()
    };
    let query = funnel(None);
    assert_eq!(
        converted(&asker, &query),
        json!(2),
        "{}",
        asker.answer(&query).result
    );
    let mut pinned = asker;
    pinned.ctx.snapshot = pinned.ctx.snapshot.clone().with_people_of(yesterday);
    assert_eq!(converted(&pinned, &funnel(Some(yesterday))), json!(1));
}

#[test]
fn who_was_deleted_is_in_no_answer_and_no_list() {
    let mut world = spread();
    let at = START + 48 * HOUR;
    world.add("@d0 u0", "view", at, json!({}));
    world.add("@d1 u1", "view", at, json!({}));
    world.add("@d0", "view", at + 1, json!({}));
    let mut delete = request(EventKind::Delete, "x");
    delete.user_id = Some("u0".into());
    world.request(&delete);
    let asker = world.ask("2026-03-20");
    for (measure, expected) in [("people", 1), ("events", 1)] {
        let query = json!({"kind": "segmentation", "range": {"from": RANGE.0, "to": RANGE.1}, "interval": "day",
            "series": [{"select": {"event": "view"}, "measure": measure}]});
        let answer = asker.answer(&query).result;
        assert_eq!(
            answer["series"][0]["total"]["value"],
            json!(expected),
            "{answer}"
        );
        crate::cells::check(&asker, &query, measure == "people");
    }
    assert_eq!(asker.audience(&json!({"did": {"event": "view"}})), ["u1"]);
    for query in queries() {
        asker.answer(&query);
    }
}
