//! A parsed template and its rendering.

use std::collections::BTreeMap;
use std::sync::Arc;

use gyre_base::Timestamp;
use gyre_base::limits::TEMPLATE_BYTES_MAX;
use serde_json::Value;

use crate::ast::Program;
use crate::error::TemplateError;
use crate::needs::{Answers, Need};
use crate::parser;
use crate::render::{Renderer, Stop};
use crate::scope::Scopes;

/// Whose spelling the template uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Shopify's Liquid and, on top of it, `${attribute}`, nested `{{ }}`, Braze's tags and filters.
    #[default]
    Braze,
    /// Shopify's Liquid alone.
    Shopify,
    /// The same as old shops' templates need it: what cannot be understood inside a tag is passed over.
    ShopifyLax,
}

impl Dialect {
    /// Reads a public name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "braze" => Some(Self::Braze),
            "shopify" => Some(Self::Shopify),
            "shopify_lax" => Some(Self::ShopifyLax),
            _ => None,
        }
    }
}

/// How to render.
#[derive(Clone, Debug, Default)]
pub struct RenderOptions {
    /// Refuse variables that the data does not have; otherwise they are empty.
    pub strict: bool,
    /// Templates that `render`, `include` and `content_blocks` may name.
    pub partials: BTreeMap<String, Template>,
    /// The instant that `now` and `today` mean to the filter `date`; without one they stay as they are.
    pub now: Option<Timestamp>,
    /// What the host found for the template's needs (see [`Template::needs`]).
    pub answers: Answers,
}

/// The result of a rendering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The text; empty if the template stopped itself.
    pub output: String,
    /// What was read of the data, in order of first reading: `profile.first_name`, `event.category`, `campaign.name`.
    pub reads: Vec<String>,
    /// The reason that `abort_message` gave, if the template stopped itself.
    pub aborted: Option<String>,
    /// Names and values of `message_extras`, in order.
    pub extras: Vec<(String, String)>,
}

/// A template that was parsed and checked. Cloning shares the parsed form.
#[derive(Clone, Debug)]
pub struct Template {
    program: Arc<Program>,
}

impl Template {
    /// Parses a template; refuses what is not Liquid, with its place.
    ///
    /// Limits: `TEMPLATE_BYTES_MAX` of source, 100 nested blocks.
    pub fn parse(source: &str, dialect: Dialect) -> Result<Self, Vec<TemplateError>> {
        if source.len() > TEMPLATE_BYTES_MAX {
            let detail = format!("is longer than {TEMPLATE_BYTES_MAX} bytes");
            return Err(vec![TemplateError::at("", 0, detail)]);
        }
        match parser::parse(source, dialect) {
            Ok(program) => Ok(Self {
                program: Arc::new(program),
            }),
            Err((offset, detail)) => Err(vec![TemplateError::at(source, offset, detail)]),
        }
    }

    /// The source as it was given.
    pub fn source(&self) -> &str {
        &self.program.source
    }

    /// Whether there is nothing to evaluate: the output is the source.
    pub fn is_plain(&self) -> bool {
        !self.source().contains("{{") && !self.source().contains("{%")
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// Renders with `data`, an object.
    ///
    /// Limits: `RENDERED_BYTES_MAX` of output, 200,000 steps (a step is a loop round, a node or a filter),
    /// blocks and includes 150 deep together. Errors: what went wrong, at the output or tag that was being rendered.
    pub fn render(&self, data: &Value, options: &RenderOptions) -> Result<Rendered, TemplateError> {
        if self.is_plain() {
            return Ok(Rendered {
                output: self.source().to_owned(),
                reads: Vec::new(),
                aborted: None,
                extras: Vec::new(),
            });
        }
        let scopes = Scopes::new(data, &self.program);
        let mut renderer = Renderer::new(data, options, scopes);
        renderer.out.reserve(self.source().len());
        let aborted = self.run(&mut renderer)?;
        if aborted.is_some() {
            renderer.out.clear();
        }
        Ok(Rendered {
            output: renderer.out,
            reads: renderer.reads,
            aborted,
            extras: renderer.extras,
        })
    }

    /// What the template asks for that `options.answers` does not hold yet, in the order of asking.
    ///
    /// An answer may lead to further needs (an address made of a catalog's item): ask again with the answers until
    /// nothing is missing. Limits and errors are those of [`Template::render`]; at most 100 needs at once.
    pub fn needs(&self, data: &Value, options: &RenderOptions) -> Result<Vec<Need>, TemplateError> {
        if self.is_plain() {
            return Ok(Vec::new());
        }
        let mut renderer = Renderer::new(data, options, Scopes::new(data, &self.program));
        renderer.gathered = Some(Vec::new());
        let outcome = self.run(&mut renderer);
        let gathered = renderer.gathered.unwrap_or_default();
        // what fails for want of an answer may go well with it
        if gathered.is_empty() {
            outcome?;
        }
        Ok(gathered)
    }

    /// Runs to the end or to the reason of an abort.
    fn run<'a>(&'a self, renderer: &mut Renderer<'a>) -> Result<Option<String>, TemplateError> {
        let unit = renderer.scopes.main();
        match renderer.body(&unit, &self.program.nodes) {
            Ok(_) => Ok(None),
            Err(stop) => match *stop {
                Stop::Abort(reason) => Ok(Some(reason)),
                Stop::Fault { at, detail } => {
                    Err(TemplateError::at(self.source(), at as usize, detail))
                }
            },
        }
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
