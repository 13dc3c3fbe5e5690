//! The INVITE of a dialled call, first and again.

use perezvon_model::leg::CallerName;

use super::{Callee, Fork};
use crate::core::Core;
use crate::leg::dialog::{branch, contact};
use crate::leg::session_timer::of_invite;
use crate::sip::header::{Via, quote};
use crate::sip::message::{ALLOW, Fields, Header, Method, PRODUCT, Request, SUPPORTED, header};
use crate::sip::random_text;
use crate::sip::uri::{Scheme, SipUri};

/// The INVITE and the user name of our Contact.
pub(super) fn first_invite(
    core: &Core,
    callee: &Callee,
    from: &CallerName,
    offer: &str,
) -> (Request, String) {
    let stack = &core.stack;
    let advertised = stack.advertised();
    let shown: String =
        from.number.chars().filter(|c| !c.is_control() && !c.is_whitespace()).take(64).collect();
    let (host, port, user) = match &callee.account {
        Some(account) => {
            let registrar = SipUri::parse(&account.registrar).ok();
            let host = registrar.map_or_else(|| advertised.ip().to_string(), |uri| uri.host);
            (host, None, if shown.is_empty() { account.username.clone() } else { shown })
        }
        None => {
            let user = if shown.is_empty() { "anonymous".to_owned() } else { shown };
            (advertised.ip().to_string(), Some(advertised.port()), user)
        }
    };
    let contact_user =
        callee.account.as_ref().map_or_else(|| user.clone(), |account| account.username.clone());
    let own = SipUri { scheme: Scheme::Sip, user, host, port, params: Vec::new() };
    let to = SipUri { params: Vec::new(), ..callee.uri.clone() };
    let transport = callee.hop.transport;
    let mut headers = vec![
        header("Via", Via::ours(transport, advertised, &branch())),
        header("Max-Forwards", "70"),
        header("From", format!("{}<{own}>;tag={}", quote(&from.name), random_text(12))),
        header("To", format!("<{to}>")),
        header("Call-ID", format!("{}@{}", random_text(24), advertised.ip())),
        header("CSeq", "1 INVITE"),
        header("Contact", contact(stack, transport, &contact_user)),
        header("Allow", ALLOW),
        header("Supported", SUPPORTED),
        header("Content-Type", "application/sdp"),
        header("User-Agent", PRODUCT),
    ];
    headers.extend(of_invite(core.session_expires_s(), core.timing.least_session_s));
    headers.push(header("Content-Length", offer.len().to_string()));
    let uri = callee.uri.to_wire();
    let invite = Request {
        method: Method::Invite,
        uri,
        version: Default::default(),
        headers: headers.into(),
        body: offer.as_bytes().to_vec(),
    };
    (invite, contact_user)
}

/// The same INVITE as a new transaction: next number, new branch (RFC 3261 section 8.1.3.5).
pub(super) fn again(stack: &crate::sip::stack::Stack, fork: &Fork, credentials: Option<Header>) -> Request {
    let mut invite = fork.invite.clone();
    let number = invite.cseq().map_or(1, |(number, _)| number) + 1;
    for field in invite.headers.iter_mut() {
        match field {
            Header::Via(via) => via.replace(Via::ours(fork.hop.transport, stack.advertised(), &branch())),
            Header::CSeq(cseq) => cseq.replace(format!("{number} INVITE")),
            _ => {}
        }
    }
    invite.headers.extend(credentials.into_iter().collect());
    invite
}
