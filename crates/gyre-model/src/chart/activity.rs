//! Fields of lifecycle, stickiness and usage interval charts. Source: charts.md 1.3, 2.3 to 2.5 and part 3 ("Others").

use super::read_plain_selector;
use crate::doc::{Doc, Read};
use crate::selector::Selector;

pub(super) const LIFECYCLE_FIELDS: &[&str] = &["select", "first_by"];
pub(super) const STICKINESS_FIELDS: &[&str] = &["select", "period", "at_least", "cumulative"];
pub(super) const USAGE_INTERVAL_FIELDS: &[&str] = &["select"];

/// Most events a day may be asked to have.
const AT_LEAST_MAX: i64 = 1_000_000;

/// Who is new, who stays, who returns, who is gone.
#[derive(Clone, Debug)]
pub struct LifecycleSpec {
    /// What makes a person active.
    pub select: Selector,
    /// Whether a person's first chosen event rather than their first of any type makes them new.
    pub is_first_selected: bool,
}

/// On how many days people do something.
#[derive(Clone, Debug)]
pub struct StickinessSpec {
    /// Events that count.
    pub select: Selector,
    /// Within what days are counted.
    pub period: Period,
    /// Events that make a day count.
    pub at_least: u32,
    /// Whether rows count people with so many days or more.
    pub is_cumulative: bool,
}

/// Within what days are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Calendar weeks.
    Week,
    /// Calendar months.
    Month,
    /// The whole range at once.
    Range,
}

/// How many days lie between a person's days.
#[derive(Clone, Debug)]
pub struct UsageIntervalSpec {
    /// Events that count.
    pub select: Selector,
}

impl LifecycleSpec {
    pub(super) fn read(doc: &Doc<'_>) -> Read<Self> {
        refuse_groups(doc, "lifecycle")?;
        let first_by = &[("any_event", false), ("selected", true)];
        Ok(Self {
            select: read_plain_selector(&doc.need("select")?)?,
            is_first_selected: doc
                .get("first_by")
                .map_or(Ok(false), |it| it.one_of(first_by))?,
        })
    }
}

impl StickinessSpec {
    pub(super) fn read(doc: &Doc<'_>) -> Read<Self> {
        let periods = &[
            ("week", Period::Week),
            ("month", Period::Month),
            ("range", Period::Range),
        ];
        let at_least = doc
            .get("at_least")
            .map_or(Ok(1), |it| it.integer(1, AT_LEAST_MAX))?;
        Ok(Self {
            select: read_plain_selector(&doc.need("select")?)?,
            period: doc
                .get("period")
                .map_or(Ok(Period::Week), |it| it.one_of(periods))?,
            at_least: u32::try_from(at_least).unwrap_or(1),
            is_cumulative: doc.get("cumulative").map_or(Ok(false), |it| it.boolean())?,
        })
    }
}

impl UsageIntervalSpec {
    pub(super) fn read(doc: &Doc<'_>) -> Read<Self> {
        refuse_groups(doc, "usage_interval")?;
        Ok(Self {
            select: read_plain_selector(&doc.need("select")?)?,
        })
    }
}

/// Refuses `group_by` where rows are people of segments only.
pub(super) fn refuse_groups(doc: &Doc<'_>, kind: &str) -> Read<()> {
    match doc.get("group_by") {
        Some(it) if it.value().as_array().is_none_or(|it| !it.is_empty()) => Err(it.error(
            format!("a {kind} chart is not split by properties; compare segments instead"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::chart::tests::check_refusals;

    #[test]
    fn refusals_point_at_the_field() {
        let base = |kind: &str| json!({"kind": kind, "range": {"last": 7, "unit": "day"}, "select": {"event": "A"}});
        let common = [
            (json!({"select": null}), "/select"),
            (json!({"select": {"event": 7}}), "/select/event"),
            (
                json!({"select": {"event": "A", "occurrence": {"first_ever": true}}}),
                "/select/occurrence",
            ),
            (json!({"steps": []}), "/steps"),
        ];
        let groups = [(json!({"group_by": ["event.x"]}), "/group_by")];
        for kind in ["lifecycle", "stickiness", "usage_interval"] {
            check_refusals(&base(kind), &common);
        }
        for kind in ["lifecycle", "usage_interval"] {
            check_refusals(&base(kind), &groups);
        }
        check_refusals(
            &base("lifecycle"),
            &[(json!({"first_by": "x"}), "/first_by")],
        );
        check_refusals(
            &base("stickiness"),
            &[
                (json!({"period": "day"}), "/period"),
                (json!({"at_least": 0}), "/at_least"),
                (json!({"cumulative": 1}), "/cumulative"),
            ],
        );
    }
}
