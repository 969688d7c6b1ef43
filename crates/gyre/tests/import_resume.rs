//! `gyre import` killed in the middle, and run again: everything arrives, what was answered is not sent again.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

const EVENTS: usize = 40_000;
/// Requests that the first run gets answered; of 2,000 events each.
const ANSWERED: usize = 12;

/// Answers as many requests as there are permits, and says when one waits in vain.
struct Server {
    url: String,
    permits: Arc<Semaphore>,
    starved: Arc<Semaphore>,
    answered: Arc<Mutex<Vec<String>>>,
}

async fn serve() -> Server {
    let permits = Arc::new(Semaphore::new(ANSWERED));
    let starved = Arc::new(Semaphore::new(0));
    let answered = Arc::new(Mutex::new(Vec::new()));
    let app = {
        let (permits, starved) = (Arc::clone(&permits), Arc::clone(&starved));
        let answered = Arc::clone(&answered);
        Router::new().route(
            "/v1/events",
            post(move |body: Bytes| {
                answer(
                    body,
                    Arc::clone(&permits),
                    Arc::clone(&starved),
                    Arc::clone(&answered),
                )
            }),
        )
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    Server {
        url,
        permits,
        starved,
        answered,
    }
}

async fn answer(
    body: Bytes,
    permits: Arc<Semaphore>,
    starved: Arc<Semaphore>,
    answered: Arc<Mutex<Vec<String>>>,
) -> &'static str {
    if let Ok(permit) = permits.try_acquire() {
        permit.forget();
    } else {
        starved.add_permits(1);
        permits.acquire().await.unwrap().forget();
    }
    let lines = String::from_utf8(zstd::decode_all(&body[..]).unwrap()).unwrap();
    let events = lines
        .lines()
        .map(|it| serde_json::from_str::<Value>(it).unwrap());
    let ids = events.map(|it| {
        assert_eq!(it["historical"], true);
        it["insert_id"].as_str().unwrap().to_owned()
    });
    answered.lock().unwrap().extend(ids);
    "{\"results\":{}}"
}

fn import(url: &str, file: &Path, rejects: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_gyre"))
        .args([
            "import",
            "--format",
            "ndjson",
            "--url",
            url,
            "--write-key",
            "wk",
            "--rejects",
        ])
        .args([rejects, file])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_was_killed_goes_on_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    let mut text = String::new();
    for i in 0..EVENTS {
        writeln!(text, "{{\"event\":\"View\",\"user_id\":\"u{i}\"}}").unwrap();
        if i % 1_000 == 0 {
            text.push_str("bad\n");
        }
    }
    std::fs::write(&file, text).unwrap();
    let rejects = folder.path().join("bad.ndjson");
    let server = serve().await;

    let mut first = import(&server.url, &file, &rejects);
    // four requests wait for an answer that does not come: the sender is full, everything before is answered
    server.starved.acquire_many(4).await.unwrap().forget();
    first.kill().await.unwrap();
    let before = std::mem::take(&mut *server.answered.lock().unwrap());
    let before: BTreeSet<String> = before.into_iter().collect();
    assert_eq!(before.len(), ANSWERED * 2_000);
    assert!(folder.path().join("events.ndjson.gyre-import").is_file());

    server.permits.add_permits(1_000);
    let second = import(&server.url, &file, &rejects)
        .wait_with_output()
        .await
        .unwrap();
    let said = String::from_utf8(second.stdout).unwrap();
    assert_eq!(
        second.status.code(),
        Some(1),
        "bad rows are a failure: {said}"
    );
    assert!(
        said.contains("rows were done by an interrupted import"),
        "{said}"
    );
    let after = server.answered.lock().unwrap().clone();
    let unique: BTreeSet<&String> = before.iter().chain(&after).collect();
    assert_eq!(
        unique.len(),
        EVENTS,
        "every event arrived, each with an id of its own"
    );
    assert!(after.len() < EVENTS, "the second run began anew");
    let written = std::fs::read_to_string(&rejects).unwrap();
    let rows: BTreeSet<u64> = written
        .lines()
        .map(|it| {
            serde_json::from_str::<Value>(it).unwrap()["row"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(
        (rows.len(), written.lines().count()),
        (EVENTS / 1_000, EVENTS / 1_000)
    );
    assert!(
        !folder.path().join("events.ndjson.gyre-import").exists(),
        "the state is gone"
    );
}
