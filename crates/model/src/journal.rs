//! The journal: what happened, in order. It is the truth; every report is computed from it.

use serde::{Deserialize, Serialize};

pub use crate::channel::Channel;
use crate::config::SkillLevel;
use crate::id::{
    CustomerId, DispositionId, EntryId, FlowId, InteractionId, OfferId, QueueId, RecordingId, TrunkId, UserId,
};
use crate::leg::Cause;
use crate::overflow::{Goal, OverflowCause};
use crate::phone::E164;
use crate::prompt::Language;
use crate::routing::{NothingFor, Receipt};
use crate::state::{Activity, Device, Presence};
use crate::time::UtcMs;

/// One row. The store adds the tenant and a sequence number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Entry {
    pub id: EntryId,
    pub at: UtcMs,
    pub interaction: Option<InteractionId>,
    pub agent: Option<UserId>,
    pub event: Event,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Inbound,
    Outbound,
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    Customer,
    Agent,
    System,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferOutcome {
    Accepted,
    Declined,
    NoAnswer,
    Busy,
    Unreachable,
    /// The caller hung up or the call went elsewhere while it rang.
    Withdrawn,
}

/// How a stay in a queue ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueOutcome {
    Answered,
    Abandoned,
    /// The flow or a limit sent the caller elsewhere.
    Overflowed,
    Interrupted,
}

/// How the whole interaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An agent talked with the customer.
    Answered,
    /// The customer left a queue before an agent answered.
    Abandoned,
    /// The customer left, or was let go, in the flow before any queue.
    EndedInFlow,
    /// The call was refused (no number, overload, closed without a flow).
    Refused,
    /// The server stopped during the call.
    Interrupted,
    /// The customer left a message.
    LeftMessage,
    /// The customer was promised a call and was not reached.
    NotReached,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    InteractionStarted {
        channel: Channel,
        direction: Direction,
        from: String,
        to: String,
        trunk: Option<TrunkId>,
        /// None for a chat or a mail: it is sent to a queue as it comes.
        flow: Option<FlowId>,
    },
    /// What a chat or a mail is about, where it is answered, and for which queue it came.
    Subject {
        queue: QueueId,
        text: String,
        link: Option<String>,
    },
    CustomerMatched {
        customer: CustomerId,
        created: bool,
    },
    /// The system answered the call; the flow talks.
    FlowAnswered,
    FlowNode {
        node: String,
        node_kind: String,
    },
    /// Digits given at a menu or an entry; secret ones are never in the journal.
    Collected {
        node: String,
        name: String,
        value: String,
    },
    /// The interaction waits. `attempt` is 1 for the first queue and rises with each further one.
    Queued {
        queue: QueueId,
        attempt: u32,
        position: u32,
    },
    /// The caller had waited before, in this interaction, and has that place again.
    PlaceRestored {
        queue: QueueId,
        of: InteractionId,
    },
    PositionAnnounced {
        queue: QueueId,
        position: u32,
    },
    /// The caller was told to wait from `low_s` to `high_s` more; no `high_s` is "more than an hour".
    WaitAnnounced {
        queue: QueueId,
        low_s: u32,
        high_s: Option<u32>,
    },
    /// A rule of the queue, or the caller's wish, leads elsewhere.
    Overflowed {
        queue: QueueId,
        cause: OverflowCause,
        to: Goal,
    },
    /// The caller hung up, to be called back, and keeps the place.
    CallbackPromised {
        queue: QueueId,
        number: E164,
        language: Language,
        /// The place in line: since when it counts.
        place_at: UtcMs,
        /// What the agent needs, and the points of priority, beside those of the queue.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        needs: Vec<SkillLevel>,
        #[serde(default, skip_serializing_if = "is_zero")]
        points: i16,
    },
    /// The customer is called back, for the `attempt`-th time.
    CallbackDialled {
        queue: QueueId,
        attempt: u32,
    },
    /// The customer was not reached; the next try comes then, or none.
    CallbackFailed {
        queue: QueueId,
        cause: Cause,
        again_at: Option<UtcMs>,
    },
    /// The caller speaks a message; its recording follows.
    MessageStarted,
    /// To whom the interaction is offered next, and why.
    Routed {
        agents: Vec<UserId>,
        receipt: Receipt,
    },
    /// An agent got free and there was nothing for this agent.
    NothingFor {
        nothing: NothingFor,
    },
    Offered {
        offer: OfferId,
        queue: Option<QueueId>,
        agent: UserId,
        device: Device,
        deadline: UtcMs,
    },
    OfferEnded {
        offer: OfferId,
        agent: UserId,
        outcome: OfferOutcome,
        rang_ms: i64,
    },
    /// Ends the stay that the last `Queued` began; `wait_ms` counts from it.
    LeftQueue {
        queue: QueueId,
        outcome: QueueOutcome,
        wait_ms: i64,
    },
    /// An agent and the customer hear each other. `queue` is the queue it came from, if any.
    AgentConnected {
        agent: UserId,
        queue: Option<QueueId>,
        device: Device,
    },
    HoldStarted {
        by: Party,
    },
    HoldEnded {
        by: Party,
        held_ms: i64,
    },
    /// The agent leaves the chat or the mail for something that interrupts it.
    Rested {
        agent: UserId,
    },
    /// The agent goes on with it.
    WentOn {
        agent: UserId,
        rested_ms: i64,
    },
    /// The agent's browser lost its media and may come back.
    AgentLost {
        agent: UserId,
    },
    AgentBack {
        agent: UserId,
    },
    TransferredToQueue {
        queue: QueueId,
        by: UserId,
    },
    TransferredToAgent {
        agent: UserId,
        by: UserId,
    },
    /// The agent's part of the conversation is over; times cover this agent's part only.
    AgentDisconnected {
        agent: UserId,
        queue: Option<QueueId>,
        talk_ms: i64,
        hold_ms: i64,
    },
    /// A call bridged to an outside party by the flow.
    PartyConnected {
        uri: String,
    },
    RecordingStarted {
        recording: RecordingId,
    },
    RecordingSealed {
        recording: RecordingId,
        duration_ms: i64,
        bytes: i64,
    },
    /// Nothing of the recording could be kept; a `RecordingSealed` that comes later counts more.
    RecordingFailed {
        recording: RecordingId,
        reason: String,
    },
    InteractionEnded {
        outcome: Outcome,
        cause: Cause,
        by: Party,
    },
    WrapUpStarted {
        agent: UserId,
        queue: Option<QueueId>,
        deadline: UtcMs,
    },
    /// The agent took more time, once.
    WrapUpExtended {
        agent: UserId,
        deadline: UtcMs,
    },
    /// What the agent wrote; may come several times, the last counts.
    Noted {
        agent: UserId,
        disposition: Option<DispositionId>,
        note: String,
    },
    WrapUpEnded {
        agent: UserId,
        queue: Option<QueueId>,
        wrap_up_ms: i64,
    },
    /// The agent's state from this moment on.
    AgentState {
        agent: UserId,
        presence: Presence,
        activity: Activity,
        device: Device,
    },
}

