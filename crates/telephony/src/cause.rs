//! Causes and SIP status codes, both ways, in one table.

use perezvon_model::leg::Cause;

/// The status by which an inbound leg that is not answered is refused.
pub(crate) fn status_of_cause(cause: Cause) -> u16 {
    match cause {
        // An unanswered call that ends without a fault was turned away for now.
        Cause::Normal | Cause::Unavailable | Cause::NoAnswer => 480,
        Cause::Cancelled => 487,
        Cause::Busy => 486,
        Cause::Declined => 603,
        Cause::NotFound => 404,
        Cause::Forbidden => 403,
        Cause::Overload | Cause::Interrupted => 503,
        Cause::NoCodec => 488,
        Cause::Timeout => 408,
        Cause::Failed => 500,
    }
}

/// Why a dialled leg was not made, by the final status of the peer.
pub(crate) fn cause_of_status(status: u16) -> Cause {
    match status {
        486 | 600 => Cause::Busy,
        603 | 607 => Cause::Declined,
        480 | 430 => Cause::Unavailable,
        404 | 410 | 484 | 485 | 604 => Cause::NotFound,
        401 | 402 | 403 | 407 => Cause::Forbidden,
        408 | 504 => Cause::Timeout,
        487 => Cause::Cancelled,
        415 | 488 | 606 => Cause::NoCodec,
        500 | 503 => Cause::Overload,
        _ => Cause::Failed,
    }
}

/// Of several phones that all failed, the cause that says most about the person (RFC 3261 section 16.7, step 6).
pub(crate) fn telling(a: Cause, b: Cause) -> Cause {
    if weight(b) > weight(a) { b } else { a }
}

fn weight(cause: Cause) -> u8 {
    match cause {
        Cause::Declined => 12,
        Cause::Busy => 11,
        Cause::NoAnswer => 10,
        Cause::Unavailable => 9,
        Cause::NoCodec => 8,
        Cause::Forbidden => 7,
        Cause::NotFound => 6,
        Cause::Overload => 5,
        Cause::Timeout => 4,
        Cause::Interrupted => 3,
        Cause::Failed => 2,
        Cause::Cancelled => 1,
        Cause::Normal => 0,
    }
}

/// The Reason of a BYE or CANCEL that we send (RFC 3326), for those who trace calls.
pub(crate) fn reason(cause: Cause) -> &'static str {
    match cause {
        Cause::Normal => "Q.850;cause=16;text=\"Normal call clearing\"",
        Cause::Busy => "Q.850;cause=17;text=\"User busy\"",
        Cause::NoAnswer | Cause::Cancelled => "Q.850;cause=19;text=\"No answer\"",
        Cause::Declined | Cause::Forbidden => "Q.850;cause=21;text=\"Call rejected\"",
        Cause::NotFound => "Q.850;cause=1;text=\"Unallocated number\"",
        Cause::Unavailable => "Q.850;cause=20;text=\"Subscriber absent\"",
        Cause::Overload => "Q.850;cause=42;text=\"Congestion\"",
        Cause::NoCodec => "Q.850;cause=88;text=\"Incompatible destination\"",
        Cause::Timeout => "Q.850;cause=102;text=\"Recovery on timer expiry\"",
        Cause::Interrupted | Cause::Failed => "Q.850;cause=41;text=\"Temporary failure\"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Cause; 13] = [
        Cause::Normal,
        Cause::Cancelled,
        Cause::Busy,
        Cause::NoAnswer,
        Cause::Declined,
        Cause::Unavailable,
        Cause::NotFound,
        Cause::Forbidden,
        Cause::Overload,
        Cause::NoCodec,
        Cause::Timeout,
        Cause::Interrupted,
        Cause::Failed,
    ];

    #[test]
    fn each_cause_is_refused_with_its_status() {
        let expected = [480, 487, 486, 480, 603, 480, 404, 403, 503, 488, 408, 503, 500];
        for (cause, status) in ALL.into_iter().zip(expected) {
            assert_eq!(status_of_cause(cause), status, "{cause:?}");
        }
    }

    #[test]
    fn a_cause_that_crosses_a_trunk_comes_out_as_itself() {
        for cause in [
            Cause::Busy,
            Cause::Declined,
            Cause::Unavailable,
            Cause::NotFound,
            Cause::Forbidden,
            Cause::Overload,
            Cause::NoCodec,
            Cause::Timeout,
            Cause::Cancelled,
        ] {
            assert_eq!(cause_of_status(status_of_cause(cause)), cause);
        }
    }

    #[test]
    fn every_final_status_has_a_cause() {
        for (status, cause) in [
            (486, Cause::Busy),
            (600, Cause::Busy),
            (603, Cause::Declined),
            (480, Cause::Unavailable),
            (404, Cause::NotFound),
            (410, Cause::NotFound),
            (604, Cause::NotFound),
            (401, Cause::Forbidden),
            (403, Cause::Forbidden),
            (407, Cause::Forbidden),
            (408, Cause::Timeout),
            (504, Cause::Timeout),
            (488, Cause::NoCodec),
            (606, Cause::NoCodec),
            (503, Cause::Overload),
            (301, Cause::Failed),
            (400, Cause::Failed),
            (481, Cause::Failed),
            (699, Cause::Failed),
        ] {
            assert_eq!(cause_of_status(status), cause, "{status}");
        }
    }

    #[test]
    fn the_person_outweighs_the_machine_when_several_phones_fail() {
        assert_eq!(telling(Cause::Timeout, Cause::Busy), Cause::Busy);
        assert_eq!(telling(Cause::Busy, Cause::Unavailable), Cause::Busy);
        assert_eq!(telling(Cause::Busy, Cause::Declined), Cause::Declined);
    }
}
