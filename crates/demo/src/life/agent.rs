//! One simulated agent at a desk with a phone, pure: told what happened and when, says what to do.

use perezvon_model::engine::AgentCommand;
use perezvon_model::prompt::{Language, Prompt};
use perezvon_model::view::DeskView;
use perezvon_model::{Device, InteractionId, LegId, Presence, UtcMs};

use super::voices::{CHECKING, FAREWELL, HELLO, SOLVED, Voice, silence};
use crate::dice::Dice;

/// Between looks at a desk where nothing happens.
const LOOK_EVERY_MS: i64 = 15_000;
/// A request that was not answered by then never will be: requests have a limit of their own.
const ANSWER_LIMIT_MS: i64 = 15_000;
const BACK_OFF_MS: i64 = 1_000;
const BACK_OFF_LIMIT_MS: i64 = 30_000;
/// From the end of a call to the look at the desk, and between looks while no wrap-up shows.
const WRAP_UP_SHOWS_MS: i64 = 500;
const WRAP_UP_LOOKS: u32 = 5;
/// After the agent's last word the caller may have one; then the agent hangs up.
const LAST_WORD_MS: i64 = 25_000;
const CALL_LIMIT_MS: i64 = 240_000;
/// Offers in a hundred that are not taken.
const MISSED: f64 = 0.03;
/// Wrap-ups in a hundred after which a break is taken.
const BREAKS: f64 = 0.05;

