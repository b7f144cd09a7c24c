//! Spoils a component of a running system again and again, and judges what comes of it.
//!
//! The initial task `faults` (in `root-task/src/bin`) does the work, by a seed: with the counter in
//! instructions, a seed gives the same run again. (A device of QEMU works in the host's time; with
//! one, a seed gives the same faults at nearly the same times.) Here is who starts it, in as many
//! boots as the count needs, two at a time, and what must be true of what it prints
//! ([`verdict`]).

mod progress;
pub(crate) mod verdict;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::artefacts::{self, Image, Program};
use crate::cli::FaultOptions;
use crate::console::{self, Audience, Limits, Until};
use crate::devices::{self, Root};
use crate::layouts;
use crate::process::Fallible;
use crate::qemu::{Boot, Machine};
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;
use program::modules::{self, Module};
use progress::Progress;
use verdict::{DONE, Verdict, judge};

/// The system whose driver is spoiled, if nobody names another.
pub(crate) const LAYOUT: &str = "capdl-loader/systems/faults/faults.layout.toml";
/// The module by which the initial task knows what to do.
pub(crate) const MODULE: &str = "faults";
/// Beyond so many faults, their reports are short.
const REPORTED: u64 = 500;
/// Most faults of a boot: a failure is found again by repeating its boot.
const OF_A_BOOT: u64 = 2000;
/// What a run may take besides its faults ...
const START: Duration = Duration::from_secs(120);
/// ... and for each of them.
const EACH: Duration = Duration::from_millis(500);

/// What a boot is to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Orders {
    /// Decides which faults, and when.
    pub(crate) seed: u64,
    /// How many.
    pub(crate) count: u64,
    /// The component that is spoiled, if not the first one that can be.
    pub(crate) victim: Option<String>,
    /// Only faults of these classes, with commas between them.
    pub(crate) kinds: Option<String>,
}

impl Orders {
    /// As the initial task is told.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("seed {} count {}", self.seed, self.count);
        let words = [("victim", &self.victim), ("kinds", &self.kinds)];
        for (word, value) in
            words.into_iter().filter_map(|(word, value)| Some((word, value.as_ref()?)))
        {
            text += &format!(" {word} {value}");
        }
        if self.count > REPORTED {
            text += " terse";
        }
        text
    }

    /// When a run ends.
    pub(crate) fn limits(&self) -> Limits {
        let each = u32::try_from(self.count).unwrap_or(u32::MAX);
        let is_last = |line: &str| line.starts_with(DONE) || line.starts_with("faults: failed");
        Limits { time: Some(START + EACH.saturating_mul(each)), until: Until::Line(is_last) }
    }

    /// Whether what the driver acknowledges is true whatever happens to it.
    fn are_strict(&self) -> bool {
        let is_strict = |kind: &str| verdict::STRICT.contains(&kind);
        self.kinds.as_ref().is_some_and(|kinds| kinds.split(',').all(is_strict))
    }
}

/// What a boot of a layout's system with faults needs.
pub(crate) struct Bench {
    /// The kernel's image.
    pub(crate) kernel: PathBuf,
    /// The initial task that spoils, with the system's image in it.
    pub(crate) loader: Vec<u8>,
    /// Where files for boots go.
    pub(crate) folder: PathBuf,
    /// More words for QEMU.
    pub(crate) devices: Vec<String>,
}

impl Bench {
    /// The machine for these orders. `number` tells boots apart that run at the same time.
    pub(crate) fn boot(&self, orders: &Orders, number: usize) -> Fallible<Command> {
        let module = Module { name: MODULE.into(), content: orders.text().into_bytes() };
        let file = self.folder.join(format!("faults-{number}.elf"));
        artefacts::write(&file, &modules::add(&self.loader, vec![module])?)?;
        let boot = Boot { kernel: &self.kernel, root_task: Some(&file), device_tree: None };
        let append = vec!["tessera.export=vcounter".into()];
        let counted = self.devices.is_empty();
        let mut qemu = Machine { counted, append, ..Machine::default() }.boot(boot);
        qemu.args(&self.devices);
        if !counted {
            // Devices need the host's time, which goes by while the core sleeps. Each boot has its
            // disks for itself.
            qemu.args(["-icount", "shift=0,sleep=on", "-snapshot"]);
        }
        Ok(qemu)
    }

    /// Builds all of it.
    fn build(
        workspace: &Workspace,
        toolchain: &Toolchain,
        options: &FaultOptions,
    ) -> Fallible<Self> {
        let layout = options.layout.clone().unwrap_or_else(|| PathBuf::from(LAYOUT));
        let loader = artefacts::build_program(workspace, toolchain, Program::Faults)?;
        let image = layouts::build(workspace, toolchain, &layout)?;
        let module = Module { name: layouts::MODULE.into(), content: artefacts::read(&image)? };
        Ok(Self {
            kernel: artefacts::build_kernel(workspace, toolchain, options.image)?.image,
            loader: modules::add(&artefacts::read(&loader)?, vec![module])?,
            folder: folder(workspace, &layout)?,
            devices: devices::of_layout(workspace, &layout, &Root::forgetful())?,
        })
    }
}

