//! Fields of the funnel chart.
//!
//! Source: charts.md 1.3, 2.2 and part 3 ("Funnels").

use gyre_base::limits;

use super::read_duration;
use crate::audience::Unit;
use crate::doc::{Doc, Read};
use crate::filter::PropertyRef;
use crate::selector::Selector;

/// Most exclusions of a funnel; with the steps and the stream of an exact order they fit into 32 bits.
const EXCLUSIONS_MAX: usize = 8;
/// Most held properties.
const HOLD_MAX: usize = 5;
/// Longest time in which two events count as simultaneous: an hour.
const TOLERANCE_MS_MAX: i64 = 3_600_000;
/// Most bins of a histogram.
const BINS_MAX: usize = 1_000;

pub(super) const FIELDS: &[&str] = &[
    "steps",
    "order",
    "window",
    "count",
    "hold",
    "exclude",
    "tolerance_ms",
    "entry",
    "breakdown_at",
    "view",
    "bins",
];

/// In which order the steps are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunnelOrder {
    /// One after another; other events may lie between.
    Ordered,
    /// In any order within the window.
    Any,
    /// One right after another in the stream of active events.
    Exact,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunnelCount {
    /// People, or people with their held values, once.
    People,
    /// Attempts: one is open at a time.
    Attempts,
    /// Every event of the first step.
    EachEvent,
}

/// Which entry of a person stands for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunnelEntry {
    /// The one with the most steps, among equals the earliest.
    Longest,
    /// The first.
    First,
}

/// Whose value a chain is grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakdownAt {
    /// The event of this step, from 1.
    Step(usize),
    /// The first event of the chain that has all properties.
    FirstDefined,
    /// The last event of the chain that has all properties.
    LastDefined,
    /// A funnel of its own for each value of the first step.
    PerValue,
}

/// What the answer shows besides the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunnelView {
    /// Nothing.
    Steps,
    /// Entered and converted by time of entry.
    OverTime,
    /// How long converting took.
    TimeToConvert,
}

/// Bins of a histogram.
#[derive(Clone, Debug, PartialEq)]
pub enum Bins {
    /// So many of equal width, from 0 to the longest.
    Equal(usize),
    /// Edges in seconds, ascending; half-open bins, the last closed.
    Edges(Vec<f64>),
}

/// An event that ends an attempt where it stands between two steps.
#[derive(Clone, Debug)]
pub struct Exclusion {
    /// Which events.
    pub select: Selector,
    /// The two steps, from 1; without them any two.
    pub between: Option<(usize, usize)>,
}

/// One step.
#[derive(Clone, Debug)]
pub struct FunnelStep {
    /// Which events.
    pub select: Selector,
    /// Whether the funnel goes on without it.
    pub is_optional: bool,
}

/// Steps people go through.
#[derive(Clone, Debug)]
pub struct FunnelSpec {
    /// The steps; one is allowed.
    pub steps: Vec<FunnelStep>,
    /// In which order.
    pub order: FunnelOrder,
    /// Longest time from the first step to the last, inclusive, elapsed.
    pub window_ms: i64,
    /// What is counted.
    pub count: FunnelCount,
    /// Properties whose values every event of a chain shares.
    pub hold: Vec<PropertyRef>,
    /// What ends an attempt.
    pub exclude: Vec<Exclusion>,
    /// How much earlier than the step before a step may be.
    pub tolerance_ms: i64,
    /// Which entry counts.
    pub entry: FunnelEntry,
    /// Whose value groups.
    pub breakdown_at: BreakdownAt,
    /// What else is shown.
    pub view: FunnelView,
    /// Bins of the time to convert.
    pub bins: Bins,
}

