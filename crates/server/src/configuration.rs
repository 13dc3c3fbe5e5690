//! What telephony asks in memory: which trunk, number or phone is whose. Rebuilt from the store after each change.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use ipnet::IpNet;
use perezvon_model::config::{TenantConfig, Trunk};
use perezvon_model::{E164, TenantId, TenantScope, UserId, UtcMs};
use perezvon_store::{Db, StoreError};
use perezvon_telephony::{Directory, NumberMatch, PhoneAccount, PhoneTarget, TrunkMatch};

use crate::journal_writer::JournalWriter;
use crate::tenants::Running;

/// The configurations of all tenants and the map over them.
pub struct Configurations {
    tenants: Mutex<HashMap<TenantId, Arc<TenantConfig>>>,
    left_out: Mutex<BTreeSet<TenantId>>,
    map: ArcSwap<Map>,
    journal: JournalWriter,
    closed: AtomicBool,
    /// Held from reading the store to putting what was read in place: otherwise the older of two reads may come last.
    reading: tokio::sync::Mutex<()>,
}

/// Built whole and swapped whole, so that telephony never sees half a change.
#[derive(Default)]
struct Map {
    /// The narrowest network first.
    trunks: Vec<(IpNet, TrunkMatch)>,
    numbers: HashMap<String, NumberMatch>,
    regions: BTreeSet<String>,
    accounts: HashMap<String, PhoneAccount>,
    phones: HashMap<(TenantId, UserId), PhoneTarget>,
    registrations: Vec<(TenantScope, Trunk)>,
}

impl Configurations {
    pub fn new(journal: JournalWriter) -> Self {
        Self {
            tenants: Mutex::default(),
            left_out: Mutex::default(),
            map: ArcSwap::default(),
            journal,
            closed: AtomicBool::new(false),
            reading: tokio::sync::Mutex::default(),
        }
    }

    /// Loads every tenant; returns their scopes, in the order of their making. One whose rows cannot be read is left out,
    /// so that the others start.
    pub async fn load_all(&self, db: &Db) -> Result<Vec<TenantScope>, StoreError> {
        let _reading = self.reading.lock().await;
        let mut scopes = Vec::new();
        for tenant in db.tenants().await? {
            let scope = scope(tenant.id);
            match self.load(db, scope).await {
                Ok(_) => scopes.push(scope),
                Err(error @ StoreError::Unexpected(_)) => {
                    tracing::error!(tenant = %tenant.id, name = tenant.name, %error, "a company is left out and its calls are refused, until its settings can be read");
                    self.set_left_out(tenant.id, true);
                }
                Err(error) => return Err(error),
            }
        }
        self.map.store(Arc::new(Map::read(db).await?));
        Ok(scopes)
    }

    /// Loads one tenant again, and the map that it is part of.
    pub async fn reload(&self, db: &Db, scope: TenantScope) -> Result<Arc<TenantConfig>, StoreError> {
        let _reading = self.reading.lock().await;
        let config = self.load(db, scope).await?;
        self.map.store(Arc::new(Map::read(db).await?));
        Ok(config)
    }

    async fn load(&self, db: &Db, scope: TenantScope) -> Result<Arc<TenantConfig>, StoreError> {
        let mut config = db.tenant(&scope).config().await?;
        let at = crate::clock::now();
        config.utc_offset_min = utc_offset_min(&config.time_zone, at);
        config.zones = zones(&config, at);
        let config = Arc::new(config);
        if let Ok(mut tenants) = self.tenants.lock() {
            tenants.insert(scope.tenant(), config.clone());
        }
        Ok(config)
    }

    /// Tenants whose stored configuration is not the one in memory: it has another version, or the clocks of its time
    /// zone were changed (summer time), or it does not run.
    pub async fn stale(&self, db: &Db, running: &Running) -> Result<Vec<TenantScope>, StoreError> {
        let stored = db.tenants().await?;
        let at = crate::clock::now();
        let is_stale = |tenant: &perezvon_store::Tenant| {
            let changed = self.of(scope(tenant.id)).is_none_or(|config| {
                config.version != tenant.config_version
                    || config.utc_offset_min != utc_offset_min(&tenant.time_zone, at)
                    || config.zones != zones(&config, at)
            });
            changed || running.mail(tenant.id).is_none()
        };
        Ok(stored.iter().filter(|tenant| is_stale(tenant)).map(|tenant| scope(tenant.id)).collect())
    }

    /// Notes whether a tenant is not served because its configuration cannot be read.
    pub fn set_left_out(&self, tenant: TenantId, left_out: bool) {
        let mut all = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        if left_out {
            all.insert(tenant)
        } else {
            all.remove(&tenant)
        };
    }

