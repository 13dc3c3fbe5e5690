//! Invariant 2. Each interaction is in exactly one place; it has at most one live reservation; final states are never
//! left.

use perezvon_engine::{Audit, Whereabouts};
use perezvon_model::journal::{Entry, Event};

use super::{Check, holds};
use crate::ledger::Ledger;

/// What may be said of an interaction that is over.
fn may_come_late(event: &Event) -> bool {
    matches!(
        event,
        Event::Noted { .. }
            | Event::WrapUpEnded { .. }
            | Event::WrapUpExtended { .. }
            | Event::RecordingSealed { .. }
            | Event::RecordingFailed { .. }
            | Event::CustomerMatched { .. }
    )
}

pub(super) fn entry(ledger: &Ledger, entry: &Entry) -> Check {
    let Some(interaction) = entry.interaction else { return Ok(()) };
    let event = &entry.event;
    if ledger.ended.contains(&interaction) {
        holds!(may_come_late(event), OnePlace, "{interaction} is over, and then {event:?}");
        return Ok(());
    }
    let item = ledger.items.get(&interaction);
    if let Event::InteractionStarted { .. } = event {
        holds!(item.is_none(), OnePlace, "{interaction} starts twice");
        return Ok(());
    }
    let Some(item) = item else {
        holds!(false, OnePlace, "{interaction} never started, and {event:?}");
        return Ok(());
    };
    let (waits, offers, talking) = (item.stay.is_some(), &item.offers, item.talking);
    match event {
        Event::Queued { .. } => {
            let nowhere = !waits && offers.is_empty() && talking.is_none();
            holds!(nowhere, OnePlace, "{interaction} is queued and was elsewhere: {item:?}");
        }
        Event::Routed { agents, .. } => {
            let once = waits && offers.is_empty() && item.routed.is_empty() && !agents.is_empty();
            holds!(once, OnePlace, "{interaction} is routed to {agents:?} and was {item:?}");
        }
        Event::Offered { agent, .. } => {
            let decided = item.routed.contains(agent) || (!waits && offers.is_empty());
            holds!(decided, OnePlace, "{interaction} is offered to {agent} without a decision: {item:?}");
            holds!(talking.is_none(), OnePlace, "{interaction} is offered during a conversation");
        }
        Event::OfferEnded { offer, agent, .. } => {
            holds!(
                offers.get(agent) == Some(offer),
                OnePlace,
                "{offer} of {interaction} ends and does not run"
            );
        }
        Event::LeftQueue { queue, wait_ms, .. } => {
            let stay = item.stay.map(|stay| (stay.queue, entry.at.since_ms(stay.since)));
            holds!(
                stay == Some((*queue, *wait_ms)),
                OnePlace,
                "{interaction} leaves {queue} and was {item:?}"
            );
        }
        Event::AgentConnected { .. } => {
            let free = !waits && offers.is_empty() && talking.is_none();
            holds!(free, OnePlace, "{interaction} is connected and was elsewhere: {item:?}");
        }
        Event::AgentDisconnected { agent, .. } => {
            holds!(talking == Some(*agent), OnePlace, "{agent} is disconnected from {interaction}: {item:?}");
        }
        Event::InteractionEnded { .. } => {
            let nowhere = !waits && offers.is_empty() && talking.is_none();
            holds!(nowhere, OnePlace, "{interaction} ends in a place: {item:?}");
        }
        Event::InteractionStarted { .. }
        | Event::CustomerMatched { .. }
        | Event::FlowAnswered
        | Event::FlowNode { .. }
        | Event::Collected { .. }
        | Event::PlaceRestored { .. }
        | Event::PositionAnnounced { .. }
        | Event::WaitAnnounced { .. }
        | Event::Overflowed { .. }
        | Event::CallbackPromised { .. }
        | Event::CallbackDialled { .. }
        | Event::CallbackFailed { .. }
        | Event::MessageStarted
        | Event::NothingFor { .. }
        | Event::HoldStarted { .. }
        | Event::HoldEnded { .. }
        | Event::AgentLost { .. }
        | Event::AgentBack { .. }
        | Event::TransferredToQueue { .. }
        | Event::TransferredToAgent { .. }
        | Event::PartyConnected { .. }
        | Event::RecordingStarted { .. }
        | Event::RecordingSealed { .. }
        | Event::RecordingFailed { .. }
        | Event::WrapUpStarted { .. }
        | Event::WrapUpExtended { .. }
        | Event::Noted { .. }
        | Event::WrapUpEnded { .. }
        | Event::AgentState { .. } => {}
    }
    Ok(())
}

pub(super) fn after(ledger: &Ledger, audit: Audit<'_>) -> Check {
    for (id, item) in &ledger.items {
        let is = audit.whereabouts(*id);
        let right = match &is {
            Some(Whereabouts::Queued) => {
                item.stay.is_some() && item.offers.is_empty() && item.talking.is_none()
            }
            Some(Whereabouts::Offered(agents)) => {
                !agents.is_empty()
                    && item.offers.len() == agents.len()
                    && agents.iter().all(|agent| item.offers.contains_key(agent))
                    && item.talking.is_none()
            }
            Some(Whereabouts::Talking(agent)) => {
                item.talking == Some(*agent) && item.stay.is_none() && item.offers.is_empty()
            }
            Some(
                Whereabouts::Flow
                | Whereabouts::Outside
                | Whereabouts::Message
                | Whereabouts::Away
                | Whereabouts::CalledBack
                | Whereabouts::Parting,
            ) => item.talking.is_none() && item.stay.is_none() && item.offers.is_empty(),
            None => false,
        };
        holds!(right, OnePlace, "{id} is {is:?} by the engine and by the journal {item:?}");
        holds!(item.routed.is_empty(), OnePlace, "{id} was routed to {:?} and not offered", item.routed);
    }
    Ok(())
}
