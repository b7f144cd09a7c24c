use core::time::Duration;

use crate::abi::errno::{EAGAIN, EBADF, EEXIST, EFAULT, EINVAL, ELOOP, EPERM};
use crate::abi::flags::*;
use crate::abi::signals::SIGUSR1;
use crate::calls::tests::{INIT, System, error};
use crate::fake::{DATA, Told};
use crate::machine::PAGE;

const READ: u64 = 63;
const WRITE: u64 = 64;
const AREA: u64 = DATA + 0x400;

fn eventfd(system: &mut System, count: u64, flags: u32) -> u64 {
    system.call(19, &[count, flags.into()]) as u64
}

fn words(system: &mut System, words: &[u64]) -> u64 {
    let bytes: alloc::vec::Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    system.put(AREA, &bytes)
}

fn epoll_add(system: &mut System, set: u64, fd: u64, events: u32) -> i64 {
    let event = words(system, &[events.into(), 100 + fd]);
    system.call(21, &[set, EPOLL_CTL_ADD.into(), fd, event])
}

/// What an `epoll_pwait` that does not wait tells: data of files.
fn happened(system: &mut System, set: u64) -> alloc::vec::Vec<u64> {
    let count = system.call(22, &[set, DATA, 10, 0, 0]) as usize;
    let bytes = system.get(INIT, DATA, 16 * count);
    let events = bytes.as_chunks::<16>().0.iter();
    events.map(|event| u64::from_le_bytes(*event.last_chunk().expect("8 bytes"))).collect()
}

#[test]
fn a_number_is_added_to_and_taken() {
    let mut system = System::new();
    let fd = eventfd(&mut system, 3, O_NONBLOCK);
    assert_eq!(system.call(READ, &[fd, DATA, 7]), error(EINVAL));
    assert_eq!(system.call(READ, &[fd, DATA, 8]), 8);
    assert_eq!(system.get(INIT, DATA, 8), 3_u64.to_le_bytes());
    assert_eq!(system.call(READ, &[fd, DATA, 8]), error(EAGAIN));
    let most = words(&mut system, &[u64::MAX]);
    assert_eq!(system.call(WRITE, &[fd, most, 8]), error(EINVAL));
    let most = words(&mut system, &[u64::MAX - 1]);
    assert_eq!(system.call(WRITE, &[fd, most, 8]), 8);
    assert_eq!(system.call(WRITE, &[fd, most, 8]), error(EAGAIN));
    let semaphore = eventfd(&mut system, 2, EFD_SEMAPHORE);
    for _ in 0..2 {
        assert_eq!(system.call(READ, &[semaphore, DATA, 8]), 8);
        assert_eq!(system.get(INIT, DATA, 8), 1_u64.to_le_bytes());
    }
    assert_eq!(system.begin(INIT, READ, &[semaphore, DATA, 8]), None, "it waits");
}

#[test]
fn a_timer_is_read_when_its_time_has_come() {
    let mut system = System::new();
    let fd = system.call(85, &[CLOCK_MONOTONIC.into(), 0]) as u64;
    let setting = words(&mut system, &[2, 0, 1, 0]);
    assert_eq!(system.call(86, &[fd, 0, setting, 0]), 0);
    assert_eq!(system.begin(INIT, READ, &[fd, DATA, 8]), None);
    system.linux.machine().time += Duration::from_secs(6);
    system.linux.tick();
    assert_eq!(system.told(INIT), Some(Told::Answer(8)));
    assert_eq!(system.get(INIT, DATA, 8), 3_u64.to_le_bytes());
    assert_eq!(system.call(87, &[fd, DATA]), 0);
    assert_eq!(system.get(INIT, DATA + 16, 8), 1_u64.to_le_bytes(), "a second is left");
}

