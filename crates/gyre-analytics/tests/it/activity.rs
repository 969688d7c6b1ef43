//! Lifecycle, stickiness and usage interval: the worked examples, and slow counts straight from the definitions.

use gyre_base::calendar::{Interval, plus_days};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cells::check;
use crate::facts::{DAY, Fact, HOUR, Known, RANGE, days, drafts};
use crate::world::{Asker, World, values};

/// 2026-03-01T00:00:00Z, a Sunday: day 1 of the examples.
const START: i64 = 1_772_323_200_000;

/// People with an event `A` on each of their days.
fn people(zone: &str, people: &[(&str, &[i64])]) -> World {
    let mut world = World::new(zone);
    for (user, days) in people {
        for day in *days {
            world.add(user, "A", START + (day - 1) * DAY + HOUR, json!({}));
        }
    }
    world
}

fn lifecycle(from: i64, to: i64) -> Value {
    json!({"kind": "lifecycle", "range": {"from": format!("2026-03-{from:02}"), "to": format!("2026-03-{to:02}")},
        "select": {"event": "A"}})
}

/// Days on which a state has people.
fn days_of(result: &Value, state: &str, first: i64) -> Vec<i64> {
    let cells = values(&result[state]);
    let days = cells.iter().enumerate().filter(|(_, it)| **it != json!(0));
    days.map(|(i, _)| first + i as i64).collect()
}

#[test]
fn l1_one_persons_life() {
    let asker = people("UTC", &[("u", &[9, 11, 12, 13, 15, 17, 18, 19])]).ask("2026-04-01");
    let query = lifecycle(8, 19);
    let result = asker.answer(&query).result;
    assert_eq!(days_of(&result, "new", 8), [9]);
    assert_eq!(days_of(&result, "current", 8), [12, 13, 18, 19]);
    assert_eq!(days_of(&result, "resurrected", 8), [11, 15, 17]);
    assert_eq!(days_of(&result, "dormant", 8), [10, 14, 16]);
    check(&asker, &query, true);
    // a range that begins in the middle reads the day before it
    let result = asker.answer(&lifecycle(12, 14)).result;
    assert_eq!(days_of(&result, "current", 12), [12, 13]);
    assert_eq!(days_of(&result, "dormant", 12), [14]);
}

#[test]
fn l2_three_people_and_their_pulse() {
    let mut world = people("UTC", &[("a", &[1, 2, 4]), ("b", &[2, 3]), ("c", &[1, 4])]);
    world.add("b", "other", START, json!({})); // everyone's first day is 1
    let asker = world.ask("2026-04-01");
    let query = lifecycle(1, 5);
    let result = asker.answer(&query).result;
    for (state, expected) in [
        ("new", [2, 0, 0, 0, 0]),
        ("current", [0, 1, 1, 0, 0]),
        ("resurrected", [0, 1, 0, 2, 0]),
        ("dormant", [0, 1, 1, 1, 2]),
    ] {
        assert_eq!(json!(values(&result[state])), json!(expected), "{state}");
    }
    assert_eq!(result["pulse"], json!([null, 1.0, 0.0, 2.0, 0.0]));
    let mut selected = query.clone();
    selected["first_by"] = json!("selected");
    let result = asker.answer(&selected).result;
    assert_eq!(
        json!(values(&result["new"])),
        json!([2, 1, 0, 0, 0]),
        "b's first A is on day 2"
    );
}

#[test]
fn what_has_not_begun_has_no_one_dormant() {
    let asker = people("UTC", &[("a", &[1])]).ask("2026-03-02T12:00:00Z");
    let result = asker.answer(&lifecycle(1, 4)).result;
    assert_eq!(json!(values(&result["dormant"])), json!([0, 1, 0, 0]));
}

