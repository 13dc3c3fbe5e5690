//! One open socket, from hello to close. Everything it owns ends with it.

use std::future::pending;
use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use perezvon_model::UserId;
use perezvon_model::view::{DeskView, FloorView};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, interval_at, sleep_until, timeout};

use super::{
    COMMANDS_AT_ONCE, ClientMessage, FLOOR_EVERY, MESSAGES_PER_SECOND, PING_EVERY, SEND_LIMIT,
    SESSION_CHECK_EVERY, SILENCE, ServerMessage,
};
use crate::auth::{Role, Signed, still_signed_in};
use crate::desk;
use crate::floor;
use crate::ports::{PortRequest, TenantPort};
use crate::problem::Problem;
use crate::state::{ApiState, Revoked};

/// Why a socket ends, as its close frame says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The page closed it or its connection broke: nothing is left to say.
    Gone,
    TooSlow,
    Silent,
    TooMany,
    SignedOut,
    /// The tenant's task ended; the page comes back to the next one.
    Restarting,
    Stopping,
}

pub(super) async fn run(socket: WebSocket, state: ApiState, signed: Signed, port: TenantPort) {
    let revoked = state.revocations();
    let mut open = Open {
        socket,
        desk: None,
        floor: None,
        answers: FuturesUnordered::new(),
        heard: Instant::now(),
        second: Instant::now(),
        messages: 0,
        state,
        signed,
        port,
    };
    let end = open.live(revoked).await;
    if open.desk.take().is_some() {
        open.seat(false).await;
    }
    open.close(end).await;
}

struct Open {
    socket: WebSocket,
    state: ApiState,
    signed: Signed,
    port: TenantPort,
    desk: Option<watch::Receiver<Arc<DeskView>>>,
    floor: Option<watch::Receiver<Arc<FloorView>>>,
    answers: FuturesUnordered<BoxFuture<'static, ServerMessage>>,
    heard: Instant,
    /// Start of the second in which `messages` came.
    second: Instant,
    messages: u32,
}

