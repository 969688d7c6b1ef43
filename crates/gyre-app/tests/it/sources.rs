//! Webhook and postback sources on real parts: presets on payloads of the vendors' kind, versions of maps, health.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gyre_app::engine::{Engine, EngineConfig, EngineTask};
use gyre_app::sources::{SourceChange, SourceNew, SourceView};
use gyre_app::{Access, App, AppError, AppParts, CanAdmin, WriteKeys};
use gyre_base::{Clock, MINUTE_MS, Secret, Timestamp, WeekStart, WorkspaceId};
use gyre_collect::{CollectConfig, Collector, Incoming};
use gyre_log::{Log, LogConfig};
use gyre_meta::{Meta, MetaConfig, SourceKind, Workspace};
use gyre_testkit::VirtualClock;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const NOW: i64 = 1_772_323_200_000;

struct Node {
    app: App,
    collector: Collector,
    task: EngineTask,
    log: Log,
    meta: Meta,
}

async fn start(folder: &Path, workspaces: &[WorkspaceId], now: i64) -> Node {
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::at(Timestamp(now)));
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
    let config = EngineConfig::new(folder.join("lake"));
    let started = Engine::start(config, meta.clone(), log.clone(), Arc::clone(&clock)).await;
    let (engine, task) = started.unwrap();
    let keys = Arc::new(WriteKeys::new(meta.clone()).with_secret(&[7; 32]));
    let app = App::new(AppParts {
        meta: meta.clone(),
        engine,
        clock: Arc::clone(&clock),
        secret: [7; 32],
        public_url: "https://shop.test".to_owned(),
        mailbox: None,
    });
    let node = Node {
        collector: Collector::new(keys, log.clone(), clock, CollectConfig::default()),
        app,
        task,
        log,
        meta,
    };
    node.settle().await;
    node
}

fn admin(workspace: WorkspaceId) -> CanAdmin {
    Access::operator(workspace).admin().unwrap()
}

fn new(preset: &str) -> SourceNew {
    SourceNew {
        name: preset.to_owned(),
        kind: SourceKind::Postback,
        preset: preset.to_owned(),
        map: None,
        signing: None,
    }
}

fn incoming(
    method: &str,
    path: String,
    query: &str,
    body: &str,
    headers: &[(&str, String)],
) -> Incoming {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    Incoming {
        method: method.to_owned(),
        path,
        query: query.to_owned(),
        headers: headers.collect(),
        body: body.to_owned().into(),
        peer_ip: None,
    }
}

impl Node {
    async fn settle(&self) {
        self.app.engine().wait_indexed(self.log.durable_end()).await;
    }

    async fn post(&self, secret: &Secret, body: &str) -> u16 {
        let path = format!("/c/{}/webhook", secret.reveal());
        let answer = self
            .collector
            .handle(incoming("POST", path, "", body, &[]))
            .await;
        self.settle().await;
        answer.status
    }

    async fn get(&self, secret: &Secret, query: &str) -> u16 {
        let path = format!("/c/{}/postback", secret.reveal());
        let answer = self
            .collector
            .handle(incoming("GET", path, query, "", &[]))
            .await;
        self.settle().await;
        answer.status
    }

    fn rows(&self, workspace: WorkspaceId) -> usize {
        self.app.engine().snapshot(workspace).lake.rows()
    }

    async fn view(&self, workspace: WorkspaceId, id: &str) -> SourceView {
        let access = admin(workspace);
        let sources = self.app.sources_list(access.as_read()).await.unwrap();
        let is_it = |it: &SourceView| id_of(it) == id;
        sources.into_iter().find(is_it).unwrap()
    }

    /// The one event that a payload becomes.
    async fn preview(&self, workspace: WorkspaceId, id: &str, payload: &str) -> Value {
        let access = admin(workspace);
        let found = self
            .app
            .source_preview(access.as_read(), id, payload.as_bytes(), None)
            .await;
        let mut found = found.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        serde_json::to_value(found.remove(0).unwrap()).unwrap()
    }

    async fn crash(self) {
        self.log.close().await;
        self.meta.close().await;
        std::mem::forget(self.task);
    }
}

