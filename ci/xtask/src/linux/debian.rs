//! Programs of Debian: packages for arm64, unpacked and never installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::tree;
use crate::process::{self, Fallible};
use crate::workspace::Workspace;

/// How the reason begins that packages cannot be had.
pub(crate) const NO_PACKAGES: &str = "no packages of Debian can be had here";

/// The folder with the content of a package; fetched once.
pub(crate) fn package(workspace: &Workspace, name: &str) -> Fallible<PathBuf> {
    let folder = workspace.output_folder("debian")?;
    let unpacked = folder.join(name);
    if unpacked.is_dir() {
        return Ok(unpacked);
    }
    let apt = Apt::new(&folder)?;
    apt.fetch(&["download", name], name)?;
    let partial = folder.join(format!("{name}.partial"));
    extract(&downloaded(&folder, name)?, &partial)?;
    std::fs::rename(&partial, &unpacked).map_err(|error| error.to_string())?;
    Ok(unpacked)
}

/// The first package that a package depends on: of one that has no content but that, the one with
/// the content.
pub(crate) fn first_dependency(workspace: &Workspace, name: &str) -> Fallible<String> {
    package(workspace, name)?;
    let folder = workspace.output_folder("debian")?;
    let mut command = Command::new("dpkg-deb");
    command.arg("--field").arg(downloaded(&folder, name)?);
    let depends = process::answer(command.arg("Depends"))?;
    let first = depends.split([' ', ',']).next().filter(|first| !first.is_empty());
    first.map(String::from).ok_or_else(|| format!("{name} depends on nothing"))
}

/// Unpacks packages, and all that they depend on, into a folder.
pub(crate) fn unpack(workspace: &Workspace, names: &[&str], root: &Path) -> Fallible<()> {
    let folder = workspace.output_folder("debian")?;
    let apt = Apt::new(&folder)?;
    let words = ["install", "--download-only", "--yes", "--no-install-recommends"];
    let words: Vec<&str> = words.iter().chain(names).copied().collect();
    apt.fetch(&words, "packages")?;
    let mut archives = archives(&apt.state.join("cache/archives"))?;
    archives.sort();
    archives.iter().try_for_each(|archive| extract(archive, root))
}

/// `apt-get` with lists of our own, so that the machine's own configuration stays as it is.
struct Apt<'a> {
    folder: &'a Path,
    state: PathBuf,
}

impl<'a> Apt<'a> {
    fn new(folder: &'a Path) -> Fallible<Self> {
        if !process::is_installed("apt-get") || !process::is_installed("dpkg-deb") {
            return Err(format!("{NO_PACKAGES}: there is no apt-get or no dpkg-deb"));
        }
        let state = folder.join("apt");
        for part in ["lists/partial", "cache/archives/partial"] {
            tree::folder(&state.join(part), 0o755)?;
        }
        Ok(Self { folder, state })
    }

    /// Reads the lists and does this.
    fn fetch(&self, words: &[&str], what: &str) -> Fallible<()> {
        let reason = |problem| format!("{NO_PACKAGES}: {what}\n{problem}");
        self.run(&["update"]).and_then(|()| self.run(words)).map_err(reason)
    }

    fn run(&self, words: &[&str]) -> Fallible<()> {
        let mut command = Command::new("apt-get");
        command.current_dir(self.folder).args(["-q", "-o", "APT::Architecture=arm64"]);
        command.args(["-o", "APT::Architectures::=arm64", "-o", "APT::Sandbox::User=root"]);
        // Nothing counts as installed, whatever this machine has.
        command.args(["-o", "Dir::State::status=/dev/null"]);
        command.arg("-o").arg(format!("Dir::State::Lists={}", self.state.join("lists").display()));
        command.arg("-o").arg(format!("Dir::Cache={}", self.state.join("cache").display()));
        process::answer(command.args(words)).map(drop)
    }
}

fn extract(archive: &Path, folder: &Path) -> Fallible<()> {
    process::answer(Command::new("dpkg-deb").arg("-x").arg(archive).arg(folder)).map(drop)
}

/// Archives in a folder.
fn archives(folder: &Path) -> Fallible<Vec<PathBuf>> {
    let entries = folder.read_dir().map_err(|error| format!("{}: {error}", folder.display()))?;
    let files = entries.flatten().map(|entry| entry.path());
    Ok(files.filter(|file| file.extension().is_some_and(|end| end == "deb")).collect())
}

/// The archive of a package.
fn downloaded(folder: &Path, name: &str) -> Fallible<PathBuf> {
    let is_it = |file: &PathBuf| {
        let file = file.file_name().and_then(|file| file.to_str()).unwrap_or_default();
        file.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'))
    };
    archives(folder)?.into_iter().find(is_it).ok_or_else(|| format!("{name}: no archive"))
}
