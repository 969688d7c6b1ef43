//! Displays, formulas, comparisons and frequencies: worked examples, and a slow reference on random worlds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cells::check;
use crate::world::{Asker, World, values};

const DAY: i64 = 86_400_000;
/// 2026-03-01T00:00:00Z.
const START: i64 = 1_772_323_200_000;

/// The worked example S1, and a day before it.
fn s1() -> Asker {
    let mut world = World::new("UTC");
    let day = |n: i64| START + (n - 1) * DAY + 3_600_000;
    world
        .add("u9", "A", day(0), json!({"amount": 7}))
        .add("u1", "A", day(1), json!({"amount": 10}))
        .add("u1", "A", day(1) + 1, json!({"amount": 20}))
        .add("u2", "A", day(1), json!({"amount": null}))
        .add("u1", "B", day(1), json!({}))
        .add("u2", "A", day(2), json!({"amount": 40}))
        .add("u3", "A", day(2), json!({"amount": 50}))
        .add("u1", "A", day(3), json!({"amount": 30}))
        .add("u3", "B", day(3), json!({}));
    world.ask("2026-03-10")
}

fn question(measure: &Value, options: Value) -> Value {
    let mut query = json!({"kind": "segmentation", "range": {"from": "2026-03-01", "to": "2026-03-03"},
        "series": [{"name": "A", "select": {"event": "A"}, "measure": measure},
                   {"name": "B", "select": {"event": "B"}}]});
    let options = options.as_object().unwrap().clone();
    query.as_object_mut().unwrap().extend(options);
    query
}

#[track_caller]
fn check_points(measure: Value, options: Value, expected: Value, total: Value) {
    let query = question(&measure, options);
    let series = s1().answer(&query).result["series"][0].clone();
    assert_eq!(json!(values(&series["points"])), expected, "{query}");
    assert_eq!(series["total"]["value"], total, "{query}");
}

#[test]
fn s1_cumulative() {
    let shown = json!({"display": "cumulative"});
    check_points(json!("people"), shown.clone(), json!([2, 3, 3]), json!(3));
    check_points(json!("events"), shown.clone(), json!([3, 5, 6]), json!(6));
    let sum = json!({"fn": "sum", "property": "event.amount"});
    check_points(sum, shown.clone(), json!([30, 120, 150]), json!(150));
    check_points(
        json!("per_person"),
        shown.clone(),
        json!([1.5, 1.666_667, 2]),
        json!(2),
    );
    check_points(json!("active_rate"), shown, json!([1, 1, 1]), json!(1));
}

#[test]
fn s1_rolling_windows_read_before_the_range() {
    let shown = json!({"display": {"rolling_window": 2}});
    check_points(json!("people"), shown.clone(), json!([3, 3, 3]), json!(3));
    check_points(json!("events"), shown.clone(), json!([4, 5, 3]), json!(6));
    let median = json!({"fn": "median", "property": "event.amount"});
    check_points(median, shown, json!([10, 30, 40]), json!(30));
    let within = json!({"display": {"rolling_window": 2},
        "where": {"property": "event.amount", "op": "is_not", "values": [7]}});
    check_points(json!("people"), within, json!([1, 3, 3]), json!(3));
}

#[test]
fn s1_rolling_averages_count_empty_buckets_as_nothing() {
    let shown = json!({"display": {"rolling_average": 2}});
    check_points(
        json!("people"),
        shown.clone(),
        json!([1.5, 2, 1.5]),
        json!(3),
    );
    check_points(json!("events"), shown, json!([2, 2.5, 1.5]), json!(6));
}

#[test]
fn s1_frequency() {
    let query = question(&json!("frequency"), json!({}));
    let asker = s1();
    let series = asker.answer(&query).result["series"][0].clone();
    let bars = |it: &Value| -> Vec<(u64, u64)> {
        let bars = it["histogram"].as_array().unwrap();
        let bar = |it: &Value| (it["times"].as_u64().unwrap(), it["value"].as_u64().unwrap());
        bars.iter().map(bar).collect()
    };
    assert_eq!(bars(&series["points"][0]), [(1, 1), (2, 1)]);
    assert_eq!(bars(&series["points"][1]), [(1, 2)]);
    assert_eq!(bars(&series["total"]), [(1, 1), (2, 1), (3, 1)]);
    check(&asker, &query, true);
}

#[track_caller]
fn check_formula(formula: &str, measure: Value, options: Value, expected: Value, total: Value) {
    let mut query = question(&measure, options);
    query["formulas"] = json!([formula]);
    let result = s1().answer(&query).result;
    let series = result["series"].as_array().unwrap().last().unwrap();
    assert_eq!(series["name"], formula);
    assert_eq!(json!(values(&series["points"])), expected, "{formula}");
    assert_eq!(series["total"]["value"], total, "{formula}");
}

