//! What the log's tests share.

use std::future::Future;
use std::path::Path;

use bytes::Bytes;
use gyre_log::{Log, LogConfig, Position};

/// Small parts, so that a few records fill several segments.
pub(crate) fn config(dir: &Path) -> LogConfig {
    LogConfig {
        dir: dir.to_owned(),
        segment_bytes: 600,
        record_bytes_max: 4_000,
        queue_bytes_max: 8_000,
    }
}

/// A record that compresses badly and can be told from every other.
pub(crate) fn body(number: u64) -> Bytes {
    let len = 20 + (number * 37 % 400) as usize;
    let mut state = number + 1;
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.resize_with(len, || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    });
    bytes.into()
}

/// The number of a record, after checking that it is whole.
#[track_caller]
pub(crate) fn number(record: &[u8]) -> u64 {
    let number = u64::from_le_bytes(record[..8].try_into().unwrap());
    assert_eq!(record, body(number), "record {number} is whole");
    number
}

/// Everything the log has, as record numbers.
#[track_caller]
pub(crate) fn numbers(log: &Log) -> Vec<u64> {
    let mut found = Vec::new();
    let mut at = log.first();
    while at < log.durable_end() {
        for record in log.read(at, 700).unwrap() {
            assert_eq!(record.position, at);
            found.push(number(&record.body));
            at = record.next;
        }
    }
    assert!(log.read(at, 1).unwrap().is_empty());
    found
}

/// Runs a future to its end on this thread.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// Appends records one after the other, each in a group of its own; returns their positions.
pub(crate) fn append_each(log: &Log, range: std::ops::Range<u64>) -> Vec<Position> {
    run(async {
        let mut positions = Vec::new();
        for it in range {
            positions.push(log.append(body(it)).await.unwrap());
        }
        positions
    })
}
