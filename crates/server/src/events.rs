//! Brings what happens at legs and browsers to the tenants' tasks.

use std::sync::Arc;

use perezvon_media::MediaEvent;
use perezvon_model::engine::Input;
use perezvon_model::leg::LegEvent;
use perezvon_telephony::TelephonyEvent;
use tokio::sync::{mpsc, watch};

use crate::leg_map::LegMap;
use crate::start::is_set;
use crate::tenant::Mail;
use crate::tenants::Running;

/// Called on the media thread: never waits.
pub fn of_media(legs: Arc<LegMap>) -> perezvon_media::Events {
    Arc::new(move |event| {
        let leg_event = |leg, event| legs.to_leg(leg, Input::Leg { leg, event });
        match event {
            MediaEvent::Digit { leg, digit } => drop(leg_event(leg, LegEvent::Digit { digit })),
            MediaEvent::PlayDone { leg, play } => drop(leg_event(leg, LegEvent::PlayDone { play })),
            MediaEvent::LegSilent { leg } => drop(leg_event(leg, LegEvent::MediaLost)),
            MediaEvent::BrowserConnected { agent } => drop(legs.to_browser(agent, true)),
            MediaEvent::BrowserLost { agent } => drop(legs.to_browser(agent, false)),
            MediaEvent::RecordingSealed { recording, duration_ms, bytes, file: _ } => {
                legs.recording_over(recording, |interaction| Input::RecordingSealed {
                    recording,
                    interaction,
                    duration_ms,
                    bytes,
                });
            }
            MediaEvent::RecordingFailed { recording, reason } => {
                tracing::error!(%recording, reason, "a recording was not kept");
                legs.recording_over(recording, |interaction| Input::RecordingFailed {
                    recording,
                    interaction,
                    reason,
                });
            }
        }
    })
}

/// Brings telephony's events to the tenants; ends when telephony has and all is carried.
pub async fn carry_telephony(
    mut events: mpsc::Receiver<TelephonyEvent>,
    running: Arc<Running>,
    legs: Arc<LegMap>,
    mut hung_up: watch::Receiver<bool>,
) {
    loop {
        let event = tokio::select! {
            biased;
            Some(event) = events.recv() => event,
            () = is_set(&mut hung_up) => return,
        };
        let (scope, input) = match event {
            TelephonyEvent::CallArrived { scope, interaction, leg, trunk, from, to, flow, language } => {
                if let Some(mail) = running.mail(scope.tenant()) {
                    legs.put(leg, scope, mail);
                }
                (scope, Input::CallArrived { interaction, leg, trunk, from, to, flow, language })
            }
            TelephonyEvent::Leg { scope, leg, event } => {
                if matches!(event, LegEvent::Ended { .. } | LegEvent::Failed { .. }) {
                    legs.remove(leg);
                }
                (scope, Input::Leg { leg, event })
            }
            TelephonyEvent::PhoneRegistered { scope, agent, registered } => {
                let device = perezvon_model::Device::Phone;
                (scope, Input::DeviceChanged { agent, device, connected: registered })
            }
            TelephonyEvent::TrunkState { scope, trunk, state } => {
                tracing::info!(tenant = %scope.tenant(), %trunk, ?state, "trunk");
                continue;
            }
        };
        let Some(mail) = running.mail(scope.tenant()) else { continue };
        if mail.send(Mail::Input(input)).await.is_err() {
            tracing::debug!(tenant = %scope.tenant(), "the tenant's task has ended");
        }
    }
}
