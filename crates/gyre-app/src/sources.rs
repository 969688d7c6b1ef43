//! Sources: where events come from, how they fare, and the maps of those that speak no dialect.
//!
//! A write key is a source of SDKs; a webhook or a postback is one with a secret in its address and a map. A payload
//! carries the version of the map that held when it came, and versions are never changed, so that reading the log
//! again gives the same events.

mod health;

use std::sync::Arc;

use gyre_base::{Secret, SourceId, Timestamp, WorkspaceId};
use gyre_collect::{
    KeyDirectoryError, KeyOwner, WebhookDoor, WebhookMap, WebhookMaps, is_signing_secret, preset,
};
use gyre_meta::{KeyKind, Meta, MetaError, Source, SourceKind};
use gyre_model::event::Rejection;
use gyre_model::{Doc, Event, FieldError};
use serde_json::Value;

use crate::access::CanAdmin;
use crate::auth::{hash_of_token, random_token};
use crate::channels::Sealer;
use crate::keys::shown_prefix;
use crate::{App, AppError, CanRead};

pub use crate::engine::tallies::Payload;
pub use gyre_collect::payload_value;
pub use health::{DialectHealth, Health, run_health};

/// Most webhook and postback sources of a workspace.
pub const SOURCES_MAX: usize = 200;
/// Longest map, as JSON.
const MAP_BYTES_MAX: usize = 64 * 1024;

/// What a source is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceOf {
    /// A write key.
    Sdk {
        /// Id of the key.
        id: String,
        /// Its name.
        name: String,
        /// The beginning of its secret.
        prefix: String,
        /// When it was made.
        created_at: Timestamp,
    },
    /// A webhook or a postback.
    Webhook(Source),
}

/// A source and how it fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceView {
    /// The source.
    pub source: SourceOf,
    /// How it fares.
    pub health: Health,
}

/// A source to be made.
#[derive(Clone, Debug)]
pub struct SourceNew {
    /// Shown name.
    pub name: String,
    /// How its payloads come.
    pub kind: SourceKind,
    /// Which map it begins with.
    pub preset: String,
    /// The map; without one the preset's.
    pub map: Option<Value>,
    /// Secret that payloads are signed with, `whsec_…`.
    pub signing: Option<Secret>,
}

/// What of a source is to be changed.
#[derive(Clone, Debug, Default)]
pub struct SourceChange {
    /// Shown name.
    pub name: Option<String>,
    /// Whether payloads are taken.
    pub is_enabled: Option<bool>,
    /// The map.
    pub map: Option<Value>,
    /// Secret that payloads are signed with; `Some(None)` takes any payload.
    pub signing: Option<Option<Secret>>,
}

/// Puts every version of every map where the reader of the log finds it.
pub(crate) async fn load_maps(meta: &Meta, maps: &WebhookMaps) -> Result<(), MetaError> {
    for row in meta.source_maps().await? {
        let corrupt = || MetaError::Corrupt {
            table: "source_maps",
            column: "body",
        };
        let value: Value = serde_json::from_str(&row.body).map_err(|_| corrupt())?;
        let map = WebhookMap::read(&Doc::root(&value)).map_err(|_| corrupt())?;
        maps.add(&row.source.to_string(), row.version, map);
    }
    Ok(())
}

/// What stands behind the secret of a source's address.
pub(crate) fn owner_of(
    source: Option<Source>,
    sealer: Option<&Sealer>,
) -> Result<Option<KeyOwner>, KeyDirectoryError> {
    let Some(source) = source.filter(|it| it.is_enabled) else {
        return Ok(None);
    };
    let signing = match &source.sealed {
        None => None,
        Some(sealed) => {
            let place = place_of(source.workspace, source.id);
            let opened = sealer.and_then(|it| it.open(sealed, &place));
            let cannot = || KeyDirectoryError::new("the source's signing secret cannot be opened");
            Some(Secret::new(opened.ok_or_else(cannot)?))
        }
    };
    Ok(Some(KeyOwner {
        workspace: source.workspace,
        source: Some(source.id.to_string().into()),
        webhook: Some(Arc::new(WebhookDoor {
            map_version: source.map_version,
            signing,
        })),
    }))
}

/// What a sealed secret is bound to.
fn place_of(workspace: WorkspaceId, source: SourceId) -> String {
    format!("{workspace}/source/{source}")
}

fn read_map(value: &Value, pointer: &str) -> Result<WebhookMap, AppError> {
    let map = WebhookMap::read(&Doc::at(value, pointer))?;
    let bytes = value.to_string().len();
    if bytes > MAP_BYTES_MAX {
        let detail = format!("is over {MAP_BYTES_MAX} bytes as JSON");
        return Err(FieldError::new(pointer, detail).into());
    }
    Ok(map)
}

fn read_name(name: &str) -> Result<String, AppError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 200 {
        return Err(FieldError::new("/name", "expected a name of 1 to 200 characters").into());
    }
    Ok(name.to_owned())
}

impl App {
    /// Every source of the workspace, write keys first.
    pub async fn sources_list(&self, access: &CanRead) -> Result<Vec<SourceView>, AppError> {
        let workspace = access.workspace();
        let mut health = self.sources_health(workspace).await?;
        let keys = self.meta.keys_list(workspace).await?;
        let living = keys
            .into_iter()
            .filter(|it| it.kind == KeyKind::Write && it.revoked_at.is_none());
        let mut views: Vec<SourceView> = living
            .map(|it| SourceView {
                health: health.remove(&it.id.to_string()).unwrap_or_default(),
                source: SourceOf::Sdk {
                    id: it.id.to_string(),
                    name: it.name,
                    prefix: it.prefix,
                    created_at: it.created_at,
                },
            })
            .collect();
        for source in self.meta.sources_list(workspace).await? {
            views.push(SourceView {
                health: health.remove(&source.id.to_string()).unwrap_or_default(),
                source: SourceOf::Webhook(source),
            });
        }
        Ok(views)
    }

