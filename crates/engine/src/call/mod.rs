//! One call of a customer, from arrival to end.

mod arrival;
mod end;
mod flow;
mod leg;
mod outside;
mod sound;
mod talk;
mod waiting;

pub(crate) use end::LegEnd;

use perezvon_acd::Place;
use perezvon_flow::Run;
use perezvon_model::config::CallerId;
use perezvon_model::customer::CustomerCard;
use perezvon_model::prompt::Language;
use perezvon_model::view::CollectedView;
use perezvon_model::{AskId, LegId, PlayId, QueueId, RecordingId, TrunkId, UserId, UtcMs};
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Call {
    pub leg: LegId,
    pub trunk: Option<TrunkId>,
    pub from: CallerId,
    pub to: String,
    pub language: Language,
    pub arrived_at: UtcMs,
    pub pickup: Pickup,
    pub card: Option<Arc<CustomerCard>>,
    pub ask: Option<AskId>,
    pub collected: Vec<CollectedView>,
    pub transferred_by: Option<String>,
    /// The flow, until an agent answers.
    pub run: Option<Run>,
    /// What plays to the customer.
    pub play: Option<PlayId>,
    /// The place in any line, given at the first queue.
    pub place: Option<Place>,
    /// Where the caller's queue time began: a re-queue keeps it, a talk with an agent ends it.
    pub clock_at: Option<UtcMs>,
    /// The stay in a queue that is not over.
    pub stay: Option<Stay>,
    /// The last queue.
    pub queue: Option<QueueId>,
    /// Stays in queues so far.
    pub attempts: u32,
    /// Time in queues, of stays that are over.
    pub waited_ms: i64,
    pub stage: Stage,
    /// Whom it rings at.
    pub rings: Vec<UserId>,
    /// Whom the flow calls outside, until they are joined.
    pub outside: Option<Outside>,
    pub recording: Option<RecordingId>,
    /// Since when the customer's side holds us.
    pub held_by_customer: Option<UtcMs>,
    pub service: Service,
}

/// Whether we have answered the customer's leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pickup {
    Ringing,
    Answered,
}

/// Whether an agent has talked with the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    NotYet,
    Served,
}

/// Where the call is: in exactly one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Flow,
    /// In line, due to be offered.
    Queued,
    /// Rings at one agent, or at several at once.
    Offered {
        origin: Origin,
    },
    Talking {
        agent: UserId,
    },
    /// The flow calls, or has joined the caller with, an outside party.
    Outside {
        leg: LegId,
        state: OutsideState,
    },
    /// Hears the good-bye.
    Parting,
}

#[derive(Debug)]
pub(crate) struct Outside {
    pub uri: String,
    pub record: Record,
}

/// What is recorded of a conversation with an outside party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    Nothing,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutsideState {
    Dialling,
    Joined,
}

/// Whence an offer comes, and so where the caller goes when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Back to the place in line.
    Queue,
    /// Back to the agent who passed the call on, or else to the queue.
    Transfer { by: UserId },
    /// Nobody took the transfer and it rings at the first agent again; then the queue.
    Return,
}

/// One stay in a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    pub queue: QueueId,
    pub since: UtcMs,
    pub clock_at: UtcMs,
    /// Past the threshold of the service level; known in queues that others borrow from.
    pub late: bool,
    /// 0: never.
    pub announce_every_ms: i64,
}
