//! Steps the flow of a call and carries out what it says.

use perezvon_flow::{Action, Event as FlowEvent};
use perezvon_model::InteractionId;
use perezvon_model::journal::{Event, Party};
use perezvon_model::prompt::Prompt;
use perezvon_model::view::CollectedView;

use super::sound::Repeat;
use super::{LegEnd, Record, Stage};
use crate::limits::{MAX_COLLECTED, PARTING_MS};
use crate::tenant::Tenant;
use crate::timer::Timer;

impl Tenant {
    /// Feeds the call's flow with one event. Nothing happens when the call has left its flow.
    pub(crate) fn step_flow(&mut self, interaction: InteractionId, event: FlowEvent) {
        let now = self.now;
        let offset_min = self.settings.as_ref().map_or(0, |settings| settings.config().utc_offset_min);
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        let Some(run) = &mut call.run else { return };
        let mut actions = Vec::new();
        run.step(now, offset_min, event, &mut actions);
        let deadline = run.deadline();
        self.timers.set(Timer::Flow(interaction), deadline);
        for action in actions {
            self.act(interaction, action);
        }
    }

    fn act(&mut self, interaction: InteractionId, action: Action) {
        match action {
            Action::Entered { node, kind } => {
                if let Some(call) = self.calls.get_mut(&interaction) {
                    call.stage = Stage::Flow;
                }
                let event = Event::FlowNode { node, node_kind: kind.to_owned() };
                self.journal(Some(interaction), None, event);
            }
            Action::Play(prompts) => self.play(interaction, prompts, Repeat::Once),
            Action::StopPlay => self.stop_play(interaction),
            Action::Speak(language) => {
                if let Some(call) = self.calls.get_mut(&interaction) {
                    call.language = language;
                }
            }
            Action::Collected { node, name, value } => {
                if let Some(call) = self.calls.get_mut(&interaction)
                    && call.collected.len() < MAX_COLLECTED
                {
                    call.collected.push(CollectedView { name: name.clone(), value: value.clone() });
                }
                self.journal(Some(interaction), None, Event::Collected { node, name, value });
            }
            Action::Queue(stay) => self.queue_from_flow(interaction, stay),
            Action::Transfer { to, trunk, ring_ms, record } => {
                let record = if record { Record::Both } else { Record::Nothing };
                let trunk = self.settings.as_ref().zip(trunk).and_then(|(of, key)| of.trunk_id(&key));
                self.dial_outside(interaction, &to, trunk, ring_ms, record);
            }
            Action::GiveUp => self.part(interaction),
            Action::HangUp(cause) => self.end_call(interaction, Party::System, cause, LegEnd::HangUp),
        }
    }

    /// The queue of this call is over without an agent: on by the flow, or let go politely.
    pub(crate) fn go_on_without_queue(&mut self, interaction: InteractionId, event: FlowEvent) {
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        call.stage = Stage::Flow;
        if call.run.is_some() {
            self.stop_play(interaction);
            self.step_flow(interaction, event);
        } else {
            self.part(interaction);
        }
    }

    /// Says that all are busy, and good-bye; then hangs up.
    pub(crate) fn part(&mut self, interaction: InteractionId) {
        self.part_with(interaction, &["all-busy", "goodbye"]);
    }

    /// Says these last words; then hangs up.
    pub(crate) fn part_with(&mut self, interaction: InteractionId, words: &[&str]) {
        let Some(call) = self.calls.get_mut(&interaction) else { return };
        call.stage = Stage::Parting;
        call.run = None;
        let language = call.language;
        self.timers.cancel(Timer::Flow(interaction));
        self.timers.arm(Timer::Parting(interaction), self.now + PARTING_MS);
        let prompts = words.iter().map(|name| Prompt::named(*name, language)).collect();
        self.play(interaction, prompts, Repeat::Once);
    }

    /// The good-bye is said, or took too long.
    pub(crate) fn parted(&mut self, interaction: InteractionId) {
        self.end_call(interaction, Party::System, perezvon_model::leg::Cause::Normal, LegEnd::HangUp);
    }
}
