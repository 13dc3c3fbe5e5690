//! Who is next: priority, ageing, places.

use perezvon_model::Channel;
use proptest::prelude::*;

use crate::floor::{Floor, With, agent, opens, queue};

fn floor(ageing_per_min: u32) -> Floor {
    let queues = [queue("support").ages(ageing_per_min), queue("sales").ages(2 * ageing_per_min)];
    opens(&queues, &[agent("anna", &["support", "sales"])])
}

/// Anna takes one after the other.
fn order(floor: &mut Floor) -> Vec<String> {
    let mut order = Vec::new();
    loop {
        floor.is_free("anna");
        let decided = floor.decides();
        let Some(words) = decided.first() else { return order };
        let interaction = words.strip_suffix(" -> anna").expect("anna is alone").to_owned();
        floor.leaves(&interaction);
        order.push(interaction);
    }
}

fn points(points: i16) -> With<'static> {
    With { points, ..With::default() }
}

#[test]
fn first_come_is_first_served_over_all_queues_of_the_agent() {
    let mut floor = floor(0);
    floor.calls("a", "support");
    floor.calls("b", "sales");
    floor.calls("c", "support");
    assert_eq!(order(&mut floor), ["a", "b", "c"]);
}

#[test]
fn higher_priority_goes_first() {
    let mut floor = floor(0);
    floor.calls("a", "support");
    floor.waits("vip", "support", points(5));
    floor.waits("later", "support", points(-1));
    floor.calls("b", "support");
    assert_eq!(floor.position("vip"), Some(1));
    assert_eq!(floor.position("later"), Some(4));
    assert_eq!(order(&mut floor), ["vip", "a", "b", "later"]);
}

#[test]
fn with_ageing_a_priority_is_worth_a_time_and_no_more() {
    let mut floor = floor(1);
    floor.calls("a", "support");
    floor.passes_s(240);
    floor.waits("vip", "support", points(5));
    floor.passes_s(90);
    floor.waits("vip-2", "support", points(5));
    // Five points are five minutes: the first has waited less than that when the first VIP comes, and more before the
    // second one.
    assert_eq!(order(&mut floor), ["vip", "a", "vip-2"]);
}

#[test]
fn queues_that_age_at_different_rates_are_compared_at_the_moment() {
    let mut floor = floor(1);
    floor.waits("a", "support", points(3));
    floor.passes_s(30);
    floor.calls("b", "sales");
    floor.passes_s(60);
    // 3 + 1.5 points against 2.
    let mut early = opens(&floor.queues, &floor.agents);
    early.waits("a", "support", points(3));
    early.passes_s(30);
    early.calls("b", "sales");
    early.passes_s(600);
    // 3 + 10.5 points against 20.
    assert_eq!(order(&mut floor), ["a", "b"]);
    assert_eq!(order(&mut early), ["b", "a"]);
}

#[test]
fn an_offer_that_fails_gives_the_place_back() {
    let mut floor = floor(0);
    for caller in ["a", "b"] {
        floor.calls(caller, "support");
    }
    floor.is_free("anna");
    assert_eq!(floor.decides(), ["a -> anna"]);
    assert_eq!(floor.position("a"), Some(1), "who is being offered keeps the place");
    floor.acd.put_back(crate::floor::id("a"));
    assert_eq!(order(&mut floor), ["a", "b"]);
}

#[test]
fn who_comes_with_an_old_place_stands_where_that_was() {
    let mut floor = floor(0);
    let place = floor.calls("dropped", "support");
    floor.calls("b", "support");
    floor.leaves("dropped");
    floor.passes_s(60);
    floor.calls("c", "support");
    floor.waits("again", "support", With { place: Some(place), ..With::default() });
    assert_eq!(order(&mut floor), ["again", "b", "c"]);
}

#[test]
fn an_agent_takes_of_a_channel_only_while_there_is_room() {
    let queues = [queue("support"), queue("chats").of(Channel::Chat)];
    let mut floor = opens(&queues, &[agent("anna", &["support", "chats"])]);
    floor.calls("call", "support");
    floor.calls("chat", "chats");
    floor.is_free_for("anna", &[Channel::Chat]);
    assert_eq!(floor.decides(), ["chat -> anna"]);
    floor.is_free_for("anna", &[Channel::Chat, Channel::Voice]);
    assert_eq!(floor.decides(), ["call -> anna"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever has waited `points / ageing` minutes longer than the highest priority is worth is passed by nobody.
    #[test]
    fn with_ageing_nobody_is_passed_without_bound(
        ageing in 1u32..20,
        highest in 1i16..100,
        gaps in prop::collection::vec(0i64..200, 1..60),
    ) {
        let mut floor = floor(ageing);
        floor.calls("patient", "support");
        let begun = floor.now;
        for (number, gap) in gaps.iter().enumerate() {
            floor.passes_s(*gap);
            floor.waits(&format!("vip{number}"), "support", points(highest));
        }
        let bound_ms = i64::from(highest) * 60_000 / i64::from(ageing);
        let mut passed_by = order(&mut floor);
        passed_by.truncate(passed_by.iter().position(|name| name == "patient").unwrap_or(0));
        let mut at = begun;
        let early = gaps.iter().filter(|gap| { at = at + **gap * 1_000 + 1; at.since_ms(begun) <= bound_ms + 1 }).count();
        prop_assert!(passed_by.len() <= early, "{passed_by:?} came within {early}");
    }
}
