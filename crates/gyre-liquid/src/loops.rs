//! `for` and `tablerow`: counted, with ranges that are bounded before they are built.

use std::io::Write;

use liquid_core::error::ResultLiquidReplaceExt;
use liquid_core::model::{KString, Object, Scalar, Value, ValueView};
use liquid_core::parser::{BlockElement, TryMatchToken};
use liquid_core::runtime::{Interrupt, InterruptRegister};
use liquid_core::{
    BlockReflection, Error, Expression, Language, ParseBlock, Renderable, Result, Runtime,
    TagBlock, TagTokenIter, Template,
};

use crate::runtime::{Frame, STEPS_MAX, Sight, charge, step};

/// Which of the two loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoopBlock {
    /// `for`.
    For,
    /// `tablerow`.
    TableRow,
}

impl BlockReflection for LoopBlock {
    fn start_tag(&self) -> &'static str {
        match self {
            Self::For => "for",
            Self::TableRow => "tablerow",
        }
    }

    fn end_tag(&self) -> &'static str {
        match self {
            Self::For => "endfor",
            Self::TableRow => "endtablerow",
        }
    }

    fn description(&self) -> &'static str {
        ""
    }
}

#[derive(Debug)]
enum Source {
    List(Expression),
    Range(Expression, Expression),
}

#[derive(Debug)]
struct Loop {
    kind: LoopBlock,
    var: KString,
    source: Source,
    limit: Option<Expression>,
    offset: Option<Expression>,
    cols: Option<Expression>,
    is_reversed: bool,
    body: Template,
    otherwise: Option<Template>,
}

impl ParseBlock for LoopBlock {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut tokens: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let var = arguments
            .expect_next("a variable is expected")?
            .expect_identifier()
            .into_result()?;
        arguments
            .expect_next("`in` is expected")?
            .expect_str("in")
            .into_result_custom_msg("`in` is expected")?;
        let source = arguments.expect_next("a list or a range is expected")?;
        let source = match source.expect_value() {
            TryMatchToken::Matches(list) => Source::List(list),
            TryMatchToken::Fails(range) => {
                let (start, end) = range.expect_range().into_result()?;
                Source::Range(start, end)
            }
        };
        let mut it = Loop {
            kind: *self,
            var: KString::from_ref(var),
            source,
            limit: None,
            offset: None,
            cols: None,
            is_reversed: false,
            body: Template::new(Vec::new()),
            otherwise: None,
        };
        while let Some(token) = arguments.next() {
            match token.as_str() {
                "limit" => it.limit = Some(parameter(&mut arguments)?),
                "offset" => it.offset = Some(parameter(&mut arguments)?),
                "cols" => it.cols = Some(parameter(&mut arguments)?),
                "reversed" => it.is_reversed = true,
                "," => {}
                _ => return Err(token.raise_custom_error("limit, offset or reversed is expected")),
            }
        }
        let mut body = Vec::new();
        while let Some(element) = tokens.next()? {
            match element {
                BlockElement::Tag(tag) if tag.name() == "else" => {
                    it.otherwise = Some(Template::new(tokens.parse_all(options)?));
                    break;
                }
                element => body.push(element.parse(&mut tokens, options)?),
            }
        }
        tokens.assert_empty();
        it.body = Template::new(body);
        Ok(Box::new(it))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

fn parameter(arguments: &mut TagTokenIter<'_>) -> Result<Expression> {
    arguments
        .expect_next("`:` is expected")?
        .expect_str(":")
        .into_result_custom_msg("`:` is expected")?;
    arguments
        .expect_next("a value is expected")?
        .expect_value()
        .into_result()
}

fn whole(expression: &Expression, runtime: &dyn Runtime) -> Result<i64> {
    let value = expression.evaluate(runtime)?;
    match crate::value::Number::of(value.as_view()) {
        crate::value::Number::Whole(it) => Ok(it),
        crate::value::Number::Float(it) => Ok(it as i64),
    }
}

impl Loop {
    fn items(&self, runtime: &dyn Runtime) -> Result<Vec<Value>> {
        match &self.source {
            Source::Range(start, end) => {
                let (start, end) = (whole(start, runtime)?, whole(end, runtime)?);
                if end.saturating_sub(start) >= STEPS_MAX as i64 {
                    let detail = format!("range is longer than {STEPS_MAX}");
                    return Err(Error::with_msg(detail));
                }
                Ok((start..=end).map(Value::scalar).collect())
            }
            Source::List(list) => {
                let value = list.evaluate(runtime)?;
                let view = value.as_view();
                if let Some(list) = view.as_array() {
                    return Ok(list.values().map(ValueView::to_value).collect());
                }
                if let Some(map) = view.as_object() {
                    let pair = |(key, it): (liquid_core::model::KStringCow<'_>, &dyn ValueView)| {
                        Value::array([Value::scalar(key.into_owned()), it.to_value()])
                    };
                    return Ok(map.iter().map(pair).collect());
                }
                let is_text = view
                    .as_scalar()
                    .is_some_and(|it| it.type_name() == "string");
                if is_text && !view.to_kstr().is_empty() {
                    return Ok(vec![view.to_value()]);
                }
                Ok(Vec::new())
            }
        }
    }

