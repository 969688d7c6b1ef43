//! A query meets a chunk: filters become tests of dictionary codes, groups become numbers.

use std::sync::Arc;

use gyre_base::Timestamp;
use gyre_lake::{ColumnData, LakeError, NULL_CODE, Segment};
use gyre_model::filter::{Filter, Leaf, PropertyRef, Scope, Test};
use gyre_model::value::{Scalar, at_path};
use serde_json::Value;
use smallvec::SmallVec;

use crate::groups::GroupDict;
use crate::prepare::{Part, PersonTable, PersonTables, PreparedSelector};

/// Where a chunk is, and what binding needs besides.
pub(crate) struct BindContext<'a> {
    pub(crate) segment: &'a Segment,
    pub(crate) chunk: usize,
    pub(crate) tables: &'a PersonTables,
    pub(crate) as_of: Timestamp,
}

impl BindContext<'_> {
    pub(crate) fn column(&self, name: &str) -> Result<Option<Arc<ColumnData>>, LakeError> {
        self.segment.column(self.chunk, name)
    }

    /// Typed columns of an event property, in the order in which they are tried.
    fn columns_of(&self, name: &str) -> Result<Vec<(char, Arc<ColumnData>)>, LakeError> {
        let mut found = Vec::new();
        for prefix in ["p", "c"] {
            for letter in ['s', 'n', 'b', 'j'] {
                if let Some(column) = self.column(&format!("{prefix}.{name}:{letter}"))? {
                    found.push((letter, column));
                }
            }
        }
        if let Some(column) = self.column("extra:j")? {
            found.push(('x', column));
        }
        Ok(found)
    }
}

/// Values of one event property in one chunk.
#[derive(Debug)]
pub(crate) struct BoundProperty {
    columns: Vec<ValueColumn>,
}

#[derive(Debug)]
enum ValueColumn {
    Text {
        column: Arc<ColumnData>,
        scalars: Vec<Scalar>,
    },
    Number(Arc<ColumnData>),
    Bool(Arc<ColumnData>),
}

impl BoundProperty {
    pub(crate) fn bind(ctx: &BindContext<'_>, property: &PropertyRef) -> Result<Self, LakeError> {
        let path: Vec<&str> = property.path.iter().map(String::as_str).collect();
        let mut columns = Vec::new();
        let mut found = Vec::new();
        for name in ctx.tables.names_of(&property.name) {
            let own = ctx.columns_of(name)?;
            found.extend(
                own.into_iter()
                    .map(|(letter, column)| (name, letter, column)),
            );
        }
        for (name, letter, column) in found {
            let bound = match (letter, &*column) {
                ('n', _) if path.is_empty() => ValueColumn::Number(column),
                ('b', _) if path.is_empty() => ValueColumn::Bool(column),
                (_, ColumnData::Text { dict, .. }) => {
                    let scalars = dict
                        .iter()
                        .map(|text| scalar_of(letter, text, name, &path))
                        .collect();
                    ValueColumn::Text { column, scalars }
                }
                _ => continue, // a path into a number or a flag leads nowhere
            };
            columns.push(bound);
        }
        Ok(Self { columns })
    }

    /// Value of a row.
    pub(crate) fn value(&self, row: usize) -> Scalar {
        for column in &self.columns {
            match column {
                ValueColumn::Text { column, scalars } => {
                    if let ColumnData::Text { codes, .. } = &**column
                        && codes[row] != NULL_CODE
                    {
                        let value = &scalars[codes[row] as usize];
                        if !value.is_null() {
                            return value.clone();
                        }
                    }
                }
                ValueColumn::Number(column) => {
                    if let ColumnData::Number(values) = &**column
                        && !values[row].is_nan()
                    {
                        return Scalar::Number(values[row]);
                    }
                }
                ValueColumn::Bool(column) => {
                    if let ColumnData::Bool(values) = &**column
                        && values[row] < 2
                    {
                        return Scalar::Bool(values[row] == 1);
                    }
                }
            }
        }
        Scalar::Null
    }

    /// Number of a row, without a detour where the property is a plain number.
    pub(crate) fn number(&self, row: usize) -> Option<f64> {
        if let [ValueColumn::Number(column)] = self.columns.as_slice() {
            return match &**column {
                ColumnData::Number(values) => Some(values[row]).filter(|it| !it.is_nan()),
                _ => None,
            };
        }
        self.value(row).as_number()
    }
}

