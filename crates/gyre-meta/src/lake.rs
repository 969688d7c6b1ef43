//! The lake's manifest: which files are the events and people, and which log position they stand for.

use std::collections::BTreeMap;

use gyre_base::{ImportId, Timestamp, WorkspaceId};

use crate::error::MetaError;
use crate::imports::{ImportTally, put_tallies};
use crate::record::{Fields, Record, all, execute, one};
use crate::sources::{SourceSlot, add_slots};
use crate::statement::{ROWS_PER_STATEMENT, with_items, with_rows};
use crate::store::{Meta, Tx};

/// One immutable file of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Id, unique in the workspace.
    pub id: String,
    /// Path below the lake's folder.
    pub file: String,
    /// Events in it.
    pub rows: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Earliest event.
    pub time_min: Timestamp,
    /// Latest event.
    pub time_max: Timestamp,
    /// Log position it was written at.
    pub created_position: u64,
}

/// One file of changes to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleDelta {
    /// Order in the workspace.
    pub seq: u64,
    /// Path below the lake's folder.
    pub file: String,
    /// Size of the file.
    pub bytes: u64,
}

/// What everything in the lake stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Records before this log position are in the files.
    pub log_position: u64,
    /// Grows with every commit.
    pub version: u64,
}

/// Files of one workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LakeFiles {
    /// Events, by earliest event.
    pub segments: Vec<Segment>,
    /// People, in order.
    pub deltas: Vec<PeopleDelta>,
}

/// What a commit does to one workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceFiles {
    /// New segments.
    pub segments_added: Vec<Segment>,
    /// Ids of segments that are replaced.
    pub segments_removed: Vec<String>,
    /// New deltas.
    pub deltas_added: Vec<PeopleDelta>,
    /// Numbers of deltas that are replaced.
    pub deltas_removed: Vec<u64>,
    /// What became of imports whose rows came since the last commit.
    pub imports: Vec<(ImportId, ImportTally)>,
    /// What came through sources and keys since the last commit.
    pub sources: Vec<SourceSlot>,
}

/// One atomic change of the lake. A compaction keeps the position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointCommit {
    /// Position the caller built upon; anything else stored is a conflict with `lake_checkpoint_position`.
    pub expected_position: u64,
    /// Position the lake stands for afterwards.
    pub new_position: u64,
    /// Changes by workspace.
    pub workspaces: BTreeMap<WorkspaceId, WorkspaceFiles>,
}

impl Record for Segment {
    const TABLE: &'static str = "segments";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            id: fields.text("id")?,
            file: fields.text("file")?,
            rows: fields.count("row_count")?,
            bytes: fields.count("byte_count")?,
            time_min: fields.time("time_min")?,
            time_max: fields.time("time_max")?,
            created_position: fields.count("created_position")?,
        })
    }
}

impl Record for PeopleDelta {
    const TABLE: &'static str = "people_deltas";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            seq: fields.count("seq")?,
            file: fields.text("file")?,
            bytes: fields.count("byte_count")?,
        })
    }
}

impl Record for Checkpoint {
    const TABLE: &'static str = "lake_checkpoint";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            log_position: fields.count("log_position")?,
            version: fields.count("version")?,
        })
    }
}

impl Meta {
    /// The position the lake stands for.
    pub async fn checkpoint_get(&self) -> Result<Checkpoint, MetaError> {
        let query = sqlx::query(include_str!("lake/checkpoint_get.sql"));
        let found = one(query, &self.reads).await?;
        found.ok_or(MetaError::Corrupt {
            table: "lake_checkpoint",
            column: "id",
        })
    }

    /// Files of one workspace as of the last commit.
    pub async fn lake_load(&self, workspace: WorkspaceId) -> Result<LakeFiles, MetaError> {
        let segments =
            sqlx::query(include_str!("lake/segments_list.sql")).bind(workspace.to_string());
        let deltas = sqlx::query(include_str!("lake/deltas_list.sql")).bind(workspace.to_string());
        let mut tx = self.reads.begin().await?; // both lists from one commit
        let files = LakeFiles {
            segments: all(segments, &mut *tx).await?,
            deltas: all(deltas, &mut *tx).await?,
        };
        tx.commit().await?;
        Ok(files)
    }

