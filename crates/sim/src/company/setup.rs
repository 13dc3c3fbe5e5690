//! A company's configuration from a seed: every strategy, skills with levels, steps, ageing, lending, wrap-up modes.

use perezvon_model::channel::Channel;
use perezvon_model::config::{
    Agent, Misses, Queue, Routing, Skill, SkillLevel, TenantConfig, Trunk, TrunkRegistration, WrapUp,
};
use perezvon_model::routing::{Lends, Step, Strategy, Widen};
use perezvon_model::{Device, TenantId, TrunkId};
use uuid::Uuid;

use super::{SKILLS, Span, flows, queue_id, rules, skill_id, user_id};
use crate::chance::Chance;
use crate::scenario::Scenario;

const STRATEGIES: [Strategy; 9] = [
    Strategy::AllAtOnce,
    Strategy::LongestIdle,
    Strategy::LeastOccupied,
    Strategy::RoundRobin,
    Strategy::FewestInteractions,
    Strategy::MostSkilled,
    Strategy::LeastSkilled,
    Strategy::Random,
    Strategy::Weighted,
];

pub(super) fn trunk_id() -> TrunkId {
    TrunkId(Uuid::from_u128(0x5000_0000_0000_0000))
}

pub(super) fn config(scenario: &Scenario, day: &Span) -> TenantConfig {
    let (seed, queues) = (scenario.seed, u64::from(scenario.queues));
    TenantConfig {
        tenant: TenantId(Uuid::from_u128(1)),
        name: "Company".into(),
        version: 1,
        region: "RU".into(),
        time_zone: "Etc/UTC".into(),
        utc_offset_min: day.utc_offset_min,
        zones: day.zones.iter().map(|(name, minutes)| ((*name).to_owned(), *minutes)).collect(),
        capacity: Default::default(),
        queues: (0..queues).map(|number| queue(seed, day, number, queues)).collect(),
        agents: (0..u64::from(scenario.agents)).map(|number| agent(seed, number, queues)).collect(),
        skills: (0..SKILLS)
            .map(|number| Skill {
                id: skill_id(number),
                key: format!("s{number}"),
                name: format!("S{number}"),
            })
            .collect(),
        dispositions: Vec::new(),
        flows: flows::of(seed, queues, u64::from(Scenario::of(seed).agents)),
        numbers: Vec::new(),
        trunks: vec![Trunk {
            id: trunk_id(),
            key: "trunk".into(),
            name: "Trunk".into(),
            sources: Vec::new(),
            registration: Some(TrunkRegistration {
                registrar: "sip:provider.example".into(),
                username: String::new(),
                password: String::new(),
                expires_s: 600,
            }),
            max_calls: 1_000,
        }],
    }
}

fn skills(chance: &mut Chance, percent: u32, least: i64, most: i64) -> Vec<SkillLevel> {
    (0..SKILLS)
        .filter_map(|number| {
            let level = chance.between(least, most) as u8;
            chance.percent(percent).then_some(SkillLevel { skill: skill_id(number), level })
        })
        .collect()
}

/// Also what a change of configuration makes of a queue: by another number of the stream.
pub(super) fn queue(seed: u64, day: &Span, number: u64, queues: u64) -> Queue {
    drawn_queue(&mut Chance::of(seed, "queue", number), day, number, queues)
}

pub(super) fn drawn_queue(chance: &mut Chance, day: &Span, number: u64, queues: u64) -> Queue {
    let needs_skills = chance.percent(50);
    let required_skills = if needs_skills { skills(chance, 50, 1, 7) } else { Vec::new() };
    let limit_s = chance.between(2, 40) as u32;
    let wrap_ups = [
        WrapUp::None,
        WrapUp::Optional { limit_s },
        WrapUp::Timed { limit_s },
        WrapUp::Extendable { limit_s },
        WrapUp::Open,
    ];
    Queue {
        id: queue_id(number),
        key: format!("q{number}"),
        name: format!("Queue {number}"),
        required_skills,
        ring_timeout_s: chance.between(3, 20) as u32,
        wrap_up: chance.one(&wrap_ups).unwrap_or(WrapUp::None),
        service_level_s: chance.between(3, 30) as u32,
        service_level_target: chance.between(50, 95) as u32,
        short_abandon_s: chance.between(0, 5) as u32,
        max_waiting: chance.one(&[1, 3, 10, 100]).unwrap_or(100),
        record: chance.percent(30),
        routing: routing(chance, day, queues),
    }
}

fn routing(chance: &mut Chance, day: &Span, queues: u64) -> Routing {
    let mut after_s = 0;
    let steps = (0..chance.one(&[0, 0, 1, 2, 3]).unwrap_or(0))
        .map(|_| {
            after_s += chance.between(0, 20) as u32;
            let skill = skill_id(chance.bits() % SKILLS);
            let widen = [
                Widen::LowerLevel { skill, level: chance.between(1, 4) as u8 },
                Widen::DropSkill { skill },
                Widen::AddQueue { queue: queue_id(chance.bits() % queues) },
            ];
            Step { after_s, widen: widen[chance.below(widen.len())] }
        })
        .collect();
    let miss = |chance: &mut Chance| chance.one(&[0, 1, 1, 2, 3]).unwrap_or(1);
    Routing {
        channel: Channel::Voice,
        strategy: chance.one(&STRATEGIES).unwrap_or_default(),
        priority: chance.one(&[0, 0, 1, 5, -3, 20]).unwrap_or(0),
        ageing_per_min: chance.one(&[0, 0, 1, 1, 6, 60]).unwrap_or(0),
        steps,
        misses: Misses {
            declined: miss(chance),
            no_answer: miss(chance),
            busy: miss(chance),
            unreachable: miss(chance),
        },
        lends: chance
            .one(&[Lends::Always, Lends::WhileServiceLevelHolds, Lends::WhileServiceLevelHolds, Lends::Never])
            .unwrap_or_default(),
        keep_place_s: chance.one(&[0, 60, 600]).unwrap_or(0),
        preferred: rules::preferred(chance),
        overflow: rules::overflow(chance, queues),
        callbacks: rules::callbacks(chance),
        announcements: rules::announcements(chance),
        hours: rules::hours(chance, day, queues),
    }
}

pub(super) fn agent(seed: u64, number: u64, queues: u64) -> Agent {
    drawn_agent(&mut Chance::of(seed, "agent", number), number, queues)
}

pub(super) fn drawn_agent(chance: &mut Chance, number: u64, queues: u64) -> Agent {
    let many = chance.percent(40);
    let serves =
        (0..queues).filter(|queue| *queue == number % queues || chance.percent(if many { 60 } else { 15 }));
    let queues = serves.map(queue_id).collect();
    let on_phone = chance.percent(35);
    let fixed = on_phone && chance.percent(40);
    Agent {
        id: user_id(number),
        name: format!("Agent {number}"),
        queues,
        skills: skills(chance, 70, 1, 10),
        device: if on_phone { Device::Phone } else { Device::Browser },
        sip_username: None,
        phone_uri: fixed.then(|| format!("sip:{number}@192.0.2.9")),
        weight: chance.between(1, 100) as u32,
        capacity: None,
    }
}
