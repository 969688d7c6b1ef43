//! The step from a dialect's reading of an event to the event itself: ids, limits, time, reserved properties.

use gyre_base::Timestamp;
use gyre_base::limits::{ID_BYTES_MAX, NAME_BYTES_MAX, PROPERTIES_MAX};
use gyre_model::people::is_junk_id;
use gyre_model::{Event, EventKind, PropOp, TimeQuality};
use serde_json::{Map, Value};

use crate::envelope::Envelope;
use crate::event_time::first_reading;
use crate::{context, fields, ops};

/// Why an event is not one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Stable kebab-case name.
    pub(crate) reason: &'static str,
    /// For a person.
    pub(crate) detail: String,
}

impl Fault {
    pub(crate) fn new(reason: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { reason, detail }
    }
}

/// What the events of one request have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upload<'a> {
    pub(crate) envelope: &'a Envelope,
    /// When the client says it sent the request.
    pub(crate) sent_at: Option<Timestamp>,
    /// Whether this is an import of history.
    pub(crate) is_historical: bool,
}

/// An event as a dialect reads it.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) kind: EventKind,
    pub(crate) name: Option<String>,
    pub(crate) user_id: Option<Value>,
    pub(crate) device_id: Option<Value>,
    pub(crate) previous_id: Option<Value>,
    pub(crate) insert_id: Option<String>,
    pub(crate) client_time: Option<Timestamp>,
    /// The event's own upload time, where it has one.
    pub(crate) sent_at: Option<Timestamp>,
    /// Whether the dialect knows the time to be exact.
    pub(crate) is_exact: bool,
    /// Whether the event alone is an import of history.
    pub(crate) is_historical: bool,
    /// The client's counter; where it has none, the place in the request, which is the order it was made in.
    pub(crate) client_seq: Option<i64>,
    pub(crate) session_id: Option<i64>,
    pub(crate) properties: Map<String, Value>,
    pub(crate) context: Map<String, Value>,
    pub(crate) user_ops: Vec<PropOp>,
    pub(crate) groups: Vec<(String, String)>,
}

