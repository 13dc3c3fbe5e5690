//! The world without chance: arrivals, staff and behaviours given from outside, as a rehearsal gives them.

use perezvon_engine::Tenant;
use perezvon_model::config::{Agent, FlowSource, Queue, Routing, TenantConfig, WrapUp};
use perezvon_model::engine::{AgentCommand, Output};
use perezvon_model::journal::Event;
use perezvon_model::prompt::Language;
use perezvon_model::{Device, FlowId, Presence, QueueId, TenantId, UserId, UtcMs};
use sim::World;
use sim::world::{Arrival, Caller, Deed, Steady};
use std::sync::Arc;
use uuid::Uuid;

const START: UtcMs = UtcMs(1_795_417_200_000);
const FLOW: &str = r#"{"version":1,"start":"wait","nodes":{"wait":{"type":"queue","queue":"q"}}}"#;

fn id<T: From<Uuid>>(number: u128) -> T {
    T::from(Uuid::from_u128(number))
}

fn company() -> TenantConfig {
    let queue: QueueId = id(1);
    TenantConfig {
        tenant: id::<TenantId>(1),
        name: "Company".into(),
        version: 1,
        region: "RU".into(),
        time_zone: "Etc/UTC".into(),
        utc_offset_min: 0,
        zones: Default::default(),
        capacity: Default::default(),
        queues: vec![Queue {
            id: queue,
            key: "q".into(),
            name: "Queue".into(),
            required_skills: Vec::new(),
            ring_timeout_s: 20,
            wrap_up: WrapUp::Timed { limit_s: 60 },
            service_level_s: 20,
            service_level_target: 80,
            short_abandon_s: 0,
            max_waiting: 100,
            record: true,
            routing: Routing::default(),
        }],
        agents: vec![Agent {
            id: id::<UserId>(1),
            name: "Anna".into(),
            queues: vec![queue],
            skills: Vec::new(),
            device: Device::Browser,
            sip_username: None,
            phone_uri: None,
            weight: 1,
            capacity: None,
        }],
        skills: Vec::new(),
        dispositions: Vec::new(),
        flows: vec![FlowSource { id: id::<FlowId>(1), key: "m".into(), name: "M".into(), json: FLOW.into() }],
        numbers: Vec::new(),
        trunks: Vec::new(),
    }
}

fn arrival(after_ms: i64, caller: Caller) -> Arrival {
    Arrival {
        at: START + after_ms,
        from: "anonymous".into(),
        to: "1".into(),
        trunk: None,
        flow: id(1),
        language: Language::Ru,
        caller,
    }
}

/// The journal of Anna's day, as milliseconds since the start and words.
fn day(arrivals: Vec<Arrival>) -> Vec<(i64, String)> {
    let people = Steady { accept_ms: 2_000 };
    let mut world = World::new(Tenant::new(1), people, START, Arc::new(company()));
    let agent: UserId = id(1);
    world.plan(START, Deed::Device { agent, device: Device::Browser, connected: true });
    let command = AgentCommand::SetPresence { presence: Presence::Ready };
    world.plan(START, Deed::Command { agent, command });
    world.expect(arrivals.into_iter());
    let mut story = Vec::new();
    while world.next_at().is_some_and(|at| at < START + 3_600_000) {
        let Some(step) = world.step() else { break };
        assert_eq!(world.complaint(), None);
        for output in step.outputs {
            let Output::Journal(entry) = output else { continue };
            let word = match entry.event {
                Event::Queued { .. } => "queued",
                Event::AgentConnected { .. } => "talks",
                Event::LeftQueue { outcome: perezvon_model::journal::QueueOutcome::Abandoned, .. } => {
                    "gives up"
                }
                Event::WrapUpEnded { .. } => "wrapped up",
                Event::InteractionEnded { .. } => "ended",
                Event::RecordingSealed { .. } => "sealed",
                _ => continue,
            };
            story.push((entry.at - START, word.to_owned()));
        }
    }
    story
}

#[test]
fn callers_come_wait_talk_and_give_up_as_they_were_given() {
    let served = Caller { talk_ms: 100_000, wrap_up_ms: 7_000, ..Caller::default() };
    let impatient = Caller { patience_ms: Some(30_000), talk_ms: 50_000, ..Caller::default() };
    let patient =
        Caller { patience_ms: Some(600_000), talk_ms: 50_000, wrap_up_ms: 80_000, ..Caller::default() };
    let story = day(vec![arrival(1_000, served), arrival(10_000, impatient), arrival(20_000, patient)]);
    let expected = [
        (1_000, "queued"),
        (3_000, "talks"),
        (10_000, "queued"),
        (20_000, "queued"),
        (40_000, "gives up"),
        (40_000, "ended"),
        (103_000, "ended"),
        (103_400, "sealed"),
        (110_000, "wrapped up"),
        (112_000, "talks"),
        (162_000, "ended"),
        (162_400, "sealed"),
        // The queue's limit comes before the work is done.
        (222_000, "wrapped up"),
    ];
    assert_eq!(story, expected.map(|(at, word)| (at, word.to_owned())));
}
