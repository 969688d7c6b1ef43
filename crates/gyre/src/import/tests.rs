//! The import against a server that notes what it gets.

use std::fmt::Write;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use gyre_testkit::VirtualClock;
use serde_json::{Map, Value, json};

use super::*;

/// Takes everything but events called `Refused`.
async fn serve(taken: Arc<Mutex<Vec<Value>>>) -> String {
    let app = Router::new().route(
        "/v1/events",
        post(move |body: Bytes| async move {
            let lines = String::from_utf8(zstd::decode_all(&body[..]).unwrap()).unwrap();
            let mut results = Map::new();
            for line in lines.lines() {
                let event: Value = serde_json::from_str(line).unwrap();
                let id = event["insert_id"].as_str().unwrap().to_owned();
                let outcome = if event["event"] == "Refused" {
                    json!({"result": "drop", "details": "not wanted"})
                } else {
                    json!({"result": "ok"})
                };
                results.insert(id, outcome);
                taken.lock().unwrap().push(event);
            }
            json!({"results": results}).to_string()
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

fn args(url: &str, format: Format, files: &[PathBuf]) -> ImportArgs {
    ImportArgs {
        format,
        url: url.to_owned(),
        write_key: "wk".to_owned(),
        map: None,
        files: files.to_vec(),
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(VirtualClock::at_text("2026-03-01"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_sent_whole_and_bad_rows_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for i in 0..5_000 {
        writeln!(text, "{{\"event\":\"View\",\"user_id\":\"u{i}\"}}").unwrap();
    }
    text.push_str("not json\n{\"event\":\"Refused\",\"insert_id\":\"r\"}\n");
    let plain = folder.path().join("a.ndjson");
    std::fs::write(&plain, &text).unwrap();
    let packed = folder.path().join("b.ndjson.zst");
    std::fs::write(
        &packed,
        zstd::encode_all(&b"{\"event\":\"Packed\"}\n"[..], 1).unwrap(),
    )
    .unwrap();

    let taken = Arc::new(Mutex::new(Vec::new()));
    let url = serve(Arc::clone(&taken)).await;
    let files = [plain, packed];
    let report = run(args(&url, Format::Ndjson, &files), clock(), false)
        .await
        .unwrap();
    assert_eq!((report.sent_count, report.failed_count), (5_001, 2));
    assert_eq!(report.problems[0].row, 5_001);
    assert_eq!(report.problems[1].row, 5_002);
    assert_eq!(
        report.problems[1].detail,
        "refused by the server: not wanted"
    );
    let shown = report.to_string();
    assert!(shown.contains("a.ndjson:5001: ") && shown.contains("5001 events sent, 2 rows failed"));

    let first: Vec<Value> = taken.lock().unwrap().drain(..).collect();
    run(args(&url, Format::Ndjson, &files), clock(), false)
        .await
        .unwrap();
    let ids = |events: &[Value]| {
        let ids = events.iter().map(|it| it["insert_id"].to_string());
        ids.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(ids(&first).len(), 5_002);
    assert_eq!(
        ids(&first),
        ids(&taken.lock().unwrap()),
        "a second run makes other ids"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_read_by_their_map() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("orders.csv");
    std::fs::write(&table, "who,when\nu1,2026-02-01\nu2,never\n").unwrap();
    let map = folder.path().join("map.json");
    let text = r#"{"event": {"const": "Order"}, "user_id": {"column": "who"}, "time": {"column": "when"}}"#;
    std::fs::write(&map, text).unwrap();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let mut args = args(&serve(Arc::clone(&taken)).await, Format::Csv, &[table]);
    let missing = run(args.clone(), clock(), false).await.unwrap_err();
    assert_eq!(missing.to_string(), "--format csv needs --map FILE");
    args.map = Some(map);
    let report = run(args, clock(), false).await.unwrap();
    assert_eq!((report.sent_count, report.failed_count), (1, 1));
    assert_eq!(report.problems[0].row, 3);
    assert_eq!(taken.lock().unwrap()[0]["user_id"], "u1");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let missing = PathBuf::from("/nowhere/x.ndjson");
    let args = args("http://127.0.0.1:9", Format::Ndjson, &[missing]);
    let error = run(args, clock(), false).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read `/nowhere/x.ndjson`");
}

#[test]
fn formats_of_other_tools_are_refused_with_advice() {
    let error = "amplitude".parse::<Format>().unwrap_err();
    assert!(
        error.contains("convert the file to ndjson or csv"),
        "{error}"
    );
    assert_eq!(
        "xml".parse::<Format>().unwrap_err(),
        "expected ndjson or csv"
    );
    assert_eq!("jsonl".parse::<Format>(), Ok(Format::Ndjson));
}
