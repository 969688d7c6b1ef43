//! Reads a source into a `Program`: outputs, blocks and their bodies. Tags are in `parse_tags`, values in `parse_values`.

use std::collections::HashMap;

use crate::ast::{Bind, Chain, Expr, Key, Kind, Node, Partial, Program, Root, Span};
use crate::lexer::{Fault, PieceKind, Tok, Token, segment, tag_name, tokens};
use crate::template::Dialect;

/// Deepest nesting of blocks.
pub(crate) const BLOCKS_DEPTH_MAX: usize = 100;

/// The tokens of one tag or output, read from the left.
#[derive(Debug)]
pub(crate) struct Line {
    tokens: Vec<Token>,
    i: usize,
    /// What is too much is passed over.
    pub(crate) is_lax: bool,
}

impl Line {
    pub(crate) fn peek(&self) -> Token {
        self.ahead(0)
    }

    /// The token `n` places on; the end goes on for ever.
    pub(crate) fn ahead(&self, n: usize) -> Token {
        let last = self.tokens.len() - 1;
        self.tokens[(self.i + n).min(last)]
    }

    /// The token `n` places before.
    pub(crate) fn back(&self, n: usize) -> Token {
        self.tokens[self.i.saturating_sub(n).min(self.tokens.len() - 1)]
    }

    pub(crate) fn next(&mut self) -> Token {
        let token = self.peek();
        self.i += 1;
        token
    }

    pub(crate) fn eats(&mut self, tok: Tok) -> bool {
        let is_next = self.peek().tok == tok;
        if is_next {
            self.i += 1;
        }
        is_next
    }

    pub(crate) fn expect(&mut self, tok: Tok, what: &str) -> Result<Token, Fault> {
        let token = self.peek();
        if token.tok == tok {
            self.i += 1;
            return Ok(token);
        }
        if self.is_lax && tok == Tok::CloseSquare {
            return Ok(token);
        }
        Err((token.span.start as usize, format!("expected {what}")))
    }

    pub(crate) fn end(&self) -> Result<(), Fault> {
        let token = self.peek();
        if token.tok == Tok::End || self.is_lax {
            return Ok(());
        }
        Err((
            token.span.start as usize,
            "unexpected text after what is complete".to_owned(),
        ))
    }
}

/// A tag that was met.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag {
    pub(crate) at: usize,
    pub(crate) name: Span,
    pub(crate) args: Span,
}

/// The inside of a block, up to the tag that ended it.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) nodes: Vec<Node>,
    /// Nothing in it writes anything but white space; such a block writes nothing at all.
    pub(crate) is_blank: bool,
    pub(crate) end: Option<Tag>,
}

/// Where the next thing comes from.
#[derive(Clone, Copy, Debug)]
enum Cursor {
    /// The template itself; whether the last tag trims what follows.
    Source { at: usize, trims: bool },
    /// The lines of a `liquid` tag.
    Lines { at: usize, end: usize },
}

enum Item {
    Text(Span),
    Output(usize, Span),
    Tag(Tag),
    End,
}

pub(crate) struct Parser<'s> {
    pub(crate) source: &'s str,
    pub(crate) dialect: Dialect,
    pub(crate) paths: u32,
    pub(crate) values_depth: usize,
    cursor: Cursor,
    blocks_depth: usize,
    names: Vec<Box<str>>,
    slots: HashMap<&'s str, u32>,
}

/// Compiles a source.
pub(crate) fn parse(source: &str, dialect: Dialect) -> Result<Program, Fault> {
    let mut parser = Parser {
        source,
        dialect,
        paths: 0,
        values_depth: 0,
        cursor: Cursor::Source {
            at: 0,
            trims: false,
        },
        blocks_depth: 0,
        names: Vec::new(),
        slots: HashMap::new(),
    };
    let body = parser.body(&[])?;
    Ok(Program {
        source: Box::from(source),
        dialect,
        nodes: body.nodes,
        names: parser.names,
        paths: parser.paths,
    })
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\0')
}

