//! Our refreshes of the session, and what becomes of them.

use std::time::Duration;

use perezvon_model::leg::Cause;
use tokio::time::Instant;

use super::{Flow, Pending, Side, Talk, send};
use crate::leg::LegInput;
use crate::leg::session_timer::{Lengthened, SessionTimer, Terms};
use crate::sdp;
use crate::sip::message::{Fields, Method, Response, status_of};
use crate::sip::transaction;

/// Wait after a glare, by who made the Call-ID: the owner waits longer (RFC 3261 section 14.1).
const GLARE_OWNER: Duration = Duration::from_millis(2_500);
const GLARE_OTHER: Duration = Duration::from_millis(1_000);
/// Wait before a refresh that failed for another passing reason is tried again.
const RETRY_REFRESH: Duration = Duration::from_secs(10);

impl Talk {
    /// Sends a session refresh: UPDATE where the peer takes it, else a re-INVITE with the description unchanged.
    pub(super) fn refresh(&mut self) {
        let Some(timer) = self.timer else { return };
        let core = self.leg.core.clone();
        let extra = timer.terms().of_refresh(core.timing.least_session_s);
        let sender = self.leg.sender.clone();
        if self.dialog.peer_takes_update {
            let update = self.dialog.request(&core.stack, Method::Update, extra, Vec::new());
            self.pending = Some(Pending::Update);
            let dialog = self.dialog.clone();
            self.leg.core.stack.spawn(async move {
                let response = send(&core.stack, &dialog, update).await;
                let _ = sender.send(LegInput::Updated(Box::new(response))).await;
            });
        } else {
            let body = self.description.clone().into_bytes();
            let invite = self.dialog.request(&core.stack, Method::Invite, extra, body);
            let number = self.dialog.last_number();
            self.pending = Some(Pending::Invite { number });
            let dialog = self.dialog.clone();
            self.leg.core.stack.spawn(async move {
                match dialog.next_hop().await {
                    Some(hop) => transaction::invite(&core.stack, invite, hop, sender, move |response| {
                        LegInput::Reply(number, Box::new(response))
                    }),
                    None => {
                        let lost = transaction::lost(&invite, 503);
                        let _ = sender.send(LegInput::Reply(number, Box::new(lost))).await;
                    }
                }
            });
        }
    }

    /// A response to our re-INVITE.
    pub(super) async fn take_reply(&mut self, number: u32, response: Response) -> Flow {
        if status_of(&response) < 200 {
            return Flow::On;
        }
        let is_pending =
            matches!(self.pending, Some(Pending::Invite { number: pending }) if pending == number);
        if is_pending {
            self.pending = None;
        }
        if (200..300).contains(&status_of(&response)) {
            self.dialog.refresh_target(response.list("Contact").first().copied(), None);
            self.acknowledge(number).await;
            let agreed =
                sdp::parse(&response.body).ok().and_then(|answer| sdp::accept(&answer, &self.local).ok());
            if let Some(agreed) = agreed {
                self.take_media(agreed).await;
            }
        }
        if is_pending { self.take_refreshed(&response) } else { Flow::On }
    }

    /// What became of a refresh (RFC 4028 sections 7.2 and 10, RFC 3261 sections 12.2.1.2 and 14.1).
    pub(super) fn take_refreshed(&mut self, response: &Response) -> Flow {
        let now = Instant::now().into_std();
        let least_s = self.leg.core.timing.least_session_s;
        let Some(timer) = &mut self.timer else { return Flow::On };
        match status_of(response) {
            200..300 => {
                let terms = Terms::of_response(response, least_s).unwrap_or_else(|| timer.terms());
                *timer = SessionTimer::new(terms, now);
                self.dialog.refresh_target(response.list("Contact").first().copied(), None);
            }
            // The peer knows nothing of this call, or is gone.
            481 => return Flow::Over(Cause::Failed),
            408 => {
                self.say_bye(Cause::Timeout);
                return Flow::Over(Cause::Timeout);
            }
            422 => {
                let least = response.seconds("Min-SE").unwrap_or(0);
                match timer.lengthen(least) {
                    Lengthened::Yes => timer.refresh_later(now),
                    // A peer that refuses what it asked for is asked seldom, until the session ends.
                    Lengthened::No => timer.refresh_later(now + RETRY_REFRESH),
                }
            }
            491 => timer.refresh_later(
                now + match self.side {
                    Side::Caller => GLARE_OWNER,
                    Side::Callee => GLARE_OTHER,
                },
            ),
            405 | 501 if self.dialog.peer_takes_update => {
                self.dialog.peer_takes_update = false;
                timer.refresh_later(now);
            }
            _ => timer.refresh_later(now + RETRY_REFRESH),
        }
        Flow::On
    }

    /// The peer's sound has ended without a word: asks whether it still knows of this call. OPTIONS changes nothing of
    /// what was agreed, neither hold nor who refreshes (RFC 3261 section 11).
    pub(super) fn ask_peer(&mut self) {
        let core = self.leg.core.clone();
        let options = self.dialog.request(&core.stack, Method::Options, Vec::new(), Vec::new());
        self.ask_at = Some(Instant::now() + core.timing.ask_silent_every);
        let (sender, dialog) = (self.leg.sender.clone(), self.dialog.clone());
        self.leg.core.stack.spawn(async move {
            let response = send(&core.stack, &dialog, options).await;
            let _ = sender.send(LegInput::Asked(Box::new(response))).await;
        });
    }

    /// A peer that does not answer, or knows nothing of the call, has ended it (RFC 3261 section 12.2.1.2); any other
    /// answer shows that it is there.
    pub(super) fn take_asked(&mut self, response: &Response) -> Flow {
        match status_of(response) {
            481 => Flow::Over(Cause::Failed),
            408 => {
                self.say_bye(Cause::Timeout);
                Flow::Over(Cause::Timeout)
            }
            _ => Flow::On,
        }
    }
}
