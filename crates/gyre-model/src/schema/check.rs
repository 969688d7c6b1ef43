//! A value against a [`Schema`]: what is wrong, where, by which rule.

use serde_json::{Map, Value};

use super::{Keyword, Node, Schema, Types};

/// Violations told of one value; the rest only repeat themselves.
pub(super) const VIOLATIONS_MAX: usize = 32;
/// Steps spent on one value: an event of 2,000 properties against 500 rules takes some 10,000.
const STEPS_MAX: usize = 50_000;
/// Schemas inside each other while one value is checked; values are at most 128 deep.
const DEPTH_MAX: usize = 200;
/// Rule of a value that took too long, or never ends.
const ENDLESS: &str = "too-complex";

/// One thing that is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Dotted path of the property, `items.0.price`; empty for the whole.
    pub property: String,
    /// The top-level property it is about, whose own name may have dots; empty for the whole.
    pub top: String,
    /// Keyword of the schema: `type`, `required`, `enum`.
    pub rule: String,
    /// For a person.
    pub detail: String,
}

impl Violation {
    pub(super) fn is_endless(&self) -> bool {
        self.rule == ENDLESS
    }
}

impl Types {
    pub(super) const NAMES: [(&'static str, u8); 7] = [
        ("null", 1),
        ("boolean", 2),
        ("integer", 4),
        ("number", 8),
        ("string", 16),
        ("array", 32),
        ("object", 64),
    ];

    fn of(value: &Value) -> u8 {
        match value {
            Value::Null => 1,
            Value::Bool(_) => 2,
            // 1.0 is an integer
            Value::Number(it) if it.as_f64().is_some_and(|it| it.fract() == 0.0) => 4 | 8,
            Value::Number(_) => 8,
            Value::String(_) => 16,
            Value::Array(_) => 32,
            Value::Object(_) => 64,
        }
    }

    fn text(self) -> String {
        let names = Self::NAMES.iter().filter(|(_, bit)| self.0 & bit != 0);
        let names: Vec<&str> = names.map(|(name, _)| *name).collect();
        names.join(" or ")
    }
}

pub(super) fn violations(schema: &Schema, value: &Value) -> Vec<Violation> {
    let mut run = Run {
        schema,
        steps: 0,
        depth: 0,
        path: Vec::new(),
        found: Vec::new(),
        is_silent: 0,
        is_over: false,
    };
    run.node(schema.root, value);
    if run.is_over {
        return vec![Violation {
            property: String::new(),
            top: String::new(),
            rule: ENDLESS.to_owned(),
            detail: "checking it took too many steps".to_owned(),
        }];
    }
    run.found
}

struct Run<'a> {
    schema: &'a Schema,
    steps: usize,
    depth: usize,
    path: Vec<String>,
    found: Vec<Violation>,
    /// Above 0 inside `anyOf` and the like: a branch that fails is no violation yet.
    is_silent: usize,
    is_over: bool,
}

impl<'a> Run<'a> {
    fn wrong(&mut self, rule: &str, detail: impl FnOnce() -> String) -> bool {
        if self.is_silent == 0 && self.found.len() < VIOLATIONS_MAX {
            self.found.push(Violation {
                property: self.path.join("."),
                top: self.path.first().cloned().unwrap_or_default(),
                rule: rule.to_owned(),
                detail: detail(),
            });
        }
        false
    }

    /// Whether a value passes; what is wrong is noted unless silent.
    fn node(&mut self, index: usize, value: &Value) -> bool {
        self.steps += 1;
        if self.steps > STEPS_MAX || self.depth >= DEPTH_MAX {
            self.is_over = true;
        }
        if self.is_over {
            return false;
        }
        let schema: &'a Schema = self.schema;
        self.depth += 1;
        let passes = match &schema.nodes[index] {
            Node::Constant(true) => true,
            Node::Constant(false) => self.wrong("false", || "is not allowed".to_owned()),
            Node::Keywords(keywords) => {
                let mut passes = true;
                for keyword in keywords {
                    passes &= self.keyword(keyword, value);
                }
                passes
            }
        };
        self.depth -= 1;
        passes
    }

