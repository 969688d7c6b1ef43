//! Every option of the funnel through its question: worked examples, lists, and a slow reference.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cells::check;
use crate::world::{Asker, World, values};

/// 2026-03-01T00:00:00Z.
const START: i64 = 1_772_323_200_000;
const MINUTE: i64 = 60_000;

/// Adds `A0 B10`: a letter and minutes, perhaps `A0=red` with a value of the property `v`.
fn world(people: &[(&str, &str)]) -> Asker {
    let mut world = World::new("UTC");
    for (user, events) in people {
        for it in events.split_whitespace() {
            let (event, value) = it.split_once('=').unwrap_or((it, ""));
            let (name, minutes) = event.split_at(1);
            let properties = match value {
                "" => json!({}),
                list if list.contains('+') => json!({"v": list.split('+').collect::<Vec<_>>()}),
                one => json!({ "v": one }),
            };
            let time = START + minutes.parse::<i64>().unwrap() * MINUTE;
            world.add(user, name, time, properties);
        }
    }
    world.ask("2026-03-10")
}

fn funnel(steps: &str, options: Value) -> Value {
    let steps: Vec<Value> = steps
        .chars()
        .map(|it| json!({ "event": it.to_string() }))
        .collect();
    let mut query = json!({"kind": "funnel", "range": {"from": "2026-03-01", "to": "2026-03-01"},
        "steps": steps, "window": {"n": 60, "unit": "minute"}});
    let options = options.as_object().unwrap().clone();
    query.as_object_mut().unwrap().extend(options);
    query
}

fn reached(row: &Value) -> Vec<i64> {
    let steps = row["steps"].as_array().unwrap();
    let value = |it: &Value| it["reached"]["value"].as_i64().unwrap();
    steps.iter().map(value).collect()
}

/// Rows as `group: reached`.
fn rows(asker: &Asker, query: &Value) -> Vec<String> {
    let result = asker.answer(query).result;
    let rows = result["rows"].as_array().unwrap();
    let text = |row: &Value| {
        let group = match row["overall"].as_bool() {
            Some(true) => "overall".to_owned(),
            _ => row["group"][0].as_str().unwrap_or("").to_owned(),
        };
        format!("{group} {:?}", reached(row))
    };
    rows.iter().map(text).collect()
}

#[track_caller]
fn check_rows(people: &[(&str, &str)], query: &Value, expected: &[&str]) {
    let asker = world(people);
    assert_eq!(rows(&asker, query), expected, "{query}");
    check(&asker, query, false);
}

#[test]
fn the_population_in_every_order() {
    let people = [
        ("u1", "A0 B10 C20"),
        ("u2", "A0 A50 B70 C80"),
        ("u3", "B5 A10 C20"),
        ("u4", "A0 B30 C61"),
        ("u5", "B1 C2"),
        ("u6", "A0 X5 B6 C7"),
    ];
    for (options, expected) in [
        (json!({}), " [5, 4, 3]"),
        (json!({"entry": "first"}), " [5, 3, 2]"),
        (json!({"order": "exact"}), " [5, 3, 2]"),
        (json!({"order": "any"}), " [6, 6, 4]"),
    ] {
        check_rows(&people, &funnel("ABC", options), &[expected]);
    }
}

#[test]
fn an_exact_order_is_of_the_stream_that_the_where_leaves() {
    let people = [("u", "A0=x B6=x X3=y")];
    let exact = json!({"order": "exact"});
    check_rows(&people, &funnel("AB", exact), &[" [1, 0]"]);
    let thinned = json!({"order": "exact",
        "where": {"property": "event.v", "op": "is", "values": ["x"]}});
    check_rows(&people, &funnel("AB", thinned), &[" [1, 1]"]);
}

#[test]
fn h1_held_values_make_units() {
    let people = [("u", "A0=s1 A100=s2 B110=s2"), ("w", "A0 B1=s1")];
    let query = funnel("AB", json!({"hold": ["event.v"]}));
    check_rows(&people, &query, &[" [2, 1]"]);
    let asker = world(&people);
    let result = asker.answer(&query).result;
    let cell = result["rows"][0]["steps"][0]["reached"]["cell"].as_str();
    let listed = asker.list(&query, cell.unwrap());
    assert_eq!((listed.people.len(), listed.units), (1, 2));
    // landing pages with the session held: credited within the session
    let people = [("one", "A0=s1+x"), ("two", "A0=s1 B5=s1")];
    check_rows(&people, &query, &[" [1, 1]"]);
}

