//! From a record of the log to events: pure, deterministic, and total.

use gyre_model::Event;
use gyre_model::event::Rejection;
use serde_json::Value;

use crate::content;
use crate::dialects;
use crate::draft::{Draft, Fault, Upload};
use crate::envelope::Envelope;

/// Reads the events of one request, in the order they were sent; what is not an event is a [`Rejection`].
///
/// The outcome depends on the envelope alone: replaying the log gives the same events again.
pub fn parse(envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
    match dialects::named(&envelope.dialect) {
        Some(dialect) => dialect.parse(envelope),
        None => vec![Err(rejection(
            Fault::new(
                "unknown-dialect",
                format!("no dialect is called `{}`", envelope.dialect),
            ),
            &String::from_utf8_lossy(&envelope.body),
        ))],
    }
}

/// Reads each text as one event.
pub(crate) fn each<T: AsRef<str>>(
    raws: &[T],
    upload: &Upload<'_>,
    mut draft: impl FnMut(&str) -> Result<Draft, Fault>,
) -> Vec<Result<Event, Rejection>> {
    raws.iter()
        .map(AsRef::as_ref)
        .enumerate()
        .map(|(idx, raw)| {
            let outcome = draft(raw).and_then(|mut draft| {
                draft.client_seq.get_or_insert(idx as i64);
                draft.finish(upload)
            });
            outcome.map_err(|fault| rejection(fault, raw))
        })
        .collect()
}

/// The whole request as one rejection: it was readable when it was accepted, so this is a replay of a body
/// that an older version understood.
pub(crate) fn unreadable(envelope: &Envelope) -> Vec<Result<Event, Rejection>> {
    let fault = Fault::new("unreadable-body", "the body is not what its endpoint takes");
    let raw = String::from_utf8_lossy(&envelope.body);
    vec![Err(rejection(fault, &raw))]
}

/// Keeps the event whole: as JSON where it is JSON, else as text.
fn rejection(fault: Fault, raw: &str) -> Rejection {
    Rejection {
        reason: fault.reason.to_owned(),
        detail: fault.detail,
        raw: content::value(raw).unwrap_or_else(|_| Value::from(raw)),
    }
}
