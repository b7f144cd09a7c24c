//! The options of the verbs.

use std::path::PathBuf;
use std::time::Duration;

use crate::artefacts::Image;
use crate::devices::Root;
use crate::process::Fallible;
use crate::qemu::{Gic, Machine, Mebibytes};

/// What to boot, on which machine, and when to stop.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RunOptions {
    /// The root task; our own if absent.
    pub(crate) root_task: Option<PathBuf>,
    /// Files that go with the root task, by the names under which it finds them.
    pub(crate) modules: Vec<(String, PathBuf)>,
    /// The layout of the system that our own root task builds.
    pub(crate) layout: Option<PathBuf>,
    /// The root file system, if the layout has a disk for one.
    pub(crate) root: Root,
    /// Which build of the kernel.
    pub(crate) image: Image,
    /// The machine that QEMU plays.
    pub(crate) machine: Machine,
    /// Longest duration of the run.
    pub(crate) timeout: Option<Duration>,
    /// Console text that ends the run.
    pub(crate) until: Option<String>,
    /// Whether our own root task, with nothing to build, is to say what it finds.
    pub(crate) is_inventory: bool,
}

/// What is spoiled, and how often.
#[derive(Debug, PartialEq)]
pub(crate) struct FaultOptions {
    /// Faults.
    pub(crate) count: u64,
    /// Decides which, and when.
    pub(crate) seed: u64,
    /// The layout of the system; the gallery's own if absent.
    pub(crate) layout: Option<PathBuf>,
    /// The component; the first that can be spoiled if absent.
    pub(crate) victim: Option<String>,
    /// Only these kinds, with commas between them; all if absent.
    pub(crate) kinds: Option<String>,
    /// Boots at a time.
    pub(crate) jobs: usize,
    /// Which build of the kernel.
    pub(crate) image: Image,
}

/// Which steps of the tests to run.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct TestOptions {
    /// Only steps whose name contains this.
    pub(crate) filter: Option<String>,
    /// Print the names instead.
    pub(crate) list: bool,
}

/// What to measure, and what to write.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct BenchOptions {
    /// Only operations whose name begins so.
    pub(crate) prefix: Option<String>,
    /// Only what begins so, of what Linux programs ask.
    pub(crate) of_linux: Option<String>,
    /// Where to write the figures as JSON.
    pub(crate) json: Option<PathBuf>,
    /// Where to write the picture.
    pub(crate) svg: Option<PathBuf>,
    /// Where to write what the kernel executes in the first of these operations.
    pub(crate) listing: Option<PathBuf>,
    /// Whether to say which fast paths were taken, instead of counting.
    pub(crate) why_slow: bool,
    /// Whether to rewrite the recorded counts.
    pub(crate) record: bool,
}

impl BenchOptions {
    /// Whether another word can still say which of what Linux programs ask.
    fn is_for_linux(&self) -> bool {
        self.prefix.as_deref() == Some("linux") && self.of_linux.is_none()
    }
}

/// What a guest is to do, and with which files.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct LinuxOptions {
    /// The command line of its shell.
    pub(crate) command: String,
    /// Its root file system.
    pub(crate) root: Root,
    /// Files and folders that are put into its home directory first.
    pub(crate) copies: Vec<PathBuf>,
}

/// What the fuzzer is told; it reads the words itself.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct FuzzOptions {
    /// All of them.
    pub(crate) words: Vec<String>,
}

/// The words of a command line that are not consumed yet; `--name=value` counts as two.
pub(crate) struct Words {
    words: std::collections::VecDeque<String>,
}

impl Words {
    /// Splits `--name=value` words.
    pub(crate) fn new(words: &[String]) -> Self {
        let split = words.iter().flat_map(|word| match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => vec![name.into(), value.into()],
            _ => vec![word.clone()],
        });
        Self { words: split.collect() }
    }

    /// The next word.
    pub(crate) fn next(&mut self) -> Option<String> {
        self.words.pop_front()
    }

    /// Consumes the next word if it is `name`.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let found = self.words.front().is_some_and(|word| word == name);
        if found {
            self.words.pop_front();
        }
        found
    }

    /// The value that has to follow `option`.
    fn value(&mut self, option: &str) -> Fallible<String> {
        self.next().ok_or_else(|| format!("{option} needs a value"))
    }
}

/// Parses the options of `run` and `debug`.
pub(crate) fn run_options(words: &mut Words) -> Fallible<RunOptions> {
    let mut options = RunOptions::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--root-task" => options.root_task = Some(words.value(&word)?.into()),
            "--module" => options.modules.push(module(&words.value(&word)?)?),
            "--layout" => options.layout = Some(words.value(&word)?.into()),
            "--rootfs" => options.root.image = Some(words.value(&word)?),
            "--snapshot" => options.root.is_forgetful = true,
            "--inventory" => options.is_inventory = true,
            "--debug" => options.image = Image::Debug,
            "--release" => options.image = Image::Release,
            "--benchmark" => options.image = Image::Benchmark,
            "--timeout" => options.timeout = Some(seconds(&words.value(&word)?)?),
            "--until" => options.until = Some(words.value(&word)?),
            _ => machine_option(&word, words, &mut options.machine)?,
        }
    }
    Ok(options)
}

