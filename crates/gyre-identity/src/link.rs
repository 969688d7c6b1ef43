//! The link log: who was linked to whom, when, by what, on whose word; what was refused; who was erased.
//!
//! Format frozen once released: variants and fields are only added, fields with defaults.

use gyre_model::people::NodeKind;
use serde::{Deserialize, Serialize};

use crate::forest::Layer;

/// Why a link was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkRule {
    /// One event named both.
    Evidence,
    /// An alias call.
    Alias,
    /// An explicit merge.
    Merge,
    /// An explicit merge that fills in what is missing (Braze).
    MergeFill,
    /// Events count together, properties do not (Amplitude's `/usermap`).
    ViewOnly,
}

impl LinkRule {
    pub(crate) fn layer(self) -> Layer {
        match self {
            Self::Evidence | Self::Alias | Self::Merge => Layer::Joined,
            Self::MergeFill => Layer::Beneath,
            Self::ViewOnly => Layer::Hidden,
        }
    }

    /// Name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Alias => "alias",
            Self::Merge => "merge",
            Self::MergeFill => "merge_fill",
            Self::ViewOnly => "view_only",
        }
    }
}

/// That a link was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    /// Its own place in the log.
    pub seq: u64,
    /// When, milliseconds UTC.
    pub time: i64,
    /// On whose word.
    pub actor: String,
}

/// A link that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Place in the log.
    pub seq: u64,
    /// Event time of what made it, milliseconds UTC.
    pub time: i64,
    /// Sender's id of the event that made it; empty without one.
    #[serde(default)]
    pub event: String,
    /// What was linked.
    pub from: u32,
    /// To whom.
    pub into: u32,
    /// Why.
    pub rule: LinkRule,
    /// On whose word: a dialect, or whoever asked for it.
    #[serde(default)]
    pub actor: String,
    /// What they said.
    #[serde(default)]
    pub reason: String,
    /// Whether it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub void: Option<Void>,
}

/// Something about an event that its sender should know; the event is kept unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// An alias call names two known users; only an explicit merge joins those.
    AliasOfTwoUsers,
    /// The person has too many identifiers to take another.
    TooManyDevices,
    /// The person took more new devices within a week than the workspace allows.
    TooManyDevicesInAWeek,
    /// The identifier is one of those that the workspace blocks: the event is nobody's that is known.
    BlockedIdentifier,
    /// Whoever sent the event is a bot: it keeps its identifiers and links none.
    Bot,
    /// The person was deleted and asked not to be seen for a time: the event is left out.
    Suppressed,
}

impl Warning {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AliasOfTwoUsers => "alias-of-two-users",
            Self::TooManyDevices => "too-many-identifiers",
            Self::TooManyDevicesInAWeek => "too-many-devices-in-a-week",
            Self::BlockedIdentifier => "blocked-identifier",
            Self::Bot => "bot",
            Self::Suppressed => "suppressed",
        }
    }
}

/// A link that was not made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Event time, milliseconds UTC.
    pub time: i64,
    /// Sender's id of the event; empty without one.
    #[serde(default)]
    pub event: String,
    /// What was not linked.
    pub from: u32,
    /// To whom.
    pub into: u32,
    /// Why not.
    pub why: Warning,
    /// On whose word it would have been.
    #[serde(default)]
    pub actor: String,
}

/// A person who was deleted. Their events are in files still, and their identifiers in people files: whoever erases
/// those goes through [`crate::People::erasures`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// When it was asked for, milliseconds UTC.
    pub time: i64,
    /// Nodes that are nobody's any more.
    pub nodes: Vec<u32>,
    /// Devices shared with others: theirs remain, but who comes back on them is somebody new.
    #[serde(default)]
    pub retired: Vec<u32>,
    /// Until when the identifiers are not taken back, milliseconds UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed_until: Option<i64>,
    /// On whose word.
    #[serde(default)]
    pub actor: String,
}

/// One row of the log as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogRecord {
    /// Evidence: (device, time, user). The first of a device and a user is a link and takes a place in the log.
    #[serde(rename = "e")]
    Evidence(u32, i64, u32),
    /// A device was reset: (device, time).
    #[serde(rename = "r")]
    Reset(u32, i64),
    /// A link that somebody asked for.
    Link(Link),
    /// A link was taken back. `pair` is (device, user) where it was between those.
    Void {
        /// Place of the link in the log.
        link: u64,
        /// Device and user, where it linked those.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pair: Option<(u32, u32)>,
        /// When, and on whose word.
        void: Void,
    },
    /// A link that was not made.
    Refused(Refusal),
    /// A person who was deleted.
    Erased(Erasure),
}

/// Names one link: its place in the log and what it links. Text form `<seq>-<from>-<into>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkId {
    /// Place in the log.
    pub seq: u64,
    /// What was linked.
    pub from: u32,
    /// To whom.
    pub into: u32,
}

impl LinkId {
    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let id = Self {
            seq: parts.next()?.parse().ok()?,
            from: parts.next()?.parse().ok()?,
            into: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(id)
    }
}

impl std::fmt::Display for LinkId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.seq, self.from, self.into)
    }
}

/// A link as it is told: by the identifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkView {
    /// Its id; none for one that was not made.
    pub id: Option<LinkId>,
    /// Event time of what made it, milliseconds UTC.
    pub time: i64,
    /// Sender's id of that event; empty where it is not known.
    pub event: String,
    /// What was linked.
    pub from: (NodeKind, String),
    /// To whom.
    pub into: (NodeKind, String),
    /// Why; `None` for one that was not made.
    pub rule: Option<LinkRule>,
    /// Why not, for one that was not made.
    pub refused: Option<Warning>,
    /// On whose word.
    pub actor: String,
    /// What they said.
    pub reason: String,
    /// That it was taken back.
    pub void: Option<Void>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_links_id_reads_back() {
        let id = LinkId {
            seq: 5,
            from: 7,
            into: 9,
        };
        assert_eq!(LinkId::parse(&id.to_string()), Some(id));
        for bad in ["", "5", "5-7", "5-7-9-1", "a-7-9", "5--7-9"] {
            assert_eq!(LinkId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn rows_of_the_log_are_read_for_ever() {
        let rows = r#"[{"e":[1,-5,2]},{"r":[1,9]},
            {"link":{"seq":3,"time":4,"from":1,"into":2,"rule":"view_only"}},
            {"void":{"link":3,"void":{"seq":4,"time":5,"actor":"api"}}},
            {"refused":{"time":1,"from":1,"into":2,"why":"alias_of_two_users"}},
            {"erased":{"time":1,"nodes":[1]}}]"#;
        let read: Vec<LogRecord> = serde_json::from_str(rows).unwrap();
        assert_eq!(read[0], LogRecord::Evidence(1, -5, 2));
        assert!(matches!(&read[2], LogRecord::Link(it) if it.rule == LinkRule::ViewOnly));
        assert!(matches!(&read[5], LogRecord::Erased(it) if it.suppressed_until.is_none()));
        let again = serde_json::to_string(&read).unwrap();
        assert_eq!(
            serde_json::from_str::<Vec<LogRecord>>(&again).unwrap(),
            read
        );
    }
}
