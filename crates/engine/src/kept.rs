//! An input as it is kept for a replay: one line, its time and its JSON. No secret is in it, and of a customer's card no
//! more than the engine decides by: the journal that a replay of the lines makes is the same.

use std::borrow::Cow;
use std::sync::Arc;

use perezvon_model::config::TenantConfig;
use perezvon_model::customer::CustomerCard;
use perezvon_model::engine::{AgentCommand, Input, NewItem, Output, Reply};
use perezvon_model::leg::LegEvent;
use perezvon_model::{LegId, UtcMs};

use crate::call::{Call, Stage};
use crate::line::Offered;
use crate::tenant::{LegOf, Tenant};

/// A line that [`Tenant::handle_kept`] of this version did not write.
#[derive(Debug, thiserror::Error)]
#[error("this is no input: {0}")]
pub struct UnreadableInput(String);

impl Tenant {
    /// As [`Tenant::handle`]; appends the input to `lines` in the form in which it is kept, with a line feed.
    pub fn handle_kept(&mut self, now: UtcMs, input: Input, lines: &mut String) -> Vec<Output> {
        // What is due goes first: it may change whether a digit is a secret.
        self.catch_up(now);
        let kept = self.without_secrets(&input);
        let json = serde_json::to_string(&*kept).expect("inputs have string keys and serialise without I/O");
        lines.push_str(&self.now.0.to_string());
        lines.push(' ');
        lines.push_str(&json);
        lines.push('\n');
        self.take(input)
    }

    fn without_secrets<'a>(&self, input: &'a Input) -> Cow<'a, Input> {
        match input {
            Input::Configure { config } => match without_passwords(config) {
                Some(config) => Cow::Owned(Input::Configure { config: Arc::new(config) }),
                None => Cow::Borrowed(input),
            },
            Input::Leg { leg, event: LegEvent::Digit { digit } } if self.hears_secret(*leg) => {
                Cow::Owned(Input::Leg { leg: *leg, event: LegEvent::Digit { digit: masked(*digit) } })
            }
            Input::Agent { agent, request, command: AgentCommand::SendDigits { interaction, digits } } => {
                let digits = digits.chars().map(masked).collect();
                let command = AgentCommand::SendDigits { interaction: *interaction, digits };
                Cow::Owned(Input::Agent { agent: *agent, request: *request, command })
            }
            Input::Reply { ask, reply: Reply::Customer { card } } => {
                let reply = Reply::Customer { card: Arc::new(decided_by(card)) };
                Cow::Owned(Input::Reply { ask: *ask, reply })
            }
            Input::ItemArrived(item) => match &item.customer {
                Some(card) => {
                    let customer = Some(Arc::new(decided_by(card)));
                    Cow::Owned(Input::ItemArrived(NewItem { customer, ..item.clone() }))
                }
                None => Cow::Borrowed(input),
            },
            Input::CallArrived { .. }
            | Input::Leg { .. }
            | Input::Agent { .. }
            | Input::DeviceChanged { .. }
            | Input::DeskChanged { .. }
            | Input::Reply { reply: Reply::Failed, .. }
            | Input::RecordingSealed { .. }
            | Input::RecordingFailed { .. }
            | Input::ItemWithdrawn { .. }
            | Input::CallbackOwed(_)
            | Input::Stop
            | Input::Wake => Cow::Borrowed(input),
        }
    }

    /// Whether a digit pressed on this leg may be a secret: neither a flow nor the offer of a callback asks for it, so it is for a person or for another
    /// machine, such as the number of a card or a PIN.
    fn hears_secret(&self, leg: LegId) -> bool {
        let call = match self.legs.get(&leg) {
            Some(LegOf::Customer(interaction)) => self.calls.get(interaction),
            Some(LegOf::Agent(_) | LegOf::Outside(_)) | None => None,
        };
        let asked = |call: &Call| match call.stage {
            Stage::Flow => true,
            Stage::Queued => call.line.stay.is_some_and(|stay| stay.callback == Offered::Offered),
            Stage::Offered { .. }
            | Stage::Talking { .. }
            | Stage::Outside { .. }
            | Stage::Message
            | Stage::Away
            | Stage::CallsBack
            | Stage::Parting => false,
        };
        call.is_none_or(|call| !asked(call))
    }
}

/// `None` when there is none: most companies have no trunk that registers.
fn without_passwords(config: &TenantConfig) -> Option<TenantConfig> {
    config.trunks.iter().any(|trunk| trunk.registration.is_some()).then(|| {
        let mut config = config.clone();
        for registration in config.trunks.iter_mut().filter_map(|trunk| trunk.registration.as_mut()) {
            registration.password.clear();
            // `sip:NAME:PASSWORD@HOST` is allowed; a number is dialled at the host (`settings.rs`).
            if let Some((scheme, rest)) = registration.registrar.split_once(':')
                && let Some((_, host)) = rest.rsplit_once('@')
            {
                registration.registrar = format!("{scheme}:{host}");
            }
        }
        config
    })
}

/// Another digit of the same kind.
fn masked(digit: char) -> char {
    match digit {
        '*' | '#' => digit,
        '0'..='9' => '0',
        'A'..='D' => 'A',
        // No digit stays none: the engine refuses it either way.
        _ => '?',
    }
}

/// A test of random days shows that the engine decides by nothing else of a card.
fn decided_by(card: &CustomerCard) -> CustomerCard {
    CustomerCard {
        id: card.id,
        name: String::new(),
        company: String::new(),
        numbers: Vec::new(),
        fields: Vec::new(),
        note: String::new(),
        recent: Vec::new(),
        owner: card.owner,
        last_agent: card.last_agent,
        version: card.version,
        is_new: card.is_new,
    }
}

/// Reads a line of [`Tenant::handle_kept`], without its line feed.
pub fn read_kept(line: &str) -> Result<(UtcMs, Input), UnreadableInput> {
    let (at, json) =
        line.split_once(' ').ok_or_else(|| UnreadableInput("a line without a time".to_owned()))?;
    let at = at.parse().map_err(|_| UnreadableInput(format!("`{at}` is no time")))?;
    let input = serde_json::from_str(json).map_err(|error| UnreadableInput(error.to_string()))?;
    Ok((UtcMs(at), input))
}
