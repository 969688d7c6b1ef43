//! The funnel operator: one row per person that entered, with their representative chain.
//!
//! Shape: (person `UInt32`, segments `UInt32` bit mask, group `UInt32`, `is_first` Boolean, depth `UInt32`,
//! t1..tK Int64 nullable), one row per person and group tuple; `is_first` marks one row of each person.
//! Units: times in milliseconds UTC. Ties: the total order (time, client counter, arrival, sender's id).
//! Cost: one scan of (node, time) of the steps' events; memory of one bucket's matching events.
//! Source: charts.md 2.2.

pub(crate) mod matching;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt32Type};
use gyre_base::Timestamp;
use gyre_model::filter::PropertyRef;
use smallvec::SmallVec;

use crate::exec::BucketOperator;
use crate::gather::{Entry, Gather, Reading, Wanted};
use crate::groups::GroupDict;
use crate::prepare::{PersonTables, PreparedSelector, Segments, cut_end};
use crate::{QueryError, Snapshot};

use matching::{StepEvent, longest_chain};

/// What the operator answers.
#[derive(Debug)]
pub struct FunnelPlan {
    /// The steps in order.
    pub steps: Vec<PreparedSelector>,
    /// Longest time from the first step to the last, inclusive.
    pub window_ms: i64,
    /// Half-open range of entries.
    pub range: (Timestamp, Timestamp),
    /// People compared.
    pub segments: Segments,
    /// Properties of the first step's event that split the rows.
    pub group_by: Vec<PropertyRef>,
    /// Tables of what filters and groups ask of people.
    pub tables: PersonTables,
    /// Later events do not count.
    pub as_of: Timestamp,
}

/// The operator.
#[derive(Debug)]
pub struct FunnelOperator {
    steps: usize,
    window_ms: i64,
    segments: Segments,
    gather: Gather,
    schema: SchemaRef,
}

/// One row of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelRow {
    /// Who.
    pub person: u32,
    /// One bit per segment they are in.
    pub segments: u32,
    /// Group tuple of the entry event.
    pub group: u32,
    /// Whether this is the first of the person's rows.
    pub is_first: bool,
    /// Time of each step reached.
    pub times: SmallVec<[i64; 4]>,
}

impl FunnelOperator {
    /// Plans the scan.
    pub fn new(snapshot: &Snapshot, plan: FunnelPlan, dict: Arc<GroupDict>) -> Self {
        let from = plan.range.0.ms();
        let entries_end = cut_end(plan.range.1, plan.as_of);
        let to = cut_end(plan.range.1.plus_ms(plan.window_ms), plan.as_of);
        let steps = plan.steps.len();
        let wanted = plan.steps.into_iter().enumerate().map(|(step, select)| {
            let end = if step == 0 { entries_end } else { to };
            Wanted {
                select,
                span: (from, end),
            }
        });
        let reading = Reading {
            group_by: plan.group_by,
            ..Reading::default()
        };
        let common = (plan.tables, plan.as_of);
        let gather = Gather::new(snapshot, common, wanted.collect(), reading, dict);
        let mut fields = vec![
            Field::new("person", DataType::UInt32, false),
            Field::new("segments", DataType::UInt32, false),
            Field::new("group", DataType::UInt32, false),
            Field::new("is_first", DataType::Boolean, false),
        ];
        for step in 1..=steps {
            fields.push(Field::new(format!("t{step}"), DataType::Int64, true));
        }
        Self {
            steps,
            window_ms: plan.window_ms,
            segments: plan.segments,
            gather,
            schema: Arc::new(Schema::new(fields)),
        }
    }

    /// Reads the answer back.
    pub fn rows(batches: &[RecordBatch]) -> Vec<FunnelRow> {
        let mut rows = Vec::new();
        for batch in batches {
            let ints = |i: usize| batch.column(i).as_primitive::<UInt32Type>();
            let (people, segments, groups) = (ints(0), ints(1), ints(2));
            let firsts = batch.column(3).as_boolean();
            let times: Vec<_> = (4..batch.num_columns())
                .map(|i| batch.column(i).as_primitive::<Int64Type>())
                .collect();
            for row in 0..batch.num_rows() {
                let reached = times.iter().take_while(|it| it.is_valid(row));
                rows.push(FunnelRow {
                    person: people.value(row),
                    segments: segments.value(row),
                    group: groups.value(row),
                    is_first: firsts.value(row),
                    times: reached.map(|it| it.value(row)).collect(),
                });
            }
        }
        rows
    }

    /// Matches one person's events.
    fn match_person(&self, person: &[Entry], out: &mut Output) -> Result<(), QueryError> {
        out.events.clear();
        out.events.extend(person.iter().map(|it| StepEvent {
            time: it.time,
            steps: it.mask,
        }));
        let Some(chain) = longest_chain(&out.events, self.steps, self.window_ms) else {
            return Ok(());
        };
        let segments = self.segments.mask(person[0].person);
        if segments == 0 {
            return Ok(());
        }
        let entry = person[chain.events[0]];
        let times = chain.events.iter().map(|i| person[*i].time);
        self.push(out, &entry, segments, &times)
    }

    fn push(
        &self,
        out: &mut Output,
        entry: &Entry,
        segments: u32,
        times: &(impl Iterator<Item = i64> + Clone),
    ) -> Result<(), QueryError> {
        let groups = self.gather.groups(entry)?;
        for (i, group) in groups.into_iter().enumerate() {
            out.people.push(entry.person);
            out.segments.push(segments);
            out.groups.push(group);
            out.firsts.push(i == 0);
            let mut times = times.clone();
            out.times
                .iter_mut()
                .for_each(|column| column.push(times.next()));
        }
        Ok(())
    }
}

#[derive(Default)]
struct Output {
    events: Vec<StepEvent>,
    people: Vec<u32>,
    segments: Vec<u32>,
    groups: Vec<u32>,
    firsts: Vec<bool>,
    times: Vec<Vec<Option<i64>>>,
}

impl BucketOperator for FunnelOperator {
    fn name(&self) -> &'static str {
        "FunnelOperator"
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
        let mut out = Output {
            times: vec![Vec::new(); self.steps],
            ..Output::default()
        };
        self.gather
            .run(partition, cancel, |it| self.match_person(it, &mut out))?;
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from(out.people)),
            Arc::new(UInt32Array::from(out.segments)),
            Arc::new(UInt32Array::from(out.groups)),
            Arc::new(BooleanArray::from(out.firsts)),
        ];
        for times in out.times {
            columns.push(Arc::new(Int64Array::from(times)));
        }
        RecordBatch::try_new(self.schema(), columns).map_err(|it| QueryError::Plan(it.into()))
    }
}
