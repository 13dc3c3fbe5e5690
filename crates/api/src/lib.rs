//! HTTP and WebSocket: sign-in, desks, the floor, journals, customers, configuration, reports. Handlers parse, ask the
//! store or a tenant's task through a port, and answer. This crate never decides about calls, never touches SIP, RTP
//! or audio, and never reaches another tenant's rows: only authentication mints a `TenantScope`.

pub mod password;
pub mod ports;
mod sip;

pub use ports::{
    ApiConfig, DemoPort, JournalHealth, Metric, MetricKind, Peaks, PortRequest, Readiness, TenantPort,
    Tenants,
};
pub use sip::{REALM, SipHa1, sip_ha1};
