//! The funnel chart: ordered steps, people, broken down at the first step.

use std::sync::Arc;

use async_trait::async_trait;
use gyre_model::chart::{ChartQuery, ChartSpec, FunnelSpec};
use gyre_model::value::Scalar;
use gyre_query::{
    FunnelOperator, FunnelPlan, FunnelRow, GroupDict, NO_GROUP, PreparedSelector, QueryError, run,
};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};

use super::{Answer, Chart, Frame, duration_text, ratio, read_place};
use crate::cell::{CellPeople, Minter, Place, RowGroup, number_json};

/// The chart.
#[derive(Debug)]
pub(super) struct Funnel;

#[async_trait]
impl Chart for Funnel {
    fn kind(&self) -> &'static str {
        "funnel"
    }

    fn doc_short(&self) -> &'static str {
        "How many people went through steps in order, and where they stopped"
    }

    fn readme(&self) -> &'static str {
        include_str!("README.md")
    }

    fn example(&self) -> Value {
        json!({"kind": "funnel", "range": {"last": 30, "unit": "day"},
            "steps": [{"event": "Product Viewed"}, {"event": "Order Completed"}],
            "window": {"n": 7, "unit": "day"}})
    }

    async fn answer(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        minter: &Minter,
    ) -> Result<Answer, QueryError> {
        let ChartSpec::Funnel(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let (people, scanned) = run_funnel(frame, query, spec).await?;
        let rows: Vec<Value> = rows_of(frame, query, &people)
            .into_iter()
            .map(|row| row_json(frame, spec, &row, minter))
            .collect();
        let definition = format!(
            "People who did the steps in this order, within {} of the first; the chain with the most steps \
             counts, among equals the earliest{}.",
            duration_text(spec.window_ms),
            if query.group_by.is_empty() {
                ""
            } else {
                "; grouped by the first step's event"
            }
        );
        Ok(Answer {
            definition,
            result: json!({ "rows": rows }),
            range: frame.days,
            zone: frame.zone.clone(),
            events_scanned: frame.scanned + scanned,
        })
    }

    async fn list(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        place: &str,
    ) -> Result<CellPeople, QueryError> {
        let ChartSpec::Funnel(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let place = read_place(place)?;
        let (people, scanned) = run_funnel(frame, query, spec).await?;
        let row = rows_of(frame, query, &people).into_iter().find(|row| {
            let own = Place::new(row.cut, &row.group);
            own.cut == place.cut && own.group == place.group && own.is_other == place.is_other
        });
        let mut listed = CellPeople {
            scanned: frame.scanned + scanned,
            ..CellPeople::default()
        };
        for chain in row.iter().flat_map(|it| &it.chains) {
            let depth = chain.times.len();
            let is_in = if place.is_dropped {
                depth == place.step
            } else {
                depth > place.step
            };
            if is_in {
                listed.people.push((chain.person, chain.times[0]));
            }
        }
        listed.units = listed.people.len() as u64;
        Ok(listed)
    }
}

/// The operator's answer and the values of its groups.
struct People {
    rows: Vec<FunnelRow>,
    dict: Arc<GroupDict>,
}

async fn run_funnel(
    frame: &Frame,
    query: &ChartQuery,
    spec: &FunnelSpec,
) -> Result<(People, u64), QueryError> {
    let snapshot = &frame.ctx.snapshot;
    let steps: Vec<PreparedSelector> = spec
        .steps
        .iter()
        .map(|it| PreparedSelector::new(snapshot, it, &query.filter))
        .collect();
    let mut scanned = 0;
    let filters = steps.iter().flat_map(PreparedSelector::filters);
    let tables = frame.tables(filters, &query.group_by, &mut scanned).await?;
    let edges = &frame.buckets.edges;
    let plan = FunnelPlan {
        steps,
        window_ms: spec.window_ms,
        range: (edges[0], edges[edges.len() - 1]),
        segments: frame.segments.clone(),
        group_by: query.group_by.clone(),
        tables,
        as_of: frame.ctx.as_of,
    };
    let dict = Arc::new(GroupDict::default());
    let operator = FunnelOperator::new(snapshot, plan, Arc::clone(&dict));
    let (batches, stats) = run(Arc::new(operator)).await?;
    Ok((
        People {
            rows: FunnelOperator::rows(&batches),
            dict,
        },
        scanned + stats.events_scanned,
    ))
}

/// One row of the chart and the chains of its people.
struct Row<'a> {
    cut: Option<usize>,
    group: RowGroup,
    is_overall: bool,
    chains: Vec<&'a FunnelRow>,
}

