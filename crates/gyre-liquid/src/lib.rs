//! Liquid templates as Shopify and Braze write them: parse, check, render.
//!
//! Callers see [`Template`] and nothing of the engine behind it. A template is foreign text: its source, output,
//! loops, nesting and includes are bounded, and a bug of the engine becomes an error of the one template.
//! Nothing here does I/O or reads a clock.

mod error;
mod expression;
mod filters;
mod hash_filters;
mod language;
mod list_filters;
mod loops;
mod partial_tags;
mod runtime;
mod scan;
mod tags;
mod template;
mod text_filters;
mod value;

pub use error::TemplateError;
pub use template::{Dialect, RenderOptions, Rendered, Template};
