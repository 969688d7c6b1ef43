//! The one reader of the log behind segments and people.
//!
//! Records are parsed, repeats dropped, people resolved, rows kept in memory and published. A flush writes
//! files, then commits them with the log position in one transaction: whatever dies, each record has its effect
//! once, because a restart loads the committed files and replays the log from the committed position.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt;
use gyre_base::failure::error_chain;
use gyre_base::{SECOND_MS, Timestamp, WorkspaceId};
use gyre_collect::{DeviceClocks, Envelope, Ledger};
use gyre_identity::People;
use gyre_lake::{ColumnNames, LakeStore, PendingFile, Row, SegmentFile};
use gyre_log::Position;
use gyre_meta::{CheckpointCommit, MetaError, PeopleDelta, Segment, WorkspaceFiles};
use gyre_model::Event;
use rustc_hash::FxHashMap;

use super::dedupe::Dedupe;
use super::delta_file::DeltaFile;
use super::live::Outcome;
use super::oversight::{Origin, QuarantineChange, judge, warning_of};
use super::parsing::{ParsedRecord, parse_in_order};
use super::rules::Rules;
use super::tallies::{Passed, count_record, is_counted, library_of};
use super::{Engine, EngineError, WorkspaceHandle, ledger_file};

/// Bytes of log read at once: the rows of one publication.
const READ_BYTES: usize = 8 << 20;
/// People files kept before they are joined into one.
const DELTAS_MAX: usize = 64;
/// Events of one part that the live view keeps; copying all of them would slow down imports.
const LIVE_EVENTS_MAX: usize = 200;

struct Writer {
    handle: Arc<WorkspaceHandle>,
    lake: LakeStore,
    dedupe: Dedupe,
    clocks: DeviceClocks,
    folder: PathBuf,
    deltas: Vec<PeopleDelta>,
    next_delta: u64,
    rows: Vec<Row>,
    column_names: ColumnNames,
    is_ledger_changed: bool,
}

/// The reader and everything it owns.
pub(crate) struct Indexer {
    engine: Engine,
    writers: FxHashMap<WorkspaceId, Writer>,
    committed: Position,
    position: Position,
    oldest_unflushed: Option<Timestamp>,
}

/// What an event did.
enum Applied {
    /// It counts, for this node if it is of a person.
    Node(Option<u32>),
    /// It came before.
    Repeat,
}

/// Files of one workspace that are written and wait for the commit.
struct Prepared {
    flushed: Option<PendingFile>,
    delta: Option<(PeopleDelta, DeltaFile)>,
}

impl Indexer {
    pub(crate) async fn open(engine: Engine) -> Result<Self, EngineError> {
        let checkpoint = engine.inner.meta.checkpoint_get().await?;
        let position = Position(checkpoint.log_position);
        let mut it = Self {
            engine,
            writers: FxHashMap::default(),
            committed: position,
            position,
            oldest_unflushed: None,
        };
        for workspace in it.engine.inner.meta.workspaces_list().await? {
            it.open_writer(workspace.id).await?;
        }
        it.engine.inner.indexed.send_replace(position);
        Ok(it)
    }

