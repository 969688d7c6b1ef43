//! Rows of charts whose cells are known in advance: segments, the largest groups, the rest, and everyone.

use std::sync::Arc;

use gyre_model::chart::ChartQuery;
use gyre_model::value::Scalar;
use gyre_query::{
    ActivityOperator, ActivityPlan, Count, GroupDict, NO_GROUP, OTHER_GROUP, QueryError, RowPlan,
    TallyCell, TallyOperator, UNION_CUT, run, tally_hits, tally_rows,
};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value, json};

use super::{Frame, read_place};
use crate::cell::{CellPeople, Place, RowGroup};

/// Makes the operator for the rows it is told, or for one cell's people.
type Make<'a> = Box<dyn Fn(RowPlan, Option<TallyCell>) -> TallyOperator + Send + Sync + 'a>;
/// By what rows compete for their place.
type Measure<'a> = Box<dyn Fn(&[Count]) -> f64 + Send + Sync + 'a>;

type Kept = FxHashMap<u32, FxHashSet<u32>>;

/// A question whose answer has rows.
pub(super) struct Asked<'a> {
    pub(super) frame: &'a Frame,
    pub(super) query: &'a ChartQuery,
    pub(super) dict: Arc<GroupDict>,
    pub(super) make: Make<'a>,
    pub(super) measure: Measure<'a>,
    /// Slots of a row.
    pub(super) width: usize,
}

/// What was counted.
pub(super) struct Counted {
    pub(super) rows: Vec<Row>,
    kept: Kept,
    pub(super) scanned: u64,
}

/// One row.
pub(super) struct Row {
    pub(super) cut: Option<usize>,
    pub(super) group: RowGroup,
    pub(super) is_overall: bool,
    cells: Vec<Count>,
}

impl Row {
    /// What stands in a slot.
    pub(super) fn count(&self, slot: usize) -> Count {
        self.cells.get(slot).copied().unwrap_or_default()
    }

    /// The place of a slot, for its cell's token.
    pub(super) fn place(&self, slot: usize) -> Place {
        Place {
            slot: Some(slot),
            ..Place::new(self.cut, &self.group)
        }
    }

    /// `segment`, `group` and, of everyone's row, `overall`.
    pub(super) fn head(&self, frame: &Frame) -> Map<String, Value> {
        let mut head = Map::new();
        head.insert("segment".to_owned(), frame.segment_json(self.cut));
        head.insert("group".to_owned(), json!(self.group.to_json()));
        if self.is_overall {
            head.insert("overall".to_owned(), Value::Bool(true));
        }
        head
    }
}

