//! Tests that a document names must exist.

use std::collections::BTreeSet;

/// Shorter words in backticks are names of other things.
const TEST_NAME_LENGTH_MIN: usize = 18;

/// Names of all functions in a Rust source.
pub(crate) fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let (_, after) = line.split_once("fn ")?;
        let end = after.find(|it: char| !it.is_alphanumeric() && it != '_');
        end.map(|end| &after[..end])
    })
}

/// Appends the tests that `document` names and `known` lacks.
pub(crate) fn check(
    path: &str,
    document: &str,
    known: &BTreeSet<String>,
    problems: &mut Vec<String>,
) {
    for (i, line) in document.lines().enumerate() {
        let quoted = line.split('`').skip(1).step_by(2);
        for name in quoted.filter(|it| is_test_name(it)) {
            if !known.contains(name) {
                let line = i + 1;
                problems.push(format!("{path}:{line}: there is no test `{name}`"));
            }
        }
    }
}

fn is_test_name(word: &str) -> bool {
    let is_snake = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    word.len() >= TEST_NAME_LENGTH_MIN && word.bytes().all(is_snake) && word.contains('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_test_must_exist() {
        let source = "#[test]\n    fn water_flows_downhill_always() {}\nasync fn b<T>(x: T) {}";
        let known: BTreeSet<String> = functions(source).map(str::to_owned).collect();
        assert!(known.contains("b"));
        let mut problems = Vec::new();
        let document = "`gyre-lake` flows: `water_flows_downhill_always`.\nand `water_never_flows_uphill`, `layers.toml`";
        check("A.md", document, &known, &mut problems);
        assert_eq!(
            problems,
            ["A.md:2: there is no test `water_never_flows_uphill`"]
        );
    }
}
