//! One file from its first byte to its last row.

use std::io::{BufRead, Read, Seek, SeekFrom};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::container::{Container, Part, container_of, for_each_part};
use crate::csv_table::{self, CsvShape};
use crate::encoding;
use crate::failure::ImportFailure;
use crate::format::Format;
use crate::json_lines::{self, JsonRecord};
use crate::lines;
use crate::map::{RowKind, TableMap};
use crate::mapping::Mapping;
use crate::meter::{Meter, Metered};
use crate::parquet_table::ParquetTable;
use crate::row::{IdMaker, Place, Row};
use crate::tools::Tool;

/// Bytes of a text that are looked at to see what it is.
const HEAD_BYTES: u64 = 256 * 1024;

/// How a file is to be read.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Its name without folders, of which the ids of its rows are made.
    pub file: String,
    /// What it is.
    pub format: Format,
    /// What its rows are about.
    pub kind: RowKind,
    /// Which column is what, for tables.
    pub map: Option<TableMap>,
    /// Rows at the beginning that are left out: what an earlier run has sent.
    pub skip: u64,
    /// Hash of the whole file ([`crate::content_hash`]), for the ids of people.
    pub content: String,
}

/// A file whose format is known and fits its map.
#[derive(Debug)]
pub struct ImportFile<R> {
    input: Metered<R>,
    meter: Meter,
    options: ImportOptions,
    encoding: Option<&'static str>,
}

impl<R: Read + Seek + Send + 'static> ImportFile<R> {
    /// Looks at the file's beginning; fails where format, content and map do not go together.
    pub fn open(input: R, meter: Meter, options: ImportOptions) -> Result<Self, ImportFailure> {
        let mut input = Metered::new(input, meter.clone());
        let (format, encoding) = resolve(&mut input, options.format)?;
        meter.set(0);
        let file = Self {
            input,
            meter,
            encoding,
            options: ImportOptions { format, ..options },
        };
        Ok(file)
    }

    /// What the file is.
    pub fn format(&self) -> Format {
        self.options.format
    }

    /// The encoding of a table of text as far as its beginning shows it.
    pub fn encoding(&self) -> Option<&'static str> {
        let told = self.options.map.as_ref().and_then(|it| it.encoding);
        told.map(encoding::name_of).or(self.encoding)
    }

    /// Hands every row to `put` until that answers false.
    pub fn read(self, put: &mut dyn FnMut(Row) -> bool) -> Result<(), ImportFailure> {
        let options = self.options;
        check(&options)?;
        let ids = match options.kind {
            RowKind::Events => IdMaker::Event {
                file: options.file.clone(),
            },
            RowKind::Profiles | RowKind::Lookup => IdMaker::Profile {
                content: options.content.clone(),
            },
        };
        let mut outlet = Outlet {
            ids,
            skip: options.skip,
            ordinal: 0,
            put,
        };
        if options.format == Format::Parquet {
            return read_parquet(self.input.into_inner(), &options, &self.meter, &mut outlet);
        }
        for_each_part(self.input, &mut |part| {
            read_part(part, &options, &mut outlet)
        })
    }

    /// Header and first rows as they stand, for a map that is to be made: texts of a table, values of typed columns.
    pub fn sample(self, rows_max: usize) -> Result<Sample, ImportFailure> {
        let mut sample = Sample::default();
        match self.options.format {
            Format::Parquet => {
                let table = ParquetTable::open(self.input.into_inner())?;
                sample.header = table.header();
                table.read(0, &self.meter, &mut |_, row| {
                    let content = serde_json::from_slice(&row.content());
                    let object: Map<String, Value> = content.unwrap_or_default();
                    let values = sample.header.iter();
                    let values = values.map(|it| object.get(it).cloned().unwrap_or_default());
                    sample.rows.push(values.collect());
                    Ok(sample.rows.len() < rows_max)
                })?;
            }
            Format::Csv => {
                let shape = shape(&self.options);
                for_each_part(self.input, &mut |part| {
                    sample_csv(part, shape, rows_max, &mut sample)?;
                    Ok(false)
                })?;
            }
            _ => for_each_part(self.input, &mut |part| {
                sample_lines(part, rows_max, &mut sample)?;
                Ok(false)
            })?,
        }
        Ok(sample)
    }
}

