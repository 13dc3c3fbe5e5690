//! The IVR as data: a flow is a graph of nodes in JSON, checked when it is saved and stepped when a call runs it.
//! This crate never reads a clock, plays a sound or touches a leg: [`Run`] is fed with what happened and answers
//! with what to do. Words and defaults of the JSON form are in [`graph`]; the schema is `docs/flow.schema.json`.

mod check;
mod entry;
pub mod graph;
mod read;
mod run;
mod schema;

pub use check::{Checked, Known, Problem, is_dialable};
pub use graph::Flow;
pub use run::{Action, Event, PLAY_LIMIT_MS, QueueStay, Run};
pub use schema::schema;
