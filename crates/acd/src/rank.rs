//! The order of callers. Effective priority is base + ageing x time since arrival; between callers who age alike the
//! difference never changes, so that a key fixed at arrival orders them for ever and nothing is sorted again.

use perezvon_model::UtcMs;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A caller's place in any line: the time of the first arrival in a queue, and an order number for equal times.
/// It is given once and kept through offers, transfers and lost agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub clock: UtcMs,
    pub order: u64,
}

/// The parts into which a point of priority is divided: ageing by one point a minute is one part a millisecond.
pub const PARTS_PER_POINT: i64 = 60_000;

/// What is ordered by a number and then by the order of places, the least first. Compared as one wide number, without a
/// branch: a decision does little else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    first: i64,
    order: u64,
}

impl Key {
    fn wide(self) -> i128 {
        (i128::from(self.first) << 64) | i128::from(self.order)
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        self.wide().cmp(&other.wide())
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Orders those who age alike, the first to be served first. Places are given in order of time, so that equals go by
/// place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(Key);

impl Rank {
    /// After every other.
    pub const LAST: Rank = Rank(Key { first: i64::MAX, order: u64::MAX });

    pub fn new(points: i16, ageing_per_min: u32, place: Place) -> Rank {
        let first = i64::from(ageing_per_min) * place.clock.0 - i64::from(points) * PARTS_PER_POINT;
        Rank(Key { first, order: place.order })
    }

    /// Effective priority at `now`, in parts of a point.
    pub fn parts(self, ageing_per_min: u32, now: UtcMs) -> i64 {
        i64::from(ageing_per_min) * now.0 - self.0.first
    }

    pub fn order(self) -> u64 {
        self.0.order
    }

    pub fn turn(self, ageing_per_min: u32, now: UtcMs) -> Turn {
        Turn(Key { first: -self.parts(ageing_per_min, now), order: self.0.order }.wide())
    }
}

/// Orders callers of different queues at one moment, the first to be served first: higher priority, then earlier place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn(i128);

impl Turn {
    /// After every other.
    pub const LAST: Turn = Turn(i128::MAX);

    /// Effective priority, in parts of a point.
    pub fn parts(self) -> i64 {
        -i64::try_from(self.0 >> 64).expect("the upper half of a number")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_fixed_key_orders_as_the_formula_does(
            (a, b) in ((-1_000i16..1_000, 0i64..100_000_000), (-1_000i16..1_000, 0i64..100_000_000)),
            ageing in 0u32..1_000,
            later in 0i64..100_000_000,
        ) {
            const START: i64 = 1_800_000_000_000;
            let now = UtcMs(START + 200_000_000 + later);
            // Places are given in order of time.
            let (clock_a, clock_b) = (a.1, a.1 + b.1);
            let rank = |points, clock, order| Rank::new(points, ageing, Place { clock: UtcMs(START + clock), order });
            let by_formula = |points: i16, clock: i64| {
                i128::from(points) * 60_000 + i128::from(ageing) * i128::from(now.0 - START - clock)
            };
            let (first, second) = (rank(a.0, clock_a, 1), rank(b.0, clock_b, 2));
            prop_assert_eq!(i128::from(first.parts(ageing, now)), by_formula(a.0, clock_a));
            let expected = by_formula(b.0, clock_b).cmp(&by_formula(a.0, clock_a)).then(1.cmp(&2));
            prop_assert_eq!(first.cmp(&second), expected);
            prop_assert_eq!(first.turn(ageing, now).cmp(&second.turn(ageing, now)), expected);
        }
    }
}
