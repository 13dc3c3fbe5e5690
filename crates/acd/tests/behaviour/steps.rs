//! Steps of relaxing: who may serve widens with time, and the place in line stays.

use perezvon_model::routing::Widen;

use crate::floor::{Floor, With, after, agent, opens, queue, skill};

/// German from level 7; after 10 s from level 4; after 20 s anybody of the queue.
fn floor() -> Floor {
    let steps = [
        after(10, Widen::LowerLevel { skill: skill("german"), level: 4 }),
        after(20, Widen::DropSkill { skill: skill("german") }),
    ];
    let agents = [
        agent("anna", &["german"]).knows(&["german 9"]),
        agent("boris", &["german"]).knows(&["german 5"]),
        agent("vera", &["german"]),
    ];
    let mut floor = opens(&[queue("german").needs(&["german 7"]).steps(&steps)], &agents);
    for name in ["anna", "boris", "vera"] {
        floor.is_busy(name);
    }
    floor
}

#[test]
fn a_lower_level_is_enough_from_its_time_on() {
    let mut floor = floor();
    floor.calls("a", "german");
    floor.is_free("boris");
    assert_eq!(floor.decides(), [""; 0]);
    floor.passes_s(9);
    assert_eq!(floor.decides(), [""; 0]);
    floor.passes_s(1);
    assert_eq!(floor.decides(), ["a -> boris"]);
    assert_eq!(floor.receipts["a"].step, 1);
}

#[test]
fn a_skill_that_is_dropped_is_not_needed() {
    let mut floor = floor();
    floor.calls("a", "german");
    floor.is_free("vera");
    floor.passes_s(19);
    assert_eq!(floor.decides(), [""; 0]);
    floor.passes_s(1);
    assert_eq!(floor.decides(), ["a -> vera"]);
    assert_eq!(floor.receipts["a"].step, 2);
}

#[test]
fn the_next_look_is_the_next_step() {
    let mut floor = floor();
    let begun = floor.now;
    floor.calls("a", "german");
    assert_eq!(floor.acd.next_look(), Some(begun + 10_000));
    floor.passes_s(10);
    floor.decides();
    assert_eq!(floor.acd.next_look(), Some(begun + 20_000));
    floor.passes_s(10);
    floor.decides();
    assert_eq!(floor.acd.next_look(), None);
}

#[test]
fn the_place_in_line_stays_through_the_steps() {
    let mut floor = floor();
    floor.calls("early", "german");
    floor.passes_s(15);
    floor.calls("late", "german");
    floor.passes_s(10);
    floor.decides();
    assert_eq!((floor.position("early"), floor.position("late")), (Some(1), Some(2)));
    floor.is_free("boris");
    assert_eq!(floor.decides(), ["early -> boris"]);
}

#[test]
fn a_step_is_skipped_at_once_while_nobody_signed_in_could_match() {
    let mut floor = floor();
    floor.signs_out("anna");
    floor.calls("a", "german");
    floor.is_free("boris");
    assert_eq!(floor.decides(), ["a -> boris"]);
    assert_eq!(floor.receipts["a"].step, 1, "the receipt names the step in force");
}

#[test]
fn who_is_on_a_break_is_signed_in_and_the_step_waits() {
    let mut floor = floor();
    floor.is_on_break("anna");
    floor.calls("a", "german");
    floor.is_free("boris");
    assert_eq!(floor.decides(), [""; 0]);
    floor.signs_out("anna");
    assert_eq!(floor.decides(), ["a -> boris"], "the last one who could signs out while it waits");
}

#[test]
fn a_step_that_was_skipped_is_kept_again_when_somebody_signs_in() {
    let mut floor = floor();
    floor.signs_out("anna");
    floor.is_on_break("anna");
    floor.calls("a", "german");
    floor.is_free("boris");
    assert_eq!(floor.decides(), [""; 0]);
    floor.is_free("anna");
    assert_eq!(floor.decides(), ["a -> anna"]);
}

#[test]
fn needs_that_the_interaction_brings_are_widened_too() {
    let mut floor = floor();
    let with = With { needs: &["german 8"], ..With::default() };
    floor.waits("a", "german", with);
    floor.is_free("boris");
    floor.passes_s(10);
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn with_nobody_at_all_the_last_step_waits_for_whoever_comes() {
    let mut floor = floor();
    for name in ["anna", "boris", "vera"] {
        floor.signs_out(name);
    }
    floor.calls("a", "german");
    assert_eq!(floor.decides(), [""; 0]);
    floor.is_free("vera");
    assert_eq!(floor.decides(), ["a -> vera"]);
}
