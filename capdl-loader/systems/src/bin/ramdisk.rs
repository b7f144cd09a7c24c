//! Drives a disk, for who spoils drivers: blocks come and go through a desk that driver and client
//! share, and a tray that driver and disk share.
#![no_std]
#![no_main]

use libsys::Badge;
use libsys::layout::{Component, Missing};
use libsys::server::{Buffer, CallError, Handler, Outgoing, Request, serve};
use libsys::window::Window;
use systems::disk::{BLOCK, interface};

struct Driver {
    platter: interface::Client,
    desk: Window,
    tray: Window,
}

/// What the client is told of a call that failed.
fn reason(error: CallError<u64>) -> u64 {
    match error {
        CallError::Refused(reason) => reason,
        _ => 0,
    }
}

impl interface::Server for Driver {
    fn write(&mut self, _client: Badge, block: u64, sum: u64) -> Result<u64, u64> {
        self.tray.copy_from(0, &self.desk, 0, BLOCK);
        self.platter.write(block, sum).map_err(reason)
    }

    fn read(&mut self, _client: Badge, block: u64) -> Result<u64, u64> {
        let sum = self.platter.read(block).map_err(reason)?;
        self.desk.copy_from(0, &self.tray, 0, BLOCK);
        Ok(sum)
    }
}

impl Handler for Driver {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        interface::Server::perform(self, request, buffer)
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let (desk, tray) = (component.region("desk")?, component.region("tray")?);
    let (reception, reply) = (component.reception()?, component.reply()?);
    let platter = interface::Client::new(component.endpoint("platter")?);
    serve(&reception, reply, &mut Driver { platter, desk, tray })
}
