//! The task that owns one tenant's state machine: it carries inputs in and outputs out and decides nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use perezvon_api::{PortRequest, TenantPort};
use perezvon_engine::{Tenant, Today};
use perezvon_media::Media;
use perezvon_model::config::TenantConfig;
use perezvon_model::engine::{AgentCommand, CommandRefused, Input, Output, Question, Reply};
use perezvon_model::journal::Entry;
use perezvon_model::leg::{DialTarget, LegCommand, LegEvent};
use perezvon_model::view::{DeskView, FloorView};
use perezvon_model::{AskId, Device, LegId, Presence, RecordingId, RequestId, TenantScope, UserId, UtcMs};
use perezvon_store::Db;
use perezvon_telephony::Telephony;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::clock::now;
use crate::configuration::Configurations;
use crate::journal_writer::JournalWriter;
use crate::leg_map::LegMap;
use crate::run_record::RunRecord;

/// Inputs that may wait for one tenant. While half of it waits new calls are refused (`events.rs`), so that events of
/// running calls have room.
pub const MAILBOX: usize = 16_384;
/// Customer look-ups at once for one tenant; one more is answered as failed and the call goes on.
const LOOKUPS_AT_ONCE: usize = 256;
/// Offers of browsers that are answered at once for one tenant; one more is told to try again.
const BROWSER_OFFERS_AT_ONCE: usize = 64;
/// Requests to take the stored configuration over that are read at once: each page that saves asks for one.
const RELOADS_AT_ONCE: usize = 16;
/// A look-up that takes longer is answered as failed.
const LOOKUP_LIMIT: Duration = Duration::from_secs(5);
/// The floor is drawn at most this often.
const FLOOR_EVERY: Duration = Duration::from_millis(200);

/// What reaches a tenant's task from the shells.
pub enum Mail {
    Input(Input),
    /// The media thread says that an agent's browser came or went.
    Browser {
        agent: UserId,
        connected: bool,
    },
    /// The stored configuration, read; the reply goes out once it is in force.
    Configured {
        config: Arc<TenantConfig>,
        reply: oneshot::Sender<Result<(), String>>,
    },
}

/// What the task needs from outside.
#[derive(Clone)]
pub struct Surroundings {
    pub db: Db,
    pub media: Media,
    pub telephony: Telephony,
    pub journal: JournalWriter,
    pub legs: Arc<LegMap>,
    pub configurations: Arc<Configurations>,
    pub recordings: PathBuf,
    /// Whether inputs are kept for a replay.
    pub keeps_inputs: bool,
    /// Only in the demo with its life on: told when a person's browser is connected for the first time.
    pub newcomer: Option<Arc<dyn Fn(UserId) + Send + Sync>>,
}

pub struct TenantTask {
    scope: TenantScope,
    engine: Tenant,
    /// `None` when inputs are not kept.
    record: Option<RunRecord>,
    around: Surroundings,
    mail: mpsc::Receiver<Mail>,
    ports: mpsc::Receiver<PortRequest>,
    own: mpsc::Sender<Mail>,
    desks: HashMap<UserId, watch::Sender<Arc<DeskView>>>,
    desk_sockets: BTreeMap<UserId, u32>,
    floor: watch::Sender<Arc<FloorView>>,
    floor_changed: bool,
    wake_at: Option<UtcMs>,
    /// Commands whose answer is awaited, and whether it waits for the journal.
    waiting: HashMap<RequestId, Waiting>,
    browser_legs: HashMap<LegId, UserId>,
    newcomers: BTreeSet<UserId>,
    lookups: JoinSet<()>,
    browser_offers: JoinSet<()>,
    reloads: JoinSet<()>,
}

struct Waiting {
    reply: oneshot::Sender<Result<(), CommandRefused>>,
    durable: bool,
}

impl TenantTask {
    /// A task with a new engine that is given its first configuration and the day's sums so far.
    pub fn new(
        scope: TenantScope,
        engine: Tenant,
        record: Option<RunRecord>,
        config: Arc<TenantConfig>,
        today: Today,
        around: Surroundings,
    ) -> (Self, mpsc::Sender<Mail>, TenantPort) {
        let (own, mail) = mpsc::channel(MAILBOX);
        let (commands, ports) = mpsc::channel(1_024);
        let floor = watch::Sender::new(Arc::new(engine.floor(now())));
        let mut task = Self {
            scope,
            engine,
            record,
            around,
            mail,
            ports,
            own: own.clone(),
            desks: HashMap::new(),
            desk_sockets: BTreeMap::new(),
            floor,
            floor_changed: false,
            wake_at: None,
            waiting: HashMap::new(),
            browser_legs: HashMap::new(),
            newcomers: BTreeSet::new(),
            lookups: JoinSet::new(),
            browser_offers: JoinSet::new(),
            reloads: JoinSet::new(),
        };
        task.step(Input::Configure { config });
        task.engine.set_today(today);
        (task, own, TenantPort { commands })
    }

