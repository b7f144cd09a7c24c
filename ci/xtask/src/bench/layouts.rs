//! What layouts cost, for generated systems of several sizes: the time of the tool, and the
//! instructions of the loader.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::artefacts::{self, Image, KernelFiles, Program};
use crate::console::{self, Audience, Limits, Reason, Until};
use crate::layouts::MODULE;
use crate::process::{self, Fallible};
use crate::qemu::{Boot, Machine, Mebibytes};
use crate::toolchain::{Toolchain, cargo};
use crate::workspace::{CAPDL, ROOT_TASK_READY, Workspace};
use program::elf::Elf;
use program::modules::{self, Module};

/// What stands for it instead of the beginning of an operation's name.
pub(super) const NAME: &str = "layouts";
/// Sizes, and the millions of instructions until all threads run that each should take at most.
const SIZES: [(u32, f64); 4] = [(100, 0.6), (1_000, 4.5), (10_000, 45.0), (100_000, 400.0)];
/// Percent of these instructions that reading everything again should take at most.
const VERIFICATION: u32 = 15;
/// KiB of the loader's code at most.
const TEXT: u64 = 64;
/// A hang is cut after this.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// Room for all frames of the largest system.
const MEMORY: Mebibytes = Mebibytes(2560);
/// Slots for all of its objects; the counter, to count with.
const OPTIONS: &str = "tessera.root_cnode_bits=18 tessera.export=vcounter";

/// Prints the tables: see `capdl-loader/examples/measure.rs` for the first.
pub(super) fn run(workspace: &Workspace, toolchain: &Toolchain) -> Fallible<ExitCode> {
    let folder = workspace.output_folder("bench-layouts")?;
    let mut command = cargo(workspace, "run");
    command.args(["--quiet", "--release", "--package", CAPDL, "--example", "measure", "--"]);
    process::visibly(command.arg(&folder))?;
    let kernel = artefacts::build_kernel(workspace, toolchain, Image::Release)?;
    let loader = artefacts::build_program(workspace, toolchain, Program::RootTask)?;
    let loader = artefacts::read(&loader)?;
    println!("\nMillions of instructions of the loader and the kernel, until all threads run:");
    println!(
        "{:>8}  {:>9} {:>9} {:>9} {:>9}  aim",
        "objects", "made", "verified", "released", "all"
    );
    for (objects, aim) in SIZES {
        match boot(&kernel, &loader, &folder, objects) {
            Ok(counted) => println!("{}", row(objects, &counted, aim)),
            Err(reason) => println!("{objects:>8}  {reason}"),
        }
    }
    let sizes = Elf::new(&loader)?.sizes()?;
    let text: u64 = sizes.iter().filter(|(name, _)| *name == ".text").map(|(_, size)| size).sum();
    println!("the loader's code: {:.1} KiB, aim < {TEXT} KiB", text as f64 / 1024.0);
    Ok(ExitCode::SUCCESS)
}

/// Millions of instructions: to make, verify and release a system.
type Counted = [f64; 3];

fn row(objects: u32, counted: &Counted, aim: f64) -> String {
    let all: f64 = counted.iter().sum();
    let [made, verified, released] = counted;
    let share = 100.0 * verified / all;
    format!(
        "{objects:>8}  {made:>9.3} {verified:>9.3} {released:>9.3} {all:>9.3}  < {aim} \
         (verified: {share:.1} %, aim < {VERIFICATION} %)"
    )
}

/// Boots a system of this size with one instruction to the nanosecond.
fn boot(kernel: &KernelFiles, loader: &[u8], folder: &Path, objects: u32) -> Fallible<Counted> {
    let content = artefacts::read(&folder.join(format!("{objects}.layout")))?;
    let module = Module { name: MODULE.into(), content };
    let file = folder.join("loader.elf");
    artefacts::write(&file, &modules::add(loader, vec![module])?)?;
    let append = vec![OPTIONS.into()];
    let machine = Machine { memory: MEMORY, counted: true, append, ..Machine::default() };
    let boot = Boot { kernel: &kernel.image, root_task: Some(&file), device_tree: None };
    let until = Until::Line(|line| line == ROOT_TASK_READY || line.contains("stopped"));
    let limits = Limits { time: Some(TIME_LIMIT), until };
    let ended = console::watch(&mut machine.boot(boot), &limits, Audience::Nobody)?;
    let counted = ended.console.lines().find_map(counted);
    match ended.reason {
        Reason::Seen(_) => counted.ok_or_else(|| format!("not measured: {}", ended.console)),
        reason => Err(format!("{reason}: {}", ended.console)),
    }
}

/// Reads `layout: made in 1.5ms, verified in 320µs, released in 1s`.
fn counted(line: &str) -> Option<Counted> {
    let mut parts = line.strip_prefix("layout: ")?.split(", ");
    let mut next = |what: &str| milliseconds(parts.next()?.strip_prefix(what)?.trim());
    Some([next("made in ")?, next("verified in ")?, next("released in ")?])
}

/// Milliseconds, in which there are so many million instructions.
fn milliseconds(duration: &str) -> Option<f64> {
    let unit = duration.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = duration.split_at(unit);
    let scale = match unit {
        "ns" => 1e-6,
        "µs" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_loader_says_is_understood() {
        let line = "layout: made in 1.5s, verified in 320µs, released in 12.25ms";
        assert_eq!(counted(line), Some([1500.0, 0.32, 12.25]));
        assert_eq!(counted("layout: made in 16ns"), None);
        assert_eq!(counted("layout: 7 objects, hash 00"), None);
        assert_eq!(milliseconds("5"), None);
        assert_eq!(milliseconds("5min"), None);
    }
}