#[test]
fn lifecycles_of_segments_stand_side_by_side() {
    let mut world = people("UTC", &[("a", &[1, 2]), ("b", &[1])]);
    world.add("a", "B", START, json!({}));
    let mut query = lifecycle(1, 2);
    query["segments"] = json!([{"name": "did B", "people": {"did": {"event": "B"}}},
        {"name": "not", "people": {"did_not": {"event": "B"}}}]);
    let asker = world.ask("2026-04-01");
    let result = asker.answer(&query).result;
    assert_eq!(result["segments"][0]["name"], "did B");
    assert_eq!(
        json!(values(&result["segments"][0]["current"])),
        json!([0, 1])
    );
    assert_eq!(
        json!(values(&result["segments"][1]["dormant"])),
        json!([0, 1])
    );
    check(&asker, &query, true);
}

fn stickiness(from: &str, to: &str) -> Value {
    json!({"kind": "stickiness", "range": {"from": from, "to": to}, "select": {"event": "A"}, "period": "week"})
}

fn k1() -> Asker {
    let mut world = people("UTC", &[("u1", &[2, 3, 4]), ("u2", &[2]), ("u3", &[2, 6])]);
    world.add("u4", "B", START + 2 * DAY, json!({}));
    world.ask("2026-04-01")
}

#[test]
fn k1_exact_and_cumulative() {
    let asker = k1();
    let mut query = stickiness("2026-03-02", "2026-03-08");
    let counts = |query: &Value| asker.answer(query).result["rows"][0]["counts"].clone();
    let exact = counts(&query);
    assert_eq!(json!(values(&exact)), json!([1, 1, 1, 0, 0, 0, 0]));
    assert_eq!(exact[0]["days"], 1);
    assert_eq!(exact[0]["rate"], 1.0 / 3.0);
    query["cumulative"] = json!(true);
    let cumulative = counts(&query);
    assert_eq!(json!(values(&cumulative)), json!([3, 2, 1, 0, 0, 0, 0]));
    assert_eq!(cumulative[0]["rate"], 1.0);
    assert_eq!(cumulative[1]["rate"], 2.0 / 3.0);
    check(&asker, &query, true);
}

#[test]
fn over_several_weeks_a_person_counts_once_in_each() {
    let asker = people("UTC", &[("u1", &[2, 3, 9]), ("u2", &[10])]).ask("2026-04-01");
    let query = stickiness("2026-03-02", "2026-03-15");
    let counts = asker.answer(&query).result["rows"][0]["counts"].clone();
    assert_eq!(json!(values(&counts)), json!([2, 1, 0, 0, 0, 0, 0]));
    assert_eq!(counts[0]["rate"], 2.0 / 3.0);
    let mut range = query.clone();
    range["period"] = json!("range");
    let counts = asker.answer(&range).result["rows"][0]["counts"].clone();
    assert_eq!(values(&counts)[..3], [json!(1), json!(0), json!(1)]);
    assert_eq!(values(&counts).len(), 14);
}

#[test]
fn usage_intervals_of_the_example() {
    let asker = people(
        "UTC",
        &[
            ("a", &[1, 2, 4, 8]),
            ("b", &[1, 8, 15]),
            ("c", &[3, 4]),
            ("d", &[1]),
            ("e", &[1, 2, 4]),
        ],
    )
    .ask("2026-04-01");
    let query = json!({"kind": "usage_interval", "range": {"from": "2026-03-01", "to": "2026-03-31"},
        "select": {"event": "A"}});
    let result = asker.answer(&query).result;
    let rows: Vec<Value> = result["histogram"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["days"], it["people"]["value"], it["cumulative_rate"]]))
        .collect();
    assert_eq!(
        json!(rows),
        json!([[1, 1, 0.25], [1.5, 1, 0.5], [2, 1, 0.75], [7, 1, 1.0]])
    );
    assert_eq!(result["p80_days"], 7);
    check(&asker, &query, true);
}

fn did(fact: &Fact) -> bool {
    fact.is("A") && fact.event.properties.contains_key("v")
}

const SELECT: &str = r#"{"event": "A", "where": {"property": "event.v", "op": "set"}}"#;

