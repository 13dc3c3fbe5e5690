//! What the tests of the words share: the real router over the real store on SQLite in a temporary folder, two
//! companies, and a fake tenant task that answers the mailbox.

pub mod company;
pub mod fake;
mod world;

pub use company::Company;
pub use fake::Seen;
pub use world::{Asking, PASSWORD, Reply, World, config};
