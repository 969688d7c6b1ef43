//! Source files: first line, length, names, clock reads, sleeping tests.

use std::io;
use std::path::Path;

use super::rules::Rules;
use super::{Report, codes, guards};

/// Types whose `now` reads a clock.
const CLOCKS: &[&str] = &[
    "SystemTime",
    "Instant",
    "Timestamp",
    "Utc",
    "Local",
    "Zoned",
];

/// Checks every Rust file under `folder`, which is relative to `root`.
pub(crate) fn check_folder(
    root: &Path,
    folder: &Path,
    rules: &Rules,
    report: &mut Report,
) -> io::Result<()> {
    let mut entries = std::fs::read_dir(root.join(folder))?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = folder.join(entry.file_name());
        let is_folder = entry.file_type()?.is_dir();
        if is_folder
            && ["target", "node_modules"]
                .iter()
                .any(|it| path.ends_with(it))
        {
            continue;
        }
        check_name(&path, rules, report);
        if is_folder {
            check_folder(root, &path, rules, report)?;
        } else if path.extension().is_some_and(|it| it == "rs") {
            report.files += 1;
            let text = std::fs::read_to_string(entry.path())?;
            check_text(&path, &text, rules, report);
            let names = guards::functions(&text).map(str::to_owned);
            report.functions.extend(names);
            report.codes.extend(codes::given(&text));
        }
    }
    Ok(())
}

fn check_name(path: &Path, rules: &Rules, report: &mut Report) {
    let stem = path.file_stem().and_then(|it| it.to_str()).unwrap_or("");
    if rules.files.banned_names.iter().any(|it| it == stem) {
        let problem = format!("{}: `{stem}` does not say what is inside", path.display());
        report.problems.push(problem);
    }
}

fn check_text(path: &Path, text: &str, rules: &Rules, report: &mut Report) {
    let shown = path.display();
    let mut problem = |line: usize, what: &str| {
        report.problems.push(format!("{shown}:{line}: {what}"));
    };
    if !text.starts_with("//! ") {
        problem(
            1,
            "does not begin with `//!` and a sentence on what is here",
        );
    }
    let may_read_clock = rules.files.clock_readers.iter().any(|allowed| {
        let path = path.to_string_lossy().replace('\\', "/");
        match allowed.strip_suffix('/') {
            Some(_) => path.starts_with(allowed.as_str()),
            None => path == *allowed,
        }
    });
    let mut is_test = path.iter().any(|it| it == "tests") || path.ends_with("tests.rs");
    for (i, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        is_test |= code.contains("#[cfg(test)]");
        if !may_read_clock && reads_clock(code) {
            problem(i + 1, "reads a clock; take a `gyre_base::Clock`");
        }
        if is_test && sleeps(code) {
            problem(i + 1, "a test sleeps; use the virtual clock");
        }
    }
    let lines = text.lines().count();
    if lines > rules.files.lines_max {
        let most = rules.files.lines_max;
        problem(lines, &format!("has {lines} lines, {most} are allowed"));
    } else if lines > rules.files.lines_warn {
        report.warnings.push(format!("{shown}: has {lines} lines"));
    }
}

fn reads_clock(code: &str) -> bool {
    code.match_indices("::now(").any(|(at, _)| {
        let before = &code[..at];
        CLOCKS.iter().any(|it| before.ends_with(it))
    })
}

/// Whether a function called exactly `sleep` is called.
fn sleeps(code: &str) -> bool {
    code.match_indices("sleep(").any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|it| it.is_alphanumeric() || it == '_' || it == '"')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules::read(
            r#"
            chain_max = 8
            [layers]
            [development]
            crates = []
            [wrappers]
            [files]
            lines_max = 12
            lines_warn = 10
            banned_names = ["misc"]
            clock_readers = ["crates/a/src/clock.rs", "crates/kit/"]
            "#,
        )
        .unwrap()
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        let mut report = Report::default();
        check_name(Path::new(path), &rules(), &mut report);
        check_text(Path::new(path), text, &rules(), &mut report);
        assert_eq!(report.problems, expected);
    }

    #[test]
    fn every_file_says_what_it_is() {
        check("crates/a/src/x.rs", "//! Here is x.\n", &[]);
        check(
            "crates/a/src/x.rs",
            "fn x() {}\n",
            &["crates/a/src/x.rs:1: does not begin with `//!` and a sentence on what is here"],
        );
        check(
            "crates/a/src/misc.rs",
            "//! Here is x.\n",
            &["crates/a/src/misc.rs: `misc` does not say what is inside"],
        );
    }

    #[test]
    fn clocks_are_read_in_named_places_only() {
        let text = format!("//! X.\n\nlet at = std::time::Instant::{}();\n", "now");
        let problem = "reads a clock; take a `gyre_base::Clock`";
        check(
            "crates/a/src/x.rs",
            &text,
            &[&format!("crates/a/src/x.rs:3: {problem}")],
        );
        check("crates/a/src/clock.rs", &text, &[]);
        check("crates/kit/src/deep/x.rs", &text, &[]);
        check("crates/a/src/x.rs", "//! X.\nlet at = clock.now();\n", &[]);
    }

    #[test]
    fn tests_do_not_sleep() {
        let call = format!("    tokio::time::{}(long).await;\n", "sleep");
        let in_test = format!("//! X.\n#[cfg(test)]\nmod tests {{\n{call}}}\n");
        let problem = "crates/a/src/x.rs:4: a test sleeps; use the virtual clock";
        check("crates/a/src/x.rs", &in_test, &[problem]);
        check("crates/a/src/x.rs", &format!("//! X.\n{call}"), &[]);
        let problem = "crates/a/tests/x.rs:2: a test sleeps; use the virtual clock";
        check(
            "crates/a/tests/x.rs",
            &format!("//! X.\n{call}"),
            &[problem],
        );
        check(
            "crates/a/tests/x.rs",
            "//! X.\nclock.sleep_ms(5).await;\n",
            &[],
        );
    }

    #[test]
    fn long_files_are_split() {
        let long = format!("//! X.\n{}", "\n".repeat(12));
        let problem = "crates/a/src/x.rs:13: has 13 lines, 12 are allowed";
        check("crates/a/src/x.rs", &long, &[problem]);
    }
}
