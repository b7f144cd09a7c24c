//! The peer: Debian's kernel for the same machine, which boots a program of ours as its first
//! process, for comparisons.
//!
//! ```ignore
//! let peer = Peer::fetch(workspace)?;
//! let files = peer.initramfs(&["virtio_mmio", "virtio_blk"], &program, Archive::default())?;
//! let mut qemu = peer.boot(&Machine::default(), &file, &["words", "of", "the", "program"]);
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::artefacts;
use crate::linux::archive::Archive;
use crate::linux::debian;
use crate::process::Fallible;
use crate::qemu::{Boot, Machine};
use crate::workspace::Workspace;

/// The package that depends on the present kernel.
const PACKAGE: &str = "linux-image-arm64";
/// What makes the kernel say little and start `/init`.
const WORDS: &str = "quiet rdinit=/init";

/// The kernel, and what else is in its package.
#[derive(Debug)]
pub(crate) struct Peer {
    image: PathBuf,
    /// Files of modules, by their names.
    modules: BTreeMap<String, PathBuf>,
    version: String,
}

impl Peer {
    /// Downloads the kernel, if that was not done before.
    ///
    /// The reason begins with [`NO_PACKAGES`](crate::linux::NO_PACKAGES) if it cannot be had.
    pub(crate) fn fetch(workspace: &Workspace) -> Fallible<Self> {
        let name = debian::first_dependency(workspace, PACKAGE)?;
        let folder = debian::package(workspace, &name)?;
        let image = files(&folder.join("boot"))
            .into_iter()
            .find(|file| file_name(file).starts_with("vmlinuz"))
            .ok_or_else(|| format!("{name} has no kernel"))?;
        let modules = files(&folder.join("lib/modules")).into_iter().filter_map(|file| {
            let module = file_name(&file).strip_suffix(".ko")?.to_string();
            Some((module, file))
        });
        let version = file_name(&image).trim_start_matches("vmlinuz-").to_string();
        Ok(Self { image, modules: modules.collect(), version })
    }

    /// The kernel's version, such as `6.1.0-56-arm64`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// What the kernel finds at first: a program as `/init`, modules as files of `/modules` whose
    /// names sort in the given order, and whatever else is in the archive.
    pub(crate) fn initramfs(
        &self,
        modules: &[&str],
        init: &[u8],
        mut archive: Archive,
    ) -> Fallible<Vec<u8>> {
        archive.directory("modules", 0o755);
        for (number, module) in modules.iter().enumerate() {
            let file = self.modules.get(*module);
            let file = file.ok_or_else(|| format!("{} has no module {module}", self.version))?;
            let name = format!("modules/{number:02}-{module}.ko");
            archive.file(&name, 0o644, &artefacts::read(file)?);
        }
        archive.file("init", 0o755, init);
        Ok(archive.finish())
    }

    /// QEMU that boots it; the words are those of `/init`. More of the kernel's own can be among
    /// `machine.append`.
    pub(crate) fn boot(&self, machine: &Machine, initramfs: &Path, words: &[&str]) -> Command {
        let mut machine = machine.clone();
        machine.append.push(WORDS.into());
        machine.append.push("--".into());
        machine.append.extend(words.iter().map(|word| String::from(*word)));
        let boot = Boot { kernel: &self.image, root_task: Some(initramfs), device_tree: None };
        machine.boot(boot)
    }
}

/// All files below a folder; none if it cannot be read.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().map(|entries| entries.flatten().collect::<Vec<_>>());
    let paths = entries.unwrap_or_default().into_iter().map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn file_name(file: &Path) -> &str {
    file.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::line;

    fn example() -> (PathBuf, Peer) {
        let folder = std::env::temp_dir().join(format!("xtask-peer-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("deep/deeper")).expect("a folder");
        let module = folder.join("deep/deeper/virtio_blk.ko");
        std::fs::write(&module, "content").expect("a file");
        let modules = [("virtio_blk".to_string(), module)].into();
        (folder, Peer { image: "vmlinuz".into(), modules, version: "6".into() })
    }

    #[test]
    fn modules_and_program_are_in_the_archive() {
        let (folder, peer) = example();
        let found = files(&folder);
        assert_eq!(found.iter().map(|file| file_name(file)).collect::<Vec<_>>(), ["virtio_blk.ko"]);
        let bytes = peer.initramfs(&["virtio_blk"], b"program", Archive::default()).expect("all");
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("modules/00-virtio_blk.ko") && text.contains("init\0"));
        let missing = peer.initramfs(&["virtio_gpu"], b"program", Archive::default());
        assert_eq!(missing.expect_err("missing"), "6 has no module virtio_gpu");
        std::fs::remove_dir_all(folder).expect("remove");
    }

    #[test]
    fn words_reach_the_first_process() {
        let peer = Peer { image: "vmlinuz".into(), modules: BTreeMap::new(), version: "6".into() };
        let machine = Machine { append: vec!["nokaslr".into()], ..Machine::default() };
        let line = line(&peer.boot(&machine, Path::new("files"), &["disk"]));
        let end = "-kernel vmlinuz -initrd files -append 'nokaslr quiet rdinit=/init -- disk'";
        assert!(line.ends_with(end), "{line}");
    }
}