impl Draft {
    pub(crate) fn new(kind: EventKind) -> Self {
        Self {
            kind,
            name: None,
            user_id: None,
            device_id: None,
            previous_id: None,
            insert_id: None,
            client_time: None,
            sent_at: None,
            is_exact: false,
            is_historical: false,
            client_seq: None,
            session_id: None,
            properties: Map::new(),
            context: Map::new(),
            user_ops: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Makes the event, or says why it is not one.
    pub(crate) fn finish(mut self, upload: &Upload<'_>) -> Result<Event, Fault> {
        let name = self.name.take().filter(|it| !it.trim().is_empty());
        let name = name.ok_or_else(|| Fault::new("missing-event-name", "the event has no name"))?;
        within("event name", &name, NAME_BYTES_MAX, "name-too-long")?;

        let user_id = self.user_id.take();
        let user_id = identifier(user_id, "junk_user_id", &mut self.context)?;
        let from_header = || upload.envelope.hints.device_id.clone().map(Value::from);
        let device_id = self.device_id.take();
        let device_id = device_id.or_else(|| from_header().filter(|_| user_id.is_none()));
        let device_id = identifier(device_id, "junk_device_id", &mut self.context)?;
        let previous_id = self.previous_id.take();
        let previous_id = identifier(previous_id, "junk_previous_id", &mut self.context)?;
        // a group has properties of its own, whoever sent them
        let needs_person = self.kind != EventKind::Group;
        if needs_person && user_id.is_none() && device_id.is_none() {
            let detail = "the event has neither a user id nor a device id that could be a person's";
            return Err(Fault::new("missing-user", detail));
        }
        let previous_id = match self.kind {
            EventKind::Alias | EventKind::Merge => {
                other_of(self.kind, user_id.as_ref(), device_id.as_ref(), previous_id)?
            }
            _ => previous_id,
        };
        if let Some(insert_id) = &self.insert_id {
            within("insert id", insert_id, ID_BYTES_MAX, "id-too-long")?;
        }
        let user_ops = ops::with_reserved(self.user_ops);
        check_counts(&self.properties, &user_ops, &self.groups)?;

        let violations = ops::violations(&user_ops);
        if !violations.is_empty() {
            self.context
                .insert("violations".to_owned(), Value::from(violations));
        }
        let is_server = context::is_server_library(&self.context);
        locate(&mut self.context, upload.envelope, is_server);
        let received_at = upload.envelope.received_at;
        let quality = if self.is_historical || upload.is_historical {
            TimeQuality::History
        } else if self.is_exact || is_server {
            TimeQuality::Exact
        } else {
            TimeQuality::Device
        };
        let (time, time_quality) = first_reading(self.client_time, received_at, quality);
        let sent_at = self.sent_at.or(upload.sent_at);
        Ok(Event {
            kind: self.kind,
            name,
            user_id,
            device_id,
            previous_id,
            insert_id: self.insert_id,
            time,
            time_quality,
            client_time: self.client_time,
            sent_at: sent_at.or(upload.envelope.hints.sent_at),
            received_at,
            client_seq: self.client_seq.unwrap_or(0),
            session_id: self.session_id,
            properties: self.properties,
            context: self.context,
            user_ops,
            groups: self.groups,
        })
    }
}

/// An id as text. A placeholder is none: its text goes into the context, where it can be found.
fn identifier(
    value: Option<Value>,
    junk_key: &str,
    context: &mut Map<String, Value>,
) -> Result<Option<String>, Fault> {
    let Some(mut value) = value else {
        return Ok(None);
    };
    let id = match &value {
        Value::String(it) if it.trim().is_empty() => return Ok(None),
        Value::String(_) | Value::Number(_) => fields::text(&value),
        _ => None,
    };
    match id {
        Some(id) if !is_junk_id(&id) => {
            within("identifier", &id, ID_BYTES_MAX, "id-too-long")?;
            Ok(Some(id))
        }
        _ => {
            value.sort_all_objects();
            let mut text = fields::text(&value).unwrap_or_else(|| value.to_string());
            text.truncate(text.floor_char_boundary(ID_BYTES_MAX));
            context.insert(junk_key.to_owned(), Value::String(text));
            Ok(None)
        }
    }
}

/// The other identifier of an alias or a merge; none where it is the same one twice, which links nothing.
///
/// An alias that names only one is about its device.
fn other_of(
    kind: EventKind,
    user_id: Option<&String>,
    device_id: Option<&String>,
    previous_id: Option<String>,
) -> Result<Option<String>, Fault> {
    let is_alias = kind == EventKind::Alias;
    let from_device = || user_id.and(device_id).filter(|_| is_alias).cloned();
    let Some(previous_id) = previous_id.or_else(from_device) else {
        let what = if is_alias { "an alias" } else { "a merge" };
        let detail = format!("{what} names two identifiers");
        return Err(Fault::new("missing-previous-id", detail));
    };
    // analytics.js sends `alias(a, a)`
    Ok((user_id.or(device_id) != Some(&previous_id)).then_some(previous_id))
}

fn within(what: &str, text: &str, bytes_max: usize, reason: &'static str) -> Result<(), Fault> {
    if text.len() <= bytes_max {
        return Ok(());
    }
    let detail = format!(
        "{what} of {} bytes is over the limit of {bytes_max}",
        text.len()
    );
    Err(Fault::new(reason, detail))
}

fn check_counts(
    properties: &Map<String, Value>,
    user_ops: &[PropOp],
    groups: &[(String, String)],
) -> Result<(), Fault> {
    for count in [properties.len(), user_ops.len(), groups.len()] {
        if count > PROPERTIES_MAX {
            let detail = format!("{count} properties are over the limit of {PROPERTIES_MAX}");
            return Err(Fault::new("too-many-properties", detail));
        }
    }
    let op_keys = user_ops.iter().map(|it| &it.key);
    for key in properties.keys().chain(op_keys) {
        within("property name", key, NAME_BYTES_MAX, "name-too-long")?;
    }
    for (group_type, key) in groups {
        within("group type", group_type, NAME_BYTES_MAX, "name-too-long")?;
        within("group key", key, ID_BYTES_MAX, "id-too-long")?;
    }
    Ok(())
}

/// Fills in the address and the browser from the connection, where that is the person's own.
fn locate(context: &mut Map<String, Value>, envelope: &Envelope, is_server: bool) {
    let is_asked = context.get("ip").is_some_and(|it| it == "$remote");
    let browser = envelope
        .user_agent
        .as_deref()
        .filter(|it| it.starts_with("Mozilla/"));
    let is_direct = !is_server && browser.is_some() && !context.contains_key("ip");
    if is_asked || is_direct {
        // a dual-stack socket names an IPv4 peer `::ffff:203.0.113.7`
        match envelope.peer_ip.map(|it| it.to_canonical()) {
            Some(ip) => context.insert("ip".to_owned(), Value::String(ip.to_string())),
            None => context.remove("ip"),
        };
    }
    if let Some(browser) = browser.filter(|_| !is_server)
        && !context.contains_key("user_agent")
    {
        context.insert("user_agent".to_owned(), Value::from(browser));
    }
}
