//! TCP connections: one reading and one writing task each, framing by Content-Length (RFC 3261 section 18.3), and
//! a table by which answers and new requests find an open connection.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use rsipstack::transport::channel::ChannelConnection;
use rsipstack::transport::{SipConnection, TransportEvent};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::hop::Hop;
use super::message::SipMessage;
use super::stack::{Gate, Stack};
use super::transaction::sip_addr;
use super::uri::Transport;
use super::wire::{MAX_BODY_BYTES, MAX_HEAD_BYTES, head_end};

/// Connections at once, both ways.
const MAX_CONNECTIONS: usize = 2_048;
/// Connections at once of strangers: the rest is kept for those who are known.
const MAX_STRANGERS: usize = 1_536;
/// Connections at once from one address.
const MAX_CONNECTIONS_PER_SOURCE: usize = 256;
/// Messages that wait for a slow peer; then the sender of that peer waits.
const MAX_WAITING_MESSAGES: usize = 64;
/// A peer that reads nothing for this long loses its connection.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a closing connection may still write.
const LINGER: Duration = Duration::from_millis(200);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A trusted connection without a byte for this long is closed; phones send keep-alives or register more often.
const IDLE_TIMEOUT: Duration = Duration::from_secs(7_500);
/// Any other is closed when no whole message comes for this long: time enough for a phone to answer a challenge.
const STRANGER_TIMEOUT: Duration = Duration::from_secs(60);
/// A message must be whole within this time from its first byte.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct TcpConnections {
    open: Mutex<HashMap<SocketAddr, Open>>,
    gate: std::sync::OnceLock<Arc<dyn Gate>>,
}

struct Open {
    connection: SipConnection,
    closed: CancellationToken,
    standing: Standing,
}

/// How a connection's peer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Stranger,
    /// A password was once proved from its address: there is room for it, and it has to prove it again.
    Expected,
    /// A trunk, a peer that we called, or a phone that proved its password on this connection.
    Trusted,
}

/// How long a connection may keep us waiting.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// When the last whole message came.
    spoken: Instant,
    /// When the last byte came.
    heard: Instant,
    /// When the first byte of the message came that is not whole yet.
    begun: Option<Instant>,
}

impl Patience {
    fn new(now: Instant) -> Self {
        Self { spoken: now, heard: now, begun: None }
    }

    fn message(&mut self, now: Instant) {
        self.spoken = now;
        self.begun = None;
    }

    /// So many bytes wait for the rest of their message.
    fn bytes(&mut self, waiting: usize, now: Instant) {
        self.heard = now;
        self.begun = if waiting == 0 { None } else { self.begun.or(Some(now)) };
    }

    fn ends(&self, standing: Standing) -> Instant {
        match (self.begun, standing) {
            (Some(begun), _) => begun + MESSAGE_TIMEOUT,
            (None, Standing::Trusted) => self.heard + IDLE_TIMEOUT,
            (None, Standing::Stranger | Standing::Expected) => self.spoken + STRANGER_TIMEOUT,
        }
    }
}

impl TcpConnections {
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SocketAddr, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, peer: SocketAddr) -> Option<SipConnection> {
        self.lock().get(&peer).filter(|open| !open.closed.is_cancelled()).map(|open| open.connection.clone())
    }

    /// The peer proved who it is.
    pub(super) fn trust(&self, peer: SocketAddr) {
        if let Some(open) = self.lock().get_mut(&peer) {
            open.standing = Standing::Trusted;
        }
    }

    fn standing(&self, peer: SocketAddr) -> Standing {
        self.lock().get(&peer).map_or(Standing::Stranger, |open| open.standing)
    }

    fn has_room(&self, peer: SocketAddr, standing: Standing) -> bool {
        let open = self.lock();
        let strangers = || open.values().filter(|open| open.standing == Standing::Stranger).count();
        let fits = match standing {
            Standing::Stranger => strangers() < MAX_STRANGERS,
            Standing::Expected | Standing::Trusted => true,
        };
        fits && open.len() < MAX_CONNECTIONS
            && open.keys().filter(|other| other.ip() == peer.ip()).count() < MAX_CONNECTIONS_PER_SOURCE
    }
}

pub(super) fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let domain = if addr.is_ipv6() { socket2::Domain::IPV6 } else { socket2::Domain::IPV4 };
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, Some(socket2::Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(1_024)?;
    TcpListener::from_std(socket.into())
}

