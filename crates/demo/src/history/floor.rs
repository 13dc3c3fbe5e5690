//! One day of the demo floor in virtual time: callers, queues and agents as a discrete event simulation that writes
//! the journal as it goes. What it writes is consistent because it happened, if only here.

mod talk;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use perezvon_model::id::IdMaker;
use perezvon_model::journal::{Channel, Direction, Entry, Event, OfferOutcome, Outcome, Party, QueueOutcome};
use perezvon_model::leg::Cause;
use perezvon_model::{Activity, Device, EntryId, InteractionId, OfferId, Presence, UserId, UtcMs};

use super::call::{Caller, Leads};
use super::shape::Shift;
use crate::company::Company;
use crate::company::plan::Line;
use crate::dice::Dice;

const RING_LIMIT_MS: i64 = 15_000;
const ANNOUNCE_EVERY_MS: i64 = 30_000;
/// An offer in so many is not answered in time.
const MISSED: f64 = 0.02;

/// What is yet to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Coming {
    Arrive { call: usize },
    Known { call: usize, customer: usize },
    FlowStep { call: usize, step: usize },
    GiveUp { call: usize, stay: u32 },
    Announce { call: usize, stay: u32 },
    RingOver { call: usize, stay: u32, agent: usize, answered: bool },
    HoldStart { call: usize, lasts_ms: i64 },
    HoldEnd { call: usize, held_ms: i64 },
    TalkOver { call: usize },
    Noting { call: usize, agent: usize, line: Line, wrap_up_ms: i64 },
    WrapUpOver { call: usize, agent: usize, line: Line, wrap_up_ms: i64 },
    SignIn { agent: usize },
    BreakDue { agent: usize, lasts_ms: i64, reason: &'static str },
    BreakOver { agent: usize },
    SignOut { agent: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Offline,
    Idle { since: UtcMs },
    Busy,
    OnBreak,
}

#[derive(Clone, Debug)]
struct Worker {
    state: State,
    /// A break that waits until the agent is free: length and reason.
    wants_break: Option<(i64, &'static str)>,
    wants_home: bool,
}

#[derive(Clone, Debug)]
struct Call {
    id: InteractionId,
    caller: Caller,
    line: Line,
    /// Which stay in a queue this is, from 1; 0 before the first.
    stay: u32,
    queued_at: UtcMs,
    waiting: bool,
    picked_up: bool,
    ringing: Option<(usize, OfferId, UtcMs)>,
    /// Which talk is going on, and with whom since when.
    part: usize,
    talking: Option<(usize, UtcMs)>,
    held_ms: i64,
}

pub(super) struct Floor<'a> {
    company: &'a Company,
    dice: Dice,
    ids: IdMaker,
    coming: BinaryHeap<Reverse<(UtcMs, u64, Coming)>>,
    sequence: u64,
    workers: Vec<Worker>,
    calls: Vec<Call>,
    /// Calls in queues, oldest first.
    waiting: Vec<usize>,
    now: UtcMs,
    entries: Vec<Entry>,
}

impl<'a> Floor<'a> {
    pub fn new(company: &'a Company, mut dice: Dice) -> Self {
        let worker = Worker { state: State::Offline, wants_break: None, wants_home: false };
        Self {
            company,
            ids: IdMaker::new(dice.word()),
            dice,
            coming: BinaryHeap::new(),
            sequence: 0,
            workers: vec![worker; company.agents.len()],
            calls: Vec::new(),
            waiting: Vec::new(),
            now: UtcMs(0),
            entries: Vec::new(),
        }
    }

    pub fn arrival(&mut self, at: UtcMs, caller: Caller) {
        let call = self.calls.len();
        self.calls.push(Call {
            id: self.ids.next(at),
            caller,
            line: Line::Support,
            stay: 0,
            queued_at: at,
            waiting: false,
            picked_up: false,
            ringing: None,
            part: 0,
            talking: None,
            held_ms: 0,
        });
        self.plan(at, Coming::Arrive { call });
    }

    pub fn shift(&mut self, shift: &Shift) {
        let agent = shift.agent;
        self.plan(shift.from, Coming::SignIn { agent });
        for (at, lasts_ms, reason) in &shift.breaks {
            if *at + *lasts_ms < shift.to {
                self.plan(*at, Coming::BreakDue { agent, lasts_ms: *lasts_ms, reason });
            }
        }
        self.plan(shift.to, Coming::SignOut { agent });
    }

    /// Runs the day to its end: every call is over and every agent has gone. Entries are in the order of time.
    pub fn run(mut self) -> Vec<Entry> {
        // Ends: each thing to come plans a bounded number of later ones along the way of one call or one shift.
        while let Some(Reverse((at, _, coming))) = self.coming.pop() {
            self.now = at;
            self.happen(coming);
        }
        self.entries
    }

    fn plan(&mut self, at: UtcMs, coming: Coming) {
        self.sequence += 1;
        self.coming.push(Reverse((at, self.sequence, coming)));
    }

    fn after(&mut self, ms: i64, coming: Coming) {
        self.plan(self.now + ms, coming);
    }

    fn happen(&mut self, coming: Coming) {
        match coming {
            Coming::Arrive { call } => self.arrive(call),
            Coming::Known { call, customer } => {
                let customer = self.company.customers[customer].0;
                self.write_call(call, Event::CustomerMatched { customer, created: false });
            }
            Coming::FlowStep { call, step } => self.flow_step(call, step),
            Coming::GiveUp { call, stay } => self.give_up(call, stay),
            Coming::Announce { call, stay } => self.announce(call, stay),
            Coming::RingOver { call, stay, agent, answered } => self.ring_over(call, stay, agent, answered),
            Coming::HoldStart { call, lasts_ms } => self.hold_start(call, lasts_ms),
            Coming::HoldEnd { call, held_ms } => self.hold_end(call, held_ms),
            Coming::TalkOver { call } => self.talk_over(call),
            Coming::Noting { call, agent, line, wrap_up_ms } => self.noting(call, agent, line, wrap_up_ms),
            Coming::WrapUpOver { call, agent, line, wrap_up_ms } => {
                self.wrap_up_over(call, agent, line, wrap_up_ms);
            }
            Coming::SignIn { agent } => self.free(agent),
            Coming::BreakDue { agent, lasts_ms, reason } => {
                self.workers[agent].wants_break = Some((lasts_ms, reason));
                if let State::Idle { .. } = self.workers[agent].state {
                    self.free(agent);
                }
            }
            Coming::BreakOver { agent } => {
                if self.workers[agent].state == State::OnBreak {
                    self.free(agent);
                }
            }
            Coming::SignOut { agent } => {
                self.workers[agent].wants_home = true;
                match self.workers[agent].state {
                    State::Idle { .. } | State::OnBreak => self.free(agent),
                    State::Offline | State::Busy => {}
                }
            }
        }
    }

    fn arrive(&mut self, call: usize) {
        let caller = &self.calls[call].caller;
        let flow = self.company.flow_of(caller.to).expect("callers dial the company's own numbers");
        let (from, to, customer) = (caller.from.clone(), caller.to.to_owned(), caller.customer);
        let trunk = Some(self.company.trunk_id());
        self.write_call(
            call,
            Event::InteractionStarted {
                channel: Channel::Voice,
                direction: Direction::Inbound,
                from,
                to,
                trunk,
                flow: Some(flow),
            },
        );
        if let Some(customer) = customer {
            let found_ms = self.dice.between(2, 12);
            self.after(found_ms, Coming::Known { call, customer });
        }
        self.enter(call, 0);
    }

    /// The caller comes to a node; what follows it comes when the caller is through with it.
    fn enter(&mut self, call: usize, step: usize) {
        let Some(at) = self.calls[call].caller.steps.get(step) else {
            self.flow_over(call);
            return;
        };
        let (node, node_kind, lasts_ms) = (at.node.to_owned(), at.kind.to_owned(), at.lasts_ms);
        let speaks = at.kind == "play";
        self.write_call(call, Event::FlowNode { node, node_kind });
        if speaks {
            self.pick_up(call);
        }
        self.after(lasts_ms, Coming::FlowStep { call, step });
    }

    /// The call is answered before anything is heard.
    fn pick_up(&mut self, call: usize) {
        if !std::mem::replace(&mut self.calls[call].picked_up, true) {
            self.write_call(call, Event::FlowAnswered);
        }
    }

    fn flow_step(&mut self, call: usize, step: usize) {
        let at = &self.calls[call].caller.steps[step];
        if let Some((name, value)) = at.collected.clone() {
            let node = at.node.to_owned();
            self.write_call(call, Event::Collected { node, name: name.to_owned(), value });
        }
        self.enter(call, step + 1);
    }

    fn flow_over(&mut self, call: usize) {
        match self.calls[call].caller.leads {
            Leads::To(line) => {
                let patience_ms = self.calls[call].caller.patience_ms;
                self.enqueue(call, line, patience_ms);
            }
            Leads::Away => self.end(call, Outcome::EndedInFlow, Party::Customer),
            Leads::Goodbye => self.end(call, Outcome::EndedInFlow, Party::System),
        }
    }

    fn enqueue(&mut self, call: usize, line: Line, patience_ms: i64) {
        let queue = self.company.queue(line).id;
        let ahead = self.waiting.iter().filter(|other| self.calls[**other].line == line).count();
        let state = &mut self.calls[call];
        state.line = line;
        state.stay += 1;
        state.queued_at = self.now;
        state.waiting = true;
        let stay = state.stay;
        self.waiting.push(call);
        let position = u32::try_from(ahead + 1).unwrap_or(u32::MAX);
        self.write_call(call, Event::Queued { queue, attempt: stay, position });
        self.pick_up(call);
        self.after(patience_ms, Coming::GiveUp { call, stay });
        self.after(ANNOUNCE_EVERY_MS, Coming::Announce { call, stay });
        self.offer_waiting();
    }

    fn announce(&mut self, call: usize, stay: u32) {
        let state = &self.calls[call];
        if !state.waiting || state.stay != stay {
            return;
        }
        if state.ringing.is_none() {
            let line = state.line;
            let before = self.waiting.iter().take_while(|other| **other != call);
            let ahead = before.filter(|other| self.calls[**other].line == line).count();
            let position = u32::try_from(ahead + 1).unwrap_or(u32::MAX);
            self.write_call(call, Event::PositionAnnounced { queue: self.company.queue(line).id, position });
        }
        self.after(ANNOUNCE_EVERY_MS, Coming::Announce { call, stay });
    }

    fn give_up(&mut self, call: usize, stay: u32) {
        if !self.calls[call].waiting || self.calls[call].stay != stay {
            return;
        }
        self.waiting.retain(|other| *other != call);
        if let Some((agent, offer, rang_at)) = self.calls[call].ringing.take() {
            self.offer_ended(call, agent, offer, OfferOutcome::Withdrawn, rang_at);
            self.free(agent);
        }
        self.leave_queue(call, QueueOutcome::Abandoned);
        // Who talked with somebody before a transfer was answered, if not to the end.
        let outcome = if stay == 1 { Outcome::Abandoned } else { Outcome::Answered };
        self.end(call, outcome, Party::Customer);
    }

    /// Gives the longest waiting calls to the longest idle agents who may take them.
    fn offer_waiting(&mut self) {
        for call in self.waiting.clone() {
            if self.calls[call].ringing.is_some() {
                continue;
            }
            let Some(agent) = self.longest_idle(self.calls[call].line) else { continue };
            let queue = self.company.queue(self.calls[call].line).id;
            let offer: OfferId = self.ids.next(self.now);
            let stay = self.calls[call].stay;
            self.calls[call].ringing = Some((agent, offer, self.now));
            self.workers[agent].state = State::Busy;
            let (user, device) = (self.user(agent), Device::Browser);
            let deadline = self.now + RING_LIMIT_MS;
            self.write_call(
                call,
                Event::Offered { offer, queue: Some(queue), agent: user, device, deadline },
            );
            self.write_state(agent, Presence::Ready, Activity::Ringing);
            let answered = !self.dice.chance(MISSED);
            let rings_ms = if answered { self.dice.between(1_500, 6_500) } else { RING_LIMIT_MS };
            self.after(rings_ms, Coming::RingOver { call, stay, agent, answered });
        }
    }

    fn longest_idle(&self, line: Line) -> Option<usize> {
        let needed = &self.company.queue(line).required_skills;
        let fits = |agent: usize| {
            needed.iter().all(|need| {
                self.company.agents[agent]
                    .skills
                    .iter()
                    .any(|has| has.skill == need.skill && has.level >= need.level)
            })
        };
        let idle = self.workers.iter().enumerate().filter_map(|(agent, worker)| match worker.state {
            State::Idle { since } if fits(agent) => Some((since, agent)),
            State::Idle { .. } | State::Offline | State::Busy | State::OnBreak => None,
        });
        idle.min().map(|(_, agent)| agent)
    }

    /// The agent has nothing to do: home, a break that is due, or the next call.
    fn free(&mut self, agent: usize) {
        let worker = &mut self.workers[agent];
        if worker.wants_home {
            worker.state = State::Offline;
            self.write_state(agent, Presence::Offline, Activity::Idle);
            return;
        }
        if let Some((lasts_ms, reason)) = worker.wants_break.take() {
            worker.state = State::OnBreak;
            self.write_state(agent, Presence::Break { reason: reason.to_owned() }, Activity::Idle);
            self.after(lasts_ms, Coming::BreakOver { agent });
            return;
        }
        worker.state = State::Idle { since: self.now };
        self.write_state(agent, Presence::Ready, Activity::Idle);
        self.offer_waiting();
    }

    fn offer_ended(
        &mut self,
        call: usize,
        agent: usize,
        offer: OfferId,
        outcome: OfferOutcome,
        rang_at: UtcMs,
    ) {
        let (agent, rang_ms) = (self.user(agent), self.now.since_ms(rang_at));
        self.write_call(call, Event::OfferEnded { offer, agent, outcome, rang_ms });
    }

    fn leave_queue(&mut self, call: usize, outcome: QueueOutcome) {
        self.waiting.retain(|other| *other != call);
        let state = &mut self.calls[call];
        state.waiting = false;
        state.ringing = None;
        let (queue, wait_ms) = (self.company.queue(state.line).id, self.now.since_ms(state.queued_at));
        self.write_call(call, Event::LeftQueue { queue, outcome, wait_ms });
    }

    fn end(&mut self, call: usize, outcome: Outcome, by: Party) {
        self.write_call(call, Event::InteractionEnded { outcome, cause: Cause::Normal, by });
    }

    fn user(&self, agent: usize) -> UserId {
        self.company.agents[agent].id
    }

    fn write_call(&mut self, call: usize, event: Event) {
        let agent = super::agent_of(&event);
        self.write_with(call, agent, event);
    }

    fn write_with(&mut self, call: usize, agent: Option<UserId>, event: Event) {
        let (id, interaction) = (self.entry_id(), Some(self.calls[call].id));
        self.entries.push(Entry { id, at: self.now, interaction, agent, event });
    }

    fn write_state(&mut self, agent: usize, presence: Presence, activity: Activity) {
        let (id, user) = (self.entry_id(), self.user(agent));
        let event = Event::AgentState { agent: user, presence, activity, device: Device::Browser };
        self.entries.push(Entry { id, at: self.now, interaction: None, agent: Some(user), event });
    }

    fn entry_id(&mut self) -> EntryId {
        self.ids.next(self.now)
    }
}
