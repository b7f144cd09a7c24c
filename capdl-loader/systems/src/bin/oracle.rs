//! Has no time but its callers', except until it is initialised; fails at its second call.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::server::{Buffer, Handler, Outgoing, Request, serve};
use libsys::{Badge, println};
use systems::{life, notes};

struct Oracle {
    component: Component,
    life: u64,
    asked: u64,
}

impl life::Server for Oracle {
    fn number(&mut self, _client: Badge) -> Result<u64, life::Error> {
        self.asked += 1;
        if matches!((self.life, self.asked), (1, 2) | (2, 3)) {
            let _ = self.component.region("hole").map(|hole| hole.read_word(0));
        }
        Ok(self.life)
    }
}

impl Handler for Oracle {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        life::Server::perform(self, request, buffer)
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let life = notes::next_life(&component.region("oracle_notes")?);
    let (reception, reply) = (component.reception()?, component.reply()?);
    println!("{}: knows all in life {life}", component.name());
    serve(&reception, reply, &mut Oracle { component, life, asked: 0 })
}
