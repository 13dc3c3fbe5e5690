//! After-call work: a state of its own that no offer may cut short.

use perezvon_model::config::WrapUp;
use perezvon_model::engine::CommandRefused;
use perezvon_model::journal::Event;
use perezvon_model::{DispositionId, InteractionId, QueueId, UserId};

use crate::agent::{AfterTalk, Agent, Desk, Talk, Work, WrappingUp};
use crate::item;
use crate::limits::{MAX_NOTE_CHARS, MAX_WRAP_UP_MS};
use crate::tenant::Tenant;
use crate::timer::Timer;

impl Tenant {
    /// Begins the wrap-up after a conversation that is over, or ends the work where the queue has none.
    pub(crate) fn begin_wrap_up(&mut self, id: UserId, talk: Talk, talk_ms: i64) {
        let now = self.now;
        let limit = self.wrap_up_limit(talk.queue, talk.wrap_up);
        let about = self.calls.get(&talk.interaction).map(|call| self.about(talk.interaction, call, now));
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let (Some((limit_ms, extension_ms)), Some(about)) = (limit, about) else {
            agent.work = Work::Idle;
            agent.seat.work_ended(now);
            self.after_work(id);
            return;
        };
        let deadline = now + limit_ms;
        agent.work = Work::WrapUp(WrappingUp {
            interaction: talk.interaction,
            queue: talk.queue,
            about,
            started_at: now,
            deadline,
            extension_ms,
            talk_ms,
            disposition: talk.disposition,
            note: talk.note,
        });
        self.timers.arm(Timer::WrapUp(id), deadline);
        self.journal(
            Some(talk.interaction),
            Some(id),
            Event::WrapUpStarted { agent: id, queue: talk.queue, deadline },
        );
        self.agent_changed(id);
    }

    /// How long the wrap-up after a conversation may be, and by how much it may be extended; none where the queue, or
    /// the agent to whom it leaves that, does without.
    pub(crate) fn wrap_up_limit(
        &self,
        queue: Option<QueueId>,
        wanted: AfterTalk,
    ) -> Option<(i64, Option<i64>)> {
        let rule = self.wrap_up_rule(queue);
        let limit_ms = match rule {
            WrapUp::None => None,
            WrapUp::Optional { .. } if wanted == AfterTalk::Nothing => None,
            WrapUp::Optional { limit_s } | WrapUp::Timed { limit_s } | WrapUp::Extendable { limit_s } => {
                Some(i64::from(limit_s) * 1_000)
            }
            WrapUp::Open => Some(MAX_WRAP_UP_MS),
        };
        let limit_ms = limit_ms?.clamp(1_000, MAX_WRAP_UP_MS);
        Some((limit_ms, matches!(rule, WrapUp::Extendable { .. }).then_some(limit_ms)))
    }

    /// Where the queue leaves it to the agent whether a wrap-up follows.
    pub(crate) fn want_wrap_up(
        &mut self,
        id: UserId,
        interaction: InteractionId,
        on: bool,
    ) -> Result<(), CommandRefused> {
        let session = self.agents.get_mut(&id).and_then(|agent| agent.session(interaction));
        let of_item = session.map(|session| session.queue);
        let queue = match of_item {
            Some(queue) => Some(queue),
            None => self.talk_of(id, interaction)?.queue,
        };
        let rule = self.wrap_up_rule(queue);
        match rule {
            WrapUp::Optional { .. } => {}
            WrapUp::None | WrapUp::Timed { .. } | WrapUp::Extendable { .. } | WrapUp::Open => {
                return Err(CommandRefused::NotNow("the queue decides whether a wrap-up follows".into()));
            }
        }
        if of_item.is_some() {
            return self.item_wants_wrap_up(id, interaction, on);
        }
        self.talk_of(id, interaction)?.wrap_up = if on { AfterTalk::WrapUp } else { AfterTalk::Nothing };
        self.desks.insert(id);
        Ok(())
    }

