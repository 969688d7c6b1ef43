//! Reads the tags that Braze adds. Their arguments are words, not Liquid values.

use crate::ast::{Catalog, Connected, Extra, Kind, Piece, Span};
use crate::lexer::{Fault, Tok};
use crate::parser::{Parser, Tag};

impl Parser<'_> {
    /// What a tag of Braze does, and whether it leaves a block blank; nothing for a tag that nobody knows.
    pub(crate) fn braze_tag(&mut self, tag: Tag) -> Result<Option<(Kind, bool)>, Fault> {
        Ok(Some(match self.text(tag.name) {
            "abort_message" => (Kind::Abort(self.bracketed(tag, false)?), false),
            "promotion" => (Kind::Promotion(self.bracketed(tag, true)?), false),
            "message_extras" => (self.extra(tag)?, true),
            "catalog_items" => (self.catalog(tag, false)?, true),
            "catalog_selection_items" => (self.catalog(tag, true)?, true),
            "connected_content" => (self.connected(tag)?, false),
            _ => return Ok(None),
        }))
    }

    /// `('text')`; nothing at all where the text may be left out.
    fn bracketed(&mut self, tag: Tag, is_needed: bool) -> Result<Span, Fault> {
        let mut line = self.line(tag.args)?;
        if !is_needed && line.peek().tok == Tok::End {
            return Ok(Span::default());
        }
        line.expect(Tok::OpenRound, "`(`")?;
        let mut text = Span::default();
        if is_needed || line.peek().tok != Tok::CloseRound {
            text = line.expect(Tok::Text, "a literal text")?.span;
        }
        line.expect(Tok::CloseRound, "`)`")?;
        line.end()?;
        Ok(text)
    }

    /// Words between spaces; braces and quotes hold theirs together.
    fn words(&self, args: Span) -> Vec<Span> {
        let text = self.text(args);
        let base = args.start as usize;
        let (mut words, mut start, mut depth) = (Vec::new(), None, 0_usize);
        let mut quote = None;
        for (i, letter) in text.char_indices() {
            let is_space = letter.is_whitespace() && depth == 0 && quote.is_none();
            match letter {
                _ if quote == Some(letter) => quote = None,
                '"' | '\'' if quote.is_none() && start.is_none() => quote = Some(letter),
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            match start {
                None if !is_space => start = Some(i),
                Some(from) if is_space => {
                    words.push(Span::new(base + from, base + i));
                    start = None;
                }
                _ => {}
            }
        }
        if let Some(from) = start {
            words.push(Span::new(base + from, base + text.len()));
        }
        words
    }

    /// A text with `{{ … }}` in it. Quotes around all of it are taken off.
    fn pieces(&mut self, span: Span) -> Result<Vec<Piece>, Fault> {
        let span = unquoted(self.source, span);
        let (mut at, end) = (span.start as usize, span.end as usize);
        let mut pieces = Vec::new();
        while at < end {
            let rest = &self.source[at..end];
            let Some(open) = rest.find("{{") else {
                pieces.push(Piece::Text(Span::new(at, end)));
                break;
            };
            if open > 0 {
                pieces.push(Piece::Text(Span::new(at, at + open)));
            }
            let from = at + open + 2;
            let mut line = self.line_to(from, end)?;
            let chain = self.chain(&mut line)?;
            let close = line.expect(Tok::CloseOutput, "`}}`")?;
            pieces.push(Piece::Value(chain));
            at = close.span.end as usize;
        }
        Ok(pieces)
    }

    /// The tokens of an inner output that begins at `from`; the text after it need not be Liquid.
    fn line_to(&self, from: usize, end: usize) -> Result<crate::parser::Line, Fault> {
        let text = &self.source[from..end];
        let (mut i, mut in_name) = (0, false);
        let bytes = text.as_bytes();
        while i < bytes.len() {
            match (bytes[i], bytes.get(i + 1)) {
                (b'$', Some(b'{')) => in_name = true,
                (b'}', _) if in_name => in_name = false,
                (b'}', Some(b'}')) => return self.line(Span::new(from, from + i + 2)),
                _ => {}
            }
            i += 1;
        }
        Err((from - 2, "output is not closed: expected `}}`".to_owned()))
    }

    fn extra(&mut self, tag: Tag) -> Result<Kind, Fault> {
        let words = self.words(tag.args);
        let is = |i: usize, name: &str| words.get(i).is_some_and(|it| self.text(*it) == name);
        if !is(0, ":key") || !is(2, ":value") || words.len() < 4 {
            let detail = "expected `:key name :value text`".to_owned();
            return Err((tag.at, detail));
        }
        let last = words[words.len() - 1];
        let value = Span::new(words[3].start as usize, last.end as usize);
        let key = self.pieces(words[1])?;
        let value = self.pieces(value)?;
        Ok(Kind::Extra(Box::new(Extra { key, value })))
    }

    fn catalog(&mut self, tag: Tag, is_selection: bool) -> Result<Kind, Fault> {
        let mut words = self.words(tag.args);
        let is_rerendered = words.last().is_some_and(|it| self.text(*it) == ":rerender");
        if is_rerendered {
            words.pop();
        }
        let is_complete = if is_selection {
            words.len() == 2
        } else {
            words.len() >= 2
        };
        if !is_complete {
            let what = if is_selection {
                "a selection"
            } else {
                "item ids"
            };
            return Err((tag.at, format!("expected a catalog and {what}")));
        }
        let name = unquoted(self.source, words[0]);
        let mut args = Vec::with_capacity(words.len() - 1);
        for word in &words[1..] {
            let text = self.text(*word);
            let len = text.trim_end_matches(',').len();
            args.push(self.pieces(Span::new(word.start as usize, word.start as usize + len))?);
        }
        Ok(Kind::Catalog(Box::new(Catalog {
            items: self.slot("items"),
            name,
            args,
            is_selection,
            is_rerendered,
        })))
    }

    fn connected(&mut self, tag: Tag) -> Result<Kind, Fault> {
        let words = self.words(tag.args);
        let mut words = words.into_iter();
        let Some(url) = words.next() else {
            return Err((tag.at, "expected an address".to_owned()));
        };
        let url = self.pieces(url)?;
        let mut connected = Connected {
            url,
            save: self.slot("connected"),
            method: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
            content_type: Vec::new(),
            basic_auth: Vec::new(),
            cache_max_age: Vec::new(),
            is_retried: false,
        };
        while let Some(word) = words.next() {
            let option = self.text(word);
            if option == ":retry" {
                connected.is_retried = true;
                continue;
            }
            let Some(value) = words.next() else {
                return Err((
                    word.start as usize,
                    format!("expected a value after `{option}`"),
                ));
            };
            if option == ":save" {
                connected.save = self.slot(self.text(value));
                continue;
            }
            let pieces = self.pieces(value)?;
            match option {
                ":method" => connected.method = pieces,
                ":headers" => connected.headers = pieces,
                ":body" => connected.body = pieces,
                ":content_type" => connected.content_type = pieces,
                ":basic_auth" => connected.basic_auth = pieces,
                ":cache_max_age" => connected.cache_max_age = pieces,
                _ => {
                    let detail = format!("`connected_content` has no option `{option}`");
                    return Err((word.start as usize, detail));
                }
            }
        }
        Ok(Kind::Connected(Box::new(connected)))
    }
}

fn unquoted(source: &str, span: Span) -> Span {
    let text = span.of(source);
    let is_quoted = text.len() >= 2
        && (text.starts_with('\'') && text.ends_with('\'')
            || text.starts_with('"') && text.ends_with('"'));
    if is_quoted {
        Span::new(span.start as usize + 1, span.end as usize - 1)
    } else {
        span
    }
}
