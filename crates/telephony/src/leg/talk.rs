//! A leg that is up: hold, changes of codec and address, digits, refreshes, and the end of it, for calls that came
//! and calls that were dialled alike.

mod change;
mod refresh;

use std::time::Duration;

use perezvon_model::leg::{Cause, LegEvent};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::dialog::{Dialog, Order};
use super::digits::digit;
use super::session_timer::{Due, SessionTimer};
use super::{DialogSlot, Leg, LegInput};
use crate::media::{Begin, RemoteRtp};
use crate::sdp::{self, Agreed};
use crate::sip::message::{ALLOW, Fields, Method, Request, Response, header};
use crate::sip::transaction::{self, InviteServerEvent, ServerTransaction};

/// How long the ACK of an answer may take (64 T1, RFC 3261 section 13.3.1.4).
const ACK_TIMEOUT: Duration = Duration::from_secs(32);
/// Whose INVITE made the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Caller,
    Callee,
}

/// An answer of ours that waits for its ACK.
struct Unacknowledged {
    number: u32,
    /// Our 2xx carried an offer: the ACK carries the answer.
    carries_answer: bool,
    /// It is the answer that made the call.
    first: bool,
}

/// A request of ours that changes or refreshes the session.
enum Pending {
    Update,
    Invite { number: u32 },
}

/// Whether the leg goes on.
enum Flow {
    On,
    Over(Cause),
}

pub(super) struct Talk {
    leg: Leg,
    slot: DialogSlot,
    dialog: Dialog,
    side: Side,
    timer: Option<SessionTimer>,
    local: sdp::Local,
    /// Our description as last sent.
    description: String,
    agreed: Option<Agreed>,
    /// What the media plane was told last.
    sound: Option<RemoteRtp>,
    unacknowledged: Option<Unacknowledged>,
    pending: Option<Pending>,
    /// While the peer is silent: when to ask it again whether it is there.
    ask_at: Option<Instant>,
}

impl Talk {
    pub(super) fn new(
        leg: Leg,
        slot: DialogSlot,
        dialog: Dialog,
        timer: Option<SessionTimer>,
        local: sdp::Local,
        description: String,
    ) -> Self {
        Self {
            leg,
            slot,
            dialog,
            side: Side::Caller,
            timer,
            local,
            description,
            agreed: None,
            sound: None,
            unacknowledged: None,
            pending: None,
            ask_at: None,
        }
    }

    /// Our 2xx to the first INVITE is out.
    pub(super) fn wait_for_ack(&mut self, number: u32, carries_answer: bool) {
        self.side = Side::Callee;
        self.unacknowledged = Some(Unacknowledged { number, carries_answer, first: true });
    }

    /// Tells the media plane and the server what was agreed, where it changed.
    pub(super) async fn take_media(&mut self, agreed: Agreed) {
        let sdp::Remote { addr, codec, dtmf_payload, send, receive } = agreed.remote;
        let signalled_from = self.dialog.source().addr.ip();
        // The caller may be forged and its SDP name a third party, until the ACK shows that it got our answer.
        let begin = match &self.unacknowledged {
            Some(Unacknowledged { first: true, .. }) => Begin::WhenProved,
            Some(Unacknowledged { first: false, .. }) | None => Begin::AtOnce,
        };
        let sound = RemoteRtp { addr, signalled_from, codec, dtmf_payload, send, receive, begin };
        if self.sound != Some(sound) {
            self.leg.core.media.start(self.leg.id, sound);
            self.sound = Some(sound);
        }
        let was_held = self.agreed.as_ref().is_some_and(|before| before.held_by_peer);
        let is_held = agreed.held_by_peer;
        self.agreed = Some(agreed);
        if was_held != is_held {
            self.leg.tell(LegEvent::HeldByPeer { on: is_held }).await;
        }
    }

