//! Properties of people of several identifiers.

use super::*;
use crate::rules::{IdentityRules, ProfileRule};

fn two() -> World {
    World::of(&[
        with_op(
            event(1, None, Some("U1")),
            PropOpKind::Set,
            "plan",
            json!("pro"),
        ),
        with_op(
            event(2, None, Some("U2")),
            PropOpKind::Set,
            "plan",
            json!("free"),
        ),
        with_op(
            event(3, None, Some("U1")),
            PropOpKind::Set,
            "plan",
            json!("max"),
        ),
        with_op(
            event(4, None, Some("U1")),
            PropOpKind::Add,
            "visits",
            json!(3),
        ),
        with_op(
            event(5, None, Some("U2")),
            PropOpKind::Add,
            "visits",
            json!(4),
        ),
        with_op(
            event(6, None, Some("U1")),
            PropOpKind::SetOnce,
            "first",
            json!("late"),
        ),
        with_op(
            event(2, None, Some("U2")),
            PropOpKind::SetOnce,
            "first",
            json!("early"),
        ),
        with_op(
            event(3, None, Some("U1")),
            PropOpKind::Union,
            "tags",
            json!(["a", "b"]),
        ),
        with_op(
            event(4, None, Some("U2")),
            PropOpKind::Union,
            "tags",
            json!(["b", "c"]),
        ),
        with_op(
            event(4, None, Some("U1")),
            PropOpKind::Set,
            "city",
            json!("Seoul"),
        ),
    ])
}

#[test]
fn a_merge_folds_both_by_event_time() {
    let mut world = two();
    world.put(&merge(9, "U2", "U1"));
    let expected = json!({"plan": "max", "visits": 7, "first": "early", "tags": ["a", "b", "c"], "city": "Seoul"});
    assert_eq!(world.properties("U1"), expected);
}

#[test]
fn a_braze_merge_fills_in_what_is_missing_and_adds_sums() {
    let mut world = two();
    world.put_from(&merge(9, "U2", "U1"), "braze");
    let merged = world.properties("U1");
    assert_eq!(
        merged["plan"],
        json!("free"),
        "the one that is kept has a value"
    );
    assert_eq!(merged["visits"], json!(7));
    assert_eq!(merged["city"], json!("Seoul"), "was missing");
}

#[test]
fn undoing_a_merge_gives_each_their_own_back() {
    let mut world = two();
    let (first, second) = (world.properties("U1"), world.properties("U2"));
    let mut request = merge(9, "U2", "U1");
    request.insert_id = Some("m".into());
    world.put(&request);
    let link = world.people.link_by_event("m").unwrap();
    world.put_from(&undo(10, link), "internal");
    assert_eq!(
        (world.properties("U1"), world.properties("U2")),
        (first, second)
    );
}

#[test]
fn a_workspace_may_let_the_latest_value_win() {
    let events = [
        with_op(
            event(1, None, Some("U1")),
            PropOpKind::Set,
            "plan",
            json!("pro"),
        ),
        with_op(
            event(2, Some("d1"), None),
            PropOpKind::Set,
            "plan",
            json!("trial"),
        ),
        event(3, Some("d1"), Some("U1")),
    ];
    let mut world = World::of(&events);
    assert_eq!(world.properties("U1"), json!({"plan": "pro"}));
    world.people.set_rules(IdentityRules {
        profile: ProfileRule::LatestWins,
        ..IdentityRules::default()
    });
    assert_eq!(world.properties("U1"), json!({"plan": "trial"}));
}

#[test]
fn a_repeated_first_value_is_no_write_and_an_earlier_one_wins() {
    let mut world = World::default();
    for (time, value) in [(5, "b"), (6, "c"), (7, "b"), (3, "a")] {
        let it = event(time, None, Some("U1"));
        world.put(&with_op(it, PropOpKind::SetOnce, "first", json!(value)));
    }
    let person = world.person("U1");
    let map = world.people.map();
    assert_eq!(
        world.people.ops_of(&map, person).1.len(),
        2,
        "of 5 and of 3"
    );
    assert_eq!(world.properties("U1"), json!({"first": "a"}));
}

#[test]
fn a_version_does_not_see_later_operations() {
    let plan = |time: i64, value: &str| {
        with_op(
            event(time, None, Some("U1")),
            PropOpKind::Set,
            "plan",
            json!(value),
        )
    };
    let mut world = World::of(&[plan(1, "free")]);
    let pinned = world.people.map();
    world.put(&plan(1, "pro"));
    let person = world.person("U1");
    assert_eq!(
        world.people.properties(&pinned, person)["plan"],
        json!("free")
    );
    assert_eq!(world.properties("U1")["plan"], json!("pro"));
}
