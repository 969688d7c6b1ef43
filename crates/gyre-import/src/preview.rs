//! The first events of a file, and what is wrong with its columns, before anything is sent.

use std::io::{Read, Seek};

use serde_json::Value;

use crate::failure::ImportFailure;
use crate::format::Format;
use crate::reader::ImportFile;
use crate::row::Row;

/// Columns whose problems are told apart; further ones are counted together.
const COLUMNS_MAX: usize = 100;

/// What is wrong with one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnProblem {
    /// The column; none for what is wrong with rows as a whole.
    pub column: Option<String>,
    /// Rows that it spoilt.
    pub rows_count: u64,
    /// The first of them: place and reason.
    pub example: String,
}

/// The beginning of a file as it would be imported.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// What the file is.
    pub format: Format,
    /// The encoding of a table of text.
    pub encoding: Option<&'static str>,
    /// The first events, as they would be sent.
    pub events: Vec<Value>,
    /// Rows that were looked at.
    pub rows_count: u64,
    /// What is wrong with them.
    pub problems: Vec<ColumnProblem>,
}

impl Preview {
    /// Reads rows until there are `events_max` events or `rows_max` rows.
    pub fn read<R: Read + Seek + Send + 'static>(
        file: ImportFile<R>,
        events_max: usize,
        rows_max: u64,
    ) -> Result<Self, ImportFailure> {
        let mut preview = Self {
            format: file.format(),
            encoding: file.encoding(),
            events: Vec::new(),
            rows_count: 0,
            problems: Vec::new(),
        };
        file.read(&mut |row| {
            preview.take(row);
            preview.events.len() < events_max && preview.rows_count < rows_max
        })?;
        Ok(preview)
    }

    fn take(&mut self, row: Row) {
        self.rows_count += 1;
        match row {
            Row::Event { line, .. } => {
                // a line that was just written as JSON
                let event = serde_json::from_slice(&line);
                self.events.push(event.unwrap_or_default());
            }
            Row::Bad { place, fault, .. } => {
                let is_full = self.problems.len() >= COLUMNS_MAX;
                let found = self.problems.iter_mut();
                let found = found.into_iter().find(|it| it.column == fault.column);
                match found {
                    Some(problem) => problem.rows_count += 1,
                    None if is_full => {
                        if let Some(last) = self.problems.last_mut() {
                            last.rows_count += 1;
                        }
                    }
                    None => self.problems.push(ColumnProblem {
                        rows_count: 1,
                        example: format!("{place}: {}", fault.reason),
                        column: fault.column,
                    }),
                }
            }
        }
    }
}
