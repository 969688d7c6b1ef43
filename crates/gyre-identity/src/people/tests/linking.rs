//! Guards of links, devices under two names, and what is told of both.

use super::super::{NODES_PER_PERSON_MAX, Warning};
use super::*;
use crate::link::LinkRule;
use crate::rules::IdentityRules;

#[test]
fn a_person_takes_five_hundred_identifiers_and_no_more() {
    let mut world = World::default();
    for i in 0..NODES_PER_PERSON_MAX - 1 {
        world.put(&event(1, Some(&format!("d{i}")), Some("U1")));
    }
    let map = world.people.map();
    let person = world.person("U1");
    assert_eq!(
        world.people.nodes_of(&map, person).len(),
        NODES_PER_PERSON_MAX
    );
    let refused = world.people.apply(&event(2, Some("one more"), Some("U1")));
    assert_eq!(refused.1, Some(Warning::TooManyDevices));
    assert_eq!(
        refused.0.map(|it| it.node),
        Some(person),
        "the event itself is the user's"
    );
    world.put(&event(3, None, Some("U2")));
    let refused = world.people.apply(&merge(4, "U1", "U2"));
    assert_eq!(refused.1, Some(Warning::TooManyDevices));
    assert_eq!(world.people.map().persons().len(), 3);
    let told = world.people.links_of(&map, person);
    assert_eq!(told.iter().filter(|it| it.refused.is_some()).count(), 2);
}

#[test]
fn a_workspace_limits_new_devices_in_a_week() {
    const DAY: i64 = gyre_base::DAY_MS;
    let mut world = World::default();
    world.people.set_rules(IdentityRules {
        devices_per_week: Some(2),
        ..IdentityRules::default()
    });
    let mut see = |day: i64, device: &str| {
        let seen = event(day * DAY, Some(device), Some("U1"));
        world.people.apply(&seen).1
    };
    assert_eq!(see(0, "a"), None);
    assert_eq!(see(1, "b"), None);
    assert_eq!(see(2, "c"), Some(Warning::TooManyDevicesInAWeek));
    assert_eq!(see(2, "a"), None, "one that is theirs already");
    assert_eq!(see(7, "c"), None, "the first is a week old");
}

#[test]
fn a_bot_keeps_its_identifiers_and_links_none() {
    let mut world = World::of(&[event(1, Some("d1"), None)]);
    let mut bot = event(2, Some("d1"), Some("U1"));
    bot.context.insert("is_bot".into(), json!(true));
    let (found, warning) = world.people.apply(&bot);
    assert_eq!(warning, Some(Warning::Bot));
    assert_eq!(found.map(|it| it.node), world.people.find("U1"));
    assert_eq!(world.everyone(), ["U1", "d1"]);
}

#[test]
fn two_devices_are_one_under_two_names_until_that_is_undone() {
    // Braze renames an alias: a profile without a user
    let mut rename = event(3, Some("alias:crm:new"), None);
    rename.kind = EventKind::Alias;
    rename.previous_id = Some("alias:crm:old".into());
    rename.insert_id = Some("r1".into());
    let mut world = World::of(&[event(1, Some("alias:crm:old"), None), rename]);
    world.put(&event(4, Some("alias:crm:new"), None));
    assert_eq!(world.owners(), ["alias:crm:old", "alias:crm:old"]);
    // whoever one of them turns out to be, both are
    world.put(&event(5, Some("alias:crm:new"), Some("U1")));
    assert_eq!(world.owners(), ["U1", "U1", "U1"]);
    assert_eq!(world.everyone(), ["U1"]);
    let link = world.people.link_by_event("r1").unwrap();
    world.put_from(&undo(6, link), "internal");
    assert_eq!(world.owners(), ["alias:crm:old", "U1", "U1"]);
}

