//! The sound of an interaction: the file by ranges, and its loudness for drawing.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use perezvon_model::{InteractionId, RecordingId, TenantId};
use perezvon_store::{Recording, RecordingState};
use serde::Deserialize;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;
use utoipa::IntoParams;

use super::range::{self, Asked};
use super::visible;
use crate::auth::Signed;
use crate::extract::{Filter, Id};
use crate::fields;
use crate::ports::Peaks;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::ApiState;

/// How long a drawing waits for its turn: a conversation with several recordings asks for all of them at once.
const DRAWING_WAIT: Duration = Duration::from_secs(5);
/// Bytes read from the disk at once.
const BLOCK: usize = 64 * 1024;
/// Bytes at the start of a growing file in which its lengths stand.
const HEAD: u64 = 128;
const DEFAULT_COLUMNS: u32 = 800;
const MAX_COLUMNS: u32 = 4_000;
/// A sealed recording never changes; only this person's browser may keep it.
const SEALED_CACHE: &str = "private, max-age=3600";

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// One of the conversation's recordings; the last when left out.
    recording: Option<RecordingId>,
}

/// A recording: Ogg Opus once sealed, WAV while it grows. Left is the customer, right the agent.
#[utoipa::path(get, path = "/api/v1/interactions/{id}/recording", tag = "interaction", operation_id = "recording",
    params(("id" = InteractionId, Path), Which, ("Range" = Option<String>, Header, description = "One range of bytes")),
    responses(
    (status = 200, description = "The whole file", content(("audio/ogg"), ("audio/wav"))),
    (status = 206, description = "The range asked for", content(("audio/ogg"), ("audio/wav"))),
    (status = 404, description = "Nothing was recorded", body = ProblemBody, content_type = "application/problem+json"),
    (status = 416, description = "The range lies outside", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn recording(
    State(state): State<ApiState>,
    signed: Signed,
    Id(id): Id<InteractionId>,
    Filter(which): Filter<Which>,
    headers: HeaderMap,
) -> Answer<Response> {
    let found = find(&state, &signed, id, which.recording).await?;
    let mut file = File::open(&found.path).await.map_err(|error| unreadable(&found.path, &error))?;
    let length = file.metadata().await.map_err(|error| unreadable(&found.path, &error))?.len();
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let (status, part) = match range::read(asked, length) {
        Asked::Whole => (StatusCode::OK, 0..length),
        Asked::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Asked::Outside => {
            let problem = Problem::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "outside",
                format!("the recording has {length} bytes so far"),
            );
            let whole = HeaderValue::from_str(&format!("bytes */{length}")).expect("digits are header text");
            return Ok(([(header::CONTENT_RANGE, whole)], problem).into_response());
        }
    };
    // The head of a growing file is patched in memory, so that players know how much there is by now.
    let mut head = Vec::new();
    if found.kind == Kind::Wav {
        (&mut file)
            .take(HEAD)
            .read_to_end(&mut head)
            .await
            .map_err(|error| unreadable(&found.path, &error))?;
        write_lengths(&mut head, length);
    }
    let head_length = head.len() as u64;
    let head_part = part.start.min(head_length) as usize..part.end.min(head_length) as usize;
    let from = part.start.max(head_length);
    file.seek(SeekFrom::Start(from)).await.map_err(|error| unreadable(&found.path, &error))?;
    let rest = file.take(part.end.saturating_sub(from));
    let sound = std::io::Cursor::new(head[head_part].to_vec()).chain(rest);
    let mut response = Body::from_stream(ReaderStream::with_capacity(sound, BLOCK)).into_response();
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(found.kind.content_type()));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
    headers.insert(header::CONTENT_DISPOSITION, found.disposition(id));
    if status == StatusCode::PARTIAL_CONTENT {
        let text = format!("bytes {}-{}/{length}", part.start, part.end - 1);
        headers.insert(header::CONTENT_RANGE, HeaderValue::from_str(&text).expect("digits are header text"));
    }
    if found.kind == Kind::Ogg {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(SEALED_CACHE));
    }
    Ok(response)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Columns {
    /// Columns of the drawing, 1 to 4,000; 800 when left out.
    n: Option<u32>,
    /// One of the conversation's recordings; the last when left out.
    recording: Option<RecordingId>,
}

