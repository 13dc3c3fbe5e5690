//! Places of callers who were cut off or hung up while they waited: whoever calls again in time may have the old one.

use perezvon_acd::Place;
use perezvon_model::{E164, InteractionId, QueueId, UtcMs};
use std::collections::{BTreeMap, BTreeSet};

use crate::limits::MAX_DROPPED;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub place: Place,
    /// Whose place it was.
    pub of: InteractionId,
    until: UtcMs,
}

#[derive(Debug, Default)]
pub(crate) struct Dropped {
    places: BTreeMap<(QueueId, E164), Held>,
    ends: BTreeSet<(UtcMs, QueueId, E164)>,
}

impl Dropped {
    /// Keeps a place until then. Past [`MAX_DROPPED`] the one that would end first is given up.
    pub fn keep(&mut self, queue: QueueId, number: E164, place: Place, of: InteractionId, until: UtcMs) {
        self.take(queue, &number, until);
        self.ends.insert((until, queue, number.clone()));
        self.places.insert((queue, number), Held { place, of, until });
        if self.places.len() > MAX_DROPPED {
            self.give_up_first();
        }
    }

    /// The place kept for a number, once.
    pub fn take(&mut self, queue: QueueId, number: &E164, now: UtcMs) -> Option<Held> {
        let held = self.places.remove(&(queue, number.clone()))?;
        self.ends.remove(&(held.until, queue, number.clone()));
        (now <= held.until).then_some(held)
    }

    /// Gives up what is too old.
    pub fn pass(&mut self, now: UtcMs) {
        while self.ends.first().is_some_and(|(until, _, _)| *until < now) {
            self.give_up_first();
        }
    }

    fn give_up_first(&mut self) {
        if let Some((_, queue, number)) = self.ends.pop_first() {
            self.places.remove(&(queue, number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn number(last: usize) -> E164 {
        E164::parse(&format!("+7495{:07}", 1_000_000 + last), "RU").expect("a number")
    }

    fn place(order: u64) -> Place {
        Place { clock: UtcMs(0), order }
    }

    #[test]
    fn a_place_is_given_back_once_and_in_time() {
        let (mut dropped, queue, of) = (Dropped::default(), QueueId(Uuid::nil()), InteractionId(Uuid::nil()));
        dropped.keep(queue, number(1), place(1), of, UtcMs(100));
        assert_eq!(dropped.take(queue, &number(2), UtcMs(50)), None);
        assert_eq!(dropped.take(queue, &number(1), UtcMs(100)).map(|held| held.place), Some(place(1)));
        assert_eq!(dropped.take(queue, &number(1), UtcMs(100)), None);
        dropped.keep(queue, number(1), place(1), of, UtcMs(100));
        assert_eq!(dropped.take(queue, &number(1), UtcMs(101)), None);
        assert!(dropped.ends.is_empty());
    }

    #[test]
    fn only_so_many_are_kept_and_what_is_too_old_goes() {
        let (mut dropped, queue, of) = (Dropped::default(), QueueId(Uuid::nil()), InteractionId(Uuid::nil()));
        for last in 0..MAX_DROPPED + 5 {
            let until = UtcMs(1_000 + i64::try_from(last).expect("few"));
            dropped.keep(queue, number(last), place(last as u64), of, until);
        }
        assert_eq!((dropped.places.len(), dropped.ends.len()), (MAX_DROPPED, MAX_DROPPED));
        assert_eq!(dropped.take(queue, &number(4), UtcMs(0)), None);
        dropped.pass(UtcMs(1_000_000));
        assert_eq!((dropped.places.len(), dropped.ends.len()), (0, 0));
    }
}
