//! How each entry of the journal is written into the books.

use perezvon_acd::Place;
use perezvon_model::journal::{Entry, Event, OfferOutcome, Party, QueueOutcome};
use perezvon_model::{InteractionId, QueueId, UserId, UtcMs};

use super::{Bucket, Item, Ledger, Session, Stay};

impl Ledger {
    /// Writes one entry, whether it makes sense or not: that was judged before.
    pub fn write(&mut self, entry: &Entry) {
        let at = entry.at;
        if let Event::AgentState { agent, presence, activity, device } = &entry.event
            && let Some(row) = self.agents.get_mut(agent)
        {
            row.is(presence, *activity, *device, at);
        }
        let Some(interaction) = entry.interaction else { return };
        match &entry.event {
            Event::InteractionStarted { .. } => {
                self.items.insert(interaction, Item::default());
            }
            Event::Queued { queue, .. } => self.queued(interaction, *queue, at),
            Event::PlaceRestored { of, .. } => {
                if let (Some(item), Some(place)) = (self.items.get_mut(&interaction), self.gone.get(of)) {
                    item.place = Some(*place);
                    self.orders = self.orders.saturating_sub(1);
                }
            }
            Event::Routed { agents, .. } => {
                if let Some(item) = self.items.get_mut(&interaction) {
                    item.routed = agents.iter().copied().collect();
                }
            }
            Event::Offered { offer, agent, deadline, .. } => {
                if let Some(item) = self.items.get_mut(&interaction) {
                    item.routed.remove(agent);
                    item.offers.insert(*agent, *offer);
                    let in_queue = item.stay.map(|stay| stay.queue);
                    self.put(interaction, in_queue, Bucket::Reserved);
                }
                if let Some(row) = self.agents.get_mut(agent) {
                    row.session = Session::Offer { offer: *offer, interaction, at, deadline: *deadline };
                }
            }
            Event::OfferEnded { agent, outcome, .. } => self.offer_ended(interaction, *agent, *outcome, at),
            Event::LeftQueue { queue, outcome, .. } => self.left_queue(interaction, *queue, *outcome, at),
            Event::AgentConnected { agent, .. } => {
                if let Some(item) = self.items.get_mut(&interaction) {
                    (item.talking, item.clock_at) = (Some(*agent), None);
                    item.refusals.clear();
                }
                if let Some(row) = self.agents.get_mut(agent) {
                    row.session = Session::Talk { interaction, at, held_since: None, held_ms: 0 };
                }
            }
            Event::HoldStarted { by: Party::Agent } => {
                if let Some(Session::Talk { held_since, .. }) = self.session_of(entry.agent) {
                    *held_since = Some(at);
                }
            }
            Event::HoldEnded { by: Party::Agent, held_ms: ms } => {
                if let Some(Session::Talk { held_since, held_ms, .. }) = self.session_of(entry.agent) {
                    *held_since = None;
                    *held_ms += ms;
                }
            }
            Event::TransferredToQueue { .. } | Event::TransferredToAgent { .. } => {
                if let Some(item) = self.items.get_mut(&interaction) {
                    item.passed_on = true;
                }
            }
            Event::AgentDisconnected { agent, talk_ms, hold_ms, .. } => {
                self.disconnected(interaction, *agent, talk_ms + hold_ms);
            }
            Event::WrapUpStarted { agent, deadline, .. } => {
                if let Some(row) = self.agents.get_mut(agent) {
                    row.session = Session::WrapUp { interaction, at, deadline: *deadline };
                }
            }
            Event::WrapUpExtended { agent, deadline: until } => {
                if let Some(Session::WrapUp { deadline, .. }) = self.session_of(Some(*agent)) {
                    *deadline = *until;
                }
            }
            Event::WrapUpEnded { agent, wrap_up_ms, .. } => {
                if let Some(row) = self.agents.get_mut(agent) {
                    row.session = Session::None;
                    row.today.handle_ms += wrap_up_ms;
                    row.told_ms[2] += wrap_up_ms;
                }
            }
            Event::InteractionEnded { .. } => {
                let place = self.items.remove(&interaction).and_then(|item| item.place);
                self.gone.extend(place.map(|place| (interaction, place)));
                self.in_queue.remove(&interaction);
                self.ended.insert(interaction);
            }
            Event::CustomerMatched { .. }
            | Event::FlowAnswered
            | Event::FlowNode { .. }
            | Event::Collected { .. }
            | Event::PositionAnnounced { .. }
            | Event::WaitAnnounced { .. }
            | Event::Overflowed { .. }
            | Event::CallbackPromised { .. }
            | Event::CallbackDialled { .. }
            | Event::CallbackFailed { .. }
            | Event::MessageStarted
            | Event::NothingFor { .. }
            | Event::HoldStarted { by: Party::Customer | Party::System }
            | Event::HoldEnded { by: Party::Customer | Party::System, .. }
            | Event::AgentLost { .. }
            | Event::AgentBack { .. }
            | Event::PartyConnected { .. }
            | Event::RecordingStarted { .. }
            | Event::RecordingSealed { .. }
            | Event::RecordingFailed { .. }
            | Event::Noted { .. }
            | Event::AgentState { .. } => {}
        }
    }

