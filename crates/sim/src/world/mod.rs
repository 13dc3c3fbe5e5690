//! The world around one engine: a carrier that obeys the engine's commands as the shells do, callers, agents and their
//! devices, all in virtual time. It decides nothing by itself: who comes is an iterator, how people behave is [`People`],
//! whatever else happens is written into the agenda beforehand. No step costs more than a look at those it concerns.

mod agenda;
mod carrier;
mod notice;
mod people;

pub use agenda::Deed;
pub use people::{
    AfterPromise, Arrival, Caller, Carriage, Carried, Conversation, Owed, People, Reaction, Shown, Speaks,
    Steady, TakesCall, TalkDeed, finish,
};

use perezvon_model::config::CallerId;
use perezvon_model::config::TenantConfig;
use perezvon_model::engine::{AgentCommand, Input, Output};
use perezvon_model::leg::{Cause, LegEvent};
use perezvon_model::{E164, InteractionId, LegId, OfferId, RecordingId, RequestId, UserId, UtcMs};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

use crate::engine::Engine;
use agenda::Agenda;
use carrier::Leg;

/// One input of the engine and what it answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The time that the engine was given.
    pub at: UtcMs,
    pub input: Input,
    pub outputs: Vec<Output>,
}

/// A call that is not over.
struct Contact {
    /// The customer's leg; over while a call is promised.
    leg: LegId,
    arrival: Arrival,
    /// At whom it rings.
    offered: Vec<(UserId, OfferId)>,
    /// Conversations so far.
    talks: u32,
    talking: Option<UserId>,
    /// Counts up whenever a wait ends or begins.
    wait: u32,
    waiting: bool,
}

/// Everything around one engine.
pub struct World<E, P> {
    engine: E,
    people: P,
    agenda: Agenda,
    arrivals: Box<dyn Iterator<Item = Arrival>>,
    /// True time; the engine is given this and `clock_ahead_ms`.
    now: UtcMs,
    clock_ahead_ms: i64,
    /// When the engine is woken, by its clock, and when it wanted to be.
    wake_at: Option<UtcMs>,
    owed_at: Option<UtcMs>,
    contacts: BTreeMap<InteractionId, Contact>,
    legs: BTreeMap<LegId, Leg>,
    recordings: BTreeMap<RecordingId, (InteractionId, LegId)>,
    /// Whose customer the next leg is dialled to.
    calls_back: Option<InteractionId>,
    /// What is going to come of the offer that rings at a phone.
    phones: BTreeMap<UserId, Reaction>,
    numbered: u128,
    /// A command whose answer must be among the outputs.
    asked: Option<RequestId>,
    complaint: Option<String>,
    /// The leg whose end the engine reads last of all in this step.
    crossing: Option<LegId>,
}

impl<E: Engine, P: People> World<E, P> {
    /// A world that begins with this configuration.
    pub fn new(engine: E, people: P, start: UtcMs, config: Arc<TenantConfig>) -> World<E, P> {
        let mut world = World {
            engine,
            people,
            agenda: Agenda::default(),
            arrivals: Box::new(std::iter::empty()),
            now: start,
            clock_ahead_ms: 0,
            wake_at: None,
            owed_at: None,
            contacts: BTreeMap::new(),
            legs: BTreeMap::new(),
            recordings: BTreeMap::new(),
            calls_back: None,
            phones: BTreeMap::new(),
            numbered: 0,
            asked: None,
            complaint: None,
            crossing: None,
        };
        world.plan(start, Deed::Configure(config));
        world
    }

    /// Lets these callers come; they must be in order of time. Call it once.
    pub fn expect(&mut self, arrivals: impl Iterator<Item = Arrival> + 'static) {
        self.arrivals = Box::new(arrivals);
        self.next_arrival();
    }

    /// Writes down what is going to happen.
    pub fn plan(&mut self, at: UtcMs, deed: Deed) {
        self.agenda.write(at, deed);
    }

