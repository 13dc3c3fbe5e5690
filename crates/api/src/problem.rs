//! Refusals: RFC 9457 problem details with a stable code, the field, and a sentence that says what to do.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use perezvon_model::customer::CustomerCard;
use perezvon_model::engine::CommandRefused;
use perezvon_store::StoreError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What every refusal looks like. `type` is `about:blank` with the code as its fragment-free name in `code`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    pub status: u16,
    /// Stable; programs decide by it.
    pub code: String,
    /// What is wrong and what to do, for people.
    pub detail: String,
    /// The offending field of the request, such as `queues[0].level`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Names the request in the server's log.
    pub id: String,
    /// With `changed_meanwhile`: the card as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<CustomerCard>,
    /// With `flow_problems`: everything wrong with the flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problems: Option<Vec<FlowProblem>>,
    /// With `in_use`: what has to change before this can be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_by: Option<Vec<String>>,
}

/// One thing wrong with a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlowProblem {
    /// The node it is about; none when the whole flow is meant.
    pub node: Option<String>,
    /// The field within the node, such as `choices.1`; none when the whole node is meant.
    pub field: Option<String>,
    pub message: String,
}

/// A refusal on its way out. The outermost layer adds the request id and writes the body.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    code: String,
    detail: String,
    field: Option<String>,
    retry_after_s: Option<u64>,
    current: Option<CustomerCard>,
    problems: Option<Vec<FlowProblem>>,
    used_by: Option<Vec<String>>,
}

pub type Answer<T> = Result<T, Problem>;

impl Problem {
    pub fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code: code.into(),
            detail: detail.into(),
            field: None,
            retry_after_s: None,
            current: None,
            problems: None,
            used_by: None,
        }))
    }

    /// A value of the request is not allowed.
    pub fn bad_value(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_value", detail).with_field(field)
    }

    /// There is nothing here for this tenant, whatever another tenant may have.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
    }

    pub fn unauthorised() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "signed_out", "sign in first")
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// Something behind the api does not answer now.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).with_retry_after(1)
    }

    /// An error of ours; what it is stands in the log under the request's id.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the server failed; nothing was changed. Try again, and give the id to whoever runs it",
        )
    }

    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    pub fn with_current(mut self, card: CustomerCard) -> Self {
        self.0.current = Some(card);
        self
    }

    pub fn with_problems(mut self, problems: Vec<FlowProblem>) -> Self {
        self.0.problems = Some(problems);
        self
    }

    pub fn with_used_by(mut self, used_by: Vec<String>) -> Self {
        self.0.used_by = Some(used_by);
        self
    }

    pub fn code(&self) -> &str {
        &self.0.code
    }

    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The response with its body, once the request's id is known.
    pub fn render(self, id: &str) -> Response {
        let parts = *self.0;
        let body = ProblemBody {
            kind: "about:blank".to_owned(),
            title: parts.status.canonical_reason().unwrap_or("Refused").to_owned(),
            status: parts.status.as_u16(),
            code: parts.code,
            detail: parts.detail,
            field: parts.field,
            id: id.to_owned(),
            current: parts.current,
            problems: parts.problems,
            used_by: parts.used_by,
        };
        let json = serde_json::to_vec(&body).expect("a problem body has text keys only");
        let mut response = (parts.status, json).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = parts.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if parts.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 section 11.6.1: a 401 names a scheme.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"perezvon\""));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<CommandRefused> for Problem {
    fn from(refused: CommandRefused) -> Self {
        Self::new(StatusCode::CONFLICT, refused.code(), refused.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "the database did not answer");
                let detail = "the database does not answer; nothing was changed. Try again in a few seconds";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "database_unavailable", detail).with_retry_after(2)
            }
            StoreError::DiskFull(_) => {
                tracing::error!(%error, "the disk is full");
                let detail =
                    "the server's disk is full; nothing was changed. Whoever runs it has to make room";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "disk_full", detail).with_retry_after(30)
            }
            StoreError::Conflict { field } => {
                Self::conflict("taken", format!("`{field}` is taken already; choose another"))
                    .with_field(field)
            }
            StoreError::InUse => {
                Self::conflict("in_use", "something else still needs this; change that first")
            }
            StoreError::NotFound => Self::not_found(),
            StoreError::Invalid { field, message } => Self::bad_value(field, message),
            StoreError::Unusable(_) | StoreError::Unexpected(_) => {
                tracing::error!(%error, "the database is not as expected");
                Self::internal()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_refusal_carries_code_field_and_request_id() {
        let problem = Problem::bad_value("name", "give a name of 1 to 80 characters").with_retry_after(3);
        let response = problem.render("req-1");
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[header::RETRY_AFTER], "3");
        let bytes = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
        let body: ProblemBody = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((body.code.as_str(), body.field.as_deref()), ("bad_value", Some("name")));
        assert_eq!((body.id.as_str(), body.status), ("req-1", 422));
    }
}
