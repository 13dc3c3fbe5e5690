//! One registration at a provider (RFC 3261 section 10.2): digest, refresh before the end, back-off on failure.

use std::sync::Arc;
use std::time::Duration;

use perezvon_model::config::TrunkRegistration;
use perezvon_model::{TenantScope, TrunkId};
use tokio_util::sync::CancellationToken;

use crate::auth::digest;
use crate::core::Core;
use crate::event::{TelephonyEvent, TrunkState};
use crate::leg::dialog::{branch, contact};
use crate::sip::header::{NameAddr, Via};
use crate::sip::hop::{Hop, resolve};
use crate::sip::message::{ALLOW, Fields, Header, Method, PRODUCT, Request, Response, header, status_of};
use crate::sip::random_text;
use crate::sip::transaction;
use crate::sip::uri::SipUri;

/// First and longest wait after a failure; it doubles between.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// Bounds of the time that is asked for.
const EXPIRES_S: std::ops::RangeInclusive<u32> = 60..=7_200;
/// A provider that gives less than this is asked again no sooner.
const LEAST_REFRESH: Duration = Duration::from_secs(10);
/// How long the good-bye may take when a trunk is taken out.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(2);
/// How often a REGISTER is sent again at once: password, stale nonce, longer time.
const MAX_ATTEMPTS: usize = 4;

struct Client {
    core: Arc<Core>,
    account: TrunkRegistration,
    registrar: SipUri,
    call_id: String,
    number: u32,
    tag: String,
    expires_s: u32,
}

/// Keeps the trunk registered until it is stopped.
pub(super) async fn run(
    core: Arc<Core>,
    scope: TenantScope,
    trunk: TrunkId,
    account: TrunkRegistration,
    stop: CancellationToken,
) {
    let tell = async |state| core.tell(TelephonyEvent::TrunkState { scope, trunk, state }).await;
    let Ok(registrar) = SipUri::parse(&account.registrar) else {
        let reason = "the registrar is no SIP URI; write it as sip:provider.example".to_owned();
        return tell(TrunkState::TrunkFailed { reason }).await;
    };
    let expires_s = account.expires_s.clamp(*EXPIRES_S.start(), *EXPIRES_S.end());
    let (call_id, tag) = (random_text(24), random_text(12));
    let mut client = Client { core: core.clone(), account, registrar, call_id, number: 0, tag, expires_s };
    let mut failures = 0u32;
    loop {
        let result = tokio::select! {
            () = stop.cancelled() => break,
            result = client.register() => result,
        };
        let wait = match result {
            Ok(granted) => {
                failures = 0;
                tell(TrunkState::TrunkRegistered).await;
                refresh_in(granted)
            }
            Err(reason) => {
                failures = failures.saturating_add(1);
                tracing::warn!(trunk = %trunk, %reason, "a trunk is not registered");
                tell(TrunkState::TrunkFailed { reason }).await;
                back_off(failures, spread(&client.call_id, failures))
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(wait) => {}
        }
    }
    if failures == 0 && client.number > 0 {
        client.expires_s = 0;
        let _ = tokio::time::timeout(GOODBYE_TIMEOUT, client.register()).await;
    }
}

/// Refreshes at four fifths of what was granted.
fn refresh_in(granted_s: u32) -> Duration {
    (Duration::from_secs(granted_s.into()) * 4 / 5).max(LEAST_REFRESH)
}

/// Doubles from the first wait to the longest; `spread` in 0..256 takes off up to a quarter, so that many trunks do
/// not come back at one instant.
fn back_off(failures: u32, spread: u8) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST_WAIT);
    wait - wait / 1_024 * u32::from(spread)
}

fn spread(call_id: &str, failures: u32) -> u8 {
    let bytes = call_id.as_bytes();
    bytes.get(failures as usize % bytes.len().max(1)).copied().unwrap_or(0).wrapping_mul(31)
}

