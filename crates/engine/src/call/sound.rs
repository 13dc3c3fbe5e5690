//! What the customer hears that is no agent: prompts, music, ringing tone.

use perezvon_model::journal::Event;
use perezvon_model::leg::LegCommand;
use perezvon_model::prompt::Prompt;
use perezvon_model::{InteractionId, PlayId};

use super::Pickup;
use crate::tenant::Tenant;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    Once,
    Forever,
}

impl Tenant {
    /// Answers the call if it is not, since nothing can be heard before.
    pub(crate) fn ensure_answered(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        if call.pickup == Pickup::Ringing {
            call.pickup = Pickup::Answered;
            let leg = call.leg;
            self.leg(leg, LegCommand::Answer);
            self.journal(Some(interaction), None, Event::FlowAnswered);
        }
    }

    pub(crate) fn play(&mut self, interaction: InteractionId, prompts: Vec<Prompt>, repeat: Repeat) {
        self.ensure_answered(interaction);
        let play: PlayId = self.ids.next(self.now);
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        call.play = Some((play, repeat));
        let leg = call.leg;
        self.leg(leg, LegCommand::Play { play, prompts, looped: repeat == Repeat::Forever });
    }

    pub(crate) fn play_music(&mut self, interaction: InteractionId) {
        self.play(interaction, vec![Prompt::Music], Repeat::Forever);
    }

    pub(crate) fn stop_play(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        if call.play.take().is_some() {
            let leg = call.leg;
            self.leg(leg, LegCommand::StopPlay);
        }
    }

    /// True when this is the end of what plays, and not of something that was replaced.
    pub(crate) fn play_is_over(&mut self, interaction: InteractionId, play: PlayId) -> bool {
        let Some(call) = self.calls.get_mut(&interaction) else { return false };
        let over = call.play.is_some_and(|(playing, _)| playing == play);
        if over {
            call.play = None;
        }
        over
    }
}
