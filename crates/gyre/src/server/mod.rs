//! A running node: parts, workers, HTTP.

pub mod demo;
pub mod keyfile;
pub mod parts;

use std::net::SocketAddr;
use std::sync::Arc;

use gyre_api::wire::session::Features;
use gyre_api::{ApiConfig, ApiParts, ApiState};
use gyre_app::campaigns::{CampaignError, WorkerConfig};
use gyre_app::imports::ImportWorkerConfig;
use gyre_app::{
    Access, App, AppError, AppParts, BootstrapError, BootstrapInput, Bootstrapped, WriteKeys,
    bootstrap,
};
use gyre_base::failure::error_chain;
use gyre_base::{Clock, MINUTE_MS, WeekStart};
use gyre_collect::{CollectConfig, Collector};
use gyre_deliver::mailbox::Mailbox;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::s3::{Endpoints, S3};
use crate::settings::Settings;
use parts::{Parts, PartsError};

/// How often due cohorts are looked for.
const COHORTS_MS: i64 = MINUTE_MS;

/// Why a node did not start or stop.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A durable part failed.
    #[error(transparent)]
    Parts(#[from] PartsError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The secret key cannot be read or made.
    #[error("cannot read or make the secret key")]
    Key(#[source] std::io::Error),
    /// The first workspace could not be made.
    #[error("cannot make the first workspace")]
    Bootstrap(#[from] BootstrapError),
    /// The application could not be started.
    #[error("cannot start the application")]
    App(#[from] AppError),
    /// A channel cannot be set.
    #[error("cannot set the e-mail channel")]
    Channel(#[source] CampaignError),
    /// There is no TLS for object storage.
    #[error("cannot ask object storage")]
    Objects(#[source] reqwest::Error),
    /// Metrics could not be registered.
    #[error("cannot register metrics")]
    Metrics(String),
}

/// What is special about a node.
#[derive(Debug, Default)]
pub struct NodeOptions {
    /// A demonstration.
    pub is_demo: bool,
    /// Development inbox to show.
    pub mailbox: Option<Mailbox>,
    /// Name of the first workspace.
    pub workspace_name: Option<String>,
    /// Currency of the first workspace.
    pub currency: Option<String>,
}

/// A running node.
#[derive(Debug)]
pub struct Node {
    /// Where it listens.
    pub address: SocketAddr,
    /// Url by which people reach it.
    pub public_url: String,
    /// What the first start made; `None` at later ones.
    pub made: Option<Bootstrapped>,
    /// The application.
    pub app: App,
    parts: Parts,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Node {
    /// Opens everything and serves.
    pub async fn start(
        settings: &Settings,
        options: NodeOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ServerError> {
        // first what fails for a reason of the machine: an open engine would have to be closed again
        let listen = |source| ServerError::Listen {
            address: settings.listen,
            source,
        };
        let listener = TcpListener::bind(settings.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let parts = Parts::open(settings, &clock).await?;
        let made = bootstrap(&parts.meta, &*clock, first(settings, &options)).await?;
        let key = keyfile::read_or_make(&settings.data).map_err(ServerError::Key)?;
        let public_url = settings
            .public_url
            .clone()
            .unwrap_or_else(|| format!("http://{address}"));
        let features = Features {
            inbox: options.mailbox.is_some(),
            demo: options.is_demo,
        };
        let app = App::new(AppParts {
            meta: parts.meta.clone(),
            engine: parts.engine.clone(),
            clock: Arc::clone(&clock),
            secret: key,
            public_url: public_url.clone(),
            mailbox: options.mailbox,
        });
        let endpoints = Endpoints::Only(settings.import_endpoints.clone());
        let objects = S3::new(endpoints, Arc::clone(&clock)).map_err(ServerError::Objects)?;
        let app = app.with_objects(Arc::new(objects));
        let write_keys = Arc::new(WriteKeys::new(parts.meta.clone()).with_secret(&key));
        let collect = CollectConfig {
            public_url: Some(public_url.clone()),
        };
        let collector = Collector::new(write_keys, parts.log.clone(), Arc::clone(&clock), collect);
        let state = ApiState::new(ApiParts {
            app: app.clone(),
            collector: collector.clone(),
            config: ApiConfig {
                public_url: public_url.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                features,
                is_behind_proxy: settings.is_behind_proxy,
            },
            registry: prometheus::Registry::new(),
        })
        .map_err(|it| ServerError::Metrics(it.to_string()))?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let router = gyre_api::router(state);
        tasks.spawn(gyre_api::serve(
            listener,
            router,
            Arc::clone(&clock),
            stop.clone(),
        ));
        let owner = WorkerConfig::new(uuid::Uuid::new_v4().to_string());
        tasks.spawn(gyre_app::campaigns::run_worker(
            app.campaigns().clone(),
            owner,
            stop.clone(),
        ));
        let owner = ImportWorkerConfig::new(uuid::Uuid::new_v4().to_string());
        let imports = gyre_app::imports::run_imports(app.clone(), owner, stop.clone());
        tasks.spawn(imports);
        tasks.spawn(gyre_app::sources::run_health(
            app.clone(),
            collector,
            stop.clone(),
        ));
        tasks.spawn(refresh_cohorts(app.clone(), clock, stop.clone()));
        Ok(Self {
            address,
            public_url,
            made,
            app,
            parts,
            tasks,
            stop,
        })
    }

    /// Waits until everything acknowledged is in the numbers.
    pub async fn caught_up(&self) {
        self.parts
            .engine
            .wait_indexed(self.parts.log.durable_end())
            .await;
    }

    /// Sets the e-mail channel of the first workspace; for the demonstration's own inbox.
    pub async fn set_email_channel(&self, config: &Value) -> Result<(), ServerError> {
        let workspaces = self
            .parts
            .meta
            .workspaces_list()
            .await
            .map_err(PartsError::Meta)?;
        // whoever started the process may set its channels
        if let Some(workspace) = workspaces.first()
            && let Ok(access) = Access::operator(workspace.id).write()
        {
            let set = self.app.channels().email_put(&access, config).await;
            set.map_err(ServerError::Channel)?;
        }
        Ok(())
    }

    /// Takes no more requests, lets those under way end, flushes and closes.
    pub async fn stop(mut self) -> Result<(), ServerError> {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.parts.close().await?;
        Ok(())
    }
}

fn first(settings: &Settings, options: &NodeOptions) -> BootstrapInput {
    BootstrapInput {
        workspace_name: options
            .workspace_name
            .clone()
            .unwrap_or_else(|| "My workspace".to_owned()),
        timezone: settings
            .timezone
            .clone()
            .unwrap_or_else(|| "Asia/Seoul".to_owned()),
        week_start: WeekStart::Monday,
        currency: options.currency.clone().unwrap_or_else(|| "KRW".to_owned()),
        admin_email: settings
            .email
            .clone()
            .unwrap_or_else(|| "admin@gyre.test".to_owned()),
        admin_password: settings.password.clone(),
        api_key: settings.api_key.clone(),
        write_key: settings.write_key.clone(),
    }
}

async fn refresh_cohorts(app: App, clock: Arc<dyn Clock>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep_ms(COHORTS_MS) => {}
        }
        if let Err(error) = app.cohorts_refresh_due().await {
            tracing::warn!(error = error_chain(&error), "failed to refresh cohorts");
        }
    }
}
