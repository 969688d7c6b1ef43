//! Cohorts: saved audiences and saved cells, refreshed and listed.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use gyre_analytics::{CohortRule, CohortSource as Source};
use gyre_base::failure::error_chain;
use gyre_base::{CohortId, MINUTE_MS, Timestamp, WorkspaceId};
use gyre_meta::{
    Cohort, CohortHistoryPoint, CohortKind, CohortNew, CohortRefresh, CohortSource, Meta,
};
use gyre_model::{Audience, Doc, FieldError};
use roaring::RoaringBitmap;
use serde_json::{Value, json};

use crate::charts::{read_audience, read_offset};
use crate::people::PersonRow;
use crate::{App, AppError, CanRead, CanWrite};

/// How often live cohorts are evaluated again.
pub const REFRESH_MS: i64 = 5 * MINUTE_MS;
/// Examples of a preview.
const EXAMPLES: usize = 10;

/// What a preview of an audience shows.
#[derive(Clone, Debug)]
pub struct AudiencePreview {
    /// People in it.
    pub size: u64,
    /// People known.
    pub of: u64,
    /// People in it who can get mail.
    pub reachable_email: u64,
    /// Some of them.
    pub examples: Vec<PersonRow>,
}

/// A page of a cohort's people.
#[derive(Clone, Debug)]
pub struct CohortPage {
    /// Members.
    pub total: u64,
    /// This page.
    pub people: Vec<PersonRow>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// Saved cohorts of a workspace as audiences see them.
#[derive(Debug)]
pub(crate) struct SavedCohorts {
    meta: Meta,
    workspace: WorkspaceId,
}

impl SavedCohorts {
    pub(crate) fn new(meta: Meta, workspace: WorkspaceId) -> Self {
        Self { meta, workspace }
    }

    async fn find(&self, id: &str) -> Option<CohortRule> {
        let id: CohortId = id.parse().ok()?;
        let cohort = self.meta.cohort_get(self.workspace, id).await.ok()?;
        let audience = cohort
            .definition
            .as_deref()
            .and_then(|it| serde_json::from_str(it).ok());
        if cohort.kind == CohortKind::Live
            && cohort.source == CohortSource::Definition
            && let Some(value) = audience
        {
            let audience = Audience::read(&Doc::root(&value)).ok()?;
            return Some(CohortRule::Live(Arc::new(audience)));
        }
        let members = self
            .meta
            .cohort_members_get(self.workspace, id)
            .await
            .ok()?;
        let bitmap = members.map_or_else(RoaringBitmap::new, |it| read_bitmap(&it.members));
        Some(CohortRule::Static(Arc::new(bitmap)))
    }
}

#[async_trait]
impl Source for SavedCohorts {
    async fn cohort(&self, id: &str) -> Option<CohortRule> {
        self.find(id).await
    }
}

fn read_bitmap(bytes: &[u8]) -> RoaringBitmap {
    // written by `write_bitmap`; what cannot be read is treated as never refreshed
    RoaringBitmap::deserialize_from(bytes).unwrap_or_default()
}

fn write_bitmap(people: &RoaringBitmap) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(people.serialized_size());
    if people.serialize_into(&mut bytes).is_err() {
        bytes.clear(); // writing into memory does not fail
    }
    bytes
}

impl App {
    /// Saves an audience as a cohort and evaluates it.
    pub async fn cohort_create(
        &self,
        access: &CanWrite,
        name: &str,
        definition: &Value,
        kind: CohortKind,
    ) -> Result<Cohort, AppError> {
        let audience = read_audience(definition, "/definition")?;
        self.check_references(access.workspace(), &audience).await?;
        let definition = Some(definition.to_string());
        let id = self
            .cohort_insert(access, name, kind, CohortSource::Definition, definition)
            .await?;
        self.cohort_refresh(access, id).await
    }

    /// Saves the people behind a cell; with `is_live`, the rule that found them.
    pub async fn cohort_create_from_cell(
        &self,
        access: &CanWrite,
        name: &str,
        cell: &str,
        is_live: bool,
    ) -> Result<Cohort, AppError> {
        let workspace = access.workspace();
        let (listed, as_of, version) = self.cell_people(workspace, cell, None).await?;
        let kind = if is_live {
            CohortKind::Live
        } else {
            CohortKind::Static
        };
        let definition = Some(json!({ "cell": cell }).to_string());
        let id = self
            .cohort_insert(access, name, kind, CohortSource::Cell, definition)
            .await?;
        let people: RoaringBitmap = listed.people.iter().map(|it| it.0).collect();
        self.refresh_put(workspace, id, as_of, version, Ok(&people))
            .await?;
        Ok(self.meta.cohort_get(workspace, id).await?)
    }

