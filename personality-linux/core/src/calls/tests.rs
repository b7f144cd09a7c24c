//! Programs that are not there: calls are made with the fake machine, and memory is looked at.

use alloc::vec::Vec;

use crate::abi::errno::{
    EAGAIN, EBADF, ECHILD, EFAULT, EINTR, ENOENT, ENOMEM, ENOSYS, ENOTDIR, ENOTEMPTY, EPIPE, Errno,
};
use crate::abi::flags::*;
use crate::abi::signals::{SIGCHLD, SIGKILL, SIGPIPE, SIGSEGV, SIGUSR1};
use crate::fake::{BASE, DATA, Fake, Told, archive, executable};
use crate::linux::{Linux, MemoryFault, Program};
use crate::machine::{PAGE, Registers, ThreadId};
use crate::process::stubs::{CLEAR, CONTEXT_BYTES, LOAD, RETURN, SAVE};

const OPENAT: u64 = 56;
const READ: u64 = 63;
const WRITE: u64 = 64;

/// A system with one process.
pub(crate) struct System {
    pub(crate) linux: Linux<Fake>,
}

pub(crate) const INIT: ThreadId = ThreadId(1);

impl System {
    pub(crate) fn new() -> Self {
        Self::of(Linux::new(Fake::new(400)))
    }

    /// A system, with one process from now on.
    pub(crate) fn of(mut linux: Linux<Fake>) -> Self {
        linux.unpack(&archive("init", &executable(&[]))).expect("a good archive");
        let path = b"/init".to_vec();
        let program =
            Program { path: path.clone(), arguments: alloc::vec![path], environment: Vec::new() };
        linux.start(program).expect("a good program");
        Self { linux }
    }

    /// Makes a call that may wait; what its thread was told.
    pub(crate) fn begin(
        &mut self,
        thread: ThreadId,
        number: u64,
        arguments: &[u64],
    ) -> Option<Told> {
        let mut words = [0; 6];
        words[..arguments.len()].copy_from_slice(arguments);
        self.linux.machine().threads.get_mut(&thread).expect("a thread").told = None;
        self.linux.call(thread, number, words);
        self.told(thread)
    }

    /// Executes the server's code for a thread that is in it, and for its child; whether it was.
    fn play(&mut self, thread: ThreadId) -> bool {
        if !self.linux.is_in_detour(thread) {
            return false;
        }
        self.begin(thread, 0, &[]);
        let machine = self.linux.machine();
        let all: Vec<ThreadId> = machine.threads.keys().copied().collect();
        for other in all {
            if self.linux.is_in_detour(other) {
                self.begin(other, 0, &[]);
            }
        }
        true
    }

    pub(crate) fn told(&mut self, thread: ThreadId) -> Option<Told> {
        self.linux.machine().threads.get(&thread).and_then(|thread| thread.told)
    }

    /// Makes a call that answers at once.
    pub(crate) fn call_of(&mut self, thread: ThreadId, number: u64, arguments: &[u64]) -> i64 {
        let mut told = self.begin(thread, number, arguments);
        if self.play(thread) {
            told = self.told(thread);
        }
        match told {
            Some(Told::Answer(result)) => result as i64,
            other => panic!("call {number} {arguments:?}: {other:?}"),
        }
    }

    pub(crate) fn call(&mut self, number: u64, arguments: &[u64]) -> i64 {
        self.call_of(INIT, number, arguments)
    }

    pub(crate) fn put(&mut self, address: u64, bytes: &[u8]) -> u64 {
        self.linux.write_memory(INIT, address, bytes).expect("memory");
        address
    }

    pub(crate) fn text(&mut self, text: &str) -> u64 {
        let bytes: Vec<u8> = text.bytes().chain([0]).collect();
        self.put(DATA + 0x800, &bytes)
    }

    pub(crate) fn get(&mut self, thread: ThreadId, address: u64, length: usize) -> Vec<u8> {
        let mut bytes = alloc::vec![0; length];
        self.linux.read_memory(thread, address, &mut bytes).expect("memory");
        bytes
    }

    pub(crate) fn open(&mut self, path: &str, flags: u32) -> i64 {
        let path = self.text(path);
        self.call(OPENAT, &[AT_FDCWD as u64, path, flags.into(), 0o644])
    }

    /// A child, and what its parent was told.
    pub(crate) fn fork(&mut self) -> ThreadId {
        let number = self.call(220, &[SIGCHLD.number().into(), 0, 0, 0, 0]);
        ThreadId(number as u32)
    }
}

