//! Tables of typed columns: Parquet, a batch of rows at a time.

use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};
use serde_json::{Map, Value};

use crate::failure::ImportFailure;
use crate::mapping::{Cell, Record};
use crate::meter::Meter;
use crate::parquet_value::value_at;

/// Rows decoded at once: of 2 KB each, 2 MB.
const BATCH_ROWS: usize = 1_024;
/// Largest description of a file, which is held in memory: ten thousand row groups of a hundred columns.
const FOOTER_BYTES_MAX: u32 = 256 * 1024 * 1024;

/// One row: the values of the columns that are read, in their order.
pub(crate) struct ParquetRow<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

impl Record for ParquetRow<'_> {
    fn cell(&self, idx: usize) -> Cell<'_> {
        let value = self
            .batch
            .columns()
            .get(idx)
            .map(|it| value_at(it, self.row));
        match value {
            None | Some(Value::Null) => Cell::Empty,
            Some(value) => Cell::Value(std::borrow::Cow::Owned(value)),
        }
    }
}

impl ParquetRow<'_> {
    /// The row as JSON, for an id and for the person who repairs it.
    pub(crate) fn content(&self) -> Vec<u8> {
        let fields = self.batch.schema();
        let columns = fields.fields().iter().zip(self.batch.columns());
        let map = columns.map(|(field, column)| (field.name().clone(), value_at(column, self.row)));
        let map: Map<String, Value> = map.collect();
        Value::Object(map).to_string().into_bytes()
    }
}

/// A table that can be read.
pub(crate) struct ParquetTable<R: Read + Seek + Send + 'static> {
    builder: ParquetRecordBatchReaderBuilder<Chunks<R>>,
    bytes: u64,
    rows: u64,
}

impl<R: Read + Seek + Send + 'static> ParquetTable<R> {
    /// Reads the description at a file's end.
    pub(crate) fn open(input: R) -> Result<Self, ImportFailure> {
        let chunks = Chunks::new(input)?;
        chunks.check_footer()?;
        let bytes = chunks.len();
        let open = || ParquetRecordBatchReaderBuilder::try_new(chunks);
        let builder = shielded(open)?.map_err(|it| failed(&it))?;
        let rows = builder.metadata().file_metadata().num_rows();
        Ok(Self {
            bytes,
            rows: u64::try_from(rows).unwrap_or(0),
            builder,
        })
    }

    /// Names of the columns.
    pub(crate) fn header(&self) -> Vec<String> {
        let fields = self.builder.schema().fields().iter();
        fields.map(|it| it.name().clone()).collect()
    }

    /// Keeps some of the columns, by their indexes; the header is what is left, in the file's order.
    pub(crate) fn keep(mut self, idxs: &[usize]) -> Self {
        let schema = self.builder.parquet_schema();
        let mask = ProjectionMask::roots(schema, idxs.iter().copied());
        self.builder = self.builder.with_projection(mask);
        self
    }

    /// Hands every row behind the first `skip` to `each`, with its number from 1, until that answers false.
    pub(crate) fn read(
        self,
        skip: u64,
        meter: &Meter,
        each: &mut dyn FnMut(u64, ParquetRow<'_>) -> Result<bool, ImportFailure>,
    ) -> Result<(), ImportFailure> {
        let skip = skip.min(self.rows);
        let selection = RowSelection::from(vec![
            RowSelector::skip(usize::try_from(skip).unwrap_or(usize::MAX)),
            RowSelector::select(usize::try_from(self.rows - skip).unwrap_or(usize::MAX)),
        ]);
        let builder = self
            .builder
            .with_batch_size(BATCH_ROWS)
            .with_row_selection(selection);
        let mut batches = shielded(|| builder.build())?.map_err(|it| failed(&it))?;
        let mut row = skip;
        while let Some(batch) = next(&mut batches)? {
            for idx in 0..batch.num_rows() {
                row += 1;
                let record = ParquetRow {
                    batch: &batch,
                    row: idx,
                };
                if !each(row, record)? {
                    return Ok(());
                }
            }
            let read = u128::from(self.bytes) * u128::from(row) / u128::from(self.rows.max(1));
            meter.set(u64::try_from(read).unwrap_or(self.bytes));
        }
        Ok(())
    }
}

fn next(batches: &mut ParquetRecordBatchReader) -> Result<Option<RecordBatch>, ImportFailure> {
    match shielded(|| batches.next())? {
        None => Ok(None),
        Some(Ok(batch)) => Ok(Some(batch)),
        Some(Err(error)) => Err(ImportFailure::Parquet(error.to_string())),
    }
}

fn failed(error: &ParquetError) -> ImportFailure {
    ImportFailure::Parquet(error.to_string())
}

/// Runs the decoder, which panics on some damaged files; a damaged file must not end more than its own import.
fn shielded<T>(decode: impl FnOnce() -> T) -> Result<T, ImportFailure> {
    catch_unwind(AssertUnwindSafe(decode))
        .map_err(|_| ImportFailure::Parquet("the file is damaged".to_owned()))
}

/// A file that is read in pieces from any place.
struct Chunks<R> {
    input: Arc<Mutex<R>>,
    bytes: u64,
}

impl<R: Read + Seek> Chunks<R> {
    fn new(mut input: R) -> io::Result<Self> {
        let bytes = input.seek(SeekFrom::End(0))?;
        Ok(Self {
            input: Arc::new(Mutex::new(input)),
            bytes,
        })
    }

    fn check_footer(&self) -> Result<(), ImportFailure> {
        let cut = || ImportFailure::Parquet("the end of the file is missing".to_owned());
        let at = self.bytes.checked_sub(8).ok_or_else(cut)?;
        let mut tail = [0; 8];
        read_at(&self.input, at, &mut tail)?;
        let [a, b, c, d, ..] = tail;
        let footer = u32::from_le_bytes([a, b, c, d]);
        if &tail[4..] != b"PAR1" || u64::from(footer) > at {
            return Err(cut());
        }
        if footer > FOOTER_BYTES_MAX {
            let detail =
                format!("a description of {footer} bytes is over the limit of {FOOTER_BYTES_MAX}");
            return Err(ImportFailure::Parquet(detail));
        }
        Ok(())
    }
}

fn lock<R>(input: &Mutex<R>) -> MutexGuard<'_, R> {
    // every read begins with a seek, so a reader that panicked leaves nothing half done
    input.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_at<R: Read + Seek>(input: &Mutex<R>, at: u64, buffer: &mut [u8]) -> io::Result<()> {
    let mut input = lock(input);
    input.seek(SeekFrom::Start(at))?;
    input.read_exact(buffer)
}

impl<R> Length for Chunks<R> {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl<R: Read + Seek + Send + 'static> ChunkReader for Chunks<R> {
    type T = io::BufReader<ChunkCursor<R>>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(io::BufReader::new(ChunkCursor {
            input: Arc::clone(&self.input),
            at: start,
        }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let end = start.checked_add(length as u64);
        if end.is_none_or(|it| it > self.bytes) {
            let detail = format!("{length} bytes at {start} are beyond the end of the file");
            return Err(ParquetError::EOF(detail));
        }
        let mut buffer = vec![0; length];
        read_at(&self.input, start, &mut buffer)?;
        Ok(Bytes::from(buffer))
    }
}

/// A reader of its own on a shared file.
struct ChunkCursor<R> {
    input: Arc<Mutex<R>>,
    at: u64,
}

impl<R: Read + Seek> Read for ChunkCursor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut input = lock(&self.input);
        input.seek(SeekFrom::Start(self.at))?;
        let count = input.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}
