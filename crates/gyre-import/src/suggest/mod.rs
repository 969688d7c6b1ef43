//! A map proposed from a table's header and first rows, for a person to correct.

mod column;
mod vocabulary;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::map::RowKind;
use crate::reader::Sample;
use column::{Look, look_of, texts};
use vocabulary::{Role, role_of};

/// A proposed map and what a person should check of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// As the map file is written; without a field that no column seems to be.
    pub map: Map<String, Value>,
    /// What was assumed or is missing, a sentence each.
    pub notes: Vec<String>,
}

/// One column under consideration.
struct Column<'a> {
    name: &'a str,
    role: Option<Role>,
    look: Look,
    is_unique: bool,
}

/// Proposes a map from the names of the columns (English and Korean) and the look of their first cells.
///
/// Nothing is guessed that could change what an import means: where day and month may be exchanged, or no person can be
/// seen, a note says so.
pub fn suggest_map(sample: &Sample, kind: RowKind) -> Suggestion {
    if kind == RowKind::Lookup {
        let columns = sample.header.iter();
        let columns: Map<String, Value> = columns.map(|it| (it.clone(), json!(it))).collect();
        let map = Map::from_iter([("properties".to_owned(), Value::Object(columns))]);
        let notes = Vec::new();
        return Suggestion { map, notes };
    }
    let decimal = column::decimal_mark(sample);
    let columns: Vec<Column<'_>> = sample
        .header
        .iter()
        .enumerate()
        .map(|(idx, name)| {
            let cells = texts(sample, idx);
            let distinct: BTreeSet<&String> = cells.iter().collect();
            Column {
                name,
                role: role_of(name),
                look: look_of(sample, idx, decimal),
                is_unique: !cells.is_empty() && distinct.len() == sample.rows.len(),
            }
        })
        .collect();
    let mut proposal = Proposal {
        columns: &columns,
        kind,
        taken: BTreeSet::new(),
        map: Map::new(),
        notes: Vec::new(),
    };
    proposal.table(sample, decimal);
    proposal.fields();
    proposal.properties();
    Suggestion {
        map: proposal.map,
        notes: proposal.notes,
    }
}

struct Proposal<'a> {
    columns: &'a [Column<'a>],
    kind: RowKind,
    taken: BTreeSet<&'a str>,
    map: Map<String, Value>,
    notes: Vec<String>,
}

impl<'a> Proposal<'a> {
    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The first column of that role that nothing else took.
    fn find(&self, role: Role) -> Option<&'a Column<'a>> {
        let columns = self.columns.iter();
        columns
            .into_iter()
            .find(|it| it.role == Some(role) && !self.taken.contains(it.name))
    }

    fn table(&mut self, sample: &Sample, decimal: char) {
        let mut table = Map::new();
        if decimal == ',' {
            table.insert("decimal".to_owned(), ",".into());
        }
        let is_hangul = |it: char| ('가'..='힣').contains(&it);
        let is_korean = sample.header.iter().any(|it| it.contains(is_hangul));
        let has_local_times = self.columns.iter().any(|it| it.look.is_local_time());
        if has_local_times && is_korean {
            table.insert("zone".to_owned(), "Asia/Seoul".into());
            self.note("times without a zone are taken as Asia/Seoul (`table.zone`)");
        } else if has_local_times {
            self.note("times without a zone are taken as UTC; set `table.zone` if they are local");
        }
        if !table.is_empty() {
            self.map.insert("table".to_owned(), Value::Object(table));
        }
    }

    fn fields(&mut self) {
        if self.kind == RowKind::Events {
            if let Some(column) = self.find(Role::Event) {
                self.take("event", column);
            } else {
                self.constant_event();
            }
        }
        self.time();
        if let Some(column) = self.find(Role::User) {
            self.take("user_id", column);
        }
        if let Some(column) = self.find(Role::Device) {
            self.take("device_id", column);
        }
        if !self.map.contains_key("user_id") && !self.map.contains_key("device_id") {
            self.person();
        }
        // an order of several lines stands in several rows, so its number is no id of a row
        if self.kind == RowKind::Events
            && let Some(column) = self.find(Role::InsertId).filter(|it| it.is_unique)
        {
            self.take("insert_id", column);
        }
    }

