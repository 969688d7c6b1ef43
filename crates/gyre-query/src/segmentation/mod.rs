//! The segmentation operator: people, events and numbers per series, cut, group and time bucket.
//!
//! A *cut* is a segment with its groups, or the union of all segments without groups ([`UNION_CUT`], the
//! overall row). Shape: (series, cut, group, bucket `UInt32`; people, events, valued `UInt64`; sum, min, max Float64;
//! values Binary of f64, distinct Binary of u32 value numbers, frequency Binary of (times, people) u64 pairs), a row
//! per cell that has something; bucket [`TOTAL_BUCKET`] is the whole range, where people are distinct over it. People of
//! a series may be distinct over more than their bucket ([`Reach`]); everything else is of the bucket alone, since it
//! can be added up. In listing mode the answer is
//! (person `UInt32`, first Int64, events `UInt64`) of one cell instead: the same scan, the same tests.
//! Source: charts.md 2.1 and part 3.

mod answer;
mod dense;
mod distinct;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use gyre_base::Timestamp;
use gyre_base::calendar::Buckets;
use gyre_lake::LakeError;
use gyre_model::filter::PropertyRef;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::bind::{
    BindContext, BoundGroups, BoundProperty, BoundRevenue, BoundSelector, EventTest,
};
use crate::chosen::ChosenRows;
use crate::exec::BucketOperator;
use crate::groups::{GroupDict, NO_GROUP};
use crate::prepare::{PersonTables, PreparedSelector, Segments, cut_end};
use crate::scan::{Scan, ScanRun, Share};
use crate::{QueryError, Snapshot};

pub use answer::{PersonHit, SegmentationRow};
use dense::Dense;
use distinct::Counting;

/// The bucket that stands for the whole range.
pub const TOTAL_BUCKET: u32 = u32::MAX;
/// The cut that stands for the union of all segments, ungrouped.
pub const UNION_CUT: u32 = u32::MAX;
/// The group of everything that is not kept.
pub const OTHER_GROUP: u32 = (1 << 22) - 1;
/// Keys gathered before equal ones are dropped.
const KEYS_MAX: usize = 1 << 20;
/// Most events of people in several buckets whose frequency is counted: 8 bytes each, 512 MB.
const EVENTS_MAX: usize = 64 << 20;

/// A number read of each event.
#[derive(Clone, Debug, PartialEq)]
pub enum NumericMeasure {
    /// A property.
    Property(PropertyRef),
    /// Revenue with its fallbacks.
    Revenue,
}

/// One series.
#[derive(Debug)]
pub struct SeriesPlan {
    /// Which events.
    pub select: PreparedSelector,
    /// Only these rows.
    pub only: Option<Arc<ChosenRows>>,
    /// The number read of each, if the measure needs one.
    pub number: Option<NumericMeasure>,
    /// Keep every number (percentiles).
    pub keep_values: bool,
    /// A property whose distinct values are counted.
    pub distinct: Option<PropertyRef>,
    /// Whether the groups split it.
    pub is_grouped: bool,
    /// Over which buckets its people are distinct.
    pub reach: Reach,
    /// Count how many people have how many events.
    pub has_frequency: bool,
}

/// Over which buckets people are distinct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The bucket itself.
    Bucket,
    /// The bucket and those before it, so many in all.
    Window(usize),
    /// From the range's first bucket on.
    FromStart,
}

/// Which group of a cell.
#[derive(Clone, Debug)]
pub enum GroupTest {
    /// Any.
    Any,
    /// Exactly this tuple.
    Is(u32),
    /// Every tuple but these.
    NotIn(FxHashSet<u32>),
}

/// Which cut of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// One segment.
    Segment(u32),
    /// The union of all.
    Union,
}

/// One cell whose people are listed.
#[derive(Clone, Debug)]
pub struct CellFilter {
    /// Series.
    pub series: usize,
    /// Cut.
    pub cut: Cut,
    /// Group.
    pub group: GroupTest,
    /// First and last time bucket; `None` is the whole range.
    pub buckets: Option<(usize, usize)>,
    /// Only people with so many events.
    pub times: Option<u64>,
}

