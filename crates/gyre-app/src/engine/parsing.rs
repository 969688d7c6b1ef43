//! Records of the log, read on as many threads as there are and handed over in the order of the log.
//!
//! Only what needs no earlier record is done here; [`Reader::settle`] is the indexer's.

use std::panic::resume_unwind;
use std::sync::Arc;

use futures::stream::{self, Stream, StreamExt};
use gyre_base::Timestamp;
use gyre_base::failure::error_chain;
use gyre_collect::{Envelope, Parsed, Reader, ReplayedRecord};
use gyre_log::{Position, Record};

/// Bytes of bodies that one thread takes at once: some thousand events, so that handing them over costs nothing.
const PART_BYTES: usize = 512 << 10;

/// One record, read but for the times of devices.
#[derive(Debug)]
pub(crate) struct ParsedRecord {
    pub(crate) position: Position,
    pub(crate) envelope: Envelope,
    pub(crate) parsed: Parsed,
    /// The instant whose rules hold: its arrival, or when it was asked to be tried again.
    pub(crate) ruled_at: Timestamp,
    /// Ids in quarantine of its events, if they are tried again.
    pub(crate) again: Option<Vec<String>>,
    /// Whether those had been read when they were refused.
    pub(crate) was_read: bool,
}

/// Parses records, those of the next parts while the caller works on this one.
pub(crate) fn parse_in_order(
    reader: Arc<Reader>,
    records: Vec<Record>,
) -> impl Stream<Item = Vec<ParsedRecord>> {
    let mut parts = split(records);
    // what just arrived is one part: it is parsed here, which is sooner than on another thread
    let only = (parts.len() == 1).then(|| parts.remove(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let of_thread = Arc::clone(&reader);
    let spawned = stream::iter(parts)
        .map(move |part| {
            let reader = Arc::clone(&of_thread);
            async move {
                match tokio::task::spawn_blocking(move || parse_part(&reader, &part)).await {
                    Ok(parsed) => parsed,
                    Err(error) => resume_unwind(error.into_panic()),
                }
            }
        })
        .buffered(threads);
    stream::iter(only)
        .map(move |part| parse_part(&reader, &part))
        .chain(spawned)
}

fn split(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut parts: Vec<Vec<Record>> = Vec::new();
    let mut room = 0;
    for record in records {
        let bytes = record.body.len();
        match parts.last_mut() {
            Some(part) if bytes <= room => {
                room -= bytes;
                part.push(record);
            }
            _ => {
                room = PART_BYTES.saturating_sub(bytes);
                parts.push(vec![record]);
            }
        }
    }
    parts
}

fn parse_part(reader: &Reader, records: &[Record]) -> Vec<ParsedRecord> {
    let parsed = records.iter().filter_map(|record| {
        let envelope = Envelope::decode(&record.body).inspect_err(|error| {
            // written by a newer version or not by us: nothing here can read it, the log keeps it
            tracing::error!(
                error = error_chain(error),
                position = record.position.0,
                "record skipped"
            );
        });
        let envelope = envelope.ok()?;
        let position = record.position;
        if let Some(it) = ReplayedRecord::read(reader, &envelope) {
            return Some(ParsedRecord {
                position,
                envelope: it.envelope,
                parsed: it.parsed,
                ruled_at: it.at,
                again: Some(it.ids),
                was_read: it.was_read,
            });
        }
        Some(ParsedRecord {
            position,
            parsed: reader.parse(&envelope),
            ruled_at: envelope.received_at,
            again: None,
            was_read: false,
            envelope,
        })
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn parts_keep_every_record_in_order_and_are_bounded() {
        let sizes = [10, PART_BYTES, 3, PART_BYTES - 3, 1, PART_BYTES * 2, 5];
        let records = sizes.iter().enumerate().map(|(index, size)| Record {
            position: Position(index as u64),
            next: Position(index as u64 + 1),
            body: Bytes::from(vec![0; *size]),
        });
        let parts = split(records.collect());
        let places: Vec<Vec<u64>> = parts
            .iter()
            .map(|part| part.iter().map(|it| it.position.0).collect())
            .collect();
        assert_eq!(
            places,
            [vec![0], vec![1], vec![2, 3], vec![4], vec![5], vec![6]]
        );
    }
}
