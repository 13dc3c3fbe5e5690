//! How each entry of the journal is written into the books.

use perezvon_acd::Place;
use perezvon_engine::{Audit, MAX_MESSAGE_MS, MESSAGE_PROMPT_MS};
use perezvon_model::journal::{Entry, Event, OfferOutcome, Party, QueueOutcome};
use perezvon_model::overflow::Goal;
use perezvon_model::{InteractionId, Presence, QueueId, UserId, UtcMs};

use super::{Bucket, Held, Item, Ledger, Served, Session, Stay, Who};

impl Ledger {
    /// Writes one entry, whether it makes sense or not: that was judged before.
    pub fn write(&mut self, entry: &Entry, audit: Audit<'_>) {
        let at = entry.at;
        if let Event::AgentState { agent, presence, activity, device } = &entry.event
            && let Some(row) = self.agents.get_mut(agent)
        {
            row.is(presence, *activity, *device, at);
            if *presence == Presence::Offline {
                self.signs_out(*agent);
            }
        }
        let Some(interaction) = entry.interaction else { return };
        match &entry.event {
            Event::InteractionStarted { flow, .. } => {
                let mut item = Item { flow: *flow, ..Item::default() };
                if let Some((_, leg, number)) = self.arriving.take_if(|(id, ..)| *id == interaction) {
                    (item.leg, item.number) = (Some(leg), number);
                    self.legs.insert(leg, interaction);
                }
                self.items.insert(interaction, item);
            }
            Event::CustomerMatched { customer, .. } => {
                let card = self.card_now.take_if(|card| card.id == *customer);
                if let Some(item) = self.items.get_mut(&interaction) {
                    item.card = card;
                }
                self.prefer_by_card(interaction, audit);
            }
            Event::FlowNode { node, .. } => {
                let flow = self.items.get(&interaction).and_then(|item| item.flow);
                let named = flow.and_then(|flow| self.named.get(&flow)?.get(node)).copied();
                if let Some(item) = self.items.get_mut(&interaction) {
                    item.named = named;
                }
            }
            Event::Overflowed { to, .. } => {
                if let Some(item) = self.items.get_mut(&interaction) {
                    item.diversions += 1;
                    match to {
                        Goal::Flow { flow } => item.flow = Some(*flow),
                        Goal::Voicemail => item.message_until = Some(at + MESSAGE_PROMPT_MS),
                        Goal::Onward | Goal::Queue { .. } | Goal::Number { .. } | Goal::Callback => {}
                    }
                }
            }
            Event::CallbackPromised { queue, number, .. } => self.is_promised(interaction, *queue, number),
            Event::CallbackDialled { .. } => self.is_dialled(interaction),
            Event::CallbackFailed { cause, again_at, .. } => self.not_reached(interaction, *cause, *again_at),
            Event::MessageStarted => {
                if let Some(item) = self.items.get_mut(&interaction) {
                    item.message_until = Some(at + MAX_MESSAGE_MS);
                    if item.served == Served::NotYet {
                        item.served = Served::Spoke;
                    }
                }
            }
            Event::Queued { queue, .. } => {
                let was_called = self.is_kept(interaction);
                self.queued(interaction, *queue, was_called, audit);
            }
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
                self.has_its_turn(interaction);
            }
            Event::Offered { offer, agent, deadline, .. } => {
                if let Some(item) = self.items.get_mut(&interaction) {
                    item.routed.remove(agent);
                    item.offers.insert(*agent, *offer);
                    item.rings_until = item.rings_until.max(*deadline);
                    let in_queue = on_the_line(item);
                    self.put(interaction, in_queue, Bucket::Reserved);
                }
                if let Some(row) = self.agents.get_mut(agent) {
                    row.session = Session::Offer { offer: *offer, interaction, at, deadline: *deadline };
                }
            }
            Event::OfferEnded { agent, outcome, .. } => {
                self.offer_ended(interaction, *agent, *outcome, at, audit);
            }
            Event::LeftQueue { queue, outcome, .. } => self.left_queue(interaction, *queue, *outcome, at),
            Event::AgentConnected { agent, queue, .. } => {
                // Who is called back is served as well as who waits on the line.
                let away = self.items.get(&interaction).is_some_and(|item| item.promise.is_some());
                if let Some(served) = queue.filter(|_| away).and_then(|queue| self.served.get_mut(&queue)) {
                    served.answered(at);
                }
                self.is_kept(interaction);
                if let Some(item) = self.items.get_mut(&interaction) {
                    (item.talking, item.clock_at) = (Some(*agent), None);
                    (item.named, item.diversions, item.served) = (None, 0, Served::Talked);
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
            Event::AgentDisconnected { agent, queue, talk_ms, hold_ms } => {
                if let Some(served) = queue.and_then(|queue| self.serves(queue)) {
                    served.handled(talk_ms + hold_ms);
                }
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
            Event::WrapUpEnded { agent, queue, wrap_up_ms } => {
                if let Some(served) = queue.and_then(|queue| self.serves(queue)) {
                    served.wrapped_up(*wrap_up_ms);
                }
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
            Event::FlowAnswered
            | Event::Collected { .. }
            | Event::PositionAnnounced { .. }
            | Event::WaitAnnounced { .. }
            | Event::NothingFor { .. }
            | Event::HoldStarted { by: Party::Customer | Party::System }
            | Event::HoldEnded { by: Party::Customer | Party::System, .. }
            | Event::Subject { .. }
            | Event::Rested { .. }
            | Event::WentOn { .. }
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

    /// The books of a queue that is there.
    fn serves(&mut self, queue: QueueId) -> Option<&mut super::pace::Served> {
        self.queue(queue)?;
        Some(self.served.entry(queue).or_default())
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
            Bucket::Handled
            | Bucket::Abandoned
            | Bucket::Transferred
            | Bucket::Failed
            | Bucket::CalledBack => None,
        };
    }

    fn queued(&mut self, interaction: InteractionId, queue: QueueId, was_called: bool, audit: Audit<'_>) {
        let at = self.now;
        let preferred = self.preference(interaction, queue);
        let points = self.queue(queue).map_or(0, |queue| queue.routing.priority);
        let Some(item) = self.items.get_mut(&interaction) else { return };
        if item.place.is_none() {
            self.orders += 1;
            item.place = Some(Place { clock: at, order: self.orders });
        }
        item.clock_at.get_or_insert(at);
        let (who, held) = (Who::OnTheLine, Held::No);
        item.stay = Some(Stay {
            queue,
            since: at,
            points,
            step: 0,
            stepped_at: None,
            who,
            preferred,
            held,
            callback_offered: false,
            was_called,
        });
        item.refusals = item.refused_now.map(|agent| (agent, at)).into_iter().collect();
        item.bucket = None;
        self.in_queue.insert(interaction);
        let row = self.queues.entry(queue).or_default();
        row.offered += 1;
        row.today.offered += 1;
        self.put(interaction, Some(queue), Bucket::Waiting);
        self.line_changed(queue);
        // Held or not is decided before a step of no seconds is taken.
        self.line_up(interaction, audit);
        self.advance_steps();
        let refused =
            self.items.get(&interaction).map(|item| item.refusals.keys().copied().collect::<Vec<_>>());
        for agent in refused.unwrap_or_default() {
            self.prefers_no_more(interaction, agent);
        }
    }

    fn offer_ended(
        &mut self,
        interaction: InteractionId,
        agent: UserId,
        outcome: OfferOutcome,
        at: UtcMs,
        audit: Audit<'_>,
    ) {
        if let Some(row) = self.agents.get_mut(&agent) {
            if let Session::Offer { at: since, .. } = row.session {
                row.told_ms[0] += at.since_ms(since);
            }
            row.session = Session::None;
        }
        let Some(item) = self.items.get_mut(&interaction) else { return };
        item.offers.remove(&agent);
        // The clock may have jumped past its time.
        item.rings_until = item.rings_until.max(at);
        let in_line = item.stay.is_some();
        let missed = match outcome {
            OfferOutcome::Accepted => return,
            OfferOutcome::Withdrawn => false,
            OfferOutcome::Declined
            | OfferOutcome::NoAnswer
            | OfferOutcome::Busy
            | OfferOutcome::Unreachable => true,
        };
        match (missed, in_line) {
            (true, true) => drop(item.refusals.insert(agent, at)),
            (true, false) => item.refused_now = Some(agent),
            (false, _) => {}
        }
        let (rings_on, queue) = (!item.offers.is_empty(), on_the_line(item));
        if missed {
            self.prefers_no_more(interaction, agent);
        }
        if !rings_on {
            self.put(interaction, queue, Bucket::Waiting);
            self.line_up(interaction, audit);
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
        item.left_now = Some((queue, outcome));
        let (Some(stay), Some(clock_at)) = (item.stay.take(), item.clock_at) else { return };
        self.line_changed(queue);
        if outcome == QueueOutcome::Answered
            && let Some(served) = self.served.get_mut(&queue)
        {
            served.answered(at);
        }
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

/// The queue in which the customer waits on the line.
fn on_the_line(item: &Item) -> Option<QueueId> {
    item.stay.filter(|stay| stay.who == Who::OnTheLine).map(|stay| stay.queue)
}
