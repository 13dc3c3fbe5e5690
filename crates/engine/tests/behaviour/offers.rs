//! Offers: accepted, declined, missed, withdrawn, on browsers and on phones.

use perezvon_model::engine::{AgentCommand, CommandRefused};
use perezvon_model::leg::{Cause, LegCommand, LegEvent};
use perezvon_model::{Activity, Device};

use crate::floor::{self, Browsers, Wakes};

#[test]
fn a_missed_offer_takes_the_agent_out_and_the_caller_goes_to_the_next_at_the_old_place() {
    let mut floor = floor::opens();
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    floor.passes(20_000);
    assert_eq!(floor.presence("anna"), "break: missed_offer");
    assert_eq!(floor.activity("anna"), Activity::Idle);
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
    assert_eq!(
        floor.story("a")[1..],
        [
            "queued support 1 at 1",
            "answered",
            "offered anna",
            "NoAnswer by anna after 20000",
            "offered boris"
        ]
    );
}

#[test]
fn a_deadline_is_met_though_the_shell_woke_the_engine_too_early() {
    let mut floor = floor::opens();
    floor.wakes = Wakes::EarlyToo;
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.passes(20_000);
    assert_eq!(floor.presence("anna"), "break: missed_offer");
}

#[test]
fn a_caller_whose_offer_was_missed_stays_before_those_who_came_later() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.passes(1_000);
    floor.caller("b").arrives_at("direct");
    floor.passes(19_000);
    floor.ready(&["boris"]);
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
}

#[test]
fn a_missed_offer_does_not_move_the_agent_to_the_front() {
    let mut floor = floor::opens();
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    floor.passes(20_000);
    floor.ready(&["anna"]);
    floor.agent("boris").accepts();
    floor.agent("boris").hangs_up();
    floor.agent("boris").finishes();
    floor.caller("b").arrives_at("direct");
    assert_eq!(floor.agent_of("b").as_deref(), Some("anna"), "anna became ready before boris finished");
}

#[test]
fn a_declined_caller_goes_to_another_agent_and_the_decliner_stays_ready() {
    let mut floor = floor::opens();
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").declines();
    assert_eq!(floor.presence("anna"), "ready");
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
}

#[test]
fn a_declined_caller_is_not_offered_to_the_same_agent_for_half_a_minute_while_others_are_ready() {
    let mut floor = floor::opens();
    floor.ready(&["anna", "boris"]);
    floor.caller("b").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.caller("a").arrives_at("direct");
    floor.agent("boris").declines();
    floor.passes(29_999);
    assert_eq!(floor.agent_of("a"), None, "anna is ready, only busy");
    floor.passes(1);
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
}

#[test]
fn a_declined_caller_comes_back_after_a_breath_when_nobody_else_is_ready() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").declines();
    floor.passes(4_999);
    assert_eq!(floor.agent_of("a"), None);
    floor.passes(1);
    assert_eq!(floor.agent_of("a").as_deref(), Some("anna"));
}

#[test]
fn an_agent_who_declined_one_caller_is_offered_the_next() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.caller("b").arrives_at("direct");
    floor.agent("anna").declines();
    assert_eq!(floor.agent_of("b").as_deref(), Some("anna"));
}

#[test]
fn a_caller_who_hangs_up_while_it_rings_frees_the_agent_with_the_old_idle_clock() {
    let mut floor = floor::opens();
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    floor.passes(5_000);
    floor.caller("a").hangs_up();
    assert_eq!(floor.activity("anna"), Activity::Idle);
    assert!(floor.story("a").contains(&"Withdrawn by anna after 5000".to_owned()));
    floor.caller("b").arrives_at("direct");
    assert_eq!(floor.agent_of("b").as_deref(), Some("anna"));
}

#[test]
fn an_offer_that_is_over_cannot_be_accepted_or_declined() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    let offer = floor.agent("anna").offer();
    floor.caller("a").hangs_up();
    assert_eq!(floor.agent("anna").command(AgentCommand::Accept { offer }), Err(CommandRefused::OfferOver));
    assert_eq!(floor.agent("anna").command(AgentCommand::Decline { offer }), Err(CommandRefused::OfferOver));
}

#[test]
fn an_offer_accepted_twice_is_dialled_once() {
    let mut floor = floor::opens();
    floor.browsers = Browsers::Hang;
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    let offer = floor.agent("anna").offer();
    assert_eq!(floor.agent("anna").command(AgentCommand::Accept { offer }), Ok(()));
    let leg = floor.agent("anna").leg();
    assert_eq!(floor.agent("anna").command(AgentCommand::Accept { offer }), Ok(()));
    assert_eq!(floor.agent("anna").leg(), leg);
}

