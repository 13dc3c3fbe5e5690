//! A call on its way through a flow.

use perezvon_flow::{Action, Event, Flow, Run};
use perezvon_model::UtcMs;
use perezvon_model::leg::Cause;
use perezvon_model::prompt::{Language, Prompt};
use proptest::prelude::*;
use std::sync::Arc;

/// A caller, the flow that hears them, and a clock.
struct Caller {
    run: Run,
    now: UtcMs,
}

fn calls(nodes: &str) -> (Caller, Vec<String>) {
    let json = format!(r#"{{"version":1,"start":"start","nodes":{{{nodes}}}}}"#);
    let flow = Flow::parse(&json).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let mut caller = Caller { run: Run::new(Arc::new(flow), Language::Ru), now: UtcMs(0) };
    let words = caller.does(Event::Start);
    (caller, words)
}

impl Caller {
    fn does(&mut self, event: Event) -> Vec<String> {
        let mut actions = Vec::new();
        self.run.step(self.now, 0, event, &mut actions);
        actions.iter().filter_map(word).collect()
    }

    fn presses(&mut self, digits: &str) -> Vec<String> {
        digits.chars().flat_map(|digit| self.does(Event::Digit(digit))).collect()
    }

    /// Silence until the flow's own limit, which is given back in seconds.
    fn waits(&mut self) -> (i64, Vec<String>) {
        let deadline = self.run.deadline().expect("the flow waits with a limit");
        let seconds = (deadline - self.now) / 1_000;
        self.now = deadline;
        (seconds, self.does(Event::Timeout))
    }
}

fn word(action: &Action) -> Option<String> {
    Some(match action {
        Action::Entered { .. } => return None,
        Action::Play(prompts) => {
            let words = prompts.iter().map(|prompt| match prompt {
                Prompt::Named { name, language } => format!("{name}.{}", language.code()),
                Prompt::Number { value, .. } => value.to_string(),
                Prompt::Music | Prompt::Ringback | Prompt::Silence { .. } => "?".into(),
            });
            format!("play {}", words.collect::<Vec<_>>().join(" "))
        }
        Action::StopPlay => "stop".into(),
        Action::Speak(language) => format!("speak {}", language.code()),
        Action::Collected { name, value, .. } => format!("{name}={value}"),
        Action::Queue(stay) => format!("queue {} {}", stay.key, stay.max_wait_ms),
        Action::Transfer { to, ring_ms, .. } => format!("transfer {to} {ring_ms}"),
        Action::GiveUp => "give up".into(),
        Action::HangUp(cause) => format!("hang up {cause:?}"),
    })
}

const ENDS: &str = r#""one":{"type":"hang_up"},"two":{"type":"hang_up","cause":"busy"},"three":{"type":"hang_up","cause":"not_found"}"#;

fn menu(more: &str) -> String {
    format!(
        r#""start":{{"type":"play","prompts":["greeting"],"next":"menu"}},
        "menu":{{"type":"menu","prompts":["menu"],"choices":{{"1":"one"}},"invalid_prompts":["invalid"],
                 "on_timeout":"two","on_invalid":"three"{more}}},{ENDS}"#
    )
}

fn entry() -> String {
    r#""start":{"type":"collect","prompts":["enter"],"name":"account","min_digits":3,"max_digits":5,
            "invalid_prompts":["invalid"],"next":"one","on_fail":"two"},
        "one":{"type":"hang_up"},"two":{"type":"hang_up","cause":"busy"}"#
        .to_owned()
}

#[test]
fn a_menu_leads_where_its_digit_says() {
    let (mut caller, words) = calls(&menu(""));
    assert_eq!(words, ["play greeting.ru"]);
    assert_eq!(caller.does(Event::PlayDone), ["play menu.ru"]);
    assert_eq!(caller.does(Event::PlayDone), [] as [&str; 0]);
    assert_eq!(caller.presses("1"), ["menu=1", "hang up Normal"]);
}