pub(crate) fn error(errno: Errno) -> i64 {
    errno.result() as i64
}

#[test]
fn files_are_written_and_read() {
    let mut system = System::new();
    let fd = system.open("/tmp/file", O_RDWR | O_CREAT | O_EXCL) as u64;
    assert_eq!(fd, 3);
    system.put(DATA, b"hello, file");
    assert_eq!(system.call(WRITE, &[fd, DATA, 11]), 11);
    assert_eq!(system.call(62, &[fd, 7, 0]), 7);
    assert_eq!(system.call(READ, &[fd, DATA + 100, 50]), 4);
    assert_eq!(system.get(INIT, DATA + 100, 4), b"file");
    // A hole reads as zeros; what is cut off does not come back.
    assert_eq!(system.call(46, &[fd, 2]), 0);
    assert_eq!(system.call(46, &[fd, 6]), 0);
    assert_eq!(system.call(67, &[fd, DATA + 100, 50, 0]), 6);
    assert_eq!(system.get(INIT, DATA + 100, 6), b"he\0\0\0\0");
    assert_eq!(system.call(57, &[fd]), 0);
    assert_eq!(system.call(READ, &[fd, DATA, 1]), error(EBADF));
    assert_eq!(system.open("/tmp/none", 0), error(ENOENT));
    assert_eq!(system.open("/init/x", 0), error(ENOTDIR));
}

#[test]
fn wild_addresses_are_errors() {
    let mut system = System::new();
    let fd = system.open("/dev/zero", O_RDWR) as u64;
    for address in [0, 8, BASE, BASE - 1, u64::MAX, u64::MAX - 4095, 1 << 47, DATA + 4 * PAGE - 1] {
        assert_eq!(system.call(READ, &[fd, address, 64]), error(EFAULT), "{address:#x}");
    }
    assert_eq!(system.call(WRITE, &[1, u64::MAX - 10, 64]), error(EFAULT));
    assert_eq!(system.call(OPENAT, &[0, u64::MAX, 0]), error(EFAULT));
}

#[test]
fn unknown_calls_are_counted_and_can_be_read() {
    let mut system = System::new();
    assert_eq!(system.call(9999, &[]), error(ENOSYS));
    assert_eq!(system.call(9999, &[1, 2, 3]), error(ENOSYS));
    assert_eq!(system.linux.unimplemented().collect::<Vec<_>>(), [(9999, 2)]);
    let fd = system.open("/proc/tessera/unimplemented", 0) as u64;
    assert_eq!(system.call(READ, &[fd, DATA, 100]), 7);
    assert_eq!(system.get(INIT, DATA, 7), b"9999 2\n");
}

#[test]
fn a_child_sees_its_parents_memory_until_either_writes() {
    let mut system = System::new();
    system.put(DATA, b"parent");
    let child = system.fork();
    assert_eq!(system.told(child), Some(Told::Resume));
    assert_eq!(system.get(child, DATA, 6), b"parent");
    system.put(DATA, b"other!");
    assert_eq!(system.get(child, DATA, 6), b"parent");
    system.linux.write_memory(child, DATA, b"child!").expect("memory");
    assert_eq!(system.get(INIT, DATA, 6), b"other!");
    // The memory of a child that has ended is free again.
    let used = system.linux.machine().used();
    assert_eq!(system.begin(child, 94, &[3]), None);
    assert!(system.linux.machine().used() < used);
    assert_eq!(system.call(260, &[u64::MAX, DATA, 0, 0]), i64::from(child.0));
    assert_eq!(system.get(INIT, DATA, 4), [0, 3, 0, 0]);
    assert_eq!(system.call(260, &[u64::MAX, 0, 0, 0]), error(ECHILD));
}

#[test]
fn a_write_to_a_shared_page_is_not_permitted_until_it_faults() {
    let mut system = System::new();
    let fault =
        |address, write: u64| MemoryFault { address, is_fetch: false, syndrome: 7 | write << 6 };
    system.linux.machine().threads.get_mut(&INIT).expect("a thread").told = None;
    system.linux.memory_fault(INIT, fault(DATA + 5, 1));
    assert_eq!(system.told(INIT), Some(Told::Retry));
    let space = system.linux.machine().threads[&INIT].space;
    let writable = |system: &mut System| {
        let mapped = system.linux.machine().mapped(space, DATA);
        mapped.is_some_and(|mapping| mapping.protection.write)
    };
    assert!(writable(&mut system));
    let child = system.fork();
    assert!(!writable(&mut system));
    assert_eq!(system.begin(child, 94, &[0]), None);
    system.linux.machine().threads.get_mut(&INIT).expect("a thread").told = None;
    system.linux.memory_fault(INIT, fault(DATA + 5, 1));
    assert!(writable(&mut system), "nobody else has it any more");
}

