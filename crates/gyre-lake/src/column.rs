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
    /// Texts that hardly repeat, one after another; the empty text is missing.
    Id(IdColumn),
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
            Self::Id(it) => it.len(),
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
            Self::Id(it) => it.texts.len() + it.ends.len() * 8,
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
            Self::Id(it) => it.get(row),
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
            Self::Id(_) => Self::Id(IdColumn {
                texts: String::new(),
                ends: vec![0; rows],
            }),
            Self::Text { .. } => Self::Text {
                codes: vec![NULL_CODE; rows],
                dict: Arc::new(Vec::new()),
            },
        }
    }
}

/// Texts one after another. A dictionary of ids that never repeat would cost a hash and two copies for each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IdColumn {
    texts: String,
    /// Where the text of each row ends.
    ends: Vec<u64>,
}

impl IdColumn {
    /// Room for so many rows.
    pub(crate) fn with_capacity(rows: usize, bytes: usize) -> Self {
        Self {
            texts: String::with_capacity(bytes),
            ends: Vec::with_capacity(rows),
        }
    }

    pub(crate) fn push(&mut self, text: Option<&str>) {
        self.texts.push_str(text.unwrap_or_default());
        self.ends.push(self.texts.len() as u64);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(crate) fn text_bytes(&self) -> usize {
        self.texts.len()
    }

    /// Text of a row, if it has one.
    pub fn get(&self, row: usize) -> Option<&str> {
        let start = row.checked_sub(1).map_or(0, |it| self.ends[it]) as usize;
        Some(&self.texts[start..self.ends[row] as usize]).filter(|it| !it.is_empty())
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
