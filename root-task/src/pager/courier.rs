//! Couriers: threads that ask servers of files, so that the pager itself never waits for one.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use libsys::bootstrap::AllocationError;
use libsys::object::{Endpoint, Notification};
use libsys::pager::files;
use libsys::thread::Thread;
use libsys::{Cap, Mutex};

use super::client::ClientId;
use super::resolve::Fetch;
use super::service::Service;
use super::{Kernel, Pager};

/// What a courier has to do.
#[derive(Debug)]
pub(super) struct Errands {
    queue: Mutex<VecDeque<Fetch>>,
    /// The courier has it, except while it waits for an errand or for its server. Before the
    /// pager and the queue.
    at_work: Mutex<()>,
    /// Rings when there is something.
    bell: Cap<Notification>,
    locks: [Cap<Notification>; 2],
}

impl Errands {
    /// None. `bell` is what the courier waits for, `locks` what others do while one has the queue
    /// or the courier is at work.
    pub(super) fn new(bell: Cap<Notification>, locks: [Cap<Notification>; 2]) -> Self {
        let (queue, at_work) = (Mutex::new(VecDeque::new()), Mutex::new(()));
        queue.wait_on(locks[0]);
        at_work.wait_on(locks[1]);
        Self { queue, at_work, bell, locks }
    }

    /// Adds an errand.
    pub(super) fn push(&self, fetch: Fetch) {
        self.queue.lock().push_back(fetch);
        self.bell.signal();
    }
}

/// A server, and who asks it.
#[derive(Debug)]
pub(super) struct Courier {
    /// Whose memory the pages are in.
    pub(super) client: ClientId,
    pub(super) errands: Arc<Errands>,
    pub(super) thread: Thread<()>,
}

impl Courier {
    /// Ends it, though its server may never answer. The caller does not have the pager.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub(super) fn dismiss(self, pager: &Mutex<Pager<Kernel>>) -> Result<(), AllocationError> {
        let at_work = self.errands.at_work.lock();
        // It waits, or is about to: it holds nothing, and there is nothing that it could take.
        self.thread.worker.thread.suspend()?;
        drop(at_work);
        let mut pager = pager.lock();
        let Kernel { memory, space } = &mut pager.machine;
        self.thread.cancel_in(memory, space)?;
        let Errands { bell, locks: [queue, at_work], .. } = *self.errands;
        [bell, queue, at_work].into_iter().try_for_each(|object| memory.free(object))
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
    let mut at_work = errands.at_work.lock();
    loop {
        let next = errands.queue.lock().pop_front();
        let Some(fetch) = next else {
            drop(at_work);
            errands.bell.wait();
            at_work = errands.at_work.lock();
            continue;
        };
        let count = fetch.pages.end - fetch.pages.start;
        drop(at_work);
        let answer = files.read(fetch.file.number, fetch.pages.start, count);
        at_work = errands.at_work.lock();
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
