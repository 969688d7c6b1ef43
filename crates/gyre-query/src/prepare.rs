//! A query before it meets a chunk: event numbers, and tables of what it asks of people.

use std::sync::Arc;

use gyre_base::Timestamp;
use gyre_identity::values_over_time;
use gyre_model::FieldError;
use gyre_model::filter::{Filter, PropertyRef, Scope};
use gyre_model::selector::{Selector, Target, is_active_event};
use gyre_model::value::{Scalar, at_path};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::{Merges, QueryError, Snapshot};

/// One alternative of a selector: an event and everything it must pass.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) events: EventSet,
    pub(crate) filters: Vec<Filter>,
}

/// Which event numbers an alternative takes.
#[derive(Clone, Debug)]
pub(crate) enum EventSet {
    One(Option<u32>),
    /// Indexed by event number.
    Flagged(Arc<Vec<bool>>),
}

impl EventSet {
    pub(crate) fn contains(&self, event: u32) -> bool {
        match self {
            Self::One(id) => *id == Some(event),
            Self::Flagged(flags) => flags.get(event as usize).copied().unwrap_or(false),
        }
    }
}

/// A selector with its events looked up; alternatives of unions are flat.
#[derive(Clone, Debug)]
pub struct PreparedSelector {
    pub(crate) parts: Vec<Part>,
}

impl PreparedSelector {
    /// Looks up the events of `selector`; `filter` applies to every alternative.
    pub fn new(snapshot: &Snapshot, selector: &Selector, filter: &Filter) -> Self {
        let mut parts = Vec::new();
        let filters = if filter.is_pass() {
            Vec::new()
        } else {
            vec![filter.clone()]
        };
        flatten(snapshot, selector, &filters, &mut parts);
        Self { parts }
    }

    /// Whether any alternative takes this event.
    pub fn takes(&self, event: u32) -> bool {
        self.parts.iter().any(|it| it.events.contains(event))
    }

    /// Every filter.
    pub fn filters(&self) -> impl Iterator<Item = &Filter> {
        self.parts.iter().flat_map(|it| &it.filters)
    }
}

fn flatten(snapshot: &Snapshot, selector: &Selector, above: &[Filter], out: &mut Vec<Part>) {
    let mut filters = above.to_vec();
    if !selector.filter.is_pass() {
        filters.push(selector.filter.clone());
    }
    let events = match &selector.target {
        Target::Event(name) => event_set(snapshot, name),
        Target::AnyEvent => {
            let flags = snapshot
                .event_names()
                .map(|(_, name)| is_active_event(name))
                .collect();
            EventSet::Flagged(Arc::new(flags))
        }
        Target::AnyOf(parts) => {
            for part in parts {
                flatten(snapshot, part, &filters, out);
            }
            return;
        }
    };
    out.push(Part { events, filters });
}

/// The event of a name, with those that are counted as it.
fn event_set(snapshot: &Snapshot, name: &str) -> EventSet {
    let merged = snapshot.merges.events_of(name);
    if merged.is_empty() {
        return EventSet::One(snapshot.lake.names.id(name));
    }
    let flags = snapshot
        .event_names()
        .map(|(_, it)| it == name || merged.iter().any(|merged| merged == it))
        .collect();
    EventSet::Flagged(Arc::new(flags))
}

/// What a query reads of people rather than of events.
#[derive(Clone, Debug)]
pub(crate) enum PersonTable {
    /// As it stands now.
    Now(FxHashMap<u32, Scalar>),
    /// As it stood: (from this instant on, value), ascending.
    Over(FxHashMap<u32, Vec<(i64, Scalar)>>),
    /// In or out.
    Member(Arc<RoaringBitmap>),
}

static NULL: Scalar = Scalar::Null;
static IN: Scalar = Scalar::Bool(true);
static OUT: Scalar = Scalar::Bool(false);

impl PersonTable {
    /// The person's value, for an event at `time`.
    pub(crate) fn value(&self, person: u32, time: i64) -> &Scalar {
        match self {
            Self::Now(values) => values.get(&person).unwrap_or(&NULL),
            Self::Over(values) => values
                .get(&person)
                .and_then(|changes| {
                    let after = changes.partition_point(|(from, _)| *from <= time);
                    after.checked_sub(1).map(|it| &changes[it].1)
                })
                .unwrap_or(&NULL),
            Self::Member(people) => {
                if people.contains(person) {
                    &IN
                } else {
                    &OUT
                }
            }
        }
    }
}

/// Tables of everything a query's filters and groups ask of people.
#[derive(Clone, Debug, Default)]
pub struct PersonTables {
    tables: FxHashMap<PropertyRef, Arc<PersonTable>>,
    merges: Arc<Merges>,
}

