//! What becomes of people: captured requests and calls of SDKs, read and applied in their order.

use std::fs;
use std::path::PathBuf;

use gyre_collect::{Envelope, parse};
use gyre_identity::People;
use gyre_model::people::NodeKind;
use serde_json::{Value, json};

use crate::support::envelope;

fn people_of(envelopes: &[Envelope]) -> People {
    let mut people = People::default();
    for envelope in envelopes {
        for event in parse(envelope) {
            people.apply_from(&event.unwrap(), &envelope.dialect);
        }
    }
    people
}

/// Every person by the identifiers they have, in order.
fn persons(people: &People) -> Vec<Vec<String>> {
    let mut persons: Vec<Vec<String>> = people
        .map()
        .persons()
        .iter()
        .map(|person| {
            let ids = people.identifiers(&people.map(), person).into_iter();
            let mut ids: Vec<String> = ids
                .map(|it| format!("{:?} {}", it.kind, it.value))
                .collect();
            ids.sort();
            ids
        })
        .collect();
    persons.sort();
    persons
}

#[track_caller]
fn check(dialect: &str, endpoint: &str, bodies: &[Value], expected: &[&[&str]]) {
    let envelopes: Vec<Envelope> = bodies
        .iter()
        .map(|it| envelope(dialect, endpoint, it))
        .collect();
    assert_eq!(persons(&people_of(&envelopes)), expected);
}

fn captured(name: &str) -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let text = fs::read_to_string(folder.join(name).with_extension("json")).unwrap();
    let requests: Vec<Value> = serde_json::from_str(&text).unwrap();
    requests
        .into_iter()
        .map(|mut it| it["body"].take())
        .collect()
}

fn posthog(events: &Value) -> Value {
    json!({"api_key": "k", "batch": events})
}

#[test]
fn a_browsers_own_requests_make_one_person_and_the_visitor_after_them() {
    let device = "Device 01a200f2-5d86-7e4b-9cb8-62811cae1e28";
    let visitor = "Device 01a200f2-6d7e-74df-913e-8982b5e12790";
    check(
        "posthog",
        "e",
        &captured("posthog_browser"),
        &[&[device, "Device u-001-alias", "User u-001"], &[visitor]],
    );
    check(
        "mixpanel",
        "track",
        &captured("mixpanel_browser")
            .into_iter()
            .filter(|it| it["event"].is_string())
            .collect::<Vec<_>>(),
        &[&["Device 27e68952-623b-44fe-937f-d7bd041e6f9e", "User u-001"]],
    );
}

#[test]
fn a_servers_group_makes_no_person() {
    // the Python library's events: a user with an alias, one of nobody, a group under a random id
    check(
        "posthog",
        "batch",
        &captured("posthog_py"),
        &[
            &["Device 2d7e4cfb-4ce5-4084-b220-8a810006814a"],
            &["Device anon-001", "User u-001"],
        ],
    );
    check(
        "posthog",
        "batch",
        &captured("posthog_node"),
        &[&["Device anon-001", "User u-001"]],
    );
    check(
        "posthog-v1",
        "events",
        &captured("posthog_node_v1"),
        &[&["Device anon-001", "User u-001"]],
    );
}

#[test]
fn what_came_before_a_sign_in_belongs_to_who_signed_in() {
    let browser = json!({"event": "View", "properties": {"distinct_id": "d-1", "$device_id": "d-1", "$is_identified": false}});
    let sign_in = json!({"event": "$identify", "properties": {"distinct_id": "u-1", "$anon_distinct_id": "d-1", "$device_id": "d-1"}});
    // in this order and in the one in which posthog-js delivers
    for bodies in [[&browser, &sign_in], [&sign_in, &browser]] {
        let bodies: Vec<Value> = bodies.into_iter().map(|it| posthog(&json!([it]))).collect();
        check("posthog", "e", &bodies, &[&["Device d-1", "User u-1"]]);
    }
}

