//! A caller whom the queue cannot serve in time goes elsewhere, by the rules of the queue.

use perezvon_flow::{Event as FlowEvent, Run};
use perezvon_model::hours::AtClose;
use perezvon_model::journal::{Event, QueueOutcome};
use perezvon_model::overflow::{Goal, Overflow, OverflowCause, OverflowWhen};
use perezvon_model::{Channel, InteractionId, QueueId};
use std::collections::BTreeSet;

use super::announce::middle_ms;
use super::{Origin, Record, Stage};
use crate::limits::{ESTIMATE_EVERY_MS, MAX_DIVERSIONS};
use crate::line::{Gate, Stay, Terms};
use crate::tenant::Tenant;
use crate::timer::Timer;

/// How long a number to which a queue leads rings.
const RING_MS: i64 = 60_000;

/// Whether the caller has just come: how many wait before counts only then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Comes,
    Waits,
}

impl Tenant {
    /// The caller has just joined.
    pub(crate) fn look_at_overflow_first(&mut self, interaction: InteractionId) {
        self.follow_rules(interaction, Moment::Comes);
    }

    /// It is time, or something happened.
    pub(crate) fn look_at_overflow(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get(&interaction) else {
            return self.look_at_overflow_of_item(interaction);
        };
        match call.stage {
            Stage::Queued => {
                if !self.sent_at_close(interaction) {
                    self.follow_rules(interaction, Moment::Waits);
                }
            }
            Stage::Offered { origin: Origin::Queue } => {
                let at = self.after_ringing(call);
                self.timers.arm(Timer::Overflow(interaction), at);
            }
            Stage::Offered { origin: Origin::Callback | Origin::Transfer { .. } | Origin::Return }
            | Stage::Flow
            | Stage::Talking { .. }
            | Stage::Outside { .. }
            | Stage::Message
            | Stage::Away
            | Stage::CallsBack
            | Stage::Parting => {}
        }
    }

    pub(crate) fn follow_rules(&mut self, interaction: InteractionId, moment: Moment) {
        let Some(stay) = self.stay(interaction) else { return };
        let mut is_hindered = false;
        for Overflow { when, to } in self.overflow_of(stay.queue) {
            let Some(cause) = self.holds(interaction, &stay, when, moment) else { continue };
            if self.divert(interaction, stay.queue, stay.terms, cause, &to) {
                return;
            }
            is_hindered = true;
        }
        self.arm_overflow(interaction);
        if is_hindered {
            // There may be room later.
            let again_at = self.now + ESTIMATE_EVERY_MS;
            let at = self.timers.at(Timer::Overflow(interaction)).map_or(again_at, |at| at.min(again_at));
            self.timers.arm(Timer::Overflow(interaction), at);
        }
    }

    fn overflow_of(&self, queue: QueueId) -> Vec<Overflow> {
        let of = self.settings.as_ref().and_then(|settings| settings.queue(queue));
        of.map(|of| of.routing.overflow.clone()).unwrap_or_default()
    }

    /// What was measured, where the rule holds.
    fn holds(
        &mut self,
        interaction: InteractionId,
        stay: &Stay,
        when: OverflowWhen,
        moment: Moment,
    ) -> Option<OverflowCause> {
        match when {
            OverflowWhen::EstimateOver { s } => {
                let wait_ms = middle_ms(&self.estimate_ms(stay.queue, interaction)?);
                (wait_ms > i64::from(s) * 1_000).then_some(OverflowCause::Estimate { wait_ms })
            }
            OverflowWhen::WaitedOver { s } => {
                let wait_ms = self.now.since_ms(stay.since);
                (wait_ms >= i64::from(s) * 1_000).then_some(OverflowCause::Waited { wait_ms })
            }
            OverflowWhen::MoreWaiting { than } => {
                let waiting =
                    u32::try_from(self.acd.waiting(stay.queue).saturating_sub(1)).unwrap_or(u32::MAX);
                (moment == Moment::Comes && waiting > than).then_some(OverflowCause::MoreWaiting { waiting })
            }
            OverflowWhen::NobodySignedIn => {
                let nobody = self.queues.get(&stay.queue).is_some_and(|state| state.signed_in == 0);
                nobody.then_some(OverflowCause::NobodySignedIn)
            }
        }
    }

