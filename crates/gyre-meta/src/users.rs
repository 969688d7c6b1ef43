//! People who sign in to the console.

use gyre_base::{Timestamp, UserId, WorkspaceId};

use crate::error::MetaError;
use crate::record::{Fields, Record, all, execute, one};
use crate::store::{Meta, Tx};
use crate::text_enum::text_enum;

text_enum! {
    /// What a user may do.
    Role {
        /// Everything.
        Admin = "admin",
        /// Reads and writes, but no keys and no settings.
        Editor = "editor",
        /// Reads.
        Viewer = "viewer",
    }
}

/// One user. `Debug` is safe to log only because the password is a hash; do not log it anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Id.
    pub id: UserId,
    /// Address, stored in lower case; unique in the instance.
    pub email: String,
    /// Shown name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// PHC string of the password.
    pub password_hash: String,
    /// When they were added.
    pub created_at: Timestamp,
}

impl Record for User {
    const TABLE: &'static str = "users";

    fn read(fields: &Fields<'_>) -> Result<Self, MetaError> {
        Ok(Self {
            workspace: fields.parsed("workspace_id")?,
            id: fields.parsed("id")?,
            email: fields.text("email")?,
            name: fields.text("name")?,
            role: fields.parsed("role")?,
            password_hash: fields.text("password_hash")?,
            created_at: fields.time("created_at")?,
        })
    }
}

pub(crate) async fn insert_user(tx: &mut Tx, user: &User) -> Result<(), MetaError> {
    let query = sqlx::query(include_str!("users/insert.sql"))
        .bind(user.workspace.to_string())
        .bind(user.id.to_string())
        .bind(user.email.to_lowercase())
        .bind(&user.name)
        .bind(user.role.name())
        .bind(&user.password_hash)
        .bind(user.created_at.ms());
    execute(query, &mut **tx).await?;
    Ok(())
}

impl Meta {
    /// Adds a user; an address in use is a conflict with `users_email_key`.
    pub async fn user_create(&self, user: &User) -> Result<(), MetaError> {
        let mut tx = self.begin().await?;
        insert_user(&mut tx, user).await?;
        Ok(tx.commit().await?)
    }

    /// The user with this address in any spelling, in whichever workspace.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>, MetaError> {
        let query = sqlx::query(include_str!("users/by_email.sql")).bind(email.to_lowercase());
        one(query, &self.reads).await
    }

    /// The user, or `NotFound`.
    pub async fn user_get(&self, workspace: WorkspaceId, id: UserId) -> Result<User, MetaError> {
        let query = sqlx::query(include_str!("users/get.sql"))
            .bind(workspace.to_string())
            .bind(id.to_string());
        let found = one(query, &self.reads).await?;
        found.ok_or(MetaError::NotFound { what: "user" })
    }

    /// Users of a workspace, oldest first.
    pub async fn users_list(&self, workspace: WorkspaceId) -> Result<Vec<User>, MetaError> {
        let query = sqlx::query(include_str!("users/list.sql")).bind(workspace.to_string());
        all(query, &self.reads).await
    }
}
