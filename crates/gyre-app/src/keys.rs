//! Keys: made, listed, revoked; and the directory that the collector asks.

use async_trait::async_trait;
use gyre_base::{KeyId, Secret, WorkspaceId};
use gyre_collect::{KeyDirectory, KeyDirectoryError, KeyOwner};
use gyre_meta::{Key, KeyKind, Meta};
use gyre_model::FieldError;

use crate::access::CanAdmin;
use crate::auth::{hash_of_token, random_key};
use crate::channels::Sealer;
use crate::{App, AppError, CanRead};

/// Most living keys of a workspace.
pub const KEYS_MAX: usize = 1_000;
/// Letters of a secret that are shown later.
const PREFIX_LETTERS: usize = 4;

/// The beginning of a secret, to recognise it by: `gyre_api_aB3x`; nothing of a short one.
pub(crate) fn shown_prefix(secret: &str) -> String {
    let random = secret.rfind('_').map_or(0, |it| it + 1);
    let letters = secret.chars().count();
    if letters < 4 * PREFIX_LETTERS {
        return String::new();
    }
    let shown = secret[..random].chars().count() + PREFIX_LETTERS;
    secret.chars().take(shown.min(letters / 2)).collect()
}

/// The row of a key with this secret.
pub(crate) fn key_row(
    workspace: WorkspaceId,
    kind: KeyKind,
    name: &str,
    secret: &Secret,
    now: gyre_base::Timestamp,
) -> Key {
    Key {
        workspace,
        id: KeyId::random(),
        kind,
        name: name.to_owned(),
        hash: hash_of_token(secret.reveal()),
        prefix: shown_prefix(secret.reveal()),
        created_at: now,
        revoked_at: None,
    }
}

impl App {
    /// Keys of the workspace, revoked ones too, oldest first.
    pub async fn keys_list(&self, access: &CanRead) -> Result<Vec<Key>, AppError> {
        Ok(self.meta.keys_list(access.workspace()).await?)
    }

    /// Makes a key. The secret is returned this once.
    pub async fn key_create(
        &self,
        access: &CanAdmin,
        kind: KeyKind,
        name: &str,
    ) -> Result<(Key, Secret), AppError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 200 {
            return Err(FieldError::new("/name", "expected a name of 1 to 200 characters").into());
        }
        let keys = self.meta.keys_list(access.workspace()).await?;
        if keys.iter().filter(|it| it.revoked_at.is_none()).count() >= KEYS_MAX {
            return Err(AppError::Conflict {
                code: "too-many-keys",
                detail: format!("the workspace has {KEYS_MAX} keys; revoke one first"),
            });
        }
        let secret = random_key(kind)?;
        let key = key_row(access.workspace(), kind, name, &secret, self.clock.now());
        self.meta.key_create(&key).await?;
        Ok((key, secret))
    }

    /// Stops a key from working. A write key may work for five more minutes where it was used just now.
    pub async fn key_revoke(&self, access: &CanAdmin, id: &str) -> Result<Key, AppError> {
        let missing = || AppError::not_found("key", id);
        let key: KeyId = id.parse().map_err(|_| missing())?;
        let now = self.clock.now();
        match self.meta.key_revoke(access.workspace(), key, now).await {
            Err(gyre_meta::MetaError::NotFound { .. }) => Err(missing()),
            other => Ok(other?),
        }
    }
}

/// Write keys as the collector looks them up.
#[derive(Clone, Debug)]
pub struct WriteKeys {
    meta: Meta,
    sealer: Option<Sealer>,
}

impl WriteKeys {
    /// Write keys and sources of this store.
    pub fn new(meta: Meta) -> Self {
        Self { meta, sealer: None }
    }

    /// The same, with the secret that signing secrets of sources are sealed with; without it signed sources take nothing.
    #[must_use]
    pub fn with_secret(mut self, secret: &[u8; 32]) -> Self {
        self.sealer = Some(Sealer::new(secret));
        self
    }
}

#[async_trait]
impl KeyDirectory for WriteKeys {
    async fn write_key(&self, key: &str) -> Result<Option<WorkspaceId>, KeyDirectoryError> {
        let found = self.meta.key_by_hash(&hash_of_token(key)).await;
        let found = found.map_err(KeyDirectoryError::new)?;
        let write = found.filter(|it| it.kind == KeyKind::Write);
        Ok(write.map(|it| it.workspace))
    }

    async fn owner(&self, key: &str) -> Result<Option<KeyOwner>, KeyDirectoryError> {
        let hash = hash_of_token(key);
        let found = self.meta.key_by_hash(&hash).await;
        let found = found.map_err(KeyDirectoryError::new)?;
        if let Some(key) = found.filter(|it| it.kind == KeyKind::Write) {
            return Ok(Some(KeyOwner {
                workspace: key.workspace,
                source: Some(key.id.to_string().into()),
                webhook: None,
            }));
        }
        let source = self.meta.source_by_hash(&hash).await;
        let source = source.map_err(KeyDirectoryError::new)?;
        crate::sources::owner_of(source, self.sealer.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(secret: &str, expected: &str) {
        assert_eq!(shown_prefix(secret), expected, "{secret}");
    }

    #[test]
    fn the_prefix_of_a_key_tells_nothing_worth_guessing() {
        check("gyre_api_aB3xYYYYYYYYYYYYYYYYYYYY", "gyre_api_aB3x");
        check("short", "");
        check("a-key-from-the-environment", "a-ke");
        check("almost_all_before_the_last_x", "almost_all_bef");
    }
}
