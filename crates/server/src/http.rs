//! Serves HTTP: a limited number of connections, none of which may take its time over a request's head.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::start::is_set;

/// Connections at once; more wait in the system's queue. A socket of a page leaves this number once it is open.
pub const CONNECTIONS: usize = 4_096;
/// How long a connection may take over the head of a request, and stay open without one.
const HEAD_LIMIT: Duration = Duration::from_secs(30);
/// With no file descriptor left accepting fails at once, again and again.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy)]
pub struct HttpLimits {
    pub connections: usize,
    pub head: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { connections: CONNECTIONS, head: HEAD_LIMIT }
    }
}

/// Serves until `stop` is set, and then until the requests under way are answered.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: HttpLimits,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        tokio::select! {
            biased;
            () = is_set(&mut stop) => break,
            (stream, peer, permit) = next(&listener, &room) => {
                connections.spawn(talk(stream, peer, permit, router.clone(), limits.head, stop.clone()));
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let permit = room.clone().acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, permit),
            // The peer went while it waited.
            Err(error) if is_of_peer(error.kind()) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted; tried again in a second");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_of_peer(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

async fn talk(
    stream: TcpStream,
    peer: SocketAddr,
    _permit: OwnedSemaphorePermit,
    router: Router,
    head_limit: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().oneshot(request.map(Body::new));
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_limit)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = is_set(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection was cut");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    struct Served {
        address: SocketAddr,
        stop: watch::Sender<bool>,
        task: JoinHandle<()>,
    }

    async fn served(router: Router, connections: usize, head: Duration) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(serve(listener, router, HttpLimits { connections, head }, stopped));
        Served { address, stop, task }
    }

    async fn all_of(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

    #[tokio::test]
    async fn a_client_that_never_finishes_a_head_makes_room_for_the_next() {
        let router = Router::new()
            .route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()));
        let served = served(router, 1, Duration::from_millis(100)).await;
        let mut slow = TcpStream::connect(served.address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        let mut next = TcpStream::connect(served.address).await.unwrap();
        next.write_all(ASK).await.unwrap();
        assert!(all_of(&mut next).await.ends_with(&next.local_addr().unwrap().to_string()));
    }

    #[tokio::test]
    async fn a_stop_waits_for_the_answer_under_way() {
        let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (told, wait) = (asked.clone(), go.clone());
        let answer = async move || {
            told.notify_one();
            wait.notified().await;
            "whole"
        };
        let served = served(Router::new().route("/", get(answer)), 8, HEAD_LIMIT).await;
        let mut client = TcpStream::connect(served.address).await.unwrap();
        client.write_all(ASK).await.unwrap();
        asked.notified().await;
        served.stop.send_replace(true);
        go.notify_one();
        assert!(all_of(&mut client).await.ends_with("whole"));
        served.task.await.unwrap();
        assert!(TcpStream::connect(served.address).await.is_err());
    }
}
