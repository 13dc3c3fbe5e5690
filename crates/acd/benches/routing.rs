//! Decisions per second of one core, beside a search through everything with the same picks asserted:
//! `cargo bench -p perezvon-acd`. 10,000 agents, 1,000 classes (250 queues with four sets of needs each), 100,000 waiting.
//! `-- short` measures the floor of 500 profiles alone. The last line is for programs.

use perezvon_acd::{Acd, Ask, Decision, Setup, Standing, Worker};
use perezvon_model::channel::{Channel, Channels};
use perezvon_model::config::SkillLevel;
use perezvon_model::routing::Strategy;
use perezvon_model::{InteractionId, QueueId, SkillId, UserId, UtcMs};
use std::time::{Duration, Instant};
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

/// What a configuration is made of.
struct Company {
    profiles: Vec<(Vec<QueueId>, Vec<SkillLevel>)>,
}

impl Company {
    fn new(lots: &mut Lots, profiles: usize) -> Company {
        let profile = |lots: &mut Lots| {
            let queues = (0..12).map(|_| queue(lots.next(QUEUES))).collect();
            let skills = (0..SKILLS).map(|at| skill(at, lots.next(11) as u8));
            (queues, skills.filter(|skill| skill.level > 0).collect())
        };
        Company { profiles: (0..profiles).map(|_| profile(lots)).collect() }
    }

    fn configures(&self, acd: &mut Acd, version: i64) {
        let workers: Vec<Worker<'_>> = (0..AGENTS)
            .map(|number| {
                let (queues, skills) = &self.profiles[number % self.profiles.len()];
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
        assert!(acd.configure(version, &setups, &workers).is_empty(), "nobody lost the place");
    }
}

struct Floor {
    company: Company,
    acd: Acd,
    lots: Lots,
    now: UtcMs,
    made: usize,
    needs: Vec<Vec<Vec<SkillLevel>>>,
}

impl Floor {
    fn new(profiles: usize) -> Floor {
        let mut lots = Lots(1);
        let company = Company::new(&mut lots, profiles);
        let needs = (0..QUEUES)
            .map(|_| {
                let set = |lots: &mut Lots, of: usize| {
                    let mut set: Vec<SkillLevel> =
                        (0..of.min(2)).map(|_| skill(lots.next(SKILLS), 3)).collect();
                    set.sort_unstable_by_key(|need| need.skill);
                    set
                };
                (0..NEEDS).map(|of| set(&mut lots, of)).collect()
            })
            .collect();
        let mut acd = Acd::new(1);
        company.configures(&mut acd, 1);
        Floor { company, acd, lots, now: UtcMs(1_800_000_000_000), made: 0, needs }
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

/// Memory that is in use, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux tells the memory in use");
    let pages: usize = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("in pages");
    pages * 4_096
}

fn percentile(times: &mut [Duration], thousandths: usize) -> f64 {
    times.sort_unstable();
    times[times.len() * thousandths / 1_000].as_secs_f64() * 1e6
}

struct Outcome {
    per_cpu_s: f64,
    p99_us: f64,
    naive_ratio: f64,
    config_ms: f64,
    waiting_bytes: usize,
}

/// An agent frees and is matched with one of those who wait; another one arrives in place of that one.
fn agents_free(profiles: usize) -> Outcome {
    let mut floor = Floor::new(profiles);
    for number in 0..AGENTS {
        floor.signs_in(number);
    }
    let before = resident();
    for _ in 0..WAITING {
        floor.arrives();
    }
    let waiting_bytes = resident().saturating_sub(before) / WAITING;
    while floor.acd.decide(floor.now).is_some() {}
    let (begun, mut found) = (cpu_s(), 0);
    for _ in 0..DECISIONS {
        found += usize::from(floor.serves_one());
    }
    let per_cpu_s = DECISIONS as f64 / (cpu_s() - begun);
    assert!(found * 100 > DECISIONS * 95, "{found} of {DECISIONS}");
    let mut times: Vec<Duration> = Vec::with_capacity(DECISIONS);
    for _ in 0..DECISIONS {
        let at = Instant::now();
        floor.serves_one();
        times.push(at.elapsed());
    }
    let naive_s = floor.scans();
    let begun = cpu_s();
    floor.company.configures(&mut floor.acd, 2);
    let config_ms = (cpu_s() - begun) * 1e3;
    let p99_us = percentile(&mut times, 990);
    println!(
        "agent frees, {WAITING} waiting, {profiles} profiles: {per_cpu_s:.0} per CPU second, p50 {:.2} us, p99 {p99_us:.2} us, p99.9 {:.2} us",
        percentile(&mut times, 500),
        percentile(&mut times, 999)
    );
    println!("a new configuration of that floor: {config_ms:.1} ms; {waiting_bytes} bytes for one who waits");
    let naive_ratio = per_cpu_s / (SCANNED as f64 / naive_s);
    Outcome { per_cpu_s, p99_us, naive_ratio, config_ms, waiting_bytes }
}

impl Floor {
    /// Some agent frees. Whether there was something for this agent; in its place another one arrives.
    fn serves_one(&mut self) -> bool {
        let number = self.lots.next(AGENTS);
        self.now = self.now + 1;
        self.frees(number);
        let mut found = false;
        if let Some(Decision::Match(of)) = self.acd.decide(self.now) {
            found = true;
            self.acd.leave(of.interaction);
            self.arrives();
        }
        while self.acd.decide(self.now).is_some() {}
        found
    }

    /// Asserts that the search through everything picks the same. Returns the seconds it took.
    fn scans(&mut self) -> f64 {
        let mut naive_s = 0.0;
        for _ in 0..SCANNED {
            let number = self.lots.next(AGENTS);
            self.frees(number);
            let at = cpu_s();
            let scanned = self.acd.scan_for_agent(agent(number), self.now);
            naive_s += cpu_s() - at;
            match self.acd.decide(self.now) {
                Some(Decision::Match(of)) => {
                    assert_eq!(Some(of.interaction), scanned, "the picks differ");
                    self.acd.leave(of.interaction);
                    self.arrives();
                }
                Some(Decision::Nothing(_)) | None => assert_eq!(scanned, None),
            }
            while self.acd.decide(self.now).is_some() {}
        }
        naive_s
    }
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
    println!(
        "arrival, 5,000 free, {profiles} profiles: {per_cpu_s:.0} per CPU second ({found} matched), p50 {:.2} us, p99 {:.2} us",
        percentile(&mut times, 500),
        percentile(&mut times, 990)
    );
}

fn main() {
    if !std::env::args().any(|argument| argument == "short") {
        interactions_arrive(500);
        interactions_arrive(AGENTS);
        agents_free(AGENTS);
    }
    let of = agents_free(500);
    println!(
        "decisions_per_cpu_s={:.0} p99_us={:.2} naive_ratio={:.0} config_ms={:.1} waiting_bytes={}",
        of.per_cpu_s, of.p99_us, of.naive_ratio, of.config_ms, of.waiting_bytes
    );
}
