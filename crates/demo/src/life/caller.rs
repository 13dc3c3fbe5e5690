//! One simulated caller, pure: told what happened and when, it says what to do.

use perezvon_model::UtcMs;
use perezvon_model::prompt::{Language, Prompt};

use super::voices::{PROBLEMS, THANKS, Voice, silence};
use crate::company::Company;
use crate::company::customers::unknown_number;
use crate::company::plan::{ENGLISH_NUMBER, MAIN_NUMBER, VIP_NUMBER};
use crate::dice::Dice;

/// Who has called and is not through after this long in a call is let go, whatever happens.
const TALK_LIMIT_MS: i64 = 180_000;
const RING_LIMIT_MS: i64 = 30_000;
/// How long the last word on a call that was hung up is waited for.
const FAREWELL_LIMIT_MS: i64 = 10_000;

/// What one caller will do, drawn when the call begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    pub from: String,
    /// As the telephone network shows it; the company knows its customers by number.
    pub name: String,
    pub to: &'static str,
    pub language: Language,
    /// What is pressed, each after a pause.
    pub presses: Vec<(i64, String)>,
    pub patience_ms: i64,
    /// All that is said to an agent, pauses included.
    pub words: Vec<Prompt>,
    /// From the last word to hanging up.
    pub leaves_after_ms: i64,
}

/// What happened to the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Start,
    /// The company answered: the flow talks.
    Answered,
    /// An agent is on the line.
    Connected,
    /// All words are said.
    Said,
    /// The line is dead.
    Ended,
    /// The time of `wake_at` has come.
    Time,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    Dial,
    /// Listens: sends silence, as a telephone does.
    Listen,
    Press(String),
    Speak(Vec<Prompt>),
    HangUp,
    /// Nothing more will come of this caller.
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Dialling,
    /// In the flow, about to press what is next.
    Listening {
        press: usize,
    },
    Waiting,
    Talking,
    Leaving,
    HungUp,
    Over,
}

#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub plan: Plan,
    state: State,
    wake_at: Option<UtcMs>,
}

impl Caller {
    pub fn new(plan: Plan) -> Self {
        Self { plan, state: State::New, wake_at: None }
    }

    pub fn wake_at(&self) -> Option<UtcMs> {
        self.wake_at
    }

    /// Whether an agent is yet to come on the line.
    pub fn awaits_agent(&self) -> bool {
        matches!(self.state, State::Listening { .. } | State::Waiting)
    }

    pub fn step(&mut self, now: UtcMs, event: Event) -> Vec<Act> {
        match (self.state, event) {
            (State::New, Event::Start) => {
                self.become_until(State::Dialling, now + RING_LIMIT_MS);
                vec![Act::Dial]
            }
            (State::Dialling, Event::Answered) => {
                self.next_press(now, 0);
                vec![Act::Listen]
            }
            (State::Listening { press }, Event::Time) => {
                let digits = self.plan.presses[press].1.clone();
                self.next_press(now, press + 1);
                vec![Act::Press(digits)]
            }
            (State::Listening { .. } | State::Waiting, Event::Connected) => {
                self.become_until(State::Talking, now + TALK_LIMIT_MS);
                vec![Act::Speak(self.plan.words.clone())]
            }
            (State::Talking, Event::Said) => {
                self.become_until(State::Leaving, now + self.plan.leaves_after_ms);
                vec![Act::Listen]
            }
            (State::Dialling | State::Waiting | State::Talking | State::Leaving, Event::Time) => {
                self.become_until(State::HungUp, now + FAREWELL_LIMIT_MS);
                vec![Act::HangUp]
            }
            (State::Over, _) => Vec::new(),
            (_, Event::Ended) | (State::HungUp, Event::Time) => {
                self.state = State::Over;
                self.wake_at = None;
                vec![Act::Gone]
            }
            // What comes late belongs to a moment that is over.
            (_, Event::Start | Event::Answered | Event::Connected | Event::Said | Event::Time) => Vec::new(),
        }
    }

    fn next_press(&mut self, now: UtcMs, press: usize) {
        match self.plan.presses.get(press) {
            Some((after_ms, _)) => self.become_until(State::Listening { press }, now + *after_ms),
            None => self.become_until(State::Waiting, now + self.plan.patience_ms),
        }
    }

    fn become_until(&mut self, state: State, until: UtcMs) {
        self.state = state;
        self.wake_at = Some(until);
    }
}

