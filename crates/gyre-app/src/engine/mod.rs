//! The engine: one reader of the log that keeps segments and people, and the snapshots that questions are asked of.

mod dedupe;
mod delta_file;
mod handle;
pub(crate) mod identity;
mod indexer;
mod ledger_file;
pub(crate) mod live;
pub(crate) mod oversight;
mod parsing;
mod rules;
pub(crate) mod tallies;

use std::path::PathBuf;
use std::sync::Arc;

use gyre_analytics::{CohortSource, Context, audience_people};
use gyre_base::{Clock, Failure, Timestamp, WorkspaceId, Zone};
use gyre_collect::{Reader, internal_envelope};
use gyre_identity::Identifier;
use gyre_lake::ColumnCache;
use gyre_log::{Log, LogError, Position};
use gyre_meta::{Meta, MetaError};
use gyre_model::people::NodeKind;
use gyre_model::{Audience, Event};
use gyre_query::{QueryError, Snapshot};
use parking_lot::RwLock;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::cohorts::SavedCohorts;
pub(crate) use handle::WorkspaceHandle;

/// Sizes and times of the engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Folder of segments and people files.
    pub data_dir: PathBuf,
    /// Decoded columns kept in memory, in bytes.
    pub cache_bytes: usize,
    /// Rows in memory that make a flush.
    pub flush_rows: usize,
    /// Oldest row in memory that makes a flush, in milliseconds.
    pub flush_ms: i64,
    /// How long what arrived is kept as it arrived, in milliseconds; never less than what is not in files yet.
    pub log_ms: i64,
    /// How records of the log are read.
    pub reader: Arc<Reader>,
}

impl EngineConfig {
    /// 2 GiB of columns; a flush every 500,000 rows (some 200 MB in memory) or five minutes; a log of 30 days.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            cache_bytes: 2 << 30,
            flush_rows: 500_000,
            flush_ms: 5 * gyre_base::MINUTE_MS,
            log_ms: 30 * gyre_base::DAY_MS,
            reader: Arc::default(),
        }
    }
}

