//! What gets built: kernel images and user programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::constants;
use crate::image;
use crate::layouts;
use crate::process::{self, Fallible};
use crate::symbols::symbols;
use crate::toolchain::{Target, Toolchain};
use crate::workspace::{self, BENCH, KERNEL, ROOT_TASK, SUITE, Workspace};
use program::modules::{self, Module};

/// The builds of the kernel. All are optimised; they differ in what they offer to programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Image {
    /// With console output, debug calls and checks of invariants.
    #[default]
    Debug,
    /// As shipped.
    Release,
    /// As shipped, plus the benchmark calls.
    Benchmark,
}

impl Image {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Debug, Self::Release, Self::Benchmark];

    /// The word in options and file names.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
            Self::Benchmark => "benchmark",
        }
    }

    /// The cargo feature that makes it.
    pub(crate) fn feature(self) -> Option<&'static str> {
        (self != Self::Release).then(|| self.name())
    }
}

/// A kernel, as linked and as booted.
#[derive(Clone, Debug)]
pub(crate) struct KernelFiles {
    /// With symbols, for gdb and the list of panic sites.
    pub(crate) elf: PathBuf,
    /// With the boot header, for QEMU.
    pub(crate) image: PathBuf,
}

/// Which user program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// The initial task of our own system.
    RootTask,
    /// The initial task that spoils its system, for the loader to find.
    Sabotage,
    /// The initial task that verifies its system at each depth.
    Depths,
    /// The initial task that spoils a component while the system runs.
    Faults,
    /// The on-target test suite.
    Suite,
    /// Work for the kernel to be measured.
    Bench,
    /// Invocations, and the same by hand: to be looked at, not to be run.
    Cost,
    /// One of [`EXAMPLES`] or [`PAGER_EXAMPLES`].
    Example(&'static str),
    /// A component of one of [`SYSTEMS`](crate::layouts::SYSTEMS).
    Component(&'static str),
    /// A program that an example starts: one of the files in `children`, beside `bin`.
    Child(&'static str),
}

/// A root task that shows something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Example {
    /// The name of its file in `src/bin`.
    pub(crate) name: &'static str,
    /// The programs that travel in it as modules.
    children: &'static [&'static str],
}

const fn example(name: &'static str, children: &'static [&'static str]) -> Example {
    Example { name, children }
}

/// Those of `libsys/examples`.
pub(crate) const EXAMPLES: &[Example] = &[
    example("control", &[]),
    example("crash", &["fragile", "neighbour"]),
    example("exercise", &[]),
    example("heap", &[]),
    example("hello", &[]),
    example("memory", &[]),
    example("notifications", &[]),
    example("panic", &[]),
    example("ping-pong", &["ping", "pong"]),
    example("pool", &[]),
    example("spawn", &["tenant"]),
    example("team", &[]),
    example("threads", &[]),
];

/// Those of `root-task/examples`.
pub(crate) const PAGER_EXAMPLES: &[Example] = &[
    example("btree", &["store"]),
    example("clones", &["table"]),
    example("demand", &["toucher"]),
    example("files", &["librarian", "reader"]),
];

/// The package of an example, or of a program that one starts.
fn package_of_example(name: &str) -> &'static str {
    let has = |example: &Example| example.name == name || example.children.contains(&name);
    if PAGER_EXAMPLES.iter().any(has) { workspace::PAGER_EXAMPLES } else { workspace::EXAMPLES }
}

impl Program {
    /// All but the examples.
    pub(crate) const ALL: [Self; 3] = [Self::RootTask, Self::Suite, Self::Bench];

    /// The name of its file.
    pub(crate) fn name(self) -> &'static str {
        self.package_and_binary().1
    }

    fn package_and_binary(self) -> (&'static str, &'static str) {
        match self {
            Self::RootTask => (ROOT_TASK, "root-task"),
            Self::Sabotage => (ROOT_TASK, "sabotage"),
            Self::Depths => (ROOT_TASK, "depths"),
            Self::Faults => (ROOT_TASK, "faults"),
            Self::Suite => (SUITE, "suite"),
            Self::Bench => (BENCH, "bench"),
            Self::Cost => (workspace::COST, "cost"),
            Self::Component(name) => (layouts::package_of(name), name),
            Self::Example(name) | Self::Child(name) => (package_of_example(name), name),
        }
    }

    /// The programs that travel in it. They are of the same package.
    fn children(self) -> impl Iterator<Item = Self> {
        let mut all = EXAMPLES.iter().chain(PAGER_EXAMPLES);
        let example = all.find(|example| self == Self::Example(example.name));
        let names = example.map_or(&[][..], |example| example.children);
        names.iter().map(|name| Self::Child(name))
    }
}

