//! What a decision says of itself.

use perezvon_model::Channel;
use perezvon_model::routing::{Behind, NotFor, Regime, Strategy};

use crate::floor::{With, agent, id, opens, queue, skill};

#[test]
fn a_choice_among_agents_names_the_next_best_and_what_was_measured() {
    let agents = ["anna", "boris", "vera"].map(|name| agent(name, &["support"]));
    let mut floor = opens(&[queue("support")], &agents);
    for name in ["anna", "boris", "vera"] {
        floor.is_free(name);
        floor.passes_s(10);
    }
    floor.decides();
    floor.calls("a", "support");
    floor.decides();
    let receipt = &floor.receipts["a"];
    assert_eq!((receipt.regime, receipt.version, receipt.position), (Regime::AgentsToSpare, 7, 1));
    assert_eq!((receipt.strategy, receipt.measure), (Strategy::LongestIdle, 30_004));
    let behind: Vec<_> = receipt.agents.iter().map(|other| (other.agent, other.why, other.measure)).collect();
    assert_eq!(behind, [(id("boris"), Behind::Next, 20_003), (id("vera"), Behind::Next, 10_002)]);
}

#[test]
fn a_choice_among_interactions_names_the_next_of_each_line_and_their_priority() {
    let queues = [queue("support").ages(60), queue("sales")];
    let mut floor = opens(&queues, &[agent("anna", &["support", "sales"])]);
    floor.waits("b", "sales", With { points: 3, ..With::default() });
    floor.calls("a", "support");
    floor.passes_s(10);
    floor.calls("c", "support");
    floor.is_free("anna");
    floor.decides();
    let receipt = &floor.receipts["a"];
    assert_eq!((receipt.regime, receipt.position), (Regime::InteractionsWaiting, 1));
    assert_eq!(receipt.priority, 10_003, "a point a second, in thousandths");
    let behind: Vec<_> =
        receipt.callers.iter().map(|other| (other.interaction, other.queue, other.priority)).collect();
    assert_eq!(behind, [(id("b"), id("sales"), 3_000)]);
}

#[test]
fn those_who_just_declined_are_named_as_such() {
    let agents = ["anna", "boris"].map(|name| agent(name, &["support"]));
    let mut floor = opens(&[queue("support")], &agents);
    floor.is_free("anna");
    floor.is_free("boris");
    floor.calls("a", "support");
    floor.decides();
    floor.declines("anna", "a");
    floor.decides();
    let behind: Vec<_> = floor.receipts["a"].agents.iter().map(|other| (other.agent, other.why)).collect();
    assert_eq!(behind, [(id("anna"), Behind::Declined)]);
}

#[test]
fn what_was_held_for_the_agent_says_so() {
    let mut floor = opens(&[queue("support")], &[agent("anna", &["support"])]);
    floor.is_busy("anna");
    floor.waits("a", "support", With { preferred: Some(("anna", 30)), ..With::default() });
    floor.is_free("anna");
    floor.decides();
    assert_eq!(floor.receipts["a"].regime, Regime::Preferred);
}

#[test]
fn who_gets_nothing_is_told_once_why_not_the_first_of_each_queue() {
    let queues = [
        queue("german").needs(&["german 5"]),
        queue("sales"),
        queue("chats").of(Channel::Chat),
        queue("held"),
    ];
    let agents =
        [agent("anna", &["german", "chats", "held"]).knows(&["german 2"]), agent("boris", &["held"])];
    let mut floor = opens(&queues, &agents);
    floor.is_busy("boris");
    floor.calls("a", "german");
    floor.calls("b", "sales");
    floor.calls("b2", "sales");
    floor.calls("c", "chats");
    floor.waits("d", "held", With { preferred: Some(("boris", 30)), ..With::default() });
    floor.is_free("anna");
    assert_eq!(floor.decides(), [""; 0]);
    let [nothing] = floor.nothings.as_slice() else { panic!("{:?}", floor.nothings) };
    assert_eq!((nothing.agent, nothing.waiting, nothing.version), (id("anna"), 5, 7));
    let why: Vec<_> = nothing.queues.iter().map(|queue| (queue.queue, queue.waiting, queue.why)).collect();
    let needs_german = NotFor::Skill { skill: skill("german"), needed: 5, has: 2 };
    assert_eq!(
        why,
        [
            (id("german"), 1, needs_german),
            (id("sales"), 2, NotFor::NotMember),
            (id("chats"), 1, NotFor::NoRoom),
            (id("held"), 1, NotFor::HeldForAnother),
        ]
    );
    floor.decides();
    assert_eq!(floor.nothings.len(), 1);
}
