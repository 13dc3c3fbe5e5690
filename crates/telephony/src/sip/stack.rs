//! Sockets and the transaction layer, joined. The sockets are ours, so that every message is judged before the
//! library sees it and no library log holds one.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use rsipstack::platform::mpsc::UnboundedReceiver;
use rsipstack::transaction::endpoint::{EndpointInner, EndpointOption};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::{EndpointBuilder, Transaction};
use rsipstack::transport::SipConnection;
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::check::{Framing, Verdict, judge, refusal};
use super::hop::Hop;
use super::message::{Header, PRODUCT, Request, Response, SipMessage, header, status_of};
use super::tcp::{Standing, TcpConnections};
use super::transaction::{ServerTransaction, note_source, sip_addr};
use super::udp;
use super::uri::Transport;

/// Requests that may wait for the dispatcher; one more is answered with 503.
const MAX_WAITING_REQUESTS: usize = 4_096;
/// How often a free port for both transports is looked for when port 0 was asked for.
const PORT_ATTEMPTS: usize = 64;

/// What stands before the transaction layer and judges by source. Called in the receiving task: must not wait.
pub(crate) trait Gate: Send + Sync {
    fn admit(&self, request: &Request, source: Hop) -> Admission;
    /// A response that no transaction may want any more: `None` when it was taken.
    fn response(&self, response: Response, source: Hop) -> Option<Response>;
    /// How the peer of a new TCP connection is known.
    fn standing(&self, source: SocketAddr) -> Standing;
    /// Whether a malformed or refused message of this source still gets an answer.
    fn answers_refused(&self, source: SocketAddr) -> bool;
}

#[derive(Debug)]
pub(crate) enum Admission {
    Pass,
    /// Answered without a transaction: nothing is kept of who asks.
    Answer(u16, Vec<Header>),
    Refuse(u16, Vec<Header>),
    Ignore,
}

/// Sums since the start, for tests and `/metrics`.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) received: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) ignored: AtomicU64,
    pub(crate) overloaded: AtomicU64,
}

pub(crate) struct Stack {
    endpoint: Arc<EndpointInner>,
    udp: Arc<udp::Socket>,
    udp_connection: SipConnection,
    pub(super) tcp: TcpConnections,
    local: SocketAddr,
    public_ip: IpAddr,
    tasks: TaskTracker,
    stop: CancellationToken,
    waiting: AtomicUsize,
    pub(crate) traffic: Traffic,
    this: std::sync::Weak<Stack>,
}

/// What `Stack::serve` needs and nobody else.
pub(crate) struct Listeners {
    tcp: TcpListener,
    incoming: UnboundedReceiver<Transaction>,
}

impl Stack {
    /// Binds UDP and TCP on one address and starts the transaction timers.
    pub(crate) async fn bind(
        bind: SocketAddr,
        public_ip: IpAddr,
        t1: Duration,
    ) -> io::Result<(Arc<Self>, Listeners)> {
        let (socket, tcp) = bind_both(bind).await?;
        let local = socket.local_addr()?;
        let stop = CancellationToken::new();
        let udp = Arc::new(udp::Socket::new(socket));
        let udp_connection = udp::connection(&udp, SocketAddr::new(public_ip, local.port())).await?;
        let endpoint = EndpointBuilder::new()
            .with_user_agent(PRODUCT)
            .with_cancel_token(stop.clone())
            // The ACK of a 2xx belongs to the dialog, which knows the route (RFC 3261 section 13.2.2.4).
            .with_option(EndpointOption {
                t1,
                t1x64: t1 * 64,
                auto_ack_2xx: false,
                ..EndpointOption::default()
            })
            .build();
        let incoming = endpoint.incoming_transactions().map_err(io::Error::other)?;
        let stack = Arc::new_cyclic(|this| Self {
            endpoint: endpoint.inner.clone(),
            udp,
            udp_connection,
            tcp: TcpConnections::default(),
            local,
            public_ip,
            tasks: TaskTracker::new(),
            stop,
            waiting: AtomicUsize::new(0),
            traffic: Traffic::default(),
            this: this.clone(),
        });
        Ok((stack, Listeners { tcp, incoming }))
    }

    /// Starts receiving. Each request that has a transaction is given to `dispatch`, which must not wait.
    pub(crate) fn serve(
        self: &Arc<Self>,
        listeners: Listeners,
        gate: Arc<dyn Gate>,
        dispatch: impl Fn(ServerTransaction) + Send + 'static,
    ) {
        let Listeners { tcp, mut incoming } = listeners;
        let timers = self.endpoint.clone();
        self.spawn(async move { timers.process_timer().await });
        self.spawn(udp::serve(self.clone(), self.udp.clone(), gate.clone()));
        self.spawn(super::tcp::listen(self.clone(), tcp, gate));
        let stack = self.clone();
        self.spawn(async move {
            while let Some(transaction) = incoming.recv().await {
                stack.waiting.store(incoming.len(), Ordering::Relaxed);
                if let Some(transaction) = ServerTransaction::new(transaction) {
                    dispatch(transaction);
                }
            }
        });
    }

