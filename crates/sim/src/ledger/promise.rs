//! Calls that were promised: what becomes of each, from the last words to the conversation or the last try.

use perezvon_acd::Place;
use perezvon_engine::{CALL_BACK_AGAIN_MS, CALL_BACK_MS, DIAL_GRACE_MS};
use perezvon_model::engine::{Output, OwedCallback};
use perezvon_model::journal::QueueOutcome;
use perezvon_model::leg::{Cause, LegCommand};
use perezvon_model::overflow::CallFirst;
use perezvon_model::prompt::Prompt;
use perezvon_model::{E164, InteractionId, LegId, QueueId, UtcMs};

use super::{Held, Item, Ledger, Stay, Who};

/// A call that was promised.
#[derive(Clone, Debug)]
pub struct Promise {
    pub queue: QueueId,
    pub number: E164,
    /// Since when, for the limit of a day.
    pub at: UtcMs,
    /// Tries that came to nothing.
    pub tries: u32,
    pub stage: PromiseStage,
}

/// The one place of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromiseStage {
    /// The customer hears that a call will come.
    LastWords,
    /// Waits in line, or is being offered.
    InLine,
    /// The customer is dialled, until then.
    Dialled { until: UtcMs },
    /// Waits for the next try, or for an agent to be left for it.
    Pauses { until: UtcMs },
    /// Came to nothing; the interaction ends.
    Over,
}

impl Ledger {
    /// Who is to be called at a number.
    pub fn promised_to(&self, number: &E164) -> Option<InteractionId> {
        let is = |item: &Item| item.promise.as_ref().is_some_and(|promise| promise.number == *number);
        self.items.iter().find(|(_, item)| is(item)).map(|(id, _)| *id)
    }

    /// How many are in line to be called back.
    pub fn away(&self, queue: QueueId) -> u64 {
        let stays = self.in_queue.iter().filter_map(|id| self.items.get(id)?.stay);
        stays.filter(|stay| stay.queue == queue && stay.who == Who::Away).count() as u64
    }

    pub(super) fn owes(&mut self, owed: &OwedCallback) {
        if self.items.contains_key(&owed.interaction) || self.promised_to(&owed.number).is_some() {
            return;
        }
        self.orders += 1;
        let stage = PromiseStage::Pauses { until: owed.not_before.max(self.now) };
        let promise = Promise {
            queue: owed.queue,
            number: owed.number.clone(),
            at: owed.place_at,
            tries: owed.tries.into(),
            stage,
        };
        let item = Item {
            place: Some(Place { clock: owed.place_at, order: self.orders }),
            number: Some(owed.number.clone()),
            promise: Some(promise),
            ..Item::default()
        };
        self.items.insert(owed.interaction, item);
        self.queues.entry(owed.queue).or_default().promised += 1;
        self.promises_due();
    }

    /// When the next pause is over.
    pub(super) fn next_promise(&self) -> Option<UtcMs> {
        let pauses = |item: &Item| match item.promise.as_ref()?.stage {
            PromiseStage::Pauses { until } => Some(until),
            PromiseStage::LastWords
            | PromiseStage::InLine
            | PromiseStage::Dialled { .. }
            | PromiseStage::Over => None,
        };
        self.items.values().filter_map(pauses).min()
    }

    /// Pauses that are over.
    pub(super) fn promises_due(&mut self) {
        let now = self.now;
        let due = |item: &Item| {
            let stage = item.promise.as_ref().map(|promise| promise.stage);
            matches!(stage, Some(PromiseStage::Pauses { until }) if until <= now)
        };
        let due: Vec<InteractionId> =
            self.items.iter().filter(|(_, item)| due(item)).map(|(id, _)| *id).collect();
        for interaction in due {
            self.enters_line(interaction);
        }
    }

    pub(super) fn is_promised(&mut self, interaction: InteractionId, queue: QueueId, number: &E164) {
        let at = self.now;
        let Some(item) = self.items.get_mut(&interaction) else { return };
        if item.place.is_none() {
            self.orders += 1;
            item.place = Some(Place { clock: at, order: self.orders });
        }
        item.named = None;
        let (stage, number) = (PromiseStage::LastWords, number.clone());
        item.promise = Some(Promise { queue, number, at, tries: 0, stage });
        let row = self.queues.entry(queue).or_default();
        row.promised += 1;
        if item.left_now == Some((queue, QueueOutcome::Overflowed)) {
            row.buckets[super::Bucket::Transferred as usize] -= 1;
            row.buckets[super::Bucket::CalledBack as usize] += 1;
        }
        if item.leg == self.over_now {
            self.enters_line(interaction);
        }
    }

    /// A customer's leg is over: who was told that a call will come has the place in line now.
    pub(super) fn customer_gone(&mut self, leg: LegId) {
        let Some(&interaction) = self.legs.get(&leg) else { return };
        let item = self.items.get(&interaction).filter(|item| item.leg == Some(leg));
        let stage = item.and_then(|item| item.promise.as_ref()).map(|promise| promise.stage);
        if stage == Some(PromiseStage::LastWords) {
            self.enters_line(interaction);
        }
    }

