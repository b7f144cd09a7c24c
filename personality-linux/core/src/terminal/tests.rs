use crate::abi::errno::{EAGAIN, EINTR, EIO, ENOTTY, EPERM};
use crate::abi::flags::*;
use crate::abi::signals::{SIGCHLD, SIGCONT, SIGINT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH};
use crate::calls::tests::{INIT, System, error};
use crate::fake::{DATA, Told};
use crate::machine::ThreadId;
use crate::terminal::PTY_OUTPUT;

const IOCTL: u64 = 29;
const READ: u64 = 63;
const WRITE: u64 = 64;
const WAIT4: u64 = 260;
const AREA: u64 = DATA + 0x400;

fn ioctl(system: &mut System, thread: ThreadId, fd: u64, command: u32, argument: u64) -> i64 {
    system.call_of(thread, IOCTL, &[fd, command.into(), argument])
}

/// A child in a group of its own, which is in the foreground if it is to be.
fn job(system: &mut System, is_foreground: bool) -> ThreadId {
    let child = system.fork();
    assert_eq!(system.call(154, &[child.0.into(), 0]), 0);
    if is_foreground {
        system.put(AREA, &child.0.to_le_bytes());
        assert_eq!(ioctl(system, INIT, 0, TIOCSPGRP, AREA), 0);
    }
    child
}

/// Pair of the device's descriptor and the terminal's.
fn pair(system: &mut System) -> (u64, u64) {
    let master = system.open("/dev/ptmx", O_RDWR | O_NOCTTY) as u64;
    system.put(AREA, &[0; 4]);
    assert_eq!(ioctl(system, INIT, master, TIOCSPTLCK, AREA), 0);
    let slave = system.open("/dev/pts/0", O_RDWR | O_NOCTTY) as u64;
    (master, slave)
}

#[test]
fn a_reader_waits_until_a_line_is_typed() {
    let mut system = System::new();
    assert_eq!(system.begin(INIT, READ, &[0, DATA, 100]), None);
    system.linux.typed(b"ls");
    assert_eq!(system.told(INIT), None);
    system.linux.typed(b" -l\r");
    assert_eq!(system.told(INIT), Some(Told::Answer(6)));
    assert_eq!(system.get(INIT, DATA, 6), b"ls -l\n");
    assert_eq!(system.linux.machine().printed, b"ls -l\r\n");
}

#[test]
fn a_writer_waits_until_the_console_has_room() {
    let mut system = System::new();
    system.linux.machine().room = 5;
    system.put(DATA, b"one\ntwo\n");
    assert_eq!(system.begin(INIT, WRITE, &[1, DATA, 8]), None);
    assert_eq!(system.linux.machine().printed, b"one\r\n");
    system.linux.machine().room = 100;
    system.linux.has_room();
    assert_eq!(system.told(INIT), Some(Told::Answer(8)));
    assert_eq!(system.linux.machine().printed, b"one\r\ntwo\r\n");
}

#[test]
fn a_key_interrupts_the_foreground_only() {
    let mut system = System::new();
    let (front, back) = (job(&mut system, true), job(&mut system, false));
    sleep(&mut system, front);
    sleep(&mut system, back);
    system.linux.typed(b"\x03");
    let status = DATA + 64;
    assert_eq!(system.call(WAIT4, &[u64::MAX, status, 0, 0]), i64::from(front.0));
    assert_eq!(system.get(INIT, status, 4), u32::from(SIGINT.number()).to_le_bytes());
    assert_eq!(system.call(WAIT4, &[u64::MAX, status, WNOHANG.into(), 0]), 0);
}

/// Lets a thread sleep for long.
fn sleep(system: &mut System, thread: ThreadId) {
    let time = [9, 0].map(u64::to_le_bytes).concat();
    system.linux.write_memory(thread, AREA, &time).expect("memory");
    assert_eq!(system.begin(thread, 101, &[AREA, 0]), None);
}

