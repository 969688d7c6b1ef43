//! Manifests against the layers: who depends on whom.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use serde::Deserialize;

use super::rules::Rules;

/// One package of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One dependency that a manifest names.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for an ordinary one, else `dev` or `build`.
    pub(crate) kind: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// Reads what `cargo metadata --no-deps` writes.
pub(crate) fn read_metadata(json: &[u8]) -> Result<Vec<Package>, Box<dyn Error>> {
    let metadata: Metadata = serde_json::from_slice(json)?;
    Ok(metadata.packages)
}

/// Appends every breach of the layers to `problems`.
pub(crate) fn check(rules: &Rules, packages: &[Package], problems: &mut Vec<String>) {
    let development: BTreeSet<&str> = rules
        .development
        .crates
        .iter()
        .map(String::as_str)
        .collect();
    let known: BTreeSet<&str> = packages.iter().map(|it| it.name.as_str()).collect();
    for listed in rules
        .layers
        .keys()
        .map(String::as_str)
        .chain(development.iter().copied())
    {
        if !known.contains(listed) {
            problems.push(format!(
                "layers.toml names `{listed}`, which is no crate of the workspace"
            ));
        }
    }
    for package in packages {
        let name = package.name.as_str();
        if development.contains(name) {
            continue;
        }
        let Some(layer) = rules.layers.get(name) else {
            problems.push(format!("`{name}` has no layer in layers.toml"));
            continue;
        };
        for dependency in &package.dependencies {
            check_edge(rules, (name, *layer), dependency, &development, problems);
        }
    }
    let chain = longest_chain(packages, &development);
    if chain.len() > rules.chain_max {
        let (length, most) = (chain.len(), rules.chain_max);
        let path = chain.join(" -> ");
        problems.push(format!(
            "a chain of {length} crates, {most} are allowed: {path}"
        ));
    }
}

fn check_edge(
    rules: &Rules,
    (name, layer): (&str, u32),
    dependency: &Dependency,
    development: &BTreeSet<&str>,
    problems: &mut Vec<String>,
) {
    let other = dependency.name.as_str();
    let for_tests = dependency.kind.as_deref() == Some("dev");
    if development.contains(other) {
        if !for_tests {
            problems.push(format!("`{name}` depends on `{other}` outside its tests"));
        }
        return;
    }
    if let Some(below) = rules.layers.get(other) {
        if *below >= layer {
            problems.push(format!(
                "`{name}` (layer {layer}) depends on `{other}` (layer {below})"
            ));
        }
        return;
    }
    if for_tests {
        return;
    }
    for (pattern, users) in &rules.wrappers {
        if matches_pattern(pattern, other) && !users.iter().any(|it| it == name) {
            let users = users.join("`, `");
            problems.push(format!("`{name}` uses `{other}`; only `{users}` may"));
        }
    }
}

fn matches_pattern(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

/// The longest path of ordinary dependencies between crates of the product, top first.
fn longest_chain(packages: &[Package], development: &BTreeSet<&str>) -> Vec<String> {
    let edges: BTreeMap<&str, Vec<&str>> = packages
        .iter()
        .filter(|it| !development.contains(it.name.as_str()))
        .map(|it| {
            let ordinary = it.dependencies.iter().filter(|dep| dep.kind.is_none());
            (
                it.name.as_str(),
                ordinary.map(|dep| dep.name.as_str()).collect(),
            )
        })
        .collect();
    let mut known = BTreeMap::new();
    edges
        .keys()
        .map(|name| chain_from(name, &edges, &mut known))
        .max_by_key(Vec::len)
        .unwrap_or_default()
}

fn chain_from<'a>(
    name: &'a str,
    edges: &BTreeMap<&'a str, Vec<&'a str>>,
    known: &mut BTreeMap<&'a str, Vec<String>>,
) -> Vec<String> {
    if let Some(chain) = known.get(name) {
        return chain.clone();
    }
    // stands in while this crate is being followed, so that a cycle ends
    known.insert(name, Vec::new());
    let below = edges.get(name).into_iter().flatten();
    let longest = below
        .filter(|it| edges.contains_key(**it))
        .map(|it| chain_from(it, edges, known))
        .max_by_key(Vec::len)
        .unwrap_or_default();
    let mut chain = vec![name.to_owned()];
    chain.extend(longest);
    known.insert(name, chain.clone());
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
        chain_max = 2
        [layers]
        ground = 0
        left = 1
        right = 1
        top = 2
        [development]
        crates = ["kit"]
        [wrappers]
        "sql*" = ["left"]
        [files]
        lines_max = 1
        lines_warn = 1
        banned_names = []
        clock_readers = []
    "#;

    /// Packages as (name, [dependency, `dev:dependency`]); crates not named stand alone.
    #[track_caller]
    fn check_edges(given: &[(&str, &[&str])], expected: &[&str]) {
        let rules = Rules::read(RULES).unwrap();
        let names = ["ground", "left", "right", "top", "kit"];
        let more = given.iter().map(|it| it.0).filter(|it| !names.contains(it));
        let packages: Vec<Package> = names
            .into_iter()
            .chain(more)
            .map(|name| {
                let edges = given
                    .iter()
                    .find(|it| it.0 == name)
                    .map_or(&[][..], |it| it.1);
                let dependencies = edges.iter().map(|edge| match edge.strip_prefix("dev:") {
                    Some(name) => Dependency {
                        name: name.to_owned(),
                        kind: Some("dev".to_owned()),
                    },
                    None => Dependency {
                        name: (*edge).to_owned(),
                        kind: None,
                    },
                });
                Package {
                    name: name.to_owned(),
                    dependencies: dependencies.collect(),
                }
            })
            .collect();
        let mut problems = Vec::new();
        check(&rules, &packages, &mut problems);
        assert_eq!(problems, expected);
    }

    #[test]
    fn a_crate_depends_on_lower_layers_only() {
        check_edges(&[("left", &["ground", "serde"]), ("top", &["right"])], &[]);
        check_edges(
            &[("ground", &["top"])],
            &["`ground` (layer 0) depends on `top` (layer 2)"],
        );
        check_edges(
            &[("left", &["right"])],
            &["`left` (layer 1) depends on `right` (layer 1)"],
        );
        check_edges(
            &[("left", &["dev:right"])],
            &["`left` (layer 1) depends on `right` (layer 1)"],
        );
    }

    #[test]
    fn the_test_kit_is_for_tests() {
        check_edges(&[("left", &["dev:kit"])], &[]);
        check_edges(
            &[("left", &["kit"])],
            &["`left` depends on `kit` outside its tests"],
        );
    }

    #[test]
    fn far_reaching_crates_have_named_users() {
        check_edges(&[("left", &["sqlx"]), ("right", &["dev:sqlx"])], &[]);
        check_edges(
            &[("right", &["sqlx"])],
            &["`right` uses `sqlx`; only `left` may"],
        );
    }

    #[test]
    fn a_long_chain_is_refused() {
        check_edges(
            &[("top", &["left"]), ("left", &["ground"])],
            &["a chain of 3 crates, 2 are allowed: top -> left -> ground"],
        );
    }

    #[test]
    fn every_crate_has_a_layer() {
        check_edges(
            &[("stranger", &[])],
            &["`stranger` has no layer in layers.toml"],
        );
    }
}
