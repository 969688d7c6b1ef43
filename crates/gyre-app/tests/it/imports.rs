//! Imports on real parts: jobs through crashes, files twice, rows that are none, lookup tables, workspaces apart.

use std::path::Path;
use std::sync::Arc;

use gyre_app::engine::{Engine, EngineConfig, EngineTask};
use gyre_app::imports::{ImportView, ImportWorker, ImportWorkerConfig};
use gyre_app::{Access, App, AppError, AppParts, CanWrite};
use gyre_base::{Clock, DAY_MS, MINUTE_MS, Timestamp, WeekStart, WorkspaceId};
use gyre_log::{Log, LogConfig};
use gyre_meta::{ImportState, Meta, MetaConfig, Workspace};
use gyre_testkit::VirtualClock;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

const NOW: i64 = 1_772_323_200_000;

struct Node {
    app: App,
    task: EngineTask,
    log: Log,
    meta: Meta,
    clock: VirtualClock,
}

async fn start(folder: &Path, workspaces: &[WorkspaceId], now: i64, flush_rows: usize) -> Node {
    let clock = VirtualClock::at(Timestamp(now));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let url = format!("sqlite://{}", folder.join("meta.db").display());
    let meta = Meta::open(&url, MetaConfig::default()).await.unwrap();
    for workspace in workspaces {
        if meta.workspace_get(*workspace).await.is_err() {
            let row = Workspace {
                id: *workspace,
                name: "Shop".into(),
                timezone: "Asia/Seoul".into(),
                week_start: WeekStart::Monday,
                currency: "KRW".into(),
                created_at: Timestamp(NOW),
            };
            meta.workspace_create(&row).await.unwrap();
        }
    }
    let (log, _) = Log::open(LogConfig::new(folder.join("log"))).unwrap();
    let config = EngineConfig {
        flush_rows,
        ..EngineConfig::new(folder.join("lake"))
    };
    let started = Engine::start(config, meta.clone(), log.clone(), Arc::clone(&shared)).await;
    let (engine, task) = started.unwrap();
    let app = App::new(AppParts {
        meta: meta.clone(),
        engine,
        clock: shared,
        secret: [7; 32],
        public_url: "https://shop.test".to_owned(),
        mailbox: None,
    });
    Node {
        app,
        task,
        log,
        meta,
        clock,
    }
}

fn writer(workspace: WorkspaceId) -> CanWrite {
    Access::operator(workspace).write().unwrap()
}

impl Node {
    async fn upload(&self, workspace: WorkspaceId, name: &str, content: &[u8]) -> String {
        let mut upload = self
            .app
            .import_upload(&writer(workspace), name)
            .await
            .unwrap();
        for chunk in content.chunks(7_000) {
            upload.write(chunk).await.unwrap();
        }
        let file = self.app.import_uploaded(upload).await.unwrap();
        assert_eq!(file.bytes, content.len() as u64);
        file.id.to_string()
    }

    async fn create(&self, workspace: WorkspaceId, body: &Value) -> String {
        let made = self.app.import_create(&writer(workspace), body).await;
        made.unwrap().import.id.to_string()
    }

    fn worker(&self) -> ImportWorker {
        let config = ImportWorkerConfig {
            rows_per_second: 0,
            ..ImportWorkerConfig::new(uuid_text())
        };
        ImportWorker::new(self.app.clone(), config)
    }

    async fn run(&self) {
        self.worker().run_all().await.unwrap();
    }

    async fn view(&self, workspace: WorkspaceId, id: &str) -> ImportView {
        let access = writer(workspace);
        self.app.import_get(access.as_read(), id).await.unwrap()
    }

    /// Imports a file to its end.
    async fn import(
        &self,
        workspace: WorkspaceId,
        name: &str,
        content: &[u8],
        rest: &Value,
    ) -> ImportView {
        let file = self.upload(workspace, name, content).await;
        let mut body = rest.clone();
        body["source"] = json!({"file": file});
        let id = self.create(workspace, &body).await;
        self.run().await;
        self.view(workspace, &id).await
    }

    async fn rejects(&self, workspace: WorkspaceId, id: &str) -> Vec<Value> {
        let access = writer(workspace);
        let found = self.app.import_rejects(access.as_read(), id).await.unwrap();
        let Some((file, bytes)) = found else {
            return Vec::new();
        };
        let mut text = String::new();
        file.take(bytes).read_to_string(&mut text).await.unwrap();
        text.lines()
            .map(|it| serde_json::from_str(it).unwrap())
            .collect()
    }

    fn rows(&self, workspace: WorkspaceId) -> usize {
        self.app.engine().snapshot(workspace).lake.rows()
    }

