//! Lines of JSON, one event each, passed on as they are.

use std::io::{self, BufRead, Read};

use serde::Deserialize;
use serde_json::Value;

use super::{Row, made_insert_id};
use crate::sender::BATCH_BYTES_MAX;

/// Names of an event's own id, as the server knows them, and its kind of call.
#[derive(Deserialize)]
struct Peek {
    insert_id: Option<Value>,
    #[serde(rename = "insertId")]
    insert_id_camel: Option<Value>,
    #[serde(rename = "messageId")]
    message_id: Option<Value>,
    uuid: Option<Value>,
    id: Option<Value>,
    #[serde(rename = "type")]
    call: Option<Value>,
}

impl Peek {
    fn insert_id(&self) -> Option<String> {
        let names = [
            &self.insert_id,
            &self.insert_id_camel,
            &self.message_id,
            &self.uuid,
            &self.id,
        ];
        names.into_iter().flatten().find_map(|it| match it {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }
}

/// Reads every line and hands it to `put` until that answers false.
pub(super) fn read(
    mut input: impl BufRead,
    file: &str,
    put: &mut dyn FnMut(Row) -> bool,
) -> io::Result<()> {
    let mut line = Vec::new();
    let mut row = 0;
    loop {
        line.clear();
        // one byte more than is allowed, so that a line that is too long is told from one that just fits
        let limit = BATCH_BYTES_MAX as u64 + 1;
        if input.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        row += 1;
        let is_too_long = line.len() as u64 == limit && line.last() != Some(&b'\n');
        if is_too_long {
            skip_line(&mut input)?;
        }
        let text = trim(&line, row == 1);
        if text.is_empty() {
            continue;
        }
        let read = if is_too_long {
            let detail = format!("is longer than {BATCH_BYTES_MAX} bytes");
            Row::Bad { row, detail }
        } else {
            read_line(text, file, row)
        };
        if !put(read) {
            return Ok(());
        }
    }
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|it| *it == b'\n');
        let used = end.map_or(buffer.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

fn trim(line: &[u8], is_first: bool) -> &[u8] {
    let line = if is_first {
        line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
    } else {
        line
    };
    line.trim_ascii()
}

fn read_line(line: &[u8], file: &str, row: u64) -> Row {
    if line.first() != Some(&b'{') {
        let detail = "is not a JSON object".to_owned();
        return Row::Bad { row, detail };
    }
    let peek: Peek = match serde_json::from_slice(line) {
        Ok(peek) => peek,
        Err(error) => {
            let detail = format!("is not JSON, column {}: {error}", error.column());
            return Row::Bad { row, detail };
        }
    };
    let mut fields = vec![("historical", Value::Bool(true))];
    let own_id = peek.insert_id();
    let insert_id = own_id.unwrap_or_else(|| {
        let id = made_insert_id(file, row, line);
        // a call in Segment's manner knows its id by another name
        let name = if peek.call.is_some() {
            "messageId"
        } else {
            "insert_id"
        };
        fields.push((name, id.as_str().into()));
        id
    });
    let line = with_fields(line, &fields);
    Row::Event {
        row,
        insert_id,
        line,
    }
}

/// The object with these fields in front, its own text untouched.
///
/// A field of the same name in the object itself would come later and win, so a null that stands for one is taken
/// out.
fn with_fields(object: &[u8], fields: &[(&str, Value)]) -> Vec<u8> {
    let stands_there = |name: &str| {
        let quoted = format!("\"{name}\"");
        object
            .windows(quoted.len())
            .any(|it| it == quoted.as_bytes())
    };
    if fields.iter().any(|(name, _)| stands_there(name))
        && let Ok(Value::Object(mut map)) = serde_json::from_slice(object)
    {
        for (name, value) in fields {
            if map.get(*name).is_none_or(Value::is_null) {
                map.insert((*name).to_owned(), value.clone());
            }
        }
        return Value::Object(map).to_string().into_bytes();
    }
    let mut line = Vec::with_capacity(object.len() + 120);
    line.push(b'{');
    for (name, value) in fields {
        line.extend_from_slice(format!("\"{name}\":{value},").as_bytes());
    }
    let inner = object[1..].trim_ascii_start();
    if inner == b"}" {
        line.pop();
    }
    line.extend_from_slice(inner);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Row> {
        let mut rows = Vec::new();
        read(text.as_bytes(), "a.ndjson", &mut |row| {
            rows.push(row);
            true
        })
        .unwrap();
        rows
    }

    #[test]
    fn a_line_with_an_id_of_its_own_keeps_it() {
        for (line, id) in [
            (r#"{"event":"A",  "insert_id":"i1"}"#, "i1"),
            (r#"{"event":"A","messageId":"m1"}"#, "m1"),
            (r#"{"event":"A","uuid":7}"#, "7"),
        ] {
            let [
                Row::Event {
                    row,
                    insert_id,
                    line: sent,
                },
            ] = &rows(line)[..]
            else {
                panic!("one event");
            };
            assert_eq!((*row, insert_id.as_str()), (1, id));
            let sent = String::from_utf8(sent.clone()).unwrap();
            assert_eq!(sent, format!("{{\"historical\":true,{}", &line[1..]));
        }
    }

    #[test]
    fn a_null_is_no_id() {
        let [
            Row::Event {
                insert_id, line, ..
            },
        ] = &rows(r#"{"insert_id":null,"a":1}"#)[..]
        else {
            panic!("one event");
        };
        let sent: Value = serde_json::from_slice(line).unwrap();
        assert_eq!(
            (&sent["insert_id"], &sent["a"]),
            (&insert_id.as_str().into(), &1.into())
        );
    }

    #[test]
    fn an_empty_object_stays_an_object() {
        let [Row::Event { line, .. }] = &rows("{ }")[..] else {
            panic!("one event");
        };
        let sent: Value = serde_json::from_slice(line).unwrap();
        assert_eq!(sent["historical"], true);
    }

    #[test]
    fn a_line_without_insert_id_gets_one_of_its_place_and_content() {
        let id = |text: &str| match rows(text).pop() {
            Some(Row::Event {
                insert_id, line, ..
            }) => {
                let line: Value = serde_json::from_slice(&line).unwrap();
                assert_eq!(line["insert_id"], insert_id);
                insert_id
            }
            other => panic!("{other:?}"),
        };
        let first = id("{\"event\":\"A\"}\n");
        assert!(first.starts_with("a.ndjson:1:"), "{first}");
        assert_eq!(first, id("{\"event\":\"A\"}\n"));
        assert_ne!(first, id("{\"event\":\"B\"}\n"));
        assert_ne!(first, id("{\"event\":\"A\"}\n{\"event\":\"A\"}\n"));
    }

    #[test]
    fn a_bad_line_is_named_and_the_rest_goes_on() {
        let rows = rows("{\"event\":\n[1]\n{\"event\":\"A\",\"insert_id\":\"x\"}");
        let details: Vec<_> = rows
            .iter()
            .map(|it| match it {
                Row::Bad { row, detail } => format!("{row} {detail}"),
                Row::Event { row, .. } => format!("{row} fine"),
            })
            .collect();
        assert!(
            details[0].starts_with("1 is not JSON, column 9: "),
            "{details:?}"
        );
        assert!(
            details[1].starts_with("2 is not a JSON object"),
            "{details:?}"
        );
        assert_eq!(details[2], "3 fine");
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_whole() {
        let long = format!(
            "{{\"event\":\"{}\"}}\n{{\"event\":\"A\"}}\n",
            "x".repeat(BATCH_BYTES_MAX)
        );
        let rows = rows(&long);
        assert!(matches!(&rows[0], Row::Bad { row: 1, .. }));
        assert!(matches!(&rows[1], Row::Event { row: 2, .. }));
        assert_eq!(rows.len(), 2);
    }
}
