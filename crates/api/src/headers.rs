//! Headers that tell browsers what the page may do. The server wraps its embedded pages in the same layer.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Adds what is not set yet: Content-Security-Policy, no sniffing, no referrer, microphone for ourselves only.
pub async fn security_headers(request: Request, next: Next) -> Response {
    let policy = content_security_policy(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (
            PERMISSIONS_POLICY,
            HeaderValue::from_static("microphone=(self), camera=(), geolocation=(), payment=(), usb=()"),
        ),
    ] {
        headers.entry(name).or_insert(value);
    }
    response
}

/// `'self'` covers the socket of the same origin in CSP level 3; Safari before 15.4 wants it spelled out.
fn content_security_policy(headers: &HeaderMap) -> HeaderValue {
    let host =
        headers.get(header::HOST).and_then(|host| host.to_str().ok()).filter(|host| is_plain_host(host));
    let sockets = host.map(|host| format!(" ws://{host} wss://{host}")).unwrap_or_default();
    // Styles inline: Svelte writes style attributes for widths and positions. Scripts never.
    let policy = format!(
        "default-src 'self'; connect-src 'self'{sockets}; script-src 'self'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; worker-src 'self' blob:; \
         object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("a plain host holds header characters only")
}

/// Only characters of host names, addresses and ports may be repeated in a header.
fn is_plain_host(host: &str) -> bool {
    (1..=260).contains(&host.len())
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(host: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        content_security_policy(&headers).to_str().unwrap().to_owned()
    }

    #[test]
    fn the_socket_of_this_host_is_allowed_and_nothing_else() {
        assert!(
            policy("calls.example.org:8443")
                .contains("connect-src 'self' ws://calls.example.org:8443 wss://")
        );
        assert!(policy("[::1]:8080").contains("ws://[::1]:8080"));
    }

    #[test]
    fn a_host_that_is_no_host_cannot_write_into_the_policy() {
        for host in ["evil; script-src *", "a b", "x'y"] {
            assert!(policy(host).contains("connect-src 'self'; script-src 'self';"), "{host}");
        }
    }
}
