//! What screens draw, made from the state as it is.

use perezvon_model::config::WrapUp;
use perezvon_model::view::{
    AgentView, CallView, DeskView, FloorView, InteractionView, OfferView, QueueView, WrapUpView,
};
use perezvon_model::{Channel, InteractionId, QueueId, UserId, UtcMs};

use crate::agent::{AfterTalk, Agent, Microphone, RingPhase, Ringing, Talk, Work, WrappingUp};
use crate::call::{Call, Origin, Stage};
use crate::tenant::Tenant;

impl Tenant {
    /// The desk of one agent. Cost: the agent's queues. `now` is for the shell's convenience: views hold times, not
    /// durations that run.
    pub fn desk(&self, _now: UtcMs, id: UserId) -> Option<DeskView> {
        let agent = self.agents.get(&id)?;
        Some(DeskView {
            agent: id,
            presence: agent.seat.presence().clone(),
            activity: agent.activity(),
            since: agent.since,
            device: agent.seat.device(),
            browser_connected: agent.seat.browser_connected(),
            phone_registered: agent.seat.phone_registered(),
            offer: self.offer_view(agent),
            call: self.call_view(agent),
            wrap_up: self.wrap_up_view(id, agent),
            items: self.item_views(agent),
            queues: agent.queues.iter().filter_map(|queue| self.queue_view(*queue)).collect(),
            handled_today: agent.today.handled,
            mean_handle_ms: agent.today.mean_ms(),
        })
    }

    /// All queues and agents. Cost: all of them; the shell asks at its own pace.
    pub fn floor(&self, now: UtcMs) -> FloorView {
        let queues = self.settings.iter().flat_map(|settings| &settings.config().queues);
        FloorView {
            at: now,
            queues: queues.filter_map(|queue| self.queue_view(queue.id)).collect(),
            agents: self.agents.iter().map(|(id, agent)| self.agent_view(*id, agent)).collect(),
            calls: u32::try_from(self.calls.len()).unwrap_or(u32::MAX),
        }
    }

    fn queue_view(&self, id: QueueId) -> Option<QueueView> {
        let of = self.settings.as_ref()?.queue(id)?;
        let state = self.queues.get(&id)?;
        Some(QueueView {
            queue: id,
            key: of.key.clone(),
            name: of.name.clone(),
            channel: of.routing.channel,
            waiting: u32::try_from(self.acd.waiting(id)).unwrap_or(u32::MAX),
            callbacks: state.callbacks,
            longest_since: self.acd.longest_since(id),
            idle: state.idle,
            busy: state.busy,
            signed_in: state.signed_in,
            today: state.today,
            service_level_s: of.service_level_s,
            service_level_target: of.service_level_target,
        })
    }

    fn agent_view(&self, id: UserId, agent: &Agent) -> AgentView {
        let (interaction, queue) = match &agent.work {
            Work::Idle => (None, None),
            Work::Offer(Ringing { interaction, queue, .. }) | Work::Talk(Talk { interaction, queue, .. }) => {
                (Some(*interaction), *queue)
            }
            Work::WrapUp(WrappingUp { queue, .. }) => (None, *queue),
        };
        let wrap_up_about = match &agent.work {
            Work::WrapUp(wrap_up) => Some(name_in(&wrap_up.about)),
            Work::Idle | Work::Offer(_) | Work::Talk(_) => None,
        };
        let call = interaction.and_then(|interaction| self.calls.get(&interaction));
        AgentView {
            agent: id,
            name: agent.name.clone(),
            presence: agent.seat.presence().clone(),
            activity: agent.activity(),
            since: agent.since,
            device: agent.seat.device(),
            with: call.map(name_of).or(wrap_up_about),
            queue: queue.map(|queue| self.queue_name(queue)).filter(|name| !name.is_empty()),
            chats: count_of(agent, Channel::Chat),
            mails: count_of(agent, Channel::Mail),
            handled_today: agent.today.handled,
            mean_handle_ms: agent.today.mean_ms(),
        }
    }

    pub(crate) fn queue_name(&self, id: QueueId) -> String {
        let of = self.settings.as_ref().and_then(|settings| settings.queue(id));
        of.map(|queue| queue.name.clone()).unwrap_or_default()
    }

