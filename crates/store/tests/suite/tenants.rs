//! Nothing of one tenant is seen, changed or pointed at from another.

use perezvon_model::config::{Number, SkillLevel};
use perezvon_model::journal::Event;
use perezvon_model::prompt::Language;
use perezvon_model::{E164, RecordingId};
use perezvon_store::testing::{TestEngine, ask_raw, limits, run, run_raw};
use perezvon_store::{CustomerDraft, Db, InteractionFilter, StoreError, TenantDb, both_engines, new_id};

use crate::sample::{Script, T0, company, hashes, queue, user};

fn not_found<T: std::fmt::Debug>(what: &str, result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::NotFound)), "{what}: {result:?}");
}

both_engines! {
    async fn every_read_and_write_of_anothers_ids_finds_nothing(test: TestDb) {
        let own = company(&test.db, "acme").await;
        let other = company(&test.db, "zeta").await;
        let caller = E164::from_canonical("+79160000001").expect("canonical");
        let card = other.db.customer_by_number(&caller, "", T0).await.expect("a card");
        let mut script = Script::new(1);
        let call = script.answered_call(T0, "+79160000001", &other, (1_000, 60_000));
        let open = script.arrive(T0, "+79160000001", &other, other.queue);
        let recording: RecordingId = script.next_id(T0);
        script.push(T0, Some(open), None, Event::RecordingStarted { recording });
        other.db.append(&script.take()).await.expect("appended");
        let before = other.db.config().await.expect("read");

        not_found("queue", own.db.queue(other.queue).await);
        not_found("skill", own.db.skill(other.skill).await);
        not_found("disposition", own.db.disposition(other.disposition).await);
        not_found("flow", own.db.flow(other.flow).await);
        not_found("number", own.db.number(other.number).await);
        not_found("trunk", own.db.trunk(other.trunk).await);
        not_found("user", own.db.user(other.agent).await);
        not_found("customer", own.db.customer(card.id).await);
        not_found("interaction", own.db.interaction(call).await);
        not_found("detail", own.db.interaction_detail(call).await);
        not_found("report", own.db.report_day(perezvon_store::report::Day { start: T0, end: T0 + 1 }, Some(other.queue), T0).await);
        assert!(own.db.journal_of(call).await.expect("read").is_empty());
        assert!(own.db.recordings(call).await.expect("read").is_empty());
        assert!(own.db.growing_recordings().await.expect("read").is_empty());
        assert!(own.db.journal_page(0, 100).await.expect("read").is_empty());
        assert!(own.db.interrupted(T0).await.expect("read").entries.is_empty());
        assert!(own.db.today(T0).await.expect("read").queues.is_empty());
        assert!(own.db.customers("", None, 10).await.expect("read").items.is_empty());
        let all = own.db.interactions(&InteractionFilter::default(), None, 10).await.expect("read");
        assert!(all.items.is_empty());
        for filter in [
            InteractionFilter { queue: Some(other.queue), ..InteractionFilter::default() },
            InteractionFilter { agent: Some(other.agent), ..InteractionFilter::default() },
        ] {
            assert!(own.db.interactions(&filter, None, 10).await.expect("read").items.is_empty());
        }
        assert!(own.db.config().await.expect("read").queues.iter().all(|queue| queue.id != other.queue));
        assert!(!own.db.names().await.expect("read").users.contains_key(&other.agent));

        let theirs = other.db.queue(other.queue).await.expect("there");
        let theirs = perezvon_model::config::Queue { required_skills: vec![], ..theirs };
        not_found("update queue", own.db.update_queue(&theirs).await);
        not_found("delete queue", own.db.delete_queue(other.queue, T0).await);
        not_found("delete skill", own.db.delete_skill(other.skill).await);
        not_found("delete disposition", own.db.delete_disposition(other.disposition, T0).await);
        not_found("delete flow", own.db.delete_flow(other.flow).await);
        not_found("delete number", own.db.delete_number(other.number).await);
        not_found("delete trunk", own.db.delete_trunk(other.trunk).await);
        not_found("delete user", own.db.delete_user(other.agent, T0).await);
        not_found("set password", own.db.set_password(other.agent, &hashes()).await);
        not_found("set language", own.db.set_language(other.agent, Language::En).await);
        not_found("update customer", own.db.update_customer(card.id, 1, &CustomerDraft { name: "X".to_owned(), ..CustomerDraft::default() }).await);
        assert_eq!(other.db.config().await.expect("read"), before);
        assert_eq!(other.db.customer(card.id).await.expect("there").version, 1);
    }

    async fn nothing_of_one_tenant_can_point_at_anothers(test: TestDb) {
        let own = company(&test.db, "acme").await;
        let other = company(&test.db, "zeta").await;
        let refused = |what: &str, result: Result<(), StoreError>| {
            assert!(matches!(result, Err(StoreError::Invalid { .. })), "{what}: {result:?}");
        };
        let mut foreign = user("x@acme.example", vec![other.queue]);
        refused("user in a foreign queue", own.db.create_user(&foreign, &hashes(), T0).await);
        foreign.queues.clear();
        foreign.skills = vec![SkillLevel { skill: other.skill, level: 1 }];
        refused("user with a foreign skill", own.db.create_user(&foreign, &hashes(), T0).await);
        let mut foreign = queue("foreign");
        foreign.required_skills = vec![SkillLevel { skill: other.skill, level: 1 }];
        refused("queue that needs a foreign skill", own.db.create_queue(&foreign).await);
        let number = Number {
            id: new_id(),
            number: "+74959999999".to_owned(),
            flow: other.flow,
            language: Language::Ru,
        };
        refused("number that leads to a foreign flow", own.db.create_number(&number).await);
        let session = test.db.create_session("aa", own.scope.tenant(), other.agent, T0, T0 + 1).await;
        assert!(matches!(session, Err(StoreError::InUse)), "{session:?}");
    }

    async fn one_number_may_be_a_customer_of_two_tenants(test: TestDb) {
        let own = company(&test.db, "acme").await;
        let other = company(&test.db, "zeta").await;
        let caller = E164::from_canonical("+79160000001").expect("canonical");
        let a = own.db.customer_by_number(&caller, "", T0).await.expect("a card");
        let b = other.db.customer_by_number(&caller, "", T0).await.expect("a card");
        assert!(a.is_new && b.is_new && a.id != b.id);
    }
}

