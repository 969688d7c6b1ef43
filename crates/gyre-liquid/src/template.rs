//! A parsed template and its rendering.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use gyre_base::Timestamp;
use gyre_base::limits::{RENDERED_BYTES_MAX, TEMPLATE_BYTES_MAX};
use liquid_core::Renderable;
use serde_json::Value;

use crate::error::TemplateError;
use crate::language::language;
use crate::runtime::{Progress, Root, Settings};
use crate::scan::{Rewritten, rewrite};

/// Whose spelling the template uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Shopify's Liquid and, on top of it, `${attribute}`, nested `{{ }}` and `abort_message`.
    #[default]
    Braze,
    /// Shopify's Liquid alone.
    Shopify,
}

impl Dialect {
    /// Reads a public name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "braze" => Some(Self::Braze),
            "shopify" => Some(Self::Shopify),
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
}

/// A template that was parsed and checked. Cloning shares the parsed form.
#[derive(Clone, Debug)]
pub struct Template {
    source: Arc<str>,
    dialect: Dialect,
    root: Arc<liquid_core::Template>,
}

impl Template {
    /// Parses a template; refuses what is not Liquid, with its place.
    ///
    /// Limits: `TEMPLATE_BYTES_MAX` of source, 100 nested blocks.
    pub fn parse(source: &str, dialect: Dialect) -> Result<Self, Vec<TemplateError>> {
        if source.len() > TEMPLATE_BYTES_MAX {
            let detail = format!("is longer than {TEMPLATE_BYTES_MAX} bytes");
            return Err(vec![TemplateError::at(source, 0, detail)]);
        }
        let rewritten = rewrite(source, dialect).map_err(|it| vec![it])?;
        let parsed = catch_unwind(AssertUnwindSafe(|| {
            liquid_core::parser::parse(&rewritten.text, language())
        }));
        match parsed {
            Ok(Ok(elements)) => Ok(Self {
                source: Arc::from(source),
                dialect,
                root: Arc::new(liquid_core::Template::new(elements)),
            }),
            Ok(Err(error)) => Err(vec![parse_error(source, &rewritten, &error.to_string())]),
            Err(_) => Err(vec![TemplateError::at(source, 0, "cannot be parsed")]),
        }
    }

    /// The source as it was given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether there is nothing to evaluate: the output is the source.
    pub fn is_plain(&self) -> bool {
        !self.source.contains("{{") && !self.source.contains("{%")
    }

    pub(crate) fn root(&self) -> Arc<liquid_core::Template> {
        Arc::clone(&self.root)
    }

    /// Renders with `data`, an object.
    ///
    /// Limits: `RENDERED_BYTES_MAX` of output, 200,000 steps (a step is a loop round, an output or a look-up),
    /// includes 16 deep. Errors: what went wrong, at the output that was being rendered.
    pub fn render(&self, data: &Value, options: &RenderOptions) -> Result<Rendered, TemplateError> {
        if self.is_plain() {
            return Ok(Rendered {
                output: self.source.to_string(),
                reads: Vec::new(),
                aborted: None,
            });
        }
        let settings = Settings {
            strict: options.strict,
            braze: self.dialect == Dialect::Braze,
            now: options.now,
        };
        let root = Root::new(data, settings, &options.partials);
        let mut output = Bounded(Vec::new());
        let outcome = catch_unwind(AssertUnwindSafe(|| self.root.render_to(&mut output, &root)));
        let reads = root.reads();
        let progress = root.progress();
        let refuse = |detail: String| Err(self.runtime_error(&progress, detail));
        if let Some(reason) = progress.aborted.clone() {
            return Ok(Rendered {
                output: String::new(),
                reads,
                aborted: Some(reason),
            });
        }
        match outcome {
            Err(_) => return refuse("cannot be rendered".to_owned()),
            Ok(Err(error)) => {
                let detail = progress.refusal.clone();
                return refuse(detail.unwrap_or_else(|| runtime_detail(&error.to_string())));
            }
            Ok(Ok(())) => {}
        }
        match String::from_utf8(output.0) {
            Ok(output) => Ok(Rendered {
                output,
                reads,
                aborted: None,
            }),
            Err(_) => refuse("the output is not text".to_owned()),
        }
    }

    /// Places an error at the output that was being rendered, or at the unknown variable that it names.
    fn runtime_error(&self, progress: &Progress, detail: String) -> TemplateError {
        let named = progress.unknown.as_deref();
        let found = named.and_then(|name| self.source.find(name));
        let offset = found.unwrap_or(progress.offset);
        TemplateError::at(&self.source, offset, detail)
    }
}

/// Collects the output and refuses more than the limit.
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > RENDERED_BYTES_MAX {
            return Err(std::io::Error::other("output is too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Turns the engine's report (`--> line:column` and `= expected …`) into an error at the author's own place.
fn parse_error(source: &str, rewritten: &Rewritten, report: &str) -> TemplateError {
    let place = report.lines().find_map(|line| {
        let (line_no, column) = line.split_once("--> ")?.1.split_once(':')?;
        Some((line_no.trim().parse().ok()?, column.trim().parse().ok()?))
    });
    let cited = report.lines().find_map(|line| {
        let (number, text) = line.split_once(" | ")?;
        number.trim().parse::<usize>().ok()?;
        Some(text.trim_end_matches('\u{240a}'))
    });
    let offset = place.map_or(0, |(line, column)| {
        let offset = rewritten.text_offset(line, column, cited.unwrap_or_default());
        rewritten.source_offset(offset)
    });
    let stated = report
        .lines()
        .find_map(|line| line.trim().strip_prefix("= "))
        .map_or_else(|| runtime_detail(report), str::to_owned);
    let asked = report
        .lines()
        .find_map(|line| line.trim().strip_prefix("requested="));
    let detail = match asked {
        Some(name) => format!("{stated}: `{name}`"),
        None => stated,
    };
    TemplateError::at(source, offset, detail)
}

/// First sentence of the engine's report with the values that it names.
fn runtime_detail(report: &str) -> String {
    let mut lines = report.lines();
    let first = lines.next().unwrap_or_default();
    let mut detail = first.trim_start_matches("liquid: ").trim().to_owned();
    for line in lines {
        for key in ["cause=", "requested variable=", "requested index="] {
            if let Some(value) = line.trim().strip_prefix(key) {
                detail.push_str(": ");
                detail.push_str(value);
            }
        }
    }
    if detail == "Failed to render" {
        detail = format!("output is longer than {RENDERED_BYTES_MAX} bytes");
    }
    detail
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
