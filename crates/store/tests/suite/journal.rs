use perezvon_model::config::SkillLevel;
use perezvon_model::journal::{Entry, Event, OfferOutcome, Outcome, Party, QueueOutcome};
use perezvon_model::leg::Cause;
use perezvon_model::prompt::Language;
use perezvon_model::{Activity, Device, E164, Presence, RecordingId, UtcMs};
use perezvon_store::testing::limits;
use perezvon_store::{Db, InteractionFilter, RowOutcome, StoreError, both_engines, new_id};

use crate::sample::{Company, Script, T0, company, scope};

/// Everything computed from the journal that can be read back.
async fn projections(company: &Company) -> String {
    let rows = company.db.interactions(&InteractionFilter::default(), None, 200).await.expect("listed");
    let today = company.db.today(UtcMs(0)).await.expect("summed");
    let mut recordings = Vec::new();
    for row in &rows.items {
        recordings.push(company.db.recordings(row.id).await.expect("listed"));
    }
    let day = perezvon_store::report::Day { start: T0, end: T0 + 86_400_000 };
    let report = company.db.report_day(day, None, T0 + 86_400_000).await.expect("reported");
    format!("{rows:#?}\n{today:#?}\n{recordings:#?}\n{:#?}", report.total)
}

fn busy_hour(company: &Company) -> Vec<Entry> {
    let mut script = Script::new(3);
    let lunch = Presence::Break { reason: "lunch".to_owned() };
    script.agent_state(T0, company.agent, Presence::Ready, Activity::Idle);
    for index in 0..6 {
        let at = T0 + index * 300_000;
        script.agent_state(at, company.agent, Presence::Ready, Activity::Talking);
        script.answered_call(at, "+79160000001", company, (3_000 + index, 60_000));
        script.abandoned_call(at, "+79160000002", company, 4_000 * index);
        script.agent_state(at + 90_000, company.agent, Presence::Ready, Activity::Idle);
    }
    script.agent_state(T0 + 3_000_000, company.agent, lunch, Activity::Idle);
    let mut entries = script.take();
    entries.sort_by_key(|entry| entry.at);
    entries
}

