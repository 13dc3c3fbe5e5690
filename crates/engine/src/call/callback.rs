//! The customer hangs up, keeps the place in line, and is called when the turn comes. One number is called by one
//! promise at a time.

use perezvon_acd::Place;
use perezvon_model::config::CallerId;
use perezvon_model::engine::{Output, OwedCallback};
use perezvon_model::journal::{Event, Outcome, Party};
use perezvon_model::leg::{CallerName, Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::overflow::{CallFirst, Callbacks, Goal, OverflowCause};
use perezvon_model::prompt::Prompt;
use perezvon_model::{InteractionId, LegId, PlayId, QueueId, UserId};

use super::{Call, Callback, LegEnd, Origin, Pickup, Repeat, Service, Stage};
use crate::agent::RingPhase;
use crate::limits::{
    CALL_BACK_AGAIN_MS, CALL_BACK_MS, DIAL_GRACE_MS, MAX_CALLBACK_MS, MAX_CALLS, REJOIN_LIMIT_MS,
};
use crate::line::{Offered, Terms};
use crate::tenant::{LegOf, Tenant};
use crate::timer::Timer;

impl Tenant {
    /// Who shows a number that nobody is to call yet can be called back, where a trunk leads to the network.
    pub(crate) fn can_call_back(&self, call: &Call) -> bool {
        let Some(number) = &call.from.number else { return false };
        let has_way_out = self
            .settings
            .as_ref()
            .is_some_and(|settings| settings.way_out(number.as_str(), None, call.trunk).1.is_some());
        has_way_out && !self.callbacks.contains_key(number)
    }

    /// The caller pressed the digit after the offer was heard.
    pub(crate) fn wants_callback(&mut self, interaction: InteractionId) {
        let Some(stay) = self.calls.get(&interaction).and_then(|call| call.line.stay) else { return };
        if stay.callback == Offered::Offered {
            self.divert(interaction, stay.queue, stay.terms, OverflowCause::Asked, &Goal::Callback);
        }
    }

    /// Says so, and good-bye.
    pub(crate) fn promise_callback(&mut self, interaction: InteractionId, queue: QueueId) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        let Some(number) = call.from.number.clone() else { return };
        let place = *call.line.place.get_or_insert_with(|| self.acd.new_place(now));
        call.queue = Some(queue);
        call.callback = Some(Callback { number: number.clone(), tries: 0, dialled: None });
        let language = call.language;
        let (needs, points) = (call.line.needs.clone(), call.line.points);
        self.callbacks.insert(number.clone(), interaction);
        self.timers.arm(Timer::CallbackOld(interaction), now + MAX_CALLBACK_MS);
        let event = Event::CallbackPromised { queue, number, language, place_at: place.clock, needs, points };
        self.journal(Some(interaction), None, event);
        self.part_with(interaction, &["callback-promised", "goodbye"]);
    }

    /// The customer's leg is over: the promise waits in line.
    pub(crate) fn wait_for_callback(&mut self, interaction: InteractionId, leg: LegEnd) {
        self.timers.cancel(Timer::Parting(interaction));
        self.end_customer_hold(interaction);
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        let customer = call.leg;
        call.play = None;
        call.stage = Stage::Away;
        // One that ran on from an earlier conversation ends with the leg.
        if let Some(recording) = call.recording.take() {
            self.push(Output::RecordStop { recording });
        }
        if self.legs.remove(&customer).is_some() && leg == LegEnd::HangUp {
            self.leg(customer, LegCommand::HangUp { cause: Cause::Normal });
        }
        self.callback_is_due(interaction);
    }

    /// Into the line, at the place kept.
    pub(crate) fn callback_is_due(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get(&interaction) else { return };
        match (call.stage, &call.callback) {
            (Stage::Away, Some(_)) => {}
            (Stage::CallsBack, Some(_)) => return self.not_reached(interaction, Cause::NoAnswer),
            (
                Stage::Flow
                | Stage::Queued
                | Stage::Offered { .. }
                | Stage::Talking { .. }
                | Stage::Outside { .. }
                | Stage::Message
                | Stage::Away
                | Stage::CallsBack
                | Stage::Parting,
                _,
            ) => return,
        }
        let (Some(queue), Some(place)) = (call.queue, call.line.place) else { return };
        if self.settings.as_ref().is_none_or(|settings| settings.queue(queue).is_none()) {
            return self.give_callback_up(interaction, Cause::Unavailable);
        }
        let joined = self.join_at(interaction, queue, place, None);
        if joined && let Some(state) = self.queues.get_mut(&queue) {
            state.callbacks += 1;
            state.recent.waits(self.now, true);
        }
        self.floor_changed();
    }

    /// Whom to ring first, where the interaction is a callback that waits.
    pub(crate) fn callback_order(&self, interaction: InteractionId) -> Option<CallFirst> {
        let call = self.calls.get(&interaction)?;
        call.callback.as_ref().filter(|_| call.stage == Stage::Away)?;
        Some(self.callbacks_of(call.queue).first)
    }

    fn callbacks_of(&self, queue: Option<QueueId>) -> Callbacks {
        let of = self.settings.as_ref().zip(queue).and_then(|(settings, queue)| settings.queue(queue));
        of.map(|of| of.routing.callbacks).unwrap_or_default()
    }

    /// The agent has taken the offer: joined with the customer, or the customer is called first.
    pub(crate) fn agent_answered(&mut self, id: UserId) {
        let now = self.now;
        let Some(ringing) = self.agents.get_mut(&id).and_then(|agent| agent.ringing()) else { return };
        let (interaction, leg) = (ringing.interaction, ringing.leg);
        let stage = self.calls.get(&interaction).map(|call| call.stage);
        if stage != Some(Stage::Offered { origin: Origin::Callback }) {
            return self.connect(id);
        }
        let Some(ringing) = self.agents.get_mut(&id).and_then(|agent| agent.ringing()) else { return };
        let accepted_at = match ringing.phase {
            RingPhase::Connecting { accepted_at } => accepted_at,
            RingPhase::Reserved | RingPhase::Ringing => now,
            RingPhase::CallsBack { .. } => return,
        };
        ringing.phase = RingPhase::CallsBack { accepted_at };
        self.withdraw_other_offers(interaction, id);
        self.timers.arm(Timer::Offer(id), now + CALL_BACK_MS + DIAL_GRACE_MS);
        if let Some(leg) = leg {
            let play: PlayId = self.ids.next(now);
            self.leg(leg, LegCommand::Play { play, prompts: vec![Prompt::Ringback], looped: true });
        }
        self.dial_customer(interaction);
        self.agent_changed(id);
    }

    /// The customer is called before any agent: no more of them at once than agents of the queue are free.
    pub(crate) fn call_back(&mut self, interaction: InteractionId) {
        let queue = self.calls.get(&interaction).and_then(|call| call.queue);
        let called = self.callbacks.values().filter_map(|of| self.calls.get(of));
        let called = called.filter(|call| call.stage == Stage::CallsBack && call.queue == queue).count();
        let free = queue.and_then(|queue| self.queues.get(&queue)).map_or(0, |state| state.idle as usize);
        if called > 0 && called >= free {
            self.out_of_line(interaction);
            self.timers.arm(Timer::CallBack(interaction), self.now + CALL_BACK_AGAIN_MS);
            return;
        }
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        call.stage = Stage::CallsBack;
        self.timers.arm(Timer::CallBack(interaction), self.now + CALL_BACK_MS + DIAL_GRACE_MS);
        self.dial_customer(interaction);
    }

    fn dial_customer(&mut self, interaction: InteractionId) {
        let leg: LegId = self.ids.next(self.now);
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        let Some(callback) = &mut call.callback else { return };
        callback.dialled = Some(leg);
        let attempt = u32::from(callback.tries) + 1;
        let Some(settings) = &self.settings else { return };
        let (uri, trunk) = settings.way_out(callback.number.as_str(), None, call.trunk);
        let Some(queue) = call.queue else { return };
        let from = CallerName { number: call.to.clone(), name: String::new() };
        self.legs.insert(leg, LegOf::Customer(interaction));
        self.journal(Some(interaction), None, Event::CallbackDialled { queue, attempt });
        let target = DialTarget::Uri { uri, trunk };
        self.leg(leg, LegCommand::Dial { target, from, timeout_ms: CALL_BACK_MS });
    }

    pub(crate) fn is_called_back_on(&self, interaction: InteractionId, leg: LegId) -> bool {
        let callback = self.calls.get(&interaction).and_then(|call| call.callback.as_ref());
        callback.is_some_and(|callback| callback.dialled == Some(leg))
    }

    pub(crate) fn callback_leg_event(&mut self, interaction: InteractionId, leg: LegId, event: LegEvent) {
        match event {
            LegEvent::Answered => self.customer_answered(interaction, leg),
            LegEvent::Failed { cause } | LegEvent::Ended { cause } => {
                self.legs.remove(&leg);
                if let Some(callback) = self.callback_mut(interaction) {
                    callback.dialled = None;
                }
                self.not_reached(interaction, cause);
            }
            LegEvent::Ringing
            | LegEvent::Digit { .. }
            | LegEvent::PlayDone { .. }
            | LegEvent::HeldByPeer { .. }
            | LegEvent::MediaLost
            | LegEvent::MediaBack => {}
        }
    }

    fn callback_mut(&mut self, interaction: InteractionId) -> Option<&mut Callback> {
        self.calls.get_mut(&interaction)?.callback.as_mut()
    }

    fn customer_answered(&mut self, interaction: InteractionId, leg: LegId) {
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        call.leg = leg;
        call.pickup = Pickup::Answered;
        let (stage, language, queue) = (call.stage, call.language, call.queue);
        match (stage, call.rings.first().copied(), queue) {
            (Stage::Offered { origin: Origin::Callback }, Some(agent), _) => {
                if let Some(leg) =
                    self.agents.get_mut(&agent).and_then(|agent| agent.ringing()).and_then(|of| of.leg)
                {
                    self.leg(leg, LegCommand::StopPlay);
                }
                self.connect(agent);
            }
            (Stage::CallsBack, _, Some(queue)) => {
                self.timers.cancel(Timer::CallBack(interaction));
                self.callback_is_kept(interaction);
                let terms = Terms { position_every_ms: None, max_wait_ms: REJOIN_LIMIT_MS, agent: None };
                self.join_queue(interaction, queue, terms);
                let here = Prompt::named("callback-here", language);
                self.play(interaction, vec![here], Repeat::Once);
                // Not sent away at once, after being called; but not kept waiting for ever either.
                self.arm_overflow(interaction);
            }
            (
                Stage::Flow
                | Stage::Queued
                | Stage::Offered { .. }
                | Stage::Talking { .. }
                | Stage::Outside { .. }
                | Stage::Message
                | Stage::Away
                | Stage::CallsBack
                | Stage::Parting,
                _,
                _,
            ) => {}
        }
    }

    /// The agent did not take it: on in line. One who left while the customer was rung has cost a try.
    pub(crate) fn callback_waits_on(&mut self, interaction: InteractionId) {
        if self.callback_mut(interaction).is_some_and(|callback| callback.dialled.is_some()) {
            return self.not_reached(interaction, Cause::Cancelled);
        }
        if let Some(call) = self.calls.get_mut(&interaction) {
            call.stage = Stage::Away;
        }
        self.acd.put_back(interaction);
    }

    fn hang_up_dialled(&mut self, interaction: InteractionId) {
        let dialled = self.callback_mut(interaction).and_then(|callback| callback.dialled.take());
        if let Some(leg) = dialled.filter(|leg| self.legs.remove(leg).is_some()) {
            self.leg(leg, LegCommand::HangUp { cause: Cause::Cancelled });
        }
    }

    /// The customer did not answer: later again, or never.
    pub(crate) fn not_reached(&mut self, interaction: InteractionId, cause: Cause) {
        let queue = self.calls.get(&interaction).and_then(|call| call.queue);
        if queue.is_none_or(|queue| !self.queues.contains_key(&queue)) {
            // A queue that is gone calls nobody again.
            return self.give_callback_up(interaction, Cause::Unavailable);
        }
        self.hang_up_dialled(interaction);
        self.out_of_line(interaction);
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        call.stage = Stage::Away;
        let rule = self.callbacks_of(queue);
        let Some(callback) = self.callback_mut(interaction) else { return };
        // A stop of the server is no try of the customer's.
        if cause != Cause::Interrupted {
            callback.tries = callback.tries.saturating_add(1);
        }
        let last = callback.tries >= rule.tries.max(1);
        let again_at = (!last).then(|| self.now + i64::from(rule.again_after_s.max(30)) * 1_000);
        self.withdraw_offers(interaction);
        if let Some(queue) = queue {
            self.journal(Some(interaction), None, Event::CallbackFailed { queue, cause, again_at });
        }
        self.timers.set(Timer::CallBack(interaction), again_at);
        if last {
            self.end_callback(interaction, cause);
        }
    }

    /// Nobody could keep it for a day. One that is being kept just then is looked at when that is over.
    pub(crate) fn callback_is_old(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get(&interaction) else { return };
        if call.stage == Stage::Away {
            self.give_callback_up(interaction, Cause::Timeout);
        } else {
            let at = self.now + CALL_BACK_MS + DIAL_GRACE_MS;
            self.timers.arm(Timer::CallbackOld(interaction), at);
        }
    }

    /// It cannot be kept.
    pub(crate) fn give_callback_up(&mut self, interaction: InteractionId, cause: Cause) {
        self.hang_up_dialled(interaction);
        self.out_of_line(interaction);
        let queue = self.calls.get(&interaction).and_then(|call| call.queue);
        self.withdraw_offers(interaction);
        if let Some(queue) = queue {
            self.journal(Some(interaction), None, Event::CallbackFailed { queue, cause, again_at: None });
        }
        self.end_callback(interaction, cause);
    }

    fn end_callback(&mut self, interaction: InteractionId, cause: Cause) {
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        if call.service == Service::NotYet {
            call.service = Service::NotReached;
        }
        call.stage = Stage::Away;
        self.end_call(interaction, Party::System, cause, LegEnd::Over);
    }

    fn out_of_line(&mut self, interaction: InteractionId) {
        let queue = self.calls.get(&interaction).and_then(|call| call.queue);
        if self.acd.needs(interaction).is_some()
            && let Some(state) = queue.and_then(|queue| self.queues.get_mut(&queue))
        {
            state.callbacks = state.callbacks.saturating_sub(1);
        }
        self.acd.leave(interaction);
        let somebody = queue.is_some_and(|queue| self.acd.waiting(queue) > 0);
        if let Some(state) = queue.and_then(|queue| self.queues.get_mut(&queue)) {
            state.recent.waits(self.now, somebody);
        }
        self.floor_changed();
    }

    /// An agent has taken it, as one who waited: the pace of the queue is that of both.
    pub(crate) fn count_callback_answered(&mut self, interaction: InteractionId) {
        let call = self.calls.get(&interaction).filter(|call| call.callback.is_some());
        let queue = call.and_then(|call| call.queue);
        if let Some(state) = queue.and_then(|queue| self.queues.get_mut(&queue)) {
            state.recent.count_answer(self.now);
        }
    }

    /// Agent and customer are joined, or the customer waits on the line again.
    pub(crate) fn callback_is_kept(&mut self, interaction: InteractionId) {
        if self.calls.get(&interaction).is_some_and(|call| call.callback.is_some()) {
            self.out_of_line(interaction);
            self.forget_callback(interaction);
        }
    }

    pub(crate) fn forget_callback(&mut self, interaction: InteractionId) {
        if let Some(callback) = self.calls.get_mut(&interaction).and_then(|call| call.callback.take()) {
            self.callbacks.remove(&callback.number);
            self.timers.cancel(Timer::CallbackOld(interaction));
        }
    }

    /// Whoever is to be called back calls again and waits in the same queue: has the place, and is not called any more.
    pub(crate) fn place_of_callback(
        &mut self,
        interaction: InteractionId,
        queue: QueueId,
    ) -> Option<(InteractionId, Place)> {
        let number = self.calls.get(&interaction)?.from.number.as_ref()?;
        let of = *self.callbacks.get(number)?;
        let waits = self.calls.get(&of).filter(|call| call.queue == Some(queue))?;
        let place = waits.line.place.filter(|_| waits.stage == Stage::Away)?;
        self.give_callback_up(of, Cause::Cancelled);
        Some((of, place))
    }

    /// The journal knows of a promise from before the last stop.
    pub(crate) fn owes_callback(&mut self, owed: OwedCallback) {
        let interaction = owed.interaction;
        if self.calls.contains_key(&interaction) {
            return;
        }
        if self.calls.len() >= MAX_CALLS || self.callbacks.contains_key(&owed.number) {
            // Another promise to this number is kept, or there are too many: this one is over.
            let (outcome, cause, by) = (Outcome::NotReached, Cause::Overload, Party::System);
            self.journal(Some(interaction), None, Event::InteractionEnded { outcome, cause, by });
            return;
        }
        let leg: LegId = self.ids.next(self.now);
        let name = String::new();
        let from =
            CallerId { shown: owed.number.as_str().to_owned(), number: Some(owed.number.clone()), name };
        let ask = self.ask_for_customer(interaction, &from);
        self.callbacks.insert(owed.number.clone(), interaction);
        let mut place = self.acd.new_place(self.now);
        place.clock = owed.place_at;
        let mut call = Call::new(leg, owed.trunk, from, owed.to, owed.language, owed.arrived_at);
        call.ask = ask;
        call.line.place = Some(place);
        call.line.needs = owed.needs;
        call.line.points = owed.points;
        call.queue = Some(owed.queue);
        call.callback = Some(Callback { number: owed.number, tries: owed.tries, dialled: None });
        call.stage = Stage::Away;
        self.calls.insert(interaction, call);
        self.timers.arm(Timer::CallbackOld(interaction), owed.place_at + MAX_CALLBACK_MS);
        if owed.not_before > self.now {
            self.timers.arm(Timer::CallBack(interaction), owed.not_before);
        } else {
            self.callback_is_due(interaction);
        }
    }
}