    /// What is known of a call; `at` is when the wait is measured.
    pub(crate) fn about(&self, interaction: InteractionId, call: &Call, at: UtcMs) -> InteractionView {
        InteractionView {
            interaction,
            from: call.from.shown.clone(),
            to: call.to.clone(),
            queue: call.queue,
            queue_name: call.queue.map(|queue| self.queue_name(queue)).unwrap_or_default(),
            arrived_at: call.arrived_at,
            waited_ms: call.line.waited_ms(at),
            customer: call.card.clone(),
            collected: call.collected.clone(),
            transferred_by: call.transferred_by.clone(),
            callback: call.callback.is_some(),
        }
    }

    fn offer_view(&self, agent: &Agent) -> Option<OfferView> {
        let Work::Offer(ringing) = &agent.work else { return None };
        let call = self.calls.get(&ringing.interaction)?;
        Some(OfferView {
            offer: ringing.offer,
            offered_at: ringing.offered_at,
            deadline: ringing.deadline,
            device: ringing.device,
            calls_customer: matches!(ringing.phase, RingPhase::CallsBack { .. }),
            about: self.about(ringing.interaction, call, ringing.offered_at),
        })
    }

    fn call_view(&self, agent: &Agent) -> Option<CallView> {
        let Work::Talk(talk) = &agent.work else { return None };
        let call = self.calls.get(&talk.interaction)?;
        Some(CallView {
            about: self.about(talk.interaction, call, talk.connected_at),
            connected_at: talk.connected_at,
            held_since: talk.held_since,
            held_by_peer: call.held_by_customer.is_some(),
            muted: talk.microphone == Microphone::Muted,
            lost_until: talk.lost_until,
            recording: call.recording.is_some(),
            wrap_up_wanted: matches!(self.wrap_up_rule(talk.queue), WrapUp::Optional { .. })
                .then_some(talk.wrap_up == AfterTalk::WrapUp),
            disposition: talk.disposition,
            note: talk.note.clone(),
        })
    }

    pub(crate) fn wrap_up_rule(&self, queue: Option<QueueId>) -> WrapUp {
        self.settings.as_ref().map_or(WrapUp::None, |settings| settings.wrap_up(queue))
    }

    fn wrap_up_view(&self, id: UserId, agent: &Agent) -> Option<WrapUpView> {
        let Work::WrapUp(wrap_up) = &agent.work else { return None };
        let call = self.calls.get(&wrap_up.interaction);
        let target = match call.map(|call| call.stage) {
            Some(Stage::Offered { origin: Origin::Transfer { by } }) if by == id => {
                call.and_then(|call| call.rings.first())
            }
            Some(
                Stage::Offered {
                    origin: Origin::Queue | Origin::Callback | Origin::Transfer { .. } | Origin::Return,
                }
                | Stage::Flow
                | Stage::Queued
                | Stage::Talking { .. }
                | Stage::Outside { .. }
                | Stage::Message
                | Stage::Away
                | Stage::CallsBack
                | Stage::Parting,
            )
            | None => None,
        };
        Some(WrapUpView {
            about: wrap_up.about.clone(),
            started_at: wrap_up.started_at,
            deadline: wrap_up.deadline,
            talk_ms: wrap_up.talk_ms,
            may_extend: wrap_up.extension_ms.is_some(),
            transfer_ringing: target
                .and_then(|target| self.agents.get(target))
                .map(|target| target.name.clone()),
            disposition: wrap_up.disposition,
            note: wrap_up.note.clone(),
        })
    }
}

fn count_of(agent: &Agent, channel: Channel) -> u32 {
    let count = agent.sessions.iter().filter(|session| session.channel == channel).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn name_of(call: &Call) -> String {
    let card = call.card.as_ref().map(|card| card.name.clone()).filter(|name| !name.is_empty());
    card.unwrap_or_else(|| call.from.shown.clone())
}

fn name_in(about: &InteractionView) -> String {
    let card = about.customer.as_ref().map(|card| card.name.clone()).filter(|name| !name.is_empty());
    card.unwrap_or_else(|| about.from.clone())
}
