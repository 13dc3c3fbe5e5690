//! What an agent carries at once, as it is kept.

use perezvon_model::channel::{Capacity, Channel, MAX_COST, MAX_OF_A_CHANNEL, MAX_UNITS};

use crate::checks;
use crate::error::StoreError;

/// Empty text: none. What cannot be read counts as none: it was checked when it was written.
pub(crate) fn read(text: &str) -> Option<Capacity> {
    serde_json::from_str(text).ok()
}

pub(crate) fn written(capacity: Option<&Capacity>) -> String {
    let text = |capacity| serde_json::to_string(capacity).expect("a capacity is plain data");
    capacity.map(text).unwrap_or_default()
}

pub(crate) fn check(capacity: &Capacity) -> Result<(), StoreError> {
    checks::between("capacity", capacity.units.into(), 1, MAX_UNITS.into())?;
    for channel in Channel::ALL {
        let share = capacity.share(channel);
        checks::between("capacity", share.cost.into(), 1, MAX_COST.into())?;
        checks::between("capacity", share.most.into(), 0, MAX_OF_A_CHANNEL.into())?;
        if share.most > 0 && share.cost > capacity.units {
            let message = "one interaction must not cost more units than there are";
            return Err(StoreError::invalid("capacity", message));
        }
    }
    if capacity.voice.most > 1 {
        return Err(StoreError::invalid("capacity", "an agent has one call at a time"));
    }
    if capacity.interrupts_in_a_ring() {
        let message = "channels must not interrupt each other in a ring: what rests would never go on";
        return Err(StoreError::invalid("capacity", message));
    }
    Ok(())
}