/// What can go wrong in the engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The log refused or could not be read.
    #[error("failed to use the log")]
    Log(#[from] LogError),
    /// The manifest could not be read or changed.
    #[error("failed to use the manifest")]
    Meta(#[from] MetaError),
    /// Segments could not be read or written.
    #[error("failed to use the event segments")]
    Lake(#[from] gyre_lake::LakeError),
    /// A question had no answer.
    #[error("failed to answer the question")]
    Query(#[from] QueryError),
    /// A people file could not be read or written.
    #[error("failed to {action} people file `{path}`")]
    PeopleFile {
        /// What was attempted.
        action: &'static str,
        /// Which file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Failure for EngineError {
    fn code(&self) -> &'static str {
        match self {
            Self::Log(it) => it.code(),
            Self::Meta(it) => it.code(),
            Self::Lake(it) => it.code(),
            Self::Query(it) => it.code(),
            Self::PeopleFile { .. } => "people-file",
        }
    }

    fn retry(&self) -> gyre_base::Retry {
        match self {
            Self::Log(it) => it.retry(),
            Self::Meta(it) => it.retry(),
            Self::Lake(it) => it.retry(),
            Self::Query(it) => it.retry(),
            Self::PeopleFile { .. } => gyre_base::Retry::Never,
        }
    }

    fn blame(&self) -> gyre_base::Blame {
        match self {
            Self::Log(it) => it.blame(),
            Self::Meta(it) => it.blame(),
            Self::Lake(it) => it.blame(),
            Self::Query(it) => it.blame(),
            Self::PeopleFile { .. } => gyre_base::Blame::Us,
        }
    }
}

/// A person as senders and pages see them.
#[derive(Clone, Debug)]
pub struct PersonView {
    /// Number in this workspace.
    pub person: u32,
    /// Token on the wire.
    pub token: String,
    /// The user id, if known.
    pub external_id: Option<String>,
    /// A device id, for people who have no user id.
    pub device_id: Option<String>,
    /// Properties as they stand now.
    pub properties: Map<String, Value>,
}

/// Token of a person on the wire.
pub fn person_token(person: u32) -> String {
    format!("~{person}")
}

pub(crate) struct EngineInner {
    pub(crate) meta: Meta,
    pub(crate) log: Log,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) config: EngineConfig,
    pub(crate) cache: Arc<ColumnCache>,
    pub(crate) workspaces: RwLock<FxHashMap<WorkspaceId, Arc<WorkspaceHandle>>>,
    pub(crate) indexed: watch::Sender<Position>,
    /// The latest arrival of a record that was taken; held while records are taken and while rules change.
    pub(crate) taken: tokio::sync::Mutex<Timestamp>,
    pub(crate) stop: tokio_util::sync::CancellationToken,
}

/// Handle of the engine; cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<EngineInner>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens every workspace's files and starts the indexer, which replays the log from the last commit.
    pub async fn start(
        config: EngineConfig,
        meta: Meta,
        log: Log,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, EngineTask), EngineError> {
        // before the first record is read: a payload is read by the map of its time
        crate::sources::load_maps(&meta, config.reader.maps()).await?;
        let (indexed, _) = watch::channel(Position::START);
        let inner = Arc::new(EngineInner {
            cache: Arc::new(ColumnCache::new(config.cache_bytes)),
            meta,
            log,
            clock,
            config,
            workspaces: RwLock::default(),
            indexed,
            taken: tokio::sync::Mutex::new(Timestamp::MIN),
            stop: tokio_util::sync::CancellationToken::new(),
        });
        let engine = Self { inner };
        let indexer = indexer::Indexer::open(engine.clone()).await?;
        let runtime = tokio::runtime::Handle::current();
        // a thread of its own: parsing and sorting must not hold up requests
        let thread = std::thread::Builder::new()
            .name("gyre-indexer".to_owned())
            .spawn(move || runtime.block_on(indexer.run()))
            .map_err(|source| EngineError::PeopleFile {
                action: "start the thread that writes",
                path: String::new(),
                source,
            })?;
        Ok((engine.clone(), EngineTask { engine, thread }))
    }

    /// Everything appended before `position` is in snapshots when this returns.
    pub async fn wait_indexed(&self, position: Position) {
        let mut indexed = self.inner.indexed.subscribe();
        // the sender lives as long as the engine, so waiting ends with the position or the process
        let _ = indexed.wait_for(|it| *it >= position).await;
    }

    /// Position up to which the log is in snapshots.
    pub fn indexed(&self) -> Position {
        *self.inner.indexed.borrow()
    }

    /// Whether snapshots have everything that was acknowledged.
    pub fn is_caught_up(&self) -> bool {
        self.indexed() >= self.inner.log.durable_end()
    }

    pub(crate) fn handle(&self, workspace: WorkspaceId) -> Arc<WorkspaceHandle> {
        if let Some(handle) = self.inner.workspaces.read().get(&workspace) {
            return Arc::clone(handle);
        }
        let mut workspaces = self.inner.workspaces.write();
        Arc::clone(workspaces.entry(workspace).or_default())
    }

    /// The newest snapshot of a workspace.
    pub fn snapshot(&self, workspace: WorkspaceId) -> Snapshot {
        self.handle(workspace).newest()
    }

    /// The snapshot of a version, if it is still kept; else the newest.
    pub(crate) fn snapshot_of(&self, workspace: WorkspaceId, version: u64) -> Snapshot {
        self.handle(workspace).pinned(version)
    }

    /// Settings of the workspace and the newest data, at this instant.
    pub async fn context(
        &self,
        workspace: WorkspaceId,
        snapshot: Snapshot,
        as_of: Timestamp,
    ) -> Result<Context, EngineError> {
        let settings = self.inner.meta.workspace_get(workspace).await?;
        let cohorts: Arc<dyn CohortSource> =
            Arc::new(SavedCohorts::new(self.inner.meta.clone(), workspace));
        Ok(Context {
            snapshot,
            zone: Zone::parse(&settings.timezone).unwrap_or(Zone::UTC),
            week_start: settings.week_start,
            as_of,
            cohorts,
        })
    }

    /// The people of an audience at an instant.
    pub async fn audience_people(
        &self,
        workspace: WorkspaceId,
        audience: &Audience,
        as_of: Timestamp,
    ) -> Result<RoaringBitmap, EngineError> {
        let ctx = self
            .context(workspace, self.snapshot(workspace), as_of)
            .await?;
        Ok(audience_people(&ctx, audience).await?.0)
    }

    /// A person with their properties, under whatever number they once had; `None` if there is no such person.
    pub fn person(&self, workspace: WorkspaceId, person: u32) -> Option<PersonView> {
        let snapshot = self.snapshot(workspace);
        let person = snapshot.map.person(person, i64::MAX);
        if !snapshot.map.persons().contains(person) {
            return None;
        }
        let people = snapshot.people.read();
        let identifiers: Vec<Identifier> = people.identifiers(&snapshot.map, person);
        let device = identifiers.iter().find(|it| it.kind == NodeKind::Device);
        Some(PersonView {
            person,
            token: person_token(person),
            external_id: people.external_id(person),
            device_id: device.map(|it| it.value.clone()),
            properties: people.properties(&snapshot.map, person),
        })
    }

    /// Person with this user id, device id or token.
    pub fn find_person(&self, workspace: WorkspaceId, id: &str) -> Option<u32> {
        let snapshot = self.snapshot(workspace);
        let found = snapshot.people.read().find(id);
        found.or_else(|| {
            let number = id.strip_prefix('~')?.parse().ok()?;
            let person = snapshot.map.person(number, i64::MAX);
            snapshot.map.persons().contains(person).then_some(person)
        })
    }

    /// Appends our own events to the log; they are durable when this returns.
    pub async fn emit(
        &self,
        workspace: WorkspaceId,
        events: Vec<Event>,
    ) -> Result<(), EngineError> {
        if events.is_empty() {
            return Ok(());
        }
        let record = internal_envelope(workspace, self.inner.clock.now(), &events);
        self.inner.log.append(record).await?;
        Ok(())
    }
}

/// The running indexer.
#[derive(Debug)]
pub struct EngineTask {
    engine: Engine,
    thread: std::thread::JoinHandle<Result<(), EngineError>>,
}

impl EngineTask {
    /// Lets the indexer catch up, flush and end.
    pub async fn stop(self) -> Result<(), EngineError> {
        self.engine.inner.stop.cancel();
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        match joined {
            Ok(Ok(outcome)) => outcome,
            // a panic of the indexer was already reported where it happened
            Ok(Err(_)) | Err(_) => Ok(()),
        }
    }
}
