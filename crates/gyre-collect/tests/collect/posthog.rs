//! PostHog's two wires: answers byte for byte, and the rules of reading.

use bytes::Bytes;
use gyre_base::limits::BODY_BYTES_MAX;
use gyre_base::{HOUR_MS, Timestamp};
use gyre_collect::{Collector, Incoming, parse};
use gyre_model::event::Rejection;
use gyre_model::{Event, EventKind};
use serde_json::{Value, json};

use crate::support::{
    NOW, Stand, check, envelope, form_of, get, gzip, header, post, post_all_at_once, with,
};

const OK: &str = r#"{"status":"Ok"}"#;
const EXPECTED: &str = "the body is not JSON with events, plain, in base64 or in the field `data`";

fn batch(key: &str) -> String {
    format!(
        r#"{{"api_key":"{key}","batch":[{{"event":"A","distinct_id":"u-1","uuid":"i-1"}}],"sent_at":"2026-11-21T19:51:39Z"}}"#
    )
}

fn v1(body: impl Into<Bytes>) -> Incoming {
    let incoming = post("/i/v1/analytics/events", body);
    with(incoming, "Authorization", "Bearer phc_TEST")
}

#[track_caller]
fn read(dialect: &str, body: &Value) -> Event {
    let mut found = parse(&envelope(dialect, "batch", body));
    assert_eq!(found.len(), 1);
    found.remove(0).unwrap()
}

#[track_caller]
fn event(event: &Value) -> Event {
    read("posthog", &json!({"api_key": "k", "batch": [event]}))
}

fn rejection(event: &Value) -> Rejection {
    let body = json!({"api_key": "k", "batch": [event]});
    parse(&envelope("posthog", "batch", &body))
        .remove(0)
        .unwrap_err()
}

fn ids(event: &Event) -> (Option<&str>, Option<&str>, Option<&str>) {
    (
        event.user_id.as_deref(),
        event.device_id.as_deref(),
        event.previous_id.as_deref(),
    )
}

fn ops(event: &Event) -> Value {
    let ops = event.user_ops.iter();
    Value::Array(ops.map(|it| json!([it.op, it.key, it.value])).collect())
}

#[test]
fn every_path_takes_posts_and_queries_with_and_without_a_slash() {
    let one = r#"{"event":"A","properties":{"distinct_id":"u-1","token":"phc_TEST"}}"#;
    for path in ["/batch", "/e", "/capture", "/i/v0/e"] {
        for path in [path.to_owned(), format!("{path}/")] {
            check(post(&path, batch("phc_TEST")), 200, OK);
            check(post(&path, gzip(batch("phc_TEST").as_bytes())), 200, OK);
            check(get(&path, form_of(batch("phc_TEST").as_bytes())), 200, OK);
        }
    }
    for path in ["/e/", "/capture", "/i/v0/e/"] {
        check(post(path, one), 200, OK);
        check(post(path, format!("[{one},{one}]")), 200, OK);
    }
    let keyless = r#"{"event":"A","distinct_id":"u-1"}"#;
    check(
        with(post("/e", keyless), "authorization", "Bearer phc_TEST"),
        200,
        OK,
    );
    let mut in_query = post("/e", keyless);
    in_query.query = "token=phc_TEST&ip=1".to_owned();
    check(in_query, 200, OK);
    check(
        post(
            "/e",
            format!("api_key=phc_TEST&{}", form_of(keyless.as_bytes())),
        ),
        200,
        OK,
    );
}

