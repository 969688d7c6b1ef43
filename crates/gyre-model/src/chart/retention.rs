//! Fields of a retention chart. Source: charts.md 1.3, 2.3 and part 3 ("Retention").

use gyre_base::limits;

use super::read_plain_selector;
use crate::doc::{Doc, Read};
use crate::filter::PropertyRef;
use crate::selector::Selector;

pub(super) const FIELDS: &[&str] = &[
    "start",
    "back",
    "mode",
    "clock",
    "start_rule",
    "intervals",
    "day_zero",
    "value",
];

/// Who comes back.
#[derive(Clone, Debug)]
pub struct RetentionSpec {
    /// What makes a person a member of a cohort.
    pub start: Selector,
    /// What counts as coming back.
    pub back: Selector,
    /// Which returns a cell counts.
    pub mode: RetentionMode,
    /// Whether intervals are elapsed time from the start rather than calendar units.
    pub is_rolling: bool,
    /// Which starts make a member.
    pub start_rule: StartRule,
    /// The last interval.
    pub intervals: u32,
    /// Whether the start itself is a return in interval 0.
    pub is_start_return: bool,
    /// The number summed or averaged over returns; people when absent.
    pub value: Option<(RetentionFn, PropertyRef)>,
}

/// Which returns a cell counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetentionMode {
    /// In interval n.
    On,
    /// In n or any later one.
    OnOrAfter,
    /// In any up to n.
    OnOrBefore,
    /// In any of a bracket, first and last interval included.
    Brackets(Vec<(u32, u32)>),
    /// In every interval from 1 to n.
    Streak,
}

/// Which starts make a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartRule {
    /// The first of every bucket.
    EveryBucket,
    /// The person's first event of this type in all history, if it passes.
    FirstEver,
    /// The person's first in all history that passes.
    FirstMatching,
}

/// What is made of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionFn {
    /// Sum over returns.
    Sum,
    /// Mean over the returns that have it.
    Avg,
}

impl RetentionSpec {
    pub(super) fn read(doc: &Doc<'_>) -> Read<Self> {
        if let Some(interval) = doc.get("interval")
            && !matches!(interval.text()?, "day" | "week" | "month")
        {
            return Err(interval.error("retention counts in day, week or month"));
        }
        let intervals = doc.get("intervals").map_or(Ok(30), |it| {
            it.integer(0, i64::from(limits::RETENTION_INTERVALS_MAX))
        })?;
        let mode = match doc.get("mode") {
            None => RetentionMode::On,
            Some(it) if it.value().is_string() => it
                .one_of(&[
                    ("on", Plain::On),
                    ("on_or_after", Plain::OnOrAfter),
                    ("on_or_before", Plain::OnOrBefore),
                    ("streak", Plain::Streak),
                ])?
                .into(),
            Some(it) => read_brackets(&it)?,
        };
        let rolling = &[("calendar", false), ("rolling", true)];
        let rules = &[
            ("every_bucket", StartRule::EveryBucket),
            ("first_ever", StartRule::FirstEver),
            ("first_matching", StartRule::FirstMatching),
        ];
        let day_zero = &[("return", false), ("cohort", true)];
        Ok(Self {
            start: read_plain_selector(&doc.need("start")?)?,
            back: read_plain_selector(&doc.need("back")?)?,
            intervals: match &mode {
                RetentionMode::Brackets(it) => it.iter().map(|it| it.1).max().unwrap_or(0),
                _ => u32::try_from(intervals).unwrap_or(0),
            },
            mode,
            is_rolling: doc
                .get("clock")
                .map_or(Ok(false), |it| it.one_of(rolling))?,
            start_rule: doc
                .get("start_rule")
                .map_or(Ok(StartRule::EveryBucket), |it| it.one_of(rules))?,
            is_start_return: doc
                .get("day_zero")
                .map_or(Ok(false), |it| it.one_of(day_zero))?,
            value: doc.get("value").map(|it| read_value(&it)).transpose()?,
        })
    }
}

