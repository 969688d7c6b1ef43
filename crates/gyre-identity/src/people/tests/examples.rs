//! The worked examples A to H of collect.md 3.3, under each rule set where those differ.

use super::super::Warning;
use super::*;
use crate::rules::{DeviceRule, IdentityRules};

fn under(rule: DeviceRule, events: &[Event]) -> World {
    let mut world = World::default();
    world.people.set_rules(IdentityRules {
        device: rule,
        ..IdentityRules::default()
    });
    for it in events {
        world.put(it);
    }
    world
}

#[test]
fn a_an_anonymous_view_belongs_to_the_person_who_signs_up_later() {
    let events = [
        event(1, Some("d1"), None),
        event(2, Some("d1"), Some("U1")),
        event(3, Some("d2"), None),
        event(4, Some("d2"), Some("U1")),
    ];
    for rule in [DeviceRule::LastUser, DeviceRule::UntilReset] {
        let world = under(rule, &events);
        assert_eq!(world.owners(), ["U1", "U1", "U1", "U1"], "{rule:?}");
        assert_eq!(world.everyone(), ["U1"], "{rule:?}");
    }
}

fn tablet() -> Vec<Event> {
    vec![
        event(1, Some("d1"), None),
        event(2, Some("d1"), Some("U1")),
        event(3, Some("d1"), None),
        event(4, Some("d1"), Some("U2")),
        event(5, Some("d1"), Some("U2")),
    ]
}

#[test]
fn b_two_people_on_one_tablet_stay_two_by_last_user() {
    let world = under(DeviceRule::LastUser, &tablet());
    assert_eq!(world.owners(), ["U1", "U1", "U1", "U2", "U2"]);
    assert_eq!(world.everyone(), ["U1", "U2"]);
    // a reset says nothing under this rule
    let mut reset = event(3, Some("d1"), None);
    reset.name = "$reset".into();
    let mut events = tablet();
    events.insert(2, reset);
    let world = under(DeviceRule::LastUser, &events);
    assert_eq!(world.owners(), ["U1", "U1", "U1", "U1", "U2", "U2"]);
}

#[test]
fn b_two_people_on_one_tablet_stay_two_until_reset() {
    // nobody reset the device: the library would have gone on naming U1
    let world = under(DeviceRule::UntilReset, &tablet());
    assert_eq!(world.owners(), ["U1", "U1", "U1", "U2", "U2"]);
    // a reset that gives the device another id, as PostHog's library does
    let mut renamed = tablet();
    renamed[2].device_id = Some("d1b".into());
    renamed[3].device_id = Some("d1b".into());
    let world = under(DeviceRule::UntilReset, &renamed);
    assert_eq!(world.owners(), ["U1", "U1", "U2", "U2", "U2"]);
    // a reset that keeps it, and says so: view@3 is of whoever signs in next, and of nobody known until then
    let mut reset = event(3, Some("d1"), None);
    reset.name = "$logout".into();
    let mut events = tablet();
    events.insert(2, reset);
    let mut world = under(DeviceRule::UntilReset, &events[..4]);
    assert_eq!(world.owners(), ["U1", "U1", "d1", "d1"]);
    assert_eq!(world.everyone(), ["U1", "d1"]);
    events[4..].iter().for_each(|it| world.put(it));
    assert_eq!(world.owners(), ["U1", "U1", "U2", "U2", "U2", "U2"]);
    assert_eq!(world.everyone(), ["U1", "U2"]);
    // another rule set decides anew, without an event
    world.people.set_rules(IdentityRules::default());
    assert_eq!(world.owners(), ["U1", "U1", "U1", "U1", "U2", "U2"]);
}

#[test]
fn c_a_late_anonymous_event_lands_right_in_every_order() {
    let events = [
        event(5, Some("d1"), Some("U1")),
        event(3, Some("d1"), None),
        event(9, Some("d1"), Some("U2")),
        event(7, Some("d1"), None),
    ];
    for round in 0..24 {
        let mut left: Vec<usize> = (0..4).collect();
        let mut code = round;
        let order: Vec<usize> = (0..4)
            .map(|i| {
                let place = left.remove(code % (4 - i));
                code /= 4 - i;
                place
            })
            .collect();
        let shuffled: Vec<Event> = order.iter().map(|it| events[*it].clone()).collect();
        for rule in [DeviceRule::LastUser, DeviceRule::UntilReset] {
            let got = under(rule, &shuffled).owners();
            for (place, owner) in order.iter().zip(got) {
                assert_eq!(owner, ["U1", "U1", "U2", "U1"][*place], "{order:?}");
            }
        }
    }
}

