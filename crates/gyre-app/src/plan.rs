//! The tracking plan: its versions, what it finds, and proposals from what was seen.

use std::collections::BTreeSet;

use gyre_base::{Timestamp, UserId};
use gyre_collect::ledger::{BlockedSummary, PropertySummary, TYPES, ViolationSummary};
use gyre_meta::{MetaError, PlanVersion};
use gyre_model::plan::{Judgement, PlanEvent};
use gyre_model::{Doc, Event, EventKind, FieldError, InForce, Plan, flatten};
use serde_json::{Map, Value, json};

use crate::{App, AppError, CanRead, CanWrite};

/// Most events checked at once.
pub const CHECK_MAX: usize = 1_000;
/// Events from which on a property that all of them have is proposed as required.
const REQUIRED_EVENTS_MIN: u64 = 20;
/// Values of which a property that has no others is proposed as one of them.
const ENUM_MAX: u64 = 6;
/// How often such a property must have been seen.
const ENUM_EVENTS_MIN: u64 = 100;

/// The newest plan and its version.
#[derive(Clone, Debug)]
pub struct PlanView {
    /// Its number; 0 if none was ever written.
    pub version: u32,
    /// From which arrivals on it holds.
    pub valid_from: Option<Timestamp>,
    /// The plan.
    pub plan: Plan,
}

/// One version, without its events.
#[derive(Clone, Debug)]
pub struct PlanVersionView {
    /// Its number.
    pub version: u32,
    /// From which arrivals on it holds.
    pub valid_from: Timestamp,
    /// When it was written.
    pub created_at: Timestamp,
    /// Who wrote it.
    pub created_by: Option<UserId>,
    /// Whether it has effect, and on how many events.
    pub plan: Plan,
}

/// What the newest plan says of an event that was not sent.
#[derive(Clone, Debug)]
pub struct PlanCheck {
    /// Name of the event.
    pub event: String,
    /// What it says.
    pub judgement: Judgement,
}

/// What the plan found.
#[derive(Clone, Debug)]
pub struct PlanViolations {
    /// By event, property and rule, the most frequent first.
    pub violations: Vec<ViolationSummary>,
    /// Events that were kept out, or would have been.
    pub blocked: Vec<BlockedSummary>,
    /// Violations for which there was no room.
    pub left_out: u64,
}

impl App {
    /// The newest plan.
    pub async fn plan_get(&self, access: &CanRead) -> Result<PlanView, AppError> {
        let found = self.meta.plan_newest(access.workspace()).await?;
        let Some(row) = found else {
            return Ok(PlanView {
                version: 0,
                valid_from: None,
                plan: Plan::default(),
            });
        };
        Ok(PlanView {
            version: row.version,
            valid_from: Some(row.valid_from),
            plan: read_stored(&row)?,
        })
    }

    /// Writes the next version; it holds for what arrives from now on. `expected` is the version it was made from.
    pub async fn plan_put(
        &self,
        access: &CanWrite,
        document: &Value,
        expected: Option<u32>,
    ) -> Result<PlanView, AppError> {
        let workspace = access.workspace();
        let plan = Plan::read(&Doc::root(document))?;
        let newest = self.meta.plan_newest(workspace).await?;
        let newest = newest.map_or(0, |it| it.version);
        if expected.is_some_and(|it| it != newest) {
            return Err(changed_meanwhile(newest));
        }
        let created_at = self.clock.now();
        let stored = self.engine.change_rules(workspace, async |from| {
            let row = PlanVersion {
                version: newest + 1,
                valid_from: from,
                body: plan.to_json().to_string(),
                created_at,
                created_by: access.user(),
            };
            match self.meta.plan_insert(workspace, &row).await {
                Ok(()) => Ok(Some(row)),
                Err(error) if error.on_constraint("plan_versions_version") => Ok(None),
                Err(error) => Err(error),
            }
        });
        let Some(row) = stored.await? else {
            return Err(changed_meanwhile(newest + 1));
        };
        Ok(PlanView {
            version: row.version,
            valid_from: Some(row.valid_from),
            plan,
        })
    }