impl Asked<'_> {
    fn has_overall(&self) -> bool {
        !self.query.group_by.is_empty() || !self.frame.segment_names.is_empty()
    }

    fn plan(&self, keep: Option<Kept>) -> RowPlan {
        RowPlan {
            segments: self.frame.segments.clone(),
            group_by: self.query.group_by.clone(),
            keep,
            has_union: self.has_overall(),
        }
    }

    /// Counts every row.
    pub(super) async fn count(&self) -> Result<Counted, QueryError> {
        let (batches, stats) = run((self.make)(self.plan(None), None)).await?;
        let mut scanned = stats.events_scanned;
        let mut cells = tally_rows(&batches);
        let (order, kept, is_cut) = self.rank(&cells);
        if is_cut {
            // people of the rest are not the sum of its groups' people: the rest is counted as one group
            let (batches, stats) = run((self.make)(self.plan(Some(kept.clone())), None)).await?;
            scanned += stats.events_scanned;
            cells = tally_rows(&batches);
        }
        let mut rows = Vec::new();
        for (cut, groups) in order.into_iter().enumerate() {
            let mut put = |id: u32, group: RowGroup, cells: Vec<Count>| {
                debug_assert!(
                    cells.len() <= self.width,
                    "group {id} has slots beyond its row"
                );
                rows.push(Row {
                    cut: Some(cut),
                    group,
                    is_overall: false,
                    cells,
                });
            };
            for group in groups {
                let values = RowGroup::Values(self.dict.tuple_values(group));
                let own = cells.remove(&(cut as u32, group)).unwrap_or_default();
                put(group, values, own);
            }
            if let Some(rest) = cells.remove(&(cut as u32, OTHER_GROUP)) {
                let group = RowGroup::Other(self.query.group_by.len());
                put(OTHER_GROUP, group, rest);
            }
        }
        if self.has_overall() {
            rows.push(Row {
                cut: None,
                group: RowGroup::Values(Vec::new()),
                is_overall: true,
                cells: cells.remove(&(UNION_CUT, NO_GROUP)).unwrap_or_default(),
            });
        }
        Ok(Counted {
            rows,
            kept,
            scanned,
        })
    }

    /// Groups of each segment in the order of their rows, which of them keep a row, and whether some do not.
    fn rank(&self, cells: &FxHashMap<(u32, u32), Vec<Count>>) -> (Vec<Vec<u32>>, Kept, bool) {
        let cuts = self.frame.segments.len();
        if self.query.group_by.is_empty() {
            return (vec![vec![NO_GROUP]; cuts], Kept::default(), false);
        }
        let mut ranked: Vec<Vec<(f64, Vec<String>, u32)>> = vec![Vec::new(); cuts];
        for ((cut, group), counts) in cells {
            if *cut != UNION_CUT {
                let text = RowGroup::Values(self.dict.tuple_values(*group)).sort_text();
                ranked[*cut as usize].push(((self.measure)(counts), text, *group));
            }
        }
        let (mut order, mut kept, mut is_cut) = (Vec::new(), Kept::default(), false);
        for (cut, mut groups) in ranked.into_iter().enumerate() {
            groups.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            is_cut |= groups.len() > self.query.limit;
            groups.truncate(self.query.limit);
            let groups: Vec<u32> = groups.into_iter().map(|it| it.2).collect();
            kept.insert(cut as u32, groups.iter().copied().collect());
            order.push(groups);
        }
        (order, kept, is_cut)
    }

    /// Lists the people of a cell.
    pub(super) async fn list(&self, place: &str) -> Result<CellPeople, QueryError> {
        let place = read_place(place)?;
        let slot = place.slot.unwrap_or(0);
        let mut scanned = self.frame.scanned;
        let mut keep = None;
        let group = match &place.group {
            _ if place.is_other => {
                let counted = self.count().await?;
                scanned += counted.scanned;
                keep = Some(counted.kept);
                OTHER_GROUP
            }
            Some(values) => {
                let values: Vec<Scalar> = values.iter().map(Scalar::from_json).collect();
                self.dict.tuple_of(&values)?
            }
            None => NO_GROUP,
        };
        let cell = TallyCell {
            row: (place.cut.map_or(UNION_CUT, |it| it as u32), group),
            slot: slot as u32,
        };
        let (batches, stats) = run((self.make)(self.plan(keep), Some(cell))).await?;
        let mut listed = CellPeople {
            scanned: scanned + stats.events_scanned,
            ..CellPeople::default()
        };
        for hit in tally_hits(&batches) {
            listed.people.push((hit.person, hit.first));
            listed.units += hit.events;
        }
        Ok(listed)
    }
}

/// A question about the units in which people were active; rows compete by their first slot.
pub(super) fn ask_activity<'a>(
    frame: &'a Frame,
    query: &'a ChartQuery,
    plan: Arc<ActivityPlan>,
) -> Asked<'a> {
    let dict = Arc::new(GroupDict::default());
    Asked {
        frame,
        query,
        dict: Arc::clone(&dict),
        width: plan.width(),
        make: Box::new(move |rows, list| {
            let plan = ActivityPlan {
                rows,
                list,
                ..ActivityPlan::clone(&plan)
            };
            let snapshot = &frame.ctx.snapshot;
            Arc::new(ActivityOperator::new(snapshot, plan, Arc::clone(&dict)))
        }),
        measure: Box::new(|cells| cells.first().map_or(0.0, |it| it.count as f64)),
    }
}

/// The answer of charts that segments stand side by side in: one shape, or one per segment with its name.
pub(super) fn shapes(
    frame: &Frame,
    counted: &Counted,
    shape: impl Fn(&Row) -> Map<String, Value>,
) -> Value {
    let mut rows = counted.rows.iter().filter(|it| !it.is_overall);
    if frame.segment_names.is_empty() {
        return rows.next().map_or(Value::Null, |it| shape(it).into());
    }
    let segments = rows.map(|row| {
        let mut named = Map::new();
        named.insert("name".to_owned(), frame.segment_json(row.cut));
        named.extend(shape(row));
        Value::Object(named)
    });
    json!({ "segments": segments.collect::<Vec<_>>() })
}
