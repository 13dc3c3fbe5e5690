//! What an agent carries at once: of the company, for all who have none of their own.

#[cfg(test)]
mod tests;

use axum::extract::State;
use perezvon_model::channel::{Capacity, Channel, MAX_COST, MAX_OF_A_CHANNEL, MAX_UNITS};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Admin;
use crate::extract::Json;
use crate::fields;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::save::save;
use crate::state::ApiState;

/// Each number in its range, named by its field; nothing that could never be taken, nothing that rests for ever.
pub fn check(field: &str, of: &Capacity) -> Answer<()> {
    fields::between(&format!("{field}.units"), of.units.into(), 1, MAX_UNITS.into())?;
    for channel in Channel::ALL {
        let share = of.share(channel);
        let field = format!("{field}.{}", word(channel));
        fields::between(&format!("{field}.cost"), share.cost.into(), 1, MAX_COST.into())?;
        let most = if channel == Channel::Voice { 1 } else { MAX_OF_A_CHANNEL };
        fields::between(&format!("{field}.most"), share.most.into(), 0, most.into())?;
        if share.most > 0 && share.cost > of.units {
            let cure = "one costs more units than an agent has, so none could be taken; lower this or raise the units";
            return Err(Problem::bad_value(format!("{field}.cost"), cure));
        }
        fields::few(&format!("{field}.interrupts"), &share.interrupts, Channel::ALL.len())?;
    }
    if of.interrupts_in_a_ring() {
        let cure = "channels interrupt each other in a ring, and what rests would never go on; take one out";
        return Err(Problem::bad_value(format!("{field}.mail.interrupts"), cure));
    }
    Ok(())
}

fn word(channel: Channel) -> &'static str {
    match channel {
        Channel::Voice => "voice",
        Channel::Chat => "chat",
        Channel::Mail => "mail",
    }
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get, put))
}

#[utoipa::path(get, path = "/api/v1/capacity", tag = "capacity", operation_id = "get_capacity", responses(
    (status = 200, body = Capacity),
))]
async fn get(State(state): State<ApiState>, Admin(signed): Admin) -> Answer<axum::Json<Capacity>> {
    Ok(axum::Json(signed.db(&state).capacity().await?))
}

#[utoipa::path(put, path = "/api/v1/capacity", tag = "capacity", operation_id = "update_capacity", request_body = Capacity, responses(
    (status = 200, body = Capacity),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn put(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Json(body): Json<Capacity>,
) -> Answer<axum::Json<Capacity>> {
    check("capacity", &body)?;
    let (db, saved) = (signed.db(&state), body.clone());
    save(&state, signed.scope, async move { db.set_capacity(&saved).await }).await?;
    Ok(axum::Json(body))
}
