//! `perezvon admin`: companies, users, numbers and passwords from the command line.

use std::io::{BufRead, IsTerminal};

use clap::{Subcommand, ValueEnum};
use perezvon_api::{SipHa1, sip_ha1};
use perezvon_model::announce::Announcement;
use perezvon_model::config::{Disposition, FlowSource, Number, Queue, Routing, WrapUp};
use perezvon_model::prompt::Language;
use perezvon_model::{Device, DispositionId, E164, FlowId, NumberId, QueueId, TenantId, TenantScope, UserId};
use perezvon_store::{Author, Db, Ha1, PasswordHashes, StoreError, Tenant, TenantDb, User};

use crate::clock::now;
use crate::settings::Settings;

#[derive(Subcommand)]
pub enum Admin {
    /// Make a company with a queue, a flow and dispositions to start from; prints its id
    Tenant {
        /// Name of the company
        #[arg(long)]
        name: String,
        /// Country of numbers written in national form (ISO 3166)
        #[arg(long, default_value = "RU")]
        region: String,
        /// Time zone of days and hours (IANA)
        #[arg(long, default_value = "Europe/Moscow")]
        time_zone: String,
    },
    /// Make a user; the password is read from the terminal or standard input
    User {
        #[arg(long)]
        tenant: TenantId,
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        #[arg(long)]
        role: Role,
        /// Account name of a desk phone; it has the same password
        #[arg(long)]
        sip_username: Option<String>,
    },
    /// Map a dialled number to a flow of the company
    Number {
        #[arg(long)]
        tenant: TenantId,
        /// As people write it: +74951234567, or in the national form
        #[arg(long)]
        number: String,
        /// Key of the flow
        #[arg(long)]
        flow: String,
    },
    /// Set a new password, read from the terminal or standard input; the user's sessions end
    Password {
        #[arg(long)]
        email: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Role {
    Agent,
    Supervisor,
    Admin,
}

/// A mistake of whoever typed the command.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadInput(pub String);

pub(crate) fn bad(sentence: impl Into<String>) -> anyhow::Error {
    BadInput(sentence.into()).into()
}

pub fn run(settings: Settings, command: Admin) -> anyhow::Result<()> {
    crate::start::log_to_stderr("warn");
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let db = crate::start::open_database(&settings).await?;
        let outcome = carry_out(&db, command).await;
        db.close().await;
        outcome
    })
}

async fn carry_out(db: &Db, command: Admin) -> anyhow::Result<()> {
    match command {
        Admin::Tenant { name, region, time_zone } => {
            if jiff::tz::TimeZone::get(&time_zone).is_err() {
                return Err(bad(format!(
                    "`{time_zone}` is not a time zone; write one such as Europe/Moscow"
                )));
            }
            let tenant = make_tenant(db, name, region, time_zone).await.map_err(said)?;
            println!("{tenant}");
        }
        Admin::User { tenant, email, name, role, sip_username } => {
            let scope = existing(db, tenant).await?;
            let hashes = hashes(&password()?, sip_username.as_deref())?;
            let user = User {
                id: UserId(uuid::Uuid::now_v7()),
                email,
                name,
                role: role.into(),
                language: Language::default(),
                device: if sip_username.is_some() { Device::Phone } else { Device::Browser },
                sip_username,
                phone_uri: None,
                weight: 1,
                capacity: None,
                queues: db.tenant(&scope).queues().await?.into_iter().map(|queue| queue.id).collect(),
                skills: Vec::new(),
            };
            own(db, scope).create_user(&user, &hashes, now()).await.map_err(said)?;
            println!("{}", user.id);
        }
        Admin::Number { tenant, number, flow } => {
            let scope = existing(db, tenant).await?;
            let tenant = own(db, scope);
            let region = tenant.tenant().await?.region;
            let short = number.len() <= 15 && number.bytes().all(|byte| byte.is_ascii_digit());
            let number = match E164::parse(&number, &region) {
                Ok(number) => number.to_string(),
                Err(_) if short && !number.is_empty() => number,
                Err(error) => return Err(bad(error.to_string())),
            };
            let flows = tenant.flows().await?;
            let keys: Vec<&str> = flows.iter().map(|flow| flow.key.as_str()).collect();
            let found = flows
                .iter()
                .find(|one| one.key == flow)
                .ok_or_else(|| bad(format!("there is no flow `{flow}`; there are: {}", keys.join(", "))))?;
            let id = NumberId(uuid::Uuid::now_v7());
            let row = Number { id, number, flow: found.id, language: Language::default() };
            tenant.create_number(&row).await.map_err(said)?;
            println!("{}", row.number);
        }
        Admin::Password { email } => {
            let found = db.sign_in(&email).await.map_err(|_| bad(format!("nobody signs in as `{email}`")))?;
            let scope = existing(db, found.tenant).await?;
            let user = db.tenant(&scope).user(found.user).await?;
            let hashes = hashes(&password()?, user.sip_username.as_deref())?;
            own(db, scope).set_password(user.id, &hashes).await.map_err(said)?;
            println!("the password of {email} is changed and its sessions are ended");
        }
    }
    Ok(())
}

