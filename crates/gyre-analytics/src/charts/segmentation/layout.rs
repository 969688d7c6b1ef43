//! What is counted for a question: its series, and those that its rates and formulas need besides.

use gyre_model::chart::{
    ChartQuery, Display, Expression, Measure, PropertyFn, SegmentationSpec, SeriesFn,
};
use gyre_model::filter::{Filter, PropertyRef, Scope};
use gyre_model::selector::Selector;
use gyre_query::{NumericMeasure, PreparedSelector, Reach, SeriesPlan, Snapshot};

/// A series that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    /// One of the question's, over these buckets.
    Own(usize, Reach),
    /// Any active event, ungrouped: the denominator of a rate.
    Active(Reach),
}

/// Places of everything that is counted.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    counted: Vec<Counted>,
    /// Buckets read before the range.
    pub(super) before: usize,
}

impl Layout {
    pub(super) fn new(spec: &SegmentationSpec) -> Self {
        let reach = reach_of(spec.display);
        let own = (0..spec.series.len()).map(|it| Counted::Own(it, reach));
        let mut it = Self {
            counted: own.collect(),
            before: spec.display.reach(),
        };
        let needs_active = |it: &Measure| *it == Measure::ActiveRate;
        if spec.series.iter().any(|it| needs_active(&it.measure)) {
            it.add(Counted::Active(reach));
        }
        for formula in &spec.formulas {
            formula.expression.each(&mut |part| match part {
                Expression::OfSeries(SeriesFn::Active, _) => it.add(Counted::Active(reach)),
                Expression::Window(name, buckets) => {
                    let window = Reach::Window(*buckets);
                    if let Some(series) = series_named(spec, name) {
                        it.add(Counted::Own(series, window));
                        if needs_active(&spec.series[series].measure) {
                            it.add(Counted::Active(window));
                        }
                    }
                }
                _ => {}
            });
            let back = look_back(&formula.expression, spec.display);
            it.before = it.before.max(back);
        }
        it
    }

    fn add(&mut self, it: Counted) {
        if !self.counted.contains(&it) {
            self.counted.push(it);
        }
    }

    /// Number of a series over these buckets.
    pub(super) fn own(&self, series: usize, reach: Reach) -> u32 {
        self.place(Counted::Own(series, reach))
    }

    /// Number of the active people over these buckets.
    pub(super) fn active(&self, reach: Reach) -> u32 {
        self.place(Counted::Active(reach))
    }

    /// Places are asked for only where [`Layout::new`] has put one.
    fn place(&self, wanted: Counted) -> u32 {
        let found = self.counted.iter().position(|it| *it == wanted);
        debug_assert!(found.is_some(), "{wanted:?} is not counted");
        found.map_or(u32::MAX, |it| it as u32)
    }

    /// Series that the groups split, with the question's series they are of.
    pub(super) fn grouped(&self) -> impl Iterator<Item = (u32, usize)> {
        let grouped = |(place, it): (usize, &Counted)| match it {
            Counted::Own(series, _) => Some((place as u32, *series)),
            Counted::Active(_) => None,
        };
        self.counted.iter().enumerate().filter_map(grouped)
    }

    /// Plans of everything.
    pub(super) fn plans(
        &self,
        snapshot: &Snapshot,
        query: &ChartQuery,
        spec: &SegmentationSpec,
    ) -> Vec<SeriesPlan> {
        let plan = |it: &Counted| match *it {
            Counted::Own(series, reach) => {
                let it = &spec.series[series];
                let select = PreparedSelector::new(snapshot, &it.select, &query.filter);
                let mut plan = series_plan(select, reach, &it.measure);
                add_needs(&mut plan, spec, series);
                plan
            }
            Counted::Active(reach) => {
                let any = Selector::any_event();
                let select = PreparedSelector::new(snapshot, &any, &Filter::pass());
                let mut plan = series_plan(select, reach, &Measure::People);
                plan.is_grouped = false;
                plan
            }
        };
        self.counted.iter().map(plan).collect()
    }
}

/// The place of a series of this name.
pub(super) fn series_named(spec: &SegmentationSpec, name: &str) -> Option<usize> {
    spec.series.iter().position(|it| it.name == name)
}

/// Over which buckets people are distinct under a display.
pub(super) fn reach_of(display: Display) -> Reach {
    match display {
        Display::Plain | Display::RollingAverage(_) => Reach::Bucket,
        Display::Cumulative => Reach::FromStart,
        Display::RollingWindow(buckets) => Reach::Window(buckets),
    }
}

/// How many buckets before a bucket a formula looks at.
fn look_back(it: &Expression, display: Display) -> usize {
    match it {
        Expression::Number(_) => 0,
        Expression::Series(_) | Expression::OfSeries(..) => display.reach(),
        Expression::Window(_, buckets) => buckets - 1,
        Expression::Both(_, left, right) | Expression::Power(left, right) => {
            look_back(left, display).max(look_back(right, display))
        }
        Expression::Minus(it) | Expression::Each(_, it) | Expression::Running(it) => {
            look_back(it, display)
        }
        Expression::Average(it, buckets) => look_back(it, display) + buckets - 1,
    }
}

fn series_plan(select: PreparedSelector, reach: Reach, measure: &Measure) -> SeriesPlan {
    let mut plan = SeriesPlan {
        select,
        only: None,
        number: None,
        keep_values: false,
        distinct: None,
        is_grouped: true,
        reach,
        has_frequency: *measure == Measure::Frequency,
    };
    if let Measure::Property(function, property) = measure {
        match function {
            PropertyFn::Distinct => plan.distinct = Some(property.clone()),
            _ => plan.number = Some(numeric(property)),
        }
        plan.keep_values = matches!(
            function,
            PropertyFn::Median | PropertyFn::P90 | PropertyFn::P95 | PropertyFn::P99
        );
    }
    plan
}

/// What formulas ask of a series' property besides its own measure.
fn add_needs(plan: &mut SeriesPlan, spec: &SegmentationSpec, series: usize) {
    let Measure::Property(_, property) = &spec.series[series].measure else {
        return;
    };
    for formula in &spec.formulas {
        formula.expression.each(&mut |part| {
            let Expression::OfSeries(function, name) = part else {
                return;
            };
            if series_named(spec, name) != Some(series) {
                return;
            }
            match function {
                SeriesFn::Uniques | SeriesFn::Totals | SeriesFn::Avg | SeriesFn::Active => {}
                SeriesFn::PropCount => plan.distinct = Some(property.clone()),
                SeriesFn::PropSum | SeriesFn::PropAvg | SeriesFn::PropMin | SeriesFn::PropMax => {
                    plan.number = Some(numeric(property));
                }
                SeriesFn::Percentile(_) => {
                    plan.number = Some(numeric(property));
                    plan.keep_values = true;
                }
            }
        });
    }
}

/// Revenue is a measure of its own, whatever property it stands in.
pub(crate) fn numeric(property: &PropertyRef) -> NumericMeasure {
    let is_revenue =
        property.scope == Scope::Event && property.name == "revenue" && property.path.is_empty();
    if is_revenue {
        NumericMeasure::Revenue
    } else {
        NumericMeasure::Property(property.clone())
    }
}