    fn enters_line(&mut self, interaction: InteractionId) {
        let Some(promise) = self.items.get(&interaction).and_then(|item| item.promise.as_ref()) else {
            return;
        };
        let queue = promise.queue;
        let Some(points) = self.queue(queue).map(|queue| queue.routing.priority) else { return };
        let preferred = self.preference(interaction, queue);
        let held = if preferred.is_some() { Held::Unknown } else { Held::No };
        let since = self.now;
        let Some(item) = self.items.get_mut(&interaction) else { return };
        if let Some(promise) = &mut item.promise {
            promise.stage = PromiseStage::InLine;
        }
        item.refusals.clear();
        let who = Who::Away;
        item.stay = Some(Stay {
            queue,
            since,
            points,
            step: 0,
            stepped_at: None,
            who,
            preferred,
            held,
            callback_offered: false,
            was_called: false,
        });
        self.in_queue.insert(interaction);
        self.line_changed(queue);
        self.advance_steps();
    }

    pub(super) fn is_dialled(&mut self, interaction: InteractionId) {
        let until = self.now + CALL_BACK_MS + DIAL_GRACE_MS;
        self.dials = Some(interaction);
        let Some(item) = self.items.get_mut(&interaction) else { return };
        item.routed.clear();
        if let Some(promise) = &mut item.promise {
            promise.stage = PromiseStage::Dialled { until };
        }
    }

    /// The turn has come. Where the customer is called first, and as many are called already as agents are idle, it is
    /// put off.
    pub(super) fn has_its_turn(&mut self, interaction: InteractionId) {
        let promise = self.items.get(&interaction).and_then(|item| item.promise.as_ref());
        let Some(queue) = promise.map(|promise| promise.queue) else { return };
        let first = self.queue(queue).map(|queue| queue.routing.callbacks.first);
        let called = |item: &&Item| {
            let promise = item.promise.as_ref().filter(|promise| promise.queue == queue);
            let dialled = |promise: &Promise| matches!(promise.stage, PromiseStage::Dialled { .. });
            item.offers.is_empty() && promise.is_some_and(dialled)
        };
        let called = self.items.values().filter(called).count();
        let (idle, _) = self.at_work(queue);
        if first != Some(CallFirst::Customer) || called == 0 || called < idle as usize {
            return;
        }
        self.out_of_line(interaction);
        let until = self.now + CALL_BACK_AGAIN_MS;
        if let Some(promise) = self.items.get_mut(&interaction).and_then(|item| item.promise.as_mut()) {
            promise.stage = PromiseStage::Pauses { until };
        }
    }

    pub(super) fn not_reached(&mut self, interaction: InteractionId, cause: Cause, again_at: Option<UtcMs>) {
        self.out_of_line(interaction);
        let Some(item) = self.items.get_mut(&interaction) else { return };
        let Some(promise) = &mut item.promise else { return };
        promise.tries += u32::from(costs_a_try(cause));
        promise.stage = match again_at {
            Some(until) => PromiseStage::Pauses { until },
            None => PromiseStage::Over,
        };
        if again_at.is_none() {
            self.queues.entry(promise.queue).or_default().not_kept += 1;
            if item.served == super::Served::NotYet {
                item.served = super::Served::NotReached;
            }
        }
    }

    /// Agent and customer are joined, or the customer waits on the line again. Whether there was a promise.
    pub(super) fn is_kept(&mut self, interaction: InteractionId) -> bool {
        let promise = self.items.get_mut(&interaction).and_then(|item| item.promise.take());
        let Some(promise) = promise else { return false };
        self.queues.entry(promise.queue).or_default().kept += 1;
        self.out_of_line(interaction);
        true
    }

    fn out_of_line(&mut self, interaction: InteractionId) {
        self.in_queue.remove(&interaction);
        let Some(item) = self.items.get_mut(&interaction) else { return };
        item.routed.clear();
        item.refusals.clear();
        if let Some(stay) = item.stay.take() {
            self.line_changed(stay.queue);
        }
    }

    /// What is commanded to legs, as far as it tells where a promise is.
    pub fn hear(&mut self, output: &Output) {
        let Output::Leg { leg, command } = output else { return };
        match command {
            LegCommand::Dial { .. } => {
                if let Some(interaction) = self.dials.take() {
                    self.legs.insert(*leg, interaction);
                    if let Some(item) = self.items.get_mut(&interaction) {
                        item.leg = Some(*leg);
                    }
                }
            }
            LegCommand::HangUp { .. } => self.customer_gone(*leg),
            LegCommand::Play { prompts, .. } => {
                let offers = |prompt: &Prompt| matches!(prompt, Prompt::Named { name, .. } if name == "callback-offer");
                let of = self.legs.get(leg).and_then(|id| self.items.get_mut(id));
                if let Some(stay) = of.and_then(|item| item.stay.as_mut())
                    && prompts.iter().any(offers)
                {
                    stay.callback_offered = true;
                }
            }
            LegCommand::Ring
            | LegCommand::Answer
            | LegCommand::Reject { .. }
            | LegCommand::StopPlay
            | LegCommand::Mute { .. }
            | LegCommand::SendDigits { .. } => {}
        }
    }
}

/// A stop of the server is no try of the customer's.
pub fn costs_a_try(cause: Cause) -> bool {
    cause != Cause::Interrupted
}
