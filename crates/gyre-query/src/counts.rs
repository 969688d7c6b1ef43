//! The counting operator: how many matching events each person has. Audiences are built on it.
//!
//! Shape: (person `UInt32`, events `UInt64`), one row per person with at least one event.
//! Cost: one scan of (node, time) of the selector's events.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{AsArray, RecordBatch, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type, UInt64Type};
use gyre_base::Timestamp;
use rustc_hash::FxHashMap;

use crate::bind::{BoundSelector, EventTest};
use crate::exec::BucketOperator;
use crate::prepare::{PersonTables, PreparedSelector, cut_end};
use crate::scan::{Scan, ScanRun, Share};
use crate::{QueryError, Snapshot};

/// What the operator answers.
#[derive(Debug)]
pub struct CountSpec {
    /// Which events.
    pub select: PreparedSelector,
    /// Half-open time range.
    pub range: (Timestamp, Timestamp),
    /// Only events at most this long after the person's first one.
    pub life_ms: Option<i64>,
    /// Tables of what filters ask of people.
    pub tables: PersonTables,
    /// Later events do not count.
    pub as_of: Timestamp,
}

/// The operator.
#[derive(Debug)]
pub struct CountOperator {
    spec: CountSpec,
    scan: Scan<BoundSelector>,
    firsts: FxHashMap<u32, i64>,
    schema: SchemaRef,
}

impl CountOperator {
    /// Plans the scan.
    pub fn new(snapshot: &Snapshot, spec: CountSpec) -> Self {
        let range = (spec.range.0.ms(), cut_end(spec.range.1, spec.as_of));
        let wants = |event: u32| spec.select.takes(event);
        let scan = Scan::new(snapshot, spec.tables.clone(), spec.as_of, range, wants);
        let firsts = if spec.life_ms.is_none() {
            FxHashMap::default()
        } else {
            let people = snapshot.people.read();
            let persons = snapshot.map.persons().iter();
            persons
                .map(|it| (it, people.activity(&snapshot.map, it).first))
                .collect()
        };
        let fields = vec![
            Field::new("person", DataType::UInt32, false),
            Field::new("events", DataType::UInt64, false),
        ];
        Self {
            spec,
            scan,
            firsts,
            schema: Arc::new(Schema::new(fields)),
        }
    }

    /// Reads the answer back.
    pub fn counts(batches: &[RecordBatch]) -> Vec<(u32, u64)> {
        let mut out = Vec::new();
        for batch in batches {
            let people = batch.column(0).as_primitive::<UInt32Type>().values();
            let events = batch.column(1).as_primitive::<UInt64Type>().values();
            out.extend(people.iter().copied().zip(events.iter().copied()));
        }
        out
    }

    fn read_run(
        &self,
        it: &ScanRun,
        share: Share,
        counts: &mut FxHashMap<u32, u64>,
    ) -> Result<(), QueryError> {
        let bound = self.scan.chunk(it.chunk, |ctx| {
            Ok(BoundSelector::bind(ctx, &self.spec.select)?)
        })?;
        let test = bound.own.for_event(it.run.event);
        let (Some(nodes), Some(times)) = (bound.hot.nodes.nodes(), bound.hot.times.ints()) else {
            return Ok(());
        };
        let (from, to) = (
            self.spec.range.0.ms(),
            cut_end(self.spec.range.1, self.spec.as_of),
        );
        for row in it.run.start as usize..it.run.end as usize {
            let time = times[row];
            if time < from || time >= to {
                continue;
            }
            let flagged = self.scan.snapshot.map.flagged_person(nodes[row], time);
            let Some(person) = share.takes(flagged) else {
                continue;
            };
            if test == EventTest::ByRow && !bound.own.passes(it.run.event, row, person, time) {
                continue;
            }
            if let Some(life_ms) = self.spec.life_ms {
                let first = self.firsts.get(&person).copied().unwrap_or(i64::MAX);
                if time.saturating_sub(first) > life_ms {
                    continue;
                }
            }
            *counts.entry(person).or_default() += 1;
        }
        Ok(())
    }
}

impl BucketOperator for CountOperator {
    fn name(&self) -> &'static str {
        "CountOperator"
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn partitions(&self) -> usize {
        self.scan.partitions()
    }

    fn rows(&self) -> u64 {
        self.scan.rows
    }

    fn run(&self, partition: usize, cancel: &AtomicBool) -> Result<RecordBatch, QueryError> {
        let share = self.scan.share(partition);
        let mut counts = FxHashMap::default();
        self.scan.for_buckets(partition, cancel, |runs| {
            runs.iter()
                .try_for_each(|it| self.read_run(it, share, &mut counts))
        })?;
        let (people, events): (Vec<u32>, Vec<u64>) = counts.into_iter().unzip();
        let columns: Vec<arrow::array::ArrayRef> = vec![
            Arc::new(UInt32Array::from(people)),
            Arc::new(UInt64Array::from(events)),
        ];
        RecordBatch::try_new(self.schema(), columns).map_err(|it| QueryError::Plan(it.into()))
    }
}
