//! Filters on properties: the tree, its reader, and what each operator means.
//!
//! Source: charts.md 1.1 ("Property reference", "Filter") and part 3 ("Filters").

use gyre_base::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp, limits};

use crate::doc::{Doc, Read};
use crate::value::Scalar;

/// Where a property lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Of the event itself, its context included.
    Event,
    /// Of the person, as it stood when the event happened.
    User,
    /// Of the person, as it stands now.
    Profile,
    /// Of a message event: campaign or journey fields.
    Message,
    /// Of a group of this type.
    Group(String),
    /// Of a joined table of this name.
    Lookup(String),
    /// Whether the person is in the cohort of this id; the name is empty.
    Cohort(String),
}

/// A reference to a property: `event.category`, `event.items/category`, `{"on": "event", "name": "a.b"}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PropertyRef {
    /// Where it lives.
    pub scope: Scope,
    /// Top-level name, verbatim.
    pub name: String,
    /// Path below the name, empty for the property itself.
    pub path: Vec<String>,
}

impl PropertyRef {
    /// A top-level property.
    pub fn new(scope: Scope, name: &str) -> Self {
        Self {
            scope,
            name: name.to_owned(),
            path: Vec::new(),
        }
    }

    /// Reads a reference.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        if doc.value().is_object() {
            doc.only(&["on", "name", "path"])?;
            let on = doc.need("on")?;
            let scope = Self::scope(&on, on.text()?)?;
            let name = doc.need("name")?.text()?.to_owned();
            return Ok(Self::with_path(scope, &name));
        }
        let text = doc.text()?;
        if let Some(id) = text.strip_prefix("cohort:") {
            return Ok(Self::new(Scope::Cohort(id.to_owned()), ""));
        }
        let (on, rest) = text.split_once('.').ok_or_else(|| {
            doc.error("expected a property such as event.category, user.plan or profile.country")
        })?;
        if on == "group" || on == "lookup" {
            let (kind, name) = rest
                .split_once('.')
                .ok_or_else(|| doc.error(format!("expected {on}.<type>.<name>")))?;
            let scope = match on {
                "group" => Scope::Group(kind.to_owned()),
                _ => Scope::Lookup(kind.to_owned()),
            };
            return Ok(Self::with_path(scope, name));
        }
        let scope = Self::scope(doc, on)?;
        if rest.is_empty() {
            return Err(doc.error("the property has no name"));
        }
        Ok(Self::with_path(scope, rest))
    }

    fn with_path(scope: Scope, name: &str) -> Self {
        let mut parts = name.split('/').map(str::to_owned);
        let name = parts.next().unwrap_or_default();
        Self {
            scope,
            name,
            path: parts.collect(),
        }
    }

    fn scope(doc: &Doc<'_>, on: &str) -> Read<Scope> {
        match on {
            "event" => Ok(Scope::Event),
            "user" => Ok(Scope::User),
            "profile" => Ok(Scope::Profile),
            "message" => Ok(Scope::Message),
            _ => Err(doc.error(
                "a property begins with event, user, profile, group, message, lookup or cohort",
            )),
        }
    }

    /// The reference as a person writes it.
    pub fn text(&self) -> String {
        let mut name = self.name.clone();
        for part in &self.path {
            name.push('/');
            name.push_str(part);
        }
        match &self.scope {
            Scope::Event => format!("event.{name}"),
            Scope::User => format!("user.{name}"),
            Scope::Profile => format!("profile.{name}"),
            Scope::Message => format!("message.{name}"),
            Scope::Group(kind) => format!("group.{kind}.{name}"),
            Scope::Lookup(table) => format!("lookup.{table}.{name}"),
            Scope::Cohort(id) => format!("cohort:{id}"),
        }
    }
}

/// Operator of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the contract's own words")]
pub enum FilterOp {
    Is,
    IsNot,
    Contains,
    NotContains,
    StartsWith,
    EndsWith,
    Matches,
    Gt,
    Gte,
    Lt,
    Lte,
    Between,
    Set,
    NotSet,
    Before,
    After,
    InLast,
    InNext,
}

/// Every operator by its public name.
pub const FILTER_OPS: &[(&str, FilterOp)] = &[
    ("is", FilterOp::Is),
    ("is_not", FilterOp::IsNot),
    ("contains", FilterOp::Contains),
    ("not_contains", FilterOp::NotContains),
    ("starts_with", FilterOp::StartsWith),
    ("ends_with", FilterOp::EndsWith),
    ("matches", FilterOp::Matches),
    ("gt", FilterOp::Gt),
    ("gte", FilterOp::Gte),
    ("lt", FilterOp::Lt),
    ("lte", FilterOp::Lte),
    ("between", FilterOp::Between),
    ("set", FilterOp::Set),
    ("not_set", FilterOp::NotSet),
    ("before", FilterOp::Before),
    ("after", FilterOp::After),
    ("in_last", FilterOp::InLast),
    ("in_next", FilterOp::InNext),
];

