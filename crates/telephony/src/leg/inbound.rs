//! A call that comes in: from the INVITE to the acknowledged answer, or to the refusal.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use perezvon_model::config::CallerId;
use perezvon_model::leg::{Cause, LegCommand};
use perezvon_model::{E164, InteractionId, LegId};
use tokio::time::Instant;

use super::dialog::{Dialog, contact};
use super::session_timer::{SessionTimer, Terms, TooSmall, of_refusal};
use super::talk::Talk;
use super::{DialogSlot, Leg, LegInput};
use crate::cause::status_of_cause;
use crate::core::{Core, retry_after};
use crate::directory::NumberMatch;
use crate::dispatch::answer;
use crate::event::TelephonyEvent;
use crate::sdp;
use crate::sip::header::NameAddr;
use crate::sip::hop::Hop;
use crate::sip::message::{ALLOW, Fields, Header, Method, Request, SUPPORTED, header};
use crate::sip::random_text;
use crate::sip::transaction::{InviteServer, InviteServerEvent, ServerTransaction};

/// An inbound call that nobody answers or refuses for so long is turned away.
const MAX_RINGING: Duration = Duration::from_secs(15 * 60);
/// A provisional response is repeated so that proxies keep the call (RFC 3261 section 13.3.1.1).
const KEEP_RINGING: Duration = Duration::from_secs(60);
/// The most characters of the caller's number and name.
const MAX_CALLER_CHARACTERS: usize = 64;

/// Judges a first INVITE and makes it a leg, or refuses it. Never waits.
pub(crate) fn arrive(core: &Arc<Core>, transaction: ServerTransaction) {
    match admit(core, &transaction) {
        Ok(arrival) => ring(core, transaction, arrival),
        Err(Refusal { status, extra }) => answer(core, transaction, status, extra),
    }
}

struct Arrival {
    leg: Leg,
    slot: DialogSlot,
    dialog: Dialog,
    terms: Terms,
    offer: Option<sdp::Description>,
    local: sdp::Local,
    number: NumberMatch,
    from: CallerId,
}

struct Refusal {
    status: u16,
    extra: Vec<Header>,
}

fn refuse(status: u16) -> Refusal {
    Refusal { status, extra: Vec::new() }
}

fn overloaded() -> Refusal {
    Refusal { status: 503, extra: retry_after() }
}

fn admit(core: &Arc<Core>, transaction: &ServerTransaction) -> Result<Arrival, Refusal> {
    let (request, source) = (transaction.request(), transaction.source());
    core.directory.trunk_by_source(source.addr.ip()).ok_or_else(|| refuse(403))?;
    let dialled = match &request.uri.auth {
        Some(auth) => auth.user.clone(),
        // A tel URI has its number in the place of the host.
        None => request.uri.host_with_port.host.to_string(),
    };
    let (number, trunk) = core.directory.inbound(&dialled, source.addr.ip()).ok_or_else(|| refuse(404))?;
    let least_s = core.timing.least_session_s;
    let terms = Terms::of_request(request, core.session_expires_s(), least_s)
        .map_err(|TooSmall| Refusal { status: 422, extra: of_refusal(least_s) })?;
    let offer = match request.body.as_slice() {
        [] => None,
        body => Some(sdp::parse(body).map_err(|_| refuse(488))?),
    };
    if core.legs.on_trunk(trunk.trunk) >= trunk.max_calls {
        return Err(overloaded());
    }
    core.admit_call(std::time::Instant::now()).map_err(|_| overloaded())?;
    let id = LegId(uuid::Uuid::now_v7());
    let mut leg = Leg::enter(core, number.scope, id, Some(trunk.trunk)).ok_or_else(overloaded)?;
    // Until CallArrived is told nobody knows this leg: it may go without a word.
    leg.last_word = super::LastWord::Said;
    let tag = random_text(12);
    let dialog = Dialog::incoming(request, source, tag.clone(), dialled).ok_or_else(|| refuse(400))?;
    let slot = DialogSlot::arriving(core, request, &tag, leg.sender.clone()).ok_or_else(|| refuse(482))?;
    let rtp = core.media.open(id).map_err(|error| {
        tracing::warn!(%error, "a call is refused");
        overloaded()
    })?;
    let local = sdp::Local { rtp, session: session_id(), version: 1 };
    if let Some(offer) = &offer {
        sdp::answer(offer, &local).map_err(|_| refuse(488))?;
    }
    let from = caller(request, &number.region);
    leg.own_trunk = Some(trunk.trunk);
    Ok(Arrival { leg, slot, dialog, terms, offer, local, number, from })
}

pub(super) fn session_id() -> u64 {
    // Any number that is not likely to be used again (RFC 8866 section 5.2).
    u64::from(uuid::Uuid::now_v7().as_fields().0) << 16 | 1
}

