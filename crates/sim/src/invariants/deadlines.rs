//! Invariant 7. No new voice item before wrap-up ends; time limits of offers and wrap-ups are met, once; an offer that
//! comes to nothing leaves the place as it was.

use perezvon_engine::{Audit, CONNECT_MS, DIAL_GRACE_MS, Whereabouts};
use perezvon_model::journal::{Entry, Event, Topic};

use super::{Check, holds};
use crate::ledger::{Ledger, PromiseStage, Session};

pub(super) fn entry(ledger: &Ledger, entry: &Entry) -> Check {
    match entry.event.topic() {
        Topic::Offer => offer(ledger, entry),
        Topic::AfterCall => after_call(ledger, entry),
        Topic::Interaction
        | Topic::Line
        | Topic::Callback
        | Topic::Conversation
        | Topic::Recording
        | Topic::Agent => Ok(()),
    }
}

fn offer(ledger: &Ledger, entry: &Entry) -> Check {
    let session_of = |agent| ledger.agents.get(agent).map(|row| row.session);
    if let Event::Offered { agent, .. } = &entry.event {
        let wraps_up = matches!(session_of(agent), Some(Session::WrapUp { .. }));
        holds!(!wraps_up, Deadlines, "{agent} is offered {:?} in wrap-up", entry.interaction);
    }
    if let Event::OfferEnded { offer, agent, .. } = &entry.event {
        let session = session_of(agent);
        let runs = matches!(session, Some(Session::Offer { offer: of, .. }) if of == *offer);
        holds!(runs, Deadlines, "{offer} ends twice, or never began: {agent} has {session:?}");
    }
    Ok(())
}

fn after_call(ledger: &Ledger, entry: &Entry) -> Check {
    let Event::WrapUpEnded { agent, wrap_up_ms, .. } = &entry.event else { return Ok(()) };
    let session = ledger.agents.get(agent).map(|row| row.session);
    let lasted = matches!(session, Some(Session::WrapUp { at, .. }) if entry.at.since_ms(at) == *wrap_up_ms);
    holds!(lasted, Deadlines, "a wrap-up of {wrap_up_ms} ms ends, and {agent} has {session:?}");
    Ok(())
}

pub(super) fn after(ledger: &Ledger, audit: Audit<'_>) -> Check {
    let now = ledger.now;
    for (agent, row) in &ledger.agents {
        match row.session {
            Session::Offer { deadline, offer, interaction, .. } => {
                let promise = ledger.items.get(&interaction).and_then(|item| item.promise.as_ref());
                let until = match promise.map(|promise| promise.stage) {
                    Some(PromiseStage::Dialled { until }) => until,
                    // An accept just before the deadline leaves the browser its time to connect.
                    Some(
                        PromiseStage::InLine
                        | PromiseStage::LastWords
                        | PromiseStage::Pauses { .. }
                        | PromiseStage::Over,
                    )
                    | None => deadline + CONNECT_MS.max(DIAL_GRACE_MS),
                };
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
    for (id, item) in &ledger.items {
        let until = match item.promise.as_ref().map(|promise| promise.stage) {
            Some(PromiseStage::Dialled { until } | PromiseStage::Pauses { until }) => Some(until),
            Some(PromiseStage::LastWords | PromiseStage::InLine | PromiseStage::Over) | None => None,
        };
        holds!(until.is_none_or(|until| now < until), Deadlines, "{id} is late: {:?}", item.promise);
        if audit.whereabouts(*id) == Some(Whereabouts::Message) {
            let in_time = item.message_until.is_some_and(|until| now < until);
            holds!(in_time, Deadlines, "{id} speaks a message, or is to: {:?}", item.message_until);
        }
    }
    for id in &ledger.in_queue {
        let place = ledger.items.get(id).and_then(|item| item.place);
        let is = audit.in_line(*id).map(|in_line| in_line.place);
        holds!(place == is, Deadlines, "{id} was given {place:?} and has {is:?}");
    }
    Ok(())
}