    async fn cohort_insert(
        &self,
        access: &CanWrite,
        name: &str,
        kind: CohortKind,
        source: CohortSource,
        definition: Option<String>,
    ) -> Result<CohortId, AppError> {
        let name = cohort_name(name)?;
        let cohort = CohortNew {
            workspace: access.workspace(),
            id: CohortId::random(),
            name,
            kind,
            source,
            definition,
            created_by: access.user(),
            created_at: self.clock.now(),
        };
        Ok(self.meta.cohort_create(&cohort).await?.id)
    }

    /// Every cohort an audience names must exist; a new cohort cannot be part of a cycle.
    async fn check_references(
        &self,
        workspace: WorkspaceId,
        audience: &Audience,
    ) -> Result<(), AppError> {
        let mut ids = BTreeSet::new();
        audience.each_cohort(&mut |id| {
            ids.insert(id.to_owned());
        });
        for id in ids {
            let known = match id.parse::<CohortId>() {
                Ok(parsed) => self.meta.cohort_get(workspace, parsed).await.is_ok(),
                Err(_) => false,
            };
            if !known {
                let detail = format!("cohort `{id}` does not exist");
                return Err(FieldError::new("/definition", detail).into());
            }
        }
        Ok(())
    }

    /// Evaluates a cohort again. A static one that has its people keeps them.
    pub async fn cohort_refresh(
        &self,
        access: &CanWrite,
        id: CohortId,
    ) -> Result<Cohort, AppError> {
        let workspace = access.workspace();
        let cohort = self.meta.cohort_get(workspace, id).await?;
        if cohort.kind == CohortKind::Static && cohort.refreshed_at.is_some() {
            return Ok(cohort);
        }
        self.refresh(&cohort).await?;
        Ok(self.meta.cohort_get(workspace, id).await?)
    }

    async fn refresh(&self, cohort: &Cohort) -> Result<(), AppError> {
        let as_of = self.clock.now();
        let version = self.engine.snapshot(cohort.workspace).version;
        let outcome = self.evaluate(cohort, as_of).await;
        if let Err(error) = &outcome {
            tracing::warn!(error = error_chain(error), cohort = %cohort.id, "cohort refresh failed");
        }
        let outcome = outcome.as_ref().map_err(ToString::to_string);
        self.refresh_put(cohort.workspace, cohort.id, as_of, version, outcome)
            .await
    }

    async fn evaluate(&self, cohort: &Cohort, as_of: Timestamp) -> Result<RoaringBitmap, AppError> {
        let definition = cohort.definition.as_deref().unwrap_or("{}");
        let value: Value = serde_json::from_str(definition).unwrap_or_default();
        match cohort.source {
            CohortSource::Definition => {
                let audience = read_audience(&value, "/definition")?;
                Ok(self
                    .engine
                    .audience_people(cohort.workspace, &audience, as_of)
                    .await?)
            }
            CohortSource::Cell => {
                let cell = value["cell"].as_str().unwrap_or_default();
                let (listed, _, _) = self
                    .cell_people(cohort.workspace, cell, Some(as_of))
                    .await?;
                Ok(listed.people.iter().map(|it| it.0).collect())
            }
        }
    }

    async fn refresh_put(
        &self,
        workspace: WorkspaceId,
        id: CohortId,
        as_of: Timestamp,
        data_version: u64,
        outcome: Result<&RoaringBitmap, String>,
    ) -> Result<(), AppError> {
        let outcome = outcome.map(|it| (it.len(), write_bitmap(it)));
        let refresh = CohortRefresh {
            as_of,
            data_version,
            outcome,
        };
        self.meta
            .cohort_refresh_put(workspace, id, &refresh)
            .await?;
        Ok(())
    }

