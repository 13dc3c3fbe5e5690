//! One call on its way through a flow: fed with what happened, it answers with what to do. Every wait has a limit.

use perezvon_model::hours::is_open;
use perezvon_model::leg::Cause;
use perezvon_model::prompt::{Language, Prompt};
use perezvon_model::{UserId, UtcMs};
use std::sync::Arc;

use crate::check::Checked;
use crate::entry::{Answer, Entry};
use crate::graph::{Node, Say};

/// The longest that a list of prompts may play; a lost `PlayDone` cannot hold a call for ever.
pub const PLAY_LIMIT_MS: i64 = 300_000;
/// The most nodes that one call may enter; a silent caller in a loop of menus is let go.
pub const MAX_VISITS: u32 = 500;

/// What happened to the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Start,
    Digit(char),
    /// The prompts of the last [`Action::Play`] were played to their end.
    PlayDone,
    /// The time of [`Run::deadline`] has come.
    Timeout,
    /// The queue of [`Action::Queue`] takes nobody, or is not there.
    QueueFull,
    /// The longest wait in the queue is over.
    QueueLimit,
    /// The party of [`Action::Transfer`] did not answer.
    TransferFailed,
}

/// What the engine is to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The call came to a node.
    Entered {
        node: String,
        kind: &'static str,
    },
    /// Play this list once; it replaces what plays.
    Play(Vec<Prompt>),
    StopPlay,
    /// Speak this language from now on.
    Speak(Language),
    /// The caller gave digits at a menu or an entry.
    Collected {
        node: String,
        name: String,
        value: String,
    },
    /// Wait for an agent; answered by `QueueFull`, `QueueLimit`, or never.
    Queue(QueueStay),
    /// Call an outside party; answered by `TransferFailed`, or never.
    Transfer {
        to: String,
        trunk: Option<String>,
        ring_ms: i64,
        record: bool,
    },
    /// Say that all are busy, and let the caller go.
    GiveUp,
    HangUp(Cause),
}

/// How the caller waits in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueStay {
    pub key: String,
    pub prompts: Vec<Prompt>,
    /// `None`: as the queue is set.
    pub announce_every_s: Option<u32>,
    pub max_wait_ms: i64,
    /// Held for this agent first, for so many milliseconds.
    pub agent: Option<(UserId, i64)>,
    /// Keys of skills, and their least levels, beside those of the queue.
    pub skills: Vec<(String, u8)>,
    /// Points of priority beside those of the queue.
    pub priority: i16,
}

#[derive(Debug)]
enum Wait {
    /// Not begun.
    Begin,
    Playing,
    Asking(Entry),
    InQueue,
    Transferring,
    Over,
}

#[derive(Debug)]
pub struct Run {
    flow: Arc<Checked>,
    at: usize,
    wait: Wait,
    deadline: Option<UtcMs>,
    /// The digit that cut off a prompt and belongs to the next node that asks for one.
    typed: Option<char>,
    language: Language,
    visits: u32,
}

/// Where the call goes after an event.
enum Next {
    Stay,
    Go(usize),
}

impl Run {
    pub fn new(flow: Arc<Checked>, language: Language) -> Run {
        let at = flow.start;
        Run { flow, at, wait: Wait::Begin, deadline: None, typed: None, language, visits: 0 }
    }

    /// When to feed [`Event::Timeout`], if nothing else happens before.
    pub fn deadline(&self) -> Option<UtcMs> {
        self.deadline
    }

    pub fn language(&self) -> Language {
        self.language
    }

    /// The id of the node where the call is.
    pub fn node(&self) -> &str {
        &self.flow.nodes[self.at].0
    }

    /// Takes one event; appends what to do. An event that does not fit the moment does nothing.
    pub fn step(&mut self, now: UtcMs, utc_offset_min: i32, event: Event, actions: &mut Vec<Action>) {
        let flow = Arc::clone(&self.flow);
        let mut next = self.react(&flow, now, event, actions);
        while let Next::Go(at) = next {
            self.visits += 1;
            if self.visits > MAX_VISITS {
                self.finish(Action::HangUp(Cause::Normal), actions);
                return;
            }
            self.at = at;
            next = self.enter(&flow, now, utc_offset_min, actions);
        }
    }

