//! Segments as Parquet: plain typed columns that other engines read, with the runs in the footer.
//!
//! Format 1, frozen once released. One row group per chunk (whole buckets, at least
//! [`CHUNK_ROWS`] rows where there are that many). Key `gyre.segment` of the footer's metadata holds
//! `{"format":1,"events":[name…],"chunks":[[[bucket,event,start,end,time_min,time_max]…]…]}`.
//! Encodings follow measurements on this data: node ids dictionary-encoded, times delta-packed, Zstandard 1.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Float64Array, Int64Array, RecordBatch,
    StringArray, UInt32Array,
};
use arrow::datatypes::{DataType, Field, Float64Type, Int32Type, Int64Type, Schema, UInt32Type};
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};

use crate::LakeError;
use crate::column::{ColumnData, IdColumn, NULL_CODE, TextBuilder};
use crate::columns::{Columns, Run};
use crate::names::Names;
use crate::segment::Chunk;

/// Rows a chunk has at least, where the segment has that many: large enough to decode in bulk, small
/// enough that one query's chunk (a dozen columns of 8 bytes) fits in the last-level cache.
pub(crate) const CHUNK_ROWS: usize = 65_536;
const FOOTER_KEY: &str = "gyre.segment";
const EVENT: &str = "event";

/// (bucket, event, start, end, earliest time, latest time)
type RunRow = (u32, u32, u32, u32, i64, i64);

#[derive(Serialize, Deserialize)]
struct Footer {
    format: u32,
    events: Vec<String>,
    chunks: Vec<Vec<RunRow>>,
}

/// An opened file.
#[derive(Debug)]
pub(crate) struct ParquetFile {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    names: Vec<Box<str>>,
}

/// Writes sorted columns; the file and its folder are on disk when this returns. Returns its size in bytes.
pub(crate) fn write(path: &Path, columns: &Columns, names: &Names) -> Result<u64, LakeError> {
    let shown = path.display().to_string();
    let io = |action| {
        let path = shown.clone();
        move |source| LakeError::File {
            action,
            path,
            source,
        }
    };
    let parquet = |source| LakeError::Parquet {
        action: "write",
        path: shown.clone(),
        source,
    };
    let file = File::create(path).map_err(io("create"))?;
    let chunks = cut_chunks(&columns.runs);
    let footer = footer_of(&chunks, names);
    let footer_text = serde_json::to_string(&footer).unwrap_or_default();
    let schema = Arc::new(schema_of(columns));
    let zstd = ZstdLevel::try_new(1).map_err(parquet)?;
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(zstd))
        .set_max_row_group_row_count(Some(usize::MAX))
        .set_key_value_metadata(Some(vec![KeyValue::new(
            FOOTER_KEY.to_owned(),
            footer_text,
        )]));
    for (name, data) in &columns.columns {
        let encoding = match **data {
            ColumnData::Int(_) => Encoding::DELTA_BINARY_PACKED,
            ColumnData::Id(_) => Encoding::DELTA_LENGTH_BYTE_ARRAY,
            _ => continue,
        };
        let column = ColumnPath::from(vec![name.to_string()]);
        properties = properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column, encoding);
    }
    let mut writer = ArrowWriter::try_new(&file, Arc::clone(&schema), Some(properties.build()))
        .map_err(parquet)?;
    let mut start = 0;
    for chunk in &chunks {
        let end = start + chunk.last().map_or(0, |it| it.end as usize);
        let batch = batch_of(columns, chunk, names, (start, end), &schema).map_err(|source| {
            let source = parquet::errors::ParquetError::ArrowError(source.to_string());
            LakeError::Parquet {
                action: "encode",
                path: shown.clone(),
                source,
            }
        })?;
        writer.write(&batch).map_err(parquet)?;
        writer.flush().map_err(parquet)?;
        start = end;
    }
    writer.close().map_err(parquet)?;
    file.sync_all().map_err(io("sync"))?;
    if let Some(folder) = path.parent() {
        File::open(folder)
            .and_then(|it| it.sync_all())
            .map_err(io("sync the folder of"))?;
    }
    Ok(file.metadata().map_err(io("measure"))?.len())
}

/// Groups runs into chunks of whole buckets and counts their rows from the chunk's first.
fn cut_chunks(runs: &[Run]) -> Vec<Vec<Run>> {
    let mut chunks: Vec<Vec<Run>> = Vec::new();
    let mut base = 0;
    for run in runs {
        let starts_chunk = match chunks.last().and_then(|it| it.last()) {
            None => true,
            Some(last) => last.bucket != run.bucket && (run.start - base) as usize >= CHUNK_ROWS,
        };
        if starts_chunk {
            base = run.start;
            chunks.push(Vec::new());
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.push(Run {
                start: run.start - base,
                end: run.end - base,
                ..*run
            });
        }
    }
    chunks
}

