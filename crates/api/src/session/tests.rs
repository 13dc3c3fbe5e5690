use serde_json::json;

use crate::testing::{PASSWORD, World};

fn credentials(email: &str, password: &str) -> serde_json::Value {
    json!({"email": email, "password": password})
}

#[tokio::test]
async fn the_right_password_opens_a_session_by_cookie_and_by_token() {
    let world = World::new().await;
    let reply = world.post("/api/v1/session", credentials(" Agent@First.example", PASSWORD)).send().await;
    let cookie = reply.header("set-cookie").to_owned();
    for part in ["perezvon_session=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"));
    let session = reply.ok(200);
    assert_eq!(session["user"]["role"], "agent");
    assert_eq!(session["user"]["tenant_name"], "first");
    assert_eq!(session["user"]["time_zone"], "Europe/Moscow");
    let token = session["token"].as_str().unwrap();
    assert!(cookie.contains(token));
    let by_token = world.get("/api/v1/session").bearer(token).send().await.ok(200);
    let by_cookie = world.get("/api/v1/session").cookie(token).send().await.ok(200);
    assert_eq!((&by_token, &by_cookie), (&session["user"], &session["user"]));
}

#[tokio::test]
async fn cookies_are_for_tls_only_where_the_page_is() {
    let world = World::with(|config, _| config.secure_cookies = true).await;
    let reply = world.post("/api/v1/session", credentials("agent@first.example", PASSWORD)).send().await;
    assert!(reply.header("set-cookie").ends_with("; Secure"), "{}", reply.header("set-cookie"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_person_get_the_same_answer() {
    let world = World::new().await;
    let wrong = world.post("/api/v1/session", credentials("agent@first.example", "wrong horse")).send().await;
    let unknown = world.post("/api/v1/session", credentials("nobody@first.example", PASSWORD)).send().await;
    assert_eq!((wrong.refusal(401), unknown.refusal(401)), ("wrong_password", "wrong_password"));
    assert_eq!(wrong.json["detail"], unknown.json["detail"]);
    assert_eq!(wrong.header("set-cookie"), "");
}

#[tokio::test]
async fn guessing_ends_in_429_even_for_the_right_password() {
    let world = World::new().await;
    for _ in 0..10 {
        let reply =
            world.post("/api/v1/session", credentials("agent@first.example", "guess guess")).send().await;
        assert_eq!(reply.refusal(401), "wrong_password");
    }
    let reply = world.post("/api/v1/session", credentials("agent@first.example", PASSWORD)).send().await;
    assert_eq!(reply.refusal(429), "too_many_failures");
    assert_eq!(reply.header("retry-after"), "900");
    world.advance(15 * 60 * 1000);
    world.post("/api/v1/session", credentials("agent@first.example", PASSWORD)).send().await.ok(200);
}

#[tokio::test]
async fn guesses_at_the_same_moment_are_counted_before_they_are_judged() {
    let world = World::new().await;
    let guesses = (0..30)
        .map(|_| world.post("/api/v1/session", credentials("agent@first.example", "guess guess")).send());
    let replies = futures_util::future::join_all(guesses).await;
    let judged = replies.iter().filter(|reply| reply.status.as_u16() == 401).count();
    assert_eq!(judged, 10);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookie_away() {
    let world = World::new().await;
    let token = world.token(world.first.agent).await;
    let reply = world.delete("/api/v1/session").bearer(&token).send().await;
    assert!(reply.header("set-cookie").contains("perezvon_session=;"), "{}", reply.header("set-cookie"));
    reply.ok(204);
    assert_eq!(world.get("/api/v1/session").bearer(&token).send().await.refusal(401), "signed_out");
}

#[tokio::test]
async fn an_unused_session_ends_and_a_used_one_lasts() {
    let world = World::new().await;
    let (used, unused) = (world.token(world.first.agent).await, world.token(world.first.agent).await);
    for _ in 0..8 {
        world.advance(2 * 60 * 60 * 1000);
        world.get("/api/v1/session").bearer(&used).send().await.ok(200);
    }
    assert_eq!(world.get("/api/v1/session").bearer(&unused).send().await.refusal(401), "signed_out");
}

#[tokio::test]
async fn a_change_by_cookie_needs_the_header_that_foreign_pages_cannot_set() {
    let world = World::new().await;
    let token = world.token(world.first.admin).await;
    let skill = || json!({"key": "french", "name": "French"});
    let bare = world.post("/api/v1/skills", skill()).cookie(&token).send().await;
    assert_eq!(bare.refusal(403), "csrf");
    let wrong = world.post("/api/v1/skills", skill()).cookie(&token).header("x-perezvon", "0").send().await;
    assert_eq!(wrong.refusal(403), "csrf");
    world.post("/api/v1/skills", skill()).cookie(&token).header("x-perezvon", "1").send().await.ok(201);
    let other = json!({"key": "german", "name": "German"});
    world.post("/api/v1/skills", other).bearer(&token).send().await.ok(201);
}

#[tokio::test]
async fn a_form_of_a_foreign_page_cannot_sign_anyone_in() {
    let world = World::new().await;
    let body = credentials("agent@first.example", PASSWORD).to_string();
    let asked = world.ask(axum::http::Method::POST, "/api/v1/session").raw(body);
    assert_eq!(asked.header("content-type", "text/plain").send().await.refusal(415), "not_json");
}

#[tokio::test]
async fn tokens_that_are_no_tokens_are_refused_without_a_look() {
    let world = World::new().await;
    for token in ["", "x", &"0".repeat(64), &"g".repeat(64), &"0".repeat(10_000)] {
        assert_eq!(world.get("/api/v1/session").bearer(token).send().await.refusal(401), "signed_out");
    }
}

#[tokio::test]
async fn a_stranger_who_guesses_does_not_keep_the_owner_out() {
    let world = World::new().await;
    for _ in 0..11 {
        let guess = world.post("/api/v1/session", credentials("agent@first.example", "guess guess"));
        guess.peer("192.0.2.66:4000").send().await;
    }
    let stranger = world.post("/api/v1/session", credentials("agent@first.example", PASSWORD));
    assert_eq!(stranger.peer("192.0.2.66:4000").send().await.refusal(429), "too_many_failures");
    let owner = world.post("/api/v1/session", credentials("agent@first.example", PASSWORD));
    owner.peer("192.0.2.7:4000").send().await.ok(200);
}

fn passwords(old: &str, new: &str) -> serde_json::Value {
    json!({"old_password": old, "password": new})
}

#[tokio::test]
async fn a_person_changes_the_own_password_and_stays_signed_in_here_only() {
    let world = World::new().await;
    let (here, elsewhere) = (world.token(world.first.agent).await, world.token(world.first.agent).await);
    let change = world.put("/api/v1/session/password", passwords(PASSWORD, "another horse"));
    change.bearer(&here).send().await.ok(204);
    world.get("/api/v1/session").bearer(&here).send().await.ok(200);
    assert_eq!(world.get("/api/v1/session").bearer(&elsewhere).send().await.refusal(401), "signed_out");
    let old = world.post("/api/v1/session", credentials("agent@first.example", PASSWORD)).send().await;
    assert_eq!(old.refusal(401), "wrong_password");
    world.post("/api/v1/session", credentials("agent@first.example", "another horse")).send().await.ok(200);
}

#[tokio::test]
async fn the_old_password_is_needed_and_may_not_be_guessed() {
    let world = World::new().await;
    let token = world.token(world.first.agent).await;
    let change = |old: &str, new: &str| {
        world.put("/api/v1/session/password", passwords(old, new)).bearer(&token).send()
    };
    let short = change(PASSWORD, "short").await;
    assert_eq!((short.refusal(422), &short.json["field"]), ("bad_value", &json!("password")));
    for _ in 0..10 {
        let wrong = change("guess guess", "another horse").await;
        assert_eq!((wrong.refusal(422), &wrong.json["field"]), ("bad_value", &json!("old_password")));
    }
    assert_eq!(change(PASSWORD, "another horse").await.refusal(429), "too_many_failures");
    world.get("/api/v1/session").bearer(&token).send().await.ok(200);
}

#[tokio::test]
async fn a_person_changes_the_own_language() {
    let world = World::new().await;
    let token = world.token(world.first.agent).await;
    let before = world.get("/api/v1/session").bearer(&token).send().await.ok(200);
    let other = if before["language"] == "ru" { "en" } else { "ru" };
    let change = world.put("/api/v1/session/language", json!({"language": other}));
    change.bearer(&token).send().await.ok(204);
    let after = world.get("/api/v1/session").bearer(&token).send().await.ok(200);
    assert_eq!(after["language"], other);
    let bad = world.put("/api/v1/session/language", json!({"language": "de"})).bearer(&token).send().await;
    assert_eq!((bad.refusal(422), &bad.json["field"]), ("bad_body", &json!("language")));
}
