//! People: identifiers and the reserved properties.

use serde::{Deserialize, Serialize};

/// What an identifier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A known user's id.
    User,
    /// A device or anonymous id.
    Device,
}

/// Identifiers that SDKs send when they have none. They never become a person.
///
/// Source: collect.md 3.1 (PostHog's and Segment's lists).
const JUNK_IDS: &[&str] = &[
    "null",
    "undefined",
    "none",
    "nil",
    "nan",
    "true",
    "false",
    "guest",
    "anonymous",
    "anon",
    "unknown",
    "email",
    "id",
    "user",
    "user_id",
    "userid",
    "distinct_id",
    "distinctid",
    "not_authenticated",
    "[object object]",
    "0",
    "-1",
    "",
];

/// Whether `id` is a placeholder: a known word (quoted or not), or nothing but zeros and dashes.
pub fn is_junk_id(id: &str) -> bool {
    let bare = id
        .trim()
        .trim_matches(|it| it == '"' || it == '\'')
        .to_lowercase();
    JUNK_IDS.contains(&bare.as_str()) || bare.bytes().all(|it| it == b'0' || it == b'-')
}

/// Profile properties with a meaning of their own: `email` is where mail goes.
pub const RESERVED_PROPERTIES: &[&str] = &[
    "email",
    "phone",
    "first_name",
    "last_name",
    "language",
    "time_zone",
    "country",
    "city",
    "gender",
    "date_of_birth",
];

/// The reserved name of a property under its usual spellings (`firstName`, `First Name`, `$email`); else `None`.
pub fn reserved_property(key: &str) -> Option<&'static str> {
    let mut plain = String::with_capacity(key.len());
    for letter in key.trim_start_matches('$').chars() {
        if letter.is_alphanumeric() {
            plain.extend(letter.to_lowercase());
        }
    }
    let alias = match plain.as_str() {
        "emailaddress" => "email",
        "phonenumber" | "mobile" => "phone",
        "timezone" => "time_zone",
        "birthday" | "dob" => "date_of_birth",
        "homecity" => "city",
        "locale" => return None,
        other => other,
    };
    RESERVED_PROPERTIES
        .iter()
        .copied()
        .find(|it| *it == alias || it.replace('_', "") == alias)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_not_people() {
        for junk in [
            "undefined",
            "NULL",
            "\"null\"",
            "00000000-0000-0000-0000-000000000000",
            "guest",
            " ",
        ] {
            assert!(is_junk_id(junk), "{junk}");
        }
        for real in ["u1", "10", "kim@shop.test", "user-1"] {
            assert!(!is_junk_id(real), "{real}");
        }
    }

    #[test]
    fn reserved_names_are_found_under_their_usual_spellings() {
        for key in ["first_name", "firstName", "First Name", "$first_name"] {
            assert_eq!(reserved_property(key), Some("first_name"), "{key}");
        }
        assert_eq!(reserved_property("timezone"), Some("time_zone"));
        assert_eq!(reserved_property("birthday"), Some("date_of_birth"));
        assert_eq!(reserved_property("plan"), None);
    }
}
