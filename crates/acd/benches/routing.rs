//! Decisions per second of one core, beside a search through everything with the same picks asserted:
//! `cargo bench -p perezvon-acd`. 10,000 agents, 1,000 classes (250 queues with four sets of needs each), 100,000 waiting.

use perezvon_acd::{Acd, Ask, Decision, Setup, Standing, Worker};
use perezvon_model::channel::{Channel, Channels};
use perezvon_model::config::SkillLevel;
use perezvon_model::routing::Strategy;
use perezvon_model::{InteractionId, QueueId, SkillId, UserId, UtcMs};
use std::time::Instant;
use uuid::Uuid;

const AGENTS: usize = 10_000;
const QUEUES: usize = 250;
const NEEDS: usize = 4;
const WAITING: usize = 100_000;
const SKILLS: usize = 40;
const DECISIONS: usize = 200_000;
/// Decisions that the search through everything repeats.
const SCANNED: usize = 60;

/// A sequence of numbers without visible order (SplitMix64).
struct Lots(u64);

impl Lots {
    fn next(&mut self, of: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(z ^ (z >> 31)) * of as u128) >> 64) as usize
    }
}

fn id(kind: u128, number: usize) -> Uuid {
    // As version 7 ids are: ordered by time in front, mixed behind.
    Uuid::from_u128(
        kind << 120
            | (number as u128) << 64
            | (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) & u128::from(u64::MAX),
    )
}

fn queue(number: usize) -> QueueId {
    QueueId(id(1, number))
}

fn agent(number: usize) -> UserId {
    UserId(id(2, number))
}

fn skill(number: usize, level: u8) -> SkillLevel {
    SkillLevel { skill: SkillId(id(3, number)), level }
}

struct Floor {
    acd: Acd,
    lots: Lots,
    now: UtcMs,
    made: usize,
    needs: Vec<Vec<Vec<SkillLevel>>>,
}

