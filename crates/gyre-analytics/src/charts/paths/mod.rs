//! The paths chart: nodes by position, links between them, and whole paths.

mod shape;

use std::sync::Arc;

use async_trait::async_trait;
use gyre_model::Selector;
use gyre_model::chart::{ChartQuery, ChartSpec, PathAnchor, PathCount, PathsSpec};
use gyre_model::filter::{Filter, PropertyRef};
use gyre_query::{
    Anchor, GroupDict, PathTest, PathsOperator, PathsPlan, PreparedSelector, QueryError, run,
    tally_hits,
};
use serde_json::{Map, Value, json};

use self::shape::{Names, Shape};
use super::{Answer, Chart, Frame, read_place};
use crate::cell::{CellPeople, Minter};

/// The chart.
#[derive(Debug)]
pub(super) struct Paths;

#[async_trait]
impl Chart for Paths {
    fn kind(&self) -> &'static str {
        "paths"
    }

    fn doc_short(&self) -> &'static str {
        "What people do after, before or between events"
    }

    fn readme(&self) -> &'static str {
        include_str!("README.md")
    }

    fn example(&self) -> Value {
        json!({"kind": "paths", "range": {"last": 30, "unit": "day"}, "anchor": {"end": {"event": "Order Completed"}}})
    }

    async fn answer(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        minter: &Minter,
    ) -> Result<Answer, QueryError> {
        let ChartSpec::Paths(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let (plan, tables_scanned) = plan(frame, query, spec).await?;
        let (shapes, _, scanned) = count(frame, spec, &plan).await?;
        let result = if frame.segment_names.is_empty() {
            let whole = shapes.first().map(|it| it.to_json(0, minter));
            whole.unwrap_or_default().into()
        } else {
            let segments = shapes.iter().enumerate().map(|(segment, shape)| {
                let mut named = Map::new();
                named.insert("name".to_owned(), frame.segment_json(Some(segment)));
                named.extend(shape.to_json(segment, minter));
                Value::Object(named)
            });
            json!({ "segments": segments.collect::<Vec<_>>() })
        };
        Ok(Answer {
            definition: definition(spec),
            result,
            range: frame.days,
            zone: frame.zone.clone(),
            events_scanned: frame.scanned + tables_scanned + scanned,
        })
    }

    async fn list(
        &self,
        frame: &Frame,
        query: &ChartQuery,
        place: &str,
    ) -> Result<CellPeople, QueryError> {
        let ChartSpec::Paths(spec) = &query.spec else {
            return Err(QueryError::Cancelled);
        };
        let place = read_place(place)?;
        let segment = place.cut.unwrap_or(0);
        let (mut plan, _) = plan(frame, query, spec).await?;
        let (mut shapes, names, scanned) = count(frame, spec, &plan).await?;
        if segment >= shapes.len() {
            return Ok(CellPeople::default());
        }
        let shape = shapes.swap_remove(segment);
        let wanted = place.path.unwrap_or_default();
        let dict = Arc::clone(names.dict());
        plan.list = Some(PathTest {
            segment: segment as u32,
            takes: Arc::new(move |path| shape.takes(&names, path, &wanted)),
        });
        let operator = PathsOperator::new(&frame.ctx.snapshot, plan, dict);
        let (batches, stats) = run(Arc::new(operator)).await?;
        let mut listed = CellPeople {
            scanned: frame.scanned + scanned + stats.events_scanned,
            ..CellPeople::default()
        };
        for hit in tally_hits(&batches) {
            listed.people.push((hit.person, hit.first));
            listed.units += hit.events;
        }
        Ok(listed)
    }
}