#[test]
fn d_an_alias_of_two_known_users_is_refused_with_a_warning() {
    let mut world = World::of(&[event(1, None, Some("U1")), event(2, None, Some("U2"))]);
    let refused = world.people.apply(&alias(3, "U2", "U1"));
    assert_eq!(refused.1, Some(Warning::AliasOfTwoUsers));
    assert_eq!(
        world.people.apply(&alias(3, "U2", "U2")).1,
        None,
        "an alias of oneself"
    );
    assert_eq!(world.everyone(), ["U1", "U2"]);
    let map = world.people.map();
    let told = world.people.links_of(&map, world.person("U1"));
    assert_eq!(told[0].refused, Some(Warning::AliasOfTwoUsers));
    assert_eq!(
        (told[0].from.1.as_str(), told[0].into.1.as_str()),
        ("U1", "U2")
    );
}

#[test]
fn d_a_merge_joins_two_known_users_and_can_be_undone() {
    for dialect in ["braze", "mixpanel", "internal"] {
        let mut world = World::of(&[event(1, Some("d1"), Some("U1")), event(2, None, Some("U2"))]);
        let mut request = merge(3, "U2", "U1");
        request.insert_id = Some("m1".into());
        world.put_from(&request, dialect);
        assert_eq!(world.owners(), ["U2", "U2"], "{dialect}");
        assert_eq!(world.everyone(), ["U2"], "{dialect}");
        let link = world.people.link_by_event("m1").unwrap();
        world.put_from(&undo(4, link), dialect);
        let is_ours = dialect == "internal";
        let expected = if is_ours { ["U1", "U2"] } else { ["U2", "U2"] };
        assert_eq!(world.owners(), expected, "only we undo by id: {dialect}");
    }
}

#[test]
fn d_a_user_map_counts_together_keeps_properties_apart_and_is_unmapped() {
    let mut world = World::of(&[
        with_op(
            event(1, None, Some("U1")),
            PropOpKind::Set,
            "plan",
            json!("pro"),
        ),
        with_op(
            event(2, None, Some("U2")),
            PropOpKind::Set,
            "city",
            json!("Seoul"),
        ),
    ]);
    let mut map = merge(3, "U2", "U1");
    map.properties.insert("view_only".into(), json!(true));
    world.put_from(&map, "amplitude");
    assert_eq!(world.owners(), ["U2", "U2"]);
    assert_eq!(world.properties("U2"), json!({"city": "Seoul"}));
    assert_eq!(
        world
            .people
            .activity(&world.people.map(), world.person("U2"))
            .events,
        2
    );
    let mut unmap = event(4, None, Some("U1"));
    unmap.kind = EventKind::Unmerge;
    world.put_from(&unmap, "amplitude");
    assert_eq!(world.owners(), ["U1", "U2"]);
    assert_eq!(world.properties("U1"), json!({"plan": "pro"}));
    // nothing of a real merge
    world.put(&merge(5, "U2", "U1"));
    world.put_from(&unmap, "amplitude");
    assert_eq!(world.everyone(), ["U2"]);
}

#[test]
fn e_a_chain_and_a_cycle_close_nothing_and_undo_leaves_the_rest() {
    let mut world = World::of(&[
        event(1, None, Some("a")),
        event(2, None, Some("b")),
        event(3, None, Some("c")),
    ]);
    for (time, into, from, id) in [
        (4, "b", "a", "ab"),
        (5, "c", "b", "bc"),
        (6, "a", "c", "ca"),
    ] {
        let mut request = merge(time, into, from);
        request.insert_id = Some(id.into());
        world.put(&request);
    }
    assert_eq!(world.everyone(), ["c"]);
    assert_eq!(
        world.people.link_by_event("ca"),
        None,
        "the third is a no-op"
    );
    let link = world.people.link_by_event("ab").unwrap();
    world.put_from(&undo(7, link), "internal");
    assert_eq!(world.owners(), ["a", "c", "c"]);
    assert_eq!(world.everyone(), ["a", "c"]);
    let after = world.people.link_seq();
    world.put_from(&undo(8, link), "internal");
    assert_eq!(world.people.link_seq(), after, "taken back once");
}

#[test]
fn e_an_alias_links_the_device_whichever_of_the_two_comes_first() {
    for (user, previous) in [("U1", "d1"), ("d1", "U1")] {
        let mut people = People::default();
        people.apply(&event(1, Some("d1"), None));
        people.apply(&event(2, None, Some("U1")));
        assert_eq!(people.apply(&alias(3, user, previous)).1, None);
        assert_eq!(people.map().persons().len(), 1, "{user} and {previous}");
        assert_eq!(people.find("d1"), people.find("U1"));

        // nothing is known of the person yet
        let mut people = People::default();
        people.apply(&event(1, Some("d1"), None));
        people.apply(&alias(2, user, previous));
        people.apply(&event(3, None, Some("U1")));
        assert_eq!(people.map().persons().len(), 1, "{user} and {previous}");
        assert_eq!(people.find("d1"), people.find("U1"));
    }
}

