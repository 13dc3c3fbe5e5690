//! The best few of many.

/// The least `N` of what it was shown, in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Top<T, const N: usize> {
    /// In order; the places not taken yet hold what comes after everything.
    best: [T; N],
    taken: usize,
}

/// What is ordered by a key; no two have the same.
pub(crate) trait Keyed: Copy {
    fn key(&self) -> impl Ord;
}

impl<T: Keyed, const N: usize> Top<T, N> {
    /// `last` comes after everything that will be shown.
    pub fn new(last: T) -> Top<T, N> {
        Top { best: [last; N], taken: 0 }
    }

    /// Takes it when it is among the best. False: neither this one nor any after it in order.
    pub fn show(&mut self, value: T) -> bool {
        if value.key() >= self.best[N - 1].key() {
            return false;
        }
        self.best[N - 1] = value;
        for at in (1..N).rev() {
            if self.best[at].key() >= self.best[at - 1].key() {
                break;
            }
            self.best.swap(at - 1, at);
        }
        self.taken = (self.taken + 1).min(N);
        true
    }

    /// The last of the best, once there are so many.
    pub fn last(&self) -> Option<&T> {
        (self.taken == N).then(|| &self.best[N - 1])
    }

    pub fn best(&self) -> &[T] {
        &self.best[..self.taken]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Keyed for u8 {
        fn key(&self) -> impl Ord {
            *self
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_the_start_of_the_sorted_list(values in prop::collection::vec(0u8..50, 0..40)) {
            let mut top = Top::<u8, 4>::new(u8::MAX);
            for value in &values {
                top.show(*value);
            }
            let mut sorted = values.clone();
            sorted.sort_unstable();
            sorted.truncate(4);
            prop_assert_eq!(top.best(), sorted);
        }
    }
}