/// A text of a dictionary as a value: plain, JSON, or a member of the overflow object.
fn scalar_of(letter: char, text: &str, name: &str, path: &[&str]) -> Scalar {
    match letter {
        's' if path.is_empty() => Scalar::Text(text.to_owned()),
        's' => Scalar::Null,
        'j' => serde_json::from_str::<Value>(text).map_or(Scalar::Null, |it| at_path(&it, path)),
        _ => {
            let object: Value = serde_json::from_str(text).unwrap_or_default();
            let found = ["p", "c"].iter().find_map(|prefix| {
                ["s", "n", "b", "j"]
                    .iter()
                    .find_map(|kind| object.get(format!("{prefix}.{name}:{kind}")))
            });
            found.map_or(Scalar::Null, |it| at_path(it, path))
        }
    }
}

/// A filter in one chunk.
#[derive(Debug)]
pub(crate) enum BoundFilter {
    Const(bool),
    All(Vec<BoundFilter>),
    Any(Vec<BoundFilter>),
    Not(Box<BoundFilter>),
    /// One text column: whether each dictionary entry passes, and whether a missing value does.
    Codes {
        column: Arc<ColumnData>,
        passes: Vec<bool>,
        missing: bool,
    },
    /// Any other event property.
    Value {
        property: BoundProperty,
        test: Test,
        as_of: Timestamp,
    },
    /// A property of the person.
    Person {
        table: Arc<PersonTable>,
        test: Test,
        as_of: Timestamp,
    },
}

impl BoundFilter {
    fn bind(ctx: &BindContext<'_>, filter: &Filter) -> Result<Self, LakeError> {
        let list = |items: &[Filter]| -> Result<Vec<Self>, LakeError> {
            items.iter().map(|it| Self::bind(ctx, it)).collect()
        };
        Ok(match filter {
            Filter::All(items) if items.is_empty() => Self::Const(true),
            Filter::All(items) => Self::All(list(items)?),
            Filter::Any(items) => Self::Any(list(items)?),
            Filter::Not(inner) => Self::Not(Box::new(Self::bind(ctx, inner)?)),
            Filter::Leaf(leaf) => Self::bind_leaf(ctx, leaf)?,
        })
    }

    fn bind_leaf(ctx: &BindContext<'_>, leaf: &Leaf) -> Result<Self, LakeError> {
        let (test, as_of) = (leaf.test.clone(), ctx.as_of);
        match leaf.property.scope {
            Scope::Event | Scope::Message => {}
            _ => {
                return Ok(match ctx.tables.get(&leaf.property) {
                    Some(table) => Self::Person {
                        table: Arc::clone(table),
                        test,
                        as_of,
                    },
                    None => Self::Const(test.holds(&Scalar::Null, as_of)),
                });
            }
        }
        let property = BoundProperty::bind(ctx, &leaf.property)?;
        let missing = test.holds(&Scalar::Null, as_of);
        Ok(match property.columns.as_slice() {
            [] => Self::Const(missing),
            [ValueColumn::Text { column, scalars }] => Self::Codes {
                column: Arc::clone(column),
                passes: scalars.iter().map(|it| test.holds(it, as_of)).collect(),
                missing,
            },
            _ => Self::Value {
                property,
                test,
                as_of,
            },
        })
    }

    pub(crate) fn passes(&self, row: usize, person: u32, time: i64) -> bool {
        match self {
            Self::Const(it) => *it,
            Self::All(items) => items.iter().all(|it| it.passes(row, person, time)),
            Self::Any(items) => items.iter().any(|it| it.passes(row, person, time)),
            Self::Not(inner) => !inner.passes(row, person, time),
            Self::Codes {
                column,
                passes,
                missing,
            } => match &**column {
                ColumnData::Text { codes, .. } => {
                    passes.get(codes[row] as usize).copied().unwrap_or(*missing)
                }
                _ => *missing,
            },
            Self::Value {
                property,
                test,
                as_of,
            } => test.holds(&property.value(row), *as_of),
            Self::Person { table, test, as_of } => test.holds(table.value(person, time), *as_of),
        }
    }
}

