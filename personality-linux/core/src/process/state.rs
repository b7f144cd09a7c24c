//! What a process and a thread consist of.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::abi::signals::{SIGNALS, Signal};
use crate::calls::Call;
use crate::files::{Descriptors, Node};
use crate::machine::{SpaceHandle, ThreadId};

/// What a process does when it gets a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Action {
    /// The handler, or one of two special values.
    pub(crate) handler: u64,
    pub(crate) flags: u64,
    /// Where a handler returns to.
    pub(crate) restorer: u64,
    /// Signals that wait while it runs.
    pub(crate) mask: u64,
}

/// What a handler can find out about its signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Info {
    pub(crate) code: i32,
    /// The sender, its user, and how a child ended.
    pub(crate) words: [u32; 3],
    /// The address of a fault; 0 for other signals.
    pub(crate) address: u64,
}

/// Signals that have not acted yet; each at most once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending {
    pub(crate) set: u64,
    infos: BTreeMap<Signal, Info>,
}

impl Pending {
    pub(crate) fn add(&mut self, signal: Signal, info: Info) {
        if self.set & signal.bit() == 0 {
            self.set |= signal.bit();
            self.infos.insert(signal, info);
        }
    }

    /// The first signal of a set.
    pub(crate) fn take(&mut self, of: u64) -> Option<(Signal, Info)> {
        let signal = Signal::new(u64::from((self.set & of).trailing_zeros()) + 1)?;
        self.set &= !signal.bit();
        Some((signal, self.infos.remove(&signal).unwrap_or_default()))
    }
}

/// A call that is not complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub(crate) call: Call,
    /// Bytes that are done.
    pub(crate) done: u64,
    /// When it ends at the latest.
    pub(crate) deadline: Option<Duration>,
    /// Whether what it waits for has come, for calls that cannot see that.
    pub(crate) is_woken: bool,
}

/// What a thread does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ThreadState {
    /// It runs, or is not started.
    Running,
    /// It waits for its call.
    InCall(Flight),
}

/// A thread.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) process: u32,
    pub(crate) state: ThreadState,
    /// Signals that wait.
    pub(crate) mask: u64,
    /// The mask that is to hold again after the call under way.
    pub(crate) mask_before: Option<u64>,
    pub(crate) pending: Pending,
    /// The alternate stack: address, flags, bytes.
    pub(crate) alternate: (u64, u32, u64),
    /// A word that is cleared, and whose waiters are woken, when the thread ends.
    pub(crate) clear_at_end: u64,
    pub(crate) name: [u8; 16],
}

impl Thread {
    pub(crate) fn new(process: u32) -> Self {
        Self {
            process,
            state: ThreadState::Running,
            mask: 0,
            mask_before: None,
            pending: Pending::default(),
            alternate: (0, crate::abi::signals::SS_DISABLE, 0),
            clear_at_end: 0,
            name: [0; 16],
        }
    }
}

/// How a process is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Life {
    Alive,
    /// It has ended, and nobody has asked how: the status as `wait` tells it.
    Ended(u32),
}

/// A process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) parent: u32,
    pub(crate) group: u32,
    pub(crate) session: u32,
    pub(crate) life: Life,
    pub(crate) threads: BTreeSet<ThreadId>,
    pub(crate) space: SpaceHandle,
    /// Whether its parent waits until it no longer uses the parent's memory.
    pub(crate) is_borrowing: bool,
    pub(crate) descriptors: Descriptors,
    /// Where relative paths begin.
    pub(crate) directory: Rc<Node>,
    pub(crate) umask: u32,
    pub(crate) actions: [Action; SIGNALS],
    pub(crate) pending: Pending,
    /// The signal that its parent gets when it ends.
    pub(crate) end_signal: Option<Signal>,
    /// The path of its program.
    pub(crate) executable: Vec<u8>,
    /// Its words, each with a final zero.
    pub(crate) arguments: Vec<u8>,
}

impl Process {
    /// The action for a signal.
    pub(crate) fn action(&self, signal: Signal) -> Action {
        self.actions[signal.index()]
    }
}
