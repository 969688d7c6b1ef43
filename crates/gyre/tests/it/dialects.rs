//! What the libraries of others hear, byte for byte: their retries and losses hang on it.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use gyre_base::limits::BODY_BYTES_MAX;
use reqwest::Method;
use serde_json::{Value, json};

use crate::node::{Node, Reply, WRITE_KEY};
use crate::senders::{Dialect, Sent};
use crate::wait::within;

type Headers<'a> = &'a [(&'a str, &'a str)];

/// A request to a collect endpoint.
struct Post<'a> {
    path: &'a str,
    headers: Headers<'a>,
    body: Vec<u8>,
}

impl<'a> Post<'a> {
    fn new(path: &'a str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            path,
            headers: &[],
            body: body.into(),
        }
    }

    async fn reply(self, node: &Node) -> Reply {
        let mut request = node.bare(Method::POST, self.path).body(self.body);
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        Reply::of(request).await.unwrap()
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The body with the one number that no test can know made 0.
fn steady(text: &str) -> String {
    let field = "\"server_upload_time\":";
    match text.split_once(field) {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|it: char| it.is_ascii_digit());
            assert_eq!(after.len() - rest.len(), 13, "milliseconds: {text}");
            format!("{before}{field}0{rest}")
        }
        None => text.to_owned(),
    }
}

async fn check(node: &Node, what: &str, post: Post<'_>, status: u16, body: &str) {
    let path = post.path.to_owned();
    let reply = post.reply(node).await;
    assert_eq!(
        (reply.status, steady(&reply.text).as_str()),
        (status, body),
        "{what} at {path}"
    );
    assert_eq!(
        reply.header("content-type"),
        "application/json",
        "{what} at {path}"
    );
}

