//! Gives pages to a component when it touches them.
#![no_std]
#![no_main]

use abi::Fault;
use libsys::layout::{Component, Kind};
use libsys::object::{Page, PageTable, SlotRange, Untyped, VSpace};
use libsys::server::{Buffer, Handler, Outgoing, Request, Resolution, serve};
use libsys::{Badge, Cap, Error, ObjectType, Received, Rights, VmAttributes, initial, println};
use systems::pages;

struct Keeper {
    component: Component,
    memory: Cap<Untyped>,
    space: Cap<VSpace>,
    /// The next empty slot.
    slot: u64,
    given: u64,
}

impl Keeper {
    /// Puts a fresh page under an address, with the tables that it takes.
    fn give(&mut self, address: u64) -> Result<(), Error> {
        let page: Cap<Page> = self.make(ObjectType::SmallPage)?;
        let address = address & !0xfff;
        let attributes = VmAttributes { execute_never: true, ..VmAttributes::DEFAULT };
        loop {
            match page.map(self.space, address, Rights::READ_WRITE, attributes) {
                Err(Error::FailedLookup { .. }) => {
                    let table: Cap<PageTable> = self.make(ObjectType::PageTable)?;
                    table.map(self.space, address)?;
                }
                other => return other,
            }
        }
    }

    fn make<T>(&mut self, object: ObjectType) -> Result<Cap<T>, Error> {
        let slots = SlotRange::within(initial::CNODE, self.slot, 1);
        self.memory.retype(object, 0, slots)?;
        self.slot += 1;
        Ok(Cap::at(self.slot - 1))
    }
}

impl pages::Server for Keeper {
    fn given(&mut self, _client: Badge) -> Result<u64, pages::Error> {
        Ok(self.given)
    }
}

impl Handler for Keeper {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        pages::Server::perform(self, request, buffer)
    }

    fn faulted(&mut self, component: u64, message: &Received) -> Resolution {
        let who = self.component.faulting(component).unwrap_or("nobody");
        let Some(Fault::Vm { address, .. }) = message.fault() else { return Resolution::Stop };
        match self.give(address) {
            Ok(()) => {
                self.given += 1;
                println!("{}: a page for {who}", self.component.name());
                Resolution::Retry
            }
            Err(error) => {
                println!("{}: no page for {who}: {error:?}", self.component.name());
                Resolution::Stop
            }
        }
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), libsys::layout::Missing<'static>> {
    let (reception, reply) = (component.reception()?, component.reply()?);
    let memory = component.untyped("spare_pages")?;
    let space = component.vspace("toucher")?;
    let slot = component.find(Kind::Spare, "")?.value;
    serve(&reception, reply, &mut Keeper { component, memory, space, slot, given: 0 })
}
