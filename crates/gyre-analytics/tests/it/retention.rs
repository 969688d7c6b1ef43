//! Retention: the worked examples, and a slow count straight from the definition.

use gyre_base::calendar::Interval;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cells::check;
use crate::facts::{DAY, Fact, HOUR, Known, RANGE, drafts};
use crate::world::{Asker, World, values};

/// 2026-03-02T00:00:00Z, a Monday.
const START: i64 = 1_772_409_600_000;

/// Adds `S0 R3`: a letter and days.
fn add_days(world: &mut World, user: &str, text: &str) {
    for (i, it) in text.split_whitespace().enumerate() {
        let (name, day) = it.split_at(1);
        let time = START + day.parse::<i64>().unwrap() * DAY + HOUR + i as i64;
        world.add(user, name, time, json!({"plan": user}));
    }
}

fn r2(as_of: &str) -> Asker {
    let mut world = World::new("UTC");
    for (user, events) in [
        ("u1", "S0 R0 R1 R3"),
        ("u2", "S0 R2"),
        ("u3", "S0"),
        ("u4", "S1 R1 R2"),
        ("u5", "S1 R4"),
    ] {
        add_days(&mut world, user, events);
    }
    world.ask(as_of)
}

fn ask(from: &str, to: &str) -> Value {
    json!({"kind": "retention", "range": {"from": from, "to": to}, "intervals": 4,
        "start": {"event": "S"}, "back": {"event": "R"}})
}

fn overall(result: &Value) -> Vec<(Value, Value)> {
    let lines = result["overall"].as_array().unwrap();
    lines
        .iter()
        .map(|it| (it["returned"].clone(), it["of"].clone()))
        .collect()
}

#[track_caller]
fn check_r2(mode: &Value, expected: &[(i64, i64)]) {
    // five days and one more are past for the first cohort, not for the second
    let asker = r2("2026-03-08T00:00:00Z");
    let mut query = ask("2026-03-02", "2026-03-03");
    query["mode"] = mode.clone();
    let result = asker.answer(&query).result;
    let expected: Vec<(Value, Value)> = expected
        .iter()
        .map(|(returned, of)| (json!(returned), json!(of)))
        .collect();
    assert_eq!(overall(&result), expected, "{mode}");
    check(&asker, &query, true);
}

#[test]
fn r2_modes() {
    check_r2(&json!("on"), &[(2, 5), (2, 5), (1, 5), (2, 5), (0, 3)]);
    check_r2(
        &json!("on_or_after"),
        &[(4, 5), (4, 5), (3, 5), (2, 5), (0, 3)],
    );
    check_r2(
        &json!("on_or_before"),
        &[(2, 5), (2, 5), (3, 5), (4, 5), (2, 3)],
    );
    check_r2(&json!("streak"), &[(5, 5), (2, 5), (0, 5), (0, 5), (0, 3)]);
}

#[test]
fn r2_brackets() {
    let query = {
        let mut query = ask("2026-03-02", "2026-03-03");
        query["mode"] = json!({"brackets": [[0, 0], [1, 3], [4, 6]]});
        query
    };
    let result = r2("2026-03-20").answer(&query).result;
    let returned: Vec<Value> = overall(&result).into_iter().map(|it| it.0).collect();
    assert_eq!(returned, [json!(2), json!(4), json!(0)]);
}

