//! The simulator's own books, kept from the journal and the inputs alone. What the engine says of itself is compared with
//! them; what the journal says is judged before it is written here, by the files of `invariants/`.

mod agent;
mod hold;
mod line;
mod pace;
mod promise;
mod write;

pub use agent::{AgentRow, Session};
pub use hold::Held;
pub use promise::{Promise, PromiseStage, costs_a_try};

use perezvon_acd::Place;
use perezvon_engine::Audit;
use perezvon_model::config::{self, TenantConfig};
use perezvon_model::customer::CustomerCard;
use perezvon_model::engine::{Input, Reply};
use perezvon_model::journal::QueueOutcome;
use perezvon_model::leg::LegEvent;
use perezvon_model::view::QueueToday;
use perezvon_model::{
    Activity, E164, FlowId, InteractionId, LegId, OfferId, Presence, QueueId, UserId, UtcMs,
};
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
    /// The number shown.
    pub number: Option<E164>,
    /// The customer's leg, or the last one.
    pub leg: Option<LegId>,
    pub card: Option<Arc<CustomerCard>>,
    /// The flow that leads the call.
    flow: Option<FlowId>,
    /// For whom, and how long, the flow wants it held.
    pub named: Option<(UserId, i64)>,
    /// A call that was promised and is not kept.
    pub promise: Option<Promise>,
    /// How often a rule led elsewhere since the last conversation.
    pub diversions: u32,
    /// The last stay and how it ended, in this very step.
    pub left_now: Option<(QueueId, QueueOutcome)>,
    pub served: Served,
    /// Until when a message begins, or is over.
    pub message_until: Option<UtcMs>,
    /// Until when the offers rang or were to ring.
    pub rings_until: UtcMs,
}

/// How far the customer was served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Served {
    #[default]
    NotYet,
    Talked,
    /// A message was begun.
    Spoke,
    NotReached,
}

/// Who has a place in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    OnTheLine,
    /// To be called back.
    Away,
}

/// A stay in a queue.
#[derive(Clone, Copy, Debug)]
pub struct Stay {
    pub queue: QueueId,
    pub since: UtcMs,
    pub points: i16,
    /// The step of relaxing whose time has come.
    pub step: usize,
    /// When that was.
    pub stepped_at: Option<UtcMs>,
    pub who: Who,
    /// For whom it is to be held, and until when.
    pub preferred: Option<(UserId, UtcMs)>,
    pub held: Held,
    /// The caller was told how to be called back.
    pub callback_offered: bool,
    /// The caller is a customer who was called back.
    pub was_called: bool,
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
    /// Left with a promise to be called back.
    CalledBack,
}

