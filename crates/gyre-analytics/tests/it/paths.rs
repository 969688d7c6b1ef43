//! Paths: the worked example, and a slow count straight from the definition.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cells::check;
use crate::facts::{DAY, Fact, HOUR, Known, RANGE, drafts};
use crate::world::{Asker, World};

/// 2026-03-02T00:00:00Z.
const START: i64 = 1_772_409_600_000;

fn walk(world: &mut World, user: &str, text: &str) {
    for it in text.split_whitespace() {
        let (name, minutes) = it.split_at(it.len() - 1);
        let time = START + minutes.parse::<i64>().unwrap() * 60_000;
        world.add(user, name, time, json!({"category": user}));
    }
}

fn p1() -> Asker {
    let mut world = World::new("UTC");
    walk(&mut world, "u", "home0 list1 list4 item5 list6 item7 buy9");
    world.ask("2026-04-01")
}

fn ask(anchor: &Value) -> Value {
    json!({"kind": "paths", "range": {"from": "2026-03-02", "to": "2026-03-02"}, "anchor": anchor})
}

fn top_path(asker: &Asker, query: &Value) -> Value {
    asker.answer(query).result["top_paths"][0]["names"].clone()
}

#[test]
fn p1_start_and_end() {
    let asker = p1();
    let start = ask(&json!({"start": {"event": "item"}}));
    assert_eq!(
        top_path(&asker, &start),
        json!(["item", "list", "item", "buy"])
    );
    let end = ask(&json!({"end": {"event": "item"}}));
    assert_eq!(
        top_path(&asker, &end),
        json!(["home", "list", "item", "list", "item"])
    );
    let nodes = asker.answer(&end).result["nodes"].clone();
    assert_eq!(nodes[0]["position"], -4);
    assert_eq!(
        nodes[4],
        json!({"position": 0, "name": "item", "count": nodes[4]["count"]})
    );
    let between = ask(&json!({"between": [{"event": "list"}, {"event": "item"}]}));
    assert_eq!(top_path(&asker, &between), json!(["list", "item"]));
    let mut all = ask(&Value::Null);
    assert_eq!(
        top_path(&asker, &all),
        json!(["home", "list", "item", "list", "item"])
    );
    all["collapse"] = json!(false);
    all["steps"] = json!(3);
    assert_eq!(top_path(&asker, &all), json!(["home", "list", "list"]));
    for query in [start, end, between, all] {
        check(&asker, &query, false);
    }
}

#[test]
fn a_path_that_ends_is_followed_by_one_exit() {
    let mut world = World::new("UTC");
    walk(&mut world, "u1", "home0 list1 item2");
    walk(&mut world, "u2", "home0");
    let mut query = ask(&json!({"start": {"event": "home"}}));
    query["steps"] = json!(3);
    let result = world.ask("2026-04-01").answer(&query).result;
    let nodes: Vec<Value> = result["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["position"], it["name"], it["count"]["value"]]))
        .collect();
    let expected = json!([
        [0, "home", 2],
        [1, "list", 1],
        [1, "(exit)", 1],
        [2, "item", 1]
    ]);
    assert_eq!(json!(nodes), expected);
    let link = &result["links"][0];
    assert_eq!(
        (&link["from"], &link["to"]),
        (&json!([0, "home"]), &json!([1, "(exit)"]))
    );
}

#[test]
fn what_is_counted_and_what_is_shown() {
    let mut world = World::new("UTC");
    walk(&mut world, "u1", "item0 list1 item2 buy3");
    walk(&mut world, "u2", "item0 help1");
    let asker = world.ask("2026-04-01");
    let mut query = ask(&json!({"start": {"event": "item"}}));
    for (count, expected) in [("sessions", 2), ("people", 2), ("totals", 3)] {
        query["count"] = json!(count);
        let nodes = asker.answer(&query).result["nodes"].clone();
        assert_eq!(nodes[0]["count"]["value"], expected, "{count}");
        check(&asker, &query, count == "people");
    }
    query["count"] = json!("sessions");
    query["top"] = json!(1);
    query["exclude"] = json!([{"event": "list"}]);
    query["collapse"] = json!(false);
    query["expand"] = json!([{"event": "item", "by": "event.category"}]);
    let result = asker.answer(&query).result;
    let nodes: Vec<Value> = result["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["position"], it["name"], it["count"]["value"]]))
        .collect();
    let expected = json!([
        [0, "item: u1", 1],
        [0, "(other)", 1],
        [1, "help", 1],
        [1, "(other)", 1],
        [2, "buy", 1],
        [2, "(exit)", 1],
        [3, "(exit)", 1]
    ]);
    assert_eq!(json!(nodes), expected);
    check(&asker, &query, false);
}

/// Kept events of each session of a person, from the words of the definition.
fn sessions<'a>(known: &'a Known, person: u32, query: &Value) -> Vec<Vec<&'a Fact>> {
    let mut cut: Vec<(u32, Option<i64>, Vec<&Fact>)> = Vec::new();
    let in_window = query["per"].is_object();
    for fact in known.of(person).into_iter().filter(|it| it.is_active()) {
        if in_window {
            if !known.is_in_range(fact.time()) {
                continue;
            }
            match cut.last_mut() {
                Some((_, _, own)) if fact.time() - own[own.len() - 1].time() < 2 * HOUR => {
                    own.push(fact);
                }
                _ => cut.push((0, None, vec![fact])),
            }
            continue;
        }
        let id = fact.event.session_id;
        if id == Some(-1) {
            continue;
        }
        let fits = |it: &Vec<&Fact>| {
            let (first, last) = (it[0].time(), it[it.len() - 1].time());
            id.is_some() || fact.time() - last < 1_800_000 && fact.time() - first < DAY
        };
        let same = cut
            .iter_mut()
            .rev()
            .find(|it| it.0 == fact.device && it.1 == id);
        match same {
            Some((_, _, own)) if fits(own) => own.push(fact),
            _ => cut.push((fact.device, id, vec![fact])),
        }
    }
    let mut out = Vec::new();
    for (_, _, mut own) in cut {
        own.retain(|it| known.is_in_range(it.time()) && !it.is("C"));
        if query["collapse"] == true {
            own.dedup_by(|later, first| later.event.name == first.event.name);
        }
        if !own.is_empty() {
            out.push(own);
        }
    }
    out
}