    /// Changes files and position together; a conflict with `lake_checkpoint_position`, and nothing changed, if
    /// the position stored is not the one expected.
    pub async fn checkpoint_commit(
        &self,
        commit: &CheckpointCommit,
    ) -> Result<Checkpoint, MetaError> {
        assert!(
            commit.new_position >= commit.expected_position,
            "the lake never goes back in the log"
        );
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("lake/checkpoint_move.sql"))
            .bind(commit.expected_position as i64)
            .bind(commit.new_position as i64);
        let moved = one::<Checkpoint>(query, &mut *tx).await?;
        let Some(checkpoint) = moved else {
            return Err(MetaError::conflict("lake_checkpoint_position"));
        };
        for (workspace, files) in &commit.workspaces {
            let workspace = workspace.to_string();
            segments_add(&mut tx, &workspace, &files.segments_added).await?;
            deltas_add(&mut tx, &workspace, &files.deltas_added).await?;
            segments_remove(&mut tx, &workspace, &files.segments_removed).await?;
            deltas_remove(&mut tx, &workspace, &files.deltas_removed).await?;
            put_tallies(&mut tx, &workspace, &files.imports).await?;
            add_slots(&mut tx, &workspace, &files.sources).await?;
        }
        tx.commit().await?;
        Ok(checkpoint)
    }
}

async fn segments_add(tx: &mut Tx, workspace: &str, added: &[Segment]) -> Result<(), MetaError> {
    for chunk in added.chunks(ROWS_PER_STATEMENT) {
        let text = with_rows(include_str!("lake/segments_insert.sql"), chunk.len(), 8, 1);
        let mut query = sqlx::query(text).persistent(false);
        for segment in chunk {
            query = query
                .bind(workspace.to_owned())
                .bind(&segment.id)
                .bind(&segment.file)
                .bind(segment.rows as i64)
                .bind(segment.bytes as i64)
                .bind(segment.time_min.ms())
                .bind(segment.time_max.ms())
                .bind(segment.created_position as i64);
        }
        execute(query, &mut **tx).await?;
    }
    Ok(())
}

async fn deltas_add(tx: &mut Tx, workspace: &str, added: &[PeopleDelta]) -> Result<(), MetaError> {
    for chunk in added.chunks(ROWS_PER_STATEMENT) {
        let text = with_rows(include_str!("lake/deltas_insert.sql"), chunk.len(), 4, 1);
        let mut query = sqlx::query(text).persistent(false);
        for delta in chunk {
            query = query
                .bind(workspace.to_owned())
                .bind(delta.seq as i64)
                .bind(&delta.file)
                .bind(delta.bytes as i64);
        }
        execute(query, &mut **tx).await?;
    }
    Ok(())
}

/// A file that is not there was removed by somebody else: the caller's picture is wrong.
fn all_removed(removed: u64, asked: usize) -> Result<(), MetaError> {
    if removed == asked as u64 {
        return Ok(());
    }
    Err(MetaError::conflict("lake_files"))
}

async fn segments_remove(tx: &mut Tx, workspace: &str, ids: &[String]) -> Result<(), MetaError> {
    for chunk in ids.chunks(ROWS_PER_STATEMENT) {
        let text = with_items(include_str!("lake/segments_delete.sql"), chunk.len(), 2);
        let mut query = sqlx::query(text)
            .persistent(false)
            .bind(workspace.to_owned());
        for id in chunk {
            query = query.bind(id);
        }
        all_removed(execute(query, &mut **tx).await?, chunk.len())?;
    }
    Ok(())
}

async fn deltas_remove(tx: &mut Tx, workspace: &str, seqs: &[u64]) -> Result<(), MetaError> {
    for chunk in seqs.chunks(ROWS_PER_STATEMENT) {
        let text = with_items(include_str!("lake/deltas_delete.sql"), chunk.len(), 2);
        let mut query = sqlx::query(text)
            .persistent(false)
            .bind(workspace.to_owned());
        for seq in chunk {
            query = query.bind(*seq as i64);
        }
        all_removed(execute(query, &mut **tx).await?, chunk.len())?;
    }
    Ok(())
}