/// The loudness of both sides over the whole recording.
#[utoipa::path(get, path = "/api/v1/interactions/{id}/peaks", tag = "interaction", operation_id = "peaks",
    params(("id" = InteractionId, Path), Columns), responses(
    (status = 200, body = Peaks),
    (status = 404, description = "Nothing was recorded", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn peaks(
    State(state): State<ApiState>,
    signed: Signed,
    Id(id): Id<InteractionId>,
    Filter(columns): Filter<Columns>,
) -> Answer<Response> {
    let n = columns.n.unwrap_or(DEFAULT_COLUMNS);
    fields::between("n", n, 1, MAX_COLUMNS)?;
    let found = find(&state, &signed, id, columns.recording).await?;
    let permit = tokio::time::timeout(DRAWING_WAIT, state.drawings().acquire_owned()).await;
    let permit = permit
        .ok()
        .and_then(Result::ok)
        .ok_or_else(|| Problem::unavailable("many recordings are drawn at this moment; try again"))?;
    let read = state.config().peaks.clone();
    let path = found.path.clone();
    let drawn = tokio::task::spawn_blocking(move || {
        let drawn = read(&path, n as usize);
        drop(permit);
        drawn
    });
    let peaks = drawn.await.map_err(|_| Problem::internal())?.map_err(|reason| {
        tracing::warn!(%reason, path = %found.path.display(), "a recording cannot be drawn");
        Problem::new(StatusCode::NOT_FOUND, "unreadable_recording", "the recording cannot be read")
    })?;
    let cache = if found.kind == Kind::Ogg { SEALED_CACHE } else { "no-store" };
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static(cache))], axum::Json(peaks)).into_response())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Wav,
    Ogg,
}

impl Kind {
    fn content_type(self) -> &'static str {
        match self {
            Kind::Wav => "audio/wav",
            Kind::Ogg => "audio/ogg",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Kind::Wav => "wav",
            Kind::Ogg => "ogg",
        }
    }
}

struct Found {
    path: PathBuf,
    kind: Kind,
    /// Where the conversation has several: which it is, from 1.
    part: Option<usize>,
}

impl Found {
    fn disposition(&self, id: InteractionId) -> HeaderValue {
        let part = self.part.map(|part| format!("-{part}")).unwrap_or_default();
        HeaderValue::from_str(&format!("inline; filename=\"{id}{part}.{}\"", self.kind.ending()))
            .expect("an id is plain text")
    }
}

/// The file of one recording of the interaction.
async fn find(
    state: &ApiState,
    signed: &Signed,
    id: InteractionId,
    which: Option<RecordingId>,
) -> Answer<Found> {
    visible(state, signed, id).await?;
    let recordings = signed.db(state).recordings(id).await?;
    let nothing = || Problem::new(StatusCode::NOT_FOUND, "no_recording", "nothing was recorded here");
    let index = match which {
        Some(which) => recordings.iter().position(|recording| recording.id == which),
        None => recordings.len().checked_sub(1),
    };
    let index = index.ok_or_else(nothing)?;
    let recording = &recordings[index];
    let part = (recordings.len() > 1).then_some(index + 1);
    let folder = state.config().recordings.clone();
    let candidates = candidates(&folder, signed.scope.tenant(), recording);
    let found = tokio::task::spawn_blocking(move || {
        candidates
            .into_iter()
            .find_map(|(path, kind)| Some(Found { path: within(&folder, &path)?, kind, part }))
    });
    found.await.map_err(|_| Problem::internal())?.ok_or_else(nothing)
}

/// Sealing replaces the file a moment before the database knows, so both forms are looked for.
fn candidates(folder: &Path, tenant: TenantId, recording: &Recording) -> [(PathBuf, Kind); 2] {
    let stem = folder.join(recording.file_name(tenant));
    let wav = (stem.with_extension("wav"), Kind::Wav);
    let ogg = (stem.with_extension("opus"), Kind::Ogg);
    match recording.state {
        RecordingState::Growing | RecordingState::Failed => [wav, ogg],
        RecordingState::Sealed => [ogg, wav],
    }
}

/// The real path, if it exists and lies under the folder; a link that leads out of it is nothing.
fn within(folder: &Path, path: &Path) -> Option<PathBuf> {
    let real = path.canonicalize().ok()?;
    real.starts_with(folder.canonicalize().ok()?).then_some(real)
}

/// Writes the sizes of the RIFF and data chunks as they are now; while a file grows its own are of the last repair.
fn write_lengths(head: &mut [u8], length: u64) {
    let riff = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE");
    let Some(data) = head.windows(4).position(|word| word == b"data").filter(|_| riff) else { return };
    let size = |from: u64| u32::try_from(length.saturating_sub(from)).unwrap_or(u32::MAX).to_le_bytes();
    head[4..8].copy_from_slice(&size(8));
    if let Some(field) = head.get_mut(data + 4..data + 8) {
        field.copy_from_slice(&size(data as u64 + 8));
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    tracing::warn!(%error, path = %path.display(), "a recording cannot be read");
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_recording",
        "the recording cannot be read now; try again in a second",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_growing_file_tells_its_length_by_now() {
        let mut head = b"RIFF\0\0\0\0WAVEfmt \x12\0\0\0..................data\0\0\0\0xxxx".to_vec();
        write_lengths(&mut head, 1_000);
        assert_eq!(head[4..8], 992u32.to_le_bytes());
        let data = head.windows(4).position(|word| word == b"data").unwrap();
        assert_eq!(head[data + 4..data + 8], (1_000 - data as u32 - 8).to_le_bytes());
    }

    #[test]
    fn what_is_no_wav_is_left_alone() {
        for text in [&b""[..], b"RIFF", b"RIFF....AVI data....", b"RIFF....WAVEdata"] {
            let mut head = text.to_vec();
            write_lengths(&mut head, 1_000);
            assert_eq!(head.len(), text.len());
        }
    }
}
