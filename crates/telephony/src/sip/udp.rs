//! The UDP socket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rsipstack::transport::SipConnection;
use rsipstack::transport::udp::UdpConnection;
use tokio::net::UdpSocket;

use super::hop::Hop;
use super::stack::{Gate, Stack};
use super::uri::Transport;
use super::wire::skip_empty_lines;

/// The largest datagram there is.
const MAX_DATAGRAM_BYTES: usize = 65_535;
/// Room in the kernel for a burst: about 2,000 messages of 1 KB.
const SOCKET_BUFFER_BYTES: usize = 2 * 1_024 * 1_024;

pub(super) struct Socket {
    inner: UdpSocket,
}

impl Socket {
    pub(super) fn new(inner: UdpSocket) -> Self {
        Self { inner }
    }

    pub(super) async fn send(&self, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        self.inner.send_to(bytes, to).await.map(|_| ())
    }
}

/// How the library sends. It never receives by itself: see `serve`.
struct SendingHalf(Arc<Socket>);

#[async_trait::async_trait]
impl rsipstack::platform::net::UdpSocket for SendingHalf {
    async fn recv_from(&self, _buf: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        std::future::pending().await
    }

    async fn send_to(&self, buf: &[u8], addr: SocketAddr) -> rsipstack::Result<usize> {
        Ok(self.0.inner.send_to(buf, addr).await?)
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(self.0.inner.local_addr()?)
    }
}

pub(super) fn bind(addr: SocketAddr) -> io::Result<UdpSocket> {
    let domain = if addr.is_ipv6() { socket2::Domain::IPV6 } else { socket2::Domain::IPV4 };
    let socket = socket2::Socket::new(domain, socket2::Type::DGRAM, Some(socket2::Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // The kernel may give less; a small buffer loses bursts, it breaks nothing.
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER_BYTES);
    socket.bind(&addr.into())?;
    UdpSocket::from_std(socket.into())
}

pub(super) async fn connection(socket: &Arc<Socket>, advertised: SocketAddr) -> io::Result<SipConnection> {
    let sending = Arc::new(SendingHalf(socket.clone()));
    let connection =
        UdpConnection::from_socket(sending, Some(advertised), None).await.map_err(io::Error::other)?;
    Ok(SipConnection::Udp(connection))
}

/// Receives for ever.
pub(super) async fn serve(stack: Arc<Stack>, socket: Arc<Socket>, gate: Arc<dyn Gate>) {
    let mut buffer = vec![0u8; MAX_DATAGRAM_BYTES];
    let connection = match stack.connection(Hop { transport: Transport::Udp, addr: stack.local_addr() }).await
    {
        Ok(connection) => connection,
        Err(error) => {
            tracing::error!(%error, "no UDP connection");
            return;
        }
    };
    loop {
        let (length, source) = match socket.inner.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(error) => {
                // An ICMP error of an earlier send shows here; the socket goes on.
                tracing::debug!(%error, "receiving from UDP");
                continue;
            }
        };
        let bytes = &buffer[..length];
        if skip_empty_lines(bytes).is_empty() {
            // A keep-alive of two empty lines is answered by one (RFC 5626 section 3.5.1).
            if bytes == b"\r\n\r\n" {
                let _ = socket.send(b"\r\n", source).await;
            }
            continue;
        }
        let hop = Hop { transport: Transport::Udp, addr: source };
        stack.receive(bytes, hop, &connection, gate.as_ref()).await;
    }
}
