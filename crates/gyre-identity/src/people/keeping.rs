//! What changed since the last commit, and people as they were when the process ended.

use std::sync::Arc;

use gyre_model::people::NodeKind;
use rustc_hash::FxHashMap;

use super::{Activity, People};
use crate::delta::PeopleDelta;
use crate::link::LogRecord;
use crate::profile::insert_op;

impl People {
    /// What changed since the last call.
    pub fn take_delta(&mut self) -> PeopleDelta {
        let mut delta = std::mem::take(&mut self.delta);
        let mut touched: Vec<u32> = self.touched.drain().collect();
        touched.sort_unstable();
        delta.activity = touched
            .into_iter()
            .filter_map(|node| {
                let it = self.activity.get(node)?;
                Some((node, it.first, it.last, it.events))
            })
            .collect();
        delta.stamp();
        delta
    }

    /// Puts a delta back that could not be committed.
    pub fn restore_delta(&mut self, mut delta: PeopleDelta) {
        for (node, ..) in delta.activity.drain(..) {
            self.touched.insert(node);
        }
        let newer = std::mem::replace(&mut self.delta, delta);
        self.delta.extend(newer);
    }

    /// Applies a committed delta at start.
    pub fn load(&mut self, mut delta: PeopleDelta) {
        let log = delta.take_log();
        for (kind, value) in delta.nodes {
            // an identifier that was retired in between has a second node
            let node = self.facts.nodes.push(kind, &value);
            self.make_room(node);
        }
        for row in log {
            self.load_row(row);
        }
        for (node, op) in delta.ops {
            self.op_seq = self.op_seq.max(op.seq + 1);
            *self.keys.entry(Arc::clone(&op.key)).or_default() += 1;
            if !self.facts.erased.contains(node) {
                let kind = self.facts.nodes.kind(node).unwrap_or(NodeKind::User);
                insert_op(self.ops.entry(node).or_default(), op, kind);
            }
        }
        self.stamp_map();
        for (node, first, last, events) in delta.activity {
            if let Some(it) = self.activity.get_mut(node)
                && !self.facts.erased.contains(node)
            {
                *it = Activity {
                    first,
                    last,
                    events,
                };
            }
        }
        self.delta = PeopleDelta::default();
        self.touched.clear();
    }

    fn load_row(&mut self, row: LogRecord) {
        match row {
            LogRecord::Evidence(device, time, user) => {
                self.add_evidence(device, time, user);
            }
            LogRecord::Reset(device, time) => {
                self.add_reset(device, time);
            }
            LogRecord::Link(link) => {
                let kind = |it: u32| self.facts.nodes.kind(it);
                if kind(link.from) == kind(link.into) {
                    self.link_seq = link.seq + 1;
                    self.add_link(link);
                    self.stamp_map();
                } else {
                    // its evidence is the next row
                    self.links.insert(link.seq, link);
                }
            }
            LogRecord::Void { ref void, .. } => {
                self.link_seq = void.seq + 1;
                self.apply_void(&row);
                self.stamp_map();
            }
            LogRecord::Refused(it) => self.keep_refusal(it),
            LogRecord::Erased(it) => self.erase(it),
        }
    }

    /// Bytes of memory by what they are for: identifiers, links, activity, map, profile operations.
    pub fn bytes_held(&self) -> PeopleBytes {
        let owned: usize = self.facts.devices_of.values().map(Vec::capacity).sum();
        let stored = |ops: &Vec<_>| ops.capacity() * size_of::<crate::StoredOp>();
        PeopleBytes {
            nodes: self.facts.nodes.bytes_held(),
            links: self.facts.evidence.bytes_held()
                + owned * size_of::<crate::fold::Owned>()
                + table_bytes(&self.facts.devices_of),
            activity: self.activity.bytes(),
            map: self.map.bytes_held(),
            ops: table_bytes(&self.ops) + self.ops.values().map(stored).sum::<usize>(),
        }
    }
}

/// Memory of one workspace's people, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeopleBytes {
    /// Identifiers and the table to find them.
    pub nodes: usize,
    /// Whose devices are.
    pub links: usize,
    /// First and last event, and how many.
    pub activity: usize,
    /// The map that queries read.
    pub map: usize,
    /// Property operations, without the texts of their values.
    pub ops: usize,
}

impl PeopleBytes {
    /// What grows with every identifier, whatever is known of the person.
    pub fn of_nodes(&self) -> usize {
        self.nodes + self.links + self.activity + self.map
    }
}

/// A hash table has a byte beside each slot and at most seven of eight slots in use.
fn table_bytes<V>(table: &FxHashMap<u32, V>) -> usize {
    table.capacity() * 8 / 7 * (size_of::<(u32, V)>() + 1)
}