#[test]
fn a_fault_outside_of_all_areas_ends_the_process() {
    let mut system = System::new();
    let child = system.fork();
    system.linux.machine().threads.get_mut(&child).expect("a thread").told = None;
    let fault = MemoryFault { address: 64, is_fetch: false, syndrome: 7 };
    system.linux.memory_fault(child, fault);
    assert_eq!(system.told(child), None);
    assert_eq!(system.call(260, &[u64::MAX, DATA, 0, 0]), i64::from(child.0));
    assert_eq!(system.get(INIT, DATA, 1), [SIGSEGV.number() | 0x80]);
}

#[test]
fn a_pipe_carries_bytes_and_waits() {
    let mut system = System::new();
    assert_eq!(system.call(59, &[DATA, 0]), 0);
    let child = system.fork();
    assert_eq!(system.begin(child, READ, &[3, DATA + 8, 100]), None, "it waits");
    system.put(DATA + 16, b"through the pipe");
    assert_eq!(system.call(WRITE, &[4, DATA + 16, 16]), 16);
    assert_eq!(system.told(child), Some(Told::Answer(16)));
    assert_eq!(system.get(child, DATA + 8, 7), b"through");
    // Nobody writes any more once both have closed that end.
    assert_eq!(system.begin(child, READ, &[3, DATA, 1]), None);
    assert_eq!(system.call(57, &[4]), 0);
    assert_eq!(system.told(child), None);
    // The reader's own end is the last.
    let fd = system.linux.processes[&child.0].descriptors.get(4).is_ok();
    assert!(fd);
    system.call(129, &[child.0.into(), SIGKILL.number().into()]);
    assert_eq!(system.call(260, &[u64::MAX, 0, 0, 0]), i64::from(child.0));
    assert_eq!(system.call(59, &[DATA, 0]), 0);
    assert_eq!(system.call(57, &[4]), 0);
    assert_eq!(system.call(57, &[3]), 0);
}

#[test]
fn writing_where_nobody_reads_is_a_signal() {
    let mut system = System::new();
    assert_eq!(system.call(59, &[DATA, 0]), 0);
    assert_eq!(system.call(57, &[3]), 0);
    // Ignored, it is an error only.
    system.put(DATA + 64, &[1_u64, 0, 0, 0].map(u64::to_le_bytes).concat());
    assert_eq!(system.call(134, &[SIGPIPE.number().into(), DATA + 64, 0, 8]), 0);
    assert_eq!(system.call(WRITE, &[4, DATA, 1]), error(EPIPE));
}

#[test]
fn a_full_pipe_lets_its_writer_wait_and_finish() {
    let mut system = System::new();
    assert_eq!(system.call(59, &[DATA, 0]), 0);
    let area = system.call(222, &[0, 200 << 10, 3, 0x22, u64::MAX, 0]) as u64;
    let child = system.fork();
    assert_eq!(system.begin(child, WRITE, &[4, area, 150 << 10]), None);
    let mut total = 0;
    while total < 150 << 10 {
        total += system.call(READ, &[3, area, 8192]);
    }
    assert_eq!(total, 150 << 10);
    assert_eq!(system.told(child), Some(Told::Answer(150 << 10)));
    // Without waiting it is an error.
    assert_eq!(system.call(25, &[3, F_SETFL.into(), O_NONBLOCK.into()]), 0);
    assert_eq!(system.call(READ, &[3, area, 1]), error(EAGAIN));
}

