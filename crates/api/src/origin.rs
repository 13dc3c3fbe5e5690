//! Where a request comes from: the page's origin and the client's address.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::ports::ApiConfig;
use crate::problem::{Answer, Problem};
use crate::state::ApiState;

/// Set by proxies; only those named in the settings are believed.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Whether the page that asks is ours: no origin (no browser), the public address, or the very host that it asks.
pub fn is_own_page(headers: &HeaderMap, public_url: &str) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    if !matches!(scheme, "http" | "https") {
        return false;
    }
    let same_host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .is_some_and(|host| host.eq_ignore_ascii_case(authority));
    same_host || origin.eq_ignore_ascii_case(origin_of(public_url))
}

/// The client's address, for limits.
pub struct Client(pub IpAddr);

impl FromRequestParts<ApiState> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Answer<Self> {
        Ok(Self(client_address(parts, state.config())))
    }
}

/// A person at this very machine, on a page of ours; nobody else gets the demo's doors.
pub struct Local;

impl FromRequestParts<ApiState> for Local {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Answer<Self> {
        let public_url = &state.config().public_url;
        if is_local(parts)
            && is_own_page(&parts.headers, public_url)
            && asks_own_host(&parts.headers, public_url)
        {
            return Ok(Self);
        }
        Err(not_local())
    }
}

pub fn not_local() -> Problem {
    Problem::forbidden("only a browser on the server's own machine may do this; sign in with a password")
}

/// `https://host:port` of an address with or without a path.
fn origin_of(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let end = url[after_scheme..].find('/').map_or(url.len(), |at| after_scheme + at);
    &url[..end]
}

/// Whether the name asked for is this machine's: a foreign name that was made to point here (DNS rebinding) is not.
fn asks_own_host(headers: &HeaderMap, public_url: &str) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    let own = origin_of(public_url).split_once("://").is_some_and(|(_, own)| own.eq_ignore_ascii_case(host));
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _port)) => v6,
        None => host.split(':').next().unwrap_or_default(),
    };
    let loopback = name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    own || loopback || name.eq_ignore_ascii_case("localhost")
}

/// The client's address: the peer, or the last untrusted hop that trusted proxies name.
pub fn client_address(parts: &Parts, config: &ApiConfig) -> IpAddr {
    let peer = peer_address(parts);
    let trusted = |ip: IpAddr| config.trusted_proxies.iter().any(|net| net.contains(&ip));
    if !trusted(peer) {
        return peer;
    }
    let hops = parts.headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<IpAddr> =
        hops.flat_map(|value| value.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
    hops.into_iter().rev().find(|hop| !trusted(*hop)).unwrap_or(peer)
}

/// A person at this very machine: the peer is loopback and nobody forwarded the request.
pub fn is_local(parts: &Parts) -> bool {
    let of_proxy =
        |name: &str| name.starts_with("x-forwarded-") || ["forwarded", "x-real-ip", "via"].contains(&name);
    peer_address(parts).is_loopback() && !parts.headers.keys().any(|name| of_proxy(name.as_str()))
}

fn peer_address(parts: &Parts) -> IpAddr {
    parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        // Without a peer (a server started without connect info) all clients share one unroutable address.
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip().to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn own(origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        is_own_page(&headers, "https://calls.example.org/desk")
    }

    #[test]
    fn own_pages_are_the_public_address_and_the_host_asked() {
        assert!(own(None));
        assert!(own(Some("http://127.0.0.1:8080")));
        assert!(own(Some("https://calls.example.org")));
        for foreign in [
            "https://evil.example",
            "http://127.0.0.1:9999",
            "null",
            "file://",
            "https://calls.example.org.evil",
        ] {
            assert!(!own(Some(foreign)), "{foreign}");
        }
    }

    fn parts(peer: &str, forwarded: Option<&str>) -> Parts {
        let mut request = axum::http::Request::builder();
        if let Some(forwarded) = forwarded {
            request = request.header(FORWARDED_FOR, forwarded);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
        parts
    }

    #[test]
    fn only_trusted_proxies_name_the_client() {
        let mut config = crate::testing::config();
        config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        let client = |peer, forwarded| client_address(&parts(peer, forwarded), &config).to_string();
        assert_eq!(client("192.0.2.9:1", Some("198.51.100.1")), "192.0.2.9", "not a proxy of ours");
        assert_eq!(client("10.0.0.1:1", Some("198.51.100.1, 10.0.0.2")), "198.51.100.1");
        assert_eq!(
            client("10.0.0.1:1", Some("203.0.113.5, 198.51.100.1")),
            "198.51.100.1",
            "the client wrote the first"
        );
        assert_eq!(client("10.0.0.1:1", Some("rubbish")), "10.0.0.1");
    }

    #[test]
    fn a_foreign_name_that_points_here_is_not_our_host() {
        for (host, own) in [
            ("127.0.0.1:8080", true),
            ("localhost:8080", true),
            ("[::1]:8080", true),
            ("calls.example.org", true),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
            assert_eq!(asks_own_host(&headers, "https://calls.example.org/"), own, "{host}");
        }
    }

    #[test]
    fn local_means_loopback_and_not_forwarded() {
        assert!(is_local(&parts("127.0.0.1:5", None)));
        assert!(is_local(&parts("[::1]:5", None)));
        assert!(!is_local(&parts("127.0.0.1:5", Some("198.51.100.1"))));
        assert!(!is_local(&parts("192.0.2.1:5", None)));
    }
}
