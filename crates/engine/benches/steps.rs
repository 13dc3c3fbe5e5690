//! Steps per second of one tenant, and the engine's share of a call: `cargo bench -p perezvon-engine`.
//! `-- kept` also writes each input as it is kept for a replay. Each call rings in, hears a greeting, presses a digit, waits, is offered, accepted, talks, ends and is wrapped up.

use perezvon_engine::Tenant;
use perezvon_model::announce::Announcement;
use perezvon_model::config::{Agent, CallerId, FlowSource, Queue, Routing, TenantConfig, WrapUp};
use perezvon_model::engine::{AgentCommand, Input, Output};
use perezvon_model::id::IdMaker;
use perezvon_model::leg::{Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::prompt::Language;
use perezvon_model::{Device, FlowId, InteractionId, LegId, Presence, QueueId, RequestId, UserId, UtcMs};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

const AGENTS: usize = 1_000;
const WAITING: usize = 10_000;
const CALLS: usize = 50_000;

const FLOW: &str = r#"{"version":1,"start":"greeting","nodes":{
    "greeting":{"type":"play","prompts":["greeting"],"next":"menu"},
    "menu":{"type":"menu","prompts":["menu"],"choices":{"1":"support"},"on_timeout":"support","on_invalid":"support"},
    "support":{"type":"queue","queue":"support"}}}"#;

struct Shell {
    tenant: Tenant,
    now: UtcMs,
    ids: IdMaker,
    /// Inputs as they are kept, when they are.
    kept: Option<String>,
    kept_bytes: usize,
    steps: u64,
    outputs: u64,
    /// Whose each agent's leg is, and the customer's leg of each conversation.
    ringing: Vec<UserId>,
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
                Output::DeskChanged { agent } => self.ringing.push(agent),
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

    /// Every agent whose desk changed does what comes next: accepts, or ends the conversation and its wrap-up.
    fn agents_work(&mut self) {
        for agent in std::mem::take(&mut self.ringing) {
            let Some(desk) = self.tenant.desk(self.now, agent) else { continue };
            if let Some(offer) = desk.offer {
                self.command(agent, AgentCommand::Accept { offer: offer.offer });
            } else if let Some(call) = desk.call {
                let interaction = call.about.interaction;
                let Some(leg) = self.customers.remove(&interaction) else { continue };
                self.step(Input::Leg { leg, event: LegEvent::Ended { cause: Cause::Normal } });
                let note = String::new();
                self.command(
                    agent,
                    AgentCommand::WrapUp { interaction, disposition: None, note, finish: true },
                );
            }
        }
    }
}

fn main() {
    let mut ids = IdMaker::new(1);
    let now = UtcMs(1_795_417_200_000);
    let (queue, flow): (QueueId, FlowId) = (ids.next(now), ids.next(now));
    let agents: Vec<UserId> = (0..AGENTS).map(|_| ids.next(now)).collect();
    let config = TenantConfig {
        tenant: ids.next(now),
        name: "Company".into(),
        version: 1,
        region: "RU".into(),
        time_zone: "Europe/Moscow".into(),
        utc_offset_min: 180,
        zones: Default::default(),
        queues: vec![Queue {
            id: queue,
            key: "support".into(),
            name: "Support".into(),
            required_skills: Vec::new(),
            ring_timeout_s: 20,
            wrap_up: WrapUp::Timed { limit_s: 30 },
            service_level_s: 20,
            service_level_target: 80,
            short_abandon_s: 5,
            max_waiting: 100_000,
            record: true,
            routing: Routing { announcements: vec![Announcement::position_every(30)], ..Routing::default() },
        }],
        agents: agents
            .iter()
            .map(|id| Agent {
                id: *id,
                name: "Agent".into(),
                queues: vec![queue],
                skills: Vec::new(),
                device: Device::Browser,
                sip_username: None,
                phone_uri: None,
                weight: 1,
            })
            .collect(),
        skills: Vec::new(),
        dispositions: Vec::new(),
        flows: vec![FlowSource { id: flow, key: "main".into(), name: "Main".into(), json: FLOW.into() }],
        numbers: Vec::new(),
        trunks: Vec::new(),
    };
    let mut shell = Shell {
        tenant: Tenant::new(1),
        now,
        ids,
        kept: std::env::args().any(|argument| argument == "kept").then(String::new),
        kept_bytes: 0,
        steps: 0,
        outputs: 0,
        ringing: Vec::new(),
        customers: BTreeMap::new(),
    };
    shell.step(Input::Configure { config: Arc::new(config) });
    for _ in 0..WAITING {
        shell.arrives(flow);
    }
    for agent in agents {
        shell.step(Input::DeviceChanged { agent, device: Device::Browser, connected: true });
        shell.command(agent, AgentCommand::SetPresence { presence: Presence::Ready });
    }
    let (steps, outputs, begin) = (shell.steps, shell.outputs, Instant::now());
    let bytes = shell.kept_bytes;
    for call in 0..CALLS {
        shell.now = now + i64::try_from(call).unwrap_or(i64::MAX) / 100;
        shell.arrives(flow);
        if call % 100 == 99 {
            shell.agents_work();
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    let (steps, outputs) = (shell.steps - steps, shell.outputs - outputs);
    println!("{AGENTS} agents, {WAITING} waiting at the start, {CALLS} calls");
    println!("{:.0} steps/s, {outputs} outputs in {steps} steps", steps as f64 / seconds);
    println!("{:.1} us of the engine for a call", seconds / CALLS as f64 * 1e6);
    println!(
        "{:.1} steps and {} bytes kept for a call",
        steps as f64 / CALLS as f64,
        (shell.kept_bytes - bytes) / CALLS
    );
}
