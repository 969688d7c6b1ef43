//! Every path that senders know is there, in each of its forms, and answers as a sender must be answered.

use bytes::Bytes;
use gyre_base::limits::BODY_BYTES_MAX;
use gyre_collect::{Answer, Collector, Incoming};
use serde_json::Value;

use crate::support::{Stand, get, gzip, header, post, with};

/// Methods and paths by dialect, as the libraries of each ask for them.
const SURFACE: &[(&str, &str, &[&str])] = &[
    (
        "amplitude",
        "POST",
        &[
            "/2/httpapi",
            "/batch",
            "/identify",
            "/groupidentify",
            "/usermap",
        ],
    ),
    (
        "amplitude",
        "GET",
        &["/identify", "/groupidentify", "/usermap"],
    ),
    (
        "segment",
        "POST",
        &[
            "/v1/batch",
            "/v1/b",
            "/v1/import",
            "/v1/track",
            "/v1/t",
            "/v1/identify",
            "/v1/i",
            "/v1/page",
            "/v1/p",
            "/v1/screen",
            "/v1/s",
            "/v1/group",
            "/v1/g",
            "/v1/alias",
            "/v1/a",
            "/v1/merge",
            "/v1/m",
            "/beacon/v1/batch",
            "/batch",
        ],
    ),
    (
        "segment",
        "GET",
        &[
            "/v1/projects/WRITEKEY_TEST/settings",
            "/sourceConfig",
            "/v1/pixel/track",
            "/v1/pixel/page",
            "/pixel/v1/track",
            "/pixel/v1/page",
        ],
    ),
    (
        "posthog",
        "POST",
        &[
            "/batch", "/e", "/i/v0/e", "/capture", "/track", "/engage", "/flags", "/decide", "/s",
        ],
    ),
    (
        "posthog",
        "GET",
        &[
            "/batch",
            "/e",
            "/i/v0/e",
            "/capture",
            "/track",
            "/engage",
            "/flags",
            "/array/phc_TEST/config",
            "/array/phc_TEST/config.js",
        ],
    ),
    ("posthog-v1", "POST", &["/i/v1/analytics/events"]),
    (
        "mixpanel",
        "POST",
        &["/track", "/engage", "/groups", "/import"],
    ),
    (
        "mixpanel",
        "GET",
        &["/track", "/engage", "/groups", "/import"],
    ),
    (
        "braze",
        "POST",
        &[
            "/users/track",
            "/users/track/sync",
            "/users/identify",
            "/users/merge",
            "/users/delete",
            "/users/alias/new",
            "/users/alias/update",
            "/users/external_ids/rename",
        ],
    ),
    ("snowplow", "POST", &["/com.snowplowanalytics.snowplow/tp2"]),
    ("snowplow", "GET", &["/i"]),
    (
        "jitsu",
        "POST",
        &[
            "/api/s/track",
            "/api/s/identify",
            "/api/s/page",
            "/api/s/group",
            "/api/s/s2s/track",
        ],
    ),
    ("jitsu", "GET", &["/api/px/track"]),
    ("gyre", "POST", &["/v1/events"]),
];

/// (dialect, method, path) of everything.
fn surface() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let all = SURFACE.iter();
    all.flat_map(|(dialect, method, paths)| paths.iter().map(|path| (*dialect, *method, *path)))
}

fn request(method: &str, path: &str) -> Incoming {
    match method {
        "GET" => get(path, ""),
        other => Incoming {
            method: other.to_owned(),
            ..post(path, "")
        },
    }
}

fn from_page(incoming: Incoming) -> Incoming {
    with(incoming, "Origin", "https://shop.test")
}

#[track_caller]
fn assert_readable(answer: &Answer, what: &str) {
    for (name, value) in [
        ("access-control-allow-origin", "https://shop.test"),
        ("access-control-allow-credentials", "true"),
    ] {
        assert_eq!(header(answer, name), Some(value), "{name} of {what}");
    }
}

#[test]
fn every_path_is_there_with_and_without_a_slash_and_below_a_key() {
    let stand = Stand::new();
    for (dialect, method, path) in surface() {
        for form in [
            path.to_owned(),
            format!("{path}/"),
            format!("/c/APIKEY_TEST{path}"),
            format!("/c/APIKEY_TEST{path}/"),
            format!("/c/APIKEY_TEST/{dialect}{path}"),
        ] {
            assert!(Collector::takes(&form), "{form}");
            let answer = stand.handle(request(method, &form));
            assert!(
                ![404, 405].contains(&answer.status),
                "{method} {form} is {}",
                answer.status
            );
        }
    }
}

#[test]
fn a_page_of_any_site_may_send_to_every_path_and_read_the_answer() {
    let stand = Stand::new();
    for (_, method, path) in surface() {
        let ask = from_page(request("OPTIONS", path));
        let ask = with(ask, "Access-Control-Request-Method", method);
        let ask = with(
            ask,
            "Access-Control-Request-Headers",
            "content-type,anonymousid,x-odd",
        );
        let answer = stand.handle(ask);
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{path}");
        assert_readable(&answer, path);
        assert_eq!(
            header(&answer, "access-control-allow-headers"),
            Some("content-type,anonymousid,x-odd"),
            "{path}"
        );
        let methods = header(&answer, "access-control-allow-methods").unwrap_or_default();
        assert!(
            methods.split(", ").any(|it| it == method),
            "{path}: {methods}"
        );
        // a refusal too: a page that may not read it takes it for a broken network and sends again
        assert_readable(&stand.handle(from_page(request(method, path))), path);
    }
}

#[test]
fn a_body_that_does_not_arrive_in_time_is_told_in_the_words_of_its_dialect() {
    let stand = Stand::new();
    for (dialect, _, path) in surface().filter(|it| it.1 == "POST") {
        let answer = stand.collector.refuse_too_slow(&from_page(post(path, "")));
        assert_eq!(answer.status, 408, "{dialect} {path}");
        assert_readable(&answer, path);
    }
    let amplitude = stand.collector.refuse_too_slow(&post("/2/httpapi", ""));
    let body: Value = serde_json::from_slice(&amplitude.body).unwrap();
    assert_eq!(body["code"], 408, "its Python library reads no status");
}

#[test]
fn a_bomb_is_refused_at_every_path_and_not_inflated() {
    let layer = gzip(&vec![b' '; BODY_BYTES_MAX + 1]);
    let bomb = Bytes::from(gzip(&layer));
    assert!(bomb.len() < 10_000, "{}", bomb.len());
    let stand = Stand::new();
    for (dialect, _, path) in surface().filter(|it| it.1 == "POST") {
        // taken and forgotten unread
        if ["/s", "/v1/m"].contains(&path) {
            continue;
        }
        let answer = stand.handle(post(path, bomb.clone()));
        let expected = if dialect == "braze" { 400 } else { 413 };
        assert_eq!(answer.status, expected, "{dialect} {path}");
    }
    assert!(stand.envelopes().is_empty());
}

#[test]
fn what_libraries_load_besides_is_not_the_consoles_page() {
    for path in ["/static/surveys.js", "/static/1.449.2/recorder.js", "/p.js"] {
        let answer = Stand::new().handle(from_page(get(path, "")));
        assert_eq!(answer.status, 404, "{path}");
        assert_readable(&answer, path);
    }
}