/// One option that describes the machine.
fn machine_option(word: &str, words: &mut Words, machine: &mut Machine) -> Fallible<()> {
    match word {
        "--cpus" => machine.cores = cores(&words.value(word)?)?,
        "--memory" => machine.memory = memory(&words.value(word)?)?,
        "--cpu" => machine.cpu = words.value(word)?,
        "--gic" => machine.gic = gic(&words.value(word)?)?,
        "--el2" => machine.el2 = true,
        "--append" => machine.append.push(words.value(word)?),
        _ => return Err(format!("unknown option `{word}`; see `cargo xtask --help`")),
    }
    Ok(())
}

/// Parses the options of `test`.
pub(crate) fn test_options(words: &mut Words) -> Fallible<TestOptions> {
    let mut options = TestOptions::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--list" => options.list = true,
            _ if word.starts_with("--") || options.filter.is_some() => {
                return Err(format!("`test` takes one FILTER and no `{word}`"));
            }
            _ => options.filter = Some(word),
        }
    }
    Ok(options)
}

/// Parses the options of `faults`.
pub(crate) fn fault_options(words: &mut Words) -> Fallible<FaultOptions> {
    let mut options = FaultOptions::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--count" => options.count = number(&word, &words.value(&word)?)?,
            "--seed" => options.seed = number(&word, &words.value(&word)?)?,
            "--layout" => options.layout = Some(words.value(&word)?.into()),
            "--victim" => options.victim = Some(words.value(&word)?),
            "--kind" => options.kinds = Some(words.value(&word)?),
            "--jobs" => options.jobs = number(&word, &words.value(&word)?)?.clamp(1, 64) as usize,
            "--debug" => options.image = Image::Debug,
            "--release" => options.image = Image::Release,
            _ => return Err(format!("unknown option `{word}`; see `cargo xtask --help`")),
        }
    }
    Ok(options)
}

fn number(option: &str, text: &str) -> Fallible<u64> {
    text.parse().map_err(|_| format!("{option} takes a number, not `{text}`"))
}

/// Parses the options of `bench`.
pub(crate) fn bench_options(words: &mut Words) -> Fallible<BenchOptions> {
    let mut options = BenchOptions::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--json" => options.json = Some(words.value(&word)?.into()),
            "--svg" => options.svg = Some(words.value(&word)?.into()),
            "--listing" => options.listing = Some(words.value(&word)?.into()),
            "--why-slow" => options.why_slow = true,
            "--record" => options.record = true,
            _ if options.is_for_linux() && !word.starts_with("--") => options.of_linux = Some(word),
            _ if word.starts_with("--") || options.prefix.is_some() => {
                return Err(format!("`bench` takes one PREFIX and no `{word}`"));
            }
            _ => options.prefix = Some(word),
        }
    }
    Ok(options)
}

fn module(text: &str) -> Fallible<(String, PathBuf)> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.into(), file.into()))
        }
        _ => Err(format!("--module takes NAME=FILE, not `{text}`")),
    }
}

/// Passes on the options of `fuzz`.
pub(crate) fn fuzz_options(words: &mut Words) -> FuzzOptions {
    FuzzOptions { words: std::iter::from_fn(|| words.next()).collect() }
}

/// The options of `mutants`.
pub(crate) fn mutant_options(words: &mut Words) -> Fallible<crate::mutants::Options> {
    let mut options = crate::mutants::Options::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--list" => options.list = true,
            "--planted" => options.planted = true,
            "--filter" => options.filter = Some(words.next().ok_or("--filter needs a text")?),
            _ => return Err(format!("`mutants` takes no `{word}`; see `cargo xtask --help`")),
        }
    }
    Ok(options)
}

/// Parses the options of `linux`, and its command line: all words behind `--`, as a shell would
/// have them typed.
pub(crate) fn linux_options(words: &mut Words) -> Fallible<LinuxOptions> {
    let mut options = LinuxOptions::default();
    loop {
        let word = words.next().ok_or("`linux` takes `--` and a command line")?;
        match word.as_str() {
            "--" => break,
            "--debian" => options.root.image = Some("debian".into()),
            "--rootfs" => options.root.image = Some(words.value(&word)?),
            "--snapshot" => options.root.is_forgetful = true,
            "--copy-in" => options.copies.push(words.value(&word)?.into()),
            _ => return Err(format!("`linux` takes no `{word}` before `--`")),
        }
    }
    options.command = std::iter::from_fn(|| words.next()).collect::<Vec<_>>().join(" ");
    match options.command.is_empty() {
        true => Err("`linux --` wants a command line".into()),
        false => Ok(options),
    }
}

fn seconds(text: &str) -> Fallible<Duration> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 1e6 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!("--timeout takes seconds, not `{text}`")),
    }
}

fn cores(text: &str) -> Fallible<u32> {
    match text.parse() {
        Ok(count @ 1..=8) => Ok(count),
        _ => Err(format!("--cpus takes 1 to 8, not `{text}`")),
    }
}

fn gic(text: &str) -> Fallible<Gic> {
    match text {
        "2" => Ok(Gic::V2),
        "3" => Ok(Gic::V3),
        _ => Err(format!("--gic takes 2 or 3, not `{text}`")),
    }
}

fn memory(text: &str) -> Fallible<Mebibytes> {
    let (digits, factor) = match text.strip_suffix(['G', 'g']) {
        Some(digits) => (digits, 1024),
        None => (text.strip_suffix(['M', 'm']).unwrap_or(text), 1),
    };
    match digits.parse::<u64>().ok().and_then(|count| count.checked_mul(factor)) {
        Some(count) if count > 0 => Ok(Mebibytes(count)),
        _ => Err(format!("--memory takes a size such as 128M or 8G, not `{text}`")),
    }
}
