//! Invariant 14. Who is held for an agent is offered to nobody else meanwhile, and nobody is given as preferred who is not.

use perezvon_engine::Audit;
use perezvon_model::journal::{Entry, Event};
use perezvon_model::routing::Regime;

use super::{Check, holds};
use crate::ledger::{Held, Ledger};

pub(super) fn entry(ledger: &Ledger, entry: &Entry, audit: Audit<'_>) -> Check {
    let (Event::Routed { agents, receipt }, Some(interaction)) = (&entry.event, entry.interaction) else {
        return Ok(());
    };
    let Some(stay) = ledger.items.get(&interaction).and_then(|item| item.stay) else { return Ok(()) };
    let preferred = stay.preferred.map(|(agent, _)| agent);
    let right = match (stay.held, receipt.regime) {
        (Held::Yes, Regime::Preferred) | (Held::Unknown, Regime::Preferred) => {
            preferred.is_some_and(|agent| *agents == [agent])
        }
        (Held::No | Held::Unknown, Regime::AgentsToSpare | Regime::InteractionsWaiting) => true,
        // The agent may have been lent until this very step.
        (Held::Yes, Regime::AgentsToSpare | Regime::InteractionsWaiting) => {
            ledger.held_for(&stay, audit).is_none()
        }
        (Held::No, Regime::Preferred) => false,
    };
    holds!(right, Held, "{interaction} is given to {agents:?} as {:?}: {stay:?}", receipt.regime);
    Ok(())
}
