//! The state machine: its state, the way of an input through it, and what every part uses to speak.

use perezvon_acd::{Acd, Decision};
use perezvon_model::engine::{Input, Output, Reply};
use perezvon_model::id::IdMaker;
use perezvon_model::journal::{Entry, Event};
use perezvon_model::leg::LegCommand;
use perezvon_model::view::QueueToday;
use perezvon_model::{AskId, E164, InteractionId, LegId, QueueId, UserId, UtcMs};
use std::collections::{BTreeMap, BTreeSet};

use crate::agent::Agent;
use crate::audit::Picks;
use crate::call::Call;
use crate::dropped::Dropped;
use crate::item::Item;
use crate::lending::Recent;
use crate::settings::Settings;
use crate::timer::{Timer, Timers};
use crate::today::Handle;

/// One tenant.
#[derive(Debug)]
pub struct Tenant {
    pub(crate) ids: IdMaker,
    /// The time of the input at hand; it never goes back.
    pub(crate) now: UtcMs,
    pub(crate) day: Option<i64>,
    pub(crate) settings: Option<Settings>,
    pub(crate) acd: Acd,
    pub(crate) calls: BTreeMap<InteractionId, Call>,
    pub(crate) items: BTreeMap<InteractionId, Item>,
    /// Whose each live leg is.
    pub(crate) legs: BTreeMap<LegId, LegOf>,
    pub(crate) agents: BTreeMap<UserId, Agent>,
    pub(crate) queues: BTreeMap<QueueId, QueueState>,
    pub(crate) asks: BTreeMap<AskId, InteractionId>,
    pub(crate) dropped: Dropped,
    /// Who is to be called back at which number: never two at once.
    pub(crate) callbacks: BTreeMap<E164, InteractionId>,
    pub(crate) timers: Timers,
    /// Queues whose last agent left during this input.
    pub(crate) deserted: BTreeSet<QueueId>,
    /// Desks whose view changed during this input.
    pub(crate) desks: BTreeSet<UserId>,
    pub(crate) picks: Picks,
    floor: Floor,
    out: Vec<Output>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LegOf {
    Customer(InteractionId),
    Agent(UserId),
    Outside(InteractionId),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct QueueState {
    pub today: QueueToday,
    pub recent: Recent,
    pub handle: Handle,
    /// Of those who wait: who is to be called back.
    pub callbacks: u32,
    pub idle: u32,
    pub busy: u32,
    pub signed_in: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Floor {
    AsDrawn,
    Changed,
}

/// How much is held of what: all but `agents` is zero once every call is over and every wrap-up done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remains {
    pub calls: usize,
    pub items: usize,
    pub legs: usize,
    pub asks: usize,
    pub waiting: usize,
    /// Deadlines of calls and conversations.
    pub timers: usize,
    pub agents: usize,
}

impl Tenant {
    /// A tenant without configuration: it refuses calls until `Input::Configure`. Ids are made from `seed` and time.
    pub fn new(seed: u64) -> Tenant {
        Tenant {
            ids: IdMaker::new(seed),
            now: UtcMs(0),
            day: None,
            settings: None,
            acd: Acd::new(seed),
            calls: BTreeMap::new(),
            items: BTreeMap::new(),
            legs: BTreeMap::new(),
            agents: BTreeMap::new(),
            queues: BTreeMap::new(),
            asks: BTreeMap::new(),
            dropped: Dropped::default(),
            callbacks: BTreeMap::new(),
            timers: Timers::default(),
            deserted: BTreeSet::new(),
            desks: BTreeSet::new(),
            picks: Picks::default(),
            floor: Floor::AsDrawn,
            out: Vec::new(),
        }
    }

    /// Takes one input at `now` and returns what to do, in order. A `now` before an earlier one counts as that one.
    pub fn handle(&mut self, now: UtcMs, input: Input) -> Vec<Output> {
        self.catch_up(now);
        self.take(input)
    }

    /// What is due by `now` happens.
    pub(crate) fn catch_up(&mut self, now: UtcMs) {
        self.now = self.now.max(now);
        self.roll_day();
        while let Some(timer) = self.timers.pop_due(self.now) {
            self.fire(timer);
        }
    }

    pub(crate) fn take(&mut self, input: Input) -> Vec<Output> {
        match input {
            Input::Configure { config } => self.configure(config),
            Input::CallArrived { interaction, leg, trunk, from, to, flow, language } => {
                self.call_arrived(interaction, leg, trunk, from, to, flow, language);
            }
            Input::Leg { leg, event } => self.leg_event(leg, event),
            Input::Agent { agent, request, command } => {
                let result = self.command(agent, command);
                self.push(Output::Answer { request, result });
            }
            Input::DeviceChanged { agent, device, connected } => {
                self.device_changed(agent, device, connected);
            }
            Input::DeskChanged { agent, connected } => self.desk_changed(agent, connected),
            Input::Reply { ask, reply } => self.replied(ask, reply),
            Input::RecordingSealed { recording, interaction, duration_ms, bytes } => {
                self.journal(
                    Some(interaction),
                    None,
                    Event::RecordingSealed { recording, duration_ms, bytes },
                );
            }
            Input::RecordingFailed { recording, interaction, reason } => {
                self.journal(Some(interaction), None, Event::RecordingFailed { recording, reason });
            }
            Input::ItemArrived(item) => self.item_arrived(item),
            Input::ItemWithdrawn { interaction } => self.item_withdrawn(interaction),
            Input::CallbackOwed(owed) => self.owes_callback(owed),
            Input::Stop => self.sign_everybody_out(),
            Input::Wake => self.timers.woken(),
        }
        for queue in std::mem::take(&mut self.deserted) {
            self.is_deserted(queue);
        }
        self.settle();
        std::mem::take(&mut self.out)
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Flow(interaction) => self.step_flow(interaction, perezvon_flow::Event::Timeout),
            Timer::Announce(interaction) => self.announce(interaction),
            Timer::Overflow(interaction) => self.look_at_overflow(interaction),
            Timer::Hours(queue) => self.hours_changed(queue),
            Timer::Message(interaction) => self.message_over(interaction),
            Timer::CallBack(interaction) => self.callback_is_due(interaction),
            Timer::CallbackOld(interaction) => self.callback_is_old(interaction),
            Timer::QueueLimit(interaction) => self.queue_limit(interaction),
            Timer::Outside(interaction) => self.outside_too_late(interaction),
            Timer::Parting(interaction) => self.parted(interaction),
            Timer::Ask(ask) => self.replied(ask, Reply::Failed),
            Timer::Offer(agent) => self.offer_too_late(agent),
            Timer::Lost(agent) => self.agent_lost_for_good(agent),
            Timer::WrapUp(agent) => self.end_wrap_up(agent),
            Timer::ItemOffer(interaction) => self.item_offer_too_late(interaction),
            Timer::ItemWrapUp(agent, interaction) => self.end_item_wrap_up(agent, interaction),
            Timer::DeskGone(agent) => self.desk_gone(agent),
            Timer::DeviceGone(agent) => self.device_gone(agent),
            Timer::Late(interaction) => self.is_late(interaction),
            Timer::Lending(queue) => self.weigh_lending(queue),
            // The distributor itself knows whom to look at again; a new day was begun above.
            Timer::Look | Timer::Midnight => {}
        }
    }

    /// After every input: offers that have become possible, views that changed, the next wake.
    fn settle(&mut self) {
        while let Some(decision) = self.decide() {
            match decision {
                Decision::Match(found) => self.offer_from_queue(found),
                Decision::Nothing(nothing) => {
                    self.journal(None, Some(nothing.agent), Event::NothingFor { nothing });
                }
            }
        }
        self.timers.set(Timer::Look, self.acd.next_look());
        let desks = std::mem::take(&mut self.desks);
        for agent in desks {
            self.push(Output::DeskChanged { agent });
        }
        if self.floor == Floor::Changed {
            self.floor = Floor::AsDrawn;
            self.push(Output::FloorChanged);
        }
        if let Some(at) = self.timers.wake(self.now) {
            self.push(Output::WakeAt { at });
        }
    }

    pub(crate) fn push(&mut self, output: Output) {
        self.out.push(output);
    }

    pub(crate) fn leg(&mut self, leg: LegId, command: LegCommand) {
        self.push(Output::Leg { leg, command });
    }

    pub(crate) fn journal(
        &mut self,
        interaction: Option<InteractionId>,
        agent: Option<UserId>,
        event: Event,
    ) {
        let id = self.ids.next(self.now);
        self.push(Output::Journal(Entry { id, at: self.now, interaction, agent, event }));
    }

    pub(crate) fn floor_changed(&mut self) {
        self.floor = Floor::Changed;
    }

    /// How much is held, for monitoring and for the check that nothing is left behind.
    pub fn remains(&self) -> Remains {
        let lasting = |timer: &Timer| {
            !matches!(
                timer,
                Timer::Midnight
                    | Timer::DeskGone(_)
                    | Timer::DeviceGone(_)
                    | Timer::Lending(_)
                    | Timer::Hours(_)
            )
        };
        Remains {
            calls: self.calls.len(),
            items: self.items.len(),
            legs: self.legs.len(),
            asks: self.asks.len(),
            waiting: self.acd.waiting_in_all(),
            timers: self.timers.armed().filter(lasting).count(),
            agents: self.agents.len(),
        }
    }
}
