//! What can go wrong, named by what the caller can do about it.

use sqlx::error::ErrorKind;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or is too busy now. Try again: nothing is known to be written.
    #[error("the database is not available now: {0}")]
    Unavailable(String),
    /// No room on the disk. Try again once there is: nothing was written.
    #[error("the disk of the database is full: {0}")]
    DiskFull(String),
    /// Another row has this value already, or the row was changed meanwhile (`field` is `version`).
    #[error("`{field}` is taken already")]
    Conflict { field: String },
    /// Other rows need this one.
    #[error("this is still in use by something else")]
    InUse,
    #[error("there is no such thing")]
    NotFound,
    /// The value is not allowed; `message` says what to do.
    #[error("`{field}`: {message}")]
    Invalid { field: &'static str, message: String },
    /// The settings or the database as found cannot be worked with; `0` says what and what to do.
    #[error("{0}")]
    Unusable(String),
    /// A row or a statement is not what this program expects: a bug, or a database changed by hand.
    #[error("the database answered something unexpected: {0}")]
    Unexpected(String),
}

impl StoreError {
    /// Whether the same call may succeed later without any change.
    pub fn is_retryable(&self) -> bool {
        match self {
            StoreError::Unavailable(_) | StoreError::DiskFull(_) => true,
            StoreError::Conflict { .. }
            | StoreError::InUse
            | StoreError::NotFound
            | StoreError::Invalid { .. }
            | StoreError::Unusable(_)
            | StoreError::Unexpected(_) => false,
        }
    }

    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        StoreError::Invalid { field, message: message.into() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => from_database(&**database),
            sqlx::Error::Io(io) if io.kind() == std::io::ErrorKind::StorageFull => {
                StoreError::DiskFull(error.to_string())
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::BeginFailed
            | sqlx::Error::WorkerCrashed => StoreError::Unavailable(error.to_string()),
            // A foreign enum that may grow; whatever else it holds is not the caller's to cure.
            _ => StoreError::Unexpected(error.to_string()),
        }
    }
}

fn from_database(error: &dyn sqlx::error::DatabaseError) -> StoreError {
    let text = error.to_string();
    match error.kind() {
        ErrorKind::UniqueViolation => return StoreError::Conflict { field: conflicting_field(error) },
        ErrorKind::ForeignKeyViolation => return StoreError::InUse,
        _ => {}
    }
    let code = error.code().unwrap_or_default();
    if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        match &*code {
            // PostgreSQL appendix A: insufficient resources of the disk kind.
            "53100" => StoreError::DiskFull(text),
            // Serialisation failure and deadlock: the transaction was rolled back, the same again may pass.
            "40001" | "40P01" => StoreError::Unavailable(text),
            // Lock not available, cancelled by statement_timeout, read-only (a standby after a fail-over).
            "55P03" | "57014" | "25006" => StoreError::Unavailable(text),
            // Connection, resources, operator intervention (shutdown, starting up), system errors.
            code if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => {
                StoreError::Unavailable(text)
            }
            _ => StoreError::Unexpected(text),
        }
    } else {
        // SQLite result codes; the low byte is the primary one.
        match code.parse::<i32>().map(|code| code & 0xff) {
            Ok(13) => StoreError::DiskFull(text),
            // BUSY, LOCKED, NOMEM, READONLY, IOERR, CANTOPEN.
            Ok(5 | 6 | 7 | 8 | 10 | 14) => StoreError::Unavailable(text),
            _ => StoreError::Unexpected(text),
        }
    }
}

/// PostgreSQL names the index (`users_email_key`), SQLite the columns (`users.tenant_id, users.email`).
fn conflicting_field(error: &dyn sqlx::error::DatabaseError) -> String {
    let from_index = error.constraint().zip(error.table()).and_then(|(index, table)| {
        Some(index.strip_prefix(table)?.strip_prefix('_')?.strip_suffix("_key")?.to_owned())
    });
    from_index
        .or_else(|| {
            let columns = error.message().strip_prefix("UNIQUE constraint failed: ")?;
            Some(columns.rsplit('.').next()?.to_owned())
        })
        .unwrap_or_else(|| "id".to_owned())
}
