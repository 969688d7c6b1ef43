//! What the indexer does about an event beside taking it: holds the workspace's rules against it, keeps the ledger,
//! and collects what goes to quarantine and what leaves it.

use gyre_base::{Timestamp, WorkspaceId};
use gyre_collect::ledger::WarningCode;
use gyre_collect::{Envelope, Ledger};
use gyre_identity::Warning;
use gyre_log::Position;
use gyre_meta::{Meta, MetaError, Quarantined};
use gyre_model::event::Rejection;
use gyre_model::plan::omit;
use gyre_model::{Event, EventKind};
use serde_json::Value;

use super::rules::Rules;

/// Reason of events whose name is blocked.
pub(crate) const BLOCKED: &str = "blocked";
/// Reason of events that the tracking plan keeps out.
pub(crate) const PLAN: &str = "plan";
/// Refused events written to quarantine at once.
const QUARANTINE_BATCH: usize = 1_000;

/// What one part of the log does to quarantine.
#[derive(Debug, Default)]
pub(crate) struct QuarantineChange {
    /// Events that go in.
    rows: Vec<Quarantined>,
    /// Ids of events that were let in.
    let_in: Vec<String>,
    /// Events that were tried again and are still refused: (id, reason, detail).
    still: Vec<(String, String, String)>,
}

/// Where an event comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) dialect: &'a str,
    /// The instant whose rules hold.
    pub(crate) at: Timestamp,
    /// Id in quarantine, if it is tried again.
    pub(crate) again: Option<&'a str>,
    /// Whether it had been read when it was refused.
    pub(crate) was_read: bool,
}

impl Origin<'_> {
    /// The day of this instant is when the event's id was seen: repeats are counted from then on.
    pub(crate) fn counted_at(&self, event: &Event) -> Timestamp {
        if self.again.is_some() {
            self.at
        } else {
            event.received_at
        }
    }
}

/// Holds the rules against an event: as it may count, or why it may not.
pub(crate) fn judge(
    rules: &Rules,
    ledger: &mut Ledger,
    mut event: Event,
    origin: Origin<'_>,
) -> Result<Event, Rejection> {
    // our own events are the record of what was sent; nobody's plan keeps them out
    if event.kind == EventKind::Internal {
        return Ok(event);
    }
    if rules.is_blocked(&event.name, origin.at) {
        let detail = format!("the event `{}` is blocked", event.name);
        return Err(kept_out(&event, BLOCKED, detail));
    }
    let blocked: Vec<String> = rules
        .blocked_properties(&event.name, origin.at)
        .filter(|it| event.properties.contains_key(*it))
        .map(str::to_owned)
        .collect();
    for property in blocked {
        omit(&mut event, &property);
        ledger.warn(WarningCode::PropertyDropped, &event, origin.dialect, || {
            format!("the property `{property}` is blocked")
        });
    }
    let Some(plan) = rules.plan(origin.at) else {
        return Ok(event);
    };
    if !plan.concerns(&event) {
        return Ok(event);
    }
    let mut judgement = plan.check(&event);
    if judgement.findings.is_empty() {
        plan.act(&mut event, &mut judgement);
        return Ok(event);
    }
    let before = event.clone();
    plan.act(&mut event, &mut judgement);
    ledger.violations.note(&before, &judgement, origin.at);
    if !judgement.is_planned {
        ledger.warn(WarningCode::Unplanned, &before, origin.dialect, || {
            "the event is not in the tracking plan".to_owned()
        });
    }
    if let Some(detail) = judgement.blocked {
        return Err(kept_out(&before, PLAN, detail));
    }
    if !judgement.omitted.is_empty() {
        let names = judgement.omitted.join("`, `");
        ledger.warn(
            WarningCode::PropertyDropped,
            &before,
            origin.dialect,
            || format!("the tracking plan takes out `{names}`"),
        );
    }
    Ok(event)
}

/// Kept whole as it was read: its own record may be gone when it is let in.
fn kept_out(event: &Event, reason: &str, detail: String) -> Rejection {
    Rejection {
        reason: reason.to_owned(),
        detail,
        raw: serde_json::to_value(event).unwrap_or(Value::Null),
    }
}

/// The warning that linking people gave.
pub(crate) fn warning_of(warning: Warning) -> (WarningCode, &'static str) {
    match warning {
        Warning::AliasOfTwoUsers => (
            WarningCode::AliasOfTwoUsers,
            "an alias names two known users; only a merge joins those",
        ),
        Warning::TooManyDevices => (
            WarningCode::TooManyDevices,
            "the person has too many devices to take another",
        ),
        Warning::TooManyDevicesInAWeek => (
            WarningCode::TooManyDevicesInAWeek,
            "the person took more new devices within a week than the workspace allows",
        ),
        Warning::BlockedIdentifier => (
            WarningCode::IdBlocked,
            "the workspace blocks this identifier; the event is nobody's that is known",
        ),
        Warning::Bot => (
            WarningCode::Bot,
            "the sender is a bot: its identifiers are kept and link nobody",
        ),
        Warning::Suppressed => (
            WarningCode::Suppressed,
            "the person was deleted and is not to be seen; the event is left out",
        ),
    }
}

impl QuarantineChange {
    /// An event that was tried again counts now, or has counted before.
    pub(crate) fn let_in(&mut self, id: &str) {
        self.let_in.push(id.to_owned());
    }

    /// An event is refused, by its reader or, if it was read, by a rule. The row of one that is tried again stays.
    pub(crate) fn refuse(
        &mut self,
        envelope: &Envelope,
        (position, index): (Position, usize),
        is_read: bool,
        origin: Origin<'_>,
        rejection: Rejection,
    ) {
        let Some(id) = origin.again else {
            self.rows.push(Quarantined {
                id: format!("{:020}-{index}", position.0),
                received_at: envelope.received_at,
                dialect: envelope.dialect.clone(),
                reason: rejection.reason,
                detail: rejection.detail,
                raw: rejection.raw.to_string(),
            });
            return;
        };
        // a row's reason says whether it holds what arrived or what was read, so it changes only among its like
        if is_read == origin.was_read {
            self.still
                .push((id.to_owned(), rejection.reason, rejection.detail));
        }
    }

    /// Writes it. Doing so twice is doing it once, so it may come before the position is committed.
    pub(crate) async fn write(self, meta: &Meta, workspace: WorkspaceId) -> Result<(), MetaError> {
        for batch in self.rows.chunks(QUARANTINE_BATCH) {
            meta.quarantine_insert(workspace, batch).await?;
        }
        if !self.let_in.is_empty() {
            meta.quarantine_delete(workspace, &self.let_in).await?;
        }
        if !self.still.is_empty() {
            meta.quarantine_rename(workspace, &self.still).await?;
        }
        Ok(())
    }
}
