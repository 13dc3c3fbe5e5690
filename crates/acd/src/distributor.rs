//! Callers in line on one side, free agents on the other, and the picks between them.

use perezvon_model::config::SkillLevel;
use perezvon_model::{InteractionId, QueueId, UserId, UtcMs};
use std::collections::{BTreeMap, BTreeSet};

use crate::line::{Line, Place};
use crate::{MAX_REFUSALS, REFUSAL_ALONE_MS, REFUSAL_MS, qualifies};

/// A queue as the distributor needs it.
pub struct Setup<'a> {
    pub queue: QueueId,
    pub needs: &'a [SkillLevel],
}

/// An agent as the distributor needs it.
pub struct Worker<'a> {
    pub agent: UserId,
    pub queues: &'a [QueueId],
    pub skills: &'a [SkillLevel],
}

/// This caller is to be offered to this agent; both are reserved for each other from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    pub interaction: InteractionId,
    pub queue: QueueId,
    pub agent: UserId,
}

/// Agents who may serve exactly these lines.
#[derive(Debug)]
struct Profile {
    lines: Vec<usize>,
    /// Free agents, the longest idle first; equal times by id, so that a replay picks the same.
    free: BTreeSet<(UtcMs, UserId)>,
    /// Agents who chose ready and can be reached, at work or not.
    ready: usize,
}

#[derive(Debug)]
struct Member {
    profile: usize,
    /// Set while the agent can be offered a call.
    free_since: Option<UtcMs>,
    ready: bool,
}

#[derive(Clone, Copy, Debug)]
struct Refusal {
    agent: UserId,
    at: UtcMs,
}

#[derive(Debug)]
struct Waiter {
    line: usize,
    place: Place,
    joined: UtcMs,
    refusals: Vec<Refusal>,
}

/// Where a match may have become possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stir {
    Agent(UserId),
    Line(usize),
}

/// All lines and agents of one tenant.
#[derive(Debug, Default)]
pub struct Acd {
    lines: Vec<Line>,
    line_of: BTreeMap<QueueId, usize>,
    profiles: Vec<Profile>,
    members: BTreeMap<UserId, Member>,
    waiters: BTreeMap<InteractionId, Waiter>,
    /// When to look again at a caller whom somebody refused.
    retries: BTreeSet<(UtcMs, InteractionId, UserId)>,
    stirred: BTreeSet<Stir>,
    order: u64,
}

impl Acd {
    /// Takes a new set of queues and agents. Callers, agents and their clocks stay; callers whose queue is gone leave
    /// and are returned in the order of their places. Looks at everything.
    pub fn configure(&mut self, queues: &[Setup<'_>], workers: &[Worker<'_>]) -> Vec<InteractionId> {
        let old_lines = std::mem::take(&mut self.lines);
        let old_members = std::mem::take(&mut self.members);
        self.line_of = queues.iter().enumerate().map(|(at, setup)| (setup.queue, at)).collect();
        self.lines = queues.iter().map(|setup| Line::new(setup.queue)).collect();
        self.profiles.clear();
        let mut orphans = Vec::new();
        for old in old_lines {
            match self.line_of.get(&old.queue) {
                Some(&at) => {
                    for interaction in old.joined.iter().map(|(_, interaction)| interaction) {
                        if let Some(waiter) = self.waiters.get_mut(interaction) {
                            waiter.line = at;
                        }
                    }
                    let line = &mut self.lines[at];
                    line.due = old.due;
                    line.all = old.all;
                    line.joined = old.joined;
                }
                None => orphans.extend(old.joined.into_iter().map(|(_, interaction)| interaction)),
            }
        }
        orphans.sort_by_key(|interaction| self.waiters.get(interaction).map(|waiter| waiter.place));
        for interaction in &orphans {
            self.forget_waiter(*interaction);
        }
        let mut profile_of: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        for worker in workers {
            let mut lines: Vec<usize> = worker
                .queues
                .iter()
                .filter_map(|queue| self.line_of.get(queue).copied())
                .filter(|&at| qualifies(worker.skills, queues[at].needs))
                .collect();
            lines.sort_unstable();
            lines.dedup();
            let profile = *profile_of.entry(lines).or_insert_with_key(|lines| {
                let profile = self.profiles.len();
                for &at in lines {
                    self.lines[at].profiles.push(profile);
                }
                self.profiles.push(Profile { lines: lines.clone(), free: BTreeSet::new(), ready: 0 });
                profile
            });
            let (free_since, ready) =
                old_members.get(&worker.agent).map_or((None, false), |old| (old.free_since, old.ready));
            self.members.insert(worker.agent, Member { profile, free_since, ready });
            self.profiles[profile].ready += usize::from(ready);
            if let Some(since) = free_since {
                self.profiles[profile].free.insert((since, worker.agent));
                self.stirred.insert(Stir::Agent(worker.agent));
            }
        }
        self.stirred.retain(|stir| matches!(stir, Stir::Agent(agent) if self.members.contains_key(agent)));
        orphans
    }

