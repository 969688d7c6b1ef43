//! The scanner: finds outputs and tags, rewrites the spellings that the engine behind does not know, and remembers
//! where every piece came from.
//!
//! Text outside `{{ }}` and `{% %}` and the inside of `raw` are copied untouched. An output becomes the tag
//! `gyre_out <offset> <expression>`, so that an error while rendering knows its place.

use crate::error::TemplateError;
use crate::expression::{Expression, rewrite_expression};
use crate::language::language;
use crate::template::Dialect;

/// Deepest nesting of blocks: the engine parses and renders by recursion, about 1 KB of stack a level.
const BLOCK_DEPTH_MAX: usize = 100;

/// Blocks that must be closed.
const BLOCKS: &[&str] = &[
    "if",
    "unless",
    "case",
    "for",
    "tablerow",
    "capture",
    "ifchanged",
];

/// A template in the engine's spelling.
#[derive(Debug)]
pub(crate) struct Rewritten {
    /// What the engine parses.
    pub(crate) text: String,
    /// Start in `text`, start in the source, and whether the piece is a plain copy.
    anchors: Vec<(usize, usize, bool)>,
}

impl Rewritten {
    /// Source offset of a byte of `text`.
    pub(crate) fn source_offset(&self, offset: usize) -> usize {
        let idx = self.anchors.partition_point(|(out, _, _)| *out <= offset);
        match idx.checked_sub(1).map(|it| self.anchors[it]) {
            Some((out, source, true)) => source + (offset - out),
            Some((_, source, false)) => source,
            None => 0,
        }
    }

    /// Byte of `text` that the engine means by a line and column; `cited` is the line as it printed it, since it
    /// counts lines from the token that it refused.
    pub(crate) fn text_offset(&self, line: usize, column: usize, cited: &str) -> usize {
        let mut starts = Some(0)
            .into_iter()
            .chain(self.text.match_indices('\n').map(|(it, _)| it + 1));
        let start = starts
            .nth(line.saturating_sub(1))
            .filter(|it| self.text[*it..].starts_with(cited))
            .or_else(|| self.text.find(cited))
            .unwrap_or(0);
        let rest = &self.text[start..];
        let within = rest
            .char_indices()
            .nth(column.saturating_sub(1))
            .map_or(rest.len(), |(it, _)| it);
        start + within
    }
}

/// One piece of the rewritten text.
struct Piece {
    /// Assignments that must run before the piece.
    before: String,
    text: String,
    source: usize,
    is_copy: bool,
}

/// Rewrites a template, or says where it is malformed.
pub(crate) fn rewrite(source: &str, dialect: Dialect) -> Result<Rewritten, TemplateError> {
    let mut scanner = Scanner {
        source,
        dialect,
        pieces: Vec::new(),
        open: Vec::new(),
        hoisted: 0,
    };
    scanner.run()?;
    let mut text = String::with_capacity(source.len() + source.len() / 4);
    let mut anchors = Vec::with_capacity(scanner.pieces.len());
    for piece in &scanner.pieces {
        anchors.push((text.len(), piece.source, false));
        text.push_str(&piece.before);
        anchors.push((text.len(), piece.source, piece.is_copy));
        text.push_str(&piece.text);
    }
    Ok(Rewritten { text, anchors })
}

struct Scanner<'a> {
    source: &'a str,
    dialect: Dialect,
    pieces: Vec<Piece>,
    /// Open blocks: name, source offset, index of the opening piece.
    open: Vec<(&'a str, usize, usize)>,
    hoisted: usize,
}

/// A tag or output with its delimiters taken off.
struct Inner<'a> {
    text: &'a str,
    offset: usize,
    left: &'static str,
    right: &'static str,
    end: usize,
}

impl<'a> Scanner<'a> {
    fn run(&mut self) -> Result<(), TemplateError> {
        let mut at = 0;
        while let Some(found) = find_open(&self.source[at..]) {
            let start = at + found;
            self.copy(at, start);
            at = if self.source[start..].starts_with("{{") {
                let inner = self.inner(start, "}}")?;
                self.output(start, &inner)?;
                inner.end
            } else {
                let inner = self.inner(start, "%}")?;
                self.tag(start, &inner)?
            };
        }
        self.copy(at, self.source.len());
        match self.open.last() {
            Some((name, offset, _)) => Err(self.error(
                *offset,
                format!("`{name}` is never closed with `end{name}`"),
            )),
            None => Ok(()),
        }
    }

