//! Who may serve what. Agents alike in queues and skills share a profile; interactions alike in queue, needs and step
//! of relaxing share a class. Whether a profile serves a class is a bit, worked out when the configuration comes, when
//! new needs appear, when a queue begins or ends to lend its agents, and when a step gains its first signed-in agent or
//! loses its last one; a decision only reads it.

use perezvon_model::channel::Channel;
use perezvon_model::config::SkillLevel;
use perezvon_model::routing::{Step, Strategy, Widen};
use perezvon_model::{QueueId, SkillId};
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

use crate::bits::Bits;
use crate::free::Wanted;
use crate::mix::IdHasher;
use crate::plan::{MAX_CHAINS, MAX_STEPS, Setup, Standing, Worker, united, widened};

#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub skills: Vec<SkillLevel>,
    /// Queues of which its agents are members, in order.
    pub queues: Vec<usize>,
    /// Classes that its agents meet at the step of the class itself.
    own: Bits,
    /// Classes that its agents serve at the step in force.
    pub serves: Bits,
    signed_in: usize,
    ready: usize,
}

/// Interactions of one queue with the same needs at the same step.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub queue: usize,
    chain: usize,
    pub step: usize,
    pub needs: Vec<SkillLevel>,
    own: Bits,
    pub serves: Bits,
    /// Signed-in agents who meet the class at its own step.
    signed_in: usize,
    /// The first step from this one on that somebody signed in could serve; the last one when nobody could any.
    pub in_force: usize,
}

