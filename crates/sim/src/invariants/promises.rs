//! Invariant 13. A call is promised once to one number, keeps its place, is tried as often as the queue says and comes to
//! an end: agent and customer talk, the customer waits on the line again, or it is given up for a reason that is true.

use perezvon_engine::MAX_CALLBACK_MS;
use perezvon_model::journal::{Entry, Event, Outcome, QueueOutcome, Topic};
use perezvon_model::leg::Cause;
use perezvon_model::overflow::CallFirst;
use perezvon_model::{InteractionId, QueueId};

use super::{Check, holds};
use crate::ledger::{Item, Ledger, Promise, PromiseStage, Served, costs_a_try};

/// One that is being kept when its day is over is looked at when that has come to its end.
const OLD_GRACE_MS: i64 = 600_000;

pub(super) fn entry(ledger: &Ledger, entry: &Entry) -> Check {
    let Some((interaction, item)) = entry.interaction.and_then(|id| Some((id, ledger.items.get(&id)?)))
    else {
        return Ok(());
    };
    match entry.event.topic() {
        Topic::Callback => callback(ledger, interaction, item, entry),
        Topic::Line => line(ledger, interaction, item, entry),
        Topic::Interaction => ended(ledger, interaction, item, entry),
        Topic::Offer | Topic::Conversation | Topic::Recording | Topic::AfterCall | Topic::Agent => Ok(()),
    }
}

fn callback(ledger: &Ledger, interaction: InteractionId, item: &Item, entry: &Entry) -> Check {
    let promise = item.promise.as_ref();
    if let Event::CallbackPromised { number, place_at, .. } = &entry.event {
        let own = item.number.as_ref() == Some(number);
        holds!(own, Promises, "{interaction} is promised a call to {number}: {:?}", item.number);
        let other = ledger.promised_to(number);
        holds!(other.is_none(), Promises, "{number} is promised a call again, by {other:?} before");
        holds!(ledger.has_way_out(), Promises, "{interaction} is promised a call that nobody can make");
        let place_at = item.place.is_none_or(|place| place.clock == *place_at);
        holds!(place_at, Promises, "{interaction} is promised a call at another place: {item:?}");
    }
    if let Event::CallbackDialled { queue, attempt } = &entry.event {
        let first = ledger.queue(*queue).map(|queue| queue.routing.callbacks.first);
        // Where an agent took it, the rule may have changed since.
        let by_rule =
            item.offers.len() == 1 || (item.offers.is_empty() && first == Some(CallFirst::Customer));
        let is_due = promise.is_some_and(|promise| {
            promise.queue == *queue && promise.tries + 1 == *attempt && promise.stage == PromiseStage::InLine
        });
        holds!(by_rule && is_due, Promises, "the customer of {interaction} is called, {attempt}: {item:?}");
    }
    if let Event::CallbackFailed { queue, cause, again_at } = &entry.event {
        let Some(promise) = promise.filter(|promise| promise.queue == *queue) else {
            holds!(false, Promises, "{interaction} was promised no call, and it failed: {item:?}");
            return Ok(());
        };
        let again = again_at.map(|at| at - entry.at);
        let right = may_fail(ledger, promise, *cause, again);
        holds!(right, Promises, "{interaction} failed by {cause:?}, again in {again:?} ms: {promise:?}");
    }
    Ok(())
}

/// Whoever is to be called, and comes, has the place of that call.
fn line(ledger: &Ledger, interaction: InteractionId, item: &Item, entry: &Entry) -> Check {
    let Event::Queued { queue, .. } = &entry.event else { return Ok(()) };
    if item.place.is_some() {
        return Ok(());
    }
    let other = item.number.as_ref().and_then(|number| ledger.promised_to(number));
    let waits = other.and_then(|id| ledger.items.get(&id)).filter(|other| is_away(other, *queue));
    holds!(waits.is_none(), Promises, "{interaction} waits in {queue}, and will be called: {other:?}");
    Ok(())
}

/// Waits to be called for a queue, and is not being called.
fn is_away(item: &Item, queue: QueueId) -> bool {
    let stage = item.promise.as_ref().filter(|promise| promise.queue == queue).map(|promise| promise.stage);
    let rests = matches!(stage, Some(PromiseStage::InLine | PromiseStage::Pauses { .. }));
    rests && item.offers.is_empty() && item.routed.is_empty()
}

/// Whether a promise may come to nothing in this way; `again` is the pause until the next try, in milliseconds.
fn may_fail(ledger: &Ledger, promise: &Promise, cause: Cause, again: Option<i64>) -> bool {
    let Some(queue) = ledger.queue(promise.queue) else {
        // A queue that is gone calls nobody.
        return again.is_none() && cause == Cause::Unavailable;
    };
    let rule = queue.routing.callbacks;
    let tried = matches!(promise.stage, PromiseStage::Dialled { .. });
    let last = promise.tries + u32::from(costs_a_try(cause)) >= u32::from(rule.tries);
    match (tried, again) {
        (true, Some(ms)) => !last && ms == i64::from(rule.again_after_s) * 1_000,
        (true, None) => last,
        (false, Some(_)) => false,
        (false, None) => match cause {
            Cause::Timeout => ledger.now.0 >= promise.at.0 + MAX_CALLBACK_MS,
            // The customer called in.
            Cause::Cancelled => true,
            Cause::Normal
            | Cause::Busy
            | Cause::NoAnswer
            | Cause::Declined
            | Cause::Unavailable
            | Cause::NotFound
            | Cause::Forbidden
            | Cause::Overload
            | Cause::NoCodec
            | Cause::Interrupted
            | Cause::Failed => false,
        },
    }
}

/// The outcome is what the journal told.
fn ended(ledger: &Ledger, interaction: InteractionId, item: &Item, entry: &Entry) -> Check {
    let Event::InteractionEnded { outcome, .. } = entry.event else { return Ok(()) };
    let told = match item.served {
        Served::Talked => Outcome::Answered,
        Served::Spoke => Outcome::LeftMessage,
        Served::NotReached => Outcome::NotReached,
        Served::NotYet if matches!(item.left_now, Some((_, QueueOutcome::Abandoned))) => Outcome::Abandoned,
        Served::NotYet => Outcome::EndedInFlow,
    };
    holds!(
        outcome == told,
        Promises,
        "{interaction} ends {outcome:?}, and it was {told:?} at {:?}",
        ledger.now
    );
    Ok(())
}

pub(super) fn after(ledger: &Ledger) -> Check {
    for (id, item) in &ledger.items {
        let Some(promise) = &item.promise else { continue };
        let age_ms = ledger.now.since_ms(promise.at);
        holds!(age_ms < MAX_CALLBACK_MS + OLD_GRACE_MS, Promises, "{id} waits for {age_ms} ms: {promise:?}");
    }
    Ok(())
}
