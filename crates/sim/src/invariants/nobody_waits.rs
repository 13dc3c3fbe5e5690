//! Invariant 6. After a step no waiting item has an eligible free agent, unless a hold timer says so: the time for which
//! an agent who declined it is not asked again, and that for which it is held for another agent who is signed in.

use perezvon_engine::Audit;
use perezvon_model::UserId;

use super::{Check, holds};
use crate::ledger::{Ledger, Session};

pub(super) fn after(ledger: &Ledger, audit: Audit<'_>) -> Check {
    if ledger.in_queue.is_empty() {
        return Ok(());
    }
    let idle = ledger.agents.iter().filter(|(_, row)| row.session == Session::None);
    let free: Vec<UserId> = idle.map(|(id, _)| *id).filter(|id| ledger.is_ready(*id)).collect();
    if free.is_empty() {
        return Ok(());
    }
    for (interaction, item, stay) in ledger.due() {
        for agent in &free {
            let could = ledger.could_serve(stay, *agent, audit)
                && !ledger.declined(item, stay, *agent, audit)
                && !ledger.kept_from(stay, *agent, audit);
            holds!(!could, NobodyWaits, "{interaction} waits in {} while {agent} is free", stay.queue);
        }
    }
    Ok(())
}