/// A test of one property's value, without the property.
#[derive(Clone, Debug)]
pub struct Test {
    op: FilterOp,
    values: Vec<Scalar>,
    numbers: Vec<f64>,
    instants: Vec<Timestamp>,
    elapsed_ms: i64,
    patterns: Vec<regex::Regex>,
}

/// A property and its test.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// What is tested.
    pub property: PropertyRef,
    /// How.
    pub test: Test,
}

/// A boolean tree of leaves.
#[derive(Clone, Debug)]
pub enum Filter {
    /// Every one holds; an empty list holds.
    All(Vec<Filter>),
    /// At least one holds; an empty list does not.
    Any(Vec<Filter>),
    /// It does not hold. A leaf on a missing property is false, so its `not` is true.
    Not(Box<Filter>),
    /// One property.
    Leaf(Box<Leaf>),
}

impl Filter {
    /// The filter that lets everything pass.
    pub fn pass() -> Self {
        Self::All(Vec::new())
    }

    /// Whether this is [`Filter::pass`].
    pub fn is_pass(&self) -> bool {
        matches!(self, Self::All(items) if items.is_empty())
    }

    /// Reads a filter.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        let mut leaves = 0;
        Self::read_at(doc, 0, &mut leaves)
    }

    /// Reads the optional field `key` of `doc` as a filter; absent means pass.
    pub fn read_field(doc: &Doc<'_>, key: &str) -> Read<Self> {
        doc.get(key).map_or(Ok(Self::pass()), |it| Self::read(&it))
    }

    fn read_at(doc: &Doc<'_>, depth: usize, leaves: &mut usize) -> Read<Self> {
        if depth > limits::DEFINITION_DEPTH_MAX {
            return Err(doc.error("is nested too deeply"));
        }
        let read_list = |list: &Doc<'_>, leaves: &mut usize| -> Read<Vec<Self>> {
            let items = list.items(limits::DEFINITION_LEAVES_MAX)?;
            items
                .iter()
                .map(|it| Self::read_at(it, depth + 1, leaves))
                .collect()
        };
        doc.object()?;
        if let Some(list) = doc.get("all") {
            doc.only(&["all"])?;
            return Ok(Self::All(read_list(&list, leaves)?));
        }
        if let Some(list) = doc.get("any") {
            doc.only(&["any"])?;
            return Ok(Self::Any(read_list(&list, leaves)?));
        }
        if let Some(inner) = doc.get("not") {
            doc.only(&["not"])?;
            return Ok(Self::Not(Box::new(Self::read_at(
                &inner,
                depth + 1,
                leaves,
            )?)));
        }
        *leaves += 1;
        if *leaves > limits::DEFINITION_LEAVES_MAX {
            return Err(doc.error("has too many conditions"));
        }
        doc.only(&["property", "op", "values"])?;
        let property = PropertyRef::read(&doc.need("property")?)?;
        let test = Test::read(doc)?;
        Ok(Self::Leaf(Box::new(Leaf { property, test })))
    }

    /// Evaluates the tree; `value` gives a property's value and `as_of` the instant of evaluation.
    pub fn holds(&self, as_of: Timestamp, value: &mut dyn FnMut(&PropertyRef) -> Scalar) -> bool {
        match self {
            Self::All(items) => items.iter().all(|it| it.holds(as_of, value)),
            Self::Any(items) => items.iter().any(|it| it.holds(as_of, value)),
            Self::Not(inner) => !inner.holds(as_of, value),
            Self::Leaf(leaf) => leaf.test.holds(&value(&leaf.property), as_of),
        }
    }

    /// Calls `visit` for every leaf.
    pub fn each_leaf<'a>(&'a self, visit: &mut dyn FnMut(&'a Leaf)) {
        match self {
            Self::All(items) | Self::Any(items) => items.iter().for_each(|it| it.each_leaf(visit)),
            Self::Not(inner) => inner.each_leaf(visit),
            Self::Leaf(leaf) => visit(leaf),
        }
    }
}

