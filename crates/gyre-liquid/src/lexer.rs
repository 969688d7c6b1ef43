//! Cuts a source into texts, outputs and tags, and the inside of a tag into tokens.
//!
//! Everything is a position in the source. Nothing here knows a tag by its meaning except where its body is not Liquid.

use crate::ast::{Op, Span};
use crate::template::Dialect;

/// What stands in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceKind {
    Text,
    Output,
    Tag,
}

/// One stretch of the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) kind: PieceKind,
    /// With its delimiters.
    pub(crate) whole: Span,
    /// Without them and without trim marks.
    pub(crate) inner: Span,
    pub(crate) trims_after: bool,
}

/// A fault at a place.
pub(crate) type Fault = (usize, String);

/// The segment that begins at `from`; nothing at the end.
pub(crate) fn segment(
    source: &str,
    from: usize,
    dialect: Dialect,
) -> Result<Option<Segment>, Fault> {
    let rest = &source[from..];
    if rest.is_empty() {
        return Ok(None);
    }
    if rest.starts_with("{{") {
        let Some(end) = output_end(source, from + 2, dialect) else {
            return Err((from, "output is not closed: expected `}}`".to_owned()));
        };
        return Ok(Some(delimited(source, PieceKind::Output, from, end)));
    }
    if let Some(inner) = rest.strip_prefix("{%") {
        let Some(end) = inner.find("%}") else {
            return Err((from, "tag is not closed: expected `%}`".to_owned()));
        };
        return Ok(Some(delimited(
            source,
            PieceKind::Tag,
            from,
            from + 2 + end,
        )));
    }
    let end = next_opening(rest).map_or(source.len(), |it| from + it);
    let span = Span::new(from, end);
    Ok(Some(Segment {
        kind: PieceKind::Text,
        whole: span,
        inner: span,
        trims_after: false,
    }))
}

