//! Trunks. The secret of a registration is kept as it is, since digest needs it; it is in no log and no `Debug`.

use perezvon_model::TrunkId;
use perezvon_model::config::{Trunk, TrunkRegistration};

use crate::change::Subject;
use crate::checks;
use crate::db::TenantDb;
use crate::error::StoreError;
use crate::sql::{Arg, Json, args, queries, record};

/// The most addresses a trunk may call from.
const MAX_SOURCES: usize = 100;

queries! {
    LIST -> TrunkRow = "SELECT id, key, name, sources, registrar, username, password, expires_s, max_calls
        FROM trunk WHERE tenant_id = $1 ORDER BY name, id";
    GET -> TrunkRow = "SELECT id, key, name, sources, registrar, username, password, expires_s, max_calls
        FROM trunk WHERE tenant_id = $1 AND id = $2";
    INSERT = "INSERT INTO trunk (tenant_id, id, key, name, sources, registrar, username, password, expires_s, max_calls)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    UPDATE = "UPDATE trunk SET key = $3, name = $4, sources = $5, registrar = $6, username = $7, password = $8,
        expires_s = $9, max_calls = $10 WHERE tenant_id = $1 AND id = $2";
    DELETE = "DELETE FROM trunk WHERE tenant_id = $1 AND id = $2";
}

record! {
    pub(crate) struct TrunkRow {
        pub id: TrunkId,
        pub key: String,
        pub name: String,
        pub sources: Json<Vec<String>>,
        pub registrar: Option<String>,
        pub username: Option<String>,
        pub password: Option<String>,
        pub expires_s: Option<u32>,
        pub max_calls: u32,
    }
}

impl From<TrunkRow> for Trunk {
    fn from(row: TrunkRow) -> Self {
        let registration = match (row.registrar, row.username, row.password, row.expires_s) {
            (Some(registrar), Some(username), Some(password), Some(expires_s)) => {
                Some(TrunkRegistration { registrar, username, password, expires_s })
            }
            (None, _, _, _) | (_, None, _, _) | (_, _, None, _) | (_, _, _, None) => None,
        };
        Trunk {
            id: row.id,
            key: row.key,
            name: row.name,
            sources: row.sources.0,
            registration,
            max_calls: row.max_calls,
        }
    }
}

fn check(trunk: &Trunk) -> Result<(), StoreError> {
    checks::key(&trunk.key)?;
    checks::filled("name", &trunk.name, 200)?;
    checks::between("max_calls", trunk.max_calls, 1, 100_000)?;
    if trunk.sources.len() > MAX_SOURCES {
        return Err(StoreError::invalid("sources", format!("at most {MAX_SOURCES} addresses")));
    }
    trunk.sources.iter().try_for_each(|source| source_address(source))?;
    if let Some(registration) = &trunk.registration {
        checks::filled("registrar", &registration.registrar, 200)?;
        checks::filled("username", &registration.username, 200)?;
        checks::short("password", &registration.password, 200)?;
        checks::between("expires_s", registration.expires_s, 60, 7_200)?;
    }
    Ok(())
}

/// An address, or a network as RFC 4632 writes it.
fn source_address(text: &str) -> Result<(), StoreError> {
    let (address, length) =
        text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    // A network wider than these names half the Internet, not a provider.
    let allowed = match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => 8..=32,
        Ok(std::net::IpAddr::V6(_)) => 16..=128,
        Err(_) => {
            return Err(StoreError::invalid(
                "sources",
                format!("`{text}` is no address; write 192.0.2.0/24"),
            ));
        }
    };
    match length.map(str::parse::<u8>) {
        None => Ok(()),
        Some(Ok(length)) if allowed.contains(&length) => Ok(()),
        Some(Ok(length)) if length < *allowed.start() => Err(StoreError::invalid(
            "sources",
            format!("`{text}` is too wide; write the provider's own networks"),
        )),
        Some(_) => Err(StoreError::invalid("sources", format!("`{text}` is no network; write 192.0.2.0/24"))),
    }
}

fn columns(trunk: &Trunk) -> Vec<Arg> {
    let registration = trunk.registration.as_ref();
    args![
        trunk.id,
        &trunk.key,
        &trunk.name,
        Json(&trunk.sources),
        registration.map(|registration| registration.registrar.clone()),
        registration.map(|registration| registration.username.clone()),
        registration.map(|registration| registration.password.clone()),
        registration.map(|registration| registration.expires_s),
        trunk.max_calls,
    ]
}

/// As a change is noted: a password is told to be there, or to be another one now.
fn noted(trunk: &Trunk, before: Option<&Trunk>) -> Trunk {
    let mut noted = trunk.clone();
    let password = |trunk: &Trunk| trunk.registration.as_ref().map(|of| of.password.clone());
    if let Some(registration) = &mut noted.registration {
        let other = before.is_some_and(|before| password(before) != password(trunk));
        registration.password = if other { "another".to_owned() } else { "kept".to_owned() };
    }
    noted
}

impl TenantDb {
    pub async fn trunks(&self) -> Result<Vec<Trunk>, StoreError> {
        Ok(self.all(&LIST, args![]).await?.into_iter().map(Trunk::from).collect())
    }

    pub async fn trunk(&self, id: TrunkId) -> Result<Trunk, StoreError> {
        self.first(&GET, args![id]).await?.map(Trunk::from).ok_or(StoreError::NotFound)
    }

    pub async fn create_trunk(&self, trunk: &Trunk) -> Result<(), StoreError> {
        check(trunk)?;
        let mut tx = self.begin_change().await?;
        tx.run(&INSERT, columns(trunk)).await?;
        tx.commit(Subject::Trunk, trunk.id.0, None, Some(&noted(trunk, None))).await
    }

    pub async fn update_trunk(&self, trunk: &Trunk) -> Result<(), StoreError> {
        check(trunk)?;
        let mut tx = self.begin_change().await?;
        let before = tx.first(&GET, args![trunk.id]).await?.map(Trunk::from);
        tx.touch(&UPDATE, columns(trunk)).await?;
        let (old, new) = (before.as_ref().map(|old| noted(old, None)), noted(trunk, before.as_ref()));
        tx.commit(Subject::Trunk, trunk.id.0, old.as_ref(), Some(&new)).await
    }

    pub async fn delete_trunk(&self, id: TrunkId) -> Result<(), StoreError> {
        let mut tx = self.begin_change().await?;
        let before = tx.first(&GET, args![id]).await?.map(|row| noted(&row.into(), None));
        tx.touch(&DELETE, args![id]).await?;
        tx.commit(Subject::Trunk, id.0, before.as_ref(), None).await
    }
}
