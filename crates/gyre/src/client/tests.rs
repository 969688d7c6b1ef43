//! The client against a small server of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use gyre_testkit::VirtualClock;

use super::*;

async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

fn client(base: &str, clock: &VirtualClock) -> GyreClient {
    let client = GyreClient::new(base, Secret::new("wk"), Arc::new(clock.clone())).unwrap();
    client.with_api_key(Secret::new("ak"))
}

fn clock() -> VirtualClock {
    VirtualClock::at_text("2026-03-01T09:00:00Z")
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_says() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let app = Router::new().route(
        "/v1/events",
        post(move |headers: HeaderMap, body: Bytes| async move {
            assert_eq!(headers["authorization"], "Bearer wk");
            assert_eq!(headers["content-encoding"], "zstd");
            assert_eq!(zstd::decode_all(&body[..]).unwrap(), b"{}\n");
            if count.fetch_add(1, Ordering::Relaxed) == 0 {
                let wait = [("retry-after", "7")];
                return (StatusCode::SERVICE_UNAVAILABLE, wait, "busy").into_response();
            }
            let body = r#"{"results":{"a":{"result":"ok"},"b":{"result":"drop","details":"missing-user"}}}"#;
            body.into_response()
        }),
    );
    let clock = clock();
    let client = client(&serve(app).await, &clock);
    let start = clock.now();
    let sending = tokio::spawn(async move { client.send_lines(b"{}\n").await });
    while clock.next_due().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(clock.next_due(), Some(start.plus_ms(7_000)));
    clock.advance_ms(7_000).await;
    let report = sending.await.unwrap().unwrap();
    assert_eq!(report.refused["b"], "missing-user");
    assert_eq!(report.refused.len(), 1);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_refused_key_is_not_tried_again() {
    let app = Router::new().route("/v1/events", post(|| async { StatusCode::UNAUTHORIZED }));
    let clock = clock();
    let client = client(&serve(app).await, &clock);
    let error = client.send_lines(b"{}\n").await.unwrap_err();
    assert_eq!((error.code(), error.retry()), ("key-refused", Retry::Never));
}

#[tokio::test]
async fn a_redirect_is_read_and_not_followed() {
    let app = Router::new().route(
        "/t/c/abc",
        get(|| async { (StatusCode::FOUND, [("location", "https://shop.test/sale")]) }),
    );
    let client = client(&serve(app).await, &clock());
    let location = client.open_tracked("/t/c/abc").await.unwrap();
    assert_eq!(location.as_deref(), Some("https://shop.test/sale"));
    assert!(client.open_tracked("/t/c/unknown").await.is_err());
}

#[tokio::test]
async fn no_path_leads_to_another_host() {
    let client = client("http://127.0.0.1:9", &clock());
    for path in ["//other.test/t/o/x", "https://other.test/t/o/x"] {
        let error = client.open_tracked(path).await.unwrap_err();
        assert_eq!(error.code(), "bad-server-address", "{path}");
    }
}

#[tokio::test]
async fn a_server_without_inbox_has_none() {
    let clock = clock();
    let without = client(&serve(Router::new()).await, &clock);
    assert!(without.inbox(None).await.unwrap().is_none());
    let inbox = r#"{"messages":[{"id":"m","to":"a@shop.test","from":"x","subject":"s","received_at":"2026-03-01T09:00:00Z"}],
        "next":null}"#;
    let app = Router::new().route(
        "/api/v1/inbox",
        get(move |headers: HeaderMap| async move {
            assert_eq!(headers["authorization"], "Bearer ak");
            inbox
        }),
    );
    let with = client(&serve(app).await, &clock);
    let page = with.inbox(None).await.unwrap().unwrap();
    assert_eq!(page.messages[0].received_at(), Some(clock.now()));
}

#[test]
fn an_address_is_checked_before_anything_is_sent() {
    for bad in ["127.0.0.1:8080", "ftp://x.test", "nothing", "http://"] {
        let client = GyreClient::new(bad, Secret::new("wk"), Arc::new(clock()));
        assert_eq!(client.unwrap_err().code(), "bad-server-address", "{bad}");
    }
    for good in ["http://127.0.0.1:8080", "https://gyre.example.org"] {
        assert!(GyreClient::new(good, Secret::new("wk"), Arc::new(clock())).is_ok());
    }
}
