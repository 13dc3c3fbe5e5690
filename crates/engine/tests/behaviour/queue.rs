//! Waiting: places, positions, limits, skills.

use perezvon_model::announce::Announcement;
use perezvon_model::config::{Queue, WrapUp};
use perezvon_model::leg::LegEvent;

use crate::floor;
use crate::setup::{self, skill};

#[test]
fn callers_are_offered_in_the_order_of_their_arrival() {
    let mut floor = floor::opens();
    for caller in ["a", "b", "c"] {
        floor.caller(caller).arrives_at("direct");
        floor.passes(1);
    }
    for caller in ["a", "b", "c"] {
        floor.ready(&["anna"]);
        assert_eq!(floor.agent_of(caller).as_deref(), Some("anna"));
        floor.agent("anna").accepts();
        floor.caller(caller).hangs_up();
        floor.agent("anna").finishes();
    }
}

#[test]
fn an_agent_of_two_queues_serves_who_waits_longest_in_either() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("sales");
    floor.passes(1);
    floor.caller("b").arrives_at("direct");
    floor.ready(&["anna"]);
    assert_eq!(floor.agent_of("a").as_deref(), Some("anna"));
    floor.agent("anna").accepts();
    floor.agent("anna").hangs_up();
    assert_eq!(floor.agent_of("b").as_deref(), Some("anna"));
}

#[test]
fn the_longest_idle_agent_is_offered_first() {
    let mut floor = floor::opens();
    floor.ready(&["boris", "anna"]);
    floor.caller("a").arrives_at("direct");
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
    floor.agent("boris").accepts();
    floor.agent("boris").hangs_up();
    floor.agent("boris").finishes();
    floor.passes(1);
    floor.caller("b").arrives_at("direct");
    assert_eq!(floor.agent_of("b").as_deref(), Some("anna"));
}

#[test]
fn a_full_queue_leads_on_by_the_flow_or_lets_go_politely() {
    let mut config = setup::company();
    for queue in &mut config.queues {
        queue.max_waiting = 1;
    }
    let mut floor = floor::opens_with(config);
    for (flow, caller, next, told) in
        [("direct", "a", "b", "unavailable"), ("sales", "c", "d", "all-busy goodbye")]
    {
        floor.caller(caller).arrives_at(flow);
        floor.caller(next).arrives_at(flow);
        assert_eq!(floor.hears(caller), "music");
        assert_eq!(floor.hears(next), told);
        floor.caller(next).listens();
        assert_eq!(floor.story(next).last().map(String::as_str), Some("ended EndedInFlow Normal by System"));
    }
}

#[test]
fn the_longest_wait_leads_on_by_the_flow() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("direct");
    floor.passes(299_999);
    assert_eq!(floor.hears("a"), "music");
    floor.passes(1);
    assert_eq!(floor.hears("a"), "unavailable");
    assert!(floor.story("a").contains(&"left queue Overflowed after 300000".to_owned()));
    assert_eq!(floor.queue("support").waiting, 0);
}

#[test]
fn an_offer_that_rings_at_the_longest_wait_is_left_to_its_end() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("direct");
    floor.passes(290_000);
    floor.ready(&["anna"]);
    floor.passes(12_000);
    assert_eq!(floor.agent_of("a").as_deref(), Some("anna"));
    floor.agent("anna").accepts();
    assert_eq!(floor.hears("a"), "anna");

    floor.caller("b").arrives_at("direct");
    floor.passes(290_000);
    floor.ready(&["boris"]);
    floor.passes(20_000);
    assert_eq!(floor.presence("boris"), "break: missed_offer");
    floor.passes(1_000);
    assert_eq!(floor.hears("b"), "unavailable");
}

#[test]
fn the_position_is_said_now_and_then_and_music_follows() {
    let mut config = setup::company();
    config.queues[0].routing.announcements = vec![Announcement::position_every(30)];
    let mut floor = floor::opens_with(config);
    floor.caller("a").arrives_at("direct");
    floor.caller("b").arrives_at("direct");
    floor.passes(30_000);
    assert_eq!(floor.hears("a"), "position 1");
    assert_eq!(floor.hears("b"), "position 2");
    floor.caller("b").listens();
    assert_eq!(floor.hears("b"), "music");
    floor.caller("a").hangs_up();
    floor.passes(30_000);
    assert_eq!(floor.hears("b"), "position 1");
    for number in 0..20 {
        floor.caller(&format!("c{number}")).arrives_at("direct");
    }
    floor.caller("last").arrives_at("direct");
    floor.passes(30_000);
    assert_eq!(floor.hears("c18"), "position 20");
    assert_eq!(floor.hears("last"), "position-more");
    for caller in floor.callers_live() {
        floor.caller(&caller).hangs_up();
    }
    assert_eq!(floor.tenant.remains().timers, 0);
}

