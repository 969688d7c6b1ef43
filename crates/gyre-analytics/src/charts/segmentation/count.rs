//! Counting: the operator's plan, which groups keep a row, and the rest as one.

use std::collections::BTreeMap;
use std::sync::Arc;

use gyre_base::limits;
use gyre_model::FieldError;
use gyre_model::chart::{ChartQuery, SegmentationSpec};
use gyre_model::filter::Filter;
use gyre_query::{
    CellFilter, ChosenOperator, GroupDict, NO_GROUP, QueryError, SegmentationOperator,
    SegmentationPlan, TOTAL_BUCKET, UNION_CUT, run,
};

use super::layout::{Layout, reach_of};
use super::points::measure_value;
use super::{Cells, Frame, Kept};
use crate::cell::RowGroup;

/// A question, resolved.
#[derive(Clone)]
pub(super) struct Question<'a> {
    pub(super) frame: &'a Frame,
    pub(super) query: &'a ChartQuery,
    pub(super) spec: &'a SegmentationSpec,
    pub(super) layout: &'a Layout,
    pub(super) dict: Arc<GroupDict>,
}

/// What was counted: cells, and which groups kept a row of their own.
pub(super) struct Counted {
    pub(super) cells: Cells,
    pub(super) kept: Kept,
    /// Groups of each series and cut in the order of their rows.
    pub(super) order: BTreeMap<(u32, u32), Vec<u32>>,
    /// Whether some groups have no row.
    pub(super) is_cut: bool,
    pub(super) scanned: u64,
}

/// Counts every cell.
pub(super) async fn count(question: &Question<'_>) -> Result<Counted, QueryError> {
    let (mut cells, mut scanned) = question.cells(None).await?;
    let (order, kept, is_cut) = question.rank(&cells);
    if is_cut {
        // people of the rest are not the sum of its groups' people: the rest is counted as one group
        let (again, more) = question.cells(Some(&kept)).await?;
        cells = again;
        scanned += more;
    }
    Ok(Counted {
        cells,
        kept,
        order,
        is_cut,
        scanned,
    })
}

impl Question<'_> {
    /// Cells of everything the layout counts; groups that are not kept are one.
    pub(super) async fn cells(&self, keep: Option<&Kept>) -> Result<(Cells, u64), QueryError> {
        let (plan, scanned) = self.plan(keep, None).await?;
        let snapshot = &self.frame.ctx.snapshot;
        let operator = SegmentationOperator::new(snapshot, plan, Arc::clone(&self.dict));
        let (batches, stats) = run(Arc::new(operator)).await?;
        let cells = SegmentationOperator::cells(&batches);
        Ok((cells, scanned + stats.events_scanned))
    }

    pub(super) async fn plan(
        &self,
        keep: Option<&Kept>,
        list: Option<CellFilter>,
    ) -> Result<(SegmentationPlan, u64), QueryError> {
        let Self {
            frame,
            query,
            spec,
            layout,
            ..
        } = self;
        let before = layout.before;
        let buckets = &frame.buckets;
        let buckets = buckets.reaching_back(&frame.zone, frame.week_start, query.interval, before);
        if buckets.len() > limits::BUCKETS_MAX {
            let detail = format!(
                "more than {} points with those before the range",
                limits::BUCKETS_MAX
            );
            return Err(FieldError::new("/display", detail).into());
        }
        let snapshot = &frame.ctx.snapshot;
        let mut series = layout.plans(snapshot, query, spec);
        let mut scanned = 0;
        let filters: Vec<&Filter> = series.iter().flat_map(|it| it.select.filters()).collect();
        let tables = frame.tables(filters, &query.group_by, &mut scanned).await?;
        let span = (buckets.edges[0], buckets.edges[buckets.len()]);
        for (it, own) in spec.series.iter().enumerate() {
            if own.select.occurrence.is_none() {
                continue;
            }
            let common = (tables.clone(), frame.ctx.as_of);
            let chosen = ChosenOperator::new(snapshot, &own.select, &query.filter, span, common);
            let (batches, stats) = run(Arc::new(chosen)).await?;
            scanned += stats.events_scanned;
            let rows = Arc::new(ChosenOperator::rows(&batches));
            for (place, _) in layout.grouped().filter(|place| place.1 == it) {
                series[place as usize].only = Some(Arc::clone(&rows));
            }
        }
        let keep = keep.map(|kept| {
            let cuts = 0..frame.segments.len() as u32;
            let of_series = |(place, series): (u32, usize)| {
                cuts.clone().filter_map(move |cut| {
                    let groups = kept.get(&(series as u32, cut))?;
                    Some(((place, cut), groups.clone()))
                })
            };
            layout.grouped().flat_map(of_series).collect()
        });
        let plan = SegmentationPlan {
            series,
            buckets,
            before,
            segments: frame.segments.clone(),
            group_by: query.group_by.clone(),
            tables,
            as_of: frame.ctx.as_of,
            keep,
            list,
        };
        Ok((plan, scanned))
    }

    /// Orders the groups of each series and segment by the measure shown and says which keep a row.
    fn rank(&self, cells: &Cells) -> (BTreeMap<(u32, u32), Vec<u32>>, Kept, bool) {
        let cuts = self.frame.segments.len() as u32;
        let places =
            (0..self.spec.series.len() as u32).flat_map(|it| (0..cuts).map(move |c| (it, c)));
        if self.query.group_by.is_empty() {
            let order = places.map(|it| (it, vec![NO_GROUP])).collect();
            return (order, Kept::default(), false);
        }
        let reach = reach_of(self.spec.display);
        let mut groups: BTreeMap<(u32, u32), Vec<u32>> =
            places.map(|it| (it, Vec::new())).collect();
        for series in 0..self.spec.series.len() {
            let own = self.layout.own(series, reach);
            for (_, cut, group, bucket) in cells.keys().filter(|it| it.0 == own) {
                if *bucket == TOTAL_BUCKET
                    && *cut != UNION_CUT
                    && let Some(groups) = groups.get_mut(&(series as u32, *cut))
                {
                    groups.push(*group);
                }
            }
        }
        let mut kept = Kept::default();
        let mut is_cut = false;
        for ((series, cut), groups) in &mut groups {
            let measure = &self.spec.series[*series as usize].measure;
            let own = self.layout.own(*series as usize, reach);
            let mut ranked: Vec<(f64, Vec<String>, u32)> = groups
                .iter()
                .map(|group| {
                    let total = cells.get(&(own, *cut, *group, TOTAL_BUCKET));
                    let value = total.and_then(|it| measure_value(measure, it, None));
                    let text = RowGroup::Values(self.dict.tuple_values(*group)).sort_text();
                    (value.unwrap_or(f64::NEG_INFINITY), text, *group)
                })
                .collect();
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            is_cut |= ranked.len() > self.query.limit;
            ranked.truncate(self.query.limit);
            *groups = ranked.into_iter().map(|it| it.2).collect();
            kept.insert((*series, *cut), groups.iter().copied().collect());
        }
        (groups, kept, is_cut)
    }
}
