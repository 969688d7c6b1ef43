//! Cohorts: saved audiences, with the members of the newest refresh and the sizes of the older ones.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gyre_base::{CohortId, Timestamp, UserId, WorkspaceId, limits};

use crate::error::MetaError;
use crate::record::{Fields, Number, Record, all, execute, one};
use crate::store::Meta;
use crate::text_enum::text_enum;

text_enum! {
    /// Whether the members follow the people.
    CohortKind {
        /// Evaluated again and again.
        Live = "live",
        /// Fixed when it was made.
        Static = "static",
    }
}

text_enum! {
    /// What the cohort was made from.
    CohortSource {
        /// An audience.
        Definition = "definition",
        /// A number of a chart.
        Cell = "cell",
    }
}

/// A cohort to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CohortNew {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Id.
    pub id: CohortId,
    /// Shown name.
    pub name: String,
    /// Whether it is evaluated again.
    pub kind: CohortKind,
    /// What it was made from.
    pub source: CohortSource,
    /// Audience or cell as JSON; `None` if only the members are kept.
    pub definition: Option<String>,
    /// Who made it; `None` if a key did.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
}

/// One cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Id.
    pub id: CohortId,
    /// Shown name.
    pub name: String,
    /// Whether it is evaluated again.
    pub kind: CohortKind,
    /// What it was made from.
    pub source: CohortSource,
    /// Audience or cell as JSON.
    pub definition: Option<String>,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its name last changed.
    pub updated_at: Timestamp,
    /// Grows with every change of the name.
    pub version: i64,
    /// Why the newest refresh failed; `None` if it did not.
    pub refresh_error: Option<String>,
    /// Instant of the newest good refresh.
    pub refreshed_at: Option<Timestamp>,
    /// Data version of the newest good refresh.
    pub refreshed_data_version: Option<u64>,
    /// Members as of the newest good refresh.
    pub size: Option<u64>,
}

/// Outcome of one refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CohortRefresh {
    /// Instant it was evaluated at.
    pub as_of: Timestamp,
    /// Data version it read.
    pub data_version: u64,
    /// (size, serialised bitmap), or why there is none.
    pub outcome: Result<(u64, Vec<u8>), String>,
}

/// Members as of the newest good refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CohortMembers {
    /// Instant they were evaluated at.
    pub as_of: Timestamp,
    /// Data version they were read from.
    pub data_version: u64,
    /// Serialised bitmap.
    pub members: Vec<u8>,
}

/// One point of a cohort's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CohortHistoryPoint {
    /// Instant.
    pub as_of: Timestamp,
    /// Members then; `None` if the refresh failed.
    pub size: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
}

impl Record for Cohort {
    const TABLE: &'static str = "cohorts";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            workspace: fields.parsed("workspace_id")?,
            id: fields.parsed("id")?,
            name: fields.text("name")?,
            kind: fields.parsed("kind")?,
            source: fields.parsed("source")?,
            definition: fields.text_or_null("definition")?,
            created_by: fields.parsed_or_null("created_by")?,
            created_at: fields.time("created_at")?,
            updated_at: fields.time("updated_at")?,
            version: fields.int("version")?,
            refresh_error: fields.text_or_null("refresh_error")?,
            refreshed_at: fields.time_or_null("refreshed_at")?,
            refreshed_data_version: fields.count_or_null("refreshed_data_version")?,
            size: fields.count_or_null("size")?,
        })
    }
}

impl Record for CohortMembers {
    const TABLE: &'static str = "cohort_refreshes";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            as_of: fields.time("as_of")?,
            data_version: fields.count("data_version")?,
            members: fields.with("members", |it| BASE64.decode(it).ok())?,
        })
    }
}

impl Record for CohortHistoryPoint {
    const TABLE: &'static str = "cohort_refreshes";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            as_of: fields.time("as_of")?,
            size: fields.count_or_null("size")?,
            error: fields.text_or_null("error")?,
        })
    }
}

const MISSING: MetaError = MetaError::NotFound { what: "cohort" };

