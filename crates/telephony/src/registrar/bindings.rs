//! Where phones are: contacts by account, with their ends (RFC 3261 section 10.3). Pure.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use perezvon_model::{TenantScope, UserId};

use crate::directory::PhoneAccount;
use crate::leg::dialog::is_inner_side;
use crate::sip::hop::Hop;
use crate::sip::uri::{SipUri, Transport};

/// The most contacts of one account; one more takes the place of the one that ends first.
const MAX_CONTACTS: usize = 5;
/// The most accounts with a contact.
const MAX_ACCOUNTS: usize = 50_000;
/// Longer registrations are shortened.
pub(crate) const MAX_EXPIRES_S: u32 = 7_200;
/// What is given to a phone that asks for nothing.
pub(crate) const DEFAULT_EXPIRES_S: u32 = 3_600;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    /// As the phone wrote it: the Request-URI of calls to it.
    pub(crate) uri: SipUri,
    /// The way to it.
    pub(crate) hop: Hop,
    pub(crate) ends: Instant,
    call_id: String,
    number: u32,
}

#[derive(Debug)]
struct Account {
    /// As it was when the password was proved.
    proved: PhoneAccount,
    contacts: Vec<Contact>,
}

impl Account {
    fn is_gone(&self) -> Change {
        Change { scope: self.proved.scope, agent: self.proved.agent, registered: false }
    }
}

/// What a REGISTER asks for one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) uri: SipUri,
    /// 0 removes.
    pub(crate) expires_s: u32,
}

/// One REGISTER that was authorised.
#[derive(Clone, Debug)]
pub(crate) struct Registration<'a> {
    pub(crate) username: &'a str,
    pub(crate) account: &'a PhoneAccount,
    pub(crate) hop: Hop,
    pub(crate) call_id: &'a str,
    pub(crate) number: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// An older REGISTER of the same phone came late (RFC 3261 section 10.3, step 7): 500.
    OutOfOrder,
    /// No room: 503.
    Full,
}

/// The first phone of an agent came, or the last went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) scope: TenantScope,
    pub(crate) agent: UserId,
    pub(crate) registered: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Bindings {
    accounts: HashMap<String, Account>,
}

impl Bindings {
    pub(crate) fn len(&self) -> usize {
        self.accounts.values().map(|account| account.contacts.len()).sum()
    }

    /// Contacts of this tenant's account that have not ended, newest first.
    pub(crate) fn contacts(&self, scope: TenantScope, username: &str, now: Instant) -> Vec<Contact> {
        let mut contacts: Vec<Contact> = self
            .accounts
            .get(username)
            .filter(|account| account.proved.scope == scope)
            .map(|account| account.contacts.iter().filter(|contact| contact.ends > now).cloned().collect())
            .unwrap_or_default();
        contacts.sort_by_key(|contact| std::cmp::Reverse(contact.ends));
        contacts
    }

    /// Applies all wishes of a REGISTER or none.
    pub(crate) fn register(
        &mut self,
        registration: &Registration<'_>,
        wishes: Vec<Wish>,
        now: Instant,
    ) -> Result<Option<Change>, Refused> {
        let Registration { username, account: proved, hop, call_id, number } = registration;
        if !self.accounts.contains_key(*username) && self.accounts.len() >= MAX_ACCOUNTS {
            return Err(Refused::Full);
        }
        let before = self.is_registered(username, now);
        let account = self
            .accounts
            .entry((*username).to_owned())
            .or_insert_with(|| Account { proved: (*proved).clone(), contacts: Vec::new() });
        account.contacts.retain(|contact| contact.ends > now);
        let late = |wish: &Wish| {
            account.contacts.iter().any(|contact| {
                same(&contact.uri, &wish.uri) && contact.call_id == *call_id && contact.number >= *number
            })
        };
        if wishes.iter().any(late) {
            return Err(Refused::OutOfOrder);
        }
        for wish in wishes {
            account.contacts.retain(|contact| !same(&contact.uri, &wish.uri));
            if wish.expires_s == 0 {
                continue;
            }
            if account.contacts.len() >= MAX_CONTACTS
                && let Some(first) = (0..account.contacts.len()).min_by_key(|at| account.contacts[*at].ends)
            {
                account.contacts.swap_remove(first);
            }
            account.contacts.push(Contact {
                hop: way(&wish.uri, *hop),
                uri: wish.uri,
                ends: now + Duration::from_secs(wish.expires_s.min(MAX_EXPIRES_S).into()),
                call_id: (*call_id).to_owned(),
                number: *number,
            });
        }
        Ok(self.settle(username, before, now))
    }

    /// `Contact: *` with `Expires: 0`: every contact goes.
    pub(crate) fn clear(&mut self, username: &str, now: Instant) -> Option<Change> {
        let before = self.is_registered(username, now);
        self.accounts.get_mut(username)?.contacts.clear();
        self.settle(username, before, now)
    }

