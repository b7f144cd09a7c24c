//! Takes checks out of the kernel, one at a time, and looks whether fuzzing notices.
//!
//! All mutants are built at once: a copy of the kernel asks a switch before each of its checks.
//! Then one program plays each of them, chosen by a variable of its environment.
//!
//! | module | idea |
//! |---|---|
//! | `guards` | the checks, found in the kernel's text |
//! | `copy` | the copy with its switches |
//! | `planted` | bugs like those that kernels of this family had |
//! | `survivors` | mutants that nobody notices, each with a reason |

mod copy;
mod guards;
mod planted;
mod survivors;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::process::{self, Fallible};
use crate::workspace::Workspace;

/// Games for each mutant, and for those that are left then.
const GAMES: [&str; 2] = ["300", "1500"];
/// A mutant that plays longer than this does not end: that is noticed, too.
const LIMIT: Duration = Duration::from_secs(240);
/// Pause between two looks at a player.
const PAUSE: Duration = Duration::from_millis(20);

/// What the verb is told.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    /// Only list the mutants.
    pub(crate) list: bool,
    /// Plant known bugs instead.
    pub(crate) planted: bool,
    /// Only mutants whose file or check contains this.
    pub(crate) filter: Option<String>,
}

/// A way in which the copy differs from the kernel, if its switch is on.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    /// The number of its switch.
    number: usize,
    /// Its file and what is changed there.
    name: String,
}

/// The verb.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Fallible<ExitCode> {
    let copy = copy::make(workspace)?;
    let all = if options.planted { &copy.planted } else { &copy.guards };
    let wanted = |mutant: &&Mutant| {
        options.filter.as_ref().is_none_or(|part| mutant.name.contains(part.as_str()))
    };
    let chosen: Vec<&Mutant> = all.iter().filter(wanted).collect();
    if options.list {
        chosen.iter().for_each(|mutant| println!("{:4} {}", mutant.number, mutant.name));
        println!("{} mutants", chosen.len());
        return Ok(ExitCode::SUCCESS);
    }
    process::visibly(&mut copy.build())?;
    if let Some(how) = play(&copy.program(), 0, GAMES[1])? {
        return Err(format!("the copy without a mutant does not pass:\n{how}"));
    }
    let survivors = judge_all(&copy.program(), &chosen)?;
    println!("{} of {} mutants found", chosen.len() - survivors.len(), chosen.len());
    if options.planted {
        return Ok(if survivors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    survivors::compare(workspace, &survivors, &chosen)
}

/// Judges mutants on all processors, and tells of each. The names of those that survive.
fn judge_all(program: &Path, chosen: &[&Mutant]) -> Fallible<Vec<String>> {
    let next = AtomicUsize::new(0);
    let work = || -> Fallible<Vec<String>> {
        let mut survivors = Vec::new();
        while let Some(mutant) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            match judge(program, mutant)? {
                Some((how, after)) => {
                    let seconds = after.as_secs_f64();
                    println!("found   {} ({how}, {seconds:.1} s)", mutant.name);
                }
                None => {
                    println!("missed  {}", mutant.name);
                    survivors.push(mutant.name.clone());
                }
            }
        }
        Ok(survivors)
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().map_err(|_| "a worker panicked")??);
        }
        all.sort();
        Ok(all)
    })
}

/// How a mutant is noticed and after which time, if it is: with few games first, then with many.
fn judge(program: &Path, mutant: &Mutant) -> Fallible<Option<(String, Duration)>> {
    let start = Instant::now();
    for games in GAMES {
        if let Some(how) = play(program, mutant.number, games)? {
            return Ok(Some((how, start.elapsed())));
        }
    }
    Ok(None)
}

/// Plays a mutant, 0 being none. What was noticed, in a line.
fn play(program: &Path, number: usize, games: &str) -> Fallible<Option<String>> {
    let mut command = Command::new(program);
    command.args(["--seed", "1", "--runs", games]).env(copy::SWITCH, number.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut player = command.spawn().map_err(|error| format!("cannot play: {error}"))?;
    let start = Instant::now();
    let ended = loop {
        match player.try_wait().map_err(|error| format!("cannot wait: {error}"))? {
            Some(status) => break Some(status),
            None if start.elapsed() > LIMIT => break None,
            None => std::thread::sleep(PAUSE),
        }
    };
    let Some(status) = ended else {
        player.kill().map_err(|error| format!("cannot stop a player: {error}"))?;
        player.wait().map_err(|error| format!("cannot wait: {error}"))?;
        return Ok(Some("it does not end".into()));
    };
    if status.success() {
        return Ok(None);
    }
    let output = player.wait_with_output().map_err(|error| format!("cannot read: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = text.lines().rfind(|line| line.starts_with("found after"));
    Ok(Some(found.unwrap_or("it does not begin").into()))
}
