//! A caller whom the queue cannot serve in time goes elsewhere.

use perezvon_model::leg::{Cause, LegEvent};
use perezvon_model::overflow::{Goal, Overflow, OverflowWhen};

use crate::floor::{self, Floor};
use crate::setup::{self, id};

fn to_sales() -> Goal {
    Goal::Queue { queue: id("sales") }
}

fn with(rules: Vec<(OverflowWhen, Goal)>) -> Floor {
    let mut config = setup::company();
    config.queues[0].routing.overflow = rules.into_iter().map(|(when, to)| Overflow { when, to }).collect();
    floor::opens_with(config)
}

fn stays(floor: &Floor, caller: &str) -> Vec<String> {
    let story = floor.story(caller);
    story.into_iter().filter(|word| word.starts_with("queued") || word.contains(" to ")).collect()
}

#[test]
fn who_has_waited_too_long_goes_to_another_queue_and_keeps_place_and_clock() {
    let mut floor = with(vec![(OverflowWhen::WaitedOver { s: 60 }, to_sales())]);
    floor.caller("a").arrives_at("direct");
    floor.passes(50_000);
    floor.caller("b").arrives_at("sales");
    floor.passes(9_999);
    assert_eq!(floor.queue("support").waiting, 1);
    floor.passes(1);
    assert_eq!((floor.queue("support").waiting, floor.queue("sales").waiting), (0, 2));
    let went = r#"Waited { wait_ms: 60000 } to Queue { queue: "#;
    assert!(floor.story("a").iter().any(|word| word.starts_with(went)), "{:?}", floor.story("a"));
    assert!(floor.story("a").contains(&"queued sales 2 at 1".to_owned()), "before who came later");
    floor.ready(&["anna"]);
    assert_eq!(floor.agent_of("a").as_deref(), Some("anna"));
    assert_eq!(floor.desk("anna").offer.map(|offer| offer.about.waited_ms), Some(60_000));
}

#[test]
fn as_many_as_may_wait_before_the_one_who_comes() {
    let mut floor = with(vec![(OverflowWhen::MoreWaiting { than: 1 }, to_sales())]);
    for caller in ["a", "b", "c"] {
        floor.caller(caller).arrives_at("direct");
    }
    assert_eq!((floor.queue("support").waiting, floor.queue("sales").waiting), (2, 1));
    floor.caller("a").hangs_up();
    floor.caller("d").arrives_at("direct");
    assert_eq!(floor.queue("support").waiting, 2);
    let rules = floor.config.queues[0].routing.overflow.clone();
    floor.config.queues[0].routing.overflow.clear();
    floor.configures();
    floor.caller("e").arrives_at("direct");
    floor.config.queues[0].routing.overflow = rules;
    floor.configures();
    assert_eq!(floor.queue("support").waiting, 3, "who waits is not sent away for those who came later");
}

#[test]
fn nobody_signed_in_sends_who_comes_and_who_waits() {
    let mut floor = with(vec![(OverflowWhen::NobodySignedIn, to_sales())]);
    floor.ready(&["boris"]);
    floor.agent("boris").takes_break("lunch");
    floor.caller("a").arrives_at("direct");
    assert_eq!(floor.queue("support").waiting, 1, "who is on a break comes back");
    let offline = perezvon_model::Presence::Offline;
    let command = perezvon_model::engine::AgentCommand::SetPresence { presence: offline };
    floor.agent("boris").command(command).unwrap();
    assert_eq!((floor.queue("support").waiting, floor.queue("sales").waiting), (0, 1));
    floor.caller("b").arrives_at("direct");
    assert_eq!((floor.queue("support").waiting, floor.queue("sales").waiting), (0, 2));
}

#[test]
fn a_long_estimate_sends_who_comes_and_who_waits_when_it_has_grown() {
    let mut floor = with(vec![(OverflowWhen::EstimateOver { s: 300 }, to_sales())]);
    floor.ready(&["boris"]);
    floor.caller("first").arrives_at("direct");
    floor.agent("boris").accepts();
    floor.passes(200_000);
    floor.agent("boris").hangs_up();
    floor.passes(30_000);
    // One agent, 230 s each, wrap-up included.
    floor.caller("a").arrives_at("direct");
    floor.agent("boris").accepts();
    floor.caller("b").arrives_at("direct");
    floor.caller("c").arrives_at("direct");
    assert_eq!((floor.queue("support").waiting, floor.queue("sales").waiting), (1, 1), "b waits, c does not");
    assert!(stays(&floor, "c")[1].starts_with("Estimate { wait_ms: 5"), "{:?}", stays(&floor, "c"));
}

