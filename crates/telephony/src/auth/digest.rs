//! The arithmetic and the header syntax of digest authentication. Pure.

use md5::{Digest as _, Md5};
use sha2::Sha256;

use crate::sip::message::{Fields, Header, Response, header};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    fn parse(word: Option<&str>) -> Option<Self> {
        match word {
            None => Some(Algorithm::Md5),
            Some(word) if word.eq_ignore_ascii_case("MD5") => Some(Algorithm::Md5),
            Some(word) if word.eq_ignore_ascii_case("SHA-256") => Some(Algorithm::Sha256),
            Some(_) => None,
        }
    }

    /// Lower-case hex.
    pub(crate) fn hash(self, text: &str) -> String {
        match self {
            Algorithm::Md5 => hex(&Md5::digest(text.as_bytes())),
            Algorithm::Sha256 => hex(&<Sha256 as sha2::Digest>::digest(text.as_bytes())),
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// `name=value` and `name="value"` after the word `Digest`.
fn parameters(value: &str) -> Option<Vec<(String, String)>> {
    let (scheme, rest) = value.trim().split_once(|c: char| c.is_ascii_whitespace())?;
    if !scheme.eq_ignore_ascii_case("Digest") {
        return None;
    }
    let mut found = Vec::new();
    for part in crate::sip::header::split_list(rest) {
        let (name, value) = part.split_once('=')?;
        let value = value.trim();
        let value = match value.strip_prefix('"') {
            Some(quoted) => quoted.strip_suffix('"')?.replace("\\\"", "\"").replace("\\\\", "\\"),
            None => value.to_owned(),
        };
        found.push((name.trim().to_ascii_lowercase(), value));
    }
    Some(found)
}

fn take(found: &[(String, String)], name: &str) -> Option<String> {
    found.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) realm: String,
    pub(crate) nonce: String,
    pub(crate) algorithm: Algorithm,
    /// `nc`, 0 when there is no `qop`.
    pub(crate) count: u32,
    uri: String,
    response: String,
    qop: Option<(String, String)>,
}

impl Credentials {
    /// `None` for anything that is no digest of ours: unknown algorithm, `auth-int`, a part missing.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let found = parameters(value)?;
        let qop = match take(&found, "qop") {
            Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                Some((take(&found, "nc")?, take(&found, "cnonce")?))
            }
            Some(_) => return None,
            None => None,
        };
        let count = match &qop {
            Some((count, _)) if count.len() == 8 => u32::from_str_radix(count, 16).ok()?,
            Some(_) => return None,
            None => 0,
        };
        Some(Self {
            username: take(&found, "username")?,
            realm: take(&found, "realm")?,
            nonce: take(&found, "nonce")?,
            algorithm: Algorithm::parse(take(&found, "algorithm").as_deref())?,
            count,
            uri: take(&found, "uri")?,
            response: take(&found, "response")?.to_ascii_lowercase(),
            qop,
        })
    }

    /// Whether the sender knows the password behind this hash.
    pub(crate) fn proves(&self, ha1: &str, method: &str) -> bool {
        let qop = self.qop.as_ref().map(|(count, cnonce)| (count.as_str(), cnonce.as_str()));
        let expected = response(self.algorithm, ha1, &self.nonce, qop, method, &self.uri);
        equal(expected.as_bytes(), self.response.as_bytes())
    }
}

/// Compares without telling by its time where the difference is.
fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// RFC 7616 section 3.4.1.
fn response(
    algorithm: Algorithm,
    ha1: &str,
    nonce: &str,
    qop: Option<(&str, &str)>,
    method: &str,
    uri: &str,
) -> String {
    let ha2 = algorithm.hash(&format!("{method}:{uri}"));
    match qop {
        Some((count, cnonce)) => algorithm.hash(&format!("{ha1}:{nonce}:{count}:{cnonce}:auth:{ha2}")),
        None => algorithm.hash(&format!("{ha1}:{nonce}:{ha2}")),
    }
}

/// What a server asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    qop_auth: bool,
}

