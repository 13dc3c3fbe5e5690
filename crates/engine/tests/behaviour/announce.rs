//! What a waiting caller is told, by the rules of the queue.

use perezvon_model::announce::{Announcement, Only, Say};

use crate::floor::{self, Floor};
use crate::setup;

fn with(rules: &[(u32, u32, Say, Only)]) -> Floor {
    let mut config = setup::company();
    let rules = rules.iter().cloned();
    config.queues[0].routing.announcements =
        rules.map(|(after_s, every_s, say, only)| Announcement { after_s, every_s, say, only }).collect();
    floor::opens_with(config)
}

fn prompt(name: &str) -> Say {
    Say::Prompt { name: name.into() }
}

/// Boris has handled one call of 200 s with 30 s of wrap-up and talks again.
fn busy(mut floor: Floor) -> Floor {
    floor.ready(&["boris"]);
    for caller in ["first", "second"] {
        floor.caller(caller).arrives_at("direct");
        floor.agent("boris").accepts();
        if caller == "first" {
            floor.passes(200_000);
            floor.agent("boris").hangs_up();
            floor.passes(30_000);
        }
    }
    floor
}

#[test]
fn what_is_due_at_one_time_is_said_in_the_order_of_the_rules() {
    let mut floor = with(&[
        (20, 0, prompt("menu"), Only::Always),
        (10, 10, Say::Position, Only::Always),
        (30, 0, prompt("greeting"), Only::Always),
    ]);
    floor.caller("a").arrives_at("direct");
    let mut heard = Vec::new();
    for _ in 0..4 {
        floor.passes(10_000);
        heard.push(floor.hears("a"));
        floor.caller("a").listens();
        assert_eq!(floor.hears("a"), "music");
    }
    assert_eq!(heard, ["position 1", "menu position 1", "position 1 greeting", "position 1"]);
}

#[test]
fn the_estimated_wait_is_told_as_a_range_and_promised_in_the_journal() {
    let mut floor = busy(with(&[(5, 0, Say::Wait, Only::Always)]));
    floor.caller("a").arrives_at("direct");
    floor.caller("b").arrives_at("direct");
    floor.passes(5_000);
    // One agent of 230 s: the next start comes within 0 to 9 minutes in eight cases of ten, the second within 2 to 15.
    assert_eq!(floor.hears("a"), "wait-under-10");
    assert_eq!(floor.hears("b"), "wait-from-2 wait-to-15");
    assert!(floor.story("b").contains(&"wait 120 to Some(900)".to_owned()), "{:?}", floor.story("b"));
}

#[test]
fn nothing_is_promised_while_nothing_is_known() {
    let mut floor = with(&[(5, 0, Say::Wait, Only::Always)]);
    floor.caller("a").arrives_at("direct");
    floor.passes(5_000);
    assert_eq!(floor.hears("a"), "music");
}

#[test]
fn a_condition_keeps_an_announcement_back() {
    let mut floor = busy(with(&[
        (5, 0, prompt("greeting"), Only::EstimateOver { s: 300 }),
        (5, 0, prompt("menu"), Only::Behind { others: 1 }),
    ]));
    floor.caller("a").arrives_at("direct");
    floor.passes(5_000);
    assert_eq!(floor.hears("a"), "music", "nobody is before, and the wait is shorter");
    floor.caller("b").arrives_at("direct");
    floor.passes(5_000);
    assert_eq!(floor.hears("b"), "greeting menu");
}

#[test]
fn what_the_flow_says_first_is_not_cut_short() {
    let mut floor = with(&[(2, 0, prompt("menu"), Only::Always)]);
    floor.caller("a").arrives_at("main");
    floor.caller("a").listens();
    floor.caller("a").presses("1");
    floor.passes(3_000);
    assert_eq!(floor.hears("a"), "please-hold");
    floor.caller("a").listens();
    assert_eq!(floor.hears("a"), "menu");
    floor.caller("a").listens();
    assert_eq!(floor.hears("a"), "music");
}

#[test]
fn an_end_of_a_prompt_that_is_lost_does_not_silence_the_rest() {
    let mut floor = with(&[(10, 0, prompt("menu"), Only::Always), (20, 0, prompt("greeting"), Only::Always)]);
    floor.caller("a").arrives_at("main");
    floor.caller("a").listens();
    floor.caller("a").presses("1");
    floor.passes(299_000);
    assert_eq!(floor.hears("a"), "please-hold");
    floor.passes(2_000);
    assert_eq!(floor.hears("a"), "menu greeting");
}

#[test]
fn rules_made_while_somebody_waits_are_heard() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("direct");
    floor.passes(30_000);
    floor.config.queues[0].routing.announcements = vec![Announcement::position_every(20)];
    floor.configures();
    floor.passes(10_000);
    assert_eq!(floor.hears("a"), "position 1");
}
