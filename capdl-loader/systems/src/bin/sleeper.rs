//! Waits for work that nobody has, or loops instead.
#![no_std]
#![no_main]

use libsys::Badge;
use libsys::layout::{Component, Missing};
use libsys::server::{Buffer, Handler, Outgoing, Request, serve};
use systems::{life, notes};

struct Sleeper {
    life: u64,
}

impl life::Server for Sleeper {
    fn number(&mut self, _client: Badge) -> Result<u64, life::Error> {
        Ok(self.life)
    }
}

impl Handler for Sleeper {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        life::Server::perform(self, request, buffer)
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let mut words = component.arguments();
    let life = notes::next_life(&component.region(words.next().unwrap_or_default())?);
    let loops = words.next() == Some("loops");
    if life == 1 && loops {
        loop {
            core::hint::spin_loop();
        }
    }
    let (reception, reply) = (component.reception()?, component.reply()?);
    serve(&reception, reply, &mut Sleeper { life })
}
