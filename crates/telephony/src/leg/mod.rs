//! Legs: one task each, two inboxes (commands of the server, news of the peer), one last event.

pub(crate) mod dialog;
mod digits;
pub(crate) mod inbound;
pub(crate) mod outbound;
mod session_timer;
mod talk;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use perezvon_model::leg::{Cause, LegCommand, LegEvent};
use perezvon_model::{LegId, TenantScope, TrunkId};
use tokio::sync::{Notify, mpsc};

use crate::core::Core;
use crate::event::TelephonyEvent;
use crate::sip::message::{Fields, Request, Response};
use crate::sip::transaction::{InviteServerEvent, ServerTransaction};

/// Commands that wait for a leg. Five kinds exist, each makes sense about once.
const COMMANDS_WAITING: usize = 32;
/// Messages of the peer that wait for a leg.
const INPUTS_WAITING: usize = 64;

/// News of the peer.
pub(crate) enum LegInput {
    /// A request within the dialog.
    Request(Box<ServerTransaction>),
    /// What became of an INVITE of the peer, by its CSeq number.
    Invite(u32, InviteServerEvent),
    /// A response to an INVITE of ours: by fork while dialling, by CSeq number within the dialog.
    Reply(u32, Box<Response>),
    /// The final response to an UPDATE of ours.
    Updated(Box<Response>),
    /// A 2xx that came again, or of a second branch of the call.
    RepeatedAnswer(Box<Response>),
    /// The media plane hears nothing of the peer.
    FellSilent,
    /// It hears the peer again.
    IsBack,
    /// The final response to our question whether the peer is there.
    Asked(Box<Response>),
}

/// A hang-up that must not be lost when the inbox is full.
#[derive(Default)]
pub(crate) struct Urgent {
    cause: OnceLock<Cause>,
    notify: Notify,
}

impl Urgent {
    fn hang_up(&self, cause: Cause) {
        let _ = self.cause.set(cause);
        self.notify.notify_one();
    }

    async fn wanted(&self) -> Cause {
        loop {
            if let Some(cause) = self.cause.get() {
                return *cause;
            }
            self.notify.notified().await;
        }
    }
}

struct Handle {
    scope: TenantScope,
    commands: mpsc::Sender<LegCommand>,
    inputs: mpsc::Sender<LegInput>,
    urgent: Arc<Urgent>,
}

/// The legs that are not over, and how many of them each trunk has.
#[derive(Default)]
pub(crate) struct Legs {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    legs: HashMap<LegId, Handle>,
    inbound: usize,
    by_trunk: HashMap<TrunkId, u32>,
}

impl Legs {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().legs.len()
    }

    /// Legs that callers made.
    pub(crate) fn inbound(&self) -> usize {
        self.lock().inbound
    }

    pub(crate) fn on_trunk(&self, trunk: TrunkId) -> u32 {
        self.lock().by_trunk.get(&trunk).copied().unwrap_or(0)
    }

    /// Hands a command to its leg; `false` when there is no such leg of this tenant.
    pub(crate) fn command(&self, scope: TenantScope, leg: LegId, command: LegCommand) -> bool {
        let table = self.lock();
        let Some(handle) = table.legs.get(&leg).filter(|handle| handle.scope == scope) else { return false };
        match command {
            LegCommand::HangUp { cause } => {
                handle.urgent.hang_up(cause);
                true
            }
            other => handle.commands.try_send(other).is_ok(),
        }
    }

    /// Hands news of the media plane to a leg. One that is over or has much to do is not told.
    pub(crate) fn tell(&self, scope: TenantScope, leg: LegId, news: LegInput) {
        let table = self.lock();
        if let Some(handle) = table.legs.get(&leg).filter(|handle| handle.scope == scope) {
            let _ = handle.inputs.try_send(news);
        }
    }

    pub(crate) fn hang_up_all(&self, cause: Cause) {
        for handle in self.lock().legs.values() {
            handle.urgent.hang_up(cause);
        }
    }
}

/// Dialogs by Call-ID and our tag, and the INVITEs that are arriving.
#[derive(Default)]
pub(crate) struct Dialogs {
    table: Mutex<DialogTable>,
}

