//! What the tests of threads, messages and time do with their helpers.

use crate::framework::prelude::*;
use libsys::worker::Options;

/// Words of the board that hold one received message.
const WORDS_OF_MESSAGE: usize = 8;

/// Keeps a message on the board at `place` (1 to 15; the words below are for the tests).
pub(super) fn keep(place: usize, received: Received) {
    let [w0, w1, w2, w3] = received.words;
    let words = [received.badge, received.info.0, w0, w1, w2, w3];
    for (index, word) in words.into_iter().enumerate() {
        Board::shared().set(WORDS_OF_MESSAGE * place + index, word);
    }
}

/// The message that was kept at `place`.
pub(super) fn kept(place: usize) -> Received {
    let word = |index| Board::shared().get(WORDS_OF_MESSAGE * place + index);
    let (badge, info) = (word(0), MessageInfo(word(1)));
    Received { badge, info, words: [word(2), word(3), word(4), word(5)] }
}

/// Notes an event, a digit from 1 to 15, in the order of events (see [`order`]).
pub(super) fn note(event: u64) {
    Board::shared().append(0, event);
}

/// The events so far, as digits of a number in base 16.
pub(super) fn order() -> u64 {
    Board::shared().get(0)
}

/// Counts in word `index` of the board, for ever.
pub(super) fn count_in(index: usize) -> ! {
    loop {
        Board::shared().add(index, 1);
    }
}

/// Spends some time.
pub(super) fn spend_time(rounds: u64) {
    for _ in 0..rounds {
        Board::shared().add(7, 1);
    }
}

/// A system call that no image knows, with numbers in its registers: an UnknownSyscall fault.
/// Answers the registers after the fault handler's reply.
pub(super) fn unknown_syscall() -> RawRegisters {
    RawRegisters { x: [0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, UNKNOWN, 0x18] }.svc()
}

/// The number of that system call.
pub(super) const UNKNOWN: u64 = 100;

/// A period that no test lives to see the end of.
pub(super) const AGES: Duration = Duration::from_secs(1000);

/// So many milliseconds.
pub(super) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A time slice that no test uses up.
pub(super) const LONG_SLICE: Budget = Budget::round_robin(Duration::from_secs(5));

impl World {
    /// Options of a helper with a fault handler.
    pub(super) fn handled(&self, priority: u8, fault_handler: Cap<Endpoint>) -> Options {
        Options { fault_handler, ..self.options(priority) }
    }

    /// Options of a helper with chosen time.
    pub(super) fn timed(&self, priority: u8, time: Budget) -> Options {
        Options { time: Some(time), ..self.options(priority) }
    }
}

/// Lets the root thread wait for a time, while helpers run.
pub(super) struct Clock {
    hand: Helper,
    core: Cap<SchedControl>,
    bell: Cap<Notification>,
}

impl Clock {
    /// A clock with a thread of the highest priority.
    pub(super) fn new(w: &mut World) -> Outcome<Self> {
        let (core, bell) = (w.sched_control(0), w.create()?);
        let hand = w.helper(w.timed(255, Budget::periodic(ms(1), AGES)))?;
        Ok(Self { hand, core, bell })
    }

    /// Waits for this time, 1 ms or more, at least; a busy host may make it longer.
    ///
    /// The hand gives up its budget and gets it again a period later.
    pub(super) fn sleep(&self, time: Duration) -> Outcome {
        let bell = self.bell;
        self.hand.thread().suspend()?;
        self.core.configure(self.hand.context(), Budget::periodic(time / 2, time))?;
        self.hand.start(move || {
            syscall::yield_now();
            bell.signal();
        })?;
        bell.wait();
        Ok(())
    }

    /// Waits until the condition holds: answers whether it does, after 2 s at most.
    pub(super) fn until(&self, condition: impl Fn() -> bool) -> Outcome<bool> {
        for _ in 0..400 {
            if condition() {
                break;
            }
            self.sleep(ms(5))?;
        }
        Ok(condition())
    }
}
