//! Who an object of Braze's is about.
//!
//! An `external_id` is a user. Every other identifier is a device of a name that says what it is
//! (`alias:<label>:<name>`, `email:…`, `phone:…`, `braze_id:…`): a profile of its own until `/users/identify`
//! or an object with both says whose it is.

use serde_json::Value;

use crate::draft::Fault;
use crate::fields::{self, Fields};

/// Identifiers of one object.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) user: Option<String>,
    pub(super) device: Option<String>,
}

impl Ids {
    /// Takes the identifiers out of an object. `email` and `phone` stay where they are properties as well.
    pub(super) fn take(fields: &mut Fields) -> Result<Self, Fault> {
        let user = fields.take_text(&["external_id"]);
        let alias = alias_of(fields.take(&["user_alias"]).as_ref())?;
        let braze_id = fields.take_text(&["braze_id"]);
        let device = alias.or(braze_id.map(|it| format!("braze_id:{it}")));
        if user.is_some() || device.is_some() {
            return Ok(Self { user, device });
        }
        let named = |kind: &str| {
            let id = fields.get(kind).and_then(fields::text)?;
            Some(format!("{kind}:{}", id.trim().to_lowercase()))
        };
        match named("email").or_else(|| named("phone")) {
            Some(device) => Ok(Self {
                user: None,
                device: Some(device),
            }),
            None => Err(missing()),
        }
    }

    /// Takes the identifiers out of an object that has nothing else.
    pub(super) fn take_all(fields: &mut Fields) -> Result<Self, Fault> {
        let ids = Self::take(fields)?;
        fields.take(&["email"]);
        fields.take(&["phone"]);
        Ok(ids)
    }

    /// The identifiers of an object within another.
    pub(super) fn within(fields: &mut Fields, name: &str) -> Result<Self, Fault> {
        let object = fields.take_map(&[name])?;
        if object.is_empty() {
            let detail = format!("'{name}' is required");
            return Err(Fault::new("missing-user", detail));
        }
        Self::take(&mut Fields::of(object))
    }

    /// The identifier that names the profile.
    pub(super) fn one(self) -> Option<String> {
        self.user.or(self.device)
    }
}

pub(super) fn missing() -> Fault {
    let detail = "'external_id' or 'user_alias' or 'braze_id' or 'email' or 'phone' is required";
    Fault::new("missing-user", detail)
}

/// The device of `{"alias_name", "alias_label"}`.
pub(super) fn alias_of(alias: Option<&Value>) -> Result<Option<String>, Fault> {
    let Some(alias) = alias else {
        return Ok(None);
    };
    let told = |key: &str| alias.get(key).and_then(fields::text);
    match (told("alias_label"), told("alias_name")) {
        (Some(label), Some(name)) => Ok(Some(named(&label, &name))),
        _ => Err(Fault::new(
            "missing-user",
            "a user alias has 'alias_name' and 'alias_label'",
        )),
    }
}

/// The device of an alias.
pub(super) fn named(label: &str, name: &str) -> String {
    format!("alias:{label}:{name}")
}
