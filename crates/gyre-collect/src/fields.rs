//! Taking fields out of an event under any of their names.

use gyre_base::Timestamp;
use serde_json::{Map, Value};

use crate::content;
use crate::draft::Fault;

/// What is left of an event's own fields.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads the text of one event.
    pub(crate) fn read(raw: &str) -> Result<Self, Fault> {
        match content::value(raw) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err(Fault::new("not-an-object", "an event is a JSON object")),
            Err(error) => Err(Fault::new("unreadable-event", error.to_string())),
        }
    }

    /// The fields of an object that was read already.
    pub(crate) fn of(object: Map<String, Value>) -> Self {
        Self(object)
    }

    /// The first of these fields that is there and not null.
    pub(crate) fn take(&mut self, names: &[&str]) -> Option<Value> {
        names.iter().find_map(|name| match self.0.get(*name)? {
            Value::Null => None,
            _ => self.0.shift_remove(*name),
        })
    }

    /// The first of these fields, as text; a number is text too.
    pub(crate) fn take_text(&mut self, names: &[&str]) -> Option<String> {
        let value = self.take(names)?;
        text(&value)
    }

    /// The first of these fields, which must be an object; absent, null and `[]` (PHP's empty object) are empty.
    pub(crate) fn take_map(&mut self, names: &[&str]) -> Result<Map<String, Value>, Fault> {
        match self.take(names) {
            None => Ok(Map::new()),
            Some(Value::Object(map)) => Ok(map),
            Some(Value::Array(items)) if items.is_empty() => Ok(Map::new()),
            Some(_) => Err(Fault::new(
                "properties-not-an-object",
                format!("`{}` is not an object", names.join("` or `")),
            )),
        }
    }

    /// The first of these fields that is an instant; what is none stays, so that it is kept with the rest.
    pub(crate) fn take_time(&mut self, names: &[&str]) -> Option<Timestamp> {
        names.iter().find_map(|name| {
            let instant = time(self.0.get(*name)?)?;
            self.0.remove(*name);
            Some(instant)
        })
    }

    /// The first of these fields, as a whole number.
    pub(crate) fn take_integer(&mut self, names: &[&str]) -> Option<i64> {
        let value = self.take(names)?;
        integer(&value)
    }

    /// The first of these fields, as yes or no.
    pub(crate) fn take_flag(&mut self, names: &[&str]) -> bool {
        let value = self.take(names);
        value.as_ref().and_then(flag) == Some(true)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|it| !it.is_null())
    }

    /// Everything that was not taken and is not null, by name: where two become one, their order must not matter.
    pub(crate) fn rest(self) -> impl Iterator<Item = (String, Value)> {
        self.rest_with_nulls().filter(|(_, value)| !value.is_null())
    }

    /// Everything that was not taken, by name, where null means something.
    pub(crate) fn rest_with_nulls(self) -> impl Iterator<Item = (String, Value)> {
        let mut rest = self.0;
        rest.sort_keys();
        rest.into_iter()
    }
}

/// A scalar as text; `None` for null, the empty text, lists and objects.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(it) if it.is_empty() => None,
        Value::String(it) => Some(it.clone()),
        Value::Number(it) => Some(it.to_string()),
        Value::Bool(it) => Some(it.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Yes or no, as a truth value or as a text.
pub(crate) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(it) => Some(*it),
        Value::String(it) if it.eq_ignore_ascii_case("true") => Some(true),
        Value::String(it) if it.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A number, or a text that is one, as a whole number.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(it) => it.as_i64().or_else(|| it.as_f64().map(|it| it as i64)),
        Value::String(it) => it.trim().parse().ok(),
        _ => None,
    }
}

/// An instant as text or as a number of any unit; nothing at or before 1970, which is a clock that was never set.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    let instant = match value {
        Value::Number(it) => Timestamp::from_number(it.as_f64()?)?,
        Value::String(it) => Timestamp::parse(it).or_else(|| {
            let number = it.trim().parse().ok()?;
            Timestamp::from_number(number)
        })?,
        _ => return None,
    };
    (instant.ms() > 0 && instant < Timestamp::MAX).then_some(instant)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_name_that_is_there_wins_and_the_others_stay() {
        let mut fields = Fields::read(r#"{"event":null,"name":"a","type":"b"}"#).unwrap();
        assert_eq!(
            fields.take_text(&["event", "name", "type"]).as_deref(),
            Some("a")
        );
        assert_eq!(
            fields.rest().collect::<Vec<_>>(),
            [("type".to_owned(), json!("b"))]
        );
    }

    #[test]
    fn times_are_read_by_type_and_magnitude() {
        let expected = Some(Timestamp(1_795_290_523_891));
        for value in [
            json!(1_795_290_523_891_i64),
            json!(1_795_290_523.891),
            json!(1_795_290_523_891_000_i64),
            json!(1_795_290_523_891_000_000_i64),
            json!("1795290523891"),
            json!("2026-11-21T19:48:43.891Z"),
            json!("2026-11-21T19:48:43.891000+00:00"),
            json!("2026-11-22 04:48:43.891+09:00"),
        ] {
            assert_eq!(time(&value), expected, "{value}");
        }
        for value in [
            json!("soon"),
            json!(0),
            json!(-5),
            json!(1e300),
            json!({}),
            json!(true),
        ] {
            assert_eq!(time(&value), None, "{value}");
        }
    }
}
