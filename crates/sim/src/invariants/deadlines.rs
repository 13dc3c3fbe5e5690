//! Invariant 7. No new voice item before wrap-up ends; time limits of offers and wrap-ups are met, once; an offer that
//! comes to nothing leaves the place as it was.

use perezvon_engine::{Audit, CONNECT_MS, DIAL_GRACE_MS};
use perezvon_model::journal::{Entry, Event};

use super::{Check, holds};
use crate::ledger::{Ledger, Session};

pub(super) fn entry(ledger: &Ledger, entry: &Entry) -> Check {
    match &entry.event {
        Event::Offered { agent, .. } => {
            let session = ledger.agents.get(agent).map(|row| row.session);
            let wraps_up = matches!(session, Some(Session::WrapUp { .. }));
            holds!(!wraps_up, Deadlines, "{agent} is offered {:?} in wrap-up", entry.interaction);
        }
        Event::OfferEnded { offer, agent, .. } => {
            let session = ledger.agents.get(agent).map(|row| row.session);
            let runs = matches!(session, Some(Session::Offer { offer: of, .. }) if of == *offer);
            holds!(runs, Deadlines, "{offer} ends twice, or never began: {agent} has {session:?}");
        }
        Event::WrapUpEnded { agent, wrap_up_ms, .. } => {
            let session = ledger.agents.get(agent).map(|row| row.session);
            let lasted =
                matches!(session, Some(Session::WrapUp { at, .. }) if entry.at.since_ms(at) == *wrap_up_ms);
            holds!(lasted, Deadlines, "a wrap-up of {wrap_up_ms} ms ends, and {agent} has {session:?}");
        }
        Event::InteractionStarted { .. }
        | Event::CustomerMatched { .. }
        | Event::FlowAnswered
        | Event::FlowNode { .. }
        | Event::Collected { .. }
        | Event::Queued { .. }
        | Event::PlaceRestored { .. }
        | Event::PositionAnnounced { .. }
        | Event::WaitAnnounced { .. }
        | Event::Overflowed { .. }
        | Event::CallbackPromised { .. }
        | Event::CallbackDialled { .. }
        | Event::CallbackFailed { .. }
        | Event::MessageStarted
        | Event::Routed { .. }
        | Event::NothingFor { .. }
        | Event::LeftQueue { .. }
        | Event::AgentConnected { .. }
        | Event::HoldStarted { .. }
        | Event::HoldEnded { .. }
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
        | Event::WrapUpExtended { .. }
        | Event::Noted { .. }
        | Event::AgentState { .. } => {}
    }
    Ok(())
}

pub(super) fn after(ledger: &Ledger, audit: Audit<'_>) -> Check {
    let now = ledger.now;
    for (agent, row) in &ledger.agents {
        match row.session {
            Session::Offer { deadline, offer, .. } => {
                // An accept just before the deadline leaves the browser its time to connect.
                let until = deadline + CONNECT_MS.max(DIAL_GRACE_MS);
                holds!(
                    now < until,
                    Deadlines,
                    "{offer} rings at {agent} until {deadline:?}, and it is {now:?}"
                );
            }
            Session::WrapUp { deadline, .. } => {
                holds!(
                    now < deadline,
                    Deadlines,
                    "the wrap-up of {agent} ends {deadline:?}, and it is {now:?}"
                );
            }
            Session::None | Session::Talk { .. } => {}
        }
    }
    for id in &ledger.in_queue {
        let place = ledger.items.get(id).and_then(|item| item.place);
        let is = audit.in_line(*id).map(|in_line| in_line.place);
        holds!(place == is, Deadlines, "{id} was given {place:?} and has {is:?}");
    }
    Ok(())
}
