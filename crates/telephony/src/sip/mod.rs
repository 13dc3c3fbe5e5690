//! The one place that knows the SIP library below: transports, transactions, and the types of messages. Dialogs,
//! registrations and calls are ours and lie above.

pub(crate) mod check;
#[cfg(test)]
mod golden;
pub(crate) mod header;
pub(crate) mod hop;
pub(crate) mod message;
pub(crate) mod stack;
pub(crate) mod tcp;
pub(crate) mod transaction;
pub(crate) mod udp;
pub(crate) mod uri;
pub(crate) mod wire;

pub(crate) use rsipstack::transaction::random_text;