/// What the operator answers.
#[derive(Debug)]
pub struct SegmentationPlan {
    /// The series.
    pub series: Vec<SeriesPlan>,
    /// Time buckets: those before the range, then its own.
    pub buckets: Buckets,
    /// How many are before the range.
    pub before: usize,
    /// People compared.
    pub segments: Segments,
    /// Properties that split the rows.
    pub group_by: Vec<PropertyRef>,
    /// Tables of what filters and groups ask of people.
    pub tables: PersonTables,
    /// Later events do not count.
    pub as_of: Timestamp,
    /// Groups that keep a row of their own, by series and cut; the rest is [`OTHER_GROUP`].
    pub keep: Option<FxHashMap<(u32, u32), FxHashSet<u32>>>,
    /// List this cell's people instead of counting.
    pub list: Option<CellFilter>,
}

#[derive(Debug)]
struct OwnSeries {
    select: BoundSelector,
    number: Option<BoundNumber>,
    distinct: Option<BoundProperty>,
}

/// A measure's number in one chunk.
#[derive(Debug)]
pub(crate) enum BoundNumber {
    Property(BoundProperty),
    Revenue(BoundRevenue),
}

impl BoundNumber {
    pub(crate) fn bind(ctx: &BindContext<'_>, it: &NumericMeasure) -> Result<Self, LakeError> {
        Ok(match it {
            NumericMeasure::Property(it) => Self::Property(BoundProperty::bind(ctx, it)?),
            NumericMeasure::Revenue => Self::Revenue(BoundRevenue::bind(ctx)?),
        })
    }

    pub(crate) fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Property(it) => it.number(row),
            Self::Revenue(it) => it.number(row),
        }
    }
}

#[derive(Debug)]
struct Own {
    series: Vec<OwnSeries>,
    groups: BoundGroups,
}

/// The operator.
#[derive(Debug)]
pub struct SegmentationOperator {
    plan: SegmentationPlan,
    scan: Scan<Own>,
    dict: Arc<GroupDict>,
    schema: SchemaRef,
    has_union: bool,
    even_ms: Option<i64>,
}

/// (series, cut, group, bucket)
type CellKey = (u32, u32, u32, u32);

/// People of one series and cut, seen so far in the bucket.
#[derive(Default)]
struct Seen {
    /// group << 42 | bucket << 30 | person
    keys: Vec<u64>,
}

const PERSON_BITS: u32 = 30;
const BUCKET_BITS: u32 = 12;

#[derive(Default)]
struct Local {
    cells: FxHashMap<CellKey, SegmentationRow>,
    seen: FxHashMap<(u32, u32), Seen>,
    hits: FxHashMap<u32, (i64, u64)>,
    /// Series that are counted without groups and segments.
    dense: FxHashMap<usize, Dense>,
}

impl SegmentationOperator {
    /// Plans the scan.
    pub fn new(snapshot: &Snapshot, plan: SegmentationPlan, dict: Arc<GroupDict>) -> Self {
        let edges = &plan.buckets.edges;
        let from = edges.first().map_or(0, |it| it.ms());
        let to = edges.last().map_or(0, |it| cut_end(*it, plan.as_of));
        let wants = |event: u32| plan.series.iter().any(|it| it.select.takes(event));
        let scan = Scan::new(snapshot, plan.tables.clone(), plan.as_of, (from, to), wants);
        let has_union = !plan.group_by.is_empty() || plan.segments.len() > 1;
        let widths: FxHashSet<i64> = edges.windows(2).map(|it| it[1].since(it[0])).collect();
        let even_ms = (widths.len() == 1)
            .then(|| widths.into_iter().next())
            .flatten();
        let fields = if plan.list.is_some() {
            vec![
                Field::new("person", DataType::UInt32, false),
                Field::new("first", DataType::Int64, false),
                Field::new("events", DataType::UInt64, false),
            ]
        } else {
            let mut fields: Vec<Field> = ["series", "cut", "group", "bucket"]
                .iter()
                .map(|it| Field::new(*it, DataType::UInt32, false))
                .collect();
            for name in ["people", "events", "valued"] {
                fields.push(Field::new(name, DataType::UInt64, false));
            }
            for name in ["sum", "min", "max"] {
                fields.push(Field::new(name, DataType::Float64, false));
            }
            fields.push(Field::new("values", DataType::Binary, false));
            fields.push(Field::new("distinct", DataType::Binary, false));
            fields.push(Field::new("frequency", DataType::Binary, false));
            fields
        };
        Self {
            plan,
            scan,
            dict,
            schema: Arc::new(Schema::new(fields)),
            has_union,
            even_ms,
        }
    }

