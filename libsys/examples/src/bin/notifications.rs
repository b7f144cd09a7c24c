//! Notifications: words of bits that signals set and a wait takes.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use libsys::bootstrap::AllocationError;
use libsys::memory::{Memory, Objects, Space};
use libsys::object::{Endpoint, Notification, Reply};
use libsys::server::Origin;
use libsys::syscall::{self, Message};
use libsys::worker::Options;
use libsys::{Badge, Cap, Rights, System, current_thread, initial, println, thread};

/// Threads that signal at the same time, and how often each.
const SIGNALLERS: u64 = 8;
const SIGNALS: u64 = 1000;

#[libsys::main]
fn main(system: System) -> Result<(), AllocationError> {
    let core = initial::sched_control(system.boot, 0).ok_or(AllocationError::NoSlots)?;
    let (mut memory, mut space) = (Memory::new(system), Space::initial());
    badges(&mut memory)?;
    crowd(&mut memory, &mut space, Options::new(core))?;
    bound(&mut memory, &mut space, Options::new(core))
}

/// Badges of signals that nobody waits for add up, each bit once.
fn badges(memory: &mut Memory) -> Result<(), AllocationError> {
    let bell = memory.create::<Notification>()?;
    let [one, two, four] = [1, 2, 4].map(|badge| memory.mint(bell, Rights::ALL, Badge(badge)));
    let (one, two, four) = (one?, two?, four?);
    println!("nobody has signalled: {}", bell.poll());
    one.signal();
    four.signal();
    one.signal();
    println!("1, 4 and 1 again: {}", bell.wait());
    println!("taken is gone: {}", bell.poll());
    two.signal();
    println!("a poll takes as well: {}, then {}", bell.poll(), bell.poll());
    Ok(())
}

/// Many signal, each with a bit of its own, and one waits: a wait may take many signals at once,
/// but no signaller is missed.
fn crowd(memory: &mut Memory, space: &mut Space, options: Options) -> Result<(), AllocationError> {
    let bell = memory.create::<Notification>()?;
    let signallers = (0..SIGNALLERS).map(|number| {
        let own = memory.mint(bell, Rights::ALL, Badge(1 << number))?;
        let work = move || {
            for _ in 0..SIGNALS {
                own.signal();
                // The others' turn.
                syscall::yield_now();
            }
        };
        thread::spawn_in(memory, space, options, work)
    });
    let signallers = signallers.collect::<Result<Vec<_>, _>>()?;
    let (mut seen, mut waits) = ([0_u64; SIGNALLERS as usize], 0);
    while seen.iter().any(|count| *count < SIGNALS / 2) {
        let word = bell.wait();
        waits += 1;
        for (bit, count) in seen.iter_mut().enumerate() {
            *count += word >> bit & 1;
        }
    }
    println!("each of {SIGNALLERS} signallers was heard {} times and more", SIGNALS / 2);
    println!("one wait took several of them: {}", waits < seen.iter().sum::<u64>());
    for signaller in signallers {
        let _ = signaller.join_in(memory, space)?;
    }
    Ok(())
}

/// A thread with a bound notification waits for messages and signals at one place.
fn bound(memory: &mut Memory, space: &mut Space, options: Options) -> Result<(), AllocationError> {
    let endpoint = memory.create::<Endpoint>()?;
    let reply = memory.create::<Reply>()?;
    let bell = memory.create::<Notification>()?;
    current_thread().bind_notification(bell)?;
    let client = memory.mint(endpoint, Rights::ALL, Badge(7))?;
    let signal: Cap<Notification> = memory.mint(bell, Rights::ALL, Origin::signal_badge(3))?;
    let other = thread::spawn_in(memory, space, options, move || {
        signal.signal();
        let answer = client.call(Message::new(0, &[20]));
        signal.signal();
        answer.words[0]
    })?;
    for _ in 0..3 {
        let message = endpoint.recv(reply);
        match Origin::of(Badge(message.badge)) {
            Origin::Signals(signals) => println!("signals {signals:#b}"),
            Origin::Client(client) => {
                println!("client {} asks about {}", client.0, message.words[0]);
                reply.send(Message::new(0, &[2 * message.words[0] + 2]));
            }
            Origin::Component(number) => println!("a fault of {number}"),
        }
    }
    println!("the answer was {:?}", other.join_in(memory, space)?);
    current_thread().unbind_notification()?;
    Ok(())
}
