//! The paths operator: which sequences of nodes people walk, from an anchor or towards it.
//!
//! Shape: (segment `UInt32`, path Binary of u64 nodes, count `UInt64`), a line per distinct path; a node is the event's
//! number and the tuple of the property it is expanded by ([`node_of`]), and [`EXIT`] after the last node says that the
//! session ended there. In listing mode the answer is (person, first, units) of the paths that a test takes. Cost: one scan of
//! active events; memory of one bucket's events, and of at most [`PATHS_MAX`] distinct paths. Source: charts.md 2.7
//! and part 3 ("Others").

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{ArrayRef, AsArray, BinaryArray, RecordBatch, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type, UInt64Type};
use gyre_base::Timestamp;
use gyre_model::filter::PropertyRef;
use gyre_model::value::Scalar;
use rustc_hash::FxHashMap;

use crate::exec::BucketOperator;
use crate::gather::{Entry, Gather, Reading, Wanted};
use crate::groups::{GroupDict, NO_GROUP};
use crate::prepare::{PersonTables, PreparedSelector, Segments, cut_end};
use crate::sessions::{ACTIVE, Assigner, reach};
use crate::tally::{Count, Tally, TallyCell};
use crate::{QueryError, Snapshot};

/// Most distinct paths of one partition: some 80 bytes each, 320 MB.
const PATHS_MAX: usize = 4_000_000;
/// Stands after the last node of a path that ended.
pub const EXIT: u64 = u64::MAX;

const VISIBLE: u32 = 2;
const FROM: u32 = 4;
const TO: u32 = 8;
const EXCLUDED: u32 = 16;

/// Where paths begin or end.
#[derive(Clone, Debug)]
pub enum Anchor {
    /// At the session's first event.
    First,
    /// At the first event of this selector; what follows is kept.
    Start(PreparedSelector),
    /// At the last; what precedes is kept.
    End(PreparedSelector),
    /// From the first of one to the first of the other after it.
    Between(PreparedSelector, PreparedSelector),
}

/// What a path is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathCount {
    /// Every session with the anchor.
    Sessions,
    /// The first session with the anchor of each person.
    People,
    /// Every occurrence of the anchor.
    Totals,
}

/// Whether a path, its exit included, is one of those asked for.
pub(crate) type TakesPath = Arc<dyn Fn(&[u64]) -> bool + Send + Sync>;

/// Paths whose people are listed.
#[derive(Clone)]
pub struct PathTest {
    /// Segment.
    pub segment: u32,
    /// Whether a path, its exit included, is one of them.
    pub takes: TakesPath,
}

impl fmt::Debug for PathTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathTest")
            .field("segment", &self.segment)
            .finish_non_exhaustive()
    }
}

/// What the operator answers.
#[derive(Clone, Debug)]
pub struct PathsPlan {
    /// Every active event: what sessions are cut from.
    pub active: PreparedSelector,
    /// The active events that paths are made of.
    pub visible: PreparedSelector,
    /// Where paths begin or end.
    pub anchor: Anchor,
    /// Events left out.
    pub exclude: Vec<PreparedSelector>,
    /// Events, by number, whose nodes are split by a property.
    pub expand: Vec<(u32, PropertyRef)>,
    /// Most nodes of a path.
    pub steps: usize,
    /// A gap of this length or more cuts a person's events; sessions where absent.
    pub gap_ms: Option<i64>,
    /// What is counted.
    pub count: PathCount,
    /// Whether runs of one node become its first.
    pub is_collapsed: bool,
    /// Half-open range of events.
    pub range: (Timestamp, Timestamp),
    /// People compared.
    pub segments: Segments,
    /// List these paths' people instead of counting.
    pub list: Option<PathTest>,
    /// Tables of what filters ask of people.
    pub tables: PersonTables,
    /// Later events do not count.
    pub as_of: Timestamp,
}

/// A node: an event's number and the tuple of its property's value, `NO_GROUP` if it is not split.
pub fn node_of(event: u32, tuple: u32) -> u64 {
    u64::from(event) << 32 | u64::from(tuple)
}

/// Event and tuple of a node.
pub fn node_parts(node: u64) -> (u32, u32) {
    ((node >> 32) as u32, node as u32)
}

/// The operator.
#[derive(Debug)]
pub struct PathsOperator {
    plan: PathsPlan,
    gather: Gather,
    dict: Arc<GroupDict>,
}

/// A kept event.
#[derive(Clone, Copy)]
struct Step {
    node: u64,
    mask: u32,
    time: i64,
    session: u32,
}

#[derive(Default)]
struct Scratch {
    assigner: Assigner,
    ids: Vec<Option<u32>>,
    steps: Vec<Step>,
    path: Vec<u64>,
}

/// What a partition found.
struct Found {
    paths: FxHashMap<(u32, Box<[u64]>), u64>,
    tally: Tally,
}