/// What each dialect says in each case.
struct Golden {
    dialect: Dialect,
    /// To two good events; `{bytes}` stands for the size of the request.
    success: &'static str,
    bad_key: (u16, &'static str),
    no_key: (u16, &'static str),
    unreadable: (u16, &'static str),
    too_large: (u16, &'static str),
}

const GOLDEN: [Golden; 3] = [
    Golden {
        dialect: Dialect::Amplitude,
        success: r#"{"code":200,"events_ingested":2,"payload_size_bytes":{bytes},"server_upload_time":0}"#,
        bad_key: (400, r#"{"code":400,"error":"Invalid API key: wrong-..."}"#),
        no_key: (
            400,
            r#"{"code":400,"error":"Request missing required field","missing_field":"api_key"}"#,
        ),
        unreadable: (
            400,
            r#"{"code":400,"error":"Invalid JSON request body","missing_field":"events"}"#,
        ),
        too_large: (
            413,
            r#"{"code":413,"error":"the body is over 20971520 bytes"}"#,
        ),
    },
    Golden {
        dialect: Dialect::Segment,
        success: r#"{"success":true}"#,
        bad_key: (
            401,
            r#"{"code":"invalid_write_key","message":"no workspace has this write key"}"#,
        ),
        no_key: (
            401,
            r#"{"code":"invalid_write_key","message":"no write key in the request"}"#,
        ),
        unreadable: (
            400,
            r#"{"code":"invalid_request","message":"the body is not a JSON object with messages"}"#,
        ),
        too_large: (
            413,
            r#"{"code":"payload_too_large","message":"the body is over 20971520 bytes"}"#,
        ),
    },
    Golden {
        dialect: Dialect::Own,
        success: r#"{"results":{"first Own":{"result":"ok"},"second Own":{"result":"ok"}}}"#,
        bad_key: (
            401,
            r#"{"error":"invalid_write_key","error_description":"no workspace has this write key"}"#,
        ),
        no_key: (
            401,
            r#"{"error":"missing_write_key","error_description":"no write key in the request"}"#,
        ),
        unreadable: (
            400,
            r#"{"error":"invalid_request","error_description":"the body is neither a JSON list or object of events nor lines of JSON"}"#,
        ),
        too_large: (
            413,
            r#"{"error":"payload_too_large","error_description":"the body is over 20971520 bytes"}"#,
        ),
    },
];

fn two(dialect: Dialect) -> [Sent; 2] {
    // an insert id is good for one event, whatever the dialect
    let id = |which: &str| format!("{which} {dialect:?}");
    [Sent::by("u1", &id("first")), Sent::by("u2", &id("second"))]
}

/// Events of one dialect that charts see.
async fn seen(node: &Node, dialect: Dialect) -> u64 {
    let query = json!({"kind": "segmentation", "range": {"from": "2025-03-01", "to": "2025-03-01"},
        "series": [{"select": {"event": dialect.event_name()}, "measure": "events"}]});
    node.query(&query).await["series"][0]["total"]["value"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn every_answer_is_the_one_that_libraries_expect() {
    let node = Node::start().await;
    for golden in &GOLDEN {
        let dialect = golden.dialect;
        let path = dialect.path();
        let good = dialect.good_body(&two(dialect));
        let success = golden.success.replace("{bytes}", &good.len().to_string());
        check(
            &node,
            "success",
            Post::new(path, good.clone()),
            200,
            &success,
        )
        .await;

        let wrong = dialect.body("wrong-key", &two(dialect)).to_string();
        check(
            &node,
            "bad key",
            Post::new(path, wrong),
            golden.bad_key.0,
            golden.bad_key.1,
        )
        .await;
        let mut keyless = dialect.body("", &two(dialect));
        let keys = keyless.as_object_mut().unwrap();
        keys.retain(|name, _| name == "events" || name == "batch");
        let post = Post::new(path, keyless.to_string());
        check(&node, "no key", post, golden.no_key.0, golden.no_key.1).await;

        for unreadable in [&b"not json"[..], b"", b"{", b"\xff\xfe", b"[1"] {
            let post = Post::new(path, unreadable);
            check(
                &node,
                "unreadable",
                post,
                golden.unreadable.0,
                golden.unreadable.1,
            )
            .await;
        }
        let large = vec![b' '; BODY_BYTES_MAX + 1];
        let post = Post::new(path, gzip(&large));
        check(
            &node,
            "a small body of a large one",
            post,
            golden.too_large.0,
            golden.too_large.1,
        )
        .await;
        let post = Post::new(path, large);
        check(
            &node,
            "too large",
            post,
            golden.too_large.0,
            golden.too_large.1,
        )
        .await;

        within(1, "what was acknowledged is in charts", async || {
            (seen(&node, dialect).await == 2).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_body_is_known_by_what_it_is_and_not_by_what_it_is_called() {
    let node = Node::start().await;
    for golden in &GOLDEN {
        let dialect = golden.dialect;
        let plain = dialect.good_body(&two(dialect)).into_bytes();
        let zipped = gzip(&plain);
        let cases: [(&str, Headers<'_>, &[u8]); 8] = [
            (
                "as the browser's beacon",
                &[("content-type", "text/plain;charset=UTF-8")],
                &plain,
            ),
            (
                "as a form",
                &[("content-type", "application/x-www-form-urlencoded")],
                &plain,
            ),
            ("as nothing", &[], &plain),
            (
                "gzip that says so",
                &[
                    ("content-type", "application/json"),
                    ("content-encoding", "gzip"),
                ],
                &zipped,
            ),
            (
                "gzip as a form",
                &[("content-type", "application/x-www-form-urlencoded")],
                &zipped,
            ),
            ("gzip as text", &[("content-type", "text/plain")], &zipped),
            (
                "gzip as JSON",
                &[("content-type", "application/json")],
                &zipped,
            ),
            (
                "plain that says gzip",
                &[("content-encoding", "gzip")],
                &plain,
            ),
        ];
        for (what, headers, body) in cases {
            for path in [dialect.path().to_owned(), format!("{}/", dialect.path())] {
                let success = golden.success.replace("{bytes}", &body.len().to_string());
                let post = Post {
                    path: &path,
                    headers,
                    body: body.to_vec(),
                };
                check(&node, what, post, 200, &success).await;
            }
        }
        // sixteen repeats of two insert ids
        within(5, "repeats count once", async || {
            (seen(&node, dialect).await == 2).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_key_in_a_header_is_as_good_as_one_in_the_body() {
    let node = Node::start().await;
    let basic = |key: &str| {
        use base64::Engine as _;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{key}:"));
        format!("Basic {pair}")
    };
    let batch =
        json!({"batch": [{"type": "track", "event": "x", "userId": "u1", "messageId": "m1"}]});
    for (value, status) in [
        (basic(WRITE_KEY), 200),
        (basic("wrong"), 401),
        (format!("Bearer {WRITE_KEY}"), 200),
    ] {
        let headers: &[(&str, &str)] = &[("authorization", &value)];
        let post = Post {
            path: "/v1/batch",
            headers,
            body: batch.to_string().into(),
        };
        assert_eq!(post.reply(&node).await.status, status, "{value}");
    }
    let one = json!({"event": "x", "user_id": "u1", "insert_id": "m2"}).to_string();
    let bearer = format!("Bearer {WRITE_KEY}");
    let headers: &[(&str, &str)] = &[("authorization", &bearer)];
    let post = Post {
        path: "/v1/events",
        headers,
        body: one.into(),
    };
    check(
        &node,
        "one event",
        post,
        200,
        r#"{"results":{"m2":{"result":"ok"}}}"#,
    )
    .await;
}

#[tokio::test]
async fn a_browser_of_any_site_may_send() {
    let node = Node::start().await;
    let origin = "https://shop.test";
    for golden in &GOLDEN {
        let path = golden.dialect.path();
        let asked = node
            .bare(Method::OPTIONS, path)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-odd-sdk");
        let reply = Reply::of(asked).await.unwrap().expect(204);
        assert_eq!(reply.text, "");
        for (name, value) in [
            ("access-control-allow-origin", origin),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-headers", "content-type,x-odd-sdk"),
            ("access-control-allow-methods", "GET, POST, OPTIONS"),
            ("access-control-max-age", "86400"),
            ("vary", "Origin"),
        ] {
            assert_eq!(reply.header(name), value, "{name} at {path}");
        }
        for (key, is_good) in [(WRITE_KEY, true), ("wrong", false)] {
            let body = golden.dialect.body(key, &two(golden.dialect)).to_string();
            let post = Post {
                path,
                headers: &[("origin", origin)],
                body: body.into(),
            };
            let reply = post.reply(&node).await;
            assert_eq!(reply.status == 200, is_good);
            // a page that cannot read the refusal sends again
            assert_eq!(reply.header("access-control-allow-origin"), origin);
        }
        let reply = Reply::of(node.bare(Method::DELETE, path))
            .await
            .unwrap()
            .expect(405);
        assert_eq!(reply.header("allow"), "POST");
    }
}

#[tokio::test]
async fn what_is_no_event_is_kept_with_its_reason() {
    let node = Node::start().await;
    for dialect in [Dialect::Amplitude, Dialect::Segment] {
        let golden = GOLDEN.iter().find(|it| it.dialect == dialect).unwrap();
        let body = dialect.good_body(&[Sent::by("u1", "good"), Sent::by_nobody("bad")]);
        let success = golden.success.replace("{bytes}", &body.len().to_string());
        // lenient: a refusal of the whole request would lose the good event as well
        check(
            &node,
            "partly bad",
            Post::new(dialect.path(), body),
            200,
            &success,
        )
        .await;
    }
    let lines = [
        json!({"event": "ok", "user_id": "u1", "insert_id": "a"}).to_string(),
        json!({"event": "nobody's", "insert_id": "b"}).to_string(),
        json!({"user_id": "u1", "insert_id": "c"}).to_string(),
        "{\"event\": ".to_owned(),
    ];
    let bearer = format!("Bearer {WRITE_KEY}");
    let headers: &[(&str, &str)] = &[("authorization", &bearer)];
    let post = Post {
        path: "/v1/events",
        headers,
        body: lines.join("\n").into(),
    };
    let results = post.reply(&node).await.expect(200).json();
    let result = |id: &str| {
        results["results"][id]["result"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    };
    let details = |id: &str| {
        results["results"][id]["details"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    };
    assert_eq!(
        ["a", "b", "c", "3"].map(result),
        ["ok", "drop", "drop", "drop"],
        "{results}"
    );
    assert!(details("b").starts_with("missing-user: "), "{results}");
    assert!(
        details("c").starts_with("missing-event-name: "),
        "{results}"
    );

    check_quarantine(&node).await;
}

/// What was dropped above is kept: (dialect, reason), and the event as it arrived.
async fn check_quarantine(node: &Node) {
    let rejections = within(5, "five rejections", async || {
        let page = node.get("/api/v1/quarantine").await;
        let rejections = page["rejections"].as_array().unwrap().clone();
        (rejections.len() == 5).then_some(rejections)
    })
    .await;
    let mut reasons: Vec<(String, String)> = Vec::new();
    for it in &rejections {
        let text = |field: &str| {
            it[field]
                .as_str()
                .unwrap_or_else(|| panic!("{field}: {it}"))
                .to_owned()
        };
        assert!(
            !text("detail").is_empty() && !text("received_at").is_empty() && !text("id").is_empty()
        );
        reasons.push((text("dialect"), text("reason")));
    }
    reasons.sort_unstable();
    let reasons: Vec<(&str, &str)> = reasons
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let own: Vec<&str> = reasons
        .iter()
        .filter(|it| it.0 == "gyre")
        .map(|it| it.1)
        .collect();
    assert_eq!(reasons[0], ("amplitude", "missing-user"));
    assert_eq!(reasons[4], ("segment", "missing-user"));
    assert!(
        own.contains(&"missing-user") && own.contains(&"missing-event-name"),
        "{own:?}"
    );
    let raw: Vec<&Value> = rejections.iter().map(|it| &it["raw"]).collect();
    assert!(
        raw.iter().any(|it| it["insert_id"] == "b"),
        "the event as it arrived: {raw:?}"
    );
    assert!(
        raw.iter().any(|it| **it == json!("{\"event\":")),
        "what is no JSON is kept as text: {raw:?}"
    );

    let page = node.get("/api/v1/quarantine?limit=2").await;
    let next = page["next"].as_str().expect("a second page");
    let second = node
        .get(&format!("/api/v1/quarantine?limit=2&cursor={next}"))
        .await;
    assert_ne!(page["rejections"][0]["id"], second["rejections"][0]["id"]);
}