#[test]
fn a_handler_gets_a_frame_and_returns() {
    let mut system = System::new();
    let (handler, restorer) = (BASE + 0x200, BASE + 0x300);
    let action = [handler, 0x0400_0004, restorer, 0];
    system.put(DATA, &action.map(u64::to_le_bytes).concat());
    assert_eq!(system.call(134, &[SIGUSR1.number().into(), DATA, 0, 8]), 0);
    let before = Registers {
        general: core::array::from_fn(|index| index as u64 * 3),
        stack: DATA + 3 * PAGE,
        program_counter: BASE + 0x100,
        flags: 0x6000_0000,
        thread_pointer: 99,
    };
    let space = system.call(222, &[0, 64 << 10, 3, 0x22, u64::MAX, 0]) as u64;
    let before = Registers { stack: space + (64 << 10), ..before };
    system.linux.machine().threads.get_mut(&INIT).expect("a thread").registers = before;
    assert_eq!(system.begin(INIT, 129, &[1, SIGUSR1.number().into()]), Some(Told::Resume));
    let inside = system.linux.machine().threads[&INIT].registers;
    // By way of the code that stores the registers of floating point.
    assert_eq!((inside.program_counter, inside.general[30]), (SAVE, restorer));
    assert_eq!(inside.general[17], handler);
    assert_eq!(inside.general[0], SIGUSR1.number().into());
    assert!(inside.stack.is_multiple_of(16) && inside.stack < before.stack);
    // The signal waits while its handler runs.
    assert_eq!(system.call(129, &[1, SIGUSR1.number().into()]), 0);
    system.linux.machine().threads.get_mut(&INIT).expect("a thread").registers = inside;
    // Who has not loaded these registers does so first.
    assert_eq!(system.begin(INIT, 139, &[]), Some(Told::Resume));
    let returning = system.linux.machine().threads[&INIT].registers;
    assert_eq!(returning, Registers { program_counter: RETURN, ..inside });
    // Returning from the first lets the second come.
    assert_eq!(system.begin(INIT, 139, &[]), Some(Told::Resume));
    let again = system.linux.machine().threads[&INIT].registers;
    assert_eq!((again.program_counter, again.general[17]), (SAVE, handler));
    system.linux.machine().threads.get_mut(&INIT).expect("a thread").registers =
        Registers { program_counter: RETURN, ..again };
    assert_eq!(system.begin(INIT, 139, &[]), Some(Told::Resume));
    let mut expected = before;
    expected.general[0] = 0;
    assert_eq!(system.linux.machine().threads[&INIT].registers, expected);
}

#[test]
fn a_signal_interrupts_what_waits() {
    let mut system = System::new();
    assert_eq!(system.call(59, &[DATA, 0]), 0);
    let child = system.fork();
    let action = [BASE + 0x200, 0, 0, 0];
    system.linux.write_memory(child, DATA, &action.map(u64::to_le_bytes).concat()).expect("memory");
    assert_eq!(system.call_of(child, 134, &[SIGUSR1.number().into(), DATA, 0, 8]), 0);
    let stack = system.linux.machine().threads[&child].registers.stack;
    assert!(stack > 0);
    assert_eq!(system.begin(child, READ, &[3, DATA, 1]), None);
    assert_eq!(system.call(129, &[child.0.into(), SIGUSR1.number().into()]), 0);
    assert_eq!(system.told(child), Some(Told::Resume));
    let frame = system.linux.machine().threads[&child].registers.stack;
    let x0 = system.get(child, frame + crate::abi::signals::frame::GENERAL, 8);
    assert_eq!(x0, EINTR.result().to_le_bytes());
}

#[test]
fn sleepers_wake_when_their_time_has_come() {
    let mut system = System::new();
    system.put(DATA, &[2_u64, 500_000_000].map(u64::to_le_bytes).concat());
    assert_eq!(system.begin(INIT, 101, &[DATA, 0]), None);
    let deadline = system.linux.next_time().expect("a deadline");
    assert_eq!(deadline.as_millis(), 2500);
    system.linux.machine().time = deadline;
    system.linux.tick();
    assert_eq!(system.told(INIT), Some(Told::Answer(0)));
}

