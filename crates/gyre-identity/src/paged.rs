//! A vector in pages: growing copies nothing that is there and never holds twice its memory.

const PAGE_BITS: u32 = 16;
const PAGE: usize = 1 << PAGE_BITS;

/// Values by number, appended one by one.
#[derive(Debug)]
pub(crate) struct Paged<T> {
    pages: Vec<Vec<T>>,
}

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Self { pages: Vec::new() }
    }
}

impl<T> Paged<T> {
    pub(crate) fn len(&self) -> usize {
        let full = self.pages.len().saturating_sub(1) * PAGE;
        full + self.pages.last().map_or(0, Vec::len)
    }

    pub(crate) fn push(&mut self, value: T) {
        if let Some(page) = self.pages.last_mut().filter(|it| it.len() < PAGE) {
            page.push(value);
            return;
        }
        // the first page grows: most workspaces of tests and demonstrations have few people
        let reserved = if self.pages.is_empty() { 0 } else { PAGE };
        let mut page = Vec::with_capacity(reserved);
        page.push(value);
        self.pages.push(page);
    }

    pub(crate) fn get(&self, place: u32) -> Option<&T> {
        let page = self.pages.get((place >> PAGE_BITS) as usize)?;
        page.get(place as usize & (PAGE - 1))
    }

    pub(crate) fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        let page = self.pages.get_mut((place >> PAGE_BITS) as usize)?;
        page.get_mut(place as usize & (PAGE - 1))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pages.iter().flatten()
    }

    /// Bytes of the values, without what they point at.
    pub(crate) fn bytes(&self) -> usize {
        let values: usize = self.pages.iter().map(Vec::capacity).sum();
        values * size_of::<T>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_on_every_page() {
        let mut paged = Paged::default();
        let count = 2 * PAGE as u32 + 5;
        for value in 0..count {
            paged.push(value);
        }
        assert_eq!(paged.len(), count as usize);
        for place in [0, PAGE as u32 - 1, PAGE as u32, count - 1] {
            assert_eq!(paged.get(place), Some(&place));
        }
        assert_eq!(paged.get(count), None);
        *paged.get_mut(PAGE as u32).unwrap() = 7;
        assert_eq!(paged.iter().filter(|it| **it == 7).count(), 2);
    }
}
