//! What a flow asks for beside the queue: skills of the agent, points of priority.

use perezvon_model::config::TenantConfig;
use perezvon_model::engine::{AgentCommand, TransferTarget};
use perezvon_model::overflow::{Goal, Overflow, OverflowWhen};

use crate::floor::{Floor, opens_with};
use crate::setup::{self, flow, id, skill};

const GERMAN: &str = r#"{"version":1,"start":"support","nodes":{
    "support":{"type":"queue","queue":"support","skills":[{"skill":"german","level":4}]}}}"#;

const VIP: &str = r#"{"version":1,"start":"support","nodes":{
    "support":{"type":"queue","queue":"support","priority":5}}}"#;

fn company() -> TenantConfig {
    let mut config = setup::company();
    config.flows.extend([flow("german", GERMAN), flow("vip", VIP)]);
    config.agents[0].skills = vec![skill("german", 3)];
    config.agents[1].skills = vec![skill("german", 4)];
    config
}

fn offered_to(floor: &Floor) -> Vec<&'static str> {
    ["anna", "boris", "vera"].into_iter().filter(|name| floor.is_offered(name)).collect()
}

#[test]
fn a_caller_whose_flow_asks_for_a_skill_waits_for_who_has_it() {
    let mut floor = opens_with(company());
    floor.ready(&["anna"]);
    floor.caller("hans").arrives_at("german");
    assert_eq!(offered_to(&floor), Vec::<&str>::new());
    floor.caller("ivan").arrives_at("direct");
    assert_eq!(offered_to(&floor), ["anna"], "who asks for nothing goes first where nobody else can serve");
    floor.ready(&["boris"]);
    assert_eq!(offered_to(&floor), ["anna", "boris"]);
}

#[test]
fn the_need_goes_along_to_every_further_queue() {
    let mut config = company();
    config.queues[0].routing.overflow =
        vec![Overflow { when: OverflowWhen::WaitedOver { s: 5 }, to: Goal::Queue { queue: id("sales") } }];
    config.agents[1].queues.push(id("sales"));
    let mut floor = opens_with(config);
    floor.ready(&["anna"]);
    floor.caller("hans").arrives_at("german");
    floor.passes(6_000);
    assert_eq!((floor.queue("sales").waiting, offered_to(&floor)), (1, vec![]));
    floor.ready(&["boris"]);
    assert_eq!(offered_to(&floor), ["boris"]);
    floor.agent("boris").accepts();
    let interaction = floor.agent("boris").interaction();
    let to = TransferTarget::Queue { queue: id("support") };
    floor.agent("boris").command(AgentCommand::Transfer { interaction, to }).expect("may pass on");
    assert_eq!(offered_to(&floor), ["boris"], "anna does not know enough");
}

#[test]
fn points_of_the_flow_add_to_those_of_the_queue() {
    let mut floor = opens_with(company());
    floor.caller("ivan").arrives_at("direct");
    floor.passes(1_000);
    floor.caller("vip").arrives_at("vip");
    floor.ready(&["anna"]);
    let offer = floor.desk("anna").offer.expect("somebody is offered");
    assert_eq!(floor.caller_of(offer.about.interaction), "vip");
}
