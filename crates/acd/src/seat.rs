//! One agent's chosen presence, device and idle clock.

use perezvon_model::{Device, Presence, UtcMs};

/// Whether the device in use can take a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    Usable,
    Unusable,
}

/// What the agent chose, and how the agent can be reached.
#[derive(Clone, Debug)]
pub struct Seat {
    presence: Presence,
    device: Device,
    browser_connected: bool,
    phone_registered: bool,
    /// The phone has a fixed address and needs no registration.
    phone_is_fixed: bool,
    /// Since when the agent is idle for the order of offers: since the last conversation or wrap-up, or since the
    /// agent became ready. An offer that was missed, declined or withdrawn leaves it as it was.
    idle_since: UtcMs,
}

impl Seat {
    pub fn new(device: Device, phone_is_fixed: bool, now: UtcMs) -> Seat {
        Seat {
            presence: Presence::Offline,
            device,
            browser_connected: false,
            phone_registered: false,
            phone_is_fixed,
            idle_since: now,
        }
    }

    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    pub fn device(&self) -> Device {
        self.device
    }

    pub fn idle_since(&self) -> UtcMs {
        self.idle_since
    }

    pub fn browser_connected(&self) -> bool {
        self.browser_connected
    }

    pub fn phone_registered(&self) -> bool {
        self.phone_registered || self.phone_is_fixed
    }

    pub fn is_ready(&self) -> bool {
        self.presence == Presence::Ready
    }

    pub fn readiness(&self) -> Readiness {
        self.readiness_on(self.device)
    }

    pub fn readiness_on(&self, device: Device) -> Readiness {
        let usable = match device {
            Device::Browser => self.browser_connected,
            Device::Phone => self.phone_registered(),
        };
        if usable { Readiness::Usable } else { Readiness::Unusable }
    }

    /// Becoming ready starts the idle clock; any other change leaves it.
    pub fn set_presence(&mut self, presence: Presence, now: UtcMs) {
        if presence == Presence::Ready && self.presence != Presence::Ready {
            self.idle_since = now;
        }
        self.presence = presence;
    }

    /// The last conversation, with its wrap-up, is over.
    pub fn work_ended(&mut self, now: UtcMs) {
        self.idle_since = now;
    }

    pub fn set_device(&mut self, device: Device) {
        self.device = device;
    }

    pub fn set_phone_is_fixed(&mut self, fixed: bool) {
        self.phone_is_fixed = fixed;
    }

    pub fn connected(&mut self, device: Device, connected: bool) {
        match device {
            Device::Browser => self.browser_connected = connected,
            Device::Phone => self.phone_registered = connected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_idle_clock_starts_with_readiness_and_after_work_only() {
        let mut seat = Seat::new(Device::Browser, false, UtcMs(0));
        seat.set_presence(Presence::Ready, UtcMs(10));
        seat.set_presence(Presence::Ready, UtcMs(20));
        assert_eq!(seat.idle_since(), UtcMs(10));
        seat.work_ended(UtcMs(30));
        seat.set_presence(Presence::Break { reason: "lunch".into() }, UtcMs(40));
        assert_eq!(seat.idle_since(), UtcMs(30));
        seat.set_presence(Presence::Ready, UtcMs(50));
        assert_eq!(seat.idle_since(), UtcMs(50));
    }

    #[test]
    fn a_phone_with_a_fixed_address_needs_no_registration() {
        let mut seat = Seat::new(Device::Phone, false, UtcMs(0));
        assert_eq!(seat.readiness(), Readiness::Unusable);
        seat.set_phone_is_fixed(true);
        assert_eq!(seat.readiness(), Readiness::Usable);
        assert_eq!(seat.readiness_on(Device::Browser), Readiness::Unusable);
        seat.connected(Device::Browser, true);
        assert_eq!(seat.readiness_on(Device::Browser), Readiness::Usable);
    }
}
