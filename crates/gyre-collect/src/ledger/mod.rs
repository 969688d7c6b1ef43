//! What the indexer learns about events while it takes them: which properties they have, what was downgraded on the
//! way in, what the tracking plan found.
//!
//! Pure state without I/O, bounded in everything. It is a function of the events in the log's order, and the indexer
//! keeps it beside the position, so that a replay counts nothing twice.
//! Source: collect.md 4 (Schema inference, Rate limits: "ingestion warning").

mod days;
mod distinct;
mod statistics;
mod violations;
mod warnings;

use gyre_base::Timestamp;
use gyre_model::Event;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use days::VOLUME_DAYS;
pub use statistics::{EventSummary, PropertySummary, Statistics, TYPES};
pub use violations::{BlockedSummary, Treatment, ViolationSummary, Violations};
pub use warnings::{WarningCode, WarningSummary, Warnings};

/// Bytes of a sample; longer ones are cut and end in an ellipsis.
const SAMPLE_BYTES_MAX: usize = 256;

/// Everything learnt of one workspace.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// Which events and properties there are.
    pub statistics: Statistics,
    /// What was downgraded.
    pub warnings: Warnings,
    /// What the tracking plan found.
    pub violations: Violations,
}

impl Ledger {
    /// Notes an event that counts, after everything else was done to it.
    pub fn take(&mut self, event: &Event, dialect: &str) {
        if !self.statistics.take(event) {
            self.warn(WarningCode::NotInferred, event, dialect, || {
                "there are too many events or properties to keep statistics of this one".to_owned()
            });
        }
        for code in warnings::of_event(event) {
            self.warn(code, event, dialect, || warnings::detail_of(code, event));
        }
    }

    /// Notes that something about an event was downgraded.
    pub fn warn(
        &mut self,
        code: WarningCode,
        event: &Event,
        dialect: &str,
        detail: impl FnOnce() -> String,
    ) {
        self.warnings
            .note(code, dialect, &event.name, event.received_at, || {
                (detail(), sample_of(event))
            });
    }
}

/// Enough of an event to find it again.
fn sample_of(event: &Event) -> Value {
    let text = |it: &Option<String>| it.as_deref().map(cut);
    json!({
        "event": cut(&event.name),
        "user_id": text(&event.user_id),
        "device_id": text(&event.device_id),
        "insert_id": text(&event.insert_id),
        "time": event.time.rfc3339(),
    })
}

/// A text of at most [`SAMPLE_BYTES_MAX`].
fn cut(text: &str) -> String {
    if text.len() <= SAMPLE_BYTES_MAX {
        return text.to_owned();
    }
    format!(
        "{}…",
        &text[..text.floor_char_boundary(SAMPLE_BYTES_MAX - 3)]
    )
}

/// A value whose text is at most [`SAMPLE_BYTES_MAX`]; lists and objects beyond become texts.
fn cut_value(value: &Value) -> Value {
    match value {
        Value::String(it) => Value::String(cut(it)),
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if text.len() <= SAMPLE_BYTES_MAX {
                value.clone()
            } else {
                Value::String(cut(&text))
            }
        }
        other => other.clone(),
    }
}

/// Day of an instant, UTC.
fn day_of(at: Timestamp) -> i32 {
    i32::try_from(at.ms().div_euclid(gyre_base::DAY_MS)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