impl Test {
    /// Reads `op` and `values` of a leaf.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        let op = doc.need("op")?.one_of(FILTER_OPS)?;
        let mut test = Self {
            op,
            values: Vec::new(),
            numbers: Vec::new(),
            instants: Vec::new(),
            elapsed_ms: 0,
            patterns: Vec::new(),
        };
        if matches!(op, FilterOp::Set | FilterOp::NotSet) {
            return Ok(test);
        }
        let list = doc.need("values")?;
        let items = list.items(limits::ROWS_LIMIT_MAX)?;
        if items.is_empty() {
            return Err(list.error("needs at least one value"));
        }
        test.values = items
            .iter()
            .map(|it| Scalar::from_json(it.value()))
            .collect();
        match op {
            FilterOp::Gt | FilterOp::Gte | FilterOp::Lt | FilterOp::Lte => {
                one(&list, &items)?;
                test.numbers.push(items[0].number()?);
            }
            FilterOp::Between => {
                if items.len() != 2 {
                    return Err(list.error("needs two numbers, the lowest and the highest"));
                }
                test.numbers = vec![items[0].number()?, items[1].number()?];
            }
            FilterOp::Before | FilterOp::After => {
                one(&list, &items)?;
                let instant = instant(&test.values[0]);
                test.instants
                    .push(instant.ok_or_else(|| items[0].error("expected a date"))?);
            }
            FilterOp::InLast | FilterOp::InNext => {
                if items.len() != 2 {
                    return Err(list.error("needs a number and a unit, such as [7, \"day\"]"));
                }
                let unit = items[1].one_of(&[
                    ("second", SECOND_MS),
                    ("minute", MINUTE_MS),
                    ("hour", HOUR_MS),
                    ("day", DAY_MS),
                    ("week", 7 * DAY_MS),
                    ("month", 30 * DAY_MS),
                ])?;
                test.elapsed_ms = (items[0].number()? * unit as f64) as i64;
            }
            FilterOp::Matches => {
                for item in &items {
                    let pattern = regex::RegexBuilder::new(item.text()?)
                        .size_limit(1 << 20)
                        .build();
                    test.patterns
                        .push(pattern.map_err(|_| item.error("is not a valid pattern"))?);
                }
            }
            FilterOp::Contains
            | FilterOp::NotContains
            | FilterOp::StartsWith
            | FilterOp::EndsWith
            | FilterOp::Is
            | FilterOp::IsNot
            | FilterOp::Set
            | FilterOp::NotSet => {}
        }
        Ok(test)
    }

    /// A test that the value is one of `values`.
    pub fn is(values: Vec<Scalar>) -> Self {
        Self {
            op: FilterOp::Is,
            values,
            numbers: Vec::new(),
            instants: Vec::new(),
            elapsed_ms: 0,
            patterns: Vec::new(),
        }
    }

    /// Whether the value passes. A missing value passes nothing but `not_set`.
    pub fn holds(&self, value: &Scalar, as_of: Timestamp) -> bool {
        match (self.op, value) {
            (FilterOp::Set, it) => !it.is_null(),
            (FilterOp::NotSet, it) => it.is_null(),
            (_, Scalar::Null) => false,
            // a negation on a list holds when no element matches
            (FilterOp::IsNot | FilterOp::NotContains, Scalar::List(items)) => {
                items.iter().all(|it| self.one_holds(it, as_of))
            }
            (_, Scalar::List(items)) => items.iter().any(|it| self.one_holds(it, as_of)),
            (_, it) => self.one_holds(it, as_of),
        }
    }

    fn one_holds(&self, value: &Scalar, as_of: Timestamp) -> bool {
        let texts = |test: fn(&str, &str) -> bool| {
            value.as_text().is_some_and(|it| {
                self.values
                    .iter()
                    .filter_map(Scalar::as_text)
                    .any(|v| test(it, v))
            })
        };
        let number = |test: fn(f64, &[f64]) -> bool| match value {
            Scalar::Number(it) => test(*it, &self.numbers),
            _ => false,
        };
        match self.op {
            FilterOp::Is => self.values.contains(value),
            FilterOp::IsNot => !self.values.contains(value),
            FilterOp::Contains => texts(|it, v| it.contains(v)),
            FilterOp::NotContains => !texts(|it, v| it.contains(v)),
            FilterOp::StartsWith => texts(|it, v| it.starts_with(v)),
            FilterOp::EndsWith => texts(|it, v| it.ends_with(v)),
            FilterOp::Matches => value
                .as_text()
                .is_some_and(|it| self.patterns.iter().any(|p| p.is_match(it))),
            FilterOp::Gt => number(|it, n| it > n[0]),
            FilterOp::Gte => number(|it, n| it >= n[0]),
            FilterOp::Lt => number(|it, n| it < n[0]),
            FilterOp::Lte => number(|it, n| it <= n[0]),
            FilterOp::Between => number(|it, n| it >= n[0] && it <= n[1]),
            FilterOp::Before => instant(value).is_some_and(|it| it < self.instants[0]),
            FilterOp::After => instant(value).is_some_and(|it| it > self.instants[0]),
            FilterOp::InLast => instant(value)
                .is_some_and(|it| it <= as_of && it >= as_of.plus_ms(-self.elapsed_ms)),
            FilterOp::InNext => {
                instant(value).is_some_and(|it| it >= as_of && it <= as_of.plus_ms(self.elapsed_ms))
            }
            FilterOp::Set => true,
            FilterOp::NotSet => false,
        }
    }
}

