//! What layouts cost, for generated systems of several sizes: the time of the tool, and the
//! instructions of the loader.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::artefacts::{self, Image, KernelFiles, Program};
use crate::console::{self, Audience, Limits, Reason, Until};
use crate::demangle::demangle;
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
/// What is filled in the systems that are booted, as their files are named, and in words.
///
/// The aims come from a study of an existing loader with systems of these sizes, which spent
/// nothing on contents: they are for systems whose programs alone are filled. That loader took 87
/// million instructions for 10 000 objects half of which it had to fill.
const FAMILIES: [(&str, &str); 2] = [
    ("programs", "the program of each component is filled (what the aims are for)"),
    ("half", "half of all frames are filled"),
];
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

/// How the line begins that says what each depth took.
const DEPTHS: &str = "depths: ";

/// Prints the tables: see `capdl-loader/examples/measure.rs` for the first.
pub(super) fn run(workspace: &Workspace, toolchain: &Toolchain) -> Fallible<ExitCode> {
    let folder = workspace.output_folder("bench-layouts")?;
    let mut command = cargo(workspace, "run");
    command.args(["--quiet", "--release", "--package", CAPDL, "--example", "measure", "--"]);
    process::visibly(command.arg(&folder))?;
    let kernel = artefacts::build_kernel(workspace, toolchain, Image::Release)?;
    let program = |program| -> Fallible<Vec<u8>> {
        artefacts::read(&artefacts::build_program(workspace, toolchain, program)?)
    };
    let (loader, depths) = (program(Program::RootTask)?, program(Program::Depths)?);
    for (family, words) in FAMILIES {
        println!("\nMillions of instructions of the loader and the kernel, until all threads run;");
        println!("{words}:");
        println!(
            "{:>8}  {:>8} {:>8} {:>8} {:>8} {:>8}  aim",
            "objects", "checked", "made", "verified", "released", "all"
        );
        for (objects, aim) in SIZES {
            let image = folder.join(format!("{objects}-{family}.layout"));
            match boot(&kernel, &loader, &image, counted) {
                Ok(counted) => println!("{}", row(objects, &counted, aim)),
                Err(reason) => println!("{objects:>8}  {reason}"),
            }
        }
    }
    print_depths(&kernel, &depths, &folder);
    print_text(&loader)
}

/// What verification takes if it asks the usual frames for their addresses, and if it asks all.
fn print_depths(kernel: &KernelFiles, depths: &[u8], folder: &Path) {
    println!("\nMillions of instructions to verify, if half of all frames are filled:");
    println!("{:>8}  {:>8} {:>8}", "objects", "usual", "strict");
    for (objects, _) in SIZES {
        let image = folder.join(format!("{objects}-half.layout"));
        match boot(kernel, depths, &image, at_depths) {
            Ok([usual, strict]) => println!("{objects:>8}  {usual:>8.3} {strict:>8.3}"),
            Err(reason) => println!("{objects:>8}  {reason}"),
        }
    }
}

/// What only the loader needs: the crates and modules of these functions. The supervisor stays
/// when the loader has done its work.
const LOADER: [&str; 4] = ["root_task::loader::", "packed::", "plan::", "sha2::sha256::"];
const SUPERVISOR: &str = "::supervisor::";

fn print_text(program: &[u8]) -> Fallible<ExitCode> {
    let elf = Elf::new(program)?;
    let sizes = elf.sizes()?;
    let all: u64 = sizes.iter().filter(|(name, _)| *name == ".text").map(|(_, size)| size).sum();
    let own: u64 = elf.functions()?.iter().filter(|f| is_loader(f.name)).map(|f| f.size).sum();
    let kib = |bytes: u64| bytes as f64 / 1024.0;
    println!(
        "\nthe loader's code: {:.1} KiB, aim < {TEXT} KiB, of {:.1} KiB in its program",
        kib(own),
        kib(all)
    );
    Ok(ExitCode::SUCCESS)
}

fn is_loader(function: &str) -> bool {
    let name = demangle(function);
    LOADER.iter().any(|part| name.contains(part)) && !name.contains(SUPERVISOR)
}