/// Rows per segment and group, the largest first, the rest as one; then the overall row.
fn rows_of<'a>(frame: &Frame, query: &ChartQuery, people: &'a People) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let is_grouped = !query.group_by.is_empty();
    for cut in 0..frame.segments.len() {
        let mut groups: FxHashMap<u32, Vec<&FunnelRow>> = FxHashMap::default();
        let members = people.rows.iter();
        let members = members.filter(|it| it.segments & (1 << cut) != 0);
        if is_grouped {
            for row in members {
                groups.entry(row.group).or_default().push(row);
            }
        } else {
            groups.insert(NO_GROUP, members.collect());
        }
        let mut ranked: Vec<(Vec<Scalar>, Vec<&FunnelRow>)> = groups
            .into_iter()
            .map(|(group, chains)| (people.dict.tuple_values(group), chains))
            .collect();
        ranked.sort_by(|(a, left), (b, right)| {
            let text = |it: &[Scalar]| it.iter().map(Scalar::display).collect::<Vec<_>>();
            right
                .len()
                .cmp(&left.len())
                .then_with(|| text(a).cmp(&text(b)))
        });
        let rest = ranked.split_off(query.limit.min(ranked.len()));
        for (values, chains) in ranked {
            let group = RowGroup::Values(values);
            rows.push(Row {
                cut: Some(cut),
                group,
                is_overall: false,
                chains,
            });
        }
        if !rest.is_empty() {
            let mut seen = FxHashSet::default();
            let mut chains: Vec<&FunnelRow> = rest.into_iter().flat_map(|(_, it)| it).collect();
            chains.retain(|it| seen.insert(it.person));
            let group = RowGroup::Other(query.group_by.len());
            rows.push(Row {
                cut: Some(cut),
                group,
                is_overall: false,
                chains,
            });
        }
    }
    if is_grouped || frame.segments.len() > 1 || !frame.segment_names.is_empty() {
        let chains = people.rows.iter().filter(|it| it.is_first).collect();
        rows.push(Row {
            cut: None,
            group: RowGroup::Values(Vec::new()),
            is_overall: true,
            chains,
        });
    }
    rows
}

fn row_json(frame: &Frame, spec: &FunnelSpec, row: &Row<'_>, minter: &Minter) -> Value {
    let reached: Vec<usize> = (0..spec.steps.len())
        .map(|step| row.chains.iter().filter(|it| it.times.len() > step).count())
        .collect();
    let place = Place::new(row.cut, &row.group);
    let steps: Vec<Value> = spec
        .steps
        .iter()
        .enumerate()
        .map(|(step, selector)| {
            let before = if step == 0 {
                reached[0]
            } else {
                reached[step - 1]
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
            json!({
                "label": selector.name(),
                "reached": minter.cell(reached[step], &reached_place),
                "dropped": minter.cell(before - reached[step], &dropped_place),
                "from_start": ratio(reached[step], reached[0]),
                "from_previous": ratio(reached[step], before),
                "seconds": seconds(&row.chains, step),
            })
        })
        .collect();
    let mut out = json!({
        "segment": frame.segment_json(row.cut),
        "group": row.group.to_json(),
        "steps": steps,
    });
    if row.is_overall {
        out["overall"] = Value::Bool(true);
    }
    out
}

/// Time from the previous step: median, mean and 90th percentile, linear interpolation (type 7).
fn seconds(chains: &[&FunnelRow], step: usize) -> Value {
    if step == 0 {
        return json!({"median": null, "mean": null, "p90": null});
    }
    let mut gaps: Vec<f64> = chains
        .iter()
        .filter(|it| it.times.len() > step)
        .map(|it| (it.times[step] - it.times[step - 1]) as f64 / 1_000.0)
        .collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let mut percentile =
        |p| super::segmentation::percentile(&mut gaps, p).map_or(Value::Null, number_json);
    json!({"median": percentile(0.5), "mean": number_json(mean), "p90": percentile(0.9)})
}
