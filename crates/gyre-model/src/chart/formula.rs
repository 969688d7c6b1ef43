//! Formulas over series: `A / B * 100`, `ROLLWIN(A, 7)`, `PROPSUM(A) / UNIQUES(A)`.
//!
//! Grammar: sums of products of signed factors; a factor is a number, a series' name, a function call or a
//! bracket. Names of functions are of any case. Source: charts.md 1.3, 2.1 and part 3 ("Segmentation").

use gyre_base::limits;

use super::segmentation::{Measure, Series};

/// Longest formula.
const TEXT_BYTES_MAX: usize = 1_000;
/// Deepest nesting.
const DEPTH_MAX: usize = 32;

/// A formula and its text, which is its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// As it was written.
    pub text: String,
    /// What it computes.
    pub expression: Expression,
}

/// A part of a formula.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number.
    Number(f64),
    /// What is shown of a series.
    Series(String),
    /// A measure of a series' events, whatever it shows.
    OfSeries(SeriesFn, String),
    /// Distinct people, or the sum of events, over so many buckets.
    Window(String, usize),
    /// Two parts.
    Both(Operator, Box<Expression>, Box<Expression>),
    /// The opposite number.
    Minus(Box<Expression>),
    /// A function of each number.
    Each(NumberFn, Box<Expression>),
    /// The first to the power of the second.
    Power(Box<Expression>, Box<Expression>),
    /// The sum from the first bucket on.
    Running(Box<Expression>),
    /// The mean over so many buckets; those before the first shown count as 0.
    Average(Box<Expression>, usize),
}

/// A measure of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SeriesFn {
    /// Distinct people.
    Uniques,
    /// Events.
    Totals,
    /// Events per person.
    Avg,
    /// Share of active people.
    Active,
    /// Sum of the series' property.
    PropSum,
    /// Mean of it.
    PropAvg,
    /// Least.
    PropMin,
    /// Most.
    PropMax,
    /// Distinct values.
    PropCount,
    /// A percentile, 0 to 1.
    Percentile(f64),
}

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Operator {
    Plus,
    Minus,
    Times,
    Over,
}

/// A function of one number; outside of its domain it is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum NumberFn {
    Ln,
    Log10,
    Exp,
    Sqrt,
}

const SERIES_FNS: &[(&str, SeriesFn)] = &[
    ("UNIQUES", SeriesFn::Uniques),
    ("TOTALS", SeriesFn::Totals),
    ("AVG", SeriesFn::Avg),
    ("ACTIVE", SeriesFn::Active),
    ("PROPSUM", SeriesFn::PropSum),
    ("PROPAVG", SeriesFn::PropAvg),
    ("PROPMIN", SeriesFn::PropMin),
    ("PROPMAX", SeriesFn::PropMax),
    ("PROPCOUNT", SeriesFn::PropCount),
];
const NUMBER_FNS: &[(&str, NumberFn)] = &[
    ("LN", NumberFn::Ln),
    ("LOG10", NumberFn::Log10),
    ("EXP", NumberFn::Exp),
    ("SQRT", NumberFn::Sqrt),
];

impl SeriesFn {
    fn needs_property(self) -> bool {
        !matches!(
            self,
            Self::Uniques | Self::Totals | Self::Avg | Self::Active
        )
    }
}

impl Formula {
    /// Reads a formula; the error says where it stops making sense.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(format!("is longer than {TEXT_BYTES_MAX} bytes"));
        }
        let mut parser = Parser { text, at: 0 };
        let expression = parser.sum(0)?;
        match parser.peek() {
            None => Ok(Self {
                text: text.to_owned(),
                expression,
            }),
            Some(it) => Err(parser.unexpected(it)),
        }
    }

    /// Names of the series it is about, each once, in the order they stand in.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.expression.each(&mut |it| {
            if let Expression::Series(name)
            | Expression::OfSeries(_, name)
            | Expression::Window(name, _) = it
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        });
        names
    }

    /// Whether these series have what it asks of them.
    pub fn check(&self, series: &[Series]) -> Result<(), String> {
        if self.names().is_empty() {
            return Err("names no series".to_owned());
        }
        let find = |name: &str| {
            let found = series.iter().find(|it| it.name == name);
            found.ok_or_else(|| format!("`{name}` is not a series of this chart"))
        };
        let mut wrong = Ok(());
        self.expression.each(&mut |it| {
            let checked = match it {
                Expression::Series(name) => find(name).and_then(|it| match it.measure {
                    Measure::Frequency => Err(format!("`{name}` is a histogram, not a number")),
                    _ => Ok(()),
                }),
                Expression::Window(name, _) => find(name).map(|_| ()),
                Expression::OfSeries(function, name) => {
                    find(name).and_then(|it| match it.measure {
                        Measure::Property(..) => Ok(()),
                        _ if !function.needs_property() => Ok(()),
                        _ => Err(format!("`{name}` does not measure a property")),
                    })
                }
                _ => Ok(()),
            };
            if wrong.is_ok() {
                wrong = checked;
            }
        });
        wrong
    }
}