#[derive(Default)]
struct DialogTable {
    dialogs: HashMap<(String, String), Entry>,
    /// Call-ID, From tag of the first INVITE: a second one with them is a merged request.
    arriving: HashSet<(String, String)>,
}

struct Entry {
    leg: mpsc::Sender<LegInput>,
    state: DialogState,
}

enum DialogState {
    /// An INVITE of the peer, under its tag.
    Theirs { remote_tag: String },
    /// An INVITE of ours without its 2xx: which phone will take the call is unknown.
    Calling,
    /// The 2xx came from the phone of this tag; repetitions go to the leg.
    Answered { remote_tag: String },
}

impl Entry {
    /// Whether this is the dialog of a peer that calls itself so (RFC 3261 section 12.2.2). Another branch of a forked
    /// call shares the rest of its name.
    fn is_with(&self, tag: Option<&str>) -> bool {
        match &self.state {
            DialogState::Theirs { remote_tag } | DialogState::Answered { remote_tag } => {
                tag == Some(remote_tag.as_str())
            }
            DialogState::Calling => true,
        }
    }
}

impl Dialogs {
    fn lock(&self) -> MutexGuard<'_, DialogTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn len(&self) -> usize {
        let table = self.lock();
        table.dialogs.len() + table.arriving.len()
    }

    pub(crate) fn contains(&self, call_id: &str, local_tag: &str) -> bool {
        self.lock().dialogs.contains_key(&(call_id.to_owned(), local_tag.to_owned()))
    }

    /// The leg that a request of the peer is for, by the Call-ID and both tags.
    pub(crate) fn find(&self, request: &Request) -> Option<mpsc::Sender<LegInput>> {
        let table = self.lock();
        let entry = table.dialogs.get(&(request.call_id().to_owned(), request.recipient_tag()?))?;
        entry.is_with(request.sender_tag().as_deref()).then(|| entry.leg.clone())
    }

    pub(crate) fn answered(&self, call_id: &str, local_tag: &str) -> Option<mpsc::Sender<LegInput>> {
        let table = self.lock();
        let entry = table.dialogs.get(&(call_id.to_owned(), local_tag.to_owned()))?;
        match entry.state {
            DialogState::Answered { .. } => Some(entry.leg.clone()),
            DialogState::Theirs { .. } | DialogState::Calling => None,
        }
    }

    /// Whether this CANCEL is about an INVITE that is arriving.
    pub(crate) fn is_arriving(&self, request: &Request) -> bool {
        let Some(tag) = request.sender_tag() else { return false };
        self.lock().arriving.contains(&(request.call_id().to_owned(), tag))
    }

    fn calling(core: &Arc<Core>, call_id: &str, local_tag: &str, leg: mpsc::Sender<LegInput>) -> DialogSlot {
        Self::insert(core, call_id, local_tag, Entry { leg, state: DialogState::Calling })
    }

    fn insert(core: &Arc<Core>, call_id: &str, local_tag: &str, entry: Entry) -> DialogSlot {
        let key = (call_id.to_owned(), local_tag.to_owned());
        core.dialogs.lock().dialogs.insert(key.clone(), entry);
        DialogSlot { core: core.clone(), key, arriving: None }
    }
}

/// Keeps a dialog findable while it lives.
pub(crate) struct DialogSlot {
    core: Arc<Core>,
    key: (String, String),
    arriving: Option<(String, String)>,
}

impl DialogSlot {
    /// Notes a first INVITE; `None` when the same one has come by another way (RFC 3261 section 8.2.2.2).
    fn arriving(
        core: &Arc<Core>,
        request: &Request,
        local_tag: &str,
        leg: mpsc::Sender<LegInput>,
    ) -> Option<DialogSlot> {
        let remote_tag = request.sender_tag()?;
        let arriving = (request.call_id().to_owned(), remote_tag.clone());
        if !core.dialogs.lock().arriving.insert(arriving.clone()) {
            return None;
        }
        let entry = Entry { leg, state: DialogState::Theirs { remote_tag } };
        let mut slot = Dialogs::insert(core, request.call_id(), local_tag, entry);
        slot.arriving = Some(arriving);
        Some(slot)
    }

