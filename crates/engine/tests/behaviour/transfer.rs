//! Passing a customer on.

use perezvon_model::Activity;
use perezvon_model::config::WrapUp;
use perezvon_model::engine::CommandRefused;

use crate::floor::{self, Floor};
use crate::setup;

fn talking(config: perezvon_model::config::TenantConfig) -> Floor {
    let mut floor = floor::opens_with(config);
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.passes(10_000);
    floor
}

#[test]
fn a_customer_passed_to_a_queue_keeps_the_clock_of_the_first_one() {
    let mut floor = talking(setup::company());
    floor.caller("b").arrives_at("sales");
    floor.passes(1_000);
    floor.agent("anna").passes_to_queue("sales").unwrap();
    assert_eq!(floor.activity("anna"), Activity::WrapUp);
    assert_eq!(floor.hears("a"), "music");
    let story = floor.story("a");
    assert!(story.contains(&"passed to sales by anna".to_owned()));
    assert!(story.contains(&"queued sales 2 at 1".to_owned()), "before b, who came later: {story:?}");
    floor.agent("anna").finishes();
    assert_eq!(floor.agent_of("a").as_deref(), Some("anna"));
    assert_eq!(floor.desk("anna").offer.expect("rings").about.transferred_by.as_deref(), Some("anna"));
}

#[test]
fn a_customer_cannot_be_passed_to_a_queue_that_is_full_or_unknown() {
    let mut config = setup::company();
    config.queues[1].max_waiting = 1;
    let mut floor = talking(config);
    floor.caller("b").arrives_at("sales");
    assert_eq!(floor.agent("anna").passes_to_queue("sales").unwrap_err().code(), "not_now");
    assert_eq!(floor.agent("anna").passes_to_queue("none"), Err(CommandRefused::NoSuchTarget));
    assert_eq!(floor.hears("a"), "anna");
}

#[test]
fn a_customer_passed_to_an_agent_hears_music_until_the_agent_answers() {
    let mut floor = talking(setup::company());
    floor.ready(&["boris"]);
    floor.agent("anna").passes_to_agent("boris").unwrap();
    assert_eq!(floor.activity("anna"), Activity::WrapUp);
    assert_eq!(floor.activity("boris"), Activity::Ringing);
    assert_eq!(floor.hears("a"), "music");
    assert_eq!(floor.desk("boris").offer.expect("rings").about.transferred_by.as_deref(), Some("anna"));
    floor.passes(3_000);
    floor.agent("boris").accepts();
    assert_eq!(floor.hears("a"), "boris");
    floor.passes(5_000);
    floor.caller("a").hangs_up();
    let story = floor.story("a");
    assert!(story.contains(&"anna talked 10001 held 0".to_owned()), "{story:?}");
    assert!(story.contains(&"boris talked 5000 held 0".to_owned()));
    assert_eq!(story.iter().filter(|word| word.starts_with("queued")).count(), 1, "{story:?}");
}

#[test]
fn whoever_passed_a_customer_on_sees_at_whom_it_rings_until_it_is_answered_or_not() {
    let ringing = |floor: &Floor| floor.desk("anna").wrap_up.expect("wraps up").transfer_ringing;
    let ends: [fn(&mut Floor); 3] = [
        |floor| floor.agent("boris").accepts(),
        |floor| floor.agent("boris").declines(),
        |floor| floor.caller("a").hangs_up(),
    ];
    for end in ends {
        let mut floor = talking(setup::company());
        floor.ready(&["boris"]);
        floor.agent("anna").passes_to_agent("boris").unwrap();
        assert_eq!(ringing(&floor).as_deref(), Some("boris"));
        floor.drawn.clear();
        end(&mut floor);
        assert_eq!(ringing(&floor), None);
        assert!(floor.drawn.contains(&setup::id("anna")), "the desk is drawn again");
    }
}

#[test]
fn a_customer_cannot_be_passed_to_an_agent_who_is_not_free() {
    let mut floor = talking(setup::company());
    for target in ["boris", "anna", "nobody"] {
        assert_eq!(floor.agent("anna").passes_to_agent(target), Err(CommandRefused::NoSuchTarget));
    }
    assert_eq!(floor.hears("a"), "anna");
}

#[test]
fn a_transfer_that_nobody_takes_comes_back_to_the_first_agent_when_free_of_wrap_up() {
    let mut floor = talking(setup::company());
    floor.ready(&["boris"]);
    floor.agent("anna").passes_to_agent("boris").unwrap();
    floor.ready(&["vera"]);
    floor.agent("anna").finishes();
    floor.passes(20_000);
    assert_eq!(floor.presence("boris"), "break: missed_offer");
    assert_eq!(floor.agent_of("a").as_deref(), Some("anna"), "though vera is idle for longer");
    floor.agent("anna").accepts();
    assert_eq!(floor.hears("a"), "anna");
}

#[test]
fn a_transfer_that_nobody_takes_goes_to_the_queue_while_the_first_agent_wraps_up() {
    let mut config = setup::company();
    config.queues[0].wrap_up = WrapUp::Timed { limit_s: 60 };
    let mut floor = talking(config);
    floor.caller("b").arrives_at("direct");
    floor.ready(&["boris"]);
    floor.agent("boris").declines();
    floor.agent("anna").passes_to_agent("boris").unwrap();
    floor.agent("boris").declines();
    assert!(floor.story("a").contains(&"queued support 2 at 1".to_owned()), "{:?}", floor.story("a"));
    assert_eq!(floor.hears("a"), "music");
    floor.ready(&["vera"]);
    assert_eq!(floor.agent_of("a").as_deref(), Some("vera"), "a came before b");
}

#[test]
fn a_call_that_the_first_agent_misses_on_its_return_goes_to_the_queue() {
    let mut config = setup::company();
    config.queues[0].wrap_up = WrapUp::None;
    let mut floor = talking(config);
    floor.ready(&["boris"]);
    floor.agent("anna").passes_to_agent("boris").unwrap();
    floor.passes(20_000);
    assert_eq!(floor.agent_of("a").as_deref(), Some("anna"));
    floor.passes(20_000);
    assert_eq!(floor.presence("anna"), "break: missed_offer");
    assert_eq!(floor.agent_of("a"), None);
    assert_eq!(floor.queue("support").waiting, 1);
}

#[test]
fn a_customer_who_hangs_up_during_the_transfer_was_answered_all_the_same() {
    let mut floor = talking(setup::company());
    floor.ready(&["boris"]);
    floor.agent("anna").passes_to_agent("boris").unwrap();
    floor.caller("a").hangs_up();
    assert_eq!(floor.story("a").last().map(String::as_str), Some("ended Answered Normal by Customer"));
    assert_eq!(floor.activity("boris"), Activity::Idle);
}

#[test]
fn a_passed_customer_whom_nobody_serves_is_let_go_politely_in_the_end() {
    let mut floor = talking(setup::company());
    floor.agent("anna").passes_to_queue("sales").unwrap();
    floor.agent("anna").takes_break("lunch");
    floor.passes(3_600_000);
    assert_eq!(floor.hears("a"), "all-busy goodbye");
    floor.caller("a").listens();
    assert_eq!(floor.tenant.remains().calls, 0);
}
