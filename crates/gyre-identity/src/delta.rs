//! What changed since the last commit. Format frozen once released: fields are only added, with defaults.

use gyre_model::people::NodeKind;
use serde::{Deserialize, Serialize};

use crate::profile::StoredOp;

/// Changes of [`crate::People`] between two commits, in order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PeopleDelta {
    /// New identifiers; their nodes follow on from those before.
    pub nodes: Vec<(NodeKind, String)>,
    /// Evidence: (device, time, user).
    pub links: Vec<(u32, i64, u32)>,
    /// Property operations: (node, operation).
    pub ops: Vec<(u32, StoredOp)>,
    /// Activity of the nodes that were active: (node, first, last, events), whole values.
    pub activity: Vec<(u32, i64, i64, u64)>,
}

impl PeopleDelta {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
            && self.links.is_empty()
            && self.ops.is_empty()
            && self.activity.is_empty()
    }
}
