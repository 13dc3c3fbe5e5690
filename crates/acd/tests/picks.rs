//! The indexed picks are those of a naive search over everything, whatever happens in whatever order.

use perezvon_acd::{Acd, Match, Place, REFUSAL_ALONE_MS, REFUSAL_MS, Setup, Worker, qualifies};
use perezvon_model::config::SkillLevel;
use perezvon_model::{InteractionId, QueueId, SkillId, UserId, UtcMs};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const QUEUES: u128 = 4;
const AGENTS: u128 = 5;

fn queue(number: u128) -> QueueId {
    QueueId(Uuid::from_u128(1_000 + number))
}

fn agent(number: u128) -> UserId {
    UserId(Uuid::from_u128(2_000 + number))
}

fn caller(number: u128) -> InteractionId {
    InteractionId(Uuid::from_u128(3_000 + number))
}

fn level(level: u8) -> SkillLevel {
    SkillLevel { skill: SkillId(Uuid::from_u128(1)), level }
}

/// Which queues and agents there are: bit patterns, so that proptest can shrink them.
#[derive(Clone, Debug)]
struct World {
    queues: Vec<(QueueId, Vec<SkillLevel>)>,
    agents: Vec<(UserId, Vec<QueueId>, Vec<SkillLevel>)>,
}

fn world(bits: u32) -> World {
    let bit = |at: u32| (bits >> (at % 32)) & 1 == 1;
    let queues = (0..QUEUES)
        .filter(|number| *number == 0 || bit(*number as u32))
        .map(|number| (queue(number), if bit(10 + number as u32) { vec![level(3)] } else { vec![] }))
        .collect();
    let agents = (0..AGENTS)
        .map(|number| {
            let serves = (0..QUEUES).filter(|of| *of == number % QUEUES || bit((number * 5 + of) as u32));
            let skills = if bit(20 + number as u32) { vec![level(3)] } else { vec![level(2)] };
            (agent(number), serves.map(queue).collect(), skills)
        })
        .collect();
    World { queues, agents }
}

/// The same rules by looking at everything.
#[derive(Default)]
struct Naive {
    waiting: BTreeMap<InteractionId, (QueueId, Place, bool)>,
    free: BTreeMap<UserId, UtcMs>,
    ready: BTreeMap<UserId, bool>,
    refusals: BTreeMap<(InteractionId, UserId), UtcMs>,
}

impl Naive {
    fn serves(world: &World, agent: UserId, queue: QueueId) -> bool {
        let needs = world.queues.iter().find(|(id, _)| *id == queue).map(|(_, needs)| needs);
        let worker = world.agents.iter().find(|(id, _, _)| *id == agent);
        match (needs, worker) {
            (Some(needs), Some((_, queues, skills))) => queues.contains(&queue) && qualifies(skills, needs),
            _ => false,
        }
    }

    fn refused(&self, world: &World, caller: InteractionId, agent: UserId, now: UtcMs) -> bool {
        let Some(at) = self.refusals.get(&(caller, agent)) else { return false };
        let (queue, _, _) = self.waiting[&caller];
        let others = self
            .ready
            .iter()
            .any(|(other, ready)| *ready && *other != agent && Self::serves(world, *other, queue));
        now < *at + REFUSAL_ALONE_MS || (now < *at + REFUSAL_MS && others)
    }

    /// Every pair that might be made.
    fn pairs(&self, world: &World, now: UtcMs) -> Vec<(Place, InteractionId, UtcMs, UserId)> {
        let mut pairs = Vec::new();
        for (caller, (queue, place, due)) in &self.waiting {
            for (agent, since) in &self.free {
                if *due && Self::serves(world, *agent, *queue) && !self.refused(world, *caller, *agent, now) {
                    pairs.push((*place, *caller, *since, *agent));
                }
            }
        }
        pairs
    }

    /// A pick is right when no earlier caller could have had this agent, and no longer idle agent this caller.
    fn check(&self, world: &World, now: UtcMs, found: Match) {
        let pairs = self.pairs(world, now);
        let mine =
            pairs.iter().find(|(_, caller, _, agent)| (*caller, *agent) == (found.interaction, found.agent));
        let Some((place, _, since, _)) = mine else { panic!("{found:?} may not be made") };
        assert_eq!(self.waiting[&found.interaction].0, found.queue);
        let earlier = pairs.iter().find(|(other, _, _, agent)| {
            *agent == found.agent && other < place && self.waiting[&found.interaction].0 == found.queue
        });
        let idler = pairs.iter().find(|(_, caller, other, agent)| {
            *caller == found.interaction && (other, agent) < (since, &found.agent)
        });
        // Both may be beaten only when the other side of the pick was given: the freed agent takes the earliest
        // caller, the new caller the longest idle agent.
        assert!(earlier.is_none() || idler.is_none(), "{found:?} beats {earlier:?} and {idler:?}");
        let same_queue = pairs.iter().find(|(other, caller, _, agent)| {
            *agent == found.agent && other < place && self.waiting[caller].0 == found.queue
        });
        assert_eq!(same_queue, None, "a caller of the same queue was before");
    }
}