impl Expression {
    /// Calls `visit` for this part and all within.
    pub fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::Number(_) | Self::Series(_) | Self::OfSeries(..) | Self::Window(..) => {}
            Self::Both(_, left, right) | Self::Power(left, right) => {
                left.each(visit);
                right.each(visit);
            }
            Self::Minus(it) | Self::Each(_, it) | Self::Running(it) | Self::Average(it, _) => {
                it.each(visit);
            }
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed.chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        if is_there {
            self.at += wanted.len_utf8();
        }
        is_there
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.take(wanted) {
            return Ok(());
        }
        match self.peek() {
            Some(found) => Err(self.unexpected(found)),
            None => Err(format!("ends where `{wanted}` is missing")),
        }
    }

    fn unexpected(&self, found: char) -> String {
        let place = self.text[..self.at].chars().count() + 1;
        format!("`{found}` at character {place} is not expected")
    }

    fn sum(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEPTH_MAX {
            return Err("is nested too deeply".to_owned());
        }
        let mut left = self.product(depth)?;
        loop {
            let operator = match self.peek() {
                Some('+') => Operator::Plus,
                Some('-') => Operator::Minus,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.product(depth)?;
            left = Expression::Both(operator, Box::new(left), Box::new(right));
        }
    }

    fn product(&mut self, depth: usize) -> Result<Expression, String> {
        let mut left = self.factor(depth)?;
        loop {
            let operator = match self.peek() {
                Some('*') => Operator::Times,
                Some('/') => Operator::Over,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.factor(depth)?;
            left = Expression::Both(operator, Box::new(left), Box::new(right));
        }
    }

    fn factor(&mut self, depth: usize) -> Result<Expression, String> {
        match self.peek() {
            None => Err("ends where a number or a series is missing".to_owned()),
            Some('-') => {
                self.at += 1;
                if depth >= DEPTH_MAX {
                    return Err("is nested too deeply".to_owned());
                }
                Ok(Expression::Minus(Box::new(self.factor(depth + 1)?)))
            }
            Some('(') => {
                self.at += 1;
                let inner = self.sum(depth + 1)?;
                self.expect(')')?;
                Ok(inner)
            }
            Some(it) if it.is_ascii_digit() || it == '.' => Ok(Expression::Number(self.number()?)),
            Some(it) if is_name(it) => self.named(depth),
            Some(it) => Err(self.unexpected(it)),
        }
    }

    fn number(&mut self) -> Result<f64, String> {
        self.peek();
        let rest = &self.text[self.at..];
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.');
        let digits = &rest[..end.unwrap_or(rest.len())];
        let number = digits.parse::<f64>().ok().filter(|it| it.is_finite());
        self.at += digits.len();
        number.ok_or_else(|| format!("`{digits}` is not a number"))
    }

    fn word(&mut self) -> Result<String, String> {
        match self.peek() {
            Some(it) if is_name(it) => {}
            Some(it) => return Err(self.unexpected(it)),
            None => return Err("ends where a series is missing".to_owned()),
        }
        let rest = &self.text[self.at..];
        let end = rest.find(|it: char| !is_name(it) && !it.is_ascii_digit());
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        Ok(word.to_owned())
    }

    /// A series, or a function and its arguments.
    fn named(&mut self, depth: usize) -> Result<Expression, String> {
        let word = self.word()?;
        if !self.take('(') {
            return Ok(Expression::Series(word));
        }
        let name = word.to_ascii_uppercase();
        let expression = if let Some(it) = find(SERIES_FNS, &name) {
            Expression::OfSeries(it, self.word()?)
        } else if let Some(it) = find(NUMBER_FNS, &name) {
            Expression::Each(it, Box::new(self.sum(depth + 1)?))
        } else {
            match name.as_str() {
                "PERCENTILE" => {
                    let series = self.word()?;
                    self.expect(',')?;
                    let p = self.number()?;
                    let p = if p > 1.0 { p / 100.0 } else { p };
                    if p > 1.0 {
                        return Err("a percentile is from 0 to 1, or to 100".to_owned());
                    }
                    Expression::OfSeries(SeriesFn::Percentile(p), series)
                }
                "ROLLWIN" => {
                    let series = self.word()?;
                    Expression::Window(series, self.buckets()?)
                }
                "ROLLAVG" => {
                    let inner = self.sum(depth + 1)?;
                    Expression::Average(Box::new(inner), self.buckets()?)
                }
                "CUMSUM" => Expression::Running(Box::new(self.sum(depth + 1)?)),
                "POWER" => {
                    let base = self.sum(depth + 1)?;
                    self.expect(',')?;
                    Expression::Power(Box::new(base), Box::new(self.sum(depth + 1)?))
                }
                _ => return Err(format!("`{word}` is not a function")),
            }
        };
        self.expect(')')?;
        Ok(expression)
    }

    /// `, 7`: how many buckets.
    fn buckets(&mut self) -> Result<usize, String> {
        self.expect(',')?;
        let number = self.number()?;
        let is_count =
            number.fract() == 0.0 && number >= 1.0 && number <= limits::ROLLING_BUCKETS_MAX as f64;
        if !is_count {
            let most = limits::ROLLING_BUCKETS_MAX;
            return Err(format!("expected a whole number of buckets, 1 to {most}"));
        }
        Ok(number as usize)
    }
}

fn is_name(it: char) -> bool {
    it.is_alphabetic() || it == '_'
}

fn find<T: Copy>(list: &[(&str, T)], name: &str) -> Option<T> {
    list.iter().find(|it| it.0 == name).map(|it| it.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Brackets around everything, so that the reading shows.
    fn show(it: &Expression) -> String {
        match it {
            Expression::Number(it) => it.to_string(),
            Expression::Series(name) => name.clone(),
            Expression::OfSeries(function, name) => format!("{function:?}({name})"),
            Expression::Window(name, n) => format!("window({name}, {n})"),
            Expression::Both(operator, left, right) => {
                let sign = match operator {
                    Operator::Plus => '+',
                    Operator::Minus => '-',
                    Operator::Times => '*',
                    Operator::Over => '/',
                };
                format!("({} {sign} {})", show(left), show(right))
            }
            Expression::Minus(it) => format!("-{}", show(it)),
            Expression::Each(function, it) => format!("{function:?}({})", show(it)),
            Expression::Power(left, right) => format!("({} ^ {})", show(left), show(right)),
            Expression::Running(it) => format!("running({})", show(it)),
            Expression::Average(it, n) => format!("average({}, {n})", show(it)),
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let read = Formula::parse(text).map(|it| show(&it.expression));
        assert_eq!(read.unwrap_or_else(|it| it), expected, "{text}");
    }

    #[test]
    fn formulas_are_read_as_they_are_meant() {
        check("A/B", "(A / B)");
        check("A - B - C", "((A - B) - C)");
        check("A + B * 2", "(A + (B * 2))");
        check("-(A+B)/-.5", "(-(A + B) / -0.5)");
        check("uniques(A) / Totals( B )", "(Uniques(A) / Totals(B))");
        check("PERCENTILE(A, 90)", "Percentile(0.9)(A)");
        check("ROLLAVG(A/B, 7)", "average((A / B), 7)");
        check("ROLLWIN(A, 7)", "window(A, 7)");
        check("CUMSUM(A)", "running(A)");
        check("POWER(A, SQRT(2))", "(A ^ Sqrt(2))");
        check("매출 / B", "(매출 / B)");
    }

    #[test]
    fn refusals_say_where() {
        check("A +", "ends where a number or a series is missing");
        check("A $ B", "`$` at character 3 is not expected");
        check("(A", "ends where `)` is missing");
        check("NOPE(A)", "`NOPE` is not a function");
        check("1.2.3 * A", "`1.2.3` is not a number");
        check(
            "ROLLWIN(A, 0)",
            "expected a whole number of buckets, 1 to 400",
        );
        check(&"(".repeat(100), "is nested too deeply");
        check(&"-".repeat(100), "is nested too deeply");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[-+*/(),.A-C0-9 a-z가]{0,40}") {
            let _ = Formula::parse(&text);
        }
    }
}
