//! Who is who: merges, links, rules.

use gyre_app::identity as app;
use gyre_base::Timestamp;
use gyre_model::people::NodeKind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::instant::Instant;

/// A merge that is asked for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeBody {
    /// Whom the person becomes a part of: user id, device id or token.
    pub into: String,
    /// Why, 1 to 1,000 characters.
    pub reason: String,
    /// Whether only to say what would happen.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether the person's properties only fill in what the other lacks; else the later value wins.
    #[serde(default)]
    pub fill_missing: bool,
}

/// Counts of a person.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct MergeCounts {
    /// Events.
    pub events: u64,
    /// Properties that have a value.
    pub properties: u64,
    /// Identifiers.
    pub identifiers: u64,
}

/// What came of a merge.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Merge {
    /// Id of the link, to undo it; null where there was nothing to link, or it was only asked.
    #[schema(required)]
    pub link: Option<String>,
    /// Token of the person, who may have changed it by the merge.
    pub person: String,
    /// Who became a part, before.
    pub from: MergeCounts,
    /// Whom they became a part of, before.
    pub into: MergeCounts,
    /// That person, after.
    pub merged: MergeCounts,
}

/// How to delete a person.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DeleteQuery {
    /// Whether events with one of their identifiers are left out for thirty days.
    #[serde(default)]
    pub suppress: bool,
}

/// An identifier.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LinkedIdentifier {
    /// `user_id` or `device_id`.
    pub kind: String,
    /// Verbatim; empty for one of somebody deleted.
    pub value: String,
}

/// That a link was taken back.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LinkUndone {
    /// When.
    pub at: Instant,
    /// On whose word.
    pub actor: String,
}

/// Why two identifiers are linked, or are not.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PersonLink {
    /// Id, to undo it; null for one that was not made.
    #[schema(required)]
    pub id: Option<String>,
    /// Time of the event that made it.
    pub at: Instant,
    /// The sender's id of that event, where it is known.
    pub event: String,
    /// What was linked.
    pub from: LinkedIdentifier,
    /// To whom.
    pub into: LinkedIdentifier,
    /// `evidence`, `alias`, `merge`, `merge_fill` or `view_only`; null for one that was not made.
    #[schema(required)]
    pub rule: Option<String>,
    /// Why it was not made: `alias-of-two-users`, `too-many-identifiers`, `too-many-devices-in-a-week`.
    #[schema(required)]
    pub refused: Option<String>,
    /// On whose word: a dialect, or who asked for it.
    pub actor: String,
    /// What they said.
    pub reason: String,
    /// That it was taken back.
    #[schema(required)]
    pub undone: Option<LinkUndone>,
}

/// Links of a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PersonLinks {
    /// Oldest first, at most 2,000.
    pub links: Vec<PersonLink>,
}

/// What a workspace decided about identity.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IdentityRules {
    /// Whose a device is between two users: `last_user` or `until_reset`.
    pub device_rule: String,
    /// Which of two values wins, the person's own or the latest: `identified_wins` or `latest_wins`.
    pub profile_rule: String,
    /// Most new devices of one person within seven days; null for no limit.
    #[schema(required)]
    pub devices_per_week: Option<u64>,
    /// Regular expressions of identifiers that are nobody's, each for the whole identifier.
    pub blocked: Vec<String>,
}

/// Rules to change; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityRulesPatch {
    /// `last_user` or `until_reset`.
    pub device_rule: Option<String>,
    /// `identified_wins` or `latest_wins`.
    pub profile_rule: Option<String>,
    /// At most 500; 0 for no limit.
    pub devices_per_week: Option<u64>,
    /// At most 100 of 200 bytes each.
    pub blocked: Option<Vec<String>>,
}

impl MergeBody {
    /// The request, about the person of the path.
    pub fn of(self, person: String) -> app::MergeRequest {
        app::MergeRequest {
            from: person,
            into: self.into,
            reason: self.reason,
            fills_missing: self.fill_missing,
            is_dry_run: self.dry_run,
        }
    }
}

impl From<app::MergeSide> for MergeCounts {
    fn from(it: app::MergeSide) -> Self {
        Self {
            events: it.events,
            properties: it.properties as u64,
            identifiers: it.identifiers as u64,
        }
    }
}

impl From<app::Merged> for Merge {
    fn from(it: app::Merged) -> Self {
        Self {
            link: it.link.map(|it| it.to_string()),
            person: it.person,
            from: it.preview.from.into(),
            into: it.preview.into.into(),
            merged: it.preview.merged.into(),
        }
    }
}

impl From<(NodeKind, String)> for LinkedIdentifier {
    fn from((kind, value): (NodeKind, String)) -> Self {
        let kind = match kind {
            NodeKind::User => "user_id",
            NodeKind::Device => "device_id",
        };
        Self {
            kind: kind.to_owned(),
            value,
        }
    }
}

impl From<app::LinkView> for PersonLink {
    fn from(it: app::LinkView) -> Self {
        Self {
            id: it.id.map(|it| it.to_string()),
            at: Timestamp(it.time).into(),
            event: it.event,
            from: it.from.into(),
            into: it.into.into(),
            rule: it.rule.map(|it| it.name().to_owned()),
            refused: it.refused.map(|it| it.name().to_owned()),
            actor: it.actor,
            reason: it.reason,
            undone: it.void.map(|it| LinkUndone {
                at: Timestamp(it.time).into(),
                actor: it.actor,
            }),
        }
    }
}

impl From<Vec<app::LinkView>> for PersonLinks {
    fn from(links: Vec<app::LinkView>) -> Self {
        Self {
            links: links.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<app::Rules> for IdentityRules {
    fn from(it: app::Rules) -> Self {
        Self {
            device_rule: it.device_rule,
            profile_rule: it.profile_rule,
            devices_per_week: it.devices_per_week,
            blocked: it.blocked,
        }
    }
}

impl From<IdentityRulesPatch> for app::RulesChange {
    fn from(it: IdentityRulesPatch) -> Self {
        Self {
            device_rule: it.device_rule,
            profile_rule: it.profile_rule,
            devices_per_week: it.devices_per_week,
            blocked: it.blocked,
        }
    }
}