impl PathsOperator {
    /// Plans the scan.
    pub fn new(snapshot: &Snapshot, plan: PathsPlan, dict: Arc<GroupDict>) -> Self {
        let (from, to) = (plan.range.0.ms(), cut_end(plan.range.1, plan.as_of));
        let none = PreparedSelector { parts: Vec::new() };
        let (start, end) = match &plan.anchor {
            Anchor::First => (none.clone(), none.clone()),
            Anchor::Start(start) => (start.clone(), none.clone()),
            Anchor::End(end) => (none.clone(), end.clone()),
            Anchor::Between(start, end) => (start.clone(), end.clone()),
        };
        let excluded = PreparedSelector {
            parts: plan
                .exclude
                .iter()
                .flat_map(|it| it.parts.clone())
                .collect(),
        };
        // sessions at the edges of the range are cut where they are, whatever is visible of them
        let active = match plan.gap_ms {
            Some(_) => none,
            None => plan.active.clone(),
        };
        let sessions = reach(&[from, plan.range.1.ms()], plan.as_of);
        let mut wanted = vec![Wanted {
            select: active,
            span: sessions,
        }];
        for select in [plan.visible.clone(), start, end, excluded] {
            wanted.push(Wanted {
                select,
                span: (from, to),
            });
        }
        let reading = Reading {
            properties: plan.expand.iter().map(|it| it.1.clone()).collect(),
            has_sessions: plan.gap_ms.is_none(),
            ..Reading::default()
        };
        let common = (plan.tables.clone(), plan.as_of);
        let gather = Gather::new(snapshot, common, wanted, reading, Arc::clone(&dict));
        Self { plan, gather, dict }
    }

    /// Reads the counting answer back: paths by segment.
    pub fn paths(batches: &[RecordBatch]) -> FxHashMap<(u32, Vec<u64>), u64> {
        let mut out: FxHashMap<(u32, Vec<u64>), u64> = FxHashMap::default();
        for batch in batches {
            let segments = batch.column(0).as_primitive::<UInt32Type>().values();
            let paths = batch.column(1).as_binary::<i32>();
            let counts = batch.column(2).as_primitive::<UInt64Type>().values();
            for line in 0..batch.num_rows() {
                let nodes = paths.value(line).chunks_exact(8);
                let path = nodes.map(|it| u64::from_le_bytes(it.try_into().unwrap_or_default()));
                *out.entry((segments[line], path.collect())).or_default() += counts[line];
            }
        }
        out
    }

    fn node(&self, event: &Entry) -> Result<u64, QueryError> {
        let name = self.gather.event(event);
        let Some(index) = self.plan.expand.iter().position(|it| it.0 == name) else {
            return Ok(node_of(name, NO_GROUP));
        };
        let tuples = self.gather.property(event, index)?;
        if let [one] = tuples.as_slice() {
            return Ok(node_of(name, *one));
        }
        // a list is one node: its elements by name
        let mut texts: Vec<String> = tuples
            .iter()
            .flat_map(|it| self.dict.tuple_values(*it))
            .map(|it| it.display())
            .collect();
        texts.sort_unstable();
        let tuple = self.dict.tuple_of(&[Scalar::Text(texts.join(", "))])?;
        Ok(node_of(name, tuple))
    }

    /// Visible events of one person with their sessions, those of a session together, runs of one node collapsed.
    fn keep_steps(&self, events: &[Entry], scratch: &mut Scratch) -> Result<(), QueryError> {
        if self.plan.gap_ms.is_none() {
            scratch
                .assigner
                .assign(&self.gather, events, &mut scratch.ids);
        }
        scratch.steps.clear();
        let mut last: Option<i64> = None;
        let mut part = 0;
        for (place, event) in events.iter().enumerate() {
            if event.mask & VISIBLE == 0 {
                continue;
            }
            let session = match self.plan.gap_ms {
                None => scratch.ids[place],
                Some(gap) => {
                    if last.is_some_and(|it| event.time - it >= gap) {
                        part += 1;
                    }
                    last = Some(event.time);
                    Some(part)
                }
            };
            let Some(session) = session.filter(|_| event.mask & EXCLUDED == 0) else {
                continue;
            };
            scratch.steps.push(Step {
                node: self.node(event)?,
                mask: event.mask,
                time: event.time,
                session,
            });
        }
        scratch.steps.sort_by_key(|it| it.session); // stable: the order within a session stays
        if self.plan.is_collapsed {
            scratch.steps.dedup_by_key(|it| (it.session, it.node));
        }
        Ok(())
    }