#[test]
fn g1_and_the_ways_to_attribute() {
    let people = [("u", "A0=shirt A10=jeans B20=hat A30=shoes"), ("w", "A0")];
    let by = |at: Value| funnel("AB", json!({"group_by": ["event.v"], "breakdown_at": at}));
    let overall = "overall [2, 1]";
    check_rows(
        &people,
        &by(json!(1)),
        &["(none) [1, 0]", "shirt [1, 1]", overall],
    );
    check_rows(
        &people,
        &by(json!(2)),
        &["(did not reach) [1, 0]", "hat [1, 1]", overall],
    );
    check_rows(
        &people,
        &by(json!("first_defined")),
        &["(none) [1, 0]", "shirt [1, 1]", overall],
    );
    check_rows(
        &people,
        &by(json!("last_defined")),
        &["(none) [1, 0]", "hat [1, 1]", overall],
    );
    check_rows(
        &people,
        &by(json!("per_value")),
        &[
            "(none) [1, 0]",
            "jeans [1, 1]",
            "shirt [1, 1]",
            "shoes [1, 0]",
            overall,
        ],
    );
}

#[test]
fn f7_attempts_and_events() {
    let people = [("u", "A1 B2 A3 B4 A5")];
    for count in ["attempts", "each_event"] {
        let query = funnel("AB", json!({ "count": count }));
        check_rows(&people, &query, &[" [3, 2]"]);
    }
    let people = [("u", "A1 A2 A3 B4")];
    let attempts = funnel("AB", json!({"count": "attempts"}));
    check_rows(&people, &attempts, &[" [1, 1]"]);
    let each = funnel("AB", json!({"count": "each_event"}));
    check_rows(&people, &each, &[" [3, 1]"]);
}

#[test]
fn f9_exclusions() {
    let between = |after: i64, before: i64| {
        let exclude =
            json!([{"select": {"event": "X"}, "after_step": after, "before_step": before}]);
        funnel("ABC", json!({ "exclude": exclude }))
    };
    let people = [("u", "A0 B10 X20 B30 C40")];
    check_rows(&people, &between(2, 3), &[" [1, 1, 0]"]);
    check_rows(&people, &between(1, 2), &[" [1, 1, 1]"]);
    let people = [("u", "A0 B10 X20 A25 B30 C40")];
    check_rows(&people, &between(2, 3), &[" [1, 1, 1]"]);
}

#[test]
fn an_optional_step_counts_those_who_took_it() {
    let people = [("u", "A0 B10 C20"), ("w", "A0 C20"), ("x", "A0 B10")];
    let mut query = funnel("ABC", json!({}));
    query["steps"][1]["optional"] = json!(true);
    check_rows(&people, &query, &[" [3, 2, 2]"]);
    let result = world(&people).answer(&query).result;
    let steps = &result["rows"][0]["steps"];
    assert_eq!(steps[1]["dropped"]["value"], 0);
    assert_eq!(steps[2]["dropped"]["value"], 1, "against the first step");
    assert_eq!(steps[2]["seconds"]["mean"], 1_200);
}

#[test]
fn an_occurrence_is_of_all_history() {
    let before = START - 600 * MINUTE;
    let mut world = World::new("UTC");
    world
        .add("old", "A", before, json!({"v": "x"}))
        .add("old", "A", START, json!({"v": "x"}))
        .add("old", "B", START + MINUTE, json!({}))
        .add("new", "A", START, json!({"v": "y"}))
        .add("new", "A", START + MINUTE, json!({"v": "x"}))
        .add("new", "B", START + 2 * MINUTE, json!({}));
    let asker = world.ask("2026-03-10");
    let with = |occurrence: Value, filter: Value| {
        let mut query = funnel("AB", json!({}));
        query["steps"][0]["occurrence"] = occurrence;
        if !filter.is_null() {
            query["steps"][0]["where"] = filter;
        }
        query
    };
    let is_x = json!({"property": "event.v", "op": "is", "values": ["x"]});
    for (occurrence, filter, expected) in [
        (json!({"first_ever": true}), Value::Null, " [1, 1]"),
        (json!({"first_ever": true}), is_x.clone(), " [0, 0]"),
        (json!({"first_matching": true}), is_x.clone(), " [1, 1]"),
        (json!({"nth_ever": 2}), is_x, " [2, 2]"),
    ] {
        let query = with(occurrence, filter);
        assert_eq!(rows(&asker, &query), [expected], "{query}");
        check(&asker, &query, true);
    }
}

#[test]
fn by_the_time_of_entry_people_count_in_each_bucket() {
    let people = [("u", "A0 A70 B80"), ("w", "A10 B20 A125")];
    let query = funnel("AB", json!({"view": "over_time", "interval": "hour"}));
    let asker = world(&people);
    let result = asker.answer(&query).result;
    assert_eq!(reached(&result["rows"][0]), [2, 2]);
    let series = &result["over_time"]["series"][0];
    let first = |cells: &Value| values(cells)[..3].to_vec();
    assert_eq!(json!(first(&series["entered"])), json!([2, 1, 1]));
    assert_eq!(json!(first(&series["converted"])), json!([1, 1, 0]));
    assert_eq!(series["rate"][0], 0.5);
    assert_eq!(series["complete"][0], true);
    check(&asker, &query, true);
    let early = World::new("UTC").ask("2026-03-01T02:30:00Z");
    let complete = early.answer(&query).result["over_time"]["series"][0]["complete"].clone();
    assert_eq!(complete[0], true, "01:00 and an hour are over");
    assert_eq!(complete[1], false);
}

