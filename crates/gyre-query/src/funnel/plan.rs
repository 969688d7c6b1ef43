//! From a funnel's fields to what is read and how it is matched.

use gyre_base::Timestamp;
use gyre_model::FieldError;
use gyre_model::chart::{FunnelOrder, FunnelSpec};
use gyre_model::filter::{Filter, PropertyRef};
use gyre_model::selector::Selector;

use super::chains::{Ender, Rules};
use crate::gather::{Reading, WantedList};
use crate::prepare::{PersonTables, Segments, cut_end};
use crate::{QueryError, Snapshot};

/// Selectors of one scan: one bit each.
const SELECTORS_MAX: usize = 32;

/// What the operator answers.
#[derive(Clone, Debug)]
pub struct FunnelPlan {
    /// Steps and options.
    pub spec: FunnelSpec,
    /// Filter on every event that is read.
    pub filter: Filter,
    /// Half-open range of entries.
    pub range: (Timestamp, Timestamp),
    /// Edges of units of time whose entries are looked at apart; without them the range is one.
    pub edges: Option<Vec<i64>>,
    /// People compared.
    pub segments: Segments,
    /// Properties that split the rows.
    pub group_by: Vec<PropertyRef>,
    /// Tables of what filters, groups and held properties ask of people.
    pub tables: PersonTables,
    /// Later events do not count.
    pub as_of: Timestamp,
}

impl FunnelPlan {
    /// Every filter of a funnel, for its tables.
    pub fn filters<'a>(spec: &'a FunnelSpec, filter: &'a Filter) -> Vec<&'a Filter> {
        let mut filters = vec![filter];
        let steps = spec.steps.iter().map(|it| &it.select);
        for select in steps.chain(spec.exclude.iter().map(|it| &it.select)) {
            select.each_filter(&mut |it| filters.push(it));
        }
        filters
    }

    /// One bit for each step, then for each exclusion, then for the stream of an exact order.
    pub(super) fn wanted(&self, snapshot: &Snapshot) -> Result<WantedList, QueryError> {
        let spec = &self.spec;
        let slack = spec.tolerance_ms * spec.steps.len() as i64;
        let from = self.range.0.ms();
        let last = self.range.1.plus_ms(spec.window_ms);
        let around = (from.saturating_sub(slack), cut_end(last, self.as_of));
        let entries = (from, cut_end(self.range.1, self.as_of));
        let mut wanted = WantedList::default();
        for (place, step) in spec.steps.iter().enumerate() {
            let is_entry = place == 0 && spec.order != FunnelOrder::Any;
            let span = if is_entry { entries } else { around };
            wanted.add(snapshot, &step.select, &self.filter, span);
        }
        for it in &spec.exclude {
            wanted.add(snapshot, &it.select, &self.filter, around);
        }
        if spec.order == FunnelOrder::Exact {
            wanted.add(snapshot, &Selector::any_event(), &self.filter, around);
        }
        if wanted.len() > SELECTORS_MAX {
            let detail =
                format!("steps, exclusions and occurrences are more than {SELECTORS_MAX} together");
            return Err(FieldError::new("/steps", detail).into());
        }
        Ok(wanted)
    }

    pub(super) fn rules(&self) -> Rules {
        let spec = &self.spec;
        let steps = spec.steps.len();
        let ender = |(place, it): (usize, &gyre_model::chart::Exclusion)| Ender {
            bit: 1 << (steps + place),
            between: it.between,
        };
        Rules {
            optional: spec.steps.iter().map(|it| it.is_optional).collect(),
            window_ms: spec.window_ms,
            tolerance_ms: spec.tolerance_ms,
            order: spec.order,
            count: spec.count,
            entry: spec.entry,
            enders: spec.exclude.iter().enumerate().map(ender).collect(),
            stream: match spec.order {
                FunnelOrder::Exact => 1 << (steps + spec.exclude.len()),
                _ => 0,
            },
            entries: (self.range.0.ms(), cut_end(self.range.1, self.as_of)),
        }
    }

    pub(super) fn reading(&self) -> Reading {
        Reading {
            group_by: self.group_by.clone(),
            held: self.spec.hold.clone(),
            ..Reading::default()
        }
    }
}
