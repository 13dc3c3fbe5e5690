//! The rules of the floor as stories in virtual time: callers ring, agents answer, and the journal tells it.

mod floor;
mod routing;
mod setup;

mod announce;
mod arrival;
mod callback;
mod configure;
mod conversation;
mod first_call;
mod hours;
mod invariants;
mod item_days;
mod items;
mod kept;
mod needs;
mod offers;
mod outside;
mod overflow;
mod preferred;
mod presence;
mod queue;
mod random;
mod today;
mod transfer;
mod wrap_up;
