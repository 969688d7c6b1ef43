//! The rules of reading, one by one.

use gyre_base::{HOUR_MS, Timestamp};
use gyre_collect::{Envelope, internal_envelope, parse};
use gyre_model::event::Rejection;
use gyre_model::{Event, EventKind};
use serde_json::{Value, json};

use crate::support::{NOW, WORKSPACE, envelope};

fn read(dialect: &str, endpoint: &str, body: &Value) -> Vec<Result<Event, Rejection>> {
    parse(&envelope(dialect, endpoint, body))
}

#[track_caller]
fn one(dialect: &str, endpoint: &str, body: &Value) -> Event {
    let mut found = read(dialect, endpoint, body);
    assert_eq!(found.len(), 1);
    found.remove(0).unwrap()
}

#[track_caller]
fn ours(event: &Value) -> Event {
    one("gyre", "events", &json!([event]))
}

#[track_caller]
fn amplitude(event: &Value) -> Event {
    one(
        "amplitude",
        "httpapi",
        &json!({"api_key": "k", "events": [event]}),
    )
}

#[track_caller]
fn check_rejected(event: &Value, reason: &str) {
    let mut found = read("gyre", "events", &json!([event]));
    let rejection = found.remove(0).unwrap_err();
    assert_eq!(rejection.reason, reason);
    assert_eq!(&rejection.raw, event, "kept whole");
}

fn ops(event: &Event) -> Value {
    let ops = event.user_ops.iter();
    Value::Array(ops.map(|it| json!([it.op, it.key, it.value])).collect())
}

#[test]
fn our_endpoint_knows_every_usual_spelling() {
    let expected = ours(&json!({
        "event": "Signed Up", "user_id": "u-1", "device_id": "d-1", "time": 1_795_290_699_000_i64,
        "insert_id": "i-1", "properties": {"plan": "pro"}, "context": {"os_name": "iOS", "platform": "iOS"}
    }));
    assert_eq!(expected.time, Timestamp(1_795_290_699_000));
    for spelled in [
        json!({"event_type": "Signed Up", "userId": "u-1", "deviceId": "d-1", "timestamp": "2026-11-21T19:51:39Z",
            "insertId": "i-1", "event_properties": {"plan": "pro"}, "context": {"os": {"name": "iOS"}}}),
        json!({"name": "Signed Up", "external_id": "u-1", "anonymous_id": "d-1", "ts": 1_795_290_699,
            "messageId": "i-1", "plan": "pro", "os_name": "iOS", "platform": "iOS"}),
        json!({"type": "Signed Up", "distinct_id": "u-1", "anonymousId": "d-1", "ts": "1795290699000",
            "uuid": "i-1", "properties": {"plan": "pro"}, "context": {"os": {"name": "iOS"}}}),
        json!({"type": "track", "event": "Signed Up", "userId": "u-1", "anonymousId": "d-1", "messageId": "i-1",
            "timestamp": "2026-11-21T19:51:39.000Z", "properties": {"plan": "pro"}, "context": {"os": {"name": "iOS"}}}),
    ] {
        assert_eq!(ours(&spelled), expected, "{spelled}");
    }
}

#[test]
fn a_distinct_id_is_a_user_unless_it_is_the_device() {
    let event = ours(&json!({"event": "A", "distinct_id": "d-1", "device_id": "d-1"}));
    assert_eq!(
        (event.user_id, event.device_id.as_deref()),
        (None, Some("d-1"))
    );
    let event = ours(&json!({"event": "A", "distinct_id": "u-1", "device_id": "d-1"}));
    assert_eq!(event.user_id.as_deref(), Some("u-1"));
    let event = ours(&json!({"event": "A", "user_id": 42}));
    assert_eq!(event.user_id.as_deref(), Some("42"));
}

