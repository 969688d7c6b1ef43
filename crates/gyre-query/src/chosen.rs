//! Rows of single occurrences: the n-th of its type of each person, or the first that matches.
//!
//! Shape: (segment, chunk, row `UInt32`), a row per person that has the occurrence within the span. Ties: the total
//! order (time, client counter, arrival, sender's id). Cost: one scan of (node, time) of the event's whole history; memory
//! of one bucket's events, and 4 bytes a person. Source: charts.md 2.1 ("Nth-time filters") and part 3 ("Filters").

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
use gyre_base::Timestamp;
use gyre_model::filter::Filter;
use gyre_model::selector::Selector;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use crate::exec::BucketOperator;
use crate::gather::{Gather, Reading, WantedList};
use crate::groups::GroupDict;
use crate::prepare::{PersonTables, cut_end};
use crate::{QueryError, Snapshot};

/// Rows of one snapshot.
#[derive(Debug, Default)]
pub struct ChosenRows {
    by_chunk: FxHashMap<(u32, u32), RoaringBitmap>,
}

impl ChosenRows {
    /// Rows of a chunk of a segment, if any.
    pub(crate) fn of_chunk(&self, (segment, chunk): (u32, u32)) -> Option<&RoaringBitmap> {
        self.by_chunk.get(&(segment, chunk))
    }
}

/// Finds the rows.
#[derive(Debug)]
pub struct ChosenOperator {
    gather: Gather,
    schema: SchemaRef,
}

impl ChosenOperator {
    /// Plans the scan for the occurrences of `select` within half-open times.
    pub fn new(
        snapshot: &Snapshot,
        select: &Selector,
        filter: &Filter,
        (from, to): (Timestamp, Timestamp),
        (tables, as_of): (PersonTables, Timestamp),
    ) -> Self {
        let mut wanted = WantedList::default();
        wanted.add(snapshot, select, filter, (from.ms(), cut_end(to, as_of)));
        let reading = Reading::default();
        let dict = Arc::new(GroupDict::default());
        let field = |name: &str| Field::new(name, DataType::UInt32, false);
        Self {
            gather: Gather::of_list(snapshot, (tables, as_of), wanted, reading, dict),
            schema: Arc::new(Schema::new(vec![
                field("segment"),
                field("chunk"),
                field("row"),
            ])),
        }
    }

    /// Reads the answer back.
    pub fn rows(batches: &[RecordBatch]) -> ChosenRows {
        let mut rows = ChosenRows::default();
        for batch in batches {
            let int = |i: usize| batch.column(i).as_primitive::<UInt32Type>().values();
            for line in 0..batch.num_rows() {
                let chunk = (int(0)[line], int(1)[line]);
                rows.by_chunk.entry(chunk).or_default().insert(int(2)[line]);
            }
        }
        rows
    }
}

impl BucketOperator for ChosenOperator {
    fn name(&self) -> &'static str {
        "ChosenOperator"
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn partitions(&self) -> usize {
        self.gather.partitions()
    }

    fn rows(&self) -> u64 {
        self.gather.rows()
    }

    fn run(&self, partition: usize, cancel: &AtomicBool) -> Result<RecordBatch, QueryError> {
        let mut columns: [Vec<u32>; 3] = Default::default();
        self.gather.run(partition, cancel, |events| {
            for event in events.iter().filter(|it| it.mask & 1 != 0) {
                let (segment, chunk, row) = self.gather.place_of(event);
                columns[0].push(segment);
                columns[1].push(chunk);
                columns[2].push(row);
            }
            Ok(())
        })?;
        let columns = columns
            .into_iter()
            .map(|it| Arc::new(UInt32Array::from(it)) as ArrayRef);
        RecordBatch::try_new(self.schema(), columns.collect())
            .map_err(|it| QueryError::Plan(it.into()))
    }
}
