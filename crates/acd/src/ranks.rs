//! An ordered line that knows how many stand before a member: sorted blocks, and the counts of the blocks in a binary
//! indexed tree (Fenwick, "A new data structure for cumulative frequency tables", Software: Practice and Experience 24,
//! 1994). Most come last and leave first, which touches the ends of a block only.

use std::collections::VecDeque;

/// The most members of a block.
const BLOCK: usize = 128;

/// With n members: insert, remove and count in O(log n + [`BLOCK`]); a block that fills up or empties costs
/// O(n / `BLOCK`) once.
#[derive(Clone, Debug)]
pub(crate) struct Ranks<K, T> {
    /// The first block, here, since most lines have no other.
    first: VecDeque<(K, T)>,
    /// The other blocks; none is empty, and there are none while the first is.
    more: Vec<VecDeque<(K, T)>>,
    /// Fenwick's tree over the lengths of the blocks, while there are several.
    counts: Vec<u32>,
}

impl<K, T> Default for Ranks<K, T> {
    fn default() -> Self {
        Ranks { first: VecDeque::new(), more: Vec::new(), counts: Vec::new() }
    }
}

impl<K: Ord + Copy, T: Copy> Ranks<K, T> {
    pub fn len(&self) -> usize {
        if self.more.is_empty() { self.first.len() } else { self.in_blocks(self.counts.len()) }
    }

    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    pub fn first(&self) -> Option<(K, T)> {
        self.first.front().copied()
    }

    /// All in order.
    pub fn iter(&self) -> impl Iterator<Item = (K, T)> {
        std::iter::once(&self.first).chain(&self.more).flatten().copied()
    }

    /// The rank must not be there yet.
    pub fn insert(&mut self, rank: K, value: T) {
        let at = self.block_of(rank);
        let is_last = at == self.more.len();
        let block = self.block_mut(at);
        let comes_last = block.back().is_none_or(|(last, _)| *last < rank);
        if block.len() < BLOCK {
            let place = if comes_last { block.len() } else { place_in(block, rank) };
            block.insert(place, (rank, value));
            self.add(at, 1);
            return;
        }
        // Those who come last of all, which is the rule, leave full blocks behind them.
        let mut upper = block.split_off(if is_last && comes_last { BLOCK } else { BLOCK / 2 });
        let to = if upper.front().is_none_or(|(first, _)| rank > *first) { &mut upper } else { block };
        let place = place_in(to, rank);
        to.insert(place, (rank, value));
        self.more.insert(at, upper);
        self.recount();
    }

    pub fn remove(&mut self, rank: K) -> Option<T> {
        let at = self.block_of(rank);
        let block = self.block_mut(at);
        let place = place_in(block, rank);
        let (_, value) = block.get(place).filter(|(other, _)| *other == rank).copied()?;
        block.remove(place);
        let left = block.len();
        match self.more.get(at).map(VecDeque::len) {
            // The next block moves up or in.
            Some(next) if left == 0 || left + next <= BLOCK / 2 => {
                let next = self.more.remove(at);
                self.block_mut(at).extend(next);
                self.recount();
            }
            None if left == 0 && at > 0 => {
                self.more.pop();
                self.recount();
            }
            Some(_) | None => self.add(at, u32::MAX),
        }
        Some(value)
    }

    /// How many are before it.
    pub fn before(&self, rank: K) -> usize {
        let at = self.block_of(rank);
        let block = if at == 0 { &self.first } else { &self.more[at - 1] };
        place_in(block, rank) + self.in_blocks(at)
    }

    /// How many are in the first `blocks` blocks.
    fn in_blocks(&self, blocks: usize) -> usize {
        let (mut count, mut tree) = (0, blocks);
        while tree > 0 {
            count += self.counts[tree - 1] as usize;
            tree &= tree - 1;
        }
        count
    }

    /// The block in which a rank is, or would be.
    fn block_of(&self, rank: K) -> usize {
        self.more.partition_point(|block| block.front().is_some_and(|(first, _)| *first <= rank))
    }

    fn block_mut(&mut self, at: usize) -> &mut VecDeque<(K, T)> {
        if at == 0 { &mut self.first } else { &mut self.more[at - 1] }
    }

    /// Adds to the count of a block; adding `u32::MAX` takes one off.
    fn add(&mut self, at: usize, change: u32) {
        let mut tree = at + 1;
        while tree <= self.counts.len() {
            self.counts[tree - 1] = self.counts[tree - 1].wrapping_add(change);
            tree += tree & tree.wrapping_neg();
        }
    }

    fn recount(&mut self) {
        self.counts.clear();
        if self.more.is_empty() {
            return;
        }
        let blocks = std::iter::once(&self.first).chain(&self.more);
        self.counts.extend(blocks.map(|block| u32::try_from(block.len()).expect("a block is short")));
        for tree in 1..=self.counts.len() {
            let above = tree + (tree & tree.wrapping_neg());
            if above <= self.counts.len() {
                self.counts[above - 1] += self.counts[tree - 1];
            }
        }
    }
}

/// Where a rank is in a block, or would be. The front is looked at first: there the most are found.
fn place_in<K: Ord + Copy, T>(block: &VecDeque<(K, T)>, rank: K) -> usize {
    match block.front() {
        Some((first, _)) if *first < rank => block.partition_point(|(other, _)| *other < rank),
        Some(_) | None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rank::{Place, Rank};
    use perezvon_model::UtcMs;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn rank(number: u64) -> Rank {
        Rank::new(0, 1, Place { clock: UtcMs(1), order: number })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn they_count_as_a_sorted_map_does(
            full in 0u64..2_000,
            steps in prop::collection::vec((0u64..2_000, any::<bool>(), 1u64..300), 1..60),
        ) {
            let (mut ranks, mut sorted) = (Ranks::<Rank, _>::default(), BTreeMap::new());
            for number in 0..full {
                ranks.insert(rank(number), number);
                sorted.insert(rank(number), number);
            }
            for (first, comes, many) in steps {
                for number in first..first + many {
                    if comes && sorted.insert(rank(number), number).is_none() {
                        ranks.insert(rank(number), number);
                    } else if !comes {
                        prop_assert_eq!(ranks.remove(rank(number)), sorted.remove(&rank(number)));
                    }
                }
                prop_assert_eq!(ranks.len(), sorted.len());
                prop_assert_eq!(ranks.first(), sorted.first_key_value().map(|(rank, number)| (*rank, *number)));
                for number in [0, first, first + many, 1_000, 3_000] {
                    prop_assert_eq!(ranks.before(rank(number)), sorted.range(..rank(number)).count());
                }
            }
            prop_assert!(ranks.iter().eq(sorted));
        }
    }

    #[test]
    fn a_line_that_moves_on_for_ever_keeps_few_blocks() {
        let mut ranks = Ranks::<Rank, _>::default();
        for number in 0..200_000 {
            ranks.insert(rank(number), ());
            if number >= 1_000 {
                assert!(ranks.remove(rank(number - 1_000)).is_some());
            }
            assert!(ranks.more.len() <= 10, "{}", ranks.more.len());
        }
    }
}