impl FunnelSpec {
    pub(super) fn read(doc: &Doc<'_>) -> Read<Self> {
        let list = doc.need("steps")?;
        let items = list.items(limits::FUNNEL_STEPS_MAX)?;
        if items.is_empty() {
            return Err(list.error("needs at least one step"));
        }
        let steps: Vec<FunnelStep> = items.iter().map(read_step).collect::<Read<_>>()?;
        let order = read_or(doc, "order", FunnelOrder::Ordered, ORDERS)?;
        for (place, step) in items
            .iter()
            .enumerate()
            .filter(|it| steps[it.0].is_optional)
        {
            let field = step.need("optional")?;
            if place == 0 || place + 1 == steps.len() {
                return Err(field.error("the first and the last step are never optional"));
            }
            if order != FunnelOrder::Ordered {
                return Err(field.error("optional steps need the order `ordered`"));
            }
        }
        let window_ms = match doc.get("window") {
            None => 7 * Unit::Day.ms(),
            Some(window) => read_duration(&window)?,
        };
        let it = Self {
            order,
            window_ms,
            count: read_or(doc, "count", FunnelCount::People, COUNTS)?,
            hold: read_hold(doc)?,
            exclude: read_exclusions(doc, steps.len())?,
            tolerance_ms: doc
                .get("tolerance_ms")
                .map_or(Ok(0), |it| it.integer(0, TOLERANCE_MS_MAX))?,
            entry: read_or(doc, "entry", FunnelEntry::Longest, ENTRIES)?,
            breakdown_at: read_breakdown(doc, steps.len())?,
            view: read_or(doc, "view", FunnelView::Steps, VIEWS)?,
            bins: read_bins(doc)?,
            steps,
        };
        it.check(doc)?;
        Ok(it)
    }

    /// Combinations that have no meaning.
    fn check(&self, doc: &Doc<'_>) -> Read<()> {
        let refuse = |field: &str, detail: &str| match doc.get(field) {
            Some(it) => Err(it.error(detail)),
            None => Err(doc.error(detail)),
        };
        if self.order == FunnelOrder::Any {
            let detail = "is not available with the order `any`";
            if !self.hold.is_empty() {
                return refuse("hold", detail);
            }
            if !self.exclude.is_empty() {
                return refuse("exclude", detail);
            }
            if self.count != FunnelCount::People {
                return refuse("count", detail);
            }
            let is_grouped = match doc.get("group_by") {
                Some(it) => !it.items(limits::GROUP_BY_MAX)?.is_empty(),
                None => false,
            };
            if is_grouped && self.breakdown_at != BreakdownAt::PerValue {
                return refuse(
                    "group_by",
                    "with the order `any` needs \"breakdown_at\": \"per_value\"",
                );
            }
        }
        if self.view != FunnelView::TimeToConvert && doc.get("bins").is_some() {
            return refuse("bins", "belongs to the view `time_to_convert`");
        }
        Ok(())
    }
}

const ORDERS: &[(&str, FunnelOrder)] = &[
    ("ordered", FunnelOrder::Ordered),
    ("any", FunnelOrder::Any),
    ("exact", FunnelOrder::Exact),
];
const COUNTS: &[(&str, FunnelCount)] = &[
    ("people", FunnelCount::People),
    ("attempts", FunnelCount::Attempts),
    ("each_event", FunnelCount::EachEvent),
];
const ENTRIES: &[(&str, FunnelEntry)] = &[
    ("longest", FunnelEntry::Longest),
    ("first", FunnelEntry::First),
];
const VIEWS: &[(&str, FunnelView)] = &[
    ("steps", FunnelView::Steps),
    ("over_time", FunnelView::OverTime),
    ("time_to_convert", FunnelView::TimeToConvert),
];

fn read_or<T: Copy>(doc: &Doc<'_>, field: &str, default: T, known: &[(&str, T)]) -> Read<T> {
    doc.get(field).map_or(Ok(default), |it| it.one_of(known))
}

fn read_step(doc: &Doc<'_>) -> Read<FunnelStep> {
    Ok(FunnelStep {
        select: Selector::read_with(doc, &["optional"])?,
        is_optional: doc.get("optional").map_or(Ok(false), |it| it.boolean())?,
    })
}

fn read_hold(doc: &Doc<'_>) -> Read<Vec<PropertyRef>> {
    let Some(list) = doc.get("hold") else {
        return Ok(Vec::new());
    };
    list.items(HOLD_MAX)?
        .iter()
        .map(PropertyRef::read)
        .collect()
}