#[test]
fn while_agents_are_free_nothing_is_estimated_to_take_long() {
    let mut floor = with(vec![(OverflowWhen::EstimateOver { s: 1 }, to_sales())]);
    floor.ready(&["boris"]);
    floor.caller("first").arrives_at("direct");
    assert!(floor.agent_of("first").is_some());
}

#[test]
fn an_estimate_that_grows_sends_who_waits_within_half_a_minute() {
    let mut floor = with(vec![(OverflowWhen::EstimateOver { s: 150 }, to_sales())]);
    floor.ready(&["boris", "vera"]);
    for caller in ["first", "second"] {
        floor.caller(caller).arrives_at("direct");
        let agent = floor.agent_of(caller).expect("both are free");
        if agent == "vera" {
            floor.agent("vera").leg_event(LegEvent::Answered)
        } else {
            floor.agent("boris").accepts()
        }
    }
    floor.passes(200_000);
    floor.agent("boris").hangs_up();
    floor.agent("boris").finishes();
    floor.caller("third").arrives_at("direct");
    floor.agent("boris").accepts();
    // Two agents of 200 s: a start every 100 s.
    floor.caller("a").arrives_at("direct");
    assert_eq!(floor.queue("support").waiting, 1);
    floor.agent("vera").hangs_up();
    floor.agent("vera").finishes();
    floor.agent("vera").takes_break("lunch");
    floor.caller("a2").arrives_at("direct");
    floor.passes(30_000);
    assert_eq!(floor.queue("sales").waiting, 2, "one agent is left");
}

#[test]
fn the_first_rule_that_holds_and_can_be_followed_is_followed() {
    let full = |config: &mut perezvon_model::config::TenantConfig| config.queues[1].max_waiting = 1;
    let mut floor = with(vec![
        (OverflowWhen::WaitedOver { s: 10 }, to_sales()),
        (OverflowWhen::WaitedOver { s: 10 }, Goal::Voicemail),
    ]);
    full(&mut floor.config);
    floor.configures();
    floor.caller("x").arrives_at("sales");
    floor.caller("a").arrives_at("direct");
    floor.passes(10_000);
    assert_eq!(floor.hears("a"), "leave-message beep");
}

#[test]
fn a_flow_takes_the_caller_over() {
    let mut floor = with(vec![(OverflowWhen::WaitedOver { s: 10 }, Goal::Flow { flow: id("main") })]);
    floor.caller("a").arrives_at("direct");
    floor.passes(10_000);
    assert_eq!(floor.hears("a"), "greeting");
    floor.caller("a").listens();
    floor.caller("a").presses("9");
    assert_eq!(floor.callers_live(), [""; 0]);
}

#[test]
fn a_number_is_called_and_who_is_not_reached_is_let_go() {
    for answer in [true, false] {
        let to = Goal::Number { to: "+74957654321".into(), trunk: None };
        let mut floor = with(vec![(OverflowWhen::WaitedOver { s: 10 }, to)]);
        floor.caller("a").arrives_at("direct");
        floor.passes(10_000);
        assert_eq!(floor.hears("a"), "ringback");
        let leg = floor.outside_leg.expect("somebody is called");
        let event = if answer { LegEvent::Answered } else { LegEvent::Failed { cause: Cause::Busy } };
        floor.leg_event(leg, event);
        assert_eq!(floor.hears("a"), if answer { "outside" } else { "all-busy goodbye" });
    }
}

#[test]
fn without_a_goal_the_flow_leads_on() {
    let mut floor = with(vec![(OverflowWhen::WaitedOver { s: 10 }, Goal::Onward)]);
    floor.caller("a").arrives_at("direct");
    floor.passes(10_000);
    assert_eq!(floor.hears("a"), "unavailable", "the node after the longest wait");
}

#[test]
fn a_message_is_recorded_after_the_tone_and_kept_by_the_journal() {
    let mut floor = with(vec![(OverflowWhen::WaitedOver { s: 10 }, Goal::Voicemail)]);
    floor.caller("a").arrives_at("direct");
    floor.passes(10_000);
    assert_eq!(floor.hears("a"), "leave-message beep");
    assert!(!floor.story("a").contains(&"recorded".to_owned()));
    floor.caller("a").listens();
    floor.passes(20_000);
    floor.caller("a").presses("5");
    floor.caller("a").presses("#");
    assert_eq!(floor.hears("a"), "message-saved goodbye");
    floor.caller("a").listens();
    let story = floor.story("a");
    let spoken = story.iter().position(|word| word == "speaks").expect("spoken");
    assert_eq!(story[spoken + 1..], ["recorded", "ended LeftMessage Normal by System"]);
    assert_eq!(floor.tenant.remains().timers, 0);
}