    /// Versions, the newest first, and the cursor of the next page.
    pub async fn plan_versions(
        &self,
        access: &CanRead,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<(Vec<PlanVersionView>, Option<String>), AppError> {
        let before = cursor.map(str::parse::<u32>).transpose();
        let wrong = |_| FieldError::new("/cursor", "is not a cursor of this list");
        let before = before.map_err(wrong)?;
        let rows = self
            .meta
            .plan_versions(access.workspace(), before, limit as u32 + 1);
        let mut rows = rows.await?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows
            .last()
            .filter(|_| has_more)
            .map(|it| it.version.to_string());
        let views: Result<Vec<PlanVersionView>, AppError> = rows
            .iter()
            .map(|row| {
                Ok(PlanVersionView {
                    version: row.version,
                    valid_from: row.valid_from,
                    created_at: row.created_at,
                    created_by: row.created_by,
                    plan: read_stored(row)?,
                })
            })
            .collect();
        Ok((views?, next))
    }

    /// Entries for the plan, proposed from what was seen of these events (of all that are not planned yet).
    pub async fn plan_infer(
        &self,
        access: &CanRead,
        events: Option<&[String]>,
    ) -> Result<Vec<PlanEvent>, AppError> {
        let planned = self.plan_get(access).await?.plan;
        let planned: BTreeSet<&str> = planned.events.iter().map(|it| it.name.as_str()).collect();
        let handle = self.engine.handle(access.workspace());
        let ledger = handle.ledger.lock();
        let statistics = &ledger.statistics;
        let names: Vec<String> = if let Some(names) = events {
            names.to_vec()
        } else {
            let all = statistics.events(self.clock.now()).into_iter();
            all.map(|it| it.name)
                .filter(|it| !it.starts_with('$') && !planned.contains(it.as_str()))
                .collect()
        };
        let proposed = names.into_iter().map(|name| PlanEvent {
            schema: schema_of(&statistics.properties(Some(&name))),
            name,
            description: String::new(),
            owner: String::new(),
            action: None,
        });
        Ok(proposed.collect())
    }

    /// What the newest plan says of events, without sending them; whatever its mode.
    pub async fn plan_check(
        &self,
        access: &CanRead,
        events: &Value,
    ) -> Result<Vec<PlanCheck>, AppError> {
        let view = self.plan_get(access).await?;
        let plan = InForce::new(view.version, view.plan)?;
        let items = Doc::at(events, "/events").items(CHECK_MAX)?;
        let mut checks = Vec::with_capacity(items.len());
        for item in items {
            let event = read_event(&item, self.clock.now())?;
            checks.push(PlanCheck {
                judgement: plan.check(&event),
                event: event.name,
            });
        }
        Ok(checks)
    }

    /// What the plan found in events that arrived at or after `since`.
    pub fn plan_violations(&self, access: &CanRead, since: Option<Timestamp>) -> PlanViolations {
        let handle = self.engine.handle(access.workspace());
        let ledger = handle.ledger.lock();
        let (violations, blocked) = ledger.violations.since(since);
        PlanViolations {
            violations,
            blocked,
            left_out: ledger.violations.left_out(),
        }
    }
}

fn changed_meanwhile(newest: u32) -> AppError {
    AppError::Conflict {
        code: "plan-changed",
        detail: format!(
            "the plan is at version {newest} by now; read it and make the change again"
        ),
    }
}

fn read_stored(row: &PlanVersion) -> Result<Plan, AppError> {
    let corrupt = || MetaError::Corrupt {
        table: "plan_versions",
        column: "body",
    };
    let value: Value = serde_json::from_str(&row.body).map_err(|_| corrupt())?;
    let plan = Plan::read(&Doc::root(&value)).map_err(|_| corrupt())?;
    Ok(plan)
}

/// An event as our own endpoint takes it, as far as a plan asks.
fn read_event(doc: &Doc<'_>, now: Timestamp) -> Result<Event, FieldError> {
    let name = match doc.get("event") {
        Some(name) => name,
        None => doc.need("name")?,
    };
    let mut event = Event::new(EventKind::Track, name.text()?, now);
    if let Some(properties) = doc.get("properties") {
        event.properties.clone_from(properties.object()?);
        flatten(&mut event.properties);
    }
    Ok(event)
}

/// A schema that fits everything that was seen.
fn schema_of(properties: &[PropertySummary]) -> Value {
    let is_object = |name: &str| {
        let found = properties.iter().find(|it| it.name == name);
        found.is_some_and(|it| it.types[TYPES.len() - 1] > 0)
    };
    let mut members = Map::new();
    let mut required = Vec::new();
    for it in properties {
        // a library's own, and the members of objects, which are found in their objects
        let is_member = it
            .name
            .split_once('.')
            .is_some_and(|(first, _)| is_object(first));
        if it.name.starts_with('$') || is_member {
            continue;
        }
        members.insert(it.name.clone(), property_schema(it));
        if it.events >= REQUIRED_EVENTS_MIN && it.null_rate() == 0.0 {
            required.push(Value::from(it.name.clone()));
        }
    }
    let mut schema = json!({"type": "object", "properties": members});
    if !required.is_empty() {
        schema["required"] = Value::Array(required);
    }
    schema
}

fn property_schema(it: &PropertySummary) -> Value {
    let seen = TYPES.iter().zip(it.types).filter(|(_, count)| *count > 0);
    let mut names: Vec<&str> = seen.map(|(name, _)| *name).collect();
    // every integer is a number
    if names.contains(&"number") {
        names.retain(|it| *it != "integer");
    }
    let mut schema = match names.as_slice() {
        [only] => json!({"type": only}),
        many => json!({"type": many}),
    };
    let total: u64 = it.types.iter().sum();
    let is_closed = names == ["string"]
        && (1..=ENUM_MAX).contains(&it.distinct)
        && it.distinct == it.samples.len() as u64
        && total >= ENUM_EVENTS_MIN
        // a long value is kept cut, and would refuse itself
        && !it.samples.iter().any(|it| it.as_str().is_none_or(|it| it.ends_with('…')));
    if is_closed {
        schema["enum"] = Value::Array(it.samples.clone());
    }
    schema
}
