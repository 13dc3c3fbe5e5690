//! The indexed picks are those of a search through everything, whatever happens in whatever order.

use perezvon_acd::{Acd, Ask, Decision, Place, REFUSAL_ALONE_MS, REFUSAL_MS, Setup, Standing, Worker};
use perezvon_model::channel::{Channel, Channels};
use perezvon_model::config::SkillLevel;
use perezvon_model::routing::{Regime, Step, Strategy as Way, Widen};
use perezvon_model::{InteractionId, QueueId, SkillId, UserId, UtcMs};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const QUEUES: usize = 4;
const AGENTS: usize = 6;
const WAYS: [Way; 9] = [
    Way::AllAtOnce,
    Way::LongestIdle,
    Way::LeastOccupied,
    Way::RoundRobin,
    Way::FewestInteractions,
    Way::MostSkilled,
    Way::LeastSkilled,
    Way::Random,
    Way::Weighted,
];

fn queue(number: usize) -> QueueId {
    QueueId(Uuid::from_u128(1_000 + number as u128))
}

fn agent(number: usize) -> UserId {
    UserId(Uuid::from_u128(2_000 + number as u128))
}

fn caller(number: usize) -> InteractionId {
    InteractionId(Uuid::from_u128(3_000 + number as u128))
}

fn skill(number: usize) -> SkillId {
    SkillId(Uuid::from_u128(1 + number as u128 % 2))
}

fn level(number: usize, level: u8) -> SkillLevel {
    SkillLevel { skill: skill(number), level }
}

type QueueRow = (QueueId, Channel, Way, Vec<SkillLevel>, Vec<Step>, u32);

/// Queues and agents, made of bits so that they shrink.
#[derive(Clone, Debug)]
struct World {
    queues: Vec<QueueRow>,
    agents: Vec<(UserId, Vec<QueueId>, Vec<SkillLevel>, u32)>,
}

fn world(bits: u64) -> World {
    let bit = |at: usize| bits.rotate_right(at as u32 * 7) & 1 == 1;
    let few = |at: usize, of: usize| bits.rotate_right(at as u32 * 5) as usize % of;
    let queues = (0..QUEUES).filter(|number| *number == 0 || bit(*number)).map(|number| {
        let needs = [vec![], vec![level(0, 3)], vec![level(0, 5), level(1, 2)]][few(number, 3)].clone();
        let widen = [
            Widen::LowerLevel { skill: skill(0), level: 2 },
            Widen::AddQueue { queue: queue((number + 1) % QUEUES) },
            Widen::DropSkill { skill: skill(few(number + 9, 2)) },
        ];
        let steps = widen.into_iter().take(few(number + 20, 4)).enumerate();
        let steps = steps.map(|(at, widen)| Step { after_s: 3 * at as u32 + 2, widen }).collect();
        let channel = if number == 3 { Channel::Chat } else { Channel::Voice };
        (queue(number), channel, WAYS[few(number + 4, 9)], needs, steps, [0, 1, 60][few(number + 11, 3)])
    });
    let agents = (0..AGENTS).filter(|number| *number == 0 || !bit(30 + number)).map(|number| {
        let serves = (0..QUEUES).filter(|of| *of == number % QUEUES || bit(number * 5 + of)).map(queue);
        let skills =
            [vec![], vec![level(0, 2)], vec![level(0, 5), level(1, 1)], vec![level(0, 9), level(1, 9)]];
        (agent(number), serves.collect(), skills[few(number + 40, 4)].clone(), 1 + few(number, 5) as u32)
    });
    World { queues: queues.collect(), agents: agents.collect() }
}

fn configure(acd: &mut Acd, world: &World) -> Vec<InteractionId> {
    let setups: Vec<_> = world
        .queues
        .iter()
        .map(|(queue, channel, strategy, needs, steps, ageing_per_min)| Setup {
            queue: *queue,
            channel: *channel,
            strategy: *strategy,
            needs,
            steps,
            ageing_per_min: *ageing_per_min,
        })
        .collect();
    let workers: Vec<_> = world
        .agents
        .iter()
        .map(|(agent, queues, skills, weight)| Worker { agent: *agent, queues, skills, weight: *weight })
        .collect();
    acd.configure(1, &setups, &workers)
}

/// What the world outside remembers.
#[derive(Default)]
struct Floor {
    reserved: BTreeMap<InteractionId, Vec<UserId>>,
    waits: BTreeMap<InteractionId, QueueId>,
    joined: BTreeMap<InteractionId, UtcMs>,
    places: BTreeMap<InteractionId, Place>,
    standings: BTreeMap<UserId, Standing>,
}

