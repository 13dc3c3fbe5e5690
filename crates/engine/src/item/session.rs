//! A chat or a mail at one agent: offered, at hand, wrapped up.

use perezvon_model::config::WrapUp;
use perezvon_model::engine::CommandRefused;
use perezvon_model::journal::{Event, OfferOutcome, Outcome, Party, QueueOutcome};
use perezvon_model::leg::Cause;
use perezvon_model::view::{InteractionView, ItemPhase, ItemView};
use perezvon_model::{Channel, DispositionId, InteractionId, OfferId, QueueId, UserId, UtcMs};

use super::{Item, ItemStage};
use crate::agent::{AfterTalk, Agent, Missed};
use crate::limits::MAX_WRAP_UP_MS;
use crate::line::Gate;
use crate::tenant::Tenant;
use crate::timer::Timer;

#[derive(Debug)]
pub(crate) struct Session {
    pub interaction: InteractionId,
    pub channel: Channel,
    pub queue: QueueId,
    pub phase: Phase,
    /// When the phase began, or when it was left to rest or gone on with.
    pub since: UtcMs,
    pub disposition: Option<DispositionId>,
    pub note: String,
}

#[derive(Debug)]
pub(crate) enum Phase {
    Offered { offer: OfferId, offered_at: UtcMs, deadline: UtcMs },
    AtHand(AtHand),
    WrapUp(Box<WrapUpOfItem>),
}

#[derive(Debug)]
pub(crate) struct AtHand {
    begun_at: UtcMs,
    /// Set while something that interrupts it is up.
    pub rests_since: Option<UtcMs>,
    /// Rests that are over.
    rested_ms: i64,
    pub wrap_up: AfterTalk,
}

#[derive(Debug)]
pub(crate) struct WrapUpOfItem {
    about: InteractionView,
    subject: String,
    link: Option<String>,
    started_at: UtcMs,
    deadline: UtcMs,
    /// By how much it may be extended, until it was.
    extension_ms: Option<i64>,
}

impl AtHand {
    /// Returns how long it rested.
    pub fn goes_on(&mut self, now: UtcMs) -> i64 {
        let rested_ms = self.rests_since.take().map_or(0, |since| now.since_ms(since));
        self.rested_ms += rested_ms;
        rested_ms
    }

    /// Time spent on it: rests are not.
    fn work_ms(&self, now: UtcMs) -> i64 {
        let rests_ms = self.rests_since.map_or(0, |since| now.since_ms(since));
        now.since_ms(self.begun_at) - self.rested_ms - rests_ms
    }
}

impl Agent {
    pub fn session(&mut self, interaction: InteractionId) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.interaction == interaction)
    }

    /// The item that an offer is of.
    pub fn item_offered(&self, offer: OfferId) -> Option<InteractionId> {
        let is_it =
            |session: &&Session| matches!(session.phase, Phase::Offered { offer: of, .. } if of == offer);
        self.sessions.iter().find(is_it).map(|session| session.interaction)
    }

    fn at_hand(&mut self, interaction: InteractionId) -> Result<&mut AtHand, CommandRefused> {
        match self.session(interaction).map(|session| &mut session.phase) {
            Some(Phase::AtHand(at_hand)) => Ok(at_hand),
            Some(Phase::Offered { .. } | Phase::WrapUp(_)) | None => Err(CommandRefused::NotYours),
        }
    }

    fn take_session(&mut self, interaction: InteractionId) -> Option<Session> {
        let at = self.sessions.iter().position(|session| session.interaction == interaction)?;
        Some(self.sessions.remove(at))
    }
}