    pub(super) async fn run(mut self) {
        let cause = loop {
            let due = self.timer.filter(|_| self.pending.is_none()).map(|timer| timer.due());
            let wake = due.map_or_else(far_away, |(at, _)| Instant::from_std(at));
            let ask_at = self.ask_at.unwrap_or_else(far_away);
            let flow = tokio::select! {
                biased;
                cause = self.leg.urgent.wanted() => {
                    self.say_bye(cause);
                    Flow::Over(cause)
                }
                input = self.leg.inputs.recv() => match input {
                    Some(input) => self.take(input).await,
                    None => Flow::Over(Cause::Failed),
                },
                command = self.leg.commands.recv() => match command {
                    Some(other) => {
                        tracing::debug!(?other, "a command that says nothing to a leg that is up");
                        Flow::On
                    }
                    None => Flow::Over(Cause::Failed),
                },
                () = tokio::time::sleep_until(wake) => match due {
                    Some((_, Due::Refresh)) => {
                        self.refresh();
                        Flow::On
                    }
                    Some((_, Due::Expired)) => {
                        self.say_bye(Cause::Timeout);
                        Flow::Over(Cause::Timeout)
                    }
                    None => Flow::On,
                },
                () = tokio::time::sleep_until(ask_at) => {
                    self.ask_peer();
                    Flow::On
                }
            };
            if let Flow::Over(cause) = flow {
                break cause;
            }
        };
        let Self { leg, slot, .. } = self;
        drop(slot);
        leg.finish(cause).await;
    }

    async fn take(&mut self, input: LegInput) -> Flow {
        match input {
            LegInput::Request(transaction) => self.take_request(*transaction).await,
            LegInput::Invite(number, InviteServerEvent::Ack(ack)) => self.take_ack(number, &ack).await,
            LegInput::Invite(number, InviteServerEvent::Over) => {
                // RFC 3261 section 13.3.1.4: an answer that nobody acknowledged ends in BYE.
                if self.unacknowledged.as_ref().is_some_and(|waiting| waiting.number == number) {
                    self.unacknowledged = None;
                    self.say_bye(Cause::Timeout);
                    return Flow::Over(Cause::Timeout);
                }
                Flow::On
            }
            LegInput::Invite(_, InviteServerEvent::Cancel) => Flow::On,
            LegInput::Reply(number, response) => self.take_reply(number, *response).await,
            LegInput::Updated(response) => {
                self.pending = None;
                self.take_refreshed(&response)
            }
            LegInput::RepeatedAnswer(response) => {
                self.acknowledge_again(&response).await;
                Flow::On
            }
            LegInput::FellSilent => {
                self.ask_peer();
                Flow::On
            }
            LegInput::IsBack => {
                self.ask_at = None;
                Flow::On
            }
            LegInput::Asked(response) => self.take_asked(&response),
        }
    }

    async fn take_ack(&mut self, number: u32, ack: &Request) -> Flow {
        let Some(waiting) = self.unacknowledged.take_if(|waiting| waiting.number == number) else {
            return Flow::On;
        };
        if waiting.carries_answer {
            let agreed = sdp::parse(&ack.body).ok().and_then(|answer| sdp::accept(&answer, &self.local).ok());
            match agreed {
                Some(agreed) => self.take_media(agreed).await,
                None => {
                    self.say_bye(Cause::NoCodec);
                    return Flow::Over(Cause::NoCodec);
                }
            }
        }
        if waiting.first {
            if let Some(sound) = &mut self.sound {
                sound.begin = Begin::AtOnce;
                self.leg.core.media.begin(self.leg.id);
            }
            self.leg.tell(LegEvent::Answered).await;
        }
        Flow::On
    }