#[test]
fn the_hash_key_before_the_tone_begins_the_message() {
    let mut floor = with(vec![(OverflowWhen::WaitedOver { s: 10 }, Goal::Voicemail)]);
    floor.caller("a").arrives_at("direct");
    floor.passes(10_000);
    floor.caller("a").presses("#");
    assert!(floor.story("a").contains(&"recorded".to_owned()), "{:?}", floor.story("a"));
    floor.caller("a").presses("#");
    assert_eq!(floor.hears("a"), "message-saved goodbye");
}

#[test]
fn who_finds_no_room_elsewhere_goes_when_there_is_some() {
    let mut floor = with(vec![(OverflowWhen::WaitedOver { s: 10 }, to_sales())]);
    floor.config.queues[1].max_waiting = 1;
    floor.configures();
    floor.caller("x").arrives_at("sales");
    floor.caller("a").arrives_at("direct");
    floor.passes(20_000);
    assert_eq!(floor.queue("support").waiting, 1);
    floor.caller("x").hangs_up();
    floor.passes(30_000);
    assert_eq!((floor.queue("support").waiting, floor.queue("sales").waiting), (0, 1));
}

#[test]
fn a_message_ends_after_three_minutes_or_with_the_call() {
    for hangs_up in [true, false] {
        let mut floor = with(vec![(OverflowWhen::WaitedOver { s: 10 }, Goal::Voicemail)]);
        floor.caller("a").arrives_at("direct");
        floor.passes(10_000);
        floor.caller("a").listens();
        if hangs_up {
            floor.caller("a").hangs_up();
            assert_eq!(floor.story("a").last().unwrap(), "ended LeftMessage Normal by Customer");
        } else {
            floor.passes(180_000);
            assert_eq!(floor.hears("a"), "message-saved goodbye");
        }
    }
}

#[test]
fn two_queues_that_lead_to_each_other_stop_after_eight_times() {
    let mut floor = with(vec![(OverflowWhen::NobodySignedIn, to_sales())]);
    floor.config.queues[1].routing.overflow =
        vec![Overflow { when: OverflowWhen::NobodySignedIn, to: Goal::Queue { queue: id("support") } }];
    floor.configures();
    floor.caller("a").arrives_at("direct");
    assert_eq!(stays(&floor, "a").iter().filter(|word| word.starts_with("queued")).count(), 9);
    assert_eq!(floor.queue("support").waiting, 1);
}

#[test]
fn a_rule_made_while_somebody_waits_counts_for_them() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("direct");
    floor.passes(30_000);
    let rule = Overflow { when: OverflowWhen::WaitedOver { s: 20 }, to: to_sales() };
    floor.config.queues[0].routing.overflow = vec![rule];
    floor.configures();
    assert_eq!(floor.queue("sales").waiting, 1);
}

#[test]
fn an_offer_that_rings_is_left_to_its_end() {
    let mut floor = with(vec![(OverflowWhen::WaitedOver { s: 10 }, to_sales())]);
    floor.ready(&["boris"]);
    floor.caller("a").arrives_at("direct");
    floor.passes(15_000);
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
    floor.agent("boris").declines();
    floor.agent("boris").takes_break("lunch");
    floor.passes(7_000);
    assert_eq!(floor.queue("sales").waiting, 1);
}

#[test]
fn a_new_configuration_sends_nobody_away_for_whom_somebody_is_there() {
    let mut floor = with(vec![(OverflowWhen::NobodySignedIn, to_sales())]);
    floor.ready(&["boris"]);
    floor.agent("boris").takes_break("lunch");
    floor.caller("a").arrives_at("direct");
    floor.configures();
    assert_eq!((floor.queue("support").waiting, floor.queue("sales").waiting), (1, 0), "Boris comes back");
    floor.config.agents.retain(|agent| agent.name != "boris");
    floor.configures();
    assert_eq!((floor.queue("support").waiting, floor.queue("sales").waiting), (0, 1), "he does not");
}

#[test]
fn a_message_begins_though_the_end_of_the_tone_is_lost() {
    let mut floor = with(vec![(OverflowWhen::WaitedOver { s: 10 }, Goal::Voicemail)]);
    floor.caller("a").arrives_at("direct");
    floor.passes(29_000);
    assert!(!floor.story("a").contains(&"recorded".to_owned()));
    floor.passes(1_000);
    assert!(floor.story("a").contains(&"recorded".to_owned()), "{:?}", floor.story("a"));
    floor.passes(180_000);
    assert_eq!(floor.hears("a"), "message-saved goodbye");
}
