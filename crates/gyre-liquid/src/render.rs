//! Runs a program: writes texts, evaluates values, chooses branches. Everything it does is counted.

use std::collections::HashSet;
use std::rc::Rc;

use gyre_base::limits::RENDERED_BYTES_MAX;
use serde_json::Value as Json;

use crate::ast::{
    Case, Chain, Condition, Cycle, CycleKey, Expr, Join, Key, Kind, Node, Path, Piece, Root, Test,
};
use crate::filters::{Args, Context};
use crate::needs::Need;
use crate::number::leading_whole;
use crate::scope::{Scopes, Unit};
use crate::template::RenderOptions;
use crate::value::{Value, compare, equal, text};

/// Most loop rounds, nodes, look-ups and filters of one rendering: some 50 ms of work on one core.
pub(crate) const STEPS_MAX: usize = 200_000;
/// Most bytes written or kept in variables by one rendering.
pub(crate) const WORK_BYTES_MAX: usize = 16 * RENDERED_BYTES_MAX;
/// Deepest nesting of blocks and includes together; each takes some KB of stack.
pub(crate) const NESTING_MAX: usize = 150;
/// A filter takes another step for every so many bytes that it reads or writes.
const BYTES_PER_STEP: usize = 1024;
/// Most names of reads that are noted.
const READS_MAX: usize = 1_000;

/// Why a rendering ended early.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// A mistake at an offset of the running program's source.
    Fault { at: u32, detail: String },
    /// `abort_message`.
    Abort(String),
}

pub(crate) type Run<T> = Result<T, Box<Stop>>;

/// A mistake at `at`.
pub(crate) fn fault<T>(at: u32, detail: impl Into<String>) -> Run<T> {
    Err(Box::new(Stop::Fault {
        at,
        detail: detail.into(),
    }))
}

/// How the nodes of a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
}

pub(crate) struct Renderer<'a> {
    pub(crate) data: &'a Json,
    pub(crate) options: &'a RenderOptions,
    pub(crate) scopes: Scopes<'a>,
    pub(crate) out: String,
    pub(crate) reads: Vec<String>,
    noted: Vec<Vec<bool>>,
    seen: HashSet<String>,
    pub(crate) extras: Vec<(String, String)>,
    /// Collects what is missing instead of failing.
    pub(crate) gathered: Option<Vec<Need>>,
    /// Inside a catalog's cell, where catalogs may not be asked again.
    pub(crate) is_in_cell: bool,
    pub(crate) steps: usize,
    pub(crate) bytes: usize,
    pub(crate) depth: usize,
}

impl<'a> Renderer<'a> {
    pub(crate) fn new(data: &'a Json, options: &'a RenderOptions, scopes: Scopes<'a>) -> Self {
        Self {
            data,
            options,
            scopes,
            out: String::new(),
            reads: Vec::new(),
            noted: Vec::new(),
            seen: HashSet::new(),
            extras: Vec::new(),
            gathered: None,
            is_in_cell: false,
            steps: 0,
            bytes: 0,
            depth: 0,
        }
    }

    /// Counts `count` steps.
    pub(crate) fn step(&mut self, at: u32, count: usize) -> Run<()> {
        self.steps = self.steps.saturating_add(count);
        if self.steps > STEPS_MAX {
            return fault(at, format!("takes more than {STEPS_MAX} steps"));
        }
        Ok(())
    }