impl Floor {
    fn new(profiles: usize) -> Floor {
        let mut lots = Lots(1);
        let profile: Vec<(Vec<QueueId>, Vec<SkillLevel>)> = (0..profiles)
            .map(|_| {
                let queues = (0..12).map(|_| queue(lots.next(QUEUES))).collect();
                let skills = (0..SKILLS)
                    .filter(|_| true)
                    .map(|at| skill(at, lots.next(11) as u8))
                    .filter(|skill| skill.level > 0);
                (queues, skills.collect())
            })
            .collect();
        let workers: Vec<Worker<'_>> = (0..AGENTS)
            .map(|number| {
                let (queues, skills) = &profile[number % profiles];
                Worker { agent: agent(number), queues, skills, weight: 1 }
            })
            .collect();
        let setups: Vec<Setup<'_>> = (0..QUEUES)
            .map(|number| Setup {
                queue: queue(number),
                channel: Channel::Voice,
                strategy: Strategy::LongestIdle,
                needs: &[],
                steps: &[],
                ageing_per_min: 1,
            })
            .collect();
        let needs = (0..QUEUES)
            .map(|_| {
                (0..NEEDS).map(|at| (0..at.min(2)).map(|_| skill(lots.next(SKILLS), 3)).collect()).collect()
            })
            .collect();
        let mut acd = Acd::new(1);
        let begun = Instant::now();
        acd.configure(1, &setups, &workers);
        println!("configuration of {profiles} profiles: {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
        Floor { acd, lots, now: UtcMs(1_800_000_000_000), made: 0, needs }
    }

    fn arrives(&mut self) -> InteractionId {
        self.made += 1;
        self.now = self.now + 3;
        let interaction = InteractionId(id(4, self.made));
        let at = self.lots.next(QUEUES);
        let set = self.lots.next(NEEDS);
        let points = self.lots.next(3) as i16;
        let ask = Ask { queue: queue(at), needs: &self.needs[at][set], points, preferred: None };
        let place = self.acd.new_place(self.now);
        assert!(self.acd.join(interaction, ask, place, self.now));
        interaction
    }

    fn frees(&mut self, number: usize) {
        let standing = Standing {
            signed_in: true,
            ready: true,
            open: Channels::NONE.with(Channel::Voice),
            idle_since: self.now,
            ..Standing::default()
        };
        self.acd.set(agent(number), standing);
    }

    fn signs_in(&mut self, number: usize) {
        self.acd.set(agent(number), Standing { signed_in: true, ready: true, ..Standing::default() });
    }
}

/// Seconds of this process on a core.
fn cpu_s() -> f64 {
    let times = std::fs::read_to_string("/proc/self/schedstat").expect("Linux tells the time on a core");
    let ns: f64 = times.split(' ').next().and_then(|ns| ns.parse().ok()).expect("in nanoseconds");
    ns / 1e9
}

struct Outcome {
    per_cpu_s: f64,
    p99_us: f64,
    naive_ratio: f64,
}

/// An agent frees and is matched with one of those who wait; another one arrives in place of that one.
fn agents_free(profiles: usize) -> Outcome {
    let mut floor = Floor::new(profiles);
    for number in 0..AGENTS {
        floor.signs_in(number);
    }
    for _ in 0..WAITING {
        floor.arrives();
    }
    while floor.acd.decide(floor.now).is_some() {}
    let mut times = Vec::with_capacity(DECISIONS);
    let (begun, mut found) = (cpu_s(), 0);
    for _ in 0..DECISIONS {
        let number = floor.lots.next(AGENTS);
        let at = Instant::now();
        floor.now = floor.now + 1;
        floor.frees(number);
        if let Some(Decision::Match(of)) = floor.acd.decide(floor.now) {
            found += 1;
            floor.acd.leave(of.interaction);
            floor.arrives();
        }
        times.push(at.elapsed());
        while floor.acd.decide(floor.now).is_some() {}
    }
    let spent = cpu_s() - begun;
    assert!(found * 100 > DECISIONS * 95, "{found} of {DECISIONS}");
    times.sort_unstable();
    let mut naive_s = 0.0;
    for _ in 0..SCANNED {
        let number = floor.lots.next(AGENTS);
        floor.frees(number);
        let at = cpu_s();
        let scanned = floor.acd.scan_for_agent(agent(number), floor.now);
        naive_s += cpu_s() - at;
        match floor.acd.decide(floor.now) {
            Some(Decision::Match(of)) => {
                assert_eq!(Some(of.interaction), scanned, "the picks differ");
                floor.acd.leave(of.interaction);
                floor.arrives();
            }
            Some(Decision::Nothing(_)) | None => assert_eq!(scanned, None),
        }
        while floor.acd.decide(floor.now).is_some() {}
    }
    let per_cpu_s = DECISIONS as f64 / spent;
    let us = |part: usize| times[times.len() * part / 1000].as_secs_f64() * 1e6;
    println!(
        "agent frees, {WAITING} waiting, {profiles} profiles: {per_cpu_s:.0} per CPU second, p50 {:.2} us, p99 {:.2} us, p99.9 {:.2} us",
        us(500),
        us(990),
        us(999)
    );
    Outcome { per_cpu_s, p99_us: us(990), naive_ratio: per_cpu_s / (SCANNED as f64 / naive_s) }
}

/// An interaction arrives and is matched with one of 5,000 free agents, who is free again at once.
fn interactions_arrive(profiles: usize) {
    let mut floor = Floor::new(profiles);
    for number in 0..AGENTS {
        floor.signs_in(number);
    }
    for number in (0..AGENTS).step_by(2) {
        floor.now = floor.now + 1;
        floor.frees(number);
        while floor.acd.decide(floor.now).is_some() {}
    }
    let mut times = Vec::with_capacity(DECISIONS);
    let begun = cpu_s();
    let mut found = 0;
    for _ in 0..DECISIONS {
        let at = Instant::now();
        let interaction = floor.arrives();
        let decision = floor.acd.decide(floor.now);
        times.push(at.elapsed());
        floor.acd.leave(interaction);
        if let Some(Decision::Match(of)) = decision {
            found += 1;
            let standing = floor.acd.standing(of.agents[0]).expect("the agent is known");
            let open = Channels::NONE.with(Channel::Voice);
            floor.acd.set(of.agents[0], Standing { open, idle_since: floor.now, ..standing });
        }
        while floor.acd.decide(floor.now).is_some() {}
    }
    let per_cpu_s = DECISIONS as f64 / (cpu_s() - begun);
    times.sort_unstable();
    let us = |part: usize| times[times.len() * part / 1000].as_secs_f64() * 1e6;
    println!(
        "arrival, 5,000 free, {profiles} profiles: {per_cpu_s:.0} per CPU second ({found} matched), p50 {:.2} us, p99 {:.2} us",
        us(500),
        us(990)
    );
}

fn main() {
    if std::env::var_os("ONLY").is_none() {
        interactions_arrive(500);
        interactions_arrive(AGENTS);
        agents_free(AGENTS);
    }
    let outcome = agents_free(500);
    println!(
        "decisions_per_cpu_s={:.0} p99_us={:.2} naive_ratio={:.0}",
        outcome.per_cpu_s, outcome.p99_us, outcome.naive_ratio
    );
}