    fn react(&mut self, flow: &Checked, now: UtcMs, event: Event, actions: &mut Vec<Action>) -> Next {
        match (&mut self.wait, event) {
            (Wait::Begin, Event::Start) => Next::Go(flow.start),
            (Wait::Playing, Event::PlayDone | Event::Timeout) => self.after_play(flow),
            (Wait::Playing, Event::Digit(digit)) => {
                self.typed = Some(digit);
                actions.push(Action::StopPlay);
                self.after_play(flow)
            }
            (Wait::Asking(entry), Event::Digit(digit)) => {
                if entry.interrupts_prompt() {
                    actions.push(Action::StopPlay);
                }
                let answer = entry.digit(&flow.nodes[self.at].1, digit);
                self.answered(flow, now, answer, actions)
            }
            (Wait::Asking(entry), Event::PlayDone) => {
                let answer = entry.prompt_over();
                self.answered(flow, now, answer, actions)
            }
            (Wait::Asking(entry), Event::Timeout) => {
                let answer = entry.timeout(&flow.nodes[self.at].1);
                self.answered(flow, now, answer, actions)
            }
            (Wait::InQueue, Event::QueueFull) => {
                let target = queue_exit(&flow.nodes[self.at].1, Event::QueueFull);
                self.leave_queue(flow, target, actions)
            }
            (Wait::InQueue, Event::QueueLimit) => {
                let target = queue_exit(&flow.nodes[self.at].1, Event::QueueLimit);
                self.leave_queue(flow, target, actions)
            }
            (Wait::Transferring, Event::TransferFailed) => match &flow.nodes[self.at].1 {
                Node::Transfer(transfer) => Next::Go(flow.place(&transfer.on_fail)),
                other => unreachable!("a call transfers only at a transfer node, not at {}", other.kind()),
            },
            // A late or doubled event of the outside world: the moment that it belonged to is over.
            (Wait::Begin | Wait::Playing | Wait::Asking(_) | Wait::InQueue, _)
            | (Wait::Transferring | Wait::Over, _) => Next::Stay,
        }
    }

    fn after_play(&mut self, flow: &Checked) -> Next {
        match &flow.nodes[self.at].1 {
            Node::Play(play) => Next::Go(flow.place(&play.next)),
            other => unreachable!("a call plays only at a play node, not at {}", other.kind()),
        }
    }

    fn leave_queue(&mut self, flow: &Checked, target: Option<&String>, actions: &mut Vec<Action>) -> Next {
        match target {
            Some(target) => Next::Go(flow.place(target)),
            None => {
                self.finish(Action::GiveUp, actions);
                Next::Stay
            }
        }
    }

    fn enter(&mut self, flow: &Checked, now: UtcMs, utc_offset_min: i32, actions: &mut Vec<Action>) -> Next {
        let (id, node) = &flow.nodes[self.at];
        actions.push(Action::Entered { node: id.clone(), kind: node.kind() });
        self.deadline = None;
        match node {
            Node::Play(play) if self.typed.is_some() => Next::Go(flow.place(&play.next)),
            Node::Play(play) => {
                self.wait = Wait::Playing;
                self.deadline = Some(now + PLAY_LIMIT_MS);
                actions.push(self.play(&play.prompts));
                Next::Stay
            }
            Node::Hours(hours) => {
                let open = is_open(&hours.week, &hours.holidays, now, utc_offset_min);
                Next::Go(flow.place(if open { &hours.open } else { &hours.closed }))
            }
            Node::Language(language) if language.choices.is_empty() => {
                self.speak(language.language, actions);
                Next::Go(flow.place(&language.next))
            }
            Node::Menu(_) | Node::Collect(_) | Node::Language(_) => {
                let mut entry = Entry::new();
                // A digit that was pressed ahead answers before anything is said.
                let answer = match self.typed.take() {
                    Some(digit) => entry.digit(node, digit),
                    None => Answer::Ask,
                };
                self.wait = Wait::Asking(entry);
                self.answered(flow, now, answer, actions)
            }
            Node::Queue(queue) => {
                self.typed = None;
                self.wait = Wait::InQueue;
                actions.push(Action::Queue(QueueStay {
                    key: queue.queue.clone(),
                    prompts: queue.prompts.iter().map(|say| say.prompt(self.language)).collect(),
                    announce_every_s: queue.announce_every_s,
                    max_wait_ms: i64::from(queue.max_wait_s) * 1_000,
                    agent: queue
                        .agent
                        .as_ref()
                        .and_then(|agent| agent.parse().ok())
                        .map(|agent| (agent, i64::from(queue.agent_s) * 1_000)),
                    skills: queue.skills.iter().map(|need| (need.skill.clone(), need.level)).collect(),
                    priority: i16::try_from(queue.priority).unwrap_or_default(),
                }));
                Next::Stay
            }
            Node::Transfer(transfer) => {
                self.typed = None;
                self.wait = Wait::Transferring;
                actions.push(Action::Transfer {
                    to: transfer.to.clone(),
                    trunk: transfer.trunk.clone(),
                    ring_ms: i64::from(transfer.ring_s) * 1_000,
                    record: transfer.record,
                });
                Next::Stay
            }
            Node::HangUp(hang_up) => {
                self.finish(Action::HangUp(hang_up.cause.into()), actions);
                Next::Stay
            }
        }
    }

