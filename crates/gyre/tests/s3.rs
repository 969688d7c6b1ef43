//! Object storage that speaks S3: lists of several pages, signed downloads, an import of a prefix, and the command.
//!
//! The server is moto's (`pip install 'moto[server]'`), or whichever `GYRE_TEST_S3` names; without either the tests say
//! so and check nothing.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::print_stderr, reason = "a test that checks nothing says so")]

use std::net::TcpListener;
use std::process::Stdio;
use std::sync::Arc;

use gyre::import::remote::{S3Args, bring};
use gyre::s3::{Endpoints, S3};
use gyre::system_clock::SystemClock;
use gyre_app::engine::{Engine, EngineConfig};
use gyre_app::imports::{ImportWorker, ImportWorkerConfig, ObjectPlace, ObjectReader};
use gyre_app::{Access, App, AppParts};
use gyre_base::{Clock, Secret, Timestamp, WeekStart, WorkspaceId};
use gyre_log::{Log, LogConfig};
use gyre_meta::{ImportState, Meta, MetaConfig, Workspace};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A server, ended with the test.
struct Storage {
    endpoint: String,
    #[expect(dead_code, reason = "it ends when this is dropped")]
    child: Option<Child>,
}

impl Storage {
    async fn start() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "the test's own switch")]
        let named = std::env::var("GYRE_TEST_S3");
        if let Ok(endpoint) = named {
            return Some(Self {
                endpoint,
                child: None,
            });
        }
        // free now; nobody else asks for ports of this kind in between
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let Ok(mut child) = child else {
            eprintln!(
                "skipped: there is no moto_server (pip install 'moto[server]') and no GYRE_TEST_S3"
            );
            return None;
        };
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains("Running on") {
                // read on, or its log fills the pipe
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                let endpoint = format!("http://127.0.0.1:{port}");
                return Some(Self {
                    endpoint,
                    child: Some(child),
                });
            }
        }
        eprintln!("skipped: moto_server does not start");
        None
    }

    async fn put(&self, path: &str, body: String) {
        let http = reqwest::Client::new();
        let url = format!("{}/{path}", self.endpoint);
        let answer = http.put(url).body(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    fn place(&self, uri: &str) -> ObjectPlace {
        ObjectPlace::new(uri, None, Some(&self.endpoint), Some("key")).unwrap()
    }
}

fn rows(from: usize, to: usize) -> String {
    let rows = (from..to).map(|i| format!("{{\"event\":\"View\",\"user_id\":\"u{i}\"}}\n"));
    rows.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_are_listed_fetched_and_imported() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Some(storage) = Storage::start().await else {
        return;
    };
    storage.put("my-bucket", String::new()).await;
    for i in 0..1_005 {
        storage
            .put(&format!("my-bucket/many/{i:04}.txt"), "x".to_owned())
            .await;
    }
    storage
        .put("my-bucket/day/a%20%C3%BC.ndjson", rows(0, 1_500))
        .await;
    storage
        .put("my-bucket/day/b.ndjson", rows(1_500, 2_000))
        .await;
    storage.put("my-bucket/day/", String::new()).await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let allowed = Endpoints::Only(vec![storage.endpoint.clone()]);
    let s3 = S3::new(allowed, Arc::clone(&clock)).unwrap();
    let secret = Secret::new("secret");
    let many = storage.place("s3://my-bucket/many/");
    let listed = s3.list(&many, Some(&secret), 2_000).await.unwrap();
    assert_eq!(
        (listed.len(), listed[1_004].key.as_str()),
        (1_005, "many/1004.txt")
    );
    assert!(
        s3.list(&many, Some(&secret), 1_000).await.is_err(),
        "more than asked for"
    );
    let one = storage.place("s3://my-bucket/many/0001.txt");
    assert_eq!(s3.list(&one, Some(&secret), 10).await.unwrap().len(), 1);
    let missing = storage.place("s3://no-bucket/x");
    let error = s3.list(&missing, Some(&secret), 10).await.unwrap_err();
    assert!(error.to_string().contains("NoSuchBucket"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let day = s3
        .list(&storage.place("s3://my-bucket/day/"), Some(&secret), 10)
        .await
        .unwrap();
    let keys: Vec<&str> = day.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(keys, ["day/a ü.ndjson", "day/b.ndjson"], "folders are none");
    let to = folder.path().join("object");
    let place = storage.place("s3://my-bucket/day/");
    s3.fetch(&place, Some(&secret), &day[0], None, &to)
        .await
        .unwrap();
    assert_eq!(std::fs::read_to_string(&to).unwrap(), rows(0, 1_500));
    let head = s3
        .fetch(&place, Some(&secret), &day[0], Some(100), &to)
        .await;
    assert_eq!(
        (head.unwrap(), std::fs::metadata(&to).unwrap().len()),
        (100, 100)
    );

    job(folder.path(), &storage, s3, clock).await;
    command(folder.path(), &storage).await;
}

/// A job of a running server.
async fn job(folder: &std::path::Path, storage: &Storage, s3: S3, clock: Arc<dyn Clock>) {
    let url = format!("sqlite://{}", folder.join("meta.db").display());
    let meta = Meta::open(&url, MetaConfig::default()).await.unwrap();
    let workspace = Workspace {
        id: WorkspaceId::random(),
        name: "Shop".into(),
        timezone: "UTC".into(),
        week_start: WeekStart::Monday,
        currency: "USD".into(),
        created_at: Timestamp(0),
    };
    meta.workspace_create(&workspace).await.unwrap();
    let (log, _) = Log::open(LogConfig::new(folder.join("log"))).unwrap();
    let config = EngineConfig::new(folder.join("lake"));
    let started = Engine::start(config, meta.clone(), log, Arc::clone(&clock)).await;
    let (engine, _task) = started.unwrap();
    let app = App::new(AppParts {
        meta,
        engine,
        clock,
        secret: [7; 32],
        public_url: String::new(),
        mailbox: None,
    })
    .with_objects(Arc::new(s3));
    let access = Access::operator(workspace.id).write().unwrap();
    let source = json!({"s3": {"uri": "s3://my-bucket/day/", "endpoint": storage.endpoint, "access_key_id": "key",
        "secret_access_key": "secret"}});
    let preview = app
        .import_preview(&access, &json!({"source": source}))
        .await
        .unwrap();
    assert_eq!(preview.events.len(), 20);
    let made = app
        .import_create(&access, &json!({"source": source}))
        .await
        .unwrap();
    let config = ImportWorkerConfig {
        rows_per_second: 0,
        ..ImportWorkerConfig::new("test")
    };
    ImportWorker::new(app.clone(), config)
        .run_all()
        .await
        .unwrap();
    let id = made.import.id.to_string();
    let done = app.import_get(access.as_read(), &id).await.unwrap();
    assert_eq!(
        done.import.state,
        ImportState::Done,
        "{:?}",
        done.import.fault
    );
    assert_eq!(
        (done.rows_accepted, done.import.progress.rows_read),
        (2_000, 2_000)
    );
    assert!(done.import.sealed.is_none(), "the secret is forgotten");
    let elsewhere = json!({"source": {"s3": {"uri": "s3://my-bucket/day/", "endpoint": "http://169.254.169.254"}}});
    assert!(app.import_create(&access, &elsewhere).await.is_err());
}

/// `gyre import s3://…`, as far as it brings the files.
async fn command(folder: &std::path::Path, storage: &Storage) {
    use clap::Parser;
    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: gyre::import::ImportArgs,
    }
    let state = folder.join("state");
    let line = Line::try_parse_from([
        "import",
        "--write-key",
        "k",
        "--state",
        state.to_str().unwrap(),
        "s3://my-bucket/day/",
    ]);
    let mut args = line.unwrap().args;
    args.s3 = S3Args {
        s3_region: None,
        s3_endpoint: Some(storage.endpoint.clone()),
        s3_access_key_id: Some("key".to_owned()),
        s3_secret_access_key: Some("secret".to_owned()),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let brought = bring(args.clone(), &clock).await.unwrap();
    assert_eq!(brought.files.len(), 2);
    assert_eq!(
        std::fs::read_to_string(&brought.files[1]).unwrap(),
        rows(1_500, 2_000)
    );
    let again = bring(args, &clock).await.unwrap();
    assert_eq!(again.files, brought.files);
}
