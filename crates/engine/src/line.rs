//! Standing in a queue, whatever the channel: the place, the clock, the stay.

use perezvon_acd::{Ask, Place};
use perezvon_model::config::SkillLevel;
use perezvon_model::journal::{Event, QueueOutcome};
use perezvon_model::{Channel, InteractionId, QueueId, UserId, UtcMs};

use crate::tenant::Tenant;
use crate::timer::Timer;

/// Where an interaction stands, or stood.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// The place in any line, given at the first queue.
    pub place: Option<Place>,
    /// Where the queue time began: a re-queue keeps it, a talk with an agent ends it.
    pub clock_at: Option<UtcMs>,
    /// The stay in a queue that is not over.
    pub stay: Option<Stay>,
    /// Stays in queues so far.
    pub attempts: u32,
    /// How often a rule of a queue led elsewhere since an agent last spoke with the customer.
    pub diversions: u8,
    /// Time in queues, of stays that are over.
    pub waited_ms: i64,
    /// What the agent needs beside what the queue asks for, in order of skills.
    pub needs: Vec<SkillLevel>,
    /// Points of priority beside those of the queue.
    pub points: i16,
}

impl Line {
    /// Time in queues up to `at`.
    pub fn waited_ms(&self, at: UtcMs) -> i64 {
        self.waited_ms + self.stay.map_or(0, |stay| at.since_ms(stay.since))
    }
}

/// One stay in a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    pub queue: QueueId,
    pub since: UtcMs,
    pub clock_at: UtcMs,
    /// Past the threshold of the service level; known in queues that others borrow from.
    pub late: bool,
    /// Up to when what was due was said; before the start: nothing yet.
    pub announced_at: UtcMs,
    /// The caller was told how to be called back.
    pub callback: Offered,
    pub terms: Terms,
}

/// Whether a callback was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    NotYet,
    Offered,
}

/// What the flow says of the stay, in place of what the queue says or beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// The position every so many milliseconds, 0: never; as the queue has it without.
    pub position_every_ms: Option<i64>,
    pub max_wait_ms: i64,
    /// Held for this agent first, for so many milliseconds.
    pub agent: Option<(UserId, i64)>,
}

/// Whether a queue takes one more caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    Closed,
    Full,
    Gone,
}

impl Tenant {
    pub(crate) fn line(&self, interaction: InteractionId) -> Option<&Line> {
        let item = || self.items.get(&interaction).map(|item| &item.line);
        self.calls.get(&interaction).map(|call| &call.line).or_else(item)
    }

    pub(crate) fn line_mut(&mut self, interaction: InteractionId) -> Option<&mut Line> {
        match self.calls.get_mut(&interaction) {
            Some(call) => Some(&mut call.line),
            None => self.items.get_mut(&interaction).map(|item| &mut item.line),
        }
    }

    /// The stay in a queue that is not over.
    pub(crate) fn stay(&self, interaction: InteractionId) -> Option<Stay> {
        self.line(interaction)?.stay
    }

    /// Whether the queue takes one more of a channel. A queue of another channel is as good as none.
    pub(crate) fn gate_of(&self, queue: QueueId, channel: Channel) -> Gate {
        let Some(settings) = &self.settings else { return Gate::Gone };
        match settings.queue(queue).filter(|of| of.routing.channel == channel) {
            None => Gate::Gone,
            Some(of) if !settings.is_open(of, self.now) => Gate::Closed,
            Some(of) if self.acd.waiting(queue) >= of.max_waiting as usize => Gate::Full,
            Some(_) => Gate::Open,
        }
    }

    /// Tells the distributor; false when there is no such queue.
    pub(crate) fn join_at(
        &mut self,
        interaction: InteractionId,
        queue: QueueId,
        place: Place,
        named: Option<(UserId, i64)>,
    ) -> bool {
        let preferred = self.preferred(interaction, queue, named);
        let of = self.settings.as_ref().and_then(|settings| settings.queue(queue));
        let own = of.map_or(0, |of| of.routing.priority);
        let (needs, more) =
            self.line(interaction).map(|line| (line.needs.clone(), line.points)).unwrap_or_default();
        let points = own.saturating_add(more);
        self.acd.join(interaction, Ask { queue, needs: &needs, points, preferred }, place, self.now)
    }

    /// Into the line of a queue: at the place of before, at one that was held, or behind everybody.
    pub(crate) fn stand_in_line(
        &mut self,
        interaction: InteractionId,
        queue: QueueId,
        terms: Terms,
        held: Option<(InteractionId, Place)>,
    ) {
        let now = self.now;
        let Some(line) = self.line(interaction) else { return };
        let place = match (line.place, held) {
            (Some(place), _) | (None, Some((_, place))) => place,
            (None, None) => self.acd.new_place(now),
        };
        let Some(line) = self.line_mut(interaction) else { return };
        line.place = Some(place);
        line.attempts += 1;
        let clock_at = *line.clock_at.get_or_insert(now);
        let nothing_yet = UtcMs(now.0 - 1);
        line.stay = Some(Stay {
            queue,
            since: now,
            clock_at,
            late: false,
            announced_at: nothing_yet,
            callback: Offered::NotYet,
            terms,
        });
        let attempt = line.attempts;
        self.join_at(interaction, queue, place, terms.agent);
        if let Some(state) = self.queues.get_mut(&queue) {
            state.recent.waits(now, true);
        }
        let position = self.acd.position(interaction).unwrap_or_default();
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        self.journal(Some(interaction), None, Event::Queued { queue, attempt, position });
        if let Some((of, _)) = held {
            self.journal(Some(interaction), None, Event::PlaceRestored { queue, of });
        }
        self.count_offered(queue);
        if let Some(threshold_s) = self.settings.as_ref().and_then(|settings| settings.lender_s(queue)) {
            let late_at = clock_at + i64::from(threshold_s) * 1_000 + 1;
            if late_at > now {
                self.timers.arm(Timer::Late(interaction), late_at);
            } else {
                // A re-queue keeps the clock.
                self.is_late(interaction);
            }
        }
        self.floor_changed();
    }

    /// Ends the stay in the queue, if there is one.
    pub(crate) fn leave_queue(&mut self, interaction: InteractionId, outcome: QueueOutcome) {
        let now = self.now;
        let Some(line) = self.line_mut(interaction) else { return };
        let Some(stay) = line.stay.take() else { return };
        let wait_ms = now.since_ms(stay.since);
        line.waited_ms += wait_ms;
        self.acd.leave(interaction);
        let somebody = self.acd.waiting(stay.queue) > 0;
        if let Some(state) = self.queues.get_mut(&stay.queue) {
            state.recent.waits(self.now, somebody);
        }
        self.timers.cancel(Timer::Overflow(interaction));
        self.timers.cancel(Timer::QueueLimit(interaction));
        self.timers.cancel(Timer::Announce(interaction));
        self.timers.cancel(Timer::Late(interaction));
        self.journal(Some(interaction), None, Event::LeftQueue { queue: stay.queue, outcome, wait_ms });
        self.count_left(&stay, outcome);
        self.floor_changed();
    }
}
