//! The decision: an agent for an interaction while there are agents to spare, an interaction for an agent while
//! interactions wait.

use perezvon_model::config::SkillLevel;
use perezvon_model::routing::{
    AgentBehind, Behind, CallerBehind, NotFor, NothingFor, QueueBehind, Receipt, Regime, Strategy,
};
use perezvon_model::{InteractionId, QueueId, UserId, UtcMs};
use std::ops::ControlFlow;

use crate::distributor::Acd;
use crate::fit::QueueRule;
use crate::free::{Merit, Rule, skill_measure};
use crate::plan::{MAX_AT_ONCE, MAX_BEHIND};
use crate::rank::{PARTS_PER_POINT, Turn};
use crate::stir::Stir;
use crate::top::{Keyed, Top};
use crate::waiting::{Head, Slot, State};
use crate::{REFUSAL_ALONE_MS, REFUSAL_MS};

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Match(Match),
    /// An agent got free and nothing is there for this agent.
    Nothing(NothingFor),
}

/// This interaction is to be offered to these agents; all are reserved for each other from now on. More than one only
/// with [`Strategy::AllAtOnce`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub interaction: InteractionId,
    pub queue: QueueId,
    pub agents: Vec<UserId>,
    pub receipt: Receipt,
}

/// Interactions in the order of their turns; no two have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub turn: Turn,
    pub slot: Slot,
}

impl Keyed for Candidate {
    fn key(&self) -> impl Ord {
        self.turn
    }
}

impl Candidate {
    /// After every other.
    const LAST: Candidate = Candidate { turn: Turn::LAST, slot: Slot::MAX };
}

/// The first in turn, and those who come behind.
type First = Top<Candidate, { 1 + MAX_BEHIND }>;

/// Whom an interaction is to be offered to, and some who come behind.
type Choice = (Vec<usize>, Vec<AgentBehind>);

/// The most queues of which an agent who gets nothing is told.
const MAX_QUEUES_TOLD: usize = 4;

impl Acd {
    /// The next decision that the changes since the last call allow. Call until `None`.
    ///
    /// Of all that became possible, what is first in turn is decided first: then nobody who is offered it could have
    /// had something earlier.
    pub fn decide(&mut self, now: UtcMs) -> Option<Decision> {
        self.look(now);
        if self.chances.is_empty()
            && let Some(stir) = self.stirred.pop_only()
        {
            // The usual case: one thing happened.
            return self.serve(stir, now);
        }
        while let Some(stir) = self.stirred.pop_first() {
            match self.chance_of(stir, now) {
                Some(chance) => drop(self.chances.insert((chance, stir))),
                None => {
                    if let Some(nothing) = self.told_nothing(stir, now) {
                        return Some(nothing);
                    }
                }
            }
        }
        while let Some((chance, stir)) = self.chances.pop_first() {
            match self.chance_of(stir, now) {
                Some(still) if still == chance => return self.serve(stir, now),
                // What was first for it is gone; what is left comes later.
                Some(later) => drop(self.chances.insert((later, stir))),
                None => {
                    if let Some(nothing) = self.told_nothing(stir, now) {
                        return Some(nothing);
                    }
                }
            }
        }
        None
    }

    /// What an agent, or a class, could have first.
    fn chance_of(&self, stir: Stir, now: UtcMs) -> Option<Candidate> {
        match stir {
            Stir::Agent(member) | Stir::Again(member) => {
                self.interactions_for(member, now).0.best().first().copied()
            }
            Stir::Class(class) => {
                let (slot, _) = self.first_servable(class, now)?;
                Some(self.candidate(slot, now))
            }
        }
    }

