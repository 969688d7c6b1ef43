//! Rows of the answer: series by segment and group, then formulas, each perhaps beside earlier days.

use gyre_model::chart::{Display, Formula, Measure};
use gyre_query::{NO_GROUP, OTHER_GROUP, QueryError, TOTAL_BUCKET, UNION_CUT};
use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use super::count::{Counted, Question, count};
use super::layout::{reach_of, series_named};
use super::points::{At, Points};
use super::{Cells, Frame, Kept};
use crate::cell::{Cell, Minter, Place, RowGroup, number_json};

/// Cells of the range, and of the days it is compared with.
struct Pair {
    now: Cells,
    previous: Option<Cells>,
}

/// One row's place in the answer.
struct Row {
    cut: Option<usize>,
    group: RowGroup,
    at: At,
}

/// Every row, and the events that were read.
pub(super) async fn answer(
    question: &Question<'_>,
    minter: &Minter,
) -> Result<(Vec<Value>, u64), QueryError> {
    let shifted = match question.spec.compare {
        Some(it) => Some(
            question
                .frame
                .shifted(question.query, it.days(question.frame.days))?,
        ),
        None => None,
    };
    let earlier = shifted.as_ref().map(|frame| Question {
        frame,
        ..question.clone()
    });
    let Counted {
        cells,
        kept,
        order,
        is_cut,
        mut scanned,
    } = count(question).await?;
    let is_grouped = !question.query.group_by.is_empty();
    let previous = match &earlier {
        Some(earlier) => {
            let (cells, more) = earlier.cells(is_grouped.then_some(&kept)).await?;
            scanned += more;
            Some(cells)
        }
        None => None,
    };
    let pair = Pair {
        now: cells,
        previous,
    };
    let shown = Shown {
        question,
        earlier: shifted.as_ref(),
        minter,
    };
    let mut out = Vec::new();
    for series in 0..question.spec.series.len() {
        for row in shown.rows(series, &order, &pair.now) {
            out.push(shown.series(series, &row, &pair));
        }
    }
    // where groups are cut, a formula's groups are those of its first series, in every series
    let mut pairs: FxHashMap<usize, Pair> = FxHashMap::default();
    for formula in &question.spec.formulas {
        let names = formula.names();
        let first = names.first().and_then(|it| series_named(question.spec, it));
        let first = first.unwrap_or(0);
        let cells = if is_cut {
            if let std::collections::hash_map::Entry::Vacant(slot) = pairs.entry(first) {
                let kept = same_groups(&kept, first, question.spec.series.len());
                let (now, more) = question.cells(Some(&kept)).await?;
                scanned += more;
                let previous = match &earlier {
                    Some(earlier) => {
                        let (cells, more) = earlier.cells(Some(&kept)).await?;
                        scanned += more;
                        Some(cells)
                    }
                    None => None,
                };
                slot.insert(Pair { now, previous });
            }
            pairs.get(&first).unwrap_or(&pair)
        } else {
            &pair
        };
        for row in shown.rows(first, &order, &cells.now) {
            out.push(shown.formula(formula, &row, cells));
        }
    }
    Ok((out, scanned))
}

/// The groups of one series for all of them.
fn same_groups(kept: &Kept, first: usize, series: usize) -> Kept {
    let of_first = kept.iter().filter(|it| it.0.0 as usize == first);
    of_first
        .flat_map(|((_, cut), groups)| {
            (0..series as u32).map(move |it| ((it, *cut), groups.clone()))
        })
        .collect()
}

/// How rows are shown.
struct Shown<'a> {
    question: &'a Question<'a>,
    earlier: Option<&'a Frame>,
    minter: &'a Minter,
}

