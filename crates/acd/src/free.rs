//! Free agents, in every order that a strategy asks for.

use perezvon_model::channel::{Channel, Channels};
use perezvon_model::config::SkillLevel;
use perezvon_model::routing::Strategy;
use perezvon_model::{UserId, UtcMs};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::bits::Bits;
use crate::plan::Standing;
use crate::ranks::Ranks;
use crate::top::Keyed;

/// One agent. Agents are numbered in the order of their ids, so that equals are taken in that order.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub id: UserId,
    pub profile: usize,
    weight: u32,
    pub standing: Standing,
    /// What [`Strategy::Weighted`] orders by: grows by 1 / weight with each interaction offered.
    turns: u64,
}

impl Member {
    /// What a strategy orders by; the least is taken first.
    pub fn measure(&self, strategy: Strategy, skills: &[SkillLevel], needs: &[SkillLevel]) -> i64 {
        match strategy {
            Strategy::AllAtOnce | Strategy::LongestIdle | Strategy::Random => self.standing.idle_since.0,
            Strategy::LeastOccupied => self.standing.occupancy.into(),
            Strategy::FewestInteractions => self.standing.handled.into(),
            Strategy::Weighted => i64::try_from(self.turns).unwrap_or(i64::MAX),
            Strategy::MostSkilled | Strategy::LeastSkilled => skill_measure(strategy, skills, needs),
            Strategy::RoundRobin => 0,
        }
    }
}

/// How a strategy orders an agent: the least first, then the longest idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Merit {
    pub measure: i64,
    idle_since: UtcMs,
    pub member: usize,
}

impl Keyed for Merit {
    fn key(&self) -> impl Ord {
        *self
    }
}

impl Merit {
    /// After every other.
    pub const LAST: Merit = Merit { measure: i64::MAX, idle_since: UtcMs(i64::MAX), member: usize::MAX };
}

/// The free agents of one profile for one channel. Only the orders that its queues ask for are kept.
#[derive(Clone, Debug, Default)]
struct Orders {
    /// Who gets free comes last, and who comes first is taken: its ends are touched and little else.
    idle: Ranks<(UtcMs, usize), ()>,
    occupancy: BTreeSet<(u32, UtcMs, usize)>,
    handled: BTreeSet<(u32, UtcMs, usize)>,
    turns: BTreeSet<(u64, UtcMs, usize)>,
    ring: BTreeSet<usize>,
    /// In no order; for drawing lots.
    any: Vec<usize>,
}

/// Which orders the queues of a profile ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted(u8);

const OCCUPANCY: u8 = 1;
const HANDLED: u8 = 2;
const TURNS: u8 = 4;
const RING: u8 = 8;
const ANY: u8 = 16;

impl Wanted {
    pub fn with(self, strategy: Strategy) -> Wanted {
        Wanted(self.0 | Wanted::by(strategy))
    }

    fn by(strategy: Strategy) -> u8 {
        match strategy {
            Strategy::LeastOccupied => OCCUPANCY,
            Strategy::FewestInteractions => HANDLED,
            Strategy::Weighted => TURNS,
            Strategy::RoundRobin => RING,
            Strategy::Random => ANY,
            // The order by idle time is always kept.
            Strategy::AllAtOnce | Strategy::LongestIdle | Strategy::MostSkilled | Strategy::LeastSkilled => 0,
        }
    }

    fn has(self, order: u8) -> bool {
        self.0 & order != 0
    }
}

#[derive(Clone, Debug)]
struct Pool {
    wanted: Wanted,
    by_channel: [Orders; Channel::ALL.len()],
}

/// All agents, and those free by profile and channel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Staff {
    pub members: Vec<Member>,
    pools: Vec<Pool>,
    /// Profiles with somebody free, by channel.
    pub free: [Bits; Channel::ALL.len()],
    /// The turns of the one who was taken last by weight: who comes back begins here, not at the turns left behind.
    turns_now: u64,
    /// Where each member stands in `any`, by channel.
    at: Vec<[usize; Channel::ALL.len()]>,
}

/// Turns of one interaction for an agent of weight 1.
const TURN: u64 = 1 << 32;

impl Staff {
    pub fn new(wanted: impl Iterator<Item = Wanted>) -> Staff {
        let pools = wanted.map(|wanted| Pool { wanted, by_channel: Default::default() }).collect();
        Staff { pools, ..Staff::default() }
    }

    /// Adds an agent who is not free; with the turns of before, if there was one.
    pub fn add(&mut self, id: UserId, profile: usize, weight: u32, before: Option<&Member>) {
        let turns = before.map_or(self.turns_now, |before| before.turns);
        let standing = before.map_or_else(Standing::default, |before| before.standing);
        let standing = Standing { open: Channels::NONE, ..standing };
        self.members.push(Member { id, profile, weight: weight.max(1), standing, turns });
        self.at.push([0; Channel::ALL.len()]);
    }

    pub fn keep_turns_of(&mut self, before: &Staff) {
        self.turns_now = before.turns_now;
    }

    /// Takes what an agent is and does now. The order by which the agent was known before is left first.
    pub fn set(&mut self, member: usize, standing: Standing) {
        let before = self.members[member].standing;
        if before == standing {
            return;
        }
        for channel in before.open.iter() {
            self.take_out(member, channel);
        }
        if standing.ready && !before.ready {
            self.members[member].turns = self.members[member].turns.max(self.turns_now);
        }
        self.members[member].standing = standing;
        for channel in standing.open.iter() {
            self.put_in(member, channel);
        }
    }