/// Names of a path and whether it ended.
fn cut_paths(own: &[&Fact], query: &Value) -> Vec<(Vec<String>, bool)> {
    let steps = query["steps"].as_u64().unwrap() as usize;
    let is = |fact: &&Fact, name: &str| fact.is(name) && fact.event.properties.contains_key("v");
    let names = |part: &[&Fact]| {
        part.iter()
            .map(|it| it.event.name.clone())
            .collect::<Vec<_>>()
    };
    let anchor = query["anchor"].as_object();
    let kind = anchor
        .and_then(|it| it.keys().next())
        .map_or("none", String::as_str);
    let places = (0..own.len()).filter(|i| is(&own[*i], "A"));
    match kind {
        "none" => vec![(names(&own[..own.len().min(steps)]), own.len() < steps)],
        "start" => places
            .map(|i| {
                let part = &own[i..];
                (names(&part[..part.len().min(steps)]), part.len() < steps)
            })
            .collect(),
        "end" => places
            .rev()
            .map(|i| {
                let part = &own[..=i];
                (names(&part[part.len().saturating_sub(steps)..]), false)
            })
            .collect(),
        _ => places
            .filter_map(|i| {
                let end = (i + 1..own.len()).find(|j| is(&own[*j], "B"))?;
                let part = &own[i..=end];
                Some((names(&part[..part.len().min(steps)]), part.len() < steps))
            })
            .collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn paths_are_their_definition(
        drafts in drafts(80), steps in 1..5_usize, collapse in any::<bool>(),
        count in prop::sample::select(vec!["sessions", "people", "totals"]),
        kind in prop::sample::select(vec!["none", "start", "end", "between"]),
        per in prop::sample::select(vec![json!("session"), json!({"window": {"n": 2, "unit": "hour"}})]),
    ) {
        let known = Known::new(&drafts, "2026-03-14T10:00:00Z");
        let filter = json!({"property": "event.v", "op": "set"});
        let (a, b) = (json!({"event": "A", "where": filter}), json!({"event": "B", "where": filter}));
        let anchor = match kind {
            "none" => Value::Null,
            "between" => json!({"between": [a, b]}),
            one => json!({one: a}),
        };
        let query = json!({"kind": "paths", "range": {"from": RANGE.0, "to": RANGE.1}, "anchor": anchor, "per": per,
            "steps": steps, "count": count, "collapse": collapse, "exclude": [{"event": "C"}]});
        let mut nodes: BTreeMap<(i64, String), u64> = BTreeMap::new();
        let mut links: BTreeMap<(i64, String, String), u64> = BTreeMap::new();
        for person in &known.people {
            let mut sessions = sessions(&known, *person, &query);
            // "first" is the session that began first: of equal beginnings, the one whose event came first
            sessions.retain(|it| !cut_paths(it, &query).is_empty());
            let most = if count == "people" { 1 } else { usize::MAX };
            for own in sessions.iter().take(most) {
                let most = if count == "totals" { usize::MAX } else { 1 };
                for (mut names, has_ended) in cut_paths(own, &query).into_iter().take(most) {
                    if has_ended {
                        names.push("(exit)".to_owned());
                    }
                    let first = if kind == "end" { 1 - names.len() as i64 } else { 0 };
                    for (i, name) in names.iter().enumerate() {
                        *nodes.entry((first + i as i64, name.clone())).or_default() += 1;
                    }
                    for (i, pair) in names.windows(2).enumerate() {
                        let key = (first + i as i64, pair[0].clone(), pair[1].clone());
                        *links.entry(key).or_default() += 1;
                    }
                }
            }
        }
        let result = known.asker.answer(&query).result;
        let found: BTreeMap<(i64, String), u64> = result["nodes"].as_array().unwrap().iter().map(|it| {
            let name = it["name"].as_str().unwrap().to_owned();
            ((it["position"].as_i64().unwrap(), name), it["count"]["value"].as_u64().unwrap())
        }).collect();
        prop_assert_eq!(found, nodes, "{}", query);
        let found: BTreeMap<(i64, String, String), u64> = result["links"].as_array().unwrap().iter().map(|it| {
            let name = |end: &str| it[end][1].as_str().unwrap().to_owned();
            ((it["from"][0].as_i64().unwrap(), name("from"), name("to")), it["count"]["value"].as_u64().unwrap())
        }).collect();
        prop_assert_eq!(found, links, "{}", query);
        if !result["nodes"].as_array().unwrap().is_empty() {
            check(&known.asker, &query, count == "people");
        }
    }
}