    /// A place behind everyone who came before.
    pub fn new_place(&mut self, now: UtcMs) -> Place {
        self.order += 1;
        Place { clock: now, order: self.order }
    }

    /// Puts a caller into a queue at a place. False when there is no such queue.
    pub fn join(&mut self, interaction: InteractionId, queue: QueueId, place: Place, now: UtcMs) -> bool {
        let Some(&at) = self.line_of.get(&queue) else { return false };
        self.leave(interaction);
        let line = &mut self.lines[at];
        line.due.insert(place, interaction);
        line.all.insert(place);
        line.joined.insert((now, interaction));
        self.waiters.insert(interaction, Waiter { line: at, place, joined: now, refusals: Vec::new() });
        self.stirred.insert(Stir::Line(at));
        true
    }

    /// The caller waits no longer: answered, gone, or sent elsewhere.
    pub fn leave(&mut self, interaction: InteractionId) {
        if let Some(waiter) = self.forget_waiter(interaction) {
            let line = &mut self.lines[waiter.line];
            line.due.remove(&waiter.place);
            line.all.remove(&waiter.place);
            line.joined.remove(&(waiter.joined, interaction));
        }
    }

    /// The offer came to nothing: the caller is due again at the place held all along.
    pub fn put_back(&mut self, interaction: InteractionId) {
        if let Some(waiter) = self.waiters.get(&interaction) {
            self.lines[waiter.line].due.insert(waiter.place, interaction);
            self.stirred.insert(Stir::Line(waiter.line));
        }
    }

    /// The agent declined this caller: others first (see [`REFUSAL_MS`], [`REFUSAL_ALONE_MS`]).
    pub fn refuse(&mut self, interaction: InteractionId, agent: UserId, now: UtcMs) {
        let Some(waiter) = self.waiters.get_mut(&interaction) else { return };
        let stale: Vec<Refusal> =
            waiter.refusals.iter().filter(|refusal| refusal.agent == agent).copied().collect();
        waiter.refusals.retain(|refusal| refusal.agent != agent);
        waiter.refusals.push(Refusal { agent, at: now });
        let forgotten = (waiter.refusals.len() > MAX_REFUSALS)
            .then(|| waiter.refusals.remove(0))
            .into_iter()
            .chain(stale);
        for refusal in forgotten {
            self.retries.remove(&(refusal.at + REFUSAL_ALONE_MS, interaction, refusal.agent));
            self.retries.remove(&(refusal.at + REFUSAL_MS, interaction, refusal.agent));
        }
        self.retries.insert((now + REFUSAL_ALONE_MS, interaction, agent));
        self.retries.insert((now + REFUSAL_MS, interaction, agent));
    }

    /// The agent can be offered a call; idle since `since`.
    pub fn free(&mut self, agent: UserId, since: UtcMs) {
        if let Some(member) = self.members.get_mut(&agent) {
            let free = &mut self.profiles[member.profile].free;
            if let Some(before) = member.free_since.replace(since) {
                free.remove(&(before, agent));
            }
            free.insert((since, agent));
            self.stirred.insert(Stir::Agent(agent));
        }
    }

    /// The agent cannot be offered a call.
    pub fn engaged(&mut self, agent: UserId) {
        if let Some(member) = self.members.get_mut(&agent)
            && let Some(since) = member.free_since.take()
        {
            self.profiles[member.profile].free.remove(&(since, agent));
        }
    }

    /// The agent is, or is not, ready in general, at work or not: decides whether somebody else could take a call.
    pub fn ready(&mut self, agent: UserId, ready: bool) {
        let Some(member) = self.members.get_mut(&agent) else { return };
        if std::mem::replace(&mut member.ready, ready) == ready {
            return;
        }
        let profile = &mut self.profiles[member.profile];
        if ready {
            profile.ready += 1;
        } else {
            profile.ready -= 1;
            // Whoever refused somebody may now be the only one left.
            self.stirred.extend(profile.lines.iter().map(|&at| Stir::Line(at)));
        }
    }

    /// The next pick that the changes since the last call allow. Call until `None`.
    pub fn decide(&mut self, now: UtcMs) -> Option<Match> {
        while let Some(&(at, interaction, _)) = self.retries.first()
            && at <= now
        {
            self.retries.pop_first();
            if let Some(waiter) = self.waiters.get(&interaction) {
                self.stirred.insert(Stir::Line(waiter.line));
            }
        }
        while let Some(stir) = self.stirred.first().copied() {
            let found = match stir {
                Stir::Agent(agent) => self.caller_for(agent, now).map(|caller| (caller, agent)),
                Stir::Line(at) => self.pair_in(at, now),
            };
            match found {
                Some((interaction, agent)) => return Some(self.reserve(interaction, agent)),
                None => self.stirred.remove(&stir),
            };
        }
        None
    }