#[test]
fn a_digit_interrupts_a_prompt_and_counts() {
    let (mut caller, _) = calls(&menu(""));
    assert_eq!(caller.presses("1"), ["stop", "menu=1", "hang up Normal"], "in the greeting");
    let (mut caller, _) = calls(&menu(""));
    caller.does(Event::PlayDone);
    assert_eq!(caller.presses("1"), ["stop", "menu=1", "hang up Normal"], "in the menu");
}

#[test]
fn silence_at_a_menu_is_asked_again_and_then_leads_on() {
    let (mut caller, _) = calls(&menu(r#","timeout_s":7,"tries":2"#));
    caller.does(Event::PlayDone);
    caller.does(Event::PlayDone);
    assert_eq!(caller.waits(), (7, vec!["play invalid.ru menu.ru".to_owned()]));
    caller.does(Event::PlayDone);
    assert_eq!(caller.waits(), (7, vec!["hang up Busy".to_owned()]));
}

#[test]
fn a_digit_that_leads_nowhere_is_asked_again_and_then_leads_on() {
    let (mut caller, _) = calls(&menu(""));
    caller.does(Event::PlayDone);
    assert_eq!(caller.presses("5"), ["stop", "play invalid.ru menu.ru"]);
    assert_eq!(caller.presses("5"), ["stop", "hang up NotFound"]);
}

#[test]
fn a_prompt_whose_end_is_lost_holds_nobody() {
    let (mut caller, _) = calls(&menu(""));
    assert_eq!(caller.waits(), (300, vec!["play menu.ru".to_owned()]));
    assert_eq!(caller.waits(), (300, vec![]));
    let (seconds, _) = caller.waits();
    assert_eq!(seconds, 5, "now it listens");
}

#[test]
fn a_number_ends_at_its_length_at_the_hash_or_after_a_pause() {
    let (mut caller, _) = calls(&entry());
    assert_eq!(caller.presses("12345"), ["stop", "account=12345", "hang up Normal"]);
    let (mut caller, _) = calls(&entry());
    assert_eq!(caller.presses("123#"), ["stop", "account=123", "hang up Normal"]);
    let (mut caller, _) = calls(&entry());
    caller.presses("1234");
    assert_eq!(caller.waits(), (4, vec!["account=1234".to_owned(), "hang up Normal".to_owned()]));
}

#[test]
fn a_star_starts_the_number_again_and_letters_are_passed_over() {
    let (mut caller, _) = calls(&entry());
    assert_eq!(caller.presses("99*1A23#"), ["stop", "account=123", "hang up Normal"]);
}

#[test]
fn too_short_a_number_is_asked_again_and_then_leads_on() {
    let (mut caller, _) = calls(&entry());
    assert_eq!(caller.presses("12#"), ["stop", "play invalid.ru enter.ru"]);
    caller.does(Event::PlayDone);
    assert_eq!(caller.waits(), (8, vec!["hang up Busy".to_owned()]));
}

#[test]
fn a_digit_typed_in_the_greeting_is_the_first_of_the_number() {
    let flow = entry().replace("\"start\"", "\"enter\"");
    let (mut caller, _) =
        calls(&format!(r#""start":{{"type":"play","prompts":["greeting"],"next":"enter"}},{flow}"#));
    assert_eq!(caller.presses("123#"), ["stop", "account=123", "hang up Normal"]);
}

#[test]
fn the_language_is_set_at_once_or_as_the_caller_chooses() {
    let play = r#""play":{"type":"play","prompts":["greeting"],"next":"one"},"one":{"type":"hang_up"}"#;
    let (_, words) = calls(&format!(r#""start":{{"type":"language","language":"en","next":"play"}},{play}"#));
    assert_eq!(words, ["speak en", "play greeting.en"]);
    let ask = format!(
        r#""start":{{"type":"language","language":"ru","choices":{{"2":"en"}},"prompts":["menu"],"next":"play"}},{play}"#
    );
    let (mut caller, _) = calls(&ask);
    assert_eq!(caller.presses("2"), ["stop", "start=2", "speak en", "play greeting.en"]);
    let (mut caller, _) = calls(&ask);
    caller.does(Event::PlayDone);
    assert_eq!(caller.waits(), (5, vec!["speak ru".to_owned(), "play greeting.ru".to_owned()]));
}

#[test]
fn a_queue_leads_on_when_full_or_after_the_longest_wait_or_gives_up() {
    let queue = r#""start":{"type":"queue","queue":"support","max_wait_s":60,"on_full":"one","on_max_wait":"two"},
        "one":{"type":"hang_up"},"two":{"type":"hang_up","cause":"busy"}"#;
    let (mut caller, words) = calls(queue);
    assert_eq!(words, ["queue support 60000"]);
    assert_eq!(caller.does(Event::QueueFull), ["hang up Normal"]);
    let (mut caller, _) = calls(queue);
    assert_eq!(caller.does(Event::QueueLimit), ["hang up Busy"]);
    let (mut caller, words) = calls(r#""start":{"type":"queue","queue":"support"}"#);
    assert_eq!(words, ["queue support 3600000"]);
    assert_eq!(caller.does(Event::QueueFull), ["give up"]);
}

#[test]
fn a_transfer_that_fails_leads_on() {
    let (mut caller, words) = calls(
        r#""start":{"type":"transfer","to":"sip:a@192.0.2.1","on_fail":"one"},"one":{"type":"hang_up"}"#,
    );
    assert_eq!(words, ["transfer sip:a@192.0.2.1 30000"]);
    assert_eq!(caller.does(Event::TransferFailed), ["hang up Normal"]);
}

#[test]
fn events_that_do_not_fit_the_moment_do_nothing() {
    let (mut caller, _) = calls(r#""start":{"type":"queue","queue":"support"}"#);
    for event in [Event::Start, Event::Digit('1'), Event::PlayDone, Event::Timeout, Event::TransferFailed] {
        assert_eq!(caller.does(event), [] as [&str; 0], "{event:?}");
    }
    caller.does(Event::QueueFull);
    assert_eq!(caller.does(Event::QueueFull), [] as [&str; 0]);
}

#[test]
fn a_silent_caller_in_a_loop_of_menus_is_let_go_in_the_end() {
    let (mut caller, _) = calls(
        r#""start":{"type":"menu","prompts":["menu"],"choices":{"1":"one"},"on_timeout":"start","on_invalid":"start"},
        "one":{"type":"hang_up"}"#,
    );
    let mut waits = 0;
    while caller.run.deadline().is_some() {
        caller.waits();
        waits += 1;
        assert!(waits < 10_000, "the flow never lets the caller go");
    }
}

/// Nodes n0 to n7 with targets among them; many such flows are faulty, the others run.
fn flows() -> impl Strategy<Value = String> {
    let target = || (0u8..8).prop_map(|number| format!("n{number}"));
    let node = prop_oneof![
        target().prop_map(|next| format!(r#"{{"type":"play","prompts":["greeting"],"next":"{next}"}}"#)),
        (target(), target(), target(), 1u8..4).prop_map(|(one, silent, invalid, tries)| format!(
            r#"{{"type":"menu","prompts":["menu"],"choices":{{"1":"{one}"}},"tries":{tries},"on_timeout":"{silent}","on_invalid":"{invalid}"}}"#
        )),
        (target(), target(), 0u8..6).prop_map(|(next, fail, min)| format!(
            r#"{{"type":"collect","prompts":["enter"],"name":"n","min_digits":{min},"max_digits":4,"next":"{next}","on_fail":"{fail}"}}"#
        )),
        (target(), target()).prop_map(|(open, closed)| format!(
            r#"{{"type":"hours","week":[{{"days":["thu"],"from":"00:00","to":"12:00"}}],"open":"{open}","closed":"{closed}"}}"#
        )),
        target().prop_map(|next| format!(
            r#"{{"type":"language","language":"ru","choices":{{"2":"en"}},"prompts":["menu"],"next":"{next}"}}"#
        )),
        (target(), target()).prop_map(|(full, limit)| format!(
            r#"{{"type":"queue","queue":"support","on_full":"{full}","on_max_wait":"{limit}"}}"#
        )),
        target().prop_map(|fail| format!(r#"{{"type":"transfer","to":"+7495","on_fail":"{fail}"}}"#)),
        Just(r#"{"type":"hang_up"}"#.to_owned()),
    ];
    prop::collection::vec(node, 8).prop_map(|nodes| {
        let nodes: Vec<_> =
            nodes.iter().enumerate().map(|(number, node)| format!(r#""n{number}":{node}"#)).collect();
        format!(r#"{{"version":1,"start":"n0","nodes":{{{}}}}}"#, nodes.join(","))
    })
}

/// Removes what no call reaches, since random graphs are full of it.
fn prune(json: &str) -> String {
    let mut flow: serde_json::Value = serde_json::from_str(json).expect("made above");
    loop {
        let text = flow.to_string();
        let problems = Flow::parse(&text).err().unwrap_or_default();
        let unreachable: Vec<_> =
            problems.iter().filter(|problem| problem.message.starts_with("no call")).collect();
        if unreachable.is_empty() {
            return text;
        }
        for problem in unreachable {
            flow["nodes"].as_object_mut().expect("an object").remove(&problem.node);
        }
    }
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => prop::sample::select(vec!['1', '2', '#', '*', '7', 'A']).prop_map(Event::Digit),
        3 => Just(Event::PlayDone),
        3 => Just(Event::Timeout),
        1 => Just(Event::QueueFull),
        1 => Just(Event::QueueLimit),
        1 => Just(Event::TransferFailed),
    ];
    prop::collection::vec(event, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_checked_flow_always_waits_with_a_limit_or_is_at_its_end(json in flows(), events in events()) {
        let Ok(flow) = Flow::parse(&prune(&json)) else { return Ok(()) };
        let mut run = Run::new(Arc::new(flow), Language::Ru);
        let (mut now, mut over) = (UtcMs(0), false);
        let ended = |action: &Action| matches!(action, Action::HangUp(_) | Action::GiveUp);
        for event in std::iter::once(Event::Start).chain(events) {
            let mut actions = Vec::new();
            if event == Event::Timeout {
                now = run.deadline().unwrap_or(now);
            }
            run.step(now, 0, event, &mut actions);
            prop_assert!(!over || actions.is_empty(), "acts after the end: {actions:?}");
            prop_assert!(actions.len() < 100, "{} actions in one step", actions.len());
            over |= actions.iter().any(ended);
            let outside = actions.iter().rev().find_map(|action| match action {
                Action::Queue(_) | Action::Transfer { .. } => Some(true),
                Action::Play(_) | Action::Entered { .. } => Some(false),
                Action::StopPlay | Action::Speak(_) | Action::Collected { .. } | Action::GiveUp | Action::HangUp(_) => None,
            });
            if outside == Some(false) && !over {
                prop_assert!(run.deadline().is_some_and(|at| at > now), "waits without a limit at {}", run.node());
            }
        }
        // From here on the caller says nothing and the world outside fails: it ends.
        for _ in 0..20_000 {
            let mut actions = Vec::new();
            now = run.deadline().unwrap_or(now);
            for event in [Event::Timeout, Event::QueueLimit, Event::TransferFailed] {
                run.step(now, 0, event, &mut actions);
            }
            over |= actions.iter().any(ended);
        }
        prop_assert!(over, "a silent caller stays for ever at {}", run.node());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,200}", json in flows(), cut in 0usize..400, put in "[\\[\\]{}\":,0-9a-z]{0,3}") {
        let _ = Flow::parse(&text);
        let cut = cut.min(json.len());
        let _ = Flow::parse(&format!("{}{put}{}", &json[..cut], &json[cut..]));
        let _ = Flow::parse(&json[..cut]);
    }
}

#[test]
fn a_cause_of_the_flow_is_a_cause_of_the_leg() {
    let (_, words) = calls(r#""start":{"type":"hang_up","cause":"unavailable"}"#);
    assert_eq!(words, [format!("hang up {:?}", Cause::Unavailable)]);
}
