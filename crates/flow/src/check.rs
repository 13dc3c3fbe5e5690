//! What is looked at before a flow may answer calls: every fault is found where it stands, none by a caller.

use std::collections::{BTreeMap, BTreeSet};

use perezvon_model::UserId;

use crate::graph::{Collect, Flow, Node, Pace, Say, SayNumber, VERSION};

/// The longest JSON text of a flow.
pub const MAX_JSON_BYTES: usize = 256 * 1024;
/// The most nodes of a flow.
pub const MAX_NODES: usize = 500;
/// The most prompts in one list, the most rows of hours, and the most holidays.
pub const MAX_LIST: usize = 100;
const MAX_NAME_CHARS: usize = 64;
const MAX_URI_CHARS: usize = 128;
/// The largest number that the library speaks.
const MAX_SPOKEN: u32 = 20;

/// One fault of a flow, where it stands, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// The node's id; empty when it is about the whole flow.
    pub node: String,
    /// The field within the node, such as `choices.1`; empty when it is about the whole node.
    pub field: String,
    pub message: String,
}

impl Problem {
    pub(crate) fn of_flow(field: &str, message: String) -> Problem {
        Problem { node: String::new(), field: field.to_owned(), message }
    }
}

/// The most skills that a node asks for.
const MAX_NEEDS: usize = 8;

/// Names that a flow may use. `None`: not known here, so not checked.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Names of prompts in the library, without the language.
    pub prompts: Option<BTreeSet<String>>,
    /// Keys of the tenant's queues.
    pub queues: Option<BTreeSet<String>>,
    /// Keys of the tenant's skills.
    pub skills: Option<BTreeSet<String>>,
}

/// A flow without faults, ready to run.
#[derive(Debug, PartialEq)]
pub struct Checked {
    pub(crate) start: usize,
    pub(crate) nodes: Vec<(String, Node)>,
    index: BTreeMap<String, usize>,
}

impl Checked {
    pub(crate) fn new(flow: Flow) -> Checked {
        let index: BTreeMap<String, usize> =
            flow.nodes.keys().enumerate().map(|(at, id)| (id.clone(), at)).collect();
        let start = index[&flow.start];
        Checked { start, nodes: flow.nodes.into_iter().collect(), index }
    }

    /// The place of a node that the check has found to exist.
    pub(crate) fn place(&self, id: &str) -> usize {
        self.index[id]
    }
}

impl Flow {
    /// Every fault, in the order of the nodes; empty when the flow may be used.
    pub fn check(&self, known: &Known) -> Vec<Problem> {
        let mut found = Vec::new();
        self.check_outline(&mut found);
        for (id, node) in &self.nodes {
            let mut report = Report { node: id, found: &mut found };
            check_id(id, &mut report);
            for exit in node.exits() {
                if !self.nodes.contains_key(exit.target) {
                    report.say(&exit.field, format!("leads to `{}`, and there is no such node", exit.target));
                }
            }
            for (field, prompts) in node.prompts() {
                check_prompts(field, prompts, known, &mut report);
            }
            check_ranges(node, known, &mut report);
        }
        // The shape of the graph is worth a look only when its edges are whole.
        if found.is_empty() {
            self.check_reach(&mut found);
            self.check_ends(&mut found);
            self.check_loops(&mut found);
        }
        found
    }

    fn check_outline(&self, found: &mut Vec<Problem>) {
        if self.version != VERSION {
            found.push(Problem::of_flow(
                "version",
                format!("version {} is not known; write {VERSION}", self.version),
            ));
        }
        if self.nodes.is_empty() || self.nodes.len() > MAX_NODES {
            found.push(Problem::of_flow("nodes", format!("a flow has 1 to {MAX_NODES} nodes")));
        }
        if !self.nodes.contains_key(&self.start) {
            found.push(Problem::of_flow(
                "start",
                format!("names `{}`, and there is no such node", self.start),
            ));
        }
    }

