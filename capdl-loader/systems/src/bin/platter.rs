//! What a disk is inside: stores blocks that come whole, for a driver that may be spoiled. It
//! stands for a device that checks what it is sent.
#![no_std]
#![no_main]

use libsys::Badge;
use libsys::layout::{Component, Missing};
use libsys::server::{Buffer, Handler, Outgoing, Request, serve};
use libsys::window::Window;
use systems::disk::{BLOCK, interface, receipt, sum};

/// Words of a block.
const WORDS: usize = BLOCK as usize / 8;

struct Platter {
    medium: Window,
    tray: Window,
    /// What others cannot change between two looks.
    own: [u64; WORDS],
}

impl Platter {
    /// Where a block begins.
    fn place(&self, block: u64) -> Result<u64, u64> {
        let blocks = (self.medium.end() - self.medium.address()) / BLOCK;
        if block < blocks { Ok(BLOCK * block) } else { Err(blocks) }
    }
}

impl interface::Server for Platter {
    fn write(&mut self, _client: Badge, block: u64, expected: u64) -> Result<u64, u64> {
        let place = self.place(block)?;
        for (at, word) in (0..).step_by(8).zip(&mut self.own) {
            *word = self.tray.read_word(at);
        }
        let found = sum(self.own, block);
        if found != expected {
            return Err(found);
        }
        for (at, word) in (place..).step_by(8).zip(self.own) {
            self.medium.write_word(at, word);
        }
        Ok(receipt(found, block))
    }

    fn read(&mut self, _client: Badge, block: u64) -> Result<u64, u64> {
        let place = self.place(block)?;
        self.tray.copy_from(0, &self.medium, place, BLOCK);
        let words = (place..).step_by(8).take(WORDS).map(|at| self.medium.read_word(at));
        Ok(sum(words, block))
    }
}

impl Handler for Platter {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        interface::Server::perform(self, request, buffer)
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let (medium, tray) = (component.region("medium")?, component.region("tray")?);
    let (reception, reply) = (component.reception()?, component.reply()?);
    serve(&reception, reply, &mut Platter { medium, tray, own: [0; WORDS] })
}