    /// Takes out what was proved under an account that is not the same any more: its password, agent or tenant changed,
    /// or it is gone. Who is without a phone by that.
    pub(crate) fn align(&mut self, account: impl Fn(&str) -> Option<PhoneAccount>) -> Vec<Change> {
        let mut gone = Vec::new();
        self.accounts.retain(|username, entry| {
            let same = account(username).is_some_and(|account| account == entry.proved);
            if !same {
                gone.push(entry.is_gone());
            }
            same
        });
        gone
    }

    /// The same for one account.
    pub(crate) fn align_one(&mut self, username: &str, account: &PhoneAccount) -> Option<Change> {
        let entry = self.accounts.get(username).filter(|entry| entry.proved != *account)?;
        let gone = entry.is_gone();
        self.accounts.remove(username);
        Some(gone)
    }

    /// Takes out what has ended; who is without a phone by that.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Change> {
        let mut gone = Vec::new();
        self.accounts.retain(|_, account| {
            account.contacts.retain(|contact| contact.ends > now);
            if account.contacts.is_empty() {
                gone.push(account.is_gone());
            }
            !account.contacts.is_empty()
        });
        gone
    }

    /// When the next contact ends.
    pub(crate) fn next_end(&self) -> Option<Instant> {
        self.accounts.values().flat_map(|account| account.contacts.iter().map(|contact| contact.ends)).min()
    }

    fn is_registered(&self, username: &str, _now: Instant) -> bool {
        // An ended contact counts until its end was told.
        self.accounts.get(username).is_some_and(|account| !account.contacts.is_empty())
    }

    fn settle(&mut self, username: &str, before: bool, now: Instant) -> Option<Change> {
        let registered = self.is_registered(username, now);
        let account = self.accounts.get(username)?;
        let change = Change { registered, ..account.is_gone() };
        if !registered {
            self.accounts.remove(username);
        }
        (before != registered).then_some(change)
    }
}

/// The contact's own address when it can be one; else where the registration came from, which is the open side of a
/// NAT (RFC 3581) or the TCP connection of the phone.
fn way(uri: &SipUri, source: Hop) -> Hop {
    let transport = uri.transport().unwrap_or(source.transport);
    match uri.ip() {
        Some(ip)
            if transport == Transport::Udp
                && source.transport == Transport::Udp
                && !is_inner_side(uri, source) =>
        {
            Hop { transport, addr: (ip, uri.port.unwrap_or(5060)).into() }
        }
        Some(_) | None => source,
    }
}

/// Whether two contacts are one phone: RFC 3261 section 19.1.4, parameters that do not name a place left out.
fn same(a: &SipUri, b: &SipUri) -> bool {
    a.user == b.user
        && a.host.eq_ignore_ascii_case(&b.host)
        && a.port.unwrap_or(5060) == b.port.unwrap_or(5060)
        && a.transport() == b.transport()
}

#[cfg(test)]
mod tests {
    use super::*;
    use perezvon_model::TenantId;

    fn scope() -> TenantScope {
        #[expect(clippy::disallowed_methods, reason = "a test is its own authentication")]
        TenantScope::mint(TenantId(uuid::Uuid::nil()))
    }

    fn agent() -> UserId {
        UserId(uuid::Uuid::nil())
    }

    fn account() -> PhoneAccount {
        PhoneAccount { scope: scope(), agent: agent(), ha1_md5: "1".into(), ha1_sha256: "2".into() }
    }

