//! Sources: webhooks and postbacks with their maps, and what came through every source and write key.

use gyre_base::{SourceId, Timestamp, WorkspaceId};

use crate::error::MetaError;
use crate::record::{Fields, Record, all, execute, one};
use crate::statement::{ROWS_PER_STATEMENT, with_rows};
use crate::store::{Meta, Tx};
use crate::text_enum::text_enum;

text_enum! {
    /// How a source's payloads come.
    SourceKind {
        /// Bodies of JSON.
        Webhook = "webhook",
        /// Queries, forms or bodies of JSON.
        Postback = "postback",
    }
}

/// One source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Id.
    pub id: SourceId,
    /// Shown name.
    pub name: String,
    /// How its payloads come.
    pub kind: SourceKind,
    /// The preset it was made from.
    pub preset: String,
    /// Hash of the secret in its address; unique in the instance.
    pub hash: String,
    /// First characters of the secret, to recognise it by.
    pub prefix: String,
    /// Version of the map.
    pub map_version: u64,
    /// The map, as JSON.
    pub map: String,
    /// The sealed secret that payloads are signed with.
    pub sealed: Option<String>,
    /// Whether payloads are taken.
    pub is_enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One version of a source's map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceMap {
    /// Source.
    pub source: SourceId,
    /// From 1.
    pub version: u64,
    /// The map, as JSON.
    pub body: String,
}

/// What came through one source or write key in ten minutes, in one dialect from one library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceSlot {
    /// Id of the source or key.
    pub source: String,
    /// Ten minutes since 1970, counted.
    pub slot: i64,
    /// Dialect.
    pub dialect: String,
    /// Library, as events name it; empty if they name none.
    pub library: String,
    /// Events that count.
    pub events: u64,
    /// Events that were put into quarantine.
    pub quarantined: u64,
    /// Events that were taken with a warning.
    pub warnings: u64,
    /// Requests that were not taken.
    pub rejected: u64,
    /// When the last came.
    pub last_at: Timestamp,
}

impl Record for Source {
    const TABLE: &'static str = "sources";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            workspace: fields.parsed("workspace_id")?,
            id: fields.parsed("id")?,
            name: fields.text("name")?,
            kind: fields.parsed("kind")?,
            preset: fields.text("preset")?,
            hash: fields.text("hash")?,
            prefix: fields.text("prefix")?,
            map_version: fields.count("map_version")?,
            map: fields.text("map")?,
            sealed: fields.text_or_null("sealed")?,
            is_enabled: fields.flag("is_enabled")?,
            created_at: fields.time("created_at")?,
        })
    }
}

impl Record for SourceMap {
    const TABLE: &'static str = "source_maps";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            source: fields.parsed("source_id")?,
            version: fields.count("version")?,
            body: fields.text("body")?,
        })
    }
}

impl Record for SourceSlot {
    const TABLE: &'static str = "source_slots";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            source: fields.text("source_id")?,
            slot: fields.int("slot")?,
            dialect: fields.text("dialect")?,
            library: fields.text("library")?,
            events: fields.count("events")?,
            quarantined: fields.count("quarantined")?,
            warnings: fields.count("warnings")?,
            rejected: fields.count("rejected")?,
            last_at: fields.time("last_at")?,
        })
    }
}

/// Adds counts to what is there.
pub(crate) async fn add_slots(
    tx: &mut Tx,
    workspace: &str,
    slots: &[SourceSlot],
) -> Result<(), MetaError> {
    for chunk in slots.chunks(ROWS_PER_STATEMENT) {
        let text = with_rows(include_str!("sources/slots_add.sql"), chunk.len(), 10, 1);
        let mut query = sqlx::query(text).persistent(false);
        for it in chunk {
            query = query
                .bind(workspace.to_owned())
                .bind(&it.source)
                .bind(it.slot)
                .bind(&it.dialect)
                .bind(&it.library)
                .bind(it.events as i64)
                .bind(it.quarantined as i64)
                .bind(it.warnings as i64)
                .bind(it.rejected as i64)
                .bind(it.last_at.ms());
        }
        execute(query, &mut **tx).await?;
    }
    Ok(())
}

