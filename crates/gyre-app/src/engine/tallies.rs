//! What passed the indexer, counted: rows of imports, events of sources, and the newest payloads of webhooks.
//!
//! Counts are committed with the position that they stand for, and a restart counts what came after it again; so
//! they are exact whatever ends the process. Payloads are kept in memory only: they are for setting up a map.

use std::collections::VecDeque;

use bytes::Bytes;
use gyre_base::time::SLOT_MS;
use gyre_base::{ImportId, Timestamp};
use gyre_collect::Envelope;
use gyre_meta::{ImportTally, Meta, MetaError, SourceSlot};
use gyre_model::Event;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

/// Longest name of a library that is counted apart.
const LIBRARY_BYTES_MAX: usize = 80;

/// Newest payloads kept of one source.
const PAYLOADS_MAX: usize = 20;
/// Longest payload kept: 20 of them for each of 100 sources are 128 MB at the very most.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024;
/// Sources whose payloads are kept.
const PAYLOAD_SOURCES_MAX: usize = 100;
/// Combinations of source, dialect and library counted apart between two commits; further libraries are counted as none.
const SLOTS_MAX: usize = 10_000;

/// A payload as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// When.
    pub received_at: Timestamp,
    /// Body or query, without what is over 64 KiB.
    pub body: Bytes,
    /// Whether something of it was put into quarantine.
    pub is_quarantined: bool,
}

/// What the events of one record were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) accepted: u64,
    pub(crate) repeated: u64,
    pub(crate) refused: u64,
    /// Events that count, and those of them with a warning, by library.
    pub(crate) libraries: Vec<(String, u64, u64)>,
}

impl Passed {
    /// The place of a library among those of the record: almost always the first, so that nothing is copied.
    pub(crate) fn library(&mut self, library: &str) -> usize {
        let found = self.libraries.iter().position(|it| it.0 == library);
        found.unwrap_or_else(|| {
            self.libraries.push((library.to_owned(), 0, 0));
            self.libraries.len() - 1
        })
    }

    /// Counts an event that counts, from the library at this place.
    pub(crate) fn accept(&mut self, library: usize, has_warning: bool) {
        self.accepted += 1;
        if let Some(found) = self.libraries.get_mut(library) {
            found.1 += 1;
            found.2 += u64::from(has_warning);
        }
    }
}

type SlotKey = (String, i64, String, String);

#[derive(Debug, Default)]
struct Counts {
    imports: FxHashMap<ImportId, (ImportTally, bool)>,
    slots: FxHashMap<SlotKey, SourceSlot>,
    /// Handed to a commit that has not ended.
    committing: Vec<SourceSlot>,
    payloads: FxHashMap<String, VecDeque<Payload>>,
}

/// The counts of one workspace.
#[derive(Debug, Default)]
pub(crate) struct Tallies(Mutex<Counts>);

impl Tallies {
    /// What became of an import's rows, if that is in memory.
    pub(crate) fn import(&self, id: ImportId) -> Option<ImportTally> {
        self.0.lock().imports.get(&id).map(|it| it.0.clone())
    }

    /// Puts into memory what was committed.
    pub(crate) fn load_import(&self, id: ImportId, tally: ImportTally) {
        self.0.lock().imports.insert(id, (tally, false));
    }

    pub(crate) fn count_import(&self, id: ImportId, to: u64, passed: &Passed) {
        let mut counts = self.0.lock();
        let (tally, is_new) = counts.imports.entry(id).or_default();
        tally.counted_to = tally.counted_to.max(to);
        tally.accepted += passed.accepted;
        tally.repeated += passed.repeated;
        tally.refused += passed.refused;
        *is_new = true;
    }

