//! Error codes that sources give and the manual does not explain.

/// Codes in the bodies of `fn code(&self)` of a Rust source.
pub(crate) fn given(text: &str) -> Vec<String> {
    let mut codes = Vec::new();
    // spelled in two parts, so that this file is not taken for one that gives codes
    let head = concat!("fn code(&self) -> ", "&'static str {");
    for (at, _) in text.match_indices(head) {
        let body = &text[at + head.len()..];
        let mut depth = 1;
        let end = body.find(|it: char| {
            depth += i32::from(it == '{') - i32::from(it == '}');
            depth == 0
        });
        let quoted = body[..end.unwrap_or(body.len())]
            .split('"')
            .skip(1)
            .step_by(2);
        codes.extend(quoted.filter(|it| is_code(it)).map(str::to_owned));
    }
    codes
}

fn is_code(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase() || it == b'-')
}

/// The codes that `manual` does not have in backticks.
pub(crate) fn unexplained<'a>(manual: &str, codes: &'a [String]) -> Vec<&'a str> {
    let explained: Vec<&str> = manual.split('`').skip(1).step_by(2).collect();
    let missing = codes.iter().filter(|it| !explained.contains(&it.as_str()));
    missing.map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_without_explanation_is_found() {
        let source = format!(
            "{} {{ match self {{ Self::A {{ .. }} => \"log-io\", Self::B => \"log-cold\" }} }}\nfn x() {{ \"other-text\" }}",
            concat!("fn code(&self) -> ", "&'static str"),
        );
        let codes = given(&source);
        assert_eq!(codes, ["log-io", "log-cold"]);
        assert_eq!(unexplained("| `log-io` | the disk |", &codes), ["log-cold"]);
    }
}
