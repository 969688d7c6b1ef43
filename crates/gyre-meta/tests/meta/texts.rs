//! The SQL itself: every table and statement is bound to a workspace, or says why it is not.

use std::fs;
use std::path::{Path, PathBuf};

/// Statements that may cross workspaces. Adding one here is a decision, not a fix.
const INSTANCE_WIDE: &[&str] = &[
    "campaigns/by_state.sql",
    "cohorts/live.sql",
    "keys/by_hash.sql",
    "lake/checkpoint_get.sql",
    "lake/checkpoint_move.sql",
    "leases/acquire.sql",
    "leases/renew.sql",
    "messages/release_expired.sql",
    "outbox/newest_seq.sql",
    "outbox/page.sql",
    "sessions/delete.sql",
    "sessions/delete_expired.sql",
    "sessions/extend.sql",
    "sessions/get.sql",
    "users/by_email.sql",
    "workspaces/list.sql",
];

fn sql_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sql_files(&path, found);
        } else if path.extension().is_some_and(|it| it == "sql") {
            found.push(path);
        }
    }
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|it| it.split("--").next().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_statement_names_its_workspace_or_says_why_not() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sql_files(&src, &mut files);
    assert!(files.len() > 60, "{} statements found", files.len());
    let mut wide = Vec::new();
    for file in files {
        let name = file.strip_prefix(&src).unwrap().display().to_string();
        let text = fs::read_to_string(&file).unwrap();
        let statement = without_comments(&text);
        if text.contains("-- instance-wide: ") {
            wide.push(name);
        } else if statement.trim_start().starts_with("insert") {
            assert!(statement.contains("workspace_id"), "{name}");
        } else {
            let bound = ["workspace_id = $", "(workspace_id, id) in (values"];
            assert!(bound.iter().any(|it| statement.contains(it)), "{name}");
        }
    }
    wide.sort();
    assert_eq!(wide, INSTANCE_WIDE);
}

#[test]
fn statements_live_in_files_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(src).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("query(\""), "{}", path.display());
        }
    }
}

#[test]
fn every_table_has_its_workspace_first_in_its_primary_key() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let files = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = files.map(|it| it.unwrap().path()).collect();
    paths.sort();
    let texts = paths.iter().map(|it| fs::read_to_string(it).unwrap());
    let text = texts.collect::<String>();
    let mut before = "";
    let mut tables = 0;
    for part in text.split("create table ").skip(1) {
        let name = part.split_whitespace().next().unwrap();
        let (body, after) = part.split_once(");\n").unwrap();
        let wide = before.contains("-- instance-wide: ");
        let own = body.contains("primary key (workspace_id");
        assert!(
            own != wide,
            "{name}: its primary key and its comment disagree"
        );
        for column in body.lines().skip(1).map(str::trim) {
            let kind = column.split_whitespace().nth(1).unwrap_or_default();
            let known = ["text", "bigint", "double"].contains(&kind.trim_end_matches(','));
            let other = column.starts_with("constraint") || column.starts_with("--");
            assert!(known || other || column.is_empty(), "{name}: {column}");
        }
        before = after;
        tables += 1;
    }
    assert_eq!(tables, 18);
}
