//! The whole state, and what happens to it.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::{Rc, Weak};
use alloc::vec::Vec;
use core::time::Duration;

use crate::abi::errno::{EFAULT, ENOMEM, ENOSYS, ESRCH, Errno};
use crate::abi::signals::{
    BUS_ADRERR, ILL_ILLOPC, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGILL, SIGSEGV, SIGTRAP, TRAP_BRKPT,
};
use crate::calls::{Call, Stop};
use crate::files::housekeeping::Housekeeping;
use crate::files::locks::Locks;
use crate::files::{Damaged, Mounts, Node, Nodes, Viewer, archive};
use crate::machine::{Disk, Machine, SpaceHandle, ThreadId};
use crate::memory::space::Access;
use crate::memory::{AddressSpace, Frames, MemoryObject, Refused};
use crate::object::epoll::Epoll;
use crate::process::signals::Return;
use crate::process::state::Info;
use crate::process::{Flight, Process, Thread, ThreadState};
use crate::terminal::{CONSOLE, Terminals};
use crate::waiting::{Key, Waiters, Wakes};

/// What is to be started.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Its file.
    pub path: Vec<u8>,
    /// Its words; the first is its name.
    pub arguments: Vec<Vec<u8>>,
    /// `NAME=value`.
    pub environment: Vec<Vec<u8>>,
}

/// An access that the machine could not make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryFault {
    /// Where.
    pub address: u64,
    /// Whether an instruction was fetched.
    pub is_fetch: bool,
    /// The low 32 bits of ESR_EL1 (Arm ARM D17.2.37, ISS encodings of aborts).
    pub syndrome: u64,
}

impl MemoryFault {
    /// How memory was accessed, if that is what failed.
    fn access(&self) -> Option<Access> {
        const WRITE: u64 = 1 << 6;
        const CACHE_MAINTENANCE: u64 = 1 << 8;
        // Address size, translation, access flag and permission faults.
        if self.syndrome & 0x3f > 0xf {
            return None;
        }
        Some(match self.syndrome & (WRITE | CACHE_MAINTENANCE) {
            _ if self.is_fetch => Access::Execute,
            WRITE => Access::Write,
            _ => Access::Read,
        })
    }
}

/// A Linux system.
#[derive(Debug)]
pub struct Linux<M> {
    pub(crate) frames: Frames<M>,
    /// Address spaces, and how many processes use each.
    pub(crate) spaces: BTreeMap<SpaceHandle, (AddressSpace, u32)>,
    pub(crate) processes: BTreeMap<u32, Process>,
    pub(crate) threads: BTreeMap<ThreadId, Thread>,
    pub(crate) last_id: u32,
    pub(crate) nodes: Nodes,
    pub(crate) root: Rc<Node>,
    pub(crate) mounts: Mounts,
    pub(crate) housekeeping: Housekeeping,
    pub(crate) terminals: Terminals,
    pub(crate) epolls: Vec<Weak<Epoll>>,
    /// Objects made so far.
    pub(crate) last_object: u64,
    pub(crate) wakes: Wakes,
    pub(crate) waiters: Waiters,
    /// Pipes made so far.
    pub(crate) last_pipe: u64,
    /// By number: how often it was called without being known.
    pub(crate) unimplemented: BTreeMap<u64, u64>,
    /// Where handlers return to that say nothing else.
    pub(crate) trampoline: Rc<MemoryObject>,
    pub(crate) locks: Locks,
    /// Where bytes are on their way between programs and files.
    pub(crate) transferred: Vec<u8>,
    pub(crate) ended: Option<u32>,
}

impl<M: Machine> Linux<M> {
    /// A system with an empty root.
    pub fn new(machine: M) -> Self {
        let frames = Frames::new(machine);
        let nodes = Nodes::new(frames.discarded());
        let (mounts, root) = Mounts::in_memory(&nodes);
        let trampoline = MemoryObject::new(&frames, 0);
        let wakes = Wakes::default();
        Self {
            frames,
            spaces: BTreeMap::new(),
            processes: BTreeMap::new(),
            threads: BTreeMap::new(),
            last_id: 0,
            nodes,
            root,
            mounts,
            housekeeping: Housekeeping::default(),
            terminals: Terminals::new(&wakes),
            epolls: Vec::new(),
            last_object: 0,
            wakes,
            waiters: Waiters::default(),
            last_pipe: 0,
            unimplemented: BTreeMap::new(),
            trampoline,
            locks: Locks::default(),
            transferred: Vec::new(),
            ended: None,
        }
    }

    /// Adds the content of a `cpio` archive in the "newc" format to the root.
    ///
    /// # Errors
    /// The archive is damaged, or there is too little memory. What came before is there.
    pub fn unpack(&mut self, archive: &[u8]) -> Result<(), Damaged> {
        archive::unpack(&mut self.frames, &self.nodes, &self.root, archive)
    }

