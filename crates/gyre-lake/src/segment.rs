//! An immutable set of rows, in memory or in a Parquet file, cut into chunks of whole buckets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::LakeError;
use crate::cache::ColumnCache;
use crate::column::ColumnData;
use crate::columns::{Columns, Run};
use crate::parquet_file::ParquetFile;

/// Rows of some whole buckets: a row group of a file, or a memory segment as a whole.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Number of rows.
    pub rows: usize,
    /// Runs in row order, with rows counted from the chunk's first.
    pub runs: Arc<[Run]>,
}

#[derive(Debug)]
enum Source {
    Memory(Arc<Columns>),
    File {
        file: ParquetFile,
        cache: Arc<ColumnCache>,
        id: u64,
        is_removed: AtomicBool,
    },
}

/// An immutable segment.
#[derive(Debug)]
pub struct Segment {
    chunks: Vec<Chunk>,
    source: Source,
    rows: usize,
    memory_bytes: usize,
    time_span: (i64, i64),
}

impl Segment {
    /// Wraps columns that are in memory.
    pub(crate) fn in_memory(columns: Arc<Columns>) -> Self {
        let chunk = Chunk {
            rows: columns.rows,
            runs: columns.runs.as_slice().into(),
        };
        Self {
            rows: columns.rows,
            memory_bytes: columns.bytes(),
            time_span: columns.time_span().unwrap_or((0, 0)),
            chunks: vec![chunk],
            source: Source::Memory(columns),
        }
    }

    /// Wraps an opened file.
    pub(crate) fn in_file(file: ParquetFile, chunks: Vec<Chunk>, cache: Arc<ColumnCache>) -> Self {
        let runs = || chunks.iter().flat_map(|it| it.runs.iter());
        let time_min = runs().map(|it| it.time_min).min().unwrap_or(0);
        let time_max = runs().map(|it| it.time_max).max().unwrap_or(0);
        Self {
            rows: chunks.iter().map(|it| it.rows).sum(),
            memory_bytes: 0,
            time_span: (time_min, time_max),
            chunks,
            source: Source::File {
                file,
                id: cache.segment_id(),
                cache,
                is_removed: AtomicBool::new(false),
            },
        }
    }

    /// Its chunks.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Earliest and latest event time.
    pub fn time_span(&self) -> (i64, i64) {
        self.time_span
    }

    /// Memory its own columns take, in bytes; 0 for a file, whose columns are the cache's.
    pub fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// Whether its rows are only in memory (and in the log).
    pub fn is_memory(&self) -> bool {
        matches!(self.source, Source::Memory(_))
    }

    /// Names of its columns.
    pub fn column_names(&self) -> Vec<&str> {
        match &self.source {
            Source::Memory(columns) => columns.columns.keys().map(|it| &**it).collect(),
            Source::File { file, .. } => file.column_names().collect(),
        }
    }

    /// Whether it has a column of this name.
    pub fn has_column(&self, name: &str) -> bool {
        match &self.source {
            Source::Memory(columns) => columns.columns.contains_key(name),
            Source::File { file, .. } => file.column_index(name).is_some(),
        }
    }

    /// A decoded column of one chunk; `None` if the segment does not have it.
    pub fn column(&self, chunk: usize, name: &str) -> Result<Option<Arc<ColumnData>>, LakeError> {
        match &self.source {
            Source::Memory(columns) => Ok(columns.get(name).cloned()),
            Source::File {
                file, cache, id, ..
            } => {
                let Some(index) = file.column_index(name) else {
                    return Ok(None);
                };
                let key = (*id, chunk as u32, index as u32);
                if let Some(found) = cache.get(key) {
                    return Ok(Some(found));
                }
                let data = Arc::new(file.read_column(chunk, index)?);
                debug_assert_eq!(
                    data.len(),
                    self.chunks[chunk].rows,
                    "row group of another length"
                );
                cache.put(key, &data);
                Ok(Some(data))
            }
        }
    }

    /// Every column of one chunk, for merging.
    pub(crate) fn chunk_columns(&self, chunk: usize) -> Result<Columns, LakeError> {
        if let Source::Memory(columns) = &self.source {
            return Ok(Columns::clone(columns));
        }
        let mut out = Columns {
            rows: self.chunks[chunk].rows,
            runs: self.chunks[chunk].runs.to_vec(),
            ..Columns::default()
        };
        if let Source::File { file, .. } = &self.source {
            for (index, name) in file.column_names().enumerate() {
                // past the cache: a compaction would only push out what queries use
                out.columns
                    .insert(Arc::from(name), Arc::new(file.read_column(chunk, index)?));
            }
        }
        Ok(out)
    }
}

impl Segment {
    /// Lets the file be deleted when the last reader has let go of it.
    pub(crate) fn remove_when_unused(&self) {
        if let Source::File { is_removed, .. } = &self.source {
            is_removed.store(true, Ordering::Release);
        }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if let Source::File {
            file,
            cache,
            id,
            is_removed,
        } = &self.source
        {
            cache.forget(*id);
            if is_removed.load(Ordering::Acquire) {
                // Nothing refers to it any more; if this fails, the next start removes it as an orphan.
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}
