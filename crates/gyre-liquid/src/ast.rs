//! A template's compiled form: nodes that borrow their texts from the source by position, and numbered variables.

use crate::filters::FilterDef;
use crate::template::Dialect;

/// A piece of the source, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        // sources are at most TEMPLATE_BYTES_MAX long
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    pub(crate) fn of(self, source: &str) -> &str {
        source
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// A compiled template.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) source: Box<str>,
    pub(crate) dialect: Dialect,
    pub(crate) nodes: Vec<Node>,
    /// Names of variables; a variable is its place here.
    pub(crate) names: Vec<Box<str>>,
    /// How many paths there are; each has a number, so that what was read can be noted once.
    pub(crate) paths: u32,
}

impl Program {
    pub(crate) fn text(&self, span: Span) -> &str {
        span.of(&self.source)
    }
}

/// One thing to do, with its place in the source.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) at: u32,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Text(Span),
    Output(Chain),
    Assign(u32, Chain),
    Capture(u32, Vec<Node>),
    /// Branches of `if` and `unless`; the last may have no condition.
    If(Vec<Branch>),
    Case(Box<Case>),
    For(Box<For>),
    TableRow(Box<TableRow>),
    Cycle(Box<Cycle>),
    IfChanged(Vec<Node>),
    Step(u32, i64),
    Break,
    Continue,
    Partial(Box<Partial>),
    Abort(Span),
    Promotion(Span),
    Extra(Box<Extra>),
    Catalog(Box<Catalog>),
    Connected(Box<Connected>),
}

#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) condition: Option<Condition>,
    pub(crate) is_negated: bool,
    pub(crate) body: Vec<Node>,
}

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) subject: Expr,
    pub(crate) arms: Vec<Arm>,
}

#[derive(Debug)]
pub(crate) struct Arm {
    /// Nothing for `else`.
    pub(crate) values: Option<Vec<Expr>>,
    pub(crate) body: Vec<Node>,
}

#[derive(Debug)]
pub(crate) enum Offset {
    Continue,
    Value(Expr),
}

#[derive(Debug)]
pub(crate) struct For {
    pub(crate) slot: u32,
    pub(crate) forloop: u32,
    /// `item-collection` as written: what `offset: continue` and `forloop.name` go by.
    pub(crate) name: Box<str>,
    pub(crate) items: Expr,
    pub(crate) is_reversed: bool,
    pub(crate) limit: Option<Expr>,
    pub(crate) offset: Option<Offset>,
    pub(crate) body: Vec<Node>,
    pub(crate) or_else: Vec<Node>,
}

#[derive(Debug)]
pub(crate) struct TableRow {
    pub(crate) slot: u32,
    pub(crate) tablerowloop: u32,
    pub(crate) items: Expr,
    pub(crate) cols: Option<Expr>,
    pub(crate) limit: Option<Expr>,
    pub(crate) offset: Option<Expr>,
    pub(crate) body: Vec<Node>,
}

/// What tells one cycle from another.
#[derive(Debug)]
pub(crate) enum CycleKey {
    Named(Expr),
    Written(Box<str>),
}

#[derive(Debug)]
pub(crate) struct Cycle {
    pub(crate) key: CycleKey,
    pub(crate) values: Vec<Expr>,
}

/// How a partial is given its own variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bind {
    Own,
    With,
    Each,
}

#[derive(Debug)]
pub(crate) struct Partial {
    pub(crate) is_isolated: bool,
    pub(crate) name: Expr,
    pub(crate) bind: Bind,
    pub(crate) value: Option<Expr>,
    pub(crate) alias: Option<Span>,
    pub(crate) args: Vec<(Span, Expr)>,
}

#[derive(Debug)]
pub(crate) struct Extra {
    pub(crate) key: Vec<Piece>,
    pub(crate) value: Vec<Piece>,
}

#[derive(Debug)]
pub(crate) struct Catalog {
    pub(crate) items: u32,
    pub(crate) name: Span,
    /// Item ids, or the one selection.
    pub(crate) args: Vec<Vec<Piece>>,
    pub(crate) is_selection: bool,
    pub(crate) is_rerendered: bool,
}

/// Text with values in it, as an address in a `connected_content` tag.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(Span),
    Value(Chain),
}

#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) url: Vec<Piece>,
    pub(crate) save: u32,
    pub(crate) method: Vec<Piece>,
    pub(crate) headers: Vec<Piece>,
    pub(crate) body: Vec<Piece>,
    pub(crate) content_type: Vec<Piece>,
    pub(crate) basic_auth: Vec<Piece>,
    pub(crate) cache_max_age: Vec<Piece>,
    pub(crate) is_retried: bool,
}

/// Comparisons joined by `and` and `or`, which bind to the right.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) tests: Vec<(Test, Option<Join>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    And,
    Or,
}

#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) left: Expr,
    pub(crate) right: Option<(Op, Expr)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Lt,
    Gt,
    Le,
    Ge,
    Contains,
}

/// A value and the filters it goes through.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) first: Expr,
    pub(crate) calls: Vec<Call>,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) at: u32,
    pub(crate) name: Span,
    /// Nothing for a filter that nobody knows: Shopify's Liquid lets the value through.
    pub(crate) def: Option<&'static FilterDef>,
    pub(crate) args: Vec<Expr>,
    pub(crate) named: Vec<(Span, Expr)>,
}

#[derive(Debug)]
pub(crate) enum Expr {
    Nil,
    Bool(bool),
    Empty,
    Blank,
    Int(i64),
    Float(f64),
    Text(Span),
    Range(Box<(Expr, Expr)>),
    Path(Box<Path>),
    /// `{{ … }}` inside a tag or an argument.
    Nested(Box<Chain>),
}

#[derive(Debug)]
pub(crate) enum Root {
    Slot(u32),
    /// `${name}`: an attribute of the person.
    Profile(Span),
    /// `['name']`: a variable named by a value.
    Dynamic(Expr),
}

#[derive(Debug)]
pub(crate) enum Key {
    Name(Span),
    Index(Expr),
}

#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) at: u32,
    pub(crate) id: u32,
    pub(crate) root: Root,
    pub(crate) keys: Vec<Key>,
    /// The name under which a read of the data is noted, if the path is fixed.
    pub(crate) read: Option<Box<str>>,
}