    fn bind(&self, ctx: &BindContext<'_>) -> Result<Own, QueryError> {
        let mut series = Vec::new();
        for it in &self.plan.series {
            series.push(OwnSeries {
                select: BoundSelector::bind(ctx, &it.select)?,
                number: match &it.number {
                    Some(number) => Some(BoundNumber::bind(ctx, number)?),
                    None => None,
                },
                distinct: match &it.distinct {
                    Some(property) => Some(BoundProperty::bind(ctx, property)?),
                    None => None,
                },
            });
        }
        Ok(Own {
            series,
            groups: BoundGroups::bind(ctx, &self.plan.group_by, &self.dict)?,
        })
    }

    fn bucket_of(&self, time: i64) -> Option<usize> {
        let edges = &self.plan.buckets.edges;
        match self.even_ms {
            Some(width) => {
                let place = (time - edges[0].ms()) / width;
                usize::try_from(place)
                    .ok()
                    .filter(|it| *it + 1 < edges.len())
            }
            None => self.plan.buckets.index(Timestamp(time)),
        }
    }

    fn read_run(&self, it: &ScanRun, share: Share, local: &mut Local) -> Result<(), QueryError> {
        let bound = self.scan.chunk(it.chunk, |ctx| self.bind(ctx))?;
        let (Some(nodes), Some(times)) = (bound.hot.nodes.nodes(), bound.hot.times.ints()) else {
            return Ok(());
        };
        let (from, to) = self.span();
        for (series, own) in bound.own.series.iter().enumerate() {
            let test = own.select.for_event(it.run.event);
            if test == EventTest::Never
                || self
                    .plan
                    .list
                    .as_ref()
                    .is_some_and(|list| list.series != series)
            {
                continue;
            }
            if share == Share::Home && self.is_dense(series) {
                let plan = &self.plan;
                let dense = local.dense.entry(series).or_insert_with(|| {
                    Dense::new(plan.buckets.len(), plan.before, plan.series[series].reach)
                });
                self.read_dense(it, own, test, (nodes, times), dense);
                continue;
            }
            let only = self.plan.series[series].only.as_ref();
            let only = only.map(|rows| rows.of_chunk(self.scan.place_of(it.chunk)));
            if matches!(only, Some(None)) {
                continue;
            }
            let only = only.flatten();
            for row in it.run.start as usize..it.run.end as usize {
                let time = times[row];
                if time < from || time >= to {
                    continue;
                }
                if only.is_some_and(|it| !it.contains(row as u32)) {
                    continue;
                }
                let flagged = self.scan.snapshot.map.flagged_person(nodes[row], time);
                let Some(person) = share.takes(flagged) else {
                    continue;
                };
                if test == EventTest::ByRow && !own.select.passes(it.run.event, row, person, time) {
                    continue;
                }
                let segments = self.plan.segments.mask(person);
                if segments == 0 {
                    continue;
                }
                let Some(bucket) = self.bucket_of(time) else {
                    continue;
                };
                let hit = Hit {
                    series,
                    row,
                    person,
                    time,
                    segments,
                    bucket,
                };
                match &self.plan.list {
                    Some(list) => self.list_row(list, &hit, &bound.own, local)?,
                    None => self.count_row(&hit, own, &bound.own, local)?,
                }
            }
        }
        Ok(())
    }