    async fn take_request(&mut self, transaction: ServerTransaction) -> Flow {
        let stack = self.leg.core.stack.clone();
        if self.dialog.take_number(transaction.request()) == Order::TooOld {
            transaction.answer(&stack, 500, None, Vec::new(), Vec::new()).await;
            return Flow::On;
        }
        match transaction.request().method {
            Method::Bye => {
                transaction.answer(&stack, 200, None, Vec::new(), Vec::new()).await;
                return Flow::Over(Cause::Normal);
            }
            Method::Invite | Method::Update => self.take_change(transaction).await,
            Method::Info => {
                let request = transaction.request();
                let found = digit(request.field("Content-Type").unwrap_or(""), &request.body);
                // An INFO without a body asks whether the session lives (RFC 6086 section 4.2.2 forbids none).
                let status = if found.is_some() || request.body.is_empty() { 200 } else { 415 };
                let extra = match status {
                    415 => vec![header("Accept", "application/dtmf-relay, application/dtmf")],
                    _ => Vec::new(),
                };
                transaction.answer(&stack, status, None, extra, Vec::new()).await;
                if let Some(digit) = found {
                    self.leg.tell(LegEvent::Digit { digit }).await;
                }
            }
            Method::Options => {
                transaction.answer(&stack, 200, None, crate::dispatch::capabilities(), Vec::new()).await;
            }
            Method::Ack
            | Method::Cancel
            | Method::Message
            | Method::Notify
            | Method::PRack
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe => {
                transaction.answer(&stack, 405, None, vec![header("Allow", ALLOW)], Vec::new()).await;
            }
        }
        Flow::On
    }

    async fn acknowledge(&self, number: u32) {
        let stack = &self.leg.core.stack;
        if let Some(hop) = self.dialog.next_hop().await {
            transaction::send_ack(stack, self.dialog.ack(stack, number), hop).await;
        }
    }

    /// A 2xx that came again: our ACK was lost; or a second phone behind one address took the call too.
    async fn acknowledge_again(&self, response: &Response) {
        let Some((number, _)) = response.cseq() else { return };
        if response.recipient_tag().as_deref() == Some(self.dialog.remote_tag.as_str()) {
            self.acknowledge(number).await;
            return;
        }
        if let Some(mut other) = self.dialog.other_branch(response) {
            let core = self.leg.core.clone();
            let closing = core.closing();
            self.leg.core.stack.tasks().spawn(async move {
                let _closing = closing;
                if let Some(hop) = other.next_hop().await {
                    transaction::send_ack(&core.stack, other.ack(&core.stack, number), hop).await;
                    let bye = other.request(&core.stack, Method::Bye, Vec::new(), Vec::new());
                    transaction::request(&core.stack, bye, hop).await;
                }
            });
        }
    }

    /// Ends the dialog with the peer in a task of its own; the leg is over at once.
    fn say_bye(&mut self, cause: Cause) {
        let core = self.leg.core.clone();
        let closing = core.closing();
        let mut dialog = self.dialog.clone();
        let waiting = self.unacknowledged.take().map(|waiting| waiting.number);
        let inputs = std::mem::replace(&mut self.leg.inputs, mpsc::channel(1).1);
        self.leg.core.stack.tasks().spawn(async move {
            let _closing = closing;
            if let Some(number) = waiting {
                // RFC 3261 section 15: the callee says BYE only after the ACK, or when it never comes.
                let _ = tokio::time::timeout(ACK_TIMEOUT, acknowledged(inputs, number)).await;
            }
            let extra = vec![header("Reason", crate::cause::reason(cause))];
            let bye = dialog.request(&core.stack, Method::Bye, extra, Vec::new());
            send(&core.stack, &dialog, bye).await;
        });
    }
}

async fn acknowledged(mut inputs: mpsc::Receiver<LegInput>, number: u32) {
    while let Some(input) = inputs.recv().await {
        match input {
            LegInput::Invite(of, InviteServerEvent::Ack(_) | InviteServerEvent::Over) if of == number => {
                return;
            }
            LegInput::Invite(..)
            | LegInput::Request(_)
            | LegInput::Reply(..)
            | LegInput::Updated(_)
            | LegInput::RepeatedAnswer(_)
            | LegInput::FellSilent
            | LegInput::IsBack
            | LegInput::Asked(_) => {}
        }
    }
}

/// Sends a request within a dialog and waits for its final answer.
async fn send(stack: &crate::sip::stack::Stack, dialog: &Dialog, request: Request) -> Response {
    match dialog.next_hop().await {
        Some(hop) => transaction::request(stack, request, hop).await,
        None => transaction::lost(&request, 503),
    }
}

/// A moment that does not come: `select!` needs one.
fn far_away() -> Instant {
    Instant::now() + Duration::from_secs(86_400)
}
