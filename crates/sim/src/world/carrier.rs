//! The outputs of the engine, carried out as the shells do: what is dialled rings and answers, what is played ends, what
//! is recorded is sealed, what is asked is answered; and people notice.

use perezvon_model::engine::{Input, Output};
use perezvon_model::leg::{Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::prompt::Prompt;
use perezvon_model::{InteractionId, LegId, PlayId, RecordingId, UserId};

use super::World;
use super::agenda::Deed;
use super::people::{Carriage, Carried, People, Reaction, TakesCall};
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
    pub of: LegOf,
    play: Option<PlayId>,
    bridged: Option<LegId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LegOf {
    Customer,
    Browser(UserId),
    Phone(UserId),
    Outside,
    /// A customer who is called back.
    Back(InteractionId),
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
            LegOf::Customer | LegOf::Outside | LegOf::Back(_) => None,
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
            Output::RecordStart { recording, interaction, leg } => {
                self.recordings.insert(*recording, (*interaction, *leg));
            }
            Output::RecordStop { recording } => self.seal(*recording),
            Output::Ask { ask, question } => {
                let (after_ms, reply) = self.people.answers(self.now, question);
                self.carry(after_ms, Carried::Reply, Input::Reply { ask: *ask, reply });
            }
            Output::Journal(entry) => self.notice(entry),
            Output::Answer { request, .. } => {
                if self.asked.take() != Some(*request) {
                    self.complain("something was answered that was not asked, or twice");
                }
            }
            Output::WakeAt { at } => {
                if *at < self.engine.tenant().audit().now() {
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
    pub(super) fn carry(&mut self, after_ms: i64, what: Carried, input: Input) {
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

    pub(super) fn leg_event(&mut self, after_ms: i64, what: Carried, leg: LegId, event: LegEvent) {
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
                let hears = |wanted: &str| {
                    prompts.iter().any(|of| matches!(of, Prompt::Named { name, .. } if name == wanted))
                };
                if hears("callback-offer")
                    && let Some(after_ms) = self.people.wants_callback(self.now)
                {
                    self.agenda.write(self.now + after_ms, Deed::PressesOn(leg, '1'));
                }
                if hears("leave-message")
                    && let Some(after_ms) = self.people.skips_to_message(self.now)
                {
                    self.agenda.write(self.now + after_ms, Deed::PressesOn(leg, '#'));
                }
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
            DialTarget::Uri { .. } => match self.calls_back.take() {
                Some(interaction) => {
                    let TakesCall { reaction, stays_ms } = self.people.called_back(self.now);
                    if let (Reaction::Accepts { after_ms }, Some(stays_ms)) = (reaction, stays_ms) {
                        self.agenda.write(self.now + after_ms + stays_ms, Deed::HangsUp(leg));
                    }
                    (LegOf::Back(interaction), reaction, Carried::OutsideAnswered)
                }
                None => (LegOf::Outside, self.people.called_outside(self.now), Carried::OutsideAnswered),
            },
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
            Reaction::Interrupted { after_ms } => (after_ms, Carried::Ended, failed(Cause::Interrupted)),
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
        let Some((interaction, _)) = self.recordings.remove(&recording) else {
            return self.complain("stops a recording that does not run");
        };
        let sealed = Input::RecordingSealed { recording, interaction, duration_ms: 1_000, bytes: 4_000 };
        self.carry(SEALED_AFTER_MS, Carried::Sealed, sealed);
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
