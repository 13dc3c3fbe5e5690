//! Tenants: the companies of an installation.

use perezvon_model::{TenantId, UtcMs};
use serde::Serialize;

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
