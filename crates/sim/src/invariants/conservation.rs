//! Invariant 1. Conservation: offered = waiting + reserved + active + handled + abandoned + transferred + failed + called
//! back, per queue, at each event; and promised = kept + not kept + owed still. Once everybody has gone, nothing is left.

use perezvon_engine::{Remains, Tenant};

use super::{Check, holds};
use crate::ledger::{Bucket, Ledger, PromiseStage};

pub(super) fn after(ledger: &Ledger, engine: &Tenant) -> Check {
    for (id, row) in &ledger.queues {
        let somewhere: u64 = row.buckets.iter().sum();
        holds!(
            row.offered == somewhere,
            Conservation,
            "{} offered to {id}, {somewhere} there: {row:?}",
            row.offered
        );
        let promises = ledger.items.values().filter_map(|item| item.promise.as_ref());
        let owed = promises.filter(|promise| promise.queue == *id && promise.stage != PromiseStage::Over);
        let owed = owed.count() as u64;
        holds!(
            row.promised == row.kept + row.not_kept + owed,
            Conservation,
            "{owed} are to be called back for {id}: {row:?}"
        );
        let away = ledger.away(*id);
        let (waits, engine_says) =
            (row.of(Bucket::Waiting) + row.of(Bucket::Reserved) + away, engine.audit().waiting(*id) as u64);
        let callbacks = u64::from(engine.audit().callbacks(*id));
        holds!(
            away == callbacks || ledger.queue(*id).is_none(),
            Conservation,
            "{away} in line of {id} are to be called back by the journal, {callbacks} by the engine"
        );
        holds!(
            waits == engine_says,
            Conservation,
            "{waits} wait in {id} by the journal, {engine_says} by the engine"
        );
    }
    let remains = engine.remains();
    let (calls, waiting) = (ledger.items.len(), ledger.in_queue.len());
    holds!(
        (calls, waiting) == (remains.calls, remains.waiting),
        Conservation,
        "{calls} calls and {waiting} waiting by the journal, {} and {} by the engine",
        remains.calls,
        remains.waiting
    );
    Ok(())
}

pub(super) fn over(ledger: &Ledger, engine: &Tenant) -> Check {
    let open: Vec<_> = ledger.items.keys().collect();
    holds!(open.is_empty(), Conservation, "never ended: {open:?}");
    let Remains { calls, items, legs, asks, waiting, timers, agents: _ } = engine.remains();
    let left = [calls, items, legs, asks, waiting, timers];
    holds!(left == [0; 6], Conservation, "calls, items, legs, asks, waiting, timers are left: {left:?}");
    Ok(())
}
