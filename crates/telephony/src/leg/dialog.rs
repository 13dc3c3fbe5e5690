//! A dialog with a peer: who, under which tags, by which route, with which numbers (RFC 3261 section 12). Pure but
//! for the resolving of a name in `next_hop`.

use std::net::IpAddr;

use crate::sip::header::{NameAddr, Via, tag_of};
use crate::sip::hop::{Hop, resolve};
use crate::sip::message::{ALLOW, Fields, Header, Method, PRODUCT, Request, Response, SUPPORTED, header};
use crate::sip::random_text;
use crate::sip::stack::Stack;
use crate::sip::uri::{SipUri, Transport};

/// The most Record-Route entries that are followed.
const MAX_ROUTES: usize = 16;

#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    pub(crate) call_id: String,
    pub(crate) local_tag: String,
    pub(crate) remote_tag: String,
    /// From of our requests, with our tag.
    local: String,
    /// To of our requests, with the peer's tag.
    remote: String,
    local_seq: u32,
    remote_seq: Option<u32>,
    /// In the order of our Route lines.
    routes: Vec<String>,
    target: SipUri,
    /// Where the peer was last heard.
    source: Hop,
    pub(crate) peer_takes_update: bool,
    /// User part of our Contact.
    contact_user: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    InOrder,
    /// The number is lower than one already seen: 500 (RFC 3261 section 12.2.2).
    TooOld,
}

impl Dialog {
    /// Of an INVITE that came (RFC 3261 section 12.1.1). `None` when Contact cannot be read.
    pub(crate) fn incoming(
        request: &Request,
        source: Hop,
        local_tag: String,
        contact_user: String,
    ) -> Option<Self> {
        let contact = NameAddr::parse(request.list("Contact").first()?).ok()?;
        Some(Self {
            call_id: request.call_id().to_owned(),
            remote_tag: request.sender_tag()?,
            local: with_tag(request.field("To")?, &local_tag),
            local_tag,
            remote: request.field("From")?.to_owned(),
            local_seq: 0,
            remote_seq: request.cseq().map(|(number, _)| number),
            routes: request.list("Record-Route").into_iter().take(MAX_ROUTES).map(str::to_owned).collect(),
            target: contact.uri,
            source,
            peer_takes_update: request.lists("Allow", "UPDATE"),
            contact_user,
        })
    }

    /// Of a response to our INVITE (RFC 3261 section 12.1.2). `None` when To tag or Contact cannot be read.
    pub(crate) fn outgoing(
        invite: &Request,
        response: &Response,
        hop: Hop,
        contact_user: String,
    ) -> Option<Self> {
        let target = response.list("Contact").first().and_then(|contact| NameAddr::parse(contact).ok())?.uri;
        let mut routes: Vec<String> =
            response.list("Record-Route").into_iter().take(MAX_ROUTES).map(str::to_owned).collect();
        routes.reverse();
        Some(Self {
            call_id: invite.call_id().to_owned(),
            local_tag: invite.sender_tag()?,
            remote_tag: response.recipient_tag()?,
            local: invite.field("From")?.to_owned(),
            remote: response.field("To")?.to_owned(),
            local_seq: invite.cseq()?.0,
            remote_seq: None,
            routes,
            target,
            source: hop,
            peer_takes_update: response.lists("Allow", "UPDATE"),
            contact_user,
        })
    }

    /// The dialog of a second 2xx to the same INVITE, from another phone (RFC 3261 section 13.2.2.4).
    pub(crate) fn other_branch(&self, response: &Response) -> Option<Self> {
        let target = response.list("Contact").first().and_then(|contact| NameAddr::parse(contact).ok())?.uri;
        let mut routes: Vec<String> =
            response.list("Record-Route").into_iter().take(MAX_ROUTES).map(str::to_owned).collect();
        routes.reverse();
        let remote_tag = response.recipient_tag()?;
        Some(Self { remote_tag, remote: response.field("To")?.to_owned(), routes, target, ..self.clone() })
    }

    /// Notes the number of a request of the peer.
    pub(crate) fn take_number(&mut self, request: &Request) -> Order {
        let Some((number, _)) = request.cseq() else { return Order::TooOld };
        if self.remote_seq.is_some_and(|seen| number <= seen) {
            return Order::TooOld;
        }
        self.remote_seq = Some(number);
        Order::InOrder
    }

    /// Takes a new remote target and source from a target refresh (RFC 3261 section 12.2.2).
    pub(crate) fn refresh_target(&mut self, contact: Option<&str>, source: Option<Hop>) {
        if let Some(contact) = contact.and_then(|contact| NameAddr::parse(contact).ok()) {
            self.target = contact.uri;
        }
        if let Some(source) = source {
            self.source = source;
        }
    }

    /// A new request within the dialog. Its number is one higher than the last.
    pub(crate) fn request(
        &mut self,
        stack: &Stack,
        method: Method,
        extra: Vec<Header>,
        body: Vec<u8>,
    ) -> Request {
        self.local_seq += 1;
        self.build(stack, method, self.local_seq, extra, body)
    }

    /// The ACK of a 2xx to the INVITE of this number (RFC 3261 section 13.2.2.4).
    pub(crate) fn ack(&self, stack: &Stack, number: u32) -> Request {
        self.build(stack, Method::Ack, number, Vec::new(), Vec::new())
    }

    /// Where the peer was last heard, or called.
    pub(crate) fn source(&self) -> Hop {
        self.source
    }

    pub(crate) fn contact_user(&self) -> &str {
        &self.contact_user
    }

    pub(crate) fn last_number(&self) -> u32 {
        self.local_seq
    }

