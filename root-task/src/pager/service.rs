//! The pager at work: one thread that answers faults, calls and ends of its clients.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use core::pin::pin;

use libsys::bootstrap::AllocationError;
use libsys::executor::{Arrival, Caller, Executor, NoClock, Reactor, Storage};
use libsys::exit::Ending;
use libsys::memory::Objects;
use libsys::object::{Endpoint, Notification, Reply, Thread};
use libsys::server::{Origin, Reception, Request, Responder, ThreadBuffer};
use libsys::worker::Options;
use libsys::{Cap, Mutex, Received, Rights, thread};

use super::access::Access;
use super::calls::Calls;
use super::cause::Cause;
use super::client::ClientId;
use super::couriers::Couriers;
use super::images::{self, Images};
use super::object::ObjectId;
use super::resolve::{Fetch, Outcome};
use super::{Kernel, Pager};

/// Calls and faults that may wait at once.
const IN_FLIGHT: usize = 64;
/// Threads that may wait for servers of files at once: whoever else faults or calls finds a reply
/// object that is free.
const MOST_WAITING: usize = IN_FLIGHT - 8;
/// The signal that something was fetched.
const FETCHED: u32 = 0;

/// What has become of a client's thread.
///
/// ```
/// use libsys::exit::Ending;
/// use root_task::pager::{Event, ClientId, News};
///
/// let news = News { client: ClientId::of(2), event: Event::Ended(Ending::Finished) };
/// assert_eq!(news.to_string(), "client 2: finished");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct News {
    /// Whose.
    pub client: ClientId,
    /// What.
    pub event: Event,
}

/// How a thread came to stand still.
///
/// ```
/// use root_task::pager::{Cause, Event};
///
/// let event = Event::Refused { cause: Cause::NoFault { label: 9 }, at: None };
/// assert_eq!(event.to_string(), "a message with the label 9, no fault");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// It came to its end.
    Ended(Ending),
    /// It faulted, and the pager cannot help.
    Refused {
        /// Why.
        cause: Cause,
        /// The address of the instruction, where the fault has one.
        at: Option<u64>,
    },
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client {}: {}", self.client.number(), self.event)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(Ending::Finished) => f.write_str("finished"),
            Self::Ended(Ending::Failed) => f.write_str("failed"),
            Self::Ended(Ending::Panicked) => f.write_str("panicked"),
            // The address of an instruction differs from build to build; the debugger wants it.
            Self::Refused { cause, .. } => write!(f, "{cause}"),
        }
    }
}

/// A pager with its thread, shared with those who make clients.
///
/// ```no_run
/// use libsys::bootstrap::AllocationError;
/// use libsys::memory::{Memory, Space};
/// use libsys::worker::Options;
/// use libsys::{System, initial, println};
/// use root_task::pager::{Kernel, Service};
///
/// #[libsys::main]
/// fn program(system: System) -> Result<(), AllocationError> {
///     let core = initial::sched_control(system.boot, 0).ok_or(AllocationError::NoSlots)?;
///     let kernel = Kernel { memory: Memory::new(system), space: Space::initial() };
///     let service = Service::start(kernel, Options::new(core))?;
///     println!("{}", service.wait());
///     Ok(())
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Service {
    /// The pager. Its thread waits while somebody else has it.
    pub pager: Mutex<Pager<Kernel>>,
    /// The contents of programs.
    pub(super) images: Mutex<Images>,
    /// Files that clients may map.
    pub(super) files: Mutex<BTreeMap<String, ObjectId>>,
    /// Who asks which server.
    pub(super) couriers: Mutex<Couriers>,
    /// The threads of components.
    pub(super) threads: Mutex<BTreeMap<ClientId, Cap<Thread>>>,
    news: Mutex<VecDeque<News>>,
    /// Rings when there are news.
    rumour: Cap<Notification>,
    /// Rings when something was fetched.
    pub(super) fetched: Cap<Notification>,
    /// Where clients call and fault.
    pub(super) endpoint: Cap<Endpoint>,
    pub(super) options: Options,
}

/// Objects of the kernel that a service consists of.
struct Parts {
    endpoint: Cap<Endpoint>,
    bound: Cap<Notification>,
    replies: [Cap<Reply>; IN_FLIGHT],
}

