//! The audit trail: each change of the configuration with who, when, before and after.

use perezvon_model::config::{FlowSource, Skill, SkillLevel};
use perezvon_model::{UserId, UtcMs};
use perezvon_store::testing::run_raw;
use perezvon_store::{Author, Change, ChangeFilter, StoreError, Subject, TenantDb, both_engines, new_id};
use serde_json::json;

use crate::sample::{T0, company, hashes, queue, tenant};

const EVERYTHING: ChangeFilter =
    ChangeFilter { subject: None, subject_id: None, by: None, from: None, to: None };

async fn found(db: &TenantDb, filter: &ChangeFilter) -> Vec<Change> {
    db.changes(filter, None, 200).await.expect("listed").items
}

/// What is kept since the company was made.
async fn since(db: &TenantDb, version: i64) -> Vec<Change> {
    found(db, &EVERYTHING).await.into_iter().filter(|change| change.version > version).collect()
}

async fn version(db: &TenantDb) -> i64 {
    db.tenant().await.expect("there").config_version
}

fn by(db: &TenantDb, user: UserId, at: UtcMs) -> TenantDb {
    db.clone().by(Author { user: Some(user), at })
}

both_engines! {
    async fn a_change_is_kept_with_who_when_before_and_after(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let start = version(&company.db).await;
        let own = by(&company.db, company.agent, T0 + 5_000);
        let mut support = own.queue(company.queue).await.expect("there");
        support.name = "Help".to_owned();
        support.required_skills = vec![SkillLevel { skill: company.skill, level: 7 }];
        own.update_queue(&support).await.expect("changed");
        own.delete_queue(company.queue, T0).await.expect("deleted");
        let [deleted, changed] = &since(&own, start).await[..] else { panic!("two changes") };
        assert_eq!((changed.version, deleted.version), (start + 1, start + 2));
        assert_eq!((changed.user, changed.user_name.as_deref()), (Some(company.agent), Some("User agent1")));
        assert_eq!((changed.at, changed.subject), (T0 + 5_000, Subject::Queue));
        assert_eq!((changed.subject_id.as_str(), changed.name.as_str()), (company.queue.to_string().as_str(), "Help"));
        let (before, after) = (changed.before.as_ref().expect("there"), changed.after.as_ref().expect("there"));
        assert_eq!((&before["name"], &after["name"]), (&json!("Queue support"), &json!("Help")));
        let level = |level: u8| json!([{"skill": company.skill, "level": level}]);
        assert_eq!((&before["required_skills"], &after["required_skills"]), (&level(3), &level(7)));
        assert_eq!(changed.names.get(&company.skill.to_string()).map(String::as_str), Some("Billing"));
        assert_eq!((&deleted.before, &deleted.after), (&changed.after, &None));
    }

    async fn what_is_deleted_keeps_its_name_in_the_trail(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let own = by(&company.db, company.other_agent, T0);
        let skill = Skill { id: new_id(), key: "french".to_owned(), name: "French".to_owned() };
        own.create_skill(&skill).await.expect("made");
        let mut agent = own.user(company.agent).await.expect("there");
        agent.skills.push(SkillLevel { skill: skill.id, level: 2 });
        own.update_user(&agent, None).await.expect("changed");
        own.delete_skill(skill.id).await.expect("deleted");
        own.delete_user(company.other_agent, T0).await.expect("deleted");
        let of_agent = ChangeFilter { subject_id: Some(company.agent.0), ..EVERYTHING };
        let [changed, _made] = &found(&own, &of_agent).await[..] else { panic!("two changes") };
        assert_eq!(changed.names[&skill.id.to_string()], "French");
        assert_eq!(changed.user_name.as_deref(), Some("User agent2"), "who changed it is named too");
    }

    async fn a_refused_change_leaves_no_row(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let start = version(&company.db).await;
        let mut support = company.db.queue(company.queue).await.expect("there");
        support.required_skills = vec![SkillLevel { skill: new_id(), level: 1 }];
        company.db.update_queue(&support).await.expect_err("there is no such skill");
        company.db.create_queue(&queue("support")).await.expect_err("the key is taken");
        company.db.delete_skill(company.skill).await.expect_err("the queue needs it");
        assert_eq!((since(&company.db, start).await, version(&company.db).await), (vec![], start));
    }

    async fn a_change_whose_row_cannot_be_written_does_not_happen(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let before = company.db.config().await.expect("read");
        run_raw(&test.db, "ALTER TABLE change RENAME TO elsewhere").await.expect("hidden");
        let mut support = company.db.queue(company.queue).await.expect("there");
        support.name = "Help".to_owned();
        company.db.update_queue(&support).await.expect_err("nowhere to note it");
        company.db.delete_number(company.number).await.expect_err("nowhere to note it");
        run_raw(&test.db, "ALTER TABLE elsewhere RENAME TO change").await.expect("back");
        assert_eq!(company.db.config().await.expect("read"), before);
    }

    async fn a_change_by_nobody_is_refused(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let nobody = test.db.tenant(&company.scope);
        let refused = nobody.update_tenant("Acme Ltd", "RU", "Asia/Omsk").await;
        assert!(matches!(refused, Err(StoreError::Unexpected(_))), "{refused:?}");
        assert_eq!(company.db.tenant().await.expect("there").name, "acme");
    }

    async fn what_is_saved_as_it_was_leaves_no_row(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let start = version(&company.db).await;
        let support = company.db.queue(company.queue).await.expect("there");
        company.db.update_queue(&support).await.expect("saved");
        assert_eq!(since(&company.db, start).await, []);
    }

    async fn no_secret_is_in_any_row(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let own = &company.db;
        let mut agent = own.user(company.agent).await.expect("there");
        own.set_password(agent.id, &hashes()).await.expect("set");
        own.set_own_password(agent.id, &hashes(), "token").await.expect("set");
        agent.name = "Anna".to_owned();
        own.update_user(&agent, Some(&hashes())).await.expect("changed");
        let mut trunk = own.trunk(company.trunk).await.expect("there");
        trunk.registration.as_mut().expect("registers").password = "other-secret".to_owned();
        own.update_trunk(&trunk).await.expect("changed");
        trunk.name = "Renamed".to_owned();
        own.update_trunk(&trunk).await.expect("changed");
        own.delete_trunk(trunk.id).await.expect("deleted");
        own.delete_user(agent.id, T0).await.expect("deleted");
        let all = found(own, &EVERYTHING).await;
        let text = serde_json::to_string(&all).expect("plain data");
        for secret in ["secret", "argon2", "0123", "4567"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        let passwords = |id: uuid::Uuid| {
            let of = all.iter().filter(|change| change.subject_id == id.to_string() && change.before.is_some());
            let after = of.filter_map(|change| change.after.clone());
            after.map(|after| after.get("registration").unwrap_or(&after)["password"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(passwords(company.agent.0), ["another", "another", "another"]);
        assert_eq!(passwords(company.trunk.0), ["kept", "another"], "the newest first");
    }

    async fn every_kind_of_setting_leaves_its_row(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let own = &company.db;
        own.update_tenant("Acme Ltd", "RU", "Asia/Omsk").await.expect("changed");
        for subject in [
            Subject::Tenant, Subject::Queue, Subject::User, Subject::Skill, Subject::Disposition, Subject::Flow,
            Subject::Number, Subject::Trunk,
        ] {
            let of = found(own, &ChangeFilter { subject: Some(subject), ..EVERYTHING }).await;
            assert!(!of.is_empty() && of.iter().all(|change| change.subject == subject), "{subject:?}");
        }
    }

    async fn nothing_of_another_company_is_in_the_trail(test: TestDb) {
        let (acme, globex) = (company(&test.db, "acme").await, company(&test.db, "globex").await);
        let empty = tenant("empty");
        test.db.create_tenant(&empty).await.expect("made");
        assert_eq!(found(&test.db.tenant(&crate::sample::scope(empty.id)), &EVERYTHING).await, []);
        let theirs = found(&globex.db, &EVERYTHING).await;
        let own = found(&acme.db, &EVERYTHING).await;
        assert!(!own.is_empty() && own.iter().all(|change| theirs.iter().all(|other| other.subject_id != change.subject_id)));
        let of_theirs = ChangeFilter { subject_id: Some(globex.queue.0), ..EVERYTHING };
        assert_eq!(found(&acme.db, &of_theirs).await, []);
        acme.db.forget_changes(UtcMs(i64::MAX)).await.expect("forgotten");
        assert_eq!(found(&globex.db, &EVERYTHING).await, theirs);
    }

    async fn changes_are_found_by_what_by_whom_and_when(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let start = version(&company.db).await;
        for (n, user) in [company.agent, company.other_agent, company.agent].into_iter().enumerate() {
            let own = by(&company.db, user, T0 + 1_000 * (n as i64 + 1));
            own.update_tenant(&format!("Acme {n}"), "RU", "Asia/Omsk").await.expect("changed");
        }
        let own = &company.db;
        let asked = |filter| async move { found(own, &filter).await.iter().map(|change| change.version - start).collect::<Vec<_>>() };
        let tenants = ChangeFilter { subject: Some(Subject::Tenant), ..EVERYTHING };
        assert_eq!(asked(tenants).await, [3, 2, 1]);
        assert_eq!(asked(ChangeFilter { by: Some(Some(company.agent)), ..EVERYTHING }).await, [3, 1]);
        let times = ChangeFilter { from: Some(T0 + 2_000), to: Some(T0 + 3_000), ..EVERYTHING };
        assert_eq!(asked(times).await, [2], "from the first moment, before the last");
        assert_eq!(asked(ChangeFilter { by: Some(None), ..tenants }).await, [] as [i64; 0]);
        assert!(!asked(ChangeFilter { by: Some(None), ..EVERYTHING }).await.is_empty(), "the command line made it");
    }

    async fn pages_follow_each_other_without_a_gap(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let all = found(&company.db, &EVERYTHING).await;
        let (mut cursor, mut pages) = (None, Vec::new());
        loop {
            let page = company.db.changes(&EVERYTHING, cursor.as_deref(), 3).await.expect("listed");
            assert!(page.items.len() <= 3);
            pages.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() { break }
        }
        assert_eq!(pages, all);
        let foreign = company.db.changes(&EVERYTHING, Some("x"), 3).await;
        assert!(matches!(foreign, Err(StoreError::Invalid { field: "cursor", .. })), "{foreign:?}");
    }

    async fn a_page_of_long_flows_is_cut_short(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let flow = |n: usize| FlowSource { id: company.flow, key: "main".into(), name: "Main".into(), json: n.to_string().repeat(400_000) };
        for n in 0..4 {
            company.db.update_flow(&flow(n)).await.expect("changed");
        }
        let of = ChangeFilter { subject_id: Some(company.flow.0), ..EVERYTHING };
        let (mut cursor, mut lengths) = (None, Vec::new());
        loop {
            let page = company.db.changes(&of, cursor.as_deref(), 200).await.expect("listed");
            lengths.push(page.items.len());
            cursor = page.next_cursor;
            if cursor.is_none() { break }
        }
        assert_eq!(lengths, [1, 1, 1, 2], "800,000 characters each, then 400,000 and a short one");
    }

    async fn of_two_who_save_at_once_the_second_begins_where_the_first_ended(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let start = version(&company.db).await;
        let support = company.db.queue(company.queue).await.expect("there");
        let save = |n: u32| {
            let (db, mut queue) = (company.db.clone(), support.clone());
            queue.name = format!("Queue {n}");
            tokio::spawn(async move { db.update_queue(&queue).await })
        };
        for saved in (0..8).map(save).collect::<Vec<_>>() {
            saved.await.expect("no panic").expect("saved");
        }
        let changes = since(&company.db, start).await;
        assert_eq!(changes.iter().map(|change| change.version - start).collect::<Vec<_>>(), [8, 7, 6, 5, 4, 3, 2, 1]);
        for pair in changes.windows(2) {
            assert_eq!(pair[0].before, pair[1].after);
        }
    }

    async fn what_is_too_old_is_forgotten(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let late = by(&company.db, company.agent, T0 + 1_000);
        late.update_tenant("Acme Ltd", "RU", "Asia/Omsk").await.expect("changed");
        let made = found(&late, &EVERYTHING).await.len() as u64 - 1;
        assert_eq!(late.forget_changes(T0 + 1).await.expect("forgotten"), made);
        assert_eq!(late.forget_changes(T0 + 1).await.expect("forgotten"), 0);
        assert_eq!(found(&late, &EVERYTHING).await.len(), 1);
    }
}