    fn error(&self, offset: usize, detail: impl Into<String>) -> TemplateError {
        TemplateError::at(self.source, offset, detail)
    }

    fn copy(&mut self, start: usize, end: usize) {
        if start < end {
            self.pieces.push(Piece {
                before: String::new(),
                text: self.source[start..end].to_owned(),
                source: start,
                is_copy: true,
            });
        }
    }

    fn emit(&mut self, source: usize, before: String, text: String) {
        self.pieces.push(Piece {
            before,
            text,
            source,
            is_copy: false,
        });
    }

    /// Finds the end of the output or tag that opens at `start`.
    fn inner(&self, start: usize, closer: &str) -> Result<Inner<'a>, TemplateError> {
        let body_start = start + 2;
        let body = &self.source[body_start..];
        let is_remark = body.trim_start_matches('-').trim_start().starts_with('#');
        let close = if is_remark {
            body.find(closer)
        } else {
            find_close(body, closer, self.dialect)
        };
        let Some(close) = close else {
            let what = if closer == "}}" { "output" } else { "tag" };
            return Err(self.error(start, format!("{what} is never closed with `{closer}`")));
        };
        let mut text = &body[..close];
        let mut offset = body_start;
        let (mut left, mut right) = ("", "");
        if let Some(rest) = text.strip_prefix('-') {
            (text, left) = (rest, "-");
            offset += 1;
        }
        if let Some(rest) = text.strip_suffix('-') {
            (text, right) = (rest, "-");
        }
        Ok(Inner {
            text,
            offset,
            left,
            right,
            end: body_start + close + 2,
        })
    }

    fn expression(&mut self, text: &str, offset: usize) -> Result<Expression, TemplateError> {
        if let Some((at, name)) = unknown_filter(text) {
            return Err(self.error(offset + at, format!("there is no filter `{name}`")));
        }
        rewrite_expression(text, self.dialect, &mut self.hoisted)
            .map_err(|detail| self.error(offset, detail))
    }

    fn output(&mut self, start: usize, inner: &Inner<'a>) -> Result<(), TemplateError> {
        let (left, right) = (inner.left, inner.right);
        if inner.text.trim().is_empty() {
            self.emit(start, String::new(), nothing(left, right));
            return Ok(());
        }
        if let Some(name) = self.content_block(inner.text) {
            let text = format!("{{%{left} include \"{name}\" {right}%}}");
            self.emit(start, String::new(), text);
            return Ok(());
        }
        let expression = self.expression(inner.text, inner.offset)?;
        let before = hoists(&expression, left);
        let text = format!(
            "{{%{left} gyre_out {start} {} {right}%}}",
            expression.text.trim()
        );
        self.emit(start, before, text);
        Ok(())
    }

    /// `content_blocks.${name}`, which is an output in Braze and an include here.
    fn content_block(&self, text: &str) -> Option<&'a str> {
        if self.dialect != Dialect::Braze {
            return None;
        }
        let rest = text.trim().strip_prefix("content_blocks.${")?;
        let name = rest.strip_suffix('}')?.trim();
        let start = self.source.as_ptr() as usize;
        let at = name.as_ptr() as usize;
        let offset = at.checked_sub(start)?;
        (!name.contains(['"', '}'])).then(|| self.source.get(offset..offset + name.len()))?
    }

    /// Handles one tag; returns where the scan goes on.
    fn tag(&mut self, start: usize, inner: &Inner<'a>) -> Result<usize, TemplateError> {
        let (left, right) = (inner.left, inner.right);
        let (name, rest) = tag_name(inner.text);
        match name {
            "raw" => {
                let (_, end) = self.end_of(start, inner.end, "raw")?;
                self.copy(start, end);
                return Ok(end);
            }
            "comment" | "doc" => {
                let (right, end) = self.end_of(start, inner.end, name)?;
                self.emit(start, String::new(), nothing(left, right));
                return Ok(end);
            }
            "#" => self.emit(start, String::new(), nothing(left, right)),
            "liquid" => {
                let mut offset = inner.offset + (inner.text.len() - rest.len());
                self.emit(start, String::new(), nothing(left, ""));
                for line in rest.split('\n') {
                    let single = Inner {
                        text: line,
                        offset,
                        left: "",
                        right: "",
                        end: 0,
                    };
                    if !line.trim().is_empty() {
                        self.simple(offset, &single)?;
                    }
                    offset += line.len() + 1;
                }
                self.emit(start, String::new(), nothing("", right));
            }
            _ => self.simple(start, inner)?,
        }
        Ok(inner.end)
    }

    /// A tag without a body of its own kind.
    fn simple(&mut self, start: usize, inner: &Inner<'a>) -> Result<(), TemplateError> {
        let (left, right) = (inner.left, inner.right);
        let (name, rest) = tag_name(inner.text);
        match name {
            "" => return Err(self.error(start, "tag has no name")),
            "#" => {
                self.emit(start, String::new(), nothing(left, right));
                return Ok(());
            }
            "echo" => {
                let output = Inner {
                    text: rest,
                    offset: inner.offset,
                    left,
                    right,
                    end: 0,
                };
                return self.output(start, &output);
            }
            "abort_message" => {
                let text = format!("{{%{left} abort_message {} {right}%}}", abort_reason(rest));
                self.emit(start, String::new(), text);
                return Ok(());
            }
            _ => {}
        }
        let expression = self.expression(rest, inner.offset)?;
        let mut before = hoists(&expression, left);
        if let Some(block) = name.strip_prefix("end") {
            match self.open.pop() {
                Some((opened, _, _)) if opened == block => {}
                Some((opened, _, _)) => {
                    return Err(
                        self.error(start, format!("expected `end{opened}`, found `{name}`"))
                    );
                }
                None => return Err(self.error(start, format!("`{name}` closes nothing"))),
            }
        } else if BLOCKS.contains(&name) {
            if self.open.len() == BLOCK_DEPTH_MAX {
                return Err(self.error(start, format!("is nested deeper than {BLOCK_DEPTH_MAX}")));
            }
            self.open.push((name, start, self.pieces.len()));
        } else if matches!(name, "elsif" | "when") {
            // what an alternative needs must exist before the block opens
            if let Some((_, _, idx)) = self.open.last() {
                self.pieces[*idx].before.push_str(&before);
                before.clear();
            }
        }
        let text = format!("{{%{left} {name} {} {right}%}}", expression.text.trim());
        self.emit(start, before, text);
        Ok(())
    }

    /// End of a block whose body is not read: its last tag's right dash and where it ends.
    fn end_of(
        &self,
        start: usize,
        mut at: usize,
        name: &'a str,
    ) -> Result<(&'static str, usize), TemplateError> {
        let mut depth = 1;
        while let Some(found) = self.source[at..].find("{%") {
            let tag_start = at + found;
            let Some(close) = self.source[tag_start..].find("%}") else {
                break;
            };
            let body = &self.source[tag_start + 2..tag_start + close];
            let right = if body.ends_with('-') { "-" } else { "" };
            let (tag, _) = tag_name(body.trim_start_matches('-').trim_end_matches('-'));
            if tag.strip_prefix("end") == Some(name) {
                depth -= 1;
            } else if tag == name && name == "comment" {
                depth += 1;
            }
            if depth == 0 {
                return Ok((right, tag_start + close + 2));
            }
            at = tag_start + 2;
        }
        Err(self.error(start, format!("`{name}` is never closed with `end{name}`")))
    }
}

