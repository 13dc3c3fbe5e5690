use perezvon_model::E164;
use perezvon_model::customer::CustomerField;
use perezvon_store::{CustomerDraft, StoreError, both_engines, new_id};

use crate::sample::{Script, T0, company};

fn number(text: &str) -> E164 {
    E164::from_canonical(text).expect("canonical")
}

fn draft(name: &str, numbers: &[&str]) -> CustomerDraft {
    CustomerDraft {
        name: name.to_owned(),
        company: "Ромашка".to_owned(),
        numbers: numbers.iter().map(|text| number(text)).collect(),
        fields: vec![CustomerField { name: "contract".to_owned(), value: "48-1120".to_owned() }],
        note: "VIP".to_owned(),
        owner: None,
    }
}

both_engines! {
    async fn an_unknown_number_makes_a_card_and_a_known_one_finds_it(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let caller = number("+79160000001");
        let first = company.db.customer_by_number(&caller, "CALLER", T0).await.expect("a card");
        assert!(first.is_new);
        assert_eq!((first.name.as_str(), first.numbers.clone()), ("CALLER", vec![caller.clone()]));
        let again = company.db.customer_by_number(&caller, "other", T0).await.expect("the card");
        assert!(!again.is_new);
        assert_eq!((again.id, again.name), (first.id, first.name));
    }

    async fn two_calls_at_once_from_one_number_make_one_card(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let caller = number("+79160000001");
        let look_up = || async { company.db.customer_by_number(&caller, "", T0).await.expect("a card").id };
        let (a, b, c) = tokio::join!(look_up(), look_up(), look_up());
        assert_eq!((a, b), (b, c));
    }

    async fn a_card_is_found_by_any_of_its_numbers(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let ivanov = draft("Иванов", &["+79160000001", "+79160000002"]);
        let card = company.db.create_customer(new_id(), &ivanov, T0).await.expect("a card");
        for text in ["+79160000001", "+79160000002"] {
            let found = company.db.customer_by_number(&number(text), "", T0).await.expect("the card");
            assert_eq!(found.id, card.id);
        }
        let error = company.db.create_customer(new_id(), &draft("Петров", &["+79160000002"]), T0).await;
        assert!(matches!(error, Err(StoreError::Conflict { field }) if field == "numbers"));
    }

    async fn a_change_names_the_version_it_saw(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let card = company.db.create_customer(new_id(), &draft("Иванов", &["+79160000001"]), T0).await.expect("a card");
        let mut change = draft("Иванова", &["+79160000003"]);
        change.note = "moved".to_owned();
        let saved = company.db.update_customer(card.id, card.version, &change).await.expect("saved");
        assert_eq!((saved.version, saved.name.as_str(), saved.note.as_str()), (card.version + 1, "Иванова", "moved"));
        let late = company.db.update_customer(card.id, card.version, &draft("Ива", &[])).await;
        assert!(matches!(late, Err(StoreError::Conflict { field }) if field == "version"));
        assert_eq!(company.db.customer(card.id).await.expect("there"), saved);
        let freed = company.db.customer_by_number(&number("+79160000001"), "", T0).await.expect("a card");
        assert_ne!(freed.id, card.id, "the number was taken off the card");
        let ghost = company.db.update_customer(new_id(), 1, &draft("X", &[])).await;
        assert!(matches!(ghost, Err(StoreError::NotFound)));
    }

    async fn cards_are_searched_by_name_company_and_number_and_paged_by_name(test: TestDb) {
        let company = company(&test.db, "acme").await;
        for (index, name) in ["Сидоров", "иванов", "Петров", "Иваненко"].iter().enumerate() {
            let card = draft(name, &[&format!("+7916000000{index}")]);
            company.db.create_customer(new_id(), &card, T0).await.expect("a card");
        }
        let names = |page: perezvon_store::Page<perezvon_model::customer::CustomerCard>| -> Vec<String> {
            page.items.into_iter().map(|card| card.name).collect()
        };
        let found = company.db.customers("ИВАН", None, 10).await.expect("found");
        assert_eq!(names(found), ["Иваненко", "иванов"]);
        assert_eq!(names(company.db.customers("8 916 000-00-02", None, 10).await.expect("found")), ["Петров"]);
        assert_eq!(company.db.customers("ромашка", None, 10).await.expect("found").items.len(), 4);
        assert!(company.db.customers("100%", None, 10).await.expect("found").items.is_empty());
        let first = company.db.customers("", None, 3).await.expect("found");
        let cursor = first.next_cursor.clone().expect("there is more");
        assert_eq!(names(first), ["Иваненко", "иванов", "Петров"]);
        let second = company.db.customers("", Some(&cursor), 3).await.expect("found");
        assert_eq!(second.next_cursor, None);
        assert_eq!(names(second), ["Сидоров"]);
        let wrong = company.db.customers("", Some("nonsense"), 3).await;
        assert!(matches!(wrong, Err(StoreError::Invalid { field: "cursor", .. })));
    }

    async fn a_card_shows_the_last_ten_conversations_newest_first(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let card = company.db.customer_by_number(&number("+79160000001"), "", T0).await.expect("a card");
        let mut script = Script::new(1);
        for index in 0..12 {
            let at = T0 + index * 1_000_000;
            let id = script.answered_call(at, "+79160000001", &company, (3_000, 60_000));
            let matched = perezvon_model::journal::Event::CustomerMatched { customer: card.id, created: false };
            script.push(at, Some(id), None, matched);
        }
        company.db.append(&script.take()).await.expect("appended");
        let card = company.db.customer_by_number(&number("+79160000001"), "", T0).await.expect("the card");
        assert_eq!(card.recent.len(), 10);
        assert_eq!(card.recent[0].started_at, T0 + 11_000_000);
        let last = &card.recent[9];
        assert_eq!((last.queue.as_str(), last.agent.as_str()), ("Queue support", "User agent1"));
        assert_eq!((last.outcome.as_str(), last.disposition.as_str()), ("answered", "Solved"));
        assert_eq!(last.talk_ms, 60_000);
    }
}