    /// Carries out what an entry came to.
    fn answered(&mut self, flow: &Checked, now: UtcMs, answer: Answer, actions: &mut Vec<Action>) -> Next {
        let (id, node) = &flow.nodes[self.at];
        match answer {
            Answer::Ask => {
                self.deadline = Some(now + PLAY_LIMIT_MS);
                actions.push(self.play(asked_prompts(node)));
                Next::Stay
            }
            Answer::AskAgain => {
                self.deadline = Some(now + PLAY_LIMIT_MS);
                let again: Vec<Say> =
                    invalid_prompts(node).iter().chain(asked_prompts(node)).cloned().collect();
                actions.push(self.play(&again));
                Next::Stay
            }
            Answer::Listen => {
                self.deadline = Some(now + first_digit_ms(node));
                Next::Stay
            }
            Answer::More => {
                self.deadline = Some(now + next_digit_ms(node));
                Next::Stay
            }
            Answer::Given { value, target } => {
                actions.push(Action::Collected {
                    node: id.clone(),
                    name: collected_name(id, node).to_owned(),
                    value,
                });
                Next::Go(flow.place(&target))
            }
            Answer::Chosen { value, language, target } => {
                actions.push(Action::Collected { node: id.clone(), name: id.clone(), value });
                self.speak(language, actions);
                Next::Go(flow.place(&target))
            }
            Answer::Silent { language, target } => {
                if let Some(language) = language {
                    self.speak(language, actions);
                }
                Next::Go(flow.place(&target))
            }
        }
    }

    fn speak(&mut self, language: Language, actions: &mut Vec<Action>) {
        self.language = language;
        actions.push(Action::Speak(language));
    }

    fn play(&self, prompts: &[Say]) -> Action {
        Action::Play(prompts.iter().map(|say| say.prompt(self.language)).collect())
    }

    fn finish(&mut self, action: Action, actions: &mut Vec<Action>) {
        self.wait = Wait::Over;
        self.deadline = None;
        actions.push(action);
    }
}

fn queue_exit(node: &Node, event: Event) -> Option<&String> {
    match node {
        Node::Queue(queue) if event == Event::QueueLimit => queue.on_max_wait.as_ref(),
        Node::Queue(queue) => queue.on_full.as_ref(),
        other => unreachable!("a call waits only at a queue node, not at {}", other.kind()),
    }
}

fn asked_prompts(node: &Node) -> &[Say] {
    match node {
        Node::Menu(menu) => &menu.prompts,
        Node::Collect(collect) => &collect.prompts,
        Node::Language(language) => &language.prompts,
        Node::Play(_) | Node::Hours(_) | Node::Queue(_) | Node::Transfer(_) | Node::HangUp(_) => &[],
    }
}

fn invalid_prompts(node: &Node) -> &[Say] {
    match node {
        Node::Menu(menu) => &menu.invalid_prompts,
        Node::Collect(collect) => &collect.invalid_prompts,
        Node::Play(_)
        | Node::Hours(_)
        | Node::Language(_)
        | Node::Queue(_)
        | Node::Transfer(_)
        | Node::HangUp(_) => &[],
    }
}

fn first_digit_ms(node: &Node) -> i64 {
    let seconds = match node {
        Node::Menu(menu) => menu.timeout_s,
        Node::Collect(collect) => collect.timeout_s,
        Node::Language(language) => language.timeout_s,
        Node::Play(_) | Node::Hours(_) | Node::Queue(_) | Node::Transfer(_) | Node::HangUp(_) => 0,
    };
    i64::from(seconds) * 1_000
}

fn next_digit_ms(node: &Node) -> i64 {
    match node {
        Node::Collect(collect) => i64::from(collect.between_digits_s) * 1_000,
        Node::Menu(_)
        | Node::Play(_)
        | Node::Hours(_)
        | Node::Language(_)
        | Node::Queue(_)
        | Node::Transfer(_)
        | Node::HangUp(_) => first_digit_ms(node),
    }
}

fn collected_name<'a>(id: &'a str, node: &'a Node) -> &'a str {
    match node {
        Node::Collect(collect) => &collect.name,
        Node::Menu(_)
        | Node::Play(_)
        | Node::Hours(_)
        | Node::Language(_)
        | Node::Queue(_)
        | Node::Transfer(_)
        | Node::HangUp(_) => id,
    }
}