    async fn open_writer(&mut self, workspace: WorkspaceId) -> Result<(), EngineError> {
        let inner = &self.engine.inner;
        let files = inner.meta.lake_load(workspace).await?;
        let folder = inner.config.data_dir.join(workspace.to_string());
        let people_folder = folder.join("people");
        std::fs::create_dir_all(&people_folder).map_err(|source| EngineError::PeopleFile {
            action: "create the folder of",
            path: people_folder.display().to_string(),
            source,
        })?;
        remove_orphans(&people_folder, &files.deltas)?;
        let manifest: Vec<SegmentFile> = files.segments.iter().map(segment_file).collect();
        let lake = LakeStore::open(
            &folder.join("segments"),
            &manifest,
            Arc::clone(&inner.cache),
        )?;
        let mut people = People::default();
        let mut dedupe = Dedupe::default();
        let mut clocks = DeviceClocks::default();
        let now = inner.clock.now();
        for delta in &files.deltas {
            let file = DeltaFile::read(&people_folder.join(&delta.file))?;
            people.load(file.people);
            dedupe.load(file.keys, now);
            clocks.load(file.clocks);
        }
        people.set_rules(super::identity::rules_of(&inner.meta, workspace).await?);
        let handle = Arc::new(WorkspaceHandle::new(people, lake.view(), 1));
        *handle.ledger.lock() = ledger_file::load(&folder, self.committed)?;
        // the first record that is not in files, which may be taken again, tells the rules that are needed
        let first = inner.log.read(self.committed, 1)?;
        let first = first.first().and_then(|it| Envelope::decode(&it.body).ok());
        let since = first.map_or(now, |it| it.received_at);
        handle.set_rules(Rules::load(&inner.meta, workspace, since).await?);
        inner
            .workspaces
            .write()
            .insert(workspace, Arc::clone(&handle));
        let next_delta = files.deltas.last().map_or(1, |it| it.seq + 1);
        let writer = Writer {
            handle,
            lake,
            dedupe,
            clocks,
            folder,
            deltas: files.deltas,
            next_delta,
            rows: Vec::new(),
            column_names: ColumnNames::default(),
            is_ledger_changed: false,
        };
        self.writers.insert(workspace, writer);
        Ok(())
    }

    /// Reads until the engine stops; then catches up, flushes and ends.
    pub(crate) async fn run(mut self) -> Result<(), EngineError> {
        let outcome = self.run_until_stopped().await;
        if let Err(error) = &outcome {
            tracing::error!(error = error_chain(error), "the indexer stopped");
        }
        outcome
    }

