//! What the peer changes in a call that is up: hold, another codec or address, or only a refresh.

use tokio::time::Instant;

use super::{Talk, Unacknowledged};
use crate::leg::LegInput;
use crate::leg::dialog::contact;
use crate::leg::session_timer::{SessionTimer, Terms, of_refusal};
use crate::sdp;
use crate::sip::message::{ALLOW, Fields, Method, SUPPORTED, header};
use crate::sip::transaction::ServerTransaction;

impl Talk {
    /// A re-INVITE or UPDATE of the peer: hold, another codec or address, or only a refresh.
    pub(super) async fn take_change(&mut self, transaction: ServerTransaction) {
        let stack = self.leg.core.stack.clone();
        let request = transaction.request();
        let is_invite = request.method == Method::Invite;
        if self.pending.is_some() && (is_invite || !request.body.is_empty()) {
            // Glare (RFC 3261 section 14.2, RFC 3311 section 5.2).
            return transaction.answer(&stack, 491, None, Vec::new(), Vec::new()).await;
        }
        if self.unacknowledged.as_ref().is_some_and(|waiting| waiting.carries_answer) {
            // An offer of ours is open.
            return transaction.answer(&stack, 491, None, Vec::new(), Vec::new()).await;
        }
        let least_s = self.leg.core.timing.least_session_s;
        let Ok(terms) = Terms::of_request(request, self.leg.core.session_expires_s(), least_s) else {
            return transaction.answer(&stack, 422, None, of_refusal(least_s), Vec::new()).await;
        };
        let offer = match request.body.as_slice() {
            [] => None,
            body => match sdp::parse(body)
                .ok()
                .and_then(|offer| sdp::answer(&offer, &self.local).ok().map(|_| offer))
            {
                Some(offer) => Some(offer),
                // The session goes on as it was (RFC 3261 section 14.2).
                None => return transaction.answer(&stack, 488, None, Vec::new(), Vec::new()).await,
            },
        };
        let number = request.cseq().map_or(0, |(number, _)| number);
        self.dialog.refresh_target(request.list("Contact").first().copied(), Some(transaction.source()));
        if request.headers.iter().any(|field| field.name() == "Allow") {
            self.dialog.peer_takes_update = request.lists("Allow", "UPDATE");
        }
        let (agreed, body) = match &offer {
            Some(offer) => {
                match self.describe(|local| sdp::answer(offer, local).map(|(_, text)| text).ok()) {
                    Some(text) => {
                        (sdp::answer(offer, &self.local).ok().map(|(agreed, _)| agreed), text.into_bytes())
                    }
                    None => (None, Vec::new()),
                }
            }
            None if is_invite => {
                (None, self.describe(|local| Some(sdp::offer(local))).unwrap_or_default().into_bytes())
            }
            None => (None, Vec::new()),
        };
        let mut extra = vec![
            header("Contact", contact(&stack, transaction.source().transport, self.dialog.contact_user())),
            header("Allow", ALLOW),
            header("Supported", SUPPORTED),
        ];
        if !body.is_empty() {
            extra.push(header("Content-Type", "application/sdp"));
        }
        extra.extend(terms.of_answer());
        self.timer = Some(SessionTimer::new(terms, Instant::now().into_std()));
        if is_invite {
            let sender = self.leg.sender.clone();
            let invite =
                transaction.into_invite(&stack, sender, move |event| LegInput::Invite(number, event));
            invite.respond(&stack, 200, Some(&self.dialog.local_tag), extra, body);
            // A first answer that is still unacknowledged is acknowledged by going on.
            let first = self.unacknowledged.take().is_some_and(|waiting| waiting.first);
            self.unacknowledged = Some(Unacknowledged { number, carries_answer: offer.is_none(), first });
        } else {
            transaction.answer(&stack, 200, None, extra, body).await;
        }
        if let Some(agreed) = agreed {
            self.take_media(agreed).await;
        }
    }

    /// Writes our description; a changed one gets the next version (RFC 3264 section 8).
    fn describe(&mut self, write: impl Fn(&sdp::Local) -> Option<String>) -> Option<String> {
        let same = write(&self.local)?;
        if same != self.description {
            self.local.version += 1;
            self.description = write(&self.local)?;
        }
        Some(self.description.clone())
    }
}
