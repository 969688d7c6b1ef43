//! Where variables are looked up: the data, what the template assigned, loop variables. It counts as it goes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use gyre_base::Timestamp;
use gyre_base::limits::RENDERED_BYTES_MAX;
use liquid_core::model::{KString, KStringCow, KStringRef, Object, ScalarCow, Value, ValueCow};
use liquid_core::runtime::{PartialStore, Registers};
use liquid_core::{Error, Renderable, Result, Runtime, ValueView};
use serde_json::Value as Json;

use crate::expression::PROFILE;
use crate::template::Template;
use crate::value::{find_in, find_json};

/// Most loop rounds, outputs and look-ups of one rendering: some 50 ms of work on one core.
pub(crate) const STEPS_MAX: usize = 200_000;
/// Most bytes written inside loops or kept in variables by one rendering.
pub(crate) const WORK_BYTES_MAX: usize = 4 * RENDERED_BYTES_MAX;
/// Deepest chain of includes; each takes a few KB of stack.
pub(crate) const INCLUDE_DEPTH_MAX: usize = 16;

/// How this rendering behaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    /// Unknown variables are errors.
    pub(crate) strict: bool,
    /// `custom_attribute` and `event_properties` are Braze's objects.
    pub(crate) braze: bool,
    /// The instant that `now` means.
    pub(crate) now: Option<Timestamp>,
}

/// What a rendering has done so far; tags and filters reach it through the registers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    /// Source offset of the output being rendered.
    pub(crate) offset: usize,
    /// Reason of `abort_message`.
    pub(crate) aborted: Option<String>,
    /// Name of the variable that strict rendering missed.
    pub(crate) unknown: Option<String>,
    /// The bound that was hit; everything fails from then on.
    pub(crate) refusal: Option<String>,
    /// Includes around the present place.
    pub(crate) depth: usize,
    steps: usize,
    bytes: usize,
}

/// Counts one step.
pub(crate) fn step(runtime: &dyn Runtime) -> Result<()> {
    let mut progress = runtime.registers().get_mut::<Progress>();
    progress.steps += 1;
    if progress.steps > STEPS_MAX {
        progress
            .refusal
            .get_or_insert_with(|| format!("takes more than {STEPS_MAX} steps"));
    }
    refused(&progress)
}

/// Counts bytes that are written in a loop or kept in a variable.
pub(crate) fn charge(runtime: &dyn Runtime, bytes: usize) -> Result<()> {
    let mut progress = runtime.registers().get_mut::<Progress>();
    progress.bytes = progress.bytes.saturating_add(bytes);
    if progress.bytes > WORK_BYTES_MAX {
        progress
            .refusal
            .get_or_insert_with(|| format!("works on more than {WORK_BYTES_MAX} bytes"));
    }
    refused(&progress)
}

fn refused(progress: &Progress) -> Result<()> {
    match &progress.refusal {
        Some(reason) => Err(Error::with_msg(reason.clone())),
        None => Ok(()),
    }
}

fn unknown(runtime: &dyn Runtime, path: &[ScalarCow<'_>]) -> Error {
    let name = dotted(path);
    let mut progress = runtime.registers().get_mut::<Progress>();
    progress.unknown = path.last().map(|it| it.to_kstr().into_string());
    let detail = format!("unknown variable `{name}`");
    progress.refusal = Some(detail.clone());
    Error::with_msg(detail)
}

fn dotted(path: &[ScalarCow<'_>]) -> String {
    let parts: Vec<String> = path
        .iter()
        .map(|it| it.to_kstr().into_string())
        .filter(|it| it != PROFILE)
        .collect();
    parts.join(".")
}

/// The templates that may be included.
#[derive(Debug)]
struct Partials<'a>(&'a BTreeMap<String, Template>);

impl PartialStore for Partials<'_> {
    fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    fn try_get(&self, name: &str) -> Option<Arc<dyn Renderable>> {
        let template: Arc<dyn Renderable> = self.0.get(name)?.root();
        Some(template)
    }

    fn get(&self, name: &str) -> Result<Arc<dyn Renderable>> {
        self.try_get(name)
            .ok_or_else(|| Error::with_msg(format!("there is no template `{name}` to include")))
    }
}

/// The outermost scope of a rendering.
pub(crate) struct Root<'a> {
    data: &'a Json,
    settings: Settings,
    partials: Partials<'a>,
    assigned: RefCell<Object>,
    indexes: RefCell<Object>,
    reads: RefCell<Vec<String>>,
    registers: Registers,
}

impl fmt::Debug for Root<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root").finish_non_exhaustive()
    }
}

impl<'a> Root<'a> {
    pub(crate) fn new(
        data: &'a Json,
        settings: Settings,
        partials: &'a BTreeMap<String, Template>,
    ) -> Self {
        let registers = Registers::default();
        *registers.get_mut::<Settings>() = settings;
        Self {
            data,
            settings,
            partials: Partials(partials),
            assigned: RefCell::default(),
            indexes: RefCell::default(),
            reads: RefCell::default(),
            registers,
        }
    }

    /// What was read of the data, in order of first reading.
    pub(crate) fn reads(&self) -> Vec<String> {
        self.reads.borrow().clone()
    }

    pub(crate) fn progress(&self) -> Progress {
        self.registers.get_mut::<Progress>().clone()
    }