    async fn run_until_stopped(&mut self) -> Result<(), EngineError> {
        let stop = self.engine.inner.stop.clone();
        loop {
            let is_stopping = stop.is_cancelled();
            while self.read_some().await? {
                self.flush_if_due().await?;
            }
            if is_stopping {
                return self.flush().await;
            }
            self.flush_if_due().await?;
            let clock = Arc::clone(&self.engine.inner.clock);
            let log = &self.engine.inner.log;
            // a log that takes nothing more answers at once, again and again: there is nothing to wait for
            let is_open = !log.is_closed();
            tokio::select! {
                () = log.wait_past(self.position), if is_open => {}
                () = clock.sleep_ms(self.flush_wait_ms(clock.now())) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    fn flush_wait_ms(&self, now: Timestamp) -> i64 {
        let flush_ms = self.engine.inner.config.flush_ms;
        match self.oldest_unflushed {
            Some(oldest) => (flush_ms - now.since(oldest)).max(SECOND_MS),
            None => flush_ms,
        }
    }

    /// Applies the next records; false if there are none.
    async fn read_some(&mut self) -> Result<bool, EngineError> {
        let records = self.engine.inner.log.read(self.position, READ_BYTES)?;
        let Some(last) = records.last() else {
            return Ok(false);
        };
        let next = last.next;
        let engine = self.engine.clone();
        // rules change between two calls of this and never within one
        let mut taken = engine.inner.taken.lock().await;
        let mut refused: BTreeMap<WorkspaceId, QuarantineChange> = BTreeMap::new();
        let reader = Arc::clone(&self.engine.inner.config.reader);
        let mut parts = std::pin::pin!(parse_in_order(reader, records));
        while let Some(part) = parts.next().await {
            let mut left: usize = part.iter().map(|it| it.parsed.count()).sum();
            for record in part {
                let count = record.parsed.count();
                *taken = (*taken).max(record.ruled_at);
                self.apply(record, left, &mut refused).await?;
                left -= count;
            }
        }
        for (workspace, change) in refused {
            // before the position is committed: a replay writes and removes the same ids again
            change.write(&engine.inner.meta, workspace).await?;
        }
        for writer in self.writers.values_mut() {
            if !writer.rows.is_empty() {
                writer.lake.append(&writer.rows);
                writer.rows.clear();
            }
            let map = writer.handle.people.read().map();
            writer.handle.publish(writer.lake.view(), map);
            writer.handle.live.announce();
        }
        self.oldest_unflushed
            .get_or_insert(self.engine.inner.clock.now());
        self.position = next;
        self.engine.inner.indexed.send_replace(next);
        Ok(true)
    }

    async fn apply(
        &mut self,
        record: ParsedRecord,
        left_in_part: usize,
        refused: &mut BTreeMap<WorkspaceId, QuarantineChange>,
    ) -> Result<(), EngineError> {
        let ParsedRecord {
            position,
            envelope,
            parsed,
            ruled_at,
            again,
            was_read,
        } = record;
        if !self.has_writer(envelope.workspace, position).await? {
            return Ok(());
        }
        let Some(writer) = self.writers.get_mut(&envelope.workspace) else {
            return Ok(());
        };
        let tallies = &writer.handle.tallies;
        if is_counted(&self.engine.inner.meta, tallies, &envelope).await? {
            return Ok(());
        }
        let mut passed = Passed::default();
        let reader = &self.engine.inner.config.reader;
        let events = reader.settle(parsed, &mut writer.clocks);
        let bytes_each = envelope.body.len() / events.len().max(1);
        let first_live = left_in_part.saturating_sub(LIVE_EVENTS_MAX);
        let handle = Arc::clone(&writer.handle);
        let live = &handle.live;
        live.skip(first_live.min(events.len()) as u64);
        let rules = handle.rules();
        let change = refused.entry(envelope.workspace).or_default();
        let mut ledger = handle.ledger.lock();
        writer.is_ledger_changed |= !events.is_empty();
        for (index, found) in events.into_iter().enumerate() {
            let is_live = index >= first_live;
            let watch = |outcome: Outcome| {
                let source = &envelope.dialect;
                live.push(envelope.received_at, source, outcome, bytes_each);
            };
            let origin = Origin {
                dialect: &envelope.dialect,
                at: ruled_at,
                again: again
                    .as_ref()
                    .and_then(|it| it.get(index))
                    .map(String::as_str),
                was_read,
            };
            let is_read = found.is_ok();
            let found = match found {
                Ok(event) if !rules.is_empty() && !writer.has(&event, origin) => {
                    judge(&rules, &mut ledger, event, origin)
                }
                other => other,
            };
            match found {
                Ok(event) => {
                    let copy = is_live.then(|| Box::new(event.clone()));
                    let library = passed.library(library_of(&event, &envelope));
                    let has_warning = event.context.contains_key("violations");
                    let applied = writer.apply(event, &mut ledger, origin);
                    if let Some(id) = origin.again {
                        change.let_in(id);
                    }
                    match applied {
                        Applied::Node(_) => passed.accept(library, has_warning),
                        Applied::Repeat => passed.repeated += 1,
                    }
                    if let Some(event) = copy {
                        watch(match applied {
                            Applied::Node(node) => Outcome::Accepted { event, node },
                            Applied::Repeat => Outcome::Repeated(event),
                        });
                    }
                }
                Err(rejection) => {
                    passed.refused += 1;
                    if is_live {
                        watch(Outcome::Rejected(Box::new(rejection.clone())));
                    }
                    change.refuse(&envelope, (position, index), is_read, origin, rejection);
                }
            }
        }
        count_record(&writer.handle.tallies, &envelope, &passed);
        Ok(())
    }

    /// Opens what a workspace needs; false if there is no such workspace any more.
    async fn has_writer(
        &mut self,
        workspace: WorkspaceId,
        position: Position,
    ) -> Result<bool, EngineError> {
        if self.writers.contains_key(&workspace) {
            return Ok(true);
        }
        match self.engine.inner.meta.workspace_get(workspace).await {
            Ok(_) => {
                self.open_writer(workspace).await?;
                Ok(true)
            }
            Err(MetaError::NotFound { .. }) => {
                tracing::warn!(
                    position = position.0,
                    "record of a deleted workspace skipped"
                );
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn flush_if_due(&mut self) -> Result<(), EngineError> {
        let config = &self.engine.inner.config;
        let rows: usize = self.writers.values().map(|it| it.lake.memory_rows()).sum();
        let is_old = self
            .oldest_unflushed
            .is_some_and(|it| self.engine.inner.clock.now().since(it) >= config.flush_ms);
        if rows >= config.flush_rows || is_old {
            self.flush().await
        } else {
            Ok(())
        }
    }

    /// Writes what is in memory and commits it with the position.
    async fn flush(&mut self) -> Result<(), EngineError> {
        self.oldest_unflushed = None;
        if self.position == self.committed {
            return Ok(());
        }
        let mut prepared: BTreeMap<WorkspaceId, Prepared> = BTreeMap::new();
        let mut files: BTreeMap<WorkspaceId, WorkspaceFiles> = BTreeMap::new();
        for (workspace, writer) in &mut self.writers {
            let (it, own) = writer.prepare(self.position)?;
            if own != WorkspaceFiles::default() {
                files.insert(*workspace, own);
            }
            prepared.insert(*workspace, it);
        }
        let commit = CheckpointCommit {
            expected_position: self.committed.0,
            new_position: self.position.0,
            workspaces: files,
        };
        self.engine.inner.meta.checkpoint_commit(&commit).await?;
        self.committed = self.position;
        for (workspace, it) in prepared {
            if let Some(writer) = self.writers.get_mut(&workspace) {
                writer.install(it);
                ledger_file::remove_replaced(&writer.folder, self.committed);
            }
        }
        self.release_log()?;
        self.compact().await
    }

    /// Lets go of log segments that are in files and whose records all arrived before the time that is kept.
    fn release_log(&self) -> Result<(), EngineError> {
        let inner = &self.engine.inner;
        let oldest_kept = inner.clock.now().plus_ms(-inner.config.log_ms);
        let mut free_to = None;
        while let Some(end) = inner
            .log
            .oldest_segment_end()
            .filter(|it| free_to < Some(*it))
        {
            // arrival is in the order of the log: what begins the next segment came after all of this one
            let next = inner.log.read(end, 1)?;
            let next = next.first().and_then(|it| Envelope::decode(&it.body).ok());
            let is_old = next.is_some_and(|it| it.received_at < oldest_kept);
            if end > self.committed || !is_old {
                break;
            }
            let bytes = inner.log.release_before(end)?;
            tracing::info!(before = end.0, bytes, "log released");
            free_to = Some(end);
        }
        Ok(())
    }

    /// Merges small files of events and of people; the position stays.
    async fn compact(&mut self) -> Result<(), EngineError> {
        let now = self.engine.inner.clock.now();
        for (workspace, writer) in &mut self.writers {
            writer.dedupe.prune(now);
            let mut own = WorkspaceFiles::default();
            let name = format!("c{:020}", self.committed.0);
            let merged = writer.lake.write_compaction(&name)?;
            if let Some(it) = &merged {
                own.segments_added
                    .push(segment_row(&it.added, self.committed));
                own.segments_removed = it.removed.clone();
            }
            let joined = writer.join_deltas()?;
            if let Some(it) = &joined {
                own.deltas_added.push(it.clone());
                own.deltas_removed = writer.deltas.iter().map(|it| it.seq).collect();
            }
            if own == WorkspaceFiles::default() {
                continue;
            }
            let commit = CheckpointCommit {
                expected_position: self.committed.0,
                new_position: self.committed.0,
                workspaces: BTreeMap::from([(*workspace, own)]),
            };
            self.engine.inner.meta.checkpoint_commit(&commit).await?;
            if let Some(it) = merged {
                writer.lake.install(it);
                let map = writer.handle.people.read().map();
                writer.handle.publish(writer.lake.view(), map);
            }
            if let Some(it) = joined {
                for old in writer.deltas.drain(..) {
                    // committed as replaced: what cannot be deleted now is only wasted space
                    let _ = std::fs::remove_file(writer.folder.join("people").join(old.file));
                }
                writer.next_delta = it.seq + 1;
                writer.deltas.push(it);
            }
        }
        Ok(())
    }
}

impl Writer {
    /// Whether an event counts already.
    fn has(&self, event: &Event, origin: Origin<'_>) -> bool {
        let id = event.insert_id.as_deref();
        id.is_some_and(|it| self.dedupe.has(it, origin.counted_at(event)))
    }

    fn apply(&mut self, event: Event, ledger: &mut Ledger, origin: Origin<'_>) -> Applied {
        if let Some(insert_id) = &event.insert_id
            && !self.dedupe.insert(insert_id, origin.counted_at(&event))
        {
            return Applied::Repeat;
        }
        ledger.take(&event, origin.dialect);
        let (resolved, warning) = self
            .handle
            .people
            .write()
            .apply_from(&event, origin.dialect);
        if let Some(warning) = warning {
            let (code, detail) = warning_of(warning);
            ledger.warn(code, &event, origin.dialect, || detail.to_owned());
        }
        if let Some(resolved) = resolved {
            let names = &mut self.column_names;
            self.rows
                .push(Row::new(event, resolved.node, resolved.device, names));
        }
        Applied::Node(resolved.map(|it| it.node))
    }

    fn prepare(&mut self, position: Position) -> Result<(Prepared, WorkspaceFiles), EngineError> {
        let mut files = WorkspaceFiles::default();
        if self.is_ledger_changed {
            let ledger = self.handle.ledger.lock().clone();
            ledger_file::write(&self.folder, position, &ledger)?;
            self.is_ledger_changed = false;
        }
        let flushed = self.lake.write_flush(&format!("f{:020}", position.0))?;
        if let Some(it) = &flushed {
            files.segments_added.push(segment_row(&it.added, position));
        }
        let people = self.handle.people.write().take_delta();
        let delta = DeltaFile {
            people,
            keys: self.dedupe.take_new(),
            clocks: self.clocks.take_changed(),
        };
        (files.imports, files.sources) = self.handle.tallies.take();
        let mut prepared = Prepared {
            flushed,
            delta: None,
        };
        if !delta.is_empty() {
            let file = format!("d{:020}.gyp", position.0);
            match delta.write(&self.folder.join("people").join(&file)) {
                Ok(bytes) => {
                    let row = PeopleDelta {
                        seq: self.next_delta,
                        file,
                        bytes,
                    };
                    files.deltas_added.push(row.clone());
                    prepared.delta = Some((row, delta));
                }
                Err(error) => {
                    self.handle.people.write().restore_delta(delta.people);
                    self.dedupe.restore(delta.keys);
                    self.clocks.restore_changed(&delta.clocks);
                    self.handle.tallies.restore();
                    return Err(error);
                }
            }
        }
        Ok((prepared, files))
    }

    fn install(&mut self, prepared: Prepared) {
        self.handle.tallies.committed();
        if let Some((row, _)) = prepared.delta {
            self.next_delta = row.seq + 1;
            self.deltas.push(row);
        }
        if let Some(flushed) = prepared.flushed {
            self.lake.install(flushed);
            let map = self.handle.people.read().map();
            self.handle.publish(self.lake.view(), map);
        }
    }

    /// Joins the people files into one, if there are many.
    fn join_deltas(&self) -> Result<Option<PeopleDelta>, EngineError> {
        if self.deltas.len() < DELTAS_MAX {
            return Ok(None);
        }
        let folder = self.folder.join("people");
        let mut joined = DeltaFile::default();
        for delta in &self.deltas {
            joined.extend(DeltaFile::read(&folder.join(&delta.file))?);
        }
        let file = format!("j{:020}.gyp", self.next_delta);
        let bytes = joined.write(&folder.join(&file))?;
        Ok(Some(PeopleDelta {
            seq: self.next_delta,
            file,
            bytes,
        }))
    }
}

/// Removes people files that no commit knows, left by a crash before it.
fn remove_orphans(folder: &Path, known: &[PeopleDelta]) -> Result<(), EngineError> {
    let io = |source| EngineError::PeopleFile {
        action: "remove an orphan beside",
        path: folder.display().to_string(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        if !known.iter().any(|it| *it.file == *entry.file_name()) {
            std::fs::remove_file(entry.path()).map_err(io)?;
        }
    }
    Ok(())
}

fn segment_file(row: &Segment) -> SegmentFile {
    SegmentFile {
        file: row.file.clone(),
        rows: row.rows,
        bytes: row.bytes,
        time_min: row.time_min.ms(),
        time_max: row.time_max.ms(),
    }
}

fn segment_row(file: &SegmentFile, position: Position) -> Segment {
    Segment {
        id: file.file.clone(),
        file: file.file.clone(),
        rows: file.rows,
        bytes: file.bytes,
        time_min: Timestamp(file.time_min),
        time_max: Timestamp(file.time_max),
        created_position: position.0,
    }
}
