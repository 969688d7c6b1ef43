//! Counts by row and slot, or the people of one of them: the answer of operators whose cells are known in advance.
//!
//! A row is a cut (a segment, or [`UNION_CUT`](crate::UNION_CUT)) with a group; its slots are the operator's own. Shape:
//! (cut, group, slot `UInt32`; count, valued `UInt64`; sum Float64), a line per slot that is not empty. In listing mode
//! it is (person `UInt32`, first Int64, events `UInt64`) of one cell: the same operator, the same tests.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, UInt32Array, UInt64Array,
};
use arrow::datatypes::{
    DataType, Field, Float64Type, Int64Type, Schema, SchemaRef, UInt32Type, UInt64Type,
};
use gyre_model::filter::PropertyRef;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::groups::NO_GROUP;
use crate::prepare::Segments;
use crate::segmentation::{OTHER_GROUP, PersonHit, UNION_CUT};
use crate::{QueryError, exec::BucketOperator};

/// Most slots of one partition: 24 bytes each, 384 MB.
const SLOTS_MAX: usize = 16 << 20;

/// Rows of an answer: segments with their groups, and their union.
#[derive(Clone, Debug)]
pub struct RowPlan {
    /// People compared.
    pub segments: Segments,
    /// Properties that split the rows.
    pub group_by: Vec<PropertyRef>,
    /// Groups that keep a row of their own, by cut; the rest is [`OTHER_GROUP`].
    pub keep: Option<FxHashMap<u32, FxHashSet<u32>>>,
    /// Whether the union of all segments, ungrouped, is counted too.
    pub has_union: bool,
}

impl RowPlan {
    /// Everyone in one row.
    pub fn everyone() -> Self {
        Self {
            segments: Segments::everyone(),
            group_by: Vec::new(),
            keep: None,
            has_union: false,
        }
    }

    /// Calls `put` with every row that something of these segments and groups belongs to, each once.
    pub(crate) fn each(&self, segments: u32, groups: &[u32], mut put: impl FnMut((u32, u32))) {
        let mut rest = segments;
        while rest != 0 {
            let cut = rest.trailing_zeros();
            let keep = self.keep.as_ref().and_then(|it| it.get(&cut));
            let mut has_other = false;
            for group in groups {
                if self.group_by.is_empty() {
                    put((cut, NO_GROUP));
                } else if keep.is_none_or(|it| it.contains(group)) {
                    put((cut, *group));
                } else if !has_other {
                    has_other = true; // a list counts once in the rest, whatever it holds
                    put((cut, OTHER_GROUP));
                }
            }
            rest &= rest - 1;
        }
        if self.has_union && segments != 0 {
            put((UNION_CUT, NO_GROUP));
        }
    }
}

/// A cell whose people are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TallyCell {
    /// Cut and group.
    pub row: (u32, u32),
    /// Place among the row's slots.
    pub slot: u32,
}

/// What stands in a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// Units: people, sessions, periods.
    pub count: u64,
    /// Numbers in the sum.
    pub valued: u64,
    /// Their sum.
    pub sum: f64,
}

/// Counts of one partition.
#[derive(Debug)]
pub(crate) struct Tally {
    width: usize,
    list: Option<TallyCell>,
    places: FxHashMap<(u32, u32), usize>,
    last: Option<((u32, u32), usize)>,
    cells: Vec<Count>,
    hits: FxHashMap<u32, (i64, u64)>,
}

impl Tally {
    pub(crate) fn new(width: usize, list: Option<TallyCell>) -> Self {
        Self {
            width,
            list,
            places: FxHashMap::default(),
            last: None,
            cells: Vec::new(),
            hits: FxHashMap::default(),
        }
    }

    /// Columns of the answer.
    pub(crate) fn schema(is_list: bool) -> SchemaRef {
        let field = |name: &str, it: DataType| Field::new(name, it, false);
        let fields = if is_list {
            vec![
                field("person", DataType::UInt32),
                field("first", DataType::Int64),
                field("events", DataType::UInt64),
            ]
        } else {
            vec![
                field("cut", DataType::UInt32),
                field("group", DataType::UInt32),
                field("slot", DataType::UInt32),
                field("count", DataType::UInt64),
                field("valued", DataType::UInt64),
                field("sum", DataType::Float64),
            ]
        };
        Arc::new(Schema::new(fields))
    }

