//! The number map: which tenant a dialled number, a trunk or a phone account belongs to. Beside signing in
//! (`session.rs`) these are the only reads that cross tenants.

use perezvon_model::config::{Number, Trunk};
use perezvon_model::prompt::Language;
use perezvon_model::{FlowId, NumberId, TenantId, TrunkId, UserId};

use crate::db::Db;
use crate::error::StoreError;
use crate::sql::{Json, args, queries, record};
use crate::tenant::{self, Tenant};
use crate::trunk::TrunkRow;

queries! {
    NUMBERS -> NumberRow = "SELECT n.tenant_id, t.region, n.id, n.number, n.flow_id, n.language
        FROM number n JOIN tenant t ON t.id = n.tenant_id ORDER BY n.number";
    TRUNKS -> TenantTrunkRow = "SELECT tenant_id, id, key, name, sources, registrar, username, password, expires_s,
        max_calls FROM trunk ORDER BY tenant_id, id";
    PHONES -> DirectoryPhone = "SELECT tenant_id AS tenant, id AS agent, sip_username, ha1_md5, ha1_sha256, phone_uri
        FROM users WHERE archived_at IS NULL AND (sip_username IS NOT NULL OR phone_uri IS NOT NULL)
        ORDER BY tenant_id, id";
}

/// Everything telephony needs to know whose call something is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Directory {
    pub numbers: Vec<DirectoryNumber>,
    pub trunks: Vec<(TenantId, Trunk)>,
    pub phones: Vec<DirectoryPhone>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryNumber {
    pub tenant: TenantId,
    /// ISO 3166 code of the tenant, for callers' numbers in national form.
    pub region: String,
    pub number: Number,
}

record! {
    /// An agent's phone. Without both hashes it cannot register.
    #[derive(Clone, PartialEq, Eq)]
    pub struct DirectoryPhone {
        pub tenant: TenantId,
        pub agent: UserId,
        pub sip_username: Option<String>,
        pub ha1_md5: Option<String>,
        pub ha1_sha256: Option<String>,
        pub phone_uri: Option<String>,
    }
}

impl std::fmt::Debug for DirectoryPhone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectoryPhone")
            .field("tenant", &self.tenant)
            .field("agent", &self.agent)
            .field("sip_username", &self.sip_username)
            .field("phone_uri", &self.phone_uri)
            .finish_non_exhaustive()
    }
}

record! {
    struct NumberRow {
        tenant_id: TenantId,
        region: String,
        id: NumberId,
        number: String,
        flow_id: FlowId,
        language: Language,
    }
}

record! {
    struct TenantTrunkRow {
        tenant_id: TenantId,
        id: TrunkId,
        key: String,
        name: String,
        sources: Json<Vec<String>>,
        registrar: Option<String>,
        username: Option<String>,
        password: Option<String>,
        expires_s: Option<u32>,
        max_calls: u32,
    }
}

impl TenantTrunkRow {
    fn split(self) -> (TenantId, Trunk) {
        let row = TrunkRow {
            id: self.id,
            key: self.key,
            name: self.name,
            sources: self.sources,
            registrar: self.registrar,
            username: self.username,
            password: self.password,
            expires_s: self.expires_s,
            max_calls: self.max_calls,
        };
        (self.tenant_id, row.into())
    }
}

impl Db {
    /// Every tenant, oldest first; asked at start and by `perezvon admin`.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        self.all(&tenant::LIST, args![]).await
    }

    pub async fn directory(&self) -> Result<Directory, StoreError> {
        let numbers = self.all(&NUMBERS, args![]).await?.into_iter().map(|row| DirectoryNumber {
            tenant: row.tenant_id,
            region: row.region,
            number: Number { id: row.id, number: row.number, flow: row.flow_id, language: row.language },
        });
        Ok(Directory {
            numbers: numbers.collect(),
            trunks: self.all(&TRUNKS, args![]).await?.into_iter().map(TenantTrunkRow::split).collect(),
            phones: self.all(&PHONES, args![]).await?,
        })
    }
}
