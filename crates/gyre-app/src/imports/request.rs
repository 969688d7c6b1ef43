//! What is to be imported and how: the body of a request, and the same as it is stored.

use gyre_base::{ImportId, Secret};
use gyre_import::{Format, RowKind, TableMap};
use gyre_meta::{Import, MetaError};
use gyre_model::doc::Read;
use gyre_model::{Doc, FieldError};
use serde_json::{Value, json};

use super::objects::ObjectPlace;
use crate::AppError;
use crate::lookups::check_name;

/// Longest map, as JSON: a thousand columns are some 60 KB.
const MAP_BYTES_MAX: usize = 256 * 1024;

/// What the rows become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportInto {
    /// Events.
    Events,
    /// Properties of people.
    Profiles,
    /// Rows of a lookup table.
    Lookup,
}

const INTO: &[(&str, ImportInto)] = &[
    ("events", ImportInto::Events),
    ("profiles", ImportInto::Profiles),
    ("lookup", ImportInto::Lookup),
];

impl ImportInto {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Profiles => "profiles",
            Self::Lookup => "lookup",
        }
    }

    pub(crate) fn rows(self) -> RowKind {
        match self {
            Self::Events => RowKind::Events,
            Self::Profiles => RowKind::Profiles,
            Self::Lookup => RowKind::Lookup,
        }
    }
}

/// Where the rows are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportSource {
    /// A file that was uploaded.
    File(ImportId),
    /// Objects in object storage; the secret is kept apart.
    Objects(ObjectPlace),
}

/// The lookup table that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupTarget {
    /// Its name.
    pub name: String,
    /// The column that tells its rows apart.
    pub key: String,
}

/// A request, checked.
#[derive(Clone, Debug)]
pub(crate) struct ImportRequest {
    pub(crate) source: ImportSource,
    pub(crate) format: Format,
    pub(crate) into: ImportInto,
    pub(crate) map: Option<Value>,
    pub(crate) lookup: Option<LookupTarget>,
}

const FIELDS: &[&str] = &["name", "source", "format", "into", "map", "lookup"];

impl ImportRequest {
    /// Reads a request; the secret of its source comes apart.
    pub(crate) fn read(body: &Value) -> Result<(Self, Option<Secret>), AppError> {
        let doc = Doc::root(body);
        doc.only(FIELDS)?;
        let (request, secret) = Self::of(&doc)?;
        let needs_map = matches!(request.format, Format::Csv | Format::Parquet);
        if needs_map && request.map.is_none() && request.into != ImportInto::Lookup {
            let detail = format!("{} needs a map; a preview proposes one", request.format);
            return Err(FieldError::new("/map", detail).into());
        }
        match (request.into, &request.lookup) {
            (ImportInto::Lookup, None) => {
                Err(FieldError::new("/lookup", "is missing: the table's name and key").into())
            }
            (ImportInto::Events | ImportInto::Profiles, Some(_)) => {
                Err(FieldError::new("/lookup", "is only for rows of a lookup table").into())
            }
            _ => Ok((request, secret)),
        }
    }

    /// Reads what a preview needs, where a map and a table may be missing yet.
    pub(crate) fn read_preview(body: &Value) -> Result<(Self, Option<Secret>), AppError> {
        let doc = Doc::root(body);
        doc.only(FIELDS)?;
        Ok(Self::of(&doc)?)
    }

    fn of(doc: &Doc<'_>) -> Read<(Self, Option<Secret>)> {
        let (source, secret) = read_source(&doc.need("source")?)?;
        let format = match doc.get("format") {
            None => Format::Auto,
            Some(format) => format.check(format.text()?.parse())?,
        };
        let into = match doc.get("into") {
            None => ImportInto::Events,
            Some(into) => into.one_of(INTO)?,
        };
        let map = doc.get("map");
        if let Some(map) = &map {
            map.object()?;
            if matches!(format, Format::Tool(_)) {
                let detail = format!("{format} needs no map: its fields are known");
                return Err(map.error(detail));
            }
            let text = map.value().to_string();
            if text.len() > MAP_BYTES_MAX {
                return Err(map.error(format!("is over {MAP_BYTES_MAX} bytes as JSON")));
            }
            map.check(TableMap::parse(&text, into.rows()))?;
        }
        let lookup = doc.get("lookup").map(|it| read_lookup(&it)).transpose()?;
        let request = Self {
            source,
            format,
            into,
            map: map.map(|it| it.value().clone()),
            lookup,
        };
        Ok((request, secret))
    }

