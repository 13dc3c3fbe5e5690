//! Who is offered what: presence, queues in order of arrival, agents by longest idle, skills with levels. Pure
//! decisions: this crate never reads a clock, touches a call or draws randomness; time is an argument, and the same
//! inputs give the same picks.
//!
//! Cost, with W waiting, A free agents, P profiles (sets of queues that agents share) that serve a queue and Q queues
//! of a profile: a caller joins in O(P + log W), an agent frees in O(Q + log A), a caller leaves in O(log W).
//! Agents who refused a caller are skipped one by one, [`MAX_REFUSALS`] at most. [`Acd::configure`] alone looks at
//! everything.

mod distributor;
mod line;
mod seat;
mod skills;

pub use distributor::{Acd, Match, Setup, Worker};
pub use line::Place;
pub use seat::{Readiness, Seat};
pub use skills::qualifies;

/// How long a caller is not offered again to the agent who declined, while others could take the call.
pub const REFUSAL_MS: i64 = 30_000;
/// How long it is when nobody else who could take the call is ready.
pub const REFUSAL_ALONE_MS: i64 = 5_000;
/// The most refusals remembered of one caller; past that the oldest is forgotten.
pub const MAX_REFUSALS: usize = 32;
