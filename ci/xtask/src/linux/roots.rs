//! Disks with a root file system: images that QEMU gives to the personality.
//!
//! | image | what |
//! |---|---|
//! | `busybox` | Debian's static busybox and nothing else: small, and the default of tests |
//! | `debian` | programs of Debian, unpacked and never installed |
//!
//! An image is made once for each list of what goes into it, and kept: what a system writes on it
//! is there the next time. To begin anew, delete the file.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::debian::{self, NO_PACKAGES};
use super::{APPLETS, tree};
use crate::process::{self, Fallible};
use crate::workspace::Workspace;

/// Makes the image, if that was not done.
const MKE2FS: &str = "mke2fs";
/// Counts what is done with the packages besides unpacking them.
const EDITION: u32 = 2;

/// Packages of the image `debian`, without what they depend on.
const PACKAGES: &str = "base-files base-passwd bash coreutils dash debianutils diffutils file \
    findutils gawk git grep gzip hostname less libc6-dev libpython3.11-stdlib lua5.4 make nano \
    ncurses-base ncurses-bin patch perl-base procps python3-minimal sed sqlite3 tar tcc \
    util-linux vim-tiny xz-utils";

/// What makes the content of an image.
struct Kind {
    name: &'static str,
    mebibytes: u32,
    /// Tells one version of the content from another.
    list: &'static str,
    fill: fn(&Workspace, &Path) -> Fallible<()>,
}

/// All that there are.
const KINDS: [Kind; 2] = [
    Kind { name: "busybox", mebibytes: 64, list: APPLETS, fill: busybox },
    Kind { name: "debian", mebibytes: 2048, list: PACKAGES, fill: debian_root },
];

/// The image with this name, made if it is missing.
pub(crate) fn image(workspace: &Workspace, name: &str) -> Fallible<PathBuf> {
    let kind = KINDS.iter().find(|kind| kind.name == name);
    let kind = kind.ok_or_else(|| format!("there is no root file system `{name}`"))?;
    let mut hash = DefaultHasher::new();
    (EDITION, kind.list, kind.mebibytes).hash(&mut hash);
    let folder = workspace.output_folder("roots")?;
    let file = folder.join(format!("{name}-{:016x}.img", hash.finish()));
    if file.is_file() {
        return Ok(file);
    }
    if !process::is_installed(MKE2FS) {
        return Err(format!("{NO_PACKAGES}: there is no {MKE2FS} (package e2fsprogs)"));
    }
    let content = folder.join(format!("{name}.partial"));
    tree::remove(&content)?;
    tree::folder(&content, 0o755)?;
    (kind.fill)(workspace, &content)?;
    let partial = file.with_extension("partial");
    make(&partial, &content, kind.mebibytes)?;
    tree::remove(&content)?;
    fs::rename(&partial, &file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(file)
}

/// Makes a file system of so many MiB with the content of a folder. Blocks that are not used take
/// no room on the host.
fn make(file: &Path, content: &Path, mebibytes: u32) -> Fallible<()> {
    tree::remove(file)?;
    let mut command = Command::new(MKE2FS);
    command.args(["-q", "-F", "-t", "ext4", "-b", "4096", "-E", "root_owner=0:0", "-d"]);
    command.arg(content).arg(file).arg(format!("{mebibytes}M"));
    process::answer(&mut command).map(drop)
}

/// Folders that every root has.
const FOLDERS: [(&str, u32); 8] = [
    ("dev", 0o755),
    ("etc", 0o755),
    ("home", 0o755),
    ("proc", 0o555),
    ("root", 0o700),
    ("run", 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
];

fn busybox(workspace: &Workspace, root: &Path) -> Fallible<()> {
    let package = debian::package(workspace, "busybox-static")?;
    for (name, permissions) in FOLDERS.iter().chain(&[("bin", 0o755)]) {
        tree::folder(&root.join(name), *permissions)?;
    }
    let program = root.join("bin/busybox");
    let from = package.join("bin/busybox");
    fs::copy(&from, &program).map_err(|error| format!("{}: {error}", from.display()))?;
    for applet in APPLETS.split_whitespace() {
        link("busybox", &root.join("bin").join(applet))?;
    }
    tree::file(&root.join("etc/passwd"), 0o644, "root:x:0:0:root:/root:/bin/sh\n")?;
    tree::file(&root.join("etc/group"), 0o644, "root:x:0:\n")
}

fn debian_root(workspace: &Workspace, root: &Path) -> Fallible<()> {
    let words: Vec<&str> = PACKAGES.split_whitespace().collect();
    debian::unpack(workspace, &words, root)?;
    for name in ["bin", "sbin", "lib"] {
        merge(root, name)?;
    }
    for name in ["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info"] {
        tree::remove(&root.join(name))?;
    }
    for (name, permissions) in FOLDERS {
        tree::folder(&root.join(name), permissions)?;
    }
    configure(root)
}

/// Lets a folder of the root be the one in `/usr`, as Debian's installer does.
fn merge(root: &Path, name: &str) -> Fallible<()> {
    let (old, new) = (root.join(name), root.join("usr").join(name));
    if old.is_symlink() {
        return Ok(());
    }
    tree::folder(&new, 0o755)?;
    if old.is_dir() {
        process::answer(Command::new("cp").arg("-a").arg(old.join(".")).arg(&new))?;
        tree::remove(&old)?;
    }
    link(&format!("usr/{name}"), &old)
}

/// Asks the kernel itself to end (reboot(2)): there is no other first process that would.
const POWER_OFF: &str = "#!/usr/bin/perl\nsyscall(142, 0xfee1dead, 672274793, 0x4321fedc, 0);\n";

/// What the packages' scripts would do, as far as programs need it.
fn configure(root: &Path) -> Fallible<()> {
    const COPIES: [(&str, &str); 5] = [
        ("usr/share/base-passwd/passwd.master", "etc/passwd"),
        ("usr/share/base-passwd/group.master", "etc/group"),
        ("usr/share/base-files/profile", "etc/profile"),
        ("usr/share/base-files/dot.profile", "root/.profile"),
        ("usr/share/base-files/dot.bashrc", "root/.bashrc"),
    ];
    const LINKS: [(&str, &str); 9] = [
        ("gawk", "usr/bin/awk"),
        ("vim.tiny", "usr/bin/vi"),
        ("vim.tiny", "usr/bin/vim"),
        ("nano", "usr/bin/editor"),
        ("less", "usr/bin/pager"),
        ("lua5.4", "usr/bin/lua"),
        ("which.debianutils", "usr/bin/which"),
        ("tcc", "usr/bin/cc"),
        ("bash", "usr/bin/sh"),
    ];
    for (from, to) in COPIES {
        let (from, to) = (root.join(from), root.join(to));
        fs::copy(&from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    for (target, name) in LINKS {
        let name = root.join(name);
        if !name.is_symlink() && !name.is_file() {
            link(target, &name)?;
        }
    }
    tree::file(&root.join("etc/hostname"), 0o644, "tessera\n")?;
    tree::file(&root.join("etc/hosts"), 0o644, "127.0.0.1 localhost tessera\n")?;
    tree::file(&root.join("usr/sbin/poweroff"), 0o755, POWER_OFF)?;
    tree::file(&root.join("etc/fstab"), 0o644, "/dev/vda / ext4 rw 0 1\n")
}

fn link(target: &str, name: &Path) -> Fallible<()> {
    symlink(target, name).map_err(|error| format!("{}: {error}", name.display()))
}