    fn silent(&mut self, index: usize, value: &Value) -> bool {
        self.is_silent += 1;
        let passes = self.node(index, value);
        self.is_silent -= 1;
        passes
    }

    fn at(&mut self, key: &str, index: usize, value: &Value) -> bool {
        self.path.push(key.to_owned());
        let passes = self.node(index, value);
        self.path.pop();
        passes
    }

    fn wrong_at(&mut self, key: &str, rule: &str, detail: impl FnOnce() -> String) -> bool {
        self.path.push(key.to_owned());
        self.wrong(rule, detail);
        self.path.pop();
        false
    }

    fn keyword(&mut self, keyword: &'a Keyword, value: &Value) -> bool {
        match keyword {
            Keyword::Types(types) => {
                types.0 & Types::of(value) != 0
                    || self.wrong("type", || {
                        format!("expected {}, got {}", types.text(), shown(value))
                    })
            }
            Keyword::Enum(values) => {
                self.steps += values.len() / 16;
                values.iter().any(|it| same(it, value))
                    || self.wrong("enum", || {
                        format!("{} is not one of the values planned", shown(value))
                    })
            }
            Keyword::Const(only) => {
                same(only, value) || self.wrong("const", || format!("expected {}", shown(only)))
            }
            Keyword::AllOf(list) => {
                let mut passes = true;
                for it in list {
                    passes &= self.node(*it, value);
                }
                passes
            }
            Keyword::AnyOf(list) => {
                list.iter().any(|it| self.silent(*it, value))
                    || self.wrong("anyOf", || "fits none of the alternatives".to_owned())
            }
            Keyword::OneOf(list) => {
                let count = list.iter().filter(|it| self.silent(**it, value)).count();
                count == 1
                    || self.wrong("oneOf", || {
                        format!("fits {count} of the alternatives, not one")
                    })
            }
            Keyword::Not(node) => {
                !self.silent(*node, value) && !self.is_over
                    || self.wrong("not", || "is what it may not be".to_owned())
            }
            Keyword::If {
                test,
                then,
                otherwise,
            } => {
                let branch = if self.silent(*test, value) {
                    then
                } else {
                    otherwise
                };
                branch.is_none_or(|it| self.node(it, value))
            }
            Keyword::Ref(node) => self.node(*node, value),
            _ => match value {
                Value::Number(it) => self.number(keyword, it.as_f64().unwrap_or_default()),
                Value::String(it) => self.text(keyword, it),
                Value::Array(it) => self.list(keyword, it),
                Value::Object(it) => self.object(keyword, it),
                Value::Null | Value::Bool(_) => true,
            },
        }
    }

    fn number(&mut self, keyword: &Keyword, number: f64) -> bool {
        match keyword {
            Keyword::MultipleOf(of) => {
                let times = number / of;
                (times - times.round()).abs() < 1e-9 * times.abs().max(1.0)
                    || self.wrong("multipleOf", || {
                        format!("{number} is not a multiple of {of}")
                    })
            }
            Keyword::Bound { name, limit } => {
                let passes = match *name {
                    "minimum" => number >= *limit,
                    "maximum" => number <= *limit,
                    "exclusiveMinimum" => number > *limit,
                    _ => number < *limit,
                };
                passes || self.wrong(name, || format!("{number} is beyond {limit}"))
            }
            _ => true,
        }
    }

    fn text(&mut self, keyword: &Keyword, text: &str) -> bool {
        match keyword {
            Keyword::Count {
                name: name @ ("minLength" | "maxLength"),
                limit,
            } => {
                let length = text.chars().count();
                self.counted(name, length, *limit)
            }
            Keyword::Pattern(regex) => {
                self.steps += text.len() / 256;
                regex.is_match(text)
                    || self.wrong("pattern", || format!("`{}` does not match", cut(text)))
            }
            Keyword::Format(format) => {
                format.fits(text)
                    || self.wrong("format", || format!("`{}` has another format", cut(text)))
            }
            _ => true,
        }
    }