#[test]
fn s1_formulas() {
    let people = || json!("people");
    let amount = || json!({"fn": "sum", "property": "event.amount"});
    let none = || json!({});
    check_formula(
        "UNIQUES(A)/UNIQUES(B)",
        people(),
        none(),
        json!([2, null, 1]),
        json!(1.5),
    );
    check_formula("TOTALS(A)", people(), none(), json!([3, 2, 1]), json!(6));
    check_formula("AVG(A)", people(), none(), json!([1.5, 1, 1]), json!(2));
    check_formula("ACTIVE(A)", people(), none(), json!([1, 1, 0.5]), json!(1));
    check_formula(
        "PROPSUM(A)",
        amount(),
        none(),
        json!([30, 90, 30]),
        json!(150),
    );
    check_formula(
        "PROPAVG(A)",
        amount(),
        none(),
        json!([15, 45, 30]),
        json!(30),
    );
    check_formula(
        "PROPMAX(A) - PROPMIN(A)",
        amount(),
        none(),
        json!([10, 10, 0]),
        json!(40),
    );
    check_formula("PROPCOUNT(A)", amount(), none(), json!([2, 2, 1]), json!(5));
    check_formula(
        "PERCENTILE(A, 0.9)",
        amount(),
        none(),
        json!([19, 49, 30]),
        json!(46),
    );
    check_formula(
        "ROLLWIN(A, 2)",
        people(),
        none(),
        json!([3, 3, 3]),
        json!(3),
    );
    check_formula(
        "ROLLWIN(A, 2)",
        json!("events"),
        none(),
        json!([4, 5, 3]),
        json!(6),
    );
    check_formula(
        "ROLLAVG(A, 2)",
        people(),
        none(),
        json!([1.5, 2, 1.5]),
        json!(3),
    );
    check_formula("CUMSUM(A)", people(), none(), json!([2, 4, 5]), json!(3));
    check_formula(
        "SQRT(-A)",
        people(),
        none(),
        json!([null, null, null]),
        json!(null),
    );
    check_formula(
        "POWER(A, 2) + 0.5",
        people(),
        none(),
        json!([4.5, 4.5, 1.5]),
        json!(9.5),
    );
    let rolling = json!({"display": {"rolling_window": 2}});
    check_formula("A * 10", people(), rolling, json!([30, 30, 30]), json!(30));
}

#[test]
fn an_occurrence_is_one_event_of_each_person() {
    let mut world = World::new("UTC");
    let day = |n: i64| START + (n - 1) * DAY;
    world
        .add("u1", "View", day(1), json!({"page": "/pricing"}))
        .add("u1", "View", day(2), json!({"page": "/about"}))
        .add("u1", "View", day(2), json!({"page": "/about"}))
        .flush()
        .add("u2", "View", day(0), json!({"page": "/about"}))
        .add("u2", "View", day(2), json!({"page": "/about"}))
        .add("u2", "View", day(3), json!({"page": "/about"}));
    let asker = world.ask("2026-03-10");
    let about = json!({"property": "event.page", "op": "is", "values": ["/about"]});
    for (occurrence, expected) in [
        (json!({"first_ever": true}), json!([0, 0, 0])),
        (json!({"first_matching": true}), json!([0, 1, 0])),
        (json!({"nth_ever": 2}), json!([0, 2, 0])),
        (json!({"nth_ever": 3}), json!([0, 1, 1])),
    ] {
        for (measure, counts_people) in [("people", true), ("events", false)] {
            let mut query = question(&json!(measure), json!({}));
            query["series"][0]["select"] =
                json!({"event": "View", "where": about, "occurrence": occurrence});
            let series = asker.answer(&query).result["series"][0].clone();
            assert_eq!(json!(values(&series["points"])), expected, "{query}");
            check(&asker, &query, counts_people);
        }
    }
}

#[test]
fn a_comparison_is_matched_by_index() {
    let mut query = question(&json!("people"), json!({"compare": {"previous": "period"}}));
    query["range"] = json!({"from": "2026-03-02", "to": "2026-03-03"});
    query["formulas"] = json!(["A * 2"]);
    let asker = s1();
    let result = asker.answer(&query).result;
    let series = &result["series"][0];
    assert_eq!(json!(values(&series["points"])), json!([2, 1]));
    assert_eq!(json!(values(&series["previous"])), json!([1, 2]));
    assert_eq!(series["previous_total"]["value"], 3);
    assert_eq!(
        json!(values(&result["series"][2]["previous"])),
        json!([2, 4])
    );
    check(&asker, &query, true);
}

