//! A tenant's task that decides nothing: it answers as it is told and remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use perezvon_model::engine::{AgentCommand, CommandRefused, NewItem};
use perezvon_model::state::{Activity, Device, Presence};
use perezvon_model::view::{DeskView, FloorView};
use perezvon_model::{InteractionId, TenantId, UserId, UtcMs};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::ports::{PortRequest, TenantPort, Tenants};

/// What the mailbox was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    Item(Box<NewItem>),
    Withdrawn(InteractionId),
    Command(UserId, AgentCommand),
    DeskSocket(UserId, bool),
    Offer(UserId),
    Reload,
}

#[derive(Default)]
struct Told {
    seen: Vec<Seen>,
    desks: HashMap<UserId, watch::Sender<Arc<DeskView>>>,
    refuse: Option<CommandRefused>,
    /// Replies of reloads that are held back, once somebody asked for that.
    held: Option<Vec<oneshot::Sender<Result<(), String>>>>,
}

#[derive(Clone)]
pub struct Fake {
    port: TenantPort,
    told: Arc<Mutex<Told>>,
    pub floor: watch::Sender<Arc<FloorView>>,
    seen_count: watch::Sender<usize>,
    task: Arc<JoinHandle<()>>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        if Arc::strong_count(&self.task) == 1 {
            self.task.abort();
        }
    }
}

pub fn desk(agent: UserId) -> DeskView {
    DeskView {
        agent,
        presence: Presence::Ready,
        activity: Activity::Idle,
        since: UtcMs(1),
        device: Device::Browser,
        browser_connected: false,
        phone_registered: false,
        offer: None,
        call: None,
        wrap_up: None,
        items: Vec::new(),
        queues: Vec::new(),
        handled_today: 0,
        mean_handle_ms: 0,
    }
}

impl Fake {
    pub fn new(agents: &[UserId]) -> Self {
        let (commands, mut requests) = mpsc::channel(64);
        let told = Arc::new(Mutex::new(Told::default()));
        for agent in agents {
            told.lock().unwrap().desks.insert(*agent, watch::Sender::new(Arc::new(desk(*agent))));
        }
        let empty = FloorView { at: UtcMs(1), queues: Vec::new(), agents: Vec::new(), calls: 0 };
        let floor = watch::Sender::new(Arc::new(empty));
        let seen_count = watch::Sender::new(0);
        let task = tokio::spawn({
            let (told, floor, seen_count) = (told.clone(), floor.clone(), seen_count.clone());
            async move {
                while let Some(request) = requests.recv().await {
                    answer(request, &mut told.lock().unwrap(), &floor);
                    seen_count.send_replace(told.lock().unwrap().seen.len());
                }
            }
        });
        Self { port: TenantPort { commands }, told, floor, seen_count, task: Arc::new(task) }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.told.lock().unwrap().seen.clone()
    }

    /// Waits until the mailbox was asked this.
    pub async fn wait_for(&self, wanted: &Seen) {
        let mut count = self.seen_count.subscribe();
        while !self.seen().contains(wanted) {
            count.changed().await.unwrap();
        }
    }

    pub fn refuse_commands(&self, refused: CommandRefused) {
        self.told.lock().unwrap().refuse = Some(refused);
    }

    pub fn hold_reloads(&self) {
        self.told.lock().unwrap().held = Some(Vec::new());
    }

    pub fn release_reloads(&self) {
        for reply in self.told.lock().unwrap().held.take().into_iter().flatten() {
            let _ = reply.send(Ok(()));
        }
    }

    pub fn add_desk(&self, agent: UserId) {
        self.told.lock().unwrap().desks.insert(agent, watch::Sender::new(Arc::new(desk(agent))));
    }

    pub fn change_desk(&self, agent: UserId, change: impl FnOnce(&mut DeskView)) {
        let told = self.told.lock().unwrap();
        told.desks[&agent].send_modify(|desk| change(Arc::make_mut(desk)));
    }
}

fn answer(request: PortRequest, told: &mut Told, floor: &watch::Sender<Arc<FloorView>>) {
    match request {
        PortRequest::Command { agent, command, reply } => {
            told.seen.push(Seen::Command(agent, command));
            let _ = reply.send(told.refuse.clone().map_or(Ok(()), Err));
        }
        PortRequest::Item { item, reply } => {
            told.seen.push(Seen::Item(Box::new(item)));
            let _ = reply.send(told.refuse.clone().map_or(Ok(()), Err));
        }
        PortRequest::WithdrawItem { interaction, reply } => {
            told.seen.push(Seen::Withdrawn(interaction));
            let _ = reply.send(());
        }
        PortRequest::WatchDesk { agent, reply } => {
            let _ = reply.send(told.desks.get(&agent).map(watch::Sender::subscribe));
        }
        PortRequest::WatchFloor { reply } => {
            let _ = reply.send(floor.subscribe());
        }
        PortRequest::DeskSocket { agent, open } => told.seen.push(Seen::DeskSocket(agent, open)),
        PortRequest::BrowserOffer { agent, sdp, reply } => {
            told.seen.push(Seen::Offer(agent));
            let _ = reply.send(if sdp.starts_with("v=0") {
                Ok(format!("answer to {sdp}"))
            } else {
                Err("this is no offer".to_owned())
            });
        }
        PortRequest::Reload { reply } => {
            told.seen.push(Seen::Reload);
            match &mut told.held {
                Some(held) => held.push(reply),
                None => {
                    let _ = reply.send(Ok(()));
                }
            }
        }
    }
}

#[derive(Default)]
pub struct Fakes(pub Mutex<HashMap<TenantId, Fake>>);

impl Tenants for Fakes {
    fn port(&self, tenant: TenantId) -> Option<TenantPort> {
        self.0.lock().unwrap().get(&tenant).map(|fake| fake.port.clone())
    }
}
