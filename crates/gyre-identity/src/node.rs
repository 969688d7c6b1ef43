//! Interned identifiers.
//!
//! Texts lie one after another in blocks, UUIDs as their sixteen bytes; a node is eight bytes of where its text is,
//! and the table from text to node holds node numbers only. A retired identifier keeps its node and its text but is
//! not found any more: the next time it is seen it becomes a node of its own, the next generation.

use std::borrow::Cow;
use std::hash::BuildHasher;

use gyre_model::people::NodeKind;
use roaring::RoaringBitmap;
use rustc_hash::FxBuildHasher;

use crate::paged::Paged;
use crate::{NO_NODE, NODES_MAX};

const BLOCK_BITS: u32 = 20;
const BLOCK_BYTES: usize = 1 << BLOCK_BITS;
const LEN_BITS: u32 = 18;
/// Longest text of an identifier; dialects refuse far shorter ones.
const TEXT_BYTES_MAX: usize = (1 << LEN_BITS) - 1;
const UUID_BYTES: usize = 16;

/// Where a text lies: block, offset, length, and what it is.
#[derive(Clone, Copy, Debug)]
struct Place(u64);

impl Place {
    fn new(block: usize, offset: usize, key: &Key<'_>) -> Self {
        let at = (block as u64) << BLOCK_BITS | offset as u64;
        let len = key.bytes().len() as u64;
        let flags = u64::from(key.kind == NodeKind::User) << 1 | u64::from(key.is_uuid());
        Self((at << LEN_BITS | len) << 2 | flags)
    }

    fn kind(self) -> NodeKind {
        if self.0 & 2 == 0 {
            NodeKind::Device
        } else {
            NodeKind::User
        }
    }

    fn is_uuid(self) -> bool {
        self.0 & 1 != 0
    }

    fn len(self) -> usize {
        (self.0 >> 2) as usize & TEXT_BYTES_MAX
    }

    fn block(self) -> usize {
        (self.0 >> (2 + LEN_BITS + BLOCK_BITS)) as usize
    }

    fn offset(self) -> usize {
        (self.0 >> (2 + LEN_BITS)) as usize & (BLOCK_BYTES - 1)
    }
}

/// An identifier as it is kept.
struct Key<'a> {
    kind: NodeKind,
    text: &'a str,
    uuid: Option<[u8; UUID_BYTES]>,
}

impl<'a> Key<'a> {
    fn new(kind: NodeKind, text: &'a str) -> Self {
        let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
        Self {
            kind,
            text,
            uuid: packed(text),
        }
    }

    fn bytes(&self) -> &[u8] {
        match &self.uuid {
            Some(bytes) => bytes,
            None => self.text.as_bytes(),
        }
    }

    fn is_uuid(&self) -> bool {
        self.uuid.is_some()
    }

    fn hash(&self) -> usize {
        hash(self.kind, self.bytes())
    }
}

fn hash(kind: NodeKind, bytes: &[u8]) -> usize {
    let hash = FxBuildHasher.hash_one((kind, bytes));
    (hash ^ hash >> 32) as usize
}

/// The sixteen bytes of a UUID in its usual spelling, lower case with dashes; any other text stays text.
fn packed(text: &str) -> Option<[u8; UUID_BYTES]> {
    let text: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; UUID_BYTES];
    let mut digits = 0;
    for (i, letter) in text.iter().enumerate() {
        if matches!(i, 8 | 13 | 18 | 23) {
            if *letter != b'-' {
                return None;
            }
            continue;
        }
        let digit = match letter {
            b'0'..=b'9' => letter - b'0',
            b'a'..=b'f' => letter - b'a' + 10,
            _ => return None,
        };
        bytes[digits / 2] = bytes[digits / 2] << 4 | digit;
        digits += 1;
    }
    Some(bytes)
}

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    text
}

/// Identifiers by number and numbers by identifier. Append-only.
#[derive(Debug, Default)]
pub struct Nodes {
    blocks: Vec<Vec<u8>>,
    places: Paged<Place>,
    /// Open addressing with linear probing: node numbers, [`NO_NODE`] where it is empty; a power of two long.
    table: Vec<u32>,
    /// Slots in use.
    used: usize,
    retired: RoaringBitmap,
}

impl Nodes {
    /// Number of identifiers, every generation counted.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Node of an identifier, if it was ever seen and is not retired.
    pub fn find(&self, kind: NodeKind, value: &str) -> Option<u32> {
        self.newest(kind, value)
            .filter(|it| !self.retired.contains(*it))
    }

    /// Newest node of an identifier, retired or not.
    pub(crate) fn newest(&self, kind: NodeKind, value: &str) -> Option<u32> {
        if self.table.is_empty() {
            return None;
        }
        let slot = self.slot(&Key::new(kind, value));
        Some(self.table[slot]).filter(|it| *it != NO_NODE)
    }

    /// Identifier of a node.
    pub fn get(&self, node: u32) -> Option<(NodeKind, Cow<'_, str>)> {
        let place = *self.places.get(node)?;
        let bytes = self.bytes(place);
        let text = if place.is_uuid() {
            Cow::Owned(unpacked(bytes))
        } else {
            String::from_utf8_lossy(bytes) // it was a text when it was put there
        };
        Some((place.kind(), text))
    }

    /// Every user's identifier and node, those that are retired left out.
    pub fn users(&self) -> impl Iterator<Item = (Cow<'_, str>, u32)> {
        let user = |node: u32| match self.get(node) {
            Some((NodeKind::User, value)) if !self.retired.contains(node) => Some((value, node)),
            _ => None,
        };
        (0..self.len() as u32).filter_map(user)
    }

