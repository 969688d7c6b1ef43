//! The engine through restarts: nothing acknowledged is lost, nothing counts twice.

use std::path::Path;
use std::sync::Arc;

use gyre_app::engine::{Engine, EngineConfig, EngineTask};
use gyre_base::{Clock, Timestamp, WeekStart, WorkspaceId};
use gyre_collect::{Envelope, Hints, internal_envelope};
use gyre_log::{Log, LogConfig, Position};
use gyre_meta::{Meta, MetaConfig, Workspace};
use gyre_model::event::{PropOp, PropOpKind};
use gyre_model::{Audience, Doc, Event, EventKind};
use gyre_testkit::VirtualClock;
use serde_json::json;

pub(crate) const NOW: i64 = 1_772_323_200_000;

pub(crate) struct Node {
    pub(crate) engine: Engine,
    task: EngineTask,
    log: Log,
    meta: Meta,
    pub(crate) workspace: WorkspaceId,
    now: Timestamp,
}

pub(crate) async fn start(folder: &Path, workspace: WorkspaceId, flush_rows: usize) -> Node {
    start_at(folder, workspace, flush_rows, NOW).await
}

async fn start_at(folder: &Path, workspace: WorkspaceId, flush_rows: usize, now: i64) -> Node {
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::at(Timestamp(now)));
    let url = format!("sqlite://{}", folder.join("meta.db").display());
    let meta = Meta::open(&url, MetaConfig::default()).await.unwrap();
    let row = Workspace {
        id: workspace,
        name: "Shop".into(),
        timezone: "Asia/Seoul".into(),
        week_start: WeekStart::Monday,
        currency: "KRW".into(),
        created_at: Timestamp(NOW),
    };
    if meta.workspace_get(workspace).await.is_err() {
        meta.workspace_create(&row).await.unwrap();
    }
    let log_config = LogConfig {
        segment_bytes: 4_096,
        ..LogConfig::new(folder.join("log"))
    };
    let (log, _) = Log::open(log_config).unwrap();
    let config = EngineConfig {
        flush_rows,
        ..EngineConfig::new(folder.join("lake"))
    };
    let (engine, task) = Engine::start(config, meta.clone(), log.clone(), clock)
        .await
        .unwrap();
    Node {
        engine,
        task,
        log,
        meta,
        workspace,
        now: Timestamp(now),
    }
}

impl Node {
    pub(crate) async fn send(&self, events: &[Event]) {
        let record = internal_envelope(self.workspace, self.now, events);
        self.log.append(record).await.unwrap();
        self.settle().await;
    }

    pub(crate) async fn count(&self, audience: serde_json::Value) -> u64 {
        let audience = Audience::read(&Doc::root(&audience)).unwrap();
        let found = self
            .engine
            .audience_people(self.workspace, &audience, Timestamp(NOW))
            .await;
        found.unwrap().len()
    }

    pub(crate) async fn settle(&self) {
        self.engine.wait_indexed(self.log.durable_end()).await;
    }

    fn rows(&self) -> usize {
        self.engine.snapshot(self.workspace).lake.rows()
    }

    /// Ends in order: everything is flushed.
    pub(crate) async fn stop(self) {
        self.task.stop().await.unwrap();
        self.log.close().await;
        self.meta.close().await;
    }

    /// Ends without a flush: only the log has the newest rows.
    pub(crate) async fn crash(self) {
        self.log.close().await;
        self.meta.close().await;
        std::mem::forget(self.task);
    }
}