/// Who calls, as far as the trunk shows it: From, or the asserted identity when From is empty (RFC 3325) and the
/// caller did not ask for privacy (RFC 3323).
fn caller(request: &Request, region: &str) -> CallerId {
    let from = request.field("From").and_then(|value| NameAddr::parse(value).ok());
    let private = request.field("Privacy").is_some_and(|value| !value.eq_ignore_ascii_case("none"));
    let asserted = || {
        let value = *request.list("P-Asserted-Identity").first()?;
        NameAddr::parse(value).ok().filter(|_| !private)
    };
    let is_anonymous = |address: &NameAddr| {
        address.uri.user.is_empty() || address.uri.user.eq_ignore_ascii_case("anonymous")
    };
    let shown = match from {
        Some(from) if !is_anonymous(&from) => Some(from),
        from => asserted().or(from),
    };
    let Some(address) = shown else {
        return CallerId { shown: String::new(), number: None, name: String::new() };
    };
    let limit =
        |text: &str| text.chars().filter(|c| !c.is_control()).take(MAX_CALLER_CHARACTERS).collect::<String>();
    let user = limit(&address.uri.user);
    let digits = user.strip_prefix('+').unwrap_or(&user);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| E164::parse(&user, region).ok()).flatten();
    CallerId { shown: user, number, name: limit(&address.display) }
}

fn ring(core: &Arc<Core>, transaction: ServerTransaction, arrival: Arrival) {
    core.sums.calls_in.fetch_add(1, Ordering::Relaxed);
    let number = transaction.request().cseq().map_or(0, |(number, _)| number);
    let peer = transaction.source();
    let sender = arrival.leg.sender.clone();
    let invite = transaction.into_invite(&core.stack, sender, move |event| LegInput::Invite(number, event));
    invite.respond(&core.stack, 100, None, Vec::new(), Vec::new());
    core.stack.tasks().spawn(run(invite, number, peer, arrival));
}

async fn run(invite: InviteServer, number: u32, peer: Hop, arrival: Arrival) {
    let Arrival { mut leg, slot, dialog, terms, offer, local, number: to, from } = arrival;
    leg.is_made();
    let event = TelephonyEvent::CallArrived {
        scope: leg.scope,
        interaction: InteractionId(uuid::Uuid::now_v7()),
        leg: leg.id,
        trunk: leg.own_trunk,
        from,
        to: to.number,
        flow: to.flow,
        language: to.language,
    };
    leg.core.tell(event).await;
    let mut ringing = Ringing { invite, leg, dialog, peer, provisional: None };
    match ringing.wait().await {
        Next::Answer => ringing.answer(slot, number, terms, offer, local).await,
        Next::Over(cause) => ringing.leg.finish(cause).await,
    }
}

struct Ringing {
    invite: InviteServer,
    leg: Leg,
    dialog: Dialog,
    peer: Hop,
    /// The last provisional response above 100.
    provisional: Option<u16>,
}

enum Next {
    Answer,
    Over(Cause),
}

impl Ringing {
    fn respond(&self, status: u16, extra: Vec<Header>, body: Vec<u8>) {
        self.invite.respond(&self.leg.core.stack, status, Some(&self.dialog.local_tag), extra, body);
    }

    fn contact(&self) -> Header {
        header("Contact", contact(&self.leg.core.stack, self.peer.transport, self.dialog.contact_user()))
    }

    fn ring(&mut self) {
        self.provisional = Some(180);
        self.respond(180, vec![self.contact(), header("Allow", ALLOW)], Vec::new());
    }

    fn refuse(&self, cause: Cause) -> Next {
        let status = status_of_cause(cause);
        let extra = if status == 503 { retry_after() } else { Vec::new() };
        self.respond(status, extra, Vec::new());
        Next::Over(cause)
    }

    /// Waits for the server's word or the caller's.
    async fn wait(&mut self) -> Next {
        let give_up = Instant::now() + MAX_RINGING;
        let mut keep = Instant::now() + KEEP_RINGING;
        loop {
            tokio::select! {
                biased;
                cause = self.leg.urgent.wanted() => return self.refuse(cause),
                command = self.leg.commands.recv() => match command {
                    Some(LegCommand::Ring) => self.ring(),
                    Some(LegCommand::Answer) => return Next::Answer,
                    Some(LegCommand::Reject { cause } | LegCommand::HangUp { cause }) => return self.refuse(cause),
                    Some(other) => tracing::debug!(?other, "a command that says nothing to a ringing leg"),
                    // The handle lives in the table as long as the leg.
                    None => return self.refuse(Cause::Failed),
                },
                input = self.leg.inputs.recv() => match input {
                    Some(LegInput::Invite(_, InviteServerEvent::Cancel)) => {
                        self.respond(487, Vec::new(), Vec::new());
                        return Next::Over(Cause::Cancelled);
                    }
                    Some(LegInput::Invite(_, InviteServerEvent::Over)) => return Next::Over(Cause::Failed),
                    Some(LegInput::Request(transaction)) => {
                        if let Some(next) = self.request(*transaction).await {
                            return next;
                        }
                    }
                    Some(LegInput::Invite(_, InviteServerEvent::Ack(_)) | LegInput::Reply(..)
                        | LegInput::Updated(_) | LegInput::RepeatedAnswer(_) | LegInput::FellSilent | LegInput::IsBack
                        | LegInput::Asked(_)) => {}
                    None => return self.refuse(Cause::Failed),
                },
                () = tokio::time::sleep_until(keep) => {
                    keep += KEEP_RINGING;
                    match self.provisional {
                        Some(_) => self.ring(),
                        None => self.respond(183, vec![self.contact()], Vec::new()),
                    }
                }
                () = tokio::time::sleep_until(give_up) => return self.refuse(Cause::NoAnswer),
            }
        }
    }

