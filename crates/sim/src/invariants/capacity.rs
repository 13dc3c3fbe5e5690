//! Invariant 3. Capacity used per agent and channel is within its limit and equal to the sum over the agent's sessions.

use perezvon_acd::Load;
use perezvon_engine::Audit;
use perezvon_model::channel::{Capacity, Channels};
use perezvon_model::journal::{Entry, Event};
use perezvon_model::{Activity, Channel};

use super::{Check, holds};
use crate::ledger::{AgentRow, Ledger, Session};

/// What a session takes, a wrap-up included. All sessions are calls until other channels come.
fn load(row: &AgentRow) -> Load {
    let mut load = Load::default();
    match row.session {
        Session::None => {}
        Session::Offer { .. } | Session::Talk { .. } | Session::WrapUp { .. } => load.takes(Channel::Voice),
    }
    load
}

pub(super) fn entry(ledger: &Ledger, entry: &Entry) -> Check {
    let Event::Offered { agent, .. } = &entry.event else { return Ok(()) };
    let room = ledger.agents.get(agent).map(|row| load(row).room(&Capacity::default()));
    let fits = room.is_some_and(|room| room.contains(Channel::Voice));
    holds!(fits, Capacity, "{agent} has no room for {:?}: {:?}", entry.interaction, ledger.agents.get(agent));
    Ok(())
}

pub(super) fn after(ledger: &Ledger, audit: Audit<'_>) -> Check {
    let capacity = Capacity::default();
    let mut known = 0;
    for id in audit.agents() {
        let Some(row) = ledger.agents.get(&id) else {
            holds!(false, Capacity, "{id} is there and not configured");
            continue;
        };
        known += 1;
        let (activity, about) = audit.work(id).unwrap_or((Activity::Idle, None));
        let (interaction, fits) = match row.session {
            Session::None => (None, activity == Activity::Idle),
            Session::Offer { interaction, .. } => {
                (Some(interaction), matches!(activity, Activity::Reserved | Activity::Ringing))
            }
            Session::Talk { interaction, held_since, .. } => {
                let held = if held_since.is_some() { Activity::Hold } else { Activity::Talking };
                (Some(interaction), activity == held)
            }
            Session::WrapUp { interaction, .. } => (Some(interaction), activity == Activity::WrapUp),
        };
        let same = fits && interaction == about;
        holds!(same, Capacity, "{id} does {activity:?} about {about:?}, by the journal {:?}", row.session);
        let load = load(row);
        holds!(load.used(&capacity) <= u32::from(capacity.units), Capacity, "{id} carries {load:?}");
        let free = ledger.is_ready(id) && row.session == Session::None;
        let room = if free { load.room(&capacity) } else { Channels::NONE };
        let open = audit.standing(id).map_or(Channels::NONE, |standing| standing.open);
        let right =
            open.without(room).is_empty() && open.contains(Channel::Voice) == room.contains(Channel::Voice);
        holds!(right, Capacity, "{id} is open for {open:?} and has room for {room:?}: {row:?}");
    }
    holds!(known == ledger.agents.len(), Capacity, "{known} agents, by the journal {}", ledger.agents.len());
    Ok(())
}
