//! Where the next message goes: an address and a transport.

use std::net::SocketAddr;
use std::time::Duration;

use super::uri::{SipUri, Transport};

/// A name that does not resolve within this time is given up.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Hop {
    pub(crate) transport: Transport,
    pub(crate) addr: SocketAddr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HopError {
    #[error("the address asks for a transport that is not spoken here")]
    Transport,
    #[error("the name does not resolve")]
    Name,
}

/// Resolves a URI (RFC 3263 without NAPTR and SRV: address records and the default port). Waits on DNS for names,
/// so it runs only in the task of the one leg or trunk that needs it.
pub(crate) async fn resolve(uri: &SipUri) -> Result<Hop, HopError> {
    let transport = uri.transport().ok_or(HopError::Transport)?;
    let port = uri.port.unwrap_or(5060);
    if let Some(ip) = uri.ip() {
        return Ok(Hop { transport, addr: SocketAddr::new(ip, port) });
    }
    if uri.host.is_empty() {
        return Err(HopError::Name);
    }
    let lookup = tokio::net::lookup_host((uri.host.as_str(), port));
    let mut found = tokio::time::timeout(RESOLVE_TIMEOUT, lookup)
        .await
        .map_err(|_| HopError::Name)?
        .map_err(|_| HopError::Name)?;
    let addr = found.find(SocketAddr::is_ipv4).ok_or(HopError::Name)?;
    Ok(Hop { transport, addr })
}
