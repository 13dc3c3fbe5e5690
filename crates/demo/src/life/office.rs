//! The simulated agents at their desks, and a supervisor's eye on the floor: everything that goes over HTTP.

use std::collections::BTreeMap;

use perezvon_model::engine::AgentCommand;
use perezvon_model::prompt::Prompt;
use perezvon_model::view::{DeskView, FloorView};
use perezvon_model::{InteractionId, LegId, QueueId, UtcMs};
use perezvon_telephony::TrunkState;
use tokio::task::JoinSet;

use super::agent::{Act, Agent, Event};
use super::desk::{Desk, DeskError, Token};
use super::{LifeConfig, lines};
use crate::company::people;
use crate::company::plan::{Company, Line};
use crate::dice::Dice;
use crate::history;

/// Requests on their way at once; one more is answered as if the server were away.
const REQUESTS: usize = 64;
/// Between looks at the floor while a caller waits, and while none does.
const FLOOR_MS: i64 = 1_000;
const IDLE_FLOOR_MS: i64 = 10_000;
const SUPERVISOR_BACK_OFF_MS: i64 = 5_000;

/// What an agent does with the phone.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PhoneAct {
    Ring(LegId),
    Answer(LegId),
    Speak(LegId, Vec<Prompt>),
    Listen(LegId),
    HangUp(LegId),
}

/// What came back from the server.
pub(super) enum Answer {
    SignedIn { agent: usize, result: Result<Token, DeskError> },
    Command { agent: usize, result: Result<(), DeskError> },
    Desk { agent: usize, result: Result<DeskView, DeskError> },
    Supervisor(Result<Token, DeskError>),
    Floor(Result<FloorView, DeskError>),
}

struct Seat {
    username: String,
    email: String,
    agent: Agent,
    token: Option<Token>,
    /// The queue of the call that is to be written up.
    queues: BTreeMap<InteractionId, QueueId>,
}

pub(super) struct Office {
    desk: Desk,
    password: String,
    company: Company,
    dice: Dice,
    seats: Vec<Seat>,
    phones: BTreeMap<LegId, usize>,
    requests: JoinSet<Answer>,
    supervisor: Option<Token>,
    /// When to look at the floor; none while an answer is on its way.
    floor_due: Option<UtcMs>,
    floor_looked: UtcMs,
    floor: Option<FloorView>,
    health: Health,
}

/// Trouble is told once, and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Well,
    Troubled,
}

impl Office {
    pub fn new(config: &LifeConfig, mut dice: Dice, now: UtcMs) -> Self {
        let seats = lines::simulated()
            .map(|person| {
                // One after another: a sign-in costs the server some work on purpose.
                let first = now + 200 * i64::try_from(person.number).unwrap_or(0);
                Seat {
                    username: person.sip_username(),
                    email: person.email(),
                    agent: Agent::new(first, dice.split()),
                    token: None,
                    queues: BTreeMap::new(),
                }
            })
            .collect();
        Self {
            desk: Desk { http: config.http },
            password: config.password.clone(),
            company: Company::plan(),
            dice,
            seats,
            phones: BTreeMap::new(),
            requests: JoinSet::new(),
            supervisor: None,
            floor_due: Some(now),
            floor_looked: now,
            floor: None,
            health: Health::Well,
        }
    }

    pub fn wake_at(&self, somebody_waits: bool) -> Option<UtcMs> {
        let agents = self.seats.iter().filter_map(|seat| seat.agent.wake_at());
        agents.chain(self.floor_at(somebody_waits)).min()
    }

    /// Looks come sooner while a caller waits.
    fn floor_at(&self, somebody_waits: bool) -> Option<UtcMs> {
        let due = self.floor_due?;
        let soon = self.floor_looked + FLOOR_MS;
        Some(if somebody_waits && self.supervisor.is_some() { due.min(soon) } else { due })
    }

    pub fn due(&mut self, now: UtcMs, somebody_waits: bool) -> Vec<PhoneAct> {
        if self.floor_at(somebody_waits).is_some_and(|at| at <= now) {
            self.look_at_floor(now);
        }
        let is_due = |seat: &Seat| seat.agent.wake_at().is_some_and(|at| at <= now);
        let due: Vec<usize> = (0..self.seats.len()).filter(|seat| is_due(&self.seats[*seat])).collect();
        due.into_iter().flat_map(|seat| self.tell(now, seat, Event::Time)).collect()
    }

