//! Deleting people.

use super::*;

#[test]
fn a_request_to_delete_somebody_unknown_makes_nobody() {
    let mut world = World::default();
    let mut request = delete(1, "U1");
    request.device_id = Some("d1".into());
    assert_eq!(world.people.apply(&request), (None, None));
    assert_eq!(world.people.nodes().len(), 0);
    assert!(world.people.erasures().is_empty());
}

#[test]
fn of_a_shared_device_only_the_deleted_persons_turns_go() {
    let mut world = World::of(&[
        event(1, Some("d1"), None),
        event(2, Some("d1"), Some("U1")),
        event(4, Some("d1"), Some("U2")),
        event(5, Some("d1"), None),
    ]);
    world.put(&delete(6, "U1"));
    assert_eq!(world.owners(), ["-", "-", "U2", "U2"]);
    assert_eq!(world.everyone(), ["U2"]);
    // who comes back on the device is somebody new until they sign in
    world.put(&event(7, Some("d1"), None));
    assert_eq!(world.owners().last().unwrap(), "d1");
    world.put(&event(8, Some("d1"), Some("U2")));
    assert_eq!(world.owners()[4..], ["U2", "U2"]);
}

#[test]
fn a_deleted_person_goes_with_all_that_was_merged_into_them() {
    let mut world = World::of(&[
        event(1, Some("d1"), Some("U1")),
        event(2, Some("d2"), Some("U2")),
        event(3, None, Some("U3")),
    ]);
    world.put(&merge(4, "U2", "U1"));
    world.put(&delete(5, "U1"));
    assert_eq!(world.owners(), ["-", "-", "U3"]);
    assert_eq!(world.people.erasures()[0].nodes.len(), 4);
    for node in &world.people.erasures()[0].nodes {
        assert!(world.people.is_erased(*node));
    }
    // as of any earlier version too
    let pinned = world.people.map_as_of(0);
    assert_eq!(pinned.persons().len(), 1);
}

#[test]
fn who_was_deleted_stays_deleted_after_a_restart() {
    let mut world = World::default();
    let mut deltas = Vec::new();
    let op = |it: Event| with_op(it, PropOpKind::Set, "city", json!("Seoul"));
    for it in [
        op(event(1, Some("d1"), Some("U1"))),
        delete(2, "U1"),
        op(event(3, Some("d1"), Some("U1"))),
        delete(4, "U1"),
        event(5, None, Some("U1")),
    ] {
        world.put(&it);
        deltas.push(json_of(&world.people.take_delta()));
    }
    let loaded = reloaded(&deltas);
    assert_same_map(&loaded.map(), &world.people.map(), 5);
    assert_eq!(loaded.find("U1"), world.people.find("U1"));
    assert_eq!(loaded.find("U1"), Some(4), "the third generation");
    assert_eq!(loaded.erasures(), world.people.erasures());
    assert!(loaded.properties(&loaded.map(), 4).is_empty());
    assert!(loaded.properties(&loaded.map(), 1).is_empty());
    // all in one file, as they are joined
    let mut joined: PeopleDelta = serde_json::from_str(&deltas[0]).unwrap();
    for delta in &deltas[1..] {
        joined.extend(serde_json::from_str(delta).unwrap());
    }
    let loaded = reloaded(&[json_of(&joined)]);
    assert_same_map(&loaded.map(), &world.people.map(), 5);
}

#[test]
fn what_was_not_written_yet_of_a_deleted_person_is_never_written() {
    let mut world = World::of(&[with_op(
        event(1, None, Some("U1")),
        PropOpKind::Set,
        "email",
        json!("kim@shop.test"),
    )]);
    world.put(&delete(2, "U1"));
    let delta = world.people.take_delta();
    assert!(delta.ops.is_empty() && delta.activity.is_empty());
}