    fn mark_answered(&self, remote_tag: &str) {
        if let Some(entry) = self.core.dialogs.lock().dialogs.get_mut(&self.key) {
            entry.state = DialogState::Answered { remote_tag: remote_tag.to_owned() };
        }
    }
}

impl Drop for DialogSlot {
    fn drop(&mut self) {
        let mut table = self.core.dialogs.lock();
        table.dialogs.remove(&self.key);
        if let Some(arriving) = &self.arriving {
            table.arriving.remove(arriving);
        }
    }
}

/// A leg at work. Dropping it takes it off every table and closes its sound; `finish` says the last word.
pub(crate) struct Leg {
    pub(crate) core: Arc<Core>,
    pub(crate) scope: TenantScope,
    pub(crate) id: LegId,
    commands: mpsc::Receiver<LegCommand>,
    inputs: mpsc::Receiver<LegInput>,
    sender: mpsc::Sender<LegInput>,
    urgent: Arc<Urgent>,
    /// The trunk that counts this call: inbound legs have one, dialled legs none.
    trunk: Option<TrunkId>,
    /// The trunk as the tenant knows it.
    own_trunk: Option<TrunkId>,
    last_word: LastWord,
}

/// Whether and how the last event was said. A leg that is dropped without one (a panic) still says it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LastWord {
    /// `Failed` until the leg is made, `Ended` after.
    OwedFailed,
    OwedEnded,
    Said,
}

impl Leg {
    /// Enters a leg into the table. `None` when there is one of this id already.
    fn enter(core: &Arc<Core>, scope: TenantScope, id: LegId, trunk: Option<TrunkId>) -> Option<Self> {
        let (commands, commands_in) = mpsc::channel(COMMANDS_WAITING);
        let (sender, inputs) = mpsc::channel(INPUTS_WAITING);
        let urgent = Arc::new(Urgent::default());
        let mut table = core.legs.lock();
        if table.legs.contains_key(&id) {
            return None;
        }
        table.legs.insert(id, Handle { scope, commands, inputs: sender.clone(), urgent: urgent.clone() });
        if let Some(trunk) = trunk {
            table.inbound += 1;
            *table.by_trunk.entry(trunk).or_insert(0) += 1;
        }
        drop(table);
        Some(Self {
            core: core.clone(),
            scope,
            id,
            commands: commands_in,
            inputs,
            sender,
            urgent,
            trunk,
            own_trunk: None,
            last_word: LastWord::OwedFailed,
        })
    }

    async fn tell(&self, event: LegEvent) {
        self.core.tell_leg(self.scope, self.id, event).await;
    }

    fn is_made(&mut self) {
        self.last_word = LastWord::OwedEnded;
    }

    /// Leaves the tables, then says the last word.
    async fn finish(mut self, cause: Cause) {
        let event = self.last_event(cause);
        self.last_word = LastWord::Said;
        let (core, scope, id) = (self.core.clone(), self.scope, self.id);
        drop(self);
        if let Some(event) = event {
            core.tell_leg(scope, id, event).await;
        }
    }

    fn last_event(&self, cause: Cause) -> Option<LegEvent> {
        match self.last_word {
            LastWord::OwedFailed => Some(LegEvent::Failed { cause }),
            LastWord::OwedEnded => Some(LegEvent::Ended { cause }),
            LastWord::Said => None,
        }
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        self.core.media.close(self.id);
        let mut table = self.core.legs.lock();
        table.legs.remove(&self.id);
        if let Some(trunk) = self.trunk
            && let Some(calls) = table.by_trunk.get_mut(&trunk)
        {
            *calls -= 1;
            let none = *calls == 0;
            table.inbound -= 1;
            if none {
                table.by_trunk.remove(&trunk);
            }
        }
        drop(table);
        if let Some(event) = self.last_event(Cause::Failed) {
            let told = TelephonyEvent::Leg { scope: self.scope, leg: self.id, event };
            if let Err(event) = self.core.try_tell(told) {
                let core = self.core.clone();
                self.core.stack.tasks().spawn(async move { core.tell(*event).await });
            }
        }
    }
}
