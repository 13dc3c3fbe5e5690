//! The flows of a company: straight into a queue, over a menu, from queue to queue, to somebody outside, to a named agent.

use perezvon_model::FlowId;
use perezvon_model::config::FlowSource;
use uuid::Uuid;

use super::user_id;
use crate::chance::Chance;

/// Flows for each queue.
pub(super) const PER_QUEUE: u64 = 5;

pub(super) fn flow_id(number: u64) -> FlowId {
    FlowId(Uuid::from_u128(0x4000_0000_0000_0000 + u128::from(number)))
}

/// The flows of the first so many queues.
pub(super) fn of(seed: u64, queues: u64, agents: u64) -> Vec<FlowSource> {
    (0..queues)
        .flat_map(|queue| (0..PER_QUEUE).map(move |kind| one(seed, (queues, agents), queue, kind)))
        .collect()
}

fn one(seed: u64, (queues, agents): (u64, u64), queue: u64, kind: u64) -> FlowSource {
    let number = queue * PER_QUEUE + kind;
    let mut chance = Chance::of(seed, "flow", number);
    let (here, other) = (format!("q{queue}"), format!("q{}", chance.bits() % queues));
    let (short_s, long_s) = (chance.between(3, 40), chance.between(60, 900));
    let (named, named_s) = (user_id(chance.bits() % agents).0, chance.between(1, 60));
    let json = match kind {
        0 => format!(
            r#"{{"version":1,"start":"wait","nodes":{{
            "wait":{{"type":"queue","queue":"{here}","max_wait_s":{long_s},"on_full":"sorry"}},
            "sorry":{{"type":"play","prompts":["unavailable"],"next":"bye"}},
            "bye":{{"type":"hang_up"}}}}}}"#
        ),
        1 => format!(
            r#"{{"version":1,"start":"first","nodes":{{
            "first":{{"type":"queue","queue":"{here}","prompts":["please-hold"],"announce_every_s":10,"max_wait_s":{short_s},
                     "on_max_wait":"second","on_full":"second"}},
            "second":{{"type":"queue","queue":"{other}","max_wait_s":{long_s}}}}}}}"#
        ),
        2 => format!(
            r#"{{"version":1,"start":"greeting","nodes":{{
            "greeting":{{"type":"play","prompts":["greeting"],"next":"menu"}},
            "menu":{{"type":"menu","prompts":["menu"],"choices":{{"1":"wait","2":"account","3":"outside","9":"bye"}},
                    "timeout_s":6,"tries":2,"on_timeout":"wait","on_invalid":"bye"}},
            "account":{{"type":"collect","prompts":["enter-account"],"name":"account","min_digits":2,"max_digits":4,
                       "next":"wait","on_fail":"bye"}},
            "wait":{{"type":"queue","queue":"{here}","max_wait_s":{long_s},"on_max_wait":"outside"}},
            "outside":{{"type":"transfer","to":"sip:desk@192.0.2.7","ring_s":15,"record":true,"on_fail":"bye"}},
            "bye":{{"type":"hang_up"}}}}}}"#
        ),
        3 => format!(
            r#"{{"version":1,"start":"outside","nodes":{{
            "outside":{{"type":"transfer","to":"+74957654321","ring_s":10,"on_fail":"wait"}},
            "wait":{{"type":"queue","queue":"{other}","max_wait_s":{short_s}}}}}}}"#
        ),
        _ => format!(
            r#"{{"version":1,"start":"named","nodes":{{
            "named":{{"type":"queue","queue":"{here}","agent":"{named}","agent_s":{named_s},"max_wait_s":{long_s},
                     "on_full":"other"}},
            "other":{{"type":"queue","queue":"{other}","announce_every_s":15,"max_wait_s":{short_s}}}}}}}"#
        ),
    };
    let key = format!("flow-{number}");
    FlowSource { id: flow_id(number), name: key.clone(), key, json }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flow_is_sound() {
        for source in of(5, 8, 24) {
            assert!(perezvon_flow::graph::Flow::parse(&source.json).is_ok(), "{}", source.json);
        }
    }
}
