//! A disk that fails where it is told to, and can lose what was never synced.
//!
//! Files are real, so that the log's reader sees them as the page cache would show them; what has reached
//! the platter is kept beside them and takes their place when the power fails.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use gyre_log::{Disk, SegmentFile};

/// Where to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    Create,
    Write,
    Sync,
    SyncDir,
    Truncate,
}

/// The planned failure: the `nth` operation of this kind from now on, counted from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub point: Point,
    pub nth: usize,
    /// Bytes that a failing write still writes.
    pub short: usize,
}

#[derive(Debug, Default)]
struct Platter {
    bytes: Vec<u8>,
    /// Writes since the last sync.
    dirty: Vec<(usize, Vec<u8>)>,
    /// Whether the directory entry is durable.
    is_entered: bool,
}

#[derive(Debug, Default)]
struct State {
    files: HashMap<PathBuf, Platter>,
    plan: Option<Plan>,
    failures: usize,
}

impl State {
    fn fail(&mut self, point: Point) -> Option<Plan> {
        let plan = self.plan.as_mut().filter(|it| it.point == point)?;
        if plan.nth > 0 {
            plan.nth -= 1;
            return None;
        }
        self.failures += 1;
        self.plan.take()
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct FaultDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct FaultFile {
    disk: FaultDisk,
    path: PathBuf,
}

fn full() -> io::Error {
    io::Error::new(io::ErrorKind::StorageFull, "planned failure")
}

impl FaultDisk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn plan(&self, plan: Plan) {
        self.lock().plan = Some(plan);
    }

    pub(crate) fn failures(&self) -> usize {
        self.lock().failures
    }

    /// The power fails: of everything unsynced, any 512-byte sector may or may not have reached the platter.
    pub(crate) fn power_cut(&self, mut coin: impl FnMut() -> bool) {
        let mut state = self.lock();
        state.plan = None;
        let paths: Vec<PathBuf> = state.files.keys().cloned().collect();
        for path in paths {
            let platter = state.files.get_mut(&path).unwrap();
            for (offset, bytes) in std::mem::take(&mut platter.dirty) {
                let mut at = 0;
                while at < bytes.len() {
                    let end = bytes.len().min((offset + at) / 512 * 512 + 512 - offset);
                    if coin() {
                        write(&mut platter.bytes, offset + at, &bytes[at..end]);
                    }
                    at = end;
                }
            }
            if platter.is_entered || coin() {
                platter.is_entered = true;
                fs::write(&path, &platter.bytes).unwrap();
            } else {
                fs::remove_file(&path).unwrap();
                state.files.remove(&path);
            }
        }
    }
}

fn write(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[offset..end].copy_from_slice(bytes);
}

impl Disk for FaultDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn SegmentFile>> {
        let mut state = self.lock();
        if state.fail(Point::Create).is_some() {
            return Err(full());
        }
        fs::File::create_new(path)?;
        state.files.insert(path.to_owned(), Platter::default());
        Ok(Box::new(FaultFile {
            disk: self.clone(),
            path: path.to_owned(),
        }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn SegmentFile>> {
        Ok(Box::new(FaultFile {
            disk: self.clone(),
            path: path.to_owned(),
        }))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.lock().files.remove(path);
        fs::remove_file(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.lock();
        if state.fail(Point::SyncDir).is_some() {
            return Err(full());
        }
        for (path, platter) in &mut state.files {
            platter.is_entered |= path.parent() == Some(dir);
        }
        Ok(())
    }
}

impl SegmentFile for FaultFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.lock();
        let failed = state.fail(Point::Write);
        let bytes = failed.map_or(bytes, |it| &bytes[..bytes.len().min(it.short)]);
        let mut live = fs::read(&self.path)?;
        write(&mut live, offset as usize, bytes);
        fs::write(&self.path, &live)?;
        let platter = state.files.get_mut(&self.path).unwrap();
        platter.dirty.push((offset as usize, bytes.to_vec()));
        failed.map_or(Ok(()), |_| Err(full()))
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.lock();
        let failed = state.fail(Point::Sync).is_some();
        let platter = state.files.get_mut(&self.path).unwrap();
        let dirty = std::mem::take(&mut platter.dirty);
        if failed {
            // as Linux does: the pages are still readable and are now called clean
            return Err(io::Error::other("planned failure"));
        }
        for (offset, bytes) in dirty {
            write(&mut platter.bytes, offset, &bytes);
        }
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        if state.fail(Point::Truncate).is_some() {
            return Err(full());
        }
        let mut live = fs::read(&self.path)?;
        live.truncate(len as usize);
        fs::write(&self.path, &live)?;
        let platter = state.files.get_mut(&self.path).unwrap();
        platter.bytes.truncate(len as usize);
        platter.dirty.retain_mut(|(offset, bytes)| {
            bytes.truncate((len as usize).saturating_sub(*offset));
            !bytes.is_empty()
        });
        Ok(())
    }
}