#[test]
fn the_old_wire_is_refused_in_plain_words() {
    check(
        post("/e/", batch("nobody")),
        401,
        "no workspace has this write key",
    );
    check(
        post("/e/", r#"{"event":"A","distinct_id":"u-1"}"#),
        401,
        "no write key in the request",
    );
    for unreadable in [
        "",
        "nonsense",
        "[",
        "{\"api_key\":",
        r#"{"api_key":"k","batch":5}"#,
        "data=%%",
    ] {
        check(post("/e/", unreadable), 400, EXPECTED);
    }
    let large = Bytes::from(vec![b' '; BODY_BYTES_MAX + 1]);
    let bomb = form_of(&gzip(&large));
    for body in [large.clone(), gzip(&large).into(), bomb.into()] {
        check(post("/e/", body), 413, "the body is over 20971520 bytes");
    }
    let down = check(
        post("/e/", batch("BROKEN")),
        503,
        "events cannot be stored at the moment",
    );
    assert_eq!(header(&down, "retry-after"), Some("30"));
    let stand = Stand::new();
    stand.close();
    assert_eq!(stand.handle(post("/batch/", batch("phc_TEST"))).status, 503);
}

#[test]
fn too_much_at_once_is_503_on_both_wires() {
    let refused = post_all_at_once(&post("/e/", batch("phc_TEST")));
    assert_eq!(
        (refused.status, &refused.body[..]),
        (503, &b"too many events at once"[..])
    );
    assert_eq!(header(&refused, "retry-after"), Some("3"));
    let refused = post_all_at_once(&v1(batch("phc_TEST")));
    assert_eq!(refused.status, 503);
    assert_eq!(
        refused.body,
        r#"{"error":"overloaded","error_description":"too many events at once"}"#
    );
    assert_eq!(header(&refused, "retry-after"), Some("3"));
}

#[test]
fn the_newer_wire_answers_each_event() {
    let body = r#"{"created_at":"2026-11-21T19:51:39Z","batch":[
        {"event":"A","uuid":"i-1","distinct_id":"u-1","timestamp":"2026-11-21T19:51:38Z","options":{},"properties":{}},
        {"event":"A","uuid":"i-2","distinct_id":"null","options":{},"properties":{}},
        {"uuid":"i-3","distinct_id":"u-1"},
        5]}"#;
    let no_user =
        "missing-user: the event has neither a user id nor a device id that could be a person's";
    let expected = format!(
        r#"{{"results":{{"i-1":{{"result":"ok"}},"i-2":{{"result":"drop","details":"{no_user}"}},"i-3":{{"result":"drop","details":"missing-event-name: the event has no name"}},"3":{{"result":"drop","details":"not-an-object: an event is a JSON object"}}}}}}"#
    );
    check(v1(body), 200, &expected);
    check(v1(gzip(body.as_bytes())), 200, &expected);
    check(
        post("/i/v1/analytics/events", body),
        401,
        r#"{"error":"missing_api_key","error_description":"no write key in the request"}"#,
    );
    let wrong = with(
        post("/i/v1/analytics/events/", body),
        "authorization",
        "Bearer nobody",
    );
    check(
        wrong,
        401,
        r#"{"error":"invalid_api_key","error_description":"no workspace has this write key"}"#,
    );
    check(
        v1("nonsense"),
        400,
        &format!(r#"{{"error":"invalid_request","error_description":"{EXPECTED}"}}"#),
    );
    check(
        v1(r#"{"event":"A"}"#),
        400,
        r#"{"error":"invalid_request","error_description":"the body has no list `batch`"}"#,
    );
    check(
        v1(vec![b' '; BODY_BYTES_MAX + 1]),
        413,
        r#"{"error":"payload_too_large","error_description":"the body is over 20971520 bytes"}"#,
    );
}

#[test]
fn there_are_no_flags_and_nothing_is_recorded() {
    let asks = r#"{"token":"phc_TEST","distinct_id":"u-1","groups":{}}"#;
    for (path, body) in [
        ("/flags/", asks.as_bytes().to_vec()),
        ("/decide", gzip(asks.as_bytes())),
        ("/flags", form_of(asks.as_bytes()).into_bytes()),
    ] {
        let mut ask = post(path, body);
        ask.query = "v=2&config=true".to_owned();
        let answer = Stand::new().handle(ask);
        let found: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            (&found["flags"], &found["featureFlags"]),
            (&json!({}), &json!({}))
        );
        assert_eq!(found["errorsWhileComputingFlags"], json!(false));
        assert_eq!(found["sessionRecording"], json!(false));
    }
    check(
        post("/flags/", r#"{"token":"nobody"}"#),
        401,
        "no workspace has this write key",
    );
    check(post("/flags/", ""), 401, "no write key in the request");
    let stand = Stand::new();
    assert_eq!(stand.handle(post("/s/", "anything")).body, OK);
    assert!(stand.envelopes().is_empty());
}

#[test]
fn a_browser_is_told_to_send_events_and_nothing_else() {
    let answer = Stand::new().handle(get("/array/phc_TEST/config", "ip=0"));
    let config: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(config["token"], "phc_TEST");
    assert_eq!(config["analytics"]["endpoint"], "/i/v0/e/");
    for off in ["hasFeatureFlags", "sessionRecording", "heatmaps"] {
        assert_eq!(config[off], json!(false), "{off}");
    }
    assert!(config.get("surveys").is_none(), "told of, they are loaded");

    let script = Stand::new().handle(get("/array/phc_TEST/config.js", ""));
    assert_eq!(
        header(&script, "content-type"),
        Some("application/javascript; charset=utf-8")
    );
    let text = String::from_utf8(script.body.to_vec()).unwrap();
    let (_, rest) = text
        .split_once(r#"window._POSTHOG_REMOTE_CONFIG["phc_TEST"] = {"config": "#)
        .unwrap();
    let (inside, _) = rest.split_once(r#", "siteApps": []};"#).unwrap();
    assert_eq!(serde_json::from_str::<Value>(inside).unwrap(), config);

    assert_eq!(
        Stand::new().handle(get("/array/nobody/config", "")).status,
        401
    );
    assert!(!Collector::takes("/array//config"));
    assert!(!Collector::takes("/array/phc_TEST/other"));
}

#[test]
fn paths_shared_with_others_are_decided_by_the_body() {
    let stand = Stand::new();
    let engage = r#"{"token":"phc_TEST","distinct_id":"u-1","$set":{"plan":"pro"}}"#;
    let mixpanel = r#"{"event":"A","properties":{"distinct_id":"u-1","token":"TOKEN_TEST"}}"#;
    let profile = r#"{"$token":"TOKEN_TEST","$distinct_id":"u-1","$set":{"plan":"pro"}}"#;
    let segment =
        r#"{"batch":[{"type":"track","event":"A","userId":"u-1"}],"writeKey":"WRITEKEY_TEST"}"#;
    for (path, body, dialect) in [
        ("/batch", batch("phc_TEST"), "posthog"),
        ("/batch/", segment.to_owned(), "segment"),
        ("/track/", batch("phc_TEST"), "posthog"),
        ("/track", form_of(batch("phc_TEST").as_bytes()), "posthog"),
        ("/track", mixpanel.to_owned(), "mixpanel"),
        ("/track/", form_of(mixpanel.as_bytes()), "mixpanel"),
        ("/engage", engage.to_owned(), "posthog"),
        ("/engage/", form_of(profile.as_bytes()), "mixpanel"),
    ] {
        let answer = stand.handle(post(path, body));
        assert_eq!(answer.status, 200, "{path} {dialect} {:?}", answer.body);
        let envelope = stand.envelopes().pop().unwrap();
        assert_eq!(envelope.dialect, dialect, "{path}");
        assert!(parse(&envelope)[0].is_ok(), "{path} {dialect}");
    }
}

#[test]
fn an_anonymous_id_is_a_device_and_any_other_a_person() {
    let uuid = "2d7e4cfb-4ce5-4084-b220-8a810006814a";
    for (properties, distinct_id, expected) in [
        (json!({}), "u-1", (Some("u-1"), None)),
        // a browser before and after a sign-in
        (json!({"$device_id": "d-1"}), "d-1", (None, Some("d-1"))),
        (
            json!({"$device_id": "d-1", "$is_identified": true}),
            "u-1",
            (Some("u-1"), Some("d-1")),
        ),
        // a browser after a reset keeps the device's id and makes a new one of its own
        (
            json!({"$device_id": "d-1", "$is_identified": false}),
            "x-2",
            (None, Some("x-2")),
        ),
        // no person wanted: an id made up at random is nobody's, a user's is theirs
        (
            json!({"$process_person_profile": false}),
            uuid,
            (None, Some(uuid)),
        ),
        (
            json!({"$process_person_profile": false}),
            "u-1",
            (Some("u-1"), None),
        ),
        (
            json!({"$process_person_profile": true}),
            uuid,
            (Some(uuid), None),
        ),
    ] {
        let found =
            event(&json!({"event": "A", "distinct_id": distinct_id, "properties": properties}));
        let (user, device, _) = ids(&found);
        assert_eq!((user, device), expected, "{properties}");
        assert_eq!(Value::Object(found.properties), json!({}), "{properties}");
    }
    let found = read(
        "posthog-v1",
        &json!({"batch": [{"event": "A", "distinct_id": uuid, "options": {"process_person_profile": false}}]}),
    );
    assert_eq!(ids(&found), (None, Some(uuid), None));
}

#[test]
fn an_absent_id_is_absent_and_a_forbidden_one_is_nobody() {
    let found = event(&json!({"event": "A", "distinct_id": null,
        "properties": {"distinct_id": "u-1", "$device_id": null, "$session_id": null}}));
    assert_eq!(ids(&found), (Some("u-1"), None, None));
    for id in [
        "null",
        "undefined",
        "anonymous",
        "[object Object]",
        "0",
        "distinct_id",
        "00000000-0000-0000-0000-000000000000",
    ] {
        let found = rejection(&json!({"event": "A", "distinct_id": id}));
        assert_eq!(found.reason, "missing-user", "{id}");
    }
    assert_eq!(rejection(&json!({"event": "A"})).reason, "missing-user");
    let found = rejection(&json!({"event": "$pageview", "distinct_id": "$posthog_cookieless"}));
    assert_eq!(found.reason, "cookieless-visitor");
}

#[test]
fn a_sign_in_names_both_ids() {
    let found = event(
        &json!({"event": "$identify", "$set": {"plan": "pro"}, "$set_once": {"first": "x"},
        "properties": {"distinct_id": "u-1", "$anon_distinct_id": "x-2", "$device_id": "d-1", "$is_identified": true}}),
    );
    assert_eq!(found.kind, EventKind::Identify);
    assert_eq!(ids(&found), (Some("u-1"), Some("x-2"), None));
    assert_eq!(
        ops(&found),
        json!([["set", "plan", "pro"], ["set_once", "first", "x"]])
    );
    // of a server, which has no other id; and of oneself
    let found = event(
        &json!({"event": "$identify", "distinct_id": "u-1", "properties": {"$set": {"plan": "pro"}}}),
    );
    assert_eq!(ids(&found), (Some("u-1"), None, None));
    let found = event(
        &json!({"event": "$identify", "distinct_id": "u-1", "properties": {"$anon_distinct_id": "u-1"}}),
    );
    assert_eq!(ids(&found), (Some("u-1"), None, None));
}

#[test]
fn an_alias_is_read_in_the_order_of_its_library() {
    let alias = |lib: &str, distinct_id: &str, alias: &str| {
        event(
            &json!({"event": "$create_alias", "distinct_id": distinct_id,
            "properties": {"distinct_id": distinct_id, "alias": alias, "$lib": lib, "$is_server": true}}),
        )
    };
    for found in [
        alias("posthog-node", "u-1", "anon-1"),
        alias("posthog-python", "anon-1", "u-1"),
    ] {
        assert_eq!(found.kind, EventKind::Alias);
        assert_eq!(ids(&found), (Some("u-1"), None, Some("anon-1")));
    }
    // a browser that nobody signed in to says what it will be called
    let found = event(
        &json!({"event": "$create_alias", "properties": {"distinct_id": "d-1", "$device_id": "d-1", "alias": "u-1"}}),
    );
    assert_eq!(ids(&found), (Some("u-1"), None, Some("d-1")));
    let oneself = alias("posthog-node", "u-1", "u-1");
    assert_eq!(ids(&oneself), (Some("u-1"), None, None), "links nothing");
    let none =
        json!({"event": "$create_alias", "distinct_id": "u-1", "properties": {"alias": "null"}});
    assert_eq!(rejection(&none).reason, "missing-previous-id");
}

#[test]
fn a_group_is_no_person() {
    let group = |distinct_id: &str, more: Value| {
        let mut properties =
            json!({"$group_type": "company", "$group_key": "acme", "$group_set": {"n": 5}});
        properties
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        event(
            &json!({"event": "$groupidentify", "distinct_id": distinct_id, "properties": properties}),
        )
    };
    for made_up in ["$company_acme", "f485333e-eb37-49b4-8540-f0e0d80b5ff7"] {
        let found = group(made_up, json!({"$lib": "posthog-python"}));
        assert_eq!(
            (found.kind, ids(&found)),
            (EventKind::Group, (None, None, None))
        );
        assert_eq!(found.groups, [("company".to_owned(), "acme".to_owned())]);
        assert_eq!(Value::Object(found.properties), json!({"n": 5}));
    }
    assert_eq!(ids(&group("u-1", json!({}))), (Some("u-1"), None, None));
    let uuid = "01a200f2-5d86-7e4b-9cb8-62811cae1e28";
    let browser = group(uuid, json!({"$device_id": "d-1", "$is_identified": true}));
    assert_eq!(ids(&browser), (Some(uuid), Some("d-1"), None));
}

#[test]
fn operations_stand_in_the_properties_and_beside_them() {
    let found = event(
        &json!({"event": "A", "distinct_id": "u-1", "$set": {"b": 2}, "$unset": ["c"],
        "properties": {"$set": {"a": 1}, "$set_once": {"d": 4, "e": null}, "$unset": {"f": ""}, "x": 1}}),
    );
    assert_eq!(
        ops(&found),
        json!([
            ["set", "a", 1],
            ["set_once", "d", 4],
            ["unset", "f", null],
            ["set", "b", 2],
            ["unset", "c", null]
        ])
    );
    assert_eq!(Value::Object(found.properties), json!({"x": 1}));
    let engage = parse(&envelope(
        "posthog",
        "engage",
        &json!({"token": "k", "$distinct_id": "u-1", "$set": {"plan": "pro"}}),
    ));
    let found = engage[0].as_ref().unwrap();
    assert_eq!(
        (found.kind, found.name.as_str()),
        (EventKind::Identify, "$identify")
    );
    assert_eq!(ops(found), json!([["set", "plan", "pro"]]));
}

#[test]
fn the_time_is_told_in_every_way() {
    let at = |event: &Value| event_time(&json!({"api_key": "k", "batch": [event]}));
    let told =
        json!({"event": "A", "distinct_id": "u", "timestamp": "2026-11-21T19:50:00.5+00:00"});
    assert_eq!(at(&told), NOW.plus_ms(-99_500));
    assert_eq!(
        at(&json!({"event": "A", "distinct_id": "u", "offset": 4_000})),
        NOW.plus_ms(-4_000)
    );
    let old = json!({"event": "A", "distinct_id": "u", "properties": {"$time": 1_795_290_600.25}});
    assert_eq!(at(&old), Timestamp(1_795_290_600_250));
    assert_eq!(at(&json!({"event": "A", "distinct_id": "u"})), NOW);

    // a browser two hours behind is corrected; a server, an import and who forbids it are believed
    let behind = NOW.plus_ms(-2 * HOUR_MS);
    let body = |properties: Value, historical: bool| {
        json!({"api_key": "k", "sent_at": behind.rfc3339(), "historical_migration": historical,
            "batch": [{"event": "A", "distinct_id": "u", "timestamp": behind.rfc3339(), "properties": properties}]})
    };
    assert_eq!(event_time(&body(json!({"$lib": "web"}), false)), NOW);
    for believed in [
        body(json!({"$is_server": true}), false),
        body(json!({"$lib": "posthog-ruby"}), false),
        body(json!({"$ignore_sent_at": true}), false),
        body(json!({}), true),
    ] {
        assert_eq!(event_time(&believed), behind, "{believed}");
    }
}

#[track_caller]
fn event_time(body: &Value) -> Timestamp {
    read("posthog", body).time
}

#[test]
fn a_frozen_upload_time_is_overruled_by_what_is_written_at_each_try() {
    let made = NOW.plus_ms(-3 * HOUR_MS).rfc3339();
    let event =
        json!({"event": "A", "distinct_id": "u", "uuid": "i", "timestamp": made, "options": {}});
    // the batch was made and first sent three hours ago
    let old = json!({"api_key": "phc_TEST", "batch": [event], "sent_at": made}).to_string();
    let newer = json!({"batch": [event], "created_at": made}).to_string();

    let frozen = Stand::new();
    frozen.handle(post("/e/", old.clone()));
    assert_eq!(
        frozen.events()[0].as_ref().unwrap().time,
        NOW,
        "all that is known is a slow clock"
    );

    let stand = Stand::new();
    let mut query = post("/e/", old);
    query.query = format!("retry_count=3&ip=0&_={}", NOW.ms() - 200);
    stand.handle(query);
    stand.handle(with(
        v1(newer),
        "PostHog-Request-Timestamp",
        &NOW.plus_ms(-200).rfc3339(),
    ));
    let events = stand.events();
    assert_eq!(events.len(), 2);
    for event in events {
        assert_eq!(event.unwrap().time, NOW.plus_ms(-3 * HOUR_MS));
    }
}

#[test]
fn a_servers_system_is_not_the_persons() {
    let found = |is_server: bool| {
        let properties = json!({"$os": "Linux", "$is_server": is_server, "$lib": "posthog-python", "$lib_version": "7"});
        event(&json!({"event": "A", "distinct_id": "u", "properties": properties}))
    };
    assert_eq!(found(true).context.get("os_name"), None);
    assert_eq!(found(true).properties["$os"], "Linux");
    assert_eq!(found(false).context["os_name"], "Linux");
    assert_eq!(found(false).context["library"], "posthog-python/7");
}
