//! The funnel operator: one row per person that entered, with their representative chain.
//!
//! Shape: (person `UInt32`, segments `UInt32` bit mask, group `UInt32`, `is_first` Boolean, depth `UInt32`,
//! t1..tK Int64 nullable), one row per person and group tuple; `is_first` marks one row of each person.
//! Units: times in milliseconds UTC. Ties: the total order (time, client counter, arrival, sender's id).
//! Cost: one scan of (node, time) of the steps' events; memory of one bucket's matching events.
//! Source: charts.md 2.2.

pub(crate) mod matching;

use std::cmp::Ordering;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt32Type};
use gyre_base::Timestamp;
use gyre_lake::BUCKET_NODES;
use gyre_model::filter::PropertyRef;
use smallvec::SmallVec;

use crate::bind::{BindContext, BoundGroups, BoundSelector, EventTest};
use crate::exec::BucketOperator;
use crate::groups::{GroupDict, NO_GROUP};
use crate::prepare::{PersonTables, PreparedSelector, Segments, cut_end};
use crate::scan::{Scan, ScanRun, Share};
use crate::tie::TieColumns;
use crate::{QueryError, Snapshot};

use matching::{StepEvent, longest_chain};

/// Most matching events of one person; beyond it the query fails rather than runs for minutes.
const EVENTS_PER_PERSON_MAX: usize = 1_000_000;

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

#[derive(Debug)]
struct Own {
    steps: Vec<BoundSelector>,
    groups: BoundGroups,
    /// Read where two events of one person have the same time, which is seldom.
    ties: OnceLock<TieColumns>,
}

#[derive(Clone, Copy)]
struct Entry {
    time: i64,
    person: u32,
    steps: u32,
    chunk: u32,
    row: u32,
}