#[test]
fn a_futex_wakes_whom_it_should() {
    let mut system = System::new();
    let flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
    let clear = CLONE_CHILD_CLEARTID | CLONE_SETTLS;
    let child = system.call(220, &[flags | clear, DATA + 2048, 0, 77, DATA + 8]);
    let child = ThreadId(child as u32);
    assert_eq!(system.linux.machine().threads[&child].registers.thread_pointer, 77);
    assert_eq!(system.call(98, &[DATA, 128, 1, 0, 0, 0]), error(EAGAIN));
    assert_eq!(system.begin(INIT, 98, &[DATA, 128, 0, 0, 0, 0]), None);
    assert_eq!(system.call_of(child, 98, &[DATA, 129, 1, 0, 0, 0]), 1);
    assert_eq!(system.told(INIT), Some(Told::Answer(0)));
    // The end of a thread wakes who waits for its number.
    system.put(DATA + 8, &child.0.to_le_bytes());
    assert_eq!(system.begin(INIT, 98, &[DATA + 8, 0, child.0.into(), 0, 0, 0]), None);
    assert_eq!(system.begin(child, 93, &[0]), None);
    assert_eq!(system.told(INIT), Some(Told::Answer(0)));
    assert_eq!(system.get(INIT, DATA + 8, 4), [0; 4]);
}

#[test]
fn directories_are_made_listed_and_removed() {
    let mut system = System::new();
    let path = system.text("/tmp/a");
    assert_eq!(system.call(34, &[AT_FDCWD as u64, path, 0o755]), 0);
    let fd = system.open("/tmp/a/file", O_CREAT | O_WRONLY) as u64;
    assert_eq!(system.call(57, &[fd]), 0);
    let path = system.text("/tmp/a");
    assert_eq!(system.call(35, &[AT_FDCWD as u64, path, AT_REMOVEDIR.into()]), error(ENOTEMPTY));
    let fd = system.open("/tmp/a", O_DIRECTORY) as u64;
    assert_eq!(system.call(61, &[fd, DATA, 512]), 24 + 24 + 24);
    let bytes = system.get(INIT, DATA + 48, 24);
    assert_eq!((&bytes[19..24], bytes[18]), (&b"file\0"[..], DT_REG));
    assert_eq!(system.call(61, &[fd, DATA, 512]), 0);
    assert_eq!(system.call(50, &[fd]), 0);
    assert_eq!(system.call(17, &[DATA, 100]), 7);
    assert_eq!(system.get(INIT, DATA, 7), b"/tmp/a\0");
    let path = system.text("../a/./file");
    assert_eq!(system.call(35, &[AT_FDCWD as u64, path, 0]), 0);
    let path = system.text("/tmp/a/");
    assert_eq!(system.call(35, &[AT_FDCWD as u64, path, AT_REMOVEDIR.into()]), 0);
    assert_eq!(system.call(17, &[DATA, 100]), error(ENOENT));
}

#[test]
fn a_new_program_has_words_on_its_stack() {
    let mut system = System::new();
    let path = system.text("/init");
    let words = [path, path, 0];
    system.put(DATA, &words.map(u64::to_le_bytes).concat());
    assert_eq!(system.begin(INIT, 221, &[path, DATA, DATA + 16]), Some(Told::Resume));
    let registers = system.linux.machine().threads[&INIT].registers;
    // By way of the code that clears the registers of floating point.
    assert_eq!((registers.program_counter, registers.general[17]), (CLEAR, BASE + 0x100));
    let stack = system.get(INIT, registers.stack, 32);
    assert_eq!(stack[..8], 2_u64.to_le_bytes());
    let first = u64::from_le_bytes(stack[8..16].try_into().expect("eight bytes"));
    assert_eq!(system.get(INIT, first, 6), b"/init\0");
    assert_eq!(system.linux.machine().spaces(), 1);
    let path = system.text("/tmp");
    assert!(system.call(221, &[path, 0, 0]) < 0);
}

#[test]
fn everything_is_free_when_all_have_ended() {
    let mut system = System::new();
    let child = system.fork();
    // In a session of its own: the end of the first process hangs up the console.
    assert_eq!(system.call_of(child, 157, &[]), 2);
    let area = system.call_of(child, 222, &[0, 1 << 20, 3, 0x21, u64::MAX, 0]) as u64;
    system.linux.write_memory(child, area, b"shared").expect("memory");
    assert_eq!(system.begin(INIT, 94, &[0]), None);
    assert_eq!(system.begin(child, 94, &[0]), None);
    assert_eq!(system.linux.ended(), Some(0));
    let machine = system.linux.machine();
    assert_eq!((machine.spaces(), machine.threads.len(), machine.mappings.len()), (0, 0, 0));
    // The file of the program, and the page that handlers return through.
    assert_eq!(machine.used(), 3);
}