    /// The loop of the plainest question, without a look-up per row.
    fn read_dense(
        &self,
        it: &ScanRun,
        own: &OwnSeries,
        test: EventTest,
        (nodes, times): (&[u32], &[i64]),
        dense: &mut Dense,
    ) {
        let map = &self.scan.snapshot.map;
        let (from, to) = self.span();
        for row in it.run.start as usize..it.run.end as usize {
            let time = times[row];
            if time < from || time >= to {
                continue;
            }
            let Some(person) = Share::Home.takes(map.flagged_person(nodes[row], time)) else {
                continue;
            };
            if test == EventTest::ByRow && !own.select.passes(it.run.event, row, person, time) {
                continue;
            }
            if let Some(bucket) = self.bucket_of(time) {
                let number = own.number.as_ref().and_then(|it| it.number(row));
                dense.add(person, bucket, number);
            }
        }
    }

    /// Half-open times that count.
    fn span(&self) -> (i64, i64) {
        let edges = &self.plan.buckets.edges;
        let last = edges.last().copied().unwrap_or(edges[0]);
        (edges[0].ms(), cut_end(last, self.plan.as_of))
    }

    /// Whether a series needs neither groups nor segments nor single values.
    fn is_dense(&self, series: usize) -> bool {
        let plan = &self.plan.series[series];
        self.plan.list.is_none()
            && self.plan.segments.is_everyone()
            && (self.plan.group_by.is_empty() || !plan.is_grouped)
            && !self.has_union
            && !plan.keep_values
            && plan.distinct.is_none()
            && !plan.has_frequency
            && plan.only.is_none()
    }

    fn groups_of(&self, hit: &Hit, own: &Own) -> Result<smallvec::SmallVec<[u32; 1]>, QueryError> {
        if self.plan.group_by.is_empty() || !self.plan.series[hit.series].is_grouped {
            return Ok(smallvec::SmallVec::from_elem(NO_GROUP, 1));
        }
        own.groups
            .tuples((hit.row, hit.person, hit.time), &self.dict)
    }

    fn count_row(
        &self,
        hit: &Hit,
        series: &OwnSeries,
        own: &Own,
        local: &mut Local,
    ) -> Result<(), QueryError> {
        let plan = &self.plan.series[hit.series];
        let number = series.number.as_ref().and_then(|it| it.number(hit.row));
        let distinct = series
            .distinct
            .as_ref()
            .map(|it| it.value(hit.row))
            .filter(|it| !it.is_null())
            .map(|it| self.dict.value(&it));
        let mut put = |cut: u32, group: u32| {
            let series = hit.series as u32;
            let is_shown = hit.bucket >= self.plan.before;
            let total = is_shown.then_some(TOTAL_BUCKET);
            for bucket in [Some(hit.bucket as u32), total].into_iter().flatten() {
                let key = (series, cut, group, bucket);
                let cell = local
                    .cells
                    .entry(key)
                    .or_insert_with(SegmentationRow::empty);
                cell.add(number, plan.keep_values);
                cell.distinct.extend(distinct);
            }
            let seen = local.seen.entry((series, cut)).or_default();
            let key = u64::from(group) << (PERSON_BITS + BUCKET_BITS)
                | (hit.bucket as u64) << PERSON_BITS
                | u64::from(hit.person);
            // runs are sorted by node and time: repeats usually come in a row
            if plan.has_frequency || seen.keys.last() != Some(&key) {
                seen.keys.push(key);
            }
        };
        let groups = self.groups_of(hit, own)?;
        let mut segments = hit.segments;
        while segments != 0 {
            let cut = segments.trailing_zeros();
            let keep = self
                .plan
                .keep
                .as_ref()
                .and_then(|it| it.get(&(hit.series as u32, cut)));
            let mut has_other = false;
            for group in &groups {
                if keep.is_none_or(|it| it.contains(group)) {
                    put(cut, *group);
                } else if !has_other {
                    has_other = true; // an event counts once in the rest, whatever its list holds
                    put(cut, OTHER_GROUP);
                }
            }
            segments &= segments - 1;
        }
        if self.has_union {
            put(UNION_CUT, NO_GROUP);
        }
        Ok(())
    }