#[test]
fn signals_are_read() {
    let mut system = System::new();
    let set = words(&mut system, &[SIGUSR1.bit()]);
    assert_eq!(system.call(135, &[0, set, 0, 8]), 0);
    let fd = system.call(74, &[u64::MAX, set, 8, O_NONBLOCK.into()]) as u64;
    assert_eq!(system.call(READ, &[fd, DATA, 128]), error(EAGAIN));
    assert_eq!(system.call(129, &[1, SIGUSR1.number().into()]), 0);
    assert_eq!(system.call(READ, &[fd, DATA, 300]), 128);
    assert_eq!(system.get(INIT, DATA, 1), [SIGUSR1.number()]);
    assert_eq!(system.get(INIT, DATA + 12, 4), 1_u32.to_le_bytes(), "the sender");
}

#[test]
fn a_full_queue_of_signals_is_an_error() {
    const SIGNAL: u64 = 40;
    let mut system = System::new();
    let set = words(&mut system, &[1 << (SIGNAL - 1)]);
    assert_eq!(system.call(135, &[0, set, 0, 8]), 0);
    // Its code, SI_QUEUE, is in the third of its words.
    let mut info = [0; 128];
    info[8..12].copy_from_slice(&(-1_i32).to_le_bytes());
    let info = system.put(AREA + 64, &info);
    // The queues of a process and of its thread are two.
    let (process, thread) = ((138, [1, SIGNAL, info, 0]), (240, [1, 1, SIGNAL, info]));
    for (number, arguments) in [process, thread] {
        for _ in 0..256 {
            assert_eq!(system.call(number, &arguments), 0);
        }
        assert_eq!(system.call(number, &arguments), error(EAGAIN));
    }
    // The thread's come first. There is room for another one.
    assert_eq!(system.call(137, &[set, 0, 0, 8]), SIGNAL as i64);
    assert_eq!(system.call(process.0, &process.1), error(EAGAIN));
    assert_eq!(system.call(thread.0, &thread.1), 0);
}

#[test]
fn a_set_tells_of_its_files() {
    let mut system = System::new();
    let set = system.call(20, &[0]) as u64;
    let (one, other) = (eventfd(&mut system, 0, 0), eventfd(&mut system, 0, 0));
    assert_eq!(epoll_add(&mut system, set, one, POLLIN.into()), 0);
    assert_eq!(epoll_add(&mut system, set, other, POLLIN.into()), 0);
    assert_eq!(epoll_add(&mut system, set, other, POLLIN.into()), error(EEXIST));
    assert_eq!(epoll_add(&mut system, set, set, POLLIN.into()), error(EINVAL));
    let file = system.open("/tmp/file", O_RDWR | O_CREAT) as u64;
    assert_eq!(epoll_add(&mut system, set, file, POLLIN.into()), error(EPERM));
    assert_eq!(happened(&mut system, set), []);
    let number = words(&mut system, &[1]);
    assert_eq!(system.call(WRITE, &[other, number, 8]), 8);
    assert_eq!(happened(&mut system, set), [100 + other]);
    assert_eq!(happened(&mut system, set), [100 + other], "as long as it can be read");
    // A set in a set.
    let outer = system.call(20, &[0]) as u64;
    assert_eq!(epoll_add(&mut system, outer, set, POLLIN.into()), 0);
    assert_eq!(happened(&mut system, outer), [100 + set]);
    let mut above = outer;
    let refused = (0..6).find_map(|_| {
        let next = system.call(20, &[0]) as u64;
        let added = epoll_add(&mut system, next, above, POLLIN.into());
        above = next;
        (added != 0).then_some(added)
    });
    assert_eq!(refused, Some(error(ELOOP)));
    assert_eq!(system.call(READ, &[other, DATA, 8]), 8);
    assert_eq!(system.call(57, &[other]), 0);
    assert_eq!(happened(&mut system, set), []);
}

