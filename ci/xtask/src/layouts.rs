//! Layouts: the tool for them, and the systems of the gallery.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::artefacts::{self, Program};
use crate::constants;
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
    /// The system whose layout it has, changed by an overlay of its own; or none.
    base: Option<&'static str>,
    /// Its programs.
    pub(crate) components: &'static [&'static str],
}

const fn system(name: &'static str, components: &'static [&'static str]) -> System {
    System { name, base: None, components }
}

const fn variant(
    name: &'static str,
    base: &'static str,
    components: &'static [&'static str],
) -> System {
    System { name, base: Some(base), components }
}

/// All of them.
pub(crate) const SYSTEMS: &[System] = &[
    system("alarm", &["pl031", "waker"]),
    system("block-copied", &["disk-meter", "virtio-blk"]),
    system("block-rate", &["disk-meter", "virtio-blk"]),
    system("busybox", &["linux"]),
    system("console", &["flood", "listener", "pauser", "pl011", "shell", "vandal"]),
    system("console-rate", &["meter", "pl011"]),
    system("debian", &["linux", "pl011", "virtio-blk"]),
    system("demand-pager", &["keeper", "toucher"]),
    system("disk", &["virtio-blk", "scribe", "gremlin"]),
    variant("disk-pci", "disk", &["virtio-blk", "scribe", "gremlin"]),
    system("entropy", &["virtio-rng", "drawer", "gremlin"]),
    variant("entropy-pci", "entropy", &["virtio-rng", "drawer", "gremlin"]),
    system("faults", &["copier", "neighbour", "platter", "ramdisk"]),
    system("faults-disk", &["neighbour", "porter", "virtio-blk"]),
    system("floating", &["linux"]),
    system("hello", &["greeter"]),
    system("linux", &["linux"]),
    system("linux-disk", &["linux", "virtio-blk"]),
    variant("linux-programs", "linux-disk", &["linux", "virtio-blk"]),
    system("measure", &["linux"]),
    system("network", &["virtio-net", "station"]),
    variant("network-mmio", "network", &["virtio-net", "station"]),
    system("packet-loss", &["virtio-net", "courier", "gremlin"]),
    variant("packet-loss-pci", "packet-loss", &["virtio-net", "courier", "gremlin"]),
    system("packet-rate", &["virtio-net", "packets"]),
    system("phoenix", &["friend", "oracle", "phoenix", "sleeper"]),
    system("ping-pong", &["pinger", "ponger"]),
    system("pool", &["captain", "boatman"]),
    system("quiet-supervisor", &["stumbler", "onlooker"]),
    system("real-time", &["controller", "hog"]),
    system("sectors", &["virtio-blk", "surveyor"]),
    system("shared-ring", &["writer", "reader"]),
    system("supervised-driver", &["clock", "watcher"]),
    system("typing", &["linux", "pl011"]),
    system("virtio-console", &["flood", "listener", "pauser", "virtio-console", "shell", "vandal"]),
    variant(
        "virtio-console-pci",
        "virtio-console",
        &["flood", "listener", "pauser", "virtio-console", "shell", "vandal"],
    ),
];

/// Where all systems are.
fn gallery(workspace: &Workspace) -> PathBuf {
    workspace.root.join("capdl-loader/systems")
}

impl System {
    /// Its folder.
    pub(crate) fn folder(&self, workspace: &Workspace) -> PathBuf {
        gallery(workspace).join(self.name)
    }

    /// A file that says what happens in it: its own, or that of its base.
    pub(crate) fn file(&self, workspace: &Workspace, name: &str) -> PathBuf {
        let own = self.folder(workspace).join(name);
        match self.base {
            Some(base) if !own.is_file() => gallery(workspace).join(base).join(name),
            _ => own,
        }
    }

    /// The layout, that of its base if it has one.
    pub(crate) fn layout(&self, workspace: &Workspace) -> PathBuf {
        let name = self.base.unwrap_or(self.name);
        gallery(workspace).join(name).join(format!("{name}.layout.toml"))
    }

    /// What it changes in the layout of its base.
    fn overlay(&self, workspace: &Workspace) -> Option<PathBuf> {
        let file = self.folder(workspace).join(format!("{}.overlay.toml", self.name));
        self.base.map(|_| file)
    }

    /// The file of its own that says what it is: its devices are described beside that.
    pub(crate) fn description(&self, workspace: &Workspace) -> PathBuf {
        self.overlay(workspace).unwrap_or_else(|| self.layout(workspace))
    }

    /// The first one that has a component.
    pub(crate) fn with(component: &str) -> Fallible<&'static Self> {
        let has = |system: &&Self| system.components.contains(&component);
        SYSTEMS.iter().find(has).ok_or_else(|| format!("no system has a component `{component}`"))
    }

    /// The command that does something with it.
    pub(crate) fn command(&self, workspace: &Workspace, verb: &str) -> Fallible<Command> {
        let mut command = command(workspace, verb, &self.layout(workspace))?;
        if let Some(overlay) = self.overlay(workspace) {
            command.arg("--overlay").arg(overlay);
        }
        Ok(command)
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
    let overlays = overlays(words);
    for layout in &layouts {
        build_programs(workspace, toolchain, layout, &overlays)?;
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
    build_programs(workspace, toolchain, layout, &[])?;
    let image = workspace.output_folder("images")?.join("run.layout");
    process::visibly(command(workspace, "build", layout)?.arg("--output").arg(&image))?;
    Ok(image)
}

/// What a command line says about overlays, as words for the tool.
fn overlays(words: &[String]) -> Vec<&str> {
    let next = words.iter().skip(1).map(String::as_str);
    let pairs = words.iter().map(String::as_str).zip(next);
    pairs.filter(|(word, _)| *word == "--overlay").flat_map(|(word, file)| [word, file]).collect()
}

/// Builds the programs of ours that a layout names, with what they are told of it.
fn build_programs(
    workspace: &Workspace,
    toolchain: &Toolchain,
    layout: &Path,
    overlays: &[&str],
) -> Fallible<()> {
    let text = artefacts::read(layout)?;
    linux::provide_files(workspace, toolchain, layout)?;
    for program in programs(&String::from_utf8_lossy(&text)) {
        if let Some(component) = constants::component(program) {
            let mut tool = command(workspace, "constants", layout)?;
            constants::make(workspace, component, tool.args(overlays))?;
        }
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
    fn overlays_are_handed_on() {
        let words = ["diff", "a.layout.toml", "--overlay", "b", "--json", "--overlay", "c"];
        let words = words.map(str::to_owned);
        assert_eq!(overlays(&words), ["--overlay", "b", "--overlay", "c"]);
        assert_eq!(overlays(&words[..3]), [""; 0]);
    }

    #[test]
    fn every_system_has_its_files_and_programs() {
        let workspace = Workspace::locate().expect("in the workspace");
        for system in SYSTEMS {
            let read = |file: PathBuf| std::fs::read_to_string(file).expect("a file");
            let mut text = read(system.layout(&workspace));
            text.extend(system.overlay(&workspace).map(read));
            assert_eq!(programs(&text).len(), system.components.len(), "{}", system.name);
            assert!(system.file(&workspace, "expected.txt").is_file());
        }
        let folders = std::fs::read_dir(gallery(&workspace));
        let folders = folders
            .expect("the gallery")
            .flatten()
            .filter(|entry| entry.path().is_dir() && entry.file_name() != "src");
        assert_eq!(folders.count(), SYSTEMS.len());
    }
}
