//! What an agent chose (presence) and what the system observes (activity): never one field for both.

use serde::{Deserialize, Serialize};

/// Chosen by the agent, or set by a rule with its reason shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Presence {
    Ready,
    /// `reason` is a word of the agent's own (`lunch`) or one of the system's: `missed_offer`, `connection_lost`.
    Break {
        reason: String,
    },
    Offline,
}

/// Observed by the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    Idle,
    Reserved,
    Ringing,
    Talking,
    Hold,
    WrapUp,
}

/// Where an agent takes calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    Browser,
    Phone,
}
