//! Interactions that wait: where each stands, for whom it is held, and when to look at it again.

use perezvon_model::{Channel, InteractionId, UserId, UtcMs};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::BuildHasherDefault;

use crate::bits::Bits;
use crate::mix::IdHasher;
use crate::rank::{Place, Rank};
use crate::ranks::Ranks;

pub(crate) type Slot = u32;

/// One interaction that waits: one line of the processor's cache.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub interaction: InteractionId,
    pub rank: Rank,
    pub clock: UtcMs,
    pub joined: UtcMs,
    /// What few have: apart, so that the many are small.
    pub rare: Option<Box<Rare>>,
    /// Follows the steps of relaxing.
    pub class: u32,
    pub points: i16,
    pub state: State,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Rare {
    /// For whom it is to be held while that agent is signed in, and until when.
    pub preferred: Option<(UserId, UtcMs)>,
    /// For whom it is held.
    held_for: Option<UserId>,
    pub refusals: Vec<Refusal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// In the line of its class.
    Due,
    /// Waits for one agent alone.
    Held,
    /// Being offered.
    Reserved,
}

/// An agent who declined an interaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub agent: UserId,
    pub at: UtcMs,
}

/// Why to look at an interaction again though nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Look {
    /// Its next step of relaxing is due.
    Widen,
    /// Its preferred agent did not take it.
    Release,
    /// It may be offered again to somebody who declined it.
    Retry(UserId),
}

impl Rare {
    pub fn preferring(agent: UserId, until: UtcMs) -> Rare {
        Rare { preferred: Some((agent, until)), ..Rare::default() }
    }
}

impl Item {
    pub fn class(&self) -> usize {
        self.class as usize
    }

    pub fn preferred(&self) -> Option<(UserId, UtcMs)> {
        self.rare.as_ref()?.preferred
    }

    pub fn held_for(&self) -> Option<UserId> {
        self.rare.as_ref()?.held_for
    }

    pub fn refusals(&self) -> &[Refusal] {
        self.rare.as_ref().map_or(&[], |rare| &rare.refusals)
    }

    pub fn place(&self) -> Place {
        Place { clock: self.clock, order: self.rank.order() }
    }
}

/// What all of a class have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane {
    pub queue: u32,
    pub ageing_per_min: u32,
    pub channel: Channel,
}

/// The first of a class, and what its turn is worked out from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub rank: Rank,
    pub ageing_per_min: u32,
    pub slot: Slot,
}

impl Head {
    /// Of a class in which nobody is due.
    const NOBODY: Head = Head { rank: Rank::LAST, ageing_per_min: 0, slot: Slot::MAX };

    fn is_somebody(&self) -> bool {
        self.slot != Slot::MAX
    }
}

/// One queue, all its classes together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    /// All who wait, being offered or held too.
    pub all: Ranks<Rank, ()>,
    /// Who joined when: slot and use of the slot. Some have left since.
    joined: VecDeque<(UtcMs, Slot, u32)>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    items: Vec<Option<Item>>,
    /// How often each slot was used: tells who is in it from who was.
    uses: Vec<u32>,
    vacant: Vec<Slot>,
    at: HashMap<InteractionId, Slot, BuildHasherDefault<IdHasher>>,
    pub lanes: Vec<Lane>,
    /// Who is due in each class, in order.
    pub due: Vec<Ranks<Rank, Slot>>,
    /// The first in line of each class, side by side: most decisions look no further.
    pub heads: Vec<Head>,
    /// Classes with somebody due, by channel.
    pub somebody: [Bits; Channel::ALL.len()],
    /// Who is held for each agent, by queue and in order.
    held: BTreeMap<UserId, BTreeMap<u32, Ranks<Rank, Slot>>>,
    pub lines: Vec<Line>,
    looks: BTreeSet<(UtcMs, InteractionId, Look)>,
    /// How many are due or held.
    unserved: usize,
    order: u64,
}

impl Waiting {
    /// A place behind everyone who came before.
    pub fn new_place(&mut self, now: UtcMs) -> Place {
        self.order += 1;
        Place { clock: now, order: self.order }
    }

    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// How many are due or held: all but those being offered.
    pub fn unserved(&self) -> usize {
        self.unserved
    }

    pub fn slot(&self, interaction: InteractionId) -> Option<Slot> {
        self.at.get(&interaction).copied()
    }

    pub fn item(&self, slot: Slot) -> &Item {
        self.items[slot as usize].as_ref().expect("a slot in use has its item")
    }