/// Accepts for ever.
pub(super) async fn listen(stack: Arc<Stack>, listener: TcpListener, gate: Arc<dyn Gate>) {
    let _ = stack.tcp.gate.set(gate.clone());
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let standing = gate.standing(peer);
                if !stack.tcp.has_room(peer, standing) {
                    tracing::debug!(%peer, "too many TCP connections");
                } else if let Err(error) = open(&stack, stream, peer, standing).await {
                    tracing::debug!(%error, %peer, "a TCP connection was not set up");
                }
            }
            Err(error) => {
                // Out of descriptors: wait for some to close instead of spinning.
                tracing::warn!(%error, "accepting TCP");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

pub(super) async fn connect(stack: &Stack, peer: SocketAddr) -> io::Result<SipConnection> {
    if let Some(connection) = stack.tcp.find(peer) {
        return Ok(connection);
    }
    if !stack.tcp.has_room(peer, Standing::Trusted) {
        return Err(io::Error::other("too many TCP connections"));
    }
    let stream = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(peer))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    open(stack, stream, peer, Standing::Trusted).await
}

async fn open(
    stack: &Stack,
    stream: TcpStream,
    peer: SocketAddr,
    standing: Standing,
) -> io::Result<SipConnection> {
    stream.set_nodelay(true)?;
    let (reading, writing) = stream.into_split();
    let (outgoing, messages) = mpsc::channel(MAX_WAITING_MESSAGES);
    // The library wants a receiver of incoming messages; ours come by `Stack::receive`.
    let (_, unused) = mpsc::unbounded_channel();
    let address = sip_addr(Hop { transport: Transport::Tcp, addr: peer });
    let connection = ChannelConnection::create_connection_bounded(unused, outgoing, address, None)
        .await
        .map(SipConnection::Channel)
        .map_err(io::Error::other)?;
    let closed = CancellationToken::new();
    stack.tcp.lock().insert(peer, Open { connection: connection.clone(), closed: closed.clone(), standing });
    let Some(owner) = stack.this() else { return Err(io::Error::other("the stack is stopping")) };
    let read_connection = connection.clone();
    stack.spawn(async move {
        let gate = owner.tcp.gate.get().cloned();
        if let Some(gate) = gate {
            let mut writer = std::pin::pin!(write(writing, messages));
            tokio::select! {
                () = closed.cancelled() => {}
                () = read(&owner, reading, peer, &read_connection, gate.as_ref()) => {
                    // What was answered last goes out before the connection closes.
                    let _ = tokio::time::timeout(LINGER, &mut writer).await;
                }
                () = &mut writer => {}
            }
        }
        closed.cancel();
        let mut open = owner.tcp.lock();
        // A newer connection of the same peer stays.
        if open.get(&peer).is_some_and(|open| open.closed.is_cancelled()) {
            open.remove(&peer);
        }
    });
    Ok(connection)
}

async fn write(mut writing: OwnedWriteHalf, mut messages: mpsc::Receiver<TransportEvent>) {
    while let Some(event) = messages.recv().await {
        let bytes = match event {
            TransportEvent::Incoming(SipMessage::Request(request), _, _) => request.to_bytes(),
            TransportEvent::Incoming(SipMessage::Response(response), _, _) => response.to_bytes(),
            TransportEvent::New(_) | TransportEvent::Closed(_) => continue,
        };
        match tokio::time::timeout(WRITE_TIMEOUT, writing.write_all(&bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(%error, "writing TCP");
                return;
            }
            Err(_) => {
                tracing::debug!("a TCP peer reads too slowly");
                return;
            }
        }
    }
}

