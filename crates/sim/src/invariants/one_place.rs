//! Invariant 2. Each interaction is in exactly one place; it has at most one live reservation; final states are never
//! left.

use perezvon_engine::{Audit, Whereabouts};
use perezvon_model::InteractionId;
use perezvon_model::journal::{Entry, Event, Topic};

use super::{Check, holds};
use crate::ledger::{Item, Ledger, PromiseStage, Who};

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
    match event.topic() {
        Topic::Line => line(interaction, item, entry),
        Topic::Offer => offer(interaction, item, event),
        Topic::Conversation => conversation(interaction, item, event),
        Topic::Interaction => ends(interaction, item, event),
        Topic::Callback | Topic::Recording | Topic::AfterCall | Topic::Agent => Ok(()),
    }
}

/// Waits on the line.
fn waits(item: &Item) -> bool {
    item.stay.is_some_and(|stay| stay.who == Who::OnTheLine)
}

/// In no place; whoever is called back is in line until the answer.
fn is_nowhere(item: &Item) -> bool {
    let is_back = matches!(stage(item), None | Some(PromiseStage::Dialled { .. }));
    !waits(item) && item.offers.is_empty() && item.talking.is_none() && is_back
}

fn stage(item: &Item) -> Option<PromiseStage> {
    item.promise.as_ref().map(|promise| promise.stage)
}

fn line(interaction: InteractionId, item: &Item, entry: &Entry) -> Check {
    if let Event::Queued { .. } = entry.event {
        holds!(is_nowhere(item), OnePlace, "{interaction} is queued and was elsewhere: {item:?}");
    }
    if let Event::LeftQueue { queue, wait_ms, .. } = entry.event {
        let stay = item.stay.map(|stay| (stay.queue, entry.at.since_ms(stay.since)));
        holds!(stay == Some((queue, wait_ms)), OnePlace, "{interaction} leaves {queue} and was {item:?}");
    }
    Ok(())
}

fn offer(interaction: InteractionId, item: &Item, event: &Event) -> Check {
    let offers = &item.offers;
    if let Event::Routed { agents, .. } = event {
        let in_line = item.stay.is_some() && (waits(item) || stage(item) == Some(PromiseStage::InLine));
        let once = in_line && offers.is_empty() && item.routed.is_empty() && !agents.is_empty();
        holds!(once, OnePlace, "{interaction} is routed to {agents:?} and was {item:?}");
    }
    if let Event::Offered { agent, .. } = event {
        let decided = item.routed.contains(agent) || (item.stay.is_none() && offers.is_empty());
        holds!(decided, OnePlace, "{interaction} is offered to {agent} without a decision: {item:?}");
        holds!(item.talking.is_none(), OnePlace, "{interaction} is offered during a conversation");
    }
    if let Event::OfferEnded { offer, agent, .. } = event {
        let runs = offers.get(agent) == Some(offer);
        holds!(runs, OnePlace, "{offer} of {interaction} ends and does not run");
    }
    Ok(())
}

fn conversation(interaction: InteractionId, item: &Item, event: &Event) -> Check {
    if let Event::AgentConnected { .. } = event {
        holds!(is_nowhere(item), OnePlace, "{interaction} is connected and was elsewhere: {item:?}");
    }
    if let Event::AgentDisconnected { agent, .. } = event {
        let talks = item.talking == Some(*agent);
        holds!(talks, OnePlace, "{agent} is disconnected from {interaction}: {item:?}");
    }
    Ok(())
}

fn ends(interaction: InteractionId, item: &Item, event: &Event) -> Check {
    let Event::InteractionEnded { .. } = event else { return Ok(()) };
    let over = stage(item).is_none_or(|stage| stage == PromiseStage::Over);
    let nowhere = item.stay.is_none() && item.offers.is_empty() && item.talking.is_none() && over;
    holds!(nowhere, OnePlace, "{interaction} ends in a place: {item:?}");
    Ok(())
}

pub(super) fn after(ledger: &Ledger, audit: Audit<'_>) -> Check {
    for (id, item) in &ledger.items {
        let is = audit.whereabouts(*id);
        let who = item.stay.map(|stay| stay.who);
        let stage = stage(item);
        let (silent, apart) = (item.talking.is_none(), item.offers.is_empty());
        let right = match &is {
            Some(Whereabouts::Queued) => who == Some(Who::OnTheLine) && stage.is_none() && apart && silent,
            Some(Whereabouts::Offered(agents)) => {
                !agents.is_empty()
                    && item.offers.len() == agents.len()
                    && agents.iter().all(|agent| item.offers.contains_key(agent))
                    && silent
                    && (stage.is_some() == (who == Some(Who::Away)))
            }
            Some(Whereabouts::Talking(agent)) => {
                item.talking == Some(*agent) && who.is_none() && stage.is_none() && apart
            }
            Some(Whereabouts::Away) => {
                let pauses = matches!(stage, Some(PromiseStage::Pauses { .. })) && who.is_none();
                let waits = stage == Some(PromiseStage::InLine) && who == Some(Who::Away);
                (pauses || waits) && apart && silent
            }
            Some(Whereabouts::CalledBack) => {
                matches!(stage, Some(PromiseStage::Dialled { .. }))
                    && who == Some(Who::Away)
                    && apart
                    && silent
            }
            Some(Whereabouts::Parting) => {
                stage.is_none_or(|stage| stage == PromiseStage::LastWords) && who.is_none() && apart && silent
            }
            Some(Whereabouts::Flow | Whereabouts::Outside | Whereabouts::Message) => {
                stage.is_none() && who.is_none() && apart && silent
            }
            None => false,
        };
        holds!(right, OnePlace, "{id} is {is:?} by the engine and by the journal {item:?}");
        let in_line = audit.in_line(*id).is_some();
        holds!(in_line == who.is_some(), OnePlace, "{id} is in line: {in_line}, and by the journal {item:?}");
        holds!(item.routed.is_empty(), OnePlace, "{id} was routed to {:?} and not offered", item.routed);
    }
    Ok(())
}
