//! One event of Mixpanel's.

use gyre_model::EventKind;
use serde_json::Value;

use crate::draft::{Draft, Fault};
use crate::fields::{self, Fields};
use crate::{context, super_properties};

/// Stands before a device's id where a distinct id is expected.
const DEVICE: &str = "$device:";

/// Reads one event; `token` is the one of the request's first event.
pub(super) fn draft(raw: &str, token: Option<&str>) -> Result<Draft, Fault> {
    let mut fields = Fields::read(raw)?;
    let mut draft = Draft::new(EventKind::Track);
    draft.name = fields.take_text(&["event"]);
    let mut properties = fields.take_map(&["properties"])?;
    check_token(properties.shift_remove("token").as_ref(), token)?;
    // a null says that there is nothing; which version sent the event later matters to nobody
    properties.retain(|name, value| !value.is_null() && name != "mp_sent_by_lib_version");
    let mut take = |name: &str| properties.shift_remove(name);
    draft.insert_id = take("$insert_id").as_ref().and_then(fields::text);
    draft.client_time = take("time").as_ref().and_then(fields::time);
    let ids = Ids {
        distinct: take("distinct_id"),
        user: take("$user_id"),
        device: take("$device_id"),
    };
    match draft.name.as_deref() {
        Some("$identify") => {
            draft.kind = EventKind::Identify;
            let user = take("$identified_id");
            let device = take("$anon_id").or_else(|| take("$anon_distinct_id"));
            draft.user_id = user.or(ids.user).or(ids.distinct);
            let device = device.or(ids.device).map(bare);
            draft.device_id = device.filter(|it| Some(it) != draft.user_id.as_ref());
        }
        Some("$create_alias") => {
            draft.kind = EventKind::Alias;
            ids.alias(take("alias"), &mut draft);
        }
        Some("$merge") => {
            merge(take("$distinct_ids"), &mut draft)?;
        }
        _ => ids.name(&mut draft),
    }
    let library = take("mp_lib").as_ref().and_then(fields::text);
    let address = take("ip").filter(is_address);
    let mut whole = super_properties::take(&mut properties);
    if let Some(library) = library {
        // it says `web`, `node` or `python`
        let library = Value::from(format!("mixpanel-{library}"));
        whole.insert("library_name".to_owned(), library);
    }
    whole.extend(address.map(|it| ("ip".to_owned(), it)));
    draft.properties = properties;
    draft.context = context::flatten(whole);
    for (key, value) in fields.rest() {
        context::put(&mut draft.context, &key, value);
    }
    Ok(draft)
}

/// The events of a request are of one project: what has another token is not mixed among them.
pub(super) fn check_token(own: Option<&Value>, first: Option<&str>) -> Result<(), Fault> {
    let own = own.and_then(fields::text);
    if own.is_none() || own.as_deref() == first {
        return Ok(());
    }
    let detail = "the token is not the one of the request's first event";
    Err(Fault::new("other-token", detail))
}

/// An address, and not `0` or `1`, which say whether to look at the connection's.
pub(super) fn is_address(value: &Value) -> bool {
    value.as_str().is_some_and(|it| it.contains(['.', ':']))
}

/// The identifiers of an event or a profile.
#[derive(Debug)]
pub(super) struct Ids {
    pub(super) distinct: Option<Value>,
    pub(super) user: Option<Value>,
    pub(super) device: Option<Value>,
}

impl Ids {
    /// Whether the distinct id is the device's.
    fn is_anonymous(&self) -> bool {
        let id = self.distinct.as_ref();
        id.is_some() && (id == self.device.as_ref() || id.is_some_and(is_device))
    }

    pub(super) fn name(self, draft: &mut Draft) {
        if self.is_anonymous() {
            draft.user_id = self.user;
            draft.device_id = self.device.or(self.distinct).map(bare);
        } else {
            draft.user_id = self.user.or(self.distinct);
            draft.device_id = self.device.map(bare);
        }
    }

    /// Which of two ids is the person's is seen by what is known of them when the event is applied, except that a
    /// device's is not.
    fn alias(self, alias: Option<Value>, draft: &mut Draft) {
        let is_anonymous = self.is_anonymous();
        let (user, previous) = if is_anonymous {
            (alias, self.distinct)
        } else {
            (self.distinct, alias)
        };
        draft.user_id = user;
        draft.previous_id = previous.map(bare);
    }
}

/// `{"$distinct_ids": [a, b]}`: two people who are one, or a device and whose it is.
fn merge(ids: Option<Value>, draft: &mut Draft) -> Result<(), Fault> {
    let Some(Value::Array(ids)) = ids else {
        let detail = "`$distinct_ids` is not a list of two identifiers";
        return Err(Fault::new("missing-previous-id", detail));
    };
    let Ok([first, second]) = <[Value; 2]>::try_from(ids) else {
        let detail = "`$distinct_ids` does not have two identifiers";
        return Err(Fault::new("missing-previous-id", detail));
    };
    let (user, previous) = if is_device(&first) {
        (second, first)
    } else {
        (first, second)
    };
    draft.kind = if is_device(&previous) {
        EventKind::Alias
    } else {
        EventKind::Merge
    };
    draft.user_id = Some(user);
    draft.previous_id = Some(bare(previous));
    Ok(())
}

fn is_device(id: &Value) -> bool {
    id.as_str().is_some_and(|it| it.starts_with(DEVICE))
}

/// A device's id without what marks it as one.
fn bare(id: Value) -> Value {
    match id.as_str().and_then(|it| it.strip_prefix(DEVICE)) {
        Some(bare) => Value::from(bare),
        None => id,
    }
}