#[test]
fn a_job_is_stopped_and_goes_on() {
    let mut system = System::new();
    let front = job(&mut system, true);
    sleep(&mut system, front);
    system.linux.typed(b"\x1a");
    let status = DATA + 64;
    let asks = u64::from(WUNTRACED | WCONTINUED | WNOHANG);
    assert_eq!(system.call(WAIT4, &[u64::MAX, status, asks, 0]), i64::from(front.0));
    let stopped = 0x7f | u32::from(SIGTSTP.number()) << 8;
    assert_eq!(system.get(INIT, status, 4), stopped.to_le_bytes());
    assert_eq!(system.call(WAIT4, &[u64::MAX, status, asks, 0]), 0, "that was told");
    // Its time passes, but it does not go on.
    system.linux.machine().time += core::time::Duration::from_secs(10);
    system.linux.tick();
    assert_eq!(system.told(front), None);
    assert_eq!(system.call(129, &[front.0.into(), SIGCONT.number().into()]), 0);
    assert_eq!(system.told(front), Some(Told::Answer(0)), "the sleep is over, uninterrupted");
    assert_eq!(system.call(WAIT4, &[u64::MAX, status, asks, 0]), i64::from(front.0));
    assert_eq!(system.get(INIT, status, 4), 0xffff_u32.to_le_bytes());
}

#[test]
fn a_running_process_is_stopped_where_it_is() {
    let mut system = System::new();
    let child = job(&mut system, false);
    system.linux.machine().threads.get_mut(&child).expect("a thread").told = None;
    assert_eq!(system.call(129, &[child.0.into(), 19]), 0);
    assert_eq!(system.told(child), None, "it was stopped");
    assert_eq!(system.call(129, &[child.0.into(), SIGCONT.number().into()]), 0);
    assert_eq!(system.told(child), Some(Told::Resume));
    // A stopped one can be killed.
    system.linux.machine().threads.get_mut(&child).expect("a thread").told = None;
    assert_eq!(system.call(129, &[child.0.into(), 19]), 0);
    assert_eq!(system.call(129, &[child.0.into(), 9]), 0);
    assert_eq!(system.call(WAIT4, &[u64::MAX, DATA, 0, 0]), i64::from(child.0));
    assert_eq!(system.get(INIT, DATA, 4), 9_u32.to_le_bytes());
}

#[test]
fn a_handler_of_the_signal_that_continues_runs() {
    let mut system = System::new();
    let child = job(&mut system, false);
    let action = [0x40_1000_u64, 0, 0, 0].map(u64::to_le_bytes).concat();
    system.linux.write_memory(child, AREA, &action).expect("memory");
    let number = u64::from(SIGCONT.number());
    assert_eq!(system.call_of(child, 134, &[number, AREA, 0, 8]), 0);
    sleep(&mut system, child);
    assert_eq!(system.call(129, &[child.0.into(), 19]), 0);
    assert_eq!(system.call(129, &[child.0.into(), number]), 0);
    assert_eq!(system.told(child), Some(Told::Resume));
    let registers = system.linux.machine().threads[&child].registers;
    assert_eq!((registers.general[17], registers.general[0]), (0x40_1000, number));
    let x0 = registers.stack + crate::abi::signals::frame::GENERAL;
    let interrupted = system.get(child, x0, 8);
    assert_eq!(interrupted, EINTR.result().to_le_bytes());
}

#[test]
fn a_reader_in_the_background_is_stopped() {
    let mut system = System::new();
    let back = job(&mut system, false);
    assert_eq!(system.begin(back, READ, &[0, DATA, 10]), None);
    let status = DATA + 64;
    assert_eq!(system.call(WAIT4, &[u64::MAX, status, WUNTRACED.into(), 0]), i64::from(back.0));
    assert_eq!(system.get(INIT, status + 1, 1), [SIGTTIN.number()]);
    // In the foreground, and continued, it reads.
    system.put(AREA, &back.0.to_le_bytes());
    assert_eq!(ioctl(&mut system, INIT, 0, TIOCSPGRP, AREA), 0);
    assert_eq!(system.call(129, &[back.0.into(), SIGCONT.number().into()]), 0);
    assert_eq!(system.told(back), None);
    system.linux.typed(b"x\n");
    assert_eq!(system.told(back), Some(Told::Answer(2)));
}

