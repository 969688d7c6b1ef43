//! From a document to a [`Schema`], each refusal at its place.

use std::collections::{BTreeMap, HashMap};

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value, json};

use super::check::Violation;
use super::format::Format;
use super::{
    ENUM_MAX, Keyword, Node, PATTERN_BYTES_MAX, PATTERN_COMPILED_BYTES_MAX, SCHEMA_BYTES_MAX,
    SCHEMA_DEPTH_MAX, Schema, Types,
};
use crate::doc::{Doc, FieldError, Read};

/// The one dialect that is read.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Keywords that say nothing of validity.
const ANNOTATIONS: &[&str] = &[
    "$comment",
    "$defs",
    "$schema",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
];
/// Keywords that are read together with another one.
const COMPANIONS: &[&str] = &[
    "additionalProperties",
    "else",
    "items",
    "maxContains",
    "minContains",
    "patternProperties",
    "then",
];
/// Most of anything a keyword counts.
const COUNT_MAX: i64 = 1_000_000_000;

/// Reads a schema.
pub(super) fn compile(doc: &Doc<'_>) -> Read<Schema> {
    let bytes = doc.value().to_string().len();
    if bytes > SCHEMA_BYTES_MAX {
        let detail =
            format!("the schema has {bytes} bytes; at most {SCHEMA_BYTES_MAX} are allowed");
        return Err(doc.error(detail));
    }
    let mut compiler = Compiler {
        root: doc.clone(),
        nodes: Vec::new(),
        places: HashMap::new(),
    };
    let root = compiler.node(doc, 0)?;
    let schema = Schema {
        nodes: compiler.nodes,
        root,
    };
    // a `$ref` that comes back without going down in the value would never end: no value can pass
    for probe in [json!({}), json!(""), json!(0), json!([]), json!(null)] {
        if schema.violations(&probe).iter().any(Violation::is_endless) {
            return Err(doc.error("the schema refers to itself without end"));
        }
    }
    Ok(schema)
}

struct Compiler<'a> {
    root: Doc<'a>,
    nodes: Vec<Node>,
    /// Nodes by the pointer of their schema.
    places: HashMap<String, usize>,
}

impl<'a> Compiler<'a> {
    fn node(&mut self, doc: &Doc<'a>, depth: usize) -> Read<usize> {
        if let Some(known) = self.places.get(doc.pointer()) {
            return Ok(*known);
        }
        if depth > SCHEMA_DEPTH_MAX {
            return Err(doc.error(format!("is nested deeper than {SCHEMA_DEPTH_MAX} levels")));
        }
        let index = self.nodes.len();
        self.places.insert(doc.pointer().to_owned(), index);
        self.nodes.push(Node::Constant(true));
        let node = match doc.value() {
            Value::Bool(it) => Node::Constant(*it),
            Value::Object(members) => Node::Keywords(self.keywords(doc, members, depth)?),
            _ => return Err(doc.error("expected a schema: an object, true or false")),
        };
        self.nodes[index] = node;
        Ok(index)
    }

    fn keywords(
        &mut self,
        doc: &Doc<'a>,
        members: &'a Map<String, Value>,
        depth: usize,
    ) -> Read<Vec<Keyword>> {
        let mut out = Vec::new();
        for (name, value) in members {
            let field = child(doc, name, value);
            if let Some(keyword) = self.keyword(doc, name, &field, depth)? {
                out.push(keyword);
            }
        }
        let is_any = |names: &[&str]| names.iter().any(|it| members.contains_key(*it));
        if is_any(&["properties", "patternProperties", "additionalProperties"]) {
            out.push(self.members(doc, depth)?);
        }
        if is_any(&["prefixItems", "items"]) {
            out.push(self.items(doc, depth)?);
        }
        Ok(out)
    }