impl Client {
    /// Registers once; the seconds granted, or why not.
    async fn register(&mut self) -> Result<u32, String> {
        let hop = resolve(&self.registrar).await.map_err(|error| error.to_string())?;
        let mut credentials: Option<Header> = None;
        let mut tried: Option<String> = None;
        for _ in 0..MAX_ATTEMPTS {
            let request = self.request(hop, credentials.take());
            let uri = request.uri.to_string();
            let response = transaction::request(&self.core.stack, request, hop).await;
            match status_of(&response) {
                200..300 => return Ok(self.granted(&response)),
                401 | 407 => {
                    let challenge =
                        response.field("WWW-Authenticate").or(response.field("Proxy-Authenticate"));
                    let is_stale =
                        challenge.is_some_and(|value| value.to_ascii_lowercase().contains("stale=true"));
                    if tried.is_some() && !is_stale {
                        return Err("the provider refuses user name or password".to_owned());
                    }
                    tried = challenge.map(str::to_owned);
                    let TrunkRegistration { username, password, .. } = &self.account;
                    credentials = digest::answer(&response, "REGISTER", &uri, username, password);
                    if credentials.is_none() {
                        return Err(
                            "the provider asks for an authentication that is not spoken here".to_owned()
                        );
                    }
                }
                423 => match response.seconds("Min-Expires") {
                    Some(least)
                        if least > self.expires_s && self.expires_s > 0 && EXPIRES_S.contains(&least) =>
                    {
                        self.expires_s = least;
                    }
                    _ => return Err("the provider wants another registration time (423)".to_owned()),
                },
                408 => return Err("the provider does not answer".to_owned()),
                status => return Err(format!("the provider answers {status}")),
            }
        }
        Err("the provider asks for the password again and again".to_owned())
    }

    fn request(&mut self, hop: Hop, credentials: Option<Header>) -> Request {
        self.number += 1;
        let stack = &self.core.stack;
        let username = &self.account.username;
        let own = SipUri { user: username.clone(), params: Vec::new(), ..self.registrar.clone() };
        let own = SipUri { port: None, ..own };
        let mut headers = vec![
            header("Via", Via::ours(hop.transport, stack.advertised(), &branch())),
            header("Max-Forwards", "70"),
            header("From", format!("<{own}>;tag={}", self.tag)),
            header("To", format!("<{own}>")),
            header("Call-ID", self.call_id.as_str()),
            header("CSeq", format!("{} REGISTER", self.number)),
            header(
                "Contact",
                format!("{};expires={}", contact(stack, hop.transport, username), self.expires_s),
            ),
            header("Expires", self.expires_s.to_string()),
            header("Allow", ALLOW),
            header("User-Agent", PRODUCT),
        ];
        headers.extend(credentials);
        headers.push(header("Content-Length", "0"));
        let uri = SipUri { user: String::new(), ..self.registrar.clone() };
        Request {
            method: Method::Register,
            uri: uri.to_wire(),
            version: Default::default(),
            headers: headers.into(),
            body: Vec::new(),
        }
    }

    /// The time of our own contact in the answer, else of the message, else what was asked for.
    fn granted(&self, response: &Response) -> u32 {
        let own_port = self.core.stack.advertised().port();
        response
            .list("Contact")
            .into_iter()
            .filter_map(|contact| NameAddr::parse(contact).ok())
            .filter(|contact| contact.uri.user == self.account.username && contact.uri.port == Some(own_port))
            .find_map(|contact| contact.param("expires")?.parse().ok())
            .or_else(|| response.seconds("Expires"))
            .unwrap_or(self.expires_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_after_failures_doubles_to_a_bound_and_is_spread() {
        let waits: Vec<u64> = (1..10).map(|failures| back_off(failures, 0).as_secs()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert!(back_off(9, 255) >= LONGEST_WAIT * 3 / 4);
        assert!(back_off(u32::MAX, 0) <= LONGEST_WAIT);
    }

    #[test]
    fn a_registration_is_refreshed_before_its_end_and_never_in_a_rush() {
        assert_eq!(refresh_in(3_600).as_secs(), 2_880);
        assert_eq!(refresh_in(1), LEAST_REFRESH);
    }
}
