//! A new configuration while calls are up.

use perezvon_model::config::{Queue, WrapUp};
use perezvon_model::engine::{AgentCommand, CommandRefused};
use perezvon_model::journal::Event;
use perezvon_model::{Activity, Device, Presence};

use crate::floor::{self, Floor};
use crate::setup;

fn last_presence(floor: &Floor) -> Option<Presence> {
    floor.journal.iter().rev().find_map(|entry| match &entry.event {
        Event::AgentState { presence, .. } => Some(presence.clone()),
        _ => None,
    })
}

#[test]
fn callers_of_a_queue_that_is_removed_go_on_by_the_flow_or_are_let_go_politely() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("direct");
    floor.caller("b").arrives_at("sales");
    floor.config.queues.clear();
    floor.configures();
    assert_eq!(floor.hears("a"), "unavailable");
    assert_eq!(floor.hears("b"), "all-busy goodbye");
    for caller in ["a", "b"] {
        assert!(floor.story(caller).contains(&"left queue Overflowed after 0".to_owned()));
    }
}

#[test]
fn an_offer_of_a_queue_that_is_removed_is_withdrawn() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("b").arrives_at("sales");
    floor.config.queues.retain(|queue| queue.key != "sales");
    floor.configures();
    assert_eq!(floor.activity("anna"), Activity::Idle);
    assert_eq!(floor.hears("b"), "all-busy goodbye");
}

#[test]
fn other_queues_keep_their_callers_and_the_order_among_them() {
    let mut floor = floor::opens();
    for caller in ["a", "b"] {
        floor.caller(caller).arrives_at("direct");
        floor.passes(1);
    }
    floor.config.queues.insert(0, Queue { wrap_up: WrapUp::None, ..setup::queue("german") });
    floor.config.queues.retain(|queue| queue.key != "sales");
    floor.configures();
    assert_eq!(floor.queue("support").waiting, 2);
    floor.ready(&["anna", "boris"]);
    assert_eq!(floor.agent_of("a").as_deref(), Some("anna"));
    assert_eq!(floor.agent_of("b").as_deref(), Some("boris"));
}

#[test]
fn a_conversation_outlives_its_agent_and_its_queue() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    let everyone = std::mem::take(&mut floor.config.agents);
    let queues = std::mem::take(&mut floor.config.queues);
    floor.configures();
    floor.config.agents = everyone;
    assert_eq!(floor.hears("a"), "anna");
    floor.caller("a").hangs_up();
    assert_eq!(floor.tenant.remains().agents, 0);
    assert_eq!(last_presence(&floor), Some(Presence::Offline));
    floor.config.queues = queues;
}

/// Else the journal would show for ever that somebody who is not there is ready.
#[test]
fn who_is_removed_while_at_work_cannot_get_ready_again() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.caller("a").hangs_up();
    assert_eq!(floor.activity("anna"), Activity::WrapUp);
    let anna = floor.config.agents.remove(0);
    floor.configures();
    floor.config.agents.insert(0, anna);
    for presence in [Presence::Ready, Presence::Break { reason: "lunch".into() }] {
        let refused = floor.agent("anna").command(AgentCommand::SetPresence { presence });
        assert_eq!(refused, Err(CommandRefused::NoSuchAgent));
    }
    floor.passes(60_000);
    assert_eq!(floor.tenant.remains().agents, 2);
    assert_eq!(last_presence(&floor), Some(Presence::Offline));
    floor.configures();
    floor.agent("anna").device(Device::Browser, true);
    floor.ready(&["anna"]);
    assert_eq!(last_presence(&floor), Some(Presence::Ready));
}

#[test]
fn an_offer_to_an_agent_who_is_removed_goes_to_another() {
    let mut floor = floor::opens();
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    floor.config.agents.retain(|agent| agent.name != "anna");
    floor.configures();
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
    assert!(floor.story("a").iter().any(|word| word.starts_with("Withdrawn")));
}

#[test]
fn an_agent_who_joins_a_queue_serves_its_callers_at_once() {
    let mut floor = floor::opens();
    floor.ready(&["boris"]);
    floor.caller("a").arrives_at("sales");
    assert_eq!(floor.agent_of("a"), None);
    floor.config.agents[1].queues.push(setup::id("sales"));
    floor.configures();
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
    let queue = floor.queue("sales");
    assert_eq!((queue.busy, queue.signed_in), (1, 1));
}

#[test]
fn the_same_configuration_again_changes_nothing_but_the_views() {
    let mut floor = floor::opens();
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    let before = (floor.view(), floor.desk("anna"), floor.journal.len());
    floor.configures();
    assert_eq!((floor.view(), floor.desk("anna"), floor.journal.len()), before);
}
