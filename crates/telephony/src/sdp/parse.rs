//! Text to `Description`.

use std::net::IpAddr;

/// The most bytes of a description that is read.
const MAX_BYTES: usize = 32 * 1_024;
/// The most media lines; more are a fault.
const MAX_MEDIA: usize = 16;
/// The most formats of a media line.
const MAX_FORMATS: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        match word {
            "sendrecv" => Some(Direction::SendRecv),
            "sendonly" => Some(Direction::SendOnly),
            "recvonly" => Some(Direction::RecvOnly),
            "inactive" => Some(Direction::Inactive),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Description {
    /// User name, session id, version of `o=`: a refresh repeats all three (RFC 3264 section 8).
    pub(crate) origin: String,
    pub(crate) media: Vec<Media>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Media {
    /// `audio`, `video` ...
    pub(crate) kind: String,
    pub(crate) port: u16,
    /// `RTP/AVP` ...
    pub(crate) protocol: String,
    /// As written; payload type numbers for RTP.
    pub(crate) formats: Vec<String>,
    /// Of the media line, else of the session. `None` when it is no IP address.
    pub(crate) connection: Option<IpAddr>,
    pub(crate) direction: Direction,
    /// Payload type, encoding name, clock rate.
    pub(crate) rtpmap: Vec<(u8, String, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session description is malformed: {0}")]
pub(crate) struct Malformed(&'static str);

/// Reads a description. Unknown lines and attributes are skipped, as RFC 8866 section 5 asks.
pub(crate) fn parse(body: &[u8]) -> Result<Description, Malformed> {
    if body.len() > MAX_BYTES {
        return Err(Malformed("too long"));
    }
    let text = String::from_utf8_lossy(body);
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    if lines.next() != Some("v=0") {
        return Err(Malformed("no v=0"));
    }
    let mut description = Description::default();
    let (mut session_connection, mut session_direction) = (None, Direction::SendRecv);
    for line in lines {
        let (kind, value) = line.split_once('=').ok_or(Malformed("a line without ="))?;
        let media = description.media.last_mut();
        match kind {
            "o" => description.origin = value.split_whitespace().take(3).collect::<Vec<_>>().join(" "),
            "c" => {
                let address = connection(value)?;
                match media {
                    Some(media) => media.connection = address,
                    None => session_connection = address,
                }
            }
            "m" => {
                if description.media.len() >= MAX_MEDIA {
                    return Err(Malformed("too many media lines"));
                }
                description.media.push(media_line(value, session_connection, session_direction)?);
            }
            "a" => attribute(value, media, &mut session_direction),
            _ => {}
        }
    }
    if description.origin.is_empty() {
        return Err(Malformed("no o="));
    }
    Ok(description)
}

fn connection(value: &str) -> Result<Option<IpAddr>, Malformed> {
    let mut words = value.split_whitespace();
    let (Some("IN"), Some("IP4" | "IP6"), Some(address), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Malformed("c="));
    };
    // A name is legal and not resolved here: the media line then has no usable address.
    Ok(address.split('/').next().unwrap_or("").parse().ok())
}

fn media_line(value: &str, connection: Option<IpAddr>, direction: Direction) -> Result<Media, Malformed> {
    let mut words = value.split_whitespace();
    let (Some(kind), Some(port), Some(protocol)) = (words.next(), words.next(), words.next()) else {
        return Err(Malformed("m="));
    };
    let port = port.split('/').next().unwrap_or("").parse().map_err(|_| Malformed("the port of m="))?;
    let formats: Vec<String> = words.take(MAX_FORMATS).map(str::to_owned).collect();
    if formats.is_empty() {
        return Err(Malformed("m= without formats"));
    }
    Ok(Media {
        kind: kind.to_owned(),
        port,
        protocol: protocol.to_owned(),
        formats,
        connection,
        direction,
        rtpmap: Vec::new(),
    })
}

fn attribute(value: &str, media: Option<&mut Media>, session_direction: &mut Direction) {
    if let Some(direction) = Direction::parse(value) {
        match media {
            Some(media) => media.direction = direction,
            None => *session_direction = direction,
        }
        return;
    }
    let (Some(map), Some(media)) = (value.strip_prefix("rtpmap:"), media) else { return };
    let entry = map.split_once(' ').and_then(|(payload, encoding)| {
        let mut parts = encoding.trim().split('/');
        let name = parts.next()?.to_ascii_uppercase();
        let rate = parts.next()?.parse().ok()?;
        // A channel count other than 1 is another format.
        let mono = parts.next().is_none_or(|channels| channels == "1");
        mono.then_some((payload.trim().parse().ok()?, name, rate))
    });
    if let Some(entry) = entry
        && media.rtpmap.len() < MAX_FORMATS
    {
        media.rtpmap.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_lines_are_inherited_by_media_lines() {
        let text = b"v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=sendonly\r\n\
            m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:8 pcma/8000/1\r\na=rtpmap:101 telephone-event/8000\r\n\
            m=video 0 RTP/AVP 31\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n";
        let read = parse(text).expect("description");
        assert_eq!(read.origin, "- 1 2");
        assert_eq!(read.media.len(), 2);
        assert_eq!(read.media[0].connection, "192.0.2.1".parse().ok());
        assert_eq!(read.media[0].direction, Direction::SendOnly);
        assert_eq!(read.media[0].rtpmap[0], (8, "PCMA".into(), 8_000));
        assert_eq!(read.media[1].direction, Direction::Inactive);
    }

    #[test]
    fn what_is_malformed_is_refused_and_never_panics() {
        for text in [
            "",
            "x",
            "v=1\r\no=- 1 1 IN IP4 h",
            "v=0\r\nnothing",
            "v=0\r\no=- 1 1 IN IP4 h\r\nm=audio",
            "v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 70000 RTP/AVP 0",
            "v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4",
            "v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 1 RTP/AVP",
            "v=0\r\nm=audio 1 RTP/AVP 0",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