/// The classes of one queue and one set of needs, a class for each step, side by side.
#[derive(Clone, Debug)]
struct Chain {
    queue: usize,
    /// Needs that the interaction brings beside the queue's.
    needs: Vec<SkillLevel>,
    first: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct QueueRule {
    pub id: QueueId,
    pub channel: Channel,
    pub strategy: Strategy,
    pub needs: Vec<SkillLevel>,
    pub steps: Vec<Step>,
    pub ageing_per_min: u32,
    /// Profiles whose agents are members.
    members: Bits,
    /// Whether it lends its agents to queues whose steps name it.
    lends: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Fit {
    pub queues: Vec<QueueRule>,
    pub queue_at: HashMap<QueueId, usize, BuildHasherDefault<IdHasher>>,
    pub profiles: Vec<Profile>,
    pub classes: Vec<Class>,
    chains: Vec<Chain>,
    /// By queue, the chains of needs beside the queue's.
    chain_at: Vec<HashMap<Vec<SkillLevel>, usize, BuildHasherDefault<IdHasher>>>,
    /// Profiles with at least a level of a skill, from level 1 on.
    at_least: BTreeMap<SkillId, [Bits; 10]>,
    /// Profiles with somebody signed in.
    signed_in: Bits,
    /// Profiles with somebody ready.
    ready: Bits,
}

impl Fit {
    /// The bits of a new configuration, and the profile of each worker.
    pub fn new(
        setups: &[Setup<'_>],
        workers: &[Worker<'_>],
        lends: impl Fn(QueueId) -> bool,
        standing: impl Fn(usize) -> Standing,
    ) -> (Fit, Vec<usize>) {
        let mut fit = Fit::default();
        for setup in setups {
            fit.queue_at.insert(setup.queue, fit.queues.len());
            fit.queues.push(QueueRule {
                id: setup.queue,
                channel: setup.channel,
                strategy: setup.strategy,
                needs: united(setup.needs, &[]),
                steps: setup.steps.iter().take(MAX_STEPS).copied().collect(),
                ageing_per_min: setup.ageing_per_min,
                members: Bits::default(),
                lends: lends(setup.queue),
            });
        }
        let mut known: BTreeMap<(Vec<usize>, Vec<SkillLevel>), usize> = BTreeMap::new();
        let profile_of: Vec<usize> = workers
            .iter()
            .map(|worker| {
                let mut queues: Vec<usize> =
                    worker.queues.iter().filter_map(|queue| fit.queue_at.get(queue).copied()).collect();
                queues.sort_unstable();
                queues.dedup();
                let next = known.len();
                *known.entry((queues, united(worker.skills, &[]))).or_insert(next)
            })
            .collect();
        let mut profiles: Vec<_> = known.into_iter().collect();
        profiles.sort_unstable_by_key(|(_, at)| *at);
        for ((queues, skills), at) in profiles {
            for &queue in &queues {
                fit.queues[queue].members.insert(at);
            }
            for skill in &skills {
                let levels = fit.at_least.entry(skill.skill).or_default();
                for level in levels.iter_mut().take(usize::from(skill.level)) {
                    level.insert(at);
                }
            }
            fit.profiles.push(Profile {
                skills,
                queues,
                own: Bits::default(),
                serves: Bits::default(),
                signed_in: 0,
                ready: 0,
            });
        }
        for (worker, &profile) in profile_of.iter().enumerate() {
            let Standing { signed_in, ready, .. } = standing(worker);
            fit.profiles[profile].signed_in += usize::from(signed_in);
            fit.profiles[profile].ready += usize::from(ready);
        }
        for (at, profile) in fit.profiles.iter().enumerate() {
            fit.signed_in.set(at, profile.signed_in > 0);
            fit.ready.set(at, profile.ready > 0);
        }
        fit.chain_at.resize_with(fit.queues.len(), HashMap::default);
        for queue in 0..fit.queues.len() {
            fit.chain(queue, &[]);
        }
        (fit, profile_of)
    }

    /// The class in which an interaction with these needs begins.
    pub fn first_class(&mut self, queue: usize, needs: &[SkillLevel]) -> usize {
        if needs.is_empty() {
            // The chains without other needs were made first, in the order of the queues.
            return self.chains[queue].first;
        }
        let chain = self.chain(queue, needs);
        self.chains[chain].first
    }

    /// What the class needs beside what its queue needs, before any step.
    pub fn own_needs(&self, class: usize) -> &[SkillLevel] {
        &self.chains[self.classes[class].chain].needs
    }

    /// The same needs one step wider, and how many seconds after joining; `None` at the last step.
    pub fn next_step(&self, class: usize) -> Option<(usize, u32)> {
        let of = &self.classes[class];
        let step = self.queues[of.queue].steps.get(of.step)?;
        Some((class + 1, step.after_s))
    }

    fn chain(&mut self, queue: usize, own: &[SkillLevel]) -> usize {
        if let Some(&chain) = self.chain_at[queue].get(own) {
            return chain;
        }
        let own = united(own, &[]);
        if let Some(&chain) = self.chain_at[queue].get(&own) {
            return chain;
        }
        if self.chains.len() >= MAX_CHAINS && !own.is_empty() {
            return queue;
        }
        let (chain, first) = (self.chains.len(), self.classes.len());
        let steps = self.queues[queue].steps.clone();
        let mut needs = united(&self.queues[queue].needs, &own);
        for step in 0..=steps.len() {
            if let Some(step) = step.checked_sub(1) {
                needs = widened(needs, &steps[step]);
            }
            self.classes.push(Class {
                queue,
                chain,
                step,
                needs: needs.clone(),
                own: Bits::default(),
                serves: Bits::default(),
                signed_in: 0,
                in_force: step,
            });
        }
        self.chains.push(Chain { queue, needs: own.clone(), first });
        self.chain_at[queue].insert(own, chain);
        self.fit_chain(chain);
        chain
    }

    fn classes_of(&self, chain: usize) -> std::ops::Range<usize> {
        let Chain { first, queue, .. } = self.chains[chain];
        first..first + self.queues[queue].steps.len() + 1
    }

    /// Works out anew who meets each step of a chain, and so who serves it. Returns whether anybody serves more or
    /// fewer.
    fn fit_chain(&mut self, chain: usize) -> bool {
        for class in self.classes_of(chain) {
            let own = self.who_meets(class);
            let before = std::mem::take(&mut self.classes[class].own);
            for profile in before.without(&own) {
                self.profiles[profile].own.remove(class);
            }
            for profile in own.without(&before) {
                self.profiles[profile].own.insert(class);
            }
            self.classes[class].signed_in =
                own.both(&self.signed_in).map(|profile| self.profiles[profile].signed_in).sum();
            self.classes[class].own = own;
        }
        self.serve_chain(chain)
    }

    /// Lets each class be served by the first step from its own on that somebody signed in could serve: a step is
    /// skipped while nobody could match.
    fn serve_chain(&mut self, chain: usize) -> bool {
        let classes = self.classes_of(chain);
        let (last, mut in_force, mut changed) = (classes.end - 1, classes.end - 1, false);
        for class in classes.rev() {
            if self.classes[class].signed_in > 0 {
                in_force = class;
            }
            let serves = self.classes[in_force].own.clone();
            let before = std::mem::take(&mut self.classes[class].serves);
            for profile in before.without(&serves) {
                self.profiles[profile].serves.remove(class);
                changed = true;
            }
            for profile in serves.without(&before) {
                self.profiles[profile].serves.insert(class);
                changed = true;
            }
            self.classes[class].serves = serves;
            self.classes[class].in_force = self.classes[in_force].step;
        }
        debug_assert!(self.classes[last].step + 1 == self.classes_of(chain).len());
        changed
    }

    fn who_meets(&self, class: usize) -> Bits {
        let Class { queue, step, ref needs, .. } = self.classes[class];
        let rule = &self.queues[queue];
        let mut who = rule.members.clone();
        for step in &rule.steps[..step] {
            if let Some(helper) = self.helper(step).filter(|helper| helper.lends) {
                who.extend(&helper.members);
            }
        }
        for need in needs {
            let level = usize::from(need.level.max(1)) - 1;
            match self.at_least.get(&need.skill).and_then(|levels| levels.get(level)) {
                Some(enough) => who.keep(enough),
                None => return Bits::default(),
            }
        }
        who
    }

    fn helper(&self, step: &Step) -> Option<&QueueRule> {
        match step.widen {
            Widen::AddQueue { queue } => self.queue_at.get(&queue).map(|&at| &self.queues[at]),
            Widen::LowerLevel { .. } | Widen::DropSkill { .. } => None,
        }
    }

    pub fn lends(&self, queue: QueueId) -> bool {
        self.queue_at.get(&queue).is_none_or(|&at| self.queues[at].lends)
    }

    /// The queue begins or ends to lend its agents. Returns the classes that are now served by others.
    pub fn set_lends(&mut self, queue: QueueId, lends: bool) -> Vec<usize> {
        let Some(&at) = self.queue_at.get(&queue) else { return Vec::new() };
        if std::mem::replace(&mut self.queues[at].lends, lends) == lends {
            return Vec::new();
        }
        let helped = |rule: &QueueRule| {
            rule.steps.iter().any(|step| matches!(step.widen, Widen::AddQueue { queue: of } if of == queue))
        };
        let chains: Vec<usize> =
            (0..self.chains.len()).filter(|&chain| helped(&self.queues[self.chains[chain].queue])).collect();
        let mut others = Vec::new();
        for chain in chains {
            if self.fit_chain(chain) {
                others.extend(self.classes_of(chain));
            }
        }
        others
    }

    /// One agent of a profile signs in or out. Returns the classes that are now served by others.
    pub fn signed(&mut self, profile: usize, in_now: bool) -> Vec<usize> {
        let of = &mut self.profiles[profile];
        of.signed_in = if in_now { of.signed_in + 1 } else { of.signed_in - 1 };
        self.signed_in.set(profile, of.signed_in > 0);
        let mut turned = Vec::new();
        for class in of.own.iter() {
            let of = &mut self.classes[class];
            of.signed_in = if in_now { of.signed_in + 1 } else { of.signed_in - 1 };
            if of.signed_in == usize::from(in_now) && turned.last() != Some(&of.chain) {
                turned.push(of.chain);
            }
        }
        let mut others = Vec::new();
        for chain in turned {
            if self.serve_chain(chain) {
                others.extend(self.classes_of(chain));
            }
        }
        others
    }

    /// One agent of a profile becomes ready or not.
    pub fn ready(&mut self, profile: usize, ready: bool) {
        let of = &mut self.profiles[profile];
        of.ready = if ready { of.ready + 1 } else { of.ready - 1 };
        self.ready.set(profile, of.ready > 0);
    }

    /// Whether more than `but` ready agents serve a class.
    pub fn more_ready(&self, class: usize, but: usize) -> bool {
        let mut ready = 0;
        self.classes[class].serves.both(&self.ready).any(|profile| {
            ready += self.profiles[profile].ready;
            ready > but
        })
    }

    /// The orders in which the free agents of each profile may be asked for: by its own queues, and by those that it
    /// may be lent to.
    pub fn wanted(&self) -> Vec<Wanted> {
        let mut wanted = vec![Wanted::default(); self.profiles.len()];
        for rule in &self.queues {
            let helpers = rule.steps.iter().filter_map(|step| self.helper(step));
            for who in std::iter::once(rule).chain(helpers) {
                for profile in who.members.iter() {
                    wanted[profile] = wanted[profile].with(rule.strategy);
                }
            }
        }
        wanted
    }
}