/// What an event tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The interaction as a whole, and its way through the flow.
    Interaction,
    /// Waiting in queues.
    Line,
    /// A call that was promised.
    Callback,
    /// Whom it is offered to.
    Offer,
    /// What agent and customer do together.
    Conversation,
    Recording,
    AfterCall,
    /// An agent, whatever the interaction.
    Agent,
}

impl Event {
    /// What it tells of: for readers who look at some events alone, and still are asked about each new subject.
    pub fn topic(&self) -> Topic {
        match self {
            Event::InteractionStarted { .. }
            | Event::Subject { .. }
            | Event::CustomerMatched { .. }
            | Event::FlowAnswered
            | Event::FlowNode { .. }
            | Event::Collected { .. }
            | Event::PartyConnected { .. }
            | Event::InteractionEnded { .. } => Topic::Interaction,
            Event::Queued { .. }
            | Event::PlaceRestored { .. }
            | Event::PositionAnnounced { .. }
            | Event::WaitAnnounced { .. }
            | Event::Overflowed { .. }
            | Event::LeftQueue { .. } => Topic::Line,
            Event::CallbackPromised { .. } | Event::CallbackDialled { .. } | Event::CallbackFailed { .. } => {
                Topic::Callback
            }
            Event::Routed { .. }
            | Event::NothingFor { .. }
            | Event::Offered { .. }
            | Event::OfferEnded { .. } => Topic::Offer,
            Event::AgentConnected { .. }
            | Event::HoldStarted { .. }
            | Event::HoldEnded { .. }
            | Event::Rested { .. }
            | Event::WentOn { .. }
            | Event::AgentLost { .. }
            | Event::AgentBack { .. }
            | Event::TransferredToQueue { .. }
            | Event::TransferredToAgent { .. }
            | Event::AgentDisconnected { .. } => Topic::Conversation,
            Event::MessageStarted
            | Event::RecordingStarted { .. }
            | Event::RecordingSealed { .. }
            | Event::RecordingFailed { .. } => Topic::Recording,
            Event::WrapUpStarted { .. }
            | Event::WrapUpExtended { .. }
            | Event::Noted { .. }
            | Event::WrapUpEnded { .. } => Topic::AfterCall,
            Event::AgentState { .. } => Topic::Agent,
        }
    }
}

fn is_zero(points: &i16) -> bool {
    *points == 0
}
