//! What is due, by the rules alone: every agent and caller is looked at for every decision.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use perezvon_model::journal::{Entry, Event, OfferOutcome};
use perezvon_model::routing::{Behind, NotFor, NothingFor, Receipt, Regime, Strategy};
use perezvon_model::{Activity, InteractionId, Presence, QueueId, SkillId, UserId, UtcMs};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    LongestIdle,
    FewestInteractions,
    LeastSkilled,
}

pub struct Queue {
    id: QueueId,
    way: Way,
    priority: i64,
    ageing_per_min: i64,
    /// From so many milliseconds in the queue on, this level of the skill is enough.
    levels: Vec<(i64, u8)>,
}

impl Queue {
    pub fn new(id: &str, way: Way, priority: i64, ageing_per_min: i64, levels: &[(i64, u8)]) -> Queue {
        Queue { id: id.parse().expect("an id"), way, priority, ageing_per_min, levels: levels.to_vec() }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Agent {
    queues: Vec<usize>,
    level: u8,
    ready: bool,
    idle: bool,
    idle_since: UtcMs,
    handled: i64,
}

impl Agent {
    pub fn new(queues: &[usize], level: u8) -> Agent {
        Agent { queues: queues.to_vec(), level, ..Agent::default() }
    }

    fn is_free(&self) -> bool {
        self.ready && self.idle
    }
}

struct Waits {
    queue: usize,
    since: UtcMs,
    order: u64,
    ringing: bool,
    declined: BTreeSet<UserId>,
}

pub struct Due {
    skill: SkillId,
    queues: Vec<Queue>,
    pub agents: BTreeMap<UserId, Agent>,
    waits: BTreeMap<InteractionId, Waits>,
    came: u64,
}

/// How much was held against the rules.
#[derive(Debug, Default)]
pub struct Checked {
    pub decisions: usize,
    pub with_choice_of_callers: usize,
    pub with_choice_of_agents: usize,
    pub nothing: usize,
}

impl Due {
    pub fn new(skill: SkillId, queues: Vec<Queue>) -> Due {
        Due { skill, queues, agents: BTreeMap::new(), waits: BTreeMap::new(), came: 0 }
    }

    pub fn checks(&mut self, entries: &[Entry]) -> Checked {
        let mut checked = Checked::default();
        let mut version = None;
        for entry in entries {
            match &entry.event {
                Event::Queued { queue, position, .. } => {
                    let Some(queue) = self.queues.iter().position(|of| of.id == *queue) else { continue };
                    let interaction = entry.interaction.expect("a caller waits");
                    self.came += 1;
                    let declined = BTreeSet::new();
                    let waits = Waits { queue, since: entry.at, order: self.came, ringing: false, declined };
                    self.waits.insert(interaction, waits);
                    assert_eq!(*position as usize, self.position(interaction, entry.at));
                }
                Event::LeftQueue { .. } => {
                    entry.interaction.and_then(|interaction| self.waits.remove(&interaction));
                }
                Event::Routed { agents, receipt } => {
                    let interaction = entry.interaction.expect("a caller is routed");
                    if self.waits.contains_key(&interaction) {
                        let [agent] = agents[..] else { panic!("one at a time: {agents:?}") };
                        assert!(
                            version.is_none_or(|version| version == receipt.version),
                            "nothing was changed"
                        );
                        version = Some(receipt.version);
                        self.check(entry.at, interaction, agent, receipt, &mut checked);
                    }
                }
                Event::NothingFor { nothing } if self.agents.contains_key(&nothing.agent) => {
                    self.check_nothing(entry.at, nothing);
                    checked.nothing += 1;
                }
                Event::Offered { agent, .. } if self.agents.contains_key(agent) => {
                    self.ring(entry.interaction, *agent, true)
                }
                Event::OfferEnded { agent, outcome, .. } if self.agents.contains_key(agent) => {
                    assert_eq!(*outcome, OfferOutcome::Accepted, "every phone answers");
                    self.ring(entry.interaction, *agent, false);
                }
                Event::AgentDisconnected { agent, .. } => {
                    if let Some(of) = self.agents.get_mut(agent) {
                        of.handled += 1;
                        of.idle_since = entry.at;
                    }
                }
                Event::AgentState { agent, presence, activity, .. } => {
                    if let Some(of) = self.agents.get_mut(agent) {
                        let ready = *presence == Presence::Ready;
                        if ready && !of.ready {
                            of.idle_since = entry.at;
                        }
                        (of.ready, of.idle) = (ready, *activity == Activity::Idle);
                    }
                }
                _ => {}
            }
        }
        checked
    }

    fn ring(&mut self, interaction: Option<InteractionId>, agent: UserId, rings: bool) {
        if let Some(waits) = interaction.and_then(|interaction| self.waits.get_mut(&interaction)) {
            waits.ringing = rings;
        }
        if let Some(of) = self.agents.get_mut(&agent).filter(|_| rings) {
            of.idle = false;
        }
    }

    /// Effective priority in thousandths of a point, exactly: base + rate x time.
    fn priority(&self, interaction: InteractionId, now: UtcMs) -> i64 {
        self.parts(interaction, now) / 60
    }

    /// The same in parts of 1 / 60,000 of a point.
    fn parts(&self, interaction: InteractionId, now: UtcMs) -> i64 {
        let waits = &self.waits[&interaction];
        let of = &self.queues[waits.queue];
        of.priority * 60_000 + of.ageing_per_min * now.since_ms(waits.since)
    }

    /// The first comes first.
    fn turn(&self, interaction: InteractionId, now: UtcMs) -> (Reverse<i64>, u64) {
        (Reverse(self.parts(interaction, now)), self.waits[&interaction].order)
    }

    fn position(&self, interaction: InteractionId, now: UtcMs) -> usize {
        let mine = self.turn(interaction, now);
        let same = |other: &InteractionId| self.waits[other].queue == self.waits[&interaction].queue;
        self.waits.keys().filter(|other| same(other) && self.turn(**other, now) < mine).count() + 1
    }

    fn needed(&self, interaction: InteractionId, now: UtcMs) -> u8 {
        let waits = &self.waits[&interaction];
        let levels = self.queues[waits.queue].levels.iter();
        let reached = levels.filter(|(after_ms, _)| now.since_ms(waits.since) >= *after_ms);
        reached.map(|(_, level)| *level).next_back().unwrap_or(0)
    }

    fn may(&self, agent: UserId, interaction: InteractionId, now: UtcMs) -> bool {
        let (of, waits) = (&self.agents[&agent], &self.waits[&interaction]);
        of.queues.contains(&waits.queue)
            && of.level >= self.needed(interaction, now)
            && !waits.declined.contains(&agent)
    }

    /// Whom an agent could have, the first due first.
    fn due_for(&self, agent: UserId, now: UtcMs) -> Vec<InteractionId> {
        let waits =
            self.waits.iter().filter(|(_, waits)| !waits.ringing).map(|(interaction, _)| *interaction);
        let mut due: Vec<_> = waits.filter(|interaction| self.may(agent, *interaction, now)).collect();
        due.sort_by_key(|interaction| self.turn(*interaction, now));
        due
    }

    fn measure(&self, agent: UserId, way: Way) -> i64 {
        let of = &self.agents[&agent];
        match way {
            Way::LongestIdle => of.idle_since.0,
            Way::FewestInteractions => of.handled,
            Way::LeastSkilled => of.level.into(),
        }
    }

    /// Who could have it, the best by the strategy of its queue first; equals by idle time, then by id.
    fn free_for(&self, interaction: InteractionId, now: UtcMs) -> Vec<UserId> {
        let way = self.queues[self.waits[&interaction].queue].way;
        let mut free: Vec<_> =
            self.agents.iter().filter(|(_, of)| of.is_free()).map(|(agent, _)| *agent).collect();
        free.retain(|agent| self.may(*agent, interaction, now));
        free.sort_by_key(|agent| (self.measure(*agent, way), self.agents[agent].idle_since, *agent));
        free
    }

    fn told(&self, agent: UserId, way: Way, now: UtcMs) -> i64 {
        match way {
            Way::LongestIdle => now.since_ms(self.agents[&agent].idle_since),
            Way::FewestInteractions | Way::LeastSkilled => self.measure(agent, way),
        }
    }

    fn check(
        &mut self,
        now: UtcMs,
        interaction: InteractionId,
        agent: UserId,
        receipt: &Receipt,
        checked: &mut Checked,
    ) {
        let waits = &self.waits[&interaction];
        assert!(!waits.ringing, "it rings already");
        let way = self.queues[waits.queue].way;
        let due = self.due_for(agent, now);
        assert_eq!(due.first(), Some(&interaction), "somebody else was due for this agent");
        let free = self.free_for(interaction, now);
        assert_eq!(free.first(), Some(&agent), "another agent was the one to take");

        let strategy = match way {
            Way::LongestIdle => Strategy::LongestIdle,
            Way::FewestInteractions => Strategy::FewestInteractions,
            Way::LeastSkilled => Strategy::LeastSkilled,
        };
        assert_eq!(receipt.strategy, strategy);
        assert_eq!(receipt.position as usize, self.position(interaction, now));
        assert_eq!(receipt.priority, self.priority(interaction, now));
        assert_eq!(receipt.measure, self.told(agent, way, now));
        let levels = &self.queues[waits.queue].levels;
        let step = levels.iter().position(|(_, level)| *level == self.needed(interaction, now));
        assert_eq!(receipt.step as usize, step.unwrap_or(0));
        let next: Vec<_> =
            free[1..].iter().take(3).map(|other| (*other, self.told(*other, way, now))).collect();
        let said: Vec<_> = receipt.agents.iter().map(|other| (other.agent, other.measure)).collect();
        assert_eq!(said, next, "who else was free");
        assert!(receipt.agents.iter().all(|other| other.why == Behind::Next));
        match receipt.regime {
            Regime::AgentsToSpare => checked.with_choice_of_agents += usize::from(free.len() > 1),
            Regime::InteractionsWaiting => {
                assert_eq!(free.len(), 1, "the agent was given");
                checked.with_choice_of_callers += usize::from(due.len() > 1);
                assert_eq!(receipt.callers.is_empty(), !self.other_lines(interaction, &due, now));
            }
            Regime::Preferred => panic!("nobody is preferred"),
        }
        let mut before = self.turn(interaction, now);
        for other in &receipt.callers {
            assert!(due.contains(&other.interaction), "this one could not be had");
            assert_eq!((other.priority, other.why), (self.priority(other.interaction, now), Behind::Next));
            assert_eq!(other.queue, self.queues[self.waits[&other.interaction].queue].id);
            let turn = self.turn(other.interaction, now);
            assert!(turn > before, "they come in their order");
            before = turn;
        }
        checked.decisions += 1;
    }

    /// A receipt names the first of each other line: a line is a queue at one step.
    fn other_lines(&self, interaction: InteractionId, due: &[InteractionId], now: UtcMs) -> bool {
        let line = |of: InteractionId| (self.waits[&of].queue, self.needed(of, now));
        due.iter().any(|other| line(*other) != line(interaction))
    }

    fn check_nothing(&self, now: UtcMs, nothing: &NothingFor) {
        let agent = nothing.agent;
        assert!(self.agents[&agent].is_free(), "who is told so is free");
        assert_eq!(self.due_for(agent, now), [], "somebody waited for this agent");
        let unserved = self.waits.values().filter(|waits| !waits.ringing).count();
        assert_eq!(nothing.waiting as usize, unserved);
        for behind in &nothing.queues {
            let queue = self.queues.iter().position(|of| of.id == behind.queue).expect("a queue of ours");
            let waiting = self.waits.values().filter(|waits| waits.queue == queue).count();
            assert_eq!(behind.waiting as usize, waiting);
            let of = &self.agents[&agent];
            match behind.why {
                NotFor::NotMember => assert!(!of.queues.contains(&queue)),
                NotFor::Skill { skill, needed, has } => {
                    assert!(of.queues.contains(&queue) && has < needed);
                    assert_eq!((skill, has), (self.skill, of.level));
                }
                NotFor::Declined | NotFor::HeldForAnother | NotFor::NoRoom => {
                    panic!("nobody declines or is held: {behind:?}")
                }
            }
        }
    }
}
