//! Reads the tags of Liquid.

use crate::ast::{
    Arm, Bind, Branch, Case, Cycle, CycleKey, Expr, For, Kind, Offset, Partial, Span, TableRow,
};
use crate::lexer::{Fault, Tok};
use crate::parser::{Body, Line, Parser, Tag, without_texts};
use crate::template::Dialect;

impl Parser<'_> {
    /// Reads one tag, with its body if it is a block, and adds what it does to `body`.
    pub(crate) fn tag(&mut self, tag: Tag, body: &mut Body) -> Result<(), Fault> {
        let name = self.text(tag.name);
        // the second says whether the tag leaves a block blank
        let (kind, is_blank) = match name {
            "#" => {
                self.remark(tag)?;
                return Ok(());
            }
            "comment" | "doc" => {
                if name == "doc" {
                    self.no_args(tag)?;
                }
                let inner = self.verbatim(tag, name == "comment")?;
                if name == "doc" && has_tag(self.text(inner), "doc") {
                    return Err((tag.at, "`doc` blocks do not nest".to_owned()));
                }
                return Ok(());
            }
            "raw" => {
                self.no_args(tag)?;
                let inner = self.verbatim(tag, false)?;
                (Kind::Text(inner), false)
            }
            "echo" => {
                let Some(kind) = self.echo(tag)? else {
                    body.is_blank = false;
                    return Ok(());
                };
                (kind, false)
            }
            "assign" => (self.assign(tag)?, true),
            "capture" => (self.capture(tag)?, true),
            "if" | "unless" => self.branches(tag, name == "unless")?,
            "case" => self.case(tag)?,
            "for" => self.for_loop(tag)?,
            "tablerow" => (self.table_row(tag)?, false),
            "ifchanged" => {
                self.no_args(tag)?;
                let (inner, _) = self.block(tag, &["endifchanged"])?;
                let is_blank = inner.is_blank;
                (Kind::IfChanged(inner.nodes), is_blank)
            }
            "cycle" => (self.cycle(tag)?, false),
            "increment" => (Kind::Step(self.only_name(tag)?, 1), false),
            "decrement" => (Kind::Step(self.only_name(tag)?, -1), false),
            "break" => {
                self.no_args(tag)?;
                (Kind::Break, false)
            }
            "continue" => {
                self.no_args(tag)?;
                (Kind::Continue, false)
            }
            "include" => (self.partial(tag, false)?, false),
            "render" => (self.partial(tag, true)?, false),
            "else" | "elsif" | "when" => {
                return Err((tag.at, format!("`{name}` stands outside its block")));
            }
            _ if name.starts_with("end") => {
                return Err((tag.at, format!("`{name}` closes nothing that is open here")));
            }
            _ => match self.braze_tag(tag)? {
                Some((kind, is_blank)) if self.dialect == Dialect::Braze => (kind, is_blank),
                _ => return Err((tag.at, format!("unknown tag `{name}`"))),
            },
        };
        body.is_blank &= is_blank;
        body.push(tag.at, kind);
        Ok(())
    }

    fn remark(&self, tag: Tag) -> Result<(), Fault> {
        let text = self.text(tag.args);
        let mut at = tag.args.start as usize;
        for (i, line) in text.split('\n').enumerate() {
            let content = line.trim();
            if i > 0 && !content.is_empty() && !content.starts_with('#') {
                let detail = "each line of a comment must begin with `#`".to_owned();
                return Err((at + line.len() - line.trim_start().len(), detail));
            }
            at += line.len() + 1;
        }
        Ok(())
    }

    pub(crate) fn no_args(&self, tag: Tag) -> Result<(), Fault> {
        let args = self.text(tag.args);
        if args.trim().is_empty() {
            return Ok(());
        }
        let at = tag.args.start as usize + args.len() - args.trim_start().len();
        let name = self.text(tag.name);
        Err((at, format!("`{name}` takes no arguments")))
    }

    fn only_name(&mut self, tag: Tag) -> Result<u32, Fault> {
        let mut line = self.line(tag.args)?;
        if line.is_lax && line.peek().tok == Tok::End {
            return Ok(self.slot(""));
        }
        let name = line.expect(Tok::Name, "the name of a variable")?.span;
        line.end()?;
        Ok(self.slot(self.text(name)))
    }

    fn echo(&mut self, tag: Tag) -> Result<Option<Kind>, Fault> {
        let mut line = self.line(tag.args)?;
        if line.peek().tok == Tok::End {
            return Ok(None);
        }
        let chain = self.chain(&mut line)?;
        line.end()?;
        Ok(Some(Kind::Output(chain)))
    }

    fn assign(&mut self, tag: Tag) -> Result<Kind, Fault> {
        let mut line = self.line(tag.args)?;
        let name = if line.is_lax {
            line.next().span
        } else {
            line.expect(Tok::Name, "the name of a variable")?.span
        };
        line.expect(Tok::Assign, "`=`")?;
        let chain = self.chain(&mut line)?;
        line.end()?;
        Ok(Kind::Assign(self.slot(self.text(name)), chain))
    }

    fn capture(&mut self, tag: Tag) -> Result<Kind, Fault> {
        let mut line = self.line(tag.args)?;
        let name = if line.peek().tok == Tok::Text {
            line.next().span
        } else {
            line.expect(Tok::Name, "the name of a variable")?.span
        };
        line.end()?;
        let (body, end) = self.block(tag, &["endcapture"])?;
        self.no_args(end)?;
        Ok(Kind::Capture(self.slot(self.text(name)), body.nodes))
    }

    fn branches(&mut self, tag: Tag, is_unless: bool) -> Result<(Kind, bool), Fault> {
        let closing = if is_unless { "endunless" } else { "endif" };
        let mut branches = Vec::new();
        let mut is_blank = true;
        let mut head = tag;
        loop {
            let name = self.text(head.name);
            let condition = if name == "else" {
                None
            } else {
                let mut line = self.line(head.args)?;
                let condition = self.condition(&mut line)?;
                line.end()?;
                Some(condition)
            };
            let (body, end) = self.block(tag, &["elsif", "else", closing])?;
            is_blank &= body.is_blank;
            branches.push(Branch {
                condition,
                is_negated: name == "unless",
                body: body.nodes,
            });
            if self.text(end.name) == closing {
                break;
            }
            head = end;
        }
        if is_blank {
            for branch in &mut branches {
                without_texts(&mut branch.body);
            }
        }
        Ok((Kind::If(branches), is_blank))
    }

    fn case(&mut self, tag: Tag) -> Result<(Kind, bool), Fault> {
        let mut line = self.line(tag.args)?;
        let subject = self.value(&mut line)?;
        line.end()?;
        let mut arms: Vec<Arm> = Vec::new();
        let mut is_blank = true;
        // what stands before the first `when` is not part of anything
        let (_, mut head) = self.block(tag, &["when", "else", "endcase"])?;
        while self.text(head.name) != "endcase" {
            let values = if self.text(head.name) == "else" {
                None
            } else {
                Some(self.when_values(head)?)
            };
            let (body, next) = self.block(tag, &["when", "else", "endcase"])?;
            is_blank &= body.is_blank;
            arms.push(Arm {
                values,
                body: body.nodes,
            });
            head = next;
        }
        if is_blank {
            for arm in &mut arms {
                without_texts(&mut arm.body);
            }
        }
        Ok((Kind::Case(Box::new(Case { subject, arms })), is_blank))
    }

    fn when_values(&mut self, tag: Tag) -> Result<Vec<Expr>, Fault> {
        let mut line = self.line(tag.args)?;
        let mut values = vec![self.value(&mut line)?];
        loop {
            let token = line.peek();
            let goes_on =
                token.tok == Tok::Comma || token.tok == Tok::Name && self.text(token.span) == "or";
            if !goes_on {
                break;
            }
            line.next();
            values.push(self.value(&mut line)?);
        }
        line.end()?;
        Ok(values)
    }

    /// `item in collection`, of both loops.
    fn loop_head(&mut self, line: &mut Line) -> Result<(Span, Expr, Span), Fault> {
        let name = line.expect(Tok::Name, "the name of a variable")?.span;
        let word = line.peek();
        if word.tok != Tok::Name || self.text(word.span) != "in" {
            return Err((word.span.start as usize, "expected `in`".to_owned()));
        }
        line.next();
        let from = line.peek().span.start as usize;
        let items = self.value(line)?;
        let written = Span::new(from, line.back(1).span.end as usize);
        Ok((name, items, written))
    }

    /// `, name: value` pairs to the end; the second of a pair may be the bare word `continue`.
    fn attributes(&mut self, line: &mut Line) -> Result<Vec<(Span, Expr)>, Fault> {
        let mut found = Vec::new();
        while line.peek().tok != Tok::End {
            if !line.eats(Tok::Comma) && line.peek().tok != Tok::Name {
                line.end()?;
                break;
            }
            let name = line.expect(Tok::Name, "the name of an attribute")?.span;
            line.expect(Tok::Colon, "`:`")?;
            found.push((name, self.value(line)?));
        }
        Ok(found)
    }

    fn for_loop(&mut self, tag: Tag) -> Result<(Kind, bool), Fault> {
        let mut line = self.line(tag.args)?;
        let (name, items, written) = self.loop_head(&mut line)?;
        let word = line.peek();
        let is_reversed = word.tok == Tok::Name && self.text(word.span) == "reversed";
        if is_reversed {
            line.next();
        }
        let (mut limit, mut offset) = (None, None);
        for (key, value) in self.attributes(&mut line)? {
            match self.text(key) {
                "limit" => limit = Some(value),
                "offset" => {
                    let is_continue = matches!(&value, Expr::Path(path)
                        if path.keys.is_empty() && path.read.as_deref() == Some("continue"));
                    offset = Some(if is_continue {
                        Offset::Continue
                    } else {
                        Offset::Value(value)
                    });
                }
                other => {
                    let detail = format!("`for` has no attribute `{other}`");
                    return Err((key.start as usize, detail));
                }
            }
        }
        let (mut body, end) = self.block(tag, &["else", "endfor"])?;
        let mut or_else = Vec::new();
        let mut is_blank = body.is_blank;
        if self.text(end.name) == "else" {
            let (other, _) = self.block(tag, &["endfor"])?;
            is_blank &= other.is_blank;
            or_else = other.nodes;
        }
        if is_blank {
            without_texts(&mut body.nodes);
            without_texts(&mut or_else);
        }
        let named = format!("{}-{}", self.text(name), self.text(written));
        let kind = For {
            slot: self.slot(self.text(name)),
            forloop: self.slot("forloop"),
            name: named.into_boxed_str(),
            items,
            is_reversed,
            limit,
            offset,
            body: body.nodes,
            or_else,
        };
        Ok((Kind::For(Box::new(kind)), is_blank))
    }

    fn table_row(&mut self, tag: Tag) -> Result<Kind, Fault> {
        let mut line = self.line(tag.args)?;
        let (name, items, _) = self.loop_head(&mut line)?;
        let (mut cols, mut limit, mut offset) = (None, None, None);
        for (key, value) in self.attributes(&mut line)? {
            match self.text(key) {
                "cols" => cols = Some(value),
                "limit" => limit = Some(value),
                "offset" => offset = Some(value),
                "range" => {}
                _ if line.is_lax => {}
                other => {
                    let detail = format!("`tablerow` has no attribute `{other}`");
                    return Err((key.start as usize, detail));
                }
            }
        }
        let (body, _) = self.block(tag, &["endtablerow"])?;
        Ok(Kind::TableRow(Box::new(TableRow {
            slot: self.slot(self.text(name)),
            tablerowloop: self.slot("tablerowloop"),
            items,
            cols,
            limit,
            offset,
            body: body.nodes,
        })))
    }

    fn cycle(&mut self, tag: Tag) -> Result<Kind, Fault> {
        let mut line = self.line(tag.args)?;
        let mut values = vec![self.value(&mut line)?];
        let mut name = None;
        if line.eats(Tok::Colon) {
            name = values.pop();
            values.push(self.value(&mut line)?);
        }
        while line.eats(Tok::Comma) {
            if line.peek().tok == Tok::End {
                break;
            }
            values.push(self.value(&mut line)?);
        }
        line.end()?;
        let is_fixed = values
            .iter()
            .all(|it| !matches!(it, Expr::Path(_) | Expr::Nested(_)));
        let key = match name {
            Some(name) => CycleKey::Named(name),
            // cycles of literals share their place, others have their own
            None if is_fixed => CycleKey::Written(
                self.text(tag.args)
                    .split_whitespace()
                    .collect::<String>()
                    .into_boxed_str(),
            ),
            None => CycleKey::Written(format!("#{}", tag.at).into_boxed_str()),
        };
        Ok(Kind::Cycle(Box::new(Cycle { key, values })))
    }

    fn partial(&mut self, tag: Tag, is_isolated: bool) -> Result<Kind, Fault> {
        let mut line = self.line(tag.args)?;
        let first = line.peek();
        if is_isolated && first.tok != Tok::Text {
            let detail = "expected the template's name as a text".to_owned();
            return Err((first.span.start as usize, detail));
        }
        let name = self.value(&mut line)?;
        let (mut bind, mut value, mut alias) = (Bind::Own, None, None);
        let word = line.peek();
        let is_argument = line.ahead(1).tok == Tok::Colon;
        if word.tok == Tok::Name && !is_argument {
            bind = match self.text(word.span) {
                "with" => Bind::With,
                "for" => Bind::Each,
                _ => Bind::Own,
            };
        }
        if bind != Bind::Own {
            line.next();
            value = Some(self.value(&mut line)?);
        }
        let word = line.peek();
        if word.tok == Tok::Name && self.text(word.span) == "as" && line.ahead(1).tok != Tok::Colon
        {
            line.next();
            alias = Some(line.expect(Tok::Name, "a name after `as`")?.span);
        }
        let mut args = Vec::new();
        line.eats(Tok::Comma);
        while line.peek().tok == Tok::Name {
            let key = line.next().span;
            line.expect(Tok::Colon, "`:`")?;
            args.push((key, self.value(&mut line)?));
            line.eats(Tok::Comma);
        }
        line.end()?;
        Ok(Kind::Partial(Box::new(Partial {
            is_isolated,
            name,
            bind,
            value,
            alias,
            args,
        })))
    }
}

fn has_tag(text: &str, name: &str) -> bool {
    text.match_indices("{%").any(|(at, _)| {
        let rest = text[at + 2..].trim_start_matches('-').trim_start();
        rest.strip_prefix(name)
            .is_some_and(|it| !it.starts_with(|it: char| it.is_alphanumeric() || it == '_'))
    })
}
