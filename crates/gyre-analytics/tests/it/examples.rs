//! The worked examples of the definition, to the digit.

use serde_json::{Value, json};

use crate::world::{Asker, World, values};

const DAY: i64 = 86_400_000;
/// 2026-03-01T00:00:00Z.
const START: i64 = 1_772_323_200_000;

fn s1(is_flushed: bool) -> Asker {
    let mut world = World::new("UTC");
    let day = |n: i64| START + (n - 1) * DAY + 3_600_000;
    world
        .add("u1", "A", day(1), json!({"amount": 10}))
        .add("u1", "A", day(1) + 1, json!({"amount": 20}))
        .add("u2", "A", day(1), json!({"amount": null}))
        .add("u1", "B", day(1), json!({}))
        .add("u2", "A", day(2), json!({"amount": 40}));
    if is_flushed {
        world.flush();
    }
    world
        .add("u3", "A", day(2), json!({"amount": 50}))
        .add("u1", "A", day(3), json!({"amount": 30}))
        .add("u3", "B", day(3), json!({}));
    world.ask("2026-03-10")
}

#[track_caller]
fn check_s1(measure: Value, points: Value, total: Value) {
    for is_flushed in [false, true] {
        let query = json!({"kind": "segmentation", "range": {"from": "2026-03-01", "to": "2026-03-03"},
            "series": [{"name": "A", "select": {"event": "A"}, "measure": measure}]});
        let result = s1(is_flushed).answer(&query).result;
        assert_eq!(
            result["buckets"],
            json!(["2026-03-01", "2026-03-02", "2026-03-03"])
        );
        assert_eq!(
            json!(values(&result["series"][0]["points"])),
            points,
            "{measure}"
        );
        assert_eq!(result["series"][0]["total"]["value"], total, "{measure}");
    }
}

#[test]
fn s1_measures() {
    check_s1(json!("people"), json!([2, 2, 1]), json!(3));
    check_s1(json!("events"), json!([3, 2, 1]), json!(6));
    check_s1(json!("per_person"), json!([1.5, 1, 1]), json!(2));
    check_s1(json!("active_rate"), json!([1, 1, 0.5]), json!(1));
    let function = |name: &str| json!({"fn": name, "property": "event.amount"});
    check_s1(function("sum"), json!([30, 90, 30]), json!(150));
    check_s1(function("avg"), json!([15, 45, 30]), json!(30));
    check_s1(function("min"), json!([10, 40, 30]), json!(10));
    check_s1(function("max"), json!([20, 50, 30]), json!(50));
    check_s1(function("median"), json!([15, 45, 30]), json!(30));
    check_s1(function("p90"), json!([19, 49, 30]), json!(46));
    check_s1(function("distinct"), json!([2, 2, 1]), json!(5));
}

/// Adds `A0 B10`: a letter and minutes.
fn add_minutes(world: &mut World, user: &str, text: &str) {
    for it in text.split_whitespace() {
        let (name, minutes) = it.split_at(1);
        let time = START + minutes.parse::<i64>().unwrap() * 60_000;
        world.add(user, name, time, json!({}));
    }
}

fn funnel(steps: &[&str], window: i64) -> Value {
    let steps: Vec<Value> = steps.iter().map(|it| json!({ "event": it })).collect();
    json!({"kind": "funnel", "range": {"from": "2026-03-01", "to": "2026-03-01"}, "steps": steps,
        "window": {"n": window, "unit": "minute"}})
}

