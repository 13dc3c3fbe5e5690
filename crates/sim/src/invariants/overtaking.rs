//! Invariant 8. With ageing on, no item is overtaken without bound.
//!
//! Who came `d` later and ages no faster is before somebody only by the points that both began with:
//! `points(later) - points(earlier) >= ageing(earlier) x d`. So nobody who comes more than
//! `(highest - lowest points) / ageing` minutes later is served before, however many come.

use perezvon_acd::PARTS_PER_POINT;
use perezvon_engine::Audit;
use perezvon_model::journal::{Entry, Event};

use super::{Check, holds};
use crate::ledger::{Ledger, Stay};

pub(super) fn entry(ledger: &Ledger, entry: &Entry, audit: Audit<'_>) -> Check {
    let (Event::Routed { agents, .. }, Some(interaction)) = (&entry.event, entry.interaction) else {
        return Ok(());
    };
    let Some(mine) = ledger.items.get(&interaction) else { return Ok(()) };
    let (Some(stay), Some(place)) = (mine.stay, mine.place) else { return Ok(()) };
    let ageing =
        |stay: &Stay| ledger.queue(stay.queue).map_or(0, |queue| i64::from(queue.routing.ageing_per_min));
    for (other, item, others) in ledger.due() {
        let Some(before) = item.place else { continue };
        let (later_ms, rate) = (place.clock.0 - before.clock.0, ageing(others));
        let lead = i64::from(stay.points - others.points) * PARTS_PER_POINT;
        if later_ms <= 0 || rate == 0 || ageing(&stay) > rate || lead >= rate * later_ms {
            continue;
        }
        for agent in agents {
            let passed_over = !ledger.could_serve(others, *agent, audit)
                || ledger.declined(item, others, *agent, audit)
                || ledger.kept_from(others, *agent, audit);
            holds!(
                passed_over,
                Overtaking,
                "{agent} is given {interaction}, which came {later_ms} ms after {other} and has {lead} parts more"
            );
        }
    }
    Ok(())
}