    fn list_row(
        &self,
        list: &CellFilter,
        hit: &Hit,
        own: &Own,
        local: &mut Local,
    ) -> Result<(), QueryError> {
        let (first, last) = list.buckets.unwrap_or((self.plan.before, usize::MAX));
        if hit.bucket < first || hit.bucket > last {
            return Ok(());
        }
        if let Cut::Segment(segment) = list.cut {
            if hit.segments & (1 << segment) == 0 {
                return Ok(());
            }
            let groups = self.groups_of(hit, own)?;
            let is_in = match &list.group {
                GroupTest::Any => true,
                GroupTest::Is(tuple) => groups.contains(tuple),
                GroupTest::NotIn(kept) => groups.iter().any(|it| !kept.contains(it)),
            };
            if !is_in {
                return Ok(());
            }
        }
        let entry = local.hits.entry(hit.person).or_insert((hit.time, 0));
        entry.0 = entry.0.min(hit.time);
        entry.1 += 1;
        Ok(())
    }

    /// Counts the distinct people gathered so far and forgets them: their bucket is done.
    fn count_seen(&self, local: &mut Local) {
        local.dense.values_mut().for_each(Dense::end_bucket);
        for ((series, cut), seen) in &mut local.seen {
            let plan = &self.plan.series[*series as usize];
            let put = |group: u32, bucket: u32, people: u64, times: Option<u64>| {
                let key = (*series, *cut, group, bucket);
                let cell = local
                    .cells
                    .entry(key)
                    .or_insert_with(SegmentationRow::empty);
                cell.people += people;
                if let Some(times) = times {
                    *cell.frequency.entry(times).or_default() += people;
                }
            };
            let it = Counting {
                buckets: self.plan.buckets.len(),
                before: self.plan.before,
                reach: plan.reach,
                has_frequency: plan.has_frequency,
            };
            it.count(&mut seen.keys, put);
        }
    }
}

fn too_many() -> QueryError {
    let detail = format!(
        "more than {EVENTS_MAX} events of people who are looked at together; take a shorter range"
    );
    QueryError::TooLarge { detail }
}

struct Hit {
    series: usize,
    row: usize,
    person: u32,
    time: i64,
    segments: u32,
    bucket: usize,
}

impl BucketOperator for SegmentationOperator {
    fn name(&self) -> &'static str {
        "SegmentationOperator"
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
        let mut local = Local::default();
        self.scan.for_buckets(partition, cancel, |runs| {
            for run in runs {
                self.read_run(run, share, &mut local)?;
            }
            if share == Share::Home {
                self.count_seen(&mut local);
            } else {
                // people of several buckets are counted at the end; equal keys can go at once
                for ((series, _), seen) in &mut local.seen {
                    if self.plan.series[*series as usize].has_frequency {
                        if seen.keys.len() > EVENTS_MAX {
                            return Err(too_many());
                        }
                    } else if seen.keys.len() > KEYS_MAX {
                        seen.keys.sort_unstable();
                        seen.keys.dedup();
                    }
                }
            }
            Ok(())
        })?;
        self.count_seen(&mut local);
        for (series, dense) in std::mem::take(&mut local.dense) {
            dense.into_cells(series as u32, &mut local.cells);
        }
        if self.plan.list.is_some() {
            self.batch_of_hits(local)
        } else {
            self.batch_of_cells(local)
        }
    }
}
