//! Layouts: the tool for them, and the systems of the gallery.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::artefacts::{self, Program};
use crate::linux;
use crate::process::{self, Fallible};
use crate::toolchain::{self, Toolchain};
use crate::workspace::{self, CAPDL, Workspace};

/// The name under which the root task finds the layout of its system.
pub(crate) const MODULE: &str = "layout";

/// A system of the gallery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct System {
    /// The name of its folder in `capdl-loader/systems`, and of its layout.
    pub(crate) name: &'static str,
    /// Its programs.
    pub(crate) components: &'static [&'static str],
}

const fn system(name: &'static str, components: &'static [&'static str]) -> System {
    System { name, components }
}

/// All of them.
pub(crate) const SYSTEMS: &[System] = &[
    system("alarm", &["pl031", "waker"]),
    system("block-rate", &["disk-meter", "virtio-blk"]),
    system("busybox", &["linux"]),
    system("console", &["flood", "listener", "pauser", "pl011", "shell", "vandal"]),
    system("console-rate", &["meter", "pl011"]),
    system("demand-pager", &["keeper", "toucher"]),
    system("disk", &["virtio-blk", "scribe", "gremlin"]),
    system("entropy", &["virtio-rng", "drawer"]),
    system("faults", &["copier", "neighbour", "platter", "ramdisk"]),
    system("hello", &["greeter"]),
    system("linux", &["linux"]),
    system("network", &["virtio-net", "station"]),
    system("packet-rate", &["virtio-net", "packets"]),
    system("phoenix", &["friend", "oracle", "phoenix", "sleeper"]),
    system("ping-pong", &["pinger", "ponger"]),
    system("quiet-supervisor", &["stumbler", "onlooker"]),
    system("real-time", &["controller", "hog"]),
    system("shared-ring", &["writer", "reader"]),
    system("supervised-driver", &["clock", "watcher"]),
];

impl System {
    /// Its folder.
    pub(crate) fn folder(&self, workspace: &Workspace) -> PathBuf {
        workspace.root.join("capdl-loader/systems").join(self.name)
    }

    /// Its layout.
    pub(crate) fn layout(&self, workspace: &Workspace) -> PathBuf {
        self.folder(workspace).join(format!("{}.layout.toml", self.name))
    }
}

/// Drivers and personalities: the binaries that layouts name, and their packages.
pub(crate) const DRIVERS: &[(&str, &str)] = &[
    ("linux", workspace::PERSONALITY_LINUX),
    ("pl011", workspace::PL011),
    ("pl031", workspace::PL031),
    ("virtio-blk", workspace::VIRTIO_BLK),
    ("virtio-console", workspace::VIRTIO_CONSOLE),
    ("virtio-net", workspace::VIRTIO_NET),
    ("virtio-rng", workspace::VIRTIO_RNG),
];

/// The package of a component's program.
pub(crate) fn package_of(name: &str) -> &'static str {
    let driver = DRIVERS.iter().find(|(driver, _)| *driver == name);
    driver.map_or(workspace::SYSTEMS, |(_, package)| package)
}

/// The command that builds the tool.
pub(crate) fn tool_command(workspace: &Workspace) -> Command {
    let mut command = toolchain::cargo(workspace, "build");
    command.args(["--package", CAPDL, "--bin", "capdl"]);
    command
}

/// The tool, once it is built.
pub(crate) fn tool(workspace: &Workspace) -> PathBuf {
    workspace.target.join("debug/capdl")
}

/// The command that does something with a layout of our programs.
pub(crate) fn command(workspace: &Workspace, verb: &str, layout: &Path) -> Fallible<Command> {
    let mut command = Command::new(tool(workspace));
    command.arg(verb).arg(layout).arg("--search").arg(workspace.output_folder("images")?);
    Ok(command)
}

/// The verb: builds the programs of ours that a layout names, and runs the tool.
pub(crate) fn run(
    workspace: &Workspace,
    toolchain: &Toolchain,
    words: &[String],
) -> Fallible<ExitCode> {
    process::visibly(&mut tool_command(workspace))?;
    let mut command = Command::new(tool(workspace));
    command.args(words);
    let layouts = words.iter().filter(|word| word.ends_with(".layout.toml"));
    let layouts: Vec<&Path> = layouts.map(Path::new).filter(|path| path.is_file()).collect();
    for layout in &layouts {
        build_programs(workspace, toolchain, layout)?;
    }
    // `explain` only looks at texts.
    if !layouts.is_empty() && words.first().is_some_and(|verb| verb != "explain") {
        command.arg("--search").arg(workspace.output_folder("images")?);
    }
    let status = command.status().map_err(|error| format!("{CAPDL}: {error}"))?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2)))
}

/// Makes the image of a layout, and all programs of ours that it names.
pub(crate) fn build(
    workspace: &Workspace,
    toolchain: &Toolchain,
    layout: &Path,
) -> Fallible<PathBuf> {
    process::visibly(&mut tool_command(workspace))?;
    build_programs(workspace, toolchain, layout)?;
    let image = workspace.output_folder("images")?.join("run.layout");
    process::visibly(command(workspace, "build", layout)?.arg("--output").arg(&image))?;
    Ok(image)
}

fn build_programs(workspace: &Workspace, toolchain: &Toolchain, layout: &Path) -> Fallible<()> {
    let text = artefacts::read(layout)?;
    linux::provide_files(workspace, toolchain, layout)?;
    for program in programs(&String::from_utf8_lossy(&text)) {
        artefacts::build_program(workspace, toolchain, program)?;
    }
    Ok(())
}

/// The programs of ours that a layout names.
fn programs(layout: &str) -> Vec<Program> {
    let all = SYSTEMS.iter().flat_map(|system| system.components);
    let mut named: Vec<&str> = Vec::new();
    for name in all.copied() {
        if layout.contains(&format!("\"{name}.elf\"")) && !named.contains(&name) {
            named.push(name);
        }
    }
    named.into_iter().map(Program::Component).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_their_files() {
        let layout = "image = \"pinger.elf\"\nimage = \"other.elf\"\nimage = \"hog.elf\"\n";
        assert_eq!(programs(layout), [Program::Component("pinger"), Program::Component("hog")]);
    }

    #[test]
    fn every_system_has_its_files_and_programs() {
        let workspace = Workspace::locate().expect("in the workspace");
        for system in SYSTEMS {
            let text = std::fs::read_to_string(system.layout(&workspace)).expect("a layout");
            assert_eq!(programs(&text).len(), system.components.len(), "{}", system.name);
            assert!(system.folder(&workspace).join("expected.txt").is_file());
        }
        let folders = std::fs::read_dir(workspace.root.join("capdl-loader/systems"));
        let folders = folders
            .expect("the gallery")
            .flatten()
            .filter(|entry| entry.path().is_dir() && entry.file_name() != "src");
        assert_eq!(folders.count(), SYSTEMS.len());
    }
}