#[derive(Clone, Copy)]
enum Plain {
    On,
    OnOrAfter,
    OnOrBefore,
    Streak,
}

impl From<Plain> for RetentionMode {
    fn from(it: Plain) -> Self {
        match it {
            Plain::On => Self::On,
            Plain::OnOrAfter => Self::OnOrAfter,
            Plain::OnOrBefore => Self::OnOrBefore,
            Plain::Streak => Self::Streak,
        }
    }
}

fn read_brackets(doc: &Doc<'_>) -> Read<RetentionMode> {
    doc.only(&["brackets"])?;
    let list = doc.need("brackets")?;
    let items = list.items(limits::RETENTION_INTERVALS_MAX as usize + 1)?;
    if items.is_empty() {
        return Err(list.error("needs at least one bracket"));
    }
    let brackets: Read<Vec<(u32, u32)>> = items
        .iter()
        .map(|it| {
            let ends = it.items(2)?;
            let [low, high] = ends.as_slice() else {
                return Err(it.error("expected the first and the last interval, such as [1, 3]"));
            };
            let most = i64::from(limits::RETENTION_INTERVALS_MAX);
            let (first, last) = (low.integer(0, most)?, high.integer(0, most)?);
            if last < first {
                return Err(high.error("is before the bracket's first interval"));
            }
            Ok((first as u32, last as u32))
        })
        .collect();
    Ok(RetentionMode::Brackets(brackets?))
}

fn read_value(doc: &Doc<'_>) -> Read<(RetentionFn, PropertyRef)> {
    doc.only(&["property", "fn"])?;
    let functions = &[("sum", RetentionFn::Sum), ("avg", RetentionFn::Avg)];
    Ok((
        doc.need("fn")?.one_of(functions)?,
        PropertyRef::read(&doc.need("property")?)?,
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::chart::tests::check_refusals;
    use crate::chart::{ChartQuery, ChartSpec};

    #[test]
    fn defaults_are_the_contracts() {
        let query = json!({"kind": "retention", "range": {"last": 7, "unit": "day"},
            "start": {"event": "A"}, "back": {"any_event": true}});
        let query = ChartQuery::read(&Doc::root(&query)).unwrap();
        let ChartSpec::Retention(spec) = &query.spec else {
            panic!("not retention")
        };
        assert_eq!((spec.intervals, &spec.mode), (30, &RetentionMode::On));
        assert_eq!(spec.start_rule, StartRule::EveryBucket);
        assert!(!spec.is_rolling && !spec.is_start_return && spec.value.is_none());
    }

    #[test]
    fn refusals_point_at_the_field() {
        check_refusals(
            &json!({"kind": "retention", "range": {"last": 7, "unit": "day"},
                "start": {"event": "A"}, "back": {"event": "B"}}),
            &[
                (json!({"start": null}), "/start"),
                (json!({"back": {"event": ""}}), "/back/event"),
                (
                    json!({"start": {"event": "A", "occurrence": {"nth_ever": 2}}}),
                    "/start/occurrence",
                ),
                (json!({"interval": "hour"}), "/interval"),
                (json!({"intervals": -1}), "/intervals"),
                (json!({"mode": "sometimes"}), "/mode"),
                (json!({"mode": {"brackets": []}}), "/mode/brackets"),
                (
                    json!({"mode": {"brackets": [[0, 0], [3, 1]]}}),
                    "/mode/brackets/1/1",
                ),
                (json!({"mode": {"brackets": [[0]]}}), "/mode/brackets/0"),
                (json!({"clock": "lunar"}), "/clock"),
                (json!({"start_rule": "last"}), "/start_rule"),
                (json!({"day_zero": true}), "/day_zero"),
                (
                    json!({"value": {"property": "event.x", "fn": "median"}}),
                    "/value/fn",
                ),
                (json!({"window": {"n": 1, "unit": "day"}}), "/window"),
            ],
        );
    }
}