#[test]
fn an_identify_with_nothing_but_user_properties_is_no_act() {
    let event = ours(
        &json!({"event": "$identify", "user_id": "u", "$set": {"plan": "pro"}, "$set_once": {"n": 1}}),
    );
    assert_eq!(
        (event.kind, event.name.as_str()),
        (EventKind::Identify, "$identify")
    );
    assert_eq!(
        ops(&event),
        json!([["set", "plan", "pro"], ["set_once", "n", 1]])
    );
    let event = ours(&json!({"event": "identify", "user_id": "u", "properties": {"step": 2}}));
    assert_eq!(
        (event.kind, event.name.as_str()),
        (EventKind::Track, "identify")
    );
    let event = ours(&json!({"type": "identify", "userId": "u", "traits": {"firstName": "Kim"}}));
    assert_eq!(event.kind, EventKind::Identify);
    assert_eq!(
        ops(&event),
        json!([["set", "firstName", "Kim"], ["set", "first_name", "Kim"]])
    );
    let event = ours(&json!({"event": "A", "user_id": "u", "user_properties": {"$add": {"n": 1}}}));
    assert_eq!(
        (event.kind, ops(&event)),
        (EventKind::Track, json!([["add", "n", 1]]))
    );
}

#[test]
fn a_call_of_segments_is_read_as_one() {
    let event = ours(
        &json!({"type": "page", "name": "Home", "anonymousId": "d", "properties": {"url": "/"}}),
    );
    assert_eq!(event.name, "page");
    assert_eq!(
        Value::Object(event.properties),
        json!({"url": "/", "name": "Home"})
    );
    let event = ours(&json!({"type": "alias", "userId": "u-2", "previousId": "u-1"}));
    assert_eq!(
        (event.kind, event.previous_id.as_deref()),
        (EventKind::Alias, Some("u-1"))
    );
    // an event that happens to be called like a call
    let event = ours(&json!({"event": "page", "user_id": "u"}));
    assert_eq!(
        (event.kind, event.name.as_str()),
        (EventKind::Track, "page")
    );
}

#[test]
fn an_alias_with_itself_links_nothing_and_one_with_nothing_is_rejected() {
    let event = ours(&json!({"type": "alias", "userId": "u-1", "previousId": "u-1"}));
    assert_eq!((event.kind, event.previous_id), (EventKind::Alias, None));
    let event = ours(&json!({"type": "alias", "userId": "u-1", "anonymousId": "d-1"}));
    assert_eq!(event.previous_id.as_deref(), Some("d-1"));
    check_rejected(
        &json!({"type": "alias", "userId": "u-1"}),
        "missing-previous-id",
    );
}

#[test]
fn placeholders_are_kept_as_text_and_are_nobody() {
    let event = ours(&json!({"event": "A", "user_id": "undefined", "device_id": "d-1"}));
    assert_eq!(event.user_id, None);
    assert_eq!(event.context["junk_user_id"], "undefined");
    check_rejected(
        &json!({"event": "A", "user_id": "null", "device_id": "0"}),
        "missing-user",
    );
    check_rejected(&json!({"event": "A", "user_id": {"id": 1}}), "missing-user");
    check_rejected(&json!({"event": "A", "user_id": true}), "missing-user");
    check_rejected(
        &json!({"event": "A", "user_id": " ", "device_id": null}),
        "missing-user",
    );
}

#[test]
fn what_is_not_an_event_is_rejected_with_its_reason() {
    check_rejected(&json!(5), "not-an-object");
    check_rejected(&json!({"user_id": "u"}), "missing-event-name");
    check_rejected(&json!({"event": " ", "user_id": "u"}), "missing-event-name");
    check_rejected(
        &json!({"event": "A", "user_id": "u", "properties": "x"}),
        "properties-not-an-object",
    );
    check_rejected(
        &json!({"event": "A", "user_id": "u".repeat(1_025)}),
        "id-too-long",
    );
    check_rejected(
        &json!({"event": "A".repeat(1_025), "user_id": "u"}),
        "name-too-long",
    );
    let many: serde_json::Map<_, _> = (0..2_001).map(|it| (it.to_string(), json!(1))).collect();
    check_rejected(
        &json!({"event": "A", "user_id": "u", "properties": many}),
        "too-many-properties",
    );
    let deep = format!("[{}{}]", "[".repeat(200), "]".repeat(200));
    let mut raw = envelope("gyre", "events", &json!(null));
    raw.body = deep.into();
    assert_eq!(
        parse(&raw)[0].as_ref().unwrap_err().reason,
        "unreadable-event"
    );
}

