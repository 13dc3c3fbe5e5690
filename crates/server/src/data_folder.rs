//! The data folder: there, writable, and used by one server at a time.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::settings::Settings;

/// Locked by the server that runs; the system takes the lock back however it ends.
const LOCK: &str = "perezvon.lock";

pub struct DataFolder {
    path: PathBuf,
    lock: File,
}

impl DataFolder {
    /// Makes the folder, and the one for recordings, and sees that they can be written.
    pub fn open(settings: &Settings) -> anyhow::Result<Self> {
        let path = settings.data.clone();
        make(&path, "data", "PEREZVON_DATA")?;
        let lock = File::options().create(true).truncate(false).write(true).open(path.join(LOCK));
        let lock = lock.with_context(|| cure("write in", "data", &path, "PEREZVON_DATA"))?;
        perezvon_media::recording::private_folder(&settings.recordings)
            .with_context(|| cure("make", "recordings", &settings.recordings, "PEREZVON_RECORDINGS"))?;
        Ok(Self { path, lock })
    }

    /// Two servers on one folder would both close the other's open calls. Holds until this value goes.
    pub fn for_one_server(&self) -> anyhow::Result<()> {
        match self.lock.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => bail!(
                "another Perezvon server runs on the data folder {}; stop it or set PEREZVON_DATA to another folder",
                self.path.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| cure("lock", "data", &self.path, "PEREZVON_DATA"))
            }
        }
    }
}

fn make(path: &Path, what: &str, setting: &str) -> anyhow::Result<()> {
    std::fs::create_dir_all(path).with_context(|| cure("make", what, path, setting))
}

fn cure(verb: &str, what: &str, path: &Path, setting: &str) -> String {
    format!("cannot {verb} the {what} folder {}; set {setting} to one that can be written", path.display())
}
