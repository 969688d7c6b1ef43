//! Which dialect takes a request: by path, by key in the path, by the shape of the body; never by its label.

use gyre_base::Timestamp;
use gyre_collect::{Collector, Incoming};
use serde_json::{Value, json};

use crate::support::{Stand, gzip, post, with};

fn get(path: &str, query: &str) -> Incoming {
    Incoming {
        method: "GET".to_owned(),
        query: query.to_owned(),
        ..post(path, "")
    }
}

/// Sends, and returns `dialect/endpoint` of what was kept.
#[track_caller]
fn kept(incoming: Incoming) -> Vec<String> {
    let stand = Stand::new();
    let answer = stand.handle(incoming);
    assert!(
        (200..300).contains(&answer.status),
        "{} {:?}",
        answer.status,
        answer.body
    );
    let envelopes = stand.envelopes();
    envelopes
        .iter()
        .map(|it| format!("{}/{}", it.dialect, it.endpoint))
        .collect()
}

const AMPLITUDE: &str = r#"{"api_key":"APIKEY_TEST","events":[{"event_type":"A","user_id":"u"}]}"#;
const SEGMENT: &str =
    r#"{"writeKey":"WRITEKEY_TEST","batch":[{"type":"track","event":"A","userId":"u"}]}"#;

#[test]
fn the_shape_decides_where_a_path_is_shared() {
    for path in [
        "/batch",
        "/batch/",
        "/c/WRITEKEY_TEST/batch",
        "/c/WRITEKEY_TEST/batch/",
    ] {
        assert_eq!(kept(post(path, AMPLITUDE)), ["amplitude/batch"], "{path}");
        assert_eq!(kept(post(path, SEGMENT)), ["segment/batch"], "{path}");
    }
}

#[test]
fn the_key_may_stand_in_the_path_and_wins() {
    let keyless = r#"{"batch":[{"type":"track","event":"A","userId":"u"}]}"#;
    for path in [
        "/c/WRITEKEY_TEST/v1/batch",
        "/c/WRITEKEY%5FTEST/v1/b/",
        "/c/WRITEKEY_TEST/segment/batch",
    ] {
        assert_eq!(kept(post(path, keyless)), ["segment/batch"], "{path}");
        let other = with(post(path, SEGMENT), "authorization", "Bearer no-such-key");
        assert_eq!(kept(other), ["segment/batch"], "{path}");
    }
    let stand = Stand::new();
    assert_eq!(
        stand
            .handle(post("/c/no-such-key/v1/batch", SEGMENT))
            .status,
        401
    );
    assert_eq!(
        stand
            .handle(post("/c/no-such-key/2/httpapi", AMPLITUDE))
            .status,
        400
    );
    assert!(stand.envelopes().is_empty());
    let users = json!({"external_ids": ["u"]}).to_string();
    assert_eq!(
        kept(post("/c/WRITEKEY_TEST/users/delete", users)),
        ["braze/delete"]
    );
}

#[test]
fn a_dialect_that_is_named_is_not_guessed() {
    let stand = Stand::new();
    let answer = stand.handle(post("/c/WRITEKEY_TEST/segment/batch", AMPLITUDE));
    assert_eq!(
        answer.status, 400,
        "not Segment's, and nobody else is asked"
    );
    assert!(Collector::takes("/c/k/amplitude/batch/"));
    assert!(!Collector::takes("/c/k/braze/batch"));
    assert!(!Collector::takes("/c/k/internal/batch"));
    assert!(!Collector::takes("/c/k"));
}

#[test]
fn the_label_of_a_body_means_nothing() {
    for label in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/json",
        "image/png",
        "",
    ] {
        for body in [SEGMENT.as_bytes().to_vec(), gzip(SEGMENT.as_bytes())] {
            let incoming = with(post("/v1/batch", body), "content-type", label);
            assert_eq!(kept(incoming), ["segment/batch"], "{label}");
        }
        let form = "api_key=APIKEY_TEST&identification=%7B%22user_id%22%3A%22u%22%7D";
        let incoming = with(post("/identify", form), "content-type", label);
        assert_eq!(kept(incoming), ["amplitude/identify"], "{label}");
    }
}

