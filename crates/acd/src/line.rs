//! The line before one queue.

use perezvon_model::{InteractionId, QueueId, UtcMs};
use std::collections::{BTreeMap, BTreeSet};

/// A caller's place in any line: the time of the first arrival in a queue, and an order number for equal times.
/// It is given once and kept through offers, transfers and lost agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub clock: UtcMs,
    pub order: u64,
}

#[derive(Debug)]
pub(crate) struct Line {
    pub queue: QueueId,
    /// Profiles whose agents may serve this line.
    pub profiles: Vec<usize>,
    /// Who is to be offered next, in order.
    pub due: BTreeMap<Place, InteractionId>,
    /// All who wait, those being offered too.
    pub all: BTreeSet<Place>,
    /// When each of them joined this line.
    pub joined: BTreeSet<(UtcMs, InteractionId)>,
}

impl Line {
    pub fn new(queue: QueueId) -> Line {
        Line {
            queue,
            profiles: Vec::new(),
            due: BTreeMap::new(),
            all: BTreeSet::new(),
            joined: BTreeSet::new(),
        }
    }

    /// 1 for the head. Cost: a newcomer at the end O(log n); otherwise O(position).
    pub fn position(&self, place: Place) -> usize {
        if self.all.last().is_some_and(|last| *last <= place) {
            return self.all.len();
        }
        self.all.range(..=place).count()
    }

    /// As [`Line::position`], looking at `cap` places at most: `None` past that.
    pub fn position_up_to(&self, place: Place, cap: usize) -> Option<usize> {
        self.all.iter().take(cap).position(|other| *other == place).map(|index| index + 1)
    }
}