fn steps() -> impl Strategy<Value = Vec<(u8, u8, u16)>> {
    prop::collection::vec((0u8..12, any::<u8>(), 0u16..9_000), 1..120)
}

fn configure(acd: &mut Acd, world: &World) -> Vec<InteractionId> {
    let setups: Vec<_> = world.queues.iter().map(|(queue, needs)| Setup { queue: *queue, needs }).collect();
    let workers: Vec<_> =
        world.agents.iter().map(|(agent, queues, skills)| Worker { agent: *agent, queues, skills }).collect();
    acd.configure(&setups, &workers)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn indexed_picks_are_those_of_a_naive_search(first in any::<u32>(), steps in steps()) {
        let mut world = world(first);
        let (mut acd, mut naive) = (Acd::default(), Naive::default());
        configure(&mut acd, &world);
        let (mut now, mut callers) = (UtcMs(0), 0u128);
        for (kind, which, ms) in steps {
            now = now + i64::from(ms);
            let who = agent(u128::from(which) % AGENTS);
            let someone = naive.waiting.keys().nth(usize::from(which) % naive.waiting.len().max(1)).copied();
            match kind {
                0..=3 => {
                    callers += 1;
                    let place = acd.new_place(now);
                    let (id, of) = (caller(callers), queue(u128::from(which) % QUEUES));
                    if acd.join(id, of, place, now) {
                        naive.waiting.insert(id, (of, place, true));
                    }
                }
                4..=6 => {
                    acd.ready(who, true);
                    acd.free(who, now);
                    naive.ready.insert(who, true);
                    naive.free.insert(who, now);
                }
                7 => {
                    acd.ready(who, false);
                    acd.engaged(who);
                    naive.ready.insert(who, false);
                    naive.free.remove(&who);
                }
                8 => {
                    if let Some(id) = someone {
                        acd.leave(id);
                        naive.waiting.remove(&id);
                        naive.refusals.retain(|(of, _), _| *of != id);
                    }
                }
                9 | 10 => {
                    // An offer that came to nothing: refused, or only missed.
                    let offered = naive.waiting.iter().find(|(_, (_, _, due))| !due).map(|(id, _)| *id);
                    if let Some(id) = offered {
                        acd.put_back(id);
                        naive.waiting.get_mut(&id).expect("waits").2 = true;
                        if kind == 9 {
                            acd.refuse(id, who, now);
                            naive.refusals.insert((id, who), now);
                        }
                    }
                }
                _ => {
                    world = self::world((u32::from(which) * 0x0101_0101) ^ first);
                    for orphan in configure(&mut acd, &world) {
                        naive.waiting.remove(&orphan);
                        naive.refusals.retain(|(of, _), _| *of != orphan);
                    }
                    prop_assert!(naive.waiting.values().all(|(of, _, _)| world.queues.iter().any(|(id, _)| id == of)));
                }
            }
            while let Some(found) = acd.decide(now) {
                naive.check(&world, now, found);
                naive.free.remove(&found.agent);
                naive.waiting.get_mut(&found.interaction).expect("waits").2 = false;
            }
            prop_assert_eq!(naive.pairs(&world, now), vec![], "somebody waits for a free agent");
            for (id, _) in &world.queues {
                let line = naive.waiting.values().filter(|(of, _, _)| of == id);
                prop_assert_eq!(acd.waiting(*id), line.count());
            }
            for (id, (of, place, _)) in &naive.waiting {
                let before = naive.waiting.values().filter(|(other, at, _)| other == of && at < place).count();
                prop_assert_eq!(acd.position(*id), Some(before + 1));
                prop_assert_eq!(acd.position_up_to(*id, 3), (before < 3).then_some(before + 1));
            }
            prop_assert_eq!(acd.waiting_in_all(), naive.waiting.len());
        }
        for id in naive.waiting.keys() {
            acd.leave(*id);
        }
        prop_assert_eq!((acd.waiting_in_all(), acd.next_retry()), (0, None), "something is left behind");
    }
}

/// 10,000 agents and 100,000 callers: a decision must not look at everyone. Work is counted, not timed: the run would
/// take hours if each decision were linear, and takes seconds in a debug build as it is.
#[test]
fn a_large_floor_is_served_in_order() {
    let world = World {
        queues: vec![(queue(0), vec![])],
        agents: (0..10_000).map(|number| (agent(number), vec![queue(0)], vec![])).collect(),
    };
    let mut acd = Acd::default();
    configure(&mut acd, &world);
    for number in 0..100_000 {
        let place = acd.new_place(UtcMs(0));
        acd.join(caller(number), queue(0), place, UtcMs(0));
        assert_eq!(acd.decide(UtcMs(0)), None);
    }
    for number in 0..100_000u128 {
        let who = agent(number % 10_000);
        acd.ready(who, true);
        acd.free(who, UtcMs(0));
        let found = acd.decide(UtcMs(0)).expect("somebody waits");
        assert_eq!((found.interaction, found.agent), (caller(number), who));
        acd.leave(found.interaction);
    }
    assert_eq!(acd.waiting_in_all(), 0);
}
