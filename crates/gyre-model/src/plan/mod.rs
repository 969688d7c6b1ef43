//! The tracking plan: which events are expected with which properties, and what becomes of the others.
//!
//! A [`Plan`] is a document; [`InForce`] is one version of it, ready to be held against events.
//! Source: collect.md 4 (Tracking plan).

mod in_force;
mod table;

use serde_json::{Map, Value, json};

use crate::doc::{Doc, FieldError, Read};
use crate::schema::Schema;

pub use in_force::{Finding, InForce, Judgement, PLAN_VERSION, VIOLATIONS, omit};

/// Most events of a plan: as many as Amplitude keeps instrumented.
pub const PLAN_EVENTS_MAX: usize = 2_000;
/// Longest description or owner of an event.
pub const PLAN_TEXT_BYTES_MAX: usize = 4_096;
/// Largest plan as JSON; what the API's largest body can carry.
pub const PLAN_BYTES_MAX: usize = gyre_base::limits::API_BODY_BYTES_MAX;

/// Whether the plan has effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlanMode {
    /// Nothing is checked.
    #[default]
    Off,
    /// Violations are noted, and what would be blocked is counted.
    Shadow,
    /// Actions are taken.
    Enforce,
}

/// What becomes of an event that violates its schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ViolationAction {
    /// It counts; the violations are noted with it.
    #[default]
    Flag,
    /// It counts without the properties that are wrong.
    Omit,
    /// It goes to quarantine.
    Block,
}

/// What becomes of an event that is not in the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnplannedAction {
    /// It counts.
    #[default]
    Allow,
    /// It counts; that it is unplanned is noted with it.
    Flag,
    /// It goes to quarantine.
    Block,
}

const MODES: [(&str, PlanMode); 3] = [
    ("off", PlanMode::Off),
    ("shadow", PlanMode::Shadow),
    ("enforce", PlanMode::Enforce),
];
const ACTIONS: [(&str, ViolationAction); 3] = [
    ("flag", ViolationAction::Flag),
    ("omit", ViolationAction::Omit),
    ("block", ViolationAction::Block),
];
const UNPLANNED: [(&str, UnplannedAction); 3] = [
    ("allow", UnplannedAction::Allow),
    ("flag", UnplannedAction::Flag),
    ("block", UnplannedAction::Block),
];

fn name_of<T: Copy + PartialEq>(choices: &[(&'static str, T)], it: T) -> &'static str {
    let found = choices.iter().find(|(_, choice)| *choice == it);
    found.map_or("", |(name, _)| *name)
}

impl PlanMode {
    /// Name in documents.
    pub fn name(self) -> &'static str {
        name_of(&MODES, self)
    }
}

impl ViolationAction {
    /// Name in documents.
    pub fn name(self) -> &'static str {
        name_of(&ACTIONS, self)
    }
}

impl UnplannedAction {
    /// Name in documents.
    pub fn name(self) -> &'static str {
        name_of(&UNPLANNED, self)
    }
}

/// One planned event.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanEvent {
    /// Verbatim.
    pub name: String,
    /// What it means.
    pub description: String,
    /// Who answers for it.
    pub owner: String,
    /// JSON Schema of the properties.
    pub schema: Value,
    /// What becomes of violations; the plan's own default if none.
    pub action: Option<ViolationAction>,
}

/// A tracking plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Whether it has effect.
    pub mode: PlanMode,
    /// What becomes of violations of events that say nothing else.
    pub default_action: ViolationAction,
    /// What becomes of events that are not in it.
    pub unplanned: UnplannedAction,
    /// Its events, each name once.
    pub events: Vec<PlanEvent>,
}

impl Plan {
    /// Reads a plan and every schema in it; refuses what is wrong at its place.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        doc.only(&["mode", "default_action", "unplanned", "events"])?;
        let bytes = doc.value().to_string().len();
        if bytes > PLAN_BYTES_MAX {
            return Err(doc.error(format!(
                "has {bytes} bytes; at most {PLAN_BYTES_MAX} are allowed"
            )));
        }
        let mut events: Vec<PlanEvent> = Vec::new();
        let mut names = std::collections::BTreeSet::new();
        if let Some(list) = doc.get("events") {
            for item in list.items(PLAN_EVENTS_MAX)? {
                let event = PlanEvent::read(&item)?;
                if !names.insert(event.name.clone()) {
                    let place = format!("{}/name", item.pointer());
                    return Err(FieldError::new(
                        place,
                        format!("`{}` is planned twice", event.name),
                    ));
                }
                events.push(event);
            }
        }
        Ok(Self {
            mode: choice(doc, "mode", &MODES)?.unwrap_or_default(),
            default_action: choice(doc, "default_action", &ACTIONS)?.unwrap_or_default(),
            unplanned: choice(doc, "unplanned", &UNPLANNED)?.unwrap_or_default(),
            events,
        })
    }

    /// The document that [`Plan::read`] reads.
    pub fn to_json(&self) -> Value {
        let events: Vec<Value> = self.events.iter().map(PlanEvent::to_json).collect();
        json!({
            "mode": self.mode.name(),
            "default_action": self.default_action.name(),
            "unplanned": self.unplanned.name(),
            "events": events,
        })
    }

    /// The planned event of this name.
    pub fn event(&self, name: &str) -> Option<&PlanEvent> {
        self.events.iter().find(|it| it.name == name)
    }
}

impl PlanEvent {
    /// Reads one planned event and its schema.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        doc.only(&["name", "description", "owner", "schema", "action"])?;
        let name = doc.need("name")?;
        let text = name.text()?;
        if text.trim().is_empty() || text.len() > gyre_base::limits::NAME_BYTES_MAX {
            return Err(name.error("expected an event's name"));
        }
        let schema = match doc.get("schema") {
            Some(field) => {
                Schema::read(&field)?;
                field.value().clone()
            }
            None => Value::Object(Map::new()),
        };
        Ok(Self {
            name: text.to_owned(),
            description: text_of(doc, "description")?,
            owner: text_of(doc, "owner")?,
            schema,
            action: choice(doc, "action", &ACTIONS)?,
        })
    }

    /// The document that [`PlanEvent::read`] reads.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "description": self.description,
            "owner": self.owner,
            "schema": self.schema,
            "action": self.action.map(ViolationAction::name),
        })
    }
}

fn choice<T: Copy>(doc: &Doc<'_>, key: &str, choices: &[(&str, T)]) -> Read<Option<T>> {
    doc.get(key).map(|it| it.one_of(choices)).transpose()
}

fn text_of(doc: &Doc<'_>, key: &str) -> Read<String> {
    let Some(field) = doc.get(key) else {
        return Ok(String::new());
    };
    let text = field.text()?;
    if text.len() > PLAN_TEXT_BYTES_MAX {
        return Err(field.error(format!("is longer than {PLAN_TEXT_BYTES_MAX} bytes")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
