//! The segmentation chart: people, events and property functions over time, by group and segment.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use gyre_model::chart::{ChartQuery, ChartSpec, Measure, PropertyFn, SegmentationSpec};
use gyre_model::filter::{Filter, PropertyRef, Scope};
use gyre_model::selector::{Selector, Target};
use gyre_model::value::Scalar;
use gyre_query::{
    CellFilter, Cut, GroupDict, GroupTest, NO_GROUP, NumericMeasure, OTHER_GROUP, PreparedSelector,
    QueryError, SegmentationOperator, SegmentationPlan, SegmentationRow, SeriesPlan, TOTAL_BUCKET,
    UNION_CUT, run,
};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};

use super::{Answer, Chart, Frame, read_place};
use crate::cell::{CellPeople, Minter, Place, RowGroup, number_json};

/// The chart.
#[derive(Debug)]
pub(super) struct Segmentation;

type Cells = FxHashMap<(u32, u32, u32, u32), SegmentationRow>;
type Kept = FxHashMap<(u32, u32), FxHashSet<u32>>;

#[async_trait]
impl Chart for Segmentation {
    fn kind(&self) -> &'static str {
        "segmentation"
    }

    fn doc_short(&self) -> &'static str {
        "People, events and sums over time"
    }

    fn readme(&self) -> &'static str {
        include_str!("README.md")
    }

    fn example(&self) -> Value {
        json!({"kind": "segmentation", "range": {"last": 30, "unit": "day"},
            "series": [{"name": "A", "select": {"any_event": true}, "measure": "people"}]})
    }

    async fn answer(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        minter: &Minter,
    ) -> Result<Answer, QueryError> {
        let ChartSpec::Segmentation(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let dict = Arc::new(GroupDict::default());
        let counted = count(frame, query, spec, &dict).await?;
        let series = series_json(frame, query, spec, &counted, &dict, minter);
        let definition = format!(
            "Events per {} in {}; people are distinct within each point and over the range.",
            interval_text(query),
            frame.zone.name()
        );
        Ok(Answer {
            definition,
            result: json!({"buckets": frame.buckets.labels, "series": series}),
            range: frame.days,
            zone: frame.zone.clone(),
            events_scanned: frame.scanned + counted.scanned,
        })
    }

    async fn list(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        place: &str,
    ) -> Result<CellPeople, QueryError> {
        let ChartSpec::Segmentation(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let place = read_place(place)?;
        let dict = Arc::new(GroupDict::default());
        let cut = place.cut.map_or(Cut::Union, |it| Cut::Segment(it as u32));
        let group = match &place.group {
            _ if place.is_other => {
                let counted = count(frame, query, spec, &dict).await?;
                let key = (place.series as u32, place.cut.unwrap_or(0) as u32);
                GroupTest::NotIn(counted.kept.get(&key).cloned().unwrap_or_default())
            }
            Some(values) => {
                let values: Vec<Scalar> = values.iter().map(Scalar::from_json).collect();
                GroupTest::Is(dict.tuple_of(&values)?)
            }
            None => GroupTest::Any,
        };
        let list = CellFilter {
            series: place.series,
            cut,
            group,
            bucket: place.bucket,
        };
        let (plan, scanned) = plan(frame, query, spec, None, Some(list)).await?;
        let operator = SegmentationOperator::new(&frame.ctx.snapshot, plan, dict);
        let (batches, stats) = run(Arc::new(operator)).await?;
        let mut listed = CellPeople {
            scanned: scanned + stats.events_scanned,
            ..CellPeople::default()
        };
        for hit in SegmentationOperator::hits(&batches) {
            listed.people.push((hit.person, hit.first));
            listed.units += hit.events;
        }
        Ok(listed)
    }
}

/// What was counted: cells, and which groups kept a row of their own.
struct Counted {
    cells: Cells,
    kept: Kept,
    /// Groups of each series and cut in the order of their rows.
    order: BTreeMap<(u32, u32), Vec<u32>>,
    scanned: u64,
}

async fn count(
    frame: &Frame,
    query: &ChartQuery,
    spec: &SegmentationSpec,
    dict: &Arc<GroupDict>,
) -> Result<Counted, QueryError> {
    let (first, mut scanned) = plan(frame, query, spec, None, None).await?;
    let operator = SegmentationOperator::new(&frame.ctx.snapshot, first, Arc::clone(dict));
    let (batches, stats) = run(Arc::new(operator)).await?;
    scanned += stats.events_scanned;
    let mut cells = SegmentationOperator::cells(&batches);
    let (order, kept, is_cut) = rank(frame, query, spec, &cells, dict);
    if is_cut {
        // people of the rest are not the sum of its groups' people: the rest is counted as one group
        let (again, more) = plan(frame, query, spec, Some(kept.clone()), None).await?;
        let operator = SegmentationOperator::new(&frame.ctx.snapshot, again, Arc::clone(dict));
        let (batches, stats) = run(Arc::new(operator)).await?;
        scanned += more + stats.events_scanned;
        cells = SegmentationOperator::cells(&batches);
    }
    Ok(Counted {
        cells,
        kept,
        order,
        scanned,
    })
}

async fn plan(
    frame: &Frame,
    query: &ChartQuery,
    spec: &SegmentationSpec,
    keep: Option<Kept>,
    list: Option<CellFilter>,
) -> Result<(SegmentationPlan, u64), QueryError> {
    let snapshot = &frame.ctx.snapshot;
    let mut series: Vec<SeriesPlan> = spec
        .series
        .iter()
        .map(|it| {
            let select = PreparedSelector::new(snapshot, &it.select, &query.filter);
            series_plan(select, &it.measure)
        })
        .collect();
    if needs_active(spec) {
        let any = Selector {
            target: Target::AnyEvent,
            filter: Filter::pass(),
            label: None,
            occurrence: None,
        };
        let select = PreparedSelector::new(snapshot, &any, &Filter::pass());
        let mut active = series_plan(select, &Measure::People);
        active.is_grouped = false;
        series.push(active);
    }
    let mut scanned = 0;
    let filters: Vec<&Filter> = series.iter().flat_map(|it| it.select.filters()).collect();
    let tables = frame.tables(filters, &query.group_by, &mut scanned).await?;
    let plan = SegmentationPlan {
        series,
        buckets: frame.buckets.clone(),
        segments: frame.segments.clone(),
        group_by: query.group_by.clone(),
        tables,
        as_of: frame.ctx.as_of,
        keep,
        list,
    };
    Ok((plan, scanned))
}

fn needs_active(spec: &SegmentationSpec) -> bool {
    spec.series
        .iter()
        .any(|it| it.measure == Measure::ActiveRate)
}

fn series_plan(select: PreparedSelector, measure: &Measure) -> SeriesPlan {
    let mut plan = SeriesPlan {
        select,
        number: None,
        keep_values: false,
        distinct: None,
        is_grouped: true,
    };
    if let Measure::Property(function, property) = measure {
        match function {
            PropertyFn::Distinct => plan.distinct = Some(property.clone()),
            _ => plan.number = Some(numeric(property)),
        }
        plan.keep_values = matches!(
            function,
            PropertyFn::Median | PropertyFn::P90 | PropertyFn::P95 | PropertyFn::P99
        );
    }
    plan
}

/// Revenue is a measure of its own, whatever property it stands in.
pub(crate) fn numeric(property: &PropertyRef) -> NumericMeasure {
    let is_revenue =
        property.scope == Scope::Event && property.name == "revenue" && property.path.is_empty();
    if is_revenue {
        NumericMeasure::Revenue
    } else {
        NumericMeasure::Property(property.clone())
    }
}

/// Orders the groups of each series and segment by the measure shown and says which keep a row.
fn rank(
    frame: &Frame,
    query: &ChartQuery,
    spec: &SegmentationSpec,
    cells: &Cells,
    dict: &GroupDict,
) -> (BTreeMap<(u32, u32), Vec<u32>>, Kept, bool) {
    let mut order: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
    for series in 0..spec.series.len() as u32 {
        for cut in 0..frame.segments.len() as u32 {
            let groups = order.entry((series, cut)).or_default();
            if query.group_by.is_empty() {
                groups.push(NO_GROUP);
            }
        }
    }
    if query.group_by.is_empty() {
        return (order, Kept::default(), false);
    }
    for (series, cut, group, bucket) in cells.keys() {
        if *bucket == TOTAL_BUCKET
            && *cut != UNION_CUT
            && let Some(groups) = order.get_mut(&(*series, *cut))
        {
            groups.push(*group);
        }
    }
    let mut kept = Kept::default();
    let mut is_cut = false;
    for ((series, cut), groups) in &mut order {
        let measure = &spec.series[*series as usize].measure;
        let mut ranked: Vec<(f64, Vec<String>, u32)> = groups
            .iter()
            .map(|group| {
                let total = cells.get(&(*series, *cut, *group, TOTAL_BUCKET));
                let value = total.and_then(|it| measure_value(measure, it, None));
                let text = RowGroup::Values(dict.tuple_values(*group)).sort_text();
                (value.unwrap_or(f64::NEG_INFINITY), text, *group)
            })
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        is_cut |= ranked.len() > query.limit;
        *groups = ranked
            .into_iter()
            .take(query.limit)
            .map(|it| it.2)
            .collect();
        kept.insert((*series, *cut), groups.iter().copied().collect());
    }
    (order, kept, is_cut)
}

/// Value of a measure; `None` is no value. `active` is the cell of any active event, for the active rate.
fn measure_value(
    measure: &Measure,
    cell: &SegmentationRow,
    active: Option<&SegmentationRow>,
) -> Option<f64> {
    let over = |part: f64, whole: f64| (whole != 0.0).then(|| part / whole);
    match measure {
        Measure::People => Some(cell.people as f64),
        Measure::Events => Some(cell.events as f64),
        Measure::PerPerson => over(cell.events as f64, cell.people as f64),
        Measure::ActiveRate => match active {
            Some(it) => over(cell.people as f64, it.people as f64),
            None => Some(cell.people as f64), // ranking: the denominator is the same for all groups
        },
        Measure::Property(function, _) => match function {
            PropertyFn::Sum => Some(cell.sum),
            PropertyFn::Distinct => Some(cell.distinct.len() as f64),
            PropertyFn::Avg => over(cell.sum, cell.valued as f64),
            PropertyFn::Min => (cell.valued > 0).then_some(cell.min),
            PropertyFn::Max => (cell.valued > 0).then_some(cell.max),
            PropertyFn::Median => percentile_of(cell, 0.5),
            PropertyFn::P90 => percentile_of(cell, 0.9),
            PropertyFn::P95 => percentile_of(cell, 0.95),
            PropertyFn::P99 => percentile_of(cell, 0.99),
        },
    }
}

fn percentile_of(cell: &SegmentationRow, p: f64) -> Option<f64> {
    let mut values = cell.values.clone();
    percentile(&mut values, p)
}

/// Linear interpolation between order statistics (type 7); moves the values about.
pub(crate) fn percentile(values: &mut [f64], p: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let place = p * last as f64;
    let low = place.floor() as usize;
    let (_, below, above) = values.select_nth_unstable_by(low, f64::total_cmp);
    let below = *below;
    let above = above.iter().copied().min_by(f64::total_cmp);
    let gap = above.map_or(0.0, |it| it - below);
    Some(below + gap * (place - low as f64))
}

fn series_json(
    frame: &Frame,
    query: &ChartQuery,
    spec: &SegmentationSpec,
    counted: &Counted,
    dict: &GroupDict,
    minter: &Minter,
) -> Vec<Value> {
    let mut out = Vec::new();
    let has_overall = !query.group_by.is_empty() || !frame.segment_names.is_empty();
    for (series, it) in spec.series.iter().enumerate() {
        let mut row = |cut: Option<usize>, group: RowGroup, id: u32, is_overall: bool| {
            let key_cut = match cut {
                Some(cut) => cut as u32,
                None if frame.segments.len() > 1 || !query.group_by.is_empty() => UNION_CUT,
                None => 0, // a single ungrouped segment is its own union
            };
            let place = Place {
                series,
                ..Place::new(cut, &group)
            };
            let cell = |bucket: u32, place: &Place| {
                let empty = SegmentationRow::default();
                let own = counted
                    .cells
                    .get(&(series as u32, key_cut, id, bucket))
                    .unwrap_or(&empty);
                let active_key = (spec.series.len() as u32, key_cut, NO_GROUP, bucket);
                let active = counted.cells.get(&active_key).unwrap_or(&empty);
                let value = measure_value(&it.measure, own, Some(active));
                minter.cell(value.map_or(Value::Null, number_json), place)
            };
            let points: Vec<_> = (0..frame.buckets.len())
                .map(|b| {
                    cell(
                        b as u32,
                        &Place {
                            bucket: Some(b),
                            ..place.clone()
                        },
                    )
                })
                .collect();
            let mut json = json!({
                "name": it.name,
                "segment": frame.segment_json(cut),
                "group": group.to_json(),
                "points": points,
                "total": cell(TOTAL_BUCKET, &place),
            });
            if is_overall {
                json["overall"] = Value::Bool(true);
            }
            out.push(json);
        };
        for cut in 0..frame.segments.len() {
            let key = (series as u32, cut as u32);
            for group in counted.order.get(&key).into_iter().flatten() {
                let values = RowGroup::Values(dict.tuple_values(*group));
                row(Some(cut), values, *group, false);
            }
            let other = (key.0, key.1, OTHER_GROUP, TOTAL_BUCKET);
            if counted.cells.contains_key(&other) {
                row(
                    Some(cut),
                    RowGroup::Other(query.group_by.len()),
                    OTHER_GROUP,
                    false,
                );
            }
        }
        if has_overall {
            row(None, RowGroup::Values(Vec::new()), NO_GROUP, true);
        }
    }
    out
}

fn interval_text(query: &ChartQuery) -> &'static str {
    use gyre_base::Interval;
    match query.interval {
        Interval::Minute5 => "five minutes",
        Interval::Hour => "hour",
        Interval::Day => "day",
        Interval::Week => "week",
        Interval::Month => "month",
        Interval::Quarter => "quarter",
    }
}
