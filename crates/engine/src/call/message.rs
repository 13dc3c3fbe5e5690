//! The customer speaks a message: after the tone, until the hash key, a hang-up, or three minutes.

use perezvon_model::InteractionId;
use perezvon_model::engine::Output;
use perezvon_model::journal::Event;
use perezvon_model::prompt::Prompt;

use super::{Repeat, Service, Stage};
use crate::limits::{MAX_MESSAGE_MS, MESSAGE_PROMPT_MS};
use crate::tenant::Tenant;
use crate::timer::Timer;

impl Tenant {
    pub(crate) fn ask_for_message(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        call.stage = Stage::Message;
        let language = call.language;
        let prompts = ["leave-message", "beep"].map(|name| Prompt::named(name, language));
        self.play(interaction, prompts.to_vec(), Repeat::Once);
        // Should its end be lost, the tone is over then.
        self.timers.arm(Timer::Message(interaction), self.now + MESSAGE_PROMPT_MS);
    }

    /// The tone is over.
    pub(crate) fn begin_message(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        if call.service == Service::NotYet {
            call.service = Service::Message;
        }
        self.journal(Some(interaction), None, Event::MessageStarted);
        if self.calls.get(&interaction).is_some_and(|call| call.recording.is_none()) {
            self.start_recording(interaction);
        }
        self.timers.arm(Timer::Message(interaction), self.now + MAX_MESSAGE_MS);
    }

    /// The message is spoken, or long enough.
    pub(crate) fn message_over(&mut self, interaction: InteractionId) {
        let Some(call) = self.calls.get(&interaction) else { return };
        if call.stage != Stage::Message {
            return;
        }
        if call.play.is_some() {
            // Nothing was spoken yet: whoever presses the key before the tone need not hear the rest.
            self.stop_play(interaction);
            return self.begin_message(interaction);
        }
        self.timers.cancel(Timer::Message(interaction));
        if let Some(recording) = self.calls.get_mut(&interaction).and_then(|call| call.recording.take()) {
            self.push(Output::RecordStop { recording });
        }
        self.part_with(interaction, &["message-saved", "goodbye"]);
    }
}