    fn count_person(
        &self,
        events: &[Entry],
        scratch: &mut Scratch,
        found: &mut Found,
    ) -> Result<(), QueryError> {
        let person = events[0].person;
        let segments = self.plan.segments.mask(person);
        if segments == 0 {
            return Ok(());
        }
        self.keep_steps(events, scratch)?;
        let Scratch { steps, path, .. } = scratch;
        for session in steps.chunk_by(|a, b| a.session == b.session) {
            let mut is_found = false;
            for (from, to) in self.cuts(session) {
                is_found = true;
                path.clear();
                path.extend(session[from..to].iter().map(|it| it.node));
                let ends_here = match self.plan.anchor {
                    Anchor::End(_) => false,
                    Anchor::Between(..) => session[to - 1].mask & TO != 0 && to - from > 1,
                    Anchor::First | Anchor::Start(_) => to == session.len(),
                };
                if ends_here && path.len() < self.plan.steps {
                    path.push(EXIT);
                }
                self.count_path(path, segments, (person, session[from].time), found)?;
                if self.plan.count != PathCount::Totals {
                    break;
                }
            }
            if is_found && self.plan.count == PathCount::People {
                break;
            }
        }
        Ok(())
    }

    /// Where the paths of a session begin and end, one per occurrence of the anchor, the one that counts first.
    fn cuts<'a>(&'a self, session: &'a [Step]) -> Box<dyn Iterator<Item = (usize, usize)> + 'a> {
        let places = |bit: u32| (0..session.len()).filter(move |it| session[*it].mask & bit != 0);
        let steps = self.plan.steps;
        match self.plan.anchor {
            Anchor::First => Box::new(std::iter::once((0, session.len().min(steps)))),
            Anchor::Start(_) => {
                Box::new(places(FROM).map(move |it| (it, session.len().min(it + steps))))
            }
            Anchor::End(_) => Box::new(
                places(TO)
                    .rev()
                    .map(move |it| ((it + 1).saturating_sub(steps), it + 1)),
            ),
            Anchor::Between(..) => Box::new(places(FROM).filter_map(move |from| {
                let to = (from + 1..session.len()).find(|it| session[*it].mask & TO != 0)?;
                Some((from, (to + 1).min(from + steps)))
            })),
        }
    }

    fn count_path(
        &self,
        path: &[u64],
        segments: u32,
        member: (u32, i64),
        found: &mut Found,
    ) -> Result<(), QueryError> {
        if let Some(list) = &self.plan.list {
            if segments & (1 << list.segment) != 0 && (list.takes)(path) {
                let one = Count {
                    count: 1,
                    ..Count::default()
                };
                found.tally.add(LISTED.row, 0, member, one)?;
            }
            return Ok(());
        }
        let mut rest = segments;
        while rest != 0 {
            let key = (rest.trailing_zeros(), Box::from(path));
            *found.paths.entry(key).or_default() += 1;
            rest &= rest - 1;
        }
        if found.paths.len() > PATHS_MAX {
            let detail = format!(
                "more than {PATHS_MAX} different paths; take fewer steps or leave events out"
            );
            return Err(QueryError::TooLarge { detail });
        }
        Ok(())
    }

    fn batch_of_paths(
        &self,
        paths: FxHashMap<(u32, Box<[u64]>), u64>,
    ) -> Result<RecordBatch, QueryError> {
        let (mut segments, mut counts) = (Vec::new(), Vec::new());
        let mut nodes: Vec<Vec<u8>> = Vec::new();
        for ((segment, path), count) in paths {
            segments.push(segment);
            nodes.push(path.iter().flat_map(|it| it.to_le_bytes()).collect());
            counts.push(count);
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from(segments)),
            Arc::new(BinaryArray::from_iter_values(nodes)),
            Arc::new(UInt64Array::from(counts)),
        ];
        RecordBatch::try_new(self.schema(), columns).map_err(|it| QueryError::Plan(it.into()))
    }
}

/// The only cell of a listing.
const LISTED: TallyCell = TallyCell {
    row: (0, 0),
    slot: 0,
};

impl BucketOperator for PathsOperator {
    fn name(&self) -> &'static str {
        "PathsOperator"
    }

    fn schema(&self) -> SchemaRef {
        if self.plan.list.is_some() {
            return Tally::schema(true);
        }
        Arc::new(Schema::new(vec![
            Field::new("segment", DataType::UInt32, false),
            Field::new("path", DataType::Binary, false),
            Field::new("count", DataType::UInt64, false),
        ]))
    }

    fn partitions(&self) -> usize {
        self.gather.partitions()
    }

    fn rows(&self) -> u64 {
        self.gather.rows()
    }

    fn run(&self, partition: usize, cancel: &AtomicBool) -> Result<RecordBatch, QueryError> {
        debug_assert_eq!(ACTIVE, 1, "the first selector's bit");
        let mut scratch = Scratch::default();
        let mut found = Found {
            paths: FxHashMap::default(),
            tally: Tally::new(1, Some(LISTED)),
        };
        self.gather.run(partition, cancel, |events| {
            self.count_person(events, &mut scratch, &mut found)
        })?;
        if self.plan.list.is_some() {
            found.tally.into_batch()
        } else {
            self.batch_of_paths(found.paths)
        }
    }
}
