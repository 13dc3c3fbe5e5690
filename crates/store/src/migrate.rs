//! Brings the tables up to date: the texts in `migrations/`, each once, in order, in one transaction. Most are for both
//! engines; `*.postgres.sql` are for PostgreSQL alone.

use crate::db::Db;
use crate::dialect;
use crate::error::StoreError;
use crate::sql::{Query, Tx, args, queries, record};

struct Migration {
    version: i64,
    text: &'static str,
    postgres_only: bool,
}

const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, text: include_str!("../migrations/0001_first_call.sql"), postgres_only: false },
    Migration {
        version: 2,
        text: include_str!("../migrations/0002_row_level_security.postgres.sql"),
        postgres_only: true,
    },
    Migration { version: 3, text: include_str!("../migrations/0003_routing.sql"), postgres_only: false },
    Migration { version: 4, text: include_str!("../migrations/0004_inputs.sql"), postgres_only: false },
    Migration {
        version: 5,
        text: include_str!("../migrations/0005_inputs_row_level_security.postgres.sql"),
        postgres_only: true,
    },
    Migration { version: 6, text: include_str!("../migrations/0006_change.sql"), postgres_only: false },
    Migration {
        version: 7,
        text: include_str!("../migrations/0007_change_row_level_security.postgres.sql"),
        postgres_only: true,
    },
    Migration { version: 8, text: include_str!("../migrations/0008_channels.sql"), postgres_only: false },
];

const LEDGER: &str =
    "CREATE TABLE IF NOT EXISTS schema_migration (version BIGINT NOT NULL PRIMARY KEY, text TEXT NOT NULL)";

queries! {
    DONE -> Done = "SELECT version, text FROM schema_migration ORDER BY version";
    NOTE_DONE = "INSERT INTO schema_migration (version, text) VALUES ($1, $2)";
}

/// For PostgreSQL alone, so in no list of statements.
const NO_SERVER: Query<Free> = Query::new("migrate::NO_SERVER", dialect::NO_SERVER_POSTGRES);

record! {
    struct Free {
        free: bool,
    }
}

record! {
    struct Done {
        version: i64,
        text: String,
    }
}

/// For a program that only reads: the tables must be those of this version.
pub(crate) async fn check(db: &Db) -> Result<(), StoreError> {
    let other = || {
        StoreError::Unusable(
            "the database has not the tables of this version of the program; use the version of the server"
                .to_owned(),
        )
    };
    let done = match db.all(&DONE, args![]).await {
        Ok(done) => done,
        Err(StoreError::Unexpected(_)) => return Err(other()),
        Err(error) => return Err(error),
    };
    let postgres = db.is_postgres();
    let wanted = MIGRATIONS.iter().filter(|migration| postgres || !migration.postgres_only);
    let same = wanted.map(|migration| (migration.version, migration.text));
    if done.iter().map(|done| (done.version, done.text.as_str())).eq(same) { Ok(()) } else { Err(other()) }
}

pub(crate) async fn run(db: &Db) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let postgres = db.is_postgres();
    if postgres {
        tx.run_script(dialect::MIGRATION_LOCK_POSTGRES).await?;
    }
    tx.run_script(LEDGER).await?;
    let done = tx.all(&DONE, args![]).await?;
    if let Some(newer) = done.iter().find(|done| MIGRATIONS.iter().all(|known| known.version != done.version))
    {
        return Err(StoreError::Unusable(format!(
            "the database was set up by a newer version of this program (migration {}); use that one",
            newer.version
        )));
    }
    let mut due = Vec::new();
    for migration in MIGRATIONS.iter().filter(|migration| postgres || !migration.postgres_only) {
        match done.iter().find(|done| done.version == migration.version) {
            Some(done) if done.text == migration.text => {}
            Some(_) => {
                return Err(StoreError::Unusable(format!(
                    "migration {} of this database is not the one of this program; use the version that made it",
                    migration.version
                )));
            }
            None => due.push(migration),
        }
    }
    if postgres && !done.is_empty() && !due.is_empty() {
        nobody_serves(&mut tx).await?;
    }
    for migration in due {
        tx.run_script(migration.text).await?;
        tx.run(&NOTE_DONE, args![migration.version, migration.text]).await?;
    }
    tx.commit().await
}

/// A server that runs knows nothing of the tables as they will be. (SQLite's is alone in its data folder.)
async fn nobody_serves(tx: &mut Tx) -> Result<(), StoreError> {
    match tx.first(&NO_SERVER, args![]).await? {
        Some(Free { free: true }) => Ok(()),
        Some(Free { free: false }) | None => Err(StoreError::Unusable(
            "an older version of this program serves this database, and this one would change its tables; stop that one first"
                .to_owned(),
        )),
    }
}
