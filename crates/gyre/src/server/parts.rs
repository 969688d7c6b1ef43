//! The durable parts of a node: database, log, engine. Opened in this order, closed in the other.

use std::path::PathBuf;
use std::sync::Arc;

use gyre_app::{Engine, EngineConfig, EngineError, EngineTask};
use gyre_base::{Blame, Clock, Failure, Retry};
use gyre_collect::{PlaceDatabase, PlaceDatabaseError, ReadConfig, Reader, WebhookMaps};
use gyre_log::{Log, LogConfig, LogError};
use gyre_meta::{Meta, MetaConfig, MetaError};

use crate::settings::Settings;

/// Why a node could not be opened or closed.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// The folder cannot be made.
    #[error("cannot make the folder `{}`", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error("cannot open the database")]
    Meta(#[from] MetaError),
    /// The log cannot be used; another process may have it.
    #[error("cannot open the log")]
    Log(#[from] LogError),
    /// The database of places cannot be used.
    #[error("cannot tell where addresses are")]
    Places(#[from] PlaceDatabaseError),
    /// Segments or people cannot be read.
    #[error("cannot open the event store")]
    Engine(#[from] EngineError),
}

impl Failure for PartsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "data-folder",
            Self::Meta(it) => it.code(),
            Self::Log(it) => it.code(),
            Self::Engine(it) => it.code(),
            Self::Places(it) => it.code(),
        }
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }

    fn blame(&self) -> Blame {
        Blame::Us
    }
}

/// How records are to be read, by the settings.
fn reader(settings: &Settings) -> Result<Reader, PlaceDatabaseError> {
    let path = settings.geoip_database.as_deref();
    Ok(Reader::new(ReadConfig {
        time_mode: settings.time_mode,
        places: path.map(PlaceDatabase::open).transpose()?,
        maps: WebhookMaps::default(),
    }))
}

/// The durable parts of a node.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub meta: Meta,
    /// The log.
    pub log: Log,
    /// Snapshots and questions.
    pub engine: Engine,
    task: EngineTask,
}

impl Parts {
    /// Opens everything; the indexer replays what the last commit does not have.
    pub async fn open(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Self, PartsError> {
        std::fs::create_dir_all(&settings.data).map_err(|source| PartsError::Folder {
            path: settings.data.clone(),
            source,
        })?;
        let meta = Meta::open(&settings.database, MetaConfig::default()).await?;
        let (log, recovery) = Log::open(LogConfig::new(settings.data.join("log")))?;
        tracing::info!(?recovery, end = log.durable_end().0, "log opened");
        let config = EngineConfig {
            cache_bytes: settings.cache_bytes,
            log_ms: settings.raw_ms,
            reader: Arc::new(reader(settings)?),
            ..EngineConfig::new(settings.data.join("lake"))
        };
        let (engine, task) =
            Engine::start(config, meta.clone(), log.clone(), Arc::clone(clock)).await?;
        Ok(Self {
            meta,
            log,
            engine,
            task,
        })
    }

    /// Lets the indexer catch up and flush, then closes everything.
    pub async fn close(self) -> Result<(), PartsError> {
        self.task.stop().await?;
        self.log.close().await;
        self.meta.close().await;
        Ok(())
    }
}
