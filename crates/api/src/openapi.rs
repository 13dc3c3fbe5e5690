//! The description of the API as OpenAPI 3.1. Each route is described where it is written; this file joins them.

use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::auth::COOKIE;
use crate::problem::ProblemBody;
use crate::socket::{ClientMessage, ServerMessage};
use crate::state::ApiState;
use crate::{
    capacity, change, customer, demo, desk, directory, disposition, floor, flow, health, interaction, item,
    number, queue, report, session, skill, socket, trunk, user,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Perezvon",
        version = "1",
        description = "Times are UTC milliseconds since 1970, ids are UUIDs, refusals are RFC 9457 problems. \
                       Changes that are signed by cookie need the header `X-Perezvon: 1`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(ProblemBody, ServerMessage, ClientMessage)),
    security(("cookie" = []), ("bearer" = [])),
    modifiers(&Credentials),
)]
struct Outline;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_with(Default::default);
        components
            .add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE))));
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// Every route with its description.
pub(crate) fn described() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(Outline::openapi())
        .merge(session::routes())
        .merge(desk::routes())
        .merge(floor::routes())
        .merge(socket::routes())
        .merge(interaction::routes())
        .merge(customer::routes())
        .merge(directory::routes())
        .merge(queue::routes())
        .merge(user::routes())
        .merge(skill::routes())
        .merge(disposition::routes())
        .merge(flow::routes())
        .merge(number::routes())
        .merge(trunk::routes())
        .merge(change::routes())
        .merge(capacity::routes())
        .merge(item::routes())
        .merge(report::routes())
        .merge(demo::routes())
        .merge(health::routes())
}

/// The description alone, as it is served and as the web generates its types from it.
pub fn document() -> Document {
    described().split_for_parts().1
}

#[cfg(test)]
mod noise;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walks;
