//! The words that every other crate speaks: ids, tenant scope, time, phone numbers, the commands and events of
//! legs, the inputs and outputs of the engine, the entries of the journal, and the views that screens draw.
//! This crate is pure: it never reads a clock, draws randomness, or touches a socket, a file or a database.

pub mod announce;
pub mod channel;
pub mod config;
pub mod customer;
pub mod engine;
pub mod hours;
pub mod id;
pub mod journal;
pub mod leg;
pub mod overflow;
pub mod phone;
pub mod prompt;
pub mod routing;
pub mod scope;
pub mod state;
pub mod time;
pub mod view;

pub use channel::Channel;
pub use id::{
    AskId, CustomerId, DispositionId, EntryId, FlowId, InteractionId, LegId, NumberId, OfferId, PlayId,
    QueueId, RecordingId, RequestId, RunId, SkillId, TenantId, TrunkId, UserId,
};
pub use phone::E164;
pub use scope::TenantScope;
pub use state::{Activity, Device, Presence};
pub use time::UtcMs;
