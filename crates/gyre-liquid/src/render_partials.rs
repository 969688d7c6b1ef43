//! Runs `include`, `render` and content blocks.

use std::cell::Cell;
use std::rc::Rc;

use crate::ast::{Bind, Partial, Program};
use crate::error::TemplateError;
use crate::render::{Flow, Renderer, Run, Stop, fault};
use crate::render_loops::Items;
use crate::scope::Unit;
use crate::value::{LoopState, Value};

impl<'a> Renderer<'a> {
    pub(crate) fn partial(&mut self, unit: &Unit<'a>, at: u32, it: &'a Partial) -> Run<Flow> {
        if !it.is_isolated && self.scopes.frame().is_isolated {
            return fault(at, "include usage is not allowed in this context");
        }
        let name = self.value(unit, at, &it.name)?;
        let Some(name) = name.as_str() else {
            return fault(
                at,
                "argument error in tag 'include' - illegal template name",
            );
        };
        let Some((key, program)) = self.named_partial(name) else {
            return fault(at, format!("could not find asset {name}"));
        };
        let own = key.rsplit('/').next().unwrap_or(key);
        let own = it.alias.map_or(own, |alias| unit.program.text(alias));
        if it.is_isolated {
            self.render_partial(unit, at, it, program, (key, own))
        } else {
            self.include_partial(unit, at, it, program, (key, own))
        }
    }

    fn named_partial(&self, name: &str) -> Option<(&'a str, &'a Program)> {
        let options = self.options;
        let plain = name.strip_suffix(".liquid").unwrap_or(name);
        let found = options
            .partials
            .get_key_value(name)
            .or_else(|| options.partials.get_key_value(plain))
            .or_else(|| {
                let mut all = options.partials.iter();
                all.find(|(key, _)| key.eq_ignore_ascii_case(plain))
            });
        found.map(|(key, template)| (key.as_str(), template.program()))
    }

    /// Runs a partial's body; what goes wrong in it is told with its name and place.
    fn run_partial(&mut self, at: u32, key: &str, program: &'a Program) -> Run<Flow> {
        let inner = self.unit(program);
        self.body(&inner, &program.nodes)
            .map_err(|stop| match *stop {
                Stop::Fault { at: place, detail } => {
                    let error = TemplateError::at(&program.source, place as usize, detail);
                    let detail = if error.detail.starts_with("nesting too deep") {
                        error.detail
                    } else {
                        format!(
                            "in `{key}`, line {}, column {}: {}",
                            error.line, error.column, error.detail
                        )
                    };
                    Box::new(Stop::Fault { at, detail })
                }
                abort @ Stop::Abort(_) => Box::new(abort),
            })
    }

    /// Shares all variables; arguments hide others of the same name while it runs.
    fn include_partial(
        &mut self,
        unit: &Unit<'a>,
        at: u32,
        it: &'a Partial,
        program: &'a Program,
        (key, own): (&'a str, &'a str),
    ) -> Run<Flow> {
        let here = self.scopes.here();
        let own = self.scopes.symbol(own);
        let value = match &it.value {
            Some(expr) => self.value(unit, at, expr)?,
            None => self.scopes.find(here, own).map_or(Value::Nil, |it| it.0),
        };
        let mut hidden = Vec::new();
        for (name, expr) in &it.args {
            let value = self.value(unit, at, expr)?;
            let symbol = self.scopes.symbol(unit.program.text(*name));
            let outer = self.scopes.slot(symbol).local.replace(value);
            hidden.push((symbol, outer));
        }
        let mut flow = Flow::Next;
        if value.is_list() {
            let items = Items::of(&value);
            let outer = self.scopes.slot(own).local.take();
            hidden.push((own, outer));
            for i in 0..items.len() {
                self.step(at, 1)?;
                self.scopes.slot(own).local = Some(items.at(i));
                flow = self.run_partial(at, key, program)?;
                if flow != Flow::Next {
                    break;
                }
            }
        } else {
            if !value.is_nil() && it.bind != Bind::Own {
                let outer = self.scopes.slot(own).local.replace(value);
                hidden.push((own, outer));
            }
            flow = self.run_partial(at, key, program)?;
        }
        for (symbol, outer) in hidden.into_iter().rev() {
            self.scopes.slot(symbol).local = outer;
        }
        Ok(flow)
    }

    /// Sees only its arguments and the data.
    fn render_partial(
        &mut self,
        unit: &Unit<'a>,
        at: u32,
        it: &'a Partial,
        program: &'a Program,
        (key, own): (&'a str, &'a str),
    ) -> Run<Flow> {
        let value = match &it.value {
            Some(expr) => self.value(unit, at, expr)?,
            None => Value::Nil,
        };
        let mut args = Vec::with_capacity(it.args.len());
        for (name, expr) in &it.args {
            let value = self.value(unit, at, expr)?;
            args.push((self.scopes.symbol(unit.program.text(*name)), value));
        }
        let own = self.scopes.symbol(own);
        let forloop = self.scopes.symbol("forloop");
        let is_each = it.bind == Bind::Each
            && (value.is_list() || value.is_map() || matches!(value, Value::Range(..)));
        let items = is_each.then(|| Items::of(&value));
        let count = items.as_ref().map_or(1, Items::len);
        let state = items.as_ref().map(|items| {
            Rc::new(LoopState {
                name: Rc::from(key),
                length: items.len(),
                idx: Cell::new(0),
                parent: None,
                cols: None,
            })
        });
        for i in 0..count {
            self.step(at, 1)?;
            let bound = items.as_ref().map_or_else(|| value.clone(), |it| it.at(i));
            self.scopes.isolate();
            for (symbol, value) in &args {
                self.scopes.slot(*symbol).assigned = Some(value.clone());
            }
            if !bound.is_nil() {
                self.scopes.slot(own).assigned = Some(bound);
            }
            if let Some(state) = &state {
                state.idx.set(i);
                self.scopes.slot(forloop).assigned = Some(Value::Loop(Rc::clone(state)));
            }
            // a `break` inside ends the partial, not the loop around it
            let _: Flow = self.run_partial(at, key, program)?;
            self.scopes.leave();
        }
        Ok(Flow::Next)
    }
}
