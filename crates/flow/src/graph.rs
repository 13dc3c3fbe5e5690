//! The words of a flow, as they stand in JSON.

use perezvon_model::hours::{Date, Opening};
use perezvon_model::leg::Cause;
use perezvon_model::prompt::{Language, Prompt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the JSON form that this program writes and reads.
pub const VERSION: u32 = 1;

/// A whole flow: where a call begins and what each node does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// The version of this form: 1.
    pub version: u32,
    /// The node at which a call begins.
    pub start: String,
    /// Nodes by their id: 1 to 64 of `a-z`, `0-9`, `_` and `-`.
    pub nodes: BTreeMap<String, Node>,
}

/// One step of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Node {
    Play(Play),
    Menu(Menu),
    Collect(Collect),
    Hours(Hours),
    Language(SetLanguage),
    Queue(Queue),
    Transfer(Transfer),
    HangUp(HangUp),
}

/// Plays prompts one after another. A digit interrupts it and counts for the next menu or entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Play {
    pub prompts: Vec<Say>,
    /// The node that follows.
    pub next: String,
}

/// Asks for one digit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    pub prompts: Vec<Say>,
    /// Where each of `0-9`, `*` and `#` leads.
    pub choices: BTreeMap<char, String>,
    /// Seconds of silence after the prompt that end a try. 1 to 60.
    #[serde(default = "Menu::timeout_s")]
    pub timeout_s: u32,
    /// How often the menu is said before `on_timeout` or `on_invalid`. 1 to 10.
    #[serde(default = "two_tries")]
    pub tries: u32,
    /// Said before the menu is repeated after a digit that leads nowhere.
    #[serde(default)]
    pub invalid_prompts: Vec<Say>,
    /// The node after the last try, when nothing was pressed.
    pub on_timeout: String,
    /// The node after the last try, when a digit that leads nowhere was pressed.
    pub on_invalid: String,
}

/// Asks for a number of several digits; `#` finishes it early, `*` starts it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    pub prompts: Vec<Say>,
    /// The name that desk and journal show, such as `account`. 1 to 64 characters.
    pub name: String,
    /// 1 to 32.
    #[serde(default = "Collect::min_digits")]
    pub min_digits: u32,
    /// 1 to 32.
    pub max_digits: u32,
    /// Seconds of silence after the prompt that end a try. 1 to 60.
    #[serde(default = "Collect::timeout_s")]
    pub timeout_s: u32,
    /// Seconds of silence after a digit that finish the number. 1 to 30.
    #[serde(default = "Collect::between_digits_s")]
    pub between_digits_s: u32,
    /// How often the caller is asked before `on_fail`. 1 to 10.
    #[serde(default = "two_tries")]
    pub tries: u32,
    /// Said before the prompt is repeated after too few digits.
    #[serde(default)]
    pub invalid_prompts: Vec<Say>,
    /// The node after a number was given.
    pub next: String,
    /// The node after the last try, when no number was given.
    pub on_fail: String,
}

/// Leads on by the time of the day in the tenant's time zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// When it is open; at other times it is closed.
    pub week: Vec<Opening>,
    /// Days on which it is closed from midnight to midnight.
    #[serde(default)]
    pub holidays: Vec<Date>,
    /// The node while open.
    pub open: String,
    /// The node while closed.
    pub closed: String,
}

/// Sets the language of all that follows: at once, or as the caller chooses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetLanguage {
    /// The language that is set at once or, with `choices`, when the caller says nothing or something else.
    pub language: Language,
    /// Digits and the language of each; empty sets `language` at once.
    #[serde(default)]
    pub choices: BTreeMap<char, Language>,
    /// Said before the caller chooses.
    #[serde(default)]
    pub prompts: Vec<Say>,
    /// Seconds of silence after the prompt. 1 to 60.
    #[serde(default = "Menu::timeout_s")]
    pub timeout_s: u32,
    /// The node that follows.
    pub next: String,
}

/// The caller waits for an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// The key of the queue, such as `support`.
    pub queue: String,
    /// Said once while the caller waits already; music follows.
    #[serde(default)]
    pub prompts: Vec<Say>,
    /// Say the position every so many seconds, 10 to 600, or 0 for never; the queue's own setting when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announce_every_s: Option<u32>,
    /// What the agent needs beside what the queue asks for; kept in every further queue until another node says
    /// otherwise. 8 at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<Need>,
    /// Points of priority beside those of the queue, kept as the skills are. -1,000 to 1,000.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// The id of a person for whom the caller is held first, while signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// For how long. 1 to 600 s.
    #[serde(default = "Queue::agent_s")]
    pub agent_s: u32,
    /// The longest wait. 1 to 14,400 s.
    #[serde(default = "Queue::max_wait_s")]
    pub max_wait_s: u32,
    /// The node after the longest wait; without it the caller is told that all are busy, and let go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_max_wait: Option<String>,
    /// The node when as many wait as may; without it the caller is told that all are busy, and let go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_full: Option<String>,
}

/// A skill, and the least level that will do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// The key of the skill, such as `english`.
    pub skill: String,
    /// 1 to 10.
    #[serde(default = "Need::level")]
    pub level: u8,
}

/// Calls somebody outside and joins the caller with them; both end together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// A SIP URI (`sip:desk@192.0.2.7`) or a telephone number (`+74951234567`).
    pub to: String,
    /// The key of the trunk to call through; the one that the call came on when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trunk: Option<String>,
    /// How long it rings. 3 to 120 s.
    #[serde(default = "Transfer::ring_s")]
    pub ring_s: u32,
    /// Record both from the moment they are joined, in stereo as with an agent.
    #[serde(default)]
    pub record: bool,
    /// The node when the call is not answered.
    pub on_fail: String,
}

