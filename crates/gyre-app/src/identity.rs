//! Who is who, by hand: merges and their undoing, deletions, why identifiers are linked, and a workspace's rules.
//!
//! Every change is an event of the log, so that it takes effect once and in order, whatever ends the process.

use gyre_identity::{IdentityRules, LinkId, LinkRule, Warning};
pub use gyre_identity::{LinkView, MergePreview, MergeSide};
use gyre_meta::IdentitySettings;
use gyre_model::people::NodeKind;
use gyre_model::{Event, EventKind, FieldError};
use serde_json::Value;
use uuid::Uuid;

use crate::engine::identity::{
    DEVICE_RULES, PROFILE_RULES, default_settings, named, patterns, rules,
};
use crate::engine::person_token;
use crate::{App, AppError, CanAdmin, CanRead, CanWrite};

/// Longest reason that is kept, in characters.
const REASON_CHARS_MAX: usize = 1_000;
/// Most new devices of one person in a week that a workspace may set; beyond it there is the bound of a person.
const DEVICES_PER_WEEK_MAX: u64 = 500;

/// A merge that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeRequest {
    /// Who is to be a part of somebody else: user id, device id or token.
    pub from: String,
    /// Whom: user id, device id or token.
    pub into: String,
    /// Why.
    pub reason: String,
    /// Whether properties only fill in what the other lacks.
    pub fills_missing: bool,
    /// Whether only to say what would happen.
    pub is_dry_run: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The link, unless nothing was to be linked or it was only asked.
    pub link: Option<LinkId>,
    /// The person, as they are to be found.
    pub person: String,
    /// Counts before and after.
    pub preview: MergePreview,
}

/// A workspace's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesChange {
    /// Whose a device is between two users; `None` keeps.
    pub device_rule: Option<String>,
    /// Which of two values wins; `None` keeps.
    pub profile_rule: Option<String>,
    /// Most new devices of one person within seven days, 0 for no limit; `None` keeps.
    pub devices_per_week: Option<u64>,
    /// Patterns of identifiers that are nobody's; `None` keeps.
    pub blocked: Option<Vec<String>>,
}

/// A workspace's rules as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whose a device is between two users.
    pub device_rule: String,
    /// Which of two values wins.
    pub profile_rule: String,
    /// Most new devices of one person within seven days.
    pub devices_per_week: Option<u64>,
    /// Patterns of identifiers that are nobody's.
    pub blocked: Vec<String>,
}

impl App {
    /// Makes two people one, or says what that would do.
    pub async fn person_merge(
        &self,
        access: &CanWrite,
        request: &MergeRequest,
    ) -> Result<Merged, AppError> {
        let workspace = access.workspace();
        let reason = checked_reason(&request.reason)?;
        let from = self.person_here(access.as_read(), &request.from)?;
        let Some(into) = self.engine.find_person(workspace, &request.into) else {
            return Err(FieldError::new("/into", "is nobody in this workspace").into());
        };
        let rule = if request.fills_missing {
            LinkRule::MergeFill
        } else {
            LinkRule::Merge
        };
        let snapshot = self.engine.snapshot(workspace);
        let preview = {
            let people = snapshot.people.read();
            people.merge_preview(&snapshot.map, (from, into), rule)
        };
        if let Some(why) = preview.refused {
            return Err(refused(why));
        }
        if request.is_dry_run || from == into {
            let person = person_token(into);
            let link = None;
            return Ok(Merged {
                link,
                person,
                preview,
            });
        }
        let mut event = self.request_about(workspace, access.user(), EventKind::Merge, into)?;
        let (kind, previous) = self.name_of(workspace, from)?;
        event.previous_id = Some(previous);
        put(&mut event, "previous_kind", kind_name(kind));
        put(&mut event, "reason", &reason);
        if request.fills_missing {
            put(&mut event, "mode", "fill_missing");
        }
        let id = event.insert_id.clone().unwrap_or_default();
        self.engine.request(workspace, event).await?;
        let snapshot = self.engine.snapshot(workspace);
        let people = snapshot.people.read();
        if let Some(why) = people.refusal_by_event(&id) {
            return Err(refused(why));
        }
        Ok(Merged {
            link: people.link_by_event(&id),
            person: person_token(snapshot.map.person(into, i64::MAX)),
            preview,
        })
    }

    /// Takes a link back.
    pub async fn link_undo(&self, access: &CanWrite, id: &str) -> Result<(), AppError> {
        let workspace = access.workspace();
        let missing = || AppError::not_found("link", id);
        let link = LinkId::parse(id).ok_or_else(missing)?;
        {
            let snapshot = self.engine.snapshot(workspace);
            if !snapshot.people.read().can_undo(link) {
                return Err(missing());
            }
        }
        let mut event = self.new_request(EventKind::Unmerge);
        put(&mut event, "link", &link.to_string());
        put(&mut event, "actor", &actor(access.user()));
        Ok(self.engine.request(workspace, event).await?)
    }

    /// Why a person's identifiers are linked, and why others are not: oldest first.
    pub fn person_links(&self, access: &CanRead, id: &str) -> Result<Vec<LinkView>, AppError> {
        let person = self.person_here(access, id)?;
        let snapshot = self.engine.snapshot(access.workspace());
        let people = snapshot.people.read();
        Ok(people.links_of(&snapshot.map, person))
    }

