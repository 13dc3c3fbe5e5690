//! The same queue through the production engine, and how sure its figures are: batch means after a warm-up (Law,
//! "Simulation modeling and analysis", section 9.5).

use perezvon_engine::Tenant;
use perezvon_model::config::{Agent, FlowSource, Queue, Routing, TenantConfig, WrapUp};
use perezvon_model::engine::{AgentCommand, Input, Output};
use perezvon_model::journal::{Event, QueueOutcome};
use perezvon_model::prompt::Language;
use perezvon_model::{Device, FlowId, InteractionId, Presence, QueueId, TenantId, UserId, UtcMs};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

use super::{Expected, Setting};
use crate::chance::Chance;
use crate::world::{Arrival, Caller, Deed, Steady, Step, World};

const START: UtcMs = UtcMs(1_795_417_200_000);
const BATCHES: usize = 20;
/// Student's t with 19 degrees of freedom, two-sided 99.9 %.
const T_999: f64 = 3.883;
/// No batch is smaller.
const LEAST_IN_BATCH: f64 = 500.0;
/// The warm-up, in mean handle times: the load of an empty start is within e^-7 of the steady one.
const WARM_UP: f64 = 7.0;

/// How long to run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub seed: u64,
    /// Length of a batch in mean handle times.
    pub batch: f64,
}

/// A figure with half the width of its 99.9 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub mean: f64,
    pub half_width: f64,
}

/// What callers of the simulator met; the figures of [`Expected`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub waiting: Estimate,
    pub in_time: Estimate,
    pub wait_s: Estimate,
    pub abandoned: Estimate,
    /// Callers measured.
    pub callers: usize,
    /// Inputs of the engine.
    pub events: usize,
}

impl Estimate {
    fn of(batches: &[f64]) -> Estimate {
        let count = batches.len() as f64;
        let mean = batches.iter().sum::<f64>() / count;
        let variance = batches.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
        Estimate { mean, half_width: T_999 * (variance / count).sqrt() }
    }

    /// Whether the interval holds a value. Where every batch was the same, to what a batch can tell.
    pub fn holds(self, value: f64) -> bool {
        (self.mean - value).abs() <= self.half_width.max(1e-3)
    }
}

impl Measured {
    /// The figures whose intervals do not hold what is expected.
    pub fn differs(&self, expected: &Expected) -> Vec<&'static str> {
        let all = [
            ("waiting", self.waiting, expected.waiting),
            ("in time", self.in_time, expected.in_time),
            ("wait", self.wait_s, expected.wait_s),
            ("abandoned", self.abandoned, expected.abandoned),
        ];
        all.into_iter().filter(|(_, is, should)| !is.holds(*should)).map(|(name, ..)| name).collect()
    }
}

/// Sums of one batch.
#[derive(Clone, Copy, Default)]
struct Batch {
    callers: f64,
    waiting: f64,
    in_time: f64,
    wait_s: f64,
    abandoned: f64,
}