impl Service {
    /// Starts a pager's thread, with these options.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    pub fn start(kernel: Kernel, options: Options) -> Result<Arc<Self>, AllocationError> {
        let Kernel { mut memory, mut space } = kernel;
        let bound = memory.create::<Notification>()?;
        let fetched = memory.slot::<Notification>()?;
        let badge = Origin::signal_badge(FETCHED);
        memory.path(fetched).mint_from(memory.path(bound), Rights::WRITE, badge)?;
        let mut replies = [Cap::NULL; IN_FLIGHT];
        for reply in &mut replies {
            *reply = memory.create::<Reply>()?;
        }
        let parts = Parts { endpoint: memory.create()?, bound, replies };
        let rumour = memory.create()?;
        let mut locks = [Cap::NULL; 6];
        for lock in &mut locks {
            *lock = memory.create::<Notification>()?;
        }
        // The thread waits for what it works for: the service, which needs all memory first.
        let begin = memory.create::<Notification>()?;
        let place: Arc<Mutex<Option<Arc<Self>>>> = Arc::new(Mutex::new(None));
        let theirs = Arc::clone(&place);
        let endpoint = parts.endpoint;
        let thread = thread::spawn_in(&mut memory, &mut space, options, move || {
            begin.wait();
            let service = theirs.lock().take();
            if let Some(service) = service {
                serve(&service, &parts);
            }
        })?;
        thread.worker.thread.bind_notification(bound)?;
        let service = Arc::new(Self {
            pager: Mutex::new(Pager::new(Kernel { memory, space })),
            images: Mutex::new(Images::default()),
            files: Mutex::new(BTreeMap::new()),
            couriers: Mutex::new(Couriers::default()),
            threads: Mutex::new(BTreeMap::new()),
            news: Mutex::new(VecDeque::new()),
            rumour,
            fetched,
            endpoint,
            options,
        });
        service.wait_on(locks);
        *place.lock() = Some(Arc::clone(&service));
        begin.signal();
        Ok(service)
    }

    /// Gives each lock something to wait on: who holds one may have a lower priority.
    fn wait_on(&self, [pager, images, files, couriers, threads, news]: [Cap<Notification>; 6]) {
        self.pager.wait_on(pager);
        self.images.wait_on(images);
        self.files.wait_on(files);
        self.couriers.wait_on(couriers);
        self.threads.wait_on(threads);
        self.news.wait_on(news);
    }

    /// Waits for news of the clients.
    #[must_use]
    pub fn wait(&self) -> News {
        loop {
            if let Some(news) = self.news.lock().pop_front() {
                return news;
            }
            self.rumour.wait();
        }
    }

    /// Lets clients map an object as a file of this name.
    pub fn publish(&self, name: &str, object: ObjectId) {
        self.files.lock().insert(name.into(), object);
    }

    /// Deals with a fault, as far as that is possible without waiting.
    pub(super) fn resolve(&self, client: ClientId, access: Access) -> Result<bool, Cause> {
        let mut pager = self.pager.lock();
        loop {
            match pager.fault(client, access)? {
                Outcome::Resume => return Ok(true),
                Outcome::Wait => return Ok(false),
                // Under the same lock: nobody else ever waits for a page of a program.
                Outcome::Fetch(fetch) if fetch.server == images::SERVER => {
                    self.supply_image(&mut pager, &fetch).map_err(Cause::Kernel)?;
                }
                Outcome::Fetch(fetch) => {
                    let errands = self.couriers.lock().errands(fetch.server);
                    let Some(errands) = errands else {
                        // Nobody will bring it: the next look at it says so.
                        pager.give_up(&fetch);
                        continue;
                    };
                    errands.push(fetch);
                    return Ok(false);
                }
            }
        }
    }

    /// Pages of programs need nobody else.
    fn supply_image(
        &self,
        pager: &mut Pager<Kernel>,
        fetch: &Fetch,
    ) -> Result<(), AllocationError> {
        let images = self.images.lock();
        let copy = |kernel: &mut Kernel, frame, number| match images.content(fetch, number) {
            Some((offset, bytes)) => kernel.fill_at(frame, offset as u64, bytes),
            None => Err(AllocationError::NotOurs(fetch.file.number)),
        };
        pager.supply(fetch, copy)
    }

    /// Stops a component's thread: an answer to its fault would let it try again.
    pub(super) fn still(&self, client: ClientId) {
        if let Some(thread) = self.threads.lock().get(&client) {
            // A thread that is there can be suspended.
            let _ = thread.suspend();
        }
    }

    /// A component has done what it must not.
    fn refuse(&self, client: ClientId, cause: Cause, at: Option<u64>) {
        self.tell(client, Event::Refused { cause, at });
    }

    /// Notes how a component came to stand still, which it does from now on: one that goes on
    /// talking about its end is not listened to.
    fn tell(&self, client: ClientId, event: Event) {
        self.still(client);
        // What it was asked for as a server, it will not answer.
        if let Err(reason) = self.remove_servers_of(client) {
            libsys::println!("pager: a courier is not freed: {reason}");
        }
        let mut news = self.news.lock();
        if news.iter().all(|other| other.client != client) {
            news.push_back(News { client, event });
        }
        drop(news);
        self.rumour.signal();
    }

    /// A client calls, or tells its end.
    fn called<R: Responder>(&self, request: &Request, caller: R) {
        let client = ClientId::of(request.client.0);
        if let Some(ending) = Ending::of(&request.message) {
            self.tell(client, Event::Ended(ending));
            return;
        }
        let mut calls = Calls { service: self, client };
        let answer = calls.answer(request, &mut ThreadBuffer);
        caller.respond(answer);
    }
}