fn footer_of(chunks: &[Vec<Run>], names: &Names) -> Footer {
    let mut events: Vec<String> = Vec::new();
    let mut place = |id: u32| {
        let name = names.name(id);
        events.iter().position(|it| it == name).unwrap_or_else(|| {
            events.push(name.to_owned());
            events.len() - 1
        }) as u32
    };
    let chunks = chunks
        .iter()
        .map(|runs| {
            runs.iter()
                .map(|it| {
                    (
                        it.bucket,
                        place(it.event),
                        it.start,
                        it.end,
                        it.time_min,
                        it.time_max,
                    )
                })
                .collect()
        })
        .collect();
    Footer {
        format: 1,
        events,
        chunks,
    }
}

fn text_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

fn schema_of(columns: &Columns) -> Schema {
    let mut fields = vec![Field::new(EVENT, text_type(), false)];
    for (name, data) in &columns.columns {
        let kind = match **data {
            ColumnData::Node(_) => DataType::UInt32,
            ColumnData::Int(_) => DataType::Int64,
            ColumnData::Number(_) => DataType::Float64,
            ColumnData::Bool(_) => DataType::Boolean,
            ColumnData::Id(_) => DataType::Utf8,
            ColumnData::Text { .. } => text_type(),
        };
        fields.push(Field::new(&**name, kind, true));
    }
    Schema::new(fields)
}

fn batch_of(
    columns: &Columns,
    runs: &[Run],
    names: &Names,
    (start, end): (usize, usize),
    schema: &Arc<Schema>,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let mut events = TextBuilder::default();
    for run in runs {
        for _ in run.start..run.end {
            events.push(Some(names.name(run.event)));
        }
    }
    let mut arrays = vec![array_of(&events.finish(), 0, end - start)?];
    for data in columns.columns.values() {
        arrays.push(array_of(data, start, end)?);
    }
    RecordBatch::try_new(Arc::clone(schema), arrays)
}

fn array_of(
    data: &ColumnData,
    start: usize,
    end: usize,
) -> Result<ArrayRef, arrow::error::ArrowError> {
    Ok(match data {
        ColumnData::Node(it) => {
            let values = it[start..end]
                .iter()
                .map(|v| (*v != crate::NO_NODE).then_some(*v));
            Arc::new(values.collect::<UInt32Array>())
        }
        ColumnData::Int(it) => {
            let values = it[start..end]
                .iter()
                .map(|v| (*v != i64::MIN).then_some(*v));
            Arc::new(values.collect::<Int64Array>())
        }
        ColumnData::Number(it) => {
            let values = it[start..end].iter().map(|v| (!v.is_nan()).then_some(*v));
            Arc::new(values.collect::<Float64Array>())
        }
        ColumnData::Bool(it) => {
            let values = it[start..end].iter().map(|v| (*v < 2).then_some(*v == 1));
            Arc::new(values.collect::<BooleanArray>())
        }
        ColumnData::Id(it) => {
            Arc::new((start..end).map(|row| it.get(row)).collect::<StringArray>())
        }
        ColumnData::Text { codes, dict } => {
            let (keys, values) = used_texts(&codes[start..end], dict);
            let keys: arrow::array::Int32Array = keys.into_iter().collect();
            let values: StringArray = values.into_iter().map(Some).collect();
            Arc::new(DictionaryArray::<Int32Type>::try_new(
                keys,
                Arc::new(values),
            )?)
        }
    })
}

/// Codes and dictionary of just the texts that these rows use.
fn used_texts<'a>(codes: &[u32], dict: &'a [Box<str>]) -> (Vec<Option<i32>>, Vec<&'a str>) {
    let mut remap = vec![-1_i32; dict.len()];
    let mut values: Vec<&str> = Vec::new();
    let keys = codes
        .iter()
        .map(|code| {
            if *code == NULL_CODE {
                return None;
            }
            let place = &mut remap[*code as usize];
            if *place < 0 {
                *place = values.len() as i32;
                values.push(&dict[*code as usize]);
            }
            Some(*place)
        })
        .collect();
    (keys, values)
}

