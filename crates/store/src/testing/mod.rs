//! Databases for tests, a fresh one each: `both_engines!` runs a test once on SQLite and once on PostgreSQL.

mod postgres;

use std::time::Duration;

use crate::db::{Db, Limits, TenantDb};
use crate::error::StoreError;
pub use crate::registry::{Statement, statements};
use crate::sql::{Query, args, record};
pub use postgres::{PrivateCluster, shared_cluster};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestEngine {
    Sqlite,
    Postgres,
}

/// A fresh database. SQLite's file goes with this value; PostgreSQL's goes with its cluster.
pub struct TestDb {
    pub db: Db,
    pub engine: TestEngine,
    /// To open the same database once more.
    pub url: String,
    folder: Option<tempfile::TempDir>,
}

/// Short waits, so that a test of a lost database ends soon.
pub fn limits() -> Limits {
    Limits { connections: 4, acquire: Duration::from_secs(2), statement: Duration::from_secs(10) }
}

impl TestDb {
    pub async fn open(engine: TestEngine) -> Self {
        let (url, folder) = match engine {
            TestEngine::Sqlite => {
                let folder =
                    tempfile::tempdir().expect("the system's folder for temporary files can be written");
                (format!("sqlite:{}", folder.path().join("test.db").display()), Some(folder))
            }
            TestEngine::Postgres => (shared_cluster().fresh_database().await, None),
        };
        let db = Db::open(&url, limits()).await.expect("a fresh database opens");
        Self { db, engine, url, folder }
    }
}

/// What an engine calls the columns of a registered statement; an error when it cannot be prepared.
pub async fn prepare(db: &Db, statement: &Statement) -> Result<Vec<String>, StoreError> {
    db.prepare(statement).await
}

/// How SQLite would run a registered statement, one line per table.
pub async fn sqlite_plan(db: &Db, statement: &Statement) -> Result<String, StoreError> {
    db.plan(statement).await
}

/// Runs any statement, for tests that need a database in a bad state.
pub async fn run_raw(db: &Db, sql: &'static str) -> Result<u64, StoreError> {
    db.run_raw(sql).await
}

record! {
    struct OneText {
        text: String,
    }
}

/// Runs any statement with `$1` for the tenant, as a statement of ours would that forgot to ask for it, alone and in a
/// transaction; answers its one column of text from both.
pub async fn ask_raw(db: &TenantDb, sql: &'static str) -> Result<[Vec<String>; 2], StoreError> {
    let query = Query::<OneText>::new("raw", sql);
    let alone = db.all(&query, args![]).await?;
    let mut tx = db.begin().await?;
    let in_transaction = tx.all(&query, args![]).await?;
    tx.commit().await?;
    Ok([alone, in_transaction].map(|rows| rows.into_iter().map(|row| row.text).collect()))
}

/// Runs a test's future on a runtime of its own, with a fresh database.
pub fn run<F: Future<Output = ()>>(engine: TestEngine, test: impl FnOnce(TestDb) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let mut test_db = TestDb::open(engine).await;
        // Kept here: an `async move` block takes only the fields that it names, and would drop the folder at once.
        let folder = test_db.folder.take();
        let db = test_db.db.clone();
        test(test_db).await;
        db.close().await;
        drop(folder);
    });
}

/// Declares tests that run on both engines: `both_engines! { async fn name(test: TestDb) { ... } }`.
#[macro_export]
macro_rules! both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: TestDb) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "a test may need nothing of its module")]
            use super::*;
            async fn body($db: $crate::testing::TestDb) $body
            #[test]
            fn on_sqlite() { $crate::testing::run($crate::testing::TestEngine::Sqlite, body); }
            #[test]
            fn on_postgres() { $crate::testing::run($crate::testing::TestEngine::Postgres, body); }
        }
    )+};
}