#[test]
fn f_a_placeholder_is_nobody_on_ten_thousand_devices() {
    let mut world = World::default();
    let devices: Vec<String> = (0..10_000).map(|it| format!("d{it}")).collect();
    for device in &devices {
        let (found, warning) = world
            .people
            .apply(&event(1, Some(device), Some("undefined")));
        assert_eq!(warning, Some(Warning::BlockedIdentifier));
        assert_eq!(found.map(|it| it.node), found.map(|it| it.device));
    }
    assert_eq!(world.people.map().persons().len(), 10_000);
    assert!(!known(&world.people, NodeKind::User, "undefined"));
}

#[test]
fn f_a_workspace_blocks_identifiers_of_its_own() {
    let mut world = World::default();
    let mut rules = IdentityRules::default();
    rules.block(&["qa-.*".to_owned()]).unwrap();
    world.people.set_rules(rules);
    world.put(&event(1, Some("d1"), Some("qa-7")));
    world.put(&event(2, None, Some("qa-7")));
    world.put(&event(3, None, Some("qa-7")));
    world.put(&event(4, Some("d1"), Some("U1")));
    assert_eq!(world.owners(), ["U1", "blocked:1", "blocked:2", "U1"]);
    world.put(&alias(5, "U1", "qa-7"));
    assert!(!known(&world.people, NodeKind::Device, "qa-7"));
}

#[test]
fn g_a_pinned_version_repeats_yesterdays_people() {
    let mut world = World::of(&[
        event(1, None, Some("U1")),
        event(2, Some("d7"), None),
        event(3, Some("d8"), Some("U2")),
    ]);
    let yesterday = world.people.link_seq();
    world.put(&event(4, Some("d7"), Some("U1")));
    world.put(&merge(5, "U1", "U2"));
    assert_eq!(world.owners(), ["U1", "U1", "U1", "U1"]);
    let pinned = world.people.map_as_of(yesterday);
    let name = |it: u32| world.people.nodes().get(it).unwrap().1.into_owned();
    let then: Vec<String> = world
        .rows
        .iter()
        .map(|(node, time)| name(pinned.person(*node, *time)))
        .collect();
    assert_eq!(then, ["U1", "d7", "U2", "U1"]);
    assert_eq!(pinned.link_seq(), yesterday);
    assert!(
        world.people.map().link_seq() > yesterday,
        "the identity changed"
    );
    // and so after the links are taken back
    let both: Vec<LinkId> = {
        let map = world.people.map();
        let links = world.people.links_of(&map, world.person("U1"));
        links.into_iter().filter_map(|it| it.id).collect()
    };
    let merged = world.people.link_seq();
    for link in both {
        world.put_from(&undo(6, link), "internal");
    }
    assert_eq!(world.everyone(), ["U1", "U2", "d7", "d8"]);
    let pinned = world.people.map_as_of(merged);
    assert_eq!(pinned.persons().len(), 1, "as it was before any was undone");
    let pinned = world.people.map_as_of(yesterday);
    assert_eq!(pinned.persons().len(), 3);
}

#[test]
fn h_who_comes_back_after_a_deletion_is_somebody_new() {
    let mut world = World::of(&[
        event(1, Some("d1"), None),
        event(2, Some("d1"), Some("U1")),
        with_op(
            event(3, None, Some("U1")),
            PropOpKind::Set,
            "city",
            json!("Seoul"),
        ),
    ]);
    world.put(&delete(4, "U1"));
    assert_eq!(world.owners(), ["-", "-", "-"]);
    assert!(world.everyone().is_empty());
    assert_eq!(world.people.find("U1"), None);
    assert_eq!(world.people.find("d1"), None);
    world.put(&event(5, Some("d1"), None));
    world.put(&event(6, Some("d1"), Some("U1")));
    assert_eq!(world.owners(), ["-", "-", "-", "U1", "U1"]);
    assert_eq!(
        world.properties("U1"),
        json!({}),
        "nothing of old comes back"
    );
    assert_eq!(world.people.erasures()[0].nodes.len(), 2);
}

#[test]
fn h_a_suppressed_person_is_blocked_for_thirty_days() {
    let mut world = World::of(&[event(1, Some("d1"), Some("U1"))]);
    let mut request = delete(2, "U1");
    request.properties.insert("suppress".into(), json!(true));
    world.put_from(&request, "internal");
    for (device, user) in [(None, Some("U1")), (Some("d1"), None)] {
        let blocked = world.people.apply(&event(3, device, user));
        assert_eq!(blocked, (None, Some(Warning::Suppressed)));
    }
    let later = 2 + super::super::SUPPRESSION_MS;
    world.put(&event(later, Some("d1"), Some("U1")));
    assert_eq!(world.owners(), ["-", "U1"]);
    assert_eq!(world.people.nodes().len(), 4, "a generation of their own");
}