/// Where boots of a layout's system have their files: others may run at the same time.
fn folder(workspace: &Workspace, layout: &Path) -> Fallible<PathBuf> {
    let name = layout.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let folder = workspace.output_folder("images")?.join(name.split('.').next().unwrap_or(name));
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// The verb.
pub(crate) fn run(
    workspace: &Workspace,
    toolchain: &Toolchain,
    options: &FaultOptions,
) -> Fallible<ExitCode> {
    let bench = Bench::build(workspace, toolchain, options)?;
    let boots = boots(options);
    let progress = Mutex::new(Progress::new(options.count));
    let queue = Mutex::new(boots.iter().enumerate());
    let next = || queue.lock().ok().and_then(|mut queue| queue.next());
    let work = || {
        let mut failures = Vec::new();
        while let Some((number, orders)) = next() {
            if let Err(problem) = one_boot(&bench, orders, number, &progress) {
                let failure = format!("{problem}\n{}", again(options, orders));
                eprintln!("{failure}");
                failures.push(failure);
            }
        }
        failures
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    let progress = progress.into_inner().map_err(|_| "a boot went wrong")?;
    println!("{}", progress.sums());
    println!("{}", progress.line());
    failures.iter().for_each(|failure| println!("{failure}"));
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What each boot is to do.
fn boots(options: &FaultOptions) -> Vec<Orders> {
    let FaultOptions { count, seed, victim, kinds, .. } = options;
    let all = count.div_ceil(OF_A_BOOT);
    let share = |number: u64| OF_A_BOOT.min(count - number * OF_A_BOOT);
    let orders = |number: u64| Orders {
        seed: seed.wrapping_add(number),
        count: share(number),
        victim: victim.clone(),
        kinds: kinds.clone(),
    };
    (0..all).map(orders).collect()
}

/// Boots once, and judges that.
fn one_boot(
    bench: &Bench,
    orders: &Orders,
    number: usize,
    progress: &Mutex<Progress>,
) -> Fallible<Verdict> {
    let mut qemu = bench.boot(orders, number)?;
    let mut lines = progress::Lines::default();
    let mut look = |chunk: &[u8]| {
        let Ok(mut progress) = progress.lock() else { return };
        lines.push(chunk, |line| progress.see(line));
        if let Some(line) = progress.due(Instant::now()) {
            eprintln!("{line}");
        }
    };
    let ended = console::watch_through(&mut qemu, &orders.limits(), Audience::Nobody, &mut look)?;
    let log = bench.folder.join(format!("faults-{number}.log"));
    artefacts::write(&log, ended.console.as_bytes())?;
    let verdict = judge(&ended.console, orders.count, orders.are_strict());
    if let (Ok(verdict), Ok(mut progress)) = (&verdict, progress.lock()) {
        progress.add(verdict);
    }
    verdict.map_err(|problem| format!("{problem}; {}; see {}", ended.reason, log.display()))
}

/// How a boot is repeated.
fn again(options: &FaultOptions, orders: &Orders) -> String {
    let mut line = format!(
        "again: cargo xtask faults --seed {} --count {} --{}",
        orders.seed,
        orders.count,
        options.image.name()
    );
    if let Some(layout) = &options.layout {
        line += &format!(" --layout {}", layout.display());
    }
    let words = [("victim", &options.victim), ("kind", &options.kinds)];
    for (word, value) in words.into_iter().filter_map(|(word, value)| Some((word, value.as_ref()?)))
    {
        line += &format!(" --{word} {value}");
    }
    line
}

impl Default for FaultOptions {
    fn default() -> Self {
        Self {
            count: 100,
            seed: 1,
            layout: None,
            victim: None,
            kinds: None,
            jobs: 2,
            // A debug image has calls by which any program stops it.
            image: Image::Release,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(count: u64, kinds: Option<&str>) -> Orders {
        Orders { seed: 7, count, victim: None, kinds: kinds.map(Into::into) }
    }

    #[test]
    fn long_runs_are_short_of_words() {
        assert_eq!(orders(500, None).text(), "seed 7 count 500");
        assert_eq!(orders(501, Some("kill")).text(), "seed 7 count 501 kinds kill terse");
    }

    #[test]
    fn a_driver_that_only_dies_says_the_truth() {
        assert!(orders(1, Some("kill,hang")).are_strict());
        assert!(!orders(1, Some("kill,data")).are_strict());
        assert!(!orders(1, None).are_strict(), "all kinds");
    }

    #[test]
    fn many_faults_are_divided_among_boots() {
        let options = FaultOptions { count: 4100, seed: 3, ..FaultOptions::default() };
        let of = |orders: &Orders| (orders.seed, orders.count);
        let boots: Vec<_> = boots(&options).iter().map(of).collect();
        assert_eq!(boots, [(3, 2000), (4, 2000), (5, 100)]);
        let line = again(&options, &orders(9, None));
        assert_eq!(line, "again: cargo xtask faults --seed 7 --count 9 --release");
    }
}