/// The beginning of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Names of the columns.
    pub header: Vec<String>,
    /// Cells of the first rows, one for each column.
    pub rows: Vec<Vec<Value>>,
}

fn sample_csv(
    part: Part<'_>,
    shape: CsvShape,
    rows_max: usize,
    sample: &mut Sample,
) -> Result<(), ImportFailure> {
    let (header, rows) = (&mut sample.header, &mut sample.rows);
    csv_table::read(
        part.input,
        shape,
        &mut |names| {
            *header = names.iter().map(|it| (*it).to_owned()).collect();
            Ok(())
        },
        &mut |(), row| {
            if let Ok(record) = row.record {
                rows.push(record.iter().map(Value::from).collect());
            }
            Ok(rows.len() < rows_max)
        },
    )
}

fn sample_lines(part: Part<'_>, rows_max: usize, sample: &mut Sample) -> Result<(), ImportFailure> {
    let mut objects = Vec::new();
    lines::for_each::<ImportFailure>(part.input, &mut |line| {
        if let Ok(object) = json_lines::object(&line) {
            objects.push(object);
        }
        Ok(objects.len() < rows_max)
    })?;
    for name in objects.iter().flat_map(Map::keys) {
        if !sample.header.contains(name) {
            sample.header.push(name.clone());
        }
    }
    let header = &sample.header;
    let rows = objects.iter().map(|object| {
        header
            .iter()
            .map(|it| object.get(it).cloned().unwrap_or_default())
            .collect()
    });
    sample.rows = rows.collect();
    Ok(())
}

/// Says what a file is, if that is not told; refuses what it cannot be.
fn resolve<R: Read + Seek>(
    input: &mut R,
    told: Format,
) -> Result<(Format, Option<&'static str>), ImportFailure> {
    let is_parquet = container_of(input)? == Container::Parquet;
    if is_parquet {
        return match told {
            Format::Auto | Format::Parquet => Ok((Format::Parquet, None)),
            other => Err(ImportFailure::Format(format!(
                "it is Parquet and not {other}"
            ))),
        };
    }
    if told == Format::Parquet {
        let detail = "it is not Parquet: it does not begin with `PAR1`";
        return Err(ImportFailure::Format(detail.to_owned()));
    }
    let mut head = Vec::new();
    let mut is_packed_parquet = false;
    for_each_part(&mut *input, &mut |part| {
        part.input.take(HEAD_BYTES).read_to_end(&mut head)?;
        is_packed_parquet = head.starts_with(b"PAR1");
        Ok(false)
    })?;
    input.seek(SeekFrom::Start(0))?;
    if is_packed_parquet {
        let detail = "it is a packed Parquet file; unpack it first";
        return Err(ImportFailure::Format(detail.to_owned()));
    }
    let format = match told {
        Format::Auto => Format::of_text(&head).map_err(ImportFailure::Format)?,
        told => told,
    };
    let is_ended = (head.len() as u64) < HEAD_BYTES;
    let encoding = match format {
        Format::Csv => Some(encoding::name_of(encoding::guess(&head, is_ended))),
        _ => None,
    };
    Ok((format, encoding))
}

fn check(options: &ImportOptions) -> Result<(), ImportFailure> {
    match (options.format, &options.map) {
        (Format::Csv | Format::Parquet, None) => Err(ImportFailure::MapMissing(options.format)),
        (Format::Tool(_), Some(_)) => Err(ImportFailure::MapUnwanted(options.format)),
        (Format::Tool(tool), None) if options.kind != RowKind::Events => {
            let name = tool.name();
            let detail = format!(
                "{name}'s export holds events; other rows are read as ndjson, csv or parquet"
            );
            Err(ImportFailure::Format(detail))
        }
        _ => Ok(()),
    }
}

