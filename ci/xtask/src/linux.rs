//! Programs and archives for the Linux personality, and a shell in it.
//!
//! | file | idea |
//! |---|---|
//! | `archive` | the format of the root directory's content |
//! | `debian` | programs of Debian |
//! | `roots` | disks with a root file system |
//! | `files` | files of this machine that go into a guest |
//! | `tree` | files and folders of one that is being made |
//! | `guest` | which part of the console is the output of the command |
//!
//! A layout that names one of the files of [`FILES`] gets it in the folder where programs are
//! looked for.

pub(crate) mod archive;
pub(crate) mod debian;
mod files;
mod guest;
mod roots;
mod tree;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::artefacts;
use crate::cli::{LinuxOptions, RunOptions};
use crate::console::{self, Audience, Limits, Until};
use crate::devices::Root;
use crate::process::{self, Fallible};
use crate::qemu::Machine;
use crate::run;
use crate::toolchain::{Target, Toolchain};
use crate::workspace::{LINUX_PROGRAMS, Workspace};
use archive::Archive;
pub(crate) use debian::NO_PACKAGES;
use guest::Guest;
pub(crate) use roots::image as root_image;

/// What makes the content of a file.
type Make = fn(&Workspace, &Toolchain) -> Fallible<Vec<u8>>;

/// Files that layouts can name, and what is in them.
const FILES: &[(&str, Make)] = &[
    ("linux-hello.cpio", hello),
    ("linux-floating.cpio", floating),
    ("linux-busybox.cpio", busybox),
    ("linux-measure.cpio", measure),
];
/// The layout of the shell, and the name of its command line.
const SHELL: (&str, &str) =
    ("capdl-loader/systems/linux-disk/linux-disk.layout.toml", "command.sh");
/// The root file system of the shell, if nobody wants another.
const ROOT: &str = "debian";
/// The program that measures.
pub(crate) const MEASURE: &str = "measure";
/// What of the layout gives it its files ...
const FILES_OF_SHELL: &str = "init_file = { path = \"command.sh\", as = \"command\" }";
/// ... and what does so with files of this machine among them.
const FILES_WITH_COPIES: &str = "init_file = [{ path = \"command.sh\", as = \"command\" }, \
    { path = \"copies.cpio\", as = \"root\" }]";

/// The layout of the system that somebody sits at.
pub(crate) const SYSTEM: &str = "capdl-loader/systems/debian/debian.layout.toml";

/// How a system has ended, if this line of its console says so.
pub(crate) fn status(line: &str) -> Option<u8> {
    guest::status(line)
}

/// Makes the files that a layout names.
pub(crate) fn provide_files(
    workspace: &Workspace,
    toolchain: &Toolchain,
    layout: &Path,
) -> Fallible<()> {
    let text = artefacts::read(layout)?;
    let text = String::from_utf8_lossy(&text);
    for (name, make) in FILES {
        if text.contains(&format!("\"{name}\"")) {
            let file = workspace.output_folder("images")?.join(name);
            artefacts::write(&file, &make(workspace, toolchain)?)?;
        }
    }
    Ok(())
}

/// Boots a shell that runs one command line; its output is ours, and so is its status.
pub(crate) fn run(
    workspace: &Workspace,
    toolchain: &Toolchain,
    options: &LinuxOptions,
) -> Fallible<ExitCode> {
    let image = options.root.image.clone().or_else(|| Some(ROOT.into()));
    let options = RunOptions {
        layout: Some(shell(workspace, options)?),
        root: Root { image, ..options.root },
        machine: Machine { append: vec!["tessera.export=vcounter".into()], ..Machine::default() },
        ..RunOptions::default()
    };
    let (_, mut qemu) = run::prepare(workspace, toolchain, &options)?;
    let limits = Limits { time: None, until: Until::Line(|line| guest::status(line).is_some()) };
    let mut guest = Guest::default();
    let mut look = |chunk: &[u8]| console::show(&guest.output(chunk));
    let ended = console::watch_through(&mut qemu, &limits, Audience::Nobody, &mut look)?;
    match ended.console.lines().find_map(guest::status) {
        Some(status) => Ok(ExitCode::from(status)),
        None => Err(format!("the system did not say how the command ended\n{}", ended.console)),
    }
}