    /// The agent is taken for an interaction of a queue with this strategy: free for nothing until told anew.
    pub fn taken(&mut self, member: usize, strategy: Strategy) {
        let standing = Standing { open: Channels::NONE, ..self.members[member].standing };
        self.set(member, standing);
        if strategy == Strategy::Weighted {
            let of = &mut self.members[member];
            self.turns_now = self.turns_now.max(of.turns);
            of.turns += TURN / u64::from(of.weight);
        }
    }

    fn put_in(&mut self, member: usize, channel: Channel) {
        let Member { profile, standing, turns, .. } = self.members[member];
        let Standing { idle_since, handled, occupancy, .. } = standing;
        let Pool { wanted, by_channel } = &mut self.pools[profile];
        let orders = &mut by_channel[channel.index()];
        orders.idle.insert((idle_since, member), ());
        if wanted.has(OCCUPANCY) {
            orders.occupancy.insert((occupancy, idle_since, member));
        }
        if wanted.has(HANDLED) {
            orders.handled.insert((handled, idle_since, member));
        }
        if wanted.has(TURNS) {
            orders.turns.insert((turns, idle_since, member));
        }
        if wanted.has(RING) {
            orders.ring.insert(member);
        }
        if wanted.has(ANY) {
            self.at[member][channel.index()] = orders.any.len();
            orders.any.push(member);
        }
        self.free[channel.index()].insert(profile);
    }

    fn take_out(&mut self, member: usize, channel: Channel) {
        let Member { profile, standing, turns, .. } = self.members[member];
        let Standing { idle_since, handled, occupancy, .. } = standing;
        let Pool { wanted, by_channel } = &mut self.pools[profile];
        let orders = &mut by_channel[channel.index()];
        orders.idle.remove((idle_since, member));
        if wanted.has(OCCUPANCY) {
            orders.occupancy.remove(&(occupancy, idle_since, member));
        }
        if wanted.has(HANDLED) {
            orders.handled.remove(&(handled, idle_since, member));
        }
        if wanted.has(TURNS) {
            orders.turns.remove(&(turns, idle_since, member));
        }
        if wanted.has(RING) {
            orders.ring.remove(&member);
        }
        if wanted.has(ANY) {
            let at = self.at[member][channel.index()];
            orders.any.swap_remove(at);
            if let Some(&moved) = orders.any.get(at) {
                self.at[moved][channel.index()] = at;
            }
        }
        if orders.idle.is_empty() {
            self.free[channel.index()].remove(profile);
        }
    }

    /// How many are free.
    pub fn count(&self, profile: usize, channel: Channel) -> usize {
        self.pools[profile].by_channel[channel.index()].idle.len()
    }

    /// One of the free ones by number, in no order.
    pub fn any(&self, profile: usize, channel: Channel, number: usize) -> usize {
        self.pools[profile].by_channel[channel.index()].any[number]
    }

    /// Shows the free agents of a profile in the order of a strategy, best first, until told to stop.
    pub fn visit(
        &self,
        profile: usize,
        channel: Channel,
        rule: Rule,
        mut see: impl FnMut(Merit) -> ControlFlow<()>,
    ) {
        let orders = &self.pools[profile].by_channel[channel.index()];
        let mut show =
            |measure: i64, idle_since: UtcMs, member: usize| see(Merit { measure, idle_since, member });
        let _ = match rule.strategy {
            Strategy::LongestIdle | Strategy::AllAtOnce | Strategy::Random => {
                orders.idle.iter().try_for_each(|((since, member), ())| show(since.0, since, member))
            }
            Strategy::LeastOccupied => orders
                .occupancy
                .iter()
                .try_for_each(|&(part, since, member)| show(part.into(), since, member)),
            Strategy::FewestInteractions => orders
                .handled
                .iter()
                .try_for_each(|&(count, since, member)| show(count.into(), since, member)),
            Strategy::Weighted => orders.turns.iter().try_for_each(|&(turns, since, member)| {
                show(i64::try_from(turns).unwrap_or(i64::MAX), since, member)
            }),
            Strategy::RoundRobin => {
                // From the next one on, then from the beginning.
                let next = rule.next;
                let mut after = orders.ring.range(next..);
                after
                    .try_for_each(|&member| show(0, UtcMs(0), member))
                    .is_continue()
                    .then(|| orders.ring.range(..next).try_for_each(|&member| show(1, UtcMs(0), member)));
                ControlFlow::Continue(())
            }
            Strategy::MostSkilled | Strategy::LeastSkilled => {
                let measure = rule.skill_measure;
                orders.idle.iter().try_for_each(|((since, member), ())| show(measure, since, member))
            }
        };
    }
}

/// What orders the agents of one profile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub strategy: Strategy,
    /// Whose turn is next, for [`Strategy::RoundRobin`]: the first free one from here on.
    pub next: usize,
    /// The same for all agents of a profile, for the strategies by skill.
    pub skill_measure: i64,
}

/// What the strategies by skill measure; the least is taken first.
pub(crate) fn skill_measure(strategy: Strategy, skills: &[SkillLevel], needs: &[SkillLevel]) -> i64 {
    match strategy {
        Strategy::MostSkilled => -needs
            .iter()
            .filter_map(|need| skills.iter().find(|skill| skill.skill == need.skill))
            .map(|skill| i64::from(skill.level))
            .sum::<i64>(),
        Strategy::LeastSkilled => skills.iter().map(|skill| i64::from(skill.level)).sum(),
        Strategy::AllAtOnce
        | Strategy::LongestIdle
        | Strategy::LeastOccupied
        | Strategy::RoundRobin
        | Strategy::FewestInteractions
        | Strategy::Random
        | Strategy::Weighted => 0,
    }
}
