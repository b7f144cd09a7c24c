//! The Linux server: the library `tessera-linux` on this machine.
//!
//! | module | what |
//! |---|---|
//! | [`native`] | memory, address spaces, threads and time, of the kernel's objects |
//! | [`settings`] | what the layout says: what to start, and how |
//! | [`agreement`] | the library's numbers are those of Linux's own headers |
//!
//! Programs run below this component's priority and can do nothing but fault. Each fault arrives
//! with the number of its thread as badge; the thread waits until it is answered. One thread of
//! control serves them all, so nothing here is shared.
#![no_std]
#![no_main]

extern crate alloc;

mod agreement;
mod native;
mod settings;

use alloc::boxed::Box;
use core::cell::RefCell;
use core::pin::{Pin, pin};

use libsys::executor::{Arrival, Executor, NoClock, Reactor, Storage};
use libsys::foreign::ForeignCall;
use libsys::layout::Component;
use libsys::server::{Port, Reception};
use libsys::{Received, println};
use linux::Linux;
use linux::linux::MemoryFault;
use linux::machine::ThreadId;
use native::console::{CONSOLE, Console};
use native::disk::Blocks;
use native::{IN_FLIGHT, Native, Parts, TICK};

/// Futures besides the calls: those that wait for time and for the console.
const TASKS: usize = 4;

type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// What has happened to a thread.
enum Event {
    Call(ForeignCall),
    Memory(MemoryFault),
    /// The low 32 bits of ESR_EL1.
    Exception(u64),
}

impl Event {
    /// Reads a fault message, before the next system call.
    fn of(message: &Received) -> Option<Self> {
        if let Some(call) = message.foreign_call() {
            return Some(Self::Call(call));
        }
        Some(match message.fault()? {
            abi::Fault::Vm { address, prefetch, syndrome } => {
                Self::Memory(MemoryFault { address, is_fetch: prefetch, syndrome })
            }
            abi::Fault::UserException { number, .. } => Self::Exception(number),
            // A program has no capability and no native call, so no other fault.
            _ => Self::Exception(0),
        })
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), native::Failure> {
    let settings = settings::Settings::of(&component);
    let Parts { resources, endpoint, bell, console, replies } = Parts::make(&component)?;
    let can_type = matches!(console, Console::Driven(_));
    let reception = Reception::new(endpoint).with_signals(bell);
    let reactor = Reactor::<_, _, IN_FLIGHT>::new(reception, NoClock, replies);
    let mut linux = Linux::new(Native::new(resources, console));
    match Blocks::connect(&component) {
        Ok(Some(disk)) => {
            if let Err(errno) = linux.mount_root(Box::new(disk)) {
                println!(
                    "linux: the disk has no file system that can be mounted: error {}",
                    errno.0
                );
            }
        }
        Ok(None) => {}
        Err(error) => println!("linux: the disk: {error}"),
    }
    if let Some(archive) = settings.root
        && let Err(damaged) = linux.unpack(archive)
    {
        println!("linux: the root archive: {damaged:?}");
    }
    if let Err(errno) = linux.start(settings.program) {
        println!("linux: there is no first program: error {}", errno.0);
        println!("linux: exit status 127");
        return Ok(());
    }
    if !can_type {
        linux.input_closed();
    }
    println!("linux: ready");
    serve(&reactor, linux);
    Ok(())
}

/// Serves until the first process has ended.
fn serve<'r, P: Port>(reactor: &'r Reactor<P, NoClock, IN_FLIGHT>, linux: Linux<Native<'r, P>>) {
    let linux = RefCell::new(linux);
    let tasks = pin!(Storage::<Task<'_>, TASKS>::new());
    let Some(mut executor) = Executor::new(tasks) else { return };
    let ticking: Task<'_> = Box::pin(async {
        loop {
            reactor.signalled(TICK).await;
            let mut linux = linux.borrow_mut();
            linux.tick();
            linux.machine().flush();
        }
    });
    let attending: Task<'_> = Box::pin(async {
        loop {
            reactor.signalled(CONSOLE).await;
            let mut linux = linux.borrow_mut();
            let typed = linux.machine().typed();
            linux.typed(&typed);
            linux.has_room();
            linux.machine().flush();
        }
    });
    // There is room for them.
    let _ = executor.spawn(ticking);
    let _ = executor.spawn(attending);
    executor.run(reactor, |arrival| {
        let Arrival::Fault { component, message, caller } = arrival else { return None };
        let event = Event::of(&message);
        let thread = ThreadId(component as u32);
        let mut linux = linux.borrow_mut();
        let is_call = matches!(event, Some(Event::Call(_)));
        linux.machine().waits(thread, caller, is_call);
        match event {
            Some(Event::Call(call)) => linux.call(thread, call.number, call.arguments),
            Some(Event::Memory(fault)) => linux.memory_fault(thread, fault),
            Some(Event::Exception(syndrome)) => linux.exception(thread, syndrome),
            None => linux.exception(thread, 0),
        }
        linux.machine().flush();
        if let Some(status) = linux.ended() {
            if let Err(errno) = linux.flush() {
                println!("linux: not everything was written: error {}", errno.0);
            }
            linux.machine().end_line();
            settings::report(&linux, status);
            reactor.stop();
        }
        None
    });
}
