//! Fails in another way in each of its lives, and looks at the beginning of each whether it is
//! what it was at first.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::sync::atomic::{AtomicU64, Ordering};

use libsys::foreign::SystemCalls;
use libsys::layout::{Component, Kind, Missing};
use libsys::object::{Notification, SlotRange, Untyped};
use libsys::server::{Buffer, Handler, Outgoing, Request, Resolution, serve};
use libsys::{Badge, Cap, Error, ObjectType, Received, exit, initial, println};
use systems::{life, notes};

/// Words of zeros: more than a page of 2 MiB.
const ZEROS: usize = 3 << 17;
/// It looks at each so many of them only, which fits into its time.
const STEP: usize = 61;
/// Notifications that it makes.
const MADE: u64 = 4;
/// Of the PL031: which of its interrupts are let through (PL031 TRM 3.3.5).
const MASK: u64 = 0x10;

/// What is in its image.
static DATA: AtomicU64 = AtomicU64::new(7);
static BSS: [AtomicU64; ZEROS] = [const { AtomicU64::new(0) }; ZEROS];

struct Phoenix {
    component: Component,
    life: u64,
}

impl Phoenix {
    /// What is not as it was at first, and then changes all of it.
    fn look(&self) -> Result<&'static str, Missing<'static>> {
        let clock = self.component.device("rtc")?;
        let made = self.make();
        let thread = self.component.thread("self")?;
        let found = if DATA.load(Ordering::Relaxed) != 7 {
            "its data is changed"
        } else if BSS.iter().step_by(STEP).any(|word| word.load(Ordering::Relaxed) != 0) {
            "its zeros are changed"
        } else if clock.read_register(MASK) != 0 {
            "its device was not silenced"
        } else if made.is_err() {
            "its memory was not taken back"
        } else {
            "whole"
        };
        DATA.store(self.life, Ordering::Relaxed);
        BSS.iter().step_by(STEP).for_each(|word| word.store(self.life, Ordering::Relaxed));
        clock.write_register(MASK, 1);
        // Its next life must hear of its supervisor's questions nevertheless.
        let _ = thread.set_priority(thread, 1 + u8::try_from(self.life).unwrap_or(0));
        let _ = thread.set_priority(thread, 110);
        if self.life == 1 {
            let _ = thread.unbind_notification();
        }
        Ok(found)
    }

    /// Uses all of its memory that is for objects.
    fn make(&self) -> Result<(), Error> {
        let memory: Cap<Untyped> =
            self.component.untyped("clay").map_err(|_| Error::DeleteFirst)?;
        let spare = self.component.find(Kind::Spare, "").map_err(|_| Error::DeleteFirst)?;
        let bells = SlotRange::within(initial::CNODE, spare.value, MADE);
        memory.retype(ObjectType::Notification, 0, bells)?;
        let rest = SlotRange::within(initial::CNODE, spare.value + MADE, 1);
        memory.retype(ObjectType::Untyped, 15, rest)
    }

    /// Ends this life.
    fn fail(&self) {
        let name = self.component.name();
        match self.life {
            1 => self.read_what_is_not_there(),
            2 => {
                self.cripple();
                loop {
                    black_box(self.life);
                }
            }
            3 => exit(libsys::exit::Ending::Finished),
            4 => panic!("{name} has had enough"),
            5 => loop {
                // It hears its supervisor's questions, and does not answer.
                let _ = self.component.bell().map(Cap::<Notification>::wait);
            },
            _ => println!("{name}: lives on"),
        }
    }

    /// Takes from its thread what its next life needs. From here on it can call nobody.
    fn cripple(&self) {
        if let Ok(thread) = self.component.thread("self") {
            let _ = thread.disable_fpu(true);
            let _ = thread.set_system_calls(SystemCalls::Foreign);
        }
    }

    #[inline(never)]
    fn read_what_is_not_there(&self) {
        let hole = self.component.region("hole").map(|hole| hole.read_word(8));
        black_box(hole.ok());
    }
}

impl life::Server for Phoenix {
    fn number(&mut self, _client: Badge) -> Result<u64, life::Error> {
        self.fail();
        Ok(self.life)
    }
}

impl Handler for Phoenix {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        life::Server::perform(self, request, buffer)
    }

    fn faulted(&mut self, _component: u64, _message: &Received) -> Resolution {
        Resolution::Stop
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let life = notes::next_life(&component.region("phoenix_notes")?);
    let (reception, reply) = (component.reception()?, component.reply()?);
    let mut phoenix = Phoenix { component, life };
    println!("{}: life {life}: {}", component.name(), phoenix.look()?);
    serve(&reception, reply, &mut phoenix)
}
