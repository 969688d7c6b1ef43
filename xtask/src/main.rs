//! Chores of the repository: `cargo run -p xtask -- tidy`.
//!
//! The same checks run as an ordinary test, so that a wrong edge fails `make test`.

mod tidy;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo run -p xtask -- tidy    layers, file sizes, names, clock reads";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::stderr();
    if arguments != ["tidy"] {
        let _ = writeln!(out, "{USAGE}");
        return ExitCode::from(2);
    }
    match tidy::run(&root()) {
        Ok(report) => {
            let _ = write!(out, "{report}");
            ExitCode::from(u8::from(!report.problems.is_empty()))
        }
        Err(error) => {
            let _ = writeln!(out, "tidy could not run: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's folder.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let report = tidy::run(&root()).unwrap();
        assert!(report.files > 20, "only {} files were read", report.files);
        assert!(report.problems.is_empty(), "\n{report}");
    }
}