async fn plan(
    frame: &Frame,
    query: &ChartQuery,
    spec: &PathsSpec,
) -> Result<(PathsPlan, u64), QueryError> {
    let snapshot = &frame.ctx.snapshot;
    let prepare = |it: &Selector| PreparedSelector::new(snapshot, it, &query.filter);
    let any = Selector::any_event();
    let anchor = match &spec.anchor {
        PathAnchor::First => Anchor::First,
        PathAnchor::Start(start) => Anchor::Start(prepare(start)),
        PathAnchor::End(end) => Anchor::End(prepare(end)),
        PathAnchor::Between(start, end) => Anchor::Between(prepare(start), prepare(end)),
    };
    let visible = prepare(&any);
    let exclude: Vec<PreparedSelector> = spec.exclude.iter().map(prepare).collect();
    let mut filters: Vec<&Filter> = visible.filters().collect();
    filters.extend(exclude.iter().flat_map(PreparedSelector::filters));
    match &anchor {
        Anchor::First => {}
        Anchor::Start(it) | Anchor::End(it) => filters.extend(it.filters()),
        Anchor::Between(start, end) => filters.extend(start.filters().chain(end.filters())),
    }
    let properties: Vec<PropertyRef> = spec.expand.iter().map(|it| it.1.clone()).collect();
    let mut scanned = 0;
    let tables = frame.tables(filters, &properties, &mut scanned).await?;
    let expand = spec.expand.iter().filter_map(|(event, by)| {
        let id = snapshot.lake.names.id(event)?; // an event that never happened has no node
        Some((id, by.clone()))
    });
    let edges = &frame.buckets.edges;
    let plan = PathsPlan {
        active: PreparedSelector::new(snapshot, &any, &Filter::pass()),
        visible,
        anchor,
        exclude,
        expand: expand.collect(),
        steps: spec.steps,
        gap_ms: spec.gap_ms,
        count: match spec.count {
            PathCount::Sessions => gyre_query::PathCount::Sessions,
            PathCount::People => gyre_query::PathCount::People,
            PathCount::Totals => gyre_query::PathCount::Totals,
        },
        is_collapsed: spec.is_collapsed,
        range: (edges[0], edges[edges.len() - 1]),
        segments: frame.segments.clone(),
        list: None,
        tables,
        as_of: frame.ctx.as_of,
    };
    Ok((plan, scanned))
}

/// The shape of each segment, the names of nodes, and the events that were read.
async fn count(
    frame: &Frame,
    spec: &PathsSpec,
    plan: &PathsPlan,
) -> Result<(Vec<Shape>, Names, u64), QueryError> {
    let dict = Arc::new(GroupDict::default());
    let snapshot = &frame.ctx.snapshot;
    let operator = PathsOperator::new(snapshot, plan.clone(), Arc::clone(&dict));
    let (batches, stats) = run(Arc::new(operator)).await?;
    let names = Names::new(snapshot.clone(), dict);
    let is_end = matches!(spec.anchor, PathAnchor::End(_));
    let paths = PathsOperator::paths(&batches);
    let shapes = (0..frame.segments.len())
        .map(|segment| {
            let own = paths
                .iter()
                .filter(|((it, _), _)| *it as usize == segment)
                .map(|((_, path), count)| (path.as_slice(), *count));
            Shape::new(&names, own, spec.top, is_end)
        })
        .collect();
    Ok((shapes, names, stats.events_scanned))
}

fn definition(spec: &PathsSpec) -> String {
    let anchor = match &spec.anchor {
        PathAnchor::First => "from their first event".to_owned(),
        PathAnchor::Start(it) => format!("from the first {}", it.name()),
        PathAnchor::End(it) => format!("towards the last {}", it.name()),
        PathAnchor::Between(start, end) => {
            format!("from the first {} to the next {}", start.name(), end.name())
        }
    };
    let counted = match spec.count {
        PathCount::Sessions => "Sessions",
        PathCount::People => "People, by their first session that has one,",
        PathCount::Totals => "Occurrences of the anchor",
    };
    let parts = match spec.gap_ms {
        None => "sessions".to_owned(),
        Some(gap) => format!("parts without a gap of {}", super::duration_text(gap)),
    };
    let runs = if spec.is_collapsed {
        "; repeated events count once"
    } else {
        ""
    };
    format!(
        "{counted} and their events within {parts}, {anchor}, at most {}{runs}.",
        spec.steps
    )
}