    /// A request in the early dialog.
    async fn request(&mut self, transaction: ServerTransaction) -> Option<Next> {
        let stack = self.leg.core.stack.clone();
        match transaction.request().method {
            // RFC 3261 section 15 lets a caller end an early dialog by BYE.
            Method::Bye => {
                transaction.answer(&stack, 200, None, Vec::new(), Vec::new()).await;
                self.respond(487, Vec::new(), Vec::new());
                Some(Next::Over(Cause::Cancelled))
            }
            // Our answer to the first offer is not out yet (RFC 3311 section 5.2, RFC 3261 section 14.2).
            Method::Update | Method::Invite => {
                let extra = vec![header("Retry-After", "3")];
                transaction.answer(&stack, 500, None, extra, Vec::new()).await;
                None
            }
            Method::Options => {
                transaction.answer(&stack, 200, None, crate::dispatch::capabilities(), Vec::new()).await;
                None
            }
            Method::Info => {
                transaction.answer(&stack, 200, None, Vec::new(), Vec::new()).await;
                None
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
                None
            }
        }
    }

    async fn answer(
        self,
        slot: DialogSlot,
        number: u32,
        terms: Terms,
        offer: Option<sdp::Description>,
        local: sdp::Local,
    ) {
        let (agreed, body) = match &offer {
            Some(offer) => match sdp::answer(offer, &local) {
                Ok((agreed, text)) => (Some(agreed), text),
                Err(_) => {
                    self.refuse(Cause::NoCodec);
                    return self.leg.finish(Cause::NoCodec).await;
                }
            },
            None => (None, sdp::offer(&local)),
        };
        let mut extra = vec![
            self.contact(),
            header("Allow", ALLOW),
            header("Supported", SUPPORTED),
            header("Content-Type", "application/sdp"),
        ];
        extra.extend(terms.of_answer());
        self.respond(200, extra, body.clone().into_bytes());
        let timer = SessionTimer::new(terms, Instant::now().into_std());
        let mut talk = Talk::new(self.leg, slot, self.dialog, Some(timer), local, body);
        talk.wait_for_ack(number, agreed.is_none());
        if let Some(agreed) = agreed {
            talk.take_media(agreed).await;
        }
        talk.run().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::uri::SipUri;

    fn caller_of(fields: &[(&str, &str)]) -> CallerId {
        let request = Request {
            method: Method::Invite,
            uri: SipUri::parse("sip:a@b").expect("uri").to_wire(),
            version: Default::default(),
            headers: fields.iter().map(|(name, value)| header(name, *value)).collect::<Vec<_>>().into(),
            body: Vec::new(),
        };
        caller(&request, "RU")
    }

    #[test]
    fn the_caller_is_who_from_says_unless_it_says_nothing() {
        let plain = caller_of(&[("From", "\"Иван\" <sip:84951234567@gw>;tag=1")]);
        assert_eq!((plain.shown.as_str(), plain.name.as_str()), ("84951234567", "Иван"));
        assert_eq!(plain.number.map(|number| number.to_string()).as_deref(), Some("+74951234567"));
        let asserted = [
            ("From", "<sip:anonymous@anonymous.invalid>;tag=1"),
            ("P-Asserted-Identity", "<sip:+74951234567@gw>"),
        ];
        assert_eq!(caller_of(&asserted).shown, "+74951234567");
        let private = [asserted[0], asserted[1], ("Privacy", "id")];
        assert_eq!(caller_of(&private).shown, "anonymous");
        assert_eq!(caller_of(&private).number, None);
        assert_eq!(caller_of(&[("From", "<sip:alice@gw>;tag=1")]).number, None);
        let long = format!("<sip:{}@gw>;tag=1", "9".repeat(100));
        assert_eq!(caller_of(&[("From", &long)]).shown.len(), MAX_CALLER_CHARACTERS);
    }
}
