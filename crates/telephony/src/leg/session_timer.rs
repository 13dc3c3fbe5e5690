//! Session timers (RFC 4028): who refreshes, when, and when the peer is given up. Pure.

use std::time::{Duration, Instant};

use crate::sip::message::{Fields, Header, Request, Response, header};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refresher {
    Us,
    Peer,
}

/// What is agreed for a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) interval_s: u32,
    pub(crate) refresher: Refresher,
}

/// The peer's interval is below our least: 422 with Min-SE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooSmall;

impl Terms {
    /// Of an INVITE or UPDATE of the peer (RFC 4028 section 9). `wish_s` is our own interval, `least_s` the least.
    pub(crate) fn of_request(request: &Request, wish_s: u32, least_s: u32) -> Result<Self, TooSmall> {
        let supports = request.lists("Supported", "timer") || request.lists("Require", "timer");
        let asked = request.seconds("Session-Expires");
        if supports && asked.is_some_and(|asked| asked < least_s) {
            return Err(TooSmall);
        }
        let least = request.seconds("Min-SE").unwrap_or(0).max(least_s);
        let interval_s = asked.unwrap_or(u32::MAX).min(wish_s).max(least);
        let refresher = match refresher_param(request.field("Session-Expires")) {
            _ if !supports => Refresher::Us,
            Some("uas") => Refresher::Us,
            Some(_) => Refresher::Peer,
            None if asked.is_some() => Refresher::Peer,
            None => Refresher::Us,
        };
        Ok(Self { interval_s, refresher })
    }

    /// Of a 2xx to our INVITE or UPDATE (RFC 4028 section 7.2). `None`: the peer knows no session timer.
    pub(crate) fn of_response(response: &Response, least_s: u32) -> Option<Self> {
        let interval_s = response.seconds("Session-Expires")?.max(least_s);
        let refresher = match refresher_param(response.field("Session-Expires")) {
            Some("uas") => Refresher::Peer,
            Some(_) | None => Refresher::Us,
        };
        Some(Self { interval_s, refresher })
    }

    /// The lines of our 2xx.
    pub(crate) fn of_answer(self) -> Vec<Header> {
        match self.refresher {
            Refresher::Us => vec![header("Session-Expires", format!("{};refresher=uas", self.interval_s))],
            Refresher::Peer => vec![
                header("Session-Expires", format!("{};refresher=uac", self.interval_s)),
                header("Require", "timer"),
            ],
        }
    }

    /// The lines of our refresh.
    pub(crate) fn of_refresh(self, least_s: u32) -> Vec<Header> {
        vec![
            header("Session-Expires", format!("{};refresher=uac", self.interval_s)),
            header("Min-SE", least_s.to_string()),
        ]
    }
}

/// The lines of our first INVITE: the peer may choose who refreshes.
pub(crate) fn of_invite(interval_s: u32, least_s: u32) -> Vec<Header> {
    vec![header("Session-Expires", interval_s.to_string()), header("Min-SE", least_s.to_string())]
}

/// The line of a 422.
pub(crate) fn of_refusal(least_s: u32) -> Vec<Header> {
    vec![header("Min-SE", least_s.to_string())]
}

fn refresher_param(value: Option<&str>) -> Option<&str> {
    value?.split(';').skip(1).find_map(|param| {
        let (name, value) = param.split_once('=')?;
        name.trim().eq_ignore_ascii_case("refresher").then(|| value.trim())
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// We send a refresh.
    Refresh,
    /// The peer's refresh did not come: BYE.
    Expired,
}

/// How often one refresh is sent again because the peer wants a longer interval. An honest one wants that once.
const MAX_LENGTHENED: u32 = 3;

/// Whether a longer interval is to be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lengthened {
    Yes,
    No,
}

/// The running timer of a dialog.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionTimer {
    terms: Terms,
    refreshed: Instant,
    /// A refresh that failed for now is tried again then.
    retry: Option<Instant>,
    /// Times that the interval was lengthened since the last refresh.
    lengthened: u32,
}

impl SessionTimer {
    pub(crate) fn new(terms: Terms, now: Instant) -> Self {
        Self { terms, refreshed: now, retry: None, lengthened: 0 }
    }

    pub(crate) fn terms(&self) -> Terms {
        self.terms
    }

    /// Takes the longer interval of a 422 (RFC 4028 section 7.4), unless it is none.
    pub(crate) fn lengthen(&mut self, least_s: u32) -> Lengthened {
        if least_s <= self.terms.interval_s || self.lengthened >= MAX_LENGTHENED {
            return Lengthened::No;
        }
        self.terms.interval_s = least_s;
        self.lengthened += 1;
        Lengthened::Yes
    }

    pub(crate) fn refresh_later(&mut self, at: Instant) {
        self.retry = Some(at);
    }