    pub fn left_out(&self) -> Vec<TenantId> {
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    /// From now on new calls are refused: the server stops.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Every tenant that was loaded.
    pub fn scopes(&self) -> Vec<TenantScope> {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.keys().map(|tenant| scope(*tenant)).collect()
    }

    pub fn of(&self, scope: TenantScope) -> Option<Arc<TenantConfig>> {
        self.tenants.lock().ok()?.get(&scope.tenant()).cloned()
    }
}

/// Minutes east of UTC of every zone that the hours of a queue name.
fn zones(config: &TenantConfig, at: UtcMs) -> BTreeMap<String, i32> {
    let hours = config.queues.iter().filter_map(|queue| queue.routing.hours.as_ref());
    let named = hours.map(|hours| &hours.time_zone).filter(|zone| !zone.is_empty());
    named.map(|zone| (zone.clone(), utc_offset_min(zone, at))).collect()
}

impl Map {
    async fn read(db: &Db) -> Result<Self, StoreError> {
        let stored = db.directory().await?;
        let mut map = Map::default();
        for (tenant, trunk) in stored.trunks {
            let scope = scope(tenant);
            let found = TrunkMatch { scope, trunk: trunk.id, max_calls: trunk.max_calls };
            for source in &trunk.sources {
                match source.parse::<IpNet>().or_else(|_| source.parse::<IpAddr>().map(IpNet::from)) {
                    Ok(net) => map.trunks.push((net, found)),
                    Err(_) => {
                        tracing::error!(trunk = trunk.key, source, "not an address or network; not used")
                    }
                }
            }
            if trunk.registration.is_some() {
                map.registrations.push((scope, trunk));
            }
        }
        map.trunks.sort_by_key(|(net, _)| std::cmp::Reverse(net.prefix_len()));
        for stored in stored.numbers {
            map.regions.insert(stored.region.clone());
            let found = NumberMatch {
                scope: scope(stored.tenant),
                number: stored.number.number.clone(),
                flow: stored.number.flow,
                language: stored.number.language,
                region: stored.region,
            };
            map.numbers.insert(stored.number.number, found);
        }
        for phone in stored.phones {
            let scope = scope(phone.tenant);
            if let Some(username) = &phone.sip_username {
                let account = PhoneAccount {
                    scope,
                    agent: phone.agent,
                    ha1_md5: phone.ha1_md5.unwrap_or_default(),
                    ha1_sha256: phone.ha1_sha256.unwrap_or_default(),
                };
                map.accounts.insert(username.clone(), account);
            }
            let target = PhoneTarget { sip_username: phone.sip_username, static_uri: phone.phone_uri };
            map.phones.insert((phone.tenant, phone.agent), target);
        }
        Ok(map)
    }

    /// A number as it was dialled: as it stands in the configuration, without `+`, or in a national form. Only numbers
    /// of `who` are looked at; a national form that is the number of two companies in two regions is nobody's.
    fn number(&self, dialled: &str, who: impl Fn(TenantScope) -> bool) -> Option<&NumberMatch> {
        let own = |number: &str| self.numbers.get(number).filter(|found| who(found.scope));
        own(dialled).or_else(|| own(&format!("+{dialled}"))).or_else(|| {
            let read = self.regions.iter().filter_map(|region| E164::parse(dialled, region).ok());
            let mut found = read.filter_map(|number| own(number.as_str()));
            let first = found.next()?;
            found.all(|other| other.scope == first.scope).then_some(first)
        })
    }

    /// The trunk of a company that an address belongs to.
    fn trunk(&self, scope: TenantScope, ip: IpAddr) -> Option<TrunkMatch> {
        let mut of = self.trunks.iter().filter(|(net, found)| found.scope == scope && net.contains(&ip));
        of.next().map(|(_, found)| *found)
    }

    fn inbound(&self, dialled: &str, ip: IpAddr) -> Option<(&NumberMatch, TrunkMatch)> {
        let number = self.number(dialled, |scope| self.trunk(scope, ip).is_some())?;
        Some((number, self.trunk(number.scope, ip)?))
    }
}

impl Directory for Configurations {
    fn trunk_by_source(&self, ip: IpAddr) -> Option<TrunkMatch> {
        let map = self.map.load();
        map.trunks.iter().find(|(net, _)| net.contains(&ip)).map(|(_, found)| *found)
    }

    fn number(&self, dialled: &str) -> Option<NumberMatch> {
        self.map.load().number(dialled, |_| true).cloned()
    }

    fn inbound(&self, dialled: &str, ip: IpAddr) -> Option<(NumberMatch, TrunkMatch)> {
        let map = self.map.load();
        let (number, trunk) = map.inbound(dialled, ip)?;
        Some((number.clone(), trunk))
    }

    fn phone_account(&self, username: &str) -> Option<PhoneAccount> {
        self.map.load().accounts.get(username).cloned()
    }

    fn phone_of(&self, tenant: TenantId, agent: UserId) -> Option<PhoneTarget> {
        self.map.load().phones.get(&(tenant, agent)).cloned()
    }

    /// While too much of the journal waits, what a new call would say could not be kept.
    fn accepting(&self) -> bool {
        self.journal.has_room() && !self.closed.load(Ordering::Relaxed)
    }

