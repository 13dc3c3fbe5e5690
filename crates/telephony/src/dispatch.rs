//! Each request that has a transaction, to whom it belongs. Never waits.

use std::sync::Arc;

use crate::core::Core;
use crate::leg::{LegInput, inbound};
use crate::registrar;
use crate::sip::message::{ALLOW, Fields, Header, Method, SUPPORTED, header};
use crate::sip::transaction::ServerTransaction;

pub(crate) fn dispatch(core: &Arc<Core>, transaction: ServerTransaction) {
    let request = transaction.request();
    if request.recipient_tag().is_some() {
        match core.dialogs.find(request) {
            Some(leg) => {
                if let Err(error) = leg.try_send(LegInput::Request(Box::new(transaction))) {
                    // The leg has too much to do or ended this moment: without an answer the peer asks again.
                    tracing::debug!(%error, "request within a dialog dropped");
                }
            }
            None => answer(core, transaction, 481, Vec::new()),
        }
        return;
    }
    match request.method {
        Method::Invite => inbound::arrive(core, transaction),
        Method::Register => {
            let owner = core.clone();
            core.stack.spawn(async move { registrar::serve(&owner, transaction).await });
        }
        Method::Options => answer(core, transaction, 200, capabilities()),
        // These belong to a dialog and name none.
        Method::Bye | Method::Update | Method::Info => answer(core, transaction, 481, Vec::new()),
        Method::Ack
        | Method::Cancel
        | Method::Message
        | Method::Notify
        | Method::PRack
        | Method::Publish
        | Method::Refer
        | Method::Subscribe => answer(core, transaction, 405, vec![header("Allow", ALLOW)]),
    }
}

/// What an answer to OPTIONS says (RFC 3261 section 11.2).
pub(crate) fn capabilities() -> Vec<Header> {
    vec![
        header("Allow", ALLOW),
        header("Accept", "application/sdp, application/dtmf-relay"),
        header("Accept-Encoding", "identity"),
        header("Supported", SUPPORTED),
    ]
}

/// Answers in a task of its own: a slow TCP peer holds up nobody else.
pub(crate) fn answer(core: &Arc<Core>, transaction: ServerTransaction, status: u16, extra: Vec<Header>) {
    let stack = core.stack.clone();
    core.stack.spawn(async move { transaction.answer(&stack, status, None, extra, Vec::new()).await });
}
