//! Workspaces: the unit of isolation, with the settings that every chart and message reads.

use gyre_base::{Timestamp, WeekStart, WorkspaceId};

use crate::error::MetaError;
use crate::keys::{Key, insert_key};
use crate::record::{Fields, Record, all, execute, one};
use crate::store::{Meta, Tx};
use crate::users::{User, insert_user};

/// One workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Shown name.
    pub name: String,
    /// IANA name of the zone that days are cut by.
    pub timezone: String,
    /// First day of weeks.
    pub week_start: WeekStart,
    /// ISO 4217 code that revenue is shown in.
    pub currency: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Settings to change; `None` keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceChange {
    /// Shown name.
    pub name: Option<String>,
    /// IANA zone name.
    pub timezone: Option<String>,
    /// First day of weeks.
    pub week_start: Option<WeekStart>,
    /// ISO 4217 code.
    pub currency: Option<String>,
}

fn week_start_name(it: WeekStart) -> &'static str {
    match it {
        WeekStart::Monday => "monday",
        WeekStart::Sunday => "sunday",
    }
}

fn week_start_parse(name: &str) -> Option<WeekStart> {
    match name {
        "monday" => Some(WeekStart::Monday),
        "sunday" => Some(WeekStart::Sunday),
        _ => None,
    }
}

impl Record for Workspace {
    const TABLE: &'static str = "workspaces";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            id: fields.parsed("workspace_id")?,
            name: fields.text("name")?,
            timezone: fields.text("timezone")?,
            week_start: fields.with("week_start", week_start_parse)?,
            currency: fields.text("currency")?,
            created_at: fields.time("created_at")?,
        })
    }
}

async fn insert(tx: &mut Tx, workspace: &Workspace) -> Result<(), MetaError> {
    let query = sqlx::query(include_str!("workspaces/insert.sql"))
        .bind(workspace.id.to_string())
        .bind(&workspace.name)
        .bind(&workspace.timezone)
        .bind(week_start_name(workspace.week_start))
        .bind(&workspace.currency)
        .bind(workspace.created_at.ms());
    execute(query, &mut **tx).await?;
    Ok(())
}

impl Meta {
    /// Adds a workspace.
    pub async fn workspace_create(&self, workspace: &Workspace) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        insert(&mut tx, workspace).await?;
        Ok(tx.commit().await?)
    }

    /// Makes the first workspace with its first user and keys, all or nothing; false, with nothing written, if the
    /// instance has a workspace already.
    pub async fn workspace_bootstrap(
        &self,
        workspace: &Workspace,
        user: &User,
        keys: &[Key],
    ) -> Result<bool, MetaError> {
        let mut tx = self.begin().await?;
        let stored = sqlx::query(include_str!("workspaces/list.sql"));
        if !all::<Workspace>(stored, &mut *tx).await?.is_empty() {
            return Ok(false);
        }
        insert(&mut tx, workspace).await?;
        insert_user(&mut tx, user).await?;
        for key in keys {
            insert_key(&mut tx, key).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// The workspace, or `NotFound`.
    pub async fn workspace_get(&self, id: WorkspaceId) -> Result<Workspace, MetaError> {
        let query = sqlx::query(include_str!("workspaces/get.sql")).bind(id.to_string());
        let found = one(query, &self.reads).await?;
        found.ok_or(MetaError::NotFound { what: "workspace" })
    }

    /// Every workspace of the instance, oldest first.
    pub async fn workspaces_list(&self) -> Result<Vec<Workspace>, MetaError> {
        all(
            sqlx::query(include_str!("workspaces/list.sql")),
            &self.reads,
        )
        .await
    }

    /// Changes settings and returns the workspace as it is now.
    pub async fn workspace_update(
        &self,
        id: WorkspaceId,
        change: &WorkspaceChange,
    ) -> Result<Workspace, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("workspaces/update.sql"))
            .bind(id.to_string())
            .bind(&change.name)
            .bind(&change.timezone)
            .bind(change.week_start.map(week_start_name))
            .bind(&change.currency);
        let changed = one(query, &mut *tx).await?;
        tx.commit().await?;
        changed.ok_or(MetaError::NotFound { what: "workspace" })
    }
}
