//! The customer's card as the desk shows it before the answer.

use serde::{Deserialize, Serialize};

use crate::id::{CustomerId, InteractionId, UserId};
use crate::phone::E164;
use crate::time::UtcMs;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CustomerCard {
    pub id: CustomerId,
    pub name: String,
    pub company: String,
    pub numbers: Vec<E164>,
    /// Named facts in the order of the screen, such as ("contract", "48-1120").
    pub fields: Vec<CustomerField>,
    pub note: String,
    /// The last conversations, newest first, ten at most.
    pub recent: Vec<RecentConversation>,
    /// Rises by one with each change; a save names the version it saw.
    pub version: i64,
    /// Who looks after the customer.
    #[serde(default)]
    pub owner: Option<UserId>,
    /// The agent of the last conversation, and when it ended.
    #[serde(default)]
    pub last_agent: Option<LastAgent>,
    /// The card was made by this very call.
    pub is_new: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LastAgent {
    pub agent: UserId,
    pub at: UtcMs,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CustomerField {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecentConversation {
    pub interaction: InteractionId,
    pub started_at: UtcMs,
    pub queue: String,
    pub agent: String,
    pub outcome: String,
    pub disposition: String,
    pub note: String,
    pub talk_ms: i64,
}