    /// Adds `count` units of a person who entered at `at` to a slot.
    pub(crate) fn add(
        &mut self,
        row: (u32, u32),
        slot: usize,
        (person, at): (u32, i64),
        count: Count,
    ) -> Result<(), QueryError> {
        debug_assert!(slot < self.width, "slot {slot} of {}", self.width);
        if let Some(list) = self.list {
            if list.row == row && list.slot as usize == slot {
                let hit = self.hits.entry(person).or_insert((at, 0));
                hit.0 = hit.0.min(at);
                hit.1 += count.count;
            }
            return Ok(());
        }
        let start = match self.last {
            Some((last, start)) if last == row => start,
            _ => self.row_start(row)?,
        };
        let cell = &mut self.cells[start + slot];
        cell.count += count.count;
        cell.valued += count.valued;
        cell.sum += count.sum;
        Ok(())
    }

    fn row_start(&mut self, row: (u32, u32)) -> Result<usize, QueryError> {
        let start = if let Some(start) = self.places.get(&row) {
            *start
        } else {
            let start = self.cells.len();
            if start + self.width > SLOTS_MAX {
                let detail = format!(
                    "the answer has more than {SLOTS_MAX} cells; take fewer groups or intervals"
                );
                return Err(QueryError::TooLarge { detail });
            }
            self.cells.resize(start + self.width, Count::default());
            self.places.insert(row, start);
            start
        };
        self.last = Some((row, start));
        Ok(start)
    }

    /// The partition's answer.
    pub(crate) fn into_batch(self) -> Result<RecordBatch, QueryError> {
        let is_list = self.list.is_some();
        let columns: Vec<ArrayRef> = if is_list {
            let hits: Vec<(u32, (i64, u64))> = self.hits.into_iter().collect();
            let ints: UInt32Array = hits.iter().map(|it| Some(it.0)).collect();
            let firsts: Int64Array = hits.iter().map(|it| Some(it.1.0)).collect();
            let units: UInt64Array = hits.iter().map(|it| Some(it.1.1)).collect();
            vec![Arc::new(ints), Arc::new(firsts), Arc::new(units)]
        } else {
            let mut keys: [Vec<u32>; 3] = Default::default();
            let (mut counts, mut valued, mut sums) = (Vec::new(), Vec::new(), Vec::new());
            for ((cut, group), start) in self.places {
                let cells = &self.cells[start..start + self.width];
                for (slot, cell) in cells.iter().enumerate() {
                    if *cell != Count::default() {
                        keys[0].push(cut);
                        keys[1].push(group);
                        keys[2].push(slot as u32);
                        counts.push(cell.count);
                        valued.push(cell.valued);
                        sums.push(cell.sum);
                    }
                }
            }
            let mut columns: Vec<ArrayRef> = Vec::new();
            for key in keys {
                columns.push(Arc::new(UInt32Array::from(key)));
            }
            columns.push(Arc::new(UInt64Array::from(counts)));
            columns.push(Arc::new(UInt64Array::from(valued)));
            columns.push(Arc::new(Float64Array::from(sums)));
            columns
        };
        RecordBatch::try_new(Self::schema(is_list), columns)
            .map_err(|it| QueryError::Plan(it.into()))
    }
}

/// Counts of all partitions by row; a row is as long as its last slot that is not empty.
pub fn tally_rows(batches: &[RecordBatch]) -> FxHashMap<(u32, u32), Vec<Count>> {
    let mut out: FxHashMap<(u32, u32), Vec<Count>> = FxHashMap::default();
    for batch in batches {
        let int = |i: usize| batch.column(i).as_primitive::<UInt32Type>().values();
        let long = |i: usize| batch.column(i).as_primitive::<UInt64Type>().values();
        let sums = batch.column(5).as_primitive::<Float64Type>().values();
        for line in 0..batch.num_rows() {
            let cells = out.entry((int(0)[line], int(1)[line])).or_default();
            let slot = int(2)[line] as usize;
            if cells.len() <= slot {
                cells.resize(slot + 1, Count::default());
            }
            cells[slot].count += long(3)[line];
            cells[slot].valued += long(4)[line];
            cells[slot].sum += sums[line];
        }
    }
    out
}

/// People of the listed cell.
pub fn tally_hits(batches: &[RecordBatch]) -> Vec<PersonHit> {
    let mut out = Vec::new();
    for batch in batches {
        let people = batch.column(0).as_primitive::<UInt32Type>().values();
        let firsts = batch.column(1).as_primitive::<Int64Type>().values();
        let units = batch.column(2).as_primitive::<UInt64Type>().values();
        for row in 0..batch.num_rows() {
            out.push(PersonHit {
                person: people[row],
                first: firsts[row],
                events: units[row],
            });
        }
    }
    out
}

/// An operator that answers with counts by row and slot.
pub type TallyOperator = Arc<dyn BucketOperator>;
