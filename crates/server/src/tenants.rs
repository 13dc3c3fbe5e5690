//! The companies that run on this server, each in a task of its own. A company that is made beside this program
//! (`perezvon admin`) is started, and a configuration that was changed beside it is taken over.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use perezvon_api::{ApiState, PortRequest, TenantPort, Tenants};
use perezvon_engine::{AgentToday, Tenant, Today};
use perezvon_model::engine::{Input, NewItem};
use perezvon_model::{RunId, TenantId, TenantScope};
use perezvon_store::{InputRun, OwedItem, StoreError, TenantDb};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::clock::now;
use crate::run_record::RunRecord;
use crate::tenant::{Mail, Surroundings, TenantTask};

/// How often the versions of all configurations are looked at: one short read of one small table.
const LOOK_EVERY: Duration = Duration::from_millis(1_500);
/// A tenant's task that takes longer to take its configuration over is left to the next look.
const TAKE_OVER_LIMIT: Duration = Duration::from_secs(10);

/// Tenants that run on this server; one for each of the database.
#[derive(Default)]
pub struct Running(RwLock<HashMap<TenantId, Entered>>);

/// A tenant's task and the ways to it.
struct Entered {
    port: TenantPort,
    mail: mpsc::Sender<Mail>,
    task: AbortHandle,
}

impl Running {
    pub fn mail(&self, tenant: TenantId) -> Option<mpsc::Sender<Mail>> {
        Some(self.0.read().ok()?.get(&tenant)?.mail.clone())
    }

    /// Companies whose task has ended. One that failed stays here, so that nobody starts a second one that knows
    /// nothing of the calls that run.
    pub fn ended(&self) -> Vec<TenantId> {
        // Nothing panics while it holds the lock but the making of a new entry, and that leaves the map whole.
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|(_, entered)| entered.task.is_finished()).map(|(tenant, _)| *tenant).collect()
    }

    pub(crate) fn enter(
        &self,
        tenant: TenantId,
        port: TenantPort,
        mail: mpsc::Sender<Mail>,
        task: AbortHandle,
    ) {
        if let Ok(mut all) = self.0.write() {
            all.insert(tenant, Entered { port, mail, task });
        }
    }
}

impl Tenants for Running {
    fn port(&self, tenant: TenantId) -> Option<TenantPort> {
        Some(self.0.read().ok()?.get(&tenant)?.port.clone())
    }
}

/// Starts tenants and owns their tasks.
pub struct Keeper {
    pub around: Surroundings,
    pub running: Arc<Running>,
    pub stopped: watch::Receiver<bool>,
    pub tasks: JoinSet<()>,
    pub told: Told,
}

/// Why configurations were not taken over, so that the log says it once and not at each look.
#[derive(Default)]
pub struct Told(HashMap<TenantId, String>);

impl Told {
    /// Whether nobody was told of it yet.
    fn is_news(&mut self, tenant: TenantId, why: String) -> bool {
        let known = self.0.get(&tenant) == Some(&why);
        self.0.insert(tenant, why);
        !known
    }

    fn forget(&mut self, tenant: TenantId) {
        self.0.remove(&tenant);
    }
}

impl Keeper {
    pub async fn start(&mut self, scope: TenantScope) -> anyhow::Result<()> {
        let Surroundings { db, media, legs, configurations, recordings, .. } = &self.around;
        let config = configurations.of(scope).context("the tenant was loaded a moment ago")?;
        let tenant = db.tenant(&scope);
        let interrupted =
            tenant.interrupted(now()).await.context("cannot read what was open at the last stop")?;
        tenant.append(&interrupted.entries).await.context("cannot close what was open at the last stop")?;
        if !interrupted.entries.is_empty() {
            tracing::warn!(tenant = %config.name, rows = interrupted.entries.len(), "closed what the last stop interrupted");
        }
        let midnight = crate::configuration::midnight(now(), config.utc_offset_min);
        let today = today(tenant.today(midnight).await.context("cannot read today's figures")?);
        let seed = seed();
        let record = match self.around.keeps_inputs {
            true => Some(begin_run(&tenant, seed, &today).await?),
            false => None,
        };
        let (mut task, mail, port) =
            TenantTask::new(scope, Tenant::new(seed), record, config.clone(), today, self.around.clone());
        let (callbacks, items) = (interrupted.owed.len(), interrupted.items.len());
        if callbacks + items > 0 {
            tracing::info!(tenant = %config.name, callbacks, items, "what was owed before the last stop is kept");
        }
        for owed in interrupted.owed {
            task.owes(Input::CallbackOwed(owed));
        }
        for OwedItem { item, customer } in interrupted.items {
            let card = match customer {
                // Without the card the item is served all the same.
                Some(customer) => tenant.customer(customer).await.ok().map(Arc::new),
                None => None,
            };
            task.owes(Input::ItemArrived(NewItem { customer: card, ..item }));
        }
        for agent in &config.agents {
            legs.put_agent(agent.id, scope, mail.clone());
        }
        if let Err(error) = crate::recordings::put_unknown_aside(&tenant, scope.tenant(), recordings).await {
            tracing::error!(
                "recordings of which the journal does not know could not be put aside: {error:#}"
            );
        }
        crate::recordings::seal_left_over(&interrupted.growing, scope, recordings, media, legs, &mail);
        let task = self.tasks.spawn(task.run(self.stopped.clone()));
        self.running.enter(scope.tenant(), port, mail, task);
        Ok(())
    }