/// The operator.
#[derive(Debug)]
pub struct FunnelOperator {
    plan: FunnelPlan,
    scan: Scan<Own>,
    dict: Arc<GroupDict>,
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
        let to = cut_end(plan.range.1.plus_ms(plan.window_ms), plan.as_of);
        let wants = |event: u32| plan.steps.iter().any(|it| it.takes(event));
        let scan = Scan::new(snapshot, plan.tables.clone(), plan.as_of, (from, to), wants);
        let mut fields = vec![
            Field::new("person", DataType::UInt32, false),
            Field::new("segments", DataType::UInt32, false),
            Field::new("group", DataType::UInt32, false),
            Field::new("is_first", DataType::Boolean, false),
        ];
        for step in 1..=plan.steps.len() {
            fields.push(Field::new(format!("t{step}"), DataType::Int64, true));
        }
        Self {
            plan,
            scan,
            dict,
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

    fn bind(&self, ctx: &BindContext<'_>) -> Result<Own, QueryError> {
        let steps: Result<Vec<_>, _> = self
            .plan
            .steps
            .iter()
            .map(|it| BoundSelector::bind(ctx, it))
            .collect();
        Ok(Own {
            steps: steps?,
            groups: BoundGroups::bind(ctx, &self.plan.group_by, &self.dict)?,
            ties: OnceLock::new(),
        })
    }

    /// Adds the matching events of one run.
    fn read_run(
        &self,
        it: &ScanRun,
        share: Share,
        entries: &mut Vec<Entry>,
    ) -> Result<(), QueryError> {
        let bound = self.scan.chunk(it.chunk, |ctx| self.bind(ctx))?;
        let tests: Vec<EventTest> = bound
            .own
            .steps
            .iter()
            .map(|step| step.for_event(it.run.event))
            .collect();
        let always = mask_of(&tests, EventTest::Always);
        let by_row: Vec<usize> = (0..tests.len())
            .filter(|step| tests[*step] == EventTest::ByRow)
            .collect();
        let (from, entries_end) = (self.plan.range.0.ms(), self.plan.range.1.ms());
        let to = cut_end(
            self.plan.range.1.plus_ms(self.plan.window_ms),
            self.plan.as_of,
        );
        let (Some(nodes), Some(times)) = (bound.hot.nodes.nodes(), bound.hot.times.ints()) else {
            return Ok(());
        };
        let map = &self.scan.snapshot.map;
        for row in it.run.start as usize..it.run.end as usize {
            let time = times[row];
            if time < from || time >= to {
                continue;
            }
            let Some(person) = share.takes(map.flagged_person(nodes[row], time)) else {
                continue;
            };
            let mut steps = always;
            for step in &by_row {
                if bound.own.steps[*step].passes(it.run.event, row, person, time) {
                    steps |= 1 << step;
                }
            }
            if time >= entries_end {
                steps &= !1;
            }
            if steps != 0 {
                entries.push(Entry {
                    time,
                    person,
                    steps,
                    chunk: it.chunk,
                    row: row as u32,
                });
            }
        }
        Ok(())
    }

    /// Matches every person of `entries` and empties it.
    fn match_people(&self, entries: &mut Vec<Entry>, out: &mut Output) -> Result<(), QueryError> {
        sort_entries(entries, &mut out.scratch);
        let mut events: Vec<StepEvent> = Vec::new();
        for person in entries.chunk_by_mut(|a, b| a.person == b.person) {
            if person.len() > EVENTS_PER_PERSON_MAX {
                let detail =
                    format!("a person has more than {EVENTS_PER_PERSON_MAX} matching events");
                return Err(QueryError::TooLarge { detail });
            }
            for tied in person.chunk_by_mut(|a, b| a.time == b.time) {
                if tied.len() > 1 {
                    self.sort_ties(tied)?;
                }
            }
            events.clear();
            events.extend(person.iter().map(|it| StepEvent {
                time: it.time,
                steps: it.steps,
            }));
            let steps = self.plan.steps.len();
            let Some(chain) = longest_chain(&events, steps, self.plan.window_ms) else {
                continue;
            };
            let segments = self.plan.segments.mask(person[0].person);
            if segments != 0 {
                let entry = person[chain.events[0]];
                let times = chain.events.iter().map(|i| person[*i].time);
                self.push(out, entry, segments, &times)?;
            }
        }
        entries.clear();
        Ok(())
    }

    fn sort_ties(&self, tied: &mut [Entry]) -> Result<(), QueryError> {
        for it in &*tied {
            if let Some(bound) = self.scan.bound(it.chunk)
                && bound.own.ties.get().is_none()
            {
                let ties = TieColumns::bind(&self.scan.context(it.chunk))?;
                bound.own.ties.get_or_init(|| ties);
            }
        }
        let ties = |it: &Entry| self.scan.bound(it.chunk)?.own.ties.get();
        tied.sort_by(|a, b| match (ties(a), ties(b)) {
            (Some(left), Some(right)) => left.compare(a.row as usize, right, b.row as usize),
            _ => Ordering::Equal,
        });
        Ok(())
    }

    fn push(
        &self,
        out: &mut Output,
        entry: Entry,
        segments: u32,
        times: &(impl Iterator<Item = i64> + Clone),
    ) -> Result<(), QueryError> {
        let groups = match self.scan.bound(entry.chunk) {
            Some(bound) if !self.plan.group_by.is_empty() => {
                let place = (entry.row as usize, entry.person, entry.time);
                bound.own.groups.tuples(place, &self.dict)?
            }
            _ => SmallVec::from_elem(NO_GROUP, 1),
        };
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

fn mask_of(tests: &[EventTest], wanted: EventTest) -> u32 {
    tests
        .iter()
        .enumerate()
        .filter(|(_, it)| **it == wanted)
        .fold(0, |mask, (step, _)| mask | 1 << step)
}

/// Sorts by person and time. The people of one bucket are few and their numbers close together: they are counted
/// out, which is several times faster than comparing.
fn sort_entries(entries: &mut Vec<Entry>, scratch: &mut Vec<Entry>) {
    let Some(lowest) = entries.iter().map(|it| it.person).min() else {
        return;
    };
    let first = lowest / BUCKET_NODES * BUCKET_NODES;
    let place = |it: &Entry| (it.person - first) as usize;
    if entries.len() < 64 || entries.iter().any(|it| place(it) >= BUCKET_NODES as usize) {
        entries.sort_unstable_by_key(|it| (it.person, it.time));
        return;
    }
    let mut ends = [0_u32; BUCKET_NODES as usize];
    for it in &*entries {
        ends[place(it)] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    scratch.clear();
    scratch.resize(entries.len(), entries[0]);
    for it in entries.iter().rev() {
        let end = &mut ends[place(it)];
        *end -= 1;
        scratch[*end as usize] = *it;
    }
    std::mem::swap(entries, scratch);
    for person in entries.chunk_by_mut(|a, b| a.person == b.person) {
        person.sort_unstable_by_key(|it| it.time);
    }
}

#[derive(Default)]
struct Output {
    scratch: Vec<Entry>,
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
        self.scan.partitions()
    }

    fn rows(&self) -> u64 {
        self.scan.rows
    }

    fn run(&self, partition: usize, cancel: &AtomicBool) -> Result<RecordBatch, QueryError> {
        let share = self.scan.share(partition);
        let mut entries = Vec::new();
        let mut out = Output {
            times: vec![Vec::new(); self.plan.steps.len()],
            ..Output::default()
        };
        self.scan.for_buckets(partition, cancel, |runs| {
            for run in runs {
                self.read_run(run, share, &mut entries)?;
            }
            match share {
                Share::Home => self.match_people(&mut entries, &mut out),
                Share::Multi { .. } => Ok(()), // their rows are spread over all buckets
            }
        })?;
        self.match_people(&mut entries, &mut out)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counting_people_out_is_sorting_them(
            base in 0..3_u32, people in prop::collection::vec((0..6_000_u32, 0..5_i64), 0..300), is_narrow in any::<bool>(),
        ) {
            let entry = |(person, time): (u32, i64)| Entry {
                time,
                person: base * BUCKET_NODES + if is_narrow { person % BUCKET_NODES } else { person },
                steps: 1,
                chunk: 0,
                row: 0,
            };
            let mut entries: Vec<Entry> = people.into_iter().map(entry).collect();
            let key = |it: &Entry| (it.person, it.time);
            let mut expected: Vec<(u32, i64)> = entries.iter().map(key).collect();
            expected.sort_unstable();
            sort_entries(&mut entries, &mut Vec::new());
            prop_assert_eq!(entries.iter().map(key).collect::<Vec<_>>(), expected);
        }
    }
}
