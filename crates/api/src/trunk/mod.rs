//! Lines to the telephone network.

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use axum::extract::State;
use axum::http::StatusCode;
use ipnet::IpNet;
use perezvon_flow::Flow;
use perezvon_flow::graph::Node;
use perezvon_model::TrunkId;
use perezvon_model::config::{FlowSource, Trunk, TrunkRegistration};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::auth::Admin;
use crate::extract::{Id, Json};
use crate::fields;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::queue::whole::queues_that_call_through;
use crate::save::save;
use crate::state::ApiState;

/// The widest networks that calls may come from: whatever is wider names half the Internet, not a provider.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 16;
const TOO_WIDE: &str =
    "this network is too wide; write the addresses that the provider names, /8 at the widest (/16 in IPv6)";

/// A trunk as it is shown: everything but the password of its registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Trunk)]
pub struct TrunkView {
    pub id: TrunkId,
    pub key: String,
    pub name: String,
    /// Addresses that calls may come from, such as `192.0.2.0/24`.
    pub sources: Vec<String>,
    pub registration: Option<RegistrationView>,
    pub max_calls: u32,
}

/// A registration at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TrunkRegistration)]
pub struct RegistrationView {
    pub registrar: String,
    pub username: String,
    pub expires_s: u32,
}

impl From<Trunk> for TrunkView {
    fn from(trunk: Trunk) -> Self {
        let registration = trunk.registration.map(|registration| RegistrationView {
            registrar: registration.registrar,
            username: registration.username,
            expires_s: registration.expires_s,
        });
        Self {
            id: trunk.id,
            key: trunk.key,
            name: trunk.name,
            sources: trunk.sources,
            registration,
            max_calls: trunk.max_calls,
        }
    }
}

/// A trunk as it is saved.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct TrunkBody {
    pub key: String,
    pub name: String,
    #[serde(default)]
    pub sources: Vec<String>,
    #[serde(default)]
    pub registration: Option<RegistrationBody>,
    /// 1 to 100,000.
    pub max_calls: u32,
}

#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct RegistrationBody {
    /// `sip:provider.example` or `sip:192.0.2.1:5060;transport=tcp`.
    pub registrar: String,
    pub username: String,
    /// Left out: the password that is saved stays.
    #[serde(default)]
    #[schema(format = Password)]
    pub password: Option<String>,
    /// 60 to 7,200.
    pub expires_s: u32,
}

impl std::fmt::Debug for RegistrationBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistrationBody").field("registrar", &self.registrar).finish_non_exhaustive()
    }
}

impl TrunkBody {
    fn check(self, id: TrunkId, before: Option<&Trunk>) -> Answer<Trunk> {
        fields::key("key", &self.key)?;
        fields::filled("name", &self.name, 80)?;
        fields::between("max_calls", self.max_calls, 1, 100_000)?;
        fields::few("sources", &self.sources, 100)?;
        for (n, source) in self.sources.iter().enumerate() {
            let net = source.parse::<IpNet>().or_else(|_| source.parse::<IpAddr>().map(IpNet::from));
            let why = match net {
                Ok(IpNet::V4(net)) if net.prefix_len() < WIDEST_V4 => TOO_WIDE,
                Ok(IpNet::V6(net)) if net.prefix_len() < WIDEST_V6 => TOO_WIDE,
                Ok(_) => continue,
                Err(_) => "write an address such as 192.0.2.0/24",
            };
            return Err(Problem::bad_value(format!("sources[{n}]"), why));
        }
        let saved = before.and_then(|trunk| trunk.registration.as_ref()).map(|saved| saved.password.clone());
        let registration = self.registration.map(|body| body.check(saved)).transpose()?;
        if registration.is_none() && self.sources.is_empty() {
            return Err(Problem::bad_value(
                "sources",
                "give an address that calls come from, or a registration",
            ));
        }
        Ok(Trunk {
            id,
            key: self.key,
            name: self.name.trim().to_owned(),
            sources: self.sources,
            registration,
            max_calls: self.max_calls,
        })
    }
}