#[test]
fn a_merge_leads_into_the_user_whichever_way_round_it_is_asked_for() {
    // the anonymous one is to be kept, the user to go
    let mut turned = event(3, Some("d1"), None);
    turned.kind = EventKind::Merge;
    turned.previous_id = Some("U1".into());
    turned.insert_id = Some("m".into());
    let mut world = World::of(&[event(1, Some("d1"), None), event(2, None, Some("U1"))]);
    world.put(&turned);
    assert_eq!(world.owners(), ["U1", "U1"]);
    let map = world.people.map();
    let told = world.people.links_of(&map, world.person("d1"));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].rule, Some(LinkRule::Merge));
    assert_eq!(told[0].from, (NodeKind::Device, "d1".to_owned()));
    world.put_from(&undo(4, told[0].id.unwrap()), "internal");
    assert_eq!(world.owners(), ["d1", "U1"]);
}

#[test]
fn a_user_of_another_id_is_found_under_both() {
    let mut rename = merge(2, "new", "old");
    rename.properties.insert("rename".into(), json!(true));
    let mut world = World::of(&[event(1, None, Some("old"))]);
    world.put_from(&rename, "braze");
    assert_eq!(world.people.find("old"), world.people.find("new"));
    assert_eq!(
        world.people.external_id(world.person("old")).as_deref(),
        Some("new")
    );
    world.put(&event(3, None, Some("old")));
    assert_eq!(
        world.owners(),
        ["new", "new"],
        "the old one still names them"
    );
}

#[test]
fn who_is_merged_before_they_are_seen_is_merged() {
    let world = World::of(&[merge(1, "U2", "U1"), event(2, None, Some("U1"))]);
    assert_eq!(world.owners(), ["U2"]);
}

#[test]
fn people_in_several_buckets_are_marked_with_all_their_nodes() {
    let mut world = World::of(&[event(1, Some("d1"), Some("U1"))]);
    for i in 0..5_000 {
        world.put(&event(1, None, Some(&format!("x{i}"))));
    }
    assert!(!world.people.map().has_multi());
    let mut request = merge(2, "U1", "x4999");
    request.insert_id = Some("m".into());
    world.put(&request);
    world.put(&event(3, Some("d2"), Some("x4999")));
    let map = world.people.map();
    let person = world.person("U1");
    assert!(map.has_multi() && map.is_multi(person));
    for (kind, id) in [
        (NodeKind::User, "U1"),
        (NodeKind::User, "x4999"),
        (NodeKind::Device, "d1"),
        (NodeKind::Device, "d2"),
    ] {
        let node = world.people.nodes().find(kind, id).unwrap();
        assert_eq!(
            map.flagged_person(node, 1),
            person | crate::MULTI_FLAG,
            "{id}"
        );
    }
    let link = world.people.link_by_event("m").unwrap();
    world.put_from(&undo(4, link), "internal");
    let map = world.people.map();
    assert!(!map.has_multi(), "each in a bucket of their own again");
    let node = world.people.nodes().find(NodeKind::Device, "d1").unwrap();
    assert_eq!(map.flagged_person(node, 1), person);
}

#[test]
fn a_preview_of_a_merge_counts_and_changes_nothing() {
    let mut world = World::of(&[
        with_op(
            event(1, Some("d1"), Some("U1")),
            PropOpKind::Set,
            "a",
            json!(1),
        ),
        with_op(event(2, None, Some("U2")), PropOpKind::Set, "b", json!(1)),
        with_op(event(3, None, Some("U2")), PropOpKind::Set, "a", json!(2)),
    ]);
    let map = world.people.map();
    let pair = (world.person("U1"), world.person("U2"));
    let before = world.people.link_seq();
    let preview = world.people.merge_preview(&map, pair, LinkRule::Merge);
    let counts = |it: super::super::MergeSide| (it.events, it.properties, it.identifiers);
    assert_eq!(counts(preview.from), (1, 1, 2));
    assert_eq!(counts(preview.into), (2, 2, 1));
    assert_eq!(counts(preview.merged), (3, 2, 3));
    assert_eq!(world.people.link_seq(), before);
    world.put(&merge(4, "U2", "U1"));
    let map = world.people.map();
    let person = world.person("U1");
    assert_eq!(
        world.people.activity(&map, person).events,
        preview.merged.events
    );
    assert_eq!(
        world.people.properties(&map, person).len(),
        preview.merged.properties
    );
    assert_eq!(
        world.people.nodes_of(&map, person).len(),
        preview.merged.identifiers
    );
}
