//! Numbers of points: measures of counted cells under a display, and formulas over them.

use std::borrow::Cow;

use gyre_model::chart::{
    Display, Expression, Measure, NumberFn, Operator, PropertyFn, SegmentationSpec, SeriesFn,
};
use gyre_query::{NO_GROUP, Reach, SegmentationRow, TOTAL_BUCKET};

use super::Cells;
use super::layout::{Layout, reach_of, series_named};

/// Everything that was counted of one question.
pub(super) struct Points<'a> {
    pub(super) spec: &'a SegmentationSpec,
    pub(super) layout: &'a Layout,
    pub(super) cells: &'a Cells,
    /// Buckets, those before the range included.
    pub(super) buckets: usize,
}

/// Where a row's numbers stand: cut and group.
pub(super) type At = (u32, u32);

impl Points<'_> {
    /// What a series shows in a bucket; without one, over the range, which is plain under every display.
    pub(super) fn shown(
        &self,
        series: usize,
        measure: &Measure,
        at: At,
        bucket: Option<usize>,
    ) -> Option<f64> {
        self.value(series, measure, self.spec.display, at, bucket)
    }

    fn value(
        &self,
        series: usize,
        measure: &Measure,
        display: Display,
        (cut, group): At,
        bucket: Option<usize>,
    ) -> Option<f64> {
        let reach = reach_of(display);
        let key = (self.layout.own(series, reach), cut, group);
        let Some(bucket) = bucket else {
            let own = self.row(key, TOTAL_BUCKET);
            let active = self.active(measure, reach, cut, TOTAL_BUCKET);
            return measure_value(measure, &own, active.as_deref());
        };
        if let Display::RollingAverage(buckets) = display {
            // a bucket that is no value counts as 0
            let first = (bucket + 1).saturating_sub(buckets);
            let sum: f64 = (first..=bucket)
                .map(|it| {
                    let own = self.row(key, it as u32);
                    let active = self.active(measure, reach, cut, it as u32);
                    measure_value(measure, &own, active.as_deref()).unwrap_or(0.0)
                })
                .sum();
            return Some(sum / buckets as f64);
        }
        let own = self.joined(key, reach, bucket);
        let active = self.active(measure, reach, cut, bucket as u32);
        measure_value(measure, &own, active.as_deref())
    }

    /// How many people have how many events in a bucket, or over the range.
    pub(super) fn frequency(
        &self,
        series: usize,
        (cut, group): At,
        bucket: Option<usize>,
    ) -> Vec<(u64, u64)> {
        let key = (self.layout.own(series, Reach::Bucket), cut, group);
        let row = self.row(key, bucket.map_or(TOTAL_BUCKET, |it| it as u32));
        row.frequency.iter().map(|it| (*it.0, *it.1)).collect()
    }

    fn row(&self, (series, cut, group): (u32, u32, u32), bucket: u32) -> Cow<'_, SegmentationRow> {
        match self.cells.get(&(series, cut, group, bucket)) {
            Some(it) => Cow::Borrowed(it),
            None => Cow::Owned(SegmentationRow::empty()),
        }
    }

    /// The row of a bucket with the events of the buckets that its people are distinct over.
    fn joined(
        &self,
        key: (u32, u32, u32),
        reach: Reach,
        bucket: usize,
    ) -> Cow<'_, SegmentationRow> {
        let first = match reach {
            Reach::Bucket => return self.row(key, bucket as u32),
            Reach::Window(buckets) => (bucket + 1).saturating_sub(buckets),
            Reach::FromStart => self.layout.before,
        };
        let mut all = SegmentationRow {
            people: self.row(key, bucket as u32).people,
            ..SegmentationRow::empty()
        };
        for it in first..=bucket {
            all.join_events(&self.row(key, it as u32));
        }
        Cow::Owned(all)
    }

    fn active(
        &self,
        measure: &Measure,
        reach: Reach,
        cut: u32,
        bucket: u32,
    ) -> Option<Cow<'_, SegmentationRow>> {
        (*measure == Measure::ActiveRate)
            .then(|| self.row((self.layout.active(reach), cut, NO_GROUP), bucket))
    }

    /// What a formula comes to in every bucket, those before the range included.
    pub(super) fn formula(&self, it: &Expression, at: At) -> Vec<Option<f64>> {
        let each = |of: &dyn Fn(usize) -> Option<f64>| (0..self.buckets).map(of).collect();
        let zip = |left: &Expression, right: &Expression, of: &dyn Fn(f64, f64) -> f64| {
            let pairs = self.formula(left, at).into_iter();
            let pairs = pairs.zip(self.formula(right, at));
            pairs
                .map(|(left, right)| finite(of(left?, right?)))
                .collect()
        };
        match it {
            Expression::Number(number) => vec![Some(*number); self.buckets],
            Expression::Series(_) | Expression::OfSeries(..) | Expression::Window(..) => {
                each(&|bucket| self.of_series(it, at, Some(bucket)))
            }
            Expression::Both(operator, left, right) => {
                zip(left, right, &|a, b| both(*operator, a, b))
            }
            Expression::Power(left, right) => zip(left, right, &f64::powf),
            Expression::Minus(it) => {
                let numbers = self.formula(it, at).into_iter();
                numbers.map(|it| it.map(|it| -it)).collect()
            }
            Expression::Each(function, it) => {
                let numbers = self.formula(it, at).into_iter();
                numbers.map(|it| number_of(*function, it?)).collect()
            }
            Expression::Running(it) => {
                let mut sum = 0.0;
                let add = |(bucket, it): (usize, Option<f64>)| {
                    if bucket >= self.layout.before {
                        sum += it.unwrap_or(0.0);
                    }
                    Some(sum)
                };
                let numbers = self.formula(it, at).into_iter().enumerate();
                numbers.map(add).collect()
            }
            Expression::Average(it, buckets) => {
                let numbers = self.formula(it, at);
                each(&|bucket| {
                    let first = (bucket + 1).saturating_sub(*buckets);
                    let sum: f64 = numbers[first..=bucket].iter().flatten().sum();
                    Some(sum / *buckets as f64)
                })
            }
        }
    }

    /// What a formula comes to over the range.
    pub(super) fn formula_total(&self, it: &Expression, at: At) -> Option<f64> {
        match it {
            Expression::Number(number) => Some(*number),
            Expression::Series(_) | Expression::OfSeries(..) | Expression::Window(..) => {
                self.of_series(it, at, None)
            }
            Expression::Both(operator, left, right) => {
                let (left, right) = (self.formula_total(left, at), self.formula_total(right, at));
                finite(both(*operator, left?, right?))
            }
            Expression::Power(left, right) => {
                let (left, right) = (self.formula_total(left, at), self.formula_total(right, at));
                finite(left?.powf(right?))
            }
            Expression::Minus(it) => self.formula_total(it, at).map(|it| -it),
            Expression::Each(function, it) => number_of(*function, self.formula_total(it, at)?),
            Expression::Running(it) | Expression::Average(it, _) => self.formula_total(it, at),
        }
    }

    fn of_series(&self, it: &Expression, at: At, bucket: Option<usize>) -> Option<f64> {
        match it {
            Expression::Series(name) => {
                let series = series_named(self.spec, name)?;
                self.shown(series, &self.spec.series[series].measure, at, bucket)
            }
            Expression::Window(name, buckets) => {
                let series = series_named(self.spec, name)?;
                let display = Display::RollingWindow(*buckets);
                let measure = &self.spec.series[series].measure;
                self.value(series, measure, display, at, bucket)
            }
            Expression::OfSeries(function, name) => {
                let series = series_named(self.spec, name)?;
                let own = &self.spec.series[series].measure;
                let of_property = |it: PropertyFn| match own {
                    Measure::Property(_, property) => Measure::Property(it, property.clone()),
                    other => other.clone(),
                };
                let measure = match function {
                    SeriesFn::Uniques => Measure::People,
                    SeriesFn::Totals => Measure::Events,
                    SeriesFn::Avg => Measure::PerPerson,
                    SeriesFn::Active => Measure::ActiveRate,
                    SeriesFn::PropSum => of_property(PropertyFn::Sum),
                    SeriesFn::PropAvg => of_property(PropertyFn::Avg),
                    SeriesFn::PropMin => of_property(PropertyFn::Min),
                    SeriesFn::PropMax => of_property(PropertyFn::Max),
                    SeriesFn::PropCount => of_property(PropertyFn::Distinct),
                    SeriesFn::Percentile(p) => return self.percentile(series, at, bucket, *p),
                };
                self.shown(series, &measure, at, bucket)
            }
            _ => None,
        }
    }

    fn percentile(
        &self,
        series: usize,
        (cut, group): At,
        bucket: Option<usize>,
        p: f64,
    ) -> Option<f64> {
        let reach = reach_of(self.spec.display);
        let key = (self.layout.own(series, reach), cut, group);
        let row = match bucket {
            None => self.row(key, TOTAL_BUCKET),
            Some(bucket) => self.joined(key, reach, bucket),
        };
        percentile(&mut row.values.clone(), p)
    }
}