    /// Every row is the same event: a sale if there is something that only a sale has.
    fn constant_event(&mut self) {
        let mut roles = self.columns.iter().filter_map(|it| it.role);
        let name = if roles.any(Role::is_of_a_sale) {
            "Order Completed"
        } else {
            "Row Imported"
        };
        self.map.insert("event".to_owned(), json!({"const": name}));
        self.note(format!(
            "no column names the event: every row becomes `{name}`"
        ));
    }

    /// Someone must be named; an address names a person where no number does.
    fn person(&mut self) {
        for role in [Role::Email, Role::Phone] {
            if let Some(column) = self.find(role) {
                let name = column.name;
                self.map
                    .insert("user_id".to_owned(), json!({"column": name}));
                self.note(format!(
                    "no column looks like a number of a person: `{name}` is taken as `user_id`"
                ));
                return;
            }
        }
        self.note("no column says who it was: set `user_id` or `device_id`");
    }

    fn time(&mut self) {
        if let Some(column) = self.find(Role::Time) {
            let field = self.time_field(column);
            self.taken.insert(column.name);
            self.map.insert("time".to_owned(), field);
            return;
        }
        if let (Some(date), Some(clock)) = (self.find(Role::Date), self.find(Role::Clock)) {
            self.taken.extend([date.name, clock.name]);
            let mut field = json!({"columns": [date.name, clock.name]});
            if let Some(format) = column::joined_format(&date.look, &clock.look) {
                field["format"] = format.into();
            }
            self.map.insert("time".to_owned(), field);
            return;
        }
        let by_look = || {
            self.columns
                .iter()
                .find(|it| it.look.is_time() && it.role.is_none())
        };
        let found = self.find(Role::Date).or_else(by_look);
        match found {
            Some(column) if self.kind == RowKind::Events => {
                let field = self.time_field(column);
                self.taken.insert(column.name);
                self.map.insert("time".to_owned(), field);
            }
            None if self.kind == RowKind::Events => {
                self.note("no column looks like a time: set `time`");
            }
            _ => {}
        }
    }

    fn time_field(&mut self, column: &Column<'_>) -> Value {
        let name = column.name;
        let Look::Time {
            format,
            is_ambiguous,
            ..
        } = &column.look
        else {
            self.note(format!(
                "`{name}` does not look like a time; set `time.format`"
            ));
            return json!({"column": name});
        };
        if *is_ambiguous {
            self.note(format!(
                "`{name}`: day and month may be exchanged; check `time.format`"
            ));
        }
        match format {
            Some(format) => json!({"column": name, "format": format}),
            None => json!({"column": name}),
        }
    }

    fn take(&mut self, field: &str, column: &'a Column<'a>) {
        self.taken.insert(column.name);
        self.map
            .insert(field.to_owned(), json!({"column": column.name}));
    }

