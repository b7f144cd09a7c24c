//! Processes, and what two say to each other.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

use crate::machine::{self, Child, Descriptor};
use crate::windows::{self, of};

/// What the word between two threads says.
const PING: u32 = 1;
const PONG: u32 = 2;
const OVER: u32 = 3;

pub(crate) fn measure() -> io::Result<()> {
    let nothing = || Ok(());
    windows::measure(of(30, "fork and exit", 4, 0), nothing, |()| Child::run(|| 0)?.wait())?;
    windows::measure(of(31, "fork and exec", 2, 0), nothing, |()| {
        Child::run(|| machine::execute(c"/init", c"leave"))?.wait()
    })?;
    windows::measure(of(32, "pipe round trip", 20, 1), Echo::start, Echo::round)?;
    windows::measure(of(33, "futex ping-pong", 20, 0), Partner::start, Partner::round)
}

/// A process that sends back each byte.
struct Echo {
    child: Child,
    /// Open until the process is to end.
    to: Option<Descriptor>,
    from: Descriptor,
}

impl Echo {
    fn start() -> io::Result<Self> {
        let (read, to) = Descriptor::pipe()?;
        let (from, write) = Descriptor::pipe()?;
        let mut to = Some(to);
        let child = Child::run(|| {
            drop(to.take());
            let mut byte = [0];
            while read.read(&mut byte).is_ok() && write.write(&byte).is_ok() {}
            0
        })?;
        Ok(Self { child, to, from })
    }

    fn round(&mut self) -> io::Result<()> {
        if let Some(to) = &self.to {
            to.write(&[1])?;
        }
        self.from.read(&mut [0])
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        drop(self.to.take());
        // A process that cannot be waited for has no effect on what was measured.
        drop(self.child.wait());
    }
}

/// A thread that answers on the word through which it is asked.
struct Partner {
    word: Arc<AtomicU32>,
    thread: Option<JoinHandle<()>>,
}

impl Partner {
    fn start() -> io::Result<Self> {
        let word = Arc::new(AtomicU32::new(PONG));
        let shared = Arc::clone(&word);
        let answer = move || {
            while await_other(&shared, PONG) != OVER {
                tell(&shared, PONG);
            }
        };
        let thread = thread::Builder::new().spawn(answer)?;
        Ok(Self { word, thread: Some(thread) })
    }

    fn round(&mut self) -> io::Result<()> {
        tell(&self.word, PING);
        await_other(&self.word, PING);
        Ok(())
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        tell(&self.word, OVER);
        if let Some(thread) = self.thread.take() {
            // It cannot panic.
            drop(thread.join());
        }
    }
}

fn tell(word: &AtomicU32, value: u32) {
    word.store(value, Ordering::Release);
    machine::wake(word);
}

/// Waits until the word is another, and answers it.
fn await_other(word: &AtomicU32, value: u32) -> u32 {
    loop {
        match word.load(Ordering::Acquire) {
            same if same == value => machine::wait_while(word, value),
            other => return other,
        }
    }
}
