//! What an entry changes in the tables of interactions: a pure fold, state and entry in, changed rows out.

use perezvon_model::journal::{Channel, Direction, Entry, Event, Outcome, Party, QueueOutcome};
use perezvon_model::leg::Cause;
use perezvon_model::{
    CustomerId, DispositionId, EntryId, FlowId, InteractionId, QueueId, RecordingId, TrunkId, UserId, UtcMs,
};

use crate::recording::RecordingState;
use crate::sql::{Arg, Column, Kind, Value};
use crate::words::words;

/// One interaction and all rows that hang on it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InteractionState {
    pub row: InteractionProjection,
    pub visits: Vec<Visit>,
    pub parts: Vec<Part>,
    pub recordings: Vec<RecordingProjection>,
    /// Where the caller's queue time began, until an agent talks with them.
    clock_at: Option<UtcMs>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InteractionProjection {
    pub id: InteractionId,
    pub channel: Channel,
    pub direction: Direction,
    pub from: String,
    pub to: String,
    /// None for a chat or a mail.
    pub flow: Option<FlowId>,
    pub trunk: Option<TrunkId>,
    pub customer: Option<CustomerId>,
    pub queue: Option<QueueId>,
    pub agent: Option<UserId>,
    pub started_at: UtcMs,
    pub answered_at: Option<UtcMs>,
    pub ended_at: Option<UtcMs>,
    pub wait_ms: i64,
    pub talk_ms: i64,
    pub hold_ms: i64,
    pub wrap_up_ms: i64,
    pub end: Option<(Outcome, Cause, Party)>,
    pub disposition: Option<DispositionId>,
    pub note: String,
}

/// One stay in one queue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Visit {
    pub id: EntryId,
    pub queue: QueueId,
    pub attempt: u32,
    pub clock_at: UtcMs,
    pub queued_at: UtcMs,
    pub outcome: Option<QueueOutcome>,
    /// Queue time when it ended, from `clock_at`.
    pub queue_ms: i64,
    pub handled: bool,
    pub promise: Option<Promise>,
    pub talk_ms: i64,
    pub hold_ms: i64,
    pub wrap_up_ms: i64,
}

/// The wait that the caller was told, from `at` on; no `high_s` is "more than an hour".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    pub at: UtcMs,
    pub low_s: u32,
    pub high_s: Option<u32>,
}

/// One agent's part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub id: EntryId,
    pub agent: UserId,
    pub queue: Option<QueueId>,
    /// Index of the visit it belongs to.
    visit: Option<usize>,
    pub state: PartState,
    pub connected_at: UtcMs,
    pub talk_ms: i64,
    pub hold_ms: i64,
    pub wrap_up_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartState {
    Talking,
    WrapUp,
    Ended,
}

words! { PartState { Talking = "talking", WrapUp = "wrap_up", Ended = "ended" } }

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RecordingProjection {
    pub id: RecordingId,
    pub state: RecordingState,
    pub started_at: UtcMs,
    pub duration_ms: i64,
    pub bytes: i64,
    /// Why it failed, or empty.
    pub reason: String,
}

/// A row that an entry changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Touched {
    Interaction,
    Visit(usize),
    Part(usize),
    Recording(usize),
}

impl InteractionState {
    /// The state after the first entry; `None` when `entry` does not start an interaction.
    pub fn start(entry: &Entry) -> Option<Self> {
        let Event::InteractionStarted { channel, direction, from, to, trunk, flow } = &entry.event else {
            return None;
        };
        let row = InteractionProjection {
            id: entry.interaction?,
            channel: *channel,
            direction: *direction,
            from: from.clone(),
            to: to.clone(),
            flow: *flow,
            trunk: *trunk,
            customer: None,
            queue: None,
            agent: None,
            started_at: entry.at,
            answered_at: None,
            ended_at: None,
            wait_ms: 0,
            talk_ms: 0,
            hold_ms: 0,
            wrap_up_ms: 0,
            end: None,
            disposition: None,
            note: String::new(),
        };
        Some(Self { row, visits: Vec::new(), parts: Vec::new(), recordings: Vec::new(), clock_at: None })
    }

    /// The state after all of an interaction's entries.
    pub fn replay<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Option<Self> {
        let mut entries = entries.into_iter();
        let mut state = entries.by_ref().find_map(Self::start)?;
        entries.for_each(|entry| state.apply(entry, |_| {}));
        Some(state)
    }