#[test]
fn the_end_of_a_prompt_that_was_replaced_is_not_the_end_of_the_new_one() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("main");
    let (leg, replaced) = (floor.caller("a").leg(), floor.play_of("a"));
    floor.caller("a").listens();
    assert_eq!(floor.hears("a"), "menu");
    floor.leg_event(leg, LegEvent::PlayDone { play: replaced });
    floor.passes(10_000);
    assert_eq!(floor.hears("a"), "menu", "the menu's silence begins at its own end");
    floor.caller("a").listens();
    floor.passes(10_000);
    assert_eq!(floor.hears("a"), "please-hold");
}

#[test]
fn a_flow_may_say_the_position_at_its_own_pace_or_never() {
    let mut config = setup::company();
    config.queues[0].routing.announcements = vec![Announcement::position_every(30)];
    config.flows.push(setup::flow(
        "quiet",
        r#"{"version":1,"start":"q","nodes":{"q":{"type":"queue","queue":"support","announce_every_s":0}}}"#,
    ));
    config.flows.push(setup::flow(
        "often",
        r#"{"version":1,"start":"q","nodes":{"q":{"type":"queue","queue":"support","announce_every_s":10}}}"#,
    ));
    let mut floor = floor::opens_with(config);
    floor.caller("a").arrives_at("quiet");
    floor.caller("b").arrives_at("often");
    floor.passes(10_000);
    assert_eq!((floor.hears("a").as_str(), floor.hears("b").as_str()), ("music", "position 2"));
    floor.passes(60_000);
    assert_eq!(floor.hears("a"), "music");
}

#[test]
fn nobody_hears_a_position_while_an_agent_is_being_rung() {
    let mut config = setup::company();
    config.queues[0].routing.announcements = vec![Announcement::position_every(10)];
    let mut floor = floor::opens_with(config);
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.passes(15_000);
    assert_eq!(floor.hears("a"), "music");
}

#[test]
fn only_agents_with_every_needed_skill_are_offered_and_a_changed_skill_matches_anew() {
    let mut config = setup::company();
    config.queues[0].required_skills = vec![skill("german", 5)];
    config.agents[1].skills = vec![skill("german", 4)];
    let mut floor = floor::opens_with(config);
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    floor.passes(60_000);
    assert_eq!(floor.agent_of("a"), None);
    floor.config.agents[1].skills = vec![skill("german", 5)];
    floor.configures();
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
}

#[test]
fn a_caller_who_gives_up_is_abandoned_and_a_short_wait_is_counted_apart() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("direct");
    floor.caller("b").arrives_at("direct");
    floor.passes(4_999);
    floor.caller("a").hangs_up();
    floor.passes(1);
    floor.caller("b").hangs_up();
    assert_eq!(floor.story("a").last().map(String::as_str), Some("ended Abandoned Normal by Customer"));
    let today = floor.queue("support").today;
    assert_eq!((today.offered, today.abandoned, today.abandoned_short), (2, 2, 1));
}

#[test]
fn the_queue_shows_who_waits_and_since_when() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    let first = floor.now;
    floor.passes(5_000);
    floor.caller("b").arrives_at("direct");
    let queue = floor.queue("support");
    assert_eq!((queue.waiting, queue.longest_since), (2, Some(first)));
    assert_eq!((queue.idle, queue.busy, queue.signed_in), (0, 1, 1));
    floor.agent("anna").accepts();
    assert_eq!(floor.queue("support").waiting, 1);
}

#[test]
fn an_offer_goes_out_in_the_same_step_in_which_the_agent_frees() {
    let mut config = setup::company();
    config.queues[0] = Queue { wrap_up: WrapUp::None, ..config.queues[0].clone() };
    let mut floor = floor::opens_with(config);
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.caller("b").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.agent("anna").hangs_up();
    assert_eq!(floor.agent_of("b").as_deref(), Some("anna"));
}