async fn insert_map(tx: &mut Tx, source: &Source, now: Timestamp) -> Result<(), MetaError> {
    let query = sqlx::query(include_str!("sources/map_insert.sql"))
        .bind(source.workspace.to_string())
        .bind(source.id.to_string())
        .bind(source.map_version as i64)
        .bind(&source.map)
        .bind(now.ms());
    execute(query, &mut **tx).await?;
    Ok(())
}

impl Meta {
    /// Adds a source and the first version of its map.
    pub async fn source_create(&self, source: &Source) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("sources/insert.sql"))
            .bind(source.workspace.to_string())
            .bind(source.id.to_string())
            .bind(&source.name)
            .bind(source.kind.name())
            .bind(&source.preset)
            .bind(&source.hash)
            .bind(&source.prefix)
            .bind(source.map_version as i64)
            .bind(&source.map)
            .bind(source.sealed.as_deref())
            .bind(i64::from(source.is_enabled))
            .bind(source.created_at.ms());
        execute(query, &mut *tx).await?;
        insert_map(&mut tx, source, source.created_at).await?;
        Ok(tx.commit().await?)
    }

    /// Sources of a workspace, oldest first.
    pub async fn sources_list(&self, workspace: WorkspaceId) -> Result<Vec<Source>, MetaError> {
        let query = sqlx::query(include_str!("sources/list.sql")).bind(workspace.to_string());
        all(query, &self.reads).await
    }

    /// A source.
    pub async fn source_get(
        &self,
        workspace: WorkspaceId,
        id: SourceId,
    ) -> Result<Option<Source>, MetaError> {
        let query = sqlx::query(include_str!("sources/get.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        one(query, &self.reads).await
    }

    /// The source whose secret has this hash.
    pub async fn source_by_hash(&self, hash: &str) -> Result<Option<Source>, MetaError> {
        let query = sqlx::query(include_str!("sources/by_hash.sql")).bind(hash.to_owned());
        one(query, &self.reads).await
    }

    /// Writes name, map, signing secret and whether it is enabled; `has_new_map` if the map's version is a new one.
    pub async fn source_update(
        &self,
        source: &Source,
        has_new_map: bool,
        now: Timestamp,
    ) -> Result<Source, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("sources/update.sql"))
            .bind(source.workspace.to_string())
            .bind(source.id.to_string())
            .bind(&source.name)
            .bind(i64::from(source.is_enabled))
            .bind(source.map_version as i64)
            .bind(&source.map)
            .bind(source.sealed.as_deref());
        let changed = one(query, &mut *tx).await?;
        if has_new_map {
            insert_map(&mut tx, source, now).await?;
        }
        tx.commit().await?;
        changed.ok_or(MetaError::NotFound { what: "source" })
    }

    /// Forgets a source; its maps stay, because what came through it is read by them.
    pub async fn source_delete(
        &self,
        workspace: WorkspaceId,
        id: SourceId,
    ) -> Result<bool, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("sources/delete.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        let count = execute(query, &mut *tx).await?;
        tx.commit().await?;
        Ok(count == 1)
    }

    /// Every version of every map of every workspace.
    pub async fn source_maps(&self) -> Result<Vec<SourceMap>, MetaError> {
        let query = sqlx::query(include_str!("sources/maps_all.sql"));
        all(query, &self.reads).await
    }

    /// What came since an slot, as of the last commit.
    pub async fn source_slots_since(
        &self,
        workspace: WorkspaceId,
        slot: i64,
    ) -> Result<Vec<SourceSlot>, MetaError> {
        let query = sqlx::query(include_str!("sources/slots_since.sql"))
            .bind(workspace.to_string())
            .bind(slot);
        all(query, &self.reads).await
    }

    /// Adds counts that are not of the log (requests that were not taken), and forgets those before `oldest`.
    pub async fn source_slots_add(
        &self,
        workspace: WorkspaceId,
        slots: &[SourceSlot],
        oldest: i64,
    ) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        add_slots(&mut tx, &workspace.to_string(), slots).await?;
        let trim = sqlx::query(include_str!("sources/slots_trim.sql"))
            .bind(workspace.to_string())
            .bind(oldest);
        execute(trim, &mut *tx).await?;
        Ok(tx.commit().await?)
    }
}
