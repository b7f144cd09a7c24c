//! Devices of QEMU that a system needs beside those of the bare board.
//!
//! The file `qemu.txt` beside a layout has words for QEMU's command line. `#` begins a comment.
//! `{disk NAME SIZE}` among them stands for the file of a fresh disk of so many MiB, all zero, and
//! `{root NAME}` for a [root file system](crate::linux):
//!
//! ```text
//! -global virtio-mmio.force-legacy=false
//! -drive if=none,id=disk,format=raw,file={disk data 16}
//! -device virtio-blk-device,drive=disk,bus=virtio-mmio-bus.31
//! -drive if=none,id=root,format=raw,file={root busybox}
//! ```

use std::fs::File;
use std::path::Path;

use crate::linux;
use crate::process::Fallible;
use crate::workspace::Workspace;

/// What stands for a file begins so ...
const BEGIN: char = '{';
/// ... and ends so.
const END: char = '}';
/// Bytes of a MiB.
const MIB: u64 = 1 << 20;

/// Which root file system a system gets.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Root {
    /// Another one than the layout's: the name of one of ours, or a file.
    pub(crate) image: Option<String>,
    /// Whether what is written is forgotten at the end.
    pub(crate) is_forgetful: bool,
}

impl Root {
    /// That of a layout, which nothing changes.
    pub(crate) fn forgetful() -> Self {
        Self { image: None, is_forgetful: true }
    }

    /// What QEMU is told.
    fn file(&self, workspace: &Workspace, name: &str) -> Fallible<String> {
        let name = self.image.as_deref().unwrap_or(name);
        let file = match Path::new(name) {
            file if file.is_file() => file.to_path_buf(),
            _ if name.contains('/') => return Err(format!("there is no file {name}")),
            _ => linux::root_image(workspace, name)?,
        };
        let forgets = if self.is_forgetful { ",snapshot=on" } else { "" };
        Ok(format!("{}{forgets}", file.display()))
    }
}

/// The words for the devices of a layout's system. Its disks are made anew.
pub(crate) fn of_layout(
    workspace: &Workspace,
    layout: &Path,
    root: &Root,
) -> Fallible<Vec<String>> {
    let file = layout.with_file_name("qemu.txt");
    if !file.is_file() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let folder = workspace.output_folder("disks")?;
    let system = layout.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let system = system.split('.').next().unwrap_or_default();
    words(&text, |file| match file {
        Place::Disk(name, mebibytes) => {
            let disk = folder.join(format!("{system}-{name}.img"));
            fresh_disk(&disk, mebibytes)?;
            Ok(disk.display().to_string())
        }
        Place::Root(name) => root.file(workspace, name),
    })
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place<'a> {
    /// A disk with this name, of so many MiB.
    Disk(&'a str, u64),
    /// A root file system with this name.
    Root(&'a str),
}

impl<'a> Place<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match *words.as_slice() {
            ["disk", name, size] => Some(Self::Disk(name, size.parse().ok()?)),
            ["root", name] => Some(Self::Root(name)),
            _ => None,
        }
    }
}

/// The words of a file, with its disks.
fn words(text: &str, mut file: impl FnMut(Place<'_>) -> Fallible<String>) -> Fallible<Vec<String>> {
    let mut words = Vec::new();
    for line in text.lines() {
        let mut line = line.split('#').next().unwrap_or_default().to_string();
        while let Some(start) = line.find(BEGIN) {
            let wrong =
                || format!("`{line}`: files are `{{disk NAME MEBIBYTES}}` and `{{root NAME}}`");
            let length = line[start..].find(END).ok_or_else(wrong)?;
            let place = Place::parse(&line[start + BEGIN.len_utf8()..start + length]);
            let file = file(place.ok_or_else(wrong)?)?;
            line.replace_range(start..start + length + END.len_utf8(), &file);
        }
        words.extend(line.split_whitespace().map(String::from));
    }
    Ok(words)
}

/// A file of so many MiB of zeros, which take no room on the host.
fn fresh_disk(file: &Path, mebibytes: u64) -> Fallible<()> {
    let bytes = mebibytes.saturating_mul(MIB);
    let made = File::create(file).and_then(|file| file.set_len(bytes));
    made.map_err(|error| format!("cannot make the disk {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_disks_are_found() {
        let text = "# Two disks.\n-drive file={disk a 16},id=x -drive file={root b}\n-y # z\n";
        let found = words(text, |place| match place {
            Place::Disk(name, size) => Ok(format!("/{name}-{size}.img")),
            Place::Root(name) => Ok(format!("/{name},snapshot=on")),
        });
        let expected = ["-drive", "file=/a-16.img,id=x", "-drive", "file=/b,snapshot=on", "-y"];
        assert_eq!(found.expect("good"), expected);
    }

    #[test]
    fn what_is_no_disk_is_told() {
        for text in ["{disk a}", "{disk a 16", "{disk a many}", "{root}", "{other a}"] {
            assert!(words(text, |_| Ok(String::new())).is_err(), "{text}");
        }
    }
}