    /// Looks after the tenants until the server stops, and then until their tasks have ended.
    pub async fn keep(mut self, api: ApiState) {
        let mut stopped = self.stopped.clone();
        let mut every = interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = crate::start::is_set(&mut stopped) => break,
                Some(ended) = self.tasks.join_next() => {
                    // `/readyz` names the company; whoever supervises this program starts it again.
                    let why = ended.err().map_or_else(|| "it ended by itself".to_owned(), |error| error.to_string());
                    tracing::error!(why, "a company's task failed; its calls are refused until the next start");
                }
                _ = every.tick() => tokio::select! {
                    biased;
                    () = crate::start::is_set(&mut stopped) => break,
                    () = self.look(&api) => {}
                },
            }
        }
        while self.tasks.join_next().await.is_some() {}
    }

    async fn look(&mut self, api: &ApiState) {
        let stale = match self.around.configurations.stale(&self.around.db, &self.running).await {
            Ok(stale) => stale,
            Err(error) => {
                tracing::debug!(%error, "configurations cannot be looked at: the database is away");
                return;
            }
        };
        for scope in stale {
            let taken = match self.running.port(scope.tenant()) {
                Some(port) => take_over(&port).await,
                None => self.begin(scope).await,
            };
            match taken {
                Ok(()) => {
                    tracing::info!(tenant = %scope.tenant(), "took over a configuration that was changed elsewhere");
                    self.told.forget(scope.tenant());
                    api.reloaded();
                }
                Err(error) => {
                    let why = format!("{error:#}");
                    if self.told.is_news(scope.tenant(), why.clone()) {
                        tracing::warn!(tenant = %scope.tenant(), "a configuration was not taken over: {why}");
                    }
                }
            }
        }
    }

    /// A company that was made while the server runs, or whose settings can be read again.
    async fn begin(&mut self, scope: TenantScope) -> anyhow::Result<()> {
        let Surroundings { db, configurations, telephony, .. } = &self.around;
        let read = configurations.reload(db, scope).await;
        configurations.set_left_out(scope.tenant(), matches!(read, Err(StoreError::Unexpected(_))));
        read?;
        telephony.reload();
        self.start(scope).await
    }
}

async fn take_over(port: &TenantPort) -> anyhow::Result<()> {
    let (reply, answer) = oneshot::channel();
    port.commands
        .try_send(PortRequest::Reload { reply })
        .map_err(|_| anyhow::anyhow!("the tenant is busy"))?;
    let answer = tokio::time::timeout(TAKE_OVER_LIMIT, answer).await.context("the tenant takes too long")?;
    answer.context("the tenant's task has ended")?.map_err(anyhow::Error::msg)
}

/// Notes what the engine begins with; its inputs follow (`docs/replay.md`).
async fn begin_run(tenant: &TenantDb, seed: u64, today: &Today) -> anyhow::Result<RunRecord> {
    let run = InputRun {
        id: RunId(uuid::Uuid::now_v7()),
        started_at: now(),
        seed,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        today: serde_json::to_string(today).context("today's figures are plain data")?,
    };
    tenant.begin_run(&run).await.context("cannot note that the company's engine begins")?;
    Ok(RunRecord::new(run.id))
}

/// The store's sums in the engine's words.
fn today(stored: perezvon_store::report::Today) -> Today {
    let agents = stored.agents.into_iter();
    Today {
        queues: stored.queues,
        agents: agents
            .map(|(agent, sums)| (agent, AgentToday { handled: sums.handled, handle_ms: sums.handle_ms }))
            .collect(),
    }
}

/// Ids must differ between starts; nothing else depends on the seed.
fn seed() -> u64 {
    let (high, low) = uuid::Uuid::now_v7().as_u64_pair();
    high ^ low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_a_configuration_from_being_taken_over_is_told_once() {
        let (mut told, tenant) = (Told::default(), TenantId(uuid::Uuid::from_u128(1)));
        let mut news = |why: &str| told.is_news(tenant, why.to_owned());
        assert_eq!(
            [news("a queue"), news("a queue"), news("a flow"), news("a queue")],
            [true, false, true, true]
        );
        told.forget(tenant);
        assert!(told.is_news(tenant, "a queue".to_owned()), "it happens again after it went well");
    }

    #[tokio::test]
    async fn a_company_whose_task_failed_is_named() {
        let running = Running::default();
        let (mail, _mails) = mpsc::channel(1);
        let (commands, _requests) = mpsc::channel(1);
        let mut tasks = JoinSet::new();
        let (well, ill) = (TenantId(uuid::Uuid::from_u128(1)), TenantId(uuid::Uuid::from_u128(2)));
        let port = TenantPort { commands };
        running.enter(well, port.clone(), mail.clone(), tasks.spawn(std::future::pending::<()>()));
        running.enter(ill, port, mail, tasks.spawn(async { panic!("as a fault would") }));
        assert!(tasks.join_next().await.is_some_and(|ended| ended.is_err()));
        assert_eq!(running.ended(), [ill]);
    }
}