    /// Decides what was found possible; it is looked at again where more may be possible still.
    fn serve(&mut self, stir: Stir, now: UtcMs) -> Option<Decision> {
        let found = match stir {
            Stir::Agent(member) | Stir::Again(member) => self.serve_agent(member, now),
            Stir::Class(class) => self.serve_class(class, now),
        };
        match found {
            Some(found) => {
                let more = match stir {
                    Stir::Agent(member) | Stir::Again(member) => {
                        !self.staff.members[member].standing.open.is_empty()
                    }
                    Stir::Class(class) => self.waiting.head(class).is_some(),
                };
                if more {
                    self.stirred.insert(stir);
                }
                Some(Decision::Match(found))
            }
            None => self.told_nothing(stir, now),
        }
    }

    /// An agent who got free, and still is, is told once that there is nothing.
    fn told_nothing(&self, stir: Stir, now: UtcMs) -> Option<Decision> {
        match stir {
            Stir::Agent(member) if !self.staff.members[member].standing.open.is_empty() => {
                Some(Decision::Nothing(self.nothing_for(member, now)))
            }
            Stir::Agent(_) | Stir::Again(_) | Stir::Class(_) => None,
        }
    }

    /// The regime of interactions waiting: the agent is given. Others who are free for the same interaction turn it into
    /// the regime of agents to spare, and the strategy may take one of them.
    fn serve_agent(&mut self, member: usize, now: UtcMs) -> Option<Match> {
        let (found, declined) = self.interactions_for(member, now);
        let (first, others) = found.best().split_first()?;
        let slot = first.slot;
        let next = others.iter().map(|other| (*other, Behind::Next));
        let declined = declined.into_iter().map(|other| (other, Behind::Declined));
        let mut callers = Vec::new();
        for (other, why) in next.chain(declined).take(MAX_BEHIND) {
            callers.push(self.caller_behind(other, why));
        }
        if self.waiting.item(slot).state == State::Held {
            return Some(self.reserve(slot, &[member], Regime::Preferred, Vec::new(), callers, now));
        }
        let (members, behind) = if self.rule_of(slot).strategy == Strategy::Random {
            self.drawn_for(slot, now)
        } else {
            self.agents_for(slot, None, now)
        };
        let alone = members == [member] && !behind.iter().any(|other| other.why == Behind::Next);
        let regime = if alone { Regime::InteractionsWaiting } else { Regime::AgentsToSpare };
        Some(self.reserve(slot, &members, regime, behind, callers, now))
    }

    /// The regime of agents to spare: the first in line for whom somebody is free is given.
    fn serve_class(&mut self, class: usize, now: UtcMs) -> Option<Match> {
        let (slot, agents) = self.first_servable(class, now)?;
        let (members, behind) =
            if self.rule_of(slot).strategy == Strategy::Random { self.drawn_for(slot, now) } else { agents };
        Some(self.reserve(slot, &members, Regime::AgentsToSpare, behind, Vec::new(), now))
    }

    /// The first of a class for whom somebody is free, and who is.
    fn first_servable(&self, class: usize, now: UtcMs) -> Option<(Slot, Choice)> {
        let of = self.fit.classes.get(class)?;
        let channel = self.fit.queues[of.queue].channel;
        if !of.serves.meets(&self.staff.free[channel.index()]) {
            return None;
        }
        self.waiting.due[class].iter().find_map(|(_, slot)| {
            let agents = self.agents_for(slot, None, now);
            (!agents.0.is_empty()).then_some((slot, agents))
        })
    }

    fn drawn_for(&mut self, slot: Slot, now: UtcMs) -> Choice {
        let drawn = self.draw(slot, now);
        self.agents_for(slot, drawn, now)
    }

    /// One of all free agents who could have it, each as likely as another.
    fn draw(&mut self, slot: Slot, now: UtcMs) -> Option<usize> {
        let (class, channel) = (self.waiting.item(slot).class(), self.waiting.lane(slot).channel);
        let free = &self.staff.free[channel.index()];
        let profiles: Vec<usize> = self.fit.classes[class].serves.both(free).collect();
        if self.waiting.item(slot).refusals().is_empty() {
            let count = profiles.iter().map(|&profile| self.staff.count(profile, channel)).sum();
            let mut number = self.lots.draw(count);
            return profiles.into_iter().find_map(|profile| {
                let here = self.staff.count(profile, channel);
                let found = (number < here).then(|| self.staff.any(profile, channel, number));
                number = number.saturating_sub(here);
                found
            });
        }
        let mut able = Vec::new();
        for profile in profiles {
            let rule = Rule { strategy: Strategy::Random, next: 0, skill_measure: 0 };
            self.staff.visit(profile, channel, rule, |merit| {
                if !self.declined(slot, merit.member, now) {
                    able.push(merit.member);
                }
                ControlFlow::Continue(())
            });
        }
        let number = self.lots.draw(able.len());
        able.get(number).copied()
    }