    /// As it is stored, without secrets.
    pub(crate) fn to_json(&self) -> Value {
        let source = match &self.source {
            ImportSource::File(id) => json!({"file": id}),
            ImportSource::Objects(place) => json!({"s3": place}),
        };
        let lookup = self.lookup.as_ref();
        json!({
            "source": source,
            "format": self.format.name(),
            "into": self.into.name(),
            "map": self.map,
            "lookup": lookup.map(|it| json!({"name": it.name, "key": it.key})),
        })
    }

    /// The request of a stored job.
    pub(crate) fn stored(import: &Import) -> Result<Self, AppError> {
        let corrupt = || {
            AppError::Meta(MetaError::Corrupt {
                table: "imports",
                column: "request",
            })
        };
        let value: Value = serde_json::from_str(&import.request).map_err(|_| corrupt())?;
        let read = Self::of(&Doc::root(&value)).map_err(|_| corrupt())?;
        Ok(read.0)
    }

    /// The map, bound to what the rows are.
    pub(crate) fn table_map(&self) -> Option<TableMap> {
        let map = self.map.as_ref()?;
        // it was read when the request was
        TableMap::parse(&map.to_string(), self.into.rows()).ok()
    }
}

fn read_lookup(doc: &Doc<'_>) -> Read<LookupTarget> {
    doc.only(&["name", "key"])?;
    let (name, key) = (doc.need("name")?, doc.need("key")?);
    check_name(name.text()?, name.pointer())?;
    if key.text()?.is_empty() {
        return Err(key.error("expected the name of a column"));
    }
    Ok(LookupTarget {
        name: name.text()?.to_owned(),
        key: key.text()?.to_owned(),
    })
}

fn read_source(doc: &Doc<'_>) -> Read<(ImportSource, Option<Secret>)> {
    doc.only(&["file", "s3"])?;
    match (doc.get("file"), doc.get("s3")) {
        (Some(file), None) => {
            let id = file.text()?.parse();
            let id = id.map_err(|_| file.error("expected the id of an uploaded file"))?;
            Ok((ImportSource::File(id), None))
        }
        (None, Some(place)) => {
            let (place, secret) = ObjectPlace::read(&place)?;
            Ok((ImportSource::Objects(place), secret))
        }
        _ => Err(doc.error("needs one of `file` and `s3`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "00000000-0000-0000-0000-000000000001";

    #[track_caller]
    fn refused(body: &Value, pointer: &str) {
        match ImportRequest::read(body) {
            Err(AppError::Field(error)) => assert_eq!(error.pointer, pointer, "{error}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_field_is_pointed_at() {
        refused(&json!({}), "/source");
        refused(&json!({"source": {}}), "/source");
        refused(&json!({"source": {"file": "x"}}), "/source/file");
        let source = json!({"file": FILE});
        refused(&json!({"source": source, "format": "xml"}), "/format");
        refused(&json!({"source": source, "into": "people"}), "/into");
        refused(&json!({"source": source, "format": "csv"}), "/map");
        refused(
            &json!({"source": source, "map": {"event": {"const": "A"}}}),
            "/map",
        );
        refused(
            &json!({"source": source, "format": "amplitude", "map": {}}),
            "/map",
        );
        refused(&json!({"source": source, "into": "lookup"}), "/lookup");
        refused(
            &json!({"source": source, "into": "lookup", "lookup": {"name": "A b", "key": "sku"}}),
            "/lookup/name",
        );
        refused(
            &json!({"source": source, "lookup": {"name": "a", "key": "sku"}}),
            "/lookup",
        );
        refused(&json!({"source": source, "other": 1}), "/other");
    }

    #[test]
    fn what_is_stored_has_no_secret_and_reads_back() {
        let body = json!({"source": {"s3": {"uri": "s3://bucket/day/", "region": "eu-west-1",
            "access_key_id": "AKIA", "secret_access_key": "hidden"}}, "into": "profiles"});
        let (request, secret) = ImportRequest::read(&body).unwrap();
        assert_eq!(secret.unwrap().reveal(), "hidden");
        let stored = request.to_json();
        assert!(!stored.to_string().contains("hidden"));
        let (read, secret) = ImportRequest::of(&Doc::root(&stored)).unwrap();
        assert_eq!(
            (read.source, read.into),
            (request.source, ImportInto::Profiles)
        );
        assert!(secret.is_none());
    }
}