/// One alternative of a selector in one chunk.
#[derive(Debug)]
struct BoundPart {
    events: crate::prepare::EventSet,
    filters: Vec<BoundFilter>,
}

/// A selector in one chunk.
#[derive(Debug)]
pub(crate) struct BoundSelector {
    parts: Vec<BoundPart>,
}

impl BoundSelector {
    pub(crate) fn bind(
        ctx: &BindContext<'_>,
        selector: &PreparedSelector,
    ) -> Result<Self, LakeError> {
        let bind_part = |part: &Part| -> Result<BoundPart, LakeError> {
            let filters: Result<Vec<_>, _> = part
                .filters
                .iter()
                .map(|it| BoundFilter::bind(ctx, it))
                .collect();
            Ok(BoundPart {
                events: part.events.clone(),
                filters: filters?,
            })
        };
        let parts: Result<Vec<_>, _> = selector.parts.iter().map(bind_part).collect();
        Ok(Self { parts: parts? })
    }

    /// Whether an event of this name is taken at all, and whether without looking at the row.
    pub(crate) fn for_event(&self, event: u32) -> EventTest {
        let mut takes = EventTest::Never;
        for part in self.parts.iter().filter(|it| it.events.contains(event)) {
            if part
                .filters
                .iter()
                .all(|it| matches!(it, BoundFilter::Const(true)))
            {
                return EventTest::Always;
            }
            takes = EventTest::ByRow;
        }
        takes
    }

    pub(crate) fn passes(&self, event: u32, row: usize, person: u32, time: i64) -> bool {
        self.parts.iter().any(|part| {
            part.events.contains(event)
                && part.filters.iter().all(|it| it.passes(row, person, time))
        })
    }
}

/// What a selector says of all rows of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventTest {
    Never,
    Always,
    ByRow,
}

/// One property in one chunk, of the event or of its person.
#[derive(Debug)]
pub(crate) enum BoundValue {
    Event(BoundProperty),
    Person(Arc<PersonTable>),
    Missing,
}

impl BoundValue {
    pub(crate) fn bind(ctx: &BindContext<'_>, it: &PropertyRef) -> Result<Self, LakeError> {
        if matches!(it.scope, Scope::Event | Scope::Message) {
            return Ok(Self::Event(BoundProperty::bind(ctx, it)?));
        }
        let table = ctx.tables.get(it).cloned();
        Ok(table.map_or(Self::Missing, Self::Person))
    }

    pub(crate) fn value(&self, (row, person, time): (usize, u32, i64)) -> Scalar {
        match self {
            Self::Event(property) => property.value(row),
            Self::Person(table) => table.value(person, time).clone(),
            Self::Missing => Scalar::Null,
        }
    }
}

/// Group values in one chunk.
#[derive(Debug)]
pub(crate) struct BoundGroups {
    refs: Vec<BoundGroup>,
}

#[derive(Debug)]
enum BoundGroup {
    /// One text column: value numbers of each dictionary entry (several for a list).
    Codes {
        column: Arc<ColumnData>,
        ids: Vec<SmallVec<[u32; 1]>>,
        missing: u32,
    },
    Value(BoundProperty),
    Person(Arc<PersonTable>),
    Missing(u32),
}

impl BoundGroups {
    pub(crate) fn bind(
        ctx: &BindContext<'_>,
        refs: &[PropertyRef],
        dict: &GroupDict,
    ) -> Result<Self, LakeError> {
        let missing = dict.value(&Scalar::Null);
        let mut bound = Vec::new();
        for it in refs {
            if !matches!(it.scope, Scope::Event | Scope::Message) {
                bound.push(match ctx.tables.get(it) {
                    Some(table) => BoundGroup::Person(Arc::clone(table)),
                    None => BoundGroup::Missing(missing),
                });
                continue;
            }
            let property = BoundProperty::bind(ctx, it)?;
            bound.push(match property.columns.as_slice() {
                [] => BoundGroup::Missing(missing),
                [ValueColumn::Text { column, scalars }] => BoundGroup::Codes {
                    column: Arc::clone(column),
                    ids: scalars.iter().map(|it| value_ids(it, dict)).collect(),
                    missing,
                },
                _ => BoundGroup::Value(property),
            });
        }
        Ok(Self { refs: bound })
    }

