//! Which of several free agents is chosen.

use perezvon_acd::{MAX_AT_ONCE, Standing};
use perezvon_model::routing::{Regime, Strategy};
use std::collections::BTreeMap;

use crate::floor::{Floor, With, agent, opens, queue};

/// Anna, Boris and Vera, who got free in this order.
fn three(strategy: Strategy) -> Floor {
    let agents = ["anna", "boris", "vera"].map(|name| agent(name, &["support"]));
    let mut floor = opens(&[queue("support").by(strategy)], &agents);
    for name in ["anna", "boris", "vera"] {
        floor.is_free(name);
    }
    floor.decides();
    floor
}

#[test]
fn longest_idle_takes_who_has_waited_longest_since_the_last_work() {
    let mut floor = three(Strategy::LongestIdle);
    assert_eq!(floor.serves_one("support"), "anna");
    assert_eq!(floor.serves_one("support"), "boris");
    floor.is_free("vera");
    assert_eq!(floor.serves_one("support"), "anna");
}

#[test]
fn who_gets_free_in_the_moment_a_call_comes_does_not_pass_those_who_are_idle_longer() {
    let mut floor = three(Strategy::LongestIdle);
    floor.is_busy("vera");
    floor.decides();
    floor.is_free("vera");
    floor.calls("a", "support");
    assert_eq!(floor.decides(), ["a -> anna"]);
    assert_eq!(floor.receipts["a"].regime, Regime::AgentsToSpare);
}

#[test]
fn who_is_passed_over_for_one_call_is_looked_at_for_the_next() {
    let agents = [agent("anna", &["support", "sales"]), agent("boris", &["support"])];
    let mut floor = opens(&[queue("support"), queue("sales")], &agents);
    floor.is_busy("anna");
    floor.is_free("boris");
    floor.calls("b", "sales");
    floor.decides();
    floor.is_free("anna");
    floor.waits("vip", "support", With { points: 5, ..With::default() });
    assert_eq!(floor.decides(), ["vip -> boris", "b -> anna"]);
}

#[test]
fn least_occupied_takes_who_was_busy_the_smallest_part_of_the_day() {
    let mut floor = three(Strategy::LeastOccupied);
    for (name, occupancy) in [("anna", 800_000), ("boris", 500_000), ("vera", 500_000)] {
        let standing = floor.standing(name);
        floor.set(name, Standing { occupancy, ..standing });
    }
    assert_eq!(floor.serves_one("support"), "boris", "equals go by longest idle");
    assert_eq!(floor.serves_one("support"), "vera");
    floor.is_busy("boris");
    floor.is_busy("vera");
    assert_eq!(floor.serves_one("support"), "anna");
}

#[test]
fn round_robin_goes_through_the_names_and_begins_again() {
    let mut floor = three(Strategy::RoundRobin);
    let served: Vec<String> = (0..4).map(|_| floor.serves_one("support")).collect();
    assert_eq!(served, ["anna", "boris", "vera", "anna"]);
    floor.is_busy("boris");
    assert_eq!(floor.serves_one("support"), "vera", "who is busy is passed over");
    floor.is_free("boris");
    assert_eq!(floor.serves_one("support"), "anna");
    assert_eq!(floor.serves_one("support"), "boris");
}

#[test]
fn round_robin_goes_on_after_a_change_of_the_staff() {
    let mut floor = three(Strategy::RoundRobin);
    assert_eq!(floor.serves_one("support"), "anna");
    assert_eq!(floor.serves_one("support"), "boris");
    floor.agents.retain(|agent| agent.name != "boris");
    floor.agents.push(agent("boss", &["support"]));
    floor.configures();
    floor.is_free("boss");
    assert_eq!(floor.serves_one("support"), "boss", "the next name after boris");
    assert_eq!(floor.serves_one("support"), "vera");
}

#[test]
fn fewest_interactions_takes_who_has_handled_fewest_today() {
    let mut floor = three(Strategy::FewestInteractions);
    for (name, handled) in [("anna", 7), ("boris", 3), ("vera", 5)] {
        let standing = floor.standing(name);
        floor.set(name, Standing { handled, ..standing });
    }
    assert_eq!(floor.serves_one("support"), "boris");
    floor.is_busy("boris");
    assert_eq!(floor.serves_one("support"), "vera");
}

