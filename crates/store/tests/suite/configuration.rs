use perezvon_model::channel::{Capacity, Channel};
use perezvon_model::config::SkillLevel;
use perezvon_model::config::{Disposition, FlowSource, Number, Skill, Trunk, TrunkRegistration, WrapUp};
use perezvon_model::prompt::Language;
use perezvon_model::{Device, QueueId, SkillId};
use perezvon_store::testing::run_raw;
use perezvon_store::{Role, StoreError, both_engines, new_id};

use crate::sample::{T0, company, hashes, queue, user};

fn field_of(error: StoreError) -> String {
    match error {
        StoreError::Conflict { field } => field,
        StoreError::Invalid { field, .. } => field.to_owned(),
        other => panic!("{other:?}"),
    }
}

both_engines! {
    async fn what_an_agent_carries_is_the_companys_or_their_own(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let before = company.db.config().await.expect("read");
        assert_eq!((before.capacity, before.agents[0].capacity.clone()), (Capacity::default(), None));
        let mut capacity = Capacity::default();
        capacity.chat.most = 2;
        company.db.set_capacity(&capacity).await.expect("kept");
        let mut user = company.db.user(before.agents[0].id).await.expect("read");
        user.capacity = Some(Capacity { units: 12, ..Capacity::default() });
        company.db.update_user(&user, None).await.expect("kept");
        let after = company.db.config().await.expect("read");
        let own = after.agents.iter().find(|agent| agent.id == user.id).and_then(|agent| agent.capacity.clone());
        assert_eq!((after.capacity, own), (capacity.clone(), user.capacity.clone()));
        assert!(after.version > before.version, "the change takes effect");
        capacity.mail.interrupts = vec![Channel::Voice];
        let refused = company.db.set_capacity(&capacity).await;
        assert!(matches!(refused, Err(StoreError::Invalid { field: "capacity", .. })), "{refused:?}");
        user.capacity = Some(Capacity { units: 0, ..Capacity::default() });
        assert!(company.db.update_user(&user, None).await.is_err());
    }

    async fn a_configuration_is_read_as_it_was_written(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let config = company.db.config().await.expect("the configuration is read");
        assert_eq!((config.tenant, config.name.as_str()), (company.scope.tenant(), "acme"));
        assert_eq!((config.region.as_str(), config.time_zone.as_str()), ("RU", "Europe/Moscow"));
        let [support] = &config.queues[..] else { panic!("{:?}", config.queues) };
        let expected = perezvon_model::config::Queue {
            id: company.queue,
            required_skills: vec![SkillLevel { skill: company.skill, level: 3 }],
            ..queue("support")
        };
        assert_eq!(*support, expected);
        let [one, two] = &config.agents[..] else { panic!("{:?}", config.agents) };
        assert_eq!((one.id, one.queues.clone()), (company.agent, vec![company.queue]));
        assert_eq!(one.skills, [SkillLevel { skill: company.skill, level: 5 }]);
        assert_eq!(one.sip_username.as_deref(), Some("acme-agent1"));
        assert_eq!((two.id, two.sip_username.clone()), (company.other_agent, None));
        assert_eq!(config.skills.len(), 1);
        assert_eq!(config.dispositions[0].queues, [company.queue]);
        assert_eq!((config.flows[0].id, config.flows[0].json.as_str()), (company.flow, r#"{"nodes":[]}"#));
        assert_eq!((config.numbers[0].flow, config.numbers[0].language), (company.flow, Language::Ru));
        let trunk = &config.trunks[0];
        assert_eq!(trunk.sources, ["192.0.2.0/24", "2001:db8::1"]);
        let registration = trunk.registration.as_ref().expect("the trunk registers");
        assert_eq!((registration.password.as_str(), registration.expires_s), ("trunk-secret", 600));
    }

    async fn a_queue_whose_rules_cannot_be_read_is_named(test: TestDb) {
        let (acme, globex) = (company(&test.db, "acme").await, company(&test.db, "globex").await);
        let spoil = "UPDATE queue SET name = 'Help', routing = '{\"strategy\": \"by_magic\"}'
            WHERE tenant_id = (SELECT id FROM tenant WHERE name = 'acme')";
        run_raw(&test.db, spoil).await.expect("spoilt");
        let error = acme.db.config().await.expect_err("unreadable").to_string();
        for word in ["the queue `Help`", &acme.queue.to_string(), "by_magic"] {
            assert!(error.contains(word), "no {word}: {error}");
        }
        globex.db.config().await.expect("the others are as they were");
    }

    async fn every_change_raises_the_version(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let own = &company.db;
        let before = own.config().await.expect("the configuration is read").version;
        let mut support = own.queue(company.queue).await.expect("the queue is there");
        support.wrap_up = WrapUp::None;
        support.required_skills.clear();
        own.update_queue(&support).await.expect("a queue is changed");
        assert_eq!(own.queue(company.queue).await.expect("the queue is there"), support);
        own.set_password(company.agent, &hashes()).await.expect("a password is set");
        own.update_tenant("Acme Ltd", "RU", "Asia/Omsk").await.expect("a tenant is changed");
        let after = own.config().await.expect("the configuration is read");
        assert_eq!(after.version, before + 3);
        assert_eq!((after.name.as_str(), after.time_zone.as_str()), ("Acme Ltd", "Asia/Omsk"));
    }

    async fn a_refused_change_changes_nothing(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let before = company.db.config().await.expect("the configuration is read");
        let mut support = company.db.queue(company.queue).await.expect("the queue is there");
        support.name = "Renamed".to_owned();
        support.required_skills = vec![SkillLevel { skill: new_id(), level: 1 }];
        let error = company.db.update_queue(&support).await.expect_err("there is no such skill");
        assert_eq!(field_of(error), "required_skills");
        assert_eq!(company.db.config().await.expect("the configuration is read"), before);
    }

    async fn what_must_be_unique_is_refused_by_its_field(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let own = &company.db;
        let error = own.create_queue(&queue("support")).await.expect_err("the key is taken");
        assert_eq!(field_of(error), "key");
        let twin = user("AGENT1@acme.example", vec![]);
        assert_eq!(field_of(own.create_user(&twin, &hashes(), T0).await.expect_err("taken")), "email");
        let mut twin = user("twin@acme.example", vec![]);
        twin.sip_username = Some("acme-agent1".to_owned());
        assert_eq!(field_of(own.create_user(&twin, &hashes(), T0).await.expect_err("taken")), "sip_username");
        let taken = own.number(company.number).await.expect("the number is there");
        let taken = Number { id: new_id(), ..taken };
        assert_eq!(field_of(own.create_number(&taken).await.expect_err("taken")), "number");
    }

    async fn values_out_of_range_are_refused_by_their_field(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let own = &company.db;
        let mut wrong = queue("sales");
        wrong.ring_timeout_s = 2;
        assert_eq!(field_of(own.create_queue(&wrong).await.expect_err("too short")), "ring_timeout_s");
        let mut wrong = queue("sales");
        wrong.wrap_up = WrapUp::Timed { limit_s: 901 };
        assert_eq!(field_of(own.create_queue(&wrong).await.expect_err("too long")), "wrap_up");
        assert_eq!(field_of(own.create_queue(&queue("Sales!")).await.expect_err("no key")), "key");
        let mut wrong = user("no-address", vec![]);
        assert_eq!(field_of(own.create_user(&wrong, &hashes(), T0).await.expect_err("no e-mail")), "email");
        wrong.email = "a@b.example".to_owned();
        wrong.skills = vec![SkillLevel { skill: company.skill, level: 11 }];
        assert_eq!(field_of(own.create_user(&wrong, &hashes(), T0).await.expect_err("no level")), "skills");
        wrong.skills.clear();
        wrong.queues = vec![new_id()];
        assert_eq!(field_of(own.create_user(&wrong, &hashes(), T0).await.expect_err("no queue")), "queues");
        let mut number = own.number(company.number).await.expect("the number is there");
        number.number = "8 495 1".to_owned();
        assert_eq!(field_of(own.update_number(&number).await.expect_err("no number")), "number");
        number.number = "+74950000007".to_owned();
        number.flow = new_id();
        assert_eq!(field_of(own.update_number(&number).await.expect_err("no flow")), "flow");
        let mut trunk = own.trunk(company.trunk).await.expect("the trunk is there");
        trunk.sources = vec!["192.0.2.0/33".to_owned()];
        assert_eq!(field_of(own.update_trunk(&trunk).await.expect_err("no network")), "sources");
    }

    async fn what_is_needed_cannot_be_deleted(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let own = &company.db;
        assert!(matches!(own.delete_flow(company.flow).await, Err(StoreError::InUse)));
        assert!(matches!(own.delete_skill(company.skill).await, Err(StoreError::InUse)));
        let agent = own.user(company.agent).await.expect("the agent is there");
        assert_eq!(agent.skills.len(), 1, "the refused deletion took nothing away");
        own.delete_number(company.number).await.expect("a number is deleted");
        own.delete_flow(company.flow).await.expect("nothing leads to the flow any more");
        own.delete_queue(company.queue, T0).await.expect("a queue is deleted");
        own.delete_skill(company.skill).await.expect("no queue needs the skill any more");
        own.delete_disposition(company.disposition, T0).await.expect("a disposition is deleted");
        own.delete_trunk(company.trunk).await.expect("a trunk is deleted");
        let config = own.config().await.expect("the configuration is read");
        assert!(config.agents.iter().all(|agent| agent.queues.is_empty() && agent.skills.is_empty()));
        assert!(config.queues.is_empty() && config.trunks.is_empty() && config.dispositions.is_empty());
        own.create_queue(&queue("support")).await.expect("the key is free again");
        let names = own.names().await.expect("names");
        assert_eq!(names.queues[&company.queue], "Queue support");
        assert_eq!(names.dispositions[&company.disposition], "Solved");
    }

    async fn what_does_not_exist_is_not_found(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let own = &company.db;
        let ghost = queue("ghost");
        assert!(matches!(own.update_queue(&ghost).await, Err(StoreError::NotFound)));
        assert!(matches!(own.delete_queue(new_id::<QueueId>(), T0).await, Err(StoreError::NotFound)));
        assert!(matches!(own.delete_skill(new_id::<SkillId>()).await, Err(StoreError::NotFound)));
        assert!(matches!(own.update_user(&user("x@y.example", vec![]), None).await, Err(StoreError::NotFound)));
    }

    async fn the_rest_of_the_words_can_be_changed(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let own = &company.db;
        let skill = Skill { id: company.skill, key: "tax".to_owned(), name: "Tax".to_owned() };
        own.update_skill(&skill).await.expect("a skill is changed");
        assert_eq!(own.skill(company.skill).await.expect("there"), skill);
        let disposition =
            Disposition { id: company.disposition, key: "x".to_owned(), name: "X".to_owned(), queues: vec![] };
        own.update_disposition(&disposition).await.expect("a disposition is changed");
        assert_eq!(own.disposition(company.disposition).await.expect("there"), disposition);
        let flow =
            FlowSource { id: company.flow, key: "f".to_owned(), name: "F".to_owned(), json: "{}".to_owned() };
        own.update_flow(&flow).await.expect("a flow is changed");
        assert_eq!(own.flow(company.flow).await.expect("there"), flow);
        let number =
            Number { id: company.number, number: "100".to_owned(), flow: company.flow, language: Language::En };
        own.update_number(&number).await.expect("a number is changed");
        assert_eq!(own.number(company.number).await.expect("there"), number);
        let trunk = Trunk { registration: None, ..own.trunk(company.trunk).await.expect("there") };
        own.update_trunk(&trunk).await.expect("a trunk is changed");
        assert_eq!(own.trunk(company.trunk).await.expect("there"), trunk);
        let mut agent = own.user(company.agent).await.expect("there");
        agent.role = Role::Supervisor;
        agent.phone_uri = Some("sip:100@192.0.2.7".to_owned());
        own.update_user(&agent, None).await.expect("a user is changed");
        assert_eq!(own.user(company.agent).await.expect("there"), agent);
        own.set_language(company.agent, Language::En).await.expect("a language is set");
        own.set_device(company.agent, Device::Phone).await.expect("a device is set");
        let agent = own.user(company.agent).await.expect("there");
        assert_eq!((agent.language, agent.device), (Language::En, Device::Phone));
    }

    async fn another_account_name_makes_the_digest_hashes_void(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let mut agent = company.db.user(company.agent).await.expect("there");
        agent.name = "Renamed".to_owned();
        company.db.update_user(&agent, None).await.expect("a user is changed");
        let phones = test.db.directory().await.expect("the directory").phones;
        assert_eq!(phones[0].ha1_sha256.as_deref(), Some("4567"), "the name of the person changes nothing");
        agent.sip_username = Some("other-name".to_owned());
        company.db.update_user(&agent, None).await.expect("a user is changed");
        let phones = test.db.directory().await.expect("the directory").phones;
        assert_eq!((phones[0].ha1_md5.clone(), phones[0].ha1_sha256.clone()), (None, None));
    }

    async fn supervisors_are_agents_only_in_a_queue(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let mut boss = user("boss@acme.example", vec![]);
        boss.role = Role::Admin;
        company.db.create_user(&boss, &hashes(), T0).await.expect("a user is made");
        assert_eq!(company.db.config().await.expect("read").agents.len(), 2);
        boss.queues = vec![company.queue];
        company.db.update_user(&boss, None).await.expect("a user is changed");
        assert_eq!(company.db.config().await.expect("read").agents.len(), 3);
    }

    async fn the_directory_holds_every_tenants_numbers_trunks_and_phones(test: TestDb) {
        let one = company(&test.db, "acme").await;
        let two = company(&test.db, "zeta").await;
        let directory = test.db.directory().await.expect("the directory is read");
        let tenants: Vec<_> = directory.numbers.iter().map(|number| number.tenant).collect();
        assert_eq!(tenants.len(), 2);
        assert!(tenants.contains(&one.scope.tenant()) && tenants.contains(&two.scope.tenant()));
        assert_eq!(directory.trunks.len(), 2);
        let phone = directory.phones.iter().find(|phone| phone.agent == one.agent).expect("a phone account");
        assert_eq!(phone.sip_username.as_deref(), Some("acme-agent1"));
        let ids: Vec<_> = test.db.tenants().await.expect("read").iter().map(|tenant| tenant.id).collect();
        assert_eq!(ids, [one.scope.tenant(), two.scope.tenant()]);
        let text = format!("{directory:?}");
        assert!(!text.contains("trunk-secret") && !text.contains("4567"), "{text}");
    }
}

#[test]
fn a_trunks_secret_is_in_no_debug_output() {
    let registration = TrunkRegistration {
        registrar: "sip:a".to_owned(),
        username: "u".to_owned(),
        password: "trunk-secret".to_owned(),
        expires_s: 60,
    };
    assert!(!format!("{registration:?}").contains("trunk-secret"));
}
