//! Drives a real-time clock, with a defect: the third question is one too many.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::server::{Buffer, Handler, Outgoing, Request, serve};
use libsys::window::Window;
use libsys::{Badge, println};
use systems::time;

/// Data register (PL031 TRM 3.3.1): seconds.
const DATA: u64 = 0;
/// Questions that it survives.
const GOOD: u64 = 2;

struct Clock {
    registers: Window,
    /// Where nothing is.
    hole: Window,
    asked: u64,
}

impl time::Server for Clock {
    fn now(&mut self, _client: Badge) -> Result<u64, time::Error> {
        self.asked += 1;
        if self.asked > GOOD {
            let _ = self.hole.read_word(0);
        }
        Ok(u64::from(self.registers.read_register(DATA)))
    }
}

impl Handler for Clock {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        time::Server::perform(self, request, buffer)
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let (registers, hole) = (component.device("rtc")?, component.region("hole")?);
    let (reception, reply) = (component.reception()?, component.reply()?);
    println!("{}: ready", component.name());
    serve(&reception, reply, &mut Clock { registers, hole, asked: 0 })
}
