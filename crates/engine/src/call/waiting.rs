//! The customer waits in a queue: place, music, limits.

use perezvon_acd::Place;
use perezvon_flow::{Event as FlowEvent, QueueStay};
use perezvon_model::config::SkillLevel;
use perezvon_model::journal::QueueOutcome;
use perezvon_model::overflow::OverflowCause;
use perezvon_model::prompt::Prompt;
use perezvon_model::{Channel, InteractionId, QueueId, UtcMs};

use super::{Origin, Repeat, Stage};
use crate::limits::REJOIN_LIMIT_MS;
use crate::line::{Gate, Terms};
use crate::tenant::Tenant;
use crate::timer::Timer;

/// How long a caller whose offer rings past the longest wait is left to it.
pub(crate) const RINGS_ON_MS: i64 = 1_000;

impl Tenant {
    /// The flow sends the caller to wait. A queue that is full or gone leads on by the flow.
    pub(crate) fn queue_from_flow(&mut self, interaction: InteractionId, stay: QueueStay) {
        let queue = self.settings.as_ref().and_then(|settings| settings.queue_id(&stay.key));
        let Some(queue) = queue else {
            self.go_on_without_queue(interaction, FlowEvent::QueueFull);
            return;
        };
        let terms = Terms {
            position_every_ms: stay.announce_every_s.map(|seconds| i64::from(seconds) * 1_000),
            max_wait_ms: stay.max_wait_ms,
            agent: stay.agent,
        };
        let settings = self.settings.as_ref();
        let level = |(key, level): &(String, u8)| {
            let skill = settings.and_then(|settings| settings.skill_id(key))?;
            Some(SkillLevel { skill, level: *level })
        };
        let mut needs: Vec<SkillLevel> = stay.skills.iter().filter_map(level).collect();
        needs.sort_unstable_by_key(|need| need.skill);
        if let Some(line) = self.line_mut(interaction) {
            line.needs = needs;
            line.points = stay.priority;
        }
        self.enter_queue(interaction, queue, terms, stay.prompts);
    }

    /// Into the queue, or where those go whom it does not take.
    pub(crate) fn enter_queue(
        &mut self,
        interaction: InteractionId,
        queue: QueueId,
        terms: Terms,
        prompts: Vec<Prompt>,
    ) {
        match self.gate_of(queue, Channel::Voice) {
            Gate::Open => {
                self.join_queue(interaction, queue, terms);
                if prompts.is_empty() {
                    self.play_music(interaction);
                } else {
                    self.play(interaction, prompts, Repeat::Once);
                }
                self.look_at_overflow_first(interaction);
            }
            Gate::Closed => {
                let settings = self.settings.as_ref();
                let hours = settings
                    .and_then(|settings| settings.queue(queue))
                    .and_then(|of| of.routing.hours.clone());
                let goal = hours.map(|hours| hours.closed).unwrap_or_default();
                if !self.divert(interaction, queue, terms, OverflowCause::Closed, &goal) {
                    self.go_on_without_queue(interaction, FlowEvent::QueueFull);
                }
            }
            Gate::Full | Gate::Gone => self.go_on_without_queue(interaction, FlowEvent::QueueFull),
        }
    }

    /// Back to the last queue, at the place held since the first; full, closed or not.
    pub(crate) fn rejoin_queue(&mut self, interaction: InteractionId) {
        let queue = self.calls.get(&interaction).and_then(|call| call.queue);
        let of = self.settings.as_ref().zip(queue).and_then(|(settings, queue)| settings.queue(queue));
        let Some(of) = of else {
            self.part(interaction);
            return;
        };
        let queue = of.id;
        let terms = Terms { position_every_ms: None, max_wait_ms: REJOIN_LIMIT_MS, agent: None };
        self.join_queue(interaction, queue, terms);
        self.play_music(interaction);
        self.look_at_overflow_first(interaction);
    }

    pub(crate) fn join_queue(&mut self, interaction: InteractionId, queue: QueueId, terms: Terms) {
        let is_new = self.calls.get(&interaction).is_some_and(|call| call.line.place.is_none());
        let held = if is_new { self.old_place(interaction, queue) } else { None };
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        call.stage = Stage::Queued;
        call.queue = Some(queue);
        self.stand_in_line(interaction, queue, terms, held);
        self.timers.arm(Timer::QueueLimit(interaction), self.now + terms.max_wait_ms);
        self.arm_announcement(interaction);
    }

    /// The place that the caller has from an earlier call: to be called back, or cut off.
    fn old_place(&mut self, interaction: InteractionId, queue: QueueId) -> Option<(InteractionId, Place)> {
        if let Some(held) = self.place_of_callback(interaction, queue) {
            return Some(held);
        }
        let number = self.calls.get(&interaction)?.from.number.as_ref()?;
        let held = self.dropped.take(queue, number, self.now)?;
        Some((held.of, held.place))
    }

    /// The caller hung up or was cut off: who calls again soon may have the place back.
    pub(crate) fn keep_place(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get(&interaction) else { return };
        let (Some(stay), Some(place), Some(number)) = (call.line.stay, call.line.place, &call.from.number)
        else {
            return;
        };
        let of = self.settings.as_ref().and_then(|settings| settings.queue(stay.queue));
        let keep_ms = of.map_or(0, |of| i64::from(of.routing.keep_place_s) * 1_000);
        self.dropped.pass(self.now);
        if keep_ms > 0 {
            self.dropped.keep(stay.queue, number.clone(), place, interaction, self.now + keep_ms);
        }
    }

    /// The longest wait is over. An offer that rings just then is left to its end.
    pub(crate) fn queue_limit(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get(&interaction) else { return };
        match call.stage {
            Stage::Queued => {
                self.leave_queue(interaction, QueueOutcome::Overflowed);
                self.go_on_without_queue(interaction, FlowEvent::QueueLimit);
            }
            Stage::Offered { origin: Origin::Queue } => {
                let at = self.after_ringing(call);
                self.timers.arm(Timer::QueueLimit(interaction), at);
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

    /// When the offer that rings has come to its end.
    pub(crate) fn after_ringing(&self, call: &super::Call) -> UtcMs {
        let agents = call.rings.iter().filter_map(|agent| self.agents.get(agent));
        let deadlines = agents.filter_map(|agent| agent.rings_until());
        deadlines.max().unwrap_or(self.now).max(self.now) + RINGS_ON_MS
    }
}