    /// What was promised before the last stop; given before the task runs.
    pub fn owes(&mut self, owed: Input) {
        self.step(owed);
    }

    /// Runs until `stop` is set; the caller awaits it.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut floor_due = Instant::now();
        loop {
            let wake = self
                .wake_at
                .map(|at| Instant::now() + Duration::from_millis(at.since_ms(now()).unsigned_abs()));
            tokio::select! {
                biased;
                Some(mail) = self.mail.recv() => match mail {
                    Mail::Input(input) => {
                        self.tell_telephony(&input);
                        self.step(input);
                    }
                    Mail::Browser { agent, connected } => self.browser(agent, connected),
                    Mail::Configured { config, reply } => self.configure(config, reply),
                },
                Some(request) = self.ports.recv() => self.port(request),
                () = crate::start::is_set(&mut stop) => break,
                () = at(wake) => {
                    self.wake_at = None;
                    self.step(Input::Wake);
                }
                () = tokio::time::sleep_until(floor_due), if self.floor_changed => {
                    self.floor_changed = false;
                    floor_due = Instant::now() + FLOOR_EVERY;
                    if self.floor.receiver_count() > 0 {
                        self.floor.send_replace(Arc::new(self.engine.floor(now())));
                    }
                    self.redraw_desks();
                }
            }
        }
        self.step(Input::Stop);
        if let Some(inputs) = self.record.as_mut().and_then(RunRecord::take) {
            self.around.journal.submit(self.scope, Vec::new(), Some(inputs), Vec::new());
        }
        for mut tasks in [self.lookups, self.browser_offers, self.reloads] {
            tasks.shutdown().await;
        }
    }

    /// The only news of the media plane that the signalling acts on.
    fn tell_telephony(&self, input: &Input) {
        let telephony = &self.around.telephony;
        let Input::Leg { leg, event } = input else { return };
        match event {
            LegEvent::MediaLost => telephony.fell_silent(self.scope, *leg),
            LegEvent::MediaBack => telephony.leg_is_back(self.scope, *leg),
            LegEvent::Ringing
            | LegEvent::Answered
            | LegEvent::Ended { .. }
            | LegEvent::Failed { .. }
            | LegEvent::Digit { .. }
            | LegEvent::PlayDone { .. }
            | LegEvent::HeldByPeer { .. } => {}
        }
    }

    fn step(&mut self, input: Input) {
        let at = now();
        let outputs = match &mut self.record {
            Some(record) => record.handle(&mut self.engine, at, input),
            None => self.engine.handle(at, input),
        };
        let mut entries = Vec::new();
        let mut durable = Vec::new();
        for output in outputs {
            self.carry_out(output, &mut entries, &mut durable);
        }
        let writes = !entries.is_empty() || !durable.is_empty();
        let record = self.record.as_mut().filter(|record| writes || record.is_full());
        let inputs = record.and_then(RunRecord::take);
        if writes || inputs.is_some() {
            self.around.journal.submit(self.scope, entries, inputs, durable);
        }
    }

    fn carry_out(
        &mut self,
        output: Output,
        entries: &mut Vec<Entry>,
        durable: &mut Vec<oneshot::Sender<Result<(), CommandRefused>>>,
    ) {
        let media = &self.around.media;
        match output {
            Output::Leg { leg, command } => self.leg(leg, command),
            Output::Bridge { a, b } => media.bridge(a, b),
            Output::Unbridge { leg } => media.unbridge(leg),
            Output::RecordStart { recording, interaction, leg } => {
                self.around.legs.put_recording(recording, interaction, self.scope, self.own.clone());
                media.record_start(recording, leg, self.recording_path(recording));
            }
            Output::RecordStop { recording } => media.record_stop(recording),
            Output::Ask { ask, question } => self.ask(ask, question),
            Output::Journal(entry) => entries.push(entry),
            Output::Answer { request, result } => {
                if let Some(Waiting { reply, durable: wait }) = self.waiting.remove(&request) {
                    if wait && result.is_ok() {
                        durable.push(reply);
                    } else {
                        // The client may have gone; then nobody waits for the answer.
                        let _ = reply.send(result);
                    }
                }
            }
            Output::WakeAt { at } => self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at))),
            Output::DeskChanged { agent } => {
                if let Some(desk) = self.desks.get(&agent)
                    && let Some(view) = self.engine.desk(now(), agent)
                {
                    desk.send_replace(Arc::new(view));
                }
            }
            Output::FloorChanged => self.floor_changed = true,
            Output::Forget { .. } => {}
        }
    }

    fn leg(&mut self, leg: LegId, command: LegCommand) {
        let media = &self.around.media;
        match command {
            LegCommand::Play { play, prompts, looped } => media.play(leg, play, prompts, looped),
            LegCommand::StopPlay => media.stop_play(leg),
            LegCommand::Mute { on } => media.mute(leg, on),
            LegCommand::SendDigits { digits } => media.send_digits(leg, digits),
            LegCommand::Dial { target: DialTarget::Browser { agent }, .. } => {
                self.around.legs.put(leg, self.scope, self.own.clone());
                self.browser_legs.insert(leg, agent);
                media.attach_browser(leg, agent);
                self.post(Input::Leg { leg, event: LegEvent::Answered });
            }
            LegCommand::HangUp { cause } if self.browser_legs.remove(&leg).is_some() => {
                media.close(leg);
                self.around.legs.remove(leg);
                self.post(Input::Leg { leg, event: LegEvent::Ended { cause } });
            }
            command @ (LegCommand::Ring
            | LegCommand::Answer
            | LegCommand::Reject { .. }
            | LegCommand::Dial { .. }
            | LegCommand::HangUp { .. }) => {
                if matches!(command, LegCommand::Dial { .. }) {
                    self.around.legs.put(leg, self.scope, self.own.clone());
                }
                self.around.telephony.command(self.scope, leg, command);
            }
        }
    }

    /// An input of the task to itself; the mailbox keeps room because new calls are refused before it is full.
    fn post(&self, input: Input) {
        if self.own.try_send(Mail::Input(input)).is_err() {
            tracing::error!(tenant = %self.scope.tenant(), "the mailbox is full; an event was lost");
        }
    }

    fn ask(&mut self, ask: AskId, question: Question) {
        if !has_room(&mut self.lookups, LOOKUPS_AT_ONCE) {
            self.post(Input::Reply { ask, reply: Reply::Failed });
            return;
        }
        let (db, scope, own) = (self.around.db.clone(), self.scope, self.own.clone());
        self.lookups.spawn(async move {
            let reply = match question {
                Question::CustomerByNumber { number, name } => {
                    let tenant = db.tenant(&scope);
                    let found =
                        tokio::time::timeout(LOOKUP_LIMIT, tenant.customer_by_number(&number, &name, now()));
                    match found.await {
                        Ok(Ok(card)) => Reply::Customer { card: Arc::new(card) },
                        Ok(Err(error)) => {
                            tracing::warn!(%error, "the customer look-up failed; the call goes on");
                            Reply::Failed
                        }
                        Err(_) => Reply::Failed,
                    }
                }
            };
            // The task may be stopping; then nobody needs the reply.
            let _ = own.send(Mail::Input(Input::Reply { ask, reply })).await;
        });
    }

    fn port(&mut self, request: PortRequest) {
        match request {
            PortRequest::Command { agent, command, reply } => {
                let request = RequestId(uuid::Uuid::now_v7());
                let durable =
                    matches!(command, AgentCommand::WrapUp { .. } | AgentCommand::SetPresence { .. });
                self.waiting.insert(request, Waiting { reply, durable });
                self.step(Input::Agent { agent, request, command });
            }
            PortRequest::Item { item, reply } => {
                if let Some(request) = item.request {
                    self.waiting.insert(request, Waiting { reply, durable: true });
                    self.step(Input::ItemArrived(item));
                }
            }
            PortRequest::WithdrawItem { interaction, reply } => {
                self.step(Input::ItemWithdrawn { interaction });
                let _ = reply.send(());
            }
            PortRequest::WatchDesk { agent, reply } => {
                let view = self.engine.desk(now(), agent).map(Arc::new);
                let _ = reply.send(view.map(|view| {
                    self.desks
                        .entry(agent)
                        .or_insert_with(|| watch::Sender::new(view.clone()))
                        .send_replace(view);
                    self.desks[&agent].subscribe()
                }));
            }
            PortRequest::WatchFloor { reply } => {
                self.floor.send_replace(Arc::new(self.engine.floor(now())));
                let _ = reply.send(self.floor.subscribe());
            }
            PortRequest::DeskSocket { agent, open } => self.desk_socket(agent, open),
            PortRequest::BrowserOffer { agent, sdp, reply } => {
                if !has_room(&mut self.browser_offers, BROWSER_OFFERS_AT_ONCE) {
                    let _ =
                        reply.send(Err("too many browsers connect at once; try again in a second".into()));
                    return;
                }
                let media = self.around.media.clone();
                self.browser_offers.spawn(async move {
                    let answer = media.browser_offer(agent, sdp).await;
                    let _ = reply.send(answer.map_err(|error| error.to_string()));
                });
            }
            PortRequest::Reload { reply } => {
                if !has_room(&mut self.reloads, RELOADS_AT_ONCE) {
                    let _ =
                        reply.send(Err("the configuration is being read; it follows within seconds".into()));
                    return;
                }
                let (configurations, db) = (self.around.configurations.clone(), self.around.db.clone());
                let (scope, own) = (self.scope, self.own.clone());
                self.reloads.spawn(async move {
                    match configurations.reload(&db, scope).await {
                        // The task may be stopping; then the reply is dropped and the page is told so.
                        Ok(config) => drop(own.send(Mail::Configured { config, reply }).await),
                        Err(error) => drop(reply.send(Err(error.to_string()))),
                    }
                });
            }
        }
    }

    /// Reads that ran at once may come in another order than they were made; the newest counts.
    fn configure(&mut self, config: Arc<TenantConfig>, reply: oneshot::Sender<Result<(), String>>) {
        let config = self.around.configurations.of(self.scope).unwrap_or(config);
        for agent in &config.agents {
            self.around.legs.put_agent(agent.id, self.scope, self.own.clone());
        }
        self.step(Input::Configure { config });
        self.around.telephony.reload();
        let _ = reply.send(Ok(()));
    }

    /// The engine hears of the first socket and of the last.
    fn desk_socket(&mut self, agent: UserId, open: bool) {
        let count = self.desk_sockets.entry(agent).or_insert(0);
        let before = *count;
        *count = if open { before + 1 } else { before.saturating_sub(1) };
        let after = *count;
        if after == 0 {
            self.desk_sockets.remove(&agent);
        }
        if (before == 0) != (after == 0) {
            self.step(Input::DeskChanged { agent, connected: after > 0 });
        }
    }

    /// A browser that comes or goes is a device of its agent and the media of the agent's browser leg.
    fn browser(&mut self, agent: UserId, connected: bool) {
        self.step(Input::DeviceChanged { agent, device: Device::Browser, connected });
        let event = if connected { LegEvent::MediaBack } else { LegEvent::MediaLost };
        let legs: Vec<LegId> =
            self.browser_legs.iter().filter(|(_, of)| **of == agent).map(|(leg, _)| *leg).collect();
        for leg in legs {
            self.step(Input::Leg { leg, event: event.clone() });
        }
        if let Some(newcomer) = self.around.newcomer.clone()
            && connected
            && self.newcomers.insert(agent)
        {
            // The first minute needs no click: the newcomer is ready and somebody rings.
            let command = AgentCommand::SetPresence { presence: Presence::Ready };
            self.step(Input::Agent { agent, request: RequestId(uuid::Uuid::now_v7()), command });
            newcomer(agent);
        }
    }

    /// Desks show the figures of their queues too; those change with the floor.
    fn redraw_desks(&mut self) {
        self.desks.retain(|_, desk| desk.receiver_count() > 0);
        for (agent, desk) in &self.desks {
            if let Some(view) = self.engine.desk(now(), *agent) {
                desk.send_if_modified(|shown| {
                    let changed = **shown != view;
                    if changed {
                        *shown = Arc::new(view);
                    }
                    changed
                });
            }
        }
    }

    fn recording_path(&self, recording: RecordingId) -> PathBuf {
        crate::recordings::growing_path(&self.around.recordings, self.scope.tenant(), recording)
    }
}

/// Whether one more task may begin; those that are over do not count, however busy the loop is.
fn has_room(tasks: &mut JoinSet<()>, most: usize) -> bool {
    while tasks.try_join_next().is_some() {}
    tasks.len() < most
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tasks_that_are_over_take_no_room() {
        let mut tasks = JoinSet::new();
        let (done, over) = oneshot::channel::<()>();
        tasks.spawn(async { drop(done) });
        assert!(!has_room(&mut tasks, 1), "it has not run yet");
        assert!(over.await.is_err());
        assert!(has_room(&mut tasks, 1));
    }
}