impl PersonTables {
    /// Builds the tables of `refs`; `cohort` gives the members of a saved cohort.
    pub fn build<'a>(
        snapshot: &Snapshot,
        refs: impl IntoIterator<Item = &'a PropertyRef>,
        cohort: &dyn Fn(&str) -> Option<Arc<RoaringBitmap>>,
    ) -> Result<Self, QueryError> {
        let mut out = Self {
            tables: FxHashMap::default(),
            merges: Arc::clone(&snapshot.merges),
        };
        for it in refs {
            if out.tables.contains_key(it) {
                continue;
            }
            let table = match &it.scope {
                Scope::Event | Scope::Message => continue,
                Scope::Profile => PersonTable::Now(profile_table(snapshot, it)),
                Scope::User => PersonTable::Over(user_table(snapshot, it)),
                Scope::Cohort(id) => {
                    let members = cohort(id).ok_or_else(|| {
                        FieldError::new("", format!("cohort `{id}` does not exist"))
                    })?;
                    PersonTable::Member(members)
                }
                Scope::Group(_) | Scope::Lookup(_) => {
                    let detail = format!("`{}` has no table in this workspace", it.text());
                    return Err(FieldError::new("", detail).into());
                }
            };
            out.tables.insert(it.clone(), Arc::new(table));
        }
        Ok(out)
    }

    /// References of `filters` that need a table.
    pub fn refs_of<'a>(filters: impl IntoIterator<Item = &'a Filter>) -> Vec<&'a PropertyRef> {
        let mut refs = Vec::new();
        for filter in filters {
            filter.each_leaf(&mut |leaf| refs.push(&leaf.property));
        }
        refs
    }

    /// Names of event properties that are read as `name`, itself first.
    pub(crate) fn names_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let merged = self.merges.properties_of(name).iter();
        std::iter::once(name).chain(merged.map(String::as_str))
    }

    pub(crate) fn get(&self, property: &PropertyRef) -> Option<&Arc<PersonTable>> {
        self.tables.get(property)
    }
}

fn profile_table(snapshot: &Snapshot, property: &PropertyRef) -> FxHashMap<u32, Scalar> {
    let path: Vec<&str> = property.path.iter().map(String::as_str).collect();
    let people = snapshot.people.read();
    let mut table = FxHashMap::default();
    for person in people.people_with_properties(&snapshot.map) {
        let properties = people.properties(&snapshot.map, person);
        if let Some(value) = properties.get(&property.name) {
            let value = at_path(value, &path);
            if !value.is_null() {
                table.insert(person, value);
            }
        }
    }
    table
}

fn user_table(snapshot: &Snapshot, property: &PropertyRef) -> FxHashMap<u32, Vec<(i64, Scalar)>> {
    let path: Vec<&str> = property.path.iter().map(String::as_str).collect();
    let people = snapshot.people.read();
    let mut table = FxHashMap::default();
    for person in people.people_with_properties(&snapshot.map) {
        let (device_ops, user_ops) = people.ops_of(&snapshot.map, person);
        let mut changes = values_over_time(&device_ops, &user_ops, &property.name);
        if !path.is_empty() {
            for (_, value) in &mut changes {
                let json: Value = value.to_json();
                *value = at_path(&json, &path);
            }
        }
        if !changes.is_empty() {
            table.insert(person, changes);
        }
    }
    table
}

/// Groups of people compared in one query: at most 20, one bit each.
#[derive(Clone, Debug)]
pub struct Segments {
    members: Vec<Option<Arc<RoaringBitmap>>>,
}

impl Segments {
    /// One segment: everyone.
    pub fn everyone() -> Self {
        Self {
            members: vec![None],
        }
    }

    /// The given people, in order; an empty list is everyone.
    pub fn of(members: Vec<Arc<RoaringBitmap>>) -> Self {
        if members.is_empty() {
            return Self::everyone();
        }
        Self {
            members: members.into_iter().map(Some).collect(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Never: there is always at least one.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// One bit for each segment the person is in.
    pub fn mask(&self, person: u32) -> u32 {
        let mut mask = 0;
        for (i, members) in self.members.iter().enumerate() {
            if members.as_ref().is_none_or(|it| it.contains(person)) {
                mask |= 1 << i;
            }
        }
        mask
    }

    /// Whether everyone is in the only segment.
    pub fn is_everyone(&self) -> bool {
        matches!(self.members.as_slice(), [None])
    }
}

/// The instant after which nothing counts, as a half-open end.
pub(crate) fn cut_end(end: Timestamp, as_of: Timestamp) -> i64 {
    end.ms().min(as_of.ms().saturating_add(1))
}

impl PersonTables {
    /// The person's value of a property, for an event at `time`; null if there is no table of it.
    pub fn value(&self, property: &PropertyRef, person: u32, time: i64) -> Scalar {
        self.tables
            .get(property)
            .map_or(Scalar::Null, |it| it.value(person, time).clone())
    }
}