    /// When to call [`Acd::decide`] again though nothing changes.
    pub fn next_retry(&self) -> Option<UtcMs> {
        self.retries.first().map(|(at, _, _)| *at)
    }

    fn reserve(&mut self, interaction: InteractionId, agent: UserId) -> Match {
        let waiter = &self.waiters[&interaction];
        let line = &mut self.lines[waiter.line];
        line.due.remove(&waiter.place);
        let queue = line.queue;
        self.engaged(agent);
        Match { interaction, queue, agent }
    }

    /// The regime of callers waiting: the agent is given, the earliest place of all the agent's lines is chosen.
    fn caller_for(&self, agent: UserId, now: UtcMs) -> Option<InteractionId> {
        let member = self.members.get(&agent)?;
        member.free_since?;
        self.profiles[member.profile]
            .lines
            .iter()
            .filter_map(|&at| {
                self.lines[at].due.iter().find(|(_, interaction)| !self.refused(**interaction, agent, now))
            })
            .min_by_key(|(place, _)| **place)
            .map(|(_, interaction)| *interaction)
    }

    /// The regime of agents to spare: the caller is given, the longest idle agent is chosen.
    fn pair_in(&self, at: usize, now: UtcMs) -> Option<(InteractionId, UserId)> {
        let line = &self.lines[at];
        let anyone_free = line.profiles.iter().any(|&profile| !self.profiles[profile].free.is_empty());
        if !anyone_free {
            return None;
        }
        line.due.values().find_map(|&interaction| {
            line.profiles
                .iter()
                .filter_map(|&profile| {
                    self.profiles[profile]
                        .free
                        .iter()
                        .find(|(_, agent)| !self.refused(interaction, *agent, now))
                })
                .min()
                .map(|(_, agent)| (interaction, *agent))
        })
    }

    fn refused(&self, interaction: InteractionId, agent: UserId, now: UtcMs) -> bool {
        let Some(waiter) = self.waiters.get(&interaction) else { return false };
        let Some(refusal) = waiter.refusals.iter().find(|refusal| refusal.agent == agent) else {
            return false;
        };
        now < refusal.at + REFUSAL_ALONE_MS
            || (now < refusal.at + REFUSAL_MS && self.others_ready(waiter.line, agent))
    }

    fn others_ready(&self, at: usize, agent: UserId) -> bool {
        let ready: usize = self.lines[at].profiles.iter().map(|&profile| self.profiles[profile].ready).sum();
        let own = self.members.get(&agent).is_some_and(|member| {
            member.ready && self.profiles[member.profile].lines.binary_search(&at).is_ok()
        });
        ready > usize::from(own)
    }

    fn forget_waiter(&mut self, interaction: InteractionId) -> Option<Waiter> {
        let waiter = self.waiters.remove(&interaction)?;
        for refusal in &waiter.refusals {
            self.retries.remove(&(refusal.at + REFUSAL_ALONE_MS, interaction, refusal.agent));
            self.retries.remove(&(refusal.at + REFUSAL_MS, interaction, refusal.agent));
        }
        Some(waiter)
    }

    // What screens and announcements ask.

    /// How many wait in a queue, those being offered too.
    pub fn waiting(&self, queue: QueueId) -> usize {
        self.line_of.get(&queue).map_or(0, |&at| self.lines[at].all.len())
    }

    /// When the one who waits longest in a queue joined it.
    pub fn longest_since(&self, queue: QueueId) -> Option<UtcMs> {
        self.lines[*self.line_of.get(&queue)?].joined.first().map(|(since, _)| *since)
    }

    /// The position in line, 1 for the head.
    pub fn position(&self, interaction: InteractionId) -> Option<usize> {
        let waiter = self.waiters.get(&interaction)?;
        Some(self.lines[waiter.line].position(waiter.place))
    }

    /// The position in line when it is `cap` or less; looks at `cap` places at most.
    pub fn position_up_to(&self, interaction: InteractionId, cap: usize) -> Option<usize> {
        let waiter = self.waiters.get(&interaction)?;
        self.lines[waiter.line].position_up_to(waiter.place, cap)
    }

    /// Since when the agent is idle, while the agent can be offered a call.
    pub fn free_since(&self, agent: UserId) -> Option<UtcMs> {
        self.members.get(&agent)?.free_since
    }

    /// Callers in all lines.
    pub fn waiting_in_all(&self) -> usize {
        self.waiters.len()
    }
}
