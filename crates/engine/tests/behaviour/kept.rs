//! What is kept of the inputs: enough to make the same journal once more, and no secret.

use perezvon_engine::read_kept;
use perezvon_model::engine::AgentCommand;

use crate::floor::{self, Floor};
use crate::setup::{self, flow};

/// A minute for support, then a menu.
const ASKING_LATE: &str = r#"{"version":1,"start":"support","nodes":{
    "support":{"type":"queue","queue":"support","max_wait_s":60,"on_max_wait":"menu"},
    "menu":{"type":"menu","prompts":["menu"],"choices":{"7":"sales"},"on_timeout":"sales","on_invalid":"bye"},
    "sales":{"type":"queue","queue":"sales"},
    "bye":{"type":"hang_up"}}}"#;

fn digits_kept(floor: &Floor) -> String {
    let digits = floor.kept.split(r#""digit":""#).skip(1);
    digits.filter_map(|after| after.chars().next()).collect()
}

#[test]
fn digits_for_the_flow_are_kept_and_digits_for_people_and_machines_are_not() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("main");
    floor.caller("a").listens();
    floor.caller("a").presses("2");
    floor.caller("a").listens();
    floor.caller("a").presses("48*1120#");
    assert_eq!(digits_kept(&floor), "248*1120#");
    floor.caller("a").presses("5");
    floor.agent("anna").accepts();
    floor.caller("a").presses("4276#9*D");
    assert_eq!(digits_kept(&floor), "248*1120#00000#0*A", "a card's number is said to the agent, not to us");

    floor.caller("b").arrives_at("outside");
    let leg = floor.outside_leg.expect("dialled");
    floor.leg_event(leg, perezvon_model::leg::LegEvent::Answered);
    floor.caller("b").presses("19");
    assert!(digits_kept(&floor).ends_with("A00"), "and a PIN to a bank");
    assert_eq!(floor.replayed(), floor.journal);
}

#[test]
fn a_digit_that_comes_with_the_end_of_the_wait_is_heard_by_the_flow_and_kept() {
    let mut config = setup::company();
    config.flows.push(flow("asking late", ASKING_LATE));
    let mut floor = floor::opens_with(config);
    floor.caller("a").arrives_at("asking late");
    floor.caller("a").presses("7");
    // The minute is over, and no wake has told the engine yet.
    floor.now = floor.now + 60_000;
    floor.caller("a").presses("7");
    assert_eq!(digits_kept(&floor), "07");
    assert!(floor.story("a").contains(&"menu=7".to_owned()), "{:?}", floor.story("a"));
    assert_eq!(floor.replayed(), floor.journal);
}

#[test]
fn digits_that_an_agent_sends_are_not_kept_and_are_refused_as_they_were() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    let interaction = floor.agent("anna").interaction();
    for (digits, kept) in [("31337#", r#""digits":"00000#""#), ("3x1337", r#""digits":"0?0000""#)] {
        let send = AgentCommand::SendDigits { interaction, digits: digits.to_owned() };
        let answer = floor.agent("anna").command(send);
        assert_eq!(answer.is_ok(), !digits.contains('x'), "{digits}");
        assert!(floor.kept.contains(kept) && !floor.kept.contains("1337"), "{digits}");
    }
}

#[test]
fn a_providers_password_is_not_kept_and_numbers_are_dialled_as_before() {
    let mut config = setup::company();
    let registration = config.trunks[0].registration.as_mut().expect("it registers");
    registration.registrar = "sip:line:second-secret@provider.example;transport=tcp".into();
    let mut floor = floor::opens_with(config);
    floor.caller("a").arrives_at("outside");
    let leg = floor.outside_leg.expect("dialled");
    floor.leg_event(leg, perezvon_model::leg::LegEvent::Answered);
    assert!(floor.kept.contains("provider.example"));
    assert!(!floor.kept.contains("secret"), "{}", floor.kept);
    assert!(
        floor.story("a").contains(&"party sip:+74957654321@provider.example;transport=tcp".to_owned()),
        "{:?}",
        floor.story("a")
    );
    assert_eq!(floor.replayed(), floor.journal);
}

#[test]
fn of_a_customers_card_only_who_it_is_is_kept() {
    let mut floor = floor::opens();
    floor.caller("+79161234567").arrives_at("direct");
    floor.caller("+79161234567").gets_card("Ivan");
    for personal in ["Ivan", "Romashka", "+74950000009", "48-1120", "Mondays"] {
        assert!(!floor.kept.contains(personal), "{personal}");
    }
    assert_eq!(floor.replayed(), floor.journal);
}

#[test]
fn a_line_that_is_none_is_told() {
    for line in ["", "now {}", "1 {}", r#"1 {"input":"unheard_of"}"#, r#"{"input":"wake"}"#] {
        assert!(read_kept(line).is_err(), "{line}");
    }
}
