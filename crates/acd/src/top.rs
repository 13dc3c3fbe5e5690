//! The best few of many.

/// The least `most` of what it was shown, in order.
#[derive(Clone, Debug)]
pub(crate) struct Top<T> {
    most: usize,
    best: Vec<T>,
}

impl<T: Ord> Top<T> {
    pub fn new(most: usize) -> Top<T> {
        Top { most, best: Vec::with_capacity(most) }
    }

    /// Whether it would be taken.
    pub fn takes(&self, value: &T) -> bool {
        self.best.len() < self.most || self.best.last().is_some_and(|last| value < last)
    }

    /// Takes it when it is among the best. False: neither this one nor any after it in order.
    pub fn show(&mut self, value: T) -> bool {
        if !self.takes(&value) {
            return false;
        }
        if self.best.len() == self.most {
            self.best.pop();
        }
        let at = self.best.iter().rposition(|other| *other < value).map_or(0, |before| before + 1);
        self.best.insert(at, value);
        true
    }

    pub fn extend(&mut self, values: impl IntoIterator<Item = T>) {
        for value in values {
            self.show(value);
        }
    }

    pub fn into_vec(self) -> Vec<T> {
        self.best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_the_start_of_the_sorted_list(values in prop::collection::vec(0u8..50, 0..40), most in 1usize..6) {
            let mut top = Top::new(most);
            for value in &values {
                top.show(*value);
            }
            let mut sorted = values.clone();
            sorted.sort_unstable();
            sorted.truncate(most);
            prop_assert_eq!(top.into_vec(), sorted);
        }
    }
}
