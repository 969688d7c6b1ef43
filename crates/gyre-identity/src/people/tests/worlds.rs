//! Whole histories made up at random: whatever the order of arrival, a restart, a refold or an undo, people are the same.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::rules::{DeviceRule, IdentityRules};

const DEVICES: [Option<&str>; 4] = [None, Some("d1"), Some("d2"), Some("d3")];
const USERS: [Option<&str>; 4] = [None, Some("U1"), Some("U2"), Some("U3")];

/// An event by numbers: what, on which device, of which user, with which property operation.
fn any_event() -> impl Strategy<Value = (usize, usize, usize, usize)> {
    (0..10_usize, 0..4_usize, 0..4_usize, 0..5_usize)
}

fn made((what, device, user, op): (usize, usize, usize, usize), time: i64) -> Option<Event> {
    let (device, user) = (DEVICES[device], USERS[user]);
    let event = match (what, user) {
        (0, Some(into)) => merge(time, into, USERS[1 + op % 3]?),
        (1, Some(into)) => {
            let mut map = merge(time, into, USERS[1 + op % 3]?);
            map.properties.insert("view_only".into(), json!(true));
            map
        }
        (2, None) => {
            let mut reset = event(time, device, None);
            reset.name = "$reset".into();
            reset
        }
        _ => event(time, device, user),
    };
    if event.device_id.is_none() && event.user_id.is_none() {
        return None;
    }
    if event.user_id.is_some() && event.user_id == event.previous_id {
        return None;
    }
    let value = json!(what % 3);
    Some(match op {
        0 => with_op(event, PropOpKind::Set, "a", value),
        1 => with_op(event, PropOpKind::Add, "n", json!(1)),
        2 => with_op(event, PropOpKind::SetOnce, "first", value),
        3 => with_op(event, PropOpKind::Append, "list", value),
        _ => event,
    })
}

fn history(seed: &[(usize, usize, usize, usize)]) -> Vec<Event> {
    let numbered = seed.iter().zip(0_i64..);
    numbered.filter_map(|(it, time)| made(*it, time)).collect()
}

fn shuffled<T: Clone>(items: &[T], mut state: u64) -> Vec<T> {
    let mut items = items.to_vec();
    for i in (1..items.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        items.swap(i, (state >> 33) as usize % (i + 1));
    }
    items
}

/// Who did what: for each person, their users, the times of their events, and their properties.
fn told(world: &World, rows: &[(u32, i64)]) -> BTreeMap<Vec<i64>, Value> {
    let map = world.people.map();
    let mut times: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
    for (node, time) in rows {
        times
            .entry(map.person(*node, *time))
            .or_default()
            .push(*time);
    }
    times
        .into_iter()
        .map(|(person, mut times)| {
            times.sort_unstable();
            let properties = world.people.properties(&map, person);
            (times, json!(BTreeMap::from_iter(properties)))
        })
        .collect()
}

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

