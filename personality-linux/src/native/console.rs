//! The console: a driver's terminal, or what prints without one.
//!
//! Two threads wait for the driver, so that the server never does: one for what is typed, one until
//! what is printed has gone out. Both ring the server's bell. Neither uses the heap: the server,
//! which has a higher priority, would wait in vain for one that is interrupted there.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use libsys::bootstrap::AllocationError;
use libsys::memory::{Memory, Objects, Space};
use libsys::object::{Budget, Notification, SchedControl};
use libsys::server::Origin;
use libsys::service::terminal::{CHUNK, Terminal};
use libsys::worker::Options;
use libsys::{Cap, Mutex, Rights, console, thread};

use super::parts::ATTENTIVE;

/// The signal that something was typed, or that there is room for what is printed.
pub(crate) const CONSOLE: u64 = 1 << CONSOLE_BIT;
const CONSOLE_BIT: u32 = 1;
/// Bytes that wait to be printed, at most.
const LIMIT: usize = 16 << 10;
/// Bytes that are typed and not seen by the server, at most.
const TYPED: usize = 4096;
/// What either thread may take of the time.
const SLICE: Duration = Duration::from_millis(10);

/// What the threads and the server have in common.
struct Shared {
    typed: Mutex<VecDeque<u8>>,
    /// What is to be printed; the part under way stays until it has gone out.
    printed: Mutex<VecDeque<u8>>,
}

/// The console.
pub(crate) enum Console {
    /// Nobody can type, and printing does not wait.
    Plain,
    Driven(Driven),
}

/// A terminal of a driver.
pub(crate) struct Driven {
    shared: Arc<Shared>,
    /// There is something to print.
    go: Cap<Notification>,
    /// All of it has gone out.
    idle: Cap<Notification>,
}

impl Driven {
    /// Starts the threads, which ring `bell`.
    ///
    /// # Errors
    /// The layout gives too little memory.
    pub(crate) fn start(
        memory: &mut Memory,
        space: &mut Space,
        terminal: Terminal,
        bell: Cap<Notification>,
        core: Cap<SchedControl>,
    ) -> Result<Self, AllocationError> {
        let bell = memory.mint(bell, Rights::WRITE, Origin::signal_badge(CONSOLE_BIT))?;
        let (go, idle) = (memory.create::<Notification>()?, memory.create::<Notification>()?);
        let typed = Mutex::new(VecDeque::with_capacity(TYPED));
        let shared = Shared { typed, printed: Mutex::new(VecDeque::new()) };
        shared.typed.wait_on(memory.create::<Notification>()?);
        shared.printed.wait_on(memory.create::<Notification>()?);
        let shared = Arc::new(shared);
        let time = Some(Budget::round_robin(SLICE));
        let options = Options { priority: ATTENTIVE, time, ..Options::new(core) };
        let ours = Arc::clone(&shared);
        thread::spawn_in(memory, space, options, move || listen(terminal, &ours, bell))?;
        let ours = Arc::clone(&shared);
        let bells = Bells { go, idle, bell };
        thread::spawn_in(memory, space, options, move || speak(terminal, &ours, bells))?;
        Ok(Self { shared, go, idle })
    }

    /// What was typed.
    pub(crate) fn typed(&self) -> Vec<u8> {
        self.shared.typed.lock().drain(..).collect()
    }
}

/// What the thread that prints listens to, and rings.
#[derive(Clone, Copy)]
struct Bells {
    go: Cap<Notification>,
    idle: Cap<Notification>,
    bell: Cap<Notification>,
}

/// Takes what is typed, for as long as the driver knows how.
fn listen(terminal: Terminal, shared: &Shared, bell: Cap<Notification>) {
    while let Ok(input) = terminal.read() {
        let mut typed = shared.typed.lock();
        let room = TYPED - typed.len();
        typed.extend(input.bytes.iter().take(room));
        drop(typed);
        bell.signal();
    }
}

/// Prints what there is to be printed, for ever.
fn speak(terminal: Terminal, shared: &Shared, bells: Bells) {
    loop {
        let mut part = [0; CHUNK];
        let count = {
            let printed = shared.printed.lock();
            part.iter_mut().zip(printed.iter()).map(|(place, byte)| *place = *byte).count()
        };
        if count == 0 {
            bells.idle.signal();
            let _ = bells.go.wait();
            continue;
        }
        // A driver that was started again has forgotten that lines end as they are. What it does
        // not take at all is lost: there is nobody to tell.
        let _ = terminal.set_raw(true).and_then(|()| terminal.write_all(&part[..count]));
        let mut printed = shared.printed.lock();
        let before = printed.len();
        printed.drain(..count);
        let had_little_room = before > LIMIT / 2;
        if had_little_room && printed.len() <= LIMIT / 2 || printed.is_empty() {
            bells.bell.signal();
        }
    }
}

impl Console {
    /// Bytes that there is room for besides so many that wait elsewhere.
    pub(crate) fn room(&self, waiting: usize) -> usize {
        match self {
            Self::Plain => usize::MAX / 2,
            Self::Driven(driven) => {
                LIMIT.saturating_sub(driven.shared.printed.lock().len() + waiting)
            }
        }
    }

    /// Prints bytes, now or soon.
    pub(crate) fn print(&self, bytes: &[u8]) {
        match self {
            Self::Plain => console::print_bytes(bytes),
            Self::Driven(driven) => {
                driven.shared.printed.lock().extend(bytes);
                driven.go.signal();
            }
        }
    }

    /// Waits until everything has gone out.
    pub(crate) fn drain(&self) {
        if let Self::Driven(driven) = self {
            while !driven.shared.printed.lock().is_empty() {
                let _ = driven.idle.wait();
            }
        }
    }
}
