//! Liquid templates as Shopify and Braze write them: parse, check, render.
//!
//! A source is cut into texts, outputs and tags (`lexer`), read into a program with numbered variables (`parser`) and
//! run (`render`). A template is foreign text: its source, output, loops, nesting and includes are bounded.
//! What a template wants from outside is gathered first and passed in. Nothing here does I/O or reads a clock.
//! Start at [`Template`].

mod ast;
mod error;
mod filters;
mod lexer;
mod needs;
mod number;
mod parse_braze;
mod parse_tags;
mod parse_values;
mod parser;
mod render;
mod render_braze;
mod render_loops;
mod render_partials;
mod scope;
mod template;
mod value;

pub use error::TemplateError;
pub use needs::{Answer, Answers, ContentRequest, Need};
pub use template::{Dialect, RenderOptions, Rendered, Template};