fn event(i: usize) -> Event {
    let mut event = Event::new(EventKind::Track, "view", Timestamp(NOW - 1_000));
    event.user_id = Some(format!("u{}", i % 10));
    event.device_id = Some(format!("d{}", i % 20));
    event.insert_id = Some(format!("e{i}"));
    event.properties.insert("i".into(), json!(i));
    let op = PropOp {
        op: PropOpKind::Add,
        key: "views".into(),
        value: json!(1),
    };
    event.user_ops.push(op);
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_the_process_each_event_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = WorkspaceId::random();
    let mut sent = 0;
    for round in 0..12 {
        // every third life has small flushes; ends in order and crashes take turns
        let flush_rows = if round % 3 == 0 { 25 } else { 1_000_000 };
        let node = start(folder.path(), workspace, flush_rows).await;
        node.settle().await;
        assert_eq!(node.rows(), sent, "round {round}: what was there before");
        for _ in 0..4 {
            let batch: Vec<Event> = (sent..sent + 10).map(event).collect();
            node.send(&batch).await;
            node.send(&batch).await; // a client that did not hear the answer sends again
            sent += 10;
        }
        assert_eq!(node.rows(), sent, "round {round}");
        let person = node.engine.find_person(workspace, "u3").unwrap();
        let view = node.engine.person(workspace, person).unwrap();
        assert_eq!(
            view.properties["views"],
            json!(sent / 10),
            "round {round}: added once each"
        );
        assert_eq!(node.count(json!({"did": {"event": "view"}})).await, 10);
        if round % 2 == 0 {
            node.stop().await;
        } else {
            node.crash().await;
        }
    }
}

/// What a device whose clock is two hours fast sends: `at` and `transit` in milliseconds before and on the way.
fn upload(workspace: WorkspaceId, at: i64, transit: i64) -> Envelope {
    let fast = NOW + at + 7_200_000;
    let body = json!({"client_upload_time": fast, "events": [
        {"event_type": "view", "device_id": "d", "time": fast, "insert_id": format!("{at}")}
    ]});
    Envelope {
        workspace,
        received_at: Timestamp(NOW + at + transit),
        dialect: "amplitude".to_owned(),
        endpoint: "httpapi".to_owned(),
        peer_ip: None,
        user_agent: None,
        hints: Hints::default(),
        body: body.to_string().into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_a_devices_clock_survives_whatever_ends_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = WorkspaceId::random();
    // the first upload is quick, the others take half a minute each: the first says what the clock's error is
    for life in 0..4 {
        let node = start(folder.path(), workspace, 1_000_000).await;
        let at = -400_000 + life * 60_000;
        let transit = if life == 0 { 200 } else { 30_000 };
        let record = upload(workspace, at, transit).encode();
        node.log.append(record).await.unwrap();
        node.settle().await;
        let person = node.engine.find_person(workspace, "d").unwrap();
        let snapshot = node.engine.snapshot(workspace);
        let last = snapshot.people.read().activity(&snapshot.map, person).last;
        assert_eq!(last, NOW + at + 200, "life {life}");
        if life % 2 == 0 {
            node.stop().await;
        } else {
            node.crash().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_in_a_question_asked_after_its_acknowledgement_was_indexed() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path(), WorkspaceId::random(), 1_000_000).await;
    assert_eq!(node.count(json!({"did": {"event": "view"}})).await, 0);
    node.send(&[event(1)]).await;
    assert_eq!(node.count(json!({"did": {"event": "view"}})).await, 1);
    assert!(node.engine.is_caught_up());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workspaces_do_not_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path(), WorkspaceId::random(), 1_000_000).await;
    node.send(&[event(1)]).await;
    let other = WorkspaceId::random();
    assert_eq!(node.engine.find_person(other, "u1"), None);
    assert_eq!(node.engine.snapshot(other).lake.rows(), 0);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_keeps_its_days_and_what_is_not_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = WorkspaceId::random();
    let later = |days: i64| NOW + days * gyre_base::DAY_MS;
    let node = start(folder.path(), workspace, 25).await;
    for batch in 0..10 {
        let events: Vec<Event> = (batch * 30..batch * 30 + 30).map(event).collect();
        node.send(&events).await;
    }
    assert!(node.log.oldest_segment_end().is_some());
    assert_eq!(node.log.first(), Position::START, "all of it is of today");
    node.stop().await;

    let node = start_at(folder.path(), workspace, 1_000_000, later(29)).await;
    node.send(&[event(300)]).await;
    node.stop().await;
    let node = start_at(folder.path(), workspace, 1_000_000, later(31)).await;
    assert_eq!(
        node.log.first(),
        Position::START,
        "released at a flush only"
    );
    node.send(&[event(301)]).await;
    let end = node.log.durable_end();
    node.stop().await;

    let node = start_at(folder.path(), workspace, 1_000_000, later(31)).await;
    assert!(node.log.first() > Position::START && node.log.first() < end);
    assert_eq!(node.rows(), 302, "events outlive what they were read from");
    node.stop().await;
}
