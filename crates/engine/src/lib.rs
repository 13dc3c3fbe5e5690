//! The tenant as one deterministic state machine: calls, queues, offers, conversations, wrap-up and views over the
//! flow and acd crates. [`Tenant::handle`] takes one input at one time and returns what to do; it never awaits, reads a
//! clock, touches a socket or draws randomness outside its seed, so that the same inputs give the same outputs.
//!
//! What the shell must know:
//! - Outputs are carried out in their order. A `HangUp` is the last command to a leg; events of it are then ignored.
//! - `DeskChanged` tells of the agent's own state. The figures of queues within a desk change with `FloorChanged`.
//! - `Forget` comes when the call is over; the wrap-up of its last agent may still go on and be journalled.

mod agent;
mod audit;
mod call;
mod command;
mod configure;
mod dropped;
mod item;
mod kept;
mod lending;
mod limits;
mod line;
mod offer;
mod presence;
mod settings;
mod tenant;
mod timer;
mod today;
mod transfer;
mod view;
mod wrap_up;

pub use audit::{Audit, Whereabouts};
pub use kept::{UnreadableInput, read_kept};
pub use limits::*;
pub use tenant::{Remains, Tenant};
pub use today::{AgentToday, Today};
