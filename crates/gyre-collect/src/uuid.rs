//! Ids in the usual writing of a UUID: their version, and the instant in those that have one.

use gyre_base::Timestamp;

/// The version of a UUID, as its digit; `None` of what is not one.
pub(crate) fn version(text: &str) -> Option<u8> {
    let bytes = text.as_bytes();
    let is_uuid = bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, it)| match at {
            8 | 13 | 18 | 23 => *it == b'-',
            _ => it.is_ascii_hexdigit(),
        });
    is_uuid.then(|| bytes[14])
}

/// The instant that a `UUIDv7` begins with.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    if version(text) != Some(b'7') {
        return None;
    }
    let digits = [text.get(..8)?, text.get(9..13)?].concat();
    i64::from_str_radix(&digits, 16).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_version_7_has_an_instant() {
        let id = "01a1ffa9-1a75-7095-8281-dd72fd34686d";
        assert_eq!(version(id), Some(b'7'));
        assert_eq!(time(id), Some(Timestamp(1_795_290_634_869)));
        let random = "cdfc9b65-ab49-4b62-a8c1-6b23a122a426";
        assert_eq!((version(random), time(random)), (Some(b'4'), None));
        for none in [
            "",
            "x",
            "01a1ffa9-1a75-7095-8281-dd72fd34686",
            "01a1ffa9-1a75-7095-8281-dd72fd34686é",
        ] {
            assert_eq!((version(none), time(none)), (None, None), "{none}");
        }
    }
}
