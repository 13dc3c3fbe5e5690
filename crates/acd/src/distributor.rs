//! Interactions in line on one side, free agents on the other, and the picks between them.

use perezvon_model::channel::Channels;
use perezvon_model::config::SkillLevel;
use perezvon_model::{InteractionId, QueueId, UserId, UtcMs};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasherDefault;

use crate::fit::Fit;
use crate::free::Staff;
use crate::mix::{IdHasher, Lots};
use crate::pick::Candidate;
use crate::plan::{Ask, MAX_POINTS, Setup, Standing, Worker};
use crate::rank::{Place, Rank};
use crate::stir::{Stir, Stirred};
use crate::waiting::{Item, Lane, Look, Rare, Refusal, Slot, State, Waiting};
use crate::{MAX_REFUSALS, REFUSAL_ALONE_MS, REFUSAL_MS};

/// All queues and agents of one tenant.
#[derive(Clone, Debug)]
pub struct Acd {
    /// Of the configuration.
    pub(crate) version: i64,
    pub(crate) fit: Fit,
    pub(crate) staff: Staff,
    pub(crate) agent_at: HashMap<UserId, usize, BuildHasherDefault<IdHasher>>,
    pub(crate) waiting: Waiting,
    /// Whom each queue offered last.
    pub(crate) last: BTreeMap<QueueId, UserId>,
    /// How many waiting interactions an agent has declined, where it is not none.
    pub(crate) decliners: BTreeMap<UserId, usize>,
    pub(crate) stirred: Stirred,
    /// What is possible, the first in turn first; empty once everything is decided.
    pub(crate) chances: BTreeSet<(Candidate, Stir)>,
    pub(crate) lots: Lots,
}

impl Default for Acd {
    fn default() -> Self {
        Acd::new(0)
    }
}

impl Acd {
    /// Nothing and nobody; lots are drawn from `seed`.
    pub fn new(seed: u64) -> Acd {
        Acd {
            version: 0,
            fit: Fit::default(),
            staff: Staff::default(),
            agent_at: HashMap::default(),
            waiting: Waiting::default(),
            last: BTreeMap::new(),
            decliners: BTreeMap::new(),
            stirred: Stirred::default(),
            chances: BTreeSet::new(),
            lots: Lots::new(seed),
        }
    }