    /// The true time.
    pub fn now(&self) -> UtcMs {
        self.now
    }

    pub fn engine(&self) -> &E {
        &self.engine
    }

    pub fn engine_mut(&mut self) -> &mut E {
        &mut self.engine
    }

    /// What the engine asked for in the last step that no shell could do.
    pub fn complaint(&self) -> Option<&str> {
        self.complaint.as_deref()
    }

    /// Legs that the engine was not told to be over and did not end itself.
    pub fn legs_live(&self) -> usize {
        self.legs.len()
    }

    /// When the next thing happens.
    pub fn next_at(&self) -> Option<UtcMs> {
        let wake = self.wake_at.map(|at| (at + -self.clock_ahead_ms).max(self.now));
        self.agenda.next_at().into_iter().chain(wake).min()
    }

    /// Goes on to the next input of the engine and feeds it; `None` when nothing will ever happen again.
    pub fn step(&mut self) -> Option<Step> {
        loop {
            let at = self.next_at()?;
            self.now = self.now.max(at);
            let input = if self.agenda.next_at() == Some(at) {
                let deed = self.agenda.pop()?;
                self.input_of(deed)
            } else {
                Some(self.wake())
            };
            if let Some(input) = input {
                return Some(self.feed(input));
            }
        }
    }

    fn feed(&mut self, input: Input) -> Step {
        self.complaint = None;
        let at = self.now + self.clock_ahead_ms;
        // Time limits that are overdue are met before the input is read: what they command may cross with the end of a leg.
        // The engine's time does not go back with the clock.
        let reads_at = at.max(self.engine.tenant().audit().now());
        let crosses = self.owed_at.is_some_and(|owed| owed <= reads_at);
        let over = if let Input::Leg { leg, event: LegEvent::Ended { .. } | LegEvent::Failed { .. } } = &input
        {
            Some(*leg)
        } else {
            None
        };
        self.crossing = over.filter(|_| crosses);
        if !crosses {
            self.leg_is_over(over);
        }
        if let Input::Leg { leg, event: LegEvent::Answered } = &input {
            self.customer_is_back(*leg);
        }
        self.asked = if let Input::Agent { request, .. } = &input { Some(*request) } else { None };
        let outputs = self.engine.handle(at, input.clone());
        for output in &outputs {
            self.carry_out(output);
        }
        if self.asked.take().is_some() {
            self.complain("a command was not answered");
        }
        self.leg_is_over(over);
        if let Some((_, leg)) = self.recordings.values().find(|(_, leg)| !self.legs.contains_key(leg)) {
            self.complain(format!("records {leg}, which is over"));
        }
        Step { at, input, outputs }
    }

    fn leg_is_over(&mut self, leg: Option<LegId>) {
        if let Some(leg) = leg {
            self.legs.remove(&leg);
        }
    }

    pub(crate) fn complain(&mut self, what: impl Into<String>) {
        self.complaint.get_or_insert_with(|| what.into());
    }

    fn next_arrival(&mut self) {
        if let Some(arrival) = self.arrivals.next() {
            self.agenda.write(arrival.at.max(self.now), Deed::Arrives(Box::new(arrival)));
        }
    }

    fn wake(&mut self) -> Input {
        (self.wake_at, self.owed_at) = (None, None);
        Input::Wake
    }

    fn number(&mut self) -> Uuid {
        self.numbered += 1;
        Uuid::from_u128(self.numbered)
    }

