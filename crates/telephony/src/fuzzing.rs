//! Doors for the fuzz targets in `fuzz/`. Not for use by programs.

use std::net::SocketAddr;

use crate::sip::check::{Framing, Verdict, judge};
use crate::sip::message::{Fields, SipMessage};

/// Judges one datagram and reads everything that a call would read of it.
pub fn datagram(bytes: &[u8]) {
    let source = SocketAddr::from(([192, 0, 2, 1], 5060));
    for framing in [Framing::Datagram, Framing::Stream] {
        match judge(bytes, source, framing) {
            Verdict::Accept(SipMessage::Request(request)) => {
                touch(&request);
                description(&request.body);
                let _ = request.to_bytes();
            }
            Verdict::Accept(SipMessage::Response(response)) => {
                touch(&response);
                description(&response.body);
                let _ = crate::auth::digest::answer(&response, "REGISTER", "sip:h", "u", "p");
            }
            Verdict::Refuse { response, .. } => drop(response.to_bytes()),
            Verdict::Drop(_) => {}
        }
    }
}

/// Reads one session description and answers it.
pub fn description(bytes: &[u8]) {
    if let Ok(offer) = crate::sdp::parse(bytes) {
        let local =
            crate::sdp::Local { rtp: SocketAddr::from(([192, 0, 2, 1], 4000)), session: 1, version: 1 };
        let _ = crate::sdp::answer(&offer, &local);
        let _ = crate::sdp::accept(&offer, &local);
    }
}

fn touch(message: &impl Fields) {
    let _ = (message.cseq(), message.sender_tag(), message.recipient_tag());
    for name in ["Contact", "Record-Route", "Require", "Session-Expires", "Authorization"] {
        for value in message.list(name) {
            let _ = crate::sip::header::NameAddr::parse(value);
            let _ = crate::auth::digest::Credentials::parse(value);
        }
    }
}