async fn read(
    stack: &Arc<Stack>,
    mut reading: OwnedReadHalf,
    peer: SocketAddr,
    connection: &SipConnection,
    gate: &dyn Gate,
) {
    let mut buffer = BytesMut::with_capacity(8 * 1_024);
    let source = Hop { transport: Transport::Tcp, addr: peer };
    let mut patience = Patience::new(Instant::now());
    loop {
        match frame(&mut buffer) {
            Frame::Message(bytes) => {
                patience.message(Instant::now());
                if !stack.receive(&bytes, source, connection, gate).await && !is_framed(&bytes) {
                    // Where the next message begins is unknown now.
                    return;
                }
                continue;
            }
            Frame::TooLarge => return,
            Frame::More => {}
        }
        patience.bytes(buffer.len(), Instant::now());
        // A peer may be trusted while it is waited for: the time is judged again at its end.
        loop {
            let ends = patience.ends(stack.tcp.standing(peer));
            if ends <= Instant::now() {
                return;
            }
            match tokio::time::timeout_at(ends, reading.read_buf(&mut buffer)).await {
                Ok(Ok(1..)) => break,
                Ok(Ok(0) | Err(_)) => return,
                Err(_) => {}
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Frame {
    Message(BytesMut),
    More,
    TooLarge,
}

/// Takes one message off the front of a stream.
fn frame(buffer: &mut BytesMut) -> Frame {
    let empty = buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    buffer.advance(empty);
    let Some((end, body)) = head_end(buffer) else {
        return if buffer.len() > MAX_HEAD_BYTES { Frame::TooLarge } else { Frame::More };
    };
    // Without a length that can be read, the head alone is judged; the judge refuses it.
    let length = content_length(&buffer[..end]).unwrap_or(0);
    if length > MAX_BODY_BYTES || body > MAX_HEAD_BYTES {
        return Frame::TooLarge;
    }
    if buffer.len() < body + length { Frame::More } else { Frame::Message(buffer.split_to(body + length)) }
}

fn content_length(head: &[u8]) -> Option<usize> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = std::str::from_utf8(&line[..colon]).ok()?.trim();
        if !name.eq_ignore_ascii_case("Content-Length") && !name.eq_ignore_ascii_case("l") {
            return None;
        }
        std::str::from_utf8(&line[colon + 1..]).ok()?.trim().parse().ok()
    })
}

fn is_framed(bytes: &[u8]) -> bool {
    head_end(bytes).is_some_and(|(end, _)| content_length(&bytes[..end]).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_off_a_stream_by_their_length() {
        let mut buffer = BytesMut::from(&b"\r\n\r\nA\r\nl: 3\r\n\r\nabcB\r\nContent-Length: 0\r\n\r\nC"[..]);
        assert_eq!(frame(&mut buffer), Frame::Message(BytesMut::from(&b"A\r\nl: 3\r\n\r\nabc"[..])));
        assert_eq!(
            frame(&mut buffer),
            Frame::Message(BytesMut::from(&b"B\r\nContent-Length: 0\r\n\r\n"[..]))
        );
        assert_eq!(frame(&mut buffer), Frame::More);
        assert_eq!(&buffer[..], b"C");
    }

    #[test]
    fn a_message_that_never_ends_is_too_large() {
        let mut endless = BytesMut::from(&vec![b'x'; MAX_HEAD_BYTES + 1][..]);
        assert_eq!(frame(&mut endless), Frame::TooLarge);
        let mut huge = BytesMut::from(&b"A\r\nContent-Length: 99999999\r\n\r\n"[..]);
        assert_eq!(frame(&mut huge), Frame::TooLarge);
    }

    #[test]
    fn a_message_is_waited_for_from_its_first_byte_and_a_stranger_from_its_last_message() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut patience = Patience::new(start);
        for standing in [Standing::Stranger, Standing::Expected] {
            assert_eq!(patience.ends(standing), at(60));
        }
        assert_eq!(patience.ends(Standing::Trusted), at(7_500));
        // Byte by byte.
        for second in [10, 20, 30] {
            patience.bytes(second as usize, at(second));
            assert_eq!(patience.ends(Standing::Trusted), at(10) + MESSAGE_TIMEOUT);
        }
        patience.message(at(35));
        patience.bytes(0, at(35));
        // Keep-alives keep only those who are trusted.
        patience.bytes(0, at(50));
        assert_eq!(patience.ends(Standing::Stranger), at(95));
        assert_eq!(patience.ends(Standing::Trusted), at(7_550));
    }

    #[tokio::test]
    async fn strangers_leave_room_for_those_who_are_known() {
        let (_, unused) = mpsc::unbounded_channel();
        let peer = |n: usize| SocketAddr::from(([10, 0, (n / 200) as u8, (n % 200) as u8], 5060));
        let address = sip_addr(Hop { transport: Transport::Tcp, addr: peer(0) });
        let connection =
            ChannelConnection::create_connection_bounded(unused, mpsc::channel(1).0, address, None)
                .await
                .map(SipConnection::Channel)
                .expect("a connection");
        let table = TcpConnections::default();
        for n in 0..MAX_STRANGERS {
            assert!(table.has_room(peer(n), Standing::Stranger));
            let (connection, closed) = (connection.clone(), CancellationToken::new());
            table.lock().insert(peer(n), Open { connection, closed, standing: Standing::Stranger });
        }
        let next = peer(MAX_STRANGERS);
        assert!(!table.has_room(next, Standing::Stranger));
        assert!(table.has_room(next, Standing::Expected) && table.has_room(next, Standing::Trusted));
        table.trust(peer(7));
        assert_eq!(table.standing(peer(7)), Standing::Trusted);
        assert!(table.has_room(next, Standing::Stranger), "one stranger proved itself");
    }
}
