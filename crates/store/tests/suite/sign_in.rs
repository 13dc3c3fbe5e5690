use perezvon_model::prompt::Language;
use perezvon_store::{PasswordHashes, Role, StoreError, User, both_engines};

use crate::sample::{T0, company, hashes, user};

both_engines! {
    async fn a_user_signs_in_by_email_in_any_case(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let found = test.db.sign_in("  Agent1@ACME.example ").await.expect("the user is known");
        assert_eq!((found.tenant, found.user), (company.scope.tenant(), company.agent));
        assert_eq!(found.password, hashes().password);
        assert!(matches!(test.db.sign_in("nobody@acme.example").await, Err(StoreError::NotFound)));
    }

    async fn a_session_lasts_until_it_expires_or_is_ended(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let (tenant, user) = (company.scope.tenant(), company.agent);
        test.db.create_session("aa", tenant, user, T0, T0 + 1_000).await.expect("a session is made");
        let me = test.db.session("aa", T0 + 999).await.expect("the session lasts");
        assert_eq!((me.tenant, me.user, me.role, me.language), (tenant, user, Role::Agent, Language::Ru));
        assert_eq!((me.tenant_name.as_str(), me.email.as_str()), ("acme", "agent1@acme.example"));
        assert!(matches!(test.db.session("aa", T0 + 1_000).await, Err(StoreError::NotFound)));
        test.db.extend_session("aa", T0 + 5_000).await.expect("a session is extended");
        assert!(test.db.session("aa", T0 + 1_000).await.is_ok());
        test.db.end_session("aa").await.expect("a session is ended");
        assert!(matches!(test.db.session("aa", T0).await, Err(StoreError::NotFound)));
    }

    async fn expired_sessions_are_removed(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let (tenant, user) = (company.scope.tenant(), company.agent);
        for (token, expires_at) in [("aa", T0 + 10), ("bb", T0 + 20), ("cc", T0 + 30)] {
            test.db.create_session(token, tenant, user, T0, expires_at).await.expect("a session is made");
        }
        assert_eq!(test.db.end_expired_sessions(T0 + 20).await.expect("sessions are removed"), 2);
        assert!(test.db.session("cc", T0).await.is_ok());
    }

    async fn a_new_password_ends_every_session_of_the_user(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let (tenant, agent) = (company.scope.tenant(), company.agent);
        test.db.create_session("aa", tenant, agent, T0, T0 + 1_000).await.expect("a session is made");
        let new = PasswordHashes { password: "$argon2id$new".to_owned(), ha1: None };
        company.db.set_password(agent, &new).await.expect("a password is set");
        assert!(matches!(test.db.session("aa", T0).await, Err(StoreError::NotFound)));
        assert_eq!(test.db.sign_in("agent1@acme.example").await.expect("the user is known").password, new.password);
        let phones = test.db.directory().await.expect("the directory is read").phones;
        assert!(phones.iter().all(|phone| phone.agent != agent || phone.ha1_md5.is_none()), "{phones:?}");
    }

    async fn a_change_of_a_user_and_of_the_password_is_one_change(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let before = company.db.tenant().await.expect("there").config_version;
        let known = company.db.user(company.agent).await.expect("there");
        let new = PasswordHashes { password: "$argon2id$new".to_owned(), ha1: None };
        let renamed = User { name: "Renamed".to_owned(), ..known.clone() };
        company.db.update_user(&renamed, Some(&new)).await.expect("a user is changed");
        assert_eq!(company.db.tenant().await.expect("there").config_version, before + 1);
        assert_eq!(test.db.sign_in(&known.email).await.expect("known").password, new.password);
        let taken = User { email: "agent2@acme.example".to_owned(), ..known.clone() };
        let newer = PasswordHashes { password: "$argon2id$newer".to_owned(), ha1: None };
        assert!(matches!(company.db.update_user(&taken, Some(&newer)).await, Err(StoreError::Conflict { .. })));
        assert_eq!(test.db.sign_in(&known.email).await.expect("known").password, new.password);
    }

    async fn whoever_changes_the_own_password_stays_signed_in_here_and_nowhere_else(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let (tenant, agent) = (company.scope.tenant(), company.agent);
        for (token, user) in [("here", agent), ("there", agent), ("other", company.other_agent)] {
            test.db.create_session(token, tenant, user, T0, T0 + 1_000).await.expect("a session is made");
        }
        company.db.set_own_password(agent, &hashes(), "here").await.expect("a password is set");
        assert!(matches!(test.db.session("there", T0).await, Err(StoreError::NotFound)));
        assert!(test.db.session("here", T0).await.is_ok() && test.db.session("other", T0).await.is_ok());
    }

    async fn a_deleted_user_neither_signs_in_nor_holds_a_session_and_frees_the_address(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let (tenant, agent) = (company.scope.tenant(), company.agent);
        test.db.create_session("aa", tenant, agent, T0, T0 + 1_000).await.expect("a session is made");
        company.db.delete_user(agent, T0).await.expect("a user is put away");
        assert!(matches!(test.db.session("aa", T0).await, Err(StoreError::NotFound)));
        assert!(matches!(test.db.sign_in("agent1@acme.example").await, Err(StoreError::NotFound)));
        assert!(matches!(company.db.user(agent).await, Err(StoreError::NotFound)));
        let again = user("agent1@acme.example", vec![company.queue]);
        company.db.create_user(&again, &hashes(), T0).await.expect("the address is free again");
        assert_eq!(company.db.names().await.expect("names").users[&agent], "User agent1");
    }
}

#[test]
fn hashes_are_in_no_debug_output() {
    let text = format!("{:?} {:?}", hashes(), hashes().ha1);
    assert!(!text.contains("argon2") && !text.contains("0123"), "{text}");
}