/// Which number a caller may dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// As it comes; the line for special customers too when somebody serves it.
    Any { vip_served: bool },
    /// The line for special customers, with much patience: somebody at a desk asked for a call.
    CallMe,
}

/// Draws a caller whose name none of `busy` has: the floor shows callers by their names.
pub(super) fn draw(company: &Company, errand: Errand, busy: &[String], dice: &mut Dice) -> Plan {
    let to = match errand {
        Errand::CallMe => VIP_NUMBER,
        Errand::Any { vip_served } => {
            let vip = if vip_served { 0.06 } else { 0.0 };
            [MAIN_NUMBER, VIP_NUMBER, ENGLISH_NUMBER][dice.weighted(&[0.80, vip, 0.14])]
        }
    };
    let known = errand == Errand::CallMe || dice.chance(0.8);
    let (from, name, account) = identity(company, known, busy, dice);
    let language = if to == ENGLISH_NUMBER { Language::En } else { Language::Ru };
    let presses = match to {
        VIP_NUMBER => Vec::new(),
        _with_a_menu => presses(account, dice),
    };
    let patience_ms = match errand {
        Errand::CallMe => 180_000,
        Errand::Any { .. } => dice.exponential(100_000.0).clamp(4_000.0, 300_000.0) as i64,
    };
    let words = words(language, dice);
    Plan { from, name, to, language, presses, patience_ms, words, leaves_after_ms: dice.between(400, 2_500) }
}

fn identity(company: &Company, known: bool, busy: &[String], dice: &mut Dice) -> (String, String, String) {
    /// Draws for a name that nobody on the line has; then any will do.
    const TRIES: usize = 20;
    if !known {
        let number = unknown_number(dice.below(9_000)).to_string();
        return (number, String::new(), "481120".to_owned());
    }
    let mut customer = &dice.pick(&company.customers).1;
    for _ in 0..TRIES {
        if !busy.contains(&customer.name) {
            break;
        }
        customer = &dice.pick(&company.customers).1;
    }
    (customer.number.to_string(), customer.name.clone(), customer.account())
}

fn presses(account: String, dice: &mut Dice) -> Vec<(i64, String)> {
    // The greeting takes 4 s, the menu as long again.
    let listens_ms = dice.between(4_500, 8_500);
    match dice.weighted(&[0.42, 0.2, 0.2, 0.1, 0.08]) {
        0 => vec![(listens_ms, "1".to_owned())],
        1 => vec![(listens_ms, "2".to_owned())],
        2 => vec![(listens_ms, "3".to_owned())],
        3 => vec![(listens_ms, "4".to_owned()), (dice.between(5_500, 7_500), format!("{account}#"))],
        _nothing => Vec::new(),
    }
}

