//! A call that is dialled: one INVITE to each phone, the first answer wins, the others are cancelled.

mod give_up;
mod invite;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use perezvon_model::config::TrunkRegistration;
use perezvon_model::leg::{CallerName, Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::{LegId, TenantScope, TrunkId};
use tokio::sync::mpsc;
use tokio::time::Instant;

use give_up::give_up;
use invite::{again, first_invite};

use super::dialog::Dialog;
use super::session_timer::{SessionTimer, Terms};
use super::talk::Talk;
use super::{DialogSlot, Dialogs, Leg, LegInput};
use crate::auth::digest;
use crate::cause::{cause_of_status, telling};
use crate::core::Core;
use crate::sdp;
use crate::sip::hop::{Hop, resolve};
use crate::sip::message::{Fields, Header, Method, Request, Response, status_of};
use crate::sip::transaction;
use crate::sip::uri::SipUri;

/// The most phones that ring for one call.
const MAX_FORKS: usize = 10;
/// The longest that a dialled phone rings.
const MAX_TIMEOUT: Duration = Duration::from_secs(300);
/// Responses that wait for the leg.
const REPLIES_WAITING: usize = 64;

/// Starts a leg. Never waits.
pub(crate) fn dial(
    core: &Arc<Core>,
    scope: TenantScope,
    id: LegId,
    target: DialTarget,
    from: CallerName,
    timeout_ms: i64,
) {
    let leg = match Leg::enter(core, scope, id, None) {
        // Callers who were let in need a second leg each: they must not use up the room for it.
        Some(leg) if core.legs.len() <= core.config.max_calls.saturating_mul(2) => leg,
        Some(leg) => {
            let tasks = core.stack.clone();
            tasks.tasks().spawn(leg.finish(Cause::Overload));
            return;
        }
        None => {
            tracing::warn!(%id, "a leg that exists was dialled again");
            core.sums.commands_lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
    };
    core.sums.calls_out.fetch_add(1, Ordering::Relaxed);
    let timeout = Duration::from_millis(timeout_ms.clamp(0, i64::MAX).unsigned_abs()).min(MAX_TIMEOUT);
    core.stack.tasks().spawn(run(leg, target, from, timeout));
}

/// Where one INVITE goes, and in whose name.
struct Callee {
    uri: SipUri,
    hop: Hop,
    account: Option<TrunkRegistration>,
}

async fn run(leg: Leg, target: DialTarget, from: CallerName, timeout: Duration) {
    let deadline = Instant::now() + timeout;
    // Names may have to be resolved: the command to hang up is heard meanwhile.
    let found = tokio::select! {
        cause = leg.urgent.wanted() => Err(cause),
        found = tokio::time::timeout_at(deadline, callees(&leg, target)) => found.unwrap_or(Err(Cause::NoAnswer)),
    };
    let callees = match found {
        Ok(callees) => callees,
        Err(cause) => return leg.finish(cause).await,
    };
    let rtp = match leg.core.media.open(leg.id) {
        Ok(rtp) => rtp,
        Err(error) => {
            tracing::warn!(%error, "a call is not dialled");
            return leg.finish(Cause::Overload).await;
        }
    };
    let local = sdp::Local { rtp, session: super::inbound::session_id(), version: 1 };
    let offer = sdp::offer(&local);
    let (sender, replies) = mpsc::channel(REPLIES_WAITING);
    let mut dialling = Dialling {
        forks: Vec::new(),
        replies,
        sender,
        leg,
        offer,
        local,
        ringing: false,
        failed: Cause::Normal,
    };
    for callee in callees {
        dialling.call(callee, &from);
    }
    match dialling.wait(deadline).await {
        Outcome::Answered(answered) => dialling.talk(*answered).await,
        Outcome::Over(cause) => {
            let Dialling { forks, replies, leg, .. } = dialling;
            give_up(&leg.core, forks, replies);
            leg.finish(cause).await;
        }
    }
}

async fn callees(leg: &Leg, target: DialTarget) -> Result<Vec<Callee>, Cause> {
    let core = &leg.core;
    match target {
        // The server bridges browsers by itself.
        DialTarget::Browser { .. } => Err(Cause::Failed),
        DialTarget::Phone { agent } => {
            let phone = core.directory.phone_of(leg.scope.tenant(), agent).ok_or(Cause::NotFound)?;
            let mut callees = Vec::new();
            if let Some(username) = &phone.sip_username {
                callees.extend(
                    core.registrar
                        .contacts(leg.scope, username, std::time::Instant::now())
                        .into_iter()
                        .map(|contact| Callee { uri: contact.uri, hop: contact.hop, account: None }),
                );
            }
            if let Some(uri) = phone.static_uri.as_deref().and_then(|uri| SipUri::parse(uri).ok())
                && let Ok(hop) = resolve(&uri).await
            {
                callees.push(Callee { uri, hop, account: None });
            }
            callees.truncate(MAX_FORKS);
            if callees.is_empty() { Err(Cause::Unavailable) } else { Ok(callees) }
        }
        DialTarget::Uri { uri, trunk } => {
            let uri = SipUri::parse(&uri).map_err(|_| Cause::NotFound)?;
            let account = trunk.and_then(|trunk| account_of(core, leg.scope, trunk));
            // A trunk with a registration is the way out whatever the host of the URI.
            let way = match &account {
                Some(account) => SipUri::parse(&account.registrar).map_err(|_| Cause::Failed)?,
                None => uri.clone(),
            };
            let hop = resolve(&way).await.map_err(|_| Cause::Unavailable)?;
            Ok(vec![Callee { uri, hop, account }])
        }
    }
}

fn account_of(core: &Core, scope: TenantScope, trunk: TrunkId) -> Option<TrunkRegistration> {
    let (_, trunk) =
        core.directory.registrations().into_iter().find(|(of, it)| *of == scope && it.id == trunk)?;
    trunk.registration
}

/// One INVITE on its way.
struct Fork {
    invite: Request,
    hop: Hop,
    slot: DialogSlot,
    contact_user: String,
    account: Option<TrunkRegistration>,
    heard: Heard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Nothing,
    Provisional,
    Final,
}

struct Answered {
    fork: usize,
    response: Response,
    dialog: Dialog,
    agreed: sdp::Agreed,
}

enum Outcome {
    Answered(Box<Answered>),
    Over(Cause),
}

struct Dialling {
    leg: Leg,
    forks: Vec<Fork>,
    replies: mpsc::Receiver<(usize, Response)>,
    sender: mpsc::Sender<(usize, Response)>,
    offer: String,
    local: sdp::Local,
    ringing: bool,
    /// The cause so far, of the forks that failed.
    failed: Cause,
}

impl Dialling {
    fn call(&mut self, callee: Callee, from: &CallerName) {
        let core = &self.leg.core;
        let (invite, contact_user) = first_invite(core, &callee, from, &self.offer);
        let tag = invite.sender_tag().unwrap_or_default();
        let slot = Dialogs::calling(core, invite.call_id(), &tag, self.leg.sender.clone());
        let Callee { hop, account, .. } = callee;
        self.forks.push(Fork { invite, hop, slot, contact_user, account, heard: Heard::Nothing });
        self.send(self.forks.len() - 1);
    }

    fn send(&self, index: usize) {
        let fork = &self.forks[index];
        transaction::invite(
            &self.leg.core.stack,
            fork.invite.clone(),
            fork.hop,
            self.sender.clone(),
            move |reply| (index, reply),
        );
    }

    async fn wait(&mut self, deadline: Instant) -> Outcome {
        loop {
            tokio::select! {
                biased;
                cause = self.leg.urgent.wanted() => return Outcome::Over(cause),
                reply = self.replies.recv() => {
                    // `self.sender` keeps the channel open.
                    let Some((index, response)) = reply else { return Outcome::Over(Cause::Failed) };
                    if let Some(outcome) = self.take_reply(index, response).await {
                        return outcome;
                    }
                }
                command = self.leg.commands.recv() => match command {
                    Some(LegCommand::Reject { cause } | LegCommand::HangUp { cause }) => return Outcome::Over(cause),
                    Some(other) => tracing::debug!(?other, "a command that says nothing to a leg being dialled"),
                    None => return Outcome::Over(Cause::Failed),
                },
                input = self.leg.inputs.recv() => if let Some(LegInput::Request(transaction)) = input {
                    // The call is not made yet: there is nothing to change or end (RFC 3261 section 15).
                    transaction.answer(&self.leg.core.stack, 481, None, Vec::new(), Vec::new()).await;
                },
                () = tokio::time::sleep_until(deadline) => return Outcome::Over(Cause::NoAnswer),
            }
        }
    }

    async fn take_reply(&mut self, index: usize, response: Response) -> Option<Outcome> {
        let status = status_of(&response);
        match status {
            ..200 => {
                self.forks[index].heard = Heard::Provisional;
                if status > 100 && !self.ringing {
                    self.ringing = true;
                    self.leg.tell(LegEvent::Ringing).await;
                }
                None
            }
            200..300 => {
                self.forks[index].heard = Heard::Final;
                self.take_answer(index, response).await
            }
            401 | 407 if self.authorize(index, &response) => None,
            422 if self.lengthen(index, &response) => None,
            _ => {
                self.forks[index].heard = Heard::Final;
                // Nothing could be sent: the phone is not where it was.
                let unreachable = status == 503 && transaction::is_lost(&response);
                self.fail(if unreachable { Cause::Unavailable } else { cause_of_status(status) })
            }
        }
    }

    fn fail(&mut self, cause: Cause) -> Option<Outcome> {
        self.failed = telling(self.failed, cause);
        let all = self.forks.iter().all(|fork| fork.heard == Heard::Final);
        all.then_some(Outcome::Over(self.failed))
    }

    async fn take_answer(&mut self, index: usize, response: Response) -> Option<Outcome> {
        let fork = &self.forks[index];
        let Some(mut dialog) = Dialog::outgoing(&fork.invite, &response, fork.hop, fork.contact_user.clone())
        else {
            return self.fail(Cause::Failed);
        };
        let stack = self.leg.core.stack.clone();
        if let Some(hop) = dialog.next_hop().await {
            transaction::send_ack(&stack, dialog.ack(&stack, dialog.last_number()), hop).await;
        }
        match sdp::parse(&response.body).ok().and_then(|answer| sdp::accept(&answer, &self.local).ok()) {
            Some(agreed) => {
                Some(Outcome::Answered(Box::new(Answered { fork: index, response, dialog, agreed })))
            }
            None => {
                let closing = self.leg.core.closing();
                let core = self.leg.core.clone();
                stack.tasks().spawn(async move {
                    let _closing = closing;
                    let bye = dialog.request(&core.stack, Method::Bye, Vec::new(), Vec::new());
                    if let Some(hop) = dialog.next_hop().await {
                        transaction::request(&core.stack, bye, hop).await;
                    }
                });
                self.fail(Cause::NoCodec)
            }
        }
    }

    /// Tries once more with the trunk's password.
    fn authorize(&mut self, index: usize, response: &Response) -> bool {
        let stack = self.leg.core.stack.clone();
        let fork = &mut self.forks[index];
        let Some(account) = fork.account.take() else { return false };
        let uri = fork.invite.uri.to_string();
        let Some(credentials) =
            digest::answer(response, "INVITE", &uri, &account.username, &account.password)
        else {
            return false;
        };
        fork.invite = again(&stack, fork, Some(credentials));
        self.send(index);
        true
    }

    /// Takes the longer session interval that the peer asks for (RFC 4028 section 7.4), once.
    fn lengthen(&mut self, index: usize, response: &Response) -> bool {
        let stack = self.leg.core.stack.clone();
        let fork = &mut self.forks[index];
        let Some(least) = response.seconds("Min-SE") else { return false };
        let before = fork.invite.seconds("Session-Expires").unwrap_or(0);
        if least <= before {
            return false;
        }
        fork.invite = again(&stack, fork, None);
        for field in fork.invite.headers.iter_mut() {
            match field {
                Header::SessionExpires(value) => value.replace(least.to_string()),
                Header::MinSE(value) => value.replace(least.to_string()),
                _ => {}
            }
        }
        self.send(index);
        true
    }

    async fn talk(self, answered: Answered) {
        let Self { mut leg, mut forks, replies, offer, local, .. } = self;
        let Answered { fork, response, dialog, agreed } = answered;
        let winner = forks.swap_remove(fork);
        winner.slot.mark_answered(&dialog.remote_tag);
        give_up(&leg.core, forks, replies);
        leg.is_made();
        let timer = Terms::of_response(&response, leg.core.timing.least_session_s)
            .map(|terms| SessionTimer::new(terms, Instant::now().into_std()));
        leg.tell(LegEvent::Answered).await;
        let mut talk = Talk::new(leg, winner.slot, dialog, timer, local, offer);
        talk.take_media(agreed).await;
        talk.run().await;
    }
}