#[test]
fn an_alias_joins_whichever_id_its_library_names_first() {
    let view =
        json!({"event": "View", "properties": {"distinct_id": "anon-1", "$device_id": "anon-1"}});
    let alias = |lib: &str, distinct_id: &str, alias: &str| {
        json!({"event": "$create_alias", "distinct_id": distinct_id,
            "properties": {"distinct_id": distinct_id, "alias": alias, "$lib": lib}})
    };
    let order = json!({"event": "Order", "distinct_id": "u-1"});
    let node = alias("posthog-node", "u-1", "anon-1");
    let python = alias("posthog-python", "anon-1", "u-1");
    // nobody's library, so that only what is known decides
    let unknown = [
        alias("other", "u-1", "anon-1"),
        alias("other", "anon-1", "u-1"),
    ];
    for alias in [&node, &python, &unknown[0], &unknown[1]] {
        for events in [json!([view, order, alias]), json!([view, alias, order])] {
            check(
                "posthog",
                "batch",
                &[posthog(&events)],
                &[&["Device anon-1", "User u-1"]],
            );
        }
    }
    for alias in [&node, &python] {
        check(
            "posthog",
            "batch",
            &[posthog(&json!([alias, order, view]))],
            &[&["Device anon-1", "User u-1"]],
        );
    }
}

#[test]
fn an_alias_of_oneself_changes_nothing_and_one_of_two_users_joins_nobody() {
    let alias = |previous: &str| json!({"event": "$create_alias", "distinct_id": "u-1", "properties": {"alias": previous}});
    let users = json!([{"event": "A", "distinct_id": "u-1"}, {"event": "A", "distinct_id": "u-2"}]);
    let bodies = [
        posthog(&users),
        posthog(&json!([alias("u-1"), alias("u-2")])),
    ];
    check("posthog", "batch", &bodies, &[&["User u-1"], &["User u-2"]]);
}

#[test]
fn mixpanels_three_ways_of_joining_ids_join_them() {
    let event = |name: &str, properties: Value| json!({"event": name, "properties": properties});
    let view = event(
        "View",
        json!({"distinct_id": "$device:d-1", "$device_id": "d-1"}),
    );
    for join in [
        event(
            "$identify",
            json!({"$identified_id": "u-1", "$anon_id": "d-1"}),
        ),
        event(
            "$identify",
            json!({"distinct_id": "u-1", "$anon_distinct_id": "$device:d-1"}),
        ),
        event(
            "$create_alias",
            json!({"distinct_id": "$device:d-1", "alias": "u-1"}),
        ),
        event(
            "$create_alias",
            json!({"distinct_id": "u-1", "alias": "d-1"}),
        ),
        event(
            "$create_alias",
            json!({"distinct_id": "d-1", "alias": "u-1"}),
        ),
        event("$merge", json!({"$distinct_ids": ["u-1", "$device:d-1"]})),
        event("$merge", json!({"$distinct_ids": ["d-1", "u-1"]})),
        event("Order", json!({"$user_id": "u-1", "$device_id": "d-1"})),
    ] {
        check(
            "mixpanel",
            "track",
            &[json!([view, join])],
            &[&["Device d-1", "User u-1"]],
        );
    }
}

#[test]
fn deleting_a_profile_leaves_the_person_without_properties() {
    let bodies = [
        json!({"$token": "k", "$distinct_id": "u-1", "$set": {"plan": "pro", "$email": "a@shop.test"}, "$add": {"n": 2}}),
        json!({"$token": "k", "$distinct_id": "u-1", "$union": {"tags": ["a", "b"]}}),
        json!({"$token": "k", "$distinct_id": "u-1", "$union": {"tags": ["b", "c"]}, "$add": {"n": 0.5}}),
        json!({"$token": "k", "$distinct_id": "u-1", "$remove": {"tags": "a"}, "$append": {"list": 1}, "$unset": ["plan"]}),
    ];
    let envelopes: Vec<Envelope> = bodies
        .iter()
        .map(|it| envelope("mixpanel", "engage", it))
        .collect();
    let mut people = people_of(&envelopes);
    let person = people.nodes().find(NodeKind::User, "u-1").unwrap();
    assert_eq!(
        Value::Object(people.properties(&people.map(), person)),
        json!({"$email": "a@shop.test", "email": "a@shop.test", "n": 2.5, "tags": ["b", "c"], "list": [1]})
    );
    let delete = envelope(
        "mixpanel",
        "engage",
        &json!({"$token": "k", "$distinct_id": "u-1", "$delete": ""}),
    );
    people.apply(&parse(&delete).remove(0).unwrap());
    assert!(people.properties(&people.map(), person).is_empty());
    assert_eq!(persons(&people), [["User u-1"]]);
}