    fn find(&self, path: &[ScalarCow<'_>]) -> Option<Value> {
        let first = path.first()?.to_kstr();
        {
            let assigned = self.assigned.borrow();
            if assigned.contains_key(first.as_str()) {
                return find_in(&assigned, path);
            }
        }
        let indexes = self.indexes.borrow();
        if indexes.contains_key(first.as_str()) {
            return find_in(&indexes, path);
        }
        self.note(path);
        if first.as_str() != PROFILE {
            return find_json(self.data, path);
        }
        let inner = &path[1..];
        find_json(self.data, inner).or_else(|| {
            // Braze's names for what the profile calls otherwise
            let alias = match inner.first()?.to_kstr().as_str() {
                "email_address" => "email",
                "phone_number" => "phone",
                _ => return None,
            };
            find_json(self.data, &[ScalarCow::new(alias)])
        })
    }

    /// Notes that the data was read, under the name that property references use.
    fn note(&self, path: &[ScalarCow<'_>]) {
        let first = path.first().map(|it| it.to_kstr().into_string());
        let first = first.as_deref().unwrap_or_default();
        let scope = match first {
            PROFILE => "profile.",
            "custom_attribute" if self.settings.braze => "profile.",
            "event_properties" if self.settings.braze => "event.",
            _ => "",
        };
        let rest = if scope.is_empty() { path } else { &path[1..] };
        let name = format!("{scope}{}", dotted(rest));
        let mut reads = self.reads.borrow_mut();
        if !reads.contains(&name) && reads.len() < 1_000 {
            reads.push(name);
        }
    }
}

impl Runtime for Root<'_> {
    fn partials(&self) -> &dyn PartialStore {
        &self.partials
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        None
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        BTreeSet::new()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        self.find(path).map(ValueCow::Owned)
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        step(self)?;
        match self.find(path) {
            Some(value) => Ok(ValueCow::Owned(value)),
            None if self.settings.strict => Err(unknown(self, path)),
            None => Ok(ValueCow::Owned(Value::Nil)),
        }
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        // the engine cannot be told no here: the charge is remembered and the next step fails
        if charge(self, size_of(&value)).is_err() {
            return None;
        }
        self.assigned.borrow_mut().insert(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.indexes.borrow_mut().insert(name, value)
    }

    fn get_index<'s>(&'s self, name: &str) -> Option<ValueCow<'s>> {
        self.indexes
            .borrow()
            .get(name)
            .cloned()
            .map(ValueCow::Owned)
    }

    fn registers(&self) -> &Registers {
        &self.registers
    }
}

/// What a scope can see beyond its own variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Everything around it, as in a loop or an `include`.
    Open,
    /// Nothing, as in a `render`.
    Closed,
}

/// Whether a scope has a variable of a path's first name, and what the rest of the path finds in it.
enum Own {
    Here(Option<Value>),
    Elsewhere,
}

/// A scope with variables of its own.
pub(crate) struct Frame<'a> {
    parent: &'a dyn Runtime,
    vars: RefCell<Object>,
    sight: Sight,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(parent: &'a dyn Runtime, vars: Object, sight: Sight) -> Self {
        Self {
            parent,
            vars: RefCell::new(vars),
            sight,
        }
    }

    fn own(&self, path: &[ScalarCow<'_>]) -> Own {
        let vars = self.vars.borrow();
        match path.first().map(|it| it.to_kstr()) {
            Some(first) if vars.contains_key(first.as_str()) => Own::Here(find_in(&vars, path)),
            _ => Own::Elsewhere,
        }
    }
}

impl Runtime for Frame<'_> {
    fn partials(&self) -> &dyn PartialStore {
        self.parent.partials()
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        self.parent.name()
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        BTreeSet::new()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        match (self.own(path), self.sight) {
            (Own::Here(found), _) => found.map(ValueCow::Owned),
            (Own::Elsewhere, Sight::Open) => self.parent.try_get(path),
            (Own::Elsewhere, Sight::Closed) => None,
        }
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        let found = match (self.own(path), self.sight) {
            (Own::Here(found), _) => found,
            (Own::Elsewhere, Sight::Open) => return self.parent.get(path),
            (Own::Elsewhere, Sight::Closed) => None,
        };
        step(self)?;
        let strict = self.registers().get_mut::<Settings>().strict;
        match found {
            Some(value) => Ok(ValueCow::Owned(value)),
            None if strict => Err(unknown(self, path)),
            None => Ok(ValueCow::Owned(Value::Nil)),
        }
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        match self.sight {
            Sight::Open => self.parent.set_global(name, value),
            Sight::Closed => {
                if charge(self, size_of(&value)).is_err() {
                    return None;
                }
                self.vars.borrow_mut().insert(name, value)
            }
        }
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.parent.set_index(name, value)
    }

    fn get_index<'s>(&'s self, name: &str) -> Option<ValueCow<'s>> {
        self.parent.get_index(name)
    }

    fn registers(&self) -> &Registers {
        self.parent.registers()
    }
}

/// Bytes that a value holds, about.
fn size_of(value: &dyn ValueView) -> usize {
    if let Some(list) = value.as_array() {
        return 16 + list.values().map(size_of).sum::<usize>();
    }
    if let Some(map) = value.as_object() {
        return 16
            + map
                .iter()
                .map(|(key, it)| key.len() + size_of(it))
                .sum::<usize>();
    }
    value.as_scalar().map_or(8, |it| 8 + it.to_kstr().len())
}
