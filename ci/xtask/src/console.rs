//! Runs a program while watching its console, and says why it ended.

use std::fmt;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crate::process::{self, Fallible};
use crate::script::{Script, Typist};

/// How long a program may take to obey a polite request to end.
const GRACE: Duration = Duration::from_secs(2);
/// How often an ending program is asked whether it has ended.
const POLL: Duration = Duration::from_millis(10);

/// Console output that ends a run.
#[derive(Clone, Debug, Default)]
pub(crate) enum Until {
    /// None does.
    #[default]
    Never,
    /// This text, anywhere.
    Text(String),
    /// A whole line that the function accepts.
    Line(fn(&str) -> bool),
}

/// What ends a run before the program does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    /// Longest duration.
    pub(crate) time: Option<Duration>,
    /// Console output.
    pub(crate) until: Until,
}

/// Who sees the console.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Audience<'a> {
    /// Somebody at our own console, who can also type.
    Human,
    /// Only the caller.
    Nobody,
    /// Only the caller, who types by a script.
    Typist(&'a Script),
}

/// Why a run ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reason {
    /// The program did so by itself.
    Exited(ExitStatus),
    /// It would have gone on.
    TimeLimit(Duration),
    /// The awaited text or line appeared.
    Seen(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) if status.success() => write!(f, "ended: QEMU exited (status 0)"),
            Self::Exited(status) => write!(f, "ended: QEMU failed ({status})"),
            Self::TimeLimit(limit) => write!(f, "ended: time limit of {} s", limit.as_secs_f64()),
            Self::Seen(text) => write!(f, "ended: the console said `{text}`"),
        }
    }
}

/// What is left of a run.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Why it ended.
    pub(crate) reason: Reason,
    /// Everything on the console; invalid UTF-8 replaced.
    pub(crate) console: String,
    /// What the typist was still waiting for.
    pub(crate) awaits: Option<String>,
}

/// Runs a program until it ends or has to end.
pub(crate) fn watch(
    command: &mut Command,
    limits: &Limits,
    audience: Audience<'_>,
) -> Fallible<Ended> {
    let mut look = |chunk: &[u8]| {
        if audience == Audience::Human {
            show(chunk);
        }
    };
    watch_through(command, limits, audience, &mut look)
}

/// [`watch`] with a function that sees all output as it comes.
pub(crate) fn watch_through(
    command: &mut Command,
    limits: &Limits,
    audience: Audience<'_>,
    look: &mut impl FnMut(&[u8]),
) -> Fallible<Ended> {
    let (mut child, chunks) = start(command, audience)?;
    let deadline = limits.time.map(|limit| (Instant::now() + limit, limit));
    let mut log = Log::new(limits.until.clone());
    let mut typist = match audience {
        Audience::Typist(script) => Some(Typist::new(script)),
        Audience::Human | Audience::Nobody => None,
    };
    let mut keyboard = child.stdin.take();
    let reason = loop {
        match next_chunk(&chunks, deadline.map(|(at, _)| at)) {
            Ok(chunk) => {
                look(&chunk);
                let seen = log.push(&chunk);
                if let (Some(typist), Some(keyboard)) = (&mut typist, &mut keyboard) {
                    type_in(keyboard, &typist.sees(&log.all));
                }
                if let Some(seen) = seen {
                    end(&mut child);
                    break Reason::Seen(seen);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break wait(&mut child, deadline),
            Err(RecvTimeoutError::Timeout) => {
                end(&mut child);
                break Reason::TimeLimit(deadline.map_or(Duration::ZERO, |(_, limit)| limit));
            }
        }
    };
    let awaits = typist.and_then(|typist| typist.awaits());
    Ok(Ended { reason, console: String::from_utf8_lossy(&log.all).into_owned(), awaits })
}

/// Starts the program; its output arrives in chunks.
fn start(command: &mut Command, audience: Audience<'_>) -> Fallible<(Child, Receiver<Vec<u8>>)> {
    command.stdout(Stdio::piped());
    match audience {
        Audience::Human => command.stdin(Stdio::inherit()).stderr(Stdio::inherit()),
        Audience::Nobody => command.stdin(Stdio::null()).stderr(Stdio::piped()),
        Audience::Typist(_) => command.stdin(Stdio::piped()).stderr(Stdio::piped()),
    };
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot start `{}`: {error}", process::line(command)))?;
    let (sender, receiver) = channel();
    if let Some(errors) = child.stderr.take() {
        forward(errors, sender.clone());
    }
    if let Some(output) = child.stdout.take() {
        forward(output, sender);
    }
    Ok((child, receiver))
}

/// Sends on what arrives, from a thread of its own, since reading blocks.
fn forward(mut from: impl Read + Send + 'static, to: Sender<Vec<u8>>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if to.send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
}

fn next_chunk(
    chunks: &Receiver<Vec<u8>>,
    deadline: Option<Instant>,
) -> Result<Vec<u8>, RecvTimeoutError> {
    match deadline {
        Some(at) => chunks.recv_timeout(at.saturating_duration_since(Instant::now())),
        None => chunks.recv().map_err(|_| RecvTimeoutError::Disconnected),
    }
}

/// A program that has ended, or closed its input, hears nothing any more.
fn type_in(keyboard: &mut impl Write, bytes: &[u8]) {
    let _ = keyboard.write_all(bytes).and_then(|()| keyboard.flush());
}

/// Our own console going away must not end the run.
pub(crate) fn show(chunk: &[u8]) {
    let mut output = std::io::stdout().lock();
    let _ = output.write_all(chunk).and_then(|()| output.flush());
}

/// Waits for a program that has closed its console; ends it at the deadline.
fn wait(child: &mut Child, deadline: Option<(Instant, Duration)>) -> Reason {
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Reason::Exited(status);
        }
        if let Some((at, limit)) = deadline
            && Instant::now() >= at
        {
            end(child);
            return Reason::TimeLimit(limit);
        }
        std::thread::sleep(POLL);
    }
}

