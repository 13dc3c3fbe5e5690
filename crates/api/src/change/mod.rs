//! The audit trail: who changed what in the configuration, when, from what to what. For admins.

#[cfg(test)]
mod tests;

use axum::extract::State;
use perezvon_model::{UserId, UtcMs};
use perezvon_store::{Change, ChangeFilter, Subject};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::auth::Admin;
use crate::cursor;
use crate::extract::Filter;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::ApiState;

const LIST: &str = "changes";
const CONSOLE: &str = "console";

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Search {
    /// Changes of one kind of thing; of all when left out.
    #[param(inline)]
    subject: Option<Subject>,
    /// Changes of one thing.
    id: Option<Uuid>,
    /// The id of whoever made them, or `console` for the command line of the server.
    by: Option<String>,
    /// Made at this time or later.
    from: Option<UtcMs>,
    /// Made before this time.
    to: Option<UtcMs>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200; 50 when left out. A page of long flows ends sooner.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct ChangePage {
    /// The newest first.
    items: Vec<Change>,
    /// For the next page; null at the end.
    next_cursor: Option<String>,
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Newest first. Admins alone see it: it shows what only they may set.
#[utoipa::path(get, path = "/api/v1/changes", tag = "change", operation_id = "list_changes", params(Search), responses(
    (status = 200, body = ChangePage),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Filter(search): Filter<Search>,
) -> Answer<axum::Json<ChangePage>> {
    let limit = cursor::limit(search.limit)?;
    let place = search.cursor.as_deref().map(|text| cursor::read(LIST, text)).transpose()?;
    let filter = ChangeFilter {
        subject: search.subject,
        subject_id: search.id,
        by: search.by.as_deref().map(author).transpose()?,
        from: search.from,
        to: search.to,
    };
    let page = signed.db(&state).changes(&filter, place.as_deref(), limit).await?;
    let next_cursor = page.next_cursor.map(|place| cursor::write(LIST, &place));
    Ok(axum::Json(ChangePage { items: page.items, next_cursor }))
}

fn author(text: &str) -> Answer<Option<UserId>> {
    if text == CONSOLE {
        return Ok(None);
    }
    let refuse = |_| Problem::bad_value("by", "write the id of a person, or console");
    text.parse().map(Some).map_err(refuse)
}
