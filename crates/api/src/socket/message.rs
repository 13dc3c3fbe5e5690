//! The words of the socket. Views come whole: drawing one twice or after a gap does no harm.

use std::sync::Arc;

use perezvon_model::UtcMs;
use perezvon_model::engine::AgentCommand;
use perezvon_model::view::{DeskView, FloorView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ports::JournalHealth;
use crate::problem::Problem;
use crate::session::Me;

/// From the server to a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The first message.
    Hello {
        me: Me,
        server_time: UtcMs,
        version: String,
    },
    Desk {
        desk: Arc<DeskView>,
    },
    /// After `subscribe`, four a second at most.
    Floor {
        floor: Arc<FloorView>,
    },
    /// Answers a command, or refuses any message that has an id.
    Reply {
        id: String,
        ok: bool,
        /// Stable; set when `ok` is false.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    RtcAnswer {
        id: String,
        sdp: String,
    },
    Health {
        journal: JournalHealth,
    },
    /// Answer with `pong`; a page silent for 30 s is taken for gone.
    Ping,
}

impl ServerMessage {
    pub fn done(id: String) -> Self {
        Self::Reply { id, ok: true, code: None, detail: None }
    }

    pub fn refused(id: String, problem: &Problem) -> Self {
        Self::Reply {
            id,
            ok: false,
            code: Some(problem.code().to_owned()),
            detail: Some(problem.detail().to_owned()),
        }
    }
}

/// From a page to the server. `id` is the page's own, at most 64 bytes, and comes back with the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    Command {
        id: String,
        command: AgentCommand,
    },
    /// Whether to send the floor; supervisors and admins only.
    Subscribe {
        floor: bool,
    },
    RtcOffer {
        id: String,
        sdp: String,
    },
    Pong,
}
