//! The worker: looks for jobs, holds a lease on each that it runs, a few at once and one of a workspace.

use std::collections::BTreeSet;

use gyre_base::failure::error_chain;
use gyre_base::{HOUR_MS, ImportId, MINUTE_MS, SECOND_MS, Timestamp, WorkspaceId};
use gyre_meta::Import;
use rustc_hash::FxHashMap;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::job::{self, Ended, RETRY_MS};
use crate::{App, AppError};

/// How often jobs are looked for.
const LOOK_MS: i64 = SECOND_MS;
/// How often files that are too old are looked for.
const SWEEP_MS: i64 = HOUR_MS;
/// Jobs that run at once, each of another workspace: one core reads, the indexer has the rest.
const RUNNING_MAX: usize = 2;
/// Jobs that are looked through for one that can run.
const SEEN_MAX: u32 = 1_000;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct ImportWorkerConfig {
    /// Name of this process.
    pub owner: String,
    /// How long a job is held without a sign of life, in milliseconds: what a job waits after a process died.
    pub lease_ms: i64,
    /// Rows a second of each job at most; 0 for as many as there can be.
    pub rows_per_second: u64,
}

impl ImportWorkerConfig {
    /// A minute's lease, 20,000 rows a second.
    pub fn new(owner: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            lease_ms: MINUTE_MS,
            rows_per_second: 20_000,
        }
    }
}

/// Runs jobs.
#[derive(Debug)]
pub struct ImportWorker {
    app: App,
    config: ImportWorkerConfig,
    running: JoinSet<(Import, Result<Ended, AppError>)>,
    workspaces: BTreeSet<WorkspaceId>,
    /// Jobs that are left alone until an instant.
    later: FxHashMap<ImportId, Timestamp>,
}

impl ImportWorker {
    /// A worker that has begun nothing.
    pub fn new(app: App, config: ImportWorkerConfig) -> Self {
        Self {
            app,
            config,
            running: JoinSet::new(),
            workspaces: BTreeSet::new(),
            later: FxHashMap::default(),
        }
    }

    /// Begins what can be begun; how many jobs run then.
    pub async fn begin(&mut self) -> Result<usize, AppError> {
        let now = self.app.clock.now();
        self.later.retain(|_, until| *until > now);
        for import in self.app.meta.imports_unfinished(SEEN_MAX).await? {
            if self.running.len() >= RUNNING_MAX {
                break;
            }
            let is_busy = self.workspaces.contains(&import.workspace);
            if is_busy || self.later.contains_key(&import.id) {
                continue;
            }
            let until = now.plus_ms(self.config.lease_ms);
            let name = format!("import:{}", import.id);
            let owner = &self.config.owner;
            let lease = self
                .app
                .meta
                .lease_acquire(&name, owner, now, until)
                .await?;
            let Some(lease) = lease else {
                continue;
            };
            self.workspaces.insert(import.workspace);
            let (app, config) = (self.app.clone(), self.config.clone());
            self.running.spawn(async move {
                let meta = app.meta.clone();
                let outcome = job::run(app, config, lease.clone(), import.clone()).await;
                if let Err(error) = meta.lease_release(&lease).await {
                    tracing::warn!(error = error_chain(&error), "failed to give an import back");
                }
                (import, outcome)
            });
        }
        Ok(self.running.len())
    }

    /// Waits until a job ends; false if none runs.
    pub async fn one_ended(&mut self) -> bool {
        let Some(joined) = self.running.join_next().await else {
            return false;
        };
        let Ok((import, outcome)) = joined else {
            // a panic was reported where it happened; which job it was is not known, so each is looked at again
            self.workspaces.clear();
            return true;
        };
        self.workspaces.remove(&import.workspace);
        match outcome {
            Ok(Ended::Finally | Ended::ForNow) => {}
            Err(error) => {
                tracing::warn!(error = error_chain(&error), import = %import.id, "import interrupted");
                let until = self.app.clock.now().plus_ms(RETRY_MS);
                self.later.insert(import.id, until);
            }
        }
        true
    }

    /// Runs every job that can run to its end.
    pub async fn run_all(&mut self) -> Result<(), AppError> {
        while self.begin().await? > 0 {
            self.one_ended().await;
        }
        Ok(())
    }
}

/// Runs jobs until it is stopped; what runs then is gone on with by whoever comes next.
pub async fn run_imports(app: App, config: ImportWorkerConfig, stop: CancellationToken) {
    let mut worker = ImportWorker::new(app.clone(), config);
    let mut swept_at: Option<Timestamp> = None;
    loop {
        let now = app.clock.now();
        if swept_at.is_none_or(|it| now.since(it) >= SWEEP_MS) {
            swept_at = Some(now);
            if let Err(error) = app.import_files_sweep().await {
                tracing::warn!(error = error_chain(&error), "failed to remove old files");
            }
        }
        if let Err(error) = worker.begin().await {
            tracing::warn!(error = error_chain(&error), "failed to look for imports");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.clock.sleep_ms(LOOK_MS) => {}
            _ = worker.one_ended(), if !worker.running.is_empty() => {}
        }
    }
}
