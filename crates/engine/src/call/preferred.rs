//! For whom a caller is held first: the agent whom the flow names, the customer's own, the one of the last conversation.

use perezvon_model::config::Preferred;
use perezvon_model::customer::CustomerCard;
use perezvon_model::{InteractionId, QueueId, UserId, UtcMs};
use std::sync::Arc;

use crate::tenant::Tenant;

const DAY_MS: i64 = 86_400_000;

impl Tenant {
    /// The first of them who is signed in, and until when.
    pub(crate) fn preferred(
        &self,
        interaction: InteractionId,
        queue: QueueId,
        named: Option<(UserId, i64)>,
    ) -> Option<(UserId, UtcMs)> {
        let rule = self.settings.as_ref().and_then(|settings| settings.queue(queue));
        let Preferred { owner_s, last_s, last_days } =
            rule.map(|queue| queue.routing.preferred).unwrap_or_default();
        let card = self.card_of(interaction);
        let owner = card.and_then(|card| card.owner).map(|owner| (owner, i64::from(owner_s) * 1_000));
        let last = card.and_then(|card| card.last_agent);
        let last = last.filter(|last| self.now.since_ms(last.at) <= i64::from(last_days) * DAY_MS);
        let last = last.map(|last| (last.agent, i64::from(last_s) * 1_000));
        let is_there = |agent: &UserId| self.acd.standing(*agent).is_some_and(|of| of.signed_in);
        let found = [named, owner, last].into_iter().flatten();
        found
            .filter(|(agent, hold_ms)| *hold_ms > 0 && is_there(agent))
            .map(|(agent, hold_ms)| (agent, self.now + hold_ms))
            .next()
    }

    fn card_of(&self, interaction: InteractionId) -> Option<&Arc<CustomerCard>> {
        let item = || self.items.get(&interaction).and_then(|item| item.card.as_ref());
        self.calls.get(&interaction).and_then(|call| call.card.as_ref()).or_else(item)
    }

    /// The card came after the caller began to wait.
    pub(crate) fn prefer_by_card(&mut self, interaction: InteractionId) {
        let Some(stay) = self.stay(interaction).filter(|stay| stay.terms.agent.is_none()) else { return };
        if let Some((agent, until)) = self.preferred(interaction, stay.queue, None) {
            self.acd.prefer(interaction, agent, until);
        }
    }
}
