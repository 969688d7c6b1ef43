//! Rules and what is learnt of events through restarts: whatever ends the process, each event counts once and meets
//! the rules of its arrival.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use gyre_app::quarantine::ReplaySelection;
use gyre_app::{Access, App, AppParts, CanRead, CanWrite, Engine, EngineConfig, EngineTask};
use gyre_base::{Clock, DAY_MS, Timestamp, WeekStart, WorkspaceId};
use gyre_collect::{Envelope, Hints};
use gyre_log::{Log, LogConfig};
use gyre_meta::{Meta, MetaConfig, QuarantineFilter, Workspace};
use gyre_model::{Audience, CatalogPatch, Doc};
use gyre_testkit::VirtualClock;
use serde_json::{Value, json};

const NOW: i64 = 1_772_323_200_000;

struct Node {
    app: App,
    engine: Engine,
    task: EngineTask,
    log: Log,
    meta: Meta,
    clock: VirtualClock,
    workspace: WorkspaceId,
}

async fn start(folder: &Path, workspace: WorkspaceId, now: i64, flush_rows: usize) -> Node {
    let clock = VirtualClock::at(Timestamp(now));
    let url = format!("sqlite://{}", folder.join("meta.db").display());
    let meta = Meta::open(&url, MetaConfig::default()).await.unwrap();
    if meta.workspace_get(workspace).await.is_err() {
        let row = Workspace {
            id: workspace,
            name: "Shop".into(),
            timezone: "Asia/Seoul".into(),
            week_start: WeekStart::Monday,
            currency: "KRW".into(),
            created_at: Timestamp(NOW),
        };
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
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let started = Engine::start(config, meta.clone(), log.clone(), Arc::clone(&shared)).await;
    let (engine, task) = started.unwrap();
    let app = App::new(AppParts {
        meta: meta.clone(),
        engine: engine.clone(),
        clock: shared,
        secret: [7; 32],
        public_url: "https://shop.test".to_owned(),
        mailbox: None,
    });
    Node {
        app,
        engine,
        task,
        log,
        meta,
        clock,
        workspace,
    }
}

impl Node {
    fn read(&self) -> CanRead {
        Access::operator(self.workspace).read()
    }

    fn write(&self) -> CanWrite {
        Access::operator(self.workspace).write().unwrap()
    }

    /// Time goes on by a second.
    fn tick(&self) {
        self.clock.jump_to(self.clock.now().plus_ms(1_000));
    }

    /// Sends events in our own dialect; they arrive now.
    async fn send(&self, events: Value) {
        self.send_to(self.workspace, events).await;
    }

    async fn send_to(&self, workspace: WorkspaceId, events: Value) {
        let envelope = Envelope {
            workspace,
            received_at: self.clock.now(),
            dialect: "gyre".to_owned(),
            endpoint: "events".to_owned(),
            peer_ip: None,
            user_agent: None,
            hints: Hints::default(),
            body: Bytes::from(events.to_string()),
        };
        self.log.append(envelope.encode()).await.unwrap();
        self.settle().await;
    }

    async fn settle(&self) {
        self.engine.wait_indexed(self.log.durable_end()).await;
    }

    async fn plan(&self, mode: &str, action: &str) {
        let plan = json!({"mode": mode, "default_action": action, "unplanned": "flag", "events": [
            {"name": "order", "schema": {"required": ["total"], "properties": {"total": {"type": "number"}}}}]});
        self.tick();
        self.app.plan_put(&self.write(), &plan, None).await.unwrap();
        self.tick();
    }

    async fn block(&self, event: &str, is_blocked: bool) {
        let patch = CatalogPatch {
            blocked: Some(is_blocked),
            ..CatalogPatch::default()
        };
        self.tick();
        let app = &self.app;
        app.catalog_event_change(&self.write(), event, &patch)
            .await
            .unwrap();
        self.tick();
    }

    async fn replay(&self, reason: &str) -> (u64, u64, u64) {
        let selection = ReplaySelection {
            ids: None,
            filter: QuarantineFilter {
                reason: Some(reason.to_owned()),
                ..QuarantineFilter::default()
            },
        };
        let outcome = self
            .app
            .quarantine_replay(&self.write(), &selection)
            .await
            .unwrap();
        (outcome.replayed, outcome.accepted, outcome.still_refused)
    }

    /// People who did it.
    async fn people(&self, event: &str) -> u64 {
        let audience = json!({"did": {"event": event}});
        let audience = Audience::read(&Doc::root(&audience)).unwrap();
        let found = self
            .engine
            .audience_people(self.workspace, &audience, self.clock.now())
            .await;
        found.unwrap().len()
    }

    /// How many of this event count.
    async fn count(&self, event: &str) -> u64 {
        let events = self.app.catalog_events(&self.read(), true).await.unwrap();
        events
            .iter()
            .find(|it| it.name == event)
            .map_or(0, |it| it.count)
    }

    /// Reasons of what is in quarantine, ascending.
    async fn refused(&self) -> Vec<String> {
        let all = QuarantineFilter::default();
        let page = self
            .app
            .quarantine_page(&self.read(), &all, 1_000, None)
            .await
            .unwrap();
        let mut reasons: Vec<String> = page.rejections.into_iter().map(|it| it.reason).collect();
        reasons.sort();
        reasons
    }

    /// Ends in order: everything is flushed.
    async fn stop(self) {
        self.task.stop().await.unwrap();
        self.log.close().await;
        self.meta.close().await;
    }

    /// Ends without a flush: only the log has the newest rows.
    async fn crash(self) {
        self.log.close().await;
        self.meta.close().await;
        std::mem::forget(self.task);
    }
}

fn order(i: usize, total: impl Into<Value>) -> Value {
    let properties = json!({ "total": total.into() });
    json!({"event": "order", "user_id": format!("u{i}"), "insert_id": format!("o{i}"), "properties": properties})
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_the_process_what_is_learnt_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = WorkspaceId::random();
    let mut sent: u64 = 0;
    for round in 0..8_u64 {
        let flush_rows = if round % 3 == 0 { 7 } else { 1_000_000 };
        let now = NOW + i64::try_from(round).unwrap() * 100_000;
        let node = start(folder.path(), workspace, now, flush_rows).await;
        node.settle().await;
        if round == 0 {
            node.plan("enforce", "omit").await;
        }
        for step in 0..4 {
            if step > 0 {
                // of each four: one is right, one loses its total, one is not planned and of nobody's id
                let i = sent as usize;
                node.send(json!([order(i, 5), order(i + 1, "5"),
                    {"event": "other", "user_id": "null", "device_id": "d", "insert_id": format!("x{i}")},
                    {"user_id": "u1", "insert_id": format!("y{i}")}]))
                    .await;
                sent += 4;
            }
            let quarter = sent / 4;
            let learnt = node
                .app
                .catalog_properties(&node.read(), Some("order"), true)
                .await
                .unwrap();
            let total = learnt.iter().find(|it| it.reference == "event.total");
            let types = total
                .and_then(|it| it.learnt.clone())
                .map_or(0, |it| it.types.iter().sum());
            assert_eq!(
                types, quarter,
                "round {round} step {step}: totals that stayed"
            );
            let found = node.app.plan_violations(&node.read(), None);
            let violations: u64 = found.violations.iter().map(|it| it.count).sum();
            assert_eq!(violations, 2 * quarter, "round {round} step {step}");
            let warnings = node.app.warnings_list(&node.read(), None);
            let mut counts: Vec<(&str, u64)> = warnings
                .iter()
                .map(|it| (it.code.name(), it.count))
                .collect();
            counts.sort_unstable();
            let expected = [
                ("id-blocked", quarter),
                ("property-dropped", quarter),
                ("unplanned", quarter),
            ];
            if quarter > 0 {
                assert_eq!(counts, expected, "round {round} step {step}");
            }
            assert_eq!(
                node.refused().await.len() as u64,
                quarter,
                "round {round} step {step}"
            );
            let volume: u64 = {
                let events = node.app.catalog_events(&node.read(), true).await.unwrap();
                events.iter().flat_map(|it| it.volume.clone()).sum()
            };
            assert_eq!(volume, 3 * quarter, "round {round} step {step}");
        }
        if round % 2 == 0 {
            node.stop().await;
        } else {
            node.crash().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_each_record_meets_the_plan_of_its_arrival() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = WorkspaceId::random();
    let node = start(folder.path(), workspace, NOW, 1_000_000).await;
    let expect = async |node: &Node, orders: u64, refused: &[&str]| {
        assert_eq!(node.count("order").await, orders);
        assert_eq!(node.refused().await, refused);
    };
    node.send(json!([order(1, "wrong")])).await;
    node.plan("enforce", "block").await;
    node.send(json!([order(2, "wrong")])).await;
    node.plan("shadow", "block").await;
    node.send(json!([order(3, "wrong")])).await;
    node.block("order", true).await;
    node.send(json!([order(4, 5)])).await;
    node.block("order", false).await;
    node.send(json!([order(5, 5)])).await;
    expect(&node, 3, &["blocked", "plan"]).await;
    let now = node.clock.now().ms();
    node.crash().await;

    // nothing was in files, so everything is taken again
    let node = start(folder.path(), workspace, now, 1_000_000).await;
    node.settle().await;
    expect(&node, 3, &["blocked", "plan"]).await;
    let found = node.app.plan_violations(&node.read(), None);
    let blocked = &found.blocked[0];
    assert_eq!((blocked.blocked, blocked.would_block), (1, 1));
    node.stop().await;

    let node = start(folder.path(), workspace, now, 1_000_000).await;
    node.send(json!([order(6, "wrong")])).await;
    expect(&node, 4, &["blocked", "plan"]).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_out_is_let_in_once_with_its_own_arrival() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = WorkspaceId::random();
    let node = start(folder.path(), workspace, NOW, 1_000_000).await;
    node.block("order", true).await;
    let arrival = node.clock.now();
    // one has no id of its own
    let plain = json!({"event": "order", "user_id": "u9"});
    node.send(json!([order(1, 1), order(2, 2), plain])).await;
    assert_eq!(node.replay("blocked").await, (3, 0, 3), "still blocked");
    assert_eq!(
        (node.count("order").await, node.people("order").await),
        (0, 0)
    );
    node.block("order", false).await;
    // the sender was told that its event is safe, and sends one again all the same
    node.send(json!([order(2, 2)])).await;
    node.clock.jump_to(arrival.plus_ms(6 * DAY_MS));
    let (first, second) = tokio::join!(node.replay("blocked"), node.replay("blocked"));
    assert_eq!(first.0.max(second.0), 3, "{first:?} {second:?}");
    assert_eq!(node.count("order").await, 3);
    assert!(node.refused().await.is_empty());
    let events = node.app.catalog_events(&node.read(), true).await.unwrap();
    let order_row = events.iter().find(|it| it.name == "order").unwrap();
    assert_eq!(
        order_row.first_seen,
        Some(arrival),
        "the time at which it arrived"
    );
    let now = node.clock.now().ms();
    node.crash().await;

    for life in 0..3 {
        let node = start(folder.path(), workspace, now, 1_000_000).await;
        node.settle().await;
        assert_eq!(node.count("order").await, 3, "life {life}");
        assert_eq!(node.people("order").await, 3, "life {life}");
        assert!(node.refused().await.is_empty(), "life {life}");
        assert_eq!(node.replay("blocked").await, (0, 0, 0));
        if life == 1 {
            node.crash().await;
        } else {
            node.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_stays_and_rules_of_now_hold_for_what_can() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = WorkspaceId::random();
    let node = start(folder.path(), workspace, NOW, 1_000_000).await;
    node.send(json!([{"user_id": "u1"}, order(1, 5)])).await;
    let reasons = node.refused().await;
    assert_eq!(reasons, ["missing-event-name"]);
    assert_eq!(node.replay("missing-event-name").await, (1, 0, 1));
    assert_eq!(
        (node.refused().await, node.count("order").await),
        (reasons, 1)
    );

    node.plan("enforce", "block").await;
    node.send(json!([order(2, "wrong")])).await;
    assert_eq!(node.replay("plan").await, (1, 0, 1));
    node.block("order", true).await;
    assert_eq!(node.replay("plan").await, (1, 0, 1));
    assert_eq!(
        node.refused().await,
        ["blocked", "missing-event-name"],
        "why it is kept out now"
    );
    node.block("order", false).await;
    node.plan("off", "block").await;
    assert_eq!(node.replay("blocked").await, (1, 1, 0));
    assert_eq!(node.count("order").await, 2);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_of_one_workspace() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = WorkspaceId::random();
    let node = start(folder.path(), workspace, NOW, 1_000_000).await;
    let other = WorkspaceId::random();
    let mut row = node.meta.workspace_get(workspace).await.unwrap();
    row.id = other;
    node.meta.workspace_create(&row).await.unwrap();
    node.plan("enforce", "block").await;
    node.block("view", true).await;
    let wrong = json!([order(1, "wrong"), {"event": "view", "user_id": "u1"}]);
    node.send(wrong.clone()).await;
    node.send_to(other, wrong).await;
    assert_eq!(node.refused().await, ["blocked", "plan"]);
    let read = Access::operator(other).read();
    let events = node.app.catalog_events(&read, true).await.unwrap();
    assert_eq!(events.len(), 2);
    assert!(node.app.warnings_list(&read, None).is_empty());
    assert!(node.app.plan_violations(&read, None).violations.is_empty());
    assert_eq!(node.app.plan_get(&read).await.unwrap().version, 0);
    let write = Access::operator(other).write().unwrap();
    let selection = ReplaySelection::default();
    let outcome = node
        .app
        .quarantine_replay(&write, &selection)
        .await
        .unwrap();
    assert_eq!(outcome.replayed, 0, "another's are not tried");
    assert_eq!(
        node.app
            .quarantine_delete_reason(&write, "plan")
            .await
            .unwrap(),
        0
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_name_counts_as_its_target_and_keeps_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path(), WorkspaceId::random(), NOW, 1_000_000).await;
    let buy = json!({"event": "buy", "user_id": "u1", "properties": {"amount": 9}});
    let purchase = json!({"event": "purchase", "user_id": "u2", "properties": {"total": 3}});
    node.send(json!([buy, purchase])).await;
    assert_eq!(node.people("purchase").await, 1);
    let into = |it: &str| CatalogPatch {
        merge_into: Some(Some(it.to_owned())),
        ..CatalogPatch::default()
    };
    let (app, write) = (&node.app, node.write());
    app.catalog_event_change(&write, "buy", &into("purchase"))
        .await
        .unwrap();
    assert_eq!(node.people("purchase").await, 2);
    assert_eq!(node.people("buy").await, 1, "its own name still finds it");
    let listed = app.catalog_events(&node.read(), false).await.unwrap();
    let listed: Vec<&str> = listed.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(listed, ["purchase"]);

    let large = json!({"did": {"event": "purchase", "where": {"property": "event.total", "op": "gt", "values": [5]}}});
    let count = async || {
        let audience = Audience::read(&Doc::root(&large)).unwrap();
        let now = node.clock.now();
        let found = node
            .engine
            .audience_people(node.workspace, &audience, now)
            .await;
        found.unwrap().len()
    };
    assert_eq!(count().await, 0);
    app.catalog_property_change(&write, None, "event.amount", &into("total"))
        .await
        .unwrap();
    assert_eq!(count().await, 1);
    node.stop().await;
}
