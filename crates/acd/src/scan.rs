//! The same picks by looking at everything: the definition of what is right, in as few words as possible. Tests, the
//! simulator and the benchmark hold the indexed picks against it; nothing else calls it, it costs all that waits times
//! all that work.

use perezvon_model::routing::{Step, Strategy, Widen};
use perezvon_model::{InteractionId, UserId, UtcMs};

use crate::distributor::Acd;
use crate::free::skill_measure;
use crate::plan::{MAX_AT_ONCE, united, widened};
use crate::rank::PARTS_PER_POINT;
use crate::waiting::{Item, State};
use crate::{REFUSAL_ALONE_MS, REFUSAL_MS, qualifies};

impl Acd {
    /// What the agent, if free, is to be offered.
    pub fn scan_for_agent(&self, agent: UserId, now: UtcMs) -> Option<InteractionId> {
        let &member = self.agent_at.get(&agent)?;
        let open = self.staff.members[member].standing.open;
        let lane = |item: &Item| self.waiting.lanes[item.class()];
        let could_have = |item: &&Item| {
            let for_agent = match item.state {
                State::Due => true,
                State::Held => self.scan_holder(item, now).is_none_or(|holder| holder == agent),
                State::Reserved => false,
            };
            for_agent && open.contains(lane(item).channel) && self.scan_may(item, member, now)
        };
        let items = self.waiting.items().map(|(_, item)| item);
        let turn = |item: &&Item| {
            let place = item.place();
            let ageing = i64::from(self.fit.queues[lane(item).queue as usize].ageing_per_min);
            let parts = i64::from(item.points) * PARTS_PER_POINT + ageing * now.since_ms(place.clock);
            (std::cmp::Reverse(parts), place)
        };
        items.filter(could_have).min_by_key(turn).map(|item| item.interaction)
    }

    /// To whom an interaction that is due is to be offered; with [`Strategy::Random`], all of whom one is drawn.
    pub fn scan_for_interaction(&self, interaction: InteractionId, now: UtcMs) -> Vec<UserId> {
        let Some(slot) = self.waiting.slot(interaction) else { return Vec::new() };
        let item = self.waiting.item(slot);
        let lane = self.waiting.lane(slot);
        let rule = &self.fit.queues[lane.queue as usize];
        let mut able: Vec<usize> = (0..self.staff.members.len())
            .filter(|&member| self.staff.members[member].standing.open.contains(lane.channel))
            .filter(|&member| self.scan_may(item, member, now))
            .collect();
        let last = self.last.get(&rule.id);
        able.sort_by_key(|&member| {
            let of = &self.staff.members[member];
            let measure = match rule.strategy {
                Strategy::RoundRobin => {
                    i64::from(last.is_some_and(|last| self.staff.members[member].id <= *last))
                }
                Strategy::MostSkilled | Strategy::LeastSkilled => {
                    skill_measure(rule.strategy, &self.fit.profiles[of.profile].skills, &rule.needs)
                }
                Strategy::AllAtOnce
                | Strategy::LongestIdle
                | Strategy::LeastOccupied
                | Strategy::FewestInteractions
                | Strategy::Random
                | Strategy::Weighted => of.measure(rule.strategy, &[], &[]),
            };
            let in_ring = rule.strategy == Strategy::RoundRobin;
            (measure, if in_ring { UtcMs(0) } else { of.standing.idle_since }, member)
        });
        able.truncate(match rule.strategy {
            Strategy::AllAtOnce => MAX_AT_ONCE,
            Strategy::Random => able.len(),
            Strategy::LongestIdle
            | Strategy::LeastOccupied
            | Strategy::RoundRobin
            | Strategy::FewestInteractions
            | Strategy::MostSkilled
            | Strategy::LeastSkilled
            | Strategy::Weighted => 1,
        });
        able.into_iter().map(|member| self.staff.members[member].id).collect()
    }

    /// A pair that could be made and is not: there is none after the last decision.
    pub fn scan_pair(&self, now: UtcMs) -> Option<(InteractionId, UserId)> {
        let free = self.staff.members.iter().filter(|member| !member.standing.open.is_empty());
        free.filter_map(|member| Some((self.scan_for_agent(member.id, now)?, member.id))).next()
    }

    /// For whom what is held may be held.
    fn scan_holder(&self, item: &Item, now: UtcMs) -> Option<UserId> {
        let (agent, until) = item.preferred()?;
        let of = &self.staff.members[*self.agent_at.get(&agent)?];
        (now < until && of.standing.signed_in && item.held_for() == Some(agent)).then_some(agent)
    }

    /// May serve at the step in force, and has not just declined.
    fn scan_may(&self, item: &Item, member: usize, now: UtcMs) -> bool {
        let step = self.scan_step(item);
        self.scan_meets(item, step, member) && !self.scan_declined(item, step, member, now)
    }

    /// The first step from the item's own on that somebody signed in could serve, or the last.
    fn scan_step(&self, item: &Item) -> usize {
        let class = &self.fit.classes[item.class()];
        let (own, last) = (class.step, self.fit.queues[class.queue].steps.len());
        let signed_in = |&member: &usize| self.staff.members[member].standing.signed_in;
        (own..last)
            .find(|&step| {
                (0..self.staff.members.len())
                    .filter(signed_in)
                    .any(|member| self.scan_meets(item, step, member))
            })
            .unwrap_or(last)
    }

    fn scan_meets(&self, item: &Item, step: usize, member: usize) -> bool {
        let queue = self.fit.classes[item.class()].queue;
        let rule = &self.fit.queues[queue];
        let steps = &rule.steps[..step];
        let profile = &self.fit.profiles[self.staff.members[member].profile];
        let works_for = |queue: usize| profile.queues.contains(&queue);
        let lent = |step: &Step| match step.widen {
            Widen::AddQueue { queue } => {
                self.fit.lends(queue) && self.fit.queue_at.get(&queue).is_some_and(|&at| works_for(at))
            }
            Widen::LowerLevel { .. } | Widen::DropSkill { .. } => false,
        };
        let needs = united(&rule.needs, self.fit.own_needs(item.class()));
        let needs = steps.iter().fold(needs, widened);
        (works_for(queue) || steps.iter().any(lent)) && qualifies(&profile.skills, &needs)
    }

    fn scan_declined(&self, item: &Item, step: usize, member: usize, now: UtcMs) -> bool {
        let agent = self.staff.members[member].id;
        let Some(refusal) = item.refusals().iter().find(|refusal| refusal.agent == agent) else {
            return false;
        };
        let others = (0..self.staff.members.len()).any(|other| {
            other != member && self.staff.members[other].standing.ready && self.scan_meets(item, step, other)
        });
        now < refusal.at + REFUSAL_ALONE_MS || (now < refusal.at + REFUSAL_MS && others)
    }
}