/// A second thread of a process.
fn thread_of(system: &mut System, first: ThreadId) -> ThreadId {
    let flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
    let stack = system.call_of(first, 222, &[0, 64 << 10, 3, 0x22, u64::MAX, 0]) as u64;
    ThreadId(system.call_of(first, 220, &[flags, stack + (64 << 10), 0, 0, 0]) as u32)
}

#[test]
fn any_thread_that_reads_in_the_background_reads_again_later() {
    let mut system = System::new();
    let back = job(&mut system, false);
    let other = thread_of(&mut system, back);
    assert_eq!(system.begin(other, READ, &[0, DATA, 10]), None);
    let status = DATA + 64;
    assert_eq!(system.call(WAIT4, &[u64::MAX, status, WUNTRACED.into(), 0]), i64::from(back.0));
    system.put(AREA, &back.0.to_le_bytes());
    assert_eq!(ioctl(&mut system, INIT, 0, TIOCSPGRP, AREA), 0);
    assert_eq!(system.call(129, &[back.0.into(), SIGCONT.number().into()]), 0);
    assert_eq!(system.told(other), None);
    system.linux.typed(b"x\n");
    assert_eq!(system.told(other), Some(Told::Answer(2)));
}

#[test]
fn the_thread_that_reads_in_the_background_has_the_signal() {
    let mut system = System::new();
    let back = job(&mut system, false);
    let action = [0x40_1000_u64, 0, 0, 0].map(u64::to_le_bytes).concat();
    system.linux.write_memory(back, AREA, &action).expect("memory");
    let number = u64::from(SIGTTIN.number());
    assert_eq!(system.call_of(back, 134, &[number, AREA, 0, 8]), 0);
    let other = thread_of(&mut system, back);
    assert_eq!(system.begin(other, READ, &[0, DATA, 10]), Some(Told::Resume));
    assert_eq!(system.linux.machine().threads[&other].registers.general[0], number);
}

#[test]
fn only_the_foreground_changes_a_terminal() {
    let mut system = System::new();
    let front = job(&mut system, true);
    system.linux.write_memory(front, AREA, &front.0.to_le_bytes()).expect("memory");
    // What is not looked after by anybody cannot be stopped either.
    assert_eq!(ioctl(&mut system, front, 0, TIOCSPGRP, AREA), 0);
    assert_eq!(ioctl(&mut system, INIT, 0, TIOCSPGRP, AREA), error(EIO));
    let back = job_of(&mut system, front);
    assert_eq!(system.begin(back, IOCTL, &[0, TIOCSPGRP.into(), AREA]), None);
    let status = DATA + 64;
    let found = system.call_of(front, WAIT4, &[u64::MAX, status, WUNTRACED.into(), 0]);
    assert_eq!(found, i64::from(back.0));
    assert_eq!(system.get(front, status + 1, 1), [SIGTTOU.number()]);
}

/// A child of a child, in a group of its own.
fn job_of(system: &mut System, parent: ThreadId) -> ThreadId {
    let number = system.call_of(parent, 220, &[SIGCHLD.number().into(), 0, 0, 0, 0]);
    assert_eq!(system.call_of(parent, 154, &[number as u64, 0]), 0);
    ThreadId(number as u32)
}

