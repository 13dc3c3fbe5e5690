//! Recordings for the newest conversations of the history, so that there is something to listen to before the first
//! call: both sides speak with the voices of the library, and the file is sealed as after any call.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use perezvon_media::recording::{Sealed, seal, wav};
use perezvon_media::{Codec, Library};
use perezvon_model::id::IdMaker;
use perezvon_model::journal::{Entry, Event};
use perezvon_model::prompt::Language;
use perezvon_model::{InteractionId, RecordingId, UtcMs};
use perezvon_store::{Db, InteractionFilter, InteractionRow, RowOutcome, RowRecording, StoreError, TenantDb};
use tokio::sync::oneshot;

use super::plan::{Company, ENGLISH_NUMBER};
use super::seed::scope;
use crate::dice::Dice;
use crate::life::voices::{CHECKING, FAREWELL, HELLO, PROBLEMS, SOLVED, THANKS};

/// How many conversations get one.
pub const RECORDINGS: usize = 8;
/// Among how many of the newest they are looked for.
const LOOKED_AT: u32 = 150;
/// Shorter ones hold no conversation.
const SHORTEST_MS: i64 = 25_000;
/// Where they are made, in the folder of recordings.
const UNFINISHED: &str = "demo-unfinished";
/// Scheduling priority, as of media's sealing thread.
const NICENESS: i32 = 10;
/// Bytes of one side a millisecond.
const PER_MS: usize = 8;
/// Silence in mu-law.
const SILENT: u8 = 0xFF;

#[derive(Debug, thiserror::Error)]
pub enum RecordingsError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder cannot be written.
    #[error("a recording of the demo cannot be written: {0}")]
    File(#[from] std::io::Error),
}

/// Makes what is missing of the `RECORDINGS` newest short conversations of the history; returns how many it made.
/// Takes some seconds of one core at the first start, so it is for the background.
///
/// # Errors
/// What was made until then stays; the next start makes the rest.
pub async fn record(db: &Db, folder: &Path, library: &Arc<Library>) -> Result<usize, RecordingsError> {
    let company = Company::plan();
    let scope = scope(&company);
    let tenant = db.tenant(&scope);
    let mut made = 0;
    for row in chosen(&tenant).await? {
        if row.recording != RowRecording::None {
            continue;
        }
        let recording = recording_of(row.id);
        // Not among the company's: a start that was cut off would leave a file there without a row.
        let path = folder.join(UNFINISHED).join(format!("{recording}.wav"));
        let library = Arc::clone(library);
        let conversation = row.clone();
        let sealed = behind_the_calls(move || write(&path, &conversation, &library)).await?;
        let place = folder.join(scope.tenant().to_string());
        perezvon_media::recording::private_folder(&place)?;
        std::fs::rename(&sealed.file, place.join(format!("{recording}.opus")))?;
        tenant.append(&entries(&row, recording, &sealed)).await?;
        made += 1;
    }
    Ok(made)
}

/// Runs work on a thread of its own, below everything that serves calls. A caller that goes away leaves it to end by
/// itself: it is one file's work.
async fn behind_the_calls<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    let (done, outcome) = oneshot::channel();
    std::thread::Builder::new().name("demo-recording".to_owned()).spawn(move || {
        if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS) {
            tracing::debug!(%error, "the demo's recordings keep the common priority");
        }
        // The caller may have gone.
        let _ = done.send(work());
    })?;
    outcome.await.map_err(std::io::Error::other)?
}

/// The shortest of the newest conversations from before the company was founded here; the same at every start.
async fn chosen(tenant: &TenantDb) -> Result<Vec<InteractionRow>, StoreError> {
    let founded = tenant.tenant().await?.created_at;
    let answered = InteractionFilter {
        outcome: Some(RowOutcome::Answered),
        to: Some(founded),
        ..InteractionFilter::default()
    };
    let mut rows = tenant.interactions(&answered, None, LOOKED_AT).await?.items;
    rows.retain(|row| row.talk_ms >= SHORTEST_MS && row.hold_ms == 0 && row.answered_at.is_some());
    rows.sort_by_key(|row| (row.talk_ms, row.id));
    rows.truncate(RECORDINGS);
    Ok(rows)
}

