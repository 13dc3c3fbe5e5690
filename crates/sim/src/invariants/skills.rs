//! Invariant 4. No assignment without the skills in force for that ring: the step of relaxing that time and staff allow,
//! and no wider one.

use perezvon_engine::Audit;
use perezvon_model::journal::{Entry, Event};

use super::{Check, holds};
use crate::ledger::Ledger;

pub(super) fn entry(ledger: &Ledger, entry: &Entry, audit: Audit<'_>) -> Check {
    let (Event::Routed { agents, receipt }, Some(interaction)) = (&entry.event, entry.interaction) else {
        return Ok(());
    };
    let Some(stay) = ledger.items.get(&interaction).and_then(|item| item.stay) else { return Ok(()) };
    let Some(queue) = ledger.queue(stay.queue) else {
        holds!(false, Skills, "{interaction} is routed in {}, which is not there", stay.queue);
        return Ok(());
    };
    let step = ledger.in_force(&stay, audit);
    holds!(
        receipt.step as usize == step,
        Skills,
        "{interaction} is routed at step {}, and {step} is in force for {stay:?}",
        receipt.step
    );
    for id in agents {
        let may = ledger.agent(*id).is_some_and(|agent| ledger.meets(queue, step, agent, audit));
        holds!(may, Skills, "{id} may not serve {interaction} in {} at step {step}", queue.key);
    }
    Ok(())
}

/// The engine's steps are those of the clock.
pub(super) fn after(ledger: &Ledger, audit: Audit<'_>) -> Check {
    for id in &ledger.in_queue {
        let stay = ledger.items.get(id).and_then(|item| item.stay);
        let (Some(stay), Some(in_line)) = (stay, audit.in_line(*id)) else { continue };
        holds!(
            in_line.step == stay.step,
            Skills,
            "{id} is at step {} and {} is due",
            in_line.step,
            stay.step
        );
    }
    Ok(())
}