    /// The next answer; `None` while nothing was asked.
    pub async fn answered(&mut self) -> Option<Answer> {
        // A request that panicked was never answered: its agent asks again by the time limit.
        self.requests.join_next().await?.ok()
    }

    pub fn take(&mut self, now: UtcMs, answer: Answer) -> Vec<PhoneAct> {
        match answer {
            Answer::SignedIn { agent, result } => match result {
                Ok(token) => {
                    self.well();
                    self.seats[agent].token = Some(token);
                    self.tell(now, agent, Event::Done)
                }
                Err(error) => self.failed(now, agent, &error),
            },
            Answer::Command { agent, result } => match result {
                Ok(()) => self.tell(now, agent, Event::Done),
                Err(error) => self.failed(now, agent, &error),
            },
            Answer::Desk { agent, result } => match result {
                Ok(desk) => {
                    if let Some(wrap_up) = &desk.wrap_up
                        && let Some(queue) = wrap_up.about.queue
                    {
                        self.seats[agent].queues = BTreeMap::from([(wrap_up.about.interaction, queue)]);
                    }
                    self.tell(now, agent, Event::Desk(Box::new(desk)))
                }
                Err(error) => self.failed(now, agent, &error),
            },
            Answer::Supervisor(Ok(token)) => {
                self.supervisor = Some(token);
                self.floor_due = Some(now);
                Vec::new()
            }
            Answer::Floor(Ok(floor)) => {
                self.floor = Some(floor);
                self.floor_due = Some(now + IDLE_FLOOR_MS);
                Vec::new()
            }
            Answer::Supervisor(Err(error)) | Answer::Floor(Err(error)) => {
                self.troubled(&error);
                self.supervisor = None;
                self.floor_due = Some(now + SUPERVISOR_BACK_OFF_MS);
                Vec::new()
            }
        }
    }

    /// The floor, once after each look.
    pub fn seen(&mut self) -> Option<FloorView> {
        self.floor.take()
    }

    /// The server calls a phone.
    pub fn called(&mut self, now: UtcMs, username: &str, leg: LegId) -> Vec<PhoneAct> {
        let Some(seat) = self.seats.iter().position(|seat| seat.username == username) else {
            return Vec::new();
        };
        self.phones.insert(leg, seat);
        self.tell(now, seat, Event::Called(leg))
    }

    pub fn connected(&mut self, now: UtcMs, leg: LegId) -> Vec<PhoneAct> {
        self.phones
            .get(&leg)
            .copied()
            .map_or_else(Vec::new, |seat| self.tell(now, seat, Event::Connected(leg)))
    }

    pub fn said(&mut self, now: UtcMs, leg: LegId) -> Vec<PhoneAct> {
        self.phones.get(&leg).copied().map_or_else(Vec::new, |seat| self.tell(now, seat, Event::Said))
    }

    pub fn ended(&mut self, now: UtcMs, leg: LegId) -> Vec<PhoneAct> {
        self.phones.remove(&leg).map_or_else(Vec::new, |seat| self.tell(now, seat, Event::Ended(leg)))
    }

    pub fn registration(&mut self, state: &TrunkState) {
        match state {
            TrunkState::TrunkRegistered => {}
            TrunkState::TrunkFailed { reason } => tracing::debug!(reason, "a demo phone is not registered"),
        }
    }

    /// Gives up what is asked for.
    pub async fn close(&mut self) {
        self.requests.shutdown().await;
    }

    fn tell(&mut self, now: UtcMs, seat: usize, event: Event) -> Vec<PhoneAct> {
        let acts = self.seats[seat].agent.step(now, event);
        acts.into_iter().filter_map(|act| self.act(seat, act)).collect()
    }