#[test]
fn rudders_own_endpoints_are_there() {
    let beacon = Incoming {
        query: "writeKey=WRITEKEY_TEST".to_owned(),
        ..post(
            "/beacon/v1/batch",
            r#"{"batch":[{"type":"track","event":"A","userId":"u"}]}"#,
        )
    };
    assert_eq!(kept(beacon), ["segment/batch"]);
    let merge = json!({"writeKey": "WRITEKEY_TEST", "type": "merge", "mergeProperties": [
        {"type": "email", "value": "a@b.test"}, {"type": "user_id", "value": "u"}
    ]});
    let stand = Stand::new();
    assert_eq!(
        stand.handle(post("/v1/merge", merge.to_string())).status,
        200
    );
    let event = stand.events().remove(0).unwrap();
    assert_eq!(
        (event.user_id.as_deref(), event.previous_id.as_deref()),
        (Some("u"), Some("email:a@b.test"))
    );
    for (key, status) in [("WRITEKEY_TEST", 200), ("no-such-key", 401)] {
        let answer = Stand::new().handle(get("/sourceConfig/", &format!("v=3&writeKey={key}")));
        assert_eq!(answer.status, status);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            body.pointer("/source/enabled"),
            (status == 200).then_some(&json!(true))
        );
    }
}