    fn reserve(
        &mut self,
        slot: Slot,
        members: &[usize],
        regime: Regime,
        agents: Vec<AgentBehind>,
        callers: Vec<CallerBehind>,
        now: UtcMs,
    ) -> Match {
        let measure = self.measure_of(members[0], slot, now);
        let item = self.waiting.item(slot);
        let (interaction, rule) = (item.interaction, self.rule_of(slot));
        let (queue, strategy) = (rule.id, rule.strategy);
        let line = &self.waiting.lines[self.waiting.lane(slot).queue as usize];
        let position = line.all.before(item.rank) + 1;
        let parts = item.rank.parts(rule.ageing_per_min, now);
        let receipt = Receipt {
            version: self.version,
            regime,
            strategy,
            step: u32::try_from(self.fit.classes[item.class()].in_force).unwrap_or(u32::MAX),
            position: u32::try_from(position).unwrap_or(u32::MAX),
            priority: thousandths(parts),
            measure,
            agents,
            callers,
        };
        self.waiting.reserve(slot);
        for &member in members {
            self.staff.taken(member, strategy);
        }
        if strategy == Strategy::RoundRobin
            && let Some(&member) = members.last()
        {
            self.last.insert(queue, self.staff.members[member].id);
        }
        let agents = members.iter().map(|&member| self.staff.members[member].id).collect();
        Match { interaction, queue, agents, receipt }
    }

    /// The first interactions that the agent could have, one of each line, and some that the agent declined.
    pub(crate) fn interactions_for(&self, member: usize, now: UtcMs) -> (First, Vec<Candidate>) {
        let of = &self.staff.members[member];
        let profile = &self.fit.profiles[of.profile];
        let agent = self.staff.members[member].id;
        let declines = self.decliners.contains_key(&agent);
        let (mut top, mut passed) = (Top::new(Candidate::LAST), Vec::new());
        for channel in of.standing.open.iter() {
            let classes = profile.serves.both(&self.waiting.somebody[channel.index()]);
            if declines {
                for class in classes {
                    let mut line = self.waiting.due[class].iter();
                    let first = line.find(|(_, slot)| !self.passes_over(*slot, member, now, &mut passed));
                    if let Some((_, slot)) = first {
                        top.show(self.candidate(slot, now));
                    }
                }
            } else {
                // Most of the time of a decision goes by here.
                let mut least = i64::MIN;
                classes.for_each(|class| {
                    let Head { rank, ageing_per_min, slot } = self.waiting.heads[class];
                    // Less priority than the last of the best few have: most are told by one number.
                    if rank.parts(ageing_per_min, now) >= least {
                        top.show(Candidate { turn: rank.turn(ageing_per_min, now), slot });
                        least = top.last().map_or(i64::MIN, |last| last.turn.parts());
                    }
                });
            }
        }
        for line in self.waiting.held_for(agent) {
            let first = line.iter().find(|(_, slot)| {
                of.standing.open.contains(self.waiting.lane(*slot).channel)
                    && profile.serves.contains(self.waiting.item(*slot).class())
                    && !self.passes_over(*slot, member, now, &mut passed)
            });
            if let Some((_, slot)) = first {
                top.show(self.candidate(slot, now));
            }
        }
        (top, passed)
    }

