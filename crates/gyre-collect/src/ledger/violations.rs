//! What the tracking plan found: counts by event, property and rule, and what it kept out or would have.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use gyre_base::Timestamp;
use gyre_model::Event;
use gyre_model::plan::{Judgement, ViolationAction};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::days::Days;
use super::{cut, cut_value, day_of};

/// Most violations by event, property and rule; later ones are counted as [`Violations::left_out`].
const KINDS_MAX: usize = 2_000;

/// What became of a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Noted with the event.
    Flagged,
    /// The property was taken out.
    Omitted,
    /// The event went to quarantine.
    Blocked,
}

/// Violations of one workspace.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Violations {
    kinds: BTreeMap<(String, String, String), ViolationSummary>,
    blocked: BTreeMap<String, BlockedSummary>,
    left_out: u64,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Stored {
    kinds: Vec<ViolationSummary>,
    blocked: Vec<BlockedSummary>,
    left_out: u64,
}

/// One kind of violation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ViolationSummary {
    /// Name of the event.
    pub event: String,
    /// Dotted path of the property; empty for the whole event.
    pub property: String,
    /// Keyword of the schema, or `unplanned`.
    pub rule: String,
    /// What was wrong the last time, for a person.
    pub detail: String,
    /// How often.
    pub count: u64,
    /// What became of it the last time.
    pub treatment: Treatment,
    /// First arrival.
    pub first_at: Timestamp,
    /// Last arrival.
    pub last_at: Timestamp,
    /// A value that was wrong.
    pub sample: Value,
    days: Days,
}

/// Events that an enforced plan kept out, or that one in shadow would have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BlockedSummary {
    /// Name of the event.
    pub event: String,
    /// Kept out.
    pub blocked: u64,
    /// Would have been kept out.
    pub would_block: u64,
    /// Last arrival.
    pub last_at: Timestamp,
    blocked_days: Days,
    would_block_days: Days,
}

impl From<Stored> for Violations {
    fn from(stored: Stored) -> Self {
        let kinds = stored.kinds.into_iter().map(|it| {
            let key = (it.event.clone(), it.property.clone(), it.rule.clone());
            (key, it)
        });
        let blocked = stored.blocked.into_iter();
        Self {
            kinds: kinds.collect(),
            blocked: blocked.map(|it| (it.event.clone(), it)).collect(),
            left_out: stored.left_out,
        }
    }
}

impl From<Violations> for Stored {
    fn from(it: Violations) -> Self {
        Self {
            kinds: it.kinds.into_values().collect(),
            blocked: it.blocked.into_values().collect(),
            left_out: it.left_out,
        }
    }
}

impl Violations {
    /// Counts what the plan said of an event; `before` is the event as it was held against the plan.
    pub fn note(&mut self, before: &Event, judgement: &Judgement, at: Timestamp) {
        for finding in &judgement.findings {
            let violation = &finding.violation;
            let treatment = if judgement.blocked.is_some() {
                Treatment::Blocked
            } else if finding.action == ViolationAction::Omit
                && judgement.omitted.contains(&violation.top)
            {
                Treatment::Omitted
            } else {
                Treatment::Flagged
            };
            let key = (
                before.name.clone(),
                cut(&violation.property),
                violation.rule.clone(),
            );
            if self.kinds.len() >= KINDS_MAX && !self.kinds.contains_key(&key) {
                self.left_out += 1;
                continue;
            }
            let it = self
                .kinds
                .entry(key)
                .or_insert_with_key(|key| ViolationSummary {
                    event: key.0.clone(),
                    property: key.1.clone(),
                    rule: key.2.clone(),
                    detail: String::new(),
                    count: 0,
                    treatment,
                    first_at: at,
                    last_at: at,
                    sample: Value::Null,
                    days: Days::default(),
                });
            it.count += 1;
            it.treatment = treatment;
            it.first_at = it.first_at.min(at);
            it.days.add(day_of(at));
            if at > it.last_at || it.count == 1 {
                it.last_at = at;
                it.detail = cut(&violation.detail);
                it.sample = before
                    .properties
                    .get(&violation.top)
                    .map_or(Value::Null, cut_value);
            }
        }
        if judgement.would_block {
            self.note_blocked(&before.name, judgement.blocked.is_some(), at);
        }
    }

    fn note_blocked(&mut self, event: &str, is_blocked: bool, at: Timestamp) {
        if self.blocked.len() >= KINDS_MAX && !self.blocked.contains_key(event) {
            self.left_out += 1;
            return;
        }
        let it = self
            .blocked
            .entry(event.to_owned())
            .or_insert_with(|| BlockedSummary {
                event: event.to_owned(),
                blocked: 0,
                would_block: 0,
                last_at: at,
                blocked_days: Days::default(),
                would_block_days: Days::default(),
            });
        it.last_at = it.last_at.max(at);
        if is_blocked {
            it.blocked += 1;
            it.blocked_days.add(day_of(at));
        } else {
            it.would_block += 1;
            it.would_block_days.add(day_of(at));
        }
    }

    /// Violations with an arrival at or after `since`, the most frequent first, and the events kept out; their
    /// counts are then those of the days from there on, UTC.
    pub fn since(&self, since: Option<Timestamp>) -> (Vec<ViolationSummary>, Vec<BlockedSummary>) {
        let is_new = |at: Timestamp| since.is_none_or(|since| at >= since);
        let kinds = self.kinds.values().filter(|it| is_new(it.last_at));
        let mut kinds: Vec<ViolationSummary> = kinds.cloned().collect();
        let blocked = self.blocked.values().filter(|it| is_new(it.last_at));
        let mut blocked: Vec<BlockedSummary> = blocked.cloned().collect();
        if let Some(day) = since.map(day_of) {
            for it in &mut kinds {
                it.count = it.days.since(day).min(it.count);
            }
            for it in &mut blocked {
                it.blocked = it.blocked_days.since(day).min(it.blocked);
                it.would_block = it.would_block_days.since(day).min(it.would_block);
            }
        }
        kinds.sort_by_key(|it| Reverse(it.count));
        blocked.sort_by_key(|it| Reverse(it.blocked + it.would_block));
        (kinds, blocked)
    }

    /// Violations of kinds for which there was no room.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }
}
