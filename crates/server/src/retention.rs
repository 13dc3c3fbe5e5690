//! Inputs are kept for so many days and no longer (docs/replay.md).

use std::sync::Arc;
use std::time::Duration;

use perezvon_store::{Db, LastRun};
use tokio::sync::watch;

use crate::clock::now;
use crate::configuration::Configurations;
use crate::start::is_set;

const EVERY: Duration = Duration::from_secs(3_600);
const DAY_MS: i64 = 86_400_000;
/// Portions of one company in one go; the rest follows in an hour.
const PORTIONS: u32 = 10_000;
/// Between two portions the journal's writer has its turn.
const PAUSE: Duration = Duration::from_millis(50);

/// Removes old inputs, all of them when none are to be kept, at once and then every hour, until the server stops.
pub async fn forget_inputs(
    db: Db,
    configurations: Arc<Configurations>,
    days: u32,
    mut stopped: watch::Receiver<bool>,
) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            biased;
            () = is_set(&mut stopped) => return,
            _ = every.tick() => tokio::select! {
                biased;
                () = is_set(&mut stopped) => return,
                () = forget(&db, &configurations, days) => {}
            },
        }
    }
}

async fn forget(db: &Db, configurations: &Configurations, days: u32) {
    let before = now() + -i64::from(days) * DAY_MS;
    let last = if days == 0 { LastRun::IsOver } else { LastRun::GoesOn };
    for scope in configurations.scopes() {
        for _ in 0..PORTIONS {
            match db.tenant(&scope).forget_inputs(before, last).await {
                Ok(0) => break,
                Ok(_) => tokio::time::sleep(PAUSE).await,
                Err(error) => {
                    tracing::warn!(%error, "old inputs are still kept; it is tried again in an hour");
                    return;
                }
            }
        }
    }
}
