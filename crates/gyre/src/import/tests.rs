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
        kind: Kind::Events,
        url: url.to_owned(),
        write_key: Some("wk".to_owned()),
        map: None,
        preview: false,
        rows: 5,
        state: None,
        restart: false,
        rejects: None,
        s3: S3Args::default(),
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
    assert_eq!(report.problems[0].place, Place::row(5_001));
    assert_eq!(report.problems[1].place, Place::row(5_002));
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
    assert!(
        missing
            .to_string()
            .starts_with("--format csv needs --map FILE"),
        "{missing}"
    );
    args.map = Some(map);
    let report = run(args, clock(), false).await.unwrap();
    assert_eq!((report.sent_count, report.failed_count), (1, 1));
    assert_eq!(report.problems[0].place.row, 3);
    assert_eq!(taken.lock().unwrap()[0]["user_id"], "u1");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let missing = PathBuf::from("/nowhere/x.ndjson");
    let args = args("http://127.0.0.1:9", Format::Ndjson, &[missing]);
    let error = run(args, clock(), false).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read `/nowhere/x.ndjson`");
}

#[tokio::test]
async fn options_that_do_not_go_together_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    std::fs::write(&file, "{}").unwrap();
    let mut args = args("http://127.0.0.1:9", "amplitude".parse().unwrap(), &[file]);
    args.map = Some("map.json".into());
    let error = run(args.clone(), clock(), false).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("--map is not for --format amplitude"),
        "{error}"
    );
    args.map = None;
    args.files = vec!["s3://B/key.json".into()];
    let error = remote::bring(args, &clock()).await.unwrap_err();
    assert!(error.to_string().contains("no name of a bucket"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bad_row_is_written_and_the_first_twenty_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ndjson");
    let mut text = "{\"event\":\"Refused\",\"insert_id\":\"r\"}\n".to_owned();
    for i in 0..30 {
        writeln!(text, "bad {i}").unwrap();
    }
    std::fs::write(&file, text).unwrap();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let mut args = args(&serve(Arc::clone(&taken)).await, Format::Auto, &[file]);
    args.format = Format::Ndjson;
    args.rejects = Some(folder.path().join("bad.ndjson"));
    let report = run(args.clone(), clock(), false).await.unwrap();
    assert_eq!((report.failed_count, report.problems.len()), (31, 20));
    assert!(report.to_string().contains("… and 11 more"), "{report}");
    let written = std::fs::read_to_string(args.rejects.unwrap()).unwrap();
    let written: Vec<Value> = written
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    assert_eq!(written.len(), 31);
    let of_row = |row: u64| written.iter().find(|it| it["row"] == row).unwrap();
    assert_eq!(of_row(2)["raw"], "bad 0");
    assert_eq!(of_row(1)["reason"], "refused by the server: not wanted");
    assert!(of_row(1)["raw"].as_str().unwrap().contains("Refused"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_identified_once_for_each_content_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    let map = folder.path().join("map.json");
    std::fs::write(
        &map,
        r#"{"user_id": {"column": "id"}, "properties": {"plan": "plan"}}"#,
    )
    .unwrap();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let mut args = args(
        &serve(Arc::clone(&taken)).await,
        Format::Csv,
        std::slice::from_ref(&file),
    );
    (args.map, args.kind) = (Some(map), Kind::Profiles);
    let mut ids = Vec::new();
    for text in [
        "id,plan\nu1,pro\n",
        "id,plan\nu1,pro\n",
        "id,plan\nu1,free\n",
    ] {
        std::fs::write(&file, text).unwrap();
        run(args.clone(), clock(), false).await.unwrap();
        let event = taken.lock().unwrap().pop().unwrap();
        assert_eq!(event["event"], "$identify");
        assert!(event["user_properties"]["$set"]["plan"].is_string());
        ids.push(event["insert_id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[test]
fn a_preview_proposes_a_map_and_shows_events_and_problems() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pos.csv");
    std::fs::write(
        &file,
        "회원번호,주문일시,금액\nm1,2026-03-01 09:00,\"12,000\"\nm2,2026-03-02 10:00,5\n",
    )
    .unwrap();
    let mut args = args("http://127.0.0.1:9", Format::Auto, &[file]);
    args.preview = true;
    let shown = preview::show(&args).unwrap();
    for part in [
        "csv, UTF-8",
        "\"user_id\"",
        "Asia/Seoul",
        "2026-03-01T00:00:00.000Z",
        "\"revenue\":12000",
    ] {
        assert!(shown.contains(part), "{part} is missing in:\n{shown}");
    }
    let map = folder.path().join("map.json");
    let text = r#"{"event": {"const": "A"}, "user_id": {"column": "회원번호"}, "time": {"column": "금액", "format": "%Y"}}"#;
    std::fs::write(&map, text).unwrap();
    args.map = Some(map);
    let shown = preview::show(&args).unwrap();
    assert!(
        shown.contains("problem: column `금액`: 2 of 2 rows, such as 2: `12,000`"),
        "{shown}"
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        2,
        "a preview writes nothing"
    );
}