/// A thread that waits for a page.
struct Waiting<'r> {
    client: ClientId,
    access: Access,
    /// The instruction.
    at: Option<u64>,
    caller: Caller<'r, Reception, NoClock, IN_FLIGHT>,
}

/// Threads that wait for what is being fetched.
struct Queue<'r> {
    service: &'r Service,
    waiting: RefCell<Vec<Waiting<'r>>>,
}

impl<'r> Queue<'r> {
    /// Lets a thread go on, wait or stand still.
    fn resume(&self, waits: Waiting<'r>) {
        match self.service.resolve(waits.client, waits.access) {
            Ok(true) => waits.caller.retry(),
            Ok(false) if self.waiting.borrow().len() < MOST_WAITING => {
                self.waiting.borrow_mut().push(waits);
            }
            Ok(false) => {
                let cause = Cause::Unavailable(waits.access);
                self.service.refuse(waits.client, cause, waits.at);
            }
            // It is gone, and nobody waits.
            Err(Cause::Stranger) => {}
            Err(cause) => self.service.refuse(waits.client, cause, waits.at),
        }
    }

    /// Looks again at all of them.
    fn resume_all(&self) {
        for waits in self.waiting.take() {
            self.resume(waits);
        }
    }
}

/// The loop.
fn serve(service: &Service, parts: &Parts) {
    let reception = Reception::new(parts.endpoint).with_signals(parts.bound);
    let reactor = Reactor::<_, _, IN_FLIGHT>::new(reception, NoClock, parts.replies);
    let reactor = &reactor;
    let queue = Queue { service, waiting: RefCell::new(Vec::new()) };
    let queue = &queue;
    let storage = pin!(Storage::<_, 2>::new());
    let Some(mut executor) = Executor::new(storage) else { return };
    let again = async {
        loop {
            reactor.signalled(1 << FETCHED).await;
            queue.resume_all();
        }
    };
    if executor.spawn(again).is_err() {
        return;
    }
    executor.run(reactor, |arrival| {
        match arrival {
            Arrival::Call { request, caller } => service.called(&request, caller),
            Arrival::Fault { component, message, caller } => {
                let (client, at) = (ClientId::of(component), message.fault_address());
                match access_of(&message) {
                    Ok(access) => queue.resume(Waiting { client, access, at, caller }),
                    Err(cause) => service.refuse(client, cause, at),
                }
            }
        }
        None
    });
}

/// What a message to the fault handler asks for.
fn access_of(message: &Received) -> Result<Access, Cause> {
    let fault = message.fault().ok_or(Cause::NoFault { label: message.info.label() })?;
    Access::of(&fault).ok_or(Cause::Other(fault))
}
