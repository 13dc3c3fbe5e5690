//! A phone that registers and is never heard of again.

use super::peer::Peer;
use super::{LOCAL, Stage};
use crate::TelephonyEvent;
use crate::auth::digest;
use crate::sip::message::status_of;

#[tokio::test]
async fn a_phone_that_does_not_register_again_is_gone_at_its_end() {
    let mut stage = Stage::start().await;
    let mut phone = Peer::new(LOCAL, stage.addr()).await;
    phone.send("REGISTER", 1, "Expires: 1\r\n", "").await;
    let challenge = phone.response(1).await;
    assert_eq!(status_of(&challenge), 401);
    phone.forget();
    let uri = format!("sip:100@{}", stage.addr());
    let credentials = digest::answer(&challenge, "REGISTER", &uri, "100", "secret").expect("a challenge");
    phone.send("REGISTER", 2, &format!("Expires: 1\r\n{credentials}\r\n"), "").await;
    assert_eq!(phone.status(2).await, 200);
    for (expected, contacts) in [(true, 1), (false, 0)] {
        match stage.next().await {
            TelephonyEvent::PhoneRegistered { registered, .. } => assert_eq!(registered, expected),
            other => panic!("{other:?}"),
        }
        assert_eq!(stage.telephony.counters().contacts, contacts);
    }
}