fn experts(strategy: Strategy) -> Floor {
    let agents = [
        agent("anna", &["german"]).knows(&["german 9", "sales 9"]),
        agent("boris", &["german"]).knows(&["german 5"]),
        agent("vera", &["german"]).knows(&["german 7", "sales 1"]),
        agent("gleb", &["german"]).knows(&["german 2"]),
    ];
    let mut floor = opens(&[queue("german").needs(&["german 3"]).by(strategy)], &agents);
    for name in ["gleb", "boris", "vera", "anna"] {
        floor.is_free(name);
    }
    floor.decides();
    floor
}

#[test]
fn most_skilled_takes_the_highest_levels_in_what_is_needed() {
    let mut floor = experts(Strategy::MostSkilled);
    assert_eq!(floor.serves_one("german"), "anna");
    floor.is_busy("anna");
    assert_eq!(floor.serves_one("german"), "vera");
    floor.is_busy("vera");
    assert_eq!(floor.serves_one("german"), "boris");
}

#[test]
fn least_skilled_keeps_those_who_can_do_most() {
    let mut floor = experts(Strategy::LeastSkilled);
    assert_eq!(floor.serves_one("german"), "boris", "gleb does not qualify");
    floor.is_busy("boris");
    assert_eq!(floor.serves_one("german"), "vera");
    floor.is_busy("vera");
    assert_eq!(floor.serves_one("german"), "anna");
}

#[test]
fn random_takes_each_about_as_often_and_the_same_seed_takes_the_same() {
    let served = || -> Vec<String> {
        let mut floor = three(Strategy::Random);
        (0..3_000).map(|_| floor.serves_one("support")).collect()
    };
    let first = served();
    assert_eq!(first, served());
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for name in first {
        *counts.entry(name).or_default() += 1;
    }
    // A thousand each, with a standard deviation of 26.
    assert!(counts.values().all(|count| (870..=1_130).contains(count)), "{counts:?}");
    assert_eq!(counts.len(), 3);
}

#[test]
fn weighted_shares_in_proportion_to_the_weights() {
    let agents = [
        agent("anna", &["support"]).weighs(3),
        agent("boris", &["support"]),
        agent("vera", &["support"]).weighs(2),
    ];
    let mut floor = opens(&[queue("support").by(Strategy::Weighted)], &agents);
    for name in ["anna", "boris", "vera"] {
        floor.is_free(name);
    }
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..600 {
        *counts.entry(floor.serves_one("support")).or_default() += 1;
    }
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [300, 100, 200]);
}

#[test]
fn who_comes_back_by_weight_is_not_flooded_for_the_time_away() {
    let agents = [agent("anna", &["support"]), agent("boris", &["support"])];
    let mut floor = opens(&[queue("support").by(Strategy::Weighted)], &agents);
    floor.is_free("anna");
    for _ in 0..50 {
        assert_eq!(floor.serves_one("support"), "anna");
    }
    floor.is_free("boris");
    floor.decides();
    let share = |floor: &mut Floor, who: &str| {
        let served: Vec<String> = (0..12).map(|_| floor.serves_one("support")).collect();
        served.iter().filter(|name| *name == who).count()
    };
    let of_boris = share(&mut floor, "boris");
    assert!((6..=7).contains(&of_boris), "{of_boris}");
    floor.agents.push(agent("vera", &["support"]));
    floor.configures();
    floor.is_free("vera");
    floor.decides();
    let of_vera = share(&mut floor, "vera");
    assert!((4..=5).contains(&of_vera), "{of_vera} for who is new");
}

#[test]
fn all_at_once_rings_every_free_agent_up_to_the_limit() {
    let mut floor = three(Strategy::AllAtOnce);
    floor.calls("a", "support");
    assert_eq!(floor.decides(), ["a -> anna boris vera"]);
    let many: Vec<&'static str> =
        (0..MAX_AT_ONCE + 4).map(|number| &*Box::leak(format!("n{number:02}").into_boxed_str())).collect();
    let agents: Vec<_> = many.iter().map(|name| agent(name, &["support"])).collect();
    let mut floor = opens(&[queue("support").by(Strategy::AllAtOnce)], &agents);
    for name in &many {
        floor.is_free(name);
    }
    floor.calls("a", "support");
    assert_eq!(floor.decides(), [format!("a -> {}", many[..MAX_AT_ONCE].join(" "))]);
}

#[test]
fn all_at_once_rings_the_others_who_are_free_for_a_caller_who_waited() {
    let agents = ["anna", "boris"].map(|name| agent(name, &["support"]));
    let mut floor = opens(&[queue("support").by(Strategy::AllAtOnce)], &agents);
    floor.calls("a", "support");
    floor.is_free("anna");
    floor.is_free("boris");
    assert_eq!(floor.decides(), ["a -> anna boris"]);
}