    fn registrations(&self) -> Vec<(TenantScope, Trunk)> {
        self.map.load().registrations.clone()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the number map and start-up are where scopes begin, beside sign-in"
)]
fn scope(tenant: TenantId) -> TenantScope {
    TenantScope::mint(tenant)
}

/// Minutes east of UTC in a time zone at a moment; 0 for a name that is not in the IANA database.
pub fn utc_offset_min(time_zone: &str, at: UtcMs) -> i32 {
    let Ok(zone) = jiff::tz::TimeZone::get(time_zone) else {
        tracing::error!(time_zone, "not a time zone; UTC is used");
        return 0;
    };
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    zone.to_offset(at).seconds() / 60
}

/// The last local midnight.
pub fn midnight(now: UtcMs, utc_offset_min: i32) -> UtcMs {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let offset_ms = i64::from(utc_offset_min) * 60_000;
    (now + offset_ms).floor_to(DAY_MS) + -offset_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_that_of_the_tenant() {
        // 2026-11-21T22:30:00Z is 01:30 on the 22nd in Moscow.
        let now = UtcMs(1_795_300_200_000);
        assert_eq!(midnight(now, 180), UtcMs(1_795_294_800_000));
        assert_eq!(midnight(now, 0), UtcMs(1_795_219_200_000));
    }

    #[test]
    fn the_offset_follows_the_zone_and_the_season() {
        let (winter, summer) = (UtcMs(1_768_000_000_000), UtcMs(1_784_000_000_000));
        assert_eq!(utc_offset_min("Europe/Moscow", winter), 180);
        assert_eq!(utc_offset_min("Europe/Berlin", winter), 60);
        assert_eq!(utc_offset_min("Europe/Berlin", summer), 120);
        assert_eq!(utc_offset_min("Nowhere/At-all", winter), 0);
    }

    #[test]
    fn a_number_is_found_however_the_carrier_writes_it() {
        let map = map(&[(1, "+74951234567", "RU")], &[]);
        for dialled in ["+74951234567", "74951234567", "84951234567"] {
            assert!(map.number(dialled, |_| true).is_some(), "{dialled}");
        }
        assert!(map.number("+74951234568", |_| true).is_none());
    }

    fn company(id: u128) -> TenantScope {
        scope(TenantId(uuid::Uuid::from_u128(id)))
    }

    /// Numbers with their company and region; trunks with their company and source.
    fn map(numbers: &[(u128, &str, &str)], trunks: &[(u128, &str)]) -> Map {
        let mut map = Map::default();
        for (tenant, number, region) in numbers {
            map.regions.insert((*region).to_owned());
            let found = NumberMatch {
                scope: company(*tenant),
                number: (*number).to_owned(),
                flow: perezvon_model::FlowId(uuid::Uuid::nil()),
                language: perezvon_model::prompt::Language::Ru,
                region: (*region).to_owned(),
            };
            map.numbers.insert(found.number.clone(), found);
        }
        for (tenant, source) in trunks {
            let trunk = perezvon_model::TrunkId(uuid::Uuid::from_u128(*tenant));
            let found = TrunkMatch { scope: company(*tenant), trunk, max_calls: 1 };
            map.trunks.push((source.parse().unwrap(), found));
        }
        map.trunks.sort_by_key(|(net, _)| std::cmp::Reverse(net.prefix_len()));
        map
    }

    #[test]
    fn a_trunk_of_one_company_takes_no_call_of_another() {
        let numbers = [(1, "+74951234567", "RU"), (2, "+74957654321", "RU")];
        let map = map(&numbers, &[(1, "192.0.2.0/24"), (2, "192.0.2.5/32")]);
        let found = |dialled, ip: &str| {
            map.inbound(dialled, ip.parse().unwrap()).map(|(number, trunk)| (number.scope, trunk.scope))
        };
        // Company 2 names the very address of company 1's provider, and more narrowly.
        assert_eq!(found("84951234567", "192.0.2.5"), Some((company(1), company(1))));
        assert_eq!(found("84957654321", "192.0.2.5"), Some((company(2), company(2))));
        assert_eq!(found("84957654321", "192.0.2.6"), None, "not its own provider");
    }

    #[test]
    fn a_national_form_of_two_companies_is_nobodys() {
        // The same national digits in Germany and in the Netherlands are two numbers.
        let (german, dutch) = ("+49201234567", "+31201234567");
        let numbers = [(1, german, "DE"), (2, dutch, "NL")];
        let both = map(&numbers, &[(1, "192.0.2.1/32"), (2, "192.0.2.1/32")]);
        assert!(both.inbound("0201234567", "192.0.2.1".parse().unwrap()).is_none());
        let one = map(&numbers, &[(2, "192.0.2.1/32")]);
        let found = one.inbound("0201234567", "192.0.2.1".parse().unwrap());
        assert_eq!(found.map(|(number, _)| number.number.as_str()), Some(dutch));
    }
}
