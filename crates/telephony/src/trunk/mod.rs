//! Trunks that register at a provider: one task each, brought in line with the directory on reload.

mod register;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use perezvon_model::config::TrunkRegistration;
use perezvon_model::{TenantScope, TrunkId};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::core::Core;

/// The most trunks that register.
const MAX_TRUNKS: usize = 10_000;

#[derive(Default)]
pub(crate) struct Trunks {
    running: Mutex<HashMap<TrunkId, Running>>,
    tasks: TaskTracker,
}

struct Running {
    scope: TenantScope,
    account: TrunkRegistration,
    stop: CancellationToken,
}

impl Trunks {
    /// Starts what is new, stops what is gone, restarts what changed.
    pub(crate) fn align(&self, core: &Arc<Core>) {
        let wanted: HashMap<TrunkId, (TenantScope, TrunkRegistration)> = core
            .directory
            .registrations()
            .into_iter()
            .take(MAX_TRUNKS)
            .filter_map(|(scope, trunk)| trunk.registration.map(|account| (trunk.id, (scope, account))))
            .collect();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|trunk, run| {
            let same = wanted
                .get(trunk)
                .is_some_and(|(scope, account)| *scope == run.scope && *account == run.account);
            if !same {
                run.stop.cancel();
            }
            same
        });
        for (trunk, (scope, account)) in wanted {
            running.entry(trunk).or_insert_with(|| {
                let stop = core.stack.stopping().child_token();
                let task = register::run(core.clone(), scope, trunk, account.clone(), stop.clone());
                self.tasks.spawn(task);
                Running { scope, account, stop }
            });
        }
    }

    /// Takes back all registrations.
    pub(crate) async fn stop_all(&self) {
        for (_, run) in self.running.lock().unwrap_or_else(PoisonError::into_inner).drain() {
            run.stop.cancel();
        }
        self.tasks.close();
        self.tasks.wait().await;
    }
}