/// People in a state of a unit, from the words of the definition.
fn in_state(known: &Known, query: &Value, unit: i64, state: &str) -> Vec<u32> {
    let interval = match query["interval"].as_str().unwrap() {
        "week" => Interval::Week,
        _ => Interval::Day,
    };
    let first_unit = known.unit_of(days().0, interval);
    let was_active = |facts: &[&Fact], at: i64| {
        facts.iter().any(|it| {
            // before the range a whole unit is read
            did(it)
                && known.unit(it.time(), interval) == at
                && (at < first_unit || known.is_in_range(it.time()))
        })
    };
    let people = known.people.iter().copied();
    people
        .filter(|person| {
            let facts = known.of(*person);
            let is_first = |it: &&&Fact| {
                if query["first_by"] == "selected" {
                    did(it)
                } else {
                    it.is_active() || did(it)
                }
            };
            let first = facts
                .iter()
                .find(is_first)
                .map(|it| known.unit(it.time(), interval));
            let (now, before) = (was_active(&facts, unit), was_active(&facts, unit - 1));
            match state {
                "new" => now && first == Some(unit),
                "current" => now && first != Some(unit) && before,
                "resurrected" => now && first != Some(unit) && !before,
                _ => !now && before,
            }
        })
        .collect()
}

fn listed(known: &Known, query: &Value, cell: &Value) -> Vec<u32> {
    let list = known.asker.list(query, cell["cell"].as_str().unwrap());
    let mut people: Vec<u32> = list.people.iter().map(|it| it.0).collect();
    people.sort_unstable();
    people
}

