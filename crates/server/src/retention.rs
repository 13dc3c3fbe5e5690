//! Inputs of the engine (docs/replay.md) and changes of the configuration (docs/audit.md) are kept for so many days and
//! no longer.

use std::sync::Arc;
use std::time::Duration;

use perezvon_store::{Db, LastRun, StoreError};
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

/// For how many days each is kept.
#[derive(Clone, Copy)]
pub struct Days {
    /// 0 keeps none.
    pub inputs: u32,
    pub changes: u32,
}

/// Removes what is too old, at once and then every hour, until the server stops.
pub async fn forget(
    db: Db,
    configurations: Arc<Configurations>,
    days: Days,
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
                () = forget_now(&db, &configurations, days) => {}
            },
        }
    }
}

async fn forget_now(db: &Db, configurations: &Configurations, days: Days) {
    let before = |days: u32| now() + -i64::from(days) * DAY_MS;
    let last = if days.inputs == 0 { LastRun::IsOver } else { LastRun::GoesOn };
    for scope in configurations.scopes() {
        let own = db.tenant(&scope);
        let forgotten = async {
            in_portions(|| own.forget_inputs(before(days.inputs), last)).await?;
            in_portions(|| own.forget_changes(before(days.changes))).await
        };
        if let Err(error) = forgotten.await {
            tracing::warn!(%error, "what is too old is still kept; it is tried again in an hour");
            return;
        }
    }
}

async fn in_portions<F>(portion: impl Fn() -> F) -> Result<(), StoreError>
where
    F: Future<Output = Result<u64, StoreError>>,
{
    for _ in 0..PORTIONS {
        if portion().await? == 0 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