/// The layout of the shell with this command line, in a folder of its own.
fn shell(workspace: &Workspace, options: &LinuxOptions) -> Fallible<PathBuf> {
    let (layout, line) = SHELL;
    let layout = workspace.root.join(layout);
    let folder = workspace.output_folder("linux")?;
    artefacts::write(&folder.join(line), format!("{}\n", options.command).as_bytes())?;
    let devices = artefacts::read(&layout.with_file_name("qemu.txt"))?;
    artefacts::write(&folder.join("qemu.txt"), &devices)?;
    let mut text = String::from_utf8_lossy(&artefacts::read(&layout)?).into_owned();
    if !options.copies.is_empty() {
        let copies = files::archive(options.copies.iter().map(PathBuf::as_path))?;
        artefacts::write(&folder.join("copies.cpio"), &copies.finish())?;
        if !text.contains(FILES_OF_SHELL) {
            return Err(format!("{}: no line `{FILES_OF_SHELL}`", layout.display()));
        }
        text = text.replace(FILES_OF_SHELL, FILES_WITH_COPIES);
    }
    let copy = folder.join("shell.layout.toml");
    artefacts::write(&copy, text.as_bytes())?;
    Ok(copy)
}

/// A root directory with one program of our own, static, that says hello.
fn hello(workspace: &Workspace, toolchain: &Toolchain) -> Fallible<Vec<u8>> {
    alone(workspace, toolchain, "hello")
}

/// One that looks at its registers of floating point.
fn floating(workspace: &Workspace, toolchain: &Toolchain) -> Fallible<Vec<u8>> {
    alone(workspace, toolchain, "floating")
}

/// One that does what programs ask of Linux all the time.
fn measure(workspace: &Workspace, toolchain: &Toolchain) -> Fallible<Vec<u8>> {
    alone(workspace, toolchain, MEASURE)
}

/// A root directory with one program of our own.
fn alone(workspace: &Workspace, toolchain: &Toolchain, name: &str) -> Fallible<Vec<u8>> {
    let mut archive = Archive::default();
    archive.file("init", 0o755, &program(workspace, toolchain, name)?);
    Ok(archive.finish())
}

/// A root directory with Debian's static busybox, which is all of its programs.
fn busybox(workspace: &Workspace, _: &Toolchain) -> Fallible<Vec<u8>> {
    let package = debian::package(workspace, "busybox-static")?;
    let mut archive = Archive::default();
    archive.directory("bin", 0o755);
    archive.directory("root", 0o700);
    archive.file("bin/busybox", 0o755, &artefacts::read(&package.join("bin/busybox"))?);
    for applet in APPLETS.split_whitespace() {
        archive.link(&format!("bin/{applet}"), "busybox");
    }
    Ok(archive.finish())
}

/// Programs that are busybox under another name.
const APPLETS: &str = "[ [[ ar awk basename bc bunzip2 bzcat bzip2 cat chgrp chmod chown cksum \
    clear cmp cp cpio cut date dc dd df diff dirname dos2unix du echo ed egrep env expand expr \
    factor false fgrep find fold getopt grep groups gunzip gzip head hexdump hostname id install \
    kill killall less link ln logname ls lzma md5sum mkdir mkfifo mktemp more mv nice nl nohup \
    nproc od paste patch pidof printenv printf ps pwd readlink realpath renice reset resize rev \
    rm rmdir sed seq setsid sh sha1sum sha256sum sha512sum shred shuf sleep sort split stat \
    strings stty sum sync tac tail tar tee test time timeout top touch tr true truncate tty uname \
    unexpand uniq unix2dos unlink unlzma unxz unzip uptime usleep uudecode uuencode vi watch wc \
    which who whoami xargs xxd xz xzcat yes zcat";

/// A Linux program of our own for the personality.
pub(crate) fn program(
    workspace: &Workspace,
    toolchain: &Toolchain,
    name: &str,
) -> Fallible<Vec<u8>> {
    build(workspace, toolchain, LINUX_PROGRAMS, name)
}

/// A Linux program of ours, static.
pub(crate) fn build(
    workspace: &Workspace,
    toolchain: &Toolchain,
    package: &str,
    name: &str,
) -> Fallible<Vec<u8>> {
    if toolchain.route(Target::Linux).is_none() {
        let add = ["target", "add", Target::Linux.triple()];
        process::answer(std::process::Command::new("rustup").args(add))?;
    }
    let mut command = toolchain.cargo_for(workspace, "build", Target::Linux);
    command.args(["--release", "--package", package, "--bin", name]);
    process::answer(&mut command)?;
    let folder = workspace.target.join(Target::Linux.triple()).join("release");
    artefacts::read(&folder.join(name))
}
