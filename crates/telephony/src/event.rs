//! What happens on the lines.

use perezvon_model::config::CallerId;
use perezvon_model::leg::LegEvent;
use perezvon_model::prompt::Language;
use perezvon_model::{FlowId, InteractionId, LegId, TenantScope, TrunkId, UserId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TelephonyEvent {
    /// An authorised call on a number of a tenant; its RTP leg is open in the media plane under `leg`.
    CallArrived {
        scope: TenantScope,
        interaction: InteractionId,
        leg: LegId,
        /// The trunk, when it is one of this tenant.
        trunk: Option<TrunkId>,
        from: CallerId,
        /// The number in the form of the configuration.
        to: String,
        flow: FlowId,
        language: Language,
    },
    /// Each leg ends with exactly one `Ended` or `Failed`.
    Leg {
        scope: TenantScope,
        leg: LegId,
        event: LegEvent,
    },
    /// The agent's first phone came, or the last went.
    PhoneRegistered {
        scope: TenantScope,
        agent: UserId,
        registered: bool,
    },
    TrunkState {
        scope: TenantScope,
        trunk: TrunkId,
        state: TrunkState,
    },
}

/// How a trunk's registration at its provider stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrunkState {
    TrunkRegistered,
    TrunkFailed { reason: String },
}
