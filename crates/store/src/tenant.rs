//! Tenants: the companies of an installation.

use perezvon_model::channel::Capacity;
use perezvon_model::{TenantId, UtcMs};
use serde::Serialize;

use crate::capacity;
use crate::change::Subject;
use crate::checks;
use crate::db::{Db, TenantDb};
use crate::error::StoreError;
use crate::sql::{args, queries, record};

queries! {
    INSERT = "INSERT INTO tenant (id, name, region, time_zone, config_version, created_at)
        VALUES ($1, $2, $3, $4, 1, $5)";
    INSERT_HEAD = "INSERT INTO journal_head (tenant_id, seq) VALUES ($1, 0)";
    GET -> Tenant = "SELECT id, name, region, time_zone, config_version, created_at FROM tenant WHERE id = $1";
    pub(crate) LIST -> Tenant = "SELECT id, name, region, time_zone, config_version, created_at FROM tenant ORDER BY created_at, id";
    pub(crate) RAISE_VERSION = "UPDATE tenant SET config_version = config_version + 1 WHERE id = $1";
    CAPACITY -> CapacityRow = "SELECT capacity FROM tenant WHERE id = $1";
    SET_CAPACITY = "UPDATE tenant SET capacity = $2 WHERE id = $1";
    UPDATE = "UPDATE tenant SET name = $2, region = $3, time_zone = $4 WHERE id = $1";
}

record! {
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Tenant {
        pub id: TenantId,
        pub name: String,
        /// ISO 3166 code for numbers in national form, such as `RU`.
        pub region: String,
        /// IANA name, such as `Europe/Moscow`.
        pub time_zone: String,
        /// Rises by one with each change of configuration.
        pub config_version: i64,
        pub created_at: UtcMs,
    }
}

record! {
    struct CapacityRow { capacity: String }
}

/// What an agent carries at once, as a change of the company is noted.
#[derive(Serialize)]
struct Carries<'a> {
    name: &'a str,
    capacity: &'a Capacity,
}

/// A company as a change is noted.
#[derive(Serialize)]
struct Company<'a> {
    name: &'a str,
    region: &'a str,
    time_zone: &'a str,
}

fn check(name: &str, region: &str, time_zone: &str) -> Result<(), StoreError> {
    checks::filled("name", name, 200)?;
    if region.len() != 2 || !region.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(StoreError::invalid(
            "region",
            "write the two capital letters of the country, such as RU",
        ));
    }
    checks::filled("time_zone", time_zone, 64)
}

impl Db {
    /// Makes a company. `config_version` of what is given does not count.
    pub async fn create_tenant(&self, tenant: &Tenant) -> Result<(), StoreError> {
        check(&tenant.name, &tenant.region, &tenant.time_zone)?;
        let mut tx = self.begin().await?;
        let Tenant { id, name, region, time_zone, config_version: _, created_at } = tenant;
        tx.run(&INSERT, args![*id, name, region, time_zone, *created_at]).await?;
        tx.run(&INSERT_HEAD, args![*id]).await?;
        tx.commit().await
    }
}

impl TenantDb {
    pub async fn tenant(&self) -> Result<Tenant, StoreError> {
        self.first(&GET, args![]).await?.ok_or(StoreError::NotFound)
    }

    /// What an agent carries at once, where the agent has none of their own.
    pub async fn capacity(&self) -> Result<Capacity, StoreError> {
        let row = self.first(&CAPACITY, args![]).await?.ok_or(StoreError::NotFound)?;
        Ok(capacity::read(&row.capacity).unwrap_or_default())
    }

    pub async fn set_capacity(&self, to: &Capacity) -> Result<(), StoreError> {
        capacity::check(to)?;
        let mut tx = self.begin_change().await?;
        let tenant = tx.first(&GET, args![]).await?.ok_or(StoreError::NotFound)?;
        let before = tx.first(&CAPACITY, args![]).await?.ok_or(StoreError::NotFound)?;
        let before = capacity::read(&before.capacity).unwrap_or_default();
        tx.touch(&SET_CAPACITY, args![capacity::written(Some(to))]).await?;
        let carries = |capacity| Carries { name: &tenant.name, capacity };
        let (old, new) = (carries(&before), carries(to));
        tx.commit(Subject::Tenant, tenant.id.0, Some(&old), Some(&new)).await
    }

    pub async fn update_tenant(&self, name: &str, region: &str, time_zone: &str) -> Result<(), StoreError> {
        check(name, region, time_zone)?;
        let mut tx = self.begin_change().await?;
        let before = tx.first(&GET, args![]).await?.ok_or(StoreError::NotFound)?;
        tx.touch(&UPDATE, args![name, region, time_zone]).await?;
        let company = |name, region, time_zone| Company { name, region, time_zone };
        let old = company(&before.name, &before.region, &before.time_zone);
        tx.commit(Subject::Tenant, before.id.0, Some(&old), Some(&company(name, region, time_zone))).await
    }
}
