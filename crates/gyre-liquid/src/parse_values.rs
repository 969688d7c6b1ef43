//! Reads values, filters and conditions.

use crate::ast::{Call, Chain, Condition, Expr, Join, Key, Path, Root, Span, Test};
use crate::filters::{self, Takes};
use crate::lexer::{Fault, Tok, Token};
use crate::parser::{Line, Parser};
use crate::template::Dialect;

/// Deepest nesting of brackets, ranges and inner outputs.
const VALUES_DEPTH_MAX: usize = 32;

impl Parser<'_> {
    /// A value with its filters.
    pub(crate) fn chain(&mut self, line: &mut Line) -> Result<Chain, Fault> {
        let first = self.value(line)?;
        let mut calls = Vec::new();
        while line.eats(Tok::Pipe) {
            if line.is_lax && line.peek().tok != Tok::Name {
                continue;
            }
            calls.push(self.call(line)?);
        }
        Ok(Chain { first, calls })
    }

    fn call(&mut self, line: &mut Line) -> Result<Call, Fault> {
        let name = line.expect(Tok::Name, "the name of a filter")?.span;
        let mut call = Call {
            at: name.start,
            name,
            def: None,
            args: Vec::new(),
            named: Vec::new(),
        };
        if line.eats(Tok::Colon) {
            while !ends_arguments(line.peek()) {
                if line.peek().tok == Tok::Name && line.ahead(1).tok == Tok::Colon {
                    let key = line.next().span;
                    line.next();
                    call.named.push((key, self.value(line)?));
                } else {
                    call.args.push(self.value(line)?);
                }
                if !line.eats(Tok::Comma) {
                    break;
                }
            }
        }
        while line.is_lax && !ends_arguments(line.peek()) {
            line.next();
        }
        let after = line.peek();
        if !ends_arguments(after) {
            let detail = "expected `,`, `|` or the end".to_owned();
            return Err((after.span.start as usize, detail));
        }
        self.resolve(call)
    }

    fn resolve(&self, mut call: Call) -> Result<Call, Fault> {
        let name = self.text(call.name);
        call.def = filters::find(name)
            .filter(|it| self.dialect == Dialect::Braze || it.takes != Takes::Braze);
        let Some(def) = call.def else {
            return match self.dialect {
                Dialect::Shopify | Dialect::ShopifyLax => Ok(call),
                Dialect::Braze => Err((call.at as usize, format!("unknown filter `{name}`"))),
            };
        };
        let count = call.args.len();
        if (count < def.needs || count > def.most) && self.dialect != Dialect::ShopifyLax {
            let detail = format!(
                "filter `{name}`: wrong number of arguments (given {}, expected {})",
                count + 1,
                if def.needs == def.most {
                    (def.needs + 1).to_string()
                } else {
                    format!("{}..{}", def.needs + 1, def.most + 1)
                }
            );
            return Err((call.at as usize, detail));
        }
        Ok(call)
    }

    /// A value without filters.
    pub(crate) fn value(&mut self, line: &mut Line) -> Result<Expr, Fault> {
        self.values_depth += 1;
        let token = line.next();
        let at = token.span.start as usize;
        if self.values_depth > VALUES_DEPTH_MAX {
            let detail = format!("values nest deeper than {VALUES_DEPTH_MAX}");
            return Err((at, detail));
        }
        let value = match token.tok {
            Tok::Text => Expr::Text(token.span),
            Tok::Int => match self.text(token.span).parse() {
                Ok(number) => Expr::Int(number),
                Err(_) => return Err((at, "number is too large".to_owned())),
            },
            Tok::Float => match self.text(token.span).parse() {
                Ok(number) => Expr::Float(number),
                Err(_) => return Err((at, "number cannot be read".to_owned())),
            },
            Tok::OpenRound => self.range(line)?,
            Tok::OpenOutput => {
                let chain = self.chain(line)?;
                line.expect(Tok::CloseOutput, "`}}`")?;
                Expr::Nested(Box::new(chain))
            }
            Tok::Attribute => self.path(line, at, Root::Profile(token.span))?,
            Tok::Name => self.name(line, token)?,
            Tok::OpenSquare if line.is_lax => {
                let name = self.value(line)?;
                line.expect(Tok::CloseSquare, "`]`")?;
                self.path(line, at, Root::Dynamic(name))?
            }
            Tok::Dot if line.is_lax && line.peek().tok == Tok::Int => {
                let slot = self.slot(self.text(line.next().span));
                self.path(line, at, Root::Slot(slot))?
            }
            _ if line.is_lax => Expr::Nil,
            _ => return Err((at, "expected a value".to_owned())),
        };
        self.values_depth -= 1;
        Ok(value)
    }

    fn range(&mut self, line: &mut Line) -> Result<Expr, Fault> {
        let first = self.value(line)?;
        if line.is_lax && line.peek().tok != Tok::Dots {
            return Ok(first);
        }
        line.expect(Tok::Dots, "`..`")?;
        let last = self.value(line)?;
        line.expect(Tok::CloseRound, "`)`")?;
        Ok(Expr::Range(Box::new((first, last))))
    }

    fn name(&mut self, line: &mut Line, token: Token) -> Result<Expr, Fault> {
        let name = self.text(token.span);
        if !matches!(line.peek().tok, Tok::Dot | Tok::OpenSquare) {
            match name {
                "nil" | "null" => return Ok(Expr::Nil),
                "true" => return Ok(Expr::Bool(true)),
                "false" => return Ok(Expr::Bool(false)),
                "empty" => return Ok(Expr::Empty),
                "blank" => return Ok(Expr::Blank),
                _ => {}
            }
        }
        let slot = self.slot(name);
        self.path(line, token.span.start as usize, Root::Slot(slot))
    }

    fn path(&mut self, line: &mut Line, at: usize, root: Root) -> Result<Expr, Fault> {
        let from = match root {
            Root::Slot(_) => line.back(1).span,
            Root::Profile(name) => name,
            Root::Dynamic(_) => Span::default(),
        };
        let mut keys = Vec::new();
        loop {
            if line.eats(Tok::OpenSquare) {
                let key = self.value(line)?;
                line.expect(Tok::CloseSquare, "`]`")?;
                keys.push(Key::Index(key));
            } else if line.eats(Tok::Dot) {
                let token = line.next();
                if !matches!(token.tok, Tok::Name | Tok::Attribute)
                    && self.text(token.span) != "contains"
                {
                    let detail = "expected a name after `.`".to_owned();
                    return Err((token.span.start as usize, detail));
                }
                keys.push(Key::Name(token.span));
            } else {
                break;
            }
        }
        let id = self.paths;
        self.paths += 1;
        let read = self.read_name(from, &root, &keys);
        Ok(Expr::Path(Box::new(Path {
            at: at as u32,
            id,
            root,
            keys,
            read,
        })))
    }

    /// The name of a fixed path as property references write it.
    fn read_name(&self, from: Span, root: &Root, keys: &[Key]) -> Option<Box<str>> {
        let first = self.text(from);
        let is_braze = self.dialect == Dialect::Braze;
        let mut name = match (root, first) {
            (Root::Profile(_), name) => format!("profile.{name}"),
            (Root::Slot(_), "custom_attribute") if is_braze && !keys.is_empty() => {
                "profile".to_owned()
            }
            (Root::Slot(_), "event_properties") if is_braze && !keys.is_empty() => {
                "event".to_owned()
            }
            (Root::Slot(_), name) => name.to_owned(),
            (Root::Dynamic(_), _) => return None,
        };
        for key in keys {
            match key {
                Key::Name(span) | Key::Index(Expr::Text(span)) => {
                    name.push('.');
                    name.push_str(self.text(*span));
                }
                Key::Index(Expr::Int(number)) => {
                    name.push('.');
                    name.push_str(&number.to_string());
                }
                Key::Index(_) => return None,
            }
        }
        Some(name.into_boxed_str())
    }

    /// Comparisons joined by `and` and `or`.
    pub(crate) fn condition(&mut self, line: &mut Line) -> Result<Condition, Fault> {
        let mut tests = Vec::new();
        loop {
            let left = self.value(line)?;
            let right = match line.peek().tok {
                Tok::Compare(op) => {
                    line.next();
                    Some((op, self.value(line)?))
                }
                _ => None,
            };
            while line.is_lax && line.eats(Tok::CloseRound) {}
            let token = line.peek();
            let join = match (token.tok, self.text(token.span)) {
                (Tok::Name, "and") => Some(Join::And),
                (Tok::Name, "or") => Some(Join::Or),
                _ => None,
            };
            tests.push((Test { left, right }, join));
            if join.is_none() {
                break;
            }
            line.next();
        }
        Ok(Condition { tests })
    }
}

fn ends_arguments(token: Token) -> bool {
    matches!(token.tok, Tok::Pipe | Tok::End | Tok::CloseOutput)
}
