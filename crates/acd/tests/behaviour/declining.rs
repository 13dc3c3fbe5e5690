//! An agent who declined an interaction is not asked again at once.

use perezvon_acd::{MAX_REFUSALS, REFUSAL_ALONE_MS, REFUSAL_MS};

use crate::floor::{Floor, agent, opens, queue};

fn floor(names: &[&'static str]) -> Floor {
    let agents: Vec<_> = names.iter().map(|name| agent(name, &["support"])).collect();
    let mut floor = opens(&[queue("support")], &agents);
    for name in names {
        floor.is_free(name);
    }
    floor.decides();
    floor
}

#[test]
fn it_goes_to_another_one() {
    let mut floor = floor(&["anna", "boris"]);
    floor.calls("a", "support");
    assert_eq!(floor.decides(), ["a -> anna"]);
    floor.declines("anna", "a");
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn who_is_alone_is_asked_again_after_a_short_while() {
    let mut floor = floor(&["anna"]);
    floor.calls("a", "support");
    floor.decides();
    floor.declines("anna", "a");
    assert_eq!(floor.decides(), [""; 0]);
    floor.now = floor.now + (REFUSAL_ALONE_MS - 2);
    assert_eq!(floor.decides(), [""; 0]);
    floor.now = floor.now + 1;
    assert_eq!(floor.decides(), ["a -> anna"]);
}

#[test]
fn with_others_ready_it_takes_longer() {
    let mut floor = floor(&["anna", "boris"]);
    floor.is_busy("boris");
    floor.calls("a", "support");
    floor.decides();
    floor.declines("anna", "a");
    floor.now = floor.now + (REFUSAL_MS - 2);
    assert_eq!(floor.decides(), [""; 0]);
    floor.now = floor.now + 1;
    assert_eq!(floor.decides(), ["a -> anna"]);
}

#[test]
fn who_becomes_the_only_one_left_is_asked_again() {
    let mut floor = floor(&["anna", "boris"]);
    floor.is_busy("boris");
    floor.calls("a", "support");
    floor.decides();
    floor.declines("anna", "a");
    floor.now = floor.now + REFUSAL_ALONE_MS;
    assert_eq!(floor.decides(), [""; 0]);
    floor.is_on_break("boris");
    assert_eq!(floor.decides(), ["a -> anna"]);
}

#[test]
fn the_next_in_line_is_offered_meanwhile() {
    let mut floor = floor(&["anna"]);
    floor.calls("a", "support");
    floor.decides();
    floor.declines("anna", "a");
    floor.calls("b", "support");
    assert_eq!(floor.decides(), ["b -> anna"]);
}

#[test]
fn only_so_many_are_remembered_the_oldest_is_forgotten() {
    let mut floor = floor(&["anna"]);
    floor.is_busy("anna");
    floor.calls("a", "support");
    for number in 0..=MAX_REFUSALS {
        let who =
            if number == 0 { crate::floor::id("anna") } else { crate::floor::id(&format!("n{number}")) };
        floor.acd.refuse(crate::floor::id("a"), who, floor.now);
    }
    floor.is_free("anna");
    assert_eq!(floor.decides(), ["a -> anna"]);
    floor.leaves("a");
    assert_eq!(floor.acd.next_look(), None, "nothing is left behind");
}
