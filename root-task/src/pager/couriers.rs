//! Servers of files that come and go, and what comes from them.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use libsys::bootstrap::AllocationError;
use libsys::memory::Objects;
use libsys::thread;

use super::Kernel;
use super::access::{Access, Intent};
use super::client::ClientId;
use super::courier::{self, Courier, Errands, FileServer};
use super::resolve::Fetch;
use super::service::Service;

/// The couriers, by the numbers of their servers. No number is given out twice.
#[derive(Debug, Default)]
pub(super) struct Couriers {
    couriers: BTreeMap<u32, Courier>,
    next: u32,
}

impl Couriers {
    /// Where to put what a server is to be asked for.
    pub(super) fn errands(&self, server: u32) -> Option<Arc<Errands>> {
        self.couriers.get(&server).map(|courier| Arc::clone(&courier.errands))
    }
}

impl Service {
    /// Adds a server of files: its number.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    pub fn add_server(self: &Arc<Self>, server: FileServer) -> Result<u32, AllocationError> {
        let mut pager = self.pager.lock();
        let Kernel { memory, space } = &mut pager.machine;
        let bell = memory.create()?;
        let errands = Arc::new(Errands::new(bell, [memory.create()?, memory.create()?]));
        let (service, theirs) = (Arc::clone(self), Arc::clone(&errands));
        let work = move || -> () { courier::run(&service, &theirs, server) };
        let thread = thread::spawn_in(memory, space, self.options, work)?;
        let mut couriers = self.couriers.lock();
        let number = couriers.next;
        couriers.next += 1;
        couriers.couriers.insert(number, Courier { client: server.client, errands, thread });
        Ok(number)
    }

    /// Forgets a server of files. Who waits for it is told that it provides nothing; pages that
    /// have come stay. That happens by itself when the component that is the server stands still.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn remove_server(&self, number: u32) -> Result<(), AllocationError> {
        let Some(courier) = self.couriers.lock().couriers.remove(&number) else { return Ok(()) };
        let dismissed = courier.dismiss(&self.pager);
        self.pager.lock().give_up_server(number);
        self.fetched.signal();
        dismissed
    }

    /// Forgets what a component was the server of.
    pub(super) fn remove_servers_of(&self, client: ClientId) -> Result<(), AllocationError> {
        let theirs: Vec<u32> = {
            let couriers = self.couriers.lock();
            let theirs = couriers.couriers.iter().filter(|(_, courier)| courier.client == client);
            theirs.map(|(number, _)| *number).collect()
        };
        theirs.into_iter().try_for_each(|number| self.remove_server(number))
    }

    /// Takes fetched pages out of the memory of the server that has them, each of which is made
    /// resident there first, as if the server had read it.
    pub(super) fn supply_from(
        &self,
        fetch: &Fetch,
        server: ClientId,
        address: u64,
    ) -> Result<(), AllocationError> {
        let pages = fetch.pages.end - fetch.pages.start;
        for number in 0..pages {
            let access = Access {
                address: address.saturating_add(number << abi::PAGE_BITS),
                intent: Intent::Read,
            };
            // What is not there then counts as not provided.
            let _ = self.resolve(server, access);
        }
        self.pager.lock().supply_from(fetch, server, address >> abi::PAGE_BITS)
    }
}
