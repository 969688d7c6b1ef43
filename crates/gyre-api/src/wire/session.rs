//! Signing in and who is signed in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::workspace::Workspace;

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionCreate {
    /// Address.
    pub email: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for SessionCreate {
    /// Says nothing: a password may not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionCreate").finish_non_exhaustive()
    }
}

/// Who is signed in, where, and what this server offers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Session {
    /// Who; null when an API key is used.
    #[schema(required)]
    pub user: Option<User>,
    /// Where.
    pub workspace: Workspace,
    /// Token that every changing request repeats in `X-CSRF-Token`; empty when an API key is used.
    pub csrf: String,
    /// What this server offers.
    pub features: Features,
    /// Url that links in messages begin with.
    pub public_url: String,
    /// Version of the server.
    pub version: String,
}

/// A person who signs in to the console.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct User {
    /// Id.
    pub id: String,
    /// Address.
    pub email: String,
    /// Shown name.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// What a user may do.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Reads and writes, but no keys and no settings.
    Editor,
    /// Reads.
    Viewer,
}

/// What this server offers.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Features {
    /// Mail ends in a mailbox of this server, shown in the console.
    pub inbox: bool,
    /// This is the demo.
    pub demo: bool,
}

impl From<gyre_meta::User> for User {
    fn from(it: gyre_meta::User) -> Self {
        Self {
            id: it.id.to_string(),
            email: it.email,
            name: it.name,
            role: it.role.into(),
        }
    }
}

impl From<gyre_meta::Role> for Role {
    fn from(it: gyre_meta::Role) -> Self {
        match it {
            gyre_meta::Role::Admin => Self::Admin,
            gyre_meta::Role::Editor => Self::Editor,
            gyre_meta::Role::Viewer => Self::Viewer,
        }
    }
}