    /// Whether nothing more is expected; a late entry is still right, it only costs a replay.
    pub fn is_complete(&self) -> bool {
        self.row.end.is_some()
            && self.parts.iter().all(|part| part.state == PartState::Ended)
            && self.recordings.iter().all(|recording| recording.state != RecordingState::Growing)
    }

    /// Applies a further entry; tells each row that changed, some perhaps twice.
    pub fn apply(&mut self, entry: &Entry, mut touched: impl FnMut(Touched)) {
        match &entry.event {
            Event::CustomerMatched { customer, created: _ } => {
                self.row.customer = Some(*customer);
                touched(Touched::Interaction);
            }
            Event::Queued { queue, attempt, position: _ } => {
                self.queued(entry, *queue, *attempt);
                touched(Touched::Interaction);
                touched(Touched::Visit(self.visits.len() - 1));
            }
            Event::LeftQueue { queue, outcome, wait_ms } => {
                if let Some(index) = self.left_queue(*queue, *outcome, *wait_ms) {
                    touched(Touched::Visit(index));
                }
                touched(Touched::Interaction);
            }
            Event::WaitAnnounced { queue, low_s, high_s } => {
                if let Some(index) = self.promised(entry.at, *queue, *low_s, *high_s) {
                    touched(Touched::Visit(index));
                }
            }
            Event::AgentConnected { agent, queue, device: _ } => {
                self.agent_connected(entry, *agent, *queue);
                touched(Touched::Interaction);
                touched(Touched::Part(self.parts.len() - 1));
            }
            Event::AgentDisconnected { agent, queue: _, talk_ms, hold_ms } => {
                if let Some(index) = self.last_part_of(*agent) {
                    self.agent_disconnected(index, *talk_ms, *hold_ms);
                    touched(Touched::Part(index));
                    self.parts[index].visit.into_iter().for_each(|visit| touched(Touched::Visit(visit)));
                }
                self.row.talk_ms += talk_ms;
                self.row.hold_ms += hold_ms;
                touched(Touched::Interaction);
            }
            Event::PartyConnected { uri: _ } => {
                self.row.answered_at.get_or_insert(entry.at);
                touched(Touched::Interaction);
            }
            Event::RecordingStarted { recording } => {
                self.recording_started(*recording, entry.at);
                touched(Touched::Recording(self.recordings.len() - 1));
            }
            Event::RecordingSealed { recording, duration_ms, bytes } => {
                if let Some(index) = self.recording_sealed(*recording, *duration_ms, *bytes) {
                    touched(Touched::Recording(index));
                }
            }
            Event::RecordingFailed { recording, reason } => {
                if let Some(index) = self.recording_failed(*recording, reason) {
                    touched(Touched::Recording(index));
                }
            }
            Event::InteractionEnded { outcome, cause, by } => {
                self.row.ended_at = Some(entry.at);
                self.row.end = Some((*outcome, *cause, *by));
                touched(Touched::Interaction);
            }
            Event::WrapUpStarted { agent, queue: _, deadline: _ } => {
                if let Some(index) = self.last_part_of(*agent) {
                    self.parts[index].state = PartState::WrapUp;
                    touched(Touched::Part(index));
                }
            }
            Event::Noted { agent: _, disposition, note } => {
                self.row.disposition = *disposition;
                self.row.note.clone_from(note);
                touched(Touched::Interaction);
            }
            Event::WrapUpEnded { agent, queue: _, wrap_up_ms } => {
                if let Some(index) = self.last_part_of(*agent) {
                    self.wrap_up_ended(index, *wrap_up_ms);
                    touched(Touched::Part(index));
                    self.parts[index].visit.into_iter().for_each(|visit| touched(Touched::Visit(visit)));
                }
                self.row.wrap_up_ms += wrap_up_ms;
                touched(Touched::Interaction);
            }
            Event::InteractionStarted { .. }
            | Event::Subject { .. }
            | Event::Rested { .. }
            | Event::WentOn { .. }
            | Event::FlowAnswered
            | Event::FlowNode { .. }
            | Event::Collected { .. }
            | Event::PositionAnnounced { .. }
            | Event::Overflowed { .. }
            | Event::CallbackPromised { .. }
            | Event::CallbackDialled { .. }
            | Event::CallbackFailed { .. }
            | Event::MessageStarted
            | Event::PlaceRestored { .. }
            | Event::Routed { .. }
            | Event::NothingFor { .. }
            | Event::WrapUpExtended { .. }
            | Event::Offered { .. }
            | Event::OfferEnded { .. }
            | Event::HoldStarted { .. }
            | Event::HoldEnded { .. }
            | Event::AgentLost { .. }
            | Event::AgentBack { .. }
            | Event::TransferredToQueue { .. }
            | Event::TransferredToAgent { .. }
            | Event::AgentState { .. } => {}
        }
    }

