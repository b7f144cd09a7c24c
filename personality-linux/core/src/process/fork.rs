//! `clone`: processes and threads.

use alloc::rc::Rc;
use core::time::Duration;

use super::credentials::Credentials;
use super::state::{Life, Process, Thread};
use crate::abi::errno::{EAGAIN, EINVAL, ENOMEM, ESRCH, Errno};
use crate::abi::flags::{
    CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, CLONE_DETACHED, CLONE_FILES, CLONE_FS,
    CLONE_PARENT_SETTID, CLONE_SETTLS, CLONE_SIGHAND, CLONE_SYSVSEM, CLONE_THREAD, CLONE_VFORK,
    CLONE_VM,
};
use crate::abi::signals::Signal;
use crate::calls::{Answer, Stop};
use crate::linux::Linux;
use crate::machine::{Machine, SpaceHandle, ThreadId};
use crate::waiting::{Key, Wait};

/// Most processes and threads.
const LIMIT: usize = 4096;
/// What threads of one process share.
const AS_THREAD: u64 = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FILES | CLONE_FS;
/// What a process may share with its parent.
const AS_PROCESS: u64 = CLONE_VM | CLONE_VFORK;
/// What else may be asked for.
const OPTIONS: u64 = CLONE_PARENT_SETTID
    | CLONE_CHILD_CLEARTID
    | CLONE_CHILD_SETTID
    | CLONE_SETTLS
    | CLONE_SYSVSEM
    | CLONE_DETACHED;

/// What is to be made, after it was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Thread,
    /// With a copy of the memory, or with the parent's, which then may have to wait.
    Process {
        borrows: bool,
        parent_waits: bool,
        end_signal: Option<Signal>,
    },
}

/// The arguments of `clone` besides its flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CloneArguments {
    pub(crate) stack: u64,
    pub(crate) parent_id: u64,
    pub(crate) thread_pointer: u64,
    pub(crate) child_id: u64,
}

impl Kind {
    fn of(flags: u64) -> Result<Self, Errno> {
        let shared = flags & !0xff & !OPTIONS;
        if shared == AS_THREAD {
            return Ok(Self::Thread);
        }
        if shared & !AS_PROCESS != 0 {
            return Err(EINVAL);
        }
        let end_signal = match flags & 0xff {
            0 => None,
            number => Some(Signal::new(number).ok_or(EINVAL)?),
        };
        let has = |flag| flags & flag != 0;
        let (borrows, parent_waits) = (has(CLONE_VM), has(CLONE_VFORK));
        Ok(Self::Process { borrows, parent_waits, end_signal })
    }
}

impl<M: Machine> Linux<M> {
    /// A number for a process or a thread. They do not come again.
    pub(crate) fn next_id(&mut self) -> Result<u32, Errno> {
        let threads = self.threads.len();
        let is_full = threads >= self.frames.machine.most_threads();
        if is_full || threads + self.processes.len() >= LIMIT {
            return Err(EAGAIN);
        }
        self.last_id = self.last_id.checked_add(1).ok_or(EAGAIN)?;
        Ok(self.last_id)
    }

    /// `clone`.
    pub(crate) fn clone_thread(
        &mut self,
        me: ThreadId,
        flags: u64,
        arguments: CloneArguments,
    ) -> Answer {
        // A parent that has waited for its child to have memory of its own.
        if let Some(child) = self.flight(me).map(|flight| flight.done).filter(|child| *child > 0) {
            return self.await_return(child);
        }
        let kind = Kind::of(flags)?;
        // Without memory for them, floating point registers are not copied.
        if let Some(flight) =
            self.flight(me).map(|flight| *flight).filter(|flight| !flight.is_woken)
            && self.store_floating(me, flight).is_ok()
        {
            return Err(Stop::Gone);
        }
        let number = self.next_id()?;
        let child = ThreadId(number);
        match kind {
            Kind::Thread => {
                let process = self.process_id(me);
                let space = self.process(me)?.space;
                self.frames.machine.create_thread(child, space).map_err(|_| EAGAIN)?;
                self.process(me)?.threads.insert(child);
                self.threads.insert(child, self.child_thread(me, process)?);
            }
            Kind::Process { borrows, end_signal, .. } => {
                self.fork_process(me, number, borrows, end_signal)?;
            }
        }
        self.start_child(me, child, flags, arguments)?;
        if let Kind::Process { parent_waits: true, .. } = kind {
            if let Some(process) = self.processes.get_mut(&number) {
                process.is_borrowing = true;
            }
            if let Some(flight) = self.flight(me) {
                flight.done = number.into();
            }
            return self.await_return(number.into());
        }
        Ok(number.into())
    }

    fn await_return(&self, child: u64) -> Answer {
        let number = child as u32;
        match self.processes.get(&number) {
            Some(process) if process.is_borrowing => {
                Err(Stop::Wait(Wait::on(Key::Returned(number))))
            }
            _ => Ok(child),
        }
    }

