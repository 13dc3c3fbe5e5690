//! Reading requests: JSON bodies, queries and ids, each refused with a problem that names the field.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::problem::Problem;
use crate::state::ApiState;

/// The most bytes of a body, but for flows.
pub const BODY_LIMIT: usize = 64 * 1024;
/// The most bytes of a body that holds a flow.
pub const FLOW_BODY_LIMIT: usize = 1024 * 1024;

/// A JSON body. A request that is not declared as JSON is refused, which also keeps foreign forms out.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<ApiState> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "send the body as JSON with the header content-type: application/json",
            ));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "too_large",
                    "the body is larger than this address takes",
                )
            } else {
                Problem::new(
                    StatusCode::BAD_REQUEST,
                    "bad_body",
                    "the body did not arrive whole; send it again",
                )
            }
        })?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            let inner = error.into_inner();
            match inner.classify() {
                serde_json::error::Category::Data => {
                    let problem =
                        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_body", inner.to_string());
                    if path == "." { problem } else { problem.with_field(path) }
                }
                serde_json::error::Category::Io
                | serde_json::error::Category::Syntax
                | serde_json::error::Category::Eof => Problem::new(
                    StatusCode::BAD_REQUEST,
                    "bad_json",
                    format!("the body is not JSON: {inner}"),
                ),
            }
        })?;
        reader.end().map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, "bad_json", format!("the body is not JSON: {error}"))
        })?;
        Ok(Self(value))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// The query of an address.
pub struct Filter<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<ApiState> for Filter<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &ApiState) -> Result<Self, Problem> {
        let Query(value) = Query::<T>::try_from_uri(&parts.uri).map_err(|rejection| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_query", rejection.body_text())
        })?;
        Ok(Self(value))
    }
}

/// The id at the end of an address. What is no id has nothing at its address.
pub struct Id<T>(pub T);

impl<T: FromStr> FromRequestParts<ApiState> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        text.parse().map(Self).map_err(|_| Problem::not_found())
    }
}
