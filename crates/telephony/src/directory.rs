//! Who is who: asked of the server, in memory, without waiting.

use std::net::IpAddr;

use perezvon_model::config::Trunk;
use perezvon_model::prompt::Language;
use perezvon_model::{FlowId, TenantId, TenantScope, TrunkId, UserId};

/// The realm of phone accounts; their hashes are made with it.
pub const REALM: &str = "perezvon";

/// What the rest of the system knows about addresses, numbers and accounts. Called from receiving tasks: answers
/// come from memory.
pub trait Directory: Send + Sync {
    /// A trunk, of whichever company, that this address belongs to.
    fn trunk_by_source(&self, ip: IpAddr) -> Option<TrunkMatch>;
    /// Whose number this is. `dialled` is the user part of the Request-URI, escapes resolved.
    fn number(&self, dialled: &str) -> Option<NumberMatch>;
    /// Whose number was dialled from this address, and the trunk among that company's own by which the call comes. What
    /// another company says about the address changes nothing: it could take calls that are not its own.
    fn inbound(&self, dialled: &str, ip: IpAddr) -> Option<(NumberMatch, TrunkMatch)> {
        let number = self.number(dialled)?;
        let trunk = self.trunk_by_source(ip).filter(|trunk| trunk.scope == number.scope)?;
        Some((number, trunk))
    }
    fn phone_account(&self, username: &str) -> Option<PhoneAccount>;
    fn phone_of(&self, tenant: TenantId, agent: UserId) -> Option<PhoneTarget>;
    /// False while new calls must be refused with 503, because something behind telephony is at its limit.
    fn accepting(&self) -> bool {
        true
    }
    /// The trunks that register at a provider.
    fn registrations(&self) -> Vec<(TenantScope, Trunk)>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrunkMatch {
    pub scope: TenantScope,
    pub trunk: TrunkId,
    /// The most calls at once on this trunk.
    pub max_calls: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberMatch {
    pub scope: TenantScope,
    /// In the form of the configuration.
    pub number: String,
    pub flow: FlowId,
    pub language: Language,
    /// ISO 3166 code by which the caller's number is read.
    pub region: String,
}

/// A phone's account. The hashes are `H(username:perezvon:password)` in lower-case hex; an empty one switches its
/// algorithm off.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneAccount {
    pub scope: TenantScope,
    pub agent: UserId,
    pub ha1_md5: String,
    pub ha1_sha256: String,
}

impl std::fmt::Debug for PhoneAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PhoneAccount").field("agent", &self.agent).finish_non_exhaustive()
    }
}

/// How an agent's phone is reached: by its registrations, by a fixed address, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhoneTarget {
    pub sip_username: Option<String>,
    pub static_uri: Option<String>,
}
