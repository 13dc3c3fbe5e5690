//! Whether a queue can lend its agents: its own service level of the last half hour decides.

use perezvon_model::journal::QueueOutcome;
use perezvon_model::routing::{Lends, Widen};
use perezvon_model::{InteractionId, QueueId, UtcMs};
use std::collections::VecDeque;

use crate::line::Stay;
use crate::tenant::Tenant;
use crate::timer::Timer;

const MINUTE_MS: i64 = 60_000;
const WINDOW_MIN: i64 = 30;

/// How the stays of the last half hour ended, by minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recent {
    minutes: VecDeque<Minute>,
    /// Up to when the time in which somebody waited is counted; none while nobody waits.
    waiting_from: Option<UtcMs>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Minute {
    number: i64,
    /// Answered within the threshold.
    good: u32,
    /// Counted in the service level: all but short abandonments and those who went on without an agent.
    all: u32,
    answered: u32,
    /// Time in which somebody waited; of a long stretch it stands in the minute of its end.
    waited_ms: i64,
}

impl Recent {
    pub fn count(&mut self, at: UtcMs, good: bool) {
        let minute = self.minute(at);
        minute.good += u32::from(good);
        minute.all += 1;
    }

    pub fn count_answer(&mut self, at: UtcMs) {
        self.minute(at).answered += 1;
    }

    /// From now on somebody waits, or nobody.
    pub fn waits(&mut self, at: UtcMs, somebody: bool) {
        if let Some(from) = self.waiting_from {
            // What was before the window is of no interest.
            let from = from.max(UtcMs(at.0 - WINDOW_MIN * MINUTE_MS));
            self.minute(at).waited_ms += at.since_ms(from);
        }
        self.waiting_from = somebody.then_some(at);
    }

    /// Answers of the last half hour, and for how long of it somebody waited.
    pub fn pace(&mut self, at: UtcMs) -> (u32, i64) {
        self.waits(at, self.waiting_from.is_some());
        self.forget(at);
        let answered = self.minutes.iter().map(|minute| minute.answered).sum();
        let waited_ms: i64 = self.minutes.iter().map(|minute| minute.waited_ms).sum();
        (answered, waited_ms)
    }

    fn minute(&mut self, at: UtcMs) -> &mut Minute {
        let number = at.0.div_euclid(MINUTE_MS);
        self.forget(at);
        if self.minutes.back().is_none_or(|minute| minute.number != number) {
            self.minutes.push_back(Minute { number, ..Minute::default() });
        }
        self.minutes.back_mut().expect("it was pushed if it was not there")
    }

    fn forget(&mut self, now: UtcMs) {
        let first = now.0.div_euclid(MINUTE_MS) - WINDOW_MIN;
        while self.minutes.front().is_some_and(|minute| minute.number <= first) {
            self.minutes.pop_front();
        }
    }

    /// Whether the service level is at its aim (per cent). Without any traffic it is.
    fn holds(&self, target: u32) -> bool {
        let good: u64 = self.minutes.iter().map(|minute| u64::from(minute.good)).sum();
        let all: u64 = self.minutes.iter().map(|minute| u64::from(minute.all)).sum();
        good * 100 >= u64::from(target) * all
    }

    /// When the oldest minute leaves the window.
    fn changes_at(&self) -> Option<UtcMs> {
        self.minutes.front().map(|minute| UtcMs((minute.number + WINDOW_MIN) * MINUTE_MS))
    }
}

impl Tenant {
    /// Tells the distributor whether the queue lends, when any other one would borrow; and looks again when time alone
    /// changes it.
    pub(crate) fn weigh_lending(&mut self, queue: QueueId) {
        let Some(settings) = &self.settings else { return };
        let Some(of) = settings.queue(queue) else { return };
        if !settings.is_lender(queue) {
            self.timers.cancel(Timer::Lending(queue));
            return;
        }
        let target = of.service_level_target;
        let Some(state) = self.queues.get_mut(&queue) else { return };
        let (lends, look_at) = match of.routing.lends {
            Lends::Always => (true, None),
            Lends::Never => (false, None),
            Lends::WhileServiceLevelHolds => {
                state.recent.forget(self.now);
                (state.recent.holds(target), state.recent.changes_at())
            }
        };
        self.timers.set(Timer::Lending(queue), look_at);
        self.acd.lend(queue, lends);
    }

    /// The end of a stay counts in the last half hour, unless it was late and counted when it became so.
    pub(crate) fn count_recent(&mut self, stay: &Stay, outcome: QueueOutcome) {
        let of = self.settings.as_ref().and_then(|settings| settings.queue(stay.queue));
        let Some((in_time_s, short_s)) = of.map(|of| (of.service_level_s, of.short_abandon_s)) else {
            return;
        };
        let wait_ms = self.now.since_ms(stay.clock_at);
        if outcome == QueueOutcome::Answered
            && let Some(state) = self.queues.get_mut(&stay.queue)
        {
            state.recent.count_answer(self.now);
        }
        if stay.late {
            return;
        }
        let good = match outcome {
            QueueOutcome::Answered => wait_ms <= i64::from(in_time_s) * 1_000,
            QueueOutcome::Abandoned if wait_ms < i64::from(short_s) * 1_000 => return,
            QueueOutcome::Abandoned => false,
            QueueOutcome::Overflowed | QueueOutcome::Interrupted => return,
        };
        if let Some(state) = self.queues.get_mut(&stay.queue) {
            state.recent.count(self.now, good);
        }
        self.weigh_lending(stay.queue);
    }

    /// Somebody waits past the threshold: whatever comes, this one was not answered in time.
    pub(crate) fn is_late(&mut self, interaction: InteractionId) {
        let Some(stay) = self.line_mut(interaction).and_then(|line| line.stay.as_mut()) else { return };
        stay.late = true;
        let queue = stay.queue;
        if let Some(state) = self.queues.get_mut(&queue) {
            state.recent.count(self.now, false);
        }
        self.weigh_lending(queue);
    }

    pub(crate) fn weigh_all_lending(&mut self) {
        let queues: Vec<QueueId> = self.queues.keys().copied().collect();
        for queue in queues {
            self.weigh_lending(queue);
        }
    }
}

/// The queues that a step of some queue names.
pub(crate) fn lenders(queues: &[perezvon_model::config::Queue]) -> std::collections::BTreeSet<QueueId> {
    let steps = queues.iter().flat_map(|queue| &queue.routing.steps);
    steps
        .filter_map(|step| match step.widen {
            Widen::AddQueue { queue } => Some(queue),
            Widen::LowerLevel { .. } | Widen::DropSkill { .. } => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_level_of_half_an_hour_decides() {
        let mut recent = Recent::default();
        assert!(recent.holds(80), "nothing happened");
        for minute in 0..10 {
            recent.count(UtcMs(minute * MINUTE_MS), minute != 3 && minute != 4);
        }
        assert!(recent.holds(80));
        assert!(!recent.holds(81));
        assert_eq!(recent.changes_at(), Some(UtcMs(30 * MINUTE_MS)));
        recent.forget(UtcMs(34 * MINUTE_MS));
        assert!(recent.holds(100), "what was bad is long ago");
    }
}
