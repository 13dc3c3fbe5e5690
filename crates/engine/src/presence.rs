//! Presence, device and desk of an agent; and what follows whenever anything about an agent changes.

use perezvon_acd::Readiness;
use perezvon_model::engine::CommandRefused;
use perezvon_model::journal::Event;
use perezvon_model::{Device, Presence, UserId};

use crate::agent::{Counted, Desk, Employment, Work};
use crate::limits::{GONE_MS, MAX_REASON_CHARS};
use crate::tenant::{QueueState, Tenant};
use crate::timer::Timer;

/// A break that the system takes for the agent, with the reason that the desk shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SystemBreak {
    MissedOffer,
    DeclinedOffers,
    PhoneUnreachable,
    ConnectionLost,
}

impl SystemBreak {
    fn reason(self) -> &'static str {
        match self {
            SystemBreak::MissedOffer => "missed_offer",
            SystemBreak::DeclinedOffers => "declined_offers",
            SystemBreak::PhoneUnreachable => "phone_unreachable",
            SystemBreak::ConnectionLost => "connection_lost",
        }
    }

    /// The reason for which a device that cannot be reached takes a break.
    pub fn of(device: Device) -> SystemBreak {
        match device {
            Device::Browser => SystemBreak::ConnectionLost,
            Device::Phone => SystemBreak::PhoneUnreachable,
        }
    }
}

impl Tenant {
    /// Chosen at any time; work under way goes on, and no offer comes before the choice allows it. Who finishes the
    /// last work after being removed chooses no more: the journal's last word of such an agent is offline.
    pub(crate) fn set_presence(&mut self, id: UserId, presence: Presence) -> Result<(), CommandRefused> {
        let agent = self.agents.get_mut(&id).ok_or(CommandRefused::NoSuchAgent)?;
        if agent.employment == Employment::Leaving {
            return Err(CommandRefused::NoSuchAgent);
        }
        match &presence {
            Presence::Ready => {
                if agent.seat.readiness() == Readiness::Unusable {
                    return Err(CommandRefused::NoDevice);
                }
            }
            Presence::Break { reason } => {
                if reason.is_empty() || reason.chars().count() > MAX_REASON_CHARS {
                    let text = format!("a break needs a reason of 1 to {MAX_REASON_CHARS} characters");
                    return Err(CommandRefused::BadValue(text));
                }
            }
            Presence::Offline => {}
        }
        agent.seat.set_presence(presence, self.now);
        self.agent_changed(id);
        Ok(())
    }

    pub(crate) fn set_device(&mut self, id: UserId, device: Device) -> Result<(), CommandRefused> {
        let agent = self.agents.get_mut(&id).ok_or(CommandRefused::NoSuchAgent)?;
        match agent.work {
            Work::Idle | Work::WrapUp(_) => {}
            Work::Offer(_) | Work::Talk(_) => return Err(CommandRefused::Busy),
        }
        if agent.seat.is_ready() && agent.seat.readiness_on(device) == Readiness::Unusable {
            return Err(CommandRefused::NoDevice);
        }
        agent.seat.set_device(device);
        self.agent_changed(id);
        Ok(())
    }

    /// Takes a ready agent out of the offers; a presence that the agent chose stays.
    pub(crate) fn take_break(&mut self, id: UserId, why: SystemBreak) {
        let now = self.now;
        if let Some(agent) = self.agents.get_mut(&id)
            && agent.seat.is_ready()
        {
            agent.seat.set_presence(Presence::Break { reason: why.reason().to_owned() }, now);
        }
        self.agent_changed(id);
    }