    pub fn item_mut(&mut self, slot: Slot) -> &mut Item {
        self.items[slot as usize].as_mut().expect("a slot in use has its item")
    }

    pub fn lane(&self, slot: Slot) -> Lane {
        self.lanes[self.item(slot).class()]
    }

    /// All who wait, in no order.
    pub fn items(&self) -> impl Iterator<Item = (Slot, &Item)> {
        (0..).zip(&self.items).filter_map(|(slot, item)| Some((slot, item.as_ref()?)))
    }

    /// Takes the classes that have appeared.
    pub fn add_lanes(&mut self, lanes: impl Iterator<Item = Lane>) {
        self.lanes.extend(lanes);
        self.due.resize_with(self.lanes.len(), Ranks::default);
        self.heads.resize(self.lanes.len(), Head::NOBODY);
    }

    /// Puts an interaction in, reserved for the moment.
    pub fn add(&mut self, item: Item) -> Slot {
        let (interaction, rank, joined) = (item.interaction, item.rank, item.joined);
        let queue = self.lanes[item.class()].queue as usize;
        let slot = match self.vacant.pop() {
            Some(slot) => {
                self.items[slot as usize] = Some(item);
                self.uses[slot as usize] = self.uses[slot as usize].wrapping_add(1);
                slot
            }
            None => {
                self.items.push(Some(item));
                self.uses.push(0);
                Slot::try_from(self.items.len() - 1).expect("fewer than 2^32 wait")
            }
        };
        self.at.insert(interaction, slot);
        let line = &mut self.lines[queue];
        line.all.insert(rank, ());
        line.joined.push_back((joined, slot, self.uses[slot as usize]));
        if line.joined.len() > 2 * line.all.len() + 16 {
            let uses = &self.uses;
            line.joined.retain(|(_, slot, use_of)| uses[*slot as usize] == *use_of);
        }
        slot
    }

    pub fn remove(&mut self, slot: Slot) -> Option<Item> {
        self.reserve(slot);
        let item = self.items[slot as usize].take()?;
        self.at.remove(&item.interaction);
        // From now on the slot is not what it was, whoever comes next.
        self.uses[slot as usize] = self.uses[slot as usize].wrapping_add(1);
        self.vacant.push(slot);
        let line = &mut self.lines[self.lanes[item.class()].queue as usize];
        line.all.remove(item.rank);
        while line.joined.front().is_some_and(|(_, slot, use_of)| self.uses[*slot as usize] != *use_of) {
            line.joined.pop_front();
        }
        Some(item)
    }

    /// When the one who waits longest in a queue joined it.
    pub fn longest_since(&self, queue: usize) -> Option<UtcMs> {
        self.lines[queue].joined.front().map(|(since, _, _)| *since)
    }

    /// Takes it out of the line, or out of the hold; it keeps its place.
    pub fn reserve(&mut self, slot: Slot) {
        let &Item { class, rank, state, .. } = self.item(slot);
        match state {
            State::Due => self.take_due(class as usize, rank),
            State::Held => self.take_held(slot, self.lanes[class as usize].queue, rank),
            State::Reserved => return,
        }
        self.unserved -= 1;
        self.item_mut(slot).state = State::Reserved;
    }

    /// Puts it into the line of its class.
    pub fn make_due(&mut self, slot: Slot) {
        self.reserve(slot);
        let item = self.item_mut(slot);
        item.state = State::Due;
        let (class, rank) = (item.class(), item.rank);
        self.unserved += 1;
        self.put_due(class, rank, slot);
    }

    /// Holds it for one agent.
    pub fn hold(&mut self, slot: Slot, agent: UserId) {
        self.reserve(slot);
        let queue = self.lane(slot).queue;
        let item = self.item_mut(slot);
        item.state = State::Held;
        item.rare.get_or_insert_default().held_for = Some(agent);
        let rank = item.rank;
        self.unserved += 1;
        self.held.entry(agent).or_default().entry(queue).or_default().insert(rank, slot);
    }

    fn take_held(&mut self, slot: Slot, queue: u32, rank: Rank) {
        let agent = self.item_mut(slot).rare.as_mut().and_then(|rare| rare.held_for.take());
        let agent = agent.expect("who is held is held for somebody");
        if let Some(queues) = self.held.get_mut(&agent) {
            if let Some(held) = queues.get_mut(&queue) {
                held.remove(rank);
                if held.is_empty() {
                    queues.remove(&queue);
                }
            }
            if queues.is_empty() {
                self.held.remove(&agent);
            }
        }
    }

