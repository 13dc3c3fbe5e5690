//! Customers: the list, the card, and saving it without losing what another person wrote meanwhile.

#[cfg(test)]
mod tests;

use axum::extract::State;
use axum::http::StatusCode;
use perezvon_model::customer::{CustomerCard, CustomerField};
use perezvon_model::{CustomerId, E164, UserId};
use perezvon_store::{CustomerDraft, StoreError, TenantDb};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::auth::Signed;
use crate::cursor;
use crate::extract::{Filter, Id, Json};
use crate::fields;
use crate::interaction::MAX_SEARCH;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::ApiState;

const LIST: &str = "customers";
const MAX_NUMBERS: usize = 20;
const MAX_FIELDS: usize = 50;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Search {
    /// Part of a name, a company or a number.
    text: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200; 50 when left out.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct CustomerPage {
    /// By name; without their conversations.
    items: Vec<CustomerCard>,
    /// For the next page; null at the end.
    next_cursor: Option<String>,
}

/// A card as it is saved. Numbers may be written as people do; they are kept in E.164.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
struct CustomerBody {
    #[serde(default)]
    name: String,
    #[serde(default)]
    company: String,
    #[serde(default)]
    numbers: Vec<String>,
    #[serde(default)]
    fields: Vec<CustomerField>,
    #[serde(default)]
    note: String,
    /// Who looks after the customer.
    #[serde(default)]
    owner: Option<UserId>,
}

/// A card as it is saved again: `version` is that of the card that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
struct CustomerChange {
    version: i64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    company: String,
    #[serde(default)]
    numbers: Vec<String>,
    #[serde(default)]
    fields: Vec<CustomerField>,
    #[serde(default)]
    note: String,
    /// Who looks after the customer.
    #[serde(default)]
    owner: Option<UserId>,
}

impl CustomerBody {
    async fn check(self, db: &TenantDb) -> Answer<CustomerDraft> {
        fields::short("name", &self.name, 200)?;
        fields::short("company", &self.company, 200)?;
        fields::text("note", &self.note, 10_000)?;
        fields::few("numbers", &self.numbers, MAX_NUMBERS)?;
        fields::few("fields", &self.fields, MAX_FIELDS)?;
        for (n, field) in self.fields.iter().enumerate() {
            fields::filled(&format!("fields[{n}].name"), &field.name, 100)?;
            fields::text(&format!("fields[{n}].value"), &field.value, 2_000)?;
        }
        let numbers = numbers(&self.numbers, &db.tenant().await?.region)?;
        if self.name.trim().is_empty() && numbers.is_empty() {
            return Err(Problem::bad_value("name", "give the card a name or a number"));
        }
        if let Some(owner) = self.owner
            && !db.users().await?.iter().any(|user| user.id == owner)
        {
            return Err(Problem::bad_value(
                "owner",
                "there is no such person; choose somebody else or nobody",
            ));
        }
        Ok(CustomerDraft {
            name: self.name,
            company: self.company,
            numbers,
            fields: self.fields,
            note: self.note,
            owner: self.owner,
        })
    }
}

fn numbers(texts: &[String], region: &str) -> Answer<Vec<E164>> {
    let mut numbers: Vec<E164> = Vec::with_capacity(texts.len());
    for (n, text) in texts.iter().enumerate() {
        let number = E164::parse(text, region)
            .map_err(|error| Problem::bad_value(format!("numbers[{n}]"), error.to_string()))?;
        if numbers.contains(&number) {
            return Err(Problem::bad_value(format!("numbers[{n}]"), "this number is on the card already"));
        }
        numbers.push(number);
    }
    Ok(numbers)
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, update))
}

#[utoipa::path(get, path = "/api/v1/customers", tag = "customer", operation_id = "list_customers", params(Search),
    responses(
    (status = 200, body = CustomerPage),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn list(
    State(state): State<ApiState>,
    signed: Signed,
    Filter(search): Filter<Search>,
) -> Answer<axum::Json<CustomerPage>> {
    let limit = cursor::limit(search.limit)?;
    let text = search.text.unwrap_or_default();
    fields::short("text", &text, MAX_SEARCH)?;
    let place = search.cursor.as_deref().map(|text| cursor::read(LIST, text)).transpose()?;
    let page = signed.db(&state).customers(&text, place.as_deref(), limit).await?;
    let next_cursor = page.next_cursor.map(|place| cursor::write(LIST, &place));
    Ok(axum::Json(CustomerPage { items: page.items, next_cursor }))
}

#[utoipa::path(post, path = "/api/v1/customers", tag = "customer", operation_id = "create_customer",
    request_body = CustomerBody, responses(
    (status = 201, body = CustomerCard),
    (status = 409, description = "A number is on another card", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn create(
    State(state): State<ApiState>,
    signed: Signed,
    Json(body): Json<CustomerBody>,
) -> Answer<(StatusCode, axum::Json<CustomerCard>)> {
    let db = signed.db(&state);
    let draft = body.check(&db).await?;
    let card = db.create_customer(CustomerId(Uuid::now_v7()), &draft, state.now()).await?;
    Ok((StatusCode::CREATED, axum::Json(card)))
}

#[utoipa::path(get, path = "/api/v1/customers/{id}", tag = "customer", operation_id = "show_customer",
    params(("id" = CustomerId, Path)), responses(
    (status = 200, body = CustomerCard),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn show(
    State(state): State<ApiState>,
    signed: Signed,
    Id(id): Id<CustomerId>,
) -> Answer<axum::Json<CustomerCard>> {
    Ok(axum::Json(signed.db(&state).customer(id).await?))
}

/// Saves the card. When another person saved it meanwhile: 409 `changed_meanwhile` with the card as it is now.
#[utoipa::path(put, path = "/api/v1/customers/{id}", tag = "customer", operation_id = "update_customer",
    request_body = CustomerChange, params(("id" = CustomerId, Path)), responses(
    (status = 200, body = CustomerCard),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn update(
    State(state): State<ApiState>,
    signed: Signed,
    Id(id): Id<CustomerId>,
    Json(change): Json<CustomerChange>,
) -> Answer<axum::Json<CustomerCard>> {
    let db = signed.db(&state);
    // What is not there is not there, whatever the body says.
    db.customer(id).await?;
    let CustomerChange { version, name, company, numbers, fields, note, owner } = change;
    let draft = CustomerBody { name, company, numbers, fields, note, owner }.check(&db).await?;
    match db.update_customer(id, version, &draft).await {
        Ok(card) => Ok(axum::Json(card)),
        Err(StoreError::Conflict { field }) if field == "version" => {
            let detail = "somebody else saved this card meanwhile; compare, then save again";
            let current = db.customer(id).await?;
            Err(Problem::conflict("changed_meanwhile", detail).with_field("version").with_current(current))
        }
        Err(error) => Err(error.into()),
    }
}
