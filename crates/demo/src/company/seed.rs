//! The company's way into the store, once.

use perezvon_model::prompt::Language;
use perezvon_model::{Device, TenantScope, UserId, UtcMs};
use perezvon_store::{
    Author, CustomerDraft, Db, Ha1, InteractionFilter, PasswordHashes, Role, StoreError, Tenant, TenantDb,
    User,
};

use super::people;
use super::plan::{Company, NAME, REGION, TIME_ZONE};
use crate::history;

const HISTORY_SEED: u64 = 2026;

/// What the password of all demo users is kept as.
pub struct Credentials<'a> {
    /// argon2id as PHC text; all users share it.
    pub password_hash: String,
    /// MD5 and SHA-256 of `USERNAME:perezvon:PASSWORD` for a phone account (RFC 7616 section 3.4.2).
    pub ha1: &'a (dyn Fn(&str) -> (String, String) + Sync),
}

/// What `seed` found or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeded {
    /// The company is there from an earlier start; nothing was changed.
    Present,
    /// The company was made, with this many rows of journal.
    Made { rows: usize },
}

/// The right to act for the demo company.
#[expect(clippy::disallowed_methods, reason = "the demo company is made here, so its scope is")]
pub fn scope(company: &Company) -> TenantScope {
    TenantScope::mint(company.tenant)
}

/// Makes the company unless it is there. Cut off by a kill, it is finished at the next start: rows have fixed ids, a
/// day of history is one transaction, and the administrator, who comes last, tells that nothing is missing.
///
/// # Errors
/// What the store says; nothing that was written is undone.
pub async fn seed(db: &Db, credentials: &Credentials<'_>, now: UtcMs) -> Result<Seeded, StoreError> {
    let company = Company::plan();
    // As if the administrator had set the company up.
    let tenant = db.tenant(&scope(&company)).by(Author { user: Some(company.admin), at: now });
    match tenant.user(company.admin).await {
        Ok(_) => return Ok(Seeded::Present),
        Err(StoreError::NotFound) => {}
        Err(error) => return Err(error),
    }
    let row = Tenant {
        id: company.tenant,
        name: NAME.to_owned(),
        region: REGION.to_owned(),
        time_zone: TIME_ZONE.to_owned(),
        config_version: 1,
        created_at: now,
    };
    once(db.create_tenant(&row).await)?;
    configure(&tenant, &company, credentials, now).await?;
    people_of(&tenant, &company, now).await?;
    let rows = remember(&tenant, &company, now).await?;
    let (email, name) = people::ADMIN;
    create_user(&tenant, staff(company.admin, email, name, Role::Admin), None, credentials, now).await?;
    Ok(Seeded::Made { rows })
}

/// Gives every demo user a new password, and ends their sessions.
pub async fn set_password(db: &Db, credentials: &Credentials<'_>, now: UtcMs) -> Result<(), StoreError> {
    let company = Company::plan();
    let tenant = db.tenant(&scope(&company)).by(Author { user: None, at: now });
    for user in tenant.users().await? {
        let hashes = hashes(user.sip_username.as_deref(), credentials);
        tenant.set_password(user.id, &hashes).await?;
    }
    Ok(())
}

async fn configure(
    tenant: &TenantDb,
    company: &Company,
    credentials: &Credentials<'_>,
    now: UtcMs,
) -> Result<(), StoreError> {
    for skill in &company.skills {
        once(tenant.create_skill(skill).await)?;
    }
    for queue in &company.queues {
        once(tenant.create_queue(queue).await)?;
    }
    for disposition in &company.dispositions {
        once(tenant.create_disposition(disposition).await)?;
    }
    for flow in &company.flows {
        once(tenant.create_flow(flow).await)?;
    }
    for number in &company.numbers {
        once(tenant.create_number(number).await)?;
    }
    once(tenant.create_trunk(&company.trunk).await)?;
    for (person, agent) in people::agents().zip(&company.agents) {
        let user = User {
            queues: agent.queues.clone(),
            skills: agent.skills.clone(),
            sip_username: agent.sip_username.clone(),
            ..staff(agent.id, &person.email(), person.name, Role::Agent)
        };
        create_user(tenant, user, agent.sip_username.as_deref(), credentials, now).await?;
    }
    let (email, name) = people::SUPERVISOR;
    create_user(tenant, staff(company.supervisor, email, name, Role::Supervisor), None, credentials, now)
        .await
}

fn staff(id: UserId, email: &str, name: &str, role: Role) -> User {
    User {
        id,
        email: email.to_owned(),
        name: name.to_owned(),
        role,
        language: Language::Ru,
        device: Device::Browser,
        sip_username: None,
        phone_uri: None,
        weight: 1,
        capacity: None,
        queues: Vec::new(),
        skills: Vec::new(),
    }
}

async fn create_user(
    tenant: &TenantDb,
    user: User,
    sip_username: Option<&str>,
    credentials: &Credentials<'_>,
    now: UtcMs,
) -> Result<(), StoreError> {
    once(tenant.create_user(&user, &hashes(sip_username, credentials), now).await)
}

fn hashes(sip_username: Option<&str>, credentials: &Credentials<'_>) -> PasswordHashes {
    let ha1 = sip_username.map(|username| {
        let (md5, sha256) = (credentials.ha1)(username);
        Ha1 { md5, sha256 }
    });
    PasswordHashes { password: credentials.password_hash.clone(), ha1 }
}

/// A row that an earlier start made already is as good as one made now: ids and contents are fixed.
fn once(result: Result<(), StoreError>) -> Result<(), StoreError> {
    match result {
        Err(StoreError::Conflict { .. }) => Ok(()),
        other => other,
    }
}

async fn people_of(tenant: &TenantDb, company: &Company, now: UtcMs) -> Result<(), StoreError> {
    for (id, customer) in &company.customers {
        let draft = CustomerDraft {
            name: customer.name.clone(),
            company: customer.company.clone(),
            numbers: vec![customer.number.clone()],
            fields: customer.fields(),
            note: customer.note.to_owned(),
            owner: None,
        };
        once(tenant.create_customer(*id, &draft, now).await.map(drop))?;
    }
    Ok(())
}

/// Appends the month, one day a transaction; days that an earlier start wrote are left.
async fn remember(tenant: &TenantDb, company: &Company, now: UtcMs) -> Result<usize, StoreError> {
    let newest = tenant.interactions(&InteractionFilter::default(), None, 1).await?;
    let written = newest.items.first().map_or(UtcMs(i64::MIN), |row| row.started_at);
    let mut rows = 0;
    for day in history::generate(HISTORY_SEED, now, company) {
        if day.iter().any(|entry| entry.interaction.is_some() && entry.at <= written) {
            continue;
        }
        tenant.append(&day).await?;
        rows += day.len();
    }
    Ok(rows)
}
