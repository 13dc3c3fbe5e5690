//! Steps per second of one tenant, and the engine's share of a call: `cargo bench -p perezvon-engine`. Each call rings
//! in, hears a greeting, presses a digit, waits, is offered, accepted, talks, ends and is wrapped up; every journal row
//! is written as it is stored. 10,000 agents in 12 of 250 queues each, 100,000 waiting. `-- kept` also writes each input
//! as it is kept for a replay. The last line is for programs.

use perezvon_engine::Tenant;
use perezvon_model::announce::Announcement;
use perezvon_model::config::{Agent, CallerId, FlowSource, Queue, Routing, TenantConfig, WrapUp};
use perezvon_model::engine::{AgentCommand, Input, Output};
use perezvon_model::id::IdMaker;
use perezvon_model::journal::Event;
use perezvon_model::leg::{Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::prompt::Language;
use perezvon_model::{
    Device, FlowId, InteractionId, LegId, OfferId, Presence, QueueId, RequestId, UserId, UtcMs,
};
use std::collections::BTreeMap;
use std::sync::Arc;

const AGENTS: usize = 10_000;
const QUEUES: usize = 250;
const QUEUES_OF_AN_AGENT: usize = 12;
/// Agents alike in queues.
const PROFILES: usize = 500;
const WAITING: usize = 100_000;
const CALLS: usize = 50_000;

const FLOW: &str = r#"{"version":1,"start":"greeting","nodes":{
    "greeting":{"type":"play","prompts":["greeting"],"next":"menu"},
    "menu":{"type":"menu","prompts":["menu"],"choices":{"1":"wait"},"on_timeout":"wait","on_invalid":"wait"},
    "wait":{"type":"queue","queue":"QUEUE"}}}"#;

struct Shell {
    tenant: Tenant,
    now: UtcMs,
    ids: IdMaker,
    /// Inputs as they are kept, when they are.
    kept: Option<String>,
    kept_bytes: usize,
    /// Rows of the journal, as they are stored.
    rows: String,
    steps: u64,
    outputs: u64,
    /// Whose each agent's leg is, and the customer's leg of each conversation.
    offers: Vec<(UserId, OfferId)>,
    talks: Vec<(UserId, InteractionId)>,
    customers: BTreeMap<InteractionId, LegId>,
}

impl Shell {
    fn step(&mut self, input: Input) {
        self.steps += 1;
        let outputs = match &mut self.kept {
            Some(lines) => {
                lines.clear();
                let outputs = self.tenant.handle_kept(self.now, input, lines);
                self.kept_bytes += lines.len();
                outputs
            }
            None => self.tenant.handle(self.now, input),
        };
        self.outputs += outputs.len() as u64;
        for output in outputs {
            match output {
                Output::Journal(entry) => {
                    self.rows.clear();
                    match &entry.event {
                        Event::Offered { offer, agent, .. } => self.offers.push((*agent, *offer)),
                        Event::AgentConnected { agent, .. } => {
                            self.talks.extend(entry.interaction.map(|interaction| (*agent, interaction)));
                        }
                        _ => {}
                    }
                    self.rows += &serde_json::to_string(&entry.event).expect("events are plain data");
                }
                Output::Leg { leg, command: LegCommand::Dial { target: DialTarget::Browser { .. }, .. } } => {
                    self.step(Input::Leg { leg, event: LegEvent::Answered })
                }
                _ => {}
            }
        }
    }

    fn command(&mut self, agent: UserId, command: AgentCommand) {
        let request: RequestId = self.ids.next(self.now);
        self.step(Input::Agent { agent, request, command });
    }

    fn arrives(&mut self, flow: FlowId) {
        let (interaction, leg): (InteractionId, LegId) = (self.ids.next(self.now), self.ids.next(self.now));
        self.customers.insert(interaction, leg);
        let from = CallerId { shown: "anonymous".into(), number: None, name: String::new() };
        let to = "+74950000001".into();
        let language = Language::Ru;
        self.step(Input::CallArrived { interaction, leg, trunk: None, from, to, flow, language });
        self.step(Input::Leg { leg, event: LegEvent::Answered });
        self.step(Input::Leg { leg, event: LegEvent::Digit { digit: '1' } });
    }

    /// Conversations end with their wrap-ups, and offers are accepted.
    fn agents_work(&mut self) {
        for (agent, interaction) in std::mem::take(&mut self.talks) {
            let Some(leg) = self.customers.remove(&interaction) else { continue };
            self.step(Input::Leg { leg, event: LegEvent::Ended { cause: Cause::Normal } });
            let note = String::new();
            self.command(agent, AgentCommand::WrapUp { interaction, disposition: None, note, finish: true });
        }
        for (agent, offer) in std::mem::take(&mut self.offers) {
            self.command(agent, AgentCommand::Accept { offer });
        }
    }
}

