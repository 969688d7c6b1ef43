//! The segments of one workspace: recent rows in memory, older ones in files, one view over both.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::LakeError;
use crate::cache::ColumnCache;
use crate::columns::Columns;
use crate::merge::merge;
use crate::names::Names;
use crate::parquet_file::{self, ParquetFile};
use crate::row::Row;
use crate::segment::Segment;

/// Memory segments kept before they are merged: more would make every query touch many small runs.
const MEMORY_SEGMENTS_MAX: usize = 8;
/// Files kept before the small ones are merged.
const SMALL_FILES_MAX: usize = 8;
/// A file of at least this many rows is not merged again.
const SMALL_FILE_ROWS: usize = 4_000_000;
/// Most rows one compaction reads: a dozen columns of 8 bytes stay under 1 GiB.
const COMPACTION_ROWS_MAX: usize = 8_000_000;

/// A file as the manifest knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFile {
    /// File name inside the workspace's segment folder.
    pub file: String,
    /// Number of rows.
    pub rows: u64,
    /// Size on disk.
    pub bytes: u64,
    /// Earliest event time, milliseconds UTC.
    pub time_min: i64,
    /// Latest event time, milliseconds UTC.
    pub time_max: i64,
}

/// What a query reads: immutable, pinned for as long as the query runs.
#[derive(Clone, Debug, Default)]
pub struct LakeView {
    /// Every segment, files first.
    pub segments: Vec<Arc<Segment>>,
    /// Event names.
    pub names: Names,
}

impl LakeView {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.segments.iter().map(|it| it.rows()).sum()
    }
}

/// A file that is written but not yet in the manifest, and what it takes the place of.
#[derive(Debug)]
pub struct PendingFile {
    /// For the manifest.
    pub added: SegmentFile,
    /// Files it replaces (empty for a flush).
    pub removed: Vec<String>,
    segment: Arc<Segment>,
}

/// Segments of one workspace. Written by one task; readers take [`LakeView`]s.
#[derive(Debug)]
pub struct LakeStore {
    folder: PathBuf,
    cache: Arc<ColumnCache>,
    names: Names,
    files: Vec<(SegmentFile, Arc<Segment>)>,
    memory: Vec<Arc<Segment>>,
    memory_columns: Vec<Arc<Columns>>,
}