    /// When something is due, and what.
    pub(crate) fn due(&self) -> (Instant, Due) {
        let interval = Duration::from_secs(self.terms.interval_s.into());
        // RFC 4028 section 10: BYE shortly before the end, the smaller of 32 s and a third of the interval.
        let expiry = self.refreshed + interval - Duration::from_secs(32).min(interval / 3);
        match self.terms.refresher {
            Refresher::Peer => (expiry, Due::Expired),
            Refresher::Us => match self.retry {
                None => (self.refreshed + interval / 2, Due::Refresh),
                Some(retry) if retry < expiry => (retry, Due::Refresh),
                Some(_) => (expiry, Due::Expired),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::message::{Method, respond_to};
    use crate::sip::uri::SipUri;

    fn request(fields: &[(&str, &str)]) -> Request {
        Request {
            method: Method::Invite,
            uri: SipUri::parse("sip:a@b").expect("uri").to_wire(),
            version: Default::default(),
            headers: fields.iter().map(|(name, value)| header(name, *value)).collect::<Vec<_>>().into(),
            body: Vec::new(),
        }
    }

    #[test]
    fn the_peer_refreshes_when_it_can_and_may() {
        for (fields, interval_s, refresher) in [
            (&[][..], 1_800, Refresher::Us),
            (&[("Supported", "timer")], 1_800, Refresher::Us),
            (&[("Supported", "timer"), ("Session-Expires", "600")], 600, Refresher::Peer),
            (&[("Supported", "timer"), ("Session-Expires", "600;refresher=uas")], 600, Refresher::Us),
            (&[("Supported", "timer"), ("Session-Expires", "600;refresher=uac")], 600, Refresher::Peer),
            (&[("Supported", "timer"), ("Session-Expires", "7200")], 1_800, Refresher::Peer),
            (
                &[("Supported", "timer"), ("Session-Expires", "7200"), ("Min-SE", "3600")],
                3_600,
                Refresher::Peer,
            ),
            (&[("Session-Expires", "30")], 90, Refresher::Us),
        ] {
            assert_eq!(
                Terms::of_request(&request(fields), 1_800, 90),
                Ok(Terms { interval_s, refresher }),
                "{fields:?}"
            );
        }
    }

    #[test]
    fn an_interval_below_our_least_is_too_small() {
        let fields = [("Supported", "timer"), ("Session-Expires", "60")];
        assert_eq!(Terms::of_request(&request(&fields), 1_800, 90), Err(TooSmall));
    }

    #[test]
    fn the_answer_of_the_peer_says_who_refreshes() {
        let answer = |value: &str| {
            respond_to(&request(&[]).headers, 200, None, vec![header("Session-Expires", value)], Vec::new())
        };
        let of = |value: &str| Terms::of_response(&answer(value), 90);
        assert_eq!(of("600;refresher=uas").map(|t| t.refresher), Some(Refresher::Peer));
        assert_eq!(of("600;refresher=uac").map(|t| t.refresher), Some(Refresher::Us));
        assert_eq!(of("600").map(|t| t.refresher), Some(Refresher::Us));
        assert_eq!(
            Terms::of_response(&respond_to(&request(&[]).headers, 200, None, vec![], vec![]), 90),
            None
        );
    }

    #[test]
    fn we_refresh_at_half_time_and_give_the_peer_up_before_the_end() {
        let now = Instant::now();
        let seconds = |due: Instant| due.duration_since(now).as_secs();
        let ours = SessionTimer::new(Terms { interval_s: 600, refresher: Refresher::Us }, now);
        assert_eq!((seconds(ours.due().0), ours.due().1), (300, Due::Refresh));
        let theirs = SessionTimer::new(Terms { interval_s: 600, refresher: Refresher::Peer }, now);
        assert_eq!((seconds(theirs.due().0), theirs.due().1), (568, Due::Expired));
        let short = SessionTimer::new(Terms { interval_s: 90, refresher: Refresher::Peer }, now);
        assert_eq!(seconds(short.due().0), 60);
    }

    #[test]
    fn a_refresh_that_keeps_failing_ends_the_session() {
        let now = Instant::now();
        let mut timer = SessionTimer::new(Terms { interval_s: 90, refresher: Refresher::Us }, now);
        timer.refresh_later(now + Duration::from_secs(50));
        assert_eq!(timer.due().1, Due::Refresh);
        timer.refresh_later(now + Duration::from_secs(70));
        assert_eq!(timer.due(), (now + Duration::from_secs(60), Due::Expired));
    }

    #[test]
    fn the_interval_is_lengthened_only_upwards_and_a_few_times() {
        let mut timer = SessionTimer::new(Terms { interval_s: 90, refresher: Refresher::Us }, Instant::now());
        for least_s in [0, 89, 90] {
            assert_eq!(timer.lengthen(least_s), Lengthened::No, "{least_s}");
        }
        for n in 1..=MAX_LENGTHENED {
            assert_eq!(timer.lengthen(90 + n), Lengthened::Yes);
        }
        assert_eq!(timer.lengthen(1_000), Lengthened::No);
        assert_eq!(timer.terms().interval_s, 90 + MAX_LENGTHENED);
    }
}
