//! Where recordings lie, how loud they are, and what is done at start for those that a kill cut short.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use perezvon_api::Peaks;
use perezvon_media::{Media, recording};
use perezvon_model::{RecordingId, TenantId, TenantScope};
use perezvon_store::{Recording, TenantDb};
use tokio::sync::mpsc;

use crate::leg_map::LegMap;
use crate::tenant::Mail;

/// While it grows: `FOLDER/TENANT/RECORDING.wav`; sealed: the same with `.opus`.
pub fn growing_path(folder: &Path, tenant: TenantId, recording: RecordingId) -> PathBuf {
    folder.join(tenant.to_string()).join(format!("{recording}.wav"))
}

/// One value of loudness per column and side, for the waveform.
pub fn peaks(file: &Path, columns: usize) -> Result<Peaks, String> {
    let all = recording::peaks(file, columns).map_err(|error| error.to_string())?;
    Ok(Peaks {
        left: all.iter().map(|sides| sides[0]).collect(),
        right: all.iter().map(|sides| sides[1]).collect(),
        duration_ms: recording::duration_ms(file).map_err(|error| error.to_string())?,
    })
}

/// Files of one company that are looked at during one start; the next start looks at more.
const LOOKED_AT: usize = 10_000;
/// Where files go of which the journal does not know, beside the companies' folders.
const UNKNOWN: &str = "unknown";

/// A kill can come between the first sound of a recording and its row. Nobody could find or hear such a file in the
/// pages, and it is a conversation of people all the same: it is put aside and named, not deleted, since a database
/// that was brought back from an older copy knows nothing of recordings that are whole.
pub async fn put_unknown_aside(tenant: &TenantDb, id: TenantId, folder: &Path) -> anyhow::Result<usize> {
    let own = folder.join(id.to_string());
    let files = match std::fs::read_dir(&own) {
        Ok(files) => files,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", own.display())),
    };
    let growing = files.filter_map(Result::ok).map(|file| file.path());
    let growing = growing.filter(|path| path.extension().is_some_and(|ending| ending == "wav"));
    let aside = folder.join(UNKNOWN).join(id.to_string());
    let mut moved = 0;
    for path in growing.take(LOOKED_AT) {
        let (Some(name), Some(stem)) = (path.file_name(), path.file_stem().and_then(|stem| stem.to_str()))
        else {
            continue;
        };
        let Ok(recording) = stem.parse::<RecordingId>() else { continue };
        if tenant.recording(recording).await?.is_none() {
            perezvon_media::recording::private_folder(&aside)?;
            std::fs::rename(&path, aside.join(name))
                .with_context(|| format!("cannot move {}", path.display()))?;
            moved += 1;
        }
    }
    if moved > 0 {
        tracing::warn!(moved, folder = %aside.display(), "recordings of which the journal does not know were put aside");
    }
    Ok(moved)
}

/// Hands the recordings that the last stop left growing to media, which repairs and seals them as after a call.
pub fn seal_left_over(
    growing: &[Recording],
    scope: TenantScope,
    folder: &Path,
    media: &Media,
    legs: &LegMap,
    mail: &mpsc::Sender<Mail>,
) {
    for recording in growing {
        legs.put_recording(recording.id, recording.interaction, scope, mail.clone());
        media.seal_left_over(recording.id, growing_path(folder, scope.tenant(), recording.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perezvon_model::UtcMs;
    use perezvon_model::journal::{Entry, Event};
    use perezvon_store::{Db, Limits, new_id};
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn a_recording_without_a_row_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("x.db").display());
        let db = Db::open(&url, Limits::default()).await.unwrap();
        let id: TenantId = new_id();
        let company = perezvon_store::Tenant {
            id,
            name: "First".into(),
            region: "RU".into(),
            time_zone: "Europe/Moscow".into(),
            config_version: 1,
            created_at: UtcMs(1),
        };
        db.create_tenant(&company).await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test signs itself in")]
        let tenant = db.tenant(&TenantScope::mint(id));
        let (known, unknown): (RecordingId, RecordingId) = (new_id(), new_id());
        let interaction = new_id();
        let entry =
            |event| Entry { id: new_id(), at: UtcMs(1), interaction: Some(interaction), agent: None, event };
        let started = Event::InteractionStarted {
            channel: perezvon_model::journal::Channel::Voice,
            direction: perezvon_model::journal::Direction::Inbound,
            from: String::new(),
            to: String::new(),
            trunk: None,
            flow: Some(new_id()),
        };
        let entries = [entry(started), entry(Event::RecordingStarted { recording: known })];
        tenant.append(&entries).await.unwrap();
        std::fs::create_dir(folder.path().join(id.to_string())).unwrap();
        for recording in [known, unknown] {
            std::fs::write(growing_path(folder.path(), id, recording), b"sound").unwrap();
        }
        assert_eq!(put_unknown_aside(&tenant, id, folder.path()).await.unwrap(), 1);
        assert!(growing_path(folder.path(), id, known).exists());
        let aside = folder.path().join(UNKNOWN);
        assert!(growing_path(&aside, id, unknown).exists());
        assert_eq!(aside.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(put_unknown_aside(&tenant, id, folder.path()).await.unwrap(), 0);
        db.close().await;
    }
}