    /// When time alone may make a rule hold.
    pub(super) fn arm_overflow(&mut self, interaction: InteractionId) {
        let Some(stay) = self.stay(interaction) else { return };
        let now = self.now;
        let times = self.overflow_of(stay.queue).into_iter().filter_map(|rule| match rule.when {
            OverflowWhen::EstimateOver { .. } => Some(now + ESTIMATE_EVERY_MS),
            OverflowWhen::WaitedOver { s } => Some(stay.since + i64::from(s) * 1_000).filter(|at| *at > now),
            OverflowWhen::MoreWaiting { .. } | OverflowWhen::NobodySignedIn => None,
        });
        let next = times.min();
        self.timers.set(Timer::Overflow(interaction), next);
    }

    /// The last agent of a queue signed out: those who wait there are looked at.
    pub(crate) fn is_deserted(&mut self, queue: QueueId) {
        if self.overflow_of(queue).iter().any(|rule| rule.when == OverflowWhen::NobodySignedIn)
            && self.queues.get(&queue).is_some_and(|state| state.signed_in == 0)
        {
            self.look_at_all_of(queue);
        }
    }

    fn look_at_all_of(&mut self, queue: QueueId) {
        for interaction in self.waiting_where(|stay| stay.queue == queue) {
            self.look_at_overflow(interaction);
        }
    }

    fn waiting_where(&self, wanted: impl Fn(&Stay) -> bool) -> Vec<InteractionId> {
        let calls = self.calls.iter().map(|(id, call)| (id, &call.line));
        let lines = calls.chain(self.items.iter().map(|(id, item)| (id, &item.line)));
        lines.filter(|(_, line)| line.stay.as_ref().is_some_and(&wanted)).map(|(id, _)| *id).collect()
    }

    /// The rules may be others now, and the announcements of some queues are.
    pub(crate) fn look_at_all_overflow(&mut self, speak_otherwise: &BTreeSet<QueueId>) {
        let now = self.now;
        let queues = self.settings.iter().flat_map(|settings| &settings.config().queues);
        let ruled =
            queues.filter(|queue| !queue.routing.overflow.is_empty() || queue.routing.hours.is_some());
        let looked_at: BTreeSet<QueueId> =
            ruled.map(|queue| queue.id).chain(speak_otherwise.iter().copied()).collect();
        if looked_at.is_empty() {
            return;
        }
        for interaction in self.waiting_where(|stay| looked_at.contains(&stay.queue)) {
            let Some(stay) = self.line_mut(interaction).and_then(|line| line.stay.as_mut()) else { continue };
            if speak_otherwise.contains(&stay.queue) {
                // What would have been said before is not said now.
                stay.announced_at = now;
                self.arm_announcement(interaction);
            }
            self.look_at_overflow(interaction);
        }
    }

