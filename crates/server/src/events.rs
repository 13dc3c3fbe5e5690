//! Brings what happens at legs and browsers to the tenants' tasks.

use std::sync::Arc;

use perezvon_media::MediaEvent;
use perezvon_model::engine::Input;
use perezvon_model::leg::{Cause, LegEvent};
use perezvon_model::{LegId, TenantScope};
use perezvon_telephony::TelephonyEvent;
use tokio::sync::mpsc::error::TrySendError;
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
            MediaEvent::LegBack { leg } => drop(leg_event(leg, LegEvent::MediaBack)),
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

/// Brings telephony's events to the tenants; ends when telephony has and all is carried. A call that nobody can take is
/// handed to `reject`, since its caller would hear nothing for as long as a call may ring.
pub async fn carry_telephony(
    mut events: mpsc::Receiver<TelephonyEvent>,
    running: Arc<Running>,
    legs: Arc<LegMap>,
    reject: impl Fn(TenantScope, LegId, Cause) + Send,
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
                let input = Input::CallArrived { interaction, leg, trunk, from, to, flow, language };
                if let Err(cause) = announce(&running, &legs, scope, leg, input) {
                    tracing::warn!(tenant = %scope.tenant(), ?cause, "a call was refused: its company cannot take it");
                    reject(scope, leg, cause);
                }
                continue;
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

/// Hands a new call to its company, unless the mailbox has ended or has only room for the calls that run.
fn announce(
    running: &Running,
    legs: &LegMap,
    scope: TenantScope,
    leg: LegId,
    call: Input,
) -> Result<(), Cause> {
    let mail = running.mail(scope.tenant()).ok_or(Cause::Unavailable)?;
    if mail.capacity() < mail.max_capacity() / 2 && !mail.is_closed() {
        return Err(Cause::Overload);
    }
    legs.put(leg, scope, mail.clone());
    mail.try_send(Mail::Input(call)).map_err(|error| {
        legs.remove(leg);
        match error {
            TrySendError::Full(_) => Cause::Overload,
            TrySendError::Closed(_) => Cause::Unavailable,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use perezvon_api::TenantPort;
    use perezvon_model::config::CallerId;
    use perezvon_model::prompt::Language;
    use perezvon_model::{FlowId, InteractionId, TenantId};
    use std::sync::Mutex;
    use uuid::Uuid;

    fn scope() -> TenantScope {
        #[expect(clippy::disallowed_methods, reason = "a test is its own number map")]
        TenantScope::mint(TenantId(Uuid::from_u128(1)))
    }

    fn call(leg: u128) -> TelephonyEvent {
        TelephonyEvent::CallArrived {
            scope: scope(),
            interaction: InteractionId(Uuid::from_u128(leg)),
            leg: LegId(Uuid::from_u128(leg)),
            trunk: None,
            from: CallerId { shown: String::new(), number: None, name: String::new() },
            to: "100".into(),
            flow: FlowId(Uuid::nil()),
            language: Language::En,
        }
    }

    /// Carries so many calls and tells which were refused and why.
    async fn refused(running: Running, calls: u128) -> Vec<(u128, Cause)> {
        let (events, pump) = mpsc::channel(8);
        for leg in 1..=calls {
            events.send(call(leg)).await.expect("room");
        }
        let (_over, hung_up) = watch::channel(true);
        let refused = Mutex::new(Vec::new());
        let reject = |_, leg: LegId, cause| refused.lock().unwrap().push((leg.0.as_u128(), cause));
        carry_telephony(pump, Arc::new(running), Arc::new(LegMap::default()), reject, hung_up).await;
        refused.into_inner().unwrap()
    }

    fn entered(mail: &mpsc::Sender<Mail>) -> Running {
        let running = Running::default();
        let task = tokio::spawn(std::future::pending::<()>()).abort_handle();
        let port = TenantPort { commands: mpsc::channel(1).0 };
        running.enter(scope().tenant(), port, mail.clone(), task);
        running
    }

    #[tokio::test]
    async fn a_call_for_a_company_that_does_not_run_is_refused() {
        assert_eq!(refused(Running::default(), 1).await, [(1, Cause::Unavailable)]);
        let (mail, inbox) = mpsc::channel(4);
        drop(inbox);
        assert_eq!(refused(entered(&mail), 1).await, [(1, Cause::Unavailable)]);
    }

    #[tokio::test]
    async fn half_of_a_mailbox_is_kept_for_the_calls_that_run() {
        let (mail, _inbox) = mpsc::channel(4);
        assert_eq!(refused(entered(&mail), 4).await, [(4, Cause::Overload)]);
        let (mail, _inbox) = mpsc::channel(4);
        assert_eq!(refused(entered(&mail), 2).await, []);
    }
}