/// Millions of instructions: to check an image, to make, verify and release a system.
type Counted = [f64; 4];

fn row(objects: u32, counted: &Counted, aim: f64) -> String {
    let all: f64 = counted.iter().sum();
    let [checked, made, verified, released] = counted;
    let [of_all, of_aim] = [all, aim].map(|whole| 100.0 * verified / whole);
    format!(
        "{objects:>8}  {checked:>8.3} {made:>8.3} {verified:>8.3} {released:>8.3} {all:>8.3}  \
         < {aim} (verified: {of_all:.1} % of all, {of_aim:.1} % of the aim; < {VERIFICATION} %)"
    )
}

/// Boots the system of an image with one instruction to the nanosecond; answers what one of
/// the loader's lines says.
fn boot<T>(
    kernel: &KernelFiles,
    loader: &[u8],
    image: &Path,
    said: fn(&str) -> Option<T>,
) -> Fallible<T> {
    let module = Module { name: MODULE.into(), content: artefacts::read(image)? };
    let file = image.with_extension("elf");
    artefacts::write(&file, &modules::add(loader, vec![module])?)?;
    let append = vec![OPTIONS.into()];
    let machine = Machine { memory: MEMORY, counted: true, append, ..Machine::default() };
    let boot = Boot { kernel: &kernel.image, root_task: Some(&file), device_tree: None };
    let until = Until::Line(|line| {
        [ROOT_TASK_READY, DEPTHS].iter().any(|last| line.starts_with(last))
            || line.contains("stopped")
    });
    let limits = Limits { time: Some(TIME_LIMIT), until };
    let ended = console::watch(&mut machine.boot(boot), &limits, Audience::Nobody)?;
    let counted = ended.console.lines().find_map(said);
    match ended.reason {
        Reason::Seen(_) => counted.ok_or_else(|| format!("not measured: {}", ended.console)),
        reason => Err(format!("{reason}: {}", ended.console)),
    }
}

/// Reads `depths: usual in 80µs, strict in 1.5ms`.
fn at_depths(line: &str) -> Option<[f64; 2]> {
    let (usual, strict) = line.strip_prefix(DEPTHS)?.split_once(", ")?;
    let [usual, strict] = [usual.strip_prefix("usual in ")?, strict.strip_prefix("strict in ")?];
    Some([milliseconds(usual)?, milliseconds(strict.trim())?])
}

/// Reads `layout: checked in 80ns, made in 1.5ms, verified in 320µs, released in 1s`.
fn counted(line: &str) -> Option<Counted> {
    let mut parts = line.strip_prefix("layout: ")?.split(", ");
    let mut next = |what: &str| milliseconds(parts.next()?.strip_prefix(what)?.trim());
    Some([next("checked in ")?, next("made in ")?, next("verified in ")?, next("released in ")?])
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
    fn the_loader_is_told_from_what_stays_and_from_the_library() {
        assert!(is_loader("_ZN9root_task6loader6memory6create17h0123456789abcdefE"));
        assert!(is_loader("_ZN4plan7planner7Planner5place17h0123456789abcdefE"));
        assert!(!is_loader("_ZN9root_task6loader10supervisor9supervise17h0123456789abcdefE"));
        assert!(!is_loader("_ZN6libsys7console4open17h0123456789abcdefE"));
    }

    #[test]
    fn what_the_loader_says_is_understood() {
        let line = "layout: checked in 2ms, made in 1.5s, verified in 320µs, released in 12.25ms";
        assert_eq!(counted(line), Some([2.0, 1500.0, 0.32, 12.25]));
        assert_eq!(counted("layout: made in 16ns"), None);
        assert_eq!(counted("layout: 7 objects, hash 00"), None);
        assert_eq!(at_depths("depths: usual in 80µs, strict in 1.5ms"), Some([0.08, 1.5]));
        assert_eq!(at_depths("depths: stopped: no system came along"), None);
        assert_eq!(milliseconds("5"), None);
        assert_eq!(milliseconds("5min"), None);
    }
}
