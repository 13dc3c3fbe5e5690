//! Time as the whole program keeps it: milliseconds since 1970-01-01T00:00:00Z. It is always an argument.

use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};

/// A point in time, UTC, in milliseconds since the Unix epoch.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    schemars::JsonSchema,
)]
#[serde(transparent)]
#[schema(value_type = i64)]
pub struct UtcMs(pub i64);

impl UtcMs {
    /// Milliseconds from `earlier` to `self`; never negative, so that a clock step back cannot make a negative wait.
    pub fn since_ms(self, earlier: UtcMs) -> i64 {
        (self.0 - earlier.0).max(0)
    }

    /// The start of the interval of `length_ms` that holds this time.
    pub fn floor_to(self, length_ms: i64) -> UtcMs {
        UtcMs(self.0.div_euclid(length_ms) * length_ms)
    }
}

impl Add<i64> for UtcMs {
    type Output = UtcMs;
    fn add(self, ms: i64) -> UtcMs {
        UtcMs(self.0.saturating_add(ms))
    }
}

impl Sub<UtcMs> for UtcMs {
    type Output = i64;
    fn sub(self, other: UtcMs) -> i64 {
        self.0 - other.0
    }
}
