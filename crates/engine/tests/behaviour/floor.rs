//! The floor of the stories: it plays shell, callers and agents around one `Tenant` in virtual time, and checks at every
//! step what must always hold of the outputs.

use perezvon_engine::Tenant;
use perezvon_model::config::{CallerId, TenantConfig};
use perezvon_model::customer::{CustomerCard, CustomerField, LastAgent};
use perezvon_model::engine::{AgentCommand, CommandRefused, Input, Output, Reply, TransferTarget};
use perezvon_model::journal::{Entry, Event};
use perezvon_model::leg::{Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::prompt::{Language, Prompt};
use perezvon_model::view::{DeskView, FloorView, QueueView};
use perezvon_model::{
    Activity, AskId, CustomerId, Device, E164, FlowId, InteractionId, LegId, OfferId, PlayId, Presence,
    QueueId, RequestId, TrunkId, UserId, UtcMs,
};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::setup::{self, id};

mod hands;
pub use hands::{AgentHand, CallerHand};

/// 2026-11-23 07:00 UTC, a Monday morning in Moscow.
pub const MORNING: UtcMs = UtcMs(1_795_417_200_000);

const SEED: u64 = 7;

pub struct Floor {
    pub tenant: Tenant,
    pub config: TenantConfig,
    pub now: UtcMs,
    wake: Option<UtcMs>,
    /// Outputs since the last `forget`, without views and wakes.
    pub heard: Vec<Output>,
    /// Desks that were to be drawn again.
    pub drawn: BTreeSet<UserId>,
    pub journal: Vec<Entry>,
    /// Every input as it is kept, a line each.
    pub kept: String,
    callers: BTreeMap<String, (InteractionId, LegId)>,
    /// The last leg dialled for each agent, and to the outside.
    agent_legs: BTreeMap<UserId, LegId>,
    pub outside_leg: Option<LegId>,
    pub asks: BTreeMap<InteractionId, AskId>,
    over: BTreeSet<LegId>,
    playing: BTreeMap<LegId, (PlayId, Vec<Prompt>)>,
    bridges: BTreeMap<LegId, LegId>,
    /// Browser legs are answered at once, as the server does.
    pub browsers: Browsers,
    pub wakes: Wakes,
    names: u32,
    digest: DefaultHasher,
    pub most_outputs: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wakes {
    OnTime,
    EarlyToo,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Browsers {
    AnswerAtOnce,
    Hang,
}

/// The company with every browser connected and nobody ready.
pub fn opens() -> Floor {
    opens_with(setup::company())
}

pub fn opens_with(config: TenantConfig) -> Floor {
    let mut floor = Floor {
        tenant: Tenant::new(SEED),
        config,
        now: MORNING,
        wake: None,
        heard: Vec::new(),
        drawn: BTreeSet::new(),
        journal: Vec::new(),
        kept: String::new(),
        callers: BTreeMap::new(),
        agent_legs: BTreeMap::new(),
        outside_leg: None,
        asks: BTreeMap::new(),
        over: BTreeSet::new(),
        playing: BTreeMap::new(),
        bridges: BTreeMap::new(),
        browsers: Browsers::AnswerAtOnce,
        wakes: Wakes::OnTime,
        names: 0,
        digest: DefaultHasher::new(),
        most_outputs: 0,
    };
    floor.configures();
    for agent in floor.config.agents.clone() {
        let device = agent.device;
        floor.input(Input::DeviceChanged { agent: agent.id, device, connected: true });
        floor.input(Input::DeskChanged { agent: agent.id, connected: true });
    }
    floor
}

impl Floor {
    pub fn configures(&mut self) {
        let config = Arc::new(self.config.clone());
        self.input(Input::Configure { config });
    }

    pub fn caller(&mut self, name: &str) -> CallerHand<'_> {
        CallerHand { floor: self, name: name.to_owned() }
    }

    pub fn agent(&mut self, name: &str) -> AgentHand<'_> {
        AgentHand { id: id::<UserId>(name), floor: self }
    }

    /// Makes these agents ready, each one millisecond after the other.
    pub fn ready(&mut self, names: &[&str]) {
        for name in names {
            self.agent(name).becomes_ready();
            self.passes(1);
        }
    }

    /// Time passes; every deadline on the way is met in its order.
    pub fn passes(&mut self, ms: i64) {
        self.passes_checking(ms, |_| {});
    }

    pub fn passes_checking(&mut self, ms: i64, mut check: impl FnMut(&Floor)) {
        let until = self.now + ms;
        if self.wakes == Wakes::EarlyToo
            && let Some(at) = self.wake.filter(|at| *at <= until)
        {
            // The shell's clock may round: a wake comes early, and the shell thinks that it is done.
            self.now = self.now.max(UtcMs(at.0 - 1));
            self.wake = None;
            self.input(Input::Wake);
        }
        while let Some(at) = self.wake.filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.wake = None;
            self.input(Input::Wake);
            check(self);
        }
        self.now = until;
    }

    /// A hash of every output so far, in its JSON form.
    pub fn digest(&self) -> u64 {
        self.digest.finish()
    }

    /// The journal as the kept inputs make it once more.
    pub fn replayed(&self) -> Vec<Entry> {
        let mut tenant = Tenant::new(SEED);
        let mut journal = Vec::new();
        for line in self.kept.lines() {
            let (at, input) = perezvon_engine::read_kept(line).expect("a line of ours");
            journal.extend(tenant.handle(at, input).into_iter().filter_map(|output| match output {
                Output::Journal(entry) => Some(entry),
                _ => None,
            }));
        }
        journal
    }

    pub fn callers_live(&self) -> Vec<String> {
        let live = self.callers.iter().filter(|(_, (_, leg))| !self.over.contains(leg));
        live.map(|(name, _)| name.clone()).collect()
    }

    /// Whether the last interaction of this name goes on.
    pub fn is_open(&self, name: &str) -> bool {
        let Some((interaction, _)) = self.callers.get(name) else { return false };
        !self.journal.iter().any(|entry| {
            entry.interaction == Some(*interaction) && matches!(entry.event, Event::InteractionEnded { .. })
        })
    }

    pub fn caller_of(&self, interaction: InteractionId) -> String {
        let of = self.callers.iter().find(|(_, (id, _))| *id == interaction);
        of.map(|(name, _)| name.clone()).expect("every interaction has its caller")
    }

    pub fn is_joined(&self, caller: &str) -> bool {
        self.bridges.contains_key(&self.callers[caller].1)
    }

    pub fn agent_leg(&self, name: &str) -> Option<LegId> {
        self.agent_legs.get(&id::<UserId>(name)).copied()
    }

    pub fn desk_if_any(&self, name: &str) -> Option<DeskView> {
        self.tenant.desk(self.now, id::<UserId>(name))
    }

    pub fn is_offered(&self, name: &str) -> bool {
        self.desk_if_any(name).is_some_and(|desk| desk.offer.is_some())
    }

    /// In a conversation or its wrap-up.
    pub fn is_working(&self, name: &str) -> bool {
        self.desk_if_any(name).is_some_and(|desk| desk.call.is_some() || desk.wrap_up.is_some())
    }

    pub fn is_free(&self, name: &str) -> bool {
        let idle = |desk: DeskView| desk.presence == Presence::Ready && desk.activity == Activity::Idle;
        self.desk_if_any(name).is_some_and(idle)
    }

    pub fn everyone_is_member(&self) -> bool {
        let members: BTreeSet<UserId> = self.config.agents.iter().map(|agent| agent.id).collect();
        self.view().agents.iter().all(|agent| members.contains(&agent.agent))
    }

    pub fn input(&mut self, input: Input) -> Vec<Output> {
        let outputs = self.tenant.handle_kept(self.now, input, &mut self.kept);
        serde_json::to_string(&outputs).expect("outputs are plain data").hash(&mut self.digest);
        self.most_outputs = self.most_outputs.max(outputs.len());
        for output in &outputs {
            self.carry_out(output);
        }
        let mut more = Vec::new();
        if self.browsers == Browsers::AnswerAtOnce {
            for output in &outputs {
                if let Output::Leg {
                    leg,
                    command: LegCommand::Dial { target: DialTarget::Browser { .. }, .. },
                } = output
                {
                    more.extend(self.input(Input::Leg { leg: *leg, event: LegEvent::Answered }));
                }
            }
        }
        [outputs, more].concat()
    }

    fn carry_out(&mut self, output: &Output) {
        match output {
            Output::Leg { leg, command } => self.obey(*leg, command),
            Output::Bridge { a, b } => {
                assert!(!self.over.contains(a) && !self.over.contains(b), "bridges a leg that is over");
                assert!(!self.playing.contains_key(a), "bridges a leg that still hears a prompt");
                self.bridges.insert(*a, *b);
            }
            Output::Unbridge { leg } => {
                assert!(!self.over.contains(leg), "unbridges a leg that is over");
                self.bridges.remove(leg);
            }
            Output::Journal(entry) => self.journal.push(entry.clone()),
            Output::WakeAt { at } => {
                assert!(*at > self.now, "asks for a wake in the past");
                self.wake = Some(self.wake.map_or(*at, |before| before.min(*at)));
            }
            Output::Ask { ask, .. } => {
                let newest = self.journal.iter().rev().find_map(|entry| entry.interaction);
                self.asks.insert(newest.expect("an ask follows its arrival"), *ask);
            }
            Output::RecordStart { .. }
            | Output::RecordStop { .. }
            | Output::Answer { .. }
            | Output::FloorChanged
            | Output::Forget { .. } => {}
            Output::DeskChanged { agent } => drop(self.drawn.insert(*agent)),
        }
        if !matches!(output, Output::DeskChanged { .. } | Output::FloorChanged | Output::WakeAt { .. }) {
            self.heard.push(output.clone());
        }
    }

    fn obey(&mut self, leg: LegId, command: &LegCommand) {
        assert!(!self.over.contains(&leg), "commands {command:?} to a leg that is over");
        match command {
            LegCommand::Dial { target, .. } => match target {
                DialTarget::Browser { agent } | DialTarget::Phone { agent } => {
                    self.agent_legs.insert(*agent, leg);
                }
                DialTarget::Uri { .. } => {
                    self.outside_leg = Some(leg);
                    // The customer who is called back has another leg from now on.
                    let callback = self
                        .journal
                        .last()
                        .filter(|entry| matches!(entry.event, Event::CallbackDialled { .. }));
                    let of = callback.and_then(|entry| entry.interaction);
                    for (interaction, own) in self.callers.values_mut() {
                        if Some(*interaction) == of {
                            *own = leg;
                        }
                    }
                }
            },
            LegCommand::HangUp { .. } | LegCommand::Reject { .. } => self.leg_is_over(leg),
            LegCommand::Play { play, prompts, .. } => {
                self.playing.insert(leg, (*play, prompts.clone()));
            }
            LegCommand::StopPlay => {
                self.playing.remove(&leg);
            }
            LegCommand::Ring
            | LegCommand::Answer
            | LegCommand::Mute { .. }
            | LegCommand::SendDigits { .. } => {}
        }
    }

    fn leg_is_over(&mut self, leg: LegId) {
        self.over.insert(leg);
        self.playing.remove(&leg);
        self.bridges.retain(|a, b| *a != leg && *b != leg);
    }

    pub fn leg_event(&mut self, leg: LegId, event: LegEvent) {
        if self.over.contains(&leg) {
            return;
        }
        if matches!(event, LegEvent::Ended { .. } | LegEvent::Failed { .. }) {
            self.leg_is_over(leg);
        }
        self.input(Input::Leg { leg, event });
    }

    pub fn legs_live(&self) -> Vec<LegId> {
        let all = self.callers.values().map(|(_, leg)| *leg).chain(self.agent_legs.values().copied());
        all.chain(self.outside_leg).filter(|leg| !self.over.contains(leg)).collect()
    }

    pub fn desk(&self, name: &str) -> DeskView {
        self.tenant.desk(self.now, id::<UserId>(name)).expect("the agent exists")
    }

    pub fn view(&self) -> FloorView {
        self.tenant.floor(self.now)
    }

    pub fn queue(&self, key: &str) -> QueueView {
        self.view().queues.into_iter().find(|queue| queue.key == key).expect("the queue exists")
    }

    pub fn activity(&self, name: &str) -> Activity {
        self.desk(name).activity
    }

    pub fn presence(&self, name: &str) -> String {
        match self.desk(name).presence {
            Presence::Ready => "ready".into(),
            Presence::Break { reason } => format!("break: {reason}"),
            Presence::Offline => "offline".into(),
        }
    }

    /// Who is being offered this caller, or talks with them.
    pub fn agent_of(&self, caller: &str) -> Option<String> {
        let (interaction, _) = self.callers[caller];
        self.config.agents.iter().find_map(|agent| {
            let desk = self.tenant.desk(self.now, agent.id)?;
            let about = desk.offer.map(|offer| offer.about).or(desk.call.map(|call| call.about))?;
            (about.interaction == interaction).then(|| agent.name.clone())
        })
    }

    /// What plays to the caller now.
    pub fn play_of(&self, caller: &str) -> PlayId {
        self.playing[&self.callers[caller].1].0
    }

    /// What the caller hears: the agent's name, prompts, or nothing.
    pub fn hears(&self, caller: &str) -> String {
        let (_, leg) = self.callers[caller];
        if let Some(partner) = self.bridges.get(&leg) {
            let agent = self.agent_legs.iter().find(|(_, leg)| *leg == partner);
            let name = agent.and_then(|(id, _)| self.config.agents.iter().find(|agent| agent.id == *id));
            return name.map_or("outside".into(), |agent| agent.name.clone());
        }
        let Some((_, prompts)) = self.playing.get(&leg) else { return String::new() };
        let words = prompts.iter().map(|prompt| match prompt {
            Prompt::Named { name, .. } => name.clone(),
            Prompt::Number { value, .. } => value.to_string(),
            Prompt::Music => "music".into(),
            Prompt::Ringback => "ringback".into(),
            Prompt::Silence { .. } => "silence".into(),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    pub fn commands_to(&self, leg: LegId) -> Vec<LegCommand> {
        let mine = |output: &Output| match output {
            Output::Leg { leg: of, command } if *of == leg => Some(command.clone()),
            _ => None,
        };
        self.heard.iter().filter_map(mine).collect()
    }

    /// The kinds of the journal's rows of one caller, in order, without the flow's nodes.
    pub fn story(&self, caller: &str) -> Vec<String> {
        let (interaction, _) = self.callers[caller];
        let mine = self.journal.iter().filter(|entry| entry.interaction == Some(interaction));
        mine.filter_map(|entry| self.word(&entry.event)).collect()
    }

    fn name(&self, agent: UserId) -> &str {
        self.config.agents.iter().find(|of| of.id == agent).map_or("?", |of| &of.name)
    }

    fn word(&self, event: &Event) -> Option<String> {
        let queue_name = |id: QueueId| {
            let known =
                ["support", "sales", "german"].into_iter().find(|key| setup::id::<QueueId>(key) == id);
            known.unwrap_or("?")
        };
        Some(match event {
            Event::InteractionStarted { .. } => "started".into(),
            Event::CustomerMatched { .. } => "matched".into(),
            Event::FlowAnswered => "answered".into(),
            Event::FlowNode { .. } => return None,
            Event::Collected { name, value, .. } => format!("{name}={value}"),
            Event::Queued { queue, attempt, position } => {
                format!("queued {} {attempt} at {position}", queue_name(*queue))
            }
            Event::PositionAnnounced { position, .. } => format!("position {position}"),
            Event::WaitAnnounced { low_s, high_s, .. } => format!("wait {low_s} to {high_s:?}"),
            Event::Overflowed { cause, to, .. } => format!("{cause:?} to {to:?}"),
            Event::CallbackPromised { number, .. } => format!("will be called at {number}"),
            Event::CallbackDialled { attempt, .. } => format!("called back {attempt}"),
            Event::CallbackFailed { cause, .. } => format!("not reached {cause:?}"),
            Event::MessageStarted => "speaks".into(),
            Event::Offered { agent, .. } => format!("offered {}", self.name(*agent)),
            Event::OfferEnded { agent, outcome, rang_ms, .. } => {
                format!("{outcome:?} by {} after {rang_ms}", self.name(*agent))
            }
            Event::LeftQueue { outcome, wait_ms, .. } => format!("left queue {outcome:?} after {wait_ms}"),
            Event::AgentConnected { agent, .. } => format!("talks with {}", self.name(*agent)),
            Event::HoldStarted { by } => format!("held by {by:?}"),
            Event::HoldEnded { by, held_ms } => format!("unheld by {by:?} after {held_ms}"),
            Event::Subject { text, .. } => format!("about {text}"),
            Event::Rested { .. } => "rests".into(),
            Event::WentOn { rested_ms, .. } => format!("goes on after {rested_ms}"),
            Event::AgentLost { agent } => format!("lost {}", self.name(*agent)),
            Event::AgentBack { agent } => format!("{} is back", self.name(*agent)),
            Event::TransferredToQueue { queue, by } => {
                format!("passed to {} by {}", queue_name(*queue), self.name(*by))
            }
            Event::TransferredToAgent { agent, by } => {
                format!("passed to {} by {}", self.name(*agent), self.name(*by))
            }
            Event::AgentDisconnected { agent, talk_ms, hold_ms, .. } => {
                format!("{} talked {talk_ms} held {hold_ms}", self.name(*agent))
            }
            Event::PartyConnected { uri } => format!("party {uri}"),
            Event::RecordingStarted { .. } => "recorded".into(),
            Event::RecordingSealed { .. } => "sealed".into(),
            Event::RecordingFailed { reason, .. } => format!("not recorded: {reason}"),
            Event::InteractionEnded { outcome, cause, by } => {
                format!("ended {outcome:?} {cause:?} by {by:?}")
            }
            Event::WrapUpStarted { agent, .. } => format!("{} wraps up", self.name(*agent)),
            Event::Noted { agent, note, .. } => format!("{} notes {note}", self.name(*agent)),
            Event::WrapUpEnded { agent, wrap_up_ms, .. } => {
                format!("{} wrapped up {wrap_up_ms}", self.name(*agent))
            }
            Event::PlaceRestored { queue, .. } => format!("has the old place in {}", queue_name(*queue)),
            Event::WrapUpExtended { agent, .. } => format!("{} extends", self.name(*agent)),
            Event::Routed { .. } | Event::NothingFor { .. } | Event::AgentState { .. } => return None,
        })
    }
}
