//! Runs the tags that want something from outside. They take it from the answers that the host passed in.

use std::rc::Rc;

use serde_json::Value as Json;

use crate::ast::{Catalog, Connected, Piece};
use crate::needs::{Answer, ContentRequest, Need};
use crate::parser;
use crate::render::{Renderer, Run, Stop, fault};
use crate::scope::{Scopes, Unit};
use crate::template::Dialect;
use crate::value::{Value, text};

/// Most different things that one rendering may ask for.
const NEEDS_MAX: usize = 100;
static NOTHING: Answer = Answer::Nothing;

impl<'a> Renderer<'a> {
    /// The host's answer. Without one this is a mistake, or one more thing to gather.
    fn answer(&mut self, at: u32, need: Need) -> Run<&'a Answer> {
        let options = self.options;
        if let Some(answer) = options.answers.get(&need) {
            return Ok(answer);
        }
        match &mut self.gathered {
            Some(gathered) => {
                if !gathered.contains(&need) {
                    if gathered.len() >= NEEDS_MAX {
                        let detail = format!("asks for more than {NEEDS_MAX} things from outside");
                        return fault(at, detail);
                    }
                    gathered.push(need);
                }
                Ok(&NOTHING)
            }
            None => fault(at, format!("needs {}, which is not given", need.describe())),
        }
    }

    pub(crate) fn promotion(&mut self, at: u32, list: &str) -> Run<()> {
        let need = Need::Promotion {
            list: list.to_owned(),
        };
        let is_gathering = self.gathered.is_some();
        match self.answer(at, need)? {
            Answer::Code(code) => self.write_str(at, code),
            // an empty list cancels the message, and only where the code would have been shown
            _ if is_gathering => Ok(()),
            _ => Err(Box::new(Stop::Abort(format!(
                "no code is left in promotion `{list}`"
            )))),
        }
    }

    pub(crate) fn catalog(&mut self, unit: &Unit<'a>, at: u32, it: &'a Catalog) -> Run<()> {
        if self.is_in_cell {
            return fault(at, "a catalog's cell cannot ask for catalog items");
        }
        let catalog = unit.program.text(it.name).to_owned();
        let mut args = Vec::with_capacity(it.args.len());
        for arg in &it.args {
            args.push(self.pieces(unit, at, arg)?);
        }
        let need = if it.is_selection {
            Need::CatalogSelection {
                catalog,
                selection: args.pop().unwrap_or_default(),
            }
        } else {
            Need::CatalogItems { catalog, ids: args }
        };
        let found: &'a [Json] = match self.answer(at, need)? {
            Answer::Items(items) => items,
            _ => &[],
        };
        let mut items = Vec::with_capacity(found.len());
        for item in found {
            items.push(if it.is_rerendered {
                self.rerendered(unit.program.dialect, at, item)?
            } else {
                Value::of(item)
            });
        }
        let items = Value::list(items);
        self.scopes.slot(unit.symbol(it.items)).assigned = Some(items);
        Ok(())
    }

    /// An item whose cells are templates themselves, one level deep.
    fn rerendered(&mut self, dialect: Dialect, at: u32, item: &'a Json) -> Run<Value<'a>> {
        let Json::Object(cells) = item else {
            return Ok(Value::of(item));
        };
        let mut pairs = Vec::with_capacity(cells.len());
        for (name, cell) in cells {
            let value = match cell {
                Json::String(source) if source.contains("{{") || source.contains("{%") => {
                    let program = parser::parse(source, dialect).or_else(|(_, detail)| {
                        fault(at, format!("in the catalog's cell `{name}`: {detail}"))
                    })?;
                    text(self.cell(&program)?)
                }
                _ => Value::of(cell),
            };
            pairs.push((Rc::from(name.as_str()), value));
        }
        Ok(Value::Map(Rc::new(pairs)))
    }

    /// Renders a cell with the variables that were set before it.
    fn cell(&mut self, program: &crate::ast::Program) -> Run<String> {
        let mut scopes = Scopes::new(self.data, program);
        let here = self.scopes.here();
        for (i, name) in program.names.iter().enumerate() {
            if let Some((value, false)) = self.scopes.find_named(here, name) {
                scopes.slot(i as u32).assigned = Some(value);
            }
        }
        let mut inner = Renderer::new(self.data, self.options, scopes);
        inner.is_in_cell = true;
        inner.gathered = self.gathered.take();
        (inner.steps, inner.bytes, inner.depth) = (self.steps, self.bytes, self.depth);
        let unit = inner.scopes.main();
        let outcome = inner.body(&unit, &program.nodes);
        (self.steps, self.bytes) = (inner.steps, inner.bytes);
        self.gathered = inner.gathered.take();
        for read in std::mem::take(&mut inner.reads) {
            self.note_name(read);
        }
        outcome?;
        Ok(inner.out)
    }

    fn optional(&mut self, unit: &Unit<'a>, at: u32, pieces: &'a [Piece]) -> Run<Option<String>> {
        if pieces.is_empty() {
            return Ok(None);
        }
        self.pieces(unit, at, pieces).map(Some)
    }

    fn request(&mut self, unit: &Unit<'a>, at: u32, it: &'a Connected) -> Run<ContentRequest> {
        let method = self.optional(unit, at, &it.method)?;
        let method = method.map_or_else(|| "GET".to_owned(), |it| it.to_ascii_uppercase());
        let default_type = if method == "GET" {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        };
        let content_type = self.optional(unit, at, &it.content_type)?;
        let headers = match self.optional(unit, at, &it.headers)? {
            None => Vec::new(),
            Some(written) => match serde_json::from_str::<Json>(&written) {
                Ok(Json::Object(map)) => map
                    .iter()
                    .map(|(key, it)| (key.clone(), Value::of(it).text().into_owned()))
                    .collect(),
                _ => return fault(at, "`:headers` is not a JSON object"),
            },
        };
        let cache_seconds = match self.optional(unit, at, &it.cache_max_age)? {
            None => None,
            Some(written) => match written.trim().parse() {
                Ok(seconds) => Some(seconds),
                Err(_) => return fault(at, "`:cache_max_age` is not a number of seconds"),
            },
        };
        Ok(ContentRequest {
            url: self.pieces(unit, at, &it.url)?,
            content_type: content_type.unwrap_or_else(|| default_type.to_owned()),
            method,
            headers,
            body: self.optional(unit, at, &it.body)?,
            basic_auth: self.optional(unit, at, &it.basic_auth)?,
            cache_seconds,
            is_retried: it.is_retried,
        })
    }

    /// JSON becomes a variable, other text is written in place, a failure is nothing.
    pub(crate) fn connected(&mut self, unit: &Unit<'a>, at: u32, it: &'a Connected) -> Run<()> {
        let request = self.request(unit, at, it)?;
        let is_gathering = self.gathered.is_some();
        let url = request.url.clone();
        let answer = self.answer(at, Need::Content(request))?;
        let mut saved = Value::Nil;
        match answer {
            Answer::Content { status, body, json } if (200..300).contains(status) => match json {
                Some(object @ Json::Object(_)) => {
                    let mut pairs: Vec<(Rc<str>, Value<'a>)> = Vec::new();
                    for (key, value) in Value::of(object).pairs() {
                        pairs.push((Rc::from(&*key.text()), value));
                    }
                    let status = Value::Int(i64::from(*status));
                    pairs.push((Rc::from("__http_status_code__"), status));
                    saved = Value::Map(Rc::new(pairs));
                }
                Some(other) => saved = Value::of(other),
                None => self.write_str(at, body)?,
            },
            Answer::Content { status, .. } if !matches!(status, 408 | 429 | 500..) => {}
            _ if it.is_retried && !is_gathering => {
                let reason = format!("connected content `{url}` failed");
                return Err(Box::new(Stop::Abort(reason)));
            }
            _ => {}
        }
        self.scopes.slot(unit.symbol(it.save)).assigned = Some(saved);
        Ok(())
    }
}
