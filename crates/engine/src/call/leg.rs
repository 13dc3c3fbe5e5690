//! What happens at legs, sent to whose leg it is.

use perezvon_flow::Event as FlowEvent;
use perezvon_model::journal::{Event, Party};
use perezvon_model::leg::{Cause, LegEvent};
use perezvon_model::{InteractionId, LegId, PlayId, UserId};

use super::{LegEnd, Stage};
use crate::agent::Work;
use crate::presence::SystemBreak;
use crate::tenant::{LegOf, Tenant};

impl Tenant {
    /// Events of legs that are over, or were never ours, do nothing.
    pub(crate) fn leg_event(&mut self, leg: LegId, event: LegEvent) {
        match self.legs.get(&leg).copied() {
            Some(LegOf::Customer(interaction)) if self.is_called_back_on(interaction, leg) => {
                self.callback_leg_event(interaction, leg, event);
            }
            Some(LegOf::Customer(interaction)) => self.customer_leg_event(interaction, event),
            Some(LegOf::Agent(agent)) => self.agent_leg_event(agent, leg, event),
            Some(LegOf::Outside(interaction)) => self.outside_leg_event(interaction, leg, event),
            None => {}
        }
    }

    fn customer_leg_event(&mut self, interaction: InteractionId, event: LegEvent) {
        match event {
            LegEvent::Digit { digit } => match self.calls.get(&interaction).map(|call| call.stage) {
                Some(Stage::Flow) => self.step_flow(interaction, FlowEvent::Digit(digit)),
                Some(Stage::Message) if digit == '#' => self.message_over(interaction),
                Some(Stage::Queued) if digit == '1' => self.wants_callback(interaction),
                Some(
                    Stage::Queued
                    | Stage::Offered { .. }
                    | Stage::Talking { .. }
                    | Stage::Outside { .. }
                    | Stage::Message
                    | Stage::Away
                    | Stage::CallsBack
                    | Stage::Parting,
                )
                | None => {}
            },
            LegEvent::PlayDone { play } => self.play_done(interaction, play),
            LegEvent::Failed { cause } | LegEvent::Ended { cause } => {
                self.end_call(interaction, Party::Customer, cause, LegEnd::Over);
            }
            LegEvent::HeldByPeer { on } => self.held_by_customer(interaction, on),
            LegEvent::Ringing | LegEvent::Answered | LegEvent::MediaLost | LegEvent::MediaBack => {}
        }
    }

    fn play_done(&mut self, interaction: InteractionId, play: PlayId) {
        if !self.play_is_over(interaction, play) {
            return;
        }
        match self.calls.get(&interaction).map(|call| call.stage) {
            Some(Stage::Flow) => self.step_flow(interaction, FlowEvent::PlayDone),
            Some(Stage::Queued) => self.announce(interaction),
            Some(Stage::Offered { .. }) => self.play_music(interaction),
            Some(Stage::Message) => self.begin_message(interaction),
            Some(Stage::Parting) => self.parted(interaction),
            Some(Stage::Talking { .. } | Stage::Outside { .. } | Stage::Away | Stage::CallsBack) | None => {}
        }
    }

    fn held_by_customer(&mut self, interaction: InteractionId, on: bool) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        let event = match (on, call.held_by_customer) {
            (true, None) => {
                call.held_by_customer = Some(now);
                Event::HoldStarted { by: Party::Customer }
            }
            (false, Some(since)) => {
                call.held_by_customer = None;
                Event::HoldEnded { by: Party::Customer, held_ms: now.since_ms(since) }
            }
            (true, Some(_)) | (false, None) => return,
        };
        if let Stage::Talking { agent } = call.stage {
            self.desks.insert(agent);
        }
        self.journal(Some(interaction), None, event);
    }

    fn agent_leg_event(&mut self, id: UserId, leg: LegId, event: LegEvent) {
        match self.agents.get(&id).map(|agent| &agent.work) {
            Some(Work::Offer(_)) => self.ringing_leg_event(id, leg, event),
            Some(Work::Talk(_)) => self.talking_leg_event(id, leg, event),
            Some(Work::Idle | Work::WrapUp(_)) | None => {}
        }
    }

    fn talking_leg_event(&mut self, id: UserId, leg: LegId, event: LegEvent) {
        match event {
            LegEvent::Failed { cause } | LegEvent::Ended { cause } => {
                self.legs.remove(&leg);
                self.agent_leg_ended(id, cause);
            }
            LegEvent::HeldByPeer { on } => self.held_by_phone(id, on),
            LegEvent::MediaLost => self.agent_lost(id),
            LegEvent::MediaBack => self.agent_back(id),
            LegEvent::Ringing | LegEvent::Answered | LegEvent::Digit { .. } | LegEvent::PlayDone { .. } => {}
        }
    }

    /// The agent's device ended the conversation: hung up by the agent, or broken.
    fn agent_leg_ended(&mut self, id: UserId, cause: Cause) {
        let Some(talk) = self.agents.get_mut(&id).and_then(|agent| agent.talk()) else { return };
        let interaction = talk.interaction;
        match cause {
            Cause::Normal
            | Cause::Cancelled
            | Cause::Busy
            | Cause::NoAnswer
            | Cause::Declined
            | Cause::NotFound
            | Cause::Forbidden => {
                self.end_talk(id, LegEnd::Over);
                self.end_call(interaction, Party::Agent, Cause::Normal, LegEnd::HangUp);
            }
            Cause::Unavailable
            | Cause::Overload
            | Cause::NoCodec
            | Cause::Timeout
            | Cause::Interrupted
            | Cause::Failed => self.give_back_to_queue(id, LegEnd::Over, SystemBreak::ConnectionLost),
        }
    }
}
