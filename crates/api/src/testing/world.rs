//! The world of a test and requests to it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use perezvon_model::{UserId, UtcMs};
use perezvon_store::{Db, Limits};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt;

use super::company::Company;
use super::fake::{Fake, Fakes};
use crate::auth::{SESSION_MS, new_token, token_sha256};
use crate::ports::{ApiConfig, JournalHealth, Peaks, Readiness};
use crate::state::ApiState;

pub const PASSWORD: &str = "correct horse";
static PHC: LazyLock<String> = LazyLock::new(|| crate::password::hash(PASSWORD).unwrap());

pub fn config() -> ApiConfig {
    ApiConfig {
        public_url: "http://perezvon.test".to_owned(),
        secure_cookies: false,
        trusted_proxies: Vec::new(),
        recordings: "/nonexistent".into(),
        demo: None,
        prompts: Arc::new(BTreeSet::from(["greeting".to_owned(), "goodbye".to_owned()])),
        peaks: Arc::new(|_, n| Ok(Peaks { left: vec![1; n], right: vec![2; n], duration_ms: 1_000 })),
        readiness: Arc::new(|| Readiness::Ready),
        metrics: Arc::new(Vec::new),
        journal: watch::channel(JournalHealth::Ok).1,
        version: "0.1.0-test".to_owned(),
    }
}

/// A loaded machine must not turn into refusals.
fn patient() -> Limits {
    let long = std::time::Duration::from_secs(60);
    Limits { acquire: long, statement: long, ..Limits::default() }
}

pub struct World {
    pub db: Db,
    pub state: ApiState,
    pub app: Router,
    pub first: Company,
    pub second: Company,
    pub fake: Fake,
    pub journal: watch::Sender<JournalHealth>,
    pub folder: TempDir,
    clock: Arc<AtomicI64>,
}

/// 2026-11-21 18:00 UTC.
const START: i64 = 1_795_284_000_000;

impl World {
    pub async fn new() -> Self {
        Self::with(|_, _| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut ApiConfig, &Company)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("perezvon.db").display());
        let db = Db::open(&url, patient()).await.unwrap();
        let first = Company::found(&db, "first", 1, &PHC).await;
        let second = Company::found(&db, "second", 2, &PHC).await;
        let fake = Fake::new(&[first.agent, first.other_agent]);
        let fakes = Fakes::default();
        fakes.0.lock().unwrap().insert(first.scope.tenant(), fake.clone());
        fakes.0.lock().unwrap().insert(second.scope.tenant(), Fake::new(&[second.agent]));
        let journal = watch::Sender::new(JournalHealth::Ok);
        let mut config = config();
        config.recordings = folder.path().join("recordings");
        config.journal = journal.subscribe();
        change(&mut config, &first);
        let clock = Arc::new(AtomicI64::new(START));
        let read = clock.clone();
        let clock_of_state = Arc::new(move || UtcMs(read.load(Ordering::Relaxed)));
        let state = ApiState::with_clock(db.clone(), Arc::new(fakes), config, clock_of_state);
        let app = crate::router(state.clone());
        Self { db, state, app, first, second, fake, journal, folder, clock }
    }

    pub fn now(&self) -> UtcMs {
        UtcMs(self.clock.load(Ordering::Relaxed))
    }

    pub fn advance(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    /// A session without the work of a password.
    pub async fn token(&self, user: UserId) -> String {
        let company = if self.second.has(user) { &self.second } else { &self.first };
        let token = new_token().unwrap();
        let hash = token_sha256(&token);
        let now = self.now();
        self.db.create_session(&hash, company.scope.tenant(), user, now, now + SESSION_MS).await.unwrap();
        token
    }

    pub fn get(&self, path: &str) -> Asking {
        self.ask(Method::GET, path)
    }

    pub fn post(&self, path: &str, body: Value) -> Asking {
        self.ask(Method::POST, path).json(body)
    }

    pub fn put(&self, path: &str, body: Value) -> Asking {
        self.ask(Method::PUT, path).json(body)
    }

    pub fn delete(&self, path: &str) -> Asking {
        self.ask(Method::DELETE, path)
    }

    pub fn ask(&self, method: Method, path: &str) -> Asking {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        let peer: SocketAddr = "192.0.2.77:4000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        request.headers_mut().insert(header::HOST, "perezvon.test".parse().unwrap());
        Asking { app: self.app.clone(), request }
    }
}

impl Company {
    fn has(&self, user: UserId) -> bool {
        [self.admin, self.supervisor, self.agent, self.other_agent].contains(&user)
    }
}

pub struct Asking {
    app: Router,
    request: Request<Body>,
}

impl Asking {
    pub fn json(self, body: Value) -> Self {
        self.raw(body.to_string()).header("content-type", "application/json")
    }

    pub fn raw(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().insert(name, value.parse().unwrap());
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn cookie(self, token: &str) -> Self {
        self.header("cookie", &format!("perezvon_session={token}"))
    }

    pub fn peer(mut self, peer: &str) -> Self {
        let peer: SocketAddr = peer.parse().unwrap();
        self.request.extensions_mut().insert(ConnectInfo(peer));
        self
    }

    pub async fn send(self) -> Reply {
        let response = self.app.oneshot(self.request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 16 << 20).await.unwrap().to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply { status: parts.status, headers: parts.headers, bytes, json }
    }
}

#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    pub json: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks the form that every refusal has and answers its code.
    #[track_caller]
    pub fn refusal(&self, status: u16) -> &str {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json["status"], status);
        assert_eq!(self.json["id"], self.header("x-request-id"));
        for part in ["type", "title", "detail"] {
            assert!(self.json[part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {}", self.json);
        }
        self.json["code"].as_str().unwrap()
    }

    #[track_caller]
    pub fn ok(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json
    }
}