fn one(list: &Doc<'_>, items: &[Doc<'_>]) -> Read<()> {
    if items.len() == 1 {
        Ok(())
    } else {
        Err(list.error("needs exactly one value"))
    }
}

/// Dates in filters are instants: text without an offset is UTC, numbers are epoch milliseconds.
fn instant(value: &Scalar) -> Option<Timestamp> {
    match value {
        Scalar::Text(text) => Timestamp::parse(text),
        Scalar::Number(ms) => Some(Timestamp(*ms as i64)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[expect(
        clippy::needless_pass_by_value,
        reason = "examples read best as values"
    )]
    #[track_caller]
    fn check(op: &str, values: Value, value: Value, expected: bool) {
        let leaf = json!({"property": "event.x", "op": op, "values": values});
        let filter = Filter::read(&Doc::root(&leaf)).unwrap();
        let got = filter.holds(Timestamp(0), &mut |_| Scalar::from_json(&value));
        assert_eq!(got, expected, "{op} {leaf} on {value}");
    }

    #[test]
    fn operators_follow_their_definitions() {
        check("is", json!(["a", "b"]), json!("b"), true);
        check("is", json!(["1"]), json!(1), false);
        check("is", json!([1]), json!(1.0), true);
        check("is_not", json!(["a"]), json!(null), false);
        check("is_not", json!(["a"]), json!(3), true);
        check("is_not", json!(["a"]), json!(["a", "b"]), false);
        check("is_not", json!(["a"]), json!(["c"]), true);
        check("contains", json!(["x", "ell"]), json!("hello"), true);
        check(
            "not_contains",
            json!(["ell"]),
            json!(["hello", "you"]),
            false,
        );
        check("not_contains", json!(["ell"]), json!(5), true);
        check("starts_with", json!(["he"]), json!("hello"), true);
        check("ends_with", json!(["lo"]), json!("hello"), true);
        check("matches", json!(["l+o$"]), json!("hello"), true);
        check("gte", json!([3]), json!(3), true);
        check("gt", json!([3]), json!("4"), false);
        check("between", json!([1, 3]), json!(3), true);
        check(
            "before",
            json!(["2026-01-02"]),
            json!("2026-01-01T23:00:00Z"),
            true,
        );
        check("after", json!(["2026-01-01"]), json!("2026-01-01"), false);
        check("in_last", json!([1, "day"]), json!(-1_000), true);
        check("in_last", json!([1, "day"]), json!(1_000), false);
    }

    #[test]
    fn a_missing_value_passes_only_not_set() {
        for (op, _) in FILTER_OPS {
            let values = match *op {
                "between" => json!([1, 2]),
                "in_last" | "in_next" => json!([1, "day"]),
                "before" | "after" => json!(["2026-01-01"]),
                "gt" | "gte" | "lt" | "lte" => json!([1]),
                _ => json!(["a"]),
            };
            check(op, values, json!(null), *op == "not_set");
        }
    }

    #[test]
    fn refusals_name_the_field() {
        let bad = json!({"all": [{"property": "event.x", "op": "gt", "values": ["1"]}]});
        let error = Filter::read(&Doc::at(&bad, "/where")).unwrap_err();
        assert_eq!(error.pointer, "/where/all/0/values/0");
        let bad = json!({"property": "x", "op": "set"});
        assert_eq!(
            Filter::read(&Doc::root(&bad)).unwrap_err().pointer,
            "/property"
        );
        let mut deep = json!({"all": []});
        for _ in 0..40 {
            deep = json!({"not": deep});
        }
        assert!(
            Filter::read(&Doc::root(&deep))
                .unwrap_err()
                .detail
                .contains("deep")
        );
    }

    #[test]
    fn references_are_read_in_every_spelling() {
        let read = |value: Value| PropertyRef::read(&Doc::root(&value)).unwrap();
        assert_eq!(read(json!("event.items/category")).path, ["category"]);
        assert_eq!(read(json!({"on": "event", "name": "a.b"})).name, "a.b");
        assert_eq!(read(json!("event.a.b")).name, "a.b");
        assert_eq!(
            read(json!("group.org.size")).scope,
            Scope::Group("org".into())
        );
        assert_eq!(read(json!("cohort:c1")).text(), "cohort:c1");
    }
}
