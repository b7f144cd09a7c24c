//! Devices of QEMU that a system needs beside those of the bare board.
//!
//! The file `qemu.txt` beside a layout has words for QEMU's command line. `#` begins a comment.
//! `{disk NAME SIZE}` among them stands for the file of a fresh disk of so many MiB, all zero:
//!
//! ```text
//! -global virtio-mmio.force-legacy=false
//! -drive if=none,id=disk,format=raw,file={disk data 16}
//! -device virtio-blk-device,drive=disk,bus=virtio-mmio-bus.31
//! ```

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::process::Fallible;
use crate::workspace::Workspace;

/// What stands for a disk begins so ...
const DISK: &str = "{disk ";
/// ... and ends so.
const END: char = '}';
/// Bytes of a MiB.
const MIB: u64 = 1 << 20;

/// The words for the devices of a layout's system. Its disks are made anew.
pub(crate) fn of_layout(workspace: &Workspace, layout: &Path) -> Fallible<Vec<String>> {
    let file = layout.with_file_name("qemu.txt");
    if !file.is_file() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let folder = workspace.output_folder("disks")?;
    let system = layout.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let system = system.split('.').next().unwrap_or_default();
    words(&text, |name, mebibytes| {
        let disk = folder.join(format!("{system}-{name}.img"));
        fresh_disk(&disk, mebibytes)?;
        Ok(disk)
    })
}

/// The words of a file, with its disks.
fn words(
    text: &str,
    mut disk: impl FnMut(&str, u64) -> Fallible<PathBuf>,
) -> Fallible<Vec<String>> {
    let mut words = Vec::new();
    for line in text.lines() {
        let mut line = line.split('#').next().unwrap_or_default().to_string();
        while let Some(start) = line.find(DISK) {
            let rest = &line[start + DISK.len()..];
            let wrong = || format!("`{line}`: a disk is written `{{disk NAME MEBIBYTES}}`");
            let length = rest.find(END).ok_or_else(wrong)?;
            let (name, size) = rest[..length].split_once(' ').ok_or_else(wrong)?;
            let file = disk(name, size.trim().parse().map_err(|_| wrong())?)?;
            let end = start + DISK.len() + length + END.len_utf8();
            line.replace_range(start..end, &file.display().to_string());
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
        let text = "# Two disks.\n-drive file={disk a 16},id=x -drive file={disk b 1}\n-y # z\n";
        let mut disks = Vec::new();
        let found = words(text, |name, size| {
            disks.push((name.to_string(), size));
            Ok(PathBuf::from(format!("/{name}.img")))
        });
        let expected = ["-drive", "file=/a.img,id=x", "-drive", "file=/b.img", "-y"];
        assert_eq!(found.expect("good"), expected);
        assert_eq!(disks, [("a".to_string(), 16), ("b".to_string(), 1)]);
    }

    #[test]
    fn what_is_no_disk_is_told() {
        for text in ["{disk a}", "{disk a 16", "{disk a many}"] {
            assert!(words(text, |_, _| Ok(PathBuf::new())).is_err(), "{text}");
        }
    }
}