    pub(crate) fn device_changed(&mut self, id: UserId, device: Device, connected: bool) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        agent.seat.connected(device, connected);
        self.agent_changed(id);
    }

    /// The device did not come back: a ready agent who cannot be reached is not ready.
    pub(crate) fn device_gone(&mut self, id: UserId) {
        let Some(agent) = self.agents.get(&id) else { return };
        if agent.seat.readiness() == Readiness::Unusable {
            let why = SystemBreak::of(agent.seat.device());
            self.take_break(id, why);
        }
    }

    pub(crate) fn desk_changed(&mut self, id: UserId, connected: bool) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        if connected {
            agent.desk = Desk::Open;
            self.timers.cancel(Timer::DeskGone(id));
        } else if agent.desk == Desk::Open {
            agent.desk = Desk::GoneSince(now);
            self.timers.arm(Timer::DeskGone(id), now + GONE_MS);
        }
        // Chats and mails are offered at an open desk only.
        self.agent_changed(id);
    }

    /// The desk did not come back. Who works by browser is gone, unless a call is up; then it is looked at after it.
    pub(crate) fn desk_gone(&mut self, id: UserId) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let Desk::GoneSince(since) = agent.desk else { return };
        let without_call = match agent.work {
            Work::Idle | Work::WrapUp(_) => true,
            Work::Offer(_) | Work::Talk(_) => false,
        };
        if agent.seat.device() == Device::Browser && without_call && now >= since + GONE_MS {
            agent.seat.set_presence(Presence::Offline, now);
            self.give_items_back(id);
            self.agent_changed(id);
        }
    }

    /// Ends wrap-ups and takes every agent offline; what a person wrote so far was saved as it came.
    pub(crate) fn sign_everybody_out(&mut self) {
        let now = self.now;
        let agents: Vec<UserId> = self.agents.keys().copied().collect();
        for id in agents {
            if let Some(agent) = self.agents.get_mut(&id) {
                agent.seat.set_presence(Presence::Offline, now);
            }
            self.end_wrap_up(id);
            self.put_items_down(id);
            self.agent_changed(id);
        }
    }

    /// Brings everything in line that depends on an agent: journal, distributor, counts, deadlines and views.
    /// Call it after any change of an agent; doing it twice does no harm.
    pub(crate) fn agent_changed(&mut self, id: UserId) {
        let now = self.now;
        self.rest_or_go_on(id);
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let activity = agent.activity();
        let (presence, told_activity, told_device) = &agent.told;
        let device = agent.seat.device();
        if presence != agent.seat.presence() || *told_activity != activity || *told_device != device {
            if presence != agent.seat.presence() || *told_activity != activity {
                let lasted_ms = now.since_ms(agent.since);
                agent.at_work.spent(presence == &Presence::Ready, *told_activity, lasted_ms);
                agent.since = now;
            }
            let presence = agent.seat.presence().clone();
            agent.told = (presence.clone(), activity, device);
            self.journal(None, Some(id), Event::AgentState { agent: id, presence, activity, device });
        }
        let Some(agent) = self.agents.get(&id) else { return };
        let standing = agent.standing();
        let waits_for_device = agent.seat.is_ready() && agent.seat.readiness() == Readiness::Unusable;
        self.acd.set(id, standing);
        if !waits_for_device {
            self.timers.cancel(Timer::DeviceGone(id));
        } else if !self.timers.is_armed(Timer::DeviceGone(id)) {
            self.timers.arm(Timer::DeviceGone(id), now + GONE_MS);
        }
        self.count(id);
        self.desks.insert(id);
        self.floor_changed();
    }

    /// Counts the agent in the queues as what the agent is now.
    fn count(&mut self, id: UserId) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let now_is = agent.counts_as();
        let before = std::mem::replace(&mut agent.counted, now_is);
        if before != now_is {
            for queue in &agent.queues {
                if let Some(state) = self.queues.get_mut(queue) {
                    let somebody = state.signed_in > 0;
                    add(state, before, u32::wrapping_sub);
                    add(state, now_is, u32::wrapping_add);
                    if somebody && state.signed_in == 0 {
                        self.deserted.insert(*queue);
                    }
                }
            }
        }
    }

    /// Counts everybody anew: queues, or who works for them, have changed.
    pub(crate) fn count_staff_again(&mut self) {
        for state in self.queues.values_mut() {
            (state.idle, state.busy, state.signed_in) = (0, 0, 0);
        }
        for agent in self.agents.values_mut() {
            agent.counted = agent.counts_as();
            for queue in &agent.queues {
                if let Some(state) = self.queues.get_mut(queue) {
                    add(state, agent.counted, u32::wrapping_add);
                }
            }
        }
    }

    pub(crate) fn uncount(&mut self, id: UserId) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let before = std::mem::replace(&mut agent.counted, Counted::Out);
        for queue in &agent.queues {
            if let Some(state) = self.queues.get_mut(queue) {
                add(state, before, u32::wrapping_sub);
            }
        }
    }

    pub(crate) fn forget_timers_of(&mut self, id: UserId) {
        for timer in
            [Timer::Offer(id), Timer::Lost(id), Timer::WrapUp(id), Timer::DeskGone(id), Timer::DeviceGone(id)]
        {
            self.timers.cancel(timer);
        }
    }
}

fn add(state: &mut QueueState, counted: Counted, change: fn(u32, u32) -> u32) {
    match counted {
        Counted::Out => return,
        Counted::Idle => state.idle = change(state.idle, 1),
        Counted::Busy => state.busy = change(state.busy, 1),
        Counted::OnBreak => {}
    }
    state.signed_in = change(state.signed_in, 1);
}