fn shape(options: &ImportOptions) -> CsvShape {
    let map = options.map.as_ref();
    CsvShape {
        delimiter: map.and_then(|it| it.delimiter),
        encoding: map.and_then(|it| it.encoding),
    }
}

/// Counts rows and leaves out those that an earlier run has sent.
struct Outlet<'a> {
    ids: IdMaker,
    skip: u64,
    ordinal: u64,
    put: &'a mut dyn FnMut(Row) -> bool,
}

impl Outlet<'_> {
    /// The place of the next row; none if it is to be left out.
    fn next(&mut self, part: Option<&Arc<str>>, row: u64) -> Option<Place> {
        self.ordinal += 1;
        (self.ordinal > self.skip).then(|| Place {
            ordinal: self.ordinal,
            part: part.cloned(),
            row,
        })
    }

    fn put(&mut self, row: Row) -> bool {
        (self.put)(row)
    }
}

fn read_part(
    mut part: Part<'_>,
    options: &ImportOptions,
    outlet: &mut Outlet<'_>,
) -> Result<bool, ImportFailure> {
    match (options.format, &options.map) {
        (Format::Csv, Some(map)) => read_csv(part, options, map, outlet),
        (Format::Tool(tool), _) if !is_object(&mut part.input)? => {
            read_tool_table(part, tool, outlet)
        }
        (Format::Tool(tool), _) => {
            read_objects(
                part,
                outlet,
                &|object, place, ids, content| match tool.read(object) {
                    Ok(event) => event.0.into_row(place, ids, content),
                    Err(fault) => Row::bad(place, fault, content),
                },
            )
        }
        (_, Some(map)) => {
            let columns = map.columns();
            let names: Vec<&str> = columns.iter().map(|it| it.0).collect();
            let mapping = Mapping::bind(map, &names)?;
            let columns: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
            read_objects(part, outlet, &|object, place, ids, content| {
                let record = JsonRecord {
                    object: &object,
                    columns: &columns,
                };
                mapping.row(&record, place, ids, content)
            })
        }
        (_, None) if options.kind == RowKind::Profiles => read_objects(
            part,
            outlet,
            &|object, place, ids, content| match json_lines::profile(object) {
                Ok(event) => event.into_row(place, ids, content),
                Err(fault) => Row::bad(place, fault, content),
            },
        ),
        (_, None) if options.kind == RowKind::Lookup => {
            read_objects(part, outlet, &|object, place, _, content| {
                Row::plain(place, object, content)
            })
        }
        (_, None) => read_events(part, outlet),
    }
}

/// Whether the text begins an object.
fn is_object(input: &mut dyn BufRead) -> Result<bool, ImportFailure> {
    let head = input.fill_buf()?;
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    Ok(matches!(head.trim_ascii_start().first(), None | Some(b'{')))
}

fn read_events(part: Part<'_>, outlet: &mut Outlet<'_>) -> Result<bool, ImportFailure> {
    let mut goes_on = true;
    lines::for_each::<ImportFailure>(part.input, &mut |line| {
        if let Some(place) = outlet.next(part.name.as_ref(), line.row) {
            let row = json_lines::event(&line, place, &outlet.ids);
            goes_on = outlet.put(row);
        }
        Ok(goes_on)
    })?;
    Ok(goes_on)
}

type MakeRow<'a> = &'a dyn Fn(Map<String, Value>, Place, &IdMaker, &[u8]) -> Row;

fn read_objects(
    part: Part<'_>,
    outlet: &mut Outlet<'_>,
    make: MakeRow<'_>,
) -> Result<bool, ImportFailure> {
    let mut goes_on = true;
    lines::for_each::<ImportFailure>(part.input, &mut |line| {
        if let Some(place) = outlet.next(part.name.as_ref(), line.row) {
            let row = match json_lines::object(&line) {
                Ok(object) => make(object, place, &outlet.ids, line.text),
                Err(fault) => Row::bad(place, fault, line.text),
            };
            goes_on = outlet.put(row);
        }
        Ok(goes_on)
    })?;
    Ok(goes_on)
}

