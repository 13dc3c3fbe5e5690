//! A journal row with the names of what it speaks of.

use perezvon_model::journal::{Entry, Event};
use perezvon_model::{DispositionId, EntryId, InteractionId, QueueId, UserId, UtcMs};
use perezvon_store::Names;
use serde::Serialize;
use utoipa::ToSchema;

/// One step of an interaction. Names are those of today; null when the event names no such thing.
#[derive(Serialize, ToSchema)]
#[schema(as = JournalEntry)]
pub struct Step {
    pub id: EntryId,
    pub at: UtcMs,
    pub interaction: Option<InteractionId>,
    pub agent: Option<UserId>,
    pub event: Event,
    pub agent_name: Option<String>,
    pub queue_name: Option<String>,
    pub disposition_name: Option<String>,
    /// Who did it, where that is not the agent of `agent_name`.
    pub by_name: Option<String>,
}

impl Step {
    pub fn new(entry: Entry, names: &Names) -> Self {
        let about = About::of(&entry.event);
        let user = |id: Option<UserId>| id.and_then(|id| names.users.get(&id)).cloned();
        Self {
            agent_name: user(about.agent.or(entry.agent)),
            queue_name: about.queue.and_then(|id| names.queues.get(&id)).cloned(),
            disposition_name: about.disposition.and_then(|id| names.dispositions.get(&id)).cloned(),
            by_name: user(about.by),
            id: entry.id,
            at: entry.at,
            interaction: entry.interaction,
            agent: entry.agent,
            event: entry.event,
        }
    }
}

#[derive(Default)]
struct About {
    agent: Option<UserId>,
    queue: Option<QueueId>,
    disposition: Option<DispositionId>,
    by: Option<UserId>,
}

impl About {
    fn of(event: &Event) -> Self {
        let nothing = Self::default();
        match event {
            Event::InteractionStarted { .. }
            | Event::CustomerMatched { .. }
            | Event::FlowAnswered
            | Event::FlowNode { .. }
            | Event::Collected { .. }
            | Event::HoldStarted { .. }
            | Event::HoldEnded { .. }
            | Event::PartyConnected { .. }
            | Event::RecordingStarted { .. }
            | Event::RecordingSealed { .. }
            | Event::RecordingFailed { .. }
            | Event::Routed { .. }
            | Event::MessageStarted
            | Event::InteractionEnded { .. } => nothing,
            Event::NothingFor { nothing: of } => Self { agent: Some(of.agent), ..nothing },
            Event::Queued { queue, .. }
            | Event::Subject { queue, .. }
            | Event::PositionAnnounced { queue, .. }
            | Event::WaitAnnounced { queue, .. }
            | Event::Overflowed { queue, .. }
            | Event::CallbackPromised { queue, .. }
            | Event::CallbackDialled { queue, .. }
            | Event::CallbackFailed { queue, .. }
            | Event::PlaceRestored { queue, .. }
            | Event::LeftQueue { queue, .. } => Self { queue: Some(*queue), ..nothing },
            Event::Offered { agent, queue, .. }
            | Event::AgentConnected { agent, queue, .. }
            | Event::AgentDisconnected { agent, queue, .. }
            | Event::WrapUpStarted { agent, queue, .. }
            | Event::WrapUpEnded { agent, queue, .. } => {
                Self { agent: Some(*agent), queue: *queue, ..nothing }
            }
            Event::OfferEnded { agent, .. }
            | Event::Rested { agent }
            | Event::WentOn { agent, .. }
            | Event::AgentLost { agent }
            | Event::WrapUpExtended { agent, .. }
            | Event::AgentBack { agent }
            | Event::AgentState { agent, .. } => Self { agent: Some(*agent), ..nothing },
            Event::TransferredToQueue { queue, by } => Self { queue: Some(*queue), by: Some(*by), ..nothing },
            Event::TransferredToAgent { agent, by } => Self { agent: Some(*agent), by: Some(*by), ..nothing },
            Event::Noted { agent, disposition, .. } => {
                Self { agent: Some(*agent), disposition: *disposition, ..nothing }
            }
        }
    }
}
