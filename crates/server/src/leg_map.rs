//! Which tenant a leg, a browser or a recording belongs to, so that events of the media thread find their task.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;

use perezvon_model::engine::Input;
use perezvon_model::{InteractionId, LegId, RecordingId, TenantScope, UserId};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::tenant::Mail;

/// Where events go, and on whose behalf.
#[derive(Clone)]
struct Home {
    scope: TenantScope,
    mail: mpsc::Sender<Mail>,
}

/// Bounded by the limits of calls and agents: each entry is taken out when its leg ends.
#[derive(Default)]
pub struct LegMap {
    legs: Mutex<HashMap<LegId, Home>>,
    agents: Mutex<HashMap<UserId, Home>>,
    recordings: Mutex<HashMap<RecordingId, (InteractionId, Home)>>,
}

impl LegMap {
    pub fn put(&self, leg: LegId, scope: TenantScope, mail: mpsc::Sender<Mail>) {
        insert(&self.legs, leg, Home { scope, mail });
    }

    pub fn remove(&self, leg: LegId) {
        if let Ok(mut legs) = self.legs.lock() {
            legs.remove(&leg);
        }
    }

    pub fn put_agent(&self, agent: UserId, scope: TenantScope, mail: mpsc::Sender<Mail>) {
        insert(&self.agents, agent, Home { scope, mail });
    }

    pub fn put_recording(
        &self,
        recording: RecordingId,
        interaction: InteractionId,
        scope: TenantScope,
        mail: mpsc::Sender<Mail>,
    ) {
        insert(&self.recordings, recording, (interaction, Home { scope, mail }));
    }

    /// The last word about a recording: whole, or nothing of it could be kept.
    pub fn recording_over(&self, recording: RecordingId, word: impl FnOnce(InteractionId) -> Input) {
        let found = self.recordings.lock().ok().and_then(|mut all| all.remove(&recording));
        let Some((interaction, home)) = found else { return };
        post(Some(home), Mail::Input(word(interaction)));
    }

    /// Sends to the leg's tenant; false when the leg is over.
    pub fn to_leg(&self, leg: LegId, input: Input) -> bool {
        post(find(&self.legs, &leg), Mail::Input(input))
    }

    pub fn to_browser(&self, agent: UserId, connected: bool) -> bool {
        post(find(&self.agents, &agent), Mail::Browser { agent, connected })
    }
}

fn insert<K: Eq + Hash, V>(map: &Mutex<HashMap<K, V>>, key: K, value: V) {
    if let Ok(mut map) = map.lock() {
        map.insert(key, value);
    }
}

fn find<K: Eq + Hash>(map: &Mutex<HashMap<K, Home>>, key: &K) -> Option<Home> {
    map.lock().ok()?.get(key).cloned()
}

fn post(home: Option<Home>, mail: Mail) -> bool {
    let Some(home) = home else { return false };
    match home.mail.try_send(mail) {
        Ok(()) => true,
        Err(TrySendError::Full(_)) => {
            tracing::error!(tenant = %home.scope.tenant(), "the mailbox is full; an event was lost");
            false
        }
        // The server is stopping.
        Err(TrySendError::Closed(_)) => false,
    }
}