impl Open {
    async fn live(&mut self, mut revoked: broadcast::Receiver<Revoked>) -> End {
        match self.begin().await {
            Ok(()) => {}
            Err(end) => return end,
        }
        let mut journal = self.state.config().journal.clone();
        let mut reloaded = self.state.reloads();
        let stopping = self.state.stopping();
        let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        let mut check = interval_at(Instant::now() + SESSION_CHECK_EVERY, SESSION_CHECK_EVERY);
        let mut floor_due = Instant::now();
        loop {
            let step = tokio::select! {
                () = stopping.cancelled() => Err(End::Stopping),
                () = sleep_until(self.heard + SILENCE) => Err(End::Silent),
                who = revoked.recv() => self.revoked(who).await,
                message = self.socket.recv() => self.take(message).await,
                Some(answer) = self.answers.next() => self.send(&answer).await,
                alive = changed(&mut self.desk) => match alive {
                    Ok(desk) => self.send(&ServerMessage::Desk { desk }).await,
                    Err(Ended) => Err(End::Restarting),
                },
                alive = changed_after(&mut self.floor, floor_due) => match alive {
                    Ok(floor) => {
                        floor_due = Instant::now() + FLOOR_EVERY;
                        self.send(&ServerMessage::Floor { floor }).await
                    }
                    Err(Ended) => Err(End::Restarting),
                },
                Ok(()) = journal.changed() => {
                    let health = *journal.borrow_and_update();
                    self.send(&ServerMessage::Health { journal: health }).await
                }
                Ok(()) = reloaded.changed(), if self.desk.is_none() => self.sit_down().await,
                _ = ping.tick() => self.send(&ServerMessage::Ping).await,
                _ = check.tick() => self.check_session().await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn begin(&mut self) -> Result<(), End> {
        let hello = ServerMessage::Hello {
            me: self.signed.me.clone(),
            server_time: self.state.now(),
            version: self.state.config().version.clone(),
        };
        self.send(&hello).await?;
        let journal = *self.state.config().journal.borrow();
        self.send(&ServerMessage::Health { journal }).await?;
        self.sit_down().await
    }

    /// Takes the desk if this user has one; the tenant's task learns that somebody sits there.
    async fn sit_down(&mut self) -> Result<(), End> {
        match desk::watch(&self.port, self.me()).await {
            Ok(Some(mut desk)) => {
                desk.mark_changed();
                self.desk = Some(desk);
                self.seat(true).await;
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(_problem) => Err(End::Restarting),
        }
    }

    /// The mailbox is bounded: waiting for room here slows only this page.
    async fn seat(&mut self, open: bool) {
        let request = PortRequest::DeskSocket { agent: self.me(), open };
        if self.port.commands.send(request).await.is_err() {
            tracing::debug!(open, "the tenant's task is gone; nobody counts this desk");
        }
    }

    fn me(&self) -> UserId {
        self.signed.me.id
    }

    async fn revoked(&mut self, who: Result<Revoked, broadcast::error::RecvError>) -> Result<(), End> {
        match who {
            Ok(Revoked::Session(token)) if token == self.signed.token_sha256 => Err(End::SignedOut),
            Ok(Revoked::User(user)) if user == self.me() => self.check_session().await,
            Ok(Revoked::Session(_) | Revoked::User(_)) => Ok(()),
            Err(broadcast::error::RecvError::Lagged(_)) => self.check_session().await,
            Err(broadcast::error::RecvError::Closed) => Err(End::Stopping),
        }
    }

    async fn check_session(&mut self) -> Result<(), End> {
        match still_signed_in(&self.state, &self.signed).await {
            // The database may be away while calls go on: only a clear no ends the socket.
            Ok(true) | Err(_) => Ok(()),
            Ok(false) => Err(End::SignedOut),
        }
    }

    async fn take(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let Some(Ok(message)) = message else { return Err(End::Gone) };
        let now = Instant::now();
        self.heard = now;
        if now.duration_since(self.second).as_secs() >= 1 {
            (self.second, self.messages) = (now, 0);
        }
        self.messages += 1;
        if self.messages > MESSAGES_PER_SECOND {
            return Err(End::TooMany);
        }
        match message {
            Message::Text(text) => match read(&text) {
                Ok(message) => self.obey(message).await,
                Err((id, problem)) => self.send(&ServerMessage::refused(id, &problem)).await,
            },
            Message::Binary(_) => {
                let problem = Problem::bad_value("type", "send JSON texts");
                self.send(&ServerMessage::refused(String::new(), &problem)).await
            }
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err(End::Gone),
        }
    }

    async fn obey(&mut self, message: ClientMessage) -> Result<(), End> {
        match message {
            ClientMessage::Pong => Ok(()),
            ClientMessage::Subscribe { floor: false } => {
                self.floor = None;
                Ok(())
            }
            ClientMessage::Subscribe { floor: true } => self.subscribe().await,
            ClientMessage::Command { id, command } => {
                let room =
                    self.room().and_then(|()| desk::send(&self.state, &self.port, &self.signed, command));
                match room {
                    Ok(answer) => {
                        self.answers.push(Box::pin(async move {
                            match answer.await {
                                Ok(()) => ServerMessage::done(id),
                                Err(problem) => ServerMessage::refused(id, &problem),
                            }
                        }));
                        Ok(())
                    }
                    Err(problem) => self.send(&ServerMessage::refused(id, &problem)).await,
                }
            }
            ClientMessage::RtcOffer { id, sdp } => {
                let room = self.room().and_then(|()| desk::offer(&self.port, self.signed.me.id, sdp));
                match room {
                    Ok(answer) => {
                        self.answers.push(Box::pin(async move {
                            match answer.await {
                                Ok(sdp) => ServerMessage::RtcAnswer { id, sdp },
                                Err(problem) => ServerMessage::refused(id, &problem),
                            }
                        }));
                        Ok(())
                    }
                    Err(problem) => self.send(&ServerMessage::refused(id, &problem)).await,
                }
            }
        }
    }

    fn room(&self) -> Result<(), Problem> {
        if self.answers.len() < COMMANDS_AT_ONCE {
            return Ok(());
        }
        Err(Problem::unavailable("too many commands wait for their answer; wait for them"))
    }

    async fn subscribe(&mut self) -> Result<(), End> {
        if self.floor.is_some() {
            return Ok(());
        }
        let watched = match self.signed.me.role {
            Role::Supervisor | Role::Admin => floor::watch(&self.port).await,
            Role::Agent => Err(Problem::forbidden("the floor is for supervisors and admins")),
        };
        match watched {
            Ok(mut floor) => {
                floor.mark_changed();
                self.floor = Some(floor);
                Ok(())
            }
            Err(problem) => self.send(&ServerMessage::refused(String::new(), &problem)).await,
        }
    }

    async fn send(&mut self, message: &ServerMessage) -> Result<(), End> {
        let text = serde_json::to_string(message).expect("messages have text keys only");
        match timeout(SEND_LIMIT, self.socket.send(Message::text(text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_elapsed) => Err(End::TooSlow),
        }
    }

    async fn close(&mut self, end: End) {
        let (code, reason) = match end {
            // A connection that does not take messages does not take a close frame either.
            End::Gone | End::TooSlow => return,
            End::Silent => (close_code::POLICY, "silent"),
            End::TooMany => (close_code::POLICY, "too_many_messages"),
            End::SignedOut => (close_code::POLICY, "signed_out"),
            End::Restarting => (close_code::RESTART, "restarting"),
            End::Stopping => (close_code::AWAY, "stopping"),
        };
        let frame = CloseFrame { code, reason: reason.into() };
        if timeout(SEND_LIMIT, self.socket.send(Message::Close(Some(frame)))).await.is_err() {
            tracing::debug!(reason, "a page did not take its close frame");
        }
    }
}

fn read(text: &str) -> Result<ClientMessage, (String, Problem)> {
    #[derive(serde::Deserialize)]
    struct Named {
        id: String,
    }
    let id_of = |text: &str| {
        serde_json::from_str::<Named>(text)
            .ok()
            .map(|named| named.id)
            .filter(|id| id.len() <= 64)
            .unwrap_or_default()
    };
    let message = serde_json::from_str::<ClientMessage>(text).map_err(|error| {
        let problem = Problem::new(axum::http::StatusCode::BAD_REQUEST, "bad_message", error.to_string());
        (id_of(text), problem)
    })?;
    match &message {
        ClientMessage::Command { id, .. } | ClientMessage::RtcOffer { id, .. } if id.len() > 64 => {
            Err((String::new(), Problem::bad_value("id", "an id has 64 bytes at most")))
        }
        ClientMessage::Command { .. }
        | ClientMessage::RtcOffer { .. }
        | ClientMessage::Subscribe { .. }
        | ClientMessage::Pong => Ok(message),
    }
}

/// The sender of a view is gone.
struct Ended;

/// The next value of a watched view; never, when nothing is watched. Dropping it loses nothing.
async fn changed<T>(watched: &mut Option<watch::Receiver<Arc<T>>>) -> Result<Arc<T>, Ended> {
    let Some(receiver) = watched else { return pending().await };
    receiver.changed().await.map_err(|_| Ended)?;
    Ok(receiver.borrow_and_update().clone())
}

async fn changed_after<T>(
    watched: &mut Option<watch::Receiver<Arc<T>>>,
    due: Instant,
) -> Result<Arc<T>, Ended> {
    if watched.is_some() {
        sleep_until(due).await;
    }
    changed(watched).await
}