    fn act(&mut self, seat: usize, act: Act) -> Option<PhoneAct> {
        match act {
            Act::Ring(leg) => return Some(PhoneAct::Ring(leg)),
            Act::Answer(leg) => return Some(PhoneAct::Answer(leg)),
            Act::Speak(leg, words) => return Some(PhoneAct::Speak(leg, words)),
            Act::Listen(leg) => return Some(PhoneAct::Listen(leg)),
            Act::HangUp(leg) => return Some(PhoneAct::HangUp(leg)),
            Act::SignIn => self.sign_in(seat),
            Act::Command(command) => self.command(seat, command),
            Act::LookAtDesk => self.look(seat),
            Act::WriteUp(interaction) => {
                let command = self.write_up(seat, interaction);
                self.command(seat, command);
            }
        }
        None
    }

    fn sign_in(&mut self, agent: usize) {
        let (desk, email, password) = (self.desk, self.seats[agent].email.clone(), self.password.clone());
        self.ask(
            async move { Answer::SignedIn { agent, result: desk.sign_in(&email, &password).await } },
            move |error| Answer::SignedIn { agent, result: Err(error) },
        );
    }

    fn command(&mut self, agent: usize, command: AgentCommand) {
        let (desk, token) = (self.desk, self.seats[agent].token.clone());
        self.ask(
            async move {
                let result = match token {
                    Some(token) => desk.command(&token, &command).await,
                    None => Err(DeskError::SignedOut),
                };
                Answer::Command { agent, result }
            },
            move |error| Answer::Command { agent, result: Err(error) },
        );
    }

    fn look(&mut self, agent: usize) {
        let (desk, token) = (self.desk, self.seats[agent].token.clone());
        self.ask(
            async move {
                let result = match token {
                    Some(token) => desk.look(&token).await,
                    None => Err(DeskError::SignedOut),
                };
                Answer::Desk { agent, result }
            },
            move |error| Answer::Desk { agent, result: Err(error) },
        );
    }

    fn look_at_floor(&mut self, now: UtcMs) {
        self.floor_due = None;
        self.floor_looked = now;
        let (desk, token, password) = (self.desk, self.supervisor.clone(), self.password.clone());
        self.ask(
            async move {
                match token {
                    Some(token) => Answer::Floor(desk.floor(&token).await),
                    None => Answer::Supervisor(desk.sign_in(people::SUPERVISOR.0, &password).await),
                }
            },
            |error| Answer::Floor(Err(error)),
        );
    }

    fn ask(
        &mut self,
        request: impl Future<Output = Answer> + Send + 'static,
        instead: impl FnOnce(DeskError) -> Answer + Send + 'static,
    ) {
        if self.requests.len() < REQUESTS {
            self.requests.spawn(request);
        } else {
            self.requests
                .spawn(async move { instead(DeskError::Away("too much is asked at once".to_owned())) });
        }
    }

    fn write_up(&mut self, seat: usize, interaction: InteractionId) -> AgentCommand {
        let queue = self.seats[seat].queues.remove(&interaction);
        let line = Line::ALL.into_iter().find(|line| Some(self.company.queue(*line).id) == queue);
        let (disposition, note) = match line {
            Some(line) => {
                let (disposition, note) = history::write(&self.company, line, &mut self.dice);
                (Some(disposition), note)
            }
            // A queue that somebody added: no disposition of ours need fit it.
            None => (None, String::new()),
        };
        AgentCommand::WrapUp { interaction, disposition, note, finish: true }
    }

    fn failed(&mut self, now: UtcMs, agent: usize, error: &DeskError) -> Vec<PhoneAct> {
        match error {
            DeskError::Away(_) | DeskError::SignedOut => {
                self.troubled(error);
                self.tell(now, agent, Event::Trouble)
            }
            DeskError::Refused(..) => {
                tracing::debug!(agent = self.seats[agent].username, %error, "the desk refused");
                self.tell(now, agent, Event::Refused)
            }
        }
    }

    fn troubled(&mut self, error: &DeskError) {
        if self.health == Health::Well {
            self.health = Health::Troubled;
            tracing::warn!(%error, "the demo's agents cannot reach their desks; they go on trying");
        }
    }

    fn well(&mut self) {
        if self.health == Health::Troubled {
            self.health = Health::Well;
            tracing::info!("the demo's agents are back at their desks");
        }
    }
}
