//! The whole way of one call.

use perezvon_model::Activity;
use perezvon_model::engine::Output;
use perezvon_model::leg::LegCommand;

use crate::floor;

#[test]
fn a_call_goes_from_the_greeting_to_the_wrap_up_and_the_journal_tells_it_all() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("+74951234567").arrives_at("main");
    assert_eq!(floor.hears("+74951234567"), "greeting");
    floor.caller("+74951234567").gets_card("Ivan");
    floor.passes(2_000);
    floor.caller("+74951234567").listens();
    assert_eq!(floor.hears("+74951234567"), "menu");
    floor.caller("+74951234567").presses("2");
    floor.caller("+74951234567").presses("4812#");
    assert_eq!(floor.activity("anna"), Activity::Ringing);
    let offer = floor.desk("anna").offer.expect("rings");
    assert_eq!(offer.about.customer.as_ref().map(|card| card.name.as_str()), Some("Ivan"));
    assert_eq!(offer.about.collected.last().map(|entry| entry.value.as_str()), Some("4812"));
    assert_eq!(floor.hears("+74951234567"), "please-hold");
    floor.passes(3_000);
    floor.agent("anna").accepts();
    assert_eq!(floor.hears("+74951234567"), "anna");
    assert_eq!(floor.activity("anna"), Activity::Talking);
    floor.passes(60_000);
    floor.agent("anna").notes("asked for an invoice");
    floor.caller("+74951234567").hangs_up();
    assert_eq!(floor.activity("anna"), Activity::WrapUp);
    floor.passes(10_000);
    floor.agent("anna").finishes();
    assert_eq!(floor.activity("anna"), Activity::Idle);
    assert_eq!(
        floor.story("+74951234567"),
        [
            "started",
            "answered",
            "matched",
            "menu=2",
            "account=4812",
            "queued support 1 at 1",
            "offered anna",
            "Accepted by anna after 3000",
            "left queue Answered after 3000",
            "talks with anna",
            "recorded",
            "anna notes asked for an invoice",
            "anna talked 60000 held 0",
            "anna wraps up",
            "ended Answered Normal by Customer",
            "anna wrapped up 10000",
        ]
    );
    let desk = floor.desk("anna");
    assert_eq!((desk.handled_today, desk.mean_handle_ms), (1, 70_000));
    let today = floor.queue("support").today;
    assert_eq!((today.offered, today.answered, today.answered_in_threshold), (1, 1, 1));
    floor.passes(60_000);
    let remains = floor.tenant.remains();
    assert_eq!((remains.calls, remains.legs, remains.asks, remains.waiting, remains.timers), (0, 0, 0, 0, 0));
    assert!(floor.heard.iter().any(|output| matches!(output, Output::RecordStop { .. })));
}

#[test]
fn a_call_is_rung_and_then_answered_with_its_first_sound() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("main");
    let leg = floor.caller("a").leg();
    let commands = floor.commands_to(leg);
    assert!(
        matches!(commands[..], [LegCommand::Ring, LegCommand::Answer, LegCommand::Play { .. }]),
        "{commands:?}"
    );
}