#[test]
fn a_stopped_group_that_is_orphaned_ends() {
    let mut system = System::new();
    let shell = job(&mut system, true);
    let stopped = job_of(&mut system, shell);
    assert_eq!(system.call_of(shell, 129, &[stopped.0.into(), 19]), 0);
    assert!(system.linux.machine().threads.contains_key(&stopped));
    system.begin(shell, 94, &[0]);
    // Its new parent is in the same session: somebody looks after it.
    assert!(system.linux.machine().threads.contains_key(&stopped));
    // In a session without anybody else it ends.
    let leader = system.fork();
    assert_eq!(system.call_of(leader, 157, &[]), i64::from(leader.0));
    let stopped = job_of(&mut system, leader);
    assert_eq!(system.call_of(leader, 129, &[stopped.0.into(), 19]), 0);
    system.begin(leader, 94, &[0]);
    assert!(!system.linux.machine().threads.contains_key(&stopped));
}

#[test]
fn a_pseudo_terminal_goes_both_ways() {
    let mut system = System::new();
    let (master, slave) = pair(&mut system);
    system.put(DATA, b"ab\x7fc\r");
    assert_eq!(system.call(WRITE, &[master, DATA, 5]), 5);
    assert_eq!(system.call(READ, &[slave, DATA, 50]), 3);
    assert_eq!(system.get(INIT, DATA, 3), b"ac\n");
    system.put(DATA, b"out\n");
    assert_eq!(system.call(WRITE, &[slave, DATA, 4]), 4);
    assert_eq!(system.call(READ, &[master, DATA, 50]), 13);
    assert_eq!(system.get(INIT, DATA, 13), b"ab\x08 \x08c\r\nout\r\n");
    assert_eq!(system.begin(INIT, READ, &[master, DATA, 50]), None);
}

#[test]
fn who_is_told_of_room_can_end_a_line() {
    let mut system = System::new();
    let (master, slave) = pair(&mut system);
    system.call(25, &[slave, F_SETFL.into(), u64::from(O_RDWR | O_NONBLOCK)]);
    let area = system.call(222, &[0, PTY_OUTPUT as u64, 3, 0x22, u64::MAX, 0]) as u64;
    let all_but_one = PTY_OUTPUT as u64 - 1;
    assert_eq!(system.call(WRITE, &[slave, area, all_but_one]), all_but_one as i64);
    system.put(DATA, b"\n");
    assert_eq!(system.call(WRITE, &[slave, DATA, 1]), error(EAGAIN));
    let asked = [slave as u32, POLLOUT.into()].map(u32::to_le_bytes).concat();
    system.put(AREA, &asked);
    system.put(DATA + 64, &[0; 16]);
    assert_eq!(system.call(73, &[AREA, 1, DATA + 64, 0, 0]), 0);
    assert_eq!(system.call(READ, &[master, area, 1]), 1);
    assert_eq!(system.call(73, &[AREA, 1, DATA + 64, 0, 0]), 1);
    assert_eq!(system.call(WRITE, &[slave, DATA, 1]), 1);
}

#[test]
fn both_sides_of_a_pseudo_terminal_notice_the_end() {
    let mut system = System::new();
    let (master, slave) = pair(&mut system);
    assert_eq!(system.call(57, &[slave]), 0);
    assert_eq!(system.call(READ, &[master, DATA, 50]), error(EIO));
    let slave = system.open("/dev/pts/0", O_RDWR | O_NOCTTY) as u64;
    let reader = system.fork();
    assert_eq!(system.call_of(reader, 57, &[master]), 0);
    assert_eq!(system.begin(reader, READ, &[slave, DATA, 50]), None);
    assert_eq!(system.call(57, &[master]), 0);
    assert_eq!(system.told(reader), Some(Told::Answer(0)));
    assert_eq!(system.call(WRITE, &[slave, DATA, 1]), error(EIO));
    assert_eq!(system.open("/dev/pts/0", O_RDWR), error(crate::abi::errno::ENOENT));
    // Its number is free again.
    let (_, slave) = pair(&mut system);
    assert_eq!(ioctl(&mut system, INIT, slave, TIOCGSID, AREA), 0);
}