    pub(crate) fn count_source(
        &self,
        source: &str,
        dialect: &str,
        received_at: Timestamp,
        passed: &Passed,
    ) {
        let slot = received_at.ms().div_euclid(SLOT_MS);
        let mut counts = self.0.lock();
        let mut add = |library: &str, events: u64, warnings: u64, quarantined: u64| {
            let mut key: SlotKey = (
                source.to_owned(),
                slot,
                dialect.to_owned(),
                library.to_owned(),
            );
            if counts.slots.len() >= SLOTS_MAX && !counts.slots.contains_key(&key) {
                key.3.clear();
            }
            let found = counts
                .slots
                .entry(key)
                .or_insert_with_key(|key| SourceSlot {
                    source: key.0.clone(),
                    slot,
                    dialect: key.2.clone(),
                    library: key.3.clone(),
                    ..SourceSlot::default()
                });
            found.events += events;
            found.warnings += warnings;
            found.quarantined += quarantined;
            found.last_at = found.last_at.max(received_at);
        };
        for (library, events, warnings) in passed.libraries.iter().filter(|it| it.1 > 0) {
            add(library, *events, *warnings, 0);
        }
        if passed.refused > 0 {
            add("", 0, 0, passed.refused);
        }
    }

    pub(crate) fn keep_payload(&self, source: &str, payload: &Payload) {
        let mut counts = self.0.lock();
        let is_full = counts.payloads.len() >= PAYLOAD_SOURCES_MAX;
        if is_full && !counts.payloads.contains_key(source) {
            return;
        }
        let kept = counts.payloads.entry(source.to_owned()).or_default();
        let end = payload.body.len().min(PAYLOAD_BYTES_MAX);
        kept.push_back(Payload {
            // a copy, so that a few bytes do not keep a whole record in memory
            body: Bytes::copy_from_slice(&payload.body[..end]),
            ..*payload
        });
        if kept.len() > PAYLOADS_MAX {
            kept.pop_front();
        }
    }

    /// Newest payloads of a source, newest first.
    pub(crate) fn payloads(&self, source: &str) -> Vec<Payload> {
        let counts = self.0.lock();
        let kept = counts.payloads.get(source);
        kept.map_or_else(Vec::new, |it| it.iter().rev().cloned().collect())
    }

    /// Counts that no commit has.
    pub(crate) fn uncommitted(&self) -> Vec<SourceSlot> {
        let counts = self.0.lock();
        counts
            .slots
            .values()
            .chain(&counts.committing)
            .cloned()
            .collect()
    }

    /// Counts for a commit, which [`Tallies::committed`] or [`Tallies::restore`] must follow.
    pub(crate) fn take(&self) -> (Vec<(ImportId, ImportTally)>, Vec<SourceSlot>) {
        let mut counts = self.0.lock();
        // what did not change since the last commit is in SQL, where it is found again
        counts.imports.retain(|_, (_, is_new)| *is_new);
        let imports = counts.imports.iter().map(|(id, it)| (*id, it.0.clone()));
        let imports = imports.collect();
        let slots: Vec<SourceSlot> = counts.slots.drain().map(|it| it.1).collect();
        counts.committing.clone_from(&slots);
        (imports, slots)
    }

    /// The commit ended well.
    pub(crate) fn committed(&self) {
        let mut counts = self.0.lock();
        counts.committing.clear();
        counts.imports.values_mut().for_each(|it| it.1 = false);
    }

    /// The commit did not take place.
    pub(crate) fn restore(&self) {
        let mut counts = self.0.lock();
        for it in std::mem::take(&mut counts.committing) {
            let key = (
                it.source.clone(),
                it.slot,
                it.dialect.clone(),
                it.library.clone(),
            );
            let found = counts.slots.entry(key).or_insert_with(|| SourceSlot {
                events: 0,
                quarantined: 0,
                warnings: 0,
                rejected: 0,
                ..it.clone()
            });
            found.events += it.events;
            found.quarantined += it.quarantined;
            found.warnings += it.warnings;
            found.last_at = found.last_at.max(it.last_at);
        }
    }
}

