//! A note that comes when its wrap-up is over, such as one that was kept by a page without a connection. The engine has
//! forgotten the conversation by then; the journal knows whose it was.

use perezvon_model::engine::CommandRefused;
use perezvon_model::journal::{Entry, Event};
use perezvon_model::{DispositionId, InteractionId, QueueId, UserId, UtcMs};
use perezvon_store::TenantDb;

use crate::problem::{Answer, Problem};

/// Pages keep what was not acknowledged for so long.
const LATE_MOST_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Keeps the note if the agent took part in the conversation; returns when the journal has it.
pub async fn keep(
    db: &TenantDb,
    now: UtcMs,
    agent: UserId,
    interaction: InteractionId,
    disposition: Option<DispositionId>,
    note: String,
) -> Answer<()> {
    let queue = match part_of(agent, &db.journal_of(interaction).await?) {
        Part::Over { queue, at } if now.since_ms(at) <= LATE_MOST_MS => queue,
        Part::Over { .. } | Part::None => return Err(CommandRefused::NotYours.into()),
        Part::Open => return Err(CommandRefused::NotNow("try again in a few seconds".into()).into()),
    };
    if let Some(id) = disposition {
        let allowed = db.dispositions().await?.into_iter().any(|disposition| {
            let queues = &disposition.queues;
            disposition.id == id && (queues.is_empty() || queue.is_none_or(|queue| queues.contains(&queue)))
        });
        if !allowed {
            return Err(Problem::bad_value("disposition", "there is no such disposition for this queue"));
        }
    }
    let event = Event::Noted { agent, disposition, note };
    let entry = Entry {
        id: perezvon_store::new_id(),
        at: now,
        interaction: Some(interaction),
        agent: Some(agent),
        event,
    };
    Ok(db.append(&[entry]).await?)
}

/// An agent's part in a conversation, as far as the journal has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    None,
    /// The engine says that it is over: what ended it is about to be written. A note now would not be the last one.
    Open,
    Over {
        queue: Option<QueueId>,
        at: UtcMs,
    },
}

fn part_of(me: UserId, entries: &[Entry]) -> Part {
    entries.iter().fold(Part::None, |part, entry| match &entry.event {
        Event::AgentConnected { agent, .. } | Event::WrapUpStarted { agent, .. } if *agent == me => {
            Part::Open
        }
        Event::AgentDisconnected { agent, queue, .. } | Event::WrapUpEnded { agent, queue, .. }
            if *agent == me =>
        {
            Part::Over { queue: *queue, at: entry.at }
        }
        Event::InteractionStarted { .. }
        | Event::CustomerMatched { .. }
        | Event::FlowAnswered
        | Event::FlowNode { .. }
        | Event::Collected { .. }
        | Event::Queued { .. }
        | Event::PositionAnnounced { .. }
        | Event::WaitAnnounced { .. }
        | Event::Overflowed { .. }
        | Event::CallbackPromised { .. }
        | Event::CallbackDialled { .. }
        | Event::CallbackFailed { .. }
        | Event::MessageStarted
        | Event::PlaceRestored { .. }
        | Event::Routed { .. }
        | Event::NothingFor { .. }
        | Event::WrapUpExtended { .. }
        | Event::Offered { .. }
        | Event::OfferEnded { .. }
        | Event::LeftQueue { .. }
        | Event::AgentConnected { .. }
        | Event::HoldStarted { .. }
        | Event::HoldEnded { .. }
        | Event::Subject { .. }
        | Event::Rested { .. }
        | Event::WentOn { .. }
        | Event::AgentLost { .. }
        | Event::AgentBack { .. }
        | Event::TransferredToQueue { .. }
        | Event::TransferredToAgent { .. }
        | Event::AgentDisconnected { .. }
        | Event::PartyConnected { .. }
        | Event::RecordingStarted { .. }
        | Event::RecordingSealed { .. }
        | Event::RecordingFailed { .. }
        | Event::InteractionEnded { .. }
        | Event::WrapUpStarted { .. }
        | Event::Noted { .. }
        | Event::WrapUpEnded { .. }
        | Event::AgentState { .. } => part,
    })
}
