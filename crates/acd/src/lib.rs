//! Who is offered what: presence, queues, skills, priorities that age, steps that widen the search, strategies. Pure
//! decisions: this crate never reads a clock, touches a call or draws unseeded randomness; time is an argument, and the
//! same inputs give the same picks.
//!
//! Cost, with C classes that an agent serves and where somebody waits, P profiles that serve a class and where somebody
//! is free, W waiting and A agents: an interaction joins in O(log W), is matched in O(P + log A); an agent gets free in
//! O(log A), is matched in O(C + log W); a position is told in O(log W). Interactions that an agent declined, and agents
//! who declined an interaction, are skipped one by one, [`MAX_REFUSALS`] at most. [`Acd::configure`] alone looks at
//! everything.

mod audit;
mod bits;
mod capacity;
mod configure;
mod distributor;
mod estimate;
mod fit;
mod free;
mod mix;
mod pick;
mod plan;
mod rank;
mod ranks;
mod scan;
mod seat;
mod skills;
mod stir;
mod top;
mod waiting;

pub use audit::InLine;
pub use capacity::Load;
pub use distributor::Acd;
pub use estimate::Pace;
pub use pick::{Decision, Match};
pub use plan::{Ask, MAX_AT_ONCE, MAX_BEHIND, MAX_CHAINS, MAX_POINTS, MAX_STEPS, Setup, Standing, Worker};
pub use rank::{PARTS_PER_POINT, Place};
pub use seat::{Readiness, Seat};
pub use skills::qualifies;

/// How long an interaction is not offered again to the agent who declined, while others could take it.
pub const REFUSAL_MS: i64 = 30_000;
/// How long it is when nobody else who could take it is ready.
pub const REFUSAL_ALONE_MS: i64 = 5_000;
/// The most refusals remembered of one interaction; past that the oldest is forgotten.
pub const MAX_REFUSALS: usize = 32;
