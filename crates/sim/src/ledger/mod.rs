//! The simulator's own books, kept from the journal and the inputs alone. What the engine says of itself is compared with
//! them; what the journal says is judged before it is written here, by the files of `invariants/`.

mod agent;
mod line;
mod write;

pub use agent::{AgentRow, Session};

use perezvon_acd::Place;
use perezvon_model::config::{self, TenantConfig};
use perezvon_model::engine::Input;
use perezvon_model::view::QueueToday;
use perezvon_model::{InteractionId, OfferId, Presence, QueueId, UserId, UtcMs};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One interaction that is not over.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// Given at the first queue.
    pub place: Option<Place>,
    /// Where the queue time began: a re-queue keeps it, a talk ends it.
    pub clock_at: Option<UtcMs>,
    pub stay: Option<Stay>,
    /// To whom it was decided to offer it, and was not yet.
    pub routed: BTreeSet<UserId>,
    pub offers: BTreeMap<UserId, OfferId>,
    pub talking: Option<UserId>,
    /// An agent passed it on, and the part of that agent is not over.
    pub passed_on: bool,
    pub bucket: Option<(QueueId, Bucket)>,
    /// Who let an offer of this stay go by, and when.
    pub refusals: BTreeMap<UserId, UtcMs>,
    /// Of an offer that was none of a queue: counts if the interaction is queued at once.
    refused_now: Option<UserId>,
}

/// A stay in a queue.
#[derive(Clone, Copy, Debug)]
pub struct Stay {
    pub queue: QueueId,
    pub since: UtcMs,
    pub points: i16,
    /// The step of relaxing whose time has come.
    pub step: usize,
}

/// Where what was offered to a queue is: one of these at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    Waiting,
    Reserved,
    Active,
    Handled,
    Abandoned,
    /// An agent passed it on, or the flow or a limit sent it elsewhere.
    Transferred,
    Failed,
}

#[derive(Clone, Debug, Default)]
pub struct QueueRow {
    pub offered: u64,
    /// By [`Bucket`].
    pub buckets: [u64; 7],
    pub today: QueueToday,
}

#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The engine's time: it never goes back.
    pub now: UtcMs,
    pub config: Option<Arc<TenantConfig>>,
    queue_at: BTreeMap<QueueId, usize>,
    agent_at: BTreeMap<UserId, usize>,
    pub items: BTreeMap<InteractionId, Item>,
    /// Those of them that are in a queue, being offered or not.
    pub in_queue: BTreeSet<InteractionId>,
    pub ended: BTreeSet<InteractionId>,
    pub agents: BTreeMap<UserId, AgentRow>,
    pub queues: BTreeMap<QueueId, QueueRow>,
    /// Places of those who are gone, for whoever has them again.
    gone: BTreeMap<InteractionId, Place>,
    orders: u64,
    day: Option<i64>,
}

impl QueueRow {
    pub fn of(&self, bucket: Bucket) -> u64 {
        self.buckets[bucket as usize]
    }
}

impl Ledger {
    /// Before the entries of a step are read.
    pub fn begin(&mut self, at: UtcMs, input: &Input) {
        self.now = self.now.max(at);
        self.roll_day();
        match input {
            Input::Configure { config } => self.configure(config),
            Input::DeviceChanged { agent, device, connected } => {
                if let Some(row) = self.agents.get_mut(agent) {
                    row.connected(*device, *connected);
                }
            }
            Input::CallArrived { .. }
            | Input::Leg { .. }
            | Input::Agent { .. }
            | Input::DeskChanged { .. }
            | Input::Reply { .. }
            | Input::RecordingSealed { .. }
            | Input::RecordingFailed { .. }
            | Input::CallbackOwed(_)
            | Input::Stop
            | Input::Wake => {}
        }
        self.advance_steps();
    }

    /// After the entries of a step were written.
    pub fn end(&mut self) {
        let at = &self.agent_at;
        self.agents.retain(|agent, row| at.contains_key(agent) || row.session != Session::None);
        for item in self.items.values_mut() {
            item.refused_now = None;
        }
    }

    pub fn queue(&self, id: QueueId) -> Option<&config::Queue> {
        let config = self.config.as_ref()?;
        self.queue_at.get(&id).map(|&at| &config.queues[at])
    }

    pub fn agent(&self, id: UserId) -> Option<&config::Agent> {
        let config = self.config.as_ref()?;
        self.agent_at.get(&id).map(|&at| &config.agents[at])
    }

    /// Chose ready and can be reached, at work or not.
    pub fn is_ready(&self, id: UserId) -> bool {
        let (Some(of), Some(row)) = (self.agent(id), self.agents.get(&id)) else { return false };
        row.presence == Presence::Ready && row.is_usable(of.phone_uri.is_some())
    }

    /// At work or on a break.
    pub fn is_signed_in(&self, id: UserId) -> bool {
        self.agent(id).is_some() && self.agents.get(&id).is_some_and(|row| row.presence != Presence::Offline)
    }

    pub fn day_of(&self, at: UtcMs) -> i64 {
        let offset_min = self.config.as_ref().map_or(0, |config| config.utc_offset_min);
        (at.0 + i64::from(offset_min) * 60_000).div_euclid(86_400_000)
    }

    fn roll_day(&mut self) {
        if self.config.is_none() {
            return;
        }
        let day = self.day_of(self.now);
        if self.day.replace(day).is_some_and(|before| before != day) {
            for row in self.queues.values_mut() {
                row.today = QueueToday::default();
            }
            for row in self.agents.values_mut() {
                row.begins_a_day();
            }
        }
    }

    fn configure(&mut self, config: &Arc<TenantConfig>) {
        self.queue_at = config.queues.iter().enumerate().map(|(at, queue)| (queue.id, at)).collect();
        self.agent_at = config.agents.iter().enumerate().map(|(at, agent)| (agent.id, at)).collect();
        self.config = Some(Arc::clone(config));
        self.roll_day();
        for queue in &config.queues {
            self.queues.entry(queue.id).or_default();
        }
        let stays = &self.queue_at;
        for (_, row) in self.queues.iter_mut().filter(|(id, _)| !stays.contains_key(id)) {
            // A queue that is gone takes its sums along.
            row.today = QueueToday::default();
        }
        for agent in &config.agents {
            self.agents.entry(agent.id).or_insert_with(|| AgentRow::new(agent.device, self.now));
        }
        self.fit_steps();
    }
}
