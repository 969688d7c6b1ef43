//! API keys and write keys.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::instant::Instant;

/// What a key opens.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// This API.
    Api,
    /// The collect endpoints: events in, nothing out.
    Write,
}

/// A key without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApiKey {
    /// Id.
    pub id: String,
    /// What it opens.
    pub kind: KeyKind,
    /// Shown name.
    pub name: String,
    /// First characters of the secret.
    pub prefix: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it stopped working.
    #[schema(required)]
    pub revoked_at: Option<Instant>,
}

/// Every key of the workspace.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyList {
    /// Oldest first.
    pub keys: Vec<ApiKey>,
}

/// A key to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyCreate {
    /// What it opens.
    pub kind: KeyKind,
    /// Shown name, 1 to 200 characters.
    pub name: String,
}

/// A key just made; the only time its secret is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CreatedKey {
    /// The key.
    #[serde(flatten)]
    pub key: ApiKey,
    /// The secret.
    pub secret: String,
}

impl From<gyre_meta::Key> for ApiKey {
    fn from(it: gyre_meta::Key) -> Self {
        Self {
            id: it.id.to_string(),
            kind: match it.kind {
                gyre_meta::KeyKind::Api => KeyKind::Api,
                gyre_meta::KeyKind::Write => KeyKind::Write,
            },
            name: it.name,
            prefix: it.prefix,
            created_at: it.created_at.into(),
            revoked_at: it.revoked_at.map(Into::into),
        }
    }
}

impl From<KeyKind> for gyre_meta::KeyKind {
    fn from(it: KeyKind) -> Self {
        match it {
            KeyKind::Api => Self::Api,
            KeyKind::Write => Self::Write,
        }
    }
}
