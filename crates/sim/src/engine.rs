//! The engine as the world drives it: the production one, or one that a test has broken.

use perezvon_engine::Tenant;
use perezvon_model::UtcMs;
use perezvon_model::engine::{Input, Output};

/// A tenant's state machine. Tests wrap the production engine to see that a broken one is caught.
pub trait Engine {
    fn new(seed: u64) -> Self;
    fn handle(&mut self, now: UtcMs, input: Input) -> Vec<Output>;
    fn tenant(&self) -> &Tenant;
    fn tenant_mut(&mut self) -> &mut Tenant;
}

impl Engine for Tenant {
    fn new(seed: u64) -> Tenant {
        Tenant::new(seed)
    }

    fn handle(&mut self, now: UtcMs, input: Input) -> Vec<Output> {
        Tenant::handle(self, now, input)
    }

    fn tenant(&self) -> &Tenant {
        self
    }

    fn tenant_mut(&mut self) -> &mut Tenant {
        self
    }
}
