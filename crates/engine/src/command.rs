//! What a person at a desk asks for. A refusal changes nothing.

use perezvon_model::engine::{AgentCommand, CommandRefused, TransferTarget};
use perezvon_model::leg::LegCommand;
use perezvon_model::{InteractionId, UserId};

use crate::agent::{Microphone, Talk};
use crate::limits::MAX_DIGITS;
use crate::tenant::Tenant;

impl Tenant {
    pub(crate) fn command(&mut self, agent: UserId, command: AgentCommand) -> Result<(), CommandRefused> {
        if !self.agents.contains_key(&agent) {
            return Err(CommandRefused::NoSuchAgent);
        }
        match command {
            AgentCommand::SetPresence { presence } => self.set_presence(agent, presence),
            AgentCommand::SetDevice { device } => self.set_device(agent, device),
            AgentCommand::Accept { offer } => self.accept(agent, offer),
            AgentCommand::Decline { offer } => self.decline(agent, offer),
            AgentCommand::HangUp { interaction } => self.agent_hangs_up(agent, interaction),
            AgentCommand::Hold { interaction, on } => self.hold(agent, interaction, on),
            AgentCommand::Mute { interaction, on } => self.mute(agent, interaction, on),
            AgentCommand::SendDigits { interaction, digits } => self.send_digits(agent, interaction, digits),
            AgentCommand::Transfer { interaction, to: TransferTarget::Queue { queue } }
                if self.items.contains_key(&interaction) =>
            {
                self.transfer_item(agent, interaction, queue)
            }
            AgentCommand::Transfer { interaction, to: TransferTarget::Queue { queue } } => {
                self.transfer_to_queue(agent, interaction, queue)
            }
            AgentCommand::Transfer { interaction, to: TransferTarget::Agent { agent: target } } => {
                self.transfer_to_agent(agent, interaction, target)
            }
            AgentCommand::Finish { interaction } => self.agent_finishes(agent, interaction),
            AgentCommand::WantWrapUp { interaction, on } => self.want_wrap_up(agent, interaction, on),
            AgentCommand::ExtendWrapUp { interaction } => self.extend_wrap_up(agent, interaction),
            AgentCommand::WrapUp { interaction, disposition, note, finish } => {
                self.write_up(agent, interaction, disposition, note, finish)
            }
        }
    }

    /// The agent's conversation, if it is this one.
    pub(crate) fn talk_of(
        &mut self,
        agent: UserId,
        interaction: InteractionId,
    ) -> Result<&mut Talk, CommandRefused> {
        self.agents
            .get_mut(&agent)
            .and_then(|agent| agent.talk())
            .filter(|talk| talk.interaction == interaction)
            .ok_or(CommandRefused::NotYours)
    }

    fn mute(&mut self, agent: UserId, interaction: InteractionId, on: bool) -> Result<(), CommandRefused> {
        let talk = self.talk_of(agent, interaction)?;
        let wanted = if on { Microphone::Muted } else { Microphone::Open };
        if talk.microphone != wanted {
            talk.microphone = wanted;
            let leg = talk.leg;
            self.leg(leg, LegCommand::Mute { on });
            self.agent_changed(agent);
        }
        Ok(())
    }

    fn send_digits(
        &mut self,
        agent: UserId,
        interaction: InteractionId,
        digits: String,
    ) -> Result<(), CommandRefused> {
        self.talk_of(agent, interaction)?;
        let known = |digit: char| matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D');
        if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.chars().all(known) {
            let text = format!("send 1 to {MAX_DIGITS} of 0-9, *, # and A-D");
            return Err(CommandRefused::BadValue(text));
        }
        if let Some(leg) = self.calls.get(&interaction).map(|call| call.leg) {
            self.leg(leg, LegCommand::SendDigits { digits });
        }
        Ok(())
    }
}