    fn build(
        &self,
        stack: &Stack,
        method: Method,
        number: u32,
        extra: Vec<Header>,
        body: Vec<u8>,
    ) -> Request {
        let transport = self.planned().map_or(Transport::Udp, |hop| hop.transport);
        let mut headers = vec![
            header("Via", Via::ours(transport, stack.advertised(), &branch())),
            header("Max-Forwards", "70"),
            header("From", self.local.as_str()),
            header("To", self.remote.as_str()),
            header("Call-ID", self.call_id.as_str()),
            header("CSeq", format!("{number} {method}")),
        ];
        headers.extend(self.routes.iter().map(|route| header("Route", route.as_str())));
        if matches!(method, Method::Invite | Method::Update) {
            headers.push(header("Contact", contact(stack, transport, &self.contact_user)));
            headers.push(header("Allow", ALLOW));
            headers.push(header("Supported", SUPPORTED));
        }
        if !body.is_empty() {
            headers.push(header("Content-Type", "application/sdp"));
        }
        headers.push(header("User-Agent", PRODUCT));
        headers.extend(extra);
        headers.push(header("Content-Length", body.len().to_string()));
        Request {
            method,
            uri: self.target.to_wire(),
            version: Default::default(),
            headers: headers.into(),
            body,
        }
    }

    /// The next hop as far as it is known without asking the DNS.
    fn planned(&self) -> Option<Hop> {
        if self.routes.is_empty() && (self.source.transport == Transport::Tcp || self.is_behind_nat()) {
            return Some(self.source);
        }
        let uri = self.next_uri()?;
        Some(Hop { transport: uri.transport()?, addr: (uri.ip()?, uri.port.unwrap_or(5060)).into() })
    }

    /// Where requests of this dialog go.
    pub(crate) async fn next_hop(&self) -> Option<Hop> {
        match self.planned() {
            Some(hop) => Some(hop),
            None => resolve(&self.next_uri()?).await.ok(),
        }
    }

    fn next_uri(&self) -> Option<SipUri> {
        match self.routes.first() {
            Some(route) => NameAddr::parse(route).ok().map(|route| route.uri),
            None => Some(self.target.clone()),
        }
    }

    /// A private Contact seen from another address is the inner side of a NAT: the outer side is the way.
    fn is_behind_nat(&self) -> bool {
        is_inner_side(&self.target, self.source)
    }
}

/// Whether a URI names the inner side of a NAT whose outer side is `source`.
pub(crate) fn is_inner_side(uri: &SipUri, source: Hop) -> bool {
    uri.ip().is_some_and(|ip| ip != source.addr.ip() && is_private(ip))
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        // RFC 1918, RFC 6598, RFC 3927.
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local(),
    }
}

fn with_tag(value: &str, tag: &str) -> String {
    if tag_of(value).is_some() { value.to_owned() } else { format!("{value};tag={tag}") }
}

/// A branch of RFC 3261 section 8.1.1.7.
pub(crate) fn branch() -> String {
    format!("z9hG4bK{}", random_text(16))
}

/// Our Contact.
pub(crate) fn contact(stack: &Stack, transport: Transport, user: &str) -> String {
    let address = stack.advertised();
    let uri = SipUri {
        scheme: crate::sip::uri::Scheme::Sip,
        user: user.to_owned(),
        host: address.ip().to_string(),
        port: Some(address.port()),
        params: match transport {
            Transport::Udp => Vec::new(),
            Transport::Tcp => vec![("transport".into(), Some("tcp".into()))],
        },
    };
    format!("<{uri}>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::check::{Framing, Verdict, judge};
    use crate::sip::message::SipMessage;

    fn invite(extra: &str) -> Request {
        let text = format!(
            "INVITE sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=f\r\n\
             To: <sip:100@192.0.2.1>\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\nAllow: INVITE,UPDATE\r\n{extra}\r\n\r\n"
        );
        match judge(text.as_bytes(), "198.51.100.7:1024".parse().expect("address"), Framing::Datagram) {
            Verdict::Accept(SipMessage::Request(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    fn hop(text: &str) -> Hop {
        Hop { transport: Transport::Udp, addr: text.parse().expect("address") }
    }

    fn dialog(extra: &str) -> Dialog {
        Dialog::incoming(&invite(extra), hop("198.51.100.7:1024"), "l".into(), "100".into()).expect("dialog")
    }

    #[test]
    fn requests_go_to_the_contact_of_the_peer() {
        assert_eq!(dialog("Contact: <sip:a@198.51.100.9:5070>").planned(), Some(hop("198.51.100.9:5070")));
    }

    #[test]
    fn a_private_contact_seen_from_a_public_address_is_reached_at_that_address() {
        assert_eq!(dialog("Contact: <sip:a@10.0.0.5:5070>").planned(), Some(hop("198.51.100.7:1024")));
    }

    #[test]
    fn a_recorded_route_is_followed_in_order() {
        let dialog = dialog(
            "Contact: <sip:a@10.0.0.5>\r\nRecord-Route: <sip:198.51.100.1:5062;lr>, <sip:198.51.100.2;lr>",
        );
        assert_eq!(dialog.planned(), Some(hop("198.51.100.1:5062")));
        assert_eq!(dialog.routes.len(), 2);
    }

    #[test]
    fn a_number_that_does_not_rise_is_too_old() {
        let mut dialog = dialog("Contact: <sip:a@10.0.0.5>");
        assert_eq!(dialog.take_number(&invite("Contact: <sip:a@10.0.0.5>")), Order::TooOld);
        let mut next = invite("Contact: <sip:a@10.0.0.5>");
        for field in next.headers.iter_mut() {
            if let Header::CSeq(cseq) = field {
                cseq.replace("8 INVITE");
            }
        }
        assert_eq!(dialog.take_number(&next), Order::InOrder);
        assert!(dialog.peer_takes_update);
    }
}