/// Takes every decision that is to be made, each held against the search through everything.
fn decide(acd: &mut Acd, floor: &mut Floor, now: UtcMs) {
    acd.look(now);
    loop {
        let before = acd.clone();
        let Some(decision) = acd.decide(now) else { break };
        match decision {
            Decision::Match(found) => {
                let first = found.agents[0];
                let could = before.scan_for_interaction(found.interaction, now);
                if found.receipt.regime == Regime::Preferred {
                    assert_eq!(before.scan_for_agent(first, now), Some(found.interaction));
                } else {
                    if found.receipt.strategy == Way::Random {
                        assert!(could.contains(&first));
                    } else {
                        assert_eq!(found.agents, could);
                    }
                    if found.receipt.regime == Regime::InteractionsWaiting {
                        assert_eq!(
                            (could.len(), before.scan_for_agent(first, now)),
                            (1, Some(found.interaction))
                        );
                    }
                }
                for of in &found.agents {
                    assert_eq!(
                        before.scan_for_agent(*of, now),
                        Some(found.interaction),
                        "somebody was before"
                    );
                }
                assert_eq!(Some(found.receipt.position as usize), before.position(found.interaction));
                assert!(found.receipt.agents.iter().all(|behind| !found.agents.contains(&behind.agent)));
                for of in &found.agents {
                    assert!(acd.standing(*of).is_some_and(|standing| standing.open.is_empty()));
                    if let Some(standing) = floor.standings.get_mut(of) {
                        standing.open = Channels::NONE;
                    }
                }
                assert_eq!(floor.waits.get(&found.interaction), Some(&found.queue));
                assert!(floor.reserved.insert(found.interaction, found.agents).is_none());
            }
            Decision::Nothing(nothing) => {
                assert_eq!(before.scan_for_agent(nothing.agent, now), None);
            }
        }
    }
    assert_eq!(acd.scan_pair(now), None, "somebody waits for a free agent");
    assert_eq!(acd.waiting_in_all(), floor.waits.len());
    for of in (0..QUEUES).map(queue) {
        let here = floor.waits.iter().filter(|(_, queue)| **queue == of);
        assert_eq!(acd.longest_since(of), here.map(|(caller, _)| floor.joined[caller]).min());
    }
}

fn steps() -> impl Strategy<Value = Vec<(u8, u8, u8, u16)>> {
    prop::collection::vec((0u8..24, any::<u8>(), any::<u8>(), 0u16..4_000), 1..100)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn indexed_picks_are_those_of_a_search_through_everything(first in any::<u64>(), steps in steps()) {
        let mut acd = Acd::new(7);
        let mut floor = Floor::default();
        configure(&mut acd, &world(first));
        let (mut now, mut callers) = (UtcMs(1_000_000), 0);
        let mut places: [Option<Place>; 4] = [None; 4];
        for (kind, which, how, ms) in steps {
            now = now + i64::from(ms);
            let who = agent(usize::from(which) % AGENTS);
            let waits: Vec<_> = floor.waits.keys().copied().collect();
            let someone = waits.get(usize::from(which) % waits.len().max(1)).copied();
            let offered: Vec<_> = floor.reserved.keys().copied().collect();
            let ringing = offered.get(usize::from(which) % offered.len().max(1)).copied();
            match kind {
                0..=6 => {
                    callers += 1;
                    let place = if how % 6 == 0 { places[usize::from(which) % places.len()].take() } else { None };
                    let place = place.unwrap_or_else(|| acd.new_place(now));
                    let of = queue(usize::from(which) % QUEUES);
                    let needs = if how % 5 == 0 { vec![level(usize::from(how), how % 7 + 1)] } else { Vec::new() };
                    let preferred = (how % 4 == 0).then(|| (agent(usize::from(how) % AGENTS), now + 5_000));
                    let ask = Ask { queue: of, needs: &needs, points: i16::from(how % 3) * 10, preferred };
                    if acd.join(caller(callers), ask, place, now) {
                        floor.waits.insert(caller(callers), of);
                        floor.joined.insert(caller(callers), now);
                        floor.places.insert(caller(callers), place);
                    }
                }
                7 if how & 1 == 1 => {
                    if let Some(known) = someone {
                        acd.prefer(known, who, now + 5_000);
                    }
                }
                7 | 8 => {
                    if let Some(gone) = someone {
                        // A dropped caller's place, for somebody who comes later.
                        places[usize::from(how) % 4] = floor.places.remove(&gone);
                        acd.leave(gone);
                        floor.waits.remove(&gone);
                        floor.reserved.remove(&gone);
                    }
                }
                9..=11 => {
                    if let Some(back) = ringing {
                        let agents = floor.reserved.remove(&back).unwrap_or_default();
                        // The order in which it is told does not matter.
                        if how & 64 == 0 {
                            acd.put_back(back);
                        }
                        if how % 3 > 0 {
                            acd.refuse(back, agents[usize::from(how) % agents.len()], now);
                        }
                        if how & 64 != 0 {
                            acd.put_back(back);
                        }
                    }
                }
                12..=19 => {
                    let open: Channels = Channel::ALL.into_iter().filter(|channel| how >> channel.index() & 1 == 1).collect();
                    let busy = floor.reserved.values().any(|agents| agents.contains(&who));
                    let signed_in = how & 8 == 0;
                    let ready = signed_in && how & 16 == 0;
                    let open = if busy || !ready { Channels::NONE } else { open };
                    let standing = Standing { signed_in, ready, open, idle_since: now, handled: u32::from(how / 32), occupancy: u32::from(how) };
                    floor.standings.insert(who, standing);
                    acd.set(who, standing);
                }
                20 => acd.lend(queue(usize::from(which) % QUEUES), how % 2 == 0),
                21 => {
                    let bits = u64::from(which) << 40 | u64::from(how) << 20 | u64::from(ms);
                    for gone in configure(&mut acd, &world(bits.wrapping_mul(0x9e37_79b9_7f4a_7c15))) {
                        prop_assert!(floor.waits.remove(&gone).is_some());
                        floor.reserved.remove(&gone);
                    }
                }
                22 => now = now + [REFUSAL_ALONE_MS, REFUSAL_MS][usize::from(which) % 2],
                _ => now = now + 60_000,
            }
            decide(&mut acd, &mut floor, now);
        }
        for gone in floor.waits.keys() {
            acd.leave(*gone);
        }
        prop_assert_eq!((acd.waiting_in_all(), acd.next_look()), (0, None));
    }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(600)
}
