//! The rules of the floor as stories in virtual time: callers ring, agents answer, and the journal tells it.

mod floor;
mod setup;

mod first_call;
