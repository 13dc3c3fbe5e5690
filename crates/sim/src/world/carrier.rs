//! The outputs of the engine, carried out as the shells do: what is dialled rings and answers, what is played ends, what
//! is recorded is sealed, what is asked is answered; and people notice.

use perezvon_model::engine::{AgentCommand, Input, Output};
use perezvon_model::journal::{Entry, Event};
use perezvon_model::leg::{Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::prompt::Prompt;
use perezvon_model::{Device, InteractionId, LegId, OfferId, PlayId, Presence, RecordingId, UserId, UtcMs};

use super::World;
use super::agenda::Deed;
use super::people::{Carriage, Carried, Conversation, People, Reaction, Shown, TalkDeed};
use crate::engine::Engine;

/// How long a named prompt takes.
const PROMPT_MS: i64 = 2_000;
/// From the dialling of a phone to its ringing, or to its saying why not.
const RINGS_AFTER_MS: i64 = 150;
/// From the end of a recording to its being sealed.
const SEALED_AFTER_MS: i64 = 400;
/// From a command to the news that what it ended is over.
const ENDED_AFTER_MS: i64 = 20;

/// A leg that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    of: LegOf,
    play: Option<PlayId>,
    bridged: Option<LegId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LegOf {
    Customer,
    Browser(UserId),
    Phone(UserId),
    Outside,
}

impl Leg {
    pub fn of_customer() -> Leg {
        Leg::of(LegOf::Customer)
    }

    fn of(of: LegOf) -> Leg {
        Leg { of, play: None, bridged: None }
    }

    pub fn agent(&self) -> Option<UserId> {
        match self.of {
            LegOf::Browser(agent) | LegOf::Phone(agent) => Some(agent),
            LegOf::Customer | LegOf::Outside => None,
        }
    }
}

impl<E: Engine, P: People> World<E, P> {
    pub(super) fn carry_out(&mut self, output: &Output) {
        match output {
            Output::Leg { leg, command } => self.obey(*leg, command),
            Output::Bridge { a, b } => self.bridge(*a, *b),
            Output::Unbridge { leg } => {
                let partner = self.live(*leg, "unbridges").and_then(|leg| leg.bridged.take());
                if let Some(partner) = partner.and_then(|partner| self.legs.get_mut(&partner)) {
                    partner.bridged = None;
                }
            }
            Output::RecordStart { recording, interaction, .. } => {
                self.recordings.insert(*recording, *interaction);
            }
            Output::RecordStop { recording } => self.seal(*recording),
            Output::Ask { ask, question } => {
                let (after_ms, reply) = self.people.answers(question);
                self.carry(after_ms, Carried::Reply, Input::Reply { ask: *ask, reply });
            }
            Output::Journal(entry) => self.notice(entry),
            Output::Answer { request, .. } => {
                if self.asked.take() != Some(*request) {
                    self.complain("something was answered that was not asked, or twice");
                }
            }
            Output::WakeAt { at } => {
                if *at <= self.engine.tenant().audit().now() {
                    self.complain(format!("asks to be woken at {at:?}, which has passed"));
                }
                self.owed_at = Some(self.owed_at.map_or(*at, |before| before.min(*at)));
                // A shell wakes late or too often, never not at all.
                let at = match self.people.carries(self.now, Carried::Wake) {
                    Carriage::OnTime | Carriage::Lost => *at,
                    Carriage::Late { ms } => *at + ms,
                    Carriage::Twice { ms } => {
                        self.agenda.write(self.now + ms, Deed::Reaches(Input::Wake));
                        *at
                    }
                };
                self.wake_at = Some(self.wake_at.map_or(at, |before| before.min(at)));
            }
            Output::DeskChanged { .. } | Output::FloorChanged => {}
            Output::Forget { interaction, .. } => {
                if let Some(contact) = self.contacts.remove(interaction)
                    && self.legs.contains_key(&contact.leg)
                    && self.crossing != Some(contact.leg)
                {
                    self.complain("the call is over and its leg is not");
                }
            }
        }
    }

    fn live(&mut self, leg: LegId, does: &str) -> Option<&mut Leg> {
        if !self.legs.contains_key(&leg) {
            self.complain(format!("{does} {leg}, which is over"));
        }
        self.legs.get_mut(&leg)
    }

    fn bridge(&mut self, a: LegId, b: LegId) {
        if self.legs.get(&a).is_some_and(|leg| leg.play.is_some()) {
            self.complain(format!("bridges {a}, which still hears a prompt"));
        }
        for (leg, partner) in [(a, b), (b, a)] {
            if let Some(leg) = self.live(leg, "bridges") {
                leg.bridged = Some(partner);
            }
        }
    }

    /// Brings something to the engine, unless it is lost on the way.
    fn carry(&mut self, after_ms: i64, what: Carried, input: Input) {
        let at = self.now + after_ms;
        match self.people.carries(self.now, what) {
            Carriage::OnTime => self.agenda.write(at, Deed::Reaches(input)),
            Carriage::Late { ms } => self.agenda.write(at + ms, Deed::Reaches(input)),
            Carriage::Twice { ms } => {
                self.agenda.write(at, Deed::Reaches(input.clone()));
                self.agenda.write(at + ms, Deed::Reaches(input));
            }
            Carriage::Lost => {}
        }
    }

    /// What was stopped does not end; a caller who is gone presses nothing. The rest may come late and is no business of
    /// the carrier.
    pub(super) fn still_matters(&self, input: &Input) -> bool {
        let Input::Leg { leg, event: LegEvent::PlayDone { play } } = input else { return true };
        self.legs.get(leg).is_some_and(|leg| leg.play == Some(*play))
    }

    fn leg_event(&mut self, after_ms: i64, what: Carried, leg: LegId, event: LegEvent) {
        self.carry(after_ms, what, Input::Leg { leg, event });
    }

    fn obey(&mut self, leg: LegId, command: &LegCommand) {
        match command {
            LegCommand::Dial { target, timeout_ms, .. } => self.dial(leg, target, *timeout_ms),
            LegCommand::HangUp { cause } => {
                self.live(leg, "hangs up");
                self.legs.remove(&leg);
                self.leg_event(ENDED_AFTER_MS, Carried::Ended, leg, LegEvent::Ended { cause: *cause });
            }
            LegCommand::Reject { .. } => {
                self.live(leg, "rejects");
                self.legs.remove(&leg);
            }
            LegCommand::Play { play, prompts, looped } => {
                let Some(of) = self.live(leg, "plays to") else { return };
                of.play = Some(*play);
                if !looped {
                    let ms = prompts.iter().map(length_ms).sum();
                    self.leg_event(ms, Carried::PlayDone, leg, LegEvent::PlayDone { play: *play });
                }
            }
            LegCommand::StopPlay => {
                if let Some(of) = self.live(leg, "stops") {
                    of.play = None;
                }
            }
            LegCommand::Ring
            | LegCommand::Answer
            | LegCommand::Mute { .. }
            | LegCommand::SendDigits { .. } => drop(self.live(leg, "commands").copied()),
        }
    }

    fn dial(&mut self, leg: LegId, target: &DialTarget, timeout_ms: i64) {
        let (of, reaction, answered) = match target {
            DialTarget::Browser { agent } => {
                self.legs.insert(leg, Leg::of(LegOf::Browser(*agent)));
                // The browser is connected all the time; the shell answers for it.
                return self.leg_event(0, Carried::BrowserAnswered, leg, LegEvent::Answered);
            }
            DialTarget::Phone { agent } => {
                let reaction = self.phones.remove(agent).unwrap_or(Reaction::Silent);
                (LegOf::Phone(*agent), reaction, Carried::PhoneAnswered)
            }
            DialTarget::Uri { .. } => {
                (LegOf::Outside, self.people.called_outside(self.now), Carried::OutsideAnswered)
            }
        };
        self.legs.insert(leg, Leg::of(of));
        let failed = |cause| LegEvent::Failed { cause };
        let (after_ms, what, event) = match reaction {
            Reaction::Accepts { after_ms } => (after_ms, answered, LegEvent::Answered),
            Reaction::Declines { after_ms } => (after_ms, Carried::Ended, failed(Cause::Declined)),
            Reaction::Ignores => (timeout_ms, Carried::Ended, failed(Cause::NoAnswer)),
            Reaction::Busy => (RINGS_AFTER_MS, Carried::Ended, failed(Cause::Busy)),
            Reaction::Unreachable => (RINGS_AFTER_MS, Carried::Ended, failed(Cause::Unavailable)),
            Reaction::Lost { after_ms, .. } => (after_ms, Carried::Ended, failed(Cause::Unavailable)),
            Reaction::Silent => return,
        };
        let (event, after_ms) =
            if after_ms > timeout_ms { (failed(Cause::NoAnswer), timeout_ms) } else { (event, after_ms) };
        if after_ms > RINGS_AFTER_MS {
            self.leg_event(RINGS_AFTER_MS, Carried::Ringing, leg, LegEvent::Ringing);
        }
        self.leg_event(after_ms, what, leg, event);
    }

    fn seal(&mut self, recording: RecordingId) {
        let Some(interaction) = self.recordings.remove(&recording) else {
            return self.complain("stops a recording that does not run");
        };
        let sealed = Input::RecordingSealed { recording, interaction, duration_ms: 1_000, bytes: 4_000 };
        self.carry(SEALED_AFTER_MS, Carried::Sealed, sealed);
    }

    /// What people see and hear of what was decided.
    fn notice(&mut self, entry: &Entry) {
        if let Event::AgentState { agent, presence: Presence::Break { reason }, .. } = &entry.event
            && let Some(after_ms) = self.people.returns(*agent, reason)
        {
            let command = AgentCommand::SetPresence { presence: Presence::Ready };
            self.agenda.write(self.now + after_ms, Deed::Command { agent: *agent, command });
        }
        let Some(interaction) = entry.interaction else { return };
        match &entry.event {
            Event::Offered { offer, agent, device, .. } => {
                self.offered(*offer, Shown { agent: *agent, device: *device, interaction });
            }
            Event::Queued { .. } => self.waits(interaction),
            Event::AgentConnected { agent, device, .. } => self.talk_begins(*agent, *device, interaction),
            Event::AgentDisconnected { .. } => {
                if let Some(contact) = self.contacts.get_mut(&interaction) {
                    contact.talking = None;
                }
            }
            Event::PartyConnected { .. } => self.outside_answers(interaction),
            Event::WrapUpStarted { agent, .. } => {
                let Some(contact) = self.contacts.get(&interaction) else { return };
                for (after_ms, command) in self.people.wraps_up(*agent, interaction, &contact.caller) {
                    self.agenda.write(self.now + after_ms, Deed::Command { agent: *agent, command });
                }
            }
            Event::InteractionStarted { .. }
            | Event::CustomerMatched { .. }
            | Event::FlowAnswered
            | Event::FlowNode { .. }
            | Event::Collected { .. }
            | Event::PlaceRestored { .. }
            | Event::PositionAnnounced { .. }
            | Event::WaitAnnounced { .. }
            | Event::Overflowed { .. }
            | Event::CallbackPromised { .. }
            | Event::CallbackDialled { .. }
            | Event::CallbackFailed { .. }
            | Event::MessageStarted
            | Event::Routed { .. }
            | Event::NothingFor { .. }
            | Event::OfferEnded { .. }
            | Event::LeftQueue { .. }
            | Event::HoldStarted { .. }
            | Event::HoldEnded { .. }
            | Event::AgentLost { .. }
            | Event::AgentBack { .. }
            | Event::TransferredToQueue { .. }
            | Event::TransferredToAgent { .. }
            | Event::RecordingStarted { .. }
            | Event::RecordingSealed { .. }
            | Event::RecordingFailed { .. }
            | Event::InteractionEnded { .. }
            | Event::WrapUpExtended { .. }
            | Event::Noted { .. }
            | Event::WrapUpEnded { .. }
            | Event::AgentState { .. } => {}
        }
    }

    fn outside_answers(&mut self, interaction: InteractionId) {
        let Some(contact) = self.contacts.get_mut(&interaction) else { return };
        contact.waiting = false;
        contact.wait += 1;
        contact.talks += 1;
        let (leg, talk_ms) = (contact.leg, contact.caller.talk_ms);
        self.leg_event(talk_ms, Carried::Ended, leg, LegEvent::Ended { cause: Cause::Normal });
    }

    fn waits(&mut self, interaction: InteractionId) {
        let Some(contact) = self.contacts.get_mut(&interaction) else { return };
        if !std::mem::replace(&mut contact.waiting, true) {
            contact.wait += 1;
            if let Some(patience_ms) = contact.caller.patience_ms {
                let deed = Deed::GivesUp { interaction, wait: contact.wait };
                self.agenda.write(self.now + patience_ms, deed);
            }
        }
    }

    fn offered(&mut self, offer: OfferId, shown: Shown) {
        let reaction = self.people.offered(self.now, shown);
        let Shown { agent, device, .. } = shown;
        if let Reaction::Lost { after_ms, back_ms } = reaction {
            self.cut_off(agent, device, self.now + after_ms, back_ms);
        }
        if device == Device::Phone {
            self.phones.insert(agent, reaction);
            return;
        }
        let (after_ms, command) = match reaction {
            Reaction::Accepts { after_ms } => (after_ms, AgentCommand::Accept { offer }),
            Reaction::Declines { after_ms } => (after_ms, AgentCommand::Decline { offer }),
            Reaction::Ignores
            | Reaction::Busy
            | Reaction::Unreachable
            | Reaction::Silent
            | Reaction::Lost { .. } => return,
        };
        let input = self.command(agent, command);
        self.carry(after_ms, Carried::Command, input);
    }

    fn cut_off(&mut self, agent: UserId, device: Device, at: UtcMs, back_ms: i64) {
        for (at, connected) in [(at, false), (at + back_ms, true)] {
            self.agenda.write(at, Deed::Device { agent, device, connected });
            self.agenda.write(at, Deed::Desk { agent, connected });
        }
    }

    fn talk_begins(&mut self, agent: UserId, device: Device, interaction: InteractionId) {
        let Some(contact) = self.contacts.get_mut(&interaction) else { return };
        (contact.waiting, contact.talking) = (false, Some(agent));
        contact.wait += 1;
        contact.talks += 1;
        let number = contact.talks;
        let talk = Conversation { agent, device, interaction, caller: &contact.caller, number };
        let mut deeds = self.people.talks(talk);
        deeds.push((contact.caller.talk_ms, TalkDeed::CallerHangsUp));
        for (after_ms, deed) in deeds {
            let deed = Deed::InTalk { agent, interaction, number, deed };
            self.agenda.write(self.now + after_ms, deed);
        }
    }
}

fn length_ms(prompt: &Prompt) -> i64 {
    match prompt {
        Prompt::Named { .. } => PROMPT_MS,
        Prompt::Number { .. } => PROMPT_MS / 2,
        Prompt::Music | Prompt::Ringback => 0,
        Prompt::Silence { ms } => i64::from(*ms),
    }
}
