//! A new configuration takes effect at run time: no waiting caller is lost, no conversation is cut.

use perezvon_acd::{Seat, Setup, Worker};
use perezvon_flow::Event as FlowEvent;
use perezvon_model::channel::Capacity;
use perezvon_model::config::{self, Queue, TenantConfig};
use perezvon_model::journal::{OfferOutcome, QueueOutcome};
use perezvon_model::leg::Cause;
use perezvon_model::{InteractionId, Presence, QueueId, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::agent::{Agent, Counted, Desk, Employment, Missed, Work};
use crate::call::{Origin, Stage};
use crate::settings::Settings;
use crate::tenant::{QueueState, Tenant};
use crate::timer::Timer;
use crate::today::{AgentToday, AtWork};

impl Tenant {
    pub(crate) fn configure(&mut self, config: Arc<TenantConfig>) {
        let settings = Settings::new(Arc::clone(&config), self.settings.as_ref());
        let speaks_otherwise = |queue: &&Queue| {
            let before = self.settings.as_ref().and_then(|settings| settings.queue(queue.id));
            before.is_none_or(|before| before.routing.announcements != queue.routing.announcements)
        };
        let speak_otherwise: BTreeSet<QueueId> =
            config.queues.iter().filter(speaks_otherwise).map(|queue| queue.id).collect();
        self.settings = Some(settings);
        self.roll_day();
        self.take_queues(&config);
        self.take_agents(&config);
        let setups: Vec<Setup<'_>> = config
            .queues
            .iter()
            .map(|queue| Setup {
                queue: queue.id,
                channel: queue.routing.channel,
                strategy: queue.routing.strategy,
                needs: &queue.required_skills,
                steps: &queue.routing.steps,
                ageing_per_min: queue.routing.ageing_per_min,
            })
            .collect();
        let workers: Vec<Worker<'_>> = config
            .agents
            .iter()
            .map(|agent| Worker {
                agent: agent.id,
                queues: &agent.queues,
                skills: &agent.skills,
                weight: agent.weight,
            })
            .collect();
        let orphans = self.acd.configure(config.version, &setups, &workers);
        self.dismiss_removed(&config);
        for interaction in orphans {
            self.queue_vanished(interaction);
        }
        self.weigh_all_lending();
        self.look_at_all_hours();
        self.look_at_all_overflow(&speak_otherwise);
        let agents: Vec<UserId> = self.agents.keys().copied().collect();
        for agent in agents {
            self.agent_changed(agent);
        }
        self.floor_changed();
    }

    fn take_queues(&mut self, config: &TenantConfig) {
        let mut before = std::mem::take(&mut self.queues);
        for queue in before.keys() {
            self.timers.cancel(Timer::Lending(*queue));
            self.timers.cancel(Timer::Hours(*queue));
        }
        self.queues = config
            .queues
            .iter()
            .map(|queue| {
                let QueueState { today, recent, handle, callbacks, .. } =
                    before.remove(&queue.id).unwrap_or_default();
                (queue.id, QueueState { today, recent, handle, callbacks, ..QueueState::default() })
            })
            .collect::<BTreeMap<_, _>>();
    }

    fn take_agents(&mut self, config: &TenantConfig) {
        for of in &config.agents {
            match self.agents.get_mut(&of.id) {
                Some(agent) => {
                    agent.name.clone_from(&of.name);
                    agent.queues.clone_from(&of.queues);
                    agent.seat.set_phone_is_fixed(of.phone_uri.is_some());
                    agent.employment = Employment::Member;
                    agent.capacity = of.capacity.clone().unwrap_or_else(|| config.capacity.clone());
                    if agent.configured_device != of.device && agent.has_nothing_to_do() {
                        agent.seat.set_device(of.device);
                    }
                    agent.configured_device = of.device;
                }
                None => {
                    let agent = self.newcomer(of, &config.capacity);
                    self.agents.insert(of.id, agent);
                }
            }
        }
        // Whoever goes elsewhere now does so by the staff as it is.
        self.count_staff_again();
    }

    fn dismiss_removed(&mut self, config: &TenantConfig) {
        let members: BTreeSet<UserId> = config.agents.iter().map(|agent| agent.id).collect();
        let removed: Vec<UserId> = self.agents.keys().filter(|id| !members.contains(id)).copied().collect();
        for agent in removed {
            self.dismiss(agent);
        }
    }

    fn newcomer(&self, of: &config::Agent, capacity: &Capacity) -> Agent {
        let seat = Seat::new(of.device, of.phone_uri.is_some(), self.now);
        Agent {
            name: of.name.clone(),
            queues: of.queues.clone(),
            told: (seat.presence().clone(), perezvon_model::Activity::Idle, seat.device()),
            seat,
            configured_device: of.device,
            desk: Desk::NeverCame,
            work: Work::Idle,
            sessions: Vec::new(),
            capacity: of.capacity.as_ref().unwrap_or(capacity).clone(),
            since: self.now,
            counted: Counted::Out,
            missed: Missed::default(),
            today: AgentToday::default(),
            at_work: AtWork::default(),
            employment: Employment::Member,
        }
    }

    /// The configuration has this agent no longer: an offer goes elsewhere, work under way is finished first.
    fn dismiss(&mut self, id: UserId) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        agent.employment = Employment::Leaving;
        agent.seat.set_presence(Presence::Offline, self.now);
        match agent.work {
            Work::Offer(_) => self.fail_offer(id, OfferOutcome::Withdrawn),
            Work::Idle | Work::Talk(_) | Work::WrapUp(_) => {}
        }
        self.pass_item_offers_on(id);
        self.leave_if_dismissed(id);
    }

    /// Removes an agent whom the configuration no longer has, once the work is done.
    pub(crate) fn leave_if_dismissed(&mut self, id: UserId) {
        let done = self
            .agents
            .get(&id)
            .is_some_and(|agent| agent.employment == Employment::Leaving && agent.has_nothing_to_do());
        if done {
            self.agent_changed(id);
            self.forget_timers_of(id);
            self.uncount(id);
            self.agents.remove(&id);
            self.desks.insert(id);
        }
    }

    /// The queue that the caller waits in is gone: on by the flow, or let go politely.
    fn queue_vanished(&mut self, interaction: InteractionId) {
        let Some(stage) = self.calls.get(&interaction).map(|call| call.stage) else {
            return self.item_without_queue(interaction);
        };
        if self.calls.get(&interaction).is_some_and(|call| call.callback.is_some()) {
            return self.give_callback_up(interaction, Cause::Unavailable);
        }
        if stage == (Stage::Offered { origin: Origin::Queue }) {
            self.withdraw_offers(interaction);
        }
        self.leave_queue(interaction, QueueOutcome::Overflowed);
        self.go_on_without_queue(interaction, FlowEvent::QueueFull);
    }
}
