//! What the simulator holds against its own books and nothing else calls: the state as it is, read-only, and decisions
//! compared with a search through everything.

use perezvon_acd::{Decision, InLine, Standing};
use perezvon_model::view::QueueToday;
use perezvon_model::{Activity, InteractionId, QueueId, UserId, UtcMs};

use crate::agent::Work;
use crate::call::Stage;
use crate::tenant::Tenant;
use crate::today::AgentToday;

/// Where a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    Flow,
    Queued,
    /// Rings at these agents.
    Offered(Vec<UserId>),
    Talking(UserId),
    Outside,
    /// Speaks a message.
    Message,
    /// Hung up, and is to be called back.
    Away,
    /// Is being called back, before any agent.
    CalledBack,
    Parting,
}

/// Whether the decisions of the input at hand are compared.
#[derive(Debug, Default)]
pub(crate) enum Picks {
    #[default]
    Trusted,
    Compared,
    Differ(String),
}

/// The state of a tenant, read-only.
#[derive(Clone, Copy)]
pub struct Audit<'a>(&'a Tenant);

impl Tenant {
    pub fn audit(&self) -> Audit<'_> {
        Audit(self)
    }

    /// Compares each decision of the next input with a search through everything; it costs as much.
    pub fn compare_picks(&mut self) {
        self.picks = Picks::Compared;
    }

    /// How a decision differed since [`Tenant::compare_picks`]; ends the comparison.
    pub fn picks_differ(&mut self) -> Option<String> {
        match std::mem::take(&mut self.picks) {
            Picks::Trusted | Picks::Compared => None,
            Picks::Differ(how) => Some(how),
        }
    }

    pub(crate) fn decide(&mut self) -> Option<Decision> {
        if !matches!(self.picks, Picks::Compared) {
            return self.acd.decide(self.now);
        }
        self.acd.look(self.now);
        let before = self.acd.clone();
        let decision = self.acd.decide(self.now);
        if let Some(how) = decision.as_ref().and_then(|decision| before.disagrees(decision, self.now)) {
            self.picks = Picks::Differ(how);
        }
        decision
    }
}

impl<'a> Audit<'a> {
    /// The time of the last input.
    pub fn now(self) -> UtcMs {
        self.0.now
    }

    pub fn whereabouts(self, interaction: InteractionId) -> Option<Whereabouts> {
        let call = self.0.calls.get(&interaction)?;
        Some(match call.stage {
            Stage::Flow => Whereabouts::Flow,
            Stage::Queued => Whereabouts::Queued,
            Stage::Offered { .. } => Whereabouts::Offered(call.rings.clone()),
            Stage::Talking { agent } => Whereabouts::Talking(agent),
            Stage::Outside { .. } => Whereabouts::Outside,
            Stage::Message => Whereabouts::Message,
            Stage::Away => Whereabouts::Away,
            Stage::CallsBack => Whereabouts::CalledBack,
            Stage::Parting => Whereabouts::Parting,
        })
    }

    /// The agents there are, in the order of their ids.
    pub fn agents(self) -> impl Iterator<Item = UserId> + 'a {
        self.0.agents.keys().copied()
    }

    /// What an agent does, and about which interaction.
    pub fn work(self, agent: UserId) -> Option<(Activity, Option<InteractionId>)> {
        let agent = self.0.agents.get(&agent)?;
        let about = match &agent.work {
            Work::Idle => None,
            Work::Offer(ringing) => Some(ringing.interaction),
            Work::Talk(talk) => Some(talk.interaction),
            Work::WrapUp(wrap_up) => Some(wrap_up.interaction),
        };
        Some((agent.activity(), about))
    }

    /// As what the distributor knows an agent.
    pub fn standing(self, agent: UserId) -> Option<Standing> {
        self.0.acd.standing(agent)
    }

    /// Since when an agent is what the agent is.
    pub fn since(self, agent: UserId) -> Option<UtcMs> {
        Some(self.0.agents.get(&agent)?.since)
    }

    pub fn agent_today(self, agent: UserId) -> Option<AgentToday> {
        Some(self.0.agents.get(&agent)?.today)
    }

    pub fn queue_today(self, queue: QueueId) -> Option<QueueToday> {
        Some(self.0.queues.get(&queue)?.today)
    }

    /// How many wait in a queue, those being offered too.
    pub fn waiting(self, queue: QueueId) -> usize {
        self.0.acd.waiting(queue)
    }

    /// Of those who wait in a queue: who is to be called back.
    pub fn callbacks(self, queue: QueueId) -> u32 {
        self.0.queues.get(&queue).map_or(0, |state| state.callbacks)
    }

    pub fn in_line(self, interaction: InteractionId) -> Option<InLine> {
        self.0.acd.in_line(interaction)
    }

    pub fn lends(self, queue: QueueId) -> bool {
        self.0.acd.lends(queue)
    }

    /// A pair that could be made and is not.
    pub fn pair(self) -> Option<(InteractionId, UserId)> {
        self.0.acd.scan_pair(self.0.now)
    }
}