    /// More time, once.
    pub(crate) fn extend_wrap_up(
        &mut self,
        id: UserId,
        interaction: InteractionId,
    ) -> Result<(), CommandRefused> {
        let agent = self.agents.get_mut(&id).ok_or(CommandRefused::NoSuchAgent)?;
        if agent.session(interaction).is_some() {
            return self.extend_item_wrap_up(id, interaction);
        }
        let Work::WrapUp(wrap_up) = &mut agent.work else { return Err(CommandRefused::NotYours) };
        if wrap_up.interaction != interaction {
            return Err(CommandRefused::NotYours);
        }
        let Some(more_ms) = wrap_up.extension_ms.take() else {
            return Err(CommandRefused::NotNow("this wrap-up cannot be extended, or was already".into()));
        };
        wrap_up.deadline = (wrap_up.deadline + more_ms).min(wrap_up.started_at + MAX_WRAP_UP_MS);
        let deadline = wrap_up.deadline;
        self.timers.arm(Timer::WrapUp(id), deadline);
        self.journal(Some(interaction), Some(id), Event::WrapUpExtended { agent: id, deadline });
        self.desks.insert(id);
        Ok(())
    }

    /// Saves disposition and note of the conversation or of the wrap-up after it; `finish` ends the wrap-up.
    pub(crate) fn write_up(
        &mut self,
        id: UserId,
        interaction: InteractionId,
        disposition: Option<DispositionId>,
        note: String,
        finish: bool,
    ) -> Result<(), CommandRefused> {
        let agent = self.agents.get_mut(&id).ok_or(CommandRefused::NoSuchAgent)?;
        let Some((queue, saved_disposition, saved_note)) = write_up_of(agent, interaction) else {
            return Err(CommandRefused::NotYours);
        };
        if note.chars().count() > MAX_NOTE_CHARS {
            let text = format!("a note has {MAX_NOTE_CHARS} characters at most");
            return Err(CommandRefused::BadValue(text));
        }
        if let Some(disposition) = disposition {
            let settings = self.settings.as_ref();
            if !settings.is_some_and(|settings| settings.allows_disposition(disposition, queue)) {
                return Err(CommandRefused::BadValue("there is no such disposition for this queue".into()));
            }
        }
        if *saved_disposition != disposition || *saved_note != note {
            *saved_disposition = disposition;
            saved_note.clone_from(&note);
            self.journal(Some(interaction), Some(id), Event::Noted { agent: id, disposition, note });
            self.desks.insert(id);
        }
        if finish {
            let item = self.agents.get_mut(&id).and_then(|agent| agent.session(interaction));
            match item.is_some() {
                true => self.end_item_wrap_up(id, interaction),
                false => self.end_wrap_up(id),
            }
        }
        Ok(())
    }

    /// Ends the wrap-up, if there is one.
    pub(crate) fn end_wrap_up(&mut self, id: UserId) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let Work::WrapUp(wrap_up) = &agent.work else { return };
        let wrap_up_ms = now.since_ms(wrap_up.started_at);
        let (interaction, queue) = (wrap_up.interaction, wrap_up.queue);
        agent.work = Work::Idle;
        agent.seat.work_ended(now);
        agent.today.handle_ms += wrap_up_ms;
        self.count_wrap_up(queue, wrap_up_ms);
        self.timers.cancel(Timer::WrapUp(id));
        self.journal(Some(interaction), Some(id), Event::WrapUpEnded { agent: id, queue, wrap_up_ms });
        self.after_work(id);
    }

    /// The agent has nothing to do any more: what waited for that happens now.
    pub(crate) fn after_work(&mut self, id: UserId) {
        if self.agents.get(&id).is_some_and(|agent| matches!(agent.desk, Desk::GoneSince(_))) {
            self.desk_gone(id);
        }
        self.agent_changed(id);
        self.leave_if_dismissed(id);
    }
}

type WriteUp<'a> = (Option<QueueId>, &'a mut Option<DispositionId>, &'a mut String);

/// Where the agent writes about this interaction.
fn write_up_of(agent: &mut Agent, interaction: InteractionId) -> Option<WriteUp<'_>> {
    if agent.session(interaction).is_some() {
        let (queue, disposition, note) = item::write_up_of(agent, interaction)?;
        return Some((Some(queue), disposition, note));
    }
    match &mut agent.work {
        Work::Talk(talk) if talk.interaction == interaction => {
            Some((talk.queue, &mut talk.disposition, &mut talk.note))
        }
        Work::WrapUp(wrap_up) if wrap_up.interaction == interaction => {
            Some((wrap_up.queue, &mut wrap_up.disposition, &mut wrap_up.note))
        }
        Work::Idle | Work::Offer(_) | Work::Talk(_) | Work::WrapUp(_) => None,
    }
}