impl Shown<'_> {
    /// Rows of a series: segments with their groups, the rest of each, and everyone.
    fn rows(
        &self,
        series: usize,
        order: &std::collections::BTreeMap<(u32, u32), Vec<u32>>,
        cells: &Cells,
    ) -> Vec<Row> {
        let frame = self.question.frame;
        let is_grouped = !self.question.query.group_by.is_empty();
        let own = self
            .question
            .layout
            .own(series, reach_of(self.question.spec.display));
        let mut rows = Vec::new();
        for cut in 0..frame.segments.len() {
            let groups = order.get(&(series as u32, cut as u32));
            for group in groups.into_iter().flatten() {
                rows.push(Row {
                    cut: Some(cut),
                    group: RowGroup::Values(self.question.dict.tuple_values(*group)),
                    at: (cut as u32, *group),
                });
            }
            if cells.contains_key(&(own, cut as u32, OTHER_GROUP, TOTAL_BUCKET)) {
                rows.push(Row {
                    cut: Some(cut),
                    group: RowGroup::Other(self.question.query.group_by.len()),
                    at: (cut as u32, OTHER_GROUP),
                });
            }
        }
        if is_grouped || !frame.segment_names.is_empty() {
            // a single ungrouped segment is its own union
            let has_union = frame.segments.len() > 1 || is_grouped;
            rows.push(Row {
                cut: None,
                group: RowGroup::Values(Vec::new()),
                at: (if has_union { UNION_CUT } else { 0 }, NO_GROUP),
            });
        }
        rows
    }

    fn points<'b>(&'b self, cells: &'b Cells, frame: &Frame) -> Points<'b> {
        Points {
            spec: self.question.spec,
            layout: self.question.layout,
            cells,
            buckets: self.question.layout.before + frame.buckets.len(),
        }
    }

    fn series(&self, series: usize, row: &Row, pair: &Pair) -> Value {
        let place = Place {
            series,
            ..Place::new(row.cut, &row.group)
        };
        let now = self.points(&pair.now, self.question.frame);
        let name = &self.question.spec.series[series].name;
        let mut out = self.head(name, row);
        out["points"] = json!(self.cells_of(&now, row.at, &place));
        out["total"] = json!(self.cell(&now, row.at, &place));
        if let (Some(cells), Some(frame)) = (&pair.previous, self.earlier) {
            let place = Place {
                is_previous: true,
                ..place
            };
            let before = self.points(cells, frame);
            let mut points = self.cells_of(&before, row.at, &place);
            points.resize(self.question.frame.buckets.len(), nothing());
            out["previous"] = json!(points);
            out["previous_total"] = json!(self.cell(&before, row.at, &place));
        }
        out
    }

    fn cells_of(&self, points: &Points<'_>, at: At, place: &Place) -> Vec<Value> {
        (0..points.buckets - points.layout.before)
            .map(|bucket| {
                let place = Place {
                    bucket: Some(bucket),
                    ..place.clone()
                };
                self.cell(points, at, &place)
            })
            .collect()
    }

    /// What stands at a place: a number and its people, or a histogram of them.
    fn cell(&self, points: &Points<'_>, at: At, place: &Place) -> Value {
        let bucket = place.bucket.map(|it| points.layout.before + it);
        let measure = &points.spec.series[place.series].measure;
        if *measure == Measure::Frequency {
            let frequency = points.frequency(place.series, at, bucket);
            let bars = frequency.into_iter().map(|(times, people)| {
                let place = Place {
                    times: Some(times),
                    ..place.clone()
                };
                let cell = self.minter.cell(people, &place);
                json!({"times": times, "value": cell.value, "cell": cell.cell})
            });
            let bars: Vec<Value> = bars.collect();
            let people = points.shown(place.series, measure, at, bucket);
            let everyone = self
                .minter
                .cell(people.map_or(Value::Null, number_json), place);
            return json!({"value": everyone.value, "cell": everyone.cell, "histogram": bars});
        }
        let value = points.shown(place.series, measure, at, bucket);
        let value = value.map_or(Value::Null, number_json);
        let is_mean = matches!(points.spec.display, Display::RollingAverage(_));
        if is_mean && bucket.is_some() {
            return json!(Cell { value, cell: None }); // a mean of counts is of no one
        }
        json!(self.minter.cell(value, place))
    }

    fn formula(&self, formula: &Formula, row: &Row, pair: &Pair) -> Value {
        let frame = self.question.frame;
        let cell = |value: Option<f64>| {
            let value = value.map_or(Value::Null, number_json);
            json!(Cell { value, cell: None })
        };
        let shown = |cells: &Cells, frame: &Frame| {
            let points = self.points(cells, frame);
            let numbers = points.formula(&formula.expression, row.at);
            let numbers: Vec<Value> = numbers[points.layout.before..]
                .iter()
                .map(|it| cell(*it))
                .collect();
            (
                numbers,
                cell(points.formula_total(&formula.expression, row.at)),
            )
        };
        let (points, total) = shown(&pair.now, frame);
        let mut out = self.head(&formula.text, row);
        out["formula"] = Value::Bool(true);
        out["points"] = json!(points);
        out["total"] = total;
        if let (Some(cells), Some(earlier)) = (&pair.previous, self.earlier) {
            let (mut points, total) = shown(cells, earlier);
            points.resize(frame.buckets.len(), nothing());
            out["previous"] = json!(points);
            out["previous_total"] = total;
        }
        out
    }

    fn head(&self, name: &str, row: &Row) -> Value {
        let mut out = json!({
            "name": name,
            "segment": self.question.frame.segment_json(row.cut),
            "group": row.group.to_json(),
        });
        if row.cut.is_none() {
            out["overall"] = Value::Bool(true);
        }
        out
    }
}

/// A point that the earlier days do not have.
fn nothing() -> Value {
    json!({"value": null, "cell": null})
}