    /// What a node is.
    pub fn kind(&self, node: u32) -> Option<NodeKind> {
        self.places.get(node).map(|it| it.kind())
    }

    /// Node of an identifier, made if it is new or retired; the flag says so.
    pub fn intern(&mut self, kind: NodeKind, value: &str) -> (u32, bool) {
        match self.find(kind, value) {
            Some(node) => (node, false),
            None => (self.push(kind, value), true),
        }
    }

    /// Makes the next node, whether the identifier had one or not.
    pub(crate) fn push(&mut self, kind: NodeKind, value: &str) -> u32 {
        let node = self.places.len() as u32;
        assert!(
            node < NODES_MAX,
            "a workspace holds at most {NODES_MAX} identifiers"
        );
        if (self.used + 1) * 4 > self.table.len() * 3 {
            self.grow();
        }
        let key = Key::new(kind, value);
        let bytes = key.bytes();
        let has_room = |it: &Vec<u8>| it.len() + bytes.len() <= BLOCK_BYTES;
        if !self.blocks.last().is_some_and(has_room) {
            let reserved = if self.blocks.is_empty() {
                0
            } else {
                BLOCK_BYTES
            };
            self.blocks.push(Vec::with_capacity(reserved));
        }
        let number = self.blocks.len() - 1;
        let block = &mut self.blocks[number];
        let place = Place::new(number, block.len(), &key);
        block.extend_from_slice(bytes);
        self.places.push(place);
        let slot = self.slot(&key);
        if self.table[slot] == NO_NODE {
            self.used += 1;
        }
        self.table[slot] = node;
        node
    }

    /// Lets an identifier be found no more: it is a new one when it is seen again.
    pub(crate) fn retire(&mut self, node: u32) {
        self.retired.insert(node);
    }

    fn bytes(&self, place: Place) -> &[u8] {
        let offset = place.offset();
        &self.blocks[place.block()][offset..offset + place.len()]
    }

    /// Slot that holds the key, or the empty one where it belongs. The table is never full.
    fn slot(&self, key: &Key<'_>) -> usize {
        let mask = self.table.len() - 1;
        let mut slot = key.hash() & mask;
        loop {
            let node = self.table[slot];
            let Some(place) = self.places.get(node).filter(|_| node != NO_NODE) else {
                return slot;
            };
            let is_alike = place.kind() == key.kind && place.is_uuid() == key.is_uuid();
            if is_alike && self.bytes(*place) == key.bytes() {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let len = (self.table.len() * 2).max(64);
        let old = std::mem::replace(&mut self.table, vec![NO_NODE; len]);
        for node in old.into_iter().filter(|it| *it != NO_NODE) {
            let Some(place) = self.places.get(node) else {
                continue;
            };
            let mut slot = hash(place.kind(), self.bytes(*place)) & (len - 1);
            while self.table[slot] != NO_NODE {
                slot = (slot + 1) & (len - 1);
            }
            self.table[slot] = node;
        }
    }

    /// Bytes of memory held.
    pub(crate) fn bytes_held(&self) -> usize {
        let texts: usize = self.blocks.iter().map(Vec::capacity).sum();
        texts + self.places.bytes() + self.table.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_retired_identifier_is_a_new_node_when_it_is_seen_again() {
        let mut nodes = Nodes::default();
        let (first, _) = nodes.intern(NodeKind::User, "u1");
        assert_eq!(nodes.intern(NodeKind::User, "u1"), (first, false));
        nodes.retire(first);
        assert_eq!(nodes.find(NodeKind::User, "u1"), None);
        assert_eq!(nodes.newest(NodeKind::User, "u1"), Some(first));
        let (second, is_new) = nodes.intern(NodeKind::User, "u1");
        assert!(is_new && second != first);
        assert_eq!(nodes.find(NodeKind::User, "u1"), Some(second));
        assert_eq!(nodes.get(first), nodes.get(second));
    }

    #[test]
    fn a_user_and_a_device_of_one_text_are_two() {
        let mut nodes = Nodes::default();
        let (user, _) = nodes.intern(NodeKind::User, "x");
        let (device, _) = nodes.intern(NodeKind::Device, "x");
        assert_ne!(user, device);
        assert_eq!(nodes.kind(device), Some(NodeKind::Device));
    }

    #[test]
    fn a_uuid_takes_its_sixteen_bytes_and_reads_back_as_it_was_spelt() {
        let lower = "cdfc9b65-ab49-4b62-a8c1-6b23a122a426";
        assert_eq!(
            packed(lower).map(|it| unpacked(&it)),
            Some(lower.to_owned())
        );
        for other in [
            "CDFC9B65-ab49-4b62-a8c1-6b23a122a426",
            "cdfc9b65aab49-4b62-a8c1-6b23a122a426",
        ] {
            assert_eq!(packed(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn every_identifier_reads_back(texts in prop::collection::vec(".{0,50}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", 0..200)) {
            let mut nodes = Nodes::default();
            let kind = |i: usize| if i.is_multiple_of(3) { NodeKind::User } else { NodeKind::Device };
            let made: Vec<u32> = texts.iter().enumerate().map(|(i, it)| nodes.intern(kind(i), it).0).collect();
            for (i, (node, text)) in made.iter().zip(&texts).enumerate() {
                prop_assert_eq!(nodes.find(kind(i), text), Some(*node));
                prop_assert_eq!(nodes.get(*node), Some((kind(i), Cow::from(text.as_str()))));
            }
        }
    }
}