/// Seconds of this process on a core.
fn cpu_s() -> f64 {
    let times = std::fs::read_to_string("/proc/self/schedstat").expect("Linux tells the time on a core");
    let ns: f64 = times.split(' ').next().and_then(|ns| ns.parse().ok()).expect("in nanoseconds");
    ns / 1e9
}

fn queue(id: QueueId, number: usize) -> Queue {
    Queue {
        id,
        key: format!("queue-{number}"),
        name: format!("Queue {number}"),
        required_skills: Vec::new(),
        ring_timeout_s: 20,
        wrap_up: WrapUp::Timed { limit_s: 30 },
        service_level_s: 20,
        service_level_target: 80,
        short_abandon_s: 5,
        max_waiting: 100_000,
        record: true,
        routing: Routing { announcements: vec![Announcement::position_every(30)], ..Routing::default() },
    }
}

fn company(ids: &mut IdMaker, now: UtcMs) -> TenantConfig {
    let queues: Vec<Queue> = (0..QUEUES).map(|number| queue(ids.next(now), number)).collect();
    let flow = |queue: &Queue, id: FlowId| FlowSource {
        id,
        key: queue.key.clone(),
        name: queue.name.clone(),
        json: FLOW.replace("QUEUE", &queue.key),
    };
    let flows = queues.iter().map(|queue| flow(queue, ids.next(now))).collect();
    let agent = |id: UserId, number: usize| {
        let profile = number % PROFILES;
        let of = (0..QUEUES_OF_AN_AGENT).map(|at| queues[(profile * 7 + at * 41) % QUEUES].id);
        Agent {
            id,
            name: format!("Agent {number}"),
            queues: of.collect(),
            skills: Vec::new(),
            device: Device::Browser,
            sip_username: None,
            phone_uri: None,
            weight: 1,
            capacity: None,
        }
    };
    TenantConfig {
        tenant: ids.next(now),
        name: "Company".into(),
        version: 1,
        region: "RU".into(),
        time_zone: "Europe/Moscow".into(),
        utc_offset_min: 180,
        zones: Default::default(),
        capacity: Default::default(),
        agents: (0..AGENTS).map(|number| agent(ids.next(now), number)).collect(),
        skills: Vec::new(),
        dispositions: Vec::new(),
        flows,
        numbers: Vec::new(),
        trunks: Vec::new(),
        queues,
    }
}

fn main() {
    let mut ids = IdMaker::new(1);
    let now = UtcMs(1_795_417_200_000);
    let mut config = company(&mut ids, now);
    let flows: Vec<FlowId> = config.flows.iter().map(|flow| flow.id).collect();
    let agents: Vec<UserId> = config.agents.iter().map(|agent| agent.id).collect();
    let mut shell = Shell {
        tenant: Tenant::new(1),
        now,
        ids,
        kept: std::env::args().any(|argument| argument == "kept").then(String::new),
        kept_bytes: 0,
        rows: String::new(),
        steps: 0,
        outputs: 0,
        offers: Vec::new(),
        talks: Vec::new(),
        customers: BTreeMap::new(),
    };
    shell.step(Input::Configure { config: Arc::new(config.clone()) });
    for call in 0..WAITING {
        shell.arrives(flows[call % QUEUES]);
    }
    for agent in agents {
        shell.step(Input::DeviceChanged { agent, device: Device::Browser, connected: true });
        shell.command(agent, AgentCommand::SetPresence { presence: Presence::Ready });
    }
    let (steps, outputs, bytes, begun) = (shell.steps, shell.outputs, shell.kept_bytes, cpu_s());
    for call in 0..CALLS {
        shell.now = now + i64::try_from(call).unwrap_or(i64::MAX) / 100;
        shell.arrives(flows[(call * 89) % QUEUES]);
        if call % 100 == 99 {
            shell.agents_work();
        }
    }
    let seconds = cpu_s() - begun;
    let (steps, outputs) = (shell.steps - steps, shell.outputs - outputs);
    config.version += 1;
    let config = Arc::new(config);
    let begun = cpu_s();
    shell.step(Input::Configure { config });
    let config_ms = (cpu_s() - begun) * 1e3;
    println!("{AGENTS} agents, {QUEUES} queues, {WAITING} waiting at the start, {CALLS} calls");
    println!(
        "{outputs} outputs in {steps} steps, {:.1} us of the engine for a call",
        seconds / CALLS as f64 * 1e6
    );
    let (of_a_call, kept) = (steps as f64 / CALLS as f64, (shell.kept_bytes - bytes) / CALLS);
    println!(
        "{of_a_call:.1} steps and {kept} bytes kept for a call; a new configuration takes {config_ms:.1} ms"
    );
    println!("engine_steps_per_cpu_s={:.0} engine_config_ms={config_ms:.1}", steps as f64 / seconds);
}
