//! Where variables live during a rendering: numbered slots, one set of them per isolated scope.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::ast::Program;
use crate::value::{LoopState, Value};

/// What the data has under a name, looked up once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Found<'a> {
    #[default]
    Unasked,
    Missing,
    Here(&'a Json),
}

/// One variable. What is set in a loop or include hides what was assigned, which hides counters, which hide the data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot<'a> {
    pub(crate) local: Option<Value<'a>>,
    pub(crate) assigned: Option<Value<'a>>,
    pub(crate) counter: Option<i64>,
    data: Found<'a>,
}

/// The variables of a template, or of one `render`.
#[derive(Debug, Default)]
pub(crate) struct Frame<'a> {
    slots: Vec<Slot<'a>>,
    pub(crate) cycles: HashMap<String, usize>,
    pub(crate) offsets: HashMap<&'a str, i64>,
    pub(crate) changed: Option<String>,
    pub(crate) loops: Vec<Rc<LoopState>>,
    pub(crate) is_isolated: bool,
}

impl<'a> Frame<'a> {
    pub(crate) fn slot(&mut self, symbol: u32) -> &mut Slot<'a> {
        let symbol = symbol as usize;
        if symbol >= self.slots.len() {
            self.slots.resize(symbol + 1, Slot::default());
        }
        &mut self.slots[symbol]
    }
}

/// A program at work: its variables' numbers in this rendering, and which of its paths were read.
#[derive(Debug)]
pub(crate) struct Unit<'a> {
    pub(crate) program: &'a Program,
    /// Nothing for the first program, whose own numbers are used.
    map: Option<Vec<u32>>,
    pub(crate) idx: usize,
}

impl Unit<'_> {
    pub(crate) fn symbol(&self, slot: u32) -> u32 {
        match &self.map {
            None => slot,
            Some(map) => map.get(slot as usize).copied().unwrap_or_default(),
        }
    }
}

/// All names and scopes of a rendering.
#[derive(Debug)]
pub(crate) struct Scopes<'a> {
    data: &'a Json,
    names: Vec<&'a str>,
    /// Filled when a second program or a name made at runtime comes up.
    symbols: HashMap<&'a str, u32>,
    frames: Vec<Frame<'a>>,
    units: Vec<Rc<Unit<'a>>>,
}

impl<'a> Scopes<'a> {
    pub(crate) fn new(data: &'a Json, program: &'a Program) -> Self {
        let names: Vec<&'a str> = program.names.iter().map(|it| &**it).collect();
        let frame = Frame {
            slots: vec![Slot::default(); names.len()],
            ..Frame::default()
        };
        let unit = Unit {
            program,
            map: None,
            idx: 0,
        };
        Self {
            data,
            names,
            symbols: HashMap::new(),
            frames: vec![frame],
            units: vec![Rc::new(unit)],
        }
    }

    pub(crate) fn main(&self) -> Rc<Unit<'a>> {
        Rc::clone(&self.units[0])
    }

    pub(crate) fn unit(&mut self, program: &'a Program) -> Rc<Unit<'a>> {
        if let Some(known) = self
            .units
            .iter()
            .find(|it| std::ptr::eq(it.program, program))
        {
            return Rc::clone(known);
        }
        let map = program.names.iter().map(|it| self.symbol(it)).collect();
        let unit = Rc::new(Unit {
            program,
            map: Some(map),
            idx: self.units.len(),
        });
        self.units.push(Rc::clone(&unit));
        unit
    }

    /// The number of a name, which becomes known.
    pub(crate) fn symbol(&mut self, name: &'a str) -> u32 {
        if let Some(symbol) = self.known(name) {
            return symbol;
        }
        let symbol = self.names.len() as u32;
        self.names.push(name);
        self.symbols.insert(name, symbol);
        symbol
    }

    /// The number of a name if it has one.
    fn known(&mut self, name: &str) -> Option<u32> {
        if self.symbols.is_empty() {
            let named = self.names.iter().enumerate();
            self.symbols = named.map(|(i, it)| (*it, i as u32)).collect();
        }
        self.symbols.get(name).copied()
    }

    pub(crate) fn frame(&mut self) -> &mut Frame<'a> {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    pub(crate) fn slot(&mut self, symbol: u32) -> &mut Slot<'a> {
        self.frame().slot(symbol)
    }

    /// Begins a scope that sees nothing of the present one but the data.
    pub(crate) fn isolate(&mut self) {
        self.frames.push(Frame {
            is_isolated: true,
            ..Frame::default()
        });
    }

    pub(crate) fn leave(&mut self) {
        assert!(self.frames.len() > 1, "the outermost scope is never left");
        self.frames.pop();
    }

    /// The present scope's number.
    pub(crate) fn here(&self) -> usize {
        self.frames.len() - 1
    }

    /// What a variable holds, and whether that came from the data.
    pub(crate) fn find(&mut self, scope: usize, symbol: u32) -> Option<(Value<'a>, bool)> {
        let (data, name) = (self.data, self.names[symbol as usize]);
        let slot = self.frames[scope].slot(symbol);
        if let Some(value) = slot.local.as_ref().or(slot.assigned.as_ref()) {
            return Some((value.clone(), false));
        }
        if let Some(count) = slot.counter {
            return Some((Value::Int(count), false));
        }
        if let Found::Unasked = slot.data {
            slot.data = from_data(data, name).map_or(Found::Missing, Found::Here);
        }
        match slot.data {
            Found::Here(json) => Some((Value::of(json), true)),
            Found::Unasked | Found::Missing => None,
        }
    }

    /// The same by a name that was made at runtime.
    pub(crate) fn find_named(&mut self, scope: usize, name: &str) -> Option<(Value<'a>, bool)> {
        match self.known(name) {
            Some(symbol) => self.find(scope, symbol),
            None => from_data(self.data, name).map(|it| (Value::of(it), true)),
        }
    }

    /// An attribute of the person, by Braze's names for it too.
    pub(crate) fn profile(&self, name: &str) -> Option<Value<'a>> {
        let found = self.data.get(name).or_else(|| {
            let alias = match name {
                "email_address" => "email",
                "phone_number" => "phone",
                "unsubscribe_url" => "set_user_to_unsubscribed_url",
                _ => return None,
            };
            self.data.get(alias)
        });
        found.map(Value::of)
    }
}

fn from_data<'a>(data: &'a Json, name: &str) -> Option<&'a Json> {
    data.get(name).or_else(|| match name {
        // two names of one thing
        "context" => data.get("canvas_entry_properties"),
        "canvas_entry_properties" => data.get("context"),
        _ => None,
    })
}
