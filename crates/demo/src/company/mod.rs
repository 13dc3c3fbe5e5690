//! The demo company: who and what it is, and how it comes into the store.

pub mod customers;
mod flows;
pub mod people;
pub mod plan;
pub mod recordings;
mod seed;

pub use plan::Company;
pub use seed::{Credentials, Seeded, scope, seed, set_password};
