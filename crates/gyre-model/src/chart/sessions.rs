//! Fields of a sessions chart. Source: charts.md 1.3, 2.6 and part 3 ("Others").

use crate::doc::{Doc, Read};

pub(super) const FIELDS: &[&str] = &["measure"];

/// Visits.
#[derive(Clone, Copy, Debug)]
pub struct SessionsSpec {
    /// What is measured.
    pub measure: SessionMeasure,
}

/// What is measured of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionMeasure {
    /// How many there are.
    Count,
    /// Mean seconds from the first event to the last.
    Length,
    /// Sessions by people who have one.
    PerPerson,
    /// Share of sessions with one event.
    BounceRate,
    /// Events by session.
    EventsPer,
}

/// Measures by their public names.
const MEASURES: &[(&str, SessionMeasure)] = &[
    ("count", SessionMeasure::Count),
    ("length", SessionMeasure::Length),
    ("per_person", SessionMeasure::PerPerson),
    ("bounce_rate", SessionMeasure::BounceRate),
    ("events_per", SessionMeasure::EventsPer),
];

impl SessionMeasure {
    /// Public name.
    pub fn name(self) -> &'static str {
        MEASURES
            .iter()
            .find(|it| it.1 == self)
            .map_or("count", |it| it.0)
    }
}

impl SessionsSpec {
    pub(super) fn read(doc: &Doc<'_>) -> Read<Self> {
        Ok(Self {
            measure: doc
                .get("measure")
                .map_or(Ok(SessionMeasure::Count), |it| it.one_of(MEASURES))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::chart::tests::check_refusals;

    #[test]
    fn refusals_point_at_the_field() {
        check_refusals(
            &json!({"kind": "sessions", "range": {"last": 7, "unit": "day"}, "measure": "length"}),
            &[
                (json!({"measure": "depth"}), "/measure"),
                (json!({"measure": 3}), "/measure"),
                (json!({"series": []}), "/series"),
            ],
        );
    }
}