    fn child_thread(&self, parent: ThreadId, process: u32) -> Result<Thread, Errno> {
        let parent = self.threads.get(&parent).ok_or(ESRCH)?;
        Ok(Thread { mask: parent.mask, name: parent.name, ..Thread::new(process) })
    }

    fn fork_process(
        &mut self,
        me: ThreadId,
        number: u32,
        borrows: bool,
        end_signal: Option<Signal>,
    ) -> Result<(), Errno> {
        let thread = self.child_thread(me, number)?;
        let space = self.child_space(me, borrows)?;
        if self.frames.machine.create_thread(ThreadId(number), space).is_err() {
            self.leave_space(space);
            return Err(EAGAIN);
        }
        let parent_id = self.process_id(me);
        let parent = self.process(me)?;
        let child = Process {
            parent: parent_id,
            group: parent.group,
            session: parent.session,
            credentials: parent.credentials.clone(),
            life: Life::Alive,
            stop: None,
            notice: None,
            threads: [ThreadId(number)].into(),
            space,
            is_borrowing: false,
            descriptors: parent.descriptors.clone(),
            directory: Rc::clone(&parent.directory),
            umask: parent.umask,
            actions: parent.actions,
            pending: super::Pending::default(),
            end_signal,
            has_executed: false,
            executable: parent.executable.clone(),
            arguments: parent.arguments.clone(),
        };
        self.processes.insert(number, child);
        self.threads.insert(ThreadId(number), thread);
        Ok(())
    }

    /// The space of a child, with one more user.
    fn child_space(&mut self, me: ThreadId, borrows: bool) -> Result<SpaceHandle, Errno> {
        let handle = self.process(me)?.space;
        let (space, users) = self.spaces.get_mut(&handle).ok_or(ESRCH)?;
        if borrows {
            *users += 1;
            return Ok(handle);
        }
        let copy = space.fork(&mut self.frames).map_err(|_| ENOMEM)?;
        let handle = copy.handle;
        self.spaces.insert(handle, (copy, 1));
        Ok(handle)
    }

    /// Lets a child begin where its parent is, with 0 as the result of the call.
    fn start_child(
        &mut self,
        me: ThreadId,
        child: ThreadId,
        flags: u64,
        arguments: CloneArguments,
    ) -> Result<(), Errno> {
        let mut registers = self.frames.machine.registers(me);
        registers.general[0] = 0;
        if arguments.stack != 0 {
            registers.stack = arguments.stack;
        }
        if flags & CLONE_SETTLS != 0 {
            registers.thread_pointer = arguments.thread_pointer;
        }
        let id = child.0.to_le_bytes();
        if flags & CLONE_PARENT_SETTID != 0 {
            // As Linux does: a bad address is no reason to fail.
            let _ = self.write_memory(me, arguments.parent_id, &id);
        }
        if flags & CLONE_CHILD_SETTID != 0 {
            let _ = self.write_memory(child, arguments.child_id, &id);
        }
        if flags & CLONE_CHILD_CLEARTID != 0 {
            self.thread(child)?.clear_at_end = arguments.child_id;
        }
        let context = self.thread(me)?.floating.take();
        self.begin_thread(child, registers, context);
        Ok(())
    }

    /// Starts the first process.
    ///
    /// # Errors
    /// Why its program cannot be loaded.
    pub fn start(&mut self, program: crate::linux::Program) -> Result<(), Errno> {
        let root = Rc::clone(&self.root);
        let viewer =
            crate::files::Viewer { root: Rc::clone(&root), executable: program.path.clone() };
        let loaded = self.load(&viewer, &root, program)?;
        let number = self.next_id()?;
        let thread = ThreadId(number);
        let (space, registers) = (loaded.space.handle, loaded.registers);
        self.spaces.insert(space, (loaded.space, 1));
        if self.frames.machine.create_thread(thread, space).is_err() {
            self.leave_space(space);
            return Err(EAGAIN);
        }
        let process = Process {
            parent: 0,
            group: number,
            session: number,
            credentials: Credentials::default(),
            life: Life::Alive,
            stop: None,
            notice: None,
            threads: [thread].into(),
            space,
            is_borrowing: false,
            descriptors: self.first_descriptors(),
            directory: root,
            umask: 0o022,
            actions: [super::Action::default(); crate::abi::signals::SIGNALS],
            pending: super::Pending::default(),
            end_signal: None,
            has_executed: true,
            executable: loaded.executable,
            arguments: loaded.arguments.join(&0),
        };
        self.terminals.console.foreground.set(number);
        self.terminals.console.session.set(number);
        self.processes.insert(number, process);
        self.threads.insert(thread, Thread::new(number));
        self.frames.machine.resume(thread, &registers);
        Ok(())
    }

    /// The time since the start, as files are stamped with it.
    pub(crate) fn now(&self) -> Duration {
        self.frames.machine.now()
    }
}
