//! Invariant 15. Whoever is sent elsewhere met a rule of the queue: what the journal says was measured is true by the
//! books. Nobody is sent more often in a row than may be. And whoever meets a rule that can be followed does not stay.

use perezvon_engine::{CONNECT_MS, DIAL_GRACE_MS, ESTIMATE_EVERY_MS, MAX_DIVERSIONS};
use perezvon_model::UtcMs;
use perezvon_model::config::Queue;
use perezvon_model::engine::Input;
use perezvon_model::hours::AtClose;
use perezvon_model::journal::{Entry, Event};
use perezvon_model::leg::LegEvent;
use perezvon_model::overflow::{Goal, Overflow, OverflowCause, OverflowWhen};

use super::{Check, holds};
use crate::ledger::{Ledger, Stay, Who};
use crate::world::Step;

/// How long an offer that rang past the time of a rule may leave the caller where they are, after its own time.
const RINGS_ON_MS: i64 = 1_000;

pub(super) fn entry(ledger: &Ledger, step: &Step, entry: &Entry) -> Check {
    let (Event::Overflowed { queue, cause, to }, Some(interaction)) = (&entry.event, entry.interaction)
    else {
        return Ok(());
    };
    let Some(item) = ledger.items.get(&interaction) else { return Ok(()) };
    let often = item.diversions < u32::from(MAX_DIVERSIONS);
    holds!(often, Elsewhere, "{interaction} is sent on for the {}th time in a row", item.diversions + 1);
    let Some(of) = ledger.queue(*queue) else {
        holds!(false, Elsewhere, "{interaction} is sent on by {queue}, which is not there");
        return Ok(());
    };
    let stay = item.stay.filter(|stay| stay.queue == *queue && stay.who == Who::OnTheLine);
    let right = match cause {
        OverflowCause::Closed => {
            let hours = of.routing.hours.as_ref();
            let leads = hours.is_some_and(|hours| {
                hours.closed == *to && (stay.is_none() || hours.at_close == AtClose::Send)
            });
            leads && !ledger.is_open(of)
        }
        OverflowCause::Asked => {
            let pressed = matches!(&step.input, Input::Leg { leg, event: LegEvent::Digit { digit: '1' } }
                if item.leg == Some(*leg));
            pressed && stay.is_some_and(|stay| stay.callback_offered) && *to == Goal::Callback
        }
        OverflowCause::Estimate { .. }
        | OverflowCause::Waited { .. }
        | OverflowCause::MoreWaiting { .. }
        | OverflowCause::NobodySignedIn => stay.is_some_and(|stay| {
            measured(ledger, of, &stay, *cause)
                && of.routing.overflow.iter().any(|rule| rule.to == *to && meets(rule, *cause))
        }),
    };
    holds!(right, Elsewhere, "{interaction} is sent on by {} for {cause:?} to {to:?}: {item:?}", of.key);
    Ok(())
}

/// Whether what was measured meets a rule.
fn meets(rule: &Overflow, cause: OverflowCause) -> bool {
    match (rule.when, cause) {
        (OverflowWhen::EstimateOver { s }, OverflowCause::Estimate { wait_ms }) => {
            wait_ms > i64::from(s) * 1_000
        }
        (OverflowWhen::WaitedOver { s }, OverflowCause::Waited { wait_ms }) => {
            wait_ms >= i64::from(s) * 1_000
        }
        (OverflowWhen::MoreWaiting { than }, OverflowCause::MoreWaiting { waiting }) => waiting > than,
        (OverflowWhen::NobodySignedIn, OverflowCause::NobodySignedIn) => true,
        (
            OverflowWhen::EstimateOver { .. }
            | OverflowWhen::WaitedOver { .. }
            | OverflowWhen::MoreWaiting { .. }
            | OverflowWhen::NobodySignedIn,
            _,
        ) => false,
    }
}

