//! Decoded columns kept in memory up to a bound, least recently used first out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::column::ColumnData;

/// (segment, chunk, column)
pub(crate) type CacheKey = (u64, u32, u32);

#[derive(Debug)]
struct Entry {
    data: Arc<ColumnData>,
    bytes: usize,
    used: u64,
}

#[derive(Debug, Default)]
struct Inner {
    entries: FxHashMap<CacheKey, Entry>,
    bytes: usize,
    tick: u64,
}

/// Shared by every workspace of the process.
#[derive(Debug)]
pub struct ColumnCache {
    inner: Mutex<Inner>,
    bytes_max: usize,
    next_segment: AtomicU64,
}

impl ColumnCache {
    /// A cache of at most `bytes_max` bytes of decoded columns.
    pub fn new(bytes_max: usize) -> Self {
        Self {
            inner: Mutex::default(),
            bytes_max,
            next_segment: AtomicU64::new(1),
        }
    }

    /// Bytes held now.
    pub fn bytes(&self) -> usize {
        self.inner.lock().bytes
    }

    pub(crate) fn segment_id(&self) -> u64 {
        self.next_segment.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn get(&self, key: CacheKey) -> Option<Arc<ColumnData>> {
        let mut inner = self.inner.lock();
        inner.tick += 1;
        let tick = inner.tick;
        let entry = inner.entries.get_mut(&key)?;
        entry.used = tick;
        Some(Arc::clone(&entry.data))
    }

    pub(crate) fn put(&self, key: CacheKey, data: &Arc<ColumnData>) {
        let bytes = data.bytes();
        let mut inner = self.inner.lock();
        inner.tick += 1;
        let entry = Entry {
            data: Arc::clone(data),
            bytes,
            used: inner.tick,
        };
        inner.bytes += bytes;
        if let Some(old) = inner.entries.insert(key, entry) {
            inner.bytes -= old.bytes;
        }
        if inner.bytes > self.bytes_max {
            Self::evict(&mut inner, self.bytes_max / 10 * 9);
        }
    }

    /// Drops a removed segment's columns.
    pub(crate) fn forget(&self, segment: u64) {
        let mut inner = self.inner.lock();
        let mut freed = 0;
        inner.entries.retain(|key, entry| {
            let keep = key.0 != segment;
            freed += if keep { 0 } else { entry.bytes };
            keep
        });
        inner.bytes -= freed;
    }

    fn evict(inner: &mut Inner, target: usize) {
        let mut by_age: Vec<(u64, CacheKey)> = inner
            .entries
            .iter()
            .map(|(key, entry)| (entry.used, *key))
            .collect();
        by_age.sort_unstable();
        for (_, key) in by_age {
            if inner.bytes <= target {
                break;
            }
            if let Some(entry) = inner.entries.remove(&key) {
                inner.bytes -= entry.bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_column_leaves_first() {
        let cache = ColumnCache::new(1_000);
        let column = Arc::new(ColumnData::Int(vec![0; 50]));
        cache.put((1, 0, 0), &column);
        cache.put((1, 0, 1), &column);
        assert!(cache.get((1, 0, 0)).is_some());
        cache.put((1, 0, 2), &column);
        assert!(cache.get((1, 0, 1)).is_none(), "the one not used since");
        assert!(cache.get((1, 0, 0)).is_some());
        assert!(cache.bytes() <= 1_000);
        cache.forget(1);
        assert_eq!(cache.bytes(), 0);
    }
}