both_engines! {
    async fn entries_are_kept_in_order_and_read_as_they_were_written(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let entries = busy_hour(&company);
        for batch in entries.chunks(7) {
            company.db.append(batch).await.expect("appended");
        }
        let (mut read, mut after) = (Vec::new(), 0);
        loop {
            let page = company.db.journal_page(after, 10).await.expect("read");
            let Some((last, _)) = page.last() else { break };
            after = *last;
            read.extend(page);
        }
        let sequence: Vec<i64> = read.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(sequence, (1..=i64::try_from(entries.len()).expect("few")).collect::<Vec<_>>());
        assert_eq!(read.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>(), entries);
    }

    async fn the_same_entries_again_change_nothing(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let entries = busy_hour(&company);
        company.db.append(&entries[..40]).await.expect("appended");
        company.db.append(&entries[20..]).await.expect("the known half is passed over");
        let expected = projections(&company).await;
        company.db.append(&entries).await.expect("all are known");
        let twice = [entries[0].clone(), entries[0].clone()];
        company.db.append(&twice).await.expect("known, and twice in one batch");
        assert_eq!(projections(&company).await, expected);
        assert_eq!(company.db.journal_page(0, 10_000).await.expect("read").len(), entries.len());
        let fresh = Script::new(99).take_one(&company);
        company.db.append(&[fresh.clone(), fresh.clone()]).await.expect("new, and twice in one batch");
        assert_eq!(company.db.journal_page(0, 10_000).await.expect("read").len(), entries.len() + 1);
    }

    async fn batches_of_any_size_and_a_restart_between_any_two_give_the_same_rows(test: TestDb) {
        let whole = company(&test.db, "whole").await;
        let entries = busy_hour(&whole);
        whole.db.append(&entries).await.expect("appended");
        let expected = projections(&whole).await;
        for size in [1, 13] {
            let fresh = perezvon_store::testing::TestDb::open(test.engine).await;
            // The same ids of everything, so that rows can be compared as they are.
            let cut = whole.in_database(&fresh.db);
            crate::sample::copy_configuration(&whole, &test.db, &fresh.db).await;
            for batch in entries.chunks(size) {
                // A new `Db` remembers nothing of what is open.
                let restarted = Db::open(&fresh.url, limits()).await.expect("opened again");
                restarted.tenant(&cut.scope).append(batch).await.expect("appended");
                restarted.close().await;
            }
            assert_eq!(projections(&cut).await, expected, "batches of {size}");
            fresh.db.close().await;
        }
    }

    async fn two_programs_may_append_to_one_tenant(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let second = Db::open(&test.url, limits()).await.expect("opened again");
        let entries = busy_hour(&company);
        for (index, batch) in entries.chunks(5).enumerate() {
            let db = if index % 2 == 0 { &test.db } else { &second };
            db.tenant(&company.scope).append(batch).await.expect("appended");
        }
        let alternating = projections(&company).await;
        let fresh = perezvon_store::testing::TestDb::open(test.engine).await;
        crate::sample::copy_configuration(&company, &test.db, &fresh.db).await;
        let single = company.in_database(&fresh.db);
        single.db.append(&entries).await.expect("appended");
        assert_eq!(alternating, projections(&single).await);
        let (first, other) = (Script::new(50).take_one(&single), Script::new(51).take_one(&single));
        let both = [std::slice::from_ref(&first), std::slice::from_ref(&other)];
        let (a, b) = tokio::join!(single.db.append(both[0]), single.db.append(both[1]));
        a.and(b).expect("at once they wait for each other");
        fresh.db.close().await;
        second.close().await;
    }

    async fn a_batch_for_no_tenant_is_refused_whole(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let nobody = test.db.tenant(&scope(new_id()));
        let refused = nobody.append(&busy_hour(&company)).await;
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }

    async fn a_call_cut_off_while_talking_is_closed_at_the_last_sign_of_life(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let mut script = Script::new(1);
        let (queue, agent) = (company.queue, company.agent);
        script.agent_state(T0, agent, Presence::Ready, Activity::Idle);
        script.agent_state(T0, company.other_agent, Presence::Offline, Activity::Idle);
        let id = script.arrive(T0, "+79160000001", &company, queue);
        script.offer(T0 + 6_000, id, queue, agent, OfferOutcome::Accepted);
        script.left(T0 + 8_000, id, queue, QueueOutcome::Answered, 3_000);
        script.connected(T0 + 8_000, id, Some(queue), agent);
        let recording: RecordingId = script.next_id(T0);
        script.push(T0 + 8_000, Some(id), None, Event::RecordingStarted { recording });
        script.agent_state(T0 + 8_000, agent, Presence::Ready, Activity::Talking);
        script.push(T0 + 20_000, Some(id), Some(agent), Event::HoldStarted { by: Party::Agent });
        script.push(T0 + 25_000, Some(id), Some(agent), Event::HoldEnded { by: Party::Agent, held_ms: 5_000 });
        script.push(T0 + 28_000, Some(id), Some(agent), Event::HoldStarted { by: Party::Agent });
        company.db.append(&script.take()).await.expect("appended");
        test.db.beat(T0 + 30_000).await.expect("a beat");
        let crash = company.db.interrupted(T0 + 9_000_000).await.expect("read");
        assert_eq!(crash.at, T0 + 30_000);
        assert_eq!(crash.growing.iter().map(|recording| recording.id).collect::<Vec<_>>(), [recording]);
        company.db.append(&crash.entries).await.expect("appended");
        let row = company.db.interaction(id).await.expect("there");
        assert_eq!((row.outcome, row.ended_at), (RowOutcome::Interrupted, Some(T0 + 30_000)));
        assert_eq!((row.talk_ms, row.hold_ms), (15_000, 7_000), "22 s from 8 to 30, of which 5 and 2 on hold");
        let states: Vec<_> = crash.entries.iter().filter(|entry| entry.interaction.is_none()).collect();
        let [state] = states[..] else { panic!("only one agent was not offline: {states:?}") };
        let expected = Event::AgentState {
            agent,
            presence: Presence::Offline,
            activity: Activity::Idle,
            device: Device::Browser,
        };
        assert_eq!(state.event, expected);
        let again = company.db.interrupted(T0 + 9_000_000).await.expect("read");
        assert!(again.entries.is_empty(), "{:?}", again.entries);
        assert_eq!(again.growing.len(), 1, "until it is sealed");
    }

    async fn a_promised_callback_outlives_a_crash_until_it_is_kept_or_given_up(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let queue = company.queue;
        let mut script = Script::new(1);
        let number = E164::parse("+79160000001", "RU").expect("a number");
        let needs = vec![SkillLevel { skill: perezvon_store::new_id(), level: 3 }];
        let promise = |script: &mut Script, at| {
            let id = script.arrive(at, "+79160000001", &company, queue);
            script.left(at + 5_000, id, queue, QueueOutcome::Overflowed, 5_000);
            let promised = Event::CallbackPromised {
                queue,
                number: number.clone(),
                language: Language::En,
                place_at: at,
                needs: needs.clone(),
                points: 7,
            };
            script.push(at + 5_000, Some(id), None, promised);
            id
        };
        let later = promise(&mut script, T0 + 1_000);
        let first = promise(&mut script, T0);
        let failed = Event::CallbackFailed { queue, cause: Cause::Busy, again_at: Some(T0 + 900_000) };
        script.push(T0 + 300_000, Some(first), None, failed);
        let kept = promise(&mut script, T0);
        script.connected(T0 + 310_000, kept, Some(queue), company.agent);
        let given_up = promise(&mut script, T0);
        let failed = Event::CallbackFailed { queue, cause: Cause::Busy, again_at: None };
        script.push(T0 + 320_000, Some(given_up), None, failed);
        company.db.append(&script.take()).await.expect("appended");
        let crash = company.db.interrupted(T0 + 9_000_000).await.expect("read");
        let owed: Vec<_> = crash.owed.iter().map(|owed| (owed.interaction, owed.tries, owed.not_before)).collect();
        assert_eq!(owed, [(first, 1, T0 + 900_000), (later, 0, T0 + 6_000)]);
        assert_eq!((crash.owed[0].language, &crash.owed[0].number), (Language::En, &number));
        assert_eq!((&crash.owed[0].needs, crash.owed[0].points), (&needs, 7));
        let closed: Vec<_> = crash.entries.iter().filter_map(|entry| entry.interaction).collect();
        assert!(!closed.contains(&first) && !closed.contains(&later));
        assert!(closed.contains(&kept) && closed.contains(&given_up));
        company.db.append(&crash.entries).await.expect("appended");
        let again = company.db.interrupted(T0 + 9_000_000).await.expect("read");
        assert_eq!((again.owed.len(), again.entries.len()), (2, 0));
    }

    async fn chats_and_mails_that_were_accepted_outlive_a_crash_until_they_are_done(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let (queue, agent) = (company.queue, company.agent);
        let mut script = Script::new(1);
        let customer = perezvon_store::new_id();
        let waits = script.item(T0 + 2_000, "waits", queue);
        let at_hand = script.item(T0, "at hand", queue);
        script.left(T0 + 1_000, at_hand, queue, QueueOutcome::Answered, 1_000);
        script.connected(T0 + 1_000, at_hand, Some(queue), agent);
        script.push(T0 + 10_000, Some(at_hand), Some(agent), Event::Rested { agent });
        script.push(T0 + 30_000, Some(at_hand), Some(agent), Event::WentOn { agent, rested_ms: 20_000 });
        script.push(T0 + 40_000, Some(at_hand), Some(agent), Event::Rested { agent });
        let done = script.item(T0, "done", queue);
        script.left(T0 + 1_000, done, queue, QueueOutcome::Abandoned, 1_000);
        script.ended(T0 + 1_000, done, Outcome::Abandoned);
        script.push(T0 + 45_000, Some(waits), None, Event::CustomerMatched { customer, created: false });
        company.db.append(&script.take()).await.expect("appended");
        let crash = company.db.interrupted(T0 + 9_000_000).await.expect("read");
        let owed: Vec<_> = crash.items.iter().map(|owed| (owed.item.interaction, owed.item.place_at, owed.customer)).collect();
        assert_eq!(owed, [(at_hand, T0, None), (waits, T0 + 2_000, Some(customer))]);
        let item = &crash.items[1].item;
        assert_eq!((item.queue, item.from.as_str(), item.subject.as_str(), item.request), (queue, "waits", "about waits", None));
        assert_eq!(item.link.as_deref(), Some("https://chats.example/1"));
        let ends = |entry: &&Entry| matches!(entry.event, Event::InteractionEnded { .. });
        assert_eq!(crash.entries.iter().filter(ends).count(), 0, "nothing of it is over");
        let talk_ms = crash.entries.iter().find_map(|entry| match entry.event {
            Event::AgentDisconnected { talk_ms, .. } => Some(talk_ms),
            _ => None,
        });
        assert_eq!(talk_ms, Some(44_000 - 20_000 - 5_000), "rests are no work");
        company.db.append(&crash.entries).await.expect("appended");
        let again = company.db.interrupted(T0 + 9_000_000).await.expect("read");
        assert_eq!((again.items.len(), again.entries.len()), (2, 0));
    }

    async fn calls_cut_off_waiting_ringing_in_a_flow_or_in_wrap_up_are_closed(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let (queue, agent) = (company.queue, company.agent);
        let mut script = Script::new(1);
        let waiting = script.arrive(T0, "+79160000001", &company, queue);
        let ringing = script.arrive(T0, "+79160000002", &company, queue);
        script.offer(T0 + 6_000, ringing, queue, agent, OfferOutcome::NoAnswer);
        let last = script.entries.pop().expect("the end of the offer");
        assert!(matches!(last.event, Event::OfferEnded { .. }));
        let in_flow = script.arrive(T0, "+79160000003", &company, queue);
        let last = script.entries.pop().expect("the queue");
        assert!(matches!(last.event, Event::Queued { .. }));
        let wrapping = script.arrive(T0, "+79160000004", &company, queue);
        script.left(T0 + 6_000, wrapping, queue, QueueOutcome::Answered, 1_000);
        script.connected(T0 + 6_000, wrapping, Some(queue), company.other_agent);
        script.disconnected(T0 + 7_000, wrapping, Some(queue), company.other_agent, (1_000, 0));
        script.ended(T0 + 7_000, wrapping, Outcome::Answered);
        let started = Event::WrapUpStarted {
            agent: company.other_agent,
            queue: Some(queue),
            deadline: T0 + 37_000,
        };
        script.push(T0 + 7_000, Some(wrapping), Some(company.other_agent), started);
        let over = script.abandoned_call(T0, "+79160000005", &company, 2_000);
        company.db.append(&script.take()).await.expect("appended");
        test.db.beat(T0 + 9_000).await.expect("a beat");
        let crash = company.db.interrupted(T0 + 60_000).await.expect("read");
        company.db.append(&crash.entries).await.expect("appended");
        let of = |id| crash.entries.iter().filter(move |entry| entry.interaction == Some(id)).map(|entry| &entry.event);
        let ended = |event: &Event| matches!(event, Event::InteractionEnded { outcome: Outcome::Interrupted, .. });
        let left = |event: &Event| matches!(event, Event::LeftQueue { outcome: QueueOutcome::Interrupted, wait_ms: 4_000, .. });
        let withdrawn = |event: &Event| matches!(event, Event::OfferEnded { outcome: OfferOutcome::Withdrawn, rang_ms: 3_000, .. });
        let wrapped = |event: &Event| matches!(event, Event::WrapUpEnded { wrap_up_ms: 2_000, .. });
        assert!(of(waiting).any(left) && of(waiting).any(ended) && of(waiting).count() == 2);
        assert!(of(ringing).any(withdrawn) && of(ringing).any(left) && of(ringing).any(ended));
        assert!(of(in_flow).any(ended) && of(in_flow).count() == 1);
        assert!(of(wrapping).any(wrapped) && of(wrapping).count() == 1);
        assert_eq!(of(over).count(), 0);
        let row = company.db.interaction(wrapping).await.expect("there");
        assert_eq!((row.outcome, row.wrap_up_ms), (RowOutcome::Answered, 2_000));
        assert!(company.db.interrupted(T0 + 60_000).await.expect("read").entries.is_empty());
    }

    async fn today_sums_what_began_since_midnight(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let mut script = Script::new(1);
        script.answered_call(T0 + -100_000, "+79160000001", &company, (1_000, 60_000));
        script.answered_call(T0, "+79160000001", &company, (19_000, 60_000));
        script.answered_call(T0, "+79160000001", &company, (21_000, 30_000));
        script.abandoned_call(T0, "+79160000002", &company, 4_999);
        script.abandoned_call(T0, "+79160000002", &company, 5_000);
        script.arrive(T0, "+79160000003", &company, company.queue);
        company.db.append(&script.take()).await.expect("appended");
        let today = company.db.today(T0).await.expect("summed");
        let [(queue, sums)] = today.queues[..] else { panic!("{today:?}") };
        assert_eq!(queue, company.queue);
        assert_eq!((sums.offered, sums.answered, sums.answered_in_threshold), (5, 2, 1));
        assert_eq!((sums.abandoned, sums.abandoned_short, sums.answer_wait_ms), (2, 1, 40_000));
        let [(agent, handled)] = today.agents[..] else { panic!("{today:?}") };
        assert_eq!((agent, handled.handled, handled.handle_ms), (company.agent, 2, 120_000));
    }
}