    /// Tuple numbers of a row: one, or several where a list counts in each of its elements.
    pub(crate) fn tuples(
        &self,
        (row, person, time): (usize, u32, i64),
        dict: &GroupDict,
    ) -> Result<SmallVec<[u32; 1]>, crate::QueryError> {
        let mut tuples: SmallVec<[SmallVec<[u32; 3]>; 1]> = SmallVec::from_elem(SmallVec::new(), 1);
        for it in &self.refs {
            let ids = match it {
                BoundGroup::Codes {
                    column,
                    ids,
                    missing,
                } => match &**column {
                    ColumnData::Text { codes, .. } => ids
                        .get(codes[row] as usize)
                        .cloned()
                        .unwrap_or_else(|| SmallVec::from_elem(*missing, 1)),
                    _ => SmallVec::from_elem(*missing, 1),
                },
                BoundGroup::Value(property) => value_ids(&property.value(row), dict),
                BoundGroup::Person(table) => value_ids(table.value(person, time), dict),
                BoundGroup::Missing(id) => SmallVec::from_elem(*id, 1),
            };
            let mut next: SmallVec<[SmallVec<[u32; 3]>; 1]> = SmallVec::new();
            for tuple in &tuples {
                for id in &ids {
                    let mut longer = tuple.clone();
                    longer.push(*id);
                    next.push(longer);
                }
            }
            tuples = next;
        }
        tuples.iter().map(|it| dict.tuple(it)).collect()
    }
}

fn value_ids(value: &Scalar, dict: &GroupDict) -> SmallVec<[u32; 1]> {
    match value {
        Scalar::List(items) => {
            let mut ids: SmallVec<[u32; 1]> = items.iter().map(|it| dict.value(it)).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        }
        other => SmallVec::from_elem(dict.value(other), 1),
    }
}

/// The revenue measure: `revenue`, else price times quantity, else the sum over `items`.
///
/// Source: charts.md 1.3 and part 3 ("Segmentation").
#[derive(Debug)]
pub(crate) struct BoundRevenue {
    revenue: BoundProperty,
    price: BoundProperty,
    quantity: BoundProperty,
    /// Lists of items as JSON text: read only for rows that have nothing better.
    items: Vec<Arc<ColumnData>>,
}

impl BoundRevenue {
    pub(crate) fn bind(ctx: &BindContext<'_>) -> Result<Self, LakeError> {
        let event = |name: &str| BoundProperty::bind(ctx, &PropertyRef::new(Scope::Event, name));
        let mut items = Vec::new();
        for name in ["p.items:j", "p.products:j"] {
            items.extend(ctx.column(name)?);
        }
        Ok(Self {
            revenue: event("revenue")?,
            price: event("price")?,
            quantity: event("quantity")?,
            items,
        })
    }

    pub(crate) fn number(&self, row: usize) -> Option<f64> {
        if let Some(revenue) = self.revenue.number(row) {
            return Some(revenue);
        }
        if let Some(price) = self.price.number(row) {
            return Some(price * self.quantity.number(row).unwrap_or(1.0));
        }
        self.items.iter().find_map(|it| {
            let list: Value = serde_json::from_str(it.text(row)?).ok()?;
            Some(list.as_array()?.iter().filter_map(item_revenue).sum())
        })
    }
}

fn item_revenue(item: &Value) -> Option<f64> {
    let number = |key: &str| item.get(key).and_then(Value::as_f64);
    number("revenue").or_else(|| Some(number("price")? * number("quantity").unwrap_or(1.0)))
}

/// Columns every operator reads of a chunk.
#[derive(Debug)]
pub(crate) struct HotColumns {
    pub(crate) nodes: Arc<ColumnData>,
    pub(crate) times: Arc<ColumnData>,
}

impl HotColumns {
    pub(crate) fn bind(ctx: &BindContext<'_>) -> Result<Self, LakeError> {
        let need = |name: &'static str| -> Result<Arc<ColumnData>, LakeError> {
            ctx.column(name)?.ok_or_else(|| LakeError::Damaged {
                path: String::new(),
                detail: format!("column `{name}` is missing"),
            })
        };
        Ok(Self {
            nodes: need("node")?,
            times: need("time")?,
        })
    }
}
