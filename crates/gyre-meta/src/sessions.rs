//! Console sessions, found by the hash of their token.

use gyre_base::{Timestamp, UserId, WorkspaceId};

use crate::error::MetaError;
use crate::record::{Fields, Record, execute, one};
use crate::store::Meta;

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Hash of the token in the cookie.
    pub token_hash: String,
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Who signed in.
    pub user: UserId,
    /// Token that writing requests must repeat in a header.
    pub csrf: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends unless it is used before.
    pub expires_at: Timestamp,
}

impl Record for Session {
    const TABLE: &'static str = "sessions";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            token_hash: fields.text("token_hash")?,
            workspace: fields.parsed("workspace_id")?,
            user: fields.parsed("user_id")?,
            csrf: fields.text("csrf")?,
            created_at: fields.time("created_at")?,
            expires_at: fields.time("expires_at")?,
        })
    }
}

impl Meta {
    /// Begins a session.
    pub async fn session_create(&self, session: &Session) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("sessions/insert.sql"))
            .bind(&session.token_hash)
            .bind(session.workspace.to_string())
            .bind(session.user.to_string())
            .bind(&session.csrf)
            .bind(session.created_at.ms())
            .bind(session.expires_at.ms());
        execute(query, &mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// The session of this token, unless it has ended by `now`.
    pub async fn session_get(
        &self,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Session>, MetaError> {
        let query = sqlx::query(include_str!("sessions/get.sql"))
            .bind(token_hash)
            .bind(now.ms());
        one(query, &self.reads).await
    }

    /// Moves the end of a session; one that does not exist any more is left alone.
    pub async fn session_extend(
        &self,
        token_hash: &str,
        expires_at: Timestamp,
    ) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("sessions/extend.sql"))
            .bind(token_hash)
            .bind(expires_at.ms());
        execute(query, &mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Ends a session; one that does not exist is ended already.
    pub async fn session_delete(&self, token_hash: &str) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("sessions/delete.sql")).bind(token_hash);
        execute(query, &mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Removes sessions that have ended by `now` and returns how many.
    pub async fn sessions_delete_expired(&self, now: Timestamp) -> Result<u64, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("sessions/delete_expired.sql")).bind(now.ms());
        let count = execute(query, &mut *tx).await?;
        tx.commit().await?;
        Ok(count)
    }
}
