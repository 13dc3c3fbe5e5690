//! A new configuration while interactions wait: nobody is lost, and it counts at once.

use perezvon_model::Channel;
use perezvon_model::routing::{Strategy, Widen};

use crate::floor::{Floor, With, after, agent, opens, queue, skill};

fn floor() -> Floor {
    let agents = ["anna", "boris"].map(|name| agent(name, &["support", "sales"]));
    opens(&[queue("support"), queue("sales")], &agents)
}

#[test]
fn those_whose_queue_is_gone_are_told_in_the_order_of_their_places() {
    let mut floor = floor();
    floor.calls("b", "sales");
    floor.calls("a", "support");
    floor.calls("c", "sales");
    floor.queues.remove(1);
    assert_eq!(floor.configures(), ["b", "c"]);
    assert_eq!(floor.acd.waiting_in_all(), 1);
    floor.is_free("anna");
    assert_eq!(floor.decides(), ["a -> anna"]);
}

#[test]
fn a_new_ageing_orders_anew_by_the_same_clocks() {
    let mut floor = floor();
    floor.calls("early", "support");
    floor.passes_s(600);
    floor.waits("vip", "support", With { points: 5, ..With::default() });
    assert_eq!(floor.position("vip"), Some(1));
    floor.queues[0].ageing_per_min = 1;
    floor.configures();
    assert_eq!(floor.position("early"), Some(1), "ten minutes are ten points");
    floor.is_free("anna");
    assert_eq!(floor.decides(), ["early -> anna"]);
}

#[test]
fn a_new_need_counts_for_those_who_wait() {
    let mut floor = floor();
    floor.calls("a", "support");
    floor.queues[0] = queue("support").needs(&["german 3"]);
    floor.agents[1] = agent("boris", &["support"]).knows(&["german 3"]);
    floor.configures();
    floor.is_free("anna");
    assert_eq!(floor.decides(), [""; 0]);
    floor.is_free("boris");
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn new_steps_count_from_when_each_joined() {
    let mut floor = floor();
    floor.queues[0] = queue("support").needs(&["german 3"]);
    floor.agents[1] = agent("boris", &["support"]).knows(&["german 3"]);
    floor.configures();
    floor.is_busy("boris");
    floor.is_free("anna");
    floor.calls("a", "support");
    floor.passes_s(8);
    floor.queues[0].steps = vec![after(10, Widen::DropSkill { skill: skill("german") })];
    floor.configures();
    assert_eq!(floor.decides(), [""; 0]);
    floor.passes_s(2);
    assert_eq!(floor.decides(), ["a -> anna"]);
}

#[test]
fn steps_that_are_taken_away_are_taken_from_those_who_wait_too() {
    let mut floor = floor();
    floor.queues[0] = queue("support")
        .needs(&["german 3"])
        .steps(&[after(10, Widen::DropSkill { skill: skill("german") })]);
    floor.agents[1] = agent("boris", &["support"]).knows(&["german 3"]);
    floor.configures();
    floor.is_busy("boris");
    floor.calls("a", "support");
    floor.passes_s(10);
    floor.decides();
    floor.queues[0].steps.clear();
    floor.configures();
    floor.is_free("anna");
    assert_eq!(floor.decides(), [""; 0]);
    assert_eq!(floor.acd.next_look(), None);
}

#[test]
fn those_who_are_held_stay_held() {
    let mut floor = floor();
    floor.is_busy("anna");
    floor.waits("a", "support", With { preferred: Some(("anna", 30)), ..With::default() });
    floor.is_free("boris");
    floor.configures();
    assert_eq!(floor.decides(), [""; 0]);
    floor.passes_s(30);
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn those_held_for_somebody_who_is_removed_are_released() {
    let mut floor = floor();
    floor.is_busy("anna");
    floor.waits("a", "support", With { preferred: Some(("anna", 30)), ..With::default() });
    floor.is_free("boris");
    floor.decides();
    floor.agents.remove(0);
    floor.configures();
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn what_is_being_offered_goes_on_being_offered() {
    let mut floor = floor();
    floor.calls("a", "support");
    floor.is_free("anna");
    assert_eq!(floor.decides(), ["a -> anna"]);
    floor.is_free("boris");
    floor.configures();
    assert_eq!(floor.decides(), [""; 0], "it is not offered twice");
    floor.declines("anna", "a");
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn a_queue_of_another_channel_is_for_those_who_are_open_for_that() {
    let mut floor = floor();
    floor.calls("a", "support");
    floor.queues[0] = queue("support").of(Channel::Chat);
    floor.configures();
    floor.is_free("anna");
    assert_eq!(floor.decides(), [""; 0]);
    floor.is_free_for("boris", &[Channel::Chat]);
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn a_new_strategy_counts_for_the_next_decision() {
    let mut floor = floor();
    floor.agents[1] = agent("boris", &["support"]).knows(&["german 5"]);
    floor.is_free("anna");
    floor.is_free("boris");
    floor.queues[0] = queue("support").by(Strategy::LeastSkilled);
    floor.configures();
    floor.calls("a", "support");
    assert_eq!(floor.decides(), ["a -> anna"]);
    floor.queues[0] = queue("support").by(Strategy::AllAtOnce);
    floor.configures();
    floor.is_free("anna");
    floor.calls("b", "support");
    assert_eq!(floor.decides(), ["b -> boris anna"]);
}

#[test]
fn the_same_configuration_again_changes_nothing() {
    let mut floor = floor();
    for (caller, queue) in [("a", "support"), ("b", "sales"), ("c", "support")] {
        floor.calls(caller, queue);
    }
    floor.configures();
    assert_eq!((floor.position("a"), floor.position("b"), floor.position("c")), (Some(1), Some(1), Some(2)));
    floor.is_free("anna");
    floor.is_free("boris");
    assert_eq!(floor.decides(), ["a -> anna", "b -> boris"]);
}