#[test]
fn the_time_to_convert_has_half_open_bins_and_the_last_is_closed() {
    let people = [
        ("a", "A0 B1"),
        ("b", "A0 B5"),
        ("c", "A0 B10"),
        ("d", "A0 B60"),
        ("e", "A0"),
    ];
    let edges = json!([0, 300, 600, 3600]);
    let query = funnel("AB", json!({"view": "time_to_convert", "bins": edges}));
    let asker = world(&people);
    let histogram = asker.answer(&query).result["histogram"].clone();
    assert_eq!(histogram["edges"], json!([0.0, 300.0, 600.0, 3600.0]));
    assert_eq!(json!(values(&histogram["counts"])), json!([1, 1, 2]));
    check(&asker, &query, true);
    let query = funnel("AB", json!({"view": "time_to_convert", "bins": 7}));
    let histogram = asker.answer(&query).result["histogram"].clone();
    assert_eq!(
        histogram["edges"][1], 515.0,
        "3,600 s in seven whole widths"
    );
    assert_eq!(
        json!(values(&histogram["counts"])),
        json!([2, 1, 0, 0, 0, 0, 1])
    );
}

#[test]
fn times_to_convert_are_summed_up_as_defined() {
    let minutes = [10, 50, 55, 70, 600];
    let people: Vec<(String, String)> = minutes
        .iter()
        .map(|it| (format!("u{it}"), format!("A0 B{it}")))
        .collect();
    let people: Vec<(&str, &str)> = people.iter().map(|it| (&*it.0, &*it.1)).collect();
    let mut query = funnel("AB", json!({"view": "time_to_convert"}));
    query["window"] = json!({"n": 1, "unit": "day"});
    let result = world(&people).answer(&query).result;
    let seconds = &result["histogram"]["seconds"];
    assert_eq!(seconds["median"], 55 * 60);
    assert_eq!(seconds["mean"], 157 * 60);
    assert_eq!(seconds["p90"], 388 * 60);
    assert_eq!(result["rows"][0]["steps"][1]["seconds"]["median"], 55 * 60);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_option_lists_exactly_what_it_counts(
        events in prop::collection::vec((0..3_u8, 0..4_u8, 0..200_u16, 0..4_u8), 1..40),
        option in 0..11_usize, is_grouped in any::<bool>(), has_segments in any::<bool>(), view in 0..3_usize,
    ) {
        let mut people: Vec<(String, String)> = (0..3).map(|it| (format!("u{it}"), String::new())).collect();
        for (who, name, minute, value) in events {
            let name = ["A", "B", "C", "X"][usize::from(name)];
            let value = ["", "=x", "=y", "=x+y"][usize::from(value)];
            let events = &mut people[usize::from(who)].1;
            *events = format!("{events}{name}{minute}{value} ");
        }
        let options = [
            json!({}),
            json!({"entry": "first"}),
            json!({"count": "attempts"}),
            json!({"count": "each_event"}),
            json!({"order": "exact", "tolerance_ms": 60_000}),
            json!({"hold": ["event.v"]}),
            json!({"exclude": [{"select": {"event": "X"}, "after_step": 1, "before_step": 2}]}),
            json!({"breakdown_at": 2}),
            json!({"breakdown_at": "last_defined", "hold": ["event.v"]}),
            json!({"breakdown_at": "per_value"}),
            json!({"order": "any", "breakdown_at": "per_value"}),
        ];
        let mut query = funnel("ABC", options[option].clone());
        query["view"] = json!(["steps", "over_time", "time_to_convert"][view]);
        query["interval"] = json!("hour");
        query["limit"] = json!(1);
        if is_grouped {
            query["group_by"] = json!(["event.v"]);
        }
        if has_segments {
            query["segments"] = json!([
                {"name": "x", "people": {"did": {"event": "X"}}},
                {"name": "not x", "people": {"did_not": {"event": "X"}}},
            ]);
        }
        let people: Vec<(&str, &str)> = people.iter().map(|it| (&*it.0, &*it.1)).collect();
        let asker = world(&people);
        let counts_units = matches!(option, 2 | 3 | 5 | 8);
        check(&asker, &query, !counts_units);
        // everyone's row is the ungrouped answer
        let grouped = asker.answer(&query).result;
        let mut plain = query.clone();
        plain["group_by"] = json!([]);
        plain["segments"] = json!([]);
        let plain = asker.answer(&plain).result;
        let last = grouped["rows"].as_array().unwrap().last().unwrap();
        prop_assert_eq!(reached(last), reached(&plain["rows"][0]));
    }
}
