//! After a crash: what was open is closed, at the last moment at which the server surely ran.

use std::collections::BTreeMap;

use perezvon_model::engine::{NewItem, OwedCallback};
use perezvon_model::journal::{Entry, Event, OfferOutcome, Outcome, Party, QueueOutcome};
use perezvon_model::leg::Cause;
use perezvon_model::{
    Activity, CustomerId, InteractionId, OfferId, Presence, QueueId, TrunkId, UserId, UtcMs,
};

use super::write::{IntervalRow, OPEN_INTERVALS};
use super::{EntryRow, LAST};
use crate::db::TenantDb;
use crate::error::StoreError;
use crate::new_id;
use crate::recording::Recording;
use crate::sql::{args, queries, record};

queries! {
    OPEN -> OpenRow = "SELECT i.id FROM interaction i WHERE i.tenant_id = $1 AND i.ended_at IS NULL
        UNION
        SELECT p.interaction_id AS id FROM agent_part p WHERE p.tenant_id = $1 AND p.state <> 'ended'
        ORDER BY id";
}

record! {
    struct OpenRow { id: InteractionId }
}

/// What a crash left behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Interrupted {
    /// The moment at which everything is closed: the last beat or the last entry, whichever is later.
    pub at: UtcMs,
    /// To be appended before the tenant takes calls again.
    pub entries: Vec<Entry>,
    /// To be repaired and sealed; each then gets its `RecordingSealed` entry.
    pub growing: Vec<Recording>,
    /// Calls that were promised and are still owed, in the order of their places; their interactions stay open.
    pub owed: Vec<OwedCallback>,
    /// Chats and mails that were accepted and are not done, in the order in which they came; they stay open too.
    pub items: Vec<OwedItem>,
}

/// A chat or a mail that is owed.
#[derive(Clone, Debug, PartialEq)]
pub struct OwedItem {
    /// Without the card.
    pub item: NewItem,
    pub customer: Option<CustomerId>,
}

impl TenantDb {
    /// Reads what was open when the server stopped. Asked at start, before any new entry of this tenant; appending
    /// the entries makes the next answer empty.
    pub async fn interrupted(&self, now: UtcMs) -> Result<Interrupted, StoreError> {
        let last: Option<Entry> = self.first(&LAST, args![]).await?.map(EntryRow::into);
        let last_sign = last.map(|entry| entry.at).max(self.db.last_beat().await?);
        let at = last_sign.unwrap_or(now).min(now);
        let (mut entries, mut owed, mut items) = (Vec::new(), Vec::new(), Vec::new());
        for row in self.all(&OPEN, args![]).await? {
            let mut open = Open::default();
            self.journal_of(row.id).await?.iter().for_each(|entry| open.follow(entry));
            owed.extend(open.owed.clone());
            items.extend(open.item.clone().filter(|_| !open.ended));
            entries.extend(open.close(at));
        }
        owed.sort_by_key(|owed| (owed.place_at, owed.interaction));
        items.sort_by_key(|owed| (owed.item.place_at, owed.item.interaction));
        for row in self.all(&OPEN_INTERVALS, args![]).await? {
            let interval = IntervalRow::interval(row)?;
            if interval.presence != Presence::Offline || interval.activity != Activity::Idle {
                entries.push(Entry {
                    id: new_id(),
                    at,
                    interaction: None,
                    agent: Some(interval.agent),
                    event: Event::AgentState {
                        agent: interval.agent,
                        presence: Presence::Offline,
                        activity: Activity::Idle,
                        device: interval.device,
                    },
                });
            }
        }
        Ok(Interrupted { at, entries, growing: self.growing_recordings().await?, owed, items })
    }
}

/// What of one interaction is open.
#[derive(Default)]
struct Open {
    interaction: Option<InteractionId>,
    ended: bool,
    waiting: Option<(QueueId, UtcMs)>,
    offers: BTreeMap<OfferId, (UserId, UtcMs)>,
    talks: BTreeMap<UserId, Talk>,
    holds: Vec<(Party, UtcMs)>,
    wrap_ups: BTreeMap<UserId, (Option<QueueId>, UtcMs, UtcMs)>,
    from: String,
    /// What had been called, on which trunk, when.
    arrival: Option<(String, Option<TrunkId>, UtcMs)>,
    owed: Option<OwedCallback>,
    item: Option<OwedItem>,
}

struct Talk {
    queue: Option<QueueId>,
    since: UtcMs,
    hold_ms: i64,
    /// Rests of a chat or a mail that are over, and since when it rests.
    rested_ms: i64,
    rests_since: Option<UtcMs>,
}