#[test]
fn php_writes_an_empty_object_as_a_list() {
    let event = amplitude(
        &json!({"event_type": "A", "user_id": "u", "event_properties": [], "groups": []}),
    );
    assert!(event.properties.is_empty());
}

#[test]
fn amplitude_revenue_is_found_in_all_three_places() {
    let event = amplitude(&json!({"event_type": "revenue_amount", "user_id": "u",
        "event_properties": {"$price": 3.99, "$quantity": 3, "$productId": "sku-1"}}));
    assert_eq!(
        Value::Object(event.properties),
        json!({"$price": 3.99, "$quantity": 3, "$productId": "sku-1", "revenue": 11.97})
    );
    let event = amplitude(
        &json!({"event_type": "Buy", "user_id": "u", "price": 2, "quantity": 4, "productId": "p",
        "event_properties": {"quantity": 5}}),
    );
    assert_eq!(
        Value::Object(event.properties),
        json!({"quantity": 5, "price": 2, "productId": "p", "revenue": 10.0})
    );
    let event = amplitude(
        &json!({"event_type": "Product Viewed", "user_id": "u", "event_properties": {"price": 9}}),
    );
    assert_eq!(
        event.properties.get("revenue"),
        None,
        "a price alone is not a sale"
    );
}

#[test]
fn amplitude_session_counter_and_place_are_kept() {
    let event = amplitude(
        &json!({"event_type": "A", "user_id": "u", "session_id": -1, "event_id": 12,
        "platform": "Android", "os_name": "android", "country": "South Korea", "ip": "$remote", "plan": {"branch": "main"}}),
    );
    assert_eq!((event.session_id, event.client_seq), (Some(-1), 12));
    assert_eq!(event.context["country"], "South Korea");
    assert_eq!(event.context["plan"], json!({"branch": "main"}));
    assert_eq!(event.context.get("ip"), None, "no connection, no address");
}

#[test]
fn the_connection_tells_the_address_of_a_person_and_not_of_a_server() {
    let read = |ip: Value, agent: &str, library: &str| {
        let event = json!({"event_type": "A", "user_id": "u", "ip": ip, "library": library});
        let envelope = Envelope {
            peer_ip: Some("::ffff:198.51.100.9".parse().unwrap()),
            user_agent: Some(agent.to_owned()),
            ..envelope("amplitude", "httpapi", &json!({"events": [event]}))
        };
        let event = parse(&envelope).remove(0).unwrap();
        event.context.get("ip").cloned()
    };
    assert_eq!(
        read(json!("$remote"), "x", "amplitude-ts/2.44.0"),
        Some(json!("198.51.100.9"))
    );
    assert_eq!(
        read(json!(null), "Mozilla/5.0", "amplitude-ts/2.44.0"),
        Some(json!("198.51.100.9"))
    );
    assert_eq!(
        read(json!("203.0.113.7"), "Mozilla/5.0", "x"),
        Some(json!("203.0.113.7"))
    );
    assert_eq!(read(json!(null), "node", "x"), None);
    assert_eq!(
        read(json!(null), "Mozilla/5.0", "amplitude-node-ts/1.5.73"),
        None
    );
}