#[test]
fn a_cell_is_complete_one_unit_after_its_interval() {
    let asker = r2("2026-03-06T23:59:59Z");
    let row = &asker.answer(&ask("2026-03-02", "2026-03-03")).result["rows"][0];
    let complete: Vec<&Value> = row["cells"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["complete"])
        .collect();
    assert_eq!(complete, [true, true, true, false, false]);
    assert_eq!(row["size"]["value"], 3);
    assert_eq!(row["cells"][1]["rate"], 1.0 / 3.0);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one worked example, whole")]
fn r1_the_clock_decides_the_interval() {
    for (zone, start, back, interval, clock, expected) in [
        (
            "UTC",
            "2021-12-01T17:59",
            "2021-12-02T17:00",
            "day",
            "rolling",
            0,
        ),
        (
            "UTC",
            "2021-12-01T17:59",
            "2021-12-02T17:00",
            "day",
            "calendar",
            1,
        ),
        (
            "UTC",
            "2024-03-01T12:00",
            "2024-03-04T12:00",
            "week",
            "calendar",
            1,
        ),
        (
            "UTC",
            "2024-03-01T12:00",
            "2024-03-04T12:00",
            "week",
            "rolling",
            0,
        ),
        (
            "UTC",
            "2024-02-25T12:00",
            "2024-03-03T12:00",
            "month",
            "calendar",
            1,
        ),
        (
            "UTC",
            "2024-02-25T12:00",
            "2024-03-03T12:00",
            "month",
            "rolling",
            0,
        ),
        // a day of 23 hours: 9 March 23:30 and 10 March 23:29 in New York
        (
            "America/New_York",
            "2024-03-10T04:30",
            "2024-03-11T03:29",
            "day",
            "rolling",
            0,
        ),
        (
            "America/New_York",
            "2024-03-10T04:30",
            "2024-03-11T03:29",
            "day",
            "calendar",
            1,
        ),
        // hours 10 and 33 start, hour 59 returns: the first start of its bucket counts
        (
            "UTC",
            "2024-05-01T10:00",
            "2024-05-03T11:00",
            "day",
            "rolling",
            2,
        ),
    ] {
        let at = |text: &str| {
            gyre_base::Timestamp::parse(&format!("{text}:00Z"))
                .unwrap()
                .ms()
        };
        let mut world = World::new(zone);
        world
            .add("u", "S", at(start), json!({}))
            .add("u", "R", at(back), json!({}));
        let day = gyre_base::Zone::parse(zone)
            .unwrap()
            .date(gyre_base::Timestamp(at(start)));
        let query = json!({"kind": "retention", "range": {"from": day.to_string(), "to": day.to_string()},
            "interval": interval, "clock": clock, "intervals": 3, "start": {"event": "S"}, "back": {"event": "R"}});
        let result = world.ask("2026-01-01").answer(&query).result;
        let cells = values(&result["rows"][0]["cells"]);
        let found = cells.iter().position(|it| *it == json!(1));
        assert_eq!(
            found,
            Some(expected),
            "{start} {back} {interval} {clock}: {cells:?}"
        );
    }
}

#[test]
fn r3_the_first_start_of_a_bucket_is_the_anchor() {
    let mut world = World::new("UTC");
    world
        .add("u", "S", START + 10 * HOUR, json!({}))
        .add("u", "S", START + 33 * HOUR, json!({}))
        .add("u", "R", START + 59 * HOUR, json!({}));
    let mut query = ask("2026-03-02", "2026-03-03");
    query["clock"] = json!("rolling");
    query["start_rule"] = json!("first_ever");
    let result = world.ask("2026-04-01").answer(&query).result;
    assert_eq!(values(&result["rows"][0]["cells"]), [0, 0, 1, 0, 0]);
    assert_eq!(values(&result["rows"][1]["cells"]), [0, 0, 0, 0, 0]);
}

#[test]
fn r4_day_zero_as_cohort() {
    let mut world = World::new("UTC");
    add_days(&mut world, "p1", "A0 A1 A2 A5 A5 A6");
    add_days(&mut world, "p2", "A1 A2 A3 A6");
    let query = json!({"kind": "retention", "range": {"from": "2026-03-02", "to": "2026-03-09"}, "intervals": 6,
        "start": {"event": "A"}, "back": {"event": "A"}, "day_zero": "cohort"});
    let asker = world.ask("2026-04-01");
    let result = asker.answer(&query).result;
    let rows: Vec<Vec<Value>> = result["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| values(&it["cells"]))
        .collect();
    let expected: [[i64; 7]; 8] = [
        [1, 1, 1, 0, 0, 1, 1],
        [2, 2, 1, 0, 1, 2, 0],
        [2, 1, 0, 1, 2, 0, 0],
        [1, 0, 0, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0],
        [2, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
    ];
    assert_eq!(json!(rows), json!(expected));
    let mut query = query;
    query["day_zero"] = json!("return");
    let result = asker.answer(&query).result;
    let zero: Vec<Value> = (0..8)
        .map(|i| result["rows"][i]["cells"][0]["value"].clone())
        .collect();
    assert_eq!(
        json!(zero),
        json!([0, 0, 0, 0, 0, 1, 0, 0]),
        "p1 came twice on day 5"
    );
}

#[test]
fn revenue_is_summed_over_returns_and_shared_by_members() {
    let mut world = World::new("UTC");
    let at = |day: i64| START + day * DAY;
    world
        .add("u1", "S", at(0), json!({}))
        .add("u1", "Buy", at(1), json!({"revenue": 10}))
        .add("u1", "Buy", at(1) + 1, json!({"price": 3, "quantity": 2}))
        .add("u2", "S", at(0), json!({}))
        .add("u2", "Buy", at(1), json!({}))
        .add("u3", "S", at(0), json!({}));
    let mut query = ask("2026-03-02", "2026-03-02");
    query["back"] = json!({"event": "Buy"});
    query["value"] = json!({"property": "event.revenue", "fn": "sum"});
    let asker = world.ask("2026-04-01");
    let cell = asker.answer(&query).result["rows"][0]["cells"][1].clone();
    assert_eq!(cell["value"], 16);
    assert_eq!(cell["rate"], 5.333_333);
    let listed = asker.list(&query, cell["cell"].as_str().unwrap());
    assert_eq!(listed.people.len(), 2, "those who returned");
    query["value"]["fn"] = json!("avg");
    let result = asker.answer(&query).result;
    assert_eq!(result["rows"][0]["cells"][1]["value"], 8);
}

#[test]
fn a_first_start_is_first_in_all_history() {
    let mut world = World::new("UTC");
    world
        .add("old", "S", START - 40 * DAY, json!({"x": 1}))
        .add("old", "S", START, json!({"x": 2}))
        .add("new", "S", START, json!({"x": 1}))
        .add("new", "S", START + DAY, json!({"x": 2}));
    let asker = world.ask("2026-04-01");
    let sizes = |rule: &str, filter: bool| -> Vec<Value> {
        let mut query = ask("2026-03-02", "2026-03-03");
        query["start_rule"] = json!(rule);
        if filter {
            query["start"]["where"] = json!({"property": "event.x", "op": "is", "values": [2]});
        }
        let result = asker.answer(&query).result;
        let rows = result["rows"].as_array().unwrap();
        rows.iter().map(|it| it["size"]["value"].clone()).collect()
    };
    assert_eq!(sizes("every_bucket", false), [2, 1]);
    assert_eq!(sizes("first_ever", false), [1, 0]);
    assert_eq!(sizes("first_ever", true), [0, 0]);
    assert_eq!(sizes("first_matching", true), [1, 1]);
}

/// The definition, word by word: who belongs to a cohort's cell. Without a cell, to the cohort.
fn members(known: &Known, query: &Value, cohort: i64, cell: Option<usize>) -> Vec<(u32, f64)> {
    let interval = interval_of(query);
    let mut out = Vec::new();
    for person in &known.people {
        let facts = known.of(*person);
        let Some(anchor) = anchor(known, query, &facts, cohort) else {
            continue;
        };
        let start = facts[anchor].time();
        let mut returns: Vec<(i64, f64)> = Vec::new();
        for fact in &facts[anchor + 1..] {
            if fact.is(query["back"]["event"].as_str().unwrap()) {
                let index = if query["clock"] == "rolling" {
                    let unit = match interval {
                        Interval::Week => 7 * DAY,
                        Interval::Month => 30 * DAY,
                        _ => DAY,
                    };
                    (fact.time() - start).div_euclid(unit)
                } else {
                    known.unit(fact.time(), interval) - known.unit(start, interval)
                };
                returns.push((index, fact.number("n").unwrap_or(0.0)));
            }
        }
        let Some(cell) = cell else {
            out.push((*person, 0.0));
            continue;
        };
        if query["day_zero"] == "cohort" {
            returns.push((0, 0.0));
        }
        let n = cell as i64;
        let test = |it: i64| match &query["mode"] {
            Value::Object(it2) => {
                let bracket = &it2["brackets"][cell];
                (bracket[0].as_i64().unwrap()..=bracket[1].as_i64().unwrap()).contains(&it)
            }
            mode if *mode == "on_or_after" => it >= n,
            mode if *mode == "on_or_before" => it <= n,
            _ => it == n,
        };
        let is_in = if query["mode"] == "streak" {
            (1..=n).all(|i| returns.iter().any(|it| it.0 == i))
        } else {
            returns.iter().any(|it| test(it.0))
        };
        if is_in {
            let sum = returns.iter().filter(|it| test(it.0)).map(|it| it.1).sum();
            out.push((*person, sum));
        }
    }
    out
}

fn anchor(known: &Known, query: &Value, facts: &[&Fact], cohort: i64) -> Option<usize> {
    let is_start = |it: &Fact| it.is("A") && it.event.properties.contains_key("v");
    let is_member = |it: &Fact| {
        is_start(it)
            && known.is_in_range(it.time())
            && known.unit(it.time(), interval_of(query)) == cohort
    };
    match query["start_rule"].as_str().unwrap() {
        "every_bucket" => facts.iter().position(|it| is_member(it)),
        "first_ever" => facts
            .iter()
            .position(|it| it.is("A"))
            .filter(|it| is_member(facts[*it])),
        _ => facts
            .iter()
            .position(|it| is_start(it))
            .filter(|it| is_member(facts[*it])),
    }
}

fn interval_of(query: &Value) -> Interval {
    match query["interval"].as_str().unwrap() {
        "week" => Interval::Week,
        "month" => Interval::Month,
        _ => Interval::Day,
    }
}

fn check_against_definition(known: &Known, query: &Value) {
    let result = known.asker.answer(query).result;
    let first = known.unit_of(RANGE.0.parse().unwrap(), interval_of(query));
    for (i, row) in result["rows"].as_array().unwrap().iter().enumerate() {
        let cohort = first + i as i64;
        let size = members(known, query, cohort, None).len();
        assert_eq!(row["size"]["value"], json!(size), "{query} {i}");
        for (n, cell) in row["cells"].as_array().unwrap().iter().enumerate() {
            let expected = members(known, query, cohort, Some(n));
            if query["value"].is_null() {
                assert_eq!(cell["value"], json!(expected.len()), "{query} {i} {n}");
            } else {
                let sum: f64 = expected.iter().map(|it| it.1).sum();
                assert_eq!(cell["value"].as_f64(), Some(sum), "{query} {i} {n}");
            }
            let listed = known.asker.list(query, cell["cell"].as_str().unwrap());
            let mut people: Vec<u32> = listed.people.iter().map(|it| it.0).collect();
            people.sort_unstable();
            let expected: Vec<u32> = expected.iter().map(|it| it.0).collect();
            assert_eq!(people, expected, "{query} {i} {n}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn retention_is_its_definition(
        drafts in drafts(60), interval in prop::sample::select(vec!["day", "week", "month"]),
        mode in prop::sample::select(vec![json!("on"), json!("on_or_after"), json!("on_or_before"), json!("streak"),
            json!({"brackets": [[0, 0], [1, 2], [2, 5]]})]),
        clock in prop::sample::select(vec!["calendar", "rolling"]),
        rule in prop::sample::select(vec!["every_bucket", "first_ever", "first_matching"]),
        back in prop::sample::select(vec!["A", "B"]), has_value in any::<bool>(),
        day_zero in prop::sample::select(vec!["return", "cohort"]),
    ) {
        let known = Known::new(&drafts, "2026-03-14T10:00:00Z");
        let mut query = json!({"kind": "retention", "range": {"from": RANGE.0, "to": RANGE.1}, "interval": interval,
            "mode": mode, "clock": clock, "start_rule": rule, "intervals": 3, "day_zero": day_zero, "back": {"event": back},
            "start": {"event": "A", "where": {"property": "event.v", "op": "set"}}});
        if has_value {
            query["value"] = json!({"property": "event.n", "fn": "sum"});
        }
        check_against_definition(&known, &query);
    }

    #[test]
    fn every_cell_of_grouped_retention_lists_its_people(drafts in drafts(40)) {
        let known = Known::new(&drafts, "2026-03-14T10:00:00Z");
        let segments = json!([
            {"name": "b", "people": {"did": {"event": "B"}}},
            {"name": "not b", "people": {"did_not": {"event": "B"}}},
        ]);
        for group_by in [json!([]), json!(["event.v"])] {
            for segments in [json!([]), segments.clone()] {
                let query = json!({"kind": "retention", "range": {"from": RANGE.0, "to": RANGE.1}, "intervals": 2,
                    "start": {"event": "A"}, "back": {"any_event": true}, "group_by": group_by, "segments": segments,
                    "limit": 2});
                check(&known.asker, &query, true);
            }
        }
    }
}