/// Ends the call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HangUp {
    /// What the caller's exchange is told when the call was not answered yet.
    #[serde(default)]
    pub cause: HangUpCause,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HangUpCause {
    #[default]
    Normal,
    Busy,
    Declined,
    Unavailable,
    NotFound,
    Forbidden,
}

impl From<HangUpCause> for Cause {
    fn from(cause: HangUpCause) -> Cause {
        match cause {
            HangUpCause::Normal => Cause::Normal,
            HangUpCause::Busy => Cause::Busy,
            HangUpCause::Declined => Cause::Declined,
            HangUpCause::Unavailable => Cause::Unavailable,
            HangUpCause::NotFound => Cause::NotFound,
            HangUpCause::Forbidden => Cause::Forbidden,
        }
    }
}

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a prompt is a name such as \"greeting\", or {\"number\": 5}")]
pub enum Say {
    /// A prompt of the library by its name, in the call's language.
    Named(String),
    /// A number, spoken.
    Number(SayNumber),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SayNumber {
    /// 0 to 20.
    pub number: u32,
}

impl Say {
    pub fn prompt(&self, language: Language) -> Prompt {
        match self {
            Say::Named(name) => Prompt::Named { name: name.clone(), language },
            Say::Number(SayNumber { number }) => Prompt::Number { value: *number, language },
        }
    }
}

fn two_tries() -> u32 {
    2
}

impl Menu {
    fn timeout_s() -> u32 {
        5
    }
}

impl Collect {
    fn min_digits() -> u32 {
        1
    }
    fn timeout_s() -> u32 {
        8
    }
    fn between_digits_s() -> u32 {
        4
    }
}

impl Queue {
    fn max_wait_s() -> u32 {
        3_600
    }

    fn agent_s() -> u32 {
        30
    }
}

impl Need {
    fn level() -> u8 {
        1
    }
}

fn is_zero(number: &i32) -> bool {
    *number == 0
}

impl Transfer {
    fn ring_s() -> u32 {
        30
    }
}

/// How an edge of the graph is walked, for the search of loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The caller acts or time passes in a wait before this edge is taken.
    Waits,
    /// Nothing but prompts stands before this edge.
    Rushes,
}

/// One way out of a node.
pub struct Exit<'a> {
    pub field: String,
    pub target: &'a str,
    pub pace: Pace,
}

impl Node {
    /// The word of the JSON `type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Node::Play(_) => "play",
            Node::Menu(_) => "menu",
            Node::Collect(_) => "collect",
            Node::Hours(_) => "hours",
            Node::Language(_) => "language",
            Node::Queue(_) => "queue",
            Node::Transfer(_) => "transfer",
            Node::HangUp(_) => "hang_up",
        }
    }

    /// Every way out, in the order of the fields.
    pub fn exits(&self) -> Vec<Exit<'_>> {
        fn exit<'a>(field: &str, target: &'a str, pace: Pace) -> Exit<'a> {
            Exit { field: field.to_owned(), target, pace }
        }
        match self {
            Node::Play(play) => vec![exit("next", &play.next, Pace::Rushes)],
            Node::Menu(menu) => menu
                .choices
                .iter()
                .map(|(digit, target)| exit(&format!("choices.{digit}"), target, Pace::Waits))
                .chain([
                    exit("on_timeout", &menu.on_timeout, Pace::Waits),
                    exit("on_invalid", &menu.on_invalid, Pace::Waits),
                ])
                .collect(),
            Node::Collect(collect) => {
                vec![exit("next", &collect.next, Pace::Waits), exit("on_fail", &collect.on_fail, Pace::Waits)]
            }
            Node::Hours(hours) => {
                vec![exit("open", &hours.open, Pace::Rushes), exit("closed", &hours.closed, Pace::Rushes)]
            }
            Node::Language(language) => {
                let pace = if language.choices.is_empty() { Pace::Rushes } else { Pace::Waits };
                vec![exit("next", &language.next, pace)]
            }
            // A full queue and a failed dial come back at once: a loop over them would spin.
            Node::Queue(queue) => queue
                .on_max_wait
                .iter()
                .map(|target| exit("on_max_wait", target, Pace::Waits))
                .chain(queue.on_full.iter().map(|target| exit("on_full", target, Pace::Rushes)))
                .collect(),
            Node::Transfer(transfer) => vec![exit("on_fail", &transfer.on_fail, Pace::Rushes)],
            Node::HangUp(_) => Vec::new(),
        }
    }

    /// Whether a call can end here with the caller served or let go.
    pub fn may_end(&self) -> bool {
        match self {
            Node::Queue(_) | Node::Transfer(_) | Node::HangUp(_) => true,
            Node::Play(_) | Node::Menu(_) | Node::Collect(_) | Node::Hours(_) | Node::Language(_) => false,
        }
    }

    /// Every list of prompts with the name of its field.
    pub fn prompts(&self) -> Vec<(&'static str, &[Say])> {
        match self {
            Node::Play(play) => vec![("prompts", &play.prompts)],
            Node::Menu(menu) => vec![("prompts", &menu.prompts), ("invalid_prompts", &menu.invalid_prompts)],
            Node::Collect(collect) => {
                vec![("prompts", &collect.prompts), ("invalid_prompts", &collect.invalid_prompts)]
            }
            Node::Language(language) => vec![("prompts", &language.prompts)],
            Node::Queue(queue) => vec![("prompts", &queue.prompts)],
            Node::Hours(_) | Node::Transfer(_) | Node::HangUp(_) => Vec::new(),
        }
    }
}
