//! What the tests of the words share.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;

use crate::ports::{ApiConfig, JournalHealth, Peaks, Readiness};

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