    fn keyword(
        &mut self,
        doc: &Doc<'a>,
        name: &str,
        field: &Doc<'a>,
        depth: usize,
    ) -> Read<Option<Keyword>> {
        let below = depth + 1;
        Ok(Some(match name {
            "type" => Keyword::Types(types(field)?),
            "enum" => Keyword::Enum(values(field)?),
            "const" => Keyword::Const(field.value().clone()),
            "multipleOf" => {
                let number = field.number()?;
                if number <= 0.0 {
                    return Err(field.error("expected a number above 0"));
                }
                Keyword::MultipleOf(number)
            }
            "minimum" => bound("minimum", field)?,
            "maximum" => bound("maximum", field)?,
            "exclusiveMinimum" => bound("exclusiveMinimum", field)?,
            "exclusiveMaximum" => bound("exclusiveMaximum", field)?,
            "minLength" => count("minLength", field)?,
            "maxLength" => count("maxLength", field)?,
            "minItems" => count("minItems", field)?,
            "maxItems" => count("maxItems", field)?,
            "minProperties" => count("minProperties", field)?,
            "maxProperties" => count("maxProperties", field)?,
            "pattern" => Keyword::Pattern(pattern(field, field.text()?)?),
            "format" => return Ok(Format::named(field.text()?).map(Keyword::Format)),
            "uniqueItems" => return Ok(field.boolean()?.then_some(Keyword::UniqueItems)),
            "required" => Keyword::Required(texts(field)?),
            "dependentRequired" => {
                let mut list = Vec::new();
                for (key, value) in field.object()? {
                    list.push((key.clone(), texts(&child(field, key, value))?));
                }
                Keyword::DependentRequired(list)
            }
            "dependentSchemas" => {
                let mut list = Vec::new();
                for (key, value) in field.object()? {
                    list.push((key.clone(), self.node(&child(field, key, value), below)?));
                }
                Keyword::DependentSchemas(list)
            }
            "propertyNames" => Keyword::PropertyNames(self.node(field, below)?),
            "contains" => self.contains(doc, field, below)?,
            "allOf" => Keyword::AllOf(self.list(field, below)?),
            "anyOf" => Keyword::AnyOf(self.list(field, below)?),
            "oneOf" => Keyword::OneOf(self.list(field, below)?),
            "not" => Keyword::Not(self.node(field, below)?),
            "if" => Keyword::If {
                test: self.node(field, below)?,
                then: self.optional(doc, "then", below)?,
                otherwise: self.optional(doc, "else", below)?,
            },
            "$ref" => Keyword::Ref(self.reference(field, below)?),
            "$schema" if field.text()?.trim_end_matches('#') != DIALECT => {
                return Err(field.error(format!("expected {DIALECT}")));
            }
            // read with `items`, whose place it shares
            "prefixItems" | "properties" => return Ok(None),
            name if ANNOTATIONS.contains(&name) || COMPANIONS.contains(&name) => return Ok(None),
            name if name.starts_with("x-") => return Ok(None),
            _ => return Err(field.error("is not a keyword that is understood here")),
        }))
    }

    fn optional(&mut self, doc: &Doc<'a>, name: &str, depth: usize) -> Read<Option<usize>> {
        let Some(value) = doc.value().get(name) else {
            return Ok(None);
        };
        self.node(&child(doc, name, value), depth).map(Some)
    }

    fn list(&mut self, field: &Doc<'a>, depth: usize) -> Read<Vec<usize>> {
        let items = field.items(ENUM_MAX)?;
        if items.is_empty() {
            return Err(field.error("expected at least one schema"));
        }
        items.iter().map(|it| self.node(it, depth)).collect()
    }

    fn members(&mut self, doc: &Doc<'a>, depth: usize) -> Read<Keyword> {
        let below = depth + 1;
        let mut named = BTreeMap::new();
        if let Some(field) = doc.get("properties") {
            for (key, value) in field.object()? {
                let node = self.node(&child(&field, key, value), below)?;
                named.insert(key.clone(), node);
            }
        }
        let mut patterns = Vec::new();
        if let Some(field) = doc.get("patternProperties") {
            for (key, value) in field.object()? {
                let place = child(&field, key, value);
                let regex = pattern(&place, key)?;
                patterns.push((regex, self.node(&place, below)?));
            }
        }
        let others = self.optional(doc, "additionalProperties", below)?;
        Ok(Keyword::Members {
            named,
            patterns,
            others,
        })
    }