impl ParquetFile {
    /// Opens a file: reads its footer only.
    pub(crate) fn open(path: &Path, names: &mut Names) -> Result<(Self, Vec<Chunk>), LakeError> {
        let shown = path.display().to_string();
        let file = File::open(path).map_err(|source| LakeError::File {
            action: "open",
            path: shown.clone(),
            source,
        })?;
        let options = ArrowReaderOptions::new();
        let metadata =
            ArrowReaderMetadata::load(&file, options).map_err(|source| LakeError::Parquet {
                action: "open",
                path: shown.clone(),
                source,
            })?;
        let damaged = |detail: &str| LakeError::Damaged {
            path: shown.clone(),
            detail: detail.into(),
        };
        let footer = metadata
            .metadata()
            .file_metadata()
            .key_value_metadata()
            .and_then(|it| it.iter().find(|pair| pair.key == FOOTER_KEY))
            .and_then(|it| it.value.as_deref())
            .ok_or_else(|| damaged("has no run index"))?;
        let footer: Footer =
            serde_json::from_str(footer).map_err(|_| damaged("has an unreadable run index"))?;
        if footer.format != 1 {
            return Err(damaged("has a format this version does not know"));
        }
        let groups = metadata.metadata().row_groups();
        if groups.len() != footer.chunks.len() {
            return Err(damaged(
                "has another number of row groups than its run index",
            ));
        }
        let events: Vec<u32> = footer.events.iter().map(|it| names.intern(it)).collect();
        let mut chunks = Vec::new();
        for (runs, group) in footer.chunks.iter().zip(groups) {
            let rows = group.num_rows() as usize;
            if runs.last().map_or(0, |it| it.3 as usize) != rows {
                return Err(damaged("has a run index of another length than its rows"));
            }
            let runs: Option<Vec<Run>> = runs
                .iter()
                .map(|&(bucket, event, start, end, time_min, time_max)| {
                    let event = *events.get(event as usize)?;
                    Some(Run {
                        bucket,
                        event,
                        start,
                        end,
                        time_min,
                        time_max,
                    })
                })
                .collect();
            let runs = runs.ok_or_else(|| damaged("names an event it does not list"))?;
            chunks.push(Chunk {
                rows,
                runs: runs.into(),
            });
        }
        let fields = metadata.schema().fields();
        let names = fields
            .iter()
            .skip(1)
            .map(|it| it.name().as_str().into())
            .collect();
        Ok((
            Self {
                path: path.to_owned(),
                metadata,
                names,
            },
            chunks,
        ))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Names of the columns, the event's own left out (runs say it).
    pub(crate) fn column_names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|it| &**it)
    }

    /// Place of a column.
    pub(crate) fn column_index(&self, name: &str) -> Option<usize> {
        // written from a sorted map
        self.names.binary_search_by(|it| (**it).cmp(name)).ok()
    }

    /// Decodes one column of one row group.
    pub(crate) fn read_column(&self, chunk: usize, index: usize) -> Result<ColumnData, LakeError> {
        let path = || self.path.display().to_string();
        let file = File::open(&self.path).map_err(|source| LakeError::File {
            action: "read",
            path: path(),
            source,
        })?;
        let decode = |source| LakeError::Parquet {
            action: "read",
            path: path(),
            source,
        };
        let rows = self.metadata.metadata().row_group(chunk).num_rows() as usize;
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let mask = ProjectionMask::roots(builder.parquet_schema(), [index + 1]);
        let reader = builder
            .with_row_groups(vec![chunk])
            .with_projection(mask)
            .with_batch_size(rows.max(1))
            .build()
            .map_err(decode)?;
        let mut parts = Vec::new();
        for batch in reader {
            let batch = batch.map_err(|source| {
                decode(parquet::errors::ParquetError::ArrowError(
                    source.to_string(),
                ))
            })?;
            parts.push(Arc::clone(batch.column(0)));
        }
        column_of(&parts).ok_or_else(|| LakeError::Damaged {
            path: path(),
            detail: format!("column `{}` has an unexpected type", self.names[index]),
        })
    }
}

fn column_of(parts: &[ArrayRef]) -> Option<ColumnData> {
    Some(match parts.first()?.data_type() {
        DataType::UInt32 => ColumnData::Node(
            parts
                .iter()
                .flat_map(|it| it.as_primitive::<UInt32Type>().iter())
                .map(|it| it.unwrap_or(crate::NO_NODE))
                .collect(),
        ),
        DataType::Int64 => ColumnData::Int(
            parts
                .iter()
                .flat_map(|it| it.as_primitive::<Int64Type>().iter())
                .map(|it| it.unwrap_or(i64::MIN))
                .collect(),
        ),
        DataType::Float64 => ColumnData::Number(
            parts
                .iter()
                .flat_map(|it| it.as_primitive::<Float64Type>().iter())
                .map(|it| it.unwrap_or(f64::NAN))
                .collect(),
        ),
        DataType::Boolean => ColumnData::Bool(
            parts
                .iter()
                .flat_map(|it| it.as_boolean().iter())
                .map(|it| it.map_or(2, u8::from))
                .collect(),
        ),
        DataType::Utf8 => {
            let mut ids = IdColumn::default();
            for part in parts {
                part.as_string::<i32>().iter().for_each(|it| ids.push(it));
            }
            ColumnData::Id(ids)
        }
        DataType::Dictionary(_, _) => {
            let mut builder = TextBuilder::default();
            for part in parts {
                let part = part.as_any().downcast_ref::<DictionaryArray<Int32Type>>()?;
                let values = part.values().as_string::<i32>();
                let remap: Vec<u32> = values
                    .iter()
                    .map(|it| builder.code(it.unwrap_or("")))
                    .collect();
                for key in part.keys() {
                    builder.push_code(key.map_or(NULL_CODE, |it| remap[it as usize]));
                }
            }
            builder.finish()
        }
        _ => return None,
    })
}
