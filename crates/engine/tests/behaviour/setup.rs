//! A small company for the stories.

use perezvon_model::config::{
    Agent, Disposition, FlowSource, Queue, Routing, Skill, SkillLevel, TenantConfig, Trunk,
    TrunkRegistration, WrapUp,
};
use perezvon_model::{Device, DispositionId, FlowId, QueueId, SkillId, TenantId, TrunkId, UserId};
use uuid::Uuid;

/// An id made from a name: the same name is the same id.
pub fn id<T: From<Uuid>>(name: &str) -> T {
    let mut bytes = [0u8; 16];
    for (at, byte) in name.bytes().enumerate() {
        bytes[at % 16] = bytes[at % 16].wrapping_mul(31).wrapping_add(byte);
    }
    T::from(Uuid::from_bytes(bytes))
}

pub fn queue(key: &str) -> Queue {
    Queue {
        id: id::<QueueId>(key),
        key: key.into(),
        name: key.to_uppercase(),
        required_skills: Vec::new(),
        ring_timeout_s: 20,
        wrap_up: WrapUp::Timed { limit_s: 30 },
        service_level_s: 20,
        service_level_target: 80,
        short_abandon_s: 5,
        max_waiting: 100,
        record: true,
        routing: Routing::default(),
    }
}

pub fn agent(name: &str, queues: &[&str], device: Device) -> Agent {
    Agent {
        id: id::<UserId>(name),
        name: name.into(),
        queues: queues.iter().map(|key| id::<QueueId>(key)).collect(),
        skills: Vec::new(),
        device,
        sip_username: None,
        phone_uri: None,
        weight: 1,
        capacity: None,
    }
}

pub fn flow(key: &str, json: &str) -> FlowSource {
    FlowSource { id: id::<FlowId>(key), key: key.into(), name: key.into(), json: json.into() }
}

pub fn skill(key: &str, level: u8) -> SkillLevel {
    SkillLevel { skill: id::<SkillId>(key), level }
}

/// Greeting, a menu, an entry, a queue, a party outside.
const MAIN: &str = r#"{"version":1,"start":"greeting","nodes":{
    "greeting":{"type":"play","prompts":["greeting"],"next":"menu"},
    "menu":{"type":"menu","prompts":["menu"],"choices":{"1":"support","2":"account","3":"outside","4":"recorded","9":"bye"},
            "timeout_s":10,"tries":1,"on_timeout":"support","on_invalid":"support"},
    "account":{"type":"collect","prompts":["enter-account"],"name":"account","min_digits":4,"max_digits":8,
               "next":"support","on_fail":"support"},
    "support":{"type":"queue","queue":"support","prompts":["please-hold"]},
    "outside":{"type":"transfer","to":"sip:desk@192.0.2.7","on_fail":"bye"},
    "recorded":{"type":"transfer","to":"sip:desk@192.0.2.7","record":true,"on_fail":"bye"},
    "bye":{"type":"hang_up"}}}"#;

/// Waits for an agent at once, five minutes at most.
const DIRECT: &str = r#"{"version":1,"start":"support","nodes":{
    "support":{"type":"queue","queue":"support","max_wait_s":300,"on_max_wait":"sorry","on_full":"sorry"},
    "sorry":{"type":"play","prompts":["unavailable"],"next":"bye"},
    "bye":{"type":"hang_up","cause":"normal"}}}"#;

const SALES: &str = r#"{"version":1,"start":"sales","nodes":{"sales":{"type":"queue","queue":"sales"}}}"#;

/// Ten seconds for support, then sales.
const OVERFLOWING: &str = r#"{"version":1,"start":"support","nodes":{
    "support":{"type":"queue","queue":"support","max_wait_s":10,"on_max_wait":"sales"},
    "sales":{"type":"queue","queue":"sales"}}}"#;

const OUTSIDE: &str = r#"{"version":1,"start":"outside","nodes":{
    "outside":{"type":"transfer","to":"+74957654321","on_fail":"sorry"},
    "sorry":{"type":"play","prompts":["unavailable"],"next":"bye"},
    "bye":{"type":"hang_up"}}}"#;

const CLOSED: &str = r#"{"version":1,"start":"hours","nodes":{
    "hours":{"type":"hours","week":[],"open":"bye","closed":"bye"},
    "bye":{"type":"hang_up","cause":"busy"}}}"#;

pub fn company() -> TenantConfig {
    TenantConfig {
        tenant: id::<TenantId>("company"),
        name: "Company".into(),
        version: 1,
        region: "RU".into(),
        time_zone: "Europe/Moscow".into(),
        utc_offset_min: 180,
        zones: Default::default(),
        capacity: Default::default(),
        queues: vec![queue("support"), Queue { wrap_up: WrapUp::None, record: false, ..queue("sales") }],
        agents: vec![
            agent("anna", &["support", "sales"], Device::Browser),
            agent("boris", &["support"], Device::Browser),
            agent("vera", &["support"], Device::Phone),
        ],
        skills: vec![Skill { id: id::<SkillId>("german"), key: "german".into(), name: "German".into() }],
        dispositions: vec![
            Disposition {
                id: id::<DispositionId>("solved"),
                key: "solved".into(),
                name: "Solved".into(),
                queues: vec![],
            },
            Disposition {
                id: id::<DispositionId>("sold"),
                key: "sold".into(),
                name: "Sold".into(),
                queues: vec![id::<QueueId>("sales")],
            },
        ],
        flows: vec![
            flow("main", MAIN),
            flow("direct", DIRECT),
            flow("sales", SALES),
            flow("overflowing", OVERFLOWING),
            flow("outside", OUTSIDE),
            flow("closed", CLOSED),
            flow("broken", "{}"),
        ],
        numbers: Vec::new(),
        trunks: vec![Trunk {
            id: id::<TrunkId>("trunk"),
            key: "trunk".into(),
            name: "Trunk".into(),
            sources: Vec::new(),
            registration: Some(TrunkRegistration {
                registrar: "sip:provider.example;transport=tcp".into(),
                username: "company".into(),
                password: "secret".into(),
                expires_s: 600,
            }),
            max_calls: 10,
        }],
    }
}