fn words(language: Language, dice: &mut Dice) -> Vec<Prompt> {
    let problem = *dice.pick(&PROBLEMS);
    let says = |name: &str| Voice::Caller.says(name, language);
    // The agent says hello first.
    let mut words =
        vec![silence(dice.between(2_500, 5_500)), says(problem), silence(dice.between(12_000, 26_000))];
    if dice.chance(0.4) {
        let second = *dice.pick(&PROBLEMS);
        if second != problem {
            words.extend([says(second), silence(dice.between(8_000, 20_000))]);
        }
    }
    words.push(says(THANKS));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            from: "+79000001000".to_owned(),
            name: "Вера Осипова".to_owned(),
            to: MAIN_NUMBER,
            language: Language::Ru,
            presses: vec![(5_000, "4".to_owned()), (6_000, "481120#".to_owned())],
            patience_ms: 60_000,
            words: vec![silence(1), Voice::Caller.says(THANKS, Language::Ru)],
            leaves_after_ms: 1_000,
        }
    }

    /// Each row: when, what happened, what the caller does.
    fn follow(rows: &[(i64, Event, &[Act])]) -> Caller {
        let mut caller = Caller::new(plan());
        for (row, (at, event, acts)) in rows.iter().enumerate() {
            assert_eq!(caller.step(UtcMs(*at), *event), *acts, "row {row}");
        }
        caller
    }

    const START: (i64, Event, &[Act]) = (0, Event::Start, &[Act::Dial]);
    const ANSWERED: (i64, Event, &[Act]) = (900, Event::Answered, &[Act::Listen]);

    #[test]
    fn a_caller_presses_waits_speaks_says_thanks_and_hangs_up() {
        let press = |digits: &str| [Act::Press(digits.to_owned())];
        let caller = follow(&[
            START,
            ANSWERED,
            (5_900, Event::Time, &press("4")),
            (11_900, Event::Time, &press("481120#")),
            (20_000, Event::Connected, &[Act::Speak(plan().words)]),
            (50_000, Event::Said, &[Act::Listen]),
            (51_000, Event::Time, &[Act::HangUp]),
            (51_100, Event::Ended, &[Act::Gone]),
            (51_200, Event::Ended, &[]),
        ]);
        assert_eq!(caller.wake_at(), None);
    }

    #[test]
    fn a_caller_whose_patience_ends_hangs_up() {
        let press = |digits: &str| [Act::Press(digits.to_owned())];
        let mut caller = follow(&[
            START,
            ANSWERED,
            (5_900, Event::Time, &press("4")),
            (11_900, Event::Time, &press("481120#")),
        ]);
        assert!(caller.awaits_agent());
        assert_eq!(caller.wake_at(), Some(UtcMs(71_900)), "patience counts from the last digit");
        assert_eq!(caller.step(UtcMs(71_900), Event::Time), [Act::HangUp]);
        assert!(!caller.awaits_agent());
    }

    #[test]
    fn whatever_state_a_call_ends_in_the_caller_is_gone_once() {
        let steps = [
            (0, Event::Start),
            (1, Event::Answered),
            (5_001, Event::Time),
            (11_001, Event::Time),
            (12_000, Event::Connected),
            (13_000, Event::Said),
            (14_000, Event::Time),
        ];
        for length in 1..=steps.len() {
            let mut caller = Caller::new(plan());
            for (at, event) in &steps[..length] {
                caller.step(UtcMs(*at), *event);
            }
            assert_eq!(caller.step(UtcMs(15_000), Event::Ended), [Act::Gone], "after {length} steps");
            for event in [Event::Ended, Event::Time, Event::Answered, Event::Connected, Event::Said] {
                assert_eq!(caller.step(UtcMs(16_000), event), [], "{event:?}");
            }
        }
    }

    #[test]
    fn a_caller_nobody_answers_or_ends_lets_go_by_the_limits() {
        let mut caller = follow(&[START]);
        assert_eq!(caller.wake_at(), Some(UtcMs(RING_LIMIT_MS)));
        assert_eq!(caller.step(UtcMs(RING_LIMIT_MS), Event::Time), [Act::HangUp]);
        let last = caller.wake_at().expect("the end is waited for");
        assert_eq!(caller.step(last, Event::Time), [Act::Gone]);

        let mut caller = follow(&[START, ANSWERED, (1_000, Event::Connected, &[Act::Speak(plan().words)])]);
        assert_eq!(caller.step(UtcMs(1_000 + TALK_LIMIT_MS), Event::Time), [Act::HangUp]);
    }

    #[test]
    fn one_in_five_is_unknown_and_the_rest_are_customers_with_their_own_names() {
        let company = Company::plan();
        let mut dice = Dice::new(1);
        let any = Errand::Any { vip_served: true };
        let plans: Vec<Plan> = (0..2_000).map(|_| draw(&company, any, &[], &mut dice)).collect();
        let unknown = plans.iter().filter(|plan| plan.name.is_empty()).count();
        assert!((340..460).contains(&unknown), "{unknown}");
        for plan in plans.iter().filter(|plan| !plan.name.is_empty()) {
            let customer =
                company.customers.iter().find(|(_, customer)| customer.number.as_str() == plan.from);
            assert_eq!(customer.expect("a customer").1.name, plan.name);
        }
        assert!(plans.iter().any(|plan| plan.to == VIP_NUMBER));
        let unserved = Errand::Any { vip_served: false };
        assert!((0..500).all(|_| draw(&company, unserved, &[], &mut dice).to != VIP_NUMBER));
    }

    #[test]
    fn who_is_asked_to_call_rings_the_vip_line_presses_nothing_and_waits_long() {
        let company = Company::plan();
        let plan = draw(&company, Errand::CallMe, &[], &mut Dice::new(1));
        assert_eq!((plan.to, plan.presses.len()), (VIP_NUMBER, 0));
        assert!(plan.patience_ms >= 120_000 && !plan.name.is_empty());
    }
}
