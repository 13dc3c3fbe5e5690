//! What a tenant has set up, as the engine is given it. Storage reads it, the engine obeys it, screens change it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::announce::Announcement;
use crate::channel::{Capacity, Channel};
use crate::hours::Hours;
use crate::id::{DispositionId, FlowId, NumberId, QueueId, SkillId, TenantId, TrunkId, UserId};
use crate::overflow::{Callbacks, Overflow};
use crate::phone::E164;
use crate::prompt::Language;
use crate::routing::{Lends, Step, Strategy};
use crate::state::Device;

/// A tenant's configuration as one value: it takes effect whole or not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantConfig {
    pub tenant: TenantId,
    pub name: String,
    /// Rises by one with each change; receipts and journal rows may name it.
    pub version: i64,
    /// ISO 3166 code for numbers in national form.
    pub region: String,
    /// IANA name, such as `Europe/Moscow`; the day of reports and hours.
    pub time_zone: String,
    /// Minutes east of UTC that `time_zone` stands at now; the shell refreshes it.
    pub utc_offset_min: i32,
    /// The same for the zones that hours of queues name.
    #[serde(default)]
    pub zones: BTreeMap<String, i32>,
    pub queues: Vec<Queue>,
    pub agents: Vec<Agent>,
    pub skills: Vec<Skill>,
    pub dispositions: Vec<Disposition>,
    /// What an agent carries at once, where the agent has none of their own.
    #[serde(default)]
    pub capacity: Capacity,
    pub flows: Vec<FlowSource>,
    pub numbers: Vec<Number>,
    pub trunks: Vec<Trunk>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Queue {
    pub id: QueueId,
    /// Stable word used by flows and the API, such as `support`.
    pub key: String,
    pub name: String,
    /// Every skill is needed at its least level.
    pub required_skills: Vec<SkillLevel>,
    /// How long an offer rings before it is missed. 3 to 120 s.
    pub ring_timeout_s: u32,
    pub wrap_up: WrapUp,
    /// Threshold T of the service level. 1 to 3,600 s.
    pub service_level_s: u32,
    /// Aim of the service level, per cent.
    pub service_level_target: u32,
    /// Abandonments before this many seconds do not count. 0 to 60 s.
    pub short_abandon_s: u32,
    /// The most who may wait; one more is told `all-busy`. 1 to 100,000.
    pub max_waiting: u32,
    pub record: bool,
    #[serde(default)]
    pub routing: Routing,
}

/// How a queue finds an agent. The default is longest idle, first come first served.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Routing {
    /// On which its interactions come.
    pub channel: Channel,
    pub strategy: Strategy,
    /// Points of priority of everyone in this queue. -1,000 to 1,000.
    pub priority: i16,
    /// Points of priority gained per minute of waiting. 0 to 1,000.
    pub ageing_per_min: u32,
    /// Who else may serve as time goes by, in order of time; eight at most.
    pub steps: Vec<Step>,
    pub misses: Misses,
    pub lends: Lends,
    /// A caller who hung up or was cut off while waiting and calls again within so many seconds has the old place back;
    /// 0 is never. 0 to 3,600.
    pub keep_place_s: u32,
    pub preferred: Preferred,
    /// Eight at most.
    pub overflow: Vec<Overflow>,
    pub callbacks: Callbacks,
    /// Eight at most.
    pub announcements: Vec<Announcement>,
    /// Without: always open.
    pub hours: Option<Hours>,
}

/// Whom a caller is held for, before anybody else is looked for; not at all while that agent is signed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Preferred {
    /// Seconds for the agent who looks after the customer. 0: not; 600 at most.
    pub owner_s: u32,
    /// Seconds for the agent who spoke with the customer last. 0: not; 600 at most.
    pub last_s: u32,
    /// If that was so many days ago at most. 1 to 365.
    pub last_days: u32,
}

impl Default for Preferred {
    fn default() -> Preferred {
        Preferred { owner_s: 0, last_s: 0, last_days: 30 }
    }
}

/// After how many offers in a row that came to nothing the agent's presence changes to a break, by how it was. 0 is
/// never; 10 at most. An accepted offer starts the counts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Misses {
    pub declined: u8,
    pub no_answer: u8,
    pub busy: u8,
    pub unreachable: u8,
}

impl Default for Misses {
    fn default() -> Misses {
        Misses { declined: 0, no_answer: 1, busy: 1, unreachable: 1 }
    }
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
pub struct SkillLevel {
    pub skill: SkillId,
    /// 1 to 10.
    pub level: u8,
}

/// After-call work of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum WrapUp {
    None,
    /// Only when the agent asks for it during the conversation; then as `Timed`.
    Optional {
        limit_s: u32,
    },
    /// Ends by itself after `limit_s`, or earlier when the agent finishes. 1 to 900 s.
    Timed {
        limit_s: u32,
    },
    /// As `Timed`; the agent may extend it once by the same time.
    Extendable {
        limit_s: u32,
    },
    /// Ends when the agent finishes it, after 900 s at the latest.
    Open,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Skill {
    pub id: SkillId,
    pub key: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Disposition {
    pub id: DispositionId,
    pub key: String,
    pub name: String,
    /// Offered after calls of these queues; empty means all.
    pub queues: Vec<QueueId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Agent {
    pub id: UserId,
    pub name: String,
    /// Queues the agent works for.
    pub queues: Vec<QueueId>,
    pub skills: Vec<SkillLevel>,
    pub device: Device,
    /// Name of the agent's phone account at the registrar, if any.
    pub sip_username: Option<String>,
    /// A fixed address of the phone, used in place of a registration.
    pub phone_uri: Option<String>,
    /// The agent's part of the work where a queue shares by weight. 1 to 100.
    #[serde(default = "one")]
    pub weight: u32,
    /// What this agent carries at once; none: as the company has it.
    #[serde(default)]
    pub capacity: Option<Capacity>,
}

fn one() -> u32 {
    1
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowSource {
    pub id: FlowId,
    pub key: String,
    pub name: String,
    /// The flow as JSON text (schema in `docs/flow.schema.json`).
    pub json: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Number {
    pub id: NumberId,
    /// E.164, or a short internal number of digits only.
    pub number: String,
    pub flow: FlowId,
    pub language: Language,
}

/// A line to the telephone network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trunk {
    pub id: TrunkId,
    pub key: String,
    pub name: String,
    /// Addresses that calls may come from, as CIDR.
    pub sources: Vec<String>,
    /// Register at a provider.
    pub registration: Option<TrunkRegistration>,
    /// The most calls at once on this trunk.
    pub max_calls: u32,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkRegistration {
    /// `sip:provider.example` or `sip:192.0.2.1:5060;transport=tcp`.
    pub registrar: String,
    pub username: String,
    pub password: String,
    /// Seconds asked for. 60 to 7,200.
    pub expires_s: u32,
}

impl std::fmt::Debug for TrunkRegistration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrunkRegistration")
            .field("registrar", &self.registrar)
            .field("username", &self.username)
            .field("password", &"***")
            .field("expires_s", &self.expires_s)
            .finish()
    }
}

/// What a caller showed of themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerId {
    /// The user part as it came, at most 64 characters, printable.
    pub shown: String,
    /// The number, where it is one.
    pub number: Option<E164>,
    pub name: String,
}
