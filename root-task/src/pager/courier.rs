//! Couriers: threads that ask servers of files, so that the pager itself never waits for one.

use alloc::collections::VecDeque;

use libsys::object::{Endpoint, Notification};
use libsys::pager::files;
use libsys::{Cap, Mutex};

use super::client::ClientId;
use super::resolve::Fetch;
use super::service::Service;

/// What a courier has to do.
#[derive(Debug)]
pub(super) struct Errands {
    queue: Mutex<VecDeque<Fetch>>,
    /// Rings when there is something.
    bell: Cap<Notification>,
}

impl Errands {
    /// None. `bell` is what the courier waits for, `lock` what others do while one has the queue.
    pub(super) fn new(bell: Cap<Notification>, lock: Cap<Notification>) -> Self {
        let queue = Mutex::new(VecDeque::new());
        queue.wait_on(lock);
        Self { queue, bell }
    }

    /// Adds an errand.
    pub(super) fn push(&self, fetch: Fetch) {
        self.queue.lock().push_back(fetch);
        self.bell.signal();
    }

    /// Waits for the next.
    fn next(&self) -> Fetch {
        loop {
            if let Some(fetch) = self.queue.lock().pop_front() {
                return fetch;
            }
            self.bell.wait();
        }
    }
}

/// A server of files, as the pager reaches it.
///
/// ```
/// use libsys::Cap;
/// use libsys::object::Endpoint;
/// use root_task::pager::{ClientId, FileServer};
///
/// fn server(endpoint: Cap<Endpoint>, client: ClientId) -> FileServer {
///     FileServer { endpoint, client }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct FileServer {
    /// Where it answers.
    pub endpoint: Cap<Endpoint>,
    /// Whose memory the pages are in.
    pub client: ClientId,
}

/// Fetches, one after the other, for ever. A server that takes its time delays only those who
/// wait for its files.
pub(super) fn run(service: &Service, errands: &Errands, server: FileServer) -> ! {
    let files = files::Client::new(server.endpoint);
    loop {
        let fetch = errands.next();
        let count = fetch.pages.end - fetch.pages.start;
        let answer = files.read(fetch.file.number, fetch.pages.start, count);
        let supplied = match answer {
            Ok(address) => service.supply_from(&fetch, server.client, address),
            Err(_) => {
                service.pager.lock().give_up(&fetch);
                Ok(())
            }
        };
        if let Err(reason) = supplied {
            libsys::println!("pager: a fetched page is lost: {reason}");
        }
        service.fetched.signal();
    }
}
