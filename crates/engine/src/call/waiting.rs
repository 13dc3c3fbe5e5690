//! The customer waits in a queue: place, music, position, limits.

use perezvon_acd::Ask;
use perezvon_flow::{Event as FlowEvent, QueueStay};
use perezvon_model::journal::{Event, QueueOutcome};
use perezvon_model::prompt::Prompt;
use perezvon_model::{InteractionId, QueueId, UtcMs};

use super::sound::Repeat;
use super::{Origin, Stage, Stay};
use crate::limits::{MAX_SPOKEN_POSITION, REJOIN_LIMIT_MS};
use crate::tenant::Tenant;
use crate::timer::Timer;

/// How long a caller whose offer rings past the longest wait is left to it.
const RINGS_ON_MS: i64 = 1_000;

impl Tenant {
    /// The flow sends the caller to wait. A queue that is full or gone leads on by the flow.
    pub(crate) fn queue_from_flow(&mut self, interaction: InteractionId, stay: QueueStay) {
        let settings = self.settings.as_ref();
        let of = settings
            .and_then(|settings| settings.queue(settings.queue_id(&stay.key)?))
            .filter(|queue| self.acd.waiting(queue.id) < queue.max_waiting as usize);
        let Some(of) = of else {
            self.go_on_without_queue(interaction, FlowEvent::QueueFull);
            return;
        };
        let queue = of.id;
        let announce_every_s = stay.announce_every_s.unwrap_or(of.announce_every_s);
        self.join_queue(interaction, queue, i64::from(announce_every_s) * 1_000, stay.max_wait_ms);
        if stay.prompts.is_empty() {
            self.play_music(interaction);
        } else {
            self.play(interaction, stay.prompts, Repeat::Once);
        }
    }

    /// Back to the last queue, at the place held since the first; full or not.
    pub(crate) fn rejoin_queue(&mut self, interaction: InteractionId) {
        let queue = self.calls.get(&interaction).and_then(|call| call.queue);
        let of = self.settings.as_ref().zip(queue).and_then(|(settings, queue)| settings.queue(queue));
        let Some(of) = of else {
            self.part(interaction);
            return;
        };
        let (queue, announce_every_ms) = (of.id, i64::from(of.announce_every_s) * 1_000);
        self.join_queue(interaction, queue, announce_every_ms, REJOIN_LIMIT_MS);
        self.play_music(interaction);
    }

    fn join_queue(
        &mut self,
        interaction: InteractionId,
        queue: QueueId,
        announce_every_ms: i64,
        max_wait_ms: i64,
    ) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        let number = call.from.number.as_ref().filter(|_| call.place.is_none());
        let held = number.and_then(|number| self.dropped.take(queue, number, now));
        let place = *call
            .place
            .get_or_insert_with(|| held.map_or_else(|| self.acd.new_place(now), |held| held.place));
        call.stage = Stage::Queued;
        call.queue = Some(queue);
        call.attempts += 1;
        let clock_at = *call.clock_at.get_or_insert(now);
        call.stay = Some(Stay { queue, since: now, clock_at, late: false, announce_every_ms });
        let attempt = call.attempts;
        let points = self.settings.as_ref().and_then(|settings| settings.queue(queue));
        let points = points.map_or(0, |queue| queue.routing.priority);
        self.acd.join(interaction, Ask { queue, needs: &[], points, preferred: None }, place, now);
        let position = self.acd.position(interaction).unwrap_or_default();
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        self.journal(Some(interaction), None, Event::Queued { queue, attempt, position });
        if let Some(held) = held {
            self.journal(Some(interaction), None, Event::PlaceRestored { queue, of: held.of });
        }
        self.count_offered(queue);
        if let Some(threshold_s) = self.settings.as_ref().and_then(|settings| settings.lender_s(queue)) {
            self.timers.arm(Timer::Late(interaction), clock_at + i64::from(threshold_s) * 1_000 + 1);
        }
        self.timers.arm(Timer::QueueLimit(interaction), now + max_wait_ms);
        if announce_every_ms > 0 {
            self.timers.arm(Timer::Announce(interaction), now + announce_every_ms);
        }
        self.floor_changed();
    }

    /// The caller hung up or was cut off: who calls again soon may have the place back.
    pub(crate) fn keep_place(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get(&interaction) else { return };
        let (Some(stay), Some(place), Some(number)) = (call.stay, call.place, &call.from.number) else {
            return;
        };
        let of = self.settings.as_ref().and_then(|settings| settings.queue(stay.queue));
        let keep_ms = of.map_or(0, |of| i64::from(of.routing.keep_place_s) * 1_000);
        self.dropped.pass(self.now);
        if keep_ms > 0 {
            self.dropped.keep(stay.queue, number.clone(), place, interaction, self.now + keep_ms);
        }
    }

    /// Ends the stay in the queue, if there is one.
    pub(crate) fn leave_queue(&mut self, interaction: InteractionId, outcome: QueueOutcome) {
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        let Some(stay) = call.stay.take() else { return };
        let wait_ms = self.now.since_ms(stay.since);
        call.waited_ms += wait_ms;
        self.acd.leave(interaction);
        self.timers.cancel(Timer::QueueLimit(interaction));
        self.timers.cancel(Timer::Announce(interaction));
        self.timers.cancel(Timer::Late(interaction));
        self.journal(Some(interaction), None, Event::LeftQueue { queue: stay.queue, outcome, wait_ms });
        self.count_left(&stay, outcome);
        self.floor_changed();
    }

    /// Says the position, unless an agent is being rung; music follows when it is said.
    pub(crate) fn announce(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get(&interaction) else { return };
        let Some(stay) = call.stay else { return };
        let language = call.language;
        self.timers.arm(Timer::Announce(interaction), self.now + stay.announce_every_ms);
        if call.stage != Stage::Queued {
            return;
        }
        let named = |name: &str| Prompt::Named { name: name.to_owned(), language };
        let position = self.acd.position(interaction).and_then(|position| u32::try_from(position).ok());
        let (position, prompts) = match position.filter(|position| *position <= MAX_SPOKEN_POSITION) {
            Some(value) => (value, vec![named("position"), Prompt::Number { value, language }]),
            None => (MAX_SPOKEN_POSITION + 1, vec![named("position-more")]),
        };
        let event = Event::PositionAnnounced { queue: stay.queue, position };
        self.journal(Some(interaction), None, event);
        self.play(interaction, prompts, Repeat::Once);
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
                let agents = call.rings.iter().filter_map(|agent| self.agents.get(agent));
                let deadlines = agents.filter_map(|agent| agent.rings_until());
                let at = deadlines.max().unwrap_or(self.now);
                self.timers.arm(Timer::QueueLimit(interaction), at.max(self.now) + RINGS_ON_MS);
            }
            Stage::Offered { origin: Origin::Transfer { .. } | Origin::Return }
            | Stage::Flow
            | Stage::Talking { .. }
            | Stage::Outside { .. }
            | Stage::Parting => {}
        }
    }

    /// Time in queues up to `at`.
    pub(crate) fn waited_ms(call: &super::Call, at: UtcMs) -> i64 {
        call.waited_ms + call.stay.map_or(0, |stay| at.since_ms(stay.since))
    }
}