/// Whether it was as the journal says.
fn measured(ledger: &Ledger, queue: &Queue, stay: &Stay, cause: OverflowCause) -> bool {
    match cause {
        OverflowCause::Waited { wait_ms } => wait_ms == ledger.now.since_ms(stay.since),
        OverflowCause::MoreWaiting { waiting } => {
            let stays = ledger.in_queue.iter().filter_map(|id| ledger.items.get(id)?.stay);
            let (mut others, mut just_now) = (0, 0);
            for other in stays.filter(|other| other.queue == queue.id) {
                others += 1;
                just_now += u32::from(other.who == Who::Away && other.since == ledger.now);
            }
            // Promises that have become due at this very moment may have been looked at later.
            (others - 1 - just_now..others).contains(&waiting) && stay.since == ledger.now
        }
        OverflowCause::NobodySignedIn => !ledger.somebody_signed_in(queue.id),
        OverflowCause::Estimate { .. } => true,
        OverflowCause::Closed | OverflowCause::Asked => false,
    }
}

/// Whoever waits past the time of a rule that can be followed, or when the queue has closed.
pub(super) fn after(ledger: &Ledger) -> Check {
    for id in &ledger.in_queue {
        let Some(item) = ledger.items.get(id) else { continue };
        let Some(stay) = item.stay.filter(|stay| stay.who == Who::OnTheLine) else { continue };
        let Some(of) = ledger.queue(stay.queue) else { continue };
        if !item.offers.is_empty() || item.diversions >= u32::from(MAX_DIVERSIONS) {
            continue;
        }
        let rang_until = item.rings_until + CONNECT_MS.max(DIAL_GRACE_MS) + RINGS_ON_MS;
        let due = |rule: &&Overflow| match rule.when {
            OverflowWhen::WaitedOver { s } => {
                let at = stay.since + i64::from(s) * 1_000;
                goes_at(ledger, &rule.to, at).is_some_and(|at| at.max(rang_until) < ledger.now)
            }
            // Who was called back is not sent away at once.
            OverflowWhen::NobodySignedIn if stay.was_called => false,
            OverflowWhen::NobodySignedIn => {
                can_always_go(ledger, &rule.to)
                    && !ledger.somebody_signed_in(stay.queue)
                    && rang_until < ledger.now
            }
            OverflowWhen::EstimateOver { .. } | OverflowWhen::MoreWaiting { .. } => false,
        };
        let due = of.routing.overflow.iter().find(due);
        holds!(due.is_none(), Elsewhere, "{id} waits in {} past {due:?}: {item:?}", of.key);
        let sends = of.routing.hours.as_ref().is_some_and(|hours| {
            hours.at_close == AtClose::Send
                && can_always_go(ledger, &hours.closed)
                && ledger.was_open(of, stay.since)
                && !ledger.is_open(of)
        });
        holds!(!sends || ledger.now < rang_until, Elsewhere, "{id} waits in {}, which has closed", of.key);
    }
    Ok(())
}

/// Goals that no queue or promise can be in the way of.
fn can_always_go(ledger: &Ledger, goal: &Goal) -> bool {
    match goal {
        Goal::Onward | Goal::Number { .. } | Goal::Voicemail => true,
        Goal::Flow { flow } => ledger.has_flow(*flow),
        Goal::Queue { .. } | Goal::Callback => false,
    }
}

/// By when a rule that holds from a time on has been followed at the latest; `None` while it cannot be, or may not be.
fn goes_at(ledger: &Ledger, goal: &Goal, at: UtcMs) -> Option<UtcMs> {
    match goal {
        Goal::Queue { queue } => {
            let room = ledger.room_since(*queue)?;
            Some(if room < at { at } else { room + ESTIMATE_EVERY_MS })
        }
        Goal::Onward | Goal::Number { .. } | Goal::Voicemail | Goal::Flow { .. } => {
            can_always_go(ledger, goal).then_some(at)
        }
        // Whoever else is promised a call to the number may be in the way.
        Goal::Callback => None,
    }
}