#[test]
fn an_accepted_offer_whose_sound_never_comes_goes_to_the_next_agent() {
    let mut floor = floor::opens();
    floor.browsers = Browsers::Hang;
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.passes(10_000);
    assert_eq!(floor.presence("anna"), "break: connection_lost");
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
}

#[test]
fn without_the_browsers_sound_an_offer_cannot_be_accepted() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").device(Device::Browser, false);
    let offer = floor.agent("anna").offer();
    assert_eq!(floor.agent("anna").command(AgentCommand::Accept { offer }), Err(CommandRefused::NoDevice));
    floor.agent("anna").device(Device::Browser, true);
    floor.agent("anna").accepts();
    assert_eq!(floor.hears("a"), "anna");
}

#[test]
fn a_phone_is_dialled_at_once_and_its_answer_accepts() {
    let mut floor = floor::opens();
    floor.ready(&["vera"]);
    floor.caller("a").arrives_at("direct");
    assert_eq!(floor.activity("vera"), Activity::Reserved);
    let leg = floor.agent("vera").leg();
    assert!(matches!(floor.commands_to(leg)[..], [LegCommand::Dial { timeout_ms: 20_000, .. }]));
    floor.agent("vera").leg_event(LegEvent::Ringing);
    assert_eq!(floor.activity("vera"), Activity::Ringing);
    floor.passes(2_000);
    floor.agent("vera").leg_event(LegEvent::Answered);
    assert_eq!(floor.hears("a"), "vera");
    assert!(floor.story("a").contains(&"Accepted by vera after 2000".to_owned()));
}

#[test]
fn a_call_that_rings_at_a_phone_is_picked_up_there() {
    let mut floor = floor::opens();
    floor.ready(&["vera"]);
    floor.caller("a").arrives_at("direct");
    let offer = floor.agent("vera").offer();
    let refused = floor.agent("vera").command(AgentCommand::Accept { offer }).unwrap_err();
    assert_eq!(refused.code(), "not_now");
}

#[test]
fn what_a_phone_says_decides_what_becomes_of_its_agent() {
    let table = [
        (Cause::Declined, "ready", "Declined"),
        (Cause::NoAnswer, "break: missed_offer", "NoAnswer"),
        (Cause::Busy, "break: phone_unreachable", "Busy"),
        (Cause::Unavailable, "break: phone_unreachable", "Unreachable"),
        (Cause::Timeout, "break: phone_unreachable", "Unreachable"),
    ];
    for (cause, presence, outcome) in table {
        let mut floor = floor::opens();
        floor.ready(&["vera", "anna"]);
        floor.caller("a").arrives_at("direct");
        floor.agent("vera").leg_event(LegEvent::Failed { cause });
        assert_eq!(floor.presence("vera"), presence, "{cause:?}");
        assert_eq!(floor.agent_of("a").as_deref(), Some("anna"), "{cause:?}");
        let told = format!("{outcome} by vera after 0");
        assert!(floor.story("a").contains(&told), "{cause:?}: {:?}", floor.story("a"));
    }
}

#[test]
fn a_phone_that_says_nothing_is_given_up_after_its_time() {
    let mut floor = floor::opens();
    floor.ready(&["vera", "anna"]);
    floor.caller("a").arrives_at("direct");
    let leg = floor.agent("vera").leg();
    floor.passes(22_000);
    assert_eq!(floor.commands_to(leg).last(), Some(&LegCommand::HangUp { cause: Cause::Cancelled }));
    assert_eq!(floor.presence("vera"), "break: phone_unreachable");
    assert_eq!(floor.agent_of("a").as_deref(), Some("anna"));
}

#[test]
fn an_offer_withdrawn_from_a_phone_stops_its_ringing() {
    let mut floor = floor::opens();
    floor.ready(&["vera"]);
    floor.caller("a").arrives_at("direct");
    let leg = floor.agent("vera").leg();
    floor.caller("a").hangs_up();
    assert_eq!(floor.commands_to(leg).last(), Some(&LegCommand::HangUp { cause: Cause::Cancelled }));
    assert_eq!(floor.activity("vera"), Activity::Idle);
}

#[test]
fn a_presence_chosen_while_it_rings_outlives_a_missed_offer() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").takes_break("lunch");
    assert_eq!(floor.activity("anna"), Activity::Ringing);
    floor.passes(20_000);
    assert_eq!(floor.presence("anna"), "break: lunch");
}