    fn registration(number: u32) -> Registration<'static> {
        static ACCOUNT: std::sync::OnceLock<PhoneAccount> = std::sync::OnceLock::new();
        let addr = "192.0.2.1:5060".parse().expect("address");
        let hop = Hop { transport: Transport::Udp, addr };
        Registration { username: "agent1", account: ACCOUNT.get_or_init(account), hop, call_id: "c", number }
    }

    fn wish(uri: &str, expires_s: u32) -> Wish {
        Wish { uri: SipUri::parse(uri).expect(uri), expires_s }
    }

    fn change(registered: bool) -> Change {
        Change { scope: scope(), agent: agent(), registered }
    }

    #[test]
    fn the_first_phone_and_the_end_of_the_last_are_told() {
        let (mut bindings, now) = (Bindings::default(), Instant::now());
        let first = bindings.register(&registration(1), vec![wish("sip:a@10.0.0.1", 60)], now);
        assert_eq!(first, Ok(Some(change(true))));
        let second = bindings.register(&registration(2), vec![wish("sip:a@10.0.0.2", 120)], now);
        assert_eq!(second, Ok(None));
        assert_eq!(bindings.next_end(), Some(now + Duration::from_secs(60)));
        let minute = now + Duration::from_secs(60);
        assert_eq!(bindings.expire(minute), []);
        assert_eq!(bindings.contacts(scope(), "agent1", minute).len(), 1);
        assert_eq!(bindings.expire(now + Duration::from_secs(120)), [change(false)]);
        assert_eq!((bindings.len(), bindings.next_end()), (0, None));
    }

    #[test]
    fn a_refresh_keeps_one_contact_and_zero_removes_it() {
        let (mut bindings, now) = (Bindings::default(), Instant::now());
        for number in 1..4 {
            let _ = bindings.register(&registration(number), vec![wish("sip:a@10.0.0.1;ob", 60)], now);
        }
        assert_eq!(bindings.len(), 1);
        let removed = bindings.register(&registration(4), vec![wish("sip:a@10.0.0.1:5060", 0)], now);
        assert_eq!(removed, Ok(Some(change(false))));
    }

    #[test]
    fn a_late_register_of_the_same_phone_changes_nothing() {
        let (mut bindings, now) = (Bindings::default(), Instant::now());
        let _ = bindings.register(&registration(5), vec![wish("sip:a@10.0.0.1", 60)], now);
        let late = bindings.register(&registration(4), vec![wish("sip:a@10.0.0.1", 0)], now);
        assert_eq!(late, Err(Refused::OutOfOrder));
        assert_eq!(bindings.len(), 1);
    }

    #[test]
    fn a_sixth_contact_takes_the_place_of_the_one_that_ends_first() {
        let (mut bindings, now) = (Bindings::default(), Instant::now());
        for n in 0..6 {
            let uri = format!("sip:a@10.0.0.{n}");
            let _ = bindings.register(&registration(n + 1), vec![wish(&uri, 60 + n)], now);
        }
        let hosts: Vec<String> =
            bindings.contacts(scope(), "agent1", now).into_iter().map(|c| c.uri.host).collect();
        assert_eq!(hosts, ["10.0.0.5", "10.0.0.4", "10.0.0.3", "10.0.0.2", "10.0.0.1"]);
    }

    #[test]
    fn a_phone_is_reached_at_its_contact_unless_that_is_the_inner_side_of_a_nat() {
        let (mut bindings, now) = (Bindings::default(), Instant::now());
        for (n, (uri, way)) in [
            ("sip:a@10.0.0.1:5070", "192.0.2.1:5060"),
            ("sip:a@192.0.2.1:5070", "192.0.2.1:5070"),
            ("sip:a@198.51.100.1", "198.51.100.1:5060"),
            ("sip:a@phone.example", "192.0.2.1:5060"),
        ]
        .into_iter()
        .enumerate()
        {
            let _ = bindings.register(&registration(n as u32 + 1), vec![wish(uri, 60 + n as u32)], now);
            assert_eq!(bindings.contacts(scope(), "agent1", now)[0].hop.addr.to_string(), way, "{uri}");
        }
    }

    #[test]
    fn a_star_removes_all() {
        let (mut bindings, now) = (Bindings::default(), Instant::now());
        let _ = bindings.register(
            &registration(1),
            vec![wish("sip:a@10.0.0.1", 60), wish("sip:a@10.0.0.2", 60)],
            now,
        );
        assert_eq!(bindings.clear("agent1", now), Some(change(false)));
        assert_eq!(bindings.clear("agent1", now), None);
        assert_eq!(bindings.len(), 0);
    }

    #[test]
    fn a_phone_is_gone_with_the_password_the_agent_the_tenant_or_the_account_that_it_came_by() {
        #[expect(clippy::disallowed_methods, reason = "a test is its own authentication")]
        let other = TenantScope::mint(TenantId(uuid::Uuid::from_u128(2)));
        let now = Instant::now();
        for now_is in [
            None,
            Some(PhoneAccount { ha1_md5: "3".into(), ..account() }),
            Some(PhoneAccount { ha1_sha256: "3".into(), ..account() }),
            Some(PhoneAccount { agent: UserId(uuid::Uuid::from_u128(2)), ..account() }),
            Some(PhoneAccount { scope: other, ..account() }),
        ] {
            let mut bindings = Bindings::default();
            let _ = bindings.register(&registration(1), vec![wish("sip:a@10.0.0.1", 60)], now);
            assert_eq!(bindings.contacts(other, "agent1", now), [], "another tenant's agent1");
            assert_eq!(bindings.align(|_| Some(account())), []);
            assert_eq!(bindings.align_one("agent1", &account()), None);
            assert_eq!(bindings.len(), 1);
            assert_eq!(bindings.align(|_| now_is.clone()), [change(false)]);
            assert_eq!(bindings.len(), 0);
            if let Some(now_is) = now_is {
                let _ = bindings.register(&registration(1), vec![wish("sip:a@10.0.0.1", 60)], now);
                assert_eq!(bindings.align_one("agent1", &now_is), Some(change(false)));
                assert_eq!(bindings.len(), 0);
            }
        }
    }
}
