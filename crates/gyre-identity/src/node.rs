//! Interned identifiers.

use std::sync::Arc;

use gyre_model::people::NodeKind;
use rustc_hash::FxHashMap;

use crate::NODES_MAX;

/// Identifiers by number and numbers by identifier. Append-only.
#[derive(Debug, Default)]
pub struct Nodes {
    values: Vec<(NodeKind, Arc<str>)>,
    users: FxHashMap<Arc<str>, u32>,
    devices: FxHashMap<Arc<str>, u32>,
}

impl Nodes {
    /// Number of identifiers.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Node of an identifier, if it was ever seen.
    pub fn find(&self, kind: NodeKind, value: &str) -> Option<u32> {
        self.table(kind).get(value).copied()
    }

    /// Identifier of a node.
    pub fn get(&self, node: u32) -> Option<(NodeKind, &str)> {
        self.values
            .get(node as usize)
            .map(|(kind, value)| (*kind, &**value))
    }

    /// Node of an identifier, made if it is new; the flag says so.
    pub fn intern(&mut self, kind: NodeKind, value: &str) -> (u32, bool) {
        if let Some(node) = self.find(kind, value) {
            return (node, false);
        }
        let node = self.values.len() as u32;
        assert!(
            node < NODES_MAX,
            "a workspace holds at most {NODES_MAX} identifiers"
        );
        let value: Arc<str> = Arc::from(value);
        self.values.push((kind, Arc::clone(&value)));
        match kind {
            NodeKind::User => self.users.insert(value, node),
            NodeKind::Device => self.devices.insert(value, node),
        };
        (node, true)
    }

    fn table(&self, kind: NodeKind) -> &FxHashMap<Arc<str>, u32> {
        match kind {
            NodeKind::User => &self.users,
            NodeKind::Device => &self.devices,
        }
    }

    /// Every user's identifier and node.
    pub fn users(&self) -> impl Iterator<Item = (&str, u32)> {
        self.users.iter().map(|(value, node)| (&**value, *node))
    }
}
