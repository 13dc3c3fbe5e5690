//! The registrar of desk phones (RFC 3261 section 10.3).

mod bindings;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use perezvon_model::TenantScope;

use crate::auth::{Denied, digest::Credentials};
use crate::core::Core;
use crate::directory::PhoneAccount;
use crate::event::TelephonyEvent;
use crate::guard::Try;
use crate::sip::header::NameAddr;
use crate::sip::message::{Fields, Header, Request, header};
use crate::sip::transaction::ServerTransaction;
use bindings::{Bindings, Change, Contact, DEFAULT_EXPIRES_S, MAX_EXPIRES_S, Refused, Registration, Wish};

/// The most contacts in one REGISTER.
const MAX_WISHES: usize = 8;

#[derive(Default)]
pub(crate) struct Registrar {
    bindings: Mutex<Bindings>,
}

impl Registrar {
    fn lock(&self) -> MutexGuard<'_, Bindings> {
        self.bindings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn contacts(&self, scope: TenantScope, username: &str, now: Instant) -> Vec<Contact> {
        self.lock().contacts(scope, username, now)
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }
}

/// Takes out contacts at their end, for ever.
pub(crate) async fn sweep(core: &Core) {
    // The longest sleep is half of the shortest registration, so that none ends unseen.
    let longest = Duration::from_secs(core.timing.least_registration_s.into()) / 2;
    loop {
        let now = Instant::now();
        let gone = core.registrar.lock().expire(now);
        for change in gone {
            tell(core, change).await;
        }
        let latest = now + longest;
        let next = core.registrar.lock().next_end().unwrap_or(latest).min(latest);
        tokio::time::sleep_until(next.into()).await;
    }
}

/// The directory changed: phones that came by what is no more are forgotten.
pub(crate) fn align(core: &Arc<Core>) {
    core.passwords().align(|username| core.directory.phone_account(username).is_some());
    let gone = core.registrar.lock().align(|username| core.directory.phone_account(username));
    if gone.is_empty() {
        return;
    }
    let owner = core.clone();
    core.stack.spawn(async move {
        for change in gone {
            tell(&owner, change).await;
        }
    });
}

async fn tell(core: &Core, change: Change) {
    let Change { scope, agent, registered } = change;
    core.tell(TelephonyEvent::PhoneRegistered { scope, agent, registered }).await;
}

struct Answer {
    status: u16,
    extra: Vec<Header>,
    changes: Vec<Change>,
}

impl Answer {
    fn refuse(status: u16) -> Self {
        Self { status, extra: Vec::new(), changes: Vec::new() }
    }
}

/// Answers one REGISTER.
pub(crate) async fn serve(core: &Core, transaction: ServerTransaction) {
    let now = Instant::now();
    let ip = transaction.source().addr.ip();
    let Some(username) = registrant(transaction.request()) else {
        return transaction.answer(&core.stack, 400, None, Vec::new(), Vec::new()).await;
    };
    if core.passwords().may_try(ip, &username, now) == Try::Refuse {
        // Too many wrong passwords: no answer that would help to guess.
        return transaction.answer(&core.stack, 403, None, Vec::new(), Vec::new()).await;
    }
    let Answer { status, extra, changes } = judge(core, &transaction, &username, now);
    if status == 200 {
        core.stack.trust(transaction.source());
    }
    transaction.answer(&core.stack, status, None, extra, Vec::new()).await;
    for change in changes {
        tell(core, change).await;
    }
}

/// The user name of the account that is to be registered.
pub(crate) fn registrant(request: &Request) -> Option<String> {
    request.field("To").and_then(|to| NameAddr::parse(to).ok()).map(|to| to.uri.user)
}

fn judge(core: &Core, transaction: &ServerTransaction, username: &str, now: Instant) -> Answer {
    let request = transaction.request();
    let ip = transaction.source().addr.ip();
    let account = core.directory.phone_account(username);
    let authorization = request.field("Authorization");
    let checked = core.authority.check(authorization, "REGISTER", account.as_ref(), now).and_then(|()| {
        // The name that was proved is the name that is registered (RFC 3261 section 10.3, step 4).
        let proved = authorization.and_then(Credentials::parse).map(|credentials| credentials.username);
        if proved.as_deref() == Some(username) { Ok(()) } else { Err(Denied::Wrong) }
    });
    let account = match (checked, account) {
        (Ok(()), Some(account)) => {
            core.passwords().was_right(ip, username);
            account
        }
        (Err(Denied::Missing), account) => {
            let extra = vec![core.authority.challenge(account.as_ref(), false, now)];
            return Answer { status: 401, extra, changes: Vec::new() };
        }
        (Err(Denied::Stale), account) => {
            let extra = vec![core.authority.challenge(account.as_ref(), true, now)];
            return Answer { status: 401, extra, changes: Vec::new() };
        }
        (Err(Denied::Wrong), account) | (Ok(()), account @ None) => {
            core.passwords().was_wrong(ip, account.map(|_| username), now);
            return Answer::refuse(403);
        }
    };
    // A reload may not have come here yet.
    let before = core.registrar.lock().align_one(username, &account);
    let mut answer = enter(core, transaction, username, &account, now);
    answer.changes.splice(0..0, before);
    answer
}

