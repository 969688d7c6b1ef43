//! What a workspace decides about identity.

use gyre_model::people::is_junk_id;
use regex::RegexSet;

/// Most patterns of blocked identifiers.
pub const BLOCKED_PATTERNS_MAX: usize = 100;
/// Longest pattern, in bytes.
pub const BLOCKED_PATTERN_BYTES_MAX: usize = 200;
/// Compiled size of all patterns together: a hundred plain ones take some 100 KB.
const COMPILED_BYTES_MAX: usize = 4 << 20;

/// Whose a device is between two users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceRule {
    /// The last one's, whatever happens (Amplitude).
    #[default]
    LastUser,
    /// The last one's until the device is reset, then the next one's (PostHog, Segment).
    UntilReset,
}

/// What wins where a person's own value and one of the time before they were known disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProfileRule {
    /// The person's own.
    #[default]
    IdentifiedWins,
    /// The later one by event time.
    LatestWins,
}

/// Rules of one workspace.
#[derive(Clone, Debug, Default)]
pub struct IdentityRules {
    /// Whose a device is between two users.
    pub device: DeviceRule,
    /// What wins where values disagree.
    pub profile: ProfileRule,
    /// Most new devices of one person within seven days; further ones are not linked.
    pub devices_per_week: Option<u32>,
    pub(crate) blocked: Option<RegexSet>,
}

impl IdentityRules {
    /// Rules that block nothing but placeholders.
    pub fn new(device: DeviceRule, profile: ProfileRule, devices_per_week: Option<u32>) -> Self {
        Self {
            device,
            profile,
            devices_per_week,
            blocked: None,
        }
    }

    /// Blocks identifiers that match any of `patterns`, the whole identifier each.
    ///
    /// Errors: the place of the pattern that cannot be read, with what is wrong with it.
    pub fn block(&mut self, patterns: &[String]) -> Result<(), (usize, String)> {
        for (place, pattern) in patterns.iter().enumerate() {
            if pattern.len() > BLOCKED_PATTERN_BYTES_MAX {
                let detail = format!("is over {BLOCKED_PATTERN_BYTES_MAX} bytes");
                return Err((place, detail));
            }
            compiled(std::slice::from_ref(pattern)).map_err(|it| (place, it))?;
        }
        if patterns.len() > BLOCKED_PATTERNS_MAX {
            let detail = format!("there are over {BLOCKED_PATTERNS_MAX} patterns");
            return Err((BLOCKED_PATTERNS_MAX, detail));
        }
        self.blocked = if patterns.is_empty() {
            None
        } else {
            Some(compiled(patterns).map_err(|it| (0, it))?)
        };
        Ok(())
    }

    /// Whether an identifier is nobody's.
    pub fn is_blocked(&self, id: &str) -> bool {
        is_junk_id(id) || self.blocked.as_ref().is_some_and(|it| it.is_match(id))
    }
}

fn compiled(patterns: &[String]) -> Result<RegexSet, String> {
    let whole = patterns.iter().map(|it| format!("^(?:{it})$"));
    let built = regex::RegexSetBuilder::new(whole)
        .size_limit(COMPILED_BYTES_MAX)
        .build();
    built.map_err(|it| format!("is not a regular expression: {it}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_the_whole_identifier() {
        let mut rules = IdentityRules::default();
        rules
            .block(&["test-.*".to_owned(), "a|b".to_owned()])
            .unwrap();
        for (id, is_blocked) in [
            ("test-1", true),
            ("my-test-1", false),
            ("a", true),
            ("b", true),
            ("ab", false),
            ("undefined", true),
        ] {
            assert_eq!(rules.is_blocked(id), is_blocked, "{id}");
        }
        let refused = rules.block(&["ok".to_owned(), "(".to_owned()]);
        assert_eq!(refused.unwrap_err().0, 1);
        assert!(rules.is_blocked("test-1"), "the old ones still hold");
    }
}
