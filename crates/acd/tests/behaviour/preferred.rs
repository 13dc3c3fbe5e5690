//! An interaction that is held for one agent for a time.

use crate::floor::{Floor, With, agent, id, opens, queue};

fn floor() -> Floor {
    let agents = ["anna", "boris"].map(|name| agent(name, &["support"]));
    opens(&[queue("support")], &agents)
}

fn for_anna(seconds: i64) -> With<'static> {
    With { preferred: Some(("anna", seconds)), ..With::default() }
}

#[test]
fn it_waits_for_its_agent_though_others_are_free() {
    let mut floor = floor();
    floor.is_busy("anna");
    floor.is_free("boris");
    floor.waits("a", "support", for_anna(30));
    assert_eq!(floor.decides(), [""; 0]);
    floor.passes_s(29);
    floor.is_free("anna");
    assert_eq!(floor.decides(), ["a -> anna"]);
}

#[test]
fn it_goes_to_its_agent_at_once_when_free() {
    let mut floor = floor();
    floor.is_free("boris");
    floor.is_free("anna");
    floor.decides();
    floor.waits("a", "support", for_anna(30));
    assert_eq!(floor.decides(), ["a -> anna"]);
}

#[test]
fn an_agent_who_declines_it_is_not_waited_for_in_whatever_order_it_is_told() {
    for back_first in [true, false] {
        let mut floor = floor();
        floor.is_free("anna");
        floor.is_busy("boris");
        floor.waits("a", "support", for_anna(30));
        floor.decides();
        floor.is_free("boris");
        if back_first {
            floor.acd.put_back(id("a"));
        }
        floor.acd.refuse(id("a"), id("anna"), floor.now);
        if !back_first {
            floor.acd.put_back(id("a"));
        }
        assert_eq!(floor.decides(), ["a -> boris"], "{back_first}");
    }
}

#[test]
fn it_may_become_known_later_for_whom_it_is() {
    let mut floor = floor();
    floor.is_busy("anna");
    floor.waits("a", "support", With::default());
    floor.decides();
    floor.acd.prefer(id("a"), id("anna"), floor.now + 30_000);
    floor.is_free("boris");
    assert_eq!(floor.decides(), [""; 0]);
    floor.passes_s(30);
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn what_is_offered_already_is_not_held() {
    let mut floor = floor();
    floor.is_busy("anna");
    floor.is_free("boris");
    floor.waits("a", "support", With::default());
    floor.decides();
    floor.acd.prefer(id("a"), id("anna"), floor.now + 300_000);
    floor.declines("boris", "a");
    floor.passes_s(31);
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn after_its_time_anybody_may_have_it() {
    let mut floor = floor();
    floor.is_busy("anna");
    floor.is_free("boris");
    floor.waits("a", "support", for_anna(30));
    floor.passes_s(30);
    assert_eq!(floor.decides(), ["a -> boris"]);
    assert_eq!(floor.acd.next_look(), None);
}

#[test]
fn an_agent_who_is_not_signed_in_is_not_waited_for() {
    let mut floor = floor();
    floor.is_free("boris");
    floor.waits("a", "support", for_anna(30));
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn it_is_released_when_its_agent_signs_out() {
    let mut floor = floor();
    floor.is_busy("anna");
    floor.is_free("boris");
    floor.waits("a", "support", for_anna(30));
    assert_eq!(floor.decides(), [""; 0]);
    floor.signs_out("anna");
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn it_is_released_when_its_agent_declines() {
    let mut floor = floor();
    floor.is_free("anna");
    floor.is_free("boris");
    floor.waits("a", "support", for_anna(30));
    assert_eq!(floor.decides(), ["a -> anna"]);
    floor.declines("anna", "a");
    assert_eq!(floor.decides(), ["a -> boris"]);
}

#[test]
fn it_does_not_pass_those_who_waited_longer_for_the_same_agent() {
    let mut floor = floor();
    floor.is_busy("anna");
    floor.calls("early", "support");
    floor.waits("a", "support", for_anna(30));
    floor.is_free("anna");
    assert_eq!(floor.decides(), ["early -> anna"]);
}

#[test]
fn an_agent_who_could_not_serve_it_is_not_waited_for() {
    let agents = [agent("anna", &["support"]), agent("boris", &["support"]).knows(&["german 5"])];
    let mut floor = opens(&[queue("support")], &agents);
    floor.is_free("anna");
    floor.is_free("boris");
    floor.decides();
    floor.waits("a", "support", With { needs: &["german 3"], ..for_anna(30) });
    assert_eq!(floor.decides(), ["a -> boris"]);
}
