use perezvon_model::journal::Event;
use perezvon_model::{E164, InteractionId, RecordingId};
use perezvon_store::{
    InteractionFilter, InteractionRow, Page, RecordingState, RowOutcome, RowRecording, StoreError,
    both_engines,
};

use crate::sample::{Company, Script, T0, company, queue};

fn ids(page: &Page<InteractionRow>) -> Vec<InteractionId> {
    page.items.iter().map(|row| row.id).collect()
}

async fn find(company: &Company, filter: InteractionFilter) -> Vec<InteractionId> {
    ids(&company.db.interactions(&filter, None, 50).await.expect("found"))
}

both_engines! {
    async fn a_call_is_listed_with_names_times_and_recording(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let caller = E164::from_canonical("+79160000001").expect("canonical");
        let card = company.db.customer_by_number(&caller, "Иванов", T0).await.expect("a card");
        let mut script = Script::new(1);
        let id = script.answered_call(T0, "+79160000001", &company, (7_000, 60_000));
        script.push(T0, Some(id), None, Event::CustomerMatched { customer: card.id, created: false });
        let entries = script.take();
        company.db.append(&entries).await.expect("appended");
        let row = company.db.interaction(id).await.expect("listed");
        assert_eq!((row.from.as_str(), row.to.as_str()), ("+79160000001", "+74950000001"));
        assert_eq!(row.customer_name.as_deref(), Some("Иванов"));
        assert_eq!(row.queue_name.as_deref(), Some("Queue support"));
        assert_eq!(row.agent_name.as_deref(), Some("User agent1"));
        assert_eq!(row.disposition_name.as_deref(), Some("Solved"));
        assert_eq!((row.started_at, row.answered_at), (T0, Some(T0 + 12_000)));
        assert_eq!(row.ended_at, Some(T0 + 82_000));
        assert_eq!((row.wait_ms, row.talk_ms, row.hold_ms, row.wrap_up_ms), (7_000, 60_000, 10_000, 5_000));
        assert_eq!((row.outcome, row.recording, row.recording_ms), (RowOutcome::Answered, RowRecording::Sealed, 70_000));
        let detail = company.db.interaction_detail(id).await.expect("there");
        assert_eq!(detail.interaction, row);
        assert_eq!(detail.entries, entries);
        assert_eq!(detail.customer.map(|card| card.name).as_deref(), Some("Иванов"));
    }

    async fn the_list_is_newest_first_and_paged_without_gaps_or_repeats(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let mut script = Script::new(1);
        // Three calls start in the same millisecond each time, so that the id must break the tie.
        let mut all: Vec<(i64, InteractionId)> = (0..21)
            .map(|index| (index / 3, script.abandoned_call(T0 + index / 3, "+79160000001", &company, 9_000)))
            .collect();
        company.db.append(&script.take()).await.expect("appended");
        all.sort();
        all.reverse();
        let expected: Vec<InteractionId> = all.into_iter().map(|(_, id)| id).collect();
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = company.db.interactions(&InteractionFilter::default(), cursor.as_deref(), 4).await.expect("a page");
            seen.extend(ids(&page));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected);
        let wrong = company.db.interactions(&InteractionFilter::default(), Some("x.y"), 4).await;
        assert!(matches!(wrong, Err(StoreError::Invalid { field: "cursor", .. })));
    }

    async fn the_list_is_filtered_by_everything_the_screen_offers(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let sales = queue("sales");
        company.db.create_queue(&sales).await.expect("a queue is made");
        let mut script = Script::new(1);
        let answered = script.answered_call(T0, "+79160000001", &company, (3_000, 60_000));
        let abandoned = script.abandoned_call(T0 + 100_000, "+79250000002", &company, 9_000);
        let open = script.arrive(T0 + 200_000, "anonymous", &company, sales.id);
        company.db.append(&script.take()).await.expect("appended");
        let filter = InteractionFilter::default;
        assert_eq!(find(&company, filter()).await, [open, abandoned, answered]);
        let by_number = |text: &str| InteractionFilter { number: Some(text.to_owned()), ..filter() };
        assert_eq!(find(&company, by_number("8 925 000-00-02")).await, [abandoned]);
        assert_eq!(find(&company, by_number("+7 916")).await, [answered]);
        assert_eq!(find(&company, by_number("anonym")).await, [open]);
        assert_eq!(find(&company, by_number("4950000001")).await, [open, abandoned, answered], "the dialled number");
        assert_eq!(find(&company, InteractionFilter { agent: Some(company.agent), ..filter() }).await, [answered]);
        assert!(find(&company, InteractionFilter { agent: Some(company.other_agent), ..filter() }).await.is_empty());
        assert_eq!(find(&company, InteractionFilter { queue: Some(sales.id), ..filter() }).await, [open]);
        let span = InteractionFilter { from: Some(T0 + 1), to: Some(T0 + 200_000), ..filter() };
        assert_eq!(find(&company, span).await, [abandoned], "from counts in, to does not");
        for (outcome, expected) in
            [(RowOutcome::Answered, vec![answered]), (RowOutcome::Abandoned, vec![abandoned]), (RowOutcome::Open, vec![open])]
        {
            assert_eq!(find(&company, InteractionFilter { outcome: Some(outcome), ..filter() }).await, expected);
        }
        let by_text = |text: &str| InteractionFilter { text: Some(text.to_owned()), ..filter() };
        assert_eq!(find(&company, by_text("ВОЗВРАТ 100%")).await, [answered]);
        assert!(find(&company, by_text("100_")).await.is_empty());
        let both = InteractionFilter { outcome: Some(RowOutcome::Open), queue: Some(company.queue), ..filter() };
        assert!(find(&company, both).await.is_empty());
    }

    async fn an_agent_and_a_queue_are_found_after_a_transfer_away_from_them(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let sales = queue("sales");
        company.db.create_queue(&sales).await.expect("a queue is made");
        let mut script = Script::new(1);
        let id = script.arrive(T0, "+79160000001", &company, company.queue);
        script.left(T0 + 6_000, id, company.queue, perezvon_model::journal::QueueOutcome::Answered, 1_000);
        script.connected(T0 + 6_000, id, Some(company.queue), company.agent);
        script.disconnected(T0 + 9_000, id, Some(company.queue), company.agent, (3_000, 0));
        script.queued(T0 + 9_000, id, sales.id, 2);
        script.left(T0 + 10_000, id, sales.id, perezvon_model::journal::QueueOutcome::Answered, 1_000);
        script.connected(T0 + 10_000, id, Some(sales.id), company.other_agent);
        company.db.append(&script.take()).await.expect("appended");
        for agent in [company.agent, company.other_agent] {
            let filter = InteractionFilter { agent: Some(agent), ..InteractionFilter::default() };
            assert_eq!(find(&company, filter).await, [id]);
        }
        for queue in [company.queue, sales.id] {
            let filter = InteractionFilter { queue: Some(queue), ..InteractionFilter::default() };
            assert_eq!(find(&company, filter).await, [id]);
        }
    }

    async fn a_recording_that_fails_is_shown_as_failed_until_it_is_sealed_after_all(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let mut script = Script::new(1);
        let id = script.arrive(T0, "+79160000001", &company, company.queue);
        let recording: RecordingId = script.next_id(T0);
        script.push(T0 + 6_000, Some(id), None, Event::RecordingStarted { recording });
        company.db.append(&script.take()).await.expect("appended");
        assert_eq!(company.db.interaction(id).await.expect("there").recording, RowRecording::Growing);
        let growing = company.db.growing_recordings().await.expect("listed");
        assert_eq!(growing.iter().map(|recording| recording.interaction).collect::<Vec<_>>(), [id]);
        let tenant = company.scope.tenant();
        assert_eq!(growing[0].file_name(tenant), format!("{tenant}/{recording}.wav"));
        let failed = |reason: &str| Event::RecordingFailed { recording, reason: reason.to_owned() };
        script.push(T0 + 6_500, Some(id), None, failed("no header"));
        company.db.append(&script.take()).await.expect("appended");
        assert_eq!(company.db.interaction(id).await.expect("there").recording, RowRecording::Failed);
        assert_eq!(company.db.recordings(id).await.expect("listed")[0].reason, "no header");
        assert!(company.db.growing_recordings().await.expect("listed").is_empty(), "nothing is left to seal");
        script.push(T0 + 7_000, Some(id), None, Event::RecordingSealed { recording, duration_ms: 900, bytes: 5 });
        company.db.append(&script.take()).await.expect("appended");
        let sealed = company.db.recordings(id).await.expect("listed");
        assert_eq!((sealed[0].state, sealed[0].duration_ms, sealed[0].bytes), (RecordingState::Sealed, 900, 5));
        assert_eq!(sealed[0].file_name(tenant), format!("{tenant}/{recording}.opus"));
        script.push(T0 + 8_000, Some(id), None, failed("late"));
        company.db.append(&script.take()).await.expect("appended");
        let after = company.db.recordings(id).await.expect("listed");
        assert_eq!((after[0].state, after[0].reason.as_str()), (RecordingState::Sealed, ""), "it does not fail any more");
    }
}
