//! `render` and `include`: other templates in place, to a bounded depth.

use std::io::Write;

use liquid_core::model::{KString, Object, Value, ValueView};
use liquid_core::parser::TryMatchToken;
use liquid_core::{
    Error, Expression, Language, ParseTag, Renderable, Result, Runtime, TagReflection, TagTokenIter,
};

use crate::runtime::{Frame, INCLUDE_DEPTH_MAX, Progress, Sight, step};

/// Which of the two tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartialTag {
    /// `include`: sees and changes everything around it.
    Include,
    /// `render`: sees only what it is given.
    Render,
}

impl TagReflection for PartialTag {
    fn tag(&self) -> &'static str {
        match self {
            Self::Include => "include",
            Self::Render => "render",
        }
    }

    fn description(&self) -> &'static str {
        ""
    }
}

#[derive(Debug)]
struct Partial {
    sight: Sight,
    name: Expression,
    /// `with value as name`, or `for list as name` (true).
    subject: Option<(Expression, bool, Option<KString>)>,
    vars: Vec<(KString, Expression)>,
}

impl ParseTag for PartialTag {
    fn parse(&self, mut arguments: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
        let name = arguments
            .expect_next("the name of a template is expected")?
            .expect_value()
            .into_result()?;
        let mut partial = Partial {
            sight: match self {
                Self::Include => Sight::Open,
                Self::Render => Sight::Closed,
            },
            name,
            subject: None,
            vars: Vec::new(),
        };
        let mut token = arguments.next();
        if let Some(word) = token.as_ref().map(|it| it.as_str().to_owned())
            && (word == "with" || word == "for")
        {
            let value = arguments
                .expect_next("a value is expected")?
                .expect_value()
                .into_result()?;
            token = arguments.next();
            let mut alias = None;
            if token.as_ref().is_some_and(|it| it.as_str() == "as") {
                let name = arguments
                    .expect_next("a name is expected")?
                    .expect_identifier()
                    .into_result()?;
                alias = Some(KString::from_ref(name));
                token = arguments.next();
            }
            partial.subject = Some((value, word == "for", alias));
        }
        while let Some(present) = token {
            if present.as_str() == "," {
                token = arguments.next();
                continue;
            }
            let key = match present.expect_identifier() {
                TryMatchToken::Matches(key) => KString::from_ref(key),
                TryMatchToken::Fails(other) => return Err(other.raise_error()),
            };
            arguments
                .expect_next("`:` is expected")?
                .expect_str(":")
                .into_result_custom_msg("`:` is expected")?;
            let value = arguments
                .expect_next("a value is expected")?
                .expect_value()
                .into_result()?;
            partial.vars.push((key, value));
            token = arguments.next();
        }
        Ok(Box::new(partial))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

impl Partial {
    fn once(
        &self,
        writer: &mut dyn Write,
        runtime: &dyn Runtime,
        name: &str,
        vars: Object,
    ) -> Result<()> {
        step(runtime)?;
        let template = runtime.partials().get(name)?;
        {
            let mut progress = runtime.registers().get_mut::<Progress>();
            progress.depth += 1;
            if progress.depth > INCLUDE_DEPTH_MAX {
                let detail =
                    format!("templates include each other deeper than {INCLUDE_DEPTH_MAX}");
                progress.refusal = Some(detail.clone());
                return Err(Error::with_msg(detail));
            }
        }
        let frame = Frame::new(runtime, vars, self.sight);
        let outcome = template.render_to(writer, &frame);
        runtime.registers().get_mut::<Progress>().depth -= 1;
        outcome
    }
}

impl Renderable for Partial {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let name = self.name.evaluate(runtime)?.to_kstr().into_string();
        let mut vars = Object::new();
        for (key, value) in &self.vars {
            vars.insert(key.clone(), value.evaluate(runtime)?.into_owned());
        }
        let Some((subject, is_each, alias)) = &self.subject else {
            return self.once(writer, runtime, &name, vars);
        };
        let key = alias.clone().unwrap_or_else(|| KString::from_ref(&name));
        let value = subject.evaluate(runtime)?.into_owned();
        match value {
            Value::Array(items) if *is_each || self.sight == Sight::Open => {
                for item in items {
                    let mut vars = vars.clone();
                    vars.insert(key.clone(), item);
                    self.once(writer, runtime, &name, vars)?;
                }
                Ok(())
            }
            value => {
                vars.insert(key, value);
                self.once(writer, runtime, &name, vars)
            }
        }
    }
}
