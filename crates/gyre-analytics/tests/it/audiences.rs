//! The audience examples: today is day 30, people buy on the days listed.

use serde_json::{Value, json};

use crate::world::{Asker, World};

/// 2026-03-01T00:00:00Z, day 1; day 30 is 2026-03-30.
const START: i64 = 1_772_323_200_000;

fn buyers() -> Asker {
    let mut world = World::new("UTC");
    let days: [(&str, &[i64]); 7] = [
        ("u1", &[1, 2, 3, 30]),
        ("u2", &[29]),
        ("u3", &[]),
        ("u4", &[10, 20, 28]),
        ("u5", &[5, 12, 19, 26]),
        ("u6", &[4, 28]),
        ("u7", &[12]),
    ];
    for (user, days) in days {
        world.set(
            user,
            START,
            json!({"country": if user < "u4" { "KR" } else { "US" }}),
        );
        for day in days {
            let time = START + (day - 1) * 86_400_000 + 36_000_000;
            world.add(
                user,
                "buy",
                time,
                json!({"category": if *day < 15 { "a" } else { "b" }}),
            );
        }
        world.flush();
    }
    world.ask("2026-03-30T23:00:00Z")
}

#[track_caller]
fn check(audience: Value, expected: &str) {
    assert_eq!(
        buyers().audience(&audience).join(" "),
        expected,
        "{audience}"
    );
}

fn days(n: i64) -> Value {
    json!({"last": n, "unit": "day"})
}

#[test]
fn counts_include_people_without_events() {
    let buy = json!({"event": "buy"});
    let at_least_two = json!({"did": buy, "count": {"op": "gte", "value": 2}, "within": days(30)});
    check(at_least_two, "u1 u4 u5 u6");
    let at_most_one = json!({"did": buy, "count": {"op": "lte", "value": 1}, "within": days(7)});
    check(at_most_one, "u1 u2 u3 u4 u5 u6 u7");
    check(json!({"did_not": buy, "within": days(7)}), "u3 u7");
    check(json!({"did": buy, "within": days(1)}), "u1");
    check(
        json!({"did": buy, "within": {"before_last": 7, "unit": "day"}}),
        "u1 u4 u5 u6 u7",
    );
}

#[test]
fn trees_combine() {
    let korean = json!({"profile": "country", "op": "is", "values": ["KR"]});
    let bought = json!({"did": {"event": "buy"}, "within": days(30)});
    check(json!({"all": [korean, bought]}), "u1 u2");
    check(json!({"all": [korean, {"not": bought}]}), "u3");
    check(
        json!({"any": [{"not": bought}, {"did": {"event": "buy"}, "within": days(1)}]}),
        "u1 u3",
    );
    check(json!({"all": []}), "u1 u2 u3 u4 u5 u6 u7");
    check(json!({"any": []}), "");
}

#[test]
fn filters_apply_to_the_events_counted() {
    let b = json!({"event": "buy", "where": {"property": "event.category", "op": "is", "values": ["b"]}});
    check(json!({"did": b}), "u1 u2 u4 u5 u6");
    check(json!({"did_not": b}), "u3 u7");
    let in_korea = json!({"event": "buy", "where": {"property": "profile.country", "op": "is", "values": ["KR"]}});
    check(json!({"did": in_korea}), "u1 u2");
}

#[test]
fn windows_of_a_life_are_elapsed_and_seen_windows_are_calendar() {
    let first_days = json!({"did": {"event": "buy"}, "count": {"op": "gte", "value": 2},
        "within": {"first": 4, "unit": "day"}});
    check(first_days, "u1");
    check(json!({"last_seen": days(3)}), "u1 u2 u4 u6");
    check(
        json!({"first_seen": {"from": "2026-03-02", "to": "2026-03-30"}}),
        "u2 u4 u5 u6 u7",
    );
}

#[test]
fn random_shares_are_disjoint_and_complete() {
    let asker = buyers();
    let share = |from: i64, to: i64| {
        asker.audience(&json!({"random": {"salt": "s", "from": from, "to": to}}))
    };
    let mut both = share(0, 5_000);
    both.extend(share(5_000, 10_000));
    both.sort();
    assert_eq!(both.len(), 7);
    both.dedup();
    assert_eq!(both.len(), 7);
}