    /// Makes a disk the root, instead of the one in memory.
    ///
    /// # Errors
    /// The disk has no file system that is understood; the root is as before.
    pub fn mount_root(&mut self, disk: Box<dyn Disk>) -> Result<(), Errno> {
        let discarded = self.frames.discarded();
        (self.mounts, self.root) = Mounts::on_disk(&self.nodes, disk, discarded)?;
        Ok(())
    }

    /// The machine.
    pub fn machine(&mut self) -> &mut M {
        &mut self.frames.machine
    }

    /// How the first process has ended, as `wait` tells it: the system is over then.
    #[must_use]
    pub const fn ended(&self) -> Option<u32> {
        self.ended
    }

    /// Calls that were made but are not known: their numbers, and how often.
    pub fn unimplemented(&self) -> impl Iterator<Item = (u64, u64)> {
        self.unimplemented.iter().map(|(number, count)| (*number, *count))
    }

    /// A thread makes a call.
    pub fn call(&mut self, thread: ThreadId, number: u64, arguments: [u64; 6]) {
        if !self.threads.contains_key(&thread) {
            return;
        }
        if self.is_in_detour(thread) {
            self.end_detour(thread);
            return self.settle();
        }
        match Call::decode(number, arguments) {
            Some(call) if call.takes_memory() && self.frames.machine.is_short() => {
                self.leave(thread, Return::Answer(ENOMEM.result()));
            }
            Some(call) => {
                let flight = Flight { call, done: 0, deadline: None, is_woken: false };
                self.set_state(thread, ThreadState::InCall(flight));
                self.attempt(thread);
            }
            None => {
                *self.unimplemented.entry(number).or_default() += 1;
                self.leave(thread, Return::Answer(ENOSYS.result()));
            }
        }
        self.settle();
    }

    /// A thread could not access memory.
    pub fn memory_fault(&mut self, thread: ThreadId, fault: MemoryFault) {
        let Some(space) = self.space_handle(thread) else { return };
        let access = fault.access();
        let result = match (access, self.spaces.get_mut(&space)) {
            (Some(access), Some((space, _))) => {
                space.fault(&mut self.frames, fault.address, access)
            }
            _ => Err(Refused::BehindEnd),
        };
        let (signal, code) = match result {
            Ok(()) if self.is_in_detour(thread) => return self.frames.machine.retry(thread),
            Ok(()) => {
                self.leave(thread, Return::Retry);
                return self.settle();
            }
            Err(Refused::Unmapped) => (SIGSEGV, SEGV_MAPERR),
            Err(Refused::Protected) => (SIGSEGV, SEGV_ACCERR),
            Err(Refused::BehindEnd) => (SIGBUS, BUS_ADRERR),
            Err(Refused::NoMemory) => {
                self.kill_for_memory(thread);
                return self.settle();
            }
        };
        self.fail(thread, signal, Info { code, words: [0; 4], address: fault.address });
    }

    /// A thread has executed what it cannot: the low 32 bits of ESR_EL1.
    pub fn exception(&mut self, thread: ThreadId, syndrome: u64) {
        const BREAKPOINT: u64 = 0x3c;
        const PC_ALIGNMENT: u64 = 0x22;
        const SP_ALIGNMENT: u64 = 0x26;
        let (signal, code) = match syndrome >> 26 & 0x3f {
            BREAKPOINT => (SIGTRAP, TRAP_BRKPT),
            PC_ALIGNMENT | SP_ALIGNMENT => (SIGBUS, 1),
            _ => (SIGILL, ILL_ILLOPC),
        };
        if !self.threads.contains_key(&thread) {
            return;
        }
        let address = self.frames.machine.registers(thread).program_counter;
        self.fail(thread, signal, Info { code, words: [0; 4], address });
    }

    fn fail(&mut self, thread: ThreadId, signal: crate::abi::signals::Signal, info: Info) {
        if self.is_in_detour(thread) {
            self.fail_detour(thread);
            return self.settle();
        }
        self.force(thread, signal, info);
        self.leave(thread, Return::Retry);
        self.settle();
    }

    /// Somebody has typed at the console.
    pub fn typed(&mut self, bytes: &[u8]) {
        let console = Rc::clone(&self.terminals.console);
        self.type_at(&console, bytes);
        self.settle();
    }

    /// Nobody will type at the console any more.
    pub fn input_closed(&mut self) {
        self.terminals.close_console();
        self.settle();
    }

    /// The machine has room again for what is printed.
    pub fn has_room(&mut self) {
        self.wake(Key::Terminal(CONSOLE));
        self.settle();
    }

    /// Lets those go on whose time has come.
    pub fn tick(&mut self) {
        let now = self.frames.machine.now();
        for thread in self.waiters.expired(now) {
            if self.waiters.remove(thread) {
                self.attempt(thread);
            }
        }
        self.write_at_times();
        self.settle();
    }

    /// When [`tick`](Self::tick) is to be called next.
    #[must_use]
    pub fn next_time(&self) -> Option<Duration> {
        self.waiters.next_time()
    }