    /// Counts bytes that are written or kept.
    pub(crate) fn charge(&mut self, at: u32, bytes: usize) -> Run<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > WORK_BYTES_MAX {
            return fault(at, format!("works on more than {WORK_BYTES_MAX} bytes"));
        }
        Ok(())
    }

    fn written(&mut self, at: u32, from: usize) -> Run<()> {
        self.charge(at, self.out.len() - from)?;
        if self.out.len() > RENDERED_BYTES_MAX {
            return fault(
                at,
                format!("output is longer than {RENDERED_BYTES_MAX} bytes"),
            );
        }
        Ok(())
    }

    pub(crate) fn write(&mut self, at: u32, value: &Value<'a>) -> Run<()> {
        let from = self.out.len();
        value.write(&mut self.out);
        self.written(at, from)
    }

    /// Writes a text that is not a value.
    pub(crate) fn write_str(&mut self, at: u32, text: &str) -> Run<()> {
        let from = self.out.len();
        self.out.push_str(text);
        self.written(at, from)
    }

    /// Runs the nodes of a body, until one breaks off.
    pub(crate) fn body(&mut self, unit: &Unit<'a>, nodes: &'a [Node]) -> Run<Flow> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            let at = nodes.first().map_or(0, |it| it.at);
            let detail = "nesting too deep";
            return fault(at, detail);
        }
        let mut flow = Flow::Next;
        for node in nodes {
            self.step(node.at, 1)?;
            flow = self.node(unit, node)?;
            if flow != Flow::Next {
                break;
            }
        }
        self.depth -= 1;
        Ok(flow)
    }

    fn node(&mut self, unit: &Unit<'a>, node: &'a Node) -> Run<Flow> {
        let at = node.at;
        match &node.kind {
            Kind::Text(span) => self.write_str(at, unit.program.text(*span))?,
            Kind::Output(chain) => {
                let value = self.chain(unit, at, chain)?;
                self.write(at, &value)?;
            }
            Kind::Assign(slot, chain) => {
                let value = self.chain(unit, at, chain)?;
                if !chain.calls.is_empty() {
                    self.charge(at, kept_bytes(&value))?;
                }
                self.scopes.slot(unit.symbol(*slot)).assigned = Some(value);
            }
            Kind::Capture(slot, nodes) => return self.capture(unit, *slot, nodes),
            Kind::If(branches) => {
                for branch in branches {
                    let is_met = match &branch.condition {
                        Some(it) => self.condition(unit, at, it)? != branch.is_negated,
                        None => true,
                    };
                    if is_met {
                        return self.body(unit, &branch.body);
                    }
                }
            }
            Kind::Case(case) => return self.case(unit, at, case),
            Kind::For(it) => return self.for_loop(unit, at, it),
            Kind::TableRow(it) => return self.table_row(unit, at, it),
            Kind::Cycle(it) => self.cycle(unit, at, it)?,
            Kind::IfChanged(nodes) => return self.if_changed(unit, at, nodes),
            Kind::Step(slot, by) => self.count(unit, at, *slot, *by)?,
            Kind::Break => return Ok(Flow::Break),
            Kind::Continue => return Ok(Flow::Continue),
            Kind::Partial(it) => return self.partial(unit, at, it),
            Kind::Abort(span) => {
                let reason = unit.program.text(*span);
                let reason = if reason.is_empty() {
                    "abort_message was called"
                } else {
                    reason
                };
                return Err(Box::new(Stop::Abort(reason.to_owned())));
            }
            Kind::Promotion(span) => self.promotion(at, unit.program.text(*span))?,
            Kind::Extra(it) => {
                let key = self.pieces(unit, at, &it.key)?;
                let value = self.pieces(unit, at, &it.value)?;
                self.charge(at, key.len() + value.len())?;
                self.extras.push((key, value));
            }
            Kind::Catalog(it) => self.catalog(unit, at, it)?,
            Kind::Connected(it) => self.connected(unit, at, it)?,
        }
        Ok(Flow::Next)
    }

    fn capture(&mut self, unit: &Unit<'a>, slot: u32, nodes: &'a [Node]) -> Run<Flow> {
        let outer = std::mem::take(&mut self.out);
        let flow = self.body(unit, nodes);
        let captured = std::mem::replace(&mut self.out, outer);
        let flow = flow?;
        self.scopes.slot(unit.symbol(slot)).assigned = Some(text(captured));
        Ok(flow)
    }

    fn if_changed(&mut self, unit: &Unit<'a>, at: u32, nodes: &'a [Node]) -> Run<Flow> {
        let outer = std::mem::take(&mut self.out);
        let flow = self.body(unit, nodes);
        let captured = std::mem::replace(&mut self.out, outer);
        let flow = flow?;
        if self.scopes.frame().changed.as_ref() != Some(&captured) {
            self.write_str(at, &captured)?;
            self.scopes.frame().changed = Some(captured);
        }
        Ok(flow)
    }

    /// Every `when` that matches is run; `else` is run where nothing matched before it.
    fn case(&mut self, unit: &Unit<'a>, at: u32, case: &'a Case) -> Run<Flow> {
        let subject = self.value(unit, at, &case.subject)?;
        let mut is_matched = false;
        for arm in &case.arms {
            let Some(values) = &arm.values else {
                if !is_matched {
                    let flow = self.body(unit, &arm.body)?;
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
                continue;
            };
            for value in values {
                let value = self.value(unit, at, value)?;
                self.step(at, 1 + (weight(&subject) + weight(&value)) / BYTES_PER_STEP)?;
                if equal(&subject, &value) {
                    is_matched = true;
                    let flow = self.body(unit, &arm.body)?;
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
            }
        }
        Ok(Flow::Next)
    }

    fn cycle(&mut self, unit: &Unit<'a>, at: u32, cycle: &'a Cycle) -> Run<()> {
        let key = match &cycle.key {
            CycleKey::Named(name) => {
                let name = self.value(unit, at, name)?;
                format!("n{}", name.text())
            }
            CycleKey::Written(written) if written.starts_with('#') => {
                format!("{}{written}", unit.idx)
            }
            CycleKey::Written(written) => format!("w{written}"),
        };
        self.charge(at, key.len())?;
        let place = self.scopes.frame().cycles.get(&key).copied();
        let place = place.unwrap_or_default();
        if let Some(value) = cycle.values.get(place) {
            let value = self.value(unit, at, value)?;
            self.write(at, &value)?;
        }
        let next = if place + 1 >= cycle.values.len() {
            0
        } else {
            place + 1
        };
        self.scopes.frame().cycles.insert(key, next);
        Ok(())
    }

    /// `increment` writes and then counts, `decrement` counts and then writes.
    fn count(&mut self, unit: &Unit<'a>, at: u32, slot: u32, by: i64) -> Run<()> {
        let symbol = unit.symbol(slot);
        let now = self.scopes.slot(symbol).counter.unwrap_or_default();
        let next = now.saturating_add(by);
        self.scopes.slot(symbol).counter = Some(next);
        self.write(at, &Value::Int(if by > 0 { now } else { next }))
    }

    /// A text with values in it.
    pub(crate) fn pieces(&mut self, unit: &Unit<'a>, at: u32, pieces: &'a [Piece]) -> Run<String> {
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(span) => out.push_str(unit.program.text(*span)),
                Piece::Value(chain) => self.chain(unit, at, chain)?.write(&mut out),
            }
            if out.len() > RENDERED_BYTES_MAX {
                return fault(at, "text is too long");
            }
        }
        Ok(out)
    }

    pub(crate) fn chain(&mut self, unit: &Unit<'a>, at: u32, chain: &'a Chain) -> Run<Value<'a>> {
        let mut value = self.value(unit, at, &chain.first)?;
        for call in &chain.calls {
            let Some(def) = call.def else {
                if self.options.strict {
                    let name = unit.program.text(call.name);
                    return fault(call.at, format!("unknown filter `{name}`"));
                }
                continue;
            };
            let mut args = Args {
                positional: Vec::with_capacity(call.args.len()),
                named: Vec::with_capacity(call.named.len()),
            };
            for arg in &call.args {
                args.positional.push(self.value(unit, at, arg)?);
            }
            for (key, arg) in &call.named {
                let arg = self.value(unit, at, arg)?;
                args.named.push((unit.program.text(*key), arg));
            }
            let context = Context {
                now: self.options.now,
            };
            self.step(at, 1 + weight(&value) / BYTES_PER_STEP)?;
            value = match (def.apply)(value, &args, &context) {
                Ok(value) => value,
                Err(detail) => return fault(at, detail),
            };
            self.step(at, weight(&value) / BYTES_PER_STEP)?;
        }
        Ok(value)
    }

    pub(crate) fn value(&mut self, unit: &Unit<'a>, at: u32, expr: &'a Expr) -> Run<Value<'a>> {
        self.step(at, 1)?;
        Ok(match expr {
            Expr::Nil => Value::Nil,
            Expr::Bool(it) => Value::Bool(*it),
            Expr::Empty => Value::Empty,
            Expr::Blank => Value::Blank,
            Expr::Int(it) => Value::Int(*it),
            Expr::Float(it) => Value::Float(*it),
            Expr::Text(span) => Value::Str(unit.program.text(*span)),
            Expr::Range(ends) => {
                let from = self.value(unit, at, &ends.0)?;
                let to = self.value(unit, at, &ends.1)?;
                match (range_end(&from), range_end(&to)) {
                    (Some(from), Some(to)) => Value::Range(from, to),
                    _ => return fault(at, "invalid integer"),
                }
            }
            Expr::Path(path) => match self.path(unit, at, path)? {
                Some(value) => value,
                None if self.options.strict && !Self::is_known_scope(unit, path) => {
                    let name = path.read.as_deref().unwrap_or("?");
                    let name = match path.root {
                        Root::Profile(_) => name.trim_start_matches("profile."),
                        Root::Slot(_) | Root::Dynamic(_) => name,
                    };
                    return fault(path.at, format!("unknown variable `{name}`"));
                }
                None => Value::Nil,
            },
            Expr::Nested(chain) => self.chain(unit, at, chain)?,
        })
    }

    /// Whether a path starts at `self`, which answers for every name.
    fn is_known_scope(unit: &Unit<'a>, path: &Path) -> bool {
        match path.root {
            Root::Slot(slot) => unit
                .program
                .names
                .get(slot as usize)
                .is_some_and(|it| &**it == "self"),
            Root::Profile(_) | Root::Dynamic(_) => false,
        }
    }

    fn path(&mut self, unit: &Unit<'a>, at: u32, path: &'a Path) -> Run<Option<Value<'a>>> {
        let here = self.scopes.here();
        let found = match &path.root {
            Root::Slot(slot) => {
                let found = self.scopes.find(here, unit.symbol(*slot));
                let name = unit.program.names.get(*slot as usize);
                match found {
                    None if name.is_some_and(|it| &**it == "self") => {
                        Some((Value::Scope(here), false))
                    }
                    other => other,
                }
            }
            Root::Profile(name) => {
                let name = unit.program.text(*name);
                self.note(unit, path, None);
                self.scopes.profile(name).map(|it| (it, false))
            }
            Root::Dynamic(name) => {
                let name = self.value(unit, at, name)?;
                self.scopes.find_named(here, &name.text())
            }
        };
        let Some((mut value, is_data)) = found else {
            if let Root::Slot(_) = path.root {
                self.note(unit, path, None);
            }
            return Ok(None);
        };
        let mut trail = (is_data && path.read.is_none()).then(String::new);
        let mut found = true;
        for key in &path.keys {
            if !matches!(value, Value::Json(_) | Value::List(_)) {
                self.step(at, weight(&value) / BYTES_PER_STEP)?;
            }
            let next = match key {
                Key::Name(span) => {
                    let name = unit.program.text(*span);
                    extend(&mut trail, name);
                    self.member(&value, name)
                }
                Key::Index(expr) => {
                    let key = self.value(unit, at, expr)?;
                    if trail.is_some() {
                        extend(&mut trail, &key.text());
                    }
                    match &key {
                        Value::Int(idx) => value.at(*idx),
                        _ => match (key.as_str(), &value) {
                            (Some(name), Value::Scope(_)) => self.member(&value, name),
                            (Some(name), _) => value.key(name),
                            (None, _) => None,
                        },
                    }
                }
            };
            let Some(next) = next else {
                found = false;
                break;
            };
            value = next;
        }
        if is_data {
            self.note(unit, path, trail);
        }
        Ok(found.then_some(value))
    }

    fn member(&mut self, value: &Value<'a>, name: &str) -> Option<Value<'a>> {
        match value {
            Value::Scope(scope) => self.scopes.find_named(*scope, name).map(|it| it.0),
            _ => value.get(name),
        }
    }

    /// Notes that the data was read, under the name that property references use.
    fn note(&mut self, unit: &Unit<'a>, path: &'a Path, trail: Option<String>) {
        let Some(read) = &path.read else {
            let Some(trail) = trail else { return };
            let root = match path.root {
                Root::Slot(slot) => unit.program.names.get(slot as usize),
                Root::Profile(_) | Root::Dynamic(_) => None,
            };
            let root = root.map_or("", |it| &**it);
            self.note_name(format!("{root}{trail}"));
            return;
        };
        if self.noted.len() <= unit.idx {
            self.noted.resize(unit.idx + 1, Vec::new());
        }
        let noted = &mut self.noted[unit.idx];
        if noted.is_empty() {
            noted.resize(unit.program.paths as usize, false);
        }
        if !std::mem::replace(&mut noted[path.id as usize], true) {
            self.note_name(read.to_string());
        }
    }

    pub(crate) fn note_name(&mut self, name: String) {
        if self.reads.len() < READS_MAX && self.seen.insert(name.clone()) {
            self.reads.push(name);
        }
    }

    pub(crate) fn condition(
        &mut self,
        unit: &Unit<'a>,
        at: u32,
        condition: &'a Condition,
    ) -> Run<bool> {
        let mut is_met = false;
        for (test, join) in &condition.tests {
            self.step(at, 1)?;
            is_met = self.test(unit, at, test)?;
            match join {
                Some(Join::And) if !is_met => return Ok(false),
                Some(Join::Or) if is_met => return Ok(true),
                _ => {}
            }
        }
        Ok(is_met)
    }

    fn test(&mut self, unit: &Unit<'a>, at: u32, test: &'a Test) -> Run<bool> {
        let Some((op, right)) = &test.right else {
            // asking whether something is there is no mistake, even where unknown variables are
            if let Expr::Path(path) = &test.left {
                let found = self.path(unit, at, path)?;
                return Ok(found.is_some_and(|it| it.is_true()));
            }
            return Ok(self.value(unit, at, &test.left)?.is_true());
        };
        let left = self.value(unit, at, &test.left)?;
        let right = self.value(unit, at, right)?;
        self.step(at, (weight(&left) + weight(&right)) / BYTES_PER_STEP)?;
        compare(&left, *op, &right).or_else(|detail| fault(at, detail))
    }

    pub(crate) fn unit(&mut self, program: &'a crate::ast::Program) -> Rc<Unit<'a>> {
        self.scopes.unit(program)
    }
}

fn extend(trail: &mut Option<String>, key: &str) {
    if let Some(trail) = trail {
        trail.push('.');
        trail.push_str(key);
    }
}

fn range_end(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(it) => Some(*it),
        Value::Nil => Some(0),
        Value::Str(_) | Value::Text(_) => Some(leading_whole(&value.text())),
        _ => None,
    }
}

/// Bytes that a filter has to go through, about.
fn weight(value: &Value<'_>) -> usize {
    match value {
        Value::Str(it) => it.len(),
        Value::Text(it) => it.len(),
        Value::List(items) => {
            let inner = items.iter().map(|it| match it {
                Value::Map(pairs) => pairs.len(),
                Value::List(items) => items.len(),
                _ => 0,
            });
            32 * (items.len() + inner.sum::<usize>())
        }
        Value::Map(_) | Value::Json(_) => 32 * value.size().unwrap_or_default(),
        _ => 0,
    }
}

/// Bytes that a variable keeps alive which nothing else does, about.
fn kept_bytes(value: &Value<'_>) -> usize {
    match value {
        Value::Text(it) => it.len(),
        Value::List(items) => {
            let texts = items.iter().filter_map(|it| match it {
                Value::Text(it) => Some(it.len()),
                _ => None,
            });
            32 * items.len() + texts.sum::<usize>()
        }
        Value::Map(pairs) => 64 * pairs.len(),
        _ => 0,
    }
}
