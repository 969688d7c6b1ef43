//! Fields of a paths chart. Source: charts.md 1.3, 2.7 and part 3 ("Others").

use gyre_base::limits;

use super::activity::refuse_groups;
use super::{read_duration, read_plain_selector};
use crate::doc::{Doc, Read};
use crate::filter::PropertyRef;
use crate::selector::Selector;

pub(super) const FIELDS: &[&str] = &[
    "anchor", "steps", "per", "count", "collapse", "exclude", "expand", "top",
];

/// Nodes shown of one position, at most.
const TOP_MAX: i64 = 100;

/// What people do after, before or between events.
#[derive(Clone, Debug)]
pub struct PathsSpec {
    /// Where paths begin or end.
    pub anchor: PathAnchor,
    /// Most nodes of a path.
    pub steps: usize,
    /// A gap of this length or more cuts a person's events; sessions where absent.
    pub gap_ms: Option<i64>,
    /// What is counted.
    pub count: PathCount,
    /// Whether runs of one node become its first.
    pub is_collapsed: bool,
    /// Events left out.
    pub exclude: Vec<Selector>,
    /// Events whose nodes are split by a property.
    pub expand: Vec<(String, PropertyRef)>,
    /// Nodes shown of one position; the rest is `(other)`.
    pub top: usize,
}

/// Where paths begin or end.
#[derive(Clone, Debug)]
pub enum PathAnchor {
    /// At the session's first event.
    First,
    /// At the first event of this selector.
    Start(Selector),
    /// At the last.
    End(Selector),
    /// From the first of one to the first of the other after it.
    Between(Selector, Selector),
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathCount {
    /// Sessions with the anchor.
    Sessions,
    /// People, by their first session with the anchor.
    People,
    /// Occurrences of the anchor.
    Totals,
}

impl PathsSpec {
    pub(super) fn read(doc: &Doc<'_>) -> Read<Self> {
        refuse_groups(doc, "paths")?;
        let steps = limits::FUNNEL_STEPS_MAX as i64;
        let number = |name: &str, most: i64, usual: usize| {
            doc.get(name).map_or(Ok(usual), |it| {
                it.integer(1, most)
                    .map(|it| usize::try_from(it).unwrap_or(1))
            })
        };
        let counts = &[
            ("sessions", PathCount::Sessions),
            ("people", PathCount::People),
            ("totals", PathCount::Totals),
        ];
        let exclude = doc.get("exclude").map_or(Ok(Vec::new()), |it| {
            it.items(100)?.iter().map(read_plain_selector).collect()
        });
        let expand = doc.get("expand").map_or(Ok(Vec::new()), |it| {
            it.items(20)?.iter().map(read_expansion).collect()
        });
        Ok(Self {
            anchor: doc
                .get("anchor")
                .map_or(Ok(PathAnchor::First), |it| read_anchor(&it))?,
            steps: number("steps", steps, 5)?,
            gap_ms: doc.get("per").map_or(Ok(None), |it| read_per(&it))?,
            count: doc
                .get("count")
                .map_or(Ok(PathCount::Sessions), |it| it.one_of(counts))?,
            is_collapsed: doc.get("collapse").map_or(Ok(true), |it| it.boolean())?,
            exclude: exclude?,
            expand: expand?,
            top: number("top", TOP_MAX, 8)?,
        })
    }
}

fn read_anchor(doc: &Doc<'_>) -> Read<PathAnchor> {
    doc.only(&["start", "end", "between"])?;
    if doc.object()?.len() != 1 {
        return Err(doc.error("expected one of start, end, between"));
    }
    if let Some(it) = doc.get("start") {
        return Ok(PathAnchor::Start(read_plain_selector(&it)?));
    }
    if let Some(it) = doc.get("end") {
        return Ok(PathAnchor::End(read_plain_selector(&it)?));
    }
    let both = doc.need("between")?;
    let items = both.items(2)?;
    let [start, end] = items.as_slice() else {
        return Err(both.error("expected two events: the first and the last"));
    };
    Ok(PathAnchor::Between(
        read_plain_selector(start)?,
        read_plain_selector(end)?,
    ))
}

fn read_per(doc: &Doc<'_>) -> Read<Option<i64>> {
    if doc.value().is_string() {
        return doc.one_of(&[("session", None)]);
    }
    doc.only(&["window"])?;
    let window = doc.need("window")?;
    match read_duration(&window)? {
        0 => Err(window.error("is no time at all")),
        gap_ms => Ok(Some(gap_ms)),
    }
}

fn read_expansion(doc: &Doc<'_>) -> Read<(String, PropertyRef)> {
    doc.only(&["event", "by"])?;
    Ok((
        doc.need("event")?.text()?.to_owned(),
        PropertyRef::read(&doc.need("by")?)?,
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::chart::tests::check_refusals;

    #[test]
    fn refusals_point_at_the_field() {
        check_refusals(
            &json!({"kind": "paths", "range": {"last": 7, "unit": "day"}, "anchor": {"start": {"event": "A"}}}),
            &[
                (json!({"anchor": {}}), "/anchor"),
                (
                    json!({"anchor": {"middle": {"event": "A"}}}),
                    "/anchor/middle",
                ),
                (
                    json!({"anchor": {"between": [{"event": "A"}]}}),
                    "/anchor/between",
                ),
                (
                    json!({"anchor": {"end": {"event": 1}}}),
                    "/anchor/end/event",
                ),
                (json!({"steps": 0}), "/steps"),
                (json!({"per": "day"}), "/per"),
                (
                    json!({"per": {"window": {"n": 0, "unit": "day"}}}),
                    "/per/window",
                ),
                (json!({"count": "events"}), "/count"),
                (json!({"collapse": 1}), "/collapse"),
                (json!({"exclude": [{"event": ""}]}), "/exclude/0/event"),
                (json!({"expand": [{"event": "A"}]}), "/expand/0/by"),
                (json!({"top": 0}), "/top"),
                (json!({"group_by": ["event.x"]}), "/group_by"),
            ],
        );
    }
}