    fn check_reach(&self, found: &mut Vec<Problem>) {
        let mut reached = BTreeSet::from([self.start.as_str()]);
        let mut open = vec![self.start.as_str()];
        while let Some(id) = open.pop() {
            for exit in self.nodes[id].exits() {
                if reached.insert(exit.target) {
                    open.push(exit.target);
                }
            }
        }
        for id in self.nodes.keys().filter(|id| !reached.contains(id.as_str())) {
            found.push(Problem {
                node: id.clone(),
                field: String::new(),
                message: "no call can come here; lead to it or remove it".into(),
            });
        }
    }

    fn check_ends(&self, found: &mut Vec<Problem>) {
        let mut ends: BTreeSet<&str> =
            self.nodes.iter().filter(|(_, node)| node.may_end()).map(|(id, _)| id.as_str()).collect();
        loop {
            let before = ends.len();
            for (id, node) in &self.nodes {
                if node.exits().iter().any(|exit| ends.contains(exit.target)) {
                    ends.insert(id);
                }
            }
            if ends.len() == before {
                break;
            }
        }
        for id in self.nodes.keys().filter(|id| !ends.contains(id.as_str())) {
            found.push(Problem {
                node: id.clone(),
                field: String::new(),
                message: "is a dead end: from here no queue, transfer or hang-up can be reached".into(),
            });
        }
    }

    /// Finds nodes that lie on a cycle of edges that neither the caller nor time breaks.
    fn check_loops(&self, found: &mut Vec<Problem>) {
        for id in self.nodes.keys() {
            let mut seen: BTreeSet<&str> = BTreeSet::new();
            let mut open = vec![id.as_str()];
            let mut circles = false;
            while let Some(at) = open.pop() {
                for exit in self.nodes[at].exits() {
                    if exit.pace == Pace::Waits {
                        continue;
                    }
                    circles |= exit.target == id;
                    if seen.insert(exit.target) {
                        open.push(exit.target);
                    }
                }
            }
            if circles {
                found.push(Problem {
                    node: id.clone(),
                    field: String::new(),
                    message: "is in a loop without an exit: nothing that the caller does breaks it; \
                              put a menu or an entry into it, or lead out of it"
                        .into(),
                });
            }
        }
    }
}

struct Report<'a> {
    node: &'a str,
    found: &'a mut Vec<Problem>,
}

impl Report<'_> {
    fn say(&mut self, field: &str, message: String) {
        self.found.push(Problem { node: self.node.to_owned(), field: field.to_owned(), message });
    }

    fn range(&mut self, field: &str, value: u32, least: u32, most: u32) {
        if !(least..=most).contains(&value) {
            self.say(field, format!("is {value}; write {least} to {most}"));
        }
    }
}

fn check_id(id: &str, report: &mut Report<'_>) {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    if id.is_empty() || id.len() > MAX_NAME_CHARS || !id.bytes().all(plain) {
        report.say("", format!("a node's id is 1 to {MAX_NAME_CHARS} of a-z, 0-9, _ and -"));
    }
}

fn check_prompts(field: &str, prompts: &[Say], known: &Known, report: &mut Report<'_>) {
    if prompts.len() > MAX_LIST {
        report.say(field, format!("has more than {MAX_LIST} prompts"));
    }
    for say in prompts {
        match say {
            Say::Named(name) => {
                if known.prompts.as_ref().is_some_and(|names| !names.contains(name)) {
                    report.say(field, format!("there is no prompt `{name}` in the library"));
                }
            }
            Say::Number(SayNumber { number }) => report.range(field, *number, 0, MAX_SPOKEN),
        }
    }
}

fn check_digits<'a>(field: &str, digits: impl Iterator<Item = &'a char>, report: &mut Report<'_>) {
    for digit in digits {
        if !(digit.is_ascii_digit() || matches!(digit, '*' | '#')) {
            report.say(field, format!("`{digit}` is not on a telephone; use 0-9, * and #"));
        }
    }
}

fn needs_prompts(prompts: &[Say], report: &mut Report<'_>) {
    if prompts.is_empty() {
        report.say("prompts", "is empty; the caller must hear what to do".into());
    }
}