/// Leaves nothing but the whitespace control of a tag.
fn nothing(left: &str, right: &str) -> String {
    if left.is_empty() && right.is_empty() {
        return String::new();
    }
    format!("{{%{left} comment %}}{{% endcomment {right}%}}")
}

fn hoists(expression: &Expression, left: &str) -> String {
    let mut text = String::new();
    for (name, value) in &expression.hoisted {
        text.extend(["{%", left, " assign ", name, " = ", value, " %}"]);
    }
    text
}

/// The reason of `abort_message(…)` as a quoted literal; a tag without one has Braze's default text.
fn abort_reason(rest: &str) -> String {
    let inner = rest.trim();
    let inner = inner.strip_prefix('(').unwrap_or(inner);
    let inner = inner.strip_suffix(')').unwrap_or(inner).trim();
    let quoted = inner.len() >= 2
        && (inner.starts_with('\'') && inner.ends_with('\'')
            || inner.starts_with('"') && inner.ends_with('"'));
    if quoted {
        inner.to_owned()
    } else if inner.is_empty() {
        "\"abort_message was called\"".to_owned()
    } else {
        format!("\"{}\"", inner.replace('"', "'"))
    }
}

/// A filter that the language does not have: its offset and name. The engine would only say that something is wrong.
fn unknown_filter(text: &str) -> Option<(usize, &str)> {
    let mut quote = None;
    for (i, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '|') => {
                let rest = &text[i + 1..];
                let name = tag_name(rest).0;
                let at = i + 1 + (rest.len() - rest.trim_start().len());
                if !name.is_empty() && language().filters.get(name).is_none() {
                    return Some((at, name));
                }
            }
            (Some(_) | None, _) => {}
        }
    }
    None
}

