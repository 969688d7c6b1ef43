//! The tags, blocks and filters that templates may use.

use std::sync::OnceLock;

use liquid_core::parser::{ParseBlock, ParseFilter, ParseTag};
use liquid_core::{FilterReflection, Language};
use liquid_lib::stdlib;

use crate::filters::FILTERS;
use crate::loops::LoopBlock;
use crate::partial_tags::PartialTag;
use crate::tags::{AbortTag, OutTag};

/// The language, built once.
pub(crate) fn language() -> &'static Language {
    static LANGUAGE: OnceLock<Language> = OnceLock::new();
    LANGUAGE.get_or_init(build)
}

fn build() -> Language {
    let mut language = Language::empty();
    let tags: [Box<dyn ParseTag>; 10] = [
        Box::new(stdlib::AssignTag),
        Box::new(stdlib::BreakTag),
        Box::new(stdlib::ContinueTag),
        Box::new(stdlib::CycleTag),
        Box::new(stdlib::IncrementTag),
        Box::new(stdlib::DecrementTag),
        Box::new(PartialTag::Include),
        Box::new(PartialTag::Render),
        Box::new(OutTag),
        Box::new(AbortTag),
    ];
    for tag in tags {
        let name = tag.reflection().tag().to_owned();
        language.tags.register(name, tag);
    }
    let blocks: [Box<dyn ParseBlock>; 9] = [
        Box::new(stdlib::RawBlock),
        Box::new(stdlib::IfBlock),
        Box::new(stdlib::UnlessBlock),
        Box::new(stdlib::IfChangedBlock),
        Box::new(stdlib::CommentBlock),
        Box::new(stdlib::CaptureBlock),
        Box::new(stdlib::CaseBlock),
        Box::new(LoopBlock::For),
        Box::new(LoopBlock::TableRow),
    ];
    for block in blocks {
        let name = block.reflection().start_tag().to_owned();
        language.blocks.register(name, block);
    }
    let ready: [Box<dyn ParseFilter>; 11] = [
        Box::new(stdlib::Capitalize),
        Box::new(stdlib::Concat),
        Box::new(stdlib::Escape),
        Box::new(stdlib::EscapeOnce),
        Box::new(stdlib::NewlineToBr),
        Box::new(stdlib::Slice),
        Box::new(stdlib::Sort),
        Box::new(stdlib::SortNatural),
        Box::new(stdlib::StripHtml),
        Box::new(stdlib::Uniq),
        Box::new(stdlib::UrlDecode),
    ];
    for filter in ready {
        let name = filter.reflection().name().to_owned();
        language.filters.register(name, filter);
    }
    for filter in FILTERS.iter().flat_map(|it| it.iter()) {
        language
            .filters
            .register(filter.name().to_owned(), Box::new(*filter));
    }
    language
}
