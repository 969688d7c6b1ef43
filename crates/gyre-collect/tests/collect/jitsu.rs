//! Jitsu: answers byte for byte, and the rules of reading.

use bytes::Bytes;
use gyre_base::HOUR_MS;
use gyre_base::limits::BODY_BYTES_MAX;
use gyre_collect::{Collector, Incoming, parse};
use gyre_model::{Event, EventKind};
use serde_json::{Value, json};

use crate::support::{
    NOW, Stand, check, envelope, form_of, get, gzip, header, post, post_all_at_once, with,
};

const OK: &str = r#"{"success":true}"#;
const TRACK: &str = r#"{"type":"track","event":"A","userId":"u-1","writeKey":"KEYID:***"}"#;

fn keyed(incoming: Incoming) -> Incoming {
    with(incoming, "X-Write-Key", "KEYID:SECRET")
}

#[track_caller]
fn one(endpoint: &str, body: &Value) -> Event {
    let mut found = parse(&envelope("jitsu", endpoint, body));
    assert_eq!(found.len(), 1);
    found.remove(0).unwrap()
}

#[test]
fn every_call_is_taken_from_browsers_and_servers() {
    for call in [
        "track", "identify", "page", "screen", "group", "alias", "event", "anything",
    ] {
        for path in [
            format!("/api/s/{call}"),
            format!("/api/s/s2s/{call}"),
            format!("/api/s/{call}/"),
        ] {
            check(keyed(post(&path, TRACK)), 200, OK);
            check(
                with(
                    keyed(post(&path, gzip(TRACK.as_bytes()))),
                    "content-type",
                    "text/plain",
                ),
                200,
                OK,
            );
        }
    }
    let batch = format!(r#"{{"batch":[{TRACK},{TRACK}]}}"#);
    for path in ["/api/s/batch", "/api/s/s2s/batch"] {
        let stand = Stand::new();
        stand.handle(keyed(post(path, batch.clone())));
        assert_eq!(stand.events().len(), 2, "{path}");
    }
    assert!(!Collector::takes("/api/s/"));
    assert!(!Collector::takes("/api/s/s2s/a/b"));
}

#[test]
fn the_key_is_found_with_and_without_its_secret() {
    let bare = r#"{"type":"track","event":"A","userId":"u-1"}"#;
    for (name, key) in [
        ("X-Write-Key", "KEYID:SECRET"),
        ("x-write-key", "KEYID"),
        ("authorization", "Bearer KEYID:SECRET"),
        ("authorization", "Basic S0VZSUQ6U0VDUkVU"),
    ] {
        check(with(post("/api/s/track", bare), name, key), 200, OK);
    }
    check(post("/api/s/track", TRACK), 200, OK);
    let mut in_query = post("/api/s/track", bare);
    in_query.query = "writekey=KEYID:SECRET".to_owned();
    check(in_query, 200, OK);
    let no_key = r#"{"code":"invalid_write_key","message":"no write key in the request"}"#;
    check(post("/api/s/track", bare), 401, no_key);
    check(
        post("/api/s/track", r#"{"event":"A","writeKey":"***"}"#),
        401,
        no_key,
    );
    check(
        with(post("/api/s/track", bare), "X-Write-Key", "nobody:SECRET"),
        401,
        r#"{"code":"invalid_write_key","message":"no workspace has this write key"}"#,
    );
}

#[test]
fn refusals_are_segments() {
    check(
        keyed(post("/api/s/track", "nonsense")),
        400,
        r#"{"code":"invalid_request","message":"the body is not a JSON object with messages"}"#,
    );
    check(
        keyed(post(
            "/api/s/track",
            Bytes::from(vec![b' '; BODY_BYTES_MAX + 1]),
        )),
        413,
        r#"{"code":"payload_too_large","message":"the body is over 20971520 bytes"}"#,
    );
    let refused = post_all_at_once(&keyed(post("/api/s/track", TRACK)));
    assert_eq!(
        (refused.status, header(&refused, "retry-after")),
        (429, Some("3"))
    );
    check(
        get("/p.js", ""),
        404,
        "Gyre ships no script of Jitsu's: take @jitsu/js from a package registry and name this host to it\n",
    );
}

#[test]
fn a_picture_carries_a_message() {
    let stand = Stand::new();
    let query = format!(
        "writekey=KEYID:SECRET&{}&context.page.url=https%3A%2F%2Fshop.test%2F",
        form_of(TRACK.as_bytes())
    );
    let answer = stand.handle(get("/api/px/track", query));
    assert_eq!(
        (answer.status, header(&answer, "content-type")),
        (200, Some("image/gif"))
    );
    let bare = stand.handle(get(
        "/api/px/page",
        "writeKey=KEYID&anonymousId=d-1&properties.path=%2F",
    ));
    assert_eq!(bare.status, 200);
    let events: Vec<Event> = stand.events().into_iter().map(Result::unwrap).collect();
    assert_eq!(
        (events[0].name.as_str(), events[0].user_id.as_deref()),
        ("A", Some("u-1"))
    );
    assert_eq!(events[0].context["page_url"], "https://shop.test/");
    assert_eq!(
        (events[1].name.as_str(), events[1].device_id.as_deref()),
        ("page", Some("d-1"))
    );
    assert_eq!(events[1].properties["path"], "/");
    check(
        get("/api/px/track", "writekey=KEYID&data=%%"),
        400,
        r#"{"code":"invalid_request","message":"`data` is not JSON in base64"}"#,
    );
}

#[test]
fn a_message_says_what_it_is_and_else_its_path_does() {
    let event = one(
        "identify",
        &json!({"userId": "u-1", "traits": {"plan": "pro"}}),
    );
    assert_eq!((event.kind, event.user_ops.len()), (EventKind::Identify, 1));
    let event = one(
        "server-event",
        &json!({"type": "group", "userId": "u-1", "groupId": "g-1"}),
    );
    assert_eq!(event.kind, EventKind::Group);
    let event = one(
        "track",
        &json!({"type": "alias", "userId": "u-1", "previousId": "d-1"}),
    );
    assert_eq!(
        (event.kind, event.previous_id.as_deref()),
        (EventKind::Alias, Some("d-1"))
    );
    let found = parse(&envelope("jitsu", "event", &json!({"userId": "u-1"})));
    assert_eq!(found[0].as_ref().unwrap_err().reason, "missing-type");
}

#[test]
fn a_servers_clock_is_believed_and_a_browsers_corrected() {
    let behind = NOW.plus_ms(-2 * HOUR_MS);
    let message = json!({"type": "track", "event": "A", "userId": "u", "timestamp": behind.rfc3339(), "sentAt": behind.rfc3339()});
    assert_eq!(one("track", &message).time, NOW);
    assert_eq!(one("server-track", &message).time, behind);
}
