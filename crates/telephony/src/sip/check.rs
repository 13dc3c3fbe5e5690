//! Judges a message before the transaction layer sees it: what is wrong gets the answer of RFC 3261 section 8.2
//! and RFC 4475, at once and without state. Pure.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::str::FromStr;

use rsipstack::sip::Version;

use super::header::{NameAddr, Via, split_list};
use super::message::{
    ALLOW, Fields, Header, Headers, Method, Request, Response, SipMessage, header, respond_to,
};
use super::uri::{SipUri, UriError};
use super::wire::{self, MAX_BODY_BYTES, Wire};

/// The largest Max-Forwards (RFC 3261 section 20.22).
const MAX_MAX_FORWARDS: u32 = 255;
/// Option tags that may stand in Require.
const KNOWN_OPTIONS: &[&str] = &["timer"];

/// How the end of a message is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// One datagram is one message.
    Datagram,
    /// Content-Length alone says where a message ends.
    Stream,
}

#[derive(Debug)]
pub(crate) enum Verdict {
    Accept(SipMessage),
    /// Answer with this and forget the request.
    Refuse {
        response: Response,
        to: SocketAddr,
    },
    /// Nothing that may be answered.
    Drop(&'static str),
}

struct Fault {
    status: u16,
    extra: Vec<Header>,
    why: &'static str,
}

fn fault(status: u16, why: &'static str) -> Fault {
    Fault { status, extra: Vec::new(), why }
}

/// Reads and judges one message.
pub(crate) fn judge(bytes: &[u8], source: SocketAddr, framing: Framing) -> Verdict {
    let Some(wire) = wire::cut(bytes) else { return Verdict::Drop("no message") };
    if wire.start.starts_with("SIP/") { judge_response(wire) } else { judge_request(wire, source, framing) }
}

fn judge_request(wire: Wire, source: SocketAddr, framing: Framing) -> Verdict {
    let Wire { start, fields, rest, fault: shape } = wire;
    let mut headers: Headers =
        fields.into_iter().map(|(name, value)| header(&name, value)).collect::<Vec<_>>().into();
    // Without a top Via there is nowhere to answer.
    let Some(reply_to) = mark_via(&mut headers, source) else { return Verdict::Drop("no usable Via") };
    let method_word = start.split([' ', '\t']).next().unwrap_or("").to_owned();
    let result = match shape {
        Some(why) => Err(fault(400, why)),
        None => request(&start, headers.clone(), rest, framing),
    };
    match result {
        Ok(request) => Verdict::Accept(SipMessage::Request(request)),
        // An ACK is never answered (RFC 3261 section 17.1.1.3).
        Err(fault) if method_word.eq_ignore_ascii_case("ACK") || !wire::is_token(&method_word) => {
            Verdict::Drop(fault.why)
        }
        Err(fault) => {
            let response = refusal(&headers, fault.status, fault.extra);
            Verdict::Refuse { response, to: reply_to }
        }
    }
}

/// A stateless answer: the To tag is the same for each retransmission (RFC 3261 section 8.2.7).
pub(crate) fn refusal(headers: &Headers, status: u16, extra: Vec<Header>) -> Response {
    let mut hasher = DefaultHasher::new();
    for name in ["Via", "From", "Call-ID"] {
        headers.field(name).hash(&mut hasher);
    }
    let tag = format!("{:016x}", hasher.finish());
    // CANCEL and retransmissions of it would not match, yet nothing is kept that they could match.
    respond_to(headers, status, Some(&tag), extra, Vec::new())
}

/// Writes the source into the top Via; the address for answers, or `None` when there is no Via that can be read.
fn mark_via(headers: &mut Headers, source: SocketAddr) -> Option<SocketAddr> {
    for field in headers.iter_mut() {
        let Header::Via(value) = field else { continue };
        let all = value.value().to_owned();
        let mut parts = split_list(&all);
        let mut top = Via::parse(parts.first()?)?;
        top.mark_source(source);
        let marked = top.to_string();
        parts[0] = &marked;
        value.replace(parts.join(", "));
        return Some(top.reply_to(source));
    }
    None
}

fn request(start: &str, mut headers: Headers, rest: Vec<u8>, framing: Framing) -> Result<Request, Fault> {
    let (method, uri) = start_line(start)?;
    for name in ["From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length"] {
        if headers.fields(name).count() > 1 {
            return Err(fault(400, "a header that may stand once stands twice"));
        }
    }
    for name in ["From", "To", "Call-ID", "CSeq"] {
        if headers.field(name).is_none_or(str::is_empty) {
            return Err(fault(400, "a mandatory header is missing"));
        }
    }
    let (_, cseq_method) = headers.cseq().ok_or_else(|| fault(400, "CSeq is malformed"))?;
    if cseq_method != start.split([' ', '\t']).next().unwrap_or("") {
        return Err(fault(400, "the method of CSeq is another one"));
    }
    address(headers.field("From"))?;
    address(headers.field("To"))?;
    if headers.sender_tag().is_none() {
        return Err(fault(400, "From has no tag"));
    }
    for field in headers.iter_mut() {
        match field {
            Header::From(value) => value.replace(tidy(value.value())),
            Header::To(value) => value.replace(tidy(value.value())),
            _ => {}
        }
    }
    let body = body(&headers, rest, framing)?;
    let method = Method::from_str(method)
        .ok()
        .filter(|known| known.to_string() == method)
        .ok_or_else(|| Fault { status: 405, extra: vec![header("Allow", ALLOW)], why: "unknown method" })?;
    let uri = SipUri::parse(uri).map_err(|error| match error {
        UriError::UnknownScheme => fault(416, "unknown URI scheme"),
        UriError::Malformed => fault(400, "the Request-URI is malformed"),
    })?;
    if let Some(hops) = headers.field("Max-Forwards") {
        match hops.parse::<u32>() {
            Ok(0) if method != Method::Ack => return Err(fault(483, "Max-Forwards is 0")),
            Ok(hops) if hops <= MAX_MAX_FORWARDS => {}
            _ => return Err(fault(400, "Max-Forwards is no number up to 255")),
        }
    }
    // Require says nothing to ACK and CANCEL (RFC 3261 section 8.2.2.3).
    if !matches!(method, Method::Ack | Method::Cancel) {
        let unknown: Vec<&str> = headers
            .list("Require")
            .into_iter()
            .filter(|tag| !KNOWN_OPTIONS.iter().any(|known| known.eq_ignore_ascii_case(tag)))
            .collect();
        if !unknown.is_empty() {
            let extra = vec![header("Unsupported", unknown.join(", "))];
            return Err(Fault { status: 420, extra, why: "an unknown extension is required" });
        }
    }
    if matches!(method, Method::Invite | Method::Update) {
        session_content(&headers, &body)?;
        if headers.list("Contact").first().is_none_or(|contact| NameAddr::parse(contact).is_err()) {
            // RFC 3261 section 8.1.1.8: a dialog cannot be without it.
            return Err(fault(400, "Contact is missing or malformed"));
        }
    }
    Ok(Request { method, uri: uri.to_wire(), version: Version::V2, headers, body })
}

/// Method and URI, or what is wrong with the first line.
fn start_line(start: &str) -> Result<(&str, &str), Fault> {
    let mut parts = start.splitn(3, ' ');
    let (Some(method), Some(uri), Some(version)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(fault(400, "the Request-Line is not three words"));
    };
    let number =
        version.get(..4).filter(|word| word.eq_ignore_ascii_case("SIP/")).and_then(|_| version.get(4..));
    match number {
        Some("2.0") => {}
        Some(other) if other.split_once('.').is_some_and(|(major, minor)| digits(major) && digits(minor)) => {
            return Err(fault(505, "another version of SIP"));
        }
        _ => return Err(fault(400, "the Request-Line does not end in SIP/2.0")),
    }
    if method.is_empty() || uri.is_empty() || uri.starts_with('<') {
        return Err(fault(400, "the Request-Line is malformed"));
    }
    Ok((method, uri))
}

/// Takes the white space out of the parameters, where it is legal and the library stumbles over it.
fn tidy(value: &str) -> String {
    let params = value.rfind('>').map_or_else(|| value.find(';').unwrap_or(value.len()), |close| close + 1);
    let (address, params) = value.split_at(params);
    if params.contains('"') || !params.contains([' ', '\t']) {
        return value.to_owned();
    }
    let params: String = params.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
    format!("{}{params}", address.trim_end())
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// From and To need brackets, quotes and a scheme in order; which scheme does not matter here.
fn address(value: Option<&str>) -> Result<(), Fault> {
    match NameAddr::parse(value.unwrap_or("")) {
        Ok(_) | Err(UriError::UnknownScheme) => Ok(()),
        Err(UriError::Malformed) => Err(fault(400, "From or To is malformed")),
    }
}

/// RFC 3261 section 18.3.
fn body(headers: &Headers, mut rest: Vec<u8>, framing: Framing) -> Result<Vec<u8>, Fault> {
    let length = match headers.field("Content-Length") {
        Some(value) => Some(value.parse::<usize>().map_err(|_| fault(400, "Content-Length is no number"))?),
        None => None,
    };
    match (length, framing) {
        (Some(length), _) if length > rest.len() => {
            return Err(fault(400, "the body is shorter than Content-Length"));
        }
        (Some(length), _) => rest.truncate(length),
        (None, Framing::Datagram) => {}
        (None, Framing::Stream) => rest.clear(),
    }
    if rest.len() > MAX_BODY_BYTES {
        return Err(fault(413, "the body is too large"));
    }
    Ok(rest)
}

/// Offers and answers are plain SDP (RFC 3261 section 8.2.3).
fn session_content(headers: &Headers, body: &[u8]) -> Result<(), Fault> {
    if body.is_empty() {
        return Ok(());
    }
    let kind = headers.field("Content-Type").unwrap_or("application/sdp");
    let kind = kind.split(';').next().unwrap_or("").trim();
    let plain =
        headers.field("Content-Encoding").is_none_or(|coding| coding.eq_ignore_ascii_case("identity"));
    if kind.eq_ignore_ascii_case("application/sdp") && plain {
        return Ok(());
    }
    let extra = vec![header("Accept", "application/sdp"), header("Accept-Encoding", "identity")];
    Err(Fault { status: 415, extra, why: "the body is no plain SDP" })
}

fn judge_response(wire: Wire) -> Verdict {
    if let Some(why) = wire.fault {
        return Verdict::Drop(why);
    }
    let mut words = wire.start.splitn(3, ' ');
    let (version, code) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let Some(status) = code.parse::<u16>().ok().filter(|code| (100..700).contains(code)) else {
        return Verdict::Drop("no status code");
    };
    if version != "SIP/2.0" {
        return Verdict::Drop("another version of SIP");
    }
    let headers: Headers =
        wire.fields.into_iter().map(|(name, value)| header(&name, value)).collect::<Vec<_>>().into();
    // We are never a proxy: a second Via says that the answer is not for us (RFC 3261 section 8.1.3.3).
    let vias = headers.list("Via");
    if vias.len() != 1 || Via::parse(vias[0]).is_none() {
        return Verdict::Drop("not exactly one Via");
    }
    let complete = headers.sender_tag().is_some()
        && headers.field("To").is_some()
        && !headers.call_id().is_empty()
        && headers.cseq().is_some_and(|(_, method)| Method::from_str(method).is_ok());
    if !complete {
        return Verdict::Drop("a mandatory header is missing");
    }
    let Ok(body) = body(&headers, wire.rest, Framing::Datagram) else {
        return Verdict::Drop("the body is cut");
    };
    Verdict::Accept(SipMessage::Response(Response {
        status_code: status.into(),
        wire_reason: None,
        version: Version::V2,
        headers,
        body,
    }))
}
