//! Transactions as calls and registrations use them. The library's own are driven by one small task each, because
//! its `receive` must not be dropped half-way.

use std::net::SocketAddr;

use rsipstack::transaction::transaction::{TransactionEvent, TransactionEventSender};
use rsipstack::transaction::{Transaction, key::TransactionKey, key::TransactionRole};
use rsipstack::transport::SipAddr;
use tokio::sync::mpsc;

use super::hop::Hop;
use super::message::{Fields, Header, Headers, Method, Request, Response, SipMessage, respond_to, status_of};
use super::stack::Stack;
use super::uri::Transport;

/// An own field that carries the source of a request past the library; its name cannot come from a peer, since it
/// is no token.
const SOURCE_FIELD: &str = ":source";

/// The tag of responses that no peer has sent. A peer that uses it fools only itself.
const LOCAL_TAG: &str = "local";

/// Notes the source on a request that is handed to the library.
pub(crate) fn note_source(headers: &mut Headers, hop: Hop) {
    headers.push(Header::Other(SOURCE_FIELD.into(), format!("{} {}", hop.transport.via(), hop.addr)));
}

fn noted_source(headers: &Headers) -> Option<Hop> {
    let (transport, addr) = headers.field(SOURCE_FIELD)?.split_once(' ')?;
    let transport = if transport == Transport::Tcp.via() { Transport::Tcp } else { Transport::Udp };
    Some(Hop { transport, addr: addr.parse().ok()? })
}

/// A request that waits for our answer.
pub(crate) struct ServerTransaction {
    inner: Transaction,
    source: Hop,
}

impl ServerTransaction {
    pub(super) fn new(mut inner: Transaction) -> Option<Self> {
        let source = noted_source(&inner.original.headers)?;
        if source.transport == Transport::Udp {
            let via =
                super::header::Via::parse(super::header::split_list(inner.original.field("Via")?).first()?)?;
            inner.destination = Some(sip_addr(Hop { addr: via.reply_to(source.addr), ..source }));
        }
        Some(Self { inner, source })
    }

    pub(crate) fn request(&self) -> &Request {
        &self.inner.original
    }

    /// Where the request came from.
    pub(crate) fn source(&self) -> Hop {
        self.source
    }

    /// The one final answer to a request that is no INVITE, or to an INVITE that makes no call.
    pub(crate) async fn answer(
        mut self,
        stack: &Stack,
        status: u16,
        to_tag: Option<&str>,
        extra: Vec<Header>,
        body: Vec<u8>,
    ) {
        let fallback = rsipstack::transaction::random_text(8);
        let tag = to_tag.unwrap_or(&fallback);
        let response = respond_to(&self.inner.original.headers, status, Some(tag), extra, body);
        stack.count_answer(status);
        if let Err(error) = self.inner.respond(response).await {
            tracing::debug!(%error, status, "an answer was not sent");
        }
        if self.inner.original.method == Method::Invite {
            // The answer is repeated until the ACK comes (RFC 3261 section 17.2.1).
            stack.tasks().spawn(async move { while self.inner.receive().await.is_some() {} });
        }
    }

    /// Hands an INVITE to a task that keeps its transaction; what the peer does next comes through `events`.
    pub(crate) fn into_invite<T: Send + 'static>(
        self,
        stack: &Stack,
        events: mpsc::Sender<T>,
        wrap: impl Fn(InviteServerEvent) -> T + Send + 'static,
    ) -> InviteServer {
        let Self { mut inner, .. } = self;
        let invite =
            InviteServer { respond: inner.tu_sender.clone(), headers: inner.original.headers.clone() };
        stack.tasks().spawn(async move {
            while let Some(message) = inner.receive().await {
                let event = match message {
                    SipMessage::Request(request) if request.method == Method::Ack => {
                        InviteServerEvent::Ack(request)
                    }
                    SipMessage::Request(request) if request.method == Method::Cancel => {
                        InviteServerEvent::Cancel
                    }
                    SipMessage::Request(_) | SipMessage::Response(_) => continue,
                };
                // A leg that is over needs no news, yet the transaction must be driven to its end.
                let _ = events.send(wrap(event)).await;
            }
            let _ = events.send(wrap(InviteServerEvent::Over)).await;
        });
        invite
    }
}

