//! What changed since the last commit. Format frozen once released: fields are only added, with defaults.

use gyre_model::people::NodeKind;
use serde::{Deserialize, Serialize};

use crate::link::LogRecord;
use crate::profile::StoredOp;

/// Newest layout of [`PeopleDelta`]: 1 had evidence only, in `links`; 2 has the link log.
const VERSION: u8 = 2;

/// Changes of [`crate::People`] between two commits, in order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PeopleDelta {
    /// Layout; absent in the first.
    #[serde(default = "first_version", deserialize_with = "known_version")]
    pub version: u8,
    /// New identifiers; their nodes follow on from those before.
    pub nodes: Vec<(NodeKind, String)>,
    /// Evidence of layout 1: (device, time, user).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<(u32, i64, u32)>,
    /// Rows of the link log.
    #[serde(default)]
    pub log: Vec<LogRecord>,
    /// Property operations: (node, operation).
    pub ops: Vec<(u32, StoredOp)>,
    /// Activity of the nodes that were active: (node, first, last, events), whole values.
    pub activity: Vec<(u32, i64, i64, u64)>,
}

fn first_version() -> u8 {
    1
}

fn known_version<'de, D: serde::Deserializer<'de>>(input: D) -> Result<u8, D::Error> {
    let version = u8::deserialize(input)?;
    if version > VERSION {
        let detail = format!("people of layout {version}; this version reads up to {VERSION}");
        return Err(serde::de::Error::custom(detail));
    }
    Ok(version)
}

impl PeopleDelta {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
            && self.links.is_empty()
            && self.log.is_empty()
            && self.ops.is_empty()
            && self.activity.is_empty()
    }

    /// Rows of the log, those of layout 1 first.
    pub(crate) fn take_log(&mut self) -> Vec<LogRecord> {
        let old = std::mem::take(&mut self.links);
        let mut log: Vec<LogRecord> = old
            .into_iter()
            .map(|it| LogRecord::Evidence(it.0, it.1, it.2))
            .collect();
        log.append(&mut self.log);
        log
    }

    /// Joins a later delta to this one; the result is of the newest layout.
    pub fn extend(&mut self, mut later: Self) {
        self.version = VERSION;
        self.log = self.take_log();
        self.log.append(&mut later.take_log());
        self.nodes.append(&mut later.nodes);
        self.ops.append(&mut later.ops);
        self.activity.append(&mut later.activity);
    }

    /// Marks the delta as of the newest layout.
    pub(crate) fn stamp(&mut self) {
        debug_assert!(self.links.is_empty(), "written as rows of the log");
        self.version = VERSION;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_1_is_read_for_ever_and_a_later_one_is_refused() {
        let old = r#"{"nodes":[["device","d1"],["user","u1"]],"links":[[0,5,1]],"ops":[],"activity":[[1,5,5,1]]}"#;
        let mut delta: PeopleDelta = serde_json::from_str(old).unwrap();
        assert_eq!(delta.version, 1);
        let mut joined = delta.clone();
        joined.extend(delta.clone());
        assert_eq!((joined.version, joined.log.len()), (VERSION, 2));
        assert_eq!(delta.take_log(), [LogRecord::Evidence(0, 5, 1)]);
        let newer = r#"{"version":3,"nodes":[],"ops":[],"activity":[]}"#;
        let refused = serde_json::from_str::<PeopleDelta>(newer).unwrap_err();
        assert!(refused.to_string().contains("layout 3"), "{refused}");
    }
}
