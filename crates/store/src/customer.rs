//! Customers: one card per person or company, found by any of its numbers.

use perezvon_model::customer::{CustomerCard, CustomerField, LastAgent, RecentConversation};
use perezvon_model::{CustomerId, E164, InteractionId, UserId, UtcMs};
use serde::{Deserialize, Serialize};

use crate::checks;
use crate::db::{TenantDb, TenantTx};
use crate::error::StoreError;
use crate::new_id;
use crate::page::{Page, limit_of, pattern};
use crate::sql::{Arg, Json, args, queries, record};

const MAX_NUMBERS: usize = 20;
const MAX_FIELDS: usize = 50;

/// What a person writes on a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CustomerDraft {
    pub name: String,
    #[serde(default)]
    pub company: String,
    pub numbers: Vec<E164>,
    #[serde(default)]
    pub fields: Vec<CustomerField>,
    #[serde(default)]
    pub note: String,
    /// Who looks after the customer.
    #[serde(default)]
    pub owner: Option<UserId>,
}

queries! {
    GET -> CardRow = "SELECT id, name, company, numbers, fields, note, owner_id, version FROM customer
        WHERE tenant_id = $1 AND id = $2";
    BY_NUMBER -> CardRow = "SELECT c.id, c.name, c.company, c.numbers, c.fields, c.note, c.owner_id, c.version
        FROM customer_number n JOIN customer c ON c.tenant_id = n.tenant_id AND c.id = n.customer_id
        WHERE n.tenant_id = $1 AND n.number = $2";
    FIRST_PAGE -> CardRow = "SELECT id, name, company, numbers, fields, note, owner_id, version FROM customer
        WHERE tenant_id = $1 AND search LIKE $2 ESCAPE '\\' ORDER BY search, id LIMIT $3";
    NEXT_PAGE -> CardRow = "SELECT id, name, company, numbers, fields, note, owner_id, version FROM customer
        WHERE tenant_id = $1 AND search LIKE $2 ESCAPE '\\'
        AND (search, id) > (SELECT p.search, p.id FROM customer p WHERE p.tenant_id = $1 AND p.id = $4)
        ORDER BY search, id LIMIT $3";
    INSERT = "INSERT INTO customer (tenant_id, id, name, company, numbers, fields, note, search, owner_id, version,
        created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10)";
    UPDATE = "UPDATE customer SET name = $3, company = $4, numbers = $5, fields = $6, note = $7, search = $8,
        owner_id = $9, version = version + 1 WHERE tenant_id = $1 AND id = $2 AND version = $10";
    CLEAR_NUMBERS = "DELETE FROM customer_number WHERE tenant_id = $1 AND customer_id = $2";
    ADD_NUMBER = "INSERT INTO customer_number (tenant_id, customer_id, number) VALUES ($1, $2, $3)";
    RECENT -> RecentRow = "SELECT i.id AS interaction, i.started_at, COALESCE(q.name, '') AS queue,
        COALESCE(u.name, '') AS agent, COALESCE(i.outcome, 'open') AS outcome, COALESCE(d.name, '') AS disposition,
        i.note, i.talk_ms, i.agent_id, i.ended_at
        FROM interaction i
        LEFT JOIN queue q ON q.tenant_id = i.tenant_id AND q.id = i.queue_id
        LEFT JOIN users u ON u.tenant_id = i.tenant_id AND u.id = i.agent_id
        LEFT JOIN disposition d ON d.tenant_id = i.tenant_id AND d.id = i.disposition_id
        WHERE i.tenant_id = $1 AND i.customer_id = $2 ORDER BY i.started_at DESC, i.id DESC LIMIT 10";
}

record! {
    struct CardRow {
        id: CustomerId,
        name: String,
        company: String,
        numbers: Json<Vec<E164>>,
        fields: Json<Vec<CustomerField>>,
        note: String,
        owner_id: Option<UserId>,
        version: i64,
    }
}

record! {
    struct RecentRow {
        interaction: InteractionId,
        started_at: UtcMs,
        queue: String,
        agent: String,
        outcome: String,
        disposition: String,
        note: String,
        talk_ms: i64,
        agent_id: Option<UserId>,
        ended_at: Option<UtcMs>,
    }
}

impl From<RecentRow> for RecentConversation {
    fn from(row: RecentRow) -> Self {
        RecentConversation {
            interaction: row.interaction,
            started_at: row.started_at,
            queue: row.queue,
            agent: row.agent,
            outcome: row.outcome,
            disposition: row.disposition,
            note: row.note,
            talk_ms: row.talk_ms,
        }
    }
}

impl CardRow {
    fn card(self) -> CustomerCard {
        CustomerCard {
            id: self.id,
            name: self.name,
            company: self.company,
            numbers: self.numbers.0,
            fields: self.fields.0,
            note: self.note,
            recent: Vec::new(),
            owner: self.owner_id,
            last_agent: None,
            version: self.version,
            is_new: false,
        }
    }
}

fn check(draft: &CustomerDraft) -> Result<(), StoreError> {
    checks::short("name", &draft.name, 200)?;
    checks::short("company", &draft.company, 200)?;
    checks::short("note", &draft.note, 10_000)?;
    if draft.name.trim().is_empty() && draft.numbers.is_empty() {
        return Err(StoreError::invalid("name", "a card needs a name or a number"));
    }
    if draft.numbers.len() > MAX_NUMBERS {
        return Err(StoreError::invalid("numbers", format!("at most {MAX_NUMBERS} numbers")));
    }
    if draft.fields.len() > MAX_FIELDS {
        return Err(StoreError::invalid("fields", format!("at most {MAX_FIELDS} fields")));
    }
    draft.fields.iter().try_for_each(|field| {
        checks::filled("fields", &field.name, 100)?;
        checks::short("fields", &field.value, 2_000)
    })
}

