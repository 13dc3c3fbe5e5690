//! Chats and mails from outside: whatever keeps the conversation gives it to a queue here, and the queue finds the agent.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use perezvon_model::engine::NewItem;
use perezvon_model::{CustomerId, InteractionId, QueueId, RequestId};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::auth::Supervisor;
use crate::desk::{answered, gone, post};
use crate::extract::{Id, Json};
use crate::fields;
use crate::ports::PortRequest;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::ApiState;

/// A chat or a mail as it is given to a queue. The queue's channel says which of the two it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ItemBody {
    pub queue: QueueId,
    /// Whom it is from, as shown: a name, an address, a number. 1 to 200 characters.
    pub from: String,
    /// 1 to 300 characters.
    pub subject: String,
    /// Where it is read and answered: an address that begins with `https://` or `http://`, 2,000 characters at most.
    #[serde(default)]
    pub link: Option<String>,
    /// Whose card is shown.
    #[serde(default)]
    pub customer: Option<CustomerId>,
}

/// It waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ItemMade {
    pub interaction: InteractionId,
}

impl ItemBody {
    fn check(&self) -> Answer<()> {
        fields::filled("from", &self.from, 200)?;
        fields::filled("subject", &self.subject, 300)?;
        let Some(link) = &self.link else { return Ok(()) };
        fields::short("link", link, 2_000)?;
        // Anything else, such as `javascript:`, would run in the agent's desk.
        let is_web = ["https://", "http://"].iter().any(|scheme| {
            link.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        });
        if is_web && !link.contains(char::is_whitespace) {
            return Ok(());
        }
        Err(Problem::bad_value("link", "write it as https://example.org/conversations/1"))
    }
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(withdraw))
}

/// Once it is answered, the item survives a kill of the server.
#[utoipa::path(post, path = "/api/v1/items", tag = "item", operation_id = "create_item", request_body = ItemBody, responses(
    (status = 201, body = ItemMade),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(state): State<ApiState>,
    Supervisor(signed): Supervisor,
    Json(body): Json<ItemBody>,
) -> Answer<(StatusCode, axum::Json<ItemMade>)> {
    body.check()?;
    let db = signed.db(&state);
    let customer = match body.customer {
        Some(id) => match db.customer(id).await {
            Ok(card) => Some(Arc::new(card)),
            Err(perezvon_store::StoreError::NotFound) => {
                return Err(Problem::bad_value("customer", "there is no such customer"));
            }
            Err(error) => return Err(error.into()),
        },
        None => None,
    };
    let interaction = InteractionId(Uuid::now_v7());
    let item = NewItem {
        interaction,
        request: Some(RequestId(Uuid::now_v7())),
        queue: body.queue,
        from: body.from.trim().to_owned(),
        subject: body.subject.trim().to_owned(),
        link: body.link,
        customer,
        place_at: state.now(),
    };
    let port = state.port(signed.scope)?;
    let (reply, answer) = oneshot::channel();
    post(&port, PortRequest::Item { item, reply })?;
    answer.await.map_err(|_| gone())??;
    Ok((StatusCode::CREATED, axum::Json(ItemMade { interaction })))
}

/// The customer has left, or it was done elsewhere. Nothing happens where it is over.
#[utoipa::path(delete, path = "/api/v1/items/{id}", tag = "item", operation_id = "withdraw_item",
    params(("id" = InteractionId, Path)), responses(
    (status = 204, description = "It is over"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn withdraw(
    State(state): State<ApiState>,
    Supervisor(signed): Supervisor,
    Id(interaction): Id<InteractionId>,
) -> Answer<StatusCode> {
    // What another company has is not there.
    signed.db(&state).interaction(interaction).await?;
    let port = state.port(signed.scope)?;
    let (reply, answer) = oneshot::channel();
    post(&port, PortRequest::WithdrawItem { interaction, reply })?;
    answered(answer).await?;
    Ok(StatusCode::NO_CONTENT)
}