    /// Whether the agent has just declined it; those passed over are noted, a few of them.
    fn passes_over(&self, slot: Slot, member: usize, now: UtcMs, passed: &mut Vec<Candidate>) -> bool {
        let declined = self.declined(slot, member, now);
        if declined && passed.len() < MAX_BEHIND {
            passed.push(self.candidate(slot, now));
        }
        declined
    }

    fn candidate(&self, slot: Slot, now: UtcMs) -> Candidate {
        Candidate {
            turn: self.waiting.item(slot).rank.turn(self.waiting.lane(slot).ageing_per_min, now),
            slot,
        }
    }

    fn rule_of(&self, slot: Slot) -> &QueueRule {
        &self.fit.queues[self.waiting.lane(slot).queue as usize]
    }

    /// The first free agents for an interaction in the order of its queue's strategy: whom to offer it to, and some who
    /// come behind.
    fn agents_for(&self, slot: Slot, drawn: Option<usize>, now: UtcMs) -> Choice {
        match self.rule_of(slot).strategy {
            Strategy::AllAtOnce => {
                self.first_agents::<{ MAX_AT_ONCE + MAX_BEHIND }>(slot, MAX_AT_ONCE, drawn, now)
            }
            Strategy::LongestIdle
            | Strategy::LeastOccupied
            | Strategy::RoundRobin
            | Strategy::FewestInteractions
            | Strategy::MostSkilled
            | Strategy::LeastSkilled
            | Strategy::Random
            | Strategy::Weighted => self.first_agents::<{ 1 + MAX_BEHIND }>(slot, 1, drawn, now),
        }
    }

