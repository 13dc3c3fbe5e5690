//! One interaction shown to one agent with a deadline: made, accepted, declined, missed, withdrawn.

use perezvon_acd::Match;
use perezvon_model::config::Misses;
use perezvon_model::engine::CommandRefused;
use perezvon_model::journal::{Event, OfferOutcome};
use perezvon_model::leg::{CallerName, Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::overflow::CallFirst;
use perezvon_model::{Device, InteractionId, LegId, OfferId, QueueId, UserId};

use crate::agent::{Missed, RingPhase, Ringing, Work};
use crate::call::{Origin, Stage};
use crate::limits::{CONNECT_MS, DIAL_GRACE_MS};
use crate::presence::SystemBreak;
use crate::tenant::{LegOf, Tenant};
use crate::timer::Timer;

impl Tenant {
    pub(crate) fn offer_from_queue(&mut self, found: Match) {
        let Match { interaction, agents, receipt, .. } = found;
        self.journal(Some(interaction), None, Event::Routed { agents: agents.clone(), receipt });
        match self.callback_order(interaction) {
            None if self.items.contains_key(&interaction) => self.offer_item(interaction, agents),
            None => self.offer_to(interaction, agents, Origin::Queue),
            Some(CallFirst::Agent) => self.offer_to(interaction, agents, Origin::Callback),
            Some(CallFirst::Customer) => {
                self.call_back(interaction);
                // They serve others until the customer is there.
                for agent in agents {
                    self.agent_changed(agent);
                }
            }
        }
    }

    fn offer_to(&mut self, interaction: InteractionId, agents: Vec<UserId>, origin: Origin) {
        for agent in agents {
            self.make_offer(interaction, agent, origin);
        }
    }

    /// Offers a call to an agent who is free. A browser shows it; a phone is dialled at once.
    pub(crate) fn make_offer(&mut self, interaction: InteractionId, id: UserId, origin: Origin) {
        let now = self.now;
        let offer: OfferId = self.ids.next(now);
        let dialled: LegId = self.ids.next(now);
        let (Some(call), Some(agent)) = (self.calls.get_mut(&interaction), self.agents.get_mut(&id)) else {
            return;
        };
        let queue = call.queue;
        let ring_ms = self.settings.as_ref().map_or(20_000, |settings| settings.ring_timeout_ms(queue));
        let device = agent.seat.device();
        let (leg, phase) = match device {
            Device::Browser => (None, RingPhase::Ringing),
            Device::Phone => (Some(dialled), RingPhase::Reserved),
        };
        let deadline = now + ring_ms;
        call.stage = Stage::Offered { origin };
        call.rings.push(id);
        agent.work =
            Work::Offer(Ringing { offer, interaction, queue, device, leg, phase, offered_at: now, deadline });
        // The phone's own time-out comes first and says why; ours is for a phone that says nothing.
        let grace_ms = if leg.is_some() { DIAL_GRACE_MS } else { 0 };
        self.timers.arm(Timer::Offer(id), deadline + grace_ms);
        self.journal(
            Some(interaction),
            Some(id),
            Event::Offered { offer, queue, agent: id, device, deadline },
        );
        if let Some(leg) = leg {
            self.legs.insert(leg, LegOf::Agent(id));
            let target = DialTarget::Phone { agent: id };
            let from = self.name_of_caller(interaction);
            self.leg(leg, LegCommand::Dial { target, from, timeout_ms: ring_ms });
        }
        self.agent_changed(id);
    }

    fn name_of_caller(&self, interaction: InteractionId) -> CallerName {
        let Some(call) = self.calls.get(&interaction) else { return CallerName::default() };
        let name = call.card.as_ref().map_or(&call.from.name, |card| &card.name);
        CallerName { number: call.from.shown.clone(), name: name.clone() }
    }

    pub(crate) fn accept(&mut self, id: UserId, offer: OfferId) -> Result<(), CommandRefused> {
        let now = self.now;
        let leg: LegId = self.ids.next(now);
        let agent = self.agents.get_mut(&id).ok_or(CommandRefused::NoSuchAgent)?;
        if let Some(interaction) = agent.item_offered(offer) {
            self.accept_item(id, interaction);
            return Ok(());
        }
        let connected = agent.seat.browser_connected();
        let ringing =
            agent.ringing().filter(|ringing| ringing.offer == offer).ok_or(CommandRefused::OfferOver)?;
        match (ringing.device, ringing.phase) {
            (_, RingPhase::Connecting { .. } | RingPhase::CallsBack { .. }) => return Ok(()),
            (Device::Phone, _) => {
                return Err(CommandRefused::NotNow("the call rings at your phone; pick it up".into()));
            }
            (Device::Browser, _) if !connected => return Err(CommandRefused::NoDevice),
            (Device::Browser, RingPhase::Reserved | RingPhase::Ringing) => {}
        }
        ringing.phase = RingPhase::Connecting { accepted_at: now };
        ringing.leg = Some(leg);
        let interaction = ringing.interaction;
        self.withdraw_other_offers(interaction, id);
        self.legs.insert(leg, LegOf::Agent(id));
        self.timers.arm(Timer::Offer(id), now + CONNECT_MS);
        let target = DialTarget::Browser { agent: id };
        let from = self.name_of_caller(interaction);
        self.leg(leg, LegCommand::Dial { target, from, timeout_ms: CONNECT_MS });
        self.agent_changed(id);
        Ok(())
    }

    pub(crate) fn decline(&mut self, id: UserId, offer: OfferId) -> Result<(), CommandRefused> {
        let agent = self.agents.get_mut(&id).ok_or(CommandRefused::NoSuchAgent)?;
        if let Some(interaction) = agent.item_offered(offer) {
            self.fail_item_offer(id, interaction, OfferOutcome::Declined);
            return Ok(());
        }
        match agent.ringing() {
            Some(ringing) if ringing.offer == offer => {
                self.fail_offer(id, OfferOutcome::Declined);
                Ok(())
            }
            Some(_) | None => Err(CommandRefused::OfferOver),
        }
    }

    /// What happens at the leg of an agent who is being offered a call.
    pub(crate) fn ringing_leg_event(&mut self, id: UserId, leg: LegId, event: LegEvent) {
        match event {
            LegEvent::Ringing => {
                if let Some(ringing) = self.agents.get_mut(&id).and_then(|agent| agent.ringing())
                    && ringing.phase == RingPhase::Reserved
                {
                    ringing.phase = RingPhase::Ringing;
                    self.agent_changed(id);
                }
            }
            LegEvent::Answered => self.agent_answered(id),
            LegEvent::Failed { cause } | LegEvent::Ended { cause } => {
                self.legs.remove(&leg);
                if let Some(ringing) = self.agents.get_mut(&id).and_then(|agent| agent.ringing()) {
                    ringing.leg = None;
                }
                self.fail_offer(id, outcome_of(cause));
            }
            LegEvent::Digit { .. }
            | LegEvent::PlayDone { .. }
            | LegEvent::HeldByPeer { .. }
            | LegEvent::MediaLost
            | LegEvent::MediaBack => {}
        }
    }

    pub(crate) fn offer_too_late(&mut self, id: UserId) {
        let Some(ringing) = self.agents.get_mut(&id).and_then(|agent| agent.ringing()) else { return };
        let interaction = ringing.interaction;
        let outcome = match ringing.phase {
            RingPhase::CallsBack { .. } => return self.not_reached(interaction, Cause::NoAnswer),
            RingPhase::Reserved => OfferOutcome::Unreachable,
            RingPhase::Ringing => OfferOutcome::NoAnswer,
            RingPhase::Connecting { .. } => OfferOutcome::Unreachable,
        };
        self.fail_offer(id, outcome);
    }

    /// The offer came to nothing on the agent's side: the caller goes on, the agent bears the consequence.
    pub(crate) fn fail_offer(&mut self, id: UserId, outcome: OfferOutcome) {
        let Some(ended) = self.end_offer(id, outcome) else { return };
        let call = self.calls.get(&ended.interaction);
        let rings_on = call.is_some_and(|call| !call.rings.is_empty());
        let origin = match call.map(|call| call.stage) {
            Some(Stage::Offered { origin }) => origin,
            Some(
                Stage::Flow
                | Stage::Queued
                | Stage::Talking { .. }
                | Stage::Outside { .. }
                | Stage::Message
                | Stage::Away
                | Stage::CallsBack
                | Stage::Parting,
            )
            | None => return,
        };
        self.count_miss(id, ended.queue, ended.device, outcome);
        match origin {
            // Others are still being rung.
            Origin::Queue | Origin::Callback | Origin::Transfer { .. } | Origin::Return if rings_on => {}
            Origin::Callback => self.callback_waits_on(ended.interaction),
            Origin::Queue => {
                if let Some(call) = self.calls.get_mut(&ended.interaction) {
                    call.stage = Stage::Queued;
                }
                self.acd.put_back(ended.interaction);
            }
            Origin::Transfer { by } => self.transfer_failed(ended.interaction, by),
            Origin::Return => self.rejoin_queue(ended.interaction),
        }
        match outcome {
            // Whatever the reason, others are asked first.
            OfferOutcome::Declined
            | OfferOutcome::NoAnswer
            | OfferOutcome::Busy
            | OfferOutcome::Unreachable => self.acd.refuse(ended.interaction, id, self.now),
            OfferOutcome::Accepted | OfferOutcome::Withdrawn => {}
        }
        self.after_work(id);
    }

    /// So many offers in a row that came to nothing, by how, take the agent out of the offers.
    pub(crate) fn count_miss(
        &mut self,
        id: UserId,
        queue: Option<QueueId>,
        device: Device,
        outcome: OfferOutcome,
    ) {
        let limits = self.settings.as_ref().map_or_else(Misses::default, |of| of.misses(queue));
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let missed = &mut agent.missed;
        let (count, limit, why) = match outcome {
            OfferOutcome::Declined => (&mut missed.declined, limits.declined, SystemBreak::DeclinedOffers),
            OfferOutcome::NoAnswer => (&mut missed.no_answer, limits.no_answer, SystemBreak::MissedOffer),
            OfferOutcome::Busy => (&mut missed.busy, limits.busy, SystemBreak::of(device)),
            OfferOutcome::Unreachable => {
                (&mut missed.unreachable, limits.unreachable, SystemBreak::of(device))
            }
            OfferOutcome::Accepted | OfferOutcome::Withdrawn => return,
        };
        *count = count.saturating_add(1);
        if limit > 0 && *count >= limit {
            *missed = Missed::default();
            self.take_break(id, why);
        }
    }

    /// The caller is gone or goes elsewhere: the agents are idle at once, with the idle clocks as they were.
    pub(crate) fn withdraw_offers(&mut self, interaction: InteractionId) {
        let rings = self.calls.get(&interaction).map(|call| call.rings.clone()).unwrap_or_default();
        for agent in rings {
            self.withdraw_offer(agent);
        }
    }

    /// One of several who are rung has it.
    pub(crate) fn withdraw_other_offers(&mut self, interaction: InteractionId, but: UserId) {
        let rings = self.calls.get(&interaction).map(|call| call.rings.clone()).unwrap_or_default();
        for agent in rings.into_iter().filter(|agent| *agent != but) {
            self.withdraw_offer(agent);
        }
    }

    pub(crate) fn withdraw_offer(&mut self, id: UserId) {
        self.end_offer(id, OfferOutcome::Withdrawn);
        self.after_work(id);
    }

    /// Takes the offer off the agent, hangs up what was dialled for it, and journals it.
    fn end_offer(&mut self, id: UserId, outcome: OfferOutcome) -> Option<Ringing> {
        let agent = self.agents.get_mut(&id)?;
        agent.ringing()?;
        let Work::Offer(ended) = std::mem::replace(&mut agent.work, Work::Idle) else { return None };
        self.transfer_rings_no_more(ended.interaction);
        if let Some(call) = self.calls.get_mut(&ended.interaction) {
            call.rings.retain(|agent| *agent != id);
        }
        self.timers.cancel(Timer::Offer(id));
        if let Some(leg) = ended.leg
            && self.legs.remove(&leg).is_some()
        {
            self.leg(leg, LegCommand::HangUp { cause: Cause::Cancelled });
        }
        let rang_ms = self.now.since_ms(ended.offered_at);
        self.journal(
            Some(ended.interaction),
            Some(id),
            Event::OfferEnded { offer: ended.offer, agent: id, outcome, rang_ms },
        );
        Some(ended)
    }
}

/// What the end of a dialled phone says about its agent.
fn outcome_of(cause: Cause) -> OfferOutcome {
    match cause {
        Cause::Declined | Cause::Normal => OfferOutcome::Declined,
        Cause::NoAnswer | Cause::Cancelled => OfferOutcome::NoAnswer,
        Cause::Busy => OfferOutcome::Busy,
        Cause::Unavailable
        | Cause::NotFound
        | Cause::Forbidden
        | Cause::Overload
        | Cause::NoCodec
        | Cause::Timeout
        | Cause::Interrupted
        | Cause::Failed => OfferOutcome::Unreachable,
    }
}