#[test]
fn locks_keep_others_out_until_they_are_given_back() {
    let mut system = System::new();
    let fd = system.open("/tmp/locked", O_RDWR | O_CREAT) as u64;
    let child = system.fork();
    let lock = |kind: u16| [u64::from(kind), 10, 5, 0].map(u64::to_le_bytes).concat();
    system.put(DATA, &lock(F_WRLCK));
    assert_eq!(system.call(25, &[fd, F_SETLK.into(), DATA]), 0);
    system.linux.write_memory(child, DATA, &lock(F_RDLCK)).expect("memory");
    assert_eq!(system.call_of(child, 25, &[fd, F_SETLK.into(), DATA]), error(EAGAIN));
    assert_eq!(system.call_of(child, 25, &[fd, F_GETLK.into(), DATA]), 0);
    assert_eq!(system.get(child, DATA, 2), F_WRLCK.to_le_bytes());
    assert_eq!(system.get(child, DATA + 24, 4), 1_u32.to_le_bytes());
    assert_eq!(system.begin(child, 25, &[fd, F_SETLKW.into(), DATA]), None);
    assert_eq!(system.call(57, &[fd]), 0);
    assert_eq!(system.told(child), Some(Told::Answer(0)));
}

#[test]
fn a_server_that_is_short_of_memory_gives_none() {
    let mut system = System::new();
    let fd = system.open("/dev/zero", 0) as u64;
    system.linux.machine().short = true;
    assert_eq!(system.call(222, &[0, 4096, 3, 0x22, u64::MAX, 0]), error(ENOMEM));
    assert_eq!(system.call(220, &[17, 0, 0, 0, 0]), error(ENOMEM));
    assert_eq!(system.call(READ, &[fd, DATA + 2 * PAGE, 1]), error(EFAULT));
    system.linux.machine().short = false;
    assert!(system.call(222, &[0, 4096, 3, 0x22, u64::MAX, 0]) > 0);
}

#[test]
fn descriptors_are_closed_by_ranges() {
    let mut system = System::new();
    for fd in 3..8 {
        assert_eq!(system.open("/dev/null", 0), fd);
    }
    assert_eq!(system.call(436, &[4, 6, 0]), 0);
    assert_eq!(system.call(25, &[5, F_GETFD.into()]), error(EBADF));
    assert_eq!(system.call(436, &[7, u32::MAX.into(), 4]), 0);
    assert_eq!(system.call(25, &[7, F_GETFD.into()]), 1);
    assert_eq!(system.call(25, &[3, F_GETFD.into()]), 0);
}

#[test]
fn floating_point_registers_are_copied_and_memory_is_left_as_it_was() {
    let mut system = System::new();
    let stack = system.call(222, &[0, 64 << 10, 3, 0x22, u64::MAX, 0]) as u64 + (32 << 10);
    let area = stack - CONTEXT_BYTES as u64;
    system.put(area, &[7; CONTEXT_BYTES]);
    let before = Registers { stack, program_counter: BASE + 8, ..Registers::default() };
    system.linux.machine().threads.get_mut(&INIT).expect("a thread").registers = before;
    let flags = SIGCHLD.number().into();
    assert_eq!(system.begin(INIT, 220, &[flags, 0, 0, 0, 0]), Some(Told::Resume));
    let storing = system.linux.machine().threads[&INIT].registers;
    assert_eq!((storing.program_counter, storing.general[16]), (SAVE, area));
    system.put(area, &[42; CONTEXT_BYTES]);
    assert_eq!(system.begin(INIT, 0, &[]), Some(Told::Answer(2)));
    assert_eq!(system.get(INIT, area, CONTEXT_BYTES), [7; CONTEXT_BYTES]);
    let after = system.linux.machine().threads[&INIT].registers;
    assert_eq!((after.program_counter, after.general[16]), (BASE + 8, 0));
    let child = ThreadId(2);
    let loading = system.linux.machine().threads[&child].registers;
    assert_eq!((loading.program_counter, loading.general[16]), (LOAD, area));
    assert_eq!(system.get(child, area, CONTEXT_BYTES), [42; CONTEXT_BYTES]);
    // A signal waits until it has begun.
    assert_eq!(system.call(129, &[2, 19]), 0);
    assert_eq!(system.begin(child, 0, &[]), None);
    assert_eq!(system.get(child, area, CONTEXT_BYTES), [7; CONTEXT_BYTES]);
    assert_eq!(system.call(129, &[2, 18]), 0);
    assert_eq!(system.told(child), Some(Told::Resume));
    assert_eq!(system.linux.machine().threads[&child].registers, before);
}