impl Open {
    fn follow(&mut self, entry: &Entry) {
        self.interaction = self.interaction.or(entry.interaction);
        match &entry.event {
            Event::InteractionStarted { to, trunk, from, .. } => {
                self.arrival = Some((to.clone(), *trunk, entry.at));
                self.from.clone_from(from);
            }
            Event::Subject { queue, text, link } => {
                self.item = entry.interaction.map(|interaction| OwedItem {
                    item: NewItem {
                        interaction,
                        request: None,
                        queue: *queue,
                        from: self.from.clone(),
                        subject: text.clone(),
                        link: link.clone(),
                        customer: None,
                        place_at: entry.at,
                    },
                    customer: None,
                });
            }
            Event::CustomerMatched { customer, .. } => {
                if let Some(owed) = &mut self.item {
                    owed.customer = Some(*customer);
                }
            }
            Event::Queued { queue, .. } => {
                self.waiting = Some((*queue, entry.at));
                if let Some(owed) = &mut self.item {
                    owed.item.queue = *queue;
                }
                // Called back, and on the line again.
                self.owed = None;
            }
            Event::CallbackPromised { queue, number, language, place_at, needs, points } => {
                self.owed = self.arrival.clone().zip(entry.interaction).map(
                    |((to, trunk, arrived_at), interaction)| OwedCallback {
                        interaction,
                        queue: *queue,
                        number: number.clone(),
                        language: *language,
                        to,
                        trunk,
                        arrived_at,
                        place_at: *place_at,
                        tries: 0,
                        not_before: entry.at,
                        needs: needs.clone(),
                        points: *points,
                    },
                );
            }
            Event::CallbackFailed { again_at, .. } => match (&mut self.owed, again_at) {
                (Some(owed), Some(again_at)) => {
                    owed.tries = owed.tries.saturating_add(1);
                    owed.not_before = *again_at;
                }
                (owed, _) => *owed = None,
            },
            Event::LeftQueue { .. } => self.waiting = None,
            Event::Offered { offer, agent, .. } => drop(self.offers.insert(*offer, (*agent, entry.at))),
            Event::OfferEnded { offer, .. } => drop(self.offers.remove(offer)),
            Event::AgentConnected { agent, queue, .. } => {
                self.owed = None;
                let since = entry.at;
                let talk = Talk { queue: *queue, since, hold_ms: 0, rested_ms: 0, rests_since: None };
                self.talks.insert(*agent, talk);
            }
            Event::Rested { agent } => {
                if let Some(talk) = self.talks.get_mut(agent) {
                    talk.rests_since = Some(entry.at);
                }
            }
            Event::WentOn { agent, rested_ms } => {
                if let Some(talk) = self.talks.get_mut(agent) {
                    talk.rests_since = None;
                    talk.rested_ms += rested_ms;
                }
            }
            Event::HoldStarted { by } => self.holds.push((*by, entry.at)),
            Event::HoldEnded { by, held_ms } => {
                self.holds.retain(|(held_by, _)| held_by != by);
                self.count_hold(*by, *held_ms);
            }
            Event::AgentDisconnected { agent, .. } => drop(self.talks.remove(agent)),
            Event::InteractionEnded { .. } => self.ended = true,
            Event::WrapUpStarted { agent, queue, deadline } => {
                self.wrap_ups.insert(*agent, (*queue, entry.at, *deadline));
            }
            Event::WrapUpExtended { agent, deadline } => {
                if let Some((_, _, until)) = self.wrap_ups.get_mut(agent) {
                    *until = *deadline;
                }
            }
            Event::WrapUpEnded { agent, .. } => drop(self.wrap_ups.remove(agent)),
            Event::FlowAnswered
            | Event::FlowNode { .. }
            | Event::Collected { .. }
            | Event::PositionAnnounced { .. }
            | Event::WaitAnnounced { .. }
            | Event::Overflowed { .. }
            | Event::CallbackDialled { .. }
            | Event::MessageStarted
            | Event::PlaceRestored { .. }
            | Event::Routed { .. }
            | Event::NothingFor { .. }
            | Event::AgentLost { .. }
            | Event::AgentBack { .. }
            | Event::TransferredToQueue { .. }
            | Event::TransferredToAgent { .. }
            | Event::PartyConnected { .. }
            | Event::RecordingStarted { .. }
            | Event::RecordingSealed { .. }
            | Event::RecordingFailed { .. }
            | Event::Noted { .. }
            | Event::AgentState { .. } => {}
        }
    }

    /// Only an agent's hold is hold time of the agent; a customer who holds us is still being talked with.
    fn count_hold(&mut self, by: Party, held_ms: i64) {
        if by == Party::Agent {
            self.talks.values_mut().for_each(|talk| talk.hold_ms += held_ms);
        }
    }

    fn close(mut self, at: UtcMs) -> Vec<Entry> {
        let interaction = self.interaction;
        let mut entries = Vec::new();
        let mut push = |agent: Option<UserId>, event: Event| {
            entries.push(Entry { id: new_id(), at, interaction, agent, event });
        };
        for (offer, (agent, since)) in std::mem::take(&mut self.offers) {
            let rang_ms = at.since_ms(since);
            push(Some(agent), Event::OfferEnded { offer, agent, outcome: OfferOutcome::Withdrawn, rang_ms });
        }
        if let Some((queue, since)) = self.waiting {
            let wait_ms = at.since_ms(since);
            push(None, Event::LeftQueue { queue, outcome: QueueOutcome::Interrupted, wait_ms });
        }
        for (by, since) in std::mem::take(&mut self.holds) {
            let held_ms = at.since_ms(since);
            self.count_hold(by, held_ms);
            push(None, Event::HoldEnded { by, held_ms });
        }
        for (agent, talk) in std::mem::take(&mut self.talks) {
            let Talk { queue, since, hold_ms, rested_ms, rests_since } = talk;
            let rests_ms = rests_since.map_or(0, |since| at.since_ms(since));
            if rests_since.is_some() {
                push(Some(agent), Event::WentOn { agent, rested_ms: rests_ms });
            }
            let talk_ms = (at.since_ms(since) - hold_ms - rested_ms - rests_ms).max(0);
            push(Some(agent), Event::AgentDisconnected { agent, queue, talk_ms, hold_ms });
        }
        if !self.ended && self.owed.is_none() && self.item.is_none() {
            let (outcome, cause, by) = (Outcome::Interrupted, Cause::Interrupted, Party::System);
            push(None, Event::InteractionEnded { outcome, cause, by });
        }
        for (agent, (queue, since, deadline)) in self.wrap_ups {
            let wrap_up_ms = at.min(deadline).since_ms(since);
            push(Some(agent), Event::WrapUpEnded { agent, queue, wrap_up_ms });
        }
        entries
    }
}
