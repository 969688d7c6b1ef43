//! Which calendar unit an instant lies in, found without a search: units are nearly of one length.

/// Half-open units between ascending edges.
#[derive(Clone, Debug)]
pub(crate) struct Units {
    edges: Vec<i64>,
    mean_ms: i64,
}

impl Units {
    /// `edges` is one longer than the units.
    pub(crate) fn new(edges: Vec<i64>) -> Self {
        let count = edges.len().saturating_sub(1).max(1) as i64;
        let mean_ms = match (edges.first(), edges.last()) {
            (Some(first), Some(last)) => ((last - first) / count).max(1),
            _ => 1,
        };
        Self { edges, mean_ms }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// Half-open times of a unit.
    pub(crate) fn span(&self, unit: usize) -> Option<(i64, i64)> {
        Some((*self.edges.get(unit)?, *self.edges.get(unit + 1)?))
    }

    /// Place of the unit; `None` outside all.
    pub(crate) fn index(&self, time: i64) -> Option<usize> {
        let (first, last) = (*self.edges.first()?, *self.edges.last()?);
        if time < first || time >= last {
            return None;
        }
        // a clock change or a month of 28 days puts the guess beside the truth
        let mut at = (((time - first) / self.mean_ms) as usize).min(self.len() - 1);
        while time < self.edges[at] {
            at -= 1;
        }
        while time >= self.edges[at + 1] {
            at += 1;
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_guess_ends_where_a_search_does(
            widths in prop::collection::vec(1..50_i64, 1..40), time in -10..2_000_i64,
        ) {
            let mut edges = vec![0];
            for it in widths {
                edges.push(edges[edges.len() - 1] + it);
            }
            let after = edges.partition_point(|it| *it <= time);
            let expected = (after > 0 && after < edges.len()).then(|| after - 1);
            prop_assert_eq!(Units::new(edges).index(time), expected);
        }
    }
}