    fn counted(&mut self, name: &str, count: usize, limit: usize) -> bool {
        let passes = if name.starts_with("min") {
            count >= limit
        } else {
            count <= limit
        };
        passes || self.wrong(name, || format!("{count} is beyond {limit}"))
    }

    fn list(&mut self, keyword: &Keyword, items: &[Value]) -> bool {
        match keyword {
            Keyword::Count {
                name: name @ ("minItems" | "maxItems"),
                limit,
            } => self.counted(name, items.len(), *limit),
            Keyword::UniqueItems => {
                // compared pairwise, so the steps bound the length
                self.steps += items.len() * items.len() / 32;
                if self.steps > STEPS_MAX {
                    self.is_over = true;
                    return false;
                }
                let has_twins =
                    (1..items.len()).any(|i| items[..i].iter().any(|it| same(it, &items[i])));
                !has_twins || self.wrong("uniqueItems", || "has the same item twice".to_owned())
            }
            Keyword::Items { first, rest } => {
                let mut passes = true;
                for (i, item) in items.iter().enumerate() {
                    if let Some(node) = first.get(i).or(rest.as_ref()) {
                        passes &= self.at(&i.to_string(), *node, item);
                    }
                }
                passes
            }
            Keyword::Contains { node, least, most } => {
                let count = items.iter().filter(|it| self.silent(*node, it)).count();
                (count >= *least && count <= *most)
                    || self.wrong("contains", || {
                        format!("{count} items are of the kind asked for")
                    })
            }
            _ => true,
        }
    }

    fn object(&mut self, keyword: &'a Keyword, members: &Map<String, Value>) -> bool {
        let mut passes = true;
        match keyword {
            Keyword::Count {
                name: name @ ("minProperties" | "maxProperties"),
                limit,
            } => {
                passes = self.counted(name, members.len(), *limit);
            }
            Keyword::Required(names) => {
                for name in names.iter().filter(|it| !members.contains_key(*it)) {
                    passes = self.wrong_at(name, "required", || "is missing".to_owned());
                }
            }
            Keyword::DependentRequired(list) => {
                let present = list.iter().filter(|(key, _)| members.contains_key(key));
                for (key, names) in present {
                    for name in names.iter().filter(|it| !members.contains_key(*it)) {
                        let detail = || format!("is missing beside `{key}`");
                        passes = self.wrong_at(name, "dependentRequired", detail);
                    }
                }
            }
            Keyword::DependentSchemas(list) => {
                let value = Value::Object(members.clone());
                let present = list.iter().filter(|(key, _)| members.contains_key(key));
                for (_, node) in present {
                    passes &= self.node(*node, &value);
                }
            }
            Keyword::PropertyNames(node) => {
                for key in members.keys() {
                    if !self.silent(*node, &Value::String(key.clone())) {
                        let detail = || "is not a name that is allowed".to_owned();
                        passes = self.wrong_at(key, "propertyNames", detail);
                    }
                }
            }
            Keyword::Members {
                named,
                patterns,
                others,
            } => {
                for (key, value) in members {
                    let mut is_known = false;
                    if let Some(node) = named.get(key) {
                        is_known = true;
                        passes &= self.at(key, *node, value);
                    }
                    self.steps += patterns.len();
                    for (regex, node) in patterns {
                        if regex.is_match(key) {
                            is_known = true;
                            passes &= self.at(key, *node, value);
                        }
                    }
                    let Some(node) = others.filter(|_| !is_known) else {
                        continue;
                    };
                    if matches!(self.schema.nodes[node], Node::Constant(false)) {
                        let detail = || "is not planned".to_owned();
                        passes = self.wrong_at(key, "additionalProperties", detail);
                    } else {
                        passes &= self.at(key, node, value);
                    }
                }
            }
            _ => {}
        }
        passes
    }
}

/// Equality of JSON: `1` is `1.0`, members have no order.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// A value in a sentence.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => format!("`{}`", cut(&other.to_string())),
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(80)]
}