/// Runs a setting through the engine: no ringing time, no after-call work, first come first served.
pub fn measure(setting: &Setting, run: Run) -> Measured {
    let in_batch = (run.batch * setting.load()).max(LEAST_IN_BATCH).ceil() as usize;
    let warm_up = (WARM_UP * setting.load()).ceil() as usize;
    let mut world =
        World::new(Tenant::new(run.seed), Steady::default(), START, Arc::new(company(setting.agents)));
    for number in 0..setting.agents {
        let agent = agent_id(number);
        world.plan(START, Deed::Device { agent, device: Device::Browser, connected: true });
        let command = AgentCommand::SetPresence { presence: Presence::Ready };
        world.plan(START, Deed::Command { agent, command });
    }
    world.expect(arrivals(*setting, run.seed).take(warm_up + BATCHES * in_batch));
    let mut batches = [Batch::default(); BATCHES];
    let mut numbers: BTreeMap<InteractionId, usize> = BTreeMap::new();
    let (mut arrived, mut left, mut events) = (0, 0, 0);
    while left < warm_up + BATCHES * in_batch {
        let Some(Step { input, outputs, .. }) = world.step() else { break };
        events += 1;
        if let Input::CallArrived { interaction, .. } = input {
            numbers.insert(interaction, arrived);
            arrived += 1;
        }
        for output in outputs {
            let Output::Journal(entry) = output else { continue };
            let Event::LeftQueue { outcome, wait_ms, .. } = entry.event else { continue };
            left += 1;
            let number = entry.interaction.and_then(|interaction| numbers.remove(&interaction));
            let Some(counted) = number.and_then(|number| number.checked_sub(warm_up)) else { continue };
            let batch = &mut batches[counted / in_batch];
            let wait_s = wait_ms as f64 / 1_000.0;
            let answered = outcome == QueueOutcome::Answered;
            batch.callers += 1.0;
            batch.waiting += f64::from(wait_ms > 0);
            batch.in_time += f64::from(answered && wait_s <= setting.target_s);
            batch.wait_s += wait_s;
            batch.abandoned += f64::from(!answered);
        }
    }
    let estimate = |sum: fn(&Batch) -> f64| {
        Estimate::of(&batches.iter().map(|batch| sum(batch) / batch.callers).collect::<Vec<_>>())
    };
    Measured {
        waiting: estimate(|batch| batch.waiting),
        in_time: estimate(|batch| batch.in_time),
        wait_s: estimate(|batch| batch.wait_s),
        abandoned: estimate(|batch| batch.abandoned),
        callers: BATCHES * in_batch,
        events,
    }
}

fn arrivals(setting: Setting, seed: u64) -> impl Iterator<Item = Arrival> {
    let mut gaps = Chance::of(seed, "arrivals", 0);
    let mut handle = Chance::of(seed, "handle time", 0);
    let mut patience = Chance::of(seed, "patience", 0);
    // Gaps are added up before they are rounded to the clock's milliseconds.
    let mut at_ms = 1_000.0;
    std::iter::repeat_with(move || {
        at_ms += gaps.exponential(3_600_000.0 / setting.calls_per_hour);
        let patience_ms = setting.patience_s.map(|mean_s| patience.exponential_ms(mean_s * 1_000.0));
        let talk_ms = handle.exponential_ms(setting.handle_s * 1_000.0);
        Arrival {
            at: START + at_ms.round() as i64,
            from: "anonymous".into(),
            to: "1".into(),
            trunk: None,
            flow: FlowId(Uuid::from_u128(1)),
            language: Language::Ru,
            caller: Caller { patience_ms, talk_ms, ..Caller::default() },
        }
    })
}

fn agent_id(number: u32) -> UserId {
    UserId(Uuid::from_u128(1 + u128::from(number)))
}

fn company(agents: u32) -> TenantConfig {
    let queue = QueueId(Uuid::from_u128(1));
    let agent = |number| Agent {
        id: agent_id(number),
        name: format!("Agent {number}"),
        queues: vec![queue],
        skills: Vec::new(),
        device: Device::Browser,
        sip_username: None,
        phone_uri: None,
        weight: 1,
        capacity: None,
    };
    let json =
        r#"{"version":1,"start":"wait","nodes":{"wait":{"type":"queue","queue":"q","max_wait_s":14400}}}"#;
    TenantConfig {
        tenant: TenantId(Uuid::from_u128(1)),
        name: "Company".into(),
        version: 1,
        region: "RU".into(),
        time_zone: "Etc/UTC".into(),
        utc_offset_min: 0,
        zones: BTreeMap::new(),
        capacity: Default::default(),
        queues: vec![Queue {
            id: queue,
            key: "q".into(),
            name: "Queue".into(),
            required_skills: Vec::new(),
            ring_timeout_s: 120,
            wrap_up: WrapUp::None,
            service_level_s: 20,
            service_level_target: 80,
            short_abandon_s: 0,
            max_waiting: 100_000,
            record: false,
            routing: Routing::default(),
        }],
        agents: (0..agents).map(agent).collect(),
        skills: Vec::new(),
        dispositions: Vec::new(),
        flows: vec![FlowSource {
            id: FlowId(Uuid::from_u128(1)),
            key: "main".into(),
            name: "Main".into(),
            json: json.into(),
        }],
        numbers: Vec::new(),
        trunks: Vec::new(),
    }
}