fn next_opening(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = text[from..].find('{') {
        let at = from + at;
        if matches!(bytes.get(at + 1), Some(b'{' | b'%')) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// Where the `}}` is that closes an output whose inside begins at `from`.
fn output_end(source: &str, from: usize, dialect: Dialect) -> Option<usize> {
    if dialect != Dialect::Braze {
        return source[from..].find("}}").map(|it| from + it);
    }
    let bytes = source.as_bytes();
    let mut depth = 0_usize;
    let mut i = from;
    while i < bytes.len() {
        let pair = (bytes[i], bytes.get(i + 1).copied());
        match pair {
            (b'$', Some(b'{')) => {
                i += source[i..].find('}')? + 1;
                continue;
            }
            (b'\'' | b'"', _) => {
                // a quoted text may hold braces, unless the quote is a stray one
                let quote = char::from(bytes[i]);
                if let Some(len) = source[i + 1..].find(quote)
                    && !source[i + 1..i + 1 + len].contains("}}")
                {
                    i += len + 2;
                    continue;
                }
            }
            (b'{', Some(b'{')) => {
                depth += 1;
                i += 2;
                continue;
            }
            (b'}', Some(b'}')) if depth == 0 => return Some(i),
            (b'}', Some(b'}')) => {
                depth -= 1;
                i += 2;
                continue;
            }
            _ => {}
        }
        i += 1;
    }
    None
}

fn delimited(source: &str, kind: PieceKind, from: usize, end: usize) -> Segment {
    let (mut start, mut stop) = (from + 2, end);
    if source[start..stop].starts_with('-') {
        start += 1;
    }
    // in `{{-}}` the one mark trims both sides
    let trims_after = source[from + 2..stop].ends_with('-');
    if trims_after {
        stop = start.max(stop - 1);
    }
    Segment {
        kind,
        whole: Span::new(from, end + 2),
        inner: Span::new(start, stop),
        trims_after,
    }
}

/// The name of a tag and where its arguments begin. An inline comment is named `#`.
pub(crate) fn tag_name(source: &str, inner: Span) -> (Span, Span) {
    let text = inner.of(source);
    let skipped = text.len() - text.trim_start().len();
    let start = inner.start as usize + skipped;
    let rest = &source[start..inner.end as usize];
    let len = if rest.starts_with('#') {
        1
    } else {
        rest.find(|it: char| !(it.is_alphanumeric() || it == '_'))
            .unwrap_or(rest.len())
    };
    (
        Span::new(start, start + len),
        Span::new(start + len, inner.end as usize),
    )
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Tok {
    Name,
    Text,
    Int,
    Float,
    /// `${…}`, the span being the name inside.
    Attribute,
    OpenOutput,
    CloseOutput,
    Dot,
    Dots,
    Comma,
    Colon,
    Pipe,
    OpenSquare,
    CloseSquare,
    OpenRound,
    CloseRound,
    Assign,
    Compare(Op),
    End,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) tok: Tok,
    pub(crate) span: Span,
}

/// Reads the tokens of a tag's or an output's inside; the last is `Tok::End`.
pub(crate) fn tokens(source: &str, inner: Span, dialect: Dialect) -> Result<Vec<Token>, Fault> {
    let end = inner.end as usize;
    let mut at = inner.start as usize;
    let mut found = Vec::new();
    loop {
        let rest = &source[at..end];
        let skipped = rest.len() - rest.trim_start().len();
        at += skipped;
        let Some(first) = source[at..end].chars().next() else {
            break;
        };
        let (tok, span, next) = match token(source, at, end, first, dialect) {
            Ok(found) => found,
            Err(_) if dialect == Dialect::ShopifyLax => {
                at += first.len_utf8();
                continue;
            }
            Err(fault) => return Err(fault),
        };
        found.push(Token { tok, span });
        at = next;
    }
    found.push(Token {
        tok: Tok::End,
        span: Span::new(end, end),
    });
    Ok(found)
}

fn token(
    source: &str,
    at: usize,
    end: usize,
    first: char,
    dialect: Dialect,
) -> Result<(Tok, Span, usize), Fault> {
    let rest = &source[at..end];
    let plain = |tok: Tok, len: usize| Ok((tok, Span::new(at, at + len), at + len));
    let is_braze = dialect == Dialect::Braze;
    match first {
        '$' if is_braze && rest.starts_with("${") => {
            let Some(close) = rest.find('}') else {
                return Err((at, "`${` is not closed: expected `}`".to_owned()));
            };
            let name = rest[2..close].trim();
            if name.is_empty() {
                return Err((at, "expected a name in `${}`".to_owned()));
            }
            let start = at + 2 + (rest[2..close].len() - rest[2..close].trim_start().len());
            Ok((
                Tok::Attribute,
                Span::new(start, start + name.len()),
                at + close + 1,
            ))
        }
        '{' if is_braze && rest.starts_with("{{") => plain(Tok::OpenOutput, 2),
        '}' if is_braze && rest.starts_with("}}") => plain(Tok::CloseOutput, 2),
        '\'' | '"' => match rest[1..].find(first) {
            Some(len) => Ok((Tok::Text, Span::new(at + 1, at + 1 + len), at + len + 2)),
            None => Err((at, "text is not closed: expected the same quote".to_owned())),
        },
        '.' if rest.starts_with("..") && dialect == Dialect::ShopifyLax => {
            plain(Tok::Dots, rest.len() - rest.trim_start_matches('.').len())
        }
        '.' if rest.starts_with("..") => plain(Tok::Dots, 2),
        '.' => plain(Tok::Dot, 1),
        ',' => plain(Tok::Comma, 1),
        ':' => plain(Tok::Colon, 1),
        '|' => plain(Tok::Pipe, 1),
        '[' => plain(Tok::OpenSquare, 1),
        ']' => plain(Tok::CloseSquare, 1),
        '(' => plain(Tok::OpenRound, 1),
        ')' => plain(Tok::CloseRound, 1),
        '=' if rest.starts_with("==") => plain(Tok::Compare(Op::Eq), 2),
        // old templates write `foo=>bar` for `foo.bar`
        '=' if rest.starts_with("=>") && dialect == Dialect::ShopifyLax => plain(Tok::Dot, 2),
        '=' => plain(Tok::Assign, 1),
        '!' if rest.starts_with("!=") => plain(Tok::Compare(Op::Ne), 2),
        '<' if rest.starts_with("<>") => plain(Tok::Compare(Op::Ne), 2),
        '<' if rest.starts_with("<=") => plain(Tok::Compare(Op::Le), 2),
        '<' => plain(Tok::Compare(Op::Lt), 1),
        '>' if rest.starts_with(">=") => plain(Tok::Compare(Op::Ge), 2),
        '>' => plain(Tok::Compare(Op::Gt), 1),
        '0'..='9' if dialect == Dialect::ShopifyLax => {
            let found = number(rest, at);
            let after = found.2 - at;
            if rest[after..].starts_with(|it: char| it.is_alphabetic()) {
                return plain(Tok::Name, after + name_len(&rest[after..]));
            }
            Ok(found)
        }
        '0'..='9' => Ok(number(rest, at)),
        '-' if rest[1..].starts_with(|it: char| it.is_ascii_digit()) => Ok(number(rest, at)),
        it if it == '_' || it.is_alphabetic() => {
            let len = name_len(rest);
            let tok = match &rest[..len] {
                "contains" => Tok::Compare(Op::Contains),
                _ => Tok::Name,
            };
            plain(tok, len)
        }
        other => Err((at, format!("unexpected character `{other}`"))),
    }
}

fn name_len(text: &str) -> usize {
    let len = text
        .find(|it: char| !(it.is_alphanumeric() || it == '_' || it == '-'))
        .unwrap_or(text.len());
    len + usize::from(text[len..].starts_with('?'))
}

fn number(text: &str, at: usize) -> (Tok, Span, usize) {
    let digits = |from: usize| {
        let rest = &text[from..];
        rest.find(|it: char| !it.is_ascii_digit())
            .unwrap_or(rest.len())
    };
    let mut len = usize::from(text.starts_with('-'));
    len += digits(len);
    let mut tok = Tok::Int;
    if text[len..].starts_with('.') {
        let fraction = digits(len + 1);
        if fraction > 0 {
            tok = Tok::Float;
            len += 1 + fraction;
        }
    }
    (tok, Span::new(at, at + len), at + len)
}