    /// Who is held for the agent, by queue and in order.
    pub fn held_for(&self, agent: UserId) -> impl Iterator<Item = &Ranks<Rank, Slot>> {
        self.held.get(&agent).into_iter().flat_map(BTreeMap::values)
    }

    /// Everybody who is held, and for whom.
    pub fn held_by_agent(&self) -> impl Iterator<Item = (UserId, Slot)> {
        let lines = self.held.iter().flat_map(|(agent, queues)| queues.values().map(|held| (*agent, held)));
        lines.flat_map(|(agent, held)| held.iter().map(move |(_, slot)| (agent, slot)))
    }

    /// Queues in which somebody is held for anybody else.
    pub fn held_for_others(&self, agent: UserId) -> impl Iterator<Item = usize> {
        let others = self.held.iter().filter(move |(of, _)| **of != agent);
        others.flat_map(|(_, queues)| queues.keys().map(|queue| *queue as usize))
    }

    /// Moves it to another class of its queue, in line or not.
    pub fn move_to(&mut self, slot: Slot, class: u32) {
        let &Item { class: before, rank, state, .. } = self.item(slot);
        self.item_mut(slot).class = class;
        if state == State::Due {
            self.take_due(before as usize, rank);
            self.put_due(class as usize, rank, slot);
        }
    }

    /// The first in line of a class.
    pub fn head(&self, class: usize) -> Option<Head> {
        Some(self.heads[class]).filter(Head::is_somebody)
    }

    fn head_of(&self, class: usize, rank: Rank, slot: Slot) -> Head {
        Head { rank, ageing_per_min: self.lanes[class].ageing_per_min, slot }
    }

    fn first_of(&self, class: usize, line: &Ranks<Rank, Slot>) -> Head {
        line.first().map_or(Head::NOBODY, |(rank, slot)| self.head_of(class, rank, slot))
    }

    fn put_due(&mut self, class: usize, rank: Rank, slot: Slot) {
        self.due[class].insert(rank, slot);
        if rank < self.heads[class].rank {
            self.heads[class] = self.head_of(class, rank, slot);
            self.somebody[self.lanes[class].channel.index()].insert(class);
        }
    }

    fn take_due(&mut self, class: usize, rank: Rank) {
        self.due[class].remove(rank);
        if self.heads[class].rank == rank {
            self.heads[class] = self.first_of(class, &self.due[class]);
            if !self.heads[class].is_somebody() {
                self.somebody[self.lanes[class].channel.index()].remove(class);
            }
        }
    }

    pub fn look_at(&mut self, at: UtcMs, interaction: InteractionId, look: Look) {
        self.looks.insert((at, interaction, look));
    }

    pub fn look_no_more(&mut self, at: UtcMs, interaction: InteractionId, look: Look) {
        self.looks.remove(&(at, interaction, look));
    }

    /// The next look that is due, once.
    pub fn pop_look(&mut self, now: UtcMs) -> Option<(InteractionId, Look)> {
        let &(at, interaction, look) = self.looks.first()?;
        if at > now {
            return None;
        }
        self.looks.pop_first();
        Some((interaction, look))
    }

    pub fn next_look(&self) -> Option<UtcMs> {
        self.looks.first().map(|(at, _, _)| *at)
    }
}

/// How lines are moved when the configuration changes.
impl Waiting {
    /// Takes the old lines of classes and the classes of the new configuration, none of them with a line yet.
    pub fn begin_anew(&mut self, lanes: impl Iterator<Item = Lane>) -> Vec<Ranks<Rank, Slot>> {
        let due = std::mem::take(&mut self.due);
        self.heads.clear();
        self.somebody = Default::default();
        self.lanes.clear();
        self.add_lanes(lanes);
        due
    }

    /// Takes over the whole line of a class; the class must be empty.
    pub fn take_line(&mut self, class: usize, line: Ranks<Rank, Slot>) {
        self.heads[class] = self.first_of(class, &line);
        self.somebody[self.lanes[class].channel.index()].set(class, !line.is_empty());
        self.due[class] = line;
    }

    /// Nobody is held any more, and those who were not moved with a line are put aside, to be lined up again.
    pub fn put_aside(&mut self, slots: &[Slot]) {
        self.held.clear();
        for &slot in slots {
            let item = self.item_mut(slot);
            item.state = State::Reserved;
            if let Some(rare) = &mut item.rare {
                rare.held_for = None;
            }
            self.unserved -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interaction_that_waits_takes_one_line_of_the_cache() {
        assert_eq!(size_of::<Option<Item>>(), 64);
    }
}
