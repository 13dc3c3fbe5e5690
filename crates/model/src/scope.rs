//! Whose data a piece of code may touch.

use crate::id::TenantId;

/// The right to act within one tenant. Only authentication and the number map mint one (ARCHITECTURE, "Tenants").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TenantScope {
    tenant: TenantId,
}

impl TenantScope {
    /// Makes the scope of a tenant. Banned by a lint outside authentication, the number map and start-up.
    pub fn mint(tenant: TenantId) -> Self {
        Self { tenant }
    }

    pub fn tenant(&self) -> TenantId {
        self.tenant
    }
}