/// The command that builds a kernel.
pub(crate) fn kernel_command(
    workspace: &Workspace,
    toolchain: &Toolchain,
    image: Image,
) -> Command {
    let mut command = toolchain.cargo_for(workspace, "build", Target::Kernel);
    command.args(["--release", "--package", KERNEL, "--bin", "kernel"]);
    if let Some(feature) = image.feature() {
        command.args(["--features", feature]);
    }
    command
}

/// The command that builds a user program, and those that travel in it.
pub(crate) fn program_command(
    workspace: &Workspace,
    toolchain: &Toolchain,
    program: Program,
) -> Command {
    let (package, binary) = program.package_and_binary();
    let mut command = toolchain.cargo_for(workspace, "build", Target::User);
    command.args(["--release", "--package", package, "--bin", binary]);
    for child in program.children() {
        command.args(["--bin", child.name()]);
    }
    constants::hand_over(workspace, package, &mut command);
    command
}

/// Keeps a kernel that was just built under a name of its own, since the next build with other
/// features overwrites cargo's file, and makes its image.
pub(crate) fn collect_kernel(workspace: &Workspace, image: Image) -> Fallible<KernelFiles> {
    let built = workspace.target.join(Target::Kernel.triple()).join("release/kernel");
    let bytes = read(&built)?;
    let folder = workspace.output_folder("images")?;
    let name = format!("kernel-{}", image.name());
    let files = KernelFiles {
        elf: folder.join(format!("{name}.elf")),
        image: folder.join(format!("{name}.bin")),
    };
    write(&files.elf, &bytes)?;
    write(&files.image, &image::flatten(&bytes)?)?;
    Ok(files)
}

/// Completes a user program that was just built: puts its modules into it, which are the names of
/// its functions and the programs that it starts.
pub(crate) fn collect_program(workspace: &Workspace, program: Program) -> Fallible<PathBuf> {
    let (_, binary) = program.package_and_binary();
    let built = workspace.target.join(Target::User.triple()).join("release").join(binary);
    let bytes = read(&built)?;
    let file = workspace.output_folder("images")?.join(format!("{binary}.elf"));
    if !modules::has_place(&bytes)? {
        write(&file, &bytes)?;
        return Ok(file);
    }
    let mut modules = vec![Module { name: "symbols".into(), content: symbols(&bytes)? }];
    for child in program.children() {
        let content = read(&collect_program(workspace, child)?)?;
        modules.push(Module { name: child.name().into(), content });
    }
    write(&file, &modules::add(&bytes, modules)?)?;
    Ok(file)
}

/// Builds a kernel with cargo's messages on our console.
pub(crate) fn build_kernel(
    workspace: &Workspace,
    toolchain: &Toolchain,
    image: Image,
) -> Fallible<KernelFiles> {
    process::visibly(&mut kernel_command(workspace, toolchain, image))?;
    collect_kernel(workspace, image)
}

/// Builds a user program with cargo's messages on our console.
pub(crate) fn build_program(
    workspace: &Workspace,
    toolchain: &Toolchain,
    program: Program,
) -> Fallible<PathBuf> {
    process::visibly(&mut program_command(workspace, toolchain, program))?;
    collect_program(workspace, program)
}

/// Builds all there is and says where it lies and how large it is.
pub(crate) fn build_everything(workspace: &Workspace, toolchain: &Toolchain) -> Fallible<()> {
    let mut files = Vec::new();
    for image in Image::ALL {
        files.push(build_kernel(workspace, toolchain, image)?.image);
    }
    for program in Program::ALL {
        files.push(build_program(workspace, toolchain, program)?);
    }
    for file in files {
        let size = file.metadata().map_or(0, |data| data.len());
        println!("{size:>9} bytes  {}", file.display());
    }
    Ok(())
}

/// The content of a file.
pub(crate) fn read(path: &Path) -> Fallible<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Replaces a file, but leaves it alone if it is the same, for those who look at its time.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Fallible<()> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    std::fs::write(path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_image_has_no_feature() {
        assert_eq!(Image::Release.feature(), None);
        assert_eq!(Image::Debug.feature(), Some("debug"));
        assert_eq!(Image::Benchmark.feature(), Some("benchmark"));
    }
}