    fn properties(&mut self) {
        let (mut event, mut person) = (Map::new(), Map::new());
        for column in self
            .columns
            .iter()
            .filter(|it| !self.taken.contains(it.name))
        {
            let key = column.role.and_then(Role::property).unwrap_or(column.name);
            let is_persons =
                self.kind == RowKind::Profiles || column.role.is_some_and(Role::is_of_a_person);
            let properties = if is_persons { &mut person } else { &mut event };
            if key.is_empty() {
                continue;
            }
            // two columns of one meaning: the second keeps its own name
            let key = if properties.contains_key(key) {
                column.name
            } else {
                key
            };
            properties.insert(key.to_owned(), column.look.property(column.name));
        }
        for (field, properties) in [("properties", event), ("user_properties", person)] {
            if !properties.is_empty() {
                self.map.insert(field.to_owned(), Value::Object(properties));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::TableMap;

    fn sample(header: &[&str], rows: &[&[&str]]) -> Sample {
        Sample {
            header: header.iter().map(|it| (*it).to_owned()).collect(),
            rows: rows
                .iter()
                .map(|row| row.iter().map(|it| Value::from(*it)).collect())
                .collect(),
        }
    }

    #[track_caller]
    fn check(sample: &Sample, kind: RowKind, expected: &Value) {
        let suggestion = suggest_map(sample, kind);
        assert_eq!(
            &Value::Object(suggestion.map.clone()),
            expected,
            "{:?}",
            suggestion.notes
        );
        TableMap::from_fields(suggestion.map, kind).unwrap();
    }

    #[test]
    fn a_korean_till_is_understood() {
        let rows: &[&[&str]] = &[
            &[
                "20260301",
                "093015",
                "A-1",
                "000123",
                "아메리카노",
                "2",
                "₩9,000",
                "010-1234-5678",
            ],
            &[
                "20260301",
                "181500",
                "A-1",
                "000123",
                "라떼",
                "1",
                "₩5,000",
                "010-1234-5678",
            ],
        ];
        let header = [
            "판매일자",
            "판매시각",
            "영수증번호",
            "회원번호",
            "상품명",
            "수량",
            "금액",
            "휴대폰번호",
        ];
        check(
            &sample(&header, rows),
            RowKind::Events,
            &json!({
                "table": {"zone": "Asia/Seoul"},
                "event": {"const": "Order Completed"},
                "time": {"columns": ["판매일자", "판매시각"], "format": "%Y%m%d %H%M%S"},
                "user_id": {"column": "회원번호"},
                "properties": {"order_id": "영수증번호", "product_name": "상품명",
                    "quantity": {"column": "수량", "type": "number"}, "revenue": {"column": "금액", "type": "money"}},
                "user_properties": {"phone": {"column": "휴대폰번호", "type": "text"}}
            }),
        );
    }

    #[test]
    fn a_shop_of_the_continent_is_understood() {
        let header = [
            "Order ID",
            "Customer ID",
            "Order Date",
            "Total",
            "ZIP",
            "VIP",
        ];
        let rows: &[&[&str]] = &[
            &["1001", "c1", "31.03.2026 14:05", "1.234,50", "01234", "yes"],
            &["1002", "c2", "01.04.2026 09:00", "9,90", "10115", "no"],
        ];
        check(
            &sample(&header, rows),
            RowKind::Events,
            &json!({
                "table": {"decimal": ","},
                "event": {"const": "Order Completed"},
                "time": {"column": "Order Date", "format": "%d.%m.%Y %H:%M"},
                "user_id": {"column": "Customer ID"},
                "insert_id": {"column": "Order ID"},
                "properties": {"revenue": {"column": "Total", "type": "number"}, "ZIP": {"column": "ZIP", "type": "text"},
                    "VIP": {"column": "VIP", "type": "boolean"}}
            }),
        );
    }

    #[test]
    fn people_become_properties() {
        let rows: &[&[&str]] = &[&["a@b.test", "김하나", "여", "1990-01-02", "골드"]];
        check(
            &sample(&["이메일", "이름", "성별", "생년월일", "회원등급"], rows),
            RowKind::Profiles,
            &json!({
                "user_id": {"column": "이메일"},
                "user_properties": {"email": "이메일", "name": "이름", "gender": "성별",
                    "date_of_birth": {"column": "생년월일", "type": "text"}, "grade": "회원등급"}
            }),
        );
    }

    #[test]
    fn what_cannot_be_seen_is_said() {
        let suggestion = suggest_map(&sample(&["x", "y"], &[&["1", "a"]]), RowKind::Events);
        let notes = suggestion.notes.join("\n");
        assert!(
            notes.contains("set `time`") && notes.contains("set `user_id`"),
            "{notes}"
        );
        let rows: &[&[&str]] = &[&["u1", "03/04/2026"]];
        let suggestion = suggest_map(&sample(&["user_id", "date"], rows), RowKind::Events);
        assert!(
            suggestion.notes.iter().any(|it| it.contains("exchanged")),
            "{:?}",
            suggestion.notes
        );
    }
}
