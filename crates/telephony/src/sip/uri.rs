//! SIP and tel URIs as this crate reads and writes them (RFC 3261 section 19.1, RFC 3966).

use std::fmt;
use std::net::IpAddr;

use rsipstack::sip as rsip;

/// The longest URI that is read; RFC 3261 sets none, a datagram does.
const MAX_URI_BYTES: usize = 1_024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Sip,
    Sips,
    Tel,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Transport {
    #[default]
    Udp,
    Tcp,
}

impl Transport {
    /// The word in a Via line.
    pub(crate) fn via(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        }
    }
}

/// A URI taken apart; escapes of the user part are resolved, parameters are kept as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SipUri {
    pub(crate) scheme: Scheme,
    /// The user part, or the number of a tel URI. Empty when there is none.
    pub(crate) user: String,
    /// A domain name or an address without brackets. Empty for tel URIs.
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) params: Vec<(String, Option<String>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UriError {
    /// The scheme is well formed and none that we speak: 416.
    UnknownScheme,
    Malformed,
}

impl SipUri {
    /// Reads one URI without angle brackets.
    pub(crate) fn parse(text: &str) -> Result<Self, UriError> {
        if text.len() > MAX_URI_BYTES
            || text.bytes().any(|byte| byte <= b' ' || matches!(byte, b'<' | b'>' | b'"'))
        {
            return Err(UriError::Malformed);
        }
        let (scheme, rest) = text.split_once(':').ok_or(UriError::Malformed)?;
        if scheme.eq_ignore_ascii_case("sip") {
            Self::hierarchical(Scheme::Sip, rest)
        } else if scheme.eq_ignore_ascii_case("sips") {
            Self::hierarchical(Scheme::Sips, rest)
        } else if scheme.eq_ignore_ascii_case("tel") {
            let (number, params) = split_params(rest);
            if number.is_empty() {
                return Err(UriError::Malformed);
            }
            let user = number.chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')')).collect();
            Ok(Self {
                scheme: Scheme::Tel,
                user,
                host: String::new(),
                port: None,
                params: parse_params(params),
            })
        } else if is_scheme(scheme) {
            Err(UriError::UnknownScheme)
        } else {
            Err(UriError::Malformed)
        }
    }

    fn hierarchical(scheme: Scheme, rest: &str) -> Result<Self, UriError> {
        // The user part may hold `;` and `?` (RFC 3261 section 25.1), so it is cut off first.
        let (user, rest) = match rest.rfind('@') {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => ("", rest),
        };
        let user = user.split_once(':').map_or(user, |(name, _password)| name);
        let rest = rest.split_once('?').map_or(rest, |(before, _headers)| before);
        let (host_port, params) = split_params(rest);
        let (host, port) = split_host_port(host_port).ok_or(UriError::Malformed)?;
        Ok(Self { scheme, user: unescape(user), host, port, params: parse_params(params) })
    }

    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_deref().unwrap_or(""))
    }

    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// UDP unless the URI says otherwise; `None` for transports that we do not speak.
    pub(crate) fn transport(&self) -> Option<Transport> {
        match (self.scheme, self.param("transport")) {
            (Scheme::Sips, _) => None,
            (_, None) => Some(Transport::Udp),
            (_, Some(word)) if word.eq_ignore_ascii_case("udp") => Some(Transport::Udp),
            (_, Some(word)) if word.eq_ignore_ascii_case("tcp") => Some(Transport::Tcp),
            (_, Some(_)) => None,
        }
    }

    pub(crate) fn to_wire(&self) -> rsip::Uri {
        let scheme = match self.scheme {
            Scheme::Sip => rsip::Scheme::Sip,
            Scheme::Sips => rsip::Scheme::Sips,
            Scheme::Tel => rsip::Scheme::Other("tel".into()),
        };
        let auth = (self.scheme != Scheme::Tel && !self.user.is_empty())
            .then(|| rsip::Auth { user: self.user.clone(), password: None });
        let host = if self.scheme == Scheme::Tel { &self.user } else { &self.host };
        let host = match host.parse::<IpAddr>() {
            Ok(ip) => rsip::Host::IpAddr(ip),
            Err(_) => rsip::Host::Domain(rsip::Domain::from(host.as_str())),
        };
        let params = self
            .params
            .iter()
            .map(|(name, value)| {
                rsip::Param::Other(
                    rsip::param::OtherParam::new(name.as_str()),
                    value.as_deref().map(rsip::param::OtherParamValue::new),
                )
            })
            .collect();
        rsip::Uri {
            scheme: Some(scheme),
            auth,
            host_with_port: rsip::HostWithPort { host, port: self.port.map(rsip::Port) },
            params,
            headers: Vec::new(),
        }
    }
}

impl fmt::Display for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_wire().fmt(f)
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn split_params(text: &str) -> (&str, &str) {
    text.split_once(';').unwrap_or((text, ""))
}

pub(crate) fn parse_params(text: &str) -> Vec<(String, Option<String>)> {
    text.split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| match part.split_once('=') {
            Some((name, value)) => (name.trim().to_owned(), Some(value.trim().to_owned())),
            None => (part.to_owned(), None),
        })
        .collect()
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
pub(crate) fn split_host_port(text: &str) -> Option<(String, Option<u16>)> {
    let text = text.trim();
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (inside, after) = rest.split_once(']')?;
        inside.parse::<std::net::Ipv6Addr>().ok()?;
        (inside, after.strip_prefix(':').or(after.is_empty().then_some("")))
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, Some("")),
        }
    };
    let port = match port?.trim() {
        "" => None,
        digits => Some(digits.parse().ok()?),
    };
    let host = host.trim();
    let legal = !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':'));
    legal.then(|| (host.to_owned(), port))
}

fn unescape(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escaped {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_taken_apart_and_written_again() {
        for (text, user, host, port) in [
            ("sip:+74951234567@192.0.2.1:5070;transport=tcp", "+74951234567", "192.0.2.1", Some(5070)),
            ("sip:1234;phone-context=ru@gw.example", "1234;phone-context=ru", "gw.example", None),
            ("SIP:gw.example;lr", "", "gw.example", None),
            ("sip:a%40b@[2001:db8::1]:5060", "a@b", "2001:db8::1", Some(5060)),
            ("sips:bob:secret@host?subject=x", "bob", "host", None),
        ] {
            let uri = SipUri::parse(text).expect(text);
            assert_eq!((uri.user.as_str(), uri.host.as_str(), uri.port), (user, host, port), "{text}");
            assert_eq!(SipUri::parse(&uri.to_string()).as_ref(), Ok(&uri), "{text}");
        }
        assert_eq!(SipUri::parse("tel:+7-495-123-45-67").expect("tel").user, "+74951234567");
    }

    #[test]
    fn what_is_no_uri_is_refused_and_an_unknown_scheme_is_told_apart() {
        for text in
            ["", "sip:", "sip:bob@", "bob@host", "sip:bob@ho st", "sip:b@h:99999", "sip:b@[::1", "tel:"]
        {
            assert_eq!(SipUri::parse(text), Err(UriError::Malformed), "{text}");
        }
        assert_eq!(SipUri::parse("nobodyKnowsThisScheme:opaque"), Err(UriError::UnknownScheme));
        assert_eq!(SipUri::parse("http://example.com"), Err(UriError::UnknownScheme));
    }
}
