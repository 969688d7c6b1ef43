//! The same rows as CSV, as Parquet and as lines of JSON are the same events; and no bytes make a reader panic.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{Cursor, Read};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, ListBuilder,
    MapBuilder, RecordBatch, StringArray, StringBuilder, StructArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use gyre_import::{
    Format, ImportFailure, ImportFile, ImportOptions, Meter, Row, RowKind, TableMap,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;
use serde_json::{Value, json};

const MAP: &str = r#"{
    "event": {"column": "name"}, "time": {"column": "at"}, "user_id": {"column": "who"}, "insert_id": {"column": "id"},
    "properties": {"amount": {"column": "amount", "type": "number"}, "count": {"column": "count", "type": "number"},
        "is_new": {"column": "is_new", "type": "boolean"}, "note": {"column": "note", "type": "text"}}
}"#;

#[derive(Clone, Debug)]
struct Sale {
    id: u32,
    name: String,
    who: u32,
    at_us: i64,
    amount: Option<f64>,
    count: i64,
    is_new: bool,
    note: Option<String>,
}

fn sales() -> impl Strategy<Value = Vec<Sale>> {
    let sale = (
        any::<u32>(),
        "[A-Za-z가-힣][A-Za-z가-힣 ]{0,10}[a-z]",
        any::<u32>(),
        1_000_000_i64..4_000_000_000_000_000,
        prop::option::of(-1e9..1e9_f64),
        any::<i32>(),
        any::<bool>(),
        prop::option::of("[ -~가-힣\n]{0,12}[a-z]"),
    );
    let sale = sale.prop_map(|(id, name, who, at_us, amount, count, is_new, note)| Sale {
        id,
        name,
        who,
        at_us,
        amount,
        count: i64::from(count),
        is_new,
        note,
    });
    prop::collection::vec(sale, 1..20)
}

fn time(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).unwrap().to_string()
}

fn as_csv(sales: &[Sale]) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table
        .write_record([
            "id", "name", "who", "at", "amount", "count", "is_new", "note",
        ])
        .unwrap();
    for it in sales {
        let amount = it.amount.map(|it| it.to_string()).unwrap_or_default();
        let cells = [
            it.id.to_string(),
            it.name.clone(),
            it.who.to_string(),
            time(it.at_us),
            amount,
            it.count.to_string(),
            it.is_new.to_string(),
            it.note.clone().unwrap_or_default(),
        ];
        table.write_record(cells).unwrap();
    }
    table.into_inner().unwrap()
}

fn as_lines(sales: &[Sale]) -> Vec<u8> {
    let lines = sales.iter().map(|it| {
        let line = json!({"id": it.id, "name": it.name, "who": it.who, "at": time(it.at_us), "amount": it.amount,
            "count": it.count, "is_new": it.is_new, "note": it.note});
        format!("{line}\n")
    });
    lines.collect::<String>().into_bytes()
}

fn as_parquet(sales: &[Sale], compression: Compression) -> Vec<u8> {
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "id",
            Arc::new(
                sales
                    .iter()
                    .map(|it| i64::from(it.id))
                    .collect::<Int64Array>(),
            ),
        ),
        (
            "name",
            Arc::new(
                sales
                    .iter()
                    .map(|it| Some(it.name.as_str()))
                    .collect::<StringArray>(),
            ),
        ),
        // as pandas stores a column of numbers that has gaps
        (
            "who",
            Arc::new(
                sales
                    .iter()
                    .map(|it| Some(f64::from(it.who)))
                    .collect::<Float64Array>(),
            ),
        ),
        (
            "unread",
            Arc::new(sales.iter().map(|_| Some("x")).collect::<StringArray>()),
        ),
        (
            "at",
            Arc::new(
                sales
                    .iter()
                    .map(|it| Some(it.at_us))
                    .collect::<TimestampMicrosecondArray>(),
            ),
        ),
        (
            "amount",
            Arc::new(sales.iter().map(|it| it.amount).collect::<Float64Array>()),
        ),
        (
            "count",
            Arc::new(sales.iter().map(|it| it.count).collect::<Int64Array>()),
        ),
        (
            "is_new",
            Arc::new(
                sales
                    .iter()
                    .map(|it| Some(it.is_new))
                    .collect::<BooleanArray>(),
            ),
        ),
        (
            "note",
            Arc::new(
                sales
                    .iter()
                    .map(|it| it.note.as_deref())
                    .collect::<StringArray>(),
            ),
        ),
    ];
    parquet_of(columns, compression)
}

