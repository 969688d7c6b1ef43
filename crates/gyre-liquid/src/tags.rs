//! Tags of our own: an output that knows its place, and `abort_message`.

use std::io::Write;

use liquid_core::error::ResultLiquidReplaceExt;
use liquid_core::model::ValueView;
use liquid_core::parser::FilterChain;
use liquid_core::{
    Error, Language, ParseTag, Renderable, Result, Runtime, TagReflection, TagTokenIter,
};

use crate::runtime::{Progress, step};

/// `gyre_out <offset> <expression>`: what the scanner makes of `{{ expression }}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutTag;

impl TagReflection for OutTag {
    fn tag(&self) -> &'static str {
        "gyre_out"
    }

    fn description(&self) -> &'static str {
        ""
    }
}

impl ParseTag for OutTag {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let offset = arguments.expect_next("offset expected")?;
        let offset = offset.as_str().trim().parse().unwrap_or(0);
        let chain = arguments
            .expect_next("expression expected")?
            .expect_filter_chain(options)
            .into_result()?;
        arguments.expect_nothing()?;
        Ok(Box::new(Out { offset, chain }))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

#[derive(Debug)]
struct Out {
    offset: usize,
    chain: FilterChain,
}

impl Renderable for Out {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        runtime.registers().get_mut::<Progress>().offset = self.offset;
        step(runtime)?;
        let value = self.chain.evaluate(runtime)?;
        write!(writer, "{}", value.render()).replace("Failed to render")
    }
}

/// `abort_message 'reason'`: the message is not sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AbortTag;

impl TagReflection for AbortTag {
    fn tag(&self) -> &'static str {
        "abort_message"
    }

    fn description(&self) -> &'static str {
        ""
    }
}

impl ParseTag for AbortTag {
    fn parse(&self, mut arguments: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
        let reason = arguments
            .expect_next("reason expected")?
            .expect_literal()
            .into_result()?;
        arguments.expect_nothing()?;
        Ok(Box::new(Abort(reason.to_kstr().into_string())))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

#[derive(Debug)]
struct Abort(String);

impl Renderable for Abort {
    fn render_to(&self, _: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        runtime.registers().get_mut::<Progress>().aborted = Some(self.0.clone());
        Err(Error::with_msg("aborted"))
    }
}
