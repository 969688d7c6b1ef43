//! The plainest question: one series of everyone, without groups.

use rustc_hash::FxHashMap;

use super::{CellKey, SegmentationRow, TOTAL_BUCKET};
use crate::groups::NO_GROUP;

/// Words of one bit per node of a bucket.
const BIT_WORDS: usize = gyre_lake::BUCKET_NODES as usize / 64;

/// One ungrouped series of everyone: plain arrays by time bucket, people as bits of the bucket at hand.
///
/// The bits of 90 days are 46 KB: they stay in a core's cache while a bucket is read.
pub(super) struct Dense {
    rows: Vec<SegmentationRow>,
    bits: Vec<u64>,
    total_bits: Vec<u64>,
    total: SegmentationRow,
}

impl Dense {
    pub(super) fn new(buckets: usize) -> Self {
        Self {
            rows: vec![SegmentationRow::empty(); buckets],
            bits: vec![0; buckets * BIT_WORDS],
            total_bits: vec![0; BIT_WORDS],
            total: SegmentationRow::empty(),
        }
    }

    pub(super) fn add(&mut self, person: u32, bucket: usize, number: Option<f64>) {
        self.rows[bucket].add(number, false);
        let local = person as usize & (gyre_lake::BUCKET_NODES as usize - 1);
        let (word, bit) = (local / 64, 1_u64 << (local % 64));
        self.bits[bucket * BIT_WORDS + word] |= bit;
        self.total_bits[word] |= bit;
    }

    /// Counts the people of the bucket that was read and forgets them.
    pub(super) fn end_bucket(&mut self) {
        let count = |bits: &[u64]| {
            bits.iter()
                .map(|it| u64::from(it.count_ones()))
                .sum::<u64>()
        };
        for (row, bits) in self.rows.iter_mut().zip(self.bits.chunks_exact(BIT_WORDS)) {
            row.people += count(bits);
        }
        self.total.people += count(&self.total_bits);
        self.bits.fill(0);
        self.total_bits.fill(0);
    }

    pub(super) fn into_cells(
        mut self,
        series: u32,
        cells: &mut FxHashMap<CellKey, SegmentationRow>,
    ) {
        for (bucket, row) in self.rows.into_iter().enumerate() {
            if row.events > 0 {
                self.total.join(SegmentationRow {
                    people: 0,
                    ..row.clone()
                });
                cells.insert((series, 0, NO_GROUP, bucket as u32), row);
            }
        }
        if self.total.events > 0 {
            cells.insert((series, 0, NO_GROUP, TOTAL_BUCKET), self.total);
        }
    }
}
