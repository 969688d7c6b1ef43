//! The kinds of files, one list that names them all, and how one is known from its content.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::tools::{TOOLS, Tool};

/// Kinds of files.
#[derive(Clone, Copy)]
pub enum Format {
    /// Known from the content.
    Auto,
    /// One JSON object per line: events as `POST /v1/events` takes them, or any with a map.
    Ndjson,
    /// A table of text with a header; needs a map.
    Csv,
    /// A table of typed columns; needs a map.
    Parquet,
    /// What another tool exports; its fields are known.
    Tool(&'static dyn Tool),
}

/// Formats that are not of one tool, with their names.
const PLAIN: &[(&str, Format)] = &[
    ("auto", Format::Auto),
    ("ndjson", Format::Ndjson),
    ("csv", Format::Csv),
    ("parquet", Format::Parquet),
];

/// Lines that are looked at to see what a file is.
const LINES_SEEN_MAX: usize = 20;

impl Format {
    /// Every name that can be given.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PLAIN
            .iter()
            .map(|it| it.0)
            .chain(TOOLS.iter().map(|it| it.name()))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Tool(tool) => tool.name(),
        }
    }

    /// Sees what a text is from its beginning; the error says what is expected.
    pub(crate) fn of_text(head: &[u8]) -> Result<Self, String> {
        let head = head
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(head)
            .trim_ascii_start();
        match head.first() {
            None => Err("it is empty".to_owned()),
            Some(b'{') => {
                let lines = head.split(|it| *it == b'\n').take(LINES_SEEN_MAX);
                let objects = lines.filter_map(|it| serde_json::from_slice(it).ok());
                let objects: Vec<Map<String, Value>> = objects.collect();
                // a bad line among them says nothing about the file
                let fits = |tool: &&&'static dyn Tool| {
                    let fitting = objects.iter().filter(|it| tool.fits(it));
                    fitting.count() * 2 > objects.len()
                };
                Ok(TOOLS
                    .iter()
                    .find(fits)
                    .map_or(Self::Ndjson, |it| Self::Tool(*it)))
            }
            Some(b'[') => {
                Err("it is one JSON list; write one object per line (`jq -c '.[]'`)".to_owned())
            }
            Some(_)
                if head.contains(&0)
                    && !head.starts_with(b"\xFF\xFE")
                    && !head.starts_with(b"\xFE\xFF") =>
            {
                Err(format!("it is none of {}", known_names()))
            }
            Some(_) => {
                let line = head.split(|it| *it == b'\n').next().unwrap_or_default();
                let line = String::from_utf8_lossy(line);
                let cells: Vec<&str> = line
                    .trim()
                    .split(',')
                    .map(|it| it.trim_matches('"'))
                    .collect();
                let tool = TOOLS.iter().find(|it| it.fits_header(&cells));
                Ok(tool.map_or(Self::Csv, |it| Self::Tool(*it)))
            }
        }
    }
}

fn known_names() -> String {
    let names: Vec<&str> = Format::names().collect();
    names.join(", ")
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = PLAIN.iter().find(|it| it.0 == text).map(|it| it.1);
        let tool = || {
            TOOLS
                .iter()
                .find(|it| it.name() == text)
                .map(|it| Self::Tool(*it))
        };
        let alias = || matches!(text, "jsonl" | "json").then_some(Self::Ndjson);
        plain
            .or_else(tool)
            .or_else(alias)
            .ok_or_else(|| format!("expected one of {}", known_names()))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Format {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_none_twice() {
        let names: Vec<&str> = Format::names().collect();
        for name in &names {
            assert_eq!(name.parse::<Format>().unwrap().name(), *name);
            assert_eq!(names.iter().filter(|it| it == &name).count(), 1, "{name}");
        }
        assert_eq!("jsonl".parse::<Format>(), Ok(Format::Ndjson));
        let error = "xml".parse::<Format>().unwrap_err();
        assert!(
            error.starts_with("expected one of auto, ndjson, csv, parquet, amplitude"),
            "{error}"
        );
    }

    #[test]
    fn a_text_is_known_by_its_beginning() {
        for (text, expected) in [
            ("{\"event\":\"A\",\"user_id\":\"u\"}\n", Ok("ndjson")),
            (
                "{\"event_type\":\"A\",\"event_time\":\"2026-03-01 09:00:00.000000\",\"$insert_id\":\"i\"}",
                Ok("amplitude"),
            ),
            (
                "{\"event\":\"A\",\"properties\":{\"time\":1,\"distinct_id\":\"d\"}}",
                Ok("mixpanel"),
            ),
            (
                "{\"type\":\"track\",\"event\":\"A\",\"messageId\":\"m\",\"anonymousId\":\"a\"}",
                Ok("segment"),
            ),
            (
                "{\"uuid\":\"x\",\"event\":\"A\",\"distinct_id\":\"d\",\"timestamp\":\"t\",\"properties\":{}}",
                Ok("posthog"),
            ),
            (
                "uuid,event,properties,distinct_id,timestamp\n",
                Ok("posthog"),
            ),
            ("a;b\n1;2\n", Ok("csv")),
            ("  \n", Err("it is empty")),
        ] {
            let found = Format::of_text(text.as_bytes()).map(Format::name);
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        }
        assert!(
            Format::of_text(b"[{}]")
                .unwrap_err()
                .contains("one object per line")
        );
        assert!(
            Format::of_text(b"\x7fELF\0\0")
                .unwrap_err()
                .contains("none of")
        );
    }
}