    /// Deletes a person: nothing of theirs is read any more. With `suppress`, who comes back with one of their
    /// identifiers is nobody for thirty days.
    pub async fn person_delete(
        &self,
        access: &CanWrite,
        id: &str,
        suppress: bool,
    ) -> Result<(), AppError> {
        let workspace = access.workspace();
        let person = self.person_here(access.as_read(), id)?;
        let mut event = self.request_about(workspace, access.user(), EventKind::Delete, person)?;
        event
            .properties
            .insert("suppress".to_owned(), Value::Bool(suppress));
        Ok(self.engine.request(workspace, event).await?)
    }

    /// The workspace's rules.
    pub async fn identity_rules_get(&self, access: &CanRead) -> Result<Rules, AppError> {
        let workspace = access.workspace();
        let found = self.meta.identity_settings_get(workspace).await?;
        Ok(shown(&found.unwrap_or_else(|| default_settings(workspace))))
    }

    /// Changes the workspace's rules. Whose devices are is decided anew at once; what was blocked or refused before
    /// is not taken up again.
    pub async fn identity_rules_update(
        &self,
        access: &CanAdmin,
        change: RulesChange,
    ) -> Result<Rules, AppError> {
        let workspace = access.workspace();
        let found = self.meta.identity_settings_get(workspace).await?;
        let mut settings = found.unwrap_or_else(|| default_settings(workspace));
        if let Some(name) = change.device_rule {
            check_name("/device_rule", DEVICE_RULES, &name)?;
            settings.device_rule = name;
        }
        if let Some(name) = change.profile_rule {
            check_name("/profile_rule", PROFILE_RULES, &name)?;
            settings.profile_rule = name;
        }
        if let Some(most) = change.devices_per_week {
            if most > DEVICES_PER_WEEK_MAX {
                let detail = format!("is over {DEVICES_PER_WEEK_MAX}");
                return Err(FieldError::new("/devices_per_week", detail).into());
            }
            settings.devices_per_week = Some(most).filter(|it| *it > 0);
        }
        if let Some(blocked) = change.blocked {
            let checked = IdentityRules::default().block(&blocked);
            if let Err((place, detail)) = checked {
                return Err(FieldError::new(format!("/blocked/{place}"), detail).into());
            }
            settings.blocked = Value::from(blocked).to_string();
        }
        settings.updated_at = self.clock.now();
        self.meta.identity_settings_put(&settings).await?;
        self.engine
            .set_identity_rules(workspace, rules(&settings))
            .await;
        Ok(shown(&settings))
    }

    fn person_here(&self, access: &CanRead, id: &str) -> Result<u32, AppError> {
        let found = self.engine.find_person(access.workspace(), id);
        found.ok_or_else(|| AppError::not_found("person", id))
    }

    fn name_of(
        &self,
        workspace: gyre_base::WorkspaceId,
        person: u32,
    ) -> Result<(NodeKind, String), AppError> {
        let snapshot = self.engine.snapshot(workspace);
        let people = snapshot.people.read();
        let name = people.nodes().get(person);
        let (kind, value) =
            name.ok_or_else(|| AppError::not_found("person", person_token(person)))?;
        Ok((kind, value.into_owned()))
    }

    fn new_request(&self, kind: EventKind) -> Event {
        let name = match kind {
            EventKind::Merge => "$merge",
            EventKind::Delete => "$delete",
            _ => "$unmerge",
        };
        let mut event = Event::new(kind, name, self.clock.now());
        event.insert_id = Some(Uuid::new_v4().to_string());
        event
    }

    /// A request about a person, by the identifier that is theirs.
    fn request_about(
        &self,
        workspace: gyre_base::WorkspaceId,
        user: Option<gyre_base::UserId>,
        kind: EventKind,
        person: u32,
    ) -> Result<Event, AppError> {
        let mut event = self.new_request(kind);
        match self.name_of(workspace, person)? {
            (NodeKind::User, value) => event.user_id = Some(value),
            (NodeKind::Device, value) => event.device_id = Some(value),
        }
        put(&mut event, "actor", &actor(user));
        Ok(event)
    }
}

fn put(event: &mut Event, key: &str, value: &str) {
    event.properties.insert(key.to_owned(), Value::from(value));
}

fn actor(user: Option<gyre_base::UserId>) -> String {
    user.map_or_else(|| "api".to_owned(), |it| format!("user:{it}"))
}

fn kind_name(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::User => "user_id",
        NodeKind::Device => "device_id",
    }
}

fn checked_reason(reason: &str) -> Result<String, FieldError> {
    let reason = reason.trim();
    let chars = reason.chars().count();
    if chars == 0 || chars > REASON_CHARS_MAX {
        let detail = format!("expected a reason of 1 to {REASON_CHARS_MAX} characters");
        return Err(FieldError::new("/reason", detail));
    }
    Ok(reason.to_owned())
}

fn check_name<T: Copy>(pointer: &str, names: &[(&str, T)], name: &str) -> Result<(), FieldError> {
    if named(names, name).is_some() {
        return Ok(());
    }
    let known: Vec<&str> = names.iter().map(|it| it.0).collect();
    let detail = format!("`{name}` is not one of {}", known.join(", "));
    Err(FieldError::new(pointer, detail))
}

fn refused(why: Warning) -> AppError {
    AppError::Conflict {
        code: "merge-refused",
        detail: format!("the two people are not merged: {}", why.name()),
    }
}

fn shown(settings: &IdentitySettings) -> Rules {
    Rules {
        device_rule: settings.device_rule.clone(),
        profile_rule: settings.profile_rule.clone(),
        devices_per_week: settings.devices_per_week,
        blocked: patterns(settings),
    }
}
