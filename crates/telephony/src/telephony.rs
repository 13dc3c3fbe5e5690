//! The handle of a running instance.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use perezvon_media::Media;
use perezvon_model::leg::{Cause, LegCommand};
use perezvon_model::{LegId, TenantScope};
use tokio::sync::mpsc;

use crate::config::{TelephonyConfig, TelephonyError, Timing};
use crate::core::Core;
use crate::counters::TelephonyCounters;
use crate::directory::Directory;
use crate::dispatch::dispatch;
use crate::event::TelephonyEvent;
use crate::leg::{LegInput, outbound};
use crate::media::MediaPort;
use crate::sip::stack::Stack;
use crate::trunk::Trunks;

/// How long `shutdown` waits for the last words of peers.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);
/// How often it looks.
const SHUTDOWN_STEP: Duration = Duration::from_millis(20);

/// A running SIP user agent, registrar and registration client. Cheap to clone.
#[derive(Clone)]
pub struct Telephony {
    core: Arc<Core>,
    trunks: Arc<Trunks>,
}

impl Telephony {
    /// Binds UDP and TCP and starts. Events come through `events`; while that channel is nearly full, new calls are
    /// refused with 503, and legs wait with theirs.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn start(
        config: TelephonyConfig,
        directory: Arc<dyn Directory>,
        media: Media,
        events: mpsc::Sender<TelephonyEvent>,
    ) -> Result<Telephony, TelephonyError> {
        Self::start_over(config, Timing::default(), directory, Arc::new(media), events).await
    }

    pub(crate) async fn start_over(
        config: TelephonyConfig,
        timing: Timing,
        directory: Arc<dyn Directory>,
        media: Arc<dyn MediaPort>,
        events: mpsc::Sender<TelephonyEvent>,
    ) -> Result<Telephony, TelephonyError> {
        let addr = config.bind;
        let (stack, listeners) = Stack::bind(addr, config.public_ip, timing.t1)
            .await
            .map_err(|source| TelephonyError::Bind { addr, source })?;
        let core = Arc::new(Core::new(config, timing, stack.clone(), directory, media, events));
        let owner = core.clone();
        stack.serve(listeners, core.clone(), move |transaction| dispatch(&owner, transaction));
        let owner = core.clone();
        stack.spawn(async move { crate::registrar::sweep(&owner).await });
        let trunks = Arc::new(Trunks::default());
        trunks.align(&core);
        Ok(Telephony { core, trunks })
    }

    /// Hands a command to a leg, or makes one by `Dial`. Never waits; commands for a leg that is over do nothing.
    /// The media commands (`Play`, `Mute` ...) are not for this crate and do nothing.
    pub fn command(&self, scope: TenantScope, leg: LegId, command: LegCommand) {
        match command {
            LegCommand::Dial { target, from, timeout_ms } => {
                outbound::dial(&self.core, scope, leg, target, from, timeout_ms);
            }
            LegCommand::Ring | LegCommand::Answer | LegCommand::Reject { .. } | LegCommand::HangUp { .. } => {
                if !self.core.legs.command(scope, leg, command) {
                    self.core.sums.commands_lost.fetch_add(1, Ordering::Relaxed);
                }
            }
            LegCommand::Play { .. }
            | LegCommand::StopPlay
            | LegCommand::Mute { .. }
            | LegCommand::SendDigits { .. } => {}
        }
    }

    /// The media plane hears nothing of a leg that should speak: its peer is asked whether it is there, once a minute
    /// until [`Telephony::leg_is_back`], and the leg ends when it is not.
    pub fn fell_silent(&self, scope: TenantScope, leg: LegId) {
        self.core.legs.tell(scope, leg, LegInput::FellSilent);
    }

    /// The media plane hears the leg again.
    pub fn leg_is_back(&self, scope: TenantScope, leg: LegId) {
        self.core.legs.tell(scope, leg, LegInput::IsBack);
    }

    /// The directory changed: trunk registrations and the phones that registered here are brought in line.
    pub fn reload(&self) {
        crate::registrar::align(&self.core);
        self.trunks.align(&self.core);
    }

    pub fn counters(&self) -> TelephonyCounters {
        let core = &self.core;
        let (transactions, finished_transactions) = core.stack.transactions();
        let traffic = &core.stack.traffic;
        TelephonyCounters {
            legs: core.legs.len(),
            dialogs: core.dialogs.len(),
            closing: core.sums.closing.load(Ordering::Relaxed),
            transactions,
            finished_transactions,
            tcp_connections: core.stack.tcp_connections(),
            contacts: core.registrar.len(),
            received: traffic.received.load(Ordering::Relaxed),
            malformed: traffic.malformed.load(Ordering::Relaxed),
            refused: traffic.refused.load(Ordering::Relaxed),
            ignored: traffic.ignored.load(Ordering::Relaxed),
            overloaded: traffic.overloaded.load(Ordering::Relaxed),
            calls_in: core.sums.calls_in.load(Ordering::Relaxed),
            calls_out: core.sums.calls_out.load(Ordering::Relaxed),
            commands_lost: core.sums.commands_lost.load(Ordering::Relaxed),
        }
    }

    /// The address that is bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.core.stack.local_addr()
    }

    /// Ends every leg (CANCEL, BYE, 503), takes back the registrations at providers, waits a bounded time for the
    /// peers' last words, and closes the sockets.
    pub async fn shutdown(&self) {
        self.core.legs.hang_up_all(Cause::Interrupted);
        let quiet = async {
            self.trunks.stop_all().await;
            while self.core.legs.len() > 0 || self.core.sums.closing.load(Ordering::Relaxed) > 0 {
                tokio::time::sleep(SHUTDOWN_STEP).await;
            }
        };
        let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, quiet).await;
        self.core.stack.stop();
    }
}
