//! What a merge would do, before anybody does it.

use gyre_model::people::NodeKind;
use serde_json::Map;

use super::{Activity, NODES_PER_PERSON_MAX, People};
use crate::link::{LinkRule, Warning};
use crate::map::PeopleMap;
use crate::profile::fold;

/// One person of a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeSide {
    /// Events.
    pub events: u64,
    /// Properties that have a value.
    pub properties: usize,
    /// Identifiers.
    pub identifiers: usize,
}

/// What a merge would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergePreview {
    /// Who would be a part of somebody else.
    pub from: MergeSide,
    /// Whom they would be a part of.
    pub into: MergeSide,
    /// That person, then.
    pub merged: MergeSide,
    /// Why it would be refused.
    pub refused: Option<Warning>,
}

impl People {
    /// What merging two people would do to their counts; the same person twice stays as they are.
    pub fn merge_preview(
        &self,
        map: &PeopleMap,
        (from, into): (u32, u32),
        rule: LinkRule,
    ) -> MergePreview {
        let (from_side, into_side) = (self.side(map, from), self.side(map, into));
        if from == into {
            return MergePreview {
                from: from_side,
                into: into_side,
                merged: into_side,
                refused: None,
            };
        }
        let is_user = |it: u32| self.facts.nodes.kind(it) == Some(NodeKind::User);
        // of a user and a device the user is kept, whichever way round it is asked for
        let (kept, gone) = if is_user(from) && !is_user(into) {
            (from, into)
        } else {
            (into, from)
        };
        let (mut beneath, mut own) = self.ops_of(map, kept);
        if rule != LinkRule::ViewOnly || !is_user(gone) {
            let (gone_beneath, gone_own) = self.ops_of(map, gone);
            beneath.extend(gone_beneath);
            if rule == LinkRule::MergeFill || is_user(gone) != is_user(kept) {
                beneath.extend(gone_own);
            } else {
                own.extend(gone_own);
            }
        }
        for ops in [&mut beneath, &mut own] {
            ops.sort_by_key(|it| (it.time, it.seq));
        }
        let mut properties = Map::new();
        fold(&mut properties, beneath);
        fold(&mut properties, own);
        let mut nodes = self.nodes_of(map, from);
        nodes.extend(self.nodes_of(map, into));
        nodes.sort_unstable();
        nodes.dedup();
        let activity = nodes
            .iter()
            .filter_map(|it| self.activity.get(*it).copied())
            .fold(Activity::NONE, Activity::join);
        let is_over = nodes.len() > NODES_PER_PERSON_MAX;
        MergePreview {
            from: from_side,
            into: into_side,
            merged: MergeSide {
                events: activity.events,
                properties: properties.len(),
                identifiers: nodes.len(),
            },
            refused: is_over.then_some(Warning::TooManyDevices),
        }
    }

    fn side(&self, map: &PeopleMap, person: u32) -> MergeSide {
        MergeSide {
            events: self.activity(map, person).events,
            properties: self.properties(map, person).len(),
            identifiers: self.nodes_of(map, person).len(),
        }
    }
}
