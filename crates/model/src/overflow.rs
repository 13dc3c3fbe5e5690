//! Where a caller goes whom a queue cannot serve in time.

use serde::{Deserialize, Serialize};

use crate::id::{FlowId, QueueId, TrunkId};

/// One rule of a queue. The first that holds and can be followed is followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Overflow {
    pub when: OverflowWhen,
    pub to: Goal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OverflowWhen {
    /// The middle of the estimated wait is longer: looked at when the caller comes, and every 30 s. 1 to 14,400 s.
    EstimateOver { s: u32 },
    /// The caller has waited so long in this queue. 1 to 14,400 s.
    WaitedOver { s: u32 },
    /// So many wait before the caller who comes. 0 to 100,000.
    MoreWaiting { than: u32 },
    /// Nobody of the queue is signed in, or the last one left.
    NobodySignedIn,
}

/// Where to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Goal {
    /// As the flow leads on from a queue that takes nobody; where it does not, the caller is told so and let go.
    #[default]
    Onward,
    /// Another queue, at the place held so far.
    Queue {
        queue: QueueId,
    },
    Flow {
        flow: FlowId,
    },
    /// A telephone number or a SIP URI; through this trunk, or the one that the call came on.
    Number {
        to: String,
        trunk: Option<TrunkId>,
    },
    /// The caller speaks a message, three minutes at most, which the journal keeps.
    Voicemail,
    /// The caller is called back and keeps the place; who shows no number cannot be.
    Callback,
}

/// Why a caller left a queue without an agent: what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OverflowCause {
    Estimate {
        wait_ms: i64,
    },
    Waited {
        wait_ms: i64,
    },
    MoreWaiting {
        waiting: u32,
    },
    NobodySignedIn,
    Closed,
    /// The caller asked to be called back.
    Asked,
}

/// How callers of a queue are called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Callbacks {
    pub first: CallFirst,
    /// Calls at most. 1 to 10.
    pub tries: u8,
    /// Seconds from a try that came to nothing to the next. 30 to 86,400.
    pub again_after_s: u32,
}

impl Default for Callbacks {
    fn default() -> Callbacks {
        Callbacks { first: CallFirst::Agent, tries: 3, again_after_s: 300 }
    }
}

/// Who is rung first when the turn of a callback comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallFirst {
    /// The agent takes it and then the customer is called.
    #[default]
    Agent,
    /// The customer is called, and has the next agent.
    Customer,
}
