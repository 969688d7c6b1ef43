//! Mixpanel: answers byte for byte, and the rules of reading.

use bytes::Bytes;
use gyre_base::Timestamp;
use gyre_base::limits::BODY_BYTES_MAX;
use gyre_collect::{Incoming, parse};
use gyre_model::event::Rejection;
use gyre_model::{Event, EventKind};
use serde_json::{Value, json};

use crate::support::{
    Stand, check, envelope, form_of, get, gzip, header, post, post_all_at_once, with,
};

const VERBOSE_OK: &str = r#"{"status":1,"error":null}"#;
const EXPECTED: &str = "the body is not JSON with events, plain, as lines, or in the field `data`";

fn event(token: &str) -> String {
    format!(
        r#"{{"event":"A","properties":{{"distinct_id":"u-1","token":"{token}","time":1795290699}}}}"#
    )
}

fn profile(token: &str) -> String {
    format!(r#"{{"$token":"{token}","$distinct_id":"u-1","$set":{{"plan":"pro"}}}}"#)
}

fn verbose(mut incoming: Incoming) -> Incoming {
    incoming.query = format!("{}&verbose=1&ip=0", incoming.query);
    incoming
}

fn read(endpoint: &str, body: &Value) -> Vec<Result<Event, Rejection>> {
    parse(&envelope("mixpanel", endpoint, body))
}

#[track_caller]
fn one(endpoint: &str, body: &Value) -> Event {
    let mut found = read(endpoint, body);
    assert_eq!(found.len(), 1);
    found.remove(0).unwrap()
}

fn ids(event: &Event) -> (Option<&str>, Option<&str>, Option<&str>) {
    (
        event.user_id.as_deref(),
        event.device_id.as_deref(),
        event.previous_id.as_deref(),
    )
}

#[test]
fn every_endpoint_answers_what_was_asked_for() {
    let group =
        r#"{"$token":"TOKEN_TEST","$group_key":"company","$group_id":"acme","$set":{"n":5}}"#;
    for (path, body) in [
        ("/track", event("TOKEN_TEST")),
        ("/engage", profile("TOKEN_TEST")),
        ("/groups", group.to_owned()),
    ] {
        for path in [path.to_owned(), format!("{path}/")] {
            for incoming in [
                post(&path, body.clone()),
                post(&path, format!("[{body},{body}]")),
                post(&path, form_of(body.as_bytes())),
                post(&path, gzip(form_of(body.as_bytes()).as_bytes())),
                get(&path, form_of(body.as_bytes())),
                get(&path, format!("data={}", body.replace('"', "%22"))),
            ] {
                check(incoming.clone(), 200, "1");
                check(verbose(incoming), 200, VERBOSE_OK);
            }
            check(
                post(&path, format!("verbose=1&{}", form_of(body.as_bytes()))),
                200,
                VERBOSE_OK,
            );
        }
    }
    let picture = Stand::new().handle(get(
        "/track",
        format!("img=1&{}", form_of(event("TOKEN_TEST").as_bytes())),
    ));
    assert_eq!(header(&picture, "content-type"), Some("image/gif"));
    assert!(picture.body.starts_with(b"GIF89a"));
}

#[test]
fn an_import_counts_what_it_took() {
    let imported =
        |count: usize| format!(r#"{{"code":200,"num_records_imported":{count},"status":"OK"}}"#);
    let good = event("TOKEN_TEST");
    check(
        post("/import", format!("[{good},{good}]")),
        200,
        &imported(2),
    );
    check(
        post("/import/", format!("{good}\n{good}\nnonsense\n\n{good}\n")),
        200,
        &imported(3),
    );
    let lines = gzip(format!("{good}\n{good}").as_bytes());
    check(post("/import", lines), 200, &imported(2));
    // the project's key may stand where Mixpanel's secret does
    let keyless =
        r#"[{"event":"A","properties":{"distinct_id":"u-1"}},{"event":"A","properties":{}}]"#;
    let basic = with(
        post("/import", keyless),
        "authorization",
        "Basic VE9LRU5fVEVTVDo=",
    );
    check(basic, 200, &imported(1));
    // libraries ask for the other answer
    check(
        verbose(post("/import", form_of(good.as_bytes()))),
        200,
        VERBOSE_OK,
    );
}

#[test]
fn refusals_say_status_0() {
    let refused = |error: &str| format!(r#"{{"status":0,"error":"{error}"}}"#);
    check(
        post("/track", event("nobody")),
        401,
        &refused("no workspace has this write key"),
    );
    check(
        get("/track", form_of(br#"{"event":"A","properties":{}}"#)),
        401,
        &refused("no write key in the request"),
    );
    for unreadable in ["", "nonsense", "data=", "data=%%", "[", "data=aGVsbG8="] {
        check(verbose(post("/track", unreadable)), 400, &refused(EXPECTED));
    }
    let large = Bytes::from(vec![b' '; BODY_BYTES_MAX + 1]);
    for body in [
        large.clone(),
        gzip(&large).into(),
        form_of(&gzip(&large)).into(),
    ] {
        check(
            post("/track", body),
            413,
            &refused("the body is over 20971520 bytes"),
        );
    }
    let down = check(
        post("/engage", profile("BROKEN")),
        503,
        &refused("events cannot be stored at the moment"),
    );
    assert_eq!(header(&down, "retry-after"), Some("30"));
    let refused = post_all_at_once(&post("/track", event("TOKEN_TEST")));
    assert_eq!(
        (refused.status, header(&refused, "retry-after")),
        (503, Some("3"))
    );
    assert_eq!(
        refused.body,
        r#"{"status":0,"error":"too many events at once"}"#
    );
}

#[test]
fn the_key_may_stand_beside_the_events() {
    let keyless = r#"{"event":"A","properties":{"distinct_id":"u-1"}}"#;
    let mut in_query = post("/track", keyless);
    in_query.query = "api_key=TOKEN_TEST".to_owned();
    check(in_query, 200, "1");
    check(
        post(
            "/track",
            format!("token=TOKEN_TEST&{}", form_of(keyless.as_bytes())),
        ),
        200,
        "1",
    );
    // the token of an event counts before it
    let mut other = post("/track", event("TOKEN_TEST"));
    other.query = "api_key=KEY".to_owned();
    check(other, 200, "1");
}

#[test]
fn an_event_of_another_token_is_not_mixed_in() {
    let body = format!(
        "[{},{},{}]",
        event("TOKEN_TEST"),
        event("OTHER"),
        r#"{"event":"A","properties":{"distinct_id":"u-1"}}"#
    );
    let stand = Stand::new();
    assert_eq!(stand.handle(post("/track", body)).status, 200);
    let reasons: Vec<String> = stand
        .events()
        .into_iter()
        .map(|it| it.map_or_else(|it| it.reason, |it| it.name))
        .collect();
    assert_eq!(reasons, ["A", "other-token", "A"]);
}

#[test]
fn ids_are_read_in_both_of_mixpanels_ways() {
    for (properties, expected) in [
        (json!({"distinct_id": "u-1"}), (Some("u-1"), None)),
        (
            json!({"distinct_id": "u-1", "$device_id": "d-1"}),
            (Some("u-1"), Some("d-1")),
        ),
        (
            json!({"distinct_id": "d-1", "$device_id": "d-1"}),
            (None, Some("d-1")),
        ),
        (json!({"distinct_id": "$device:d-1"}), (None, Some("d-1"))),
        (
            json!({"distinct_id": "$device:d-1", "$device_id": "d-1", "$user_id": null}),
            (None, Some("d-1")),
        ),
        (
            json!({"distinct_id": "u-1", "$device_id": "d-1", "$user_id": "u-1"}),
            (Some("u-1"), Some("d-1")),
        ),
        (
            json!({"$user_id": 42, "$device_id": "d-1"}),
            (Some("42"), Some("d-1")),
        ),
    ] {
        let found = one("track", &json!({"event": "A", "properties": properties}));
        let (user, device, _) = ids(&found);
        assert_eq!((user, device), expected, "{properties}");
        // a profile's are the same with a dollar
        let mut entry = json!({"$token": "k", "$set": {"a": 1}});
        for (name, value) in properties.as_object().unwrap() {
            entry[format!("${}", name.trim_start_matches('$'))] = value.clone();
        }
        let found = one("engage", &entry);
        let (user, device, _) = ids(&found);
        assert_eq!((user, device), expected, "{entry}");
    }
    for nobody in [
        json!({}),
        json!({"distinct_id": "undefined"}),
        json!({"distinct_id": null}),
    ] {
        let found = read("track", &json!({"event": "A", "properties": nobody}));
        assert_eq!(found[0].as_ref().unwrap_err().reason, "missing-user");
    }
}

#[test]
fn two_ids_of_one_person_are_an_alias() {
    let found = one(
        "track",
        &json!({"event": "$create_alias", "properties": {"distinct_id": "u-1", "alias": "x"}}),
    );
    assert_eq!(
        (found.kind, ids(&found)),
        (EventKind::Alias, (Some("u-1"), None, Some("x")))
    );
    let found = one(
        "import",
        &json!({"event": "$merge", "properties": {"$distinct_ids": ["$device:d", "u-1"]}}),
    );
    assert_eq!(
        (found.kind, ids(&found)),
        (EventKind::Alias, (Some("u-1"), None, Some("d")))
    );
    let found = one(
        "import",
        &json!({"event": "$merge", "properties": {"$distinct_ids": ["u-1", "u-2"]}}),
    );
    assert_eq!(
        (found.kind, ids(&found)),
        (EventKind::Merge, (Some("u-1"), None, Some("u-2")))
    );
    let found = one(
        "track",
        &json!({"event": "$create_alias", "properties": {"distinct_id": "u-1", "alias": "u-1"}}),
    );
    assert_eq!(ids(&found), (Some("u-1"), None, None), "links nothing");
    for not_two in [
        json!(null),
        json!([]),
        json!(["a"]),
        json!(["a", "b", "c"]),
        json!("a"),
    ] {
        let found = read(
            "import",
            &json!({"event": "$merge", "properties": {"$distinct_ids": not_two}}),
        );
        assert_eq!(
            found[0].as_ref().unwrap_err().reason,
            "missing-previous-id",
            "{not_two}"
        );
    }
}

#[test]
fn every_operation_of_a_profile_is_read() {
    let found = one(
        "engage",
        &json!({"$token": "k", "$distinct_id": "u-1", "$time": 1_300_000_000, "$ip": "203.0.113.7", "$ignore_time": true,
            "$set": {"a": 1}, "$set_once": {"b": 2}, "$add": {"c": 3}, "$append": {"d": 4}, "$union": {"e": [5]},
            "$remove": {"f": 6}, "$unset": ["g"], "$delete": ""}),
    );
    let ops: Vec<Value> = found
        .user_ops
        .iter()
        .map(|it| json!([it.op, it.key, it.value]))
        .collect();
    assert_eq!(
        Value::Array(ops),
        json!([
            ["clear_all", "", null],
            ["unset", "g", null],
            ["set", "a", 1],
            ["set_once", "b", 2],
            ["add", "c", 3],
            ["append", "d", 4],
            ["union", "e", [5]],
            ["remove", "f", 6]
        ])
    );
    assert_eq!(Value::Object(found.context), json!({"ip": "203.0.113.7"}));
    assert_eq!(
        found.client_time, None,
        "the last visit's time is not the change's"
    );
}

#[test]
fn a_group_needs_its_name_and_no_person() {
    let found = one(
        "groups",
        &json!({"$token": "k", "$time": 1, "$group_key": "company", "$group_id": "acme", "$set": {"n": 5}, "$union": {"tags": ["a"]}}),
    );
    assert_eq!(
        (found.kind, ids(&found)),
        (EventKind::Group, (None, None, None))
    );
    assert_eq!(found.groups, [("company".to_owned(), "acme".to_owned())]);
    assert_eq!(
        Value::Object(found.properties),
        json!({"n": 5, "$union": {"tags": ["a"]}})
    );
    let nameless = read(
        "groups",
        &json!({"$token": "k", "$group_key": "company", "$set": {}}),
    );
    assert_eq!(nameless[0].as_ref().unwrap_err().reason, "missing-group");
}

#[test]
fn seconds_and_milliseconds_are_told_apart_and_an_import_keeps_its_time() {
    for time in [
        json!(1_580_000_000),
        json!(1_580_000_000.0),
        json!(1_580_000_000_000_i64),
        json!("1580000000"),
    ] {
        let found = one(
            "import",
            &json!({"event": "A", "properties": {"distinct_id": "u", "time": time}}),
        );
        assert_eq!(found.time, Timestamp(1_580_000_000_000), "{time}");
    }
}

#[test]
fn the_address_is_the_persons_where_it_is_one() {
    let ip = |ip: Value| {
        let found = one(
            "track",
            &json!({"event": "A", "properties": {"distinct_id": "u", "ip": ip}}),
        );
        found.context.get("ip").cloned()
    };
    assert_eq!(ip(json!("203.0.113.7")), Some(json!("203.0.113.7")));
    assert_eq!(ip(json!("2001:db8::1")), Some(json!("2001:db8::1")));
    for order in [json!(0), json!("1"), json!(true)] {
        assert_eq!(ip(order.clone()), None, "{order}");
    }
}