fn read_exclusions(doc: &Doc<'_>, steps: usize) -> Read<Vec<Exclusion>> {
    let Some(list) = doc.get("exclude") else {
        return Ok(Vec::new());
    };
    let read = |it: &Doc<'_>| {
        it.only(&["select", "after_step", "before_step"])?;
        let place = |field: &str, low: i64, high: usize| {
            it.get(field)
                .map(|it| it.integer(low, high as i64))
                .transpose()
        };
        let after = place("after_step", 1, steps.saturating_sub(1).max(1))?;
        let before = place("before_step", 2, steps.max(2))?;
        let between = match (after, before) {
            (None, None) => None,
            (after, before) => {
                let after = after.unwrap_or(1) as usize;
                let before = before.map_or(steps, |it| it as usize);
                if before <= after {
                    let field = it.get("before_step").or_else(|| it.get("after_step"));
                    let detail = "the step before must come after the step after";
                    return Err(field.map_or_else(|| it.error(detail), |it| it.error(detail)));
                }
                Some((after, before))
            }
        };
        Ok(Exclusion {
            select: Selector::read(&it.need("select")?)?,
            between,
        })
    };
    list.items(EXCLUSIONS_MAX)?.iter().map(read).collect()
}

fn read_breakdown(doc: &Doc<'_>, steps: usize) -> Read<BreakdownAt> {
    let Some(it) = doc.get("breakdown_at") else {
        return Ok(BreakdownAt::Step(1));
    };
    if it.value().is_string() {
        return it.one_of(&[
            ("first_defined", BreakdownAt::FirstDefined),
            ("last_defined", BreakdownAt::LastDefined),
            ("per_value", BreakdownAt::PerValue),
        ]);
    }
    Ok(BreakdownAt::Step(it.integer(1, steps as i64)? as usize))
}

fn read_bins(doc: &Doc<'_>) -> Read<Bins> {
    let Some(it) = doc.get("bins") else {
        return Ok(Bins::Equal(20));
    };
    if it.value().is_number() {
        return Ok(Bins::Equal(it.integer(1, BINS_MAX as i64)? as usize));
    }
    let items = it.items(BINS_MAX)?;
    let mut edges: Vec<f64> = Vec::with_capacity(items.len());
    for edge in &items {
        let seconds = edge
            .value()
            .as_f64()
            .filter(|it| it.is_finite() && *it >= 0.0);
        let seconds = seconds.ok_or_else(|| edge.error("expected seconds, 0 or more"))?;
        if edges.last().is_some_and(|it| *it >= seconds) {
            return Err(edge.error("edges must ascend"));
        }
        edges.push(seconds);
    }
    if edges.len() < 2 {
        return Err(it.error("needs two edges or more"));
    }
    Ok(Bins::Edges(edges))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_refusals;
    use serde_json::json;

    #[test]
    fn refusals_point_at_the_field() {
        let base = json!({"kind": "funnel", "range": {"last": 7, "unit": "day"},
            "steps": [{"event": "A"}, {"event": "B"}, {"event": "C"}]});
        let optional = |place: usize| {
            let mut steps = base["steps"].clone();
            steps[place]["optional"] = json!(true);
            steps
        };
        let cases = [
            (json!({"order": "sideways"}), "/order"),
            (json!({"steps": optional(0)}), "/steps/0/optional"),
            (json!({"steps": optional(2)}), "/steps/2/optional"),
            (
                json!({"steps": optional(1), "order": "exact"}),
                "/steps/1/optional",
            ),
            (json!({"order": "any", "hold": ["event.x"]}), "/hold"),
            (json!({"order": "any", "count": "attempts"}), "/count"),
            (
                json!({"order": "any", "group_by": ["event.x"]}),
                "/group_by",
            ),
            (
                json!({"order": "any", "exclude": [{"select": {"event": "X"}}]}),
                "/exclude",
            ),
            (json!({"tolerance_ms": -1}), "/tolerance_ms"),
            (json!({"breakdown_at": 4}), "/breakdown_at"),
            (json!({"bins": 4}), "/bins"),
            (
                json!({"view": "time_to_convert", "bins": [10, 5]}),
                "/bins/1",
            ),
            (
                json!({"exclude": [{"select": {"event": "X"}, "after_step": 2, "before_step": 2}]}),
                "/exclude/0/before_step",
            ),
            (
                json!({"exclude": [{"select": {"event": "X"}, "after_step": 3}]}),
                "/exclude/0/after_step",
            ),
        ];
        check_refusals(&base, &cases);
    }
}