/// Asks the program to end, so that QEMU restores the terminal; kills it if it does not obey.
fn end(child: &mut Child) {
    let request = format!("kill -TERM {}", child.id());
    let _ = Command::new("sh").args(["-c", &request]).stderr(Stdio::null()).status();
    let patience = Instant::now() + GRACE;
    while Instant::now() < patience {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(POLL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// What the console said so far.
struct Log {
    until: Until,
    all: Vec<u8>,
    /// Where the part begins that may still contain the awaited output.
    unread: usize,
}

impl Log {
    fn new(until: Until) -> Self {
        Self { until, all: Vec::new(), unread: 0 }
    }

    /// Adds output; returns the awaited text once it is there.
    fn push(&mut self, chunk: &[u8]) -> Option<String> {
        self.all.extend_from_slice(chunk);
        match &self.until {
            Until::Never => None,
            Until::Text(text) => {
                let unread = &self.all[self.unread..];
                let found = unread.windows(text.len().max(1)).any(|part| part == text.as_bytes());
                self.unread = self.all.len().saturating_sub(text.len());
                found.then(|| text.clone())
            }
            Until::Line(accepts) => {
                let accepts = *accepts;
                while let Some(line) = self.next_line() {
                    if accepts(&line) {
                        return Some(line);
                    }
                }
                None
            }
        }
    }

    /// The next complete line, without its end.
    fn next_line(&mut self) -> Option<String> {
        let unread = &self.all[self.unread..];
        let length = unread.iter().position(|byte| *byte == b'\n')?;
        let line = String::from_utf8_lossy(&unread[..length]).trim_end().to_string();
        self.unread += length + 1;
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, time: Option<f64>, until: Until) -> Ended {
        let limits = Limits { time: time.map(Duration::from_secs_f64), until };
        watch(Command::new("sh").args(["-c", script]), &limits, Audience::Nobody).expect("sh")
    }

    #[test]
    fn a_run_ends_with_the_status_of_the_program() {
        let ended = shell("echo out; echo err >&2; exit 7", None, Until::Never);
        assert!(matches!(ended.reason, Reason::Exited(status) if status.code() == Some(7)));
        assert!(ended.console.contains("out\n") && ended.console.contains("err\n"));
        assert!(ended.reason.to_string().contains('7'));
    }

    #[test]
    fn a_run_ends_at_its_time_limit() {
        let ended = shell("echo before; exec sleep 60", Some(0.3), Until::Never);
        assert_eq!(ended.reason, Reason::TimeLimit(Duration::from_millis(300)));
        assert_eq!(ended.console, "before\n");
        assert_eq!(ended.reason.to_string(), "ended: time limit of 0.3 s");
    }

    #[test]
    fn a_closed_console_does_not_prevent_the_time_limit() {
        let ended = shell("exec >&- 2>&-; exec sleep 60", Some(0.3), Until::Never);
        assert_eq!(ended.reason, Reason::TimeLimit(Duration::from_millis(300)));
    }

    #[test]
    fn a_run_ends_when_the_text_appears() {
        let ended = shell("echo it is done now; exec sleep 60", None, Until::Text("done".into()));
        assert_eq!(ended.reason, Reason::Seen("done".into()));
    }

    #[test]
    fn a_typist_follows_the_script() {
        let script =
            Script::parse("expect name?\ntype x y\\n\nexpect hello, x y!\n").expect("good");
        let mut command = Command::new("sh");
        command.args(["-c", "printf 'name? '; read name; echo \"hello, $name!\"; cat"]);
        let limits = Limits { time: None, until: Until::Text("y!".into()) };
        let ended = watch(&mut command, &limits, Audience::Typist(&script)).expect("sh");
        assert_eq!((ended.console.as_str(), ended.awaits), ("name? hello, x y!\n", None));
        let ended = shell("echo nothing", None, Until::Never);
        assert_eq!(ended.awaits, None, "nobody types");
        let ended =
            watch(&mut Command::new("true"), &limits, Audience::Typist(&script)).expect("true");
        assert_eq!(ended.awaits.as_deref(), Some("name?"));
    }

    #[test]
    fn text_is_found_across_chunks() {
        let mut log = Log::new(Until::Text("done".into()));
        assert_eq!(log.push(b"all do"), None);
        assert_eq!(log.push(b"n"), None);
        assert_eq!(log.push(b"e."), Some("done".into()));
    }

    #[test]
    fn only_whole_lines_are_judged() {
        let mut log = Log::new(Until::Line(|line| line.ends_with("failed")));
        assert_eq!(log.push(b"x\r\n1 passed, 0 failed"), None);
        assert_eq!(log.push(b", 2 skipped\n3 failed\r\nmore"), Some("3 failed".into()));
    }

    #[test]
    fn a_stubborn_program_is_killed() {
        let start = Instant::now();
        let ended = shell("trap '' TERM; while :; do sleep 0.1; done", Some(0.1), Until::Never);
        assert_eq!(ended.reason, Reason::TimeLimit(Duration::from_millis(100)));
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}
