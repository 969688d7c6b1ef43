//! A JSON value with the pointer that leads to it: readers of definitions use it to name what is wrong.

use serde_json::{Map, Value};

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail} at `{pointer}`")]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the field.
    pub pointer: String,
    /// What is wrong and what would be right, one sentence without a full stop.
    pub detail: String,
}

impl FieldError {
    /// A refusal of the field at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

/// Result of reading a definition.
pub type Read<T> = Result<T, FieldError>;

/// A JSON value and where it stands in its document.
#[derive(Clone, Debug)]
pub struct Doc<'a> {
    value: &'a Value,
    pointer: String,
}

impl<'a> Doc<'a> {
    /// The whole document.
    pub fn root(value: &'a Value) -> Self {
        Self {
            value,
            pointer: String::new(),
        }
    }

    /// A value that stands at `pointer` of a larger document.
    pub fn at(value: &'a Value, pointer: impl Into<String>) -> Self {
        Self {
            value,
            pointer: pointer.into(),
        }
    }

    /// The raw value.
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// JSON pointer of this value.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// A refusal of this value.
    pub fn error(&self, detail: impl Into<String>) -> FieldError {
        FieldError::new(&self.pointer, detail)
    }

    /// A refusal of this value if `result` is an error text.
    pub fn check<T, E: std::fmt::Display>(&self, result: Result<T, E>) -> Read<T> {
        result.map_err(|why| self.error(why.to_string()))
    }

    fn child(&self, key: &str, value: &'a Value) -> Self {
        let key = key.replace('~', "~0").replace('/', "~1");
        Self {
            value,
            pointer: format!("{}/{key}", self.pointer),
        }
    }

    /// The object, or a refusal.
    pub fn object(&self) -> Read<&'a Map<String, Value>> {
        self.value
            .as_object()
            .ok_or_else(|| self.error("expected an object"))
    }

    /// The field `key`; `None` if it is absent or null.
    pub fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|it| !it.is_null())?;
        Some(self.child(key, value))
    }

    /// The field `key`, or a refusal of the field.
    pub fn need(&self, key: &str) -> Read<Self> {
        self.object()?;
        self.get(key)
            .ok_or_else(|| FieldError::new(format!("{}/{key}", self.pointer), "is missing"))
    }

    /// The text, or a refusal.
    pub fn text(&self) -> Read<&'a str> {
        self.value
            .as_str()
            .ok_or_else(|| self.error("expected a text"))
    }

    /// The number, or a refusal.
    pub fn number(&self) -> Read<f64> {
        self.value
            .as_f64()
            .ok_or_else(|| self.error("expected a number"))
    }

    /// A whole number within `[low, high]`, or a refusal.
    pub fn integer(&self, low: i64, high: i64) -> Read<i64> {
        let number = self.value.as_i64().or_else(|| {
            let float = self.value.as_f64()?;
            (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
        });
        match number {
            Some(it) if (low..=high).contains(&it) => Ok(it),
            Some(_) => Err(self.error(format!("expected a whole number from {low} to {high}"))),
            None => Err(self.error("expected a whole number")),
        }
    }

    /// True or false, or a refusal.
    pub fn boolean(&self) -> Read<bool> {
        self.value
            .as_bool()
            .ok_or_else(|| self.error("expected true or false"))
    }

    /// The items of a list of at most `most`, or a refusal.
    pub fn items(&self, most: usize) -> Read<Vec<Self>> {
        let list = self
            .value
            .as_array()
            .ok_or_else(|| self.error("expected a list"))?;
        if list.len() > most {
            return Err(self.error(format!(
                "has {} items; at most {most} are allowed",
                list.len()
            )));
        }
        Ok(list
            .iter()
            .enumerate()
            .map(|(i, it)| self.child(&i.to_string(), it))
            .collect())
    }

    /// Refuses fields that are not in `known`, so that a misspelt field is never silently ignored.
    pub fn only(&self, known: &[&str]) -> Read<()> {
        for key in self.object()?.keys() {
            if !known.contains(&key.as_str()) {
                let place = format!("{}/{key}", self.pointer);
                let detail = format!("unknown field; known are {}", known.join(", "));
                return Err(FieldError::new(place, detail));
            }
        }
        Ok(())
    }

    /// The text as one of named choices, or a refusal that lists them.
    pub fn one_of<T: Copy>(&self, choices: &[(&str, T)]) -> Read<T> {
        let text = self.text()?;
        choices
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, it)| *it)
            .ok_or_else(|| {
                let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
                self.error(format!("expected one of {}", names.join(", ")))
            })
    }
}
