//! What is wrong with a template, and where.

use gyre_base::{Blame, Failure};

/// One fault of a template, at a place of its source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail} (line {line}, column {column})")]
pub struct TemplateError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, one sentence without a full stop.
    pub detail: String,
}

impl TemplateError {
    /// A fault at a byte offset of `source`.
    pub(crate) fn at(source: &str, offset: usize, detail: impl Into<String>) -> Self {
        let mut end = offset.min(source.len());
        while !source.is_char_boundary(end) {
            end -= 1;
        }
        let before = &source[..end];
        let line_start = before.rfind('\n').map_or(0, |it| it + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            detail: detail.into(),
        }
    }
}

impl Failure for TemplateError {
    fn code(&self) -> &'static str {
        "template-invalid"
    }

    fn blame(&self) -> Blame {
        Blame::Caller
    }
}
