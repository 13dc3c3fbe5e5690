//! The configuration as the engine looks things up in it: the shared value itself and indexes into it.

use perezvon_flow::Checked;
use perezvon_flow::graph::Flow;
use perezvon_model::config::{Misses, Queue, TenantConfig, Trunk, WrapUp};
use perezvon_model::hours::Hours;
use perezvon_model::{DispositionId, FlowId, QueueId, SkillId, TrunkId, UtcMs};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::lending::lenders;

#[derive(Debug)]
pub(crate) struct Settings {
    config: Arc<TenantConfig>,
    queue_at: BTreeMap<QueueId, usize>,
    queue_by_key: BTreeMap<String, QueueId>,
    flows: BTreeMap<FlowId, Arc<Checked>>,
    lenders: BTreeSet<QueueId>,
}

impl Settings {
    /// Flows with faults are left out: a number that leads to one refuses its calls. Flows that did not change since
    /// `before` are not read again.
    pub fn new(config: Arc<TenantConfig>, before: Option<&Settings>) -> Settings {
        let flows = config
            .flows
            .iter()
            .filter_map(|source| {
                let same = before.and_then(|before| {
                    let old = before.config.flows.iter().find(|old| old.id == source.id)?;
                    (old.json == source.json).then(|| before.flows.get(&source.id)).flatten()
                });
                let checked = match same {
                    Some(checked) => Arc::clone(checked),
                    None => Arc::new(Flow::parse(&source.json).ok()?),
                };
                Some((source.id, checked))
            })
            .collect();
        Settings {
            queue_at: config.queues.iter().enumerate().map(|(at, queue)| (queue.id, at)).collect(),
            queue_by_key: config.queues.iter().map(|queue| (queue.key.clone(), queue.id)).collect(),
            flows,
            lenders: lenders(&config.queues),
            config,
        }
    }

    pub fn config(&self) -> &TenantConfig {
        &self.config
    }

    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        self.queue_at.get(&id).map(|&at| &self.config.queues[at])
    }

    /// Whether a step of any queue asks for its agents.
    pub fn is_lender(&self, id: QueueId) -> bool {
        self.lenders.contains(&id)
    }

    /// The threshold of the service level of a queue that others borrow from, in seconds.
    pub fn lender_s(&self, id: QueueId) -> Option<u32> {
        self.queue(id).filter(|_| self.is_lender(id)).map(|queue| queue.service_level_s)
    }

    pub fn skill_id(&self, key: &str) -> Option<SkillId> {
        self.config.skills.iter().find(|skill| skill.key == key).map(|skill| skill.id)
    }

    pub fn trunk_id(&self, key: &str) -> Option<TrunkId> {
        self.config.trunks.iter().find(|trunk| trunk.key == key).map(|trunk| trunk.id)
    }

    /// Whether a queue takes callers, on the clocks of its time zone.
    pub fn is_open(&self, queue: &Queue, now: UtcMs) -> bool {
        queue.routing.hours.as_ref().is_none_or(|hours| hours.is_open(now, self.offset_min(hours)))
    }

    /// Minutes east of UTC at which the clocks of these hours stand.
    pub fn offset_min(&self, hours: &Hours) -> i32 {
        self.config.zones.get(&hours.time_zone).copied().unwrap_or(self.config.utc_offset_min)
    }

    pub fn queue_id(&self, key: &str) -> Option<QueueId> {
        self.queue_by_key.get(key).copied()
    }

    pub fn flow(&self, id: FlowId) -> Option<Arc<Checked>> {
        self.flows.get(&id).map(Arc::clone)
    }

    /// Where a call to `to` goes: the URI to dial and the trunk to use. A SIP URI goes straight there unless a trunk is
    /// named; a number goes to the provider of the named trunk, of the trunk that the call came on, or of the first
    /// trunk that registers at one.
    pub fn way_out(
        &self,
        to: &str,
        named: Option<TrunkId>,
        came_on: Option<TrunkId>,
    ) -> (String, Option<TrunkId>) {
        let trunks = || self.config.trunks.iter();
        let named = named.and_then(|named| trunks().find(|trunk| trunk.id == named));
        if to.starts_with("sip:") || to.starts_with("sips:") {
            return (to.to_owned(), named.map(|trunk| trunk.id));
        }
        let registers = |trunk: &&Trunk| trunk.registration.is_some();
        let came_on = trunks().find(|trunk| Some(trunk.id) == came_on).filter(registers);
        let trunk = named.or(came_on).or_else(|| trunks().find(registers));
        let uri = trunk.and_then(|trunk| provider_uri(trunk, to)).unwrap_or_else(|| format!("tel:{to}"));
        (uri, trunk.map(|trunk| trunk.id))
    }

    /// Whether an agent may give this result to a call of this queue.
    pub fn allows_disposition(&self, id: DispositionId, queue: Option<QueueId>) -> bool {
        self.config.dispositions.iter().any(|disposition| {
            disposition.id == id
                && (disposition.queues.is_empty()
                    || queue.is_none_or(|queue| disposition.queues.contains(&queue)))
        })
    }

    pub fn ring_timeout_ms(&self, queue: Option<QueueId>) -> i64 {
        let seconds = queue.and_then(|id| self.queue(id)).map_or(20, |queue| queue.ring_timeout_s);
        i64::from(seconds.clamp(3, 120)) * 1_000
    }

    /// No wrap-up after a conversation that came from no queue.
    pub fn wrap_up(&self, queue: Option<QueueId>) -> WrapUp {
        queue.and_then(|id| self.queue(id)).map_or(WrapUp::None, |queue| queue.wrap_up)
    }

    pub fn misses(&self, queue: Option<QueueId>) -> Misses {
        queue.and_then(|id| self.queue(id)).map_or_else(Misses::default, |queue| queue.routing.misses)
    }

    /// The number of the local day, and when it ends.
    pub fn day(&self, now: UtcMs) -> (i64, UtcMs) {
        const DAY_MS: i64 = 86_400_000;
        let offset_ms = i64::from(self.config.utc_offset_min) * 60_000;
        let day = (now.0 + offset_ms).div_euclid(DAY_MS);
        (day, UtcMs((day + 1) * DAY_MS - offset_ms))
    }
}

/// `sip:provider.example` and a number make `sip:+74951234567@provider.example`, parameters included
/// (RFC 3261 section 19.1.6, without `user=phone`, which few providers want).
fn provider_uri(trunk: &Trunk, number: &str) -> Option<String> {
    let (scheme, rest) = trunk.registration.as_ref()?.registrar.split_once(':')?;
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    Some(format!("{scheme}:{number}@{host}"))
}
