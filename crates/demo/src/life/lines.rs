//! The telephone side: a SIP user agent of this process's own, on loopback, with the phones of the simulated agents.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;

use perezvon_media::{Library, Media, MediaConfig, MediaEvent};
use perezvon_model::config::{Trunk, TrunkRegistration};
use perezvon_model::prompt::Language;
use perezvon_model::{FlowId, TenantId, TenantScope, TrunkId, UserId};
use perezvon_telephony::{
    Directory, NumberMatch, PhoneAccount, PhoneTarget, Telephony, TelephonyConfig, TelephonyEvent, TrunkMatch,
};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{Clock, LifeError};
use crate::company::{Company, people, scope};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Away from the server's default range, and room for every call that this process makes or takes.
const RTP_PORTS: RangeInclusive<u16> = 46_000..=46_999;
const MAX_LEGS: usize = 200;
/// Short, so that a server that came back knows the phones soon.
const REGISTRATION_S: u32 = 60;
const EVENTS: usize = 1_024;

/// The running user agent and what it tells.
pub(super) struct Lines {
    pub telephony: Telephony,
    pub media: Media,
    pub scope: TenantScope,
    pub calls: mpsc::Receiver<TelephonyEvent>,
    pub sounds: mpsc::Receiver<MediaEvent>,
}

/// The agents who are simulated, by their number.
pub(super) fn simulated() -> impl Iterator<Item = people::Person> {
    people::agents().filter(|person| person.number >= people::FIRST_SIMULATED_AGENT)
}

pub(super) async fn start(
    server: SocketAddr,
    password: &str,
    library: Library,
    clock: Clock,
) -> Result<Lines, LifeError> {
    let (heard, sounds) = mpsc::channel(EVENTS);
    let config = MediaConfig {
        bind_ip: LOOPBACK,
        public_ip: LOOPBACK,
        rtp_ports: RTP_PORTS,
        webrtc_port: 0,
        library: Arc::new(library),
    };
    let tell = move |event| {
        // Full only when this process is far behind; who misses the end of a sentence hangs up by the limit.
        let _ = heard.try_send(event);
    };
    let media = Media::start(config, Arc::new(tell))?;
    let directory = Arc::new(Phones::new(server, password, clock));
    let scope = directory.scope;
    let (events, calls) = mpsc::channel(EVENTS);
    let config = TelephonyConfig {
        bind: SocketAddr::new(LOOPBACK, 0),
        public_ip: LOOPBACK,
        max_calls: MAX_LEGS,
        max_calls_per_second: 50,
        session_expires_s: 1_800,
    };
    let telephony = Telephony::start(config, directory, media.clone(), events).await?;
    Ok(Lines { telephony, media, scope, calls, sounds })
}

/// Phones seen from their own side: each is a registration at the server, and a number that the server calls.
struct Phones {
    scope: TenantScope,
    trunk: TrunkId,
    registrations: Vec<Trunk>,
}

impl Phones {
    fn new(server: SocketAddr, password: &str, clock: Clock) -> Self {
        let mut ids = perezvon_model::id::IdMaker::new(1);
        let registrations = simulated().map(|person| {
            let username = person.sip_username();
            Trunk {
                id: ids.next(clock.now()),
                key: username.clone(),
                name: person.name.to_owned(),
                sources: Vec::new(),
                registration: Some(TrunkRegistration {
                    registrar: format!("sip:{server}"),
                    username,
                    password: password.to_owned(),
                    expires_s: REGISTRATION_S,
                }),
                max_calls: 2,
            }
        });
        let registrations = registrations.collect();
        Self { scope: scope(&Company::plan()), trunk: ids.next(clock.now()), registrations }
    }
}

impl Directory for Phones {
    fn trunk_by_source(&self, ip: IpAddr) -> Option<TrunkMatch> {
        let max_calls = u32::try_from(MAX_LEGS).unwrap_or(u32::MAX);
        ip.is_loopback().then_some(TrunkMatch { scope: self.scope, trunk: self.trunk, max_calls })
    }

    fn number(&self, dialled: &str) -> Option<NumberMatch> {
        let number = simulated().map(|person| person.sip_username()).find(|username| username == dialled)?;
        Some(NumberMatch {
            scope: self.scope,
            number,
            flow: FlowId(Uuid::nil()),
            language: Language::Ru,
            region: crate::company::plan::REGION.to_owned(),
        })
    }

    fn phone_account(&self, _username: &str) -> Option<PhoneAccount> {
        None
    }

    fn phone_of(&self, _tenant: TenantId, _agent: UserId) -> Option<PhoneTarget> {
        None
    }

    fn registrations(&self) -> Vec<(TenantScope, Trunk)> {
        self.registrations.iter().map(|trunk| (self.scope, trunk.clone())).collect()
    }
}