    async fn stop(self) {
        self.task.stop().await.unwrap();
        self.log.close().await;
        self.meta.close().await;
    }

    /// Ends without a flush: only the log and SQL have what was done.
    async fn crash(self) {
        self.log.close().await;
        self.meta.close().await;
        std::mem::forget(self.task);
    }
}

/// A name that no other worker has.
fn uuid_text() -> String {
    WorkspaceId::random().to_string()
}

/// (accepted, rejected, repeated)
fn counts(view: &ImportView) -> (u64, u64, u64) {
    (view.rows_accepted, view.rows_rejected, view.rows_repeated)
}

fn lines(from: usize, to: usize) -> Vec<u8> {
    let lines = (from..to).map(|i| {
        format!("{{\"event\":\"View\",\"user_id\":\"u{}\",\"time\":\"2026-02-01T00:00:00Z\",\"properties\":{{\"i\":{i}}}}}\n", i % 50)
    });
    lines.collect::<String>().into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_counts_once_under_whatever_name_and_however_long_ago() {
    let folder = tempfile::tempdir().unwrap();
    let one = WorkspaceId::random();
    let node = start(folder.path(), &[one], NOW, 1_000_000).await;
    let first = node
        .import(one, "a.ndjson", &lines(0, 2_500), &json!({}))
        .await;
    assert_eq!(first.import.state, ImportState::Done);
    assert_eq!(counts(&first), (2_500, 0, 0));
    assert_eq!(first.import.progress.rows_read, 2_500);
    assert_eq!(node.rows(one), 2_500);
    let again = node
        .import(one, "b.ndjson", &lines(0, 2_500), &json!({}))
        .await;
    assert_eq!(counts(&again), (0, 0, 2_500));
    // the insert ids of that time are forgotten by now, the import is not
    node.clock.jump_to(Timestamp(NOW + 30 * DAY_MS));
    let later = node
        .import(one, "c.ndjson", &lines(0, 2_500), &json!({}))
        .await;
    assert_eq!(counts(&later), (0, 0, 2_500));
    assert_eq!(node.rows(one), 2_500);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_ends_the_process_an_import_goes_on_and_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let one = WorkspaceId::random();
    let mut content = lines(0, 12_000);
    content.extend_from_slice(b"not json\n{\"event\":\"nobody\"}\n");
    content.extend(lines(12_000, 20_000));
    let mut now = NOW;
    let mut id = None;
    let mut lives = 0;
    for life in 0..40 {
        // every third life writes files all the time, so that some batches are committed and others only in the log
        let flush_rows = if life % 3 == 0 { 500 } else { 1_000_000 };
        let node = start(folder.path(), &[one], now, flush_rows).await;
        if id.is_none() {
            let file = node.upload(one, "big.ndjson", &content).await;
            id = Some(node.create(one, &json!({"source": {"file": file}})).await);
        }
        let id = id.as_ref().unwrap();
        let before = node.view(one, id).await;
        if before.import.state == ImportState::Done {
            node.crash().await;
            break;
        }
        lives += 1;
        let mut worker = node.worker();
        assert_eq!(
            worker.begin().await.unwrap(),
            1,
            "life {life}: the lease of the dead is over"
        );
        // some batches further, wherever that is in the middle of one
        let goal = before.import.progress.rows_read + 1 + 700 * (life % 4);
        let row = async || {
            node.meta
                .import_get(one, id.parse().unwrap())
                .await
                .unwrap()
                .unwrap()
        };
        loop {
            let it = row().await;
            if it.progress.rows_read >= goal || it.state == ImportState::Done {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(worker); // aborted where it stands
        node.crash().await;
        now += 2 * MINUTE_MS;
    }
    let node = start(folder.path(), &[one], now, 1_000_000).await;
    node.run().await;
    let end = node.log.durable_end();
    node.app.engine().wait_indexed(end).await;
    let id = id.unwrap();
    let done = node.view(one, &id).await;
    assert_eq!(
        done.import.state,
        ImportState::Done,
        "{:?}",
        done.import.fault
    );
    assert_eq!(done.import.progress.rows_read, 20_002);
    assert_eq!(counts(&done), (20_000, 2, 0));
    assert_eq!(node.rows(one), 20_000);
    assert!(lives > 5, "it was interrupted {lives} times only");
    let rejects = node.rejects(one, &id).await;
    let rows: Vec<&Value> = rejects.iter().map(|it| &it["row"]).collect();
    assert_eq!(rows, [12_001, 12_002], "{rejects:?}");
    assert_eq!(rejects[1]["code"], "missing-user");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_import_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let one = WorkspaceId::random();
    let node = start(folder.path(), &[one], NOW, 1_000_000).await;
    let file = node.upload(one, "a.ndjson", &lines(0, 9_000)).await;
    let id = node.create(one, &json!({"source": {"file": file}})).await;
    let mut worker = node.worker();
    worker.begin().await.unwrap();
    while node.view(one, &id).await.import.progress.rows_read == 0 {
        tokio::task::yield_now().await;
    }
    // it may be at its end already, and then there is nothing to stop
    let cancelled = node.app.import_cancel(&writer(one), &id).await;
    while worker.one_ended().await {}
    if cancelled.is_ok() {
        let stopped = node.view(one, &id).await;
        assert_eq!(stopped.import.state, ImportState::Cancelled);
        assert_eq!(worker.begin().await.unwrap(), 0, "nothing to do");
        let error = node.app.import_cancel(&writer(one), &id).await.unwrap_err();
        assert!(
            matches!(
                error,
                AppError::Conflict {
                    code: "import-ended",
                    ..
                }
            ),
            "{error:?}"
        );
        node.app.import_resume(&writer(one), &id).await.unwrap();
        node.run().await;
    }
    let done = node.view(one, &id).await;
    assert_eq!(done.import.state, ImportState::Done);
    assert_eq!(counts(&done), (9_000, 0, 0));
    assert_eq!(node.rows(one), 9_000);
    let error = node.app.import_resume(&writer(one), &id).await.unwrap_err();
    assert!(
        matches!(
            error,
            AppError::Conflict {
                code: "import-not-stopped",
                ..
            }
        ),
        "{error:?}"
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_previewed_and_imported_by_their_map() {
    let folder = tempfile::tempdir().unwrap();
    let one = WorkspaceId::random();
    let node = start(folder.path(), &[one], NOW, 1_000_000).await;
    // a till's file of the old encoding of Korean
    let (text, _, _) = encoding_rs::EUC_KR.encode(
        "회원번호,주문일시,금액\nm1,2026-02-03 09:00,\"12,000\"\nm2,never,5\n,2026-02-03 10:00,7\n",
    );
    let file = node.upload(one, "pos.csv", &text).await;
    let source = json!({"file": file});
    let preview = node
        .app
        .import_preview(&writer(one), &json!({"source": source}))
        .await
        .unwrap();
    assert_eq!(preview.format, "csv");
    assert_eq!(preview.columns.len(), 3);
    assert_eq!(preview.columns[0].name, "회원번호");
    assert_eq!(
        (preview.columns[0].empty, preview.columns[2].kind),
        (1, "number")
    );
    assert_eq!(preview.rows[0]["금액"], "12,000");
    let map = preview.map.unwrap();
    assert_eq!(map["user_id"]["column"], "회원번호", "{map}");
    assert_eq!(preview.events[0]["user_id"], "m1");
    let rows: Vec<Option<u64>> = preview.problems.iter().map(|it| it.row).collect();
    assert_eq!(rows, [Some(3), Some(4)], "{:?}", preview.problems);

    let body = json!({"source": source, "format": "csv", "map": map});
    let id = node.create(one, &body).await;
    node.run().await;
    let done = node.view(one, &id).await;
    assert_eq!(counts(&done), (1, 2, 0));
    let rejects = node.rejects(one, &id).await;
    assert_eq!(rejects[0]["field"], "주문일시", "{rejects:?}");
    assert!(node.app.engine().find_person(one, "m1").is_some());

    // people, by the same file
    let map = json!({"user_id": {"column": "회원번호"}, "properties": {"spent": {"column": "금액", "type": "number"}}});
    let body = json!({"source": source, "format": "csv", "into": "profiles", "map": map});
    node.create(one, &body).await;
    node.run().await;
    let person = node.app.engine().find_person(one, "m1").unwrap();
    let person = node.app.engine().person(one, person).unwrap();
    assert_eq!(person.properties["spent"], 12_000);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_no_such_file_fails_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let one = WorkspaceId::random();
    let node = start(folder.path(), &[one], NOW, 1_000_000).await;
    let gzip = [0x1f, 0x8b, 8, 0, 1, 2, 3];
    for (content, rest, code) in [
        (&b"[1,2]"[..], json!({}), "unknown-file-format"),
        (&gzip[..], json!({}), "unreadable-file"),
        (
            &b"PAR1 nonsense"[..],
            json!({"into": "lookup", "lookup": {"name": "x", "key": "a"}}),
            "damaged-file",
        ),
        (&b"a,b\n1,2\n"[..], json!({}), "bad-import-map"),
        (
            &b"a,b\n1,2\n"[..],
            json!({"into": "lookup", "lookup": {"name": "x", "key": "c"}}),
            "empty-lookup",
        ),
    ] {
        let view = node.import(one, "x", content, &rest).await;
        assert_eq!(view.import.state, ImportState::Failed, "{code}");
        let fault = view.import.fault.unwrap();
        assert_eq!(fault.code, code, "{fault:?}");
        assert!(!fault.detail.is_empty());
    }
    assert_eq!(node.rows(one), 0);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lookup_table_is_replaced_whole_and_keeps_its_types() {
    let folder = tempfile::tempdir().unwrap();
    let one = WorkspaceId::random();
    let node = start(folder.path(), &[one], NOW, 1_000_000).await;
    let rest = json!({"into": "lookup", "lookup": {"name": "products", "key": "sku"}});
    let csv = b"sku,name,price\nb,Mug,5.5\na,Cup,4\nb,Again,1\n,None,1\n";
    let view = node.import(one, "products.csv", csv, &rest).await;
    assert_eq!(
        view.import.state,
        ImportState::Done,
        "{:?}",
        view.import.fault
    );
    assert_eq!(counts(&view), (2, 2, 0));
    let rejects = node.rejects(one, &view.import.id.to_string()).await;
    assert_eq!(rejects[0]["detail"], "an earlier row has the key `b`");
    assert_eq!(rejects[1]["detail"], "has no key");
    let access = writer(one);
    let read = access.as_read();
    let table = node.app.lookup_get(read, "products").await.unwrap();
    let columns: Vec<&str> = table.columns.iter().map(|it| it.name.as_str()).collect();
    assert_eq!((table.rows, columns), (2, vec!["sku", "name", "price"]));
    let page = node
        .app
        .lookup_rows(read, "products", 1, None, None)
        .await
        .unwrap();
    assert_eq!(page.rows[0]["name"], "Cup");
    let cursor = page.next.unwrap();
    let page = node
        .app
        .lookup_rows(read, "products", 1, Some(&cursor), None)
        .await
        .unwrap();
    assert_eq!(
        (page.rows[0]["price"].clone(), page.next),
        (json!(5.5), None)
    );
    let page = node
        .app
        .lookup_rows(read, "products", 9, None, Some("a"))
        .await
        .unwrap();
    assert_eq!(page.rows.len(), 1);

    let ndjson = b"{\"sku\": 7, \"name\": \"Plate\"}\n";
    node.import(one, "new.ndjson", ndjson, &rest).await;
    let tables = node.app.lookups_list(read).await.unwrap();
    assert_eq!((tables.len(), tables[0].rows), (1, 1));
    let page = node
        .app
        .lookup_rows(read, "products", 9, None, Some("7"))
        .await
        .unwrap();
    assert_eq!(page.rows[0]["name"], "Plate");
    let files = std::fs::read_dir(folder.path().join(format!("lake/{one}/lookups")));
    assert_eq!(files.unwrap().count(), 1, "the older file is gone");
    node.app.lookup_delete(&access, "products").await.unwrap();
    let gone = node.app.lookup_get(read, "products").await.unwrap_err();
    assert!(matches!(gone, AppError::NotFound { .. }));
    assert_eq!(node.rows(one), 0, "a table is no events");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_and_jobs_of_one_workspace_are_not_anothers() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (WorkspaceId::random(), WorkspaceId::random());
    let node = start(folder.path(), &[one, other], NOW, 1_000_000).await;
    let file = node.upload(one, "a.ndjson", &lines(0, 10)).await;
    let body = json!({"source": {"file": file}});
    let refused = node
        .app
        .import_create(&writer(other), &body)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, AppError::Field(ref it) if it.pointer == "/source/file"),
        "{refused:?}"
    );
    let id = node.create(one, &body).await;
    node.run().await;
    let access = writer(other);
    for missing in [
        node.app.import_get(access.as_read(), &id).await.map(|_| ()),
        node.app.import_cancel(&access, &id).await.map(|_| ()),
        node.app.import_resume(&access, &id).await.map(|_| ()),
        node.app
            .import_rejects(access.as_read(), &id)
            .await
            .map(|_| ()),
    ] {
        assert!(
            matches!(missing, Err(AppError::NotFound { .. })),
            "{missing:?}"
        );
    }
    let page = node
        .app
        .imports_page(access.as_read(), 10, None)
        .await
        .unwrap();
    assert!(page.imports.is_empty());
    // what one has imported is new to the other
    let theirs = node
        .import(other, "a.ndjson", &lines(0, 10), &json!({}))
        .await;
    assert_eq!(counts(&theirs), (10, 0, 0));
    assert_eq!((node.rows(one), node.rows(other)), (10, 10));
    node.stop().await;
}