impl<'s> Parser<'s> {
    pub(crate) fn text(&self, span: Span) -> &'s str {
        span.of(self.source)
    }

    pub(crate) fn line(&self, inner: Span) -> Result<Line, Fault> {
        let tokens = tokens(self.source, inner, self.dialect)?;
        let is_lax = self.dialect == Dialect::ShopifyLax;
        Ok(Line {
            tokens,
            i: 0,
            is_lax,
        })
    }

    pub(crate) fn slot(&mut self, name: &'s str) -> u32 {
        let next = self.names.len() as u32;
        *self.slots.entry(name).or_insert_with(|| {
            self.names.push(Box::from(name));
            next
        })
    }

    /// Reads up to one of the tags `until`, or to the end if there are none.
    pub(crate) fn body(&mut self, until: &[&str]) -> Result<Body, Fault> {
        let mut body = Body {
            nodes: Vec::new(),
            is_blank: true,
            end: None,
        };
        loop {
            match self.item()? {
                Item::End => return Ok(body),
                Item::Text(span) => {
                    body.is_blank &= self.text(span).chars().all(is_space);
                    body.push(span.start as usize, Kind::Text(span));
                }
                Item::Output(at, inner) => {
                    body.is_blank = false;
                    if let Some(kind) = self.output(inner)? {
                        body.push(at, kind);
                    }
                }
                Item::Tag(tag) => {
                    let name = self.text(tag.name);
                    if until.contains(&name) {
                        body.end = Some(tag);
                        return Ok(body);
                    }
                    if name == "liquid" {
                        let inner = self.liquid(tag)?;
                        body.is_blank &= inner.is_blank;
                        body.nodes.extend(inner.nodes);
                    } else {
                        self.tag(tag, &mut body)?;
                    }
                }
            }
        }
    }

    /// Reads a block's body; refuses a block that is not closed, at its beginning.
    pub(crate) fn block(&mut self, tag: Tag, until: &[&str]) -> Result<(Body, Tag), Fault> {
        self.blocks_depth += 1;
        if self.blocks_depth > BLOCKS_DEPTH_MAX {
            let detail = format!("blocks nest deeper than {BLOCKS_DEPTH_MAX}");
            return Err((tag.at, detail));
        }
        let body = self.body(until)?;
        self.blocks_depth -= 1;
        let Some(end) = body.end else {
            let detail = format!("`{}` is not closed", self.text(tag.name));
            return Err((tag.at, detail));
        };
        Ok((body, end))
    }

    fn liquid(&mut self, tag: Tag) -> Result<Body, Fault> {
        let lines = Cursor::Lines {
            at: tag.args.start as usize,
            end: tag.args.end as usize,
        };
        let outer = std::mem::replace(&mut self.cursor, lines);
        self.blocks_depth += 1;
        if self.blocks_depth > BLOCKS_DEPTH_MAX {
            return Err((tag.at, "blocks nest too deep".to_owned()));
        }
        let body = self.body(&[])?;
        self.blocks_depth -= 1;
        self.cursor = outer;
        Ok(body)
    }

    fn item(&mut self) -> Result<Item, Fault> {
        match self.cursor {
            Cursor::Lines { at, end } => Ok(self.next_line(at, end)),
            Cursor::Source { at, trims } => self.next_segment(at, trims),
        }
    }

    fn next_line(&mut self, mut at: usize, end: usize) -> Item {
        while at < end {
            let rest = &self.source[at..end];
            let len = rest.find('\n').unwrap_or(rest.len());
            let line = Span::new(at, at + len);
            at = (at + len + 1).min(end);
            let text = self.text(line);
            if text.trim().is_empty() {
                continue;
            }
            self.cursor = Cursor::Lines { at, end };
            let (name, args) = tag_name(self.source, line);
            return Item::Tag(Tag {
                at: line.start as usize + (text.len() - text.trim_start().len()),
                name,
                args,
            });
        }
        self.cursor = Cursor::Lines { at: end, end };
        Item::End
    }

    fn next_segment(&mut self, at: usize, trims: bool) -> Result<Item, Fault> {
        let Some(found) = segment(self.source, at, self.dialect)? else {
            return Ok(Item::End);
        };
        let end = found.whole.end as usize;
        self.cursor = Cursor::Source {
            at: end,
            trims: found.trims_after,
        };
        match found.kind {
            PieceKind::Text => {
                let mut text = self.text(found.whole);
                let mut start = found.whole.start as usize;
                if trims {
                    let kept = text.trim_start_matches(is_space);
                    start += text.len() - kept.len();
                    text = kept;
                }
                let next = &self.source[end..];
                if next.starts_with("{{-") || next.starts_with("{%-") {
                    text = text.trim_end_matches(is_space);
                }
                Ok(Item::Text(Span::new(start, start + text.len())))
            }
            PieceKind::Output => Ok(Item::Output(at, found.inner)),
            PieceKind::Tag => {
                let (name, args) = tag_name(self.source, found.inner);
                Ok(Item::Tag(Tag { at, name, args }))
            }
        }
    }

    /// The text up to the tag that closes `tag`, which is not Liquid. Nested blocks of the same name count if they may.
    pub(crate) fn verbatim(&mut self, tag: Tag, nests: bool) -> Result<Span, Fault> {
        let name = self.text(tag.name);
        let closing = format!("end{name}");
        let unclosed = || (tag.at, format!("`{name}` is not closed"));
        if let Cursor::Lines { .. } = self.cursor {
            return self.verbatim_lines(&closing, name).ok_or_else(unclosed);
        }
        let Cursor::Source { at: from, .. } = self.cursor else {
            return Err(unclosed());
        };
        let (mut at, mut depth, mut raw) = (from, 0_usize, false);
        while let Some(found) = self.source[at..].find("{%") {
            let start = at + found;
            let rest = &self.source[start + 2..];
            let marked = rest.strip_prefix('-').unwrap_or(rest);
            let inner = marked.trim_start();
            let len = inner
                .find(|it: char| !(it.is_alphanumeric() || it == '_'))
                .unwrap_or(inner.len());
            let word = &inner[..len];
            let before = &self.source[at..start];
            let is_swallowed = nests
                && !raw
                && before
                    .rfind("{{")
                    .is_some_and(|it| !before[it..].contains("}}"));
            if is_swallowed {
                // an output that is not closed swallows the tag after it
                at = rest.find("%}").map_or(start + 2, |it| start + 2 + it + 2);
                continue;
            }
            let after = self.source.len() - inner.len() + len;
            if !nests || raw {
                // only the closing tag itself means anything
                at = start + 2;
                let tail = self.source[after..].trim_start();
                let is_bare = tail.starts_with("%}") || tail.starts_with("-%}");
                if raw {
                    raw = word != "endraw";
                } else if word == closing && (is_bare || name != "raw") {
                    let Some(close) = self.source[after..].find("%}") else {
                        return Err(unclosed());
                    };
                    return Ok(self.close_verbatim(from, start, after + close));
                }
                continue;
            }
            let Some(close) = self.source[after..].find("%}") else {
                return Err(unclosed());
            };
            // a tag that is not closed swallows the next one
            at = after + close + 2;
            if word == "raw" {
                raw = true;
            } else if word == name {
                depth += 1;
            } else if word == closing {
                if depth == 0 {
                    return Ok(self.close_verbatim(from, start, after + close));
                }
                depth -= 1;
            }
        }
        Err(unclosed())
    }

    /// Goes on behind the closing tag, whose `%}` is at `close`; the text that ends at its beginning.
    fn close_verbatim(&mut self, from: usize, start: usize, close: usize) -> Span {
        self.cursor = Cursor::Source {
            at: close + 2,
            trims: self.source[..close].ends_with('-'),
        };
        Span::new(from, start)
    }

    fn verbatim_lines(&mut self, closing: &str, name: &str) -> Option<Span> {
        let mut depth = 0_usize;
        loop {
            let Ok(Item::Tag(inner)) = self.item() else {
                return None;
            };
            let word = self.text(inner.name);
            if word == name {
                depth += 1;
            } else if word == closing {
                if depth == 0 {
                    return Some(Span::new(inner.at, inner.at));
                }
                depth -= 1;
            }
        }
    }

    fn output(&mut self, inner: Span) -> Result<Option<Kind>, Fault> {
        if self.text(inner).trim().is_empty() {
            return Ok(None);
        }
        let mut line = self.line(inner)?;
        let chain = self.chain(&mut line)?;
        line.end()?;
        Ok(Some(self.content_block(chain)?))
    }

    /// `{{content_blocks.${name}}}` includes a template; anything else is an output.
    fn content_block(&mut self, chain: Chain) -> Result<Kind, Fault> {
        if self.dialect != Dialect::Braze {
            return Ok(Kind::Output(chain));
        }
        let Expr::Path(path) = &chain.first else {
            return Ok(Kind::Output(chain));
        };
        let (Root::Slot(slot), [Key::Name(name)]) = (&path.root, path.keys.as_slice()) else {
            return Ok(Kind::Output(chain));
        };
        if &*self.names[*slot as usize] != "content_blocks" {
            return Ok(Kind::Output(chain));
        }
        if let Some(call) = chain.calls.first() {
            return Err((
                call.at as usize,
                "a content block takes no filter".to_owned(),
            ));
        }
        Ok(Kind::Partial(Box::new(Partial {
            is_isolated: false,
            name: Expr::Text(*name),
            bind: Bind::Own,
            value: None,
            alias: None,
            args: Vec::new(),
        })))
    }
}

impl Body {
    pub(crate) fn push(&mut self, at: usize, kind: Kind) {
        self.nodes.push(Node {
            at: at as u32,
            kind,
        });
    }
}

/// Takes the white space out of blocks that write nothing else.
pub(crate) fn without_texts(nodes: &mut Vec<Node>) {
    nodes.retain(|it| !matches!(it.kind, Kind::Text(_)));
}
