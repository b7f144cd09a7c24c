//! Starting workers and finding out how they end.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::note::{self, Note};
use super::worker::{EXECUTE, WORK};
use crate::Target;

/// How often a worker is looked at.
const PAUSE: Duration = Duration::from_millis(5);
/// Address space of a worker, in KiB, where the shell can limit it.
const MEMORY: &str = "2097152";

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The target.
    pub target: Target,
    /// Chooses the inputs.
    pub seed: u64,
    /// Executions after those of the corpus.
    pub runs: u64,
}

/// How a campaign ended.
#[derive(Debug)]
pub enum Outcome {
    /// All executions came back.
    Survived {
        /// How long all took.
        elapsed: Duration,
    },
    /// One did not.
    Broken(Broken),
}

/// An execution that did not come back.
#[derive(Debug)]
pub struct Broken {
    /// Its number; the corpus comes first.
    pub execution: u64,
    /// Its input.
    pub input: Vec<u8>,
    /// What happened.
    pub why: Why,
}

/// What happened to a worker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// It ended before its time, with this on its standard error.
    Died(String),
    /// One execution took longer than the limit.
    Hung,
}

impl Why {
    /// Whether two executions broke in the same way: at the same place, if that is known.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Hung, Self::Hung) => true,
            (Self::Died(one), Self::Died(another)) => place(one) == place(another),
            _ => false,
        }
    }
}

/// The place in what a panic says: `thread 'main' (1) panicked at PLACE:`.
fn place(message: &str) -> Option<&str> {
    message.lines().find_map(|line| line.split_once(" panicked at ")).map(|(_, place)| place)
}

/// Starts workers.
#[derive(Debug)]
pub struct Watcher {
    program: PathBuf,
    folder: PathBuf,
    limit: Duration,
}

impl Watcher {
    /// Workers are `program`; an execution may take `limit`. What they write goes to a new
    /// folder for temporary files.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn new(program: PathBuf, limit: Duration) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("tessera-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self { program, folder, limit })
    }

    /// Another limit, for the same folder.
    pub fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// Runs a campaign to its end, or to the first execution that does not come back.
    ///
    /// # Errors
    ///
    /// The worker cannot be started, or does not even begin.
    pub fn run(&self, campaign: &Campaign) -> io::Result<Outcome> {
        let note = self.folder.join("note");
        let (seed, runs) = (campaign.seed.to_string(), campaign.runs.to_string());
        let words: [&OsStr; 5] = [
            WORK.as_ref(),
            campaign.target.name.as_ref(),
            seed.as_ref(),
            runs.as_ref(),
            note.as_os_str(),
        ];
        let start = Instant::now();
        let why = self.watch(&words, || note::read(&note))?;
        let elapsed = start.elapsed();
        match (note::read(&note), why) {
            (Note::Done, None) => Ok(Outcome::Survived { elapsed }),
            (Note::Busy { execution, input }, Some(why)) => {
                Ok(Outcome::Broken(Broken { execution, input, why }))
            }
            (_, why) => Err(io::Error::other(format!("the worker did not begin: {why:?}"))),
        }
    }

    /// What happens to one input; nothing, if it does no harm.
    ///
    /// # Errors
    ///
    /// The worker cannot be started, or its input cannot be written.
    pub fn execute(&self, target: Target, input: &[u8]) -> io::Result<Option<Why>> {
        let file = self.folder.join("input");
        std::fs::write(&file, input)?;
        let words: [&OsStr; 3] = [EXECUTE.as_ref(), target.name.as_ref(), file.as_os_str()];
        self.watch(&words, || Note::Nothing)
    }

    /// Starts a worker and waits until it ends or its `progress` stands still for too long.
    fn watch(&self, words: &[&OsStr], progress: impl Fn() -> Note) -> io::Result<Option<Why>> {
        let errors = self.folder.join("errors");
        let mut worker = self.start(words, &errors)?;
        let mut last = (Note::Nothing, Instant::now());
        loop {
            if let Some(status) = worker.try_wait()? {
                let said = std::fs::read(&errors)?;
                let said = String::from_utf8_lossy(&said).trim().to_string();
                let died = || Why::Died(format!("{said}\n{status}").trim().to_string());
                return Ok((!status.success()).then(died));
            }
            if last.1.elapsed() > self.limit {
                let now = progress();
                if now == last.0 {
                    worker.kill()?;
                    worker.wait()?;
                    return Ok(Some(Why::Hung));
                }
                last = (now, Instant::now());
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Through a shell, which can limit the memory.
    fn start(&self, words: &[&OsStr], errors: &Path) -> io::Result<Child> {
        let limited = format!("ulimit -v {MEMORY} 2>&-; ulimit -c 0; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(limited).arg(&self.program).args(words);
        command.env("RUST_BACKTRACE", "0").stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(std::fs::File::create(errors)?).spawn()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // What stays behind is a small temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