fn reached(row: &Value) -> Vec<i64> {
    row["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["reached"]["value"].as_i64().unwrap())
        .collect()
}

#[test]
fn the_funnel_population_example() {
    let mut world = World::new("UTC");
    for (user, events) in [
        ("u1", "A0 B10 C20"),
        ("u2", "A0 A50 B70 C80"),
        ("u3", "B5 A10 C20"),
        ("u4", "A0 B30 C61"),
        ("u5", "B1 C2"),
        ("u6", "A0 X5 B6 C7"),
    ] {
        add_minutes(&mut world, user, events);
    }
    let asker = world.ask("2026-03-10");
    let query = funnel(&["A", "B", "C"], 60);
    let result = asker.answer(&query).result;
    let row = &result["rows"][0];
    assert_eq!(reached(row), [5, 4, 3]);
    assert_eq!(row["steps"][1]["dropped"]["value"], 1);
    assert_eq!(row["steps"][0]["dropped"]["value"], 0);
    assert_eq!(row["steps"][2]["from_start"], 0.6);
    assert_eq!(row["steps"][2]["from_previous"], 0.75);
    assert_eq!(
        row["steps"][1]["seconds"]["median"], 900,
        "10, 20, 30 and 6 minutes"
    );
    let lost = asker.list(&query, row["steps"][2]["dropped"]["cell"].as_str().unwrap());
    assert_eq!(lost.people.len(), 1);
}

#[test]
fn g1_a_person_belongs_to_the_value_of_the_chain() {
    let mut world = World::new("UTC");
    let at = |minutes: i64| START + minutes * 60_000;
    world
        .add("u1", "A", at(0), json!({"item": "shirt"}))
        .add("u1", "A", at(10), json!({"item": "jeans"}))
        .add("u1", "B", at(20), json!({}))
        .add("u1", "A", at(30), json!({"item": "shoes"}))
        .add("u2", "A", at(0), json!({}));
    let mut query = funnel(&["A", "B"], 60);
    query["group_by"] = json!(["event.item"]);
    query["breakdown_at"] = json!(1);
    let result = world.ask("2026-03-10").answer(&query).result;
    let rows: Vec<(Value, Vec<i64>)> = result["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["group"].clone(), reached(it)))
        .collect();
    assert_eq!(
        rows,
        [
            (json!(["(none)"]), vec![1, 0]),
            (json!(["shirt"]), vec![1, 1]),
            (json!([]), vec![2, 1]),
        ]
    );
    assert_eq!(result["rows"][2]["overall"], true);
}

#[test]
fn later_steps_may_fall_after_the_range() {
    let mut world = World::new("UTC");
    add_minutes(&mut world, "u1", "A1430 B1450");
    add_minutes(&mut world, "u2", "A1450 B1460");
    let result = world
        .ask("2026-03-10")
        .answer(&funnel(&["A", "B"], 60))
        .result;
    assert_eq!(
        reached(&result["rows"][0]),
        [1, 1],
        "u2 entered on the next day"
    );
}

#[test]
fn an_anonymous_view_belongs_to_the_person_who_signs_up_later() {
    let mut world = World::new("UTC");
    world
        .add("@d1", "A", START, json!({}))
        .add("@d1 u1", "S", START + 60_000, json!({}))
        .add("u1", "B", START + 120_000, json!({}));
    let result = world
        .ask("2026-03-10")
        .answer(&funnel(&["A", "B"], 60))
        .result;
    assert_eq!(reached(&result["rows"][0]), [1, 1]);
}

#[test]
fn groups_keep_the_largest_and_count_the_rest_exactly() {
    let mut world = World::new("UTC");
    for (user, values) in [("u1", "a b c"), ("u2", "a b"), ("u3", "a c d"), ("u4", "a")] {
        for value in values.split_whitespace() {
            world.add(user, "A", START + 1, json!({"v": value}));
        }
    }
    let query = json!({"kind": "segmentation", "range": {"from": "2026-03-01", "to": "2026-03-01"},
        "series": [{"select": {"event": "A"}}], "group_by": ["event.v"], "limit": 1});
    let asker = world.ask("2026-03-10");
    let result = asker.answer(&query).result;
    let series = result["series"].as_array().unwrap();
    let totals: Vec<(Value, Value)> = series
        .iter()
        .map(|it| (it["group"].clone(), it["total"]["value"].clone()))
        .collect();
    assert_eq!(
        totals,
        [
            (json!(["a"]), json!(4)),
            (json!(["(other)"]), json!(3)), // u1, u2, u3: not 2 + 2 + 1
            (json!([]), json!(4)),
        ]
    );
    let other = asker.list(&query, series[1]["total"]["cell"].as_str().unwrap());
    assert_eq!((other.people.len(), other.units), (3, 5));
}

#[test]
fn properties_of_the_person_are_read_then_and_now() {
    let mut world = World::new("UTC");
    world
        .set("u1", START, json!({"plan": "free"}))
        .add("u1", "A", START + 1, json!({}))
        .set("u1", START + 2, json!({"plan": "pro"}))
        .add("u1", "A", START + 3, json!({}));
    let asker = world.ask("2026-03-10");
    let groups = |property: &str| -> Vec<(Value, Value)> {
        let query = json!({"kind": "segmentation", "range": {"from": "2026-03-01", "to": "2026-03-01"},
            "series": [{"select": {"event": "A"}, "measure": "events"}], "group_by": [property]});
        let result = asker.answer(&query).result;
        let series = result["series"].as_array().unwrap();
        series
            .iter()
            .map(|it| (it["group"].clone(), it["total"]["value"].clone()))
            .collect()
    };
    let then = [
        (json!(["free"]), json!(1)),
        (json!(["pro"]), json!(1)),
        (json!([]), json!(2)),
    ];
    assert_eq!(groups("user.plan"), then);
    assert_eq!(
        groups("profile.plan"),
        [(json!(["pro"]), json!(2)), (json!([]), json!(2))]
    );
}

#[test]
fn revenue_falls_back_to_price_and_items() {
    let mut world = World::new("UTC");
    world
        .add("u1", "Buy", START, json!({"revenue": 5.5, "price": 100}))
        .add("u2", "Buy", START, json!({"price": 3, "quantity": 2}))
        .add(
            "u3",
            "Buy",
            START,
            json!({"items": [{"price": 2, "quantity": 3}, {"price": 1}]}),
        )
        .add("u4", "Buy", START, json!({}));
    let query = json!({"kind": "segmentation", "range": {"from": "2026-03-01", "to": "2026-03-01"},
        "series": [{"select": {"event": "Buy"}, "measure": {"fn": "sum", "property": "event.revenue"}}]});
    let result = world.ask("2026-03-10").answer(&query).result;
    assert_eq!(result["series"][0]["total"]["value"], 18.5);
}

#[test]
fn an_unknown_event_is_zero_and_an_unknown_cohort_is_refused() {
    let asker = s1(false);
    let query = json!({"kind": "segmentation", "range": {"from": "2026-03-01", "to": "2026-03-02"},
        "series": [{"select": {"event": "Nothing"}}]});
    assert_eq!(
        json!(values(&asker.answer(&query).result["series"][0]["points"])),
        json!([0, 0])
    );
    let mut query = query;
    query["segments"] = json!([{"name": "x", "people": {"cohort": "none"}}]);
    let error = asker.try_answer(&query).unwrap_err().to_string();
    assert!(error.contains("/segments/0/people"), "{error}");
}
