//! From the texts of a request to events, each a draft first; what is none is kept whole.

use gyre_model::Event;
use gyre_model::event::Rejection;
use serde_json::Value;

use crate::content;
use crate::draft::{Draft, Fault, Upload};
use crate::envelope::Envelope;

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
pub(crate) fn rejection(fault: Fault, raw: &str) -> Rejection {
    Rejection {
        reason: fault.reason.to_owned(),
        detail: fault.detail,
        raw: content::value(raw).unwrap_or_else(|_| Value::from(raw)),
    }
}
