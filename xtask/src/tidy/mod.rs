//! Tidiness: what the compiler does not check and a reviewer should not have to.
//!
//! The rules and their numbers are in `layers.toml`; [`layers`] judges manifests, [`sources`] judges files,
//! [`guards`] what documents say of tests, [`codes`] whether the manual explains every error.

mod codes;
mod guards;
mod layers;
mod rules;
mod sources;

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::path::Path;
use std::process::Command;

use layers::Package;
use rules::Rules;

/// The document that names the tests of what always holds.
const DOCUMENT: &str = "ARCHITECTURE.md";
/// The page that explains error codes.
const MANUAL: &str = "docs/errors.md";

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Rust files read.
    pub(crate) files: usize,
    /// Names of their functions.
    functions: BTreeSet<String>,
    /// Error codes that they give.
    codes: Vec<String>,
    /// What must be mended.
    pub(crate) problems: Vec<String>,
    /// What will soon have to be.
    pub(crate) warnings: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        for problem in &self.problems {
            writeln!(f, "problem: {problem}")?;
        }
        let (files, problems) = (self.files, self.problems.len());
        writeln!(f, "tidy: {files} files, {problems} problems")
    }
}

/// Checks the repository at `root`.
pub(crate) fn run(root: &Path) -> Result<Report, Box<dyn Error>> {
    let rules = Rules::read(&std::fs::read_to_string(root.join("layers.toml"))?)?;
    let mut report = Report::default();
    layers::check(&rules, &packages(root)?, &mut report.problems);
    for folder in ["crates", "xtask"] {
        sources::check_folder(root, Path::new(folder), &rules, &mut report)?;
    }
    let document = std::fs::read_to_string(root.join(DOCUMENT))?;
    guards::check(DOCUMENT, &document, &report.functions, &mut report.problems);
    let manual = std::fs::read_to_string(root.join(MANUAL))?;
    for code in codes::unexplained(&manual, &report.codes) {
        let warning = format!("{MANUAL} does not explain `{code}`");
        report.warnings.push(warning);
    }
    Ok(report)
}

/// The workspace's own packages with the dependencies they name themselves.
fn packages(root: &Path) -> Result<Vec<Package>, Box<dyn Error>> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--no-deps"])
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo metadata failed: {told}").into());
    }
    layers::read_metadata(&output.stdout)
}
