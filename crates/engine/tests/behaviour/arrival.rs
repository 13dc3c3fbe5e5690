//! Callers come in, and some go before anybody answers.

use perezvon_engine::MAX_CALLS;
use perezvon_model::engine::{Input, Output, Reply};
use perezvon_model::leg::{Cause, LegCommand};

use crate::floor;
use crate::setup::id;

#[test]
fn a_caller_who_shows_no_number_is_not_looked_up() {
    let mut floor = floor::opens();
    floor.caller("anonymous").arrives_at("direct");
    assert!(!floor.heard.iter().any(|output| matches!(output, Output::Ask { .. })));
    assert_eq!(floor.story("anonymous"), ["started", "queued support 1 at 1", "answered"]);
}

#[test]
fn a_late_card_reaches_the_offer_and_the_conversation() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("+74951234567").arrives_at("direct");
    assert_eq!(floor.desk("anna").offer.expect("rings").about.customer, None);
    floor.caller("+74951234567").gets_card("Ivan");
    let name = |card: Option<std::sync::Arc<perezvon_model::customer::CustomerCard>>| {
        card.map(|card| card.name.clone())
    };
    assert_eq!(name(floor.desk("anna").offer.expect("rings").about.customer).as_deref(), Some("Ivan"));

    floor.caller("+74951234568").arrives_at("direct");
    floor.ready(&["boris"]);
    floor.agent("boris").accepts();
    floor.caller("+74951234568").gets_card("Olga");
    assert_eq!(name(floor.desk("boris").call.expect("talks").about.customer).as_deref(), Some("Olga"));
}

#[test]
fn a_look_up_that_fails_or_never_answers_holds_nothing_up() {
    let mut floor = floor::opens();
    floor.ready(&["anna", "boris"]);
    for caller in ["+74951234567", "+74951234568"] {
        floor.caller(caller).arrives_at("direct");
    }
    let interaction = floor.caller("+74951234567").interaction();
    let ask = floor.asks[&interaction];
    floor.input(Input::Reply { ask, reply: Reply::Failed });
    floor.passes(10_000);
    assert_eq!(floor.tenant.remains().asks, 0);
    floor.agent("anna").accepts();
    floor.agent("boris").accepts();
    assert_eq!(floor.hears("+74951234568"), "boris");
}

#[test]
fn a_card_that_comes_after_the_call_is_there_in_the_wrap_up() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("+74951234567").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.passes(1_000);
    floor.caller("+74951234567").hangs_up();
    assert_eq!(floor.desk("anna").wrap_up.expect("wraps up").about.customer, None);
    floor.drawn.clear();
    floor.caller("+74951234567").gets_card("Ivan");
    let card = floor.desk("anna").wrap_up.expect("wraps up").about.customer.expect("came");
    assert_eq!(card.name, "Ivan");
    assert!(floor.drawn.contains(&id("anna")), "the desk is drawn again");
}

#[test]
fn a_card_that_comes_after_the_call_is_journalled_all_the_same() {
    let mut floor = floor::opens();
    floor.caller("+74951234567").arrives_at("main");
    floor.caller("+74951234567").hangs_up();
    floor.caller("+74951234567").gets_card("Ivan");
    assert_eq!(floor.story("+74951234567").last().map(String::as_str), Some("matched"));
    assert_eq!(floor.tenant.remains().asks, 0);
}

#[test]
fn a_number_whose_flow_is_unknown_or_faulty_refuses_its_calls() {
    for flow in ["unheard-of", "broken"] {
        let mut floor = floor::opens();
        floor.caller("a").arrives_at(flow);
        let leg = floor.caller("a").leg();
        assert_eq!(floor.commands_to(leg), [LegCommand::Reject { cause: Cause::Unavailable }]);
        assert_eq!(floor.story("a"), ["started", "ended Refused Unavailable by System"]);
        assert_eq!(floor.tenant.remains().calls, 0);
    }
}

#[test]
fn a_closed_office_refuses_without_answering() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("closed");
    let leg = floor.caller("a").leg();
    assert_eq!(floor.commands_to(leg), [LegCommand::Ring, LegCommand::Reject { cause: Cause::Busy }]);
    assert_eq!(floor.story("a"), ["started", "ended EndedInFlow Busy by System"]);
}

#[test]
fn a_caller_who_leaves_the_greeting_ends_in_the_flow() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("main");
    floor.caller("a").hangs_up();
    assert_eq!(floor.story("a"), ["started", "answered", "ended EndedInFlow Normal by Customer"]);
    assert_eq!(floor.tenant.remains().timers, 0);
}

#[test]
fn a_caller_who_presses_nothing_reaches_the_queue_after_the_menu() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("main");
    floor.caller("a").listens();
    floor.caller("a").listens();
    floor.passes(9_999);
    assert_eq!(floor.agent_of("a"), None);
    floor.passes(1);
    assert_eq!(floor.agent_of("a").as_deref(), Some("anna"));
}

#[test]
fn a_digit_cuts_the_greeting_off_and_counts_in_the_menu() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("main");
    floor.caller("a").presses("1");
    assert_eq!(floor.agent_of("a").as_deref(), Some("anna"));
    assert!(floor.story("a").contains(&"menu=1".to_owned()));
}

#[test]
fn one_call_more_than_the_limit_is_told_of_the_overload() {
    let mut floor = floor::opens();
    for number in 0..=MAX_CALLS {
        let name = number.to_string();
        floor.caller(&name).arrives_at("sales");
        if number > 100 {
            floor.heard.clear();
        }
    }
    assert_eq!(floor.view().calls as usize, MAX_CALLS);
    let last = MAX_CALLS.to_string();
    assert_eq!(floor.story(&last), ["started", "ended Refused Overload by System"]);
}

#[test]
fn events_of_legs_that_are_over_or_unknown_do_nothing() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("direct");
    let leg = floor.caller("a").leg();
    floor.caller("a").hangs_up();
    for unknown in [leg, crate::setup::id("no such leg")] {
        let event = perezvon_model::leg::LegEvent::Digit { digit: '1' };
        assert_eq!(floor.input(Input::Leg { leg: unknown, event }), []);
    }
}