    /// Runs a task that ends with the stack.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Judges bytes, answers what is wrong, hands the rest to the transaction layer. Says whether a stream may go on.
    pub(super) async fn receive(
        self: &Arc<Self>,
        bytes: &[u8],
        source: Hop,
        connection: &SipConnection,
        gate: &dyn Gate,
    ) -> bool {
        self.traffic.received.fetch_add(1, Ordering::Relaxed);
        let framing = match source.transport {
            Transport::Udp => Framing::Datagram,
            Transport::Tcp => Framing::Stream,
        };
        let (message, from) = match judge(bytes, source.addr, framing) {
            Verdict::Drop(why) => {
                self.traffic.malformed.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(peer = %source.addr, why, "message dropped");
                return false;
            }
            Verdict::Refuse { response, to } => {
                self.traffic.malformed.fetch_add(1, Ordering::Relaxed);
                if gate.answers_refused(source.addr) {
                    self.send_direct(response, source, to, connection).await;
                }
                return false;
            }
            Verdict::Accept(message) => (message, sip_addr(source)),
        };
        match message {
            SipMessage::Request(request) => {
                self.receive_request(request, source, connection, from, gate).await;
            }
            SipMessage::Response(response) => {
                if let Some(response) = gate.response(response, source) {
                    let message = SipMessage::Response(response);
                    if let Err(error) =
                        self.endpoint.on_received_message(message, connection.clone(), &from).await
                    {
                        tracing::debug!(%error, peer = %source.addr, "response dropped");
                    }
                }
            }
        }
        true
    }

    async fn receive_request(
        self: &Arc<Self>,
        mut request: Request,
        source: Hop,
        connection: &SipConnection,
        from: rsipstack::transport::SipAddr,
        gate: &dyn Gate,
    ) {
        let admission = if self.waiting.load(Ordering::Relaxed) > MAX_WAITING_REQUESTS {
            self.traffic.overloaded.fetch_add(1, Ordering::Relaxed);
            Admission::Refuse(503, vec![header("Retry-After", "5")])
        } else {
            gate.admit(&request, source)
        };
        let (status, extra) = match admission {
            Admission::Pass => match TransactionKey::from_request(&request, TransactionRole::Server) {
                Ok(_) => {
                    note_source(&mut request.headers, source);
                    let message = SipMessage::Request(request);
                    if let Err(error) =
                        self.endpoint.on_received_message(message, connection.clone(), &from).await
                    {
                        tracing::debug!(%error, peer = %source.addr, "request dropped");
                    }
                    return;
                }
                // The library reads addresses more narrowly than the judge.
                Err(_) => (400, Vec::new()),
            },
            Admission::Answer(status, extra) => {
                self.answer_direct(&request, status, extra, source, connection).await;
                return;
            }
            Admission::Refuse(status, extra) => (status, extra),
            Admission::Ignore => {
                self.traffic.ignored.fetch_add(1, Ordering::Relaxed);
                return;
            }
        };
        self.traffic.refused.fetch_add(1, Ordering::Relaxed);
        if request.method != rsipstack::sip::Method::Ack {
            self.answer_direct(&request, status, extra, source, connection).await;
        }
    }

    async fn answer_direct(
        &self,
        request: &Request,
        status: u16,
        extra: Vec<Header>,
        source: Hop,
        connection: &SipConnection,
    ) {
        let to = super::header::Via::parse(
            super::header::split_list(super::message::Fields::field(request, "Via").unwrap_or(""))
                .first()
                .copied()
                .unwrap_or(""),
        )
        .map_or(source.addr, |via| via.reply_to(source.addr));
        self.send_direct(refusal(&request.headers, status, extra), source, to, connection).await;
    }

    /// Sends a response without a transaction.
    async fn send_direct(&self, response: Response, source: Hop, to: SocketAddr, connection: &SipConnection) {
        tracing::debug!(peer = %source.addr, status = status_of(&response), "answered without a transaction");
        let sent = match source.transport {
            Transport::Udp => {
                self.udp.send(&response.to_bytes(), to).await.map_err(|error| error.to_string())
            }
            Transport::Tcp => {
                connection.send(SipMessage::Response(response), None).await.map_err(|error| error.to_string())
            }
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "a refusal was not sent");
        }
    }

    /// The connection to a peer; opens one over TCP when there is none.
    pub(crate) async fn connection(&self, hop: Hop) -> io::Result<SipConnection> {
        match hop.transport {
            Transport::Udp => Ok(self.udp_connection.clone()),
            Transport::Tcp => super::tcp::connect(self, hop.addr).await,
        }
    }

    pub(super) fn endpoint(&self) -> Arc<EndpointInner> {
        self.endpoint.clone()
    }

    pub(super) fn this(&self) -> Option<Arc<Self>> {
        self.this.upgrade()
    }

    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.stop
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The address in our Via and Contact.
    pub(crate) fn advertised(&self) -> SocketAddr {
        SocketAddr::new(self.public_ip, self.local.port())
    }

    pub(crate) fn count_answer(&self, status: u16) {
        if status == 503 {
            self.traffic.overloaded.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Running and finished transactions; the latter wait for retransmissions (64 T1).
    pub(crate) fn transactions(&self) -> (usize, usize) {
        let stats = self.endpoint.get_stats();
        (stats.running_transactions, stats.finished_transactions)
    }

    /// A peer proved who it is: its connection may rest.
    pub(crate) fn trust(&self, source: Hop) {
        match source.transport {
            Transport::Udp => {}
            Transport::Tcp => self.tcp.trust(source.addr),
        }
    }

    pub(crate) fn tcp_connections(&self) -> usize {
        self.tcp.len()
    }

    /// Ends all tasks of the stack and closes its sockets.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
    }
}

async fn bind_both(bind: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = None;
    for _ in 0..PORT_ATTEMPTS {
        let udp = udp::bind(bind)?;
        let port = udp.local_addr()?.port();
        match super::tcp::bind(SocketAddr::new(bind.ip(), port)) {
            Ok(tcp) => return Ok((udp, tcp)),
            // Somebody has the TCP port of the number that UDP got: try another one.
            Err(error) if bind.port() == 0 => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::other("no port is free")))
}