#[derive(Debug)]
pub(crate) enum InviteServerEvent {
    Ack(Request),
    Cancel,
    /// The transaction ended: acknowledged, or given up after 64 T1.
    Over,
}

/// An INVITE of a peer whose transaction lives on.
pub(crate) struct InviteServer {
    respond: TransactionEventSender,
    pub(crate) headers: Headers,
}

impl InviteServer {
    pub(crate) fn respond(
        &self,
        stack: &Stack,
        status: u16,
        to_tag: Option<&str>,
        extra: Vec<Header>,
        body: Vec<u8>,
    ) {
        let response = respond_to(&self.headers, status, to_tag, extra, body);
        stack.count_answer(status);
        // A transaction that is gone has nobody to answer to.
        let _ = self.respond.send(TransactionEvent::Respond(response));
    }
}

/// Sends an INVITE; every response comes through `replies` until a final one. Its own ACK of a 2xx is the caller's.
pub(crate) fn invite<T: Send + 'static>(
    stack: &std::sync::Arc<Stack>,
    request: Request,
    hop: Hop,
    replies: mpsc::Sender<T>,
    wrap: impl Fn(Response) -> T + Send + 'static,
) {
    let owner = stack.clone();
    stack.tasks().spawn(async move {
        let Some(mut transaction) = begin(&owner, request.clone(), hop).await else {
            let _ = replies.send(wrap(lost(&request, 503))).await;
            return;
        };
        while let Some(message) = transaction.receive().await {
            if let SipMessage::Response(response) = message {
                let last = status_of(&response) >= 200;
                let _ = replies.send(wrap(response)).await;
                if last {
                    return;
                }
            }
        }
    });
}

/// Sends a request that is no INVITE and waits for its final answer; 408 after 64 T1 without one, 503 when nothing
/// could be sent.
pub(crate) async fn request(stack: &Stack, request: Request, hop: Hop) -> Response {
    let Some(mut transaction) = begin(stack, request.clone(), hop).await else { return lost(&request, 503) };
    while let Some(message) = transaction.receive().await {
        if let SipMessage::Response(response) = message
            && status_of(&response) >= 200
        {
            return response;
        }
    }
    lost(&request, 408)
}

/// The response that stands for one that could not come (RFC 3261 section 8.1.3.1).
pub(crate) fn lost(request: &Request, status: u16) -> Response {
    respond_to(&request.headers, status, Some(LOCAL_TAG), Vec::new(), Vec::new())
}

/// Whether a response was made here because none could come.
pub(crate) fn is_lost(response: &Response) -> bool {
    response.recipient_tag().as_deref() == Some(LOCAL_TAG)
}

async fn begin(stack: &Stack, request: Request, hop: Hop) -> Option<Transaction> {
    let connection = match stack.connection(hop).await {
        Ok(connection) => connection,
        Err(error) => {
            tracing::debug!(%error, peer = %hop.addr, "no connection to the peer");
            return None;
        }
    };
    let key = TransactionKey::from_request(&request, TransactionRole::Client)
        .inspect_err(|error| tracing::warn!(%error, "an own request was refused by the transaction layer"))
        .ok()?;
    let mut transaction = Transaction::new_client(key, request, stack.endpoint(), Some(connection));
    transaction.destination = Some(sip_addr(hop));
    transaction.send().await.ok()?;
    Some(transaction)
}

/// Sends a request outside any transaction: an ACK of a 2xx (RFC 3261 section 13.2.2.4).
pub(crate) async fn send_ack(stack: &Stack, ack: Request, hop: Hop) {
    match stack.connection(hop).await {
        Ok(connection) => {
            if let Err(error) = connection.send(SipMessage::Request(ack), Some(&sip_addr(hop))).await {
                tracing::debug!(%error, "an ACK was not sent");
            }
        }
        Err(error) => tracing::debug!(%error, peer = %hop.addr, "no connection for an ACK"),
    }
}

pub(super) fn sip_addr(hop: Hop) -> SipAddr {
    let kind = match hop.transport {
        Transport::Udp => rsipstack::sip::Transport::Udp,
        Transport::Tcp => rsipstack::sip::Transport::Tcp,
    };
    SipAddr::new(kind, rsipstack::sip::HostWithPort::from(SocketAddr::new(hop.addr.ip(), hop.addr.port())))
}
