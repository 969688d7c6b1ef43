//! API keys and write keys, kept as hashes.

use gyre_base::{KeyId, Timestamp, WorkspaceId};

use crate::error::MetaError;
use crate::record::{Fields, Record, all, execute, one};
use crate::store::{Meta, Tx};
use crate::text_enum::text_enum;

text_enum! {
    /// What a key opens.
    KeyKind {
        /// The console's API.
        Api = "api",
        /// The collect endpoints: events in, nothing out.
        Write = "write",
    }
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Id.
    pub id: KeyId,
    /// What it opens.
    pub kind: KeyKind,
    /// Shown name.
    pub name: String,
    /// Hash of the secret; unique in the instance.
    pub hash: String,
    /// First characters of the secret, to recognise it by.
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stopped working.
    pub revoked_at: Option<Timestamp>,
}

impl Record for Key {
    const TABLE: &'static str = "keys";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            workspace: fields.parsed("workspace_id")?,
            id: fields.parsed("id")?,
            kind: fields.parsed("kind")?,
            name: fields.text("name")?,
            hash: fields.text("hash")?,
            prefix: fields.text("prefix")?,
            created_at: fields.time("created_at")?,
            revoked_at: fields.time_or_null("revoked_at")?,
        })
    }
}

pub(crate) async fn insert_key(tx: &mut Tx, key: &Key) -> Result<(), MetaError> {
    let query = sqlx::query(include_str!("keys/insert.sql"))
        .bind(key.workspace.to_string())
        .bind(key.id.to_string())
        .bind(key.kind.name())
        .bind(&key.name)
        .bind(&key.hash)
        .bind(&key.prefix)
        .bind(key.created_at.ms())
        .bind(key.revoked_at.map(Timestamp::ms));
    execute(query, &mut **tx).await?;
    Ok(())
}

impl Meta {
    /// Adds a key; a secret in use is a conflict with `keys_hash_key`.
    pub async fn key_create(&self, key: &Key) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        insert_key(&mut tx, key).await?;
        Ok(tx.commit().await?)
    }

    /// The key with this hash, unless it was revoked.
    pub async fn key_by_hash(&self, hash: &str) -> Result<Option<Key>, MetaError> {
        let query = sqlx::query(include_str!("keys/by_hash.sql")).bind(hash);
        one(query, &self.reads).await
    }

    /// Keys of a workspace, revoked ones too, oldest first.
    pub async fn keys_list(&self, workspace: WorkspaceId) -> Result<Vec<Key>, MetaError> {
        let query = sqlx::query(include_str!("keys/list.sql")).bind(workspace.to_string());
        all(query, &self.reads).await
    }

    /// Stops a key from working; revoking it again keeps the first instant.
    pub async fn key_revoke(
        &self,
        workspace: WorkspaceId,
        id: KeyId,
        now: Timestamp,
    ) -> Result<Key, MetaError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query(include_str!("keys/revoke.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string())
            .bind(now.ms());
        let revoked = one(query, &mut *tx).await?;
        tx.commit().await?;
        revoked.ok_or(MetaError::NotFound { what: "key" })
    }
}
