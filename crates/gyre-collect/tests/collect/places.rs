//! Places of addresses, from a database of MaxMind's format that is written here.

use std::fs;
use std::path::PathBuf;

use gyre_base::Failure;
use gyre_collect::{DeviceClocks, PlaceDatabase, ReadConfig, Reader};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::support::envelope;

/// Writes a value as the format has it: <https://maxmind.github.io/MaxMind-DB/>.
fn encode(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::String(text) => {
            head(out, 2, text.len());
            out.extend_from_slice(text.as_bytes());
        }
        Value::Object(map) => {
            head(out, 7, map.len());
            for (key, value) in map {
                encode(out, &json!(key));
                encode(out, value);
            }
        }
        Value::Array(items) => {
            head(out, 11, items.len());
            for it in items {
                encode(out, it);
            }
        }
        Value::Number(number) => {
            let bytes = number.as_u64().unwrap().to_be_bytes();
            let used = bytes.iter().skip_while(|it| **it == 0).copied();
            let used: Vec<u8> = used.collect();
            head(out, if used.len() > 4 { 9 } else { 6 }, used.len());
            out.extend(used);
        }
        other => panic!("not needed: {other}"),
    }
}

/// A control byte; types from 8 on need a second.
fn head(out: &mut Vec<u8>, kind: u8, size: usize) {
    assert!(size < 29 + 256, "longer sizes are not needed");
    let short = size.min(29) as u8;
    if kind > 7 {
        out.extend([short, kind - 7]);
    } else {
        out.push(kind << 5 | short);
    }
    if size >= 29 {
        out.push((size - 29) as u8);
    }
}

/// What a side of a node leads to.
#[derive(Clone, Copy)]
enum Side {
    Nothing,
    Node(usize),
    Data(usize),
}

/// A database of IPv4 networks: (first address, length of its prefix, record).
fn database(networks: &[([u8; 4], u32, Value)]) -> Vec<u8> {
    let mut nodes = vec![[Side::Nothing; 2]];
    let mut data = Vec::new();
    for (address, prefix, record) in networks {
        let at = data.len();
        encode(&mut data, record);
        let bits = u32::from_be_bytes(*address);
        let mut node = 0;
        for depth in 0..*prefix {
            let side = (bits >> (31 - depth) & 1) as usize;
            if depth + 1 == *prefix {
                nodes[node][side] = Side::Data(at);
            } else if let Side::Node(next) = nodes[node][side] {
                node = next;
            } else {
                nodes.push([Side::Nothing; 2]);
                let next = nodes.len() - 1;
                nodes[node][side] = Side::Node(next);
                node = next;
            }
        }
    }
    let mut out = Vec::new();
    for side in nodes.iter().flatten() {
        let record = match side {
            Side::Nothing => nodes.len(),
            Side::Node(next) => *next,
            Side::Data(at) => nodes.len() + 16 + at,
        };
        out.extend_from_slice(&(record as u32).to_be_bytes()[1..]);
    }
    out.extend([0; 16]);
    out.extend(data);
    out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let metadata = json!({
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1_795_290_000_u64,
        "database_type": "Test-City", "description": {"en": "made by a test"}, "ip_version": 4,
        "languages": ["en"], "node_count": nodes.len(), "record_size": 24
    });
    encode_metadata(&mut out, &metadata);
    out
}

/// Metadata, whose small numbers have types of their own.
fn encode_metadata(out: &mut Vec<u8>, metadata: &Value) {
    let map = metadata.as_object().unwrap();
    head(out, 7, map.len());
    for (key, value) in map {
        encode(out, &json!(key));
        let number = value.as_u64();
        match (key.as_str(), number) {
            ("node_count", Some(it)) => {
                head(out, 6, 4);
                out.extend_from_slice(&(it as u32).to_be_bytes());
            }
            ("build_epoch", Some(it)) => {
                head(out, 9, 8);
                out.extend_from_slice(&it.to_be_bytes());
            }
            (_, Some(it)) => {
                head(out, 5, 2);
                out.extend_from_slice(&(it as u16).to_be_bytes());
            }
            (_, None) => encode(out, value),
        }
    }
}

fn file(content: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.mmdb");
    fs::write(&path, content).unwrap();
    (folder, path)
}

fn named(en: &str) -> Value {
    json!({"geoname_id": 1, "names": {"de": "x", "en": en}})
}

#[track_caller]
fn check(reader: &Reader, event: &Value, expected: &Value) {
    let body = json!({"events": [event]});
    let parsed = reader.parse(&envelope("gyre", "events", &body));
    let events = reader.settle(parsed, &mut DeviceClocks::default());
    let context = &events[0].as_ref().unwrap().context;
    let place = ["country", "region", "city"].iter().filter_map(|it| {
        let value = context.get(*it)?.clone();
        Some(((*it).to_owned(), value))
    });
    assert_eq!(
        &Value::Object(place.collect::<Map<_, _>>()),
        expected,
        "{event}"
    );
}

#[test]
fn an_address_is_somewhere_unless_the_event_says_where_it_was() {
    let networks = [
        (
            [203, 0, 113, 0],
            24,
            json!({"country": named("South Korea"), "subdivisions": [named("Gyeonggi-do"), named("x")], "city": named("Suwon")}),
        ),
        (
            [198, 51, 100, 0],
            25,
            json!({"country": named("United Kingdom")}),
        ),
        (
            [198, 51, 100, 128],
            32,
            json!({"continent": named("Europe")}),
        ),
        (
            [198, 51, 100, 129],
            32,
            json!({"country": "not what it should be"}),
        ),
    ];
    let (_folder, path) = file(&database(&networks));
    let places = Some(PlaceDatabase::open(&path).unwrap());
    let reader = Reader::new(ReadConfig {
        places,
        ..ReadConfig::default()
    });
    let at = |ip: &str| json!({"event": "A", "user_id": "u", "ip": ip});
    let suwon = json!({"country": "South Korea", "region": "Gyeonggi-do", "city": "Suwon"});
    check(&reader, &at("203.0.113.7"), &suwon);
    check(&reader, &at("::ffff:203.0.113.7"), &suwon);
    check(
        &reader,
        &at("198.51.100.9"),
        &json!({"country": "United Kingdom"}),
    );
    for nowhere in [
        "198.51.100.128",
        "198.51.100.129",
        "10.0.0.1",
        "2001:db8::1",
        "x",
        "",
    ] {
        check(&reader, &at(nowhere), &json!({}));
    }
    let told = json!({"event": "A", "user_id": "u", "ip": "203.0.113.7", "city": "Busan"});
    check(&reader, &told, &json!({"city": "Busan"}));
    check(&Reader::default(), &at("203.0.113.7"), &json!({}));
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let (_folder, path) = file(b"no database");
    let error = PlaceDatabase::open(&path).unwrap_err();
    assert_eq!(error.code(), "place-database-format");
    assert!(error.to_string().contains("places.mmdb"), "{error}");
    let error = PlaceDatabase::open(&path.with_extension("none")).unwrap_err();
    assert_eq!(error.code(), "place-database-file");
}