impl Tenant {
    pub(crate) fn offer_item(&mut self, interaction: InteractionId, agents: Vec<UserId>) {
        let now = self.now;
        let Some((channel, queue)) = self.items.get(&interaction).map(|item| (item.channel, item.queue))
        else {
            return;
        };
        let ring_ms = self.settings.as_ref().map_or(20_000, |settings| settings.ring_timeout_ms(Some(queue)));
        let deadline = now + ring_ms;
        self.timers.arm(Timer::ItemOffer(interaction), deadline);
        for id in agents {
            let offer: OfferId = self.ids.next(now);
            let Some(agent) = self.agents.get_mut(&id) else { continue };
            let device = agent.seat.device();
            agent.sessions.push(Session {
                interaction,
                channel,
                queue,
                phase: Phase::Offered { offer, offered_at: now, deadline },
                since: now,
                disposition: None,
                note: String::new(),
            });
            if let Some(item) = self.items.get_mut(&interaction) {
                item.stage = ItemStage::Offered;
                item.rings.push(id);
            }
            let offered = Event::Offered { offer, queue: Some(queue), agent: id, device, deadline };
            self.journal(Some(interaction), Some(id), offered);
            self.agent_changed(id);
        }
    }

    pub(crate) fn accept_item(&mut self, id: UserId, interaction: InteractionId) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let device = agent.seat.device();
        let Some(session) = agent.session(interaction) else { return };
        let Phase::Offered { offer, offered_at, .. } = session.phase else { return };
        let queue = session.queue;
        let at_hand = AtHand { begun_at: now, rests_since: None, rested_ms: 0, wrap_up: AfterTalk::Nothing };
        session.phase = Phase::AtHand(at_hand);
        session.since = now;
        agent.missed = Missed::default();
        let rang_ms = now.since_ms(offered_at);
        let accepted = Event::OfferEnded { offer, agent: id, outcome: OfferOutcome::Accepted, rang_ms };
        self.journal(Some(interaction), Some(id), accepted);
        if let Some(item) = self.items.get_mut(&interaction) {
            item.rings.retain(|agent| *agent != id);
        }
        self.withdraw_item_offers(interaction);
        self.leave_queue(interaction, QueueOutcome::Answered);
        if let Some(item) = self.items.get_mut(&interaction) {
            item.stage = ItemStage::AtHand { agent: id };
            item.line.clock_at = None;
            item.line.diversions = 0;
            item.served = true;
        }
        let connected = Event::AgentConnected { agent: id, queue: Some(queue), device };
        self.journal(Some(interaction), Some(id), connected);
        self.agent_changed(id);
    }

    /// Nobody took it in time.
    pub(crate) fn item_offer_too_late(&mut self, interaction: InteractionId) {
        let rings = self.items.get(&interaction).map(|item| item.rings.clone()).unwrap_or_default();
        for agent in rings {
            self.fail_item_offer(agent, interaction, OfferOutcome::NoAnswer);
        }
    }

    /// The offer came to nothing on the agent's side: it waits on, at its place, and others are asked first.
    pub(crate) fn fail_item_offer(&mut self, id: UserId, interaction: InteractionId, outcome: OfferOutcome) {
        let Some(session) = self.end_item_offer(id, interaction, outcome) else { return };
        let Some(device) = self.agents.get(&id).map(|agent| agent.seat.device()) else { return };
        self.count_miss(id, Some(session.queue), device, outcome);
        if let Some(item) = self.items.get_mut(&interaction)
            && item.rings.is_empty()
        {
            item.stage = ItemStage::Waits;
            self.timers.cancel(Timer::ItemOffer(interaction));
            self.acd.put_back(interaction);
        }
        match outcome {
            OfferOutcome::Declined
            | OfferOutcome::NoAnswer
            | OfferOutcome::Busy
            | OfferOutcome::Unreachable => self.acd.refuse(interaction, id, self.now),
            OfferOutcome::Accepted | OfferOutcome::Withdrawn => {}
        }
        self.after_work(id);
    }

    pub(crate) fn withdraw_item_offers(&mut self, interaction: InteractionId) {
        self.timers.cancel(Timer::ItemOffer(interaction));
        let rings = self.items.get(&interaction).map(|item| item.rings.clone()).unwrap_or_default();
        for agent in rings {
            self.end_item_offer(agent, interaction, OfferOutcome::Withdrawn);
            self.after_work(agent);
        }
    }

    /// Takes the offer off the agent and journals it.
    fn end_item_offer(
        &mut self,
        id: UserId,
        interaction: InteractionId,
        outcome: OfferOutcome,
    ) -> Option<Session> {
        let session = self.agents.get_mut(&id)?.take_session(interaction)?;
        let Phase::Offered { offer, offered_at, .. } = session.phase else { return None };
        if let Some(item) = self.items.get_mut(&interaction) {
            item.rings.retain(|agent| *agent != id);
        }
        let rang_ms = self.now.since_ms(offered_at);
        self.journal(Some(interaction), Some(id), Event::OfferEnded { offer, agent: id, outcome, rang_ms });
        Some(session)
    }

    /// The agent is done with it.
    pub(crate) fn agent_finishes(
        &mut self,
        id: UserId,
        interaction: InteractionId,
    ) -> Result<(), CommandRefused> {
        self.agents.get_mut(&id).ok_or(CommandRefused::NoSuchAgent)?.at_hand(interaction)?;
        self.finish_item(id, interaction, Party::Agent);
        Ok(())
    }

    pub(super) fn finish_item(&mut self, id: UserId, interaction: InteractionId, by: Party) {
        let Some(item) = self.items.get(&interaction) else { return };
        let about = self.about_item(interaction, item, self.now);
        let (subject, link) = (item.subject.clone(), item.link.clone());
        let Some(session) = self.put_down(id, interaction) else { return };
        self.item_ended(interaction, Outcome::Answered, Cause::Normal, by);
        self.wrap_item_up(id, session, about, subject, link);
    }

    /// Passed on to another queue of its channel. The customer keeps the place.
    pub(crate) fn transfer_item(
        &mut self,
        id: UserId,
        interaction: InteractionId,
        queue: QueueId,
    ) -> Result<(), CommandRefused> {
        let agent = self.agents.get_mut(&id).ok_or(CommandRefused::NoSuchAgent)?;
        agent.at_hand(interaction)?;
        let name = agent.name.clone();
        let item = self.items.get(&interaction).ok_or(CommandRefused::NotYours)?;
        if self.gate_of(queue, item.channel) != Gate::Open {
            return Err(CommandRefused::NoSuchTarget);
        }
        let about = self.about_item(interaction, item, self.now);
        let (subject, link) = (item.subject.clone(), item.link.clone());
        let transferred = Event::TransferredToQueue { queue, by: id };
        self.journal(Some(interaction), Some(id), transferred);
        let Some(session) = self.put_down(id, interaction) else { return Ok(()) };
        if let Some(item) = self.items.get_mut(&interaction) {
            item.transferred_by = Some(name);
        }
        self.item_joins(interaction, queue);
        self.wrap_item_up(id, session, about, subject, link);
        Ok(())
    }

    /// The agent is gone: what was at hand waits again at its old place, wrap-ups end, offers go to others.
    pub(crate) fn give_items_back(&mut self, id: UserId) {
        let Some(agent) = self.agents.get(&id) else { return };
        let sessions: Vec<InteractionId> = agent.sessions.iter().map(|session| session.interaction).collect();
        for interaction in sessions {
            let Some(session) = self.agents.get_mut(&id).and_then(|agent| agent.session(interaction)) else {
                continue;
            };
            let queue = session.queue;
            match session.phase {
                Phase::Offered { .. } => self.fail_item_offer(id, interaction, OfferOutcome::Unreachable),
                Phase::WrapUp(_) => self.end_item_wrap_up(id, interaction),
                Phase::AtHand(_) => {
                    self.put_down(id, interaction);
                    match self.settings.as_ref().and_then(|settings| settings.queue(queue)) {
                        Some(_) => self.item_joins(interaction, queue),
                        None => self.item_without_queue(interaction),
                    }
                }
            }
        }
    }

    /// The agent is removed: what is offered goes to others, what is at hand is finished first.
    pub(crate) fn pass_item_offers_on(&mut self, id: UserId) {
        let Some(agent) = self.agents.get(&id) else { return };
        let is_offered = |session: &&Session| matches!(session.phase, Phase::Offered { .. });
        let offered: Vec<InteractionId> =
            agent.sessions.iter().filter(is_offered).map(|session| session.interaction).collect();
        for interaction in offered {
            self.fail_item_offer(id, interaction, OfferOutcome::Withdrawn);
        }
    }

    /// The server stops: what agents do ends now. What was at hand stays open in the journal, and is owed.
    pub(crate) fn put_items_down(&mut self, id: UserId) {
        let Some(agent) = self.agents.get(&id) else { return };
        let sessions: Vec<InteractionId> = agent.sessions.iter().map(|session| session.interaction).collect();
        for interaction in sessions {
            match self.agents.get_mut(&id).and_then(|agent| agent.session(interaction)).map(|of| &of.phase) {
                Some(Phase::Offered { .. }) => {
                    self.end_item_offer(id, interaction, OfferOutcome::Withdrawn);
                }
                Some(Phase::AtHand(_)) => {
                    self.put_down(id, interaction);
                }
                Some(Phase::WrapUp(_)) => self.end_item_wrap_up(id, interaction),
                None => {}
            }
        }
    }

    /// The agent's part is over: taken off the agent, counted and journalled.
    fn put_down(&mut self, id: UserId, interaction: InteractionId) -> Option<Session> {
        let now = self.now;
        let agent = self.agents.get_mut(&id)?;
        agent.at_hand(interaction).ok()?;
        let mut session = agent.take_session(interaction)?;
        let Phase::AtHand(at_hand) = &mut session.phase else { return None };
        let rested_ms = at_hand.rests_since.map(|_| at_hand.goes_on(now));
        let talk_ms = at_hand.work_ms(now);
        agent.today.handled += 1;
        agent.today.handle_ms += talk_ms;
        self.count_handled(Some(session.queue), talk_ms);
        if let Some(rested_ms) = rested_ms {
            self.journal(Some(interaction), Some(id), Event::WentOn { agent: id, rested_ms });
        }
        let queue = Some(session.queue);
        let over = Event::AgentDisconnected { agent: id, queue, talk_ms, hold_ms: 0 };
        self.journal(Some(interaction), Some(id), over);
        Some(session)
    }

    /// Begins the wrap-up, or ends the work where the queue has none.
    fn wrap_item_up(
        &mut self,
        id: UserId,
        mut session: Session,
        about: InteractionView,
        subject: String,
        link: Option<String>,
    ) {
        let now = self.now;
        let Phase::AtHand(at_hand) = &session.phase else { return };
        let limit = self.wrap_up_limit(Some(session.queue), at_hand.wrap_up);
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let Some((limit_ms, extension_ms)) = limit else {
            agent.seat.work_ended(now);
            self.after_work(id);
            return;
        };
        let deadline = now + limit_ms;
        let (interaction, queue) = (session.interaction, Some(session.queue));
        session.phase = Phase::WrapUp(Box::new(WrapUpOfItem {
            about,
            subject,
            link,
            started_at: now,
            deadline,
            extension_ms,
        }));
        session.since = now;
        agent.sessions.push(session);
        self.timers.arm(Timer::ItemWrapUp(id, interaction), deadline);
        self.journal(Some(interaction), Some(id), Event::WrapUpStarted { agent: id, queue, deadline });
        self.agent_changed(id);
    }

    /// Ends the wrap-up, if there is one.
    pub(crate) fn end_item_wrap_up(&mut self, id: UserId, interaction: InteractionId) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let Some(Phase::WrapUp(wrap_up)) = agent.session(interaction).map(|session| &session.phase) else {
            return;
        };
        let wrap_up_ms = now.since_ms(wrap_up.started_at);
        let Some(session) = agent.take_session(interaction) else { return };
        agent.seat.work_ended(now);
        agent.today.handle_ms += wrap_up_ms;
        let queue = Some(session.queue);
        self.count_wrap_up(queue, wrap_up_ms);
        self.timers.cancel(Timer::ItemWrapUp(id, interaction));
        self.journal(Some(interaction), Some(id), Event::WrapUpEnded { agent: id, queue, wrap_up_ms });
        self.after_work(id);
    }

    /// More time for the wrap-up of an item, once.
    pub(crate) fn extend_item_wrap_up(
        &mut self,
        id: UserId,
        interaction: InteractionId,
    ) -> Result<(), CommandRefused> {
        let now = self.now;
        let agent = self.agents.get_mut(&id).ok_or(CommandRefused::NoSuchAgent)?;
        let Some(Phase::WrapUp(wrap_up)) = agent.session(interaction).map(|session| &mut session.phase)
        else {
            return Err(CommandRefused::NotYours);
        };
        let Some(more_ms) = wrap_up.extension_ms.take() else {
            return Err(CommandRefused::NotNow("this wrap-up cannot be extended any more".into()));
        };
        wrap_up.deadline = (wrap_up.deadline + more_ms).min(wrap_up.started_at + MAX_WRAP_UP_MS).max(now);
        let deadline = wrap_up.deadline;
        self.timers.arm(Timer::ItemWrapUp(id, interaction), deadline);
        self.journal(Some(interaction), Some(id), Event::WrapUpExtended { agent: id, deadline });
        self.desks.insert(id);
        Ok(())
    }

    /// Whether a wrap-up follows, where the queue leaves it to the agent.
    pub(crate) fn item_wants_wrap_up(
        &mut self,
        id: UserId,
        interaction: InteractionId,
        on: bool,
    ) -> Result<(), CommandRefused> {
        let agent = self.agents.get_mut(&id).ok_or(CommandRefused::NoSuchAgent)?;
        agent.at_hand(interaction)?.wrap_up = if on { AfterTalk::WrapUp } else { AfterTalk::Nothing };
        self.desks.insert(id);
        Ok(())
    }

    pub(crate) fn item_views(&self, agent: &Agent) -> Vec<ItemView> {
        agent.sessions.iter().filter_map(|session| self.item_view(session)).collect()
    }

    fn item_view(&self, session: &Session) -> Option<ItemView> {
        let item = self.items.get(&session.interaction);
        let (about, subject, link) = match &session.phase {
            Phase::WrapUp(wrap_up) => (wrap_up.about.clone(), wrap_up.subject.clone(), wrap_up.link.clone()),
            Phase::Offered { .. } | Phase::AtHand(_) => {
                let item = item?;
                let about = self.about_item(session.interaction, item, session.since);
                (about, item.subject.clone(), item.link.clone())
            }
        };
        let phase = match &session.phase {
            Phase::Offered { offer, deadline, .. } => {
                ItemPhase::Offered { offer: *offer, deadline: *deadline }
            }
            Phase::AtHand(AtHand { rests_since: Some(_), .. }) => ItemPhase::Resting,
            Phase::AtHand(at_hand) => {
                let is_optional = matches!(self.wrap_up_rule(Some(session.queue)), WrapUp::Optional { .. });
                let wrap_up_wanted = is_optional.then_some(at_hand.wrap_up == AfterTalk::WrapUp);
                ItemPhase::AtHand { wrap_up_wanted }
            }
            Phase::WrapUp(wrap_up) => {
                ItemPhase::WrapUp { deadline: wrap_up.deadline, may_extend: wrap_up.extension_ms.is_some() }
            }
        };
        Some(ItemView {
            about,
            channel: session.channel,
            subject,
            link,
            phase,
            since: session.since,
            disposition: session.disposition,
            note: session.note.clone(),
        })
    }

    fn about_item(&self, interaction: InteractionId, item: &Item, at: UtcMs) -> InteractionView {
        InteractionView {
            interaction,
            from: item.from.clone(),
            to: String::new(),
            queue: Some(item.queue),
            queue_name: self.queue_name(item.queue),
            arrived_at: item.arrived_at,
            waited_ms: item.line.waited_ms(at),
            customer: item.card.clone(),
            collected: Vec::new(),
            transferred_by: item.transferred_by.clone(),
            callback: false,
        }
    }
}

/// Where the agent writes about this item.
pub(crate) fn write_up_of(
    agent: &mut Agent,
    interaction: InteractionId,
) -> Option<(QueueId, &mut Option<DispositionId>, &mut String)> {
    let session = agent.session(interaction)?;
    match session.phase {
        Phase::AtHand(_) | Phase::WrapUp(_) => {
            Some((session.queue, &mut session.disposition, &mut session.note))
        }
        Phase::Offered { .. } => None,
    }
}
