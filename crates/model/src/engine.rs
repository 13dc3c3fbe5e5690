//! What goes into a tenant's state machine and what comes out of it.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::config::{CallerId, SkillLevel, TenantConfig};
use crate::customer::CustomerCard;
use crate::id::{
    AskId, DispositionId, FlowId, InteractionId, LegId, OfferId, QueueId, RecordingId, RequestId, TrunkId,
    UserId,
};
use crate::journal::Entry;
use crate::leg::{Cause, LegCommand, LegEvent};
use crate::phone::E164;
use crate::prompt::Language;
use crate::state::{Device, Presence};
use crate::time::UtcMs;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum Input {
    /// The whole configuration, at start and after each change.
    Configure {
        config: Arc<TenantConfig>,
    },
    /// An inbound call on a number of this tenant.
    CallArrived {
        interaction: InteractionId,
        leg: LegId,
        trunk: Option<TrunkId>,
        from: CallerId,
        to: String,
        flow: FlowId,
        language: Language,
    },
    Leg {
        leg: LegId,
        event: LegEvent,
    },
    Agent {
        agent: UserId,
        request: RequestId,
        command: AgentCommand,
    },
    /// The agent's browser media or phone came or went.
    DeviceChanged {
        agent: UserId,
        device: Device,
        connected: bool,
    },
    /// The agent's last desk socket went, or the first came.
    DeskChanged {
        agent: UserId,
        connected: bool,
    },
    Reply {
        ask: AskId,
        reply: Reply,
    },
    RecordingSealed {
        recording: RecordingId,
        interaction: InteractionId,
        duration_ms: i64,
        bytes: i64,
    },
    /// Nothing of the recording could be kept.
    RecordingFailed {
        recording: RecordingId,
        interaction: InteractionId,
        reason: String,
    },
    /// A chat or a mail for a queue.
    ItemArrived(NewItem),
    /// Its customer has left, or its source took it back.
    ItemWithdrawn {
        interaction: InteractionId,
    },
    /// A callback that was promised before the last stop, and is owed.
    CallbackOwed(OwedCallback),
    /// The server stops, and every call is over: what agents do ends now, so that no interval runs on without them.
    Stop,
    /// The time asked for by `Output::WakeAt` has come. Early or repeated wakes do no harm.
    Wake,
}

/// What the journal knows of a callback that is owed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwedCallback {
    pub interaction: InteractionId,
    pub queue: QueueId,
    pub number: E164,
    pub language: Language,
    /// What the customer had called.
    pub to: String,
    pub trunk: Option<TrunkId>,
    pub arrived_at: UtcMs,
    pub place_at: UtcMs,
    /// Tries that came to nothing.
    pub tries: u8,
    /// Not before then.
    pub not_before: UtcMs,
    /// What the agent needs, and the points of priority, beside those of the queue.
    #[serde(default)]
    pub needs: Vec<SkillLevel>,
    #[serde(default)]
    pub points: i16,
}

/// A piece of work that comes without a leg: a chat or a mail. Its queue says which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewItem {
    pub interaction: InteractionId,
    /// Who asks: answered once it waits, or when it cannot. None for one that was accepted before the last stop.
    pub request: Option<RequestId>,
    pub queue: QueueId,
    /// Whom it is from, as shown: a name, an address, a number.
    pub from: String,
    pub subject: String,
    /// Where it can be read and answered.
    pub link: Option<String>,
    pub customer: Option<Arc<CustomerCard>>,
    /// Since when it waits: now, or the time of before the last stop.
    pub place_at: UtcMs,
}

