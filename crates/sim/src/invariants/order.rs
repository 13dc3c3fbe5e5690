//! Invariant 5. Equal class and effective priority: the order of serving is the order of places; and higher effective
//! priority goes first. Those whom the agent just declined are passed over (`Behind::Declined` in the receipt).

use perezvon_engine::Audit;
use perezvon_model::journal::{Entry, Event};

use super::{Check, holds};
use crate::ledger::Ledger;

pub(super) fn entry(ledger: &Ledger, entry: &Entry, audit: Audit<'_>) -> Check {
    let (Event::Routed { agents, .. }, Some(interaction)) = (&entry.event, entry.interaction) else {
        return Ok(());
    };
    let Some(mine) = ledger.items.get(&interaction) else { return Ok(()) };
    let Some(stay) = mine.stay else { return Ok(()) };
    let turn = ledger.turn(mine, &stay);
    for (other, item, others) in ledger.due() {
        if other == interaction || ledger.turn(item, others) >= turn {
            continue;
        }
        for agent in agents {
            let passed_over = !ledger.could_serve(others, *agent, audit)
                || ledger.declined(item, others, *agent, audit)
                || ledger.kept_from(others, *agent, audit);
            holds!(
                passed_over,
                Order,
                "{agent} is given {interaction} at {turn:?}, and {other} is before at {:?}: {others:?}",
                ledger.turn(item, others)
            );
        }
    }
    Ok(())
}
