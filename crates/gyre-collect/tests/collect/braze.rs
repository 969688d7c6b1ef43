//! Braze's user endpoints: what they answer, and what becomes of what they take.

use gyre_collect::{Answer, Incoming};
use gyre_model::{Event, EventKind, TimeQuality};
use serde_json::{Value, json};

use crate::support::{NOW, Stand, post, with};

const AT: &str = "2026-11-21T19:50:00+00:00";

fn sent(path: &str, body: &Value) -> Incoming {
    let incoming = post(path, body.to_string());
    with(incoming, "Authorization", "Bearer WRITEKEY_TEST")
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// Sends, compares the answer, and returns the events.
#[track_caller]
fn check(path: &str, body: &Value, status: u16, expected: &Value) -> Vec<Event> {
    let stand = Stand::new();
    let answer = stand.handle(sent(path, body));
    assert_eq!((answer.status, &json_of(&answer)), (status, expected));
    stand.events().into_iter().flatten().collect()
}

fn ops(event: &Event) -> Value {
    let ops = event.user_ops.iter();
    Value::Array(ops.map(|it| json!([it.op, it.key, it.value])).collect())
}

#[test]
fn a_request_of_all_three_lists_is_counted_by_list() {
    let body = json!({
        "attributes": [{"external_id": "u-1", "first_name": "Jon", "has_profile_picture": true, "dob": "1988-02-14"}],
        "events": [
            {"user_alias": {"alias_name": "dev123", "alias_label": "device_id"}, "app_id": "app-1", "name": "watched_trailer",
             "time": AT, "properties": {"genre": "drama"}, "_update_existing_only": false},
            {"email": "Kim@Shop.test", "name": "opened", "time": AT}
        ],
        "purchases": [{"external_id": "u-1", "product_id": "backpack", "currency": "usd", "price": 12.12, "quantity": 3,
            "time": "2026-11-21T19:50:00Z", "properties": {"color": "red", "price": "sale"}}]
    });
    let answer = json!({"message": "success", "attributes_processed": 1, "events_processed": 2, "purchases_processed": 1});
    let events = check("/users/track", &body, 201, &answer);
    let [attributes, by_alias, by_email, purchase] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(
        (attributes.kind, attributes.name.as_str()),
        (EventKind::Identify, "$identify")
    );
    assert_eq!(
        ops(attributes),
        json!([
            ["set", "dob", "1988-02-14"],
            ["set", "date_of_birth", "1988-02-14"],
            ["set", "first_name", "Jon"],
            ["set", "has_profile_picture", true]
        ])
    );
    assert_eq!(
        by_alias.device_id.as_deref(),
        Some("alias:device_id:dev123")
    );
    assert_eq!(
        (by_alias.kind, by_alias.name.as_str()),
        (EventKind::Track, "watched_trailer")
    );
    assert_eq!(by_alias.time, NOW.plus_ms(-100_000));
    assert_eq!(
        by_alias.time_quality,
        TimeQuality::Exact,
        "a server's clock"
    );
    assert_eq!(
        Value::from(by_alias.properties.clone()),
        json!({"genre": "drama"})
    );
    assert_eq!(
        Value::from(by_alias.context.clone()),
        json!({"app_id": "app-1", "update_existing_only": false})
    );
    assert_eq!(by_email.device_id.as_deref(), Some("email:kim@shop.test"));
    assert_eq!(purchase.name, "purchase");
    assert_eq!(
        Value::from(purchase.properties.clone()),
        json!({"product_id": "backpack", "currency": "USD", "price": 12.12, "quantity": 3, "revenue": 36.36, "color": "red"})
    );
    let order: Vec<i64> = events.iter().map(|it| it.client_seq).collect();
    assert_eq!(order, [0, 1, 2, 3]);
}

#[test]
fn what_is_left_out_is_named_and_kept_and_the_rest_counts() {
    let body = json!({
        "attributes": [{"plan": "pro"}, {"external_id": "u-1", "plan": "pro"}],
        "events": [{"external_id": "u-1", "time": AT}, {"external_id": "u-1", "name": "A"}, 5],
        "purchases": [
            {"external_id": "u-1", "time": AT, "product_id": "p", "currency": "dollar", "price": 1},
            {"external_id": "u-1", "time": AT, "product_id": "p", "currency": "USD", "price": "1"},
            {"external_id": "u-1", "time": AT, "currency": "USD", "price": 1}
        ]
    });
    let stand = Stand::new();
    let answer = stand.handle(sent("/users/track", &body));
    assert_eq!(answer.status, 201);
    let error = |list: &str, index: usize, text: &str| json!({"type": text, "input_array": list, "index": index});
    assert_eq!(
        json_of(&answer),
        json!({
            "message": "success", "attributes_processed": 1, "events_processed": 0, "purchases_processed": 0,
            "errors": [
                error("attributes", 0, "'external_id' or 'user_alias' or 'braze_id' or 'email' or 'phone' is required"),
                error("events", 0, "'name' is required"),
                error("events", 1, "'time' is required, as ISO 8601"),
                error("events", 2, "an event is a JSON object"),
                error("purchases", 0, "'currency' is required, three letters as in ISO 4217"),
                error("purchases", 1, "'price' is required, a number"),
                error("purchases", 2, "'product_id' is required, a text"),
            ]
        })
    );
    let reasons: Vec<String> = stand
        .events()
        .into_iter()
        .filter_map(|it| it.err().map(|it| it.reason))
        .collect();
    assert_eq!(
        reasons,
        [
            "missing-user",
            "missing-event-name",
            "missing-time",
            "not-an-object",
            "bad-purchase",
            "bad-purchase",
            "bad-purchase"
        ]
    );
}

#[test]
fn seventy_five_objects_in_all_are_taken() {
    let event = json!({"external_id": "u-1", "name": "A", "time": AT});
    let attributes = json!({"external_id": "u-1", "plan": "pro"});
    let body = |events: usize| json!({"events": vec![event.clone(); events], "attributes": vec![attributes.clone(); 25]});
    let answer = json!({"message": "success", "attributes_processed": 25, "events_processed": 50});
    assert_eq!(check("/users/track", &body(50), 201, &answer).len(), 75);
    let refused = json!({"message": "Max input length exceeded: 76 objects, where 75 are taken", "errors": []});
    assert!(check("/users/track", &body(51), 400, &refused).is_empty());
    let answer = json!({"message": "success", "attributes_processed": 1, "events_processed": 1});
    let one = json!({"events": [event.clone()], "attributes": [attributes]});
    assert_eq!(check("/users/track/sync", &one, 201, &answer).len(), 2);
    let refused =
        json!({"message": "Max input length exceeded: 2 objects, where 1 are taken", "errors": []});
    check(
        "/users/track/sync",
        &json!({"events": [event.clone(), event]}),
        400,
        &refused,
    );
}

#[test]
fn keys_and_bodies_that_are_none_are_told_as_braze_does() {
    let body = json!({"events": [{"external_id": "u-1", "name": "A", "time": AT}]});
    let refused = json!({"message": "Invalid API key", "errors": []});
    let answer = Stand::new().handle(post("/users/track", body.to_string()));
    assert_eq!((answer.status, json_of(&answer)), (401, refused.clone()));
    let bad = with(
        post("/users/track", body.to_string()),
        "Authorization",
        "Bearer no",
    );
    let answer = Stand::new().handle(bad);
    assert_eq!((answer.status, json_of(&answer)), (401, refused));
    let nothing = json!({"message": "Valid data must be provided in 'attributes' or 'events' or 'purchases'", "errors": []});
    check(
        "/users/track",
        &json!({"partner": "x", "events": null}),
        400,
        &nothing,
    );
    let wrong =
        json!({"message": "the body is not a JSON object whose fields are lists", "errors": []});
    check("/users/track", &json!({"events": 5}), 400, &wrong);
    check("/users/track", &json!([]), 400, &wrong);
    // the key may stand in the body, as it did
    let mut old = body;
    old["api_key"] = json!("APIKEY_TEST");
    assert_eq!(
        Stand::new()
            .handle(post("/users/track", old.to_string()))
            .status,
        201
    );
}

/// Kind, user, device, previous.
#[track_caller]
fn check_link(
    path: &str,
    body: &Value,
    (status, answer): (u16, &Value),
    expected: &[(EventKind, Value, Value, Value)],
) {
    let events = check(path, body, status, answer);
    let found: Vec<_> = events
        .into_iter()
        .map(|it| {
            (
                it.kind,
                json!(it.user_id),
                json!(it.device_id),
                json!(it.previous_id),
            )
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn an_alias_an_address_or_a_number_becomes_a_users() {
    let body = json!({
        "aliases_to_identify": [{"external_id": "u-1", "user_alias": {"alias_name": "a", "alias_label": "crm"}}],
        "emails_to_identify": [{"external_id": "u-1", "email": "Kim@Shop.test", "prioritization": ["unidentified"]}],
        "merge_behavior": "merge"
    });
    let link = |previous: &str| (EventKind::Alias, json!("u-1"), Value::Null, json!(previous));
    check_link(
        "/users/identify",
        &body,
        (
            201,
            &json!({"message": "success", "aliases_processed": 1, "emails_processed": 1}),
        ),
        &[link("alias:crm:a"), link("email:kim@shop.test")],
    );
    let body = json!({"user_aliases": [
        {"external_id": "u-1", "alias_name": "a", "alias_label": "crm"},
        {"alias_name": "b", "alias_label": "crm"},
        {"alias_name": "c"}
    ]});
    check_link(
        "/users/alias/new",
        &body,
        (
            201,
            &json!({"message": "success", "aliases_processed": 2,
            "errors": [{"type": "'alias_label' is required", "input_array": "user_aliases", "index": 2}]}),
        ),
        &[
            link("alias:crm:a"),
            (
                EventKind::Identify,
                Value::Null,
                json!("alias:crm:b"),
                Value::Null,
            ),
        ],
    );
    let body = json!({"alias_updates": [{"alias_label": "crm", "old_alias_name": "a", "new_alias_name": "b"}]});
    check_link(
        "/users/alias/update",
        &body,
        (201, &json!({"message": "success", "aliases_processed": 1})),
        &[(
            EventKind::Alias,
            Value::Null,
            json!("alias:crm:b"),
            json!("alias:crm:a"),
        )],
    );
}

#[test]
fn merges_and_renames_and_deletions_are_kept_as_requests() {
    let body = json!({"merge_updates": [
        {"identifier_to_merge": {"external_id": "old"}, "identifier_to_keep": {"external_id": "u-1"}},
        {"identifier_to_merge": {"user_alias": {"alias_name": "a", "alias_label": "crm"}}, "identifier_to_keep": {"external_id": "u-1"}},
        {"identifier_to_merge": {"email": "a@b.test"}, "identifier_to_keep": {"phone": "+1"}}
    ]});
    check_link(
        "/users/merge",
        &body,
        (202, &json!({"message": "success"})),
        &[
            (EventKind::Merge, json!("u-1"), Value::Null, json!("old")),
            (
                EventKind::Alias,
                json!("u-1"),
                Value::Null,
                json!("alias:crm:a"),
            ),
            (
                EventKind::Merge,
                Value::Null,
                json!("phone:+1"),
                json!("email:a@b.test"),
            ),
        ],
    );
    check_link(
        "/users/external_ids/rename",
        &json!({"external_id_renames": [{"current_external_id": "old", "new_external_id": "u-1"}, {"new_external_id": "x"}]}),
        (
            201,
            &json!({"message": "success", "external_ids": ["u-1"],
            "rename_errors": [{"type": "'current_external_id' is required", "input_array": "external_id_renames", "index": 1}]}),
        ),
        &[(EventKind::Merge, json!("u-1"), Value::Null, json!("old"))],
    );
    let delete = |user: Value, device: Value| (EventKind::Delete, user, device, Value::Null);
    check_link(
        "/users/delete",
        &json!({"external_ids": ["u-1", 7], "braze_ids": ["b"], "email_addresses": [{"email": "a@b.test"}],
            "user_aliases": [{"alias_name": "a", "alias_label": "crm"}]}),
        (201, &json!({"message": "success", "deleted": 5})),
        &[
            delete(json!("u-1"), Value::Null),
            delete(json!("7"), Value::Null),
            delete(Value::Null, json!("braze_id:b")),
            delete(Value::Null, json!("alias:crm:a")),
            delete(Value::Null, json!("email:a@b.test")),
        ],
    );
}
