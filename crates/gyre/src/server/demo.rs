//! `gyre demo`: a node on loopback with a built-in inbox, a real shop's data, and simulated visitors.

use std::net::SocketAddr;
use std::sync::Arc;

use gyre_base::failure::error_chain;
use gyre_base::{Clock, Secret};
use gyre_deliver::mailbox::{ListenerLimits, Mailbox, serve};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Node, NodeOptions, ServerError};
use crate::client::{ClientError, GyreClient};
use crate::demo::dataset::Shop;
use crate::demo::{DemoError, LoadOptions, LoadSummary, SEED, run_demo_load, simulator};
use crate::settings::Settings;

/// Login of the demonstration unless others are asked for. It listens on loopback only.
const EMAIL: &str = "demo@gyre.test";
const PASSWORD: &str = "demonstration";

/// Why the demonstration did not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoStartError {
    /// The node failed.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// Its data failed.
    #[error(transparent)]
    Data(#[from] DemoError),
    /// It did not answer.
    #[error("the demonstration's own requests failed")]
    Client(#[from] ClientError),
    /// The inbox cannot be opened.
    #[error("cannot open the development inbox")]
    Inbox(#[source] gyre_deliver::DeliverError),
    /// The keys cannot be kept for the next start.
    #[error("cannot read or write the demonstration's keys")]
    Keys(#[source] std::io::Error),
    /// It cannot be noted that the data is loaded.
    #[error("cannot note that the data is loaded")]
    Mark(#[source] std::io::Error),
    /// Others could reach it.
    #[error("the demonstration listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
}

/// A running demonstration.
#[derive(Debug)]
pub struct Demo {
    /// The node.
    pub node: Node,
    /// What was loaded; `None` if the folder had data already.
    pub loaded: Option<LoadSummary>,
    /// Login.
    pub email: String,
    /// Password.
    pub password: Secret,
    /// Address of the inbox's SMTP listener.
    pub smtp: SocketAddr,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Demo {
    /// Starts the node and the inbox, loads the data at the first start, and lets visitors come.
    pub async fn start(
        mut settings: Settings,
        with_simulator: bool,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, DemoStartError> {
        if !settings.listen.ip().is_loopback() {
            return Err(DemoStartError::NotLoopback(settings.listen));
        }
        let email = settings
            .email
            .get_or_insert_with(|| EMAIL.to_owned())
            .clone();
        let password = settings
            .password
            .get_or_insert_with(|| Secret::new(PASSWORD))
            .clone();
        settings
            .timezone
            .get_or_insert_with(|| "Europe/London".to_owned());
        let (api_key, write_key) = keys(&settings)?;
        settings.api_key = Some(api_key.clone());
        settings.write_key = Some(write_key.clone());
        let mailbox = Mailbox::open(&settings.data.join("inbox")).map_err(DemoStartError::Inbox)?;
        let options = NodeOptions {
            is_demo: true,
            mailbox: Some(mailbox.clone()),
            workspace_name: Some("Gift shop".to_owned()),
            currency: Some("GBP".to_owned()),
        };
        let node = Node::start(&settings, options, Arc::clone(&clock)).await?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let smtp = open_inbox(&node, mailbox, &clock, &stop, &mut tasks).await?;
        let base = format!("http://{}", node.address);
        let client = GyreClient::new(&base, write_key, Arc::clone(&clock))?.with_api_key(api_key);
        let shop = Arc::new(Shop::open(clock.now())?);
        node.caught_up().await;
        // the file says that a load came to its end; one that was cut short is repeated, its insert ids make that harmless
        let mark = settings.data.join("demo-loaded");
        let loaded = if mark.exists() {
            None
        } else {
            let load = LoadOptions {
                seed: SEED,
                now: clock.now(),
                with_visits: with_simulator,
                with_progress: true,
            };
            let summary = run_demo_load(&client, &shop, load).await?;
            node.caught_up().await;
            std::fs::write(&mark, "").map_err(DemoStartError::Mark)?;
            Some(summary)
        };
        if with_simulator {
            let stop = stop.clone();
            tasks.spawn(async move {
                if let Err(error) = simulator::run(client, clock, shop, SEED, stop).await {
                    tracing::warn!(
                        error = error_chain(&error),
                        "the simulated visitors stopped"
                    );
                }
            });
        }
        Ok(Self {
            node,
            loaded,
            email,
            password,
            smtp,
            tasks,
            stop,
        })
    }

    /// Sends the visitors home and stops the node.
    pub async fn stop(mut self) -> Result<(), ServerError> {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.node.stop().await
    }
}

async fn open_inbox(
    node: &Node,
    mailbox: Mailbox,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
    tasks: &mut JoinSet<()>,
) -> Result<SocketAddr, DemoStartError> {
    let any_port: SocketAddr = ([127, 0, 0, 1], 0).into();
    let listen = |source| ServerError::Listen {
        address: any_port,
        source,
    };
    let listener = TcpListener::bind(any_port).await.map_err(listen)?;
    let smtp = listener.local_addr().map_err(listen)?;
    let ended = stop.clone().cancelled_owned();
    let limits = ListenerLimits::default();
    tasks.spawn(serve(listener, mailbox, Arc::clone(clock), limits, ended));
    let channel = json!({"provider": "smtp", "host": "127.0.0.1", "port": smtp.port(),
        "security": "none", "connections": 4});
    node.set_email_channel(&channel).await?;
    Ok(smtp)
}

/// Keys of the demonstration: given, or made once and kept beside its data, because the simulator needs them again.
fn keys(settings: &Settings) -> Result<(Secret, Secret), DemoStartError> {
    let folder = &settings.data;
    let read_or_make = |name: &str, given: &Option<Secret>| -> std::io::Result<Secret> {
        let path = folder.join(name);
        if let Some(key) = given {
            return Ok(key.clone());
        }
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Secret::new(text.trim())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                std::fs::create_dir_all(folder)?;
                let mut bytes = [0; 24];
                getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
                let text = format!("gyre_demo_{}", hex::encode(bytes));
                std::fs::write(&path, &text)?;
                Ok(Secret::new(text))
            }
            Err(error) => Err(error),
        }
    };
    let api_key = read_or_make("demo-api.key", &settings.api_key).map_err(DemoStartError::Keys)?;
    let write_key =
        read_or_make("demo-write.key", &settings.write_key).map_err(DemoStartError::Keys)?;
    Ok((api_key, write_key))
}
