//! The plainest question: one series of everyone, without groups.

use rustc_hash::FxHashMap;

use super::{CellKey, Reach, SegmentationRow, TOTAL_BUCKET};
use crate::groups::NO_GROUP;

/// Words of one bit per node of a bucket.
const BIT_WORDS: usize = gyre_lake::BUCKET_NODES as usize / 64;

/// One ungrouped series of everyone: plain arrays by time bucket, people as bits of the bucket at hand.
///
/// The bits of 90 days are 46 KB: they stay in a core's cache while a bucket is read.
pub(super) struct Dense {
    before: usize,
    reach: Reach,
    rows: Vec<SegmentationRow>,
    bits: Vec<u64>,
    total_bits: Vec<u64>,
    total: SegmentationRow,
}

impl Dense {
    /// `before` of the buckets are before the range.
    pub(super) fn new(buckets: usize, before: usize, reach: Reach) -> Self {
        Self {
            before,
            reach,
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
        if bucket >= self.before {
            self.total_bits[word] |= bit;
        }
    }

    /// Counts the people of the bucket that was read and forgets them.
    pub(super) fn end_bucket(&mut self) {
        match self.reach {
            Reach::Bucket => {
                let own = self.bits.chunks_exact(BIT_WORDS);
                for (row, bits) in self.rows.iter_mut().zip(own) {
                    row.people += count(bits);
                }
            }
            Reach::Window(buckets) => {
                let mut union = vec![0; BIT_WORDS];
                for (last, row) in self.rows.iter_mut().enumerate() {
                    let first = (last + 1).saturating_sub(buckets);
                    union.fill(0);
                    let window = &self.bits[first * BIT_WORDS..(last + 1) * BIT_WORDS];
                    for bits in window.chunks_exact(BIT_WORDS) {
                        add_bits(&mut union, bits);
                    }
                    row.people += count(&union);
                }
            }
            Reach::FromStart => {
                let mut union = vec![0; BIT_WORDS];
                let own = self.bits.chunks_exact(BIT_WORDS);
                for (row, bits) in self.rows.iter_mut().zip(own).skip(self.before) {
                    add_bits(&mut union, bits);
                    row.people += count(&union);
                }
            }
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
            if bucket >= self.before {
                self.total.join_events(&row);
            }
            if row.events > 0 || row.people > 0 {
                cells.insert((series, 0, NO_GROUP, bucket as u32), row);
            }
        }
        if self.total.events > 0 {
            cells.insert((series, 0, NO_GROUP, TOTAL_BUCKET), self.total);
        }
    }
}

fn count(bits: &[u64]) -> u64 {
    bits.iter().map(|it| u64::from(it.count_ones())).sum()
}

fn add_bits(union: &mut [u64], bits: &[u64]) {
    union.iter_mut().zip(bits).for_each(|(all, it)| *all |= it);
}
