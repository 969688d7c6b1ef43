//! Rows of a funnel: segments and groups, the largest first, the rest as one, then everyone.

use gyre_model::chart::{ChartQuery, FunnelOrder, FunnelSpec};
use gyre_query::{FunnelRow, NO_GROUP};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};

use super::super::segmentation::percentile;
use super::super::{Frame, ratio};
use super::Chains;
use crate::cell::{Minter, Place, RowGroup, number_json};

/// One row of the chart and the chains of its units.
pub(super) struct Row<'a> {
    pub(super) cut: Option<usize>,
    pub(super) group: RowGroup,
    pub(super) is_overall: bool,
    pub(super) chains: Vec<&'a FunnelRow>,
}

/// Rows per segment and group, the largest first, the rest as one; then the overall row.
pub(super) fn rows_of<'a>(frame: &Frame, query: &ChartQuery, chains: &'a Chains) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let is_grouped = !query.group_by.is_empty();
    for cut in 0..frame.segments.len() {
        let mut groups: FxHashMap<u32, Vec<&FunnelRow>> = FxHashMap::default();
        let members = chains.rows.iter();
        let members = members.filter(|it| it.segments & (1 << cut) != 0);
        if is_grouped {
            // chains without a group are of everyone's row only
            for row in members.filter(|it| it.group != NO_GROUP) {
                groups.entry(row.group).or_default().push(row);
            }
        } else {
            groups.insert(NO_GROUP, members.collect());
        }
        let mut ranked: Vec<(RowGroup, Vec<&FunnelRow>)> = groups
            .into_iter()
            .map(|(group, members)| {
                let values = RowGroup::Values(chains.dict.tuple_values(group));
                (values, members)
            })
            .collect();
        ranked.sort_by_cached_key(|(group, members)| {
            (std::cmp::Reverse(members.len()), group.sort_text())
        });
        let rest = ranked.split_off(query.limit.min(ranked.len()));
        let mut put = |group: RowGroup, chains: Vec<&'a FunnelRow>| {
            rows.push(Row {
                cut: Some(cut),
                group,
                is_overall: false,
                chains,
            });
        };
        for (group, members) in ranked {
            put(group, members);
        }
        if !rest.is_empty() {
            let members = rest.into_iter().flat_map(|it| it.1).collect();
            put(RowGroup::Other(query.group_by.len()), each_once(members));
        }
    }
    if is_grouped || frame.segments.len() > 1 || !frame.segment_names.is_empty() {
        rows.push(Row {
            cut: None,
            group: RowGroup::Values(Vec::new()),
            is_overall: true,
            chains: chains.rows.iter().filter(|it| it.is_first).collect(),
        });
    }
    rows
}

/// Of each unit the chain with the most steps, among equals the earliest.
pub(super) fn each_once(mut chains: Vec<&FunnelRow>) -> Vec<&FunnelRow> {
    chains.sort_by_key(|it| {
        let depth = std::cmp::Reverse(it.depth());
        (it.person, it.unit, it.bucket, depth, it.entered())
    });
    let mut seen = FxHashSet::default();
    chains.retain(|it| seen.insert((it.person, it.unit, it.bucket)));
    chains
}

/// Whether a step was reached; in any order, whether so many were.
pub(super) fn has_reached(spec: &FunnelSpec, chain: &FunnelRow, step: usize) -> bool {
    match spec.order {
        FunnelOrder::Any => chain.depth() > step,
        _ => chain.time(step).is_some(),
    }
}

/// Whether a chain ended right before a step that is not optional.
pub(super) fn is_lost_at(spec: &FunnelSpec, chain: &FunnelRow, step: usize) -> bool {
    step > 0
        && !spec.steps[step].is_optional
        && has_reached(spec, chain, before(spec, step))
        && !has_reached(spec, chain, step)
}

/// The last step before this one that is not optional.
fn before(spec: &FunnelSpec, step: usize) -> usize {
    let earlier = (0..step).rev();
    earlier
        .into_iter()
        .find(|it| !spec.steps[*it].is_optional)
        .unwrap_or(0)
}

/// The last step that is not optional: reaching it is converting.
pub(super) fn goal(spec: &FunnelSpec) -> usize {
    before(spec, spec.steps.len())
}

pub(super) fn row_json(frame: &Frame, spec: &FunnelSpec, row: &Row<'_>, minter: &Minter) -> Value {
    let reached: Vec<usize> = (0..spec.steps.len())
        .map(|step| {
            let chains = row.chains.iter();
            chains.filter(|it| has_reached(spec, it, step)).count()
        })
        .collect();
    let place = Place::new(row.cut, &row.group);
    let steps: Vec<Value> = (0..spec.steps.len())
        .map(|step| {
            let from = reached[if step == 0 { 0 } else { before(spec, step) }];
            let lost = if spec.steps[step].is_optional {
                0
            } else {
                from - reached[step]
            };
            let reached_place = Place {
                step,
                ..place.clone()
            };
            let dropped_place = Place {
                step,
                is_dropped: true,
                ..place.clone()
            };
            let mut json = json!({
                "label": label(spec, step),
                "reached": minter.cell(reached[step], &reached_place),
                "dropped": minter.cell(lost, &dropped_place),
                "from_start": ratio(reached[step], reached[0]),
                "from_previous": ratio(reached[step], from),
                "seconds": seconds(spec, &row.chains, step),
            });
            if spec.steps[step].is_optional {
                json["optional"] = Value::Bool(true);
            }
            json
        })
        .collect();
    let mut out = head(frame, row);
    out["steps"] = Value::Array(steps);
    out
}

/// `segment`, `group` and, of everyone's row, `overall`.
pub(super) fn head(frame: &Frame, row: &Row<'_>) -> Value {
    let mut out = json!({
        "segment": frame.segment_json(row.cut),
        "group": row.group.to_json(),
    });
    if row.is_overall {
        out["overall"] = Value::Bool(true);
    }
    out
}

/// The step's name; in any order a bar is a number of steps.
fn label(spec: &FunnelSpec, step: usize) -> String {
    match spec.order {
        FunnelOrder::Any => format!("{} of {}", step + 1, spec.steps.len()),
        _ => spec.steps[step].select.name(),
    }
}

/// Time from the previous step: median, mean and 90th percentile, linear interpolation (type 7).
fn seconds(spec: &FunnelSpec, chains: &[&FunnelRow], step: usize) -> Value {
    if step == 0 {
        return json!({"median": null, "mean": null, "p90": null});
    }
    let before = before(spec, step);
    let mut gaps: Vec<f64> = chains
        .iter()
        .filter_map(|it| Some((it.time(step)? - it.time(before)?) as f64 / 1_000.0))
        .collect();
    summary(&mut gaps)
}

/// Median, mean and 90th percentile of some seconds.
pub(super) fn summary(seconds: &mut [f64]) -> Value {
    let mean = seconds.iter().sum::<f64>() / seconds.len() as f64;
    let mut at = |p| percentile(seconds, p).map_or(Value::Null, number_json);
    json!({"median": at(0.5), "mean": number_json(mean), "p90": at(0.9)})
}