/// Asks alone and in a transaction; the statement names no tenant on purpose.
async fn names(db: &TenantDb) -> Vec<String> {
    let [alone, in_transaction] =
        ask_raw(db, "SELECT name AS text FROM queue WHERE $1 = $1 ORDER BY name").await.expect("asked");
    assert_eq!(alone, in_transaction);
    alone
}

#[test]
fn postgresql_has_only_rows_of_the_own_tenant_for_a_statement_that_forgot_to_ask() {
    run(TestEngine::Postgres, |test| async move {
        let (acme, globex) = (company(&test.db, "acme").await, company(&test.db, "globex").await);
        let (of_acme, of_globex) = (names(&acme.db).await, names(&globex.db).await);
        let lists = (acme.db.queues().await.expect("listed"), globex.db.queues().await.expect("listed"));
        assert_eq!((of_acme.len(), of_globex.len()), (lists.0.len(), lists.1.len()));
        assert!(!of_acme.is_empty() && !of_globex.is_empty());
        let everybody = run_raw(&test.db, "UPDATE queue SET name = name").await.expect("done");
        assert_eq!(
            everybody,
            (of_acme.len() + of_globex.len()) as u64,
            "the installation's statements reach all"
        );

        let seen = ask_raw(&acme.db, "SELECT id AS text FROM tenant WHERE $1 = $1").await.expect("asked");
        assert_eq!(seen, [(); 2].map(|()| vec![acme.scope.tenant().to_string()]));
        let moved = ask_raw(
            &acme.db,
            "UPDATE skill SET tenant_id = tenant_id || 'x' WHERE $1 = $1 RETURNING name AS text",
        );
        let refused = moved.await.expect_err("no row can be given to another tenant").to_string();
        assert!(refused.contains("row-level security"), "{refused}");
        assert_eq!((names(&acme.db).await, names(&globex.db).await), (of_acme, of_globex));
    });
}

#[test]
fn every_table_with_a_tenant_is_under_row_level_security() {
    run(TestEngine::Postgres, |test| async move {
        let acme = company(&test.db, "acme").await;
        let [open, _] = ask_raw(
            &acme.db,
            "SELECT DISTINCT relname::TEXT AS text FROM pg_class
             JOIN pg_attribute ON attrelid = pg_class.oid AND (attname = 'tenant_id' OR relname = 'tenant')
             WHERE relkind = 'r' AND relnamespace = current_schema::regnamespace AND $1 = $1
             AND NOT (relrowsecurity AND relforcerowsecurity
                      AND EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = pg_class.oid))",
        )
        .await
        .expect("asked");
        assert_eq!(open, Vec::<String>::new());
    });
}

#[test]
fn postgresql_is_not_migrated_under_a_server_that_runs() {
    run(TestEngine::Postgres, |test| async move {
        let server = test.db.lock_for_server().await.expect("asked").expect("free");
        run_raw(&test.db, "DELETE FROM schema_migration WHERE version = 2").await.expect("an older database");
        let refused = Db::open(&test.url, limits()).await.err().expect("refused").to_string();
        assert!(refused.contains("stop that one first"), "{refused}");
        drop(server);
    });
}
