//! The simulator against a server that only notes what it is asked.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use gyre_base::Secret;
use gyre_testkit::VirtualClock;
use serde_json::{Value, json};

use super::*;

#[derive(Default)]
struct Seen {
    events: Vec<Value>,
    asked: BTreeMap<String, usize>,
}

type Notes = Arc<Mutex<Seen>>;

fn note(notes: &Notes, what: &str) {
    *notes
        .lock()
        .unwrap()
        .asked
        .entry(what.to_owned())
        .or_default() += 1;
}

/// A server with forty mails in its inbox, all received at `at`.
fn app(notes: Notes, at: &str) -> Router {
    let messages: Vec<Value> = (0..40)
        .map(|i| {
            let to = format!("customer-{}@shop.test", 17_850 + i);
            json!({"id": format!("m{i}"), "to": to, "received_at": at})
        })
        .collect();
    let page = json!({"messages": messages, "next": null}).to_string();
    Router::new()
        .route(
            "/v1/events",
            post(|State(notes): State<Notes>, body: Bytes| async move {
                let lines = String::from_utf8(zstd::decode_all(&body[..]).unwrap()).unwrap();
                let events = lines.lines().map(|it| serde_json::from_str(it).unwrap());
                notes.lock().unwrap().events.extend(events);
                r#"{"results":{}}"#
            }),
        )
        .route("/api/v1/inbox", get(move || async move { page }))
        .route(
            "/api/v1/inbox/{id}/html",
            get(|Path(id): Path<String>| async move {
                format!(r#"<a href="http://x.test/t/c/{id}">sale</a><img src="http://x.test/t/o/{id}.gif">"#)
            }),
        )
        .route(
            "/t/o/{token}",
            get(|State(notes): State<Notes>| async move { note(&notes, "open") }),
        )
        .route(
            "/t/c/{token}",
            get(|State(notes): State<Notes>| async move {
                note(&notes, "click");
                (StatusCode::FOUND, [("location", "https://shop.test/sale")])
            }),
        )
        .with_state(notes)
}

async fn run_for(seconds: i64, mail_received_at: &str) -> Notes {
    let notes = Notes::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = app(Arc::clone(&notes), mail_received_at);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let clock = VirtualClock::at_text("2026-03-01T18:00:00Z");
    let shop = Arc::new(Shop::open(clock.now()).unwrap());
    let client = GyreClient::new(&base, Secret::new("wk"), Arc::new(clock.clone())).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(
        client.with_api_key(Secret::new("ak")),
        Arc::new(clock.clone()),
        shop,
        1,
        stop.clone(),
    ));
    for _ in 0..seconds {
        while clock.next_due().is_none() {
            tokio::task::yield_now().await;
        }
        clock.advance_ms(SECOND_MS).await;
    }
    stop.cancel();
    running.await.unwrap().unwrap();
    notes
}

#[tokio::test]
async fn visitors_browse_and_readers_open_and_click() {
    let notes = run_for(90, "2026-03-01T18:00:01Z").await;
    let seen = notes.lock().unwrap();
    let (opens, clicks) = (seen.asked["open"], seen.asked["click"]);
    assert!((8..30).contains(&opens), "{opens} opens");
    assert!((1..opens).contains(&clicks), "{clicks} clicks");
    assert!(seen.events.len() > 50, "{} events", seen.events.len());
    let marked = |it: &Value| {
        let place = if it["event"] == "$identify" {
            "context"
        } else {
            "properties"
        };
        it[place]["simulated"] == true
    };
    assert!(seen.events.iter().all(marked));
}

#[tokio::test]
async fn mail_from_before_the_start_stays_as_it_is() {
    let notes = run_for(60, "2026-03-01T17:00:00Z").await;
    assert!(!notes.lock().unwrap().asked.contains_key("open"));
}