    /// Leads the caller elsewhere. False, and nothing is changed, where that cannot be.
    pub(crate) fn divert(
        &mut self,
        interaction: InteractionId,
        queue: QueueId,
        terms: Terms,
        cause: OverflowCause,
        goal: &Goal,
    ) -> bool {
        if !self.can_reach(interaction, goal) {
            return false;
        }
        let now = self.now;
        let Some(line) = self.line_mut(interaction) else { return false };
        line.diversions += 1;
        let onward = match line.stay {
            // The flow that leads on tells a queue that took nobody from one that took too long.
            Some(stay) if now > stay.since => FlowEvent::QueueLimit,
            Some(_) | None => FlowEvent::QueueFull,
        };
        self.journal(Some(interaction), None, Event::Overflowed { queue, cause, to: goal.clone() });
        self.leave_queue(interaction, QueueOutcome::Overflowed);
        match goal {
            Goal::Onward => self.go_on_without_queue(interaction, onward),
            Goal::Queue { queue } if self.items.contains_key(&interaction) => {
                self.item_joins(interaction, *queue);
            }
            Goal::Queue { queue } => self.enter_queue(interaction, *queue, terms, Vec::new()),
            Goal::Flow { flow } => {
                let checked = self.settings.as_ref().and_then(|settings| settings.flow(*flow));
                let Some(checked) = checked else { return true };
                let Some(call) = self.calls.get_mut(&interaction) else { return true };
                call.run = Some(Run::new(checked, call.language));
                call.stage = Stage::Flow;
                self.stop_play(interaction);
                self.step_flow(interaction, FlowEvent::Start);
            }
            Goal::Number { to, trunk } => {
                self.leave_flow(interaction);
                self.dial_outside(interaction, to, *trunk, RING_MS, Record::Nothing);
            }
            Goal::Voicemail => {
                self.leave_flow(interaction);
                self.ask_for_message(interaction);
            }
            Goal::Callback => self.promise_callback(interaction, queue),
        }
        true
    }

    /// What the flow waits for will not come.
    fn leave_flow(&mut self, interaction: InteractionId) {
        self.timers.cancel(Timer::Flow(interaction));
        if let Some(call) = self.calls.get_mut(&interaction) {
            call.run = None;
        }
    }

    pub(super) fn can_reach(&self, interaction: InteractionId, goal: &Goal) -> bool {
        let Some(call) = self.calls.get(&interaction) else {
            return self.item_can_reach(interaction, goal);
        };
        if call.line.diversions >= MAX_DIVERSIONS {
            return false;
        }
        match goal {
            Goal::Onward | Goal::Number { .. } | Goal::Voicemail => true,
            Goal::Queue { queue } => match self.gate_of(*queue, Channel::Voice) {
                // A queue that is closed leads on by itself.
                Gate::Open | Gate::Closed => true,
                Gate::Full | Gate::Gone => false,
            },
            Goal::Flow { flow } => {
                self.settings.as_ref().is_some_and(|settings| settings.flow(*flow).is_some())
            }
            Goal::Callback => self.can_call_back(call),
        }
    }

    /// The hours of a queue begin or end: who waits may have to go.
    pub(crate) fn hours_changed(&mut self, queue: QueueId) {
        let Some(settings) = &self.settings else { return };
        let Some(of) = settings.queue(queue) else { return };
        let Some(hours) = of.routing.hours.clone() else {
            self.timers.cancel(Timer::Hours(queue));
            return;
        };
        let offset_min = settings.offset_min(&hours);
        self.timers.arm(Timer::Hours(queue), hours.changes_after(self.now, offset_min));
        if hours.is_open(self.now, offset_min) || hours.at_close == AtClose::Serve {
            return;
        }
        // Whom an offer rings for is looked at when it has come to nothing.
        self.look_at_all_of(queue);
    }

    /// Sends one who waits since before the queue closed, if it does so at closing time. Whoever was given back to a
    /// closed queue stays.
    fn sent_at_close(&mut self, interaction: InteractionId) -> bool {
        let Some(stay) = self.stay(interaction) else { return false };
        let Some(settings) = &self.settings else { return false };
        let hours = settings.queue(stay.queue).and_then(|of| of.routing.hours.as_ref());
        let Some(hours) = hours.filter(|hours| hours.at_close == AtClose::Send) else { return false };
        let is_open = |at| hours.is_open(at, settings.offset_min(hours));
        if is_open(self.now) || !is_open(stay.since) {
            return false;
        }
        let goal = hours.closed.clone();
        self.divert(interaction, stay.queue, stay.terms, OverflowCause::Closed, &goal)
    }

    pub(crate) fn look_at_all_hours(&mut self) {
        let queues: Vec<QueueId> = self.queues.keys().copied().collect();
        for queue in queues {
            self.hours_changed(queue);
        }
    }
}
