//! Nodes that were joined by explicit links: a fold of those links, in order.
//!
//! One forest joins users, another joins devices that are one device under two names. The root of a tree is where its
//! links lead. Undoing a link takes its tree apart and folds the remaining links of that tree again.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// What a link does with the properties of what it links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Layer {
    /// Operations of both are one list by event time.
    Joined,
    /// What is linked fills in what the other lacks (Braze).
    Beneath,
    /// Events count, properties do not (Amplitude's `/usermap`).
    Hidden,
}

/// One link of a forest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) seq: u64,
    pub(crate) from: u32,
    pub(crate) into: u32,
    pub(crate) layer: Layer,
}

/// A node of a tree and what its properties do there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Node.
    pub(crate) node: u32,
    /// What its properties do.
    pub(crate) layer: Layer,
}

/// Trees of two nodes and more; any other node is its own root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forest {
    roots: FxHashMap<u32, u32>,
    members: FxHashMap<u32, Vec<Member>>,
}

impl Forest {
    /// Root of a node.
    pub(crate) fn root(&self, node: u32) -> u32 {
        self.roots.get(&node).copied().unwrap_or(node)
    }

    /// Nodes of the tree with this root, the root included and first.
    pub(crate) fn members(&self, root: u32) -> impl Iterator<Item = Member> + Clone {
        let kept = self.members.get(&root).map_or(&[][..], Vec::as_slice);
        let own = Member {
            node: root,
            layer: Layer::Joined,
        };
        std::iter::once(own).chain(kept.iter().copied())
    }

    /// Joins the tree of `from` into that of `into`; false if they are one already.
    pub(crate) fn link(&mut self, edge: &Edge) -> bool {
        let (from_root, into_root) = (self.root(edge.from), self.root(edge.into));
        if from_root == into_root {
            return false;
        }
        let at = self
            .members(into_root)
            .find(|it| it.node == edge.into)
            .map_or(Layer::Joined, |it| it.layer);
        let layer = at.max(edge.layer);
        let moved: Vec<Member> = self.members(from_root).collect();
        self.members.remove(&from_root);
        let kept = self.members.entry(into_root).or_default();
        for it in moved {
            self.roots.insert(it.node, into_root);
            kept.push(Member {
                node: it.node,
                layer: it.layer.max(layer),
            });
        }
        true
    }

    /// Takes the tree with this root apart and folds `edges`, those of the tree that are left, in order.
    pub(crate) fn refold<'a>(&mut self, root: u32, edges: impl Iterator<Item = &'a Edge>) {
        for it in self.members.remove(&root).unwrap_or_default() {
            self.roots.remove(&it.node);
        }
        for edge in edges {
            self.link(edge);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(seq: u64, from: u32, into: u32, layer: Layer) -> Edge {
        Edge {
            seq,
            from,
            into,
            layer,
        }
    }

    #[test]
    fn e_a_cycle_closes_nothing_and_undoing_the_first_link_leaves_the_others() {
        let links = [
            edge(0, 1, 2, Layer::Joined),
            edge(1, 2, 3, Layer::Joined),
            edge(2, 3, 1, Layer::Joined),
        ];
        let mut forest = Forest::default();
        let new: Vec<bool> = links.iter().map(|it| forest.link(it)).collect();
        assert_eq!(new, [true, true, false], "the third is a no-op");
        assert_eq!([1, 2, 3].map(|it| forest.root(it)), [3, 3, 3]);
        forest.refold(3, links[1..2].iter());
        assert_eq!([1, 2, 3].map(|it| forest.root(it)), [1, 3, 3]);
        assert_eq!(forest.members(3).count(), 2);
        assert_eq!(forest.members(1).count(), 1);
    }

    #[test]
    fn what_hides_a_node_hides_all_that_is_linked_through_it() {
        let mut forest = Forest::default();
        forest.link(&edge(0, 1, 2, Layer::Joined));
        forest.link(&edge(1, 2, 3, Layer::Hidden));
        forest.link(&edge(2, 4, 1, Layer::Joined));
        forest.link(&edge(3, 5, 3, Layer::Beneath));
        let layer = |node: u32| {
            forest
                .members(3)
                .find(|it| it.node == node)
                .map(|it| it.layer)
        };
        assert_eq!(
            [1, 2, 3, 4, 5].map(|it| layer(it).unwrap()),
            [
                Layer::Hidden,
                Layer::Hidden,
                Layer::Joined,
                Layer::Hidden,
                Layer::Beneath
            ]
        );
    }
}