/// Made from the conversation's id: a start that was cut off writes over its own file.
fn recording_of(interaction: InteractionId) -> RecordingId {
    let (high, low) = interaction.0.as_u64_pair();
    IdMaker::new(high ^ low).next(UtcMs(i64::try_from(high >> 16).unwrap_or(0)))
}

fn entries(row: &InteractionRow, recording: RecordingId, sealed: &Sealed) -> [Entry; 2] {
    let Sealed { duration_ms, bytes, file: _ } = sealed;
    let (high, low) = recording.0.as_u64_pair();
    let mut ids = IdMaker::new(high ^ low);
    let started = row.answered_at.unwrap_or(row.started_at);
    let ended = started + *duration_ms;
    let mut entry = |at, event| Entry { id: ids.next(at), at, interaction: Some(row.id), agent: None, event };
    [
        entry(started, Event::RecordingStarted { recording }),
        entry(ended, Event::RecordingSealed { recording, duration_ms: *duration_ms, bytes: *bytes }),
    ]
}

fn write(path: &PathBuf, row: &InteractionRow, library: &Library) -> std::io::Result<Sealed> {
    if let Some(folder) = path.parent() {
        perezvon_media::recording::private_folder(folder)?;
    }
    let language = if row.to == ENGLISH_NUMBER { Language::En } else { Language::Ru };
    let (_, seed) = row.id.0.as_u64_pair();
    let sides = conversation(library, language, row.talk_ms, &mut Dice::new(seed));
    let mut file = wav::header(Some(2 * sides[0].len() as u64)).to_vec();
    file.extend(sides[0].iter().zip(&sides[1]).flat_map(|(left, right)| [*left, *right]));
    std::fs::write(path, file)?;
    seal(path)
}

/// Left the customer, right the agent, both of the same length: greeting, question, answers, goodbye.
fn conversation(library: &Library, language: Language, talk_ms: i64, dice: &mut Dice) -> [Vec<u8>; 2] {
    let length = usize::try_from(talk_ms).unwrap_or(0) * PER_MS;
    let mut sides = [vec![SILENT; length], vec![SILENT; length]];
    let sound = |folder: &str, name: &str| {
        let sound = library.get(&format!("{folder}/{}/{name}", language.code()));
        sound.map(|sound| sound.samples(Codec::Pcmu).clone()).unwrap_or_default()
    };
    let problem = *dice.pick(&PROBLEMS);
    let opening = [("agents", HELLO), ("callers", problem), ("agents", CHECKING), ("agents", SOLVED)];
    let closing = [("callers", THANKS), ("agents", FAREWELL)];
    let closing_length: usize =
        closing.iter().map(|(folder, name)| sound(folder, name).len() + 300 * PER_MS).sum();
    let closes = length.saturating_sub(closing_length + 500 * PER_MS);
    let mut at = 400 * PER_MS;
    let mut say = |at: usize, folder: &str, bytes: &[u8]| {
        let side = &mut sides[usize::from(folder == "agents")];
        let end = (at + bytes.len()).min(side.len());
        if at < end {
            side[at..end].copy_from_slice(&bytes[..end - at]);
        }
    };
    for (folder, name) in opening {
        let bytes = sound(folder, name);
        if at + bytes.len() > closes {
            break;
        }
        say(at, folder, &bytes);
        let pause_ms = if name == CHECKING { dice.between(3_000, 8_000) } else { dice.between(400, 1_200) };
        at += bytes.len() + usize::try_from(pause_ms).unwrap_or(0) * PER_MS;
    }
    let mut at = closes;
    for (folder, name) in closing {
        let bytes = sound(folder, name);
        say(at, folder, &bytes);
        at += bytes.len() + 300 * PER_MS;
    }
    sides
}
