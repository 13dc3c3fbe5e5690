//! At what pace each queue was served of late, kept from the journal alone: what an estimated wait must follow from. The
//! engine counts by minutes and by when it last looked; the books know from when to when somebody waited, and so between
//! which two figures the engine's must be.

use perezvon_acd::Pace;
use perezvon_model::{Activity, InteractionId, Presence, QueueId, UtcMs};
use std::ops::RangeInclusive;

use super::Ledger;

const MINUTE_MS: i64 = 60_000;
const WINDOW_MIN: i64 = 30;
/// Past so many conversations the older half counts half.
const MANY: i64 = 200;

/// One queue.
#[derive(Clone, Debug, Default)]
pub struct Served {
    answers: Vec<UtcMs>,
    /// In which somebody waited, cut wherever somebody came or left.
    stretches: Vec<(UtcMs, UtcMs)>,
    waits_since: Option<UtcMs>,
    handled: i64,
    handle_ms: i64,
}

impl Served {
    pub fn answered(&mut self, at: UtcMs) {
        self.answers.push(at);
    }

    /// Somebody came or left, and from now on somebody waits, or nobody.
    pub fn waits(&mut self, at: UtcMs, somebody: bool) {
        if let Some(since) = self.waits_since {
            self.stretches.push((since, at));
        }
        self.waits_since = somebody.then_some(at);
    }

    pub fn handled(&mut self, ms: i64) {
        (self.handled, self.handle_ms) = (self.handled + 1, self.handle_ms + ms);
        if self.handled > MANY {
            (self.handled, self.handle_ms) = (MANY / 2, self.handle_ms * (MANY / 2) / self.handled);
        }
    }

    pub fn wrapped_up(&mut self, ms: i64) {
        self.handle_ms += ms;
    }

    /// The least and the most time in which somebody waited, of the last half hour.
    fn waited_ms(&self, now: UtcMs) -> (i64, i64) {
        let first = UtcMs((now.0.div_euclid(MINUTE_MS) - WINDOW_MIN + 1) * MINUTE_MS);
        let open = self.waits_since.map(|since| (since, now));
        let stretches = self.stretches.iter().copied().chain(open).filter(|(_, until)| *until >= first);
        stretches.fold((0, 0), |(least, most), (since, until)| {
            (least + until.since_ms(since.max(first)), most + until.since_ms(since))
        })
    }
}

impl Ledger {
    /// The wait of one who waits in a queue, by the least and the most that the engine may have counted; `None` where
    /// nothing is known.
    pub fn estimates(&self, queue: QueueId, interaction: InteractionId) -> Option<[RangeInclusive<i64>; 2]> {
        let (idle, agents) = self.at_work(queue);
        let position = self.position(queue, interaction)?;
        let stay = self.items.get(&interaction)?.stay?;
        // Whoever still waits later is not waiting for those who are idle.
        if stay.since == self.now && position <= idle {
            return Some([0..=0, 0..=0]);
        }
        let served = self.served.get(&queue)?;
        let first = UtcMs((self.now.0.div_euclid(MINUTE_MS) - WINDOW_MIN + 1) * MINUTE_MS);
        let answered = served.answers.iter().filter(|at| **at >= first).count() as u32;
        let handle_ms = if served.handled == 0 { 0 } else { served.handle_ms / served.handled };
        let (least, most) = served.waited_ms(self.now);
        let wait = |waited_ms| Pace { answered, waited_ms, agents, handle_ms }.wait_ms(position);
        Some([wait(least)?, wait(most)?])
    }

    /// Agents of a queue who are idle, and all of its agents at work.
    pub(super) fn at_work(&self, queue: QueueId) -> (u32, u32) {
        let (mut idle, mut agents) = (0, 0);
        for row in self.agents.values().filter(|row| row.queues.contains(&queue)) {
            let is_idle = row.activity == Activity::Idle;
            idle += u32::from(is_idle && row.presence == Presence::Ready);
            agents += u32::from(!is_idle || row.presence == Presence::Ready);
        }
        (idle, agents)
    }

    /// The position in a queue, 1 for the head.
    pub fn position(&self, queue: QueueId, interaction: InteractionId) -> Option<u32> {
        let mine = self.items.get(&interaction)?;
        let turn = self.turn(mine, mine.stay.as_ref()?);
        let stays = self.in_queue.iter().filter_map(|id| {
            let item = self.items.get(id)?;
            Some((item, item.stay.as_ref()?))
        });
        let before = stays.filter(|(item, stay)| stay.queue == queue && self.turn(item, stay) < turn).count();
        Some(before as u32 + 1)
    }

    /// Somebody came into a queue, or left it.
    pub(super) fn line_changed(&mut self, queue: QueueId) {
        self.room_changed(queue);
        let (somebody, now) = (self.waiting_in(queue) > 0, self.now);
        if self.queue(queue).is_some() {
            self.served.entry(queue).or_default().waits(now, somebody);
        }
    }
}
