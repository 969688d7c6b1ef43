//! Runs `for` and `tablerow`.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::ast::{Expr, For, Offset, TableRow};
use crate::number::{Number, leading_whole};
use crate::render::{Flow, Renderer, Run, fault};
use crate::scope::Unit;
use crate::value::{LoopState, Value, range_len};

/// What a loop runs over, without a copy where it can be.
pub(crate) enum Items<'a> {
    Range(i64, usize),
    List(Rc<Vec<Value<'a>>>),
    Json(&'a [Json]),
    Made(Vec<Value<'a>>),
}

impl<'a> Items<'a> {
    pub(crate) fn of(value: &Value<'a>) -> Self {
        match value {
            Value::Range(from, to) => Self::Range(*from, range_len(*from, *to)),
            Value::List(items) => Self::List(Rc::clone(items)),
            Value::Json(Json::Array(items)) => Self::Json(items),
            Value::Map(_) | Value::Json(_) => Self::Made(
                value
                    .pairs()
                    .into_iter()
                    .map(|(key, it)| Value::list(vec![key, it]))
                    .collect(),
            ),
            Value::Str(_) | Value::Text(_) if !value.text().is_empty() => {
                Self::Made(vec![value.clone()])
            }
            _ => Self::Made(Vec::new()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Range(_, len) => *len,
            Self::List(items) => items.len(),
            Self::Json(items) => items.len(),
            Self::Made(items) => items.len(),
        }
    }

    pub(crate) fn at(&self, idx: usize) -> Value<'a> {
        match self {
            Self::Range(from, _) => Value::Int(from.saturating_add(idx as i64)),
            Self::List(items) => items.get(idx).cloned().unwrap_or(Value::Nil),
            Self::Json(items) => items.get(idx).map_or(Value::Nil, Value::of),
            Self::Made(items) => items.get(idx).cloned().unwrap_or(Value::Nil),
        }
    }
}

/// The part of `len` members from `offset`, at most `limit` of them: first and count.
fn part(len: usize, offset: i64, limit: Option<i64>) -> (usize, usize) {
    let end = limit.map_or(i64::MAX, |it| offset.saturating_add(it));
    let end = usize::try_from(end).unwrap_or(0).min(len);
    let from = usize::try_from(offset).unwrap_or(0).min(len);
    (from, end.saturating_sub(from))
}

impl<'a> Renderer<'a> {
    pub(crate) fn for_loop(&mut self, unit: &Unit<'a>, at: u32, it: &'a For) -> Run<Flow> {
        let collection = self.value(unit, at, &it.items)?;
        let offset = match &it.offset {
            None => 0,
            Some(Offset::Continue) => {
                let known = self.scopes.frame().offsets.get(&*it.name).copied();
                known.unwrap_or_default()
            }
            Some(Offset::Value(expr)) => self.bound(unit, at, expr)?.unwrap_or_default(),
        };
        let limit = match &it.limit {
            Some(expr) => self.bound(unit, at, expr)?,
            None => None,
        };
        let items = Items::of(&collection);
        if let Items::Made(made) = &items {
            self.step(at, made.len() / 16)?;
        }
        let is_text = collection.as_str().is_some();
        let (from, count) = if is_text {
            (0, items.len())
        } else {
            part(items.len(), offset, limit)
        };
        let next = offset.saturating_add(count as i64);
        self.scopes.frame().offsets.insert(&it.name, next);
        if count == 0 {
            return self.body(unit, &it.or_else);
        }
        let state = Rc::new(LoopState {
            name: Rc::from(&*it.name),
            length: count,
            idx: Cell::new(0),
            parent: self.scopes.frame().loops.last().cloned(),
            cols: None,
        });
        self.scopes.frame().loops.push(Rc::clone(&state));
        let (item, forloop) = (unit.symbol(it.slot), unit.symbol(it.forloop));
        let loop_value = Some(Value::Loop(Rc::clone(&state)));
        let outer_loop = std::mem::replace(&mut self.scopes.slot(forloop).local, loop_value);
        let outer_item = self.scopes.slot(item).local.take();
        let mut flow = Flow::Next;
        for i in 0..count {
            self.step(at, 1)?;
            let idx = if it.is_reversed {
                from + count - 1 - i
            } else {
                from + i
            };
            self.scopes.slot(item).local = Some(items.at(idx));
            flow = self.body(unit, &it.body)?;
            state.idx.set(i + 1);
            if flow == Flow::Break {
                break;
            }
        }
        debug_assert!(flow != Flow::Continue || count > 0, "a round was run");
        self.scopes.slot(item).local = outer_item;
        self.scopes.slot(forloop).local = outer_loop;
        self.scopes.frame().loops.pop();
        Ok(Flow::Next)
    }

    /// A `limit` or `offset` of a `for`: nothing, or a whole number.
    fn bound(&mut self, unit: &Unit<'a>, at: u32, expr: &'a Expr) -> Run<Option<i64>> {
        let value = self.value(unit, at, expr)?;
        match &value {
            Value::Nil => Ok(None),
            Value::Int(it) => Ok(Some(*it)),
            _ => match value.as_str().and_then(|it| it.trim().parse().ok()) {
                Some(number) => Ok(Some(number)),
                None => fault(at, "invalid integer"),
            },
        }
    }

    /// The same of a `tablerow`, which reads texts and decimals as far as they are numbers.
    fn lax_bound(&mut self, unit: &Unit<'a>, at: u32, expr: &'a Expr) -> Run<i64> {
        let value = self.value(unit, at, expr)?;
        match &value {
            Value::Nil => Ok(0),
            Value::Int(_) | Value::Float(_) => Ok(Number::of(&value).whole()),
            Value::Str(_) | Value::Text(_) => Ok(leading_whole(&value.text())),
            _ => fault(at, "invalid integer"),
        }
    }

    pub(crate) fn table_row(&mut self, unit: &Unit<'a>, at: u32, it: &'a TableRow) -> Run<Flow> {
        let collection = self.value(unit, at, &it.items)?;
        if !collection.is_true() {
            return Ok(Flow::Next);
        }
        let offset = match &it.offset {
            Some(expr) => self.lax_bound(unit, at, expr)?,
            None => 0,
        };
        let limit = match &it.limit {
            Some(expr) => Some(self.lax_bound(unit, at, expr)?),
            None => None,
        };
        let items = Items::of(&collection);
        let (from, count) = if collection.as_str().is_some() {
            (0, items.len())
        } else {
            part(items.len(), offset, limit)
        };
        let cols = match &it.cols {
            Some(expr) => self.lax_bound(unit, at, expr)?,
            None => count as i64,
        };
        let state = Rc::new(LoopState {
            name: Rc::from(""),
            length: count,
            idx: Cell::new(0),
            parent: None,
            cols: Some(cols),
        });
        let (item, row_loop) = (unit.symbol(it.slot), unit.symbol(it.tablerowloop));
        let loop_value = Some(Value::Loop(Rc::clone(&state)));
        let outer_loop = std::mem::replace(&mut self.scopes.slot(row_loop).local, loop_value);
        let outer_item = self.scopes.slot(item).local.take();
        self.write_str(at, "<tr class=\"row1\">\n")?;
        for i in 0..count {
            self.step(at, 1)?;
            state.idx.set(i);
            self.scopes.slot(item).local = Some(items.at(from + i));
            let (row, col) = if cols > 0 {
                (i as i64 / cols + 1, i as i64 % cols + 1)
            } else {
                (1, i as i64 + 1)
            };
            self.write_str(at, &format!("<td class=\"col{col}\">"))?;
            let flow = self.body(unit, &it.body)?;
            self.write_str(at, "</td>")?;
            if flow == Flow::Break {
                break;
            }
            if col == cols && i + 1 < count {
                self.write_str(at, &format!("</tr>\n<tr class=\"row{}\">", row + 1))?;
            }
        }
        self.write_str(at, "</tr>\n")?;
        self.scopes.slot(item).local = outer_item;
        self.scopes.slot(row_loop).local = outer_loop;
        Ok(Flow::Next)
    }
}