/// What a person at a desk asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum AgentCommand {
    SetPresence {
        presence: Presence,
    },
    SetDevice {
        device: Device,
    },
    Accept {
        offer: OfferId,
    },
    Decline {
        offer: OfferId,
    },
    HangUp {
        interaction: InteractionId,
    },
    Hold {
        interaction: InteractionId,
        on: bool,
    },
    Mute {
        interaction: InteractionId,
        on: bool,
    },
    /// One to 32 of `0-9*#A-D`.
    SendDigits {
        interaction: InteractionId,
        digits: String,
    },
    Transfer {
        interaction: InteractionId,
        to: TransferTarget,
    },
    /// Asks for a wrap-up after this conversation, or does without, where the queue leaves it to the agent.
    WantWrapUp {
        interaction: InteractionId,
        on: bool,
    },
    /// More time for the wrap-up, once, where the queue allows it.
    ExtendWrapUp {
        interaction: InteractionId,
    },
    /// The chat or the mail is done.
    Finish {
        interaction: InteractionId,
    },
    /// Saves disposition and note, during the call or in wrap-up; `finish` ends the wrap-up.
    WrapUp {
        interaction: InteractionId,
        disposition: Option<DispositionId>,
        note: String,
        finish: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TransferTarget {
    Queue { queue: QueueId },
    Agent { agent: UserId },
}

/// Why a command was refused; `code` is stable, the sentence says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CommandRefused {
    #[error("this agent does not exist or may not take interactions")]
    NoSuchAgent,
    #[error("the offer is over; the call went to somebody else or the caller hung up")]
    OfferOver,
    #[error("this conversation is not yours or is over")]
    NotYours,
    #[error("connect the browser's audio or register the phone first")]
    NoDevice,
    #[error("finish the call or the wrap-up first")]
    Busy,
    #[error("there is no such queue or agent to transfer to, or the agent is not free")]
    NoSuchTarget,
    #[error("the queue takes nobody now: it is closed, full or gone")]
    QueueTakesNobody,
    #[error("the command cannot be done now: {0}")]
    NotNow(String),
    #[error("the value is not allowed: {0}")]
    BadValue(String),
}

impl CommandRefused {
    pub fn code(&self) -> &'static str {
        match self {
            CommandRefused::NoSuchAgent => "no_such_agent",
            CommandRefused::OfferOver => "offer_over",
            CommandRefused::NotYours => "not_yours",
            CommandRefused::NoDevice => "no_device",
            CommandRefused::Busy => "busy",
            CommandRefused::NoSuchTarget => "no_such_target",
            CommandRefused::QueueTakesNobody => "queue_takes_nobody",
            CommandRefused::NotNow(_) => "not_now",
            CommandRefused::BadValue(_) => "bad_value",
        }
    }
}

/// A question that takes time outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "snake_case")]
pub enum Question {
    /// Find the customer by number; make a card when there is none.
    CustomerByNumber { number: E164, name: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    Customer {
        card: Arc<CustomerCard>,
    },
    /// The look-up failed or took too long; the call goes on without it.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "output", rename_all = "snake_case")]
pub enum Output {
    Leg {
        leg: LegId,
        command: LegCommand,
    },
    /// Joins the sound of two legs both ways; a leg is in one bridge at most, a new one replaces the old.
    Bridge {
        a: LegId,
        b: LegId,
    },
    /// Takes a leg out of its bridge.
    Unbridge {
        leg: LegId,
    },
    /// Records a customer's leg: left is what comes from it, right what its bridge partner says.
    RecordStart {
        recording: RecordingId,
        interaction: InteractionId,
        leg: LegId,
    },
    /// Seals the recording; answered by `Input::RecordingSealed` or `RecordingFailed`.
    RecordStop {
        recording: RecordingId,
    },
    Ask {
        ask: AskId,
        question: Question,
    },
    Journal(Entry),
    /// Answers a command. A refusal changed nothing.
    Answer {
        request: RequestId,
        result: Result<(), CommandRefused>,
    },
    /// Call `handle(Wake)` at this time; the earliest one asked for counts.
    WakeAt {
        at: UtcMs,
    },
    /// The view of this agent's desk changed.
    DeskChanged {
        agent: UserId,
    },
    /// The view of the floor changed.
    FloorChanged,
    /// The interaction and everything that belongs to it is over; the shell forgets its ids.
    Forget {
        interaction: InteractionId,
        cause: Cause,
    },
}
