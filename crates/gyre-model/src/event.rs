//! One event as every part of the product sees it, whatever dialect it arrived in.

use gyre_base::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a call was. Calls that only set properties are not acts of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Something happened.
    Track,
    /// Properties of a person.
    Identify,
    /// Properties of a group, or membership in one.
    Group,
    /// Two identifiers belong together.
    Alias,
    /// A request that two people, each known by an identifier, be one.
    Merge,
    /// A request that takes a merge back.
    Unmerge,
    /// A request to delete a person.
    Delete,
    /// One of our own: message and campaign events.
    Internal,
}

/// Operation on one property of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PropOpKind {
    /// Overwrite.
    Set,
    /// Write if absent; the earliest by event time wins.
    SetOnce,
    /// Numeric add; absent is 0.
    Add,
    /// To the end of a list, duplicates kept.
    Append,
    /// To the front of a list, duplicates kept.
    Prepend,
    /// To the front unless there.
    PreInsert,
    /// To the end unless there.
    PostInsert,
    /// Remove all equal values.
    Remove,
    /// Delete the property.
    Unset,
    /// Delete every property.
    ClearAll,
    /// To the end of a list unless there; the list has each value once.
    Union,
    /// To the end of a list, taken from where they stood before; the list has each value once.
    MoveToEnd,
    /// Merge an object into the property, level by level; null deletes a key.
    MergeObject,
    /// Overwrite those objects of a list that match: operands `{"$identifier_key", "$identifier_value", "$new_object"}`.
    UpdateItems,
    /// Like [`PropOpKind::UpdateItems`], but merge into the objects.
    MergeItems,
    /// Remove those objects of a list that match: operands `{"$identifier_key", "$identifier_value"}`.
    RemoveItems,
}

/// Whose word an event's time is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeQuality {
    /// A clock that is right: a server's, or our own.
    #[default]
    Exact,
    /// An import of history: the time it was given.
    History,
    /// A device's clock, believed.
    Device,
    /// A device's clock that is wrong, moved by its error.
    Corrected,
    /// Ours: there was no time, or none that can be.
    Arrival,
}

/// One operation of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PropOp {
    /// What to do.
    pub op: PropOpKind,
    /// Property; empty for [`PropOpKind::ClearAll`].
    pub key: String,
    /// Operand; null for [`PropOpKind::Unset`] and [`PropOpKind::ClearAll`].
    pub value: Value,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What the call was.
    pub kind: EventKind,
    /// Event name, verbatim; `$identify` and its like for property calls.
    pub name: String,
    /// Identifier of a known user, verbatim.
    pub user_id: Option<String>,
    /// Device or anonymous id, verbatim.
    pub device_id: Option<String>,
    /// The other identifier of an alias call.
    pub previous_id: Option<String>,
    /// The sender's id of this event; repeats within seven days are dropped.
    pub insert_id: Option<String>,
    /// When it happened, derived from the three below.
    pub time: Timestamp,
    /// Whose word that is.
    #[serde(default)]
    pub time_quality: TimeQuality,
    /// When the device says it happened.
    pub client_time: Option<Timestamp>,
    /// When the device says it sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// When it reached us.
    pub received_at: Timestamp,
    /// The client's counter, 0 if it has none; orders events of one millisecond.
    pub client_seq: i64,
    /// The client's session; `-1` is out of session.
    pub session_id: Option<i64>,
    /// Properties of the event.
    pub properties: Map<String, Value>,
    /// Where it happened: `platform`, `os_name`, `country`, `utm_source` and the like, flat.
    pub context: Map<String, Value>,
    /// Operations on the person's properties, in order.
    pub user_ops: Vec<PropOp>,
    /// Groups the person acts for: (type, key).
    pub groups: Vec<(String, String)>,
}

impl Event {
    /// An event of this name and time with nothing else.
    pub fn new(kind: EventKind, name: impl Into<String>, time: Timestamp) -> Self {
        Self {
            kind,
            name: name.into(),
            user_id: None,
            device_id: None,
            previous_id: None,
            insert_id: None,
            time,
            time_quality: TimeQuality::Exact,
            client_time: None,
            sent_at: None,
            received_at: time,
            client_seq: 0,
            session_id: None,
            properties: Map::new(),
            context: Map::new(),
            user_ops: Vec::new(),
            groups: Vec::new(),
        }
    }
}

/// An event that could not be understood, kept whole for replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// Stable reason: `missing-event-name`, `missing-user`, `not-an-object` and the like.
    pub reason: String,
    /// What is wrong, for a person.
    pub detail: String,
    /// The event as it arrived.
    pub raw: Value,
}