fn read_csv(
    part: Part<'_>,
    options: &ImportOptions,
    map: &TableMap,
    outlet: &mut Outlet<'_>,
) -> Result<bool, ImportFailure> {
    let mut goes_on = true;
    let name = part.name.clone();
    csv_table::read(
        part.input,
        shape(options),
        &mut |header| Mapping::bind(map, header),
        &mut |mapping, row| {
            let Some(place) = outlet.next(name.as_ref(), row.line) else {
                return Ok(true);
            };
            let made = match row.record {
                Ok(record) => {
                    let mut made = mapping.row(record, place, &outlet.ids, row.content);
                    if let Row::Bad { raw, .. } = &mut made {
                        *raw = csv_table::line_of(record);
                    }
                    made
                }
                Err(fault) => Row::bad(place, fault, row.content),
            };
            goes_on = outlet.put(made);
            Ok(goes_on)
        },
    )?;
    Ok(goes_on)
}

/// A tool's table: each row an object of its columns.
fn read_tool_table(
    part: Part<'_>,
    tool: &dyn Tool,
    outlet: &mut Outlet<'_>,
) -> Result<bool, ImportFailure> {
    let mut goes_on = true;
    let name = part.name.clone();
    csv_table::read(
        part.input,
        CsvShape::default(),
        &mut |names| {
            if !tool.fits_header(names) {
                let detail = format!("it is no export of {}", tool.name());
                return Err(ImportFailure::Format(detail));
            }
            Ok(names.iter().map(|it| (*it).to_owned()).collect())
        },
        &mut |header: &Vec<String>, row| {
            let Some(place) = outlet.next(name.as_ref(), row.line) else {
                return Ok(true);
            };
            let event = row.record.and_then(|record| {
                let cells = record.iter().map(Value::from);
                tool.read(header.iter().cloned().zip(cells).collect())
            });
            let made = match event {
                Ok(event) => event.0.into_row(place, &outlet.ids, row.content),
                Err(fault) => Row::bad(place, fault, row.content),
            };
            goes_on = outlet.put(made);
            Ok(goes_on)
        },
    )?;
    Ok(goes_on)
}

fn read_parquet<R: Read + Seek + Send + 'static>(
    input: R,
    options: &ImportOptions,
    meter: &Meter,
    outlet: &mut Outlet<'_>,
) -> Result<(), ImportFailure> {
    let Some(map) = &options.map else {
        return Err(ImportFailure::MapMissing(Format::Parquet));
    };
    let table = ParquetTable::open(input)?;
    let header = table.header();
    let named = map.columns();
    // columns that nobody asked for are not decoded
    let is_named = |idx: &usize| named.iter().any(|it| it.0 == header[*idx]);
    let kept: Vec<usize> = (0..header.len()).filter(is_named).collect();
    let all: Vec<&str> = header.iter().map(String::as_str).collect();
    Mapping::bind(map, &all)?;
    let names: Vec<&str> = kept.iter().map(|it| header[*it].as_str()).collect();
    let mapping = Mapping::bind(map, &names)?;
    let needs_content = map.insert_id.is_none();
    let skip = outlet.skip;
    outlet.ordinal = skip;
    table.keep(&kept).read(skip, meter, &mut |number, record| {
        let Some(place) = outlet.next(None, number) else {
            return Ok(true);
        };
        let content = if needs_content {
            record.content()
        } else {
            Vec::new()
        };
        let mut row = mapping.row(&record, place, &outlet.ids, &content);
        if let Row::Bad { raw, .. } = &mut row {
            *raw = String::from_utf8_lossy(&record.content()).into_owned();
        }
        Ok(outlet.put(row))
    })
}