/// A company that can take a call once it has a number, a trunk and a user: one queue, one flow, three dispositions.
async fn make_tenant(
    db: &Db,
    name: String,
    region: String,
    time_zone: String,
) -> Result<TenantId, StoreError> {
    let id = TenantId(uuid::Uuid::now_v7());
    db.create_tenant(&Tenant { id, name, region, time_zone, config_version: 1, created_at: now() }).await?;
    let tenant = own(db, scope(id));
    let queue = Queue {
        id: QueueId(uuid::Uuid::now_v7()),
        key: "main".into(),
        name: "Общая".into(),
        required_skills: Vec::new(),
        ring_timeout_s: 15,
        wrap_up: WrapUp::Timed { limit_s: 30 },
        service_level_s: 20,
        service_level_target: 80,
        short_abandon_s: 5,
        max_waiting: 500,
        record: true,
        routing: Routing { announcements: vec![Announcement::position_every(60)], ..Routing::default() },
    };
    tenant.create_queue(&queue).await?;
    for (key, name) in
        [("solved", "Решено"), ("call-back", "Перезвонить"), ("wrong-number", "Ошиблись номером")]
    {
        let id = DispositionId(uuid::Uuid::now_v7());
        tenant
            .create_disposition(&Disposition { id, key: key.into(), name: name.into(), queues: Vec::new() })
            .await?;
    }
    let json = include_str!("first_flow.json").to_owned();
    let id_of_flow = FlowId(uuid::Uuid::now_v7());
    tenant
        .create_flow(&FlowSource { id: id_of_flow, key: "main".into(), name: "Приём".into(), json })
        .await?;
    Ok(id)
}

/// The company's part of the database; what changes in it is noted as made at the command line.
fn own(db: &Db, scope: TenantScope) -> TenantDb {
    db.tenant(&scope).by(Author { user: None, at: now() })
}

async fn existing(db: &Db, tenant: TenantId) -> anyhow::Result<TenantScope> {
    match db.tenants().await?.iter().any(|one| one.id == tenant) {
        true => Ok(scope(tenant)),
        false => Err(bad(format!("there is no company {tenant}; make one with `perezvon admin tenant`"))),
    }
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the command owns the installation")]
pub(crate) fn scope(tenant: TenantId) -> TenantScope {
    TenantScope::mint(tenant)
}

/// What the store finds wrong with the words is a mistake of whoever typed them.
fn said(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Invalid { .. } | StoreError::Conflict { .. } => bad(error.to_string()),
        other => other.into(),
    }
}

fn hashes(password: &str, sip_username: Option<&str>) -> anyhow::Result<PasswordHashes> {
    let phc = perezvon_api::password::hash(password).map_err(|error| bad(error.to_string()))?;
    let ha1 = sip_username.map(|username| {
        let SipHa1 { md5, sha256 } = sip_ha1(username, password);
        Ha1 { md5, sha256 }
    });
    Ok(PasswordHashes { password: phc, ha1 })
}

/// One line of standard input; asked for when a person types it.
fn password() -> anyhow::Result<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        eprint!("Password (at least 8 characters, shown as you type): ");
    }
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() { Err(bad("give the password on standard input")) } else { Ok(password) }
}

impl From<Role> for perezvon_store::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Agent => Self::Agent,
            Role::Supervisor => Self::Supervisor,
            Role::Admin => Self::Admin,
        }
    }
}
