//! Today's sums of queues and agents: they start again at the tenant's midnight.

use perezvon_model::journal::QueueOutcome;
use perezvon_model::view::QueueToday;
use perezvon_model::{Activity, QueueId, UserId};
use serde::{Deserialize, Serialize};

use crate::line::Stay;
use crate::tenant::Tenant;

/// What the journal holds of today, given by the shell at its start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Today {
    pub queues: Vec<(QueueId, QueueToday)>,
    pub agents: Vec<(UserId, AgentToday)>,
}

/// One agent's conversations since midnight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentToday {
    pub handled: u32,
    /// Talk, hold and wrap-up together.
    pub handle_ms: i64,
}

/// How an agent's time was spent since midnight, or since the start of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AtWork {
    /// Ringing, talk, hold and wrap-up.
    busy_ms: i64,
    /// Ready and idle.
    idle_ms: i64,
}

impl AtWork {
    /// A stretch of time in one state is over.
    pub fn spent(&mut self, ready: bool, activity: Activity, ms: i64) {
        match activity {
            Activity::Idle if ready => self.idle_ms += ms,
            Activity::Idle => {}
            Activity::Reserved
            | Activity::Ringing
            | Activity::Talking
            | Activity::Hold
            | Activity::WrapUp => self.busy_ms += ms,
        }
    }

    /// Busy part of the time at work (PRODUCT, "Measures"), in millionths.
    pub fn occupancy(self) -> u32 {
        let at_work_ms = self.busy_ms + self.idle_ms;
        if at_work_ms == 0 {
            return 0;
        }
        u32::try_from(self.busy_ms * 1_000_000 / at_work_ms).unwrap_or(u32::MAX)
    }
}

/// Handle times of late, for the estimate of a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Handle {
    handled: i64,
    ms: i64,
}

/// Past so many the older half counts half.
const MANY_HANDLED: i64 = 200;

impl Handle {
    pub fn of(today: &[(UserId, AgentToday)]) -> Handle {
        let handled = today.iter().map(|(_, sums)| i64::from(sums.handled)).sum();
        Handle { handled, ms: today.iter().map(|(_, sums)| sums.handle_ms).sum() }.aged()
    }

    pub fn count(&mut self, ms: i64) {
        *self = Handle { handled: self.handled + 1, ms: self.ms + ms }.aged();
    }

    /// The wrap-up of one that was counted.
    pub fn add(&mut self, ms: i64) {
        self.ms += ms;
    }

    fn aged(self) -> Handle {
        if self.handled <= MANY_HANDLED {
            return self;
        }
        Handle { handled: MANY_HANDLED / 2, ms: self.ms * (MANY_HANDLED / 2) / self.handled }
    }

    /// 0 when nothing is known.
    pub fn mean_ms(self) -> i64 {
        if self.handled == 0 { 0 } else { self.ms / self.handled }
    }
}

impl AgentToday {
    pub(crate) fn mean_ms(self) -> i64 {
        if self.handled == 0 { 0 } else { self.handle_ms / i64::from(self.handled) }
    }
}

impl Tenant {
    /// Sets today's sums; call it after the first `Configure`. Queues and agents that do not exist are passed over.
    pub fn set_today(&mut self, today: Today) {
        let handle = Handle::of(&today.agents);
        for state in self.queues.values_mut() {
            state.handle = handle;
        }
        for (queue, sums) in today.queues {
            if let Some(state) = self.queues.get_mut(&queue) {
                state.today = sums;
            }
        }
        for (agent, sums) in today.agents {
            if let Some(agent) = self.agents.get_mut(&agent) {
                agent.today = sums;
            }
        }
    }

    /// Starts the sums again when the local day is another one.
    pub(crate) fn roll_day(&mut self) {
        let Some(settings) = &self.settings else { return };
        let (day, ends_at) = settings.day(self.now);
        if self.day == Some(day) {
            return;
        }
        if self.day.replace(day).is_some() {
            for queue in self.queues.values_mut() {
                queue.today = QueueToday::default();
            }
            let agents: Vec<UserId> = self.agents.keys().copied().collect();
            for id in agents {
                if let Some(agent) = self.agents.get_mut(&id) {
                    agent.today = AgentToday::default();
                    agent.at_work = AtWork::default();
                }
                self.agent_changed(id);
            }
        }
        self.timers.arm(crate::timer::Timer::Midnight, ends_at);
    }

    pub(crate) fn count_offered(&mut self, queue: QueueId) {
        if let Some(state) = self.queues.get_mut(&queue) {
            state.today.offered += 1;
        }
    }

    pub(crate) fn count_handled(&mut self, queue: Option<QueueId>, ms: i64) {
        if let Some(state) = queue.and_then(|queue| self.queues.get_mut(&queue)) {
            state.handle.count(ms);
        }
    }

    pub(crate) fn count_wrap_up(&mut self, queue: Option<QueueId>, ms: i64) {
        if let Some(state) = queue.and_then(|queue| self.queues.get_mut(&queue)) {
            state.handle.add(ms);
        }
    }

    /// Counts the end of a stay in the day that it began in: one that crossed midnight counts in neither. The queue
    /// time is that of the report (PRODUCT, "Measures"): a re-queue keeps the clock.
    pub(crate) fn count_left(&mut self, stay: &Stay, outcome: QueueOutcome) {
        let Stay { queue, since, clock_at, .. } = *stay;
        self.count_recent(stay, outcome);
        let Some(settings) = &self.settings else { return };
        let Some(of) = settings.queue(queue) else { return };
        if Some(settings.day(since).0) != self.day {
            return;
        }
        let wait_ms = self.now.since_ms(clock_at);
        let (threshold_ms, short_ms) =
            (i64::from(of.service_level_s) * 1_000, i64::from(of.short_abandon_s) * 1_000);
        let Some(state) = self.queues.get_mut(&queue) else { return };
        match outcome {
            QueueOutcome::Answered => {
                state.today.answered += 1;
                state.today.answered_in_threshold += u32::from(wait_ms <= threshold_ms);
                state.today.answer_wait_ms += wait_ms;
            }
            QueueOutcome::Abandoned => {
                state.today.abandoned += 1;
                state.today.abandoned_short += u32::from(wait_ms < short_ms);
            }
            QueueOutcome::Overflowed | QueueOutcome::Interrupted => {}
        }
    }
}
