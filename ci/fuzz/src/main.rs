//! Runs targets: `fuzz [TARGET] [--seed S] [--runs N] [--limit SECONDS] [--keep]`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use fuzz::runner::{self, Broken, Campaign, Outcome, Watcher, Why};
use fuzz::{TARGETS, Target, corpus};

/// Executions, unless somebody says another number.
const RUNS: u64 = 100_000;
/// Longest duration of one execution, in seconds. A machine may be busy with other things.
const LIMIT: u64 = 20;
/// The same while shrinking something that hangs, which has to wait each time.
const SHRINKING_LIMIT: Duration = Duration::from_secs(1);
/// Most smaller inputs to try.
const ATTEMPTS: usize = 4000;
/// The same for what hangs.
const HUNG_ATTEMPTS: usize = 60;

/// Any reason to give up, as a sentence.
type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// What the command line asks for.
#[derive(Debug)]
struct Options {
    targets: Vec<Target>,
    seed: u64,
    runs: u64,
    /// Longest duration of one execution.
    limit: Duration,
    /// Whether to put what breaks a target into its folder of former crashes.
    keep: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words[..] {
        [runner::WORK, target, seed, runs, note] => work(target, seed, runs, note),
        [runner::EXECUTE, target, file] => execute(target, file),
        _ => options(&words).and_then(|options| run(&options)),
    };
    result.unwrap_or_else(|problem| {
        eprintln!("fuzz: {problem}");
        ExitCode::from(2)
    })
}

fn options(words: &[&str]) -> Fallible<Options> {
    let limit = Duration::from_secs(LIMIT);
    let targets = TARGETS.to_vec();
    let mut options = Options { targets, seed: 1, runs: RUNS, limit, keep: false };
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        let mut number = || -> Fallible<u64> {
            let value = words.next().ok_or_else(|| format!("{word} needs a number"))?;
            Ok(value.parse().map_err(|_| format!("{word} takes a number, not `{value}`"))?)
        };
        match word {
            "--seed" => options.seed = number()?,
            "--runs" => options.runs = number()?,
            "--limit" => options.limit = Duration::from_secs(number()?),
            "--keep" => options.keep = true,
            name => options.targets = vec![named(name)?],
        }
    }
    Ok(options)
}

fn named(name: &str) -> Fallible<Target> {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    let target = Target::named(name);
    Ok(target.ok_or_else(|| format!("no target `{name}`; there are {}", names.join(", ")))?)
}

/// All campaigns; the status says whether everything came back.
fn run(options: &Options) -> Fallible<ExitCode> {
    let mut watcher = Watcher::new(std::env::current_exe()?, options.limit)?;
    let mut status = ExitCode::SUCCESS;
    for &target in &options.targets {
        let campaign = Campaign { target, seed: options.seed, runs: options.runs };
        watcher.set_limit(options.limit);
        match watcher.run(&campaign)? {
            Outcome::Survived { elapsed } => {
                let corpus = corpus::files(target.name)?.len();
                println!("{}", runner::summary(&campaign, corpus, elapsed));
            }
            Outcome::Broken(broken) => {
                tell(&mut watcher, &campaign, &broken, options.keep)?;
                status = ExitCode::FAILURE;
            }
        }
    }
    Ok(status)
}

/// Shrinks what was found, prints it, and keeps it if asked to.
fn tell(watcher: &mut Watcher, campaign: &Campaign, broken: &Broken, keep: bool) -> Fallible<()> {
    let hung = broken.why == Why::Hung;
    let attempts = if hung { HUNG_ATTEMPTS } else { ATTEMPTS };
    if hung {
        watcher.set_limit(SHRINKING_LIMIT);
    }
    let name = campaign.target.name;
    let shrunk = runner::shrink(&broken.input, attempts, |input| {
        let why = watcher.execute(campaign.target, input);
        why.is_ok_and(|why| why.is_some_and(|why| why.is_like(&broken.why)))
    });
    println!("{}", runner::as_test(campaign, broken, &shrunk));
    if keep {
        let file = runner::kept_as(name, &shrunk);
        std::fs::create_dir_all(corpus::crashes(name))?;
        std::fs::write(&file, &shrunk)?;
        println!("kept in {}", file.display());
    }
    Ok(())
}

fn work(target: &str, seed: &str, runs: &str, note: &str) -> Fallible<ExitCode> {
    let target = named(target)?;
    let campaign = Campaign { target, seed: seed.parse()?, runs: runs.parse()? };
    runner::work(&campaign, &corpus::files(target.name)?, Path::new(note))?;
    Ok(ExitCode::SUCCESS)
}

fn execute(target: &str, file: &str) -> Fallible<ExitCode> {
    runner::execute(named(target)?, Path::new(file))?;
    Ok(ExitCode::SUCCESS)
}