    /// Evaluates live cohorts that are due; called by a worker.
    pub async fn cohorts_refresh_due(&self) -> Result<(), AppError> {
        let now = self.clock.now();
        for cohort in self.meta.cohorts_live().await? {
            let is_due = cohort
                .refreshed_at
                .is_none_or(|it| now.since(it) >= REFRESH_MS);
            if is_due {
                self.refresh(&cohort).await?;
            }
        }
        Ok(())
    }

    /// One cohort.
    pub async fn cohort_get(&self, access: &CanRead, id: CohortId) -> Result<Cohort, AppError> {
        Ok(self.meta.cohort_get(access.workspace(), id).await?)
    }

    /// Every cohort.
    pub async fn cohorts_list(&self, access: &CanRead) -> Result<Vec<Cohort>, AppError> {
        Ok(self.meta.cohorts_list(access.workspace()).await?)
    }

    /// Renames a cohort.
    pub async fn cohort_rename(
        &self,
        access: &CanWrite,
        id: CohortId,
        name: &str,
    ) -> Result<Cohort, AppError> {
        let name = cohort_name(name)?;
        let now = self.clock.now();
        Ok(self
            .meta
            .cohort_rename(access.workspace(), id, &name, now)
            .await?)
    }

    /// Deletes a cohort; audiences that name it refuse from then on.
    pub async fn cohort_delete(&self, access: &CanWrite, id: CohortId) -> Result<(), AppError> {
        Ok(self
            .meta
            .cohort_delete(access.workspace(), id, self.clock.now())
            .await?)
    }

    /// Sizes of past refreshes, oldest first.
    pub async fn cohort_history(
        &self,
        access: &CanRead,
        id: CohortId,
    ) -> Result<Vec<CohortHistoryPoint>, AppError> {
        self.meta.cohort_get(access.workspace(), id).await?;
        Ok(self
            .meta
            .cohort_history(access.workspace(), id, 500)
            .await?)
    }

    /// Members as of the last refresh.
    pub async fn cohort_people(
        &self,
        access: &CanRead,
        id: CohortId,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<CohortPage, AppError> {
        let offset = read_offset(cursor)?;
        let workspace = access.workspace();
        self.meta.cohort_get(workspace, id).await?;
        let members = self.meta.cohort_members_get(workspace, id).await?;
        let people = members.map_or_else(RoaringBitmap::new, |it| read_bitmap(&it.members));
        let page = people.iter().skip(offset).take(limit);
        let rows = self.person_rows(workspace, page);
        let next = ((offset + limit) as u64) < people.len();
        Ok(CohortPage {
            total: people.len(),
            people: rows,
            next: next.then(|| (offset + limit).to_string()),
        })
    }

    /// Saved cohorts a person was in at their last refresh.
    pub(crate) async fn cohorts_of(
        &self,
        workspace: WorkspaceId,
        person: u32,
    ) -> Result<Vec<(String, String)>, AppError> {
        let mut found = Vec::new();
        for cohort in self.meta.cohorts_list(workspace).await? {
            let members = self.meta.cohort_members_get(workspace, cohort.id).await?;
            if members.is_some_and(|it| read_bitmap(&it.members).contains(person)) {
                found.push((cohort.id.to_string(), cohort.name));
            }
        }
        Ok(found)
    }

    /// Size of an audience that is being written, with examples.
    pub async fn audience_preview(
        &self,
        access: &CanRead,
        definition: &Value,
    ) -> Result<AudiencePreview, AppError> {
        let workspace = access.workspace();
        let audience = read_audience(definition, "/definition")?;
        let now = self.clock.now();
        let people = self
            .engine
            .audience_people(workspace, &audience, now)
            .await?;
        let has_email = json!({"profile": "email", "op": "set"});
        let reachable = read_audience(&has_email, "")?;
        let reachable = self
            .engine
            .audience_people(workspace, &reachable, now)
            .await?;
        Ok(AudiencePreview {
            size: people.len(),
            of: self.engine.snapshot(workspace).map.persons().len(),
            reachable_email: reachable.intersection_len(&people),
            examples: self.person_rows(workspace, people.iter().take(EXAMPLES)),
        })
    }
}

fn cohort_name(name: &str) -> Result<String, AppError> {
    let name = name.trim();
    if name.is_empty() || name.len() > 200 {
        return Err(FieldError::new("/name", "expected a name of 1 to 200 bytes").into());
    }
    Ok(name.to_owned())
}
