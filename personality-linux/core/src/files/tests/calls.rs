//! Programs that use files on a disk.

use alloc::boxed::Box;
use core::time::Duration;

use super::disk::Platter;
use crate::abi::errno::{EINVAL, ENOENT, ENOTEMPTY, EXDEV};
use crate::abi::flags::*;
use crate::calls::tests::{INIT, System, error};
use crate::fake::{DATA, Fake};
use crate::linux::Linux;

const MKDIRAT: u64 = 34;
const UNLINKAT: u64 = 35;
const RENAMEAT: u64 = 38;
const CLOSE: u64 = 57;
const READ: u64 = 63;
const WRITE: u64 = 64;
const PREAD: u64 = 67;
const PWRITE: u64 = 68;
const FSYNC: u64 = 82;
const MMAP: u64 = 222;
const HERE: u64 = AT_FDCWD as u64;

/// A system with its root on a disk.
fn on(platter: &Platter) -> System {
    let mut linux = Linux::new(Fake::new(600));
    linux.mount_root(Box::new(platter.clone())).expect("a file system");
    System::of(linux)
}

/// The disk as it is without what the system has in memory only.
fn lose_power(platter: &Platter) -> Platter {
    Platter::of(platter.bytes.borrow().clone())
}

impl System {
    fn write_file(&mut self, path: &str, content: &[u8]) -> u64 {
        let fd = self.open(path, O_RDWR | O_CREAT) as u64;
        self.put(DATA, content);
        assert_eq!(self.call(WRITE, &[fd, DATA, content.len() as u64]), content.len() as i64);
        fd
    }

    fn read_file(&mut self, path: &str) -> alloc::vec::Vec<u8> {
        let fd = self.open(path, 0);
        assert!(fd >= 0, "{path}: {fd}");
        let count = self.call(READ, &[fd as u64, DATA + 0x200, 200]);
        assert_eq!(self.call(CLOSE, &[fd as u64]), 0);
        self.get(INIT, DATA + 0x200, count as usize)
    }
}

#[test]
fn what_was_synced_is_there_after_a_loss_of_power() {
    let platter = Platter::formatted(32);
    let mut system = on(&platter);
    let fd = system.write_file("/kept", b"one");
    assert_eq!(system.call(FSYNC, &[fd]), 0);
    system.write_file("/forgotten", b"two");
    let mut system = on(&lose_power(&platter));
    assert_eq!(system.read_file("/kept"), b"one");
}

#[test]
fn everything_is_written_when_the_system_says_so() {
    let platter = Platter::formatted(32);
    let mut system = on(&platter);
    system.write_file("/one", b"first");
    let path = system.text("/two");
    assert_eq!(system.call(MKDIRAT, &[HERE, path, 0o755]), 0);
    system.write_file("/two/three", b"third");
    system.linux.flush().expect("a disk that works");
    let mut system = on(&lose_power(&platter));
    assert_eq!(system.read_file("/one"), b"first");
    assert_eq!(system.read_file("/two/three"), b"third");
    let path = system.text("/two");
    assert_eq!(system.call(UNLINKAT, &[HERE, path, AT_REMOVEDIR.into()]), error(ENOTEMPTY));
}

#[test]
fn what_programs_change_in_mapped_files_reaches_the_disk() {
    let platter = Platter::formatted(32);
    let mut system = on(&platter);
    let fd = system.write_file("/mapped", b"old and more");
    assert_eq!(system.call(FSYNC, &[fd]), 0);
    let flags = u64::from(MAP_SHARED);
    let at = system.call(MMAP, &[0, 4096, 3, flags, fd, 0]) as u64;
    system.put(at, b"new");
    assert_eq!(system.call(FSYNC, &[fd]), 0);
    assert_eq!(on(&lose_power(&platter)).read_file("/mapped"), b"new and more");
    // It is still mapped: nobody is asked before the next change.
    system.put(at, b"two");
    assert_eq!(system.call(FSYNC, &[fd]), 0);
    assert_eq!(on(&lose_power(&platter)).read_file("/mapped"), b"two and more");
}

#[test]
fn a_file_without_a_name_is_freed_when_nobody_has_it_open() {
    let platter = Platter::formatted(32);
    let mut system = on(&platter);
    let room = |system: &System| {
        let disk = system.linux.mounts.disks().next().expect("a disk");
        let room = disk.volume().room();
        (room.free_blocks, room.free_inodes)
    };
    let before = room(&system);
    let fd = system.write_file("/temporary", &[7; 100]);
    assert_eq!(system.call(FSYNC, &[fd]), 0);
    let path = system.text("/temporary");
    assert_eq!(system.call(UNLINKAT, &[HERE, path, 0]), 0);
    assert_eq!(system.open("/temporary", 0), error(ENOENT));
    assert_eq!(system.call(67, &[fd, DATA + 0x200, 1, 99]), 1);
    assert_ne!(room(&system), before);
    assert_eq!(system.call(CLOSE, &[fd]), 0);
    assert_eq!(room(&system), before);
}

