//! Programs of Debian: packages for arm64, unpacked and never installed.

use std::path::{Path, PathBuf};
use std::process::Command;

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
    if !process::is_installed("apt-get") || !process::is_installed("dpkg-deb") {
        return Err(format!("{NO_PACKAGES}: there is no apt-get or no dpkg-deb"));
    }
    fetch(&folder, name).map_err(|problem| format!("{NO_PACKAGES}: {name}\n{problem}"))?;
    Ok(unpacked)
}

/// The first package that a package depends on: of one that has no content but that, the one with
/// the content.
pub(crate) fn first_dependency(workspace: &Workspace, name: &str) -> Fallible<String> {
    package(workspace, name)?;
    let folder = workspace.output_folder("debian")?;
    let archive = downloaded(&folder, name).ok_or_else(|| format!("{name}: no archive"))?;
    let mut command = Command::new("dpkg-deb");
    let depends = process::answer(command.arg("--field").arg(archive).arg("Depends"))?;
    let first = depends.split([' ', ',']).next().filter(|first| !first.is_empty());
    first.map(String::from).ok_or_else(|| format!("{name} depends on nothing"))
}

/// Downloads a package with lists of our own, so that the machine's own configuration stays as it
/// is, and unpacks it.
fn fetch(folder: &Path, name: &str) -> Fallible<()> {
    let state = folder.join("apt");
    for part in ["lists/partial", "cache/archives/partial"] {
        let part = state.join(part);
        std::fs::create_dir_all(&part).map_err(|error| format!("{}: {error}", part.display()))?;
    }
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        command.current_dir(folder).args(["-q", "-o", "APT::Architecture=arm64"]);
        command.args(["-o", "APT::Architectures::=arm64", "-o", "APT::Sandbox::User=root"]);
        command.arg("-o").arg(format!("Dir::State::Lists={}", state.join("lists").display()));
        command.arg("-o").arg(format!("Dir::Cache={}", state.join("cache").display()));
        process::answer(command.args(words)).map(drop)
    };
    apt(&["update"])?;
    apt(&["download", name])?;
    let archive = downloaded(folder, name).ok_or("apt-get downloaded nothing")?;
    let partial = folder.join(format!("{name}.partial"));
    process::answer(Command::new("dpkg-deb").arg("-x").arg(archive).arg(&partial))?;
    std::fs::rename(&partial, folder.join(name)).map_err(|error| error.to_string())
}

/// The file of a package.
fn downloaded(folder: &Path, name: &str) -> Option<PathBuf> {
    let begin = format!("{name}_");
    let mut entries = folder.read_dir().ok()?.flatten();
    entries.find_map(|entry| {
        let file = entry.file_name().to_string_lossy().into_owned();
        (file.starts_with(&begin) && file.ends_with(".deb")).then(|| entry.path())
    })
}