fn id_of(view: &SourceView) -> String {
    match &view.source {
        gyre_app::sources::SourceOf::Sdk { id, .. } => id.clone(),
        gyre_app::sources::SourceOf::Webhook(source) => source.id.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_presets_read_what_the_vendors_send() {
    let folder = tempfile::tempdir().unwrap();
    let one = WorkspaceId::random();
    let node = start(folder.path(), &[one], NOW).await;
    let made = async |preset: &str| {
        let (view, _) = node
            .app
            .source_create(&admin(one), new(preset))
            .await
            .unwrap();
        id_of(&view)
    };
    let appsflyer = json!({"event_name": "af_purchase", "event_time": "2026-02-27 14:57:24.898",
        "event_value": "{\"af_revenue\":\"12.5\",\"af_content_id\":\"15854\"}", "event_revenue": 12.5,
        "event_revenue_currency": "KRW", "customer_user_id": "m1", "appsflyer_id": "1415211453000-6513894",
        "media_source": "kakao_int", "campaign": "spring", "af_adset": null, "platform": "android",
        "app_id": "com.shop.app", "country_code": "KR"})
    .to_string();
    let event = node
        .preview(one, &made("appsflyer").await, &appsflyer)
        .await;
    assert_eq!(event["name"], "Order Completed");
    assert_eq!(
        (&event["user_id"], &event["device_id"]),
        (&json!("m1"), &json!("1415211453000-6513894"))
    );
    assert_eq!(
        event["time"],
        Timestamp::parse("2026-02-27T14:57:24.898Z").unwrap().ms()
    );
    let properties = &event["properties"];
    assert_eq!(properties["event_value"]["af_content_id"], "15854");
    assert_eq!(
        (&properties["revenue"], &properties["platform"]),
        (&json!(12.5), &json!("android"))
    );

    let adjust = "event_name=signup&activity_kind=event&created_at=1772200000&adid=18546f6171f67e29d1cb983322ad1329\
        &gps_adid=38400000-8cf0-11bd-b23e-10b96e40000d&user_id=m2&revenue_float=3.5&currency=USD&nonce=abc\
        &tracker_name=Network1%3A%3AChristmas&country=kr";
    let event = node.preview(one, &made("adjust").await, adjust).await;
    assert_eq!(
        (&event["name"], &event["user_id"]),
        (&json!("signup"), &json!("m2"))
    );
    assert_eq!(event["device_id"], "18546f6171f67e29d1cb983322ad1329");
    assert_eq!(event["time"], 1_772_200_000_000_i64);
    assert_eq!(event["properties"]["network"], "Network1::Christmas");
    assert_eq!(event["properties"]["revenue"], 3.5);
    assert!(event["insert_id"].as_str().unwrap().ends_with(":abc"));

    let airbridge = json!({"eventUUID": "5b3d9c8a-0b8e-4d6c-9a57-2f0c7f1d1b11", "eventTimestamp": 1_772_200_000_123_i64,
        "user": {"externalUserID": "m3", "externalUserEmail": "m3@shop.test"},
        "device": {"deviceUUID": "ae2b", "osName": "iOS", "deviceModel": "iPhone11,2"},
        "eventData": {"goal": {"category": "airbridge.ecommerce.order.completed", "action": "app", "label": "spring",
            "value": 55000, "semanticAttributes": {"currency": "KRW", "transactionID": "t1",
                "products": [{"productID": "p1", "price": 55000, "quantity": 1}]}}}})
    .to_string();
    let event = node
        .preview(one, &made("airbridge").await, &airbridge)
        .await;
    assert_eq!(
        (&event["name"], &event["user_id"]),
        (&json!("Order Completed"), &json!("m3"))
    );
    assert_eq!(event["properties"]["products"][0]["productID"], "p1");
    assert_eq!(event["properties"]["revenue"], 55_000);
    assert_eq!(event["user_ops"][0]["value"], "m3@shop.test");
    assert_eq!(node.rows(one), 0, "a preview counts nothing");
    node.crash().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payloads_are_read_by_the_map_of_their_time_after_any_restart() {
    let folder = tempfile::tempdir().unwrap();
    let one = WorkspaceId::random();
    let node = start(folder.path(), &[one], NOW).await;
    let map = |name: &str| {
        json!({"each": "items", "event": {"const": name}, "user_id": "$.who", "insert_id": "id",
        "properties": {"label": {"template": "no. {id} of {$.who}"}}})
    };
    let input = SourceNew {
        map: Some(map("First")),
        ..new("generic")
    };
    let (view, secret) = node.app.source_create(&admin(one), input).await.unwrap();
    let id = id_of(&view);
    let body = r#"{"who": "m1", "items": [{"id": 1}, {"id": 2}]}"#;
    assert_eq!(node.post(&secret, body).await, 200);
    assert_eq!(
        node.post(&secret, body).await,
        200,
        "the sender did not hear the answer"
    );
    assert_eq!(node.rows(one), 2);
    let change = SourceChange {
        map: Some(map("Second")),
        ..SourceChange::default()
    };
    let changed = node
        .app
        .source_change(&admin(one), &id, change)
        .await
        .unwrap();
    node.collector.forget_keys();
    let gyre_app::sources::SourceOf::Webhook(row) = &changed.source else {
        panic!("{changed:?}")
    };
    assert_eq!(row.map_version, 2);
    assert_eq!(
        node.post(&secret, r#"{"who": "m2", "items": [{"id": 3}]}"#)
            .await,
        200
    );
    // what the map makes nothing of is kept and told
    assert_eq!(node.post(&secret, r#"{"who": "m2"}"#).await, 200);
    assert_eq!(node.post(&secret, "{\"who\": ").await, 200);
    assert_eq!(node.post(&secret, r#"{"items": [{"id": 4}]}"#).await, 200);
    let recent = node
        .app
        .source_recent(admin(one).as_read(), &id)
        .await
        .unwrap();
    assert_eq!(recent.len(), 6);
    assert!(recent[0].is_quarantined && !recent[3].is_quarantined);
    let names = async |node: &Node| {
        let rejected = node.meta.quarantine_count_by_reason(one).await.unwrap();
        let mut reasons: Vec<(String, u64)> = rejected
            .into_iter()
            .map(|it| (it.reason, it.count))
            .collect();
        reasons.sort();
        (node.rows(one), reasons)
    };
    let before = names(&node).await;
    let reasons = ["missing-user", "no-events", "unreadable-body"].map(|it| (it.to_owned(), 1));
    assert_eq!(before, (3, reasons.to_vec()));
    let health = node.view(one, &id).await.health;
    assert_eq!(
        (
            health.events_hour,
            health.events_day,
            health.quarantined_day
        ),
        (3, 3, 3)
    );
    assert_eq!(health.dialects[0].dialect, "webhook");
    node.crash().await;

    let node = start(folder.path(), &[one], NOW + MINUTE_MS).await;
    assert_eq!(
        names(&node).await,
        before,
        "the log is read again with both maps"
    );
    let again = node.view(one, &id).await.health;
    assert_eq!(again, health, "counted again, and not twice");
    let labels = node.app.engine().find_person(one, "m2");
    assert!(labels.is_some());
    node.crash().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_opens_its_own_door_only() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (WorkspaceId::random(), WorkspaceId::random());
    let node = start(folder.path(), &[one, other], NOW).await;
    let (view, secret) = node
        .app
        .source_create(&admin(one), new("generic"))
        .await
        .unwrap();
    let id = id_of(&view);
    assert_eq!(node.get(&secret, "event=A&user_id=u1&id=1").await, 200);
    assert_eq!(node.get(&secret, "").await, 400, "nothing was sent");
    assert_eq!((node.rows(one), node.rows(other)), (1, 0));
    // it is no write key
    let path = format!("/c/{}/v1/events", secret.reveal());
    let body = r#"{"event": "A", "user_id": "u"}"#;
    let answer = node
        .collector
        .handle(incoming("POST", path, "", body, &[]))
        .await;
    assert_eq!(answer.status, 401);
    // what was refused is counted once the collector is asked
    node.app
        .sources_write_rejected(&node.collector)
        .await
        .unwrap();
    assert_eq!(node.view(one, &id).await.health.rejected_day, 1);
    for missing in [
        node.app
            .source_recent(admin(other).as_read(), &id)
            .await
            .map(|_| ()),
        node.app.source_delete(&admin(other), &id).await,
    ] {
        assert!(
            matches!(missing, Err(AppError::NotFound { .. })),
            "{missing:?}"
        );
    }
    let change = SourceChange {
        is_enabled: Some(false),
        ..SourceChange::default()
    };
    node.app
        .source_change(&admin(one), &id, change)
        .await
        .unwrap();
    node.collector.forget_keys();
    assert_eq!(node.get(&secret, "event=A&user_id=u1&id=2").await, 401);
    node.app.source_delete(&admin(one), &id).await.unwrap();
    assert_eq!(node.rows(one), 1, "what came through it stays");
    node.crash().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_source_takes_signed_payloads_only() {
    let folder = tempfile::tempdir().unwrap();
    let one = WorkspaceId::random();
    let node = start(folder.path(), &[one], NOW).await;
    let key = [9_u8; 32];
    let input = SourceNew {
        signing: Some(Secret::new(format!("whsec_{}", STANDARD.encode(key)))),
        ..new("generic")
    };
    let (_, secret) = node.app.source_create(&admin(one), input).await.unwrap();
    let body = r#"{"event": "Paid", "user_id": "u1"}"#;
    let seconds = (NOW / 1_000).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("msg_1.{seconds}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let send = async |body: &str| {
        let headers = [
            ("webhook-id", "msg_1".to_owned()),
            ("webhook-timestamp", seconds.clone()),
            ("webhook-signature", signature.clone()),
        ];
        let path = format!("/c/{}/webhook", secret.reveal());
        let answer = node
            .collector
            .handle(incoming("POST", path, "", body, &headers))
            .await;
        node.settle().await;
        answer.status
    };
    assert_eq!(send(body).await, 200);
    assert_eq!(send(body).await, 200, "the same delivery");
    assert_eq!(send(r#"{"event": "Paid", "user_id": "u2"}"#).await, 400);
    assert_eq!(node.post(&secret, body).await, 400);
    assert_eq!(node.rows(one), 1);
    let wrong = SourceNew {
        signing: Some(Secret::new("short")),
        ..new("generic")
    };
    let refused = node
        .app
        .source_create(&admin(one), wrong)
        .await
        .unwrap_err();
    assert!(matches!(refused, AppError::Field(ref it) if it.pointer == "/signing_secret"));
    node.crash().await;
}
