//! Where recordings lie, how loud they are, and what is done at start for those that a kill cut short.

use std::path::{Path, PathBuf};

use perezvon_api::Peaks;
use perezvon_media::{Media, recording};
use perezvon_model::{RecordingId, TenantId, TenantScope};
use perezvon_store::Recording;
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
