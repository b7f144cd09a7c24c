//! A boot with the plugin that tells apart who executes: what the console announces becomes
//! figures.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::emulator;
use super::figure::Figure;
use super::split::{self, Owners};
use crate::artefacts;
use crate::console::{self, Audience, Limits, Reason, Until};
use crate::process::Fallible;
use crate::workspace::Workspace;

/// A hang is cut after this.
const TIME_LIMIT: Duration = Duration::from_secs(300);
/// What the peer's program prints last.
pub(super) const PEER_DONE: &str = "peer: done";

/// The plugin, and where it writes.
pub(super) struct Meter {
    plugin: PathBuf,
    log: PathBuf,
}

impl Meter {
    /// Builds the plugin in a folder, which two who run at the same time must not share.
    pub(super) fn new(workspace: &Workspace, folder: &Path) -> Fallible<Self> {
        let plugin = emulator::plugin(workspace, folder, "split")?;
        Ok(Self { plugin, log: folder.join("split.txt") })
    }

    /// Boots until then; what the console announces and the plugin counts.
    pub(super) fn measure(
        &self,
        qemu: &mut Command,
        until: Until,
        owners: &Owners,
    ) -> Fallible<Vec<Figure>> {
        qemu.arg("-plugin");
        qemu.arg(format!("{},out={}", self.plugin.display(), self.log.display()));
        let console = watch(qemu, until)?;
        if let Some(line) = console.lines().find(|line| is_failure(line)) {
            return Err(line.into());
        }
        let log = String::from_utf8_lossy(&artefacts::read(&self.log)?).into_owned();
        Figure::all(&console, &split::windows(&log, owners)?)
    }
}

/// Something that a program of the peer, or one that measures Linux, could not do.
fn is_failure(line: &str) -> bool {
    let said = line.strip_prefix("peer: ").or_else(|| line.strip_prefix("measure: "));
    said.is_some_and(|said| said.trim_end() != "done")
}

/// Boots until then; what the console said.
pub(super) fn watch(qemu: &mut Command, until: Until) -> Fallible<String> {
    let limits = Limits { time: Some(TIME_LIMIT), until };
    let ended = console::watch(qemu, &limits, Audience::Nobody)?;
    match ended.reason {
        Reason::Seen(_) => Ok(ended.console),
        reason => Err(format!("{reason}\n{}", ended.console)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_work_that_failed_is_found() {
        assert!(is_failure("peer: disk: no such file") && is_failure("measure: no memory\r"));
        assert!(!is_failure("peer: done\r") && !is_failure("measure: done"));
        assert!(!is_failure("operation 1 2 3 x"));
    }
}