fn parquet_of(columns: Vec<(&str, ArrayRef)>, compression: Compression) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, it)| (name, it, true)),
    );
    let batch = batch.unwrap();
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

fn read(
    bytes: Vec<u8>,
    format: Format,
    map: Option<&str>,
    skip: u64,
) -> Result<Vec<Row>, ImportFailure> {
    let options = ImportOptions {
        file: "sales".to_owned(),
        format,
        kind: RowKind::Events,
        map: map.map(|it| TableMap::parse(it, RowKind::Events).unwrap()),
        skip,
        content: String::new(),
    };
    let mut rows = Vec::new();
    ImportFile::open(Cursor::new(bytes), Meter::default(), options)?.read(&mut |row| {
        rows.push(row);
        true
    })?;
    Ok(rows)
}

fn events(rows: &[Row]) -> Vec<Value> {
    let events = rows.iter().map(|it| match it {
        Row::Event { line, .. } => serde_json::from_slice(line).unwrap(),
        Row::Bad { place, fault, .. } => json!(format!("{}: {fault}", place.ordinal)),
    });
    events.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_rows_are_the_same_events_in_every_format(sales in sales(), skip in 0_u64..5) {
        let csv = events(&read(as_csv(&sales), Format::Csv, Some(MAP), skip).unwrap());
        prop_assert_eq!(csv.len() as u64, (sales.len() as u64).saturating_sub(skip));
        prop_assert!(csv.iter().all(Value::is_object), "{csv:?}");
        let lines = events(&read(as_lines(&sales), Format::Ndjson, Some(MAP), skip).unwrap());
        prop_assert_eq!(&csv, &lines);
        let parquet = as_parquet(&sales, Compression::SNAPPY);
        let parquet = events(&read(parquet, Format::Parquet, Some(MAP), skip).unwrap());
        prop_assert_eq!(&csv, &parquet);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), magic in 0_usize..7) {
        let magic: &[u8] = [&b""[..], b"PAR1", b"PK\x03\x04", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"{\"a\":", b"id,name\n"][magic];
        let mut file = [magic, &bytes].concat();
        if magic == b"PAR1" {
            file.extend_from_slice(&[40, 0, 0, 0]);
            file.extend_from_slice(b"PAR1");
        }
        for name in Format::names() {
            let format: Format = name.parse().unwrap();
            // either answer is right, as long as there is one
            let _ = read(file.clone(), format, None, 0);
            let _ = read(file.clone(), format, Some(MAP), 0);
        }
    }

    #[test]
    fn a_damaged_file_does_not_panic(sales in sales(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for (mut file, format) in [
            (as_parquet(&sales, Compression::UNCOMPRESSED), Format::Parquet),
            (as_csv(&sales), Format::Csv),
            (as_lines(&sales), Format::Ndjson),
        ] {
            let at = at.index(file.len());
            file[at] = byte;
            let _ = read(file.clone(), format, Some(MAP), 0);
            file.truncate(at);
            let _ = read(file, format, Some(MAP), 0);
        }
    }
}

#[test]
fn parquet_is_read_in_every_usual_compression() {
    let sale = Sale {
        id: 1,
        name: "A".to_owned(),
        who: 2,
        at_us: 1_772_323_200_000_000,
        amount: Some(1.5),
        count: 3,
        is_new: true,
        note: None,
    };
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
    ] {
        let rows = read(
            as_parquet(std::slice::from_ref(&sale), compression),
            Format::Auto,
            Some(MAP),
            0,
        )
        .unwrap();
        assert_eq!(
            events(&rows)[0]["properties"],
            json!({"amount": 1.5, "count": 3, "is_new": true})
        );
    }
}