    fn selected(&self, runtime: &dyn Runtime) -> Result<Vec<Value>> {
        let items = self.items(runtime)?;
        let bound = |expression: &Option<Expression>| -> Result<Option<usize>> {
            let Some(expression) = expression else {
                return Ok(None);
            };
            Ok(Some(
                usize::try_from(whole(expression, runtime)?).unwrap_or(0),
            ))
        };
        let offset = bound(&self.offset)?.unwrap_or(0);
        let limit = bound(&self.limit)?.unwrap_or(usize::MAX);
        let mut items: Vec<Value> = items.into_iter().skip(offset).take(limit).collect();
        if self.is_reversed {
            items.reverse();
        }
        Ok(items)
    }

    /// One round; true if the template broke out.
    fn round(&self, writer: &mut dyn Write, runtime: &dyn Runtime, vars: Object) -> Result<bool> {
        step(runtime)?;
        let frame = Frame::new(runtime, vars, Sight::Open);
        let mut counted = Counted {
            inner: writer,
            runtime,
        };
        self.body.render_to(&mut counted, &frame)?;
        let interrupt = runtime.registers().get_mut::<InterruptRegister>().reset();
        Ok(matches!(interrupt, Some(Interrupt::Break)))
    }
}

impl Renderable for Loop {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let items = self.selected(runtime)?;
        let length = items.len() as i64;
        if length == 0 && self.kind == LoopBlock::For {
            return match &self.otherwise {
                Some(otherwise) => otherwise.render_to(writer, runtime),
                None => Ok(()),
            };
        }
        let cols = match &self.cols {
            Some(cols) => whole(cols, runtime)?.max(1),
            None => length.max(1),
        };
        let parent = runtime.try_get(&[Scalar::new("forloop")]);
        let parent = parent.map(liquid_core::ValueCow::into_owned);
        let is_table = self.kind == LoopBlock::TableRow;
        if is_table {
            writeln!(writer, "<tr class=\"row1\">").replace("Failed to render")?;
        }
        for (i, item) in items.into_iter().enumerate() {
            let i = i as i64;
            let mut state = position(i, length);
            if is_table {
                let col = i % cols;
                state.insert("col".into(), Value::scalar(col + 1));
                state.insert("col0".into(), Value::scalar(col));
                state.insert("col_first".into(), Value::scalar(col == 0));
                state.insert("col_last".into(), Value::scalar(col + 1 == cols));
                state.insert("row".into(), Value::scalar(i / cols + 1));
                if col == 0 && i > 0 {
                    write!(writer, "</tr>\n<tr class=\"row{}\">", i / cols + 1)
                        .replace("Failed to render")?;
                }
                write!(writer, "<td class=\"col{}\">", col + 1).replace("Failed to render")?;
            } else if let Some(parent) = &parent {
                state.insert("parentloop".into(), parent.clone());
            }
            let name = if is_table { "tablerowloop" } else { "forloop" };
            let mut vars = Object::new();
            vars.insert(name.into(), Value::Object(state));
            vars.insert(self.var.clone(), item);
            let is_broken = self.round(writer, runtime, vars)?;
            if is_table {
                write!(writer, "</td>").replace("Failed to render")?;
            }
            if is_broken {
                break;
            }
        }
        if is_table {
            writeln!(writer, "</tr>").replace("Failed to render")?;
        }
        Ok(())
    }
}

fn position(i: i64, length: i64) -> Object {
    let mut state = Object::new();
    state.insert("length".into(), Value::scalar(length));
    state.insert("index".into(), Value::scalar(i + 1));
    state.insert("index0".into(), Value::scalar(i));
    state.insert("rindex".into(), Value::scalar(length - i));
    state.insert("rindex0".into(), Value::scalar(length - i - 1));
    state.insert("first".into(), Value::scalar(i == 0));
    state.insert("last".into(), Value::scalar(i + 1 == length));
    state
}

/// Charges what a loop writes, also where it is captured rather than sent.
struct Counted<'a> {
    inner: &'a mut dyn Write,
    runtime: &'a dyn Runtime,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        charge(self.runtime, bytes.len()).map_err(|it| std::io::Error::other(it.to_string()))?;
        self.inner.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