#[test]
fn names_reach_the_disk_without_being_asked_for() {
    let platter = Platter::formatted(32);
    let mut system = on(&platter);
    let path = system.text("/made");
    assert_eq!(system.call(MKDIRAT, &[HERE, path, 0o755]), 0);
    assert_eq!(on(&lose_power(&platter)).open("/made", 0), error(ENOENT));
    system.linux.machine().time += Duration::from_secs(6);
    system.linux.tick();
    assert!(on(&lose_power(&platter)).open("/made", 0) >= 0);
}

#[test]
fn what_nobody_can_read_any_more_is_not_written() {
    let platter = Platter::formatted(32);
    let mut system = on(&platter);
    let room = |system: &System| {
        system.linux.mounts.disks().next().expect("a disk").volume().room().free_inodes
    };
    let (before, unwritten) = (room(&system), system.linux.mounts.unwritten_pages());
    let fd = system.write_file("/temporary", &[7; 100]);
    assert_eq!(system.linux.mounts.unwritten_pages(), unwritten + 1);
    let path = system.text("/temporary");
    assert_eq!(system.call(UNLINKAT, &[HERE, path, 0]), 0);
    assert_eq!(system.call(67, &[fd, DATA + 0x200, 1, 99]), 1, "it is open still");
    assert_eq!(system.call(CLOSE, &[fd]), 0);
    assert_eq!(system.linux.mounts.unwritten_pages(), unwritten);
    assert_eq!(room(&system), before);
}

#[test]
fn names_do_not_move_between_file_systems() {
    let platter = Platter::formatted(32);
    let mut system = on(&platter);
    system.write_file("/here", b"content");
    system.write_file("/run/there", b"other");
    let from = system.put(DATA + 0x600, b"/here\0");
    let to = system.text("/run/here");
    assert_eq!(system.call(RENAMEAT, &[HERE, from, HERE, to]), error(EXDEV));
    let to = system.text("/moved");
    assert_eq!(system.call(RENAMEAT, &[HERE, from, HERE, to]), 0);
    assert_eq!(system.read_file("/moved"), b"content");
    assert_eq!(system.open("/here", 0), error(ENOENT));
}

#[test]
fn bytes_go_from_file_to_file() {
    let platter = Platter::formatted(32);
    let mut system = on(&platter);
    let from = system.write_file("/from", b"0123456789");
    let to = system.write_file("/to", b"ab");
    let offset = system.put(DATA + 0x600, &4_u64.to_le_bytes());
    assert_eq!(system.call(285, &[from, offset, to, 0, 100, 0]), 6);
    assert_eq!(system.get(INIT, offset, 8), 10_u64.to_le_bytes());
    assert_eq!(system.call(285, &[from, offset, to, 0, 100, 0]), 0);
    assert_eq!(system.read_file("/to"), b"ab456789");
    assert_eq!(system.call(285, &[from, offset, from, offset, 9, 0]), error(EINVAL));
    assert_eq!(system.call(285, &[from, 0, to, 0, 9, 1]), error(EINVAL));
}

#[test]
fn what_the_disk_has_is_forgotten_and_read_again() {
    let platter = Platter::formatted(32);
    let mut system = on(&platter);
    system.write_file("/file", b"content");
    let before = system.linux.machine().used();
    system.linux.flush().expect("a disk that works");
    let fd = system.open("/file", 0) as u64;
    assert_eq!(system.call(CLOSE, &[fd]), 0);
    let disk = system.linux.mounts.disks().next().cloned().expect("a disk");
    disk.forget(&mut system.linux.frames);
    system.linux.settle();
    assert!(system.linux.machine().used() < before, "the page is free");
    assert_eq!(system.read_file("/file"), b"content");
}

#[test]
fn nothing_of_one_transfer_is_read_by_another() {
    let mut system = System::new();
    let secret = system.put(DATA, &[7; 64]);
    let null = system.open("/dev/null", O_RDWR) as u64;
    let file = system.open("/tmp/hole", O_RDWR | O_CREAT) as u64;
    assert_eq!(system.call(PWRITE, &[file, secret, 1, 40]), 1);
    assert_eq!(system.call(WRITE, &[null, secret, 64]), 64);
    assert_eq!(system.call(PREAD, &[file, secret, 64, 0]), 41);
    let mut expected = alloc::vec![0; 40];
    expected.resize(64, 7);
    assert_eq!(system.get(INIT, secret, 64), expected);
    let zero = system.open("/dev/zero", O_RDWR) as u64;
    assert_eq!(system.call(WRITE, &[null, secret, 64]), 64);
    assert_eq!(system.call(READ, &[zero, secret, 64]), 64);
    assert_eq!(system.get(INIT, secret, 64), [0; 64]);
}
