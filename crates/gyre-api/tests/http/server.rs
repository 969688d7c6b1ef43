//! A server without sockets.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use gyre_api::wire::session::Features;
use gyre_api::{ApiConfig, ApiParts, ApiState, router};
use gyre_app::{
    App, AppParts, BootstrapInput, Engine, EngineConfig, EngineTask, WriteKeys, bootstrap,
};
use gyre_base::{Clock, KeyId, Secret, Timestamp, WeekStart, WorkspaceId};
use gyre_collect::{CollectConfig, Collector};
use gyre_log::{Log, LogConfig};
use gyre_meta::{Key, KeyKind, Meta, MetaConfig, Workspace};
use gyre_testkit::VirtualClock;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// Key of the first workspace.
pub(crate) const API_KEY: &str = "test-api-key-of-the-first-workspace";
/// Write key of the first workspace.
pub(crate) const WRITE_KEY: &str = "test-write-key-of-the-first-workspace";

pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) meta: Meta,
    pub(crate) clock: VirtualClock,
    pub(crate) workspace: WorkspaceId,
    log: Log,
    engine: Engine,
    _task: EngineTask,
    _folder: tempfile::TempDir,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// The JSON of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        if self.body.is_empty() {
            return Value::Null;
        }
        self.json()
    }

    /// Checks that this is a problem document in full.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        let kind = self.header(&header::CONTENT_TYPE);
        assert_eq!(kind, "application/problem+json", "{}", self.body);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("urn:gyre:problem:{code}"));
        assert!(!problem["title"].as_str().unwrap().is_empty(), "{problem}");
        assert!(problem["errors"].is_array(), "{problem}");
        let id = header::HeaderName::from_static("x-request-id");
        assert_eq!(problem["request_id"], self.header(&id), "{problem}");
        assert_eq!(problem["request_id"].as_str().unwrap().len(), 32);
        problem
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = VirtualClock::at_text("2026-03-10T09:00:00Z");
        let url = format!("sqlite://{}", folder.path().join("meta.db").display());
        let meta = Meta::open(&url, MetaConfig::default()).await.unwrap();
        let input = BootstrapInput {
            workspace_name: "Shop".to_owned(),
            timezone: "Asia/Seoul".to_owned(),
            week_start: WeekStart::Monday,
            currency: "KRW".to_owned(),
            admin_email: "kim@shop.test".to_owned(),
            admin_password: Some(Secret::new("right")),
            api_key: Some(Secret::new(API_KEY)),
            write_key: Some(Secret::new(WRITE_KEY)),
        };
        let made = bootstrap(&meta, &clock, input).await.unwrap().unwrap();
        let (log, _) = Log::open(LogConfig::new(folder.path().join("log"))).unwrap();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let config = EngineConfig::new(folder.path().join("lake"));
        let started = Engine::start(config, meta.clone(), log.clone(), Arc::clone(&shared)).await;
        let (engine, task) = started.unwrap();
        let app = App::new(AppParts {
            meta: meta.clone(),
            engine: engine.clone(),
            clock: Arc::clone(&shared),
            secret: [7; 32],
            public_url: "https://shop.test".to_owned(),
            mailbox: None,
        });
        let keys = Arc::new(WriteKeys::new(meta.clone()));
        let collect = CollectConfig::default();
        let state = ApiState::new(ApiParts {
            app,
            collector: Collector::new(keys, log.clone(), shared, collect),
            config: ApiConfig {
                public_url: "https://shop.test".to_owned(),
                version: "0.0.0-test".to_owned(),
                features: Features {
                    inbox: false,
                    demo: false,
                },
                is_behind_proxy: false,
            },
            registry: prometheus::Registry::new(),
        });
        Self {
            router: router(state.unwrap()),
            meta,
            clock,
            workspace: made.workspace,
            log,
            engine,
            _task: task,
            _folder: folder,
        }
    }

    /// Adds a workspace with an API key and a write key that are this text and `<text>-write`.
    pub(crate) async fn add_workspace(&self, api_key: &str) -> WorkspaceId {
        let workspace = Workspace {
            id: WorkspaceId::random(),
            name: "Other".to_owned(),
            timezone: "UTC".to_owned(),
            week_start: WeekStart::Monday,
            currency: "USD".to_owned(),
            created_at: self.clock.now(),
        };
        self.meta.workspace_create(&workspace).await.unwrap();
        for (kind, secret) in [
            (KeyKind::Api, api_key.to_owned()),
            (KeyKind::Write, format!("{api_key}-write")),
        ] {
            let key = Key {
                workspace: workspace.id,
                id: KeyId::random(),
                kind,
                name: "key".to_owned(),
                hash: sha256(&secret),
                prefix: String::new(),
                created_at: Timestamp(0),
                revoked_at: None,
            };
            self.meta.key_create(&key).await.unwrap();
        }
        workspace.id
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// A request with an API key.
    pub(crate) async fn call_as(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |it| Body::from(it.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    /// A request of the first workspace.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.call_as(API_KEY, method, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    /// Sends events in our own dialect and waits until charts see them.
    pub(crate) async fn track(&self, write_key: &str, events: &Value) {
        let request = Request::post("/v1/events")
            .header(header::AUTHORIZATION, format!("Bearer {write_key}"))
            .header(header::CONTENT_TYPE, "application/json");
        let body = Body::from(events.to_string());
        let answer = self.send(request.body(body).unwrap()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.settle().await;
    }

    /// Waits until charts see everything that was sent.
    pub(crate) async fn settle(&self) {
        self.engine.wait_indexed(self.log.durable_end()).await;
    }
}

fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(text.as_bytes()))
}
