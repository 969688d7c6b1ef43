//! A version of the plan, held against events.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Plan, PlanEvent, PlanMode, UnplannedAction, ViolationAction};
use crate::doc::{Doc, Read};
use crate::event::{Event, EventKind, PropOpKind};
use crate::schema::{Schema, Violation};

/// Property that names the version of the plan an event was held against.
pub const PLAN_VERSION: &str = "$plan_version";
/// Property that lists what an event violates, `property:rule` each.
pub const VIOLATIONS: &str = "$violations";
/// Rule of an event that is not in the plan.
const UNPLANNED_RULE: &str = "unplanned";

/// One version of a plan with its schemas compiled.
#[derive(Debug)]
pub struct InForce {
    version: u32,
    plan: Plan,
    schemas: HashMap<String, (Schema, ViolationAction)>,
}

/// One violation and what the plan does about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub violation: Violation,
    /// What the plan does if it is enforced.
    pub action: ViolationAction,
}

/// What the plan says of one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// Whether it is in the plan.
    pub is_planned: bool,
    /// Whether an enforced plan keeps it out.
    pub would_block: bool,
    /// Properties that were taken out.
    pub omitted: Vec<String>,
    /// Why it is kept out; only in an enforced plan.
    pub blocked: Option<String>,
}

impl InForce {
    /// A version of a plan; fails where a schema cannot be read.
    pub fn new(version: u32, plan: Plan) -> Read<Self> {
        let mut schemas = HashMap::with_capacity(plan.events.len());
        for (i, event) in plan.events.iter().enumerate() {
            let schema = Schema::read(&Doc::at(&event.schema, format!("/events/{i}/schema")))?;
            let action = event.action.unwrap_or(plan.default_action);
            schemas.insert(event.name.clone(), (schema, action));
        }
        Ok(Self {
            version,
            plan,
            schemas,
        })
    }

    /// Its number.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The document.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The planned event of this name.
    pub fn event(&self, name: &str) -> Option<&PlanEvent> {
        self.schemas.get(name).and_then(|_| self.plan.event(name))
    }

    /// What is wrong with an event, whatever the mode. Our own events and acts on people are nobody's to plan.
    pub fn check(&self, event: &Event) -> Judgement {
        let Some((schema, action)) = self.schemas.get(&event.name) else {
            return self.unplanned(event);
        };
        let violations = schema.violations(&Value::Object(subject(event).into_owned()));
        let findings = violations.into_iter().map(|violation| Finding {
            violation,
            action: *action,
        });
        let findings: Vec<Finding> = findings.collect();
        Judgement {
            would_block: *action == ViolationAction::Block && !findings.is_empty(),
            findings,
            is_planned: true,
            ..Judgement::default()
        }
    }

    fn unplanned(&self, event: &Event) -> Judgement {
        let is_asked = matches!(event.kind, EventKind::Track) && !event.name.starts_with('$');
        if !is_asked || self.plan.unplanned == UnplannedAction::Allow {
            return Judgement::default();
        }
        let would_block = self.plan.unplanned == UnplannedAction::Block;
        let action = if would_block {
            ViolationAction::Block
        } else {
            ViolationAction::Flag
        };
        let violation = Violation {
            property: String::new(),
            top: String::new(),
            rule: UNPLANNED_RULE.to_owned(),
            detail: "the event is not in the tracking plan".to_owned(),
        };
        Judgement {
            findings: vec![Finding { violation, action }],
            would_block,
            ..Judgement::default()
        }
    }

    /// Whether an event is held against this plan at all: it is not off, and the event is not one of ours.
    pub fn concerns(&self, event: &Event) -> bool {
        self.plan.mode != PlanMode::Off && event.kind != EventKind::Internal
    }

    /// Holds the plan against an event and does what it says, see [`InForce::act`].
    pub fn judge(&self, event: &mut Event) -> Judgement {
        if !self.concerns(event) {
            return Judgement::default();
        }
        let mut judgement = self.check(event);
        self.act(event, &mut judgement);
        judgement
    }

