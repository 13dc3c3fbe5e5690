//! A queue helps another one with its agents, while it can lend them.

use perezvon_model::routing::Widen;

use crate::floor::{Floor, after, agent, id, opens, queue};

/// Support may have the agents of sales after 10 s.
fn floor() -> Floor {
    let steps = [after(10, Widen::AddQueue { queue: id("sales") })];
    let queues = [queue("support").steps(&steps), queue("sales")];
    let mut floor = opens(&queues, &[agent("anna", &["support"]), agent("boris", &["sales"])]);
    floor.is_busy("anna");
    floor.is_free("boris");
    floor
}

#[test]
fn the_agents_of_the_other_queue_help_from_the_step_on() {
    let mut floor = floor();
    floor.calls("a", "support");
    assert_eq!(floor.decides(), [""; 0]);
    floor.passes_s(10);
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn who_does_not_lend_keeps_its_agents_and_helps_once_it_lends_again() {
    let mut floor = floor();
    floor.acd.lend(id("sales"), false);
    floor.calls("a", "support");
    floor.passes_s(10);
    assert_eq!(floor.decides(), [""; 0]);
    floor.acd.lend(id("sales"), true);
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn the_lender_s_own_callers_are_compared_by_priority_and_place() {
    let mut floor = floor();
    floor.is_busy("boris");
    floor.calls("own", "sales");
    floor.calls("a", "support");
    floor.passes_s(10);
    floor.decides();
    floor.is_free("boris");
    assert_eq!(floor.decides(), ["own -> boris"]);
}

#[test]
fn whether_a_queue_lends_outlives_a_change_of_the_configuration() {
    let mut floor = floor();
    floor.acd.lend(id("sales"), false);
    floor.configures();
    floor.calls("a", "support");
    floor.passes_s(10);
    assert_eq!(floor.decides(), [""; 0]);
}

#[test]
fn lent_agents_must_have_the_skills_that_are_needed_then() {
    let steps = [after(10, Widen::AddQueue { queue: id("sales") })];
    let queues = [queue("german").needs(&["german 5"]).steps(&steps), queue("sales")];
    let agents = [
        agent("anna", &["german"]).knows(&["german 9"]),
        agent("boris", &["sales"]),
        agent("vera", &["sales"]).knows(&["german 5"]),
    ];
    let mut floor = opens(&queues, &agents);
    floor.is_busy("anna");
    floor.is_free("boris");
    floor.is_free("vera");
    floor.calls("a", "german");
    floor.passes_s(10);
    assert_eq!(floor.decides(), ["a -> vera"]);
}

#[test]
fn nobody_is_held_for_an_agent_who_is_lent_no_more() {
    let mut floor = floor();
    floor.is_busy("boris");
    floor.calls("a", "support");
    floor.passes_s(10);
    floor.decides();
    floor.acd.prefer(id("a"), id("boris"), floor.now + 60_000);
    floor.is_free("anna");
    assert_eq!(floor.decides(), [""; 0], "for Boris, who helps");
    floor.acd.lend(id("sales"), false);
    assert_eq!(floor.decides(), ["a -> anna"]);
}

#[test]
fn who_declined_and_is_the_only_one_left_when_the_lending_stops_is_asked_again() {
    let mut floor = floor();
    floor.is_free("anna");
    floor.is_busy("boris");
    floor.calls("a", "support");
    floor.passes_s(10);
    assert_eq!(floor.decides(), ["a -> anna"]);
    floor.declines("anna", "a");
    floor.passes_s(6);
    assert_eq!(floor.decides(), [""; 0], "Boris could take it soon");
    floor.acd.lend(id("sales"), false);
    assert_eq!(floor.decides(), ["a -> anna"]);
}