#[test]
fn sets_are_not_in_themselves_and_not_deep_whatever_is_added_first() {
    let mut system = System::new();
    let make = |system: &mut System| system.call(20, &[0]) as u64;
    let in_set = u32::from(POLLIN);
    let (one, other) = (make(&mut system), make(&mut system));
    assert_eq!(epoll_add(&mut system, one, other, in_set), 0);
    assert_eq!(epoll_add(&mut system, other, one, in_set), error(ELOOP), "a ring of two");
    let third = make(&mut system);
    assert_eq!(epoll_add(&mut system, other, third, in_set), 0);
    assert_eq!(epoll_add(&mut system, third, one, in_set), error(ELOOP), "a ring of three");
    // From the top down: five are in each other, the sixth is refused.
    let fourth = make(&mut system);
    assert_eq!(epoll_add(&mut system, third, fourth, in_set), 0);
    let fifth = make(&mut system);
    assert_eq!(epoll_add(&mut system, fourth, fifth, in_set), 0);
    let sixth = make(&mut system);
    assert_eq!(epoll_add(&mut system, fifth, sixth, in_set), error(ELOOP));
    // From the middle, too.
    let seventh = make(&mut system);
    assert_eq!(epoll_add(&mut system, sixth, seventh, in_set), 0);
    assert_eq!(epoll_add(&mut system, fourth, sixth, in_set), error(ELOOP));
    assert_eq!(epoll_add(&mut system, third, sixth, in_set), 0);
    let fd = eventfd(&mut system, 1, 0);
    assert_eq!(epoll_add(&mut system, seventh, fd, in_set), 0);
    assert_eq!(happened(&mut system, one), [100 + other]);
}

#[test]
fn changes_are_told_once() {
    let mut system = System::new();
    let set = system.call(20, &[0]) as u64;
    let fd = eventfd(&mut system, 1, 0);
    assert_eq!(epoll_add(&mut system, set, fd, u32::from(POLLIN) | EPOLLET), 0);
    assert_eq!(happened(&mut system, set), [100 + fd]);
    assert_eq!(happened(&mut system, set), []);
    let number = words(&mut system, &[1]);
    assert_eq!(system.call(WRITE, &[fd, number, 8]), 8);
    assert_eq!(happened(&mut system, set), [100 + fd]);
    let event = words(&mut system, &[(u32::from(POLLIN) | EPOLLONESHOT).into(), 7]);
    assert_eq!(system.call(21, &[set, EPOLL_CTL_MOD.into(), fd, event]), 0);
    assert_eq!((happened(&mut system, set), happened(&mut system, set)), ([7].into(), [].into()));
}

#[test]
fn each_time_that_a_timer_expires_is_a_change() {
    let mut system = System::new();
    let set = system.call(20, &[0]) as u64;
    let fd = system.call(85, &[CLOCK_MONOTONIC.into(), 0]) as u64;
    let setting = words(&mut system, &[1, 0, 1, 0]);
    assert_eq!(system.call(86, &[fd, 0, setting, 0]), 0);
    assert_eq!(epoll_add(&mut system, set, fd, u32::from(POLLIN) | EPOLLET), 0);
    assert_eq!(happened(&mut system, set), []);
    for _ in 0..2 {
        system.linux.machine().time += Duration::from_secs(1);
        assert_eq!(happened(&mut system, set), [100 + fd]);
        assert_eq!(happened(&mut system, set), [], "that was told");
    }
    assert_eq!(system.call(READ, &[fd, DATA, 8]), 8);
    assert_eq!(happened(&mut system, set), []);
    system.linux.machine().time += Duration::from_secs(1);
    assert_eq!(happened(&mut system, set), [100 + fd]);
    // Unread, it is waited for all the same.
    assert_eq!(system.begin(INIT, 22, &[set, DATA, 10, u64::MAX, 0]), None);
    system.linux.machine().time += Duration::from_secs(1);
    system.linux.tick();
    assert_eq!(system.told(INIT), Some(Told::Answer(1)));
}