#[test]
fn a_hung_up_session_ends() {
    let mut system = System::new();
    let (master, _) = pair(&mut system);
    let leader = system.fork();
    assert_eq!(system.call_of(leader, 157, &[]), i64::from(leader.0));
    assert_eq!(system.call_of(leader, 57, &[master]), 0);
    let path = system.text("/dev/pts/0");
    let own = system.call_of(leader, 56, &[AT_FDCWD as u64, path, O_RDWR.into(), 0]);
    assert_eq!(ioctl(&mut system, leader, own as u64, TIOCGPGRP, AREA), 0);
    assert_eq!(system.get(leader, AREA, 4), leader.0.to_le_bytes());
    assert_eq!(ioctl(&mut system, leader, own as u64, TIOCSCTTY, 0), 0, "it has it already");
    assert_eq!(system.begin(leader, READ, &[own as u64, DATA, 10]), None);
    assert_eq!(system.call(57, &[master]), 0);
    assert!(!system.linux.machine().threads.contains_key(&leader), "by SIGHUP");
}

#[test]
fn sessions_take_terminals_only_when_they_may() {
    let mut system = System::new();
    let (_, slave) = pair(&mut system);
    assert_eq!(ioctl(&mut system, INIT, slave, TIOCSCTTY, 0), error(EPERM), "it has the console");
    let child = system.fork();
    assert_eq!(ioctl(&mut system, child, slave, TIOCSCTTY, 0), error(EPERM), "it leads none");
    assert_eq!(system.call_of(child, 157, &[]), i64::from(child.0));
    assert_eq!(ioctl(&mut system, child, 0, TIOCGPGRP, AREA), error(ENOTTY));
    assert_eq!(ioctl(&mut system, child, slave, TIOCSCTTY, 0), 0);
    let path = system.text("/dev/tty");
    let own = system.call_of(child, 56, &[AT_FDCWD as u64, path, O_RDWR.into(), 0]);
    assert_eq!(ioctl(&mut system, child, own as u64, TIOCGSID, AREA), 0);
    assert_eq!(system.get(child, AREA, 4), child.0.to_le_bytes());
}

#[test]
fn a_window_tells_its_size_and_that_it_changes() {
    let mut system = System::new();
    let front = job(&mut system, true);
    let action = [0x40_1000_u64, 0, 0, 0].map(u64::to_le_bytes).concat();
    system.linux.write_memory(front, AREA, &action).expect("memory");
    assert_eq!(system.call_of(front, 134, &[SIGWINCH.number().into(), AREA, 0, 8]), 0);
    sleep(&mut system, front);
    system.put(AREA, &[50_u16, 132, 0, 0].map(u16::to_le_bytes).concat());
    assert_eq!(ioctl(&mut system, INIT, 1, TIOCSWINSZ, AREA), 0);
    assert_eq!(system.told(front), Some(Told::Resume));
    assert_eq!(ioctl(&mut system, INIT, 2, TIOCGWINSZ, DATA), 0);
    assert_eq!(system.get(INIT, DATA, 4), [50, 0, 132, 0]);
}

#[test]
fn without_lines_a_read_ends_after_its_time() {
    let mut system = System::new();
    assert_eq!(ioctl(&mut system, INIT, 0, TCGETS, AREA), 0);
    let mut modes = crate::abi::termios::Termios::USUAL;
    (modes.local, modes.special[6], modes.special[5]) = (0, 0, 5);
    system.put(AREA, &modes.to_bytes());
    assert_eq!(ioctl(&mut system, INIT, 0, TCSETS, AREA), 0);
    assert_eq!(system.begin(INIT, READ, &[0, DATA, 10]), None);
    system.linux.machine().time += core::time::Duration::from_millis(499);
    system.linux.tick();
    assert_eq!(system.told(INIT), None);
    system.linux.machine().time += core::time::Duration::from_millis(1);
    system.linux.tick();
    assert_eq!(system.told(INIT), Some(Told::Answer(0)));
    system.call(25, &[0, F_SETFL.into(), u64::from(O_RDWR | O_NONBLOCK)]);
    assert_eq!(system.call(READ, &[0, DATA, 10]), error(EAGAIN));
}
