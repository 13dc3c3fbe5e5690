//! A new configuration while interactions wait: what did not change is moved, not made again.

use perezvon_model::{InteractionId, QueueId};
use std::collections::BTreeMap;

use crate::distributor::Acd;
use crate::fit::Fit;
use crate::free::Staff;
use crate::plan::{Setup, Standing, Worker};
use crate::rank::Rank;
use crate::ranks::Ranks;
use crate::stir::Stir;
use crate::waiting::{Lane, Look, Slot, State};

/// Where interactions of an old class go, and what is to be done with them.
#[derive(Clone, Copy)]
struct Move {
    class: usize,
    queue: usize,
    /// The line as a whole may be taken over.
    whole: bool,
    /// Ageing changed: their ranks are others.
    ranks: bool,
    /// Steps changed: their times are others.
    steps: bool,
}

impl Acd {
    pub(crate) fn take(&mut self, setups: &[Setup<'_>], workers: &[Worker<'_>]) -> Vec<InteractionId> {
        let mut workers: Vec<Worker<'_>> = workers.to_vec();
        workers.sort_unstable_by_key(|worker| worker.agent);
        workers.dedup_by_key(|worker| worker.agent);
        let orphans = self.orphans(setups);
        for interaction in &orphans {
            self.leave(*interaction);
        }
        let standings: Vec<Standing> =
            workers.iter().map(|worker| self.standing(worker.agent).unwrap_or_default()).collect();
        let before = std::mem::take(&mut self.fit);
        let (fit, profile_of) =
            Fit::new(setups, &workers, |queue| before.lends(queue), |worker| standings[worker]);
        self.fit = fit;
        self.take_agents(&workers, &profile_of, &standings);
        self.take_waiting(&before);
        self.chances.clear();
        let held = (0..self.staff.members.len()).filter(|&member| {
            let of = &self.staff.members[member];
            !of.standing.open.is_empty() && self.waiting.held_for(of.id).next().is_some()
        });
        let due = self.waiting.somebody.iter().flat_map(|classes| classes.iter());
        self.stirred.clear();
        self.stirred.extend(held.map(Stir::Again).chain(due.map(Stir::Class)));
        orphans
    }

    /// Who waits in a queue that is gone, in the order of their places.
    fn orphans(&self, setups: &[Setup<'_>]) -> Vec<InteractionId> {
        let stays: Vec<bool> =
            self.fit.queues.iter().map(|rule| setups.iter().any(|setup| setup.queue == rule.id)).collect();
        let mut orphans: Vec<_> = self
            .waiting
            .items()
            .filter(|(slot, _)| !stays[self.waiting.lane(*slot).queue as usize])
            .map(|(_, item)| (item.place(), item.interaction))
            .collect();
        orphans.sort_unstable();
        orphans.into_iter().map(|(_, interaction)| interaction).collect()
    }

    fn take_agents(&mut self, workers: &[Worker<'_>], profile_of: &[usize], standings: &[Standing]) {
        let before = std::mem::take(&mut self.staff);
        self.staff = Staff::new(self.fit.wanted().into_iter());
        self.staff.keep_turns_of(&before);
        for (at, worker) in workers.iter().enumerate() {
            let old = self.agent_at.get(&worker.agent).map(|&member| &before.members[member]);
            self.staff.add(worker.agent, profile_of[at], worker.weight, old);
            self.staff.set(at, standings[at]);
        }
        self.agent_at = workers.iter().enumerate().map(|(at, worker)| (worker.agent, at)).collect();
        let fit = &self.fit;
        self.last.retain(|queue, _| fit.queue_at.contains_key(queue));
    }

    fn take_waiting(&mut self, before: &Fit) {
        let moves = self.moves(before);
        let mut lines: BTreeMap<QueueId, _> =
            before.queues.iter().map(|rule| rule.id).zip(std::mem::take(&mut self.waiting.lines)).collect();
        self.waiting.lines =
            self.fit.queues.iter().map(|rule| lines.remove(&rule.id).unwrap_or_default()).collect();
        let lanes: Vec<Lane> = (0..self.fit.classes.len()).map(|class| self.lane_of(class)).collect();
        let due = self.waiting.begin_anew(lanes.into_iter());
        for (old, line) in due.into_iter().enumerate() {
            if let Some(to) = moves[old].filter(|to| to.whole) {
                self.waiting.take_line(to.class, line);
            }
        }
        for (queue, rule) in self.fit.queues.iter().enumerate() {
            if before
                .queue_at
                .get(&rule.id)
                .is_some_and(|&at| before.queues[at].ageing_per_min != rule.ageing_per_min)
            {
                self.waiting.lines[queue].all = Ranks::default();
            }
        }
        let slots: Vec<Slot> = self.waiting.items().map(|(slot, _)| slot).collect();
        let mut again = Vec::new();
        for slot in slots {
            let item = self.waiting.item_mut(slot);
            let old_class = item.class();
            let Some(to) = moves[old_class] else { continue };
            item.class = u32::try_from(to.class).expect("classes are few");
            if to.steps {
                if let Some((_, after_s)) = before.next_step(old_class) {
                    let (at, interaction) = (item.joined + i64::from(after_s) * 1_000, item.interaction);
                    self.waiting.look_no_more(at, interaction, Look::Widen);
                }
                self.look_for_step(slot);
            }
            let item = self.waiting.item_mut(slot);
            let state = item.state;
            if to.ranks {
                item.rank = Rank::new(item.points, self.fit.queues[to.queue].ageing_per_min, item.place());
                let rank = item.rank;
                self.waiting.lines[to.queue].all.insert(rank, ());
            }
            if state == State::Held || (!to.whole && state == State::Due) {
                again.push(slot);
            }
        }
        self.waiting.put_aside(&again);
        for slot in again {
            self.line_up(slot);
        }
    }

    /// The move of each old class in which somebody waits.
    fn moves(&mut self, before: &Fit) -> Vec<Option<Move>> {
        let mut used = vec![false; before.classes.len()];
        for (_, item) in self.waiting.items() {
            used[item.class()] = true;
        }
        let mut taken = std::collections::BTreeSet::new();
        (0..before.classes.len())
            .map(|class| {
                if !used[class] {
                    return None;
                }
                let of = &before.classes[class];
                let old = &before.queues[of.queue];
                let &queue = self.fit.queue_at.get(&old.id)?;
                let rule = &self.fit.queues[queue];
                let (ranks, steps) = (rule.ageing_per_min != old.ageing_per_min, rule.steps != old.steps);
                let (channel, last) = (rule.channel != old.channel, rule.steps.len());
                let first = self.fit.first_class(queue, before.own_needs(class));
                let class = first + of.step.min(last);
                // Two old classes may become one, and only one line can be taken whole.
                let whole = taken.insert(class) && !ranks && !channel;
                Some(Move { class, queue, whole, ranks, steps })
            })
            .collect()
    }
}
