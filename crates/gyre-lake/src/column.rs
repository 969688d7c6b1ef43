//! Decoded columns: plain arrays that kernels read.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// Code of a missing text.
pub const NULL_CODE: u32 = u32::MAX;

/// One column of a chunk, decoded.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnData {
    /// Node numbers; [`crate::NO_NODE`] is missing.
    Node(Vec<u32>),
    /// Integers; `i64::MIN` is missing.
    Int(Vec<i64>),
    /// Numbers; NaN is missing (JSON has no NaN).
    Number(Vec<f64>),
    /// 0, 1, or 2 for missing.
    Bool(Vec<u8>),
    /// Codes into a dictionary; [`NULL_CODE`] is missing. JSON texts are kept this way too.
    Text {
        /// One code per row.
        codes: Vec<u32>,
        /// Distinct texts.
        dict: Arc<Vec<Box<str>>>,
    },
}

impl ColumnData {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Node(it) => it.len(),
            Self::Int(it) => it.len(),
            Self::Number(it) => it.len(),
            Self::Bool(it) => it.len(),
            Self::Text { codes, .. } => codes.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Memory held, in bytes, for the cache's bound.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Node(it) => it.len() * 4,
            Self::Int(it) => it.len() * 8,
            Self::Number(it) => it.len() * 8,
            Self::Bool(it) => it.len(),
            Self::Text { codes, dict } => {
                codes.len() * 4 + dict.iter().map(|it| it.len() + 24).sum::<usize>()
            }
        }
    }

    /// Node numbers, if that is what this is.
    pub fn nodes(&self) -> Option<&[u32]> {
        if let Self::Node(it) = self {
            Some(it)
        } else {
            None
        }
    }

    /// Integers, if that is what this is.
    pub fn ints(&self) -> Option<&[i64]> {
        if let Self::Int(it) = self {
            Some(it)
        } else {
            None
        }
    }

    /// Text of a row, if this is a text column and the row has one.
    pub fn text(&self, row: usize) -> Option<&str> {
        match self {
            Self::Text { codes, dict } => dict.get(codes[row] as usize).map(|it| &**it),
            _ => None,
        }
    }

    /// A column of `rows` missing values of the same type.
    #[must_use]
    pub fn missing_like(&self, rows: usize) -> Self {
        match self {
            Self::Node(_) => Self::Node(vec![crate::NO_NODE; rows]),
            Self::Int(_) => Self::Int(vec![i64::MIN; rows]),
            Self::Number(_) => Self::Number(vec![f64::NAN; rows]),
            Self::Bool(_) => Self::Bool(vec![2; rows]),
            Self::Text { .. } => Self::Text {
                codes: vec![NULL_CODE; rows],
                dict: Arc::new(Vec::new()),
            },
        }
    }
}

/// Builds a dictionary column.
#[derive(Debug, Default)]
pub(crate) struct TextBuilder {
    ids: FxHashMap<Box<str>, u32>,
    dict: Vec<Box<str>>,
    codes: Vec<u32>,
}

impl TextBuilder {
    pub(crate) fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.ids.get(text) {
            return *code;
        }
        let code = self.dict.len() as u32;
        self.dict.push(text.into());
        self.ids.insert(text.into(), code);
        code
    }

    pub(crate) fn push_code(&mut self, code: u32) {
        self.codes.push(code);
    }

    pub(crate) fn push(&mut self, text: Option<&str>) {
        let code = text.map_or(NULL_CODE, |it| self.code(it));
        self.codes.push(code);
    }

    pub(crate) fn pad_to(&mut self, rows: usize) {
        self.codes.resize(rows, NULL_CODE);
    }

    pub(crate) fn finish(self) -> ColumnData {
        ColumnData::Text {
            codes: self.codes,
            dict: Arc::new(self.dict),
        }
    }
}