    fn items(&mut self, doc: &Doc<'a>, depth: usize) -> Read<Keyword> {
        let first = match doc.get("prefixItems") {
            Some(field) => self.list(&field, depth + 1)?,
            None => Vec::new(),
        };
        let rest = self.optional(doc, "items", depth + 1)?;
        Ok(Keyword::Items { first, rest })
    }

    fn contains(&mut self, doc: &Doc<'a>, field: &Doc<'a>, depth: usize) -> Read<Keyword> {
        let limit = |name: &str, otherwise: usize| -> Read<usize> {
            doc.get(name)
                .map_or(Ok(otherwise), |it| Ok(it.integer(0, COUNT_MAX)? as usize))
        };
        let (least, most) = (limit("minContains", 1)?, limit("maxContains", usize::MAX)?);
        let node = self.node(field, depth)?;
        Ok(Keyword::Contains { node, least, most })
    }

    /// The schema that a `$ref` leads to; only places of the same document.
    fn reference(&mut self, field: &Doc<'a>, depth: usize) -> Read<usize> {
        let text = field.text()?;
        let Some(pointer) = text.strip_prefix('#') else {
            let detail =
                format!("`{text}` leads outside the schema; only `#` and `#/…` are followed");
            return Err(field.error(detail));
        };
        let Some(value) = self.root.value().pointer(pointer) else {
            return Err(field.error(format!("`{text}` leads to nothing in the schema")));
        };
        let place = Doc::at(value, format!("{}{pointer}", self.root.pointer()));
        self.node(&place, depth)
    }
}

fn child<'a>(doc: &Doc<'a>, key: &str, value: &'a Value) -> Doc<'a> {
    let key = key.replace('~', "~0").replace('/', "~1");
    Doc::at(value, format!("{}/{key}", doc.pointer()))
}

fn types(field: &Doc<'_>) -> Read<Types> {
    let names = match field.value() {
        Value::Array(_) => field.items(7)?,
        _ => vec![field.clone()],
    };
    let mut types = Types(0);
    for name in names {
        types.0 |= name.one_of(&Types::NAMES.map(|(text, bit)| (text, bit)))?;
    }
    if types.0 == 0 {
        return Err(field.error("expected at least one type"));
    }
    Ok(types)
}

fn values(field: &Doc<'_>) -> Read<Vec<Value>> {
    let items = field.items(ENUM_MAX)?;
    Ok(items.iter().map(|it| it.value().clone()).collect())
}

fn texts(field: &Doc<'_>) -> Read<Vec<String>> {
    let items = field.items(ENUM_MAX)?;
    items
        .iter()
        .map(|it| it.text().map(str::to_owned))
        .collect()
}

fn bound(name: &'static str, field: &Doc<'_>) -> Read<Keyword> {
    let limit = field.number()?;
    Ok(Keyword::Bound { name, limit })
}

fn count(name: &'static str, field: &Doc<'_>) -> Read<Keyword> {
    let limit = field.integer(0, COUNT_MAX)? as usize;
    Ok(Keyword::Count { name, limit })
}

fn pattern(field: &Doc<'_>, text: &str) -> Result<Regex, FieldError> {
    if text.len() > PATTERN_BYTES_MAX {
        return Err(field.error(format!("is longer than {PATTERN_BYTES_MAX} bytes")));
    }
    let built = RegexBuilder::new(text)
        .size_limit(PATTERN_COMPILED_BYTES_MAX)
        .build();
    built.map_err(|_| {
        field.error("is not a pattern that can be matched in linear time (no look-around, no back-references)")
    })
}