    /// Makes a thread's call, for the first time or again.
    pub(crate) fn attempt(&mut self, thread: ThreadId) {
        let Some(ThreadState::InCall(flight)) = self.threads.get(&thread).map(|t| t.state) else {
            return;
        };
        match self.perform(thread, flight.call) {
            Ok(result) => self.leave(thread, Return::Answer(result)),
            Err(Stop::Failed(errno)) => self.leave(thread, Return::Answer(errno.result())),
            Err(Stop::Gone) => {}
            Err(Stop::Wait(_)) if self.has_signal(thread) => {
                self.leave(thread, Return::Interrupted);
            }
            Err(Stop::Wait(wait)) => self.waiters.add(thread, wait),
        }
    }

    /// Lets all go on for whom something has changed.
    pub(crate) fn settle(&mut self) {
        while let Some(key) = self.next_wake() {
            if let Key::HungUp(terminal) = key {
                self.hang_up(terminal);
                continue;
            }
            for epoll in self.epolls.iter().filter_map(Weak::upgrade) {
                epoll.note(key);
            }
            for thread in self.waiters.on(key) {
                if self.waiters.remove(thread) {
                    self.attempt(thread);
                }
            }
        }
        self.frames.sweep();
        self.mounts.sweep();
        self.keep_memory();
    }

    fn next_wake(&self) -> Option<Key> {
        self.wakes.borrow_mut().pop()
    }

    /// Something has changed.
    pub(crate) fn wake(&self, key: Key) {
        self.wakes.borrow_mut().push(key);
    }
}

/// Parts of the state.
impl<M: Machine> Linux<M> {
    pub(crate) fn set_state(&mut self, thread: ThreadId, state: ThreadState) {
        if let Some(thread) = self.threads.get_mut(&thread) {
            thread.state = state;
        }
    }

    /// The call that a thread is in.
    pub(crate) fn flight(&mut self, thread: ThreadId) -> Option<&mut Flight> {
        match &mut self.threads.get_mut(&thread)?.state {
            ThreadState::InCall(flight) => Some(flight),
            ThreadState::Running | ThreadState::Detour => None,
        }
    }

    pub(crate) fn thread(&mut self, thread: ThreadId) -> Result<&mut Thread, Errno> {
        self.threads.get_mut(&thread).ok_or(ESRCH)
    }

    /// The process of a thread.
    pub(crate) fn process(&mut self, thread: ThreadId) -> Result<&mut Process, Errno> {
        let number = self.threads.get(&thread).ok_or(ESRCH)?.process;
        self.processes.get_mut(&number).ok_or(ESRCH)
    }

    /// The number of the process of a thread.
    pub(crate) fn process_id(&self, thread: ThreadId) -> u32 {
        self.threads.get(&thread).map_or(0, |thread| thread.process)
    }

    fn space_handle(&self, thread: ThreadId) -> Option<SpaceHandle> {
        let process = self.threads.get(&thread)?.process;
        Some(self.processes.get(&process)?.space)
    }

    /// The address space of a thread, and the frames.
    pub(crate) fn space(
        &mut self,
        thread: ThreadId,
    ) -> Result<(&mut AddressSpace, &mut Frames<M>), Errno> {
        let handle = self.space_handle(thread).ok_or(EFAULT)?;
        let (space, _) = self.spaces.get_mut(&handle).ok_or(EFAULT)?;
        Ok((space, &mut self.frames))
    }

    /// Copies bytes out of a thread's memory.
    pub(crate) fn read_memory(
        &mut self,
        thread: ThreadId,
        address: u64,
        bytes: &mut [u8],
    ) -> Result<(), Errno> {
        let (space, frames) = self.space(thread)?;
        space.read(frames, address, bytes)
    }

    /// Copies bytes into a thread's memory.
    pub(crate) fn write_memory(
        &mut self,
        thread: ThreadId,
        address: u64,
        bytes: &[u8],
    ) -> Result<(), Errno> {
        let (space, frames) = self.space(thread)?;
        space.write(frames, address, bytes)
    }

    /// An array of so many bytes at an address.
    pub(crate) fn read_array<const N: usize>(
        &mut self,
        thread: ThreadId,
        address: u64,
    ) -> Result<[u8; N], Errno> {
        let mut bytes = [0; N];
        self.read_memory(thread, address, &mut bytes)?;
        Ok(bytes)
    }

    /// A word at an address.
    pub(crate) fn read_word(&mut self, thread: ThreadId, address: u64) -> Result<u64, Errno> {
        self.read_array(thread, address).map(u64::from_le_bytes)
    }

    /// A text at an address that ends with a zero.
    pub(crate) fn read_text(
        &mut self,
        thread: ThreadId,
        address: u64,
        limit: usize,
    ) -> Result<Vec<u8>, Errno> {
        let (space, frames) = self.space(thread)?;
        space.read_text(frames, address, limit)
    }

    /// Who a thread is when it looks at files.
    pub(crate) fn viewer(&mut self, thread: ThreadId) -> Result<Viewer, Errno> {
        let root = Rc::clone(&self.root);
        let executable = self.process(thread)?.executable.clone();
        Ok(Viewer { root, executable })
    }
}