    fn input_of(&mut self, deed: Deed) -> Option<Input> {
        match deed {
            Deed::Configure(config) => {
                // What is due by the old configuration is met before the new one comes.
                if self.owed_at.is_some_and(|at| at <= self.now + self.clock_ahead_ms) {
                    self.agenda.write(self.now, Deed::Configure(config));
                    return Some(self.wake());
                }
                Some(Input::Configure { config })
            }
            Deed::Command { agent, command } => Some(self.command(agent, command)),
            Deed::Device { agent, device, connected } => {
                Some(Input::DeviceChanged { agent, device, connected })
            }
            Deed::Desk { agent, connected } => Some(Input::DeskChanged { agent, connected }),
            Deed::Clock { ms } => {
                self.clock_ahead_ms += ms;
                None
            }
            Deed::Stop => Some(Input::Stop),
            Deed::Arrives(arrival) => {
                self.next_arrival();
                Some(self.arrive(*arrival))
            }
            Deed::CallsAgain(arrival) => Some(self.arrive(*arrival)),
            Deed::Owes(owed) => Some(self.owe(*owed)),
            Deed::HangsUp(leg) => self.legs.contains_key(&leg).then(|| hang_up(leg)),
            Deed::PressesOn(leg, digit) => {
                self.legs.contains_key(&leg).then_some(Input::Leg { leg, event: LegEvent::Digit { digit } })
            }
            Deed::Presses { interaction, digit } => {
                let leg = self.contacts.get(&interaction)?.leg;
                self.legs.contains_key(&leg).then_some(Input::Leg { leg, event: LegEvent::Digit { digit } })
            }
            Deed::GivesUp { interaction, wait } => {
                let contact = self.contacts.get(&interaction).filter(|of| of.waiting && of.wait == wait)?;
                self.legs.contains_key(&contact.leg).then(|| hang_up(contact.leg))
            }
            Deed::Leaves { interaction } => {
                let contact = self.contacts.get(&interaction).filter(|of| of.talks == 0)?;
                self.legs.contains_key(&contact.leg).then(|| hang_up(contact.leg))
            }
            Deed::InTalk { agent, interaction, number, deed } => {
                let contact = self.contacts.get(&interaction)?;
                if contact.talks != number || contact.talking != Some(agent) {
                    return None;
                }
                let leg = contact.leg;
                match deed {
                    TalkDeed::CallerHangsUp => Some(hang_up(leg)),
                    TalkDeed::Caller(event) => Some(Input::Leg { leg, event }),
                    TalkDeed::Agent(command) => Some(self.command(agent, command)),
                    TalkDeed::AgentLeg(event) => {
                        let leg = self.legs.iter().find(|(_, of)| of.agent() == Some(agent))?.0;
                        Some(Input::Leg { leg: *leg, event })
                    }
                }
            }
            Deed::Reaches(input) => self.still_matters(&input).then_some(input),
        }
    }

    fn command(&mut self, agent: UserId, command: AgentCommand) -> Input {
        let request = RequestId(self.number());
        Input::Agent { agent, request, command }
    }

    fn arrive(&mut self, arrival: Arrival) -> Input {
        let Arrival { from, to, trunk, flow, language, caller, .. } = arrival.clone();
        let (interaction, leg) = (InteractionId(self.number()), LegId(self.number()));
        for (after_ms, digit) in &caller.presses {
            let deed = Deed::Presses { interaction, digit: *digit };
            self.agenda.write(self.now + *after_ms, deed);
        }
        if let Some(stays_ms) = caller.stays_ms {
            self.agenda.write(self.now + stays_ms, Deed::Leaves { interaction });
        }
        self.legs.insert(leg, Leg::of_customer());
        self.contacts.insert(interaction, Contact::of(leg, arrival));
        let from = CallerId { number: E164::from_canonical(&from), shown: from, name: String::new() };
        Input::CallArrived { interaction, leg, trunk, from, to, flow, language }
    }
}

impl Contact {
    fn of(leg: LegId, arrival: Arrival) -> Contact {
        Contact { leg, arrival, offered: Vec::new(), talks: 0, talking: None, wait: 0, waiting: false }
    }
}

fn hang_up(leg: LegId) -> Input {
    Input::Leg { leg, event: LegEvent::Ended { cause: Cause::Normal } }
}