    /// Takes a new set of queues and agents. Interactions, agents and their clocks stay; interactions whose queue is
    /// gone leave and are returned in the order of their places. Looks at everything.
    pub fn configure(
        &mut self,
        version: i64,
        queues: &[Setup<'_>],
        workers: &[Worker<'_>],
    ) -> Vec<InteractionId> {
        self.version = version;
        self.take(queues, workers)
    }

    /// A place behind everyone who came before.
    pub fn new_place(&mut self, now: UtcMs) -> Place {
        self.waiting.new_place(now)
    }

    /// Puts an interaction into a queue at a place. False when there is no such queue.
    pub fn join(&mut self, interaction: InteractionId, ask: Ask<'_>, place: Place, now: UtcMs) -> bool {
        let Some(&queue) = self.fit.queue_at.get(&ask.queue) else { return false };
        self.leave(interaction);
        let class = self.fit.first_class(queue, ask.needs);
        self.make_room();
        let points = ask.points.clamp(-MAX_POINTS, MAX_POINTS);
        let preferred = ask.preferred.filter(|(_, until)| *until > now);
        let slot = self.waiting.add(Item {
            interaction,
            rank: Rank::new(points, self.fit.queues[queue].ageing_per_min, place),
            clock: place.clock,
            joined: now,
            rare: preferred.map(|(agent, until)| Box::new(Rare::preferring(agent, until))),
            class: u32::try_from(class).expect("classes are few"),
            points,
            state: State::Reserved,
        });
        if let Some((_, until)) = preferred {
            self.waiting.look_at(until, interaction, Look::Release);
        }
        self.look_for_step(slot);
        self.line_up(slot);
        true
    }

    /// From now on it is for this agent alone until then, while the agent is signed in. Nothing while it is offered.
    pub fn prefer(&mut self, interaction: InteractionId, agent: UserId, until: UtcMs) {
        let Some(slot) = self.waiting.slot(interaction) else { return };
        if self.waiting.item(slot).state == State::Reserved {
            return;
        }
        self.prefers_nobody(slot);
        self.waiting.item_mut(slot).rare.get_or_insert_default().preferred = Some((agent, until));
        self.waiting.look_at(until, interaction, Look::Release);
        self.line_up(slot);
    }

    /// The interaction waits no longer: answered, gone, or sent elsewhere.
    pub fn leave(&mut self, interaction: InteractionId) {
        if let Some(slot) = self.waiting.slot(interaction) {
            self.look_no_more(slot);
            self.waiting.remove(slot);
        }
    }

    /// The offer came to nothing: the interaction is due again at the place held all along.
    pub fn put_back(&mut self, interaction: InteractionId) {
        if let Some(slot) = self.waiting.slot(interaction) {
            self.line_up(slot);
        }
    }

    /// The agent declined this interaction: others first (see [`REFUSAL_MS`], [`REFUSAL_ALONE_MS`]).
    pub fn refuse(&mut self, interaction: InteractionId, agent: UserId, now: UtcMs) {
        let Some(slot) = self.waiting.slot(interaction) else { return };
        if self.waiting.item(slot).preferred().is_some_and(|(preferred, _)| preferred == agent) {
            self.prefers_nobody(slot);
            if self.waiting.item(slot).state == State::Held {
                self.line_up(slot);
            }
        }
        let rare = self.waiting.item_mut(slot).rare.get_or_insert_default();
        let stale = rare.refusals.iter().position(|refusal| refusal.agent == agent);
        let oldest = (rare.refusals.len() >= MAX_REFUSALS).then_some(0);
        let gone = stale.or(oldest).map(|at| rare.refusals.remove(at));
        rare.refusals.push(Refusal { agent, at: now });
        *self.decliners.entry(agent).or_default() += 1;
        if let Some(gone) = gone {
            self.forget_refusal(interaction, gone);
        }
        for after_ms in [REFUSAL_ALONE_MS, REFUSAL_MS] {
            self.waiting.look_at(now + after_ms, interaction, Look::Retry(agent));
        }
    }

    /// Takes what an agent is and does now; telling the same twice does no harm.
    pub fn set(&mut self, agent: UserId, standing: Standing) {
        let Some(&member) = self.agent_at.get(&agent) else { return };
        let of = &self.staff.members[member];
        let (profile, before) = (of.profile, of.standing);
        self.staff.set(member, standing);
        if standing.ready != before.ready {
            self.fit.ready(profile, standing.ready);
            if !standing.ready {
                // Whoever declined something may now be the only one left for it.
                self.stirred.extend(self.fit.profiles[profile].serves.iter().map(Stir::Class));
            }
        }
        if standing.signed_in != before.signed_in {
            let others = self.fit.signed(profile, standing.signed_in);
            self.stirred.extend(others.into_iter().map(Stir::Class));
            if !standing.signed_in {
                let held: Vec<Slot> =
                    self.waiting.held_for(agent).flat_map(|held| held.iter().map(|(_, slot)| slot)).collect();
                for slot in held {
                    self.line_up(slot);
                }
            }
            self.release_from_unable();
        }
        let opened = !standing.open.without(before.open).is_empty();
        if opened || (!standing.open.is_empty() && standing.idle_since != before.idle_since) {
            self.stirred.insert(Stir::Agent(member));
        }
    }

    /// Whether a queue lends its agents to others whose steps name it. A queue lends until told otherwise.
    pub fn lend(&mut self, queue: QueueId, lends: bool) {
        if self.fit.lends(queue) == lends {
            return;
        }
        // Whoever declined something may now be the only one left for it.
        let others = self.fit.set_lends(queue, lends);
        self.stirred.extend(others.into_iter().map(Stir::Class));
        self.release_from_unable();
    }

    /// Those who are held for an agent who cannot serve them any more are in line again.
    fn release_from_unable(&mut self) {
        let is_unable = |agent: UserId, slot: Slot| {
            let profile = self.agent_at.get(&agent).map(|&member| self.staff.members[member].profile);
            let class = self.waiting.item(slot).class();
            !profile.is_some_and(|profile| self.fit.classes[class].serves.contains(profile))
        };
        let held = self.waiting.held_by_agent();
        let unable: Vec<Slot> =
            held.filter(|(agent, slot)| is_unable(*agent, *slot)).map(|(_, slot)| slot).collect();
        for slot in unable {
            self.line_up(slot);
        }
    }

    /// Into the line of its class, or held for its preferred agent.
    pub(crate) fn line_up(&mut self, slot: Slot) {
        let item = self.waiting.item(slot);
        let preferred = item.preferred().and_then(|(agent, _)| self.agent_at.get(&agent).copied());
        let hold = preferred.filter(|&member| {
            let of = &self.staff.members[member];
            of.standing.signed_in && self.fit.classes[item.class()].serves.contains(of.profile)
        });
        match hold {
            Some(member) => {
                self.waiting.hold(slot, self.staff.members[member].id);
                self.stirred.insert(Stir::Again(member));
            }
            None => {
                let class = item.class();
                self.waiting.make_due(slot);
                self.stirred.insert(Stir::Class(class));
            }
        }
    }

    /// Meets what time alone brings: steps of relaxing, holds that end, second chances for those who declined.
    /// [`Acd::decide`] does so itself.
    pub fn look(&mut self, now: UtcMs) {
        while let Some((interaction, look)) = self.waiting.pop_look(now) {
            let Some(slot) = self.waiting.slot(interaction) else { continue };
            match look {
                Look::Widen => {
                    if let Some((class, _)) = self.fit.next_step(self.waiting.item(slot).class()) {
                        self.waiting.move_to(slot, u32::try_from(class).expect("classes are few"));
                        self.stirred.insert(Stir::Class(class));
                        self.look_for_step(slot);
                    }
                }
                Look::Release => {
                    if let Some(rare) = &mut self.waiting.item_mut(slot).rare {
                        rare.preferred = None;
                    }
                    if self.waiting.item(slot).state == State::Held {
                        self.line_up(slot);
                    }
                }
                Look::Retry(agent) => {
                    let item = self.waiting.item(slot);
                    self.stirred.insert(Stir::Class(item.class()));
                    if item.state == State::Held
                        && let Some(&member) = self.agent_at.get(&agent)
                    {
                        self.stirred.insert(Stir::Again(member));
                    }
                }
            }
        }
    }

    pub(crate) fn look_for_step(&mut self, slot: Slot) {
        if let Some((at, interaction)) = self.next_step_of(slot) {
            self.waiting.look_at(at, interaction, Look::Widen);
        }
    }

    pub(crate) fn next_step_of(&self, slot: Slot) -> Option<(UtcMs, InteractionId)> {
        let item = self.waiting.item(slot);
        let (_, after_s) = self.fit.next_step(item.class())?;
        Some((item.joined + i64::from(after_s) * 1_000, item.interaction))
    }

    fn look_no_more(&mut self, slot: Slot) {
        if let Some((at, interaction)) = self.next_step_of(slot) {
            self.waiting.look_no_more(at, interaction, Look::Widen);
        }
        self.prefers_nobody(slot);
        let item = self.waiting.item_mut(slot);
        let interaction = item.interaction;
        let refusals = item.rare.as_mut().map(|rare| std::mem::take(&mut rare.refusals)).unwrap_or_default();
        for refusal in refusals {
            self.forget_refusal(interaction, refusal);
        }
    }

    fn prefers_nobody(&mut self, slot: Slot) {
        let item = self.waiting.item_mut(slot);
        let interaction = item.interaction;
        if let Some((_, until)) = item.rare.as_mut().and_then(|rare| rare.preferred.take()) {
            self.waiting.look_no_more(until, interaction, Look::Release);
        }
    }

    fn forget_refusal(&mut self, interaction: InteractionId, refusal: Refusal) {
        for after_ms in [REFUSAL_ALONE_MS, REFUSAL_MS] {
            self.waiting.look_no_more(refusal.at + after_ms, interaction, Look::Retry(refusal.agent));
        }
        if let Some(count) = self.decliners.get_mut(&refusal.agent) {
            *count -= 1;
            if *count == 0 {
                self.decliners.remove(&refusal.agent);
            }
        }
    }

    fn make_room(&mut self) {
        let known = self.waiting.lanes.len();
        if known < self.fit.classes.len() {
            let new: Vec<Lane> = (known..self.fit.classes.len()).map(|class| self.lane_of(class)).collect();
            self.waiting.add_lanes(new.into_iter());
        }
    }

    pub(crate) fn lane_of(&self, class: usize) -> Lane {
        let queue = self.fit.classes[class].queue;
        let rule = &self.fit.queues[queue];
        Lane {
            queue: u32::try_from(queue).expect("queues are few"),
            ageing_per_min: rule.ageing_per_min,
            channel: rule.channel,
        }
    }

    /// When to call [`Acd::decide`] again though nothing changes.
    pub fn next_look(&self) -> Option<UtcMs> {
        self.waiting.next_look()
    }

    // What screens and announcements ask.

    /// How many wait in a queue, those being offered too.
    pub fn waiting(&self, queue: QueueId) -> usize {
        self.fit.queue_at.get(&queue).map_or(0, |&at| self.waiting.lines[at].all.len())
    }

    /// When the one who waits longest in a queue joined it.
    pub fn longest_since(&self, queue: QueueId) -> Option<UtcMs> {
        let &at = self.fit.queue_at.get(&queue)?;
        self.waiting.longest_since(at)
    }

    /// The position in its queue, 1 for the head.
    pub fn position(&self, interaction: InteractionId) -> Option<usize> {
        let slot = self.waiting.slot(interaction)?;
        let line = &self.waiting.lines[self.waiting.lane(slot).queue as usize];
        Some(line.all.before(self.waiting.item(slot).rank) + 1)
    }

    /// What the agent was last told to be and do.
    pub fn standing(&self, agent: UserId) -> Option<Standing> {
        Some(self.staff.members[*self.agent_at.get(&agent)?].standing)
    }

    /// Whether the agent can be offered something of a channel.
    pub fn is_open(&self, agent: UserId, channels: Channels) -> bool {
        self.standing(agent).is_some_and(|standing| channels.without(standing.open).is_empty())
    }

    /// Interactions in all queues.
    pub fn waiting_in_all(&self) -> usize {
        self.waiting.len()
    }

    /// What an interaction needs at the step in force; `None` when it does not wait.
    pub fn needs(&self, interaction: InteractionId) -> Option<&[SkillLevel]> {
        let item = self.waiting.item(self.waiting.slot(interaction)?);
        let class = &self.fit.classes[item.class()];
        let in_force = item.class() + class.in_force - class.step;
        Some(&self.fit.classes[in_force].needs)
    }
}
