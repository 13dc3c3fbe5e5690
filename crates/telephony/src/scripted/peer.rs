//! The peer.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;

use super::PATIENCE;
use crate::sip::check::{Framing, Verdict, judge};
use crate::sip::message::{Fields, Request, Response, SipMessage, status_of};

pub(super) const OFFER: &str =
    "v=0\r\no=p 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\n";

pub(super) struct Peer {
    socket: UdpSocket,
    server: SocketAddr,
    call_id: String,
    /// Our tag.
    tag: String,
    /// The server's tag, once it is known.
    other_tag: Option<String>,
    branch: u32,
}

impl Peer {
    pub(super) async fn new(ip: IpAddr, server: SocketAddr) -> Self {
        let socket = UdpSocket::bind((ip, 0)).await.expect("socket");
        let call_id = crate::sip::random_text(12);
        Self { socket, server, call_id, tag: "peer".into(), other_tag: None, branch: 0 }
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.socket.local_addr().expect("address")
    }

    /// What comes next has nothing to do with what was.
    pub(super) fn forget(&mut self) {
        self.other_tag = None;
    }

    /// Is from now on one of the phones that a call of the server rings, under a tag of its own.
    pub(super) fn take_branch(&mut self, invite: &Request, tag: &str) {
        self.call_id = invite.call_id().to_owned();
        self.other_tag = invite.sender_tag();
        self.tag = tag.to_owned();
    }

    pub(super) async fn send_bytes(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.server).await.expect("sent");
    }

    /// Sends a request of a new transaction; its branch number is the result.
    pub(super) async fn send(&mut self, method: &str, number: u32, extra: &str, body: &str) -> u32 {
        self.branch += 1;
        self.send_branch(self.branch, method, number, extra, body).await;
        self.branch
    }

    /// Sends a request with a given branch: a retransmission, a CANCEL, the ACK of a refusal.
    pub(super) async fn send_branch(
        &mut self,
        branch: u32,
        method: &str,
        number: u32,
        extra: &str,
        body: &str,
    ) {
        let text = self.text(branch, method, number, extra, body);
        self.send_bytes(text.as_bytes()).await;
    }

    pub(super) fn text(&self, branch: u32, method: &str, number: u32, extra: &str, body: &str) -> String {
        let (own, server) = (self.addr(), self.server);
        let to_tag = self.other_tag.as_ref().map_or(String::new(), |tag| format!(";tag={tag}"));
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} sip:100@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{}{branch};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:200@{own}>;tag={}\r\nTo: <sip:100@{server}>{to_tag}\r\n\
             Call-ID: {}\r\nCSeq: {number} {method}\r\nContact: <sip:200@{own}>\r\n{extra}{kind}\
             Content-Length: {}\r\n\r\n{body}",
            self.call_id,
            self.tag,
            self.call_id,
            body.len()
        )
    }

    async fn receive(&self) -> SipMessage {
        let mut buffer = vec![0; 65_535];
        let (length, source) = self.socket.recv_from(&mut buffer).await.expect("received");
        match judge(&buffer[..length], source, Framing::Datagram) {
            Verdict::Accept(message) => message,
            other => panic!("the server sent what it would not take: {other:?}"),
        }
    }

    /// The next final response to a request of this number; the server's tag is remembered.
    pub(super) async fn response(&mut self, number: u32) -> Response {
        let found = async {
            loop {
                if let SipMessage::Response(response) = self.receive().await
                    && status_of(&response) >= 200
                    && response.cseq().is_some_and(|(of, _)| of == number)
                {
                    return response;
                }
            }
        };
        let response = tokio::time::timeout(PATIENCE, found).await.expect("a response in time");
        if let Some(tag) = response.recipient_tag() {
            self.other_tag.get_or_insert(tag);
        }
        response
    }

    pub(super) async fn status(&mut self, number: u32) -> u16 {
        status_of(&self.response(number).await)
    }

    /// The next request of this method.
    pub(super) async fn request(&self, method: &str) -> Request {
        let found = async {
            loop {
                if let SipMessage::Request(request) = self.receive().await
                    && request.method.to_string() == method
                {
                    return request;
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("a request in time")
    }

    /// Answers a request of the server.
    pub(super) async fn answer(&self, request: &Request, status: u16, extra: &str, body: &str) {
        let mut text = format!("SIP/2.0 {status} Word\r\n");
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            for value in request.fields(name) {
                let tag = if name == "To" && request.recipient_tag().is_none() { ";tag=peer" } else { "" };
                text.push_str(&format!("{name}: {value}{tag}\r\n"));
            }
        }
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let contact = self.addr();
        text.push_str(&format!(
            "Contact: <sip:200@{contact}>\r\n{extra}{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        self.send_bytes(text.as_bytes()).await;
    }

    /// Whether nothing comes for a while.
    pub(super) async fn hears_nothing(&self) -> bool {
        self.hears_nothing_for(Duration::from_millis(200)).await
    }

    pub(super) async fn hears_nothing_for(&self, time: Duration) -> bool {
        tokio::time::timeout(time, self.receive()).await.is_err()
    }

    /// Calls and is answered: INVITE 1, 200, ACK.
    pub(super) async fn invite(&mut self, extra: &str) {
        self.send("INVITE", 1, extra, OFFER).await;
    }

    pub(super) async fn acknowledge(&mut self, number: u32) {
        self.send("ACK", number, "", "").await;
    }
}
