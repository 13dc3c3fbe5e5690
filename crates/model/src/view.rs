//! What screens draw, made by the engine, sent whole: drawing it twice or after a gap does no harm.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::channel::Channel;
use crate::customer::CustomerCard;
use crate::id::{DispositionId, InteractionId, OfferId, QueueId, UserId};
use crate::state::{Activity, Device, Presence};
use crate::time::UtcMs;

/// One agent's own desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeskView {
    pub agent: UserId,
    pub presence: Presence,
    pub activity: Activity,
    /// When the pair of presence and activity last changed.
    pub since: UtcMs,
    pub device: Device,
    pub browser_connected: bool,
    pub phone_registered: bool,
    pub offer: Option<OfferView>,
    pub call: Option<CallView>,
    pub wrap_up: Option<WrapUpView>,
    /// Chats and mails: offered, at hand, resting and being wrapped up.
    pub items: Vec<ItemView>,
    /// The queues the agent works for, as they stand.
    pub queues: Vec<QueueView>,
    /// Handled today and their mean handle time.
    pub handled_today: u32,
    pub mean_handle_ms: i64,
}

/// What is known of an interaction before and after the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InteractionView {
    pub interaction: InteractionId,
    /// The caller's number as shown, or empty.
    pub from: String,
    pub to: String,
    pub queue: Option<QueueId>,
    pub queue_name: String,
    pub arrived_at: UtcMs,
    /// Milliseconds in queues before the offer.
    pub waited_ms: i64,
    pub customer: Option<Arc<CustomerCard>>,
    /// What the flow asked and got, in order.
    pub collected: Vec<CollectedView>,
    /// Who passed the call on, if it was transferred.
    pub transferred_by: Option<String>,
    /// The customer asked to be called back, and is called once an agent takes it.
    pub callback: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CollectedView {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OfferView {
    pub offer: OfferId,
    pub offered_at: UtcMs,
    pub deadline: UtcMs,
    pub device: Device,
    /// Accepted: the customer is being called.
    pub calls_customer: bool,
    pub about: InteractionView,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CallView {
    pub about: InteractionView,
    pub connected_at: UtcMs,
    /// Set while the agent holds the customer.
    pub held_since: Option<UtcMs>,
    pub held_by_peer: bool,
    pub muted: bool,
    /// Set while the agent's media is lost: the moment at which the call is given up.
    pub lost_until: Option<UtcMs>,
    pub recording: bool,
    /// Whether a wrap-up will follow, where the queue leaves it to the agent.
    pub wrap_up_wanted: Option<bool>,
    pub disposition: Option<DispositionId>,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WrapUpView {
    pub about: InteractionView,
    pub started_at: UtcMs,
    pub deadline: UtcMs,
    pub talk_ms: i64,
    /// Whether the agent may take more time.
    pub may_extend: bool,
    /// Whom the call that this agent passed on rings at, until it is answered or goes elsewhere.
    pub transfer_ringing: Option<String>,
    pub disposition: Option<DispositionId>,
    pub note: String,
}

/// A chat or a mail at an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemView {
    pub about: InteractionView,
    pub channel: Channel,
    pub subject: String,
    /// Where it is read and answered.
    pub link: Option<String>,
    pub phase: ItemPhase,
    /// When the phase began.
    pub since: UtcMs,
    pub disposition: Option<DispositionId>,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum ItemPhase {
    Offered {
        offer: OfferId,
        deadline: UtcMs,
    },
    AtHand {
        /// Whether a wrap-up will follow, where the queue leaves it to the agent.
        wrap_up_wanted: Option<bool>,
    },
    /// Something that interrupts it is up.
    Resting,
    WrapUp {
        deadline: UtcMs,
        /// Whether the agent may take more time.
        may_extend: bool,
    },
}

/// The floor: all queues and agents of a tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FloorView {
    pub at: UtcMs,
    pub queues: Vec<QueueView>,
    pub agents: Vec<AgentView>,
    /// Calls in flows, queues and conversations.
    pub calls: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QueueView {
    pub queue: QueueId,
    pub key: String,
    pub name: String,
    pub channel: Channel,
    pub waiting: u32,
    /// Of those who wait: who is to be called back.
    pub callbacks: u32,
    /// Arrival in the queue of the one who waits longest.
    pub longest_since: Option<UtcMs>,
    /// Agents of this queue by what they do.
    pub idle: u32,
    pub busy: u32,
    pub signed_in: u32,
    /// Today's sums (PRODUCT.md, "Measures"); the percentage is theirs, never an average of percentages.
    pub today: QueueToday,
    pub service_level_s: u32,
    pub service_level_target: u32,
}

/// Numerators and denominators since midnight of the tenant's time zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QueueToday {
    pub offered: u32,
    pub answered: u32,
    pub answered_in_threshold: u32,
    pub abandoned: u32,
    pub abandoned_short: u32,
    /// Queue time of the answered.
    pub answer_wait_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AgentView {
    pub agent: UserId,
    pub name: String,
    pub presence: Presence,
    pub activity: Activity,
    pub since: UtcMs,
    pub device: Device,
    /// Whom the agent talks with: a name or a number, and the queue.
    pub with: Option<String>,
    pub queue: Option<String>,
    /// Chats and mails at this agent.
    pub chats: u32,
    pub mails: u32,
    pub handled_today: u32,
    pub mean_handle_ms: i64,
}
