//! The simulator: carrier, callers, agents and mishaps around the production engine in virtual time, everything from one
//! seed. After every event it asserts what must always hold (`invariants`); a seed that fails prints itself and is made
//! smaller. It opens no socket, reads no clock and writes no file.
//!
//! [`World`] and [`People`] are for rehearsals too: arrivals, staff and behaviours are given from outside.

mod chance;
mod company;
mod engine;
pub mod erlang;
pub mod invariants;
mod ledger;
mod run;
mod scenario;
mod shrink;
pub mod world;

pub use chance::Chance;
pub use company::{Company, Crowd, Fault, FaultKind};
pub use engine::Engine;
pub use run::{Failure, Report, run, run_watching};
pub use scenario::{Kept, MAX_STEPS, NotAList, Scenario};
pub use shrink::shrink;
pub use world::{People, World};
