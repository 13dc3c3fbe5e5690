//! An agent passes the customer on: to a queue, or to another agent.

use perezvon_model::channel::Channels;
use perezvon_model::engine::CommandRefused;
use perezvon_model::journal::Event;
use perezvon_model::{Channel, InteractionId, QueueId, UserId};

use crate::call::{LegEnd, Origin, Stage};
use crate::tenant::Tenant;

impl Tenant {
    /// The customer keeps clock and place; the agent goes to wrap-up.
    pub(crate) fn transfer_to_queue(
        &mut self,
        by: UserId,
        interaction: InteractionId,
        queue: QueueId,
    ) -> Result<(), CommandRefused> {
        self.talk_of(by, interaction)?;
        let settings = self.settings.as_ref();
        let of = settings.and_then(|settings| settings.queue(queue));
        let of = of.filter(|of| of.routing.channel == Channel::Voice).ok_or(CommandRefused::NoSuchTarget)?;
        if !settings.is_some_and(|settings| settings.is_open(of, self.now)) {
            return Err(CommandRefused::NotNow("this queue is closed at this time".into()));
        }
        if self.acd.waiting(queue) >= of.max_waiting as usize {
            return Err(CommandRefused::NotNow("as many wait in this queue as may".into()));
        }
        self.journal(Some(interaction), Some(by), Event::TransferredToQueue { queue, by });
        self.pass_on(by, interaction);
        if let Some(call) = self.calls.get_mut(&interaction) {
            call.queue = Some(queue);
        }
        self.rejoin_queue(interaction);
        Ok(())
    }

    /// Rings the target while the customer hears music; the first agent is free for the wrap-up at once.
    pub(crate) fn transfer_to_agent(
        &mut self,
        by: UserId,
        interaction: InteractionId,
        target: UserId,
    ) -> Result<(), CommandRefused> {
        self.talk_of(by, interaction)?;
        if target == by || !self.is_free(target) {
            return Err(CommandRefused::NoSuchTarget);
        }
        self.journal(Some(interaction), Some(by), Event::TransferredToAgent { agent: target, by });
        self.pass_on(by, interaction);
        self.play_music(interaction);
        self.make_offer(interaction, target, Origin::Transfer { by });
        Ok(())
    }

    /// Whether a call can be offered to the agent now.
    fn is_free(&self, agent: UserId) -> bool {
        self.acd.is_open(agent, Channels::NONE.with(Channel::Voice))
    }

    fn pass_on(&mut self, by: UserId, interaction: InteractionId) {
        let name = self.agents.get(&by).map(|agent| agent.name.clone());
        self.end_talk(by, LegEnd::HangUp);
        if let Some(call) = self.calls.get_mut(&interaction) {
            call.transferred_by = name;
        }
    }

    /// The desk of whoever passed the call on shows that it rings: it must be drawn again.
    pub(crate) fn transfer_rings_no_more(&mut self, interaction: InteractionId) {
        if let Some(Stage::Offered { origin: Origin::Transfer { by } }) =
            self.calls.get(&interaction).map(|call| call.stage)
        {
            self.desks.insert(by);
        }
    }

    /// The target did not take it: back to the first agent, if free by now, or else to the queue.
    pub(crate) fn transfer_failed(&mut self, interaction: InteractionId, by: UserId) {
        if self.is_free(by) {
            self.make_offer(interaction, by, Origin::Return);
        } else {
            self.rejoin_queue(interaction);
        }
    }
}
