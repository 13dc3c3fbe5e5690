//! The message types of the stack below, and how the rest of the crate reads fields from them.

pub(crate) use rsipstack::sip::{Header, Headers, Method, Request, Response, SipMessage};

use rsipstack::sip::headers::make_header;
use rsipstack::sip::{StatusCode, Version};

use super::header::{split_list, tag_of};

/// What this user agent understands (RFC 3261 section 20.5).
pub(crate) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, UPDATE, INFO";
/// Extensions we have (RFC 4028).
pub(crate) const SUPPORTED: &str = "timer";
/// What we call ourselves in User-Agent and Server.
pub(crate) const PRODUCT: &str = concat!("Perezvon/", env!("CARGO_PKG_VERSION"));

/// Makes a header of a name and a value.
pub(crate) fn header(name: &str, value: impl Into<String>) -> Header {
    make_header(name, value.into())
}

/// Reading of header fields by name.
pub(crate) trait Fields {
    fn headers(&self) -> &Headers;

    /// The first field of this name.
    fn field(&self, name: &str) -> Option<&str> {
        self.headers().iter().find(|header| header.name().eq_ignore_ascii_case(name)).map(Header::value)
    }

    fn fields<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers()
            .iter()
            .filter(move |header| header.name().eq_ignore_ascii_case(name))
            .map(Header::value)
    }

    /// The values of a list header, over all its lines.
    fn list<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        self.fields(name).flat_map(split_list).collect()
    }

    /// Whether a list of words, such as Supported or Allow, holds this word.
    fn lists(&self, name: &str, word: &str) -> bool {
        self.fields(name).any(|value| value.split(',').any(|item| item.trim().eq_ignore_ascii_case(word)))
    }

    fn call_id(&self) -> &str {
        self.field("Call-ID").unwrap_or("")
    }

    fn sender_tag(&self) -> Option<String> {
        self.field("From").and_then(tag_of)
    }

    fn recipient_tag(&self) -> Option<String> {
        self.field("To").and_then(tag_of)
    }

    /// Number and method of CSeq.
    fn cseq(&self) -> Option<(u32, &str)> {
        let (number, method) = self.field("CSeq")?.split_once(|c: char| c.is_ascii_whitespace())?;
        Some((number.parse().ok()?, method.trim()))
    }

    /// A field that is a number of seconds, parameters after `;` left out.
    fn seconds(&self, name: &str) -> Option<u32> {
        self.field(name)?.split(';').next()?.trim().parse().ok()
    }
}

impl Fields for Request {
    fn headers(&self) -> &Headers {
        &self.headers
    }
}

impl Fields for Response {
    fn headers(&self) -> &Headers {
        &self.headers
    }
}

impl Fields for Headers {
    fn headers(&self) -> &Headers {
        self
    }
}

/// A response to a request: the fields that RFC 3261 section 8.2.6.2 copies, the tag, then what is added.
pub(crate) fn respond_to(
    request: &Headers,
    status: u16,
    to_tag: Option<&str>,
    extra: Vec<Header>,
    body: Vec<u8>,
) -> Response {
    let mut headers = Vec::with_capacity(request.len() + extra.len() + 2);
    for field in request.iter() {
        match field {
            Header::To(to) => match to_tag {
                Some(tag) if tag_of(to.value()).is_none() => {
                    headers.push(header("To", format!("{};tag={tag}", to.value())));
                }
                _ => headers.push(field.clone()),
            },
            Header::Via(_) | Header::From(_) | Header::CallId(_) | Header::CSeq(_) => {
                headers.push(field.clone())
            }
            // A response that makes a dialog carries the route back (RFC 3261 section 12.1.1).
            Header::RecordRoute(_) if (101..300).contains(&status) => headers.push(field.clone()),
            // RFC 3261 section 8.2.6.1.
            Header::Timestamp(_) if status == 100 => headers.push(field.clone()),
            _ => {}
        }
    }
    headers.extend(extra);
    headers.push(header("Server", PRODUCT));
    headers.push(header("Content-Length", body.len().to_string()));
    Response {
        status_code: StatusCode::from(status),
        wire_reason: None,
        version: Version::V2,
        headers: headers.into(),
        body,
    }
}

pub(crate) fn status_of(response: &Response) -> u16 {
    response.status_code.code()
}