/// Enters what a phone that proved its password asks for.
fn enter(
    core: &Core,
    transaction: &ServerTransaction,
    username: &str,
    account: &PhoneAccount,
    now: Instant,
) -> Answer {
    let request = transaction.request();
    let registration = Registration {
        username,
        account,
        hop: transaction.source(),
        call_id: request.call_id(),
        number: request.cseq().map_or(0, |(number, _)| number),
    };
    let least_s = core.timing.least_registration_s;
    let change = match wishes(request, least_s) {
        Ok(Wishes::Some(wishes)) => match core.registrar.lock().register(&registration, wishes, now) {
            Ok(change) => change,
            Err(Refused::OutOfOrder) => return Answer::refuse(500),
            Err(Refused::Full) => return Answer { extra: crate::core::retry_after(), ..Answer::refuse(503) },
        },
        Ok(Wishes::All) => core.registrar.lock().clear(username, now),
        Err(WishError::Malformed) => return Answer::refuse(400),
        Err(WishError::TooBrief) => {
            let extra = vec![header("Min-Expires", least_s.to_string())];
            return Answer { status: 423, extra, changes: Vec::new() };
        }
    };
    let extra = core
        .registrar
        .contacts(account.scope, username, now)
        .into_iter()
        .map(|contact| {
            let left = contact.ends.saturating_duration_since(now).as_secs();
            header("Contact", format!("<{}>;expires={left}", contact.uri))
        })
        .collect();
    Answer { status: 200, extra, changes: change.into_iter().collect() }
}

#[derive(Debug, PartialEq, Eq)]
enum Wishes {
    /// None at all asks for the list only.
    Some(Vec<Wish>),
    /// `Contact: *`.
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WishError {
    Malformed,
    TooBrief,
}

fn wishes(request: &Request, least_s: u32) -> Result<Wishes, WishError> {
    let contacts = request.list("Contact");
    // A value that cannot be read is the default (RFC 3261 section 20.19).
    let expires = request.field("Expires").map(|value| value.trim().parse().unwrap_or(DEFAULT_EXPIRES_S));
    if contacts.iter().any(|contact| contact.trim() == "*") {
        // RFC 3261 section 10.3, step 6.
        return if contacts.len() == 1 && expires == Some(0) {
            Ok(Wishes::All)
        } else {
            Err(WishError::Malformed)
        };
    }
    if contacts.len() > MAX_WISHES {
        return Err(WishError::Malformed);
    }
    contacts
        .into_iter()
        .map(|contact| {
            let contact = NameAddr::parse(contact).map_err(|_| WishError::Malformed)?;
            if contact.uri.transport().is_none() || contact.uri.host.is_empty() {
                return Err(WishError::Malformed);
            }
            let own = contact.param("expires").map(|value| value.parse().unwrap_or(DEFAULT_EXPIRES_S));
            let expires_s: u32 = own.or(expires).unwrap_or(DEFAULT_EXPIRES_S);
            if expires_s != 0 && expires_s < least_s {
                return Err(WishError::TooBrief);
            }
            Ok(Wish { uri: contact.uri, expires_s: expires_s.min(MAX_EXPIRES_S) })
        })
        .collect::<Result<_, _>>()
        .map(Wishes::Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::message::Method;
    use crate::sip::uri::SipUri;

    fn read(fields: &[(&str, &str)]) -> Result<Wishes, WishError> {
        let request = Request {
            method: Method::Register,
            uri: SipUri::parse("sip:h").expect("uri").to_wire(),
            version: Default::default(),
            headers: fields.iter().map(|(name, value)| header(name, *value)).collect::<Vec<_>>().into(),
            body: Vec::new(),
        };
        wishes(&request, 60)
    }

    #[test]
    fn the_time_asked_for_comes_from_the_contact_then_the_message_then_the_default() {
        for (fields, expected) in [
            (&[("Contact", "<sip:a@h>;expires=100"), ("Expires", "200")][..], 100),
            (&[("Contact", "<sip:a@h>"), ("Expires", "200")], 200),
            (&[("Contact", "<sip:a@h>")], DEFAULT_EXPIRES_S),
            (&[("Contact", "<sip:a@h>;expires=99999999")], MAX_EXPIRES_S),
            (&[("Contact", "<sip:a@h>;expires=soon")], DEFAULT_EXPIRES_S),
            (&[("Contact", "<sip:a@h>;expires=0")], 0),
        ] {
            match read(fields) {
                Ok(Wishes::Some(wishes)) => assert_eq!(wishes[0].expires_s, expected, "{fields:?}"),
                other => panic!("{fields:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn too_brief_malformed_and_star_are_told_apart() {
        assert_eq!(read(&[("Contact", "<sip:a@h>;expires=59")]), Err(WishError::TooBrief));
        assert_eq!(read(&[("Contact", "*"), ("Expires", "0")]), Ok(Wishes::All));
        assert_eq!(read(&[("Contact", "*")]), Err(WishError::Malformed));
        assert_eq!(read(&[("Contact", "*, <sip:a@h>"), ("Expires", "0")]), Err(WishError::Malformed));
        assert_eq!(read(&[("Contact", "<sip:a@h")]), Err(WishError::Malformed));
        assert_eq!(read(&[("Contact", "<sips:a@h>")]), Err(WishError::Malformed));
        assert_eq!(read(&[]), Ok(Wishes::Some(vec![])));
    }
}
