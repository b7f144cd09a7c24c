//! How threads and processes end, and who is told.

use alloc::vec::Vec;

use super::state::{Info, Life};
use crate::abi::signals::{
    CLD_DUMPED, CLD_EXITED, CLD_KILLED, SA_NOCLDWAIT, SIG_IGN, SIGCHLD, SIGKILL,
};
use crate::linux::Linux;
use crate::machine::{Machine, SpaceHandle, ThreadId};
use crate::waiting::Key;

/// The first process, which gets those whose parents have ended.
pub(crate) const FIRST: u32 = 1;

/// The status of a process that ended by itself.
pub(crate) const fn exited(code: u32) -> u32 {
    (code & 0xff) << 8
}

/// Code and status in the signal to the parent of a process that ended so.
pub(crate) const fn how_ended(status: u32) -> (i32, u32) {
    match (status & 0x7f, status & 0x80) {
        (0, _) => (CLD_EXITED, status >> 8 & 0xff),
        (signal, 0) => (CLD_KILLED, signal),
        (signal, _) => (CLD_DUMPED, signal),
    }
}

impl<M: Machine> Linux<M> {
    /// Ends one thread; its process goes on if it has others.
    pub(crate) fn end_thread(&mut self, thread: ThreadId) {
        let clear = self.threads.get(&thread).map_or(0, |thread| thread.clear_at_end);
        if clear != 0 {
            // A word that is not there is nobody's.
            let _ = self.write_memory(thread, clear, &[0; 4]);
            self.wake_futex(thread, clear, 1, u32::MAX);
        }
        self.waiters.remove(thread);
        let process = self.process_id(thread);
        self.threads.remove(&thread);
        self.frames.machine.destroy_thread(thread);
        if let Some(process) = self.processes.get_mut(&process) {
            process.threads.remove(&thread);
        }
    }

    /// Ends a whole process.
    pub(crate) fn end_process(&mut self, number: u32, status: u32) {
        let Some(process) = self.processes.get(&number) else { return };
        if process.life != Life::Alive {
            return;
        }
        let threads: Vec<ThreadId> = process.threads.iter().copied().collect();
        for thread in threads {
            self.end_thread(thread);
        }
        self.stop_borrowing(number);
        let groups = self.groups_around(number);
        let Some(process) = self.processes.get_mut(&number) else { return };
        (process.stop, process.notice) = (None, None);
        process.life = Life::Ended(status);
        process.descriptors = crate::files::Descriptors::default();
        for inode in self.locks.files_of(number) {
            self.forget_locks(inode, number);
        }
        let Some(process) = self.processes.get_mut(&number) else { return };
        let (space, parent, signal) = (process.space, process.parent, process.end_signal);
        let (leads, user) = (process.session == number, process.credentials.user.real);
        self.leave_space(space);
        self.adopt_children(number);
        if leads {
            self.end_session(number);
        }
        self.release_orphans(&groups);
        if number == FIRST {
            self.ended = Some(status);
        }
        if let Some(signal) = signal.filter(|_| self.processes.contains_key(&parent)) {
            let (code, how) = how_ended(status);
            let info = Info { code, words: [number, user, how, 0], address: 0 };
            self.signal_process(parent, signal, info);
        }
        self.wake(Key::Children(parent));
        if self.forgets_children(parent) {
            self.forget_process(number);
        }
    }

    /// Forgets a process that has ended: nobody asks about it any more.
    pub(crate) fn forget_process(&mut self, number: u32) {
        self.processes.remove(&number);
    }

    /// Whether a process does not want to be asked about its children.
    fn forgets_children(&self, parent: u32) -> bool {
        self.processes.get(&parent).is_some_and(|parent| {
            let action = parent.action(SIGCHLD);
            action.handler == SIG_IGN || action.flags & SA_NOCLDWAIT != 0
        })
    }

    /// Gives the children of a process that has ended to the first one.
    fn adopt_children(&mut self, of: u32) {
        let mut adopted = false;
        for child in self.processes.values_mut().filter(|child| child.parent == of) {
            child.parent = FIRST;
            adopted = true;
        }
        if adopted {
            self.wake(Key::Children(FIRST));
        }
    }

    /// One process fewer uses an address space.
    pub(crate) fn leave_space(&mut self, handle: SpaceHandle) {
        let Some((_, users)) = self.spaces.get_mut(&handle) else { return };
        *users -= 1;
        if *users == 0
            && let Some((space, _)) = self.spaces.remove(&handle)
        {
            space.destroy(&mut self.frames);
        }
    }

    /// Lets a parent go on that has waited for its memory.
    pub(crate) fn stop_borrowing(&mut self, number: u32) {
        if let Some(process) = self.processes.get_mut(&number) {
            process.is_borrowing = false;
            self.wake(Key::Returned(number));
        }
    }

    /// Ends a process that needs memory when there is none.
    pub(crate) fn kill_for_memory(&mut self, thread: ThreadId) {
        let number = self.process_id(thread);
        let text = alloc::format!("linux: out of memory: process {number} is killed\n");
        self.print(text.as_bytes());
        self.end_process(number, u32::from(SIGKILL.number()));
    }
}
