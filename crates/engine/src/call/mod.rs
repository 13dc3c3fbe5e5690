//! One call of a customer, from arrival to end.

mod announce;
mod arrival;
mod callback;
mod end;
mod flow;
mod leg;
mod message;
mod outside;
mod overflow;
mod preferred;
mod sound;
mod talk;
mod waiting;

pub(crate) use end::LegEnd;
pub(crate) use overflow::Moment;
pub(crate) use sound::Repeat;
pub(crate) use waiting::RINGS_ON_MS;

use perezvon_flow::Run;
use perezvon_model::config::CallerId;
use perezvon_model::customer::CustomerCard;
use perezvon_model::prompt::Language;
use perezvon_model::view::CollectedView;
use perezvon_model::{AskId, E164, LegId, PlayId, QueueId, RecordingId, TrunkId, UserId, UtcMs};
use std::sync::Arc;

use crate::line::Line;

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
    /// What plays to the customer, and how often.
    pub play: Option<(PlayId, Repeat)>,
    pub line: Line,
    /// The last queue.
    pub queue: Option<QueueId>,
    pub stage: Stage,
    /// Whom it rings at.
    pub rings: Vec<UserId>,
    /// Whom the flow calls outside, until they are joined.
    pub outside: Option<Outside>,
    /// Promised and not kept yet.
    pub callback: Option<Callback>,
    pub recording: Option<RecordingId>,
    /// Since when the customer's side holds us.
    pub held_by_customer: Option<UtcMs>,
    pub service: Service,
}

impl Call {
    /// A call that has just arrived.
    pub fn new(
        leg: LegId,
        trunk: Option<TrunkId>,
        from: CallerId,
        to: String,
        language: Language,
        arrived_at: UtcMs,
    ) -> Call {
        Call {
            leg,
            trunk,
            from,
            to,
            language,
            arrived_at,
            pickup: Pickup::Ringing,
            card: None,
            ask: None,
            collected: Vec::new(),
            transferred_by: None,
            run: None,
            play: None,
            line: Line::default(),
            queue: None,
            stage: Stage::Flow,
            rings: Vec::new(),
            outside: None,
            callback: None,
            recording: None,
            held_by_customer: None,
            service: Service::NotYet,
        }
    }
}

/// Whether we have answered the customer's leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pickup {
    Ringing,
    Answered,
}

/// How far the customer was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    NotYet,
    /// The customer spoke a message.
    Message,
    /// Was promised a call and did not take it.
    NotReached,
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
    /// Hears what to do, then speaks a message.
    Message,
    /// Hung up, and is to be called back.
    Away,
    /// Is being called back, before any agent.
    CallsBack,
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
    /// The customer is to be called back: on in line.
    Callback,
    /// Back to the agent who passed the call on, or else to the queue.
    Transfer { by: UserId },
    /// Nobody took the transfer and it rings at the first agent again; then the queue.
    Return,
}

/// A promise to call the customer.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    pub number: E164,
    /// Tries that came to nothing.
    pub tries: u8,
    /// The leg that is being dialled.
    pub dialled: Option<LegId>,
}