fn both(operator: Operator, left: f64, right: f64) -> f64 {
    match operator {
        Operator::Plus => left + right,
        Operator::Minus => left - right,
        Operator::Times => left * right,
        Operator::Over => left / right,
    }
}

fn number_of(function: NumberFn, number: f64) -> Option<f64> {
    finite(match function {
        NumberFn::Ln => number.ln(),
        NumberFn::Log10 => number.log10(),
        NumberFn::Exp => number.exp(),
        NumberFn::Sqrt => number.sqrt(),
    })
}

/// Division by zero and the like are no value.
fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// Value of a measure; `None` is no value. `active` is the cell of any active event, for the active rate.
pub(super) fn measure_value(
    measure: &Measure,
    cell: &SegmentationRow,
    active: Option<&SegmentationRow>,
) -> Option<f64> {
    let over = |part: f64, whole: f64| (whole != 0.0).then(|| part / whole);
    match measure {
        Measure::People | Measure::Frequency => Some(cell.people as f64),
        Measure::Events => Some(cell.events as f64),
        Measure::PerPerson => over(cell.events as f64, cell.people as f64),
        Measure::ActiveRate => match active {
            Some(it) => over(cell.people as f64, it.people as f64),
            None => Some(cell.people as f64), // ranking: the denominator is the same for all groups
        },
        Measure::Property(function, _) => match function {
            PropertyFn::Sum => Some(cell.sum),
            PropertyFn::Distinct => Some(cell.distinct.len() as f64),
            PropertyFn::Avg => over(cell.sum, cell.valued as f64),
            PropertyFn::Min => (cell.valued > 0).then_some(cell.min),
            PropertyFn::Max => (cell.valued > 0).then_some(cell.max),
            PropertyFn::Median => percentile(&mut cell.values.clone(), 0.5),
            PropertyFn::P90 => percentile(&mut cell.values.clone(), 0.9),
            PropertyFn::P95 => percentile(&mut cell.values.clone(), 0.95),
            PropertyFn::P99 => percentile(&mut cell.values.clone(), 0.99),
        },
    }
}

/// Linear interpolation between order statistics (type 7); moves the values about.
pub(crate) fn percentile(values: &mut [f64], p: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let place = p * last as f64;
    let low = place.floor() as usize;
    let (_, below, above) = values.select_nth_unstable_by(low, f64::total_cmp);
    let below = *below;
    let above = above.iter().copied().min_by(f64::total_cmp);
    let gap = above.map_or(0.0, |it| it - below);
    Some(below + gap * (place - low as f64))
}