#[test]
fn what_could_not_be_delivered_is_told_again() {
    let mut system = System::new();
    let set = system.call(20, &[0]) as u64;
    for _ in 0..17 {
        let fd = eventfd(&mut system, 1, 0);
        assert_eq!(epoll_add(&mut system, set, fd, u32::from(POLLIN) | EPOLLET), 0);
    }
    // Memory for 16 of them.
    let area = system.call(222, &[0, 2 * PAGE, 3, 0x22, u64::MAX, 0]) as u64;
    assert_eq!(system.call(215, &[area + PAGE, PAGE]), 0);
    assert_eq!(system.call(22, &[set, area + PAGE - 16 * 16, 20, 0, 0]), error(EFAULT));
    assert_eq!(system.call(22, &[set, area, 20, 0, 0]), 17);
    assert_eq!(system.call(22, &[set, area, 20, 0, 0]), 0);
}

#[test]
fn a_set_forgets_the_changes_of_closed_files() {
    let mut system = System::new();
    let set = system.call(20, &[0]) as u64;
    let kept = eventfd(&mut system, 1, 0);
    assert_eq!(epoll_add(&mut system, set, kept, u32::from(POLLIN) | EPOLLET), 0);
    for _ in 0..100 {
        let fd = eventfd(&mut system, 1, 0);
        assert_eq!(epoll_add(&mut system, set, fd, u32::from(POLLIN) | EPOLLET), 0);
        assert!(happened(&mut system, set).contains(&(100 + fd)));
        assert_eq!(system.call(57, &[fd]), 0);
    }
    let epoll = system.linux.epolls[0].upgrade().expect("it is open");
    assert!(epoll.changes.borrow().len() < 20, "{}", epoll.changes.borrow().len());
    assert_eq!(happened(&mut system, set), [], "nothing new of the one that is left");
    let number = words(&mut system, &[1]);
    assert_eq!(system.call(WRITE, &[kept, number, 8]), 8);
    assert_eq!(happened(&mut system, set), [100 + kept]);
}

#[test]
fn who_waits_for_a_set_hears_of_new_files_and_of_the_time() {
    let mut system = System::new();
    let set = system.call(20, &[0]) as u64;
    let fd = eventfd(&mut system, 1, 0);
    let child = system.fork();
    assert_eq!(system.begin(child, 22, &[set, DATA, 10, 1000, 0]), None);
    assert_eq!(epoll_add(&mut system, set, fd, POLLIN.into()), 0);
    assert_eq!(system.told(child), Some(Told::Answer(1)));
    assert_eq!(system.call(READ, &[fd, DATA, 8]), 8);
    assert_eq!(system.begin(child, 22, &[set, DATA, 10, 1000, 0]), None);
    system.linux.machine().time += Duration::from_secs(1);
    system.linux.tick();
    assert_eq!(system.told(child), Some(Told::Answer(0)));
}

#[test]
fn files_are_selected() {
    let mut system = System::new();
    let (full, empty) = (eventfd(&mut system, 1, 0), eventfd(&mut system, 0, 0));
    let both = 1 << full | 1 << empty;
    let sets = words(&mut system, &[both, both]);
    assert_eq!(system.call(72, &[10, sets, sets + 8, 0, 0, 0]), 3);
    assert_eq!(system.get(INIT, sets, 8), (1_u64 << full).to_le_bytes());
    assert_eq!(system.get(INIT, sets + 8, 8), both.to_le_bytes());
    let nothing = words(&mut system, &[1 << empty, 0, 0, 0]);
    assert_eq!(system.call(72, &[10, nothing, 0, 0, nothing + 16, 0]), 0, "its time is over");
    assert_eq!(system.call(57, &[full]), 0);
    let sets = words(&mut system, &[both]);
    assert_eq!(system.call(72, &[10, sets, 0, 0, 0, 0]), error(EBADF));
}
