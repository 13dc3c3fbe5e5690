//! Storage: tenants, their configuration, customers, the journal and the tables computed from it, in SQLite or
//! PostgreSQL by one SQL text. One file per word of the field holds its records, statements and checks; `sql.rs` is
//! the thin layer under them, `dialect.rs` all that differs between the engines. Everything of a tenant goes through
//! `Db::tenant`, whose statements begin with the tenant; `session.rs` and `directory.rs` alone read across tenants.
//! This crate never decides about calls, never hashes a password, never reads the clock and never touches a recording.

mod capacity;
mod change;
mod checks;
mod config;
mod customer;
mod db;
mod dialect;
mod directory;
mod disposition;
mod error;
mod flow;
mod input;
mod interaction;
mod journal;
mod migrate;
mod number;
mod page;
mod queue;
mod recording;
#[doc(hidden)]
pub mod registry;
pub mod report;
mod session;
mod skill;
mod sql;
mod tenant;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod testing;
mod trunk;
mod user;
mod words;

pub use change::{Author, Change, ChangeFilter, Subject};
pub use config::Names;
pub use customer::CustomerDraft;
pub use db::{Db, Limits, ServerLock, TenantDb};
pub use directory::{Directory, DirectoryNumber, DirectoryPhone};
pub use error::StoreError;
pub use flow::FLOW_LIMIT_BYTES;
pub use input::{InputBatch, InputRun, Inputs, LastRun, ListedRun};
pub use interaction::{InteractionDetail, InteractionFilter, InteractionRow, RowOutcome, RowRecording};
pub use journal::{Interrupted, JournalLine, OwedItem};
pub use page::{PAGE_LIMIT, Page};
pub use recording::{Recording, RecordingState};
pub use session::{SignIn, SignedIn};
pub use tenant::Tenant;
pub use user::{Ha1, PasswordHashes, Role, User, canonical_email};

/// A new id for a row. The engine makes its own from its seed; this is for what people and shells create.
pub fn new_id<T: From<uuid::Uuid>>() -> T {
    uuid::Uuid::now_v7().into()
}