    fn first_agents<const N: usize>(
        &self,
        slot: Slot,
        most: usize,
        drawn: Option<usize>,
        now: UtcMs,
    ) -> Choice {
        let item = self.waiting.item(slot);
        let class = &self.fit.classes[item.class()];
        let (queue, channel) = (self.rule_of(slot), self.waiting.lane(slot).channel);
        let strategy = queue.strategy;
        let next = if strategy == Strategy::RoundRobin { self.next_in_ring(queue.id) } else { 0 };
        let (mut top, mut declined) = (Top::<Merit, N>::new(Merit::LAST), Vec::new());
        for profile in class.serves.both(&self.staff.free[channel.index()]) {
            let skill_measure = skill_measure(strategy, &self.fit.profiles[profile].skills, &queue.needs);
            let rule = Rule { strategy, next, skill_measure };
            self.staff.visit(profile, channel, rule, |merit| {
                if !item.refusals().is_empty() && self.declined(slot, merit.member, now) {
                    if declined.len() < MAX_BEHIND {
                        declined.push(merit);
                    }
                    return ControlFlow::Continue(());
                }
                if top.show(merit) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
        }
        let members: Vec<usize> = match drawn {
            Some(drawn) => vec![drawn],
            None => top.best().iter().take(most).map(|merit| merit.member).collect(),
        };
        let next = top.best().iter().filter(|merit| !members.contains(&merit.member));
        let next = next.map(|merit| (merit, Behind::Next));
        let declined = declined.iter().map(|merit| (merit, Behind::Declined));
        let mut behind = Vec::new();
        for (merit, why) in next.chain(declined).take(MAX_BEHIND) {
            let measure = told(strategy, merit.measure, now);
            behind.push(AgentBehind { agent: self.staff.members[merit.member].id, why, measure });
        }
        (members, behind)
    }

    /// The first member after the one whom the queue offered last.
    fn next_in_ring(&self, queue: QueueId) -> usize {
        let Some(last) = self.last.get(&queue) else { return 0 };
        match self.agent_at.get(last) {
            Some(&member) => member + 1,
            None => self.staff.members.partition_point(|member| member.id <= *last),
        }
    }

    /// Whether the agent declined the interaction a short while ago and others could take it.
    pub(crate) fn declined(&self, slot: Slot, member: usize, now: UtcMs) -> bool {
        let (item, agent) = (self.waiting.item(slot), self.staff.members[member].id);
        let Some(refusal) = item.refusals().iter().find(|refusal| refusal.agent == agent) else {
            return false;
        };
        let of = &self.staff.members[member];
        let own = of.standing.ready && self.fit.classes[item.class()].serves.contains(of.profile);
        now < refusal.at + REFUSAL_ALONE_MS
            || (now < refusal.at + REFUSAL_MS && self.fit.more_ready(item.class(), usize::from(own)))
    }

    fn caller_behind(&self, candidate: Candidate, why: Behind) -> CallerBehind {
        CallerBehind {
            interaction: self.waiting.item(candidate.slot).interaction,
            queue: self.rule_of(candidate.slot).id,
            why,
            priority: thousandths(candidate.turn.parts()),
        }
    }

    /// What the strategy of the interaction's queue measures of an agent who was given.
    fn measure_of(&self, member: usize, slot: Slot, now: UtcMs) -> i64 {
        let queue = self.rule_of(slot);
        let of = &self.staff.members[member];
        let skills = &self.fit.profiles[of.profile].skills;
        told(queue.strategy, of.measure(queue.strategy, skills, &queue.needs), now)
    }

    fn nothing_for(&self, member: usize, now: UtcMs) -> NothingFor {
        let mut queues: Vec<QueueBehind> = Vec::new();
        let mut tell = |queue: usize, why: NotFor| {
            let queue = self.fit.queues[queue].id;
            if !queues.iter().any(|other| other.queue == queue) {
                let waiting = u32::try_from(self.waiting(queue)).unwrap_or(u32::MAX);
                queues.push(QueueBehind { queue, waiting, why });
            }
            if queues.len() < MAX_QUEUES_TOLD { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let mut somebody = self.waiting.somebody.iter().flat_map(|classes| classes.iter());
        let due = somebody.try_for_each(|class| match self.waiting.head(class) {
            Some(Head { slot, .. }) => tell(self.fit.classes[class].queue, self.why_not(slot, member, now)),
            None => ControlFlow::Continue(()),
        });
        if due.is_continue() {
            let mut held = self.waiting.held_for_others(self.staff.members[member].id);
            let _ = held.try_for_each(|queue| tell(queue, NotFor::HeldForAnother));
        }
        let waiting = u32::try_from(self.waiting.unserved()).unwrap_or(u32::MAX);
        NothingFor { version: self.version, agent: self.staff.members[member].id, waiting, queues }
    }

    fn why_not(&self, slot: Slot, member: usize, now: UtcMs) -> NotFor {
        let (item, of) = (self.waiting.item(slot), &self.staff.members[member]);
        let class = &self.fit.classes[item.class()];
        if class.serves.contains(of.profile) {
            return if self.declined(slot, member, now) { NotFor::Declined } else { NotFor::NoRoom };
        }
        let skills = &self.fit.profiles[of.profile].skills;
        let level = |need: &SkillLevel| {
            skills.iter().find(|skill| skill.skill == need.skill).map_or(0, |skill| skill.level)
        };
        let member_of = self.fit.profiles[of.profile].queues.contains(&class.queue);
        let needs = &self.fit.classes[item.class() + class.in_force - class.step].needs;
        match needs.iter().find(|need| level(need) < need.level) {
            Some(need) if member_of => {
                NotFor::Skill { skill: need.skill, needed: need.level, has: level(need) }
            }
            Some(_) | None => NotFor::NotMember,
        }
    }
}

/// Parts of a point of priority in thousandths of a point.
fn thousandths(parts: i64) -> i64 {
    parts / (PARTS_PER_POINT / 1_000)
}

/// A measure as people read it: milliseconds of idle time, millionths of occupancy, interactions, levels, turns.
fn told(strategy: Strategy, measure: i64, now: UtcMs) -> i64 {
    match strategy {
        Strategy::AllAtOnce | Strategy::LongestIdle | Strategy::Random => now.0 - measure,
        Strategy::MostSkilled => -measure,
        Strategy::LeastOccupied
        | Strategy::RoundRobin
        | Strategy::FewestInteractions
        | Strategy::LeastSkilled
        | Strategy::Weighted => measure,
    }
}