fn search_text(draft: &CustomerDraft) -> String {
    let mut text = format!("{} {}", draft.name, draft.company).to_lowercase();
    for number in &draft.numbers {
        text.push(' ');
        text.push_str(number.as_str());
    }
    text
}

fn columns(id: CustomerId, draft: &CustomerDraft) -> Vec<Arg> {
    args![
        id,
        draft.name.trim(),
        draft.company.trim(),
        Json(&draft.numbers),
        Json(&draft.fields),
        &draft.note,
        search_text(draft),
        draft.owner,
    ]
}

async fn write_numbers(tx: &mut TenantTx, id: CustomerId, numbers: &[E164]) -> Result<(), StoreError> {
    for number in numbers {
        tx.run(&ADD_NUMBER, args![id, number]).await.map_err(|error| match error {
            StoreError::Conflict { .. } => StoreError::Conflict { field: "numbers".to_owned() },
            other => other,
        })?;
    }
    Ok(())
}

/// What people type to find a card: a number in any spelling is looked for by its digits.
fn search_pattern(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let only_number = text.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c));
    if !only_number || digits.len() < 3 {
        return pattern(&text.to_lowercase());
    }
    // The trunk prefix of the national form, as in 8 495 123-45-67, is no part of the number kept.
    let national = digits.strip_prefix('8').filter(|rest| rest.len() == 10);
    pattern(national.unwrap_or(&digits))
}

impl TenantDb {
    /// The card with its last conversations.
    pub async fn customer(&self, id: CustomerId) -> Result<CustomerCard, StoreError> {
        let row = self.first(&GET, args![id]).await?.ok_or(StoreError::NotFound)?;
        self.with_recent(row.card()).await
    }

    async fn with_recent(&self, mut card: CustomerCard) -> Result<CustomerCard, StoreError> {
        let recent = self.all(&RECENT, args![card.id]).await?;
        card.last_agent =
            recent.iter().find_map(|row| Some(LastAgent { agent: row.agent_id?, at: row.ended_at? }));
        card.recent = recent.into_iter().map(RecentConversation::from).collect();
        Ok(card)
    }

    /// Finds whose number this is, or makes a card with it. Two calls at once make one card.
    pub async fn customer_by_number(
        &self,
        number: &E164,
        name: &str,
        now: UtcMs,
    ) -> Result<CustomerCard, StoreError> {
        if let Some(row) = self.first(&BY_NUMBER, args![number]).await? {
            return self.with_recent(row.card()).await;
        }
        let name = name.chars().take(200).collect();
        let draft = CustomerDraft { name, numbers: vec![number.clone()], ..CustomerDraft::default() };
        match self.create_customer(new_id(), &draft, now).await {
            Ok(card) => Ok(card),
            Err(StoreError::Conflict { .. }) => {
                let row = self.first(&BY_NUMBER, args![number]).await?.ok_or(StoreError::NotFound)?;
                self.with_recent(row.card()).await
            }
            Err(other) => Err(other),
        }
    }

    /// `Conflict` of `numbers` when a number is on another card.
    pub async fn create_customer(
        &self,
        id: CustomerId,
        draft: &CustomerDraft,
        now: UtcMs,
    ) -> Result<CustomerCard, StoreError> {
        check(draft)?;
        let mut columns = columns(id, draft);
        columns.extend(args![now]);
        let mut tx = self.begin().await?;
        tx.run(&INSERT, columns).await?;
        write_numbers(&mut tx, id, &draft.numbers).await?;
        tx.commit().await?;
        Ok(CustomerCard { is_new: true, ..self.customer(id).await? })
    }

    /// Saves what was written on the card seen at `version`; `Conflict` of `version` when it was changed meanwhile.
    pub async fn update_customer(
        &self,
        id: CustomerId,
        version: i64,
        draft: &CustomerDraft,
    ) -> Result<CustomerCard, StoreError> {
        check(draft)?;
        let mut columns = columns(id, draft);
        columns.extend(args![version]);
        let mut tx = self.begin().await?;
        if tx.run(&UPDATE, columns).await? == 0 {
            let field = "version".to_owned();
            return Err(tx
                .first(&GET, args![id])
                .await?
                .map_or(StoreError::NotFound, |_| StoreError::Conflict { field }));
        }
        tx.run(&CLEAR_NUMBERS, args![id]).await?;
        write_numbers(&mut tx, id, &draft.numbers).await?;
        tx.commit().await?;
        self.customer(id).await
    }

    /// Cards by name, without their conversations; `text` may be part of a name, a company or a number.
    pub async fn customers(
        &self,
        text: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<CustomerCard>, StoreError> {
        let limit = limit_of(limit);
        let pattern = search_pattern(text.trim());
        let rows = match cursor {
            None => self.all(&FIRST_PAGE, args![pattern, limit + 1]).await?,
            Some(cursor) => {
                let after: CustomerId =
                    cursor.parse().map_err(|_| StoreError::invalid("cursor", "not one of ours"))?;
                self.all(&NEXT_PAGE, args![pattern, limit + 1, after]).await?
            }
        };
        let cards = rows.into_iter().map(CardRow::card).collect();
        Ok(Page::cut(cards, limit, |card: &CustomerCard| card.id.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_any_spelling_and_a_name_in_any_case() {
        assert_eq!(search_pattern("8 (495) 123-45-67"), "%4951234567%");
        assert_eq!(search_pattern("+7 495"), "%7495%");
        assert_eq!(search_pattern("Иванов"), "%иванов%");
        assert_eq!(search_pattern("100%_"), "%100\\%\\_%");
        assert_eq!(search_pattern(""), "%%");
    }
}
