//! Sets of small numbers, a bit each: who may serve what is answered by one AND.

/// A set of numbers from 0. Numbers past the end are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    pub fn insert(&mut self, number: usize) {
        let word = number / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (number % 64);
    }

    pub fn remove(&mut self, number: usize) {
        if let Some(word) = self.words.get_mut(number / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    pub fn contains(&self, number: usize) -> bool {
        self.words.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub fn set(&mut self, number: usize, to: bool) {
        if to { self.insert(number) } else { self.remove(number) }
    }

    pub fn extend(&mut self, other: &Bits) {
        if other.words.len() > self.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
    }

    pub fn keep(&mut self, other: &Bits) {
        self.words.truncate(other.words.len());
        for (word, only) in self.words.iter_mut().zip(&other.words) {
            *word &= only;
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(at, word)| ones(at, *word))
    }

    /// The numbers in both.
    pub fn both<'a>(&'a self, other: &'a Bits) -> impl Iterator<Item = usize> + 'a {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| a & b).enumerate();
        words.filter(|(_, word)| *word != 0).flat_map(|(at, word)| ones(at, word))
    }

    /// The numbers in the one and not in the other.
    pub fn without<'a>(&'a self, other: &'a Bits) -> impl Iterator<Item = usize> + 'a {
        let others = other.words.iter().copied().chain(std::iter::repeat(0));
        self.words.iter().zip(others).enumerate().flat_map(|(at, (a, b))| ones(at, a & !b))
    }

    pub fn meets(&self, other: &Bits) -> bool {
        self.words.iter().zip(&other.words).any(|(a, b)| a & b != 0)
    }
}

fn ones(at: usize, mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        if word == 0 {
            return None;
        }
        let bit = word.trailing_zeros() as usize;
        word &= word - 1;
        Some(at * 64 + bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn made_of(numbers: &BTreeSet<usize>) -> Bits {
        let mut bits = Bits::default();
        for number in numbers {
            bits.insert(*number);
        }
        bits
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn they_are_sets(a in prop::collection::btree_set(0usize..300, 0..40), b in prop::collection::btree_set(0usize..300, 0..40), gone in 0usize..300) {
            let (mut x, y) = (made_of(&a), made_of(&b));
            prop_assert_eq!(x.both(&y).collect::<Vec<_>>(), a.intersection(&b).copied().collect::<Vec<_>>());
            prop_assert_eq!(x.without(&y).collect::<Vec<_>>(), a.difference(&b).copied().collect::<Vec<_>>());
            prop_assert_eq!(x.meets(&y), !a.is_disjoint(&b));
            let (mut all, mut common) = (x.clone(), x.clone());
            all.extend(&y);
            common.keep(&y);
            prop_assert_eq!(all.iter().collect::<Vec<_>>(), a.union(&b).copied().collect::<Vec<_>>());
            prop_assert_eq!(common.iter().collect::<Vec<_>>(), a.intersection(&b).copied().collect::<Vec<_>>());
            x.remove(gone);
            prop_assert!(!x.contains(gone));
        }
    }
}
