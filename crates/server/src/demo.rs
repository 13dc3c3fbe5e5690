//! The demo company on this server: made at the first start, with its recordings, and its controls for the pages.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use perezvon_api::{DemoDoors, DemoPort, SipHa1, sip_ha1};
use perezvon_demo::company::{self, Credentials, Seeded};
use perezvon_media::Library;
use perezvon_model::UserId;
use perezvon_store::Db;
use tokio::sync::watch;

use crate::child::Life;
use crate::clock::now;
use crate::settings::Settings;

const ADMIN: &str = "admin@demo.example";

pub fn password(settings: &Settings) -> String {
    let made = || format!("{:x}", uuid::Uuid::now_v7().as_u64_pair().1);
    settings.demo_password.clone().unwrap_or_else(made)
}

/// Makes the demo company at the first start; a later start changes the password only when it is another one.
pub async fn seed(db: &Db, password: &str) -> anyhow::Result<()> {
    let admin = db.sign_in(ADMIN).await;
    if admin.is_ok_and(|admin| perezvon_api::password::verify(password, &admin.password)) {
        return Ok(());
    }
    let ha1 = |username: &str| {
        let SipHa1 { md5, sha256 } = sip_ha1(username, password);
        (md5, sha256)
    };
    let credentials = Credentials { password_hash: perezvon_api::password::hash(password)?, ha1: &ha1 };
    match company::seed(db, &credentials, now()).await.context("cannot make the demo company")? {
        Seeded::Made { rows } => tracing::info!(rows, "made the demo company and a month of history"),
        Seeded::Present => {
            company::set_password(db, &credentials, now()).await.context("cannot set the demo's password")?
        }
    }
    Ok(())
}

/// Makes the recordings that the history lacks, beside the calls; what a stop cuts off the next start makes.
pub async fn record(db: Db, folder: PathBuf, sounds: Arc<Library>, mut stopped: watch::Receiver<bool>) {
    let recording = company::recordings::record(&db, &folder, &sounds);
    let made = tokio::select! {
        () = crate::start::is_set(&mut stopped) => return,
        made = recording => made,
    };
    match made {
        Ok(made) => tracing::info!(made, "the recordings of the demo's history are there"),
        Err(error) => tracing::warn!(%error, "some conversations of the demo's history have no recording"),
    }
}

/// Somebody rings for a person who opened the demo's desk.
pub fn newcomer(life: Arc<Life>) -> Arc<dyn Fn(UserId) + Send + Sync> {
    Arc::new(move |_| {
        if let Err(error) = life.call_me() {
            tracing::warn!(error, "nobody rings for the newcomer");
        }
    })
}

pub fn port(life: Option<Arc<Life>>, http: SocketAddr) -> DemoPort {
    let (get, set, call) = (life.clone(), life.clone(), life.clone());
    DemoPort {
        life: life.is_some(),
        calls_per_minute: Arc::new(move || get.as_ref().map_or(0, |life| life.calls_per_minute())),
        set_calls_per_minute: Arc::new(move |calls| {
            if let Some(life) = &set {
                life.set_calls_per_minute(calls);
            }
        }),
        call_me: Arc::new(move |_| match &call {
            Some(life) => life.call_me(),
            None => Err("the simulated callers are off (PEREZVON_DEMO_LIFE)".to_owned()),
        }),
        doors: if http.ip().is_loopback() { DemoDoors::Local } else { DemoDoors::Closed },
        agent_email: "agent1@demo.example".into(),
        supervisor_email: "supervisor@demo.example".into(),
        admin_email: ADMIN.into(),
    }
}