/// Days of each person in each period.
fn person_days(known: &Known, period: &str, at_least: usize) -> Vec<(u32, usize)> {
    let (from, to) = days();
    let mut out = Vec::new();
    for person in &known.people {
        let facts = known.of(*person);
        let mut periods: Vec<(i64, usize)> = Vec::new();
        let mut date = from;
        while date <= to {
            let events = facts
                .iter()
                .filter(|it| did(it) && known.date(it.time()) == date);
            if events.count() >= at_least {
                let place = match period {
                    "week" => known.unit_of(date, Interval::Week),
                    "month" => known.unit_of(date, Interval::Month),
                    _ => 0,
                };
                match periods.last_mut().filter(|it| it.0 == place) {
                    Some(same) => same.1 += 1,
                    None => periods.push((place, 1)),
                }
            }
            date = plus_days(date, 1);
        }
        out.extend(periods.into_iter().map(|it| (*person, it.1)));
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn lifecycle_is_its_definition(
        drafts in drafts(60), interval in prop::sample::select(vec!["day", "week"]),
        first_by in prop::sample::select(vec!["any_event", "selected"]),
    ) {
        let known = Known::new(&drafts, "2026-03-14T10:00:00Z");
        let select: Value = serde_json::from_str(SELECT).unwrap();
        let query = json!({"kind": "lifecycle", "range": {"from": RANGE.0, "to": RANGE.1}, "interval": interval,
            "select": select, "first_by": first_by});
        let result = known.asker.answer(&query).result;
        let unit = match interval { "week" => Interval::Week, _ => Interval::Day };
        let first = known.unit_of(days().0, unit);
        for state in ["new", "current", "resurrected", "dormant"] {
            for (i, cell) in result[state].as_array().unwrap().iter().enumerate() {
                let expected = in_state(&known, &query, first + i as i64, state);
                prop_assert_eq!(&cell["value"], &json!(expected.len()), "{} {} {}", query, state, i);
                prop_assert_eq!(listed(&known, &query, cell), expected);
            }
        }
        let active = |i: usize| -> i64 {
            ["new", "current", "resurrected"].iter().map(|it| result[it][i]["value"].as_i64().unwrap()).sum()
        };
        for i in 1..result["buckets"].as_array().unwrap().len() {
            let of = |state: &str| result[state][i]["value"].as_i64().unwrap();
            prop_assert_eq!(active(i) - active(i - 1), of("new") + of("resurrected") - of("dormant"));
        }
    }

    #[test]
    fn stickiness_is_its_definition(
        drafts in drafts(80), period in prop::sample::select(vec!["week", "month", "range"]), at_least in 1..3_usize,
        cumulative in any::<bool>(),
    ) {
        let known = Known::new(&drafts, "2026-03-14T10:00:00Z");
        let select: Value = serde_json::from_str(SELECT).unwrap();
        let query = json!({"kind": "stickiness", "range": {"from": RANGE.0, "to": RANGE.1}, "select": select,
            "period": period, "at_least": at_least, "cumulative": cumulative});
        let found = person_days(&known, period, at_least);
        let counts = known.asker.answer(&query).result["rows"][0]["counts"].clone();
        for cell in counts.as_array().unwrap() {
            let days = cell["days"].as_u64().unwrap() as usize;
            let is_in = |it: &&(u32, usize)| if cumulative { it.1 >= days } else { it.1 == days };
            let count = found.iter().filter(is_in).count();
            prop_assert_eq!(&cell["value"], &json!(count), "{}", query);
            let rate = if found.is_empty() { Value::Null } else { json!(count as f64 / found.len() as f64) };
            prop_assert_eq!(&cell["rate"], &rate);
            let mut people: Vec<u32> = found.iter().filter(is_in).map(|it| it.0).collect();
            people.dedup();
            prop_assert_eq!(listed(&known, &query, cell), people);
        }
        let grouped = json!({"kind": "stickiness", "range": {"from": RANGE.0, "to": RANGE.1},
            "select": {"any_event": true}, "period": period, "group_by": ["event.v"], "limit": 2});
        check(&known.asker, &grouped, false);
    }

    #[test]
    fn usage_interval_is_its_definition(drafts in drafts(60)) {
        let known = Known::new(&drafts, "2026-03-14T10:00:00Z");
        let select: Value = serde_json::from_str(SELECT).unwrap();
        let query = json!({"kind": "usage_interval", "range": {"from": RANGE.0, "to": RANGE.1}, "select": select});
        let mut medians: Vec<(f64, u32)> = Vec::new();
        for person in &known.people {
            let of = known.of(*person);
            let mut days: Vec<i64> = of
                .iter()
                .filter(|it| did(it) && known.is_in_range(it.time()))
                .map(|it| known.unit(it.time(), Interval::Day))
                .collect();
            days.dedup();
            let mut gaps: Vec<f64> = days.windows(2).map(|it| (it[1] - it[0]) as f64).collect();
            gaps.sort_by(f64::total_cmp);
            if !gaps.is_empty() {
                let middle = gaps.len() / 2;
                let median = if gaps.len() % 2 == 1 { gaps[middle] } else { f64::midpoint(gaps[middle - 1], gaps[middle]) };
                medians.push((median, *person));
            }
        }
        let result = known.asker.answer(&query).result;
        let rows = result["histogram"].as_array().unwrap();
        let counted: u64 = rows.iter().map(|it| it["people"]["value"].as_u64().unwrap()).sum();
        prop_assert_eq!(counted, medians.len() as u64);
        for row in rows {
            let days = row["days"].as_f64().unwrap();
            let own = medians.iter().filter(|it| (it.0 - days).abs() < 1e-9);
            let mut people: Vec<u32> = own.map(|it| it.1).collect();
            people.sort_unstable();
            prop_assert_eq!(listed(&known, &query, &row["people"]), people);
            let below = medians.iter().filter(|it| it.0 <= days).count();
            prop_assert_eq!(&row["cumulative_rate"], &json!(below as f64 / medians.len() as f64));
        }
        let p80 = rows.iter().find(|it| it["cumulative_rate"].as_f64().unwrap() >= 0.8);
        prop_assert_eq!(&result["p80_days"], &p80.map_or(Value::Null, |it| it["days"].clone()));
    }
}