impl LakeStore {
    /// Opens the files of the manifest and removes files that no manifest knows (left by a crash).
    pub fn open(
        folder: &Path,
        manifest: &[SegmentFile],
        cache: Arc<ColumnCache>,
    ) -> Result<Self, LakeError> {
        let io = |action, path: &Path| {
            let path = path.display().to_string();
            move |source| LakeError::File {
                action,
                path,
                source,
            }
        };
        std::fs::create_dir_all(folder).map_err(io("create the folder of", folder))?;
        let known: BTreeSet<&str> = manifest.iter().map(|it| it.file.as_str()).collect();
        let entries = std::fs::read_dir(folder).map_err(io("list", folder))?;
        for entry in entries {
            let entry = entry.map_err(io("list", folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".parquet") && !known.contains(name.as_str()) {
                std::fs::remove_file(entry.path()).map_err(io("remove orphan", &entry.path()))?;
            }
        }
        let mut names = Names::default();
        let mut files = Vec::new();
        for it in manifest {
            let path = folder.join(&it.file);
            let (file, chunks) = ParquetFile::open(&path, &mut names)?;
            let segment = Segment::in_file(file, chunks, Arc::clone(&cache));
            if segment.rows() as u64 != it.rows {
                return Err(LakeError::Damaged {
                    path: path.display().to_string(),
                    detail: format!("has {} rows, the manifest says {}", segment.rows(), it.rows),
                });
            }
            files.push((it.clone(), Arc::new(segment)));
        }
        Ok(Self {
            folder: folder.to_owned(),
            cache,
            names,
            files,
            memory: Vec::new(),
            memory_columns: Vec::new(),
        })
    }

    /// Adds rows to memory; they are part of the next view.
    pub fn append(&mut self, rows: &[Row]) {
        if rows.is_empty() {
            return;
        }
        self.memory_columns
            .push(Arc::new(Columns::from_rows(rows, &mut self.names)));
        if self.memory_columns.len() > MEMORY_SEGMENTS_MAX {
            self.merge_memory();
        } else if let Some(columns) = self.memory_columns.last() {
            self.memory
                .push(Arc::new(Segment::in_memory(Arc::clone(columns))));
        }
    }

    /// Merges the smallest memory segments, so that each row is merged a logarithmic number of times.
    fn merge_memory(&mut self) {
        self.memory_columns
            .sort_by_key(|it| std::cmp::Reverse(it.rows));
        let mut small = Vec::new();
        let mut rows = 0;
        while let Some(last) = self.memory_columns.last() {
            if small.len() >= 2 && last.rows > rows {
                break;
            }
            rows += last.rows;
            small.extend(self.memory_columns.pop());
        }
        let parts: Vec<&Columns> = small.iter().map(|it| &**it).collect();
        self.memory_columns.push(Arc::new(merge(&parts)));
        self.memory = self
            .memory_columns
            .iter()
            .map(|it| Arc::new(Segment::in_memory(Arc::clone(it))))
            .collect();
    }

    /// Rows that are in memory only.
    pub fn memory_rows(&self) -> usize {
        self.memory_columns.iter().map(|it| it.rows).sum()
    }

    /// Bytes those rows take.
    pub fn memory_bytes(&self) -> usize {
        self.memory_columns.iter().map(|it| it.bytes()).sum()
    }

    /// What a query reads now.
    pub fn view(&self) -> LakeView {
        let files = self.files.iter().map(|(_, it)| Arc::clone(it));
        let segments = files.chain(self.memory.iter().cloned()).collect();
        LakeView {
            segments,
            names: self.names.clone(),
        }
    }

    /// Writes everything in memory to a new file; nothing changes until [`LakeStore::install`].
    pub fn write_flush(&self, name: &str) -> Result<Option<PendingFile>, LakeError> {
        if self.memory_columns.is_empty() {
            return Ok(None);
        }
        let parts: Vec<&Columns> = self.memory_columns.iter().map(|it| &**it).collect();
        let merged = merge(&parts);
        self.write(name, &merged, Vec::new()).map(Some)
    }

    /// Writes the merge of small files to a new file, if there are too many of them.
    pub fn write_compaction(&self, name: &str) -> Result<Option<PendingFile>, LakeError> {
        let mut small: Vec<&(SegmentFile, Arc<Segment>)> = self
            .files
            .iter()
            .filter(|(it, _)| (it.rows as usize) < SMALL_FILE_ROWS)
            .collect();
        if small.len() < SMALL_FILES_MAX {
            return Ok(None);
        }
        small.sort_by_key(|(it, _)| it.rows);
        let mut rows = 0;
        let mut parts = Vec::new();
        let mut removed = Vec::new();
        for (file, segment) in small {
            rows += segment.rows();
            if rows > COMPACTION_ROWS_MAX {
                break;
            }
            for chunk in 0..segment.chunks().len() {
                parts.push(segment.chunk_columns(chunk)?);
            }
            removed.push(file.file.clone());
        }
        if removed.len() < 2 {
            return Ok(None);
        }
        let merged = merge(&parts.iter().collect::<Vec<_>>());
        self.write(name, &merged, removed).map(Some)
    }

    fn write(
        &self,
        name: &str,
        columns: &Columns,
        removed: Vec<String>,
    ) -> Result<PendingFile, LakeError> {
        let file = format!("{name}.parquet");
        let path = self.folder.join(&file);
        let bytes = parquet_file::write(&path, columns, &self.names)?;
        let mut names = self.names.clone();
        let (opened, chunks) = ParquetFile::open(&path, &mut names)?;
        let segment = Segment::in_file(opened, chunks, Arc::clone(&self.cache));
        assert_eq!(
            segment.rows(),
            columns.rows,
            "rows out of a flush are the rows that went in"
        );
        let (time_min, time_max) = segment.time_span();
        let added = SegmentFile {
            file,
            rows: columns.rows as u64,
            bytes,
            time_min,
            time_max,
        };
        Ok(PendingFile {
            added,
            removed,
            segment: Arc::new(segment),
        })
    }

    /// Makes a written file part of the view, after the manifest has it.
    pub fn install(&mut self, pending: PendingFile) {
        if pending.removed.is_empty() {
            self.memory.clear();
            self.memory_columns.clear();
        }
        self.files.retain(|(it, segment)| {
            let is_removed = pending.removed.contains(&it.file);
            if is_removed {
                segment.remove_when_unused();
            }
            !is_removed
        });
        self.files.push((pending.added, pending.segment));
    }

    /// Total size of its files in bytes.
    pub fn file_bytes(&self) -> u64 {
        self.files.iter().map(|(it, _)| it.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::ColumnData;
    use crate::row::{NO_NODE, RowValue};
    use proptest::prelude::*;

    fn row(event: &str, node: u32, time: i64, seq: i64, value: Option<RowValue>) -> Row {
        let values = value
            .map(|it| (format!("p.x:{}", it.letter()).into(), it))
            .into_iter()
            .collect();
        Row {
            event: event.to_owned(),
            node,
            device: if node.is_multiple_of(2) {
                node
            } else {
                NO_NODE
            },
            time,
            seq,
            received: time + 5,
            insert_id: (seq > 1).then(|| format!("i{seq}")),
            session: (node == 1).then_some(time),
            values,
        }
    }

    /// Every row of a view as text, in segment order.
    fn dump(view: &LakeView) -> Vec<String> {
        let mut out = Vec::new();
        for segment in &view.segments {
            for (index, chunk) in segment.chunks().iter().enumerate() {
                let mut lines: Vec<String> = Vec::new();
                for run in chunk.runs.iter() {
                    for _ in run.start..run.end {
                        lines.push(view.names.name(run.event).to_owned());
                    }
                }
                let mut names = segment.column_names();
                names.sort_unstable();
                for name in names {
                    let column = segment.column(index, name).unwrap().unwrap();
                    for (row, line) in lines.iter_mut().enumerate() {
                        let cell = match &*column {
                            ColumnData::Node(it) if it[row] == NO_NODE => continue,
                            ColumnData::Node(it) => it[row].to_string(),
                            ColumnData::Int(it) if it[row] == i64::MIN => continue,
                            ColumnData::Int(it) => it[row].to_string(),
                            ColumnData::Number(it) if it[row].is_nan() => continue,
                            ColumnData::Number(it) => it[row].to_string(),
                            ColumnData::Bool(it) if it[row] > 1 => continue,
                            ColumnData::Bool(it) => it[row].to_string(),
                            ColumnData::Id(_) | ColumnData::Text { .. } => match column.text(row) {
                                Some(it) => it.to_owned(),
                                None => continue,
                            },
                        };
                        line.push(' ');
                        line.push_str(name);
                        line.push('=');
                        line.push_str(&cell);
                    }
                }
                out.extend(lines);
            }
        }
        out
    }

    fn store(folder: &Path, manifest: &[SegmentFile]) -> LakeStore {
        LakeStore::open(folder, manifest, Arc::new(ColumnCache::new(1 << 20))).unwrap()
    }

    fn any_row() -> impl Strategy<Value = Row> {
        let value = prop_oneof![
            Just(None),
            "[a-c]".prop_map(|it| Some(RowValue::Text(it))),
            (0..3).prop_map(|it| Some(RowValue::Number(f64::from(it) / 2.0))),
            any::<bool>().prop_map(|it| Some(RowValue::Bool(it))),
            Just(Some(RowValue::Json("[1,2]".to_owned()))),
        ];
        ("[AB]", 0..9_000_u32, 0..4_i64, 0..9_i64, value)
            .prop_map(|(event, node, time, seq, value)| row(&event, node, time, seq, value))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn however_rows_arrive_the_file_is_the_same(
            rows in prop::collection::vec(any_row(), 1..60), cuts in prop::collection::vec(1..7_usize, 0..20),
        ) {
            let mut rows = rows;
            for (i, row) in rows.iter_mut().enumerate() {
                row.received = i as i64; // rows equal in the whole order have no defined order
            }
            let folder = tempfile::tempdir().unwrap();
            let mut whole = store(&folder.path().join("a"), &[]);
            whole.append(&rows);
            let mut parts = store(&folder.path().join("b"), &[]);
            let mut rest = rows.as_slice();
            for cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                parts.append(now);
                rest = later;
            }
            parts.append(rest);
            let expected = dump(&whole.view());
            prop_assert_eq!(expected.len(), rows.len());
            let pending = parts.write_flush("f").unwrap().unwrap();
            let manifest = [pending.added.clone()];
            parts.install(pending);
            prop_assert_eq!(parts.memory_rows(), 0);
            prop_assert_eq!(&dump(&parts.view()), &expected);
            let reopened = store(&folder.path().join("b"), &manifest);
            prop_assert_eq!(dump(&reopened.view()), expected);
        }
    }

    #[test]
    fn compaction_keeps_every_row_and_pinned_views_stay_readable() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(folder.path(), &[]);
        for batch in 0..10_i64 {
            let rows: Vec<Row> = (0..50)
                .map(|i| row("A", (i * 400) as u32, batch * 50 + i, 0, None))
                .collect();
            store.append(&rows);
            let pending = store.write_flush(&format!("f{batch}")).unwrap().unwrap();
            store.install(pending);
        }
        let pinned = store.view();
        let mut before = dump(&pinned);
        let pending = store.write_compaction("c").unwrap().unwrap();
        assert_eq!(pending.removed.len(), 10);
        store.install(pending);
        assert_eq!(
            dump(&pinned),
            before,
            "an older view reads files that were replaced"
        );
        let mut after = dump(&store.view());
        drop(pinned);
        before.sort();
        after.sort();
        assert_eq!(after, before);
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "replaced files are gone when no one reads them");
    }

    #[test]
    fn files_that_no_manifest_knows_are_removed_at_start() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = store(folder.path(), &[]);
        first.append(&[row("A", 1, 1, 0, None)]);
        let pending = first.write_flush("lost").unwrap().unwrap();
        drop(pending);
        let second = store(folder.path(), &[]);
        assert_eq!(second.view().rows(), 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = store(folder.path(), &[]);
        first.append(&[row("A", 1, 1, 0, None)]);
        let mut file = first.write_flush("f").unwrap().unwrap().added;
        file.rows = 2;
        let cache = Arc::new(ColumnCache::new(1 << 20));
        let error = LakeStore::open(folder.path(), &[file], cache).unwrap_err();
        assert!(error.to_string().contains("f.parquet"), "{error}");
    }
}