impl Challenge {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let found = parameters(value)?;
        let qop = take(&found, "qop");
        let qop_auth = qop
            .as_deref()
            .is_some_and(|qop| qop.split(',').any(|one| one.trim().eq_ignore_ascii_case("auth")));
        if qop.is_some() && !qop_auth {
            return None;
        }
        Some(Self {
            realm: take(&found, "realm")?,
            nonce: take(&found, "nonce")?,
            opaque: take(&found, "opaque"),
            algorithm: Algorithm::parse(take(&found, "algorithm").as_deref())?,
            qop_auth,
        })
    }
}

/// The value that answers a challenge.
pub(crate) fn credentials(
    challenge: &Challenge,
    method: &str,
    uri: &str,
    username: &str,
    password: &str,
    cnonce: &str,
    count: u32,
) -> String {
    let Challenge { realm, nonce, opaque, algorithm, qop_auth } = challenge;
    let ha1 = algorithm.hash(&format!("{username}:{realm}:{password}"));
    let count = format!("{count:08x}");
    let qop = qop_auth.then_some((count.as_str(), cnonce));
    let proof = response(*algorithm, &ha1, nonce, qop, method, uri);
    let mut value = format!(
        "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{uri}\", response=\"{proof}\", algorithm={}",
        escape(username),
        escape(realm),
        escape(nonce),
        algorithm.word()
    );
    if *qop_auth {
        value.push_str(&format!(", qop=auth, nc={count}, cnonce=\"{cnonce}\""));
    }
    if let Some(opaque) = opaque {
        value.push_str(&format!(", opaque=\"{}\"", escape(opaque)));
    }
    value
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The header that answers a 401 or 407, by the first challenge that we can meet, SHA-256 before MD5.
pub(crate) fn answer(
    refused: &Response,
    method: &str,
    uri: &str,
    username: &str,
    password: &str,
) -> Option<Header> {
    let (asks, gives) = match refused.status_code.code() {
        401 => ("WWW-Authenticate", "Authorization"),
        407 => ("Proxy-Authenticate", "Proxy-Authorization"),
        _ => return None,
    };
    let challenges: Vec<Challenge> = refused.fields(asks).filter_map(Challenge::parse).collect();
    let strongest = challenges
        .iter()
        .find(|challenge| challenge.algorithm == Algorithm::Sha256)
        .or_else(|| challenges.first())?;
    let cnonce = crate::sip::random_text(16);
    Some(header(gives, credentials(strongest, method, uri, username, password, &cnonce, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7616 section 3.9.1, for both algorithms.
    #[test]
    fn the_example_of_the_rfc_is_computed() {
        for (algorithm, expected) in [
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let ha1 = algorithm.hash("Mufasa:http-auth@example.org:Circle of Life");
            let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            let qop = Some(("00000001", cnonce));
            assert_eq!(response(algorithm, &ha1, nonce, qop, "GET", "/dir/index.html"), expected);
        }
    }

    #[test]
    fn an_old_client_without_qop_is_understood() {
        let ha1 = Algorithm::Md5.hash("bob:perezvon:zanzibar");
        let proof = response(Algorithm::Md5, &ha1, "n", None, "REGISTER", "sip:h");
        let value = format!(
            "Digest username=\"bob\",realm=\"perezvon\",nonce=\"n\",uri=\"sip:h\",response=\"{}\"",
            proof.to_ascii_uppercase()
        );
        let credentials = Credentials::parse(&value).expect("credentials");
        assert!(credentials.proves(&ha1, "REGISTER"));
        assert_eq!(credentials.count, 0);
    }

    #[test]
    fn malformed_credentials_are_none() {
        for value in [
            "",
            "Digest",
            "Basic QWxhZGRpbg==",
            "Digest username=\"a\"",
            "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", algorithm=SHA-512-256",
            "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth-int, nc=00000001, cnonce=\"c\"",
            "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth, nc=+0000001, cnonce=\"c\"x",
            "Digest username=\"a, realm=\"r\"",
        ] {
            assert_eq!(Credentials::parse(value), None, "{value}");
        }
    }
}
