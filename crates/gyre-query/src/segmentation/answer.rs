//! The operator's answer: rows in memory, as record batches, and read back.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BinaryArray, Float64Array, Int64Array, RecordBatch, UInt32Array, UInt64Array,
};
use arrow::datatypes::{Float64Type, Int64Type, UInt32Type, UInt64Type};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{CellKey, Local, SegmentationOperator};
use crate::QueryError;
use crate::exec::BucketOperator;

/// One row of the counting answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SegmentationRow {
    /// Distinct people.
    pub people: u64,
    /// Events.
    pub events: u64,
    /// Events that have the number.
    pub valued: u64,
    /// Sum of the numbers.
    pub sum: f64,
    /// Smallest; infinity without one.
    pub min: f64,
    /// Largest; minus infinity without one.
    pub max: f64,
    /// Every number, if asked.
    pub values: Vec<f64>,
    /// Value numbers, distinct, if asked.
    pub distinct: FxHashSet<u32>,
    /// People by how many events they have, if asked.
    pub frequency: BTreeMap<u64, u64>,
}

/// One row of the listing answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonHit {
    /// Who.
    pub person: u32,
    /// Time of their first matching event.
    pub first: i64,
    /// How many they have.
    pub events: u64,
}

impl SegmentationRow {
    /// A row of nothing.
    pub fn empty() -> Self {
        Self {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, number: Option<f64>, keep_values: bool) {
        self.events += 1;
        if let Some(number) = number {
            self.valued += 1;
            self.sum += number;
            self.min = self.min.min(number);
            self.max = self.max.max(number);
            if keep_values {
                self.values.push(number);
            }
        }
    }

    /// Joins partial rows of disjoint people.
    pub fn join(&mut self, other: &Self) {
        self.people += other.people;
        for (times, people) in &other.frequency {
            *self.frequency.entry(*times).or_default() += people;
        }
        self.join_events(other);
    }

    /// Joins all but the people, who may be the same.
    pub fn join_events(&mut self, other: &Self) {
        self.events += other.events;
        self.valued += other.valued;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.values.extend(&other.values);
        self.distinct.extend(&other.distinct);
    }
}

impl SegmentationOperator {
    /// Reads the counting answer back, partial rows joined.
    pub fn cells(batches: &[RecordBatch]) -> FxHashMap<CellKey, SegmentationRow> {
        let mut out: FxHashMap<CellKey, SegmentationRow> = FxHashMap::default();
        for batch in batches {
            let int = |i: usize| batch.column(i).as_primitive::<UInt32Type>().values();
            let long = |i: usize| batch.column(i).as_primitive::<UInt64Type>().values();
            let float = |i: usize| batch.column(i).as_primitive::<Float64Type>().values();
            let bytes = |i: usize| batch.column(i).as_binary::<i32>();
            let (values, distinct, frequency) = (bytes(10), bytes(11), bytes(12));
            let whole = |it: &[u8]| u64::from_le_bytes(it.try_into().unwrap_or_default());
            for row in 0..batch.num_rows() {
                let key = (int(0)[row], int(1)[row], int(2)[row], int(3)[row]);
                let part = SegmentationRow {
                    people: long(4)[row],
                    events: long(5)[row],
                    valued: long(6)[row],
                    sum: float(7)[row],
                    min: float(8)[row],
                    max: float(9)[row],
                    values: values
                        .value(row)
                        .chunks_exact(8)
                        .map(|it| f64::from_le_bytes(it.try_into().unwrap_or_default()))
                        .collect(),
                    distinct: distinct
                        .value(row)
                        .chunks_exact(4)
                        .map(|it| u32::from_le_bytes(it.try_into().unwrap_or_default()))
                        .collect(),
                    frequency: frequency
                        .value(row)
                        .chunks_exact(16)
                        .map(|it| (whole(&it[..8]), whole(&it[8..])))
                        .collect(),
                };
                out.entry(key)
                    .or_insert_with(SegmentationRow::empty)
                    .join(&part);
            }
        }
        out
    }

    /// Reads the listing answer back.
    pub fn hits(batches: &[RecordBatch]) -> Vec<PersonHit> {
        let mut out = Vec::new();
        for batch in batches {
            let people = batch.column(0).as_primitive::<UInt32Type>().values();
            let firsts = batch.column(1).as_primitive::<Int64Type>().values();
            let events = batch.column(2).as_primitive::<UInt64Type>().values();
            for row in 0..batch.num_rows() {
                out.push(PersonHit {
                    person: people[row],
                    first: firsts[row],
                    events: events[row],
                });
            }
        }
        out
    }

    pub(super) fn batch_of_cells(&self, local: Local) -> Result<RecordBatch, QueryError> {
        let cells: Vec<(CellKey, SegmentationRow)> = local.cells.into_iter().collect();
        let int = |get: fn(&CellKey) -> u32| -> ArrayRef {
            Arc::new(
                cells
                    .iter()
                    .map(|(key, _)| Some(get(key)))
                    .collect::<UInt32Array>(),
            )
        };
        let long = |get: fn(&SegmentationRow) -> u64| -> ArrayRef {
            Arc::new(
                cells
                    .iter()
                    .map(|(_, row)| Some(get(row)))
                    .collect::<UInt64Array>(),
            )
        };
        let float = |get: fn(&SegmentationRow) -> f64| -> ArrayRef {
            Arc::new(
                cells
                    .iter()
                    .map(|(_, row)| Some(get(row)))
                    .collect::<Float64Array>(),
            )
        };
        let values = cells.iter().map(|(_, row)| {
            Some(
                row.values
                    .iter()
                    .flat_map(|it| it.to_le_bytes())
                    .collect::<Vec<u8>>(),
            )
        });
        let distinct = cells.iter().map(|(_, row)| {
            Some(
                row.distinct
                    .iter()
                    .flat_map(|it| it.to_le_bytes())
                    .collect::<Vec<u8>>(),
            )
        });
        let frequency = cells.iter().map(|(_, row)| {
            let pairs = row
                .frequency
                .iter()
                .flat_map(|(times, people)| [times, people]);
            Some(pairs.flat_map(|it| it.to_le_bytes()).collect::<Vec<u8>>())
        });
        let columns: Vec<ArrayRef> = vec![
            int(|it| it.0),
            int(|it| it.1),
            int(|it| it.2),
            int(|it| it.3),
            long(|it| it.people),
            long(|it| it.events),
            long(|it| it.valued),
            float(|it| it.sum),
            float(|it| it.min),
            float(|it| it.max),
            Arc::new(values.collect::<BinaryArray>()),
            Arc::new(distinct.collect::<BinaryArray>()),
            Arc::new(frequency.collect::<BinaryArray>()),
        ];
        RecordBatch::try_new(self.schema(), columns).map_err(|it| QueryError::Plan(it.into()))
    }

    pub(super) fn batch_of_hits(&self, local: Local) -> Result<RecordBatch, QueryError> {
        let mut people = Vec::with_capacity(local.hits.len());
        let mut firsts = Vec::with_capacity(local.hits.len());
        let mut events = Vec::with_capacity(local.hits.len());
        let times = self.plan.list.as_ref().and_then(|it| it.times);
        for (person, (first, count)) in local.hits {
            if times.is_some_and(|it| it != count) {
                continue;
            }
            people.push(person);
            firsts.push(first);
            events.push(count);
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from(people)),
            Arc::new(Int64Array::from(firsts)),
            Arc::new(UInt64Array::from(events)),
        ];
        RecordBatch::try_new(self.schema(), columns).map_err(|it| QueryError::Plan(it.into()))
    }
}