    /// Makes a webhook or postback source. The secret of its address is returned this once.
    pub async fn source_create(
        &self,
        access: &CanAdmin,
        new: SourceNew,
    ) -> Result<(SourceView, Secret), AppError> {
        let workspace = access.workspace();
        let name = read_name(&new.name)?;
        let ready = preset(&new.preset);
        let ready = ready.ok_or_else(|| {
            let names = gyre_collect::PRESETS.join(", ");
            FieldError::new("/preset", format!("expected one of {names}"))
        })?;
        let value = new.map.unwrap_or(ready);
        let map = read_map(&value, "/map")?;
        if self.meta.sources_list(workspace).await?.len() >= SOURCES_MAX {
            return Err(AppError::Conflict {
                code: "too-many-sources",
                detail: format!("the workspace has {SOURCES_MAX} sources; delete one first"),
            });
        }
        let secret = Secret::new(format!("gyre_source_{}", random_token()?.reveal()));
        let id = SourceId::random();
        let source = Source {
            workspace,
            id,
            name,
            kind: new.kind,
            preset: new.preset,
            hash: hash_of_token(secret.reveal()),
            prefix: shown_prefix(secret.reveal()),
            map_version: 1,
            map: value.to_string(),
            sealed: self.seal_signing(workspace, id, new.signing.as_ref())?,
            is_enabled: true,
            created_at: self.clock.now(),
        };
        let maps = self.engine.inner.config.reader.maps();
        maps.add(&id.to_string(), 1, map);
        if let Err(error) = self.meta.source_create(&source).await {
            maps.take_back(&id.to_string(), 1);
            return Err(error.into());
        }
        let health = Health::default();
        let source = SourceOf::Webhook(source);
        Ok((SourceView { source, health }, secret))
    }

    /// Changes a source. A changed map holds for payloads that come from now on.
    pub async fn source_change(
        &self,
        access: &CanAdmin,
        id: &str,
        change: SourceChange,
    ) -> Result<SourceView, AppError> {
        let mut source = self.source_of(access.as_read(), id).await?;
        if let Some(name) = change.name {
            source.name = read_name(&name)?;
        }
        source.is_enabled = change.is_enabled.unwrap_or(source.is_enabled);
        if let Some(signing) = change.signing {
            source.sealed = self.seal_signing(source.workspace, source.id, signing.as_ref())?;
        }
        let maps = self.engine.inner.config.reader.maps();
        let has_new_map = change.map.is_some();
        if let Some(value) = change.map {
            let map = read_map(&value, "/map")?;
            source.map = value.to_string();
            source.map_version += 1;
            // the reader must know a version before the first payload can name it
            if !maps.add(&source.id.to_string(), source.map_version, map) {
                return Err(AppError::Conflict {
                    code: "source-changed",
                    detail: "somebody else is changing this source; try again".to_owned(),
                });
            }
        }
        let now = self.clock.now();
        match self.meta.source_update(&source, has_new_map, now).await {
            Ok(source) => {
                let mut health = self.sources_health(source.workspace).await?;
                Ok(SourceView {
                    health: health.remove(&source.id.to_string()).unwrap_or_default(),
                    source: SourceOf::Webhook(source),
                })
            }
            Err(error) => {
                if has_new_map {
                    maps.take_back(&source.id.to_string(), source.map_version);
                }
                Err(error.into())
            }
        }
    }

    /// Forgets a source; what came through it stays.
    pub async fn source_delete(&self, access: &CanAdmin, id: &str) -> Result<(), AppError> {
        let source = self.source_of(access.as_read(), id).await?;
        self.meta.source_delete(source.workspace, source.id).await?;
        Ok(())
    }

    /// What a payload would become by a map, or by the source's own.
    pub async fn source_preview(
        &self,
        access: &CanRead,
        id: &str,
        body: &[u8],
        map: Option<&Value>,
    ) -> Result<Vec<Result<Event, Rejection>>, AppError> {
        let source = self.source_of(access, id).await?;
        let own: Value = serde_json::from_str(&source.map).unwrap_or_default();
        let map = read_map(map.unwrap_or(&own), "/map")?;
        Ok(map.preview(body, self.clock.now()))
    }

    /// Newest payloads of a source since the process started, newest first.
    pub async fn source_recent(
        &self,
        access: &CanRead,
        id: &str,
    ) -> Result<Vec<Payload>, AppError> {
        let source = self.source_of(access, id).await?;
        let handle = self.engine.handle(source.workspace);
        Ok(handle.tallies.payloads(&source.id.to_string()))
    }

    async fn source_of(&self, access: &CanRead, id: &str) -> Result<Source, AppError> {
        let missing = || AppError::not_found("source", id);
        let source: SourceId = id.parse().map_err(|_| missing())?;
        let found = self.meta.source_get(access.workspace(), source).await?;
        found.ok_or_else(missing)
    }

    fn seal_signing(
        &self,
        workspace: WorkspaceId,
        id: SourceId,
        secret: Option<&Secret>,
    ) -> Result<Option<String>, AppError> {
        let Some(secret) = secret else {
            return Ok(None);
        };
        if !is_signing_secret(secret.reveal()) {
            let detail = "expected `whsec_` and 16 to 128 bytes in base64";
            return Err(FieldError::new("/signing_secret", detail).into());
        }
        let sealed = self.sealer.seal(secret.reveal(), &place_of(workspace, id));
        sealed
            .map(Some)
            .ok_or(AppError::Auth(crate::AuthError::Secret))
    }
}