#[test]
fn amplitude_identify_forms_are_property_calls() {
    let mut form = envelope("amplitude", "identify", &json!(null));
    form.body = "api_key=k&identification=%7B%22user_id%22%3A%22u%22%2C%22user_properties%22%3A%7B%22Email%22%3A%22a%40b.test%22%7D%7D".into();
    let event = parse(&form).remove(0).unwrap();
    assert_eq!(
        (event.kind, event.name.as_str()),
        (EventKind::Identify, "$identify")
    );
    assert_eq!(
        ops(&event),
        json!([["set", "Email", "a@b.test"], ["set", "email", "a@b.test"]])
    );
    let group = json!({"identification": [
        {"group_type": "org", "group_value": "acme", "user_id": "u", "group_properties": {"$set": {"n": 5}}},
        {"group_type": "org", "group_value": "acme", "group_properties": {"n": 5}}
    ]});
    let found = read("amplitude", "groupidentify", &group);
    let event = found[0].as_ref().unwrap();
    assert_eq!(event.groups, [("org".to_owned(), "acme".to_owned())]);
    assert_eq!(
        (event.kind, event.properties["n"].as_i64()),
        (EventKind::Group, Some(5))
    );
    // a group has properties of its own, whoever sent them
    let event = found[1].as_ref().unwrap();
    assert_eq!(
        (event.kind, &event.user_id, &event.device_id),
        (EventKind::Group, &None, &None)
    );
}

#[test]
fn a_wrong_device_clock_is_corrected_and_a_servers_is_believed() {
    let body = |off_ms: i64, library: &str| {
        let sent = NOW.plus_ms(off_ms).ms();
        json!({"client_upload_time": sent, "events": [
            {"event_type": "A", "user_id": "u", "time": sent - 5_000, "library": library}
        ]})
    };
    for off_ms in [2 * HOUR_MS, -2 * HOUR_MS] {
        let device = one("amplitude", "httpapi", &body(off_ms, "amplitude-ts/2.44.0"));
        assert_eq!(device.time, NOW.plus_ms(-5_000));
        assert_eq!(device.client_time, Some(NOW.plus_ms(off_ms - 5_000)));
        let server = one(
            "amplitude",
            "httpapi",
            &body(off_ms, "amplitude-python/1.3.0"),
        );
        let believed = NOW.plus_ms(off_ms - 5_000);
        assert_eq!(
            server.time,
            believed.min(NOW),
            "though never past its arrival"
        );
    }
}

#[test]
fn an_import_keeps_its_times() {
    let old = "2020-01-01T00:00:00Z";
    let message = json!({"batch": [{"type": "track", "event": "A", "userId": "u", "timestamp": old}], "sentAt": old});
    let at = Timestamp::parse(old).unwrap();
    assert_eq!(one("segment", "import", &message).time, at);
    assert_eq!(
        one("segment", "batch", &message).time,
        NOW,
        "sent and happened at once, long ago by its clock"
    );
    let event = json!({"event": "A", "user_id": "u", "time": old});
    let historical = json!({"events": [event], "sent_at": old, "historical": true});
    assert_eq!(one("gyre", "events", &historical).time, at);
}

#[test]
fn the_order_of_a_request_is_kept_where_the_client_does_not_count() {
    let event = json!({"event": "A", "user_id": "u"});
    let found = read("gyre", "events", &json!([event, event, event]));
    let seqs: Vec<i64> = found
        .iter()
        .map(|it| it.as_ref().unwrap().client_seq)
        .collect();
    assert_eq!(seqs, [0, 1, 2]);
}

#[test]
fn groups_may_be_one_or_many() {
    let event = amplitude(
        &json!({"event_type": "A", "user_id": "u", "groups": {"org": ["acme", 7], "team": "x", "no": null}}),
    );
    let groups: Vec<_> = event
        .groups
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(groups, [("org", "acme"), ("org", "7"), ("team", "x")]);
}

#[test]
fn our_own_events_come_back_as_they_were() {
    let mut event = Event::new(EventKind::Internal, "message.email.sent", NOW);
    event.user_id = Some("u".to_owned());
    event.properties.insert("campaign".to_owned(), json!("c"));
    let record = internal_envelope(WORKSPACE, NOW, &[event.clone(), event.clone()]);
    let envelope = Envelope::decode(&record).unwrap();
    assert_eq!(envelope.workspace, WORKSPACE);
    let found: Vec<Event> = parse(&envelope).into_iter().map(Result::unwrap).collect();
    assert_eq!(found, [event.clone(), event]);
}

#[test]
fn a_record_of_an_unknown_dialect_is_one_rejection() {
    let found = read("klingon", "x", &json!({"a": 1}));
    assert_eq!(found[0].as_ref().unwrap_err().reason, "unknown-dialect");
}
