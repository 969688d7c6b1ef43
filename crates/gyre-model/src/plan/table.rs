//! The plan as a table: one row per event and property, for spreadsheets.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Plan, PlanEvent, ViolationAction};

impl Plan {
    /// The plan as CSV (RFC 4180, with a heading): a row per event, then one per property of it.
    pub fn to_csv(&self) -> String {
        let mut text =
            "event,property,type,required,description,owner,action,schema\r\n".to_owned();
        for event in &self.events {
            event_rows(event, &mut text);
        }
        text
    }
}

fn event_rows(event: &PlanEvent, text: &mut String) {
    let action = event.action.map_or("", ViolationAction::name);
    let cells = ["", "", "", &event.description, &event.owner, action, ""];
    row(text, &event.name, &cells);
    let required = event.schema.get("required").and_then(Value::as_array);
    let Some(properties) = event.schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    for (name, schema) in properties {
        let kind = match schema.get("type") {
            Some(Value::String(it)) => it.clone(),
            Some(Value::Array(list)) => {
                let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                names.join("|")
            }
            _ => String::new(),
        };
        let is_required = required.is_some_and(|it| it.iter().any(|it| it == name));
        let description = schema.get("description").and_then(Value::as_str);
        let cells: [&str; 7] = [
            name,
            &kind,
            if is_required { "yes" } else { "" },
            description.unwrap_or_default(),
            "",
            "",
            &schema.to_string(),
        ];
        row(text, &event.name, &cells);
    }
}

fn row(text: &mut String, event: &str, cells: &[&str]) {
    text.push_str(&cell(event));
    for it in cells {
        // writing to a String cannot fail
        let _ = write!(text, ",{}", cell(it));
    }
    text.push_str("\r\n");
}

/// A cell, quoted where it must be; what a spreadsheet would take for a formula begins with an apostrophe.
fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
