//! A body of PostHog's, read as far as its list of events.

use gyre_base::Timestamp;
use gyre_base::limits::BODY_BYTES_MAX;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::incoming::Incoming;
use crate::payload::{Payload, PayloadError};
use crate::{content, fields};

/// What a body that was accepted may inflate to when it is read again.
pub(super) const BYTES_MAX: usize = BODY_BYTES_MAX;

/// The parts of a body outside its events, and of an event that is sent alone.
#[derive(Debug, Default, Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    api_key: Option<&'a RawValue>,
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow, rename = "$token")]
    dollar_token: Option<&'a RawValue>,
    #[serde(borrow, rename = "writeKey")]
    write_key: Option<&'a RawValue>,
    #[serde(borrow)]
    batch: Option<&'a RawValue>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow)]
    sent_at: Option<&'a RawValue>,
    #[serde(borrow)]
    created_at: Option<&'a RawValue>,
    #[serde(borrow)]
    historical_migration: Option<&'a RawValue>,
}

impl Body<'_> {
    fn key_beside(&self) -> Option<String> {
        let beside = [self.api_key, self.token, self.dollar_token];
        beside.into_iter().find_map(|it| text(it?))
    }

    /// The key beside the events, or in the properties of a single one.
    fn key(&self) -> Option<String> {
        self.key_beside().or_else(|| {
            let inside: Body<'_> = serde_json::from_str(self.properties?.get()).ok()?;
            let inside = [inside.token, inside.api_key];
            inside.into_iter().find_map(|it| text(it?))
        })
    }
}

/// Where a body has its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum KeyPlace {
    /// In an event, or nowhere.
    #[default]
    Inside,
    /// Beside the events, under PostHog's name for it.
    Beside,
    /// Beside the events, under Segment's name.
    Segments,
}

#[derive(Debug, Default)]
pub(super) struct Opened<'a> {
    pub(super) key: Option<String>,
    pub(super) sent_at: Option<Timestamp>,
    pub(super) is_historical: bool,
    /// Whether the events stand in a list called `batch`.
    pub(super) is_batch: bool,
    pub(super) key_place: KeyPlace,
    pub(super) events: Vec<&'a str>,
}

/// Unwraps a body and hands over what is in it.
pub(super) fn with<T>(
    body: &[u8],
    bytes_max: usize,
    then: impl FnOnce(&Opened<'_>) -> T,
) -> Result<T, PayloadError> {
    let payload = Payload::read(body, bytes_max)?;
    let mut opened = open(&payload.json).ok_or(PayloadError::Unreadable)?;
    if opened.key.is_none() {
        let beside = ["api_key", "token"].iter().find_map(|it| payload.form(it));
        opened.key = beside.map(str::to_owned);
        if beside.is_some() {
            opened.key_place = KeyPlace::Beside;
        }
    }
    Ok(then(&opened))
}

fn open(json: &str) -> Option<Opened<'_>> {
    if let Some(events) = content::list(json) {
        let events: Vec<&str> = events.into_iter().map(RawValue::get).collect();
        return Some(Opened {
            key: key_inside(&events),
            events,
            ..Opened::default()
        });
    }
    let body: Body<'_> = serde_json::from_str(json).ok()?;
    let time = |raw: Option<&RawValue>| fields::time(&content::value(raw?.get()).ok()?);
    let is_historical = |raw: &RawValue| content::value(raw.get()).ok() == Some(Value::Bool(true));
    let events = match body.batch {
        Some(batch) => {
            let events = content::list(batch.get())?;
            events.into_iter().map(RawValue::get).collect()
        }
        None => vec![json],
    };
    let key = body.key().or_else(|| key_inside(&events));
    Some(Opened {
        key,
        sent_at: time(body.sent_at).or_else(|| time(body.created_at)),
        is_historical: body.historical_migration.is_some_and(is_historical),
        is_batch: body.batch.is_some(),
        key_place: match (body.key_beside(), body.write_key) {
            (Some(_), _) => KeyPlace::Beside,
            (None, Some(_)) => KeyPlace::Segments,
            (None, None) => KeyPlace::Inside,
        },
        events,
    })
}

/// The key in the first event that has one.
fn key_inside(events: &[&str]) -> Option<String> {
    let mut events = events.iter();
    events.find_map(|it| serde_json::from_str::<Body<'_>>(it).ok()?.key())
}

fn text(raw: &RawValue) -> Option<String> {
    fields::text(&content::value(raw.get()).ok()?)
}

/// The browser library writes the instant of each try into the parameter `_`, in milliseconds.
pub(super) fn sent_at_of_query(incoming: &Incoming) -> Option<Timestamp> {
    fields::time(&Value::String(incoming.query_param("_")?))
}