    fn queued(&mut self, entry: &Entry, queue: QueueId, attempt: u32) {
        // A re-queue keeps the clock (PRODUCT, "Measures"): only a talk with an agent ends it.
        let clock_at = *self.clock_at.get_or_insert(entry.at);
        self.row.queue = Some(queue);
        self.visits.push(Visit {
            id: entry.id,
            queue,
            attempt,
            clock_at,
            queued_at: entry.at,
            outcome: None,
            queue_ms: 0,
            handled: false,
            promise: None,
            talk_ms: 0,
            hold_ms: 0,
            wrap_up_ms: 0,
        });
    }

    /// What the caller was told first is what counts.
    fn promised(&mut self, at: UtcMs, queue: QueueId, low_s: u32, high_s: Option<u32>) -> Option<usize> {
        let open = |visit: &Visit| visit.queue == queue && visit.outcome.is_none() && visit.promise.is_none();
        let index = self.visits.iter().rposition(open)?;
        self.visits[index].promise = Some(Promise { at, low_s, high_s });
        Some(index)
    }

    fn left_queue(&mut self, queue: QueueId, outcome: QueueOutcome, wait_ms: i64) -> Option<usize> {
        self.row.wait_ms += wait_ms;
        let index = self.visits.iter().rposition(|visit| visit.queue == queue && visit.outcome.is_none())?;
        let visit = &mut self.visits[index];
        visit.outcome = Some(outcome);
        visit.queue_ms = visit.queued_at.since_ms(visit.clock_at) + wait_ms;
        Some(index)
    }

    fn agent_connected(&mut self, entry: &Entry, agent: UserId, queue: Option<QueueId>) {
        self.clock_at = None;
        self.row.agent = Some(agent);
        self.row.answered_at.get_or_insert(entry.at);
        self.parts.push(Part {
            id: entry.id,
            agent,
            queue,
            visit: queue.and_then(|queue| self.visits.iter().rposition(|visit| visit.queue == queue)),
            state: PartState::Talking,
            connected_at: entry.at,
            talk_ms: 0,
            hold_ms: 0,
            wrap_up_ms: 0,
        });
    }

    fn last_part_of(&self, agent: UserId) -> Option<usize> {
        self.parts.iter().rposition(|part| part.agent == agent)
    }

    fn agent_disconnected(&mut self, index: usize, talk_ms: i64, hold_ms: i64) {
        let part = &mut self.parts[index];
        part.state = PartState::Ended;
        part.talk_ms += talk_ms;
        part.hold_ms += hold_ms;
        if let Some(visit) = part.visit.and_then(|visit| self.visits.get_mut(visit)) {
            visit.handled = true;
            visit.talk_ms += talk_ms;
            visit.hold_ms += hold_ms;
        }
    }

    fn wrap_up_ended(&mut self, index: usize, wrap_up_ms: i64) {
        let part = &mut self.parts[index];
        part.state = PartState::Ended;
        part.wrap_up_ms += wrap_up_ms;
        if let Some(visit) = part.visit.and_then(|visit| self.visits.get_mut(visit)) {
            visit.wrap_up_ms += wrap_up_ms;
        }
    }

    fn recording_started(&mut self, id: RecordingId, at: UtcMs) {
        self.recordings.push(RecordingProjection {
            id,
            state: RecordingState::Growing,
            started_at: at,
            duration_ms: 0,
            bytes: 0,
            reason: String::new(),
        });
    }

    /// What is sealed does not fail any more.
    fn recording_failed(&mut self, id: RecordingId, reason: &str) -> Option<usize> {
        let index = self.recordings.iter().position(|recording| recording.id == id)?;
        let recording = &mut self.recordings[index];
        if recording.state == RecordingState::Sealed {
            return None;
        }
        recording.state = RecordingState::Failed;
        reason.clone_into(&mut recording.reason);
        Some(index)
    }

    fn recording_sealed(&mut self, id: RecordingId, duration_ms: i64, bytes: i64) -> Option<usize> {
        let index = self.recordings.iter().position(|recording| recording.id == id)?;
        let recording = &mut self.recordings[index];
        recording.state = RecordingState::Sealed;
        recording.duration_ms = duration_ms;
        recording.bytes = bytes;
        recording.reason.clear();
        Some(index)
    }
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
