//! The demonstration and the import through the real collector, over HTTP, into a real log.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use gyre::client::GyreClient;
use gyre::demo::dataset::Shop;
use gyre::demo::{LoadOptions, run_demo_load};
use gyre::import::{ImportArgs, Kind};
use gyre_base::{Clock, DAY_MS, Secret, Timestamp, WorkspaceId};
use gyre_collect::{CollectConfig, Collector, Envelope, Incoming, KeyDirectory, KeyDirectoryError};
use gyre_import::Format;
use gyre_log::{Log, LogConfig, Position};
use gyre_model::{Event, EventKind};
use gyre_testkit::VirtualClock;

const BODY_BYTES_MAX: usize = 64 << 20;

#[derive(Debug)]
struct OneKey(WorkspaceId);

#[async_trait]
impl KeyDirectory for OneKey {
    async fn write_key(&self, key: &str) -> Result<Option<WorkspaceId>, KeyDirectoryError> {
        Ok((key == "wk").then_some(self.0))
    }
}

/// A collector on a free port, its log, and the folder that holds it.
struct Server {
    url: String,
    log: Log,
    _folder: tempfile::TempDir,
}

async fn serve(clock: Arc<dyn Clock>) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = Log::open(LogConfig::new(folder.path())).unwrap();
    let keys = Arc::new(OneKey(WorkspaceId::random()));
    let collector = Collector::new(keys, log.clone(), clock, CollectConfig::default());
    let app = Router::new().fallback(move |request: Request| {
        let collector = collector.clone();
        async move { answer(&collector, request).await }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    Server {
        url,
        log,
        _folder: folder,
    }
}

async fn answer(collector: &Collector, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let text = |it: &axum::http::HeaderValue| it.to_str().unwrap().to_owned();
    let headers = head
        .headers
        .iter()
        .map(|(name, it)| (name.to_string(), text(it)));
    let incoming = Incoming {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: axum::body::to_bytes(body, BODY_BYTES_MAX).await.unwrap(),
        peer_ip: None,
    };
    let answer = collector.handle(incoming).await;
    let response = Response::builder().status(answer.status);
    response.body(axum::body::Body::from(answer.body)).unwrap()
}

/// Every event in the log; fails at the first that could not be read.
fn events_in(log: &Log) -> Vec<Event> {
    let mut events = Vec::new();
    let mut from = Position::START;
    while from < log.durable_end() {
        for record in log.read(from, BODY_BYTES_MAX).unwrap() {
            from = record.next;
            let envelope = Envelope::decode(&record.body).unwrap();
            events.extend(
                gyre_collect::parse(&envelope)
                    .into_iter()
                    .map(Result::unwrap),
            );
        }
    }
    events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_arrives_whole() {
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::at_text("2026-03-01T18:00:00Z"));
    let server = serve(Arc::clone(&clock)).await;
    let client = GyreClient::new(&server.url, Secret::new("wk"), Arc::clone(&clock)).unwrap();
    let shop = Shop::open(clock.now()).unwrap();
    let options = LoadOptions {
        seed: 1,
        now: clock.now(),
        with_visits: true,
        with_progress: false,
    };
    let summary = run_demo_load(&client, &shop, options).await.unwrap();

    let events = events_in(&server.log);
    let sent = summary.orders + summary.profiles + summary.visit_events;
    assert_eq!(events.len(), sent);
    let count = |name: &str| events.iter().filter(|it| it.name == name).count();
    assert_eq!(
        (count("Order Completed"), count("Order Cancelled")),
        (18_536, 3_654)
    );
    assert!(count("Product Viewed") > 5_000);

    let profiles: Vec<_> = events
        .iter()
        .filter(|it| it.kind == EventKind::Identify)
        .collect();
    assert!(profiles.len() > summary.profiles);
    let addresses = profiles
        .iter()
        .filter(|it| it.user_ops.iter().any(|op| op.key == "email"));
    assert_eq!(addresses.count(), 4_372);
    assert!(events.iter().all(|it| it.time <= clock.now()));
    let oldest = events.iter().map(|it| it.time).min().unwrap();
    assert!(
        clock.now().since(oldest) > 370 * DAY_MS,
        "times of the past stay as they are"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_line_keeps_its_time_whatever_it_says_of_its_upload() {
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::at_text("2026-03-01T18:00:00Z"));
    let server = serve(Arc::clone(&clock)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.ndjson");
    let lines = r#"{"event":"A","user_id":"u1","time":"2024-01-01T00:00:00Z","client_upload_time":"2024-01-01T00:00:02Z"}
{"type":"track","event":"B","userId":"u2","timestamp":"2024-01-02T00:00:00Z"}
{"event":"C"}
"#;
    std::fs::write(&file, lines).unwrap();
    let args = ImportArgs {
        format: Format::Ndjson,
        kind: Kind::Events,
        url: server.url.clone(),
        write_key: Some("wk".to_owned()),
        map: None,
        preview: false,
        rows: 5,
        state: None,
        restart: false,
        rejects: None,
        s3: gyre::import::remote::S3Args::default(),
        files: vec![file],
    };
    let report = gyre::import::run(args, clock, false).await.unwrap();
    assert_eq!((report.sent_count, report.failed_count), (2, 1));
    let problem = &report.problems[0];
    assert_eq!(problem.place.row, 3);
    assert!(
        problem.detail.contains("missing-user"),
        "{}",
        problem.detail
    );

    let mut found = Vec::new();
    for record in server.log.read(Position::START, BODY_BYTES_MAX).unwrap() {
        let envelope = Envelope::decode(&record.body).unwrap();
        found.extend(gyre_collect::parse(&envelope).into_iter().flatten());
    }
    let times: Vec<(&str, Timestamp)> =
        found.iter().map(|it| (it.name.as_str(), it.time)).collect();
    let at = |text| Timestamp::parse(text).unwrap();
    assert_eq!(times, [("A", at("2024-01-01")), ("B", at("2024-01-02"))]);
    assert!(found.iter().all(|it| it.insert_id.is_some()));
}
