//! Answers, byte for byte: the SDKs depend on them.

use bytes::Bytes;
use gyre_base::limits::BODY_BYTES_MAX;
use gyre_collect::{Collector, Incoming};
use serde_json::Value;

use crate::support::{Stand, check, gzip, header, post, post_all_at_once, with};

const EVENT: &str = r#"{"event_type":"A","user_id":"u-1","time":1795290699000}"#;

fn amplitude(key: &str) -> String {
    format!(r#"{{"api_key":"{key}","events":[{EVENT}]}}"#)
}

fn bearer(incoming: Incoming) -> Incoming {
    with(incoming, "Authorization", "Bearer WRITEKEY_TEST")
}

fn basic(incoming: Incoming) -> Incoming {
    with(incoming, "Authorization", "Basic V1JJVEVLRVlfVEVTVDo=")
}

#[test]
fn amplitude_is_answered_as_its_sdks_read_it() {
    let ok = r#"{"code":200,"events_ingested":1,"payload_size_bytes":92,"server_upload_time":1795290700000}"#;
    for path in ["/2/httpapi", "/2/httpapi/", "/batch", "/batch/"] {
        check(post(path, amplitude("APIKEY_TEST")), 200, ok);
    }
    check(
        post("/2/httpapi", amplitude("WRONG_KEY_123")),
        400,
        r#"{"code":400,"error":"Invalid API key: WRONG_..."}"#,
    );
    check(
        post("/2/httpapi", r#"{"events":[]}"#),
        400,
        r#"{"code":400,"error":"Request missing required field","missing_field":"api_key"}"#,
    );
    for unreadable in [
        "",
        "[",
        "{\"api_key\":",
        r#"{"api_key":"APIKEY_TEST"}"#,
        "{\"events\":5}",
    ] {
        check(
            post("/2/httpapi", unreadable.to_owned()),
            400,
            r#"{"code":400,"error":"Invalid JSON request body","missing_field":"events"}"#,
        );
    }
    let answer = check(
        post("/batch", amplitude("BROKEN")),
        503,
        r#"{"code":503,"error":"events cannot be stored at the moment"}"#,
    );
    assert_eq!(header(&answer, "retry-after"), Some("30"));
}

#[test]
fn amplitude_identify_is_a_form() {
    let identification = "%5B%7B%22user_id%22%3A%22u-1%22%2C%22user_properties%22%3A%7B%22plan%22%3A%22pro%22%7D%7D%5D";
    let form = format!("api_key=APIKEY_TEST&identification={identification}");
    check(post("/identify", form.clone()), 200, "success");
    let mut get = post("/identify", "");
    get.method = "GET".to_owned();
    get.query = form;
    check(get, 200, "success");
    let group = "api_key=APIKEY_TEST&identification=%7B%22group_type%22%3A%22org%22%2C%22group_value%22%3A%22acme%22%7D";
    check(post("/groupidentify", group), 200, "success");
}

#[test]
fn segment_is_answered_as_its_sdks_read_it() {
    let batch = r#"{"batch":[{"type":"track","event":"A","userId":"u-1"}]}"#;
    let one = r#"{"event":"A","userId":"u-1","writeKey":"WRITEKEY_TEST"}"#;
    for path in ["batch", "b", "import", "batch/"] {
        check(
            basic(post(&format!("/v1/{path}"), batch)),
            200,
            r#"{"success":true}"#,
        );
    }
    for path in [
        "track", "t", "identify", "i", "page", "p", "screen", "s", "group", "g", "alias", "a",
    ] {
        check(
            post(&format!("/v1/{path}"), one),
            200,
            r#"{"success":true}"#,
        );
    }
    check(post("/v1/m", "anything"), 200, r#"{"success":true}"#);
    for keyless in [
        post("/v1/batch", batch),
        with(post("/v1/batch", batch), "authorization", "Basic bm9uZTo="),
    ] {
        let answer = Stand::new().handle(keyless);
        assert_eq!(answer.status, 401);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["code"], "invalid_write_key");
        assert!(body["message"].is_string());
    }
    check(
        basic(post("/v1/batch", "nonsense")),
        400,
        r#"{"code":"invalid_request","message":"the body is not a JSON object with messages"}"#,
    );
    let broken = r#"{"writeKey":"BROKEN","batch":[]}"#;
    let answer = check(
        post("/v1/b", broken),
        503,
        r#"{"code":"unavailable","message":"events cannot be stored at the moment"}"#,
    );
    assert_eq!(header(&answer, "retry-after"), Some("30"));
}

#[test]
fn a_bad_event_does_not_fail_its_batch() {
    let stand = Stand::new();
    let batch = r#"{"batch":[{"type":"track","event":"A","userId":"u-1"},{"type":"track"},5,{"type":"dance","userId":"u"}]}"#;
    assert_eq!(stand.handle(basic(post("/v1/batch", batch))).status, 200);
    let reasons: Vec<String> = stand
        .events()
        .into_iter()
        .map(|it| it.map_or_else(|it| it.reason, |it| it.name))
        .collect();
    assert_eq!(
        reasons,
        ["A", "missing-event-name", "not-an-object", "unknown-type"]
    );
}

#[test]
fn the_settings_of_a_browser_name_this_host() {
    let mut get = post("/v1/projects/WRITEKEY_TEST/settings", "");
    get.method = "GET".to_owned();
    let get = with(
        with(get, "Host", "shop.test:8080"),
        "Origin",
        "https://shop.test",
    );
    let answer = Stand::new().handle(get.clone());
    assert_eq!(answer.status, 200);
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let segment = &body["integrations"]["Segment.io"];
    assert_eq!(segment["apiHost"], "shop.test:8080/v1");
    assert_eq!(segment["apiKey"], "WRITEKEY_TEST");
    assert_eq!(segment["protocol"], "http");

    let mut bad = get;
    bad.path = "/v1/projects/nobody/settings/".to_owned();
    assert_eq!(Stand::new().handle(bad).status, 401);
}

#[test]
fn our_own_endpoint_answers_each_event() {
    let list = r#"[{"event":"A","user_id":"u-1","insert_id":"i-1"},{"event":"B"},{"user_id":"u-1","uuid":"i-3"},{"event":"C","user_id":"u-1","insert_id":"i-1"}]"#;
    let no_user =
        "missing-user: the event has neither a user id nor a device id that could be a person's";
    let expected = format!(
        r#"{{"results":{{"i-1":{{"result":"ok"}},"1":{{"result":"drop","details":"{no_user}"}},"i-3":{{"result":"drop","details":"missing-event-name: the event has no name"}},"3":{{"result":"ok"}}}}}}"#
    );
    check(bearer(post("/v1/events", list)), 200, &expected);
    check(
        bearer(post("/v1/events", format!(r#"{{"events":{list}}}"#))),
        200,
        &expected,
    );
    check(
        bearer(post("/v1/events/", format!(r#"{{"batch":{list}}}"#))),
        200,
        &expected,
    );
    let zstd = zstd::encode_all(list.as_bytes(), 1).unwrap();
    check(bearer(post("/v1/events", zstd)), 200, &expected);

    let lines = "{\"event\":\"A\",\"user_id\":\"u-1\"}\nnonsense\n\n{\"event\":\"B\",\"user_id\":\"u-1\"}\n";
    let answer = Stand::new().handle(bearer(post("/v1/events", gzip(lines.as_bytes()))));
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body["results"]["0"]["result"], "ok");
    assert_eq!(body["results"]["1"]["result"], "drop");
    assert_eq!(body["results"]["2"]["result"], "ok");

    check(
        bearer(post(
            "/v1/events",
            "{\n \"event\": \"A\",\n \"user_id\": \"u-1\"\n}",
        )),
        200,
        r#"{"results":{"0":{"result":"ok"}}}"#,
    );
    check(
        post("/v1/events", list),
        401,
        r#"{"error":"missing_write_key","error_description":"no write key in the request"}"#,
    );
    check(
        with(post("/v1/events", list), "authorization", "Bearer nobody"),
        401,
        r#"{"error":"invalid_write_key","error_description":"no workspace has this write key"}"#,
    );
    check(
        bearer(post("/v1/events", "nonsense")),
        400,
        r#"{"error":"invalid_request","error_description":"the body is neither a JSON list or object of events nor lines of JSON"}"#,
    );
}

#[test]
fn a_label_is_never_believed() {
    let labels = [
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/json",
    ];
    for label in labels {
        for body in [
            amplitude("APIKEY_TEST").into_bytes(),
            gzip(amplitude("APIKEY_TEST").as_bytes()),
        ] {
            let incoming = with(post("/2/httpapi", body), "content-type", label);
            let incoming = with(incoming, "content-encoding", "br");
            assert_eq!(Stand::new().handle(incoming).status, 200, "{label}");
        }
    }
}

#[test]
fn a_path_that_two_dialects_share_is_decided_by_the_body() {
    let stand = Stand::new();
    stand.handle(post("/batch", amplitude("APIKEY_TEST")));
    let batch =
        r#"{"batch":[{"type":"track","event":"A","userId":"u-1"}],"writeKey":"WRITEKEY_TEST"}"#;
    stand.handle(post("/batch", batch));
    let dialects: Vec<String> = stand.envelopes().into_iter().map(|it| it.dialect).collect();
    assert_eq!(dialects, ["amplitude", "segment"]);
}

#[test]
fn too_large_is_said_before_and_while_inflating() {
    let large = Bytes::from(vec![b' '; BODY_BYTES_MAX + 1]);
    let bomb = Bytes::from(gzip(&large));
    assert!(bomb.len() < 100_000);
    let message = "the body is over 20971520 bytes";
    for body in [large, bomb] {
        check(
            post("/2/httpapi", body.clone()),
            413,
            &format!(r#"{{"code":413,"error":"{message}"}}"#),
        );
        check(
            post("/v1/batch", body.clone()),
            413,
            &format!(r#"{{"code":"payload_too_large","message":"{message}"}}"#),
        );
        check(
            post("/v1/events", body),
            413,
            &format!(r#"{{"error":"payload_too_large","error_description":"{message}"}}"#),
        );
    }
    let unread = Stand::new().collector.refuse_too_large(&post("/batch", ""));
    assert_eq!(unread.status, 413);
}

#[test]
fn a_large_body_is_taken() {
    let events = vec![EVENT; 20_000].join(",");
    let body = format!(r#"{{"api_key":"APIKEY_TEST","events":[{events}]}}"#);
    let stand = Stand::new();
    let answer = stand.handle(post("/batch", gzip(body.as_bytes())));
    assert_eq!(answer.status, 200);
    assert_eq!(stand.events().len(), 20_000);
    let answer = stand.handle(bearer(post("/v1/events", format!("[{events}]"))));
    assert_eq!(answer.status, 200);
    assert_eq!(stand.events().len(), 40_000);
}

#[test]
fn too_many_events_are_refused() {
    let events = vec!["1"; 100_001].join(",");
    let incoming = post(
        "/2/httpapi",
        format!(r#"{{"api_key":"APIKEY_TEST","events":[{events}]}}"#),
    );
    check(
        incoming,
        413,
        r#"{"code":413,"error":"more than 100000 events in one request"}"#,
    );
}

#[test]
fn nothing_is_accepted_that_cannot_be_kept() {
    let stand = Stand::new();
    stand.close();
    assert_eq!(
        stand
            .handle(post("/2/httpapi", amplitude("APIKEY_TEST")))
            .status,
        503
    );
    assert_eq!(
        stand
            .handle(basic(post("/v1/batch", r#"{"batch":[1]}"#)))
            .status,
        503
    );
    assert_eq!(stand.handle(bearer(post("/v1/events", "[{}]"))).status, 503);

    let small = Stand::with(|cfg| {
        cfg.record_bytes_max = 100;
    });
    assert_eq!(
        small
            .handle(post("/2/httpapi", amplitude("APIKEY_TEST")))
            .status,
        413
    );
}

#[test]
fn too_much_at_once_is_said_in_the_words_that_make_each_library_wait() {
    let segment = r#"{"batch":[{"type":"track","event":"A","userId":"u-1"}]}"#;
    for (incoming, status) in [
        (post("/2/httpapi", amplitude("APIKEY_TEST")), 503),
        (basic(post("/v1/batch", segment)), 429),
        (bearer(post("/v1/events", format!("[{EVENT}]"))), 429),
    ] {
        let refused = post_all_at_once(&incoming);
        assert_eq!(refused.status, status, "{}", incoming.path);
        assert_eq!(header(&refused, "retry-after"), Some("3"));
    }
}

#[test]
fn browsers_may_send_from_anywhere() {
    let ask = |path: &str| {
        let mut ask = post(path, "");
        ask.method = "OPTIONS".to_owned();
        let ask = with(ask, "Origin", "https://shop.test");
        with(ask, "Access-Control-Request-Headers", "content-type,x-odd")
    };
    let answer = Stand::new().handle(ask("/v1/t"));
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    for (name, value) in [
        ("access-control-allow-origin", "https://shop.test"),
        ("access-control-allow-methods", "GET, POST, OPTIONS"),
        ("access-control-allow-headers", "content-type,x-odd"),
        ("access-control-allow-credentials", "true"),
        ("vary", "Origin"),
    ] {
        assert_eq!(header(&answer, name), Some(value), "{name}");
    }
    let sent = with(
        post("/2/httpapi", amplitude("no")),
        "origin",
        "https://shop.test",
    );
    let answer = Stand::new().handle(sent);
    assert_eq!(answer.status, 400);
    assert_eq!(
        header(&answer, "access-control-allow-origin"),
        Some("https://shop.test")
    );
    assert_eq!(
        header(&Stand::new().handle(post("/2/httpapi", "")), "vary"),
        None
    );
}

#[test]
fn paths_and_methods_that_are_not_there_are_told() {
    assert!(Collector::takes("/2/httpapi/"));
    assert!(Collector::takes("/v1/projects/k/settings"));
    assert!(!Collector::takes("/v1/projects//settings"));
    assert!(!Collector::takes("/api/v1/query"));
    assert_eq!(Stand::new().handle(post("/v1/unknown", "")).status, 404);
    let mut get = post("/2/httpapi", "");
    get.method = "GET".to_owned();
    let answer = Stand::new().handle(get);
    assert_eq!(
        (answer.status, header(&answer, "allow")),
        (405, Some("POST"))
    );
}

#[test]
fn the_body_is_kept_as_it_arrived() {
    let stand = Stand::new();
    let body = amplitude("APIKEY_TEST");
    let incoming = with(
        post("/2/httpapi", gzip(body.as_bytes())),
        "user-agent",
        "node",
    );
    stand.handle(incoming);
    let envelope = &stand.envelopes()[0];
    assert_eq!(envelope.body, body);
    assert_eq!(envelope.user_agent.as_deref(), Some("node"));
    assert_eq!(
        (envelope.dialect.as_str(), envelope.endpoint.as_str()),
        ("amplitude", "httpapi")
    );

    stand.handle(post(
        "/2/httpapi",
        r#"{"api_key":"APIKEY_TEST","events":[]}"#,
    ));
    assert_eq!(stand.envelopes().len(), 1, "nothing is kept of no events");
}