impl RegistrationBody {
    fn check(self, saved: Option<String>) -> Answer<TrunkRegistration> {
        let registrar = "registration.registrar";
        fields::filled(registrar, &self.registrar, 200)?;
        let host = self.registrar.strip_prefix("sip:").unwrap_or_default();
        if host.is_empty() || host.contains(|char: char| char.is_whitespace() || "<>\"".contains(char)) {
            return Err(Problem::bad_value(registrar, "write it as sip:provider.example"));
        }
        fields::filled("registration.username", &self.username, 200)?;
        fields::between("registration.expires_s", self.expires_s, 60, 7_200)?;
        let missing =
            || Problem::bad_value("registration.password", "give the password that the provider gave you");
        let password = self.password.or(saved).ok_or_else(missing)?;
        fields::short("registration.password", &password, 200)?;
        Ok(TrunkRegistration {
            registrar: self.registrar,
            username: self.username,
            password,
            expires_s: self.expires_s,
        })
    }
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(update, delete))
}

#[utoipa::path(get, path = "/api/v1/trunks", tag = "trunk", operation_id = "list_trunks", responses(
    (status = 200, body = Vec<TrunkView>),
))]
async fn list(State(state): State<ApiState>, Admin(signed): Admin) -> Answer<axum::Json<Vec<TrunkView>>> {
    let trunks = signed.db(&state).trunks().await?;
    Ok(axum::Json(trunks.into_iter().map(TrunkView::from).collect()))
}

#[utoipa::path(post, path = "/api/v1/trunks", tag = "trunk", operation_id = "create_trunk", request_body = TrunkBody, responses(
    (status = 201, body = TrunkView),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Json(body): Json<TrunkBody>,
) -> Answer<(StatusCode, axum::Json<TrunkView>)> {
    let trunk = body.check(TrunkId(Uuid::now_v7()), None)?;
    let (db, saved) = (signed.db(&state), trunk.clone());
    save(&state, signed.scope, async move { db.create_trunk(&saved).await }).await?;
    Ok((StatusCode::CREATED, axum::Json(trunk.into())))
}

#[utoipa::path(put, path = "/api/v1/trunks/{id}", tag = "trunk", operation_id = "update_trunk", request_body = TrunkBody,
    params(("id" = TrunkId, Path)), responses(
    (status = 200, body = TrunkView),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<TrunkId>,
    Json(body): Json<TrunkBody>,
) -> Answer<axum::Json<TrunkView>> {
    let db = signed.db(&state);
    let before = db.trunk(id).await?;
    let trunk = body.check(id, Some(&before))?;
    if before.key != trunk.key {
        let used_by = flows_through(&db.flows().await?, &before.key);
        if !used_by.is_empty() {
            let detail =
                format!("flows call through `{}` by this key; change them first or keep the key", before.key);
            return Err(Problem::conflict("in_use", detail).with_field("key").with_used_by(used_by));
        }
    }
    let saved = trunk.clone();
    save(&state, signed.scope, async move { db.update_trunk(&saved).await }).await?;
    Ok(axum::Json(trunk.into()))
}

/// Calls from its addresses are refused from now on; calls that run go on.
#[utoipa::path(delete, path = "/api/v1/trunks/{id}", tag = "trunk", operation_id = "delete_trunk",
    params(("id" = TrunkId, Path)), responses(
    (status = 204, description = "Gone"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "Flows or queues call through it", body = ProblemBody, content_type = "application/problem+json"),
))]
async fn delete(
    State(state): State<ApiState>,
    Admin(signed): Admin,
    Id(id): Id<TrunkId>,
) -> Answer<StatusCode> {
    let db = signed.db(&state);
    let trunk = db.trunk(id).await?;
    let used_by = flows_through(&db.flows().await?, &trunk.key);
    if !used_by.is_empty() {
        let detail = "flows call through this trunk; let them take another first";
        return Err(Problem::conflict("in_use", detail).with_used_by(used_by));
    }
    let used_by = queues_that_call_through(id, &db.queues().await?);
    if !used_by.is_empty() {
        let detail = "queues send callers through this trunk; change their rules first";
        return Err(Problem::conflict("in_use", detail).with_used_by(used_by));
    }
    save(&state, signed.scope, async move { db.delete_trunk(id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The names of the flows that call through the trunk of this key.
fn flows_through(flows: &[FlowSource], key: &str) -> Vec<String> {
    let calls = |source: &&FlowSource| {
        Flow::read(&source.json).is_ok_and(|flow| {
            flow.nodes.values().any(|node| match node {
                Node::Transfer(transfer) => transfer.trunk.as_deref() == Some(key),
                Node::Queue(_)
                | Node::Play(_)
                | Node::Menu(_)
                | Node::Collect(_)
                | Node::Hours(_)
                | Node::Language(_)
                | Node::HangUp(_) => false,
            })
        })
    };
    flows.iter().filter(calls).map(|source| source.name.clone()).collect()
}
