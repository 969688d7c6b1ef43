//! Files as tools and tills write them, and the rows that become of them: `golden/<name>.rows`.
//!
//! A line of `.rows` is the event as it is sent, or `bad <place>: <reason>`.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::path::PathBuf;

use gyre_import::{Format, ImportFile, ImportOptions, Meter, Row, RowKind, TableMap};

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(golden(name)).unwrap()
}

fn text(name: &str) -> String {
    String::from_utf8(bytes(name)).unwrap()
}

fn rows(file: &str, bytes: Vec<u8>, map: Option<&str>, skip: u64) -> (Format, String) {
    let options = ImportOptions {
        file: file.to_owned(),
        format: if map.is_some() && file.ends_with("ndjson") {
            Format::Ndjson
        } else {
            Format::Auto
        },
        kind: RowKind::Events,
        map: map.map(|it| TableMap::parse(it, RowKind::Events).unwrap()),
        skip,
        content: String::new(),
    };
    let input = ImportFile::open(Cursor::new(bytes), Meter::default(), options).unwrap();
    let format = input.format();
    let mut out = String::new();
    input
        .read(&mut |row| {
            match row {
                Row::Event { line, .. } => out.push_str(std::str::from_utf8(&line).unwrap()),
                Row::Bad { place, fault, .. } => write!(out, "bad {place}: {fault}").unwrap(),
            }
            out.push('\n');
            true
        })
        .unwrap();
    (format, out)
}

#[track_caller]
fn check(file: &str, map: Option<&str>, format: &str) {
    let map = map.map(text);
    let (found, actual) = rows(file, bytes(file), map.as_deref(), 0);
    assert_eq!(found.name(), format);
    let stem = file.replace('.', "-");
    let expected = std::fs::read_to_string(golden(&format!("{stem}.rows"))).unwrap_or_default();
    assert!(
        actual == expected,
        "{file} gives\n{actual}\nand not\n{expected}"
    );
    // what an earlier run has sent is left out, row by row
    let (_, rest) = rows(file, bytes(file), map.as_deref(), 2);
    let from_third: String = expected.split_inclusive('\n').skip(2).collect();
    assert_eq!(rest, from_third);
}

#[test]
fn amplitude() {
    check("amplitude.ndjson", None, "amplitude");
}

#[test]
fn segment() {
    check("segment.ndjson", None, "segment");
}

#[test]
fn mixpanel() {
    check("mixpanel.ndjson", None, "mixpanel");
}

#[test]
fn posthog() {
    check("posthog.ndjson", None, "posthog");
    check("posthog.csv", None, "posthog");
}

#[test]
fn tables_of_tills_and_shops() {
    check("pos.csv", Some("pos.map.json"), "csv");
    check("continental.csv", Some("continental.map.json"), "csv");
}

#[test]
fn lines_of_other_fields() {
    check("mapped.ndjson", Some("mapped.map.json"), "ndjson");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn amplitude_comes_in_a_zip_of_hours() {
    let lines = bytes("amplitude.ndjson");
    let (one, rest) = lines.split_at(lines.iter().position(|it| *it == b'\n').unwrap() + 1);
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, lines) in [
        ("412345/412345_2026-03-01_10#0.json.gz", rest),
        ("412345/412345_2026-03-01_9#0.json.gz", one),
    ] {
        archive.start_file(name, stored).unwrap();
        archive.write_all(&gzip(lines)).unwrap();
    }
    let file = archive.finish().unwrap().into_inner();
    let (format, actual) = rows("export.zip", file, None, 0);
    assert_eq!(format.name(), "amplitude");
    let expected = text("amplitude-ndjson.rows");
    let events = |rows: &str| -> Vec<String> {
        rows.lines()
            .filter(|it| it.starts_with('{'))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(events(&actual), events(&expected));
    let bad = "bad 412345/412345_2026-03-01_10#0.json.gz:3: ";
    assert!(actual.contains(bad), "{actual}");
}

#[test]
fn a_packed_file_gives_the_same_rows() {
    let expected = text("segment-ndjson.rows");
    for packed in [
        gzip(&bytes("segment.ndjson")),
        zstd::encode_all(&bytes("segment.ndjson")[..], 1).unwrap(),
    ] {
        assert_eq!(rows("segment.ndjson", packed, None, 0).1, expected);
    }
}