#[test]
fn typed_columns_become_json() {
    let time = 1_772_323_200;
    let mut tags = ListBuilder::new(StringBuilder::new());
    tags.values().append_value("new");
    tags.values().append_null();
    tags.append(true);
    let mut attributes = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    attributes.keys().append_value("color");
    attributes.values().append_value("red");
    attributes.append(true).unwrap();
    let sku: ArrayRef = Arc::new(StringArray::from(vec!["A"]));
    let count: ArrayRef = Arc::new(Int32Array::from(vec![None]));
    let item = StructArray::from(vec![
        (
            Arc::new(Field::new("sku", DataType::Utf8, true)),
            sku.clone(),
        ),
        (Arc::new(Field::new("count", DataType::Int32, true)), count),
    ]);
    let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
    let seconds = TimestampSecondArray::from(vec![time]).with_timezone("Asia/Seoul");
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("s", Arc::new(seconds)),
        (
            "ms",
            Arc::new(TimestampMillisecondArray::from(vec![time * 1_000])),
        ),
        (
            "us",
            Arc::new(TimestampMicrosecondArray::from(vec![time * 1_000_000])),
        ),
        (
            "ns",
            Arc::new(TimestampNanosecondArray::from(vec![time * 1_000_000_000])),
        ),
        ("tags", Arc::new(tags.finish())),
        ("attributes", Arc::new(attributes.finish())),
        ("item", Arc::new(item)),
        ("category", cast(&sku, &dictionary).unwrap()),
        (
            "price",
            Arc::new(
                Decimal128Array::from(vec![1_250])
                    .with_precision_and_scale(10, 2)
                    .unwrap(),
            ),
        ),
        (
            "day",
            cast(
                &(Arc::new(Int32Array::from(vec![20_513])) as ArrayRef),
                &DataType::Date32,
            )
            .unwrap(),
        ),
        ("u", Arc::new(Int64Array::from(vec![7]))),
    ];
    let names: Vec<&str> = columns.iter().map(|it| it.0).collect();
    let properties: serde_json::Map<String, Value> = names
        .iter()
        .map(|it| ((*it).to_owned(), json!(it)))
        .collect();
    let map = json!({"event": {"const": "A"}, "time": {"column": "us"}, "user_id": {"column": "u"},
        "properties": properties});
    let rows = read(
        parquet_of(columns, Compression::SNAPPY),
        Format::Auto,
        Some(&map.to_string()),
        0,
    )
    .unwrap();
    let event = &events(&rows)[0];
    let at = "2026-03-01T00:00:00.000Z";
    assert_eq!(event["time"], at);
    assert_eq!(event["user_id"], "7");
    assert_eq!(
        event["properties"],
        json!({"s": at, "ms": at, "us": at, "ns": at, "tags": ["new", null], "attributes": {"color": "red"},
            "item": {"sku": "A"}, "category": "A", "price": 12.5, "day": "2026-03-01", "u": 7})
    );
}

#[test]
fn a_missing_column_is_named_with_those_that_are_there() {
    let table = b"id,name,who,at,amount,count,is_new\n".to_vec();
    let error = read(table, Format::Csv, Some(MAP), 0)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no column `note`")
            && error.contains("`properties.note`")
            && error.contains("`is_new`"),
        "{error}"
    );
}

/// A file that never ends, read within a bound.
struct Endless(u64);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0 += buffer.len() as u64;
        assert!(self.0 < 64 << 20, "the whole file is read into memory");
        buffer.fill(b'x');
        Ok(buffer.len())
    }
}

impl std::io::Seek for Endless {
    fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
        Ok(0)
    }
}

#[test]
fn a_preview_of_a_file_without_end_ends() {
    let options = ImportOptions {
        file: "endless".to_owned(),
        format: Format::Csv,
        kind: RowKind::Events,
        map: None,
        skip: 0,
        content: String::new(),
    };
    let file = ImportFile::open(Endless(0), Meter::default(), options).unwrap();
    assert!(file.sample(10).is_err(), "a header without end is refused");
}
