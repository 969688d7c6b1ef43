//! Braze's spellings inside one tag: `${attribute}` and nested `{{ }}`.

use crate::template::Dialect;

/// Deepest nesting of brackets and nested outputs in one expression; the engine parses them by recursion.
const EXPRESSION_DEPTH_MAX: usize = 32;

/// Name under which the whole data is read: `${first_name}` is `gyre_profile["first_name"]`.
pub(crate) const PROFILE: &str = "gyre_profile";

/// An expression in the engine's spelling.
#[derive(Debug, Default)]
pub(crate) struct Expression {
    /// What stands in the tag.
    pub(crate) text: String,
    /// Variables that must be assigned before the tag: name and value.
    pub(crate) hoisted: Vec<(String, String)>,
}

/// Rewrites the inside of a tag; `counter` numbers the variables it needs.
pub(crate) fn rewrite_expression(
    text: &str,
    dialect: Dialect,
    counter: &mut usize,
) -> Result<Expression, String> {
    let mut expression = Expression::default();
    if dialect == Dialect::Shopify {
        check_depth(text)?;
        text.clone_into(&mut expression.text);
        return Ok(expression);
    }
    walk(text, counter, &mut expression, 0)?;
    check_depth(&expression.text)?;
    Ok(expression)
}

fn walk(
    text: &str,
    counter: &mut usize,
    expression: &mut Expression,
    depth: usize,
) -> Result<(), String> {
    if depth > EXPRESSION_DEPTH_MAX {
        return Err(format!("is nested deeper than {EXPRESSION_DEPTH_MAX}"));
    }
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '"' || first == '\'' {
            let end = rest[1..].find(first).map_or(rest.len(), |it| it + 2);
            expression.text.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if let Some(inner) = rest.strip_prefix("${") {
            let Some(end) = inner.find('}') else {
                return Err("`${` is never closed with `}`".to_owned());
            };
            attribute(inner[..end].trim(), &mut expression.text)?;
            rest = &inner[end + 1..];
        } else if let Some(inner) = rest.strip_prefix("{{") {
            let Some(end) = nested_end(inner) else {
                return Err("nested `{{` is never closed with `}}`".to_owned());
            };
            nested(inner[..end].trim(), counter, expression, depth)?;
            rest = &inner[end + 2..];
        } else {
            expression.text.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Ok(())
}

/// A nested output: in place if it is a plain expression, else assigned before, as a filter would bind elsewhere.
fn nested(
    inner: &str,
    counter: &mut usize,
    expression: &mut Expression,
    depth: usize,
) -> Result<(), String> {
    let mut value = Expression::default();
    walk(inner, counter, &mut value, depth + 1)?;
    expression.hoisted.append(&mut value.hoisted);
    if has_filter(&value.text) {
        *counter += 1;
        let name = format!("gyre_{counter}");
        expression.text.push_str(&name);
        expression.hoisted.push((name, value.text));
    } else {
        expression.text.push_str(&value.text);
    }
    Ok(())
}

/// `${name}` after a dot is a key of what stands before; alone it is a property of the profile.
fn attribute(name: &str, text: &mut String) -> Result<(), String> {
    if name.is_empty() {
        return Err("`${}` names nothing".to_owned());
    }
    let quote = match (name.contains('"'), name.contains('\'')) {
        (false, _) => "\"",
        (true, false) => "'",
        (true, true) => return Err("a name cannot hold both kinds of quotes".to_owned()),
    };
    if text.ends_with('.') {
        text.pop();
    } else {
        text.push_str(PROFILE);
    }
    text.extend(["[", quote, name, quote, "]"]);
    Ok(())
}

fn nested_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut i, mut depth) = (0, 0_usize);
    while i < bytes.len() {
        let rest = &text[i..];
        match bytes[i] {
            quote @ (b'"' | b'\'') => {
                i += text[i + 1..].find(char::from(quote)).map_or(1, |it| it + 2);
            }
            b'$' if rest.starts_with("${") => i += rest.find('}').map_or(2, |it| it + 1),
            b'{' if rest.starts_with("{{") => {
                depth += 1;
                i += 2;
            }
            b'}' if rest.starts_with("}}") => {
                if depth == 0 {
                    return Some(i);
                }
                depth -= 1;
                i += 2;
            }
            _ => i += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    None
}

fn has_filter(text: &str) -> bool {
    outside_quotes(text).any(|it| it == b'|')
}

fn check_depth(text: &str) -> Result<(), String> {
    let mut depth = 0_usize;
    for byte in outside_quotes(text) {
        match byte {
            b'[' | b'(' => depth += 1,
            b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > EXPRESSION_DEPTH_MAX {
            return Err(format!("is nested deeper than {EXPRESSION_DEPTH_MAX}"));
        }
    }
    Ok(())
}

fn outside_quotes(text: &str) -> impl Iterator<Item = u8> {
    let mut quote = None;
    text.bytes().filter(move |byte| match quote {
        Some(open) => {
            if *byte == open {
                quote = None;
            }
            false
        }
        None if *byte == b'"' || *byte == b'\'' => {
            quote = Some(*byte);
            false
        }
        None => true,
    })
}