#[test]
fn a_formula_of_groups_has_the_groups_of_its_first_series() {
    let mut world = World::new("UTC");
    for (user, event, value) in [
        ("u1", "A", "x"),
        ("u2", "A", "x"),
        ("u1", "A", "y"),
        ("u1", "B", "x"),
        ("u1", "B", "y"),
        ("u2", "B", "y"),
        ("u3", "B", "z"),
    ] {
        world.add(user, event, START, json!({ "v": value }));
    }
    let mut query = question(&json!("people"), json!({"formulas": ["A / B"], "limit": 1}));
    query["group_by"] = json!(["event.v"]);
    let result = world.ask("2026-03-10").answer(&query).result;
    let series = result["series"].as_array().unwrap();
    let totals: Vec<String> = series
        .iter()
        .map(|it| format!("{} {} {}", it["name"], it["group"], it["total"]["value"]))
        .collect();
    assert_eq!(
        totals,
        [
            r#""A" ["x"] 2"#,
            r#""A" ["(other)"] 1"#,
            r#""A" [] 2"#,
            r#""B" ["y"] 2"#,
            r#""B" ["(other)"] 2"#,
            r#""B" [] 3"#,
            r#""A / B" ["x"] 2"#, // B's x is not in its (other) here
            r#""A / B" ["(other)"] 0.333333"#,
            r#""A / B" [] 0.666667"#,
        ]
    );
}

/// Who did it on which day with which value.
type Facts = Vec<(u8, u8, u8)>;

fn random_world(facts: &Facts) -> Asker {
    let mut world = World::new("UTC");
    // people of several buckets: the anonymous device is far from the user's node
    world.add("@d0", "S", START - 40 * DAY, json!({}));
    world.fill(4_100);
    for (i, (who, day, value)) in facts.iter().enumerate() {
        let who = ["u0", "@d0 u0", "@d0", "u1", "u2"][usize::from(*who)];
        let value = ["x", "y", "z"][usize::from(*value)];
        let time = START + i64::from(*day) * DAY + i as i64;
        world.add(who, "A", time, json!({"v": value, "n": day}));
        if i % 9 == 8 {
            world.flush();
        }
    }
    world.ask("2026-05-01")
}

/// Who it was: the device is the user's once it was seen with them.
fn person(facts: &Facts, who: u8) -> &'static str {
    match who {
        2 if facts.iter().any(|it| it.0 == 1) => "u0",
        _ => ["u0", "u0", "d0", "u1", "u2"][usize::from(who)],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn people_of_windows_are_distinct(
        facts in prop::collection::vec((0..5_u8, 0..12_u8, 0..3_u8), 1..50), n in 1..6_usize,
        is_cumulative in any::<bool>(), is_grouped in any::<bool>(),
    ) {
        let asker = random_world(&facts);
        let display = if is_cumulative { json!("cumulative") } else { json!({ "rolling_window": n }) };
        // from the fifth day on, so that windows reach back
        let mut query = json!({"kind": "segmentation", "range": {"from": "2026-03-05", "to": "2026-03-12"},
            "series": [{"select": {"event": "A"}}], "display": display});
        if is_grouped {
            query["group_by"] = json!(["event.v"]);
        }
        let result = asker.answer(&query).result;
        for series in result["series"].as_array().unwrap() {
            let group = series["group"][0].as_str();
            let mut expected = Vec::new();
            for last in 4..12_usize {
                let first = if is_cumulative { 4 } else { (last + 1).saturating_sub(n) };
                let people: BTreeSet<&str> = facts
                    .iter()
                    .filter(|it| (first..=last).contains(&usize::from(it.1)))
                    .filter(|it| group.is_none_or(|group| group == ["x", "y", "z"][usize::from(it.2)]))
                    .map(|it| person(&facts, it.0))
                    .collect();
                expected.push(json!(people.len()));
            }
            // a group without an event of its own in the range has no row
            prop_assert_eq!(values(&series["points"]), expected, "{}", series);
        }
        check(&asker, &query, true);
        query["series"][0]["measure"] = json!("events");
        check(&asker, &query, false);
    }

    #[test]
    fn frequencies_are_of_people(
        facts in prop::collection::vec((0..5_u8, 0..6_u8, 0..3_u8), 1..50), is_grouped in any::<bool>(),
    ) {
        let asker = random_world(&facts);
        let mut query = json!({"kind": "segmentation", "range": {"from": "2026-03-01", "to": "2026-03-06"},
            "series": [{"select": {"event": "A"}, "measure": "frequency"}], "limit": 2,
            "compare": {"previous": "week"}});
        if is_grouped {
            query["group_by"] = json!(["event.v"]);
        }
        check(&asker, &query, true);
        let result = asker.answer(&query).result;
        let everyone = result["series"].as_array().unwrap().last().unwrap();
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for it in &facts {
            *counts.entry(person(&facts, it.0)).or_default() += 1;
        }
        let mut expected: BTreeMap<u64, u64> = BTreeMap::new();
        for times in counts.values() {
            *expected.entry(*times).or_default() += 1;
        }
        let bars = everyone["total"]["histogram"].as_array().unwrap();
        let bars: BTreeMap<u64, u64> = bars
            .iter()
            .map(|it| (it["times"].as_u64().unwrap(), it["value"].as_u64().unwrap()))
            .collect();
        prop_assert_eq!(bars, expected);
    }
}