/// Whether a record is a batch of an import that was counted: sent again by a worker that did not live to hear that it
/// was in the log.
pub(super) async fn is_counted(
    meta: &Meta,
    tallies: &Tallies,
    envelope: &Envelope,
) -> Result<bool, MetaError> {
    let Some(batch) = &envelope.hints.import else {
        return Ok(false);
    };
    if let Some(tally) = tallies.import(batch.id) {
        return Ok(batch.to <= tally.counted_to);
    }
    let tally = meta.import_tally(envelope.workspace, batch.id).await?;
    let counted_to = tally.counted_to;
    tallies.load_import(batch.id, tally);
    Ok(batch.to <= counted_to)
}

/// The library that an event came from, as far as it says; nothing where nobody counts.
pub(super) fn library_of<'a>(event: &'a Event, envelope: &Envelope) -> &'a str {
    let library = event.context.get("library");
    let library = library.filter(|_| envelope.hints.source.is_some());
    let library = library.and_then(|it| it.as_str()).unwrap_or_default();
    &library[..library.floor_char_boundary(LIBRARY_BYTES_MAX)]
}

/// Counts what a record was, for whoever wants to know of its import or its source.
pub(super) fn count_record(tallies: &Tallies, envelope: &Envelope, passed: &Passed) {
    let hints = &envelope.hints;
    if let Some(batch) = &hints.import {
        tallies.count_import(batch.id, batch.to, passed);
    }
    if let Some(source) = &hints.source {
        tallies.count_source(source, &envelope.dialect, envelope.received_at, passed);
        if hints.map.is_some() {
            let payload = Payload {
                received_at: envelope.received_at,
                body: envelope.body.clone(),
                is_quarantined: passed.refused > 0,
            };
            tallies.keep_payload(source, &payload);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp(1_772_323_200_000);

    fn passed(accepted: u64) -> Passed {
        let mut passed = Passed::default();
        let library = passed.library("web/1");
        (0..accepted).for_each(|_| passed.accept(library, false));
        passed
    }

    #[test]
    fn counts_are_seen_until_their_commit_and_come_back_if_it_fails() {
        let tallies = Tallies::default();
        let id = ImportId::random();
        tallies.count_source("key", "amplitude", AT, &passed(2));
        tallies.count_import(id, 5, &passed(2));
        let (imports, slots) = tallies.take();
        assert_eq!((imports.len(), slots.len()), (1, 1));
        tallies.count_source("key", "amplitude", AT, &passed(1));
        let seen: u64 = tallies.uncommitted().iter().map(|it| it.events).sum();
        assert_eq!(seen, 3);
        tallies.restore();
        let (imports, slots) = tallies.take();
        assert_eq!((imports.len(), slots[0].events), (1, 3));
        tallies.committed();
        assert!(tallies.uncommitted().is_empty());
        assert_eq!(tallies.import(id).unwrap().accepted, 2);
        let (imports, slots) = tallies.take();
        assert_eq!((imports.len(), slots.len()), (0, 0));
        assert_eq!(tallies.import(id), None, "it is in SQL");
    }

    #[test]
    fn payloads_are_few_and_short() {
        let tallies = Tallies::default();
        for i in 0..PAYLOADS_MAX + 5 {
            let body = Bytes::from(vec![i as u8; PAYLOAD_BYTES_MAX + 1]);
            let payload = Payload {
                received_at: AT,
                body,
                is_quarantined: false,
            };
            tallies.keep_payload("a", &payload);
        }
        let kept = tallies.payloads("a");
        assert_eq!(kept.len(), PAYLOADS_MAX);
        assert_eq!(kept[0].body[0] as usize, PAYLOADS_MAX + 4, "newest first");
        assert!(kept.iter().all(|it| it.body.len() == PAYLOAD_BYTES_MAX));
        assert!(tallies.payloads("b").is_empty());
    }
}