#[test]
fn the_settings_lead_back_to_where_they_were_asked() {
    let asked = |path: &str| {
        let answer = Stand::new().handle(with(get(path, ""), "host", "shop.test"));
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        body.pointer("/integrations/Segment.io/apiHost")
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(asked("/v1/projects/WRITEKEY_TEST/settings"), "shop.test/v1");
    assert_eq!(
        asked("/c/WRITEKEY_TEST/segment/v1/projects/x/settings"),
        "shop.test/c/WRITEKEY_TEST/segment/v1"
    );
}

#[test]
fn a_picture_takes_an_event_and_is_always_a_picture() {
    let fields = "writeKey=WRITEKEY_TEST&userId=u&event=Opened&properties.subject=Hi";
    let data = "data=eyJ3cml0ZUtleSI6IldSSVRFS0VZX1RFU1QiLCJ1c2VySWQiOiJ1IiwiZXZlbnQiOiJPcGVuZWQiLCJwcm9wZXJ0aWVzIjp7InN1YmplY3QiOiJIaSJ9fQ";
    for (path, query) in [
        ("/v1/pixel/track", fields),
        ("/v1/pixel/track/", data),
        ("/v1/pixel/t", data),
        ("/pixel/v1/track", fields),
        (
            "/c/WRITEKEY_TEST/v1/pixel/track",
            "userId=u&event=Opened&properties.subject=Hi",
        ),
    ] {
        let stand = Stand::new();
        let answer = stand.handle(get(path, query));
        assert_eq!(
            (answer.status, &answer.body[..6]),
            (200, &b"GIF89a"[..]),
            "{path}"
        );
        let event = stand.events().remove(0).unwrap();
        assert_eq!(
            (event.name.as_str(), &event.properties["subject"]),
            ("Opened", &json!("Hi"))
        );
    }
    let page = kept(get(
        "/pixel/v1/page",
        "writeKey=WRITEKEY_TEST&anonymousId=a&name=Home",
    ));
    assert_eq!(page, ["segment/pixel.page"]);
    for query in [
        "",
        "data=x",
        "writeKey=no&userId=u&event=A",
        "writeKey=BROKEN&userId=u&event=A",
    ] {
        let stand = Stand::new();
        let answer = stand.handle(get("/v1/pixel/track", query));
        assert_eq!(
            (answer.status, &answer.body[..6]),
            (200, &b"GIF89a"[..]),
            "{query}"
        );
        assert!(stand.envelopes().is_empty());
    }
    assert_eq!(Stand::new().handle(post("/v1/pixel/track", "")).status, 405);
}

#[test]
fn the_headers_of_a_delivery_are_kept_with_it() {
    let stand = Stand::new();
    let message = r#"{"type":"page","writeKey":"WRITEKEY_TEST"}"#;
    let mut incoming = post("/v1/p", message);
    for (name, value) in [
        ("AnonymousId", "YS0wMDE="),
        ("SentAt", "2026-11-21T19:51:30Z"),
        ("Rsa-Retry-Attempt", "2"),
        ("Rsa-Since-First-Attempt", "9000"),
    ] {
        incoming = with(incoming, name, value);
    }
    assert_eq!(stand.handle(incoming).status, 200);
    let envelope = &stand.envelopes()[0];
    assert_eq!(
        (envelope.hints.attempt, envelope.hints.device_id.as_deref()),
        (2, Some("a-001"))
    );
    let event = stand.events().remove(0).unwrap();
    assert_eq!(
        event.device_id.as_deref(),
        Some("a-001"),
        "the message names nobody"
    );
    assert_eq!(
        event.sent_at.map(Timestamp::rfc3339).as_deref(),
        Some("2026-11-21T19:51:30.000Z")
    );
    // a message that names somebody is taken at its word
    let stand = Stand::new();
    let named = r#"{"type":"page","userId":"u","writeKey":"WRITEKEY_TEST"}"#;
    stand.handle(with(post("/v1/p", named), "AnonymousId", "YS0wMDE="));
    assert_eq!(stand.events().remove(0).unwrap().device_id, None);
}

#[test]
fn amplitudes_user_mapping_is_kept_as_requests() {
    use gyre_model::EventKind::{Merge, Unmerge};
    let mapping = "%5B%7B%22user_id%22%3A%22u-1%22%2C%22global_user_id%22%3A%22g%22%7D%2C%7B%22user_id%22%3A%22u-2%22%2C%22unmap%22%3Atrue%7D%5D";
    let stand = Stand::new();
    let answer = stand.handle(post(
        "/usermap",
        format!("api_key=APIKEY_TEST&mapping={mapping}"),
    ));
    assert_eq!((answer.status, &answer.body[..]), (200, &b"success"[..]));
    let json = json!({"api_key": "APIKEY_TEST", "mapping": [
        {"user_id": "u-1", "global_user_id": "g"}, {"user_id": "u-2", "unmap": "true"}, {"user_id": "u-3"}
    ]});
    assert_eq!(stand.handle(post("/usermap", json.to_string())).status, 200);
    let found: Vec<_> = stand.events().into_iter().collect();
    assert_eq!(found.len(), 5);
    for pair in [&found[..2], &found[2..4]] {
        let [map, unmap] = [&pair[0], &pair[1]].map(|it| it.as_ref().unwrap());
        assert_eq!(
            (map.kind, map.user_id.as_deref(), map.previous_id.as_deref()),
            (Merge, Some("g"), Some("u-1"))
        );
        assert_eq!(map.properties["view_only"], true);
        assert_eq!(
            (unmap.kind, unmap.user_id.as_deref()),
            (Unmerge, Some("u-2"))
        );
    }
    assert_eq!(found[4].as_ref().unwrap_err().reason, "missing-previous-id");
}

#[test]
fn a_bad_batch_of_rudder_node_is_200_and_kept() {
    let stand = Stand::new();
    let body = gzip(br#"{"batch":[{"type":"track"},{"type":"dance","userId":"u"},7]}"#);
    let incoming = with(
        post("/v1/batch", body),
        "content-type",
        "application/x-www-form-urlencoded",
    );
    let incoming = with(incoming, "user-agent", "analytics-node/3.0.13");
    let incoming = with(incoming, "authorization", "Basic V1JJVEVLRVlfVEVTVDo=");
    assert_eq!(
        stand.handle(incoming).status,
        200,
        "anything else ends the customer's process"
    );
    assert!(stand.events().iter().all(Result::is_err));
    assert_eq!(stand.events().len(), 3);
}