    /// Does what the plan says about what [`InForce::check`] found: notes the version and the violations with the
    /// event, takes properties out, or says why the event is kept out and leaves it as it is.
    pub fn act(&self, event: &mut Event, judgement: &mut Judgement) {
        let is_enforced = self.plan.mode == PlanMode::Enforce;
        if is_enforced && judgement.would_block {
            judgement.blocked = Some(reason(&judgement.findings));
            return;
        }
        event
            .properties
            .insert(PLAN_VERSION.to_owned(), Value::from(self.version));
        if judgement.findings.is_empty() {
            return;
        }
        if is_enforced {
            let wrong = judgement.findings.iter();
            let mut wrong: Vec<String> = wrong
                .filter(|it| it.action == ViolationAction::Omit)
                .map(|it| it.violation.top.clone())
                .collect();
            wrong.sort_unstable();
            wrong.dedup();
            wrong.retain(|it| omit(event, it));
            judgement.omitted = wrong;
        }
        let mut marks: Vec<String> = judgement
            .findings
            .iter()
            .map(|it| format!("{}:{}", it.violation.property, it.violation.rule))
            .collect();
        marks.sort_unstable();
        marks.dedup();
        event
            .properties
            .insert(VIOLATIONS.to_owned(), Value::from(marks));
    }
}

/// What the schema is about: properties as they were sent, traits of a call that sets them.
///
/// Left out are the dotted names that flattening added beside their objects, and a library's own (`$…`).
fn subject(event: &Event) -> Cow<'_, Map<String, Value>> {
    if matches!(event.kind, EventKind::Identify) {
        let sets = event
            .user_ops
            .iter()
            .filter(|it| matches!(it.op, PropOpKind::Set | PropOpKind::SetOnce));
        return Cow::Owned(sets.map(|it| (it.key.clone(), it.value.clone())).collect());
    }
    let all = &event.properties;
    let has_objects = all.values().any(Value::is_object);
    let is_own = |key: &str| !(key.starts_with('$') || has_objects && is_flattened(all, key));
    if all.keys().all(|it| is_own(it)) {
        return Cow::Borrowed(all);
    }
    let own = all.iter().filter(|(key, _)| is_own(key));
    Cow::Owned(
        own.map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    )
}

/// Whether `a.b` is what is found in the object `a`.
fn is_flattened(all: &Map<String, Value>, key: &str) -> bool {
    let mut names = key.split('.');
    let first = names.next().and_then(|it| all.get(it));
    let is_nested = key.contains('.') && first.is_some_and(Value::is_object);
    let found = first.and_then(|it| names.try_fold(it, |value, name| value.get(name)));
    is_nested && found == all.get(key)
}

/// Takes a property out, with what flattening made of it; whether it was there.
pub fn omit(event: &mut Event, property: &str) -> bool {
    if property.is_empty() {
        return false;
    }
    if event.kind == EventKind::Identify {
        let before = event.user_ops.len();
        event.user_ops.retain(|it| it.key != property);
        return event.user_ops.len() < before;
    }
    let prefix = format!("{property}.");
    let Some(removed) = event.properties.shift_remove(property) else {
        return false;
    };
    if removed.is_object() {
        event.properties.retain(|key, _| !key.starts_with(&prefix));
    }
    true
}

/// Why an event is kept out, from the first violations.
fn reason(findings: &[Finding]) -> String {
    let parts = findings.iter().take(3).map(|it| {
        let violation = &it.violation;
        if violation.property.is_empty() {
            violation.detail.clone()
        } else {
            format!("`{}` {}", violation.property, violation.detail)
        }
    });
    let text = parts.collect::<Vec<_>>().join("; ");
    match findings.len() {
        0..=3 => text,
        more => format!("{text}; and {} more", more - 3),
    }
}