proptest! {
    #[test]
    fn any_order_of_arrival_gives_the_same_people_and_properties(
        seed in prop::collection::vec(any_event(), 1..24), order: u64, is_reset: bool,
    ) {
        let rule = if is_reset { DeviceRule::UntilReset } else { DeviceRule::LastUser };
        // merges take effect in the order in which they are asked for; evidence in any
        let (requests, evidence): (Vec<Event>, Vec<Event>) =
            history(&seed).into_iter().partition(|it| it.kind == EventKind::Merge);
        let is_plain = |it: &&Event| !it.properties.contains_key("view_only");
        let plain: Vec<Event> = requests.iter().filter(is_plain).cloned().collect();
        let all: Vec<Event> = plain.iter().chain(&evidence).cloned().collect();
        let (first, second) = (under(rule, &all), under(rule, &shuffled(&all, order)));
        prop_assert_eq!(told(&first, &first.rows), told(&second, &second.rows));
    }

    #[test]
    fn refolding_the_log_gives_the_same_people(
        seed in prop::collection::vec(any_event(), 1..40), undone in prop::collection::vec(0..40_usize, 0..6), is_reset: bool,
    ) {
        let rule = if is_reset { DeviceRule::UntilReset } else { DeviceRule::LastUser };
        let mut world = under(rule, &history(&seed));
        for pick in undone {
            undo_any(&mut world, pick);
        }
        let refolded = world.people.map_as_of(u64::MAX);
        assert_same_map(&world.people.map(), &refolded, world.people.nodes().len() as u32);
    }

    #[test]
    fn an_undone_link_is_as_if_it_had_never_been(
        seed in prop::collection::vec(any_event(), 1..24), pick in 0..3_usize,
    ) {
        let mut events = history(&seed);
        let users = ["U1", "U2", "U3"];
        let (into, from) = (users[pick], users[(pick + 1) % 3]);
        // both are known, with or without the link
        events.extend([event(50, None, Some(into)), event(51, None, Some(from))]);
        let without = World::of(&events);
        for place in [0, events.len() / 2, events.len()] {
            let mut request = merge(60, into, from);
            request.insert_id = Some("the one".into());
            let mut events = events.clone();
            events.insert(place, request);
            let mut with = World::of(&events);
            if let Some(link) = with.people.link_by_event("the one") {
                with.put_from(&undo(61, link), "internal");
            }
            // a link that closed a cycle then is one that was needed now
            let is_cycle = with.people.links_of(&with.people.map(), with.person(into)).len()
                != without.people.links_of(&without.people.map(), without.person(into)).len() + 1;
            if !is_cycle {
                prop_assert_eq!(told(&with, &with.rows), told(&without, &without.rows));
            }
        }
    }

    #[test]
    fn people_are_the_same_after_a_restart(
        seed in prop::collection::vec(any_event(), 1..30), cuts: u64, undone in 0..40_usize, deleted in 0..4_usize,
    ) {
        let mut world = World::default();
        let mut deltas = Vec::new();
        for (i, it) in history(&seed).iter().enumerate() {
            world.put(it);
            if i == 12 {
                undo_any(&mut world, undone);
            }
            if let (17, Some(user)) = (i, USERS[deleted]) {
                world.put(&delete(17, user));
            }
            if cuts >> (i % 64) & 1 == 1 {
                deltas.push(json_of(&world.people.take_delta()));
            }
        }
        deltas.push(json_of(&world.people.take_delta()));
        let loaded = reloaded(&deltas);
        let (map, again) = (world.people.map(), loaded.map());
        assert_same_map(&map, &again, world.people.nodes().len() as u32);
        prop_assert_eq!(map.link_seq(), again.link_seq());
        for person in map.persons().iter() {
            prop_assert_eq!(world.people.properties(&map, person), loaded.properties(&again, person));
            prop_assert_eq!(world.people.activity(&map, person), loaded.activity(&again, person));
            prop_assert_eq!(world.people.links_of(&map, person), loaded.links_of(&again, person));
        }
        for seq in 0..map.link_seq() {
            assert_same_map(&world.people.map_as_of(seq), &loaded.map_as_of(seq), 8);
        }
    }

    #[test]
    fn a_version_that_was_pinned_is_the_one_made_anew(seed in prop::collection::vec(any_event(), 1..30), cut in 0..30_usize) {
        // each device has one user, so that nothing seen later changes what was known of it
        let seed: Vec<_> = seed.into_iter().map(|(what, device, user, op)| {
            (what, if user == 0 { device } else { user }, user, op)
        }).collect();
        let events = history(&seed);
        let cut = cut.min(events.len());
        let mut world = World::of(&events[..cut]);
        let (pinned, seq) = (world.people.map(), world.people.link_seq());
        let nodes = world.people.nodes().len() as u32;
        events[cut..].iter().for_each(|it| world.put(it));
        let anew = world.people.map_as_of(seq);
        for node in 0..nodes {
            for time in 0..30 {
                prop_assert_eq!(pinned.person(node, time), anew.person(node, time), "node {} at {}", node, time);
            }
        }
    }
}

/// Takes back one of the links that there are.
fn undo_any(world: &mut World, pick: usize) {
    let map = world.people.map();
    let mut links: Vec<LinkId> = Vec::new();
    for person in map.persons().iter() {
        let told = world.people.links_of(&map, person);
        let open = told.into_iter().filter(|it| it.void.is_none());
        links.extend(open.filter_map(|it| it.id));
    }
    links.sort_by_key(|it| it.seq);
    if let Some(link) = links.get(pick % links.len().max(1)) {
        world.put_from(&undo(100, *link), "internal");
    }
}
