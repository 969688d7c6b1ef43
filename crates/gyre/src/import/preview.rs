//! `gyre import --preview`: what would be sent, as text; nothing is sent or written.

use std::fmt::Write;
use std::fs::File;
use std::path::Path;

use gyre_import::{Format, ImportFile, ImportOptions, Meter, Preview, TableMap, suggest_map};
use serde_json::Value;

use super::{ImportArgs, ImportError, options_of, read_map, unreadable};

/// Rows of a file that are looked at for as many events as are wanted.
const ROWS_MAX: u64 = 10_000;
/// Rows from which a map is proposed.
const SAMPLE_ROWS: usize = 200;

/// The first events of each file and what is wrong with its columns; where a map is missing, a proposal.
pub fn show(args: &ImportArgs) -> Result<String, ImportError> {
    let map = read_map(args)?.map(|it| it.1);
    let mut out = String::new();
    for path in &args.files {
        show_file(args, path, map.clone(), &mut out)?;
    }
    out.truncate(out.trim_end().len());
    Ok(out)
}

fn open(path: &Path, options: ImportOptions) -> Result<ImportFile<File>, ImportError> {
    let file = File::open(path).map_err(unreadable(path))?;
    let input = ImportFile::open(file, Meter::default(), options);
    input.map_err(|source| ImportError::Input {
        path: path.to_path_buf(),
        source,
    })
}

fn show_file(
    args: &ImportArgs,
    path: &Path,
    map: Option<TableMap>,
    out: &mut String,
) -> Result<(), ImportError> {
    let failed = |source| ImportError::Input {
        path: path.to_path_buf(),
        source,
    };
    let mut options = options_of(args, path, map)?;
    let input = open(path, options.clone())?;
    let format = input.format();
    let encoding = input
        .encoding()
        .map_or(String::new(), |it| format!(", {it}"));
    line(out, &format!("{}: {format}{encoding}", path.display()));
    if options.map.is_none() && matches!(format, Format::Csv | Format::Parquet) {
        let sample = input.sample(SAMPLE_ROWS).map_err(failed)?;
        let suggestion = suggest_map(&sample, options.kind);
        let map = Value::Object(suggestion.map);
        let text = serde_json::to_string_pretty(&map).unwrap_or_default();
        line(out, "proposed map (correct it, save it, give it as --map):");
        line(out, &text);
        for note in suggestion.notes {
            line(out, &format!("note: {note}"));
        }
        match TableMap::parse(&text, options.kind) {
            Ok(map) => options.map = Some(map),
            // the notes say what is missing
            Err(_) => return Ok(()),
        }
    }
    let preview = Preview::read(open(path, options)?, args.rows, ROWS_MAX).map_err(failed)?;
    for event in &preview.events {
        line(out, &event.to_string());
    }
    for problem in &preview.problems {
        let column = problem.column.as_deref();
        let column = column.map_or("rows".to_owned(), |it| format!("column `{it}`"));
        let (count, example) = (problem.rows_count, &problem.example);
        line(
            out,
            &format!(
                "problem: {column}: {count} of {} rows, such as {example}",
                preview.rows_count
            ),
        );
    }
    Ok(())
}

fn line(out: &mut String, text: &str) {
    // writing to a text does not fail
    let _ = writeln!(out, "{text}");
}
