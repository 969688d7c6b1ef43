//! The catalogue's own words about events and properties, and when they were blocked.

use gyre_base::{Timestamp, WorkspaceId};

use crate::error::MetaError;
use crate::record::{Fields, Record, all, execute};
use crate::statement::{ROWS_PER_STATEMENT, with_rows};
use crate::store::Meta;

/// What people wrote about an event (`property` is empty) or a property (of all events if `event` is empty).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogEntry {
    /// Name of the event, verbatim.
    pub event: String,
    /// Name of the property, verbatim.
    pub property: String,
    /// Name shown instead.
    pub display_name: Option<String>,
    /// What it means.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Labels, none with a line break.
    pub tags: Vec<String>,
    /// Whether lists leave it out.
    pub is_hidden: bool,
    /// Whether it is kept out.
    pub is_blocked: bool,
    /// Name that counts it as its own.
    pub merge_into: Option<String>,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A time in which something is kept out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogBlock {
    /// Name of the event; empty for a property of all events.
    pub event: String,
    /// Name of the property; empty for the event itself.
    pub property: String,
    /// From this arrival on.
    pub from: Timestamp,
    /// Up to this arrival, not included; still if `None`.
    pub until: Option<Timestamp>,
}

/// Changes made together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogChange {
    /// Entries as they are afterwards.
    pub entries: Vec<CatalogEntry>,
    /// (event, property) that are kept out from `at` on.
    pub blocks_begun: Vec<(String, String)>,
    /// (event, property) that are let in again from `at` on.
    pub blocks_ended: Vec<(String, String)>,
}

impl Record for CatalogEntry {
    const TABLE: &'static str = "catalog_entries";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            event: fields.text("event")?,
            property: fields.text("property")?,
            display_name: fields.text_or_null("display_name")?,
            description: fields.text_or_null("description")?,
            owner: fields.text_or_null("owner")?,
            tags: fields.text("tags")?.lines().map(str::to_owned).collect(),
            is_hidden: fields.flag("hidden")?,
            is_blocked: fields.flag("blocked")?,
            merge_into: fields.text_or_null("merge_into")?,
            updated_at: fields.time("updated_at")?,
        })
    }
}

impl Record for CatalogBlock {
    const TABLE: &'static str = "catalog_blocks";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            event: fields.text("event")?,
            property: fields.text("property")?,
            from: fields.time("from_at")?,
            until: fields.time_or_null("until_at")?,
        })
    }
}

impl Meta {
    /// Every entry of the workspace.
    pub async fn catalog_entries(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<CatalogEntry>, MetaError> {
        let query = sqlx::query(include_str!("catalog/entries.sql")).bind(workspace.to_string());
        all(query, &self.reads).await
    }

    /// Blocks that hold at some instant after `since`.
    pub async fn catalog_blocks(
        &self,
        workspace: WorkspaceId,
        since: Timestamp,
    ) -> Result<Vec<CatalogBlock>, MetaError> {
        let query = sqlx::query(include_str!("catalog/blocks.sql"))
            .bind(workspace.to_string())
            .bind(since.ms());
        all(query, &self.reads).await
    }

    /// Writes entries, and what they block from `at` on, together.
    pub async fn catalog_put(
        &self,
        workspace: WorkspaceId,
        change: &CatalogChange,
        at: Timestamp,
    ) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        for chunk in change.entries.chunks(ROWS_PER_STATEMENT) {
            let text = with_rows(include_str!("catalog/put.sql"), chunk.len(), 11, 1);
            let mut query = sqlx::query(text).persistent(false);
            for it in chunk {
                query = query
                    .bind(workspace.to_string())
                    .bind(&it.event)
                    .bind(&it.property)
                    .bind(&it.display_name)
                    .bind(&it.description)
                    .bind(&it.owner)
                    .bind(it.tags.join("\n"))
                    .bind(i64::from(it.is_hidden))
                    .bind(i64::from(it.is_blocked))
                    .bind(&it.merge_into)
                    .bind(it.updated_at.ms());
            }
            execute(query, &mut *tx).await?;
        }
        let begun = change.blocks_begun.iter();
        let begun = begun.map(|it| (include_str!("catalog/block_begin.sql"), it));
        let ended = change.blocks_ended.iter();
        let ended = ended.map(|it| (include_str!("catalog/block_end.sql"), it));
        for (text, (event, property)) in begun.chain(ended) {
            let query = sqlx::query(text)
                .bind(workspace.to_string())
                .bind(event)
                .bind(property)
                .bind(at.ms());
            execute(query, &mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }
}