impl Meta {
    /// Adds a cohort without members.
    pub async fn cohort_create(&self, cohort: &CohortNew) -> Result<Cohort, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("cohorts/insert.sql"))
            .bind(cohort.workspace.to_string())
            .bind(cohort.id.to_string())
            .bind(&cohort.name)
            .bind(cohort.kind.name())
            .bind(cohort.source.name())
            .bind(&cohort.definition)
            .bind(cohort.created_by.map(|it| it.to_string()))
            .bind(cohort.created_at.ms());
        let made = one(query, &mut *tx).await?;
        tx.commit().await?;
        made.ok_or(MISSING)
    }

    /// The cohort, or `NotFound` if it does not exist or was deleted.
    pub async fn cohort_get(
        &self,
        workspace: WorkspaceId,
        id: CohortId,
    ) -> Result<Cohort, MetaError> {
        let query = sqlx::query(include_str!("cohorts/get.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        one(query, &self.reads).await?.ok_or(MISSING)
    }

    /// Cohorts of a workspace that were not deleted, newest first.
    pub async fn cohorts_list(&self, workspace: WorkspaceId) -> Result<Vec<Cohort>, MetaError> {
        let query = sqlx::query(include_str!("cohorts/list.sql")).bind(workspace.to_string());
        all(query, &self.reads).await
    }

    /// Live cohorts of every workspace, the longest unrefreshed first: what the refresher goes through.
    pub async fn cohorts_live(&self) -> Result<Vec<Cohort>, MetaError> {
        all(sqlx::query(include_str!("cohorts/live.sql")), &self.reads).await
    }

    /// Changes the name.
    pub async fn cohort_rename(
        &self,
        workspace: WorkspaceId,
        id: CohortId,
        name: &str,
        now: Timestamp,
    ) -> Result<Cohort, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("cohorts/rename.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string())
            .bind(name)
            .bind(now.ms());
        let renamed = one(query, &mut *tx).await?;
        tx.commit().await?;
        renamed.ok_or(MISSING)
    }

    /// Deletes a cohort: it is not shown any more, and its row stays for what referred to it.
    pub async fn cohort_delete(
        &self,
        workspace: WorkspaceId,
        id: CohortId,
        now: Timestamp,
    ) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("cohorts/delete.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string())
            .bind(now.ms());
        let count = execute(query, &mut *tx).await?;
        tx.commit().await?;
        if count == 0 { Err(MISSING) } else { Ok(()) }
    }

    /// Records a refresh. Its members replace the older ones, of which the size is kept; a failed one keeps the
    /// members and sets the error.
    pub async fn cohort_refresh_put(
        &self,
        workspace: WorkspaceId,
        id: CohortId,
        refresh: &CohortRefresh,
    ) -> Result<Cohort, MetaError> {
        let (size, members, error) = match &refresh.outcome {
            Ok((size, members)) => (Some(*size as i64), Some(BASE64.encode(members)), None),
            Err(why) => (None, None, Some(why.as_str())),
        };
        let (workspace, id) = (workspace.to_string(), id.to_string());
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("cohorts/refreshed.sql"))
            .bind(&workspace)
            .bind(&id)
            .bind(error)
            .bind(size)
            .bind(refresh.as_of.ms())
            .bind(refresh.data_version as i64);
        let cohort = one::<Cohort>(query, &mut *tx).await?.ok_or(MISSING)?;
        let seq = sqlx::query(include_str!("cohorts/refresh_seq.sql"))
            .bind(&workspace)
            .bind(&id);
        let seq = one::<Number>(seq, &mut *tx).await?.ok_or(MISSING)?.0;
        if members.is_some() {
            let query = sqlx::query(include_str!("cohorts/members_forget.sql"))
                .bind(&workspace)
                .bind(&id);
            execute(query, &mut *tx).await?;
        }
        let query = sqlx::query(include_str!("cohorts/refresh_insert.sql"))
            .bind(&workspace)
            .bind(&id)
            .bind(seq)
            .bind(refresh.as_of.ms())
            .bind(refresh.data_version as i64)
            .bind(size)
            .bind(members)
            .bind(error);
        execute(query, &mut *tx).await?;
        let query = sqlx::query(include_str!("cohorts/refresh_trim.sql"))
            .bind(&workspace)
            .bind(&id)
            .bind(seq - limits::COHORT_HISTORY_MAX as i64);
        execute(query, &mut *tx).await?;
        tx.commit().await?;
        Ok(cohort)
    }

    /// Members as of the newest good refresh; `None` before the first.
    pub async fn cohort_members_get(
        &self,
        workspace: WorkspaceId,
        id: CohortId,
    ) -> Result<Option<CohortMembers>, MetaError> {
        let query = sqlx::query(include_str!("cohorts/members.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        one(query, &self.reads).await
    }

    /// The `n` newest refreshes, newest first.
    pub async fn cohort_history(
        &self,
        workspace: WorkspaceId,
        id: CohortId,
        n: u32,
    ) -> Result<Vec<CohortHistoryPoint>, MetaError> {
        let query = sqlx::query(include_str!("cohorts/history.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string())
            .bind(i64::from(n));
        all(query, &self.reads).await
    }
}
