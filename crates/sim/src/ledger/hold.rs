//! For whom a caller is held, by `docs/routing.md`: the agent whom the flow names, the customer's own, the one of the last
//! conversation; the first of them who is signed in, for so long, and anew whenever the caller is lined up again.

use perezvon_engine::Audit;
use perezvon_flow::graph::{Flow, Node};
use perezvon_model::config::FlowSource;
use perezvon_model::{InteractionId, QueueId, UserId, UtcMs};
use std::collections::BTreeMap;

use super::{Ledger, Stay, Who};

const DAY_MS: i64 = 86_400_000;

/// Whether somebody in line is held for the preferred agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    No,
    Yes,
    /// The configuration changed meanwhile: who was in which line decides.
    Unknown,
}

/// For whom the nodes of a flow hold a caller, and for how many milliseconds.
pub(super) fn named_by(source: &FlowSource) -> BTreeMap<String, (UserId, i64)> {
    let Ok(flow) = Flow::read(&source.json) else { return BTreeMap::new() };
    let named = flow.nodes.iter().filter_map(|(node, of)| match of {
        Node::Queue(queue) => {
            let agent = queue.agent.as_ref()?.parse().ok()?;
            Some((node.clone(), (agent, i64::from(queue.agent_s) * 1_000)))
        }
        Node::Play(_)
        | Node::Menu(_)
        | Node::Collect(_)
        | Node::Hours(_)
        | Node::Language(_)
        | Node::Transfer(_)
        | Node::HangUp(_) => None,
    });
    named.collect()
}

impl Ledger {
    /// For whom an interaction that is lined up in a queue now is to be held.
    pub(super) fn preference(&self, interaction: InteractionId, queue: QueueId) -> Option<(UserId, UtcMs)> {
        let item = self.items.get(&interaction)?;
        let rule = self.queue(queue)?.routing.preferred;
        let card = item.card.as_deref();
        let owner = card.and_then(|card| card.owner).map(|owner| (owner, i64::from(rule.owner_s) * 1_000));
        let last = card.and_then(|card| card.last_agent);
        let lately = |at: UtcMs| self.now.0 - at.0 <= i64::from(rule.last_days) * DAY_MS;
        let last =
            last.filter(|last| lately(last.at)).map(|last| (last.agent, i64::from(rule.last_s) * 1_000));
        let named = item.named.filter(|_| item.promise.is_none());
        let found = [named, owner, last].into_iter().flatten();
        let mut found = found.filter(|(agent, ms)| *ms > 0 && self.is_signed_in(*agent));
        found.next().map(|(agent, ms)| (agent, self.now + ms))
    }

    /// The card has come while the caller waits on the line and rings nowhere.
    pub(super) fn prefer_by_card(&mut self, interaction: InteractionId, audit: Audit<'_>) {
        let Some(item) = self.items.get(&interaction) else { return };
        let Some(stay) = item.stay.filter(|stay| stay.who == Who::OnTheLine && item.named.is_none()) else {
            return;
        };
        let rings = !item.offers.is_empty() || !item.routed.is_empty();
        let Some(preferred) = self.preference(interaction, stay.queue).filter(|_| !rings) else { return };
        if let Some(stay) = self.stay_mut(interaction) {
            stay.preferred = Some(preferred);
        }
        self.line_up(interaction, audit);
    }

    fn stay_mut(&mut self, interaction: InteractionId) -> Option<&mut Stay> {
        self.items.get_mut(&interaction)?.stay.as_mut()
    }

    /// In line, or held.
    pub(super) fn line_up(&mut self, interaction: InteractionId, audit: Audit<'_>) {
        let Some(stay) = self.items.get(&interaction).and_then(|item| item.stay) else { return };
        let held = stay.preferred.is_some_and(|(agent, until)| {
            self.now < until && self.is_signed_in(agent) && self.could_serve(&stay, agent, audit)
        });
        let now = self.now;
        if let Some(stay) = self.stay_mut(interaction) {
            stay.held = match held {
                // At the moment of a step of relaxing either may have come first.
                true if stay.stepped_at == Some(now) => Held::Unknown,
                true => Held::Yes,
                false => Held::No,
            };
        }
    }

    /// Whom the stay waits for alone at this moment, as far as the rules tell.
    pub fn held_for(&self, stay: &Stay, audit: Audit<'_>) -> Option<UserId> {
        let (agent, until) = stay.preferred.filter(|_| stay.held != Held::No)?;
        let may = self.now < until && self.is_signed_in(agent) && self.could_serve(stay, agent, audit);
        may.then_some(agent)
    }

    /// Whether it is kept from this agent, being held for another.
    pub fn kept_from(&self, stay: &Stay, agent: UserId, audit: Audit<'_>) -> bool {
        self.held_for(stay, audit).is_some_and(|held_for| held_for != agent)
    }

    /// Times that are over.
    pub(super) fn release_holds(&mut self) {
        let now = self.now;
        self.holds(|stay| {
            if stay.preferred.is_some_and(|(_, until)| until <= now) {
                (stay.preferred, stay.held) = (None, Held::No);
            }
        });
    }

    /// The agent signed out: nobody is held for them any more, though the agent may come back in time.
    pub(super) fn signs_out(&mut self, agent: UserId) {
        self.holds(|stay| {
            if stay.preferred.is_some_and(|(of, _)| of == agent) {
                stay.held = Held::No;
            }
        });
    }

    /// The agent let it go by: it is not theirs alone any more.
    pub(super) fn prefers_no_more(&mut self, interaction: InteractionId, agent: UserId) {
        if let Some(stay) = self.stay_mut(interaction)
            && stay.preferred.is_some_and(|(of, _)| of == agent)
        {
            (stay.preferred, stay.held) = (None, Held::No);
        }
    }

    pub(super) fn holds_unknown(&mut self) {
        self.holds(|stay| {
            if stay.preferred.is_some() {
                stay.held = Held::Unknown;
            }
        });
    }

    /// Who is held for an agent who cannot serve any more is in line, and stays there.
    pub(super) fn release_from_unable(&mut self, audit: Audit<'_>) {
        let held = |stay: &Stay| stay.held == Held::Yes && self.held_for(stay, audit).is_none();
        let stays = self.in_queue.iter().filter_map(|id| Some((*id, self.items.get(id)?.stay?)));
        let released: Vec<InteractionId> = stays.filter(|(_, stay)| held(stay)).map(|(id, _)| id).collect();
        for id in released {
            if let Some(stay) = self.stay_mut(id) {
                stay.held = Held::No;
            }
        }
    }

    fn holds(&mut self, mut change: impl FnMut(&mut Stay)) {
        for id in &self.in_queue {
            if let Some(stay) = self.items.get_mut(id).and_then(|item| item.stay.as_mut()) {
                change(stay);
            }
        }
    }
}