    fn session_of(&mut self, agent: Option<UserId>) -> Option<&mut Session> {
        self.agents.get_mut(&agent?).map(|row| &mut row.session)
    }

    /// Moves what was offered to a queue from one count to another.
    fn put(&mut self, interaction: InteractionId, queue: Option<QueueId>, bucket: Bucket) {
        let (Some(item), Some(queue)) = (self.items.get_mut(&interaction), queue) else { return };
        let row = self.queues.entry(queue).or_default();
        if let Some((_, before)) = item.bucket.filter(|(of, _)| *of == queue) {
            row.buckets[before as usize] -= 1;
        }
        row.buckets[bucket as usize] += 1;
        item.bucket = match bucket {
            Bucket::Waiting | Bucket::Reserved | Bucket::Active => Some((queue, bucket)),
            Bucket::Handled | Bucket::Abandoned | Bucket::Transferred | Bucket::Failed => None,
        };
    }

    fn queued(&mut self, interaction: InteractionId, queue: QueueId, at: UtcMs) {
        let points = self.queue(queue).map_or(0, |queue| queue.routing.priority);
        let Some(item) = self.items.get_mut(&interaction) else { return };
        if item.place.is_none() {
            self.orders += 1;
            item.place = Some(Place { clock: at, order: self.orders });
        }
        item.clock_at.get_or_insert(at);
        item.stay = Some(Stay { queue, since: at, points, step: 0 });
        item.refusals = item.refused_now.take().map(|agent| (agent, at)).into_iter().collect();
        item.bucket = None;
        self.in_queue.insert(interaction);
        let row = self.queues.entry(queue).or_default();
        row.offered += 1;
        row.today.offered += 1;
        self.put(interaction, Some(queue), Bucket::Waiting);
        self.advance_steps();
    }

    fn offer_ended(&mut self, interaction: InteractionId, agent: UserId, outcome: OfferOutcome, at: UtcMs) {
        if let Some(row) = self.agents.get_mut(&agent) {
            if let Session::Offer { at: since, .. } = row.session {
                row.told_ms[0] += at.since_ms(since);
            }
            row.session = Session::None;
        }
        let Some(item) = self.items.get_mut(&interaction) else { return };
        item.offers.remove(&agent);
        let queue = item.stay.map(|stay| stay.queue);
        match outcome {
            OfferOutcome::Accepted => return,
            OfferOutcome::Withdrawn => {}
            OfferOutcome::Declined
            | OfferOutcome::NoAnswer
            | OfferOutcome::Busy
            | OfferOutcome::Unreachable => match queue {
                Some(_) => drop(item.refusals.insert(agent, at)),
                None => item.refused_now = Some(agent),
            },
        }
        if item.offers.is_empty() {
            self.put(interaction, queue, Bucket::Waiting);
        }
    }

    fn left_queue(&mut self, interaction: InteractionId, queue: QueueId, outcome: QueueOutcome, at: UtcMs) {
        let bucket = match outcome {
            QueueOutcome::Answered => Bucket::Active,
            QueueOutcome::Abandoned => Bucket::Abandoned,
            QueueOutcome::Overflowed => Bucket::Transferred,
            QueueOutcome::Interrupted => Bucket::Failed,
        };
        self.put(interaction, Some(queue), bucket);
        self.in_queue.remove(&interaction);
        let Some(item) = self.items.get_mut(&interaction) else { return };
        item.routed.clear();
        item.refusals.clear();
        let (Some(stay), Some(clock_at)) = (item.stay.take(), item.clock_at) else { return };
        let Some(of) = self.queue(queue) else { return };
        let (in_time_ms, short_ms) =
            (i64::from(of.service_level_s) * 1_000, i64::from(of.short_abandon_s) * 1_000);
        // One that crossed midnight counts in neither day.
        if Some(self.day_of(stay.since)) != self.day {
            return;
        }
        let wait_ms = at.since_ms(clock_at);
        let today = &mut self.queues.entry(queue).or_default().today;
        match outcome {
            QueueOutcome::Answered => {
                today.answered += 1;
                today.answered_in_threshold += u32::from(wait_ms <= in_time_ms);
                today.answer_wait_ms += wait_ms;
            }
            QueueOutcome::Abandoned => {
                today.abandoned += 1;
                today.abandoned_short += u32::from(wait_ms < short_ms);
            }
            QueueOutcome::Overflowed | QueueOutcome::Interrupted => {}
        }
    }

    fn disconnected(&mut self, interaction: InteractionId, agent: UserId, both_ms: i64) {
        if let Some(row) = self.agents.get_mut(&agent) {
            row.session = Session::None;
            row.today.handled += 1;
            row.today.handle_ms += both_ms;
            row.told_ms[1] += both_ms;
        }
        let Some(item) = self.items.get_mut(&interaction) else { return };
        item.talking = None;
        let passed_on = std::mem::take(&mut item.passed_on);
        let bucket = if passed_on { Bucket::Transferred } else { Bucket::Handled };
        let queue = item.bucket.map(|(queue, _)| queue);
        self.put(interaction, queue, bucket);
    }
}