/// Splits a tag into its name and the rest.
fn tag_name(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix('#') {
        return ("#", rest);
    }
    let end = text
        .find(|it: char| !it.is_ascii_alphanumeric() && it != '_')
        .unwrap_or(text.len());
    text.split_at(end)
}

fn find_open(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(1))
        .find(|i| bytes[*i] == b'{' && (bytes[*i + 1] == b'{' || bytes[*i + 1] == b'%'))
}

/// Where `closer` closes the tag: outside quotes, `${…}` and nested outputs.
fn find_close(body: &str, closer: &str, dialect: Dialect) -> Option<usize> {
    let bytes = body.as_bytes();
    let mut i = 0;
    let mut nested = 0_usize;
    while i < bytes.len() {
        let rest = &body[i..];
        if nested == 0 && rest.starts_with(closer) {
            return Some(i);
        }
        match bytes[i] {
            quote @ (b'"' | b'\'') => {
                // a lone apostrophe is left to the parser to refuse
                match body[i + 1..].find(char::from(quote)) {
                    Some(end) => i += end + 2,
                    None => i += 1,
                }
            }
            b'$' if dialect == Dialect::Braze && rest.starts_with("${") => {
                i += rest.find('}').map_or(2, |end| end + 1);
            }
            b'{' if rest.starts_with("{{") => {
                nested += 1;
                i += 2;
            }
            b'}' if nested > 0 && rest.starts_with("}}") => {
                nested -= 1;
                i += 2;
            }
            _ => i += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &str) {
        assert_eq!(rewrite(source, Dialect::Braze).unwrap().text, expected);
    }

    #[test]
    fn attributes_become_look_ups() {
        check(
            "Hi {{${first_name}}}!",
            "Hi {% gyre_out 3 gyre_profile[\"first_name\"] %}!",
        );
        check(
            "{% if custom_attribute.${last category} == 'a' %}x{% endif %}",
            "{% if custom_attribute[\"last category\"] == 'a' %}x{% endif  %}",
        );
    }

    #[test]
    fn text_and_raw_are_untouched() {
        for text in ["a ${b} $ {", "{% raw %}{{ ${x} }}{% endraw %}"] {
            check(text, text);
        }
    }

    #[test]
    fn nested_outputs_are_written_in_place_or_before() {
        check(
            "{% if {{custom_attribute.${x}}} == 1 %}{% endif %}",
            "{% if custom_attribute[\"x\"] == 1 %}{% endif  %}",
        );
        check(
            "{% if a %}{% elsif {{b | upcase}} == 'B' %}{% endif %}",
            "{% assign gyre_1 = b | upcase %}{% if a %}{% elsif gyre_1 == 'B' %}{% endif  %}",
        );
    }

    #[test]
    fn places_lead_back_to_the_source() {
        let source = "a\n{{ ${x} }}\nb {% bad tag %}";
        let rewritten = rewrite(source, Dialect::Braze).unwrap();
        let line = "b {% bad tag %}";
        let offset = rewritten.source_offset(rewritten.text_offset(3, 6, line));
        assert_eq!(&source[offset..offset + 2], "{%");
    }
}
