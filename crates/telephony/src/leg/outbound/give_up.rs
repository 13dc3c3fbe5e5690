//! What was dialled and is not wanted any more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Fork, Heard};
use crate::core::Core;
use crate::leg::dialog::Dialog;
use crate::sip::message::{Fields, Header, Method, Request, Response, header, status_of};
use crate::sip::transaction;

/// How long the peer's last word is waited for after a CANCEL (64 T1, RFC 3261 section 9.1) and a bit.
const LAST_WORD_TIMEOUT: Duration = Duration::from_secs(40);

/// CANCELs what rings, and ends what is answered all the same: a 200 that crosses a CANCEL gets ACK and BYE
/// (RFC 3261 sections 9.1 and 15).
pub(super) fn give_up(
    core: &Arc<Core>,
    mut forks: Vec<Fork>,
    mut replies: mpsc::Receiver<(usize, Response)>,
) {
    forks.retain(|fork| fork.heard != Heard::Final);
    if forks.is_empty() {
        return;
    }
    let closing = core.closing();
    let core = core.clone();
    let tasks = core.stack.clone();
    tasks.tasks().spawn(async move {
        let _closing = closing;
        for fork in forks.iter().filter(|fork| fork.heard == Heard::Provisional) {
            cancel(&core, fork);
        }
        let last_words = async {
            while !forks.is_empty()
                && let Some((_, response)) = replies.recv().await
            {
                let Some(at) = forks.iter().position(|fork| fork.invite.call_id() == response.call_id())
                else {
                    continue;
                };
                match status_of(&response) {
                    ..200 => {
                        // Only after a provisional response may the CANCEL go (RFC 3261 section 9.1).
                        if forks[at].heard == Heard::Nothing {
                            forks[at].heard = Heard::Provisional;
                            cancel(&core, &forks[at]);
                        }
                    }
                    200..300 => end(&core, forks.swap_remove(at), &response).await,
                    300.. => {
                        forks.swap_remove(at);
                    }
                }
            }
        };
        let _ = tokio::time::timeout(LAST_WORD_TIMEOUT, last_words).await;
    });
}

/// Sends the CANCEL of an INVITE: same branch, same number (RFC 3261 section 9.1).
fn cancel(core: &Arc<Core>, fork: &Fork) {
    let mut headers = Vec::new();
    for field in fork.invite.headers.iter() {
        match field {
            Header::Via(_)
            | Header::MaxForwards(_)
            | Header::From(_)
            | Header::To(_)
            | Header::CallId(_)
            | Header::Route(_) => headers.push(field.clone()),
            Header::CSeq(_) => {
                let number = fork.invite.cseq().map_or(1, |(number, _)| number);
                headers.push(header("CSeq", format!("{number} CANCEL")));
            }
            _ => {}
        }
    }
    headers.push(header("Content-Length", "0"));
    let cancel = Request {
        method: Method::Cancel,
        uri: fork.invite.uri.clone(),
        version: Default::default(),
        headers: headers.into(),
        body: Vec::new(),
    };
    let (stack, hop) = (core.stack.clone(), fork.hop);
    core.stack.tasks().spawn(async move {
        transaction::request(&stack, cancel, hop).await;
    });
}

/// ACK and BYE for an answer that came too late.
async fn end(core: &Core, fork: Fork, response: &Response) {
    let Some(mut dialog) = Dialog::outgoing(&fork.invite, response, fork.hop, fork.contact_user) else {
        return;
    };
    let Some(hop) = dialog.next_hop().await else { return };
    transaction::send_ack(&core.stack, dialog.ack(&core.stack, dialog.last_number()), hop).await;
    let bye = dialog.request(&core.stack, Method::Bye, Vec::new(), Vec::new());
    transaction::request(&core.stack, bye, hop).await;
}
