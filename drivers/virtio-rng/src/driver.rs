//! All of it as a server.

use core::cell::RefCell;
use core::pin::pin;

use libsys::executor::{Arrival, Caller, Executor, NoClock, Reactor, Storage};
use libsys::layout::{Component, Interrupt, Kind, Missing};
use libsys::server::Reception;
use virtio::{AnyTransport, DeviceError, StartError};

use crate::source::Source;

/// Callers that can wait at the same time, if the layout's `replies` has room for so many.
const CALLERS: usize = 32;

/// Why the driver does not start.
#[derive(Debug)]
pub enum SetupError {
    /// The layout lacks something.
    Missing(Missing<'static>),
    /// There is no device that can be used.
    Device(DeviceError),
    /// The device does not start.
    Start(StartError),
}

impl From<Missing<'static>> for SetupError {
    fn from(missing: Missing<'static>) -> Self {
        Self::Missing(missing)
    }
}

type Waiting<'r> = Caller<'r, Reception, NoClock, CALLERS>;
type Shared<'r> = RefCell<Source<AnyTransport, Waiting<'r>, CALLERS>>;

/// Drives the first device that the layout gives, for all who may call.
///
/// # Errors
/// What the layout or the device lacks.
pub fn serve(component: &Component) -> Result<(), SetupError> {
    let mut devices = component.entries().filter(|entry| entry.kind == Kind::Device);
    let name = devices.next().map_or("", |entry| entry.name);
    virtio::provide_pool(component).map_err(SetupError::Device)?;
    let transport = virtio::device(component, name).map_err(SetupError::Device)?;
    let interrupt = component.interrupt(name)?;
    let reception = component.reception()?;
    let reactor = Reactor::<_, _, CALLERS>::new(reception, NoClock, component.replies());
    let source: Shared<'_> = RefCell::new(Source::new(transport).map_err(SetupError::Start)?);
    // One place is taken; as long as another is free, calls are received.
    let tasks = pin!(Storage::<_, 2>::new());
    let Some(mut executor) = Executor::new(tasks) else { return Ok(()) };
    // There is room.
    let _ = executor.spawn(attend(&source, &reactor, interrupt));
    executor.run(&reactor, |arrival| {
        if let Arrival::Call { request, caller } = arrival {
            let mut source = source.borrow_mut();
            source.drawing.ask(&request, caller);
            source.work();
        }
        None
    });
    Ok(())
}

/// Attends to the device, for ever.
async fn attend<'r>(
    source: &Shared<'r>,
    reactor: &'r Reactor<Reception, NoClock, CALLERS>,
    interrupt: Interrupt,
) {
    loop {
        source.borrow_mut().interrupted();
        // It is this driver's own: nothing to refuse.
        let _ = interrupt.handler.acknowledge();
        reactor.signalled(interrupt.signal).await;
    }
}
