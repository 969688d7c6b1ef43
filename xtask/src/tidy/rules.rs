//! `layers.toml` as it is read.

use std::collections::BTreeMap;

use serde::Deserialize;

/// All rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    /// Most crates that may stand on each other.
    pub(crate) chain_max: usize,
    /// Layer of every crate of the product.
    pub(crate) layers: BTreeMap<String, u32>,
    /// Crates outside the layers.
    pub(crate) development: Development,
    /// Third-party crate, or prefix ending in `*`, and who may use it.
    pub(crate) wrappers: BTreeMap<String, Vec<String>>,
    /// Rules of source files.
    pub(crate) files: Files,
}

/// Crates that nothing of the product depends on outside its tests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Development {
    pub(crate) crates: Vec<String>,
}

/// Rules of source files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Files {
    /// Longest file.
    pub(crate) lines_max: usize,
    /// Length from which a warning is given.
    pub(crate) lines_warn: usize,
    /// Names of files and folders that say nothing.
    pub(crate) banned_names: Vec<String>,
    /// Files, or folders ending in `/`, that may read a clock.
    pub(crate) clock_readers: Vec<String>,
}

impl Rules {
    /// Reads the rules.
    pub(crate) fn read(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}