#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The time of `wake_at` has come.
    Time,
    /// The server took a sign-in or a command.
    Done,
    /// The server refused a command.
    Refused,
    /// The server cannot be reached or knows the session no more.
    Trouble,
    Desk(Box<DeskView>),
    /// The phone is called.
    Called(LegId),
    /// Our answer was acknowledged.
    Connected(LegId),
    /// All words are said.
    Said,
    Ended(LegId),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    SignIn,
    Command(AgentCommand),
    LookAtDesk,
    Ring(LegId),
    Answer(LegId),
    Speak(LegId, Vec<Prompt>),
    /// Sends silence.
    Listen(LegId),
    HangUp(LegId),
    /// Sorts the call and writes a note; the caller of `step` knows the company's dispositions.
    WriteUp(InteractionId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not signed in, after so many failures in a row.
    Away {
        failures: u32,
    },
    SigningIn {
        failures: u32,
    },
    TakingPhone,
    GettingReady,
    Free,
    OnBreak,
    Ringing {
        leg: LegId,
        answers: bool,
    },
    Answering {
        leg: LegId,
    },
    Talking {
        leg: LegId,
    },
    /// The call is over; the desk should show its wrap-up.
    AfterCall {
        looks: u32,
    },
    Writing {
        interaction: InteractionId,
    },
    Finishing {
        interaction: InteractionId,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Agent {
    state: State,
    wake_at: Option<UtcMs>,
    dice: Dice,
}

impl Agent {
    /// Signs in at `first`.
    pub fn new(first: UtcMs, dice: Dice) -> Self {
        Self { state: State::Away { failures: 0 }, wake_at: Some(first), dice }
    }

    pub fn wake_at(&self) -> Option<UtcMs> {
        self.wake_at
    }

    pub fn step(&mut self, now: UtcMs, event: Event) -> Vec<Act> {
        match event {
            Event::Time => self.time(now),
            Event::Done => self.done(now),
            Event::Refused => self.refused(now),
            Event::Trouble => self.trouble(now),
            Event::Desk(desk) => self.looked(now, &desk),
            Event::Called(leg) => self.called(now, leg),
            Event::Connected(leg) => self.connected(now, leg),
            Event::Said => self.said(now),
            Event::Ended(leg) => self.ended(now, leg),
        }
    }

    /// The interval in which the server is asked again grows to half a minute.
    fn away(&mut self, now: UtcMs, failures: u32) -> Vec<Act> {
        let wait_ms = (BACK_OFF_MS << failures.min(5)).min(BACK_OFF_LIMIT_MS) + self.dice.between(0, 500);
        self.become_until(State::Away { failures }, now + wait_ms);
        Vec::new()
    }

    fn time(&mut self, now: UtcMs) -> Vec<Act> {
        self.wake_at = None;
        match self.state {
            State::Away { failures } => {
                self.become_until(State::SigningIn { failures }, now + ANSWER_LIMIT_MS);
                vec![Act::SignIn]
            }
            // The answer was lost.
            State::SigningIn { failures } => self.away(now, failures + 1),
            State::Finishing { .. } => self.free(now),
            State::TakingPhone => self.take_phone(now),
            State::GettingReady | State::OnBreak => self.get_ready(now),
            State::Free => {
                self.wake_at = Some(now + LOOK_EVERY_MS);
                vec![Act::LookAtDesk]
            }
            State::Ringing { leg, answers } => {
                if answers {
                    self.become_until(State::Answering { leg }, now + CALL_LIMIT_MS);
                    vec![Act::Answer(leg)]
                } else {
                    Vec::new()
                }
            }
            State::Answering { leg } | State::Talking { leg } => {
                self.wake_at = Some(now + BACK_OFF_LIMIT_MS);
                vec![Act::HangUp(leg)]
            }
            State::AfterCall { .. } => {
                self.wake_at = Some(now + ANSWER_LIMIT_MS);
                vec![Act::LookAtDesk]
            }
            State::Writing { interaction } => {
                self.become_until(State::Finishing { interaction }, now + ANSWER_LIMIT_MS);
                vec![Act::WriteUp(interaction)]
            }
        }
    }

    fn done(&mut self, now: UtcMs) -> Vec<Act> {
        match self.state {
            State::SigningIn { .. } => self.take_phone(now),
            State::TakingPhone => self.get_ready(now),
            State::GettingReady => self.free(now),
            State::Finishing { .. } => {
                if self.dice.chance(BREAKS) {
                    let away_ms = self.dice.between(30_000, 120_000);
                    self.become_until(State::OnBreak, now + away_ms);
                    let presence = Presence::Break { reason: "coffee".to_owned() };
                    return vec![Act::Command(AgentCommand::SetPresence { presence })];
                }
                self.free(now)
            }
            State::Away { .. }
            | State::Free
            | State::OnBreak
            | State::Ringing { .. }
            | State::Answering { .. }
            | State::Talking { .. }
            | State::AfterCall { .. }
            | State::Writing { .. } => Vec::new(),
        }
    }

    fn refused(&mut self, now: UtcMs) -> Vec<Act> {
        match self.state {
            State::SigningIn { failures } => self.away(now, failures + 1),
            // The phone's registration may be on its way.
            State::TakingPhone | State::GettingReady => {
                self.become_until(State::TakingPhone, now + 2 * BACK_OFF_MS);
                Vec::new()
            }
            State::Finishing { .. } => self.free(now),
            State::Away { .. }
            | State::Free
            | State::OnBreak
            | State::Ringing { .. }
            | State::Answering { .. }
            | State::Talking { .. }
            | State::AfterCall { .. }
            | State::Writing { .. } => Vec::new(),
        }
    }

    fn trouble(&mut self, now: UtcMs) -> Vec<Act> {
        match self.state {
            State::SigningIn { failures } => self.away(now, failures + 1),
            State::TakingPhone
            | State::GettingReady
            | State::Free
            | State::OnBreak
            | State::AfterCall { .. }
            | State::Writing { .. }
            | State::Finishing { .. } => self.away(now, 0),
            // A call goes on without the desk.
            State::Away { .. } | State::Ringing { .. } | State::Answering { .. } | State::Talking { .. } => {
                Vec::new()
            }
        }
    }

    fn looked(&mut self, now: UtcMs, desk: &DeskView) -> Vec<Act> {
        match self.state {
            State::Free | State::AfterCall { .. } if desk.wrap_up.is_some() => {
                let interaction = desk.wrap_up.as_ref().map(|wrap_up| wrap_up.about.interaction);
                let writes_ms = self.dice.between(3_000, 10_000);
                if let Some(interaction) = interaction {
                    self.become_until(State::Writing { interaction }, now + writes_ms);
                }
                Vec::new()
            }
            State::AfterCall { looks } if looks + 1 < WRAP_UP_LOOKS => {
                self.become_until(State::AfterCall { looks: looks + 1 }, now + WRAP_UP_SHOWS_MS);
                Vec::new()
            }
            State::AfterCall { .. } => self.free(now),
            // A missed offer or a lost connection took the agent off the queue.
            State::Free if desk.presence != Presence::Ready => {
                let away_ms = self.dice.between(8_000, 30_000);
                self.become_until(State::OnBreak, now + away_ms);
                Vec::new()
            }
            State::Free if !desk.phone_registered => {
                self.become_until(State::TakingPhone, now + 2 * BACK_OFF_MS);
                Vec::new()
            }
            State::Free
            | State::Away { .. }
            | State::SigningIn { .. }
            | State::TakingPhone
            | State::GettingReady
            | State::OnBreak
            | State::Ringing { .. }
            | State::Answering { .. }
            | State::Talking { .. }
            | State::Writing { .. }
            | State::Finishing { .. } => Vec::new(),
        }
    }

    fn called(&mut self, now: UtcMs, leg: LegId) -> Vec<Act> {
        match self.state {
            // One call at a time; the server does not send a second one.
            State::Ringing { .. } | State::Answering { .. } | State::Talking { .. } => vec![Act::HangUp(leg)],
            State::Away { .. }
            | State::SigningIn { .. }
            | State::TakingPhone
            | State::GettingReady
            | State::Free
            | State::OnBreak
            | State::AfterCall { .. }
            | State::Writing { .. }
            | State::Finishing { .. } => {
                let answers = !self.dice.chance(MISSED);
                let rings_ms = self.dice.between(1_000, 4_000);
                self.become_until(State::Ringing { leg, answers }, now + rings_ms);
                vec![Act::Ring(leg)]
            }
        }
    }

    fn connected(&mut self, now: UtcMs, leg: LegId) -> Vec<Act> {
        if self.state != (State::Answering { leg }) {
            return Vec::new();
        }
        self.become_until(State::Talking { leg }, now + CALL_LIMIT_MS);
        vec![Act::Speak(leg, words(&mut self.dice))]
    }

    fn said(&mut self, now: UtcMs) -> Vec<Act> {
        let State::Talking { leg } = self.state else { return Vec::new() };
        // Half of the agents hang up themselves, the others leave the last word to the caller.
        let waits_ms = if self.dice.chance(0.5) { 800 } else { LAST_WORD_MS };
        self.wake_at = Some(now + waits_ms);
        vec![Act::Listen(leg)]
    }

    fn ended(&mut self, now: UtcMs, ended: LegId) -> Vec<Act> {
        if let State::Answering { leg } | State::Talking { leg } = self.state
            && leg == ended
        {
            self.become_until(State::AfterCall { looks: 0 }, now + WRAP_UP_SHOWS_MS);
        }
        if let State::Ringing { leg, .. } = self.state
            && leg == ended
        {
            // Missed or withdrawn: the desk says which.
            self.become_until(State::Free, now + WRAP_UP_SHOWS_MS);
        }
        Vec::new()
    }

    fn take_phone(&mut self, now: UtcMs) -> Vec<Act> {
        self.become_until(State::TakingPhone, now + ANSWER_LIMIT_MS);
        vec![Act::Command(AgentCommand::SetDevice { device: Device::Phone })]
    }

    fn get_ready(&mut self, now: UtcMs) -> Vec<Act> {
        self.become_until(State::GettingReady, now + ANSWER_LIMIT_MS);
        vec![Act::Command(AgentCommand::SetPresence { presence: Presence::Ready })]
    }

    fn free(&mut self, now: UtcMs) -> Vec<Act> {
        self.become_until(State::Free, now + LOOK_EVERY_MS);
        Vec::new()
    }

    fn become_until(&mut self, state: State, until: UtcMs) {
        self.state = state;
        self.wake_at = Some(until);
    }
}

/// What an agent says in 20 to 90 s; pauses are for the caller's words.
fn words(dice: &mut Dice) -> Vec<Prompt> {
    let says = |name: &str| Voice::Agent.says(name, Language::Ru);
    let mut words = vec![silence(300), says(HELLO), silence(dice.between(7_000, 11_000))];
    if dice.chance(0.75) {
        words.extend([says(CHECKING), silence(dice.between(5_000, 30_000))]);
        words.extend([says(SOLVED), silence(dice.between(5_000, 12_000))]);
    }
    words.push(says(FAREWELL));
    words
}

#[cfg(test)]
mod tests;
