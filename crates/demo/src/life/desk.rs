//! The server's HTTP interface as people's browsers use it: one request, one connection, everything limited.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use perezvon_model::engine::AgentCommand;
use perezvon_model::view::{DeskView, FloorView};
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(5);
const BODY_LIMIT: usize = 1 << 20;

#[derive(Debug, thiserror::Error)]
pub(super) enum DeskError {
    /// Try again later: the server cannot be reached, or is too busy.
    #[error("the server cannot be reached: {0}")]
    Away(String),
    /// Sign in again.
    #[error("the session is not known")]
    SignedOut,
    /// The server understood, and will not.
    #[error("refused with {0}: {1}")]
    Refused(StatusCode, String),
}

/// Who is signed in. Its text is a secret.
#[derive(Clone)]
pub(super) struct Token(String);

/// One server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Desk {
    pub http: SocketAddr,
}

#[derive(serde::Deserialize)]
struct Session {
    token: String,
}

impl Desk {
    pub async fn sign_in(self, email: &str, password: &str) -> Result<Token, DeskError> {
        let body = serde_json::json!({ "email": email, "password": password });
        let answer = self.ask(Method::POST, "/api/v1/session", None, Some(body.to_string())).await?;
        Ok(Token(read::<Session>(&answer)?.token))
    }

    pub async fn command(self, token: &Token, command: &AgentCommand) -> Result<(), DeskError> {
        let body =
            serde_json::to_string(command).expect("a command has string keys and serialises without I/O");
        self.ask(Method::POST, "/api/v1/desk/command", Some(token), Some(body)).await.map(drop)
    }

    pub async fn look(self, token: &Token) -> Result<DeskView, DeskError> {
        read(&self.ask(Method::GET, "/api/v1/desk", Some(token), None).await?)
    }

    pub async fn floor(self, token: &Token) -> Result<FloorView, DeskError> {
        read(&self.ask(Method::GET, "/api/v1/floor", Some(token), None).await?)
    }

    async fn ask(
        self,
        method: Method,
        path: &'static str,
        token: Option<&Token>,
        body: Option<String>,
    ) -> Result<Bytes, DeskError> {
        match tokio::time::timeout(LIMIT, self.exchange(method, path, token, body)).await {
            Ok(answer) => answer,
            Err(_) => Err(DeskError::Away(format!("no answer within {} s", LIMIT.as_secs()))),
        }
    }

    async fn exchange(
        self,
        method: Method,
        path: &'static str,
        token: Option<&Token>,
        body: Option<String>,
    ) -> Result<Bytes, DeskError> {
        let away = |error: &dyn std::fmt::Display| DeskError::Away(error.to_string());
        let stream = TcpStream::connect(self.http).await.map_err(|error| away(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| away(&error))?;
        let mut request = Request::builder().method(method).uri(path).header(HOST, self.http.to_string());
        if let Some(Token(token)) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = Full::new(Bytes::from(body.unwrap_or_default()));
        let request = request.body(body).map_err(|error| away(&error))?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(|error| away(&error))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), BODY_LIMIT);
            let body = body.collect().await.map_err(|error| away(&error))?.to_bytes();
            judge(status, body)
        };
        // The connection moves the bytes while the answer is waited for, and ends with it.
        tokio::pin!(connection, answer);
        tokio::select! {
            answer = &mut answer => answer,
            closed = &mut connection => match closed {
                Ok(()) => answer.await,
                Err(error) => Err(away(&error)),
            },
        }
    }
}

fn judge(status: StatusCode, body: Bytes) -> Result<Bytes, DeskError> {
    if status.is_success() {
        return Ok(body);
    }
    if status == StatusCode::UNAUTHORIZED {
        return Err(DeskError::SignedOut);
    }
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(DeskError::Away(status.to_string()));
    }
    /// Enough of a problem document for a log.
    const SHOWN: usize = 300;
    let text = String::from_utf8_lossy(&body).chars().take(SHOWN).collect();
    Err(DeskError::Refused(status, text))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DeskError> {
    serde_json::from_slice(body)
        .map_err(|error| DeskError::Away(format!("an answer that cannot be read: {error}")))
}
