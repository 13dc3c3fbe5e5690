//! Where something changed since the last decision.

/// Where a match may have become possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stir {
    /// An agent got free.
    Agent(usize),
    /// A free agent may find what was not there before.
    Again(usize),
    /// More can be done for a class.
    Class(usize),
}

/// A set that is filled, then emptied in order. Between two decisions it is nearly always one or two, and after a new
/// configuration everything; neither needs a tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stirred {
    /// The last in order first, once `in_order`.
    stirs: Vec<Stir>,
    in_order: bool,
}

impl Stirred {
    pub fn insert(&mut self, stir: Stir) {
        if self.stirs.last() != Some(&stir) {
            self.stirs.push(stir);
            self.in_order = self.stirs.len() == 1;
        }
    }

    pub fn extend(&mut self, stirs: impl IntoIterator<Item = Stir>) {
        for stir in stirs {
            self.insert(stir);
        }
    }

    pub fn clear(&mut self) {
        self.stirs.clear();
    }

    pub fn pop_first(&mut self) -> Option<Stir> {
        self.put_in_order();
        self.stirs.pop()
    }

    /// The only one, when there is one only.
    pub fn pop_only(&mut self) -> Option<Stir> {
        self.put_in_order();
        if self.stirs.len() == 1 { self.stirs.pop() } else { None }
    }

    fn put_in_order(&mut self) {
        if !self.in_order {
            self.stirs.sort_unstable_by(|a, b| b.cmp(a));
            self.stirs.dedup();
            self.in_order = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_an_ordered_set(steps in prop::collection::vec(prop::option::of((0u8..3, 0usize..4)), 0..60)) {
            let (mut stirred, mut set) = (Stirred::default(), BTreeSet::new());
            for step in steps {
                match step {
                    Some((kind, at)) => {
                        let stir = [Stir::Agent(at), Stir::Again(at), Stir::Class(at)][usize::from(kind)];
                        stirred.insert(stir);
                        set.insert(stir);
                    }
                    None => {
                        let only = if set.len() == 1 { set.first().copied() } else { None };
                        prop_assert_eq!(stirred.clone().pop_only(), only);
                        prop_assert_eq!(stirred.pop_first(), set.pop_first());
                    }
                }
            }
        }
    }
}
