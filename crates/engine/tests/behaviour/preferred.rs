//! A caller is held for the agent who knows the matter, for a time.

use perezvon_model::UtcMs;
use perezvon_model::config::Preferred;

use crate::floor::{self, Floor};
use crate::setup::{self, id};

/// Who shows a number is looked up.
const IVAN: &str = "+74951230001";
const DAY_MS: i64 = 86_400_000;

/// Boris has waited longest and would be chosen; Anna is busy with a first caller.
fn with(preferred: Preferred) -> Floor {
    let mut config = setup::company();
    config.queues[0].routing.preferred = preferred;
    let named = format!(
        r#"{{"version":1,"start":"q","nodes":{{"q":{{"type":"queue","queue":"support","agent":"{}","agent_s":20}}}}}}"#,
        id::<perezvon_model::UserId>("anna")
    );
    config.flows.push(setup::flow("named", &named));
    let mut floor = floor::opens_with(config);
    floor.ready(&["anna"]);
    floor.caller("first").arrives_at("direct");
    floor.agent("anna").accepts();
    floor
}

fn last(floor: &Floor, days: i64) -> Option<(&'static str, UtcMs)> {
    Some(("anna", UtcMs(floor.now.0 - days * DAY_MS)))
}

#[test]
fn the_customer_s_own_agent_comes_first_for_a_time() {
    let mut floor = with(Preferred { owner_s: 40, last_s: 40, ..Preferred::default() });
    floor.caller(IVAN).arrives_at("direct");
    let boris = Some(("boris", floor.now));
    floor.agent("boris").takes_break("lunch");
    floor.caller(IVAN).gets_card_of("Ivan", Some("anna"), boris);
    floor.ready(&["boris"]);
    floor.passes(39_000);
    assert_eq!(floor.agent_of(IVAN), None);
    floor.passes(1_000);
    assert_eq!(floor.agent_of(IVAN).as_deref(), Some("boris"));
}

#[test]
fn who_spoke_last_is_waited_for_if_that_was_lately() {
    for (days, held) in [(29, true), (31, false)] {
        let mut floor = with(Preferred { last_s: 40, ..Preferred::default() });
        floor.caller(IVAN).arrives_at("direct");
        let last = last(&floor, days);
        floor.caller(IVAN).gets_card_of("Ivan", None, last);
        floor.ready(&["boris"]);
        assert_eq!(floor.agent_of(IVAN).is_none(), held, "{days} days ago");
        floor.agent("anna").hangs_up();
        floor.agent("anna").finishes();
        let agent = if held { "anna" } else { "boris" };
        assert_eq!(floor.agent_of(IVAN).as_deref(), Some(agent));
    }
}

#[test]
fn who_is_signed_out_is_not_waited_for_and_the_next_is() {
    let mut floor = with(Preferred { owner_s: 40, last_s: 40, ..Preferred::default() });
    floor.caller(IVAN).arrives_at("direct");
    let last = last(&floor, 1);
    floor.caller(IVAN).gets_card_of("Ivan", Some("vera"), last);
    floor.ready(&["boris"]);
    assert_eq!(floor.agent_of(IVAN), None, "for Anna, since Vera is not there");
    floor.passes(40_000);
    assert_eq!(floor.agent_of(IVAN).as_deref(), Some("boris"));
}

#[test]
fn the_flow_may_name_the_agent() {
    let mut floor = with(Preferred { owner_s: 40, ..Preferred::default() });
    floor.agent("boris").takes_break("lunch");
    floor.caller(IVAN).arrives_at("named");
    floor.caller(IVAN).gets_card_of("Ivan", Some("boris"), None);
    floor.ready(&["boris"]);
    floor.passes(19_000);
    assert_eq!(floor.agent_of(IVAN), None);
    floor.passes(1_000);
    assert_eq!(floor.agent_of(IVAN).as_deref(), Some("boris"));
}

#[test]
fn a_card_that_comes_while_it_rings_changes_nothing() {
    let mut floor = with(Preferred { owner_s: 40, ..Preferred::default() });
    floor.ready(&["boris"]);
    floor.caller(IVAN).arrives_at("direct");
    floor.caller(IVAN).gets_card_of("Ivan", Some("anna"), None);
    assert_eq!(floor.agent_of(IVAN).as_deref(), Some("boris"));
}

#[test]
fn without_the_rule_nobody_is_waited_for() {
    let mut floor = with(Preferred::default());
    floor.caller(IVAN).arrives_at("direct");
    let last = last(&floor, 1);
    floor.caller(IVAN).gets_card_of("Ivan", Some("anna"), last);
    floor.ready(&["boris"]);
    assert_eq!(floor.agent_of(IVAN).as_deref(), Some("boris"));
}
