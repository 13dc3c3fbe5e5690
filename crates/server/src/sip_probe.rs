//! Asks the own SIP port for a sign of life, as any monitor of a trunk does, so that `/readyz` knows more than that
//! the port was bound once.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::watch;

/// How often the listener is asked.
pub const PACE: Pace = Pace { every: Duration::from_secs(5), patience: Duration::from_secs(2) };
/// One lost datagram means nothing; so many in a row do.
const MISSES: u32 = 2;
const MAX_DATAGRAM_BYTES: usize = 4_096;

#[derive(Clone, Copy)]
pub struct Pace {
    every: Duration,
    /// An answer that takes longer is none.
    patience: Duration,
}

/// What the listener is known to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listener {
    Answers,
    /// With the reason, for people.
    Silent(String),
}

/// Asks again and again until `stopped` is set; the caller owns it.
pub async fn watch_listener(
    bound: SocketAddr,
    pace: Pace,
    told: watch::Sender<Listener>,
    mut stopped: watch::Receiver<bool>,
) {
    let asked = reachable(bound);
    let mut misses = 0;
    let mut every = tokio::time::interval(pace.every);
    for count in 0u64.. {
        tokio::select! {
            () = crate::start::is_set(&mut stopped) => return,
            _ = every.tick() => {}
        }
        let answer = tokio::time::timeout(pace.patience, ask(asked, count)).await;
        let missed = match answer {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_elapsed) => Some(format!("no answer within {} s", pace.patience.as_secs())),
        };
        misses = if missed.is_some() { misses + 1 } else { 0 };
        let listener = match missed {
            None => Listener::Answers,
            Some(why) if misses >= MISSES => {
                Listener::Silent(format!("SIP on {bound} does not answer OPTIONS: {why}"))
            }
            Some(_) => continue,
        };
        if told.send_if_modified(|known| std::mem::replace(known, listener.clone()) != listener)
            && let Listener::Silent(why) = &listener
        {
            tracing::error!("{why}; restart the server");
        }
    }
}

/// An address of all interfaces is asked on loopback.
fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

/// Any SIP response will do: even a refusal comes from a listener that lives.
async fn ask(listener: SocketAddr, count: u64) -> std::io::Result<()> {
    let socket = UdpSocket::bind(SocketAddr::new(listener.ip(), 0)).await?;
    // Connected, the socket hears of a closed port at once (ICMP).
    socket.connect(listener).await?;
    let own = socket.local_addr()?;
    let call_id = format!("probe-{count}-{}", own.port());
    socket.send(options(listener, own, &call_id).as_bytes()).await?;
    let mut buffer = vec![0; MAX_DATAGRAM_BYTES];
    loop {
        let length = socket.recv(&mut buffer).await?;
        let answer = String::from_utf8_lossy(&buffer[..length]);
        if answer.starts_with("SIP/2.0 ") && answer.contains(&call_id) {
            return Ok(());
        }
    }
}

/// RFC 3261 section 11.1; the branch begins as section 8.1.1.7 wants.
fn options(listener: SocketAddr, own: SocketAddr, call_id: &str) -> String {
    [
        &format!("OPTIONS sip:{listener} SIP/2.0"),
        &format!("Via: SIP/2.0/UDP {own};branch=z9hG4bK{call_id};rport"),
        "Max-Forwards: 1",
        &format!("From: <sip:probe@{own}>;tag={call_id}"),
        &format!("To: <sip:{listener}>"),
        &format!("Call-ID: {call_id}"),
        "CSeq: 1 OPTIONS",
        "Content-Length: 0",
        "",
        "",
    ]
    .join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Pace = Pace { every: Duration::from_millis(10), patience: Duration::from_secs(30) };

    async fn next(told: &mut watch::Receiver<Listener>, wanted: impl Fn(&Listener) -> bool) -> Listener {
        told.wait_for(wanted).await.unwrap().clone()
    }

    #[tokio::test]
    async fn a_closed_port_is_silent_and_says_why() {
        let gone = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let (sender, mut told) = watch::channel(Listener::Answers);
        let (_stop, stopped) = watch::channel(false);
        let probe = tokio::spawn(watch_listener(gone, QUICK, sender, stopped));
        let Listener::Silent(why) = next(&mut told, |known| *known != Listener::Answers).await else {
            panic!("it answers")
        };
        assert!(why.contains(&gone.to_string()) && why.contains("refused"), "{why}");
        probe.abort();
    }

    #[tokio::test]
    async fn a_listener_that_answers_again_is_ready_again() {
        let listener = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (sender, mut told) = watch::channel(Listener::Silent("before".into()));
        let (_stop, stopped) = watch::channel(false);
        let probe = tokio::spawn(watch_listener(listener.local_addr().unwrap(), QUICK, sender, stopped));
        let mut buffer = [0; 2_048];
        let (length, from) = listener.recv_from(&mut buffer).await.unwrap();
        let asked = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let answer = asked.replacen("OPTIONS sip:", "SIP/2.0 200 OK sip:", 1);
        listener.send_to(answer.as_bytes(), from).await.unwrap();
        next(&mut told, |known| *known == Listener::Answers).await;
        probe.abort();
    }
}