#[derive(Clone, Debug, Default)]
pub struct QueueRow {
    pub offered: u64,
    /// By [`Bucket`].
    pub buckets: [u64; 8],
    /// Calls promised so far, those kept, and those that came to nothing.
    pub promised: u64,
    pub kept: u64,
    pub not_kept: u64,
    pub today: QueueToday,
    /// As many wait as may.
    is_full: bool,
    /// When that was so last, or might have been.
    full_at: UtcMs,
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
    /// How each queue was served of late.
    served: BTreeMap<QueueId, pace::Served>,
    /// The input brings a configuration, or a promise is due at this moment, before or after the rest of it.
    unsettled: bool,
    /// The call that the input brings.
    arriving: Option<(InteractionId, LegId, Option<E164>)>,
    /// Customers' legs.
    legs: BTreeMap<LegId, InteractionId>,
    /// The leg that the input says is over.
    over_now: Option<LegId>,
    /// The card that the input brings.
    card_now: Option<Arc<CustomerCard>>,
    /// Whose customer is dialled by the next leg.
    dials: Option<InteractionId>,
    /// For whom the nodes of a flow hold a caller, and how long.
    named: BTreeMap<FlowId, BTreeMap<String, (UserId, i64)>>,
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
        let is_due = at.since_ms(self.now) > 0 && self.next_promise().is_some_and(|due| due <= at);
        self.unsettled = is_due || matches!(input, Input::Configure { .. } | Input::CallbackOwed(_));
        self.now = self.now.max(at);
        self.roll_day();
        (self.over_now, self.card_now) = (None, None);
        self.release_holds();
        self.promises_due();
        match input {
            Input::Configure { config } => self.configure(config),
            Input::DeviceChanged { agent, device, connected } => {
                if let Some(row) = self.agents.get_mut(agent) {
                    row.connected(*device, *connected);
                }
            }
            Input::CallArrived { interaction, leg, from, .. } => {
                self.arriving = Some((*interaction, *leg, from.number.clone()));
            }
            Input::Leg { leg, event: LegEvent::Ended { .. } | LegEvent::Failed { .. } } => {
                self.over_now = Some(*leg);
                self.customer_gone(*leg);
            }
            Input::Reply { reply: Reply::Customer { card }, .. } => self.card_now = Some(Arc::clone(card)),
            Input::CallbackOwed(owed) => self.owes(owed),
            Input::Leg { .. }
            | Input::Agent { .. }
            | Input::DeskChanged { .. }
            | Input::ItemArrived(_)
            | Input::ItemWithdrawn { .. }
            | Input::Reply { .. }
            | Input::RecordingSealed { .. }
            | Input::RecordingFailed { .. }
            | Input::Stop
            | Input::Wake => {}
        }
        self.advance_steps();
    }

    /// After the entries of a step were written.
    pub fn end(&mut self, audit: Audit<'_>) {
        self.release_from_unable(audit);
        let at = &self.agent_at;
        self.agents.retain(|agent, row| at.contains_key(agent) || row.session != Session::None);
        for item in self.items.values_mut() {
            (item.refused_now, item.left_now) = (None, None);
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

    /// Whether what is told of this input may have been looked at in another order than it is written.
    pub fn is_unsettled(&self) -> bool {
        self.unsettled
    }

    /// Somebody came or left, or fewer or more may wait than before.
    fn room_changed(&mut self, queue: QueueId) {
        let Some(most) = self.queue(queue).map(|queue| queue.max_waiting) else { return };
        let (is_full, now) = (self.waiting_in(queue) >= most as usize, self.now);
        let row = self.queues.entry(queue).or_default();
        if is_full || row.is_full {
            row.full_at = now;
        }
        row.is_full = is_full;
    }

    /// Since when a queue has room for one more; `None` while it has none.
    pub fn room_since(&self, queue: QueueId) -> Option<UtcMs> {
        let row = self.queues.get(&queue).filter(|row| !row.is_full)?;
        self.queue(queue).map(|_| row.full_at)
    }

    /// How many wait in a queue, those being offered and those to be called back too.
    fn waiting_in(&self, queue: QueueId) -> usize {
        let stays = self.in_queue.iter().filter_map(|id| self.items.get(id)?.stay);
        stays.filter(|stay| stay.queue == queue).count()
    }

    /// Whether an agent of a queue is signed in, at work or on a break.
    pub fn somebody_signed_in(&self, queue: QueueId) -> bool {
        let mut of_queue = self.agents.values().filter(|row| row.queues.contains(&queue));
        of_queue.any(|row| row.presence != Presence::Offline || row.activity != Activity::Idle)
    }

    pub fn has_flow(&self, id: FlowId) -> bool {
        self.named.contains_key(&id)
    }

    /// Whether a call can be made to a number: over a provider at whom we register.
    pub fn has_way_out(&self) -> bool {
        let registers = |config: &Arc<TenantConfig>| config.trunks.iter().any(|of| of.registration.is_some());
        self.config.as_ref().is_some_and(registers)
    }

    /// Whether a queue takes callers now.
    pub fn is_open(&self, queue: &config::Queue) -> bool {
        self.was_open(queue, self.now)
    }

    /// Whether it would have taken them then, by the hours and zones of now.
    pub fn was_open(&self, queue: &config::Queue, at: UtcMs) -> bool {
        let (Some(hours), Some(config)) = (&queue.routing.hours, &self.config) else { return true };
        let zone = config.zones.get(&hours.time_zone).copied();
        hours.is_open(at, zone.unwrap_or(config.utc_offset_min))
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
        self.named = config.flows.iter().map(|flow| (flow.id, hold::named_by(flow))).collect();
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
        self.served.retain(|queue, _| stays.contains_key(queue));
        for agent in &config.agents {
            let row = self.agents.entry(agent.id).or_insert_with(|| AgentRow::new(agent.device, self.now));
            row.queues.clone_from(&agent.queues);
        }
        for queue in &config.queues {
            // By the old configuration it may have been.
            self.queues.entry(queue.id).or_default().is_full = true;
            self.room_changed(queue.id);
        }
        self.fit_steps();
        self.holds_unknown();
    }
}
