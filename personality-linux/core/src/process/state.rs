//! What a process and a thread consist of.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::time::Duration;

use super::credentials::Credentials;
use super::floating::{Context, Detour};
use super::signals::Return;
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
    /// The sender, its user, and how a child ended or what else is told in two words.
    pub(crate) words: [u32; 4],
    /// The address of a fault; 0 for other signals.
    pub(crate) address: u64,
}

/// Most signals of one number that wait.
const QUEUE: usize = 256;

/// Signals that have not acted yet; those that are not for real time at most once each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending {
    pub(crate) set: u64,
    infos: BTreeMap<Signal, VecDeque<Info>>,
}

impl Pending {
    /// Whether there is room for a signal, or it waits already and need not twice.
    pub(crate) fn has_room(&self, signal: Signal) -> bool {
        let waiting = self.infos.get(&signal).map_or(0, VecDeque::len);
        !signal.is_for_real_time() || waiting < QUEUE
    }

    /// Adds a signal, if there is room for it.
    pub(crate) fn add(&mut self, signal: Signal, info: Info) {
        let infos = self.infos.entry(signal).or_default();
        let limit = if signal.is_for_real_time() { QUEUE } else { 1 };
        if infos.len() < limit {
            infos.push_back(info);
            self.set |= signal.bit();
        }
    }

    /// The first signal of a set.
    pub(crate) fn take(&mut self, of: u64) -> Option<(Signal, Info)> {
        let signal = Signal::new(u64::from((self.set & of).trailing_zeros()) + 1)?;
        let infos = self.infos.entry(signal).or_default();
        let info = infos.pop_front().unwrap_or_default();
        if infos.is_empty() {
            self.infos.remove(&signal);
            self.set &= !signal.bit();
        }
        Some((signal, info))
    }

    /// Forgets signals of a set.
    pub(crate) fn discard(&mut self, of: u64) {
        self.set &= !of;
        self.infos.retain(|signal, _| signal.bit() & of == 0);
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
    /// It executes code for the server.
    Detour,
}

/// A thread.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) process: u32,
    pub(crate) state: ThreadState,
    /// How it goes on once its process does, which is stopped.
    pub(crate) parked: Option<Return>,
    /// What it executes code of the server's for.
    pub(crate) detour: Option<Detour>,
    /// What it has stored for a thread that is copied from it.
    pub(crate) floating: Option<Box<Context>>,
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
            parked: None,
            detour: None,
            floating: None,
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

/// What a parent has not been told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Notice {
    /// It was stopped by this signal.
    Stopped(Signal),
    /// It goes on.
    Continued,
}

/// A process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) parent: u32,
    pub(crate) group: u32,
    pub(crate) session: u32,
    pub(crate) credentials: Credentials,
    pub(crate) life: Life,
    /// The signal that has stopped it.
    pub(crate) stop: Option<Signal>,
    pub(crate) notice: Option<Notice>,
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
    /// Whether it has taken another program since it was made.
    pub(crate) has_executed: bool,
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
