//! Ingestion warnings: what was downgraded on the way in, counted, with a sample of each kind.

use std::collections::BTreeMap;

use gyre_base::Timestamp;
use gyre_model::{Event, TimeQuality};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::days::Days;
use super::{cut, day_of};

/// Most kinds of warnings by code, dialect and event; beyond it events share one without a name.
const KINDS_MAX: usize = 1_000;

/// What happened. The names are API and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WarningCode {
    /// The device's clock was wrong; the event was moved by its error.
    ClockFixed,
    /// There was no time, or none that can be; the event is at its arrival.
    TimeReplaced,
    /// The event is more than a year behind its arrival.
    Late,
    /// An identifier that stands for nobody (`null`, `undefined`, `0`) was left out.
    IdBlocked,
    /// A property operation was not of the kind its operand allows.
    OperationWrong,
    /// An alias of two users who are both known; they stay two.
    AliasOfTwoUsers,
    /// The person has too many devices to take another.
    TooManyDevices,
    /// The person took more new devices within a week than the workspace allows.
    TooManyDevicesInAWeek,
    /// The sender is a bot; it links nobody.
    Bot,
    /// The person was deleted and is not to be seen for a time; the event is left out.
    Suppressed,
    /// A property was taken out, by the plan or because it is blocked.
    PropertyDropped,
    /// The event is not in the tracking plan.
    Unplanned,
    /// The event is counted without statistics: there are too many kinds.
    NotInferred,
}

impl WarningCode {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClockFixed => "clock-fixed",
            Self::TimeReplaced => "time-replaced",
            Self::Late => "late",
            Self::IdBlocked => "id-blocked",
            Self::OperationWrong => "operation-wrong",
            Self::AliasOfTwoUsers => "alias-of-two-users",
            Self::TooManyDevices => "too-many-devices",
            Self::TooManyDevicesInAWeek => "too-many-devices-in-a-week",
            Self::Bot => "bot",
            Self::Suppressed => "suppressed",
            Self::PropertyDropped => "property-dropped",
            Self::Unplanned => "unplanned",
            Self::NotInferred => "not-inferred",
        }
    }
}

/// Warnings of one workspace.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<WarningSummary>", into = "Vec<WarningSummary>")]
pub struct Warnings {
    kinds: BTreeMap<Kind, WarningSummary>,
}

type Kind = (WarningCode, String, String);

/// One kind of warning.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WarningSummary {
    /// What happened.
    pub code: WarningCode,
    /// What happened the last time, for a person.
    pub detail: String,
    /// Dialect of the events.
    pub dialect: String,
    /// Name of the event; empty where there were too many kinds to tell.
    pub event: String,
    /// How often.
    pub count: u64,
    /// First arrival.
    pub first_at: Timestamp,
    /// Last arrival.
    pub last_at: Timestamp,
    /// One of the events.
    pub sample: Value,
    days: Days,
}

impl From<Vec<WarningSummary>> for Warnings {
    fn from(list: Vec<WarningSummary>) -> Self {
        let kinds = list.into_iter().map(|it| {
            let kind = (it.code, it.dialect.clone(), it.event.clone());
            (kind, it)
        });
        Self {
            kinds: kinds.collect(),
        }
    }
}

impl From<Warnings> for Vec<WarningSummary> {
    fn from(it: Warnings) -> Self {
        it.kinds.into_values().collect()
    }
}

impl Warnings {
    /// Counts one; `told` gives detail and sample, which are kept of the newest.
    pub(super) fn note(
        &mut self,
        code: WarningCode,
        dialect: &str,
        event: &str,
        at: Timestamp,
        told: impl FnOnce() -> (String, Value),
    ) {
        let mut kind = (code, dialect.to_owned(), event.to_owned());
        if self.kinds.len() >= KINDS_MAX && !self.kinds.contains_key(&kind) {
            kind.2.clear();
        }
        let name = kind.2.clone();
        let it = self.kinds.entry(kind).or_insert_with(|| WarningSummary {
            code,
            detail: String::new(),
            dialect: dialect.to_owned(),
            event: name,
            count: 0,
            first_at: at,
            last_at: at,
            sample: Value::Null,
            days: Days::default(),
        });
        it.count += 1;
        it.first_at = it.first_at.min(at);
        it.days.add(day_of(at));
        // the newest is what its sender can still look up; of many in one instant the first will do
        if at > it.last_at || it.count == 1 {
            let (detail, sample) = told();
            it.detail = cut(&detail);
            it.sample = sample;
            it.last_at = at;
        }
    }

    /// Warnings with an arrival at or after `since`, the newest first; then their counts are those of the days from
    /// there on, UTC.
    pub fn since(&self, since: Option<Timestamp>) -> Vec<WarningSummary> {
        let mut list: Vec<WarningSummary> = self
            .kinds
            .values()
            .filter(|it| since.is_none_or(|since| it.last_at >= since))
            .cloned()
            .collect();
        if let Some(since) = since {
            for it in &mut list {
                it.count = it.days.since(day_of(since)).min(it.count);
            }
        }
        list.sort_by(|a, b| b.last_at.cmp(&a.last_at).then(b.count.cmp(&a.count)));
        list
    }
}

/// Downgrades that reading an event left marks of.
pub(super) fn of_event(event: &Event) -> impl Iterator<Item = WarningCode> {
    let time = match event.time_quality {
        TimeQuality::Corrected => Some(WarningCode::ClockFixed),
        // no time at all is how many senders say "now"
        TimeQuality::Arrival if event.client_time.is_some() => Some(WarningCode::TimeReplaced),
        _ => None,
    };
    let context = &event.context;
    let marked = |key: &str, code| context.contains_key(key).then_some(code);
    let junk = || JUNK.iter().any(|it| context.contains_key(*it));
    [
        time,
        marked("late", WarningCode::Late),
        marked("violations", WarningCode::OperationWrong),
        junk().then_some(WarningCode::IdBlocked),
    ]
    .into_iter()
    .flatten()
}

const JUNK: [&str; 3] = ["junk_user_id", "junk_device_id", "junk_previous_id"];

/// What a mark says, for a person.
pub(super) fn detail_of(code: WarningCode, event: &Event) -> String {
    let number = |key: &str| event.context.get(key).and_then(Value::as_i64);
    match code {
        WarningCode::ClockFixed => {
            let seconds = number("clock_error_ms").unwrap_or_default() / 1_000;
            format!("the device's clock is wrong by {seconds} s; the event was moved")
        }
        WarningCode::TimeReplaced => {
            "the event's own time cannot be; its arrival stands".to_owned()
        }
        WarningCode::Late => "the event is more than a year older than its arrival".to_owned(),
        WarningCode::OperationWrong => {
            let which = event.context.get("violations");
            format!(
                "operations were not as they should be: {}",
                which.unwrap_or(&Value::Null)
            )
        }
        WarningCode::IdBlocked => {
            let found = JUNK.iter().find_map(|it| event.context.get(*it));
            format!("{} is nobody's identifier", found.unwrap_or(&Value::Null))
        }
        other => other.name().to_owned(),
    }
}
