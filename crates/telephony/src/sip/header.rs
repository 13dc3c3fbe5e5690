//! Header values read as typed pieces: addresses with parameters, Via, lists (RFC 3261 section 20).

use std::net::{IpAddr, SocketAddr};

use super::uri::{SipUri, Transport, UriError, parse_params, split_host_port};

/// `"Display" <uri>;params` or `uri;params` (RFC 3261 section 20.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameAddr {
    /// Unquoted, control characters taken out.
    pub(crate) display: String,
    pub(crate) uri: SipUri,
    pub(crate) params: Vec<(String, Option<String>)>,
}

impl NameAddr {
    pub(crate) fn parse(text: &str) -> Result<Self, UriError> {
        let text = text.trim();
        let (display, rest) = if let Some(quoted) = text.strip_prefix('"') {
            let (display, after) = unquote(quoted).ok_or(UriError::Malformed)?;
            (display, after.trim_start())
        } else if let Some(open) = text.find('<') {
            (printable(text[..open].trim()), &text[open..])
        } else {
            // Without brackets every parameter belongs to the header (RFC 3261 section 20.10).
            let (uri, params) = text.split_once(';').unwrap_or((text, ""));
            return Ok(Self {
                display: String::new(),
                uri: SipUri::parse(uri.trim())?,
                params: parse_params(params),
            });
        };
        let inside = rest.strip_prefix('<').ok_or(UriError::Malformed)?;
        let (uri, after) = inside.split_once('>').ok_or(UriError::Malformed)?;
        let params = after.trim_start();
        if !params.is_empty() && !params.starts_with(';') {
            return Err(UriError::Malformed);
        }
        Ok(Self { display, uri: SipUri::parse(uri.trim())?, params: parse_params(params) })
    }

    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_deref().unwrap_or(""))
    }
}

/// The tag of a From or To value without reading the whole of it: it stands after the last `>`.
pub(crate) fn tag_of(value: &str) -> Option<String> {
    let params = match value.rfind('>') {
        Some(close) => &value[close + 1..],
        None => value.split_once(';').map_or("", |(_, params)| params),
    };
    params
        .split(';')
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("tag"))
        .map(|(_, tag)| tag.trim().to_owned())
        .filter(|tag| !tag.is_empty())
}

/// Writes a display name as a quoted string, empty for no name.
pub(crate) fn quote(display: &str) -> String {
    let clean: String = printable(display).chars().take(64).collect();
    if clean.is_empty() {
        return String::new();
    }
    let escaped = clean.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\" ")
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// What stands before the closing quote, and what follows it. The opening quote is already taken.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((printable(&out), &text[at + 1..])),
            '\\' => out.push(chars.next()?.1),
            other => out.push(other),
        }
    }
    None
}

/// Splits a header list at commas that stand outside quotes and angle brackets.
pub(crate) fn split_list(value: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped, mut angle) = (0, false, false, false);
    for (at, c) in value.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => angle = true,
            '>' if !quoted => angle = false,
            ',' if !quoted && !angle => {
                parts.push(value[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(value[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// One Via line, top value (RFC 3261 section 20.42).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Via {
    pub(crate) transport: String,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) params: Vec<(String, Option<String>)>,
}

impl Via {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (protocol, rest) = value.split_once('/')?;
        let (version, rest) = rest.split_once('/')?;
        if !protocol.trim().eq_ignore_ascii_case("SIP") || version.trim() != "2.0" {
            return None;
        }
        let rest = rest.trim_start();
        let (transport, rest) = rest.split_once(|c: char| c.is_ascii_whitespace())?;
        let (sent_by, params) = rest.split_once(';').unwrap_or((rest, ""));
        // White space may stand around the colon (RFC 3261 section 25.1, HCOLON of sent-by).
        let sent_by: String = sent_by.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let (host, port) = split_host_port(&sent_by)?;
        Some(Self { transport: transport.to_owned(), host, port, params: parse_params(params) })
    }

    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_deref().unwrap_or(""))
    }

    /// Notes where the request really came from (RFC 3261 section 18.2.1, RFC 3581 section 4).
    pub(crate) fn mark_source(&mut self, source: SocketAddr) {
        let wants_rport = self.param("rport").is_some();
        let same_host = self.host.parse::<IpAddr>().is_ok_and(|ip| ip == source.ip());
        self.params.retain(|(name, _)| {
            !name.eq_ignore_ascii_case("received") && !name.eq_ignore_ascii_case("rport")
        });
        if wants_rport {
            self.params.push(("rport".into(), Some(source.port().to_string())));
        }
        if wants_rport || !same_host {
            self.params.push(("received".into(), Some(source.ip().to_string())));
        }
    }

    /// Where the answer goes (RFC 3261 section 18.2.2, RFC 3581 section 4). Call after `mark_source`.
    pub(crate) fn reply_to(&self, source: SocketAddr) -> SocketAddr {
        let port = match self.param("rport") {
            Some(_) => source.port(),
            None => self.port.unwrap_or(5060),
        };
        SocketAddr::new(source.ip(), port)
    }
}

impl std::fmt::Display for Via {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "SIP/2.0/{} {host}", self.transport)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        for (name, value) in &self.params {
            match value {
                Some(value) => write!(f, ";{name}={value}")?,
                None => write!(f, ";{name}")?,
            }
        }
        Ok(())
    }
}

impl Via {
    pub(crate) fn ours(transport: Transport, address: SocketAddr, branch: &str) -> String {
        format!("SIP/2.0/{} {address};branch={branch};rport", transport.via())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_brackets() {
        let plain = NameAddr::parse("sip:bob@host;tag=1").expect("plain");
        assert_eq!((plain.param("tag"), plain.uri.params.len()), (Some("1"), 0));
        let full = NameAddr::parse(r#""A \"x\" <y>" <sip:bob@host;lr>;tag=2;q=0.5"#).expect("full");
        assert_eq!(full.display, r#"A "x" <y>"#);
        assert_eq!(
            (full.param("tag"), full.param("q"), full.uri.param("lr")),
            (Some("2"), Some("0.5"), Some(""))
        );
        for bad in [r#""Unterminated <sip:a@b>"#, "<sip:a@b", "Bob sip:a@b", ""] {
            assert!(NameAddr::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_list_is_split_outside_quotes_and_brackets() {
        assert_eq!(
            split_list(r#"<sip:a,b@h>, "x, y" <sip:c@h>,d"#),
            ["<sip:a,b@h>", r#""x, y" <sip:c@h>"#, "d"]
        );
    }

    #[test]
    fn via_says_where_the_answer_goes() {
        let source: SocketAddr = "192.0.2.9:4000".parse().expect("address");
        let mut asks = Via::parse("SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1;rport").expect("via");
        asks.mark_source(source);
        assert_eq!(asks.reply_to(source), source);
        assert!(asks.to_string().ends_with(";rport=4000;received=192.0.2.9"), "{asks}");
        let mut plain = Via::parse("SIP / 2.0 / UDP 192.0.2.9 : 5070;branch=z9hG4bK1").expect("via");
        plain.mark_source(source);
        assert_eq!(plain.reply_to(source).port(), 5070);
        assert_eq!(plain.param("received"), None);
    }

    #[test]
    fn the_tag_is_found_without_reading_the_address() {
        assert_eq!(tag_of("\"a;tag=no\" <sip:a@b;tag=no>;x=1;tag=yes").as_deref(), Some("yes"));
        assert_eq!(tag_of("sip:a@b;tag=yes").as_deref(), Some("yes"));
        assert_eq!(tag_of("<sip:a@b>"), None);
    }
}