fn check_ranges(node: &Node, known: &Known, report: &mut Report<'_>) {
    match node {
        Node::Play(play) => needs_prompts(&play.prompts, report),
        Node::Menu(menu) => {
            needs_prompts(&menu.prompts, report);
            if menu.choices.is_empty() {
                report.say("choices", "is empty; give at least one digit".into());
            }
            check_digits("choices", menu.choices.keys(), report);
            report.range("timeout_s", menu.timeout_s, 1, 60);
            report.range("tries", menu.tries, 1, 10);
        }
        Node::Collect(collect) => check_collect(collect, report),
        Node::Hours(hours) => {
            for (field, length) in [("week", hours.week.len()), ("holidays", hours.holidays.len())] {
                if length > MAX_LIST {
                    report.say(field, format!("has more than {MAX_LIST} rows"));
                }
            }
            for row in &hours.week {
                if row.days.is_empty() {
                    report.say("week", "a row names no day".into());
                }
                if row.from >= row.to {
                    report.say("week", "a row ends before it begins; split a night at 24:00".into());
                }
            }
        }
        Node::Language(language) => {
            check_digits("choices", language.choices.keys(), report);
            report.range("timeout_s", language.timeout_s, 1, 60);
            if language.choices.is_empty() != language.prompts.is_empty() {
                report.say(
                    "choices",
                    "give both choices and prompts, or neither to set the language at once".into(),
                );
            }
        }
        Node::Queue(queue) => {
            if known.queues.as_ref().is_some_and(|keys| !keys.contains(&queue.queue)) {
                report.say("queue", format!("there is no queue `{}`", queue.queue));
            }
            if let Some(every) = queue.announce_every_s
                && every != 0
            {
                report.range("announce_every_s", every, 10, 600);
            }
            report.range("max_wait_s", queue.max_wait_s, 1, 14_400);
            if queue.skills.len() > MAX_NEEDS {
                report.say("skills", format!("give {MAX_NEEDS} at most"));
            }
            for (n, need) in queue.skills.iter().take(MAX_NEEDS).enumerate() {
                let field = format!("skills.{n}");
                if known.skills.as_ref().is_some_and(|keys| !keys.contains(&need.skill)) {
                    report.say(&field, format!("there is no skill `{}`", need.skill));
                }
                report.range(&field, u32::from(need.level), 1, 10);
                if queue.skills[..n].iter().any(|other| other.skill == need.skill) {
                    report.say(&field, format!("`{}` is asked for twice", need.skill));
                }
            }
            if !(-1_000..=1_000).contains(&queue.priority) {
                report.say("priority", "write a whole number from -1000 to 1000".into());
            }
            report.range("agent_s", queue.agent_s, 1, 600);
            if queue.agent.as_ref().is_some_and(|agent| agent.parse::<UserId>().is_err()) {
                report.say("agent", "write the id of a person, or leave it out".into());
            }
        }
        Node::Transfer(transfer) => {
            report.range("ring_s", transfer.ring_s, 3, 120);
            if !is_dialable(&transfer.to) {
                report.say(
                    "to",
                    "write a SIP URI such as sip:desk@192.0.2.7, or a number such as +74951234567".into(),
                );
            }
        }
        Node::HangUp(_) => {}
    }
}

fn check_collect(collect: &Collect, report: &mut Report<'_>) {
    needs_prompts(&collect.prompts, report);
    if collect.name.is_empty() || collect.name.chars().count() > MAX_NAME_CHARS {
        report.say("name", format!("write a name of 1 to {MAX_NAME_CHARS} characters"));
    }
    report.range("min_digits", collect.min_digits, 1, 32);
    report.range("max_digits", collect.max_digits, 1, 32);
    if collect.min_digits > collect.max_digits {
        report.say("min_digits", "is more than max_digits".into());
    }
    report.range("timeout_s", collect.timeout_s, 1, 60);
    report.range("between_digits_s", collect.between_digits_s, 1, 30);
    report.range("tries", collect.tries, 1, 10);
}

/// Whether a call can be placed to it: a SIP URI, or a telephone number.
pub fn is_dialable(to: &str) -> bool {
    if to.len() > MAX_URI_CHARS || to.chars().any(|char| char.is_whitespace() || char.is_control()) {
        return false;
    }
    if let Some(rest) = to.strip_prefix("sip:").or_else(|| to.strip_prefix("sips:")) {
        return !rest.is_empty() && !rest.starts_with('@') && !rest.contains(['<', '>', '"']);
    }
    let digits = to.strip_prefix('+').unwrap_or(to);
    (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
